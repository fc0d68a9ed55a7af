"""The central ensemble: the same draws, every uncertain number at its value; it tells audience from assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble

__all__ = ["Rerunner", "central_replicates"]

_PER_DRAW = 5  # replicates, at most


def central_replicates(replicates: int, draws: int) -> int:
    """Replicates of the ensemble with every uncertain number held that tells audience from assumptions."""
    return min(max(replicates // draws, 2), _PER_DRAW) * draws


class Rerunner(Protocol):
    """Runs the scenario of an ensemble again, with the same seed and draws."""

    def __call__(self, *, fixed: bool, replicates: int) -> Ensemble: ...
