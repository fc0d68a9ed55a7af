"""Latent tastes: standard normal, as correlated along ties as asked for, keyed on people and topics."""

import numpy as np
import pytest

import viralsim as vs
from viralsim.engine.people import People, _tie_moments, make_tastes
from viralsim.errors import ScenarioError


def _tie_correlation(networks, value):
    covariance, variance = _tie_moments(networks, value)
    return covariance / variance


class Network:
    def __init__(self, graph):
        self.indptr, self.followers = graph.indptr.astype(np.int64), graph.indices


def people(n):
    return People(
        np.arange(n, dtype=np.uint64), np.zeros(n, np.uint8), np.ones(n, np.float32), np.zeros(n, bool)
    )


@pytest.fixture(scope="module")
def networks():
    return [Network(vs.generate.communities(5000, mean_followers=20, seed=seed)) for seed in (1, 2)]


@pytest.mark.parametrize("correlation", [0.05, 0.2])
def test_correlation_along_ties_is_the_one_asked_for(networks, correlation):
    found = [
        _tie_correlation(networks[:1], make_tastes(people(5000), networks[:1], "launch", correlation, key))
        for key in range(8)
    ]
    assert abs(np.mean(found) - correlation) < 4 * np.std(found, ddof=1) / np.sqrt(8) + 0.01
    assert np.std(found) < 0.02


def test_without_correlation_tastes_are_independent_normal(networks):
    z = make_tastes(people(5000), networks, "launch", 0.0, 3)
    assert abs(z.mean()) < 4 / np.sqrt(5000)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / 5000)
    assert abs(_tie_correlation(networks, z)) < 0.02


def test_tastes_are_standard_and_belong_to_topic_and_draw(networks):
    z = make_tastes(people(5000), networks, "launch", 0.1, 3)
    assert z.mean() == pytest.approx(0, abs=1e-12) and z.std() == pytest.approx(1)
    assert np.array_equal(z, make_tastes(people(5000), networks, "launch", 0.1, 3))
    for other in (
        make_tastes(people(5000), networks, "news", 0.1, 3),
        make_tastes(people(5000), networks, "launch", 0.1, 4),
    ):
        assert abs(np.corrcoef(z, other)[0, 1]) < 0.1


def test_correlation_by_plain_counting():
    graph = vs.SocialGraph.from_edges([0, 0, 1, 3], [1, 2, 2, 0])
    value = np.array([1.0, -2.0, 0.5, 3.0])
    ends = [(u, v) for u in range(4) for v in graph.followers(u)]
    pairs = np.array([(value[a], value[b]) for u, v in ends for a, b in ((u, v), (v, u))])
    assert _tie_correlation([Network(graph)], value) == pytest.approx(np.corrcoef(pairs.T)[0, 1])


def test_what_a_well_mixed_network_cannot_carry_is_refused():
    mixed = Network(vs.generate.erdos_renyi(400, 60, seed=1))
    with pytest.raises(ScenarioError, match=r"tie_correlation: 0.8 cannot be reached .* about 0\.\d"):
        make_tastes(people(400), [mixed], "launch", 0.8, 1)
