"""A plan's steps: sentences, a table for people, and the same numbers for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Plan", "Row", "Step"]

Row = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One step of the plan.

    Parameters
    ----------
    title : str
    says : tuple of str
        What follows from the numbers, in sentences.
    heads : tuple of str
    rows : tuple of tuples of str
        A table, for people.
    numbers : dict
        The same for programs.
    """

    title: str
    says: tuple[str, ...]
    heads: Row = ()
    rows: tuple[Row, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """The steps, in the order to take them."""

    scenario: str
    seed: int
    replicates: int
    draws: int
    steps: tuple[Step, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "replicates": self.replicates,
            "draws": self.draws,
            "steps": [
                {"title": step.title, "says": list(step.says), "numbers": step.numbers} for step in self.steps
            ],
        }
