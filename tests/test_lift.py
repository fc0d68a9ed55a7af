"""What attribution claims, by hand and against a naive twin; what channels caused, against single runs."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import viralsim as vs
from viralsim.cli.group import root
from viralsim.experiment.lift import _overclaim, overclaim_text, shapley_value, world_name
from viralsim.metrics.attribution import RULES, credit
from viralsim.report.figures_lift import lift_columns, lift_dots

PROJECT = Path(__file__).resolve().parent.parent
TABLE = (PROJECT / "docs" / "customers.md").read_text("utf-8").split("made by tools/lift_table.py")[1]
_SPEC = importlib.util.spec_from_file_location("lift_table", PROJECT / "tools" / "lift_table.py")
lift_table = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(lift_table)


def small_shop(**changes):
    """A shop with posts, one paid sharer, reviews and word of mouth, in which everything sells."""
    document = {
        "viralsim": 1,
        "name": "lift",
        "audience": {"size": 400, "segments": [{"name": "all", "fraction": 1, "access": {"p": 1}}]},
        "platforms": {
            "p": {
                "network": {"kind": "erdos-renyi", "mean_degree": 12},
                "brand_followers": {"count": 80},
                "organic_reach": 0.6,
                "peer_visibility": 0.5,
                "share_prob": 0.05,
                "friend_share_prob": 0.12,
                "click_prob": 0.2,
                "half_life": "3h",
            }
        },
        "items": [{"id": "film", "topic": "t", "stickiness": 0.8}],
        "campaign": {
            "posts": [{"item": "film", "platform": "p", "at": "0h"}],
            "paid": [{"item": "film", "platform": "p", "budget": 1.0, "cpm": 10.0}],
            "seeding": [
                {
                    "item": "film",
                    "platform": "p",
                    "at": "1h",
                    "pick": {"kind": "random", "count": 6},
                    "price": 5,
                }
            ],
        },
        "buying": {"convert_prob": 0.3, "baseline_per_week": 0.1, "reviews": {"prob": 0.5, "wait": "2h"}},
        "value": {"price": 40, "margin": 18},
        "run": {
            "start": "2026-03-02T18:00",
            "horizon": "3d",
            "step": "1h",
            "replicates": 24,
            "draws": 4,
            "seed": 3,
        },
    }
    return vs.Scenario.from_dict(document).with_overrides(changes)


@pytest.fixture(scope="module")
def found():
    return vs.true_lift(small_shop())


def test_credit_of_three_buyers_by_hand():
    """Buyer 1: paid, owned, earned, earned; buyer 2: nothing before the purchase; buyer 3: owned."""
    person = np.array([1, 3, 1, 1, 2, 1])
    channel = np.array([1, 0, 0, 2, 0, 2])
    claimed = credit(person, channel, np.array([1, 2, 3]), np.array([6, 4, 6]))
    assert dict(zip(RULES, claimed.tolist(), strict=True)) == {
        "last touch": [1, 0, 1, 1],
        "first touch": [1, 1, 0, 1],
        "linear": [1.25, 0.25, 0.5, 1],
        "shapley": pytest.approx([4 / 3, 1 / 3, 1 / 3, 1]),
    }


def test_credit_agrees_with_a_naive_count():
    rng = np.random.default_rng(4)
    for _ in range(30):
        touches, buyers = int(rng.integers(0, 60)), int(rng.integers(0, 9))
        person, channel = rng.integers(0, 12, touches), rng.integers(0, 3, touches)
        buyer = rng.permutation(12)[:buyers]
        so_far = rng.integers(0, touches + 1, buyers)
        naive = np.zeros((4, 4))
        for who, before in zip(buyer, so_far, strict=True):
            path = [int(c) for p, c in zip(person[:before], channel[:before], strict=True) if p == who]
            if not path:
                naive[:, 3] += 1
                continue
            naive[0, path[-1]] += 1
            naive[1, path[0]] += 1
            for c in path:
                naive[2, c] += 1 / len(path)
            for c in set(path):
                naive[3, c] += 1 / len(set(path))
        claimed = credit(person, channel, buyer, so_far)
        np.testing.assert_allclose(claimed, naive, atol=1e-12)
        np.testing.assert_allclose(claimed.sum(axis=1), buyers)


def test_shapley_value_is_efficient_symmetric_and_gives_a_dummy_nothing():
    rng = np.random.default_rng(5)
    worth = rng.normal(size=(7, 8))
    parts = [shapley_value(worth, k) for k in range(3)]
    np.testing.assert_allclose(sum(parts), worth[:, 7] - worth[:, 0])
    alike = worth[:, [0, 2, 1, 3, 4, 6, 5, 7]]  # players 0 and 1 exchanged
    np.testing.assert_allclose(shapley_value(alike, 0), parts[1])
    without_2 = worth[:, [0, 1, 2, 3, 0, 1, 2, 3]]
    np.testing.assert_allclose(shapley_value(without_2, 2), 0.0)


def test_the_whole_world_and_the_empty_one_are_those_of_a_run(found):
    plain = vs.simulate(small_shop())
    assert found.purchases.mean == pytest.approx(plain["conversions"].mean())
    assert found.baseline.mean == pytest.approx(plain["conversions_baseline"].mean())
    assert found.lift.mean == pytest.approx(plain["conversions_incremental"].mean())


def test_last_touch_is_what_a_run_counts_where_every_impression_is_noticed():
    shop = small_shop(**{"items.film.stickiness": 1})
    plain, found = vs.simulate(shop), vs.true_lift(shop)
    earned = next(channel for channel in found.channels if channel.channel == "earned")
    assert earned.claimed["last touch"].mean == pytest.approx(plain["conversions_referral"].mean())


def test_channels_add_up_to_the_lift(found):
    assert sum(channel.caused.mean for channel in found.channels) == pytest.approx(found.lift.mean)
    for rule in RULES:
        parts = sum(channel.claimed[rule].mean for channel in found.channels)
        assert parts == pytest.approx(found.claimed[rule].mean)
        assert found.error[rule].mean == pytest.approx(found.claimed[rule].mean - found.lift.mean)


@pytest.mark.parametrize(
    ("world", "changes"),
    [
        (0b110, {"campaign.posts": []}),
        (0b101, {"campaign.paid": [], "campaign.seeding": []}),
        (
            0b011,
            {
                "platforms.p.share_prob": 0,
                "platforms.p.friend_share_prob": 0,
                "buying.reviews.prob": 0,
            },
        ),
    ],
)
def test_a_world_without_a_channel_is_the_scenario_without_it(found, world, changes):
    """Each of the three, run as a scenario of its own, gives the same mean to the last digit."""
    alone = vs.simulate(small_shop(**changes))
    assert found.worlds[world] == pytest.approx(alone["conversions"].mean()), world_name(world)


def test_every_channel_matters_here_and_attribution_claims_too_much(found):
    for channel in found.channels:
        assert channel.caused.low > 0, channel.channel
    assert found.error["last touch"].low > 0, "some who noticed would have bought anyway"
    assert "times as many" in found.sentence()


def test_how_many_times_too_much_is_claimed(found):
    """Ratio of means; its interval is about that of the difference over what was caused."""
    for rule in RULES:
        told = found.overclaim[rule]
        assert told.ratio == pytest.approx(found.claimed[rule].mean / found.lift.mean)
        assert told.low < told.ratio < told.high
        assert (told.low > 1.0) == (found.error[rule].low > 0.0)
        for channel in found.channels:
            part = channel.overclaim[rule].ratio
            assert part == pytest.approx(channel.claimed[rule].mean / channel.caused.mean)
    silent = vs.true_lift(
        small_shop(**{"campaign.posts": [], "campaign.paid": [], "campaign.seeding.0.acceptance_prob": 0})
    )
    assert np.isnan(silent.overclaim["linear"].ratio) and overclaim_text(silent.overclaim["linear"]) == "-"
    assert silent.to_dict()["claimed_over_lift"]["linear"] == {"ratio": None, "low": None, "high": None}


def test_the_interval_of_a_ratio_covers_and_a_negative_lift_gives_a_negative_ratio():
    """20 draws of one number each: the true ratio 2 lies in 95 % of the intervals (400 of them, 4 standard errors)."""
    rng = np.random.default_rng(3)
    draw, inside = np.repeat(np.arange(20), 5), 0
    for _ in range(400):
        caused = rng.normal(10.0, 2.0, 100) + np.repeat(rng.normal(0, 2.0, 20), 5)
        told = _overclaim(2.0 * caused + rng.normal(0.0, 3.0, 100), caused, draw)
        inside += told.low <= 2.0 <= told.high
    assert abs(inside / 400 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)
    assert _overclaim(np.full(100, 30.0), -caused, draw).ratio < 0.0


def test_the_table_in_the_documentation_tells_what_it_says():
    """Its lines are those of the tool's scenarios; claims are read from it as the text under it reads them."""
    lines = [line.split("|")[1:-1] for line in TABLE.splitlines() if line.startswith("| `")]
    names = [", ".join(f"`{part}`" for part in made if part) for made in lift_table.SCENARIOS]
    assert list(dict.fromkeys(line[0].strip() for line in lines)) == names
    ratio = {(line[0].strip(), line[1].strip(" *")): float(line[-1].split("(")[0]) for line in lines}
    assert 1.1 < ratio["`referral-programme`, `referral`", "all"] < 1.3
    assert ratio["`review-driven-sale`", "earned"] < 0.2 < 1.0 < ratio["`review-driven-sale`", "owned"]
    assert ratio["`bad-news-spreads`", "all"] > 10
    assert ratio["`answer-fast-or-slow`", "all"] < 0


