"""The spreading engine: one replicate of docs/model.md at a time, in passes that keep memory loads independent.

Displays wait in one chain of chunks per step. A step first marks the people shown something, which
brings their rows into the cache and finds those shown several things; then it takes the displays in
batches (look up, then decide), the several ones last, in the order of their words; then it publishes
what is due. Nothing is allocated: when a list of `Scratch` is full the replicate stops with a code in
``size[SIZE_FAILED]`` and the caller repeats it with a larger list, with the same result.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.draws import below, derive, exponential, exponential32, high32, level_of, low32, uniform
from viralsim.kernels.layout import (
    BATCH,
    C_ASKED,
    C_CLICKS,
    C_COMMENTS,
    C_COPIED,
    C_LIKES,
    C_NOTICED,
    C_OWNED,
    C_SHARES,
    CHUNK,
    CLOCK_SHIFT,
    DISPLAYS_SHIFT,
    F_ACCOUNT,
    F_ASKED,
    F_CROSSED,
    F_DONE,
    F_NOTICED,
    F_OWNED,
    FULL_EVENTS,
    FULL_PENDING,
    FULL_POOL,
    FULL_REPEAT,
    HAZARD_CAP,
    HAZARD_UNIT,
    K_ACCEPT,
    K_COPY,
    K_DELAY,
    K_EVENT,
    K_REACTION,
    K_THRESHOLD,
    K_VIEW,
    KIND_ASKED,
    KIND_COPY,
    KIND_OWN,
    KIND_POST,
    L_DELAY,
    L_EVENT,
    L_ITEM,
    L_PLATFORM,
    L_SIZE,
    L_START,
    LISTS,
    N_COUNTS,
    NODE_ASKED,
    NODE_GENERATION,
    NODE_PARENT,
    NODE_PERSON,
    NODE_SLOT,
    NODE_STEP,
    P_ATTENTION,
    P_EVENT,
    P_OPINION,
    POINTS,
    POST_WORD,
    QUANTILES,
    SHOW_ALL,
    SIZE_EVENTS,
    SIZE_FAILED,
    SIZE_FREE,
    SIZE_NODES,
    SIZE_PENDING,
    SIZE_TOUCHED,
)
from viralsim.kernels.trees import TREE_ASKED, tree_tallies

_U1, _U2, _U3, _U7, _U8, _U16 = (np.uint64(x) for x in (1, 2, 3, 7, 8, 16))
_U31, _U32 = np.uint64(31), np.uint64(32)
_COUNTS, _OWNED = np.uint64(N_COUNTS), np.uint64(F_OWNED)
_STAMP, _SEGMENT, _ORIGIN = np.uint64(32), np.uint64(48), np.uint64(53)
_REPEAT, _TOUCHED, _USED = np.uint64(1 << 56), np.uint64(1 << 57), np.uint64(58)
_KEEP_PERSON = np.uint64(0x001F0000FFFFFFFF)  # activity and segment outlive a replicate
_CLEAR_STAMP = np.uint64(0xFFFFFFFFFFFFFFFF ^ (0xFFFF << 32) ^ (1 << 56))
_CLEAR_USED = np.uint64((1 << 58) - 1)
_LOW_8, _LOW_16, _LOW_32 = np.uint64(0xFF), np.uint64(0xFFFF), np.uint64(0xFFFFFFFF)
_DISPLAY, _SCORE = np.uint64(DISPLAYS_SHIFT), np.uint64(40)
_SCORE_0 = np.uint64(127 << 40)
_SHARER = np.uint64(1 << 8)
_SHARED_NOW = np.uint64(
    1 << 8
)  # once shared, sharers are not counted any more: with F_DONE an own share of this step
_PERSON_OF, _EVENT_OF, _EVENT_MASK = np.uint64(36), np.uint64(8), np.uint64((1 << 28) - 1)
_EV_SLOT, _EV_ORIGIN, _EV_PEER, _EV_POLARITY = np.uint64(32), np.uint64(40), np.uint64(42), np.uint64(43)
_TIE_HALF = 128
_ONE_32 = 4294967296.0


@njit(cache=True, nogil=True, _nrt=False)
def make_keys(plan, scratch, run_key):
    """Derive the replicate's keys per slot and item from its run key (uint64)."""
    for s in range(plan.slot_item.size):
        item_key = plan.item_key[plan.slot_item[s]]
        platform_key = plan.platform_key[plan.slot_platform[s]]
        for k in range(5):
            scratch.slot_key[s, k] = derive(derive(derive(run_key, P_EVENT + k), item_key), platform_key)
        for k in range(K_ACCEPT, K_COPY + 1):
            scratch.slot_key[s, k] = derive(derive(derive(run_key, P_EVENT + k + 1), item_key), platform_key)
    for i in range(plan.item_key.size):
        scratch.opinion_key[i] = derive(derive(run_key, P_OPINION), plan.item_key[i])
    scratch.run_key[0] = run_key
    scratch.run_key[1] = derive(run_key, P_ATTENTION)


