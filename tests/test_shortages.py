"""People that not every draw has: counted over all draws before anything is run, refused, and warned of."""

from __future__ import annotations

import json

import numpy as np
import pytest

import viralsim as vs
from viralsim.cli.shell import run_command
from viralsim.engine import shortages
from viralsim.engine.compiled import compile_draw
from viralsim.engine.effort import Effort
from viralsim.engine.eligible import count_eligible
from viralsim.engine.shortages import check_enough, check_run, flights_without_people, near_shortages
from viralsim.errors import ScenarioError

DRAWS = 12
FLIGHT = {"item": "film", "platform": "own", "budget": 2.0, "cpm": 8.0}
ASK = {"item": "film", "platform": "own", "at": "1h", "price": 1.0}


def world(pick=None, paid=(), followers=20, **changes):
    """500 people, of whom two in a thousand are few, half of the others have an account, and no hermit has one."""
    asked = [] if pick is None else [{**ASK, "pick": pick}]
    return vs.Scenario.from_dict(
        {
            "viralsim": 1,
            "name": "small",
            "audience": {
                "size": 500,
                "segments": [
                    {"name": "few", "fraction": 0.002, "attributes": {"age": "old"}},
                    {"name": "most", "fraction": 0.898, "access": {"own": 0.5}},
                    {"name": "hermits", "fraction": 0.1, "access": {"own": 0.0}},
                ],
            },
            "items": [{"id": "film"}],
            "platforms": {
                "own": {
                    "preset": "x",
                    "network": {"kind": "erdos-renyi", "mean_degree": 6},
                    "brand_followers": {"count": followers},
                }
            },
            "campaign": {
                "posts": [{"item": "film", "platform": "own"}],
                "seeding": asked,
                "paid": list(paid),
            },
            "run": {"replicates": DRAWS, "draws": DRAWS, "seed": 3, "horizon": "2d"},
            **changes,
        }
    )


def counted(scenario, **options):
    return count_eligible(scenario, Effort.of(scenario, threads=1), {}, **options)


PICKS = [
    {"kind": "random", "count": 1},
    {"kind": "most-followers", "count": 1},
    {"kind": "segment", "segment": "most", "count": 1},
    {"kind": "attributes", "where": {"age": "old"}, "count": 0},
    {"kind": "followers-between", "least": 6, "most": 7, "count": 1},
]


@pytest.mark.parametrize("pick", PICKS, ids=lambda pick: pick["kind"])
def test_what_is_counted_is_what_can_be_asked_in_every_draw(pick):
    """Asking everybody counted works in each draw, asking one more does not."""
    there = counted(world(pick)).asked[0]
    assert there.size == DRAWS and len(set(there)) > 1
    for draw in range(3):
        count = int(there[draw])
        made = compile_draw(world({**pick, "count": count}), 3, draw, {})
        assert made.plan.ask_person.size == count
        with pytest.raises(ScenarioError, match=f"only {count:,} can be"):
            compile_draw(world({**pick, "count": count + 1}), 3, draw, {})


def test_flights_and_accounts_are_counted_in_every_draw():
    flights = [FLIGHT, {**FLIGHT, "target": ["few"]}, {**FLIGHT, "target": ["hermits"]}]
    scenario = world(paid=flights)
    found = counted(scenario)
    for draw in range(3):
        made = compile_draw(scenario, 3, draw, {})
        sizes = sorted(np.diff(made.plan.reaching.first))
        assert sizes == sorted(int(there[draw]) for there in found.shown)
        assert found.accounts["own"][draw] == np.count_nonzero(made.audience.networks[0].account)


def test_networks_are_made_to_count_only_where_that_is_quick():
    pick = {"kind": "followers-between", "least": 6, "count": 1}
    all_of_them, some = counted(world(pick)).asked[0], counted(world(pick), most_people=1600).asked[0]
    assert all_of_them.size == DRAWS
    assert list(some) == list(all_of_them[:3])
    assert counted(world(pick), most_people=0).asked[0].size == 1
    assert counted(world({"kind": "listed", "people": [1]})).asked == (None,)


def test_every_draw_must_have_as_many_as_are_wanted():
    there = counted(world()).accounts["own"]
    least, worst = int(there.min()), int(there.argmin())
    check_enough(world(followers=least), counted(world(followers=least)))
    scenario = world({"kind": "random", "count": least + 1}, followers=least + 2)
    with pytest.raises(ScenarioError) as caught:
        check_enough(scenario, counted(scenario))
    assert len(caught.value.problems) == 2
    text = str(caught.value)
    assert f"campaign.seeding.0.pick: {least + 1} people are to be asked" in text
    assert f"in draw {worst} only {least}; allowed are 0 to {least}" in text
    assert f"platforms.own.brand_followers.count: {least + 2} followers are wanted" in text


def test_budgets_want_as_many_as_they_pay_for():
    least = int(counted(world()).accounts["own"].min())
    scenario = world({"kind": "random", "budget": least + 1.5})
    found = counted(scenario)
    assert list(found.wanted[0]) == [least + 1] * DRAWS
    with pytest.raises(ScenarioError, match=f"{least + 1} people are to be asked"):
        check_enough(scenario, found)
    check_enough(
        world({"kind": "random", "budget": least}), counted(world({"kind": "random", "budget": least}))
    )


