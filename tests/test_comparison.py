"""Comparisons: paired statistics against brute force, verdicts, and what stands in their way."""

from __future__ import annotations

import itertools
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hand_tallies import scenario, tallies_of_displays, tallies_of_reach
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from viralsim.engine.ensemble import Ensemble
from viralsim.errors import SpecError
from viralsim.experiment import comparison, verdicts
from viralsim.experiment.comparison import compare, compare_ensembles
from viralsim.experiment.settling import look_sizes
from viralsim.metrics.best import prob_best_of_means, prob_best_of_runs
from viralsim.metrics.columns import Column, as_column
from viralsim.metrics.paired import pair, prob_higher, prob_mean_higher

DRAWS, REPLICATES = 20, 200
DRAW = np.arange(REPLICATES) % DRAWS


@pytest.fixture(autouse=True)
def no_uncertain_numbers(monkeypatch):
    monkeypatch.setattr(comparison, "_uncertain_paths", lambda scenario: [])
    monkeypatch.setattr(comparison, "_check_metrics", lambda scenario, names: None)


@pytest.fixture(autouse=True)
def stand_ins_have_no_people(monkeypatch):
    """Scenarios are stand-ins in most of these tests; what is refused of real ones: test_shortages."""
    monkeypatch.setattr(comparison, "_check_people", lambda *_: None)


def ensemble(reach, name="hand", draw=DRAW, seed=7, **changes) -> Ensemble:
    return Ensemble(tallies_of_reach(reach, draw, **changes), scenario(name), seed)


def normal_reach(mean, spread, seed, shared=0.0):
    """Reach per replicate; `shared` is the standard deviation of luck common to all with the same seed 0."""
    common = np.random.default_rng(0).normal(0, 1, REPLICATES)
    own = np.random.default_rng(seed).normal(0, 1, REPLICATES)
    return np.maximum(np.round(mean + shared * common + spread * own), 0)


# ------------------------------------------------------------------------------------------- statistics


def brute_force_prob(a, b, draw):
    won = pairs = 0.0
    for i in range(a.size):
        for j in range(b.size):
            if i != j and draw[i] == draw[j] and not (np.isnan(a[i]) or np.isnan(b[j])):
                pairs += 1
                won += 1.0 if b[j] > a[i] else 0.5 if b[j] == a[i] else 0.0
    return won / pairs if pairs else math.nan


numbers = st.one_of(st.integers(0, 6).map(float), st.just(math.nan))


@given(data=st.lists(st.tuples(numbers, numbers, st.integers(0, 3)), min_size=1, max_size=25))
def test_prob_higher_is_the_count_of_all_pairs(data):
    a, b, draw = (np.array(column) for column in zip(*data, strict=True))
    expected = brute_force_prob(a, b, draw)
    found = prob_higher(a, b, draw)
    assert found == pytest.approx(expected, abs=1e-12) or (math.isnan(found) and math.isnan(expected))


def test_pairs_with_shared_luck_do_not_count():
    a = np.array([1.0, 2.0, 3.0, 4.0])
    draw = np.zeros(4, np.int64)
    assert prob_higher(a, a, draw) == 0.5
    assert prob_higher(a, a + 0.5, draw) == 0.5, "B wins each shared world but not each other run"
    assert math.isnan(prob_higher(a, a, np.arange(4)))


