"""Tipping points: the search finds known crossings, and the simulated one agrees with theory."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sweep_worlds import FANS, SHARE, SMALL, small_scenario

import viralsim as vs
from viralsim.cli.shell import run_command
from viralsim.engine.effort import Effort
from viralsim.engine.eligible import count_eligible
from viralsim.engine.memory import estimate
from viralsim.errors import SpecError
from viralsim.experiment import shared_worlds
from viralsim.experiment.crossings import Estimate, crossing, root
from viralsim.experiment.ranges import present_value
from viralsim.metrics.plain import finite
from viralsim.spec import Scenario
from viralsim.verify.engine_worlds import neutral_scenario


@pytest.mark.parametrize(
    ("gap", "low", "high", "expected"),
    [
        (lambda x: x * x - 2, 0.1, 10.0, math.sqrt(2)),
        (lambda x: 0.25 - x, -1.0, 1.0, 0.25),
        (lambda x: 1 - math.exp(-3 * x) - 0.5, 1e-3, 5.0, math.log(2) / 3),
        (lambda x: 1.0 if x > 0.37 else -1.0, 0.01, 1.0, 0.37),
    ],
)
def test_root_is_found_within_its_tolerance(gap, low, high, expected):
    assert root(gap, low, high, 1e-4) == pytest.approx(expected, rel=2e-4)


def test_crossing_inverts_the_interval_of_the_curve_with_few_looks():
    looks = []

    def curve(x):
        looks.append(x)
        return Estimate(60 * x, 55 * x, 66 * x)

    found = crossing(curve, 1.0, 1e-4, 1.0, guess=0.015)
    assert (found.value, found.low, found.high) == pytest.approx((1 / 60, 1 / 66, 1 / 55), rel=0.02)
    assert len(looks) == len(set(looks)) <= 14


def test_a_falling_curve_and_a_curve_that_does_not_cross():
    found = crossing(lambda x: Estimate(1 - x, 0.9 - x, 1.1 - x), 0.5, 0.0, 1.0)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.4, 0.6), abs=0.01)
    found = crossing(lambda x: Estimate(x, x, x), 5.0, 0.1, 1.0)
    assert math.isnan(found.value)
    assert found.note == "below 5 over the whole range"


def test_an_interval_that_leaves_the_range_says_so():
    found = crossing(lambda x: Estimate(x, x - 5, x + 5), 0.5, 0.1, 1.0)
    assert (found.low, found.high) == (0.1, 1.0)
    assert "lower end" in found.note
    assert "upper end" in found.note


def test_simulated_crossing_holds_the_value_from_theory():
    """A large well-mixed audience of known degree: R = mean degree x p in the first generations."""
    world = neutral_scenario(
        6000, {"kind": "erdos-renyi", "mean_degree": 20, "directed": True}, 1.0, 0.05, 10
    )
    found = vs.tipping_point(
        Scenario.from_dict(world),
        "platforms.net.friend_share_prob",
        replicates=60,
        draws=1,
        seed=3,
        fixed=True,
    )
    assert found.reproduction.low < found.reproduction_theory < found.reproduction.high
    assert found.reproduction_theory == pytest.approx(0.05, rel=0.1)
    assert found.reproduction.high / found.reproduction.low < 1.5


def test_goal_is_met_in_about_half_of_the_worlds_at_the_crossing():
    scenario, goal = small_scenario(), {"metric": "shares", "at_least": 3.0}
    found = vs.tipping_point(scenario, SHARE, replicates=40, draws=4, fixed=True, **goal)
    assert found.goal is not None

    def chance(x):
        made = vs.simulate(scenario.with_overrides({SHARE: x}), replicates=40, draws=4, fixed=True)
        return float(np.mean(made["shares"] >= 3))

    assert chance(found.goal.value / 1.3) <= 0.5 <= chance(found.goal.value * 1.3)
    assert found.goal.low <= found.goal.value <= found.goal.high
    assert "every second run has shares of at least 3" in found.sentence()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vary": "items.film.share_prbo"}, "did you mean 'share_prob'"),
        ({"vary": "items.film.topic"}, "no number"),
        ({"vary": SHARE, "low": 0.5, "high": 0.1}, "the first must be below"),
        ({"vary": SHARE, "high": 3.0}, "not a probability"),
        ({"vary": SHARE, "metric": "raech", "at_least": 1}, "did you mean 'reach'"),
        ({"vary": SHARE, "metric": "reach"}, "how much reach is the goal"),
        ({"vary": SHARE, "replicates": 0}, "replicates: got 0"),
    ],
)
def test_what_cannot_be_meant_is_said(arguments, message):
    with pytest.raises(SpecError, match=message):
        vs.tipping_point(small_scenario(), **arguments)


def test_command_prints_a_sentence_and_an_object(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    common = ["tipping", "small.yaml", "--vary", f"{SHARE}=0.01:0.9", "--fixed", "--replicates", "20", "-q"]
    assert run_command(common) == 0
    out = capsys.readouterr().out
    assert out.startswith("R is below 1 over the whole range of items.film.share_prob (0.01 to 0.9).")
    assert "R = 1, theory" in out
    assert run_command([*common, "--metric", "shares", "--at-least", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = vs.tipping_point(
        small_scenario(), SHARE, 0.01, 0.9, fixed=True, replicates=20, metric="shares", at_least=3.0
    )
    assert found == json.loads(json.dumps(finite(expected.to_dict())))
    assert run_command(["tipping", "small.yaml", "--vary", f"{SHARE}=x", "-q"]) == 2


# ------------------------------------------------------------------------------------------------- whole numbers


@pytest.mark.parametrize("target", [0.5, 2.0, 41.3, 999.0])
def test_whole_numbers_end_at_neighbours(target):
    """Of a rising and of a falling curve: the neighbour at which it is above the target."""
    looked: list[float] = []

    def rising(x):
        looked.append(x)
        return Estimate(x, 0.9 * x, 1.1 * x)

    found = crossing(rising, target, 1, 5000, guess=3.3, whole=True)
    if target < 1:
        assert math.isnan(found.value)
        return
    assert found.value == math.floor(target) + 1
    assert found.low == pytest.approx(math.floor(target / 1.1) + 1, rel=0.021)
    assert found.high == pytest.approx(math.floor(target / 0.9) + 1, rel=0.021)
    assert all(x == round(x) for x in looked) and len(looked) == len(set(looked)) <= 45
    falling = crossing(lambda x: Estimate(-x, -1.1 * x, -0.9 * x), -target, 1, 5000, whole=True)
    assert falling.value == math.ceil(target) - 1
    assert falling.low <= falling.value <= falling.high


def test_a_whole_number_that_is_surely_the_first_is_its_own_interval():
    found = crossing(lambda x: Estimate(x, x - 0.2, x + 0.2), 6.5, 0, 100, whole=True)
    assert (found.value, found.low, found.high, found.note) == (7.0, 7.0, 7.0, "")
    found = crossing(lambda x: Estimate(-x, -x - 0.2, -x + 0.2), -6.5, 0, 100, whole=True)
    assert (found.value, found.low, found.high, found.note) == (6.0, 6.0, 6.0, "")


def test_a_number_of_people_is_varied_in_whole_steps():
    """The chance of the goal crosses a half between the value and the whole number before it."""
    options = {"replicates": 40, "draws": 4, "fixed": True}
    found = vs.tipping_point(small_scenario(), FANS, metric="impressions_owned", at_least=40.0, **options)
    assert found.whole and found.goal is not None

    def chance(count):
        made = vs.simulate(small_scenario().with_overrides({FANS: count}), **options)
        return float(np.mean(made["impressions_owned"] >= 40))

    value = int(found.goal.value)
    assert value == found.goal.value
    assert chance(value - 1) <= 0.5 < chance(value)
    assert found.goal.low <= value <= found.goal.high
    assert f"at {value} (" in found.sentence()
    assert all(place.value == round(place.value) for place in found.looked_at)
    accounts = small_scenario().document.audience.size
    assert 1.0 <= found.range[0] < found.range[1] <= accounts


def test_the_range_of_people_ends_where_every_draw_has_them():
    half = small_scenario().with_overrides({"platforms.facebook.access": 0.5, FANS: 60})
    there = count_eligible(half, Effort.of(half, draws=4, replicates=4), {}).accounts["facebook"]
    found = vs.tipping_point(half, FANS, replicates=4, draws=4)
    assert len(set(there)) > 1
    assert found.range == (1.0, float(there.min()))


DEGREE = "platforms.facebook.network.mean_degree"


def made(path, value, draws):
    """People and follower edges of all draws."""
    scenario = small_scenario().with_overrides({path: value})
    need = estimate(scenario, {}, draws, 1, draws)
    return (need.people + need.edges) * draws


@pytest.mark.parametrize("path", ["audience.size", DEGREE])
@pytest.mark.parametrize("most", [5, 20])
def test_the_range_ends_where_worlds_are_no_longer_quickly_made(monkeypatch, path, most):
    """At two digits, the last one at which all draws together have few enough people and edges."""
    draws, present = 4, present_value(small_scenario(), path)
    whole = path == "audience.size"
    limit = most * made(path, round(present) if whole else present, draws)
    monkeypatch.setattr(shared_worlds, "MOST_MADE", limit)
    worlds = shared_worlds.SharedWorlds(small_scenario(), Effort.of(small_scenario(), draws, draws))
    end = worlds.most_affordable(path, present, round(present * 100) if whole else present * 100)
    step = 10 ** (math.floor(math.log10(end)) - 1)
    assert end == pytest.approx(round(end / step) * step)
    value = round(end) if whole else end
    assert made(path, value, draws) <= limit < made(path, value + 2 * step, draws)
    assert worlds.most_affordable(path, present, value) == value, "nothing is cut off that is quickly made"


def test_large_worlds_may_become_twice_as_large_and_no_number_of_people_is_looked_for_in_vain(monkeypatch):
    monkeypatch.setattr(shared_worlds, "MOST_MADE", 1)
    scenario = small_scenario()
    size = scenario.audience.size
    worlds = shared_worlds.SharedWorlds(scenario, Effort.of(scenario, 2, 2))
    end = worlds.most_affordable("audience.size", size, 100 * size)
    assert size < end <= 2 * size
    assert worlds.most_affordable("audience.size", size, size + 1) == size + 1
    assert worlds.most_affordable(FANS, 20.0, 200) == 200, "makes no world larger"
    few = scenario.with_overrides({"audience.size": 3, FANS: 1})
    worlds = shared_worlds.SharedWorlds(few, Effort.of(few, 2, 2))
    assert worlds.most_affordable("audience.size", 3.0, 300) in (3, 4, 5, 6)


def test_a_range_that_is_given_is_looked_in_whatever_it_takes(monkeypatch):
    monkeypatch.setattr(shared_worlds, "MOST_MADE", 1)
    size = small_scenario().audience.size
    found = vs.tipping_point(small_scenario(), "audience.size", size, 3 * size, replicates=2, draws=2)
    assert found.range == (size, 3 * size)
    found = vs.tipping_point(small_scenario(), "audience.size", size, replicates=2, draws=2)
    assert size < found.range[1] <= 2 * size


def test_ends_of_whole_numbers_are_whole():
    with pytest.raises(SpecError, match=r"is a whole number, got an end of 1.5; write whole ends"):
        vs.tipping_point(small_scenario(), FANS, 1.5, 20)
    with pytest.raises(SpecError, match="the first must be below"):
        vs.tipping_point(small_scenario(), FANS, 20, 20)


def test_the_command_says_what_it_does_with_whole_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    goal = ["--metric", "impressions_owned", "--at-least", "40"]
    common = [
        "tipping",
        "small.yaml",
        "--vary",
        f"{FANS}=20:200",
        "--fixed",
        "--replicates",
        "20",
        *goal,
        "-q",
    ]
    assert run_command(common) == 0
    assert f"note: {FANS} is a whole number, so whole values only were looked at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "low"), [("audience.size", 5000), ("platforms.net.network.mean_degree", 500.0)]
)
def test_a_low_end_beyond_what_is_quickly_made_asks_for_a_high_one(monkeypatch, path, low):
    monkeypatch.setattr(shared_worlds, "MOST_MADE", 1)
    network = {"kind": "erdos-renyi", "mean_degree": 8}
    scenario = Scenario.from_dict(neutral_scenario(400, network, 0.5, 0.5, 1))
    with pytest.raises(SpecError, match=rf"from {low:g} on there is no range to guess .*{path}={low:g}:high"):
        vs.tipping_point(scenario, path, low=low, replicates=4)
