"""What to expect before running: R, growth rate and earned multiplier of a fresh audience (docs/model.md, 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.cautions import not_counted, warnings_of
from viralsim.engine.compiled import Compiled
from viralsim.engine.spreading import BySlot, Published, Spread
from viralsim.engine.starting import Start, start

__all__ = ["Expectations", "expectations"]

_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Expectations:
    """Expected figures of one draw in a fresh audience; what they leave out is named.

    Parameters
    ----------
    reproduction_number : float
        New sharers per sharer over the first two generations, all items pooled; NaN without sharers.
    growth_rate : float
        Dominant eigenvalue of the next-generation matrix: the largest of the items'.
    earned_multiplier : float
        (owned + paid + earned) / (owned + paid) impressions; inf if growth_rate >= 1, NaN if nothing
        is posted or paid.
    owned_impressions, paid_impressions, earned_impressions : float
        Expected counts; earned inf if growth_rate >= 1.
    earned_at_cpm : float
        What the expected earned impressions would cost as ads at the platforms' cpm, US$; NaN where a platform in
        use has no cpm.
    bought_reach : float
        Expected number of people with at least one owned or paid impression.
    parents : float
        Expected sharing people of generations 0 and 1: the denominator of `reproduction_number`.
    warnings : tuple of str
        What a user should know before betting on the result.
    not_counted : tuple of str
        One sentence for each mechanic of the scenario that the figures leave out, and which way it moves R.
    """

    reproduction_number: float
    growth_rate: float
    earned_multiplier: float
    owned_impressions: float
    paid_impressions: float
    earned_impressions: float
    earned_at_cpm: float
    bought_reach: float
    parents: float
    warnings: tuple[str, ...]
    not_counted: tuple[str, ...]


def _people(state: BySlot) -> NDArray[np.float64]:
    """Expected sharing of each person, all slots together."""
    return np.sum(list(state.values()), axis=0, dtype=np.float64)


def _total(state: BySlot) -> float:
    return sum(float(x.sum()) for x in state.values())


def _two_generations(spread: Spread, begun: Start, asked: BySlot) -> tuple[BySlot, BySlot]:
    """Expected sharers of generations 1 and 2, leaving out those who share already.

    Nobody shares twice: generation 1 leaves out first sharers, generation 2 also the sharer each was
    caused by, who is among the followers where following is mutual, and both leave out the sharer whose
    post a follower's like shows them again (docs/model.md, section 7).
    """
    shared = np.minimum(_people(begun.first) + _people(asked), 1.0)
    published = spread.publish(begun.first).with_asked(asked)
    caused, again = spread.caused(published, begun.acting), spread.echoed_back(published, begun.acting)
    more = spread.influenced(asked)
    fresh = {s: np.maximum(x + more[s] - again[s], 0.0) + begun.caused[s] for s, x in caused.items()}
    generation_1 = {s: x * (1.0 - shared) for s, x in fresh.items()}
    returned = spread.returned(spread.publish(begun.first).with_asked(spread.weighed(asked)))
    shared = np.minimum(shared + _people(generation_1), 1.0)
    published = spread.publish(generation_1)
    caused, again = spread.caused(published, begun.acting), spread.echoed_back(published, begun.acting)
    generation_2 = {
        s: np.maximum(caused[s] - again[s] - returned[s], 0.0) * (1.0 - shared) for s in spread.slots
    }
    return generation_1, generation_2


def expectations(compiled: Compiled) -> Expectations:
    """Expected R, growth rate and impressions of a compiled draw.

    Parameters
    ----------
    compiled : Compiled
        One draw; its numbers and graphs are the ones taken.

    Returns
    -------
    Expectations

    Notes
    -----
    First sharers x_0 = one minus the chance to share after no post, plus people asked; x_{g+1} = x_g M, without
    those who share already (R only). The earned impressions are sums over an audience nobody has left yet,
    so they overstate large cascades.
    """
    sums = _Sums(compiled)
    for item, written in enumerate(compiled.scenario.items):
        if written.brand is not None:
            continue  # a competitor's
        spread = Spread(compiled, item)
        if spread.slots:
            sums.add(spread)
    if sums.growth >= 1.0:
        sums.earned[:] = np.inf
    bought, earned = sums.owned + float(sums.paid.sum()), float(sums.earned.sum())
    found = Expectations(
        reproduction_number=sums.sharers / sums.parents if sums.parents > 0 else np.nan,
        growth_rate=sums.growth,
        earned_multiplier=(bought + earned) / bought if bought > 0 else np.nan,
        owned_impressions=sums.owned,
        paid_impressions=float(sums.paid.sum()),
        earned_impressions=earned,
        earned_at_cpm=_price_of(compiled, sums.earned),
        bought_reach=float((1.0 - sums.unseen).sum()),
        parents=sums.parents,
        warnings=(),
        not_counted=(),
    )
    return replace(found, warnings=warnings_of(compiled, found), not_counted=not_counted(compiled))


class _Sums:
    """What is expected of one item after another, added up."""

    def __init__(self, compiled: Compiled):
        plan = compiled.plan
        self.paid_slots = {int(s) for s, paid in zip(plan.ask_slot, plan.ask_paid, strict=True) if paid}
        self.sharers, self.parents, self.growth, self.owned = 0.0, 0.0, 0.0, 0.0
        self.paid = np.zeros(plan.platform_key.size)
        self.earned = np.zeros(plan.platform_key.size)
        self.unseen = np.ones(compiled.world.person_key.size)

    def add(self, spread: Spread) -> None:
        """Add one item."""
        begun = start(spread, self.unseen)
        asked = spread.asked()
        self.owned += begun.owned
        self.growth = max(self.growth, spread.growth())
        at_a_price = {s: x for s, x in asked.items() if s in self.paid_slots}
        if at_a_price:
            self.unseen *= spread.unseen(at_a_price)
        bought = spread.impressions(Published(at_a_price, {}))
        self.paid += bought + begun.paid
        self.earned += spread.impressions(Published(asked, {})) - bought + begun.earned
        generation_1, generation_2 = _two_generations(spread, begun, asked)
        self.parents += _total(begun.first) + _total(asked) + _total(generation_1)
        self.sharers += _total(generation_1) + _total(generation_2)
        if spread.endless:
            self.sharers = np.inf
        if self.growth < 1.0:
            self.earned += spread.echo_impressions(asked, begun.acting)
            shared = np.minimum(_people(begun.first) + _people(asked), 1.0)
            for state in (begun.first, generation_1, generation_2):
                self.earned += _shown(spread, spread.publish(state), begun)
            shared = np.minimum(shared + _people(generation_1) + _people(generation_2), 1.0)
            self.earned += _later(spread, begun, generation_2, shared)


def _later(spread: Spread, begun: Start, state: BySlot, shared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected displays by platform of the generations after `state`, until they no longer count."""
    total = np.zeros(spread.compiled.plan.platform_key.size)
    for _ in range(_ROUNDS):
        caused = spread.caused(spread.publish(state), begun.acting)
        state = {s: x * (1.0 - shared) for s, x in caused.items()}
        more = _shown(spread, spread.publish(state), begun)
        total += more
        if more.sum() <= 1e-6 * total.sum():
            break
        shared = np.minimum(shared + _people(state), 1.0)
    return total


def _shown(spread: Spread, published: Published, begun: Start) -> NDArray[np.float64]:
    """Displays of these publications, and of likes and comments on them, by platform."""
    return spread.impressions(published) + spread.echo_impressions(published.public, begun.acting)


def _price_of(compiled: Compiled, impressions: NDArray[np.float64]) -> float:
    """What impressions by platform cost at the platforms' cpm, US$; NaN if one in use has none."""
    platforms = list(compiled.scenario.platforms.values())
    cost = 0.0
    for p in {p for _, p in compiled.slots}:
        cpm = platforms[p].cpm
        cost += float("nan") if cpm is None else float(impressions[p]) / 1000.0 * cpm
    return cost
