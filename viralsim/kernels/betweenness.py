"""Shortest paths through each person, from some sources (Brandes 2001)."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def count_dependencies(indptr, indices, sources, total, squares, order, distance, paths, part):
    """Add the dependency of each source on each person, and its square (docs/model.md, section 16).

    Parameters
    ----------
    indptr, indices : int64[n + 1], int32[edges]
        Followers: paths run from a person to followers.
    sources : int64[k]
    total, squares : float64[n]
        Added to.
    order, distance : int64[n]
        Scratch; `distance` holds -1, and does so again at the end.
    paths, part : float64[n]
        Scratch: number of shortest paths, dependency.

    Notes
    -----
    Brandes 2001, "A faster algorithm for betweenness centrality": people are taken in the reverse order of a
    breadth-first search, each handing on what depends on it.
    """
    for source in sources:
        order[0] = source
        distance[source], paths[source], part[source] = 0, 1.0, 0.0
        found, taken = 1, 0
        while taken < found:
            u = order[taken]
            taken += 1
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                if distance[v] < 0:
                    distance[v], paths[v], part[v] = distance[u] + 1, 0.0, 0.0
                    order[found] = v
                    found += 1
                if distance[v] == distance[u] + 1:
                    paths[v] += paths[u]
        for i in range(found - 1, 0, -1):
            u = order[i]
            depends = 0.0
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                if distance[v] == distance[u] + 1:
                    depends += paths[u] / paths[v] * (1.0 + part[v])
            part[u] = depends
            total[u] += depends
            squares[u] += depends * depends
        for i in range(found):
            distance[order[i]] = -1
