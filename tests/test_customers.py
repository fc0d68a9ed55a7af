"""Customers and money from a scenario to its metrics: hand-counted, paired with worlds that differ in one thing."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

import viralsim as vs
from viralsim.cli.shell import run_command
from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import expectations
from viralsim.errors import ScenarioError, SpecError
from viralsim.experiment.answering import value_of_answering_sooner
from viralsim.metrics.attributes import NOT_GIVEN, gini
from viralsim.spec import assumptions

SHOP: dict[str, Any] = {
    "viralsim": 1,
    "name": "shop",
    "audience": {
        "size": 400,
        "segments": [
            {
                "name": "young",
                "fraction": 0.5,
                "customers": 0.2,
                "attributes": {"age": "18-34", "place": "town"},
            },
            {
                "name": "old",
                "fraction": 0.3,
                "attributes": {"age": "55+", "place": "town"},
                "access": {"one": 0.5},
            },
            {"name": "far", "fraction": 0.2, "attributes": {"age": "55+"}},
        ],
        "activity": {"kind": "constant"},
    },
    "platforms": {
        "one": {
            "network": {"kind": "erdos-renyi", "mean_degree": 12},
            "brand_followers": {"count": 80},
            "organic_reach": 0.6,
            "peer_visibility": 0.5,
            "share_prob": 0.05,
            "friend_share_prob": 0.05,
            "click_prob": 0.1,
            "comment_prob": 0.05,
            "like_prob": 0.05,
            "display_delay": "none",
        }
    },
    "items": [{"id": "film", "negative": 0.3}],
    "campaign": {
        "posts": [{"item": "film", "platform": "one", "at": "0h"}],
        "seeding": [
            {
                "item": "film",
                "platform": "one",
                "at": "2h",
                "pick": {"kind": "random", "count": 5},
                "price": 3.0,
            }
        ],
    },
    "buying": {"convert_prob": 0.3, "baseline_per_week": 0.1},
    "value": {"price": 40, "margin": 18},
    "run": {
        "start": "2026-03-02T09:00",
        "horizon": "7d",
        "step": "1h",
        "replicates": 12,
        "draws": 3,
        "seed": 5,
    },
}


def run(**overrides: Any) -> vs.Ensemble:
    """The shop with some values replaced (dots written as two underscores), fixed and on one thread."""
    scenario = vs.Scenario.from_dict(copy.deepcopy(SHOP))
    return vs.simulate(
        scenario.with_overrides({path.replace("__", "."): value for path, value in overrides.items()}),
        threads=1,
    )


@pytest.fixture(scope="module")
def shop() -> vs.Ensemble:
    return run()


def test_everybody_who_is_shown_it_buys_once():
    """Certain at every step: 80 followers shown twice, all notice, click and buy; nobody else would."""
    certain = run(
        items=[{"id": "film", "stickiness": 1, "reference_stickiness": 1, "click_prob": 1, "share_prob": 0}],
        campaign__posts=[{"item": "film", "platform": "one", "at": at} for at in ("0h", "5h")],
        campaign__seeding=[],
        platforms__one__organic_reach=1,
        platforms__one__like_prob=0,
        platforms__one__comment_prob=0,
        buying={"convert_prob": 1},
        value={"price": 40, "margin": 18, "repeat_purchases": 0.5},
    )
    assert (certain["clicks"] == 160).all()
    for name, expected in {
        "conversions": 80, "conversions_direct": 80, "conversions_referral": 0, "conversions_baseline": 0,
        "conversions_incremental": 80, "revenue": 80 * 40 * 1.5, "customer_value_direct": 80 * 18 * 1.5,
        "customer_value_influence": 0, "interactions_brand": 160, "interactions_customers": 0,
    }.items():  # fmt: skip
        assert (certain[name] == expected).all(), name
    assert "customer_value_referral" not in certain, "nobody is paid to share"
    assert "roi" not in certain, "nothing is paid for"


def test_without_a_price_or_anything_sold_money_is_absent():
    quiet = run(buying=None, value={})
    assert not {"conversions", "revenue", "roi", "reputation", "response_rate"} & set(quiet.metrics)
    unpriced = run(value={})
    assert "conversions" in unpriced
    assert not {"revenue", "roi", "customer_value_direct"} & set(unpriced.metrics)


def test_a_price_says_that_something_is_sold():
    priced = run(buying=None)
    assert "conversions" in priced and "revenue" in priced
    assert priced.scenario.document.buying.convert_prob == 0.02
    assert "buying:" in priced.scenario.to_yaml(full=True)
    listed = {entry.path: entry for entry in assumptions(priced.scenario)}
    assert listed["buying.convert_prob"].is_judgement


def test_the_world_without_the_campaign_is_the_same_world(shop):
    """Whatever is posted, as many would have bought without it, replicate by replicate."""
    silent = run(campaign__posts=[{"item": "film", "platform": "one", "at": "167h"}], campaign__seeding=[])
    assert np.array_equal(shop["conversions_baseline"], silent["conversions_baseline"])
    assert np.array_equal(silent["conversions"], silent["conversions_baseline"])
    assert (silent["conversions_incremental"] == 0).all()
    expected = -np.expm1(-0.1) * 400
    error = np.sqrt(expected / shop.replicates)  # at most Poisson
    assert abs(shop["conversions_baseline"].mean() - expected) < 4.5 * error


def test_roi_counts_what_would_not_have_been_bought(shop):
    incremental = shop["conversions"] - shop["conversions_baseline"]
    assert (incremental > 0).any()
    np.testing.assert_allclose(shop["roi"], (18 * incremental - shop["cost"]) / shop["cost"])
    assert (shop["cost"] == 15).all()
    claimed = shop["conversions_direct"] + shop["conversions_referral"]
    assert (claimed >= incremental).all(), "last touch claims purchases that would have been made anyway"
    assert claimed.mean() > 1.2 * incremental.mean()


def test_the_sentence_says_what_was_caused(shop):
    assert "; it brings " in shop.sentence()
    assert "a return on investment of " in shop.sentence()
    bad = run(buying__convert_prob=0, items__film__negative=1, buying__negative_influence=3)
    assert "; it costs " in bad.sentence()
    assert "purchases" not in run(buying=None, value={}).sentence()


def test_bad_news_only_costs_purchases():
    """Nobody buys at a click: with views all negative purchases fall short of the baseline, never above it."""
    bad = run(buying__convert_prob=0, items__film__negative=1, buying__negative_influence=3)
    assert (bad["conversions_incremental"] <= 0).all()
    assert (bad["conversions_incremental"] < 0).any()
    assert (bad["backlash"] == 1).all()
    mild = run(buying__convert_prob=0, items__film__negative=1, buying__negative_influence=0)
    assert (mild["conversions_incremental"] == 0).all()


def test_a_friends_recommendation_never_lowers_purchases():
    """The same worlds, coin by coin: more influence of positive sharers, more purchases."""
    worlds = [
        run(items__film__negative=0, buying__recommendation_influence=x)["conversions"] for x in (0, 1, 3)
    ]
    assert (worlds[0] <= worlds[1]).all()
    assert (worlds[1] <= worlds[2]).all()
    assert worlds[0].sum() < worlds[2].sum()


def test_customer_value_by_counterfactual(shop):
    """Paid sharers' part is what is missing when they are not asked; without sharing there is no influence."""
    unasked = run(campaign__seeding=[])
    missing = 18 * (shop["conversions"] - unasked["conversions"])
    np.testing.assert_array_equal(shop["customer_value_referral"], missing)
    np.testing.assert_array_equal(shop["customer_value_influence"], unasked["customer_value_influence"])
    alone = run(campaign__seeding=[], platforms__one__share_prob=0, platforms__one__friend_share_prob=0)
    assert (alone["customer_value_influence"] == 0).all()
    np.testing.assert_array_equal(
        unasked["customer_value_influence"], 18 * (unasked["conversions"] - alone["conversions"])
    )
    assert unasked["customer_value_influence"].sum() > 0


