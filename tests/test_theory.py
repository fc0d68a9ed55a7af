"""The theory itself: against brute force, against each other, and against published digits."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from viralsim.errors import SpecError
from viralsim.verify import theory_adoption as adoption
from viralsim.verify import theory_branching as branching
from viralsim.verify import theory_followers as followers
from viralsim.verify import theory_graphs as graphs
from viralsim.verify import theory_percolation as percolation
from viralsim.verify import theory_thresholds as thresholds
from viralsim.verify import theory_time as delays
from viralsim.verify import theory_trees as trees

# ------------------------------------------------------------------------------------------ small graphs


def reach_by_search(n, arcs, seeds):
    """People reached over the arcs given, by plain search."""
    reached, stack = set(seeds), list(seeds)
    while stack:
        u = stack.pop()
        for a, b in arcs:
            if a == u and b not in reached:
                reached.add(b)
                stack.append(b)
    return reached


@settings(max_examples=40)
@given(st.data())
def test_enumeration_equals_one_world_at_a_time(data):
    n = data.draw(st.integers(2, 5))
    pairs = [(u, v) for u in range(n) for v in range(n) if u != v]
    arcs = data.draw(st.lists(st.sampled_from(pairs), max_size=7, unique=True))
    probs = [data.draw(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])) for _ in arcs]
    seeds = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=2))
    size, active = np.zeros(n + 1), np.zeros(n)
    for world in itertools.product((0, 1), repeat=len(arcs)):
        weight = math.prod(p if live else 1 - p for p, live in zip(probs, world, strict=True))
        reached = reach_by_search(n, [a for a, live in zip(arcs, world, strict=True) if live], seeds)
        size[len(reached)] += weight
        active[list(reached)] += weight
    law = graphs.cascade_law(n, arcs, probs, seeds, directed=True)
    np.testing.assert_allclose(law.size_prob, size, atol=1e-12)
    np.testing.assert_allclose(law.active_prob, active, atol=1e-12)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.37, 0.9, 1.0])
def test_closed_forms_equal_enumeration(p):
    path = [(i, i + 1) for i in range(5)]
    assert graphs.cascade_law(6, path, p, [0]).mean == pytest.approx(graphs.path_mean(6, p))
    cycle = [(i, (i + 1) % 6) for i in range(6)]
    assert graphs.cascade_law(6, cycle, p, [2]).mean == pytest.approx(graphs.cycle_mean(6, p))
    star = [(0, i) for i in range(1, 7)]
    assert graphs.cascade_law(7, star, p, [0]).mean == pytest.approx(graphs.star_mean(6, p))
    assert graphs.cascade_law(7, star, p, [3]).mean == pytest.approx(graphs.star_mean(6, p, from_leaf=True))
    tree = [((v - 1) // 2, v) for v in range(1, 15)]
    assert graphs.cascade_law(15, tree, p, [0]).mean == pytest.approx(graphs.tree_mean(3, p))
    complete = list(itertools.combinations(range(5), 2))
    law = graphs.cascade_law(5, complete, p, [0])
    np.testing.assert_allclose(graphs.complete_law(5, p), law.size_prob, atol=1e-12)
    assert law.sd == pytest.approx(graphs.complete_moments(5, p)[1], abs=1e-6)


def test_published_digits_of_small_graphs():
    complete4, grid = list(itertools.combinations(range(4), 2)), graphs.grid_edges(3, 3)
    assert [round(graphs.cascade_law(4, complete4, p, [0]).mean, 6) for p in (0.3, 0.5)] == [2.316556, 3.25]
    assert [round(graphs.cascade_law(9, grid, p, [0]).mean, 8) for p in (0.3, 0.5)] == [
        2.25698335,
        4.37670898,
    ]
    assert graphs.path_mean(10, 0.5) == 1.998046875
    assert round(graphs.cycle_mean(10, 0.9), 9) == 8.888325237
    law = graphs.complete_law(10, 0.1)
    assert (round(law[1], 6), round(law[10], 6)) == (0.387420, 0.006436)
    assert graphs.complete_moments(10, 0.1)[0] == pytest.approx(3.0269285933, abs=1e-9)
    assert graphs.complete_moments(20, 0.1) == pytest.approx((12.6944195575, 6.54759), abs=1e-5)
    assert graphs.triangular_residual(law, 0.1) < 1e-12


def test_linear_threshold_law_equals_thresholds_integrated():
    """Two people influence a third: P(active) is the sum of the weights of the active ones."""
    law = graphs.linear_threshold_law(3, [(0, 2), (1, 2)], [0.3, 0.5], [0, 1])
    assert law.active_prob[2] == pytest.approx(0.8)
    path = [(i, i + 1) for i in range(4)]
    both = path + [(v, u) for u, v in path]
    degree = [1, 2, 2, 2, 1]
    assert graphs.linear_threshold_law(5, both, [1 / degree[v] for _, v in both], [0]).mean == pytest.approx(
        2.0
    )
    triangle = [(u, v) for u in range(3) for v in range(3) if u != v]
    assert graphs.linear_threshold_law(3, triangle, 0.5, [0]).mean == pytest.approx(2.5)
    assert graphs.cascade_law(3, triangle, 0.5, [0], directed=True).mean == pytest.approx(2.25)


def test_too_large_a_graph_is_refused():
    with pytest.raises(SpecError, match="at most 22"):
        graphs.cascade_law(30, [(i, i + 1) for i in range(25)], 0.5, [0])
    with pytest.raises(SpecError, match="too many"):
        graphs.linear_threshold_law(12, [(u, v) for u in range(12) for v in range(12) if u != v], 1 / 11, [0])


def test_coupled_star_by_enumeration():
    """Variance of the difference over all worlds of a star of 4, both seedings in the same world."""
    p, m = 0.3, 4
    mean = square = 0.0
    for world in itertools.product((0, 1), repeat=m):
        weight = math.prod(p if live else 1 - p for live in world)
        hub = 1 + sum(world)
        both = 1 + len({0} | {i for i, live in enumerate(world) if live})
        mean += weight * (both - hub)
        square += weight * (both - hub) ** 2
    theory = graphs.coupled_star(m, p)
    assert (mean, square - mean**2) == pytest.approx((theory["mean"], theory["coupled"]))
    assert graphs.coupled_star(9, 0.2) == pytest.approx({"mean": 0.8, "coupled": 0.16, "independent": 2.72})


# --------------------------------------------------------------------------------------------- branching


@pytest.mark.parametrize(("law", "mean"), [("poisson", 0.7), ("geometric", 0.6), ("binary", 0.8)])
@pytest.mark.parametrize("roots", [1, 3])
def test_total_progeny_equals_step_by_step_recursion(law, mean, roots):
    """P(N = n) by adding one individual after the other: a random walk that first hits 0 at n."""
    offspring = branching.offspring_probs(law, mean)
    waiting = {roots: 1.0}
    expected = np.zeros(16)
    for n in range(1, 16):
        after: dict[int, float] = {}
        for alive, weight in waiting.items():
            for children, chance in enumerate(offspring[:40]):
                after[alive - 1 + children] = after.get(alive - 1 + children, 0.0) + weight * chance
        expected[n] = after.pop(0, 0.0)
        waiting = {k: v for k, v in after.items() if k <= 60}
    np.testing.assert_allclose(branching.total_progeny(offspring, 15, roots), expected, atol=1e-12)


def test_borel_and_its_moments():
    n = np.arange(1, 3000)
    for R in (0.5, 0.9):
        law = branching.borel(R, n)
        assert law.sum() == pytest.approx(1.0, abs=1e-6)
        np.testing.assert_allclose(
            branching.total_progeny(branching.offspring_probs("poisson", R), 200)[1:], law[:200], atol=1e-13
        )
    half = branching.borel(0.5, n)
    assert float(n @ half) == pytest.approx(branching.mean_total(0.5))
    assert float(n**2 @ half) - 4.0 == pytest.approx(branching.variance_total(0.5, 0.5))
    assert (round(half[0], 6), round(1 - half[:9].sum(), 6)) == (0.606531, 0.013616)
    nine = branching.borel(0.9, n)
    assert (round(nine[0], 6), round(1 - nine[:99].sum(), 6)) == (0.406570, 0.017420)


def test_extinction():
    poisson = [branching.extinction_prob(branching.offspring_probs("poisson", R)) for R in (1.2, 1.5, 2.0)]
    assert [round(x, 6) for x in poisson] == [0.686302, 0.417188, 0.203188]
    assert branching.extinction_prob(branching.offspring_probs("geometric", 2.0)) == pytest.approx(0.5)
    assert branching.extinction_prob(branching.offspring_probs("geometric", 2.0), roots=3) == pytest.approx(
        0.125
    )
    assert branching.extinction_prob(branching.offspring_probs("binary", 1.6)) == pytest.approx(0.25)
    assert branching.extinction_prob(branching.offspring_probs("poisson", 1.0)) == 1.0
    assert branching.extinction_prob([0.0, 1.0]) == 0.0
    with pytest.raises(SpecError, match="summing to 1"):
        branching.extinction_prob([0.5, 0.2])


def test_growth_in_time():
    t = np.array([0.5, 3.0, 11.0])
    for R in (0.3, 1.0, 1.4):
        closed = branching.mean_in_time_exponential(R, 0.4, t)
        found = branching.mean_in_time(R, lambda s: -np.expm1(-0.4 * s), t, cells=3000)
        np.testing.assert_allclose(found, closed, rtol=1e-5)
    assert branching.mean_in_time_exponential(1.0, 0.4, [5.0]) == pytest.approx([3.0])
    # fixed delay of 1 step: 1 + R + R^2 + ...
    cdf = np.array([0.0, 1.0, 1.0, 1.0])
    assert branching.mean_in_steps(0.5, cdf) == pytest.approx([1.0, 1.5, 1.75, 1.875])


def test_reshare_delays():
    hours = 300 / 3600
    assert delays.reshare_delay_cdf([40.6 / 60], hours, 0.2315)[0] == pytest.approx(0.5, abs=1e-3)
    assert delays.reshare_delay_cdf([1.0, 24.0], hours, 0.2315) == pytest.approx([0.54, 0.78], abs=5e-3)
    assert delays.reshare_delay_cdf([0.0, hours], hours, 0.2315) == pytest.approx([0.0, 0.2315 / 1.2315])


# ------------------------------------------------------------------------------------ large random graphs


def test_percolation_digits():
    for R, S in ((1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480)):
        assert percolation.percolation(
            percolation.degree_probs("poisson", 6.0), R / 6
        ).large == pytest.approx(S, abs=1e-6)
        assert percolation.final_size(R) == pytest.approx(S, abs=1e-6)
    regular = percolation.degree_probs("regular", 4)
    found = [percolation.percolation(regular, p) for p in (0.4, 0.5, 0.2)]
    assert [round(x.large, 6) for x in found] == [0.541503, 0.854102, 0.0]
    assert (found[2].small_mean, found[2].threshold) == pytest.approx((3.0, 1 / 3))
    tail = percolation.degree_probs("power-law", 0.0, exponent=3.5, largest=100)
    k = np.arange(tail.size)
    expected = (k @ tail) / ((k**2 - k) @ tail)
    assert percolation.percolation(tail, 0.5).threshold == pytest.approx(expected)


def test_outbreaks_depend_on_the_period():
    assert percolation.outbreak_prob(2.0) == pytest.approx(0.5)
    assert percolation.outbreak_prob(2.0, "fixed") == pytest.approx(0.796812, abs=1e-6)
    assert percolation.outbreak_prob(2.0, "exponential", seeds=3) == pytest.approx(0.875)
    assert percolation.outbreak_prob(0.9) == 0.0
    # a dense graph is nearly a crowd; a fixed period makes chance and size agree
    chance, size = percolation.outbreak_prob_on_graph(
        percolation.degree_probs("poisson", 100), 2.0 / 100, 1.0
    )
    assert (chance, size) == pytest.approx((0.5, 0.796812), abs=0.015)
    chance, size = percolation.outbreak_prob_on_graph(
        percolation.degree_probs("regular", 4), 0.7, 1.0, "fixed"
    )
    assert chance == pytest.approx(size)


def test_final_size_laws_agree():
    markov = percolation.markov_final_size_law(30, 1.7)
    general = percolation.general_final_size_law(30, 1.7, "exponential")
    np.testing.assert_allclose(markov, general, atol=2e-5)
    fixed = percolation.general_final_size_law(30, 1.7, "fixed")
    np.testing.assert_allclose(graphs.complete_law(30, -math.expm1(-1.7 / 29)), fixed, atol=1e-9)
    assert markov.sum() == pytest.approx(1.0)
    # two people: infected before recovery with probability R0 / (1 + R0)
    assert percolation.markov_final_size_law(2, 1.5) == pytest.approx([0.0, 0.4, 0.6])


def test_seeded_final_size_solves_its_equation():
    z = percolation.final_size(1.4, 0.01)
    assert 1 - z == pytest.approx(0.99 * math.exp(-1.4 * z))
    assert percolation.final_size(0.0, 0.3) == pytest.approx(0.3)


# -------------------------------------------------------------------------------------------- thresholds


def test_watts_digits():
    assert [round(z, 4) for z in thresholds.cascade_window(0.18)] == [1.0207, 5.7647]
    assert all(math.isnan(z) for z in thresholds.cascade_window(0.9))
    for z, trigger in ((1.5, 0.5489), (3.0, 0.8735), (5.0, 0.6953)):
        found = thresholds.watts(percolation.degree_probs("poisson", z), 0.18)
        assert found.trigger == pytest.approx(trigger, abs=5e-5)
        assert found.size <= found.giant + 1e-9
        assert found.giant == pytest.approx(percolation.final_size(z))
    assert thresholds.watts(percolation.degree_probs("poisson", 7.0), 0.18).trigger == 0.0


def test_threshold_met_exactly():
    assert thresholds.needed_neighbours(0.2, 5) == 1
    assert thresholds.needed_neighbours(0.18, 6) == 2
    assert thresholds.needed_neighbours(0.0, 6) == 1
    assert all(thresholds.needed_neighbours(k / d, d) == k for d in range(1, 200) for k in range(1, d + 1))


@pytest.mark.parametrize("need", [1, 2, 3, 4, 5])
def test_lattices(need):
    for each_side in (1, 2, 3, 4):
        seeds = [d % 30 for d in range(-each_side, each_side + 1)]
        assert thresholds.spreads_everywhere(30, thresholds.ring_edges(30, each_side), need, seeds) == (
            need <= each_side
        )
    seeds = [(r % 10) * 10 + c % 10 for r in (-1, 0, 1) for c in (-1, 0, 1)]
    assert thresholds.spreads_everywhere(100, thresholds.torus_edges(10), need, seeds) == (need <= 3)


# ---------------------------------------------------------------------------------------------- adoption


def test_bass_digits_and_identities():
    p, q = 0.03, 0.38
    assert adoption.bass_peak(p, q) == pytest.approx((6.192619, 0.460526, 0.110592), abs=1e-6)
    assert adoption.bass_adopted(p, q, [5, 10, 20]) == pytest.approx([0.33120, 0.81280, 0.99626], abs=5e-6)
    assert adoption.bass_circle(p, q, [5, 10, 20]) == pytest.approx([0.24846, 0.55826, 0.91667], abs=5e-6)
    assert adoption.bass_discrete(p, q, 10)[10] == pytest.approx(0.7826, abs=5e-5)
    t = np.array([1.0, 4.0, 15.0])
    pair = adoption.bass_graph(2, [(0, 1), (1, 0)], p, q, t)
    np.testing.assert_allclose(adoption.bass_pair(p, q, t), pair, atol=1e-10)
    np.testing.assert_allclose(
        adoption.bass_pair(0.2, 0.2, t), adoption.bass_graph(2, [(0, 1), (1, 0)], 0.2, 0.2, t)
    )
    complete = [(u, v) for u in range(5) for v in range(5) if u != v]
    np.testing.assert_allclose(
        adoption.bass_complete(5, p, q, t), adoption.bass_graph(5, complete, p, q, t), atol=1e-9
    )
    circle = [(v, (v + 1) % 11) for v in range(11)]
    np.testing.assert_allclose(
        adoption.bass_graph(11, circle, p, q, [3.0]), adoption.bass_circle(p, q, [3.0]), atol=1e-6
    )
    assert adoption.bass_complete(3000, p, q, [10.0])[0] == pytest.approx(0.8128, abs=2e-3)
    # nobody watched: everybody adopts alone
    alone = adoption.bass_graph(3, [], p, q, t)
    np.testing.assert_allclose(alone, -np.expm1(-p * t), atol=1e-10)


def test_talk_of_the_network_without_ties_is_advertising():
    line = adoption.talk_adopted(3, 0, 0.1, 0.0, 0.0, periods=10)
    np.testing.assert_allclose(line, 1 - 0.9 ** np.arange(11), atol=1e-12)
    # one strong tie: the two people of a network by hand
    pair = adoption.talk_adopted(1, 0, 0.1, 0.0, 0.5, periods=2)
    both = 0.1**2 + 2 * 0.1 * 0.9 * (1 - 0.9 * 0.5) + 0.81 * 0.01
    one = 2 * 0.09 * 0.45 + 0.81 * 2 * 0.09
    assert pair[2] == pytest.approx((2 * both + one) / 2)
    periods = adoption.crossing_times(adoption.talk_adopted(17, 17, 0.005, 0.01, 0.04))
    assert periods == pytest.approx([5.91, 8.99, 13.62], abs=0.01)
    assert np.isnan(adoption.crossing_times([0.0, 0.1], (0.5,))[0])


# ------------------------------------------------------------------------------------------------- trees


@given(st.lists(st.floats(0, 0.999), min_size=1, max_size=25))
def test_virality_of_random_trees_by_cutting_edges(picks):
    """Sum over edges of (people below) x (the rest), counted twice, over n (n - 1)."""
    parents = [-1, *[int(u * (v + 1)) for v, u in enumerate(picks)]]
    n = len(parents)
    below = [1] * n
    for v in range(n - 1, 0, -1):
        below[parents[v]] += below[v]
    cut = sum(below[v] * (n - below[v]) for v in range(1, n))
    assert trees.virality_by_distances(parents) == pytest.approx(2 * cut / (n * (n - 1)))


def test_virality_of_known_trees():
    for depth, value in ((1, 1.333333), (2, 2.285714), (3, 3.504762), (5, 6.586790), (10, 16.037156)):
        assert trees.virality_of_binary_tree(depth) == pytest.approx(value, abs=5e-7)
        if depth <= 5:
            assert trees.virality_by_distances(trees.binary_tree(depth)) == pytest.approx(value, abs=5e-7)
    assert trees.virality_by_distances(trees.star_tree(9)) == pytest.approx(trees.star_virality(9))
    assert trees.virality_by_distances(trees.path_tree(9)) == pytest.approx(trees.virality_of_path(9))
    assert math.isnan(trees.virality_by_distances([-1]))


def test_earned_media_value():
    assert trees.earned_media_value(20_000, 2.45, part=0.02) == pytest.approx(0.98)
    assert trees.earned_media_value(50_000, 0.05, [(5000, 0.3), (500, 0.5)]) == pytest.approx(1752.5)


# --------------------------------------------------------------------------------------------- followers


def test_follower_cascades():
    found = followers.follower_theory(2.3, 0.5)
    assert found.mean_followers == pytest.approx(39.932, abs=5e-4)
    assert found.size_prob[1] == pytest.approx(0.7419, abs=5e-5)
    assert found.at_least(100) == pytest.approx(6.70e-4, abs=5e-7)
    ordinary = followers.follower_theory(2.0, 0.2)
    assert ordinary.size_prob[1] == pytest.approx(0.922, abs=5e-4)
    assert ordinary.within_one == pytest.approx(0.9906, abs=5e-5)
    assert (ordinary.mean, ordinary.at_least(100)) == pytest.approx((1.25, 2.36e-4), abs=5e-7)


def test_follower_cascades_with_equal_counts_are_binomial():
    found = followers.follower_theory(2.0, 0.6, least=12, most=12, largest=30)
    law = branching.total_progeny(stats.binom.pmf(np.arange(13), 12, 0.05), 30)
    np.testing.assert_allclose(found.size_prob, law, atol=1e-13)
