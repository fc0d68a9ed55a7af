"""Sentences before a run: what is exceptional, foregone or unused, and what the expected figures leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.asking import P_SOURCES
from viralsim.engine.compiled import Compiled
from viralsim.engine.fairness import chosen_by_sensitive_attributes
from viralsim.engine.people import P_PICK, person_words
from viralsim.rng import derive
from viralsim.seeding.betweenness import sampled_betweenness

if TYPE_CHECKING:
    from viralsim.engine.expected import Expectations

__all__ = ["not_counted", "warnings_of"]

_LATE = 0.01  # part of the posts' displays after the end of the run from which it is spoken of


def not_counted(compiled: Compiled) -> tuple[str, ...]:
    """One sentence for each mechanic that the expected figures leave out, and which way it moves R.

    Parameters
    ----------
    compiled : Compiled

    Returns
    -------
    tuple of str
        Empty where everything is counted.
    """
    scenario = compiled.scenario
    platforms, items = list(scenario.platforms.values()), scenario.items
    kinds = {rule.kind for rule in scenario.campaign.rules}
    left_out = [
        (scenario.audience.attention.kind == "budget", "limited attention", "lowers R"),
        (any(item.fatigue > 0 for item in items), "fatigue", "lowers R"),
        (
            any(p.ranking.boost.kind != "none" for p in platforms),
            "the ranking's boost",
            "raises R where engagement is above the benchmark and lowers it where below",
        ),
        (any(p.visible_counts.kind != "none" for p in platforms), "visible counts", "raise R"),
        (
            any(item.response.kind in ("threshold", "peaked") for item in items),
            "repeated exposure (only the first sharer noticed counts)",
            "raises R where people notice several sharers",
        ),
        (
            any(item.view_influence > 0 for item in items),
            "what others' views do to a person's view",
            "raises or lowers R with the readiness to share a negative view",
        ),
        (
            scenario.campaign.response is not None and any(item.negative > 0 for item in items),
            "answers to complaints",
            "lower R a little",
        ),
        (
            any(p.following.kind != "none" for p in platforms),
            "followers won and lost",
            "change owned impressions and hardly move R",
        ),
        (
            compiled.plan.reaching.asked.shape[0] > 0
            and any(
                p.discovery.kind != "none" or p.like_visibility + p.comment_visibility > 0 for p in platforms
            ),
            "what sets an influencer's post apart in discovery and in likes and comments that others see",
            "moves R as credibility, disclosure, fit and size move engagement",
        ),
        ("boost" in kinds, "boosts by a rule", "add paid impressions and hardly move R"),
        ("move-budget" in kinds, "moves of the budget", "change paid impressions and hardly move R"),
    ]
    found = [f"Not counted: {what}, which {does}." for there, what, does in left_out if there]
    return (*found, *_events(scenario), *_after_the_end(compiled))


def _after_the_end(compiled: Compiled) -> list[str]:
    """What part of what posts and people asked show would come after the end of the run, if that is worth saying."""
    plan, late, shown = compiled.plan, 0.0, 0.0
    for slot, step, displays in _displays(compiled):
        clock = plan.clock[plan.slot_platform[slot]].astype(np.int64)
        due = clock[step + 1] + plan.delay[plan.slot_platform[slot]]
        late += displays * float(np.mean(due >= clock[-1]))
        shown += displays
    if late <= _LATE * shown:
        return []
    return [
        f"Not counted: the end of the run, after which {late / shown:.0%} of what posts and people asked show would "
        "come, and more of what is passed on, which lowers R and all impressions."
    ]


def _displays(compiled: Compiled) -> Iterator[tuple[int, int, float]]:
    """Slot, step and about how many displays of each post and each person asked of the brand's."""
    world, plan = compiled.world, compiled.plan
    for step, slot in zip(plan.post_step, plan.post_slot, strict=True):
        if compiled.scenario.items[int(plan.slot_item[slot])].brand is None:
            p = int(plan.slot_platform[slot])
            fans = float(world.fan_ptr[p + 1] - world.fan_ptr[p])
            yield int(slot), int(step), float(plan.organic_reach[slot]) * fans
    for step, slot, person in zip(plan.ask_step, plan.ask_slot, plan.ask_person, strict=True):
        p = int(plan.slot_platform[slot])
        followers = float(world.indptr[p, person + 1] - world.indptr[p, person])
        yield int(slot), int(step), float(plan.visibility[slot]) * followers


def _events(scenario: Any) -> list[str]:
    """What platform events are left out, and which way they move R."""
    out = []
    for name, platform in scenario.platforms.items():
        factors = [event.peer_visibility for event in platform.events if event.peer_visibility != 1.0]
        reaches = [event.organic_reach for event in platform.events if event.organic_reach != 1.0]
        if factors:
            does = "raises" if min(factors) > 1.0 else "lowers" if max(factors) < 1.0 else "moves"
            out.append(f"Not counted: what {name} changes in peer visibility, which {does} R from then on.")
        if reaches:
            does = "raises" if min(reaches) > 1.0 else "lowers" if max(reaches) < 1.0 else "moves"
            out.append(
                f"Not counted: what {name} changes in organic reach, which {does} owned impressions, not R."
            )
    return out


