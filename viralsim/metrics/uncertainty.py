"""How sure a mean is: standard errors from draw means, intervals, and flags where they are not to be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from viralsim.metrics.columns import Column, Floats, as_column
from viralsim.metrics.single_runs import spread_of
from viralsim.metrics.tails import leaning_interval, may_be_more, rarely, tail_end

__all__ = [
    "Interval", "Kind", "Summary", "draw_totals", "interval_of", "summarise", "summarise_all", "t_quantile",
]  # fmt: skip

CONFIDENCE = 0.95
FEW_DRAWS = 5
SKEW_LIMIT = 0.3  # |skewness| / sqrt(draws) from which a t interval misses noticeably
DOMINANT = 0.25  # part of the sum of squares that one replicate may have
WORTH_SAYING = 0.15  # half-widths by which rare draws must widen a side to be spoken of
FEW_EVENTS = 5  # replicates with any, below which a mean of counts is rough


@dataclass(frozen=True, slots=True)
class Interval:
    """Interval of an estimate, 95 % unless asked otherwise.

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


def t_quantile(dof: float, confidence: float = CONFIDENCE) -> float:
    """Half-width, in standard errors, of a two-sided interval of Student's t (the .975 quantile for 95 %)."""
    return float(special.stdtrit(dof, 0.5 + confidence / 2.0))


