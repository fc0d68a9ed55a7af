"""What a platform would show of a run, against the run; and the factors a calibration sets."""

import numpy as np
import pytest

import viralsim as vs
from viralsim.engine.compiled import compile_draw
from viralsim.kernels.layout import HAZARD_CERTAIN
from viralsim.metrics.observed import rounded_as_shown

CALM = {"run.replicates": 12, "run.draws": 3, "run.seed": 5, "platforms.instagram.brand_followers.count": 800}


@pytest.fixture(scope="module")
def video():
    return vs.load_scenario("launch-video").with_overrides(CALM)


def test_without_rounding_the_last_hour_is_the_whole_run(video):
    run = vs.simulate(video)
    for platform in run.tallies.platforms:
        seen = run.observed(platform, hours=[1, 24, 1e6], digits=None)
        np.testing.assert_array_equal(seen.impressions[:, -1], run.by_platform("impressions")[platform])
        np.testing.assert_array_equal(seen.shares[:, -1], run.by_platform("shares")[platform])
        np.testing.assert_array_equal(seen.reach, run.by_platform("reach")[platform])
        assert (np.diff(seen.impressions, axis=1) >= 0).all()
        assert (seen.impressions[:, 0] < seen.impressions[:, -1]).all()


def test_private_shares_are_not_tracked(video):
    hidden = video.with_overrides(
        {
            "platforms.instagram.private_sharing": {"kind": "closest", "part": 1},
            "items.film.share_prob": 0.05,
        }
    )
    run = vs.simulate(hidden)
    seen = run.observed("instagram", hours=[1e6], digits=None)
    there, dark = (
        run.by_platform("impressions")["instagram"],
        run.by_platform("impressions_dark")["instagram"],
    )
    assert dark.sum() > 0
    np.testing.assert_array_equal(seen.impressions[:, 0], there - dark)
    shares, private = run.by_platform("shares")["instagram"], run.by_platform("shares_private")["instagram"]
    np.testing.assert_array_equal(seen.shares[:, 0], shares - private)


def test_counts_are_cut_off_to_three_digits(video):
    values = np.array([0, 7, 999, 1000, 1239, 123456])
    assert rounded_as_shown(values).tolist() == [0, 7, 999, 1000, 1230, 123000]
    run = vs.simulate(video)
    exact, shown = run.observed("instagram", digits=None), run.observed("instagram", digits=1)
    np.testing.assert_array_equal(shown.impressions, rounded_as_shown(exact.impressions, 1))
    assert (shown.impressions != exact.impressions).any()


def test_unknown_platform_and_hours_are_refused(video):
    run = vs.simulate(video, replicates=2)
    with pytest.raises(vs.SpecError, match="got 'myspace'; allowed: "):
        run.observed("myspace")
    with pytest.raises(vs.SpecError, match="at least one hour above 0"):
        run.observed("instagram", hours=[0])


def test_calibrated_factors_stand_where_they_should(video):
    ad = {"campaign.paid": [{"item": "film", "platform": "instagram", "budget": 5.0, "cpm": 8.0}]}
    factors = {"owned": 2.0, "friend": 3.0, "paid": 8.0, "delay": 1.5}
    plain = compile_draw(video.with_overrides(ad), 1, 0, {}, fixed=True).plan
    moved = compile_draw(video.with_overrides({**ad, "calibration": factors}), 1, 0, {}, fixed=True).plan
    np.testing.assert_allclose(moved.hazard_post, 2.0 * plain.hazard_post)
    np.testing.assert_allclose(moved.hazard_friend, 3.0 * plain.hazard_friend)
    np.testing.assert_allclose(moved.reaching.share * moved.hazard_post[0], 8.0 * plain.hazard_post[0])
    np.testing.assert_allclose(moved.reaction.mean(), 1.5 * plain.reaction.mean(), rtol=0.02)
    assert np.median(moved.delay) == pytest.approx(1.5 * np.median(plain.delay), rel=0.2)
    np.testing.assert_array_equal(moved.visibility, plain.visibility)


def test_a_hazard_stays_certain_at_most(video):
    sure = video.with_overrides({"items.film.share_prob": 1, "calibration.owned": 9})
    assert compile_draw(sure, 1, 0, {}, fixed=True).plan.hazard_post.max() == HAZARD_CERTAIN
