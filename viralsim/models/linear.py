"""Linear threshold model on a social graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.kernels import linear
from viralsim.kernels.draws import derive
from viralsim.models.results import (
    ModelResult,
    ModelTrace,
    check_count,
    check_seeds,
    check_threads,
    deal_blocks,
    model_key,
    ordered_trace,
)

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["linear_threshold"]

METHOD = "keyed-thresholds-1"
"""Version of the way thresholds are drawn: a result with the same method and seed has the same ones."""

_ROUNDING = 1e-9  # by how much the weights into a person may exceed 1: the sum of a million roundings


def linear_threshold(
    g: SocialGraph,
    seeds: ArrayLike,
    replicates: int,
    weights: ArrayLike | None = None,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """Linear threshold: a person becomes active once active people followed weigh more than a threshold.

    Parameters
    ----------
    g : SocialGraph
    seeds : integer array (k,) or (replicates, k)
        Positions of the people active at the start: the same in each replicate, or a row for each.
        One named twice counts once.
    replicates : int
    weights : float array (n_edges,), optional
        Weight of each arc in the order of ``g.indices``, at least 0; the weights into any person sum to
        at most 1. None: 1 / in-degree of the follower.
    seed : int or None
        Everything random follows from it; 0 is a seed; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.

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
    Kempe, Kleinberg and Tardos 2003, "Maximizing the spread of influence through a social network",
    section 2: every person has a threshold, uniform on (0, 1), and in generation t + 1 becomes active
    if the weights of those followed who are active in generation t sum to more than it. The threshold
    is a function of (seed, replicate, person) alone and sums are exact, so a replicate is the same for
    any number of threads and replicates, and reach is nested exactly: more seeds, or a larger weight
    of any arc, never lose anybody. The parent of a person is drawn, each being as likely, among those
    followed with a weight above 0 who became active exactly one generation before.

    Examples
    --------
    >>> import viralsim as vs
    >>> star = vs.SocialGraph.from_edges([0, 0, 0], [1, 2, 3])
    >>> vs.models.linear_threshold(star, [0], replicates=2).size   # each follows only the centre
    array([4, 4])
    """
    replicates = check_count("replicates", replicates)
    rows = check_seeds(seeds, g.n_nodes, replicates)
    thread_count = check_threads(threads)
    used_seed, key = model_key("linear threshold", seed)
    job = _Job(_influence(g, weights), g.n_nodes, rows, key, replicates, thread_count)
    size, depth = job.run()
    settings = {"weights": "1 / in-degree" if weights is None else "per arc", "seeds": str(rows.shape[1])}
    return ModelResult(
        "linear threshold", METHOD, used_seed, g.n_nodes, size, depth, settings, job.grow, job.virality
    )


def _influence(g: SocialGraph, weights: Any) -> linear.Influence:
    """Graph and weights as the kernels want them, checked."""
    person_key = np.zeros(0, np.uint64) if g.person_keys is None else g.person_keys
    none = np.zeros(0, np.uint64)
    if weights is None:
        if "equal_weights" not in g._cache:
            equal = np.empty(g.n_nodes, np.uint64)
            linear.equal_weights(g.indices, np.zeros(g.n_nodes, np.int64), equal)
            g._cache["equal_weights"] = equal
        return linear.Influence(g.indptr, g.indices, person_key, none, g._cache["equal_weights"])
    checked = _checked_weights(g, weights)
    return linear.Influence(
        g.indptr, g.indices, person_key, np.ceil(checked * linear.UNIT).astype(np.uint64), none
    )


def _checked_weights(g: SocialGraph, weights: Any) -> NDArray[np.float64]:
    """Weights per arc as float64[n_edges], or SpecError."""
    array: NDArray[Any] = np.asarray(weights)
    if array.shape != (g.n_edges,) or array.dtype.kind not in "fiu":
        raise SpecError(
            f"weights: found an array of shape {array.shape} of {array.dtype}; one number per arc is needed, "
            f"shape ({g.n_edges},), in the order of the graph's indices, or None for 1 / in-degree"
        )
    array = array.astype(np.float64)
    bad = ~((array >= 0) & (array <= 1 + _ROUNDING))
    if bad.any():
        at = int(np.argmax(bad))
        raise SpecError(f"weights[{at}] is {array[at]}; allowed are numbers from 0 to 1")
    total = np.zeros(g.n_nodes, np.float64)
    linear.sum_into(g.indices, array, total)
    over = total > 1 + _ROUNDING
    if over.any():
        person = int(np.argmax(over))
        raise SpecError(
            f"weights: those into person {person} sum to {total[person]:.6g}"
            f" ({int(over.sum()):,} people have more than 1); a threshold is at most 1, so the weights of "
            f"the arcs into a person must sum to at most 1: divide them by their sum"
        )
    return array


@dataclass(frozen=True, slots=True)
class _Job:
    """One call: enough to run any of its replicates, any number of times."""

    net: linear.Influence
    n_nodes: int
    seeds: NDArray[np.int64]
    key: np.uint64
    replicates: int
    threads: int

    def _scratch(self) -> tuple[Any, ...]:
        n = self.n_nodes
        return np.zeros(n, np.uint64), *(np.empty(n + 1, np.int32) for _ in range(2))

    def _tree_scratch(self) -> tuple[Any, ...]:
        n = self.n_nodes
        state, touched, people = self._scratch()
        columns = [np.empty(n + 1, np.int32) for _ in range(2)]
        return state, touched, np.full(n, -1, np.int64), people, *columns, np.empty(n + 1, np.uint64)

    def run(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Size and depth of every replicate."""
        size = np.zeros(self.replicates, np.int64)
        depth = np.full(self.replicates, -1, np.int64)

        def work(scratch: tuple[Any, ...], begin: int, end: int) -> None:
            linear.run_linear(self.net, self.seeds, self.key, begin, end, *scratch, size, depth)

        if self.seeds.shape[1]:
            deal_blocks(self.replicates, self.threads, work, self._scratch)
        return size, depth

    def grow(self, replicate: int) -> ModelTrace:
        """One replicate with parents, in order of (generation, position)."""
        scratch = self._tree_scratch()
        row = self.seeds[replicate if self.seeds.shape[0] > 1 else 0]
        size = linear.grow_linear_tree(self.net, row, np.uint64(derive(self.key, replicate)), *scratch)
        return ordered_trace(*(array[:size] for array in scratch[3:6]))

    def virality(self) -> NDArray[np.float64]:
        """Structural virality of every replicate."""
        result = np.full(self.replicates, np.nan)

        def work(scratch: tuple[Any, ...], begin: int, end: int) -> None:
            linear.run_linear_trees(self.net, self.seeds, self.key, begin, end, *scratch, result)

        def scratch() -> tuple[Any, ...]:
            return *self._tree_scratch(), np.empty((4, self.n_nodes + 1), np.int64)

        if self.seeds.shape[1]:
            deal_blocks(self.replicates, self.threads, work, scratch)
        return result
