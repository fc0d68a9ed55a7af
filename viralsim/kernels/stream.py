"""Very many small cascades, each from one random person, straight into histograms: no column per cascade.

A batch of cascades is followed together, generation by generation, in one list of people. Each generation
is three passes: who reaches anybody (drawn without a branch: a wrong guess would wait for all of the draw), which
followers they reach (their places in the graph are asked for ahead), then who these are and whether they are new to
their cascade (their rows are asked for ahead). So the random loads of hundreds of cascades overlap.

Draws (docs/models/follower-cascades.md): cascade c starts at the person at
``int(uniform(derive(root key, c)) * n)`` and has the key ``derive(luck key, c)``; a person of d followers
has ``derive(cascade key, person key)`` and a Poisson process on level x position under it: point k has
``word = derive(key, k)``, a step ``exponential32(high32(word))`` in d x level and the position
``below(word, d)``. The follower there is reached iff the level is below -log(1 - probability): work grows
with who is reached, not with who follows. So a cascade is a pure function of (seed, its number), and nested
in the probability.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viralsim.kernels.draws import below, derive, exponential32, uniform
from viralsim.kernels.machine import prefetch

EXACT = 1024  # sizes and depths below this have a bin each, larger ones eight bins per doubling
BINS = EXACT + 8 * 22
VIRALITY_BINS = 1025  # of width 1 / 16; the last takes all from 64 on
ARCS = 4096  # live arcs gathered before their people are looked up
BLOCK = 256  # people whose first points are drawn before any of them is looked at

# Whole-number totals.
POPULAR, SIZE_TAIL, DEPTH_TAIL, LARGEST, LARGEST_NUMBER = 0, 1, 2, 3, 4
TOTALS = 5
# Sums of float64 over one chunk of cascades, in order of their numbers; those of one chunk never mix with
# another's, so that rounding does not depend on who computes what. "Tail": of values from EXACT on; P: of
# popular cascades; C: of popular cascades below EXACT.
SIZE2_TAIL, DEPTH2_TAIL, P_SIZE, P_SIZE2, P_VIRALITY, P_VIRALITY2, P_CROSS = 0, 1, 2, 3, 4, 5, 6
C_COUNT, C_VIRALITY, C_VIRALITY2 = 7, 8, 9
SUMS = 10

_U1, _U32 = np.uint64(1), np.uint64(32)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Reach(NamedTuple):
    """A graph and how far a share goes; read by all threads."""

    indptr: NDArray  # int32 or int64 [n + 1]
    indices: NDArray  # int32[m]
    person_key: NDArray  # uint64[n], or [0] where the position is the key
    level: np.float64  # -log(1 - probability)
    everyone: np.bool_  # probability of (nearly) 1: no draws


class Wave(NamedTuple):
    """Scratch of one thread. Place i < batch is the first person of the batch's cascade i."""

    person: NDArray  # int32[room]
    cascade: NDArray  # int32[room], place of the cascade in the batch
    parent: NDArray  # int32[room], place of who passed it on, -1 for the first
    slot: NDArray  # int32[room], where the table names this place
    under: NDArray  # int64[room], people in the subtree
    table: NDArray  # int32[power of 2, >= 2 room], places + 1 hashed by (cascade, person); zero between calls
    arc: NDArray  # int64[ARCS]
    owner: NDArray  # int32[ARCS]
    own_key: NDArray  # uint64[BLOCK], keys of people
    level: NDArray  # float64[BLOCK], level of each one's first point, in units of 1 / followers
    active: NDArray  # int32[BLOCK], which of them reach somebody
    key: NDArray  # uint64[batch]
    size: NDArray  # int64[batch]
    depth: NDArray  # int64[batch]
    distances: NDArray  # int64[batch]


class Tally(NamedTuple):
    """What is kept of cascades that have ended; whole numbers, added up over threads."""

    size: NDArray  # int64[BINS]
    depth: NDArray  # int64[BINS]
    virality: NDArray  # int64[VIRALITY_BINS], of popular cascades
    totals: NDArray  # int64[TOTALS]


@njit(cache=True, nogil=True)
def bin_of(value):
    """Bin of a size or depth: itself below EXACT, then eight per doubling (int from an int >= 0)."""
    if value < EXACT:
        return value
    power = 10
    while value >> (power + 1):
        power += 1
    return EXACT + 8 * (power - 10) + ((value >> (power - 3)) & 7)


@njit(cache=True, nogil=True)
def _person_key(reach, wave, place):
    """Key of the draws of a person in a cascade."""
    u = np.uint64(wave.person[place])
    who = reach.person_key[u] if reach.person_key.size else u
    return derive(wave.key[np.uint64(wave.cascade[place])], who)


