"""Paid flights and discovery in plain Python, written from docs/model.md, sections 9 and 10, alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twins.counting import Display, Node, Share
from viralsim.kernels.layout import Plan, World
from viralsim.rng import derive

if TYPE_CHECKING:
    from twins.spread import Event, Replicate

__all__ = ["Delivery", "apply_rules", "count_extra", "own_nodes"]


def below(word: int, bound: int) -> int:
    return ((word & 0xFFFFFFFF) * bound) >> 32


class Delivery:
    """A paid flight, or the discovery of one item on one platform."""

    def __init__(self, run: Replicate, number: int) -> None:
        reaching = run.plan.reaching
        self.run, self.number, self.slot = run, number, int(reaching.slot[number])
        self.platform = int(run.plan.slot_platform[self.slot])
        self.is_discovery = bool(reaching.discovery[number])
        first, last = int(reaching.first[number]), int(reaching.first[number + 1])
        self.open = [int(person) for person in reaching.people[first:last]]
        self.times = dict.fromkeys(self.open, 0)
        self.cap, self.pace = int(reaching.cap[number]), float(reaching.pace[number])
        self.begin, self.end = int(reaching.begin[number]), int(reaching.end[number])
        self.interval = self.end
        self.planned = 0 if self.is_discovery else int(reaching.displays[number])
        self.bought, self.words = 0, 0
        self.changed = (0, self.begin)  # displays bought, and step, when the plan was last changed
        self.source: Event | None = None
        self.shown, self.engaged = 0, 0  # of this wave
        self.last_step = len(run.plan.day)
        self.price = float(reaching.price[number])
        self.trigger, self.least = float(reaching.trigger[number]), int(reaching.least[number])
        word = int(reaching.number[number])
        self.choice_key = derive(run.slot_word(40, self.slot), word)
        self.view_key = derive(run.slot_word(41, self.slot), word)

    def event(self, step: int) -> Event:
        """What is displayed in a step; an ad, or what was published first."""
        from twins.spread import POSITIVE, Event

        item = int(self.run.plan.slot_item[self.slot])
        source = self.source
        return Event(
            slot=self.slot,
            item=item,
            platform=self.platform,
            person=None,
            polarity=source.polarity if source else POSITIVE,
            origin=source.origin if source else "paid",
            event_key=0,
            delay_key=0,
            view_key=derive(self.view_key, step),
            sharer=source.sharer if source else None,
            delivery=self.number,
            discovery=self.is_discovery,
            asked=source.asked if source else None,
        )

    def how_many(self, step: int) -> int:
        clock = self.run.clocks[self.platform]
        left = self.planned - self.bought
        if left <= 0:
            return 0
        if self.pace > 0.0:
            n = min(left, math.floor(len(self.open) * self.pace * float(clock[step + 1] - clock[step]) / 256))
        else:
            had, since = self.changed
            whole = clock[self.end] - clock[since]
            if whole == 0:
                return 0
            n = had + (self.planned - had) * (clock[step + 1] - clock[since]) // whole - self.bought
        return min(len(self.open), n)

    def chosen(self, step: int) -> list[int]:
        """People shown the item in a step, each once."""
        if self.begin < 0 or not self.begin <= step < self.end:
            return []
        count, people = self.how_many(step), self.open
        for i in range(count):
            j = i + below(derive(self.choice_key, self.words), len(people) - i)
            self.words += 1
            people[i], people[j] = people[j], people[i]
        shown = people[:count]
        for i in reversed(range(count)):
            person = people[i]
            self.times[person] += 1
            if self.times[person] == self.cap:
                people[i] = people[-1]
                people.pop()
        self.bought += count
        self.shown += count
        return shown

    def start_wave(self, step: int, published: list[Event]) -> None:
        if self.source is None and published:
            by_people = lambda event: (event.person is not None, event.view_key)  # noqa: E731
            self.source = min(published, key=by_people)
            self.plan_wave(step + 1, int(self.run.plan.reaching.displays[self.number]))

    def plan_wave(self, step: int, size: int) -> None:
        self.begin, self.end = step, min(step + self.interval, self.last_step)
        if step >= self.last_step:
            self.begin = -1
            return
        self.shown, self.engaged = 0, 0
        self.changed = (self.bought, step)
        self.planned = self.bought + min(size, len(self.open))

    def judge_wave(self, step: int) -> None:
        """At the end of the last step of a wave."""
        if self.begin < 0 or self.end != step + 1:
            return
        if self.shown == 0:
            self.plan_wave(step + 1, self.planned - self.bought)
            return
        reaching = self.run.plan.reaching
        benchmark, growth = float(reaching.benchmark[self.number]), float(reaching.growth[self.number])
        size = math.floor(self.shown * min(growth, (self.engaged / self.shown) / benchmark))
        if size == 0 or not self.open:
            self.begin = -1
        else:
            self.plan_wave(step + 1, size)


def count_extra(
    world: World, plan: Plan, displays: list[Display], shares: list[Share], moves: list[tuple[int, int, bool]]
) -> NDArray[np.int64]:
    """`Tallies.extra` of one replicate, from the log."""
    segment = world.segment
    extra = np.zeros((len(plan.slot_item), int(max(segment)) + 1, 6), np.int64)
    for display in displays:
        cell = extra[display.slot, segment[display.person]]
        cell[0] += display.discovery
        cell[1] += display.dark
        cell[2] += display.echo
    for share in shares:
        extra[share.slot, segment[share.person], 3] += share.private
    for slot, person, won in moves:
        extra[slot, segment[person], 4 if won else 5] += 1
    return extra


# Section 13: rules


def engagement(run: Replicate, slots: set[int]) -> tuple[int, int]:
    """Impressions and engagements so far on these slots."""
    displays = [display for display in run.displays if display.slot in slots]
    acts = sum(d.liked + (d.comment is not None) + d.clicked for d in displays)
    return len(displays), acts + sum(1 for share in run.shares if share.slot in slots and not share.asked)


def apply_rules(run: Replicate, step: int) -> None:
    reaching = run.plan.reaching
    for when, least in zip(reaching.rule_step, reaching.rule_least, strict=True):
        if when == step + 1:
            move_budget(run, step, int(least))
    for flight in run.deliveries:
        if flight.trigger == 0.0 or flight.begin >= 0 or step + 1 >= flight.last_step:
            continue
        impressions, engagements = engagement(run, {flight.slot})
        if 0 < impressions >= flight.least and engagements >= flight.trigger * impressions:
            flight.begin, flight.end = step + 1, min(step + 1 + flight.interval, flight.last_step)
            flight.changed = (flight.changed[0], step + 1)


def move_budget(run: Replicate, step: int, least: int) -> None:
    plan = run.plan
    flights = [d for d in run.deliveries if not d.is_discovery and d.begin >= 0]
    rates = {}
    for item in {int(plan.slot_item[d.slot]) for d in flights if d.end > step + 1}:
        slots = {s for s, i in enumerate(plan.slot_item) if i == item}
        impressions, engagements = engagement(run, slots)
        if 0 < impressions >= least:
            rates[item] = engagements / impressions
    if not rates:
        return
    best = min(rates, key=lambda item: (-rates[item], int(plan.item_key[item])))
    receiving = [d for d in flights if d.end > step + 1 and int(plan.slot_item[d.slot]) == best]
    money = 0.0
    for flight in flights:
        if flight not in receiving:
            money += (flight.planned - flight.bought) * flight.price
            flight.planned = flight.bought
    for flight in receiving:
        more = math.floor(money / len(receiving) / flight.price + 1e-9)
        flight.planned = min(flight.planned + more, 2_000_000_000)
        flight.changed = (flight.bought, max(step + 1, flight.begin))


# Section 14: competitors


def own_nodes(plan: Plan, nodes: list[Node]) -> list[Node]:
    """The share trees of the brand's items alone."""
    rival = plan.reaching.rival
    if not len(rival):
        return nodes
    kept = [number for number, node in enumerate(nodes) if not rival[node.slot]]
    place = {number: position for position, number in enumerate(kept)} | {-1: -1}
    return [replace(nodes[number], parent=place[nodes[number].parent]) for number in kept]
