"""Overrides: dotted paths (``items.film.share_prob``) or nested mappings laid over a document as written."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from viralsim.spec.document import ScenarioDocument
from viralsim.spec.fields import number_of
from viralsim.spec.platforms import Platform
from viralsim.spec.presets import filled
from viralsim.spec.problems import Path, Problem, allowed_names, dotted
from viralsim.spec.shapes import entry_identity, fields_at, kinds_of, step_into, strip
from viralsim.spec.uncertain import Uncertain

__all__ = ["OverrideError", "apply_overrides", "merge_variant", "plain_copy", "seeding_identities"]


class OverrideError(Exception):
    """An override that cannot be applied; `problem.path` holds its dotted path up to the part that is wrong."""

    def __init__(self, problem: Problem):
        self.problem = problem
        super().__init__(problem.message)


def plain_copy(value: Any) -> Any:
    """A deep copy made of plain dicts, lists, texts and numbers, as a file could hold it."""
    if isinstance(value, Uncertain):
        return value.as_dict()
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()  # numpy arrays and numbers
    if isinstance(value, Mapping):
        return {key: plain_copy(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(part) for part in value]
    return copy.copy(value)


def apply_overrides(
    data: Mapping[str, Any], overrides: Mapping[str, Any], names: dict[Path, str] | None = None
) -> dict[str, Any]:
    """Set whole values by dotted path; None removes what is written.

    Parameters
    ----------
    data : mapping
        The document as written, plain data; it is not changed. What no path leads through is shared with the result.
    overrides : mapping of str to object
        Path -> value. List entries by position, id or name; seedings also as item@platform.
    names : dict, optional
        What was set before, keys and positions -> path as written; added to.

    Raises
    ------
    OverrideError
        If a path leads nowhere, or two lead to the same field.
    """
    made: dict[str, Any] = dict(data)
    names = {} if names is None else names
    for path, value in overrides.items():
        place = _set(made, str(path), plain_copy(value))
        if value is None:  # entries after one that was removed move up
            names.clear()
        elif names.setdefault(place, str(path)) != str(path):
            message = f"is the same field as {names[place]}; set it once"
            raise OverrideError(Problem((str(path),), message))
    return made


def merge_variant(data: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a variant over the document: dotted keys set, nested mappings merge deeply.

    Numbers with a band and tagged unions (mappings with `value` or `kind`) are replaced whole.
    """
    made: dict[str, Any] = plain_copy(data)
    for key, value in variant.items():
        if "." in str(key) or not isinstance(value, Mapping):
            _set(made, str(key), plain_copy(value))
        else:
            _merge(made, (str(key),), value)
    return made


def _merge(made: dict[str, Any], path: Path, change: Mapping[Any, Any]) -> None:
    if "kind" in change or "value" in change or not change:
        _set(made, dotted(path), plain_copy(change))
        return
    for key, value in change.items():
        below = (*path, str(key))
        if isinstance(value, Mapping):
            _merge(made, below, value)
        else:
            _set(made, dotted(below), plain_copy(value))


def _set(made: dict[str, Any], path: str, value: Any) -> Path:
    """Set a value in place; everything on the way to it is copied, nothing else. Returns keys and positions."""
    parts = path.split(".")
    keys: list[str | int] = []
    place: Any = made
    annotation: Any = ScenarioDocument
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        key = _key(place, annotation, part, parts[:i], last)
        below = step_into(annotation, key, place)
        keys.append(key)
        if last:
            if value is not None:
                if isinstance(key, int) and key == len(place):
                    place.append(value)
                else:
                    place[key] = value
            elif isinstance(key, int):
                del place[key]
            else:
                place.pop(key, None)
            return tuple(keys)
        present = key < len(place) if isinstance(key, int) else key in place
        if not present or place[key] is None or not isinstance(place[key], dict | list):
            place[key] = _opened(place, annotation, key, parts[: i + 1], parts[i + 1])
        else:
            place[key] = copy.copy(place[key])  # what others hold is not changed
        place, annotation = place[key], below
    raise AssertionError("a path has at least one part")


