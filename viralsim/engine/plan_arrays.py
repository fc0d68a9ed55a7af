"""From content, numbers and calendar of a draw to the arrays of the kernel's plan (docs/model.md, sections 1 to 5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine import tables
from viralsim.engine.asking import make_asks
from viralsim.engine.audience import Audience
from viralsim.engine.deliveries import make_reaching
from viralsim.engine.market import make_market
from viralsim.engine.networks import Network
from viralsim.engine.rates import SlotRates
from viralsim.kernels import layout as lay
from viralsim.kernels.layout import Plan, World
from viralsim.rng import text_key

__all__ = ["make_plan"]

Slots = tuple[tuple[int, int], ...]
Part = dict[str, Any]  # fields of the plan by name


def make_plan(
    scenario: Any,
    audience: Audience,
    world: World,
    slots: Slots,
    rates: tuple[SlotRates, ...],
    n_steps: int,
    n_bins: int,
    key: int,
) -> Plan:
    """The arrays about content, numbers and calendar.

    Parameters
    ----------
    scenario : resolved document
    audience : Audience
    world : World
    slots : tuple of (item_idx, platform_idx)
    rates : tuple of SlotRates
        Of each slot.
    n_steps, n_bins : int
        Of the run, and of its curves.
    key : int
        Key of the draw.

    Raises
    ------
    ScenarioError
        If the audience cannot carry what is asked for.
    """
    slot_of = np.full((len(scenario.items), len(scenario.platforms)), -1, np.int64)
    for s, (i, p) in enumerate(slots):
        slot_of[i, p] = s
    asks = make_asks(scenario, audience, rates, slot_of, key)
    reaching = make_reaching(scenario, audience, world, slots, n_steps, key)
    return Plan(
        **_names(scenario, slots),
        slot_of=slot_of,
        **_chances(scenario, slots, rates),
        **_views(scenario.items),
        **_feed(scenario, slots, audience.networks),
        **_clock(scenario, n_steps, n_bins),
        **_attention(scenario.audience.attention),
        influence=bool(scenario.audience.influence),
        **_calendar(scenario, slot_of),
        **_asked(asks),
        market=make_market(scenario, audience.people),
        reaching=reaching._replace(asked=_influence(asks)),
    )


def _names(scenario: Any, slots: Slots) -> Part:
    """What there is: items, platforms, and where each item can appear."""
    return {
        "item_key": np.array([text_key(item.id) for item in scenario.items], np.uint64),
        "platform_key": np.array([text_key(name) for name in scenario.platforms], np.uint64),
        "slot_item": np.array([i for i, _ in slots], np.int64),
        "slot_platform": np.array([p for _, p in slots], np.int64),
    }


def _chances(scenario: Any, slots: Slots, rates: tuple[SlotRates, ...]) -> Part:
    """What people are shown and do, by slot."""
    platforms, calibration = list(scenario.platforms.values()), scenario.calibration
    return {
        "organic_reach": np.array([r.organic_reach for r in rates]),
        "visibility": np.array([r.visibility for r in rates]),
        "hazard_post": _hazards([r.share_noticed for r in rates], calibration.owned),
        "hazard_friend": _hazards([r.friend_share_noticed for r in rates], calibration.friend),
        "like_q": np.array([tables.coin(r.like_noticed) for r in rates], np.uint64),
        "comment_q": np.array([tables.coin(r.comment_noticed) for r in rates], np.uint64),
        "click_q": np.array([tables.coin(r.click_noticed) for r in rates], np.uint64),
        "copy_q": np.array([tables.coin(platforms[p].cross_post_prob) for _, p in slots], np.uint64),
    }


def _hazards(noticed: Sequence[float], factor: float) -> NDArray[np.float64]:
    """Exposure hazards of chances per noticed display, times a calibrated factor, at most certain."""
    found = np.array([tables.hazard(prob) for prob in noticed])
    return found if factor == 1.0 else np.minimum(found * float(factor), lay.HAZARD_CERTAIN)


def _views(items: Any) -> Part:
    """How exposure and others' views count, by item."""
    views = [tables.view_tables(x.negative, x.neutral, x.view_influence) for x in items]
    return {
        "response": np.stack([tables.response_table(item.response) for item in items]),
        "fatigue_q": np.stack([tables.fatigue_table(item.fatigue) for item in items]),
        "negative_q": np.stack([negative for negative, _ in views]),
        "neutral_q": np.stack([both for _, both in views]),
        "negative_share": np.array([float(item.negative_share_multiplier) for item in items]),
    }


