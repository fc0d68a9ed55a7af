"""Overrides by dotted path, and variants: what they lay over a document, and where their mistakes are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spec_worlds import VARIANTS, refused, smallest

from viralsim.errors import SpecError
from viralsim.spec import Scenario, load_scenario, parse_setting


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


# ------------------------------------------------------------------------------------- variants


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


def test_one_field_under_two_names_is_refused():
    small = load_scenario("small-shop")
    name = f"items.{small.items[0].id}.share_prob"
    with pytest.raises(
        SpecError, match=r"items\.0\.share_prob: is the same field as items\.[\w-]+\.share_prob; set it"
    ):
        small.with_overrides({name: 0.01, "items.0.share_prob": 0.02})
    removed = small.with_overrides(
        {"campaign.posts.0": None, "items.0.share_prob": 0.02, "items.0.like_prob": 0.1}
    )
    assert len(removed.campaign.posts) == len(small.campaign.posts) - 1
