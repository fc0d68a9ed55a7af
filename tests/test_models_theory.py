"""The classic models against closed forms: exact where small, within standard errors elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import viralsim as vs
from viralsim.kernels import laws
from viralsim.models import expectations
from viralsim.models.durations import check_duration
from viralsim.models.progeny import check_offspring
from viralsim.rng import derive, text_key

m = vs.models


def near(values, expected, errors=4.0, allowance=0.0):
    """Mean within so many standard errors of what is expected, or within an allowance."""
    values = np.asarray(values, float)
    se = values.std(ddof=1) / math.sqrt(values.size)
    assert abs(values.mean() - expected) <= max(errors * se, allowance), (values.mean(), expected, se)


# ------------------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("u", [1e-15, 1e-9, 0.003, 0.0749, 0.0751, 0.3, 0.5, 0.9, 0.999999])
def test_normal_quantile_is_right(u):
    assert laws.normal_quantile(u) == pytest.approx(stats.norm.ppf(u), rel=1e-13, abs=1e-15)


def test_exponential_function_is_right():
    for x in np.linspace(-690, 690, 1381):
        assert laws.exp(x) == pytest.approx(math.exp(x), rel=2e-15)
    assert laws.exp(-800.0) == 0.0 and laws.exp(800.0) == math.inf


@pytest.mark.parametrize(
    ("law", "scipy_law"),
    [
        (("exponential", 3.0), stats.expon(scale=3.0)),
        (("lognormal", 2.0, 0.7), stats.lognorm(0.7, scale=2.0)),
        (("power-law", 0.5, 1.4), None),
    ],
)
def test_durations_have_their_law(law, scipy_law):
    checked = check_duration("period", law)
    key = text_key("durations")
    drawn = np.array([laws.draw_hours(checked.kernel, np.uint64(derive(key, i))) for i in range(4000)])

    def power(t):
        t = np.asarray(t, float)
        hours, theta = law[1:]
        tail = 1 - (np.maximum(t, hours) / hours) ** -theta / (1 + theta)
        return np.where(t <= hours, t / hours * theta / (1 + theta), tail)

    assert stats.kstest(drawn, scipy_law.cdf if scipy_law else power).pvalue > 1e-4
    assert np.median(drawn) == pytest.approx(checked.median_hours, rel=0.1)


def test_twitter_delays_are_those_published():
    from viralsim.models.delays import TWITTER_DELAY

    law = check_duration("delay", TWITTER_DELAY)
    assert law.median_hours * 60 == pytest.approx(40.6, abs=0.1)
    for hours, part in ((1.0, 0.54), (24.0, 0.78)):
        assert 1 - (hours / law.hours) ** -law.shape / (1 + law.shape) == pytest.approx(part, abs=0.005)


# -------------------------------------------------------------------------------------------- branching


@pytest.mark.parametrize("mean", [0.5, 0.9])
def test_poisson_branching_has_the_borel_law(mean):
    r = m.branching(mean, 40_000, seed=3)
    near(r.size, 1 / (1 - mean))
    n = np.arange(1, 11)
    law = np.exp(-mean * n + (n - 1) * np.log(mean * n) - np.array([math.lgamma(k + 1) for k in n]))
    counts = np.bincount(np.minimum(r.size, 11), minlength=12)[1:]
    expected = 40_000 * np.append(law, 1 - law.sum())
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-4
    tail = {0.5: (10, 0.013616), 0.9: (100, 0.017420)}[mean]
    near(r.size >= tail[0], tail[1])


@pytest.mark.parametrize(("mean", "extinct"), [(1.2, 0.686302), (1.5, 0.417188), (2.0, 0.203188)])
def test_branching_dies_out_as_often_as_it_must(mean, extinct):
    r = m.branching(mean, 20_000, max_size=2000, seed=1)
    near(~r.censored, extinct)
    assert (r.size[r.censored] == 2000).all()
    found = expectations.expect_branching(check_offspring(mean), 1)
    assert found.values["extinction_prob"] == pytest.approx(extinct, abs=1e-6)


def test_general_offspring_by_power_series():
    """P(N = n) = P(S_n = n - 1) / n with S_n a sum of n offspring (Dwass 1969)."""
    law = [0.6, 0.1, 0.2, 0.1]
    r = m.branching(law, 40_000, seed=4)
    power, expected = np.array([1.0]), []
    for n in range(1, 13):
        power = np.convolve(power, law)
        expected.append(power[n - 1] / n)
    counts = np.bincount(np.minimum(r.size, 13), minlength=14)[1:]
    told = 40_000 * np.append(expected, 1 - sum(expected))
    assert stats.chisquare(counts, told * counts.sum() / told.sum()).pvalue > 1e-4


def test_named_offspring_have_their_probabilities():
    for given, law in (
        (("poisson", 2.5), stats.poisson(2.5)),
        (("geometric", 1.5), stats.geom(1 / 2.5, loc=-1)),
        (("negative-binomial", 1.2, 0.4), stats.nbinom(0.4, 0.4 / 1.6)),
    ):
        found = check_offspring(given).probabilities
        assert np.allclose(found, law.pmf(np.arange(found.size)), rtol=1e-10, atol=1e-15)
        assert found.sum() == pytest.approx(1.0, abs=1e-13)


@pytest.mark.parametrize("mean", [0.7, 1.0, 1.3])
def test_branching_in_time(mean):
    r = m.branching(mean, 20_000, delay=("exponential", 2.0), horizon_hours=6.0, bins=60, seed=2)
    for k in (9, 29, 59):
        t, g = r.times_hours[k], 0.5
        expected = 1 + g * t if mean == 1 else (1 - mean * math.exp(-g * (1 - mean) * t)) / (1 - mean)
        near(r.curve("born")[:, k], expected)


# ------------------------------------------------------------------------------------------------ Bass


def test_bass_of_two_people():
    """E adopters of two: P(neither) = e^-2pt; the second waits at rate p + q after the first."""
    p, q = 0.2, 0.7
    pair = vs.SocialGraph.from_edges([0], [1], directed=False)
    for g, n in ((pair, None), (None, 2)):
        r = m.bass(g, p, q, 40_000, n=n, horizon_hours=4, bins=8, seed=6)
        for k in (1, 3, 7):
            t = r.times_hours[k]
            one = 2 * p / (q - p) * (math.exp(-2 * p * t) - math.exp(-(p + q) * t))
            both = 1 - math.exp(-2 * p * t) - one
            near(r.curve("adopters")[:, k] == 2, both)
            near(r.curve("adopters")[:, k], one + 2 * both)


def test_bass_on_the_one_sided_circle():
    n = 4000
    ring = vs.SocialGraph.from_edges(np.arange(n), (np.arange(n) + 1) % n)
    r = m.bass(ring, 0.03, 0.38, 40, horizon_hours=20, bins=20, seed=1)
    for t, expected in ((5, 0.24846), (10, 0.55826), (20, 0.91667)):
        near(r.curve("adopters")[:, t - 1] / n, expected)


@pytest.mark.parametrize("graph", [True, False])
def test_bass_on_the_complete_graph_is_the_closed_form(graph):
    n = 400 if graph else 20_000
    g = None
    if graph:
        src, dst = np.nonzero(~np.eye(n, dtype=bool))
        g = vs.SocialGraph.from_edges(src, dst, n)
    r = m.bass(g, 0.03, 0.38, 60, n=None if graph else n, horizon_hours=20, bins=20, seed=2)
    for t, expected in ((5, 0.33120), (10, 0.81280), (20, 0.99626)):
        near(r.curve("adopters")[:, t - 1] / n, expected, allowance=2.0 / n + (0.01 if graph else 0.001))


def test_discrete_bass_is_the_recursion_and_not_the_closed_form():
    r = m.bass(None, 0.03, 0.38, 30, n=20_000, time="discrete", seed=1)
    near(r.curve("adopters")[:, 9] / 20_000, 0.7826, allowance=0.002)
    told = expectations.expect_bass(0.03, 0.38, 1, np.arange(1.0, 21.0), True).curve[1]
    assert told[9] == pytest.approx(0.7826, abs=5e-5)
    closed = expectations.expect_bass(0.03, 0.38, 1, np.array([5.0, 10.0, 20.0]), False).curve[1]
    assert np.allclose(closed, [0.33120, 0.81280, 0.99626], atol=5e-6)


# ------------------------------------------------------------------------------------------- epidemics


@pytest.mark.parametrize(("reproduction", "size"), [(1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480)])
@pytest.mark.parametrize("period", [("exponential", 2.0), ("fixed", 2.0), ("lognormal", 2.0, 0.6)])
def test_well_mixed_sir_has_its_final_size_and_outbreak_probability(reproduction, size, period):
    n, runs = 2500, 300
    law = check_duration("period", period)
    rate = reproduction / law.mean_hours
    r = m.sir(None, [0], runs, rate, period, n=n, bins=0, seed=8)
    large = r.size > n // 10
    near(r.size[large] / n, size, allowance=0.008)
    told = expectations.expect_epidemic(rate, law, n, 1).values
    assert told["large_size"] / n == pytest.approx(size, abs=1e-5)
    if period[0] == "exponential":
        near(large, 1 - 1 / reproduction)
    elif period[0] == "fixed":
        near(large, size)
    if "outbreak_prob" in told:
        near(large, told["outbreak_prob"])


def test_outbreak_probability_depends_on_the_law_of_the_period():
    told = [expectations.expect_epidemic(2.0, check_duration("p", p), 10, 1) for p in (1.0, ("fixed", 1.0))]
    assert told[0].values["outbreak_prob"] == pytest.approx(0.5)
    assert told[1].values["outbreak_prob"] == pytest.approx(0.797, abs=5e-4)


def test_first_passage_and_contacts_are_the_same_epidemic():
    """SEIR on a complete graph by first passage, and well mixed by contacts: the same laws of size and time."""
    n = 40
    src, dst = np.nonzero(~np.eye(n, dtype=bool))
    g = vs.SocialGraph.from_edges(src, dst, n)
    laws_ = {"period": ("lognormal", 1.0, 0.5), "latent": ("fixed", 0.5), "horizon_hours": 4.0, "bins": 4}
    one = m.seir(g, [0, 1], 4000, 1.5 / (n - 1), seed=1, **laws_)
    two = m.seir(None, [0, 1], 4000, 1.5, n=n, seed=1, **laws_)
    assert stats.ks_2samp(one.size, two.size).pvalue > 1e-3
    assert stats.ks_2samp(one.depth, two.depth).pvalue > 1e-3
    for name in "SEIR":
        assert stats.ks_2samp(one.curve(name)[:, 2], two.curve(name)[:, 2]).pvalue > 1e-3


def test_sir_with_fixed_periods_is_an_independent_cascade():
    """Exactly the live-edge law: each arc is live with chance 1 - exp(-rate x period), independently."""
    g = vs.generate.erdos_renyi(300, 4.0, seed=5)
    sir = m.sir(g, [0], 6000, 0.5, ("fixed", 0.6), seed=1)
    ic = m.independent_cascade(g, [0], -math.expm1(-0.3), 6000, seed=2)
    assert stats.ks_2samp(sir.size, ic.size).pvalue > 1e-3


def test_sir_of_two_people_with_exponential_periods():
    pair = vs.SocialGraph.from_edges([0], [1])
    r = m.sir(pair, [0], 40_000, 2.0, 1.0, seed=3)
    near(r.size == 2, 2.0 / 3.0)


def test_si_by_time_on_a_path_is_a_gamma_law():
    path = vs.SocialGraph.from_edges([0, 1, 2], [1, 2, 3])
    r = m.si(path, [0], 20_000, 0.5, horizon_hours=8, bins=8, seed=3)
    for k in (1, 3, 7):
        near(r.curve("I")[:, k] == 4, stats.gamma(3, scale=2.0).cdf(k + 1))


def test_sis_is_endemic_where_theory_says():
    """Well mixed, exponential: the quasi-stationary mean is near n (1 - 1/R0) - 1 / (R0 - 1) (Naasell 1999)."""
    n = 1000
    r = m.sis(None, range(n // 2), 25, 3.0, 1.0, n=n, horizon_hours=20, bins=20, seed=3)
    near(r.curve("I")[:, -1], n * 2 / 3 - 0.5, allowance=1.0)
    assert (r.curve("S") + r.curve("I") == n).all()


# ------------------------------------------------------------------------------------------ thresholds


def test_ties_count_as_met():
    """Trap 6: 1 of 5 is 0.2, and with 0.2 x 5 above 1 by rounding it must still adopt."""
    for k in range(1, 60):
        for j in range(1, k + 1):
            star = vs.SocialGraph.from_edges(np.arange(1, k + 1), np.zeros(k, int))
            r = m.threshold(star, np.arange(1, j + 1), 1, fraction=j / k, bins=0)
            assert r.size[0] == j + 1, (j, k)
            if j > 1:
                fewer = m.threshold(star, np.arange(1, j), 1, fraction=j / k, bins=0)
                assert fewer.size[0] == j - 1


@pytest.mark.parametrize("reach", [1, 2, 3])
@pytest.mark.parametrize("need", [1, 2, 3, 4])
def test_absolute_threshold_on_a_ring(reach, need):
    n = 60
    src = np.concatenate([np.arange(n)] * reach)
    dst = np.concatenate([(np.arange(n) + k) % n for k in range(1, reach + 1)])
    ring = vs.SocialGraph.from_edges(src, dst, n, directed=False)
    seeds = np.unique(np.append(ring.followers(30), 30))
    r = m.threshold(ring, seeds, 1, absolute=need)
    assert (r.size[0] == n) == (need <= reach)


@pytest.mark.parametrize("need", [1, 2, 3, 4])
def test_absolute_threshold_on_the_torus(need):
    side = 14
    x, y = np.divmod(np.arange(side * side), side)
    steps = [(1, 0), (0, 1), (1, 1), (1, -1)]
    dst = [((x + a) % side) * side + (y + b) % side for a, b in steps]
    torus = vs.SocialGraph.from_edges(np.tile(np.arange(side**2), 4), np.concatenate(dst), directed=False)
    seeds = np.append(torus.followers(100), 100)
    r = m.threshold(torus, seeds, 1, absolute=need)
    assert (r.size[0] == side**2) == (need <= 3)


@pytest.mark.parametrize(("z", "trigger"), [(1.5, 0.5489), (3.0, 0.8735), (5.0, 0.6953)])
def test_watts_cascade_probability_is_computed(z, trigger):
    told = expectations.expect_watts(z, 0.18, 1)
    assert told.values["outbreak_prob"] == pytest.approx(trigger, abs=1e-4)
    assert (told.values["large_size"]) == pytest.approx(
        {1.5: 0.582812, 3.0: 0.940480, 5.0: 0.993023}[z], abs=2e-6
    )


@pytest.mark.parametrize(("z", "spreads"), [(1.015, False), (1.03, True), (5.75, True), (5.78, False)])
def test_watts_window(z, spreads):
    assert (expectations.expect_watts(z, 0.18, 1).values["outbreak_prob"] > 0) == spreads


def test_watts_cascades_on_a_poisson_graph():
    n, z = 10_000, 3.0
    hits, sizes = [], []
    for graph in range(4):  # the standard error is that of graphs and runs together
        g = vs.generate.erdos_renyi(n, z, seed=graph)
        seeds = (np.arange(150)[:, None] * 79 + graph) % n
        r = m.threshold(g, seeds, 150, fraction=0.18, bins=0)
        large = r.size > n // 20
        hits.extend(large.tolist())
        sizes.extend((r.size[large] / n).tolist())
    told = expectations.expect_watts(z, 0.18, n)
    near(np.array(hits), told.values["outbreak_prob"], allowance=0.01)
    assert abs(np.mean(sizes) - told.values["large_size"] / n) < 0.01


def test_no_global_cascades_outside_the_window():
    g = vs.generate.erdos_renyi(20_000, 9.0, seed=1)
    r = m.threshold(g, np.arange(200)[:, None], 200, fraction=0.18, bins=0)
    assert r.size.max() < 200


def test_parent_changes_depth_but_never_size():
    """On a ring of two neighbours each side, who needs both has the nearer (later) or the farther (earlier) parent."""
    n = 60
    src, dst = np.tile(np.arange(n), 2), np.concatenate([(np.arange(n) + k) % n for k in (1, 2)])
    g = vs.SocialGraph.from_edges(src, dst, n, directed=False)
    runs = {p: m.threshold(g, [0, 1], 5, absolute=2, parent=p) for p in ("latest", "first", "random")}
    sizes = {p: r.size.tolist() for p, r in runs.items()}
    assert sizes["latest"] == sizes["first"] == sizes["random"]
    assert sizes["latest"] == [n] * 5
    assert runs["latest"].depth.tolist() == [29] * 5
    assert runs["first"].depth.max() <= 15
    virality = [run.structural_virality()[0] for run in runs.values()]
    assert virality[0] != virality[2]  # of two paths of 30 either way: the first two are equal


def test_more_seeds_and_lower_thresholds_never_lose_anybody():
    g = vs.generate.erdos_renyi(500, 5.0, seed=2)
    law = ("uniform", 0.1, 0.6)
    few = m.threshold(g, [0, 1], 40, fraction=law, below_prob=0.01, horizon_steps=12)
    more = m.threshold(g, [0, 1, 2], 40, fraction=law, below_prob=0.01, horizon_steps=12)
    lower = m.threshold(g, [0, 1], 40, fraction=("uniform", 0.05, 0.5), below_prob=0.02, horizon_steps=12)
    for other in (more, lower):
        assert (other.size >= few.size).all() and other.size.sum() > few.size.sum()
    for i in range(5):
        assert set(few.trace(i).persons) <= set(more.trace(i).persons)


def test_adoption_below_the_threshold_waits_geometrically():
    pair = vs.SocialGraph.from_edges([0, 2], [1, 1])
    r = m.threshold(pair, [0], 20_000, absolute=2, below_prob=0.3, horizon_steps=6)
    for step in range(1, 7):
        near(r.curve("adopters")[:, step - 1] == 2, 1 - 0.7**step)


# ------------------------------------------------------------------------------------ cascades in time


def test_delayed_cascade_follows_the_temporal_law_of_a_tree():
    """One child each with chance p and exponential delays: a path, N(t) - 1 capped by a geometric number."""
    n = 40
    path = vs.SocialGraph.from_edges(np.arange(n - 1), np.arange(1, n))
    r = m.temporal_cascade(path, [0], 0.5, 20_000, ("exponential", 2.0), horizon_hours=8.0, bins=8)
    for k in (0, 3, 7):
        t = k + 1.0
        expected = (1 - 0.5 * math.exp(-0.5 * 0.5 * t)) / 0.5
        near(r.curve("reached")[:, k], expected)


def test_raising_transmission_never_loses_anybody():
    g = vs.generate.erdos_renyi(400, 5.0, seed=2)
    low, high = (m.sir(g, [0], 40, rate, 1.0, seed=3) for rate in (0.2, 0.3))
    assert (high.size >= low.size).all() and high.size.sum() > low.size.sum()
    for i in range(5):
        assert set(low.trace(i).persons) <= set(high.trace(i).persons)
    short, long = (m.sir(g, [0], 40, 0.3, ("fixed", hours), seed=3) for hours in (0.6, 1.0))
    assert (long.size >= short.size).all()
    slow, fast = (m.bass(g, 0.03, q, 20, horizon_hours=8.0, seed=3) for q in (0.2, 0.4))
    assert (fast.curve("adopters") >= slow.curve("adopters")).all()
