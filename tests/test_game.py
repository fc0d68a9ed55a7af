"""Platform events, rules, staff and competitors in scenarios: what they change, and that off means off."""

import numpy as np
import pytest
from paid_worlds import FLIGHT, run, world
from spec_worlds import refused

import viralsim as vs

POSTS = [{"item": "film", "platform": "net", "at": at} for at in ("0h", "12h", "36h", "48h")]


def test_a_platform_event_halves_what_is_posted_from_then_on():
    event = [{"at": "24h", "organic_reach": 0.5}]
    before, after = run(campaign={"posts": POSTS}), run(platform={"events": event}, campaign={"posts": POSTS})
    owned = [ensemble.curve("impressions_owned") for ensemble in (before, after)]
    day = np.searchsorted(before.times_hours, 24.0)
    assert np.array_equal(owned[0][:, : day + 1], owned[1][:, : day + 1])
    # 400 followers see the later two posts with chance .3, then .15, less what comes after the end of the run
    lost = 1.0 - owned[1].sum() / owned[0].sum()
    assert 0.18 < lost < 0.3
    neutral = run(platform={"events": [{"at": "24h"}]}, campaign={"posts": POSTS})
    assert all(np.array_equal(before[name], neutral[name], equal_nan=True) for name in before.metrics)


def test_a_later_change_of_visibility_leaves_posts_alone():
    event = [{"at": "1h", "peer_visibility": 0.0}]
    base, unseen = run(), run(platform={"events": event})
    assert np.array_equal(base["impressions_owned"], unseen["impressions_owned"])
    assert unseen["impressions_earned"].sum() < 0.2 * base["impressions_earned"].sum()


def test_the_budget_follows_the_better_item():
    items = [{"id": "film", "like_prob": 0.2}, {"id": "clip", "like_prob": 0.0}]
    flights = [{**FLIGHT, "to": "48h"}, {**FLIGHT, "item": "clip", "to": "48h"}]
    move = {"kind": "move-budget", "at": "12h"}
    fixed = run(items=items, campaign={"posts": POSTS, "paid": flights})
    moved = run(items=items, campaign={"posts": POSTS, "paid": flights, "rules": [move]})
    assert np.allclose(moved["cost"], fixed["cost"], rtol=0.001)  # the money is the same
    assert moved["engagements"].mean() > 1.2 * fixed["engagements"].mean()
    never = run(
        items=items,
        campaign={"posts": POSTS, "paid": flights, "rules": [{**move, "least_impressions": 10**8}]},
    )
    assert all(np.array_equal(fixed[name], never[name], equal_nan=True) for name in fixed.metrics)


def test_what_passes_an_engagement_rate_is_boosted():
    boost = {
        "kind": "boost",
        "above": 0.02,
        "budget": 4.0,
        "cpm": 8.0,
        "duration": "12h",
        "least_impressions": 20,
    }
    liked = run(campaign={"posts": POSTS, "rules": [boost]})
    assert (liked["impressions_paid"] == 500).mean() > 0.5
    assert set(liked["impressions_paid"]) <= {0, 500}
    assert np.allclose(liked["cost"], liked["impressions_paid"] * 0.008)
    strict = run(campaign={"posts": POSTS, "rules": [{**boost, "above": 1.0}]})
    assert not strict["impressions_paid"].any()


def test_working_time_is_a_cost():
    staff = {"price_per_hour": 40.0, "hours_per_post": 0.5, "hours_per_flight": 2.0}
    ensemble = run(campaign={"posts": POSTS, "paid": [FLIGHT], "staff": staff})
    assert np.allclose(ensemble["cost"], 8.0 + 40.0 * (4 * 0.5 + 2.0))
    assert np.allclose(run(campaign={"posts": POSTS, "staff": staff})["cost"], 80.0)


RIVAL = {
    "platform": {"rivals": {"acme": {"count": 900}}, "access": 0.9},
    "items": [{"id": "film"}, {"id": "theirs", "brand": "acme", "share_prob": 0.1}],
}
THEIRS = [{"item": "theirs", "platform": "net", "at": at} for at in ("0h", "2h", "4h")]


def test_a_competitor_counts_for_itself_and_takes_attention():
    alone = run(**RIVAL, campaign={"posts": POSTS})
    both = run(**RIVAL, campaign={"posts": POSTS + THEIRS})
    for name in alone.metrics:
        if not name.startswith("share_of"):
            assert np.array_equal(alone[name], both[name], equal_nan=True), (
                name
            )  # nobody's attention is limited
    assert (alone["share_of_impressions"] == 1).all()
    shares = both.summary()["share_of_impressions"].mean
    assert 0.05 < shares < 0.7
    assert both.summary()["share_of_voice"].mean < 0.7
    assert both.trace(0).person.size == both["shares"][0]
    audience = {
        "size": 3000,
        "attention": {"kind": "budget", "notices_per_day": 2, "background_per_day": 1.0},
    }
    alone = run(**RIVAL, audience=audience, campaign={"posts": POSTS})
    both = run(**RIVAL, audience=audience, campaign={"posts": POSTS + THEIRS})
    assert both["noticed"].mean() < alone["noticed"].mean()
    assert np.array_equal(both["impressions_owned"], alone["impressions_owned"])


def test_marginal_spend_is_read_from_a_paired_comparison():
    more = world([{**FLIGHT, "budget": 16.0}])
    pair = vs.compare([world([FLIGHT]), more], metrics=["impressions_earned", "cost"], replicates=60)
    earned, cost = (next(p for p in pair.pairs if p.metric == m) for m in ("impressions_earned", "cost"))
    assert cost.difference == pytest.approx(8.0)
    assert earned.difference > 0


@pytest.mark.parametrize(
    ("changes", "at", "words"),
    [
        ({"campaign": {"rules": [{"kind": "move-budget", "at": "1h"}]}}, "campaign.rules.0", "two items"),
        ({"campaign": {"rules": [{"kind": "move-budget", "at": "9d"}]}}, "campaign.rules.0.at", "not before the end"),
        ({"campaign": {"posts": POSTS, "rules": [{"kind": "boost", "above": 0.1, "budget": 5}]}},
         "campaign.rules.0.cpm", "is missing"),
        ({"platform": {"events": [{"at": "4d"}]}}, "platforms.net.events.0.at", "not before the end"),
        ({"items": [{"id": "film", "brand": "acme"}]}, "campaign.posts.0.platform", "rivals"),
        ({"items": [{"id": "film", "brand": "acme"}], "paid": [FLIGHT], "platform": {"rivals": {"acme": {"count": 9}}}},
         "campaign.paid.0.item", "its own items only"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(changes, at, words):
    problems = refused(lambda: world(**changes))
    assert any(at in line and words in line for line in problems), problems
