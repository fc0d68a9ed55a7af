"""Followers of the brand won and lost during a run (docs/model.md, section 15)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import below, derive, high32, low32
from viralsim.kernels.layout import (
    FULL_PENDING,
    K_DELAY,
    K_EVENT,
    KIND_POST,
    N_COUNTS,
    POST_WORD,
    QUANTILES,
    SIZE_FAILED,
)
from viralsim.kernels.machine import inlined, inner
from viralsim.kernels.placing import show_later
from viralsim.kernels.reaching import (
    F_CLICK,
    F_NEGATIVE,
    F_NOTICE,
    F_TIRED,
    N_EXTRA,
    NOTE_LOST,
    NOTE_TIRED,
    NOTE_WON,
    P_FOLLOW,
    X_LOST,
    X_WON,
)
from viralsim.kernels.words import DISPLAY, EV_SLOT, LOW_8, ONE_32, SEGMENT, TIE_HALF, U31

JOINED_WORD = np.uint64(1 << 63)


@inner
def start_following(world, plan, scratch, run_key):
    """Followers as at the start of the run."""
    work = scratch.reaching
    for person in range(work.fan.size):
        work.fan[person] = 0
        work.note_head[person] = -1
    for p in range(plan.platform_key.size):
        work.joined_count[p] = 0
        for i in range(world.fan_ptr[p], world.fan_ptr[p + 1]):
            work.fan[world.fans[i]] |= np.uint8(1 << p)
    for person in range(work.fan.size):
        work.listed[person] = work.fan[person]
    work.follow_key[0] = derive(run_key, P_FOLLOW)
    work.note_count[0] = 0


@inlined
def note_following(plan, scratch, person, slot, view, clicked, is_post, word):
    """Note that a person who noticed a display of the brand's wants to follow or to leave. Returns False if full."""
    work, chances = scratch.reaching, plan.reaching.follow_q
    follows = (work.fan[person] >> plan.slot_platform[slot]) & 1
    bits = derive(work.follow_key[0], word)
    fine = True
    if not follows:
        chance = chances[slot, F_CLICK] if clicked else chances[slot, F_NOTICE]
        if view >= 0 and low32(bits) < chance:
            fine = add_note(scratch, person, slot, NOTE_WON, word)
        return fine
    if view < 0 and low32(bits) < chances[slot, F_NEGATIVE]:
        fine = add_note(scratch, person, slot, NOTE_LOST, word)
    if is_post and high32(bits) < chances[slot, F_TIRED]:
        fine &= add_note(scratch, person, slot, NOTE_TIRED, word)
    return fine


@inlined
def add_note(scratch, person, slot, kind, word):
    """Append to the notes of this step. Returns False if the list is full."""
    work = scratch.reaching
    at = work.note_count[0]
    if at == work.notes.shape[0]:
        scratch.size[SIZE_FAILED] = FULL_PENDING
        return False
    work.notes[at, 0] = np.uint64((person << 16) | (slot << 8) | kind)
    work.notes[at, 1] = word
    work.note_next[at] = work.note_head[person]
    work.note_head[person] = at
    work.note_count[0] = at + 1
    return True


@inner
def settle_following(plan, scratch, t, width):
    """At the end of step t followers are won and lost as noted."""
    work = scratch.reaching
    for i in range(work.note_count[0]):
        person = np.int64(work.notes[i, 0] >> np.uint64(16))
        if work.note_head[person] < 0:
            continue
        displays = displays_so_far(plan, scratch, person * width)
        for p in range(plan.platform_key.size):
            settle_person(plan, scratch, p, person, width, displays >= plan.reaching.patience[p, t])
        work.note_head[person] = -1
    work.note_count[0] = 0


@inner
def displays_so_far(plan, scratch, row):
    """Displays of the brand's items to a person so far (each counted up to 255)."""
    total = 0
    for item in range(plan.item_key.size):
        for p in range(plan.platform_key.size):
            slot = plan.slot_of[item, p]
            if slot >= 0:
                if scratch.reaching.own[slot]:
                    total += np.int64((scratch.rows[row + 2 + item] >> DISPLAY) & LOW_8)
                break
    return total


@inner
def settle_person(plan, scratch, p, person, width, tired):
    """A person follows or leaves on platform p if a note of theirs holds; the one with the smallest word counts."""
    work, best, won = scratch.reaching, -1, False
    at = np.int64(work.note_head[person])
    while at >= 0:
        slot = np.int64((work.notes[at, 0] >> np.uint64(8)) & LOW_8)
        kind = np.int64(work.notes[at, 0] & LOW_8)
        holds = plan.slot_platform[slot] == p and (kind != NOTE_TIRED or tired)
        if holds and (best < 0 or work.notes[at, 1] < work.notes[best, 1]):
            best, won = at, kind == NOTE_WON
        at = np.int64(work.note_next[at])
    if best < 0:
        return
    slot = np.int64((work.notes[best, 0] >> np.uint64(8)) & LOW_8)
    n_segments = scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    segment = np.int64((scratch.rows[person * width + 1] >> SEGMENT) & U31)
    work.counts[(slot * n_segments + segment) * N_EXTRA + (X_WON if won else X_LOST)] += 1
    work.fan[person] ^= np.uint8(1 << p)
    if won and not (work.listed[person] >> p) & 1:
        work.listed[person] |= np.uint8(1 << p)
        work.joined[p, work.joined_count[p]] = person
        work.joined_count[p] += 1


@inner
def show_joined(world, plan, scratch, t, width, first, stop):
    """Plan the displays of the brand's posts among events[first:stop] to followers won. Returns False if full."""
    work, with_affinity = scratch.reaching, world.rank_scale.shape[1] > 0
    for event in range(first, stop):
        slot = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)
        if scratch.event_kind[event] != KIND_POST or not work.own[slot]:
            continue
        platform, item = plan.slot_platform[slot], plan.slot_item[slot]
        ordinal = np.uint64(-1 - scratch.event_who[event])
        choice = derive(derive(derive(scratch.slot_key[slot, K_EVENT], POST_WORD), ordinal), JOINED_WORD)
        delayed = derive(derive(derive(scratch.slot_key[slot, K_DELAY], POST_WORD), ordinal), JOINED_WORD)
        for i in range(work.joined_count[platform]):
            person = np.int64(work.joined[platform, i])
            if not (work.fan[person] >> platform) & 1:
                continue
            prob = work.reach[slot] * scratch.boost[slot]
            if plan.ranked[slot] and with_affinity:
                prob *= np.float64(world.rank_scale[item, person])
            key = scratch.rows[person * width]
            if np.float64(low32(derive(choice, key))) < np.floor(ONE_32 * min(prob, 1.0) + 0.5):
                delay = plan.delay[platform, below(derive(delayed, key), QUANTILES)]
                if not show_later(plan, scratch, t, platform, delay, person, event, TIE_HALF):
                    return False
    return True
