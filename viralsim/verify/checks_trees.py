"""Structural virality of trees whose value is known; the price of word of mouth as plain arithmetic."""

from __future__ import annotations

import numpy as np

from viralsim.metrics.tallies import COUNTS, PEOPLE, TREES, Prices, Tallies
from viralsim.verify import simulators
from viralsim.verify import theory_trees as theory
from viralsim.verify.check import Check, Finding, Setting, equal, worst_of

__all__ = ["checks", "money_checks"]

GOEL = "Goel, Anderson, Hofman and Watts 2016, equation 1"


def checks(setting: Setting) -> list[Check]:
    """Stars, paths and binary trees in closed form; random trees by brute force."""
    depths = [setting.values["depth"]] if "depth" in setting.values else [1, 2, 3, 5, 10]
    found = [_binary(depth) for depth in depths]
    for n in (2, 5, 1000):
        found.append(_known(f"star of {n}", theory.star_tree(n), theory.star_virality(n)))
        found.append(_known(f"path of {n}", theory.path_tree(n), theory.virality_of_path(n)))
    found.append(Check("one person alone: not defined, never 0", GOEL, _alone))
    found.append(_random_trees(setting))
    return found


def _known(what: str, parents: list[int], expected: float) -> Check:
    return Check(
        f"structural virality, {what}", GOEL, lambda: equal(simulators.virality_of(parents), expected)
    )


def _binary(depth: int) -> Check:
    claim = f"structural virality, complete binary tree of depth {depth}"

    def find() -> Finding:
        return equal(simulators.virality_of(theory.binary_tree(depth)), theory.virality_of_binary_tree(depth))

    return Check(claim, GOEL, find)


def _alone() -> Finding:
    undefined = float(np.isnan(simulators.virality_of([-1])))
    return equal(undefined, 1.0)


def _random_trees(setting: Setting) -> Check:
    claim = "structural virality, random trees: equal to the mean of all distances"

    def find() -> Finding:
        findings = []
        for number in range(setting.effort(40, 400)):
            u = simulators.uniforms(setting.seed_for(claim), number, 62)
            n = 2 + int(u[0] * 60)
            parents = [-1] + [int(u[v] * v) for v in range(1, n)]
            order = np.argsort(u[:n])  # nodes in any order
            place = np.empty(n, np.int64)
            place[order] = np.arange(n)
            mixed = [0] * n
            for v, parent in enumerate(parents):
                mixed[place[v]] = int(place[parent]) if parent >= 0 else -1
            findings.append(equal(simulators.virality_of(mixed), theory.virality_by_distances(mixed)))
        return worst_of(findings, note=f"the furthest of {len(findings)} trees")

    return Check(claim, f"{GOEL}, by brute force", find)


def money_checks(setting: Setting) -> list[Check]:
    """Earned media value of given counts at given prices."""
    return [
        Check(
            "EMV: 5,000 likes x .30 + 500 comments x .50 + 50,000 impressions at CPM .05",
            "arithmetic; CPM is per thousand",
            lambda: equal(
                _engine_value(50_000, 5_000, 500, per_1000_impressions=0.05, per_like=0.30, per_comment=0.50),
                theory.earned_media_value(50_000, 0.05, [(5_000, 0.30), (500, 0.50)]),
            ),
        ),
        Check(
            "EMV: 20,000 impressions at CPM 2.45, 2 % of them earned",
            "arithmetic; CPM is per thousand",
            lambda: equal(
                _engine_value(400, 0, 0, per_1000_impressions=2.45),
                theory.earned_media_value(20_000, 2.45, part=0.02),
            ),
        ),
    ]


def _engine_value(impressions: int, likes: int, comments: int, **prices: float) -> float:
    """Earned media value as the metrics compute it, from counts put in by hand."""
    from viralsim.metrics import registry

    tallies = hand_tallies(Prices(**prices))
    cells = tallies.counts[0, 0, 0]
    for name, count in (
        ("impressions_earned", impressions),
        ("likes", likes),
        ("comments_positive", comments),
    ):
        cells[COUNTS.index(name)] = count
    return float(registry.column(tallies, "earned_media_value").values[0])


def hand_tallies(prices: Prices) -> Tallies:
    """Tallies of one replicate, one item, one platform, one segment, all counts 0."""
    return Tallies(
        counts=np.zeros((1, 1, 1, len(COUNTS)), np.int64),
        people=np.zeros((1, len(PEOPLE), 4, 1), np.int64),
        curves=np.zeros((1, 5, 1, 1), np.int64),
        trees=np.zeros((1, len(TREES)), np.int64),
        generations=np.zeros((1, 64), np.int64),
        tree_sizes=np.zeros((1, 40), np.int64),
        draw=np.zeros(1, np.int64),
        items=("item",),
        platforms=("platform",),
        segments=("all",),
        slots=((0, 0),),
        times_hours=np.ones(1),
        people_by_segment=np.full((1, 1), 100_000),
        excluded_by_segment=np.zeros((1, 1), np.int64),
        brand_followers=np.full(1, 1000),
        seed_cost=np.zeros(1),
        has_prices=True,
        has_negative=False,
        prices=prices,
    )