@njit(cache=True, nogil=True, _nrt=False)
def touch(scratch, row, person):
    """Note that a person's row must be reset after the replicate."""
    if not scratch.rows[row + 1] & _TOUCHED:
        scratch.rows[row + 1] |= _TOUCHED
        scratch.touched[scratch.size[SIZE_TOUCHED]] = person
        scratch.size[SIZE_TOUCHED] += 1


@njit(cache=True, nogil=True, _nrt=False)
def mark_bucket(plan, scratch, t, width):
    """Stamp the row of everybody shown something in step t; flag those shown several things.

    Returns the number of displays. The loads of this pass are independent of each other.
    """
    shown = 0
    chunk = scratch.bucket_head[t]
    last = (scratch.bucket_cursor[t] - 1) // CHUNK
    stamp = np.uint64(t + 1)
    limited = plan.notices_per_day >= 0
    while chunk >= 0:
        start = chunk * CHUNK
        stop = scratch.bucket_cursor[t] if chunk == last else start + CHUNK
        for i in range(np.uint64(start), np.uint64(stop)):
            at = (scratch.pool[i] >> _PERSON_OF) * np.uint64(width) + _U1
            word = scratch.rows[at]
            before = (word >> _STAMP) & _LOW_16
            if before == stamp:
                scratch.rows[at] = word | _REPEAT
            else:
                word = (word & _CLEAR_STAMP) | (stamp << _STAMP)
                if limited and before > 0 and plan.day[np.int64(before) - 1] != plan.day[t]:
                    word &= _CLEAR_USED
                scratch.rows[at] = word
        shown += stop - start
        chunk = -1 if chunk == last else scratch.chunk_next[chunk]
    return shown


