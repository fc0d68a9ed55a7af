"""The spreading of content in plain Python, written from docs/model.md alone.

Nothing here is fast. Each function is one paragraph of the page, in the page's words and order: lists of
displays by step, sets of people, sorted(). Everything that happens is logged, and the counts are taken from the
log at the end. Numbers are Python integers and floats, multiplied in the order the page states.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twins.counting import (
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    Display,
    Node,
    Share,
    count_curves,
    count_events,
    count_people,
    summarise_trees,
)
from twins.following import Followers
from twins.market import Shop
from twins.reaching import Delivery, apply_rules, count_extra, own_nodes
from viralsim.kernels.layout import Plan, World
from viralsim.rng import derive, exponential, log

__all__ = ["TwinResult", "simulate_replicate"]

UNTIED = 128  # 255 x tie of a file without weights


def low32(word: int) -> int:
    return word & 0xFFFFFFFF


def high32(word: int) -> int:
    return word >> 32


def below(word: int, bound: int) -> int:
    return (low32(word) * bound) >> 32


@dataclass(frozen=True)
class Event:
    """A post (person None) or a share, and what its displays must know of it."""

    slot: int
    item: int
    platform: int
    person: int | None
    polarity: int
    origin: str
    event_key: int
    delay_key: int
    view_key: int
    sharer: int | None = None  # the person whose share it goes back to
    delivery: int | None = None  # number of the paid flight or discovery
    discovery: bool = False
    dark: bool = False
    echo: bool = False  # somebody's like or comment
    asked: int | None = None  # number of the ask whose factors its displays have (section 16)

    @property
    def is_friend(self) -> bool:
        """Whether it is shown as a share by somebody one follows."""
        return self.person is not None and not self.echo


@dataclass(frozen=True)
class Planned:
    """A display that waits for its step."""

    event: Event
    person: int
    tie_255: int
    h: int


@dataclass(frozen=True)
class Crossing:
    """Somebody who will share on a slot, and why."""

    slot: int
    person: int
    cause: Event
    polarity: int


@dataclass(frozen=True)
class TwinResult:
    """What `viralsim.metrics.tallies.Tallies` holds of one replicate, and the nodes themselves."""

    counts: NDArray[np.int64]  # [S, G, 16]
    people: NDArray[np.int64]  # [4, 1 + I + P + S, G]
    curves: NDArray[np.int64]  # [5, S, B]
    trees: NDArray[np.int64]  # [12]
    generations: NDArray[np.int64]  # [64]
    tree_sizes: NDArray[np.int64]  # [40]
    seed_cost: float
    deals: NDArray[np.int64]  # [(S + 1) x G x 12], flat; empty when nothing is sold and nobody answers
    lines: NDArray[np.int64]  # [7, B]
    wait: float
    extra: NDArray[np.int64]  # [S, G, 6]
    bought: NDArray[np.int64]  # [D]
    nodes: list[Node] = field(default_factory=list)


class Replicate:
    """All that changes while one replicate runs."""

    def __init__(self, world: World, plan: Plan, run_key: int) -> None:
        self.world, self.plan, self.run_key = world, plan, int(run_key)
        self.keys = [int(key) for key in world.person_key]
        self.clocks = [[int(value) for value in clock] for clock in plan.clock]
        self.planned: dict[int, list[Planned]] = defaultdict(list)  # by step
        self.crossings: dict[int, list[Crossing]] = defaultdict(list)  # by step of the share
        self.boost = [1.0 for _ in plan.slot_item]
        self.reach_now = [float(p) for p in plan.organic_reach]
        self.like_now = [int(q) for q in plan.like_q]
        self.proof = [1.0 for _ in plan.slot_item]
        self.visibility_now = [float(p) for p in plan.visibility]
        # what has happened, by (person, item), (person, slot) or (person, day)
        self.times_displayed: dict[tuple[int, int], int] = defaultdict(int)
        self.score: dict[tuple[int, int], int] = defaultdict(int)
        self.sharers_noticed: dict[tuple[int, int], int] = defaultdict(int)
        self.hazard: dict[tuple[int, int], int] = defaultdict(int)
        self.crossed: set[tuple[int, int]] = set()
        self.shared: set[tuple[int, int]] = set()
        self.noticed_on_day: dict[tuple[int, int], int] = defaultdict(int)
        # the log
        self.displays: list[Display] = []
        self.shares: list[Share] = []
        self.echoes: list[tuple[Event, float]] = []  # likes and comments of this step that others see
        self.echoed: set[tuple[int, int, int]] = set()
        self.published: list[Event] = []  # by the brand and people asked, in this step
        self.nodes: list[Node] = []
        self.node_of: dict[tuple[int, int], int] = {}  # (item, person)
        self.seed_cost = 0.0
        self.shop = Shop(self)  # section 12
        self.followers = Followers(self)  # section 15
        self.deliveries = [Delivery(self, number) for number in range(len(plan.reaching.slot))]

    # Section 6: keys

    def item_word(self, purpose: int, item: int) -> int:
        return derive(derive(self.run_key, purpose), int(self.plan.item_key[item]))

    def slot_word(self, purpose: int, slot: int) -> int:
        item, platform = int(self.plan.slot_item[slot]), int(self.plan.slot_platform[slot])
        return derive(self.item_word(purpose, item), int(self.plan.platform_key[platform]))

    def person_word(self, purpose: int, slot: int, person: int) -> int:
        return derive(self.slot_word(purpose, slot), self.keys[person])

    def event_of_person(self, slot: int, person: int, polarity: int, origin: str) -> Event:
        keys = [self.person_word(purpose, slot, person) for purpose in (10, 11, 12)]
        return self.event(slot, person, polarity, origin, keys)

    def event_of_post(self, slot: int, ordinal: int) -> Event:
        keys = [derive(derive(self.slot_word(purpose, slot), 2**63), ordinal) for purpose in (10, 11, 12)]
        return self.event(slot, None, POSITIVE, "owned", keys)

    def event(self, slot: int, person: int | None, polarity: int, origin: str, keys: list[int]) -> Event:
        item, platform = int(self.plan.slot_item[slot]), int(self.plan.slot_platform[slot])
        return Event(slot, item, platform, person, polarity, origin, keys[0], keys[1], keys[2], sharer=person)

    # Section 2: one step

    def run(self) -> None:
        for step in range(len(self.plan.day)):
            self.happen(step)
            self.deliver(step)
            self.show_displays(step)
            self.publish_posts(step)
            self.publish_asked(step)
            own_shares = self.publish_reactions(step)
            self.publish_copies(step, own_shares)
            self.publish_echoes(step)
            self.update_boosts()
            self.update_deliveries(step)
            apply_rules(self, step)
            self.count_visibly()
            self.followers.end_step(step)
            self.shop.end_step(step)

    def count_visibly(self) -> None:
        for slot, (strength, reference, most) in enumerate(self.plan.reaching.visible):
            if strength == 0.0:
                continue
            seen = sum(display.liked for display in self.displays if display.slot == slot)
            seen += sum(1 for share in self.shares if share.slot == slot and not share.asked)
            factor = min(1.0 + float(strength) * log(1.0 + seen / float(reference)), float(most))
            self.proof[slot] = factor
            self.like_now[slot] = int(min(float(self.plan.like_q[slot]) * factor, 2.0**32))

    # Section 14: competitors

    def is_own(self, slot: int) -> bool:
        rival = self.plan.reaching.rival
        return not (len(rival) and rival[slot])

    # Section 13: platform events

    def happen(self, step: int) -> None:
        reaching = self.plan.reaching
        for e, when in enumerate(reaching.event_step):
            for slot, platform in enumerate(self.plan.slot_platform):
                if when == step and platform == reaching.event_platform[e]:
                    self.reach_now[slot] *= float(reaching.event_reach[e])
                    self.visibility_now[slot] *= float(reaching.event_visibility[e])

    # Sections 9 and 10: paid flights and discovery

    def deliver(self, step: int) -> None:
        for delivery in self.deliveries:
            event = delivery.event(step)
            for person in delivery.chosen(step):
                h = derive(event.view_key, self.keys[person])
                self.planned[step].append(Planned(event, person, -1, h))

    def update_deliveries(self, step: int) -> None:
        for delivery in self.deliveries:
            if delivery.is_discovery:
                delivery.start_wave(step, [event for event in self.published if event.slot == delivery.slot])
                delivery.judge_wave(step)
        self.published.clear()

    def show_displays(self, step: int) -> None:
        by_person: dict[int, list[Planned]] = defaultdict(list)
        for planned in self.planned.pop(step, []):
            by_person[planned.person].append(planned)
        for person in sorted(by_person):
            for planned in sorted(by_person[person], key=lambda display: display.h):
                self.show(step, planned)

    # Section 3: who is shown an event, and when

    def audience(self, event: Event) -> list[tuple[int, int]]:
        """Followers the event may be shown to, in the order of the list, each with 255 x tie (posts: -1)."""
        world = self.world
        if event.person is None:
            fans = self.plan.reaching.fans
            at = int(fans[event.slot]) if len(fans) else event.platform
            first, last = int(world.fan_ptr[at]), int(world.fan_ptr[at + 1])
            return [(int(fan), -1) for fan in world.fans[first:last]]
        pointers = world.indptr[event.platform]
        first, last = int(pointers[event.person]), int(pointers[event.person + 1])
        ties = [int(tie) for tie in world.tie[first:last]] if len(world.tie) else [UNTIED] * (last - first)
        return list(zip([int(v) for v in world.followers[first:last]], ties, strict=True))

    def probability(self, event: Event, person: int, tie_255: int) -> float:
        plan = self.plan
        rate = self.reach_now if event.person is None else self.visibility_now
        p = rate[event.slot] * self.boost[event.slot]
        if not plan.ranked[event.slot]:
            return p
        if event.person is not None:
            p = p * float(plan.tie_rank[event.platform, tie_255])
        if self.world.rank_scale.size:
            p = p * float(self.world.rank_scale[event.item, person])
        return min(p, 1.0)

    def shown_positions(self, event: Event, audience: list[tuple[int, int]]) -> list[int]:
        probabilities = [self.probability(event, person, tie_255) for person, tie_255 in audience]
        return [i for i, p in enumerate(probabilities) if self.is_below(event.event_key, i, p)]

    def is_below(self, key: int, position: int, p: float) -> bool:
        if p >= 1.0:
            return True
        word = derive(key, position // 8)
        byte = word >> (8 * (position % 8)) & 255
        whole = math.floor(256.0 * p)
        if byte != whole:
            return byte < whole
        rest = derive(word, position % 8) >> 11
        return rest < math.floor(2.0**53 * (256.0 * p - whole))

    def step_of_display(self, platform: int, step: int, delay: int) -> int | None:
        clock = self.clocks[platform]
        due = clock[step + 1] + delay
        for s in range(len(clock) - 1):
            if clock[s] <= due < clock[s + 1]:
                return s
        return None

    def plan_displays(self, step: int, event: Event) -> None:
        if event.dark:
            self.plan_private(step, event)
            return
        audience = self.audience(event)
        changing = self.followers.on and event.person is None and self.is_own(event.slot)
        for position in self.shown_positions(event, audience):
            if not changing or self.followers.follows(audience[position][0], event.platform):
                self.plan_at(step, event, audience, position)
        for person in self.followers.joined(event.platform) if changing else ():
            if self.followers.is_shown(event, person):
                self.plan_joined(step, event, person)

    def plan_joined(self, step: int, event: Event, person: int) -> None:
        entry = below(derive(derive(event.delay_key, 2**63), self.keys[person]), 4096)
        due = self.step_of_display(event.platform, step, int(self.plan.delay[event.platform, entry]))
        if due is not None:
            h = derive(event.view_key, self.keys[person])
            self.planned[due].append(Planned(event, person, -1, h))

    def plan_at(self, step: int, event: Event, audience: list[tuple[int, int]], position: int) -> None:
        person, tie_255 = audience[position]
        entry = below(derive(event.delay_key, position), 4096)
        delay = int(self.plan.delay[event.platform, entry])
        due = self.step_of_display(event.platform, step, delay)
        if due is not None:
            h = derive(event.view_key, self.keys[person])
            self.planned[due].append(Planned(event, person, tie_255, h))

    # Section 11: private shares, likes and comments that others see

    def is_private(self, slot: int, person: int) -> bool:
        parts = self.plan.reaching.private_q
        return len(parts) > 0 and low32(self.person_word(43, slot, person)) < int(parts[slot])

    def plan_private(self, step: int, event: Event) -> None:
        reaching, audience = self.plan.reaching, self.audience(event)
        many = 1 + below(
            derive(self.person_word(43, event.slot, event.person), 1), int(reaching.private_most[event.slot])
        )
        words = [derive(event.event_key, position) for position in range(len(audience))]
        closest = sorted(range(len(audience)), key=lambda position: (-audience[position][1], words[position]))
        due = self.step_of_display(event.platform, step, 0)
        for position in closest[:many]:
            if due is not None and low32(derive(words[position], 1)) < int(
                reaching.private_shown_q[event.slot]
            ):
                person, tie_255 = audience[position]
                h = derive(event.view_key, self.keys[person])
                self.planned[due].append(Planned(event, person, tie_255, h))

    def note_echoes(self, display: Display, event: Event, view: int, h: int) -> None:
        reaching = self.plan.reaching
        if event.dark or not len(reaching.like_shown):
            return
        acts = [
            (display.liked, reaching.like_shown, 2),
            (display.comment is not None, reaching.comment_shown, 3),
        ]
        for acted, shown, number in acts:
            if acted and shown[event.slot] > 0.0 and (display.person, event.slot, number) not in self.echoed:
                self.echoed.add((display.person, event.slot, number))
                view_key = derive(h, number)
                keys = [derive(view_key, 2**63), derive(view_key, 2**63 + 1), view_key]
                echo = self.event(event.slot, display.person, view, "earned", keys)
                self.echoes.append((replace(echo, echo=True, sharer=event.sharer), float(shown[event.slot])))

    def publish_echoes(self, step: int) -> None:
        """Likes and comments of this step: shown as a share is, with a probability of their own."""
        for event, probability in self.echoes:
            audience = self.audience(event)
            for position in range(len(audience)):
                if self.is_below(event.event_key, position, probability):
                    self.plan_at(step, event, audience, position)
        self.echoes.clear()

    def update_boosts(self) -> None:
        for slot, platform in enumerate(self.plan.slot_platform):
            benchmark, strength, cap = (float(number) for number in self.plan.boost[platform])
            if benchmark <= 0.0:
                continue
            displays = [display for display in self.displays if display.slot == slot]
            if len(displays) < 100:
                continue
            engagements = sum(d.liked + (d.comment is not None) + d.clicked for d in displays)
            engagements += sum(1 for share in self.shares if share.slot == slot and not share.asked)
            boost = 1.0 + strength * (engagements / len(displays) / benchmark - 1.0)
            self.boost[slot] = min(max(boost, 1.0 / cap), cap)

    # Section 4: a display

    def show(self, step: int, planned: Planned) -> None:
        plan, event, person = self.plan, planned.event, planned.person
        slot, item = event.slot, event.item
        # 1. impression
        kinds = {"discovery": event.discovery, "dark": event.dark, "echo": event.echo}
        display = Display(step, slot, person, event.origin, **kinds)
        self.displays.append(display)
        before = min(self.times_displayed[person, item], 255)
        self.times_displayed[person, item] += 1
        own = self.is_own(slot)
        if own:
            self.shop.last_origin[person] = event.origin
        # 2. notice
        stickiness = int(self.world.notice_q[person, item]) * int(plan.fatigue_q[item, before]) // 2**31
        if low32(planned.h) >> 1 >= stickiness:
            return
        # 3. attention
        day = int(plan.day[step])
        if plan.notices_per_day >= 0 and self.noticed_on_day[person, day] >= self.attention(person, day):
            return
        # 4. noticed
        self.noticed_on_day[person, day] += 1
        display.noticed = True
        if event.is_friend and plan.influence:
            self.sharers_noticed[person, slot] = min(self.sharers_noticed[person, slot] + 1, 255)
            moved = self.score[person, item] + self.shop.moves_score(event, planned.tie_255)
            self.score[person, item] = min(max(moved, -127), 127)
        # 5. view, 6. engagement, 7. share
        view = self.view(person, item)
        self.engage(display, view, planned.h, self.factors(event))
        if own:
            self.shop.engaged(step, event, person, display, view, planned.h)
        if event.delivery is not None:
            engaged = display.liked + (display.comment is not None) + display.clicked
            self.deliveries[event.delivery].engaged += engaged
        self.note_echoes(display, event, view, planned.h)
        self.followers.noticed(event, person, display, view, planned.h)
        if (person, slot) not in self.crossed and (person, slot) not in self.shared:
            self.expose(step, event, person, view)

    def attention(self, person: int, day: int) -> int:
        word = derive(derive(derive(self.run_key, 18), self.keys[person]), day)
        background = sum(1 for cumulative in self.plan.background_q if int(cumulative) <= high32(word))
        return max(0, int(self.plan.notices_per_day) - background)

    def view(self, person: int, item: int) -> int:
        opinion = low32(derive(self.item_word(15, item), self.keys[person]))
        column = self.score[person, item] + 127
        if opinion < int(self.plan.negative_q[item, column]):
            return NEGATIVE
        if opinion < int(self.plan.neutral_q[item, column]):
            return NEUTRAL
        return POSITIVE

    def engage(self, display: Display, view: int, h: int, factors: tuple[float, float] | None) -> None:
        plan, slot, h2 = self.plan, display.slot, derive(h, 1)
        like, comment, click = self.like_now[slot], int(plan.comment_q[slot]), int(plan.click_q[slot])
        if factors is not None:
            engaging, acting = factors
            like, comment = (math.floor(min(float(q) * engaging, 2.0**32)) for q in (like, comment))
            click = math.floor(min(float(click) * acting, 2.0**32))
        display.liked = view != NEGATIVE and high32(h) < like
        display.comment = view if low32(h2) < comment else None
        display.clicked = high32(h2) < click

    # Section 16: influencers

    def factors(self, event: Event) -> tuple[float, float] | None:
        if event.asked is None or not len(self.plan.reaching.asked):
            return None
        engaging, acting = self.plan.reaching.asked[event.asked]
        return float(engaging), float(acting)

    def expose(self, step: int, event: Event, person: int, view: int) -> None:
        plan, slot, item = self.plan, event.slot, event.item
        if event.is_friend and not plan.influence:
            return
        dose = float(plan.hazard_friend[slot] if event.is_friend else plan.hazard_post[slot])
        if event.delivery is not None:
            dose = dose * float(plan.reaching.share[event.delivery])
        factors = self.factors(event)
        if factors is not None:
            dose = dose * factors[1]
        dose = dose * self.proof[slot]
        dose = dose * float(self.world.activity[person])
        if self.world.share_scale.size:
            dose = dose * float(self.world.share_scale[item, person])
        if event.is_friend:
            dose = dose * float(plan.response[item, self.sharers_noticed[person, slot]])
            if event.view_key in self.shop.answered:
                dose = dose * float(plan.market.answered_share)
        if view == NEGATIVE:
            dose = dose * float(plan.negative_share[item])
        self.hazard[person, slot] = min(self.hazard[person, slot] + math.floor(dose), 2**47)
        threshold = math.floor(2.0**40 * exponential(self.person_word(13, slot, person)))
        if self.hazard[person, slot] > threshold:
            self.crossed.add((person, slot))
            if event.delivery is not None:
                self.deliveries[event.delivery].engaged += 1
            entry = below(self.person_word(14, slot, person), 4096)
            due = step + int(plan.reaction[event.platform, entry])
            self.crossings[due].append(Crossing(slot, person, event, view))

    # Section 5: posts and shares

    def publish_posts(self, step: int) -> None:
        plan = self.plan
        for when, slot, ordinal in zip(plan.post_step, plan.post_slot, plan.post_ordinal, strict=True):
            if when == step:
                event = self.event_of_post(int(slot), int(ordinal))
                self.published.append(event)
                self.plan_displays(step, event)

    def publish_asked(self, step: int) -> None:
        plan = self.plan
        for number, when in enumerate(plan.ask_step):
            slot, person = int(plan.ask_slot[number]), int(plan.ask_person[number])
            if when != step or (person, slot) in self.shared:
                continue
            if low32(self.person_word(16, slot, person)) >= int(plan.ask_q[number]):
                continue
            self.seed_cost += float(plan.ask_price[number])
            origin = "paid" if plan.ask_paid[number] else "earned"
            event = replace(self.event_of_person(slot, person, POSITIVE, origin), asked=number)
            self.publish(step, event, None, asked=True)

    def publish_reactions(self, step: int) -> list[Event]:
        """Shares of people whose reaction delay ends; returns them, those with the smaller cause first."""
        events = []
        for crossing in sorted(self.crossings.pop(step, []), key=lambda crossing: crossing.cause.view_key):
            if (crossing.person, crossing.slot) not in self.shared:
                event = self.event_of_person(crossing.slot, crossing.person, crossing.polarity, "earned")
                if self.is_private(crossing.slot, crossing.person):
                    self.publish(step, replace(event, dark=True), crossing.cause)
                    continue
                self.publish(step, event, crossing.cause)
                events.append(event)
        return events

    def publish_copies(self, step: int, own_shares: list[Event]) -> None:
        for share in sorted(own_shares, key=lambda share: share.view_key):
            for platform in range(len(self.plan.platform_key)):
                target = int(self.plan.slot_of[share.item, platform])
                has_account = int(self.world.account[share.person]) >> platform & 1
                if platform == share.platform or target < 0 or not has_account:
                    continue
                if (share.person, target) in self.shared:
                    continue
                word = self.person_word(17, target, share.person)
                if low32(word) < int(self.plan.copy_q[share.slot]):
                    copy = self.event_of_person(target, share.person, share.polarity, "earned")
                    self.publish(step, copy, None, copied=True)

    def publish(
        self, step: int, event: Event, cause: Event | None, asked: bool = False, copied: bool = False
    ) -> None:
        person, item = event.person, event.item
        self.shared.add((person, event.slot))
        self.shares.append(Share(step, event.slot, person, event.polarity, asked, copied, event.dark))
        if not asked and self.is_own(event.slot):
            self.shop.shared(step, event, cause, copied)
        if (item, person) not in self.node_of:
            parent, generation = -1, 0
            if cause is not None and cause.sharer is not None:
                parent = self.node_of[item, cause.sharer]
                generation = self.nodes[parent].generation + 1
            self.node_of[item, person] = len(self.nodes)
            self.nodes.append(Node(person, parent, generation, item, step, event.slot, asked))
        if asked:
            self.published.append(event)
        self.plan_displays(step, event)


def simulate_replicate(world: World, plan: Plan, run_key: int) -> TwinResult:
    """Run one replicate from its run key (section 6) and count everything.

    Segments are counted up to the largest in `world.segment`, bins up to the largest in `plan.bin_of_step`.
    """
    run = Replicate(world, plan, run_key)
    run.run()
    nodes = own_nodes(plan, run.nodes)
    trees, generations, tree_sizes = summarise_trees(nodes)
    return TwinResult(
        counts=count_events(world, plan, run.displays, run.shares),
        people=count_people(world, plan, run.displays, run.shares),
        curves=count_curves(world, plan, run.displays, run.shares),
        trees=trees,
        generations=generations,
        tree_sizes=tree_sizes,
        seed_cost=run.seed_cost,
        deals=run.shop.deals.reshape(-1),
        lines=run.shop.lines,
        wait=float(run.shop.median_wait()),
        extra=count_extra(world, plan, run.displays, run.shares, run.followers.moves),
        bought=np.array([delivery.bought for delivery in run.deliveries], np.int64),
        nodes=nodes,
    )
