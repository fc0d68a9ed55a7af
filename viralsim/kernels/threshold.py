"""Threshold models in synchronous steps: a person adopts once enough of those followed have.

Watts 2002, "A simple model of global cascades on random networks" (a fraction), and Centola and Macy 2007, "Complex
contagions and the weakness of long ties" (a number). A person with at least one, but too few, adopters among those
followed may adopt all the same, with a small probability in each step (Eckles, Mossel, Rahimian and Sen 2024, "Long
ties accelerate noisy threshold-based contagions"): the step is a geometric time after the first exposure, drawn once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viralsim.kernels.draws import derive, exponential, uniform
from viralsim.kernels.timed import book, close_tree, forget_due, make_due, reach, take_first

ADOPTED = 0  # the channel of the flows
NEED_WORD, BELOW_WORD, PARENT_WORD = 1 << 40, (1 << 40) + 1, (1 << 40) + 2  # purposes under a person's key
LATEST, FIRST, RANDOM = 0, 1, 2  # which adopter followed counts as the parent
_MAX = np.uint64(0xFFFFFFFFFFFFFFFF)


class Exposure(NamedTuple):
    """What is known of each person; scratch of one thread."""

    need: NDArray  # int32[n], adopters needed among those followed
    adopted: NDArray  # int32[n], adopters among those followed; zero between replicates
    touched: NDArray  # int32[n], people with a count


@njit(cache=True, nogil=True)
def _identity(person_key, u):
    """Word on which the draws of person u hang."""
    return person_key[u] if person_key.size else np.uint64(u)


@njit(cache=True, nogil=True)
def needed(kind, threshold, followed):
    """Adopters needed of `followed` people: max(1, ceil(fraction x followed - 1e-12)), or a number as it is."""
    if kind == 0:
        return np.int64(max(1.0, np.ceil(threshold * followed - 1e-12)))
    return np.int64(threshold)


@njit(cache=True, nogil=True)
def _need_of(graph, law, key, v):
    """Adopters that person v needs in this replicate."""
    sources = graph[3]
    kind, values, cumulated, spread = law
    if values.size == 1 and not spread:
        threshold = values[0]
    elif spread:  # uniform between two values
        u = uniform(derive(derive(key, _identity(graph[2], v)), NEED_WORD))
        threshold = values[0] + (values[1] - values[0]) * u
    elif cumulated.size:  # one of several values
        u = uniform(derive(derive(key, _identity(graph[2], v)), NEED_WORD))
        k = 0
        while u >= cumulated[k]:
            k += 1
        threshold = values[k]
    else:
        threshold = values[v]
    return needed(kind, threshold, sources[v + 1] - sources[v])


@njit(cache=True, nogil=True)
def _parent_of(graph, key, convention, step, v, tree, before):
    """Place of the adopter followed who counts as the parent of v, adopting in a step; -1 if there is none."""
    sources, followed = graph[3], graph[4]
    own = derive(derive(key, _identity(graph[2], v)), PARENT_WORD)
    best, best_step, best_word = -1, 0.0, _MAX
    for e in range(sources[v], sources[v + 1]):
        at = tree.place[followed[e]]
        if not 0 <= at < before:
            continue
        word = derive(own, _identity(graph[2], followed[e]))
        when = tree.hours[at]
        if convention == LATEST:
            better = when > best_step
        elif convention == FIRST:
            better = when < best_step
        else:
            better = False
        same = convention == RANDOM or when == best_step
        if best < 0 or better or (same and word < best_word):
            best, best_step, best_word = np.int64(at), when, word
    return best


@njit(cache=True, nogil=True)
def _expose(graph, law, below, key, u, step, exposure, touched, queue, length):
    """One adopter more among those whom the followers of u follow; returns (touched, length of the queue)."""
    indptr, indices = graph[0], graph[1]
    due = queue.due_hours
    for e in range(indptr[u], indptr[u + 1]):
        v = indices[e]
        if due[v] <= step:  # has adopted
            continue
        if exposure.adopted[v] == 0:
            exposure.touched[touched] = v
            touched += 1
            exposure.need[v] = _need_of(graph, law, key, v)
            if below > 0.0:
                own = derive(derive(key, _identity(graph[2], v)), BELOW_WORD)
                length = make_due(queue, length, v, step + 1.0 + np.floor(exponential(own) / below))
        exposure.adopted[v] += 1
        if exposure.adopted[v] >= exposure.need[v] and due[v] > step + 1.0:
            length = make_due(queue, length, v, step + 1.0)
    return touched, length


@njit(cache=True, nogil=True)
def _adopt(graph, law, rule, seeds, key, horizon, tree, queue, exposure, outcome, row):
    """One replicate; returns (adopters, people with a count, people in the queue)."""
    below, convention = rule
    size, touched, length = 0, 0, 0
    for s in seeds:
        if queue.due_hours[s] == np.inf:
            length = make_due(queue, length, s, 0.0)
    while length:
        step = queue.due_hours[queue.heap[0]]
        if step > horizon:
            break
        before = size
        while length and queue.due_hours[queue.heap[0]] == step:  # all of a step, ascending
            v = take_first(queue, length)
            length -= 1
            parent = _parent_of(graph, key, convention, step, v, tree, before) if step > 0.0 else -1
            size = reach(tree, size, v, parent, step)
            book(outcome, row, ADOPTED, step)
        for k in range(before, size):
            touched, length = _expose(
                graph, law, below, key, tree.person[k], step, exposure, touched, queue, length
            )
    return size, touched, length


@njit(cache=True, nogil=True)
def run_threshold(graph, law, rule, horizon, seeds, model_key, begin, end, tree, queue, exposure, outcome):
    """Threshold models, replicates `begin` to `end` - 1.

    Parameters
    ----------
    graph : (indptr, indices, person_key, sources, followed)
        int32 or int64[n + 1], int32[m], uint64[n] or [0], and the transpose: those whom v follows are
        ``followed[sources[v]:sources[v + 1]]``.
    law : (int, float64[k], float64[k] or [0], bool)
        Kind (0 a fraction of those followed, 1 a number), values, cumulated probabilities, whether uniform between
        two values. One value: of everybody; with probabilities: one of them by chance; else one per person.
    rule : (float64, int)
        Level -log(1 - probability) of adopting below the threshold in a step, 0 for never; which adopter counts
        as the parent: LATEST, FIRST or RANDOM among those followed that adopted before.
    horizon : float
        Steps at most; inf for no limit.
    seeds : int64[1, k] or int64[R, k]
        Adopters in step 0.
    model_key : uint64
    begin, end : int
    tree : Tree
        ``hours`` holds steps.
    queue : Queue
    exposure : Exposure
    outcome : Outcome
        One channel: adoptions.
    """
    for r in range(begin, end):
        row = r - outcome.first
        people = seeds[r if seeds.shape[0] > 1 else 0]
        size, touched, length = _adopt(
            graph, law, rule, people, derive(model_key, r), horizon, tree, queue, exposure, outcome, row
        )
        for k in range(touched):
            exposure.adopted[exposure.touched[k]] = 0
        forget_due(tree, size, queue, length)
        close_tree(tree, size, outcome, row)
