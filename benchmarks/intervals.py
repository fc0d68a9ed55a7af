"""How often the 95 % interval of the mean covers the truth, on what the engine puts out.

    python benchmarks/intervals.py [--ensembles 10000] [--processes 2] [--out FILE.md]

For each world a large pool of draws, each with many replicates, is simulated once. The mean of the pool is the
truth; ensembles are drawn from it with replacement, draw by draw and replicate by replicate within a draw, as an
ensemble of the engine is made, and each gets the interval that results print (`viralsim.verify.coverage`).
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from viralsim.rng import derive, text_key
from viralsim.spec import Scenario
from viralsim.verify.coverage import Coverage, coverage_of, engine_pools, post_scenario

SIZES = ((5, 10), (10, 10), (20, 10), (20, 1), (100, 2))
"""(draws, replicates per draw) of the ensembles; 20 x 10 is what a scenario has by default."""

SMOOTH = ("impressions_owned", "reach", "engagement_rate", "clicks")
SKEWED = ("impressions_earned", "reproduction_number", "earned_multiplier", "largest_cascade")
PER_DRAW = 20
PEOPLE = 2000


@dataclass(frozen=True)
class World:
    """A scenario, and what is not known about it."""

    name: str
    about: str
    reproduction: Any
    share_prob: Any
    organic_reach: Any


_REACH = {"value": 0.2, "low": 0.12, "high": 0.33}
_SHARE = {"value": 0.01, "low": 0.003, "high": 0.03}

WORLDS = (
    World("ordinary, all known", "R = .1, share 2 %", 0.1, 0.02, 0.2),
    World("hardly anybody shares", "R = .3, a first sharer in every second run", 0.3, 0.005, 0.2),
    World("ordinary, unsure", "R .05 to .2, share 0.3 to 3 %, reach 12 to 33 %",
          {"value": 0.1, "low": 0.05, "high": 0.2}, _SHARE, _REACH),
    World("lively, unsure", "R .25 to .8, share 0.3 to 3 %, reach 12 to 33 %",
          {"value": 0.45, "low": 0.25, "high": 0.8}, _SHARE, _REACH),
    World("near the tipping point", "R .6 to 1.3, share 0.3 to 3 %, reach 12 to 33 %",
          {"value": 0.9, "low": 0.6, "high": 1.3}, _SHARE, _REACH),
)  # fmt: skip


def study(world: World, ensembles: int, pool_draws: int) -> list[tuple[str, tuple[int, int], Coverage]]:
    """Coverage for each metric and size of ensemble."""
    description = post_scenario(world.reproduction, world.share_prob, world.organic_reach, PEOPLE)
    pools = engine_pools(description, (*SMOOTH, *SKEWED), pool_draws, PER_DRAW, 11, 1)
    bands = [Scenario.from_dict(description).platforms["net"].reproduction_number]
    rows = []
    for name, pool in pools.items():
        for draws, per_draw in SIZES:
            seed = derive(text_key(f"{world.name} {name}"), draws * 1000 + per_draw) >> 11
            found = coverage_of(pool, draws, per_draw, ensembles, seed, pools["reproduction_number"], bands)
            rows.append((name, (draws, per_draw), found))
    return rows


def cell(found: Coverage) -> str:
    """Coverage in per cent, the plain t interval's if it differs; part of the misses and of all that are flagged."""
    plain = found.covered_plain / found.ensembles
    text = f"{100 * found.part:.1f}"
    if found.part - plain >= 0.0005:
        text += f" ({100 * plain:.1f})"
    misses = found.ensembles - found.covered
    of_misses = f"{100 * found.flagged_misses / misses:.0f}" if misses else "-"
    return f"{text}, {of_misses}/{100 * found.noted / found.ensembles:.0f}"


def table(world: World, rows: list[tuple[str, tuple[int, int], Coverage]]) -> list[str]:
    """A Markdown table: a line for each metric, a column for each size."""
    heads = [f"{draws} x {per_draw}" for draws, per_draw in SIZES]
    lines = [f"**{world.name}** ({world.about})", "", "| metric | " + " | ".join(heads) + " |"]
    lines.append("|---|" + "---|" * len(SIZES))
    for name in (*SMOOTH, *SKEWED):
        cells = [cell(found) for metric, _, found in rows if metric == name]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def main() -> None:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ensembles", type=int, default=10_000)
    parser.add_argument("--pool-draws", type=int, default=1500)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--worlds", default="", help="part of the names of the worlds meant")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    began, lines = time.perf_counter(), []
    run = partial(study, ensembles=given.ensembles, pool_draws=given.pool_draws)
    with ProcessPoolExecutor(given.processes) as processes:
        worlds = [world for world in WORLDS if given.worlds in world.name]
        for world, rows in zip(worlds, processes.map(run, worlds), strict=True):
            print(f"{world.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
            lines += table(world, rows)
    text = "\n".join(lines)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
