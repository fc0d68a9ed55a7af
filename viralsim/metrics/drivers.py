"""What drives a result: how much of what varies between draws goes with each number nobody knows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from viralsim.metrics.columns import Column, Floats, linearise
from viralsim.metrics.uncertainty import draw_totals

__all__ = ["Driver", "average_ranks", "draw_means", "drivers"]

AT_LEAST_DRAWS = 8  # fewer say nothing about which number matters


def average_ranks(values: Floats) -> Floats:
    """Ranks from 1 on, equal values sharing the mean of theirs: scipy.stats takes most of a second to load.

    Examples
    --------
    >>> average_ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, position, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[position])


@dataclass(frozen=True, slots=True)
class Driver:
    """One uncertain number and how far the result follows it.

    Parameters
    ----------
    path : str
        Where it stands in the scenario.
    share : float
        Of the variance between draws that goes with it: squared rank correlation, corrected for chance, at least 0.
    low, high : float
        95 % interval of the squared correlation.
    rises : bool
        Whether the result rises with the number.
    """

    path: str
    share: float
    low: float
    high: float
    rises: bool

    @property
    def is_clear(self) -> bool:
        """Whether chance alone would hardly show as much."""
        return self.low > 0.0


def draw_means(column: Column, draw: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """A metric's value in each draw, to first order for a ratio: float64[D], in order of the draws."""
    mean, influence = linearise(column)
    totals, sizes = draw_totals(influence, draw)
    return np.asarray(mean + totals / sizes, dtype=np.float64)


def drivers(values: Floats, scores: Mapping[str, Floats]) -> tuple[Driver, ...]:
    """Uncertain numbers by how much of the variance between draws goes with them, the strongest first.

    Parameters
    ----------
    values : float64[D]
        The result in each draw.
    scores : mapping of path to float64[D]
        Normal scores of each number in each draw; any monotone law of the number gives the same ones.

    Returns
    -------
    tuple of Driver
        Empty with fewer than eight draws, or where the result or all numbers are constant.

    Notes
    -----
    Correlation of the normal scores of the ranks, r; adjusted 1 - (1 - r^2)(D - 1)/(D - 2); interval by Fisher's z,
    atanh r -+ 1.96 / sqrt(D - 3). A linear measure: it misses what only acts together with others, which
    total Sobol indices show.

    Examples
    --------
    >>> z = np.linspace(-2, 2, 20)
    >>> [d.path for d in drivers(np.exp(z), {"flat": np.tile([1.0, -1.0], 10), "strong": z})]
    ['strong', 'flat']
    """
    known = ~np.isnan(values)
    count = int(known.sum())
    if count < AT_LEAST_DRAWS or np.ptp(values[known]) == 0:
        return ()
    effects = special.ndtri((average_ranks(values[known]) - 0.5) / count)
    found = []
    for path in sorted(scores):
        score = scores[path][known]
        if np.ptp(score) == 0:
            continue
        r = min(max(float(np.corrcoef(effects, score)[0, 1]), -1 + 1e-12), 1 - 1e-12)
        width = 1.959963984540054 / math.sqrt(count - 3)
        ends = sorted((math.tanh(math.atanh(r) - width), math.tanh(math.atanh(r) + width)))
        low = 0.0 if ends[0] <= 0.0 <= ends[1] else min(x * x for x in ends)
        share = max(1.0 - (1.0 - r * r) * (count - 1) / (count - 2), 0.0)
        found.append(Driver(path, share, low, max(x * x for x in ends), r > 0))
    return tuple(sorted(found, key=lambda driver: -driver.share))
