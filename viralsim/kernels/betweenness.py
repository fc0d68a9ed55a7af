"""Shortest paths through each person, from some sources and back to them."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def count_dependencies(indptr, indices, back_indptr, back_indices, sources, total, squares, order, work):
    """Add what each source depends on each person for, in both directions, and its square (docs/model.md, section 16).

    Parameters
    ----------
    indptr, indices : int64[n + 1], int32[edges]
        Followers: paths run from a person to followers.
    back_indptr, back_indices : int64[n + 1], int32[edges]
        The same edges turned round.
    sources : int64[k]
    total, squares : float64[n]
        Added to.
    order : int64[2, n]
        Scratch.
    work : float64[n, 4]
        Scratch, a person's in one cache line: distance (-1 before and after), number of shortest paths, what each path
        hands on, sum of both directions (0 before and after).
    """
    for source in sources:
        forth = _search(indptr, indices, source, order[0], work)
        back = _search(back_indptr, back_indices, source, order[1], work)
        for direction, found in ((0, forth), (1, back)):
            for i in range(found):
                u = order[direction, i]
                depends = work[u, 3]
                work[u, 3] = 0.0  # a person met in both directions counts once
                total[u] += depends
                squares[u] += depends * depends


@njit(cache=True, nogil=True)
def _search(indptr, indices, source, order, work):
    """Breadth-first search from a source; adds to ``work[:, 3]`` and returns the number of people found.

    People are taken in reverse order, each handing on what depends on it (Brandes 2001). A path's weight at v is the
    part of its length that lies before v, so that the weights of both directions sum to 1 and people close to a source
    do not look more central than they are (Geisberger, Sanders and Schultes 2008, linear scaling).
    """
    order[0] = source
    work[source, 0], work[source, 1] = 0.0, 1.0
    found, taken = 1, 0
    while taken < found:
        u = order[taken]
        taken += 1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if work[v, 0] < 0.0:
                work[v, 0], work[v, 1] = work[u, 0] + 1.0, 0.0
                order[found] = v
                found += 1
            if work[v, 0] == work[u, 0] + 1.0:
                work[v, 1] += work[u, 1]
    for i in range(found - 1, 0, -1):
        u = order[i]
        depends = 0.0
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if work[v, 0] == work[u, 0] + 1.0:
                depends += work[v, 2]
        depends *= work[u, 1]
        work[u, 2] = (1.0 / work[u, 0] + depends) / work[u, 1]
        work[u, 3] += depends * work[u, 0]
    for i in range(found):
        work[order[i], 0] = -1.0
    return found
