"""Posts and shares of one item on one platform, and who is shown them (docs/model.md, sections 3, 5 and 6)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.choosing import BYTES, GOLDEN, add_tile, judge_tiles, place_in_tile, shown_prob
from viralsim.kernels.coins import split_prob
from viralsim.kernels.draws import derive
from viralsim.kernels.layout import (
    C_SHARES,
    CHUNK,
    CLOCK_SHIFT,
    FULL_EVENTS,
    K_DELAY,
    K_EVENT,
    K_VIEW,
    KIND_OWN,
    KIND_POST,
    LISTS_AHEAD,
    POST_WORD,
    SHARES_TOGETHER,
    SIZE_EVENTS,
    SIZE_FAILED,
    SIZE_NODES,
)
from viralsim.kernels.machine import inlined, inner, prefetch
from viralsim.kernels.placing import below_table, take_chunk
from viralsim.kernels.single_displays import ROW
from viralsim.kernels.words import (
    COUNTS,
    DONE,
    EV_ORIGIN,
    EV_POLARITY,
    EVENT_MASK,
    EVENT_OF,
    L_DELAY,
    L_START,
    LAST_QUANTILE,
    LIST,
    LOW_8,
    LOW_32,
    PEER,
    PERSON_OF,
    POINT_ROOM,
    SEGMENT,
    SHARED_NOW,
    TIE_HALF,
    TILE,
    TILE_ROOM,
    U0,
    U1,
    U2,
    U3,
    U8,
    U16,
    U31,
    U32,
)

OWN_SHARE = (U2 << EV_ORIGIN) | PEER | (U2 << EV_POLARITY)  # event word of a person's share, but for its node
POINT_EVENT = np.uint64(28)  # a point: position in `followers` or `fans`, event 28
TIE = np.uint64(TIE_HALF)


@inner
def share_due(plan, scratch, t):
    """People whose reaction delay ends in step t share. Returns False if a list is full.

    They are taken in groups, whose rows and causes are asked for before they are needed.
    """
    at = np.int64(scratch.pending_head[t])
    scratch.pending_head[t] = -1
    events, pending = scratch.events.reshape(-1), scratch.pending
    while at >= 0:
        found = U0
        while at >= 0 and found < np.uint64(SHARES_TOGETHER):
            scratch.kept[found] = at
            link = pending[np.uint64(at), 1]
            prefetch(scratch.rows, (pending[np.uint64(at), 0] >> U16) << ROW)
            prefetch(events, (link >> U32) << U1)
            at = np.int64(link & LOW_32) - 1
            found += U1
        # room for all of them, though some may have been asked to share meanwhile
        if scratch.size[SIZE_EVENTS] + np.int64(found) > scratch.events.shape[0]:
            scratch.size[SIZE_FAILED] = FULL_EVENTS
            return False
        for k in range(found):
            planned = np.uint64(scratch.kept[k])
            share_once(scratch, t, pending[planned, 0] >> U16, pending[planned, 1] >> U32)
    return True


@inlined
def share_once(scratch, t, person, cause):
    """A person shares because of event `cause`, unless they did before."""
    rows, events = scratch.rows, scratch.events
    row = person << ROW
    slot_word = rows[row + U3]
    if slot_word & DONE:
        return
    event, node = np.uint64(scratch.size[SIZE_EVENTS]), np.uint64(scratch.size[SIZE_NODES])
    scratch.size[SIZE_EVENTS] = np.int64(event + U1)
    scratch.size[SIZE_NODES] = np.int64(node + U1)
    events[event, 0] = derive(scratch.slot_key[0, K_VIEW], rows[row])
    events[event, 1] = (node + U1) | OWN_SHARE
    scratch.event_who[event] = np.int64(person)
    scratch.event_cause[event] = np.int64(cause)
    scratch.event_step[event] = t
    scratch.event_kind[event] = KIND_OWN
    scratch.node_event[node] = np.int64(event)
    scratch.node_parent[node] = np.int64(events[cause, 1] & LOW_32) - 1
    rows[row + U3] = ((node + U1) << U16) | (slot_word & LOW_8) | DONE | SHARED_NOW
    scratch.counts[((rows[row + U1] >> SEGMENT) & U31) * COUNTS + np.uint64(C_SHARES)] += 1


@inner
def place_now(plan, scratch, viewers, t, points):
    """Put the displays of the planned points, none delayed, in the bucket of their step. False if the pool is full."""
    platform = np.uint64(plan.slot_platform[0])
    clock, planned, pool = plan.clock[platform], scratch.point_list, scratch.pool
    due = clock[np.uint64(t + 1)] + plan.delay[platform, U0]
    step = np.int64(plan.clock_step[platform, np.uint64(due >> CLOCK_SHIFT)])
    while clock[np.uint64(step + 1)] <= due:
        step += 1
    cursor, done = scratch.bucket_cursor[step], U0
    while done < points:
        if cursor & (CHUNK - 1) == 0:
            scratch.bucket_cursor[step] = cursor
            cursor = take_chunk(scratch, step)
            if cursor < 0:
                return False
        many, at = min(points - done, np.uint64(CHUNK - (cursor & (CHUNK - 1)))), np.uint64(cursor)
        for k in range(many):
            point = planned[done + k]
            viewer = np.uint64(viewers[point >> POINT_EVENT])
            pool[at + k] = (viewer << PERSON_OF) | ((point & EVENT_MASK) << EVENT_OF) | TIE
        done += many
        cursor += np.int64(many)
    scratch.bucket_cursor[step] = cursor
    return True


@inner
def place_later(plan, scratch, viewers, t, points):
    """Put the displays of the planned points in the buckets of the steps in which their delays end.

    In passes whose chains of loads are independent of each other. Returns False if the pool is full.
    """
    platform = np.uint64(plan.slot_platform[0])
    clock, delay, guess = plan.clock[platform], plan.delay[platform], plan.clock_step[platform]
    planned, steps, pool = scratch.point_list, scratch.point_display, scratch.pool
    late = np.uint64(scratch.bucket_head.size)
    now, end = clock[np.uint64(t + 1)], clock[late]
    for i in range(points):
        due = now + delay[below_table(steps[i])]
        step = late
        if due < end:
            step = np.uint64(guess[np.uint64(due >> CLOCK_SHIFT)])
            step += np.uint64(clock[step + U1] <= due)
            step += np.uint64(clock[step + U1] <= due)  # mostly enough
            while clock[step + U1] <= due:
                step += U1
        steps[i] = step
    for i in range(points):
        point = planned[i]
        viewer = np.uint64(viewers[point >> POINT_EVENT])
        planned[i] = (viewer << PERSON_OF) | ((point & EVENT_MASK) << EVENT_OF) | TIE
    for i in range(points):
        step = steps[i]
        if step == late:
            continue
        cursor = scratch.bucket_cursor[step]
        if cursor & (CHUNK - 1) == 0:
            cursor = take_chunk(scratch, np.int64(step))
            if cursor < 0:
                return False
        pool[np.uint64(cursor)] = planned[i]
        scratch.bucket_cursor[step] = cursor + 1
    return True


@inlined
def place_all(plan, scratch, viewers, t, points, delayed):
    """Put the displays of the planned points in the buckets of their steps. Returns False if the pool is full."""
    if delayed:
        return place_later(plan, scratch, viewers, t, points)
    return place_now(plan, scratch, viewers, t, points)


@inner
def choose(plan, scratch, viewers, t, first, tiles, points, delayed):
    """Plan a point for each follower of the first `tiles` tiles who is shown the event.

    `points` are planned already; `first` is the event of the first of `lists`. Returns the new number, -1 if the pool
    is full.
    """
    judge_tiles(scratch, tiles)
    planned, words = scratch.point_list, scratch.point_display
    for k in range(tiles):
        shown, begin, e = scratch.tile_shown[k], scratch.tile_begin[k], scratch.tile_list[k]
        event = np.uint64(first) + e
        if points + TILE + U2 > POINT_ROOM:
            if not place_all(plan, scratch, viewers, t, points, delayed):
                return np.int64(-1)
            points = U0
        if delayed:
            delay_key = np.uint64(scratch.lists[e * LIST + L_DELAY])
            inside = begin - np.uint64(scratch.lists[e * LIST + L_START])
            while shown:
                place = place_in_tile(shown)
                prefetch(viewers, begin + place)
                planned[points] = ((begin + place) << POINT_EVENT) | event
                words[points] = derive(delay_key, inside + place)
                points += U1
                shown &= shown - U1
            continue
        for _ in range(2):  # without a branch: a tile has mostly few, and how many is a coin's toss
            at = begin + place_in_tile(shown)
            prefetch(viewers, at)
            planned[points] = (at << POINT_EVENT) | event
            points += np.uint64(shown != U0)
            shown &= shown - U1
        while shown:
            at = begin + place_in_tile(shown)
            prefetch(viewers, at)
            planned[points] = (at << POINT_EVENT) | event
            points += U1
            shown &= shown - U1
    return np.int64(points)


@inner
def show(world, plan, scratch, t, first, stop, peer):
    """Plan the displays of events[first:stop], at most LISTS, all by people (`peer`) or all by the brand.

    Returns False if the pool is full.
    """
    platform, lists = np.uint64(plan.slot_platform[0]), scratch.lists
    delayed = plan.delay[platform, U0] != plan.delay[platform, LAST_QUANTILE]
    earliest = plan.clock[platform, np.uint64(t + 1)] + plan.delay[platform, U0]
    if first == stop or earliest >= plan.clock[platform, np.uint64(scratch.bucket_head.size)]:
        return True
    ends, row, viewers = world.indptr[platform], np.uint64(0), world.followers
    event_key, delay_key = scratch.slot_key[0, K_EVENT], scratch.slot_key[0, K_DELAY]
    if not peer:
        fans = plan.reaching.fans[0] if plan.reaching.fans.size > 0 else np.int64(platform)
        ends, row, viewers = world.fan_ptr, np.uint64(fans), world.fans
        event_key, delay_key = derive(event_key, POST_WORD), derive(delay_key, POST_WORD)
    byte, fine = split_prob(shown_prob(plan, scratch, U0, KIND_OWN if peer else KIND_POST, peer))
    tiles, points = U0, np.int64(0)
    for event in range(np.uint64(first), np.uint64(stop)):
        who = scratch.event_who[event]
        if peer:
            row = np.uint64(who)
            key = scratch.rows[row << ROW]
            later = min(event + np.uint64(LISTS_AHEAD), np.uint64(stop - 1))
            prefetch(ends, np.uint64(scratch.event_who[later]))
        else:
            key = np.uint64(-1 - who)
        begin, end, e = np.uint64(ends[row]), np.uint64(ends[row + U1]), event - np.uint64(first)
        if delayed:
            lists[e * LIST + L_START] = np.int64(begin)
            lists[e * LIST + L_DELAY] = np.int64(derive(delay_key, key))
        tile_key = derive(event_key, key)
        for at in range(begin, end, TILE):
            if tiles == TILE_ROOM:
                points = choose(plan, scratch, viewers, t, first, tiles, np.uint64(points), delayed)
                if points < 0:
                    return False
                tiles = U0
            tiles = add_tile(scratch, tiles, at, min(end - at, TILE), tile_key, byte * BYTES, fine, e, 0)
            tile_key += GOLDEN * U8
    points = choose(plan, scratch, viewers, t, first, tiles, np.uint64(points), delayed)
    return points >= 0 and place_all(plan, scratch, viewers, t, np.uint64(points), delayed)
