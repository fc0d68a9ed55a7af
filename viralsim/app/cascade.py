"""A sample network to watch a cascade on: people, their places, and an exact independent cascade step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError
from viralsim.graph import generate
from viralsim.graph.social_graph import SocialGraph
from viralsim.models import independent_cascade
from viralsim.models.results import ModelResult
from viralsim.rng import derive, text_key, uniform

__all__ = ["NETWORKS", "PEOPLE", "Played", "Stage", "places", "play", "sample", "stage_of"]

PEOPLE = 300
"""People on the stage."""

REPLICATES = 200
_MEAN_TIES = 8
_LAYOUT_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """A small network with a place for each person.

    Parameters
    ----------
    graph : SocialGraph
    x, y : float64[n]
        In [-1, 1].
    words : str
        What it is, and of how many people it is a sample.
    """

    graph: SocialGraph
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    words: str

    @property
    def mean_followers(self) -> float:
        """Mean number of followers."""
        return self.graph.n_edges / self.graph.n_nodes


def _friends(seed: int) -> SocialGraph:
    return generate.communities(
        PEOPLE, mean_followers=_MEAN_TIES, reciprocity=1.0, community_size=50.0, mixing=0.1, seed=seed
    )


NETWORKS: dict[str, tuple[str, Callable[[int], SocialGraph]]] = {
    "friends": ("friends in communities", _friends),
    "hubs": ("a few hubs with many ties", lambda seed: generate.preferential(PEOPLE, _MEAN_TIES // 2, seed)),
    "ring": (
        "a ring of neighbours with a few long ties",
        lambda seed: generate.small_world(PEOPLE, _MEAN_TIES, 0.03, seed),
    ),
    "random": ("ties at random", lambda seed: generate.erdos_renyi(PEOPLE, _MEAN_TIES, seed=seed)),
}
"""Name -> (what it is, maker)."""


def sample(graph: SocialGraph, count: int = PEOPLE, seed: int = 0) -> SocialGraph:
    """Some people of a large network who lie together: a ball around one of them, with all ties inside.

    Parameters
    ----------
    graph : SocialGraph
    count : int
        People wanted.
    seed : int
        Names the person in the middle.

    Returns
    -------
    SocialGraph
        At most `count` people; people without any tie are not started from.
    """
    if graph.n_nodes <= count:
        return graph
    tied = np.flatnonzero(np.diff(graph.indptr) > 0)
    if not tied.size:
        raise SpecError("this network has no ties, so nothing can spread on it")
    key = derive(derive(text_key("viralsim app sample"), seed), 0)
    start = int(tied[int(uniform(key) * tied.size)])
    order = [start]
    seen = {start}
    for person in order:
        for follower in graph.indices[graph.indptr[person] : graph.indptr[person + 1]].tolist():
            if follower not in seen and len(order) < count:
                seen.add(follower)
                order.append(follower)
        if len(order) >= count:
            break
    return _induced(graph, np.array(sorted(order), np.int64))


def _induced(graph: SocialGraph, people: NDArray[np.int64]) -> SocialGraph:
    """The network among some people, numbered from 0."""
    place = np.full(graph.n_nodes, -1, np.int64)
    place[people] = np.arange(people.size)
    src, dst = [], []
    for person in people.tolist():
        followers = place[graph.indices[graph.indptr[person] : graph.indptr[person + 1]]]
        inside = followers[followers >= 0]
        src.append(np.full(inside.size, place[person]))
        dst.append(inside)
    return SocialGraph.from_edges(np.concatenate(src), np.concatenate(dst), n=int(people.size), directed=True)


def places(graph: SocialGraph, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A place for each person: springs along ties, from keyed starting places; who has no tie stands on the rim.

    Parameters
    ----------
    graph : SocialGraph
    seed : int

    Returns
    -------
    x, y : float64[n]
        In [-1, 1].
    """
    n = graph.n_nodes
    key = derive(text_key("viralsim app layout"), seed)
    start = {
        person: (uniform(derive(key, 2 * person)), uniform(derive(key, 2 * person + 1)))
        for person in range(n)
    }
    sources = np.repeat(np.arange(n), np.diff(graph.indptr))
    tied = np.union1d(sources, graph.indices)
    alone = np.setdiff1d(np.arange(n), tied)
    found = np.zeros((n, 2))
    if tied.size:
        drawn: networkx.Graph[Any] = networkx.Graph()
        drawn.add_nodes_from(tied.tolist())
        drawn.add_edges_from(zip(sources.tolist(), graph.indices.tolist(), strict=True))
        reach, own = 1.6 / math.sqrt(tied.size), {person: start[person] for person in tied.tolist()}
        sprung = networkx.spring_layout(drawn, pos=own, k=reach, iterations=_LAYOUT_ROUNDS, seed=seed)
        middle = np.array([sprung[person] for person in tied.tolist()], np.float64)
        low, high = np.quantile(middle, (0.01, 0.99), axis=0)
        fitted = np.clip(2.0 * (middle - low) / np.maximum(high - low, 1e-9) - 1.0, -1.05, 1.05) / 1.05
        found[tied] = fitted * (0.8 if alone.size else 1.0)
    angle = 2.0 * math.pi * (np.arange(alone.size) + 0.5) / max(alone.size, 1)
    found[alone] = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return found[:, 0], found[:, 1]


