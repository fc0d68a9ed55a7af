"""Private shares: to one to three of the closest, seen by no platform (docs/model.md, section 11)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import below, derive, low32
from viralsim.kernels.layout import K_EVENT, LISTS_AHEAD, N_COUNTS
from viralsim.kernels.machine import inlined, inner, prefetch
from viralsim.kernels.placing import show_later
from viralsim.kernels.reaching import EVENT_DARK_SHIFT, KIND_PRIVATE, N_EXTRA, P_PRIVATE, X_PRIVATE
from viralsim.kernels.words import EV_SLOT, LOW_8, SEGMENT, SHARED_NOW, TIE_HALF, U0

DARK_EVENT, LINE = np.uint64(1 << EVENT_DARK_SHIFT), np.uint64(64)


@inner
def start_private(plan, scratch, run_key):
    """Keys of private shares by slot."""
    for s in range(plan.reaching.private_q.size):
        item_key = plan.item_key[plan.slot_item[s]]
        platform_key = plan.platform_key[plan.slot_platform[s]]
        scratch.reaching.private_key[s] = derive(derive(derive(run_key, P_PRIVATE), item_key), platform_key)


@inlined
def make_private(plan, scratch, width, event):
    """Turn a person's own share, just made, into a private one if their word says so."""
    slot = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)
    row = scratch.event_who[event] * width
    word = derive(scratch.reaching.private_key[slot], scratch.rows[row])
    if not low32(word) < plan.reaching.private_q[slot]:
        return
    scratch.event_kind[event] = KIND_PRIVATE
    scratch.events[event, 1] |= DARK_EVENT
    scratch.rows[row + 2 + plan.item_key.size + slot] &= ~SHARED_NOW  # it is not copied
    n_segments = scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    segment = np.int64((scratch.rows[row + 1] >> SEGMENT) & np.uint64(31))
    scratch.reaching.counts[(slot * n_segments + segment) * N_EXTRA + X_PRIVATE] += 1


@inner
def keep_closest(best, found, most, position, tie, word):
    """Put a follower among the `found` closest so far if they belong there. Returns how many there are."""
    at = found
    while at > 0 and (best[at - 1, 1] < tie or (best[at - 1, 1] == tie and word < best[at - 1, 2])):
        at -= 1
    if at == most:
        return found
    found = min(found + 1, most)
    for k in range(found - 1, at, -1):
        for c in range(3):
            best[k, c] = best[k - 1, c]
    best[at, 0], best[at, 1], best[at, 2] = position, tie, word
    return found


@inner
def send_private(world, plan, scratch, t, first, stop):
    """Show the private shares among events[first:stop] to the closest. Returns False if the pool is full."""
    best = scratch.reaching.closest
    indptr, row_size = world.indptr.reshape(-1), np.uint64(world.indptr.shape[1])
    width = scratch.rows.size // scratch.repeat_head.size
    for event in range(first, stop):
        later = min(event + LISTS_AHEAD, stop - 1)
        platform = plan.slot_platform[np.int64((scratch.events[later, 1] >> EV_SLOT) & LOW_8)]
        prefetch(indptr, np.uint64(platform) * row_size + np.uint64(max(scratch.event_who[later], 0)))
        soon = min(event + LISTS_AHEAD // 2, stop - 1)
        platform = np.uint64(plan.slot_platform[np.int64((scratch.events[soon, 1] >> EV_SLOT) & LOW_8)])
        begins = np.uint64(indptr[platform * row_size + np.uint64(max(scratch.event_who[soon], 0))])
        prefetch(world.tie, begins)
        prefetch(world.tie, begins + LINE)
        if scratch.event_kind[event] != KIND_PRIVATE:
            continue
        slot, who = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8), scratch.event_who[event]
        platform = plan.slot_platform[slot]
        start, size = (
            world.indptr[platform, who],
            world.indptr[platform, who + 1] - world.indptr[platform, who],
        )
        key = scratch.rows[who * width]
        word = derive(derive(scratch.reaching.private_key[slot], key), 1)
        most = 1 + below(word, plan.reaching.private_most[slot])
        event_key, found = derive(scratch.slot_key[slot, K_EVENT], key), 0
        least = U0  # a tie below it is not among the closest
        for position in range(np.uint64(size)):
            tie = (
                np.uint64(world.tie[np.uint64(start) + position])
                if world.tie.size > 0
                else np.uint64(TIE_HALF)
            )
            if tie >= least:
                found = keep_closest(best, found, most, position, tie, derive(event_key, position))
                least = best[most - 1, 1] if found == most else U0
        for k in range(found):
            if low32(derive(best[k, 2], 1)) < plan.reaching.private_shown_q[slot]:
                viewer = world.followers[start + np.int64(best[k, 0])]
                if not show_later(plan, scratch, t, platform, 0, viewer, event, best[k, 1]):
                    return False
    return True
