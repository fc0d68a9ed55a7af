"""Structural virality of share trees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.kernels import trees as kernels

__all__ = ["structural_virality"]


def structural_virality(parents: ArrayLike) -> float:
    """Mean distance between two nodes of a share tree (the Wiener index over the number of pairs).

    Parameters
    ----------
    parents : integer array (n,)
        For each node the position of its parent in the same array, -1 for a root. Nodes may stand in
        any order. With several roots, distances and pairs are pooled over the trees: pairs of nodes
        in different trees do not count.

    Returns
    -------
    float
        Sum of distances over ordered pairs / number of ordered pairs; NaN if no tree has two nodes.

    Raises
    ------
    SpecError
        If the array is not one-dimensional and of integers, names a position outside the array, or
        has a cycle.

    Notes
    -----
    Goel, Anderson, Hofman and Watts 2016, "The structural virality of online diffusion", equation 2;
    computed in linear time as 2 sum_v s_v (n - s_v) / (n (n - 1)), s_v being the size of v's subtree.

    Examples
    --------
    >>> structural_virality([-1, 0, 0, 0])   # a star: 2 (n - 1) / n
    1.5
    >>> structural_virality([1, 2, -1])      # a path: (n + 1) / 3
    1.3333333333333333
    """
    checked = _checked_parents(parents)
    n = checked.size
    scratch = np.empty((3, n), dtype=np.int64)
    placed = kernels.parents_first(checked, scratch[0], np.empty(n + 2, np.int64), scratch[1], scratch[2])
    if placed < n:
        on_cycle = np.ones(n, dtype=bool)
        on_cycle[scratch[1, :placed]] = False
        raise SpecError(
            f"parents: following parents from node {int(np.argmax(on_cycle))} never ends at a root; "
            f"{n - placed} of {n} nodes hang on a cycle. Every node needs a way up to a node with parent -1"
        )
    distances, pairs = kernels.pair_distances(scratch[2], n, np.empty((4, n), dtype=np.int64))
    return float(distances) / float(pairs) if pairs else float("nan")


def _checked_parents(parents: ArrayLike) -> NDArray[np.int64]:
    """Parents as int64[n], every entry from -1 to n - 1, or SpecError."""
    array: NDArray[Any] = np.asarray(parents)
    if array.ndim == 1 and array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise SpecError(
            f"parents: found an array of {array.ndim} dimension(s) of {array.dtype}; a one-dimensional array "
            f"of integers is needed, the position of each node's parent and -1 for a root"
        )
    bad = (array < -1) | (array >= array.size) if array.dtype.kind == "i" else array >= array.size
    if bad.any():
        at = int(np.argmax(bad))
        raise SpecError(
            f"parents[{at}] is {array[at]}: allowed are -1 (a root) and the positions 0 to {array.size - 1}"
        )
    return np.ascontiguousarray(array, dtype=np.int64)
