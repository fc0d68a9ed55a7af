"""Who is shown a post or a share: a coin for each follower (docs/model.md, section 6).

The coin of the follower at position i of a list is a level in [0, 1): its first eight bits are a byte of a draw that
serves eight followers; where they tie with the probability's, 53 more decide. Lists whose followers have one
probability are cut into tiles of 64 followers, which are judged together; bit 8 i + j of a tile is follower 8 j + i.
"""

from __future__ import annotations

import numpy as np

from viralsim.kernels.coins import INSIDE, compare_bytes
from viralsim.kernels.draws import derive
from viralsim.kernels.layout import KIND_COPY, KIND_OWN, KIND_POST
from viralsim.kernels.machine import inlined, inner, prefetch, trailing_zeros
from viralsim.kernels.placing import place_points
from viralsim.kernels.reaching import KIND_COMMENT, KIND_LIKE
from viralsim.kernels.words import (
    COIN_ROOM,
    EV_SLOT,
    L_EVENT,
    L_SIZE,
    L_START,
    LIST,
    LOW_8,
    PERSON_OF,
    POINT_ROOM,
    READ_LISTS,
    TIE_HALF,
    TILE,
    U0,
    U1,
    U2,
    U3,
    U4,
    U6,
    U7,
    U16,
)

TIE_KNOWN, U11, U64 = (np.uint64(x) for x in (TIE_HALF, 11, 64))
GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # between the keys of words that follow each other (`derive`)
BYTES, FINE = np.uint64(0x0101010101010101), 9007199254740992.0  # a byte eight times; 2^53


@inner
def shown_prob(plan, scratch, slot, kind, peer):
    """Chance that a follower is shown an event of a slot whose followers are all alike."""
    if kind == KIND_LIKE:
        return plan.reaching.like_shown[slot]
    if kind == KIND_COMMENT:
        return plan.reaching.comment_shown[slot]
    boost = scratch.boost[slot]
    return scratch.reaching.visibility[slot] * boost if peer else scratch.reaching.reach[slot] * boost


@inner
def look_up_viewers(world, scratch, count):
    """Look up the people at the `count` planned points (a pass of its own: independent loads, asked for in time)."""
    with_tie = world.tie.size > 0
    for i in range(np.uint64(count)):
        at = scratch.point_at[i]
        viewer = np.uint64(world.followers[np.uint64(at)] if at >= 0 else world.fans[np.uint64(~at)])
        tie = TIE_KNOWN
        if with_tie and at >= 0:
            tie = np.uint64(world.tie[np.uint64(at)])
        scratch.point_display[i] = (viewer << PERSON_OF) | tie


@inner
def place(world, plan, scratch, t, first, points, leaving):
    """Look up the viewers of the planned points and place their displays. Returns False if the pool is full."""
    look_up_viewers(world, scratch, np.int64(points))
    return place_points(plan, scratch, t, first, np.int64(points), leaving)


@inner
def judge_two(key, word, byte):
    """Compare words `word` and `word` + 1 of a tile's coins with the byte: bits of those below it, and not above it."""
    below, within = compare_bytes(derive(key, word), byte)
    below_next, within_next = compare_bytes(derive(key, word + U1), byte)
    shift = U7 - word
    return (below >> shift) | (below_next >> (shift - U1)), (within >> shift) | (within_next >> (shift - U1))


@inner
def judge_tiles(scratch, tiles):
    """Followers of the first `tiles` tiles who are shown their event, as the bits of `tile_shown`."""
    key, byte, shown, tied = scratch.tile_key, scratch.tile_byte, scratch.tile_shown, scratch.tile_tied
    inside = scratch.tile_inside
    for k in range(tiles):
        below_0, within_0 = judge_two(key[k], U0, byte[k])
        below_1, within_1 = judge_two(key[k], U2, byte[k])
        below_2, within_2 = judge_two(key[k], U4, byte[k])
        below_3, within_3 = judge_two(key[k], U6, byte[k])
        below = (below_0 | below_1 | below_2 | below_3) & inside[k]
        shown[k] = below
        tied[k] = below ^ ((within_0 | within_1 | within_2 | within_3) & inside[k])
    for k in range(tiles):
        if tied[k]:
            shown[k] |= settle(key[k], tied[k], scratch.tile_fine[k])


