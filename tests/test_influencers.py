"""Influencers: what their share shows, what they cost, who they are, and what the brand pays per impression."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from field_changes import BASE
from hypothesis import given, settings
from hypothesis import strategies as st
from twins.adapter import RUNNERS, differences, run_kernel, run_twin
from twins.reaching_worlds import make_reaching
from twins.spread import Replicate
from twins.worlds import CERTAIN, ONE_32, certain_plan, certain_world, random_case

import viralsim as vs
from viralsim.engine.asking import make_asks
from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import expectations
from viralsim.engine.market import without_paid_sharers
from viralsim.errors import ScenarioError
from viralsim.kernels.reaching import no_reaching
from viralsim.seeding.pick import pick_people, prices_by_size
from viralsim.spec import Scenario

ASK = "campaign.seeding.0"
NEUTRAL = {"fit_exponent": 0, "credibility": 1, "disclosure": "hidden", "fake_followers": 0, "size": "none"}


def scenario(**changes: Any) -> Scenario:
    """The small base scenario with one way of asking people."""
    data = copy.deepcopy(BASE)
    data["campaign"]["seeding"][0] |= changes
    return Scenario.from_dict(data)


def compiled(found: Scenario, draw: int = 0) -> Any:
    return compile_draw(found, 1, draw, {}, fixed=True)


def same_results(one: Scenario, other: Scenario) -> bool:
    a, b = (vs.simulate(s, threads=1) for s in (one, other))
    assert a.metrics == b.metrics
    return all(np.array_equal(a[name], b[name], equal_nan=True) for name in a.metrics)


# ------------------------------------------------------------------------------- what an asked person's share shows


def asked_plan(factors: list[float], **changes: Any) -> Any:
    """Person 0 is asked, followers 1 and 2 notice it; everybody likes, comments and clicks half of the time."""
    half = np.array([ONE_32 // 2], np.uint64)
    return certain_plan(
        posts=(), asks=[(0, 0, 0)], like_q=half, comment_q=half, click_q=half, hazard_friend=np.array([CERTAIN]),
        reaching=no_reaching()._replace(asked=np.array([factors])), **changes,
    )  # fmt: skip


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(
    ("factors", "likes_comments_clicks", "shares"),
    [
        ([0.0, 0.0], (0, 0, 0), 0),
        ([2.0, 0.0], (2, 2, 0), 0),
        ([0.0, 2.0], (0, 0, 2), 2),
        ([9.0, 9.0], (2, 2, 2), 2),
    ],
)
def test_factors_counted_by_hand(runner, factors, likes_comments_clicks, shares):
    """A chance of 1/2 becomes 0 or certain: nobody or both of the followers do what the factor is for."""
    world = certain_world(3, [[(0, 1), (0, 2)]], [[]])
    counts = RUNNERS[runner](world, asked_plan(factors), [5])[0].counts[0, 0]
    assert counts[:3].tolist() == [0, 0, 2]
    assert (counts[4], counts[5:8].sum(), counts[8:11].sum()) == likes_comments_clicks
    assert counts[11:14].sum() == shares


@pytest.mark.parametrize("runner", RUNNERS)
def test_what_others_share_is_a_friends_share_again(runner):
    """0 is asked and shows nothing worth sharing but to 1, who shares to 2, who shares: only the first has factors."""
    world = certain_world(3, [[(0, 1), (1, 2)]], [[]])
    plan = asked_plan([1.0, 1e-9], hazard_post=np.array([0.0]))._replace(hazard_friend=np.array([2.0**46]))
    result = RUNNERS[runner](world, plan, [5])[0]  # 2^46 x 1e-9 is 6 % of a threshold of mean 1
    assert result.counts[0, 0, 11:14].sum() == 0
    plan = plan._replace(reaching=no_reaching()._replace(asked=np.array([[1.0, 1.0]])))
    assert RUNNERS[runner](world, plan, [5])[0].counts[0, 0, 11:14].sum() == 2


@pytest.mark.parametrize("runner", RUNNERS)
def test_discovery_goes_on_with_the_influencers_post(runner):
    """Nobody follows 0; the platform shows the post to 1, whose click and share have its factors."""
    world = certain_world(2, [[]], [[]])
    waves = {"slot": 0, "people": [1], "begin": -1, "end": 1, "number": 2**63, "discovery": 1, "cap": 1}
    plan = asked_plan([0.0, 2.0], hazard_post=np.array([CERTAIN]))
    reaching = make_reaching([waves])._replace(asked=plan.reaching.asked)
    result = RUNNERS[runner](world, plan._replace(reaching=reaching), [5])[0]
    assert result.extra[0, 0, 0] == 1
    assert result.counts[0, 0, 4:8].sum() == 0
    assert result.counts[0, 0, 8:11].sum() == 1
    assert result.counts[0, 0, 11] == 1
    silent = reaching._replace(asked=np.zeros((1, 2)))
    assert RUNNERS[runner](world, plan._replace(reaching=silent), [5])[0].counts[0, 0, 4:14].sum() == 0


def no_factors(self, event):
    return None


def factors_of_all_shares(self, event):
    friends = self.plan.reaching.asked
    return tuple(map(float, friends[0])) if event.is_friend and len(friends) else None


def not_in_discovery(self, event):
    return None if event.discovery else FACTORS(self, event)


def swapped(self, event):
    found = FACTORS(self, event)
    return None if found is None else found[::-1]


FACTORS = Replicate.factors


@pytest.mark.parametrize("bug", [no_factors, factors_of_all_shares, not_in_discovery, swapped])
def test_a_planted_bug_is_caught(bug, monkeypatch):
    for seed in range(600):
        world, plan, run_keys = random_case(seed)
        if not len(plan.reaching.asked):
            continue
        right = run_twin(world, plan, run_keys[:1])[0]
        with monkeypatch.context() as patch:
            patch.setattr(Replicate, "factors", bug)
            wrong = run_twin(world, plan, run_keys[:1])[0]
        if differences(right, wrong):
            return
    pytest.fail(f"no case tells {bug.__name__} from the page")


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_factors_of_one_change_nothing(seed):
    world, plan, run_keys = random_case(seed)
    ones = plan._replace(reaching=plan.reaching._replace(asked=np.ones((len(plan.ask_step), 2))))
    none = plan._replace(reaching=plan.reaching._replace(asked=np.zeros((0, 2))))
    assert not differences(run_kernel(world, ones, run_keys[:1])[0], run_kernel(world, none, run_keys[:1])[0])


# ------------------------------------------------------------------------------------------- from the scenario


def test_a_neutral_influencer_is_a_person_like_others():
    assert compiled(scenario(influencer=NEUTRAL)).plan.reaching.asked.shape == (0, 2)
    assert same_results(scenario(), scenario(influencer=NEUTRAL))
    assert not same_results(scenario(), scenario(influencer={"credibility": 5}))


def test_factors_follow_the_equations():
    """Affinity^fit x disclosure x (counted / reference)^-exponent, and x credibility for clicks and shares."""
    found = scenario(
        pick={"kind": "most-followers", "count": 5},
        influencer={
            "fit_exponent": 2, "credibility": 3, "disclosure": {"kind": "disclosed", "engagement": 0.5},
            "fake_followers": 0.25, "size": {"kind": "falling", "exponent": 0.5, "reference": 8},
        },
    )  # fmt: skip
    made = compiled(found)
    people = made.plan.ask_person
    followers = made.audience.networks[0].follower_count[people] / 0.75
    affinity = made.audience.affinity["news"][people]
    engaging = affinity**2 * 0.5 * (followers / 8) ** -0.5
    np.testing.assert_allclose(
        made.plan.reaching.asked, np.stack([engaging, 3 * engaging], axis=1), rtol=1e-12
    )
    assert set(affinity) == {0.7, 1.5}


@pytest.mark.parametrize("fake", [0.0, 0.4])
def test_the_average_account_has_the_engagement_of_a_friend(fake):
    """Followers who are people on both sides of the ratio: fakes do not engage, and lower nobody else's engagement."""
    influencer = {**NEUTRAL, "size": "falling", "fake_followers": fake}
    found = scenario(pick={"kind": "most-followers", "count": 20}, influencer=influencer)
    made = compiled(found)
    network = made.audience.networks[0]
    mean = network.follower_count[network.account].mean()
    followers = network.follower_count[made.plan.ask_person]
    assert followers.min() >= 1
    expected = (followers / mean) ** -0.17
    np.testing.assert_allclose(made.plan.reaching.asked[:, 0], expected, rtol=1e-12)


