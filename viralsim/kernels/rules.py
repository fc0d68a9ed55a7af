"""Platform events, rules of a campaign, and which slots are the brand's (docs/model.md, sections 13 and 14)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import log
from viralsim.kernels.layout import (
    C_COPIED,
    C_LIKES,
    C_OWNED,
    C_SHARES,
    N_COUNTS,
)
from viralsim.kernels.machine import inner
from viralsim.kernels.reaching import MOST_DISPLAYS
from viralsim.kernels.words import EV_SLOT, LOW_8, ONE_32


@inner
def start_rules(plan, scratch):
    """Reach and visibility as before the first event, and whose slots are whose."""
    reaching, work = plan.reaching, scratch.reaching
    for s in range(plan.slot_item.size):
        work.reach[s] = plan.organic_reach[s]
        work.visibility[s] = plan.visibility[s]
        work.like_q[s] = plan.like_q[s]
        work.proof[s] = 1.0
        work.own[s] = 1
        if reaching.rival.size > 0 and reaching.rival[s]:
            work.own[s] = 0


@inner
def happen(plan, scratch, t):
    """Platform events of step t."""
    reaching, work = plan.reaching, scratch.reaching
    for e in range(reaching.event_step.size):
        if reaching.event_step[e] != t:
            continue
        for s in range(plan.slot_item.size):
            if plan.slot_platform[s] == reaching.event_platform[e]:
                work.reach[s] *= reaching.event_reach[e]
                work.visibility[s] *= reaching.event_visibility[e]


@inner
def engagement_of(plan, scratch, item, slot):
    """Impressions and engagements so far of an item, or of one slot if `slot` >= 0."""
    impressions, engagements = 0, 0
    n_segments = scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    for s in range(plan.slot_item.size):
        if (slot >= 0 and s != slot) or (slot < 0 and plan.slot_item[s] != item):
            continue
        for g in range(n_segments):
            at = (s * n_segments + g) * N_COUNTS
            for c in range(C_OWNED, C_OWNED + 3):
                impressions += scratch.counts[at + c]
            for c in range(C_LIKES, C_COPIED):
                engagements += scratch.counts[at + c]
    return impressions, engagements


@inner
def count_visibly(plan, scratch):
    """At the end of a step: what people see others have done moves how readily they like and share from now on."""
    work, n_segments = scratch.reaching, scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    for s in range(plan.reaching.visible.shape[0]):
        strength, reference = plan.reaching.visible[s, 0], plan.reaching.visible[s, 1]
        if strength == 0.0:
            continue
        seen = 0
        for g in range(n_segments):
            at = (s * n_segments + g) * N_COUNTS
            seen += scratch.counts[at + C_LIKES]
            for c in range(C_SHARES, C_SHARES + 3):
                seen += scratch.counts[at + c]
        factor = min(1.0 + strength * log(1.0 + seen / reference), plan.reaching.visible[s, 2])
        work.proof[s] = factor
        work.like_q[s] = np.uint64(min(np.float64(plan.like_q[s]) * factor, ONE_32))


@inner
def is_open(plan, scratch, d, t):
    """Whether delivery d is a flight that runs after step t or will."""
    work = scratch.reaching
    return not plan.reaching.discovery[d] and work.begin[d] >= 0 and work.end[d] > t + 1


@inner
def best_item(plan, scratch, t, least):
    """Item with the best engagement rate among those with an open flight, -1 if none has enough impressions."""
    best, best_rate = -1, 0.0
    for d in range(plan.reaching.slot.size):
        if not is_open(plan, scratch, d, t):
            continue
        item = plan.slot_item[plan.reaching.slot[d]]
        impressions, engagements = engagement_of(plan, scratch, item, -1)
        if impressions < least or impressions == 0:
            continue
        rate = engagements / impressions
        if best < 0 or rate > best_rate or (rate == best_rate and plan.item_key[item] < plan.item_key[best]):
            best, best_rate = item, rate
    return best


@inner
def move_budget(plan, scratch, t, least):
    """What other flights have not spent goes to the flights of the best item."""
    reaching, work = plan.reaching, scratch.reaching
    best = best_item(plan, scratch, t, least)
    if best < 0:
        return
    money, receivers = 0.0, 0
    for d in range(reaching.slot.size):
        if is_open(plan, scratch, d, t) and plan.slot_item[reaching.slot[d]] == best:
            receivers += 1
        elif not reaching.discovery[d] and work.begin[d] >= 0:
            money += (work.planned[d] - work.bought[d]) * reaching.price[d]
            work.planned[d] = work.bought[d]
    for d in range(reaching.slot.size):
        if is_open(plan, scratch, d, t) and plan.slot_item[reaching.slot[d]] == best:
            more = np.int64(np.floor(money / receivers / reaching.price[d] + 1e-9))
            work.planned[d] = min(work.planned[d] + more, MOST_DISPLAYS)
            work.base[d, 0] = work.bought[d]
            work.base[d, 1] = max(t + 1, work.begin[d])


@inner
def apply_rules(plan, scratch, t):
    """Rules at the end of step t."""
    reaching, work = plan.reaching, scratch.reaching
    for m in range(reaching.rule_step.size):
        if reaching.rule_step[m] == t + 1:
            move_budget(plan, scratch, t, reaching.rule_least[m])
    for d in range(reaching.slot.size):
        if reaching.trigger[d] == 0.0 or work.begin[d] >= 0 or t + 1 >= plan.day.size:
            continue
        impressions, engagements = engagement_of(plan, scratch, -1, reaching.slot[d])
        if (
            impressions >= reaching.least[d]
            and engagements >= reaching.trigger[d] * impressions
            and impressions > 0
        ):
            work.begin[d] = t + 1
            work.end[d] = min(t + 1 + reaching.end[d], plan.day.size)
            work.base[d, 1] = t + 1


@inner
def own_parents(scratch, n):
    """Parents of the brand's share tree nodes among the first `n`, to `own_parent`; returns how many there are."""
    own, renamed = scratch.reaching.own, scratch.tree_work[0]
    kept = 0
    for i in range(n):
        if not own[(scratch.events[scratch.node_event[i], 1] >> EV_SLOT) & LOW_8]:
            continue
        parent = scratch.node_parent[i]
        scratch.own_parent[kept] = renamed[parent] if parent >= 0 else -1
        renamed[i] = kept
        kept += 1
    return kept
