"""`viralsim validate`: what it prints, every warning it gives, and how near its expectations are to simulation."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import viralsim as vs
from viralsim.cli.shell import run_command
from viralsim.engine import simulate
from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import Expectations, expectations
from viralsim.engine.networks import file_graphs
from viralsim.spec import Scenario, catalog, load_scenario
from viralsim.spec.writing import to_yaml
from viralsim.verify.engine_worlds import random_scenario


def world(**platform: Any) -> dict[str, Any]:
    """300 friends of 10 each, 100 of them followers of the brand, everything posted once."""
    return {
        "viralsim": 1,
        "name": "tiny",
        "audience": {"size": 300, "activity": {"kind": "constant"}},
        "platforms": {
            "one": {
                "network": {"kind": "small-world", "mean_degree": 10, "rewire_prob": 0.0}, "organic_reach": 0.5,
                "brand_followers": {"count": 100}, "share_prob": 0.05, "peer_visibility": 0.5,
                "friend_share_prob": 0.02, "half_life": "4h", **platform,
            }
        },
        "items": [{"id": "film"}],
        "campaign": {"posts": [{"item": "film", "platform": "one"}]},
        "run": {"horizon": "3d", "step": "1h", "replicates": 4, "draws": 1, "seed": 1},
    }  # fmt: skip


def expected(data: dict[str, Any], folder: Any = None) -> Expectations:
    scenario = Scenario.from_dict(data, folder)
    return expectations(compile_draw(scenario, 1, 0, file_graphs(scenario), True))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def validated(data: dict[str, Any], here: Any, capsys: Any, *options: str) -> str:
    (here / "tiny.yaml").write_text(to_yaml(data))
    assert run_command(["validate", "tiny.yaml", "--quiet", *options]) == 0
    return capsys.readouterr().out


# --------------------------------------------------------------------------------------------- what it says


def test_it_prints_people_edges_memory_and_what_to_expect(here, capsys):
    data = world(cpm=10)
    found = expected(data)
    text = validated(data, here, capsys)
    lines = {line[2:22].strip(): line[22:] for line in text.splitlines() if line.startswith("  ")}
    assert lines["people"] == "300"
    assert lines["follower edges"] == "3,000"
    assert lines["memory"].endswith(" available")
    assert lines["to run"] == "4 replicates over 1 draw"
    assert lines["expected R"].startswith(f"{found.reproduction_number:.3f} ")
    assert lines["growth rate"].startswith(f"{found.growth_rate:.3f} ")
    assert lines["earned multiplier"].startswith(f"{found.earned_multiplier:.3f} ")
    assert lines["owned impressions"] == "50 expected"
    assert lines["paid impressions"] == "0 expected"
    assert lines["earned impressions"] == (
        f"{found.earned_impressions:,.0f} expected; as ads they would cost about "
        f"US$ {found.earned_impressions / 100:.2f} (cpm)"
    )
    assert "assumptions" in lines


def test_json_says_the_same(here, capsys):
    data = {**world(), "variants": {"late": {"campaign.posts.0.at": "9h"}}}
    facts = json.loads(validated(data, here, capsys, "--json"))
    found = expected(data)
    assert (facts["people"], facts["edges"], facts["variants"]) == (300, 3000, ["late"])
    assert 0 < facts["memory_bytes"] < facts["available_bytes"]
    for name in (
        "reproduction_number",
        "growth_rate",
        "earned_multiplier",
        "owned_impressions",
        "earned_impressions",
    ):
        assert facts["expected"][name] == pytest.approx(getattr(found, name), rel=1e-12)
    assert facts["expected"]["warnings"] == []
    assert facts["digest"] == Scenario.from_dict(data).digest


def test_what_is_not_defined_or_without_bound_is_said(here, capsys):
    text = validated(world(friend_share_prob=0.5), here, capsys)
    assert "earned multiplier   without bound; = all impressions" in text
    assert "as ads" not in text
    silent = world(brand_followers={"count": 0})
    text = validated(silent, here, capsys)
    assert "expected R          not defined; new sharers" in text
    assert "earned multiplier   not defined;" in text
    facts = json.loads(validated(silent, here, capsys, "--json"))
    assert facts["expected"]["reproduction_number"] is None


def test_assumptions_are_listed_with_their_sources(here, capsys):
    data = world()
    data["items"][0]["share_prob"] = {
        "value": 0.1,
        "low": 0.05,
        "high": 0.2,
        "source": "Somebody",
        "year": 2024,
    }
    text = validated(data, here, capsys, "--assumptions")
    row = next(line for line in text.splitlines() if line.startswith("items.film.share_prob"))
    assert row.split()[:5] == ["items.film.share_prob", "0.1", "0.05", "to", "0.2"]
    assert row.endswith("Somebody (2024)")


@pytest.mark.parametrize("name", [entry.name for entry in catalog()])
def test_every_stock_scenario_is_valid_and_warns_of_nothing(name, capsys):
    scenario = load_scenario(name)
    thin = [
        f"platforms.{p}.network.mean_followers=12"
        for p, x in scenario.platforms.items()
        if hasattr(x.network, "mean_followers") and not getattr(x.network, "like", None)
    ]
    settings = [
        word for setting in thin for word in ("--set", setting)
    ]  # R is solved anew, so little else changes
    assert run_command(["validate", name, "--json", "--quiet", *settings]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["expected"]["warnings"] == []
    most = {
        "big-seed": 0.6,
        "nano-or-celebrity": 0.8,
    }  # they are about R, and about what one person asked brings
    assert facts["expected"]["reproduction_number"] < most.get(name, 0.5)


# ------------------------------------------------------------------------------- warnings: with and without


def goal(metric: str, at_least: float, **platform: Any) -> dict[str, Any]:
    return {**world(**platform), "goal": {"metric": metric, "at_least": at_least}}


def asked(price: float, **changes: Any) -> dict[str, Any]:
    """Ten people asked to share, each with 10 followers of whom half are shown it."""
    pick = {"kind": "random", "count": 10}
    data = {**world(), **changes}
    data["campaign"] = {"seeding": [{"item": "film", "platform": "one", "pick": pick, "price": price}]}
    return data


def hubs() -> dict[str, Any]:
    """A few people follow one another and share easily; the brand's followers are others, who do not."""
    data = world(network={"kind": "block", "mean_degree": 20, "inside": 1.0}, friend_share_prob=0.01)
    data["audience"]["segments"] = [
        {"name": "hubs", "fraction": 0.1, "activity": 60.0},
        {"name": "rest", "fraction": 0.9, "customers": 1.0},
    ]
    data["platforms"]["one"]["brand_followers"]["pick"] = "customers-and-affinity"
    return data


