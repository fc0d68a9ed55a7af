"""Durations as people write them ("15min", "4h", "1h30min", "2d"), kept in hours."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from viralsim.spec.problems import shown

__all__ = ["UNITS", "format_duration", "parse_duration"]

UNITS: dict[str, Fraction] = {
    "s": Fraction(1, 3600),
    "min": Fraction(1, 60),
    "h": Fraction(1),
    "d": Fraction(24),
    "w": Fraction(168),
}
"""Hours in each unit."""

ALLOWED = "a duration has units: s, min, h, d, w, as in 15min, 4h, 1h30min, 2d"

_ALIASES = {
    "sec": "s", "second": "s", "seconds": "s", "m": "min", "mins": "min", "minute": "min", "minutes": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "w", "weeks": "w",
}  # fmt: skip
_PART = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([A-Za-z]+)\s*")


def parse_duration(value: Any) -> float:
    """Hours of a duration text.

    Parameters
    ----------
    value : str
        One or more numbers with units, e.g. "1h30min".

    Returns
    -------
    float
        Hours, finite, at least 0.

    Raises
    ------
    ValueError
        If it is no duration; the message says what was found and which units exist.

    Examples
    --------
    >>> parse_duration("1h30min")
    1.5
    """
    if isinstance(value, bool) or not isinstance(value, str):
        if isinstance(value, int | float) and not isinstance(value, bool):
            advice = f"; did you mean {value}h or {value}min?" if 0 <= value <= 1e6 else ""
            raise ValueError(f"{shown(value)} has no unit; {ALLOWED}{advice}")
        raise ValueError(f"{shown(value)} is not a duration; {ALLOWED}")
    total, at, text = Fraction(0), 0, value.strip()
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            if at == 0 and re.fullmatch(r"[\d.]+", text):
                raise ValueError(f"{text!r} has no unit; {ALLOWED}")
            raise ValueError(f"{shown(value)} is not a duration; {ALLOWED}")
        unit = part[2]
        if unit not in UNITS:
            meant = _ALIASES.get(unit.lower(), unit.lower() if unit.lower() in UNITS else None)
            hint = f"; did you mean {meant!r}?" if meant else ""
            raise ValueError(f"{shown(value)}: unknown unit {unit!r}{hint}; {ALLOWED}")
        total += Fraction(part[1]) * UNITS[unit]
        at = part.end()
    if not text:
        raise ValueError(f"an empty text is not a duration; {ALLOWED}")
    hours = float(total)
    if not math.isfinite(hours) or hours > 1e6:
        raise ValueError(f"{shown(value)} is longer than a million hours; check the unit")
    return hours


def format_duration(hours: float) -> str:
    """Text of a duration that `parse_duration` reads back exactly.

    Parameters
    ----------
    hours : float
        At least 0.

    Examples
    --------
    >>> format_duration(336.0), format_duration(4 / 3)
    ('14d', '80min')
    """
    for unit in ("d", "h", "min", "s"):
        count = round(hours / float(UNITS[unit]))
        limit = {"d": 10**6, "h": 10**6, "min": 180, "s": 180}[unit]
        if (count or unit == "h") and count <= limit and float(count * UNITS[unit]) == hours:
            if unit == "d" and count == 1:
                return "24h"
            return f"{count}{unit}"
    for small in ("min", "s"):
        whole = int(hours)
        count = round((hours - whole) / float(UNITS[small]))
        if count and float(whole + count * UNITS[small]) == hours:
            return f"{whole}h{count}{small}" if whole else f"{count}{small}"
    return f"{Decimal(repr(float(hours))):f}h"
