"""Descriptions against networkx, dense linear algebra and published figures of real graphs."""

from pathlib import Path

import networkx
import numpy as np
import pytest

from viralsim.graph import SocialGraph, generate
from viralsim.graph import describe as describing
from viralsim.graph.describe import describe

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
GRAPHS = {
    "erdos_renyi": generate.erdos_renyi(150, 5, seed=1),
    "directed": generate.erdos_renyi(150, 3, directed=True, seed=1),
    "preferential": generate.preferential(200, 3),
    "power_law": generate.power_law(200, 2.2, 2),
    "small_world": generate.small_world(200, 6, 0.1),
    "small": generate.preferential(20, 2),
    "small_directed": generate.power_law(30, 2.2, 1, 5),
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_equals_networkx(graph):
    summary = describe(graph)
    source = graph.to_networkx()
    pairs = source.to_undirected()
    assert summary.average_clustering == pytest.approx(networkx.average_clustering(pairs), abs=1e-12)
    assert summary.transitivity == pytest.approx(networkx.transitivity(pairs), abs=1e-12)
    assert summary.assortativity == pytest.approx(networkx.degree_assortativity_coefficient(pairs), abs=1e-9)
    largest = max(map(len, networkx.connected_components(pairs)))
    assert summary.largest_component == largest / graph.n_nodes
    eigenvalues = np.linalg.eigvals(graph.adjacency().toarray())
    assert summary.lambda1 == pytest.approx(eigenvalues.real.max(), rel=1e-6)
    assert summary.reciprocity == (networkx.reciprocity(source) if graph.directed else 1)
    assert summary.mean_degree == graph.n_edges / graph.n_nodes
    assert summary.notes == ()


def test_degrees_and_ties_by_hand():
    graph = SocialGraph.from_edges([0, 0, 0, 1], [1, 2, 3, 0], tie=[1, 0.5, 0.5, 0])
    summary = describe(graph)
    assert (summary.degree_p50, summary.degree_max, summary.mean_degree) == (0.5, 3, 1.0)
    assert summary.mean_tie == 0.5
    assert summary.reciprocity == 0.5
    assert summary.lambda1 == pytest.approx(1.0)
    assert np.isnan(describe(GRAPHS["small"]).mean_tie)


def test_acyclic_regular_and_empty_graphs():
    chain = describe(SocialGraph.from_edges([0, 1], [1, 2]))
    assert chain.lambda1 == 0
    ring = describe(generate.small_world(100, 2, 0.0))
    assert ring.lambda1 == pytest.approx(2)
    assert np.isnan(ring.assortativity)
    assert ring.average_clustering == 0
    nobody = describe(SocialGraph.from_edges([], [], n=2))
    assert (nobody.n_nodes, nobody.n_edges, nobody.degree_max, nobody.largest_component) == (2, 0, 0, 0.5)
    assert np.isnan(describe(SocialGraph.from_edges([], [])).mean_degree)


def test_sampled_clustering_agrees_with_the_exact_one(monkeypatch):
    graph = GRAPHS["small_world"]
    exact = describe(graph)
    monkeypatch.setattr(describing, "_TRIANGLE_WORK_LIMIT", 0)
    monkeypatch.setattr(describing, "_WEDGE_SAMPLES", 200_000)
    sampled = describe(graph)
    allowed = 4.5 / (2 * np.sqrt(200_000))
    assert sampled.average_clustering != exact.average_clustering
    assert abs(sampled.average_clustering - exact.average_clustering) < allowed
    assert abs(sampled.transitivity - exact.transitivity) < allowed
    assert "200,000 sampled wedges" in sampled.notes[0]


def test_shown_as_text_html_and_dictionary():
    summary = describe(GRAPHS["small"])
    assert "average clustering" in str(summary)
    assert summary._repr_html_().count("<tr>") == len(summary.rows())
    assert summary.to_dict()["n_nodes"] == 20
    assert summary.to_dict()["notes"] == []


@pytest.mark.data
@pytest.mark.parametrize(
    ("path", "figures"),
    [
        (
            "lastfm-asia/lastfm_asia_edges.csv.gz",
            (7624, 27806, 7.3, 4, 16, 56, 216, 0.219, 0.179, 0.017, 38.6),
        ),
        (
            "deezer-europe/deezer_gendered_edges.csv.gz",
            (28281, 92752, 6.6, 4, 15, 38, 172, 0.141, 0.096, 0.104, 24.8),
        ),
    ],
)
def test_published_figures_of_real_graphs(path, figures):
    if not (DATA / path).exists():
        pytest.skip("the real data sets are not beside the project")
    s = describe(SocialGraph.read(DATA / path))
    assert s.largest_component == 1
    got = (
        s.n_nodes,
        s.n_edges // 2,
        round(s.mean_degree, 1),
        round(s.degree_p50),
        round(s.degree_p90),
        round(s.degree_p99),
        s.degree_max,
        round(s.average_clustering, 3),
        round(s.transitivity, 3),
        round(s.assortativity, 3),
        round(s.lambda1, 1),
    )
    assert got == figures
