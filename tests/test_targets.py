"""Whom a flight or a pick means: segments by name, or by attributes, all of which must fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from paid_worlds import FLIGHT
from spec_worlds import refused

import viralsim as vs
from viralsim.engine.compiled import compile_draw
from viralsim.engine.fairness import chosen_by_sensitive_attributes
from viralsim.spec.targets import fits, targeted_segments
from viralsim.spec.writing import to_yaml

SEGMENTS = [
    {"name": "young-town", "fraction": 0.3, "attributes": {"age": "18-34", "place": "town", "children": 0}},
    {"name": "young-village", "fraction": 0.2, "attributes": {"age": "18-34", "place": "village", "children": 1}},
    {"name": "old-town", "fraction": 0.3, "attributes": {"age": "55+", "place": "town", "children": 2}},
    {"name": "rest", "fraction": 0.2},
]  # fmt: skip


def world(target: Any, **changes: Any) -> vs.Scenario:
    data = {
        "viralsim": 1,
        "name": "targets",
        "audience": {"size": 2000, "segments": SEGMENTS},
        "platforms": {
            "net": {
                "network": {"kind": "erdos-renyi", "mean_degree": 10}, "organic_reach": 0.3, "peer_visibility": 0.4,
                "share_prob": 0.02, "friend_share_prob": 0.03, "half_life": "3h",
            }
        },
        "items": [{"id": "film"}],
        "campaign": {"paid": [{**FLIGHT, "target": target}]},
        "run": {"horizon": "2d", "step": "1h", "replicates": 4, "draws": 1, "seed": 3},
        **changes,
    }  # fmt: skip
    return vs.Scenario.from_dict(data)


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ({"age": "18-34"}, ["young-town", "young-village"]),
        ({"age": "18-34", "place": "town"}, ["young-town"]),
        ({"place": ["village", "town"]}, ["young-town", "young-village", "old-town"]),
        ({"place": "town", "children": ["0", 1]}, ["young-town"]),
        ({"children": [1, 2]}, ["young-village", "old-town"]),
    ],
)
def test_a_target_by_attributes_is_the_segments_that_fit(target, names):
    by_attributes, by_names = world(target), world(names)
    assert targeted_segments(target, by_attributes.audience.segments) == tuple(names)
    assert targeted_segments(names, by_names.audience.segments) == tuple(names)
    one, other = (vs.simulate(scenario, threads=1) for scenario in (by_attributes, by_names))
    for name in one.metrics:
        np.testing.assert_array_equal(one[name], other[name], name)
    paid = one.by_segment("impressions_paid")
    assert {name for name, found in paid.items() if found.any()} == set(names)


def test_all_attributes_must_fit_and_of_a_list_any():
    attributes = {"age": 20, "place": "town"}
    assert fits(attributes, {"age": "20"}) and fits(attributes, {"age": [20, 30], "place": "town"})
    assert not fits(attributes, {"age": [30, 40]}) and not fits(attributes, {"age": 20, "place": "village"})
    assert not fits({}, {"age": "None"})


@pytest.mark.parametrize(
    ("target", "at", "words"),
    [
        ({"aeg": "18-34"}, "target", "no segment has the attribute 'aeg'; did you mean 'age'"),
        ({"age": "18-35"}, "target.age", "no segment has age '18-35'; did you mean '18-34'"),
        ({"age": ["18-34", 7]}, "target.age.1", "no segment has age 7; allowed: 18-34, 55+"),
        ({"age": "55+", "place": "village"}, "target", "no single segment has all of these attributes"),
        ({}, "target", "no attribute is written"),
        ({"age": []}, "target", "the list is empty"),
        ({"age": {"from": 18}}, "target", "is neither a text nor a number"),
        ("young-town", "target", "write [young] or {place: town}"),
        (["young-twon"], "target.0", "did you mean 'young-town'"),
        ([3], "target", "is not a name"),
    ],
)
def test_a_target_that_means_nobody_is_refused(target, at, words):
    problems = refused(lambda: world(target))
    assert any(f"campaign.paid.0.{at}" in line and words in line for line in problems), problems


def test_targeting_by_age_or_income_warns_and_by_place_does_not():
    def warned(target: Any) -> list[str]:
        return chosen_by_sensitive_attributes(compile_draw(world(target), 1, 0, {}, True).scenario)

    assert [("shown ads are chosen by age" in text) for text in warned({"age": "18-34"})] == [True]
    assert warned({"place": "town"}) == []
    assert [("shown ads are chosen by age" in text) for text in warned(["old-town"])] == [True]


def test_a_target_by_attributes_is_written_counted_in_the_digest_and_overridden():
    scenario = world({"place": ["town", "village"], "age": "18-34"})
    again = vs.Scenario.from_dict(scenario.to_dict(full=True))
    assert again.digest == scenario.digest
    assert "place: [town, village]" in to_yaml(scenario.to_dict())
    moved = [*SEGMENTS[:3], {**SEGMENTS[3], "attributes": {"age": "18-34", "place": "town"}}]
    changed = world(
        {"place": ["town", "village"], "age": "18-34"}, audience={"size": 2000, "segments": moved}
    )
    assert changed.digest != scenario.digest  # whom it means has changed
    other = scenario.with_overrides({"campaign.paid.0.target": {"place": "town"}})
    assert targeted_segments(other.campaign.paid[0].target, other.audience.segments) == (
        "young-town",
        "old-town",
    )


def test_people_are_picked_by_a_list_of_values():
    pick = {"kind": "attributes", "where": {"place": ["town", "village"], "age": "18-34"}, "count": 30}
    ask = {"item": "film", "platform": "net", "pick": pick}
    compiled = compile_draw(world([], campaign={"seeding": [ask]}), 1, 0, {}, True)
    asked = compiled.audience.people.segment[compiled.plan.ask_person]
    assert set(asked.tolist()) == {0, 1}
