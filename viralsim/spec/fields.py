"""The kinds of fields a scenario is made of: how each is read, what it allows, how it looks in the schema.

A field is declared ``name: Prob = about("what it does", default=0.0)``. To type checkers a number is
a float, and it is one: an uncertain number is a float that carries a band.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from viralsim.spec.durations import parse_duration
from viralsim.spec.numbers import (
    DurationNumber,
    Multiplier,
    NonNegative,
    NumberField,
    Positive,
    Prob,
    duration_schema,
    fail,
    number_hint,
    number_of,
)  # fmt: skip
from viralsim.spec.problems import allowed_names, shown

__all__ = [
    "AnyText", "AnyValues", "Chosen", "Column", "DurationNumber", "Frozen", "Hours", "Identity", "Items", "KindWord",
    "Map", "Model", "Multiplier", "NonNegative", "NumberField", "PersonId", "Positive", "Prob", "Start", "Switch",
    "Target", "Text", "Whole", "about", "number_of",
]  # fmt: skip

K = TypeVar("K")
V = TypeVar("V")

_LONGEST_TEXT = 20_000


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


def _read_hours(value: Any) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise fail(str(error)) from None


Hours = Annotated[float, _Reader(_read_hours, duration_schema())]
"""A certain duration of at least 0, kept in hours."""


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise fail(f"{shown(value)} is not a text; put it in quotes")
    if len(value) > _LONGEST_TEXT:
        raise fail(f"the text has {len(value):,} characters; allowed: at most {_LONGEST_TEXT:,}")
    return _printable(value)


def _printable(text: str) -> str:
    """The text, unless a file, a page or a terminal could not show it."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            raise fail(
                f"the text holds the character U+{ord(character):04X}, which cannot be shown; remove it"
            )
    return text


def _read_identity(value: Any) -> str:
    if not isinstance(value, str):
        hint = f"; put it in quotes and begin with a letter: 'n{value}'" if isinstance(value, int) else ""
        raise fail(
            f"{shown(value)} is not a name{hint}; allowed: letters, digits, - and _, with a letter first"
        )
    if not re.fullmatch(r"[^\W\d_][\w-]{0,63}", value):
        raise fail(
            f"{shown(value)} is not a name; allowed: letters, digits, - and _, with a letter first, at most 64"
        )
    return value


def _read_person(value: Any) -> str | int:
    if isinstance(value, str) and value:
        return _read_text(value)
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= int(value) < 2**63:
        raise fail(f"{shown(value)} is not a person's id; allowed: a text or a whole number from 0")
    return int(value)


def _read_column(value: Any) -> str | int | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value:
        return _read_text(value)
    if not isinstance(value, int) or value < 1:
        raise fail(
            f"{shown(value)} is not a column; allowed: its name, its number from 1, false for none, true for one "
            "that must be there"
        )
    return value


Text = Annotated[str, _Reader(_read_text, {"type": "string", "maxLength": _LONGEST_TEXT})]
# Letters of any language: as editors read \w as ASCII, the schema's pattern leaves out what ASCII has beside them.
_NAME_PATTERN = (
    r"^[^\x00-\x40\x5b-\x60\x7b-\x7f\s\d][^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f\s]{0,63}$"
)
Identity = Annotated[str, _Reader(_read_identity, {"type": "string", "pattern": _NAME_PATTERN})]
"""A name by which other places of the file speak of something."""


