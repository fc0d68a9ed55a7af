"""Who shares in a step: asked, after the reaction delay, or by copying (docs/model.md, section 5)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.answering import share_mentioned
from viralsim.kernels.draws import derive, low32
from viralsim.kernels.layout import (
    C_ASKED,
    C_COPIED,
    C_SHARES,
    F_ACCOUNT,
    F_ASKED,
    F_DONE,
    FULL_EVENTS,
    K_ACCEPT,
    K_COPY,
    K_VIEW,
    KIND_ASKED,
    KIND_COPY,
    KIND_OWN,
    N_COUNTS,
    SHARES_TOGETHER,
    SIZE_ASKED,
    SIZE_EVENTS,
    SIZE_FAILED,
    SIZE_NODES,
    SIZE_TOUCHED,
)
from viralsim.kernels.machine import inlined, inner, prefetch
from viralsim.kernels.private import make_private
from viralsim.kernels.reaching import EVENT_INFLUENCER_SHIFT
from viralsim.kernels.words import (
    COUNTS,
    DONE,
    EV_ORIGIN,
    EV_PEER,
    EV_POLARITY,
    EV_SLOT,
    LOW_8,
    LOW_32,
    SEGMENT,
    SHARED_NOW,
    TOUCHED,
    U1,
    U2,
    U3,
    U8,
    U16,
    U31,
    U32,
)

INFLUENCER = np.uint64(1 << EVENT_INFLUENCER_SHIFT)


@inner
def touch(scratch, row, person):
    """Note that a person's row must be reset after the replicate."""
    if not scratch.rows[row + 1] & TOUCHED:
        scratch.rows[row + 1] |= TOUCHED
        scratch.touched[scratch.size[SIZE_TOUCHED]] = person
        scratch.size[SIZE_TOUCHED] += 1


@inlined
def add_event(scratch, t, slot, who, key, origin, polarity, node, cause, kind):
    """Append an event. Returns its index or -1 if the list is full."""
    event = scratch.size[SIZE_EVENTS]
    if event == scratch.events.shape[0]:
        scratch.size[SIZE_FAILED] = FULL_EVENTS
        return -1
    scratch.size[SIZE_EVENTS] = event + 1
    at = np.uint64(event)
    scratch.events[at, 0] = key
    scratch.events[at, 1] = (
        np.uint64(node + 1)
        | (np.uint64(slot) << EV_SLOT)
        | (np.uint64(origin) << EV_ORIGIN)
        | (np.uint64(who >= 0) << EV_PEER)
        | (np.uint64(polarity + 1) << EV_POLARITY)
    )
    scratch.event_who[at] = who
    scratch.event_cause[at] = cause
    scratch.event_step[at] = t
    scratch.event_kind[at] = kind
    return event


@inlined
def node_of(plan, scratch, slots, item):
    """The node of a person (their slot words begin at `slots`) in the share trees of an item, -1 if not shared."""
    for p in range(np.uint64(plan.platform_key.size)):
        slot = plan.slot_of[item, p]
        if slot >= 0:
            word = scratch.rows[slots + np.uint64(slot)]
            if word & DONE:
                return np.int64(word >> U16) - 1
    return -1


@inlined
def view_key_of(scratch, cause):
    """View key of the event that made somebody share, 0 for those asked (`cause` negative)."""
    return scratch.events[np.uint64(cause), 0] if cause >= 0 else np.uint64(0)


@inlined
def share(plan, scratch, t, width, person, slot, cause, origin, polarity):
    """A person publishes on a slot; `cause` is the event that made them, -1 if asked.

    Marks the slot as done and returns the new event, -1 if the list is full.
    """
    row = np.uint64(person) * np.uint64(width)
    slots = row + U2 + np.uint64(plan.item_key.size)
    node = node_of(plan, scratch, slots, np.uint64(plan.slot_item[np.uint64(slot)]))
    first = node < 0
    if first:
        node = scratch.size[SIZE_NODES]
        scratch.size[SIZE_NODES] = node + 1
        scratch.size[SIZE_ASKED] += cause < 0 and scratch.reaching.own[np.uint64(slot)] > 0
    else:  # two first shares in one step: the cause with the smaller view key counts
        before = scratch.node_event[node]
        first = scratch.event_step[before] == t
        first &= view_key_of(scratch, cause) < view_key_of(scratch, scratch.event_cause[before])
    key = derive(scratch.slot_key[np.uint64(slot), K_VIEW], scratch.rows[row])
    kind = KIND_OWN if cause >= 0 else KIND_ASKED
    event = add_event(scratch, t, slot, person, key, origin, polarity, node, cause, kind)
    if event < 0:
        return event
    if first:
        scratch.node_event[np.uint64(node)] = event
        parent = np.int64(scratch.events[np.uint64(cause), 1] & LOW_32) - 1 if cause >= 0 else -1
        scratch.node_parent[np.uint64(node)] = parent
    at_slot = slots + np.uint64(slot)
    flags = (scratch.rows[at_slot] & LOW_8) | DONE
    if cause >= 0:
        flags |= SHARED_NOW
    scratch.rows[at_slot] = (np.uint64(node + 1) << U16) | flags
    return event


@inlined
def count_share(plan, scratch, curves, t, width, event, copied):
    """Book a person's own share or copy."""
    info = scratch.events[np.uint64(event), 1]
    slot = (info >> EV_SLOT) & LOW_8
    view = np.int64((info >> EV_POLARITY) & U3) - 1
    person_word = scratch.rows[np.uint64(scratch.event_who[np.uint64(event)]) * np.uint64(width) + U1]
    n_segments = np.uint64(scratch.counts.size) // (COUNTS * np.uint64(plan.slot_item.size))
    segment = (person_word >> SEGMENT) & U31
    at = (slot * n_segments + segment) * COUNTS
    if plan.market.counting and scratch.reaching.own[slot]:
        share_mentioned(plan, scratch, t, event, np.int64(slot), np.int64(segment), view, copied)
    scratch.counts[at + np.uint64(C_SHARES + 1 - view)] += 1
    if copied:
        scratch.counts[at + np.uint64(C_COPIED)] += 1
    curves[U3, slot, np.uint64(plan.bin_of_step[t])] += 1


