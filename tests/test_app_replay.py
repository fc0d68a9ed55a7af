"""A run of a scenario as the app plays it: a true sample of one replicate, and words that say of how much."""

from __future__ import annotations

import re

import numpy as np
import pytest
from test_app_parts import MINE

import viralsim as vs
from viralsim.app import replay as replay_module
from viralsim.app.replay import biggest_run, clock_text, replay, typical_run
from viralsim.engine.audience import make_audience
from viralsim.engine.compiled import draw_key
from viralsim.spec.resolving import resolve

LOUD = vs.Scenario.from_dict(MINE).with_overrides({"items.post.share_prob": 0.3})
SEED = 1


@pytest.fixture(scope="module")
def ensemble():
    return vs.simulate(LOUD, replicates=12, draws=3, seed=SEED, threads=1)


def scene_of(ensemble, replicate, people=300):
    plain = resolve(LOUD, SEED, replicate % 3)
    audience = make_audience(plain, draw_key(SEED, replicate % 3), {})
    trace = ensemble.trace(replicate)
    return replay(trace, audience, "Mine", people), trace, audience


def test_all_who_share_are_there_with_who_made_them(ensemble):
    scene, trace, audience = scene_of(ensemble, biggest_run(ensemble))
    sharers = np.unique(trace.person)
    assert 10 < sharers.size <= replay_module.MOST_SHARERS
    assert scene.person.size == sharers.size
    assert (scene.step >= 1).all()
    caused = scene.parent >= 0
    np.testing.assert_array_equal(caused, scene.generation > 0)
    assert (scene.parent[caused] < np.flatnonzero(caused)).all(), "parents share before children"
    assert (scene.step[scene.parent[caused]] <= scene.step[caused]).all()
    seen = scene.seen[scene.person]
    assert (seen >= 1).all() and (seen <= scene.step).all()
    for child in np.flatnonzero(caused):
        parent = scene.parent[child]
        followers = scene.graph.indices[scene.graph.indptr[parent] : scene.graph.indptr[parent + 1]]
        assert child in followers, "a share is caused by somebody one follows"
    assert scene.graph.n_nodes <= 300 < audience.people.size


def test_who_noticed_is_tinted_and_others_are_not(ensemble):
    scene, trace, _ = scene_of(ensemble, typical_run(ensemble))
    noticed = np.unique(trace.touches.person).size
    drawn = int((scene.seen >= 0).sum())
    assert 0 < drawn <= noticed + np.unique(trace.person).size
    assert (scene.seen == -1).any()
    words = scene.words
    assert words.startswith(f"{scene.graph.n_nodes} of 500 people of Mine: ")
    found = re.search(r"(\d+) of (\d+) who share, (\d+) of (\d+) who notice", words)
    assert int(found[1]) == scene.person.size
    assert int(found[3]) == drawn - scene.person.size


def test_time_goes_forward_in_few_steps(ensemble):
    scene, _, _ = scene_of(ensemble, biggest_run(ensemble))
    assert scene.hours[0] == -1.0
    assert (np.diff(scene.hours) > 0).all()
    assert scene.hours.size <= replay_module.FRAMES + 1
    assert max(scene.step.max(), scene.seen.max()) == scene.hours.size - 1
    player = scene.to_player(["#000"] * 6, ["#fff"] * 6)
    assert len(player["clock"]) == player["last"] + 1 == scene.hours.size
    assert player["clock"][0] == "Start"
    assert max(player["shade"]) <= 5


def test_of_many_sharers_whole_trees_are_drawn(ensemble, monkeypatch):
    monkeypatch.setattr(replay_module, "MOST_SHARERS", 8)
    scene, trace, _ = scene_of(ensemble, biggest_run(ensemble))
    assert scene.person.size == 8 < np.unique(trace.person).size
    np.testing.assert_array_equal(scene.parent >= 0, scene.generation > 0)


def test_the_same_run_is_drawn_the_same(ensemble):
    one, _, _ = scene_of(ensemble, 3)
    two, _, _ = scene_of(ensemble, 3)
    np.testing.assert_array_equal(one.x, two.x)
    np.testing.assert_array_equal(one.seen, two.seen)
    assert one.words == two.words


def test_a_run_in_which_nobody_shares_is_a_run_too():
    quiet = LOUD.with_overrides({"items.post.share_prob": 0.0})
    ensemble = vs.simulate(quiet, replicates=3, draws=1, seed=SEED, threads=1)
    audience = make_audience(resolve(quiet, SEED, 0), draw_key(SEED, 0), {})
    assert typical_run(ensemble) == 0
    scene = replay(ensemble.trace(0), audience, "Mine")
    assert scene.person.size == 0 and (scene.seen >= 0).any()
    assert "0 of 0 who share" in scene.words


def test_the_clock_counts_days_from_one():
    assert [clock_text(h) for h in (-1.0, 0.25, 23.0, 24.0, 49.5)] == [
        "Start", "After 0.25 h", "After 23 h", "Day 2, 0 h", "Day 3, 1 h",
    ]  # fmt: skip
