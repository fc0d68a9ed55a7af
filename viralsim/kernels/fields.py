"""Fields over people: what somebody's ties add up to."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def add_over_ties(indptr, followers, value, total, count):
    """Add to everybody the values of those they follow and of those who follow them.

    Parameters
    ----------
    indptr : int64[n + 1]
        The followers of u are ``followers[indptr[u]:indptr[u + 1]]``.
    followers : int32[m]
    value : float64[n]
    total : float64[n]
        Added to: sum of `value` over both ends' ties.
    count : int64[n]
        Added to: number of ties.
    """
    for u in range(indptr.size - 1):
        own, found = value[u], 0.0
        for e in range(indptr[u], indptr[u + 1]):
            v = followers[e]
            found += value[v]
            total[v] += own
            count[v] += 1
        total[u] += found
        count[u] += indptr[u + 1] - indptr[u]
