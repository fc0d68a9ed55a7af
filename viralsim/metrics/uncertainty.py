"""How sure a mean is: standard errors from draw means, intervals, and flags where they are not to be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from viralsim.metrics.columns import Column, Floats, as_column, linearise

__all__ = ["LEVELS", "Interval", "Summary", "draw_totals", "interval_of", "summarise", "t_quantile"]

CONFIDENCE = 0.95
LEVELS = (0.05, 0.5, 0.95)  # of the quantiles of single replicates
FEW_DRAWS = 5
SKEW_LIMIT = 0.3  # |skewness| / sqrt(draws) from which a t interval misses noticeably
DOMINANT = 0.25  # part of the sum of squares that one replicate may have
WIDEST = 2.5  # half-widths a widened side may have: beyond, coverage hardly gains


@dataclass(frozen=True, slots=True)
class Interval:
    """95 % interval of an estimate.

    Parameters
    ----------
    se : float
        Standard error; NaN with a single replicate.
    low, high : float
    dof : float
        Degrees of freedom: (effective) number of draws - 1.
    notes : tuple of str
        Why it should be read with care; empty if nothing speaks against it.
    """

    se: float
    low: float
    high: float
    dof: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One metric of an ensemble.

    Parameters
    ----------
    mean : float
        Expected value: sum over sum for a ratio.
    se, low, high : float
        Standard error and 95 % interval **of the mean**.
    p05, p50, p95 : float
        Quantiles **of one replicate's value**: what a single run may bring.
    sd : float
        Standard deviation of one replicate's value.
    defined : float
        Part of the replicates where the metric is defined.
    n, draws : int
        Replicates, and draws they are dealt over.
    note : str
        Why the interval should be read with care; "" if nothing speaks against it.
    unit, per : str
        Unit, and denominator of a ratio.
    """

    mean: float
    se: float
    low: float
    high: float
    p05: float
    p50: float
    p95: float
    sd: float
    defined: float
    n: int
    draws: int
    note: str = ""
    unit: str = ""
    per: str = ""


def t_quantile(dof: float) -> float:
    """The .975 quantile of Student's t."""
    return float(special.stdtrit(dof, 0.5 + CONFIDENCE / 2.0))


def draw_totals(values: Floats, draw: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Sum of `values` over the replicates of each draw, and the number of those, in order of the draws."""
    sizes = _replicates_per_draw(draw)
    if not sizes.all():
        draw = np.unique(draw, return_inverse=True)[1]  # numbered 0, 1, ... without a gap
        sizes = np.bincount(draw)
    totals = np.bincount(draw, weights=values, minlength=sizes.size)
    return np.asarray(totals, dtype=np.float64), sizes.astype(np.float64)


def _replicates_per_draw(draw: NDArray[np.int64]) -> NDArray[np.int64]:
    """Replicates of the draws 0, 1, ...; [0] where draws are numbered otherwise (quicker than np.unique)."""
    if draw.size and draw.min() >= 0 and draw.max() < draw.size:
        return np.bincount(draw)
    return np.zeros(1, np.int64)


def _number_of_draws(draw: NDArray[np.int64]) -> int:
    """How many different draws there are."""
    sizes = _replicates_per_draw(draw)
    return int(sizes.size) if sizes.all() else int(np.unique(draw).size)


def _deviation(values: Floats) -> float:
    """Standard deviation with n - 1, as np.std computes it in twice the time; NaN with fewer than two values."""
    if values.size < 2:
        return math.nan
    away = values - values.sum() / values.size
    return math.sqrt(float((away * away).sum()) / (values.size - 1))


def interval_of(
    estimate: float,
    influence: Floats,
    draw: NDArray[np.int64],
    floor: float | None = None,
    ceiling: float | None = None,
) -> Interval:
    """95 % interval of an estimate from what each replicate adds to its error.

    Parameters
    ----------
    estimate : float
    influence : float64[R]
        See `linearise`; its mean is the error of the estimate to first order, its sum is 0.
    draw : int64[R]
        Draw of each replicate. Replicates of a draw share people, graphs and uncertain numbers, so draws
        and not replicates are what is independent. With one draw replicates are used, and a note says so.
    floor, ceiling : float, optional
        Bounds of the quantity.

    Returns
    -------
    Interval

    Notes
    -----
    With draw totals T_d of the influence, se^2 = D / (D - 1) sum T_d^2 / R^2, which for equal draws is the
    variance of the draw means over D; t with D - 1 degrees of freedom, for unequal draws with the
    effective number (sum n)^2 / sum n^2 in place of D. Where the draws are skewed or one replicate
    dominates, the interval is widened to include that of Hall's cubic transformation (Hall 1992,
    J. R. Statist. Soc. B 54, 221-228) and, for positive quantities, that of the logarithm, each side to at
    most 2.5 times the plain half-width.
    """
    replicates = influence.size
    notes: list[str] = []
    if replicates < 2 or math.isnan(estimate):
        if replicates == 1:
            notes.append("one replicate: no error can be given")
        return Interval(math.nan, math.nan, math.nan, 0.0, tuple(notes))
    totals, sizes = draw_totals(influence, draw)
    if totals.size == 1:
        totals, sizes = influence, np.ones(replicates)
        notes.append("one draw: the error counts luck only, not what is unknown")
    n = totals.size
    dof = max(float(sizes.sum()) ** 2 / float((sizes**2).sum()) - 1.0, 1.0)
    se = math.sqrt(n / (n - 1.0) * float((totals**2).sum())) / replicates
    half = t_quantile(dof) * se
    low, high = estimate - half, estimate + half
    if n < FEW_DRAWS:
        notes.append(f"only {n} {'replicates' if n == replicates else 'draws'}: a rough interval")
    warning, skewness = _shape(influence, totals)
    if se > 0 and warning:
        wide = _skewed_interval(estimate, se, n, dof, skewness, floor == 0.0)
        low = max(min(low, wide[0]), estimate - WIDEST * half)
        high = min(max(high, wide[1]), estimate + WIDEST * half)
        notes.append(f"{warning}: interval widened, more draws would help")
    low = low if floor is None else max(low, min(floor, estimate))
    high = high if ceiling is None else min(high, max(ceiling, estimate))
    return Interval(se, low, high, dof, tuple(notes))


def _shape(influence: Floats, totals: Floats) -> tuple[str, float]:
    """What speaks against a symmetric interval ("" if nothing), and the skewness of the draw totals."""
    n = totals.size
    centred = totals - totals.sum() / n
    squared = centred * centred
    spread = float(squared.sum()) / n
    skewness = float((squared * centred).sum()) / n / spread**1.5 if spread > 0 else 0.0
    squares = influence**2
    total = float(squares.sum())
    if influence.size >= 20 and total > 0 and float(squares.max()) > DOMINANT * total:
        return "one replicate dominates", skewness
    if n >= 8 and abs(skewness) > SKEW_LIMIT * math.sqrt(n):
        return "skewed", skewness
    return "", skewness


def _skewed_interval(
    estimate: float, se: float, n: int, dof: float, skewness: float, positive: bool
) -> tuple[float, float]:
    """Union of Hall's interval and, for a positive quantity, the interval of its logarithm."""
    quantile = t_quantile(dof)
    low, high = estimate, estimate
    if abs(skewness) > 1e-6:
        a, root = skewness / 3.0, math.sqrt(n)

        def inverse(x: float) -> float:
            return root / a * (float(np.cbrt(1.0 + 3.0 * a * (x / root - skewness / (6.0 * n)))) - 1.0)

        low = estimate - se * inverse(quantile)
        high = estimate - se * inverse(-quantile)
    if positive and estimate > 0:
        factor = math.exp(quantile * se / estimate) if quantile * se < 50.0 * estimate else math.inf
        low, high = (
            min(low, estimate / factor),
            max(high, estimate * factor if math.isfinite(factor) else high),
        )
    return low, high