@given(seed=st.integers(0, 10**6))
def test_confidence_in_the_mean_is_students_t_on_draw_differences(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(50, 5, (2, 12))
    draw = np.arange(12) % 4
    found = pair(as_column(a - 100), as_column(b - 100), draw)  # not positive: judged by difference
    paired = np.array([(b - a)[draw == d].mean() for d in range(4)])
    test = stats.ttest_1samp(paired, 0.0, alternative="greater")
    assert found.prob_mean_higher == pytest.approx(1.0 - test.pvalue, abs=1e-9)
    assert found.se == pytest.approx(paired.std(ddof=1) / 2)
    half = stats.t.ppf(0.975, 3) * found.se
    assert found.low <= found.difference - half + 1e-9
    assert found.high >= found.difference + half - 1e-9


def test_confidence_in_the_mean_at_its_edges():
    assert prob_mean_higher(0.0, 0.0, 3.0, 4) == 0.5
    assert prob_mean_higher(1.0, 0.0, 3.0, 4) == 1 - 0.5**4
    assert prob_mean_higher(-1.0, 0.0, 3.0, 4) == 0.5**4
    assert prob_mean_higher(1.0, 1.0, 1.0, 2) < prob_mean_higher(1.0, 1.0, 19.0, 20), (
        "few draws: nearer to 1/2"
    )


def test_ratio_of_ratios_is_sum_over_sum_and_its_error_by_simulation():
    rng = np.random.default_rng(8)
    truth, ensembles = 1.2, 1000
    draw = np.arange(100) % 20
    logs, errors = [], []
    for _ in range(ensembles):
        denominator = rng.poisson(300 * rng.lognormal(0, 0.3, 20)[draw]).astype(float)
        level = 0.1 * rng.lognormal(0, 0.2, 20)[draw]
        a = Column(rng.poisson(level * denominator).astype(float), denominator)
        b = Column(rng.poisson(truth * level * denominator).astype(float), denominator)
        found = pair(a, b, draw)
        logs.append(found.effect)
        errors.append(found.effect_se**2)
    spread = np.var(logs, ddof=1)
    assert abs(np.mean(logs) - math.log(truth)) < 5 * math.sqrt(spread / ensembles) + spread
    assert np.mean(errors) == pytest.approx(spread, rel=5 * math.sqrt(2 / ensembles) + 1 / 20)
    assert found.ratio == pytest.approx(b.numerator.sum() / a.numerator.sum())


def test_sharing_worlds_is_measured():
    a, b = normal_reach(500, 3, 1, shared=40), normal_reach(520, 3, 2, shared=40)
    found = pair(as_column(a), as_column(b), DRAW)
    assert found.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert found.correlation > 0.9
    assert found.variance_reduction > 20
    apart = pair(as_column(normal_reach(500, 40, 3)), as_column(normal_reach(520, 40, 4)), DRAW)
    assert 0.3 < apart.variance_reduction < 3


# --------------------------------------------------------------------------------------------- verdicts


def test_identical_scenarios_are_practically_equal():
    reach = normal_reach(300, 50, 1)
    c = compare_ensembles([ensemble(reach, "a"), ensemble(reach, "b")])
    assert (c.difference, c.ratio, c.interval) == (0.0, 1.0, (0.0, 0.0))
    assert (c.verdict, c.prob_mean_better, c.prob_better) == ("practically equal", 0.5, 0.5)
    assert c.unresolved_because is None and c.replicates_needed is None
    assert "practically equal in reach" in c.sentence()


def test_better_worse_and_the_direction_of_better():
    low, high = normal_reach(300, 20, 1), normal_reach(420, 20, 2)
    up = compare_ensembles([ensemble(low, "few"), ensemble(high, "many")])
    assert up.verdict == "better"
    assert up.prob_better > 0.95 and up.prob_mean_better > 0.99
    assert up.ratio == pytest.approx(high.sum() / low.sum())
    only = up.pairs[0]
    assert only.low < up.difference < only.high and only.ratio_low < up.ratio < only.ratio_high
    down = compare_ensembles([ensemble(high, "many"), ensemble(low, "few")])
    assert down.verdict == "worse"
    assert down.prob_better == pytest.approx(1 - up.prob_better)
    assert down.difference == pytest.approx(-up.difference)
    cost = {"has_prices": True, "seed_cost": np.full(REPLICATES, 100.0)}
    dear = {"has_prices": True, "seed_cost": np.full(REPLICATES, 300.0)}
    c = compare_ensembles([ensemble(low, **cost), ensemble(low, **dear)], metric="cost")
    assert (c.verdict, c.prob_better) == ("worse", 0.0), "a higher cost is worse"
    assert c.prob_mean_better < 1e-5
    early = ensemble(low, "early")
    late = ensemble(low, "late")
    late.tallies.curves[:, 0, 0] = np.roll(late.tallies.curves[:, 0, 0], 1, axis=1)
    c = compare_ensembles([early, late], metric="peak_hour")
    assert c.verdict == "higher", "neither is better"


def test_simulation_noise_says_how_many_more():
    a, b = normal_reach(300, 60, 1), normal_reach(300, 60, 2)
    b += np.round(306 - b.mean() - 300 + a.mean())
    c = compare_ensembles([ensemble(a, "a"), ensemble(b, "b")])
    assert (c.verdict, c.unresolved_because) == ("unresolved", "simulation noise")
    assert c.replicates_needed >= 1
    assert f"about {c.replicates_needed:,} more replicates" in c.sentence()


def test_the_number_of_replicates_needed_is_about_right():
    """With that many in all, the verdict is reached in about half of the repetitions or more."""
    rng = np.random.default_rng(9)
    a = rng.normal(300, 60, REPLICATES)
    b = rng.normal(312, 60, REPLICATES)
    a += 300 - a.mean()
    b += 312 - b.mean()
    found = pair(as_column(a), as_column(b), DRAW)
    verdict = verdicts.judge(found, 0.05, "higher")
    assert verdict.because == "simulation noise"
    assert verdict.needed is not None
    total = REPLICATES + verdict.needed.replicates
    settled, trials = 0, 200
    draw = np.arange(total) % DRAWS
    for _ in range(trials):
        again = pair(as_column(rng.normal(300, 60, total)), as_column(rng.normal(312, 60, total)), draw)
        settled += verdicts.judge(again, 0.05, "higher").verdict != "unresolved"
    assert settled / trials > 0.35


def test_verdicts_are_seldom_wrong():
    """A/A pairs are called better or worse at most 5 % of the time; just worthwhile ones equal at most 2.5 %."""
    rng = np.random.default_rng(10)
    trials, wrong, equal = 600, 0, 0
    for _ in range(trials):
        a = rng.normal(300, 40, 100)
        draw = np.arange(100) % 20
        same = pair(as_column(a), as_column(rng.normal(300, 40, 100)), draw)
        wrong += verdicts.judge(same, 0.05, "higher").verdict in ("better", "worse")
        apart = pair(as_column(a), as_column(rng.normal(315, 40, 100)), draw)
        equal += verdicts.judge(apart, 0.05, "higher").verdict == "practically equal"
    assert wrong / trials < 0.05 + 4 * math.sqrt(0.05 * 0.95 / trials)
    assert equal / trials < 0.025 + 4 * math.sqrt(0.025 * 0.975 / trials)


def test_hopeless_differences_are_luck():
    """A tiny difference under enormous luck: a coin flip that would take over 100 times the replicates."""
    rng = np.random.default_rng(12)
    luck = rng.lognormal(0, 3.0, REPLICATES)
    a = luck * 100
    b = rng.permutation(luck) * 100 * 1.0
    found = pair(as_column(a), as_column(b), DRAW)
    assert abs(found.prob_higher - 0.5) < verdicts.COIN_FLIP
    verdict = verdicts.judge(found, 0.05, "higher")
    assert (verdict.verdict, verdict.because) == ("unresolved", "luck")


def uncertain_comparison(monkeypatch, paths):
    """B beats A where share_prob is low and loses where it is high; luck is small."""
    monkeypatch.setattr(comparison, "_uncertain_paths", lambda scenario: paths)
    scores = comparison.draw_scores([ensemble(normal_reach(300, 1, 1))])
    score = scores["items.film.share_prob"]
    a = normal_reach(1000, 5, 1)
    effect = -100 * (score - score.mean())[DRAW]
    return compare_ensembles([ensemble(a, "a"), ensemble(a + np.round(effect), "b")]), score


def test_an_unknown_number_is_named(monkeypatch):
    paths = ["items.film.share_prob", "items.film.stickiness", "platforms.instagram.organic_reach"]
    c, score = uncertain_comparison(monkeypatch, paths)
    assert (c.verdict, c.unresolved_because) == ("unresolved", "items.film.share_prob")
    assert c.pairs[0].assumption_share > 0.9
    assert "you do not know items.film.share_prob, test it" in c.sentence()
    assert np.ptp(score) > 1


def test_draw_scores_follow_the_model_page(monkeypatch):
    from viralsim.rng import derive, text_key, uniform

    monkeypatch.setattr(comparison, "_uncertain_paths", lambda scenario: ["items.film.share_prob"])
    scores = comparison.draw_scores([ensemble(normal_reach(300, 1, 1), seed=3)])["items.film.share_prob"]
    root = derive(0x76697261, 3)
    word = derive(derive(derive(root, 3), 5), text_key("items.film.share_prob"))
    assert scores[5] == pytest.approx(stats.norm.ppf(uniform(word)), abs=1e-9)
    assert scores.shape == (DRAWS,)


def test_chance_correlations_are_not_blamed():
    rng = np.random.default_rng(13)
    blamed = 0
    for _ in range(300):
        scores = {f"number {k}": rng.normal(size=20) for k in range(15)}
        blamed += verdicts.blame_assumption(rng.normal(size=20), scores) is not None
    assert blamed / 300 < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)
    few = {"x": np.arange(5.0)}
    assert verdicts.blame_assumption(np.arange(5.0), few) is None


