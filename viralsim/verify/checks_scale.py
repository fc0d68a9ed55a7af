"""Follower cascades at scale: most things do not spread, on networks with a heavy tail."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Plot, Setting, proportion, sample_mean, worst_of
from viralsim.verify.theory_followers import FollowerTheory, follower_theory

__all__ = ["checks"]

GOEL = "Goel, Anderson, Hofman and Watts 2016; Otter 1949"
LEAST = 10


def checks(setting: Setting) -> list[Check]:
    """Alone, within one step, at least 100, mean size: two settings of the model, on a graph of one's size."""
    if setting.values:
        cases = [(setting.value("exponent", 2.3), setting.value("reproduction", 0.5))]
    else:
        cases = [(2.3, 0.5), (2.0, 0.2)]
    found: list[Check] = []
    for exponent, reproduction in cases:
        found += _case(setting, exponent, reproduction)
    return found


def _people(setting: Setting) -> int:
    return int(setting.value("people", setting.effort(200_000, 1_000_000)))


def _most(people: int) -> int:
    """Upper bound of follower counts, so that a person met twice stays rare."""
    return max(people // 100, 2 * LEAST)


def _case(setting: Setting, exponent: float, reproduction: float) -> list[Check]:
    people = _people(setting)
    what = f"{people:,} people, follower counts k^-{exponent:g}, r = {reproduction:g}"
    cache: dict[str, Any] = {}

    def theory() -> FollowerTheory:
        if "theory" not in cache:
            cache["theory"] = follower_theory(exponent, reproduction, LEAST, _most(people))
        return cache["theory"]  # type: ignore[no-any-return]

    def cascades() -> Any:
        if "found" not in cache:
            cache["found"] = _cascades(setting, what, exponent, reproduction, people)
        return cache["found"]

    def alone() -> Finding:
        size = np.asarray(cascades().size)
        return proportion(int((size == 1).sum()), size.size, float(theory().size_prob[1]))

    def shallow() -> Finding:
        depth = np.asarray(cascades().depth)
        return proportion(int((depth <= 1).sum()), depth.size, theory().within_one)

    def popular() -> Finding:
        size = np.asarray(cascades().size)
        expected = theory().at_least(100)
        return proportion(int((size >= 100).sum()), size.size, expected, 0.02 * expected, "met twice")

    def mean() -> Finding:
        size = np.asarray(cascades().size)
        return sample_mean(
            size, theory().mean, None, 0.01 * theory().mean, "people met twice in a finite crowd"
        )

    return [
        Check(f"{what}: chance to stay alone", GOEL, alone),
        Check(f"{what}: chance to end within one step", GOEL, shallow),
        Check(f"{what}: chance to reach 100", GOEL, popular),
        Check(f"{what}: mean size", "1 / (1 - r)", mean),
        Check(f"{what}: chance of at least k, k to 100", GOEL, lambda: _tail(what, theory(), cascades())),
    ]


def _cascades(setting: Setting, name: str, exponent: float, reproduction: float, people: int) -> Any:
    """Independent cascades from random people on one graph."""
    from viralsim.graph import generate

    seed = setting.seed_for(name)
    runs = int(setting.value("cascades", setting.effort(100_000, 4_000_000)))
    graph = generate.power_law(people, exponent, min_followers=LEAST, max_followers=_most(people), seed=seed)
    beta = reproduction / (graph.n_edges / people)
    seeds = (simulators.uniforms(seed, 3, runs) * people).astype(np.int64)[:, None]
    cascade = simulators.model("independent_cascade")
    return cascade(graph, seeds, beta, runs, seed=seed, threads=setting.threads)


def _tail(what: str, theory: FollowerTheory, found: Any) -> Finding:
    """The law of sizes on a log scale."""
    size = np.asarray(found.size)
    n = np.arange(1, 101)
    above = np.array([theory.at_least(int(k)) for k in n])
    points = np.array([2, 3, 5, 8, 13, 20, 32, 50, 70, 100])
    findings = [
        proportion(
            int((size >= k).sum()), size.size, float(above[k - 1]), 0.02 * float(above[k - 1]), "met twice"
        )
        for k in points
    ]
    plot = Plot(
        "Most things do not spread",
        "size of the cascade",
        "chance of at least this size",
        n.astype(np.float64),
        above,
        points.astype(np.float64),
        np.array([f.got for f in findings]),
        np.array([max(f.se, math.sqrt(f.got / size.size)) for f in findings]),
        f"{what}: {100 * theory.size_prob[1]:.3g} % of cascades are one person, {100 * theory.within_one:.3g} % end "
        f"within one step, one in {1 / theory.at_least(100):,.0f} reaches 100.",
        log_x=True,
        log_y=True,
    )
    return worst_of(findings, plot)
