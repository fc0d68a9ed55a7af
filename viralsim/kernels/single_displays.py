"""Displays of one item on one platform, each taken in one go (docs/model.md, section 4)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.displays import chunk_end, mark_bucket, order_repeats, set_aside
from viralsim.kernels.draws import derive, exponential, high32, low32, uniform
from viralsim.kernels.layout import (
    C_COMMENTS,
    CHUNK,
    F_CROSSED,
    FULL_REPEAT,
    HAZARD_CAP,
    HAZARD_SURE,
    HAZARD_UNIT,
    K_THRESHOLD,
    SIZE_FAILED,
    SIZE_FREE,
    SIZE_TOUCHED,
)
from viralsim.kernels.machine import inlined, inner
from viralsim.kernels.reacting import cross
from viralsim.kernels.words import (
    CLICKS,
    COUNTS,
    CROSSED_OR_DONE,
    DISPLAY,
    DONE,
    EV_ORIGIN,
    EVENT_MASK,
    EVENT_OF,
    LIKES,
    LOW_8,
    LOW_16,
    LOW_32,
    NOTICED,
    NOTICES,
    ORIGIN,
    OWNED,
    PEER,
    PERSON_OF,
    REPEAT,
    SEGMENT,
    SHARER,
    TOUCHED,
    U0,
    U1,
    U2,
    U3,
    U7,
    U8,
    U16,
    U31,
)

WIDTH = 4  # words of a row: key, person, item, slot
ROW = U2  # a person's row begins at person << ROW
POSITIVE = np.int64(1)


@inlined
def crosses(world, plan, scratch, row, person_word, slot_word, peer, growth):
    """Whether a noticed display takes a person over their threshold, and the slot word with the hazard so far.

    `growth`: what it adds to the hazard for somebody of activity 1, before friends' word (section 4, 6).
    """
    growth *= np.float64(np.uint32(person_word & LOW_32).view(np.float32))
    if world.share_scale.shape[1] > 0:
        growth *= world.share_scale[U0, row >> ROW]
    if peer:
        growth *= plan.response[U0, (slot_word >> U8) & LOW_8]
        if not plan.influence:
            growth = 0.0
    added = np.uint64(min(growth, np.float64(HAZARD_CAP)))
    hazard = np.int64(min((slot_word >> U16) + added, np.uint64(HAZARD_CAP)))
    slot_word = (slot_word & LOW_16) | (np.uint64(hazard) << U16)
    if hazard >= HAZARD_SURE:
        return True, slot_word
    bits = derive(scratch.slot_key[0, K_THRESHOLD], scratch.rows[row])
    # -log(u) >= 1 - u spares most people the logarithm
    near = (1.0 - uniform(bits)) * HAZARD_UNIT <= hazard + 1
    return near and hazard > np.int64(exponential(bits) * HAZARD_UNIT), slot_word


@inlined
def take(world, plan, scratch, t, display, word, info, chances, growth, touched):
    """One display is booked; who notices it may like, comment, click, and share.

    `info`: its event's word; `chances` of a like, a comment and a click in 2^-32; `growth` of the hazard by a post and
    by a friend's share. Returns (whether the lists sufficed, people touched, 1 if it is the person's first).
    """
    rows, counts = scratch.rows, scratch.counts
    person = display >> PERSON_OF
    row = person << ROW
    person_word, item_word, slot_word = rows[row + U1], rows[row + U2], rows[row + U3]
    origin = (info >> EV_ORIGIN) & U3
    count_at = ((person_word >> SEGMENT) & U31) * COUNTS
    counts[count_at + origin] += 1
    scratch.touched[touched] = np.int64(person)
    touched += np.uint64(not person_word & TOUCHED)
    is_first = np.int64(not (person_word >> ORIGIN) & U7)
    rows[row + U1] = person_word | (U1 << (ORIGIN + origin)) | TOUCHED
    before = (item_word >> DISPLAY) & LOW_8
    rows[row + U2] = item_word + (np.uint64(before < LOW_8) << DISPLAY)
    slot_word |= OWNED << origin
    enough = True
    if (word & LOW_32) >> U1 < ((item_word & LOW_32) * plan.fatigue_q[U0, before]) >> U31:
        slot_word |= NOTICED
        counts[count_at + NOTICES] += 1
        peer = info & PEER != U0
        if peer and (slot_word >> U8) & LOW_8 < LOW_8 and not slot_word & DONE:
            slot_word += SHARER
        counts[count_at + LIKES] += high32(word) < chances[0]
        if chances[1] | chances[2]:
            word_2 = derive(word, 1)
            counts[count_at + np.uint64(C_COMMENTS)] += low32(word_2) < chances[1]
            counts[count_at + CLICKS + origin] += high32(word_2) < chances[2]
        if not slot_word & CROSSED_OR_DONE:
            by_whom = growth[1] if peer else growth[0]
            crossed, slot_word = crosses(world, plan, scratch, row, person_word, slot_word, peer, by_whom)
            if crossed:
                slot_word |= np.uint64(F_CROSSED)
                cause = np.int64((display >> EVENT_OF) & EVENT_MASK)
                enough = cross(plan, scratch, t, person, U0, rows[row], cause, POSITIVE)
    rows[row + U3] = slot_word
    return enough, touched, is_first


@inner
def receive_all(world, plan, scratch, t):
    """Take the displays due in step t. Returns how many people were reached first now, -1 if a list is full."""
    mark_bucket(scratch, t, 0, WIDTH)
    rows, pool, events, ordered = scratch.rows, scratch.pool, scratch.events, scratch.ordered
    proof = scratch.reaching.proof[0]
    chances = (scratch.reaching.like_q[0], plan.comment_q[0], plan.click_q[0])
    growth = (plan.hazard_post[0] * proof, plan.hazard_friend[0] * proof)
    chunk = np.int64(scratch.bucket_head[t])
    last = (scratch.bucket_cursor[t] - 1) // CHUNK
    touched, repeats, reached = np.uint64(scratch.size[SIZE_TOUCHED]), 0, np.int64(0)
    while True:
        start, stop = np.uint64(chunk * CHUNK), chunk_end(scratch, t, chunk, last)
        for i in range(start, stop):
            display = pool[i]
            event, row = (display >> EVENT_OF) & EVENT_MASK, (display >> PERSON_OF) << ROW
            word = derive(events[event, U0], rows[row])
            if rows[row + U1] & REPEAT:
                repeats = set_aside(scratch, repeats, display, word)
                if repeats < 0:
                    scratch.size[SIZE_FAILED] = FULL_REPEAT
                    return np.int64(-1)
                continue
            info = events[event, U1]
            enough, touched, is_first = take(
                world, plan, scratch, t, display, word, info, chances, growth, touched
            )
            if not enough:
                return np.int64(-1)
            reached += is_first
        scratch.free[scratch.size[SIZE_FREE]] = chunk
        scratch.size[SIZE_FREE] += 1
        if chunk == last:
            break
        chunk = np.int64(scratch.chunk_next[chunk])
    order_repeats(scratch, repeats)
    for i in range(np.uint64(repeats)):
        display, word = ordered[i, U0], ordered[i, U1]
        info = events[(display >> EVENT_OF) & EVENT_MASK, U1]
        enough, touched, is_first = take(
            world, plan, scratch, t, display, word, info, chances, growth, touched
        )
        if not enough:
            return np.int64(-1)
        reached += is_first
    scratch.size[SIZE_TOUCHED] = np.int64(touched)
    scratch.bucket_head[t] = -1
    scratch.bucket_cursor[t] = 0
    return reached
