"""Whom to ask: centralities, degree discount, influence maximisation, the picks of a scenario.

Names load with their module on first use, so that picking people compiles nothing of the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viralsim.seeding.betweenness import Betweenness, approximate_betweenness
    from viralsim.seeding.centralities import core_number, degree_discount
    from viralsim.seeding.influence import (
        InfluentialPeople,
        ReverseSets,
        maximize_influence,
        reverse_reachable_sets,
    )
    from viralsim.seeding.pick import pick_people

_HOME = {
    "Betweenness": "betweenness",
    "InfluentialPeople": "influence",
    "ReverseSets": "influence",
    "approximate_betweenness": "betweenness",
    "core_number": "centralities",
    "degree_discount": "centralities",
    "maximize_influence": "influence",
    "pick_people": "pick",
    "reverse_reachable_sets": "influence",
}

__all__ = [
    "Betweenness",
    "InfluentialPeople",
    "ReverseSets",
    "approximate_betweenness",
    "core_number",
    "degree_discount",
    "maximize_influence",
    "pick_people",
    "reverse_reachable_sets",
]


def __getattr__(name: str) -> Any:
    """Load a name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(
            f"module 'viralsim.seeding' has no attribute {name!r}; it has {', '.join(__all__)}"
        )
    from importlib import import_module

    value = getattr(import_module(f"viralsim.seeding.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Names of the layer."""
    return sorted(__all__)
