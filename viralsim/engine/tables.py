"""Laws as integer tables: when displays are due, how long reactions take, how views and exposure count."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from viralsim.kernels import layout as lay

__all__ = [
    "activity_of_steps",
    "background_table",
    "clock_of_run",
    "clock_tables",
    "coin",
    "delay_table",
    "fatigue_table",
    "hazard",
    "reaction_table",
    "response_table",
    "view_tables",
]

_MIDDLE = (np.arange(lay.QUANTILES) + 0.5) / lay.QUANTILES
_LONGEST = 2_000_000_000  # of a delay, in clock units: further than any run


def coin(prob: float) -> np.uint64:
    """Threshold of a 32-bit coin: round(2^32 prob), prob cut to [0, 1]."""
    return np.uint64(np.floor(min(max(prob, 0.0), 1.0) * 4294967296.0 + 0.5))


def hazard(prob: float) -> float:
    """Exposure hazard of a chance per noticed display, in 2^-40: min(-log(1 - prob) 2^40, certain)."""
    if prob >= 1.0:
        return lay.HAZARD_CERTAIN
    return min(-np.log1p(-max(prob, 0.0)) * lay.HAZARD_UNIT, lay.HAZARD_CERTAIN)


def quantiles(law: Any) -> NDArray[np.float64]:
    """The 4,096 mid-quantiles of a delay law of median 1 (float64, ascending)."""
    if law.kind == "lognormal":
        return np.exp(law.sigma * special.ndtri(_MIDDLE))
    if law.kind == "exponential":
        return -np.log1p(-_MIDDLE) / np.log(2.0)
    return np.zeros(lay.QUANTILES)


def activity_of_steps(rhythm: Any, start: datetime, step_hours: float, n_steps: int) -> NDArray[np.float64]:
    """Viewers' activity a(s) in each step, mean 1 over a week (float64[n_steps]).

    A step has the activity of its middle: the hour's weight, times `weekend` on Saturday and Sunday.
    """
    if rhythm.kind == "flat":
        return np.ones(n_steps)
    week = np.array(rhythm.hours, np.float64)
    hours = np.concatenate([week * (rhythm.weekend if day >= 5 else 1.0) for day in range(7)])
    hours /= hours.mean()
    first = start.weekday() * 24 + start.hour + start.minute / 60 + start.second / 3600
    at = first + (np.arange(n_steps) + 0.5) * step_hours
    return hours[np.floor(at).astype(np.int64) % 168]


@lru_cache(maxsize=64)
def clock_of_run(
    rhythm: Any, start: datetime, step_hours: float, n_steps: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """`clock_tables` of a platform's rhythm over a run."""
    return clock_tables(activity_of_steps(rhythm, start, step_hours, n_steps))


def clock_tables(activity: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The activity clock and, for each 2^CLOCK_SHIFT units of it, the last step starting by then.

    Returns
    -------
    clock : int32[T + 1]
    first_guess : int32
        A step s with clock[s] <= units << CLOCK_SHIFT, for every time before the end of the run.
    """
    units = np.floor(lay.UNIT_CLOCK * activity + 0.5).astype(np.int64)
    clock = np.concatenate([[0], np.cumsum(units)])
    starts = np.arange(0, clock[-1] + 1, 1 << lay.CLOCK_SHIFT)
    guess = np.searchsorted(clock[:-1], starts, side="right") - 1
    return clock.astype(np.int32), guess.astype(np.int32)


@lru_cache(maxsize=256)  # the settings of a sweep ask for the same tables, draw by draw
def delay_table(law: Any, half_life_hours: float, rhythm: Any, step_hours: float) -> NDArray[np.int32]:
    """Display delays in clock units (int32[4096], ascending), scaled so that posts have the half-life.

    The scale is solved by bisection: for posts at every step of the week, the pooled clock time from
    the post to the display has `half_life_hours` as its median.
    """
    shape = quantiles(law)
    if law.kind == "none":
        return np.zeros(lay.QUANTILES, np.int32)
    week = max(round(168 / step_hours), 1)
    activity = activity_of_steps(rhythm, datetime(2026, 3, 2), step_hours, week)  # a Monday
    clock = np.concatenate([[0.0], np.cumsum(activity)])
    posts = np.arange(0, week, max(week // 84, 1))
    sample = shape[32 :: lay.QUANTILES // 64]

    def median_hours(scale: float) -> float:
        due = clock[posts + 1][:, None] + sample[None, :] * scale
        weeks, rest = np.divmod(due, clock[-1])
        step = np.searchsorted(clock, rest, side="right") - 1
        waited = weeks * week + step - posts[:, None] + 0.5
        return float(np.median(waited)) * step_hours

    low, high = 0.0, 4.0 * half_life_hours / step_hours + 4.0
    while median_hours(high) < half_life_hours:
        high *= 2.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if median_hours(middle) < half_life_hours else (low, middle)
    units = np.floor(lay.UNIT_CLOCK * shape * high + 0.5)
    return np.minimum(units, _LONGEST - 1).astype(np.int32)


@lru_cache(maxsize=256)
def reaction_table(law: Any, step_hours: float) -> NDArray[np.int64]:
    """Reaction delays in steps (int64[4096], ascending)."""
    if law.kind == "none":
        return np.zeros(lay.QUANTILES, np.int64)
    steps = quantiles(law) * law.median / step_hours
    return np.floor(np.minimum(steps, lay.MAX_STEPS) + 0.5).astype(np.int64)


@lru_cache(maxsize=64)
def response_table(law: Any) -> NDArray[np.float64]:
    """f(j), the weight of the j-th sharer noticed (float64[256], f(0) unused)."""
    j = np.arange(256, dtype=np.float64)
    if law.kind == "independent":
        return np.ones(256)
    k = float(law.at)
    if law.kind == "saturating":
        return (j <= k).astype(np.float64)
    if law.kind == "threshold":
        return (j >= k).astype(np.float64)
    return np.where(j <= k, j / k, (k / np.maximum(j, 1.0)) ** 2)


@lru_cache(maxsize=256)
def fatigue_table(fatigue: float) -> NDArray[np.uint64]:
    """2^31 (1 - fatigue)^c for c = 0..255 earlier displays (uint64[256])."""
    return np.floor(2.0**31 * (1.0 - fatigue) ** np.arange(256) + 0.5).astype(np.uint64)


@lru_cache(maxsize=256)
def view_tables(
    negative: float, neutral: float, influence: float
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Coins for a negative view, and for a negative or neutral one, by score + 127 (uint64[255] each)."""
    score = np.arange(-127, 128) / 8.0
    if 0.0 < negative < 1.0:
        factor = np.exp(np.clip(-influence * score, -700.0, 700.0))
        moved = negative * factor / (1.0 - negative + negative * factor)
    else:
        moved = np.full(score.size, negative)
    rest = neutral * (1.0 - moved) / (1.0 - negative) if negative < 1.0 else np.zeros(score.size)
    both = np.minimum(moved + rest, 1.0)
    return tuple(np.floor(2.0**32 * p + 0.5).astype(np.uint64) for p in (moved, both))  # type: ignore[return-value]


@lru_cache(maxsize=64)
def background_table(mean_per_day: float) -> NDArray[np.uint64]:
    """2^32 x cumulative Poisson(mean) up to where it is 1 (uint64): background items noticed in a day."""
    top = int(special.pdtrik(1.0 - 1e-11, mean_per_day)) + 2 if mean_per_day > 0 else 1
    cumulative = special.pdtr(np.arange(top), mean_per_day)
    return np.floor(2.0**32 * cumulative + 0.5).astype(np.uint64)
