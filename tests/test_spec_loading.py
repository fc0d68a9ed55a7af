"""Loading scenarios: every problem at once with its place, whatever is written and wherever it comes from."""

from __future__ import annotations

import copy
import io
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_worlds import VARIANTS, refused, smallest

from viralsim.errors import ScenarioError, SpecError
from viralsim.spec import Scenario, load_scenario, new_scenario
from viralsim.spec.scenario import read_text

FIVE_MISTAKES = """\
viralsim: 1
name: five-mistakes
audience:
  size: 10_000
  segments:
    - {name: young, fraction: 0.6, acess: {instagram: 0.85}}
    - {name: older, fraction: 0.4}
platforms:
  instagram: {preset: instagran, brand_followers: {count: 400}}
items:
  - {id: film, share_prob: 1.7}
campaign:
  posts: [{item: flim, platform: instagram, at: 2h}]
"""

FIVE_ANSWERS = """\
five.yaml:4:9: audience.size: 10_000: YAML tools disagree on underscores in numbers; write 10000
five.yaml:6:36: audience.segments.0.acess: unknown key 'acess'; did you mean 'access'? allowed: name, fraction, \
attributes, access, affinity, activity, customers, convert_prob, baseline_per_week
five.yaml:9:23: platforms.instagram.preset: 'instagran' is unknown; did you mean 'instagram'? allowed: facebook, \
instagram, x, youtube, tiktok, linkedin
five.yaml:11:28: items.0.share_prob: 1.7 is not a probability; allowed: 0 to 1; for 1.7 percent write 0.017
five.yaml:13:18: campaign.posts.0.item: unknown item 'flim'; did you mean 'film'? allowed: film
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_with_five_mistakes_prints_exactly_this(here):
    (here / "five.yaml").write_text(FIVE_MISTAKES)
    assert "\n".join(refused(lambda: load_scenario("five.yaml"))) + "\n" == FIVE_ANSWERS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"audience": {}}, "audience.size: is missing; write size: how many people there are"),
        ({"audience": None}, "audience: nothing (null) is not a mapping; write its keys, one a line; allowed keys"),
        ({"audience": {"size": 200, "segments": []}}, "audience.segments: the list is empty"),
        ({"audience": {"size": 200, "segments": [{"name": "a", "fraction": 0.5}, {"name": "a", "fraction": 0.5}]}},
         "audience.segments.1.name: 'a' is taken by entry 0; names are unique"),
        ({"audience": {"size": 200, "segments": [{"name": "a", "fraction": 1, "access": {"instagrm": 1}}]}},
         "audience.segments.0.access.instagrm: unknown platform 'instagrm'; did you mean 'instagram'?"),
        ({"audience": {"size": 200, "segments": [{"name": "a", "fraction": 1, "affinity": {"lunch": 1}}]}},
         "audience.segments.0.affinity.lunch: no item has the topic 'lunch'; did you mean 'launch'?"),
        ({"audience": {"size": 200, "activity": {"kind": "gama"}}},
         "audience.activity.kind: unknown kind 'gama'; did you mean 'gamma'? allowed: constant, gamma, lognormal"),
        ({"audience": {"size": 200, "activity": {"shape": 1}}}, "audience.activity: kind is missing; allowed:"),
        ({"audience": {"size": 200, "activity": {"kind": "constant", "shape": 1}}},
         "audience.activity.shape: unknown key 'shape'; allowed: kind, never_share"),
        ({"platforms": {}}, "platforms: 0 entries; allowed: at least 1"),
        ({"platforms": {"1st": {"preset": "x"}}}, "platforms.1st: '1st' is not a name; allowed: letters, digits"),
        ({"platforms": {"instagram": {}}}, "platforms.instagram: none is written of peer_visibility, "
         "friend_share_prob, reproduction_number; write any two"),
        ({"platforms": {"instagram": {"preset": "x", "peer_visibility": 0.2, "friend_share_prob": 0.1,
                                      "reproduction_number": 0.1}}},
         "platforms.instagram.reproduction_number: all of peer_visibility, friend_share_prob, reproduction_number "
         "are written; write any two"),
        ({"platforms": {"instagram": {"preset": "x", "half_life": "2h", "display_delay": "none"}}},
         "platforms.instagram.half_life: is not used with display_delay: none"),
        ({"platforms": {"instagram": {"preset": "x", "rhythm": {"kind": "daily", "hours": [0] * 24}}}},
         "platforms.instagram.rhythm.hours: all hours are 0; somebody must be active at some time"),
        ({"platforms": {"instagram": {"preset": "x", "rhythm": {"kind": "daily", "hours": [1] * 23}}}},
         "platforms.instagram.rhythm.hours: 23 entries; allowed: at least 24"),
        ({"platforms": {"instagram": {"preset": "x", "ranking": {"boost": {
            "kind": "engagement", "benchmark": 0, "strength": 1, "cap": 0.5}}}}},
         "platforms.instagram.ranking.boost.cap: 0.5 is too small; allowed: 1 to 1000"),
        ({"platforms": {"instagram": {"preset": "x", "brand_followers": {"count": 201}}}},
         "platforms.instagram.brand_followers.count: 201 is more than the audience of 200"),
        ({"platforms": {"instagram": {"preset": "x", "network": {"kind": "power-law", "min_followers": 2,
                                                                 "mean_followers": 9}}}},
         "platforms.instagram.network.mean_followers: min_followers and mean_followers are both written"),
        ({"platforms": {"instagram": {"preset": "x", "network": {"kind": "file", "path": "none.csv"}}}},
         "platforms.instagram.network.path: no such file: "),
        ({"platforms": {"instagram": {"preset": "x", "network": {"kind": "file", "path": "."}}}},
         "platforms.instagram.network.path: '.' is a folder; write the path of a file in it"),
        ({"audience": {"size": 200, "segments": [{"name": f"s{i}", "fraction": 1 / 33} for i in range(33)]}},
         "audience.segments: 33 entries; allowed: at most 32"),
        ({"audience": {"size": 200, "activity": {"kind": "gamma", "shape": 1e-9}}},
         "audience.activity.shape: 1e-09 is too small; allowed: 0.01 to 1e+06"),
        ({"audience": {"size": 200, "activity": {"kind": "constant", "never_share": 1}}},
         "audience.activity.never_share: 1 is not a probability; allowed: 0 to 0.999"),
        ({"items": [{"id": "film"}, {"id": "film"}]}, "items.1.id: 'film' is taken by entry 0; ids are unique"),
        ({"items": [{"id": "film", "negative": 0.7, "neutral": 0.4}]},
         "items.0.neutral: negative 0.7 and neutral 0.4 sum to more than 1"),
        ({"items": [{"id": "film", "response": "peaked"}]}, "items.0.response.at: is missing; write at: k, in"),
        ({"items": [{"id": "film", "share_prob": {"low": 0.1, "high": 0.2}}]},
         "items.0.share_prob: an uncertain number needs its value: {value, low, high}; value is missing"),
        ({"items": [{"id": f"i{i}"} for i in range(17)]}, "items: 17 entries; allowed: at most 16"),
        ({"campaign": {"posts": [{"item": "film", "platform": "facebook"}]}},
         "campaign.posts.0.platform: unknown platform 'facebook'; allowed: instagram"),
        ({"campaign": {"posts": [{"item": "film", "platform": "instagram", "at": "20d"}]}},
         "campaign.posts.0.at: 20d is not before the end of the run (horizon 14d)"),
        ({"campaign": {"posts": [{"item": "film", "platform": "instagram", "at": "-2h"}]}},
         "campaign.posts.0.at: '-2h' is not a duration"),
        ({"campaign": {"seeding": [{"item": "film", "platform": "instagram", "pick": "random"}]}},
         "campaign.seeding.0.pick: neither count nor budget is written; write one"),
        ({"campaign": {"seeding": [{"item": "film", "platform": "instagram",
                                    "pick": {"kind": "random", "count": 1, "budget": 2}}]}},
         "campaign.seeding.0.pick: both count and budget are written; write one"),
        ({"campaign": {"seeding": [{"item": "film", "platform": "instagram",
                                    "pick": {"kind": "random", "budget": 2}}]}},
         "campaign.seeding.0.pick.budget: a budget needs a price per person above 0"),
        ({"campaign": {"seeding": [{"item": "film", "platform": "instagram",
                                    "pick": {"kind": "segment", "segment": "evryone", "count": 1}}]}},
         "campaign.seeding.0.pick.segment: unknown segment 'evryone'; did you mean 'everyone'?"),
        ({"campaign": {"seeding": [{"item": "film", "platform": "instagram",
                                    "pick": {"kind": "listed", "people": [1, 2, 1]}}]}},
         "campaign.seeding.0.pick.people: somebody is listed twice; list each person once"),
        ({"goal": {"metric": "raech", "at_least": 3}}, "goal.metric: 'raech' is unknown; did you mean 'reach'?"),
        ({"goal": {"metric": "reach", "at_least": {"value": 3}}}, "goal.at_least: a plain number is needed here"),
        ({"run": {"step": "10s"}}, "run.step: '10s' is out of range; allowed: 1min to 24h"),
        ({"run": {"horizon": "10min"}}, "run.horizon: '10min' is shorter than one step"),
        ({"run": {"horizon": "900d", "step": "1min"}}, "run.horizon: '900d' has 1,296,000 steps; at most 65,534"),
        ({"run": {"horizon": "3 days"}}, "run.horizon: '3 days': unknown unit 'days'; did you mean 'd'?"),
        ({"run": {"start": "2026-03-02T09:00Z"}}, "run.start: '2026-03-02T09:00Z' has a time zone"),
        ({"run": {"start": "2.3.2026"}}, "run.start: '2.3.2026' is not a date; write a date and an hour"),
        ({"run": {"start": "2026-02-30"}}, "run.start: '2026-02-30' is not a date"),
        ({"run": {"seed": -1}}, "run.seed: -1 is out of range; allowed: a whole number from 0 to 9223372036854775807"),
        ({"run": {"replicates": True}}, "run.replicates: true is not a whole number"),
        ({"sources": "me"}, "sources: 'me' is not a list; write [..] or lines that begin with a dash"),
        ({"title": 3}, "title: 3 is not a text; put it in quotes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_is_allowed(change, message):
    found = refused(lambda: Scenario.from_dict(smallest(**change)))
    assert any(line.startswith(f"scenario: {message}") for line in found), found


def test_one_mistake_is_one_problem():
    """A wrong field is not reported again by the checks that look at several fields."""
    for change in (
        {"run": {"horizon": 5}},
        {"platforms": {"instagram": {"preset": "instagran"}}},
        {"items": [{"id": "film", "negative": 3}, {"id": "trailer", "topic": "launch"}]},
        {"audience": {"size": 0}},
    ):
        assert len(refused(lambda change=change: Scenario.from_dict(smallest(**change)))) == 1


JUNK = st.sampled_from(
    [None, True, False, 0, -1, 2**70, 10**400, 1.5, float("nan"), float("inf"), "", "x", "none", "4h", "²", "a.b", "\0",
     [], [None], [[]], {}, {"kind": "random"}, {"kind": None}, {"kind": []}, {"value": 1}, {"value": None}, {1: 2},
     {None: 1}, {"": ""}, (1, 2), {1}, b"x", np.float64(0.2), np.int64(3), np.array([1.0, 2.0]), 1j, "film", ["film"],
     {"id": "film"}, {"value": 0.1, "low": 0.2, "high": 0.3}]
)  # fmt: skip


def places(data, path=()):
    """Every place of a document: keys and positions from the top."""
    if path:
        yield path
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in entries:
        yield from places(part, (*path, key))


LAUNCH = load_scenario("launch-video").to_dict()
LAUNCH_PLACES = list(places(LAUNCH))


def changed(data, path, value):
    """A copy with another value at a place; the key is taken away where the value is "away"."""
    data = copy.deepcopy(data)
    place = data
    for key in path[:-1]:
        place = place[key]
    if isinstance(value, str) and value == "away":
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return data


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(LAUNCH_PLACES), JUNK | st.just("away")), min_size=1, max_size=3))
def test_whatever_is_written_is_a_scenario_or_a_list_of_problems(changes):
    data = LAUNCH
    for path, value in changes:
        try:
            data = changed(data, path, value)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        scenario = Scenario.from_dict(data)
    except ScenarioError as error:
        problems = error.problems
    else:
        problems = []
        assert len(scenario.digest) == 64
    assert all(line.startswith("scenario: ") and "\n" not in line for line in problems)
    assert len(set(problems)) == len(problems)


# -------------------------------------------------------------------------- where it comes from


def test_a_stock_name_a_path_and_a_file_of_that_name(here):
    assert load_scenario("launch-video").source_path.parent.name == "scenarios"
    (here / "launch-video").write_text(VARIANTS.replace("variants:\n", ""))
    assert load_scenario("launch-video").name == "base"
    assert load_scenario(here / "launch-video").name == "base"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("lauch-video", "no such scenario file or stock scenario; did you mean 'launch-video'? allowed"),
        ("bse.yaml", "no such scenario file or stock scenario; did you mean 'base.yaml'?"),
        ("nowhere/base.yaml", "there is no folder nowhere"),
        (".", "is a folder; scenarios in it: base.yaml"),
        ("", "no scenario is named; name a file, - for standard input, or a stock scenario"),
        ("a\0b", "no such scenario file"),
        ("x" * 5000, "cannot be read: File name too long"),
    ],
)
def test_a_scenario_that_is_not_there(path, message, here):
    (here / "base.yaml").write_text(VARIANTS.replace("variants:\n", ""))
    found = refused(lambda: load_scenario(path))
    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize("path", [None, 3, b"base.yaml", ["base.yaml"]])
def test_what_is_no_path(path):
    with pytest.raises((SpecError, ScenarioError), match="scenario"):
        load_scenario(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_read_like_a_file(here):
    os.mkfifo(here / "pipe")
    text = VARIANTS.replace("variants:\n", "")
    writer = threading.Thread(target=lambda: (here / "pipe").write_text(text), daemon=True)
    writer.start()
    assert load_scenario("pipe").name == "base"
    writer.join()


def test_standard_input_starts_at_the_current_folder(here, monkeypatch):
    text = VARIANTS.replace("variants:\n", "").encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    scenario = load_scenario("-")
    assert (scenario.folder, scenario.source_path) == (here, None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"viralsim: 1\nx: 2\n")))
    assert all(line.startswith("<stdin>:") for line in refused(lambda: load_scenario("-")))


def test_a_relative_network_starts_at_the_scenario(here, monkeypatch):
    (here / "plans").mkdir()
    (here / "plans" / "edges.csv").write_text("0,1\n1,2\n")
    file = here / "plans" / "s.yaml"
    file.write_text(
        VARIANTS.replace("{kind: erdos-renyi, mean_degree: 8}", "{kind: file, path: edges.csv}")
        .replace("variants:\n", "")
        .replace("audience: {size: 200}", "audience: {}")
        .replace("count: 20", "count: 2")
    )
    scenario = load_scenario(file)
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    moved = Scenario.from_dict(scenario.to_dict(absolute_paths=True))
    assert moved.digest == scenario.digest


def test_a_new_scenario_loads_under_its_name_and_compares():
    scenario = read_text(new_scenario("spring").encode(), Path.cwd(), "spring.yaml", "spring", None)
    assert scenario.name == "spring"
    assert len(scenario.variant_names) >= 2
    for name in ("", "1st", "a b", "-a", "a/b", "a.b", "x" * 65, "\n"):
        with pytest.raises(SpecError, match="not a name"):
            new_scenario(name)
