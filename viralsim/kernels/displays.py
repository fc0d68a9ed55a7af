"""Displays: who is marked, what is booked and what is noticed (docs/model.md, section 4, 1 and 2)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.deliveries import (
    book_special,
)
from viralsim.kernels.draws import (
    derive,
)
from viralsim.kernels.layout import (
    BATCH,
    CHUNK,
    FULL_REPEAT,
    N_COUNTS,
    SIZE_FAILED,
    SIZE_FREE,
    SIZE_TOUCHED,
)
from viralsim.kernels.machine import (
    inlined,
    inner,
    prefetch,
)
from viralsim.kernels.market import (
    B_LAST_SHIFT,
)
from viralsim.kernels.reacting import (
    react,
)
from viralsim.kernels.words import (
    AHEAD,
    CLEAR_STAMP,
    CLEAR_USED,
    COUNTS,
    DISPLAY,
    EV_ORIGIN,
    EV_SLOT,
    EVENT_MASK,
    EVENT_OF,
    KEEP_ALL,
    LOW_8,
    LOW_16,
    LOW_32,
    ORIGIN,
    OWNED,
    PERSON_OF,
    REPEAT,
    SEGMENT,
    STAMP,
    TOUCHED,
    U0,
    U1,
    U2,
    U3,
    U7,
    U31,
)


@inner
def mark_bucket(scratch, t, today, width):
    """Stamp the row of everybody shown something in step t; flag those shown several things.

    The loads of this pass are independent of each other and asked for in time, also from one chunk to the next: `ahead`
    runs before the displays marked, the first turns only ask. `today`: the first step of the day.
    """
    rows, pool, events = scratch.rows, scratch.pool, scratch.events.reshape(-1)
    customer, wide = scratch.sales.customer, np.uint64(width)
    stamp, yesterday = np.uint64(t + 1), np.uint64(today)
    stamp_bits = stamp << STAMP
    chunk = np.int64(scratch.bucket_head[t])
    last = (scratch.bucket_cursor[t] - 1) // CHUNK
    far, ahead, end = chunk, np.uint64(chunk * CHUNK), chunk_end(scratch, t, chunk, last)
    asked = AHEAD - min(AHEAD, end - ahead)  # no more turns that only ask than there are displays
    while True:
        start, stop = np.uint64(chunk * CHUNK), chunk_end(scratch, t, chunk, last)
        i = start
        while i < stop:
            display = pool[ahead]
            row = (display >> PERSON_OF) * wide
            prefetch(rows, row)
            prefetch(rows, row + wide - U1)
            prefetch(events, ((display >> EVENT_OF) & EVENT_MASK) * U2)
            prefetch(customer, display >> PERSON_OF)
            if ahead + U1 < end:
                ahead += U1
            elif far != last:
                far = np.int64(scratch.chunk_next[far])
                ahead, end = np.uint64(far * CHUNK), chunk_end(scratch, t, far, last)
            if asked < AHEAD:
                asked += U1
                continue
            at = (pool[i] >> PERSON_OF) * wide + U1
            word = rows[at]
            before = (word >> STAMP) & LOW_16
            fresh = (word & CLEAR_STAMP) | stamp_bits
            fresh &= CLEAR_USED if before <= yesterday else KEEP_ALL
            rows[at] = word | REPEAT if before == stamp else fresh
            i += U1
        if chunk == last:
            return
        chunk = np.int64(scratch.chunk_next[chunk])


@inner
def chunk_end(scratch, t, chunk, last):
    """Where the displays of a chunk of step t end in the pool."""
    return np.uint64(scratch.bucket_cursor[t] if chunk == last else chunk * CHUNK + CHUNK)


@inner
def sort_by_word(ordered, start, stop):
    """Heap sort of ordered[start:stop] (uint64[:, 2]) by column 1, in place."""
    n = stop - start
    for begin in range(n // 2 - 1, -1, -1):
        _sift(ordered, start, begin, n)
    for end in range(n - 1, 0, -1):
        for c in range(2):
            ordered[start, c], ordered[start + end, c] = ordered[start + end, c], ordered[start, c]
        _sift(ordered, start, 0, end)


@inner
def _sift(ordered, start, root, end):
    """Restore the heap below `root` among the first `end` rows."""
    while True:
        child = 2 * root + 1
        if child >= end:
            return
        if child + 1 < end and ordered[start + child + 1, 1] > ordered[start + child, 1]:
            child += 1
        if ordered[start + root, 1] >= ordered[start + child, 1]:
            return
        for c in range(2):
            ordered[start + root, c], ordered[start + child, c] = (
                ordered[start + child, c],
                ordered[start + root, c],
            )
        root = child


@inner
def order_two(ordered, at):
    """Put rows `at` and `at` + 1 in the order of column 1, without a branch: which is first is a coin's toss."""
    first, second, here, there = ordered[at, 1], ordered[at + U1, 1], ordered[at, 0], ordered[at + U1, 0]
    ordered[at, 0], ordered[at, 1] = here if first < second else there, min(first, second)
    ordered[at + U1, 0], ordered[at + U1, 1] = there if first < second else here, max(first, second)


