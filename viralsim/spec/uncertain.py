"""Uncertain numbers: a value with a band, and the law that is drawn from.

The law is a two-piece normal on the scale of the number's kind (logit for probabilities, logarithm for
positive numbers): the median is `value`, the 5th percentile `low`, the 95th `high`, all exactly. Source:
assumption; the two-piece normal is that of bank fan charts (Britton, Fisher and Whitley 1998).
Everything is computed in decimal arithmetic or with + - * / and square roots, so that a draw has the
same digits on every machine.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from viralsim import rng
from viralsim.spec.durations import format_duration

__all__ = ["SCALES", "Uncertain", "normal_quantile", "plain_number"]

SCALES: dict[str, str] = {
    "probability": "logit",
    "positive": "log",
    "multiplier": "log",
    "non-negative": "log",
    "duration": "log",
}
"""Kind of number -> scale on which it is two-piece normal."""

_DIGITS = 25


class Uncertain(float):
    """A number nobody knows exactly: it *is* its central value, and carries a band and a source.

    Parameters
    ----------
    value : float
        Median of the law.
    low, high : float
        5th and 95th percentile, low <= value <= high. Equal to `value`: no band on that side.
    kind : str
        A key of ``SCALES``; durations are in hours.
    unit, source : str, optional
        Unit with its denominator; where the number comes from.
    year : int, optional
        Year of the source.

    Examples
    --------
    >>> share_prob = Uncertain(0.004, 0.001, 0.012, "probability")
    >>> share_prob * 1000, round(share_prob.quantile(0.95), 6)
    (4.0, 0.012)
    """

    low: float
    high: float
    kind: str
    unit: str | None
    source: str | None
    year: int | None
    __slots__ = ("high", "kind", "low", "source", "unit", "year")

    def __new__(
        cls,
        value: float,
        low: float,
        high: float,
        kind: str,
        unit: str | None = None,
        source: str | None = None,
        year: int | None = None,
    ) -> Uncertain:
        number = super().__new__(cls, value)
        for name, part in (("low", float(low)), ("high", float(high)), ("kind", kind)):
            object.__setattr__(number, name, part)
        for name, note in (("unit", unit), ("source", source), ("year", year)):
            object.__setattr__(number, name, note)
        return number

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("an uncertain number is frozen: make a new one")

    @property
    def value(self) -> float:
        """The central value (float)."""
        return float(self)

    @property
    def has_band(self) -> bool:
        """Whether there is anything to draw (bool)."""
        return self.low < self.high

    @property
    def is_judgement(self) -> bool:
        """Whether no source stands behind it (bool)."""
        return self.source is None or self.source.lower().startswith(("judgement", "assumption"))

    def as_dict(self) -> dict[str, Any]:
        """As a scenario file writes it (dict of value, low, high, unit, source, year, where there are any)."""
        timed = self.kind == "duration"
        parts: dict[str, Any] = {"value": self.value}
        if self.has_band:
            parts.update(low=self.low, high=self.high)
        parts = {name: format_duration(part) if timed else plain_number(part) for name, part in parts.items()}
        notes = {"unit": self.unit, "source": self.source, "year": self.year}
        return parts | {name: note for name, note in notes.items() if note is not None}

    def quantile(self, u: float) -> float:
        """Quantile of the law.

        Parameters
        ----------
        u : float
            Level, in (0, 1); .05 gives `low`, .5 `value`, .95 `high`.

        Returns
        -------
        float
            Within the bounds of the kind. Monotone in `u`.
        """
        z = normal_quantile(u)
        edge = self.low if z < 0 else self.high
        if z == 0 or edge == self.value:
            return self.value
        return _between(self.value, edge, abs(z), self.kind)

    def __repr__(self) -> str:
        return f"Uncertain({self.value!r}, {self.low!r}, {self.high!r}, {self.kind!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.value, self.low, self.high, self.kind, self.unit, self.source, self.year)
        return (Uncertain, parts)


@lru_cache(maxsize=4096)  # the settings of a sweep ask for the same quantiles, draw by draw
def _between(value: float, edge: float, z: float, kind: str) -> float:
    """The number z / 1.645 of the way from the central value to an end of the band, on the scale of its kind."""
    with localcontext() as context:
        context.prec = _DIGITS
        middle = _to_scale(value, kind)
        x = middle + (_to_scale(edge, kind) - middle) * Decimal(z) / Decimal(_Z95)
        return _from_scale(x, kind)


def plain_number(value: float) -> float | int:
    """A number as people write it: 3 and not 3.0."""
    return int(value) if value == int(value) and abs(value) < 1e15 else float(value)


def _to_scale(number: float, kind: str) -> Decimal:
    x = Decimal(number)
    return (x / (1 - x)).ln() if SCALES[kind] == "logit" else x.ln()


def _from_scale(x: Decimal, kind: str) -> float:
    x = max(min(x, Decimal(700)), Decimal(-700))
    return float(1 / (1 + (-x).exp())) if SCALES[kind] == "logit" else float(x.exp())


def _horner(coefficients: tuple[float, ...], x: float) -> float:
    total = 0.0
    for coefficient in coefficients:
        total = total * x + coefficient
    return total


def normal_quantile(u: float) -> float:
    """Quantile of the standard normal law, the same digits on every machine.

    Parameters
    ----------
    u : float
        Level, in (0, 1).

    Returns
    -------
    float
        z with P(Z <= z) = u, to about 1 part in 10^16.

    Notes
    -----
    Source: Wichura 1988, algorithm AS 241 (PPND16), with viralsim's own logarithm.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _horner(_CENTRE[0], r) / _horner(_CENTRE[1], r)
    r = math.sqrt(-rng.log(u if q < 0 else 1.0 - u))
    if r <= 5.0:
        z = _horner(_MIDDLE[0], r - 1.6) / _horner(_MIDDLE[1], r - 1.6)
    else:
        z = _horner(_TAIL[0], r - 5.0) / _horner(_TAIL[1], r - 5.0)
    return -z if q < 0 else z


# Coefficients of AS 241, highest power first: (numerator, denominator).
_CENTRE = (
    (
        2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
        13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
    ),
    (
        5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0,
    ),
)  # fmt: skip
_MIDDLE = (
    (
        7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
        3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0,
    ),
)  # fmt: skip
_TAIL = (
    (
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
        0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
        7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769,
        1.0,
    ),
)  # fmt: skip
_Z95 = normal_quantile(0.95)
