"""Where to draw the people of a share tree: around the first sharer, or row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viralsim.metrics.columns import Floats

__all__ = ["depths_of", "layered_layout", "leaf_positions", "radial_layout"]

Ints = NDArray[np.int64]


def depths_of(parents: Ints) -> Ints:
    """Steps from the root of each node.

    Parameters
    ----------
    parents : int64[n]
        Position of each node's parent, -1 for the root; parents stand before their children.

    Returns
    -------
    int64[n]
    """
    depth = np.zeros(parents.size, np.int64)
    for node in range(1, parents.size):
        if parents[node] >= 0:
            depth[node] = depth[parents[node]] + 1
    return depth


def leaf_positions(parents: Ints) -> tuple[Floats, int]:
    """Place of each node across the tree: leaves side by side, a parent in the middle of its children.

    Parameters
    ----------
    parents : int64[n]
        As in `depths_of`; n >= 1.

    Returns
    -------
    position : float64[n]
        Leaf k of the drawing at k + 1/2; subtrees do not cross. Children stand in the order of the array.
    leaves : int

    Notes
    -----
    Two passes in linear time, without recursion (trees may be thousands deep): leaves are counted from
    the last node to the first, then each node hands its stretch on to its children.
    """
    n = parents.size
    leaves = np.zeros(n, np.int64)
    for node in range(n - 1, -1, -1):
        leaves[node] = max(leaves[node], 1)
        if parents[node] >= 0:
            leaves[parents[node]] += leaves[node]
    start = np.zeros(n, np.int64)
    taken = np.zeros(n, np.int64)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    for node in range(n):
        parent = parents[node]
        if parent >= 0:
            start[node] = start[parent] + taken[parent]
            taken[parent] += leaves[node]
    position = start.astype(np.float64) + 0.5
    for node in range(n - 1, -1, -1):
        if low[node] <= high[node]:
            position[node] = 0.5 * (low[node] + high[node])
        parent = parents[node]
        if parent >= 0:
            low[parent] = min(low[parent], position[node])
            high[parent] = max(high[parent], position[node])
    return position, int(leaves[0])


def radial_layout(parents: Ints) -> tuple[Floats, Floats]:
    """The root in the middle, each generation on a ring of its own, subtrees in wedges.

    Parameters
    ----------
    parents : int64[n]
        As in `depths_of`.

    Returns
    -------
    x, y : float64[n]
        The ring of generation g has radius g.
    """
    position, leaves = leaf_positions(parents)
    angle = 2.0 * np.pi * position / leaves
    radius = depths_of(parents).astype(np.float64)
    return radius * np.sin(angle), radius * np.cos(angle)


def layered_layout(parents: Ints) -> tuple[Floats, Floats]:
    """The root on top, each generation one row lower.

    Parameters
    ----------
    parents : int64[n]
        As in `depths_of`.

    Returns
    -------
    x, y : float64[n]
        x in leaves, from 0 to their number; y = -generation.
    """
    position, _ = leaf_positions(parents)
    return position, -depths_of(parents).astype(np.float64)
