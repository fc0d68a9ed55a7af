"""Independent cascade and weighted cascade on a social graph."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.graph.probabilities import check_probability
from viralsim.kernels import cascade, coins
from viralsim.kernels.draws import derive, level_of
from viralsim.models.results import (
    ModelResult,
    ModelTrace,
    check_count,
    check_seeds,
    check_threads,
    deal_blocks,
    model_key,
    ordered_trace,
    seeds_text,
)

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["independent_cascade"]

METHOD = "keyed-coins-1"
"""Version of the way coins are drawn: a result with the same method and seed has the same coins."""

_LIST_ROOM = 1 << 16  # people of 64 small cascades that are followed together
_CACHED_ARCS = 1 << 22  # weighted probabilities of graphs up to this size are kept with the graph


def independent_cascade(
    g: SocialGraph,
    seeds: ArrayLike,
    probability: float | ArrayLike | str,
    replicates: int,
    seed: int | None = 0,
    threads: int | None = 1,
    method: str | None = None,
) -> ModelResult:
    """Independent cascade: each newly active person has one try at each follower.

    Parameters
    ----------
    g : SocialGraph
    seeds : integer array (k,) or (replicates, k)
        Positions of the people active at the start: the same in each replicate, or a row for each.
        One named twice counts once.
    probability : float, float array (n_edges,), or "weighted"
        Chance that a try succeeds: one for all arcs, one per arc in the order of ``g.indices``, or
        1 / in-degree of the follower (the weighted cascade).
    replicates : int
    seed : int or None
        Everything random follows from it; 0 is a seed; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.
    method : str, optional
        How coins are drawn; there is one way, "keyed-coins-1", and it serves all inputs.

    Returns
    -------
    ModelResult
        ``.size``, ``.depth``, ``.structural_virality()``, ``.trace(i)``, ``.summary()``, ``.method``.

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Kempe, Kleinberg and Tardos 2003, "Maximizing the spread of influence through a social network".
    Each arc of each replicate has one coin, a function of (seed, replicate, person, place among the
    person's followers) alone. So a replicate is the same for any number of threads and replicates,
    and reach is nested exactly: more seeds, or a higher probability of any arc, never lose anybody.
    Of several people of one generation whose tries at a follower succeed, the parent is drawn at
    random (it does not depend on the numbering of people).

    Examples
    --------
    >>> import viralsim as vs
    >>> star = vs.SocialGraph.from_edges([0, 0, 0], [1, 2, 3])
    >>> vs.models.independent_cascade(star, [0], 1.0, replicates=2).size
    array([4, 4])
    """
    if method not in (None, METHOD):
        raise SpecError(f"method: got {method!r}; allowed is {METHOD!r}, or None for the same")
    replicates = check_count("replicates", replicates)
    rows = check_seeds(seeds, g.n_nodes, replicates)
    thread_count = check_threads(threads)
    used_seed, key = model_key("independent cascade", seed)
    job = _Job(_coins(g, probability), g.n_nodes, *_row_shape(g), rows, key, replicates, thread_count)
    size, depth = job.run()
    weighted = isinstance(probability, str)
    told = probability if isinstance(probability, str | Real) else "per arc"
    settings = {"probability": str(told), "seeds": seeds_text(rows)}
    return ModelResult(
        "weighted cascade" if weighted else "independent cascade",
        METHOD,
        used_seed,
        g.n_nodes,
        size,
        depth,
        settings,
        job.grow,
        job.virality,
    )


def _row_shape(g: SocialGraph) -> tuple[np.uint64, int]:
    """Words judged of every row at once (about the mean row, at most 4), and the longest row."""
    if "cascade_rows" not in g._cache:
        mean_words = -(-g.n_edges // max(1, 8 * g.n_nodes))
        longest = int(g.follower_count.max()) if g.n_nodes else 0
        g._cache["cascade_rows"] = np.uint64(min(4, max(1, mean_words))), longest
    return g._cache["cascade_rows"]


def _coins(g: SocialGraph, probability: Any) -> coins.Coins:
    """Graph and probabilities as the kernels want them, checked."""
    person_key = np.zeros(0, np.uint64) if g.person_keys is None else g.person_keys
    checked = check_probability(g, probability)
    if isinstance(checked, str):
        return _per_arc(g, person_key, *_weighted(g))
    if isinstance(checked, float):
        p = checked
        byte, fine = coins.split_prob(p)
        byte_wide, fine_wide = coins.split_prob(coins.rest_prob(p))
        none = np.zeros(0, np.float64), np.zeros(0, np.uint8)
        return coins.Coins(  # type: ignore[call-arg]
            g.indptr, g.indices, person_key, *none, *(np.uint64(x) for x in (byte, fine, byte_wide, fine_wide)),  # type: ignore[arg-type]
            np.uint8(p > coins.SPARSE_PROB), level_of(min(p, coins.SPARSE_PROB)),
            np.uint8(g.n_edges >= coins.LARGE),
        )  # fmt: skip
    return _per_arc(g, person_key, checked, *_lanes(g, checked))


def _per_arc(
    g: SocialGraph,
    person_key: NDArray[np.uint64],
    prob: NDArray[np.float64],
    lane: NDArray[np.uint8],
    highest: float,
) -> coins.Coins:
    """Coins with one probability per arc."""
    none = np.uint64(0)
    return coins.Coins(
        g.indptr, g.indices, person_key, prob, lane, none, none, none, none,
        np.uint8(highest > coins.SPARSE_PROB), level_of(min(highest, coins.SPARSE_PROB)),
        np.uint8(g.n_edges >= coins.LARGE),
    )  # fmt: skip


def _lanes(g: SocialGraph, prob: NDArray[np.float64]) -> tuple[NDArray[np.uint8], float]:
    """First bytes of the probabilities, with room for reading beyond the end, and the highest probability."""
    lane = np.zeros(prob.size + coins.TILE, np.uint8)
    coins.fill_lanes(g.indptr, prob, lane)
    return lane, float(prob.max(initial=0.0))


def _weighted(g: SocialGraph) -> tuple[NDArray[np.float64], NDArray[np.uint8], float]:
    """Probabilities of the weighted cascade, kept with graphs that are not too large."""
    if "weighted_cascade" in g._cache:
        return g._cache["weighted_cascade"]
    prob = np.empty(g.n_edges, np.float64)
    coins.inverse_in_degree(g.indices, np.zeros(g.n_nodes, np.int32), prob)
    made = (prob, *_lanes(g, prob))
    if g.n_edges <= _CACHED_ARCS:
        g._cache["weighted_cascade"] = made
    return made


def make_rows(longest: int) -> coins.Rows:
    """Scratch for judging rows of a graph whose longest row has `longest` arcs."""
    room = coins.TILE * coins.CHUNK + 2 * longest + 16
    tiles = [np.empty(coins.CHUNK, np.uint64) for _ in range(12)]
    places = [np.empty(coins.CHUNK + 1, np.int16) for _ in range(3)]
    return coins.Rows(  # type: ignore[call-arg]
        *tiles, *places, np.empty(room, np.int64), np.empty(room, np.int16)
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """One call: enough to run any of its replicates, any number of times."""

    coins: coins.Coins
    n_nodes: int
    words: np.uint64
    longest: int
    seeds: NDArray[np.int64]
    key: np.uint64
    replicates: int
    threads: int

    def run(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Size and depth of every replicate."""
        size = np.zeros(self.replicates, np.int64)
        depth = np.full(self.replicates, -1, np.int64)
        head = (self.coins, self.words, self.longest, self.seeds, self.key)

        def work(scratch: _Scratch, begin: int, end: int) -> None:
            # Small cascades together; a batch that outgrows its list, and all after it, one by one.
            if scratch.small:
                begin = cascade.run_many(*head, begin, end, *scratch.many(self), size, depth)
                scratch.small = begin == end
            if begin < end:
                cascade.run_wide(*head, begin, end, *scratch.wide(self), size, depth)

        if self.seeds.shape[1]:
            deal_blocks(self.replicates, self.threads, work, lambda: _Scratch(make_rows(self.longest)))
        return size, depth

    def _tree_scratch(self) -> tuple[Any, ...]:
        n = self.n_nodes
        four = [np.empty(n + 1, np.int32) for _ in range(3)]
        return (np.full(n, -1, np.int32), *four, np.empty(n + 1, np.uint64), make_rows(self.longest))

    def _tree(self, replicate: int, scratch: tuple[Any, ...]) -> int:
        row = self.seeds[replicate if self.seeds.shape[0] > 1 else 0]
        key = np.uint64(derive(self.key, replicate))
        return int(cascade.grow_tree(self.coins, self.words, self.longest, row, key, *scratch))

    def grow(self, replicate: int) -> ModelTrace:
        """One replicate with parents, in order of (generation, position)."""
        scratch = self._tree_scratch()
        size = self._tree(replicate, scratch)
        return ordered_trace(*(array[:size] for array in scratch[1:4]))

    def virality(self) -> NDArray[np.float64]:
        """Structural virality of every replicate."""
        result = np.full(self.replicates, np.nan)

        def work(scratch: tuple[Any, ...], begin: int, end: int) -> None:
            cascade.run_trees(
                self.coins, self.words, self.longest, self.seeds, self.key, begin, end, *scratch, result
            )

        def scratch() -> tuple[Any, ...]:
            return (*self._tree_scratch(), np.empty((4, self.n_nodes + 1), np.int64))

        if self.seeds.shape[1]:
            deal_blocks(self.replicates, self.threads, work, scratch)
        return result


class _Scratch:
    """Scratch of one thread, made when first needed."""

    __slots__ = ("_many", "_wide", "rows", "small")

    def __init__(self, rows: coins.Rows):
        self.rows = rows
        self.small = True
        self._many: tuple[Any, ...] = ()
        self._wide: tuple[Any, ...] = ()

    def many(self, job: _Job) -> tuple[Any, ...]:
        if not self._many:
            room = cascade.WORLDS * job.seeds.shape[1] + self.rows.arc.size + _LIST_ROOM
            visited = np.zeros(job.n_nodes, np.uint64)
            self._many = (
                visited,
                np.empty(room, np.int32),
                np.empty(room, np.uint8),
                np.empty(64, np.uint64),
                self.rows,
            )
        return self._many

    def wide(self, job: _Job) -> tuple[Any, ...]:
        if not self._wide:
            bits = [np.empty(job.n_nodes // 64 + 1, np.uint64) for _ in range(2)]
            people = [np.empty(job.n_nodes + 1, np.int32) for _ in range(2)]
            self._wide = (*bits, *people, self.rows)
        return self._wide
