"""What sets displays of an influencer's post apart (docs/model.md, section 16)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.machine import inner
from viralsim.kernels.reaching import EVENT_INFLUENCER_SHIFT
from viralsim.kernels.words import ONE_32

EV_INFLUENCER = np.uint64(EVENT_INFLUENCER_SHIFT)


@inner
def ask_of(scratch, event):
    """Row of `Reaching.asked` of a marked event: of the post itself, or of discovery that goes on with it."""
    cause = np.int64(scratch.event_cause[event])
    if cause >= 0:
        cause = np.int64(scratch.event_cause[cause])
    return -2 - cause


@inner
def weakened(chance_q, factor):
    """A chance in 2^-32 (uint64) times a factor, at most 1."""
    return np.uint64(min(np.float64(chance_q) * factor, ONE_32))
