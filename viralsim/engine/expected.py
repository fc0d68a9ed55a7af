"""What to expect before running: R, growth rate and earned multiplier of a fresh audience (docs/model.md, 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from viralsim.engine.cautions import cautions
from viralsim.engine.compiled import Compiled
from viralsim.kernels import layout as lay
from viralsim.kernels.returning import out_and_back

__all__ = ["Expectations", "expectations"]

_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Expectations:
    """Expected figures of one draw in a fresh audience, without attention limits, fatigue or boosts.

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


class _Spread:
    """Expected sharing of one item, generation by generation, over all its platforms."""

    def __init__(self, compiled: Compiled, item: int):
        world, plan = compiled.world, compiled.plan
        self.compiled, self.item = compiled, item
        self.slots = [s for s, (i, _) in enumerate(compiled.slots) if i == item]
        self.noticed = world.notice_q[:, item] / 2.0**31
        activity = world.activity.astype(np.float64)
        if world.share_scale.shape[0]:
            activity = activity * world.share_scale[:, item]
        negative = plan.negative_q[item, 127] / 2.0**32
        multiplier = plan.negative_share[item]

        def share_chance(hazard: float | NDArray[np.float64]) -> NDArray[np.float64]:
            likely = -np.expm1(-hazard / lay.HAZARD_UNIT * activity)
            if negative == 0.0 or multiplier == 1.0:
                return likely
            unlikely = -np.expm1(-hazard * multiplier / lay.HAZARD_UNIT * activity)
            return (1.0 - negative) * likely + negative * unlikely

        self.first = first = plan.response[item, 1] if plan.influence else 0.0
        self.share_chance = share_chance
        self.after_post = {s: self.noticed * share_chance(plan.hazard_post[s]) for s in self.slots}
        self.after_friend = {
            s: self.noticed * share_chance(plan.hazard_friend[s] * first) for s in self.slots
        }
        self.shown = {s: self._shown_matrix(s) for s in self.slots}
        self.displays = {s: shown @ np.ones(shown.shape[1]) for s, shown in self.shown.items()}
        self.account = {s: (world.account >> np.uint8(plan.slot_platform[s])) & 1 for s in self.slots}

    def _shown_matrix(self, slot: int) -> sparse.csr_array:
        """Probability that a share by u is shown to v, as a sparse matrix (n, n)."""
        world, plan = self.compiled.world, self.compiled.plan
        p = int(plan.slot_platform[slot])
        start, stop = int(world.indptr[p, 0]), int(world.indptr[p, -1])
        viewers = world.followers[start:stop]
        shown = np.full(stop - start, plan.visibility[slot], np.float32)
        if plan.ranked[slot]:
            if world.rank_scale.shape[0]:
                shown *= world.rank_scale[viewers, self.item].astype(np.float32)
            tie = world.tie[start:stop] if world.tie.size else np.full(stop - start, 128, np.uint8)
            shown = np.minimum(shown * plan.tie_rank[p, tie].astype(np.float32), 1.0)
        n = world.person_key.size
        return sparse.csr_array((shown, viewers, world.indptr[p] - start), shape=(n, n))

    def publish(self, own: dict[int, NDArray[np.float64]]) -> dict[int, NDArray[np.float64]]:
        """Expected publications by slot: own shares and their copies to other platforms."""
        plan = self.compiled.plan
        out = {s: x.copy() for s, x in own.items()}
        for s in self.slots:
            copy = plan.copy_q[s] / 2.0**32
            if copy > 0:
                for target in self.slots:
                    if target != s:
                        out[target] += copy * own[s] * self.account[target]
        return out

    def caused(self, published: dict[int, NDArray[np.float64]]) -> dict[int, NDArray[np.float64]]:
        """Expected new sharers by slot that these publications cause."""
        return {s: (self.shown[s].T @ published[s]) * self.after_friend[s] for s in self.slots}

    def returned(self, published: dict[int, NDArray[np.float64]]) -> dict[int, NDArray[np.float64]]:
        """Expected shares that come back, over one person caused, to somebody who published, by slot.

        Whoever published has shared already: `caused` twice counts them again, wherever following is mutual.
        """
        plan, out = self.compiled.plan, {}
        ordered = {s: x if x.has_sorted_indices else x.sorted_indices() for s, x in self.shown.items()}
        for target in self.slots:
            back = ordered[target]
            total = np.zeros(self.noticed.size)
            for s in self.slots:
                passed = self.after_friend[s]
                if s != target:
                    passed = passed * (plan.copy_q[s] / 2.0**32) * self.account[target]
                if passed.any():
                    way = ordered[s]
                    out_and_back(
                        way.indptr, way.indices, way.data, back.indptr, back.indices, back.data,
                        published[s], passed, total,
                    )  # fmt: skip
            out[target] = total * self.after_friend[target]
        return out

    def unseen(self, published: dict[int, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Chance of each person to be shown none of these publications, each made with its own chance."""
        log_chance = np.zeros(self.noticed.size)
        for s, x in published.items():
            rows = np.flatnonzero(x)
            part = self.shown[s][rows]
            shown = np.repeat(x[rows], np.diff(part.indptr)) * part.data
            log_chance += np.bincount(
                part.indices, np.log1p(-np.minimum(shown, 1.0 - 1e-12)), minlength=self.noticed.size
            )
        return np.exp(log_chance)

    def impressions(self, published: dict[int, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Expected displays of these publications by platform (float64[platforms])."""
        out = np.zeros(self.compiled.plan.platform_key.size)
        for s, x in published.items():
            out[self.compiled.plan.slot_platform[s]] += self.displays[s] @ x
        return out

    def start(
        self, unseen: NDArray[np.float64]
    ) -> tuple[dict[int, NDArray[np.float64]], float, NDArray[np.float64]]:
        """Expected first sharers by slot, owned impressions, and ads by platform.

        `unseen` is multiplied by the chance of none.
        """
        world, plan = self.compiled.world, self.compiled.plan
        n = world.person_key.size
        stay = {s: np.ones(n) for s in self.slots}
        owned = 0.0
        for slot in plan.post_slot:
            if int(slot) in stay:
                p = plan.slot_platform[slot]
                fans = world.fans[world.fan_ptr[p] : world.fan_ptr[p + 1]]
                reach = np.full(fans.size, plan.organic_reach[slot])
                if plan.ranked[slot] and world.rank_scale.shape[0]:
                    reach = np.minimum(reach * world.rank_scale[fans, self.item], 1.0)
                owned += float(reach.sum())
                unseen[fans] *= 1.0 - reach
                stay[int(slot)][fans] *= 1.0 - reach * self.after_post[int(slot)][fans]
        ads = self.advertise(unseen, stay)
        return {s: 1.0 - x for s, x in stay.items()}, owned, ads

    def advertise(
        self, unseen: NDArray[np.float64], stay: dict[int, NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Expected paid displays by platform; `unseen` and `stay` are multiplied by the chances of none.

        A candidate is shown m displays of a flight in the mean, at random: none with chance exp(-m) (assumption;
        with a frequency cap of m exactly none is missed).
        """
        plan = self.compiled.plan
        reaching, bought = plan.reaching, np.zeros(plan.platform_key.size)
        for d in range(reaching.slot.size):
            slot = int(reaching.slot[d])
            people = reaching.people[reaching.first[d] : reaching.first[d + 1]]
            waits = reaching.discovery[d] or reaching.trigger[d] > 0.0
            if slot not in stay or waits or not people.size:
                continue
            mean = min(reaching.displays[d] / people.size, float(reaching.cap[d]))
            bought[plan.slot_platform[slot]] += mean * people.size
            unseen[people] *= 0.0 if mean == reaching.cap[d] else np.exp(-mean)
            crossing = self.noticed * self.share_chance(plan.hazard_post[slot] * reaching.share[d])
            stay[slot][people] *= (1.0 - crossing[people]) ** mean
        return bought

    def asked(self) -> dict[int, NDArray[np.float64]]:
        """Chance that each person is asked and accepts, by slot."""
        plan = self.compiled.plan
        asked = {s: np.zeros(self.noticed.size) for s in self.slots}
        for person, slot, q in zip(plan.ask_person, plan.ask_slot, plan.ask_q, strict=True):
            if int(slot) in asked:
                asked[int(slot)][person] = max(asked[int(slot)][person], float(q) / 2.0**32)
        return asked

    def caused_by_asked(self, asked: dict[int, NDArray[np.float64]]) -> dict[int, NDArray[np.float64]]:
        """Expected new sharers by slot that people asked cause, with the factors of their displays.

        Who is shown several of their shares is taken as meeting the mean of the factors each time (assumption).
        """
        weight = self.by_factor(asked)
        if weight is asked:
            return self.caused(asked)
        out, plan = {}, self.compiled.plan
        for s in self.slots:
            shown = self.shown[s].T @ asked[s]
            factor = np.divide(self.shown[s].T @ weight[s], shown, out=np.ones_like(shown), where=shown > 0)
            out[s] = shown * self.noticed * self.share_chance(plan.hazard_friend[s] * self.first * factor)
        return out

    def by_factor(self, asked: dict[int, NDArray[np.float64]]) -> dict[int, NDArray[np.float64]]:
        """Shares of people asked, each times the factor of the hazard of its displays."""
        plan = self.compiled.plan
        if not plan.reaching.asked.shape[0]:
            return asked
        weight = {s: x.copy() for s, x in asked.items()}
        for person, slot, factor in zip(
            plan.ask_person, plan.ask_slot, plan.reaching.asked[:, 1], strict=True
        ):
            if int(slot) in weight:
                weight[int(slot)][person] = asked[int(slot)][person] * factor
        return weight

    def growth(self) -> float:
        """Dominant eigenvalue of the next-generation operator, by power iteration."""
        state = {s: x + 1e-300 for s, x in self.after_friend.items()}
        rate = 0.0
        for _ in range(_ROUNDS):
            total = sum(float(x.sum()) for x in state.values())
            if total <= 1e-280:
                return 0.0
            state = {s: x / total for s, x in state.items()}
            state = self.caused(self.publish(state))
            new = sum(float(x.sum()) for x in state.values())
            if abs(new - rate) <= 1e-6 * new:
                return new
            rate = new
        return rate


def _people(state: dict[int, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Expected sharing of each person, all slots together."""
    return np.sum(list(state.values()), axis=0, dtype=np.float64)


def _total(state: dict[int, NDArray[np.float64]]) -> float:
    return sum(float(x.sum()) for x in state.values())


def _two_generations(
    spread: _Spread, first: dict[int, NDArray[np.float64]], asked: dict[int, NDArray[np.float64]]
) -> tuple[dict[int, NDArray[np.float64]], dict[int, NDArray[np.float64]]]:
    """Expected sharers of generations 1 and 2, leaving out those who share already.

    Nobody shares twice: generation 1 leaves out first sharers, generation 2 also the sharer each was
    caused by, who is among the followers where following is mutual (docs/model.md, section 7).
    """
    shared = np.minimum(_people(first) + _people(asked), 1.0)
    published, weight = spread.publish(first), spread.by_factor(asked)
    caused, by_asked = spread.caused(published), spread.caused_by_asked(asked)
    generation_1 = {s: (caused[s] + by_asked[s]) * (1.0 - shared) for s in spread.slots}
    returned = spread.returned({s: published[s] + weight[s] for s in spread.slots})
    shared = np.minimum(shared + _people(generation_1), 1.0)
    caused = spread.caused(spread.publish(generation_1))
    generation_2 = {s: np.maximum(caused[s] - returned[s], 0.0) * (1.0 - shared) for s in spread.slots}
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
        spread = _Spread(compiled, item)
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
    )
    return replace(found, warnings=cautions(compiled, found))


class _Sums:
    """What is expected of one item after another, added up."""

    def __init__(self, compiled: Compiled):
        plan = compiled.plan
        self.paid_slots = {int(s) for s, paid in zip(plan.ask_slot, plan.ask_paid, strict=True) if paid}
        self.sharers, self.parents, self.growth, self.owned = 0.0, 0.0, 0.0, 0.0
        self.paid = np.zeros(plan.platform_key.size)
        self.earned = np.zeros(plan.platform_key.size)
        self.unseen = np.ones(compiled.world.person_key.size)

    def add(self, spread: _Spread) -> None:
        """Add one item."""
        first, posted, ads = spread.start(self.unseen)
        asked = spread.asked()
        self.owned += posted
        self.growth = max(self.growth, spread.growth())
        at_a_price = {s: x for s, x in asked.items() if s in self.paid_slots}
        if at_a_price:
            self.unseen *= spread.unseen(at_a_price)
        bought = spread.impressions(at_a_price)
        self.paid += bought + ads
        self.earned += spread.impressions(asked) - bought
        generation_1, generation_2 = _two_generations(spread, first, asked)
        self.parents += _total(first) + _total(asked) + _total(generation_1)
        self.sharers += _total(generation_1) + _total(generation_2)
        if self.growth < 1.0:
            self.earned += _earned(spread, first, asked)


def _earned(
    spread: _Spread, first: dict[int, NDArray[np.float64]], asked: dict[int, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Expected displays by unpaid shares by platform, summed over generations until they no longer count."""
    published = spread.publish(first)
    total = spread.impressions(published)
    caused, by_asked = spread.caused(published), spread.caused_by_asked(asked)
    state = {s: caused[s] + by_asked[s] for s in spread.slots}
    for _ in range(_ROUNDS):
        published = spread.publish(state)
        more = spread.impressions(published)
        total += more
        if more.sum() <= 1e-6 * total.sum():
            break
        state = spread.caused(published)
    return total


def _price_of(compiled: Compiled, impressions: NDArray[np.float64]) -> float:
    """What impressions by platform cost at the platforms' cpm, US$; NaN if one in use has none."""
    platforms = list(compiled.scenario.platforms.values())
    cost = 0.0
    for p in {p for _, p in compiled.slots}:
        cpm = platforms[p].cpm
        cost += float("nan") if cpm is None else float(impressions[p]) / 1000.0 * cpm
    return cost
