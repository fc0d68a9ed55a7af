"""The `communities` generator: a social network with heavy-tailed followers, circles, communities and segments."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import communities as kernels
from viralsim.kernels.draws import uniforms_of, words_of
from viralsim.rng import derive

__all__ = ["RESEMBLING", "communities"]

_PURPOSE = 7  # of the generators, see viralsim.graph.generate
_PASSES = 12
_LARGEST_CIRCLE = 100
_ROUNDS = 4

RESEMBLING: dict[str, dict[str, Any]] = {
    "lastfm": {
        "n": 7624, "mean_followers": 7.3, "max_followers": 216, "exponent": 2.244,
        "circles": 0.749, "density": 0.77, "community_size": 369.6,
        "mixing": 0.142, "degree_correlation": 0.623, "reciprocity": 1.0,
    },
    "deezer": {
        "n": 28281, "mean_followers": 6.6, "max_followers": 172, "exponent": 2.497,
        "circles": 0.366, "density": 0.174, "community_size": 91.9,
        "mixing": 0.109, "degree_correlation": 0.223, "reciprocity": 1.0,
    },
    "facebook-ego": {
        "n": 4039, "mean_followers": 43.7, "max_followers": 1045, "exponent": 2.05,
        "circles": 0.696, "density": 1.0, "community_size": 38.7,
        "mixing": 0.076, "degree_correlation": 0.151, "reciprocity": 1.0,
    },
    "facebook-pages": {
        "n": 22470, "mean_followers": 15.2, "max_followers": 709, "exponent": 2.05,
        "circles": 0.87, "density": 0.829, "community_size": 220.9,
        "mixing": 0.531, "degree_correlation": 0.343, "reciprocity": 1.0,
    },
    "github": {
        "n": 37700, "mean_followers": 15.3, "max_followers": 9458, "exponent": 2.261,
        "circles": 0.64, "density": 0.601, "community_size": 1158.0,
        "mixing": 0.357, "degree_correlation": 0.308, "reciprocity": 1.0,
    },
    "twitch-de": {
        "n": 9498, "mean_followers": 32.2, "max_followers": 4259, "exponent": 2.228,
        "circles": 0.43, "density": 0.823, "community_size": 59.0,
        "mixing": 0.409, "degree_correlation": 0.748, "reciprocity": 1.0,
    },
}  # fmt: skip
"""Settings that resemble real graphs, by name (how closely: docs/communities.md)."""


def communities(
    n: int,
    *,
    mean_followers: float = 40.0,
    exponent: float = 2.8,
    max_followers: int | None = None,
    reciprocity: float = 0.4,
    circles: float = 0.5,
    density: float = 0.6,
    community_size: float = 1500.0,
    mixing: float = 0.2,
    degree_correlation: float = 0.2,
    homophily: float = 0.0,
    segments: ArrayLike | None = None,
    seed: int = 0,
) -> SocialGraph:
    """A believable social network.

    People have heavy-tailed numbers of ties. A part of their ties lies in circles (small dense groups of
    people with similar numbers of ties inside one community), which makes clustering; the rest are
    paired at random inside the community or across communities.

    Parameters
    ----------
    n : int
        People, at least 2.
    mean_followers : float
        Mean number of followers. Repeated pairings are dropped; the number of stubs is raised until the mean is
        within 2 %, or as close as four rounds bring it.
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
    community_size : float
        Mean size of a community (exponential).
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
    The construction is ours (an assumption); circles after Newman and Park 2003, "Why social networks are
    different from other types of networks", the tail is Lomax's.
    """
    _check(n, mean_followers, exponent, reciprocity, circles, density, community_size, mixing,
           degree_correlation, homophily)  # fmt: skip
    groups = np.zeros(n, np.int64) if segments is None else np.asarray(segments, np.int64)
    if groups.shape != (n,) or groups.min(initial=0) < 0:
        raise SpecError(f"segments: one number from 0 for each of the {n:,} people is needed")
    key = derive(derive(seed, _PURPOSE), 0)
    mutual = reciprocity / (2.0 - reciprocity)
    cut = max(n // 20, 50) if max_followers is None else max_followers
    wanted = min(2.0 * mean_followers / (1.0 + mutual), n - 1.0)
    community = _community(key, n, community_size)
    aim = wanted
    for _ in range(_ROUNDS):
        degree = _degrees(key, n, aim, exponent, min(cut, n - 1))
        shape = (float(homophily), float(density), float(mixing), float(degree_correlation))
        u, v, in_circle = _pairs(key, degree, community, groups, circles, *shape)
        found = 2.0 * u.size / n
        if abs(found - wanted) <= 0.02 * wanted:
            break
        aim *= wanted / found
    base = np.where(community[u] == community[v], 0.25, 0.0)
    base[in_circle] = 0.5
    tie = (base + 0.5 * _uniforms(key, 6, u.size)).astype(np.float32)
    if reciprocity == 1.0:
        return SocialGraph.from_edges(u, v, n=n, tie=tie, directed=False)
    return _directed(key, n, u, v, tie, degree, mutual)


def _pairs(
    key: int, degree: NDArray[np.int64], community: NDArray[np.int64], groups: NDArray[np.int64], circles: float,
    homophily: float, density: float, mixing: float, degree_correlation: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:  # fmt: skip
    """Distinct pairs u < v for these numbers of stubs, and whether each was made in a circle."""
    n = degree.size
    kept = np.minimum((degree * circles + _uniforms(key, 3, n)).astype(np.int64), degree)
    rest = degree - kept
    source = np.empty(int(degree.sum()) + 1, np.int32)
    target = np.empty_like(source)
    circle_ties = kernels.wire_circles(
        np.uint64(derive(key, 4)), kept, community, groups, homophily, density,
        _LARGEST_CIRCLE, _PASSES, source, target,
    )  # fmt: skip
    made = kernels.wire_rest(
        np.uint64(derive(key, 5)), rest + kept, community, groups, homophily, mixing, degree_correlation,
        source, target, circle_ties,
    )  # fmt: skip
    u, v, first = _distinct(source[:made].astype(np.int64), target[:made].astype(np.int64), n)
    return u, v, first < circle_ties


def _directed(
    key: int, n: int, u: NDArray[np.int64], v: NDArray[np.int64], tie: NDArray[np.float32],
    degree: NDArray[np.int64], mutual: float,
) -> SocialGraph:  # fmt: skip
    """Orient pairs: a part `mutual` both ways, the others by degree."""
    both = _uniforms(key, 7, u.size) < mutual
    forward = _uniforms(key, 8, u.size) * (degree[u] + degree[v]) < degree[u]
    start, end = np.where(forward, u, v), np.where(forward, v, u)
    return SocialGraph.from_edges(
        np.concatenate([start, end[both]]),
        np.concatenate([end, start[both]]),
        n=n,
        tie=np.concatenate([tie, tie[both]]),
        directed=True,
    )


def _distinct(
    u: NDArray[np.int64], v: NDArray[np.int64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct pairs with u < v, and where each first stood."""
    pairs, first = np.unique(np.minimum(u, v) * n + np.maximum(u, v), return_index=True)
    return pairs // n, pairs % n, first


