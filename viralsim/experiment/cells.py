"""Cells: one setting and a block of its replicates, and what comes out of running it."""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.effort import Effort
from viralsim.engine.runs import run_block
from viralsim.errors import StoreError, ViralsimError
from viralsim.experiment.audiences import Audiences
from viralsim.metrics import registry
from viralsim.metrics.columns import Column
from viralsim.metrics.tails import caution_of, may_reach_one
from viralsim.metrics.uncertainty import Summary, summarise_all
from viralsim.metrics.views import View
from viralsim.spec import Scenario

__all__ = ["Cell", "Columns", "Outcome", "cell_key", "missing_blocks", "run_cell", "summaries_of"]

BLOCK = 1000
"""Replicates of a cell at most (rounded to a multiple of the draws)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Replicates first, ..., first + count - 1 of one setting.

    Parameters
    ----------
    key : str
        Digest of all that decides the results: scenario, seed, draws, fixed (see `cell_key`).
    first, count : int
    scenario : Scenario
    seed, draws : int
    fixed : bool
    central : mapping of platform name to platform, optional
        See `viralsim.engine.compiled.compile_draw`; part of what `key` stands for.
    """

    key: str
    first: int
    count: int
    scenario: Scenario
    seed: int
    draws: int
    fixed: bool
    central: Mapping[str, Any] | None = None

    @property
    def name(self) -> tuple[str, int, int]:
        """What tells cells apart."""
        return self.key, self.first, self.count


@dataclass(frozen=True, slots=True)
class Columns:
    """Every defined metric of some replicates of one setting.

    Parameters
    ----------
    names : tuple of str
    numerator, denominator : float64[metrics, replicates]
    cut_draws : int
        Draws whose R was cut to what a network carries.
    ceilings : tuple of float or None
        Upper bound of each metric's expected value, None where it has none.
    """

    names: tuple[str, ...]
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    cut_draws: int
    ceilings: tuple[float | None, ...]

    def to_bytes(self) -> bytes:
        """For the store: names, shape and numbers, compressed."""
        facts = [list(self.names), list(self.numerator.shape), self.cut_draws, list(self.ceilings)]
        head = json.dumps(facts).encode() + b"\n"
        return zlib.compress(head + self.numerator.tobytes() + self.denominator.tobytes(), 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Columns:
        """What `to_bytes` made; StoreError that says what is wrong if it is damaged."""
        try:
            head, _, body = zlib.decompress(data).partition(b"\n")
            names, shape, cut_draws, ceilings = json.loads(head)
            numbers = np.frombuffer(body, np.float64).reshape(2, len(names), shape[1])
        except (zlib.error, ValueError, TypeError, IndexError, KeyError) as error:
            raise StoreError(str(error)) from None
        return cls(tuple(names), numbers[0], numbers[1], int(cut_draws), tuple(ceilings))

    @classmethod
    def joined(cls, blocks: list[Columns], count: int) -> Columns:
        """Blocks one after the other, the first `count` replicates of them."""
        return cls(
            blocks[0].names,
            np.concatenate([block.numerator for block in blocks], axis=1)[:, :count],
            np.concatenate([block.denominator for block in blocks], axis=1)[:, :count],
            max(block.cut_draws for block in blocks),
            _highest([block.ceilings for block in blocks]),
        )

    def column(self, name: str) -> Column:
        """A metric per replicate."""
        row = self.names.index(name)
        return Column(self.numerator[row], self.denominator[row])

    def kind(self, name: str) -> registry.Metric:
        """The metric, bounded by the people that there were."""
        return replace(registry.METRICS[name], ceiling=self.ceilings[self.names.index(name)])


def _highest(ceilings: list[tuple[float | None, ...]]) -> tuple[float | None, ...]:
    """The highest bound of each metric that any block has; None where one has none."""
    return tuple(None if None in most else max(most) for most in zip(*ceilings, strict=True))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A cell that was run: its columns, or why there are none."""

    key: str
    first: int
    count: int
    columns: bytes | None
    error: str | None = None

    @property
    def name(self) -> tuple[str, int, int]:
        """That of the cell."""
        return self.key, self.first, self.count


def cell_key(scenario: Scenario, seed: int, draws: int, fixed: bool) -> str:
    """Digest of all that decides the results of a setting's replicates, their number apart."""
    text = json.dumps([scenario.digest, seed, draws, fixed])
    return hashlib.sha256(text.encode()).hexdigest()


def missing_blocks(
    kept: Mapping[int, int], replicates: int, draws: int, block: int = BLOCK
) -> list[tuple[int, int]]:
    """(first, count) of the blocks that are still to be run; every first is a multiple of `draws`.

    Parameters
    ----------
    kept : mapping of int to int
        First -> count of the blocks there are.
    replicates, draws : int
        Wanted, and what they are dealt over.
    block : int
        Largest block, rounded to a multiple of `draws`.

    Examples
    --------
    >>> missing_blocks({}, 50, 20, 40), missing_blocks({0: 40}, 50, 20, 40), missing_blocks({0: 30}, 60, 20, 40)
    ([(0, 40), (40, 10)], [(40, 10)], [(0, 40), (40, 20)])
    """
    start = 0
    while start in kept and (start + kept[start] >= replicates or kept[start] % draws == 0):
        start += kept[start]
    size = max(block // draws, 1) * draws
    planned = [(first, min(size, replicates - first)) for first in range(start, replicates, size)]
    return [(first, count) for first, count in planned if kept.get(first, 0) < count]


def run_cell(
    cell: Cell, audiences: Audiences, threads: int = 1, stop: threading.Event | None = None
) -> Outcome:
    """Run a cell; what goes wrong in it is part of the outcome."""
    try:
        graphs = audiences.graphs(cell.scenario)
        effort = Effort(cell.count, cell.draws, cell.seed, threads, cell.fixed)
        audiences.check_memory(cell.scenario, graphs, effort)
        ensemble = run_block(
            cell.scenario, effort, graphs, cell.first, audiences, stop=stop, central_platforms=cell.central
        )
        view = View(ensemble.tallies)
        columns = [registry.METRICS[name].column(view) for name in ensemble.metrics]
        made = Columns(
            ensemble.metrics,
            np.stack([column.numerator for column in columns]),
            np.stack([column.denominator for column in columns]),
            ensemble.tallies.cut_draws,
            tuple(registry.METRICS[name].ceiling_in(view) for name in ensemble.metrics),
        )
    except ViralsimError as error:
        return Outcome(*cell.name, None, " ".join(str(error).split()))
    except Exception as error:  # a defect in one cell must not end the sweep
        text = " ".join(str(error).split()) or "no message"
        return Outcome(*cell.name, None, f"unexpected {type(error).__name__}: {text}")
    return Outcome(*cell.name, made.to_bytes())


def summaries_of(columns: Columns, draws: int, bands: tuple[Any, ...] = ()) -> dict[str, Summary]:
    """Every metric of a setting with its error and spread, as an ensemble of all its replicates has them.

    `bands` are the platforms' numbers for R, as the scenario has them.
    """
    draw = np.arange(columns.numerator.shape[1]) % draws
    kinds = [columns.kind(name) for name in columns.names]
    rare_draws = may_reach_one(columns.column("reproduction_number"), draw, bands)
    cautions = [caution_of(name, rare_draws, columns.cut_draws, draws) for name in columns.names]
    found = summarise_all(columns.numerator, columns.denominator, draw, kinds, cautions)
    return dict(zip(columns.names, found, strict=True))