def test_a_metric_of_zero_has_no_ratio():
    zero, some = np.zeros(REPLICATES), normal_reach(50, 5, 1)
    c = compare_ensembles([ensemble(zero, "none"), ensemble(some, "some")])
    assert (c.ratio, c.verdict) == (math.inf, "better")
    assert "more reach" in c.sentence()
    both = compare_ensembles([ensemble(zero), ensemble(zero)])
    assert (both.verdict, both.prob_better) == ("practically equal", 0.5)
    json.dumps(c.to_dict(), allow_nan=False)


# ---------------------------------------------------------------------------------------- many at once


def paired_normal(mean, spread, rng, replicates=100, draws=20):
    return pair(
        as_column(rng.normal(300, spread, replicates)),
        as_column(rng.normal(mean, spread, replicates)),
        np.arange(replicates) % draws,
    )


def two_sided(effect, se):
    return float(2 * stats.t.sf(abs(effect) / se, 19))


def test_verdicts_together_are_holms():
    """Against the textbook: sorted p-values, the k-th smallest held against .05 / (m - k)."""
    rng = np.random.default_rng(20)
    for _ in range(60):
        found = [paired_normal(mean, 30, rng) for mean in (300, 305, 310, 316, 325, 330)]
        p_values = [max(two_sided(p.effect, p.effect_se), two_sided(p.difference, p.se)) for p in found]
        rejected = set()
        for k, one in enumerate(np.argsort(p_values)):
            if p_values[one] > 0.05 / (6 - k):
                break
            rejected.add(int(one))
        passed = verdicts.judge_together(found, 1e-9, ["higher"] * 6)  # nothing is practically equal
        assert {k for k, verdict in enumerate(passed) if verdict.settled} == rejected


