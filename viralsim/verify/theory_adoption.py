"""Adoption over time: Bass in closed form, on small and complete graphs, and the talk of the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError

__all__ = [
    "bass_adopted",
    "bass_circle",
    "bass_complete",
    "bass_discrete",
    "bass_graph",
    "bass_pair",
    "bass_peak",
    "bass_rate",
    "crossing_times",
    "talk_adopted",
]

Floats = NDArray[np.float64]


def bass_adopted(p: float, q: float, t: ArrayLike) -> Floats:
    """Adopted part F(t) of an endless crowd (Bass 1969).

    Examples
    --------
    >>> np.round(bass_adopted(0.03, 0.38, [5, 10, 20]), 5).tolist()
    [0.3312, 0.8128, 0.99626]
    """
    t = np.asarray(t, dtype=np.float64)
    decay = np.exp(-(p + q) * t)
    return np.asarray((1.0 - decay) / (1.0 + q / p * decay))


def bass_rate(p: float, q: float, t: ArrayLike) -> Floats:
    """Adoptions per unit of time f(t) = (p + qF)(1 - F)."""
    adopted = bass_adopted(p, q, t)
    return np.asarray((p + q * adopted) * (1.0 - adopted))


def bass_peak(p: float, q: float) -> tuple[float, float, float]:
    """Time of the peak log(q/p)/(p+q), the part adopted then, and the rate; at 0 if q <= p."""
    t = float(np.log(q / p) / (p + q)) if q > p else 0.0
    return t, float(bass_adopted(p, q, t)), float(bass_rate(p, q, t))


def bass_discrete(p: float, q: float, periods: int) -> Floats:
    """Adopted part after 0 .. periods steps of the recursion F + (p + qF)(1 - F): not the closed form.

    Examples
    --------
    >>> round(float(bass_discrete(0.03, 0.38, 10)[10]), 4)
    0.7826
    """
    out = np.zeros(periods + 1)
    for k in range(periods):
        out[k + 1] = out[k] + (p + q * out[k]) * (1.0 - out[k])
    return out


def bass_pair(p: float, q: float, t: ArrayLike) -> Floats:
    """Expected adopted part of two people who are each other's only neighbour.

    Notes
    -----
    1 - F = e^{-2pt} + p (e^{-2pt} - e^{-(p+q)t}) / (q - p): neither has, or the other one only.
    """
    t = np.asarray(t, dtype=np.float64)
    both = np.exp(-2.0 * p * t)
    if abs(q - p) < 1e-9:
        alone = p * t * both
    else:
        alone = p * (both - np.exp(-(p + q) * t)) / (q - p)
    return np.asarray(1.0 - both - alone)


def bass_circle(p: float, q: float, t: ArrayLike) -> Floats:
    """Adopted part of an endless circle in which each person watches one neighbour.

    Notes
    -----
    Fibich and Gibori 2010: 1 - exp(-(p+q)t + q (1 - e^{-pt}) / p).

    Examples
    --------
    >>> np.round(bass_circle(0.03, 0.38, [5, 10, 20]), 5).tolist()
    [0.24846, 0.55826, 0.91667]
    """
    t = np.asarray(t, dtype=np.float64)
    return np.asarray(-np.expm1(-(p + q) * t - q * np.expm1(-p * t) / p))


def bass_graph(n: int, arcs: Sequence[tuple[int, int]], p: float, q: float, t: ArrayLike) -> Floats:
    """Expected adopted part of a small graph: v adopts at rate p + q x (adopted in-neighbours / in-degree).

    Parameters
    ----------
    n : int
        At most 12.
    arcs : sequence of (u, v)
        v watches u.
    p, q : float
    t : float[k]

    Notes
    -----
    The Kolmogorov equations of the 2^n states, solved with the matrix exponential.
    """
    from scipy import sparse
    from scipy.sparse.linalg import expm_multiply

    if not 1 <= n <= 12:
        raise SpecError(f"n: got {n}; allowed are 1 to 12 people")
    states = np.arange(1 << n)
    watched = [[u for u, x in arcs if x == v] for v in range(n)]
    rows, columns, values = [], [], []
    for v in range(n):
        out = (states >> v) & 1 == 0
        adopted = sum(((states >> u) & 1 for u in watched[v]), np.zeros(states.size))
        rate = (p + q * adopted / max(len(watched[v]), 1))[out]
        source = states[out]
        rows += [source | (1 << v), source]
        columns += [source, source]
        values += [rate, -rate]
    shape = (states.size, states.size)
    generator = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape
    )
    start = np.zeros(states.size)
    start[0] = 1.0
    share = np.array([int(s).bit_count() for s in states]) / n
    return np.array([float(share @ expm_multiply(generator * x, start)) for x in np.atleast_1d(t)])


def bass_complete(n: int, p: float, q: float, t: ArrayLike) -> Floats:
    """Expected adopted part of a complete graph of n people, exactly.

    Notes
    -----
    Pure birth chain on the number of adopters k with rate (n - k)(p + q k / (n - 1)).
    """
    from scipy import sparse
    from scipy.sparse.linalg import expm_multiply

    k = np.arange(n + 1.0)
    rate = (n - k) * (p + q * k / max(n - 1, 1))
    chain = np.arange(n + 1)
    shape = (n + 1, n + 1)
    leave = sparse.csr_array((-rate, (chain, chain)), shape=shape)
    generator = leave + sparse.csr_array((rate[:-1], (chain[1:], chain[:-1])), shape=shape)
    start = np.zeros(n + 1)
    start[0] = 1.0
    return np.array([float(k @ expm_multiply(generator * x, start)) / n for x in np.atleast_1d(t)])


def talk_adopted(
    strong: int, weak: int, alpha: float, b_weak: float, b_strong: float, periods: int = 200
) -> Floats:
    """Adopted part by period in an endless crowd of personal networks (the talk of the network).

    Parameters
    ----------
    strong, weak : int
        Strong ties, to all others of one's personal network of strong + 1; weak ties, to people
        anywhere.
    alpha : float
        Chance per period to adopt by advertising.
    b_weak, b_strong : float
        Chance per period and adopted tie.
    periods : int

    Returns
    -------
    float64[periods + 1]

    Notes
    -----
    Goldenberg, Libai and Muller 2001: adoption with probability 1 - (1-alpha)(1-b_w)^j (1-b_s)^m. The
    number of adopters m in a personal network is a Markov chain; weak ties are adopted with the part
    F of all, so E (1-b_w)^j = (1 - b_w F)^weak.
    """
    from scipy import stats

    people = strong + 1
    chance = np.eye(1, people + 1, 0).ravel()  # P(m adopters in a personal network)
    m = np.arange(people + 1)
    out = np.zeros(periods + 1)
    for k in range(periods):
        prob = 1.0 - (1 - alpha) * (1 - b_weak * out[k]) ** weak * (1 - b_strong) ** m
        new = m[None, :] - m[:, None]  # [before, after]
        move = stats.binom.pmf(new, (people - m)[:, None], prob[:, None])
        chance = chance @ np.where(new >= 0, move, 0.0)
        out[k + 1] = float(chance @ m) / people
    return out


def crossing_times(adopted: ArrayLike, levels: Sequence[float] = (0.16, 0.5, 0.95)) -> Floats:
    """Periods at which an adoption curve crosses each level, by linear interpolation; NaN if never."""
    curve = np.asarray(adopted, dtype=np.float64)
    out = []
    for level in levels:
        above = np.flatnonzero(curve >= level)
        if not above.size or above[0] == 0:
            out.append(float("nan") if not above.size else 0.0)
            continue
        k = int(above[0])
        out.append(k - 1 + (level - curve[k - 1]) / (curve[k] - curve[k - 1]))
    return np.array(out)
