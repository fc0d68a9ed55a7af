"""What all models with trees and times share: the tree of one replicate, its books, and the queue of what is due.

A kernel runs one replicate at a time: it appends people to a `Tree` as they are reached, books what happens
when in an `Outcome`, and closes the tree, which measures it and makes the scratch fit for the next replicate.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viralsim.kernels.trees import pair_distances


class Tree(NamedTuple):
    """People reached in one replicate, parents before their children; scratch of one thread."""

    place: (
        NDArray  # int32[n], where a person stands in the lists below, -1 for nowhere; -1 between replicates
    )
    person: NDArray  # int32[n]
    parent: NDArray  # int32[n], place of the parent, -1 for a root
    generation: NDArray  # int32[n], 0 for roots
    hours: NDArray  # float64[n], when each was reached
    work: NDArray  # int64[4, n]


class Outcome(NamedTuple):
    """Results by replicate; row ``r - first`` belongs to replicate r."""

    first: int
    size: NDArray  # int64[R]
    depth: NDArray  # int64[R], -1 if nobody was reached
    virality: NDArray  # float64[R], NaN where no tree has two people
    stopped: NDArray  # uint8[R], 1 where the replicate was stopped at a limit of size; zero on entry
    flows: NDArray  # int32[R, channels, bins], events in each bin of time; zero on entry
    width_hours: (
        float  # of a bin; bin b is the time above b x width up to (b + 1) x width, and bin 0 also time 0
    )


class Queue(NamedTuple):
    """People with something due, the earliest first: a heap with four children per entry, scratch of one thread."""

    heap: NDArray  # int32[n]
    slot: NDArray  # int32[n], where in the heap a person is
    due_hours: NDArray  # float64[n], inf for people with nothing due; all inf between replicates
    source: NDArray  # int32[n], who would be the cause (free for the model's use)


@njit(cache=True, nogil=True)
def book(outcome, row, channel, hours):
    """Count one event of a channel at a time (float64 hours; times beyond the last bin are left out)."""
    bins = outcome.flows.shape[2]
    if bins and hours <= outcome.width_hours * bins:
        b = np.int64(hours / outcome.width_hours)
        if b > 0 and b * outcome.width_hours >= hours:
            b -= 1
        outcome.flows[row, channel, min(b, bins - 1)] += 1


@njit(cache=True, nogil=True)
def reach(tree, size, person, parent, hours):
    """Append a person with the place of the parent (-1: a root); returns the new size."""
    tree.place[person] = size
    tree.person[size] = person
    tree.parent[size] = parent
    tree.generation[size] = tree.generation[parent] + 1 if parent >= 0 else 0
    tree.hours[size] = hours
    return size + 1


@njit(cache=True, nogil=True)
def close_tree(tree, size, outcome, row):
    """Write size, depth and structural virality of the tree of `size` people; make `place` fit for the next."""
    depth = -1
    for k in range(size):
        tree.place[tree.person[k]] = -1
        depth = max(depth, tree.generation[k])
    distances, pairs = pair_distances(tree.parent, size, tree.work)
    outcome.size[row] = size
    outcome.depth[row] = depth
    outcome.virality[row] = distances / pairs if pairs else np.nan


@njit(cache=True, nogil=True)
def _before(due, a, b):
    """Whether a is due before b; of two due at the same time the lower position goes first."""
    return due[a] < due[b] or (due[a] == due[b] and a < b)


@njit(cache=True, nogil=True)
def make_due(queue, length, person, hours):
    """Put a person into the queue, or move one who is in it to an earlier time.

    Parameters
    ----------
    queue : Queue
    length : int
        People in the queue.
    person : int
        Not in the queue iff ``queue.due_hours[person]`` is inf.
    hours : float
        Earlier than what the person is due at now.

    Returns
    -------
    int
        New length.
    """
    heap, slot, due = queue.heap, queue.slot, queue.due_hours
    if due[person] == np.inf:
        at = length
        length += 1
    else:
        at = np.int64(slot[person])
    due[person] = hours
    while at > 0:
        up = (at - 1) >> 2
        other = heap[up]
        if not _before(due, person, other):
            break
        heap[at] = other
        slot[other] = at
        at = up
    heap[at] = person
    slot[person] = at
    return length


@njit(cache=True, nogil=True)
def take_first(queue, length):
    """Take the person due first out of a queue of `length` >= 1 people; ``due_hours`` keeps its time."""
    heap, slot, due = queue.heap, queue.slot, queue.due_hours
    first = heap[0]
    last = length - 1
    person = heap[last]
    at = 0
    while True:
        child = 4 * at + 1
        if child >= last:
            break
        best = child
        for c in range(child + 1, min(child + 4, last)):
            if _before(due, heap[c], heap[best]):
                best = c
        if not _before(due, heap[best], person):
            break
        heap[at] = heap[best]
        slot[heap[at]] = at
        at = best
    heap[at] = person
    slot[person] = at
    return first


@njit(cache=True, nogil=True)
def forget_due(tree, size, queue, length):
    """Make the queue fit for the next replicate: forget the people reached and those still in it."""
    for k in range(size):
        queue.due_hours[tree.person[k]] = np.inf
    for k in range(length):
        queue.due_hours[queue.heap[k]] = np.inf
