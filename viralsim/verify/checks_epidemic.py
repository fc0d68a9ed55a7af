"""SIR: final size, chance of an outbreak by the law of the infectious period, whole law in a small crowd."""

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
from viralsim.verify.theory_graphs import complete_law
from viralsim.verify.theory_percolation import (
    degree_probs,
    final_size,
    general_final_size_law,
    markov_final_size_law,
    outbreak_prob,
    outbreak_prob_on_graph,
)

__all__ = ["checks"]

ALLOWED = 0.01
WHY = "the theory is for an endless crowd"
SIGMA = 1.0


def checks(setting: Setting) -> list[Check]:
    """Small crowd exactly, large crowd and graph in the limit, and the curve of final size against R0."""
    periods = (
        [setting.values["period"]] if "period" in setting.values else ["exponential", "fixed", "lognormal"]
    )
    given = [setting.values["reproduction"]] if "reproduction" in setting.values else [1.5, 2.0, 3.0]
    main = given[0] if len(given) == 1 else 2.0
    found = [_small_law(setting, period, main) for period in periods]
    found += [_final(setting, R0) for R0 in given if R0 > 1.0]
    found += [_outbreak(setting, period, main) for period in periods]
    found += [_on_graph(setting, period) for period in periods]
    return [*found, _curve(setting)]


def period_of(law: str) -> tuple[Any, ...]:
    """A period of mean 1 hour as `models.sir` takes it."""
    if law == "lognormal":
        return ("lognormal", math.exp(-(SIGMA**2) / 2.0), SIGMA)
    return (law, 1.0)


def _run(setting: Setting, name: str, R0: float, law: str, n: int, seeds: Any, runs: int) -> np.ndarray:
    sir = simulators.model("sir")
    result = sir(
        None,
        seeds,
        runs,
        R0,
        period=period_of(law),
        n=n,
        bins=0,
        seed=setting.seed_for(name),
        threads=setting.threads,
    )
    return np.asarray(result.size)


def _small_law(setting: Setting, law: str, R0: float) -> Check:
    n = 40
    claim = f"SIR, crowd of {n}, R0 = {R0:g}, {law} period: law of the final size"

    def find() -> Finding:
        if law == "exponential":
            probs = markov_final_size_law(n, R0)
        elif law == "fixed":
            probs = complete_law(n, -math.expm1(-R0 / (n - 1)))
        else:
            probs = general_final_size_law(n, R0, law, SIGMA)
        return distribution(_run(setting, claim, R0, law, n, [0], setting.effort(20_000, 500_000)), probs)

    sources = {
        "exponential": "jump chain of (susceptible, infected)",
        "fixed": "Reed-Frost with 1 - e^{-R0/(n-1)}",
        "lognormal": "Ball 1986, triangular equations",
    }
    return Check(claim, sources[law], find)


def _final(setting: Setting, R0: float) -> Check:
    n = setting.value("people", 50_000)
    claim = f"SIR, well mixed, R0 = {R0:g}: final size of a large outbreak"

    def find() -> Finding:
        seeds, runs = max(n // 1000, 5), setting.effort(16, 200)
        sizes = _run(setting, claim, R0, "exponential", n, np.arange(seeds), runs) / n
        return sample_mean(sizes, final_size(R0, seeds / n), None, ALLOWED, WHY)

    return Check(claim, "1 - z = (1 - z0) e^{-R0 z}; Kermack and McKendrick 1927", find)


def _outbreak(setting: Setting, law: str, R0: float) -> Check:
    n = 2000
    claim = f"SIR, one infected, R0 = {R0:g}, {law} period: chance of an outbreak"

    def find() -> Finding:
        runs = setting.effort(2000, 40_000)
        sizes = _run(setting, claim, R0, law, n, [0], runs)
        large = int((sizes > max(final_size(R0) * n / 3, 50)).sum())
        return proportion(large, runs, outbreak_prob(R0, law, SIGMA), 4.0 / n, "finite crowd")

    return Check(claim, "root of s = E exp(-R0 T (1-s)); Ball 1983", find)


def _on_graph(setting: Setting, law: str) -> Check:
    """On a graph the chance of an outbreak depends on the period, its size does not."""
    degree, per_hour = 6.0, 0.5
    n = setting.value("people", 50_000)
    claim = f"SIR on a Poisson graph of degree {degree:g}, {law} period: chance of an outbreak"

    def find() -> Finding:
        from viralsim.graph import generate

        chance, size = outbreak_prob_on_graph(degree_probs("poisson", degree), per_hour, 1.0, law, SIGMA)
        seed, runs = setting.seed_for(claim), setting.effort(160, 2000)
        graph = generate.erdos_renyi(n, degree, seed=seed)
        seeds = (simulators.uniforms(seed, 3, runs) * n).astype(np.int64)[:, None]
        sir = simulators.model("sir")
        result = sir(
            graph, seeds, runs, per_hour, period=period_of(law), bins=0, seed=seed, threads=setting.threads
        )
        large = int((np.asarray(result.size) > size * n / 3).sum())
        return proportion(large, runs, chance, 0.005, WHY)

    return Check(claim, "Kenah and Robins 2007; s = E G1(1 - p_T + p_T s)", find)


def _curve(setting: Setting) -> Check:
    claim = "SIR, well mixed, some infected at the start: final size against R0"

    def find() -> Finding:
        n, seeded = setting.value("people", 50_000), 0.002
        grid = np.linspace(0.0, 4.0, 161)
        line = np.array([final_size(float(R0), seeded) for R0 in grid])
        points = np.array([0.5, 0.75, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5])
        findings = []
        for R0 in points:
            runs = setting.effort(6, 60)
            seeds = np.arange(int(seeded * n))
            sizes = _run(setting, f"{claim} {R0}", float(R0), "exponential", n, seeds, runs) / n
            findings.append(sample_mean(sizes, final_size(float(R0), seeds.size / n), None, ALLOWED, WHY))
        plot = Plot(
            "SIR: part infected in the end",
            "R0, infections by the first person",
            "part of people infected",
            grid,
            line,
            points,
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            "Above R0 = 1 the final size rises steeply; it does not depend on how long people are infectious.",
        )
        return worst_of(findings, plot)

    return Check(claim, "1 - z = (1 - z0) e^{-R0 z}; Kermack and McKendrick 1927", find)
