"""Follower cascades at scale: most things do not spread, on networks with a heavy tail."""

from __future__ import annotations

import math
from dataclasses import replace
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
            cache["found"], cache["r"] = _cascades(setting, what, exponent, reproduction, people)
        return cache["found"]

    def alone() -> Finding:
        return _part(np.asarray(cascades().size) == 1, float(theory().size_prob[1]), people)

    def shallow() -> Finding:
        return _part(np.asarray(cascades().depth) <= 1, theory().within_one, people)

    def popular() -> Finding:
        expected = theory().at_least(100)
        return _part(np.asarray(cascades().size) >= 100, expected, people, 0.02 * expected)

    def mean() -> Finding:
        size = np.asarray(cascades().size)
        expected = 1.0 / (1.0 - cache["r"])
        found = sample_mean(size, expected, None, 0.01 * expected, "people met twice in a finite crowd")
        return replace(found, note=f"r = {cache['r']:.5g} with the followers this crowd has")

    return [
        Check(f"{what}: chance to stay alone", GOEL, alone),
        Check(f"{what}: chance to end within one step", GOEL, shallow),
        Check(f"{what}: chance to reach 100", GOEL, popular),
        Check(f"{what}: mean size", "1 / (1 - r)", mean),
        Check(f"{what}: chance of at least k, k to 100", GOEL, lambda: _tail(what, theory(), cascades())),
    ]


def _part(hits: np.ndarray, expected: float, people: int, allowance: float = 0.0) -> Finding:
    """Part of cascades, with the error of cascades and that of the one crowd whose follower counts were drawn."""
    found = proportion(int(hits.sum()), hits.size, expected, allowance, "people met twice in a finite crowd")
    return replace(found, se=found.se * math.sqrt(1.0 + hits.size / people))


def _cascades(
    setting: Setting, name: str, exponent: float, reproduction: float, people: int
) -> tuple[Any, float]:
    """Independent cascades from random people on one graph, and r with the followers that were drawn."""
    from viralsim.graph import generate

    seed = setting.seed_for(name)
    runs = int(setting.value("cascades", setting.effort(100_000, 4_000_000)))
    graph = generate.power_law(people, exponent, min_followers=LEAST, max_followers=_most(people), seed=seed)
    beta = reproduction / follower_theory(exponent, reproduction, LEAST, _most(people), 1).mean_followers
    seeds = (simulators.uniforms(seed, 3, runs) * people).astype(np.int64)[:, None]
    cascade = simulators.model("independent_cascade")
    found = cascade(graph, seeds, beta, runs, seed=seed, threads=setting.threads)
    return found, beta * graph.n_edges / people


def _tail(what: str, theory: FollowerTheory, found: Any) -> Finding:
    """The law of sizes on a log scale."""
    size = np.asarray(found.size)
    n = np.arange(1, 101)
    above = np.array([theory.at_least(int(k)) for k in n])
    points = np.array([2, 3, 5, 8, 13, 20, 32, 50, 70, 100])
    findings = [
        _part(size >= k, float(above[k - 1]), found.n_nodes, 0.02 * float(above[k - 1])) for k in points
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
