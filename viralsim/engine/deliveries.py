"""From a scenario's paid flights and platforms' discovery to the arrays of `viralsim.kernels.reaching`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.people import person_words
from viralsim.engine.tables import coin
from viralsim.errors import ScenarioError
from viralsim.kernels import reaching as kernel
from viralsim.kernels.layout import World
from viralsim.kernels.reaching import Reaching, no_reaching
from viralsim.rng import derive, text_key
from viralsim.spec.targets import targeted_segments

if TYPE_CHECKING:
    from viralsim.engine.audience import Audience

__all__ = ["flight_price", "make_reaching", "mechanics_of", "rival_lists", "staff_costs"]

Row = dict[str, Any]
_NO_WAVES: Row = {"discovery": 0, "benchmark": 1.0, "growth": 1.0, "trigger": 0.0, "least": 0}


def make_reaching(
    scenario: Any,
    audience: Audience,
    world: World,
    slots: Sequence[tuple[int, int]],
    n_steps: int,
    key: int,
) -> Reaching:
    """The deliveries of one draw.

    Parameters
    ----------
    scenario : resolved document
    audience : Audience
    world : World
    slots : sequence of (item_idx, platform_idx)
    n_steps : int
    key : int
        Key of the draw.

    Raises
    ------
    ScenarioError
        If there are more than 255.
    """
    rows = _flights(scenario, audience, slots, n_steps) + _boosts(scenario, audience, slots)
    rows += _discoveries(scenario, audience, world, slots, key)
    if len(rows) > kernel.MAX_DELIVERIES:
        raise ScenarioError(
            f"campaign.paid: {len(rows)} flights and discoveries of items; at most {kernel.MAX_DELIVERIES} are allowed"
        )
    passed_on = {
        **_passing_on(scenario, slots),
        **_rules(scenario, slots),
        **_following(scenario, slots, n_steps),
    }
    if not rows:
        return no_reaching()._replace(**passed_on)
    lists = [row.pop("people") for row in rows]
    columns = {
        name: np.array([row[name] for row in rows], column.dtype)
        for name, column in no_reaching()._asdict().items()
        if name in rows[0]
    }
    first = np.cumsum([0, *(people.size for people in lists)]).astype(np.int64)
    people = np.concatenate(lists).astype(np.int32)
    return no_reaching()._replace(first=first, people=people, **columns, **passed_on)


def _passing_on(scenario: Any, slots: Sequence[tuple[int, int]]) -> dict[str, NDArray[Any]]:
    """Private shares, and likes and comments that are shown, by slot; what is nowhere in use is left out."""
    platforms = list(scenario.platforms.values())
    made: dict[str, NDArray[Any]] = {}
    private = [platforms[p].private_sharing for _, p in slots]
    if any(entry.kind != "none" for entry in private):
        on = [entry if entry.kind != "none" else None for entry in private]
        made["private_q"] = np.array([coin(entry.part) if entry else 0 for entry in on], np.uint64)
        made["private_shown_q"] = np.array(
            [coin(entry.visibility) if entry else 0 for entry in on], np.uint64
        )
        made["private_most"] = np.array([entry.most if entry else 1 for entry in on], np.int64)
    seen = [platforms[p].visible_counts for _, p in slots]
    if any(counts.kind != "none" for counts in seen):
        rows = [(c.strength, c.reference, c.most) if c.kind != "none" else (0.0, 1.0, 1.0) for c in seen]
        made["visible"] = np.array(rows, np.float64)
    for name in ("like", "comment"):
        made[f"{name}_shown"] = np.array(
            [getattr(platforms[p], f"{name}_visibility") for _, p in slots], np.float64
        )
    if not made["like_shown"].any() and not made["comment_shown"].any():
        del made["like_shown"], made["comment_shown"]
    return made


def _following(scenario: Any, slots: Sequence[tuple[int, int]], n_steps: int) -> dict[str, NDArray[Any]]:
    """Chances to follow and to leave by slot, and when patience is at an end; nothing where nobody does."""
    platforms = [platform.following for platform in scenario.platforms.values()]
    if all(following.kind == "none" for following in platforms):
        return {}
    chances = np.zeros((len(slots), 4), np.uint64)
    for s, (i, p) in enumerate(slots):
        following = platforms[p]
        if following.kind != "none" and scenario.items[i].brand is None:
            chances[s, kernel.F_CLICK] = coin(following.follow_prob_click)
            chances[s, kernel.F_NOTICE] = coin(following.follow_prob_notice)
            chances[s, kernel.F_NEGATIVE] = coin(following.unfollow_prob_negative)
            chances[s, kernel.F_TIRED] = coin(following.unfollow_prob_tired)
    weeks = np.maximum(np.arange(1, n_steps + 1) * float(scenario.run.step) / 168.0, 1.0)
    patience = [0.0 if f.kind == "none" else float(f.patience_per_week) for f in platforms]
    return {
        "follow_q": chances,
        "patience": np.floor(np.outer(patience, weeks) + 1e-9).astype(np.int64),
    }


def flight_price(flight: Any, scenario: Any) -> float:
    """US$ of one display of a flight."""
    cpm = scenario.platforms[flight.platform].cpm if flight.cpm is None else flight.cpm
    return float(cpm) / 1000.0


def _in_key_order(audience: Audience, who: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Positions of the chosen people, by person key."""
    chosen = np.flatnonzero(who)
    return chosen[np.argsort(audience.people.key[chosen], kind="stable")]


