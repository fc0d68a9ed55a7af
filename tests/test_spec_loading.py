"""Loading scenarios: every problem at once with its place, overrides, variants, and writing them again."""

from __future__ import annotations

import copy
import io
import os
import pickle
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viralsim.errors import ScenarioError, SpecError
from viralsim.spec import Scenario, catalog, load_scenario, new_scenario, parse_setting
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
attributes, access, affinity, activity, customers
five.yaml:9:23: platforms.instagram.preset: 'instagran' is unknown; did you mean 'instagram'? allowed: facebook, \
instagram, x, youtube, tiktok, linkedin
five.yaml:11:28: items.0.share_prob: 1.7 is not a probability; allowed: 0 to 1; for 1.7 percent write 0.017
five.yaml:13:18: campaign.posts.0.item: unknown item 'flim'; did you mean 'film'? allowed: film
"""


def smallest(**changes) -> dict:
    return {
        "viralsim": 1,
        "audience": {"size": 200},
        "platforms": {"instagram": {"preset": "instagram", "brand_followers": {"count": 20}}},
        "items": [{"id": "film"}, {"id": "trailer", "topic": "launch"}],
        "campaign": {"posts": [{"item": "film", "platform": "instagram"}]},
        **changes,
    }


def refused(action) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        action()
    return caught.value.problems


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ------------------------------------------------------------------------------------- all problems at once


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


@settings(max_examples=150)
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


# ------------------------------------------------------------------------------------------------ overrides


def base() -> Scenario:
    seeding = [
        {
            "item": "film",
            "platform": "instagram",
            "at": "1h",
            "pick": {"kind": "random", "count": 2},
            "price": 5,
        }
    ] * 2
    return Scenario.from_dict(smallest(campaign={"posts": [], "seeding": seeding}))


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("items.film.share_prob=0.02", "items.0.share_prob", 0.02),
        ("items.0.share_prob=2e-2", "items.0.share_prob", 0.02),
        ("items.1.topic=launch", "items.1.topic", "launch"),
        ("items.film.response=peaked", "items.0.response", "peaked"),
        ("items.film.response={kind: peaked, at: 3}", "items.0.response", {"kind": "peaked", "at": 3}),
        ("items.film.title='no'", "items.0.title", "no"),
        ("items.film.title=a=b", "items.0.title", "a=b"),
        ("run.horizon=36h", "run.horizon", "36h"),
        ("run.seed=null", "run.seed", None),
        ("run.seed=", "run.seed", None),
        ("audience.influence=false", "audience.influence", False),
        ("campaign.posts=[{item: film, platform: instagram}]", "campaign.posts",
         [{"item": "film", "platform": "instagram"}]),
    ],
)  # fmt: skip
def test_a_setting_is_typed_as_yaml_types_it(setting, path, value):
    name, found = parse_setting(setting)
    assert found == value
    assert type(found) is type(value)
    if value != "peaked":
        assert base().with_overrides({name: found}) == base().with_overrides({path: value})


@pytest.mark.parametrize("text", ["items.film", "=3", " =3", "a=[1", "a={b", "a=1_0", "a=*x"])
def test_what_is_no_setting_is_said(text):
    with pytest.raises(SpecError):
        parse_setting(text)


def test_list_entries_go_by_position_id_and_for_requests_by_item_and_platform():
    changed = base().with_overrides(
        {
            "items.trailer.stickiness": 0.2,
            "items.0.stickiness": 0.3,
            "campaign.seeding.film@instagram.price": 7,
            "campaign.seeding.film@instagram#2.price": 8,
            "campaign.posts.0": {"item": "film", "platform": "instagram"},
        }
    )
    assert [item.stickiness for item in changed.items] == [0.3, 0.2]
    assert [entry.price for entry in changed.campaign.seeding] == [7, 8]
    assert len(changed.campaign.posts) == 1
    assert base().campaign.posts == ()  # the scenario it came from stays as it was


def test_none_removes_what_is_written():
    scenario = base().with_overrides({"run.seed": 5, "items.film.title": "x", "platforms.instagram.cpm": 3})
    scenario = scenario.with_overrides(
        {"run.seed": None, "items.film.title": None, "items.trailer": None, "platforms.instagram.cpm": None}
    )
    assert scenario.run.seed is None
    assert [(item.id, item.title) for item in scenario.items] == [("film", None)]
    assert scenario.platforms["instagram"].cpm == 7.9  # the preset's again


def test_an_override_goes_below_what_is_only_a_default_or_a_preset():
    scenario = base().with_overrides(
        {
            "run.horizon": "2d",
            "audience.activity.never_share": 0.2,
            "platforms.instagram.organic_reach.high": 0.2,
            "platforms.instagram.rhythm.weekend": 2,
            "items.film.exponents.share": 1,
            "items.film.stickiness.low": 0.2,
            "items.film.stickiness.high": 0.4,
            "platforms.instagram.half_life.high": "50h",
        }
    )
    assert scenario.audience.activity.kind == "gamma"
    assert scenario.audience.activity.never_share == 0.2
    reach = scenario.platforms["instagram"].organic_reach
    assert (reach.low, reach.value, reach.high) == (0.03, 0.035, 0.2)
    assert scenario.platforms["instagram"].rhythm.weekend == 2
    assert scenario.items[0].exponents.share == 1
    stickiness = scenario.items[0].stickiness
    assert (stickiness.low, stickiness.value, stickiness.high) == (0.2, 0.35, 0.4)
    assert scenario.platforms["instagram"].half_life.high == 50


def test_a_name_given_by_an_override_is_the_name():
    assert base().with_overrides({"name": "other"}).name == "other"
    assert base().with_overrides({"title": "Other"}).name == base().name


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("items.flim.share_prob", "unknown entry 'flim' in items; did you mean 'film'? allowed: film, trailer, or "
         "positions from 0 to 1"),
        ("items.7.share_prob", "items has 2 entries, numbered from 0; there is no 7"),
        ("items.film.shareprob", "unknown key 'shareprob' in items.film; did you mean 'share_prob'?"),
        ("itms.film", "unknown key 'itms'; did you mean 'items'?"),
        ("platforms.instagran.cpm", "unknown name 'instagran' in platforms; did you mean 'instagram'?"),
        ("platforms.instagram.network.rewire_prob", "unknown key 'rewire_prob' in platforms.instagram.network"),
        ("campaign.seeding.film@x.price", "unknown entry 'film@x' in campaign.seeding"),
        ("audience.size.value", "audience.size is a single value; it has no 'value': set audience.size itself"),
        ("items.film.share_prob.lo", "unknown key 'lo' in the number items.film.share_prob; did you mean 'low'?"),
        ("items.film.stickiness.", "unknown key '' in the number items.film.stickiness"),
        ("run.start.hour", "run.start is a single value; it has no 'hour': set run.start itself"),
        ("run.seed.x", "run.seed is a single value; it has no 'x': set run.seed itself"),
        ("goal.metrik", "unknown key 'metrik' in goal; did you mean 'metric'?"),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_names_the_nearest(path, message):
    found = refused(lambda: base().with_overrides({path: 1}))
    assert len(found) == 1
    assert found[0].startswith(f"override {path}: {message}")


def test_all_bad_overrides_are_reported_at_once():
    found = refused(lambda: base().with_overrides({"items.flim.id": 1, "run.sed": 2}))
    assert [line.split(":")[0] for line in found] == ["override items.flim.id", "override run.sed"]
    found = refused(lambda: base().with_overrides({"items.film.share_prob": 2, "run.seed": -1}))
    assert [line.split(":")[0] for line in found] == ["override items.film.share_prob", "override run.seed"]


@pytest.mark.parametrize("overrides", [3, ["run.seed"], {3: 4}, {"": 4}])
def test_overrides_are_a_mapping_of_paths(overrides):
    with pytest.raises(SpecError, match="path"):
        base().with_overrides(overrides)


def test_values_from_numpy_and_scenarios_are_taken():
    changed = base().with_overrides(
        {
            "items.film.share_prob": np.float64(0.25),
            "run.replicates": np.int64(7),
            "platforms.instagram.cpm": base().platforms["instagram"].cpm,
            "platforms.instagram.rhythm": {"kind": "daily", "hours": np.ones(24)},
        }
    )
    assert changed.items[0].share_prob == 0.25
    assert changed.run.replicates == 7
    assert changed.platforms["instagram"].cpm.high == 15
    assert Scenario.from_dict(changed.to_dict()) == changed


# ------------------------------------------------------------------------------------------------- variants

VARIANTS = """\
viralsim: 1
name: base
audience: {size: 200}
platforms:
  instagram: {preset: instagram, brand_followers: {count: 20}, network: {kind: erdos-renyi, mean_degree: 8}}