def _read_any_text(value: Any) -> str | int | float | bool:
    if isinstance(value, str):
        return _read_text(value)
    if not isinstance(value, int | float | bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise fail(f"{shown(value)} is neither a text nor a number")
    return value


_ID_LIMITS = {"minLength": 1, "maxLength": _LONGEST_TEXT}
PersonId = Annotated[
    str | int,
    _Reader(_read_person, {"type": ["string", "integer"], "minimum": 0, "maximum": 2**63 - 1, **_ID_LIMITS}),
]
Column = Annotated[
    str | int | bool,
    _Reader(_read_column, {"type": ["string", "integer", "boolean"], "minimum": 1, **_ID_LIMITS}),
]
"""A column of a file: name, number from 1, or a switch."""
AnyText = Annotated[
    str | int | float | bool,
    _Reader(_read_any_text, {"type": ["string", "number", "boolean"], "maxLength": _LONGEST_TEXT}),
]


def _read_values(value: Any) -> Any:
    """A text or number, or a list of them, kept as a tuple."""
    if not isinstance(value, list | tuple):
        return _read_any_text(value)
    if not value:
        raise fail("the list is empty; write the values of which any will do")
    return tuple(_read_any_text(part) for part in value)


_VALUE_SCHEMA = {"type": ["string", "number", "boolean"], "maxLength": _LONGEST_TEXT}
_VALUES_SCHEMA = {"anyOf": [_VALUE_SCHEMA, {"type": "array", "items": _VALUE_SCHEMA, "minItems": 1}]}
AnyValues = Annotated[str | int | float | bool | tuple[Any, ...], _Reader(_read_values, _VALUES_SCHEMA)]
"""A value of an attribute, or a list of values of which any will do."""


def _read_target(value: Any) -> Any:
    """Names of segments, or attributes with their values."""
    if isinstance(value, Mapping):
        if not value:
            raise fail(
                "no attribute is written; write some, as {place: town}, or leave target out: everybody"
            )
        return Frozen({_read_text(name): _read_values(part) for name, part in value.items()})
    if not isinstance(value, list | tuple):
        raise fail(
            f"{shown(value)} is neither a list of segments nor attributes; write [young] or {{place: town}}"
        )
    return tuple(_read_identity(name) for name in value)


Target = Annotated[
    Any,
    _Reader(
        _read_target,
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string", "pattern": _NAME_PATTERN}},
                {"type": "object", "additionalProperties": _VALUES_SCHEMA, "minProperties": 1},
            ]
        },
    ),
]
"""Whom something is meant for: a list of segments, or a mapping of attributes."""


def _read_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("yes", "on", "y"):
        raise fail(f"{shown(value)} is a text in YAML 1.2; write true")
    if word in ("no", "off", "n"):
        raise fail(f"{shown(value)} is a text in YAML 1.2; write false")
    raise fail(f"{shown(value)} is not a switch; allowed: true, false")


Switch = Annotated[bool, _Reader(_read_switch, {"type": "boolean"})]


def Whole(least: int, most: int) -> Any:  # noqa: N802 - used like a type
    """A whole number from `least` to `most`, both included: ``Annotated[int, Whole(1, 16)]``."""

    def read(value: Any) -> int:
        allowed = f"allowed: a whole number from {least} to {most}"
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            hint = number_hint(value)
            if isinstance(value, float) and value == int(value if math.isfinite(value) else 0):
                hint = f"; write it plainly: {int(value)}"
            if isinstance(value, str) and re.fullmatch(r"\d{1,3}([,. _']\d{3})+", value):
                hint = "; write it plainly: " + re.sub(r"\D", "", value)
            raise fail(f"{shown(value)} is not a whole number{hint}; {allowed}")
        number = int(value.__index__())
        if not least <= number <= most:
            raise fail(f"{shown(number)} is out of range; {allowed}")
        return number

    return _Reader(read, {"type": "integer", "minimum": least, "maximum": most})


def Chosen(*names: str) -> Any:  # noqa: N802 - used like a type
    """One of a few names: ``Annotated[str, Chosen("a", "b")]``."""

    def read(value: Any) -> str:
        if value not in names:
            raise fail(f"{shown(value)} is unknown; {allowed_names(value, names)}")
        return str(value)

    return _Reader(read, {"enum": list(names)})


_DATE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}(:\d{2}(:\d{2}(\.\d{1,6})?)?)?)?"


def _read_start(value: Any) -> datetime.datetime:
    example = "write a date and an hour, such as 2026-03-02T09:00"
    if isinstance(value, datetime.datetime):
        start = value
    elif isinstance(value, str):
        if not re.fullmatch(_DATE + r"(Z|[+-]\d{2}(:?\d{2})?)?", value, re.ASCII):
            raise fail(f"{shown(value)} is not a date; {example}")
        try:
            start = datetime.datetime.fromisoformat(value)
        except ValueError:
            raise fail(f"{shown(value)} is not a date; {example}") from None
    else:
        raise fail(f"{shown(value)} is not a date; {example}")
    if start.tzinfo is not None:
        raise fail(f"{shown(value)} has a time zone; hours are the audience's own: leave the zone out")
    return start


Start = Annotated[datetime.datetime, _Reader(_read_start, {"type": "string", "pattern": f"^{_DATE}$"})]


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
                raise fail(f"{shown(value)} is not a list; write [..] or lines that begin with a dash")
            return value

        return core_schema.no_info_before_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema)


Items = Annotated[tuple[V, ...], _ListOnly()]
"""A list, kept as a tuple."""
