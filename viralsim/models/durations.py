"""Laws of durations as models take them: a number of hours, or a kind with its numbers."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

from viralsim.errors import SpecError
from viralsim.kernels import laws

__all__ = ["Duration", "DurationLaw", "check_duration"]

Duration = float | tuple[Any, ...]
"""How a duration is written: mean hours (exponential), or a kind and its numbers."""

KINDS = {
    "fixed": (laws.FIXED, ("hours",)),
    "exponential": (laws.EXPONENTIAL, ("mean hours",)),
    "lognormal": (laws.LOGNORMAL, ("median hours", "sigma")),
    "power-law": (laws.POWER_LAW, ("hours up to which it is constant", "theta")),
}


@dataclass(frozen=True, slots=True)
class DurationLaw:
    """A law of durations, checked.

    Parameters
    ----------
    kind : str
        "fixed", "exponential", "lognormal" or "power-law".
    hours : float
        The value, the mean, the median, or the time up to which the density is constant.
    shape : float
        0, 0, sigma or theta.
    """

    kind: str
    hours: float
    shape: float = 0.0

    @property
    def mean_hours(self) -> float:
        """Expected duration; inf for a power law with theta at most 1."""
        if self.kind == "lognormal":
            return self.hours * math.exp(self.shape**2 / 2.0)
        if self.kind == "power-law":
            theta = self.shape
            if theta <= 1.0:
                return math.inf
            return self.hours * theta / (1.0 + theta) * (0.5 + 1.0 / (theta - 1.0))
        return self.hours

    @property
    def median_hours(self) -> float:
        """Duration that one half stays below."""
        if self.kind == "exponential":
            return self.hours * math.log(2.0)
        if self.kind == "power-law":
            within = self.shape / (1.0 + self.shape)
            if within >= 0.5:
                return self.hours * 0.5 / within
            return self.hours * (0.5 * (1.0 + self.shape)) ** (-1.0 / self.shape)
        return self.hours

    @property
    def kernel(self) -> laws.Law:
        """As the kernels take it."""
        return laws.Law(KINDS[self.kind][0], self.hours, self.shape)

    def __str__(self) -> str:
        numbers = f"{self.hours:g} h" + (f", {self.shape:g}" if self.shape else "")
        return f"{self.kind} {numbers}"


def check_duration(name: str, value: Any) -> DurationLaw:
    """Law of a duration from what was given.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    value : float or tuple
        Mean hours of an exponential law, ("fixed", hours), ("exponential", mean hours), ("lognormal", median
        hours, sigma) or ("power-law", hours up to which the density is constant, theta).

    Raises
    ------
    SpecError
        If it is none of these, or a number is not positive and finite (fixed hours may be 0).

    Examples
    --------
    >>> check_duration("period", ("lognormal", 6.0, 0.5))
    DurationLaw(kind='lognormal', hours=6.0, shape=0.5)
    """
    if isinstance(value, DurationLaw):
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        value = ("exponential", value)
    allowed = (
        "allowed are mean hours (exponential), ('fixed', hours), ('exponential', mean hours), "
        "('lognormal', median hours, sigma) and ('power-law', hours, theta)"
    )
    if not isinstance(value, (tuple, list)) or not value or not isinstance(value[0], str):
        raise SpecError(f"{name}: got {value!r}; {allowed}")
    kind, numbers = value[0], value[1:]
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise SpecError(f"{name}: no law is called {kind!r}; {hint}{allowed}")
    wanted = KINDS[kind][1]
    if len(numbers) != len(wanted):
        raise SpecError(f"{name}: {kind!r} needs {len(wanted)} number(s): {', '.join(wanted)}; got {value!r}")
    for what, number in zip(wanted, numbers, strict=True):
        usable = isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)
        if not usable or number < 0 or (number == 0 and kind != "fixed" and what != "sigma"):
            least = "at least 0" if kind == "fixed" or what == "sigma" else "above 0"
            raise SpecError(f"{name}: {what} of {kind!r} is {number!r}; it must be a finite number {least}")
    return DurationLaw(kind, *(float(number) for number in numbers))
