"""The spreading engine: one replicate of docs/model.md at a time, in passes that keep memory loads independent.

Displays wait in one chain of chunks per step. A step first marks the people shown something, which
brings their rows into the cache and finds those shown several things; then it takes the displays in
batches (look up, then decide), the several ones last, in the order of their words; then it publishes
what is due. Nothing is allocated: when a list of `Scratch` is full the replicate stops with a code in
``size[SIZE_FAILED]`` and the caller repeats it with a larger list, with the same result.
"""

from __future__ import annotations

from numba import njit

from viralsim.kernels.answering import close_market, close_step
from viralsim.kernels.buying import open_market
from viralsim.kernels.deliveries import deliver, end_waves, start_deliveries, start_waves
from viralsim.kernels.displays import receive_bucket
from viralsim.kernels.draws import derive
from viralsim.kernels.finishing import finish_people
from viralsim.kernels.following import settle_following, show_joined, start_following
from viralsim.kernels.layout import (
    C_COPIED,
    C_LIKES,
    C_OWNED,
    K_ACCEPT,
    K_COPY,
    K_VIEW,
    KIND_POST,
    LISTS,
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
from viralsim.kernels.private import send_private, start_private
from viralsim.kernels.publishing import publish
from viralsim.kernels.rules import apply_rules, count_visibly, happen, own_parents, start_rules
from viralsim.kernels.sharing import add_event, ask, copy_shares, share_pending
from viralsim.kernels.trees import TREE_ASKED, tree_tallies
from viralsim.kernels.words import U0


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
def replicate(world, plan, scratch, curves, width, run_key):
    """Run all steps of one replicate. Returns (whether all lists sufficed, cost of the people asked)."""
    make_keys(plan, scratch, run_key)
    scratch.size[SIZE_TOUCHED] = 0
    scratch.size[SIZE_PENDING] = 0
    scratch.size[SIZE_EVENTS] = 0
    scratch.size[SIZE_NODES] = 0
    scratch.size[SIZE_ASKED] = 0
    for c in range(scratch.counts.size):
        scratch.counts[c] = 0
    for s in range(scratch.boost.size):
        scratch.boost[s] = 1.0
    if plan.market.counting:
        open_market(world, plan, scratch, run_key)
    any_boost = False
    for p in range(plan.boost.shape[0]):
        any_boost |= plan.boost[p, 0] > 0.0
    copying = False
    for s in range(plan.copy_q.size):
        copying |= plan.copy_q[s] > U0
    next_post, next_ask, today, cost = 0, 0, 0, 0.0
    delivering = plan.reaching.slot.size > 0
    private, echoing = plan.reaching.private_q.size > 0, plan.reaching.like_shown.size > 0
    start_deliveries(plan, scratch, run_key)
    start_private(plan, scratch, run_key)
    start_rules(plan, scratch)
    following = plan.reaching.follow_q.size > 0
    if following:
        start_following(world, plan, scratch, run_key)
    quiet = not (delivering or following or plan.market.counting)  # nothing moves but by displays and shares
    for t in range(scratch.bucket_head.size):
        begun = scratch.size[SIZE_EVENTS]
        today = today if plan.day[t] == plan.day[today] else t
        happen(plan, scratch, t)
        planned = next_post < plan.post_step.size and plan.post_step[next_post] == t
        planned |= next_ask < plan.ask_step.size and plan.ask_step[next_ask] == t
        if quiet and not planned and scratch.bucket_head[t] < 0 and scratch.pending_head[t] < 0:
            continue
        if delivering and not deliver(plan, scratch, t):
            return False, cost
        if scratch.bucket_head[t] >= 0 and not receive_bucket(world, plan, scratch, curves, t, today, width):
            return False, cost
        first = scratch.size[SIZE_EVENTS]
        published = first
        while next_post < plan.post_step.size and plan.post_step[next_post] == t:
            slot, who = plan.post_slot[next_post], -1 - plan.post_ordinal[next_post]
            key = derive(derive(scratch.slot_key[slot, K_VIEW], POST_WORD), plan.post_ordinal[next_post])
            if add_event(scratch, t, slot, who, key, 0, 1, -1, -1, KIND_POST) < 0:
                return False, cost
            next_post += 1
        while next_ask < plan.ask_step.size and plan.ask_step[next_ask] == t:
            room, price = ask(world, plan, scratch, t, width, next_ask)
            if not room:
                return False, cost
            cost += price
            next_ask += 1
        if scratch.pending_head[t] >= 0 and not share_pending(plan, scratch, curves, t, width):
            return False, cost
        stop = scratch.size[SIZE_EVENTS]
        if copying and not copy_shares(plan, scratch, curves, t, width, first, stop):
            return False, cost
        stop = scratch.size[SIZE_EVENTS]
        if private and not send_private(world, plan, scratch, t, first, stop):
            return False, cost
        first = begun if echoing else first
        while first < stop:
            if not publish(world, plan, scratch, t, width, first, min(first + LISTS, stop)):
                return False, cost
            first += LISTS
        if following and not show_joined(world, plan, scratch, t, width, published, stop):
            return False, cost
        if any_boost:
            boost_slots(plan, scratch)
        if delivering:
            start_waves(plan, scratch, t, published)
            end_waves(plan, scratch, t)
            apply_rules(plan, scratch, t)
        count_visibly(plan, scratch)
        if following:
            settle_following(plan, scratch, t, width)
        if plan.market.counting:
            close_step(world, plan, scratch, t, width)
    return True, cost


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def run_block(world, plan, scratch, tally, run_keys, begin):
    """Run the replicates `begin`, `begin` + 1, ... of a block.

    Parameters
    ----------
    world, plan, scratch, tally : World, Plan, Scratch, Tally
        See viralsim.kernels.layout; `tally` must be zero from row `begin` on.
    run_keys : uint64[R]
        Run key of each replicate of the block.
    begin : int

    Returns
    -------
    int
        Number of replicates done, R if all. Less: a list of `scratch` was full (its code is in
        ``scratch.size[SIZE_FAILED]``), row `done` of `tally` and the scratch are to be thrown away.
    """
    width = scratch.rows.size // max(scratch.repeat_head.size, 1)
    for r in range(begin, run_keys.size):
        fine, cost = replicate(world, plan, scratch, tally.curves[r], width, run_keys[r])
        if not fine:
            return r
        for c in range(scratch.counts.size):
            tally.counts[r, c] = scratch.counts[c]
        tally.seed_cost[r] = cost
        if plan.market.counting:
            tally.wait[r] = close_market(scratch.sales, tally.deals[r], tally.lines[r])
        for c in range(tally.extra.shape[1]):
            tally.extra[r, c] = scratch.reaching.counts[c]
        for d in range(tally.bought.shape[1]):
            tally.bought[r, d] = scratch.reaching.bought[d]
        parents, n = scratch.node_parent, scratch.size[SIZE_NODES]
        if plan.reaching.rival.size > 0:
            parents, n = scratch.own_parent, own_parents(scratch, n)
        tree_tallies(
            parents,
            n,
            scratch.tree_work,
            tally.trees[r],
            tally.generations[r],
            tally.tree_sizes[r],
        )
        tally.trees[r, TREE_ASKED] = scratch.size[SIZE_ASKED]
        finish_people(plan, scratch, tally.people[r], width)
    return run_keys.size
