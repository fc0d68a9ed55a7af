"""Shared luck: scenarios compared in the same worlds differ by what was changed, and by nothing else."""

from __future__ import annotations

import math

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Setting, equal, sample_mean
from viralsim.verify.theory_graphs import coupled_star

__all__ = ["checks"]

SOURCE = "common random numbers; arithmetic on the star"


def checks(setting: Setting) -> list[Check]:
    """Hub against hub and leaf on a star: gain from coupling, and exact nesting."""
    leaves, p = setting.value("leaves", 9), setting.value("prob", 0.2)
    theory = coupled_star(leaves, p)
    star = [(0, i) for i in range(1, leaves + 1)]
    name = f"star of {leaves} leaves, p = {p:g}, hub against hub and leaf"
    runs = setting.effort(40_000, 400_000)

    def sizes(seeds: list[int], luck: str) -> np.ndarray:
        cascade = simulators.model("independent_cascade")
        graph = simulators.undirected_graph(leaves + 1, star)
        found = cascade(graph, seeds, p, runs, seed=setting.seed_for(luck), threads=setting.threads)
        return np.asarray(found.size, dtype=np.float64)

    def mean() -> Finding:
        return sample_mean(sizes([0, 1], name) - sizes([0], name), theory["mean"])

    def coupled() -> Finding:
        return _variance(sizes([0, 1], name) - sizes([0], name), theory["coupled"])

    def independent() -> Finding:
        return _variance(sizes([0, 1], name) - sizes([0], name + " own luck"), theory["independent"])

    return [
        Check(f"{name}: mean difference", SOURCE, mean),
        Check(f"{name}: variance of the difference on shared luck", SOURCE, coupled),
        Check(f"{name}: variance with luck of its own", SOURCE, independent),
        _nested(setting, "more seeds"),
        _nested(setting, "a higher probability"),
        _threads(setting),
    ]


def _variance(difference: np.ndarray, expected: float) -> Finding:
    """A variance with its standard error from the fourth moment."""
    centred = difference - difference.mean()
    n = difference.size
    variance = float(difference.var(ddof=1))
    fourth = float(np.mean(centred**4))
    return Finding(expected, variance, math.sqrt(max(fourth - variance**2, 0.0) / n))


def _nested(setting: Setting, what: str) -> Check:
    """Active sets must be nested in every replicate."""
    claim = f"random graph of 300, {what}: nobody active before is lost, in every replicate"

    def find() -> Finding:
        from viralsim.graph import generate

        graph = generate.erdos_renyi(300, 4.0, seed=setting.seed_for(claim))
        cascade = simulators.model("independent_cascade")
        runs, seed = setting.effort(200, 2000), setting.seed_for(claim)
        few = cascade(graph, [0, 1], 0.25, runs, seed=seed, threads=setting.threads)
        more_seeds = what == "more seeds"
        many = cascade(
            graph, [0, 1, 7, 9] if more_seeds else [0, 1], 0.25 if more_seeds else 0.3, runs, seed=seed,
            threads=setting.threads,
        )  # fmt: skip
        lost = sum(
            not set(few.trace(r).persons.tolist()) <= set(many.trace(r).persons.tolist()) for r in range(runs)
        )
        return equal(float(lost), 0.0)

    return Check(claim, "one coin for each arc and replicate", find)


def _threads(setting: Setting) -> Check:
    claim = (
        "random graph of 2,000: 1, 2 and 5 threads give the same replicates; 50 of them are the first of 400"
    )

    def find() -> Finding:
        from viralsim.graph import generate

        graph = generate.erdos_renyi(2000, 5.0, seed=setting.seed_for(claim))
        cascade, seed = simulators.model("independent_cascade"), setting.seed_for(claim)
        one = cascade(graph, [3, 4], 0.25, 400, seed=seed, threads=1).size
        others = [cascade(graph, [3, 4], 0.25, 400, seed=seed, threads=t).size for t in (2, 5)]
        first = cascade(graph, [3, 4], 0.25, 50, seed=seed, threads=1).size
        different = sum(int((one != x).sum()) for x in others) + int((first != one[:50]).sum())
        copies = int(np.unique(one).size == 1)
        return equal(float(different + copies), 0.0)

    return Check(claim, "stateless draws", find)
