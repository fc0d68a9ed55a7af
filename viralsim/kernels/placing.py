"""Single displays put in the bucket of their step."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.layout import CHUNK, CLOCK_SHIFT
from viralsim.kernels.machine import inner
from viralsim.kernels.publishing import take_chunk
from viralsim.kernels.words import EVENT_OF, PERSON_OF, TIE_HALF


@inner
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


@inner
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