@njit(cache=True, nogil=True)
def _land(reach, wave, found, stop, length, depth):
    """Add the heads of the arcs found that are new to their cascade; the new length, or -1 if there is no room."""
    person, cascade, parent, table = wave.person, wave.cascade, wave.parent, wave.table
    mask = np.uint64(table.size - 1)
    room = person.size
    for k in range(found):
        v = reach.indices[np.uint64(wave.arc[k])]
        by = np.uint64(wave.owner[k])
        c = np.uint64(cascade[by])
        if person[c] == v:
            continue
        h = (((c << _U32) | np.uint64(v)) * _GOLDEN >> _U32) & mask
        new = True
        while table[h]:
            q = np.uint64(table[h] - 1)
            if person[q] == v and np.uint64(cascade[q]) == c:
                new = False
                if np.int64(q) >= stop:  # reached by several people of one generation: the smallest key
                    old = np.uint64(parent[q])
                    if _person_key(reach, wave, by) < _person_key(reach, wave, old):
                        parent[q] = by
                break
            h = (h + _U1) & mask
        if new:
            if length == room:
                return np.int64(-1)
            prefetch(reach.indptr, np.uint64(v))
            at = np.uint64(length)
            table[h] = length + 1
            wave.slot[at] = h
            person[at] = v
            cascade[at] = c
            parent[at] = by
            wave.size[c] += 1
            wave.depth[c] = depth
            length += 1
    return np.int64(length)


@njit(cache=True, nogil=True)
def _look_at(reach, wave, begin, end):
    """First point of those at places `begin` to `end` - 1, without a branch; how many have one below the edge."""
    count = 0
    for i in range(end - begin):
        p = np.uint64(begin + i)
        u = np.uint64(wave.person[p])
        d = np.int64(reach.indptr[u + _U1]) - np.int64(reach.indptr[u])
        key = _person_key(reach, wave, p)
        level = exponential32(derive(key, 0) >> _U32)
        wave.own_key[i] = key
        wave.level[i] = level
        wave.active[count] = i
        count += level < np.float64(d) * reach.level
    return count


@njit(cache=True, nogil=True)
def _share(reach, wave, first, stop, depth):
    """People reached by those at places `first` to `stop` - 1; the new length of the list, or -1."""
    length = np.int64(stop)
    found = 0
    for begin in range(first, stop, BLOCK):
        active = _look_at(reach, wave, begin, min(begin + BLOCK, stop))
        for j in range(active):
            i = wave.active[j]
            p = begin + i
            u = np.uint64(wave.person[p])
            a = np.int64(reach.indptr[u])
            d = np.int64(reach.indptr[u + _U1]) - a
            key, level, edge = wave.own_key[i], wave.level[i], np.float64(d) * reach.level
            k = np.int64(0)
            while level < edge:
                e = a + below(derive(key, k), d)
                k += 1
                level += exponential32(derive(key, k) >> _U32)
                wave.arc[found] = e
                wave.owner[found] = p
                prefetch(reach.indices, np.uint64(e))
                found += 1
                if found == ARCS:
                    length = _land(reach, wave, found, stop, length, depth)
                    found = 0
                    if length < 0:
                        return length
    return _land(reach, wave, found, stop, length, depth)


@njit(cache=True, nogil=True)
def _share_with_all(reach, wave, first, stop, depth):
    """As `_share`, where every try succeeds."""
    length = np.int64(stop)
    found = 0
    for p in range(first, stop):
        u = np.uint64(wave.person[p])
        for e in range(reach.indptr[u], reach.indptr[u + _U1]):
            wave.arc[found] = e
            wave.owner[found] = p
            found += 1
            if found == ARCS:
                length = _land(reach, wave, found, stop, length, depth)
                found = 0
                if length < 0:
                    return length
    return _land(reach, wave, found, stop, length, depth)


