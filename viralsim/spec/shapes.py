"""The shape of the document as data: which fields a place has, and what pydantic's errors say there."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from viralsim.spec.fields import KindWord, Model
from viralsim.spec.problems import Path, Problem, allowed_names, shown

__all__ = ["entry_identity", "fields_at", "kinds_of", "models_in", "problem_of", "step_into", "strip"]


def strip(annotation: Any) -> Any:
    """An annotation without Annotated and without `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) in (Union, types.UnionType):
            rest = [part for part in get_args(annotation) if part is not type(None)]
            if len(rest) == 1:
                annotation = rest[0]
                continue
        return annotation


def kinds_of(annotation: Any) -> dict[str, type[BaseModel]]:
    """Kind -> model of a tagged union; empty for anything else."""
    plain = strip(annotation)
    if get_origin(plain) not in (Union, types.UnionType):
        return {}
    made = {}
    for part in get_args(plain):
        model = strip(part)
        if isinstance(model, type) and issubclass(model, BaseModel) and "kind" in model.model_fields:
            made[kind_of(model)] = model
    return made


def kind_of(model: type[BaseModel]) -> str:
    """The kind that a member of a tagged union stands for."""
    return str(get_args(model.model_fields["kind"].annotation)[0])


def step_into(annotation: Any, part: str | int, value: Any = None) -> Any:
    """Annotation one step down, or None where there is nothing.

    Parameters
    ----------
    annotation : object
        Annotation of the place.
    part : str or int
        Field, key, list position, or the kind of a tagged union.
    value : object
        What is written at the place; decides among kinds.
    """
    kinds = kinds_of(annotation)
    if kinds:
        written = value.get("kind") if isinstance(value, Mapping) else value
        if part in kinds and (not isinstance(value, Mapping) or part == written):
            return kinds[str(part)]
        return step_into(kinds[written], part) if isinstance(written, str) and written in kinds else None
    plain = strip(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        field = plain.model_fields.get(str(part))
        if field is None:
            return None
        return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    arguments = get_args(plain)
    if get_origin(plain) is tuple:
        return arguments[0] if isinstance(part, int) else None
    if get_origin(plain) is dict:
        return arguments[1]
    return None


def fields_at(annotation: Any, value: Any = None) -> list[str] | None:
    """Names of the fields of a place; None where it is no mapping with fixed fields."""
    kinds = kinds_of(annotation)
    if kinds:
        written = value.get("kind") if isinstance(value, Mapping) else value
        if not isinstance(written, str) or written not in kinds:
            return None
        annotation = kinds[written]
    plain = strip(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return list(plain.model_fields)
    return None


def entry_identity(entry: Any) -> str | None:
    """Name by which a list entry can be addressed: its id or name."""
    for name in ("id", "name"):
        found = entry.get(name) if isinstance(entry, Mapping) else getattr(entry, name, None)
        if isinstance(found, str):
            return found
    return None


def models_in(root: type[Model]) -> Iterator[type[BaseModel]]:
    """A model and all models below it, each once."""
    seen: list[type[BaseModel]] = []

    def visit(annotation: Any) -> None:
        plain = strip(annotation)
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            if plain in seen:
                return
            seen.append(plain)
            for field in plain.model_fields.values():
                visit(field.annotation)
            return
        for argument in get_args(plain):
            if argument is not KindWord:
                visit(argument)

    visit(root)
    yield from seen


def problem_of(error: ErrorDetails, root: type[Model], data: Any) -> Problem:
    """A pydantic error in our words, with the place in the document as written."""
    path, annotation, value, at_key = _place(error["loc"], root, data)
    kind, context = error["type"], error.get("ctx") or {}
    last = path[-1] if path else ""
    if kind == "scenario":
        inside = context.get("at")
        return Problem((*path, inside) if inside is not None else path, context["message"], at_key)
    if kind == "extra_forbidden":
        parent = fields_at(annotation, value) or []
        comma = "a comma begins a new entry: write 10000 or 0.02, without one; " * str(last).isdecimal()
        return Problem(path, f"unknown key {last!r}; {comma}{allowed_names(last, parent)}", at_key=True)
    if kind == "missing":
        return Problem(path, f"is missing; {_meaning(annotation, value, last)}")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        kinds = list(kinds_of(annotation))
        if kind == "union_tag_not_found":
            return Problem(path, f"kind is missing; allowed: {', '.join(kinds)}")
        written = value.get("kind") if isinstance(value, Mapping) else value
        where = (*path, "kind") if isinstance(value, Mapping) else path
        return Problem(where, f"unknown kind {shown(written)}; {allowed_names(written, kinds)}")
    if kind in ("model_type", "model_attributes_type", "dict_type", "mapping_type"):
        fields = fields_at(annotation, value)
        keys = f"; allowed keys: {', '.join(fields)}" if fields else ""
        return Problem(path, f"{shown(value)} is not a mapping; write its keys, one a line{keys}")
    if kind in ("too_short", "too_long"):
        least, most = context.get("min_length"), context.get("max_length")
        limit = f"at least {least}" if kind == "too_short" else f"at most {most}"
        return Problem(path, f"{context.get('actual_length', 0)} entries; allowed: {limit}")
    if kind in ("string_type", "invalid_key"):
        return Problem(path, f"the key {shown(last)} is not a text; put it in quotes", at_key=True)
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace(" or ", ", ")
        return Problem(path, f"{shown(error.get('input'))} is unknown; allowed: {expected}")
    return Problem(path, f"{shown(value)}: {error['msg']}")


def _place(loc: tuple[str | int, ...], root: type[Model], data: Any) -> tuple[Path, Any, Any, bool]:
    """Path as written, the annotation and value there, and whether a key is meant.

    Pydantic puts the kind of a tagged union into the location; it is no part of the path. For an
    unknown or missing field the annotation and value are those of the mapping it is (not) in.
    """
    path: Path = ()
    annotation: Any = root
    value, tagged = data, False
    for i, part in enumerate(loc):
        if part == "[key]":
            return path, annotation, value, True
        written = value.get("kind") if isinstance(value, Mapping) else value
        if kinds_of(annotation) and not tagged and part == written:
            annotation, tagged = step_into(annotation, part, value), True
            continue
        path = (*path, part)
        below = step_into(annotation, part, value)
        present = (isinstance(value, Mapping) and part in value) or (
            isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)
        )
        if i == len(loc) - 1 and (below is None or not present):
            return path, annotation, value, False
        annotation, tagged = below, False
        value = value[part] if present else None
    return path, annotation, value, False


def _meaning(annotation: Any, value: Any, name: str | int) -> str:
    """Description of a field that is missing."""
    kinds = kinds_of(annotation)
    if kinds and isinstance(value, Mapping):
        annotation = kinds.get(str(value.get("kind")), annotation)
    plain = strip(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel) and str(name) in plain.model_fields:
        text = str(plain.model_fields[str(name)].description)
        return f"write {name}: {text[0].lower() + text[1:]}"
    return f"write {name}"
