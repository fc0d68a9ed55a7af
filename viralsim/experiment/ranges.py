"""The range of a number that a search looks in: given, or guessed from its value and from what a scenario allows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from viralsim.errors import SpecError
from viralsim.experiment.plans import band_of
from viralsim.spec import Scenario

__all__ = ["UNSET", "chosen_range", "present_value", "whole_range"]

_RANGE = 100.0  # times below and above the present value, where nobody says
UNSET = (1e-4, 1.0)  # range of a probability that the scenario leaves to its platform

Affordable = Callable[[str, float, float], float]


def present_value(scenario: Scenario, path: str) -> float:
    """The scenario's own value at a path, NaN where it sets none; SpecError if there can be no number."""
    try:
        return float(band_of(scenario, path))
    except SpecError:
        pass
    place: Any = scenario.document
    parts = path.split(".")
    for depth, part in enumerate(parts):
        if isinstance(place, (list, tuple)):
            named = [getattr(entry, "id", None) or getattr(entry, "name", None) for entry in place]
            index = int(part) if part.isdecimal() else named.index(part) if part in named else -1
            place = place[index] if 0 <= index < len(place) else None
        elif isinstance(place, dict):
            place = place.get(part)
        else:
            place = getattr(place, part, None)
        if place is None:
            scenario.with_overrides(
                {path: 0.5 if depth else None}
            )  # says what is wrong with the path, if that is it
            return math.nan
    if isinstance(place, bool) or not isinstance(place, (int, float)):
        raise SpecError(f"{path}: is {place!r}, no number; a tipping point needs a number to vary")
    return float(place)


def chosen_range(
    scenario: Scenario,
    path: str,
    present: float,
    given: tuple[float | None, float | None],
    affordable: Affordable,
) -> tuple[float, float]:
    """Range to look in: as `given`, else within what the scenario allows and what is quickly made.

    Parameters
    ----------
    scenario : Scenario
    path : str
    present : float
        NaN where the scenario sets none.
    given : (float or None, float or None)
    affordable : callable
        (path, present value, last value) -> the last value up to there at which worlds are quickly made.

    Raises
    ------
    SpecError
        If an end is not allowed, nothing lies between them, or there is no range to guess.
    """
    low, high = given
    if (low is None or high is None) and not present > 0:
        if not (
            math.isnan(present) and _allowed(scenario, path, UNSET[0]) and _allowed(scenario, path, UNSET[1])
        ):
            raise SpecError(
                f"{path}: is {present:g} now, so there is no range to guess; write {path}=low:high"
            )
        low, high = (UNSET[0] if low is None else low), (UNSET[1] if high is None else high)
    first = present / _RANGE if low is None else float(low)
    last = present * _RANGE if high is None else float(high)
    if high is None and not _allowed(scenario, path, last) and last > 1.0:
        last = 1.0
    if high is None and present > 0:
        last = _worth(path, first, affordable(path, present, last))
    if not first < last:
        raise SpecError(f"{path}: range {first:g} to {last:g}; the first must be below the second")
    for end in (first, last):
        scenario.with_overrides({path: end})
    return first, last


def whole_range(
    scenario: Scenario,
    path: str,
    present: float,
    given: tuple[float | None, float | None],
    most: int | None,
    affordable: Affordable,
) -> tuple[float, float]:
    """Range of whole numbers to look in: as `given`, else within what the scenario and its people allow.

    Parameters
    ----------
    scenario : Scenario
    path : str
    present : float
    given : (float or None, float or None)
    most : int or None
        As many as every draw has people for; None if that does not limit it.
    affordable : callable
        As of `chosen_range`.

    Raises
    ------
    SpecError
        If an end is not whole or not allowed, or nothing lies between them.
    """
    for end in given:
        if end is not None and end != round(end):
            raise SpecError(
                f"{path}: is a whole number, got an end of {end:g}; write whole ends, such as {path}="
                f"{math.floor(end)}:{math.floor(end) + 10}"
            )
    low, high = given
    if None in given and not present > 0:
        raise SpecError(f"{path}: is {present:g} now, so there is no range to guess; write {path}=low:high")
    start = round(present)
    if low is None:
        low = _furthest(scenario, path, start, max(math.ceil(present / _RANGE), 1))
    if high is None:
        furthest = round(present * _RANGE) if most is None else min(round(present * _RANGE), most)
        high = math.floor(
            _worth(path, low, affordable(path, present, _furthest(scenario, path, start, furthest)))
        )
    if not low < high:
        raise SpecError(f"{path}: range {low:g} to {high:g}; the first must be below the second")
    for end in (low, high):
        scenario.with_overrides({path: int(end)})
    return float(low), float(high)


def _worth(path: str, low: float, last: float) -> float:
    """`last`, unless a given low end leaves nothing below it."""
    if low >= last:
        raise SpecError(
            f"{path}: from {low:g} on there is no range to guess (up to {last:g} there are people, and worlds are "
            f"quickly made); write {path}={low:g}:high"
        )
    return last


def _furthest(scenario: Scenario, path: str, start: int, end: int) -> int:
    """The whole number nearest to `end` that is allowed, seen from `start`, which is."""
    if _allowed(scenario, path, end):
        return end
    while abs(end - start) > 1:
        middle = (start + end) // 2
        if _allowed(scenario, path, middle):
            start = middle
        else:
            end = middle
    return start


def _allowed(scenario: Scenario, path: str, value: float) -> bool:
    try:
        scenario.with_overrides({path: value})
    except SpecError:
        return False
    return True