@inner
def settle(key, tied, fine):
    """Of followers whose byte ties with the probability's (bits), those who are shown the event (bits)."""
    shown = U0
    while tied:
        bit = np.uint64(trailing_zeros(tied))
        tied &= tied - U1
        if derive(derive(key, bit & U7), bit >> U3) >> U11 < fine:
            shown |= U1 << bit
    return shown


@inner
def place_in_tile(bits):
    """Place of the follower whose bit is the lowest of a tile's."""
    bit = np.uint64(trailing_zeros(bits))
    return ((bit & U7) << U3) + (bit >> U3)


@inner
def choose_from_tiles(world, plan, scratch, t, first, tiles, points, leaving):
    """Plan a point for each follower of the first `tiles` tiles who is shown the event.

    `points` are planned already. Returns the new number, -1 if the pool is full.
    """
    judge_tiles(scratch, tiles)
    for k in range(tiles):
        shown, begin, flip = scratch.tile_shown[k], scratch.tile_begin[k], scratch.tile_flip[k]
        if points + TILE + U2 > POINT_ROOM:
            if not place(world, plan, scratch, t, first, points, leaving):
                return np.int64(-1)
            points = U0
        for _ in range(2):  # without a branch: a tile has mostly few, and how many is a coin's toss
            at = begin + place_in_tile(shown)
            prefetch(world.followers, at)
            scratch.point_at[points] = np.int64(at) ^ flip
            scratch.point_list[points] = scratch.tile_list[k]
            points += np.uint64(shown != U0)
            shown &= shown - U1
        while shown:
            at = begin + place_in_tile(shown)
            prefetch(world.followers, at)
            scratch.point_at[points] = np.int64(at) ^ flip
            scratch.point_list[points] = scratch.tile_list[k]
            points += U1
            shown &= shown - U1
    return np.int64(points)


@inner
def add_tile(scratch, tiles, begin, size, key, byte, fine, e, flip):
    """Add a tile of at most 64 followers from `begin` on; returns the new number."""
    scratch.tile_begin[tiles] = begin
    scratch.tile_inside[tiles] = INSIDE[size]
    scratch.tile_key[tiles] = key
    scratch.tile_byte[tiles] = byte
    scratch.tile_fine[tiles] = fine
    scratch.tile_list[tiles] = e
    scratch.tile_flip[tiles] = flip
    return tiles + U1


@inner
def read_ahead(world, scratch, first, e):
    """Ask for the followers of new event `e`: where in the graph a list begins the processor cannot guess."""
    if scratch.event_who[np.uint64(first) + e] < 0:
        return
    start = np.uint64(scratch.lists[e * LIST + L_START])
    stop = start + min(np.uint64(scratch.lists[e * LIST + L_SIZE]), COIN_ROOM)
    for at in range(start, stop, U16):
        prefetch(world.followers, at)
    for at in range(start, stop, U64):
        prefetch(world.tie, at)


@inlined
def sift(world, plan, scratch, viewers, begin, many, most, factors, item, ties):
    """As the loop of `choose_ranked`, for scales that a near cache does not hold: most followers are told by a bound.

    The first `many` of `viewers` from `begin` on; who is below their own probability goes to `kept`. Returns how many.
    """
    coins, kept, margin, by_tie = scratch.coins, scratch.kept, scratch.margin, plan.tie_rank.reshape(-1)
    high, high_from = scratch.rank_high.reshape(-1), item * np.uint64(scratch.rank_high.shape[1])
    scales, scale_from = world.rank_scale.reshape(-1), item * np.uint64(world.rank_scale.shape[1])
    usual, largest = scratch.rank_limit[item, 0], scratch.rank_limit[item, 1]
    found, left = U0, U0
    for j in range(many):
        bound = most
        if ties:
            bound *= by_tie[factors + np.uint64(world.tie[begin + j])]
        viewer = np.uint64(viewers[begin + j])
        bits = np.uint64(high[high_from + (viewer >> U3)])
        bound *= largest if (bits >> (viewer & U7)) & U1 else usual
        kept[found] = j
        found += np.uint64(np.float64(coin_at(coins, j)) < bound)
    for k in range(found):
        j = np.uint64(kept[k])
        chance, coin = most, np.float64(coin_at(coins, j))
        if ties:
            chance *= by_tie[factors + np.uint64(world.tie[begin + j])]
        chance *= np.float64(scales[scale_from + np.uint64(viewers[begin + j])])
        kept[left], margin[left] = j, chance - coin
        left += np.uint64(coin < chance)
    return left