def _opened(place: Any, annotation: Any, key: str | int, parts: list[str], wanted: str) -> Any:
    """What to go down into where nothing, a number or only a kind is written: it, or the default or the preset's."""
    below = step_into(annotation, key, place)
    kinds = kinds_of(below)
    written = place[key] if isinstance(key, str) and key in place else None
    if written is None and not isinstance(key, int):
        written = _unwritten(place, annotation, key)
    path = ".".join(parts)
    if isinstance(written, dict | list):
        return written
    if isinstance(written, str) and written in kinds:
        return {"kind": written}
    number = number_of(below)
    if number is not None and not number.certain and step_into(below, wanted) is None:
        return {} if written is None else {"value": written}
    plain = strip(below)
    holds_more = kinds or get_origin(plain) or (isinstance(plain, type) and issubclass(plain, BaseModel))
    if written is not None or not holds_more:
        message = f"{path} is a single value; it has no {wanted!r}: set {path} itself"
        raise OverrideError(Problem((path,), message))
    if kinds:
        message = (
            f"{path} is not written; set all of it, with its kind: {{kind: {next(iter(kinds))}, ...}} "
            f"(allowed: {', '.join(kinds)})"
        )
        raise OverrideError(Problem((path,), message))
    return {}


def _unwritten(place: Any, annotation: Any, key: str) -> Any:
    """What holds where a field is not written: the preset's value or the default; None if there is none."""
    model = strip(annotation)
    if kinds_of(annotation):
        model = kinds_of(annotation)[place["kind"]]
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    default = model.model_fields[key].default
    if model is Platform:
        default = filled(place).get(key, default)
    return None if default is PydanticUndefined else plain_copy(default)


def _key(place: Any, annotation: Any, part: str, above: list[str], last: bool) -> str | int:
    """Key or position that a part of a path stands for, or OverrideError."""
    at, path = ".".join(above), ".".join([*above, part])
    where = f" in {at}" if at else ""
    if isinstance(place, list):
        return _position(place, part, path, at, last)
    fields = fields_at(annotation, place)
    if fields is not None:
        if part not in fields:
            kinds = kinds_of(annotation)
            if kinds and place.get("kind") not in kinds:
                raise OverrideError(Problem((path,), f"{at} has no valid kind; allowed: {', '.join(kinds)}"))
            message = f"unknown key {part!r}{where}; {allowed_names(part, fields)}"
            raise OverrideError(Problem((path,), message))
        return part
    if kinds_of(annotation):
        message = f"{at} has no valid kind; set all of it, with its kind: {', '.join(kinds_of(annotation))}"
        raise OverrideError(Problem((path,), message))
    if number_of(annotation) is not None and step_into(annotation, part) is None:
        allowed = ("value", "low", "high", "source", "year", "unit")
        if part not in allowed:
            message = f"unknown key {part!r} in the number {at}; {allowed_names(part, allowed)}"
            raise OverrideError(Problem((path,), message))
        return part
    if part not in place and not last:
        message = f"unknown name {part!r}{where}; {allowed_names(part, list(place))}"
        raise OverrideError(Problem((path,), message))
    return part


def _position(place: list[Any], part: str, path: str, at: str, last: bool) -> int:
    if part.isdecimal():
        if int(part) < len(place) or (last and int(part) == len(place)):
            return int(part)
        message = f"{at} has {len(place)} entries, numbered from 0; there is no {part}"
        raise OverrideError(Problem((path,), message))
    names = [entry_identity(entry) for entry in place]
    if not any(names):
        names = list(seeding_identities(place))
    if part in names:
        return names.index(part)
    known = [name for name in names if name]
    message = f"unknown entry {part!r} in {at}; {allowed_names(part, known)}, or positions from 0 to {len(place) - 1}"
    raise OverrideError(Problem((path,), message))


def seeding_identities(entries: list[Any]) -> list[str | None]:
    """Stable names of entries without id: item@platform, with -2, -3 for repeats."""
    made: list[str | None] = []
    for entry in entries:
        get = entry.get if isinstance(entry, Mapping) else lambda key, entry=entry: getattr(entry, key, None)
        item, platform = get("item"), get("platform")
        if not isinstance(item, str) or not isinstance(platform, str):
            made.append(None)
            continue
        name = f"{item}@{platform}"
        repeats = sum(1 for other in made if other is not None and other.partition("#")[0] == name)
        made.append(f"{name}#{repeats + 1}" if repeats else name)
    return made
