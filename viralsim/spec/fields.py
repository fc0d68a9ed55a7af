"""The kinds of fields a scenario is made of: how each is read, what it allows, how it looks in the schema.

A field is declared ``name: Prob = about("what it does", default=0.0)``. To type checkers a number is
a float, and it is one: an uncertain number is a float that carries a band.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from viralsim.spec.durations import ALLOWED as DURATION_ALLOWED
from viralsim.spec.durations import parse_duration
from viralsim.spec.problems import allowed_names, shown
from viralsim.spec.uncertain import Uncertain

__all__ = [
    "AnyText", "Chosen", "Column", "DurationNumber", "Frozen", "Hours", "Identity", "Items", "KindWord", "Map", "Model",
    "Multiplier", "NonNegative", "NumberField", "PersonId", "Positive", "Prob", "Start", "Switch", "Text",
    "Whole", "about", "number_of",
]  # fmt: skip

K = TypeVar("K")
V = TypeVar("V")

_NUMBER_KEYS = ("value", "low", "high", "unit", "source", "year")


def _fail(message: str, at: str | None = None) -> PydanticCustomError:
    """An error whose text is printed as it stands; `at` is the key inside the value that is wrong."""
    return PydanticCustomError("scenario", "{message}", {"message": message, "at": at})


class Frozen(dict[K, V]):
    """A dict that cannot be changed; read from a mapping."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a scenario is frozen: use with_overrides")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return (Frozen, (dict(self),))