def test_one_pair_is_judged_as_ever():
    rng = np.random.default_rng(21)
    for mean in (300, 306, 320):
        one = paired_normal(mean, 30, rng)
        assert verdicts.judge_together([one], 0.05, ["higher"]) == [verdicts.judge(one, 0.05, "higher")]


def test_verdicts_that_stand_leave_more_for_the_others():
    rng = np.random.default_rng(22)
    found = [paired_normal(300, 30, rng) for _ in range(4)]
    better, equal = verdicts.Verdict("better"), verdicts.Verdict("practically equal")
    passed = verdicts.judge_together(found, 0.001, ["higher"] * 4, settled={1: better, 2: equal})
    assert (passed[1], passed[2]) == (better, equal)
    assert {passed[0].confidence, passed[3].confidence} == {1 - 0.05 / 3}, "one of each kind has left"


def test_each_kind_of_error_has_its_own_steps():
    """A difference found leaves more for other differences, and nothing more for equalities, and the reverse."""
    rng = np.random.default_rng(28)
    large, small = paired_normal(400, 5, rng), paired_normal(300, 0.5, rng)
    edge = paired_normal(300, 30, rng)
    p_value = 2 * (1 - max(edge.prob_mean_higher, 1 - edge.prob_mean_higher))
    fits_at = next(m for m in np.linspace(0.001, 0.5, 500) if verdicts.judge(edge, m, "higher").settled)
    assert p_value > 0.05, "it is no difference by itself"
    for others, worthwhile, settled in [
        ([small, small], fits_at, True),
        ([large, large], fits_at, False),  # differences do not help to say "equal"
    ]:
        passed = verdicts.judge_together([edge, *others], worthwhile, ["higher"] * 3)
        assert passed[1].settled and passed[2].settled
        assert passed[0].settled == settled