def _flights(scenario: Any, audience: Audience, slots: Sequence[tuple[int, int]], n_steps: int) -> list[Row]:
    """One row per paid flight, in a fixed order."""
    items = {item.id: i for i, item in enumerate(scenario.items)}
    platforms = {name: p for p, name in enumerate(scenario.platforms)}
    segments = {segment.name: g for g, segment in enumerate(scenario.audience.segments)}
    step = float(scenario.run.step)
    seen: dict[int, int] = {}
    rows = []
    for flight in sorted(scenario.campaign.paid, key=lambda flight: _order(flight, scenario)):
        p = platforms[flight.platform]
        slot = slots.index((items[flight.item], p))
        seen[slot] = seen.get(slot, -1) + 1
        who = audience.networks[p].account
        if flight.target:
            targets = [
                segments[name] for name in targeted_segments(flight.target, scenario.audience.segments)
            ]
            who = who & np.isin(audience.people.segment, targets)
        price = flight_price(flight, scenario)
        end = math.ceil(min(flight.end_hours / step, n_steps) - 1e-9)
        row = {
            "slot": slot,
            "number": seen[slot],
            "people": _in_key_order(audience, who),
            "begin": math.floor(flight.begin_hours / step + 1e-9),
            "end": end,
            "displays": min(math.floor(flight.budget / price * (1 + 1e-12)), kernel.MOST_DISPLAYS),
            "cap": flight.frequency_cap,
            "pace": min(1.0, step) if flight.pacing == "fast" else 0.0,
            "share": float(flight.share_multiplier * scenario.calibration.paid / scenario.calibration.owned),
            "price": price,
        }
        rows.append({**_NO_WAVES, **row})
    return rows


def _boosts(scenario: Any, audience: Audience, slots: Sequence[tuple[int, int]]) -> list[Row]:
    """One waiting flight per rule that boosts and slot on which the brand posts."""
    names, step, rows = list(scenario.platforms), float(scenario.run.step), []
    rules = sorted((rule for rule in scenario.campaign.rules if rule.kind == "boost"), key=_boost_order)
    posted = {(post.item, post.platform) for post in scenario.campaign.posts}
    for number, rule in enumerate(rules):
        for s, (i, p) in enumerate(slots):
            item = scenario.items[i]
            if item.brand is not None or (item.id, names[p]) not in posted:
                continue
            cpm = scenario.platforms[names[p]].cpm if rule.cpm is None else rule.cpm
            price = float(cpm) / 1000.0
            row = {
                "slot": s,
                "number": kernel.BOOST_NUMBER + number,
                "people": _in_key_order(audience, audience.networks[p].account),
                "begin": -1,
                "end": max(round(float(rule.duration) / step), 1),
                "displays": min(math.floor(rule.budget / price * (1 + 1e-12)), kernel.MOST_DISPLAYS),
                "cap": rule.frequency_cap,
                "pace": 0.0,
                "share": float(rule.share_multiplier),
                "price": price,
                "trigger": max(float(rule.above), 1e-300),
                "least": rule.least_impressions,
            }
            rows.append({**_NO_WAVES, **row})
    return rows


def _boost_order(rule: Any) -> tuple[float, ...]:
    """What rules that boost are numbered by: their figures, not their place in the list."""
    cpm = -1.0 if rule.cpm is None else float(rule.cpm)
    figures = (rule.above, rule.budget, cpm, rule.duration, rule.frequency_cap, rule.share_multiplier)
    return tuple(float(x) for x in (*figures, rule.least_impressions))


