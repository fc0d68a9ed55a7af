"""No field of a scenario is ignored: for each there is a change that changes something.

The fields are found by walking the models, so that a new one fails here until its effect is declared in field_changes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from field_changes import BASE, CHANGES, EDGES, ONE, result, scenario_of, texts, validation, variants
from pydantic.fields import FieldInfo

from viralsim.engine.networks import file_graphs
from viralsim.errors import GraphError, ScenarioError
from viralsim.graph.communities import RESEMBLING as SHIPPED
from viralsim.graph.readers import FORMATS as READABLE
from viralsim.kernels import layout
from viralsim.spec import Scenario
from viralsim.spec.checks import MOST_STEPS
from viralsim.spec.document import ScenarioDocument
from viralsim.spec.fields import notes_of
from viralsim.spec.networks import FORMATS, RESEMBLING
from viralsim.spec.numbers import NumberField, number_of
from viralsim.spec.overrides import apply_overrides
from viralsim.spec.schema import json_schema
from viralsim.spec.shapes import models_in
from viralsim.spec.walking import leaves


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("networks")
    for name, text in EDGES.items():
        (place / name).write_text(text)
    return place


SAME_NAME = ("PickRandom", "PickMostFollowers")
OWN_TEST = {"document.viralsim", "graphfile.kind", "graphfile.format"}


def all_fields() -> list[str]:
    """Every field of the document's models, as model.field; two pairs of models have one name."""
    found = []
    for model in models_in(ScenarioDocument):
        module = model.__module__.rpartition(".")[2]
        name = model.__name__.removeprefix("Scenario") if model is ScenarioDocument else model.__name__
        name = f"{module}.{name}" if model.__name__ in SAME_NAME else name
        found += [f"{name.lower()}.{entry}" for entry in model.model_fields]
    return found


def test_every_field_has_a_declared_effect_and_nothing_else_has():
    assert sorted(CHANGES) == sorted(all_fields())


def laid(overrides: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(data)
    for path, value in overrides.items():
        made = apply_overrides(made, {path: value})
    return made


@cache
def outcome(shows: Callable[[Scenario], Any], written: str, folder: Any) -> Any:
    return shows(scenario_of(folder, written))


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(part, other[name]) for name, part in one.items())
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.array_equal(one, other, equal_nan=True)
    return bool(one == other)


@pytest.mark.parametrize("name", sorted(set(CHANGES) - OWN_TEST))
def test_a_field_changes_something(name, folder):
    entry = CHANGES[name]
    before = laid(entry.first, BASE)
    after = laid(entry.change, before)
    assert before != after
    one, other = (outcome(entry.shows, json.dumps(data), folder) for data in (before, after))
    assert not same(one, other), f"{name} changes nothing"
    digests = [scenario_of(folder, json.dumps(data)).digest for data in (before, after)]
    assert (digests[0] != digests[1]) == entry.counts


def uncertain_fields() -> dict[str, FieldInfo]:
    """Fields whose number may have a band and changes results."""
    return {
        f"{model.__name__.lower()}.{name}": entry
        for model in models_in(ScenarioDocument)
        for name, entry in model.model_fields.items()
        if (number := number_of(entry)) and not number.certain and notes_of(entry)["results"]
    }


def banded(value: float, number: NumberField) -> tuple[Any, dict[str, Any]]:
    """A number as a scenario writes it, without a band and with a wide one."""
    most = min(0.999, number.most) if number.kind == "probability" else number.most
    value = min(value, most / 2)
    three = {"value": value, "low": max(value / 4, number.least), "high": min(4 * value, most)}
    if number.kind == "duration":
        three = {name: f"{part}h" for name, part in three.items()}
    return three["value"], three


@pytest.mark.parametrize("name", sorted(uncertain_fields()))
def test_a_band_is_drawn_from(name, folder):
    """What is not known makes results spread: a band changes the result of an ensemble of two draws."""
    entry, declared = CHANGES[name], uncertain_fields()[name]
    scenario = scenario_of(folder, json.dumps(laid(entry.change, laid(entry.first, BASE))))
    leaf = next(leaf for leaf in leaves(scenario.document) if leaf.field is declared and leaf.value > 0)
    held, drawn = banded(leaf.value, leaf.number)
    assert not same(*(result(scenario.with_overrides({leaf.path: number})) for number in (held, drawn)))


def test_what_is_shown_is_the_same_when_nothing_is_changed(folder):
    """Otherwise every change would seem to have an effect."""
    for shows in (result, texts, validation, variants):
        assert same(
            shows(scenario_of(folder, json.dumps(BASE))),
            shows(scenario_of(folder, json.dumps(laid({}, BASE)))),
        )


def test_another_version_is_refused():
    with pytest.raises(ScenarioError, match="format version 2 is not known"):
        Scenario.from_dict({**BASE, "viralsim": 2})


def test_kind_file_reads_a_file_and_format_says_what_it_is(folder):
    ring = Scenario.from_dict(laid(CHANGES["graphfile.kind"].first, BASE), folder)
    assert file_graphs(ring)["one"].n_nodes == 90
    edges = Scenario.from_dict(laid(CHANGES["graphfile.format"].first, BASE), folder)
    assert file_graphs(edges)["one"].n_nodes == 90
    with pytest.raises(GraphError, match="gml"):
        file_graphs(edges.with_overrides({f"{ONE}.network.format": None}))


def test_names_listed_in_the_models_are_those_of_the_layers_that_use_them():
    assert set(SHIPPED) == set(RESEMBLING)
    assert tuple(READABLE) == FORMATS


def test_limits_of_the_models_are_those_of_the_kernels():
    schema = json_schema()
    assert schema["$defs"]["Audience"]["properties"]["segments"]["maxItems"] == layout.MAX_SEGMENTS
    assert schema["properties"]["platforms"]["maxProperties"] == layout.MAX_PLATFORMS
    assert schema["properties"]["platforms"]["maxProperties"] * schema["properties"]["items"]["maxItems"] <= (
        layout.MAX_SLOTS
    )
    assert MOST_STEPS == layout.MAX_STEPS