@inner
def order_repeats(scratch, count):
    """Group the `count` set-aside displays by person, each group in the order of its words."""
    out = U0
    for k in range(np.uint64(count)):
        person = scratch.repeat[k, 0] >> PERSON_OF
        link = scratch.repeat_head[person]
        if link < 0:
            continue
        scratch.repeat_head[person] = -1
        start = out
        while link >= 0:
            at = np.uint64(link)
            scratch.ordered[out, 0] = scratch.repeat[at, 0]
            scratch.ordered[out, 1] = scratch.repeat[at, 1]
            out += U1
            link = scratch.repeat_next[at]
        if out - start == U2:
            order_two(scratch.ordered, start)
        else:
            sort_by_word(scratch.ordered, np.int64(start), np.int64(out))


@inlined
def set_aside(scratch, count, display, word):
    """Keep a display to a person shown several things this step for later. Returns the new count or -1."""
    if count == scratch.repeat_next.size:
        return -1
    at, person = np.uint64(count), display >> PERSON_OF
    scratch.repeat[at, 0] = display
    scratch.repeat[at, 1] = word
    scratch.repeat_next[at] = scratch.repeat_head[person]
    scratch.repeat_head[person] = count
    return count + 1


@inner
def receive(world, plan, scratch, curves, t, width, filled):
    """Book the first `filled` displays of the batch and find those noticed (docs/model.md, section 4, 1 and 2).

    Their positions in the batch go to `noticed`, whose length is returned. Taking this part of all displays before
    the rest of any changes nothing: it only counts displays, and the rest counts nothing that this part reads.
    """
    rows, batch, counts, noticed = scratch.rows, scratch.batch, scratch.counts, scratch.noticed
    n_items = np.uint64(plan.item_key.size)
    n_segments = np.uint64(counts.size // (N_COUNTS * plan.slot_item.size))
    wide = np.uint64(width)
    time_bin = np.uint64(plan.bin_of_step[t])
    found = U0
    own = scratch.reaching.own
    touched = np.uint64(scratch.size[SIZE_TOUCHED])
    for b in range(filled):
        event, word = batch[b, 2], batch[b, 1]
        row = (batch[b, 0] >> PERSON_OF) * wide
        slot = (event >> EV_SLOT) & LOW_8
        origin = (event >> EV_ORIGIN) & U3
        at_item = row + U2 + np.uint64(plan.slot_item[slot])
        at_slot = row + U2 + n_items + slot
        person_word, item_word = rows[row + U1], rows[at_item]
        counts[(slot * n_segments + ((person_word >> SEGMENT) & U31)) * COUNTS + origin] += 1
        curves[origin, slot, time_bin] += 1
        scratch.touched[touched] = np.int64(batch[b, 0] >> PERSON_OF)
        touched += np.uint64(not person_word & TOUCHED)
        curves[4, slot, time_bin] += np.int64(own[slot] & np.uint64(not (person_word >> ORIGIN) & U7))
        rows[row + U1] = person_word | (own[slot] << (ORIGIN + origin)) | TOUCHED
        if plan.market.selling and own[slot]:  # the last impression's origin
            person = batch[b, 0] >> PERSON_OF
            kept = scratch.sales.customer[person] & np.uint8(3)
            scratch.sales.customer[person] = kept | np.uint8((origin + U1) << np.uint64(B_LAST_SHIFT))
        rows[at_slot] |= OWNED << origin
        before = (item_word >> DISPLAY) & LOW_8
        if before < LOW_8:
            rows[at_item] = item_word + (U1 << DISPLAY)
        notice = ((item_word & LOW_32) * plan.fatigue_q[plan.slot_item[slot], before]) >> U31
        noticed[found] = np.int64(b)
        found += np.uint64((word & LOW_32) >> U1 < notice)
    scratch.size[SIZE_TOUCHED] = np.int64(touched)
    return found


@inner
def take_batch(world, plan, scratch, curves, t, width, filled):
    """Book the first `filled` displays of the batch; who notices one reacts. Returns False if a list is full."""
    noticed = receive(world, plan, scratch, curves, t, width, filled)
    if plan.reaching.slot.size + plan.reaching.private_q.size + plan.reaching.like_shown.size > 0:
        book_special(scratch, filled)
    people = np.uint64(world.person_key.size)
    scale, fan = world.share_scale.reshape(-1), scratch.reaching.fan
    for k in range(noticed):
        # what only a reaction needs is asked for a little before
        later = np.uint64(scratch.noticed[min(k + U3, noticed - U1)])
        person = scratch.batch[later, 0] >> PERSON_OF
        item = np.uint64(plan.slot_item[(scratch.batch[later, 2] >> EV_SLOT) & LOW_8])
        prefetch(scale, item * people + person)
        prefetch(fan, person)
        b = np.uint64(scratch.noticed[k])
        if not react(
            world, plan, scratch, t, width, scratch.batch[b, 0], scratch.batch[b, 1], scratch.batch[b, 2]
        ):
            return False
    return True


@inner
def receive_bucket(world, plan, scratch, curves, t, today, width):
    """Take the displays due in step t of the day that begins with step `today`. Returns False if a list is full."""
    mark_bucket(scratch, t, today, width)
    chunk = np.int64(scratch.bucket_head[t])
    last = (scratch.bucket_cursor[t] - 1) // CHUNK
    end = scratch.bucket_cursor[t]
    repeats, taken = 0, 0
    while chunk >= 0 or taken < repeats:
        filled = U0
        if chunk >= 0:
            start = chunk * CHUNK
            stop = end if chunk == last else start + CHUNK
            for i in range(np.uint64(start), np.uint64(stop)):
                display = scratch.pool[i]
                event = (display >> EVENT_OF) & EVENT_MASK
                row = (display >> PERSON_OF) * np.uint64(width)
                word = derive(scratch.events[event, 0], scratch.rows[row])
                if scratch.rows[row + U1] & REPEAT:
                    repeats = set_aside(scratch, repeats, display, word)
                    if repeats < 0:
                        scratch.size[SIZE_FAILED] = FULL_REPEAT
                        return False
                else:
                    scratch.batch[filled, 0] = display
                    scratch.batch[filled, 1] = word
                    scratch.batch[filled, 2] = scratch.events[event, 1]
                    filled += U1
            scratch.free[scratch.size[SIZE_FREE]] = chunk
            scratch.size[SIZE_FREE] += 1
            chunk = np.int64(-1) if chunk == last else np.int64(scratch.chunk_next[chunk])
            if chunk < 0 and repeats > 0:
                order_repeats(scratch, repeats)
        else:
            for i in range(np.uint64(taken), np.uint64(min(taken + BATCH, repeats))):
                event = (scratch.ordered[i, 0] >> EVENT_OF) & EVENT_MASK
                scratch.batch[filled, 0] = scratch.ordered[i, 0]
                scratch.batch[filled, 1] = scratch.ordered[i, 1]
                scratch.batch[filled, 2] = scratch.events[event, 1]
                filled += U1
            taken += np.int64(filled)
        if not take_batch(world, plan, scratch, curves, t, width, filled):
            return False
    scratch.bucket_head[t] = -1
    scratch.bucket_cursor[t] = 0
    return True
