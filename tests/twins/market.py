"""Buying, reviews, complaints and answers in plain Python, written from docs/model.md, section 12."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np

from viralsim.rng import derive

__all__ = ["Shop", "low32"]

ORIGINS = ("owned", "paid", "earned")


def low32(word: int) -> int:
    return word & 0xFFFFFFFF


def high32(word: int) -> int:
    return word >> 32


class Shop:
    """What happens between people and the brand in one replicate; `run` is the replicate's spreading twin."""

    def __init__(self, run: Any) -> None:
        self.run, self.market, self.plan = run, run.plan.market, run.plan
        self.steps = len(run.plan.day)
        groups = int(max(run.world.segment)) + 1
        on = self.market.counting
        self.deals = np.zeros((len(self.plan.slot_item) + 1, groups, 12) if on else 0, np.int64)
        bins = int(max(self.plan.bin_of_step)) + 1
        self.lines = np.zeros((7, bins if on else 0), np.int64)
        self.waits: list[int] = []
        self.bought: set[int] = set()
        self.last_origin: dict[int, str] = {}
        self.reviews: dict[int, list[bool]] = defaultdict(list)  # by step at whose end they appear
        self.seen = [int(number) for number in self.market.reviews]
        self.answers: dict[int, list[int]] = defaultdict(list)  # by step: view keys of shares
        self.answered: set[int] = set()  # view keys
        self.touches: dict[int, list[tuple[Any, ...]]] = defaultdict(list)  # by person, in order
        self.purchases: dict[int, tuple[int, int, bool, int]] = {}  # by person
        self.expected: dict[int, list[int]] = defaultdict(list)
        if self.market.selling:
            for person in range(len(run.keys)):
                self.plan_expected(person)

    def word(self, purpose: int, word: int) -> int:
        return derive(derive(self.run.run_key, purpose), word)

    def line(self, number: int, step: int) -> None:
        self.lines[number, self.plan.bin_of_step[step]] += 1

    def book(self, column: int, slot: int, person: int) -> None:
        self.deals[slot, self.run.world.segment[person], column] += 1

    def heard(self, person: int) -> int:
        rival = self.plan.reaching.rival
        rivals = {int(self.plan.slot_item[slot]) for slot in range(len(rival)) if rival[slot]}
        items = set(range(len(self.plan.item_key))) - rivals
        total = sum(self.run.score[person, item] for item in items)
        return min(max(total, -127), 127) + 127

    def group(self, person: int) -> tuple[int, int]:
        return int(self.run.world.segment[person]), int(self.market.customer[person])

    # Purchase without a click

    def plan_expected(self, person: int) -> None:
        word = self.word(20, self.run.keys[person])
        if low32(word) < int(self.market.baseline_q[self.group(person)]):
            step = high32(word) * self.steps // 2**32
            self.expected[step].append(person)
            self.book(4, len(self.plan.slot_item), person)
            self.line(1, step)

    def buy_expected(self, step: int) -> None:
        for person in self.expected[step]:
            if person in self.bought:
                continue
            prob = float(self.market.baseline[self.group(person)])
            odds = prob * float(self.market.spoiled[self.heard(person)])
            prob = odds / (1.0 - prob + odds)
            if low32(self.word(20, self.run.keys[person])) < math.floor(prob * 2.0**32 + 0.5):
                self.purchase(step, person, len(self.plan.slot_item), self.last_origin.get(person))

    # Purchase at a click

    def review_multiplier(self) -> float:
        number, positive = self.seen
        if number == 0:
            return 1.0
        new = min(number - int(self.market.reviews[0]), len(self.market.volume) - 1)
        part = (256 * positive + number // 2) // number
        return float(self.market.volume[new]) * float(self.market.valence[part])

    def click(self, step: int, person: int, slot: int, origin: str, h: int) -> None:
        if not self.market.selling or person in self.bought:
            return
        prob = float(self.market.convert[(*self.group(person), int(self.plan.slot_item[slot]))])
        odds = prob * float(self.market.heard[self.heard(person)])
        prob = min(odds / (1.0 - prob + odds) * self.review_multiplier(), 1.0)
        if low32(self.word(21, h)) < math.floor(prob * 2.0**32 + 0.5):
            self.purchase(step, person, slot, origin)

    def purchase(self, step: int, person: int, slot: int, origin: str | None) -> None:
        self.bought.add(person)
        anyway = any(person in people for people in self.expected.values())
        self.purchases[person] = (step, slot, anyway, len(self.touches[person]))
        self.book(0, slot, person)
        if origin is not None:
            self.book(1 + ORIGINS.index(origin), slot, person)
        if not self.market.customer[person]:
            self.book(5, slot, person)
        self.line(0, step)
        word = self.word(22, self.run.keys[person])
        due = step + int(self.market.review_wait)
        if low32(word) < int(self.market.review_q[0]) and due < self.steps:
            praise = high32(word) < int(self.market.review_q[1])
            self.reviews[due].append(praise)
            self.book(6 if praise else 7, slot, person)
            self.line(5 if praise else 6, due)

    # Complaints and answers

    def engaged(self, step: int, event: Any, person: int, display: Any, view: int, h: int) -> None:
        sharer = -1 if event.person is None else event.person
        self.touches[person].append((step, display.slot, display.origin, sharer, view, display.clicked))
        if not self.market.counting:
            return
        by_friend = event.person is not None
        did = display.liked + (display.comment is not None) + display.clicked
        self.deals[display.slot, self.run.world.segment[person], 11 if by_friend else 10] += did
        if display.comment is not None:
            self.mention(step, display.slot, person, view, self.word(24, h))
        if display.clicked:
            self.click(step, person, display.slot, display.origin, h)

    def shared(self, step: int, event: Any, cause: Any, copied: bool) -> None:
        if not self.market.counting:
            return
        if not copied:
            self.book(10 if cause.person is None else 11, event.slot, event.person)
        if event.dark:
            return
        due = self.mention(step, event.slot, event.person, event.polarity, self.word(23, event.view_key))
        if due is not None:
            self.answers[due].append(event.view_key)

    def mention(self, step: int, slot: int, person: int, view: int, word: int) -> int | None:
        """Step of the answer, if there is one within the run."""
        if view == 1:
            self.line(2, step)
        if view != -1:
            return None
        self.line(3, step)
        self.book(8, slot, person)
        if not self.market.answering or low32(word) >= int(self.market.answer_q[0]):
            return None
        wait = int(self.market.answer_wait[high32(word) * 4096 // 2**32])
        if step + wait >= self.steps:
            return None
        self.book(9, slot, person)
        self.line(4, step + wait)
        self.waits.append(wait)
        return step + wait

    def moves_score(self, event: Any, tie_255: int) -> int:
        if event.view_key in self.answered:
            return -int(self.market.answered_weight[tie_255])
        return int(event.polarity) * math.floor(8 * tie_255 / 255 + 0.5)

    def end_step(self, step: int) -> None:
        if self.market.selling:
            self.buy_expected(step)
            self.seen[0] += len(self.reviews[step])
            self.seen[1] += sum(self.reviews[step])
        self.answered.update(self.answers[step])

    def median_wait(self) -> int:
        """The smallest wait that at least half did not exceed, -1 without answers."""
        ordered = sorted(self.waits)
        return ordered[(len(ordered) + 1) // 2 - 1] if ordered else -1
