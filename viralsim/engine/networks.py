"""The follower graphs of one draw, over the people of the audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from viralsim.engine.people import P_ACCESS, P_NETWORK, People, person_uniforms
from viralsim.errors import ScenarioError
from viralsim.graph import generate
from viralsim.graph.social_graph import SocialGraph
from viralsim.rng import derive, text_key
from viralsim.spec.resolving import resolve
from viralsim.spec.scenario import Scenario

__all__ = ["Network", "account_holders", "audience_keys", "file_graphs", "make_network"]


@dataclass(frozen=True, slots=True)
class Network:
    """One platform's graph in people of the audience, n of them.

    Parameters
    ----------
    account : bool[n]
    indptr : int64[n + 1]
    followers : int32[edges]
    tie : float32[edges] or None
    """

    account: NDArray[np.bool_]
    indptr: NDArray[np.int64]
    followers: NDArray[np.int32]
    tie: NDArray[np.float32] | None

    @property
    def follower_count(self) -> NDArray[np.int64]:
        """Followers of each person (int64[n])."""
        return np.diff(self.indptr)

    def matrix(self, weight: NDArray[np.floating] | None = None) -> sparse.csr_array:
        """Sparse (n, n) with row u, column v for u -> v; ones, or `weight` in edge order."""
        n = self.account.size
        data = np.ones(self.followers.size, np.float32) if weight is None else weight
        return sparse.csr_array((data, self.followers, self.indptr), shape=(n, n))


def file_graphs(scenario: Any) -> dict[str, SocialGraph]:
    """Read the networks of kind `file`, by platform name (`scenario` resolved or not: paths start at its folder)."""
    if isinstance(scenario, Scenario):
        scenario = resolve(scenario, 0, 0, fixed=True)
    return {
        name: SocialGraph.read(**platform.network.model_dump(exclude={"kind"}, exclude_none=True))
        for name, platform in scenario.platforms.items()
        if platform.network.kind == "file"
    }


def audience_keys(size: int | None, graphs: Mapping[str, SocialGraph]) -> NDArray[np.uint64]:
    """Stable keys of the people (uint64[n]): those of the files in their order, then numbered strangers.

    A synthetic audience has the keys 0, 1, 2, ...; people beyond those of the files are keyed by a
    digest, so that they cannot coincide with a number in a file except by chance.
    """
    if not graphs:
        return np.arange(size or 0, dtype=np.uint64)
    keys = np.concatenate([graph.keys() for graph in graphs.values()])
    _, first = np.unique(keys, return_index=True)
    known = keys[np.sort(first)]
    size = known.size if size is None else size
    if size < known.size:
        raise ScenarioError(
            f"audience.size: {size:,}, but the network files hold {known.size:,} people; "
            "leave the size out, or give at least that number"
        )
    root = text_key("person outside the network files")
    strangers = [derive(root, i) for i in range(size - known.size)]
    return np.concatenate([known, np.array(strangers, np.uint64)])


def make_network(
    name: str, scenario: Any, people: People, graph: SocialGraph | None, draw_key: int
) -> Network:
    """The network of one platform for the people of a draw: `graph` if it comes from a file, else generated."""
    platform = scenario.platforms[name]
    if graph is not None:
        return _embed(graph, _positions(people.key, graph.keys()), people.size)
    account = account_holders(name, scenario, people, None, draw_key)
    members = np.flatnonzero(account)
    seed = derive(derive(draw_key, P_NETWORK), text_key(name)) >> 1
    where = f"platforms.{name}.network"
    if members.size < 2:
        raise ScenarioError(
            f"{where}: only {members.size} people have an account on {name}; raise access or audience.size"
        )
    made = generated(platform.network, members.size, people.segment[members], seed, where)
    network = _embed(made, members, people.size)
    return Network(account, network.indptr, network.followers, network.tie)


def account_holders(
    name: str, scenario: Any, people: People, graph: SocialGraph | None, draw_key: int
) -> NDArray[np.bool_]:
    """Who has an account on a platform in a draw (bool[n]): those in the file `graph`, else by the segments' access."""
    if graph is not None:
        return np.isin(people.key, graph.keys())
    access = scenario.platforms[name].access
    chances = np.array([s.access.get(name, access) for s in scenario.audience.segments], np.float64)
    key = derive(derive(draw_key, P_ACCESS), text_key(name))
    return person_uniforms(key, people.key) < chances[people.segment]


def generated(
    network: Any, n: int, segments: NDArray[np.uint8], seed: int, where: str = "network"
) -> SocialGraph:
    """Run the generator that a scenario's `network` names, for n people.

    Parameters
    ----------
    network : spec network (tagged by `kind`)
    n : int
    segments : uint8[n]
    seed : int
    where : str
        Named in errors.
    """
    options = network.model_dump(exclude={"kind", "like"}, exclude_none=True)
    try:
        if network.kind == "communities":
            from viralsim.graph.communities import RESEMBLING, communities

            start = dict(RESEMBLING[network.like]) if network.like else {}
            start.pop("n", None)
            return communities(n, segments=segments.astype(np.int64), seed=seed, **{**start, **options})
        if network.kind == "erdos-renyi":
            return generate.erdos_renyi(n, seed=seed, **options)
        if network.kind == "small-world":
            return generate.small_world(n, seed=seed, **options)
        if network.kind == "preferential":
            return generate.preferential(n, network.edges_per_newcomer, seed=seed)
        if network.kind == "power-law":
            return generate.power_law(n, seed=seed, **options)
        sizes = np.bincount(segments)
        made = generate.block(sizes[sizes > 0].tolist(), network.mean_degree, network.inside, seed=seed)
        return _relabelled(made, np.argsort(segments, kind="stable"))
    except (ValueError, TypeError) as error:
        raise ScenarioError(f"{where}: {error}") from error


def _relabelled(graph: SocialGraph, order: NDArray[np.int64]) -> SocialGraph:
    """The graph with position i renamed order[i]."""
    source = np.repeat(order, np.diff(graph.indptr))
    return SocialGraph.from_edges(source, order[graph.indices], n=graph.n_nodes, tie=graph.tie)


def _positions(all_keys: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Where each of `keys` stands in `all_keys` (all are there)."""
    order = np.argsort(all_keys)
    return order[np.searchsorted(all_keys, keys, sorter=order)]


def _embed(graph: SocialGraph, members: NDArray[np.int64], n: int) -> Network:
    """The graph's people placed at the positions `members` of an audience of n."""
    account = np.zeros(n, bool)
    account[members] = True
    if np.array_equal(members, np.arange(n)):
        return Network(account, graph.indptr.astype(np.int64), graph.indices, graph.tie)
    if np.all(np.diff(members) > 0):
        counts = np.zeros(n, np.int64)
        counts[members] = np.diff(graph.indptr)
        indptr = np.concatenate([[0], np.cumsum(counts)])
        return Network(account, indptr, members.astype(np.int32)[graph.indices], graph.tie)
    moved = SocialGraph.from_edges(
        np.repeat(members, np.diff(graph.indptr)), members[graph.indices], n=n, tie=graph.tie
    )
    return Network(account, moved.indptr.astype(np.int64), moved.indices, moved.tie)
