"""Independent cascade on large random graphs: chance and size of a large outbreak."""

from __future__ import annotations

import math

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import (
    Check,
    Finding,
    NotComputedError,
    Plot,
    Setting,
    proportion,
    sample_mean,
    worst_of,
)
from viralsim.verify.theory_percolation import Percolation, degree_probs, percolation

__all__ = ["checks", "random_graph"]

NEWMAN = "Newman, Strogatz and Watts 2001; u = 1-p+p G1(u), S = 1-G0(u)"
ALLOWED = 0.01
WHY = "the theory is for an endless graph"


def checks(setting: Setting) -> list[Check]:
    """Large outbreaks above the threshold, mean reach below it, and the curve of reach against p."""
    if setting.values:
        law = setting.value("law", "poisson")
        degree, p = setting.value("degree", 4.0), setting.value("prob", 0.5)
        return [*_case(setting, law, degree, p), _curve(setting, law, degree)]
    found: list[Check] = []
    for R in (1.5, 2.0, 3.0):
        found += _case(setting, "poisson", 6.0, R / 6.0)
    for p in (0.4, 0.5, 0.2):
        found += _case(setting, "regular", 4.0, p)
    return [*found, _curve(setting, "poisson", 4.0)]


def random_graph(law: str, degree: float, n: int, seed: int, exponent: float = 2.5):  # type: ignore[no-untyped-def]
    """A large random graph: the generator's for Poisson degrees, else with paired ends."""
    from viralsim.graph import generate

    if law == "poisson":
        return generate.erdos_renyi(n, degree, seed=seed)
    return simulators.configuration_graph(_degrees(law, degree, n, exponent), n, seed)


def _degrees(law: str, degree: float, n: int, exponent: float) -> np.ndarray:
    return degree_probs(law, degree, exponent, largest=max(int(math.sqrt(n)), 10))


def _sizes(setting: Setting, name: str, law: str, degree: float, p: float, runs: int) -> np.ndarray:
    """Parts reached, [graph, run], each run from one random seed."""
    n, graphs = _people(setting), setting.effort(8, 20)
    exponent = setting.value("exponent", 2.5)
    parts = []
    for number in range(graphs):
        seed = setting.seed_for(f"{name} graph {number}")
        graph = random_graph(law, degree, n, seed, exponent)
        each = max(runs // graphs, 2)
        seeds = (simulators.uniforms(seed, 3, each) * n).astype(np.int64)[:, None]
        cascade = simulators.model("independent_cascade")
        result = cascade(graph, seeds, p, each, seed=seed, threads=setting.threads)
        parts.append(np.asarray(result.size) / n)
    return np.array(parts)


def _people(setting: Setting) -> int:
    return int(setting.value("people", setting.effort(50_000, 100_000)))


def _case(setting: Setting, law: str, degree: float, p: float) -> list[Check]:
    n = _people(setting)
    degrees = _degrees(law, degree, n, setting.value("exponent", 2.5))
    theory = percolation(degrees, p)
    shape = "power-law degrees" if law == "power-law" else f"{law} degree {degree:g}"
    what = f"{shape}, p = {p:.3g} (R = {theory.reproduction:.3g})"
    if theory.large == 0.0:
        return [_small(setting, law, degree, p, what, theory)]
    cache: dict[str, np.ndarray] = {}

    def sizes() -> np.ndarray:
        if "sizes" not in cache:
            if theory.large < 0.1:
                raise NotComputedError(
                    f"large outbreaks reach {theory.large:.2g} of people: at this size small and large ones overlap"
                )
            cache["sizes"] = _sizes(setting, what, law, degree, p, setting.effort(400, 5000))
        return cache["sizes"]

    def chance() -> Finding:
        large = sizes() > theory.large / 3.0
        return proportion(int(large.sum()), large.size, theory.large, ALLOWED, WHY)

    def size() -> Finding:
        large = theory.large / 3.0
        by_graph = [row[row > large].mean() for row in sizes() if (row > large).any()]
        if len(by_graph) < 2:
            return Finding(theory.large, math.nan, note="no large outbreak occurred")
        return sample_mean(by_graph, theory.large, None, ALLOWED, WHY)

    return [
        Check(f"{what}: chance of a large outbreak", NEWMAN, chance),
        Check(f"{what}: part reached by a large outbreak", NEWMAN, size),
    ]


def _small(setting: Setting, law: str, degree: float, p: float, what: str, theory: Percolation) -> Check:
    def find() -> Finding:
        if theory.reproduction > 0.9:
            raise NotComputedError("at the threshold reach has no finite mean in an endless graph")
        n = _people(setting)
        runs = setting.effort(20_000, 200_000)
        sizes = _sizes(setting, what, law, degree, p, runs) * n
        slack = theory.small_mean**3 / n
        return sample_mean(sizes.ravel(), theory.small_mean, None, slack, "mean^3 / n: people met twice")

    return Check(f"{what}: mean reach below the threshold", "1 + p<k>/(1 - p G1'(1)); Newman 2002", find)


def _curve(setting: Setting, law: str, degree: float) -> Check:
    claim = f"{law} degree {degree:g}: mean reach of one random seed against p"

    def find() -> Finding:
        n = _people(setting)
        degrees = _degrees(law, degree, n, setting.value("exponent", 2.5))
        edge = percolation(degrees, 0.5).threshold
        grid = np.linspace(0.0, min(1.0, 3.0 * edge), 121)
        large = np.array([percolation(degrees, float(p)).large for p in grid])
        findings, points = [], []
        for p in np.linspace(1.25 * edge, min(1.0, 3.0 * edge), 8):
            S = percolation(degrees, float(p)).large
            sizes = _sizes(setting, f"{claim} {p:.4f}", law, degree, float(p), setting.effort(120, 1200))
            findings.append(sample_mean(sizes.ravel(), S**2, float(S * math.sqrt(S * (1 - S))), ALLOWED, WHY))
            points.append(p)
        plot = Plot(
            f"Large random graph, {law} degrees",
            "probability of a tie passing it on",
            "part of people reached",
            grid,
            large**2,
            np.array(points),
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            f"Below p = {edge:.3g} nothing spreads; above it a share can set off a large part of the graph. "
            "The mean over all runs is the chance of a large outbreak times its size.",
        )
        return worst_of(findings, plot)

    return Check(claim, NEWMAN, find)
