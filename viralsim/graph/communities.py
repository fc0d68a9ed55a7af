"""The `communities` generator: a social network with heavy-tailed followers, circles, communities and segments."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.graph.arguments import number, root_key, subkey, whole
from viralsim.graph.arrays import MAX_NODES, narrow
from viralsim.graph.resembling import RESEMBLING
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import communities as wiring
from viralsim.kernels import community_people, csr
from viralsim.kernels.draws import words_of

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
    single_circle: float
    largest_circle: int
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
    circle_size: int = 20,
    single_circle: float = 0.3,
    largest_circle: int = 150,
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
        Cut-off of the number of ties; if not given the largest of n / 20, 50 and three times the mean.
    reciprocity : float in [0, 1]
        Part of arcs that are returned. 1: undirected. One-way arcs run from u to v with probability
        d_u / (d_u + d_v), so that people with many ties have more followers than they follow.
    circles : float in [0, 1]
        Part of a person's ties meant for circles.
    density : float in (0, 1]
        Chance that two people of a circle are tied.
    circle_size : int
        Whoever wants more ties in circles than one of this many people has room for is in several, at least 3.
    single_circle : float in [0, 1]
        Part of people who have all their ties in circles in one.
    largest_circle : int
        Most people of a circle, 3 to 2,000.
    community_size : float
        Mean size of a community, at least 3; P(size > s) = exp(-sqrt(2 s / mean)).
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
    shape = Shape(
        circles, density, circle_size, single_circle, largest_circle, mixing, degree_correlation, homophily
    )
    _check(n, mean_followers, exponent, max_followers, reciprocity, community_size, shape)
    groups = _groups(segments, n)
    key = root_key(seed, _PURPOSE)
    mutual = reciprocity / (2.0 - reciprocity)
    wanted = _ties_wanted(n, mean_followers, reciprocity, mutual, max_followers)
    community = np.empty(n, np.int64)
    community_people.community_numbers(subkey(key, _PEOPLE), float(community_size), community)
    aim = wanted
    for _ in range(_ROUNDS):
        rows = _wire(key, _numbers_of_ties(key, n, aim, exponent, max_followers), community, groups, shape)
        found = float(rows.filled.sum()) / n
        if abs(found - wanted) <= _MEAN_TOLERANCE * wanted:
            break
        aim = min(aim * wanted / max(found, 1e-9), n - 1.0)
    return _graph(key, rows, mutual)


def _wire(
    key: np.uint64,
    degree: NDArray[np.int64],
    community: NDArray[np.int64],
    groups: NDArray[np.int64],
    shape: Shape,
) -> Rows:
    """Ties for people who want `degree` each: circles first, then the rest, then one component."""
    n = degree.size
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(degree, out=starts[1:])
    rows = Rows(
        starts, np.zeros(n, np.int64), np.empty(int(starts[-1]), np.int32), np.empty(int(starts[-1]), np.int8)
    )
    wanted = np.empty(n, np.int64)
    wiring.circle_ties(subkey(key, _CIRCLE_TIES), degree, float(shape.circles), wanted)
    for turn in range(_CIRCLE_PASSES):
        if not _add_circles(subkey(subkey(key, _CIRCLES), turn), wanted, community, groups, shape, rows):
            break
    for turn in range(_REST_PASSES):
        relaxed = turn == _REST_PASSES - 1  # whoever is left takes whom there is, in the segment if so wanted
        mixing, correlation = (1.0, 0.0) if relaxed else (shape.mixing, shape.degree_correlation)
        room = int(starts[-1]) - int(rows.filled.sum())
        if not _add_rest(subkey(subkey(key, _REST), turn), room, community, groups, shape.homophily, mixing,
                         correlation, rows):  # fmt: skip
            break
    wiring.join_components(subkey(key, _JOINING), groups, float(shape.homophily), *rows)
    return rows


def _add_circles(
    key: np.uint64, wanted: NDArray[np.int64], community: NDArray[np.int64], groups: NDArray[np.int64],
    shape: Shape, rows: Rows,
) -> int:  # fmt: skip
    """One round of circles. Returns the ties made."""
    slots = np.empty(wanted.size, np.int64)
    per_circle = max(float(shape.density) * (shape.circle_size - 1), 2.0)
    total = int(wiring.circle_slots(subkey(key, 1), wanted, per_circle, float(shape.single_circle), slots))
    bucket, owner, order = np.empty(total, np.int64), np.empty(total, np.int32), np.empty(total, np.int32)
    wiring.circle_buckets(
        subkey(key, 2), wanted, slots, community, groups, float(shape.homophily), bucket, owner
    )
    starts = np.empty((int(community.max()) + 1) * (int(groups.max()) + 2) * wiring.LEVELS + 1, np.int64)
    wiring.group(subkey(key, 3), bucket, owner, order, starts)
    places = starts[:: wiring.LEVELS].copy()
    return int(
        wiring.wire_circles(
            subkey(key, 4),
            wanted,
            slots,
            order,
            places,
            float(shape.density),
            int(shape.largest_circle),
            *rows,
        )
    )


def _add_rest(
    key: np.uint64, room: int, community: NDArray[np.int64], groups: NDArray[np.int64], homophily: float,
    mixing: float, correlation: float, rows: Rows,
) -> int:  # fmt: skip
    """One round of pairing the `room` free places. Returns the ties made."""
    bucket, owner, order = np.empty(room, np.int64), np.empty(room, np.int32), np.empty(room, np.int32)
    wiring.rest_buckets(
        subkey(key, 1), rows.starts, rows.filled, community, groups, float(homophily), float(mixing),
        float(correlation), bucket, owner,
    )  # fmt: skip
    starts = np.empty((int(community.max()) + 2) * (int(groups.max()) + 2) * wiring.LEVELS + 1, np.int64)
    wiring.group(subkey(key, 2), bucket, owner, order, starts)
    return int(wiring.wire_rest(order, starts[:: wiring.LEVELS].copy(), community, *rows))


def _graph(key: np.uint64, rows: Rows, mutual: float) -> SocialGraph:
    """Direct the ties and turn the rows into a graph."""
    n = rows.filled.size
    pointers = np.empty(n + 1, np.int64)
    tie = np.empty(rows.neighbours.size, np.float32)
    arcs = int(wiring.arcs_of(subkey(key, _ARCS), float(mutual), *rows, pointers, tie))
    pointers, columns, ties = csr.transpose(pointers, rows.neighbours[:arcs], tie[:arcs], n)
    return SocialGraph(narrow(pointers, arcs), columns, tie=ties, directed=mutual < 1.0)


def _ties_wanted(
    n: int, mean_followers: float, reciprocity: float, mutual: float, max_followers: int | None
) -> float:
    """Mean number of ties that gives the mean number of followers, or SpecError if nobody can have so many."""
    wanted = 2.0 * mean_followers / (1.0 + mutual)
    most = n - 1 if max_followers is None else min(max_followers, n - 1)
    if wanted > most:
        raise SpecError(
            f"mean_followers is {mean_followers:g}: with reciprocity {reciprocity:g} that takes {wanted:.4g} ties a "
            f"person, and {most:,} is the most ({n:,} people, max_followers "
            f"{'not given' if max_followers is None else max_followers}); lower it, or raise reciprocity or "
            "max_followers"
        )
    return wanted


def _numbers_of_ties(
    key: np.uint64, n: int, mean: float, exponent: float, max_followers: int | None
) -> NDArray[np.int64]:
    """Numbers of ties wanted: the quantiles of a Lomax law cut off, dealt in a random order (int64[n])."""
    words = np.empty(n, np.uint64)
    words_of(subkey(key, _RANKS), np.arange(n, dtype=np.uint64), words)
    rank = np.empty(n, np.int64)
    rank[np.argsort(words)] = np.arange(n)
    cut = float(min(max(n // 20, 50, 3 * mean) if max_followers is None else max_followers, n - 1))
    least = 1 if mean >= 2.0 else 0
    over = mean - least
    if over >= 0.49 * (cut - least):  # too dense for a tail: uniform about the mean
        least = max(int(2.0 * mean - cut), 0)
        cut, scale = 2.0 * (mean - least), 0.0
    else:
        cut -= least
        scale = float(community_people.lomax_scale(over, float(exponent) - 1.0, cut))
    out = np.empty(n, np.int64)
    community_people.numbers_of_ties(
        subkey(key, _ROUNDING), rank, least, scale, float(exponent) - 1.0, cut, out
    )
    return np.minimum(out, n - 1)


def _check(
    n: int, mean_followers: float, exponent: float, max_followers: int | None, reciprocity: float,
    community_size: float, shape: Shape,
) -> None:  # fmt: skip
    """Refuse arguments out of range."""
    n = whole("n", n, 2, MAX_NODES)
    if not number("mean_followers", mean_followers, 0, n - 1, "at most n - 1, everyone else") > 0:
        raise SpecError(f"mean_followers is {mean_followers!r}: it must be above 0")
    if not number("exponent", exponent, 2, 1000, "above 2: with less, the tail has no mean") > 2:
        raise SpecError(f"exponent is {exponent!r}: it must be above 2, for the tail to have a mean")
    if max_followers is not None:
        whole("max_followers", max_followers, 1, MAX_NODES)
    whole("circle_size", shape.circle_size, 3, 1_000_000)
    whole("largest_circle", shape.largest_circle, 3, 2_000)
    number("community_size", community_size, 3, MAX_NODES, "people")
    if not number("density", shape.density, 0, 1, "chance of a tie in a circle") > 0:
        raise SpecError(f"density is {shape.density!r}: it must be above 0; for no circles set circles to 0")
    number("reciprocity", reciprocity, 0, 1, "part of arcs that are returned")
    for name in ("circles", "single_circle", "mixing", "degree_correlation", "homophily"):
        number(name, getattr(shape, name), 0, 1, "a part")


def _groups(segments: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Segment of each person (int64[n]), or SpecError."""
    if segments is None:
        return np.zeros(n, np.int64)
    given = np.asarray(segments)
    if given.shape != (n,) or given.dtype.kind not in "iu" or given.min() < 0:
        raise SpecError(
            f"segments has shape {given.shape} and type {given.dtype}: one whole number, from 0, for each of the "
            f"{n:,} people is needed"
        )
    return given.astype(np.int64)
