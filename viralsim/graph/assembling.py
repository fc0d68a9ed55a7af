"""From what a generator's kernel writes, pairs or rows, to a graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..kernels import csr, generators
from .arrays import NO_TIE, narrow
from .social_graph import SocialGraph

__all__ = ["fill_rows", "from_ordered_pairs", "from_pairs", "from_rows", "grow"]


def grow(
    fill: Callable[[NDArray[np.int32], NDArray[np.int32]], int], expected: float
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pairs of a kernel of unknown yield: room for the mean and six deviations, more if that is short."""
    room = expected + 6 * math.sqrt(expected) + 16
    while True:
        src, dst = np.empty(int(room), dtype=np.int32), np.empty(int(room), dtype=np.int32)
        found = fill(src, dst)
        if found >= 0:
            return src[:found], dst[:found].copy()
        room *= 1.5


def from_rows(
    pointers: NDArray[np.int64], indices: NDArray[np.int32], directed: bool, notes: tuple[str, ...] = ()
) -> SocialGraph:
    """Graph of finished rows."""
    return SocialGraph(narrow(pointers, indices.size), indices, directed=directed, notes=notes)


def from_ordered_pairs(src: NDArray[np.int32], dst: NDArray[np.int32], n: int) -> SocialGraph:
    """Undirected graph of pairs with src > dst in lexicographic order.

    One counting pass is enough: everyone's earlier neighbours arrive in order with their own row,
    and all later neighbours arrive after that, in order.
    """
    pointers, indices, _ = csr.group_by(src, dst, NO_TIE, n, True)
    return from_rows(pointers, indices, False)


def from_pairs(
    src: NDArray[np.int32], dst: NDArray[np.int32], n: int, notes: tuple[str, ...] = ()
) -> SocialGraph:
    """Undirected graph of distinct pairs in any order."""
    pointers, grouped, _ = csr.group_by(src, dst, NO_TIE, n, True)
    pointers, indices, _ = csr.transpose(pointers, grouped, NO_TIE, n)
    return from_rows(pointers, indices, False, notes)


def fill_rows(key: np.uint64, pointers: NDArray[np.int64], indices: NDArray[np.int32], threads: int) -> None:
    """Uniform followers of every row, in parts of about equally many arcs over threads."""
    n, parts = pointers.size - 1, 8 * threads
    if threads == 1:
        generators.uniform_followers(key, pointers, indices, 0, n)
        return
    shares = indices.size * np.arange(1, parts) // parts
    bounds = [0, *np.searchsorted(pointers[:-1], shares).tolist(), n]
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(generators.uniform_followers, key, pointers, indices, first, end)
            for first, end in pairwise(bounds)
        ]
        for job in jobs:
            job.result()