def test_touches_tell_what_last_touch_counts(shop):
    for replicate in range(3):
        touches = shop.trace(replicate).touches
        assert touches.purchases == shop["conversions"][replicate]
        assert touches.clicked.sum() == shop["clicks"][replicate]
        assert len(touches) == shop["noticed"][replicate]
        assert touches.expected.sum() <= shop["conversions_baseline"][replicate]
        for path in touches.paths():
            assert (touches.person[path.rows] == touches.buyer[path.purchase]).all()
            assert (np.diff(touches.hour[path.rows]) >= 0).all()
            if touches.bought_item_idx[path.purchase] >= 0:  # bought at a click: that is the last touch
                assert touches.clicked[path.rows[-1]]
                assert touches.hour[path.rows[-1]] == touches.bought_hour[path.purchase]
            else:
                assert path.expected
    trace = shop.trace(0)
    shared = touches_of_shares = trace.touches.share >= 0
    assert touches_of_shares.any()
    assert (trace.person[trace.touches.share[shared]] == trace.touches.sharer[shared]).all()
    assert (trace.touches.sharer[~shared] == -1).all()
    assert len(trace.touches.to_columns()["origin"]) == len(trace.touches)


def test_curves_of_purchases_and_reputation(shop):
    answered = run(campaign__response={"fraction_answered": 1, "median_time": "1h", "damping": 1})
    assert np.array_equal(shop.curve("purchases").sum(axis=1), shop["conversions"])
    assert np.array_equal(shop.curve("purchases_baseline").sum(axis=1), shop["conversions_baseline"])
    ends = answered.curve("reputation")[:, -1]
    assert (np.abs(ends) <= 1).all()
    assert ends.mean() > shop.curve("reputation")[:, -1].mean()
    assert answered["response_rate"].min() > 0.9
    with pytest.raises(SpecError, match="purchases"):
        run(buying=None, value={}).curve("purchases")


