"""Threshold contagion: Watts' cascade condition and window, and complex contagion on lattices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from viralsim.verify.theory_branching import smallest_fixed_point
from viralsim.verify.theory_percolation import degree_probs

__all__ = [
    "WattsTheory",
    "cascade_window",
    "needed_neighbours",
    "ring_edges",
    "spreads_everywhere",
    "torus_edges",
    "watts",
]

Floats = NDArray[np.float64]


def needed_neighbours(fraction: float, degree: int) -> int:
    """Adopted neighbours needed for a fractional threshold: max(1, ceil(fraction x degree - 1e-12)).

    Notes
    -----
    A person adopts when the fraction is *reached*: .2 with 1 of 5 adopts, though .2 x 5 may be a little
    above 1 in floating point.
    """
    return max(1, math.ceil(fraction * degree - 1e-12))


@dataclass(frozen=True, slots=True)
class WattsTheory:
    """Fractional threshold model on a large random graph with given degrees.

    Parameters
    ----------
    condition : float
        Expected further vulnerable neighbours of a vulnerable person; above 1 global cascades are possible.
    trigger : float
        P(one random seed starts a global cascade).
    size : float
        Part of people adopting in a global cascade.
    giant : float
        Part of people in the giant component: the largest size there can be.
    """

    condition: float
    trigger: float
    size: float
    giant: float


def watts(degrees: ArrayLike, threshold: float) -> WattsTheory:
    """Global cascades from one seed.

    Notes
    -----
    Vulnerable people (one adopted neighbour suffices) have degree at most K = floor(1/threshold). Condition:
    sum_{k<=K} k (k-1) p_k / <k> (Watts 2002, equation 5). Trigger: a seed of any degree with a neighbour in the
    giant vulnerable part: v = 1 - F1(1) + F1(v), F1 = sum_{k<=K} k p_k x^{k-1} / <k>, 1 - sum p_k v^k. Size:
    Gleeson and Cahalane 2007, equations 1 and 2, with a vanishing seed: the fixed point of q reached from
    a small positive one.
    """
    probs = np.asarray(degrees, dtype=np.float64)
    k = np.arange(probs.size)
    mean = float(k @ probs)
    vulnerable = np.array([d > 0 and needed_neighbours(threshold, int(d)) <= 1 for d in k])
    edge = k * probs / mean
    condition = float((edge * (k - 1.0))[vulnerable].sum())
    giant = 1.0 - _pgf(probs, smallest_fixed_point(lambda s: _pgf(edge[1:], s)))
    if condition <= 1.0:
        return WattsTheory(condition, 0.0, 0.0, giant)
    inside = np.where(vulnerable, edge, 0.0)[1:]
    lost = 1.0 - float(inside.sum())
    v = smallest_fixed_point(lambda s: lost + _pgf(inside, s))
    trigger = 1.0 - _pgf(probs, v)
    return WattsTheory(condition, trigger, _cascade_size(probs, edge, threshold), giant)


def _pgf(coefficients: Floats, s: float) -> float:
    return float(np.polyval(coefficients[::-1], s))


def _cascade_size(probs: Floats, edge: Floats, threshold: float) -> float:
    """Part adopting: rho = sum_k p_k P(Bin(k, q) >= need_k), q the edge's fixed point from just above 0."""
    from scipy import stats

    k = np.arange(probs.size)
    need = np.array([needed_neighbours(threshold, int(d)) for d in k])
    q = 1e-9
    for _ in range(20_000):
        new = float((edge[1:] * stats.binom.sf(need[1:] - 1, k[1:] - 1, q)).sum())
        if abs(new - q) < 1e-13:
            break
        q = new
    return float((probs[1:] * stats.binom.sf(need[1:] - 1, k[1:], q)).sum())


def cascade_window(threshold: float) -> tuple[float, float]:
    """Mean degrees of a Poisson graph between which global cascades are possible; NaN if there are none.

    Examples
    --------
    >>> [round(z, 4) for z in cascade_window(0.18)]
    [1.0207, 5.7647]
    """

    def excess(z: float) -> float:
        return watts_condition_poisson(z, threshold) - 1.0

    grid = np.linspace(0.05, 60.0, 2400)
    positive = [z for z in grid if excess(float(z)) > 0.0]
    if not positive:
        return math.nan, math.nan
    step = float(grid[1] - grid[0])
    low = optimize.brentq(excess, positive[0] - step, positive[0])
    high = optimize.brentq(excess, positive[-1], positive[-1] + step)
    return float(low), float(high)


def watts_condition_poisson(mean_degree: float, threshold: float) -> float:
    """Watts' condition on a Poisson graph: z e^-z sum_{j <= K-2} z^j / j!."""
    most = math.floor(1.0 / threshold + 1e-12)
    probs = degree_probs("poisson", mean_degree)
    k = np.arange(probs.size)
    part = (k <= most) & (k >= 2)
    return float((k * (k - 1.0) * probs)[part].sum()) / mean_degree


def ring_edges(n: int, each_side: int) -> list[tuple[int, int]]:
    """Edges of a ring in which everybody knows `each_side` people on either side."""
    return [(v, (v + step) % n) for v in range(n) for step in range(1, each_side + 1)]


def torus_edges(side: int) -> list[tuple[int, int]]:
    """Edges of a square torus with eight neighbours each."""
    return [
        (r * side + c, ((r + dr) % side) * side + (c + dc) % side)
        for r in range(side)
        for c in range(side)
        for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1))
    ]


def spreads_everywhere(n: int, edges: Sequence[tuple[int, int]], need: int, seeds: Sequence[int]) -> bool:
    """Whether everybody adopts if `need` adopted neighbours suffice, by plain iteration."""
    neighbours: list[set[int]] = [set() for _ in range(n)]
    for u, v in edges:
        neighbours[u].add(v)
        neighbours[v].add(u)
    active = set(seeds)
    while True:
        new = {v for v in range(n) if v not in active and len(neighbours[v] & active) >= need}
        if not new:
            return len(active) == n
        active |= new
