"""What settings of a sweep share changes nothing: a draw compiled after others is the draw compiled alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from field_changes import BASE, CHANGES, EDGES, scenario_of

from viralsim.engine.compiled import compile_draw
from viralsim.engine.memo import MOST_OF_A_KIND, Memo
from viralsim.errors import ViralsimError
from viralsim.experiment.audiences import Audiences
from viralsim.spec import Scenario
from viralsim.spec.overrides import apply_overrides
from viralsim.spec.resolving import resolve


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("networks")
    for name, text in EDGES.items():
        (place / name).write_text(text)
    return place


def laid(overrides, data):
    for path, value in overrides.items():
        data = apply_overrides(data, {path: value})
    return data


def compiled(scenario, audiences, maker):
    """World and plan of draw 0, or why there are none."""
    try:
        made = compile_draw(scenario, 1, 0, audiences.graphs(scenario), maker=maker)
    except ViralsimError as error:
        return str(error)
    return made


def differing(one, other):
    """Columns of two bundles that are not equal; bundles may hold bundles."""
    if hasattr(one, "_fields"):
        return [
            f"{name} {inside}".rstrip()
            for name in one._fields
            for inside in differing(getattr(one, name), getattr(other, name))
        ]
    return [] if np.array_equal(one, other) else [""]


@pytest.mark.parametrize(
    "name", sorted(name for name, entry in CHANGES.items() if entry.counts and entry.change)
)
def test_a_setting_compiled_after_its_neighbour_is_what_it_is_alone(name, folder):
    """Whatever field is varied, nothing that the neighbour derived from their audience is taken for one's own."""
    entry = CHANGES[name]
    before = laid(entry.first, BASE)
    neighbour, own = (scenario_of(folder, json.dumps(data)) for data in (before, laid(entry.change, before)))
    shared = Audiences()
    compiled(neighbour, shared, shared)
    after, alone = compiled(own, shared, shared), compiled(own, Audiences(), None)
    if isinstance(alone, str):
        assert after == alone
        return
    assert after.rates == alone.rates
    assert differing(after.world, alone.world) + differing(after.plan, alone.plan) == []


@pytest.mark.parametrize("name", sorted(name for name, entry in CHANGES.items() if entry.change))
def test_an_override_gives_what_a_document_written_so_gives(name, folder):
    """Taking over the validated parts that an override leaves alone changes nothing, the base least of all."""
    entry = CHANGES[name]
    before = laid(entry.first, BASE)
    neighbour, own = (scenario_of(folder, json.dumps(data)) for data in (before, laid(entry.change, before)))
    text = json.dumps(neighbour.written)
    resolve(neighbour, 1, 0)
    changed = neighbour.with_overrides(entry.change)
    assert changed.document == own.document
    assert changed.document.model_fields_set == own.document.model_fields_set
    assert changed.digest == own.digest
    assert json.dumps(neighbour.written) == text
    for fixed in (False, True):
        alone = Scenario.from_dict(json.loads(json.dumps(own.written)), folder)
        assert resolve(changed, 7, 3, fixed) == resolve(alone, 7, 3, fixed)


def test_what_an_override_leaves_alone_is_shared_and_what_is_wrong_is_found(folder):
    scenario = scenario_of(folder, json.dumps(BASE))
    changed = scenario.with_overrides({"items.clip.share_prob": 0.3})
    assert changed.audience is scenario.audience and changed.items[0] is scenario.items[0]
    assert changed.platforms["two"] is scenario.platforms["two"] and changed.items[1] is not scenario.items[1]
    swapped = scenario.with_overrides({"items": list(reversed(BASE["items"]))})
    assert [item.id for item in swapped.items] == ["clip", "film"]
    for wrong in (
        {"items.clip.share_prob": True},
        {"items.clip.share_prob": 1.5},
        {"platforms.one.access": "x"},
    ):
        with pytest.raises(ViralsimError, match=next(iter(wrong))):
            scenario.with_overrides(wrong)
    with pytest.raises(ViralsimError, match="film"):  # a post of an item that is not there any more
        scenario.with_overrides({"items.film.id": "movie"})


def test_settings_that_agree_derive_once(folder):
    """Brand followers are ordered once for two settings that differ in what is shared."""
    scenario = scenario_of(folder, json.dumps(BASE))
    shared = Audiences()
    first = compiled(scenario, shared, shared)
    second = compiled(scenario.with_overrides({"items.film.share_prob": 0.3}), shared, shared)
    assert first.plan.hazard_post.tolist() != second.plan.hazard_post.tolist()
    assert second.world.followers is first.world.followers
    fans = {
        kind: len(known) for kind, known in second.audience.memo._kinds.items() if kind.startswith("fans")
    }
    assert len(fans) == 2 and set(fans.values()) == {1}


def test_a_memo_keeps_the_last_few_of_a_kind_only():
    memo, made = Memo(), []
    for number in [*range(20), 19, 0]:
        assert memo("kind", number, lambda: made.append(number) or number) == number  # noqa: B023
    assert made == [*range(20), 0]
    assert len(memo._kinds["kind"]) == MOST_OF_A_KIND
