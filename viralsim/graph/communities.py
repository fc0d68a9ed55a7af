"""The `communities` generator: a social network with heavy-tailed followers, circles, communities and segments."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.graph.resembling import RESEMBLING
from viralsim.graph.social_graph import _NO_TIE, SocialGraph, _narrow
from viralsim.kernels import communities as wiring
from viralsim.kernels import community_people, csr
from viralsim.kernels.draws import words_of
from viralsim.rng import derive

__all__ = ["RESEMBLING", "communities"]

_PURPOSE = 7  # of the generators, see viralsim.graph.generate
_PEOPLE, _RANKS, _ROUNDING, _CIRCLE_TIES, _CIRCLES, _REST, _JOINING, _ARCS = range(1, 9)  # purposes of draws
_CIRCLE_PASSES = 3
_REST_PASSES = 4
_ROUNDS = 4
_MEAN_TOLERANCE = 0.01


class Shape(NamedTuple):
    """Checked arguments that shape the wiring."""

    circles: float
    density: float
    circle_size: int
    mixing: float
    degree_correlation: float
    homophily: float


class Rows(NamedTuple):
    """Ties under construction; see viralsim.kernels.communities."""

    starts: NDArray[np.int64]
    filled: NDArray[np.int64]
    neighbours: NDArray[np.int32]
    kinds: NDArray[np.int8]


def communities(
    n: int,
    *,
    mean_followers: float = 40.0,
    exponent: float = 2.8,
    max_followers: int | None = None,
    reciprocity: float = 0.4,
    circles: float = 0.5,
    density: float = 0.6,
    circle_size: int = 60,
    community_size: float = 1500.0,
    mixing: float = 0.2,
    degree_correlation: float = 0.2,
    homophily: float = 0.0,
    segments: ArrayLike | None = None,
    seed: int = 0,
) -> SocialGraph:
    """A believable social network.

    People want heavy-tailed numbers of ties. A part of their ties lies in circles (small dense groups of
    people of one community who want similar numbers of ties in a circle; whoever wants many is in several),
    which makes clustering; the rest are paired at random inside the community or across communities.

    Parameters
    ----------
    n : int
        People, at least 2.
    mean_followers : float
        Mean number of followers, met within 1 % unless the graph is small and dense.
    exponent : float
        The number of ties x has P(X > x) ~ (1 + x/s)^-(exponent - 1), above 2; smaller is heavier.
    max_followers : int, optional
        Cut-off of the number of ties; n / 20, at least 50, if not given.
    reciprocity : float in [0, 1]
        Part of arcs that are returned. 1: undirected. One-way arcs run from u to v with probability
        d_u / (d_u + d_v), so that people with many ties have more followers than they follow.
    circles : float in [0, 1]
        Part of a person's ties meant for circles.
    density : float in (0, 1]
        Chance that two people of a circle are tied.
    circle_size : int
        People of the largest circles, at least 3.
    community_size : float
        Mean size of a community (exponential), at least 3.
    mixing : float in [0, 1]
        Part of the ties outside circles that ignore communities.
    degree_correlation : float in [0, 1]
        Part of the ties outside circles paired among people with similar numbers of ties.
    homophily : float in [0, 1]
        P(both ends in one segment) = h + (1 - h) x chance.
    segments : int[n], optional
        Segment of each person, from 0.
    seed : int

    Returns
    -------
    SocialGraph
        With ties: uniform on (.5, 1) in circles, (.25, .75) in the community, (0, .5) elsewhere.

    Raises
    ------
    SpecError
        If an argument is out of range.

    Notes
    -----
    The construction is ours (an assumption, described in docs/communities.md); circles after Newman and
    Park 2003, "Why social networks are different from other types of networks", the tail is Lomax's.

    Examples
    --------
    >>> communities(500, mean_followers=12, seed=1).n_nodes
    500
    """
    shape = Shape(circles, density, circle_size, mixing, degree_correlation, homophily)
    _check(n, mean_followers, exponent, reciprocity, community_size, shape)
    groups = np.zeros(n, np.int64) if segments is None else np.asarray(segments, np.int64)
    if groups.shape != (n,) or groups.min(initial=0) < 0:
        raise SpecError(f"segments: one number from 0 for each of the {n:,} people is needed")
    key = derive(derive(seed, _PURPOSE), 0)
    mutual = reciprocity / (2.0 - reciprocity)
    wanted = min(2.0 * mean_followers / (1.0 + mutual), n - 1.0)
    community = np.empty(n, np.int64)
    community_people.community_numbers(_key(key, _PEOPLE), float(community_size), community)
    aim = wanted
    for _ in range(_ROUNDS):
        rows = _wire(key, _numbers_of_ties(key, n, aim, exponent, max_followers), community, groups, shape)
        found = float(rows.filled.sum()) / n
        if abs(found - wanted) <= _MEAN_TOLERANCE * wanted:
            break
        aim = min(aim * wanted / max(found, 1e-9), n - 1.0)
    return _graph(key, rows, mutual)


def _wire(
    key: int, degree: NDArray[np.int64], community: NDArray[np.int64], groups: NDArray[np.int64], shape: Shape
) -> Rows:
    """Ties for people who want `degree` each: circles first, then the rest, then one component."""
    n = degree.size
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(degree, out=starts[1:])
    rows = Rows(
        starts, np.zeros(n, np.int64), np.empty(int(starts[-1]), np.int32), np.empty(int(starts[-1]), np.int8)
    )
    wanted = np.empty(n, np.int64)
    wiring.circle_ties(_key(key, _CIRCLE_TIES), degree, float(shape.circles), wanted)
    for turn in range(_CIRCLE_PASSES):
        if not _add_circles(_key(_key(key, _CIRCLES), turn), wanted, community, groups, shape, rows):
            break
    for turn in range(_REST_PASSES):
        relaxed = turn == _REST_PASSES - 1  # whoever is left takes whom there is, in the segment if so wanted
        mixing, correlation = (1.0, 0.0) if relaxed else (shape.mixing, shape.degree_correlation)
        room = int(starts[-1]) - int(rows.filled.sum())
        if not _add_rest(_key(_key(key, _REST), turn), room, community, groups, shape.homophily, mixing,
                         correlation, rows):  # fmt: skip
            break
    wiring.join_components(_key(key, _JOINING), groups, float(shape.homophily), *rows)
    return rows


def _add_circles(
    key: np.uint64, wanted: NDArray[np.int64], community: NDArray[np.int64], groups: NDArray[np.int64],
    shape: Shape, rows: Rows,
) -> int:  # fmt: skip
    """One round of circles. Returns the ties made."""
    slots = np.empty(wanted.size, np.int64)
    per_circle = max(float(shape.density) * (shape.circle_size - 1), 2.0)
    total = int(wiring.circle_slots(_key(key, 1), wanted, per_circle, slots))
    bucket, owner, order = np.empty(total, np.int64), np.empty(total, np.int32), np.empty(total, np.int32)
    wiring.circle_buckets(_key(key, 2), wanted, slots, community, groups, float(shape.homophily), bucket, owner)
    starts = np.empty((int(community.max()) + 1) * (int(groups.max()) + 2) * wiring.LEVELS + 1, np.int64)
    wiring.group(_key(key, 3), bucket, owner, order, starts)
    places = starts[:: wiring.LEVELS].copy()
    return int(
        wiring.wire_circles(
            _key(key, 4), wanted, slots, order, places, float(shape.density), int(shape.circle_size), *rows
        )
    )


def _add_rest(
    key: np.uint64, room: int, community: NDArray[np.int64], groups: NDArray[np.int64], homophily: float,
    mixing: float, correlation: float, rows: Rows,
) -> int:  # fmt: skip
    """One round of pairing the `room` free places. Returns the ties made."""
    bucket, owner, order = np.empty(room, np.int64), np.empty(room, np.int32), np.empty(room, np.int32)
    wiring.rest_buckets(
        _key(key, 1), rows.starts, rows.filled, community, groups, float(homophily), float(mixing),
        float(correlation), bucket, owner,
    )  # fmt: skip
    starts = np.empty((int(community.max()) + 2) * (int(groups.max()) + 2) * wiring.LEVELS + 1, np.int64)
    wiring.group(_key(key, 2), bucket, owner, order, starts)
    return int(wiring.wire_rest(order, starts[:: wiring.LEVELS].copy(), community, *rows))


def _graph(key: int, rows: Rows, mutual: float) -> SocialGraph:
    """Direct the ties and turn the rows into a graph."""
    n = rows.filled.size
    pointers = np.empty(n + 1, np.int64)
    tie = np.empty(rows.neighbours.size, np.float32)
    arcs = int(wiring.arcs_of(_key(key, _ARCS), float(mutual), *rows, pointers, tie))
    pointers, columns, ties = csr.transpose(pointers, rows.neighbours[:arcs], tie[:arcs], n)
    return SocialGraph(
        _narrow(pointers, arcs), columns, tie=ties if arcs else _NO_TIE, directed=mutual < 1.0
    )


def _key(key: Any, word: int) -> np.uint64:
    """Sub-key as the kernels take it."""
    return np.uint64(derive(int(key), word))


def _numbers_of_ties(
    key: int, n: int, mean: float, exponent: float, max_followers: int | None
) -> NDArray[np.int64]:
    """Numbers of ties wanted: the quantiles of a Lomax law cut off, dealt in a random order (int64[n])."""
    words = np.empty(n, np.uint64)
    words_of(_key(key, _RANKS), np.arange(n, dtype=np.uint64), words)
    rank = np.empty(n, np.int64)
    rank[np.argsort(words)] = np.arange(n)
    cut = float(min(max(n // 20, 50) if max_followers is None else max_followers, n - 1))
    least = 1 if mean >= 2.0 else 0
    over = mean - least
    if over >= 0.49 * (cut - least):  # too dense for a tail: uniform about the mean
        least = max(int(2.0 * mean - cut), 0)
        cut, scale = 2.0 * (mean - least), 0.0
    else:
        cut -= least
        scale = float(community_people.lomax_scale(over, float(exponent) - 1.0, cut))
    out = np.empty(n, np.int64)
    community_people.numbers_of_ties(_key(key, _ROUNDING), rank, least, scale, float(exponent) - 1.0, cut, out)
    return np.minimum(out, n - 1)


def _check(
    n: int, mean_followers: float, exponent: float, reciprocity: float, community_size: float, shape: Shape
) -> None:
    """Refuse arguments out of range."""
    if isinstance(n, bool) or int(n) != n or n < 2:
        raise SpecError(f"n: got {n!r}; a whole number of people, at least 2, is allowed")
    if not 0 < mean_followers <= n - 1:
        raise SpecError(
            f"mean_followers: got {mean_followers:g}; above 0 and at most n - 1 = {n - 1:,} is allowed"
        )
    if not exponent > 2:
        raise SpecError(f"exponent: got {exponent:g}; above 2 is allowed")
    if not community_size >= 3:
        raise SpecError(f"community_size: got {community_size:g}; at least 3 is allowed")
    if isinstance(shape.circle_size, bool) or int(shape.circle_size) != shape.circle_size or shape.circle_size < 3:
        raise SpecError(f"circle_size: got {shape.circle_size!r}; a whole number, at least 3, is allowed")
    if not 0 < shape.density <= 1:
        raise SpecError(f"density: got {shape.density:g}; above 0 and at most 1 is allowed")
    parts = {
        "reciprocity": reciprocity, "circles": shape.circles, "mixing": shape.mixing,
        "degree_correlation": shape.degree_correlation, "homophily": shape.homophily,
    }  # fmt: skip
    for name, value in parts.items():
        if not 0 <= value <= 1:
            raise SpecError(f"{name}: got {value:g}; 0 to 1 is allowed")