def test_answers_stop_complaints_from_spreading():
    """A complaint answered at once and wholly does nothing more: reach and complaints never grow by answering."""
    loud = {
        "items__film__negative": 1,
        "items__film__negative_share_multiplier": 3,
        "buying": {"convert_prob": 0, "baseline_per_week": 0.5, "negative_influence": 2},
    }
    silent = run(**loud)
    quick = run(**loud, campaign__response={"fraction_answered": 1, "median_time": "1min", "damping": 1})
    assert (quick["reach"] <= silent["reach"]).all()
    assert quick["complaints"].sum() < 0.8 * silent["complaints"].sum()
    assert quick["conversions"].sum() > silent["conversions"].sum()


def test_reviews_move_later_purchases():
    """From none to many good reviews lifts what clicks bring; purchases without a click are as they were."""
    good = {"prob": 0, "existing": 100, "existing_positive": 1.0}
    worlds = {
        "none": run(),
        "good": run(buying__reviews=good),
        "poor": run(buying__reviews={**good, "existing_positive": 0.0}),
        "left": run(buying__reviews={"prob": 1, "wait": "1h"}),
    }
    bought = {name: ensemble["conversions"] for name, ensemble in worlds.items()}
    assert (bought["none"] <= bought["good"]).all()
    assert (bought["poor"] <= bought["good"]).all()
    assert bought["poor"].sum() < bought["good"].sum()
    assert bought["left"].sum() > bought["none"].sum()
    assert worlds["left"]["reviews"].sum() > 0


def test_results_by_attribute_add_up(shop):
    by_age = shop.by_attribute("reach", "age")
    assert list(by_age) == ["18-34", "55+"]
    np.testing.assert_array_equal(sum(by_age.values()), shop["reach"])
    by_segment = shop.by_segment("conversions")
    np.testing.assert_array_equal(
        shop.by_attribute("conversions", "age")["55+"], by_segment["old"] + by_segment["far"]
    )
    assert list(shop.by_attribute("reach", "place")) == ["town", NOT_GIVEN]
    rate = shop.by_attribute("engagement_rate", "age")["18-34"]
    np.testing.assert_allclose(rate, shop.by_segment("engagement_rate")["young"])
    with pytest.raises(SpecError, match="did you mean 'age'"):
        shop.by_attribute("reach", "ages")


def test_who_is_left_out_and_how_unequal_it_is(shop):
    unequal = shop.inequality("age")
    excluded = shop.tallies.excluded_by_segment.sum(axis=0)
    people = shop.tallies.people_by_segment.sum(axis=0)
    assert unequal.excluded["18-34"] == 0
    assert unequal.excluded["55+"] == pytest.approx(excluded[1:].sum() / people[1:].sum())
    assert unequal.ratio.mean > 1
    assert 0 < unequal.gini.mean < 0.5
    reached = shop.by_attribute("reach", "age")["55+"].sum() / people[1:].sum() / shop.replicates * shop.draws
    assert unequal.reached["55+"].mean == pytest.approx(reached)


