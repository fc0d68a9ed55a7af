"""Posts and shares: whom the feed shows them and when (docs/model.md, sections 3 and 6)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import derive, exponential32, high32, level_of, low32
from viralsim.kernels.layout import (
    CHUNK,
    CLOCK_SHIFT,
    FULL_POOL,
    K_DELAY,
    K_EVENT,
    KIND_COPY,
    KIND_OWN,
    KIND_POST,
    LISTS_AHEAD,
    N_LIST,
    POST_WORD,
    QUANTILES,
    SHOW_ALL,
    SIZE_FAILED,
    SIZE_FREE,
)
from viralsim.kernels.machine import inner, prefetch
from viralsim.kernels.reaching import ECHO_WORD, KIND_COMMENT, KIND_LIKE
from viralsim.kernels.words import (
    COIN_ROOM,
    EV_SLOT,
    EVENT_OF,
    LAST_QUANTILE,
    LOW_8,
    LOW_32,
    ONE_32,
    PERSON_OF,
    POINT_ROOM,
    TAG_LIST,
    TAG_TIE,
    TIE_HALF,
    U0,
    U1,
    U2,
    U8,
    U16,
    U32,
)

ECHO, LIST, U6, U63, U64, TIE_KNOWN = (np.uint64(x) for x in (ECHO_WORD, N_LIST, 6, 63, 64, TIE_HALF))
READ_LISTS = np.uint64(LISTS_AHEAD // 2)
L_START, L_SIZE, L_EVENT, L_DELAY, L_CLOCK, L_GUESS, L_ITEM = (np.uint64(k) for k in range(7))


@inner
def take_chunk(scratch, step):
    """Append a free chunk to a step's chain and move its cursor there. Returns the cursor, -1 if none is free."""
    free = scratch.size[SIZE_FREE]
    if free == 0:
        scratch.size[SIZE_FAILED] = FULL_POOL
        return -1
    chunk = scratch.free[free - 1]
    scratch.size[SIZE_FREE] = free - 1
    if scratch.bucket_head[step] < 0:
        scratch.bucket_head[step] = chunk
    else:
        scratch.chunk_next[scratch.bucket_cursor[step] // CHUNK - 1] = chunk
    cursor = np.int64(chunk) * CHUNK
    scratch.bucket_cursor[step] = cursor
    return cursor


@inner
def look_up_viewers(world, scratch, count):
    """Look up the people at the `count` planned points (a pass of its own: independent loads, asked for in time)."""
    for i in range(np.uint64(count)):
        at = scratch.point_at[i]
        viewer = np.uint64(world.followers[np.uint64(at)] if at >= 0 else world.fans[np.uint64(~at)])
        scratch.point_display[i] = viewer << PERSON_OF


@inner
def place_points(plan, scratch, t, first, count, leaving):
    """Put the displays of the `count` planned points in the buckets of their steps.

    `first` is the event of the first of `lists`. With `leaving` viewers of a post who do not follow any more are
    left out. Returns False if the pool is full.
    """
    if leaving:
        count = drop_left(scratch, first, count)
    find_steps(plan, scratch, t, count)
    late = scratch.bucket_head.size
    for i in range(np.uint64(count)):
        s = np.uint64(scratch.point_at[i])
        if s == late:
            continue
        tag = scratch.point_tag[i]
        cursor = scratch.bucket_cursor[s]
        if cursor & (CHUNK - 1) == 0:  # at the end of a chunk, or none yet
            cursor = take_chunk(scratch, np.int64(s))
            if cursor < 0:
                return False
        event = np.uint64(first) + (tag & TAG_LIST)
        tie = tag >> TAG_TIE
        scratch.pool[np.uint64(cursor)] = scratch.point_display[i] | (event << EVENT_OF) | tie
        scratch.bucket_cursor[s] = cursor + 1
    return True


@inner
def find_steps(plan, scratch, t, count):
    """Replace the place of each of `count` points by the step of its display, the number of steps if too late.

    The chains of loads of this pass are independent of each other.
    """
    lists, points, tags = scratch.lists, scratch.point_at, scratch.point_tag
    delay, clock, guess = plan.delay.reshape(-1), plan.clock.reshape(-1), plan.clock_step.reshape(-1)
    last, now = np.uint64(scratch.bucket_head.size), np.uint64(t + 1)
    for i in range(np.uint64(count)):
        at, e = points[i], list_of(tags[i])
        begin, table = np.uint64(lists[e + L_CLOCK]), (np.uint64(lists[e + L_ITEM]) >> U8) * np.uint64(QUANTILES)
        wait = delay[table]
        if wait != delay[table + LAST_QUANTILE]:
            word = derive(np.uint64(lists[e + L_DELAY]), (at ^ (at >> 63)) - lists[e + L_START])
            wait = delay[table + below_table(word)]
        due = clock[begin + now] + wait
        if due >= clock[begin + last]:
            points[i] = np.int64(last)
            continue
        s = np.uint64(guess[np.uint64(lists[e + L_GUESS] + (due >> CLOCK_SHIFT))]) + begin + U1
        s += np.uint64(clock[s] <= due)
        s += np.uint64(clock[s] <= due)  # mostly enough
        while clock[s] <= due:
            s += U1
        points[i] = np.int64(s - begin - U1)


@inner
def list_of(tag):
    """Where the list of a point begins in `lists`."""
    return (tag & TAG_LIST) * LIST


@inner
def drop_left(scratch, first, count):
    """Keep of `count` points those whose viewer still follows, if a post of the brand's is shown; returns how many."""
    kept = U0
    for i in range(np.uint64(count)):
        at, tag, display = scratch.point_at[i], scratch.point_tag[i], scratch.point_display[i]
        platform = np.uint64(scratch.lists[list_of(tag) + L_ITEM]) >> U8
        left = at < 0 and has_left(scratch, display, first + np.int64(tag & TAG_LIST), platform)
        scratch.point_at[kept], scratch.point_tag[kept], scratch.point_display[kept] = at, tag, display
        kept += np.uint64(not left)
    return np.int64(kept)


@inner
def has_left(scratch, display, event, platform):
    """Whether the viewer of a post of the brand's does not follow it any more."""
    own = scratch.reaching.own[np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)]
    return own and not (np.uint64(scratch.reaching.fan[display >> PERSON_OF]) >> platform) & U1


