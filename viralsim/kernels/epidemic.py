"""Epidemics in continuous time, event by event: SI, SIR and SEIR on a graph, and all four by contacts.

`run_passage` (SI, SIR, SEIR on a graph) uses first passage: u, infectious from onset for a period, would infect v
after an exponential delay, and does iff the delay is shorter than the period; each person is infected by the
earliest. That is the exact law of the Markov and non-Markov models (Kenah and Robins 2007, "Second look at the
spread of epidemics on networks"; Kiss, Miller and Simon 2017, "Mathematics of Epidemics on Networks", section 6),
with one draw per arc.

`run_contacts` (SIS on a graph, and any of them in a well mixed population) follows contacts: who is infectious
meets people at random times; a susceptible person met is infected.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viralsim.kernels.draws import below, derive, exponential, exponential32
from viralsim.kernels.laws import draw_hours
from viralsim.kernels.timed import book, close_tree, forget_due, make_due, reach, take_first

INFECTED, ONSET, REMOVED = 0, 1, 2  # channels of the flows
LATENT_WORD = 1 << 40  # purposes under a person's key; smaller words are places among the person's followers
PERIOD_WORD = LATENT_WORD + 1
_U32 = np.uint64(32)


class State(NamedTuple):
    """What `run_contacts` knows of each person; scratch of one thread."""

    ill: NDArray  # uint8[n]: 0 susceptible, 1 exposed or infectious, 2 removed
    episode: NDArray  # int32[n], infections so far
    contacts: NDArray  # int32[n], contacts drawn in this episode
    key: NDArray  # uint64[n], of this episode
    draw: NDArray  # uint64[n], bits of the next contact
    removal_hours: NDArray  # float64[n]


@njit(cache=True, nogil=True)
def _identity(person_key, u):
    """Word on which the draws of person u hang."""
    return person_key[u] if person_key.size else np.uint64(u)


@njit(cache=True, nogil=True)
def _passage(graph, laws, seeds, key, horizon_hours, tree, queue, outcome, row):
    """One replicate of `run_passage`; returns the people infected."""
    indptr, indices, person_key = graph
    mean_hours, latent, period = laws
    due, source = queue.due_hours, queue.source
    length, size = 0, 0
    for s in seeds:
        if due[s] == np.inf:
            length = make_due(queue, length, s, 0.0)
            source[s] = -1
    while length:
        u = take_first(queue, length)
        length -= 1
        hours = due[u]
        at = size
        size = reach(tree, size, u, source[u], hours)
        own = derive(key, _identity(person_key, u))
        onset = hours + draw_hours(latent, derive(own, LATENT_WORD))
        span = draw_hours(period, derive(own, PERIOD_WORD))
        book(outcome, row, INFECTED, hours)
        book(outcome, row, ONSET, onset)
        book(outcome, row, REMOVED, onset + span)
        first = indptr[u]
        for e in range(first, indptr[u + 1]):
            v = indices[e]
            if due[v] <= onset:
                continue
            delay = mean_hours * exponential(derive(own, e - first))
            when = onset + delay
            if delay < span and when < due[v] and when <= horizon_hours:
                length = make_due(queue, length, v, when)
                source[v] = at
    return size


@njit(cache=True, nogil=True)
def run_passage(graph, laws, horizon_hours, seeds, model_key, begin, end, tree, queue, outcome):
    """SI, SIR or SEIR on a graph, replicates `begin` to `end` - 1.

    Parameters
    ----------
    graph : (indptr, indices, person_key)
        int32 or int64[n + 1], int32[m], and uint64[n] or [0] where the position is the key.
    laws : (float64, Law, Law)
        Mean hours until transmission over an arc (1 / rate), latent period, infectious period (inf for SI).
    horizon_hours : float
        Nobody is infected later; inf for no limit.
    seeds : int64[1, k] or int64[R, k]
        Infected at time 0.
    model_key : uint64
    begin, end : int
    tree : Tree
    queue : Queue
    outcome : Outcome
        Channels: infections, onsets of infectiousness, removals.
    """
    for r in range(begin, end):
        row = r - outcome.first
        people = seeds[r if seeds.shape[0] > 1 else 0]
        size = _passage(graph, laws, people, derive(model_key, r), horizon_hours, tree, queue, outcome, row)
        forget_due(tree, size, queue, 0)
        close_tree(tree, size, outcome, row)


@njit(cache=True, nogil=True)
def _fall_ill(person_key, laws, key, u, hours, state, queue, length, rate, outcome, row):
    """Begin an episode of person u; returns the queue's new length."""
    latent, period = laws[1], laws[2]
    episode = derive(derive(key, _identity(person_key, u)), state.episode[u])
    onset = hours + draw_hours(latent, derive(episode, LATENT_WORD))
    removal = onset + draw_hours(period, derive(episode, PERIOD_WORD))
    state.episode[u] += 1
    state.key[u] = episode
    state.contacts[u] = 0
    state.removal_hours[u] = removal
    book(outcome, row, INFECTED, hours)
    book(outcome, row, ONSET, onset)
    book(outcome, row, REMOVED, removal)
    return _next_event(state, u, onset, rate, queue, length)


