"""Large outbreaks on random graphs with given degrees, and epidemics in a well-mixed crowd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from viralsim.errors import SpecError
from viralsim.verify.theory_branching import smallest_fixed_point

__all__ = [
    "DEGREE_LAWS",
    "PERIOD_LAWS",
    "Percolation",
    "degree_probs",
    "final_size",
    "general_final_size_law",
    "markov_final_size_law",
    "outbreak_prob",
    "outbreak_prob_on_graph",
    "percolation",
    "period_nodes",
]

Floats = NDArray[np.float64]
DEGREE_LAWS = ("poisson", "regular", "power-law")
PERIOD_LAWS = ("exponential", "fixed", "lognormal")


def degree_probs(law: str, mean: float, exponent: float = 2.5, largest: int = 1000) -> Floats:
    """P(degree = k), k = 0, 1, ...

    Parameters
    ----------
    law : {"poisson", "regular", "power-law"}
    mean : float
        Mean degree; for regular a whole number; not used by the power law.
    exponent, largest : float, int
        Power law: P(k) proportional to k^-exponent for 1 <= k <= largest.
    """
    if law == "poisson":
        top = int(mean + 14.0 * np.sqrt(mean) + 40.0)
        return np.asarray(stats.poisson.pmf(np.arange(top), mean))
    if law == "regular":
        if mean < 0 or mean != int(mean):
            raise SpecError(f"degree: got {mean}; a regular graph has a whole number of neighbours")
        return np.eye(1, int(mean) + 1, int(mean)).ravel()
    if law == "power-law":
        k = np.arange(1, largest + 1, dtype=np.float64)
        weight = k**-exponent
        return np.append(0.0, weight / weight.sum())
    raise SpecError(f"law: got {law!r}; allowed are {', '.join(DEGREE_LAWS)}")


@dataclass(frozen=True, slots=True)
class Percolation:
    """Independent cascade with one probability on a large random graph with given degrees.

    Parameters
    ----------
    large : float
        P(large outbreak from one random seed), and also the part of people a large one reaches.
    threshold : float
        Probability from which large outbreaks are possible.
    reproduction : float
        Expected new tries that succeed of a person reached by one: p <k(k-1)> / <k>.
    small_mean : float
        Expected reach below the threshold; inf at and above it.
    """

    large: float
    threshold: float
    reproduction: float
    small_mean: float


def percolation(degrees: ArrayLike, p: float) -> Percolation:
    """Bond percolation on the configuration model.

    Notes
    -----
    Newman, Strogatz and Watts 2001; Newman 2002: u = 1 - p + p G1(u), S = 1 - G0(u);
    threshold <k> / (<k^2> - <k>); mean small reach 1 + p <k> / (1 - p G1'(1)).

    Examples
    --------
    >>> round(percolation(degree_probs("regular", 4), 0.5).large, 6)
    0.854102
    """
    probs = np.asarray(degrees, dtype=np.float64)
    k = np.arange(probs.size)
    mean = float(k @ probs)
    branching = float((k * (k - 1.0)) @ probs) / mean if mean > 0 else 0.0
    if p * branching <= 1.0:
        large = 0.0
    else:
        excess = _excess(probs)[::-1]
        u = smallest_fixed_point(lambda s: 1.0 - p + p * float(np.polyval(excess, s)))
        large = 1.0 - float(np.polyval(probs[::-1], u))
    return Percolation(
        large=large,
        threshold=1.0 / branching if branching > 0 else float("inf"),
        reproduction=p * branching,
        small_mean=1.0 + p * mean / (1.0 - p * branching) if p * branching < 1.0 else float("inf"),
    )


def _excess(probs: Floats) -> Floats:
    """P(k further neighbours) of a person reached over an edge: (k + 1) p_{k+1} / <k>."""
    k = np.arange(probs.size)
    return np.asarray((k * probs)[1:] / (k @ probs))


def final_size(R0: float, seeded: float = 0.0) -> float:
    """Part of a well-mixed crowd reached by a large outbreak.

    Parameters
    ----------
    R0 : float
        Expected infections by the first person.
    seeded : float
        Part infected at the start.

    Notes
    -----
    Kermack and McKendrick 1927: 1 - z = (1 - seeded) e^{-R0 z}. It does not depend on the law of the period.

    Examples
    --------
    >>> round(final_size(2.0), 6)
    0.796812
    """
    if seeded == 0.0:
        return 1.0 - smallest_fixed_point(lambda s: float(np.exp(-R0 * (1.0 - s))))
    low, high = seeded, 1.0
    for _ in range(200):
        z = 0.5 * (low + high)
        low, high = (z, high) if 1.0 - (1.0 - seeded) * np.exp(-R0 * z) > z else (low, z)
    return 0.5 * (low + high)


def period_nodes(law: str, sigma: float = 1.0, nodes: int = 20_000) -> tuple[Floats, Floats]:
    """Infectious periods of mean 1 and their weights, for averages over the law.

    Parameters
    ----------
    law : {"exponential", "fixed", "lognormal"}
    sigma : float
        Lognormal: standard deviation of the logarithm.
    nodes : int
        Mid-quantiles, with weights that keep the mean exact.
    """
    if law == "fixed":
        return np.ones(1), np.ones(1)
    middle = (np.arange(nodes) + 0.5) / nodes
    if law == "exponential":
        period = -np.log1p(-middle)
    elif law == "lognormal":
        period = np.exp(sigma * stats.norm.ppf(middle) - sigma**2 / 2)
    else:
        raise SpecError(f"period: got {law!r}; allowed are {', '.join(PERIOD_LAWS)}")
    return period / period.mean(), np.full(nodes, 1.0 / nodes)


def outbreak_prob(R0: float, law: str = "exponential", sigma: float = 1.0, seeds: int = 1) -> float:
    """Chance that one infected person starts a large outbreak in a well-mixed crowd.

    Notes
    -----
    Infections of a person are Poisson with mean R0 x period, so the process dies out with the smallest
    root of s = E exp(-R0 T (1 - s)) (Ball 1983; Andersson and Britton 2000, 3.3). Exponential periods:
    1 - 1/R0; fixed ones: the final size.

    Examples
    --------
    >>> round(outbreak_prob(2.0, "exponential"), 6), round(outbreak_prob(2.0, "fixed"), 3)
    (0.5, 0.797)
    """
    if R0 <= 1.0:
        return 0.0
    if law == "exponential":
        return 1.0 - R0**-seeds
    period, weight = period_nodes(law, sigma)
    dies = smallest_fixed_point(lambda s: float(weight @ np.exp(-R0 * period * (1.0 - s))))
    return float(1.0 - dies**seeds)


def outbreak_prob_on_graph(
    degrees: ArrayLike, per_hour: float, mean_hours: float, law: str = "exponential", sigma: float = 1.0
) -> tuple[float, float]:
    """Chance and size of a large SIR outbreak on a random graph with given degrees.

    Parameters
    ----------
    degrees : float[k + 1]
        P(degree = k).
    per_hour : float
        Transmissions per hour over an edge.
    mean_hours : float
        Mean infectious period.
    law, sigma
        Law of the period, see `period_nodes`.

    Returns
    -------
    chance, size : float
        They agree for a fixed period only (Kenah and Robins 2007).

    Notes
    -----
    Size: percolation with T = 1 - E exp(-per_hour period). Chance: all edges of one person share a
    period, so s = E_T G1(1 - p_T + p_T s), chance = 1 - E_T G0(1 - p_T + p_T s).
    """
    probs = np.asarray(degrees, dtype=np.float64)
    period, weight = period_nodes(law, sigma, 4000)
    passed = -np.expm1(-per_hour * mean_hours * period)
    excess, own = _excess(probs)[::-1], probs[::-1]

    def of(coefficients: Floats) -> Callable[[float], float]:
        return lambda s: float(weight @ np.polyval(coefficients, 1.0 - passed + passed * s))

    s = smallest_fixed_point(of(excess))
    return 1.0 - of(own)(s), percolation(probs, float(weight @ passed)).large


def markov_final_size_law(n: int, R0: float, seeds: int = 1) -> Floats:
    """P(final size = k), k = 0 .. n, of SIR with exponential periods in a crowd of n.

    Parameters
    ----------
    n : int
    R0 : float
        Infections per hour of a person among n - 1 others all susceptible, x mean period: each pair
        at rate R0 / (n - 1) per period.
    seeds : int

    Notes
    -----
    Jump chain of (susceptible s, infected i): the next event is an infection with probability
    R0 s / (R0 s + n - 1).
    """
    table = np.zeros((n - seeds + 1, n + 1))  # [susceptible, infected]
    table[n - seeds, seeds] = 1.0
    size = np.zeros(n + 1)
    for s in range(n - seeds, -1, -1):
        infect = R0 * s / (R0 * s + n - 1) if n > 1 else 0.0
        row = table[s]
        for i in range(n - s, 0, -1):
            if s > 0:
                table[s - 1, i + 1] += row[i] * infect
            row[i - 1] += row[i] * (1.0 - infect)
        size[n - s] = row[0]
    return size


def general_final_size_law(n: int, R0: float, law: str, sigma: float = 1.0) -> Floats:
    """P(final size = k), k = 0 .. n, one infected person, any law of the period, by Ball's equations.

    Notes
    -----
    Ball 1986: sum_{j <= k} C(m-j, k-j) P_j / phi(m-k)^(j+1) = C(m, k), m = n - 1, phi(x) = E exp(-x T R0 / m).
    The equations lose digits quickly: n up to about 60.
    """
    from math import comb

    if n > 60:
        raise SpecError(f"n: got {n}; these equations are exact in floating point up to 60 people only")
    m = n - 1
    period, weight = period_nodes(law, sigma)
    phi = [float(weight @ np.exp(-x * period * R0 / m)) for x in range(m + 1)]
    probs = np.zeros(m + 1)
    for k in range(m + 1):
        known = sum(comb(m - j, k - j) * probs[j] / phi[m - k] ** (j + 1) for j in range(k))
        probs[k] = (comb(m, k) - known) * phi[m - k] ** (k + 1)
    return np.append(0.0, probs)
