"""Buying: purchases at a click and without one, and the reviews buyers leave (docs/model.md, section 12)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.draws import derive, high32, low32
from viralsim.kernels.machine import inner, prefetch
from viralsim.kernels.market import (
    B_BOUGHT,
    B_EXPECTED,
    B_LAST_SHIFT,
    BOUGHT_EXPECTED,
    BOUGHT_PERSON,
    BOUGHT_SLOT,
    BOUGHT_STEP,
    BOUGHT_TOUCHES,
    D_BASELINE,
    D_BLAME,
    D_NEW,
    D_OWNED,
    D_PRAISE,
    D_PURCHASES,
    LINE_BASELINE,
    LINE_BLAME,
    LINE_PRAISE,
    LINE_PURCHASES,
    M_BASELINE,
    M_CONVERT,
    M_REVIEW,
    N_DEALS,
    P_BASELINE,
    SIZE_PURCHASE,
    SIZE_TOUCH,
)
from viralsim.kernels.words import LOW_8, ONE_32, SCORE


@inner
def open_market(world, plan, scratch, run_key):
    """Empty the working memory and plan the purchases of a world without any campaign, each in its step."""
    market, sales = plan.market, scratch.sales
    sales.deals[:] = 0
    sales.lines[:] = 0
    sales.waited[:] = 0
    sales.left[:] = 0
    sales.head[:] = -1
    sales.answer_head[:] = -1
    sales.size[:] = 0
    sales.standing[0], sales.standing[1] = market.reviews[0], market.reviews[1]
    for k in range(sales.key.size):
        sales.key[k] = derive(run_key, P_BASELINE + k)
    if not market.selling:
        return
    n_segments = market.baseline.shape[0]
    steps = np.uint64(plan.day.size)
    for person in range(world.person_key.size):
        segment = np.int64(world.segment[person])
        word = derive(sales.key[M_BASELINE], world.person_key[person])
        sales.customer[person] = 0
        if low32(word) < market.baseline_q[segment, market.customer[person]]:
            step = np.int64((high32(word) * steps) >> np.uint64(32))
            sales.customer[person] = B_EXPECTED
            sales.next[person] = sales.head[step]
            sales.head[step] = person
            sales.deals[(plan.slot_item.size * n_segments + segment) * N_DEALS + D_BASELINE] += 1
            sales.lines[LINE_BASELINE, plan.bin_of_step[step]] += 1


@inner
def rival_item(plan, item):
    """Whether an item is a competitor's."""
    for p in range(plan.platform_key.size):
        slot = plan.slot_of[item, p]
        if slot >= 0 and plan.reaching.rival[slot]:
            return True
    return False


@inner
def heard_of(plan, scratch, row):
    """What a person (by row) has heard from others about all the brand's items together, as score + 127 (0 to 254)."""
    total = 0
    rival = plan.reaching.rival
    for i in range(plan.item_key.size):
        if rival.size > 0 and rival_item(plan, i):
            continue
        total += np.int64((scratch.rows[row + 2 + i] >> SCORE) & LOW_8) - 127
    return min(max(total, -127), 127) + 127


@inner
def moved_odds(prob, multiplier):
    """The probability whose odds are `multiplier` times those of `prob`."""
    moved = prob * multiplier
    return moved / (1.0 - prob + moved)


@inner
def by_reviews(market, sales):
    """Multiplier of a purchase at a click by the reviews that can be seen (float64)."""
    count, positive = sales.standing[0], sales.standing[1]
    if count == 0:
        return 1.0
    grown = market.volume[min(count - market.reviews[0], market.volume.size - 1)]
    return grown * market.valence[(256 * positive + count // 2) // count]


@inner
def buy_at_click(plan, scratch, t, width, person, segment, slot, origin, word):
    """A click: whether it ends in a purchase."""
    market, sales = plan.market, scratch.sales
    if sales.customer[person] & B_BOUGHT:
        return
    prob = market.convert[segment, market.customer[person], plan.slot_item[slot]]
    prob = moved_odds(prob, market.heard[heard_of(plan, scratch, person * width)])
    prob = min(prob * by_reviews(market, sales), 1.0)
    coin = low32(derive(sales.key[M_CONVERT], word))
    if coin < np.uint64(np.floor(prob * ONE_32 + 0.5)):
        purchase(plan, scratch, t, width, person, segment, slot, origin + 1)


@inner
def buy_anyway(plan, scratch, t, width, person, segment):
    """The purchase of somebody who would buy without a campaign: lost if what was heard is bad enough."""
    market, sales = plan.market, scratch.sales
    if sales.customer[person] & B_BOUGHT:
        return
    key = scratch.rows[person * width]
    prob = market.baseline[segment, market.customer[person]]
    prob = moved_odds(prob, market.spoiled[heard_of(plan, scratch, person * width)])
    coin = low32(derive(sales.key[M_BASELINE], key))
    if coin < np.uint64(np.floor(prob * ONE_32 + 0.5)):
        last = np.int64(sales.customer[person]) >> B_LAST_SHIFT
        purchase(plan, scratch, t, width, person, segment, plan.slot_item.size, last)


@inner
def purchase(plan, scratch, t, width, person, segment, slot, last):
    """Book a purchase (slot S: without a click) by the last impression's origin + 1 (0: none); it may be reviewed."""
    market, sales = plan.market, scratch.sales
    at = (slot * market.baseline.shape[0] + segment) * N_DEALS
    flags = np.int64(sales.customer[person])
    sales.customer[person] |= B_BOUGHT
    sales.deals[at + D_PURCHASES] += 1
    if last > 0:
        sales.deals[at + D_OWNED + last - 1] += 1
    if not market.customer[person]:
        sales.deals[at + D_NEW] += 1
    sales.lines[LINE_PURCHASES, plan.bin_of_step[t]] += 1
    if sales.purchase.shape[0] > 1:
        k = sales.size[SIZE_PURCHASE]
        sales.size[SIZE_PURCHASE] = k + 1
        sales.purchase[k, BOUGHT_PERSON] = person
        sales.purchase[k, BOUGHT_STEP] = t
        sales.purchase[k, BOUGHT_SLOT] = slot
        sales.purchase[k, BOUGHT_EXPECTED] = (flags & B_EXPECTED) // B_EXPECTED
        sales.purchase[k, BOUGHT_TOUCHES] = sales.size[SIZE_TOUCH]
    word = derive(sales.key[M_REVIEW], scratch.rows[person * width])
    due = t + market.review_wait
    if low32(word) < market.review_q[0] and due < sales.left.shape[0]:
        praise = high32(word) < market.review_q[1]
        sales.left[due, 0] += 1
        sales.left[due, 1] += praise
        sales.deals[at + (D_PRAISE if praise else D_BLAME)] += 1
        sales.lines[LINE_PRAISE if praise else LINE_BLAME, plan.bin_of_step[due]] += 1


@inner
def close_shop(world, plan, scratch, t, width):
    """End of step t: purchases without a click, then the reviews that appear."""
    sales = scratch.sales
    person = np.int64(sales.head[min(t + 1, sales.head.size - 1)])
    while person >= 0:  # asked for before their turn
        prefetch(scratch.rows, np.uint64(person) * np.uint64(width))
        prefetch(sales.customer, np.uint64(person))
        person = np.int64(sales.next[person])
    person = np.int64(sales.head[t])
    while person >= 0:
        buy_anyway(plan, scratch, t, width, person, np.int64(world.segment[person]))
        person = np.int64(sales.next[person])
    sales.standing[0] += sales.left[t, 0]
    sales.standing[1] += sales.left[t, 1]
