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
from viralsim.kernels.finishing import finish_people
from viralsim.kernels.following import settle_following, show_joined, start_following
from viralsim.kernels.layout import (
    LISTS,
    SIZE_ASKED,
    SIZE_EVENTS,
    SIZE_NODES,
)
from viralsim.kernels.machine import inner
from viralsim.kernels.private import send_private, start_private
from viralsim.kernels.publishing import publish
from viralsim.kernels.rules import apply_rules, count_visibly, happen, own_parents
from viralsim.kernels.sharing import copy_shares, share_pending
from viralsim.kernels.steps import boost_slots, planned, publish_planned, start
from viralsim.kernels.trees import TREE_ASKED, tree_tallies
from viralsim.kernels.words import U0


@inner
def replicate(world, plan, scratch, curves, width, run_key):
    """Run all steps of one replicate. Returns (whether all lists sufficed, cost of the people asked)."""
    start(plan, scratch, run_key)
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
    following = plan.reaching.follow_q.size > 0
    if following:
        start_following(world, plan, scratch, run_key)
    quiet = not (delivering or following or plan.market.counting)  # nothing moves but by displays and shares
    for t in range(scratch.bucket_head.size):
        begun = scratch.size[SIZE_EVENTS]
        today = today if plan.day[t] == plan.day[today] else t
        happen(plan, scratch, t)
        if (
            quiet
            and not planned(plan, t, next_post, next_ask)
            and scratch.bucket_head[t] < 0
            and scratch.pending_head[t] < 0
        ):
            continue
        if delivering and not deliver(plan, scratch, t):
            return False, cost
        if scratch.bucket_head[t] >= 0 and not receive_bucket(world, plan, scratch, curves, t, today, width):
            return False, cost
        first = scratch.size[SIZE_EVENTS]
        published = first
        next_post, next_ask, cost, room = publish_planned(
            world, plan, scratch, t, width, next_post, next_ask, cost
        )
        if not room:
            return False, cost
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
