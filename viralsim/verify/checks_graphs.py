"""Independent cascade against all live-edge worlds and closed forms on small graphs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from viralsim.verify import simulators, theory_graphs
from viralsim.verify.check import Check, Finding, Plot, Setting, distribution, sample_mean, worst_of

__all__ = ["checks"]

KEMPE = "Kempe, Kleinberg and Tardos 2003, live edges"
Edges = list[tuple[int, int]]


def checks(setting: Setting) -> list[Check]:
    """Means in closed form, whole distributions by enumeration, the complete graph, and multigraphs."""
    if setting.values:
        p, n = setting.value("prob", 0.5), setting.value("people", 10)
        return [
            *_closed(setting, n, p),
            _complete(setting, n, p),
            _complete_law(setting, n, p),
            _curve(setting),
        ]
    found = []
    for p in (0.5, 0.9):
        found += _closed(setting, 10, p)
    found.append(_star_leaf(setting, 99, 0.1))
    for name, n, edges, seed in _small_graphs():
        for p in (0.3, 0.5):
            found.append(_enumerated(setting, name, n, edges, [seed], p))
    found += [_directed(setting), _repeats(setting)]
    for n in (10, 20):
        found += [_complete(setting, n, 0.1), _complete_law(setting, n, 0.1)]
    return [*found, _curve(setting)]


def _small_graphs() -> list[tuple[str, int, Edges, int]]:
    triangle = [(0, 1), (1, 2), (0, 2)]
    paw = [*triangle, (2, 3)]
    return [
        ("triangle", 3, triangle, 0),
        ("K4", 4, list(combinations(range(4), 2)), 0),
        ("3x3 grid, corner", 9, theory_graphs.grid_edges(3, 3), 0),
        ("triangle with a tail, its end", 4, paw, 3),
    ]


def _sizes(setting: Setting, claim: str, n: int, edges: Edges, seeds: Sequence[int], p: float) -> np.ndarray:
    graph = simulators.undirected_graph(n, edges)
    cascade = simulators.model("independent_cascade")
    runs = setting.effort(40_000, 400_000)
    result = cascade(graph, seeds, p, runs, seed=setting.seed_for(claim), threads=setting.threads)
    return np.asarray(result.size)


def _mean_check(
    setting: Setting, what: str, n: int, edges: Edges, seed: int, p: float, expected: float
) -> Check:
    claim = f"IC, {what}, p = {p:g}: mean reach"
    return Check(
        claim,
        f"closed form; {KEMPE}",
        lambda: sample_mean(_sizes(setting, claim, n, edges, [seed], p), expected),
    )


def _closed(setting: Setting, n: int, p: float) -> list[Check]:
    path = [(i, i + 1) for i in range(n - 1)]
    star = [(0, i) for i in range(1, n)]
    depth = max(int(np.log2(n + 1)), 1)
    tree = [((v - 1) // 2, v) for v in range(1, 2 ** (depth + 1) - 1)]
    found = [
        _mean_check(setting, f"path of {n} from its end", n, path, 0, p, theory_graphs.path_mean(n, p)),
        _mean_check(
            setting, f"star of {n - 1} leaves from the hub", n, star, 0, p, theory_graphs.star_mean(n - 1, p)
        ),
        _mean_check(
            setting,
            f"binary tree of depth {depth} from its root",
            2 ** (depth + 1) - 1,
            tree,
            0,
            p,
            theory_graphs.tree_mean(depth, p),
        ),
    ]
    if n >= 3:
        cycle = [*path, (n - 1, 0)]
        expected = theory_graphs.cycle_mean(n, p)
        found.insert(1, _mean_check(setting, f"cycle of {n}", n, cycle, n // 2, p, expected))
    return found


def _star_leaf(setting: Setting, leaves: int, p: float) -> Check:
    star = [(0, i) for i in range(1, leaves + 1)]
    expected = theory_graphs.star_mean(leaves, p, from_leaf=True)
    return _mean_check(setting, f"star of {leaves} leaves from a leaf", leaves + 1, star, 5, p, expected)


def _enumerated(setting: Setting, name: str, n: int, edges: Edges, seeds: list[int], p: float) -> Check:
    claim = f"IC, {name}, p = {p:g}: law of reach"

    def find() -> Finding:
        law = theory_graphs.cascade_law(n, edges, p, seeds)
        return distribution(_sizes(setting, claim, n, edges, seeds, p), law.size_prob)

    return Check(claim, f"all {2 ** len(edges):,} worlds; {KEMPE}", find)


def _directed(setting: Setting) -> Check:
    """A directed graph with its own probability on every arc: who reaches whom must not be turned round."""
    arcs = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (4, 1), (5, 0), (4, 6)]
    probs = [0.9, 0.2, 0.5, 0.7, 0.6, 0.3, 0.8, 0.4]
    claim = "IC, 7 people, 8 one-way arcs, each its own p, seed 0: law of reach"

    def find() -> Finding:
        graph = simulators.directed_graph(7, arcs)
        order = dict(zip(arcs, probs, strict=True))
        source = np.repeat(np.arange(7), np.diff(graph.indptr))
        in_order = [order[int(u), int(v)] for u, v in zip(source, graph.indices, strict=True)]
        runs = setting.effort(40_000, 400_000)
        cascade = simulators.model("independent_cascade")
        found = cascade(
            graph, [0], np.array(in_order), runs, seed=setting.seed_for(claim), threads=setting.threads
        )
        law = theory_graphs.cascade_law(7, arcs, probs, [0], directed=True)
        return distribution(found.size, law.size_prob)

    return Check(claim, f"all 256 worlds; {KEMPE}", find)


def _repeats(setting: Setting) -> Check:
    """Repeated edges are merged: one try per pair."""
    edges = [(0, 1), (0, 1), (1, 2), (1, 2), (1, 2)]
    claim = "IC, an edge list with repeats, p = 0.5: each pair is one edge"

    def find() -> Finding:
        law = theory_graphs.cascade_law(3, [(0, 1), (1, 2)], 0.5, [0])
        return distribution(_sizes(setting, claim, 3, edges, [0], 0.5), law.size_prob)

    return Check(claim, "convention: repeats are merged and counted when read", find)


def _complete_edges(n: int) -> Edges:
    return list(combinations(range(n), 2))


def _complete(setting: Setting, n: int, p: float) -> Check:
    claim = f"IC, complete graph of {n}, p = {p:g}: mean reach"

    def find() -> Finding:
        mean, sd = theory_graphs.complete_moments(n, p)
        return sample_mean(_sizes(setting, claim, n, _complete_edges(n), [0], p), mean, sd)

    return Check(claim, "Reed-Frost; chain-binomial recursion", find)


def _complete_law(setting: Setting, n: int, p: float) -> Check:
    claim = f"IC, complete graph of {n}, p = {p:g}: law of reach"

    def find() -> Finding:
        sizes = _sizes(setting, claim, n, _complete_edges(n), [0], p)
        return distribution(sizes, theory_graphs.complete_law(n, p))

    return Check(claim, "Reed-Frost; chain-binomial recursion", find)


def _curve(setting: Setting) -> Check:
    n = setting.value("people", 20)
    claim = f"IC, complete graph of {n}: mean reach against p"

    def find() -> Finding:
        grid = np.linspace(0.0, min(1.0, 6.0 / n), 61)
        line = np.array([theory_graphs.complete_moments(n, p)[0] for p in grid])
        points = grid[5::5]
        findings = []
        for p in points:
            mean, sd = theory_graphs.complete_moments(n, float(p))
            sizes = _sizes(setting, f"{claim} {p}", n, _complete_edges(n), [0], float(p))
            findings.append(sample_mean(sizes, mean, sd))
        plot = Plot(
            f"Independent cascade on the complete graph of {n} people",
            "probability of a tie passing it on",
            "people reached on average",
            grid,
            line,
            points,
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            "Reach takes off where each person passes it on to more than one other (Reed-Frost).",
        )
        return worst_of(findings, plot)

    return Check(claim, "Reed-Frost; chain-binomial recursion", find)
