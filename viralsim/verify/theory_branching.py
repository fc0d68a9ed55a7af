"""Branching processes: extinction, total progeny, growth in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from viralsim.errors import SpecError

__all__ = [
    "OFFSPRING",
    "borel",
    "conditional_virality",
    "extinction_prob",
    "mean_in_steps",
    "mean_in_time",
    "mean_in_time_exponential",
    "mean_total",
    "offspring_probs",
    "series_progeny",
    "total_progeny",
    "variance_total",
]

Floats = NDArray[np.float64]
_TINY = 1e-18
OFFSPRING = ("poisson", "geometric", "binary", "fixed")


def offspring_probs(law: str, mean: float) -> Floats:
    """P(k children), k = 0, 1, ..., cut where the rest is below 1e-18.

    Parameters
    ----------
    law : {"poisson", "geometric", "binary", "fixed"}
        geometric: on 0, 1, 2, ...; binary: two children or none; fixed: always `mean` (a whole number).
    mean : float
        Mean number of children.
    """
    if law == "poisson":
        top = int(mean + 14.0 * np.sqrt(mean) + 40.0)
        return np.asarray(stats.poisson.pmf(np.arange(top), mean))
    if law == "geometric":
        ratio = mean / (1.0 + mean)
        top = int(np.ceil(np.log(_TINY) / np.log(ratio))) + 2 if mean > 0 else 1
        return np.asarray((1.0 - ratio) * ratio ** np.arange(top))
    if law == "binary":
        if not 0.0 <= mean <= 2.0:
            raise SpecError(f"mean: got {mean}; two children or none have a mean from 0 to 2")
        return np.array([1.0 - mean / 2.0, 0.0, mean / 2.0])
    if law == "fixed":
        if mean < 0 or mean != int(mean):
            raise SpecError(f"mean: got {mean}; a fixed number of children is a whole number from 0")
        return np.eye(1, int(mean) + 1, int(mean)).ravel()
    raise SpecError(f"law: got {law!r}; allowed are {', '.join(OFFSPRING)}")


def checked_probs(offspring: ArrayLike) -> Floats:
    """Offspring probabilities that sum to 1, or SpecError."""
    probs = np.asarray(offspring, dtype=np.float64)
    if probs.ndim != 1 or probs.size == 0 or (probs < 0).any() or abs(probs.sum() - 1.0) > 1e-9:
        raise SpecError("offspring: probabilities of 0, 1, 2, ... children are needed, summing to 1")
    return probs / probs.sum()


def moments(offspring: ArrayLike) -> tuple[float, float]:
    """Mean and variance of the number of children."""
    probs = checked_probs(offspring)
    k = np.arange(probs.size)
    mean = float(k @ probs)
    return mean, float(k**2 @ probs) - mean**2


def smallest_fixed_point(generating: Callable[[float], float]) -> float:
    """Smallest s in [0, 1] with f(s) = s, f convex, increasing, f(1) = 1.

    Notes
    -----
    f(s) - s is positive before the smallest root and negative between it and 1, so bisection between 0
    and the largest s below 1 with f(s) < s finds it; without such an s the root is 1.
    """
    low, step = 0.0, 0.5
    high = -1.0
    for _ in range(45):  # look below 1 for f(s) < s, ever closer to 1
        s = 1.0 - step
        if generating(s) < s - 1e-15:
            high = s
            break
        step /= 2.0
    if high < 0:
        return 1.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if generating(middle) > middle:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def extinction_prob(offspring: ArrayLike, roots: int = 1) -> float:
    """Chance that a branching process from `roots` ancestors dies out.

    Notes
    -----
    Smallest root of f(s) = s, to the power of `roots` (Harris 1963, theorem I.6.1).

    Examples
    --------
    >>> round(extinction_prob(offspring_probs("poisson", 2.0)), 6)
    0.203188
    """
    probs = checked_probs(offspring)
    if probs[0] == 0.0:
        return 0.0
    if probs.size < 2 or float(np.arange(probs.size) @ probs) <= 1.0:
        return 1.0
    coefficients = probs[::-1]
    return smallest_fixed_point(lambda s: float(np.polyval(coefficients, s))) ** roots


def borel(R: float, n: ArrayLike) -> Floats:
    """P(total progeny = n) of one ancestor with Poisson offspring of mean R.

    Notes
    -----
    Borel 1942: e^{-Rn} (Rn)^{n-1} / n!.

    Examples
    --------
    >>> np.round(borel(0.5, [1, 2]), 6).tolist()
    [0.606531, 0.18394]
    """
    n = np.asarray(n, dtype=np.float64)
    if R == 0:
        return np.where(n == 1, 1.0, 0.0)
    return np.asarray(np.exp(-R * n + (n - 1) * np.log(R * n) - special.gammaln(n + 1)))


def total_progeny(offspring: ArrayLike, largest: int, roots: int = 1) -> Floats:
    """P(total progeny = n), n = 0 .. largest, roots included, any offspring law.

    Parameters
    ----------
    offspring : float[k + 1]
        P(0), P(1), ... children.
    largest : int
        Largest size wanted.
    roots : int
        Ancestors.

    Returns
    -------
    float64[largest + 1]
        Sums to less than 1 by the chance of larger (or endless) progeny.

    Notes
    -----
    Otter 1949, Dwass 1969: P(N = n) = (roots / n) P(X_1 + ... + X_n = n - roots). The power series f(s)^n
    is read off by a discrete Fourier transform on a circle of radius below 1, which keeps what wraps
    around below 1e-12 (Abate and Whitt 1992).
    """
    return series_progeny(checked_probs(offspring), largest, roots)


def series_progeny(offspring: Floats, largest: int, roots: int = 1) -> Floats:
    """`total_progeny` from the first coefficients of the generating function, which may sum to less than 1."""
    width = 4 * (largest + 1)
    radius = 1e-12 ** (1.0 / width)
    circle = radius * np.exp(2j * np.pi * np.arange(width // 2 + 1) / width)
    values = np.polyval(offspring[::-1], circle)
    out = np.zeros(largest + 1)
    power = values**roots  # f^n
    for n in range(roots, largest + 1):
        coefficient = np.fft.irfft(np.conj(power), width)[n - roots] / radius ** (n - roots)
        out[n] = max(roots / n * coefficient, 0.0)
        power = power * values
    return out


def conditional_virality(size_prob: Floats) -> Floats:
    """Mean structural virality of a branching tree, given its size.

    Parameters
    ----------
    size_prob : float64[largest + 1]
        P(N = n), n = 0 .. largest, of one ancestor.

    Returns
    -------
    float64[largest + 1]
        E[nu | N = n]; NaN for n < 2 and where P(N = n) is 0 up to rounding (1e-12).

    Notes
    -----
    Derived here. With s_v the size of the subtree of v, nu = 2 (n sum s_v - sum s_v^2) / (n (n - 1)), both sums over
    all v. A sum over v of h(s_v) has the generating function H(z) = H_0(z) + z f'(T) H(z), where T(z) =
    sum P(N = n) z^n = z f(T) and H_0 = sum h(n) P(N = n) z^n is the root's part; and 1 / (1 - z f'(T)) = z T' / T. So
    E[sum s_v; N = n] = [z^n] (z T')^2 / T and E[sum s_v^2; N = n] = [z^n] (z d/dz)^2 T  z T' / T.

    Examples
    --------
    >>> np.round(conditional_virality(np.append(0.0, borel(0.5, np.arange(1, 5)))), 6)[2:4].tolist()
    [1.0, 1.333333]
    """
    n = np.arange(size_prob.size, dtype=np.float64)
    T = np.nan_to_num(np.asarray(size_prob, dtype=np.float64))
    T[0] = 0.0
    top = T.size - 1
    root = n * T
    ratio = np.zeros(top)  # z T' / T as a power series: (n + 1) T_{n+1} over T_{n+1}
    for k in range(top):
        ratio[k] = (root[k + 1] - float(T[2 : k + 2] @ ratio[:k][::-1])) / T[1]
    first = np.convolve(root, ratio)[: top + 1]
    second = np.convolve(n * root, ratio)[: top + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = 2.0 * (n * first - second) / (n * (n - 1.0) * T)
    mean[(T <= 1e-12) | (n < 2)] = np.nan  # below it only rounding is left
    return np.asarray(mean)


def mean_total(R: float, roots: int = 1) -> float:
    """Expected total progeny: roots / (1 - R), infinite from R = 1 on (Watts and Peretti 2007 with roots)."""
    return roots / (1.0 - R) if R < 1.0 else float("inf")


def variance_total(R: float, offspring_variance: float, roots: int = 1) -> float:
    """Variance of the total progeny: roots x offspring variance / (1 - R)^3 (Harris 1963, I.13)."""
    return roots * offspring_variance / (1.0 - R) ** 3 if R < 1.0 else float("inf")


def mean_in_time_exponential(R: float, per_hour: float, hours: ArrayLike) -> Floats:
    """Expected number so far if each has R children on average, each after an exponential delay.

    Notes
    -----
    m' = g (1 + (R - 1) m), m(0) = 1: m = (1 - R e^{-g(1-R)t}) / (1-R), and 1 + gt for R = 1.
    """
    t = np.asarray(hours, dtype=np.float64)
    if abs(R - 1.0) < 1e-9:
        return 1.0 + per_hour * t
    return np.asarray((1.0 - R * np.exp(-per_hour * (1.0 - R) * t)) / (1.0 - R))


def mean_in_time(R: float, delay_cdf: Callable[[Floats], Any], hours: ArrayLike, cells: int = 4000) -> Floats:
    """Expected number so far for any law of the delay.

    Parameters
    ----------
    R : float
        Mean number of children.
    delay_cdf : callable
        P(delay <= t) for an array of hours.
    hours : float[k]
    cells : int
        Steps of the grid up to the last hour.

    Returns
    -------
    float64[k]

    Notes
    -----
    Renewal equation m(t) = 1 + R int m(t - s) dG(s) (Harris 1963, VI.8), by product integration: m is
    taken as linear within a cell and dG exact.
    """
    t = np.asarray(hours, dtype=np.float64)
    grid = np.linspace(0.0, float(t.max()), cells + 1)
    cdf = np.asarray(delay_cdf(grid), dtype=np.float64)
    mass = np.diff(cdf)
    at_zero = float(cdf[0])
    m = np.ones(cells + 1)
    m[0] = 1.0 / (1.0 - R * at_zero)
    for j in range(1, cells + 1):
        # cell i holds delays in (t_i, t_i+1]: half the mass meets m(t_j - t_i), half m(t_j - t_i+1)
        back = m[j - 1 :: -1] if j > 0 else m[:0]
        known = 0.5 * float(mass[1:j] @ back[: j - 1]) + 0.5 * float(mass[:j] @ back[:j])
        m[j] = (1.0 + R * known) / (1.0 - R * (at_zero + 0.5 * mass[0]))
    return np.interp(t, grid, m)


def mean_in_steps(R: float, delay_cdf: ArrayLike) -> Floats:
    """Expected number so far after each step, if delays are whole steps.

    Parameters
    ----------
    R : float
        Mean number of children.
    delay_cdf : float[T + 1]
        P(delay <= k steps), k = 0 .. T.

    Returns
    -------
    float64[T + 1]

    Notes
    -----
    The renewal equation of `mean_in_time` on a lattice, exactly: m_k = 1 + R sum_{j<=k} P(delay = j) m_{k-j}.
    """
    cdf = np.asarray(delay_cdf, dtype=np.float64)
    mass = np.diff(cdf, prepend=0.0)
    m = np.empty(cdf.size)
    for k in range(cdf.size):
        m[k] = (1.0 + R * float(mass[1 : k + 1] @ m[:k][::-1])) / (1.0 - R * mass[0])
    return m