def test_many_equal_scenarios_are_seldom_told_apart():
    """Ten pairs of five equal scenarios: any wrong "better" or "worse" in at most 5 % of the comparisons."""
    rng = np.random.default_rng(23)
    trials, wrong, uncorrected = 100, 0, 0
    draw = np.arange(60) % 20
    for _ in range(trials):
        columns = [as_column(rng.normal(300, 40, 60)) for _ in range(5)]
        found = [pair(columns[a], columns[b], draw) for a in range(5) for b in range(a)]
        passed = verdicts.judge_together(found, 0.05, ["higher"] * len(found))
        wrong += any(verdict.verdict in ("better", "worse") for verdict in passed)
        alone = [verdicts.judge(one, 0.05, "higher").verdict for one in found]
        uncorrected += any(verdict in ("better", "worse") for verdict in alone)
    assert wrong / trials < 0.05 + 4 * math.sqrt(0.05 * 0.95 / trials)
    assert uncorrected / trials > 0.14, "without a correction it would be wrong often"


def test_intervals_that_hold_together_are_wider():
    labels = ["a", "b", "c"]
    found = [ensemble(normal_reach(300 + 3 * k, 20, k), label) for k, label in enumerate(labels)]
    c = compare_ensembles(found)
    for one in c.pairs:
        half = stats.t.ppf(1 - 0.05 / 6, DRAWS - 1) / stats.t.ppf(0.975, DRAWS - 1)
        assert one.simultaneous_high - one.difference == pytest.approx(half * (one.high - one.difference))
        assert one.simultaneous_ratio_low < one.ratio_low < one.ratio < one.ratio_high
    alone = compare_ensembles(found[:2]).pairs[0]
    assert (alone.simultaneous_low, alone.simultaneous_high) == (alone.low, alone.high)
    assert alone.confidence == 0.95


# ------------------------------------------------------------------------------------------- the best one


def brute_force_best(values, draw):
    """All ways of giving each scenario a replicate of its own, in the same draw; ties share."""
    won, counted = np.zeros(len(values)), 0.0
    for one in np.unique(draw):
        rows = np.flatnonzero(draw == one)
        part = np.zeros(len(values))
        deals = list(itertools.permutations(rows, len(values)))
        for deal in deals:
            seen = np.array([values[k][row] for k, row in enumerate(deal)])
            part += (seen == seen.max()) / (seen == seen.max()).sum()
        won += part / len(deals) * rows.size
        counted += rows.size
    return won / counted


@given(seed=st.integers(0, 10**6), scenarios=st.integers(2, 4))
@settings(max_examples=25)
def test_chance_of_the_best_run_is_the_count_of_all_deals(seed, scenarios):
    rng = np.random.default_rng(seed)
    draw = np.arange(10) % 2
    values = rng.integers(0, 4, (scenarios, 10)).astype(float)
    found = prob_best_of_runs(values, draw, 1)
    assert found.sum() == pytest.approx(1)
    if (
        scenarios < 4
    ):  # cyclic deals of five replicates to three are all deals, up to their order in the world
        assert found == pytest.approx(cyclic_best(values, draw), abs=1e-12)


def cyclic_best(values, draw):
    """The same over replicates i + s_k, all s different: what `prob_best_of_runs` says it tries."""
    total = np.zeros(len(values))
    for one in np.unique(draw):
        rows = values[:, draw == one]
        n = rows.shape[1]
        ways = list(itertools.permutations(range(1, n), len(values) - 1))
        for way in ways:
            for i in range(n):
                seen = np.array([rows[k, (i + s) % n] for k, s in enumerate((0, *way))])
                total += (seen == seen.max()) / (seen == seen.max()).sum() / len(ways)
    return total / values.shape[1]


def test_cyclic_deals_are_all_deals():
    rng = np.random.default_rng(24)
    values, draw = rng.normal(size=(3, 10)), np.arange(10) % 2
    assert cyclic_best(values, draw) == pytest.approx(brute_force_best(values, draw), abs=1e-12)


def test_two_scenarios_are_ranked_by_the_pairs_own_chances():
    a, b = normal_reach(300, 40, 1), normal_reach(306, 40, 2)
    c = compare_ensembles([ensemble(a, "a"), ensemble(b, "b")])
    first, second = c.ranking
    assert {first.label, second.label} == {"a", "b"} and first.mean >= second.mean
    of_b = first if first.label == "b" else second
    assert of_b.prob_best_run == c.prob_better
    assert of_b.prob_mean_best == pytest.approx(c.prob_mean_better, abs=1e-12)


