"""Linear threshold cascades, generation by generation, in whole numbers.

Weights are multiples of 2^-52, rounded up, and a person's threshold is the upper 52 bits of
``derive(replicate key, person key)``: the person becomes active in the generation after the one in
which the weights of active people followed sum to more than it. Sums of whole numbers do not depend on
the order of their terms, so results depend on no order either, and more seeds or larger weights never
lose anybody (Kempe, Kleinberg and Tardos 2003, "Maximizing the spread of influence through a social
network", section 2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viralsim.kernels.draws import derive, mix64
from viralsim.kernels.machine import prefetch
from viralsim.kernels.trees import pair_distances

UNIT = float(1 << 52)  # a weight of 1
PARENT = np.uint64(1 << 62)  # names the key on which parents are drawn

_U0, _U1, _U2, _U12 = (np.uint64(k) for k in (0, 1, 2, 12))
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ACTIVE = np.uint64(1 << 62)  # above any threshold, with room for any sum of weights


class Influence(NamedTuple):
    """A graph and its weights; read by all threads."""

    indptr: NDArray  # int32 or int64 [n + 1]
    indices: NDArray  # int32[m]
    person_key: NDArray  # uint64[n], or [0] where the position is the key
    weight: NDArray  # uint64[m], in 2^-52, by arc; or [0] where all weights into a person are equal
    equal: NDArray  # uint64[n], weight of every arc into each person, or [0]


@njit(cache=True, nogil=True)
def equal_weights(indices, count, weight):
    """Weight 1 / in-degree of every person in 2^-52, rounded up.

    Parameters
    ----------
    indices : int32[m]
    count : int64[n]
        Zero on entry; in-degrees on return.
    weight : uint64[n]
        Overwritten; 0 for people who follow nobody.
    """
    for e in range(indices.size):
        count[indices[e]] += 1
    one = np.uint64(1 << 52)
    for v in range(count.size):
        k = np.uint64(count[v])
        weight[v] = (one + k - _U1) // k if k else _U0


@njit(cache=True, nogil=True)
def sum_into(indices, weight, total):
    """Add the weights of arcs to the totals of the people they reach (int32[m], float64[m], float64[n])."""
    for e in range(indices.size):
        total[indices[e]] += weight[e]


@njit(cache=True, nogil=True)
def _threshold(person_key, v, replicate_key):
    """Threshold of a person in one replicate, 0 to 2^52 - 1."""
    who = person_key[v] if person_key.size else v
    return mix64(replicate_key + _GOLDEN * (who + _U1)) >> _U12


@njit(cache=True, nogil=True)
def _start(seeds, state, touched, people):
    """Make the seeds active; returns how many there are."""
    active = _U0
    for s in seeds:
        v = np.uint64(s)
        if state[v] == _U0:
            state[v] = _ACTIVE
            touched[active] = v
            people[active] = v
            active += _U1
    return active


@njit(cache=True, nogil=True)
def _influence(net, replicate_key, people, first, stop, state, touched, count):
    """Add the weights of ``people[first:stop]``; those who cross are appended to the people.

    Returns
    -------
    length, count : uint64
        New lengths of `people` and `touched`.
    """
    length = stop
    for i in range(first, stop):
        if i + _U2 < stop:  # its followers are read two people later
            prefetch(net.indices, np.uint64(net.indptr[np.uint64(people[i + _U2])]))
        u = np.uint64(people[i])
        for e in range(np.uint64(net.indptr[u]), np.uint64(net.indptr[u + _U1])):
            v = np.uint64(net.indices[e])
            weight = net.weight[e] if net.weight.size else net.equal[v]
            before = state[v]
            after = before + weight
            state[v] = after
            threshold = _threshold(net.person_key, v, replicate_key)
            touched[count] = v
            count += np.uint64((before == _U0) & (weight > _U0))
            people[length] = v
            length += np.uint64((before <= threshold) & (after > threshold))
    return length, count


@njit(cache=True, nogil=True)
def run_linear(net, seeds, model_key, begin, end, state, touched, people, size, depth):
    """Replicates `begin` to `end` - 1.

    Parameters
    ----------
    net : Influence
    seeds : int64[1, k] or int64[replicates, k]
        Positions of the seeds, in range; repeats count once. One row serves all replicates.
    model_key : uint64
        Replicate r's key is ``derive(model_key, r)``.
    begin, end : int
    state : uint64[n]
        Zero on entry and on return: sum of weights, in 2^-52, of the active people each follows.
    touched, people : int32[n + 1]
        Scratch.
    size, depth : int64[>= end]
        Entries `begin` to `end` - 1 are written: people active at the end, seeds included; largest
        generation, seeds having 0.
    """
    for r in range(begin, end):
        replicate_key = derive(model_key, r)
        length = _start(seeds[r if seeds.shape[0] > 1 else 0], state, touched, people)
        count = length
        first = _U0
        generations = np.int64(-1)
        while first < length:
            generations += 1
            stop = length
            length, count = _influence(net, replicate_key, people, first, stop, state, touched, count)
            first = stop
        size[r] = length
        depth[r] = generations
        for k in range(count):
            state[np.uint64(touched[k])] = _U0


@njit(cache=True, nogil=True)
def _settle_in(net, parent_key, people, first, stop, depth, place, parent, generation, draw):
    """Columns of the newly active ``people[first:stop]``, still without parents."""
    for i in range(first, stop):
        u = np.uint64(people[i])
        place[u] = i
        parent[i] = -1
        generation[i] = depth
        draw[i] = derive(parent_key, net.person_key[u] if net.person_key.size else u)


@njit(cache=True, nogil=True)
def _adopt(net, first, stop, place, people, parent, draw):
    """Parents of those who became active by ``people[first:stop]``: of these, the one with the smallest draw."""
    for i in range(first, stop):
        u = np.uint64(people[i])
        for e in range(np.uint64(net.indptr[u]), np.uint64(net.indptr[u + _U1])):
            if net.weight.size and net.weight[e] == _U0:
                continue
            at = place[np.uint64(net.indices[e])]
            if at >= stop and (parent[at] < 0 or draw[i] < draw[parent[at]]):
                parent[at] = i


@njit(cache=True, nogil=True)
def grow_linear_tree(net, seeds, replicate_key, state, touched, place, people, parent, generation, draw):
    """One cascade with parents.

    Parameters
    ----------
    net : Influence
    seeds : int64[k]
    replicate_key : uint64
    state, touched
        As in `run_linear`.
    place : int64[n]
        -1 on entry and on return.
    people : int32[n + 1]
        Overwritten: active people by generation, seeds first.
    parent : int32[n + 1]
        Overwritten: place (in `people`) of the parent of each, -1 for seeds. The parent is drawn among
        those followed who became active one generation before, whatever their weights (above 0).
    generation : int32[n + 1]
        Overwritten.
    draw : uint64[n + 1]
        Overwritten: what parents are drawn by, ``derive(derive(replicate key, 2^62), person key)``.

    Returns
    -------
    int
        Number of active people.
    """
    length = _start(seeds, state, touched, people)
    count = length
    parent_key = derive(replicate_key, PARENT)
    first = _U0
    depth = 0
    _settle_in(net, parent_key, people, first, length, depth, place, parent, generation, draw)
    while first < length:
        stop = length
        depth += 1
        length, count = _influence(net, replicate_key, people, first, stop, state, touched, count)
        _settle_in(net, parent_key, people, stop, length, depth, place, parent, generation, draw)
        _adopt(net, np.int64(first), np.int64(stop), place, people, parent, draw)
        first = stop
    for k in range(count):
        state[np.uint64(touched[k])] = _U0
    for k in range(length):
        place[np.uint64(people[k])] = -1
    return np.int64(length)


@njit(cache=True, nogil=True)
def run_linear_trees(
    net, seeds, model_key, begin, end, state, touched, place, people, parent, generation, draw, work, virality
):
    """Structural virality of replicates `begin` to `end` - 1.

    Parameters
    ----------
    net, seeds, model_key, begin, end, state, touched
        As in `run_linear`.
    place, people, parent, generation, draw
        As in `grow_linear_tree`.
    work : int64[4, n + 1]
        Scratch.
    virality : float64[>= end]
        Entries `begin` to `end` - 1 are written; NaN where no tree has two people.
    """
    for r in range(begin, end):
        row = seeds[r if seeds.shape[0] > 1 else 0]
        n = grow_linear_tree(
            net, row, derive(model_key, r), state, touched, place, people, parent, generation, draw
        )
        distances, pairs = pair_distances(parent, n, work)
        virality[r] = distances / pairs if pairs else np.nan