def draw_totals(values: Floats, draw: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Sum of `values` over the replicates of each draw, and the number of those, in order of the draws."""
    number, sizes = _numbered(draw)
    totals = np.bincount(number, weights=values, minlength=sizes.size)
    return np.asarray(totals, dtype=np.float64), sizes


def _numbered(draw: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    """The draws numbered 0, 1, ... without a gap, in their order, and the replicates of each."""
    if draw.size and draw.min() >= 0 and draw.max() < draw.size:
        sizes = np.bincount(draw)
        if sizes.all():
            return draw, sizes.astype(np.float64)
    _, number = np.unique(draw, return_inverse=True)
    return number, np.bincount(number).astype(np.float64)


def interval_of(
    estimate: float,
    influence: Floats,
    draw: NDArray[np.int64],
    floor: float | None = None,
    ceiling: float | None = None,
    confidence: float = CONFIDENCE,
    happened: tuple[int, float] | None = None,
) -> Interval:
    """Interval of an estimate, 95 % by default, from what each replicate adds to its error.

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
    confidence : float
        Chance that the interval holds the truth, in (0, 1). Intervals of rising confidence are nested.
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
    dominates, the interval leans (`viralsim.metrics.tails.leaning_interval`); where the upper draws of a quantity with
    a floor have a wide law, its upper end allows for rare draws (`tail_end`), and for what happened less
    than 5 times for more of it (`may_be_more`). docs/metrics.md derives and measures this.
    """
    if influence.size < 2:
        return _no_interval(influence.size)
    return _interval(estimate, _moments(influence[None, :], draw), 0, floor, ceiling, confidence, happened)


def _no_interval(replicates: int) -> Interval:
    """Where nothing can be said about the error."""
    notes = ("one replicate: no error can be given",) if replicates == 1 else ()
    return Interval(math.nan, math.nan, math.nan, 0.0, notes)


@dataclass(frozen=True, slots=True)
class _Moments:
    """What intervals need of M metrics' influences.

    Parameters
    ----------
    replicates, n, one_draw : int, int, bool
        `n` independent parts: draws, or replicates where there is one draw.
    dof : float
    totals : float64[M, n]
        Of the parts.
    squares, skewness : float64[M]
        Sum of squares and skewness of the parts' totals.
    dominated : bool[M]
        Whether one replicate has more than a quarter of the replicates' sum of squares.
    """

    replicates: int
    n: int
    one_draw: bool
    dof: float
    totals: Floats
    squares: Floats
    skewness: Floats
    dominated: NDArray[np.bool_]


def _moments(influence: Floats, draw: NDArray[np.int64]) -> _Moments:
    """Moments of influences (float64[M, R], R >= 2), all metrics at once."""
    replicates = influence.shape[1]
    number, sizes = _numbered(draw)
    one_draw = sizes.size == 1
    totals = influence
    if one_draw:
        sizes = np.ones(replicates)
    elif sizes.size < replicates or not np.array_equal(number, np.arange(replicates)):
        totals = np.stack([np.bincount(number, weights=row, minlength=sizes.size) for row in influence])
    n = totals.shape[1]
    centred = totals - totals.sum(axis=1, keepdims=True) / n
    squared = centred * centred
    spread = squared.sum(axis=1) / n
    skewness = np.zeros(spread.size)
    np.divide((squared * centred).sum(axis=1) / n, spread**1.5, out=skewness, where=spread > 0)
    each = influence * influence
    total = each.sum(axis=1)
    return _Moments(
        replicates,
        n,
        one_draw,
        dof=max(float(sizes.sum()) ** 2 / float((sizes**2).sum()) - 1.0, 1.0),
        totals=totals,
        squares=(totals * totals).sum(axis=1),
        skewness=skewness,
        dominated=(replicates >= 20) & (total > 0) & (each.max(axis=1) > DOMINANT * total),
    )


def _interval(
    estimate: float,
    moments: _Moments,
    row: int,
    floor: float | None,
    ceiling: float | None,
    confidence: float = CONFIDENCE,
    happened: tuple[int, float] | None = None,
) -> Interval:
    """The interval of the metric `row`: see `interval_of`."""
    if math.isnan(estimate):
        return _no_interval(moments.replicates)
    notes: list[str] = []
    if moments.one_draw:
        notes.append("one draw: the error counts luck only, not what is unknown")
    n, skewness = moments.n, float(moments.skewness[row])
    se = math.sqrt(n / (n - 1.0) * float(moments.squares[row])) / moments.replicates
    t = t_quantile(moments.dof, confidence)
    if n < FEW_DRAWS:
        notes.append(f"only {n} {'replicates' if n == moments.replicates else 'draws'}: a rough interval")
    low, high = estimate - t * se, estimate + t * se
    warning = ""
    if moments.dominated[row] or (n >= 8 and abs(skewness) > SKEW_LIMIT * math.sqrt(n)):
        warning = "one replicate dominates" if moments.dominated[row] else "skewed"
    if se > 0 and warning:
        low, high = leaning_interval(estimate, se, n, t, skewness, floor)
    if se > 0 and floor is not None and n >= FEW_DRAWS:
        tail = tail_end(estimate, moments.totals[row] * (n / moments.replicates), floor, t, t * se)
        if tail > high + WORTH_SAYING * t * se:
            warning = f"{warning}, rare draws may hold much" if warning else "rare draws may hold much"
        high = max(high, tail)
    if warning:
        notes.append(f"{warning}: interval widened, more draws would help")
    if happened is not None and happened[0] < FEW_EVENTS:
        notes.append(rarely(happened[0], moments.replicates))
        high = max(high, estimate + may_be_more(estimate, *happened, confidence))
    low = low if floor is None else max(low, min(floor, estimate))
    high = high if ceiling is None else min(high, max(ceiling, estimate))
    return Interval(se, low, high, moments.dof, tuple(notes))


def summarise(
    values: Column | ArrayLike,
    draw: NDArray[np.int64],
    floor: float | None = None,
    ceiling: float | None = None,
    by_chance: bool = False,
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
    kind = Kind(floor, ceiling, by_chance)
    return summarise_all(column.numerator[None, :], column.denominator[None, :], draw, [kind], [caution])[0]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the summary of a metric needs to know of it: see `summarise`; any object with these names will do."""

    floor: float | None = None
    ceiling: float | None = None
    by_chance: bool = False
    unit: str = ""
    per: str = ""


def summarise_all(
    numerator: Floats,
    denominator: Floats,
    draw: NDArray[np.int64],
    kinds: Sequence[Any],
    cautions: Sequence[str] = (),
) -> list[Summary]:
    """Summaries of many metrics of the same replicates, in a fraction of the time of one after the other.

    Parameters
    ----------
    numerator, denominator : float64[M, R]
        As of `Column`.
    draw : int64[R]
    kinds : sequence of Kind or Metric
        One for each metric.
    cautions : sequence of str, optional
        What else speaks against the interval of each (`viralsim.metrics.tails.caution_of`).

    Returns
    -------
    list of Summary
        As `summarise` gives.
    """
    size = numerator.shape[1]
    if size == 0:
        return [_of_nothing(kind) for kind in kinds]
    total = denominator.sum(axis=1)
    scale = np.where(total > 0, total, np.nan)
    mean = numerator.sum(axis=1) / scale
    influence = (numerator - mean[:, None] * denominator) / (scale / size)[:, None]
    moments = _moments(influence, draw) if size > 1 else None
    there = denominator > 0
    single = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=single, where=there)
    count, often = there.sum(axis=1), np.count_nonzero(numerator, axis=1)
    quantiles, deviation = spread_of(single, there, count)
    draws = int(_numbered(draw)[1].size)
    found = []
    for row, kind in enumerate(kinds):
        value = float(mean[row])
        interval = _no_interval(size)
        if moments:
            happened = (int(often[row]), float(total[row])) if kind.by_chance else None
            interval = _interval(value, moments, row, kind.floor, kind.ceiling, CONFIDENCE, happened)
        defined = int(count[row]) / size
        notes = [*interval.notes, *_notes(defined, cautions[row] if cautions else "")]
        p05, p50, p95 = quantiles[row].tolist()
        found.append(
            Summary(
                value, interval.se, interval.low, interval.high, p05, p50, p95, float(deviation[row]),
                defined, size, draws, "; ".join(notes), kind.unit, kind.per,
            )
        )  # fmt: skip
    return found


def _of_nothing(kind: Any) -> Summary:
    """The summary of no replicates."""
    none = math.nan
    return Summary(none, none, none, none, none, none, none, none, 0.0, 0, 0, "", kind.unit, kind.per)


def _notes(defined: float, caution: str) -> list[str]:
    """What else is to be said of a metric."""
    partly = f"defined in {100 * defined:.3g} % of the replicates" if 0.0 < defined < 1.0 else ""
    return [text for text in (partly, caution) if text]
