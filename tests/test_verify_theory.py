"""Oracles of `viralsim verify` held against brute force: trees, progeny, thresholds, coverage."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from viralsim.verify import coverage
from viralsim.verify.check import Check as Claim
from viralsim.verify.check import Finding, run_check, sample_mean, worst_of
from viralsim.verify.theory_branching import borel, conditional_virality, offspring_probs, total_progeny
from viralsim.verify.theory_followers import follower_counts, follower_offspring, follower_theory
from viralsim.verify.theory_graphs import linear_threshold_law, linear_threshold_mean
from viralsim.verify.theory_percolation import infected_in_crowd
from viralsim.verify.theory_trees import cascade_virality, virality_by_distances


def trees_of(size: int, probs: np.ndarray):
    """All ordered trees of a branching process with so many people, and their chances."""

    def grow(parents, next_parent, chance):
        if next_parent == len(parents):
            if len(parents) == size:
                yield parents, chance
            return
        for children in range(min(size - len(parents), probs.size - 1) + 1):
            more = [*parents, *([next_parent] * children)]
            yield from grow(more, next_parent + 1, chance * probs[children])

    yield from grow([-1], 0, 1.0)


@pytest.mark.parametrize("law", ["poisson", "geometric"])
def test_virality_given_size_equals_the_sum_over_all_trees(law):
    probs = offspring_probs(law, 0.7)
    got = conditional_virality(total_progeny(probs, 40))
    assert np.isnan(got[:2]).all()
    for size in (2, 4, 6, 7):
        trees = list(trees_of(size, probs))
        chance = sum(c for _, c in trees)
        assert chance == pytest.approx(total_progeny(probs, 40)[size])
        mean = sum(c * virality_by_distances(parents) for parents, c in trees) / chance
        assert got[size] == pytest.approx(mean, abs=1e-9)


def test_virality_is_not_given_where_a_size_cannot_occur():
    got = conditional_virality(total_progeny(offspring_probs("binary", 0.8), 9))
    assert np.isnan(got[[2, 4, 6, 8]]).all()
    assert got[3] == pytest.approx(4 / 3)


def test_published_figures_of_follower_cascades():
    theory = follower_theory(2.3, 0.5, largest=300)
    virality = conditional_virality(theory.size_prob)
    popular = theory.size_prob[100:]
    mean = (virality[100:] @ popular + virality[-1] * theory.at_least(301)) / theory.at_least(100)
    assert theory.mean_followers == pytest.approx(39.932, abs=5e-4)
    assert theory.size_prob[1] == pytest.approx(0.7419, abs=5e-5)
    assert theory.at_least(100) == pytest.approx(6.70e-4, abs=5e-7)
    assert mean == pytest.approx(3.63, abs=0.03)


def test_offspring_of_followers_is_the_mixture_of_binomials():
    law = follower_offspring(2.2, 0.6, 10, 20_000)
    k, weight = follower_counts(2.2, 10, 20_000)
    beta = 0.6 / float(k @ weight)
    assert law.sum() == pytest.approx(1.0)
    assert law @ np.arange(law.size) == pytest.approx(0.6, rel=2e-3)
    for j in (0, 1, 5, 120, 121, 150):
        assert law[j] == pytest.approx(float(weight @ stats.binom.pmf(j, k, beta)), rel=3e-3)


def test_linear_threshold_over_paths_equals_all_worlds():
    edges = [(0, 1), (1, 2), (2, 3), (3, 0), (1, 3), (3, 4), (4, 5)]
    arcs = [*edges, *((v, u) for u, v in edges)]
    degree = np.bincount(np.array(edges).ravel())
    for seeds in ([0], [4], [0, 5], [1, 4]):
        law = linear_threshold_law(6, arcs, [1.0 / degree[v] for _, v in arcs], seeds)
        assert linear_threshold_mean(6, edges, seeds) == pytest.approx(law.mean, abs=1e-12)


def test_linear_threshold_on_the_karate_club():
    networkx = pytest.importorskip("networkx")
    edges = [(int(u), int(v)) for u, v in networkx.karate_club_graph().edges()]
    got = [linear_threshold_mean(34, edges, seeds) for seeds in ([0], [33], [0, 33])]
    assert got == pytest.approx([12.254303, 13.081122, 22.613865], abs=1e-6)


def test_virality_of_a_cascade_by_hand():
    # 0 -> 1 -> 2: nothing, a pair (virality 1), or a path of three (4/3)
    assert cascade_virality(3, [(0, 1), (1, 2)], 0.5, 0) == pytest.approx(0.25 * 1 + 0.25 * 4 / 3)
    # two possible parents of 3 give the same shape
    diamond = cascade_virality(4, [(0, 1), (0, 2), (1, 3), (2, 3)], 1.0, 0)
    assert diamond == pytest.approx(virality_by_distances([-1, 0, 0, 1]))


def test_everybody_is_infected_in_the_end():
    line = infected_in_crowd(5, 2.0, [0.0, 0.3, 30.0])
    assert line[0] == pytest.approx(1.0)
    assert 1.0 < line[1] < 5.0
    assert line[2] == pytest.approx(5.0)


# --------------------------------------------------------------------------------------------- coverage


def normal_pool(draws: int, per_draw: int) -> coverage.Pool:
    grid = stats.norm.ppf((np.arange(draws) + 0.5) / draws)[:, None]
    luck = stats.norm.ppf((np.arange(per_draw) + 0.5) / per_draw)[None, :]
    return coverage.Pool(grid + luck, np.ones((draws, per_draw)))


def test_coverage_of_normal_draws_is_95_per_cent():
    found = coverage.coverage_of(normal_pool(400, 20), 12, 5, 2000, seed=4)
    assert found.ensembles == 2000
    assert abs(found.part - 0.95) < 4 * found.se
    assert found.covered >= found.covered_plain
    assert coverage.coverage_of(normal_pool(400, 20), 12, 5, 2000, seed=4) == found


def test_coverage_counts_what_is_widened_and_flagged():
    skewed = coverage.Pool(
        np.repeat(np.exp(2.0 * normal_pool(400, 1).numerator), 2, axis=1), np.ones((400, 2))
    )
    found = coverage.coverage_of(skewed, 10, 2, 300, seed=5)
    assert found.part < 0.93
    assert found.covered > found.covered_plain
    assert found.widened > 150
    assert 0 < found.flagged_misses <= found.ensembles - found.covered


def test_ensembles_in_which_a_ratio_is_not_defined_are_left_out():
    pool = coverage.Pool(np.zeros((2, 1)), np.array([[0.0], [1.0]]))
    found = coverage.coverage_of(pool, 2, 1, 400, seed=1)
    assert 200 < found.ensembles < 390  # a quarter has no denominator at all


# --------------------------------------------------------------------------------------------- findings


def test_few_values_are_judged_by_students_law():
    few = sample_mean([1.0, 1.1, 0.9], 2.0)
    plain = abs(few.got - 2.0) / few.se
    assert plain > 17
    assert few.errors_away == pytest.approx(stats.norm.isf(stats.t.sf(plain, 2)))
    assert few.errors_away < 4 < plain
    assert sample_mean(np.tile([0.9, 1.1], 1000), 2.0).dof is None


def test_a_finding_agrees_within_errors_or_allowance_and_never_if_undefined():
    assert Finding(1.0, 1.3, 0.1).agrees
    assert not Finding(1.0, 1.5, 0.1).agrees
    assert Finding(1.0, 1.5, 0.1, allowance=0.6).agrees
    assert not Finding(1.0, math.nan, 0.1, allowance=0.6).agrees
    assert not Finding(1.0, 1.1).agrees
    outcome = run_check("x", Claim("claim", "source", lambda: Finding(1.0, math.nan)))
    assert outcome.verdict == "disagrees"


def test_the_worst_finding_is_the_one_nearest_to_failing():
    fine, near, off = Finding(1.0, 1.1, 0.1), Finding(1.0, 1.39, 0.1), Finding(1.0, 1.2, 0.01)
    for some in combinations((fine, near, off), 2):
        assert worst_of(some).got == some[-1].got
    assert not worst_of([fine, Finding(1.0, math.nan, 0.1)]).agrees
    allowed = Finding(1.0, 1.2, 0.01, allowance=1.0)
    assert worst_of([allowed, near]).got == near.got


def test_borel_is_what_series_give():
    assert total_progeny(offspring_probs("poisson", 0.6), 12)[1:] == pytest.approx(
        borel(0.6, np.arange(1, 13))
    )