@njit(cache=True, nogil=True)
def spread_batch(reach, root_key, luck_key, first, count, wave):
    """Cascades `first` to `first + count` - 1, all their people in one list.

    Parameters
    ----------
    reach : Reach
    root_key, luck_key : uint64
    first, count : int
        `count` is at most the batch of `wave`.
    wave : Wave
        person, cascade and parent hold the people, parents before children; size and depth of each
        cascade are set.

    Returns
    -------
    int
        People in the list, or -1 if there was no room for them.

    Notes
    -----
    Independent cascade (Kempe, Kleinberg and Tardos 2003, section 2). Of several people of one generation
    who reach the same person the parent is the one with the smallest key.
    """
    n = np.float64(reach.indptr.size - 1)
    for i in range(count):
        wave.person[i] = np.int64(uniform(derive(root_key, first + i)) * n)
        wave.key[i] = derive(luck_key, first + i)
        prefetch(reach.indptr, np.uint64(wave.person[i]))
        wave.cascade[i] = i
        wave.parent[i] = -1
        wave.size[i] = 1
        wave.depth[i] = 0
    begin, length = np.int64(0), np.int64(count)
    stop = length
    depth = 0
    while begin < stop:
        depth += 1
        if reach.everyone:
            length = _share_with_all(reach, wave, begin, stop, depth)
        else:
            length = _share(reach, wave, begin, stop, depth)
        if length < 0:
            break
        begin, stop = stop, length
    if length < 0:  # which places were filled is not known
        wave.table[:] = 0
    else:
        for q in range(count, length):
            wave.table[np.uint64(wave.slot[q])] = 0
    return length


@njit(cache=True, nogil=True)
def _sum_distances(wave, count, length, popular):
    """Sum of distances over ordered pairs of each popular cascade of a batch (Goel et al. 2016, section 3.1)."""
    any_popular = False
    for i in range(count):
        wave.distances[i] = 0
        any_popular |= wave.size[i] >= popular
    if not any_popular:
        return
    for q in range(length):
        wave.under[q] = 1
    for q in range(length - 1, count - 1, -1):
        c = np.uint64(wave.cascade[q])
        if wave.size[c] >= popular:
            s = wave.under[q]
            wave.under[np.uint64(wave.parent[q])] += s
            wave.distances[c] += 2 * s * (wave.size[c] - s)


@njit(cache=True, nogil=True)
def _count_popular(size, virality, tally, sums):
    """Add a popular cascade."""
    s = np.float64(size)
    tally.totals[POPULAR] += 1
    if virality == virality:
        tally.virality[min(np.int64(virality * 16.0), VIRALITY_BINS - 1)] += 1
        sums[P_SIZE] += s
        sums[P_SIZE2] += s * s
        sums[P_VIRALITY] += virality
        sums[P_VIRALITY2] += virality * virality
        sums[P_CROSS] += s * virality
        if size < EXACT:
            sums[C_COUNT] += 1.0
            sums[C_VIRALITY] += virality
            sums[C_VIRALITY2] += virality * virality


@njit(cache=True, nogil=True)
def _count_batch(wave, first, count, popular, tally, sums):
    """Add the cascades of a batch to the tally, in order of their numbers."""
    totals = tally.totals
    for i in range(count):
        size, depth = wave.size[i], wave.depth[i]
        tally.size[bin_of(size)] += 1
        tally.depth[bin_of(depth)] += 1
        if size < popular and size < EXACT and size <= totals[LARGEST]:
            continue
        if size > totals[LARGEST]:
            totals[LARGEST] = size
            totals[LARGEST_NUMBER] = first + i
        if size >= EXACT:
            totals[SIZE_TAIL] += size
            sums[SIZE2_TAIL] += np.float64(size) * np.float64(size)
        if depth >= EXACT:
            totals[DEPTH_TAIL] += depth
            sums[DEPTH2_TAIL] += np.float64(depth) * np.float64(depth)
        if size >= popular:
            pairs = np.float64(size) * np.float64(size - 1)
            virality = np.float64(wave.distances[i]) / pairs if size > 1 else np.nan
            _count_popular(size, virality, tally, sums)


@njit(cache=True, nogil=True)
def run_stream(reach, root_key, luck_key, begin, end, popular, wave, tally, sums):
    """Cascades `begin` to `end` - 1, counted, until a batch does not fit its list.

    Parameters
    ----------
    reach : Reach
    root_key, luck_key : uint64
    begin, end : int
    popular : int
        Cascades of at least this size have their structural virality counted.
    wave : Wave
        Its batch is the length of ``wave.key``; results do not depend on it.
    tally : Tally
        Added to. ``totals[LARGEST]`` and its number are replaced by a larger one: the first of the largest
        size if cascades come in order.
    sums : float64[SUMS]
        Added to.

    Returns
    -------
    int
        The first cascade not counted (`end` if all are): its batch outgrew the list.
    """
    at = begin
    while at < end:
        count = min(wave.key.size, end - at)
        length = spread_batch(reach, root_key, luck_key, at, count, wave)
        if length < 0:
            return at
        _sum_distances(wave, count, length, popular)
        _count_batch(wave, at, count, popular, tally, sums)
        at += count
    return at