def summarise(
    values: Column | ArrayLike,
    draw: NDArray[np.int64],
    floor: float | None = None,
    ceiling: float | None = None,
    by_chance: bool = False,
    quantiles: Sequence[float] | None = None,
    unit: str = "",
    per: str = "",
) -> Summary:
    """Mean, its error and interval, and the spread of single replicates.

    Parameters
    ----------
    values : Column or array_like[R]
        A metric per replicate; NaN where not defined.
    draw : int64[R]
        The draw each replicate lives in.
    floor, ceiling : float, optional
        Bounds of the metric.
    by_chance : bool
        Whether 0 in all replicates only means that it did not happen yet; a note then says how often it may.
    quantiles : sequence of three floats, optional
        `LEVELS` of the single values, where they are known already (numpy takes them of many metrics at once).
    unit, per : str
        Unit, and denominator of a ratio.

    Returns
    -------
    Summary

    Examples
    --------
    >>> s = summarise([1.0, 3.0, 5.0, 7.0], np.array([0, 0, 1, 1]))
    >>> s.mean, s.se
    (4.0, 2.0)
    """
    column = as_column(values)
    mean, influence = linearise(column)
    interval = interval_of(mean, influence, draw, floor, ceiling)
    notes = list(interval.notes)
    single = column.values
    single = single[~np.isnan(single)]
    size = column.numerator.size
    defined = single.size / size if size else 0.0
    if 0.0 < defined < 1.0:
        notes.append(f"defined in {100 * defined:.3g} % of the replicates")
    if by_chance and size > 1 and mean == 0.0:
        notes.append(
            f"never happened in {size} replicates: at most {100 * min(3 / size, 1):.2g} % of runs (95 %)"
        )
    if quantiles is None:
        quantiles = np.quantile(single, LEVELS).tolist() if single.size else (math.nan,) * 3
    p05, p50, p95 = quantiles
    return Summary(
        mean=mean,
        se=interval.se,
        low=interval.low,
        high=interval.high,
        p05=float(p05),
        p50=float(p50),
        p95=float(p95),
        sd=_deviation(single),
        defined=defined,
        n=size,
        draws=_number_of_draws(draw),
        note="; ".join(notes),
        unit=unit,
        per=per,
    )
