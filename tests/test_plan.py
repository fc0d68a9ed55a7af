"""The plan of action: its steps against the runs they are read from, and files of past posts, good and bad."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import viralsim as vs
from viralsim.cli.group import root
from viralsim.planning.action import plan_of_action
from viralsim.planning.past_posts import parse_past_posts, pooled, rate_of

PAST = """item,platform,impressions,likes,comments,shares,clicks
spring,p,1000,40,3,2,9
summer,p,"2,000",20,,1,12
winter,elsewhere,500,5,1,1,1
"""


def scenario(**changes):
    document = {
        "viralsim": 1,
        "name": "planned",
        "audience": {
            "size": 300,
            "segments": [
                {"name": "near", "fraction": 0.5, "access": {"p": 1}},
                {"name": "far", "fraction": 0.5, "access": {"p": 0.4}},
            ],
        },
        "platforms": {
            "p": {
                "network": {"kind": "erdos-renyi", "mean_degree": 10},
                "brand_followers": {"count": 60},
                "organic_reach": 0.6,
                "peer_visibility": 0.4,
                "share_prob": 0.05,
                "friend_share_prob": 0.1,
                "like_prob": 0.05,
                "half_life": "3h",
                "rhythm": {"kind": "daily", "hours": [1] * 12 + [9] * 12},
            }
        },
        "items": [{"id": "film", "topic": "t", "stickiness": {"value": 0.5, "low": 0.4, "high": 0.6}}],
        "campaign": {
            "posts": [{"item": "film", "platform": "p", "at": "1h"}],
            "paid": [{"item": "film", "platform": "p", "budget": 1.0, "cpm": 20.0}],
            "seeding": [
                {"item": "film", "platform": "p", "at": "2h", "pick": {"kind": "random", "count": 5}}
            ],
        },
        "goal": {"metric": "reach", "at_least": 100},
        "run": {
            "start": "2026-03-02T08:00",
            "horizon": "2d",
            "step": "1h",
            "replicates": 16,
            "draws": 8,
            "seed": 3,
        },
    }
    return vs.Scenario.from_dict(document).with_overrides(changes)


@pytest.fixture(scope="module")
def plan():
    return plan_of_action(scenario())


def step(plan, title):
    return next(one for one in plan.steps if one.title == title)


def test_the_steps_come_in_their_order(plan):
    assert [one.title for one in plan.steps] == [
        "Goals", "Target groups", "Competitors", "Audit", "Content calendar", "Content", "Tracking", "Adjusting",
    ]  # fmt: skip
    assert all(one.says for one in plan.steps)


def test_goals_and_groups_are_those_of_a_run(plan):
    run = vs.simulate(scenario())
    goals, groups = step(plan, "Goals").numbers, step(plan, "Target groups").numbers
    assert goals["chance"] == np.mean(run["reach"] >= 100)
    assert goals["mean"] == pytest.approx(run["reach"].mean())
    for name, reach in run.by_segment("reach").items():
        people = run.tallies.people_by_segment.mean(axis=0)[["near", "far"].index(name)]
        assert groups[name]["reached"] == pytest.approx(reach.mean() / people)
    assert groups["near"]["without_access"] == 0.0
    assert groups["far"]["without_access"] > 0.4


def test_what_ifs_are_comparisons_in_the_same_worlds(plan):
    later = scenario(**{"campaign.posts.0.at": "13h"})
    pair = vs.compare([scenario(), later], metric="reach").pairs[0]
    assert step(plan, "Content calendar").numbers["12 h later"]["difference"] == pytest.approx(
        pair.difference
    )
    assert pair.difference != 0
    more = scenario(**{"campaign.paid.0.budget": 1.2})
    label, paid = next(iter(step(plan, "Adjusting").numbers.items()))
    assert label.startswith("a fifth more for flight 0")
    assert paid["difference"] == pytest.approx(
        vs.compare([scenario(), more], metric="reach").pairs[0].difference
    )
    assert paid["per_dollar"] == pytest.approx(paid["difference"] / 0.2)


def test_better_content_keeps_its_band(plan):
    better = scenario(**{"items.film.stickiness": {"value": 0.6, "low": 0.48, "high": 0.72}})
    pair = vs.compare([scenario(), better], metric="reach").pairs[0]
    found = step(plan, "Content").numbers["film: stickiness 0.5 to 0.6"]
    assert found["difference"] == pytest.approx(pair.difference)
    assert pair.difference > 0


def test_tracking_reads_the_curve(plan):
    run = vs.simulate(scenario())
    seen = run.curve("impressions", cumulative=True)
    tracked = step(plan, "Tracking").numbers
    assert len(tracked) >= 2
    for label, found in tracked.items():
        column = int(np.argmin(np.abs(run.times_hours - float(label.split()[0]))))
        assert found["median"] == np.median(seen[:, column])
        assert found["p10"] <= found["median"] <= found["p90"]


def test_past_posts_are_held_against_the_scenario():
    posts = parse_past_posts(PAST, "past.csv")
    assert [post.engagements for post in posts] == [54, 33, 8]
    assert pooled(posts, "p", "likes") == (60, 3000)
    assert pooled(posts, "p", "comments") == (3, 1000), "an empty cell is not zero"
    audit = step(plan_of_action(scenario(), posts), "Audit")
    assert "spring on p (line 2; 5.4" in audit.says[0]
    held = {row["action"]: row for row in audit.numbers["past"]}
    assert held["likes"]["rate"] == pytest.approx(0.02)
    run = vs.simulate(scenario())
    assert held["likes"]["scenario"] == pytest.approx(run["likes"].sum() / run["impressions"].sum())


def test_jeffreys_interval_covers_as_it_says():
    """Exact coverage over all counts at n = 200, p = .03 is near 95 % (Brown, Cai and DasGupta 2001, fig. 5)."""
    from scipy import stats

    counts = np.arange(201)
    inside = [rate_of(int(k), 200).low <= 0.03 <= rate_of(int(k), 200).high for k in counts]
    assert 0.92 < float(stats.binom.pmf(counts, 200, 0.03)[inside].sum()) < 0.98


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "item,platform\nx,p\n",
            "past.csv:1: has the columns item, platform; needed: item, platform, impressions",
        ),
        (
            "item,platform,impressions,likes\nx,p,ten,1\n",
            "past.csv:2: impressions: got 'ten'; allowed: a whole",
        ),
        ("item,platform,impressions,likes\nx,p,,1\n", "past.csv:2: impressions: is empty"),
        ("item,platform,impressions,likes\nx,p,10,11\n", "past.csv:2: likes: got 11 with 10 impressions"),
        ("item,platform,impressions,likes\nx,p,10,-1\n", "past.csv:2: likes: got '-1'"),
        ("item,platform,impressions,likes\n", "has no posts"),
        ("", "has the columns none"),
    ],
)
def test_bad_files_of_past_posts_say_where_and_what(text, says):
    with pytest.raises(vs.SpecError) as caught:
        parse_past_posts(text, "past.csv")
    assert says in str(caught.value)


def test_binary_and_missing_files_are_refused(tmp_path):
    (tmp_path / "past.csv").write_bytes(b"\xff\xfe\x00\x01")
    for name, says in (("past.csv", "no UTF-8 text"), ("none.csv", "cannot be read")):
        refused = CliRunner().invoke(
            root, ["plan", "launch-video", "--past", str(tmp_path / name), "--quiet"]
        )
        assert refused.exit_code != 0
        assert says in str(refused.exception)


def test_a_plan_needs_a_goal():
    with pytest.raises(vs.SpecError, match=r"goal: this scenario has none.*--set goal\.metric=reach"):
        plan_of_action(scenario(goal=None))


def test_command_prints_steps_and_gives_the_same_as_json(tmp_path, plan):
    path = tmp_path / "planned.yaml"
    path.write_text(json.dumps(scenario().to_dict()), encoding="utf-8")
    shown = CliRunner().invoke(root, ["plan", str(path), "--quiet"])
    assert shown.exit_code == 0, shown.output
    assert all(f"{k}. {one.title}" in shown.stdout for k, one in enumerate(plan.steps, 1))
    told = CliRunner().invoke(root, ["plan", str(path), "--quiet", "--json"])
    assert json.loads(told.stdout)["steps"] == json.loads(json.dumps(plan.to_dict()["steps"]))
