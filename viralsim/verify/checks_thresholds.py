"""Thresholds: Watts' cascade window, chance and size of global cascades, and complex contagion on lattices."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Plot, Setting, equal, proportion, sample_mean, worst_of
from viralsim.verify.theory_percolation import degree_probs
from viralsim.verify.theory_thresholds import (
    cascade_window,
    needed_neighbours,
    ring_edges,
    spreads_everywhere,
    torus_edges,
    watts,
)

__all__ = ["checks", "complex_checks"]

WATTS = "Watts 2002, equation 5 and the extended vulnerable part"
ALLOWED = 0.02
WHY = "the theory is for an endless graph"
GLOBAL = 0.1  # part of people from which a cascade counts as global


def checks(setting: Setting) -> list[Check]:
    """Chance of a global cascade, its size, the window of mean degrees, ties of fractions."""
    threshold = setting.value("threshold", 0.18)
    degrees = [setting.values["degree"]] if "degree" in setting.values else [1.5, 3.0, 5.0]
    found: list[Check] = []
    for z in degrees:
        found += _case(setting, z, threshold)
    if "degree" not in setting.values:
        found += [_outside(setting, threshold), _curve(setting, threshold)]
    return [*found, _ties()]


def _people(setting: Setting) -> int:
    return int(setting.value("people", setting.effort(20_000, 100_000)))


def _sizes(setting: Setting, name: str, z: float, threshold: float, runs: int, graphs: int) -> np.ndarray:
    """Parts adopting, [graph, run], each run from one random seed."""
    from viralsim.graph import generate

    n, model = _people(setting), simulators.model("threshold")
    rows = []
    for number in range(graphs):
        seed = setting.seed_for(f"{name} graph {number}")
        graph = generate.erdos_renyi(n, z, seed=seed)
        seeds = (simulators.uniforms(seed, 3, runs) * n).astype(np.int64)[:, None]
        result = model(graph, seeds, runs, fraction=threshold, bins=0, seed=seed, threads=setting.threads)
        rows.append(np.asarray(result.size) / n)
    return np.array(rows)


def _case(setting: Setting, z: float, threshold: float) -> list[Check]:
    what = f"threshold {threshold:g}, Poisson degree {z:g}"
    theory = watts(degree_probs("poisson", z), threshold)
    if theory.trigger == 0.0:
        return [
            Check(
                f"{what}: no global cascade from one seed", WATTS, lambda: _none(setting, what, z, threshold)
            )
        ]
    cache: dict[str, np.ndarray] = {}

    def sizes() -> np.ndarray:
        if not cache:
            cache["sizes"] = _sizes(setting, what, z, threshold, setting.effort(150, 1000), 4)
        return cache["sizes"]

    def trigger() -> Finding:
        big = sizes() > GLOBAL
        return proportion(int(big.sum()), big.size, theory.trigger, ALLOWED, WHY)

    def size() -> Finding:
        found = sizes()
        by_graph = [row[row > GLOBAL].mean() for row in found if (row > GLOBAL).any()]
        if len(by_graph) < 2:
            return Finding(theory.size, math.nan, note="no global cascade occurred")
        return sample_mean(by_graph, theory.size, None, 0.01, WHY)

    source = "Gleeson and Cahalane 2007, equations 1 and 2"
    return [
        Check(f"{what}: chance that one seed triggers a global cascade", WATTS, trigger),
        Check(f"{what}: size of a global cascade", source, size),
    ]


def _none(setting: Setting, what: str, z: float, threshold: float) -> Finding:
    sizes = _sizes(setting, what, z, threshold, setting.effort(150, 1000), 2)
    return Finding(0.0, float((sizes > GLOBAL).mean()), 0.0, 0.005, WHY)


def _outside(setting: Setting, threshold: float) -> Check:
    """Just outside the window nothing global happens."""
    claim = f"threshold {threshold:g}: no global cascades outside the window of mean degrees"

    def find() -> Finding:
        low, high = cascade_window(threshold)
        if math.isnan(low):
            return _none(setting, claim, 3.0, threshold)
        findings = [_none(setting, f"{claim} {z}", z, threshold) for z in (0.8 * low, 1.25 * high)]
        return worst_of(findings, note=f"mean degrees {0.8 * low:.3g} and {1.25 * high:.3g}")

    return Check(claim, WATTS, find)


def _curve(setting: Setting, threshold: float) -> Check:
    claim = f"threshold {threshold:g}: chance of a global cascade against mean degree"

    def find() -> Finding:
        low, high = cascade_window(threshold)
        if math.isnan(low):
            low, high = 1.0, 6.0
        grid = np.linspace(0.6 * low, 1.3 * high, 120)
        line = np.array([watts(degree_probs("poisson", float(z)), threshold).trigger for z in grid])
        findings, points = [], []
        for z in np.linspace(low + 0.15 * (high - low), high - 0.08 * (high - low), 7):
            trigger = watts(degree_probs("poisson", float(z)), threshold).trigger
            sizes = _sizes(setting, f"{claim} {z:.3f}", float(z), threshold, setting.effort(40, 500), 3)
            findings.append(proportion(int((sizes > GLOBAL).sum()), sizes.size, trigger, ALLOWED, WHY))
            points.append(z)
        plot = Plot(
            f"Global cascades, threshold {threshold:g}",
            "mean number of friends",
            "chance that one seed triggers a global cascade",
            grid,
            line,
            np.array(points),
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            f"Only between {low:.3g} and {high:.3g} friends: with fewer there is no path, with more nobody is moved "
            "by one friend alone. Near the upper end cascades are rare and huge.",
        )
        return worst_of(findings, plot)

    return Check(claim, WATTS, find)


def _ties() -> Check:
    claim = "fractional threshold met exactly counts: .2 with 1 of 5, and all k/d up to d = 30"

    def find() -> Finding:
        model, wrong = simulators.model("threshold"), 0
        for degree in range(1, 31):
            star = simulators.undirected_graph(degree + 1, [(0, i) for i in range(1, degree + 1)])
            for active in range(1, degree + 1):
                seeds = np.arange(1, active + 1)
                reached = int(model(star, seeds, 1, fraction=active / degree, bins=0).size[0])
                need = needed_neighbours(active / degree, degree)
                wrong += (reached > active) != (active >= need)
        return equal(float(wrong), 0.0)

    return Check(claim, "need = max(1, ceil(phi k - 1e-12))", find)


# ---------------------------------------------------------------------------------- complex contagion


def complex_checks(setting: Setting) -> list[Check]:
    """A person and all neighbours seeded: a ring spreads iff a <= r, the 8-neighbour torus iff a <= 3."""
    needs = [setting.values["need"]] if "need" in setting.values else [1, 2, 3, 4, 5]
    source = "Centola and Macy 2007; by counting neighbours"
    found = []
    for need in needs:
        found.append(
            Check(
                f"ring, {need} adopted needed: spreads iff {need} <= neighbours on a side",
                source,
                _rings(need),
            )
        )
        found.append(
            Check(
                f"torus, 8 neighbours, {need} adopted needed: spreads iff {need} <= 3",
                source,
                partial(_lattice, 144, torus_edges(12), _around_torus(12), need, need <= 3),
            )
        )
    return found


def _rings(need: int) -> Callable[[], Finding]:
    def find() -> Finding:
        sides = range(1, max(need, 4) + 2)
        findings = [_lattice(60, ring_edges(60, r), _around_ring(60, r), need, need <= r) for r in sides]
        return worst_of(findings, note=f"1 to {sides[-1]} neighbours on each side")

    return find


def _around_ring(n: int, each_side: int) -> list[int]:
    return [d % n for d in range(-each_side, each_side + 1)]


def _around_torus(side: int) -> list[int]:
    return [(r % side) * side + c % side for r in (-1, 0, 1) for c in (-1, 0, 1)]


def _lattice(n: int, edges: list[tuple[int, int]], seeds: list[int], need: int, spreads: bool) -> Finding:
    """Whether everybody adopts: claimed, by hand, and by the model."""
    by_hand = spreads_everywhere(n, edges, need, seeds)
    if by_hand != spreads:
        return Finding(float(spreads), float(by_hand), note="the claim itself fails by hand")
    graph = simulators.undirected_graph(n, edges)
    size = np.asarray(simulators.model("threshold")(graph, np.array(seeds), 2, absolute=need, bins=0).size)
    return equal(float((size == n).all() if spreads else (size == n).any()), float(spreads))
