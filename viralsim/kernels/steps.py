"""What both spreading engines do when a replicate begins and in each of its steps."""

from __future__ import annotations

from viralsim.kernels.draws import derive
from viralsim.kernels.layout import (
    C_COPIED,
    C_LIKES,
    C_OWNED,
    K_ACCEPT,
    K_COPY,
    K_VIEW,
    KIND_POST,
    N_COUNTS,
    P_ATTENTION,
    P_EVENT,
    P_OPINION,
    POST_WORD,
    SIZE_ASKED,
    SIZE_EVENTS,
    SIZE_NODES,
    SIZE_PENDING,
    SIZE_TOUCHED,
)
from viralsim.kernels.machine import inner
from viralsim.kernels.rules import start_rules
from viralsim.kernels.sharing import add_event, ask


@inner
def make_keys(plan, scratch, run_key):
    """Derive the replicate's keys per slot and item from its run key (uint64)."""
    for s in range(plan.slot_item.size):
        item_key = plan.item_key[plan.slot_item[s]]
        platform_key = plan.platform_key[plan.slot_platform[s]]
        for k in range(5):
            scratch.slot_key[s, k] = derive(derive(derive(run_key, P_EVENT + k), item_key), platform_key)
        for k in range(K_ACCEPT, K_COPY + 1):
            scratch.slot_key[s, k] = derive(derive(derive(run_key, P_EVENT + k + 1), item_key), platform_key)
    for i in range(plan.item_key.size):
        scratch.opinion_key[i] = derive(derive(run_key, P_OPINION), plan.item_key[i])
    scratch.run_key[0] = run_key
    scratch.run_key[1] = derive(run_key, P_ATTENTION)


@inner
def boost_slots(plan, scratch):
    """Update the ranking boosts from the engagement so far (end of a step)."""
    n_slots = plan.slot_item.size
    n_segments = scratch.counts.size // (N_COUNTS * n_slots)
    for s in range(n_slots):
        platform = plan.slot_platform[s]
        benchmark, strength, cap = plan.boost[platform, 0], plan.boost[platform, 1], plan.boost[platform, 2]
        if benchmark <= 0.0:
            continue
        impressions, engagements = 0, 0
        for g in range(n_segments):
            at = (s * n_segments + g) * N_COUNTS
            for c in range(C_OWNED, C_OWNED + 3):
                impressions += scratch.counts[at + c]
            for c in range(C_LIKES, C_COPIED):
                engagements += scratch.counts[at + c]
        if impressions >= 100:
            rate = engagements / impressions
            factor = 1.0 + strength * (rate / benchmark - 1.0)
            scratch.boost[s] = min(max(factor, 1.0 / cap), cap)


@inner
def start(plan, scratch, run_key):
    """Keys, counts and lists as they are before the first step."""
    make_keys(plan, scratch, run_key)
    start_rules(plan, scratch)
    for part in (SIZE_TOUCHED, SIZE_PENDING, SIZE_EVENTS, SIZE_NODES, SIZE_ASKED):
        scratch.size[part] = 0
    for c in range(scratch.counts.size):
        scratch.counts[c] = 0
    for s in range(scratch.boost.size):
        scratch.boost[s] = 1.0


@inner
def planned(plan, t, next_post, next_ask):
    """Whether the brand posts, or asks somebody, in step t."""
    posts = next_post < plan.post_step.size and plan.post_step[next_post] == t
    return posts or (next_ask < plan.ask_step.size and plan.ask_step[next_ask] == t)


@inner
def publish_planned(world, plan, scratch, t, width, next_post, next_ask, cost):
    """The brand's posts of step t, then the shares of the people asked in it.

    `cost`: of the people asked so far. Returns (next post, next ask, cost, whether there was room).
    """
    while next_post < plan.post_step.size and plan.post_step[next_post] == t:
        slot, ordinal = plan.post_slot[next_post], plan.post_ordinal[next_post]
        key = derive(derive(scratch.slot_key[slot, K_VIEW], POST_WORD), ordinal)
        if add_event(scratch, t, slot, -1 - ordinal, key, 0, 1, -1, -1, KIND_POST) < 0:
            return next_post, next_ask, cost, False
        next_post += 1
    while next_ask < plan.ask_step.size and plan.ask_step[next_ask] == t:
        room, price = ask(world, plan, scratch, t, width, next_ask)
        if not room:
            return next_post, next_ask, cost, False
        cost += price
        next_ask += 1
    return next_post, next_ask, cost, True
