"""Uncertain numbers: what may be written, the law that is drawn from, and what holding them fixed does."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from viralsim import rng
from viralsim.errors import ScenarioError
from viralsim.spec import Scenario, Uncertain, assumptions, resolve, uncertain_paths
from viralsim.spec.uncertain import SCALES, normal_quantile


def scenario(share_prob=0.1, **platform) -> Scenario:
    return Scenario.from_dict(
        {
            "viralsim": 1,
            "audience": {"size": 200},
            "platforms": {
                "one": {
                    "organic_reach": 0.1, "share_prob": 0.1, "peer_visibility": 0.2, "friend_share_prob": 0.1,
                    "half_life": "4h", **platform,
                }
            },
            "items": [{"id": "film", "share_prob": share_prob}, {"id": "trailer"}],
            "campaign": {"posts": [{"item": "film", "platform": "one"}]},
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"value": 0.1, "low": 0.2, "high": 0.3}, "low 0.2, value 0.1, high 0.3 are out of order; allowed: low <="),
        ({"value": 0.1, "low": 0.05, "high": 0.07}, "low 0.05, value 0.1, high 0.07 are out of order"),
        ({"value": 0.1, "low": 0.05}, "high is missing; an uncertain number is {value, low, high}"),
        ({"value": 0.1, "high": 0.05}, "low is missing"),
        ({"low": 0.1, "high": 0.2}, "value is missing"),
        ({}, "value is missing"),
        ({"value": 0.1, "low": 0, "high": 0.2}, "low is 0 and high is not: the law is drawn on the logit scale"),
        ({"value": 0.9, "low": 0.8, "high": 1}, "high is 1 and low is not: the law is drawn on the logit scale"),
        ({"value": 0.1, "low": -0.1, "high": 0.2}, "-0.1 is not a probability"),
        ({"value": 0.1, "low": 0.05, "high": 1.2}, "1.2 is not a probability; allowed: 0 to 1; for 1.2 percent"),
        ({"value": 0.1, "lo": 0.05, "high": 0.2}, "unknown key 'lo' in an uncertain number; did you mean 'low'?"),
        ({"value": 0.1, "source": 3}, "3 is not a text"),
        ({"value": 0.1, "year": 25}, "25 is not a year; write four digits"),
        ({"value": {"value": 0.1}}, "a mapping (key: value) is not a number"),
        ({"value": "10 %"}, "'10 %' is not a number; for 10 % write 0.1"),
        ([0.1, 0.2], "a list of 2 is not a number"),
    ],
)  # fmt: skip
def test_a_band_that_makes_no_sense_is_refused(written, message):
    with pytest.raises(ScenarioError) as caught:
        scenario(written)
    assert len(caught.value.problems) == 1
    assert message in caught.value.problems[0]


def test_a_band_is_a_float_with_what_was_written():
    number = scenario(
        {"value": 0.1, "low": 0.05, "high": 0.3, "unit": "of all", "source": "Nobody 2020", "year": 2020}
    ).items[0].share_prob  # fmt: skip
    assert isinstance(number, float)
    assert number + 1 == 1.1
    assert (number.value, number.low, number.high, number.kind) == (0.1, 0.05, 0.3, "probability")
    assert (number.unit, number.source, number.year) == ("of all", "Nobody 2020", 2020)
    again = pickle.loads(pickle.dumps(number))
    assert again.as_dict() == number.as_dict()
    with pytest.raises(AttributeError):
        number.low = 0.0


def test_durations_have_bands_in_their_own_words():
    half_life = (
        scenario(half_life={"value": "80min", "low": "30min", "high": "2h"}).platforms["one"].half_life
    )
    assert (half_life.low, half_life.high) == (0.5, 2.0)
    assert half_life.as_dict() == {"value": "80min", "low": "30min", "high": "2h"}


KINDS = st.sampled_from(sorted(SCALES))


@st.composite
def uncertain_numbers(draw):
    kind = draw(KINDS)
    most = 0.999 if kind == "probability" else 1e6
    low, value, high = sorted(draw(st.tuples(*[st.floats(1e-6, most)] * 3)))
    return Uncertain(value, low, high, kind)


@given(uncertain_numbers())
def test_low_value_and_high_are_the_quantiles_they_are_said_to_be(number):
    assert number.quantile(0.5) == number.value
    assert math.isclose(number.quantile(0.05), number.low, rel_tol=1e-12)
    assert math.isclose(number.quantile(0.95), number.high, rel_tol=1e-12)


@given(uncertain_numbers(), st.floats(1e-12, 1 - 1e-12), st.floats(1e-12, 1 - 1e-12))
def test_a_law_is_monotone_and_stays_in_its_bounds(number, u, v):
    a, b = sorted((u, v))
    assert number.quantile(a) <= number.quantile(b)
    assert 0 < number.quantile(a) < math.inf
    if number.kind == "probability":
        assert number.quantile(b) <= 1


@given(st.sampled_from(["probability", "positive"]), st.floats(0.01, 0.99))
def test_the_law_is_a_two_piece_normal_on_its_scale(kind, u):
    """Equation of docs/model.md, section 8, written out with another library's functions."""
    value, low, high = (0.2, 0.1, 0.6) if kind == "probability" else (3.0, 1.0, 4.0)
    to, back = (special.logit, special.expit) if kind == "probability" else (np.log, np.exp)
    z = special.ndtri(u) / special.ndtri(0.95)
    expected = back(to(value) + abs(z) * (to(high if z > 0 else low) - to(value)))
    assert math.isclose(Uncertain(value, low, high, kind).quantile(u), expected, rel_tol=1e-11)


