"""How sure a mean is: standard errors from draw means, intervals, and flags where they are not to be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from viralsim.metrics.columns import Column, Floats, as_column, linearise
from viralsim.metrics.tails import WIDE_LAW, hall_interval, log_interval, tail_bound

__all__ = ["LEVELS", "Interval", "Summary", "draw_totals", "interval_of", "summarise", "t_quantile"]

CONFIDENCE = 0.95
LEVELS = (0.05, 0.5, 0.95)  # of the quantiles of single replicates
FEW_DRAWS = 5
SKEW_LIMIT = 0.3  # |skewness| / sqrt(draws) from which a t interval misses noticeably
DOMINANT = 0.25  # part of the sum of squares that one replicate may have
WIDEST = 2.5  # half-widths a side widened for skewness may have: beyond, coverage hardly gains
WIDEST_TAIL = 5.0  # the same for a side widened for rare draws
WORTH_SAYING = 0.15  # half-widths by which rare draws must widen a side to be spoken of
FEW_EVENTS = 5  # replicates with any, below which a mean of counts is rough


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
    _, position = np.unique(draw, return_inverse=True)
    sizes = np.bincount(position)
    totals = np.bincount(position, weights=values, minlength=sizes.size)
    return np.asarray(totals, dtype=np.float64), sizes.astype(np.float64)


def interval_of(
    estimate: float,
    influence: Floats,
    draw: NDArray[np.int64],
    floor: float | None = None,
    ceiling: float | None = None,
    happened: tuple[int, float] | None = None,
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
    happened : (int, float), optional
        Of what may or may not happen: in how many replicates it did, and the number of chances (the sum of
        denominators). Not given for what is always there.

    Returns
    -------
    Interval

    Notes
    -----
    With draw totals T_d of the influence, se^2 = D / (D - 1) sum T_d^2 / R^2, which for equal draws is the
    variance of the draw means over D; t with D - 1 degrees of freedom, for unequal draws with the
    effective number (sum n)^2 / sum n^2 in place of D. Where the draws are skewed or one replicate
    dominates, the interval is widened to include that of Hall's cubic transformation and, for quantities with a
    floor, that of the logarithm above it, each side to at most 2.5 times the plain half-width. Where the upper
    draws of a quantity with a floor have a wide law (sigma of the logarithm above .45), its upper end is at least
    that of a lognormal law fitted to them (`viralsim.metrics.tails.tail_bound`), at most 5 half-widths away. What
    happened k < 5 times may as well happen as often as a Poisson number of which k is not surprisingly few (Garwood
    1936, Biometrika 28, 437-442), each time to the same extent; what never happened, once each time.
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
    quantile = t_quantile(dof)
    if n < FEW_DRAWS:
        notes.append(f"only {n} {'replicates' if n == replicates else 'draws'}: a rough interval")
    low, high = estimate - quantile * se, estimate + quantile * se
    warning, skewness = _shape(influence, totals)
    if se > 0 and warning:
        low, high = _leaning(estimate, se, n, quantile, skewness, floor)
    if se > 0 and floor is not None and n >= FEW_DRAWS:
        tail = _tail_end(estimate, totals * (n / replicates), floor, quantile, quantile * se)
        if tail > high + WORTH_SAYING * quantile * se:
            warning = f"{warning}, rare draws may hold much" if warning else "rare draws may hold much"
        high = max(high, tail)
    if warning:
        notes.append(f"{warning}: interval widened, more draws would help")
    if happened is not None and happened[0] < FEW_EVENTS:
        notes.append(_rarely(happened[0], replicates))
        high = max(high, estimate + _may_be_more(estimate, *happened))
    low = low if floor is None else max(low, min(floor, estimate))
    high = high if ceiling is None else min(high, max(ceiling, estimate))
    return Interval(se, low, high, dof, tuple(notes))


def _shape(influence: Floats, totals: Floats) -> tuple[str, float]:
    """What speaks against a symmetric interval ("" if nothing), and the skewness of the draw totals."""
    n = totals.size
    centred = totals - totals.sum() / n
    squared = centred**2
    spread = float(squared.sum()) / n
    skewness = float((squared * centred).sum()) / n / spread**1.5 if spread > 0 else 0.0
    squares = influence**2
    total = float(squares.sum())
    if influence.size >= 20 and total > 0 and float(squares.max()) > DOMINANT * total:
        return "one replicate dominates", skewness
    if n >= 8 and abs(skewness) > SKEW_LIMIT * math.sqrt(n):
        return "skewed", skewness
    return "", skewness


def _rarely(happened: int, replicates: int) -> str:
    """What to say of what happened in few replicates or in none."""
    if happened:
        return f"happened in only {happened} of {replicates} replicates: a rough interval"
    return f"never happened in {replicates} replicates: at most {100 * min(3 / replicates, 1):.2g} % of runs (95 %)"


def _may_be_more(estimate: float, happened: int, chances: float) -> float:
    """By how much the mean of what happened so rarely may be higher."""
    most = float(special.gammaincinv(happened + 1, 0.5 + CONFIDENCE / 2.0))
    return estimate * (most / happened - 1.0) if happened else most / chances


def _leaning(
    estimate: float, se: float, n: int, quantile: float, skewness: float, floor: float | None
) -> tuple[float, float]:
    """Union of Student's interval, Hall's, and for a quantity with a floor that of its logarithm above it."""
    half = quantile * se
    low, high = hall_interval(estimate, se, n, quantile, skewness)
    if floor is not None:
        log_low, log_high = log_interval(estimate - floor, se, quantile)
        low, high = min(low, floor + log_low), max(high, floor + log_high)
    return (
        max(min(low, estimate - half), estimate - WIDEST * half),
        min(max(high, estimate + half), estimate + WIDEST * half),
    )


def _tail_end(estimate: float, deviations: Floats, floor: float, quantile: float, half: float) -> float:
    """Upper end that allows for rare draws (-inf where the law of the draws is not wide)."""
    sigma, bound = tail_bound(estimate - floor + deviations, quantile)
    if sigma <= WIDE_LAW:
        return -math.inf
    return min(floor + bound, estimate + WIDEST_TAIL * half)


def summarise(
    values: Column | ArrayLike,
    draw: NDArray[np.int64],
    floor: float | None = None,
    ceiling: float | None = None,
    by_chance: bool = False,
    quantiles: Sequence[float] | None = None,
    caution: str = "",
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
        Whether 0 only means that it did not happen yet; a note says so where it happened in none or in few
        replicates.
    quantiles : sequence of three floats, optional
        `LEVELS` of the single values, where they are known already (numpy takes them of many metrics at once).
    caution : str
        What else speaks against the interval (`viralsim.metrics.tails.caution_of`).

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
    happened = None
    if by_chance:
        happened = int(np.count_nonzero(column.numerator)), float(column.denominator.sum())
    interval = interval_of(mean, influence, draw, floor, ceiling, happened)
    notes = list(interval.notes)
    single = column.values
    single = single[~np.isnan(single)]
    size = column.numerator.size
    defined = single.size / size if size else 0.0
    if 0.0 < defined < 1.0:
        notes.append(f"defined in {100 * defined:.3g} % of the replicates")
    if caution:
        notes.append(caution)
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
        sd=float(np.std(single, ddof=1)) if single.size > 1 else math.nan,
        defined=defined,
        n=size,
        draws=int(np.unique(draw).size),
        note="; ".join(notes),
    )
