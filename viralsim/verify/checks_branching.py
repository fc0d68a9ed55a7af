"""Branching processes: the whole law of total progeny, moments, extinction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import (
    Check,
    Finding,
    Plot,
    Setting,
    distribution,
    proportion,
    sample_mean,
    worst_of,
)
from viralsim.verify.theory_branching import (
    borel,
    extinction_prob,
    mean_total,
    moments,
    offspring_probs,
    total_progeny,
    variance_total,
)

__all__ = ["checks"]

DWASS = "Otter 1949, Dwass 1969; Poisson: Borel 1942"


def checks(setting: Setting) -> list[Check]:
    """Below 1: law and mean of total progeny. Above 1: chance of extinction."""
    law, roots = setting.value("law", "poisson"), setting.value("roots", 1)
    if setting.values:
        given = setting.value("reproduction", 0.5)
        return [*_cases(setting, law, given, roots), _extinction_curve(setting, law)]
    found: list[Check] = []
    for R in (0.5, 0.9):
        found += _cases(setting, "poisson", R, 1)
    found += _cases(setting, "poisson", 0.5, 10)
    found += _cases(setting, "geometric", 0.6, 1)
    found += _cases(setting, "binary", 0.8, 1)
    for R in (1.2, 1.5, 2.0):
        found += _cases(setting, "poisson", R, 1)
    found += _cases(setting, "geometric", 2.0, 1)
    return [*found, _tail(setting), _extinction_curve(setting, "poisson")]


def _sizes(setting: Setting, name: str, law: str, R: float, roots: int, runs: int, most: int = 10**6) -> Any:
    branching = simulators.model("branching")
    return branching(
        offspring_probs(law, R),
        runs,
        roots=roots,
        max_size=most,
        bins=0,
        seed=setting.seed_for(name),
        threads=setting.threads,
    )


def _cases(setting: Setting, law: str, R: float, roots: int) -> list[Check]:
    ancestors = "" if roots == 1 else f" from {roots} ancestors"
    what = f"branching, {law} offspring, R = {R:g}{ancestors}"
    offspring = offspring_probs(law, R)
    runs = setting.effort(20_000, 1_000_000)
    if R > 1.0:
        claim = f"{what}: chance of dying out"

        def dies() -> Finding:
            expected = extinction_prob(offspring, roots)
            few = setting.effort(4000, 100_000)
            result = _sizes(setting, claim, law, R, roots, few, 3000)
            return proportion(int((result.size < 3000).sum()), few, expected)

        return [Check(claim, "smallest root of f(s) = s; Harris 1963", dies)]

    def mean() -> Finding:
        variance = variance_total(R, moments(offspring)[1], roots)
        sizes = _sizes(setting, what, law, R, roots, runs).size
        return sample_mean(sizes, mean_total(R, roots), math.sqrt(variance))

    def whole_law() -> Finding:
        sizes = _sizes(setting, what, law, R, roots, runs).size
        return distribution(sizes, total_progeny(offspring, 400 + roots, roots), rest=True)

    law_check = Check(f"{what}: law of total progeny", DWASS, whole_law)
    if R == 1.0:
        return [law_check]
    source = "roots / (1 - R), variance roots var / (1 - R)^3; Watts and Peretti 2007"
    return [Check(f"{what}: mean total progeny", source, mean), law_check]


def _tail(setting: Setting) -> Check:
    """The law of sizes on a log scale, R = .9."""
    R = 0.9
    claim = "branching, Poisson offspring, R = 0.9: chance of at least k, k to 100"

    def find() -> Finding:
        runs = setting.effort(100_000, 2_000_000)
        sizes = np.asarray(_sizes(setting, claim, "poisson", R, 1, runs).size)
        n = np.arange(1, 301)
        above = 1.0 - np.append(0.0, np.cumsum(borel(R, n)))[:-1]
        points = np.array([2, 3, 5, 8, 13, 20, 32, 50, 70, 100, 150])
        findings = [proportion(int((sizes >= k).sum()), runs, float(above[k - 1])) for k in points]
        plot = Plot(
            "Most cascades are small, a few are not",
            "size",
            "chance of at least this size",
            n.astype(np.float64),
            above,
            points.astype(np.float64),
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            f"With R = 0.9 four in ten cascades are a single person and {100 * above[99]:.3g} % reach 100.",
            log_x=True,
            log_y=True,
        )
        return worst_of(findings, plot)

    return Check(claim, "Borel 1942", find)


def _extinction_curve(setting: Setting, law: str) -> Check:
    claim = f"branching, {law} offspring: chance of dying out against R"
    top = 2.0 if law == "binary" else 3.0

    def find() -> Finding:
        grid = np.array([2.0]) if law == "fixed" else np.linspace(0.0, top, 121)
        line = np.array([extinction_prob(offspring_probs(law, float(R))) for R in grid])
        points = grid if law == "fixed" else np.linspace(1.2, top, 7)
        runs = setting.effort(1500, 50_000)
        findings = []
        for R in points:
            expected = extinction_prob(offspring_probs(law, float(R)))
            sizes = _sizes(setting, f"{claim} {R}", law, float(R), 1, runs, 3000).size
            findings.append(proportion(int((sizes < 3000).sum()), runs, expected))
        plot = Plot(
            f"Dying out, {law} offspring",
            "R, mean number of new sharers per sharer",
            "chance that it dies out",
            grid,
            line,
            np.asarray(points),
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            "Up to R = 1 everything dies out; above it luck decides, and even at R = 2 one in five does.",
        )
        return worst_of(findings, plot)

    return Check(claim, "smallest root of f(s) = s; Harris 1963", find)