def stage_of(name: str, seed: int = 0, graph: SocialGraph | None = None, words: str = "") -> Stage:
    """A stage: one of `NETWORKS`, or a sample of a network that is given.

    Raises
    ------
    SpecError
        If there is no such network, or the given one has no ties.
    """
    if graph is None:
        if name not in NETWORKS:
            raise SpecError(f"network: got {name!r}; allowed are {', '.join(NETWORKS)}")
        words, make = NETWORKS[name]
        chosen = make(seed)
        words = f"{chosen.n_nodes} people: {words}"
    else:
        chosen = sample(graph, PEOPLE, seed)
        words = f"{chosen.n_nodes:,} of {graph.n_nodes:,} people of {words}"
    x, y = places(chosen, seed)
    return Stage(chosen, x, y, words)


@dataclass(frozen=True, slots=True)
class Played:
    """A cascade that was run on a stage.

    Parameters
    ----------
    stage : Stage
    result : ModelResult
        All runs.
    probability : float
        Chance that a follower passes on what somebody shared.
    seeds : int64[k]
    """

    stage: Stage
    result: ModelResult
    probability: float
    seeds: NDArray[np.int64]

    def to_player(self, replicate: int, colours: list[str], colours_dark: list[str]) -> dict[str, Any]:
        """What the canvas needs: places, ties, and who shares at which step because of whom."""
        stage, trace = self.stage, self.result.trace(replicate)
        graph = stage.graph
        sources = np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr))
        pairs = np.unique(
            np.sort(np.stack([sources, graph.indices.astype(np.int64)], axis=1), axis=1), axis=0
        )
        parents = np.where(trace.parents >= 0, trace.persons[trace.parents], -1)
        return {
            "x": np.round(stage.x, 3).tolist(),
            "y": np.round(stage.y, 3).tolist(),
            "size": np.diff(graph.indptr).tolist(),
            "ties": pairs.ravel().tolist(),
            "person": trace.persons.tolist(),
            "parent": parents.tolist(),
            "step": trace.generation.tolist(),
            "colours": colours,
            "colours_dark": colours_dark,
        }


def _seeds(stage: Stage, count: int, kind: str, seed: int) -> NDArray[np.int64]:
    """Who begins: those with the most followers, or people at random (keyed)."""
    followers = np.diff(stage.graph.indptr)
    n = stage.graph.n_nodes
    key = derive(text_key("viralsim app seeds"), seed)
    order = np.array([derive(key, person) for person in range(n)], np.uint64)
    if kind == "most-followers":
        return np.lexsort((order, -followers))[:count].astype(np.int64)
    if kind != "random":
        raise SpecError(f"who begins: got {kind!r}; allowed are most-followers and random")
    return np.argsort(order)[:count].astype(np.int64)


def play(stage: Stage, reproduction: float, count: int, kind: str, seed: int) -> Played:
    """Run the independent cascade on a stage.

    Parameters
    ----------
    stage : Stage
    reproduction : float
        Mean number of followers whom one sharing person brings to share, at the start: probability x mean followers.
    count : int
        People who begin.
    kind : {"random", "most-followers"}
    seed : int

    Returns
    -------
    Played

    Notes
    -----
    Kempe, Kleinberg and Tardos 2003: each sharing person has one try at each follower.
    """
    if not 1 <= count <= stage.graph.n_nodes:
        raise SpecError(f"people who begin: got {count}; allowed are 1 to {stage.graph.n_nodes}")
    if not 0.0 <= reproduction <= stage.mean_followers:
        raise SpecError(f"R: got {reproduction:g}; allowed here are 0 to {stage.mean_followers:.3g}")
    probability = min(reproduction / stage.mean_followers, 1.0) if stage.mean_followers else 0.0
    seeds = _seeds(stage, count, kind, seed)
    result = independent_cascade(stage.graph, seeds, probability, REPLICATES, seed=seed)
    return Played(stage, result, probability, seeds)
