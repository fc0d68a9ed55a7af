"""The stock scenarios about reaching people still teach what they say.

Paired within draws on shared luck, with the files' seeds; bounds are those a reader would take from the lesson's words.
"""

from __future__ import annotations

import functools

import numpy as np

import viralsim as vs
from viralsim.engine.ensemble import Ensemble

REPLICATES, DRAWS = 40, 4


@functools.cache
def worlds(name: str) -> dict[str, Ensemble]:
    """The scenario and its variants in shared worlds, by label."""
    base = vs.load_scenario(name)
    chosen = [base, *(base.variant(variant) for variant in base.variant_names)]
    return {s.label: vs.simulate(s, replicates=REPLICATES, draws=DRAWS) for s in chosen}


def means(name: str, metric: str) -> dict[str, float]:
    """Expected value of a metric by variant."""
    return {label: ensemble.summary()[metric].mean for label, ensemble in worlds(name).items()}


def test_on_a_for_you_feed_the_clip_counts_and_followers_do_not():
    reach = means("for-you", "reach")
    assert reach["for-you"] > 10 * reach["followers-only"]
    assert 0.7 < reach["twice-the-followers"] / reach["for-you"] < 1.4
    assert reach["stickier-clip"] > 1.5 * reach["for-you"]
    single = worlds("for-you")["for-you"]["reach"]
    assert np.percentile(single, 95) > 5 * np.percentile(single, 25), "what happens to one clip is a lottery"


def test_most_of_what_is_passed_on_is_out_of_sight_and_goes_to_few():
    dark, public = (worlds("dark-social")[label] for label in ("dark-social", "all-public"))
    private = dark["shares_private"].sum() / dark["shares"].sum()
    assert 0.5 < private < 0.85
    assert dark["impressions_dark"].sum() < 2.2 * dark["shares_private"].sum()
    assert dark["impressions_earned"].mean() < 0.7 * public["impressions_earned"].mean()


def test_half_the_reach_for_half_the_time_costs_a_quarter_and_ads_buy_it_back():
    owned, impressions = (means("algorithm-halves-reach", m) for m in ("impressions_owned", "impressions"))
    assert 0.68 < owned["halved"] / owned["algorithm-halves-reach"] < 0.82
    assert 0.9 < impressions["halved-and-ads"] / impressions["algorithm-halves-reach"] < 1.1


def test_a_competitor_takes_attention_and_not_impressions():
    alone, both = (worlds("competitor-launch")[label] for label in ("competitor-launch", "launch"))
    assert np.array_equal(alone["impressions_owned"], both["impressions_owned"])
    assert 0.95 < both["noticed"].mean() / alone["noticed"].mean() < 0.998
    share = both.summary()["share_of_impressions"].mean
    assert share < 0.5
    assert np.nanmin(alone["share_of_impressions"]) == 1


def test_ads_reach_more_and_people_earn_more_for_each_display():
    found = worlds("paid-or-seeding")
    ads, people = found["paid-or-seeding"], found["ten-people"]
    assert ads["reach"].mean() > 3 * people["reach"].mean()
    assert people.summary()["earned_multiplier"].mean > ads.summary()["earned_multiplier"].mean
    assert ads["cost"].max() <= 400 + 1e-9
