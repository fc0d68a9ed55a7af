"""What posts, ads and discovery are expected to show before anybody passes anything on (docs/model.md, section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.spreading import BySlot, Spread
from viralsim.engine.waves import Discovered, discovered

__all__ = ["Start", "start"]


@dataclass(frozen=True, slots=True)
class Start:
    """What posts, ads and discovery bring about before anybody passes anything on."""

    first: BySlot  # first sharers
    caused: BySlot  # sharers by discovery of what a person asked published: that person's
    owned: float  # impressions
    paid: NDArray[np.float64]  # impressions by platform
    earned: NDArray[np.float64]  # impressions by platform: likes and comments that show, unpaid discovery
    acting: (
        BySlot  # displays per follower by likes and comments after a display, of those who have not acted yet
    )


class _Chances:
    """Chances of each person not to share, and not to like or comment, after what the brand shows."""

    def __init__(self, spread: Spread):
        n = spread.noticed.size
        self.spread = spread
        self.stay = {s: np.ones(n) for s in spread.slots}
        self.quiet = {s: [np.ones(n) for _ in acts] for s, acts in spread.acts.items()}

    def act(
        self, slot: int, people: NDArray[np.int32], shown: NDArray[np.float64] | float, times: float
    ) -> None:
        """These people are shown the slot with a chance, so many times."""
        if slot in self.quiet:
            for left, (chance, _) in zip(self.quiet[slot], self.spread.acts[slot], strict=True):
                left[people] *= (1.0 - shown * chance[people]) ** times


def start(spread: Spread, unseen: NDArray[np.float64]) -> Start:
    """What posts, ads and discovery bring about.

    Parameters
    ----------
    spread : Spread
    unseen : float64[n]
        Multiplied by each person's chance to be shown nothing owned or paid.
    """
    first = _Chances(spread)
    owned = _posted(spread, unseen, first)
    paid = _advertised(spread, unseen, first)
    earned = np.zeros(paid.size)
    caused = {s: np.zeros(spread.noticed.size) for s in spread.slots}
    for found in discovered(spread):
        owned += _discovered(spread, found, paid, earned, unseen, first, caused)
    acting = {s: spread.echo_rate(s, list(quiet)) for s, quiet in first.quiet.items()}
    for s, x in _echoed_at_first(spread, first, acting).items():
        first.stay[s] *= np.exp(-x * spread.after_post[s])
        earned[spread.compiled.plan.slot_platform[s]] += x.sum()
    return Start({s: 1.0 - x for s, x in first.stay.items()}, caused, owned, paid, earned, acting)


def _echoed_at_first(spread: Spread, first: _Chances, acting: BySlot) -> BySlot:
    """Displays by likes and comments on what the brand shows, and on those displays."""
    seen = {}
    for s, quiet in first.quiet.items():
        made = [(1.0 - left) * shown for left, (_, shown) in zip(quiet, spread.acts[s], strict=True)]
        seen[s] = np.asarray(spread.follows[s].T @ np.sum(made, axis=0))
    further = spread.echoed(seen, acting)
    return {s: x + further[s] for s, x in seen.items()}


def _posted(spread: Spread, unseen: NDArray[np.float64], first: _Chances) -> float:
    """Expected impressions of posts."""
    world, plan = spread.compiled.world, spread.compiled.plan
    owned = 0.0
    for slot in plan.post_slot:
        s = int(slot)
        if s in first.stay:
            p = plan.slot_platform[s]
            fans = world.fans[world.fan_ptr[p] : world.fan_ptr[p + 1]]
            reach = np.full(fans.size, plan.organic_reach[s])
            if plan.ranked[s] and world.rank_scale.shape[1]:
                reach = np.minimum(reach * world.rank_scale[spread.item, fans], 1.0)
            owned += float(reach.sum())
            unseen[fans] *= 1.0 - reach
            first.stay[s][fans] *= 1.0 - reach * spread.after_post[s][fans]
            first.act(s, fans, reach, 1.0)
    return owned


def _advertised(spread: Spread, unseen: NDArray[np.float64], first: _Chances) -> NDArray[np.float64]:
    """Expected paid displays by platform.

    A candidate is shown m displays of a flight in the mean, at random: none with chance exp(-m) (assumption;
    with a frequency cap of m exactly none is missed).
    """
    plan = spread.compiled.plan
    reaching, bought = plan.reaching, np.zeros(plan.platform_key.size)
    for d in range(reaching.slot.size):
        slot = int(reaching.slot[d])
        people = reaching.people[reaching.first[d] : reaching.first[d + 1]]
        waits = reaching.discovery[d] or reaching.trigger[d] > 0.0
        if slot not in first.stay or waits or not people.size:
            continue
        mean = min(reaching.displays[d] / people.size, float(reaching.cap[d]))
        bought[plan.slot_platform[slot]] += mean * people.size
        unseen[people] *= 0.0 if mean == reaching.cap[d] else np.exp(-mean)
        crossing = spread.noticed * spread.share_chance(plan.hazard_post[slot] * reaching.share[d])
        first.stay[slot][people] *= (1.0 - crossing[people]) ** mean
        first.act(slot, people, 1.0, mean)
    return bought


def _discovered(
    spread: Spread,
    found: Discovered,
    paid: NDArray[np.float64],
    earned: NDArray[np.float64],
    unseen: NDArray[np.float64],
    first: _Chances,
    caused: BySlot,
) -> float:
    """Book what discovery shows; returns the owned impressions."""
    s, p = found.slot, spread.compiled.plan.slot_platform[found.slot]
    shown = found.displays / found.people.size
    crossing = shown * spread.after_post[s][found.people]
    first.act(s, found.people, shown, 1.0)
    if found.origin != 2:
        unseen[found.people] *= 1.0 - shown
    if found.origin == 0:
        first.stay[s][found.people] *= 1.0 - crossing
        return found.displays
    caused[s][found.people] += crossing
    (paid if found.origin == 1 else earned)[p] += found.displays
    return 0.0
