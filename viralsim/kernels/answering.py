"""Mentions, complaints and the brand's answers (docs/model.md, section 12), and the record of what was noticed."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.buying import buy_at_click, close_shop
from viralsim.kernels.draws import below, derive, high32, low32
from viralsim.kernels.layout import FULL_TOUCHES, QUANTILES, SIZE_FAILED
from viralsim.kernels.machine import inlined, inner
from viralsim.kernels.market import (
    ANSWERED,
    D_ANSWERED,
    D_BRAND_TO_CUSTOMER,
    D_COMPLAINTS,
    LINE_ANSWERS,
    LINE_NEGATIVE,
    LINE_POSITIVE,
    M_ANSWER_COMMENT,
    M_ANSWER_SHARE,
    N_DEALS,
    SIZE_TOUCH,
    TOUCH_CLICKED,
    TOUCH_EVENT,
    TOUCH_ORIGIN,
    TOUCH_PERSON,
    TOUCH_SLOT,
    TOUCH_STEP,
    TOUCH_VIEW,
)
from viralsim.kernels.reaching import EVENT_ECHO_SHIFT, KIND_PRIVATE
from viralsim.kernels.words import (
    EV_ORIGIN,
    EV_POLARITY,
    EV_SLOT,
    EVENT_MASK,
    EVENT_OF,
    LOW_8,
    PEER,
    PERSON_OF,
    U3,
)

BY_PERSON = PEER | np.uint64(1 << EVENT_ECHO_SHIFT)


@inlined
def engaged(plan, scratch, t, width, display, info, segment, view, word, did):
    """Book what a person `did` (liked, commented, clicked) about a display noticed. False if the record is full.

    `info` is the word of the event that showed it; what another person's share, like or comment showed is booked as
    between customers.
    """
    sales = scratch.sales
    liked, commented, clicked = did
    person = np.int64(display >> PERSON_OF)
    slot, origin = np.int64((info >> EV_SLOT) & LOW_8), np.int64((info >> EV_ORIGIN) & U3)
    n_segments = sales.deals.size // (N_DEALS * (plan.slot_item.size + 1))
    at = (slot * n_segments + np.int64(segment)) * N_DEALS
    if liked or commented or clicked:
        by_person = info & BY_PERSON != 0
        sales.deals[at + D_BRAND_TO_CUSTOMER + by_person] += liked + commented + clicked
    if commented:
        mention(plan, scratch, t, at, view, derive(sales.key[M_ANSWER_COMMENT], word))
    if sales.touch.shape[0] > 1:
        event = np.int64((display >> EVENT_OF) & EVENT_MASK)
        k = sales.size[SIZE_TOUCH]
        if k == sales.touch.shape[0]:
            scratch.size[SIZE_FAILED] = FULL_TOUCHES
            return False
        sales.size[SIZE_TOUCH] = k + 1
        sales.touch[k, TOUCH_PERSON] = person
        sales.touch[k, TOUCH_STEP] = t
        sales.touch[k, TOUCH_SLOT] = slot
        sales.touch[k, TOUCH_ORIGIN] = origin
        sales.touch[k, TOUCH_EVENT] = event
        sales.touch[k, TOUCH_VIEW] = view
        sales.touch[k, TOUCH_CLICKED] = clicked
    if clicked and plan.market.selling:
        buy_at_click(plan, scratch, t, width, person, np.int64(segment), slot, origin, word)
    return True


@inlined
def mention(plan, scratch, t, at, view, word):
    """Count a mention; a negative one is a complaint, perhaps answered. Returns the step of the answer, -1: none."""
    sales, now = scratch.sales, plan.bin_of_step[t]
    if view > 0:
        sales.lines[LINE_POSITIVE, now] += 1
    if view >= 0:
        return -1
    sales.lines[LINE_NEGATIVE, now] += 1
    sales.deals[at + D_COMPLAINTS] += 1
    if not plan.market.answering or not low32(word) < plan.market.answer_q[0]:
        return -1
    waited = plan.market.answer_wait[below(high32(word), QUANTILES)]
    due = t + waited
    if due >= sales.waited.size:
        return -1
    sales.deals[at + D_ANSWERED] += 1
    sales.lines[LINE_ANSWERS, plan.bin_of_step[due]] += 1
    sales.waited[waited] += 1
    return due


@inlined
def share_mentioned(plan, scratch, t, event, slot, segment, view, copied):
    """Book a share as an interaction and a mention; if it is a complaint to be answered, plan the answer."""
    sales = scratch.sales
    n_segments = sales.deals.size // (N_DEALS * (plan.slot_item.size + 1))
    at = (slot * n_segments + segment) * N_DEALS
    if not copied:
        by_friend = scratch.event_who[scratch.event_cause[event]] >= 0
        sales.deals[at + D_BRAND_TO_CUSTOMER + by_friend] += 1
    if scratch.event_kind[event] == KIND_PRIVATE:  # the brand does not hear of it
        return
    due = mention(plan, scratch, t, at, view, derive(sales.key[M_ANSWER_SHARE], scratch.events[event, 0]))
    if due >= 0:
        sales.answer_next[event] = sales.answer_head[due]
        sales.answer_head[due] = event


@inner
def close_step(world, plan, scratch, t, width):
    """End of step t: purchases without a click, reviews that appear, answers that arrive."""
    if plan.market.selling:
        close_shop(world, plan, scratch, t, width)
    event = np.int64(scratch.sales.answer_head[t])
    while event >= 0:
        scratch.events[event, 1] |= ANSWERED << EV_POLARITY
        event = np.int64(scratch.sales.answer_next[event])


@inner
def close_market(sales, deals, lines):
    """Copy a replicate's columns (int64[..], int64[N_LINES, B]); returns the median wait for an answer in steps.

    The median is the smallest number of steps that at least half of the answers did not exceed; -1 without answers.
    """
    for i in range(deals.size):
        deals[i] = sales.deals[i]
    for line in range(lines.shape[0]):
        for b in range(lines.shape[1]):
            lines[line, b] = sales.lines[line, b]
    total, so_far = 0, 0
    for s in range(sales.waited.size):
        total += sales.waited[s]
    if total == 0:
        return -1
    for s in range(sales.waited.size):
        so_far += sales.waited[s]
        if 2 * so_far >= total:
            return s
    return -1
