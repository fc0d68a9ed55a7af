"""The word-of-mouth engine: impressions a second with every mechanic on, as a plain cascade, and its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import cascades
import harness
import numpy as np

import viralsim as vs
from viralsim.engine.compiled import Compiled, compile_draw, run_key
from viralsim.engine.runs import run_replicates
from viralsim.graph.social_graph import SocialGraph
from viralsim.verify.engine_worlds import neutral_scenario

__all__ = ["PARTS", "rows"]

HERE = Path(__file__).resolve().parent
ROUNDS = 21
REFERENCE_ROUNDS = 21  # short ones: a neighbour's load comes and goes within seconds
PLAIN_PROB = 0.05


def _block(compiled: Compiled, replicates: int, round_: int, scratch: Any) -> tuple[Any, Any, float]:
    """Tally, scratch and seconds of a block of replicates that no other round runs."""
    first = round_ * replicates
    keys = np.array([run_key(1, 0, first + r) for r in range(replicates)], np.uint64)
    start = perf_counter()
    tally, scratch = run_replicates(
        compiled.world, compiled.plan, keys, scratch, n_segments=compiled.n_segments
    )
    return tally, scratch, perf_counter() - start


def _reference(size: str, replicates: int, everything: bool = False) -> dict[str, Any]:
    """Impressions a second of a reference scenario, and one impression in units of one random load.

    A round times the engine, then independent random loads from an array as large as the people's rows, so that
    both meet the same machine.
    """
    scenario = vs.load_scenario(HERE / f"reference-{size}.yaml")
    compiled = compile_draw(scenario.variant("everything") if everything else scenario, 1, 0, {})
    _, scratch, _ = _block(compiled, 1, 0, None)
    megabytes = scratch.rows.nbytes / 1e6
    nanoseconds, loads = [], []
    for k in range(1, REFERENCE_ROUNDS + 1):
        tally, scratch, seconds = _block(compiled, replicates, k, scratch)
        nanoseconds.append(seconds / int(tally.curves[:, :3].sum()) * 1e9)
        loads.append(harness.random_load_scaling(megabytes, threads=1, rounds=1)[1])
    rates = [1e3 / x for x in nanoseconds]
    return {
        "workload": f"reference-{size}.yaml, {'every mechanic on' if everything else 'posts and shares'}, one thread, "
        "per impression",
        "ours": harness.duration(median(nanoseconds) / 1e9),
        "peer": f"one random load from {megabytes:.0f} MB: {median(loads):.1f} ns",
        "ratio": median(b / a for a, b in zip(nanoseconds, loads, strict=True)),
        "spread": f"{min(rates):.1f} to {max(rates):.1f} million impressions a second over {REFERENCE_ROUNDS} rounds",
        "note": f"median {median(rates):.1f} and best {max(rates):.1f} million impressions a second",
    }


def hundred_thousand() -> list[dict[str, Any]]:
    """100,000 people."""
    return [_reference("100k", 8)]


def million() -> list[dict[str, Any]]:
    """A million people."""
    return [_reference("1m", 1)]


def everything_hundred_thousand() -> list[dict[str, Any]]:
    """100,000 people, every mechanic on."""
    return [_reference("100k", 8, True)]


def everything_million() -> list[dict[str, Any]]:
    """A million people, every mechanic on."""
    return [_reference("1m", 1, True)]


def _plain(graph: SocialGraph, seeds: np.ndarray) -> Compiled:
    """The engine set up as an independent cascade on `graph`: p is the chance of being shown, all else certain."""
    people = graph.n_nodes
    plain = neutral_scenario(people, {"kind": "erdos-renyi", "mean_degree": 2}, PLAIN_PROB, 1.0, seeds.size)
    plain["items"] = [{"id": "post", "stickiness": 1.0, "reference_stickiness": 1.0}]
    plain["platforms"]["net"] |= {"like_prob": 0.0, "comment_prob": 0.0, "click_prob": 0.0}
    compiled = compile_draw(vs.Scenario.from_dict(plain), 1, 0, {})
    world = compiled.world._replace(
        indptr=graph.indptr.astype(np.int64)[None, :], followers=graph.indices.astype(np.int32)
    )
    plan = compiled.plan._replace(ask_person=seeds.astype(compiled.plan.ask_person.dtype))
    return replace(compiled, world=world, plan=plan)


def plain_cascade() -> list[dict[str, Any]]:
    """The engine as a plain independent cascade against CyNetDiff."""
    graph = vs.generate.preferential(100_000, 10, seed=1)
    seeds = cascades.ten_seeds(graph)
    compiled = _plain(graph, seeds)
    state: dict[str, Any] = {"scratch": None}
    replicates = 10

    def ours(k: int) -> harness.Timed:
        tally, state["scratch"], seconds = _block(compiled, replicates, k, state["scratch"])
        sharers = (
            tally.people[:, 3, 0].sum(axis=1).astype(float) + seeds.size
        )  # asked people are counted apart
        return harness.Timed(seconds / replicates, sharers)

    peer = cascades.cynetdiff(graph, seeds, "cascade", PLAIN_PROB)

    def theirs(k: int) -> harness.Timed:
        return harness.timed(lambda: peer(replicates, k))

    name = f"the engine as independent cascade p = {PLAIN_PROB:g}, 100,000 people x 20 arcs, 10 seeds"
    return [harness.compare(name, ours, theirs, rounds=ROUNDS, note="peer CyNetDiff")]


_MEASURED = """
import json, resource, sys, time
import viralsim as vs
from viralsim.engine.memory import estimate
scenario = vs.load_scenario(sys.argv[1])
replicates, threads = int(sys.argv[2]), int(sys.argv[3])
need = estimate(scenario, {}, replicates, threads)
start = time.perf_counter()
vs.simulate(scenario, replicates=replicates, threads=threads)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([need.bytes, peak, time.perf_counter() - start]))
"""


def memory() -> list[dict[str, Any]]:
    """Peak memory of whole runs, each in a process of its own, beside what was estimated before."""
    found = []
    for name, replicates, threads in (("100k", 40, 1), ("100k", 40, 2), ("1m", 4, 1), ("1m", 4, 2)):
        scenario = str(HERE / f"reference-{name}.yaml")
        command = [sys.executable, "-c", _MEASURED, scenario, str(replicates), str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        need, peak, seconds = json.loads(done.stdout.splitlines()[-1])
        found.append(
            {
                "workload": f"reference-{name}.yaml, {replicates} replicates, {threads} threads, peak memory",
                "ours": f"{peak / 1e9:.2f} GB",
                "peer": f"estimated {need / 1e9:.2f} GB",
                "ratio": need / peak,
                "note": f"{seconds:.1f} s in all",
            }
        )
    return found


PARTS = {
    "hundred_thousand": hundred_thousand,
    "everything_hundred_thousand": everything_hundred_thousand,
    "everything_million": everything_million,
    "million": million,
    "plain_cascade": plain_cascade,
    "memory": memory,
}


def rows() -> list[dict[str, Any]]:
    """All parts."""
    return [row for part in PARTS.values() for row in part()]
