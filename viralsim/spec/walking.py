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

__all__ = ["Leaf", "leaves", "lent_prices", "replaced"]


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
    campaign = getattr(document, "campaign", None)
    return {flight.platform for flight in getattr(campaign, "paid", ()) if flight.cpm is None}


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


def replaced(model: BaseModel, change: Callable[[str, float], float], above: str = "") -> Any:
    """The same document with each number changed by a function of its stable path and value."""
    update: dict[str, Any] = {}
    for name, _, number in _fields(type(model)):
        value = getattr(model, name)
        path = f"{above}.{name}" if above else name
        if isinstance(value, BaseModel):
            update[name] = replaced(value, change, path)
        elif isinstance(value, tuple) and any(isinstance(part, BaseModel) for part in value):
            update[name] = tuple(replaced(part, change, at) for at, part in _parts(value, path))
        elif isinstance(value, Mapping) and any(isinstance(part, BaseModel) for part in value.values()):
            update[name] = Frozen(
                {key: replaced(part, change, f"{path}.{key}") for key, part in value.items()}
            )
        elif number is not None and not number.certain:
            if isinstance(value, Mapping):
                update[name] = Frozen({key: change(f"{path}.{key}", part) for key, part in value.items()})
            elif isinstance(value, float):
                update[name] = change(path, value)
    return model.model_copy(update=update)