@njit(cache=True, nogil=True)
def _next_event(state, u, hours, rate, queue, length):
    """Queue the next contact of person u after a time, or the removal if that is earlier."""
    word = derive(state.key[u], state.contacts[u])
    state.contacts[u] += 1
    state.draw[u] = word
    wait = exponential32(word >> _U32) / rate if rate > 0.0 else np.inf
    due = min(hours + wait, state.removal_hours[u])
    return make_due(queue, length, u, due) if due < np.inf else length


@njit(cache=True, nogil=True)
def _contact_rate(indptr, per_hour, u):
    """Contacts of person u per hour: on a graph per follower, in a well mixed population in all."""
    return per_hour * (indptr[u + 1] - indptr[u]) if indptr.size else per_hour


@njit(cache=True, nogil=True)
def _contact(graph, n, u, word):
    """The person whom u meets: a follower, or anybody else in a well mixed population of n."""
    indptr, indices, _ = graph
    if indptr.size:
        return np.int64(indices[indptr[u] + below(word, indptr[u + 1] - indptr[u])])
    v = below(word, n - 1)
    return v + 1 if v >= u else v


@njit(cache=True, nogil=True)
def _contacts(graph, laws, again, seeds, key, horizon_hours, tree, queue, state, outcome, row):
    """One replicate of `run_contacts`; returns (people ever infected, people still in the queue)."""
    indptr, _, person_key = graph
    n, per_hour = tree.place.size, laws[0]
    due, ill = queue.due_hours, state.ill
    length, size = 0, 0
    for s in seeds:
        if tree.place[s] < 0:
            size = reach(tree, size, s, -1, 0.0)
            ill[s] = 1
            rate = _contact_rate(indptr, per_hour, s)
            length = _fall_ill(person_key, laws, key, s, 0.0, state, queue, length, rate, outcome, row)
    while length and (again or size < n):
        u = take_first(queue, length)
        length -= 1
        hours = due[u]
        due[u] = np.inf
        if hours > horizon_hours:
            break
        if hours >= state.removal_hours[u]:
            ill[u] = 0 if again else 2
            continue
        v = _contact(graph, n, u, state.draw[u])
        length = _next_event(state, u, hours, _contact_rate(indptr, per_hour, u), queue, length)
        if ill[v]:
            continue
        ill[v] = 1
        if tree.place[v] < 0:
            size = reach(tree, size, v, tree.place[u], hours)
        rate = _contact_rate(indptr, per_hour, v)
        length = _fall_ill(person_key, laws, key, v, hours, state, queue, length, rate, outcome, row)
    return size, length


@njit(cache=True, nogil=True)
def run_contacts(
    graph, laws, again, horizon_hours, seeds, model_key, begin, end, tree, queue, state, outcome
):
    """Epidemics by contacts, replicates `begin` to `end` - 1.

    Parameters
    ----------
    graph : (indptr, indices, person_key)
        As in `run_passage`; `indptr` and `indices` empty for a well mixed population of ``tree.place.size``.
    laws : (float64, Law, Law)
        Contacts per hour (over each arc, or of each person with anybody in a well mixed population), latent
        period, infectious period.
    again : bool
        Whether people are susceptible again after removal (SIS).
    horizon_hours, seeds, model_key, begin, end, tree, queue
        As in `run_passage`. The tree holds first infections.
    state : State
        Scratch; ``ill`` and ``episode`` are zero between replicates.
    outcome : Outcome
        Channels as in `run_passage`.
    """
    for r in range(begin, end):
        row = r - outcome.first
        people = seeds[r if seeds.shape[0] > 1 else 0]
        key = derive(model_key, r)
        size, length = _contacts(
            graph, laws, again, people, key, horizon_hours, tree, queue, state, outcome, row
        )
        forget_due(tree, size, queue, length)
        for k in range(size):
            state.ill[tree.person[k]] = 0
            state.episode[tree.person[k]] = 0
        close_tree(tree, size, outcome, row)
