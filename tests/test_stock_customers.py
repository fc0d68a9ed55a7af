"""The stock scenarios about customers still teach what they say.

Paired within draws on shared luck, with the files' seeds; bounds are those a reader would take from the lesson's words.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest

import viralsim as vs
from viralsim.engine.ensemble import Ensemble
from viralsim.metrics.uncertainty import Summary, summarise

REPLICATES, DRAWS = 60, 6
pytestmark = pytest.mark.slow  # each runs three to five variants with their counterfactual worlds


@functools.cache
def worlds(name: str) -> dict[str, Ensemble]:
    """The scenario and its variants in shared worlds, by label."""
    base = vs.load_scenario(name)
    chosen = [base, *(base.variant(variant) for variant in base.variant_names)]
    return {s.label: vs.simulate(s, replicates=REPLICATES, draws=DRAWS) for s in chosen}


def gain(name: str, of: str, over: str, metric: str) -> Summary:
    """Paired difference of two variants in a metric, with its interval over draws."""
    found = worlds(name)
    return summarise(found[of][metric] - found[over][metric], found[of].draw)


def test_a_fast_answer_saves_purchases_that_a_slow_one_does_not():
    name = "answer-fast-or-slow"
    fast, slow = (gain(name, of, "silent", "customer_value_direct") for of in (name, "next-day"))
    assert fast.low > 0, "answering within the hour pays"
    assert gain(name, name, "next-day", "customer_value_direct").low > 0
    assert slow.mean < fast.mean / 4, "most of it is gone a day later"
    assert gain(name, name, "hour-later", "customer_value_direct").low > 0, "an hour has a price"
    assert worlds(name)["silent"]["conversions_incremental"].mean() < 0, "the launch costs purchases"
    rates = [worlds(name)[of]["response_rate"].mean() for of in (name, "next-day")]
    assert abs(rates[0] - 0.9) < 0.02
    assert np.nanmean(worlds(name)["next-day"]["response_time_hours"]) > 18


def test_bad_news_costs_purchases_and_more_so_the_more_it_is_shared():
    name = "bad-news-spreads"
    found = worlds(name)
    good, bad, loud = (found[label] for label in (name, "bad-news", "bad-news-shared-more"))
    assert np.array_equal(good["reach"], bad["reach"]), "the same reach"
    assert summarise(good["conversions_incremental"], good.draw).low > 0
    assert summarise(bad["conversions_incremental"], bad.draw).high < 0
    assert gain(name, "bad-news-shared-more", "bad-news", "reach").low > 0
    assert gain(name, "bad-news-shared-more", "bad-news", "conversions_incremental").high < 0
    assert loud["conversions_referral"].mean() > 100, "last touch claims hundreds while purchases are lost"
    assert (bad["backlash"] == 1).all()
    assert (good["backlash"] == 0).all()


def test_referral_sells_by_trust_and_last_touch_claims_too_much():
    name = "referral-programme"
    paid = worlds(name)["referral"]
    assert gain(name, "referral", name, "conversions_incremental").low > 0
    assert gain(name, "referral", "referral-without-trust", "conversions_incremental").low > 0
    caused = paid["conversions_incremental"].sum()
    claimed = paid["conversions_direct"].sum() + paid["conversions_referral"].sum()
    assert claimed > 1.3 * caused
    assert (paid["cost"] == 600).all()
    assert summarise(paid["customer_value_referral"], paid.draw).low > 0


def test_first_reviews_lift_the_sales_of_later_posts():
    name = "review-driven-sale"
    assert gain(name, name, "nobody-reviews", "conversions").low > 0
    assert gain(name, "fifty-good", name, "conversions").low > 0
    assert gain(name, "fifty-good", "fifty-poor", "conversions").low > 0
    assert gain(name, name, "poor-product", "conversions").low > 0
    silent, some, fifty = (
        worlds(name)[of]["conversions"].mean() for of in ("nobody-reviews", name, "fifty-good")
    )
    assert 1.2 < some / silent < 1.6
    assert fifty > 2 * silent
    assert 5 < worlds(name)[name]["reviews"].mean() < 20
    assert np.array_equal(worlds(name)[name]["clicks"], worlds(name)["fifty-poor"]["clicks"])


def test_tailoring_pays_as_far_as_groups_keep_together():
    name = "tailored-or-one-message"
    assert gain(name, "tailored", name, "clicks").low > 0
    ratios = [
        worlds(name)[tailored]["clicks"].mean() / worlds(name)[one]["clicks"].mean()
        for one, tailored in ((name, "tailored"), ("one-message-mixed", "tailored-mixed"))
    ]
    assert ratios[0] > 1.1
    assert ratios[1] < ratios[0] - 0.1