class Model(BaseModel):
    """Base of all parts of a scenario: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, validate_default=True)


def about(
    text: str, default: Any = ..., *, source: str | None = None, neutral: bool = False, results: bool = True
) -> Any:
    """Declare a field.

    Parameters
    ----------
    text : str
        What it does, one sentence or two.
    default : object
        Value if not written; without one the field is required.
    source : str, optional
        Source of the default, or "assumption".
    neutral : bool
        Whether the default switches the mechanic off, so that it assumes nothing.
    results : bool
        Whether the field can change what is simulated or counted (else it is no part of the digest).
    """
    notes = {"source": source, "neutral": neutral, "results": results}
    return Field(default, description=text, json_schema_extra=_Notes(notes))


class _Notes:
    """Notes on a field; as ``json_schema_extra`` it leaves the JSON Schema as it is."""

    def __init__(self, notes: dict[str, Any]):
        self.notes = notes

    def __call__(self, schema: dict[str, Any]) -> None:
        return None


def notes_of(field: FieldInfo) -> dict[str, Any]:
    """Notes given to `about`: source, neutral, results."""
    return field.json_schema_extra.notes if isinstance(field.json_schema_extra, _Notes) else {}


# --- numbers -----------------------------------------------------------------------------------------

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
    """

    kind: str
    unit: str
    most: float = math.inf
    certain: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed, in words (str)."""
        if self.kind == "duration":
            return DURATION_ALLOWED
        most = min(self.most, _BOUNDS[self.kind][1])
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
            raise _fail(f"a plain number is needed here, without a band; {self.allowed}")
        if isinstance(value, Mapping):
            return self._uncertain(dict(value))
        return self._plain(value)

    def _plain(self, value: Any, at: str | None = None, hours: bool = False) -> float:
        if self.kind == "duration" and not hours:
            try:
                number = parse_duration(value)
            except ValueError as error:
                raise _fail(str(error), at) from None
        else:
            number = self._checked_type(value, at)
        most = min(self.most, _BOUNDS[self.kind][1])
        below = number < 0 or (number == 0 and self.kind in ("positive", "duration"))
        if not math.isfinite(number) or below or number > most:
            advice = ""
            if self.kind == "probability" and 1 < number <= 100:
                advice = f"; for {number:g} percent write {number / 100:g}"
            if self.kind == "duration":
                limit = f" and at most {self.most:g}h" if self.most < math.inf else ""
                raise _fail(f"{shown(value)} is not possible here; allowed: longer than 0{limit}", at)
            raise _fail(f"{shown(value)} is not {_MEANING[self.kind]}; {self.allowed}{advice}", at)
        return number

    def _checked_type(self, value: Any, at: str | None) -> float:
        # Whatever knows how to be a float is a number (numpy's too); texts, switches and arrays are none.
        if isinstance(value, bool | str) or not hasattr(value, "__float__") or getattr(value, "ndim", 0) > 0:
            raise _fail(f"{shown(value)} is not a number{_number_hint(value)}; {self.allowed}", at)
        return float(value)

    def _uncertain(self, parts: dict[Any, Any], hours: bool = False) -> float:
        for key in parts:
            if key not in _NUMBER_KEYS:
                message = f"unknown key {key!r} in an uncertain number; {allowed_names(key, _NUMBER_KEYS)}"
                raise _fail(message, str(key))
        if "value" not in parts:
            raise _fail("an uncertain number needs its value: {value, low, high}; value is missing")
        if ("low" in parts) != ("high" in parts):
            absent = "high" if "low" in parts else "low"
            raise _fail(
                f"{absent} is missing; an uncertain number is {{value, low, high}} (5th, 95th percentile)"
            )
        value = self._plain(parts["value"], "value", hours)
        low = self._plain(parts.get("low", parts["value"]), "low", hours)
        high = self._plain(parts.get("high", parts["value"]), "high", hours)
        if not low <= value <= high:
            raise _fail(
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
            raise _fail(
                f"low is 0 and high is not: the law is drawn on the {'logit' if self.kind == 'probability' else 'log'} "
                f"scale and cannot reach 0; write a small number such as {small}, or 0 alone without a band",
                "low",
            )
        if self.kind == "probability" and high == 1:
            raise _fail(
                "high is 1 and low is not: the law is drawn on the logit scale and cannot reach 1; "
                "write a number such as 0.999, or 1 alone without a band",
                "high",
            )

    def _notes(self, parts: dict[Any, Any]) -> tuple[str | None, str | None, int | None]:
        for key in ("unit", "source"):
            if parts.get(key) is not None and not isinstance(parts[key], str):
                raise _fail(f"{shown(parts[key])} is not a text", key)
        year = parts.get("year")
        if year is not None and (
            isinstance(year, bool) or not isinstance(year, int) or not 1000 <= year <= 9999
        ):
            raise _fail(f"{shown(year)} is not a year; write four digits, such as 2025", "year")
        return parts.get("unit"), parts.get("source"), year

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        plain: dict[str, Any] = {"type": "number", "minimum": 0}
        if self.kind == "positive":
            plain = {"type": "number", "exclusiveMinimum": 0}
        if self.kind == "duration":
            plain = _duration_schema()
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
                "year": {"type": "integer"},
            },
            "required": ["value"],
            "dependentRequired": {"low": ["high"], "high": ["low"]},
            "additionalProperties": False,
        }
        return {"anyOf": [plain, band]}


def _number_hint(value: Any) -> str:
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


# --- everything else ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """A field read by one function; `schema` is its JSON Schema."""

    read: Any
    schema: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(self.schema)


def _duration_schema() -> dict[str, Any]:
    return {"type": "string", "pattern": r"^\s*((\d+(\.\d+)?|\.\d+)\s*(s|min|h|d|w)\s*)+$"}


def _read_hours(value: Any) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise _fail(str(error)) from None


Hours = Annotated[float, _Reader(_read_hours, _duration_schema())]
"""A certain duration of at least 0, kept in hours."""


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise _fail(f"{shown(value)} is not a text; put it in quotes")
    if len(value) > 20_000:
        raise _fail(f"the text has {len(value):,} characters; allowed: at most 20,000")
    return value


def _read_identity(value: Any) -> str:
    if not isinstance(value, str):
        hint = f"; put it in quotes and begin with a letter: 'n{value}'" if isinstance(value, int) else ""
        raise _fail(
            f"{shown(value)} is not a name{hint}; allowed: letters, digits, - and _, with a letter first"
        )
    if not re.fullmatch(r"[^\W\d_][\w-]{0,63}", value):
        raise _fail(
            f"{shown(value)} is not a name; allowed: letters, digits, - and _, with a letter first, at most 64"
        )
    return value


def _read_person(value: Any) -> str | int:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= int(value) < 2**63:
        raise _fail(f"{shown(value)} is not a person's id; allowed: a text or a whole number from 0")
    return int(value)


def _read_column(value: Any) -> str | int | bool:
    if isinstance(value, bool) or (isinstance(value, str) and value):
        return value
    if not isinstance(value, int) or value < 1:
        raise _fail(
            f"{shown(value)} is not a column; allowed: its name, its number from 1, false for none, true for one "
            "that must be there"
        )
    return value


Text = Annotated[str, _Reader(_read_text, {"type": "string"})]
Identity = Annotated[str, _Reader(_read_identity, {"type": "string", "pattern": r"^[^\W\d_][\w-]{0,63}$"})]
"""A name by which other places of the file speak of something."""


def _read_any_text(value: Any) -> str | int | float | bool:
    if not isinstance(value, str | int | float | bool):
        raise _fail(f"{shown(value)} is neither a text nor a number")
    return value


PersonId = Annotated[str | int, _Reader(_read_person, {"type": ["string", "integer"]})]
Column = Annotated[str | int | bool, _Reader(_read_column, {"type": ["string", "integer", "boolean"]})]
"""A column of a file: name, number from 1, or a switch."""
AnyText = Annotated[
    str | int | float | bool, _Reader(_read_any_text, {"type": ["string", "number", "boolean"]})
]


def _read_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("yes", "on", "y"):
        raise _fail(f"{shown(value)} is a text in YAML 1.2; write true")
    if word in ("no", "off", "n"):
        raise _fail(f"{shown(value)} is a text in YAML 1.2; write false")
    raise _fail(f"{shown(value)} is not a switch; allowed: true, false")


Switch = Annotated[bool, _Reader(_read_switch, {"type": "boolean"})]


def Whole(least: int, most: int) -> Any:  # noqa: N802 - used like a type
    """A whole number from `least` to `most`, both included: ``Annotated[int, Whole(1, 16)]``."""

    def read(value: Any) -> int:
        allowed = f"allowed: a whole number from {least} to {most}"
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            hint = _number_hint(value)
            if isinstance(value, float) and value == int(value if math.isfinite(value) else 0):
                hint = f"; write it plainly: {int(value)}"
            if isinstance(value, str) and re.fullmatch(r"\d{1,3}([,. _']\d{3})+", value):
                hint = "; write it plainly: " + re.sub(r"\D", "", value)
            raise _fail(f"{shown(value)} is not a whole number{hint}; {allowed}")
        number = int(value.__index__())
        if not least <= number <= most:
            raise _fail(f"{number} is out of range; {allowed}")
        return number

    return _Reader(read, {"type": "integer", "minimum": least, "maximum": most})


def Chosen(*names: str) -> Any:  # noqa: N802 - used like a type
    """One of a few names: ``Annotated[str, Chosen("a", "b")]``."""

    def read(value: Any) -> str:
        if value not in names:
            raise _fail(f"{shown(value)} is unknown; {allowed_names(value, names)}")
        return str(value)

    return _Reader(read, {"enum": list(names)})


def _read_start(value: Any) -> datetime.datetime:
    example = "write a date and an hour, such as 2026-03-02T09:00"
    if isinstance(value, datetime.datetime):
        start = value
    elif isinstance(value, str):
        try:
            start = datetime.datetime.fromisoformat(value)
        except ValueError:
            raise _fail(f"{shown(value)} is not a date; {example}") from None
    else:
        raise _fail(f"{shown(value)} is not a date; {example}")
    if start.tzinfo is not None:
        raise _fail(f"{shown(value)} has a time zone; hours are the audience's own: leave the zone out")
    return start


Start = Annotated[datetime.datetime, _Reader(_read_start, {"type": "string"})]


class KindWord:
    """Lets a tagged union be written as its kind alone, where that kind needs nothing else."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def widen(value: Any) -> Any:
            return {"kind": value} if isinstance(value, str) else value

        return core_schema.no_info_before_validator_function(widen, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        union = handler(schema)
        words = []
        for tag, reference in union.get("discriminator", {}).get("mapping", {}).items():
            if set(handler.resolve_ref_schema({"$ref": reference}).get("required", ())) <= {"kind"}:
                words.append(tag)
        return {"anyOf": [{"enum": words}, union]} if words else union


class _FrozenMap:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(Frozen, handler(source))


Map = Annotated[dict[K, V], _FrozenMap()]
"""A mapping that cannot be changed once read."""


class _ListOnly:
    """A list; a single entry without its dash gets a message of its own."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def check(value: Any) -> Any:
            if not isinstance(value, list | tuple):
                raise _fail(f"{shown(value)} is not a list; write [..] or lines that begin with a dash")
            return value

        return core_schema.no_info_before_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema)


Items = Annotated[tuple[V, ...], _ListOnly()]
"""A list, kept as a tuple."""
