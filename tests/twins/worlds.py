"""Small worlds and plans for the spreading engine: certain ones to count by hand, random ones to compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins.reaching_worlds import random_influencers, random_reaching, random_rules
from viralsim.kernels.layout import CLOCK_SHIFT, Plan, World
from viralsim.kernels.market import Market, no_market
from viralsim.kernels.reaching import no_reaching

__all__ = [
    "CERTAIN",
    "ONE_31",
    "ONE_32",
    "certain_plan",
    "certain_world",
    "clock_of",
    "clock_steps",
    "crowd_case",
    "ordinals",
    "random_case",
    "single_case",
]

ONE_31, ONE_32 = 1 << 31, 1 << 32
CERTAIN = float(1 << 46)  # hazard of a display after which everybody shares
Arc = tuple[int, int]


def pack_lists(lists: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Pointers and entries of lists written one after the other."""
    pointers = np.concatenate(([0], np.cumsum([len(entries) for entries in lists]))).astype(np.int64)
    return pointers, np.array([entry for entries in lists for entry in entries], np.int32)


def follower_rows(n: int, arcs: Sequence[Sequence[Arc]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """`indptr` and `followers` of a world from the arcs of each platform, rows in the order given."""
    rows = [[v for u, v in of_platform if u == person] for of_platform in arcs for person in range(n)]
    pointers, followers = pack_lists(rows)
    indptr = np.stack([pointers[p * n : (p + 1) * n + 1] for p in range(len(arcs))])
    return indptr, followers


def certain_world(
    n: int, arcs: Sequence[Sequence[Arc]], fans: Sequence[Sequence[int]], items: int = 1, **changes: Any
) -> World:
    """Everybody has every account, is in segment 0 and notices everything. One list per platform."""
    indptr, followers = follower_rows(n, arcs)
    fan_ptr, fan_list = pack_lists(fans)
    world = World(
        person_key=np.arange(n, dtype=np.uint64) + np.uint64(1000),
        activity=np.ones(n, np.float32),
        segment=np.zeros(n, np.uint8),
        account=np.full(n, 255, np.uint8),
        notice_q=np.full((n, items), ONE_31, np.uint32),
        share_scale=np.zeros((items, 0)),
        rank_scale=np.zeros((items, 0), np.float32),
        indptr=indptr,
        followers=followers,
        tie=np.zeros(0, np.uint8),
        fan_ptr=fan_ptr,
        fans=fan_list,
    )
    return world._replace(**changes)


def clock_of(weights: Sequence[float]) -> NDArray[np.int32]:
    """Activity clock of one platform from the rhythm of each step."""
    ticks = [math.floor(256 * weight + 0.5) for weight in weights]
    return np.concatenate(([0], np.cumsum(ticks))).astype(np.int32)


def clock_steps(clock: NDArray[np.int32]) -> NDArray[np.int32]:
    """`Plan.clock_step` of the clocks of all platforms: the last step that starts by then."""
    width = (int(clock[:, -1].max()) >> CLOCK_SHIFT) + 2
    steps = np.zeros((clock.shape[0], width), np.int32)
    for platform, starts in enumerate(clock[:, :-1]):
        for column in range(width):
            steps[platform, column] = np.flatnonzero(starts <= column << CLOCK_SHIFT)[-1]
    return steps


def ordinals(slots: Sequence[int]) -> NDArray[np.int64]:
    """Number of each post among the posts of its slot."""
    return np.array([list(slots[:k]).count(slot) for k, slot in enumerate(slots)], np.int64)


def certain_plan(
    slots: Sequence[tuple[int, int]] = ((0, 0),),
    steps: int = 8,
    posts: Sequence[tuple[int, int]] = ((0, 0),),
    asks: Sequence[tuple[int, int, int]] = (),
    **changes: Any,
) -> Plan:
    """Everything is shown to everybody at once; nobody shares, likes, comments, clicks or copies.

    `slots` are (item, platform), `posts` (step, slot) and `asks` (step, slot, person), in order of time. Asked
    people accept, are not paid and cost 1, 2, 4, ...
    """
    n_items = 1 + max(item for item, _ in slots)
    n_platforms = 1 + max(platform for _, platform in slots)
    n_slots = len(slots)
    slot_of = np.full((n_items, n_platforms), -1, np.int64)
    for slot, (item, platform) in enumerate(slots):
        slot_of[item, platform] = slot
    clock = np.tile(clock_of([1.0] * steps), (n_platforms, 1))
    none = np.zeros(n_slots, np.uint64)
    plan = Plan(
        item_key=np.arange(n_items, dtype=np.uint64) + np.uint64(100),
        platform_key=np.arange(n_platforms, dtype=np.uint64) + np.uint64(200),
        slot_item=np.array([item for item, _ in slots], np.int64),
        slot_platform=np.array([platform for _, platform in slots], np.int64),
        slot_of=slot_of,
        organic_reach=np.ones(n_slots),
        visibility=np.ones(n_slots),
        hazard_post=np.zeros(n_slots),
        hazard_friend=np.zeros(n_slots),
        like_q=none,
        comment_q=none.copy(),
        click_q=none.copy(),
        copy_q=none.copy(),
        response=np.ones((n_items, 256)),
        fatigue_q=np.full((n_items, 256), ONE_31, np.uint64),
        negative_q=np.zeros((n_items, 255), np.uint64),
        neutral_q=np.zeros((n_items, 255), np.uint64),
        negative_share=np.ones(n_items),
        tie_rank=np.ones((n_platforms, 256)),
        ranked=np.zeros(n_slots, np.uint8),
        boost=np.zeros((n_platforms, 3)),
        delay=np.zeros((n_platforms, 4096), np.int32),
        clock=clock,
        clock_step=clock_steps(clock),
        reaction=np.zeros((n_platforms, 4096), np.int64),
        notices_per_day=-1,
        background_q=np.zeros(0, np.uint64),
        day=np.zeros(steps, np.int64),
        influence=True,
        post_step=np.array([step for step, _ in posts], np.int64),
        post_slot=np.array([slot for _, slot in posts], np.int64),
        post_ordinal=ordinals([slot for _, slot in posts]),
        ask_step=np.array([step for step, _, _ in asks], np.int64),
        ask_slot=np.array([slot for _, slot, _ in asks], np.int64),
        ask_person=np.array([person for _, _, person in asks], np.int64),
        ask_q=np.full(len(asks), ONE_32, np.uint64),
        ask_paid=np.zeros(len(asks), np.uint8),
        ask_price=2.0 ** np.arange(len(asks)),
        bin_of_step=np.arange(steps, dtype=np.int64),
        reaching=no_reaching(),
    )
    return plan._replace(**changes)


Rng = np.random.Generator


def pick(rng: Rng, *options: Any) -> Any:
    """One of the options."""
    return options[int(rng.integers(len(options)))]


def some_probability(rng: Rng, lively: bool = False) -> float:
    """A probability, often one where something could go wrong; if `lively`, mostly a high one."""
    if lively and rng.random() < 0.9:
        return float(pick(rng, 1.0, rng.random(), *rng.uniform(0.3, 1.0, 2)))
    return float(pick(rng, 0.0, 1.0, 1e-6, 1.0 - 2.0**-21, 1.0 - 2.0**-19, 0.03, *rng.random(6)))


def probability_words(rng: Rng, count: int, one: int) -> NDArray[np.uint64]:
    """`count` integers, `one` times a probability."""
    return np.array([math.floor(some_probability(rng) * one + 0.5) for _ in range(count)], np.uint64)


def some_hazard(rng: Rng, lively: bool) -> float:
    p = some_probability(rng, lively)
    return min(2.0**40 * -math.log1p(-p), CERTAIN) if p < 1.0 else CERTAIN


def random_arcs(rng: Rng, holders: Sequence[int]) -> list[Arc]:
    """Arcs among account holders, no duplicates and no loops, in any order."""
    pairs = [(u, v) for u in holders for v in holders if u != v]
    kind = pick(rng, "none", "all", "ring", "star", *["some"] * 4, "many", "many")
    if kind == "none":
        pairs = []
    elif kind == "ring":
        pairs = list(zip(holders, [*holders[1:], holders[0]], strict=True)) if len(holders) > 1 else []
    elif kind == "star":
        pairs = [(u, v) for u, v in pairs if holders[0] in (u, v)]
    elif kind in ("some", "many"):
        keep = rng.random(len(pairs)) < (min(1.0, 3.0 / len(holders)) if kind == "some" else 0.5)
        pairs = [pair for pair, kept in zip(pairs, keep, strict=True) if kept]
    order = rng.permutation(len(pairs)) if pick(rng, True, False) else range(len(pairs))
    return [pairs[k] for k in order]


def random_affinity(rng: Rng, n: int, items: int) -> NDArray[np.float64]:
    """A power of the affinities, or nothing (1 for all)."""
    kind = pick(rng, "none", "none", "none", "mild", "mild", "wild")
    if kind == "none":
        return np.zeros((0, items))
    scale = np.exp(rng.normal(0.0, 0.5 if kind == "mild" else 3.0, (n, items)))
    scale[rng.random((n, items)) < 0.1] = 0.0
    return scale


def random_world(rng: Rng, lively: bool, platforms: int, items: int) -> World:
    n = int(pick(rng, 2, rng.integers(2, 8), *rng.integers(10, 41, 4)))
    account = np.full(n, 255, np.uint8)
    if pick(rng, True, False):
        account = rng.integers(0, 1 << platforms, n).astype(np.uint8)
        account[0] |= np.uint8((1 << platforms) - 1)
    keys = rng.integers(0, 2**63, n, dtype=np.uint64) * np.uint64(2) + np.arange(
        n, dtype=np.uint64
    ) % np.uint64(2)
    if pick(rng, True, False):
        keys = np.arange(n, dtype=np.uint64)
    holders = [[v for v in range(n) if account[v] >> p & 1] for p in range(platforms)]
    indptr, followers = follower_rows(n, [random_arcs(rng, of_platform) for of_platform in holders])
    fans = []
    for of_platform in holders:
        size = int(pick(rng, int(lively), *[len(of_platform)] * 2, rng.integers(0, len(of_platform) + 1)))
        chosen = [int(v) for v in rng.permutation(of_platform)[:size]]
        fans.append(sorted(chosen, key=lambda v: int(keys[v])))
    fan_ptr, fan_list = pack_lists(fans)
    activity = pick(
        rng, *[np.ones(n)] * (4 if lively else 1), rng.gamma(0.5, 2.0, n), 10.0 ** rng.uniform(-6, 6, n)
    )
    activity = activity * (rng.random(n) >= pick(rng, 0.0, 0.0, 0.4))
    ties = pick(rng, np.zeros(0), rng.integers(0, 256, followers.size), np.full(followers.size, 255))
    return World(
        person_key=keys,
        activity=activity.astype(np.float32),
        segment=rng.integers(0, pick(rng, 1, 3, 32), n).astype(np.uint8),
        account=account,
        notice_q=pick(
            rng,
            *[np.full((n, items), ONE_31, np.uint32)] * (4 if lively else 1),
            rng.integers(0, ONE_31 + 1, (n, items)).astype(np.uint32),
            probability_words(rng, n * items, ONE_31).reshape(n, items).astype(np.uint32),
        ),
        share_scale=random_affinity(rng, n, items).T.copy(),
        rank_scale=random_affinity(rng, n, items).T.astype(np.float32, order="C"),
        indptr=indptr,
        followers=followers,
        tie=ties.astype(np.uint8),
        fan_ptr=fan_ptr,
        fans=fan_list,
    )


def random_response(rng: Rng) -> NDArray[np.float64]:
    """f(j) for j = 0 .. 255, of one of the four kinds (f(0) is not used)."""
    j = np.arange(256.0)
    k = float(pick(rng, 1, 2, 3, 6))
    return pick(
        rng,
        np.ones(256),
        np.where(j <= k, 1.0, 0.0),
        np.where(j <= k, j / k, (k / np.maximum(j, 1.0)) ** 2),
        np.where(j < k, 0.0, 1.0),
    )


def random_views(rng: Rng) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """`negative_q` and `neutral_q` of an item, by score + 127."""
    negative = float(pick(rng, 0.0, 0.0, 1.0, 0.05, 0.5, rng.random()))
    neutral = (1.0 - negative) * float(pick(rng, 0.0, 0.3, 1.0))
    strength = float(pick(rng, 0.0, 0.0, 0.5, 3.0))
    below_negative, below_neutral = np.zeros(255, np.uint64), np.zeros(255, np.uint64)
    for score in range(-127, 128):
        moved = negative
        if 0.0 < negative < 1.0:
            odds = negative / (1.0 - negative) * math.exp(-strength * score / 8)
            moved = odds / (1.0 + odds)
        other = neutral * (1.0 - moved) / (1.0 - negative) if negative < 1.0 else 0.0
        below_negative[score + 127] = math.floor(ONE_32 * moved + 0.5)
        below_neutral[score + 127] = math.floor(ONE_32 * min(moved + other, 1.0) + 0.5)
    return below_negative, below_neutral


def random_clock(rng: Rng, steps: int) -> NDArray[np.int32]:
    """Even, uneven, with silent stretches, or silent throughout."""
    kind = pick(rng, "even", "even", "uneven", "uneven", "silences", "silences", "silent")
    weights = np.ones(steps)
    if kind != "even":
        weights = rng.random(steps) * 2.0
    if kind == "silences":
        period = int(rng.integers(2, 13))
        weights[np.arange(steps) % period < period // 2] = 0.0
    if kind == "silent" and pick(rng, True, False):
        weights[:] = 0.0
    return clock_of([float(weight) for weight in weights])


def random_calendar(rng: Rng, lively: bool, world: World, plan: Plan, steps: int) -> Plan:
    """Posts and people asked to share; account holders only, the same person twice now and then."""
    n_slots = len(plan.slot_item)
    n_posts = int(pick(rng, int(lively), 1, 3, 6, 30))
    early = max(1, int(pick(rng, 1, 1, 1 + steps // 4, 1 + steps // 2, steps)))
    post_step = np.sort(rng.integers(0, early, n_posts))
    post_slot = rng.integers(0, n_slots, n_posts)
    asks = []
    for _ in range(int(pick(rng, 0, 0, 1, 4, 12))):
        slot = int(rng.integers(n_slots))
        holders = np.flatnonzero(world.account >> np.uint8(plan.slot_platform[slot]) & 1)
        asks.append((int(rng.integers(0, early)), slot, int(rng.choice(holders[: pick(rng, 2, 100)]))))
    asks.sort(key=lambda ask: ask[0])
    ask_step, ask_slot, ask_person = np.array(asks, np.int64).reshape(-1, 3).T.copy()
    return plan._replace(
        post_step=post_step,
        post_slot=post_slot,
        post_ordinal=ordinals([int(slot) for slot in post_slot]),
        ask_step=ask_step,
        ask_slot=ask_slot,
        ask_person=ask_person,
        ask_q=np.where(rng.random(len(asks)) < 0.6, ONE_32, probability_words(rng, len(asks), ONE_32)).astype(
            np.uint64
        ),
        ask_paid=rng.integers(0, 2, len(asks)).astype(np.uint8),
        ask_price=np.round(rng.random(len(asks)) * 100.0, 2),
    )


def random_feed(rng: Rng, lively: bool, world: World, plan: Plan, steps: int) -> Plan:
    """Visibility, ranking, boost, delays and rhythm."""
    n_slots, n_platforms = len(plan.slot_item), len(plan.platform_key)
    tie_rank = np.ones((n_platforms, 256))
    if world.tie.size and pick(rng, True, False):
        tie_rank[:] = (np.arange(256) / 255.0 / max(world.tie.mean() / 255.0, 0.05)) ** pick(
            rng, 0.5, 1.0, 2.0
        )
    ranked = np.full(n_slots, world.rank_scale.size > 0, np.uint8) | (tie_rank != 1.0).any()
    if pick(rng, False, False, True):
        ranked[:] = 1
    boost = np.zeros((n_platforms, 3))
    for platform in range(n_platforms):
        if pick(rng, True, False):
            boost[platform] = pick(rng, 0.01, 0.1, 1.0), pick(rng, 0.0, 0.5, 2.0), pick(rng, 1.0, 1.5, 5.0)
    delay = np.zeros((n_platforms, 4096), np.int32)
    reaction = np.zeros((n_platforms, 4096), np.int64)
    for platform in range(n_platforms):
        mean_delay = float(pick(rng, 0.0, 0.0, 0.3, 1.0, 3.0, 20.0, steps)) * 256
        delay[platform] = np.sort(rng.exponential(1.0, 4096)) * mean_delay
        if pick(rng, True, True, False):
            reaction[platform] = np.sort(rng.exponential(float(pick(rng, 0.5, 1.0, 3.0, steps / 4)), 4096))
    clock = np.stack([random_clock(rng, steps) for _ in range(n_platforms)])
    return plan._replace(
        organic_reach=np.array([some_probability(rng, lively) for _ in range(n_slots)]),
        visibility=np.array([some_probability(rng, lively) for _ in range(n_slots)]),
        tie_rank=tie_rank,
        ranked=ranked.astype(np.uint8),
        boost=boost,
        delay=delay,
        reaction=reaction,
        clock=clock,
        clock_step=clock_steps(clock),
    )


def random_people_side(rng: Rng, lively: bool, plan: Plan, steps: int) -> Plan:
    """Attention, views, engagement and sharing."""
    n_items, n_slots = len(plan.item_key), len(plan.slot_item)
    views = [random_views(rng) for _ in range(n_items)]
    fatigue = [float(pick(rng, 0.0, 0.0, 0.3, 1.0)) for _ in range(n_items)]
    wear = [[math.floor(ONE_31 * (1.0 - f) ** c + 0.5) for c in range(256)] for f in fatigue]
    mean = float(pick(rng, 0.5, 3.0))
    chances = [math.exp(-mean) * mean**k / math.factorial(k) for k in range(int(pick(rng, 0, 5, 12)))]
    return plan._replace(
        hazard_post=np.array([some_hazard(rng, lively) for _ in range(n_slots)]),
        hazard_friend=np.array([some_hazard(rng, lively) for _ in range(n_slots)]),
        like_q=probability_words(rng, n_slots, ONE_32),
        comment_q=probability_words(rng, n_slots, ONE_32),
        click_q=probability_words(rng, n_slots, ONE_32),
        copy_q=probability_words(rng, n_slots, ONE_32),
        response=np.stack([random_response(rng) for _ in range(n_items)]),
        fatigue_q=np.array(wear, np.uint64),
        negative_q=np.stack([negative for negative, _ in views]),
        neutral_q=np.stack([neutral for _, neutral in views]),
        negative_share=np.array([pick(rng, 0.0, 1.0, 3.0, 0.2) for _ in range(n_items)]),
        notices_per_day=int(pick(rng, *[-1] * 6, 0, 1, 3, 10)),
        background_q=np.floor(np.cumsum([0.0, *chances])[1:] * ONE_32).astype(np.uint64),
        day=(np.arange(steps) + int(rng.integers(0, 24))) // int(pick(rng, 1, 4, 24)),
        influence=bool(pick(rng, True, True, True, True, False)),
    )


def random_market(rng: Rng, world: World, items: int, steps: int) -> Market:
    """Nothing on in half of the cases; else selling, answering, or both, at any value."""
    kind = pick(rng, "off", "off", "off", "sell", "answer", "both", "both", "both")
    if kind == "off":
        return no_market()
    groups = int(world.segment.max()) + 1
    score = np.arange(-127, 128) / 8.0
    good, bad = float(pick(rng, 0.0, 0.7, 3.0)), float(pick(rng, 0.0, 0.7, 3.0))
    baseline = np.array([some_probability(rng) for _ in range(2 * groups)]).reshape(groups, 2)
    begin = int(pick(rng, 0, 0, 1, 7))
    return Market(
        counting=True,
        selling=kind != "answer",
        answering=kind != "sell",
        customer=(rng.random(world.person_key.size) < 0.4).astype(np.uint8),
        convert=np.array([some_probability(rng) for _ in range(2 * groups * items)]).reshape(
            groups, 2, items
        ),
        baseline=baseline,
        baseline_q=np.floor(ONE_32 * baseline + 0.5).astype(np.uint64),
        heard=np.exp(np.where(score >= 0, good, bad) * score),
        spoiled=np.exp(bad * np.minimum(score, 0.0)),
        review_q=probability_words(rng, 2, ONE_32),
        review_wait=int(pick(rng, 0, 1, steps // 4)),
        reviews=np.array([begin, rng.integers(0, begin + 1)], np.int64),
        volume=1.3 ** np.arange(pick(rng, 1, 3, 9)),
        valence=np.linspace(pick(rng, 0.1, 1.0), 1.5, 257),
        answer_q=probability_words(rng, 1, ONE_32),
        answer_wait=np.sort(rng.integers(0, int(pick(rng, 1, 3, steps + 1)), 4096)),
        answered_weight=np.arange(256, dtype=np.int64) // int(pick(rng, 64, 1000)),
        answered_share=float(pick(rng, 0.0, 0.5, 1.0)),
    )


def crowd_case(seed: int, share_probability: float, n: int = 2600) -> tuple[World, Plan, list[int]]:
    """A crowd on two platforms: lists, batches and steps longer than any working list of the kernel.

    Person 0 is followed by all; the others have 0 to 12 followers. Everybody follows the brand on the first platform.
    """
    rng = np.random.default_rng(seed)
    sources, targets = rng.integers(1, n, 6 * n), rng.integers(0, n, 6 * n)
    arcs = sorted({(int(u), int(v)) for u, v in zip(sources, targets, strict=True) if u != v})
    of_person: list[list[int]] = [[] for _ in range(n)]
    for u, v in arcs:
        of_person[u].append(v)
    of_person[0] = list(range(1, n))
    pointers, followers = pack_lists([*of_person, *of_person])
    fan_ptr, fans = pack_lists([range(n), range(0, n, 9)])
    keys = np.arange(n, dtype=np.uint64) * np.uint64(3)
    world = certain_world(n, [[], []], [[], []], items=2)._replace(
        person_key=keys,
        activity=rng.gamma(0.7, 1.0 / 0.7, n).astype(np.float32),
        segment=rng.integers(0, 5, n).astype(np.uint8),
        notice_q=rng.integers(ONE_31 // 3, ONE_31, (n, 2)).astype(np.uint32),
        rank_scale=np.exp(rng.normal(0.0, 0.3, (n, 2))).T.copy(),
        indptr=np.stack([pointers[: n + 1], pointers[n:]]),
        followers=followers,
        tie=rng.integers(0, 256, followers.size).astype(np.uint8),
        fan_ptr=fan_ptr,
        fans=fans,
    )
    steps = 24
    slots = [(0, 0), (1, 1), (0, 1)]
    hazard = -(2.0**40) * math.log1p(-share_probability)
    views = [random_views(rng) for _ in range(2)]
    plan = certain_plan(
        slots,
        steps,
        posts=[(0, 0), (0, 1), (0, 2), (6, 0), (12, 0)],
        asks=[(1, 0, 0), (1, 1, 5), (3, 2, 0)],
        organic_reach=np.array([1.0, 0.8, 0.3]),
        visibility=np.array([0.6, 0.9, 1.0]),
        hazard_post=np.full(3, hazard),
        hazard_friend=np.full(3, 2.0 * hazard),
        like_q=probability_words(rng, 3, ONE_32),
        comment_q=np.full(3, ONE_32 // 3, np.uint64),
        click_q=np.full(3, ONE_32 // 7, np.uint64),
        copy_q=np.full(3, ONE_32 // 2, np.uint64),
        ranked=np.array([1, 0, 0], np.uint8),
        boost=np.array([[0.4, 0.5, 1.4], [0.0, 0.0, 0.0]]),
        delay=np.stack([np.zeros(4096), np.sort(rng.exponential(300.0, 4096))]).astype(np.int32),
        negative_q=np.stack([negative for negative, _ in views]),
        neutral_q=np.stack([neutral for _, neutral in views]),
        notices_per_day=6,
        background_q=np.array([ONE_32 // 2, ONE_32 // 4 * 3], np.uint64),
        day=np.arange(steps) // 8,
    )
    return world, plan, [int(key) for key in rng.integers(0, 2**64, 2, dtype=np.uint64)]


def random_case(seed: int) -> tuple[World, Plan, list[int]]:
    """A world, a plan and three run keys; any mechanic may be on, at any value, extremes often."""
    rng = np.random.default_rng(seed)
    platforms, items = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    slots = [
        (i, p) for i in range(items) for p in range(platforms) if p == i % platforms or rng.random() < 0.6
    ]
    order = rng.permutation(len(slots))
    steps = int(pick(rng, rng.integers(1, 4), 12, 30, 30, *rng.integers(3, 60, 3), 200))
    lively = bool(rng.random() < 0.75)
    world = random_world(rng, lively, platforms, items)
    plan = certain_plan([slots[k] for k in order], steps, posts=())
    if plan.clock.shape[0] < platforms:  # the last platforms carry nothing
        platforms = plan.clock.shape[0]
        world = world._replace(indptr=world.indptr[:platforms], fan_ptr=world.fan_ptr[: platforms + 1])
    plan = plan._replace(
        item_key=rng.integers(0, 2**63, items, dtype=np.uint64),
        platform_key=rng.integers(0, 2**63, platforms, dtype=np.uint64),
        bin_of_step=np.arange(steps, dtype=np.int64) * min(steps, 10) // steps,
    )
    plan = random_feed(rng, lively, world, plan, steps)
    plan = random_people_side(rng, lively, plan, steps)
    plan = random_calendar(rng, lively, world, plan, steps)
    plan = plan._replace(market=random_market(np.random.default_rng([seed, 9]), world, items, steps))
    reaching = random_reaching(rng, world, plan, steps)
    reaching = random_influencers(np.random.default_rng([seed, 15]), reaching, len(plan.ask_step))
    plan = plan._replace(reaching=reaching)
    return world, plan, [int(key) for key in rng.integers(0, 2**64, 3, dtype=np.uint64)]


def single_case(seed: int) -> tuple[World, Plan, list[int]]:
    """As `random_case`, of what `viralsim.kernels.single` runs: one item on one platform, all views positive."""
    rng = np.random.default_rng([seed, 1])
    steps = int(pick(rng, rng.integers(1, 4), 12, 30, 30, *rng.integers(3, 60, 3), 200))
    lively = bool(rng.random() < 0.75)
    platform = int(rng.integers(2))
    world = random_world(rng, lively, platform + 1, 1)
    plan = certain_plan([(0, platform)], steps, posts=())._replace(
        item_key=rng.integers(0, 2**63, 1, dtype=np.uint64),
        platform_key=rng.integers(0, 2**63, platform + 1, dtype=np.uint64),
        bin_of_step=np.arange(steps, dtype=np.int64) * min(steps, 10) // steps,
    )
    plan = random_feed(rng, lively, world, plan, steps)._replace(ranked=np.zeros(1, np.uint8))
    certain = np.zeros((1, 255), np.uint64)
    plan = random_people_side(rng, lively, plan, steps)
    plan = plan._replace(notices_per_day=-1, negative_q=certain, neutral_q=certain)
    plan = random_calendar(rng, lively, world, plan, steps)
    reaching = random_rules(rng, no_reaching(), plan, steps)
    nobody = np.zeros((0, 4), np.uint64), np.zeros(0, np.uint8), np.zeros((0, 0), np.int64)
    plan = plan._replace(reaching=reaching._replace(follow_q=nobody[0], rival=nobody[1], patience=nobody[2]))
    return world, plan, [int(key) for key in rng.integers(0, 2**64, 3, dtype=np.uint64)]
