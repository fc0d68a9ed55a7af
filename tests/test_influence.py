"""Influence maximisation: sets equal their plain twin, the identity of reverse sets, bounds and guarantee."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import viralsim as vs
from viralsim.errors import SpecError
from viralsim.graph.probabilities import per_arc
from viralsim.rng import derive, log, text_key, uniform
from viralsim.seeding.influence import ReverseSets


def complete(n):
    pairs = list(itertools.combinations(range(n), 2))
    return vs.SocialGraph.from_edges([a for a, _ in pairs], [b for _, b in pairs], directed=False)


def twin_set(g, probability, seed, number, purpose=1):
    """One reverse-reachable set as docs/models/influence-maximisation.md says."""
    n = g.n_nodes
    keys = [int(k) for k in list(g.keys())]
    back = [[] for _ in range(n)]
    for u in range(n):
        for e in range(g.indptr[u], g.indptr[u + 1]):
            back[g.indices[e]].append((u, e))
    key = derive(derive(derive(text_key("reverse-reachable sets"), seed), purpose), number)
    root = ((derive(key, 1 << 63) & 0xFFFFFFFF) * n) >> 32
    found = [root]
    for v in found:
        own = derive(key, keys[v])
        arcs = back[v]
        if isinstance(probability, np.ndarray):
            live = []
            for a, (_, e) in enumerate(arcs):
                word = derive(own, a // 2)
                half = word >> 32 if a % 2 else word & 0xFFFFFFFF
                if half < math.floor(2**32 * probability[e] + 0.5):
                    live.append(a)
        else:
            p = 1.0 / max(len(arcs), 1) if probability == "weighted" else probability
            live = range(len(arcs)) if p == 1 else []
            if 0 < p < 1:
                live, at, i = [], -1, 0
                while True:
                    gap = math.floor(log(uniform(derive(own, i))) * (1.0 / log(1.0 - p)))
                    at, i = at + 1 + gap, i + 1
                    if at >= len(arcs):
                        break
                    live.append(at)
        found += [u for a in live if (u := arcs[a][0]) not in found]
    return found


@st.composite
def cases(draw):
    n = draw(st.integers(1, 8))
    edges = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=24))
    keys = np.array(draw(st.permutations(range(n))), np.uint64) if draw(st.booleans()) else None
    g = vs.SocialGraph.from_edges(
        np.array([u for u, _ in edges], np.int64),
        np.array([v for _, v in edges], np.int64),
        n,
        person_keys=keys,
    )
    kind = draw(st.sampled_from(["one", "weighted", "arcs"]))
    if kind == "one":
        return g, draw(st.sampled_from([0.0, 0.1, 0.5, 0.99, 1.0]))
    if kind == "weighted":
        return g, "weighted"
    return g, np.array(draw(st.lists(st.floats(0, 1), min_size=g.n_edges, max_size=g.n_edges)), np.float64)


@given(cases(), st.integers(0, 2**63 - 1))
def test_sets_equal_the_plain_twin(case, seed):
    g, probability = case
    sets = vs.seeding.reverse_reachable_sets(g, probability, 20, seed)
    starts = np.concatenate(([0], sets.ends[:-1]))
    for j in range(20):
        assert sets.members[starts[j] : sets.ends[j]].tolist() == twin_set(g, probability, seed, j)


def test_sets_do_not_depend_on_how_many_are_drawn():
    g = vs.generate.preferential(300, 3)
    few, many = (vs.seeding.reverse_reachable_sets(g, 0.3, count, 5) for count in (100, 4000))
    assert np.array_equal(few.members, many.members[: few.members.size])
    assert np.array_equal(few.ends, many.ends[:100])


def test_mean_size_on_the_complete_graph_is_the_expected_reach_of_one():
    size = vs.seeding.reverse_reachable_sets(complete(10), 0.1, 100_000, 3).size
    assert abs(size.mean() - 3.0269285933) < 4 * size.std() / math.sqrt(100_000)  # Reed-Frost


@pytest.mark.parametrize("probability", [0.15, "weighted", "arcs"])
def test_part_of_sets_hit_is_the_expected_reach(probability):
    g = vs.generate.power_law(400, mean_followers=6, seed=2)
    if probability == "arcs":
        probability = per_arc(g, "weighted") * np.linspace(0.2, 1.0, g.n_edges)
    people = [3, 50, 77]
    sets = vs.seeding.reverse_reachable_sets(g, probability, 60_000, 1)
    part = sets.spread(people) / g.n_nodes
    size = vs.models.independent_cascade(g, people, probability, 20_000).size
    error = math.hypot(g.n_nodes * math.sqrt(part * (1 - part) / 60_000), size.std() / math.sqrt(20_000))
    assert abs(sets.spread(people) - size.mean()) < 4 * error


@given(st.integers(0, 1000), st.integers(4, 12))
def test_greedy_covers_enough_of_what_the_best_three_cover(seed, n):
    sets = vs.seeding.reverse_reachable_sets(vs.generate.erdos_renyi(n, 2.5, seed=seed), 0.4, 60, seed)
    people, gained = sets.greedy(3)
    starts = np.concatenate(([0], sets.ends[:-1]))
    groups = [set(sets.members[a:b].tolist()) for a, b in zip(starts, sets.ends, strict=True)]

    def covered(chosen):
        return sum(bool(group & set(chosen)) for group in groups)

    best = max(covered(chosen) for chosen in itertools.combinations(range(n), 3))
    assert gained.sum() == covered(people.tolist())
    assert gained.sum() >= (1 - 1 / math.e) * best
    assert sets.spread(people) == n * covered(people.tolist()) / 60


def test_greedy_breaks_ties_by_rank():
    sets = ReverseSets(np.array([0, 1, 2], np.int32), np.array([1, 2, 3]), 3)
    assert sets.greedy(2)[0].tolist() == [0, 1]
    assert sets.greedy(2, rank=np.array([2, 1, 0]))[0].tolist() == [2, 1]


def test_the_best_pair_is_found_and_bounds_hold():
    g = vs.generate.erdos_renyi(14, 3, seed=4)
    best = vs.seeding.maximize_influence(g, 2, 0.2, epsilon=0.05, seed=1)
    reach = {
        pair: vs.models.independent_cascade(g, pair, 0.2, 4000).size.mean()
        for pair in itertools.combinations(range(14), 2)
    }
    highest = max(reach.values())
    assert best.lower <= best.spread <= best.upper
    assert best.lower <= highest + 0.1
    assert best.upper >= highest - 0.1
    assert best.guarantee >= 1 - 1 / math.e - 0.05
    assert reach[tuple(sorted(best.nodes.tolist()))] > 0.95 * highest
    assert best.nodes.dtype == np.int64


def test_reported_spread_is_that_of_fresh_cascades():
    g = vs.generate.preferential(2000, 3, seed=1)
    best = vs.seeding.maximize_influence(g, 10, "weighted", seed=1)
    size = vs.models.independent_cascade(g, best.nodes, "weighted", 5000).size
    assert abs(size.mean() - best.spread) < 4 * math.hypot(best.spread_se, size.std() / math.sqrt(5000))
    assert best.lower <= best.spread <= best.upper


def test_seed_zero_is_a_seed_and_settings_matter():
    g = vs.generate.preferential(500, 3, seed=1)
    same = [vs.seeding.maximize_influence(g, 3, 0.1, seed=0) for _ in range(2)]
    assert same[0].spread == same[1].spread and same[0].seed == 0
    other = vs.seeding.maximize_influence(g, 3, 0.1, seed=1)
    finer = vs.seeding.maximize_influence(g, 3, 0.1, epsilon=0.03)
    surer = vs.seeding.maximize_influence(g, 3, 0.1, confidence=0.999999)
    assert other.spread != same[0].spread
    assert finer.sets > same[0].sets
    assert surer.lower < same[0].lower or surer.sets > same[0].sets
    assert vs.seeding.maximize_influence(g, 500, 0.1).spread == 500


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "k: got 0; allowed are whole numbers from 1 to 10"),
        ({"k": 11}, "k: got 11"),
        ({"probability": 1.5}, "probability: got 1.5"),
        ({"probability": "wc"}, "weighted"),
        ({"probability": np.ones(3)}, r"shape \(3,\)"),
        ({"epsilon": 0.7}, "epsilon: got 0.7"),
        ({"confidence": 1.0}, "confidence: got 1.0"),
        ({"seed": -1}, "seed: got -1"),
    ],
)
def test_errors_say_what_is_allowed(arguments, message):
    with pytest.raises(SpecError, match=message):
        vs.seeding.maximize_influence(**{"g": complete(10), "k": 2, "probability": 0.1, **arguments})
    with pytest.raises(SpecError, match="no people"):
        vs.seeding.maximize_influence(vs.SocialGraph.from_edges([], []), 1, 0.1)