@inlined
def coin_at(coins, j):
    """First eight bits of the coin of follower j (int64)."""
    return np.int64((coins[j >> U3] >> ((j & U7) << U3)) & LOW_8)


@inner
def choose_ranked(world, plan, scratch, t, first, stop):
    """Plan the displays of those of events[first:stop] whose followers ranking gives probabilities of their own.

    Returns False if the pool is full.
    """
    points, leaving = U0, False
    people = np.uint64(world.person_key.size)
    with_tie, with_affinity = world.tie.size > 0, world.rank_scale.shape[1] > 0
    bounded = scratch.rank_high.shape[1] > 0
    coins, kept, margin, lists = scratch.coins, scratch.kept, scratch.margin, scratch.lists
    scales, by_tie = world.rank_scale.reshape(-1), plan.tie_rank.reshape(-1)
    for e in range(min(READ_LISTS, np.uint64(stop - first))):
        read_ahead(world, scratch, first, e)
    for e in range(np.uint64(stop - first)):
        event = np.uint64(first) + e
        if e + READ_LISTS < np.uint64(stop - first):
            read_ahead(world, scratch, first, e + READ_LISTS)
        slot = (scratch.events[event, 1] >> EV_SLOT) & LOW_8
        if not plan.ranked[slot] or scratch.event_kind[event] > KIND_COPY:
            continue
        start, size = np.uint64(lists[e * LIST + L_START]), np.uint64(lists[e * LIST + L_SIZE])
        event_key, item = np.uint64(lists[e * LIST + L_EVENT]), np.uint64(plan.slot_item[slot])
        affinity, peer = item * people, scratch.event_who[event] >= 0
        leaving |= not peer and plan.reaching.follow_q.size > 0
        most = 256.0 * shown_prob(plan, scratch, slot, KIND_OWN if peer else KIND_POST, peer)
        factors = np.uint64(plan.slot_platform[slot]) * np.uint64(256)
        viewers, ties = world.followers if peer else world.fans, peer and with_tie
        if peer and not with_tie:
            most *= by_tie[factors + TIE_KNOWN]
        for begin in range(U0, size, COIN_ROOM):
            many = min(size - begin, COIN_ROOM)
            if points + many > POINT_ROOM:
                if not place_points(plan, scratch, t, first, np.int64(points), leaving):
                    return False
                points = U0
            for j in range((many + U7) >> U3):
                coins[j] = derive(event_key, (begin >> U3) + j)
            found = U0
            if bounded:
                found = sift(world, plan, scratch, viewers, start + begin, many, most, factors, item, ties)
            for j in range(many if not bounded else U0):
                at = start + begin + j
                chance = most
                if ties:
                    chance *= by_tie[factors + np.uint64(world.tie[at])]
                if with_affinity:
                    chance *= np.float64(scales[affinity + np.uint64(viewers[at])])
                coin = np.float64(coin_at(coins, j))
                kept[found], margin[found] = j, chance - coin
                found += np.uint64(coin < chance)
            for k in range(found):
                j = np.uint64(kept[k])
                if margin[k] < 1.0 and not derive(coins[j >> U3], j & U7) >> U11 < np.uint64(
                    margin[k] * FINE
                ):
                    continue  # the first eight bits tie, and the rest is not below the probability's
                at = start + begin + j
                tie = np.uint64(world.tie[at]) if ties else TIE_KNOWN
                scratch.point_at[points] = np.int64(at) if peer else ~np.int64(at)
                scratch.point_list[points] = e
                scratch.point_display[points] = (np.uint64(viewers[at]) << PERSON_OF) | tie
                points += U1
    return place_points(plan, scratch, t, first, np.int64(points), leaving)
