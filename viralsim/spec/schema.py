"""The JSON Schema of scenario files, for editors that complete and check while one types."""

from __future__ import annotations

import json
from typing import Any

from viralsim.spec.document import ScenarioDocument
from viralsim.spec.presets import SOLVED_TOGETHER

__all__ = ["SCHEMA_NAME", "json_schema", "schema_text"]

SCHEMA_NAME = "viralsim.schema.json"

_WRITTEN = {"not": {"type": "null"}}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file, made from the models.

    What only viralsim itself can tell is not in it: names that must exist, sums, order (low <= value <= high, posts
    before the end), what a variant makes of the rest, what is in files. The numbers a preset fills in are required only
    without one.
    """
    schema = _lengths(ScenarioDocument.model_json_schema())
    schema["title"] = "viralsim scenario"
    parts = schema["$defs"]
    _platform(parts["Platform"])
    for name, part in parts.items():
        if {"count", "budget"} <= part["properties"].keys():
            parts[name] = {**part, "oneOf": [_given("count"), _given("budget")]}
    # Every way of picking people needs a count, a budget or a list: none is written as its kind alone.
    pick = parts["Seeding"]["properties"]["pick"]
    pick.update(next(option for option in pick.pop("anyOf") if "oneOf" in option))
    parts["Audience"]["properties"]["segments"]["minItems"] = 1
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _given(name: str) -> dict[str, Any]:
    """Schema of a mapping in which a key has a value."""
    return {"required": [name], "properties": {name: _WRITTEN}}


def _platform(platform: dict[str, Any]) -> None:
    """Without a preset its numbers are required; and never all three that determine one another."""
    platform["anyOf"] = [_given("preset"), {"required": platform.pop("required")}]
    all_three = {
        "required": list(SOLVED_TOGETHER),
        "properties": dict.fromkeys(SOLVED_TOGETHER, _WRITTEN),
    }
    platform["not"] = all_three


def _lengths(schema: Any) -> Any:
    """The schema with limits on lists and mappings named as JSON Schema names them, and its mappings closed.

    Pydantic writes minLength for everything whose reader is a function, which says nothing about a list.
    """
    if isinstance(schema, list):
        return [_lengths(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _lengths(part) for key, part in schema.items()}
    counted = {"array": "Items", "object": "Properties"}.get(str(made.get("type")))
    for side in ("min", "max") if counted else ():
        if f"{side}Length" in made:
            made[f"{side}{counted}"] = made.pop(f"{side}Length")
    if "patternProperties" in made:
        made.setdefault("additionalProperties", False)
    return made


def schema_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