def test_more_credible_never_reaches_fewer():
    few, many = (
        vs.simulate(scenario(influencer={**NEUTRAL, "credibility": value}), replicates=40, threads=1)["reach"]
        for value in (0.5, 4.0)
    )
    assert (many >= few).all()
    assert many.sum() > few.sum()


def test_whoever_is_left_keeps_their_own_factors():
    """In the world without paid sharers the unpaid ones are still who they are."""
    data = copy.deepcopy(BASE)
    free = {
        **data["campaign"]["seeding"][0],
        "price": 0,
        "at": "2h",
        "influencer": {**NEUTRAL, "credibility": 7},
    }
    data["campaign"]["seeding"] += [free]
    data["campaign"]["seeding"][0]["influencer"] = {**NEUTRAL, "credibility": 2}
    plan = compiled(Scenario.from_dict(data)).plan
    assert plan.reaching.asked[:, 1].tolist() == [7.0] * 4 + [2.0] * 4
    assert without_paid_sharers(plan).reaching.asked[:, 1].tolist() == [7.0] * 4


def test_expected_sharers_count_credibility():
    """R of the first two generations as computed and as simulated, four standard errors from draws."""
    content = {
        "platforms": {"one": {**BASE["platforms"]["one"], "friend_share_prob": 0.02, "share_prob": 0.0001}}
    }
    content["platforms"]["one"]["cross_post_prob"] = 0
    people = {"kind": "random", "count": 30}
    for credibility in (0.2, 3.0):
        data = copy.deepcopy(BASE) | content
        data["audience"] = {"size": 3000}
        data["items"] = [{"id": "film"}]
        data["campaign"] = {"seeding": [{"item": "film", "platform": "one", "pick": people, "price": 1.0}]}
        data["campaign"]["seeding"][0]["influencer"] = {**NEUTRAL, "credibility": credibility}
        found = Scenario.from_dict(data)
        expected = [expectations(compiled(found, draw)).reproduction_number for draw in range(16)]
        measured = vs.simulate(found, replicates=320, draws=16, threads=1).summary()["reproduction_number"]
        assert abs(measured.mean - np.mean(expected)) < 4 * measured.se
        assert measured.se < 0.15 * measured.mean


