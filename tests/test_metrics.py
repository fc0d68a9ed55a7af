"""Metrics: numbers counted by hand, conservation, ratios as sum over sum, and what is absent."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hand_tallies import PLATFORMS, SEGMENTS, empty_tallies, tallies_of_displays, tallies_of_reach
from hypothesis import given
from hypothesis import strategies as st

from viralsim.errors import SpecError
from viralsim.metrics import earned_value, rounding
from viralsim.metrics.columns import Column, as_column, linearise
from viralsim.metrics.judgement import judge_viral
from viralsim.metrics.registry import METRICS, column, defined_metrics, split
from viralsim.metrics.sales import DEALS, LINES, Sales, reputation_curve
from viralsim.metrics.tallies import COUNTS, EXTRA, TREES, Prices, Reaching, Tallies
from viralsim.spec.metric_names import METRIC_NAMES


def put(tallies: Tallies, replicate: int, slot: int, segment: int, **events: int) -> None:
    for name, count in events.items():
        tallies.counts[replicate, slot, segment, COUNTS.index(name)] = count


def put_trees(tallies: Tallies, replicate: int, **values: int) -> None:
    for name, value in values.items():
        tallies.trees[replicate, TREES.index(name)] = value


def counted_reaching() -> Reaching:
    """One flight for the young that showed 5 displays at 1.2 cents; 3 discovery displays, 2 of private shares;
    4 followers won and 2 lost."""
    counts = np.zeros((2, 3, 2, len(EXTRA)), np.int64)
    counts[0, 0, 0, EXTRA.index("impressions_discovery")] = 3
    counts[0, 0, 1, EXTRA.index("impressions_dark")] = 2
    counts[0, 1, 0, EXTRA.index("shares_private")] = 1
    counts[0, 0, 0, EXTRA.index("new_followers")] = 4
    counts[0, 1, 0, EXTRA.index("unfollows")] = 2
    counts[0, 2, 0, EXTRA.index("impressions_by_engagement")] = 1
    has = frozenset({"paid", "discovery", "private", "engagement", "rivals", "following"})
    return Reaching(counts, np.array([[3], [0]]), np.array([[0.02], [0.01]]), (True, False), has)


@pytest.fixture
def counted() -> Tallies:
    """Two replicates in two draws, counted by hand below; the second saw nothing shared."""
    tallies = empty_tallies(
        [0, 1],
        has_negative=True,
        has_prices=True,
        seed_cost=np.array([120.0, 0.0]),
        prices=Prices(per_1000_impressions=10.0, per_like=0.3, per_comment=0.5, per_click=2.0),
        reaching=counted_reaching(),
    )
    put(tallies, 0, 0, 0, impressions_owned=10, impressions_earned=3, noticed=6, likes=4, comments_positive=2)
    put(tallies, 0, 0, 1, impressions_paid=5, comments_negative=1, shares_positive=2, clicks_paid=1)
    put(tallies, 0, 1, 0, impressions_owned=2, shares_negative=1, shares_copied=1, seeded=1, clicks_owned=3)
    put(tallies, 0, 2, 1, impressions_earned=4, shares_neutral=1, comments_neutral=1, clicks_earned=1)
    put(tallies, 1, 0, 0, impressions_owned=6)
    tallies.people[0, 0, 0] = [7, 4]  # reached, everything
    tallies.people[0, 0, 3:5] = [[6, 4], [2, 0]]  # on instagram, on facebook
    tallies.people[0, 1, 0] = [1, 2]  # earned only
    tallies.people[0, 3, 0] = [1, 2]  # sharers
    tallies.people[1, 0, 0] = [5, 0]
    tallies.people[1, 0, 3] = [5, 0]
    put_trees(tallies, 0, trees=2, nodes=5, largest=4, depth=2, distances=20, pairs=12)
    put_trees(tallies, 0, distances_broadcast=50, pairs_broadcast=30)
    put_trees(tallies, 1, distances_broadcast=0, pairs_broadcast=0)
    tallies.generations[0, :3] = [2, 2, 1]
    tallies.curves[0, 0, 0] = [2, 8, 0]
    tallies.curves[0, 0, 1] = [0, 2, 0]
    tallies.curves[0, 1, 0] = [0, 0, 5]
    tallies.curves[0, 2, 0] = [0, 0, 3]
    tallies.curves[0, 2, 2] = [0, 0, 4]
    tallies.curves[0, 4, 0] = [1, 4, 6]
    tallies.curves[1, 0, 0] = [6, 0, 0]
    tallies.curves[1, 4, 0] = [5, 0, 0]
    return dataclasses.replace(tallies, sales=sold_by_hand())


def sold_by_hand() -> Sales:
    """The first replicate sells ten, three of them without a click; in the second nothing happens but baseline."""
    deals, lines = np.zeros((2, 4, 2, len(DEALS)), np.int64), np.zeros((2, len(LINES), 3), np.int64)

    def book(replicate: int, slot: int, segment: int, **counts: int) -> None:
        for name, count in counts.items():
            deals[replicate, slot, segment, DEALS.index(name)] = count

    book(0, 0, 0, purchases=4, purchases_owned=4, purchases_new=3, reviews_positive=2, brand_to_customer=5)
    book(
        0,
        1,
        1,
        purchases=3,
        purchases_paid=1,
        purchases_earned=2,
        reviews_negative=1,
        complaints=4,
        answered=3,
    )
    book(0, 2, 1, customer_to_customer=7)
    book(0, 3, 0, purchases=3, purchases_earned=1, purchases_baseline=5, purchases_new=1)
    book(1, 3, 1, purchases=2, purchases_baseline=2)
    lines[0, LINES.index("mentions_positive")] = [2, 1, 1]
    lines[0, LINES.index("mentions_negative")] = [0, 4, 0]
    lines[0, LINES.index("answers")] = [0, 2, 1]
    lines[0, LINES.index("reviews_positive")] = [0, 0, 2]
    lines[0, LINES.index("reviews_negative")] = [0, 0, 1]
    return Sales(
        selling=True,
        answering=True,
        reviewing=True,
        paying=True,
        deals=deals,
        lines=lines,
        wait_hours=np.array([2.5, np.nan]),
        without=np.array([[[6, 2], [5, 1]], [[0, 2], [0, 2]]]),
        price=40.0,
        margin=18.0,
        repeat=np.array([0.5, 0.0]),
        damping=np.array([0.5, 0.0]),
    )


def test_reputation_over_time():
    """2 of 2; then 3 positive, 4 - 2/2 negative; then 6 positive, 5 - 3/2 negative."""
    curve = reputation_curve(sold_by_hand())
    np.testing.assert_allclose(curve, [[1.0, 0.0, (6 - 3.5) / 9.5], [0.0, 0.0, 0.0]])


BY_HAND = {
    "impressions": (24, 6),
    "impressions_owned": (12, 6),
    "impressions_paid": (5, 0),
    "impressions_earned": (7, 0),
    "impressions_discovery": (3, 0),
    "impressions_dark": (2, 0),
    "impressions_by_engagement": (1, 0),
    "reach": (11, 5),
    "reach_accounts": (12, 5),
    "reach_earned_only": (3, 0),
    "reach_beyond_target": (4, 0),
    "frequency": (24 / 11, 6 / 5),
    "noticed": (6, 0),
    "sharers": (3, 0),
    "shares": (4, 0),  # the asked post is none
    "shares_private": (1, 0),
    "new_followers": (4, 0),
    "unfollows": (2, 0),
    "likes": (4, 0),
    "comments": (4, 0),
    "clicks": (5, 0),
    "clicks_owned": (3, 0),
    "clicks_paid": (1, 0),
    "clicks_earned": (1, 0),
    "engagements": (17, 0),
    "engagement_rate": (17 / 24, 0),
    "engagement_rate_per_reach": (17 / 11, 0),
    "engagement_rate_per_follower": (17 / 30, 0),
    "virality_rate": (4 / 24, 0),
    "amplification_rate": (4 / 30, 0),
    "reproduction_number": (3 / 4, math.nan),
    "reproduction_realised": (3 / 5, math.nan),
    "generations": (2, math.nan),
    "structural_virality": (20 / 12, math.nan),
    "structural_virality_broadcast": (50 / 30, math.nan),
    "largest_cascade": (4, 0),
    "earned_multiplier": (24 / 17, 1),
    "negative_shares": (1, 0),
    "complaints": (2, 0),
    "conversions": (10, 2),
    "conversions_direct": (5, 0),
    "conversions_referral": (3, 0),
    "conversions_baseline": (5, 2),
    "conversions_incremental": (5, 0),
    "new_customers": (4, 0),
    "reviews": (3, 0),
    "backlash": (0, 0),
    "reputation": ((6 - 3.5) / 9.5, math.nan),
    "interactions_brand": (8, 0),  # 5 engagements and 3 answers
    "interactions_customers": (7, 0),
    "response_rate": (3 / 4, math.nan),
    "response_time_hours": (2.5, math.nan),
    "revenue": (40 * 1.5 * 10, 40 * 2),
    "roi": ((18 * 1.5 * 5 - 120.06) / 120.06, math.nan),
    "customer_value_direct": (18 * 1.5 * 10, 18 * 2),
    "customer_value_referral": (18 * 1.5 * 2, 0),  # 10 bought, 8 without paid sharers
    "customer_value_influence": (18 * 1.5 * 2, 0),  # 6 without word of mouth
    "net_sentiment": ((4 - 2) / (4 + 2), math.nan),
    "share_of_voice": (1.0, math.nan),  # no competitor's slot here
    "share_of_impressions": (1.0, 1.0),
    "cost": (120.06, 0),
    "seed_cost_per_1000": (1000 * 120 / (5 - 3), math.nan),  # three of the paid displays were ads
    "earned_media_value": (7 / 1000 * 10 + 4 * 0.3 + 4 * 0.5 + 5 * 2.0, 0),
    "peak_hour": (2.0, 0.0),  # 5 an hour from hour 2; 3 an hour after hour 4
    "half_reach_hour": (4.0 + 0.5 / 6 * 4.0, 1.0),  # the 5.5th of 11 people; the 2.5th of 5
    "excluded_people": (5, 5),
}


@pytest.mark.parametrize("name", sorted(METRICS))
def test_metrics_counted_by_hand(counted, name):
    np.testing.assert_allclose(column(counted, name).values, BY_HAND[name], rtol=1e-12)


def test_every_defined_metric_is_counted_by_hand(counted):
    assert set(defined_metrics(counted)) == set(BY_HAND) == set(METRICS)


def test_names_are_those_of_the_specification():
    assert set(METRICS) <= set(METRIC_NAMES)
    assert list(METRICS) == [name for name in METRIC_NAMES if name in METRICS], "same order"
    assert set(METRIC_NAMES) == set(METRICS)
    assert all(metric.per for metric in METRICS.values() if metric.denominator), "denominators are printed"


def test_a_ratio_of_an_ensemble_is_sum_over_sum(counted):
    assert column(counted, "engagement_rate").mean == 17 / 30
    assert column(counted, "frequency").mean == 30 / 16
    assert column(counted, "earned_multiplier").mean == 30 / 23
    assert column(counted, "generations").mean == 2.0, "over the replicates where anybody shared"


def test_what_a_scenario_does_not_define_is_absent():
    bare = empty_tallies([0, 0], brand_followers=np.zeros(2, np.int64))
    absent = set(METRICS) - set(defined_metrics(bare))
    followers = {"engagement_rate_per_follower", "amplification_rate"}
    views = {"negative_shares", "complaints", "net_sentiment", "backlash"}
    reaching = {"impressions_discovery", "impressions_dark", "reach_beyond_target", "shares_private"}
    reaching |= {"new_followers", "unfollows"}
    reaching |= {"impressions_by_engagement", "share_of_voice", "share_of_impressions"}
    sold = {
        name for name in absent if name.startswith(("conversions", "customer_value", "interactions", "re"))
    }
    sold -= {"reach_beyond_target"}
    sold |= {"new_customers", "roi"}
    assert (
        absent == {"cost", "seed_cost_per_1000", "earned_media_value"} | followers | views | sold | reaching
    )
    assert "reach" not in sold
    with pytest.raises(SpecError, match="'cost' is not defined by this scenario"):
        column(bare, "cost")
    with pytest.raises(SpecError, match="did you mean 'reach'"):
        column(bare, "raech")


def test_a_world_without_any_display_is_undefined_not_zero():
    nothing = empty_tallies([0, 1], has_negative=True)
    undefined = {name for name in defined_metrics(nothing) if math.isnan(column(nothing, name).mean)}
    assert undefined == {
        "frequency",
        "engagement_rate",
        "engagement_rate_per_reach",
        "virality_rate",
        "reproduction_number",
        "reproduction_realised",
        "generations",
        "structural_virality",
        "structural_virality_broadcast",
        "earned_multiplier",
        "net_sentiment",
        "peak_hour",
        "half_reach_hour",
    }


@given(seed=st.integers(0, 10**6))
def test_conservation_whatever_was_displayed(seed):
    tallies = tallies_of_displays(seed)
    value = {name: column(tallies, name).values for name in defined_metrics(tallies)}
    origins = value["impressions_owned"] + value["impressions_paid"] + value["impressions_earned"]
    np.testing.assert_array_equal(value["impressions"], origins)
    clicks = value["clicks_owned"] + value["clicks_paid"] + value["clicks_earned"]
    np.testing.assert_array_equal(value["clicks"], clicks)
    engagements = value["likes"] + value["comments"] + value["shares"] + value["clicks"]
    np.testing.assert_array_equal(value["engagements"], engagements)
    assert (value["reach"] <= value["reach_accounts"]).all()
    assert (value["reach_earned_only"] <= value["reach"]).all()
    assert (value["sharers"] <= value["reach"]).all()
    assert (value["reach"] <= value["impressions"]).all()
    np.testing.assert_array_equal(tallies.curves[:, 4].sum(axis=(1, 2)), value["reach"])


@given(seed=st.integers(0, 10**6))
def test_parts_add_up_to_the_whole(seed):
    tallies = tallies_of_displays(seed)
    for name in defined_metrics(tallies):
        metric = METRICS[name]
        whole = column(tallies, name)
        for kind in metric.parts:
            parts = split(tallies, name, kind)
            distinct = name in ("reach", "reach_accounts", "reach_earned_only", "sharers")
            additive = kind == "segment" or not distinct or (name, kind) == ("reach_accounts", "platform")
            if metric.denominator is not None or name == "peak_hour":
                continue
            added = sum(part.numerator for part in parts.values())
            if additive:
                np.testing.assert_allclose(added, whole.numerator, rtol=1e-12, err_msg=f"{name} by {kind}")
            elif name != "reach_earned_only":
                assert (added >= whole.numerator).all(), f"{name} by {kind}"


def test_splits_name_their_parts(counted):
    assert set(split(counted, "impressions", "segment")) == set(SEGMENTS)
    by_platform = split(counted, "reach", "platform")
    assert set(by_platform) == set(PLATFORMS)
    np.testing.assert_array_equal(by_platform["instagram"].values, [10, 5])
    np.testing.assert_array_equal(split(counted, "impressions", "item")["teaser"].values, [4, 0])
    np.testing.assert_allclose(split(counted, "engagement_rate", "segment")["old"].mean, (4 + 3) / 9)
    np.testing.assert_allclose(split(counted, "amplification_rate", "platform")["facebook"].mean, 1 / 20)
    np.testing.assert_array_equal(split(counted, "excluded_people", "segment")["old"].values, [4, 4])
    with pytest.raises(SpecError, match=r"'cost' cannot be split by segment; what can: .*reach"):
        split(counted, "cost", "segment")


def test_peak_hour_adds_up_bins_shorter_than_an_hour():
    tallies = empty_tallies([0], times_hours=np.array([0.25, 0.5, 0.75, 1.0, 1.25, 1.5]))
    curves = np.zeros((1, 5, 3, 6), np.int64)
    curves[0, 0, 0] = [2, 2, 2, 2, 4, 3]
    tallies = dataclasses.replace(tallies, curves=curves)
    assert column(tallies, "peak_hour").values.tolist() == [0.0]


def test_viral_is_judged_on_sums():
    tallies = tallies_of_reach(np.array([10, 100]), np.array([0, 1]))
    tallies.people[:, 1, 0, 0] = [9, 30]  # most of the first, not of both together
    assert not judge_viral(tallies)
    tallies.people[:, 1, 0, 0] = [9, 47]
    assert judge_viral(tallies).viral
    assert "outgrew its target" in judge_viral(tallies).reason
    tallies.people[:, 1, 0, 0] = 0
    tallies.generations[:, :3] = [[3, 0, 0], [1, 4, 3]]  # 7 caused by 8
    assert not judge_viral(tallies)
    tallies.generations[1, 2] = 4  # 8 caused by 8: R = 1 is enough
    assert judge_viral(tallies).viral


def test_formula_of_value_names_the_prices_used():
    prices = Prices(per_1000_impressions=0.05, per_like=0.3, per_comment=0.5)
    assert (
        earned_value.formula_of_value(prices)
        == "earned impressions / 1000 x 0.05 + likes x 0.3 + comments x 0.5"
    )
    tallies = empty_tallies([0], prices=prices)
    put(tallies, 0, 0, 0, impressions_earned=50_000, likes=5000, comments_neutral=500)
    assert column(tallies, "earned_media_value").values[0] == pytest.approx(1752.50)


def test_columns():
    ratio = Column(np.array([1.0, 3.0, 0.0]), np.array([10.0, 10.0, 0.0]))
    assert ratio.mean == 0.2
    assert ratio.is_ratio
    mean, influence = linearise(ratio)
    np.testing.assert_allclose(influence, (ratio.numerator - 0.2 * ratio.denominator) / (20 / 3))
    assert influence.sum() == pytest.approx(0.0, abs=1e-12)
    plain = as_column([1.0, np.nan, 3.0])
    assert (plain.mean, plain.is_ratio) == (2.0, False)
    assert math.isnan(plain.values[1])
    assert math.isnan(as_column([np.nan]).mean)
    assert mean == 0.2


@pytest.mark.parametrize(
    ("value", "se", "text"),
    [
        (12345.678, 78.0, "12,350"),
        (12345.678, 780.0, "12,300"),
        (0.012345, 0.0004, "0.0123"),
        (3.0, None, "3"),
        (0.123456, None, "0.1235"),
        (1234567.0, None, "1,234,567"),
        (float("nan"), 1.0, "undefined"),
        (-0.0004, 0.01, "0.00"),
        (-2.5, 0.1, "-2.5"),
    ],
)
def test_numbers_are_rounded_to_what_is_known(value, se, text):
    assert rounding.format_number(value, se) == text


def test_percentages_and_intervals_are_rounded_alike():
    assert rounding.format_interval(1103.2, 1388.7) == "1,100 to 1,390"
    assert rounding.format_interval(0.91, 2.28, 0.35) == "0.9 to 2.3"
    assert rounding.format_interval(float("nan"), 1.0) == "no interval"
    assert rounding.format_percent(0.0, 0.0) == "0 %"
    assert rounding.format_times(0.834) == "83 times in 100"
    assert rounding.format_times(0.996) == "more than 99 times in 100"
    assert rounding.format_times(0.01) == "once in 100"


@given(value=st.floats(-1e12, 1e12), se=st.floats(1e-6, 1e12))
def test_rounding_loses_less_than_the_error(value, se):
    text = rounding.format_number(value, se)
    assert abs(float(text.replace(",", "")) - value) <= 0.51 * se + 1e-9 * abs(value)
