"""Speed of the sweep layer: what it adds to a setting, a thousand settings, and how memory grows with their number.

    python benchmarks/sweeps.py           # 200 settings; --settings 1000 for the whole of it
    python benchmarks/run.py --only sweeps

Two things are called the bare engine. `simulate` in a loop is what one would write without sweeps: people and networks
are made for each setting. The bare cells are those of the sweep, with people, networks and what follows from them
shared, timed within it; what the layer adds (design, checks, digests, summaries, store, export) is all the other
processor time. Of both, a setting costs what a sweep of many takes longer than a sweep of one, which pays for people
and networks. Times of settings are processor time, on one thread, so that other work on the machine hardly counts;
that of a thousand is wall clock.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import viralsim as vs
from viralsim.experiment import executors
from viralsim.experiment.cells import run_cell
from viralsim.spec import Scenario

__all__ = ["PARTS", "rows"]

PATH = "items.0.share_prob"
TURNS = 3


@dataclass(frozen=True)
class Work:
    """What is swept: `settings` values of a share probability."""

    scenario: Scenario
    settings: int
    replicates: int
    draws: int

    def values(self, count: int | None = None) -> list[float]:
        """The values, all different."""
        return [0.0005 + 1e-6 * k for k in range(count or self.settings)]

    def sweep(self, count: int, threads: int) -> tuple[float, float]:
        """Seconds that pass, and seconds of processor time, of a sweep into a folder."""
        with tempfile.TemporaryDirectory() as place:
            began, busy = time.perf_counter(), time.process_time()
            vs.sweep(
                self.scenario, {PATH: self.values(count)}, out=Path(place) / "sweep", threads=threads, seed=1,
                replicates=self.replicates, draws=self.draws,
            )  # fmt: skip
            return time.perf_counter() - began, time.process_time() - busy


def setting_seconds(work: Work, count: int) -> tuple[float, float, float]:
    """Processor seconds of a setting: its cell, what the layer adds (least of some turns), simulate by itself."""
    inside = 0.0

    def timed(*arguments: Any) -> Any:
        nonlocal inside
        began = time.thread_time()
        outcome = run_cell(*arguments)
        inside += time.thread_time() - began
        assert outcome.error is None, outcome.error
        return outcome

    def swept(settings: int) -> tuple[float, float]:
        nonlocal inside
        inside = 0.0
        busy = work.sweep(settings, 1)[1]
        return inside, busy - inside

    executors.run_cell = timed  # type: ignore[assignment]
    try:
        swept(2)
        first = [swept(1) for _ in range(TURNS)]
        many = [swept(count) for _ in range(TURNS)]
    finally:
        executors.run_cell = run_cell
    cell, layer = ((min(m[k] for m in many) - min(f[k] for f in first)) / (count - 1) for k in (0, 1))
    began = time.process_time()
    for x in work.values(3):
        changed = work.scenario.with_overrides({PATH: x})
        vs.simulate(changed, work.replicates, 1, threads=1, draws=work.draws).summary()
    return cell, layer, (time.process_time() - began) / 3


def _layer(draws: int, count: int) -> list[dict[str, Any]]:
    """What the layer adds to a setting."""
    import harness

    work = Work(vs.load_scenario("small-shop"), count, 100, draws)
    bare, added, alone = setting_seconds(work, count)
    further = bare + added
    label = f"small-shop (10,000 people), 100 replicates over {draws} draw{'s' * (draws > 1)}"
    return [
        {
            "workload": f"a setting of a sweep; {label}",
            "ours": harness.duration(further),
            "peer": f"simulate in a loop {harness.duration(alone)}",
            "ratio": round(alone / further, 1),
            "note": f"the layer adds {1000 * added:.1f} ms to a bare cell of {1000 * bare:.1f} ms "
            "(target: under 5 ms); processor time of one thread",
        }
    ]


def layer() -> list[dict[str, Any]]:
    """What the layer adds to a setting of one draw, and of twenty."""
    return [*_layer(1, 100), *_layer(20, 120)]


def _thousand(draws: int) -> list[dict[str, Any]]:
    """A thousand settings on two threads."""
    import harness

    work = Work(vs.load_scenario("small-shop"), 1000, 100, draws)
    work.sweep(3, 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work.sweep(50, 2)
    fifty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, busy = work.sweep(1000, 2)
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - fifty) / 1024
    over = f"{draws} draw{'s' * (draws > 1)}"
    return [
        {
            "workload": f"1,000 settings x 100 replicates over {over}, 10,000 people, 2 threads",
            "ours": harness.duration(wall),
            "peer": "target 60 s",
            "note": f"{busy:.0f} s of processor time; peak memory grew by {(fifty - before) / 1024:.0f} MB with the "
            f"first 50 settings and by {grew:.0f} MB with 950 more",
        }
    ]


PARTS = {"layer": layer, "thousand": lambda: _thousand(1), "thousand-20": lambda: _thousand(20)}


def rows() -> list[dict[str, Any]]:
    """All parts."""
    return [row for part in PARTS.values() for row in part()]


def main() -> None:
    """Print the numbers for a scenario of one's own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=int, default=200)
    parser.add_argument("--scenario", default="small-shop")
    parser.add_argument("--people", type=int, help="by default as many as the scenario has")
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--draws", type=int, default=1)
    chosen = parser.parse_args()
    scenario = vs.load_scenario(chosen.scenario)
    if chosen.people:
        scenario = scenario.with_overrides({"audience.size": chosen.people})
    work = Work(scenario, chosen.settings, chosen.replicates, chosen.draws)
    few = max(chosen.settings // 4, 2)
    bare, added, alone = setting_seconds(work, few)
    print(
        f"{chosen.scenario}, {scenario.audience.size:,} people, {chosen.replicates} replicates, {chosen.draws} draws"
    )
    print(f"simulate in a loop      {1000 * alone:8.2f} ms per setting")
    print(f"bare cells, 1 thread    {1000 * bare:8.2f} ms per cell ({few} cells)")
    print(f"sweep, 1 thread         {1000 * (bare + added):8.2f} ms per further cell")
    print(f"the layer adds          {1000 * added:8.2f} ms per cell, {added / bare:.1%}")
    two, busy = work.sweep(chosen.settings, 2)
    print(
        f"sweep, 2 threads        {two:8.2f} s for {chosen.settings} settings ({busy:.2f} s of processor time)"
    )


if __name__ == "__main__":
    main()
