"""Comparisons: paired statistics against brute force, verdicts, and what stands in their way."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hand_tallies import scenario, tallies_of_displays, tallies_of_reach
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from viralsim.engine.ensemble import Ensemble
from viralsim.errors import SpecError
from viralsim.experiment import comparison, verdicts
from viralsim.experiment.comparison import compare, compare_ensembles
from viralsim.metrics.columns import Column, as_column
from viralsim.metrics.paired import pair, prob_higher, prob_mean_higher

DRAWS, REPLICATES = 20, 200
DRAW = np.arange(REPLICATES) % DRAWS


@pytest.fixture(autouse=True)
def no_uncertain_numbers(monkeypatch):
    monkeypatch.setattr(comparison, "_uncertain_paths", lambda scenario: [])


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
    assert c.sentence().count("Under these assumptions") == 3


def test_scenarios_share_seed_replicates_and_draws(monkeypatch):
    ran = []

    def stand_in(given, options):
        ran.append((given.name, options))
        return ensemble(normal_reach(300, 20, len(ran)), given.name, seed=options["seed"])

    monkeypatch.setattr(comparison, "_simulate", stand_in)
    variants = {"seeded": scenario("seeded"), "late": scenario("late")}
    base = scenario("base", variant_names=tuple(variants), variant=variants.__getitem__)
    c = compare(base, threads=1)
    assert c.labels == ("base", "seeded", "late")
    assert {options["seed"] for _, options in ran} == {7}
    assert {options["replicates"] for _, options in ran} == {40}
    assert {options["draws"] for _, options in ran} == {4}
    other = scenario("other", run=SimpleNamespace(replicates=10, draws=2, seed=1))
    c = compare([scenario("x"), other, scenario("x")], seed=0, replicates=200, draws=20, labels=None)
    assert c.labels == ("x", "other", "x (2)")
    assert {(o["seed"], o["replicates"], o["draws"]) for _, o in ran[3:]} == {(0, 200, 20)}, (
        "seed 0 is a seed"
    )


def test_a_seed_is_drawn_once_where_none_is_given(monkeypatch):
    seeds = []

    def stand_in(given, options):
        seeds.append(options["seed"])
        return ensemble(normal_reach(300, 20, 1), given.name, seed=options["seed"])

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
