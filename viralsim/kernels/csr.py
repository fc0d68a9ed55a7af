"""Counting-sort kernels that turn edge lists into compressed sparse rows (CSR) and back.

Conventions: ``src`` and ``dst`` are int32 positions in [0, n); ``tie`` is float32 of the same
length, or of length 0 when there are no ties. Row pointers are int64 here; the graph narrows them.
Sorting is the classic transpose taken twice (a two-digit radix sort): linear time, stable, and the
result does not depend on the order of the input.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .draws import mix64


@njit(cache=True, nogil=True)
def group_by(keys, values, tie, n, both_ways):
    """Group `values` under `keys` by one counting pass, dropping self-loops.

    Parameters
    ----------
    keys, values : int32[m]
        The two ends of each edge, in [0, n).
    tie : float32[m] or float32[0]
        Carried along with the value.
    n : int
        Number of rows.
    both_ways : bool
        Also group ``keys`` under ``values`` (an undirected edge is stored twice).

    Returns
    -------
    pointers : int64[n + 1]
    grouped : int32[pointers[n]]
        Order within a row is that of the input.
    grouped_tie : float32, same shape as grouped, or float32[0]
    """
    m = keys.shape[0]
    has_tie = tie.shape[0] > 0
    pointers = np.zeros(n + 1, dtype=np.int64)
    for e in range(m):
        u, v = keys[e], values[e]
        if u != v:
            pointers[u + 1] += 1
            if both_ways:
                pointers[v + 1] += 1
    for u in range(n):
        pointers[u + 1] += pointers[u]
    cursor = pointers[:-1].copy()
    grouped = np.empty(pointers[n], dtype=np.int32)
    grouped_tie = np.empty(pointers[n] if has_tie else 0, dtype=np.float32)
    for e in range(m):
        u, v = keys[e], values[e]
        if u == v:
            continue
        at = cursor[u]
        cursor[u] = at + 1
        grouped[at] = v
        if has_tie:
            grouped_tie[at] = tie[e]
        if both_ways:
            at = cursor[v]
            cursor[v] = at + 1
            grouped[at] = u
            if has_tie:
                grouped_tie[at] = tie[e]
    return pointers, grouped, grouped_tie


@njit(cache=True, nogil=True)
def transpose(indptr, indices, tie, n):
    """Transpose of a CSR matrix of shape (n, n); its rows come out sorted.

    Parameters
    ----------
    indptr : int32[n + 1] or int64[n + 1]
    indices : int32[m]
    tie : float32[m] or float32[0]
    n : int

    Returns
    -------
    pointers : int64[n + 1]
    columns : int32[m]
        Ascending within each row (equal entries stay in the order of their source rows).
    values : float32[m] or float32[0]
    """
    m = indices.shape[0]
    has_tie = tie.shape[0] > 0
    pointers = np.zeros(n + 1, dtype=np.int64)
    for e in range(m):
        pointers[indices[e] + 1] += 1
    for u in range(n):
        pointers[u + 1] += pointers[u]
    cursor = pointers[:-1].copy()
    columns = np.empty(m, dtype=np.int32)
    values = np.empty(m if has_tie else 0, dtype=np.float32)
    for u in range(n):
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            at = cursor[v]
            cursor[v] = at + 1
            columns[at] = u
            if has_tie:
                values[at] = tie[e]
    return pointers, columns, values


@njit(cache=True, nogil=True)
def merge_repeats(pointers, columns, tie):
    """Merge equal neighbours in sorted rows in place, keeping the largest tie; returns the arcs left.

    Parameters
    ----------
    pointers : int64[n + 1]
        Rewritten to the merged rows.
    columns : int32[m]
        Ascending within rows; its first ``arcs left`` entries hold the result.
    tie : float32[m] or float32[0]

    Returns
    -------
    int
        Number of arcs left.
    """
    n = pointers.shape[0] - 1
    has_tie = tie.shape[0] > 0
    kept = 0
    row_start = pointers[0]
    for u in range(n):
        row_end = pointers[u + 1]
        first = kept
        for e in range(row_start, row_end):
            v = columns[e]
            if kept > first and columns[kept - 1] == v:
                if has_tie and tie[e] > tie[kept - 1]:
                    tie[kept - 1] = tie[e]
                continue
            columns[kept] = v
            if has_tie:
                tie[kept] = tie[e]
            kept += 1
        row_start = row_end
        pointers[u + 1] = kept
    return kept


@njit(cache=True, nogil=True)
def row_fault(indptr, indices, n):
    """First thing wrong with a CSR structure of n rows.

    Parameters
    ----------
    indptr : int32[n + 1] or int64[n + 1]
        Already known to start at 0 and to end at the number of arcs.
    indices : int32[m]
    n : int

    Returns
    -------
    fault : int
        0 nothing, 1 indptr decreases, 2 an index outside [0, n), 3 a self-loop, 4 a row not
        ascending, 5 a repeated arc. The fatal ones (1, 2) are reported before the others.
    row : int
        Row of the first fault of that kind, -1 if none.
    """
    m = indices.shape[0]
    for u in range(n):
        if indptr[u + 1] < indptr[u] or indptr[u + 1] > m:
            return 1, u
    mild, mild_row = 0, -1
    for u in range(n):
        previous = -1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if v < 0 or v >= n:
                return 2, u
            if mild == 0:
                if v == u:
                    mild, mild_row = 3, u
                elif v < previous:
                    mild, mild_row = 4, u
                elif v == previous:
                    mild, mild_row = 5, u
                previous = v
    return mild, mild_row


@njit(cache=True, nogil=True)
def sources(indptr, m):
    """Row of each arc: int32[m] from row pointers of any integer type."""
    rows = np.empty(m, dtype=np.int32)
    for u in range(indptr.shape[0] - 1):
        for e in range(indptr[u], indptr[u + 1]):
            rows[e] = u
    return rows


@njit(cache=True, nogil=True)
def reciprocated_count(indptr, indices):
    """Number of arcs u -> v for which v -> u is stored too (rows ascending). Returns int."""
    n = indptr.shape[0] - 1
    found = 0
    for u in range(n):
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            low, high = indptr[v], indptr[v + 1]
            while low < high:
                middle = (low + high) // 2
                if indices[middle] < u:
                    low = middle + 1
                else:
                    high = middle
            if low < indptr[v + 1] and indices[low] == u:
                found += 1
    return found


@njit(cache=True, nogil=True)
def number_by_hash(values, places, ids, known, table):
    """Number different integers in the order met, in an open-addressing hash table.

    Parameters
    ----------
    values : int64[m]
    places : int32[m]
        Filled with the number of each value.
    ids : int64[capacity]
        Values by number; the first `known` are filled already.
    known : int
    table : int32[power of two]
        Numbers by hash, -1 where free.

    Returns
    -------
    int
        Different values known now, or -1 if they outgrow half the table or `ids`: begin again larger.
    """
    mask = np.uint64(table.shape[0] - 1)
    most = min(ids.shape[0], table.shape[0] // 2)
    for i in range(values.shape[0]):
        value = values[i]
        slot = mix64(np.uint64(value)) & mask
        while table[slot] >= 0 and ids[table[slot]] != value:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] < 0:
            if known >= most:
                return -1
            table[slot] = known
            ids[known] = value
            known += 1
        places[i] = table[slot]
    return known
