"""The cascade kernels equal their plain-Python twins exactly, replicate by replicate and person by person."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twins import cascades as twins

import viralsim as vs
from viralsim.kernels import coins

PROBS = st.sampled_from([0.0, 1e-9, 1 / 512, 1 / 256, 0.03125, 0.1, 0.25, 0.5, 0.6, 0.999, 1.0])


def rows_of(g, values):
    """Values per arc as one list per person."""
    return [list(map(float, values[g.indptr[u] : g.indptr[u + 1]])) for u in range(g.n_nodes)]


def followers_of(g):
    return [list(map(int, g.followers(u))) for u in range(g.n_nodes)]


def assert_equal(g, result, seeds, twin):
    """Sizes, depths and traces of a result against `twin` (replicate, seeds) -> TwinCascade."""
    rows = np.broadcast_to(np.asarray(seeds), (result.replicates, np.shape(seeds)[-1]))
    for r in range(result.replicates):
        expected = twin(r, list(map(int, rows[r])))
        assert (result.size[r], result.depth[r]) == (expected.size, expected.depth)
        trace = result.trace(r)
        parents = [int(trace.persons[p]) if p >= 0 else -1 for p in trace.parents]
        assert list(zip(trace.persons.tolist(), parents, trace.generation.tolist(), strict=True)) == (
            expected.rows()
        )


@st.composite
def worlds(draw):
    """A small graph, perhaps with person keys, and seeds for all replicates or for each."""
    n = draw(st.integers(1, 12))
    arcs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40))
    src, dst = [a for a, _ in arcs], [b for _, b in arcs]
    keys = None
    if draw(st.booleans()):
        keys = np.array(
            draw(st.lists(st.integers(0, 2**64 - 1), min_size=n, max_size=n, unique=True)), np.uint64
        )
    g = vs.SocialGraph.from_edges(
        np.array(src, np.int64), np.array(dst, np.int64), n=n, directed=draw(st.booleans()), person_keys=keys
    )
    replicates, k = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    shape = (replicates, k) if draw(st.booleans()) else (k,)
    count = int(np.prod(shape))
    chosen = draw(st.lists(st.integers(0, n - 1), min_size=count, max_size=count))
    return g, np.array(chosen, np.int64).reshape(shape), replicates, draw(st.integers(0, 2**63 - 1))


@given(worlds(), st.data())
@settings(max_examples=150)
def test_independent_cascade_equals_its_twin(world, data):
    g, seeds, replicates, seed = world
    kind = data.draw(st.sampled_from(["one", "per arc", "weighted"]))
    if kind == "one":
        given_prob = data.draw(PROBS)
        probs = np.full(g.n_edges, given_prob)
    elif kind == "per arc":
        probs = np.array(data.draw(st.lists(PROBS, min_size=g.n_edges, max_size=g.n_edges)))
        given_prob = probs
    else:
        given_prob = "weighted"
        probs = 1 / np.bincount(g.indices, minlength=g.n_nodes)[g.indices] if g.n_edges else np.zeros(0)
    result = vs.models.independent_cascade(g, seeds, given_prob, replicates, seed=seed)
    follow, rows, keys = followers_of(g), rows_of(g, probs), list(map(int, g.keys()))
    assert_equal(
        g,
        result,
        seeds,
        lambda r, row: twins.independent_cascade(follow, keys, rows, row, seed, r),
    )


@given(worlds(), st.data())
@settings(max_examples=150)
def test_linear_threshold_equals_its_twin(world, data):
    g, seeds, replicates, seed = world
    weights = None
    if data.draw(st.booleans()):
        parts = data.draw(st.lists(st.integers(0, 4), min_size=g.n_edges, max_size=g.n_edges))
        total = np.bincount(g.indices, np.array(parts, float), g.n_nodes) + data.draw(st.integers(0, 2))
        weights = np.array(parts, float) / np.maximum(total, 1)[g.indices] if parts else np.zeros(0)
    result = vs.models.linear_threshold(g, seeds, replicates, weights=weights, seed=seed)
    follow, keys = followers_of(g), list(map(int, g.keys()))
    rows = None if weights is None else rows_of(g, weights)
    assert_equal(g, result, seeds, lambda r, row: twins.linear_threshold(follow, keys, rows, row, seed, r))


@pytest.mark.parametrize("followers", [63, 64, 65, 255, 257, 700, 1023, 1024, 1025, 2600])
@pytest.mark.parametrize("prob", [0.002, 0.04, 0.5, 1.0, "per arc"])
def test_long_rows_equal_the_twin(followers, prob):
    """A star is one row: every tile, the last word of a row, the point process and what lies above it."""
    g = vs.SocialGraph.from_edges(np.zeros(followers, int), np.arange(1, followers + 1))
    probs = np.full(followers, prob) if prob != "per arc" else np.random.default_rng(1).random(followers) ** 6
    result = vs.models.independent_cascade(g, [0], prob if prob != "per arc" else probs, replicates=3, seed=4)
    follow, rows, keys = followers_of(g), rows_of(g, probs), list(range(g.n_nodes))
    assert_equal(g, result, [0], lambda r, row: twins.independent_cascade(follow, keys, rows, row, 4, r))


@pytest.mark.parametrize("probability", [0.08, 0.3, "weighted"])
def test_a_graph_with_rows_of_all_lengths_equals_the_twin(probability):
    """Many rows judged together, cascades that outgrow the list of small ones, hubs among them."""
    hub = np.zeros(1500, int)
    g0 = vs.generate.preferential(1600, 4, seed=3)
    src = np.repeat(np.arange(1600), np.diff(g0.indptr))
    g = vs.SocialGraph.from_edges(
        np.concatenate([src, hub, hub + 7]), np.concatenate([g0.indices, *[np.arange(50, 1550)] * 2]), n=1600
    )
    probs = (
        np.full(g.n_edges, probability)
        if probability != "weighted"
        else 1 / np.bincount(g.indices, minlength=g.n_nodes)[g.indices]
    )
    result = vs.models.independent_cascade(g, [3, 5], probability, replicates=4, seed=9)
    follow, rows = followers_of(g), rows_of(g, probs)
    assert_equal(
        g,
        result,
        [3, 5],
        lambda r, row: twins.independent_cascade(follow, range(1600), rows, row, 9, r),
    )


@given(st.floats(0, 1))
@example(0.0)
@example(1.0)
@example(1 / 256)
@example(1 - 2**-53)
def test_a_probability_is_split_exactly(prob):
    byte, fine = coins.split_prob(prob)
    assert (int(byte), int(fine)) == twins.split(prob)
    assert abs(int(byte) / 256 + int(fine) / 2**61 - prob) < 2**-60
