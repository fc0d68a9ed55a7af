"""The `communities` generator against its own definition and against the graphs it resembles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from twins.communities import twin_of_communities

import viralsim as vs
from viralsim.errors import SpecError
from viralsim.graph.arguments import root_key, subkey
from viralsim.graph.communities import RESEMBLING, communities
from viralsim.graph.describe import describe
from viralsim.kernels.community_people import community_numbers
from viralsim.spec.networks import RESEMBLING as NAMES_IN_SCENARIOS

# mean degree, 90th and 99th percentile, average clustering, largest eigenvalue of the real graphs
MEASURED = {
    "facebook-ego": (43.7, 112, 200, 0.606, 162),
    "lastfm-asia": (7.3, 16, 56, 0.219, 38.6),
    "deezer-europe": (6.6, 15, 38, 0.141, 24.8),
    "facebook-pages": (15.2, 36, 114, 0.360, 105),
    "github": (15.3, 30, 138, 0.168, 149),
    "twitch-de": (32.2, 64, 300, 0.201, 150),
}


def ties_of(graph):
    """Pairs u < v that are tied at all, with the number of arcs between them (1 or 2)."""
    source = np.repeat(np.arange(graph.n_nodes), graph.follower_count)
    low, high = np.minimum(source, graph.indices), np.maximum(source, graph.indices)
    pairs, arcs = np.unique(low.astype(np.int64) * graph.n_nodes + high, return_counts=True)
    return pairs // graph.n_nodes, pairs % graph.n_nodes, arcs


def communities_of(n, size, seed):
    """The community of each person, as the generator deals them."""
    out = np.empty(n, np.int64)
    community_numbers(subkey(root_key(seed, 7), 1), size, out)
    return out


# ---- the shipped settings ------------------------------------------------------------------------


@pytest.mark.parametrize("name", MEASURED)
def test_shipped_settings_resemble_the_graph(name):
    mean, p90, p99, clustering, lambda1 = MEASURED[name]
    found = describe(communities(**RESEMBLING[name], seed=1))
    assert found.mean_degree == pytest.approx(mean, rel=0.05)
    assert found.degree_p90 == pytest.approx(p90, rel=0.2)
    assert found.degree_p99 == pytest.approx(p99, rel=0.2)
    assert found.average_clustering == pytest.approx(clustering, abs=0.03)
    assert found.lambda1 == pytest.approx(lambda1, rel=0.2)
    assert found.largest_component == 1.0


def test_scenarios_know_the_same_names():
    assert set(NAMES_IN_SCENARIOS) == set(RESEMBLING) == set(MEASURED)
    assert vs.generate.RESEMBLING is RESEMBLING


FILES = {
    "lastfm-asia": "lastfm-asia/lastfm_asia_edges.csv.gz",
    "deezer-europe": "deezer-europe/deezer_gendered_edges.csv.gz",
}


def mean_reach(graph, p, seed):
    """Mean reach from 20 random people over 300 cascades."""
    rng = np.random.default_rng(seed)
    seeds = np.array([rng.choice(graph.n_nodes, 20, replace=False) for _ in range(300)])
    return vs.models.independent_cascade(graph, seeds, p, 300, seed=seed).size.mean()


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_cascades_reach_as_far_as_on_the_real_graph(name, data_folder):
    real = vs.SocialGraph.read(data_folder / FILES[name], directed=False)
    made = [communities(**RESEMBLING[name], seed=seed) for seed in range(1, 7)]
    for p in (0.01, 0.02, 0.05, 0.1, 0.2):
        found = np.mean([mean_reach(graph, p, seed) for seed, graph in enumerate(made)])
        assert found == pytest.approx(mean_reach(real, p, 99), rel=0.15), p


# ---- its own definition --------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"reciprocity": 1.0}, {"reciprocity": 0.0, "circles": 1.0}])
def test_structure_is_valid_and_seeded(options):
    make = lambda seed: communities(400, mean_followers=12, seed=seed, **options)  # noqa: E731
    graph = make(3)
    checked = vs.SocialGraph.from_csr(graph.indptr, graph.indices, tie=graph.tie, directed=graph.directed)
    assert checked.notes == (), "rows ascending, no repeats, no self-loops, pairs stored both ways"
    assert checked.digest == graph.digest == make(3).digest
    assert len({make(seed).digest for seed in (0, 1, 3, 2**64 - 1)}) == 4
    assert graph.directed is (options.get("reciprocity") != 1.0)


def test_the_graph_of_a_seed_stays_the_same():
    # a change here changes every result on generated graphs: it belongs under "Results change" in CHANGELOG.md
    assert communities(300, mean_followers=6, seed=0).digest == "31fa3971644dd6b3dd56c80bbb805d04"


@pytest.mark.parametrize("mean", [0.4, 1.5, 12.0, 60.0])
@pytest.mark.parametrize("reciprocity", [0.0, 0.4, 1.0])
def test_mean_is_what_was_asked_for(mean, reciprocity):
    n = 4000
    graph = communities(n, mean_followers=mean, reciprocity=reciprocity, seed=2)
    # the ties are within 1 %; which run both ways is drawn for each: variance at most a quarter of the ties
    allowed = 0.01 * mean + 4.5 * math.sqrt(n * mean / 4) / n
    assert abs(graph.n_edges / n - mean) < allowed


def test_numbers_of_ties_are_the_quantiles_of_the_cut_off_lomax_law():
    n, exponent, cut = 20_000, 3.0, 400
    degree = np.sort(communities(n, mean_followers=14, exponent=exponent, max_followers=cut, reciprocity=1.0,
                                 seed=4).follower_count)[::-1]  # fmt: skip
    tail = exponent - 1.0
    low, high = 1e-3, 1e6  # the scale that gives the mean 13 above 1 (numeric integral of P(X > x))
    x = np.linspace(0.0, cut - 1.0, 200_001)
    for _ in range(60):
        scale = math.sqrt(low * high)
        over = (1 + (cut - 1) / scale) ** -tail
        survival = ((1 + x / scale) ** -tail - over) / (1 - over)
        low, high = (scale, high) if np.trapezoid(survival, x) < 13.0 else (low, scale)
    y = (np.arange(n) + 0.5) / n * (1 - over) + over
    wanted = 1 + scale * (y ** (-1 / tail) - 1)
    # rounded up or down at random, and sorted after; raising the aim moves 1 %; hubs leave some places free
    assert (degree <= 1.0 + 1.02 * wanted).all()
    assert (degree >= 0.9 * wanted - 1.0).all()
    assert np.mean(np.abs(degree - wanted) <= 1.0 + 0.02 * wanted) > 0.99


def test_reciprocity_and_direction_of_one_way_arcs():
    graph = communities(8_000, mean_followers=20, reciprocity=0.5, seed=1)
    u, v, arcs = ties_of(graph)
    ties, mutual = u.size, 0.5 / (2 - 0.5)
    assert abs((arcs == 2).sum() - mutual * ties) < 4.5 * math.sqrt(ties * mutual * (1 - mutual))
    # one-way arcs run u -> v with probability d_u / (d_u + d_v)
    degree = np.bincount(np.concatenate([u, v]), minlength=graph.n_nodes)
    one_way = arcs == 1
    u, v = u[one_way], v[one_way]
    source = np.repeat(np.arange(graph.n_nodes), graph.follower_count)
    stored = set((source.astype(np.int64) * graph.n_nodes + graph.indices).tolist())
    forward = np.array([pair in stored for pair in (u * graph.n_nodes + v).tolist()])
    expected = degree[u] / (degree[u] + degree[v])
    for part in (degree[u] > 2 * degree[v], degree[v] > 2 * degree[u], np.ones(u.size, bool)):
        error = math.sqrt((expected[part] * (1 - expected[part])).sum())
        assert abs((forward[part] - expected[part]).sum()) < 4.5 * error


@pytest.mark.parametrize("circles", [0.0, 0.7])
def test_homophily_keeps_ties_in_the_segment(circles):
    n, parts = 2000, np.array([0.7, 0.3])
    segments = (np.arange(n) % 10 >= 7).astype(np.int64)
    for homophily in (0.0, 0.4, 1.0):
        same = []
        for seed in range(10):
            u, v, _ = ties_of(communities(n, mean_followers=12, segments=segments, homophily=homophily,
                                          circles=circles, seed=seed))  # fmt: skip
            same.append((segments[u] == segments[v]).mean())
        expected = homophily + (1 - homophily) * (parts**2).sum()
        error = np.std(same, ddof=1) / math.sqrt(len(same))
        # .01: the free places of the last round are not an even sample of the segments
        assert abs(np.mean(same) - expected) < 4.5 * error + 0.01


def test_mixing_is_the_part_of_ties_that_ignore_communities():
    n, size, seed = 20_000, 500.0, 5
    community = communities_of(n, size, seed)
    chance = ((np.bincount(community) / n) ** 2).sum()
    for mixing in (0.0, 0.3, 1.0):
        graph = communities(n, mean_followers=10, max_followers=60, reciprocity=1.0, circles=0.0, mixing=mixing,
                            community_size=size, seed=seed)  # fmt: skip
        u, v, _ = ties_of(graph)
        away = (community[u] != community[v]).mean()
        expected = mixing * (1 - chance)
        # .02: repeats are likelier inside, and free places of the last round go anywhere
        assert abs(away - expected) < 4.5 * math.sqrt(0.25 / u.size) + 0.02


def test_ties_are_closer_inside():
    n, size, seed = 10_000, 300.0, 2
    community = communities_of(n, size, seed)
    graph = communities(n, mean_followers=16, community_size=size, seed=seed)
    source = np.repeat(np.arange(n), graph.follower_count)
    inside = community[source] == community[graph.indices]
    assert 0.3 < inside.mean() < 0.95
    outside = graph.tie[~inside]
    # elsewhere: uniform on (0, .5), mean .25
    assert outside.max() < 0.5
    assert abs(outside.mean() - 0.25) < 4.5 * math.sqrt(2 / 48 / outside.size)
    assert graph.tie[inside].min() >= 0.0
    assert graph.tie[inside].mean() > 0.5
    # both arcs of a pair have one closeness, and those above .75 are in circles, where triangles are
    friends = communities(n, mean_followers=16, reciprocity=1.0, seed=seed)
    assert (abs(friends.adjacency() - friends.adjacency().T) > 0).nnz == 0


def test_circles_make_clustering():
    found = [
        describe(communities(5000, mean_followers=10, circles=part, density=0.8, reciprocity=1.0, seed=1))
        for part in (0.0, 0.4, 0.8)
    ]
    clustering = [summary.average_clustering for summary in found]
    assert clustering[0] < 0.1
    assert clustering[1] > clustering[0] + 0.02
    assert clustering[2] > clustering[1] + 0.1


def test_degree_correlation_pairs_people_alike():
    found = [
        describe(
            communities(
                5000,
                mean_followers=10,
                circles=0.0,
                mixing=1.0,
                degree_correlation=part,
                reciprocity=1.0,
                seed=1,
            )
        ).assortativity
        for part in (0.0, 1.0)
    ]
    assert abs(found[0]) < 0.1
    assert found[1] > 0.4


def test_everybody_is_connected():
    for seed in range(5):
        assert describe(communities(3000, mean_followers=3, seed=seed)).largest_component == 1.0
    segments = np.arange(600) % 2
    parted = communities(600, mean_followers=8, homophily=1.0, segments=segments, seed=1)
    source = np.repeat(segments, parted.follower_count)
    assert (source == segments[parted.indices]).all(), "with homophily 1 nobody is tied across segments"


def test_community_sizes_follow_their_law():
    n, size = 200_000, 400.0
    sizes = np.bincount(communities_of(n, size, 1))
    assert sizes.size == n / size
    for multiple in (0.25, 1.0, 3.0):
        # the sizes are quantiles, scaled to sum to n (a few per cent)
        assert (sizes > multiple * size).mean() == pytest.approx(math.exp(-math.sqrt(2 * multiple)), abs=0.02)
    other = np.bincount(communities_of(n, size, 2))
    assert not np.array_equal(sizes, other)
    assert np.abs(np.sort(sizes) - np.sort(other)).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 1}, "n is 1"),
        ({"n": 10.5}, "n is 10.5"),
        ({"mean_followers": 0}, "mean_followers is 0"),
        ({"mean_followers": 500}, "mean_followers is 500"),
        ({"mean_followers": 60, "max_followers": 50}, "max_followers 50"),
        ({"mean_followers": 400, "reciprocity": 0.0}, "raise reciprocity"),
        ({"exponent": 2}, "exponent is 2"),
        ({"exponent": float("nan")}, "exponent is nan"),
        ({"max_followers": 0}, "max_followers is 0"),
        ({"circle_size": 2}, "circle_size is 2"),
        ({"largest_circle": 5000}, "largest_circle is 5000"),
        ({"community_size": 2}, "community_size is 2"),
        ({"density": 0}, "density is 0"),
        ({"density": 1.1}, "density is 1.1"),
        ({"reciprocity": -0.1}, "reciprocity is -0.1"),
        ({"circles": 2}, "circles is 2"),
        ({"single_circle": -1}, "single_circle is -1"),
        ({"mixing": "much"}, "mixing is 'much'"),
        ({"degree_correlation": 1.5}, "degree_correlation is 1.5"),
        ({"homophily": 1.5}, "homophily is 1.5"),
        ({"segments": [0, 1]}, "segments has shape"),
        ({"segments": np.full(500, -1)}, "from 0"),
        ({"segments": np.full(500, 0.5)}, "whole number"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(SpecError, match=message):
        communities(**{"n": 500, "mean_followers": 10, **options})


# ---- the plain-Python twin -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"n": 60, "mean_followers": 6},
        {"n": 90, "mean_followers": 9, "reciprocity": 1.0, "circles": 0.9, "community_size": 20},
        {
            "n": 80,
            "mean_followers": 3,
            "homophily": 0.6,
            "mixing": 0.5,
            "circle_size": 5,
            "single_circle": 0.0,
        },
        {"n": 40, "mean_followers": 0.8, "homophily": 1.0},
        {"n": 25, "mean_followers": 18, "reciprocity": 1.0, "density": 0.2, "exponent": 8.0},
    ],
)
@pytest.mark.parametrize("seed", [0, 11])
def test_the_generator_equals_its_plain_python_twin(options, seed):
    segments = None
    if options.get("homophily"):
        segments = np.arange(options["n"]) % 3
    graph = communities(**options, segments=segments, seed=seed)
    source = np.repeat(np.arange(graph.n_nodes), graph.follower_count)
    found = dict(
        zip(zip(source.tolist(), graph.indices.tolist(), strict=True), graph.tie.tolist(), strict=True)
    )
    assert found == twin_of_communities(**options, segments=segments, seed=seed)
