"""A document as written to a validated one, with all its problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from viralsim.spec.checks import check
from viralsim.spec.document import FORMAT_VERSION, ScenarioDocument, Value
from viralsim.spec.overrides import OverrideError, merge_variant
from viralsim.spec.problems import Problem, dotted, shown
from viralsim.spec.shapes import problem_of

__all__ = ["validate_document", "validate_variants"]

_NOT_IN_VARIANTS = {
    "variants": "a variant cannot have variants",
    "name": "a variant is called by its own key; leave the name out (a title is possible)",
}


def validate_document(
    data: Any,
    folder: FilePath,
    *,
    files: bool = True,
    known: tuple[Mapping[str, Any], ScenarioDocument] | None = None,
) -> tuple[ScenarioDocument | None, list[Problem]]:
    """Validate a document, its variants left aside.

    Parameters
    ----------
    data : object
        The document as written, plain dicts and lists.
    folder : pathlib.Path
        Where relative paths of networks start.
    files : bool
        Whether to look whether the networks' files are there.
    known : (mapping, ScenarioDocument), optional
        A document as written and validated; the parts of `data` that are the very same objects are taken from it.

    Returns
    -------
    ScenarioDocument or None, list of Problem
        The document if it has no problem.
    """
    if not isinstance(data, Mapping):
        return None, [
            Problem(
                (), f"{shown(data)} stands at the top; a scenario is a mapping that begins with  viralsim: 1"
            )
        ]
    version = data.get("viralsim")
    if version is True or (isinstance(version, int | float) and version != FORMAT_VERSION):
        message = (
            f"format version {shown(version)} is not known; this viralsim reads version {FORMAT_VERSION}"
        )
        return None, [Problem(("viralsim",), message)]
    document, found = None, []
    given = data if known is None else _taken(data, *known)
    try:
        document = ScenarioDocument.model_validate(_with_buying(given))
    except ValidationError as error:
        found = [problem_of(one, ScenarioDocument, data) for one in error.errors()]
    for problem in check(data, folder, files):
        # A field that is missing or wrong by itself is not reported a second time by a check.
        if not any(problem.path == other.path for other in found):
            found.append(problem)
    return (None if found else document), found


def _taken(data: Mapping[str, Any], old: Mapping[str, Any], document: ScenarioDocument) -> Mapping[str, Any]:
    """`data` with validated parts in place of those that are the same objects as in `old`.

    Parts are sections, platforms and items. A validated part is taken by pydantic as it is.
    """
    made: dict[str, Any] = {}
    for name, part in data.items():
        before = old.get(name)
        valid: Any = getattr(document, name, None)
        if part is before and isinstance(part, dict | list):
            made[name] = valid
        elif name == "platforms" and isinstance(part, dict) and isinstance(before, dict):
            made[name] = {
                key: valid[key] if key in before and one is before[key] else one for key, one in part.items()
            }
        elif name == "items" and isinstance(part, list) and isinstance(before, list):
            valid_by_id = {id(one): made_of for one, made_of in zip(before, valid, strict=True)}
            made[name] = [valid_by_id.get(id(one), one) for one in part]
        else:
            made[name] = part
    return made


def _with_buying(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with `buying` at its defaults where a price or margin says that something is sold."""
    value = data.get("value")
    if isinstance(value, Value):
        value = {"price": value.price, "margin": value.margin}
    sold = isinstance(value, Mapping) and any(value.get(name) is not None for name in ("price", "margin"))
    return {**data, "buying": {}} if sold and data.get("buying") is None else data


def validate_variants(data: Mapping[str, Any], base: list[Problem], folder: FilePath) -> list[Problem]:
    """Problems that the variants bring in, each located at the variant."""
    known = {(problem.path, problem.message) for problem in base}
    variants = data.get("variants")
    found: list[Problem] = []
    for name, variant in (variants if isinstance(variants, Mapping) else {}).items():
        if not isinstance(variant, Mapping):
            continue
        unusable = [key for key in _NOT_IN_VARIANTS if key in variant]
        for key in unusable:
            found.append(Problem(("variants", name, key), _NOT_IN_VARIANTS[key], at_key=True))
        if unusable:
            continue
        try:
            merged = merge_variant({k: v for k, v in data.items() if k != "variants"}, variant)
        except OverrideError as error:
            at = _override_key(variant, str(error.problem.path[0]))
            found.append(Problem(("variants", name, *at), error.problem.message, at_key=True))
            continue
        for problem in validate_document(merged, folder)[1]:
            if (problem.path, problem.message) not in known:
                at = _override_key(variant, dotted(problem.path))
                detail = "" if dotted(at) == dotted(problem.path) else f"{dotted(problem.path)}: "
                found.append(Problem(("variants", name, *at), detail + problem.message))
    return found


def _override_key(variant: Mapping[Any, Any], path: str) -> tuple[str, ...]:
    """Key of the variant that a path of the merged document comes from; () if it cannot be told.

    List positions and ids are taken for one another, since either may be written.
    """
    best: tuple[str, ...] = ()
    parts = path.split(".")

    def fits(one: str, other: str) -> bool:
        return one == other or one.isdecimal() != other.isdecimal()

    def visit(place: Mapping[Any, Any], above: tuple[str, ...], rest: list[str]) -> None:
        nonlocal best
        for key, value in place.items() if rest else ():
            key_parts = str(key).split(".")
            width = min(len(key_parts), len(rest))
            if not all(fits(a, b) for a, b in zip(key_parts[:width], rest, strict=False)):
                continue
            if len(above) + 1 > len(best):
                best = (*above, str(key))
            if isinstance(value, Mapping):
                visit(value, (*above, str(key)), rest[len(key_parts) :])

    visit(variant, (), parts)
    return best
