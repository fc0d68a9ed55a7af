"""Scenarios written as data and as YAML are read back the same."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_worlds import smallest

from viralsim.spec import Scenario, catalog, load_scenario
from viralsim.spec.scenario import read_text


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
        "network": st.sampled_from(["communities", {"kind": "communities", "like": "lastfm-asia", "mixing": 0.5}]),
    },
)  # fmt: skip


@settings(max_examples=30)
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
