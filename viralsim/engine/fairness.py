"""Whom a campaign leaves out on purpose: warnings where people are chosen by age or income."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["SENSITIVE", "chosen_by_sensitive_attributes"]

SENSITIVE = ("age", "income")
"""Attributes by which choosing people is restricted in many places, above all for jobs, housing and credit."""


def chosen_by_sensitive_attributes(scenario: Any) -> list[str]:
    """A warning for each sensitive attribute by which the scenario chooses people.

    Parameters
    ----------
    scenario : resolved document

    Returns
    -------
    list of str
        Empty where nobody is chosen by age or income.
    """
    by_name = {segment.name: segment.attributes for segment in scenario.audience.segments}
    used: dict[str, str] = {}
    for entry in scenario.campaign.seeding:
        _note(used, _named(entry.pick, by_name), "People asked to share are")
    for flight in scenario.campaign.paid:
        if isinstance(flight.target, Mapping):
            _note(used, flight.target, "People shown ads are")
            continue
        for segment in flight.target:
            _note(used, by_name.get(segment, {}), "People shown ads are")
    return [
        f"{who} chosen by {name}: others are left out on purpose, which is restricted in many places, above all for "
        f"jobs, housing and credit. Look at who is reached: run --by {name}."
        for name, who in used.items()
    ]


def _named(pick: Any, by_name: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """Attributes by which a pick chooses."""
    if pick.kind == "attributes":
        return tuple(pick.where)
    return tuple(by_name.get(pick.segment, {})) if pick.kind == "segment" else ()


def _note(used: dict[str, str], names: Iterable[str], who: str) -> None:
    for name in names:
        if str(name).lower() in SENSITIVE:
            used.setdefault(str(name), who)
