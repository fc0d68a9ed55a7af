"""Designs of sweeps: which settings they hold, in which order, and how people write them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_worlds import SHARE, small_scenario

from viralsim.errors import ScenarioError, SpecError
from viralsim.experiment.axes import axis_law, parse_axis, parse_vary
from viralsim.experiment.designs import METHODS, Law, grid, listed, unit_points, zipped
from viralsim.experiment.documents import read_experiment
from viralsim.experiment.plans import band_of, make_design, make_plan
from viralsim.spec.resolving import uncertain_paths


def test_grid_runs_every_combination_with_the_last_axis_fastest():
    design = grid({"a": [1, 2], "b": ["x", "y", "z"]})
    assert design.paths == ("a", "b")
    expected = [{"a": a, "b": b} for a in (1, 2) for b in "xyz"]
    assert list(design) == expected
    assert [design.point(k) for k in range(len(design))] == expected


def test_nesting_multiplies_and_zipping_pairs():
    design = zipped({"a": [1, 2], "b": [10, 20]}) * listed([{"c": 0}, {"c": 1, "d": 5}])
    assert list(design) == [
        {"a": 1, "b": 10, "c": 0},
        {"a": 1, "b": 10, "c": 1, "d": 5},
        {"a": 2, "b": 20, "c": 0},
        {"a": 2, "b": 20, "c": 1, "d": 5},
    ]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_nested_design_numbers_its_settings_without_gap(sizes):
    design = grid({"p0": list(range(sizes[0]))})
    for k, size in enumerate(sizes[1:], 1):
        design = design * grid({f"p{k}": list(range(size))})
    points = [tuple(point.values()) for point in design]
    assert len(design) == np.prod(sizes) == len(set(points))
    assert points == sorted(points)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.01,0.02,0.05", [0.01, 0.02, 0.05]),
        ("0.1:0.3:3", [0.1, 0.2, 0.3]),
        ("1000:100000:3:log", [1000, 10000, 100000]),
        ("0h:48h:4", ["0h", "16h", "32h", "2d"]),
        ("2h,1d", ["2h", "1d"]),
        ("true, random, {kind: k-core, count: 3}", [True, "random", {"kind": "k-core", "count": 3}]),
        ("1e-3:1e-1:2", [0.001, 0.1]),
        ("0.5:0.5:1", [0.5]),
    ],
)
def test_axes_as_people_write_them(text, values):
    assert parse_axis("x", text)[0] == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1:0.3", "has no count"),
        ("0:1:3:log", "above 0"),
        ("1h:5:3", "give both ends a unit of time, or none"),
        ("[1, 2", "cannot be read"),
        ("1:2:0", "0 values"),
    ],
)
def test_axes_that_cannot_be_meant(text, message):
    with pytest.raises(SpecError, match=message):
        parse_axis("x", text)


def test_one_vary_may_hold_paths_that_go_together():
    assert parse_vary("a=1,2; b = 3,4") == {"a": "1,2", "b": "3,4"}
    assert parse_vary("a") == {"a": "band"}
    for text in ("=1", "a=", "a=1;a=2", "a=1;;b=2"):
        with pytest.raises(SpecError):
            parse_vary(text)


def test_unequal_zip_repeated_path_and_empty_axes_are_refused():
    with pytest.raises(SpecError, match="a has 2, b has 3"):
        zipped({"a": [1, 2], "b": [1, 2, 3]})
    with pytest.raises(SpecError, match="varied twice"):
        grid({"a": [1]}) * grid({"a": [2]})
    for bad in ({}, {"a": []}, {"a": 3}, {"a": None}, {"": [1]}):
        with pytest.raises(SpecError):
            grid(bad)


# ------------------------------------------------------------------------------------------------- sampling


@pytest.mark.parametrize("power", [0, 3, 6])
def test_sobol_points_fill_every_elementary_box_once(power):
    """A (0, m, 2)-net in base 2: each of the 2^m boxes of every shape holds one point."""
    points = unit_points(2**power, ["a", "b"], "sobol", 7)
    for k in range(power + 1):
        boxes = np.floor(points[:, 0] * 2**k) * 2 ** (power - k) + np.floor(points[:, 1] * 2 ** (power - k))
        assert np.array_equal(np.sort(boxes), np.arange(2**power))


def test_latin_hypercube_has_one_point_in_each_stratum():
    points = unit_points(50, ["a", "b", "c"], "latin-hypercube", 1)
    for column in points.T:
        assert np.array_equal(np.sort(np.floor(column * 50)), np.arange(50))


@pytest.mark.parametrize("method", METHODS)
def test_sampled_points_are_uniform_inside_and_keyed_on_the_seed(method):
    points = unit_points(400, ["a", "b"], method, 3)
    assert points.shape == (400, 2)
    assert ((points > 0) & (points < 1)).all()
    assert np.abs(points.mean(axis=0) - 0.5).max() < 5 * np.sqrt(1 / 12 / 400)
    assert np.array_equal(points, unit_points(400, ["a", "b"], method, 3))
    assert not np.array_equal(points, unit_points(400, ["a", "b"], method, 4))


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_a_paths_points_do_not_depend_on_what_stands_beside_it_in_random_designs(method):
    alone = unit_points(16, ["a"], method, 3)[:, 0]
    beside = unit_points(16, ["a", "b"], method, 3)[:, 0]
    assert np.array_equal(alone, beside)


def test_laws_of_sampled_numbers():
    assert Law(2.0, 6.0).value(0.25) == 3.0
    assert Law(1.0, 100.0, "log").value(0.5) == pytest.approx(10.0)
    band = uncertain_paths(small_scenario())[SHARE]
    law = axis_law(SHARE, band)
    assert (law.value(0.05), law.value(0.5), law.value(0.95)) == pytest.approx((0.004, 0.02, 0.05))
    assert axis_law("a", "0.1:0.4:log") == axis_law("a", {"low": 0.1, "high": 0.4, "scale": "log"})
    for bad in ((2, 1), (0, "x"), "0:1:log", "1:2:3", {"low": 1}, 5, {"low": 1, "high": 2, "scale": "cube"}):
        with pytest.raises(SpecError, match=r"^a: "):
            axis_law("a", bad)


def test_a_band_is_found_by_id_and_by_position_and_named_if_absent():
    scenario = small_scenario()
    assert band_of(scenario, "items.0.share_prob") == band_of(scenario, SHARE) == 0.02
    with pytest.raises(
        SpecError, match=r"items.film.negative: has no band.*allowed: .*items.film.share_prob"
    ):
        band_of(scenario, "items.film.negative")


def test_whole_numbers_stay_whole_where_the_scenario_wants_them():
    scenario = small_scenario()
    plan = make_plan(scenario, {"audience.size": "200:401:3", SHARE: "0:1:3"})
    assert [point["audience.size"] for point in plan.design] == [200] * 3 + [300] * 3 + [401] * 3
    assert [point[SHARE] for point in plan.design][:3] == [0, 0.5, 1]
    plan = make_plan(scenario, {"audience.size": (200, 900), SHARE: (0, 1)}, design="sobol", samples=8)
    assert all(isinstance(point["audience.size"], int) for point in plan.design)
    assert len({point[SHARE] for point in plan.design}) == 8


# --------------------------------------------------------------------------------------------------- plans


def test_what_cannot_be_meant_is_refused_before_anything_runs():
    scenario = small_scenario()
    with pytest.raises(ScenarioError, match=r"share_prbo.*did you mean 'share_prob'"):
        make_plan(scenario, {"items.film.share_prbo": [0.1]})
    with pytest.raises(ScenarioError, match="not a probability"):
        make_plan(scenario, {SHARE: [2.0, 3.0]})
    with pytest.raises(SpecError, match=r"run\.seed: is varied and given"):
        make_plan(scenario, {"run.seed": [1, 2]}, seed=3)
    for arguments in (
        {"design": "gird"},
        {"design": "sobol"},
        {"samples": 4},
        {"design": "list"},
        {"replicates": 0},
        {"draws": True},
        {"seed": -1},
    ):
        with pytest.raises(SpecError):
            make_plan(scenario, {SHARE: [0.1]}, **arguments)
    with pytest.raises(SpecError, match="load_scenario"):
        make_plan("small", {SHARE: [0.1]})


def test_one_bad_value_among_good_ones_is_no_reason_to_refuse():
    assert len(make_plan(small_scenario(), {SHARE: [0.1, 2.0]}).design) == 2


def test_lists_and_zips_by_argument():
    scenario = small_scenario()
    settings = [{SHARE: 0.1}, {"items.film.negative": 0.3}]
    assert list(make_design(scenario, settings)) == settings
    assert list(make_design(scenario, {"a": [1, 2], "b": [3, 4]}, "zip")) == [
        {"a": 1, "b": 3},
        {"a": 2, "b": 4},
    ]


# ---------------------------------------------------------------------------------------- experiment files

EXPERIMENT = {
    "viralsim_sweep": 1,
    "scenario": "small",
    "variant": "late",
    "set": {"items.film.negative": 0.2},
    "vary": {"run.seed": [1, 2]},
    "together": [{"audience.size": [200, 300], "run.step": ["1h", "2h"]}],
    "settings": [{SHARE: 0.1}, {SHARE: 0.2}],
    "sample": {"vary": {"items.film.stickiness": "0.1:0.4"}, "count": 2, "method": "random", "seed": 3},
    "replicates": 4,
    "fixed": True,
    "metric": "shares",
}


def test_an_experiment_file_says_all_that_the_command_line_can():
    found = read_experiment(EXPERIMENT, lambda name: small_scenario(), "e.yaml")
    assert found.scenario.name == "small:late"
    assert found.scenario.items[0].negative == 0.2
    assert found.design.paths == ("run.seed", "audience.size", "run.step", SHARE, "items.film.stickiness")
    assert len(found.design) == 2 * 2 * 2 * 2
    assert found.design.point(5)["audience.size"] == 300
    assert (found.options, found.metric) == ({"replicates": 4, "fixed": True}, "shares")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vray": {}}, "unknown key 'vray'; did you mean 'vary'"),
        ({"viralsim_sweep": 2}, "viralsim_sweep: got 2; allowed: 1"),
        ({"set": {"items.film.nope": 1}}, "e.yaml: override items.film.nope"),
        ({"vary": [1]}, "vary: got a list of 1"),
        ({"settings": {}}, "settings: got a mapping"),
        ({"fixed": "yes"}, "fixed: got 'yes'; allowed: true, false"),
        ({"sample": {"vary": {"a": "1:2"}}}, "sample: needs vary .* and count"),
        ({"sample": {"vary": {"a": "1:2"}, "count": 2, "kind": "x"}}, "unknown key 'kind'"),
        ({"variant": "early"}, "unknown variant 'early'"),
    ],
)
def test_problems_of_an_experiment_file_are_said(change, message):
    with pytest.raises(ScenarioError, match=message):
        read_experiment({**EXPERIMENT, **change}, lambda name: small_scenario(), "e.yaml")


def test_an_experiment_without_scenario_or_variation_is_refused():
    for data in ({"viralsim_sweep": 1}, {"viralsim_sweep": 1, "scenario": "small"}, [1]):
        with pytest.raises(ScenarioError):
            read_experiment(data, lambda name: small_scenario(), "e.yaml")
