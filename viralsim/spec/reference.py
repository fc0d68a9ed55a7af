"""The reference of every field, made from the models, for docs/scenario-files.md."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from viralsim.spec.document import ScenarioDocument
from viralsim.spec.fields import Hours, notes_of, number_of
from viralsim.spec.metric_names import METRIC_NAMES
from viralsim.spec.presets import PRESETS, engagement_rate
from viralsim.spec.shapes import kinds_of, strip
from viralsim.spec.uncertain import Uncertain

__all__ = ["fields_markdown", "metrics_markdown", "presets_markdown"]

_HOURS = Hours.__metadata__[0]  # type: ignore[attr-defined]


def fields_markdown() -> str:
    """Tables of all fields, section by section."""
    sections: list[str] = []

    def visit(model: type[BaseModel], path: str) -> None:
        rows, below = [], []
        for name, field in model.model_fields.items():
            where = f"{path}.{name}" if path else name
            if name == "kind":
                continue
            rows.append(f"| `{name}` | {_type(field)} | {_default(field)} | {field.description} |")
            inner = _inner(field)
            step = f"{where}.NAME" if _is_map(field) else f"{where}.N" if _is_list(field) else where
            if isinstance(inner, type) and issubclass(inner, BaseModel) and not kinds_of(field.annotation):
                below.append((inner, step))
            for kind, member in kinds_of(field.annotation).items():
                below.append((member, f"{where}: {kind}"))
        text = (model.__doc__ or "").strip().splitlines()[0]
        tag = model.model_fields.get("kind")
        text = str(tag.description) if tag is not None else text
        head = "| field | type, unit | default | what it does |\n|---|---|---|---|\n"
        table = f"\n\n{head}" + "\n".join(rows) if rows else ""
        sections.append(f"### {f'`{path}`' if path else 'The document'}\n\n{text}{table}\n")
        for member, where in below:
            visit(member, where)

    visit(ScenarioDocument, "")
    return "\n".join(sections)


def _is_map(field: FieldInfo) -> bool:
    return getattr(strip(field.annotation), "__origin__", None) is dict


def _is_list(field: FieldInfo) -> bool:
    return getattr(strip(field.annotation), "__origin__", None) is tuple


def _type(field: FieldInfo) -> str:
    kinds = kinds_of(field.annotation)
    if kinds:
        return "one of " + ", ".join(kinds)
    number = number_of(field)
    several = "for each name: " if _is_map(field) else "list of: " if _is_list(field) else ""
    if number is not None:
        kind = {"non-negative": "number >= 0", "positive": "number > 0", "multiplier": "multiplier >= 0"}
        band = "" if number.certain else ", may have a band"
        unit = (
            f"; {number.unit}" if number.unit not in ("number", "probability", "multiplier", "hours") else ""
        )
        return f"{several}{kind.get(number.kind, number.kind)}{band}{unit}"
    parts = get_args(field.annotation)
    if _HOURS in field.metadata or any(_HOURS in getattr(part, "__metadata__", ()) for part in parts):
        return "duration"
    schema = _schema_of(field)
    if "enum" in schema:
        return several + "one of " + ", ".join(schema["enum"])
    if schema.get("type") == "integer":
        return f"{several}whole number, {schema['minimum']:,} to {schema['maximum']:,}"
    inner = _inner(field)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return f"{several}section"
    if inner is datetime.datetime:
        return "date and hour"
    if "overrides" in (field.description or "") or getattr(inner, "__origin__", None) is dict:
        return several + "overrides"
    if "anyOf" in schema:
        either = (
            "segments, or attributes and values" if "object" in str(schema) else "value or list of values"
        )
        return several + either
    if isinstance(schema.get("type"), list):
        return several + " or ".join(_WORDS[name] for name in schema["type"])
    if schema.get("type") == "boolean":
        return "true or false"
    if schema.get("type") == "string":
        return several + ("name" if "pattern" in schema else "text")
    return "its name" if field.annotation is not None and "kind" in str(field.description) else "fixed"


_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def _inner(field: FieldInfo) -> Any:
    """Type of a field, or of the entries of its list or mapping."""
    arguments = get_args(strip(field.annotation))
    if _is_map(field):
        return strip(arguments[1])
    return strip(arguments[0]) if _is_list(field) else strip(field.annotation)


def _schema_of(field: FieldInfo) -> Mapping[str, Any]:
    """JSON Schema of a simple field, {} for others."""
    arguments = get_args(strip(field.annotation)) or get_args(field.annotation)
    nested = [part for argument in (field.annotation, *arguments) for part in _metadata(argument)]
    for part in (*field.metadata, *nested):
        schema = getattr(part, "schema", None)
        if isinstance(schema, dict):
            return schema
    return {}


def _metadata(annotation: Any) -> list[Any]:
    """Metadata of an annotation and of the members of ``X | None``."""
    found = list(getattr(annotation, "__metadata__", ()))
    if type(None) in get_args(annotation):
        found += [part for member in get_args(annotation) for part in _metadata(member)]
    return found


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    default, source = field.default, notes_of(field).get("source")
    if default is None:
        text = "not given"
    elif isinstance(default, Mapping):
        text = str(default.get("kind", "its defaults")) if default else "its defaults"
    elif isinstance(default, tuple):
        text = "everyone" if default else "empty"
    else:
        text = str(default).lower() if isinstance(default, bool) else f"{default}"
    return f"{text} ({source})" if source else text


def presets_markdown() -> str:
    """Tables of the presets' numbers with bands and sources."""
    sections = []
    for name, numbers in PRESETS.items():
        rows = []
        for field, number in numbers.items():
            if isinstance(number, Uncertain):
                shown = number.as_dict()
                year = (
                    f" ({number.year})"
                    if number.year and str(number.year) not in (number.source or "")
                    else ""
                )
                source = f"{number.source}{year}"
                rows.append(
                    f"| `{field}` | {shown['value']} | {shown['low']} to {shown['high']} | {number.unit} | {source} |"
                )
        table = "| field | value | 5 % to 95 % | unit | source |\n|---|---|---|---|---|\n" + "\n".join(rows)
        total = f"Likes, comments, shares and clicks add up to {100 * engagement_rate(name):.2f} % of impressions."
        sections.append(f"### {name}\n\n{total}\n\n{table}\n")
    return "\n".join(sections)


def metrics_markdown() -> str:
    """Table of the names a goal may use."""
    rows = [f"| `{name}` | {entry.unit} | {entry.meaning} |" for name, entry in METRIC_NAMES.items()]
    return "| metric | unit | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"
