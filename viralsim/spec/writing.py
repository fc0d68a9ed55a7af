"""A scenario as plain data, as YAML, and as a digest."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, get_args

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from viralsim.spec.audience import Audience
from viralsim.spec.campaign import Campaign
from viralsim.spec.checks import graph_path
from viralsim.spec.document import ScenarioDocument
from viralsim.spec.durations import format_duration
from viralsim.spec.fields import Hours, notes_of, number_of
from viralsim.spec.identity import Same
from viralsim.spec.items import Item
from viralsim.spec.networks import GraphFile
from viralsim.spec.platforms import Platform
from viralsim.spec.uncertain import Uncertain, plain_number
from viralsim.spec.walking import lent_prices

__all__ = ["digest_of", "full_data", "to_yaml"]

# Texts the writer would leave bare and its own reader, or a reader of YAML 1.1, would take for something else.
_TO_QUOTE = re.compile(r"[?:,\-]|(y|n|yes|no|on|off)$|[-+.\d][\d:_.,+-]*$", re.IGNORECASE)
_HOURS = Hours.__metadata__[0]  # type: ignore[attr-defined]


def full_data(document: ScenarioDocument) -> dict[str, Any]:
    """Plain data with every default and preset number written out; it can be read back."""
    data = _plain(document)
    return {key: value for key, value in data.items() if value not in ({}, [])}


def _plain(model: BaseModel) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        number = number_of(field)
        parts = get_args(field.annotation)  # of a duration that may be left out
        timed = (number is not None and number.kind == "duration") or _HOURS in field.metadata
        timed = timed or any(_HOURS in getattr(part, "__metadata__", ()) for part in parts)
        source = notes_of(field).get("source")
        if source and name not in model.model_fields_set and number is not None and not number.certain:
            value = Uncertain(value, value, value, "duration" if timed else "number", source=source)
        if value is not None and value != {} and value != ():
            made[name] = _plain_value(value, timed)
    return made


def _plain_value(value: Any, timed: bool) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, Mapping):
        return {key: _plain_value(part, timed) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain_value(part, timed) for part in value]
    if isinstance(value, Uncertain):
        return value.as_dict()
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="minutes" if value.second == value.microsecond == 0 else "auto")
    if isinstance(value, float):
        return format_duration(value) if timed else plain_number(value)
    return value


# --- YAML --------------------------------------------------------------------------------------------


def to_yaml(data: Mapping[str, Any]) -> str:
    """YAML 1.2 text of plain data; small mappings stand on one line."""
    writer = YAML(typ="rt", pure=True)
    writer.width = 116
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    writer.dump(_styled(data), stream)
    return stream.getvalue()


def _styled(value: Any) -> Any:
    if isinstance(value, Mapping):
        made = CommentedMap((_styled(key), _styled(part)) for key, part in value.items())
        if all(not isinstance(part, Mapping | list) for part in value.values()) and len(str(value)) < 100:
            made.fa.set_flow_style()
        return made
    if isinstance(value, list | tuple):
        sequence = CommentedSeq(_styled(part) for part in value)
        if all(not isinstance(part, Mapping | list) for part in value):
            sequence.fa.set_flow_style()
        return sequence
    if isinstance(value, Uncertain):
        return _styled(value.as_dict())
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, str) and _TO_QUOTE.match(value):
        return DoubleQuotedScalarString(value)
    return value


# --- digest ------------------------------------------------------------------------------------------


def digest_of(document: ScenarioDocument, folder: FilePath) -> str:
    """Hex digest (SHA-256) of all that changes results; equivalent ways of writing agree.

    Left out: names, titles, notes, sources, the goal, the variants, and attributes that nobody is chosen by. Presets
    and defaults are written out, a band of no width is a plain number, a network's file counts by its content and not
    by its path.
    """
    data = _canonical(document, folder)
    data["items"] = sorted(data["items"], key=lambda item: str(item["id"]))
    campaign = data["campaign"] = dict(data["campaign"])
    for part in ("posts", "paid"):
        campaign[part] = sorted(campaign[part], key=lambda entry: json.dumps(entry, sort_keys=True))
    data["platforms"] = {
        name: {key: value for key, value in platform.items() if key != "preset"}
        for name, platform in data["platforms"].items()
    }
    for name in lent_prices(document):
        data["platforms"][name]["cpm"] = _canonical(document.platforms[name].cpm, folder)
    if not any(entry["pick"]["kind"] == "attributes" for entry in campaign["seeding"]) and not any(
        isinstance(flight["target"], Mapping) for flight in campaign["paid"]
    ):
        without = [  # results are only read by them
            {key: value for key, value in segment.items() if key != "attributes"}
            for segment in data["audience"]["segments"]
        ]
        data["audience"] = {**data["audience"], "segments": without}
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(value: Any, folder: FilePath) -> Any:
    if isinstance(value, BaseModel):
        made = {}
        for name, field in type(value).model_fields.items():
            part = getattr(value, name)
            if part is not None and notes_of(field).get("results", True):
                made[name] = _shared(part, folder)
        if isinstance(value, GraphFile):
            made["path"] = "sha256:" + _file_digest(graph_path(value.path, folder))
        return made
    if isinstance(value, Mapping):
        return {str(key): _shared(part, folder) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_shared(part, folder) for part in value]
    if isinstance(value, Uncertain) and value.has_band:
        return [repr(value.low), repr(value.value), repr(value.high)]
    if isinstance(value, float):
        return repr(float(value) + 0.0)
    return value.isoformat() if isinstance(value, datetime.datetime) else value


def _shared(value: Any, folder: FilePath) -> Any:
    """As `_canonical`, made once for the large parts that the settings of a sweep share; not to be changed."""
    if isinstance(value, Audience | Campaign | Item) or (
        isinstance(value, Platform) and not isinstance(value.network, GraphFile)  # a file may change
    ):
        return _canonical_once(Same(value))
    return _canonical(value, folder)


@lru_cache(maxsize=128)
def _canonical_once(part: Same[Any]) -> Any:
    return _canonical(part.value, FilePath())


def _file_digest(path: FilePath) -> str:
    try:
        status = path.stat()
    except OSError:
        return "absent"
    return _content_digest(str(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _content_digest(path: str, modified_ns: int, size: int) -> str:
    """SHA-256 of a file's bytes, remembered while the file is unchanged."""
    total = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            total.update(block)
    return total.hexdigest()
