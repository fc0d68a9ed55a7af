"""Followers won and lost in plain Python, written from docs/model.md, section 15, alone."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from viralsim.rng import derive

if TYPE_CHECKING:
    from twins.counting import Display
    from twins.spread import Event, Replicate

__all__ = ["Followers"]


class Followers:
    """Who follows the brand where, and what people noticed in a step make of it."""

    def __init__(self, run: Replicate) -> None:
        self.run, self.on = run, len(run.plan.reaching.follow_q) > 0
        world = run.world
        self.at_start = [
            {int(v) for v in world.fans[world.fan_ptr[p] : world.fan_ptr[p + 1]]}
            for p in range(len(run.plan.platform_key))
        ]
        self.now = [set(people) for people in self.at_start]
        self.notes: dict[tuple[int, int], list[tuple[int, int, str]]] = defaultdict(list)
        self.moves: list[tuple[int, int, bool]] = []  # slot, person, whether won

    def noticed(self, event: Event, person: int, display: Display, view: int, h: int) -> None:
        """A person noticed a display of the brand's: what they may do at the end of the step."""
        if not self.on or not self.run.is_own(event.slot):
            return
        click, notice, negative, tired = (int(q) for q in self.run.plan.reaching.follow_q[event.slot])
        word = derive(derive(self.run.run_key, 50), h)
        low, high = word & 0xFFFFFFFF, word >> 32
        notes = self.notes[person, event.platform]
        if person not in self.now[event.platform]:
            if view >= 0 and low < (click if display.clicked else notice):
                notes.append((h, event.slot, "won"))
            return
        if view < 0 and low < negative:
            notes.append((h, event.slot, "lost"))
        is_post = event.person is None and event.delivery is None
        if is_post and high < tired:
            notes.append((h, event.slot, "tired"))

    def end_step(self, step: int) -> None:
        plan = self.run.plan
        own = {int(item) for s, item in enumerate(plan.slot_item) if self.run.is_own(s)}
        for (person, platform), notes in self.notes.items():
            displays = sum(min(self.run.times_displayed[person, item], 255) for item in own)
            tired = displays >= int(plan.reaching.patience[platform, step])
            holding = [note for note in notes if note[2] != "tired" or tired]
            if not holding:
                continue
            _, slot, kind = min(holding)
            self.moves.append((slot, person, kind == "won"))
            self.now[platform] ^= {person}
        self.notes.clear()

    def follows(self, person: int, platform: int) -> bool:
        return person in self.now[platform]

    def joined(self, platform: int) -> list[int]:
        """Those who follow now and did not at the start."""
        return sorted(self.now[platform] - self.at_start[platform])

    def is_shown(self, event: Event, person: int) -> bool:
        """Whether a post is shown to a follower who was won."""
        coin = derive(derive(event.event_key, 2**63), self.run.keys[person]) & 0xFFFFFFFF
        p = min(self.run.probability(event, person, -1), 1.0)
        return coin < math.floor(2.0**32 * p + 0.5)
