"""What discovery is expected to show, wave after wave, in a fresh audience (docs/model.md, section 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

if TYPE_CHECKING:
    from viralsim.engine.spreading import Spread

__all__ = ["Discovered", "discovered", "expected_waves"]


@dataclass(frozen=True, slots=True)
class Discovered:
    """What the discovery of one slot is expected to show."""

    slot: int
    people: NDArray[np.int32]  # who can be shown it
    displays: float
    origin: int  # of what is shown: 0 owned, 1 paid, 2 earned


def discovered(spread: Spread) -> list[Discovered]:
    """Expected discovery of an item.

    Parameters
    ----------
    spread : Spread

    Returns
    -------
    list of Discovered
        One for each slot with discovery that anything starts.
    """
    plan = spread.compiled.plan
    reaching, found = plan.reaching, []
    for d in np.flatnonzero(reaching.discovery):
        s = int(reaching.slot[d])
        people = reaching.people[reaching.first[d] : reaching.first[d + 1]]
        if s not in spread.slots or not people.size:
            continue
        chance, step, origin = _publication(spread, s)
        interval = int(reaching.end[d])
        waves = max(-(-(spread.compiled.n_steps - step - 1) // interval), 0)
        shown = expected_waves(
            float(reaching.displays[d]), _engagement(spread, s, people), float(reaching.benchmark[d]),
            float(reaching.growth[d]), people.size, waves,
        )  # fmt: skip
        if chance * shown > 0.0:
            found.append(Discovered(s, people, chance * shown, origin))
    return found


def _publication(spread: Spread, slot: int) -> tuple[float, int, int]:
    """(chance that there is one, step, origin) of the first publication of a slot by the brand."""
    plan = spread.compiled.plan
    posts, asks = plan.post_step[plan.post_slot == slot], np.flatnonzero(plan.ask_slot == slot)
    first_post = int(posts.min()) if posts.size else spread.compiled.n_steps
    if not asks.size or first_post <= int(plan.ask_step[asks].min()):
        return float(posts.size > 0), first_post, 0
    first = asks[np.argmin(plan.ask_step[asks])]
    accepted = 1.0 - float(np.prod(1.0 - plan.ask_q[asks] / 2.0**32))
    return accepted, int(plan.ask_step[first]), 1 if plan.ask_paid[first] else 2


def _engagement(spread: Spread, slot: int, people: NDArray[np.int32]) -> float:
    """Expected engagements with one display, over the people who can be shown it."""
    plan = spread.compiled.plan
    per_notice = (1.0 - spread.negative) * float(plan.like_q[slot]) / 2.0**32
    per_notice += (float(plan.comment_q[slot]) + float(plan.click_q[slot])) / 2.0**32
    return float((spread.noticed[people] * per_notice + spread.after_post[slot][people]).mean())


def expected_waves(
    first: float, rate: float, benchmark: float, growth: float, candidates: int, waves: int
) -> float:
    """Expected displays of all waves.

    Parameters
    ----------
    first : float
        Displays of the first wave.
    rate : float
        Engagements per display; the engagements with a wave are taken to be Poisson.
    benchmark, growth : float
    candidates : int
        Accounts that can be shown it.
    waves : int
        Waves that begin before the run ends.

    Returns
    -------
    float

    Notes
    -----
    docs/model.md, section 10: m' = min(floor(m x min(growth, (e / m) / benchmark)), accounts left). Of the size of a
    wave only the mean, given that there is a wave, is carried to the next.
    """
    alive, size, total = 1.0, min(first, float(candidates)), 0.0
    for _ in range(waves):
        total += alive * size
        left = candidates - total
        mean = size * rate
        most = int(mean + 10.0 * np.sqrt(mean) + 20.0)
        engaged = np.arange(most + 1.0)
        likely = np.exp(special.xlogy(engaged, mean) - mean - special.gammaln(engaged + 1.0))
        following = np.floor(np.minimum(size * growth, engaged / benchmark) + 1e-9)
        following = np.minimum(following, max(left, 0.0))
        goes_on = float(likely[following >= 1.0].sum())
        if goes_on < 1e-9:
            break
        size = float(likely @ following) / goes_on
        alive *= goes_on
    return min(total, float(candidates))
