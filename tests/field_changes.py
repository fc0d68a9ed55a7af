"""For every field of a scenario a change that changes something, and what it changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from viralsim.engine import simulate
from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import expectations
from viralsim.engine.networks import file_graphs
from viralsim.spec import Scenario


def platform(**changes: Any) -> dict[str, Any]:
    return {
        "access": 0.9, "network": {"kind": "erdos-renyi", "mean_degree": 10}, "brand_followers": {"count": 60},
        "organic_reach": 0.5, "peer_visibility": 0.5, "share_prob": 0.15, "friend_share_prob": 0.15, "like_prob": 0.1,
        "comment_prob": 0.1, "click_prob": 0.1, "cross_post_prob": 0.2, "half_life": "4h", "cpm": 7.0, **changes,
    }  # fmt: skip


BASE: dict[str, Any] = {
    "viralsim": 1,
    "name": "tiny",
    "audience": {
        "size": 300,
        "segments": [
            {"name": "a", "fraction": 0.5, "affinity": {"news": 1.5}, "customers": 0.3},
            {"name": "b", "fraction": 0.5, "affinity": {"news": 0.7}, "customers": 0.1},
        ],
        "activity": {"kind": "constant"},
    },
    "platforms": {
        "one": platform(),
        "two": platform(organic_reach=0.3, access=0.6, display_delay="none", half_life=None),
    },
    "items": [{"id": "film", "topic": "news", "negative": 0.1}, {"id": "clip"}],
    "campaign": {
        "posts": [
            {"item": "film", "platform": "one", "at": "0h"}, {"item": "film", "platform": "two", "at": "3h"},
            {"item": "clip", "platform": "one", "at": "1h"}, {"item": "film", "platform": "one", "at": "20h"},
        ],
        "seeding": [
            {"item": "film", "platform": "one", "at": "5h", "pick": {"kind": "random", "count": 4}, "price": 2.0}
        ],
    },
    "run": {"start": "2026-03-02T09:00", "horizon": "3d", "step": "1h", "replicates": 4, "draws": 2, "seed": 1},
}  # fmt: skip

EDGES = {
    "ring.csv": "source,target,weight,other\n"
    + "".join(f"{i},{(i + j) % 90},{0.2 + 0.2 * j},{1 / j}\n" for i in range(90) for j in (1, 2, 3)),
    "star.csv": "source,target\n" + "".join(f"0,{i}\n" for i in range(1, 90)),
    "named.csv": "".join(f"p{i},p{(i + j) % 90}\n" for i in range(90) for j in (1, 2)),
    "two-ways.txt": "".join(f"{i};{(i + 1) % 90},{(i + 2) % 90}\n" for i in range(90)),
    "edges.gml": "".join(f"{i},{(i + j) % 90}\n" for i in range(90) for j in (1, 2)),
}


# ------------------------------------------------------------------------------------ what a field can change


@cache
def scenario_of(folder: Any, written: str) -> Scenario:
    return Scenario.from_dict(json.loads(written), folder)


def result(scenario: Scenario) -> dict[str, Any]:
    """All metrics, curves and parts of a simulation."""
    ensemble = simulate(scenario, threads=1)
    found = {name: ensemble[name] for name in ensemble.metrics}
    found["curve"] = ensemble.curve("impressions")
    found["times"] = ensemble.times_hours
    found |= {f"reach of {name}": part for name, part in ensemble.by_segment("reach").items()}
    return found


def texts(scenario: Scenario) -> tuple[Any, ...]:
    """What is shown and changes no result."""
    items = tuple(item.title for item in scenario.items)
    attributes = tuple(tuple(segment.attributes.items()) for segment in scenario.audience.segments)
    return scenario.name, scenario.title, scenario.teaches, scenario.sources, items, attributes


def validation(scenario: Scenario) -> tuple[str, ...]:
    """What `validate` warns of."""
    return expectations(compile_draw(scenario, 1, 0, {}, True)).warnings


def edges(scenario: Scenario) -> dict[str, int]:
    """Size of the networks read from files."""
    return {name: graph.n_edges for name, graph in file_graphs(scenario).items()}


def price_of_earned(scenario: Scenario) -> float:
    """What `validate` says the expected earned impressions would cost as ads."""
    return expectations(compile_draw(scenario, 1, 0, {}, True)).earned_at_cpm


def variants(scenario: Scenario) -> list[tuple[str, str]]:
    return [(name, scenario.variant(name).digest) for name in scenario.variant_names]


@dataclass(frozen=True)
class Change:
    """A change of one field and what it changes; `first` is laid over the base before."""

    change: dict[str, Any]
    first: dict[str, Any] = field(default_factory=dict)
    shows: Callable[[Scenario], Any] = result
    counts: bool = True
    """Whether it is part of the digest."""


def to(path: str, value: Any, **options: Any) -> Change:
    """`path` becomes `value`; further names are those of `Change`."""
    return Change({path: value}, **options)


ONE, FILM, ASK = "platforms.one", "items.film", "campaign.seeding.0"


def network(kind: str, change: str, value: Any, **settings: Any) -> Change:
    return to(f"{ONE}.network.{change}", value, first={f"{ONE}.network": {"kind": kind, **settings}})


def from_file(
    name: str, change: str, value: Any, shows: Callable[[Scenario], Any] = result, **settings: Any
) -> Change:
    first = {
        "audience.size": None, "platforms.two": None, "campaign.posts.1": None, f"{ONE}.access": None,
        f"{ONE}.brand_followers.count": 30, f"{ONE}.ranking.tie_exponent": 2,
        f"{ONE}.network": {"kind": "file", "path": name, **settings},
    }  # fmt: skip
    return to(f"{ONE}.network.{change}", value, first=first, shows=shows)


def pick(kind: str, **settings: Any) -> dict[str, Any]:
    return {f"{ASK}.pick": {"kind": kind, **settings}}


def asked(kind: str, change: str, value: Any, **settings: Any) -> Change:
    return to(f"{ASK}.pick.{change}", value, first=pick(kind, **settings))


INFLUENCER = {f"{ASK}.influencer": {"credibility": 5.0}}
STEEP = {"kind": "falling", "exponent": 3.0, "reference": 50.0}
BY_SIZE = {f"{ASK}.price_by_size": {"kind": "per-follower", "per_1000_followers": 20.0}}
CARD = {
    f"{ASK}.price_by_size": {
        "kind": "rate-card",
        "tiers": [{"from_followers": 0, "price": 1.0}, {"from_followers": 10, "price": 3.0}],
    }
}


def as_influencer(change: str, value: Any) -> Change:
    return to(f"{ASK}.influencer.{change}", value, first=INFLUENCER)


AGED = {"audience.segments.a.attributes": {"age": 20}, "audience.segments.b.attributes": {"age": 60}}
COMMUNITY = {"mean_followers": 10, "community_size": 40}
DYING = {f"platforms.{name}.friend_share_prob": 0.02 for name in ("one", "two")}
DAY = {"kind": "daily", "hours": [1] * 12 + [9] * 12}
BOOST = {"kind": "engagement", "benchmark": 0.2, "strength": 2, "cap": 3}
SOLD = {
    "buying": {
        "convert_prob": 0.3,
        "baseline_per_week": 0.2,
        "reviews": {"prob": 0.8, "wait": "2h", "existing": 3},
    },
    "value": {"price": 40, "margin": 20},
    f"{FILM}.click_prob": 0.3,
}
FRIENDLY = {f"{FILM}.click_prob": 0.9, "buying.convert_prob": 0.05, f"{FILM}.stickiness": 0.9}
ANSWERS = {"fraction_answered": 0.9, "median_time": "3h", "damping": 1.0}
CROSS = {f"{FILM}.negative": 0.5, f"{FILM}.view_influence": 2.0, f"{FILM}.comment_prob": 0.4}
VIEWS = {f"{FILM}.negative": 0.4, f"{FILM}.neutral": 0.1, f"{FILM}.view_influence": 1.0}

AD = {"item": "film", "platform": "one", "budget": 4.0, "from": "2h"}
RIVAL = {"items.clip.brand": "acme", f"{ONE}.rivals": {"acme": {"count": 50}}}
BOOSTED = {
    "kind": "boost",
    "above": 0.01,
    "budget": 3.0,
    "least_impressions": 10,
    "cpm": 8.0,
    "duration": "20h",
}
MOVED = {
    "campaign.paid": [{**AD, "budget": 0.5, "to": "60h"}, {**AD, "item": "clip", "budget": 0.5, "to": "60h"}],
    "campaign.rules": [{"kind": "move-budget", "at": "10h", "least_impressions": 5}],
}
PROOF = {"kind": "shown", "strength": 1.0, "reference": 5.0, "most": 5.0}
DARK = {"kind": "closest", "part": 0.5}
WAVES = {"kind": "waves", "first_wave": 20, "benchmark": 0.05}


def flight(name: str, value: Any) -> Change:
    return to(f"campaign.paid.0.{name}", value, first={"campaign.paid": [{**AD, "cpm": 8.0}]})


FOLLOW = {"kind": "won-and-lost", "follow_prob_click": 0.9, "follow_prob_notice": 0.3, "unfollow_prob_negative": 0.9,
          "unfollow_prob_tired": 0.9, "patience_per_week": 0}  # fmt: skip


CHANGES: dict[str, Change] = {
    "document.viralsim": Change({}),  # its own test: every other value is refused
    "document.name": to("name", "other", shows=texts, counts=False),
    "document.title": to("title", "Other", shows=texts, counts=False),
    "document.teaches": to("teaches", "something", shows=texts, counts=False),
    "document.sources": to("sources", ["here"], shows=texts, counts=False),
    "document.audience": to("audience.size", 310),
    "document.platforms": to("platforms.two.organic_reach", 0.9),
    "document.items": to("items.clip.stickiness", 0.9),
    "document.campaign": to("campaign.posts", []),
    "document.goal": to("goal", {"metric": "impressions", "at_least": 1}, shows=validation, counts=False),
    "document.value": to("value", {"per_share": 2.0}),
    "document.run": to("run.horizon", "2d"),
    "document.variants": to("variants", {"late": {"run.horizon": "2d"}}, shows=variants, counts=False),
    "goal.metric": to("goal.metric", "impressions_paid", first={"goal": {"metric": "impressions", "at_least": 60}},
                      shows=validation, counts=False),
    "goal.at_least": to("goal.at_least", 1e6, first={"goal": {"metric": "impressions", "at_least": 1}},
                        shows=validation, counts=False),
    # people
    "audience.size": to("audience.size", 320),
    "audience.segments": to("audience.segments", [{"name": "a", "fraction": 1.0}]),
    "audience.activity": to("audience.activity", "gamma"),
    "audience.taste": to("audience.taste", {"sigma": 1.0}),
    "audience.influence": to("audience.influence", False),
    "audience.attention": to("audience.attention", {"kind": "budget", "notices_per_day": 2, "background_per_day": 1}),
    "segment.name": to("audience.segments.a.name", "c"),
    "segment.fraction": Change({"audience.segments.a.fraction": 0.8, "audience.segments.b.fraction": 0.2}),
    "segment.attributes": Change(
        {"audience.segments.a.attributes": {"age": 60}, "audience.segments.b.attributes": {"age": 20}},
        first=AGED | pick("attributes", where={"age": 20}, count=4)),
    "segment.access": to("audience.segments.a.access", {"one": 0.3}),
    "segment.affinity": to("audience.segments.a.affinity", {"news": 2.5}),
    "segment.activity": to("audience.segments.a.activity", 3.0),
    "segment.customers": to("audience.segments.a.customers", 0.9,
                            first={f"{ONE}.brand_followers.pick": "customers-and-affinity"}),
    "constantactivity.kind": to("audience.activity", "lognormal"),
    "constantactivity.never_share": to("audience.activity.never_share", 0.7),
    "gammaactivity.kind": to("audience.activity", "constant", first={"audience.activity": "gamma"}),
    "gammaactivity.shape": to("audience.activity.shape", 0.1, first={"audience.activity": "gamma"}),
    "gammaactivity.never_share": to("audience.activity.never_share", 0.7, first={"audience.activity": "gamma"}),
    "lognormalactivity.kind": to("audience.activity", "gamma", first={"audience.activity": "lognormal"}),
    "lognormalactivity.sigma": to("audience.activity.sigma", 3, first={"audience.activity": "lognormal"}),
    "lognormalactivity.never_share": to("audience.activity.never_share", 0.7, first={"audience.activity": "lognormal"}),
    "taste.sigma": to("audience.taste.sigma", 1.5, first={"audience.taste": {"sigma": 0.5}}),
    "taste.tie_correlation": to("audience.taste.tie_correlation", 0.1, first={"audience.taste": {"sigma": 1.0}}),
    "unlimitedattention.kind": to("audience.attention", {"kind": "budget", "notices_per_day": 1,
                                                         "background_per_day": 0}),
    "budgetattention.kind": to("audience.attention", "unlimited", first={
        "audience.attention": {"kind": "budget", "notices_per_day": 2, "background_per_day": 1}}),
    "budgetattention.notices_per_day": to("audience.attention.notices_per_day", 1, first={
        "audience.attention": {"kind": "budget", "notices_per_day": 3, "background_per_day": 1}}),
    "budgetattention.background_per_day": to("audience.attention.background_per_day", 4, first={
        "audience.attention": {"kind": "budget", "notices_per_day": 3, "background_per_day": 1}}),
    # platforms
    "platform.preset": to(f"{ONE}.preset", "x", first={f"{ONE}.like_prob": None}),
    "platform.access": to(f"{ONE}.access", 0.4),
    "platform.network": to(f"{ONE}.network", {"kind": "preferential", "edges_per_newcomer": 4}),
    "platform.brand_followers": to(f"{ONE}.brand_followers", {"count": 90}),
    "platform.organic_reach": to(f"{ONE}.organic_reach", 0.9),
    "platform.peer_visibility": to(f"{ONE}.peer_visibility", 0.9),
    "platform.share_prob": to(f"{ONE}.share_prob", 0.3),
    "platform.friend_share_prob": to(f"{ONE}.friend_share_prob", 0.3),
    "platform.reproduction_number": to(f"{ONE}.reproduction_number", 1.1, first={
        f"{ONE}.friend_share_prob": None, f"{ONE}.reproduction_number": 0.3}),
    "platform.like_prob": to(f"{ONE}.like_prob", 0.3),
    "platform.comment_prob": to(f"{ONE}.comment_prob", 0.3),
    "platform.click_prob": to(f"{ONE}.click_prob", 0.3),
    "platform.cross_post_prob": to(f"{ONE}.cross_post_prob", 0.9),
    "platform.half_life": to(f"{ONE}.half_life", "20h"),
    "platform.display_delay": to(f"{ONE}.display_delay", "exponential"),
    "platform.reaction_delay": to(f"{ONE}.reaction_delay", {"kind": "lognormal", "median": "9h"}),
    "platform.rhythm": to(f"{ONE}.rhythm", DAY),
    "platform.ranking": to(f"{ONE}.ranking", {"boost": BOOST}),
    "platform.cpm": to(f"{ONE}.cpm", 20.0, first=DYING, shows=price_of_earned, counts=False),
    "brandfollowers.count": to(f"{ONE}.brand_followers.count", 90),
    "brandfollowers.pick": to(f"{ONE}.brand_followers.pick", "most-followers"),
    "platforms.pickrandom.kind": to(f"{ONE}.brand_followers.pick", "customers-and-affinity"),
    "platforms.pickmostfollowers.kind": to(f"{ONE}.brand_followers.pick", "random", first={
        f"{ONE}.brand_followers.pick": "most-followers"}),
    "pickcustomers.kind": to(f"{ONE}.brand_followers.pick", "most-followers", first={
        f"{ONE}.brand_followers.pick": "customers-and-affinity"}),
    "lognormaldisplay.kind": Change({f"{ONE}.display_delay": "none", f"{ONE}.half_life": None}),
    "lognormaldisplay.sigma": to(f"{ONE}.display_delay.sigma", 0.2),
    "exponentialdisplay.kind": to(f"{ONE}.display_delay", "lognormal", first={f"{ONE}.display_delay": "exponential"}),
    "nodisplaydelay.kind": Change({f"{ONE}.display_delay": "lognormal", f"{ONE}.half_life": "4h"}, first={
        f"{ONE}.display_delay": "none", f"{ONE}.half_life": None}),
    "noreactiondelay.kind": to(f"{ONE}.reaction_delay", "lognormal", first={f"{ONE}.reaction_delay": "none"}),
    "lognormalreaction.kind": to(f"{ONE}.reaction_delay", "none"),
    "lognormalreaction.median": to(f"{ONE}.reaction_delay.median", "9h"),
    "lognormalreaction.sigma": to(f"{ONE}.reaction_delay.sigma", 0.0, first={
        f"{ONE}.reaction_delay": {"kind": "lognormal", "median": "4h"}}),
    "flatrhythm.kind": to(f"{ONE}.rhythm", DAY),
    "dailyrhythm.kind": to(f"{ONE}.rhythm", "flat", first={f"{ONE}.rhythm": DAY}),
    "dailyrhythm.hours": to(f"{ONE}.rhythm.hours", [9] * 12 + [1] * 12, first={f"{ONE}.rhythm": DAY}),
    "dailyrhythm.weekend": to(f"{ONE}.rhythm.weekend", 5, first={f"{ONE}.rhythm": DAY,
                                                                 "run.start": "2026-03-06T20:00"}),
    "ranking.tie_exponent": to(f"{ONE}.ranking.tie_exponent", 3, first={f"{ONE}.network": {"kind": "communities",
                                                                                          **COMMUNITY}}),
    "ranking.boost": to(f"{ONE}.ranking.boost", BOOST),
    "noboost.kind": to(f"{ONE}.ranking.boost", BOOST),
    "engagementboost.kind": to(f"{ONE}.ranking.boost", "none", first={f"{ONE}.ranking.boost": BOOST}),
    "engagementboost.benchmark": to(f"{ONE}.ranking.boost.benchmark", 0.9, first={f"{ONE}.ranking.boost": BOOST}),
    "engagementboost.strength": to(f"{ONE}.ranking.boost.strength", 0.5, first={f"{ONE}.ranking.boost": BOOST}),
    "engagementboost.cap": to(f"{ONE}.ranking.boost.cap", 1.1, first={f"{ONE}.ranking.boost": BOOST}),
    # networks
    "communities.kind": network("communities", "kind", "power-law"),
    "communities.like": network("communities", "like", "lastfm-asia"),
    "communities.mean_followers": network("communities", "mean_followers", 20, **COMMUNITY),
    "communities.exponent": network("communities", "exponent", 2.05, **COMMUNITY),
    "communities.max_followers": network("communities", "max_followers", 20, **COMMUNITY),
    "communities.reciprocity": network("communities", "reciprocity", 1, **COMMUNITY),
    "communities.circles": network("communities", "circles", 0.9, **COMMUNITY),
    "communities.density": network("communities", "density", 1, **COMMUNITY),
    "communities.community_size": network("communities", "community_size", 10, **COMMUNITY),
    "communities.mixing": network("communities", "mixing", 0.9, **COMMUNITY),
    "communities.degree_correlation": network("communities", "degree_correlation", 0.9, **COMMUNITY),
    "communities.homophily": network("communities", "homophily", 0.9, **COMMUNITY),
    "erdosrenyi.kind": to(f"{ONE}.network", {"kind": "block", "mean_degree": 10}),
    "erdosrenyi.mean_degree": to(f"{ONE}.network.mean_degree", 20),
    "erdosrenyi.directed": to(f"{ONE}.network.directed", True),
    "smallworld.kind": to(f"{ONE}.network", {"kind": "erdos-renyi", "mean_degree": 10}, first={
        f"{ONE}.network": {"kind": "small-world", "mean_degree": 10, "rewire_prob": 0.1}}),
    "smallworld.mean_degree": network("small-world", "mean_degree", 6, mean_degree=10, rewire_prob=0.1),
    "smallworld.rewire_prob": network("small-world", "rewire_prob", 0.9, mean_degree=10, rewire_prob=0.1),
    "preferential.kind": to(f"{ONE}.network", {"kind": "erdos-renyi", "mean_degree": 10}, first={
        f"{ONE}.network": {"kind": "preferential", "edges_per_newcomer": 5}}),
    "preferential.edges_per_newcomer": network("preferential", "edges_per_newcomer", 3, edges_per_newcomer=5),
    "powerlaw.kind": network("power-law", "kind", "communities"),
    "powerlaw.exponent": network("power-law", "exponent", 3, min_followers=4, max_followers=80),
    "powerlaw.min_followers": network("power-law", "min_followers", 8, min_followers=4, max_followers=80),
    "powerlaw.max_followers": network("power-law", "max_followers", 20, min_followers=4, max_followers=80),
    "powerlaw.mean_followers": network("power-law", "mean_followers", 15, mean_followers=8, max_followers=80),
    "block.kind": network("block", "kind", "erdos-renyi", mean_degree=10),
    "block.mean_degree": network("block", "mean_degree", 20, mean_degree=10),
    "block.inside": network("block", "inside", 0.1, mean_degree=10),
    "graphfile.kind": from_file("ring.csv", "kind", "file"),  # its own test
    "graphfile.path": from_file("ring.csv", "path", "star.csv"),
    "graphfile.directed": from_file("ring.csv", "directed", True),
    "graphfile.header": from_file("named.csv", "header", True, shows=edges),
    "graphfile.weight": from_file("ring.csv", "weight", "other"),
    "graphfile.delimiter": from_file("two-ways.txt", "delimiter", ";", delimiter=","),
    "graphfile.format": from_file("edges.gml", "format", None, format="edges"),  # its own test
    # items
    "item.id": Change({"items.1.id": "movie", "campaign.posts.2.item": "movie"}),
    "item.title": to("items.1.title", "The clip", shows=texts, counts=False),
    "item.topic": to("items.1.topic", "news"),
    "item.stickiness": to(f"{FILM}.stickiness", 0.8),
    "item.reference_stickiness": to(f"{FILM}.reference_stickiness", 0.9),
    "item.share_prob": to(f"{FILM}.share_prob", 0.3),
    "item.friend_share_prob": to(f"{FILM}.friend_share_prob", 0.3),
    "item.like_prob": to(f"{FILM}.like_prob", 0.3),
    "item.comment_prob": to(f"{FILM}.comment_prob", 0.3),
    "item.click_prob": to(f"{FILM}.click_prob", 0.3),
    "item.negative": to(f"{FILM}.negative", 0.7),
    "item.neutral": to(f"{FILM}.neutral", 0.7),
    "item.negative_share_multiplier": to(f"{FILM}.negative_share_multiplier", 9.0, first={f"{FILM}.negative": 0.5}),
    "item.view_influence": to(f"{FILM}.view_influence", 9.0, first=VIEWS),
    "item.fatigue": to(f"{FILM}.fatigue", 0.9),
    "item.response": to(f"{FILM}.response", {"kind": "saturating", "at": 1}),
    "item.exponents": to(f"{FILM}.exponents", {"share": 2.0}),
    "independent.kind": to(f"{FILM}.response", {"kind": "threshold", "at": 2}),
    "exponents.ranking": to(f"{FILM}.exponents.ranking", 2.0),
    "exponents.notice": to(f"{FILM}.exponents.notice", 3.0),
    "exponents.share": to(f"{FILM}.exponents.share", 2.0),
    **{f"{kind}.kind": to(f"{FILM}.response", "independent", first={f"{FILM}.response": {"kind": kind, "at": 2}})
       for kind in ("saturating", "peaked", "threshold")},
    **{f"{kind}.at": to(f"{FILM}.response.at", 3, first={f"{FILM}.response": {"kind": kind, "at": 1}})
       for kind in ("saturating", "peaked", "threshold")},
    # campaign
    "campaign.posts": to("campaign.posts.3", None),
    "campaign.seeding": to("campaign.seeding", []),
    "post.item": to("campaign.posts.1.item", "clip"),
    "post.platform": to("campaign.posts.2.platform", "two"),
    "post.at": to("campaign.posts.0.at", "9h"),
    "seeding.item": to(f"{ASK}.item", "clip"),
    "seeding.platform": to(f"{ASK}.platform", "two"),
    "seeding.at": to(f"{ASK}.at", "20h"),
    "seeding.pick": to(f"{ASK}.pick", {"kind": "most-followers", "count": 4}),
    "seeding.price": to(f"{ASK}.price", 9.0),
    "seeding.acceptance_prob": to(f"{ASK}.acceptance_prob", 0.3),
    "seeding.influencer": to(f"{ASK}.influencer", {}),
    "seeding.price_by_size": to(f"{ASK}.price_by_size", "per-follower"),
    **{f"influencer.{name}": as_influencer(name, value) for name, value in {
        "fit_exponent": 3.0, "credibility": 9.0, "disclosure": "hidden", "size": STEEP}.items()},
    "influencer.fake_followers": to(f"{ASK}.influencer.fake_followers", 0.8, first={**INFLUENCER, **BY_SIZE}),
    "disclosed.kind": to(f"{ASK}.influencer.disclosure", "hidden", first=INFLUENCER),
    "disclosed.engagement": to(f"{ASK}.influencer.disclosure.engagement", 0.1, first=INFLUENCER),
    "hidden.kind": to(f"{ASK}.influencer.disclosure", {"kind": "disclosed", "engagement": 0.1},
                      first=INFLUENCER | {f"{ASK}.influencer.disclosure": "hidden"}),
    "fallingengagement.kind": to(f"{ASK}.influencer.size", "none", first=INFLUENCER | {
        f"{ASK}.influencer.size": STEEP}),
    "fallingengagement.exponent": to(f"{ASK}.influencer.size.exponent", 3.0, first=INFLUENCER),
    "fallingengagement.reference": to(f"{ASK}.influencer.size.reference", 10.0, first=INFLUENCER | {
        f"{ASK}.influencer.size": STEEP}),
    "anysize.kind": to(f"{ASK}.influencer.size", STEEP, first=INFLUENCER | {f"{ASK}.influencer.size": "none"}),
    "nopricebysize.kind": to(f"{ASK}.price_by_size", "per-follower"),
    "perfollower.kind": to(f"{ASK}.price_by_size", "none", first=BY_SIZE),
    "perfollower.per_1000_followers": to(f"{ASK}.price_by_size.per_1000_followers", 90.0, first=BY_SIZE),
    "ratecard.kind": to(f"{ASK}.price_by_size", "none", first=CARD),
    "ratecard.tiers": to(f"{ASK}.price_by_size.tiers", [{"from_followers": 0, "price": 9.0}], first=CARD),
    "tier.from_followers": to(f"{ASK}.price_by_size.tiers.1.from_followers", 18, first=CARD),
    "tier.price": to(f"{ASK}.price_by_size.tiers.1.price", 99.0, first=CARD),
    "campaign.pickrandom.kind": asked("random", "kind", "most-followers", count=4),
    "campaign.pickmostfollowers.kind": asked("most-followers", "kind", "random", count=4),
    "pickdegreediscount.kind": asked("degree-discount", "kind", "random", count=4),
    "pickcore.kind": asked("k-core", "kind", "random", count=4),
    "pickbetween.kind": Change(pick("random", count=4), first=pick("followers-between", least=14, count=4)),
    "pickbetween.least": asked("followers-between", "least", 14, count=4),
    "pickbetween.most": asked("followers-between", "most", 8, count=4),
    "pickbetweenness.kind": asked("betweenness", "kind", "random", count=4),
    "pickbetweenness.sources": asked("betweenness", "sources", 1, count=4),
    "pickinfluence.kind": asked("influence-maximisation", "kind", "random", count=4),
    "picksegment.kind": Change(pick("random", count=4), first=pick("segment", segment="b", count=4)),
    "picksegment.segment": asked("segment", "segment", "b", segment="a", count=4),
    "picksegment.count": asked("segment", "count", 8, segment="a", count=4),
    "picksegment.budget": asked("segment", "budget", 16.0, segment="a", budget=8.0),
    "pickattributes.kind": Change(pick("random", count=4), first=AGED | pick("attributes", where={"age": 20}, count=4)),
    "pickattributes.where": Change(pick("attributes", where={"age": 60}, count=4),
                                   first=AGED | pick("attributes", where={"age": 20}, count=4)),
    "pickattributes.count": Change(pick("attributes", where={"age": 20}, count=8),
                                   first=AGED | pick("attributes", where={"age": 20}, count=4)),
    "pickattributes.budget": Change(pick("attributes", where={"age": 20}, budget=16.0),
                                    first=AGED | pick("attributes", where={"age": 20}, budget=8.0)),
    "picklisted.kind": Change(pick("random", count=3), first=pick("listed", people=[1, 2, 3])),
    "picklisted.people": asked("listed", "people", [7, 8, 9], people=[1, 2, 3]),
    **{f"{name}.count": asked(kind, "count", 8, count=4) for name, kind in (
        ("campaign.pickrandom", "random"), ("campaign.pickmostfollowers", "most-followers"),
        ("pickdegreediscount", "degree-discount"), ("pickcore", "k-core"), ("pickbetween", "followers-between"),
        ("pickbetweenness", "betweenness"), ("pickinfluence", "influence-maximisation"))},
    **{f"{name}.budget": asked(kind, "budget", 16.0, budget=8.0) for name, kind in (
        ("campaign.pickrandom", "random"), ("campaign.pickmostfollowers", "most-followers"),
        ("pickdegreediscount", "degree-discount"), ("pickcore", "k-core"), ("pickbetween", "followers-between"),
        ("pickbetweenness", "betweenness"), ("pickinfluence", "influence-maximisation"))},
    # buying, reviews and answers
    "document.buying": to("buying", {"convert_prob": 0.3}),
    "buying.convert_prob": to("buying.convert_prob", 0.9, first=SOLD),
    "buying.baseline_per_week": to("buying.baseline_per_week", 2.0, first=SOLD),
    "buying.customer_multiplier": to("buying.customer_multiplier", 3.0, first=SOLD),
    "buying.recommendation_influence": to("buying.recommendation_influence", 5.0, first={**SOLD, **FRIENDLY}),
    "buying.negative_influence": to("buying.negative_influence", 5.0, first={**SOLD, **CROSS}),
    "buying.reviews": to("buying.reviews", None, first=SOLD),
    "reviews.prob": to("buying.reviews.prob", 0.1, first=SOLD),
    "reviews.positive": to("buying.reviews.positive", 0.1, first=SOLD),
    "reviews.typical_positive": to("buying.reviews.typical_positive", 0.2, first=SOLD),
    "reviews.wait": to("buying.reviews.wait", "30h", first=SOLD),
    "reviews.existing": to("buying.reviews.existing", 30, first=SOLD),
    "reviews.existing_positive": to("buying.reviews.existing_positive", 0.1, first=SOLD),
    "reviews.volume_elasticity": to("buying.reviews.volume_elasticity", 1.0, first={**SOLD, **FRIENDLY}),
    "reviews.valence_elasticity": to("buying.reviews.valence_elasticity", 3.0, first=SOLD),
    "segment.convert_prob": to("audience.segments.0.convert_prob", 0.9, first=SOLD),
    "segment.baseline_per_week": to("audience.segments.0.baseline_per_week", 1.0, first=SOLD),
    "item.convert_multiplier": to(f"{FILM}.convert_multiplier", 3.0, first=SOLD),
    "campaign.response": to("campaign.response", ANSWERS),
    "brandresponse.fraction_answered": to("campaign.response.fraction_answered", 0.1, first={
        "campaign.response": ANSWERS}),
    "brandresponse.median_time": to("campaign.response.median_time", "9h", first={"campaign.response": ANSWERS}),
    "brandresponse.spread": to("campaign.response.spread", 3.0, first={"campaign.response": ANSWERS}),
    "brandresponse.damping": to("campaign.response.damping", 0.1, first={**CROSS, "campaign.response": ANSWERS}),
    "value.price": to("value.price", 50, first=SOLD),
    "value.margin": to("value.margin", 30, first=SOLD),
    "value.repeat_purchases": to("value.repeat_purchases", 3.0, first=SOLD),
    "campaign.paid": to("campaign.paid", [AD]),
    **{f"flight.{name}": flight(name, value) for name, value in {
        "from": "20h", "to": "30h", "platform": "two", "item": "clip", "budget": 2.0, "cpm": 10.0, "target": ["a"],
        "frequency_cap": 1, "pacing": "fast", "share_multiplier": 5.0}.items()},
    "platform.discovery": to(f"{ONE}.discovery", WAVES),
    "nodiscovery.kind": to(f"{ONE}.discovery", WAVES),
    "waves.kind": to(f"{ONE}.discovery", "none", first={f"{ONE}.discovery": WAVES}),
    **{f"waves.{name}": to(f"{ONE}.discovery.{name}", value, first={f"{ONE}.discovery": WAVES}) for name, value in {
        "first_wave": 30, "interval": "6h", "benchmark": 0.3, "growth": 1.1, "most": 0.2}.items()},
    "platform.private_sharing": to(f"{ONE}.private_sharing", DARK),
    "noprivatesharing.kind": to(f"{ONE}.private_sharing", DARK),
    "closestsharing.kind": to(f"{ONE}.private_sharing", "none", first={f"{ONE}.private_sharing": DARK}),
    **{f"closestsharing.{name}": to(f"{ONE}.private_sharing.{name}", value, first={f"{ONE}.private_sharing": DARK})
       for name, value in {"part": 1.0, "visibility": 0.2, "most": 1}.items()},
    "platform.visible_counts": to(f"{ONE}.visible_counts", PROOF),
    "nocounts.kind": to(f"{ONE}.visible_counts", PROOF),
    "visiblecounts.kind": to(f"{ONE}.visible_counts", "none", first={f"{ONE}.visible_counts": PROOF}),
    **{f"visiblecounts.{name}": to(f"{ONE}.visible_counts.{name}", value, first={f"{ONE}.visible_counts": PROOF})
       for name, value in {"strength": 0.2, "reference": 50.0, "most": 1.1}.items()},
    "platform.following": to(f"{ONE}.following", FOLLOW),
    "nofollowing.kind": to(f"{ONE}.following", FOLLOW),
    "wonandlost.kind": to(f"{ONE}.following", "none", first={f"{ONE}.following": FOLLOW}),
    **{f"wonandlost.{name}": to(f"{ONE}.following.{name}", value, first={**CROSS, f"{ONE}.following": FOLLOW})
       for name, value in {"follow_prob_click": 0.4, "follow_prob_notice": 0.9, "unfollow_prob_negative": 0.3,
                           "unfollow_prob_tired": 0.3, "patience_per_week": 2}.items()},
    "platform.like_visibility": to(f"{ONE}.like_visibility", 0.3),
    "platform.comment_visibility": to(f"{ONE}.comment_visibility", 0.3),
    # calibration
    "document.calibration": to("calibration", {"friend": 0.2}),
    "calibration.owned": to("calibration.owned", 0.2),
    "calibration.friend": to("calibration.friend", 0.2),
    "calibration.paid": to("calibration.paid", 5.0, first={"campaign.paid": [{**AD, "cpm": 8.0}]}),
    "calibration.delay": to("calibration.delay", 3.0),
    "platform.events": to(f"{ONE}.events", [{"at": "2h", "organic_reach": 0.2}]),
    "platformevent.at": to(f"{ONE}.events.0.at", "21h", first={f"{ONE}.events": [{"at": "1h", "organic_reach": 0.2}]}),
    **{f"platformevent.{name}": to(f"{ONE}.events.0.{name}", 0.2, first={f"{ONE}.events": [{"at": "1h"}]})
       for name in ("organic_reach", "peer_visibility")},
    "platform.rivals": to(f"{ONE}.rivals", {"acme": {"count": 90}}, first=RIVAL),
    "item.brand": to("items.clip.brand", "acme", first={f"{ONE}.rivals": {"acme": {"count": 50}}}),
    "campaign.rules": to("campaign.rules", [BOOSTED]),
    "boostitem.kind": to("campaign.rules", [], first={"campaign.rules": [BOOSTED]}),
    **{f"boostitem.{name}": to(f"campaign.rules.0.{name}", value, first={"campaign.rules": [BOOSTED]})
       for name, value in {"above": 0.9, "budget": 1.0, "cpm": 20.0, "duration": "2h", "frequency_cap": 1,
                           "share_multiplier": 5.0, "least_impressions": 50}.items()},
    "movebudget.kind": to("campaign.rules", [], first=MOVED),
    "movebudget.at": to("campaign.rules.0.at", "30h", first=MOVED),
    "movebudget.least_impressions": to("campaign.rules.0.least_impressions", 1000000, first=MOVED),
    "campaign.staff": to("campaign.staff", {"price_per_hour": 30.0, "hours_per_post": 1.0}),
    **{f"staff.{name}": to(f"campaign.staff.{name}", 7.0, first={
        "campaign.paid": [AD], "campaign.staff": {"price_per_hour": 30.0, "hours_per_post": 1.0}})
       for name in ("price_per_hour", "hours_per_post", "hours_per_flight")},
    # prices and the run
    **{f"value.{name}": to(f"value.{name}", 3.0) for name in (
        "per_1000_impressions", "per_like", "per_comment", "per_share", "per_click")},
    "run.start": to("run.start", "2026-03-02T20:00", first={f"{ONE}.rhythm": DAY}),
    "run.horizon": to("run.horizon", "26h"),
    "run.step": to("run.step", "30min"),
    "run.replicates": to("run.replicates", 6),
    "run.draws": to("run.draws", 4),
    "run.seed": to("run.seed", 0),
}  # fmt: skip
