"""One number per replicate, as a value or as a numerator over a denominator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Column", "Floats", "as_column", "linearise"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """A metric of R replicates; a plain metric has the denominator 1 where it is defined and 0 where not.

    Parameters
    ----------
    numerator : float64[R]
        0 where a plain metric is not defined.
    denominator : float64[R]
        Not negative.

    Notes
    -----
    The value of an ensemble is sum over sum, `mean`, and not the mean of the replicates' ratios: each
    impression counts once, not each replicate.

    Examples
    --------
    >>> rate = Column(np.array([1.0, 3.0, 0.0]), np.array([10.0, 10.0, 0.0]))
    >>> rate.mean
    0.2
    >>> rate.values
    array([0.1, 0.3, nan])
    """

    numerator: Floats
    denominator: Floats

    @property
    def values(self) -> Floats:
        """float64[R]: numerator over denominator, NaN where the denominator is 0."""
        result = np.full(self.numerator.shape, np.nan)
        np.divide(self.numerator, self.denominator, out=result, where=self.denominator > 0)
        return result

    @property
    def mean(self) -> float:
        """Sum of numerators over sum of denominators; NaN where that is 0."""
        total = float(self.denominator.sum())
        return float(self.numerator.sum()) / total if total > 0 else float("nan")

    @property
    def is_ratio(self) -> bool:
        """Whether any denominator is something else than 0 or 1."""
        return bool(np.any((self.denominator != 0) & (self.denominator != 1)))


def as_column(values: Column | ArrayLike) -> Column:
    """Column of plain values, NaN meaning "not defined"; a column is returned as it is.

    Parameters
    ----------
    values : Column or array_like[R]
        Numbers, NaN where not defined.

    Returns
    -------
    Column
    """
    if isinstance(values, Column):
        return values
    array = np.asarray(values, dtype=np.float64)
    defined = ~np.isnan(array)
    return Column(np.where(defined, array, 0.0), defined.astype(np.float64))


def linearise(column: Column) -> tuple[float, Floats]:
    """Mean of a column and what each replicate adds to its error.

    Parameters
    ----------
    column : Column

    Returns
    -------
    mean : float
        Sum over sum, m.
    influence : float64[R]
        (numerator - m x denominator) / mean denominator, in the unit of the metric; it sums to 0 and
        its mean over replicates is, to first order, the error of m. For a plain metric defined
        everywhere: value - mean. NaN throughout if m is not defined.

    Notes
    -----
    Source: the delta method for a ratio of sums (Cochran 1977, Sampling Techniques, section 6.3).
    """
    mean = column.mean
    scale = float(column.denominator.mean()) if column.denominator.size else float("nan")
    if not scale > 0:
        return float("nan"), np.full(column.numerator.shape, np.nan)
    return mean, (column.numerator - mean * column.denominator) / scale