def _uniforms(key: int, purpose: int, size: int) -> NDArray[np.float64]:
    """Uniforms in (0, 1) keyed on the position."""
    out = np.empty(size)
    uniforms_of(np.uint64(derive(key, purpose)), np.arange(size, dtype=np.uint64), out)
    return out


def _degrees(key: int, n: int, mean: float, exponent: float, cut: int) -> NDArray[np.int64]:
    """Numbers of ties: the quantiles of a Lomax law cut at `cut`, dealt in a random order (int64[n], at least 1)."""
    tail = max(exponent - 1.0, 1.0001)
    mean = min(mean, 0.9 * cut)
    low, high = 1e-6, 1e9
    for _ in range(200):
        scale = (low * high) ** 0.5
        over = (1.0 + cut / scale) ** -tail
        found = 1.0 + (scale / (tail - 1.0) * (1.0 - (1.0 + cut / scale) ** (1.0 - tail)) - cut * over) / (
            1.0 - over
        )
        low, high = (scale, high) if found < mean else (low, scale)
    words = np.empty(n, np.uint64)
    words_of(np.uint64(derive(key, 1)), np.arange(n, dtype=np.uint64), words)
    rank = np.empty(n, np.int64)
    rank[np.argsort(words)] = np.arange(n)
    over = (1.0 + cut / low) ** -tail
    y = (rank + 0.5) / n * (1.0 - over) + over
    return 1 + (low * (y ** (-1.0 / tail) - 1.0) + _uniforms(key, 2, n)).astype(np.int64)


def _community(key: int, n: int, mean_size: float) -> NDArray[np.int64]:
    """Community of each person: exponential sizes, at least 3, consecutive positions (int64[n])."""
    count = int(2.0 * n / mean_size) + 10
    sizes = np.maximum(3, np.floor(-mean_size * np.log(_uniforms(key, 9, count)) + 0.5)).astype(np.int64)
    edges = np.cumsum(sizes)
    return np.minimum(np.searchsorted(edges, np.arange(n), side="right"), count - 1).astype(np.int64)


def _check(
    n: int, mean_followers: float, exponent: float, reciprocity: float, circles: float, density: float,
    community_size: float, mixing: float, degree_correlation: float, homophily: float,
) -> None:  # fmt: skip
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
    if not 0 < density <= 1:
        raise SpecError(f"density: got {density:g}; above 0 and at most 1 is allowed")
    parts = {
        "reciprocity": reciprocity, "circles": circles, "mixing": mixing,
        "degree_correlation": degree_correlation, "homophily": homophily,
    }  # fmt: skip
    for name, value in parts.items():
        if not 0 <= value <= 1:
            raise SpecError(f"{name}: got {value:g}; 0 to 1 is allowed")
