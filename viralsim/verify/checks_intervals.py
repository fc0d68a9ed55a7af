"""Intervals that mean what they say: the 95 % interval of the mean over repeated ensembles."""

from __future__ import annotations

import numpy as np
from scipy import stats

from viralsim.verify import coverage, simulators
from viralsim.verify.check import Check, Finding, Plot, Setting, worst_of

__all__ = ["checks"]

SMOOTH = ("impressions_owned", "reach", "engagement_rate", "noticed")
PER_DRAW = 10
SOURCE = "Student 1908; between-draw variance, Cochran 1977"


def checks(setting: Setting) -> list[Check]:
    """Values of a known law, then the smooth metrics of an ordinary post simulated by the engine."""
    found = [_known_law(setting)]
    shared: dict[str, dict[str, coverage.Pool]] = {}
    return [*found, *(_metric(setting, name, shared) for name in SMOOTH)]


def _sizes(setting: Setting) -> list[int]:
    """Draws of the ensembles."""
    given = setting.value("draws", None)
    return [5, 10, 20, 40] if given is None else [int(given)]


def _cover(setting: Setting, claim: str, pool: coverage.Pool, title: str) -> Finding:
    """The size of ensemble whose coverage lies furthest from .95."""
    ensembles = setting.effort(600, 10_000)
    sizes = _sizes(setting)
    seed = setting.seed_for(claim)
    got = [coverage.coverage_of(pool, size, PER_DRAW, ensembles, seed + size) for size in sizes]
    ends = np.array([0.8 * min(sizes), 1.2 * max(sizes)])
    plot = Plot(
        title,
        "draws of an ensemble",
        "part of the 95 % intervals that hold the true mean",
        ends,
        np.full(2, 0.95),
        np.array(sizes, np.float64),
        np.array([c.part for c in got]),
        np.array([c.se for c in got]),
        f"{ensembles:,} ensembles of each size, {PER_DRAW} replicates in each draw. On the line, an interval "
        "called 95 % is one. Metrics with heavy tails do worse: docs/verify.md has the table.",
        line_label=".95",
        y_range=(0.9, 1.0),
    )
    return worst_of([Finding(0.95, c.part, c.se) for c in got], plot, f"{ensembles:,} ensembles of each size")


def _known_law(setting: Setting) -> Check:
    sizes = ", ".join(str(size) for size in _sizes(setting))
    claim = f"values of a known law, ensembles of {sizes} draws: 95 % interval covers"

    def find() -> Finding:
        shape = (setting.effort(2000, 10_000), 20)
        seed = setting.seed_for(claim)
        between = stats.norm.ppf(simulators.uniforms(seed, 2**40, shape[0]))[:, None]
        within = stats.norm.ppf(simulators.uniforms(seed, 2**40 + 1, shape[0] * shape[1])).reshape(shape)
        pool = coverage.Pool(100.0 + between + 2.0 * within, np.ones(shape))
        return _cover(setting, claim, pool, "Coverage: normal draws, normal luck")

    return Check(claim, SOURCE, find)


def _metric(setting: Setting, name: str, shared: dict[str, dict[str, coverage.Pool]]) -> Check:
    sizes = ", ".join(str(size) for size in _sizes(setting))
    claim = f"engine, ordinary post, {name}, ensembles of {sizes} draws: 95 % interval covers"

    def find() -> Finding:
        if not shared:
            world = coverage.post_scenario(0.1, 0.02, 0.2, 1000)
            draws = setting.effort(200, 1000)
            seed = setting.seed_for("pool of intervals")
            shared["pools"] = coverage.engine_pools(world, SMOOTH, draws, 20, seed, setting.threads)
        return _cover(setting, claim, shared["pools"][name], f"Coverage: {name.replace('_', ' ')}")

    return Check(claim, SOURCE, find)
