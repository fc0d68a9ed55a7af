"""The digest changes with all that changes results, and with nothing else."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import subprocess
import sys

import numpy as np
import pytest

from viralsim.engine import simulate
from viralsim.engine.compiled import compile_draw
from viralsim.spec import Scenario, catalog, load_scenario
from viralsim.spec.scenario import read_text

TWO_OF_EACH = {
    "viralsim": 1,
    "audience": {
        "size": 300,
        "segments": [
            {"name": "a", "fraction": 0.5, "affinity": {"news": 1.4, "fun": 0.9}, "access": {"x": 0.9, "y": 0.8}},
            {"name": "b", "fraction": 0.5},
        ],
        "taste": {"sigma": 0.5, "tie_correlation": 0.1},
    },
    "platforms": {
        name: {
            "preset": preset, "brand_followers": {"count": 60}, "organic_reach": 0.5, "share_prob": 0.3,
            "cross_post_prob": 0.3, "network": {"kind": "erdos-renyi", "mean_degree": 8},
        }
        for name, preset in (("x", "x"), ("y", "facebook"))
    },
    "items": [{"id": "film", "topic": "news"}, {"id": "clip", "topic": "fun", "negative": 0.2}],
    "campaign": {
        "posts": [
            {"item": "film", "platform": "x", "at": "1h"}, {"item": "clip", "platform": "y", "at": "1h"},
            {"item": "film", "platform": "y", "at": "0h"}, {"item": "film", "platform": "x", "at": "20h"},
        ],
        "seeding": [{"item": "clip", "platform": "x", "pick": {"kind": "random", "count": 3}, "price": 2}],
    },
    "run": {"horizon": "2d", "step": "1h", "replicates": 6, "draws": 2, "seed": 1},
}  # fmt: skip


def digest(data) -> str:
    return Scenario.from_dict(data).digest


def shuffled(value, rng):
    """The same document with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: shuffled(value[key], rng) for key in keys}
    return [shuffled(part, rng) for part in value] if isinstance(value, list) else value


def reordered():
    """The document with keys, platforms, items and posts in other orders."""
    data = shuffled(copy.deepcopy(TWO_OF_EACH), random.Random(3))
    data["items"].reverse()
    data["campaign"]["posts"].reverse()
    data["platforms"] = dict(sorted(data["platforms"].items(), reverse=True))
    return data


def test_the_order_of_keys_items_and_posts_changes_neither_digest_nor_results():
    one, other = Scenario.from_dict(TWO_OF_EACH), Scenario.from_dict(reordered())
    assert list(one.platforms) != list(other.platforms)
    assert one.digest == other.digest
    first, second = simulate(one, threads=1), simulate(other, threads=1)
    assert first["shares"].sum() > 20
    for name in (
        "impressions",
        "reach",
        "shares",
        "clicks",
        "complaints",
        "cost",
        "largest_cascade",
        "generations",
    ):
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.mark.parametrize("name", [entry.name for entry in catalog()])
def test_comments_texts_and_ways_of_writing_do_not_matter(name, tmp_path):
    scenario = load_scenario(name)
    data = scenario.to_dict()
    data.update(
        name="other", title="Other", teaches="nothing", sources=["a"], goal={"metric": "reach", "at_least": 1}
    )
    data.pop("variants", None)
    for item in data["items"]:
        item["title"] = "Another title"
    for segment in data["audience"].get("segments", []):
        segment["attributes"] = {"age": "any"}
    assert digest(shuffled(data, random.Random(1))) == scenario.digest
    assert digest(scenario.to_dict(full=True)) == scenario.digest
    commented = re.sub(r"^(?=\w)", "# a comment\n", scenario.to_yaml(), flags=re.MULTILINE)
    assert read_text(commented.encode(), scenario.folder, "x", "x", None).digest == scenario.digest


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("items.film.share_prob", 0.2, 2e-1),
        ("items.film.share_prob", 0.2, {"value": 0.2}),
        ("items.film.share_prob", {"value": 0.2, "low": 0.2, "high": 0.2}, {"value": 0.2, "source": "me"}),
        ("items.film.share_prob", {"value": 0.2, "low": 0.1, "high": 0.3},
         {"high": 0.3, "low": 0.1, "value": 0.2, "source": "me", "unit": "x"}),
        ("items.film.fatigue", 0, -0.0),
        ("items.film.response", "independent", {"kind": "independent"}),
        ("run.horizon", "2d", "48h"),
        ("run.horizon", "33h30min", "2010min"),
        ("run.start", "2026-03-02", "2026-03-02T00:00:00"),
        ("audience.activity", "gamma", {"kind": "gamma", "shape": 0.7}),
        ("platforms.x.display_delay", "none", {"kind": "none"}),
        ("platforms.x.cpm", 6, 7),  # changes no result
    ],
)  # fmt: skip
def test_two_ways_of_writing_one_thing_have_one_digest(path, one, other):
    scenario = Scenario.from_dict(TWO_OF_EACH)
    assert scenario.with_overrides({path: one}).digest == scenario.with_overrides({path: other}).digest


