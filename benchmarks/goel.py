"""The simulation of Goel, Anderson, Hofman and Watts (2016): time, memory, and their figures.

    .venv/bin/python benchmarks/goel.py                                a tenth: 2.5 million people, 100 million
    .venv/bin/python benchmarks/goel.py --people 25e6 --cascades 1e9   as published; 5 GB
    .venv/bin/python benchmarks/run.py --only goel.tenth --out -       as a row of the benchmarks' table

Follower counts k^-2.3 from 10 to a million, followers uniform, one try per edge with probability r / <k>, r = .5,
one random person each. Every measurement is a process of its own, so that its peak of memory is its own. No peer of
peers.txt runs at this size. ``viralsim verify scale`` compares with theory in more detail.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

__all__ = ["PARTS", "rows"]

EXPONENT, LEAST, MOST, REPRODUCTION, POPULAR = 2.3, 10, 10**6, 0.5, 100
SIGMA = 4.5
PROJECT = Path(__file__).resolve().parent.parent


def peak_gib() -> float:
    """Largest resident memory of this process so far (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(people: int, cascades: int, threads: int, progress: bool) -> dict[str, Any]:
    """Make the graph, run the cascades, compare with theory; times exclude compiling."""
    import viralsim as vs
    from viralsim.verify.checks_scale import theory_of

    warm = vs.generate.power_law(1000, EXPONENT, threads=threads)
    vs.models.follower_cascades(warm, 0.01, 1000, threads=threads)
    most = min(MOST, people - 1)
    start = perf_counter()
    graph = vs.generate.power_law(
        people, EXPONENT, min_followers=LEAST, max_followers=most, seed=1, threads=threads
    )
    built = perf_counter()
    found: dict[str, Any] = {"build_seconds": built - start, "build_gib": peak_gib()}
    beta = REPRODUCTION * people / graph.n_edges
    counts = vs.models.follower_cascades(
        graph, beta, cascades, seed=1, threads=threads, popular=POPULAR, progress=progress
    )
    found |= {"cascade_seconds": perf_counter() - built, "peak_gib": peak_gib()}
    theory = theory_of(graph, beta)
    found |= counts.summary() | {
        "edges": graph.n_edges,
        "virality_below_1024": counts.mean_virality_below[0],
        "virality_below_1024_se": counts.mean_virality_below[1],
        "theory_alone": float(theory.size_prob[1]),
        "theory_within_one_step": theory.within_one,
        "theory_popular": theory.at_least(POPULAR),
        "theory_mean_size": theory.mean,
        "theory_virality_below_1024": theory.mean_virality(POPULAR),
    }
    return found


def apart(found: dict[str, Any]) -> dict[str, float]:
    """Standard errors between what was found and what is expected of this graph.

    Raises
    ------
    AssertionError
        If one is above 4.5: then what was timed is not the model.
    """
    n = found["cascades"]

    def of_chance(name: str) -> float:
        expected = found[f"theory_{name}"]
        return abs(found[name] - expected) / math.sqrt(expected * (1 - expected) / n)

    errors = {name: of_chance(name) for name in ("alone", "within_one_step", "popular")}
    for name in ("mean_size", "virality_below_1024"):
        errors[name] = abs(found[name] - found[f"theory_{name}"]) / found[f"{name}_se"]
    if max(errors.values()) > SIGMA:
        raise AssertionError(f"not the model that was asked for, standard errors away: {errors}")
    return errors


def in_own_process(people: int, cascades: int, threads: int) -> dict[str, Any]:
    """`measure` in a new process."""
    numbers = ["--people", str(people), "--cascades", str(cascades), "--threads", str(threads)]
    command = [sys.executable, str(Path(__file__).resolve()), *numbers, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout))


def row(people: int, cascades: int) -> list[dict[str, Any]]:
    """One row of the table, on all processors."""
    threads = os.cpu_count() or 1
    found = in_own_process(people, cascades, threads)
    errors = apart(found)
    return [
        {
            "workload": f"{people:,} people, {found['edges']:,} follower edges, {cascades:,} cascades from one random "
            f"person each, {threads} threads",
            "ours": f"{found['cascade_seconds'] / cascades * 1e9:.3g} ns",
            "note": f"graph {found['build_seconds']:.1f} s, cascades {found['cascade_seconds']:.1f} s, peak "
            f"{found['peak_gib']:.2f} GiB; alone {found['alone']:.5f}, at least {POPULAR} {found['popular']:.3e}, "
            f"virality of these {found['popular_virality']:.3f}, correlation with size "
            f"{found['popular_correlation']:.3f}; furthest from theory by {max(errors.values()):.1f} standard errors",
        }
    ]


PARTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "tenth": lambda: row(2_500_000, 100_000_000),
    "published": lambda: row(25_000_000, 1_000_000_000),
}


def rows() -> list[dict[str, Any]]:
    """All parts."""
    return [line for part in PARTS.values() for line in part()]


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=float, default=2.5e6)
    parser.add_argument("--cascades", type=float, default=1e8)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="print one JSON object, no progress")
    given = parser.parse_args()
    sys.path.insert(0, str(PROJECT))
    found = measure(int(given.people), int(given.cascades), given.threads, not given.json)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<27}{value:,.6g}" if name != "edges" else f"{name:<27}{value:,}")
    for name, errors in apart(found).items():
        print(f"{name}: {errors:.1f} standard errors from theory")


if __name__ == "__main__":
    main()
