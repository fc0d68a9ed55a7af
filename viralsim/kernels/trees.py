"""Share trees: sizes, depths, distances, in time linear in the number of nodes and without allocation.

A forest is ``parent`` (int32 or int64, shape (>= n,)): position of each node's parent in the same
array, -1 for a root, every parent before its children (``parent[i] < i``).

Distances are exact integers. With s_v the size of v's subtree, an edge above v separates s_v nodes
from the others of its tree, so the sum over ordered pairs of distances is 2 sum_v s_v (n - s_v)
(Goel, Anderson, Hofman and Watts 2016, "The structural virality of online diffusion", section 3.1).
Sums stay below 2^63 while mean distance x n^2 does: always up to 2 million nodes, and for a hundred
million at mean distances below 900.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Columns of one replicate's tree tallies.
TREE_COUNT, TREE_SIZE_1, TREE_DEPTH_LE_1, TREE_SIZE_GE_100, TREE_NODES, TREE_ASKED = 0, 1, 2, 3, 4, 5
TREE_LARGEST, TREE_DEPTH, TREE_DISTANCES, TREE_PAIRS = 6, 7, 8, 9
TREE_DISTANCES_BROADCAST, TREE_PAIRS_BROADCAST = 10, 11
TREE_COLUMNS = 12

# Rows of the scratch array.
_SIZE, _DEPTH, _ROOT, _TREE_DEPTH = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def measure_forest(parent, n, work):
    """Subtree sizes, depths, roots and depths of trees.

    Parameters
    ----------
    parent : int32 or int64[>= n]
        Position of the parent, -1 for a root; ``parent[i] < i``.
    n : int
        Number of nodes.
    work : int32 or int64[4, >= n]
        Overwritten: row 0 the size of each node's subtree, row 1 its depth (a root has 0), row 2 the
        position of its root, row 3 (at roots only) the depth of the tree.
    """
    size, depth, root, tree_depth = work[_SIZE], work[_DEPTH], work[_ROOT], work[_TREE_DEPTH]
    for i in range(n):
        size[i] = 1
        tree_depth[i] = 0
        p = parent[i]
        if p < 0:
            depth[i] = 0
            root[i] = i
        else:
            above = np.uint64(p)
            top, deep = root[above], depth[above] + 1
            root[i], depth[i] = top, deep
            tree_depth[np.uint64(top)] = max(tree_depth[np.uint64(top)], deep)
    for i in range(n - 1, -1, -1):
        if parent[i] >= 0:
            size[np.uint64(parent[i])] += size[i]


@njit(cache=True, nogil=True)
def pair_distances(parent, n, work):
    """Sum of distances and number of ordered pairs, pooled over the trees of a forest.

    Parameters
    ----------
    parent : int32 or int64[>= n]
        As in `measure_forest`.
    n : int
    work : int32 or int64[4, >= n]
        Scratch, overwritten by `measure_forest`.

    Returns
    -------
    distances : int64
        Sum over trees of the distances over ordered pairs of different nodes.
    pairs : int64
        Sum over trees of size (size - 1).
    """
    measure_forest(parent, n, work)
    distances = np.int64(0)
    pairs = np.int64(0)
    for i in range(n):
        s = np.int64(work[_SIZE, i])
        if parent[i] < 0:
            pairs += s * (s - 1)
        else:
            distances += 2 * s * (work[_SIZE, np.uint64(work[_ROOT, i])] - s)
    return distances, pairs


@njit(cache=True, nogil=True)
def tree_tallies(parent, n, work, trees, generations, tree_sizes):
    """Everything a replicate reports about its share trees.

    Parameters
    ----------
    parent : int32 or int64[>= n]
        As in `measure_forest`.
    n : int
        Number of nodes; 0 is allowed.
    work : int32 or int64[4, >= n]
        Scratch, overwritten.
    trees : int64[12]
        Overwritten, except for column ``TREE_ASKED`` (the caller's): number of trees, of trees with
        one node, with depth <= 1, with at least 100 nodes, nodes, (asked), largest tree, largest
        depth (-1 without nodes), sum of distances and of ordered pairs within trees, and the same
        two for one tree with an extra root (the brand) above all roots.
    generations : int64[g]
        Nodes are added by depth; the last entry takes all later ones.
    tree_sizes : int64[b]
        Trees are added by floor(log2(size)); the last entry takes all larger ones.
    """
    distances, pairs = pair_distances(parent, n, work)
    size, depth, tree_depth = work[_SIZE], work[_DEPTH], work[_TREE_DEPTH]
    count, single, shallow, big, largest = 0, 0, 0, 0, 0
    deepest = np.int64(-1)
    broadcast = np.int64(0)
    for i in range(n):
        s = np.int64(size[i])
        broadcast += 2 * s * (n + 1 - s)
        generations[min(depth[i], generations.size - 1)] += 1
        deepest = max(deepest, depth[i])
        if parent[i] >= 0:
            continue
        count += 1
        single += s == 1
        shallow += tree_depth[i] <= 1
        big += s >= 100
        largest = max(largest, s)
        power = 0
        while s > 1:
            s >>= 1
            power += 1
        tree_sizes[min(power, tree_sizes.size - 1)] += 1
    trees[TREE_COUNT] = count
    trees[TREE_SIZE_1] = single
    trees[TREE_DEPTH_LE_1] = shallow
    trees[TREE_SIZE_GE_100] = big
    trees[TREE_NODES] = n
    trees[TREE_LARGEST] = largest
    trees[TREE_DEPTH] = deepest
    trees[TREE_DISTANCES] = distances
    trees[TREE_PAIRS] = pairs
    trees[TREE_DISTANCES_BROADCAST] = broadcast
    trees[TREE_PAIRS_BROADCAST] = np.int64(n) * (n + 1)


@njit(cache=True, nogil=True)
def parents_first(parents, children, cursor, position, ordered):
    """Renumber a forest given in any order so that parents stand before their children.

    Parameters
    ----------
    parents : int64[n]
        Parent of each node in [0, n), or -1 for a root; values are trusted to be in range.
    children : int64[n]
        Scratch: children grouped by parent.
    cursor : int64[n + 2]
        Scratch.
    position : int64[n]
        Overwritten: the nodes in the new order, breadth first.
    ordered : int64[n]
        Overwritten: for each node in the new order, the new position of its parent, or -1.

    Returns
    -------
    int
        Number of nodes placed; fewer than n means that the others hang on a cycle.
    """
    n = parents.size
    for i in range(n + 2):
        cursor[i] = 0
    for i in range(n):
        cursor[parents[i] + 2] += 1  # the roots' group comes first
    for i in range(1, n + 2):
        cursor[i] += cursor[i - 1]
    for i in range(n):
        group = parents[i] + 1
        children[cursor[group]] = i
        cursor[group] += 1
    # cursor[g] is now the end of group g, and the end of group g - 1 is where g starts
    placed = cursor[0]
    for k in range(placed):
        position[k] = children[k]
        ordered[k] = -1
    head = 0
    while head < placed:
        u = position[head]
        for k in range(cursor[u], cursor[u + 1]):
            position[placed] = children[k]
            ordered[placed] = head
            placed += 1
        head += 1
    return placed
