"""Triangles, wedges and components of an undirected graph in ascending CSR rows."""

from __future__ import annotations

import numpy as np
from numba import njit

from .draws import below, derive, uniform


@njit(cache=True, nogil=True)
def orient_by_degree(indptr, indices):
    """Keep each pair once, from the person with fewer neighbours to the one with more.

    Parameters
    ----------
    indptr : int32[n + 1] or int64[n + 1]
    indices : int32[m]
        Every pair stored both ways, rows ascending.

    Returns
    -------
    pointers : int64[n + 1]
    columns : int32[m / 2]
        Ascending within rows. Ties in degree go to the larger position.
    work : float
        Comparisons that `triangle_counts` will need at most.
    """
    n = indptr.shape[0] - 1
    pointers = np.zeros(n + 1, dtype=np.int64)
    columns = np.empty(indices.shape[0] // 2, dtype=np.int32)
    kept = 0
    for u in range(n):
        degree = indptr[u + 1] - indptr[u]
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            other = indptr[v + 1] - indptr[v]
            if degree < other or (degree == other and u < v):
                columns[kept] = v
                kept += 1
        pointers[u + 1] = kept
    work = 0.0
    for u in range(n):
        own = pointers[u + 1] - pointers[u]
        for e in range(pointers[u], pointers[u + 1]):
            v = columns[e]
            work += own + pointers[v + 1] - pointers[v]
    return pointers, columns, work


@njit(cache=True, nogil=True)
def triangle_counts(pointers, columns):
    """Triangles through each person, int64[n], from the oriented rows of `orient_by_degree`.

    Notes
    -----
    Source: the forward algorithm, Schank and Wagner 2005, "Finding, counting and listing all
    triangles in large graphs"; at most of the order of m^1.5 comparisons.
    """
    n = pointers.shape[0] - 1
    counts = np.zeros(n, dtype=np.int64)
    for u in range(n):
        for e in range(pointers[u], pointers[u + 1]):
            v = columns[e]
            i, j = pointers[u], pointers[v]
            while i < pointers[u + 1] and j < pointers[v + 1]:
                a, b = columns[i], columns[j]
                if a == b:
                    counts[u] += 1
                    counts[v] += 1
                    counts[a] += 1
                i += a <= b
                j += b <= a
    return counts


@njit(cache=True, nogil=True)
def neighbour_sums(indptr, indices, values):
    """Sum over each person's neighbours of ``values`` (float64[n]). Returns float64[n]."""
    n = indptr.shape[0] - 1
    sums = np.zeros(n)
    for u in range(n):
        for e in range(indptr[u], indptr[u + 1]):
            sums[u] += values[indices[e]]
    return sums


@njit(cache=True, nogil=True)
def _closed(key, indptr, indices, u):
    """Whether two random different neighbours of u (degree at least 2) are neighbours themselves."""
    start = indptr[u]
    degree = indptr[u + 1] - start
    one = below(derive(key, 1), degree)
    other = below(derive(key, 2), degree - 1)
    other += other >= one
    v, w = indices[start + one], indices[start + other]
    low, high = np.int64(indptr[v]), np.int64(indptr[v + 1])
    end = high
    while low < high:
        middle = (low + high) // 2
        if indices[middle] < w:
            low = middle + 1
        else:
            high = middle
    return low < end and indices[low] == w


@njit(cache=True, nogil=True)
def sample_closed_wedges(key, indptr, indices, wedges, samples):
    """Sampled clustering: fractions of random wedges that are closed.

    Parameters
    ----------
    key : uint64
    indptr, indices
        Undirected CSR, rows ascending.
    wedges : float64[n]
        Running sums over people of degree (degree - 1) / 2; the last entry is above 0.
    samples : int

    Returns
    -------
    average_clustering : float
        Mean of the closed fraction over uniform people (0 for those with fewer than two neighbours).
    transitivity : float
        Closed fraction of uniform wedges.

    Notes
    -----
    Source: Schank and Wagner 2005, "Approximating clustering coefficient and transitivity". The
    standard error of either is at most 1 / (2 sqrt(samples)).
    """
    n = indptr.shape[0] - 1
    by_person, by_wedge = 0, 0
    for i in range(samples):
        own = derive(key, i)
        u = np.int64(uniform(derive(own, 3)) * n)
        if indptr[u + 1] - indptr[u] >= 2:
            by_person += _closed(derive(own, 4), indptr, indices, u)
        u = np.searchsorted(wedges, uniform(derive(own, 5)) * wedges[n - 1], side="right")
        by_wedge += _closed(derive(own, 6), indptr, indices, u)
    return by_person / samples, by_wedge / samples


@njit(cache=True, nogil=True)
def component_sizes(indptr, indices):
    """Sizes of the connected components (direction ignored): int64[components], no order promised."""
    n = indptr.shape[0] - 1
    parent = np.arange(n)
    for u in range(n):
        for e in range(indptr[u], indptr[u + 1]):
            a, b = u, np.int64(indices[e])
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            if a < b:
                parent[b] = a
            elif b < a:
                parent[a] = b
    sizes = np.zeros(n, dtype=np.int64)
    for u in range(n):
        root = u
        while parent[root] != root:
            root = parent[root]
        parent[u] = root
        sizes[root] += 1
    return sizes[sizes > 0]