@inner
def below_table(bits):
    """`below(bits, QUANTILES)` as an index that is known not to be negative (uint64)."""
    return ((bits & LOW_32) * np.uint64(QUANTILES)) >> U32


@inner
def read_ahead(world, scratch, first, e):
    """Ask for the followers of new event `e`: where in the graph a list begins the processor cannot guess."""
    if scratch.event_who[np.uint64(first) + e] < 0:
        return
    start = np.uint64(scratch.lists[e * LIST + L_START])
    stop = start + min(np.uint64(scratch.lists[e * LIST + L_SIZE]), COIN_ROOM)
    for at in range(start, stop, U16):
        prefetch(world.followers, at)
    for at in range(start, stop, U64):
        prefetch(world.tie, at)


@inner
def look_up_lists(world, plan, scratch, first, stop):
    """What there is to know of each new event before it is published (a pass of its own: independent loads)."""
    indptr, row_size, lists = world.indptr.reshape(-1), np.uint64(world.indptr.shape[1]), scratch.lists
    width = scratch.rows.size // scratch.repeat_head.size
    for event in range(first, stop):
        later = min(event + LISTS_AHEAD, stop - 1)
        platform = plan.slot_platform[np.int64((scratch.events[later, 1] >> EV_SLOT) & LOW_8)]
        prefetch(indptr, np.uint64(platform) * row_size + np.uint64(max(scratch.event_who[later], 0)))
        who, kind = scratch.event_who[event], scratch.event_kind[event]
        slot = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)
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


