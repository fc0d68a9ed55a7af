"""The one exception tree. Every message says what, where, what is allowed and what to do."""

from __future__ import annotations

__all__ = [
    "EngineError",
    "GraphError",
    "ScenarioError",
    "SpecError",
    "StoreError",
    "ViralsimError",
]


class ViralsimError(Exception):
    """Base of every error viralsim raises on purpose; the doors print it without a traceback."""


class SpecError(ViralsimError, ValueError):
    """A value that was asked for cannot be used (an argument, an option, an override)."""


class ScenarioError(SpecError):
    """A scenario has one or more problems, all reported at once.

    Parameters
    ----------
    problems : list of str
        One line per problem, each ``file:line:column: field: what, allowed, nearest``.
    """

    def __init__(self, problems: list[str] | str):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class GraphError(ViralsimError, ValueError):
    """A graph cannot be built or read; for files the message starts with ``path:line:``."""


class EngineError(ViralsimError, RuntimeError):
    """A simulation cannot be run as asked (memory, limits)."""


class StoreError(ViralsimError, RuntimeError):
    """A results folder or store cannot be read or written."""
