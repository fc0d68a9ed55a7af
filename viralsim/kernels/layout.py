"""What the spreading kernel is given and works in: named groups of arrays and scalars, and bit layouts.

Sizes: n people, P platforms, I items, S slots (item on platform), G segments, T steps, B bins.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viralsim.kernels.bundles import by_reference
from viralsim.kernels.market import Market, Sales, no_market
from viralsim.kernels.reaching import Reaching, ReachingWork

Array = NDArray  # dtypes are stated per field


@by_reference
class World(NamedTuple):
    """The people and graphs of one draw, read by all threads."""

    person_key: Array  # uint64[n]
    activity: Array  # float32[n], >= 0
    segment: Array  # uint8[n], < 32
    account: Array  # uint8[n], bit p set: has an account on platform p
    notice_q: Array  # uint32[n, I], 2^31 x probability that a display is noticed
    share_scale: Array  # float64[I, n], affinity^share exponent; shape (I, 0) when 1 for all
    rank_scale: Array  # float32[I, n], affinity^ranking exponent; shape (I, 0) when 1 for all
    indptr: Array  # int64[P, n + 1], positions in `followers`
    followers: Array  # int32[edges of all platforms]
    tie: Array  # uint8[edges], 255 x tie; shape (0,) when no tie matters
    fan_ptr: Array  # int64[P + 1], positions in `fans`
    fans: Array  # int32[brand followers of all platforms], in person key order


@by_reference
class Plan(NamedTuple):
    """The content, its numbers and the calendar, for one draw."""

    item_key: Array  # uint64[I]
    platform_key: Array  # uint64[P]
    slot_item: Array  # int64[S]
    slot_platform: Array  # int64[S]
    slot_of: Array  # int64[I, P], -1 where the item is not on the platform
    organic_reach: Array  # float64[S]
    visibility: Array  # float64[S]
    hazard_post: Array  # float64[S], in 2^-40
    hazard_friend: Array  # float64[S], in 2^-40
    like_q: Array  # uint64[S], 2^32 x probability per noticed display
    comment_q: Array  # uint64[S]
    click_q: Array  # uint64[S]
    copy_q: Array  # uint64[S], by the slot copied from
    response: Array  # float64[I, 256]
    fatigue_q: Array  # uint64[I, 256], 2^31 x (1 - fatigue)^c
    negative_q: Array  # uint64[I, 255], by score + 127: view is negative below
    neutral_q: Array  # uint64[I, 255], by score + 127: else neutral below
    negative_share: Array  # float64[I]
    tie_rank: Array  # float64[P, 256], by tie: factor of the shown probability
    ranked: Array  # uint8[S], 1 if the shown probability differs between followers
    boost: Array  # float64[P, 3]: benchmark, strength, cap; benchmark 0: no boost
    delay: Array  # int32[P, 4096], activity clock units
    clock: Array  # int32[P, T + 1]
    clock_step: Array  # int32[P, clock[T] >> CLOCK_SHIFT], last step that starts by then: a first guess
    reaction: Array  # int64[P, 4096], steps
    notices_per_day: int  # -1: unlimited
    background_q: Array  # uint64[k], 2^32 x cumulative Poisson
    day: Array  # int64[T]
    influence: bool
    post_step: Array  # int64[posts], ascending
    post_slot: Array  # int64[posts]
    post_ordinal: Array  # int64[posts]
    ask_step: Array  # int64[asks], ascending
    ask_slot: Array  # int64[asks]
    ask_person: Array  # int64[asks]
    ask_q: Array  # uint64[asks], 2^32 x acceptance
    ask_paid: Array  # uint8[asks]
    ask_price: Array  # float64[asks]
    bin_of_step: Array  # int64[T]
    reaching: Reaching  # paid flights and discovery
    market: Market = no_market()  # buying, reviews, answers


@by_reference
class Scratch(NamedTuple):
    """One thread's working memory; its size does not depend on the number of replicates."""

    rows: Array  # uint64[n x W], one row per person, W = 2 + I + S: key, person, items, slots
    touched: Array  # int32[n + 1], people with anything to reset
    pool: Array  # uint64[chunks x CHUNK], displays waiting for their step
    chunk_next: Array  # int32[chunks]
    free: Array  # int32[chunks]
    bucket_head: Array  # int32[T], -1: empty
    bucket_cursor: Array  # int64[T], next position in `pool`
    batch: Array  # uint64[BATCH, 3]: display, word, event
    noticed: Array  # int64[BATCH + 1], positions in `batch`
    repeat: Array  # uint64[capacity, 2]: displays to people with several this step, and their words
    repeat_next: Array  # int32[capacity]
    repeat_head: Array  # int32[n], -1: none
    ordered: Array  # uint64[capacity, 2]: the same, grouped by person, by word
    pending: (
        Array  # uint64[capacity, 2]: person | slot 8 | polarity + 1 in 8; cause event in 32 | next + 1 in 32
    )
    pending_head: Array  # int64[T], -1: none
    events: Array  # uint64[capacity, 2]: view key, event word
    event_who: Array  # int64[capacity], person, or -1 - ordinal of a post
    event_cause: Array  # int32[capacity], the event that made them share or that is copied, -1: none
    event_step: Array  # int32[capacity]
    event_kind: Array  # uint8[capacity], KIND_*
    node_event: Array  # int32[capacity], the share that made the node
    node_parent: Array  # int32[capacity], -1: none; parents stand before their children
    own_parent: Array  # int32[capacity], of the brand's nodes alone; shape (0,) without competitors
    tree_work: Array  # int32[4, capacity]
    lists: Array  # int64[LISTS x N_LIST]: columns L_*, by new event
    point_at: Array  # int64[POINTS], position in `followers`, or ~position in `fans`
    point_list: Array  # uint64[POINTS], row of `lists`
    point_display: Array  # uint64[POINTS], viewer and tie, as in a display
    counts: Array  # int64[S x G x N_COUNTS]
    boost: Array  # float64[S]
    slot_key: Array  # uint64[S, 7], by purpose P_EVENT .. P_COPY
    opinion_key: Array  # uint64[I]
    run_key: Array  # uint64[2]: run key, attention key
    tile_begin: Array  # uint64[TILES], position of the tile's first follower in `followers` or `fans`
    tile_inside: Array  # uint64[TILES], bits of its followers
    tile_key: Array  # uint64[TILES], of its first word
    tile_byte: Array  # uint64[TILES], first eight bits of the probability, eight times
    tile_fine: Array  # uint64[TILES], the 53 bits after them
    tile_list: Array  # uint64[TILES], row of `lists`
    tile_flip: Array  # int64[TILES], 0: in `followers`, -1: in `fans`
    tile_shown: Array  # uint64[TILES], bits of those shown the event
    tile_tied: Array  # uint64[TILES], bits of those whose first eight bits tie
    rank_high: Array  # uint8[I, n / 8], bit v % 8 of byte v / 8: `rank_scale` of v above the usual; (I, 0): few people
    rank_limit: Array  # float64[I, 2], usual and largest `rank_scale`
    coins: Array  # uint64[COINS / 8], coins of ranked followers
    kept: Array  # int64[COINS + 1], those that fell below their limit; shares taken together
    margin: Array  # float64[COINS + 1], 256 x probability - coin of each of them
    masks: Array  # uint64[1 + I + P], flags of a person in each scope of several slots
    flag_bins: Array  # int64[(1 + I + P + S) x G x 32], people by scope, segment and flags
    size: Array  # int64[N_SIZES]
    sales: Sales  # buying, reviews, answers
    reaching: ReachingWork