def test_a_preset_and_its_numbers_have_one_digest():
    """The name of a preset is only a way to write numbers; without a display delay its half-life is none of them."""
    for changes in ({}, {"display_delay": "none"}, {"friend_share_prob": 0.01}):
        data = copy.deepcopy(TWO_OF_EACH)
        data["platforms"]["x"].update(changes)
        full = Scenario.from_dict(data).to_dict(full=True)
        del full["platforms"]["x"]["preset"]
        assert digest(full) == digest(data)


@pytest.mark.parametrize(
    "overrides",
    [
        {"run.seed": 2}, {"run.seed": 0}, {"run.seed": None}, {"run.replicates": 7}, {"run.draws": 3},
        {"items.film.share_prob": 0.21}, {"items.film.share_prob": {"value": 0.3, "low": 0.2, "high": 0.4}},
        {"items.film.share_prob": {"value": 0.3, "low": 0.2, "high": 0.5}},
        {"audience.segments.0.name": "c"}, {"value.per_click": 1}, {"campaign.seeding.0.pick.count": 4},
    ],
)  # fmt: skip
def test_what_changes_results_changes_the_digest(overrides):
    scenario = Scenario.from_dict(TWO_OF_EACH)
    assert scenario.with_overrides(overrides).digest != scenario.digest


def test_ids_are_keys_of_randomness_and_count():
    renamed = json.loads(json.dumps(TWO_OF_EACH).replace("film", "movie"))
    assert digest(renamed) != digest(TWO_OF_EACH)


def test_the_order_of_segments_counts_because_it_deals_people():
    data = copy.deepcopy(TWO_OF_EACH)
    data["audience"]["segments"].reverse()
    assert digest(data) != digest(TWO_OF_EACH)


def test_tastes_have_the_same_digits_in_any_order_of_platforms():
    """Sums over several networks are taken in the order of their names."""
    one, other = Scenario.from_dict(TWO_OF_EACH), Scenario.from_dict(reordered())
    for topic in ("news", "fun"):
        first, second = (compile_draw(s, 1, 0, {}, True).audience.affinity[topic] for s in (one, other))
        np.testing.assert_array_equal(first, second)


def with_file(folder, name="edges.csv") -> Scenario:
    network = {"kind": "file", "path": name}
    platform = {"preset": "x", "network": network, "brand_followers": {"count": 2}}
    data = {"viralsim": 1, "audience": {}, "platforms": {"x": platform}, "items": [{"id": "film"}]}
    return Scenario.from_dict(data, folder)


def test_a_networks_file_counts_by_its_content(tmp_path):
    (tmp_path / "edges.csv").write_text("0,1\n1,2\n")
    (tmp_path / "copied").mkdir()
    (tmp_path / "copied" / "other.csv").write_text("0,1\n1,2\n")
    first = with_file(tmp_path).digest
    assert with_file(tmp_path / "copied", "other.csv").digest == first
    assert with_file(tmp_path).with_overrides({"platforms.x.network.directed": True}).digest != first
    status = (tmp_path / "edges.csv").stat()
    (tmp_path / "edges.csv").write_text("0,1\n1,3\n")
    os.utime(tmp_path / "edges.csv", ns=(status.st_atime_ns, status.st_mtime_ns + 10_000_000))
    assert with_file(tmp_path).digest != first


def test_digests_do_not_depend_on_the_process():
    """A digest is the same in another process, whatever its hash seed: it is written into results."""
    code = "from viralsim.spec import load_scenario; print(load_scenario('launch-video').digest)"
    environment = {**os.environ, "PYTHONHASHSEED": "12"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.stdout.strip() == load_scenario("launch-video").digest, done.stderr
