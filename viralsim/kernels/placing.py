"""Displays put in the bucket of their step, one or many at a time (docs/model.md, section 3)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import derive
from viralsim.kernels.layout import CHUNK, CLOCK_SHIFT, FULL_POOL, QUANTILES, SIZE_FAILED, SIZE_FREE
from viralsim.kernels.machine import inlined, inner
from viralsim.kernels.words import (
    EV_SLOT,
    EVENT_OF,
    L_DELAY,
    L_PLATFORM,
    L_START,
    LAST_QUANTILE,
    LIST,
    LOW_8,
    LOW_32,
    PERSON_OF,
    TIE_HALF,
    U0,
    U1,
    U32,
)


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


@inlined
def show_now(scratch, t, person, event):
    """Put a display of `event` to a person in the bucket of step t itself. Returns False if the pool is full."""
    cursor = scratch.bucket_cursor[t]
    if cursor & (CHUNK - 1) == 0:
        cursor = take_chunk(scratch, np.int64(t))
        if cursor < 0:
            return False
    display = (np.uint64(person) << PERSON_OF) | (np.uint64(event) << EVENT_OF) | np.uint64(TIE_HALF)
    scratch.pool[cursor] = display
    scratch.bucket_cursor[t] = cursor + 1
    return True


@inlined
def show_later(plan, scratch, t, platform, delay, viewer, event, tie):
    """Put a display in the bucket of the step in which its delay ends. Returns False if the pool is full."""
    clock, last = plan.clock[platform], scratch.bucket_head.size
    due = clock[t + 1] + delay
    if due >= clock[last]:
        return True
    s = np.int64(plan.clock_step[platform, due >> CLOCK_SHIFT])
    while clock[s + 1] <= due:
        s += 1
    cursor = scratch.bucket_cursor[s]
    if cursor & (CHUNK - 1) == 0:
        cursor = take_chunk(scratch, np.int64(s))
        if cursor < 0:
            return False
    display = (np.uint64(viewer) << PERSON_OF) | (np.uint64(event) << EVENT_OF) | np.uint64(tie)
    scratch.pool[cursor] = display
    scratch.bucket_cursor[s] = cursor + 1
    return True


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
        cursor = scratch.bucket_cursor[s]
        if cursor & (CHUNK - 1) == 0:  # at the end of a chunk, or none yet
            cursor = take_chunk(scratch, np.int64(s))
            if cursor < 0:
                return False
        event = np.uint64(first) + scratch.point_list[i]
        scratch.pool[np.uint64(cursor)] = scratch.point_display[i] | (event << EVENT_OF)
        scratch.bucket_cursor[s] = cursor + 1
    return True


@inner
def find_steps(plan, scratch, t, count):
    """Replace the place of each of `count` points by the step of its display, the number of steps if too late.

    The chains of loads of this pass are independent of each other.
    """
    lists, points = scratch.lists, scratch.point_at
    delay, clock, guess = plan.delay.reshape(-1), plan.clock.reshape(-1), plan.clock_step.reshape(-1)
    last, now = np.uint64(scratch.bucket_head.size), np.uint64(t + 1)
    guesses = np.uint64(plan.clock_step.shape[1])
    for i in range(np.uint64(count)):
        at, e = points[i], scratch.point_list[i] * LIST
        platform = np.uint64(lists[e + L_PLATFORM])
        begin, table = platform * (last + U1), platform * np.uint64(QUANTILES)
        wait = delay[table]
        if wait != delay[table + LAST_QUANTILE]:
            word = derive(np.uint64(lists[e + L_DELAY]), (at ^ (at >> 63)) - lists[e + L_START])
            wait = delay[table + below_table(word)]
        due = clock[begin + now] + wait
        if due >= clock[begin + last]:
            points[i] = np.int64(last)
            continue
        s = np.uint64(guess[platform * guesses + np.uint64(due >> CLOCK_SHIFT)]) + begin + U1
        s += np.uint64(clock[s] <= due)
        s += np.uint64(clock[s] <= due)  # mostly enough
        while clock[s] <= due:
            s += U1
        points[i] = np.int64(s - begin - U1)


@inner
def drop_left(scratch, first, count):
    """Keep of `count` points those whose viewer still follows, if a post of the brand's is shown; returns how many."""
    kept = U0
    for i in range(np.uint64(count)):
        at, e, display = scratch.point_at[i], scratch.point_list[i], scratch.point_display[i]
        platform = np.uint64(scratch.lists[e * LIST + L_PLATFORM])
        left = at < 0 and has_left(scratch, display, first + np.int64(e), platform)
        scratch.point_at[kept], scratch.point_list[kept], scratch.point_display[kept] = at, e, display
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
