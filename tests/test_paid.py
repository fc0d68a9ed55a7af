"""Paid flights and discovery in scenarios: what is bought, what it costs, whom it reaches, and that off means off."""

import numpy as np
import pytest
from paid_worlds import FLIGHT, run, world
from spec_worlds import refused

import viralsim as vs
from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import expectations


def test_a_flight_shows_what_its_budget_buys_and_costs_what_it_shows():
    ensemble = run([FLIGHT])
    assert (ensemble["impressions_paid"] == 1000).all()
    assert np.allclose(ensemble["cost"], 8.0, rtol=1e-12)
    parts = [ensemble[f"impressions_{origin}"] for origin in ("owned", "paid", "earned")]
    assert np.array_equal(ensemble["impressions"], sum(parts))
    assert np.array_equal(ensemble.curve("impressions_paid").sum(axis=1), ensemble["impressions_paid"])


def test_a_budget_larger_than_the_frequency_cap_allows_is_not_spent():
    ensemble = run([{**FLIGHT, "budget": 400.0, "frequency_cap": 2}])
    assert (ensemble["impressions_paid"] == 2 * 3000).all()
    assert np.allclose(ensemble["cost"], 2 * 3000 * 0.008)
    assert (ensemble["reach"] == 3000).all()


def test_a_target_confines_the_ads_and_reach_beyond_it_is_counted():
    ensemble = run([{**FLIGHT, "target": ["young"]}])
    paid = ensemble.by_segment("impressions_paid")
    assert (paid["young"] == 1000).all()
    assert not paid["old"].any()
    assert np.array_equal(ensemble["reach_beyond_target"], ensemble.by_segment("reach")["old"])
    assert "reach_beyond_target" not in run([FLIGHT]).metrics


def test_a_budget_of_nothing_changes_nothing():
    without, idle = run(), run([{**FLIGHT, "budget": 0.0}])
    assert set(idle.metrics) - set(without.metrics) == {"cost"}
    for name in without.metrics:
        assert np.array_equal(without[name], idle[name], equal_nan=True), name


def test_more_money_reaches_more_and_word_of_mouth_is_dearer_for_it():
    small, large = run([FLIGHT]), run([{**FLIGHT, "budget": 32.0}])
    assert (large["impressions_paid"] == 4 * small["impressions_paid"]).all()
    assert (large["reach"] > small["reach"]).all()
    assert large["impressions_earned"].mean() > small["impressions_earned"].mean()


def test_pacing_is_even_or_fast_and_follows_the_audience():
    even, fast = run([FLIGHT]), run([{**FLIGHT, "pacing": "fast"}])
    curve = even.curve("impressions_paid")[0]
    assert curve[:4].sum() == 0
    assert set(curve[4:52]) == {20, 21}  # 1000 over 48 steps
    assert curve[52:].sum() == 0
    assert fast.curve("impressions_paid")[0][4] == 1000  # 3000 people, half an hour: at most 1500 a step
    night = {"kind": "daily", "hours": [0.0] * 12 + [1.0] * 12}
    curve = run([FLIGHT], {"rhythm": night}).curve("impressions_paid")[0]
    assert curve[30:53].sum() == 0  # from midnight to noon nobody is there
    assert curve.sum() == 1000


def test_people_share_ads_less_if_the_scenario_says_so():
    silent = {"brand_followers": {"count": 0}}
    willing, unwilling = run([FLIGHT], silent), run([{**FLIGHT, "share_multiplier": 0.0}], silent)
    assert willing["shares"].sum() > 0
    assert unwilling["shares"].sum() == 0
    assert unwilling["impressions_earned"].sum() == 0


def test_the_order_of_flights_in_the_file_does_not_matter():
    other = {**FLIGHT, "from": "0h", "budget": 3.0}
    one, two = world([FLIGHT, other]), world([other, FLIGHT])
    assert one.digest == two.digest
    one, two = (vs.simulate(scenario, threads=1) for scenario in (one, two))
    assert np.array_equal(one["reach"], two["reach"])


def test_a_flight_without_a_price_takes_the_platforms():
    lent = [{name: value for name, value in FLIGHT.items() if name != "cpm"}]
    scenarios = [world(lent, {"cpm": cpm}) for cpm in (8.0, 16.0)]
    assert scenarios[0].digest != scenarios[1].digest
    assert world(platform={"cpm": 8.0}).digest == world(platform={"cpm": 16.0}).digest
    dear = vs.simulate(scenarios[1], threads=1)
    assert (dear["impressions_paid"] == 500).all()
    assert np.allclose(dear["cost"], 8.0)
    uncertain = world(lent, {"cpm": {"value": 8.0, "low": 6.0, "high": 12.0}})
    ensemble = vs.simulate(uncertain, threads=1)
    assert len(set(ensemble["impressions_paid"])) == 2  # one price a draw
    assert (ensemble["cost"] <= 8.0 + 1e-9).all()
    assert (ensemble["cost"] > 8.0 - 0.012).all()  # what is left would not buy another display


