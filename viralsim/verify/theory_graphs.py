"""Exact laws of cascades on small and regular graphs, by enumeration and in closed form.

An independent cascade reaches the people whom live arcs connect to a seed, each arc being live with its
own probability, once and for all (Kempe, Kleinberg and Tardos 2003, the live-edge argument). With few
arcs all worlds can be listed; on some graphs the sum has a closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError

__all__ = [
    "SizeLaw",
    "cascade_law",
    "complete_law",
    "complete_moments",
    "coupled_star",
    "cycle_mean",
    "grid_edges",
    "linear_threshold_law",
    "path_mean",
    "star_mean",
    "tree_mean",
]

MOST_COINS = 22  # 4 million worlds
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SizeLaw:
    """Law of a cascade on a small graph.

    Parameters
    ----------
    size_prob : float64[n + 1]
        P(exactly k people active at the end), seeds included.
    active_prob : float64[n]
        P(person v active at the end).
    """

    size_prob: Floats
    active_prob: Floats

    @property
    def mean(self) -> float:
        """Expected number of active people."""
        return float(np.arange(self.size_prob.size) @ self.size_prob)

    @property
    def sd(self) -> float:
        """Standard deviation of the number of active people."""
        k = np.arange(self.size_prob.size)
        return float(np.sqrt(max(float(k**2 @ self.size_prob) - self.mean**2, 0.0)))


def _closure(active: Ints, worlds: Ints, arcs: Sequence[tuple[int, int, int]]) -> Ints:
    """Sets (bit masks) reached from `active` over live arcs, for every world at once."""
    while True:
        before = active.copy()
        for u, v, coin in arcs:
            active |= ((active >> u) & (worlds >> coin) & 1) << v
        if np.array_equal(active, before):
            return active


def _law(active: Ints, weight: Floats, n: int) -> SizeLaw:
    """Law of the final set from its bit mask and the weight of each world."""
    inside = (active[:, None] >> np.arange(n)) & 1
    size = np.bincount(inside.sum(axis=1), weights=weight, minlength=n + 1)
    return SizeLaw(np.asarray(size, dtype=np.float64), weight @ inside)


def _checked_size(n: int, coins: int) -> None:
    if coins > MOST_COINS:
        raise SpecError(
            f"edges: {coins} coins are too many to list all worlds; at most {MOST_COINS} are allowed"
        )
    if not 1 <= n <= 62:
        raise SpecError(f"n: got {n}; allowed are 1 to 62 people")


def cascade_law(
    n: int,
    edges: Sequence[tuple[int, int]],
    prob: float | ArrayLike,
    seeds: Sequence[int],
    directed: bool = False,
) -> SizeLaw:
    """Law of the independent cascade by listing all live-edge worlds.

    Parameters
    ----------
    n : int
        People, numbered from 0.
    edges : sequence of (u, v)
        Parallel edges are separate tries (the convention of a multigraph).
    prob : float or float[len(edges)]
        Chance that an edge is live; for an undirected edge in either direction.
    seeds : sequence of int
    directed : bool
        Undirected edges have one coin for both directions: the final set has the same law as with two.

    Returns
    -------
    SizeLaw

    Notes
    -----
    Kempe, Kleinberg and Tardos 2003, claim 2.3. At most 22 edges.

    Examples
    --------
    >>> round(cascade_law(3, [(0, 1), (1, 2), (0, 2)], 0.5, [0]).mean, 6)   # a triangle
    2.25
    """
    m = len(edges)
    _checked_size(n, m)
    chance = np.broadcast_to(np.asarray(prob, dtype=np.float64), (m,))
    worlds = np.arange(1 << m, dtype=np.int64)
    weight = np.ones(worlds.size)
    for coin in range(m):
        live = (worlds >> coin) & 1
        weight *= np.where(live == 1, chance[coin], 1.0 - chance[coin])
    arcs = [(u, v, coin) for coin, (u, v) in enumerate(edges)]
    if not directed:
        arcs += [(v, u, coin) for coin, (u, v) in enumerate(edges)]
    start = np.full(worlds.size, sum(1 << s for s in set(seeds)), np.int64)
    return _law(_closure(start, worlds, arcs), weight, n)


def linear_threshold_law(
    n: int, arcs: Sequence[tuple[int, int]], weights: float | ArrayLike, seeds: Sequence[int]
) -> SizeLaw:
    """Law of the linear threshold model: each person picks at most one incoming arc, with its weight.

    Parameters
    ----------
    n : int
    arcs : sequence of (u, v)
        Directed; write both directions of an undirected edge.
    weights : float or float[len(arcs)]
        Influence of u on v; the weights into a person sum to at most 1.
    seeds : sequence of int

    Returns
    -------
    SizeLaw

    Notes
    -----
    Kempe, Kleinberg and Tardos 2003, claim 2.6: a threshold uniform on (0, 1) is the same as choosing one
    incoming arc in proportion to the weights, or none.
    """
    chance = np.broadcast_to(np.asarray(weights, dtype=np.float64), (len(arcs),))
    into: list[list[int]] = [[] for _ in range(n)]
    for arc, (_, v) in enumerate(arcs):
        into[v].append(arc)
    choices = np.array([len(x) + 1 for x in into])
    total = int(np.prod(choices.astype(np.float64)))
    if total > 1 << MOST_COINS:
        raise SpecError(
            f"arcs: {total:,} worlds are too many to list; at most {1 << MOST_COINS:,} are allowed"
        )
    rest, weight = np.arange(total, dtype=np.int64), np.ones(total)
    start = np.full(total, sum(1 << s for s in set(seeds)), np.int64)
    picked = []
    for v in range(n):
        pick, rest = rest % choices[v], rest // choices[v]
        probs = chance[into[v]] if into[v] else np.zeros(0)
        weight *= np.append(probs, max(1.0 - probs.sum(), 0.0))[pick]
        source = np.append([arcs[a][0] for a in into[v]], [0]).astype(np.int64)[pick]
        picked.append((v, source, (pick < len(into[v])).astype(np.int64)))
    active = start
    for _ in range(n):
        for v, source, some in picked:
            active |= ((active >> source) & some) << v
    return _law(active, weight, n)


def path_mean(n: int, p: float) -> float:
    """Expected reach on a path of n people seeded at its end: (1 - p^n) / (1 - p)."""
    return float(sum(p**i for i in range(n)))


def cycle_mean(n: int, p: float) -> float:
    """Expected reach on a cycle of n people, one seed.

    Notes
    -----
    The seed has d live edges in a row on one side; the person at distance d is reached over either side:
    p^d + p^(n-d) - p^n.
    """
    return 1.0 + sum(p**d + p ** (n - d) - p**n for d in range(1, n))


def star_mean(leaves: int, p: float, from_leaf: bool = False) -> float:
    """Expected reach on a star, seeded at the hub (1 + mp) or at a leaf (1 + p(1 + (m-1)p))."""
    return 1.0 + p * (1.0 + (leaves - 1) * p) if from_leaf else 1.0 + leaves * p


def tree_mean(depth: int, p: float, children: int = 2) -> float:
    """Expected reach on a complete tree from its root: the sum of (children x p)^i, i = 0 .. depth."""
    return float(sum((children * p) ** i for i in range(depth + 1)))


def grid_edges(rows: int, columns: int) -> list[tuple[int, int]]:
    """Edges of a grid, people numbered row by row."""
    across = [(r * columns + c, r * columns + c + 1) for r in range(rows) for c in range(columns - 1)]
    down = [(r * columns + c, (r + 1) * columns + c) for r in range(rows - 1) for c in range(columns)]
    return across + down


def complete_law(n: int, p: float, seeds: int = 1) -> Floats:
    """P(final size = k), k = 0 .. n, on the complete graph of n people (the Reed-Frost model).

    Parameters
    ----------
    n : int
    p : float
        Chance that an edge is live.
    seeds : int

    Returns
    -------
    float64[n + 1]

    Notes
    -----
    Chain-binomial recursion over (susceptible s, newly active i): the next generation is
    Bin(s, 1 - (1-p)^i). It has only positive terms, so it is stable where the triangular equations
    sum_j C(m-j, k-j) P_j / q^((1+j)(m-k)) = C(m, k), m = n - 1 (Ball 1986) cancel. Takes about n^3 steps.
    """
    if not 1 <= seeds <= n:
        raise SpecError(f"seeds: got {seeds}; allowed are 1 to {n}")
    rest = n - seeds
    table = np.zeros((rest + 1, n + 1))  # [susceptible, newly active]
    table[rest, seeds] = 1.0
    size = np.zeros(n + 1)
    for s in range(rest, -1, -1):
        size[n - s] = table[s, 0]
        for i in range(1, n - s + 1):
            mass = table[s, i]
            if mass == 0.0:
                continue
            hit = binomial_probs(s, 1.0 - (1.0 - p) ** i)
            size[n - s] += mass * hit[0]
            new = np.arange(1, s + 1)
            table[s - new, new] += mass * hit[1:]
    return size


def complete_moments(n: int, p: float, seeds: int = 1) -> tuple[float, float]:
    """Mean and standard deviation of the final size on the complete graph of n people."""
    law = complete_law(n, p, seeds)
    k = np.arange(law.size)
    mean = float(k @ law)
    return mean, float(np.sqrt(max(float(k**2 @ law) - mean**2, 0.0)))


def binomial_probs(n: int, p: float) -> Floats:
    """P(k successes of n), k = 0 .. n."""
    from scipy import stats

    if n == 0:
        return np.ones(1)
    return np.asarray(stats.binom.pmf(np.arange(n + 1), n, p))


def triangular_residual(size_prob: Floats, p: float) -> float:
    """Largest relative error of Ball's triangular equations for a law of the final size, one seed."""
    m, q = size_prob.size - 2, 1.0 - p
    worst = 0.0
    for k in range(m + 1):
        left = sum(comb(m - j, k - j) * size_prob[j + 1] / q ** ((1 + j) * (m - k)) for j in range(k + 1))
        worst = max(worst, abs(left / comb(m, k) - 1.0))
    return worst


def coupled_star(leaves: int, p: float) -> dict[str, float]:
    """Hub seeded (A) against hub and one leaf seeded (B) on a star: the gain from shared luck.

    Returns
    -------
    dict
        ``mean`` of B - A; variance of the difference ``coupled`` and ``independent``.

    Notes
    -----
    In shared worlds B - A is 1 unless the leaf is reached anyway, so its variance is p(1-p); with
    luck of their own A varies by mp(1-p) and B by (m-1)p(1-p).
    """
    q = 1.0 - p
    return {"mean": q, "coupled": p * q, "independent": (2 * leaves - 1) * p * q}