def test_more_scenarios_than_replicates_in_a_draw():
    """Equal chances for equal laws, within the error of 40 draws of three replicates."""
    rng = np.random.default_rng(25)
    draw = np.arange(120) % 40
    found = np.mean([prob_best_of_runs(rng.normal(size=(5, 120)), draw, 3) for _ in range(20)], axis=0)
    assert found.sum() == pytest.approx(1)
    assert np.abs(found - 0.2).max() < 5 * math.sqrt(0.2 * 0.8 / (20 * 120))
    assert np.isnan(prob_best_of_runs(rng.normal(size=(3, 4)), np.arange(4), 3)).all()


def test_confidence_in_the_best_mean_against_an_integral():
    """Three independent means: P(first best) = E[prod F_k], by numbers, with the t of each replaced by the joint t."""
    rng = np.random.default_rng(26)
    draws = 400  # so many that t is normal within the error of the samples
    draw = np.arange(draws)
    influences = rng.normal(size=(3, draws))
    influences -= influences.mean(axis=1, keepdims=True)
    q, _ = np.linalg.qr(influences.T)  # independent exactly
    influences = q.T * math.sqrt(draws)
    means = [0.05, 0.0, -0.03]
    error = math.sqrt(draws / (draws - 1) / draws)
    grid = np.linspace(-0.5, 0.5, 4001)
    below = [stats.norm.cdf(grid, mean, error) for mean in means]
    density = [stats.norm.pdf(grid, mean, error) for mean in means]
    step = grid[1] - grid[0]
    expected = [float((density[k] * below[k - 1] * below[k - 2]).sum() * step) for k in range(3)]
    found = prob_best_of_means(means, influences, draw, 5)
    assert found == pytest.approx(expected, abs=5 * 0.5 / math.sqrt(16384) + 0.003)


def test_scenarios_that_agree_in_every_draw_share_the_first_place():
    reach = normal_reach(300, 40, 1)
    labels = ["a", "same", "worse"]
    c = compare_ensembles([ensemble(r, n) for r, n in zip([reach, reach, reach - 100], labels, strict=True)])
    assert [place.label for place in c.ranking] == labels
    assert [place.prob_mean_best for place in c.ranking] == [0.5, 0.5, 0.0]
    assert [place.prob_best_draw for place in c.ranking] == [0.5, 0.5, 0.0]
    assert c.ranking[0].prob_best_run == pytest.approx(0.5, abs=0.1)


def test_where_lower_is_better_the_lowest_comes_first():
    costs = [{"has_prices": True, "seed_cost": np.full(REPLICATES, cost)} for cost in (300.0, 100.0, 200.0)]
    reach = normal_reach(300, 20, 1)
    c = compare_ensembles(
        [ensemble(reach, n, **cost) for n, cost in zip("abc", costs, strict=True)], metric="cost"
    )
    assert [place.label for place in c.ranking] == ["b", "c", "a"]
    assert c.ranking[0].prob_best_run == 1.0
    assert "lowest expected cost" in c.sentence()


def test_who_never_wins_is_said_in_english():
    few, many = ensemble(normal_reach(100, 5, 1), "few"), ensemble(normal_reach(500, 5, 2), "many")
    assert "it never wins" in compare_ensembles([many, few]).sentence()
    assert "wins every time" in compare_ensembles([few, many]).sentence()


# ------------------------------------------------------------------------------------------- until settled


def growing(monkeypatch, mean_b, spread, ran, draws_spread=0.0):
    """A stand-in for the engine: reach of the second scenario about `mean_b`, of the first about 300."""

    def stand_in(given, effort, worlds, progress):
        ran.append((given.name, effort.replicates, effort.draws))
        rng = np.random.default_rng([effort.seed, effort.replicates, given.name == "b"])
        draw = np.arange(effort.replicates) % effort.draws
        mean = mean_b if given.name == "b" else 300
        reach = np.round(
            rng.normal(mean, spread, draw.size) + rng.normal(0, draws_spread, draw.max() + 1)[draw]
        )
        return ensemble(np.maximum(reach, 0), given.name, draw, effort.seed)

    monkeypatch.setattr(comparison, "_simulate", stand_in)


def pair_of_scenarios():
    return [scenario("a"), scenario("b")]