def test_nobody_made_the_asked_share():
    trace = vs.simulate(scenario(influencer={"credibility": 5}), threads=1).trace(0)
    assert trace.asked.sum() == 4
    assert (trace.parent[trace.asked] == -1).all()


# ------------------------------------------------------------------------------------------------------- prices


def by_size(**fields: Any) -> Any:
    tiers = tuple(SimpleNamespace(**tier) for tier in fields.pop("tiers", ()))
    return SimpleNamespace(tiers=tiers, **fields)


def test_prices_by_hand():
    followers = np.array([0.0, 9.99, 10.0, 1000.0])
    per_follower = by_size(kind="per-follower", per_1000_followers=10.0)
    assert prices_by_size(per_follower, 5.0, followers).tolist() == pytest.approx([5, 5.0999, 5.1, 15])
    card = by_size(
        kind="rate-card", tiers=({"from_followers": 1000, "price": 90}, {"from_followers": 10, "price": 7})
    )
    assert prices_by_size(card, 0.0, followers).tolist() == [0, 0, 7, 90]
    assert prices_by_size(by_size(kind="none"), 3.0, followers).tolist() == [3, 3, 3, 3]


def line_of_accounts(count: int = 12) -> dict[str, Any]:
    """Accounts 0, 1, 2, ... with as many followers each."""
    rows = [[v for v in range(count) if v != u][:u] for u in range(count)]
    network = SimpleNamespace(
        account=np.ones(count, np.bool_), follower_count=np.array([len(row) for row in rows], np.int64)
    )
    order = np.arange(count, dtype=np.uint64)
    return {
        "network": network, "segment": np.zeros(count, np.uint8), "segment_names": ["all"], "keys": order,
        "order": order, "source_order": order, "influence_prob": 0.1, "where": "here",
        "followers": network.follower_count.astype(float),
    }  # fmt: skip