def _feed(scenario: Any, slots: Slots, networks: tuple[Network, ...]) -> Part:
    """Ranking and delays of each platform's feed."""
    platforms, step = list(scenario.platforms.values()), scenario.run.step
    slower = scenario.calibration.delay
    ranks = [_tie_rank(platform, net) for platform, net in zip(platforms, networks, strict=True)]
    delays = [
        tables.delay_table(p.display_delay, (p.half_life or 0.0) * slower, p.rhythm, step) for p in platforms
    ]
    return {
        "tie_rank": np.stack(ranks),
        "ranked": _ranking(slots, platforms, scenario.items),
        "boost": np.array([_boost(platform) for platform in platforms]),
        "delay": np.stack(delays),
        "reaction": np.stack([tables.reaction_table(p.reaction_delay, step / slower) for p in platforms]),
    }


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


def _clock(scenario: Any, n_steps: int, n_bins: int) -> Part:
    """Each platform's activity clock, and the day and the curves' bin of every step."""
    run = scenario.run
    clocks = [
        tables.clock_of_run(platform.rhythm, run.start, run.step, n_steps)
        for platform in scenario.platforms.values()
    ]
    longest = max(guess.size for _, guess in clocks)
    begin = run.start.hour + run.start.minute / 60
    return {
        "clock": np.stack([clock for clock, _ in clocks]),
        "clock_step": np.stack([_padded(guess, longest, n_steps - 1) for _, guess in clocks]).astype(
            np.int32
        ),
        "day": np.floor((begin + np.arange(n_steps) * run.step) / 24 + 1e-9).astype(np.int64),
        "bin_of_step": (np.arange(n_steps) * n_bins // n_steps).astype(np.int64),
    }


def _padded(values: NDArray[np.int32], length: int, value: int) -> NDArray[np.int32]:
    """An array made longer with a value at its end."""
    return (
        values if values.size == length else np.pad(values, (0, length - values.size), constant_values=value)
    )


def _attention(attention: Any) -> Part:
    """How much a person notices a day, and what of it is not modelled."""
    limited = attention.kind == "budget"
    return {
        "notices_per_day": min(int(attention.notices_per_day), 63) if limited else -1,
        "background_q": tables.background_table(attention.background_per_day if limited else 0.0),
    }


def _calendar(scenario: Any, slot_of: NDArray[np.int64]) -> Part:
    """Posts in order of time: step, slot, and how many went before on the slot."""
    items = {item.id: i for i, item in enumerate(scenario.items)}
    platforms = {name: p for p, name in enumerate(scenario.platforms)}
    rows: list[tuple[int, int, int]] = []
    seen: dict[int, int] = {}
    for post in sorted(scenario.campaign.posts, key=lambda post: post.at):
        slot = int(slot_of[items[post.item], platforms[post.platform]])
        seen[slot] = seen.get(slot, -1) + 1
        rows.append((math.floor(post.at / scenario.run.step + 1e-9), slot, seen[slot]))
    posts = np.array(rows, np.int64).reshape(-1, 3)
    return {f"post_{name}": posts[:, k].copy() for k, name in enumerate(("step", "slot", "ordinal"))}


def _asked(asks: NDArray[Any]) -> Part:
    """People asked to share, in order of time."""
    return {f"ask_{name}": asks[name].copy() for name in ("step", "slot", "person", "q", "paid", "price")}


def _influence(asks: NDArray[Any]) -> NDArray[np.float64]:
    """Factors of what each person asked shows (float64[asks, 2]); shape (0, 2) where all are 1."""
    factors = np.stack([asks["engaging"], asks["acting"]], axis=1)
    return factors if (factors != 1.0).any() else np.zeros((0, 2))
