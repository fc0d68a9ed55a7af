"""Generators against their own definitions; tolerances are 4.5 standard errors unless said."""

import hashlib
import math

import networkx
import numpy as np
import pytest
from scipy import stats

from viralsim.errors import SpecError
from viralsim.graph import SocialGraph, generate
from viralsim.graph.laws import solve_lower_cutoff
from viralsim.kernels import generators
from viralsim.provenance import KNOWN_NETWORKS

ALL = {
    "erdos_renyi": lambda seed: generate.erdos_renyi(300, 6, seed=seed),
    "erdos_renyi_directed": lambda seed: generate.erdos_renyi(300, 6, directed=True, seed=seed),
    "small_world": lambda seed: generate.small_world(300, 6, 0.2, seed=seed),
    "preferential": lambda seed: generate.preferential(300, 3, seed=seed),
    "power_law": lambda seed: generate.power_law(300, 2.3, mean_followers=6, seed=seed),
    "block": lambda seed: generate.block([200, 100], 6, seed=seed),
}
SEEDS = range(40)


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_structure_is_valid_and_seeded(make):
    graph = make(0)
    checked = SocialGraph.from_csr(graph.indptr, graph.indices, directed=graph.directed)
    assert checked.notes == (), "rows ascending, no repeats, no self-loops, pairs stored both ways"
    assert checked.digest == graph.digest == make(0).digest
    assert len({make(seed).digest for seed in (0, 1, 2, 2**64 - 1)}) == 4
    assert graph.tie is None
    assert graph.person_keys is None


PINNED = {
    "erdos_renyi": "71cc7cd37f14f03c50f10e3e1db133da",
    "erdos_renyi_directed": "c11054fa000a111e82815fed4c70f56a",
    "small_world": "73f462795b0ab3d3d2f9f2dba83b8503",
    "preferential": "6926ac90ef11d74709f8b94ae2f4109b",
    "power_law": "78008c4b80588121f85c0e27cbadb19a",
    "block": "6a3079a4958662140bba6ad578521e99",
}


@pytest.mark.parametrize("name", ALL)
def test_graphs_of_a_seed_stay_the_same(name):
    # a change here changes every result on generated graphs: it belongs under "Results change" in CHANGELOG.md
    assert ALL[name](0).digest == PINNED[name]


def test_networks_are_those_that_unfinished_studies_are_told_apart_by():
    # a change here belongs into viralsim.provenance, in the same commit: studies begun before are then not gone on with
    made = [
        generate.erdos_renyi(200, 6),
        generate.small_world(200, 6, 0.1),
        generate.preferential(200, 3),
        generate.power_law(200, mean_followers=8),
        generate.block([100, 100], 6, 0.8),
        generate.communities(200),
    ]
    found = hashlib.sha256("".join(graph.digest for graph in made).encode()).hexdigest()[:16]
    assert found == KNOWN_NETWORKS


# ---- Erdos-Renyi -------------------------------------------------------------------------------