@given(st.floats(1e-300, 1 - 1e-16))
def test_normal_quantiles_agree_with_scipy(u):
    assert math.isclose(normal_quantile(u), special.ndtri(u), rel_tol=1e-9, abs_tol=1e-12)


def test_drawn_values_have_the_quantiles_documented():
    """Over 1,500 draws the parts below low, value and high are .05, .5, .95, within 4.5 standard errors."""
    number = {"value": 0.1, "low": 0.02, "high": 0.3}
    world = scenario(number)
    drawn = np.array([resolve(world, 7, d).items[0].share_prob for d in range(1500)])
    for level, edge in ((0.05, 0.02), (0.5, 0.1), (0.95, 0.3)):
        error = math.sqrt(level * (1 - level) / drawn.size)
        assert abs(np.mean(drawn <= edge) - level) < 4.5 * error


def test_a_draw_is_the_quantile_at_the_documented_uniform():
    number = {"value": 0.1, "low": 0.02, "high": 0.3}
    for seed, draw in ((0, 0), (7, 3), (2**63 - 1, 19)):
        key = rng.derive(rng.derive(rng.derive(0x76697261, seed), 3), draw)
        u = rng.uniform(rng.derive(key, rng.text_key("items.film.share_prob")))
        expected = Uncertain(0.1, 0.02, 0.3, "probability").quantile(u)
        assert resolve(scenario(number), seed, draw).items[0].share_prob == expected


def test_a_number_is_drawn_by_its_name_and_not_by_its_place():
    number = {"value": 0.1, "low": 0.02, "high": 0.3}
    one, data = scenario(number), scenario(number).to_dict()
    data["items"].reverse()
    data["items"].insert(0, {"id": "other", "share_prob": number})
    other = Scenario.from_dict(data)
    for draw in range(3):
        drawn = {item.id: item.share_prob for item in resolve(other, 1, draw).items}
        assert drawn["film"] == resolve(one, 1, draw).items[0].share_prob
        assert drawn["film"] != drawn["other"]


def test_platform_numbers_are_shared_and_item_numbers_are_not():
    """Two scenarios compared have one unknown platform between them, whatever else differs."""
    reach = {"value": 0.1, "low": 0.02, "high": 0.3}
    one = scenario(0.2, organic_reach=reach)
    two = one.with_overrides({"items.film.share_prob": 0.5, "run.horizon": "2d", "items.trailer": None})
    for draw in range(3):
        assert resolve(one, 1, draw).platforms["one"].organic_reach == (
            resolve(two, 1, draw).platforms["one"].organic_reach
        )


def test_fixed_holds_every_number_at_its_value():
    world = scenario({"value": 0.1, "low": 0.02, "high": 0.3}, preset="instagram")
    drawn, held = resolve(world, 1, 0), resolve(world, 1, 0, fixed=True)
    assert uncertain_paths(world)
    for path, number in uncertain_paths(world).items():
        found = {"drawn": drawn, "held": held}
        for name, document in found.items():
            place = document
            for part in path.split("."):
                if isinstance(place, tuple):
                    place = next(entry for entry in place if entry.id == part)
                else:
                    place = place[part] if isinstance(place, dict) else getattr(place, part)
            found[name] = place
        assert found["held"] == number.value, path
        assert type(found["held"]) is float
        assert found["drawn"] != number.value, path
        assert number.low / 50 < found["drawn"] < number.high * 50


def test_uncertain_paths_are_those_with_a_band_and_an_effect():
    world = scenario({"value": 0.1, "low": 0.02, "high": 0.3}, like_prob={"value": 0.1, "source": "me"})
    assert list(uncertain_paths(world)) == ["items.film.share_prob"]


def test_assumptions_name_value_band_source_and_what_is_a_judgement():
    world = scenario(
        {"value": 0.1, "low": 0.02, "high": 0.3, "source": "judgement: a guess"}, preset="facebook"
    )
    rows = {row.path: row for row in assumptions(world)}
    film = rows["items.film.share_prob"]
    assert (film.value, film.low, film.high, film.is_judgement) == (0.1, 0.02, 0.3, True)
    click = rows["platforms.one.click_prob"]
    assert (click.unit, click.source, click.year) == (
        "link clicks per impression", "SocialRails 2025; band judgement", 2025
    )  # fmt: skip
    assert not click.is_judgement
    assert "platforms.one.cpm" not in rows  # changes no result
    assert rows["platforms.one.organic_reach"].source == "this scenario"
    assert rows["items.film.stickiness"].source == "assumption"
    assert rows["items.film.stickiness"].is_judgement
    assert "items.film.fatigue" not in rows  # neutral: assumes nothing
