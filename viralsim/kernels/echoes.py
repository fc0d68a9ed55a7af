"""Likes and comments that followers see (docs/model.md, section 11)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import below, derive, exponential32, high32, level_of
from viralsim.kernels.layout import (
    QUANTILES,
    SHOW_ALL,
)
from viralsim.kernels.machine import inner
from viralsim.kernels.placing import show_later
from viralsim.kernels.reaching import (
    ECHO_WORD,
    ECHOED_SHIFT,
    EVENT_DARK_SHIFT,
    EVENT_ECHO_SHIFT,
    KIND_COMMENT,
    KIND_LIKE,
)
from viralsim.kernels.sharing import add_event
from viralsim.kernels.words import (
    EV_PEER,
    EV_SLOT,
    LOW_8,
    LOW_32,
    TIE_HALF,
    U1,
)

DARK_EVENT, ECHO_EVENT = np.uint64(1 << EVENT_DARK_SHIFT), np.uint64(1 << EVENT_ECHO_SHIFT)
PEER_EVENT = np.uint64(1) << EV_PEER
CHOSEN_BY, DELAYED_BY = np.uint64(ECHO_WORD), np.uint64(ECHO_WORD + 1)


@inner
def echo(plan, scratch, t, width, person, slot, view, word, did, event):
    """Note that a person's first like or comment on a slot is to be shown. Returns False if the list is full.

    `did`: whether the person (liked, commented).
    """
    info = scratch.events[event, 1]
    if info & DARK_EVENT:
        return True
    at_item = person * width + 2 + plan.slot_item[slot]
    platform = plan.slot_platform[slot]
    for kind in (KIND_LIKE, KIND_COMMENT):
        if kind == KIND_LIKE:
            acted, shown = did[0], plan.reaching.like_shown[slot]
        else:
            acted, shown = did[1], plan.reaching.comment_shown[slot]
        flag = np.uint64(1 << (ECHOED_SHIFT + 8 * (kind - KIND_LIKE) + platform))
        if not acted or shown == 0.0 or scratch.rows[at_item] & flag:
            continue
        scratch.rows[at_item] |= flag
        node = np.int64(info & LOW_32) - 1
        key = derive(word, kind - KIND_LIKE + 2)
        made = add_event(scratch, t, slot, person, key, 2, view, node, event, kind)
        if made < 0:
            return False
        scratch.events[made, 1] = (scratch.events[made, 1] & ~PEER_EVENT) | ECHO_EVENT
    return True


@inner
def show_echoes(world, plan, scratch, t, first, stop):
    """Plan the displays of the likes and comments events[first:stop]. Returns False if the pool is full."""
    for event in range(first, stop):
        kind = scratch.event_kind[event]
        if kind != KIND_LIKE and kind != KIND_COMMENT:
            continue
        slot, who = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8), scratch.event_who[event]
        prob = plan.reaching.like_shown[slot] if kind == KIND_LIKE else plan.reaching.comment_shown[slot]
        platform = plan.slot_platform[slot]
        start, size = (
            world.indptr[platform, who],
            world.indptr[platform, who + 1] - world.indptr[platform, who],
        )
        if size > 0 and not show_to(world, plan, scratch, t, event, platform, start, size, prob):
            return False
    return True


@inner
def show_to(world, plan, scratch, t, event, platform, start, size, prob):
    """Plan the displays of one event to each follower of a list with one probability (docs/model.md, section 6)."""
    event_key = derive(scratch.events[event, 0], CHOSEN_BY)
    delay_key = derive(scratch.events[event, 0], DELAYED_BY)
    everybody, fine = prob >= SHOW_ALL, True
    bound = 0.0 if everybody else size * level_of(prob)
    total, k, found, position = 0.0, 0, 0, -1
    while fine:
        if everybody:
            position += 1
            if position == size:
                break
        else:
            word = derive(event_key, k)
            k += 1
            total += exponential32(high32(word))
            if not total < bound:
                break
            position = below(word, size)
            bit = U1 << np.uint64(position & 63)
            seen = scratch.seen[position >> 6]
            if seen & bit:
                continue
            scratch.seen[position >> 6] = seen | bit
            scratch.seen_at[found] = position >> 6
            found += 1
        delay = plan.delay[platform, below(derive(delay_key, position), QUANTILES)]
        tie = world.tie[start + position] if world.tie.size > 0 else np.uint8(TIE_HALF)
        viewer = world.followers[start + position]
        fine = show_later(plan, scratch, t, platform, delay, viewer, event, tie)
    for j in range(found):
        scratch.seen[scratch.seen_at[j]] = np.uint64(0)
    return fine