def test_looks_are_doubled_until_there_is_a_verdict(monkeypatch):
    ran: list = []
    growing(monkeypatch, 312, 60, ran)
    c = compare(pair_of_scenarios(), replicates=40, draws=4, until_settled=True, most_replicates=100_000)
    sizes = [look.replicates for look in c.looks]
    assert c.settled and c.looks[-1].unsettled == 0 and len(sizes) > 1
    assert sizes == sorted(sizes) and all(
        size % 40 == 0 and math.log2(size / 40).is_integer() for size in sizes
    )
    assert all(look.draws * 10 == look.replicates for look in c.looks)
    assert c.ensembles[0].replicates == sizes[-1]
    planned = int(math.log2(100_000 / 40)) + 1
    assert {look.error for look in c.looks} == {0.05 / planned}
    assert c.pairs[0].confidence == 1 - 0.05 / planned
    again = compare_ensembles(c.ensembles)
    assert again.pairs[0].low > c.pairs[0].low, "the interval is wide enough for all looks"
    assert len(ran) == 2 * len(sizes)


def test_clear_differences_are_settled_at_the_first_look(monkeypatch):
    ran: list = []
    growing(monkeypatch, 600, 30, ran)
    c = compare(pair_of_scenarios(), replicates=40, draws=4, until_settled=True)
    assert len(c.looks) == 1 and c.verdict == "better" and len(ran) == 2


def test_the_limit_ends_it_and_is_said(monkeypatch):
    ran: list = []
    growing(monkeypatch, 306, 400, ran)
    c = compare(pair_of_scenarios(), replicates=40, draws=4, until_settled=True, most_replicates=160)
    assert not c.settled and c.looks[-1].replicates == 160 and c.verdict == "unresolved"
    assert c.to_dict()["looks"][-1] == {"replicates": 160, "draws": 16, "error": 0.05 / 3, "unsettled": 1}
    with pytest.raises(SpecError, match="most_replicates: got 39; allowed is at least the 40"):
        compare(pair_of_scenarios(), replicates=40, draws=4, until_settled=True, most_replicates=39)


def test_what_is_done_is_handed_on_and_can_end_it(monkeypatch):
    ran: list = []
    growing(monkeypatch, 306, 400, ran)
    kept: list = []

    def keep(found):
        kept.append((found.labels, found.ensembles[0].replicates))
        return found.ensembles[0].replicates >= 80

    three = [*pair_of_scenarios(), scenario("c")]
    c = compare(three, replicates=40, draws=4, until_settled=True, keep=keep)
    last = c.looks[-1].replicates
    assert kept == [(("a", "b"), 40), (("a", "b", "c"), 40), (("a", "b", "c"), last)]
    assert last >= 80 and not c.settled and c.looks[0].error == 0.05 / 5


def test_a_single_draw_stays_single():
    assert look_sizes(10, 1, 40) == [{"replicates": r, "draws": 1} for r in (10, 20, 40)]
    assert look_sizes(4, 20, None)[-1] == {"replicates": 64, "draws": 64}


