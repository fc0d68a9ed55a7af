"""Every stock scenario runs, and still teaches what it says."""

import numpy as np
import pytest

import viralsim as vs
from viralsim.spec import catalog

LESSONS = [
    ("influencers-or-many", "reach", "better"),
    ("two-platforms", "reach", "better"),
    ("backlash", "net_sentiment", "worse"),
    ("left-out", "reach", "better"),
    ("best-hour", "half_reach_hour", "better"),
    ("small-shop", "impressions", "better"),
    ("same-post-twice", "reach", "practically equal"),
]


def test_the_catalog_holds_the_stock_scenarios():
    names = {entry.name for entry in catalog()}
    assert names == {name for name, *_ in LESSONS} | {"ordinary-post", "launch-video", "sticky-or-shareable"}


@pytest.mark.parametrize(("name", "metric", "verdict"), LESSONS)
def test_the_lesson_still_holds(name, metric, verdict):
    comparison = vs.compare([vs.load_scenario(name)], metric=metric, replicates=100)
    pair = next(pair for pair in comparison.pairs if pair.metric == metric)
    assert pair.verdict == verdict, comparison.sentence()


def test_an_ordinary_post_does_not_spread():
    trees = vs.simulate(vs.load_scenario("ordinary-post")).tallies.trees.sum(axis=0)
    single, shallow, mean = trees[1] / trees[0], trees[2] / trees[0], trees[4] / trees[0]
    assert 0.73 <= single <= 0.98
    assert shallow >= 0.95
    assert 1.0 <= mean <= 1.2


def test_the_sticky_item_wins_the_clicks():
    comparison = vs.compare([vs.load_scenario("sticky-or-shareable")], metric="clicks", replicates=100)
    clicks = {e.scenario.name.split(":")[-1]: np.mean(e["clicks"]) for e in comparison.ensembles}
    assert clicks["sticky"] > 1.5 * clicks["shareable"]


def test_asking_five_people_beats_a_better_hour():
    video = vs.load_scenario("launch-video")
    asked = vs.compare([video, video.variant("five-asked")], metric="reach", replicates=100)
    assert asked.verdict == "better"
    assert asked.ratio > 2
