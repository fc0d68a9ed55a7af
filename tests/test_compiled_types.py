"""Every scenario gives the kernels the same types, so that nothing is compiled twice."""

import pytest
from numba import typeof

import viralsim as vs
from viralsim.cli.warmup_command import tiny_scenario
from viralsim.engine.compiled import compile_draw
from viralsim.engine.networks import file_graphs

SCENARIOS = ("launch-video", "ordinary-post", "left-out", "backlash", "influencers-or-many")


def types_of(scenario):
    compiled = compile_draw(scenario, 1, 0, file_graphs(scenario))
    arrays = {**compiled.world._asdict(), **compiled.plan._asdict()}
    return {name: typeof(value) for name, value in arrays.items()}


@pytest.fixture(scope="module")
def warm():
    return types_of(tiny_scenario())


@pytest.mark.parametrize("name", SCENARIOS)
def test_warmup_covers_stock_scenarios(name, warm):
    assert types_of(vs.load_scenario(name)) == warm


def test_warmup_covers_networks_from_files(tmp_path, warm):
    path = vs.generate.erdos_renyi(300, 6).save(tmp_path / "graph.npz")
    changes = {f"platforms.{p}.network": {"kind": "file", "path": str(path)} for p in ("one", "two")}
    assert types_of(tiny_scenario().with_overrides(changes)) == warm
    assert types_of(tiny_scenario(kind="communities", mean_followers=8)) == warm
