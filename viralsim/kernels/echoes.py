"""Likes and comments that followers see (docs/model.md, section 11)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import derive
from viralsim.kernels.machine import inlined
from viralsim.kernels.reaching import (
    ECHOED_SHIFT,
    EVENT_DARK_SHIFT,
    EVENT_ECHO_SHIFT,
    KIND_COMMENT,
    KIND_LIKE,
)
from viralsim.kernels.sharing import add_event
from viralsim.kernels.words import (
    EV_PEER,
    LOW_32,
)

DARK_EVENT, ECHO_EVENT = np.uint64(1 << EVENT_DARK_SHIFT), np.uint64(1 << EVENT_ECHO_SHIFT)
PEER_EVENT = np.uint64(1) << EV_PEER


@inlined
def echo(plan, scratch, t, at_item, person, slot, view, word, event, did):
    """Note that a person's first like or comment on a slot is to be shown. Returns False if the list is full.

    `did`: liked, commented, clicked.
    """
    info = scratch.events[event, 1]
    if info & DARK_EVENT:
        return True
    platform = plan.slot_platform[slot]
    liked, commented, _ = did
    for kind in (KIND_LIKE, KIND_COMMENT):
        if kind == KIND_LIKE:
            acted, shown = liked, plan.reaching.like_shown[slot]
        else:
            acted, shown = commented, plan.reaching.comment_shown[slot]
        flag = np.uint64(1 << (ECHOED_SHIFT + 8 * (kind - KIND_LIKE) + platform))
        if not acted or shown == 0.0 or scratch.rows[at_item] & flag:
            continue
        scratch.rows[at_item] |= flag
        node = np.int64(info & LOW_32) - 1
        key = derive(word, kind - KIND_LIKE + 2)
        made = add_event(scratch, t, slot, person, key, 2, view, node, event, kind)
        if made < 0:
            return False
        scratch.events[made, 1] = (scratch.events[made, 1] & ~PEER_EVENT) | ECHO_EVENT
    return True