items:
  - {id: film, share_prob: {value: 0.1, low: 0.05, high: 0.2}}
campaign:
  posts: [{item: film, platform: instagram}]
variants:
"""


def with_variants(text: str, here: Path) -> Scenario:
    (here / "base.yaml").write_text(VARIANTS + text)
    return load_scenario("base.yaml")


def test_a_variant_is_dotted_or_nested_and_replaces_kinds_and_bands_whole(here):
    scenario = with_variants(
        """\
  dotted: {items.film.stickiness: 0.9, run.seed: 3}
  nested: {items: {film: {stickiness: 0.9}}, run: {seed: 3}}
  by-position: {items: {0: {stickiness: 0.9}}, run.seed: 3}
  band: {items: {film: {share_prob: {value: 0.3}}}}
  kind: {platforms: {instagram: {network: {kind: preferential, edges_per_newcomer: 3}}}}
  nothing: {}
""",
        here,
    )
    dotted, nested, by_position = (scenario.variant(name) for name in ("dotted", "nested", "by-position"))
    assert dotted.digest == nested.digest == by_position.digest != scenario.digest
    assert (dotted.name, dotted.label, scenario.label) == ("base:dotted", "dotted", "base")
    assert not scenario.variant("band").items[0].share_prob.has_band
    network = scenario.variant("kind").platforms["instagram"].network
    assert (network.kind, network.edges_per_newcomer) == ("preferential", 3)
    assert scenario.variant("nothing").digest == scenario.digest
    assert scenario.variant_names == ("dotted", "nested", "by-position", "band", "kind", "nothing")
    with pytest.raises(SpecError, match="did you mean 'dotted'"):
        scenario.variant("doted")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a: {items.flim.share_prob: 1}", "11:7: variants.a.items.flim.share_prob: unknown entry 'flim' in items; "
         "did you mean 'film'?"),
        ("  a:\n    items:\n      flim: {share_prob: 1}", "13:7: variants.a.items.flim: unknown entry 'flim' in items; "
         "did you mean 'film'?"),
        ("  a:\n    items:\n      film: {shareprob: 1}", "13:14: variants.a.items.film.shareprob: unknown key "
         "'shareprob' in items.film; did you mean 'share_prob'?"),
        ("  a:\n    items:\n      film: {share_prob: 3}", "13:26: variants.a.items.film.share_prob: "
         "items.0.share_prob: 3 is not a probability; allowed: 0 to 1; for 3 percent write 0.03"),
        ("  a: {campaign.posts: [{item: film, platform: instagrm}]}", "11:23: variants.a.campaign.posts: "
         "campaign.posts.0.platform: unknown platform 'instagrm'; did you mean 'instagram'? allowed: instagram"),
        ("  a: {run.horizon: 2}", "11:20: variants.a.run.horizon: 2 has no unit"),
        ("  a: {variants: {b: {}}}", "11:7: variants.a.variants: a variant cannot have variants"),
        ("  a: {name: b}", "11:7: variants.a.name: a variant is called by its own key"),
        ("  a: 3", "11:6: variants.a: 3 is not a mapping"),
        ("  1a: {}", "11:3: variants.1a: '1a' is not a name"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_variant_is_located_there(text, expected, here):
    found = refused(lambda: with_variants(text + "\n", here))
    assert len(found) == 1
    assert found[0].startswith(f"base.yaml:{expected}")


def test_mistakes_of_the_base_and_of_each_variant_come_together(here):
    (here / "base.yaml").write_text(
        VARIANTS.replace("size: 200", "size: 1") + "  a: {run.seed: x}\n  b: {run.draws: 0}\n"
    )
    found = refused(lambda: load_scenario("base.yaml"))
    assert [line.split(":")[1] for line in found] == ["3", "11", "12"]


# -------------------------------------------------------------------------------------- where it comes from


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


# --------------------------------------------------------------------------------------------- there and back


@pytest.mark.parametrize("name", [entry.name for entry in catalog()])
@pytest.mark.parametrize("full", [False, True])
def test_every_stock_scenario_can_be_written_and_read_back(name, full):
    scenario = load_scenario(name)
    for again in (
        Scenario.from_dict(scenario.to_dict(full)),
        read_text(scenario.to_yaml(full).encode(), scenario.folder, "again.yaml", name, None),
        pickle.loads(pickle.dumps(scenario)),
    ):
        assert again.digest == scenario.digest
        assert again.document == scenario.document
        for variant in scenario.variant_names:
            assert again.variant(variant).digest == scenario.variant(variant).digest


def test_written_out_in_full_the_same_is_assumed():
    """Defaults and presets keep their sources: what was a judgement is none the less one."""
    from viralsim.spec import assumptions

    scenario = Scenario.from_dict(smallest())
    full = Scenario.from_dict(scenario.to_dict(full=True))
    assert assumptions(full) == assumptions(scenario)


PROBS = st.floats(0, 1) | st.tuples(*[st.floats(1e-6, 0.999)] * 3).map(
    lambda three: dict(zip(("low", "value", "high"), sorted(three), strict=True))
)
RESPONSES = st.sampled_from(["independent", {"kind": "independent"}]) | st.builds(
    lambda kind, at: {"kind": kind, "at": at},
    st.sampled_from(["saturating", "peaked", "threshold"]),
    st.integers(1, 200),
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(st.characters(exclude_categories=("Cs", "Cc"))), "share_prob": PROBS, "stickiness": PROBS,
        "fatigue": PROBS, "negative": st.floats(0, 0.5), "neutral": st.floats(0, 0.5), "response": RESPONSES,
        "view_influence": st.floats(0, 100), "negative_share_multiplier": st.floats(0, 1000),
    },
)  # fmt: skip
DURATIONS = st.builds(
    lambda n, unit: f"{n}{unit}", st.integers(1, 50), st.sampled_from(["s", "min", "h", "d"])
)
PLATFORMS = st.fixed_dictionaries(
    {"preset": st.sampled_from(["facebook", "instagram", "x", "youtube", "tiktok", "linkedin"])},
    optional={
        "access": PROBS, "organic_reach": PROBS, "cpm": st.floats(1e-3, 1e6), "half_life": DURATIONS,
        "reaction_delay": st.just("none") | DURATIONS.map(lambda m: {"kind": "lognormal", "median": m}),
        "network": st.sampled_from(["communities", {"kind": "communities", "like": "lastfm", "mixing": 0.5}]),
    },
)  # fmt: skip


@settings(max_examples=60)
@given(ITEMS, PLATFORMS, st.integers(2, 10**6), st.none() | st.integers(0, 2**63 - 1))
def test_a_dictionary_there_and_back(item, platform, size, seed):
    data = {
        "viralsim": 1,
        "audience": {"size": size},
        "platforms": {"one": platform},
        "items": [{"id": "film", **item}],
        "run": {"seed": seed},
    }
    before = copy.deepcopy(data)
    scenario = Scenario.from_dict(data)
    assert data == before
    assert scenario.to_dict() == data
    full = scenario.to_dict(full=True)
    for again in (
        Scenario.from_dict(scenario.to_dict()),
        Scenario.from_dict(full),
        read_text(scenario.to_yaml(full=True).encode(), scenario.folder, "f", "scenario", None),
    ):
        assert again.digest == scenario.digest
        assert again.to_dict(full=True) == full
        assert again.document == scenario.document