@pytest.mark.parametrize("directed", [False, True])
def test_erdos_renyi_every_pair_is_equally_likely(directed):
    n, runs, prob = 12, 4000, 0.3
    counts = np.zeros((n, n))
    edges = []
    for seed in range(runs):
        graph = generate.erdos_renyi(n, prob * (n - 1), directed, seed)
        counts += graph.adjacency().toarray()
        edges.append(graph.n_edges // (1 if directed else 2))
    pairs = ~np.eye(n, dtype=bool) if directed else np.tri(n, k=-1, dtype=bool)
    z = (counts[pairs] - runs * prob) / math.sqrt(runs * prob * (1 - prob))
    # squares of nearly independent unit normals: chi-square with one degree of freedom per pair
    assert abs((z**2).sum() - z.size) < 4.5 * math.sqrt(2 * z.size)
    assert np.abs(z).max() < 4.5
    # the number of edges is binomial: mean and variance
    variance = pairs.sum() * prob * (1 - prob)
    assert abs(np.mean(edges) - pairs.sum() * prob) < 4.5 * math.sqrt(variance / runs)
    assert abs(np.var(edges) / variance - 1) < 4.5 * math.sqrt(2 / runs)


@pytest.mark.parametrize("directed", [False, True])
def test_erdos_renyi_degrees_are_binomial(directed):
    n, mean = 20_000, 5.0
    graph = generate.erdos_renyi(n, mean, directed, seed=3)
    top = 14
    observed = np.bincount(np.minimum(graph.follower_count, top), minlength=top + 1)
    law = stats.binom(n - 1, mean / (n - 1))
    expected = n * np.append(law.pmf(np.arange(top)), law.sf(top - 1))
    chi = ((observed - expected) ** 2 / expected).sum()
    assert chi < stats.chi2(top).isf(1e-5)


def test_erdos_renyi_edges_of_the_range():
    assert generate.erdos_renyi(50, 0).n_edges == 0
    assert generate.erdos_renyi(50, 1e-300, seed=1).n_edges == 0
    for directed in (False, True):
        assert generate.erdos_renyi(50, 49, directed).n_edges == 50 * 49
    assert generate.erdos_renyi(1, 0).n_nodes == 1


# ---- small world -------------------------------------------------------------------------------


def test_small_world_without_rewiring_is_the_ring():
    graph = generate.small_world(50, 6, 0.0)
    assert graph.to_networkx().edges == networkx.watts_strogatz_graph(50, 6, 0).edges


def test_small_world_rewired_fraction_and_edge_count():
    n, degree, prob = 20_000, 10, 0.1
    graph = generate.small_world(n, degree, prob, seed=5)
    pairs = n * degree // 2
    assert graph.n_edges == 2 * pairs
    src = np.repeat(np.arange(n), graph.follower_count)
    distance = np.abs(src - graph.indices)
    short = (np.minimum(distance, n - distance) <= degree // 2).sum() / 2
    # a moved end falls back among the ring neighbours with a chance of about degree / n
    expected = pairs * (1 - prob + prob * prob * degree / n)
    assert abs(short - expected) < 4.5 * math.sqrt(pairs * prob * (1 - prob)) + 1


def test_small_world_fully_rewired_degrees():
    # everyone keeps the near ends of degree/2 ties; the far ends fall uniformly: degree/2 + Poisson(degree/2)
    n, degree = 20_000, 8
    extra = generate.small_world(n, degree, 1.0, seed=2).follower_count - degree // 2
    assert extra.min() >= 0
    top = 11
    observed = np.bincount(np.minimum(extra, top), minlength=top + 1)
    law = stats.poisson(degree / 2)
    expected = n * np.append(law.pmf(np.arange(top)), law.sf(top - 1))
    assert ((observed - expected) ** 2 / expected).sum() < stats.chi2(top).isf(1e-5)


def test_small_world_agrees_with_networkx_in_clustering():
    n, degree, prob, runs = 400, 8, 0.2, 30
    ours = [
        networkx.average_clustering(generate.small_world(n, degree, prob, seed).to_networkx())
        for seed in range(runs)
    ]
    theirs = [
        networkx.average_clustering(networkx.watts_strogatz_graph(n, degree, prob, s)) for s in range(runs)
    ]
    error = math.sqrt((np.var(ours) + np.var(theirs)) / (runs - 1))
    assert abs(np.mean(ours) - np.mean(theirs)) < 4.5 * error


def test_small_world_of_people_who_all_know_each_other():
    assert generate.small_world(5, 4, 1.0).n_edges == 20
    assert generate.small_world(6, 4, 1.0, seed=1).n_edges == 24


# ---- preferential attachment -------------------------------------------------------------------


def test_preferential_counts_and_newcomers():
    graph = generate.preferential(500, 4, seed=1)
    assert graph.n_edges == 2 * 4 * (500 - 4)
    for u in range(5, 500):
        assert (graph.followers(u) < u).sum() == 4
    star = generate.preferential(5, 4)
    assert star.follower_count.tolist() == [4, 1, 1, 1, 1]


def test_preferential_first_choice_is_in_proportion_to_degree():
    # star of 3: person 0 has half of all ends, persons 1 and 2 a quarter each
    runs = 4000
    hits = np.zeros(3)
    for seed in range(runs):
        hits[generate.preferential(4, 2, seed).followers(3)] += 1
    # two distinct draws: 1 - P(0 never) = 1 - (1/4)(1/3) * 2, and the others share the rest
    first = 1 - 2 * (1 / 4) * (1 / 3)
    assert abs(hits[0] / runs - first) < 4.5 * math.sqrt(first * (1 - first) / runs)
    assert hits.sum() == 2 * runs


def test_preferential_degree_law():
    # Bollobas et al. 2001: P(k) = 2m(m+1) / (k(k+1)(k+2)); its tail is m(m+1) / (k(k+1))
    n, m = 50_000, 3
    degrees = generate.preferential(n, m, seed=7).follower_count
    for k in (4, 6, 10, 20, 40):
        tail = m * (m + 1) / (k * (k + 1))
        # a degree count's variance is at most the binomial one here; 1/sqrt(n) for the finite start
        allowed = 4.5 * math.sqrt(tail / n) + 2 / n
        assert abs((degrees >= k).mean() - tail) < allowed, k


# ---- power law ---------------------------------------------------------------------------------


def weights(low, high, exponent):
    k = np.arange(low, high + 1)
    return k, k.astype(float) ** -exponent


@pytest.mark.parametrize("exponent", [0.0, 1.5, 2.3, 10.0])
def test_power_law_weights_equal_the_formula(exponent):
    _k, expected = weights(3, 5000, exponent)
    got = generators.power_law_weights(3, 5000, exponent)
    assert got == pytest.approx(expected / expected[0], rel=1e-12)


def test_power_law_counts_chi_square_and_exponent():
    n, low, high, exponent = 30_000, 5, 2000, 2.3
    counts = generate.power_law(n, exponent, low, high, seed=4).follower_count
    k, w = weights(low, high, exponent)
    prob = w / w.sum()
    cut = 60
    observed = np.bincount(np.minimum(counts, cut), minlength=cut + 1)[low:]
    expected = n * np.append(prob[k < cut], prob[k >= cut].sum())
    assert ((observed - expected) ** 2 / expected).sum() < stats.chi2(observed.size - 1).isf(1e-5)
    # maximum likelihood: the exponent whose expected log count is the observed one
    logs = np.log(k)
    error = 1 / math.sqrt(n * ((prob * logs**2).sum() - (prob * logs).sum() ** 2))
    low_end, high_end = 1.5, 3.5
    for _ in range(60):
        middle = (low_end + high_end) / 2
        p = k**-middle / (k**-middle).sum()
        low_end, high_end = (
            (middle, high_end) if (p * logs).sum() > np.log(counts).mean() else (low_end, middle)
        )
    assert abs(low_end - exponent) < 4.5 * error


@pytest.mark.parametrize("mean", [3.2, 7.3, 40.0, 99.0])
def test_power_law_mean_is_solved(mean):
    n, high = 20_000, 300
    graph = generate.power_law(n, 2.1, max_followers=high, mean_followers=mean, seed=1)
    counts = graph.follower_count
    low, w = solve_lower_cutoff(2.1, high, mean)
    k = np.arange(low, high + 1)
    assert (w * k).sum() / w.sum() == pytest.approx(mean, rel=1e-9)
    assert counts.min() >= low
    assert counts.max() <= high
    spread = math.sqrt((w * k**2).sum() / w.sum() - mean**2)
    assert abs(counts.mean() - mean) < 4.5 * spread / math.sqrt(n)
    assert "solved for a mean" in graph.notes[0]


def test_power_law_followers_are_uniform_distinct_others():
    n, runs = 9, 3000
    for size in (1, 3, 4, 5, 7, 8):  # both sides of half the others, and everyone
        hits = np.zeros((n, n))
        for seed in range(runs if size < 8 else 3):
            graph = generate.power_law(n, 1.0, size, size, seed=seed)
            assert (graph.follower_count == size).all()
            hits += graph.adjacency().toarray()
        assert not hits.diagonal().any()
        if size < 8:
            p = size / (n - 1)
            z = (hits[~np.eye(n, dtype=bool)] - runs * p) / math.sqrt(runs * p * (1 - p))
            assert np.abs(z).max() < 4.5
            # within a row the counts sum to a constant: n - 2 degrees of freedom, spread n - 1
            assert abs((z**2).sum() / (n * (n - 1)) - 1) < 4.5 * math.sqrt(2 / (n * (n - 2)))


def test_power_law_is_the_same_for_any_number_of_threads():
    for n, high in ((3, 2), (5000, 4999)):
        one, three = (generate.power_law(n, 1.5, 1, high, seed=4, threads=threads) for threads in (1, 3))
        assert one.digest == three.digest


def test_power_law_pairs_of_followers_are_independent():
    # of 3 among 8 others, two given ones are both chosen with probability 3/8 * 2/7
    n, runs, p = 9, 4000, 3 / 8 * 2 / 7
    both = 0
    for seed in range(runs):
        both += np.isin([1, 2], generate.power_law(n, 1.0, 3, 3, seed=seed).followers(0)).all()
    assert abs(both / runs - p) < 4.5 * math.sqrt(p * (1 - p) / runs)


def test_large_rows_are_ordered_uniform_samples():
    graph = generate.power_law(4001, 0.0, 1000, 1000, seed=2)
    followers = graph.followers(4000)
    assert np.unique(followers).size == 1000
    # Kolmogorov-Smirnov at 1e-5; sampling without replacement only makes the distance smaller
    assert stats.kstest(followers / 4000, "uniform").pvalue > 1e-5


# ---- blocks ------------------------------------------------------------------------------------


def test_block_densities():
    sizes, probs = [60, 40, 1], np.array([[0.2, 0.05, 0.5], [0.05, 0.4, 0.0], [0.5, 0.0, 1.0]])
    found = np.zeros((3, 3))
    block_of = np.repeat(np.arange(3), sizes)
    for seed in SEEDS:
        graph = generate.block(sizes, probs, seed=seed)
        src = np.repeat(block_of, graph.follower_count)
        np.add.at(found, (src, block_of[graph.indices]), 1)
    for a in range(3):
        for b in range(3):
            pairs = len(SEEDS) * sizes[a] * (sizes[b] - (a == b))  # ordered; an undirected pair counts twice
            if pairs == 0 or probs[a, b] in (0, 1):
                assert found[a, b] == pairs * probs[a, b]
                continue
            error = math.sqrt(pairs * probs[a, b] * (1 - probs[a, b]) * (2 if a == b else 1))
            assert abs(found[a, b] - pairs * probs[a, b]) < 4.5 * error


def test_block_by_mean_degree_and_inside_part():
    sizes, mean, inside = [3000, 1000], 8.0, 0.7
    graph = generate.block(sizes, mean, inside, seed=1)
    block_of = np.repeat([0, 1], sizes)
    same = np.repeat(block_of, graph.follower_count) == block_of[graph.indices]
    arcs = sum(sizes) * mean
    assert abs(graph.n_edges - arcs) < 4.5 * math.sqrt(2 * arcs)
    assert abs(same.sum() - inside * arcs) < 4.5 * math.sqrt(2 * inside * arcs)
    inside_degree = np.bincount(np.repeat(np.arange(4000), graph.follower_count)[same], minlength=4000)
    for block, size in enumerate(sizes):  # everyone has the same expected degree inside
        error = math.sqrt(2 * inside * mean / size)
        assert abs(inside_degree[block_of == block].mean() - inside * mean) < 4.5 * error
    assert generate.block([50], 49).n_edges == 50 * 49


# ---- arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: generate.erdos_renyi(0, 1), "n is 0"),
        (lambda: generate.erdos_renyi(10.5, 1), "n is 10.5"),
        (lambda: generate.erdos_renyi(True, 0), "n is True"),
        (lambda: generate.erdos_renyi(10, 10), "at most n - 1"),
        (lambda: generate.erdos_renyi(10, -1), "mean_degree is -1"),
        (lambda: generate.erdos_renyi(10, float("nan")), "mean_degree is nan"),
        (lambda: generate.erdos_renyi(10, "many"), "mean_degree is 'many'"),
        (lambda: generate.erdos_renyi(10, 2, seed=-1), "seed is -1"),
        (lambda: generate.erdos_renyi(10, 2, seed=None), "seed is None"),
        (lambda: generate.small_world(10, 3, 0.1), "must be even"),
        (lambda: generate.small_world(10, 10, 0.1), "from 2 to 9"),
        (lambda: generate.small_world(10, 4, 1.1), "rewire_prob is 1.1"),
        (lambda: generate.preferential(5, 5), "from 1 to 4"),
        (lambda: generate.preferential(5, 0), "m is 0"),
        (lambda: generate.power_law(100, 2.3, 5, 200), "max_followers is 200"),
        (lambda: generate.power_law(100, 2.3, 50, 20), "min_followers is 50"),
        (lambda: generate.power_law(100, -1), "exponent is -1"),
        (lambda: generate.power_law(100, 2.3, threads=0), "threads is 0"),
        (lambda: generate.power_law(100, 2.3, mean_followers=1), "change exponent or max_followers"),
        (lambda: generate.power_law(100, 2.3, mean_followers=120), "change exponent or max_followers"),
        (lambda: generate.power_law(100, 2.3, 5, mean_followers=9), "give one"),
        (lambda: generate.block([], 3), "0 blocks"),
        (lambda: generate.block([5, 0], 3), r"sizes\[1\] is 0"),
        (lambda: generate.block([5, 5], [[0.1]]), r"shape \(2, 2\)"),
        (lambda: generate.block([5, 5], [[0.1, 0.2], [0.3, 0.1]]), "not symmetric"),
        (lambda: generate.block([5, 5], [[0.1, 1.2], [1.2, 0.1]]), "from 0 to 1"),
        (lambda: generate.block([5, 5], [["a", "b"], ["b", "a"]]), "shape"),
        (
            lambda: generate.block([5, 5], [[0.1, 0.2], [0.2, 0.1]], inside=0.5),
            "only used with a mean degree",
        ),
        (lambda: generate.block([5, 5], 8, inside=0.9), "cannot be reached"),
        (lambda: generate.block([5, 5], 2, inside=1.5), "inside is 1.5"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(SpecError, match=message):
        call()


@pytest.mark.slow
def test_a_million_people():
    for graph in (
        generate.erdos_renyi(10**6, 10),
        generate.preferential(10**6, 5),
        generate.small_world(10**6, 10, 0.1),
        generate.power_law(10**6, 2.3, mean_followers=10),
        generate.block([10**5] * 10, 10),
    ):
        checked = SocialGraph.from_csr(graph.indptr, graph.indices, directed=graph.directed)
        assert checked.notes == ()
        assert 9.5e6 < graph.n_edges < 10.5e6
