"""Wiring of the `communities` network: dense small circles inside communities, loose ties between them."""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.draws import derive, log, uniform

LEVELS = 48  # classes of number of stubs, three per doubling
_LOG_2 = 0.6931471805599453


@njit(cache=True, nogil=True)
def level_of_count(count, jitter):
    """Class of a number of stubs (int64 in [0, LEVELS)): three per doubling, blurred by `jitter` doublings."""
    level = np.int64(4 + 3 * (log(np.float64(count)) / _LOG_2 + jitter))
    return min(max(level, 0), LEVELS - 1)


@njit(cache=True, nogil=True)
def shuffle(key, items, start, stop):
    """Shuffle items[start:stop] in place (Fisher and Yates), keyed."""
    for x in range(stop - 1, start, -1):
        j = start + np.int64(uniform(derive(key, x)) * (x - start + 1))
        items[x], items[j] = items[j], items[x]


@njit(cache=True, nogil=True)
def group(bucket, count, order, starts):
    """Counting sort: `order` lists the entries with bucket >= 0 by bucket; starts int64[buckets + 1]."""
    starts[:] = 0
    for i in range(count):
        if bucket[i] >= 0:
            starts[bucket[i] + 1] += 1
    for k in range(starts.size - 1):
        starts[k + 1] += starts[k]
    for i in range(count):
        if bucket[i] >= 0:
            order[starts[bucket[i]]] = i
            starts[bucket[i]] += 1
    for k in range(starts.size - 1, 0, -1):
        starts[k] = starts[k - 1]
    starts[0] = 0


@njit(cache=True, nogil=True)
def wire_circles(key, stubs, community, segment, homophily, density, cap, passes, source, target):
    """Fill circles of people with similar numbers of stubs until the stubs for circles are used up.

    Parameters
    ----------
    key : uint64
    stubs : int64[n]
        Stubs for ties in circles; used up.
    community, segment : int64[n]
        Segments count from 0; a circle is of one segment with probability `homophily`.
    homophily, density : float
        `density`: chance that two people of a circle are tied.
    cap, passes : int
        Largest circle; how many circles a person can be in.
    source, target : int32[capacity]
        Out.

    Returns
    -------
    int
        Ties made.
    """
    n = stubs.size
    rooms = segment.max() + 2
    groups = (community.max() + 1) * rooms
    starts = np.empty(groups * LEVELS + 1, np.int64)
    order, bucket = np.empty(n, np.int64), np.empty(n, np.int64)
    made = 0
    for turn in range(passes):
        turn_key = derive(key, turn)
        for i in range(n):
            bucket[i] = -1
            if stubs[i] >= 2:
                word = derive(turn_key, i)
                jitter = uniform(derive(word, 1)) + uniform(derive(word, 2)) - 1.0
                room = segment[i] + 1 if uniform(derive(word, 3)) < homophily else 0
                place = community[i] * rooms + room
                bucket[i] = place * LEVELS + level_of_count(stubs[i], jitter)
        group(bucket, n, order, starts)
        for k in range(groups * LEVELS):
            shuffle(derive(turn_key, n + k), order, starts[k], starts[k + 1])
        before = made
        wires = derive(turn_key, -1)
        for g in range(groups):
            at, end = starts[g * LEVELS], starts[(g + 1) * LEVELS]
            while end - at >= 3:
                size = min(np.int64(stubs[order[at]] / density + 1.5), cap)
                if end - at - size < 3:
                    size = min(end - at, cap)
                size = min(max(size, 3), end - at)
                circle = derive(wires, at)
                for x in range(1, size):
                    u = order[at + x]
                    for y in range(x):
                        v = order[at + y]
                        if stubs[u] > 0 and stubs[v] > 0 and uniform(derive(circle, x * size + y)) < density:
                            source[made], target[made] = u, v
                            made += 1
                            stubs[u] -= 1
                            stubs[v] -= 1
                at += size
        if made == before:
            break
    return made


@njit(cache=True, nogil=True)
def wire_rest(key, stubs, community, segment, homophily, mixing, correlation, source, target, made):
    """Pair the remaining stubs at random: inside the community or, with probability `mixing`, anywhere.

    A stub keeps to its segment with probability `homophily`, and with probability `correlation` it is
    paired with a stub of somebody with a similar number. Self-ties are dropped. Returns the number of ties.
    """
    n = stubs.size
    rooms, anywhere = segment.max() + 2, community.max() + 1
    pools = (anywhere + 1) * rooms
    total = stubs.sum()
    bucket, owner = np.empty(total, np.int64), np.empty(total, np.int32)
    at = 0
    for i in range(n):
        for j in range(stubs[i]):
            word = derive(derive(key, i), j)
            place = anywhere if uniform(word) < mixing else community[i]
            room = segment[i] + 1 if uniform(derive(word, 1)) < homophily else 0
            jitter = uniform(derive(word, 3)) + uniform(derive(word, 4)) - 1.0
            level = np.int64(uniform(derive(word, 5)) * LEVELS)
            if uniform(derive(word, 2)) < correlation:
                level = level_of_count(stubs[i], jitter)
            bucket[at] = (place * rooms + room) * LEVELS + level
            owner[at] = i
            at += 1
    order, starts = np.empty(total, np.int64), np.empty(pools * LEVELS + 1, np.int64)
    group(bucket, total, order, starts)
    shuffles = derive(key, -5)
    for k in range(pools * LEVELS):
        shuffle(derive(shuffles, k), order, starts[k], starts[k + 1])
    for p in range(pools):
        start, stop = starts[p * LEVELS], starts[(p + 1) * LEVELS]
        for x in range(start, stop - 1, 2):
            u, v = owner[order[x]], owner[order[x + 1]]
            if u != v:
                source[made], target[made] = u, v
                made += 1
    return made
