"""The end of a replicate: distinct people are counted and their rows made as new."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.layout import F_ACCOUNT, SIZE_TOUCHED
from viralsim.kernels.machine import inlined, inner
from viralsim.kernels.words import (
    ASKED_AT,
    COIN_ROOM,
    DONE_AT,
    FLAGS,
    KEEP_PERSON,
    LOW_8,
    LOW_32,
    SCORE_0,
    SEGMENT,
    TOUCHED,
    U0,
    U1,
    U2,
    U3,
    U4,
    U15,
    U31,
)


@inner
def finish_people(plan, scratch, people, width):
    """Count distinct people by measure, scope and segment, and return their rows to the state before the replicate.

    `people` int64[4, 1 + I + P + S, G] is added to. Where many rows were touched all are swept in order, which is
    faster than going through the list of touched ones.
    """
    bins = scratch.flag_bins
    for i in range(bins.size):
        bins[i] = 0
    touched = scratch.size[SIZE_TOUCHED]
    everybody = scratch.repeat_head.size
    if touched * 8 > everybody:
        rows, kept, wide = scratch.rows, scratch.kept, np.uint64(width)
        for begin in range(U0, np.uint64(everybody), COIN_ROOM):
            found = U0
            for person in range(begin, min(begin + COIN_ROOM, np.uint64(everybody))):
                kept[found] = np.int64(person)
                found += np.uint64(rows[person * wide + U1] & TOUCHED != U0)
            for k in range(found):
                finish_person(plan, scratch, np.uint64(kept[k]) * wide)
    else:
        for k in range(touched):
            finish_person(plan, scratch, np.uint64(scratch.touched[k]) * np.uint64(width))
    _read_bins(bins, people)
    if plan.slot_item.size == 1:
        _copy_to_scopes(plan, scratch, people)


@inner
def _copy_to_scopes(plan, scratch, people):
    """The people of a single slot, booked last, are those of every scope."""
    item, own = 1 + plan.slot_item[0], np.int64(scratch.reaching.own[0])
    platform, slot = 1 + plan.item_key.size + plan.slot_platform[0], people.shape[1] - 1
    for m in range(people.shape[0]):
        for g in range(people.shape[2]):
            number = people[m, slot, g]
            people[m, item, g] += number
            people[m, 0, g] += number * own
            people[m, platform, g] += number * own


@inlined
def take_flags(rows, at):
    """A person's five flags on a slot, whose word is made as new."""
    flags = rows[at] & LOW_8
    rows[at] = flags & np.uint64(F_ACCOUNT)
    shared = (flags >> DONE_AT) & ~(flags >> ASKED_AT) & U1  # being asked is no share of one's own
    return ((flags >> U3) & U15) | (shared << U4)


@inlined
def finish_person(plan, scratch, row):
    """Book one person's flags in every scope, then reset the row. No branch: flags are as good as random.

    `flag_bins` counts people by scope, segment and five flags: shown owned, paid, earned (1, 2, 4), noticed (8),
    shared (16).
    """
    n_items, n_slots = np.uint64(plan.item_key.size), np.uint64(plan.slot_item.size)
    masks, bins = scratch.masks, scratch.flag_bins
    rows, everything = scratch.rows, np.uint64(masks.size)
    n_scopes = everything + n_slots
    n_segments = np.uint64(bins.size) // (n_scopes * FLAGS)
    segment = (rows[row + U1] >> SEGMENT) & U31
    for m in range(everything if n_slots > U1 else U0):
        masks[m] = U0
    for s in range(n_slots):
        at = row + U2 + n_items + s
        packed = take_flags(rows, at)
        bins[((everything + s) * n_segments + segment) * FLAGS + packed] += 1
        if n_slots == U1:  # all scopes are alike: `finish_people` sees to the others
            break
        masks[U1 + np.uint64(plan.slot_item[s])] |= packed
        packed *= scratch.reaching.own[s]
        masks[U0] |= packed
        masks[U1 + n_items + np.uint64(plan.slot_platform[s])] |= packed
    for scope in range(everything if n_slots > U1 else U0):
        bins[(scope * n_segments + segment) * FLAGS + masks[scope]] += 1
    rows[row + U1] &= KEEP_PERSON
    for i in range(row + U2, row + U2 + n_items):
        rows[i] = (rows[i] & LOW_32) | SCORE_0


@inner
def _read_bins(bins, people):
    """Add the people of `flag_bins` to the measures: reached, reached by others alone, noticed, shared."""
    n_segments = people.shape[2]
    for i in range(bins.size):
        number = bins[i]
        if number == 0:
            continue
        packed = i % 32
        scope, segment = (i // 32) // n_segments, (i // 32) % n_segments
        if packed & 7:
            people[0, scope, segment] += number
        if packed & 7 == 4:
            people[1, scope, segment] += number
        if packed & 8:
            people[2, scope, segment] += number
        if packed & 16:
            people[3, scope, segment] += number
