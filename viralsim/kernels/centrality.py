"""Whom to ask: core numbers and degree discount."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def core_numbers(indptr, indices, degree, position, order, start):
    """Core number of every node of an undirected graph (Batagelj and Zaversnik 2003, O(edges)).

    Parameters
    ----------
    indptr, indices : int[n + 1], int[edges]
        Symmetric adjacency.
    degree : int64[n]
        In: the degrees. Out: the core numbers.
    position, order : int64[n]
        Scratch.
    start : int64[largest degree + 2]
        Scratch, zero.
    """
    n = degree.size
    for v in range(n):
        start[degree[v] + 1] += 1
    for d in range(1, start.size):
        start[d] += start[d - 1]
    for v in range(n):
        position[v] = start[degree[v]]
        order[position[v]] = v
        start[degree[v]] += 1
    for d in range(start.size - 1, 0, -1):
        start[d] = start[d - 1]
    start[0] = 0
    for k in range(n):
        v = order[k]
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            if degree[u] > degree[v]:
                first = start[degree[u]]  # swap u with the first node of its degree
                w = order[first]
                order[position[u]], order[first] = w, u
                position[w], position[u] = position[u], first
                start[degree[u]] += 1
                degree[u] -= 1


@njit(cache=True, nogil=True)
def degree_discount(indptr, indices, rank, prob, heap, value, taken, chosen):
    """Greedy picks by followers less what earlier picks already cover (Chen, Wang and Yang 2009).

    Parameters
    ----------
    indptr, indices : int[n + 1], int[edges]
        Followers.
    rank : int64[n]
        Order of equal people.
    prob : float
        Chance that a pick's share makes a follower share.
    heap : int64[n]
        Scratch.
    value : float64[n]
        Scratch.
    taken : int64[n]
        Scratch, zero: picks that a person follows, -1 once picked.
    chosen : int64[k]
        Out: the picks in order.

    Notes
    -----
    Discounted degree d - 2t - (d - t) t p for t picked neighbours; values only fall, so a heap with
    stale tops corrected on sight finds each maximum.
    """
    n = value.size
    for v in range(n):
        value[v] = indptr[v + 1] - indptr[v]
        heap[v] = v
    for k in range(n // 2 - 1, -1, -1):
        _sink(heap, value, rank, k, n)
    for i in range(chosen.size):
        while True:
            v = heap[0]
            d = float(indptr[v + 1] - indptr[v])
            fresh = d - 2.0 * taken[v] - (d - taken[v]) * taken[v] * prob
            if fresh == value[v]:
                break
            value[v] = fresh
            _sink(heap, value, rank, 0, n)
        chosen[i] = v
        value[v] = -np.inf
        taken[v] = -1
        n -= 1
        heap[0] = heap[n]
        _sink(heap, value, rank, 0, n)
        for e in range(indptr[v], indptr[v + 1]):
            if taken[indices[e]] >= 0:
                taken[indices[e]] += 1


@njit(cache=True, nogil=True)
def _sink(heap, value, rank, at, n):
    """Restore the heap (largest value first, then smallest rank) below position `at`."""
    while True:
        child = 2 * at + 1
        if child >= n:
            return
        right = child + 1
        if right < n and _before(value, rank, heap[right], heap[child]):
            child = right
        if not _before(value, rank, heap[child], heap[at]):
            return
        heap[at], heap[child] = heap[child], heap[at]
        at = child


@njit(cache=True, nogil=True)
def _before(value, rank, a, b):
    """Whether a comes before b."""
    return value[a] > value[b] or (value[a] == value[b] and rank[a] < rank[b])