def test_gini_of_known_shares():
    """Half of the people reached wholly, half not at all: 1/2; one in four: 3/4; equal: 0."""
    np.testing.assert_allclose(
        gini(np.array([[1.0, 0.0], [0.3, 0.3]]), np.array([[2.0, 2.0], [1.0, 5.0]])), [0.5, 0]
    )
    np.testing.assert_allclose(gini(np.array([[1.0, 0.0]]), np.array([[1.0, 3.0]])), [0.75])
    assert np.isnan(gini(np.zeros((1, 2)), np.ones((1, 2)))).all()


def picking(**where: str) -> dict[str, Any]:
    asked = {"kind": "attributes", "where": where, "count": 5}
    return {"campaign.seeding": [{"item": "film", "platform": "one", "pick": asked}]}


def test_people_are_picked_by_attributes():
    scenario = vs.Scenario.from_dict(copy.deepcopy(SHOP))
    compiled = compile_draw(scenario.with_overrides(picking(age="55+", place="town")), 1, 0, {}, True)
    segments = compiled.audience.people.segment[compiled.plan.ask_person]
    assert segments.tolist() == [1] * 5
    warnings = expectations(compiled).warnings
    assert any("chosen by age" in text and "--by age" in text for text in warnings)
    assert not any(
        "chosen by" in text for text in expectations(compile_draw(scenario, 1, 0, {}, True)).warnings
    )
    with pytest.raises(ScenarioError, match="no segment has age '20'; "):
        scenario.with_overrides(picking(age="20"))
    with pytest.raises(ScenarioError, match="no segment has the attribute 'aged'; did you mean 'age'"):
        scenario.with_overrides(picking(aged="55+"))
    with pytest.raises(ScenarioError, match="no single segment has all"):
        scenario.with_overrides(
            {**picking(age="55+", place="town"), "audience.segments.1.attributes": {"age": "55+"}}
        )


def test_value_of_answering_sooner():
    answering = {"fraction_answered": 1, "median_time": "4h", "damping": 1}
    scenario = vs.Scenario.from_dict(copy.deepcopy(SHOP)).with_overrides(
        {
            "campaign.response": answering,
            "items.film.negative": 1,
            "items.film.negative_share_multiplier": 3,
            "platforms.one.display_delay": "lognormal",
            "platforms.one.half_life": "8h",
            "buying": {"convert_prob": 0, "baseline_per_week": 0.5, "negative_influence": 2},
        }
    )
    sooner = value_of_answering_sooner(scenario, hours=3, threads=1)
    assert sooner.value > 0, "purchases are saved"
    assert sooner.low <= sooner.value <= sooner.high
    assert "Answering in 1h in place of 4h" in sooner.sentence()
    with pytest.raises(SpecError, match="below the median time of 4 hours"):
        value_of_answering_sooner(scenario, hours=4)
    with pytest.raises(SpecError, match="nobody answers"):
        value_of_answering_sooner(vs.Scenario.from_dict(copy.deepcopy(SHOP)))


def test_run_by_an_attribute(tmp_path, capsys):
    path = tmp_path / "shop.json"
    path.write_text(json.dumps(SHOP))
    assert run_command(["run", str(path), "--by", "age", "--json", "--quiet"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["formulas"]["roi"] == "(18 x (purchases - purchases without the campaign) - cost) / cost"
    assert made["formulas"]["revenue"] == "40 x purchases"
    parts = made["parts"]
    reach = parts["metrics"]["reach"]
    assert sum(part["mean"] for part in reach.values()) == pytest.approx(made["metrics"]["reach"]["mean"])
    assert parts["inequality"]["excluded"]["18-34"] == 0
    assert run_command(["run", str(path), "--by", "age", "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert "roi = (18 x (purchases" in shown
    assert "expected, by age" in shown and "Gini coefficient between groups" in shown
    assert run_command(["run", str(path), "--by", "segment", "--quiet"]) == 0
    assert "expected, by segment" in capsys.readouterr().out
    assert run_command(["run", str(path), "--by", "ages"]) == 2
    assert "did you mean 'age'" in capsys.readouterr().err
