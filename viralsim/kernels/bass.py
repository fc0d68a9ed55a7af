"""The Bass model for agents: everyone adopts at rate p + q x (adopted among those followed) / (those followed).

In continuous time on a graph the rates add up, so a person's adoption time is the earliest of an own exponential
time of rate p and, for each person u followed, the adoption time of u plus an exponential time of rate q / k, with
k the number followed: first passage, exact, one draw per arc and one per person (Bass 1969, "A new product growth
for model consumer durables"; Fibich and Gibori 2010, "Aggregate diffusion dynamics in agent-based models with a
spatial structure"). In a well mixed population adopters are counted: with a of n adopted the next adoption comes
after an exponential time of rate (n - a)(p + q a / (n - 1)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viralsim.kernels.draws import below, derive, exponential, uniform
from viralsim.kernels.timed import book, close_tree, forget_due, make_due, reach, take_first

ADOPTED = 0  # the channel of the flows
OWN_WORD = 1 << 40  # a person's own adoption; smaller words are places among the person's followers
IMITATE_WORD, WHOM_WORD = OWN_WORD + 1, OWN_WORD + 2


class Waiting(NamedTuple):
    """Who has not adopted (discrete time); scratch of one thread."""

    people: NDArray  # int32[n], non-adopters in ascending order
    adopted: NDArray  # int32[n], adopted among those a person follows; zero between replicates


@njit(cache=True, nogil=True)
def _identity(person_key, u):
    """Word on which the draws of person u hang."""
    return person_key[u] if person_key.size else np.uint64(u)


@njit(cache=True, nogil=True)
def _adopt_on_graph(graph, rates, seeds, key, horizon_hours, tree, queue, outcome, row):
    """One replicate of `run_continuous` on a graph; returns the adopters."""
    indptr, indices, person_key, mean_hours = graph
    due, source = queue.due_hours, queue.source
    length, size = 0, 0
    for s in seeds:
        if due[s] == np.inf:
            length = make_due(queue, length, s, 0.0)
            source[s] = -1
    if rates[0] > 0.0:
        for v in range(tree.place.size):
            own = exponential(derive(derive(key, _identity(person_key, v)), OWN_WORD)) / rates[0]
            if own < due[v] and own <= horizon_hours:
                length = make_due(queue, length, v, own)
                source[v] = -1
    while length:
        u = take_first(queue, length)
        length -= 1
        hours = due[u]
        at = size
        size = reach(tree, size, u, source[u], hours)
        book(outcome, row, ADOPTED, hours)
        own = derive(key, _identity(person_key, u))
        first = indptr[u]
        for e in range(first, indptr[u + 1]):
            v = indices[e]
            if due[v] <= hours:
                continue
            when = hours + mean_hours[v] * exponential(derive(own, e - first))
            if when < due[v] and when <= horizon_hours:
                length = make_due(queue, length, v, when)
                source[v] = at
    return size


@njit(cache=True, nogil=True)
def _take_waiting(people, waiting, at):
    """Take the person at a place out of the first `waiting` of a list (the last moves there)."""
    person = people[at]
    people[at] = people[waiting - 1]
    people[waiting - 1] = person
    return person


@njit(cache=True, nogil=True)
def _adopt_mixed(rates, seeds, key, horizon_hours, tree, people, outcome, row):
    """One replicate of `run_continuous` in a well mixed population; returns the adopters."""
    n = tree.place.size
    p, q = rates
    size = 0
    for s in seeds:
        if tree.place[s] < 0:
            size = reach(tree, size, s, -1, 0.0)
            book(outcome, row, ADOPTED, 0.0)
    waiting = 0
    for v in range(n):
        if tree.place[v] < 0:
            people[waiting] = v
            waiting += 1
    hours = 0.0
    while waiting:
        imitation = q * size / (n - 1) if n > 1 else 0.0
        rate = p + imitation
        if rate <= 0.0:
            break
        step = derive(key, size)
        hours += exponential(derive(step, OWN_WORD)) / (rate * waiting)
        if hours > horizon_hours:
            break
        v = _take_waiting(people, waiting, below(step, waiting))
        waiting -= 1
        parent = -1
        if uniform(derive(step, IMITATE_WORD)) * rate >= p:
            parent = below(derive(step, WHOM_WORD), size)
        size = reach(tree, size, v, parent, hours)
        book(outcome, row, ADOPTED, hours)
    return size


@njit(cache=True, nogil=True)
def run_continuous(graph, rates, horizon_hours, seeds, model_key, begin, end, tree, queue, outcome):
    """Bass in continuous time, replicates `begin` to `end` - 1.

    Parameters
    ----------
    graph : (indptr, indices, person_key, mean_hours)
        int32 or int64[n + 1], int32[m], uint64[n] or [0], and float64[n]: for each person, the number followed
        divided by q. `indptr` is empty for a well mixed population of ``tree.place.size`` people.
    rates : (float64, float64)
        p and q per hour.
    horizon_hours : float
    seeds : int64[1, k] or int64[R, k]
        Adopters at time 0.
    model_key : uint64
    begin, end : int
    tree : Tree
    queue : Queue
        ``queue.heap`` serves as the list of non-adopters in a well mixed population.
    outcome : Outcome
        One channel: adoptions.
    """
    for r in range(begin, end):
        row = r - outcome.first
        key = derive(model_key, r)
        people = seeds[r if seeds.shape[0] > 1 else 0]
        if graph[0].size:
            size = _adopt_on_graph(graph, rates, people, key, horizon_hours, tree, queue, outcome, row)
            forget_due(tree, size, queue, 0)
        else:
            size = _adopt_mixed(rates, people, key, horizon_hours, tree, queue.heap, outcome, row)
        close_tree(tree, size, outcome, row)


@njit(cache=True, nogil=True)
def _whom(graph, tree, before, v, count, word):
    """Place of the adopter whom v imitates: drawn among the `count` adopted before this period."""
    if not graph[0].size:
        return np.int64(below(word, before))
    sources, followed = graph[3], graph[4]
    pick = below(word, count)
    for e in range(sources[v], sources[v + 1]):
        at = np.int64(tree.place[followed[e]])
        if 0 <= at < before:
            if pick == 0:
                return at
            pick -= 1
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _tell_followers(graph, tree, first, size, waiting):
    """Those who follow the adopters at places `first` to `size` - 1 see one adopter more."""
    indptr, indices = graph[0], graph[1]
    if indptr.size:
        for k in range(first, size):
            u = tree.person[k]
            for e in range(indptr[u], indptr[u + 1]):
                waiting.adopted[indices[e]] += 1


@njit(cache=True, nogil=True)
def _one_period(graph, rates, key, period, before, left, tree, waiting, outcome, row):
    """Everybody who has not adopted decides; returns (adopters, non-adopters, whether more can come)."""
    mixed = graph[0].size == 0
    p, q = rates
    size, stay, moving = before, 0, p > 0.0
    for k in range(left):  # all read the adopters of the periods before
        v = waiting.people[k]
        own = derive(key, _identity(graph[2], v))
        count = before if mixed else np.int64(waiting.adopted[v])
        followed = tree.place.size - 1 if mixed else np.int64(graph[3][v + 1] - graph[3][v])
        chance = p + (q * count / followed if followed > 0 else 0.0)
        moving |= chance > 0.0
        if not uniform(derive(own, period)) < chance:
            waiting.people[stay] = v
            stay += 1
            continue
        parent = np.int64(-1)
        if uniform(derive(derive(own, IMITATE_WORD), period)) * chance >= p:
            parent = _whom(graph, tree, before, v, count, derive(derive(own, WHOM_WORD), period))
        size = reach(tree, size, v, parent, np.float64(period))
        book(outcome, row, ADOPTED, np.float64(period))
    return size, stay, moving


@njit(cache=True, nogil=True)
def _adopt_by_periods(graph, rates, seeds, key, horizon, tree, waiting, outcome, row):
    """One replicate of `run_discrete`; returns the adopters."""
    size, left, period = 0, 0, 0
    for s in seeds:
        if tree.place[s] < 0:
            size = reach(tree, size, s, -1, 0.0)
            book(outcome, row, ADOPTED, 0.0)
    for v in range(tree.place.size):
        if tree.place[v] < 0:
            waiting.people[left] = v
            left += 1
    first, moving = 0, True
    while left and moving and period < horizon:
        _tell_followers(graph, tree, first, size, waiting)
        first = size
        period += 1
        size, left, moving = _one_period(graph, rates, key, period, size, left, tree, waiting, outcome, row)
    return size


@njit(cache=True, nogil=True)
def run_discrete(graph, rates, horizon, seeds, model_key, begin, end, tree, waiting, outcome):
    """Bass in periods: whoever has not adopted does with chance p + q x (fraction adopted before), at once.

    Parameters
    ----------
    graph : (indptr, indices, person_key, sources, followed)
        As in `run_continuous`, and its transpose: those whom v follows are ``followed[sources[v]:sources[v + 1]]``.
    rates : (float64, float64)
        p and q per period.
    horizon : float
        Periods at most.
    seeds, model_key, begin, end, tree, outcome
        As in `run_continuous`.
    waiting : Waiting
    """
    for r in range(begin, end):
        row = r - outcome.first
        people = seeds[r if seeds.shape[0] > 1 else 0]
        size = _adopt_by_periods(
            graph, rates, people, derive(model_key, r), horizon, tree, waiting, outcome, row
        )
        for v in range(waiting.adopted.size):
            waiting.adopted[v] = 0
        close_tree(tree, size, outcome, row)
