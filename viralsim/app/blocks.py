"""Blocks of replicates joined to one ensemble, the same as if they had been run together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.ensemble import Ensemble
from viralsim.engine.runs import simulate
from viralsim.engine.trace import Trace
from viralsim.metrics.tallies import Tallies

__all__ = ["bytes_of", "joined"]

_OF_TALLIES = ("counts", "people", "curves", "trees", "generations", "tree_sizes", "draw", "seed_cost")
_OF_SALES = ("deals", "lines", "wait_hours", "without", "repeat", "damping")
_OF_REACHING = ("counts", "delivered")


def _parts(tallies: Tallies) -> list[tuple[Any, tuple[str, ...]]]:
    """What holds columns with a row per replicate, and their names."""
    found: list[tuple[Any, tuple[str, ...]]] = [(tallies, _OF_TALLIES)]
    if tallies.sales is not None:
        found.append((tallies.sales, _OF_SALES))
    if tallies.reaching is not None:
        found.append((tallies.reaching, _OF_REACHING))
    return found


def bytes_of(ensemble: Ensemble) -> float:
    """Memory of an ensemble's columns."""
    columns: list[NDArray[Any]] = [
        getattr(part, name) for part, names in _parts(ensemble.tallies) for name in names
    ]
    return float(sum(column.nbytes for column in columns))


def _joined_tallies(blocks: Sequence[Tallies]) -> Tallies:
    """All rows one after the other; what a draw or a scenario says is the same in every block."""
    parts = [_parts(block) for block in blocks]
    joined = []
    for same in zip(*parts, strict=True):
        names = same[0][1]
        columns = {name: np.concatenate([getattr(part, name) for part, _ in same]) for name in names}
        joined.append(dataclasses.replace(same[0][0], **columns))
    whole: Tallies = joined.pop(0)
    if whole.sales is not None:
        whole = dataclasses.replace(whole, sales=joined.pop(0))
    return dataclasses.replace(whole, reaching=joined.pop(0)) if joined else whole


def joined(blocks: Sequence[Ensemble]) -> Ensemble:
    """One ensemble of consecutive blocks of replicates.

    Parameters
    ----------
    blocks : sequence of Ensemble
        As `run_block` gives them, in order; each but the last of a multiple of the draws.

    Returns
    -------
    Ensemble
    """
    first = blocks[0]
    if len(blocks) == 1:
        return first
    starts = np.cumsum([0, *(block.replicates for block in blocks)])

    def trace(replicate: int) -> Trace:
        index = int(np.searchsorted(starts, replicate, side="right")) - 1
        found = blocks[index].trace(replicate - int(starts[index]))
        return dataclasses.replace(found, replicate=replicate)

    def again(*, fixed: bool, replicates: int) -> Ensemble:
        return simulate(
            first.scenario, replicates, first.seed, fixed=fixed, draws=min(first.draws, replicates)
        )

    tallies = _joined_tallies([block.tallies for block in blocks])
    return Ensemble(
        tallies, first.scenario, first.seed, first.fixed, first.provenance, tracer=trace, rerunner=again
    )
