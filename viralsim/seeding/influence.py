"""Influence maximisation: the k people whose independent cascade is expected to reach most, with a guarantee."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.graph.probabilities import check_probability, per_arc
from viralsim.kernels import reverse_sets as kernel
from viralsim.rng import check_seed, derive, entropy_seed, text_key

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["InfluentialPeople", "ReverseSets", "maximize_influence", "reverse_reachable_sets"]

SELECT, JUDGE, SCORE = 1, 2, 3  # purposes: sets to choose on, to judge the choice, to score it
_LEAST_SCORED = 10_000
_MOST_BYTES = 4 << 30


@dataclass(frozen=True, slots=True, eq=False)
class InfluentialPeople:
    """People picked to start a cascade.

    Parameters
    ----------
    nodes : int64[k]
        Positions of the people, in the order picked: the first j are the pick of j people.
    spread : float
        Expected number of people reached, estimated on fresh sets that had no part in the choice.
    spread_se : float
        Its standard error.
    lower : float
        The expected number reached is at least this, with confidence.
    upper : float
        No k people are expected to reach more than this, with confidence.
    confidence : float
        Chance that `lower` and `upper` both hold.
    sets : int
        Reverse-reachable sets drawn to choose and to judge.
    seed : int
    """

    nodes: NDArray[np.int64]
    spread: float
    spread_se: float
    lower: float
    upper: float
    confidence: float
    sets: int
    seed: int

    @property
    def guarantee(self) -> float:
        """Part of the best possible spread that these people are sure to reach, with confidence."""
        return self.lower / self.upper


@dataclass(frozen=True, slots=True, eq=False)
class ReverseSets:
    """Reverse-reachable sets: whom one would have had to win over for a random person to be reached.

    Parameters
    ----------
    members : int32[total]
        People of the sets, one set after the other; each begins with its random person.
    ends : int64[count]
        Where each set ends in `members`.
    n_nodes : int
    """

    members: NDArray[np.int32]
    ends: NDArray[np.int64]
    n_nodes: int
    _index: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> NDArray[np.int64]:
        """People in each set, int64[count]."""
        return np.diff(self.ends, prepend=0)

    def spread(self, nodes: ArrayLike) -> float:
        """Estimated reach of these people: n_nodes x part of the sets that hold one of them."""
        wanted = np.zeros(self.n_nodes, np.bool_)
        wanted[np.asarray(nodes, dtype=np.int64)] = True
        number = np.repeat(np.arange(self.ends.size), self.size)
        return self.n_nodes * np.unique(number[wanted[self.members]]).size / max(self.ends.size, 1)

    def greedy(self, k: int, rank: NDArray[np.int64] | None = None) -> tuple[NDArray[np.int64], ...]:
        """The k people that cover most sets, picked greedily: (people, sets newly covered by each), int64[k].

        `rank` int64[n_nodes] orders equal people; by position if None.
        """
        people, gained, _ = self._cover(k, np.arange(self.n_nodes) if rank is None else rank)
        return people, gained

    def _cover(self, k: int, rank: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        n = self.n_nodes
        row, sets_of = np.empty(n + 1, np.int64), np.empty(self.members.size, np.int32)
        kernel.invert_sets(self.members, self.ends, row, np.empty(n, np.int64), sets_of)
        gain = np.empty(n, np.int64)
        chosen, gained = np.empty(k, np.int64), np.empty(k, np.int64)
        covered = np.zeros(self.ends.size, np.bool_)
        kernel.greedy_cover(self.members, self.ends, row, sets_of, rank, gain, covered, chosen, gained)
        return chosen, gained, gain


class _Sampler:
    """Draws sets of one graph and probability; numbered sets of a purpose are always the same."""

    def __init__(self, g: SocialGraph, probability: Any, seed: int) -> None:
        checked = check_probability(g, probability)
        n = g.n_nodes
        back = g.reversed()
        self.indptr, self.indices, self.keys = back.indptr, back.indices, g.keys()
        none = np.zeros(0, np.float64)
        self.row_prob, self.arc_prob = none, none
        if isinstance(checked, str):
            self.row_prob = 1.0 / np.maximum(np.diff(back.indptr), 1).astype(np.float64)
        elif isinstance(checked, float):
            self.row_prob = np.full(n, checked)
        else:
            order = np.argsort(g.indices, kind="stable")  # arcs by follower, sources ascending, as in `back`
            self.arc_prob = per_arc(g, checked)[order]
        self.n = n
        self.key = derive(text_key("reverse-reachable sets"), seed)
        self.stamp = np.zeros(n, np.int64)
        self.mark = 1

    def _head(self, purpose: int) -> tuple[Any, ...]:
        arrays = (self.indptr, self.indices, self.keys, self.row_prob, self.arc_prob)
        return (*arrays, np.uint64(derive(self.key, purpose)))

    def sets(self, purpose: int, count: int, known: ReverseSets | None = None) -> ReverseSets:
        """The first `count` sets of a purpose, going on from those `known`."""
        first = 0 if known is None else int(known.ends.size)
        length = 0 if known is None else int(known.members.size)
        members = np.empty(2 * length + 4 * self.n + 1024, np.int32)
        if known is not None:
            members[:length] = known.members
        ends = np.empty(count, np.int64)
        if known is not None:
            ends[:first] = known.ends
        while first < count:
            done = kernel.sample_sets(
                *self._head(purpose),
                first,
                count - first,
                self.stamp,
                self.mark,
                members,
                length,
                ends[first:],
            )
            self.mark += count - first
            first += int(done)
            length = int(ends[first - 1]) if first else 0
            if first < count:
                members = _grown(members, length, first, count, self.n)
        return ReverseSets(members[:length].copy(), ends, self.n)

    def hits(self, purpose: int, count: int, people: NDArray[np.int64]) -> int:
        """How many of the first `count` sets of a purpose hold one of these people."""
        wanted = np.zeros(self.n, np.bool_)
        wanted[people] = True
        scratch = np.empty(self.n, np.int32)
        found = kernel.count_hits(*self._head(purpose), 0, count, self.stamp, self.mark, scratch, wanted)
        self.mark += count
        return int(found)


def _grown(members: NDArray[np.int32], length: int, done: int, count: int, n: int) -> NDArray[np.int32]:
    """A longer list, by what the sets so far needed."""
    wanted = int(1.2 * length / max(done, 1) * count) + 2 * n + 1024
    size = max(2 * members.size, wanted)
    if 4 * size > _MOST_BYTES:
        raise SpecError(
            f"maximize_influence: {count:,} sets of {length / max(done, 1):,.0f} people on average would need "
            f"{4 * size / 1e9:.1f} GB; allow a larger epsilon, or use a lower probability"
        )
    larger = np.empty(size, np.int32)
    larger[:length] = members[:length]
    return larger


def reverse_reachable_sets(
    g: SocialGraph, probability: float | ArrayLike | str, count: int, seed: int | None = 0
) -> ReverseSets:
    """Draw reverse-reachable sets of the independent cascade.

    Parameters
    ----------
    g : SocialGraph
    probability : float, float array (n_edges,), or "weighted"
        As in `viralsim.models.independent_cascade`.
    count : int
    seed : int or None
        None draws one.

    Returns
    -------
    ReverseSets

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Borgs, Brautbar, Chayes and Lucier 2014: n times the chance that a set holds one of S is the expected
    reach of S.

    Examples
    --------
    >>> import viralsim as vs
    >>> star = vs.SocialGraph.from_edges([0, 0, 0], [1, 2, 3])
    >>> sets = vs.seeding.reverse_reachable_sets(star, 1.0, count=1000)
    >>> sets.spread([0])  # whoever is drawn, the hub would have reached them
    4.0
    """
    used = entropy_seed() if seed is None else check_seed(seed)
    _check_count("count", count, 1, 2**31 - 1)
    _check_people(g)
    return _Sampler(g, probability, used).sets(SELECT, int(count))


def maximize_influence(
    g: SocialGraph,
    k: int,
    probability: float | ArrayLike | str,
    epsilon: float = 0.1,
    seed: int | None = 0,
    confidence: float | None = None,
) -> InfluentialPeople:
    """The k people to start an independent cascade so that it is expected to reach most.

    Parameters
    ----------
    g : SocialGraph
    k : int
        How many people, 1 to ``g.n_nodes``.
    probability : float, float array (n_edges,), or "weighted"
        As in `viralsim.models.independent_cascade`.
    epsilon : float
        The expected reach is at least 1 - 1/e - `epsilon` times the best possible; in (0, 1 - 1/e).
    seed : int or None
        Everything random follows from it; None draws one and records it.
    confidence : float, optional
        Chance that the guarantee holds; 1 - 1/n, at least .99, if not given.

    Returns
    -------
    InfluentialPeople
        ``.nodes``, ``.spread``, ``.lower``, ``.upper``.

    Raises
    ------
    SpecError
        If an argument cannot be used, or memory would not suffice.

    Notes
    -----
    OPIM-C (Tang, Tang, Xiao and Yuan 2018, "Online processing algorithms for influence maximization",
    algorithm 2): people are chosen greedily on one collection of reverse-reachable sets and judged on
    another, both doubled until the judged lower bound is close enough to the upper bound of the best
    choice. The reported spread comes from a third collection: people look better than they are on the
    sets they were chosen on.

    Examples
    --------
    >>> import viralsim as vs
    >>> star = vs.SocialGraph.from_edges([0, 0, 0], [1, 2, 3])
    >>> vs.seeding.maximize_influence(star, 1, 0.5).nodes
    array([0])
    """
    used = entropy_seed() if seed is None else check_seed(seed)
    _check_people(g)
    n = g.n_nodes
    _check_count("k", k, 1, n)
    if not 0.0 < epsilon < 1.0 - 1.0 / math.e:
        raise SpecError(f"epsilon: got {epsilon!r}; allowed are numbers above 0 and below 1 - 1/e = .632")
    sure = max(0.99, 1.0 - 1.0 / n) if confidence is None else confidence
    if not 0.0 < sure < 1.0:
        raise SpecError(f"confidence: got {confidence!r}; allowed are numbers between 0 and 1")
    sampler = _Sampler(g, probability, used)
    rank = np.argsort(np.argsort(sampler.keys, kind="stable"), kind="stable")
    least, rounds = _schedule(n, int(k), float(epsilon), 1.0 - sure)
    target = 1.0 - 1.0 / math.e - epsilon
    eta = math.log(3.0 * rounds / (1.0 - sure))
    chosen_on: ReverseSets | None = None
    count = least
    for step in range(rounds):
        chosen_on = sampler.sets(SELECT, count, chosen_on)
        people, gained, gain = chosen_on._cover(int(k), rank)
        covered = int(gained.sum())
        upper = _upper_bound(covered, gain, int(k), eta, n, count)
        lower = _lower_bound(sampler.hits(JUDGE, count, people), eta, n, count)
        if lower >= target * upper or step == rounds - 1:
            break
        count *= 2
    scored = max(count, _LEAST_SCORED)
    part = sampler.hits(SCORE, scored, people) / scored
    return InfluentialPeople(
        nodes=people,
        spread=n * part,
        spread_se=n * math.sqrt(part * (1.0 - part) / scored),
        lower=max(lower, float(k)),
        upper=max(min(upper, float(n)), float(k)),
        confidence=float(sure),
        sets=2 * count,
        seed=used,
    )


def _schedule(n: int, k: int, epsilon: float, delta: float) -> tuple[int, int]:
    """Sets to begin with, and how many rounds of doubling reach the number that always suffices (Theorem 6.1)."""
    part = 1.0 - 1.0 / math.e
    choices = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    tail = math.log(6.0 / delta)
    most = 2.0 * n * (part * math.sqrt(tail) + math.sqrt(part * (choices + tail))) ** 2 / (epsilon**2 * k)
    least = max(most * epsilon**2 * k / n, 1.0)
    return math.ceil(least), max(math.ceil(math.log2(most / least)), 1) + 1


def _lower_bound(hits: int, eta: float, n: int, count: int) -> float:
    """Expected reach is at least this (eq. 5)."""
    root = math.sqrt(hits + 2.0 * eta / 9.0) - math.sqrt(eta / 2.0)
    return max(root * abs(root) - eta / 18.0, 0.0) * n / count


def _upper_bound(covered: int, gain: NDArray[np.int64], k: int, eta: float, n: int, count: int) -> float:
    """No k people are expected to reach more than this (eq. 8 and 15).

    The best k people cover at most what is covered and the k largest gains left, and at most
    covered / (1 - 1/e).
    """
    left = np.maximum(gain, 0)
    more = int(np.partition(left, n - k)[n - k :].sum())
    best = min(covered + more, covered / (1.0 - (1.0 - 1.0 / k) ** k))
    return (math.sqrt(best + eta / 2.0) + math.sqrt(eta / 2.0)) ** 2 * n / count


def _check_people(g: SocialGraph) -> None:
    if g.n_nodes == 0:
        raise SpecError("g: the graph has no people; at least one is needed")


def _check_count(name: str, value: Any, lowest: int, highest: int) -> None:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not lowest <= int(value) <= highest:
        raise SpecError(f"{name}: got {value!r}; allowed are whole numbers from {lowest} to {highest:,}")
