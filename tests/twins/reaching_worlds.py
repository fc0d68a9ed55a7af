"""Random paid flights and discovery for the comparison of kernel and twin."""

from __future__ import annotations

from typing import Any

import numpy as np

from viralsim.kernels.layout import Plan, World
from viralsim.kernels.reaching import Reaching, no_reaching

__all__ = ["make_reaching", "random_influencers", "random_reaching"]

Rng = np.random.Generator


def pick(rng: Rng, *options: Any) -> Any:
    """One of the options."""
    return options[int(rng.integers(len(options)))]


def make_reaching(entries: list[dict[str, Any]]) -> Reaching:
    """Deliveries from one mapping each; `people` is a list, what is not given is neutral."""
    usual = {
        "number": 0, "discovery": 0, "begin": 0, "end": 1, "displays": 1, "cap": 255, "pace": 0.0, "share": 1.0,
        "price": 0.5, "benchmark": 1.0, "growth": 1.0, "trigger": 0.0, "least": 0,
    }  # fmt: skip
    rows = [{**usual, **entry} for entry in entries]
    lists = [list(row.pop("people")) for row in rows]
    columns = {
        name: np.array([row[name] for row in rows], column.dtype)
        for name, column in no_reaching()._asdict().items()
        if name in usual or name in ("slot",)
    }
    first = np.cumsum([0, *(len(people) for people in lists)]).astype(np.int64)
    people = np.array([person for people in lists for person in people], np.int32)
    return no_reaching()._replace(first=first, people=people, **columns)


def random_reaching(rng: Rng, world: World, plan: Plan, steps: int) -> Reaching:
    """None, or up to four flights and discoveries to some of the account holders."""
    entries = []
    for number in range(int(pick(rng, 0, 0, 1, 2, 4))):
        slot = int(rng.integers(len(plan.slot_item)))
        holders = np.flatnonzero(world.account >> np.uint8(plan.slot_platform[slot]) & 1)
        people = holders[rng.random(holders.size) < pick(rng, 1.0, 1.0, 0.5)]
        found = {entry["slot"] for entry in entries if entry["discovery"]}
        discovery = bool(rng.integers(2)) and slot not in found  # a slot has one at most
        begin = int(rng.integers(steps))
        entry = {
            "slot": slot,
            "number": 2**63 if discovery else number,
            "discovery": discovery,
            "people": people,
            "begin": -1 if discovery else begin,
            "end": int(rng.integers(1, 6)) if discovery else int(rng.integers(begin + 1, steps + 1)),
            "displays": int(pick(rng, 0, 1, 5, 20, 1000)),
            "cap": 1 if discovery else int(pick(rng, 1, 3, 255)),
            "pace": 0.0 if discovery else float(pick(rng, 0.0, 0.1, 1.0)),
            "share": float(pick(rng, 1.0, 0.0, 0.3, 3.0)),
            "price": float(rng.random()),
            "benchmark": float(pick(rng, 0.05, 0.3, 1.0)),
            "growth": float(pick(rng, 0.5, 1.0, 3.0)),
        }
        if not discovery and rng.random() < 0.3:  # waits
            entry |= {"begin": -1, "end": int(rng.integers(1, steps + 1)), "least": int(pick(rng, 0, 5, 30))}
            entry["trigger"] = float(pick(rng, 0.01, 0.3, 1.0))
        entries.append(entry)
    reaching = random_passing_on(rng, make_reaching(entries), len(plan.slot_item))
    return random_rules(rng, reaching, plan, steps)


def random_influencers(rng: Rng, reaching: Reaching, asks: int) -> Reaching:
    """Factors of what each person asked shows, or none."""
    if not asks or pick(rng, True, False):
        return reaching
    factors = [[float(pick(rng, 0.5, 1.0, 3.0, 20.0, rng.random())) for _ in range(2)] for _ in range(asks)]
    return reaching._replace(asked=np.array(factors))


def random_rules(rng: Rng, reaching: Reaching, plan: Plan, steps: int) -> Reaching:
    """Platform events, moves of the budget, competitors' items, or not."""
    events, moves, platforms = int(pick(rng, 0, 0, 1, 2)), int(pick(rng, 0, 1, 2)), len(plan.platform_key)
    if pick(rng, True, False, False):
        rival = rng.random(len(plan.item_key)) < 0.5
        reaching = reaching._replace(
            rival=rival[plan.slot_item].astype(np.uint8),
            fans=rng.integers(0, platforms, len(plan.slot_item)),
        )
    if pick(rng, True, False, False):
        seen = [[pick(rng, 0.0, 0.5, 3.0), pick(rng, 1.0, 20.0), pick(rng, 1.0, 4.0)] for _ in plan.slot_item]
        reaching = reaching._replace(visible=np.array(seen, np.float64))
    reaching = reaching._replace(
        rule_step=np.sort(rng.integers(1, steps + 1, moves)),
        rule_least=np.array([int(pick(rng, 0, 1, 20)) for _ in range(moves)], np.int64),
        event_step=np.sort(rng.integers(0, steps, events)),
        event_platform=rng.integers(0, platforms, events),
        event_reach=np.array([float(pick(rng, 0.0, 0.5, 2.0)) for _ in range(events)]),
        event_visibility=np.array([float(pick(rng, 0.0, 0.5, 2.0)) for _ in range(events)]),
    )
    if pick(rng, True, False, False):
        chances = [[int(2**32 * pick(rng, 0.0, 1.0, 0.3)) for _ in range(4)] for _ in plan.slot_item]
        reaching = reaching._replace(
            follow_q=np.array(chances, np.uint64),
            patience=np.sort(rng.integers(0, 6, (platforms, steps)), axis=1),
        )
    return reaching


def words(rng: Rng, n_slots: int) -> np.ndarray:
    """A probability for each slot, in 2^-32."""
    return np.array([int(2**32 * pick(rng, 0.0, 1.0, rng.random())) for _ in range(n_slots)], np.uint64)


def random_passing_on(rng: Rng, reaching: Reaching, n_slots: int) -> Reaching:
    """Private shares, and likes and comments that are shown, or not."""
    if pick(rng, True, False):
        reaching = reaching._replace(
            private_q=words(rng, n_slots),
            private_shown_q=words(rng, n_slots),
            private_most=rng.integers(1, 4, n_slots),
        )
    if pick(rng, True, False):
        shown = [[float(pick(rng, 0.0, 1.0, 0.3, rng.random())) for _ in range(n_slots)] for _ in range(2)]
        reaching = reaching._replace(like_shown=np.array(shown[0]), comment_shown=np.array(shown[1]))
    return reaching