def test_an_item_that_is_only_advertised_spreads_too():
    ensemble = run([{**FLIGHT, "item": "clip"}], campaign={"posts": [], "paid": [{**FLIGHT, "item": "clip"}]})
    assert (ensemble["impressions_owned"] == 0).all()
    assert ensemble["impressions_earned"].sum() > 0
    trace = ensemble.trace(int(np.argmax(ensemble["shares"])))
    assert trace.person.size == ensemble["shares"].max()
    assert (trace.parent[trace.generation == 0] == -1).all()


def test_what_is_expected_of_a_flight_comes_about():
    """Paid displays exactly, first sharers within 5 standard errors of the runs."""
    scenario = world([FLIGHT], {"brand_followers": {"count": 0}, "friend_share_prob": 0.0})
    found = expectations(compile_draw(scenario, 3, 0, {}, True))
    assert found.paid_impressions == pytest.approx(1000)
    ensemble = vs.simulate(scenario, replicates=400, threads=1, fixed=True, draws=1)
    shares, bought = ensemble["shares"], ensemble["reach"] - ensemble["reach_earned_only"]
    assert abs(shares.mean() - found.parents) < 5 * shares.std() / 20
    # people are drawn without putting back within a step only: exp(-m) is right to about m^2 / 2 of a step
    assert abs(bought.mean() - found.bought_reach) < 0.01 * bought.mean()


@pytest.mark.parametrize(
    ("change", "at", "words"),
    [
        ({"item": "flim"}, "campaign.paid.0.item", "film"),
        ({"target": ["yuong"]}, "campaign.paid.0.target.0", "young"),
        ({"from": "4d"}, "campaign.paid.0.from", "not before the end"),
        ({"from": "30h"}, "campaign.paid.0.to", "not after"),
        ({"cpm": None}, "campaign.paid.0.cpm", "is missing"),
        ({"frequency_cap": 0}, "campaign.paid.0.frequency_cap", "1 to 255"),
        ({"pacing": "evn"}, "campaign.paid.0.pacing", "even"),
        ({"budget": -1}, "campaign.paid.0.budget", "allowed"),
    ],
)
def test_a_flight_that_cannot_be_is_refused(change, at, words):
    problems = refused(lambda: world([{**FLIGHT, **change}]))
    assert any(at in line and words in line for line in problems), problems


WAVES = {"kind": "waves", "first_wave": 50, "interval": "1h", "benchmark": 0.03, "growth": 3}


def test_discovery_shows_the_item_to_people_who_do_not_follow():
    off, on = run(), run(platform={"discovery": WAVES})
    assert "impressions_discovery" not in off.metrics
    assert (on["impressions_discovery"] >= 50).all()
    assert (on["impressions_owned"] - off["impressions_owned"] == on["impressions_discovery"]).all()
    assert (on["impressions_discovery"] <= 2800).all()


def test_discovery_that_may_show_nobody_changes_nothing():
    off, none = run(), run(platform={"discovery": {**WAVES, "most": 0.0}})
    for name in off.metrics:
        assert np.array_equal(off[name], none[name], equal_nan=True), name


def test_a_better_item_is_shown_to_more_people():
    silent = {"id": "film", "like_prob": 0.001, "click_prob": 0.0, "share_prob": 0.001}
    dull = {"platform": {"discovery": WAVES}, "items": [silent]}
    good = {"platform": {"discovery": WAVES}, "items": [{"id": "film", "like_prob": 0.2, "click_prob": 0.1}]}
    dull, good = run(**dull), run(**good)
    assert good["impressions_discovery"].min() > 1000
    assert dull["impressions_discovery"].mean() < 100


DARK = {"private_sharing": {"kind": "closest", "part": 0.7}}


def test_private_shares_are_seen_by_few_and_by_no_platform():
    public, dark = run(), run(platform=DARK)
    assert (dark["shares_private"] <= dark["shares"]).all()
    assert (dark["impressions_dark"] <= 3 * dark["shares_private"]).all()
    assert dark["impressions_dark"].sum() > dark["shares_private"].sum()
    assert dark["impressions_earned"].mean() < public["impressions_earned"].mean()
    trace = dark.trace(int(np.argmax(dark["shares"])))
    assert trace.person.size == dark["shares"].max()


@pytest.mark.parametrize(
    "change", [{"private_sharing": {"kind": "closest", "part": 0.0}}, {"like_visibility": 0.0}]
)
def test_nothing_private_and_nothing_shown_on_change_nothing(change):
    off, on = run(), run(platform=change)
    for name in off.metrics:
        assert np.array_equal(off[name], on[name], equal_nan=True), name


@pytest.mark.parametrize(
    "change", [{"like_visibility": 0.2}, {"comment_visibility": 0.2, "comment_prob": 0.05}]
)
def test_likes_and_comments_that_others_see_earn_impressions(change):
    off, on = run(platform={**change, next(iter(change)): 0.0}), run(platform=change)
    assert (
        on["impressions_by_engagement"].mean() > 3
    )  # 60 displays x .05 x 10 followers x .2 = 6 and what follows
    assert (on["impressions_by_engagement"] <= on["impressions_earned"]).all()
    assert on["impressions_earned"].mean() > off["impressions_earned"].mean() + 3
    assert np.array_equal(on["impressions_owned"], off["impressions_owned"])