def picked(
    budget: float | None, prices: list[float], kind: str = "most-followers", **fields: Any
) -> list[int]:
    pick = SimpleNamespace(kind=kind, budget=budget, count=None, **fields)
    return pick_people(pick, prices=np.array(prices, float), **line_of_accounts(len(prices)))


def test_a_budget_pays_from_the_beginning_of_the_list():
    prices = [1.0] * 8 + [2.0, 4.0, 8.0, 16.0]
    assert picked(15.9, prices) == []  # the first costs 16
    assert picked(16.0, prices) == [11]
    assert picked(27.9, prices) == [11, 10]
    assert picked(30.0, prices) == [11, 10, 9, 8]
    assert len(picked(1000.0, prices)) == 12
    assert picked(0.3, [0.1] * 5) == [4, 3, 2], "decimal prices"
    assert picked(5.0, prices, kind="followers-between", least=3, most=8) == [3, 4, 5, 6, 7]


@given(
    prices=st.lists(st.floats(0, 50), min_size=1, max_size=12),
    budget=st.floats(0, 200),
    more=st.floats(0, 200),
)
def test_a_larger_budget_asks_everybody_a_smaller_one_asks(prices, budget, more):
    few, many = picked(budget, prices), picked(budget + more, prices)
    assert many[: len(few)] == few
    assert sum(prices[person] for person in few) <= budget * (1 + 1e-9)


def test_fake_followers_are_paid_for_and_never_reached():
    """Half of the followers counted are fake: twice the price by size, the same displays, twice the price of each."""
    size = {"kind": "per-follower", "per_1000_followers": 1000.0}
    real, fake = (
        vs.simulate(
            scenario(price=0, price_by_size=size, influencer={**NEUTRAL, "fake_followers": part}), threads=1
        )
        for part in (0, 0.5)
    )
    assert np.array_equal(real["impressions"], fake["impressions"])
    np.testing.assert_allclose(fake["cost"], 2 * real["cost"])
    np.testing.assert_allclose(fake["seed_cost_per_1000"], 2 * real["seed_cost_per_1000"])
    np.testing.assert_allclose(real["seed_cost_per_1000"], 1000 * real["cost"] / real["impressions_paid"])


def test_ads_are_no_part_of_the_price_of_people():
    ad = {"item": "film", "platform": "one", "budget": 4.0, "from": "2h", "cpm": 8.0}
    data = copy.deepcopy(BASE)
    data["campaign"]["paid"] = [ad]
    found = vs.simulate(Scenario.from_dict(data), threads=1)
    bought = 4.0 / 0.008
    assert (found["impressions_paid"] > bought).all()
    per_1000 = 1000 * (found["cost"] - 4.0) / (found["impressions_paid"] - bought)
    np.testing.assert_allclose(found["seed_cost_per_1000"], per_1000, rtol=1e-9)


def test_whoever_costs_nothing_earns():
    card = {"kind": "rate-card", "tiers": [{"from_followers": 10, "price": 5.0}]}
    made = compiled(scenario(price=0, price_by_size=card, pick={"kind": "random", "count": 40}))
    counts = made.audience.networks[0].follower_count[made.plan.ask_person]
    assert made.plan.ask_paid.tolist() == (counts >= 10).tolist()
    assert made.plan.ask_price.tolist() == [5.0 if count >= 10 else 0.0 for count in counts]
    assert 0 < made.plan.ask_paid.sum() < 40


# ------------------------------------------------------------------------------------------------------- picks


def test_people_between_two_sizes():
    fields = {"kind": "followers-between", "least": 14, "most": 20, "count": 6}
    made = compiled(scenario(pick=fields, influencer={**NEUTRAL, "fake_followers": 0.5}))
    counted = 2 * made.audience.networks[0].follower_count[made.plan.ask_person]
    assert len(counted) == 6
    assert ((counted >= 14) & (counted <= 20)).all()
    with pytest.raises(ScenarioError, match="300 people are to be asked, but only"):
        compiled(scenario(pick={**fields, "count": 300}))


