"""The spreading engine where there is one item on one platform with posts, shares, likes, comments, clicks, no more.

The law is that of viralsim.kernels.spread (docs/model.md), and so is every number, to the last bit. Here a row has four
words at known places, all displays of a step have one chance and one growth of the hazard, a share has no copies and
no complaint, and steps in which nothing happens are passed over. Why there are two: docs/decisions/one-item.md.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.finishing import finish_people
from viralsim.kernels.layout import (
    C_OWNED,
    C_SHARES,
    LISTS,
    N_COUNTS,
    SIZE_ASKED,
    SIZE_EVENTS,
    SIZE_NODES,
)
from viralsim.kernels.machine import inner
from viralsim.kernels.rules import count_visibly, happen
from viralsim.kernels.single_displays import WIDTH, receive_all
from viralsim.kernels.single_shares import share_due, show
from viralsim.kernels.steps import boost_slots, planned, publish_planned, start
from viralsim.kernels.trees import TREE_ASKED, tree_tallies


@inner
def book_step(plan, scratch, curves, t, booked):
    """Add impressions by origin and shares counted since `booked` to the curves of step t; returns all so far."""
    counts, time_bin = scratch.counts, plan.bin_of_step[t]
    owned, paid, earned, shares = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for at in range(0, counts.size, N_COUNTS):
        owned += counts[at + C_OWNED]
        paid += counts[at + C_OWNED + 1]
        earned += counts[at + C_OWNED + 2]
        shares += counts[at + C_SHARES]
    curves[0, 0, time_bin] += owned - booked[0]
    curves[1, 0, time_bin] += paid - booked[1]
    curves[2, 0, time_bin] += earned - booked[2]
    curves[3, 0, time_bin] += shares - booked[3]
    return owned, paid, earned, shares


@inner
def show_all(world, plan, scratch, t, first, stop, peer):
    """Plan the displays of events[first:stop]. Returns False if the pool is full."""
    while first < stop:
        if not show(world, plan, scratch, t, first, min(first + LISTS, stop), peer):
            return False
        first += LISTS
    return True


@inner
def replicate(world, plan, scratch, curves, run_key):
    """Run all steps of one replicate. Returns (whether all lists sufficed, cost of the people asked)."""
    start(plan, scratch, run_key)
    next_post, next_ask, cost = 0, 0, 0.0
    none = np.int64(0)
    booked = (none, none, none, none)
    for t in range(scratch.bucket_head.size):
        happen(plan, scratch, t)
        begun = planned(plan, t, next_post, next_ask)
        if scratch.bucket_head[t] < 0 and scratch.pending_head[t] < 0 and not begun:
            continue
        if scratch.bucket_head[t] >= 0:
            reached = receive_all(world, plan, scratch, t)
            if reached < 0:
                return False, cost
            curves[4, 0, plan.bin_of_step[t]] += reached
        first = scratch.size[SIZE_EVENTS]
        posts = next_post
        next_post, next_ask, cost, room = publish_planned(
            world, plan, scratch, t, WIDTH, next_post, next_ask, cost
        )
        if not room:
            return False, cost
        people = first + next_post - posts
        if scratch.pending_head[t] >= 0 and not share_due(plan, scratch, t):
            return False, cost
        booked = book_step(plan, scratch, curves, t, booked)
        if not show_all(world, plan, scratch, t, first, people, False):
            return False, cost
        if not show_all(world, plan, scratch, t, people, scratch.size[SIZE_EVENTS], True):
            return False, cost
        boost_slots(plan, scratch)
        count_visibly(plan, scratch)
    return True, cost


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def run_block(world, plan, scratch, tally, run_keys, begin):
    """Run the replicates `begin`, `begin` + 1, ... of a block, as `viralsim.kernels.spread.run_block` does.

    Parameters
    ----------
    world, plan, scratch, tally : World, Plan, Scratch, Tally
        Of a draw for which `viralsim.engine.replicates.is_single` holds; `tally` must be zero from row `begin` on.
    run_keys : uint64[R]
    begin : int

    Returns
    -------
    int
        Number of replicates done; fewer than R: a list of `scratch` was full.
    """
    for r in range(begin, run_keys.size):
        fine, cost = replicate(world, plan, scratch, tally.curves[r], run_keys[r])
        if not fine:
            return r
        for c in range(scratch.counts.size):
            tally.counts[r, c] = scratch.counts[c]
        tally.seed_cost[r] = cost
        tree_tallies(
            scratch.node_parent,
            scratch.size[SIZE_NODES],
            scratch.tree_work,
            tally.trees[r],
            tally.generations[r],
            tally.tree_sizes[r],
        )
        tally.trees[r, TREE_ASKED] = scratch.size[SIZE_ASKED]
        finish_people(plan, scratch, tally.people[r], WIDTH)
    return run_keys.size
