"""How often verdicts are wrong, one at a time, many at once and until settled; and what shared worlds buy.

    python benchmarks/verdicts.py [--trials 2000] [--law steady] [--engine 300] [--settled 500] [--table]
        [--out FILE.md]

Every number is counted against a difference that is known: on synthetic numbers because they are drawn with it, on
the engine because nobody shares, so that impressions are a multiple of the brand's organic reach. Pairs of equal
scenarios (A/A) are two items of one content: the same law, each its own luck.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from viralsim.experiment.settling import look_sizes
from viralsim.experiment.verdicts import ERROR, Verdict, judge, judge_together
from viralsim.metrics.columns import as_column
from viralsim.metrics.paired import pair

RATIOS = (1.0, 1.02, 1.05, 1.1, 1.2)
WORTHWHILE = 0.05
DRAWS, PER_DRAW = 20, 10
FIRST_DRAWS, GROWTH = 5, 16  # of the sequential rule: five looks
FAMILIES = {
    "6 equal": (1.0,) * 6,
    "3 equal, 1.1, 1.2, 1.5": (1.0, 1.0, 1.0, 1.1, 1.2, 1.5),
    "steps of 5 %": (1.0, 1.05, 1.1, 1.15, 1.2),
}
LAWS = ("steady", "normal", "lognormal", "rare and large")

# ------------------------------------------------------------------------------------------------ worlds


def worlds(law: str, ratios: Sequence[float], draws: int, per_draw: int, rng: Any) -> list[Any]:
    """Values of scenarios with known ratios of their means, in shared draws, each with its own luck.

    A draw moves all scenarios together and each a little by itself (mean 1 exactly in law), as an unknown
    number does; the mean of each law is 100 times its ratio.
    """
    draw = np.arange(draws * per_draw) % draws
    common = rng.lognormal(-(0.3**2) / 2, 0.3, draws)
    columns = []
    for ratio in ratios:
        spread = 0.03 if law == "steady" else 0.1
        own = rng.lognormal(-(spread**2) / 2, spread, draws)
        mean = 100.0 * ratio * (common * own)[draw]
        if law in ("steady", "normal"):
            values = mean + (8.0 if law == "steady" else 25.0) * rng.normal(size=draw.size)
        elif law == "lognormal":
            values = mean * rng.lognormal(-(0.8**2) / 2, 0.8, draw.size)
        else:  # nine in ten stay small, one in ten is ten times as large: what cascades do
            values = (
                mean * np.where(rng.random(draw.size) < 0.1, 5.5, 0.5) * rng.lognormal(-0.125, 0.5, draw.size)
            )
        columns.append(np.maximum(values, 0.0))
    return columns


def truth_of(ratio: float) -> set[str]:
    """Verdicts that are right about B with this ratio to A."""
    right = {"unresolved"}
    if abs(ratio - 1.0) < WORTHWHILE - 1e-9:
        right.add("practically equal")
    if ratio > 1.0:
        right.add("better")
    return right | ({"worse"} if ratio < 1.0 else set())


# ---------------------------------------------------------------------------------------------- one trial


def single(columns: Callable[[int, int, int], Sequence[Any]], seed: int) -> str:
    """Verdict on one pair, looked at once."""
    a, b = columns(seed, DRAWS, PER_DRAW)
    found = pair(as_column(a), as_column(b), np.arange(DRAWS * PER_DRAW) % DRAWS)
    return judge(found, WORTHWHILE, "higher").verdict


def sequential(
    columns: Callable[[int, int, int], Sequence[Any]], corrected: bool, seed: int
) -> tuple[str, int]:
    """Verdict on one pair until settled, doubling from few draws on, and the draws it took.

    As the engine does, each look is run anew with more draws; `corrected` False: every look at 5 %.
    """
    sizes = look_sizes(FIRST_DRAWS * PER_DRAW, FIRST_DRAWS, GROWTH * FIRST_DRAWS * PER_DRAW)
    error = ERROR / len(sizes) if corrected else ERROR
    for size in sizes:
        a, b = columns(seed, size["draws"], PER_DRAW)
        found = pair(as_column(a), as_column(b), np.arange(size["replicates"]) % size["draws"])
        verdict = judge(found, WORTHWHILE, "higher", confidence=1.0 - error)
        if verdict.settled:
            break
    return verdict.verdict, size["draws"]


def together(ratios: Sequence[float], law: str, seed: int) -> tuple[bool, bool]:
    """Whether any verdict on all pairs of several scenarios is wrong, corrected and not."""
    columns = worlds(law, ratios, DRAWS, PER_DRAW, np.random.default_rng([seed, 1]))
    draw = np.arange(DRAWS * PER_DRAW) % DRAWS
    chosen = list(itertools.combinations(range(len(ratios)), 2))
    found = [pair(as_column(columns[a]), as_column(columns[b]), draw) for a, b in chosen]
    rights = [truth_of(ratios[b] / ratios[a]) for a, b in chosen]
    corrected = judge_together(found, WORTHWHILE, ["higher"] * len(found))
    alone = [judge(one, WORTHWHILE, "higher") for one in found]
    return wrong_any(corrected, rights), wrong_any(alone, rights)


def wrong_any(passed: Sequence[Verdict], rights: Sequence[set[str]]) -> bool:
    """Whether any of these verdicts is not among those that are right."""
    return any(verdict.verdict not in right for verdict, right in zip(passed, rights, strict=True))


# ------------------------------------------------------------------------------------------------ tables


def synthetic_columns(law: str, ratio: float, seed: int, draws: int, per_draw: int) -> list[Any]:
    """A/B with a known ratio."""
    return worlds(law, (1.0, ratio), draws, per_draw, np.random.default_rng([seed, draws]))


def row(name: str, verdicts: Sequence[str], ratio: float) -> str:
    """One line: how often each verdict was passed, and how often a wrong one."""
    n = len(verdicts)
    parts = [
        sum(v == word for v in verdicts) / n
        for word in ("better", "worse", "practically equal", "unresolved")
    ]
    wrong = sum(v not in truth_of(ratio) for v in verdicts) / n
    error = math.sqrt(max(wrong * (1 - wrong), 0.25 / n) / n)
    cells = " | ".join(f"{100 * part:.1f}" for part in parts)
    return f"| {name} | {ratio:g} | {cells} | {100 * wrong:.1f} ± {100 * error:.1f} |"


HEAD = "| | true ratio | better | worse | equal | unresolved | wrong |\n|---|---|---|---|---|---|---|"


def synthetic_tables(trials: int, laws: Sequence[str], spread: Callable[..., Any]) -> Iterator[str]:
    """Single looks, sequential looks and many at once, on numbers with known differences."""
    yield f"## Synthetic numbers, {trials:,} trials a row, % of trials\n\nOne look:\n\n{HEAD}"
    for law, ratio in itertools.product(laws, RATIOS):
        found = list(spread(partial(single, partial(synthetic_columns, law, ratio)), range(trials)))
        yield row(law, found, ratio)
    yield f"\nUntil settled, {FIRST_DRAWS} to {FIRST_DRAWS * GROWTH} draws of {PER_DRAW}:\n\n{HEAD}"
    for law, ratio in itertools.product(laws, RATIOS):
        part = partial(sequential, partial(synthetic_columns, law, ratio), True)
        yield sequential_row(law, list(spread(part, range(trials))), ratio)
    yield f"\nThe same looks, each at 5 % (what must not be done):\n\n{HEAD}"
    for law in laws:
        part = partial(sequential, partial(synthetic_columns, law, 1.0), False)
        yield sequential_row(law, list(spread(part, range(trials))), 1.0)
    yield "\nAny wrong verdict among all pairs of several scenarios:\n"
    yield "| scenarios | law | corrected | not corrected |\n|---|---|---|---|"
    for (name, ratios), law in itertools.product(FAMILIES.items(), laws):
        found = list(spread(partial(together, ratios, law), range(trials)))
        rates = [100 * sum(wrong) / len(found) for wrong in zip(*found, strict=True)]
        yield f"| {name} | {law} | {rates[0]:.1f} | {rates[1]:.1f} |"


def sequential_row(name: str, found: Sequence[tuple[str, int]], ratio: float) -> str:
    """The same line for sequential looks, with the draws it took on average."""
    mean = sum(draws for _, draws in found) / len(found)
    return row(f"{name}, {mean:.0f} draws", [verdict for verdict, _ in found], ratio)


# ------------------------------------------------------------------------------------------------ engine


def engine_scenario(item: str, reach: float, shares: bool = False) -> Any:
    """A post that a known part of the followers is shown; with `shares` word of mouth at R = .5 besides."""
    from viralsim.spec import Scenario

    sharing = {"reproduction_number": 0.5} if shares else {}
    return Scenario.from_dict(
        {
            "viralsim": 1,
            "name": item,
            "audience": {"size": 600},
            "platforms": {
                "instagram": {
                    "preset": "instagram",
                    "network": {"kind": "erdos-renyi", "mean_degree": 20},
                    "brand_followers": {"count": 100},
                    "organic_reach": reach,
                    **sharing,
                }
            },
            "items": [{"id": item, "share_prob": 0.03 if shares else 0.0, "topic": "launch"}],
            "campaign": {"posts": [{"item": item, "platform": "instagram", "at": "0h"}]},
            "run": {"replicates": 30, "draws": 5, "seed": 1, "horizon": "7d", "step": "1h"},
        }
    )


def engine_columns(ratio: float, shares: bool, seed: int, draws: int, per_draw: int) -> list[Any]:
    """Impressions of two items of one content in the engine, the second shown to `ratio` times as many followers."""
    import viralsim as vs

    metric = "impressions" if shares else "impressions_owned"
    pairs = (("film", 0.2), ("clip", 0.2 * ratio))
    both = [engine_scenario(item, reach, shares) for item, reach in pairs]
    run = vs.compare(both, metric, replicates=draws * per_draw, draws=draws, seed=seed, threads=1, fixed=True)
    return [ensemble[metric] for ensemble in run.ensembles]


def engine_tables(trials: int, spread: Callable[..., Any]) -> Iterator[str]:
    """A/A and A/B pairs on the engine."""
    yield f"## The engine, {trials:,} trials a row, % of trials\n\n{HEAD}"
    cases = [("nobody shares", ratio, False) for ratio in RATIOS] + [("R = .5", 1.0, True)]
    for name, ratio, shares in cases:
        part = partial(single, partial(engine_columns, ratio, shares))
        yield row(f"one look, {name}", list(spread(part, range(1, trials + 1))), ratio)
    for name, ratio, shares in [*cases[:1], cases[2], cases[-1]]:
        part = partial(sequential, partial(engine_columns, ratio, shares), True)
        yield sequential_row(f"until settled, {name}", list(spread(part, range(1, trials // 2 + 1))), ratio)


SETTLED = {"A/A": 1.0, "A/B, 5 % more": 1.05, "A/B, 20 % more": 1.2, "A/B, half as many again": 1.5}
REFERENCE: dict[str, Any] = {"replicates": 40_000, "draws": 400, "seed": 10**6}


def settled(ratio: float, seed: int) -> tuple[str, int]:
    """Verdict of `compare(until_settled=True)` on impressions at R = .5, and the draws it took."""
    import viralsim as vs

    both = [engine_scenario("film", 0.2, True), engine_scenario("clip", 0.2 * ratio, True)]
    found = vs.compare(
        both, "impressions", replicates=FIRST_DRAWS * PER_DRAW, draws=FIRST_DRAWS, seed=seed, threads=1, fixed=True,
        until_settled=True,
    )  # fmt: skip
    return found.pairs[0].verdict, found.looks[-1].draws


def reference(ratio: float) -> tuple[float, float]:
    """True ratio of the expected impressions at R = .5, and its standard error: a far larger run on shared luck."""
    import viralsim as vs

    both = [engine_scenario("film", 0.2, True), engine_scenario("film", 0.2 * ratio, True)]
    found = vs.compare(both, "impressions", labels=("a", "b"), threads=1, fixed=True, **REFERENCE).pairs[0]
    return found.ratio, (found.ratio_high - found.ratio_low) / 3.92


def settled_tables(trials: int, spread: Callable[..., Any]) -> Iterator[str]:
    """`--until-settled` itself on the engine with word of mouth, A/A and A/B."""
    yield f"## --until-settled on the engine, R = .5, {trials:,} A/A trials, half as many A/B, % of trials\n"
    yield HEAD
    for name, ratio in SETTLED.items():
        count = trials if ratio == 1.0 else trials // 2
        found = list(spread(partial(settled, ratio), range(1, count + 1)))
        true, error = (1.0, 0.0) if ratio == 1.0 else reference(ratio)
        yield sequential_row(f"{name}: {true:.3f} ± {error:.3f} in truth", found, round(true, 3))


# ----------------------------------------------------------------------------------------- shared worlds


def stock_table() -> Iterator[str]:
    """Every stock scenario with variants, all pairs: verdict, and what shared worlds bought."""
    import viralsim as vs
    from viralsim.experiment.pairs import effect_interval_text, effect_text
    from viralsim.spec import catalog

    yield "## Stock variants, reach\n"
    yield "| scenario | B against A | ratio | 95 % | verdict | correlation | variance divided by |"
    yield "|---|---|---|---|---|---|---|"
    for stock in catalog():
        name = stock.name
        scenario = vs.load_scenario(name)
        if not scenario.variant_names:
            continue
        for one in vs.compare(scenario).pairs:
            why = f": {one.unresolved_because}" if one.unresolved_because else ""
            times = f"{one.variance_reduction:,.2g}" if math.isfinite(one.variance_reduction) else "all of it"
            yield (
                f"| {name} | {one.b} against {one.a} | {effect_text(one)} | {effect_interval_text(one)} | "
                f"{one.verdict}{why} | {one.correlation:.2f} | {times} |"
            )


def apart_table(seeds: int = 30) -> Iterator[str]:
    """The factor by its definition beside the estimate from one comparison: means over seeds, shared and not."""
    import viralsim as vs

    yield "\n## Variance divided by, over seeds (both on one seed against each on its own) and from one comparison\n"
    yield "| scenario | B | over seeds | from one comparison (median over seeds) |\n|---|---|---|---|"
    for name, variant in (("small-shop", "ask-regulars"), ("same-post-twice", "renamed")):
        scenario = vs.load_scenario(name)
        both = [scenario, scenario.variant(variant)]
        runs = [vs.compare(both, replicates=100, draws=10, seed=seed).pairs[0] for seed in range(seeds)]
        a, b = (np.array([getattr(one, side) for one in runs]) for side in ("mean_a", "mean_b"))
        shared, apart = np.var(b - a, ddof=1), np.var(a, ddof=1) + np.var(b, ddof=1)
        estimate = np.median([one.variance_reduction for one in runs])
        yield f"| {name} | {variant} | {apart / shared:.2g} | {estimate:.2g} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=2000, help="synthetic trials a row; 0: none")
    parser.add_argument("--engine", type=int, default=300, help="trials a row on the engine; 0: none")
    parser.add_argument(
        "--settled", type=int, default=0, help="A/A trials of --until-settled on the engine; 0: none"
    )
    parser.add_argument("--table", action="store_true", help="the stock variants too")
    parser.add_argument(
        "--law", action="append", choices=LAWS, help="only this synthetic law; may be repeated"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with ProcessPoolExecutor(options.processes) as pool:
        parts: list[Iterator[str]] = []
        if options.trials:
            parts.append(
                synthetic_tables(options.trials, options.law or LAWS, partial(pool.map, chunksize=20))
            )
        if options.engine:
            parts.append(engine_tables(options.engine, partial(pool.map, chunksize=5)))
        if options.settled:
            parts.append(settled_tables(options.settled, partial(pool.map, chunksize=5)))
        if options.table:
            parts += [stock_table(), apart_table()]
        with options.out.open("w", encoding="utf-8") if options.out else nullcontext(sys.stdout) as file:
            for line in itertools.chain.from_iterable(itertools.chain(part, [""]) for part in parts):
                print(line, file=file, flush=True)
            print(f"{time.monotonic() - began:.0f} s with {options.processes} processes.", file=file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
