"""Where a noisy, monotone curve crosses a target: a search that evaluates few settings, with an interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Crossing", "Estimate", "crossing", "root"]

TOLERANCE = 0.005  # width of the last bracket, relative on a log scale, of the range on a linear one
END_TOLERANCE = 0.02  # the same for the ends of the interval
CLOSE = 0.03  # of the width of the curve's own interval: nearer to the target says nothing more
_MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """A curve at one place, with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a curve crosses a target.

    Parameters
    ----------
    target : float
    value : float
        The place; NaN if the curve stays on one side over the whole range.
    low, high : float
        95 % interval: the places whose own interval holds the target; an end of the range where it reaches that far.
    note : str
        Why there is no value, or an end of the interval is an end of the range.
    """

    target: float
    value: float
    low: float
    high: float
    note: str = ""


def root(
    gap: Callable[[float], float],
    low: float,
    high: float,
    tolerance: float = TOLERANCE,
    close: float = 0.0,
    whole: bool = False,
) -> float:
    """Place where `gap` changes sign between `low` and `high`: the Illinois rule, every fourth step a bisection.

    Parameters
    ----------
    gap : callable
        Of opposite signs at the ends.
    low, high : float
        On a log scale if both are positive.
    tolerance : float
        Of the place.
    close : float
        A gap that is small enough to stop at.
    whole : bool
        Look at whole numbers only, down to two neighbours (or the tolerance), of which the one with a positive gap is
        the place; a small gap is nothing to stop at.

    Returns
    -------
    float

    Examples
    --------
    >>> round(root(lambda x: x * x - 2.0, 0.1, 10.0, 1e-6), 5)
    1.41421
    >>> root(lambda x: x * x - 30.0, 1, 100, whole=True)
    6.0
    """
    logarithmic = low > 0
    if whole:
        low, high = float(round(low)), float(round(high))
    a, b = (math.log(low), math.log(high)) if logarithmic else (low, high)
    width = tolerance if logarithmic else tolerance * (b - a)
    gap_a, gap_b = gap(low), gap(high)
    weight_a, weight_b = gap_a, gap_b
    for step in range(_MOST_STEPS):
        if b - a <= width:
            break
        part = weight_a / (weight_a - weight_b) if step % 4 != 3 and weight_a != weight_b else 0.5
        middle = a + (b - a) * min(max(part, 0.02), 0.98)
        if width < b - a < 4 * width:
            middle = (a + b) / 2.0
        if whole:
            left, right, between = _wholes(a, b, middle, logarithmic)
            if right - left <= 1:
                return float(right if gap_b > 0 else left)
            middle = math.log(between) if logarithmic else float(between)
        gap_m = gap(_place(middle, logarithmic, whole))
        if (gap_m > 0) == (gap_b > 0):
            b, gap_b = middle, gap_m
            weight_a, weight_b = weight_a / 2.0, gap_m
        else:
            a, gap_a = middle, gap_m
            weight_a, weight_b = gap_m, weight_b / 2.0
        if abs(gap_m) <= close and not whole:
            return _place(middle, logarithmic, whole)
    part = gap_a / (gap_a - gap_b) if gap_a != gap_b else 0.5
    return _place(a + (b - a) * min(max(part, 0.0), 1.0), logarithmic, whole)


def _place(x: float, logarithmic: bool, whole: bool) -> float:
    """A number from its place on the scale that is searched."""
    number = math.exp(x) if logarithmic else x
    return float(round(number)) if whole else number


def _wholes(a: float, b: float, middle: float, logarithmic: bool) -> tuple[int, int, int]:
    """The whole numbers at both ends of a bracket, and one between them (if there is one) near its middle."""
    left, right, between = (round(_place(x, logarithmic, True)) for x in (a, b, middle))
    return left, right, min(max(between, left + 1), right - 1)


def crossing(
    curve: Callable[[float], Estimate],
    target: float,
    low: float,
    high: float,
    guess: float | None = None,
    tolerance: float = TOLERANCE,
    whole: bool = False,
) -> Crossing:
    """Find where a monotone curve crosses a target, and the interval of that place.

    Parameters
    ----------
    curve : callable
        Place -> Estimate; called at most once per place.
    target : float
    low, high : float
        Range to look in.
    guess : float, optional
        Where it may be; looked at first.
    tolerance : float
        Of the place; the ends of the interval are found to about 2 %.
    whole : bool
        Whether places are whole numbers: the value is then that of two neighbours at which the curve is above the
        target, while it is not at the other; the ends are such places of the ends of its interval, to about 2 %.

    Returns
    -------
    Crossing

    Notes
    -----
    The interval inverts the intervals of the curve: its ends are where an end of the curve's own 95 % interval crosses
    the target. For shared worlds and a monotone curve the three searches are over monotone functions.
    """
    known: dict[float, Estimate] = {}

    def at(x: float) -> Estimate:
        if whole:
            x = float(round(x))
        if x not in known:
            known[x] = curve(x)
        return known[x]

    bracket = _bracket(lambda x: at(x).mean - target, low, high, guess)
    if bracket is None:
        side = "above" if at(high).mean > target else "below"
        note = f"{side} {target:g} over the whole range"
        if any(at(end).low <= target <= at(end).high for end in (low, high)):
            note += ", as far as can be told: an interval at its end holds it, so more replicates may find a crossing"
        return Crossing(target, math.nan, math.nan, math.nan, note)
    a, b = bracket
    wide = max(at(a).high - at(a).low, at(b).high - at(b).low)  # no place is known better than this allows
    value = root(lambda x: at(x).mean - target, a, b, 0.0 if whole else tolerance, CLOSE * wide, whole)
    rising = at(b).mean > at(a).mean
    pace = _pace(a, b, abs(at(b).mean - at(a).mean), wide)
    near = CLOSE * wide

    def end(of_low: bool, downwards: bool) -> float | None:
        """Where the low or high end of the curve's own interval crosses, on one side of the value."""
        if of_low and whole and at(value).low > target:
            return value  # the whole number before it is surely not there yet
        ends = (low, value) if downwards else (value, high)
        return _end(
            lambda x: (at(x).low if of_low else at(x).high) - target, *ends, downwards, pace, near, whole
        )

    lower, upper = end(not rising, True), end(rising, False)
    notes = []
    if lower is None:
        notes.append("the interval reaches to the lower end of the range")
    if upper is None:
        notes.append("the interval reaches to the upper end of the range")
    return Crossing(
        target, value, low if lower is None else lower, high if upper is None else upper, "; ".join(notes)
    )


