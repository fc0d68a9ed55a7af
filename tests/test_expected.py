"""Expected R of `validate`: nobody shares twice, so what comes back to a sharer does not count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from viralsim.engine import simulate
from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import expectations
from viralsim.engine.waves import expected_waves
from viralsim.kernels.returning import out_and_back
from viralsim.spec import Scenario
from viralsim.verify.engine_worlds import neutral_scenario, random_scenario


@given(st.integers(1, 12), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_out_and_back_equals_matrix_arithmetic(n, seed, density):
    rng = np.random.default_rng(seed)
    out, back = (
        sparse.random_array((n, n), density=density, format="csr", dtype=np.float32, rng=rng).sorted_indices()
        for _ in range(2)
    )
    start, middle = rng.random(n) * (rng.random(n) < 0.7), rng.random(n) * (rng.random(n) < 0.7)
    found = np.ones(n)
    out_and_back(
        out.indptr, out.indices, out.data, back.indptr, back.indices, back.data, start, middle, found
    )
    dense = np.diag(start) @ out.toarray().astype(float) @ np.diag(middle) @ back.toarray().astype(float)
    np.testing.assert_allclose(found, 1.0 + np.diag(dense), rtol=1e-6)


def expected_of(description: dict, seed: int) -> float:
    compiled = compile_draw(Scenario.from_dict(description), seed, 0, {}, True)
    return expectations(compiled).reproduction_number


def test_what_comes_back_to_the_sharer_is_left_out():
    """Three friends, one asked: two new sharers expected .25 each, then each has one fresh friend left."""
    ring = {"kind": "small-world", "mean_degree": 2, "rewire_prob": 0.0}
    world = neutral_scenario(3, ring, 1.0, 0.25, 1)
    first = 2 * 0.25
    second = first * 0.25 * (1 - 0.25)
    assert expected_of(world, 1) == pytest.approx((first + second) / (1 + first), rel=1e-4)


@pytest.mark.parametrize("number", [0, 3, 13])
def test_expected_reproduction_number_is_the_simulated_one(number):
    """Over one draw of a random scenario, within 4 standard errors (which are about 1 %)."""
    description = random_scenario(number, 5, 8000)
    found = simulate(Scenario.from_dict(description), replicates=600, seed=3, threads=2, fixed=True, draws=1)
    summary = found.summary()["reproduction_number"]
    assert abs(summary.mean - expected_of(description, 3)) < 4 * summary.se


# ----------------------------------------------------------- private shares, likes and comments, discovery

PASSED_ON = {
    "private": {"private_sharing": {"kind": "closest", "part": 0.6, "visibility": 0.9}},
    "echoes": {"like_prob": 0.03, "like_visibility": 0.01, "comment_prob": 0.01, "comment_visibility": 0.02},
    "discovery": {
        "like_prob": 0.03,
        "discovery": {"kind": "waves", "first_wave": 100, "interval": "6h", "benchmark": 0.5, "growth": 1.5},
    },
}
PASSED_ON["all"] = {**PASSED_ON["private"], **PASSED_ON["echoes"], **PASSED_ON["discovery"]}


def passed_on(kind: str, number: int) -> dict:
    """A random scenario of 8,000 people in which things are also passed on, or found, in this way."""
    description = random_scenario(number, 5, 8000)
    for platform in description["platforms"].values():
        platform.update(PASSED_ON[kind])
    return description


def near(found, expected, name: str, metric: str, tolerance: float) -> None:
    """The mean of a metric is the expected number, within 4 standard errors."""
    summary = found.summary()[metric]
    assert summary.se < tolerance * summary.mean, (name, metric, "or the test shows little")
    assert abs(summary.mean - expected) < 4 * summary.se, (name, metric, summary.mean, expected, summary.se)


@pytest.mark.parametrize("kind", PASSED_ON)
@pytest.mark.parametrize("number", [0, 8])
def test_expectations_count_private_shares_echoes_and_discovery(kind, number):
    description = passed_on(kind, number)
    scenario = Scenario.from_dict(description)
    found = simulate(scenario, replicates=400, seed=3, threads=2, fixed=True, draws=1)
    told = expectations(compile_draw(scenario, 3, 0, {}, True))
    near(found, told.reproduction_number, kind, "reproduction_number", 0.05)
    near(found, told.owned_impressions, kind, "impressions_owned", 0.03)
    near(found, told.earned_impressions, kind, "impressions_earned", 0.05)
    plain = expectations(compile_draw(Scenario.from_dict(random_scenario(number, 5, 8000)), 3, 0, {}, True))
    assert told.reproduction_number != plain.reproduction_number or kind == "discovery"


def seeded(**platform) -> dict:
    """Ten friends in a ring, each of two; one asked, who shares; likes and shares are certain once noticed."""
    world = neutral_scenario(10, {"kind": "small-world", "mean_degree": 2, "rewire_prob": 0.0}, 1.0, 0.5, 1)
    world["platforms"]["net"].update(platform)
    return world


def figures(world: dict):
    return expectations(compile_draw(Scenario.from_dict(world), 1, 0, {}, True))


def test_a_like_shows_the_item_as_often_as_computed_by_hand():
    """Each of two friends likes with .5, which shows it to two people: 2 x .5 x 2 more displays, and so on."""
    plain = figures(seeded(friend_share_prob=0.0))
    told = figures(seeded(friend_share_prob=0.0, like_prob=0.25, like_visibility=0.5))
    assert plain.earned_impressions == pytest.approx(2.0)
    acts = 0.5 * 0.5 * 0.5 * 2  # noticed, liked, shown, to two
    assert told.earned_impressions == pytest.approx(2.0 / (1.0 - acts), rel=1e-6)


def test_private_shares_go_to_as_many_as_computed_by_hand():
    """All shares private, to one or two of two friends, of whom .8 see it; a person asked shares in public."""
    closest = {"kind": "closest", "part": 1.0, "visibility": 0.8, "most": 2}
    told = figures(seeded(friend_share_prob=0.25, private_sharing=closest))
    first = 2 * 0.25
    sent = (1.0 + 2.0) / 2 / 2 * 0.8  # to each friend
    second = first * sent * 0.25  # of two friends one is the person asked
    assert told.reproduction_number == pytest.approx((first + second) / (1 + first), rel=1e-4)


def test_likes_that_go_round_for_ever_have_no_bound():
    told = figures(seeded(like_prob=0.5, like_visibility=1.0))
    assert told.growth_rate == told.earned_impressions == told.reproduction_number == np.inf
    assert any("R is inf" in text or "growth rate" in text for text in told.warnings)


def test_discovery_of_what_a_person_asked_shares_is_that_persons():
    """One wave, to three of the ten who do not follow the brand: earned, and who shares has the person as parent."""
    waves = {"kind": "waves", "first_wave": 3, "interval": "7d", "benchmark": 0.1}
    world = seeded(friend_share_prob=0.0, share_prob=0.25, discovery=waves)
    plain, told = figures(seeded(friend_share_prob=0.0, share_prob=0.25)), figures(world)
    assert told.earned_impressions - plain.earned_impressions == pytest.approx(
        3.0 + 2 * 3 * 0.25 * 0.9, rel=0.01
    )
    assert told.reproduction_number == pytest.approx(3 * 0.25 * 0.9 / (1 + 3 * 0.25 * 0.9), rel=0.01)
    world["campaign"]["seeding"][0]["price"] = 5
    assert figures(world).paid_impressions == pytest.approx(2.0 + 3.0)
    world["campaign"] = {"posts": [{"item": "post", "platform": "net"}]}
    assert figures(world).owned_impressions == pytest.approx(3.0)


@pytest.mark.parametrize("growth", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("benchmark", [0.05, 0.4])
def test_expected_waves_are_those_of_drawn_ones(growth, benchmark):
    """Drawn with Poisson engagement, as stated; over the mean of what is carried on, 5 % are allowed."""
    rng, total = np.random.default_rng(1), []
    for _ in range(4000):
        size, shown = 50, 0
        for _ in range(6):
            size = min(size, 2000 - shown)
            if size <= 0:
                break
            shown += size
            size = int(np.floor(min(size * growth, rng.poisson(size * 0.15) / benchmark) + 1e-9))
        total.append(shown)
    told = expected_waves(50.0, 0.15, benchmark, growth, 2000, 6)
    assert abs(np.mean(total) - told) < 4 * np.std(total) / np.sqrt(len(total)) + 0.05 * told


def item_with(**numbers) -> dict:
    world = seeded()
    world["items"][0].update(numbers)
    return world


def with_part(part: str, value, **platform) -> dict:
    world = seeded(**platform)
    world[part] = {**world[part], **value}
    return world


BUDGET = {"attention": {"kind": "budget", "notices_per_day": 5, "background_per_day": 4}}
BOOST = {"boost": {"kind": "engagement", "benchmark": 0.05, "strength": 1, "cap": 2}}
LEFT_OUT = {
    "attention": ("limited attention, which lowers R", with_part("audience", BUDGET)),
    "fatigue": ("fatigue, which lowers R", item_with(fatigue=0.1)),
    "boost": ("the ranking's boost, which raises R where", seeded(ranking=BOOST)),
    "counts": ("visible counts, which raise R", seeded(visible_counts={"kind": "shown", "strength": 0.3})),
    "threshold": ("repeated exposure", item_with(response={"kind": "threshold", "at": 2})),
    "views": ("what others' views do", item_with(negative=0.1, view_influence=0.5)),
    "visibility": ("which lowers R from then on", seeded(events=[{"at": "5h", "peer_visibility": 0.5}])),
    "the end": (
        "the end of the run, after which 50% of what posts and people asked show would come",
        with_part(
            "campaign",
            {"posts": [{"item": "post", "platform": "net"}]},
            display_delay={"kind": "exponential"},
            half_life="7d",
            brand_followers={"count": 5},
        ),
    ),
    "the end of what people asked show": (
        "after which 50% of what posts",
        seeded(display_delay={"kind": "exponential"}, half_life="7d"),
    ),
    "reach": ("which raises owned impressions", seeded(events=[{"at": "5h", "organic_reach": 2.0}])),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_not_counted_is_said_with_its_direction(name):
    text, world = LEFT_OUT[name]
    assert [text in sentence for sentence in figures(world).not_counted] == [True]
    assert figures(seeded()).not_counted == ()
