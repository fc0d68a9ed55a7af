"""One walk over a validated document, used by everything that looks at all its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from viralsim.spec.fields import Frozen, NumberField, notes_of, number_of
from viralsim.spec.overrides import seeding_identities
from viralsim.spec.shapes import entry_identity

__all__ = ["Leaf", "Spot", "Spots", "changed", "leaves", "lent_prices", "spots"]


_PLAIN = (str, int, bool, float)


class Leaf(NamedTuple):
    """A number of the document and what is declared about it."""

    path: str
    """Stable path, with ids in place of list positions."""
    value: float
    number: NumberField
    field: FieldInfo
    written: bool
    """Whether the scenario (or its preset) gives it; else it is a default."""
    results: bool
    """Whether it can change what is simulated or counted."""


@lru_cache(maxsize=256)
def _fields(model: type[BaseModel]) -> tuple[tuple[str, FieldInfo, NumberField | None], ...]:
    """Name, declaration and number of every field of a model; looked up once."""
    return tuple((name, field, number_of(field)) for name, field in model.model_fields.items())


def leaves(document: BaseModel) -> Iterator[Leaf]:
    """All uncertain-capable numbers of a document, in its order."""
    lent = {f"platforms.{name}.cpm" for name in lent_prices(document)}
    for leaf in _leaves(document, "", True, True):
        yield leaf._replace(results=True) if leaf.path in lent else leaf


def lent_prices(document: Any) -> set[str]:
    """Platforms whose cpm is the price of a flight that has none of its own: there it changes results."""
    campaign: Any = getattr(document, "campaign", None)
    lent = {flight.platform for flight in getattr(campaign, "paid", ()) if flight.cpm is None}
    if any(rule.kind == "boost" and rule.cpm is None for rule in getattr(campaign, "rules", ())):
        lent |= {post.platform for post in campaign.posts}
    return lent


def _leaves(model: BaseModel, above: str, written: bool, results: bool) -> Iterator[Leaf]:
    for name, field, number in _fields(type(model)):
        value = getattr(model, name)
        here = written and name in model.model_fields_set
        counts = results and notes_of(field).get("results", True)
        for path, part in _parts(value, f"{above}.{name}" if above else name):
            if isinstance(part, BaseModel):
                yield from _leaves(part, path, here, counts)
            elif number is not None and not number.certain and isinstance(part, float):
                yield Leaf(path, part, number, field, here, counts)


def _parts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple):
        names = _identities(value)
        for i, part in enumerate(value):
            yield f"{path}.{names[i] or i}", part
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield f"{path}.{key}", part
    else:
        yield path, value


def _identities(entries: tuple[Any, ...]) -> list[str | None]:
    names = [entry_identity(entry) for entry in entries]
    return names if any(names) else seeding_identities(list(entries))


@lru_cache(maxsize=256)
def _inner_fields(model: type[BaseModel]) -> tuple[tuple[str, bool], ...]:
    """Name of every field of a model that may hold numbers to change, and whether it is such a number itself."""
    return tuple(
        (name, number is not None and not number.certain)
        for name, field, number in _fields(model)
        if (number is not None and not number.certain) or field.annotation not in _PLAIN
    )


class Spot(NamedTuple):
    """A number in a document: its stable path and what stands there."""

    path: str
    value: float


Spots = dict[Any, Any]
"""Where numbers are: name, position or key -> Spot, or the spots of the part under it."""


def spots(model: BaseModel, wanted: Callable[[float], bool], above: str = "") -> Spots:
    """Where in a document the numbers are that are `wanted` (called with each of them)."""
    found: Spots = {}
    for name, is_number in _inner_fields(type(model)):
        value = getattr(model, name)
        if value is None or (type(value) in _PLAIN and not (is_number and isinstance(value, float))):
            continue
        inside = _spots_in(value, wanted, f"{above}.{name}" if above else name, is_number)
        if inside:
            found[name] = inside
    return found


def _spots_in(value: Any, wanted: Callable[[float], bool], path: str, is_number: bool) -> Spots | Spot | None:
    """Those in the value of a field."""
    if isinstance(value, BaseModel):
        return spots(value, wanted, path)
    if isinstance(value, tuple) and any(isinstance(part, BaseModel) for part in value):
        inside = [spots(part, wanted, at) for at, part in _parts(value, path)]
        return {i: one for i, one in enumerate(inside) if one}
    if isinstance(value, Mapping):
        if any(isinstance(part, BaseModel) for part in value.values()):
            within = {key: spots(part, wanted, f"{path}.{key}") for key, part in value.items()}
            return {key: one for key, one in within.items() if one}
        if is_number:
            return {key: Spot(f"{path}.{key}", part) for key, part in value.items() if wanted(part)}
        return None
    return Spot(path, value) if is_number and isinstance(value, float) and wanted(value) else None


def changed(part: Any, where: Spots | Spot, change: Callable[[str, Any], float]) -> Any:
    """A document with the numbers at some spots changed by a function of their stable path and value."""
    if isinstance(where, Spot):
        return change(where.path, where.value)
    if not where:
        return part
    if isinstance(part, BaseModel):
        return part.model_copy(
            update={name: changed(getattr(part, name), at, change) for name, at in where.items()}
        )
    if isinstance(part, tuple):
        return tuple(changed(one, where[i], change) if i in where else one for i, one in enumerate(part))
    return Frozen({**part, **{key: changed(part[key], at, change) for key, at in where.items()}})