def test_looking_often_does_not_mislead():
    """Equal scenarios, five looks at growing data: any wrong verdict in at most 5 %, far more without spending."""
    rng = np.random.default_rng(27)
    trials, wrong, naive = 150, 0, 0
    for _ in range(trials):
        a, b = rng.normal(300, 60, (2, 320))
        found = [pair(as_column(a[:n]), as_column(b[:n]), np.arange(n) // 2) for n in (20, 40, 80, 160, 320)]
        at_looks = [verdicts.judge_together([one], 0.01, ["higher"], error=0.01)[0].verdict for one in found]
        wrong += any(verdict in ("better", "worse") for verdict in at_looks)
        alone = [verdicts.judge(one, 0.01, "higher").verdict for one in found]
        naive += any(verdict in ("better", "worse") for verdict in alone)
    assert wrong / trials < 0.05 + 4 * math.sqrt(0.05 * 0.95 / trials)
    assert naive / trials > 0.08


# -------------------------------------------------------------------------------------------- comparing


def test_more_than_two_scenarios_give_all_pairs():
    labels = ["a", "b", "c"]
    found = [ensemble(normal_reach(300 + 100 * k, 20, k), label) for k, label in enumerate(labels)]
    c = compare_ensembles(found, metrics=["impressions"])
    assert [(p.metric, p.a, p.b) for p in c.pairs] == [
        (metric, a, b) for metric in ("reach", "impressions") for a, b in (("a", "b"), ("a", "c"), ("b", "c"))
    ]
    with pytest.raises(SpecError, match=r"3 scenarios were compared.*\.pairs"):
        _ = c.verdict
    assert c.pair("c", "a").difference == pytest.approx(-c.pair("a", "c").difference)
    with pytest.raises(SpecError, match="no scenario 'd'"):
        c.pair("a", "d")
    assert c.sentence().startswith("Under these assumptions c has the highest expected reach of 3 scenarios")
    assert "better than b and a" in c.sentence()


def test_scenarios_share_seed_replicates_and_draws(monkeypatch):
    ran = []

    def stand_in(given, effort, worlds, progress):
        ran.append((given.name, effort))
        return ensemble(normal_reach(300, 20, len(ran)), given.name, seed=effort.seed)

    monkeypatch.setattr(comparison, "_simulate", stand_in)
    variants = {"seeded": scenario("seeded"), "late": scenario("late")}
    base = scenario("base", variant_names=tuple(variants), variant=variants.__getitem__)
    c = compare(base, threads=1)
    assert c.labels == ("base", "seeded", "late")
    assert {effort.seed for _, effort in ran} == {7}
    assert {effort.replicates for _, effort in ran} == {40}
    assert {effort.draws for _, effort in ran} == {4}
    other = scenario("other", run=SimpleNamespace(replicates=10, draws=2, seed=1))
    c = compare([scenario("x"), other, scenario("x")], seed=0, replicates=200, draws=20, labels=None)
    assert c.labels == ("x", "other", "x (2)")
    assert {(o.seed, o.replicates, o.draws) for _, o in ran[3:]} == {(0, 200, 20)}, "seed 0 is a seed"


def test_a_seed_is_drawn_once_where_none_is_given(monkeypatch):
    seeds = []

    def stand_in(given, effort, worlds, progress):
        seeds.append(effort.seed)
        return ensemble(normal_reach(300, 20, 1), given.name, seed=effort.seed)

    monkeypatch.setattr(comparison, "_simulate", stand_in)
    run = SimpleNamespace(replicates=40, draws=4, seed=None)
    compare([scenario("a", run=run), scenario("b", run=run)])
    assert len(seeds) == 2 and len(set(seeds)) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare([scenario("a")]), "one scenario without variants"),
        (lambda: compare([]), "no scenario"),
        (lambda: compare([scenario("a"), scenario("b")], labels=["x"]), "got 1 for 2 scenarios"),
        (lambda: compare([scenario("a"), scenario("b")], worthwhile=5), "worthwhile: got 5"),
        (lambda: compare_ensembles([ensemble(np.ones(200))]), "got 1 ensemble"),
        (
            lambda: compare_ensembles([ensemble(np.ones(200)), ensemble(np.ones(200), seed=8)]),
            "does not share its worlds",
        ),
        (lambda: compare_ensembles([ensemble(np.ones(200))] * 2, metric="raech"), "did you mean 'reach'"),
        (lambda: compare_ensembles([ensemble(np.ones(200))] * 2, metrics=["cost"]), "'cost' is not defined"),
    ],
)
def test_what_cannot_be_compared_is_an_error(call, message):
    with pytest.raises(SpecError, match=message):
        call()


def test_json_and_html():
    a = Ensemble(tallies_of_displays(1, 40, 4), scenario("<b>a</b>"), 7)
    b = Ensemble(tallies_of_displays(2, 40, 4), scenario("b"), 7)
    c = compare_ensembles([a, b], metric="earned_multiplier", metrics=a.metrics)
    found = json.loads(json.dumps(c.to_dict(), allow_nan=False))
    assert {"scenario", "digest", "seed", "replicates", "versions", "metrics", "pairs"} <= set(found)
    keys = {"metric", "a", "b", "difference", "low", "high", "prob_better", "prob_mean_better"}
    assert all(keys | {"verdict", "unresolved_because"} <= set(p) for p in found["pairs"])
    assert {p["metric"] for p in found["pairs"]} == set(a.metrics)
    assert [s["label"] for s in found["scenarios"]] == ["<b>a</b>", "b"]
    assert "<b>" not in c._repr_html_()
    for one in c.pairs:
        assert one.sentence().startswith("Under these assumptions")
