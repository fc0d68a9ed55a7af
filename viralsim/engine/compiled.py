"""Compile: a scenario and one draw become the arrays the kernel works on (docs/model.md, sections 1 to 5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine import tables
from viralsim.engine.asking import make_asks
from viralsim.engine.audience import Audience, AudienceMaker, make_audience
from viralsim.engine.deliveries import make_reaching, rival_lists
from viralsim.engine.market import make_market, needs_ties
from viralsim.engine.networks import Network
from viralsim.engine.people import P_FANS, brand_fans
from viralsim.engine.rates import SlotRates, slot_rates
from viralsim.errors import ScenarioError
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import layout as lay
from viralsim.kernels.layout import Plan, World
from viralsim.rng import derive, text_key
from viralsim.spec.resolving import resolve

__all__ = [
    "Compiled",
    "compile_draw",
    "draw_key",
    "run_key",
    "slots_of",
]

MOST_BINS = 200


@lru_cache(maxsize=1024)  # asked for by every replicate
def draw_key(seed: int, draw: int) -> int:
    """Key of a draw (docs/model.md, section 6)."""
    return derive(derive(derive(int(lay.ROOT), seed), lay.P_DRAW), draw)


def run_key(seed: int, draw: int, replicate: int) -> int:
    """Key of a replicate's luck."""
    return derive(derive(draw_key(seed, draw), lay.P_RUN), replicate)


@dataclass(frozen=True, slots=True)
class Compiled:
    """One draw of a scenario, ready to run."""

    scenario: Any  # resolved: every number plain
    audience: Audience
    world: World
    plan: Plan
    rates: tuple[SlotRates, ...]
    slots: tuple[tuple[int, int], ...]
    n_steps: int
    n_bins: int
    times_hours: NDArray[np.float64]
    key: int  # of the draw

    @property
    def n_segments(self) -> int:
        """Segments of the scenario, whether or not anybody is in them in this draw."""
        return len(self.scenario.audience.segments)


def slots_of(scenario: Any) -> tuple[tuple[int, int], ...]:
    """(item_idx, platform_idx) of every item on every platform where it can appear, items first.

    An item can appear where it is posted, advertised or people are asked to share it, and everywhere once
    people copy shares between platforms.
    """
    items = [item.id for item in scenario.items]
    platforms = list(scenario.platforms)
    campaign = scenario.campaign
    used = {(x.item, x.platform) for x in (*campaign.posts, *campaign.paid, *campaign.seeding)}
    copying = any(p.cross_post_prob > 0 for p in scenario.platforms.values())
    started = {item for item, _ in used}
    return tuple(
        (i, p)
        for i, item in enumerate(items)
        for p, platform in enumerate(platforms)
        if (item, platform) in used or (copying and item in started)
    )


