"""The `communities` generator against its own definition and against the graphs it resembles."""

import numpy as np
import pytest

from viralsim.errors import SpecError
from viralsim.graph.communities import RESEMBLING, communities
from viralsim.graph.describe import describe

# mean degree, 90th and 99th percentile, average clustering, largest eigenvalue (measured graphs)
MEASURED = {
    "lastfm": (7.3, 16, 56, 0.219, 38.6),
    "deezer": (6.6, 15, 38, 0.141, 24.8),
    "facebook-pages": (15.2, 36, 114, 0.360, 105),
    "github": (15.3, 30, 138, 0.168, 149),
    "twitch-de": (32.2, 64, 300, 0.201, 150),
}


@pytest.mark.parametrize("name", MEASURED)
def test_shipped_settings_resemble_the_graph(name):
    mean, p90, p99, clustering, lambda1 = MEASURED[name]
    found = describe(communities(**RESEMBLING[name], seed=1))
    assert found.mean_degree == pytest.approx(mean, rel=0.05)
    assert found.degree_p90 == pytest.approx(p90, rel=0.2)
    assert found.degree_p99 == pytest.approx(p99, rel=0.2)
    assert found.average_clustering == pytest.approx(clustering, abs=0.03)
    assert found.lambda1 == pytest.approx(lambda1, rel=0.2)


def test_mean_and_reciprocity_are_what_was_asked_for():
    found = describe(communities(20_000, mean_followers=30, reciprocity=0.5))
    assert found.mean_degree == pytest.approx(30, rel=0.03)
    assert found.reciprocity == pytest.approx(0.5, abs=0.02)


def test_homophily_keeps_ties_in_the_segment():
    segments = np.arange(10_000) % 2
    same = []
    for homophily in (0.0, 0.5, 1.0):
        graph = communities(10_000, segments=segments, homophily=homophily)
        source = np.repeat(np.arange(10_000), np.diff(graph.indptr))
        same.append((segments[source] == segments[graph.indices]).mean())
    assert same == pytest.approx([0.5, 0.75, 1.0], abs=0.05)


def test_same_seed_same_graph_and_bad_arguments():
    assert communities(500, seed=3).digest == communities(500, seed=3).digest
    assert communities(500, seed=3).digest != communities(500, seed=4).digest
    with pytest.raises(SpecError, match="exponent"):
        communities(500, exponent=1.5)
