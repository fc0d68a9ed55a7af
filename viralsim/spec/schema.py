"""The JSON Schema of scenario files, for editors that complete and check while one types."""

from __future__ import annotations

import json
from typing import Any

from viralsim.spec.document import ScenarioDocument

__all__ = ["SCHEMA_NAME", "json_schema", "schema_text"]

SCHEMA_NAME = "viralsim.schema.json"


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file, made from the models.

    What only viralsim itself can tell is not in it: names that must exist, sums, order in time. The
    numbers a preset fills in are not required.
    """
    schema = ScenarioDocument.model_json_schema()
    schema["title"] = "viralsim scenario"
    platform = schema["$defs"]["Platform"]
    for name in ("organic_reach", "share_prob"):
        if name in platform.get("required", []):
            platform["required"].remove(name)
    if not platform.get("required", True):
        del platform["required"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
