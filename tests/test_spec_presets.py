"""Platform presets: each number is the published or judged one, with band, unit, source and year."""

from __future__ import annotations

import pytest

from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import expectations
from viralsim.spec import PRESETS, Scenario, Uncertain
from viralsim.spec.presets import engagement_rate

J = "judgement"
VENDORS, BUFFER, INSIDER = "vendors conflict", "Buffer", "Socialinsider 2025"
RAILS, GRAFFIUS = "SocialRails 2025", "Graffius 2018"
PLATFORMS = ("facebook", "instagram", "x", "youtube", "tiktok", "linkedin")

# The table of defaults: value, low, high (None: no band is given) and what the source must name; hours for half_life.
TABLE: dict[str, tuple[tuple[float, float | None, float | None, str], ...]] = {
    "organic_reach": (
        (0.0165, 0.014, 0.026, INSIDER), (0.035, 0.03, 0.09, INSIDER), (0.03, 0.01, 0.10, J), (0.10, 0.03, 0.20, J),
        (0.10, 0.05, 0.30, VENDORS), (0.05, 0.02, 0.08, "Smart Insights, dated"),
    ),
    "share_prob": (
        (0.003, 0.001, 0.02, J), (0.001, 0.0003, 0.005, J), (0.0025, 0.001, 0.01, J), (0.003, 0.001, 0.02, J),
        (0.006, 0.003, 0.03, J), (0.004, 0.001, 0.01, J),
    ),
    "peer_visibility": ((0.25, 0.10, 0.35, "Bernstein et al. 2013"),) * 6,
    "click_prob": tuple((value, None, None, RAILS) for value in (0.0090, 0.0022, 0.0026, 0.0065, 0.010, 0.0044)),
    "cpm": (
        (9.5, 6, 15, RAILS), (7.9, 6, 15, RAILS), (6.5, 5, 7, RAILS), (4.5, 2, 15, RAILS), (10, 3, 20, RAILS),
        (34, 6, 60, RAILS),
    ),
    "half_life": (
        (80 / 60, 0.5, 1.75, "Graffius 2018-2025"), (19, None, None, GRAFFIUS),
        (80 / 60, None, None, "Pfeffer et al., ICWSM 2023"), (144, None, None, GRAFFIUS), (24, None, None, J),
        (24, None, None, GRAFFIUS),
    ),
    "reproduction_number": (
        (0.10, None, None, J), (0.10, None, None, J), (0.12, None, None, "Bakshy 2011"), (0.05, None, None, J),
        (0.08, None, None, J), (0.08, None, None, J),
    ),
}  # fmt: skip
ENGAGEMENT = (0.0507, 0.0116, 0.0231, 0.0441, 0.0486, 0.0650)  # Buffer, Jan 2024 - Jan 2025, per impression
DENOMINATORS = {
    "organic_reach": "follower", "share_prob": "impression", "peer_visibility": "follower", "click_prob": "impression",
    "like_prob": "impression", "comment_prob": "impression", "cpm": "1,000 impressions", "half_life": "impressions",
    "reproduction_number": "sharing person",
}  # fmt: skip


def test_the_six_platforms_are_there():
    assert tuple(PRESETS) == PLATFORMS


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("field", TABLE)
def test_each_number_is_that_of_the_table(platform, field):
    value, low, high, source = TABLE[field][PLATFORMS.index(platform)]
    number = PRESETS[platform][field]
    assert number.value == pytest.approx(value, rel=1e-12)
    if low is None:
        assert number.low < number.value < number.high
        assert "judgement" in number.source  # of the band, at least
    else:
        assert (number.low, number.high) == (pytest.approx(low), pytest.approx(high))
    assert source in number.source


