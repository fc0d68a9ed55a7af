"""Reverse-reachable sets and the greedy cover of them (docs/models/influence-maximisation.md).

Set j starts at a person drawn at random and follows live arcs backwards; each arc of each set has one
keyed coin, so a set is a pure function of its key. Where all arcs into a person have one probability,
silent arcs are skipped by their geometric law.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.draws import below, derive, high32, log, low32, uniform

ROOT_WORD = np.uint64(1 << 63)
_U1 = np.uint64(1)


@njit(cache=True, nogil=True)
def _live_arc(word, half, threshold):
    """Whether the coin in one half of a word (uint64) falls below a threshold of 2^32."""
    return (high32(word) if half else low32(word)) < threshold


@njit(cache=True, nogil=True)
def _reach_back(indptr, indices, keys, row_prob, arc_prob, set_key, stamp, mark, members, length, wanted):
    """One set, appended at `length`; returns the new length, negative (-1 - length) once a wanted person is met."""
    n = indptr.size - 1
    root = below(derive(set_key, ROOT_WORD), n)
    members[length] = root
    stamp[root] = mark
    stop = length + 1
    first = length
    if wanted.size and wanted[root]:
        return -1 - stop
    while first < stop:
        v = members[first]
        first += 1
        key = derive(set_key, keys[v])
        begin, degree = indptr[v], indptr[v + 1] - indptr[v]
        prob = row_prob[v] if row_prob.size else -1.0
        at = np.int64(-1)
        word = np.uint64(0)
        turn = np.uint64(0)
        scale = 1.0 / log(1.0 - prob) if 0.0 < prob < 1.0 else 0.0
        if prob == 0.0:
            continue
        while True:
            if 0.0 < prob < 1.0:
                gap = np.floor(log(uniform(derive(key, turn))) * scale)
                turn += _U1
                if gap >= degree:
                    break
                at += 1 + np.int64(gap)
            else:
                at += 1
            if at >= degree:
                break
            if prob < 0.0:
                if at % 2 == 0:
                    word = derive(key, at // 2)
                if not _live_arc(
                    word, at % 2, np.uint64(np.floor(4294967296.0 * arc_prob[begin + at] + 0.5))
                ):
                    continue
            u = indices[begin + at]
            if stamp[u] != mark:
                stamp[u] = mark
                members[stop] = u
                stop += 1
                if wanted.size and wanted[u]:
                    return -1 - stop
    return stop


@njit(cache=True, nogil=True)
def sample_sets(
    indptr, indices, keys, row_prob, arc_prob, model_key, first_set, count, stamp, mark, members, length, ends
):
    """Sets `first_set` to `first_set` + `count` - 1, one after the other in one list.

    Parameters
    ----------
    indptr, indices : int[n + 1], int32[m]
        Whom each person follows (arcs turned round).
    keys : uint64[n]
        Stable identities of people.
    row_prob : float64[n] or [0]
        Probability of all arcs into a person; [0] where arcs differ.
    arc_prob : float64[m] or [0]
        Probability of each arc, in the order of `indices`, where `row_prob` is empty.
    model_key : uint64
        Set j has the key ``derive(model_key, j)``.
    first_set, count : int
    stamp : int64[n]
        Scratch; entries below `mark` on entry.
    mark : int
        Set k of this call stamps the people it meets with `mark` + k.
    members : int32[capacity]
        The sets' people are appended from `length` on.
    length : int
    ends : int64[>= count]
        Overwritten: where each set ends.

    Returns
    -------
    int
        Number of sets done: fewer than `count` where n more people might not fit.
    """
    n = indptr.size - 1
    nobody = np.zeros(0, np.bool_)
    for k in range(count):
        if length + n > members.size:
            return k
        key = derive(model_key, first_set + k)
        length = _reach_back(
            indptr, indices, keys, row_prob, arc_prob, key, stamp, mark + k, members, length, nobody
        )
        ends[k] = length
    return count


@njit(cache=True, nogil=True)
def count_hits(
    indptr, indices, keys, row_prob, arc_prob, model_key, first_set, count, stamp, mark, members, wanted
):
    """How many of the sets `first_set` to `first_set` + `count` - 1 hold somebody `wanted` (bool[n]).

    Other parameters as in `sample_sets`; `members` int32[n] is scratch. A set is left at the first hit.
    """
    hits = 0
    for k in range(count):
        key = derive(model_key, first_set + k)
        hits += (
            _reach_back(indptr, indices, keys, row_prob, arc_prob, key, stamp, mark + k, members, 0, wanted)
            < 0
        )
    return hits


@njit(cache=True, nogil=True)
def invert_sets(members, ends, count, fill, sets_of):
    """Which sets hold each person.

    Parameters
    ----------
    members : int32[ends[-1]]
    ends : int64[sets]
    count : int64[n + 1]
        Overwritten: row pointers of `sets_of`.
    fill : int64[n]
        Scratch.
    sets_of : int32[ends[-1]]
        Overwritten: numbers of the sets by person.
    """
    n = fill.size
    for v in range(n + 1):
        count[v] = 0
    for v in members:
        count[v + 1] += 1
    for v in range(n):
        count[v + 1] += count[v]
        fill[v] = count[v]
    begin = 0
    for j in range(ends.size):
        for k in range(begin, ends[j]):
            v = members[k]
            sets_of[fill[v]] = j
            fill[v] += 1
        begin = ends[j]


@njit(cache=True, nogil=True)
def greedy_cover(members, ends, row, sets_of, rank, gain, covered, chosen, gained):
    """Pick people one by one, each time the one in most sets not yet covered.

    Parameters
    ----------
    members, ends : int32[total], int64[sets]
    row, sets_of : int64[n + 1], int32[total]
        As `invert_sets` leaves them.
    rank : int64[n]
        Order of equal people.
    gain : int64[n]
        Overwritten: uncovered sets that hold each person, at the end.
    covered : bool[sets]
        Scratch, False.
    chosen, gained : int64[k]
        Overwritten: people in the order picked, and how many sets each newly covers.

    Notes
    -----
    Nemhauser, Wolsey and Fisher 1978: covers at least 1 - (1 - 1/k)^k of what the best k people cover.
    """
    n = gain.size
    for v in range(n):
        gain[v] = row[v + 1] - row[v]
    for i in range(chosen.size):
        best = -1
        for v in range(n):
            if gain[v] >= 0 and (
                best < 0 or gain[v] > gain[best] or (gain[v] == gain[best] and rank[v] < rank[best])
            ):
                best = v
        chosen[i] = best
        gained[i] = gain[best]
        for k in range(row[best], row[best + 1]):
            j = sets_of[k]
            if not covered[j]:
                covered[j] = True
                for m in range(ends[j - 1] if j > 0 else 0, ends[j]):
                    gain[members[m]] -= 1
        gain[best] = -1
