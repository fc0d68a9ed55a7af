"""What the next dollar brings: the paired worlds by hand, against expectations, where nothing more can be bought."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from paid_worlds import FLIGHT, world

import viralsim as vs
from viralsim.cli.group import root
from viralsim.engine.compiled import compile_draw
from viralsim.engine.effort import Effort
from viralsim.engine.eligible import count_eligible
from viralsim.engine.expected import expectations
from viralsim.experiment.marginal import marginal_return, spendings
from viralsim.report.figures_marginal import marginal_columns, marginal_dots

ASK = {"item": "film", "platform": "net", "at": "1h", "pick": {"kind": "random", "count": 10}, "price": 4.0}
POSTS = [{"item": "film", "platform": "net"}]


def both(**changes):
    """A flight of 1,000 displays, ten people asked at four dollars, one asked for nothing."""
    free = {**ASK, "price": 0.0}
    return world(campaign={"posts": POSTS, "paid": [FLIGHT], "seeding": [ASK, free]}, **changes)


def test_spendings_are_flights_and_people_asked_at_a_price_and_all_together():
    found, notes = spendings(both(), 0.1)
    assert [each.label for each in found] == [
        "all together",
        "flight 0 (film on net)",
        "seeding 0 (film on net)",
    ]
    assert found[1].more == {"campaign.paid.0.budget": pytest.approx(8.8)}
    assert found[2].more == {"campaign.seeding.0.pick.count": 11}
    assert found[0].none == {"campaign.paid.0.budget": 0.0, "campaign.seeding.0.pick.count": 0}
    assert notes == ()
    budget = {**ASK, "pick": {"kind": "random", "budget": 41.0}}
    listed = {**ASK, "pick": {"kind": "listed", "people": [1, 2]}}
    boost = {"kind": "boost", "above": 0.02, "budget": 5.0, "cpm": 8.0}
    campaign = {"posts": POSTS, "seeding": [budget, listed], "rules": [boost]}
    found, notes = spendings(world(campaign=campaign), 0.5)
    assert found[1].more == {"campaign.seeding.0.pick.budget": pytest.approx(61.5)}
    assert found[2].more == {"campaign.rules.0.budget": pytest.approx(7.5)}
    assert len(notes) == 1 and "seeding 1" in notes[0] and "listed" in notes[0]
    assert spendings(world(campaign=campaign), 0.01)[0][1].more == {"campaign.seeding.0.pick.budget": 45.0}


def test_each_row_is_the_difference_of_three_runs():
    scenario = both()
    found = marginal_return(scenario, replicates=8, draws=2, threads=1)
    base, more, none = (
        vs.simulate(scenario.with_overrides(change), replicates=8, threads=1)
        for change in ({}, {"campaign.paid.0.budget": 8.8}, {"campaign.paid.0.budget": 0.0})
    )
    row = found.rows[1]
    added = more["impressions_earned"] - base["impressions_earned"]
    cost = more["cost"] - base["cost"]
    assert row.added.mean == pytest.approx(added.mean())
    assert row.added_cost.mean == pytest.approx(cost.mean()) == pytest.approx(0.8)
    assert row.marginal.mean == pytest.approx(added.sum() / cost.sum())
    brought = base["impressions_earned"] - none["impressions_earned"]
    assert row.average.mean == pytest.approx(brought.sum() / 64.0)


def test_what_the_next_dollar_earns_is_what_is_expected():
    """In one draw at certain numbers, within 4 standard errors, in an audience that is nearly fresh."""
    scenario = world([FLIGHT])
    found = marginal_return(scenario, more=1.0, replicates=600, draws=1, threads=1, fixed=True)
    told = [
        expectations(
            compile_draw(scenario.with_overrides({"campaign.paid.0.budget": budget}), 3, 0, {}, True)
        )
        for budget in (8.0, 16.0)
    ]
    expected = (told[1].earned_impressions - told[0].earned_impressions) / 8.0
    row = found.rows[0]
    assert row.marginal.se < 0.15 * row.marginal.mean, "or the test shows little"
    assert abs(row.marginal.mean - expected) < 4 * row.marginal.se
    assert "of 100% more spending, each brings" in found.sentence()


def test_reach_per_dollar_falls_and_where_caps_are_met_nothing_more_is_bought():
    row = marginal_return(world([{**FLIGHT, "budget": 24.0}]), metric="reach", replicates=40, draws=1).rows[0]
    assert row.marginal.high < row.average.low
    full = marginal_return(world([{**FLIGHT, "budget": 400.0}]), replicates=4, draws=1)
    assert np.isnan(full.rows[0].marginal.mean)
    assert full.rows[0].added_cost.mean == 0.0
    assert "No more can be bought" in full.sentence()


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(vs.SpecError, match="nothing is paid for"):
        marginal_return(world())
    with pytest.raises(vs.SpecError, match="above 0 to 10"):
        marginal_return(world([FLIGHT]), more=0.0)
    with pytest.raises(vs.SpecError, match="is a ratio; allowed is a count"):
        marginal_return(world([FLIGHT]), metric="engagement_rate")
    silent = {"share_prob": 0.0, "friend_share_prob": 0.0}
    with pytest.raises(vs.SpecError, match="not defined in every world"):
        marginal_return(world([FLIGHT], silent), metric="generations", replicates=2, draws=1)


def test_the_command_prints_and_gives_json(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text(json.dumps(both().to_dict()), encoding="utf-8")
    options = [
        "lift",
        str(path),
        "--marginal",
        "--replicates",
        "4",
        "--draws",
        "2",
        "--threads",
        "1",
        "--quiet",
    ]
    shown = CliRunner().invoke(root, options)
    assert shown.exit_code == 0, shown.output
    for text in (
        "A US$ spent so far brought",
        "all together",
        "seeding 0",
        "per US$ more",
        "10 % more of it",
    ):
        assert text in shown.output
    told = json.loads(
        CliRunner().invoke(root, [*options, "--json", "--more", "50", "--metric", "reach"]).stdout
    )
    assert (told["more"], told["metric"], len(told["spendings"])) == (0.5, "reach", 3)
    assert told["spendings"][1]["spent"]["mean"] == pytest.approx(8.0)
    assert CliRunner().invoke(root, ["lift", str(path), "--more", "20"]).exit_code == 2


def test_a_folder_is_written_and_repeated(tmp_path):
    path, out = tmp_path / "two.yaml", tmp_path / "out"
    path.write_text(json.dumps(both().to_dict()), encoding="utf-8")
    options = [
        "lift",
        str(path),
        "--marginal",
        "--replicates",
        "4",
        "--draws",
        "2",
        "--quiet",
        "--out",
        str(out),
    ]
    assert CliRunner().invoke(root, options).exit_code == 0
    assert {p.name for p in out.iterdir()} == {"figures", "marginal.csv", "marginal.json", "run.json"}
    again = CliRunner().invoke(root, ["rerun", str(out), "--threads", "1", "--quiet"])
    assert again.exit_code == 0, again.output
    assert "The same bytes as before: marginal.csv" in again.output
    refused = CliRunner().invoke(root, options)
    assert refused.exit_code != 0, "nothing is written over"


def test_figure_and_columns_tell_the_same():
    found = marginal_return(both(), replicates=6, draws=2, threads=1)
    columns = marginal_columns(found)
    marks = [tuple(x.get_offsets()[0]) for x in marginal_dots(found).axes[0].collections]
    np.testing.assert_allclose([x for x, _ in marks[0::2]], columns["average_mean"])
    np.testing.assert_allclose([x for x, _ in marks[1::2]], columns["marginal_mean"])
    assert columns["spending"][0] == "all together"


def asking(pick, **more):
    """People asked at a dollar, of a segment whose number is drawn."""
    segments = [{"name": "few", "fraction": 0.05}, {"name": "most", "fraction": 0.95}]
    found = {**ASK, "price": 1.0, "pick": {"kind": "segment", "segment": "few", **pick}}
    return world(
        campaign={"posts": POSTS, "seeding": [found], **more}, audience={"size": 400, "segments": segments}
    )


def fewest(draws=3):
    scenario = asking({"count": 1})
    return int(
        count_eligible(scenario, Effort.of(scenario, replicates=draws, draws=draws), {}).asked[0].min()
    )


def test_as_many_as_there_are_where_there_are_not_enough():
    """The part that can be had, said in a note; what it brings is the difference of two runs."""
    most = fewest()
    found = marginal_return(asking({"count": most - 2}), more=1.0, replicates=3, draws=3, threads=1)
    row = found.rows[0]
    base, more = (
        vs.simulate(asking({"count": count}), replicates=3, draws=3, threads=1) for count in (most - 2, most)
    )
    assert row.added_cost.mean == pytest.approx((more["cost"] - base["cost"]).mean()) == pytest.approx(2.0)
    assert row.added.mean == pytest.approx((more["impressions_earned"] - base["impressions_earned"]).mean())
    part = f"{100 * (most / (most - 2) - 1):.2g} %"
    said = f"the next {part} in place of 100 %: no more than {most} people can be asked in every draw"
    assert found.notes == (f"seeding 0 (film on net): {said}",)
    assert f"of {2 / (most - 2):.0%} more spending" in found.sentence()


def test_budgets_are_raised_as_far_as_there_are_people():
    most = fewest()
    found = marginal_return(asking({"budget": most - 1.0}), more=1.0, replicates=3, draws=3, threads=1)
    assert found.rows[0].added_cost.mean == pytest.approx(1.0)
    assert f"US$ {most:,.2f} pay for all who can be asked in every draw" in found.notes[0]


def test_nobody_more_is_said_of_that_source_alone():
    most = fewest()
    found = marginal_return(asking({"count": most}, paid=[FLIGHT]), replicates=3, draws=3, threads=1)
    everything, flight, people = found.rows
    assert np.isnan(people.marginal.mean) and people.spent.mean == pytest.approx(most)
    assert flight.added_cost.mean > 0 and everything.added_cost.mean == pytest.approx(flight.added_cost.mean)
    assert "nobody more can be asked" in found.notes[0]


def test_a_flight_gets_at_least_one_more_display():
    found, _ = spendings(world([{**FLIGHT, "budget": 0.05, "cpm": 8.0}]), 0.01)
    assert found[0].more == {"campaign.paid.0.budget": pytest.approx(0.058)}
    cheap = marginal_return(world([{**FLIGHT, "budget": 0.05, "cpm": 8.0}]), more=0.01, replicates=2, draws=1)
    assert cheap.rows[0].added_cost.mean == pytest.approx(0.008)


def test_a_budget_that_pays_for_nobody_more_says_so():
    """Prices by size: a tenth more than what three people cost does not reach to the fourth."""
    dear = {"kind": "per-follower", "per_1000_followers": 1000.0}
    ask = {**ASK, "price": 0.0, "price_by_size": dear, "pick": {"kind": "most-followers", "budget": 40.0}}
    scenario = world(campaign={"posts": POSTS, "seeding": [ask]})
    small = marginal_return(scenario, more=0.001, replicates=2, draws=1, threads=1)
    assert small.rows[0].spent.mean > 0 and small.rows[0].added_cost.mean == 0.0
    assert "0.1 % more pays for nobody more" in small.notes[0]
    large = marginal_return(scenario, more=2.0, replicates=2, draws=1, threads=1)
    assert large.rows[0].added_cost.mean > 0 and large.notes == ()
