"""The JSON Schema that editors use: up to date, named in every stock file, and of the models' opinion."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from viralsim.errors import ScenarioError
from viralsim.spec import Scenario, load_scenario, new_scenario
from viralsim.spec.schema import SCHEMA_NAME, json_schema, schema_text

PROJECT = Path(__file__).resolve().parent.parent
STOCK = PROJECT / "viralsim" / "scenarios"
FILES = sorted(STOCK.glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(json_schema())

BASE = {
    "viralsim": 1,
    "audience": {"size": 200},
    "platforms": {"x": {"preset": "x"}},
    "items": [{"id": "film"}],
    "campaign": {"posts": [{"item": "film", "platform": "x"}]},
}
BARE = {
    "organic_reach": 0.1, "share_prob": 0.1, "peer_visibility": 0.2, "friend_share_prob": 0.1, "half_life": "4h",
}  # fmt: skip


def plain(path: Path):
    """What a YAML 1.2 reader other than viralsim's makes of a file."""
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_what_is_made_from_the_models_is_up_to_date():
    code = (
        "import sys; sys.path.insert(0, 'tools'); import scenario_reference as made; "
        "sys.exit(', '.join(p.name for p, text in made.outputs().items() if p.read_text('utf-8') != text) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"run tools/scenario_reference.py: {done.stderr}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_stock_file_names_the_schema_and_is_valid(path):
    first = path.read_text("utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named, first
    schema = json.loads((path.parent / named[1]).read_text("utf-8"))
    assert named[1] == SCHEMA_NAME
    assert json.dumps(schema) == json.dumps(json.loads(schema_text()))
    data = plain(path)
    jsonschema.Draft202012Validator(schema).validate(data)
    assert Scenario.from_dict(data, path.parent).digest == load_scenario(path).digest


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_written_out_in_full_and_its_variants_are_valid(path):
    scenario = load_scenario(path)
    VALIDATOR.validate(scenario.to_dict(full=True))
    for name in scenario.variant_names:
        VALIDATOR.validate(scenario.variant(name).to_dict())


def test_a_new_scenario_is_valid():
    VALIDATOR.validate(YAML(typ="safe", pure=True).load(new_scenario("spring")))


def with_item(**changes):
    return {"items": [{"id": "film", **changes}]}


def with_platform(**changes):
    return {"platforms": {"x": {"preset": "x", **changes}}}


def with_pick(pick):
    return {"campaign": {"seeding": [{"item": "film", "platform": "x", "pick": pick, "price": 1}]}}


BAD = [
    {"viralsim": 2}, {"viralsim": True}, {"viralsim": "1"}, {"nmae": "x"}, {"name": "1st"}, {"name": "a b"},
    {"name": ""},
    {"title": 3}, {"title": "x" * 20_001}, {"sources": "me"}, {"sources": [3]},
    {"audience": None}, {"audience": []}, {"audience": {"size": 1}}, {"audience": {"size": 2.5}},
    {"audience": {"size": "200"}}, {"audience": {"size": 10**9}}, {"audience": {"size": 200, "segments": []}},
    {"audience": {"size": 200, "segments": {"name": "a", "fraction": 1}}},
    {"audience": {"size": 200, "segments": [{"fraction": 1}]}},
    {"audience": {"size": 200, "segments": [{"name": "a", "fraction": {"value": 1}}]}},
    {"audience": {"size": 200, "segments": [{"name": "a", "fraction": 1, "access": {"x": 2}}]}},
    {"audience": {"size": 200, "segments": [{"name": "a", "fraction": 1, "attributes": {"age": [1]}}]}},
    {"audience": {"size": 200, "activity": "gama"}}, {"audience": {"size": 200, "activity": {"kind": "gama"}}},
    {"audience": {"size": 200, "activity": {"kind": "constant", "shape": 1}}},
    {"audience": {"size": 200, "activity": {"shape": 1}}}, {"audience": {"size": 200, "influence": "no"}},
    {"audience": {"size": 200, "attention": "budget"}}, {"audience": {"size": 200, "attention": {"kind": "budget"}}},
    {"platforms": {}}, {"platforms": []}, {"platforms": {"1x": {"preset": "x"}}}, {"platforms": {"x": None}},
    {"platforms": {f"p{i}": {"preset": "x"} for i in range(9)}},
    {"platforms": {"x": {}}}, {"platforms": {"x": {"organic_reach": 0.1}}}, with_platform(preset="y"),
    with_platform(peer_visibility=0.1, friend_share_prob=0.1, reproduction_number=0.1),
    with_platform(half_life="4 hours"), with_platform(half_life=4), with_platform(access=1.5),
    with_platform(network="erdos-renyi"), with_platform(network={"kind": "erdos-renyi"}),
    with_platform(network={"kind": "communities", "circels": 1}), with_platform(network={"kind": "file"}),
    with_platform(network={"kind": "communities", "like": "lastfn"}), with_platform(network={"kind": "small-world"}),
    with_platform(network={"kind": "communities", "homophily": {"value": 0.1}}),
    with_platform(rhythm={"kind": "daily", "hours": [1] * 23}), with_platform(rhythm={"kind": "daily"}),
    with_platform(rhythm={"kind": "daily", "hours": [1] * 25}),
    with_platform(rhythm={"kind": "daily", "hours": [-1] + [1] * 23}),
    with_platform(brand_followers={"count": -1}), with_platform(brand_followers={"count": 1, "pick": "best"}),
    with_platform(ranking={"boost": "engagement"}), with_platform(cpm=0), with_platform(cpm="7"),
    with_platform(reaction_delay={"kind": "lognormal", "median": 3}),
    {"items": []}, {"items": {"id": "film"}}, {"items": [{"id": f"i{i}"} for i in range(17)]}, {"items": [{}]},
    with_item(share_prob=1.1), with_item(share_prob="0.1"), with_item(share_prob={}), with_item(share_prob=-0.1),
    with_item(share_prob={"value": 0.1, "low": 0.1}), with_item(share_prob={"value": 0.1, "lo": 0.1}),
    with_item(share_prob={"low": 0.1, "high": 0.2}), with_item(share_prob={"value": 2}),
    with_item(share_prob={"value": 0.1, "year": 25}), with_item(share_prob={"value": 0.1, "source": 1}),
    with_item(response="peaked"), with_item(response={"kind": "peaked", "at": 0}), with_item(exponents={"like": 1}),
    with_item(response={"kind": "independent", "at": 1}), with_item(reference_stickiness=0), with_item(shareprob=0.1),
    {"campaign": {"post": []}}, {"campaign": {"posts": {}}}, {"campaign": {"posts": [{"item": "film"}]}},
    {"campaign": {"posts": [{"item": "film", "platform": "x", "at": 2}]}},
    {"campaign": {"posts": [{"item": "film", "platform": "x", "at": "soon"}]}},
    with_pick("random"), with_pick({"kind": "random"}), with_pick({"kind": "random", "count": 1, "budget": 1}),
    with_pick({"kind": "random", "count": 1.5}), with_pick({"kind": "segment", "count": 1}), with_pick({"count": 1}),
    with_pick({"kind": "listed", "people": []}), with_pick({"kind": "listed", "people": [-1]}),
    with_pick({"kind": "listed", "people": [""]}), with_pick({"kind": "listed", "people": [1.5]}),
    with_pick({"kind": "listed", "people": 3}), with_pick({"kind": "best", "count": 1}),
    {"goal": {"metric": "raech", "at_least": 1}}, {"goal": {"metric": "reach"}}, {"goal": 3},
    {"goal": {"metric": "reach", "at_least": {"value": 1}}}, {"value": {"per_view": 1}}, {"value": {"per_like": -1}},
    {"run": {"start": "tomorrow"}}, {"run": {"start": "2026-03-02T09:00Z"}}, {"run": {"start": 20260302}},
    {"run": {"horizon": 14}}, {"run": {"replicates": 0}}, {"run": {"draws": 1.5}}, {"run": {"seed": -1}},
    {"run": {"seed": 2**63}}, {"run": []}, {"variants": []}, {"variants": {"a": 1}}, {"variants": {"1": {}}},
]  # fmt: skip


@pytest.mark.parametrize("change", BAD, ids=lambda change: json.dumps(change)[:70])
def test_the_schema_says_no_where_the_models_say_no(change):
    data = {**copy.deepcopy(BASE), **change}
    with pytest.raises(ScenarioError):
        Scenario.from_dict(data)
    assert not VALIDATOR.is_valid(data)


GOOD = [
    {}, {"name": "größe-7_b"}, {"title": None}, {"goal": {"metric": "reach", "at_least": 3}}, {"variants": {"a": {}}},
    {"platforms": {"x": BARE}},
    {"platforms": {"x": {**BARE, "half_life": {"value": "4h", "low": "30min", "high": "1d"}}}},
    with_platform(network="communities"), with_platform(rhythm="flat", reaction_delay="none", display_delay="none"),
    with_platform(rhythm={"kind": "daily", "hours": [1] * 24, "weekend": {"value": 2, "low": 1, "high": 3}}),
    with_platform(friend_share_prob=0.1, reproduction_number=0.1), with_platform(cpm=7),
    with_platform(half_life="1h30min"),
    with_item(share_prob={"value": 0.1, "low": 0.05, "high": 0.2, "unit": "x", "source": "me", "year": 2020}),
    with_item(share_prob=0), with_item(response={"kind": "threshold", "at": 3}), with_item(share_prob=None),
    with_pick({"kind": "listed", "people": ["ann", 3]}), with_pick({"kind": "random", "budget": 3.5}),
    with_pick({"kind": "segment", "segment": "everyone", "count": 0}), {"run": {"start": "2026-03-02"}},
    with_pick({"kind": "random", "count": 1, "budget": None}), {"run": {"start": "2026-03-02 09:00:30", "seed": None}},
    {"audience": {"size": 200, "segments": [
        {"name": "a", "fraction": 1, "attributes": {"age": "18", "n": 3, "urban": True},
         "access": {"x": {"value": 0.5}}}]}},
]  # fmt: skip


@pytest.mark.parametrize("change", GOOD, ids=lambda change: json.dumps(change)[:70])
def test_the_schema_says_yes_where_the_models_say_yes(change):
    data = {**copy.deepcopy(BASE), **change}
    Scenario.from_dict(data)
    VALIDATOR.validate(data)


def test_every_field_is_described_for_whoever_types_it():
    def described(schema, path):
        for name, part in schema.get("properties", {}).items():
            assert part.get("description") or "$ref" in part, f"{path}.{name}"

    schema = json_schema()
    described(schema, "")
    for name, part in schema["$defs"].items():
        described(part, name)


def test_patterns_work_in_editors_too():
    """No escape that Python and ECMAScript read differently (\\w, \\d and \\W outside ASCII) decides about names."""
    found = re.findall(r'"pattern": "([^"]*)"', schema_text())
    assert found
    assert not any("\\\\w" in pattern or "\\\\W" in pattern for pattern in found)
