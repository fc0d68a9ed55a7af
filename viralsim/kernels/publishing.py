"""Posts and shares: their lists of followers, and who of them is shown what (docs/model.md, sections 3 and 6)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.choosing import (
    BYTES,
    GOLDEN,
    add_tile,
    choose_from_tiles,
    choose_ranked,
    place,
    shown_prob,
)
from viralsim.kernels.coins import split_prob
from viralsim.kernels.draws import derive
from viralsim.kernels.layout import K_DELAY, K_EVENT, KIND_COPY, KIND_POST, LISTS_AHEAD, POST_WORD
from viralsim.kernels.machine import inlined, inner, prefetch
from viralsim.kernels.reaching import ECHO_WORD, KIND_COMMENT
from viralsim.kernels.words import (
    EV_SLOT,
    L_DELAY,
    L_EVENT,
    L_PLATFORM,
    L_SIZE,
    L_START,
    LAST_QUANTILE,
    LIST,
    LOW_8,
    TILE,
    TILE_ROOM,
    U0,
    U1,
    U3,
)

ECHO = np.uint64(ECHO_WORD)


@inlined
def look_up_list(world, plan, scratch, width, event, e, slot, who, kind):
    """Put into row `e` of `lists` what there is to know of the followers of an event before it is published.

    Returns where the list begins, its size and the event's key.
    """
    lists, platform = scratch.lists, np.uint64(plan.slot_platform[slot])
    event_key, delay_key = scratch.slot_key[slot, K_EVENT], scratch.slot_key[slot, K_DELAY]
    start, stop, key, delay_word = 0, 0, U0, U0
    if kind > KIND_COMMENT or (who < 0 and kind != KIND_POST):
        pass  # shown to chosen people, not to a list of followers
    elif who >= 0:
        start, stop = world.indptr[platform, np.uint64(who)], world.indptr[platform, np.uint64(who) + U1]
        if kind <= KIND_COPY:
            key = scratch.rows[np.uint64(who) * np.uint64(width)]
        else:  # a like or comment: keys of its own
            event_key, delay_key, key = scratch.events[event, 0], scratch.events[event, 0], ECHO
            delay_word = U1
    else:
        fans = plan.reaching.fans[slot] if plan.reaching.fans.size > 0 else np.int64(platform)
        start, stop = world.fan_ptr[fans], world.fan_ptr[fans + 1]
        event_key, delay_key = derive(event_key, POST_WORD), derive(delay_key, POST_WORD)
        key = np.uint64(-1 - who)
    at = e * LIST
    lists[at + L_START] = start
    lists[at + L_SIZE] = stop - start
    event_key = derive(event_key, key)
    lists[at + L_EVENT] = np.int64(event_key)
    if plan.delay[platform, U0] != plan.delay[platform, LAST_QUANTILE]:
        lists[at + L_DELAY] = np.int64(derive(delay_key, key + delay_word))
    lists[at + L_PLATFORM] = np.int64(platform)
    return np.uint64(start), np.uint64(stop - start), event_key


@inner
def publish(world, plan, scratch, t, width, first, stop):
    """Plan the displays of events[first:stop] (docs/model.md, sections 3 and 6). Returns False if the pool is full.

    The lists of `lists` hold LISTS events, so this is called for at most as many.
    """
    indptr, row_size = world.indptr.reshape(-1), np.uint64(world.indptr.shape[1])
    tiles, points, leaving, any_ranked = U0, np.int64(0), False, False
    level, byte, fine = 0.0, U0, U0
    for event in range(np.uint64(first), np.uint64(stop)):
        later = min(event + np.uint64(LISTS_AHEAD), np.uint64(stop - 1))
        platform = np.uint64(plan.slot_platform[(scratch.events[later, 1] >> EV_SLOT) & LOW_8])
        prefetch(indptr, platform * row_size + np.uint64(max(scratch.event_who[later], 0)))
        slot = (scratch.events[event, 1] >> EV_SLOT) & LOW_8
        kind, who = scratch.event_kind[event], scratch.event_who[event]
        e = event - np.uint64(first)
        begin, size, key = look_up_list(world, plan, scratch, width, event, e, slot, who, kind)
        if plan.ranked[slot] and kind <= KIND_COPY:
            any_ranked = True
            prefetch(world.tie, begin)
            continue
        if size == U0:
            continue
        leaving |= who < 0 and plan.reaching.follow_q.size > 0
        prob = shown_prob(plan, scratch, slot, kind, who >= 0)
        if prob != level:
            level = prob
            byte, fine = split_prob(prob)
            byte *= BYTES
        flip = np.int64(who >= 0) - 1
        for done in range(U0, size, TILE):
            if tiles == TILE_ROOM:
                points = choose_from_tiles(world, plan, scratch, t, first, tiles, np.uint64(points), leaving)
                if points < 0:
                    return False
                tiles = U0
            key_of_tile = key + GOLDEN * (done >> U3)
            tiles = add_tile(
                scratch, tiles, begin + done, min(size - done, TILE), key_of_tile, byte, fine, e, flip
            )
    points = choose_from_tiles(world, plan, scratch, t, first, tiles, np.uint64(points), leaving)
    if points < 0 or not place(world, plan, scratch, t, first, np.uint64(points), leaving):
        return False
    return not any_ranked or choose_ranked(world, plan, scratch, t, first, stop)
