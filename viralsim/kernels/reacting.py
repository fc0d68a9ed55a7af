"""What a person does about a display they would notice (docs/model.md, section 4, 3 to 7)."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.answering import (
    engaged,
)
from viralsim.kernels.deliveries import (
    EV_DELIVERY,
)
from viralsim.kernels.draws import (
    derive,
    exponential,
    high32,
    low32,
    uniform,
)
from viralsim.kernels.echoes import (
    echo,
)
from viralsim.kernels.following import (
    note_following,
)
from viralsim.kernels.influencers import (
    EV_INFLUENCER,
    ask_of,
    weakened,
)
from viralsim.kernels.layout import (
    C_COMMENTS,
    F_CROSSED,
    FULL_PENDING,
    HAZARD_CAP,
    HAZARD_SURE,
    HAZARD_UNIT,
    K_REACTION,
    K_THRESHOLD,
    SIZE_FAILED,
    SIZE_PENDING,
)
from viralsim.kernels.machine import (
    inlined,
)
from viralsim.kernels.market import (
    ANSWERED,
)
from viralsim.kernels.placing import below_table
from viralsim.kernels.words import (
    CLICKS,
    COUNTS,
    CROSSED_OR_DONE,
    DONE,
    EIGHTHS,
    EV_ORIGIN,
    EV_PEER,
    EV_POLARITY,
    EV_SLOT,
    EVENT_MASK,
    EVENT_OF,
    KEEP_SCORE,
    LAST_QUANTILE,
    LIKES,
    LOW_8,
    LOW_16,
    LOW_32,
    NOTICED,
    NOTICES,
    PEER,
    PERSON_OF,
    SCORE,
    SEGMENT,
    SHARER,
    U0,
    U1,
    U2,
    U3,
    U8,
    U16,
    U31,
    U32,
    USED,
)


@inlined
def has_attention(plan, scratch, key, word, t):
    """Whether the person (key, person word) can still notice something today."""
    room = plan.notices_per_day - 1 - np.int64(word >> USED)
    if room < 0 or room >= plan.background_q.size:
        return room >= 0
    # the background takes at most `room` notices iff fewer than room + 1 entries are <= the draw
    return high32(derive(derive(scratch.run_key[1], key), plan.day[t])) < plan.background_q[room]


@inlined
def cross(plan, scratch, t, person, slot, key, event, polarity):
    """Plan the share of a person who has just crossed the threshold. Returns False if the list is full."""
    platform = np.uint64(plan.slot_platform[slot])
    due = t + plan.reaction[platform, U0]
    if plan.reaction[platform, LAST_QUANTILE] != plan.reaction[platform, U0]:
        bits = derive(scratch.slot_key[slot, K_REACTION], key)
        due = t + plan.reaction[platform, below_table(bits)]
    if due >= scratch.pending_head.size:
        return True
    last = scratch.size[SIZE_PENDING]
    if last == scratch.pending.shape[0]:
        scratch.size[SIZE_FAILED] = FULL_PENDING
        return False
    at, then = np.uint64(last), np.uint64(due)
    scratch.pending[at, 0] = (person << U16) | (slot << U8) | np.uint64(polarity + 1)
    scratch.pending[at, 1] = (np.uint64(event) << U32) | np.uint64(scratch.pending_head[then] + 1)
    scratch.pending_head[then] = last
    scratch.size[SIZE_PENDING] = last + 1
    return True


@inlined
def hear(plan, scratch, at_item, item_word, slot_word, display, event):
    """What noticing a friend's share does to the count of sharers and the score. Returns both words.

    The closeness in eighths is floor(8 tie / 255 + 1/2).
    """
    if (slot_word >> U8) & LOW_8 < LOW_8 and not slot_word & DONE:
        slot_word += SHARER
    tie = display & LOW_8
    said = (event >> EV_POLARITY) & U3
    polarity, closeness = np.int64(said) - 1, np.int64((U16 * tie + LOW_8) // EIGHTHS)
    if said == ANSWERED:
        polarity, closeness = -1, plan.market.answered_weight[tie]
    score = np.int64((item_word >> SCORE) & LOW_8) + polarity * closeness
    score = min(max(score, 0), 254)
    item_word = (item_word & KEEP_SCORE) | (np.uint64(score) << SCORE)
    scratch.rows[at_item] = item_word
    return item_word, slot_word


@inlined
def chances(plan, scratch, slot, event, cause):
    """Chances of a like, a comment and a click in 2^-32, and the factor on sharing, of a display of event `cause`."""
    like_q, comment_q, click_q = scratch.reaching.like_q[slot], plan.comment_q[slot], plan.click_q[slot]
    if not event >> EV_INFLUENCER:
        return like_q, comment_q, click_q, 1.0
    ask = ask_of(scratch, cause)
    engaging, acting = plan.reaching.asked[ask, 0], plan.reaching.asked[ask, 1]
    return weakened(like_q, engaging), weakened(comment_q, engaging), weakened(click_q, acting), acting


@inlined
def exposure(world, plan, scratch, person_word, person, slot, slot_word, event, view, acting):
    """What a noticed display adds to the exposure hazard, in 2^-40 (docs/model.md, section 4, 6)."""
    item, peer = np.uint64(plan.slot_item[slot]), (event >> EV_PEER) & U1
    delivery = (event >> EV_DELIVERY) & LOW_8
    growth = plan.hazard_friend[slot] if peer else plan.hazard_post[slot]
    if delivery:
        growth *= plan.reaching.share[delivery - U1]
    growth *= acting
    growth *= scratch.reaching.proof[slot]
    growth *= np.float64(np.uint32(person_word & LOW_32).view(np.float32))
    if world.share_scale.shape[1] > 0:
        growth *= world.share_scale[item, person]
    if peer:
        growth *= plan.response[item, (slot_word >> U8) & LOW_8]
        if (event >> EV_POLARITY) & U3 == ANSWERED:
            growth *= plan.market.answered_share
        if not plan.influence:
            growth = 0.0
    if view < 0:
        growth *= plan.negative_share[item]
    return np.uint64(min(growth, np.float64(HAZARD_CAP)))


@inlined
def react(world, plan, scratch, t, width, display, word, event):
    """One display that would be noticed: attention, view, engagement, share (docs/model.md, section 4, 3 to 7).

    Returns False if a list is full.
    """
    rows, counts = scratch.rows, scratch.counts
    person = display >> PERSON_OF
    row = person * np.uint64(width)
    person_word, key = rows[row + U1], rows[row]
    if plan.notices_per_day >= 0:
        if not has_attention(plan, scratch, key, person_word, t):
            return True
        person_word += U1 << USED
        rows[row + U1] = person_word
    slot, origin = (event >> EV_SLOT) & LOW_8, (event >> EV_ORIGIN) & U3
    item = np.uint64(plan.slot_item[slot])
    at_item = row + U2 + item
    at_slot = row + U2 + np.uint64(plan.item_key.size) + slot
    slot_word, item_word = rows[at_slot] | NOTICED, rows[at_item]
    if event & PEER and plan.influence:
        item_word, slot_word = hear(plan, scratch, at_item, item_word, slot_word, display, event)

    view = np.int64(1)
    if plan.neutral_q[item, U0] > U0:
        opinion = low32(derive(scratch.opinion_key[item], key))
        score = (item_word >> SCORE) & LOW_8
        view = np.int64(opinion >= plan.neutral_q[item, score])
        view = -1 if opinion < plan.negative_q[item, score] else view

    segment = (person_word >> SEGMENT) & U31
    n_segments = np.uint64(counts.size) // (COUNTS * np.uint64(plan.slot_item.size))
    count_at = (slot * n_segments + segment) * COUNTS
    counts[count_at + NOTICES] += 1
    cause = np.int64((display >> EVENT_OF) & EVENT_MASK)
    like_q, comment_q, click_q, acting = chances(plan, scratch, slot, event, cause)
    liked = view >= 0 and high32(word) < like_q
    commented, clicked = False, False
    if comment_q | click_q:
        word_2 = derive(word, 1)
        commented, clicked = low32(word_2) < comment_q, high32(word_2) < click_q
    if liked:
        counts[count_at + LIKES] += 1
    if commented:
        counts[count_at + np.uint64(C_COMMENTS + 1 - view)] += 1
    if clicked:
        counts[count_at + CLICKS + origin] += 1
    delivery = (event >> EV_DELIVERY) & LOW_8
    if delivery:
        scratch.reaching.wave[delivery - U1, 1] += liked + commented + clicked

    ok = True
    did = (liked, commented, clicked)
    if plan.reaching.like_shown.size > 0 and (liked or commented):
        ok = echo(plan, scratch, t, at_item, person, slot, view, word, cause, did)
    if plan.market.counting and scratch.reaching.own[slot]:
        ok &= engaged(plan, scratch, t, width, display, event, segment, view, word, did)
    if plan.reaching.follow_q.size > 0 and scratch.reaching.own[slot]:
        is_post = origin == U0 and not event & PEER and delivery == U0
        ok &= note_following(plan, scratch, np.int64(person), np.int64(slot), view, clicked, is_post, word)
    if not slot_word & CROSSED_OR_DONE:
        growth = exposure(world, plan, scratch, person_word, person, slot, slot_word, event, view, acting)
        hazard = np.int64(min((slot_word >> U16) + growth, np.uint64(HAZARD_CAP)))
        slot_word = (slot_word & LOW_16) | (np.uint64(hazard) << U16)
        crossed = hazard >= HAZARD_SURE
        if not crossed:
            bits = derive(scratch.slot_key[slot, K_THRESHOLD], key)
            # -log(u) >= 1 - u spares most people the logarithm
            crossed = (1.0 - uniform(bits)) * HAZARD_UNIT <= hazard + 1 and hazard > np.int64(
                exponential(bits) * HAZARD_UNIT
            )
        if crossed:
            slot_word |= np.uint64(F_CROSSED)
            if delivery:
                scratch.reaching.wave[delivery - U1, 1] += 1
            ok &= cross(plan, scratch, t, person, slot, key, cause, view)
    rows[at_slot] = slot_word
    return ok