def _rules(scenario: Any, slots: Sequence[tuple[int, int]]) -> dict[str, NDArray[Any]]:
    """Moves of the budget, platform events and whose slots are whose; what is not in use is left out."""
    step, made = float(scenario.run.step), {}
    moves = sorted(
        (math.floor(rule.at / step + 1e-9), rule.least_impressions)
        for rule in scenario.campaign.rules
        if rule.kind == "move-budget"
    )
    made["rule_step"] = np.array([max(when, 1) for when, _ in moves], np.int64)
    made["rule_least"] = np.array([least for _, least in moves], np.int64)
    events = sorted(
        (math.floor(event.at / step + 1e-9), p, float(event.organic_reach), float(event.peer_visibility))
        for p, platform in enumerate(scenario.platforms.values())
        for event in platform.events
    )
    for column, (name, kind) in enumerate(
        (("step", np.int64), ("platform", np.int64), ("reach", np.float64), ("visibility", np.float64))
    ):
        made[f"event_{name}"] = np.array([event[column] for event in events], kind)
    brands = [scenario.items[i].brand for i, _ in slots]
    if any(brand is not None for brand in brands):
        lists = rival_lists(scenario)
        names = list(scenario.platforms)
        made["rival"] = np.array([brand is not None for brand in brands], np.uint8)
        made["fans"] = np.array(
            [
                p if brand is None else len(names) + lists.index((names[p], brand))
                for (_, p), brand in zip(slots, brands, strict=True)
            ],
            np.int64,
        )
    return made


def rival_lists(scenario: Any) -> list[tuple[str, str]]:
    """(platform, competitor) of the lists of followers that stand after the brand's own.

    An item of a competitor may be copied to a platform where it has no followers: that list is empty.
    """
    brands = sorted({item.brand for item in scenario.items if item.brand is not None})
    return [(name, brand) for name in scenario.platforms for brand in brands]


def _order(flight: Any, scenario: Any) -> tuple[Any, ...]:
    """What flights are numbered by: their own numbers, not their place in the list."""
    cpm = -1.0 if flight.cpm is None else float(flight.cpm)
    target = tuple(sorted(targeted_segments(flight.target, scenario.audience.segments)))
    return (flight.begin_hours, flight.end_hours, float(flight.budget), cpm, flight.frequency_cap,
            flight.pacing, target, float(flight.share_multiplier))  # fmt: skip


def _discoveries(
    scenario: Any, audience: Audience, world: World, slots: Sequence[tuple[int, int]], key: int
) -> list[Row]:
    """One row per item on a platform with discovery."""
    names, rows = list(scenario.platforms), []
    step = float(scenario.run.step)
    for s, (i, p) in enumerate(slots):
        waves = scenario.platforms[names[p]].discovery
        if waves.kind == "none" or scenario.items[i].brand is not None:
            continue
        outside = audience.networks[p].account.copy()
        outside[world.fans[world.fan_ptr[p] : world.fan_ptr[p + 1]]] = False
        people = _in_key_order(audience, outside)
        order_key = derive(
            derive(derive(key, kernel.P_DISCOVERY_ORDER), text_key(scenario.items[i].id)), text_key(names[p])
        )
        order = np.argsort(person_words(order_key, audience.people.key)[people], kind="stable")
        people = people[order[: math.floor(float(waves.most) * people.size + 1e-9)]]
        row = {
            "slot": s,
            "number": kernel.DISCOVERY_NUMBER,
            "people": people,
            "begin": -1,
            "end": max(round(float(waves.interval) / step), 1),
            "displays": waves.first_wave,
            "benchmark": float(waves.benchmark),
            "growth": float(waves.growth),
        }
        rows.append(
            {
                "discovery": 1,
                "cap": 1,
                "pace": 0.0,
                "share": 1.0,
                "price": 0.0,
                "trigger": 0.0,
                "least": 0,
                **row,
            }
        )
    return rows


def mechanics_of(scenario: Any) -> frozenset[str]:
    """Which ways to reach people beyond posts and shares a scenario has."""
    found = set()
    if scenario.campaign.paid or any(rule.kind == "boost" for rule in scenario.campaign.rules):
        found.add("paid")
    if any(platform.discovery.kind != "none" for platform in scenario.platforms.values()):
        found.add("discovery")
    if any(platform.private_sharing.kind != "none" for platform in scenario.platforms.values()):
        found.add("private")
    if any(p.like_visibility > 0 or p.comment_visibility > 0 for p in scenario.platforms.values()):
        found.add("engagement")
    if any(platform.following.kind != "none" for platform in scenario.platforms.values()):
        found.add("following")
    if any(item.brand is not None for item in scenario.items):
        found.add("rivals")
    if scenario.campaign.staff.price_per_hour > 0:
        found.add("staff")
    return frozenset(found)


def staff_costs(scenario: Any) -> tuple[float, float]:
    """US$ of working time: for the brand's posts, and for each flight that runs."""
    staff, items = scenario.campaign.staff, {item.id: item for item in scenario.items}
    posts = sum(1 for post in scenario.campaign.posts if items[post.item].brand is None)
    hours, price = staff.hours_per_post * posts, staff.price_per_hour
    return float(hours * price), float(staff.hours_per_flight * price)