def nobody_asked() -> dict[str, Any]:
    data = asked(0.0)
    data["campaign"]["seeding"][0]["pick"]["count"] = 0
    return data


def two_of_each() -> dict[str, Any]:
    data = world()
    data["platforms"]["two"] = dict(data["platforms"]["one"])
    data["items"].append({"id": "clip"})
    return data


def all_posted() -> dict[str, Any]:
    data = two_of_each()
    data["campaign"]["posts"].append({"item": "clip", "platform": "two"})
    return data


def copied() -> dict[str, Any]:
    """Nothing is posted on the second platform, but shares are copied there."""
    data = two_of_each()
    data["items"].pop()
    data["platforms"]["one"]["cross_post_prob"] = 0.5
    return data


R = "each sharer causes at least one new sharer"
GROWTH = "The growth rate is"
BOUGHT = "word of mouth does not decide it"

WARNINGS = {
    "R of 1 or more": (R, world(friend_share_prob=0.3), world(friend_share_prob=0.06)),
    "growth of 1 or more": (GROWTH, hubs(), world()),
    "R of 1 or more says so for itself": (GROWTH, hubs(), world(friend_share_prob=0.3)),
    "nothing happens": ("nothing will happen", nobody_asked(), asked(0.0)),
    "bought impressions": (BOUGHT, goal("impressions", 49), goal("impressions", 51)),
    "owned impressions": (BOUGHT, goal("impressions_owned", 49), goal("impressions_owned", 51)),
    "bought reach": (BOUGHT, goal("reach", 49), goal("reach", 51)),
    "paid impressions": (
        BOUGHT, asked(5.0, goal={"metric": "impressions_paid", "at_least": 49}),
        asked(5.0, goal={"metric": "impressions_paid", "at_least": 51}),
    ),
    "unpaid shares are not bought": (
        BOUGHT, asked(5.0, goal={"metric": "impressions", "at_least": 49}),
        asked(0.0, goal={"metric": "impressions", "at_least": 49}),
    ),
    "a goal of word of mouth": (BOUGHT, goal("impressions", 1), goal("impressions_earned", 1)),
    "unused item": ("The item 'clip' is never posted", two_of_each(), all_posted()),
    "unused platform": ("Nothing is posted on two", two_of_each(), all_posted()),
    "unused but for a variant": (
        "Nothing is posted on two", two_of_each(), two_of_each() | {"variants": {"more": {"run.horizon": "2d"}}},
    ),
    "platform used by copies": ("Nothing is posted on two", two_of_each(), copied()),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_is_given_where_it_applies_and_only_there(name):
    text, with_it, without = WARNINGS[name]
    assert any(text in warning for warning in expected(with_it).warnings)
    assert not any(text in warning for warning in expected(without).warnings)


def test_accounts_come_from_a_networks_file_and_access_is_then_not_used(here):
    (here / "ring.csv").write_text("".join(f"{i},{(i + 1) % 300}\n" for i in range(300)))
    network = {"kind": "file", "path": "ring.csv", "directed": False}
    with_it, without = (expected(world(network=network, access=access), here) for access in (0.5, 1.0))
    assert any("access to one is not used" in warning for warning in with_it.warnings)
    assert without.warnings == ()


def test_a_band_of_r_that_the_network_cannot_carry_is_warned_of_by_validate_and_by_run(here, capsys):
    most = {"value": 0.3, "low": 0.1, "high": 3.0}
    for number, cuts in ((most, True), ({**most, "high": 0.5}, False)):
        data = world(reproduction_number=number, friend_share_prob=None)
        data["run"]["draws"] = data["run"]["replicates"] = 12
        facts = json.loads(validated(data, here, capsys, "--json"))
        assert any("draws the R drawn for one" in text for text in facts["expected"]["warnings"]) == cuts
        assert run_command(["run", "tiny.yaml", "--quiet", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert any("was cut to what it carries" in text for text in found["warnings"]) == cuts
        assert ("and cut to that" in found["metrics"]["reproduction_number"].get("note", "")) == cuts


def test_what_the_network_cannot_carry_at_its_central_value_stops_a_run(here, capsys):
    number = {"value": 2.9, "low": 0.1, "high": 3.0}
    (here / "tiny.yaml").write_text(
        json.dumps(world(reproduction_number=number, friend_share_prob=None)), encoding="utf-8"
    )
    assert run_command(["run", "tiny.yaml", "--quiet"]) == 2
    assert "cannot be reached on this network, at most" in capsys.readouterr().err


def test_a_cut_draw_has_all_that_the_network_carries(here):
    """R drawn above it: everybody who notices shares, in as many draws as are counted, in runs and in sweeps."""
    band = {"value": 0.3, "low": 0.1, "high": 3.0}
    data = world(reproduction_number=band, friend_share_prob=None)
    data["run"]["draws"] = data["run"]["replicates"] = 12
    scenario = Scenario.from_dict(data)
    rates = [compile_draw(scenario, scenario.run.seed, draw, {}).rates[0] for draw in range(12)]
    cut = [one for one in rates if one.cut]
    assert 0 < len(cut) < 12
    assert {one.friend_share_noticed for one in cut} == {1.0}
    assert max(one.friend_share_noticed for one in rates if not one.cut) < 1.0
    ensemble = vs.simulate(scenario)
    assert ensemble.tallies.cut_draws == len(cut)
    swept = vs.sweep(scenario, {"items.0.like_prob": [0.1, 0.2]})
    told = {row["note"] for row in swept.rows("reproduction_number")}
    assert told == {ensemble.summary()["reproduction_number"].note}
    assert f"in {len(cut)} of 12 draws more than the network carries was drawn" in told.pop()
    assert vs.simulate(scenario, fixed=True).tallies.cut_draws == 0


def test_validate_counts_the_very_draws_where_a_run_cuts(here, capsys):
    """All 90 of them, each on its own network where the first leaves doubt."""
    band = {"value": 0.3, "low": 0.1, "high": 1.2}
    network = {"kind": "erdos-renyi", "mean_degree": 10}
    data = world(network=network, reproduction_number=band, friend_share_prob=None)
    data["run"]["draws"] = data["run"]["replicates"] = 90
    scenario = Scenario.from_dict(data)
    rates = [compile_draw(scenario, scenario.run.seed, draw, {}).rates for draw in range(90)]
    cut = [draw for draw, of_slots in enumerate(rates) if any(one.cut for one in of_slots)]
    assert cut and max(cut) > 50 and len(cut) < 30, "or the test shows nothing"
    facts = json.loads(validated(data, here, capsys, "--json"))
    (warning,) = (text for text in facts["expected"]["warnings"] if "draws the R drawn" in text)
    assert warning.startswith(f"In {len(cut)} of the 90 draws ")


def test_warnings_are_printed_by_validate_and_by_run(here, capsys):
    data = goal("impressions", 10)
    assert "warning: The posts and paid shares alone" in validated(data, here, capsys)
    assert run_command(["run", "tiny.yaml", "--quiet", "--json"]) == 0
    assert any(BOUGHT in text for text in json.loads(capsys.readouterr().out)["warnings"])


# ----------------------------------------------------------------------------------------------- accuracy


@pytest.mark.parametrize("number", [1, 4, 5, 6, 7, 8, 9, 12])
def test_expectations_are_those_of_simulation(number):
    """R, multiplier, impressions and reach of a random scenario, over one draw, within 4 standard errors."""
    scenario = Scenario.from_dict(random_scenario(number, 5, 4000))
    found = simulate(scenario, replicates=200, seed=3, threads=1, fixed=True, draws=1)
    predicted = expectations(compile_draw(scenario, 3, 0, {}, True))
    summary = found.summary()
    for name in ("reproduction_number", "earned_multiplier"):
        error = summary[name].se
        assert abs(summary[name].mean - getattr(predicted, name)) < 4 * error, name
        assert error < 0.15 * summary[name].mean, name
    means = {
        "impressions_owned": predicted.owned_impressions,
        "impressions_paid": predicted.paid_impressions,
        "impressions_earned": predicted.earned_impressions,
    }
    for name, value in means.items():
        error = np.std(found[name]) / math.sqrt(found.replicates)
        assert abs(np.mean(found[name]) - value) <= 4 * error, name
    bought = found["reach"] - found["reach_earned_only"]
    assert abs(np.mean(bought) - predicted.bought_reach) < 4 * np.std(bought) / math.sqrt(found.replicates)


def test_paid_shares_are_expected_as_simulated():
    """People asked at a price: what their own shares show is paid, and so is the reach it brings.

    Long enough for every delay: the end of the run, which an expectation leaves out, would cut 1.6 % off.
    """
    data = asked(5.0)
    data["run"]["horizon"] = "30d"
    scenario = Scenario.from_dict(data)
    found = simulate(scenario, replicates=6400, seed=1, threads=1, fixed=True, draws=1)
    predicted = expectations(compile_draw(scenario, 1, 0, {}, True))
    error = np.std(found["impressions_paid"]) / 80
    assert predicted.paid_impressions == pytest.approx(50, rel=1e-6)
    assert abs(np.mean(found["impressions_paid"]) - 50) < 4 * error
    bought = found["reach"] - found["reach_earned_only"]
    assert abs(np.mean(bought) - predicted.bought_reach) < 4 * np.std(bought) / 80