@by_reference
class Tally(NamedTuple):
    """Columns of the ensemble; row = position of the replicate in the block (see viralsim.metrics.tallies)."""

    counts: Array  # int64[R, S x G x 16]
    people: Array  # int64[R, 4, 1 + I + P + S, G]
    curves: Array  # int64[R, 5, S, B]
    trees: Array  # int64[R, 12]
    generations: Array  # int64[R, 64]
    tree_sizes: Array  # int64[R, 40]
    seed_cost: Array  # float64[R]
    deals: Array  # int64[R, (S + 1) x G x N_DEALS]; no columns where nothing is sold and nobody answers
    lines: Array  # int64[R, N_LINES, B]; no bins in that case
    wait: Array  # float64[R], median steps to an answer, -1: none
    extra: Array  # int64[R, S x G x N_EXTRA]
    bought: Array  # int64[R, D]


CHUNK = 128
READ_AHEAD = 32  # displays whose rows are asked for before their turn
POINTS = 2048
TILES = 256  # of at most 64 followers each
COINS = 256  # ranked followers whose coins are drawn together
LISTS = 1024
LISTS_AHEAD = 8  # events whose place in the graph is asked for before their turn
# A list of followers: columns L_* of viralsim.kernels.words
N_LIST = 8  # a cache line
CLOCK_SHIFT = 7
BATCH = 128
SHARES_TOGETHER = 64
UNIT_CLOCK = 256
QUANTILES = 4096
HAZARD_UNIT = float(1 << 40)
HAZARD_CERTAIN = float(1 << 46)
HAZARD_CAP = 1 << 47
HAZARD_SURE = 37 << 40  # above every threshold: draws have 52 bits, so that E < 53 log 2 < 37
MAX_SEGMENTS = 32
MAX_PLATFORMS = 8
MAX_SLOTS = 255
MAX_STEPS = 65_534
MAX_PEOPLE = 1 << 28
MAX_EVENTS = 1 << 28