def _pace(a: float, b: float, rise: float, wide: float) -> float:
    """First step away from a crossing: the factor in which the curve moves by about an interval's half-width."""
    if a <= 0 or rise <= 0:
        return 1.1
    return math.exp(min(max(0.7 * wide / rise * math.log(b / a), 1e-3), 1.0))


def _step(x: float, low: float, high: float, up: bool, size: float) -> float:
    """A place further up or down, by a factor on a log scale, by a part of the range on a linear one."""
    if low > 0:
        return min(x * size, high) if up else max(x / size, low)
    part = (high - low) * (size - 1.0) / 8.0
    return min(x + part, high) if up else max(x - part, low)


def _bracket(
    gap: Callable[[float], float], low: float, high: float, guess: float | None
) -> tuple[float, float] | None:
    """Two places with a sign change between them, near the guess if there is one."""
    if guess is None or not low < guess < high:
        return (low, high) if (gap(low) > 0) != (gap(high) > 0) else None
    a, b, size = _step(guess, low, high, False, 1.25), _step(guess, low, high, True, 1.25), 1.5
    while (gap(a) > 0) == (gap(b) > 0):
        if a <= low and b >= high:
            return None
        a, b, size = _step(a, low, high, False, size), _step(b, low, high, True, size), size**1.5
    return a, b


def _end(
    gap: Callable[[float], float],
    low: float,
    high: float,
    downwards: bool,
    pace: float,
    close: float,
    whole: bool = False,
) -> float | None:
    """One end of the interval: walking away from the crossing until the sign changes; None at the range's end."""
    x, last = (high, low) if downwards else (low, high)
    sign = gap(x) > 0
    while x != last:
        beyond = _step(x, low, high, not downwards, pace)
        if (gap(beyond) > 0) != sign:
            return root(gap, min(x, beyond), max(x, beyond), END_TOLERANCE, close, whole)
        x, pace = beyond, pace**1.5
    return None
