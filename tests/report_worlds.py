"""A small branching world made by hand, counted and traced, for tests of figures and tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hand_tallies import scenario

from viralsim.engine.ensemble import Ensemble
from viralsim.engine.trace import Trace
from viralsim.errors import EngineError
from viralsim.metrics.tallies import COUNTS, PEOPLE, TREES, Prices, Tallies
from viralsim.metrics.trees import structural_virality

HORIZON_HOURS = 96.0
N_BINS = 96
PEOPLE_COUNT = 100_000
SEGMENTS = (0.6, 0.4)


def branching_trace(rng: np.random.Generator, first_sharers: int, offspring: float, replicate: int) -> Trace:
    """Share trees of a branching process with geometric offspring, in the order of time."""
    parents, hours, generations = [-1] * first_sharers, list(rng.exponential(8.0, first_sharers)), []
    generations = [0] * first_sharers
    node = 0
    while node < len(parents) and len(parents) < 20_000:
        for _ in range(int(rng.geometric(1.0 / (1.0 + offspring))) - 1):
            parents.append(node)
            hours.append(hours[node] + rng.exponential(3.0) + 0.1)
            generations.append(generations[node] + 1)
        node += 1
    order = np.argsort(np.array(hours), kind="stable")
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    old_parents = np.array(parents, np.int64)[order]
    size = order.size
    person = rng.permutation(PEOPLE_COUNT)[:size].astype(np.int64)
    return Trace(
        person=person,
        person_key=person.astype(np.uint64),
        parent=np.where(old_parents >= 0, place[np.maximum(old_parents, 0)], -1),
        hour=np.array(hours)[order],
        platform_idx=np.zeros(size, np.int64),
        item_idx=np.zeros(size, np.int64),
        generation=np.array(generations, np.int64)[order],
        asked=np.zeros(size, bool),
        copy=np.zeros(size, bool),
        polarity=np.ones(size, np.int64),
        platforms=("instagram",),
        items=("film",),
        replicate=replicate,
    )


def branching_ensemble(
    replicates: int = 40,
    draws: int = 4,
    offspring: float = 0.5,
    owned: float = 1_500.0,
    seed: int = 7,
    paid: float = 0.0,
    first: float = 40.0,
    fixed: bool = False,
    traced: bool = True,
    **changes: Any,
) -> Ensemble:
    """An ensemble whose counts follow from its traces; `changes` go to the scenario."""
    tallies = _empty(replicates, draws)
    traces: list[Trace] = []
    edges = np.concatenate(([0.0], tallies.times_hours))
    for r in range(replicates):
        draw_rng = np.random.default_rng([seed, int(tallies.draw[r])])
        size = float(draw_rng.lognormal(0.0, 0.3)) if not fixed else 1.0
        rng = np.random.default_rng([seed, r, 1])
        trace = branching_trace(rng, rng.poisson(first * size), offspring, r)
        traces.append(trace)
        times = (
            rng.exponential(14.0, rng.poisson(owned * size)),
            24.0 + rng.uniform(0.0, 36.0, rng.poisson(paid)),
            np.repeat(trace.hour, rng.poisson(8.0, len(trace))) + 0.5,
        )
        for origin, hours in enumerate(times):
            counts = np.histogram(hours, edges)[0]
            tallies.curves[r, origin, 0] = counts
            tallies.counts[r, 0, :, origin] = np.random.default_rng(r).multinomial(counts.sum(), SEGMENTS)
        tallies.curves[r, 3, 0] = np.histogram(trace.hour, edges)[0]
        reached = (tallies.curves[r, :3, 0].sum(axis=0) * np.linspace(0.95, 0.6, N_BINS)).astype(np.int64)
        tallies.curves[r, 4, 0] = reached
        by_segment = np.array([reached.sum() - int(0.4 * reached.sum()), int(0.4 * reached.sum())])
        tallies.people[r, PEOPLE.index("reached")] = by_segment
        earned = tallies.counts[r, 0, :, 2]
        tallies.people[r, PEOPLE.index("reached_earned_only")] = np.minimum(by_segment, earned)
        tallies.counts[r, 0, 0, COUNTS.index("shares_positive")] = len(trace)
        tallies.people[r, PEOPLE.index("sharers"), :, 0] = len(trace)
        _count_trees(tallies, r, trace)

    def tracer(replicate: int) -> Trace:
        return traces[replicate]

    def rerun(*, fixed: bool, replicates: int) -> Ensemble:
        return branching_ensemble(replicates, draws, offspring, owned, seed, paid, first, fixed, **changes)

    given = {"name": "launch-video", **changes}
    return Ensemble(
        tallies, scenario(**given), seed, fixed, {"viralsim": "0"}, tracer if traced else None, rerun
    )


def _empty(replicates: int, draws: int) -> Tallies:
    trees = np.zeros((replicates, len(TREES)), np.int64)
    trees[:, TREES.index("depth")] = -1
    sizes = np.array([0.6, 0.4]) * PEOPLE_COUNT
    return Tallies(
        counts=np.zeros((replicates, 1, 2, len(COUNTS)), np.int64),
        people=np.zeros((replicates, len(PEOPLE), 4, 2), np.int64),
        curves=np.zeros((replicates, 5, 1, N_BINS), np.int64),
        trees=trees,
        generations=np.zeros((replicates, 64), np.int64),
        tree_sizes=np.zeros((replicates, 40), np.int64),
        draw=np.arange(replicates) % draws,
        items=("film",),
        platforms=("instagram",),
        segments=("young", "old"),
        slots=((0, 0),),
        times_hours=np.linspace(0.0, HORIZON_HOURS, N_BINS + 1)[1:],
        people_by_segment=np.tile(sizes.astype(np.int64), (draws, 1)),
        excluded_by_segment=np.tile([100, 400], (draws, 1)),
        brand_followers=np.array([4_000]),
        seed_cost=np.zeros(replicates),
        has_prices=False,
        has_negative=False,
        prices=Prices(),
    )


def _count_trees(tallies: Tallies, r: int, trace: Trace) -> None:
    sizes = np.array([tree.size for tree in trace.trees()], np.int64)
    depths = np.array([tree.depth for tree in trace.trees()], np.int64)
    if sizes.size == 0:
        return
    pairs = int((sizes * (sizes - 1)).sum())
    found = {
        "trees": sizes.size,
        "trees_size_1": int((sizes == 1).sum()),
        "trees_depth_le_1": int((depths <= 1).sum()),
        "trees_size_ge_100": int((sizes >= 100).sum()),
        "nodes": int(sizes.sum()),
        "largest": int(sizes.max()),
        "depth": int(depths.max()),
        "pairs": pairs,
        "distances": round(structural_virality(trace.parent) * pairs) if pairs else 0,
    }
    for name, value in found.items():
        tallies.trees[r, TREES.index(name)] = value
    tallies.generations[r] = np.bincount(np.minimum(trace.generation, 63), minlength=64)
    tallies.tree_sizes[r] = np.bincount(np.floor(np.log2(sizes)).astype(np.int64), minlength=40)


def no_tracer(replicate: int) -> Trace:
    """A tracer of results that were loaded."""
    raise EngineError(f"trace: replicate {replicate} was loaded")


def goal(metric: str, at_least: float) -> Any:
    """Stand-in for a scenario's goal."""
    return SimpleNamespace(metric=metric, at_least=at_least)