@njit(cache=True, nogil=True, _nrt=False)
def sort_by_word(ordered, start, stop):
    """Heap sort of ordered[start:stop] (uint64[:, 2]) by column 1, in place."""
    n = stop - start
    for begin in range(n // 2 - 1, -1, -1):
        _sift(ordered, start, begin, n)
    for end in range(n - 1, 0, -1):
        for c in range(2):
            ordered[start, c], ordered[start + end, c] = ordered[start + end, c], ordered[start, c]
        _sift(ordered, start, 0, end)


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
def order_repeats(scratch, count):
    """Group the `count` set-aside displays by person, each group in the order of its words."""
    out = 0
    for k in range(count):
        person = np.int64(scratch.repeat[k, 0] >> _PERSON_OF)
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


@njit(cache=True, nogil=True, _nrt=False)
def set_aside(scratch, count, display, word):
    """Keep a display to a person shown several things this step for later. Returns the new count or -1."""
    if count == scratch.repeat_next.size:
        return -1
    person = np.int64(display >> _PERSON_OF)
    scratch.repeat[count, 0] = display
    scratch.repeat[count, 1] = word
    scratch.repeat_next[count] = scratch.repeat_head[person]
    scratch.repeat_head[person] = count
    return count + 1


@njit(cache=True, nogil=True, _nrt=False)
def has_attention(plan, scratch, key, word, t):
    """Whether the person (key, person word) can still notice something today."""
    room = plan.notices_per_day - 1 - np.int64(word >> _USED)
    if room < 0 or room >= plan.background_q.size:
        return room >= 0
    # the background takes at most `room` notices iff fewer than room + 1 entries are <= the draw
    return high32(derive(derive(scratch.run_key[1], key), plan.day[t])) < plan.background_q[room]


@njit(cache=True, nogil=True, _nrt=False)
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
    scratch.pending[at, 0] = (person << 8) | slot
    scratch.pending[at, 1] = event
    scratch.pending[at, 2] = polarity
    scratch.pending[at, 3] = scratch.pending_head[due]
    scratch.pending_head[due] = at
    scratch.size[SIZE_PENDING] = at + 1
    return True


@njit(cache=True, nogil=True, _nrt=False)
def receive(plan, scratch, curves, t, width, filled):
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
    for b in range(np.uint64(filled)):
        event, word = batch[b, 2], batch[b, 1]
        row = (batch[b, 0] >> _PERSON_OF) * wide
        slot = (event >> _EV_SLOT) & _LOW_8
        origin = (event >> _EV_ORIGIN) & _U3
        at_item = row + _U2 + np.uint64(plan.slot_item[slot])
        at_slot = row + _U2 + n_items + slot
        person_word, item_word = rows[row + _U1], rows[at_item]
        counts[(slot * n_segments + ((person_word >> _SEGMENT) & _U31)) * _COUNTS + origin] += 1
        curves[origin, slot, time_bin] += 1
        if not (person_word >> _ORIGIN) & _U7:
            curves[4, slot, time_bin] += 1
            if not person_word & _TOUCHED:
                scratch.touched[scratch.size[SIZE_TOUCHED]] = np.int64(batch[b, 0] >> _PERSON_OF)
                scratch.size[SIZE_TOUCHED] += 1
        rows[row + _U1] = person_word | (_U1 << (_ORIGIN + origin)) | _TOUCHED
        rows[at_slot] |= _OWNED << origin
        before = (item_word >> _DISPLAY) & _LOW_8
        if before < _LOW_8:
            rows[at_item] = item_word + (_U1 << _DISPLAY)
        notice = ((item_word & _LOW_32) * plan.fatigue_q[plan.slot_item[slot], before]) >> _U31
        noticed[found] = b
        found += (word & _LOW_32) >> _U1 < notice
    return found


@njit(cache=True, nogil=True, _nrt=False)
def react(world, plan, scratch, t, width, display, word, event):
    """One display that would be noticed: attention, view, engagement, share (docs/model.md, section 4, 3 to 7).

    Returns False if a list is full.
    """
    person = np.int64(display >> _PERSON_OF)
    row = person * width
    person_word = scratch.rows[row + 1]
    key = scratch.rows[row]
    if plan.notices_per_day >= 0:
        if not has_attention(plan, scratch, key, person_word, t):
            return True
        person_word += _U1 << _USED
        scratch.rows[row + 1] = person_word
    slot = np.int64((event >> _EV_SLOT) & _LOW_8)
    origin = np.int64((event >> _EV_ORIGIN) & _U3)
    peer = (event >> _EV_PEER) & _U1
    item = plan.slot_item[slot]
    at_item = row + 2 + item
    at_slot = row + 2 + plan.item_key.size + slot
    n_segments = scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    count_at = (slot * n_segments + np.int64((person_word >> _SEGMENT) & _U31)) * N_COUNTS
    slot_word = scratch.rows[at_slot] | np.uint64(F_NOTICED)
    item_word = scratch.rows[at_item]
    if peer and plan.influence:
        if (slot_word >> _U8) & _LOW_8 < _LOW_8 and not slot_word & np.uint64(F_DONE):
            slot_word += _SHARER
        polarity = np.int64((event >> _EV_POLARITY) & _U3) - 1
        closeness = np.int64(np.floor(8.0 * np.float64(display & _LOW_8) / 255.0 + 0.5))
        score = np.int64((item_word >> _SCORE) & _LOW_8) + polarity * closeness
        score = min(max(score, 0), 254)
        item_word = (item_word & ~(_LOW_8 << _SCORE)) | (np.uint64(score) << _SCORE)
        scratch.rows[at_item] = item_word

    opinion = low32(derive(scratch.opinion_key[item], key))
    score = np.int64((item_word >> _SCORE) & _LOW_8)
    view = 1
    if opinion < plan.negative_q[item, score]:
        view = -1
    elif opinion < plan.neutral_q[item, score]:
        view = 0

    scratch.counts[count_at + C_NOTICED] += 1
    if view >= 0 and high32(word) < plan.like_q[slot]:
        scratch.counts[count_at + C_LIKES] += 1
    word_2 = derive(word, 1)
    if low32(word_2) < plan.comment_q[slot]:
        scratch.counts[count_at + C_COMMENTS + 1 - view] += 1
    if high32(word_2) < plan.click_q[slot]:
        scratch.counts[count_at + C_CLICKS + origin] += 1

    ok = True
    if not slot_word & np.uint64(F_CROSSED | F_DONE):
        growth = plan.hazard_friend[slot] if peer else plan.hazard_post[slot]
        growth *= np.float64(np.uint32(person_word & _LOW_32).view(np.float32))
        if world.share_scale.shape[0] > 0:
            growth *= world.share_scale[person, item]
        if peer:
            growth *= plan.response[item, np.int64((slot_word >> _U8) & _LOW_8)]
            if not plan.influence:
                growth = 0.0
        if view < 0:
            growth *= plan.negative_share[item]
        hazard = np.int64(slot_word >> _U16) + np.int64(min(growth, np.float64(HAZARD_CAP)))
        hazard = min(hazard, HAZARD_CAP)
        slot_word = (slot_word & _LOW_16) | (np.uint64(hazard) << _U16)
        bits = derive(scratch.slot_key[slot, K_THRESHOLD], key)
        # -log(u) >= 1 - u spares most people the logarithm
        if (1.0 - uniform(bits)) * HAZARD_UNIT <= hazard + 1 and hazard > np.int64(
            exponential(bits) * HAZARD_UNIT
        ):
            slot_word |= np.uint64(F_CROSSED)
            cause = np.int64((display >> _EVENT_OF) & _EVENT_MASK)
            ok = cross(plan, scratch, t, person, slot, key, cause, view)
    scratch.rows[at_slot] = slot_word
    return ok


@njit(cache=True, nogil=True, _nrt=False)
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
                event = (display >> _EVENT_OF) & _EVENT_MASK
                row = (display >> _PERSON_OF) * np.uint64(width)
                word = derive(scratch.events[event, 0], scratch.rows[row])
                if scratch.rows[row + _U1] & _REPEAT:
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
                event = np.int64((scratch.ordered[i, 0] >> _EVENT_OF) & _EVENT_MASK)
                scratch.batch[filled, 0] = scratch.ordered[i, 0]
                scratch.batch[filled, 1] = scratch.ordered[i, 1]
                scratch.batch[filled, 2] = scratch.events[event, 1]
                filled += 1
            taken += filled
        noticed = receive(plan, scratch, curves, t, width, filled)
        for k in range(noticed):
            b = scratch.noticed[k]
            display, word, event_word = scratch.batch[b, 0], scratch.batch[b, 1], scratch.batch[b, 2]
            if not react(world, plan, scratch, t, width, display, word, event_word):
                return False
    scratch.bucket_head[t] = -1
    scratch.bucket_cursor[t] = 0
    return True


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
def place_points(world, plan, scratch, t, first, count, ranked):
    """Look up the people at the `count` planned points and put the displays in the buckets of their steps.

    With `ranked` the points are candidates, of which those below their follower's probability stay. `first` is the
    event of the first of `lists`. Returns False if the pool is full.
    """
    for i in range(np.uint64(count)):
        at = scratch.point_at[i]
        scratch.point_viewer[i] = world.followers[np.uint64(at)] if at >= 0 else world.fans[np.uint64(~at)]
    if ranked:
        count = drop_unshown(world, plan, scratch, first, count)
    with_tie = world.tie.size > 0
    last = np.uint64(scratch.bucket_head.size)
    now = np.uint64(t + 1)
    for i in range(np.uint64(count)):
        e, at = np.uint64(scratch.point_event[i]), scratch.point_at[i]
        platform = np.uint64(scratch.lists[e, L_PLATFORM])
        position = (at if at >= 0 else ~at) - scratch.lists[e, L_START]
        word = derive(np.uint64(scratch.lists[e, L_DELAY]), position)
        due = plan.clock[platform, now] + plan.delay[platform, below_table(word)]
        if due >= plan.clock[platform, last]:
            continue
        s = np.uint64(plan.clock_step[platform, np.uint64(due >> CLOCK_SHIFT)])
        while plan.clock[platform, s + _U1] <= due:
            s += _U1
        tie = np.uint64(_TIE_HALF)
        if with_tie and at >= 0:
            tie = np.uint64(world.tie[np.uint64(at)])
        event = np.uint64(first) + e
        display = (np.uint64(scratch.point_viewer[i]) << _PERSON_OF) | (event << _EVENT_OF) | tie
        cursor = scratch.bucket_cursor[s]
        if cursor & (CHUNK - 1) == 0:  # at the end of a chunk, or none yet
            cursor = take_chunk(scratch, np.int64(s))
            if cursor < 0:
                return False
        scratch.pool[np.uint64(cursor)] = display
        scratch.bucket_cursor[s] = cursor + 1
    return True


@njit(cache=True, nogil=True, _nrt=False)
def below_table(bits):
    """`below(bits, QUANTILES)` as an index that is known not to be negative (uint64)."""
    return ((bits & _LOW_32) * np.uint64(QUANTILES)) >> _U32


@njit(cache=True, nogil=True, _nrt=False)
def drop_unshown(world, plan, scratch, first, count):
    """Keep of `count` candidates those whose coin falls below their own probability; returns how many.

    `point_prob` holds the probability without the viewer's affinity; the loads of this pass are independent of
    each other.
    """
    kept = np.uint64(0)
    n_items = np.uint64(plan.item_key.size)
    with_affinity = world.rank_scale.shape[0] > 0
    scales = world.rank_scale.reshape(-1)
    for i in range(np.uint64(count)):
        viewer, e = scratch.point_viewer[i], scratch.point_event[i]
        prob, coin = scratch.point_prob[i], scratch.point_coin[i]
        if with_affinity:
            prob *= scales[np.uint64(viewer) * n_items + np.uint64(scratch.lists[np.uint64(e), L_ITEM])]
        scratch.point_at[kept] = scratch.point_at[i]
        scratch.point_event[kept] = e
        scratch.point_viewer[kept] = viewer
        kept += np.uint64(coin < np.int64(_ONE_32 * min(prob, 1.0) + 0.5))
    return np.int64(kept)


@njit(cache=True, nogil=True, _nrt=False)
def look_up_lists(world, plan, scratch, first, stop):
    """What there is to know of each new event before it is published (a pass of its own: independent loads)."""
    for event in range(first, stop):
        who = scratch.event_who[event]
        slot = np.int64((scratch.events[event, 1] >> _EV_SLOT) & _LOW_8)
        platform = plan.slot_platform[slot]
        event_key, delay_key = scratch.slot_key[slot, K_EVENT], scratch.slot_key[slot, K_DELAY]
        if who >= 0:
            start, stop_at = world.indptr[platform, who], world.indptr[platform, who + 1]
            key = world.person_key[who]
        else:
            start, stop_at = world.fan_ptr[platform], world.fan_ptr[platform + 1]
            event_key, delay_key = derive(event_key, POST_WORD), derive(delay_key, POST_WORD)
            key = np.uint64(-1 - who)
        e = event - first
        scratch.lists[e, L_START] = start
        scratch.lists[e, L_SIZE] = stop_at - start
        scratch.lists[e, L_EVENT] = np.int64(derive(event_key, key))
        scratch.lists[e, L_DELAY] = np.int64(derive(delay_key, key))
        scratch.lists[e, L_PLATFORM] = platform
        scratch.lists[e, L_ITEM] = plan.slot_item[slot]


@njit(cache=True, nogil=True, _nrt=False)
def publish_ranked(world, plan, scratch, t, first, stop):
    """As `publish`, for slots where ranking gives followers probabilities of their own: a coin for each follower.

    Candidates are those whose coin falls below what their tie and the highest affinity would give.
    """
    points = np.uint64(0)
    full = np.uint64(POINTS)
    with_tie = world.tie.size > 0
    for event in range(first, stop):
        slot = np.uint64((scratch.events[event, 1] >> _EV_SLOT) & _LOW_8)
        if not plan.ranked[slot]:
            continue
        e = event - first
        start, size = np.uint64(scratch.lists[e, L_START]), np.uint64(scratch.lists[e, L_SIZE])
        event_key, platform = np.uint64(scratch.lists[e, L_EVENT]), np.uint64(scratch.lists[e, L_PLATFORM])
        peer = scratch.event_who[event] >= 0
        prob = (plan.visibility[slot] if peer else plan.organic_reach[slot]) * scratch.boost[slot]
        bound = plan.rank_bound[slot]
        chance = prob * plan.tie_rank[platform, _TIE_HALF] if peer else prob
        for position in range(size):
            if points == full:
                if not place_points(world, plan, scratch, t, first, POINTS, True):
                    return False
                points = np.uint64(0)
            coin = np.int64(low32(derive(event_key, position)))
            if peer and with_tie:
                chance = prob * plan.tie_rank[platform, world.tie[start + position]]
            at = np.int64(start + position)
            scratch.point_at[points] = at if peer else ~at
            scratch.point_event[points] = e
            scratch.point_coin[points] = coin
            scratch.point_prob[points] = chance
            points += np.uint64(coin < np.int64(_ONE_32 * min(chance * bound, 1.0) + 1.5))
    return place_points(world, plan, scratch, t, first, np.int64(points), True)


@njit(cache=True, nogil=True, _nrt=False)
def publish(world, plan, scratch, t, first, stop):
    """Plan the displays of events[first:stop] (docs/model.md, sections 3 and 6). Returns False if the pool is full.

    The lists of `lists` hold LISTS events, so this is called for at most as many.
    """
    look_up_lists(world, plan, scratch, first, stop)
    points, any_ranked = 0, False
    for event in range(first, stop):
        slot = np.int64((scratch.events[event, 1] >> _EV_SLOT) & _LOW_8)
        if plan.ranked[slot]:
            any_ranked = True
            continue
        e = event - first
        start, size = scratch.lists[e, L_START], scratch.lists[e, L_SIZE]
        if size == 0:
            continue
        peer = scratch.event_who[event] >= 0
        prob = (plan.visibility[slot] if peer else plan.organic_reach[slot]) * scratch.boost[slot]
        event_key = np.uint64(scratch.lists[e, L_EVENT])
        everybody = prob >= SHOW_ALL
        bound = 0.0 if everybody else size * level_of(prob)
        total, k, found, position = 0.0, 0, 0, -1
        while True:
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
                bit = _U1 << np.uint64(position & 63)
                seen = scratch.seen[position >> 6]
                if seen & bit:
                    continue  # only a position's first point counts
                scratch.seen[position >> 6] = seen | bit
                scratch.seen_at[found] = position >> 6
                found += 1
            if points == POINTS:
                if not place_points(world, plan, scratch, t, first, points, False):
                    return False
                points = 0
            scratch.point_at[points] = start + position if peer else ~(start + position)
            scratch.point_event[points] = e
            points += 1
        for j in range(found):
            scratch.seen[scratch.seen_at[j]] = np.uint64(0)
    if not place_points(world, plan, scratch, t, first, points, False):
        return False
    return not any_ranked or publish_ranked(world, plan, scratch, t, first, stop)


@njit(cache=True, nogil=True, _nrt=False)
def add_event(scratch, t, slot, who, key, origin, polarity, node, cause, kind):
    """Append an event. Returns its index or -1 if the list is full."""
    event = scratch.size[SIZE_EVENTS]
    if event == scratch.events.shape[0]:
        scratch.size[SIZE_FAILED] = FULL_EVENTS
        return -1
    scratch.size[SIZE_EVENTS] = event + 1
    scratch.events[event, 0] = key
    scratch.events[event, 1] = (
        np.uint64(node + 1)
        | (np.uint64(slot) << _EV_SLOT)
        | (np.uint64(origin) << _EV_ORIGIN)
        | (np.uint64(who >= 0) << _EV_PEER)
        | (np.uint64(polarity + 1) << _EV_POLARITY)
    )
    scratch.event_who[event] = who
    scratch.event_cause[event] = cause
    scratch.event_step[event] = t
    scratch.event_kind[event] = kind
    return event


@njit(cache=True, nogil=True, _nrt=False)
def node_of(plan, scratch, row, item):
    """The node of a person (by row) in the share trees of an item, -1 if they have not shared it."""
    for p in range(plan.platform_key.size):
        slot = plan.slot_of[item, p]
        if slot >= 0:
            word = scratch.rows[row + 2 + plan.item_key.size + slot]
            if word & np.uint64(F_DONE):
                return np.int64(word >> _U16) - 1
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def share(plan, scratch, t, width, person, slot, cause, origin, polarity):
    """A person publishes on a slot; `cause` is the event that made them, -1 if asked.

    Marks the slot as done and returns the new event, -1 if the list is full.
    """
    row = person * width
    item = plan.slot_item[slot]
    touch(scratch, row, person)
    cause_key = scratch.events[cause, 0] if cause >= 0 else np.uint64(0)
    node = node_of(plan, scratch, row, item)
    if node < 0:
        node = scratch.size[SIZE_NODES]
        scratch.size[SIZE_NODES] = node + 1
        first = True
    else:  # two first shares in one step: the cause with the smaller view key counts
        first = scratch.nodes[node, NODE_STEP] == t and cause_key < scratch.node_cause_key[node]
    key = derive(scratch.slot_key[slot, K_VIEW], scratch.rows[row])
    kind = KIND_OWN if cause >= 0 else KIND_ASKED
    event = add_event(scratch, t, slot, person, key, origin, polarity, node, cause, kind)
    if event < 0:
        return event
    if first:
        parent = np.int64(scratch.events[cause, 1] & _LOW_32) - 1 if cause >= 0 else -1
        scratch.nodes[node, NODE_PERSON] = person
        scratch.nodes[node, NODE_PARENT] = parent
        scratch.nodes[node, NODE_GENERATION] = (
            scratch.nodes[parent, NODE_GENERATION] + 1 if parent >= 0 else 0
        )
        scratch.nodes[node, NODE_STEP] = t
        scratch.nodes[node, NODE_SLOT] = slot
        scratch.nodes[node, NODE_ASKED] = 1 if cause < 0 else 0
        scratch.node_cause_key[node] = cause_key
    at_slot = row + 2 + plan.item_key.size + slot
    flags = (scratch.rows[at_slot] & _LOW_8) | np.uint64(F_DONE)
    if cause >= 0:
        flags |= _SHARED_NOW
    scratch.rows[at_slot] = (np.uint64(node + 1) << _U16) | flags
    return event


@njit(cache=True, nogil=True, _nrt=False)
def count_share(plan, scratch, curves, t, width, event, copied):
    """Book a person's own share or copy."""
    info = scratch.events[event, 1]
    slot = np.int64((info >> _EV_SLOT) & _LOW_8)
    view = np.int64((info >> _EV_POLARITY) & np.uint64(3)) - 1
    person_word = scratch.rows[scratch.event_who[event] * width + 1]
    n_segments = scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    at = (slot * n_segments + np.int64((person_word >> _SEGMENT) & np.uint64(31))) * N_COUNTS
    scratch.counts[at + C_SHARES + 1 - view] += 1
    if copied:
        scratch.counts[at + C_COPIED] += 1
    curves[3, slot, plan.bin_of_step[t]] += 1


@njit(cache=True, nogil=True, _nrt=False)
def ask(world, plan, scratch, t, width, ask_idx):
    """Ask one person to share. Returns (whether there was room, price paid)."""
    person, slot = plan.ask_person[ask_idx], plan.ask_slot[ask_idx]
    at_slot = person * width + 2 + plan.item_key.size + slot
    key = world.person_key[person]
    if scratch.rows[at_slot] & np.uint64(F_DONE):
        return True, 0.0
    if not low32(derive(scratch.slot_key[slot, K_ACCEPT], key)) < plan.ask_q[ask_idx]:
        return True, 0.0
    origin = 1 if plan.ask_paid[ask_idx] else 2
    if share(plan, scratch, t, width, person, slot, -1, origin, 1) < 0:
        return False, 0.0
    scratch.rows[at_slot] |= np.uint64(F_ASKED)
    n_segments = scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    segment = np.int64((scratch.rows[person * width + 1] >> _SEGMENT) & np.uint64(31))
    scratch.counts[(slot * n_segments + segment) * N_COUNTS + C_ASKED] += 1
    return True, plan.ask_price[ask_idx]


@njit(cache=True, nogil=True, _nrt=False)
def share_pending(plan, scratch, curves, t, width):
    """People whose reaction delay ends in step t share. Returns False if a list is full."""
    at = scratch.pending_head[t]
    scratch.pending_head[t] = -1
    while at >= 0:
        person, slot = scratch.pending[at, 0] >> 8, scratch.pending[at, 0] & 255
        word = scratch.rows[person * width + 2 + plan.item_key.size + slot]
        if not word & np.uint64(F_DONE):
            event = share(
                plan, scratch, t, width, person, slot, scratch.pending[at, 1], 2, scratch.pending[at, 2]
            )
            if event < 0:
                return False
            count_share(plan, scratch, curves, t, width, event, False)
        at = scratch.pending[at, 3]
    return True


@njit(cache=True, nogil=True, _nrt=False)
def another_is_first(plan, scratch, width, event, target, coin):
    """Whether the person shared the item elsewhere in this step too, with a smaller view key, and copies that."""
    slot = np.int64((scratch.events[event, 1] >> _EV_SLOT) & _LOW_8)
    person = scratch.event_who[event]
    for p in range(plan.platform_key.size):
        other = plan.slot_of[plan.slot_item[slot], p]
        if other < 0 or other == slot or other == target or not coin < plan.copy_q[other]:
            continue
        row = person * width
        word = scratch.rows[row + 2 + plan.item_key.size + other]
        if not (word & np.uint64(F_DONE) and word & _SHARED_NOW):
            continue
        if derive(scratch.slot_key[other, K_VIEW], scratch.rows[row]) < scratch.events[event, 0]:
            return True
    return False


@njit(cache=True, nogil=True, _nrt=False)
def forget_step(plan, scratch, width, first, stop):
    """Clear the marks of own shares among events[first:stop]."""
    for event in range(first, stop):
        if scratch.event_kind[event] == KIND_OWN:
            slot = np.int64((scratch.events[event, 1] >> _EV_SLOT) & _LOW_8)
            scratch.rows[scratch.event_who[event] * width + 2 + plan.item_key.size + slot] &= ~_SHARED_NOW


@njit(cache=True, nogil=True, _nrt=False)
def copy_shares(world, plan, scratch, curves, t, width, first, stop):
    """Own shares among events[first:stop] are copied to other platforms. Returns False if a list is full."""
    for event in range(first, stop):
        if scratch.event_kind[event] != KIND_OWN:
            continue
        info = scratch.events[event, 1]
        slot = np.int64((info >> _EV_SLOT) & _LOW_8)
        if plan.copy_q[slot] == 0:
            continue
        person = scratch.event_who[event]
        node = np.int64(info & _LOW_32) - 1
        polarity = np.int64((info >> _EV_POLARITY) & np.uint64(3)) - 1
        for p in range(plan.platform_key.size):
            target = plan.slot_of[plan.slot_item[slot], p]
            if target < 0 or target == slot:
                continue
            at_slot = person * width + 2 + plan.item_key.size + target
            word = scratch.rows[at_slot]
            if word & np.uint64(F_DONE) or not word & np.uint64(F_ACCOUNT):
                continue
            coin = low32(derive(scratch.slot_key[target, K_COPY], world.person_key[person]))
            if not coin < plan.copy_q[slot] or another_is_first(plan, scratch, width, event, target, coin):
                continue
            key = derive(scratch.slot_key[target, K_VIEW], world.person_key[person])
            copy = add_event(scratch, t, target, person, key, 2, polarity, node, event, KIND_COPY)
            if copy < 0:
                return False
            scratch.rows[at_slot] = (np.uint64(node + 1) << _U16) | (word & _LOW_8) | np.uint64(F_DONE)
            count_share(plan, scratch, curves, t, width, copy, True)
    forget_step(plan, scratch, width, first, stop)
    return True


@njit(cache=True, nogil=True, _nrt=False)
def boost_slots(plan, scratch):
    """Update the ranking boosts from the engagement so far (end of a step)."""
    n_slots = plan.slot_item.size
    n_segments = scratch.counts.size // (N_COUNTS * n_slots)
    for s in range(n_slots):
        platform = plan.slot_platform[s]
        benchmark, strength, cap = plan.boost[platform, 0], plan.boost[platform, 1], plan.boost[platform, 2]
        if benchmark <= 0.0:
            continue
        impressions, engagements = 0, 0
        for g in range(n_segments):
            at = (s * n_segments + g) * N_COUNTS
            for c in range(C_OWNED, C_OWNED + 3):
                impressions += scratch.counts[at + c]
            for c in range(C_LIKES, C_COPIED):
                engagements += scratch.counts[at + c]
        if impressions >= 100:
            rate = engagements / impressions
            factor = 1.0 + strength * (rate / benchmark - 1.0)
            scratch.boost[s] = min(max(factor, 1.0 / cap), cap)


@njit(cache=True, nogil=True, _nrt=False)
def finish_people(plan, scratch, people, width):
    """Count distinct people by measure, scope and segment, and return their rows to the state before the replicate.

    `people` int64[4, 1 + I + P + S, G] is added to. Where many rows were touched all are swept in order, which is
    faster than going through the list of touched ones.
    """
    touched = scratch.size[SIZE_TOUCHED]
    everybody = scratch.repeat_head.size
    if touched * 8 > everybody:
        for person in range(everybody):
            if scratch.rows[person * width + 1] & _TOUCHED:
                finish_person(plan, scratch, people, person * width, width)
    else:
        for k in range(touched):
            finish_person(plan, scratch, people, np.int64(scratch.touched[k]) * width, width)


@njit(cache=True, nogil=True, _nrt=False)
def finish_person(plan, scratch, people, row, width):
    """Book one person's flags in every scope, then reset the row."""
    n_items, n_platforms, n_slots = plan.item_key.size, plan.platform_key.size, plan.slot_item.size
    masks = scratch.masks
    segment = np.int64((scratch.rows[row + 1] >> _SEGMENT) & np.uint64(31))
    for m in range(masks.size):
        masks[m] = 0
    for s in range(n_slots):
        flags = np.int64(scratch.rows[row + 2 + n_items + s] & _LOW_8)
        scratch.rows[row + 2 + n_items + s] &= np.uint64(F_ACCOUNT)
        if flags & F_ASKED:  # being asked is no share of one's own
            flags &= ~(F_DONE | F_ASKED)
        _count_person(people, 1 + n_items + n_platforms + s, segment, flags)
        masks[0] |= flags
        masks[1 + plan.slot_item[s]] |= flags
        masks[1 + n_items + plan.slot_platform[s]] |= flags
    for scope in range(masks.size):
        _count_person(people, scope, segment, masks[scope])
    scratch.rows[row + 1] &= _KEEP_PERSON
    for i in range(row + 2, row + 2 + n_items):
        scratch.rows[i] = (scratch.rows[i] & _LOW_32) | _SCORE_0


@njit(cache=True, nogil=True, _nrt=False)
def _count_person(people, scope, segment, flags):
    """Book one person's flags in one scope."""
    origins = flags & (7 * F_OWNED)
    if origins:
        people[0, scope, segment] += 1
        if origins == F_OWNED << 2:
            people[1, scope, segment] += 1
    if flags & F_NOTICED:
        people[2, scope, segment] += 1
    if flags & F_DONE:
        people[3, scope, segment] += 1


@njit(cache=True, nogil=True, _nrt=False)
def replicate(world, plan, scratch, curves, width, run_key):
    """Run all steps of one replicate. Returns (whether all lists sufficed, cost of the people asked)."""
    make_keys(plan, scratch, run_key)
    scratch.size[SIZE_TOUCHED] = 0
    scratch.size[SIZE_PENDING] = 0
    scratch.size[SIZE_EVENTS] = 0
    scratch.size[SIZE_NODES] = 0
    for c in range(scratch.counts.size):
        scratch.counts[c] = 0
    for s in range(scratch.boost.size):
        scratch.boost[s] = 1.0
    any_boost = False
    for p in range(plan.boost.shape[0]):
        any_boost |= plan.boost[p, 0] > 0.0
    next_post, next_ask, cost = 0, 0, 0.0
    for t in range(scratch.bucket_head.size):
        if scratch.bucket_head[t] >= 0 and not receive_bucket(world, plan, scratch, curves, t, width):
            return False, cost
        first = scratch.size[SIZE_EVENTS]
        while next_post < plan.post_step.size and plan.post_step[next_post] == t:
            slot, who = plan.post_slot[next_post], -1 - plan.post_ordinal[next_post]
            key = derive(derive(scratch.slot_key[slot, K_VIEW], POST_WORD), plan.post_ordinal[next_post])
            if add_event(scratch, t, slot, who, key, 0, 1, -1, -1, KIND_POST) < 0:
                return False, cost
            next_post += 1
        while next_ask < plan.ask_step.size and plan.ask_step[next_ask] == t:
            room, price = ask(world, plan, scratch, t, width, next_ask)
            if not room:
                return False, cost
            cost += price
            next_ask += 1
        if scratch.pending_head[t] >= 0 and not share_pending(plan, scratch, curves, t, width):
            return False, cost
        stop = scratch.size[SIZE_EVENTS]
        if not copy_shares(world, plan, scratch, curves, t, width, first, stop):
            return False, cost
        stop = scratch.size[SIZE_EVENTS]
        while first < stop:
            if not publish(world, plan, scratch, t, first, min(first + LISTS, stop)):
                return False, cost
            first += LISTS
        if any_boost:
            boost_slots(plan, scratch)
    return True, cost


@njit(cache=True, nogil=True, _nrt=False)
def run_block(world, plan, scratch, tally, run_keys, begin):
    """Run the replicates `begin`, `begin` + 1, ... of a block.

    Parameters
    ----------
    world, plan, scratch, tally : World, Plan, Scratch, Tally
        See viralsim.kernels.layout; `tally` must be zero from row `begin` on.
    run_keys : uint64[R]
        Run key of each replicate of the block.
    begin : int

    Returns
    -------
    int
        Number of replicates done, R if all. Less: a list of `scratch` was full (its code is in
        ``scratch.size[SIZE_FAILED]``), row `done` of `tally` and the scratch are to be thrown away.
    """
    width = 2 + plan.item_key.size + plan.slot_item.size
    for r in range(begin, run_keys.size):
        fine, cost = replicate(world, plan, scratch, tally.curves[r], width, run_keys[r])
        if not fine:
            return r
        for c in range(scratch.counts.size):
            tally.counts[r, c] = scratch.counts[c]
        tally.seed_cost[r] = cost
        n = scratch.size[SIZE_NODES]
        for i in range(n):
            scratch.node_parent[i] = scratch.nodes[i, NODE_PARENT]
        tree_tallies(
            scratch.node_parent,
            n,
            scratch.tree_work,
            tally.trees[r],
            tally.generations[r],
            tally.tree_sizes[r],
        )
        asked = 0
        for i in range(n):
            asked += scratch.nodes[i, NODE_ASKED]
        tally.trees[r, TREE_ASKED] = asked
        finish_people(plan, scratch, tally.people[r], width)
    return run_keys.size
