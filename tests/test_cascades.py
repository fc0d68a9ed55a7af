"""Cascade models: what never changes, what is nested, what fits together, what is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viralsim as vs
from viralsim.models import cascades

GRAPH = vs.generate.preferential(400, 3, seed=1)
WIDE = vs.SocialGraph.from_edges(
    np.concatenate([np.zeros(1500, int), np.full(1500, 7), np.arange(100, 900)]),
    np.concatenate([np.arange(1, 1501), np.arange(50, 1550), np.arange(99, 899)]),
)


def run(kind, g, seeds, replicates=60, **more):
    if kind == "threshold":
        return vs.models.linear_threshold(g, seeds, replicates, **more)
    probability = {"uniform": 0.15, "weighted": "weighted", "per arc": None}[kind]
    if probability is None:
        probability = np.random.default_rng(5).random(g.n_edges) ** 3
    return vs.models.independent_cascade(g, seeds, probability, replicates, **more)


KINDS = ["uniform", "per arc", "weighted", "threshold"]


def active(result, replicate):
    return set(result.trace(replicate).persons.tolist())


# ---- what never changes --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_threads_and_number_of_replicates_change_nothing(kind):
    base = run(kind, GRAPH, [1, 2], 200, seed=3)
    for threads in (2, 3, None):
        other = run(kind, GRAPH, [1, 2], 200, seed=3, threads=threads)
        assert np.array_equal(base.size, other.size)
        assert np.array_equal(base.depth, other.depth)
        assert np.array_equal(base.structural_virality(), other.structural_virality(), equal_nan=True)
    fewer = run(kind, GRAPH, [1, 2], 33, seed=3)
    assert np.array_equal(base.size[:33], fewer.size)
    assert np.array_equal(base.depth[:33], fewer.depth)
    assert base.method == fewer.method == other.method


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_may_differ_between_replicates(kind):
    rows = np.random.default_rng(2).integers(0, 400, (40, 3))
    together = run(kind, GRAPH, rows, 40)
    for r in (0, 1, 17, 39):
        alone = run(kind, GRAPH, rows[r], 40)
        assert together.size[r] == alone.size[r]
        assert active(together, r) == active(alone, r)


@pytest.mark.parametrize("kind", ["uniform", "per arc", "weighted"])
@pytest.mark.parametrize("graph", ["preferential", "wide"])
def test_both_ways_of_running_cascades_agree(kind, graph, monkeypatch):
    """Cascades of a batch that outgrows its list are run one by one: with the same result."""
    g = {"preferential": GRAPH, "wide": WIDE}[graph]
    many = run(kind, g, [0, 7], 70)
    ran = []
    original = cascades.cascade.run_wide
    monkeypatch.setattr(cascades.cascade, "run_wide", lambda *a: (ran.append(1), original(*a)))
    monkeypatch.setattr(cascades, "_LIST_ROOM", 1)
    wide = run(kind, g, [0, 7], 70)
    assert ran, "the other way was taken"
    assert np.array_equal(many.size, wide.size)
    assert np.array_equal(many.depth, wide.depth)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_hang_on_person_keys(kind):
    """Renumbered people with the same keys have the same luck where rows keep their order."""
    n = GRAPH.n_nodes
    src = np.repeat(np.arange(n), np.diff(GRAPH.indptr))
    keys = np.random.default_rng(1).integers(0, 2**63, n).astype(np.uint64)
    g = vs.SocialGraph.from_edges(src, GRAPH.indices, n=n, person_keys=keys)
    shifted = vs.SocialGraph.from_edges(
        src + 5, GRAPH.indices + 5, n=n + 5, person_keys=np.concatenate([np.arange(5, dtype=np.uint64), keys])
    )
    assert not set(range(5)) & set(keys.tolist())
    a, b = run(kind, g, [1, 2]), run(kind, shifted, [6, 7])
    assert np.array_equal(a.size, b.size)
    assert not np.array_equal(a.size, run(kind, GRAPH, [1, 2]).size), "positions are other keys"


def test_seed_zero_is_a_seed_and_none_draws_one():
    zero, again, one = (run("uniform", GRAPH, [1], seed=s) for s in (0, 0, 1))
    assert zero.seed == 0
    assert np.array_equal(zero.size, again.size)
    assert not np.array_equal(zero.size, one.size)
    drawn = run("threshold", GRAPH, [1], seed=None)
    assert np.array_equal(drawn.size, run("threshold", GRAPH, [1], seed=drawn.seed).size)


def test_an_array_of_one_probability_is_that_probability():
    """Coins are levels: one number and the same number per arc meet the same coins."""
    for g in (GRAPH, WIDE):
        for p in (0.01, 0.15, 0.7):
            one = vs.models.independent_cascade(g, [0], p, 50).size
            arcs = vs.models.independent_cascade(g, [0], np.full(g.n_edges, p), 50).size
            assert np.array_equal(one, arcs)
        share = 1 / np.bincount(g.indices, minlength=g.n_nodes)[g.indices]
        arcs = vs.models.independent_cascade(g, [0], share, 50).size
        assert np.array_equal(vs.models.independent_cascade(g, [0], "weighted", 50).size, arcs)
        arcs = vs.models.linear_threshold(g, [0], 50, weights=share).size
        assert np.array_equal(vs.models.linear_threshold(g, [0], 50).size, arcs)


# ---- what is nested ------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.lists(st.integers(0, 399), min_size=1, max_size=6, unique=True), st.data())
@settings(max_examples=40)
def test_more_seeds_never_lose_anybody(seed, seeds, data):
    part = data.draw(st.lists(st.sampled_from(seeds), unique=True))
    kind = data.draw(st.sampled_from(KINDS))
    fewer, more = (run(kind, GRAPH, s, 5, seed=seed) for s in (part, seeds))
    for r in range(5):
        assert active(fewer, r) <= active(more, r)


@pytest.mark.parametrize("graph", ["preferential", "wide"])
def test_a_higher_probability_never_loses_anybody(graph):
    g = {"preferential": GRAPH, "wide": WIDE}[graph]
    ladder = (0.0, 0.004, 0.01, 0.03, 1 / 32, 0.04, 0.1, 0.3, 0.6, 1.0)
    results = [vs.models.independent_cascade(g, [0, 7], p, 30, seed=2) for p in ladder]
    for low, high in pairwise(results):
        for r in range(30):
            assert active(low, r) <= active(high, r)
    assert results[0].size.tolist() == [2] * 30


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=40)
def test_a_higher_probability_or_weight_of_some_arcs_never_loses_anybody(seed, wide):
    g = WIDE if wide else GRAPH
    rng = np.random.default_rng(seed)
    low = rng.random(g.n_edges) ** 4
    high = np.minimum(1, low + rng.choice([0, 0, 1], g.n_edges) * rng.random(g.n_edges))
    a, b = (vs.models.independent_cascade(g, [0, 7], p, 4, seed=seed) for p in (low, high))
    share = 1 / np.bincount(g.indices, minlength=g.n_nodes)[g.indices]
    c, d = (vs.models.linear_threshold(g, [0, 7], 4, weights=w * share, seed=seed) for w in (low, high))
    for r in range(4):
        assert active(a, r) <= active(b, r)
        assert active(c, r) <= active(d, r)


# ---- what fits together --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_size_depth_trace_and_virality_agree(kind):
    result = run(kind, GRAPH, [3, 9, 9], 50, seed=8)
    arcs = {(u, int(v)) for u in range(400) for v in GRAPH.followers(u)}
    virality = result.structural_virality()
    for r in range(50):
        trace = result.trace(r)
        assert trace.persons.size == result.size[r] == len(set(trace.persons.tolist()))
        assert trace.generation.max() == result.depth[r]
        roots = trace.parents < 0
        assert trace.persons[roots].tolist() == [3, 9]
        assert (trace.parents[~roots] < np.flatnonzero(~roots)).all()
        parents = trace.parents[~roots]
        assert (trace.generation[~roots] == trace.generation[parents] + 1).all()
        pairs = zip(trace.persons[parents].tolist(), trace.persons[~roots].tolist(), strict=True)
        assert set(pairs) <= arcs
        order = list(zip(trace.generation.tolist(), trace.persons.tolist(), strict=True))
        assert order == sorted(order)
        assert np.array_equal(virality[r], trace.structural_virality(), equal_nan=True)
        assert np.array_equal(virality[r], vs.structural_virality(trace.parents), equal_nan=True)


def test_virality_of_known_trees():
    star = vs.SocialGraph.from_edges([0, 0, 0, 0], [1, 2, 3, 4])
    path = vs.SocialGraph.from_edges([0, 1, 2], [1, 2, 3])
    for model in (
        lambda g: vs.models.independent_cascade(g, [0], 1.0, 3),
        lambda g: vs.models.linear_threshold(g, [0], 3),
    ):
        assert model(star).structural_virality().tolist() == [1.6] * 3
        assert model(path).structural_virality() == pytest.approx([5 / 3] * 3)
    assert np.isnan(vs.models.independent_cascade(star, [0], 0.0, 2).structural_virality()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_seeds_and_no_arcs(kind):
    nobody = run(kind, GRAPH, [], 3)
    assert nobody.size.tolist() == [0] * 3
    assert nobody.depth.tolist() == [-1] * 3
    assert nobody.trace(0).persons.size == 0
    alone = run(kind, vs.SocialGraph.from_edges([], [], n=4), [2, 2, 1], 3)
    assert alone.size.tolist() == [2] * 3
    assert alone.depth.tolist() == [0] * 3
    assert np.isnan(alone.structural_virality()).all()


def test_arcs_lead_from_the_followed_to_the_follower():
    g = vs.SocialGraph.from_edges([0], [1])
    assert vs.models.independent_cascade(g, [0], 1.0, 1).size.tolist() == [2]
    assert vs.models.independent_cascade(g, [1], 1.0, 1).size.tolist() == [1]
    assert vs.models.linear_threshold(g, [0], 1).size.tolist() == [2]
    assert vs.models.linear_threshold(g, [1], 1).size.tolist() == [1]


def test_each_try_is_made_once():
    """0 and 1 follow each other and 1 stays: a second try at p = .5 would show in the mean."""
    g = vs.SocialGraph.from_edges([0], [1])
    size = vs.models.independent_cascade(g, [0], 0.5, 10_000).size
    assert abs(size.mean() - 1.5) < 4.5 * 0.5 / 100


def test_the_result_speaks():
    result = run("threshold", GRAPH, [1], 20)
    assert result.model == "linear threshold"
    assert "linear threshold" in repr(result)
    assert "people reached" in result._repr_html_()
    assert result.summary()["size"].mean == pytest.approx(result.size.mean())
    assert run("weighted", GRAPH, [1]).model == "weighted cascade"
    with pytest.raises(vs.SpecError, match="does not exist; this result has 0 to 19"):
        result.trace(20)
    with pytest.raises(vs.SpecError, match="linear threshold was run without time"):
        result.curve("active")


# ---- what is refused -----------------------------------------------------------------------------

TWO = vs.SocialGraph.from_edges([0, 1], [2, 2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probability": 1.2}, "probability: got 1.2; allowed are numbers from 0 to 1"),
        ({"probability": float("nan")}, "probability: got nan"),
        (
            {"probability": "wighted"},
            'allowed are a number from 0 to 1, an array with one per arc, and "weighted"',
        ),
        ({"probability": [0.1]}, r"shape \(1,\) of float64; one number per arc is needed, shape \(2,\)"),
        ({"probability": [0.1, -0.5]}, r"probability\[1\] is -0.5; allowed are numbers from 0 to 1"),
        ({"probability": True}, "probability"),
        ({"seeds": [3]}, "position 3 does not exist; the graph has 3 people, positions 0 to 2"),
        ({"seeds": [-1]}, "position -1 does not exist"),
        ({"seeds": [0.5]}, "positions of people are needed, whole numbers"),
        ({"seeds": [[0], [1]]}, r"found shape \(2, 1\); allowed are \(k,\)"),
        ({"replicates": 0}, "replicates: got 0; it must be a whole number of at least 1"),
        ({"replicates": 2.0}, "replicates: got 2.0"),
        ({"threads": 0}, "threads: got 0"),
        ({"seed": -1}, "seed"),
        ({"method": "fast"}, "method: got 'fast'; allowed is 'keyed-coins-1', or None"),
    ],
)
def test_independent_cascade_refuses(change, message):
    arguments = {"g": TWO, "seeds": [0], "probability": 0.5, "replicates": 3} | change
    with pytest.raises(vs.SpecError, match=message):
        vs.models.independent_cascade(**arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"weights": [0.6, 0.6]},
            "those into person 2 sum to 1.2 .* must sum to at most 1: divide them by their sum",
        ),
        ({"weights": [0.6, -0.1]}, r"weights\[1\] is -0.1; allowed are numbers from 0 to 1"),
        ({"weights": [0.6, np.nan]}, r"weights\[1\] is nan"),
        ({"weights": [0.6]}, r"shape \(1,\) of float64; one number per arc is needed, shape \(2,\)"),
        ({"weights": ["a", "b"]}, "one number per arc is needed"),
        ({"seeds": [9]}, "position 9 does not exist"),
        ({"replicates": -1}, "replicates: got -1"),
        ({"threads": 1.5}, "threads: got 1.5"),
        ({"seed": 0.5}, "seed"),
    ],
)
def test_linear_threshold_refuses(change, message):
    arguments = {"g": TWO, "seeds": [0], "replicates": 3} | change
    with pytest.raises(vs.SpecError, match=message):
        vs.models.linear_threshold(**arguments)