def compile_draw(
    scenario: Any,
    seed: int,
    draw: int,
    graphs: Mapping[str, SocialGraph],
    fixed: bool = False,
    audience: Audience | None = None,
    maker: AudienceMaker | None = None,
    central: Mapping[str, Any] | None = None,
) -> Compiled:
    """Compile one draw of a scenario.

    Parameters
    ----------
    scenario : Scenario
    seed, draw : int
    graphs : mapping of platform name to SocialGraph
        The networks read from files (`networks.file_graphs`).
    fixed : bool
        Hold every uncertain number at its value.
    audience : Audience, optional
        Reuse the people and networks of this draw; made if None.
    maker : callable, optional
        Makes or finds the audience in place of `make_audience`.
    central : mapping of platform name to platform, optional
        Those whose central values the draw is held against (see `slot_rates`), where the scenario itself holds
        numbers that were drawn from their bands; by default the scenario's own.

    Raises
    ------
    ScenarioError
        If the audience cannot carry the scenario (more brand followers than accounts, ...).
    """
    plain = resolve(scenario, seed, draw, fixed=fixed)
    key = draw_key(seed, draw)
    audience = audience or (maker or make_audience)(plain, key, graphs)
    slots = slots_of(plain)
    if not slots:
        raise ScenarioError(
            "campaign: nothing is posted or advertised and nobody is asked to share; write posts, paid or seeding"
        )
    if len(slots) > lay.MAX_SLOTS:
        raise ScenarioError(f"campaign: {len(slots)} items on platforms; at most {lay.MAX_SLOTS} are allowed")
    n_steps = math.ceil(plain.run.horizon / plain.run.step - 1e-9)
    if n_steps > lay.MAX_STEPS:
        raise ScenarioError(
            f"run.step: {n_steps:,} steps to the horizon; at most {lay.MAX_STEPS:,}: use a longer step"
        )
    n_bins = min(n_steps, MOST_BINS)
    rates = slot_rates(plain, audience, slots, central or scenario.platforms, fixed and central is None)
    world = _make_world(plain, audience, slots, key)
    plan = _make_plan(plain, audience, world, slots, rates, n_steps, n_bins, key)
    ends = -(-np.arange(1, n_bins + 1) * n_steps // n_bins)
    times = np.asarray(ends * float(plain.run.step), np.float64)
    return Compiled(plain, audience, world, plan, rates, slots, n_steps, n_bins, times, key)


def _make_world(scenario: Any, audience: Audience, slots: tuple[tuple[int, int], ...], key: int) -> World:
    """The arrays about people and graphs."""
    people, networks = audience.people, audience.networks
    n = people.size
    account = np.zeros(n, np.uint8)
    for p, network in enumerate(networks):
        account |= network.account.astype(np.uint8) << np.uint8(p)
    notice = np.empty((n, len(scenario.items)), np.uint32)
    for i, item in enumerate(scenario.items):
        wanted = (item.topic, float(item.stickiness), float(item.exponents.notice))
        notice[:, i] = audience.memo("notice", wanted, partial(_notice_coins, audience, *wanted))
    indptr, followers = audience.memo("edges", (), partial(_edges, networks))
    fans = [_fans(scenario, audience, p, name, slots, key) for p, name in enumerate(scenario.platforms)]
    names = list(scenario.platforms)
    fans += [
        _fans(scenario, audience, names.index(name), name, slots, key, rival)
        for name, rival in rival_lists(scenario)
    ]
    return World(
        person_key=people.key,
        activity=people.activity,
        segment=people.segment,
        account=account,
        notice_q=notice,
        share_scale=_powers(scenario, audience, "share"),
        rank_scale=_powers(scenario, audience, "ranking").astype(np.float32),
        indptr=indptr,
        followers=followers,
        tie=_ties(scenario, networks),
        fan_ptr=np.cumsum([0, *(f.size for f in fans)]).astype(np.int64),
        fans=np.concatenate(fans).astype(np.int32),
    )


def _edges(networks: tuple[Network, ...]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The follower lists of all platforms one after the other, and where each begins (int64[P, n + 1])."""
    offsets = np.cumsum([0, *(network.followers.size for network in networks)])
    indptr = np.stack([network.indptr + offsets[p] for p, network in enumerate(networks)])
    followers = networks[0].followers
    if len(networks) > 1:
        followers = np.concatenate([network.followers for network in networks])
    followers = np.ascontiguousarray(followers, dtype=np.int32).view()
    followers.flags.writeable = False  # as a graph's own arrays are: one type, so one compilation
    return np.ascontiguousarray(indptr), followers


def _notice_coins(audience: Audience, topic: str, stickiness: float, exponent: float) -> NDArray[np.uint32]:
    """Chance to notice an item, in 2^-31, by person (uint32[n])."""
    prob = np.minimum(1.0, stickiness * audience.affinity[topic] ** exponent)
    return np.floor(2.0**31 * prob + 0.5).astype(np.uint32)


def _powers(scenario: Any, audience: Audience, name: str) -> NDArray[np.float64]:
    """affinity^exponent by person and item (float64[I, n]); shape (I, 0) where all exponents are 0."""
    exponents = [getattr(item.exponents, name) for item in scenario.items]
    if not any(exponents):
        return np.zeros((len(exponents), 0))
    lines = [audience.affinity[item.topic] ** e for item, e in zip(scenario.items, exponents, strict=True)]
    return np.stack(lines)


def _ties(scenario: Any, networks: tuple[Network, ...]) -> NDArray[np.uint8]:
    """Ties in 1/255 in edge order; empty where no mechanic looks at them."""
    needed = (
        needs_ties(scenario)
        or any(item.view_influence > 0 for item in scenario.items)
        or any(
            platform.ranking.tie_exponent != 0 or platform.private_sharing.kind != "none"
            for platform in scenario.platforms.values()
        )
    )
    if not needed or all(network.tie is None for network in networks):
        return np.zeros(0, np.uint8)
    parts = [
        np.full(net.followers.size, 128, np.uint8) if net.tie is None else np.floor(255 * net.tie + 0.5)
        for net in networks
    ]
    return np.concatenate(parts).astype(np.uint8)


def _fans(
    scenario: Any,
    audience: Audience,
    p: int,
    name: str,
    slots: tuple[tuple[int, int], ...],
    key: int,
    rival: str | None = None,
) -> NDArray[np.int32]:
    """The followers of the brand, or of a competitor, on one platform."""
    platform = scenario.platforms[name]
    fans = platform.brand_followers if rival is None else platform.rivals.get(rival)
    if fans is None:
        return np.zeros(0, np.int32)
    topics = tuple(
        sorted(scenario.items[i].topic for i, q in slots if q == p and scenario.items[i].brand == rival)
    )
    network = audience.networks[p]
    order_key, where = derive(derive(key, P_FANS), text_key(name)), f"platforms.{name}.brand_followers.count"
    if rival is not None:
        order_key, where = derive(order_key, text_key(rival)), f"platforms.{name}.rivals.{rival}.count"

    def picked() -> NDArray[np.int32]:
        affinity = np.ones(audience.people.size)
        if topics:
            affinity = np.mean([audience.affinity[topic] for topic in topics], axis=0)
        return brand_fans(
            fans.pick,
            fans.count,
            network.account,
            network.follower_count,
            audience.people,
            affinity,
            order_key,
            where,
        )

    wanted = (fans.pick.model_dump_json(), fans.count, topics, key)
    return audience.memo(f"fans {name} {rival or ''}", wanted, picked)


def _hazards(noticed: Sequence[float], factor: float) -> NDArray[np.float64]:
    """Exposure hazards of chances per noticed display, times a calibrated factor, at most certain."""
    found = np.array([tables.hazard(prob) for prob in noticed])
    return found if factor == 1.0 else np.minimum(found * float(factor), lay.HAZARD_CERTAIN)


def _make_plan(
    scenario: Any,
    audience: Audience,
    world: World,
    slots: tuple[tuple[int, int], ...],
    rates: tuple[SlotRates, ...],
    n_steps: int,
    n_bins: int,
    key: int,
) -> Plan:
    """The arrays about content, numbers and calendar."""
    items, platforms = scenario.items, list(scenario.platforms.values())
    slot_of = np.full((len(items), len(platforms)), -1, np.int64)
    for s, (i, p) in enumerate(slots):
        slot_of[i, p] = s
    views = [tables.view_tables(x.negative, x.neutral, x.view_influence) for x in items]
    clocks = [
        tables.clock_of_run(p.rhythm, scenario.run.start, scenario.run.step, n_steps) for p in platforms
    ]
    longest = max(guess.size for _, guess in clocks)
    attention = scenario.audience.attention
    limited = attention.kind == "budget"
    tie_rank = np.stack(
        [_tie_rank(platform, net) for platform, net in zip(platforms, audience.networks, strict=True)]
    )
    posts, asks = _posts(scenario, slot_of), make_asks(scenario, audience, rates, slot_of, key)
    step, calibration = scenario.run.step, scenario.calibration
    begin = scenario.run.start.hour + scenario.run.start.minute / 60
    return Plan(
        item_key=np.array([text_key(item.id) for item in items], np.uint64),
        platform_key=np.array([text_key(name) for name in scenario.platforms], np.uint64),
        slot_item=np.array([i for i, _ in slots], np.int64),
        slot_platform=np.array([p for _, p in slots], np.int64),
        slot_of=slot_of,
        organic_reach=np.array([r.organic_reach for r in rates]),
        visibility=np.array([r.visibility for r in rates]),
        hazard_post=_hazards([r.share_noticed for r in rates], calibration.owned),
        hazard_friend=_hazards([r.friend_share_noticed for r in rates], calibration.friend),
        like_q=np.array([tables.coin(r.like_noticed) for r in rates], np.uint64),
        comment_q=np.array([tables.coin(r.comment_noticed) for r in rates], np.uint64),
        click_q=np.array([tables.coin(r.click_noticed) for r in rates], np.uint64),
        copy_q=np.array([tables.coin(platforms[p].cross_post_prob) for _, p in slots], np.uint64),
        response=np.stack([tables.response_table(item.response) for item in items]),
        fatigue_q=np.stack([tables.fatigue_table(item.fatigue) for item in items]),
        negative_q=np.stack([negative for negative, _ in views]),
        neutral_q=np.stack([both for _, both in views]),
        negative_share=np.array([float(item.negative_share_multiplier) for item in items]),
        tie_rank=tie_rank,
        ranked=_ranking(slots, platforms, items),
        boost=np.array([_boost(platform) for platform in platforms]),
        delay=np.stack(
            [
                tables.delay_table(p.display_delay, (p.half_life or 0.0) * calibration.delay, p.rhythm, step)
                for p in platforms
            ]
        ),
        clock=np.stack([clock for clock, _ in clocks]),
        clock_step=np.stack([_padded(guess, longest, n_steps - 1) for _, guess in clocks]).astype(np.int32),
        reaction=np.stack(
            [tables.reaction_table(p.reaction_delay, step / calibration.delay) for p in platforms]
        ),
        notices_per_day=min(int(attention.notices_per_day), 63) if limited else -1,
        background_q=tables.background_table(attention.background_per_day if limited else 0.0),
        day=np.floor((begin + np.arange(n_steps) * step) / 24 + 1e-9).astype(np.int64),
        influence=bool(scenario.audience.influence),
        post_step=posts[:, 0].copy(),
        post_slot=posts[:, 1].copy(),
        post_ordinal=posts[:, 2].copy(),
        ask_step=asks["step"].copy(),
        ask_slot=asks["slot"].copy(),
        ask_person=asks["person"].copy(),
        ask_q=asks["q"].copy(),
        ask_paid=asks["paid"].copy(),
        ask_price=asks["price"].copy(),
        bin_of_step=(np.arange(n_steps) * n_bins // n_steps).astype(np.int64),
        market=make_market(scenario, audience.people),
        reaching=make_reaching(scenario, audience, world, slots, n_steps, key)._replace(
            asked=_influence(asks)
        ),
    )


def _padded(values: NDArray[np.int32], length: int, value: int) -> NDArray[np.int32]:
    """An array made longer with a value at its end."""
    return (
        values if values.size == length else np.pad(values, (0, length - values.size), constant_values=value)
    )


def _boost(platform: Any) -> tuple[float, float, float]:
    """(benchmark, strength, cap) of a platform's engagement boost; benchmark 0: none."""
    boost = platform.ranking.boost
    return (boost.benchmark, boost.strength, boost.cap) if boost.kind == "engagement" else (0.0, 0.0, 1.0)


def _tie_rank(platform: Any, network: Network) -> NDArray[np.float64]:
    """(tie / mean tie)^exponent by tie in 1/255 (float64[256])."""
    exponent = platform.ranking.tie_exponent
    if exponent == 0 or network.tie is None or not network.tie.size:
        return np.ones(256)
    tie = np.maximum(np.arange(256), 0.5) / 255.0
    return (tie / float(network.tie.mean(dtype=np.float64))) ** exponent


def _ranking(slots: tuple[tuple[int, int], ...], platforms: Any, items: Any) -> NDArray[np.uint8]:
    """Whether followers of a slot differ in the chance to be shown it (uint8[S])."""
    return np.array(
        [platforms[p].ranking.tie_exponent != 0 or items[i].exponents.ranking != 0 for i, p in slots],
        np.uint8,
    )


def _posts(scenario: Any, slot_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """Posts as rows (step, slot, ordinal), in order of time (int64[posts, 3])."""
    items = {item.id: i for i, item in enumerate(scenario.items)}
    platforms = {name: p for p, name in enumerate(scenario.platforms)}
    rows: list[tuple[int, int, int]] = []
    seen: dict[int, int] = {}
    for post in sorted(scenario.campaign.posts, key=lambda post: post.at):
        slot = int(slot_of[items[post.item], platforms[post.platform]])
        seen[slot] = seen.get(slot, -1) + 1
        rows.append((math.floor(post.at / scenario.run.step + 1e-9), slot, seen[slot]))
    return np.array(rows, np.int64).reshape(-1, 3)


def _influence(asks: NDArray[Any]) -> NDArray[np.float64]:
    """Factors of what each person asked shows (float64[asks, 2]); shape (0, 2) where all are 1."""
    factors = np.stack([asks["engaging"], asks["acting"]], axis=1)
    return factors if (factors != 1.0).any() else np.zeros((0, 2))
