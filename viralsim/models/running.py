"""How a timed model is run: grid of time, blocks of replicates over threads, one replicate again for its trace."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError
from viralsim.kernels import timed
from viralsim.kernels.csr import transpose
from viralsim.kernels.draws import derive
from viralsim.models.results import ModelTrace, check_count, deal_blocks
from viralsim.rng import text_key

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = [
    "MOST_BINS",
    "Grid",
    "Job",
    "check_horizon",
    "check_number",
    "check_population",
    "make_queue",
    "make_tree",
    "nice_grid",
    "person_keys",
    "sources_of",
]

MOST_BINS = 200
_MOST_CURVE_BYTES = 4 << 30
_PILOTS = 8  # at most; their draws are apart from those of all replicates
_PILOT = text_key("pilot")
_SETTLED = 0.99  # part of a pilot's people whose time the grid covers, with a quarter to spare


@dataclass(frozen=True, slots=True)
class Grid:
    """Bins of time, all of one width.

    Parameters
    ----------
    width_hours : float
    bins : int
    """

    width_hours: float
    bins: int

    @property
    def times_hours(self) -> NDArray[np.float64]:
        """End of each bin."""
        return np.arange(1.0, self.bins + 1.0) * float(self.width_hours)


def nice_grid(end_hours: float, bins: int, whole: bool = False) -> Grid:
    """Grid of at most `bins` bins that covers `end_hours`, with a width of 1, 2, 2.5 or 5 times a power of ten.

    Examples
    --------
    >>> nice_grid(37.0, 200)
    Grid(width_hours=0.2, bins=185)
    """
    if bins == 0:
        return Grid(1.0, 0)
    least = max(end_hours, 1e-9) / bins
    if whole:
        width = float(max(1, math.ceil(least)))
    else:
        power = 10.0 ** math.floor(math.log10(least))
        width = next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0) if step * power >= least)
    return Grid(width, max(1, min(bins, math.ceil(end_hours / width - 1e-9))))


def check_number(
    name: str, value: Any, low: float = 0.0, high: float = math.inf, above: bool = False
) -> float:
    """Finite number from `low` (above it if `above`) to `high` as float, or SpecError naming the argument."""
    good = isinstance(value, (Real, np.floating, np.integer)) and not isinstance(value, bool | np.bool_)
    if not good or not math.isfinite(value) or not low <= value <= high or (above and value == low):
        least = f"above {low:g}" if above else f"of at least {low:g}"
        most = "" if high == math.inf else f" and at most {high:g}"
        raise SpecError(f"{name}: got {value!r}; it must be a finite number {least}{most}")
    return float(value)


def check_horizon(horizon: Any, bins: Any, whole: bool = False) -> tuple[float, Grid | None, int]:
    """Horizon (inf for none), grid if the horizon fixes it, and the number of bins, or SpecError."""
    bins = check_count("bins", bins, 0)
    if horizon is None:
        return math.inf, None, bins
    end = check_number("horizon_hours", horizon, above=True)
    if whole:
        return end, nice_grid(end, bins, True), bins
    return end, Grid(end / bins, bins) if bins else Grid(1.0, 0), bins


def check_population(g: SocialGraph | None, n: Any, least: int = 1) -> int:
    """Number of people, from the graph or, well mixed, from n; SpecError unless exactly one is given."""
    if g is None:
        if n is None:
            raise SpecError("g is None (well mixed), so the number of people is needed: give n=, or a graph")
        people = check_count("n", n, least)
        if people > 2**31 - 2:
            raise SpecError(f"n: got {people:,}; at most {2**31 - 2:,} people are possible")
        return people
    if not hasattr(g, "indptr"):
        raise SpecError(f"g: got {type(g).__name__}; a SocialGraph is needed, or None with n= (well mixed)")
    if n is not None:
        raise SpecError(
            f"n: got {n!r} beside a graph of {g.n_nodes:,} people; leave n out, or g=None for well mixed"
        )
    return g.n_nodes


def person_keys(g: SocialGraph) -> NDArray[np.uint64]:
    """Keys of people, or none where the position is the key."""
    return np.zeros(0, np.uint64) if g.person_keys is None else g.person_keys


def sources_of(g: SocialGraph) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Whom each person follows, as rows: (row pointers, people), kept with the graph."""
    if "sources" not in g._cache:
        if g.directed:
            made = transpose(g.indptr, g.indices, np.zeros(0, np.float32), g.n_nodes)
            g._cache["sources"] = made[0], made[1]
        else:
            g._cache["sources"] = g.indptr.astype(np.int64), g.indices
    return g._cache["sources"]