@inner
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
    touch(scratch, person * width, person)
    event = share(plan, scratch, t, width, person, slot, -1, origin, 1)
    if event < 0:
        return False, 0.0
    if plan.reaching.asked.shape[0] > 0:
        scratch.events[event, 1] |= INFLUENCER
        scratch.event_cause[event] = -2 - ask_idx
    scratch.rows[at_slot] |= np.uint64(F_ASKED)
    n_segments = scratch.counts.size // (N_COUNTS * plan.slot_item.size)
    segment = np.int64((scratch.rows[person * width + 1] >> SEGMENT) & np.uint64(31))
    scratch.counts[(slot * n_segments + segment) * N_COUNTS + C_ASKED] += 1
    return True, plan.ask_price[ask_idx]


@inner
def share_pending(plan, scratch, curves, t, width):
    """People whose reaction delay ends in step t share. Returns False if a list is full.

    They are taken in groups, whose rows and causes are asked for before they are needed.
    """
    at = np.int64(scratch.pending_head[t])
    scratch.pending_head[t] = -1
    events = scratch.events.reshape(-1)
    wide = np.uint64(width)
    while at >= 0:
        found = 0
        while at >= 0 and found < SHARES_TOGETHER:
            scratch.kept[found] = at
            row = (scratch.pending[np.uint64(at), 0] >> U16) * wide
            prefetch(scratch.rows, row)
            prefetch(scratch.rows, row + wide - U1)
            link = scratch.pending[np.uint64(at), 1]
            prefetch(events, (link >> U32) * U2)
            at = np.int64(link & LOW_32) - 1
            found += 1
        if not share_together(plan, scratch, curves, t, width, found):
            return False
    return True


@inlined
def share_together(plan, scratch, curves, t, width, found):
    """The first `found` of the pending shares in `kept` happen. Returns False if a list is full."""
    slots = U2 + np.uint64(plan.item_key.size)
    for k in range(np.uint64(found)):
        at = np.uint64(scratch.kept[k])
        word, cause = scratch.pending[at, 0], np.int64(scratch.pending[at, 1] >> U32)
        person, slot = word >> U16, (word >> U8) & LOW_8
        if not scratch.rows[person * np.uint64(width) + slots + slot] & DONE:
            polarity = np.int64(word & LOW_8) - 1
            event = share(plan, scratch, t, width, np.int64(person), np.int64(slot), cause, 2, polarity)
            if event < 0:
                return False
            if plan.reaching.private_q.size > 0:
                make_private(plan, scratch, width, event)
            count_share(plan, scratch, curves, t, width, event, False)
    return True


@inner
def another_is_first(plan, scratch, width, event, target, coin):
    """Whether the person shared the item elsewhere in this step too, with a smaller view key, and copies that."""
    slot = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)
    person = scratch.event_who[event]
    for p in range(plan.platform_key.size):
        other = plan.slot_of[plan.slot_item[slot], p]
        if other < 0 or other == slot or other == target or not coin < plan.copy_q[other]:
            continue
        row = person * width
        word = scratch.rows[row + 2 + plan.item_key.size + other]
        if not (word & np.uint64(F_DONE) and word & SHARED_NOW):
            continue
        if derive(scratch.slot_key[other, K_VIEW], scratch.rows[row]) < scratch.events[event, 0]:
            return True
    return False


@inner
def forget_step(plan, scratch, width, first, stop):
    """Clear the marks of own shares among events[first:stop]."""
    for event in range(first, stop):
        if scratch.event_kind[event] == KIND_OWN:
            slot = np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)
            scratch.rows[scratch.event_who[event] * width + 2 + plan.item_key.size + slot] &= ~SHARED_NOW


@inner
def copy_shares(plan, scratch, curves, t, width, first, stop):
    """Own shares among events[first:stop] are copied to other platforms. Returns False if a list is full."""
    for event in range(first, stop):
        if scratch.event_kind[event] != KIND_OWN:
            continue
        info = scratch.events[event, 1]
        slot = np.int64((info >> EV_SLOT) & LOW_8)
        if plan.copy_q[slot] == 0:
            continue
        person = scratch.event_who[event]
        person_key = scratch.rows[person * width]
        node = np.int64(info & LOW_32) - 1
        polarity = np.int64((info >> EV_POLARITY) & np.uint64(3)) - 1
        for p in range(plan.platform_key.size):
            target = plan.slot_of[plan.slot_item[slot], p]
            if target < 0 or target == slot:
                continue
            at_slot = person * width + 2 + plan.item_key.size + target
            word = scratch.rows[at_slot]
            if word & np.uint64(F_DONE) or not word & np.uint64(F_ACCOUNT):
                continue
            coin = low32(derive(scratch.slot_key[target, K_COPY], person_key))
            if not coin < plan.copy_q[slot] or another_is_first(plan, scratch, width, event, target, coin):
                continue
            key = derive(scratch.slot_key[target, K_VIEW], person_key)
            copy = add_event(scratch, t, target, person, key, 2, polarity, node, event, KIND_COPY)
            if copy < 0:
                return False
            scratch.rows[at_slot] = (np.uint64(node + 1) << U16) | (word & LOW_8) | np.uint64(F_DONE)
            count_share(plan, scratch, curves, t, width, copy, True)
    forget_step(plan, scratch, width, first, stop)
    return True
