"""Which of several scenarios is the best, and how surely: of single runs, in each draw, and on average."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from viralsim.kernels.draws import uniforms_of, words_of
from viralsim.metrics.columns import Floats
from viralsim.metrics.paired import prob_higher, prob_mean_higher
from viralsim.metrics.uncertainty import draw_totals, interval_of
from viralsim.rng import derive

__all__ = ["best_in_draws", "prob_best_of_means", "prob_best_of_runs"]

MOST_DEALS = 256  # ways of dealing replicates to scenarios that are tried
MOST_CELLS = 2_000_000  # numbers in memory at one time
SAMPLES = 16_384  # error of a probability below .4 %


def prob_best_of_runs(values: Floats, draw: NDArray[np.int64], key: int) -> Floats:
    """Chance that one run of each scenario is the best of one run each, every one with its own luck.

    Parameters
    ----------
    values : float64[K, R]
        One row per scenario, more being better; worlds of which any value is NaN are left out.
    draw : int64[R]
    key : int
        Of the choice of deals, where there are too many for all.

    Returns
    -------
    float64[K]
        Adds up to 1; the best share where they tie. NaN if no draw has two replicates.

    Notes
    -----
    Within a draw, scenario k is given replicate i + s_k (mod n): with all s_k different none shares its
    luck with another. All such s are tried if there are at most 256, otherwise 256 of them. With fewer
    replicates in a draw than scenarios some must share luck, as few as can be. Two scenarios: exactly
    `prob_higher`.

    Examples
    --------
    >>> prob_best_of_runs(np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]), np.array([0, 0]), 1)
    array([0., 1., 0.])
    """
    scenarios = values.shape[0]
    if scenarios == 2:
        second = prob_higher(values[0], values[1], draw)
        return np.array([1.0 - second, second])
    won, counted = np.zeros(scenarios), 0.0
    for one in np.unique(draw):
        rows = values[:, draw == one]
        if rows.shape[1] < 2:
            continue
        offsets = _deals(scenarios, rows.shape[1], derive(key, rows.shape[1]))
        chunk = max(1, MOST_CELLS // rows.size)
        part, weight = np.zeros(scenarios), 0.0
        for start in range(0, len(offsets), chunk):
            more, added = _wins(rows, offsets[start : start + chunk])
            part, weight = part + more, weight + added
        if weight:  # each draw counts by its replicates, whatever the number of deals
            won += part / weight * rows.shape[1]
            counted += rows.shape[1]
    return won / counted if counted else np.full(scenarios, math.nan)


def _deals(scenarios: int, n: int, key: int) -> NDArray[np.int64]:
    """Offsets of the replicates that each scenario is given (int64[deals, K]; the first is always 0)."""
    others = scenarios - 1
    if math.perm(n - 1, others) and math.perm(n - 1, others) <= MOST_DEALS:
        ways = np.array(list(itertools.permutations(range(1, n), others)), np.int64).reshape(-1, others)
        return np.column_stack([np.zeros(len(ways), np.int64), ways])
    words = np.empty(MOST_DEALS * n, np.uint64)
    words_of(np.uint64(key), np.arange(words.size, dtype=np.uint64), words)
    order = np.argsort(words.reshape(MOST_DEALS, n), axis=1)
    dealt = order[:, np.arange(scenarios) % n]  # again from the start only when all are used up
    return (dealt - dealt[:, :1]) % n


def _wins(rows: Floats, offsets: NDArray[np.int64]) -> tuple[Floats, float]:
    """How often each scenario is best over some deals (ties share), and how many worlds were counted."""
    scenarios, n = rows.shape
    dealt = (np.arange(n) + offsets[:, :, None]) % n
    seen = rows[np.arange(scenarios)[None, :, None], dealt]
    seen = np.moveaxis(seen, 1, 2).reshape(-1, scenarios)
    seen = seen[~np.isnan(seen).any(axis=1)]
    top = seen == seen.max(axis=1, keepdims=True)
    return (top / top.sum(axis=1, keepdims=True)).sum(axis=0), float(len(seen))


def best_in_draws(means: Sequence[float], influences: Floats, draw: NDArray[np.int64]) -> Floats:
    """Part of the draws in which each scenario has the best mean.

    Parameters
    ----------
    means : sequence of K floats
        More is better.
    influences : float64[K, R]
        What each replicate adds to the error of each mean (see `linearise`).
    draw : int64[R]

    Returns
    -------
    float64[K]
        Adds up to 1; the best share where they tie. What remains below 1 is luck within draws and what is not
        known: in some of what may be true another one is best.
    """
    by_draw = np.array([draw_totals(row, draw)[0] / draw_totals(row, draw)[1] for row in influences])
    by_draw += np.asarray(means)[:, None]
    top = np.isclose(by_draw, by_draw.max(axis=0), rtol=1e-12, atol=1e-12)
    return np.asarray((top / top.sum(axis=0)).mean(axis=1), dtype=np.float64)


def prob_best_of_means(
    means: Sequence[float], influences: Floats, draw: NDArray[np.int64], key: int
) -> Floats:
    """Confidence, over draws, that each scenario's expected value is the best of all.

    Parameters
    ----------
    means : sequence of K floats
        More is better.
    influences : float64[K, R]
    draw : int64[R]
    key : int
        Of the samples.

    Returns
    -------
    float64[K]
        Adds up to 1; scenarios that agree in every draw share.

    Notes
    -----
    The multivariate t distribution about the means with the covariance of the draw means and D - 1 degrees of
    freedom (the posterior under Jeffreys' prior: Geisser and Cornfield 1963, J. R. Statist. Soc. B 25, 368-376),
    sampled 16,384 times with keyed randomness. Two scenarios: exactly `prob_mean_higher`.
    """
    merit = np.asarray(means, dtype=np.float64)
    if np.isnan(merit).any() or influences.shape[1] < 2:
        return np.full(merit.size, math.nan)
    errors, dof = _draw_errors(influences, draw)
    if merit.size == 2:
        interval = interval_of(0.0, influences[1] - influences[0], draw)
        second = prob_mean_higher(float(merit[1] - merit[0]), interval.se, interval.dof, errors.shape[1])
        return np.array([1.0 - second, second])
    alike, where, times = np.unique(
        np.column_stack([merit, errors]), axis=0, return_inverse=True, return_counts=True
    )
    values, vectors = np.linalg.eigh(alike[:, 1:] @ alike[:, 1:].T)
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    size = SAMPLES * (len(alike) + 1)
    uniform = np.empty(size)
    uniforms_of(np.uint64(key), np.arange(size, dtype=np.uint64), uniform)
    table = uniform.reshape(len(alike) + 1, SAMPLES)
    scale = np.sqrt(special.chdtri(dof, table[-1]) / dof)
    sampled = alike[:, :1] + factor @ special.ndtri(table[:-1]) / scale
    first = np.bincount(sampled.argmax(axis=0), minlength=len(alike)) / SAMPLES
    return np.asarray((first / times)[where.ravel()], dtype=np.float64)


def _draw_errors(influences: Floats, draw: NDArray[np.int64]) -> tuple[Floats, float]:
    """What each draw adds to the errors of the means (float64[K, D]; squares add up to se^2), and the dof."""
    totals = np.array([draw_totals(row, draw)[0] for row in influences])
    _, sizes = draw_totals(influences[0], draw)
    if sizes.size == 1:
        totals, sizes = influences, np.ones(influences.shape[1])
    n = sizes.size
    dof = max(float(sizes.sum()) ** 2 / float((sizes**2).sum()) - 1.0, 1.0)
    return totals * (math.sqrt(n / (n - 1.0)) / influences.shape[1]), dof