def warnings_of(compiled: Compiled, found: Expectations) -> tuple[str, ...]:
    """Sentences about what makes a scenario unusual or its answer foregone."""
    out = [_supercritical(found), _foregone(compiled.scenario.goal, found)]
    if not any(
        part.size for part in (compiled.plan.post_step, compiled.plan.ask_step, compiled.plan.reaching.slot)
    ):
        out.append("Nothing is posted and nobody is asked to share: nothing will happen.")
    else:
        out += _unused(compiled)
    out += chosen_by_sensitive_attributes(compiled.scenario)
    out += _about_people_asked(compiled)
    return tuple(text for text in out if text)


def _supercritical(found: Expectations) -> str:
    """What to say where sharing grows by itself."""
    if found.reproduction_number >= 1.0:
        return (
            f"R is {found.reproduction_number:.2f} (growth rate {found.growth_rate:.2f}): each sharer causes at least "
            "one new sharer, which is a rare exception; most posts have R below 0.2. Check share and visibility "
            "numbers."
        )
    if found.growth_rate >= 1.0:
        early = f" (R over the first two generations is {found.reproduction_number:.2f})"
        return (
            f"The growth rate is {found.growth_rate:.2f}: among the best connected people each sharer would cause at "
            f"least one new sharer{early * (found.reproduction_number < 1.0)}. That is a rare exception, and no finite "
            "earned multiplier can be expected. Check share and visibility numbers."
        )
    return ""


def _foregone(goal: Any, found: Expectations) -> str:
    """What to say where what is posted and paid for meets the goal by itself."""
    bought = {
        "impressions": (found.owned_impressions + found.paid_impressions, "impressions"),
        "impressions_owned": (found.owned_impressions, "owned impressions"),
        "impressions_paid": (found.paid_impressions, "paid impressions"),
        "reach": (found.bought_reach, "people reached"),
    }
    if goal is None or goal.metric not in bought:
        return ""
    amount, what = bought[goal.metric]
    if amount < goal.at_least:
        return ""
    return (
        f"The posts and paid shares alone are expected to bring about {amount:,.0f} {what}, which meets the goal of "
        f"{goal.at_least:,.10g}: word of mouth does not decide it."
    )


def _unused(compiled: Compiled) -> list[str]:
    """What is written but can have no effect; an item or platform may wait for a variant to use it."""
    scenario, out = compiled.scenario, []
    items, platforms = ({slot[part] for slot in compiled.slots} for part in (0, 1))
    for i, item in enumerate(scenario.items):
        if i not in items and not scenario.variants:
            out.append(
                f"The item {item.id!r} is never posted and nobody is asked to share it: nobody will see it."
            )
    for p, (name, platform) in enumerate(scenario.platforms.items()):
        if p not in platforms and not scenario.variants:
            out.append(
                f"Nothing is posted on {name} and nobody is asked to share there: nothing happens on it."
            )
        chances = [segment.access.get(name, platform.access) for segment in scenario.audience.segments]
        if platform.network.kind == "file" and min(chances) < 1.0:
            out.append(
                f"access to {name} is not used: everybody in its network's file has an account there, and nobody else."
            )
    return out


def _about_people_asked(compiled: Compiled) -> list[str]:
    """Posts not disclosed, budgets that pay for nobody, and how sure a pick is."""
    scenario, plan, out = compiled.scenario, compiled.plan, []
    items, platforms = [item.id for item in scenario.items], list(scenario.platforms)
    for entry, seeding in enumerate(scenario.campaign.seeding):
        where = f"campaign.seeding.{entry}"
        influencer = seeding.influencer
        if influencer is not None and influencer.disclosure.kind == "hidden" and seeding.has_price:
            out.append(
                f"{where}: a paid post that does not say so is unlawful in most countries; write disclosure: disclosed "
                "to see what saying so costs."
            )
        slot = compiled.slots.index((items.index(seeding.item), platforms.index(seeding.platform)))
        asked = plan.ask_person[plan.ask_slot == slot]
        if asked.size == 0 and getattr(seeding.pick, "budget", None) is not None:
            out.append(f"{where}: the budget pays for nobody: the first who would be asked costs more.")
        if seeding.pick.kind == "betweenness" and asked.size:
            out += _unsure_order(compiled, seeding, where, platforms.index(seeding.platform), asked)
    return out


def _unsure_order(
    compiled: Compiled, seeding: Any, where: str, p: int, asked: NDArray[np.int64]
) -> list[str]:
    """A warning if it is by chance of the sources who is the last one asked by betweenness."""
    network, people = compiled.audience.networks[p], compiled.audience.people
    holders = np.flatnonzero(network.account)
    words = person_words(derive(derive(compiled.key, P_PICK), P_SOURCES), people.key)[holders]
    found = sampled_betweenness(network.indptr, network.followers, holders, words, seeding.pick.sources)
    left = np.setdiff1d(holders, asked)
    if found.sources in (1, holders.size) or not left.size:
        return []
    last = asked[np.argmin(found.value[asked])]
    best = left[np.argmax(found.value[left])]
    gap = found.value[last] - found.value[best]
    if gap >= 2.0 * float(np.hypot(found.se[last], found.se[best])):
        return []
    return [
        f"{where}: betweenness is estimated from {found.sources:,} of {holders.size:,} people, too few to tell the "
        f"last one asked ({found.value[last]:,.0f} paths, standard error {found.se[last]:,.0f}) from the next "
        f"({found.value[best]:,.0f}, {found.se[best]:,.0f}); write more sources if it matters who that is."
    ]