def make_tree(n: int) -> timed.Tree:
    """Scratch for trees of up to `n` people."""
    person, parent, generation = (np.empty(n, np.int32) for _ in range(3))
    return timed.Tree(
        np.full(n, -1, np.int32), person, parent, generation, np.empty(n), np.empty((4, n), np.int64)
    )


def make_queue(n: int) -> timed.Queue:
    """Scratch: a queue of up to `n` people."""
    heap, slot, source = (np.empty(n, np.int32) for _ in range(3))
    return timed.Queue(heap, slot, np.full(n, np.inf), source)


def make_outcome(first: int, replicates: int, channels: int, grid: Grid) -> timed.Outcome:
    """Room for the results of replicates from `first` on."""
    need = 4 * replicates * channels * grid.bins
    if need > _MOST_CURVE_BYTES:
        raise SpecError(
            f"bins: curves of {replicates:,} replicates in {grid.bins} bins need {2 * need / 1e9:.1f} GB; take "
            f"fewer bins (bins=0 for no curves) or fewer replicates"
        )
    return timed.Outcome(
        first,
        np.zeros(replicates, np.int64),
        np.full(replicates, -1, np.int64),
        np.full(replicates, np.nan),
        np.zeros(replicates, np.uint8),
        np.zeros((replicates, channels, grid.bins), np.int32),
        grid.width_hours,
    )


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a model: enough to run any of its replicates, any number of times.

    Parameters
    ----------
    block : callable
        Kernel ``(*head, seeds, key, begin, end, *scratch, outcome)``.
    head : tuple
        What the kernel needs of graph and parameters.
    scratch : callable () -> tuple
        Scratch of one thread, a Tree first.
    seeds : int64[1, k] or int64[replicates, k]
    key : numpy.uint64
    replicates, threads, channels : int
    """

    block: Callable[..., None]
    head: tuple[Any, ...]
    scratch: Callable[[], tuple[Any, ...]]
    seeds: NDArray[np.int64]
    key: np.uint64
    replicates: int
    threads: int
    channels: int

    def run(self, grid: Grid) -> timed.Outcome:
        """All replicates."""
        outcome = make_outcome(0, self.replicates, self.channels, grid)

        def work(scratch: tuple[Any, ...], begin: int, end: int) -> None:
            self.block(*self.head, self.seeds, self.key, begin, end, *scratch, outcome)

        deal_blocks(self.replicates, self.threads, work, self.scratch)
        return outcome

    def _one(
        self, replicate: int, key: np.uint64, seeds: NDArray[np.int64], scratch: tuple[Any, ...]
    ) -> tuple[timed.Tree, int]:
        outcome = make_outcome(replicate, 1, self.channels, Grid(1.0, 0))
        self.block(*self.head, seeds, key, replicate, replicate + 1, *scratch, outcome)
        return scratch[0], int(outcome.size[0])

    def grow(self, replicate: int) -> ModelTrace:
        """One replicate with parents and times, in order of (generation, position)."""
        tree, size = self._one(replicate, self.key, self.seeds, self.scratch())
        person, parent, generation = (
            array[:size].astype(np.int64) for array in (tree.person, tree.parent, tree.generation)
        )
        order = np.lexsort((person, generation))
        place = np.empty(size + 1, np.int64)
        place[order] = np.arange(size)
        place[size] = -1  # where parent -1 points to
        return ModelTrace(person[order], place[parent[order]], generation[order], tree.hours[:size][order])

    def end_hours(self, enough: int) -> float:
        """When most is over, from up to eight pilot replicates; the first to reach `enough` people is the last.

        The pilots have draws of their own, the same for any number of replicates.
        """
        key = np.uint64(derive(self.key, _PILOT))
        scratch, latest = self.scratch(), 0.0
        for pilot in range(_PILOTS):
            tree, size = self._one(pilot, key, self.seeds[:1], scratch)
            hours = np.sort(tree.hours[:size])
            if size:
                latest = max(latest, float(hours[math.ceil(_SETTLED * size) - 1]))
            if size >= enough:
                break
        return 1.25 * latest
