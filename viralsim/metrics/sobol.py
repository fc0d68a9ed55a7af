"""Sobol indices of a noisy model: which of the numbers nobody knows moves an expected value, and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from viralsim.kernels.draws import uniforms_of
from viralsim.metrics.columns import Floats

__all__ = ["Indices", "sobol_of_halves"]

RESAMPLES = 1000
LEVELS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Indices:
    """Sobol indices of d numbers, each with a 95 % interval.

    Parameters
    ----------
    first, total : float64[d]
        Part of the variance of the expected value that goes with a number by itself, and with all that it takes part
        in. Estimates: they may lie a little below 0 or above 1.
    first_low, first_high, total_low, total_high : float64[d]
    variance, variance_low : float
        Of the expected value over what is not known, and the lower end of its interval; NaN or below 0 where the
        settings cannot be told from noise.
    noise_share : float
        Part of the variance between the simulated settings that is simulation noise; it is in none of the above.
    """

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    variance: float
    variance_low: float
    noise_share: float


def sobol_of_halves(f_a: Floats, f_b: Floats, f_ab: Floats, key: int = 0) -> Indices:
    """First-order and total indices from two independent simulations of every setting.

    Parameters
    ----------
    f_a, f_b : float64[2, n]
        The result at the rows of two independent samples A and B, n a power of 2; the two halves are simulated in
        different worlds.
    f_ab : float64[d, 2, n]
        At the rows of A with number i taken from B.
    key : int
        Of the resampling that gives the intervals.

    Returns
    -------
    Indices

    Notes
    -----
    Source: Saltelli et al. 2010 (Comput. Phys. Commun. 181, 259-270), first order as in their equation (b) of table 2,
    total as Jansen's (f): E[f_B (f_ABi - f_A)] and E[(f_A - f_ABi)^2] / 2. Here the two factors of each product
    come from different halves: with f = g + noise, independent between the halves, every product then has
    the expectation it has for g alone, and so has the variance E[f'_A f''_A]. Plain indices of a simulation take
    noise for interaction. scipy.stats.sobol_indices centres the values and calls the estimator. Intervals: 1,000
    resamples of the rows (percentiles), a little too wide for a Sobol sequence, whose rows balance each other.

    Examples
    --------
    A sum of two numbers, of which the second has four times the variance, without noise:

    >>> u = stats.qmc.Sobol(4, scramble=False).random_base2(10).T + 2.0**-11
    >>> f = lambda x, y: np.stack([x + 2 * y] * 2)
    >>> found = sobol_of_halves(f(u[0], u[1]), f(u[2], u[3]), np.stack([f(u[2], u[1]), f(u[0], u[3])]))
    >>> found.first.round(2).tolist(), found.total.round(2).tolist(), found.noise_share
    ([0.2, 0.8], [0.2, 0.8], 0.0)
    """
    count = f_ab.shape[0]
    if count == 1:  # scipy cannot do with one number
        f_ab = np.repeat(f_ab, 2, axis=0)
    kept: dict[str, Floats] = {}

    def estimate(f_A: Floats, f_B: Floats, f_AB: Floats) -> tuple[Floats, Floats]:
        kept.update(products(f_A, f_B, f_AB))
        first, total, _ = _indices(kept, np.ones((1, f_A.shape[1])))
        return first, total

    values: Any = {"f_A": f_a.copy(), "f_B": f_b.copy(), "f_AB": f_ab.copy()}  # centred in place
    found = stats.sobol_indices(func=values, n=f_a.shape[1], method=estimate)
    firsts, totals, variances = _indices(kept, _resamples(f_a.shape[1], key))
    variance, spread = float(kept["variance"].mean()), float(kept["spread"].mean())
    first, total = found.first_order, found.total_order
    if not variance > 0:
        first, total = np.full_like(first, np.nan), np.full_like(total, np.nan)
    (first_low, first_high), (total_low, total_high) = _ends(firsts), _ends(totals)
    return Indices(
        first=first[:count],
        first_low=first_low[:count],
        first_high=first_high[:count],
        total=total[:count],
        total_low=total_low[:count],
        total_high=total_high[:count],
        variance=variance,
        variance_low=float(np.quantile(variances, LEVELS[0])),
        noise_share=min(max(1.0 - variance / spread, 0.0), 1.0) if spread > 0 else math.nan,
    )


def products(f_a: Floats, f_b: Floats, f_ab: Floats) -> dict[str, Floats]:
    """What each row adds to the estimates, of centred values: the means over rows are the estimates."""
    (a1, a2), (b1, b2) = f_a, f_b
    return {
        "variance": (a1 * a2 + b1 * b2) / 2.0,
        "spread": ((a1 + a2) ** 2 + (b1 + b2) ** 2) / 8.0,
        "first": (b1 * (f_ab[:, 1] - a2) + b2 * (f_ab[:, 0] - a1)) / 2.0,
        "total": (a1 - f_ab[:, 0]) * (a2 - f_ab[:, 1]) / 2.0,
    }


def _indices(parts: dict[str, Floats], weight: Floats) -> tuple[Floats, Floats, Floats]:
    """First-order and total indices (float64[k, d]) and the variance (float64[k]) for k weightings of the rows."""
    total_weight = weight.sum(axis=1)
    variance = weight @ parts["variance"] / total_weight
    scale = np.where(variance > 0, variance, np.nan)[:, None] * total_weight[:, None]
    return weight @ parts["first"].T / scale, weight @ parts["total"].T / scale, variance


def _resamples(n: int, key: int) -> Floats:
    """How often each row is drawn in each resample (float64[RESAMPLES, n])."""
    u = np.empty(RESAMPLES * n)
    uniforms_of(np.uint64(key), np.arange(RESAMPLES * n, dtype=np.uint64), u)
    row = np.minimum((u * n).astype(np.int64), n - 1) + np.repeat(np.arange(RESAMPLES), n) * n
    return np.bincount(row, minlength=RESAMPLES * n).reshape(RESAMPLES, n).astype(np.float64)


def _ends(values: Floats) -> NDArray[np.float64]:
    """95 % ends over resamples (float64[2, d]); NaN where many resamples have no variance at all."""
    known = np.isfinite(values).all(axis=1)
    if known.mean() < LEVELS[1]:
        return np.full((2, values.shape[1]), np.nan)
    return np.asarray(np.quantile(values[known], LEVELS, axis=0))