@pytest.mark.slow
def test_the_table_in_the_documentation_is_what_the_tool_makes():
    lines = lift_table.rows_of("review-driven-sale", None)
    assert len(lines) >= 3
    for line in lines:
        assert line in TABLE


def test_threads_change_nothing(found):
    again = vs.true_lift(small_shop(), threads=1)
    assert again.to_dict() == found.to_dict()


def test_nothing_sold_is_refused():
    with pytest.raises(vs.SpecError, match="nothing is sold"):
        vs.true_lift(vs.load_scenario("ordinary-post"))


def test_figure_and_columns_tell_the_same(found):
    columns = lift_columns(found)
    assert columns["channel"] == ["owned", "paid", "earned", "all"]
    bars = [patch.get_width() for patch in lift_dots(found).axes[0].patches]
    np.testing.assert_allclose(bars, columns["caused_mean"])


def test_command_prints_writes_and_gives_json(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(json.dumps(small_shop().to_dict()), encoding="utf-8")
    options = ["lift", str(path), "--replicates", "8", "--draws", "2", "--threads", "1", "--quiet"]
    shown = CliRunner().invoke(root, [*options, "--out", str(tmp_path / "out")])
    assert shown.exit_code == 0, shown.output
    assert "claimed / caused (95 % interval)" in shown.output
    assert "last touch" in shown.output and "missing without it" in shown.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"figures", "lift.csv", "lift.json", "run.json"}
    told = CliRunner().invoke(root, [*options, "--json"])
    assert json.loads(told.stdout) == json.loads((tmp_path / "out" / "lift.json").read_text(encoding="utf-8"))
    again = CliRunner().invoke(root, ["rerun", str(tmp_path / "out"), "--quiet"])
    assert "The same bytes as before: lift.csv" in again.output
    refused = CliRunner().invoke(root, ["lift", "ordinary-post", "--quiet"])
    assert refused.exit_code != 0
    assert "nothing is sold" in str(refused.exception)
