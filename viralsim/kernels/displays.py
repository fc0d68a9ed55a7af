"""Displays: who is marked, what is noticed and what a person does about it (docs/model.md, section 4)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.answering import engaged
from viralsim.kernels.deliveries import EV_DELIVERY, book_special
from viralsim.kernels.draws import below, derive, exponential, high32, low32, uniform
from viralsim.kernels.echoes import echo
from viralsim.kernels.following import note_following
from viralsim.kernels.influencers import EV_INFLUENCER, ask_of, weakened
from viralsim.kernels.layout import (
    BATCH,
    C_COMMENTS,
    CHUNK,
    F_CROSSED,
    FULL_PENDING,
    FULL_REPEAT,
    HAZARD_CAP,
    HAZARD_UNIT,
    K_REACTION,
    K_THRESHOLD,
    N_COUNTS,
    QUANTILES,
    SIZE_FAILED,
    SIZE_FREE,
    SIZE_PENDING,
    SIZE_TOUCHED,
)
from viralsim.kernels.machine import inner, prefetch
from viralsim.kernels.market import ANSWERED, B_LAST_SHIFT
from viralsim.kernels.words import (
    AHEAD,
    CLEAR_STAMP,
    CLEAR_USED,
    CLICKS,
    COUNTS,
    CROSSED_OR_DONE,
    DISPLAY,
    DONE,
    EIGHTHS,
    EV_ORIGIN,
    EV_PEER,
    EV_POLARITY,
    EV_SLOT,
    EVENT_MASK,
    EVENT_OF,
    KEEP_ALL,
    KEEP_SCORE,
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
    SCORE,
    SEGMENT,
    SHARER,
    STAMP,
    TOUCHED,
    U0,
    U1,
    U2,
    U3,
    U7,
    U8,
    U16,
    U31,
    USED,
)


@inner
def day_begins(day, t):
    """The first step of the day of step t (`day`: int64[T], ascending)."""
    low, high = 0, t
    while low < high:
        middle = (low + high) // 2
        if day[middle] < day[t]:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def mark_bucket(plan, scratch, t, width):
    """Stamp the row of everybody shown something in step t; flag those shown several things.

    Returns the number of displays. The loads of this pass are independent of each other, and asked for in time.
    """
    shown = 0
    events = scratch.events.reshape(-1)
    chunk = scratch.bucket_head[t]
    last = (scratch.bucket_cursor[t] - 1) // CHUNK
    stamp, yesterday = np.uint64(t + 1), np.uint64(day_begins(plan.day, t))
    stamp_bits = stamp << STAMP
    customer = scratch.sales.customer
    while chunk >= 0:
        start = chunk * CHUNK
        stop = scratch.bucket_cursor[t] if chunk == last else start + CHUNK
        for i in range(np.uint64(start), np.uint64(stop)):  # selections instead of branches
            ahead = scratch.pool[i + AHEAD]
            row = (ahead >> PERSON_OF) * np.uint64(width)
            prefetch(scratch.rows, row)
            prefetch(scratch.rows, row + np.uint64(width) - U1)
            prefetch(events, ((ahead >> EVENT_OF) & EVENT_MASK) * U2)
            prefetch(customer, ahead >> PERSON_OF)
            at = (scratch.pool[i] >> PERSON_OF) * np.uint64(width) + U1
            word = scratch.rows[at]
            before = (word >> STAMP) & LOW_16
            fresh = (word & CLEAR_STAMP) | stamp_bits
            fresh &= CLEAR_USED if before <= yesterday else KEEP_ALL
            scratch.rows[at] = word | REPEAT if before == stamp else fresh
        shown += stop - start
        chunk = -1 if chunk == last else scratch.chunk_next[chunk]
    return shown


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
def order_repeats(scratch, count):
    """Group the `count` set-aside displays by person, each group in the order of its words."""
    out = 0
    for k in range(count):
        person = np.int64(scratch.repeat[k, 0] >> PERSON_OF)
        link = scratch.repeat_head[person]
        if link < 0:
            continue
        scratch.repeat_head[person] = -1
        start = out
        while link >= 0:
            scratch.ordered[out, 0] = scratch.repeat[link, 0]
            scratch.ordered[out, 1] = scratch.repeat[link, 1]
            out += 1
            link = scratch.repeat_next[link]
        sort_by_word(scratch.ordered, start, out)


@inner
def set_aside(scratch, count, display, word):
    """Keep a display to a person shown several things this step for later. Returns the new count or -1."""
    if count == scratch.repeat_next.size:
        return -1
    person = np.int64(display >> PERSON_OF)
    scratch.repeat[count, 0] = display
    scratch.repeat[count, 1] = word
    scratch.repeat_next[count] = scratch.repeat_head[person]
    scratch.repeat_head[person] = count
    return count + 1


@inner
def has_attention(plan, scratch, key, word, t):
    """Whether the person (key, person word) can still notice something today."""
    room = plan.notices_per_day - 1 - np.int64(word >> USED)
    if room < 0 or room >= plan.background_q.size:
        return room >= 0
    # the background takes at most `room` notices iff fewer than room + 1 entries are <= the draw
    return high32(derive(derive(scratch.run_key[1], key), plan.day[t])) < plan.background_q[room]


@inner
def cross(plan, scratch, t, person, slot, key, event, polarity):
    """Plan the share of a person who has just crossed the threshold. Returns False if the list is full."""
    bits = derive(scratch.slot_key[slot, K_REACTION], key)
    due = t + plan.reaction[plan.slot_platform[slot], below(bits, QUANTILES)]
    if due >= scratch.pending_head.size:
        return True
    at = scratch.size[SIZE_PENDING]
    if at == scratch.pending.shape[0]:
        scratch.size[SIZE_FAILED] = FULL_PENDING
        return False
    scratch.pending[at, 0] = np.int64((person << U8) | slot)
    scratch.pending[at, 1] = event
    scratch.pending[at, 2] = polarity
    scratch.pending[at, 3] = scratch.pending_head[due]
    scratch.pending_head[due] = at
    scratch.size[SIZE_PENDING] = at + 1
    return True


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
    found = 0
    scaled = world.share_scale.shape[0] > 0
    scale, own = world.share_scale.reshape(-1), scratch.reaching.own
    following, fan = plan.reaching.follow_q.size > 0, scratch.reaching.fan
    for b in range(np.uint64(filled)):
        event, word = batch[b, 2], batch[b, 1]
        row = (batch[b, 0] >> PERSON_OF) * wide
        slot = (event >> EV_SLOT) & LOW_8
        origin = (event >> EV_ORIGIN) & U3
        at_item = row + U2 + np.uint64(plan.slot_item[slot])
        at_slot = row + U2 + n_items + slot
        person_word, item_word = rows[row + U1], rows[at_item]
        counts[(slot * n_segments + ((person_word >> SEGMENT) & U31)) * COUNTS + origin] += 1
        curves[origin, slot, time_bin] += 1
        if not (person_word >> ORIGIN) & U7:
            curves[4, slot, time_bin] += np.int64(own[slot])
            if not person_word & TOUCHED:
                scratch.touched[scratch.size[SIZE_TOUCHED]] = np.int64(batch[b, 0] >> PERSON_OF)
                scratch.size[SIZE_TOUCHED] += 1
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
        if scaled:
            prefetch(scale, (batch[b, 0] >> PERSON_OF) * n_items)
        if following:
            prefetch(fan, batch[b, 0] >> PERSON_OF)
        noticed[found] = b
        found += (word & LOW_32) >> U1 < notice
    return found


@inner
def hear(plan, scratch, at_item, item_word, slot_word, display, event):
    """What noticing a friend's share does to the count of sharers and the score. Returns both words.

    The closeness in eighths is floor(8 tie / 255 + 1/2).
    """
    if (slot_word >> U8) & LOW_8 < LOW_8 and not slot_word & DONE:
        slot_word += SHARER
    tie = display & LOW_8
    said = (event >> EV_POLARITY) & U3
    polarity, closeness = np.int64(said) - 1, np.int64((U16 * tie + LOW_8) // EIGHTHS)
    if said == ANSWERED:
        polarity, closeness = -1, plan.market.answered_weight[tie]
    score = np.int64((item_word >> SCORE) & LOW_8) + polarity * closeness
    score = min(max(score, 0), 254)
    item_word = (item_word & KEEP_SCORE) | (np.uint64(score) << SCORE)
    scratch.rows[at_item] = item_word
    return item_word, slot_word


@inner
def chances(plan, scratch, slot, event, cause):
    """Chances of a like, a comment and a click in 2^-32, and the factor on sharing, of a display of event `cause`."""
    like_q, comment_q, click_q = scratch.reaching.like_q[slot], plan.comment_q[slot], plan.click_q[slot]
    if not event >> EV_INFLUENCER:
        return like_q, comment_q, click_q, 1.0
    ask = ask_of(scratch, cause)
    engaging, acting = plan.reaching.asked[ask, 0], plan.reaching.asked[ask, 1]
    return weakened(like_q, engaging), weakened(comment_q, engaging), weakened(click_q, acting), acting


@inner
def exposure(world, plan, scratch, person_word, person, slot, slot_word, event, view, acting):
    """What a noticed display adds to the exposure hazard, in 2^-40 (docs/model.md, section 4, 6)."""
    item, peer = np.uint64(plan.slot_item[slot]), (event >> EV_PEER) & U1
    delivery = (event >> EV_DELIVERY) & LOW_8
    growth = plan.hazard_friend[slot] if peer else plan.hazard_post[slot]
    if delivery:
        growth *= plan.reaching.share[delivery - U1]
    growth *= acting
    growth *= scratch.reaching.proof[slot]
    growth *= np.float64(np.uint32(person_word & LOW_32).view(np.float32))
    if world.share_scale.shape[0] > 0:
        growth *= world.share_scale[person, item]
    if peer:
        growth *= plan.response[item, (slot_word >> U8) & LOW_8]
        if (event >> EV_POLARITY) & U3 == ANSWERED:
            growth *= plan.market.answered_share
        if not plan.influence:
            growth = 0.0
    if view < 0:
        growth *= plan.negative_share[item]
    return np.uint64(min(growth, np.float64(HAZARD_CAP)))


@inner
def react(world, plan, scratch, t, width, display, word, event):
    """One display that would be noticed: attention, view, engagement, share (docs/model.md, section 4, 3 to 7).

    Returns False if a list is full.
    """
    rows, counts = scratch.rows, scratch.counts
    person = display >> PERSON_OF
    row = person * np.uint64(width)
    person_word, key = rows[row + U1], rows[row]
    if plan.notices_per_day >= 0:
        if not has_attention(plan, scratch, key, person_word, t):
            return True
        person_word += U1 << USED
        rows[row + U1] = person_word
    slot, origin = (event >> EV_SLOT) & LOW_8, (event >> EV_ORIGIN) & U3
    item = np.uint64(plan.slot_item[slot])
    at_item = row + U2 + item
    at_slot = row + U2 + np.uint64(plan.item_key.size) + slot
    slot_word, item_word = rows[at_slot] | NOTICED, rows[at_item]
    if event & PEER and plan.influence:
        item_word, slot_word = hear(plan, scratch, at_item, item_word, slot_word, display, event)

    opinion = low32(derive(scratch.opinion_key[item], key))
    score = (item_word >> SCORE) & LOW_8
    view = np.int64(opinion >= plan.neutral_q[item, score])
    view = -1 if opinion < plan.negative_q[item, score] else view

    segment = (person_word >> SEGMENT) & U31
    n_segments = np.uint64(counts.size) // (COUNTS * np.uint64(plan.slot_item.size))
    count_at = (slot * n_segments + segment) * COUNTS
    counts[count_at + NOTICES] += 1
    word_2 = derive(word, 1)
    cause = np.int64((display >> EVENT_OF) & EVENT_MASK)
    like_q, comment_q, click_q, acting = chances(plan, scratch, slot, event, cause)
    liked = view >= 0 and high32(word) < like_q
    commented, clicked = low32(word_2) < comment_q, high32(word_2) < click_q
    if liked:
        counts[count_at + LIKES] += 1
    if commented:
        counts[count_at + np.uint64(C_COMMENTS + 1 - view)] += 1
    if clicked:
        counts[count_at + CLICKS + origin] += 1
    delivery = (event >> EV_DELIVERY) & LOW_8
    if delivery:
        scratch.reaching.wave[delivery - U1, 1] += liked + commented + clicked

    ok = True
    did = (liked, commented, clicked)
    if plan.reaching.like_shown.size > 0 and (liked or commented):
        ok = echo(plan, scratch, t, at_item, person, slot, view, word, cause, did)
    if plan.market.counting and scratch.reaching.own[slot]:
        ok &= engaged(plan, scratch, t, width, display, event, segment, view, word, did)
    if plan.reaching.follow_q.size > 0 and scratch.reaching.own[slot]:
        is_post = origin == U0 and not event & PEER and delivery == U0
        ok &= note_following(plan, scratch, np.int64(person), np.int64(slot), view, clicked, is_post, word)
    if not slot_word & CROSSED_OR_DONE:
        growth = exposure(world, plan, scratch, person_word, person, slot, slot_word, event, view, acting)
        hazard = np.int64(min((slot_word >> U16) + growth, np.uint64(HAZARD_CAP)))
        slot_word = (slot_word & LOW_16) | (np.uint64(hazard) << U16)
        bits = derive(scratch.slot_key[slot, K_THRESHOLD], key)
        # -log(u) >= 1 - u spares most people the logarithm
        if (1.0 - uniform(bits)) * HAZARD_UNIT <= hazard + 1 and hazard > np.int64(
            exponential(bits) * HAZARD_UNIT
        ):
            slot_word |= np.uint64(F_CROSSED)
            if delivery:
                scratch.reaching.wave[delivery - U1, 1] += 1
            ok &= cross(plan, scratch, t, person, slot, key, cause, view)
    rows[at_slot] = slot_word
    return ok


@inner
def receive_bucket(world, plan, scratch, curves, t, width):
    """Take the displays due in step t. Returns False if a list is full."""
    mark_bucket(plan, scratch, t, width)
    chunk = np.int64(scratch.bucket_head[t])
    last = (scratch.bucket_cursor[t] - 1) // CHUNK
    end = scratch.bucket_cursor[t]
    repeats, taken = 0, 0
    while chunk >= 0 or taken < repeats:
        filled = 0
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
                    filled += 1
            scratch.free[scratch.size[SIZE_FREE]] = chunk
            scratch.size[SIZE_FREE] += 1
            chunk = np.int64(-1) if chunk == last else np.int64(scratch.chunk_next[chunk])
            if chunk < 0 and repeats > 0:
                order_repeats(scratch, repeats)
        else:
            for i in range(taken, min(taken + BATCH, repeats)):
                event = np.int64((scratch.ordered[i, 0] >> EVENT_OF) & EVENT_MASK)
                scratch.batch[filled, 0] = scratch.ordered[i, 0]
                scratch.batch[filled, 1] = scratch.ordered[i, 1]
                scratch.batch[filled, 2] = scratch.events[event, 1]
                filled += 1
            taken += filled
        noticed = receive(world, plan, scratch, curves, t, width, filled)
        if plan.reaching.slot.size + plan.reaching.private_q.size + plan.reaching.like_shown.size > 0:
            book_special(scratch, filled)
        for k in range(noticed):
            b = scratch.noticed[k]
            display, word, event_word = scratch.batch[b, 0], scratch.batch[b, 1], scratch.batch[b, 2]
            if not react(world, plan, scratch, t, width, display, word, event_word):
                return False
    scratch.bucket_head[t] = -1
    scratch.bucket_cursor[t] = 0
    return True
