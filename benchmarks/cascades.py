"""Cascade models against CyNetDiff, NDlib and EoN: same graph, same seeds, one thread each, A B A B."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import harness
import numpy as np

import viralsim as vs
from viralsim.graph.social_graph import SocialGraph

__all__ = ["PARTS", "follower_graph", "rows"]


def follower_graph(people: int = 75_000, arcs: int = 800_000, seed: int = 1) -> SocialGraph:
    """Heavy-tailed follower graph: follower counts and counts of people followed fall as rank^-0.7.

    One person in five follows nobody, so that weighted cascades of ten seeds stay near fifty people, as on
    the network of the review site Epinions (75,879 people, 811,480 arcs and so on). Arcs join a person drawn
    by the one law with one drawn by the other, independently.
    """
    rng = np.random.default_rng(seed)
    followed = rng.permutation(people)
    following = rng.permutation(people)[: people * 4 // 5]
    by_rank = [np.cumsum((np.arange(size) + 1.0) ** -0.7) for size in (followed.size, following.size)]
    tries = int(arcs * 1.025)
    src, dst = (
        who[np.searchsorted(law, rng.random(tries) * law[-1])]
        for who, law in zip((followed, following), by_rank, strict=True)
    )
    return vs.SocialGraph.from_edges(src, dst, n=people)


def ten_seeds(g: SocialGraph) -> np.ndarray:
    """The same ten people in every run."""
    return np.random.default_rng(5).choice(g.n_nodes, 10, replace=False)


# ---- peers ---------------------------------------------------------------------------------------


def cynetdiff(g: SocialGraph, seeds: np.ndarray, model: str, p: Any) -> Callable[[int, int], Iterator[int]]:
    """CyNetDiff's model; returns (replicates, seed) -> sizes. Building it is not timed."""
    from cynetdiff.models import IndependentCascadeModel, LinearThresholdModel

    starts, edges = g.indptr[:-1].astype(np.uint32), g.indices.astype(np.uint32)
    share = (1 / np.bincount(g.indices, minlength=g.n_nodes)[g.indices]).astype(np.float32)
    if model == "threshold":
        peer = LinearThresholdModel(starts, edges, influence=share)
    elif isinstance(p, str):
        peer = IndependentCascadeModel(starts, edges, activation_probs=share)
    elif isinstance(p, np.ndarray):
        peer = IndependentCascadeModel(starts, edges, activation_probs=p.astype(np.float32))
    else:
        peer = IndependentCascadeModel(starts, edges, activation_prob=p)
    peer.set_seeds([int(s) for s in seeds])

    def run(replicates: int, seed: int) -> Iterator[int]:
        peer.set_rng(seed)
        for _ in range(replicates):
            peer.reset_model()
            peer.advance_until_completion()
            yield peer.get_num_activated_nodes()

    return run


def ours(
    g: SocialGraph, seeds: np.ndarray, model: str, p: Any, threads: int = 1
) -> Callable[[int, int], np.ndarray]:
    """(replicates, seed) -> sizes; all of the call is timed, what it prepares from the graph included."""

    def run(replicates: int, seed: int) -> np.ndarray:
        if model == "threshold":
            return vs.models.linear_threshold(g, seeds, replicates, seed=seed, threads=threads).size
        return vs.models.independent_cascade(g, seeds, p, replicates, seed=seed, threads=threads).size

    return run


def against(
    name: str, g: SocialGraph, model: str, p: Any, replicates: tuple[int, int], note: str = ""
) -> dict[str, Any]:
    """A row against CyNetDiff; `replicates`: ours and theirs in each round."""
    seeds = ten_seeds(g)
    mine, peer = ours(g, seeds, model, p), cynetdiff(g, seeds, model, p)
    return harness.compare(
        name,
        lambda k: harness.timed(lambda: mine(replicates[0], k)),
        lambda k: harness.timed(lambda: peer(replicates[1], k)),
        note=note or "against CyNetDiff",
    )


# ---- rows ----------------------------------------------------------------------------------------


def hundred_thousand() -> list[dict[str, Any]]:
    """Independent cascade on 100,000 people, uniform and per arc, and linear threshold."""
    g = vs.generate.preferential(100_000, 10, seed=1)
    name = "preferential attachment, 100,000 people x 20 arcs, 10 seeds"
    per_arc = np.random.default_rng(2).random(g.n_edges) * 0.1
    return [
        against(f"independent cascade p = .05, {name}", g, "cascade", 0.05, (400, 30)),
        against(f"independent cascade p per arc, 0 to .1, {name}", g, "cascade", per_arc, (200, 30)),
        against(f"linear threshold, {name}", g, "threshold", None, (2000, 300)),
    ]


