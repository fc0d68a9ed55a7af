"""The spreading engine where there is one item on one platform with posts, shares, likes, comments, clicks, no more.

The law is that of viralsim.kernels.spread (docs/model.md), and so is every number, to the last bit. Here a row has four
words at known places, all displays of a step have one chance and one growth of the hazard, a share has no copies and
no complaint, and steps in which nothing happens are passed over. Why there are two: docs/decisions/one-item.md.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.draws import derive
from viralsim.kernels.finishing import copy_to_scopes, read_bins, take_flags
from viralsim.kernels.layout import (
    C_OWNED,
    C_SHARES,
    K_VIEW,
    KIND_POST,
    LISTS,
    N_COUNTS,
    POST_WORD,
    SIZE_ASKED,
    SIZE_EVENTS,
    SIZE_NODES,
    SIZE_PENDING,
    SIZE_TOUCHED,
)
from viralsim.kernels.machine import inlined, inner
from viralsim.kernels.rules import count_visibly, happen, start_rules
from viralsim.kernels.sharing import add_event, ask
from viralsim.kernels.single_displays import ROW, WIDTH, receive_all
from viralsim.kernels.single_shares import share_due, show
from viralsim.kernels.spread import boost_slots, make_keys
from viralsim.kernels.trees import TREE_ASKED, tree_tallies
from viralsim.kernels.words import (
    COIN_ROOM,
    FLAGS,
    KEEP_PERSON,
    LOW_32,
    SCORE_0,
    SEGMENT,
    TOUCHED,
    U0,
    U1,
    U2,
    U3,
    U8,
    U31,
)


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
def start(plan, scratch, run_key):
    """Everything as it is before the first step."""
    make_keys(plan, scratch, run_key)
    start_rules(plan, scratch)
    for part in (SIZE_TOUCHED, SIZE_PENDING, SIZE_EVENTS, SIZE_NODES, SIZE_ASKED):
        scratch.size[part] = 0
    for c in range(scratch.counts.size):
        scratch.counts[c] = 0
    scratch.boost[0] = 1.0


@inner
def replicate(world, plan, scratch, curves, run_key):
    """Run all steps of one replicate. Returns (whether all lists sufficed, cost of the people asked)."""
    start(plan, scratch, run_key)
    next_post, next_ask, cost = 0, 0, 0.0
    none = np.int64(0)
    booked = (none, none, none, none)
    for t in range(scratch.bucket_head.size):
        happen(plan, scratch, t)
        planned = next_post < plan.post_step.size and plan.post_step[next_post] == t
        planned |= next_ask < plan.ask_step.size and plan.ask_step[next_ask] == t
        if scratch.bucket_head[t] < 0 and scratch.pending_head[t] < 0 and not planned:
            continue
        if scratch.bucket_head[t] >= 0:
            reached = receive_all(world, plan, scratch, t)
            if reached < 0:
                return False, cost
            curves[4, 0, plan.bin_of_step[t]] += reached
        first = scratch.size[SIZE_EVENTS]
        while next_post < plan.post_step.size and plan.post_step[next_post] == t:
            key = derive(derive(scratch.slot_key[0, K_VIEW], POST_WORD), plan.post_ordinal[next_post])
            who = -1 - plan.post_ordinal[next_post]
            if add_event(scratch, t, 0, who, key, 0, 1, -1, -1, KIND_POST) < 0:
                return False, cost
            next_post += 1
        people = scratch.size[SIZE_EVENTS]
        while next_ask < plan.ask_step.size and plan.ask_step[next_ask] == t:
            room, price = ask(world, plan, scratch, t, WIDTH, next_ask)
            if not room:
                return False, cost
            cost += price
            next_ask += 1
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


@inlined
def finish_row(rows, bins, first, row):
    """Book one person's flags, then make their row as new."""
    person_word = rows[row + U1]
    packed = take_flags(rows, row + U3)
    bins[first + ((person_word >> SEGMENT) & U31) * FLAGS + packed] += 1
    rows[row + U1] = person_word & KEEP_PERSON
    rows[row + U2] = (rows[row + U2] & LOW_32) | SCORE_0


@inner
def finish(plan, scratch, people):
    """Count distinct people and make their rows as new, as `viralsim.kernels.finishing.finish_people` does."""
    bins, rows, kept = scratch.flag_bins, scratch.rows, scratch.kept
    for i in range(bins.size):
        bins[i] = 0
    first = np.uint64(scratch.masks.size * people.shape[2]) * FLAGS
    touched, everybody = np.uint64(scratch.size[SIZE_TOUCHED]), np.uint64(scratch.repeat_head.size)
    if touched * U8 <= everybody:
        for k in range(touched):
            finish_row(rows, bins, first, np.uint64(scratch.touched[k]) << ROW)
    else:  # all in order is faster
        for begin in range(U0, everybody, COIN_ROOM):
            found = U0
            for person in range(begin, min(begin + COIN_ROOM, everybody)):
                kept[found] = np.int64(person)
                found += np.uint64(rows[(person << ROW) + U1] & TOUCHED != U0)
            for k in range(found):
                finish_row(rows, bins, first, np.uint64(kept[k]) << ROW)
    read_bins(bins, people)
    copy_to_scopes(plan, scratch, people)


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
        finish(plan, scratch, tally.people[r])
    return run_keys.size
