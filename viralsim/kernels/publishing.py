"""Posts and shares: their lists of followers, and who of them is shown what (docs/model.md, sections 3 and 6)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.choosing import choose_alike, choose_ranked
from viralsim.kernels.draws import derive
from viralsim.kernels.layout import K_DELAY, K_EVENT, KIND_COPY, KIND_POST, LISTS_AHEAD, POST_WORD
from viralsim.kernels.machine import inner, prefetch
from viralsim.kernels.reaching import ECHO_WORD, KIND_COMMENT
from viralsim.kernels.words import (
    EV_SLOT,
    L_CLOCK,
    L_DELAY,
    L_EVENT,
    L_GUESS,
    L_ITEM,
    L_SIZE,
    L_START,
    LIST,
    LOW_8,
    U0,
)

ECHO = np.uint64(ECHO_WORD)


@inner
def look_up_lists(world, plan, scratch, first, stop):
    """What there is to know of each new event before it is published (a pass of its own: independent loads).

    Returns whether there are events whose followers have one probability, and such that are ranked.
    """
    indptr, row_size, lists = world.indptr.reshape(-1), np.uint64(world.indptr.shape[1]), scratch.lists
    width = scratch.rows.size // scratch.repeat_head.size
    any_alike, any_ranked = False, False
    for event in range(first, stop):
        later = min(event + LISTS_AHEAD, stop - 1)
        platform = plan.slot_platform[np.int64((scratch.events[later, 1] >> EV_SLOT) & LOW_8)]
        prefetch(indptr, np.uint64(platform) * row_size + np.uint64(max(scratch.event_who[later], 0)))
        who, kind = scratch.event_who[event], scratch.event_kind[event]
        slot = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)
        ranked = plan.ranked[slot] > 0 and kind <= KIND_COPY
        any_alike, any_ranked = any_alike or not ranked, any_ranked or ranked
        platform = plan.slot_platform[slot]
        event_key, delay_key = scratch.slot_key[slot, K_EVENT], scratch.slot_key[slot, K_DELAY]
        start, stop_at, key = 0, 0, U0
        if kind > KIND_COMMENT or (who < 0 and kind != KIND_POST):
            pass  # shown to chosen people, not to a list of followers
        elif who >= 0:
            start, stop_at = world.indptr[platform, who], world.indptr[platform, who + 1]
            prefetch(world.tie, np.uint64(start))
            if kind <= KIND_COPY:
                key = scratch.rows[who * width]
            else:  # a like or comment: keys of its own
                event_key, delay_key, key = scratch.events[event, 0], scratch.events[event, 0], ECHO
        else:
            fans = plan.reaching.fans[slot] if plan.reaching.fans.size > 0 else platform
            start, stop_at = world.fan_ptr[fans], world.fan_ptr[fans + 1]
            event_key, delay_key = derive(event_key, POST_WORD), derive(delay_key, POST_WORD)
            key = np.uint64(-1 - who)
        e = np.uint64(event - first) * LIST
        lists[e + L_START] = start
        lists[e + L_SIZE] = stop_at - start
        lists[e + L_EVENT] = np.int64(derive(event_key, key))
        lists[e + L_DELAY] = np.int64(derive(delay_key, key + np.uint64(key == ECHO)))
        lists[e + L_CLOCK] = platform * plan.clock.shape[1]
        lists[e + L_GUESS] = platform * plan.clock_step.shape[1]
        lists[e + L_ITEM] = plan.slot_item[slot] | (platform << 8)
    return any_alike, any_ranked


@inner
def publish(world, plan, scratch, t, first, stop):
    """Plan the displays of events[first:stop] (docs/model.md, sections 3 and 6). Returns False if the pool is full.

    The lists of `lists` hold LISTS events, so this is called for at most as many.
    """
    any_alike, any_ranked = look_up_lists(world, plan, scratch, first, stop)
    if any_alike and not choose_alike(world, plan, scratch, t, first, stop):
        return False
    return not any_ranked or choose_ranked(world, plan, scratch, t, first, stop)
