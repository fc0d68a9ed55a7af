"""Branching processes: every individual has an independent number of children (Galton-Watson), in time if asked."""

from __future__ import annotations

from numba import njit

from viralsim.kernels.draws import derive, uniform
from viralsim.kernels.laws import draw_hours
from viralsim.kernels.timed import book, close_tree

BORN = 0  # the channel of the flows
DELAY_WORD = 1 << 40


@njit(cache=True, nogil=True)
def _children(cumulated, u):
    """Number of children at quantile u: the first k with u < cumulated[k]."""
    low, high = 0, cumulated.size - 1
    while low < high:
        middle = (low + high) >> 1
        if u < cumulated[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True)
def _grow(cumulated, delay, roots, key, horizon_hours, tree, outcome, row):
    """One process; returns (individuals, whether it was stopped at the cap)."""
    cap = tree.person.size
    parent, generation, born = tree.parent, tree.generation, tree.hours
    size = min(roots, cap)
    for i in range(size):
        parent[i] = -1
        generation[i] = 0
        born[i] = 0.0
        tree.person[i] = i
        book(outcome, row, BORN, 0.0)
    i = 0
    while i < size:
        own = derive(key, i)
        for c in range(_children(cumulated, uniform(own))):
            hours = born[i] + draw_hours(delay, derive(derive(own, DELAY_WORD), c))
            if hours > horizon_hours:
                continue
            if size == cap:
                return size, True
            parent[size] = i
            generation[size] = generation[i] + 1
            born[size] = hours
            tree.person[size] = size
            size += 1
            book(outcome, row, BORN, hours)
        i += 1
    return size, False


@njit(cache=True, nogil=True)
def run_branching(cumulated, delay, roots, horizon_hours, seeds, model_key, begin, end, tree, outcome):
    """Branching processes, replicates `begin` to `end` - 1.

    Parameters
    ----------
    cumulated : float64[K]
        P(children <= k), the last entry above 1.
    delay : Law
        From a parent's birth to each child's; fixed 0 where there is no time.
    roots : int
        Individuals at the start.
    horizon_hours : float
        Nobody is born later; inf for no limit.
    seeds : int64[1, 0]
        Not used: roots have no position.
    model_key : uint64
    begin, end : int
    tree : Tree
        With room for as many individuals as are allowed; individuals are numbered breadth first.
    outcome : Outcome
        One channel: births.
    """
    for r in range(begin, end):
        row = r - outcome.first
        size, full = _grow(cumulated, delay, roots, derive(model_key, r), horizon_hours, tree, outcome, row)
        outcome.stopped[row] = full
        close_tree(tree, size, outcome, row)
