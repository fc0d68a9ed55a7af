"""Axes of a design as people write them: "0.01,0.02", "0:1:5", "0.001:0.1:log", "0h:48h:9"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from viralsim.errors import SpecError
from viralsim.experiment.designs import Law, short
from viralsim.spec.durations import format_duration, parse_duration
from viralsim.spec.problems import allowed_names
from viralsim.spec.uncertain import Uncertain
from viralsim.spec.yaml_reader import read_value

__all__ = ["axis_law", "axis_values", "parse_axis", "parse_vary"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_END = rf"(?:{_NUMBER}|\d+(?:\.\d+)?(?:s|min|h|d|w))"
_RANGE = re.compile(rf"\s*({_END})\s*:\s*({_END})\s*(?::\s*(\d+)\s*)?(?::\s*(log|linear)\s*)?")
_MOST_VALUES = 1_000_000


def parse_vary(text: str) -> dict[str, str]:
    """Path -> values as text of one ``--vary``; a semicolon joins paths that go together.

    Parameters
    ----------
    text : str
        ``path=values`` or ``path=values; path=values``; a path alone stands for its band.

    Raises
    ------
    SpecError

    Examples
    --------
    >>> parse_vary("items.film.share_prob=0.01,0.02; items.film.negative=0,0.1")
    {'items.film.share_prob': '0.01,0.02', 'items.film.negative': '0,0.1'}
    """
    found: dict[str, str] = {}
    for piece in text.split(";"):
        path, equals, values = (part.strip() for part in piece.partition("="))
        if not path or (equals and not values):
            raise SpecError(
                f"--vary {text!r}: has no {'values' if path else 'path'}; write path=a,b,c or path=start:stop:count, "
                "such as items.film.share_prob=0.01,0.02,0.05"
            )
        if path in found:
            raise SpecError(f"--vary {text!r}: {path} is there twice")
        found[path] = values if equals else "band"
    return found


def parse_axis(path: str, text: str) -> tuple[list[Any], bool]:
    """Values of a text: a list "a,b,c", or a range "start:stop:count" or "start:stop:count:log".

    Returns
    -------
    values : list
    computed : bool
        Whether they are points of a range.

    Raises
    ------
    SpecError

    Examples
    --------
    >>> parse_axis("x", "0.01:0.05:5")[0], parse_axis("x", "1:100:3:log")[0], parse_axis("x", "a, true, 2")[0]
    ([0.01, 0.02, 0.03, 0.04, 0.05], [1, 10, 100], ['a', True, 2])
    """
    match = _RANGE.fullmatch(text)
    if match and match[3]:
        return _range(path, match[1], match[2], int(match[3]), match[4] or "linear"), True
    if match:
        raise SpecError(
            f"{path}: {text!r} has no count; write start:stop:count (0.01:0.05:5), or choose a sampling design"
        )
    try:
        values = read_value(f"[{text}]")
    except ValueError as error:
        raise SpecError(
            f"{path}: {text!r} cannot be read ({error}); write a,b,c or start:stop:count"
        ) from None
    if not isinstance(values, list) or not values:
        raise SpecError(f"{path}: {text!r} holds no value; write a,b,c or start:stop:count")
    return values, False


def _ends(path: str, low: Any, high: Any) -> tuple[float, float, bool]:
    """Both ends as numbers, and whether they are hours."""
    timed = [isinstance(end, str) and not re.fullmatch(_NUMBER, end) for end in (low, high)]
    if timed[0] != timed[1]:
        raise SpecError(f"{path}: {low} to {high}: give both ends a unit of time, or none")
    try:
        if timed[0]:
            return parse_duration(low), parse_duration(high), True
        return float(low), float(high), False
    except (ValueError, TypeError) as error:
        raise SpecError(f"{path}: {low} to {high} is no range ({error})") from None


def _range(path: str, start: Any, stop: Any, count: int, scale: str) -> list[Any]:
    """`count` values from `start` to `stop`, both included."""
    low, high, timed = _ends(path, start, stop)
    if not 1 <= count <= _MOST_VALUES:
        raise SpecError(f"{path}: {count} values; allowed are 1 to {_MOST_VALUES:,}")
    if scale == "log" and not (low > 0 and high > 0):
        raise SpecError(f"{path}: a log scale needs ends above 0; got {start} and {stop}")
    if scale not in ("linear", "log"):
        raise SpecError(f"{path}: scale {scale!r}; {allowed_names(scale, ('linear', 'log'))}")
    raw = np.geomspace(low, high, count) if scale == "log" else np.linspace(low, high, count)
    values = [short(x) for x in raw]
    if timed:
        return [format_duration(round(x * 3600) / 3600) for x in values]
    whole = not any(isinstance(end, float) or (isinstance(end, str) and "." in end) for end in (start, stop))
    return [int(x) if whole and x == round(x) else x for x in values]


def axis_values(path: str, given: Any) -> tuple[list[Any], bool]:
    """Values of an axis of a grid, and whether they are points of a range.

    Raises
    ------
    SpecError
    """
    if not isinstance(path, str) or not path:
        raise SpecError(f"vary: {path!r} is no path; a path is a text such as items.film.share_prob")
    if isinstance(given, str):
        if given == "band":
            raise SpecError(
                f"{path}: has no values; write path=a,b,c, or choose a sampling design for its band"
            )
        return parse_axis(path, given)
    if isinstance(given, Mapping):
        unknown = set(given) - {"from", "to", "count", "scale"}
        if unknown or not {"from", "to", "count"} <= set(given):
            raise SpecError(
                f"{path}: a range has from, to, count and scale; got {', '.join(map(str, given))}"
            )
        count = given["count"]
        if isinstance(count, bool) or not isinstance(count, int):
            raise SpecError(f"{path}: count: got {count!r}; a whole number is allowed")
        return _range(path, given["from"], given["to"], count, str(given.get("scale", "linear"))), True
    if isinstance(given, Iterable) and not isinstance(given, bytes | Law):
        values = list(given)
        if values:
            return values, False
    raise SpecError(f"{path}: got {given!r}; a list of values is allowed, or a range such as '0.01:0.05:5'")


def axis_law(path: str, given: Any) -> Law:
    """Law of an axis of a sampling design.

    Raises
    ------
    SpecError
    """
    if isinstance(given, Law):
        return given
    try:
        if isinstance(given, Uncertain) and given.has_band:
            return Law(given.low, given.high, "band", given)
        if isinstance(given, Mapping) and set(given) <= {"low", "high", "scale"} and len(given) > 1:
            return Law(float(given["low"]), float(given["high"]), str(given.get("scale", "linear")))
        if isinstance(given, str):
            match = _RANGE.fullmatch(given)
            if match and not match[3]:
                low, high, timed = _ends(path, match[1], match[2])
                if not timed:
                    return Law(low, high, match[4] or "linear")
        elif isinstance(given, list | tuple) and len(given) == 2:
            return Law(float(given[0]), float(given[1]))
    except (SpecError, KeyError, ValueError, TypeError) as error:
        raise SpecError(f"{path}: {error}") from None
    raise SpecError(
        f"{path}: got {given!r}; for a sampling design write low:high or low:high:log, such as 0.001:0.1:log, or name "
        "a number that has a band in the scenario"
    )
