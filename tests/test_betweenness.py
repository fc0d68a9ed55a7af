"""Betweenness: exact against networkx and a plain twin, sampled within its own error."""

from __future__ import annotations

from collections import deque

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viralsim as vs
from viralsim.errors import SpecError
from viralsim.seeding.betweenness import approximate_betweenness, sampled_betweenness


def dependencies(rows: list[list[int]], source: int) -> list[float]:
    """What part of the shortest paths from `source` runs through each person, times the part of the way before it."""
    n = len(rows)
    distance, paths, part = [-1] * n, [0.0] * n, [0.0] * n
    distance[source], paths[source] = 0, 1.0
    queue, order = deque([source]), []
    while queue:
        u = queue.popleft()
        order.append(u)
        for v in rows[u]:
            if distance[v] < 0:
                distance[v] = distance[u] + 1
                queue.append(v)
            if distance[v] == distance[u] + 1:
                paths[v] += paths[u]
    for u in reversed(order):
        depends = 0.0
        for v in rows[u]:
            if distance[v] == distance[u] + 1:
                depends += (1.0 / distance[v] + part[v]) / paths[v]
        part[u] = depends * paths[u]
    return [part[u] * distance[u] if distance[u] > 0 else 0.0 for u in range(n)]


def graph_of(seed: int, n: int, degree: float) -> vs.SocialGraph:
    return vs.generate.erdos_renyi(n, degree, directed=True, seed=seed)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), n=st.integers(2, 30), degree=st.floats(0.5, 5.0), k=st.integers(1, 30))
def test_sampled_equals_the_twin(seed, n, degree, k):
    g = graph_of(seed, n, min(degree, n - 1))
    rows = [[int(v) for v in g.indices[g.indptr[u] : g.indptr[u + 1]]] for u in range(n)]
    words = np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)
    found = sampled_betweenness(g.indptr, g.indices, np.arange(n), words, k)
    used = min(k, n)
    back = [[u for u in range(n) if v in rows[u]] for v in range(n)]
    sources = [int(s) for s in np.argsort(words, kind="stable")[:used]]
    parts = np.array([np.add(dependencies(rows, s), dependencies(back, s)) for s in sources])
    total = np.zeros(n)
    for part in parts:
        total += part
    assert found.sources == used
    assert np.array_equal(found.value, total * (n / used) if used < n else total)
    if 1 < used < n:
        wanted = n * np.sqrt(parts.var(axis=0, ddof=1) * (1 - used / n) / used)
        np.testing.assert_allclose(found.se, wanted, rtol=1e-6, atol=1e-6)


def test_with_all_sources_it_is_networkx():
    g = graph_of(3, 80, 4)
    exact = nx.betweenness_centrality(g.to_networkx(), normalized=False)
    found = approximate_betweenness(g, sources=80)
    np.testing.assert_allclose(found.value, [exact[v] for v in range(80)], rtol=1e-10, atol=1e-9)
    assert found.error == 0
    assert (found.se == 0).all()


def test_its_errors_are_what_they_say():
    """Over seeds: unbiased, standard errors right, and no value beyond the bound."""
    g = graph_of(5, 150, 3)
    exact = approximate_betweenness(g, sources=150).value
    seeds = 200
    found = [approximate_betweenness(g, sources=40, seed=seed) for seed in range(seeds)]
    values = np.array([f.value for f in found])
    busy = exact > np.quantile(exact, 0.5)
    spread = values.std(axis=0, ddof=1)[busy]
    assert (abs(values.mean(axis=0) - exact)[busy] < 5 * spread / np.sqrt(seeds)).all()
    claimed = np.sqrt(np.mean([f.se**2 for f in found], axis=0))[busy]
    # A standard deviation from 200 values of a law with kurtosis up to about 6 is known to 8 %; five of those.
    assert (abs(claimed / spread - 1) < 0.4).all()
    assert abs(np.mean(claimed / spread) - 1) < 0.05
    assert all(abs(f.value - exact).max() <= f.error for f in found)


def test_it_hangs_on_people_and_not_on_positions():
    g = graph_of(7, 60, 3)
    turned = np.arange(59, -1, -1)
    src = np.repeat(np.arange(60), np.diff(g.indptr))
    other = vs.SocialGraph.from_edges(
        turned[src], turned[g.indices], n=60, person_keys=turned.astype(np.uint64)
    )
    one, two = approximate_betweenness(g, 10, seed=4), approximate_betweenness(other, 10, seed=4)
    np.testing.assert_allclose(one.value, two.value[turned], rtol=1e-10, atol=1e-9)
    assert one.seed == 4


@pytest.mark.parametrize("sources", [0, -1, 2.5, True, "all"])
def test_what_is_no_number_of_sources_is_refused(sources):
    with pytest.raises(SpecError, match="sources: got"):
        approximate_betweenness(graph_of(1, 10, 2), sources)
