"""Tallies made by hand or from a list of displays, for tests of metrics, ensembles and comparisons."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np

from viralsim.metrics.tallies import COUNTS, PEOPLE, TREES, Prices, Tallies

ITEMS = ("film", "teaser")
PLATFORMS = ("instagram", "facebook")
SEGMENTS = ("young", "old")
SLOTS = ((0, 0), (0, 1), (1, 0))  # film on both, teaser on instagram
N_SCOPES = 1 + len(ITEMS) + len(PLATFORMS) + len(SLOTS)
TIMES = np.array([2.0, 4.0, 8.0])


def empty_tallies(draw: list[int] | np.ndarray, **changes: Any) -> Tallies:
    """All counts 0 (nobody shared: depth -1), to be filled in place."""
    replicates = len(draw)
    n_draws = int(max(draw)) + 1
    trees = np.zeros((replicates, len(TREES)), np.int64)
    trees[:, TREES.index("depth")] = -1
    tallies = Tallies(
        counts=np.zeros((replicates, len(SLOTS), len(SEGMENTS), len(COUNTS)), np.int64),
        people=np.zeros((replicates, len(PEOPLE), N_SCOPES, len(SEGMENTS)), np.int64),
        curves=np.zeros((replicates, 5, len(SLOTS), TIMES.size), np.int64),
        trees=trees,
        generations=np.zeros((replicates, 64), np.int64),
        tree_sizes=np.zeros((replicates, 40), np.int64),
        draw=np.asarray(draw, np.int64),
        items=ITEMS,
        platforms=PLATFORMS,
        segments=SEGMENTS,
        slots=SLOTS,
        times_hours=TIMES,
        people_by_segment=np.tile([60, 40], (n_draws, 1)),
        excluded_by_segment=np.tile([1, 4], (n_draws, 1)),
        brand_followers=np.array([20, 10]),
        seed_cost=np.zeros(replicates),
        has_prices=False,
        has_negative=False,
        prices=Prices(),
    )
    return dataclasses.replace(tallies, **changes)


def tallies_of_reach(reach: np.ndarray, draw: np.ndarray, **changes: Any) -> Tallies:
    """Tallies whose only content is a number of people reached once by owned impressions."""
    tallies = empty_tallies(draw, **changes)
    whole = np.asarray(reach, np.int64)
    tallies.people[:, 0, :, 0] = whole[:, None]
    tallies.counts[:, 0, 0, COUNTS.index("impressions_owned")] = whole
    tallies.curves[:, 0, 0, 0] = whole
    tallies.curves[:, 4, 0, 0] = whole
    return tallies


def tallies_of_displays(seed: int, replicates: int = 6, draws: int = 3, people: int = 25) -> Tallies:
    """Tallies counted one by one from random displays to random people, as the engine would."""
    rng = np.random.default_rng(seed)
    tallies = empty_tallies(np.arange(replicates) % draws, has_negative=True, has_prices=True)
    segment = rng.integers(0, len(SEGMENTS), people)
    scopes_of_slot = [
        (0, 1 + item, 1 + len(ITEMS) + platform, 1 + len(ITEMS) + len(PLATFORMS) + s)
        for s, (item, platform) in enumerate(SLOTS)
    ]
    for r in range(replicates):
        origins: dict[tuple[int, int], set[int]] = {}
        noticed: set[tuple[int, int]] = set()
        sharers: set[tuple[int, int]] = set()
        for _ in range(int(rng.integers(0, 60))):
            who, slot, origin = int(rng.integers(people)), int(rng.integers(3)), int(rng.integers(3))
            when, group = int(rng.integers(TIMES.size)), int(segment[who])
            tallies.counts[r, slot, group, origin] += 1
            tallies.curves[r, origin, slot, when] += 1
            if (0, who) not in origins:
                tallies.curves[r, 4, slot, when] += 1
            for scope in scopes_of_slot[slot]:
                origins.setdefault((scope, who), set()).add(origin)
            if rng.random() < 0.6:
                tallies.counts[r, slot, group, COUNTS.index("noticed")] += 1
                noticed |= {(scope, who) for scope in scopes_of_slot[slot]}
                event = int(rng.integers(COUNTS.index("likes"), COUNTS.index("shares_negative") + 1))
                tallies.counts[r, slot, group, event] += 1
                if event >= COUNTS.index("shares_positive"):
                    tallies.curves[r, 3, slot, when] += 1
                    sharers |= {(scope, who) for scope in scopes_of_slot[slot]}
        for (scope, who), seen in origins.items():
            tallies.people[r, 0, scope, segment[who]] += 1
            tallies.people[r, 1, scope, segment[who]] += seen == {2}
        for measure, found in ((2, noticed), (3, sharers)):
            for scope, who in found:
                tallies.people[r, measure, scope, segment[who]] += 1
    return tallies


def scenario(name: str = "hand", **changes: Any) -> Any:
    """Stand-in with the attributes of a scenario that ensembles and comparisons read."""
    run = SimpleNamespace(replicates=40, draws=4, seed=7)
    given = {"name": name, "title": None, "goal": None, "digest": "00ff", "run": run, "variant_names": ()}
    return SimpleNamespace(**{**given, **changes})
