"""Random graph kernels, straight into compressed sparse rows.

All draws are stateless (`viralsim.kernels.draws`): each kernel gets a uint64 ``key`` and names its
draws by row, edge and attempt, so a graph is a pure function of the arguments. Pairs come out as
int32 arrays. A kernel that does not know in advance how many pairs there will be is given arrays
and returns -1 if they were too short; calling it again with longer ones gives the same pairs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .draws import below, derive, exponential, log, uniform

_LN_2 = 0.6931471805599453


@njit(cache=True, nogil=True)
def exp(x):
    """Exponential of a float64 in [-700, 0] from + - * / only, relative error about 1e-15.

    x = h ln 2 + r with |r| <= ln 2 / 2; Taylor series for r (15 terms), then h halvings, so that the
    result does not depend on the machine's library.
    """
    halvings = np.int64(0.5 - x / _LN_2)
    r = x + halvings * _LN_2
    total = 1.0
    for i in range(15, 0, -1):
        total = 1.0 + total * r / i
    for _ in range(halvings):
        total *= 0.5
    return total


@njit(cache=True, nogil=True)
def skip_triangle(key, level, offset, size, src, dst, at):
    """Pairs w < v among ``size`` people from ``offset`` on, each present with the same probability.

    Skip sampling over the lower triangle in lexicographic order: work grows with the pairs found.

    Parameters
    ----------
    key : uint64
    level : float
        -log(1 - probability), above 0, inf for certainty.
    offset, size : int
    src, dst : int32[capacity]
        Filled from position ``at`` on with v and w.
    at : int

    Returns
    -------
    int
        Position after the last pair, or -1 if the arrays are too short.

    Notes
    -----
    Source: Batagelj and Brandes 2005, "Efficient generation of large random networks", algorithm 1.
    """
    v, w = np.int64(1), np.int64(-1)
    left = np.float64(size) * (size - 1) / 2
    step = np.int64(0)
    while True:
        skip = exponential(derive(key, step)) / level
        step += 1
        if skip >= left:  # also keeps the cast below in range
            return at
        jump = np.int64(skip) + 1
        left -= jump
        w += jump
        while w >= v and v < size:
            w -= v
            v += 1
        if v >= size:
            return at
        if at >= src.shape[0]:
            return -1
        src[at] = offset + v
        dst[at] = offset + w
        at += 1


@njit(cache=True, nogil=True)
def skip_rectangle(key, level, row_offset, rows, column_offset, columns, src, dst, at):
    """Pairs (row, column) of a rectangle, each present with the same probability; see `skip_triangle`.

    Parameters
    ----------
    key : uint64
    level : float
        -log(1 - probability), above 0, inf for certainty.
    row_offset, rows, column_offset, columns : int
        Rows are ``row_offset ... row_offset + rows - 1``, columns likewise.
    src, dst : int32[capacity]
    at : int

    Returns
    -------
    int
        Position after the last pair, or -1 if the arrays are too short.
    """
    row, column = np.int64(0), np.int64(-1)
    left = np.float64(rows) * columns
    step = np.int64(0)
    while True:
        skip = exponential(derive(key, step)) / level
        step += 1
        if skip >= left:
            return at
        jump = np.int64(skip) + 1
        left -= jump
        column += jump
        if column >= columns:
            row += column // columns
            column %= columns
        if row >= rows:
            return at
        if at >= src.shape[0]:
            return -1
        src[at] = row_offset + row
        dst[at] = column_offset + column
        at += 1


@njit(cache=True, nogil=True)
def rows_from_ordered(src, dst, n, skip_diagonal):
    """CSR of arcs that are already in row-major order.

    Parameters
    ----------
    src, dst : int32[m]
        `dst` becomes the columns in place.
    n : int
    skip_diagonal : bool
        Columns at or beyond their row move up by one: [0, n - 1) becomes everyone but oneself.

    Returns
    -------
    int64[n + 1]
        Row pointers.
    """
    pointers = np.zeros(n + 1, dtype=np.int64)
    for e in range(src.shape[0]):
        pointers[src[e] + 1] += 1
        if skip_diagonal and dst[e] >= src[e]:
            dst[e] += 1
    for u in range(n):
        pointers[u + 1] += pointers[u]
    return pointers


@njit(cache=True, nogil=True)
def _owns(targets, half, owner, person):
    """Whether `owner` holds an edge to `person` among its `half` own edges."""
    for j in range(half):
        if targets[owner * half + j] == person:
            return True
    return False


@njit(cache=True, nogil=True)
def small_world_targets(key, n, half, rewire_prob):
    """Far ends of a small world's edges: edge (u, j) joins u and ``targets[u * half + j]``.

    Parameters
    ----------
    key : uint64
    n : int
        People on the ring.
    half : int
        Neighbours on each side, 2 * half <= n - 1.
    rewire_prob : float
        Probability that an edge's far end moves to a uniform person that is not yet a neighbour.

    Returns
    -------
    targets : int32[n * half]
    rewired : int
        Number of edges moved.

    Notes
    -----
    Source: Watts and Strogatz 1998, in their order: nearest neighbours round the ring first, then
    the next nearest. A person who already knows everyone keeps the edge.
    """
    targets = np.empty(n * half, dtype=np.int32)
    degree = np.full(n, 2 * half, dtype=np.int32)
    for u in range(n):
        for j in range(half):
            targets[u * half + j] = (u + j + 1) % n
    rewired = 0
    for j in range(half):
        for u in range(n):
            edge = u * half + j
            draw = derive(key, edge)
            if uniform(draw) >= rewire_prob or degree[u] >= n - 1:
                continue
            attempt = 0
            while True:
                w = below(derive(draw, attempt), n)
                attempt += 1
                if w != u and not _owns(targets, half, u, w) and not _owns(targets, half, w, u):
                    break
            degree[targets[edge]] -= 1
            degree[w] += 1
            targets[edge] = w
            rewired += 1
    return targets, rewired


@njit(cache=True, nogil=True)
def preferential_pairs(key, n, m):
    """Pairs (newcomer, earlier person) of preferential attachment, in lexicographic order.

    Starts from a star of m + 1 people round person 0 (as networkx does). Each newcomer ties to m
    distinct people, drawn one by one in proportion to their pairs (redrawn if drawn before): a
    uniform choice among all ends of earlier pairs. The newer end of a pair follows from its number,
    so only the older ends are stored and looked up.

    Parameters
    ----------
    key : uint64
    n : int
        People, more than m.
    m : int
        Pairs per newcomer, at least 1.

    Returns
    -------
    src, dst : int32[m + m * (n - m - 1)]
        src the newcomer (ascending), dst the earlier person (ascending within a newcomer).

    Notes
    -----
    Source: Barabasi and Albert 1999; method of Batagelj and Brandes 2005, algorithm 5.
    """
    total = m + m * (n - m - 1)
    src = np.empty(total, dtype=np.int32)
    dst = np.empty(total, dtype=np.int32)
    for e in range(m):
        src[e] = e + 1
        dst[e] = 0
    for u in range(m + 1, n):
        own = derive(key, u)
        first = m * (u - m)
        ends = np.float64(2 * first)
        attempt = 0
        for i in range(m):
            while True:
                end = np.int64(uniform(derive(own, attempt)) * ends)
                attempt += 1
                pair = end >> 1
                if end & 1:
                    chosen = dst[pair]
                elif pair < m:
                    chosen = np.int32(pair + 1)
                else:
                    chosen = np.int32(pair // m + m)
                at = first + i  # insertion keeps the newcomer's choices in order and finds repeats
                while at > first and dst[at - 1] > chosen:
                    at -= 1
                if at == first or dst[at - 1] != chosen:
                    break
            for e in range(first + i, at, -1):
                dst[e] = dst[e - 1]
            dst[at] = chosen
            src[first + i] = u
    return src, dst


@njit(cache=True, nogil=True)
def power_law_weights(low, high, exponent):
    """Weights k^-exponent relative to the first, float64[high - low + 1] in (0, 1], k = low ... high."""
    weights = np.empty(high - low + 1)
    start = log(np.float64(low))
    for k in range(low, high + 1):
        x = exponent * (start - log(np.float64(k)))
        weights[k - low] = exp(x) if x > -700.0 else 0.0
    return weights


@njit(cache=True, nogil=True)
def draw_counts(key, n, low, cumulative):
    """Integers with given probabilities, one per person, by inverting the distribution function.

    Parameters
    ----------
    key : uint64
    n : int
    low : int
        The value of the first class.
    cumulative : float64[classes]
        Ascending partial sums of the weights.

    Returns
    -------
    int32[n]
    """
    counts = np.empty(n, dtype=np.int32)
    classes = cumulative.shape[0]
    total = cumulative[classes - 1]
    for u in range(n):
        level = uniform(derive(key, u)) * total
        right = 1  # most people are among the first classes: double the range before bisecting it
        while right < classes and cumulative[right - 1] <= level:
            right *= 2
        left, right = right // 2, min(right, classes) - 1
        while left < right:
            middle = (left + right) // 2
            if cumulative[middle] > level:
                right = middle
            else:
                left = middle + 1
        counts[u] = low + left
    return counts


@njit(cache=True, nogil=True)
def sorted_uniform(key, bound, wanted, spacings, out):
    """`wanted` independent uniform integers of [0, bound) in ascending order, without sorting.

    Parameters
    ----------
    key : uint64
    bound, wanted : int
    spacings : float64[wanted or more]
        Scratch.
    out : int32[wanted or more]
        Its first `wanted` entries are filled; equal values may occur.

    Notes
    -----
    The sums of wanted + 1 exponential spacings, divided by the last, are ordered uniforms (Devroye
    1986, "Non-uniform random variate generation", chapter V, section 3.1).
    """
    total = 0.0
    for i in range(wanted):
        total += exponential(derive(key, i))
        spacings[i] = total
    scale = bound / (total + exponential(derive(key, wanted)))
    for i in range(wanted):
        out[i] = min(np.int64(spacings[i] * scale), bound - 1)


@njit(cache=True, nogil=True)
def _distinct(key, bound, spacings, fresh, chosen):
    """Fill `chosen` (int32[k], k <= bound) with a uniform set of k integers of [0, bound), ascending.

    Repeats among independent draws are replaced by further draws until k different ones are there:
    by symmetry every set is equally likely. `spacings` and `fresh` are scratch of k or more.
    """
    wanted = chosen.shape[0]
    kept, attempt = 0, 0
    while kept < wanted:
        missing = wanted - kept
        sorted_uniform(derive(key, attempt), bound, missing, spacings, fresh)
        attempt += 1
        old, new = kept - 1, missing - 1
        for at in range(wanted - 1, -1, -1):  # merge from the back, so that nothing is overwritten
            if new < 0:
                break
            if old >= 0 and chosen[old] > fresh[new]:
                chosen[at] = chosen[old]
                old -= 1
            else:
                chosen[at] = fresh[new]
                new -= 1
        kept = 1
        for i in range(1, wanted):
            if chosen[i] != chosen[kept - 1]:
                chosen[kept] = chosen[i]
                kept += 1


@njit(cache=True, nogil=True)
def uniform_followers(key, pointers, indices, first, end):
    """Fill CSR rows `first` to `end` - 1 with uniform sets of distinct other people, ascending.

    Parameters
    ----------
    key : uint64
    pointers : int64[n + 1]
        Row pointers; a row holds at most n - 1 arcs.
    indices : int32[pointers[n]]
        Filled.
    first, end : int
        Rows do not depend on each other: who fills which changes nothing.

    Notes
    -----
    A row of more than half of all people draws who is left out instead.
    """
    n = pointers.shape[0] - 1
    others = n - 1
    most = 0
    for u in range(first, end):
        count = pointers[u + 1] - pointers[u]
        most = max(most, min(count, others - count))
    spacings = np.empty(most, dtype=np.float64)
    fresh = np.empty(most, dtype=np.int32)
    spare = np.empty(most, dtype=np.int32)
    for u in range(first, end):
        row = indices[pointers[u] : pointers[u + 1]]
        count = row.shape[0]
        own = derive(key, u)
        if 2 * count <= others:
            _distinct(own, others, spacings, fresh, row)
        else:
            left_out = spare[: others - count]
            _distinct(own, others, spacings, fresh, left_out)
            at, skip = 0, 0
            for v in range(others):
                if skip < left_out.shape[0] and left_out[skip] == v:
                    skip += 1
                else:
                    row[at] = v
                    at += 1
        for i in range(count):
            if row[i] >= u:
                row[i] += 1