def test_numbers_that_other_draws_may_not_have_are_warned_of():
    effort = Effort.of(world(), threads=1)
    least = int(counted(world()).accounts["own"].min())
    near = world(followers=int(least / 1.05))
    (told,) = near_shortages(near, counted(near), effort)
    assert f"in the 12 draws of seed 3 there are {least} to " in told and "there may be too few" in told
    for followers in (int(least / 1.15), 0):
        far = world(followers=followers)
        assert near_shortages(far, counted(far), effort) == ()
    pick = {"kind": "followers-between", "least": 6, "count": 1}
    found = counted(world(pick), most_people=1600)
    short = world({**pick, "count": int(found.asked[0].min())})
    found = counted(short, most_people=1600)
    assert "in the first 3 of the 12 draws of seed 3" in near_shortages(short, found, effort)[0]


def test_flights_that_nobody_can_be_shown_are_warned_of():
    flights = [FLIGHT, {**FLIGHT, "target": ["few"]}, {**FLIGHT, "target": ["hermits"]}]
    scenario = world(paid=flights)
    found = counted(scenario)
    empty = int(np.count_nonzero(found.shown[1] == 0))
    assert 0 < empty < DRAWS
    few, hermits = flights_without_people(scenario, found)
    assert few.startswith("campaign.paid.1 (film on own): nobody in the segment few has an account there")
    assert f"in {empty} of the 12 draws: nothing is shown and nothing spent in those" in few
    assert (
        "campaign.paid.2" in hermits
        and "in any of the 12 draws: nothing is shown and nothing spent." in hermits
    )
    assert flights_without_people(world(paid=[FLIGHT]), counted(world(paid=[FLIGHT]))) == ()


def test_validate_and_run_say_so(tmp_path, capsys):
    path = tmp_path / "small.yaml"
    path.write_text(json.dumps(world(paid=[{**FLIGHT, "target": ["few"]}]).to_dict()), encoding="utf-8")
    assert run_command(["validate", str(path)]) == 0
    assert "warning: campaign.paid.0 (film on own): nobody in the segment few" in capsys.readouterr().out
    assert run_command(["run", str(path), "--json"]) == 0
    told = capsys.readouterr()
    assert "warning: campaign.paid.0" in told.err
    assert any("nobody in the segment few" in text for text in json.loads(told.out)["warnings"])
    least = int(counted(world()).accounts["own"].min())
    assert (
        run_command(["validate", str(path), "--set", f"platforms.own.brand_followers.count={least + 1}"]) == 2
    )
    assert f"allowed are 0 to {least}" in capsys.readouterr().err


@pytest.fixture
def one_short():
    """A scenario whose brand wants one follower more than its least favourable draw has, which is not the first."""
    there = counted(world()).accounts["own"]
    assert there.argmin() > 0 and there[0] > there.min()
    return world(followers=int(there.min()) + 1, buying={"convert_prob": 0.1})


@pytest.mark.parametrize("study", ["simulate", "compare", "lift"])
def test_what_one_draw_does_not_have_is_refused_before_any_is_run(monkeypatch, one_short, study):
    def run(*_, **__):
        pytest.fail("a draw was made")

    for place in ("viralsim.engine.running.compile_draw", "viralsim.experiment.lift.compile_draw"):
        monkeypatch.setattr(place, run)
    begin = {
        "simulate": lambda: vs.simulate(one_short),
        "compare": lambda: vs.compare([world(followers=5), one_short]),
        "lift": lambda: vs.true_lift(one_short),
    }[study]
    with pytest.raises(ScenarioError, match="wanted, but in 1 of 12 draws looked at there are fewer"):
        begin()


def test_draws_that_have_enough_are_run(one_short):
    draws = int(counted(world()).accounts["own"].argmin())
    check_run(one_short, Effort.of(one_short, replicates=draws, draws=draws), {})
    with pytest.raises(ScenarioError):
        check_run(one_short, Effort.of(one_short, replicates=draws + 1, draws=draws + 1), {})


def test_only_the_first_draw_is_counted_where_it_has_plenty(monkeypatch):
    looked_at = []
    count = shortages.count_eligible
    monkeypatch.setattr(
        shortages,
        "count_eligible",
        lambda scenario, effort, *rest, **options: (
            looked_at.append(effort.draws) or count(scenario, effort, *rest, **options)
        ),
    )
    first = int(counted(world()).accounts["own"][0])
    for followers in ((first - 20) // 2, (first - 20) // 2 + 1):
        scenario = world(followers=followers)
        check_run(scenario, Effort.of(scenario), {})
    assert looked_at == [1, 1, DRAWS]
    assert counted(world(PICKS[-1]), most_people=-1).asked == (None,), "no network is made for it"


def test_all_draws_are_counted_where_the_audience_is_uncertain():
    """The first of these draws has three times the people wanted, another a third of them."""
    access = {"one": {"value": 0.5, "low": 0.1, "high": 0.98}}
    platform = {"preset": "x", "network": {"kind": "erdos-renyi", "mean_degree": 8}}
    scenario = vs.Scenario.from_dict(
        {
            "viralsim": 1,
            "name": "uncertain",
            "audience": {"size": 2000, "segments": [{"name": "a", "fraction": 1.0, "access": access}]},
            "platforms": {"one": {**platform, "brand_followers": {"count": 400}}},
            "items": [{"id": "film"}],
            "campaign": {"posts": [{"item": "film", "platform": "one"}]},
            "run": {"horizon": "1d", "step": "1h", "replicates": 40, "draws": 20, "seed": 2},
        }
    )
    effort = Effort.of(scenario)
    there = shortages.count_eligible(scenario, effort, {}).accounts["one"]
    assert there[0] > 2 * 400 + 20 and there.min() < 400
    with pytest.raises(ScenarioError, match="wanted, but in"):
        check_run(scenario, effort, {})
    check_run(scenario, Effort.of(scenario, fixed=True), {})