@pytest.mark.parametrize(("platform", "total"), list(zip(PLATFORMS, ENGAGEMENT, strict=True)))
def test_likes_comments_shares_and_clicks_add_up_to_the_published_rate(platform, total):
    parts = [PRESETS[platform][name] for name in ("like_prob", "comment_prob", "share_prob", "click_prob")]
    assert sum(part.value for part in parts) == pytest.approx(total, abs=1e-12)
    assert engagement_rate(platform) == pytest.approx(total, abs=1e-12)
    assert all(part.value > 0 for part in parts)
    assert BUFFER in parts[0].source


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_number_has_band_unit_denominator_source_and_year(platform):
    numbers = {name: number for name, number in PRESETS[platform].items() if isinstance(number, Uncertain)}
    assert set(numbers) == set(DENOMINATORS)
    for name, number in numbers.items():
        assert number.low < number.value < number.high, name
        assert DENOMINATORS[name] in number.unit, name
        assert number.source, name
        assert 2011 <= number.year <= 2026, name
        assert number.is_judgement == number.source.startswith("judgement"), name
    rhythm = PRESETS[platform]["rhythm"]
    assert len(rhythm["hours"]) == 24
    assert (rhythm["weekend"].source, rhythm["weekend"].year) == ("judgement", 2026)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_with_only_a_preset_has_its_numbers(platform):
    scenario = Scenario.from_dict(
        {
            "viralsim": 1, "audience": {"size": 10}, "platforms": {"p": {"preset": platform}},
            "items": [{"id": "post"}],
        }
    )  # fmt: skip
    for name, number in PRESETS[platform].items():
        found = getattr(scenario.platforms["p"], name)
        if isinstance(number, Uncertain):
            assert (found.value, found.low, found.high) == (number.value, number.low, number.high)
            assert (found.unit, found.source, found.year) == (number.unit, number.source, number.year)
    assert scenario.platforms["p"].friend_share_prob is None


@pytest.mark.parametrize(
    ("written", "solved"),
    [
        ({}, "friend_share_prob"),
        ({"reproduction_number": 0.2}, "friend_share_prob"),
        ({"peer_visibility": 0.2}, "friend_share_prob"),
        ({"friend_share_prob": 0.02}, "reproduction_number"),
        ({"friend_share_prob": 0.02, "peer_visibility": 0.2}, "reproduction_number"),
        ({"friend_share_prob": 0.02, "reproduction_number": 0.2}, "peer_visibility"),
    ],
)
def test_of_three_linked_numbers_a_preset_leaves_out_the_one_to_be_solved(written, solved):
    platform = Scenario.from_dict(
        {
            "viralsim": 1, "audience": {"size": 10}, "platforms": {"p": {"preset": "x", **written}},
            "items": [{"id": "post"}],
        }
    ).platforms["p"]  # fmt: skip
    for name in ("peer_visibility", "friend_share_prob", "reproduction_number"):
        assert (getattr(platform, name) is None) == (name == solved)


def test_an_ordinary_instagram_post_has_140_owned_impressions_and_a_multiplier_of_a_few_percent():
    """4,000 followers x 3.5 % = 140; with K = 40 followers a person the multiplier is about 1 + s_b K V / (1 - R)."""
    scenario = Scenario.from_dict(
        {
            "viralsim": 1,
            "audience": {"size": 20_000, "activity": {"kind": "constant"}},
            "platforms": {
                "instagram": {
                    "preset": "instagram", "brand_followers": {"count": 4000},
                    "network": {"kind": "erdos-renyi", "mean_degree": 40},
                }
            },
            "items": [{"id": "post"}],
            "campaign": {"posts": [{"item": "post", "platform": "instagram"}]},
        }
    )  # fmt: skip
    compiled = compile_draw(scenario, 1, 0, {}, True)
    found = expectations(compiled)
    assert found.owned_impressions == pytest.approx(140, rel=1e-9)
    assert found.earned_multiplier == pytest.approx(1 + 0.001 * 40 * 0.25 / (1 - 0.10), rel=0.01)
    # s_f = R / (K V) = 1 %; the second generation of a wave meets a mean degree of K + 1.
    assert compiled.rates[0].friend_share_prob == pytest.approx(0.10 / (41 * 0.25), rel=0.02)
