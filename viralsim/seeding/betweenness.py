"""Betweenness, exact or from a sample of sources with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import betweenness as kernel
from viralsim.kernels.draws import words_of
from viralsim.rng import check_seed, derive, entropy_seed, text_key

__all__ = ["Betweenness", "approximate_betweenness", "sampled_betweenness"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Betweenness:
    """How many shortest paths run through each person, estimated.

    Parameters
    ----------
    value : float64[n]
        Sum over ordered pairs of other people of the part of their shortest paths that runs through the person.
    se : float64[n]
        Standard error of each value; 0 where everybody was a source, NaN with a single source.
    error : float
        With a chance of 95 % no value is off by more; 0 where everybody was a source.
    sources : int
        People from whom paths were counted.
    seed : int or None
    """

    value: NDArray[np.float64]
    se: NDArray[np.float64]
    error: float
    sources: int
    seed: int | None = None


def sampled_betweenness(
    indptr: NDArray[np.int64],
    followers: NDArray[np.int32],
    people: NDArray[np.int64],
    words: NDArray[np.uint64],
    sources: int,
) -> Betweenness:
    """Betweenness of a graph in arrays, from the first sources in a keyed order.

    Parameters
    ----------
    indptr, followers : int64[n + 1], int32[edges]
        Followers.
    people : int64[k]
        Who can be a source: everybody with an edge, at least.
    words : uint64[k]
        A random word of each of `people`, from a key of their own.
    sources : int
        How many, at least 1; all of them if there are fewer.

    Returns
    -------
    Betweenness

    Notes
    -----
    Brandes and Pich 2007, "Centrality estimation in large networks" (sources at random); Geisberger, Sanders and
    Schultes 2008, "Better approximation of betweenness centrality" (linear scaling, from each source and back to it).
    The bound is Hoeffding's over all people at once, as a source adds at most 2 (n - 2) (docs/model.md, section 16).
    """
    n, k = people.size, min(sources, people.size)
    chosen = people[np.argsort(words, kind="stable")[:k]]
    size = indptr.size - 1
    forth, back = (np.asarray(indptr, np.int64), np.asarray(followers, np.int32)), _turned(indptr, followers)
    total, squares = np.zeros(size), np.zeros(size)
    work = np.zeros((size, 4))
    work[:, 0] = -1.0
    order = np.empty((2, size), np.int64)
    kernel.count_dependencies(*forth, *back, chosen.astype(np.int64), total, squares, order, work)
    if k == n:
        return Betweenness(total, np.zeros(size), 0.0, k)
    variance = (squares - total**2 / k) / (k - 1) if k > 1 else np.full(size, np.nan)
    return Betweenness(
        value=total * (n / k),
        se=n * np.sqrt(np.maximum(variance, 0.0) * (1.0 - k / n) / k),
        error=2 * n * (n - 2) * math.sqrt(math.log(2 * n / (1.0 - CONFIDENCE)) / (2 * k)),
        sources=k,
    )


def _turned(
    indptr: NDArray[np.int64], followers: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The same edges from follower to followed, those followed in ascending order."""
    size = indptr.size - 1
    begin = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(followers, minlength=size), out=begin[1:])
    source = np.repeat(np.arange(size, dtype=np.int32), np.diff(indptr))
    return begin, source[np.argsort(followers, kind="stable")]


def approximate_betweenness(g: SocialGraph, sources: int = 64, seed: int | None = 0) -> Betweenness:
    """Betweenness of everybody, from a sample of sources, and how far off it may be.

    Parameters
    ----------
    g : SocialGraph
        Paths run from a person to followers; in an undirected graph each pair counts both ways.
    sources : int
        People from whom shortest paths are counted, at least 1; ``g.n_nodes`` or more makes it exact.
    seed : int or None
        None draws one.

    Returns
    -------
    Betweenness

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Brandes 2001; Brandes and Pich 2007; Geisberger, Sanders and Schultes 2008. Time grows with sources x edges.

    Examples
    --------
    >>> import viralsim as vs
    >>> chain = vs.SocialGraph.from_edges([0, 1, 2], [1, 2, 3])
    >>> vs.seeding.approximate_betweenness(chain).value
    array([0., 2., 2., 0.])
    """
    if isinstance(sources, bool) or not hasattr(sources, "__index__") or int(sources) < 1:
        raise SpecError(f"sources: got {sources!r}; allowed are whole numbers from 1")
    used = entropy_seed() if seed is None else check_seed(seed)
    key = derive(text_key("sources of shortest paths"), used)
    words = np.empty(g.n_nodes, np.uint64)
    words_of(np.uint64(key), g.keys(), words)
    found = sampled_betweenness(g.indptr, g.indices, np.arange(g.n_nodes), words, int(sources))
    return Betweenness(found.value, found.se, found.error, found.sources, used)