def million() -> list[dict[str, Any]]:
    """Independent cascade on a million people."""
    g = vs.generate.preferential(1_000_000, 10, seed=1)
    name = "independent cascade p = .1, preferential attachment, 1,000,000 people x 20 arcs, 10 seeds"
    return [against(name, g, "cascade", 0.1, (12, 1))]


def weighted() -> list[dict[str, Any]]:
    """Weighted cascade and linear threshold on a heavy-tailed follower graph."""
    g = follower_graph()
    name = f"heavy-tailed follower graph, {g.n_nodes:,} people, {g.n_edges:,} arcs, 10 seeds"
    return [
        against(f"weighted cascade, {name}", g, "cascade", "weighted", (100_000, 40_000)),
        against(f"linear threshold, {name}", g, "threshold", None, (40_000, 20_000)),
    ]


def threads() -> list[dict[str, Any]]:
    """Two threads, beside what the machine itself gains on random loads from arrays of the same size."""
    found = []
    for people, p, replicates in ((100_000, 0.05, 800), (1_000_000, 0.1, 24)):
        g = vs.generate.preferential(people, 10, seed=1)
        seeds = ten_seeds(g)
        one, two = (ours(g, seeds, "cascade", p, threads=t) for t in (1, 2))
        one(8, 0), two(8, 0)
        gains, single, double = [], [], []
        for k in range(5):
            a, b = (harness.timed(partial(f, replicates, k)) for f in (one, two))
            assert np.array_equal(a.values, b.values), "threads changed a result"
            gains.append(a.seconds / b.seconds)
            single.append(a.seconds)
            double.append(b.seconds)
        size = g.indices.nbytes / 1e6
        scaling, load_ns = harness.random_load_scaling(size)
        found.append(
            {
                "workload": f"two threads, independent cascade p = {p}, {people:,} people x 20 arcs",
                "ours": harness.duration(median(double)),
                "peer": f"{harness.duration(median(single))} (ours, one thread)",
                "ratio": median(gains),
                "spread": f"{min(gains):.3g} to {max(gains):.3g} over 5 rounds",
                "note": f"the machine's random loads from {size:.0f} MB gain {scaling:.3g} times ({load_ns:.2g} ns "
                f"each in one thread), so {median(gains) / scaling:.2f} of it; results equal",
            }
        )
    return found


def python_peers() -> list[dict[str, Any]]:
    """NDlib and EoN, both pure Python, on networkx graphs."""
    import EoN
    import networkx as nx
    from ndlib.models import ModelConfig
    from ndlib.models.epidemics import IndependentCascadesModel

    g = vs.generate.preferential(100_000, 10, seed=1)
    seeds = ten_seeds(g)
    src = np.repeat(np.arange(g.n_nodes), np.diff(g.indptr))
    half = src < g.indices
    graph = nx.Graph()
    graph.add_nodes_from(range(g.n_nodes))
    graph.add_edges_from(zip(src[half].tolist(), g.indices[half].tolist(), strict=True))
    mine = ours(g, seeds, "cascade", 0.05)
    name = "independent cascade p = .05, preferential attachment, 100,000 people x 20 arcs, 10 seeds"

    config = ModelConfig.Configuration()
    config.add_model_initial_configuration("Infected", [int(s) for s in seeds])
    config.config["edges"]["threshold"] = dict.fromkeys(graph.edges, 0.05)
    model = IndependentCascadesModel(graph)
    model.set_initial_status(config)

    def ndlib(k: int) -> list[int]:
        np.random.seed(k)  # the only way in; ours never reads it
        model.reset([int(s) for s in seeds])
        while True:
            count = model.iteration(node_status=False)["node_count"]
            if count[1] == 0:
                return [count[2]]

    def eon(k: int) -> list[int]:
        import random

        random.seed(k)
        *_, recovered = EoN.basic_discrete_SIR(graph, 0.05, initial_infecteds=seeds.tolist())
        return [int(recovered[-1])]

    def mine_timed(k: int) -> harness.Timed:
        return harness.timed(lambda: mine(200, k))

    peers = (("NDlib", ndlib), ("EoN (basic_discrete_SIR)", eon))
    return [
        harness.compare(
            name,
            mine_timed,
            lambda k, peer=peer: harness.timed(lambda: peer(k)),
            rounds=3,
            note=f"against {label}",
        )
        for label, peer in peers
    ]


PARTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "hundred-thousand": hundred_thousand,
    "million": million,
    "weighted": weighted,
    "threads": threads,
    "python-peers": python_peers,
}


def rows(parts: list[str] | None = None) -> list[dict[str, Any]]:
    """Rows of all parts, or of those named."""
    return [row for name in parts or PARTS for row in PARTS[name]()]