# `Scratch.size`: how much of each list is in use, which was too small, and the brand's nodes of people asked
SIZE_TOUCHED, SIZE_FREE, SIZE_PENDING, SIZE_EVENTS, SIZE_NODES, SIZE_FAILED, SIZE_ASKED = range(7)
N_SIZES = 7
FULL_POOL, FULL_REPEAT, FULL_PENDING, FULL_EVENTS, FULL_TOUCHES = 1, 2, 3, 4, 5

KIND_POST, KIND_ASKED, KIND_OWN, KIND_COPY = range(4)

# Columns of `Scratch.slot_key`
K_EVENT, K_DELAY, K_VIEW, K_THRESHOLD, K_REACTION, K_ACCEPT, K_COPY = range(7)

# Purposes of keys (docs/model.md, section 6)
P_DRAW, P_RUN, P_UNCERTAIN = 1, 2, 3
P_EVENT, P_DELAY, P_VIEW, P_THRESHOLD, P_REACTION = 10, 11, 12, 13, 14
P_OPINION, P_ACCEPT, P_COPY, P_ATTENTION = 15, 16, 17, 18
ROOT = np.uint64(0x76697261)
POST_WORD = np.uint64(1 << 63)

# Person word: activity float32 | stamp 16 | segment 5 | origins 3 | repeat 1 | touched 1 | notices used 6
STAMP_SHIFT, SEGMENT_SHIFT, ORIGIN_SHIFT, REPEAT_SHIFT, TOUCHED_SHIFT, USED_SHIFT = 32, 48, 53, 56, 57, 58
# Item word: notice_q 32 | displays 8 | score + 127 in 8 | likes and comments shown to others 16, by platform
DISPLAYS_SHIFT, SCORE_SHIFT = 32, 40
# Slot word: hazard (or node + 1 once shared) 48 | sharers noticed 8 | flags 8
HAZARD_SHIFT, SHARERS_SHIFT = 16, 8
F_ACCOUNT, F_CROSSED, F_DONE, F_OWNED, F_PAID, F_EARNED, F_NOTICED, F_ASKED = 1, 2, 4, 8, 16, 32, 64, 128
# Display: person 28 | event 28 | tie 8
DISPLAY_PERSON_SHIFT, DISPLAY_EVENT_SHIFT = 36, 8
# Event word: node + 1 in 32 | slot 8 | origin 2 | peer 1 | polarity + 1 in 2
EVENT_SLOT_SHIFT, EVENT_ORIGIN_SHIFT, EVENT_PEER_SHIFT, EVENT_POLARITY_SHIFT = 32, 40, 42, 43

# Counts (viralsim.metrics.tallies.COUNTS)
C_OWNED, C_NOTICED, C_LIKES, C_COMMENTS, C_CLICKS, C_SHARES, C_COPIED, C_ASKED = 0, 3, 4, 5, 8, 11, 14, 15
N_COUNTS = 16
