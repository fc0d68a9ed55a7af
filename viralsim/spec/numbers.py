"""Numbers of a scenario: their kinds, bounds and units, and how a plain or an uncertain one is read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from viralsim.spec.durations import ALLOWED as DURATION_ALLOWED
from viralsim.spec.durations import parse_duration
from viralsim.spec.problems import allowed_names, shown
from viralsim.spec.uncertain import Uncertain

__all__ = [
    "DurationNumber", "Multiplier", "NonNegative", "NumberField", "Positive", "Prob", "duration_schema", "fail",
    "number_hint", "number_of",
]  # fmt: skip

_NUMBER_KEYS = ("value", "low", "high", "unit", "source", "year")


def fail(message: str, at: str | None = None) -> PydanticCustomError:
    """An error whose text is printed as it stands; `at` is the key inside the value that is wrong."""
    return PydanticCustomError("scenario", "{message}", {"message": message, "at": at})


_BOUNDS = {
    "probability": (0.0, 1.0),
    "positive": (0.0, math.inf),
    "multiplier": (0.0, math.inf),
    "non-negative": (0.0, math.inf),
    "duration": (0.0, math.inf),
}
_MEANING = {
    "probability": "a probability",
    "positive": "a positive number",
    "multiplier": "a multiplier",
    "non-negative": "a number of at least 0",
    "duration": "a duration",
}


@dataclass(frozen=True, slots=True)
class NumberField:
    """An uncertain-capable number: plain, or ``{value, low, high}`` with optional source and year.

    Parameters
    ----------
    kind : str
        Decides bounds and law, see ``uncertain.SCALES``.
    unit : str
        Unit, with its denominator.
    most : float
        Upper bound, included.
    certain : bool
        Whether only a plain number is allowed.
    least : float
        Lower bound above the kind's own, included; 0: the kind's.
    """

    kind: str
    unit: str
    most: float = math.inf
    certain: bool = False
    least: float = 0.0

    @property
    def allowed(self) -> str:
        """What is allowed, in words (str)."""
        if self.kind == "duration":
            return DURATION_ALLOWED
        most = min(self.most, _BOUNDS[self.kind][1])
        if self.least > 0:
            return (
                f"allowed: {self.least:g} to {most:g}"
                if most < math.inf
                else f"allowed: {self.least:g} or more"
            )
        if self.kind == "positive":
            return "allowed: above 0" + (f", at most {most:g}" if most < math.inf else "")
        return f"allowed: 0 to {most:g}" if most < math.inf else "allowed: 0 or more"

    def read(self, value: Any) -> float:
        """Check a value from a file or from Python; a float, or Uncertain if it carries a band or source."""
        if isinstance(value, Uncertain) and not self.certain:
            value = {name: getattr(value, name) for name in _NUMBER_KEYS}
            value = {name: part for name, part in value.items() if part is not None}
            return self._uncertain(value, hours=True)
        if isinstance(value, Mapping) and self.certain:
            raise fail(f"a plain number is needed here, without a band; {self.allowed}")
        if isinstance(value, Mapping):
            return self._uncertain(dict(value))
        return self._plain(value)

    def _plain(self, value: Any, at: str | None = None, hours: bool = False) -> float:
        if self.kind == "duration" and not hours:
            try:
                number = parse_duration(value)
            except ValueError as error:
                raise fail(str(error), at) from None
        else:
            number = self._checked_type(value, at)
        most = min(self.most, _BOUNDS[self.kind][1])
        below = number < self.least or (number == 0 and self.kind in ("positive", "duration"))
        if not math.isfinite(number) or below or number > most:
            advice = ""
            if self.kind == "probability" and 1 < number <= 100:
                advice = f"; for {number:g} percent write {number / 100:g}"
            if self.kind == "duration":
                limit = f" and at most {self.most:g}h" if self.most < math.inf else ""
                raise fail(f"{shown(value)} is not possible here; allowed: longer than 0{limit}", at)
            wrong = "too small" if 0 < number < self.least else f"not {_MEANING[self.kind]}"
            raise fail(f"{shown(value)} is {wrong}; {self.allowed}{advice}", at)
        return number

    def _checked_type(self, value: Any, at: str | None) -> float:
        # Whatever knows how to be a float is a number (numpy's too); texts, switches and arrays are none.
        if isinstance(value, bool | str) or not hasattr(value, "__float__") or getattr(value, "ndim", 0) > 0:
            raise fail(f"{shown(value)} is not a number{number_hint(value)}; {self.allowed}", at)
        try:
            return float(value)
        except OverflowError:
            raise fail(f"{shown(value)} is too large; {self.allowed}", at) from None

    def _uncertain(self, parts: dict[Any, Any], hours: bool = False) -> float:
        for key in parts:
            if key not in _NUMBER_KEYS:
                message = f"unknown key {key!r} in an uncertain number; {allowed_names(key, _NUMBER_KEYS)}"
                raise fail(message, str(key))
        if "value" not in parts:
            raise fail("an uncertain number needs its value: {value, low, high}; value is missing")
        if ("low" in parts) != ("high" in parts):
            absent = "high" if "low" in parts else "low"
            raise fail(
                f"{absent} is missing; an uncertain number is {{value, low, high}} (5th, 95th percentile)"
            )
        value = self._plain(parts["value"], "value", hours)
        low = self._plain(parts.get("low", parts["value"]), "low", hours)
        high = self._plain(parts.get("high", parts["value"]), "high", hours)
        if not low <= value <= high:
            raise fail(
                f"low {parts.get('low')}, value {parts['value']}, high {parts.get('high')} are out of order; "
                "allowed: low <= value <= high (5th percentile, median, 95th percentile)"
            )
        self._check_edges(low, value, high)
        return Uncertain(value, low, high, self.kind, *self._notes(parts))

    def _check_edges(self, low: float, value: float, high: float) -> None:
        """A law on the logit or log scale cannot reach 0 or 1."""
        if low == high:
            return
        if low == 0:
            small = f"{high / 1000:g}" if self.kind != "duration" else "1min"
            raise fail(
                f"low is 0 and high is not: the law is drawn on the {'logit' if self.kind == 'probability' else 'log'} "
                f"scale and cannot reach 0; write a small number such as {small}, or 0 alone without a band",
                "low",
            )
        if self.kind == "probability" and high == 1:
            raise fail(
                "high is 1 and low is not: the law is drawn on the logit scale and cannot reach 1; "
                "write a number such as 0.999, or 1 alone without a band",
                "high",
            )

    def _notes(self, parts: dict[Any, Any]) -> tuple[str | None, str | None, int | None]:
        for key in ("unit", "source"):
            if parts.get(key) is not None and not isinstance(parts[key], str):
                raise fail(f"{shown(parts[key])} is not a text", key)
        year = parts.get("year")
        if year is not None and (
            isinstance(year, bool) or not isinstance(year, int) or not 1000 <= year <= 9999
        ):
            raise fail(f"{shown(year)} is not a year; write four digits, such as 2025", "year")
        return parts.get("unit"), parts.get("source"), year

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        plain: dict[str, Any] = {"type": "number", "minimum": 0}
        if self.kind == "positive" and self.least == 0:
            plain = {"type": "number", "exclusiveMinimum": 0}
        elif self.least > 0:
            plain["minimum"] = self.least
        if self.kind == "duration":
            plain = duration_schema()
        elif min(self.most, _BOUNDS[self.kind][1]) < math.inf:
            plain["maximum"] = min(self.most, _BOUNDS[self.kind][1])
        if self.certain:
            return plain
        band = {
            "type": "object",
            "properties": {
                "value": plain,
                "low": {**plain, "description": "5th percentile"},
                "high": {**plain, "description": "95th percentile"},
                "unit": {"type": "string"},
                "source": {"type": "string"},
                "year": {"type": "integer", "minimum": 1000, "maximum": 9999},
            },
            "required": ["value"],
            "dependentRequired": {"low": ["high"], "high": ["low"]},
            "additionalProperties": False,
        }
        return {"anyOf": [plain, band]}


def duration_schema() -> dict[str, Any]:
    return {"type": "string", "pattern": r"^\s*((\d+(\.\d+)?|\.\d+)\s*(s|min|h|d|w)\s*)+$"}


def number_hint(value: Any) -> str:
    """What somebody probably meant who wrote a text for a number."""
    if not isinstance(value, str):
        return ""
    text = value.strip()
    percent = re.fullmatch(r"([-+]?\d*[.,]?\d+)\s*%", text)
    if percent:
        return f"; for {text} write {float(percent[1].replace(',', '.')) / 100:.12g}"
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        return f"; write a point, not a comma: {text.replace(',', '.')}"
    try:
        float(text)
    except ValueError:
        return ""
    return f"; it is a text: leave out the quotes, {text}"


def number_of(annotation: Any) -> NumberField | None:
    """The number field inside an annotation such as ``Prob | None``, or None."""
    for part in (*getattr(annotation, "metadata", ()), *getattr(annotation, "__metadata__", ())):
        if isinstance(part, NumberField):
            return part
    inner = annotation.annotation if isinstance(annotation, FieldInfo) else annotation
    for argument in get_args(inner):
        found = number_of(argument)
        if found is not None:
            return found
    return None


Prob = Annotated[float, NumberField("probability", "probability")]
Positive = Annotated[float, NumberField("positive", "number")]
Multiplier = Annotated[float, NumberField("multiplier", "multiplier", 1000.0)]
NonNegative = Annotated[float, NumberField("non-negative", "number", 1000.0)]
DurationNumber = Annotated[float, NumberField("duration", "hours", 8760.0)]