def test_influence_maximisation_asks_those_who_cover_most():
    found = scenario(pick={"kind": "influence-maximisation", "count": 3})
    made = compiled(found)
    network, rates = made.audience.networks[0], made.rates[0]
    holders = np.flatnonzero(network.account)
    prob = rates.visibility * rates.friend_share_prob
    graph = vs.SocialGraph.from_csr(network.indptr, network.followers)
    spread = vs.models.independent_cascade(graph, made.plan.ask_person, prob, 2000, seed=3)
    anybody = vs.models.independent_cascade(graph, holders[:3], prob, 2000, seed=3)
    gain = spread.size.mean() - anybody.size.mean()
    assert gain > 4 * np.sqrt((spread.size.var() + anybody.size.var()) / 2000)
    again = make_asks(made.scenario, made.audience, made.rates, made.plan.slot_of, made.key)
    assert again["person"].tolist() == made.plan.ask_person.tolist()


def test_what_cannot_be_meant_is_said():
    with pytest.raises(ScenarioError, match="write price or price_by_size beside pick"):
        scenario(price=0, pick={"kind": "random", "budget": 5})
    with pytest.raises(ScenarioError, match="2 is below least"):
        scenario(pick={"kind": "followers-between", "least": 5, "most": 2, "count": 1})
    tiers = [{"from_followers": 5, "price": 1}, {"from_followers": 5, "price": 2}]
    with pytest.raises(ScenarioError, match="two tiers begin at 5 followers"):
        scenario(price_by_size={"kind": "rate-card", "tiers": tiers})


def test_validate_warns_of_hidden_advertising_and_of_budgets_that_buy_nobody():
    def warned(**changes: Any) -> str:
        return " ".join(expectations(compiled(scenario(**changes))).warnings)

    assert "unlawful" in warned(influencer={"disclosure": "hidden"})
    assert "unlawful" not in warned(influencer={})
    assert "unlawful" not in warned(price=0, influencer={"disclosure": "hidden"})
    dear = {"price_by_size": {"kind": "per-follower", "per_1000_followers": 1e6}}
    assert "pays for nobody" in warned(pick={"kind": "most-followers", "budget": 10.0}, **dear)
    assert "too few to tell" in warned(pick={"kind": "betweenness", "sources": 3, "count": 4})
    assert "too few to tell" not in warned(pick={"kind": "betweenness", "sources": 300, "count": 4})


def plain_world(pick: dict[str, Any], people: int = 300, **influencer: Any) -> Scenario:
    """Nobody likes, comments, clicks or shares but by being asked."""
    none = dict.fromkeys(("like_prob", "comment_prob", "share_prob", "friend_share_prob"), 0.0)
    platform = {
        "network": {"kind": "erdos-renyi", "mean_degree": 6}, "display_delay": "none", "organic_reach": 0.1,
        "peer_visibility": 0.5, "click_prob": 0.0, **none,
    }  # fmt: skip
    ask = {"item": "film", "platform": "one", "price": 2.0, "pick": pick, "influencer": influencer}
    return Scenario.from_dict(
        {
            "viralsim": 1, "audience": {"size": people}, "platforms": {"one": platform}, "items": [{"id": "film"}],
            "campaign": {"seeding": [ask]}, "run": {"horizon": "1d", "replicates": 2, "draws": 1, "seed": 1},
        }
    )  # fmt: skip


def test_factors_without_bound_stay_numbers():
    endless = {"kind": "falling", "exponent": 40, "reference": 1e10}
    for credibility in (0, 1):
        run = vs.simulate(plain_world({"kind": "random", "count": 5}, credibility=credibility, size=endless))
        assert run["impressions"].sum() > 0
        assert run["engagements"].sum() == 0


@pytest.mark.parametrize("how_many", [{"count": 2001}, {"budget": 4002.0}])
def test_influence_maximisation_says_how_many_it_chooses(how_many):
    with pytest.raises(ScenarioError, match="at most 2,000"):
        compile_draw(plain_world({"kind": "influence-maximisation", **how_many}, 2500), 1, 0, {})
