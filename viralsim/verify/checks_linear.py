"""Linear threshold on small graphs against the enumeration of live arcs."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Setting, distribution, proportion
from viralsim.verify.theory_graphs import cascade_law, grid_edges, linear_threshold_law

__all__ = ["checks"]

KEMPE = "Kempe, Kleinberg and Tardos 2003, one live arc each"
Edges = list[tuple[int, int]]


def checks(setting: Setting) -> list[Check]:
    """Weights 1 / degree, and weights of one's own; the weighted cascade beside it."""
    n = setting.value("people", 5)
    path = [(i, i + 1) for i in range(n - 1)]
    found = [_law(setting, f"path of {n} from its end", n, path, 0)]
    if "people" in setting.values:
        return found
    triangle = [(0, 1), (1, 2), (0, 2)]
    found += [
        _law(setting, "triangle", 3, triangle, 0),
        _law(setting, "K4", 4, list(combinations(range(4), 2)), 0),
        _law(setting, "2x3 grid, corner", 6, grid_edges(2, 3), 0),
        _own_weights(setting),
        _weighted(setting, "triangle", 3, triangle),
        _weighted(setting, "2x3 grid, corner", 6, grid_edges(2, 3)),
    ]
    return found


def _both_ways(edges: Edges) -> Edges:
    return [*edges, *[(v, u) for u, v in edges]]


def _degrees(n: int, edges: Edges) -> list[int]:
    return [sum(v in edge for edge in edges) for v in range(n)]


def _law(setting: Setting, name: str, n: int, edges: Edges, seed: int) -> Check:
    claim = f"LT, {name}, weights 1/degree: law of reach"

    def find() -> Finding:
        arcs, degree = _both_ways(edges), _degrees(n, edges)
        law = linear_threshold_law(n, arcs, [1.0 / degree[v] for _, v in arcs], [seed])
        graph = simulators.undirected_graph(n, edges)
        runs = setting.effort(40_000, 400_000)
        model = simulators.model("linear_threshold")
        found = model(graph, [seed], runs, seed=setting.seed_for(claim), threads=setting.threads)
        return distribution(found.size, law.size_prob)

    return Check(claim, KEMPE, find)


def _own_weights(setting: Setting) -> Check:
    claim = "LT, 5 people, one-way arcs with weights of their own: who becomes active"

    def find() -> Finding:
        arcs = [(0, 1), (0, 2), (1, 2), (2, 3), (1, 3), (3, 4)]
        weight = [0.6, 0.3, 0.5, 0.4, 0.2, 0.7]
        law = linear_threshold_law(5, arcs, weight, [0])
        graph = simulators.directed_graph(5, arcs)
        given = dict(zip(arcs, weight, strict=True))
        source = np.repeat(np.arange(5), np.diff(graph.indptr))
        in_order = np.array([given[int(u), int(v)] for u, v in zip(source, graph.indices, strict=True)])
        runs = setting.effort(40_000, 400_000)
        model = simulators.model("linear_threshold")
        found = model(
            graph, [0], runs, weights=in_order, seed=setting.seed_for(claim), threads=setting.threads
        )
        return distribution(found.size, law.size_prob)

    return Check(claim, KEMPE, find)


def _weighted(setting: Setting, name: str, n: int, edges: Edges) -> Check:
    claim = f"weighted cascade, {name}: law of reach"

    def find() -> Finding:
        arcs, degree = _both_ways(edges), _degrees(n, edges)
        law = cascade_law(n, arcs, [1.0 / degree[v] for _, v in arcs], [0], directed=True)
        runs = setting.effort(40_000, 400_000)
        model = simulators.model("independent_cascade")
        graph = simulators.undirected_graph(n, edges)
        found = model(graph, [0], "weighted", runs, seed=setting.seed_for(claim), threads=setting.threads)
        alone = proportion(int((found.size == 1).sum()), runs, float(law.size_prob[1]))
        whole = distribution(found.size, law.size_prob)
        return whole if alone.agrees else alone

    return Check(claim, "live edges, p = 1 / in-degree", find)
