"""Deliveries: paid flights and discovery waves choose whom they show an item (docs/model.md, sections 9 and 10)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import below, derive
from viralsim.kernels.layout import (
    KIND_ASKED,
    KIND_POST,
    N_COUNTS,
    SIZE_EVENTS,
    UNIT_CLOCK,
)
from viralsim.kernels.machine import inner
from viralsim.kernels.placing import show_now
from viralsim.kernels.reaching import (
    EVENT_DARK_SHIFT,
    EVENT_DELIVERY_SHIFT,
    EVENT_DISCOVERY_SHIFT,
    EVENT_ECHO_SHIFT,
    KIND_AD,
    KIND_DISCOVERY,
    N_EXTRA,
    P_CHOICE,
    P_DELIVERY_VIEW,
    X_DARK,
    X_DISCOVERY,
    X_ECHO,
)
from viralsim.kernels.sharing import add_event
from viralsim.kernels.words import (
    EV_PEER,
    EV_SLOT,
    LOW_8,
    PERSON_OF,
    SEGMENT,
    U0,
    U1,
    U31,
)

EV_DISCOVERY, EV_DARK, EV_ECHO = (
    np.uint64(x) for x in (EVENT_DISCOVERY_SHIFT, EVENT_DARK_SHIFT, EVENT_ECHO_SHIFT)
)
EV_DELIVERY = np.uint64(EVENT_DELIVERY_SHIFT)


@inner
def start_deliveries(plan, scratch, run_key):
    """Everything about deliveries as it is before the first step."""
    reaching, work = plan.reaching, scratch.reaching
    for c in range(work.counts.size):
        work.counts[c] = 0
    for i in range(work.people.size):
        work.people[i] = reaching.people[i]
        work.times[i] = 0
    for d in range(reaching.slot.size):
        slot = reaching.slot[d]
        item_key = plan.item_key[plan.slot_item[slot]]
        platform_key = plan.platform_key[plan.slot_platform[slot]]
        for k, purpose in enumerate((P_CHOICE, P_DELIVERY_VIEW)):
            slot_key = derive(derive(derive(run_key, purpose), item_key), platform_key)
            work.key[d, k] = derive(slot_key, reaching.number[d])
        work.room[d] = reaching.first[d + 1] - reaching.first[d]
        work.bought[d] = 0
        work.planned[d] = 0 if reaching.discovery[d] else reaching.displays[d]
        work.begin[d] = reaching.begin[d]
        work.end[d] = reaching.end[d]
        work.base[d, 0] = 0
        work.base[d, 1] = reaching.begin[d]
        work.drawn[d] = 0
        work.source[d] = -1
        work.wave[d, 0] = 0
        work.wave[d, 1] = 0


@inner
def displays_now(plan, work, d, t):
    """Number of displays that delivery d shows in step t."""
    clock = plan.clock[plan.slot_platform[plan.reaching.slot[d]]]
    left, room = work.planned[d] - work.bought[d], work.room[d]
    if left <= 0 or room == 0:
        return 0
    now = np.int64(clock[t + 1] - clock[t])
    if plan.reaching.pace[d] > 0.0:
        most = np.int64(np.floor(room * plan.reaching.pace[d] * np.float64(now) / UNIT_CLOCK))
        return min(left, min(room, most))
    begun, base = clock[work.base[d, 1]], work.base[d, 0]
    whole = np.int64(clock[work.end[d]] - begun)
    if whole == 0:
        return 0
    due = base + (work.planned[d] - base) * np.int64(clock[t + 1] - begun) // whole
    return min(due - work.bought[d], room)


@inner
def delivery_event(plan, scratch, d, t):
    """The event of what delivery d shows in step t. Returns its index or -1 if the list is full."""
    slot, source = plan.reaching.slot[d], scratch.reaching.source[d]
    key = derive(scratch.reaching.key[d, 1], np.uint64(t))
    if not plan.reaching.discovery[d]:
        event = add_event(scratch, t, slot, -1, key, 1, 1, -1, -1, KIND_AD)
    else:
        event = add_event(scratch, t, slot, -1, key, 0, 1, -1, source, KIND_DISCOVERY)
        if event >= 0:  # as the publication it goes on with, but not as a friend's share
            info = scratch.events[source, 1] & ~(U1 << EV_PEER)
            scratch.events[event, 1] = info | (U1 << EV_DISCOVERY)
    if event >= 0:
        scratch.events[event, 1] |= np.uint64(d + 1) << EV_DELIVERY
    return event


@inner
def deliver(plan, scratch, t):
    """All deliveries show what is due in step t. Returns False if a list is full."""
    reaching, work = plan.reaching, scratch.reaching
    for d in range(reaching.slot.size):
        if work.begin[d] < 0 or t < work.begin[d] or t >= work.end[d]:
            continue
        count = displays_now(plan, work, d, t)
        if count <= 0:
            continue
        event = delivery_event(plan, scratch, d, t)
        if event < 0:
            return False
        first, room = reaching.first[d], work.room[d]
        people, times = work.people[first : first + room], work.times[first : first + room]
        for i in range(count):
            j = i + below(derive(work.key[d, 0], work.drawn[d]), room - i)
            work.drawn[d] += U1
            people[i], people[j] = people[j], people[i]
            times[i], times[j] = times[j], times[i]
            if not show_now(scratch, t, people[i], event):
                return False
        for i in range(count - 1, -1, -1):
            times[i] += 1
            if times[i] == reaching.cap[d]:
                room -= 1
                people[i], people[room] = people[room], people[i]
                times[i], times[room] = times[room], times[i]
        work.room[d] = room
        work.bought[d] += count
        work.wave[d, 0] += count
    return True


@inner
def start_waves(plan, scratch, t, first):
    """The first publication of an item by the brand, among the events of step t from `first` on, starts discovery.

    Of several in one step a post comes before people asked, else the smallest view key.
    """
    reaching, work = plan.reaching, scratch.reaching
    for d in range(reaching.slot.size):
        if not reaching.discovery[d] or work.source[d] >= 0:
            continue
        best = -1
        for event in range(first, scratch.size[SIZE_EVENTS]):
            kind, slot = scratch.event_kind[event], np.int64((scratch.events[event, 1] >> EV_SLOT) & LOW_8)
            if slot != reaching.slot[d] or not (kind == KIND_POST or kind == KIND_ASKED):
                continue
            if best < 0 or kind < scratch.event_kind[best]:
                best = event
            elif kind == scratch.event_kind[best] and scratch.events[event, 0] < scratch.events[best, 0]:
                best = event
        if best >= 0:
            work.source[d] = best
            next_wave(plan, work, d, t + 1, reaching.displays[d])


@inner
def next_wave(plan, work, d, begin, size):
    """Plan a wave of at most `size` displays from step `begin` on; none if that leaves no step or nobody."""
    work.wave[d, 0] = 0
    work.wave[d, 1] = 0
    end = begin + plan.reaching.end[d]
    work.begin[d] = begin
    work.end[d] = min(end, plan.day.size)
    if begin >= plan.day.size:
        work.begin[d] = -1
        return
    work.base[d, 0] = work.bought[d]
    work.base[d, 1] = begin
    work.planned[d] = work.bought[d] + min(size, work.room[d])


@inner
def end_waves(plan, scratch, t):
    """At the end of step t the waves that ended are judged and the next ones planned."""
    reaching, work = plan.reaching, scratch.reaching
    for d in range(reaching.slot.size):
        if not reaching.discovery[d] or work.begin[d] < 0 or work.end[d] != t + 1:
            continue
        shown, engaged = work.wave[d, 0], work.wave[d, 1]
        if shown == 0:
            next_wave(plan, work, d, t + 1, work.planned[d] - work.bought[d])
            continue
        factor = min(reaching.growth[d], (engaged / shown) / reaching.benchmark[d])
        size = np.int64(np.floor(shown * factor))
        if size == 0 or work.room[d] == 0:
            work.begin[d] = -1
        else:
            next_wave(plan, work, d, t + 1, size)


@inner
def book_special(scratch, filled):
    """Count the displays among the first `filled` of the batch that are discovery, private or others' engagement."""
    counts = scratch.reaching.counts
    n_segments = np.uint64(scratch.counts.size // (N_COUNTS * scratch.boost.size))
    width = np.uint64(scratch.rows.size // max(scratch.repeat_head.size, 1))
    for b in range(np.uint64(filled)):
        event = scratch.batch[b, 2]
        flags = (event >> EV_DISCOVERY) & np.uint64(7)
        if flags == U0:
            continue
        slot = (event >> EV_SLOT) & LOW_8
        person_word = scratch.rows[(scratch.batch[b, 0] >> PERSON_OF) * width + U1]
        at = (slot * n_segments + ((person_word >> SEGMENT) & U31)) * np.uint64(N_EXTRA)
        counts[at + np.uint64(X_DISCOVERY)] += np.int64(flags & U1)
        counts[at + np.uint64(X_DARK)] += np.int64((flags >> U1) & U1)
        counts[at + np.uint64(X_ECHO)] += np.int64((flags >> np.uint64(2)) & U1)