@inner
def publish_ranked(world, plan, scratch, t, first, stop):
    """As `publish`, for slots where ranking gives followers probabilities of their own: a coin for each follower.

    One draw makes the coins of two followers.
    """
    points, leaving = U0, False
    people = np.uint64(world.person_key.size)
    with_tie, with_affinity = world.tie.size > 0, world.rank_scale.shape[1] > 0
    coins, kept, lists = scratch.coins, scratch.kept, scratch.lists
    scales, by_tie = world.rank_scale.reshape(-1), plan.tie_rank.reshape(-1)
    for e in range(min(READ_LISTS, np.uint64(stop - first))):
        read_ahead(world, scratch, first, e)
    for e in range(np.uint64(stop - first)):
        event = np.uint64(first) + e
        if e + READ_LISTS < np.uint64(stop - first):
            read_ahead(world, scratch, first, e + READ_LISTS)
        slot = (scratch.events[event, 1] >> EV_SLOT) & LOW_8
        if not plan.ranked[slot] or scratch.event_kind[event] > KIND_COPY:
            continue
        start, size = np.uint64(lists[e * LIST + L_START]), np.uint64(lists[e * LIST + L_SIZE])
        event_key, affinity = np.uint64(lists[e * LIST + L_EVENT]), np.uint64(plan.slot_item[slot]) * people
        peer = scratch.event_who[event] >= 0
        leaving |= not peer and plan.reaching.follow_q.size > 0
        most = ONE_32 * shown_prob(plan, scratch, slot, KIND_OWN if peer else KIND_POST, peer)
        factors = np.uint64(plan.slot_platform[slot]) * np.uint64(256)
        viewers, ties = world.followers if peer else world.fans, peer and with_tie
        if peer and not with_tie:
            most *= by_tie[factors + TIE_KNOWN]
        for begin in range(U0, size, COIN_ROOM):
            many = min(size - begin, COIN_ROOM)
            if points + many > POINT_ROOM:
                if not place_points(plan, scratch, t, first, np.int64(points), leaving):
                    return False
                points = U0
            for j in range((many + U1) // U2):
                word = derive(event_key, begin // U2 + j)
                coins[U2 * j] = low32(word)
                coins[U2 * j + U1] = high32(word)
            found = U0
            for j in range(many):
                at = start + begin + j
                chance = most
                if ties:
                    chance *= by_tie[factors + np.uint64(world.tie[at])]
                if with_affinity:
                    chance *= np.float64(scales[affinity + np.uint64(viewers[at])])
                kept[found] = j
                found += np.uint64(np.float64(np.int64(coins[j])) + 1.0 <= chance + 0.5)
            for k in range(found):
                at = start + begin + np.uint64(kept[k])
                tie = np.uint64(world.tie[at]) if ties else TIE_KNOWN
                scratch.point_at[points] = np.int64(at) if peer else ~np.int64(at)
                scratch.point_tag[points] = (tie << TAG_TIE) | e
                scratch.point_display[points] = np.uint64(viewers[at]) << PERSON_OF
                points += U1
    return place_points(plan, scratch, t, first, np.int64(points), leaving)


@inner
def publish(world, plan, scratch, t, first, stop):
    """Plan the displays of events[first:stop] (docs/model.md, sections 3 and 6). Returns False if the pool is full.

    The lists of `lists` hold LISTS events, so this is called for at most as many.
    """
    look_up_lists(world, plan, scratch, first, stop)
    points, any_ranked, leaving = U0, False, False
    level_prob, level = 0.0, 0.0
    with_tie = world.tie.size > 0
    for event in range(np.uint64(first), np.uint64(stop)):
        slot = (scratch.events[event, 1] >> EV_SLOT) & LOW_8
        kind = scratch.event_kind[event]
        if plan.ranked[slot] and kind <= KIND_COPY:
            any_ranked = True
            continue
        e = event - np.uint64(first)
        start, size = (
            np.uint64(scratch.lists[e * LIST + L_START]),
            np.uint64(scratch.lists[e * LIST + L_SIZE]),
        )
        if size == U0:
            continue
        peer = scratch.event_who[event] >= 0
        leaving |= not peer and plan.reaching.follow_q.size > 0
        prob = shown_prob(plan, scratch, slot, kind, peer)
        event_key = np.uint64(scratch.lists[e * LIST + L_EVENT])
        everybody = prob >= SHOW_ALL
        if prob != level_prob:
            level_prob, level = prob, level_of(prob)
        bound = np.float64(size) * level
        total, k, found, position = 0.0, U0, U0, U0
        while True:
            if everybody:
                position = k
                if position == size:
                    break
            else:
                word = derive(event_key, k)
                total += exponential32(high32(word))
                if not total < bound:
                    break
                position = (low32(word) * size) >> U32
            k += U1
            if not everybody:
                bit, at_seen = U1 << (position & U63), position >> U6
                seen = scratch.seen[at_seen]
                if seen & bit:
                    continue  # only a position's first point counts
                scratch.seen[at_seen] = seen | bit
                scratch.seen_at[found] = np.int64(at_seen)
                found += U1
            if points == POINT_ROOM:
                look_up_viewers(world, scratch, np.int64(points))
                if not place_points(plan, scratch, t, first, np.int64(points), leaving):
                    return False
                points = U0
            at = start + position
            tie = np.uint64(world.tie[at]) if peer and with_tie else TIE_KNOWN
            scratch.point_at[points] = np.int64(at) if peer else ~np.int64(at)
            scratch.point_tag[points] = (tie << TAG_TIE) | e
            prefetch(world.followers, at)
            points += U1
        for j in range(found):
            scratch.seen[np.uint64(scratch.seen_at[j])] = U0
    look_up_viewers(world, scratch, np.int64(points))
    if not place_points(plan, scratch, t, first, np.int64(points), leaving):
        return False
    return not any_ranked or publish_ranked(world, plan, scratch, t, first, stop)


@inner
def shown_prob(plan, scratch, slot, kind, peer):
    """Chance that a follower is shown an event of a slot whose followers are all alike."""
    if kind == KIND_LIKE:
        return plan.reaching.like_shown[slot]
    if kind == KIND_COMMENT:
        return plan.reaching.comment_shown[slot]
    boost = scratch.boost[slot]
    return scratch.reaching.visibility[slot] * boost if peer else scratch.reaching.reach[slot] * boost
