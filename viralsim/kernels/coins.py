"""Coins of the cascade models: which arcs of a person are live in a replicate, one keyed coin per arc.

The coin of the arc at position i in the row of person u (of d followers) has a level in [0, 1):
the arc is live iff the level is below its probability. So the live arcs of one replicate are nested
in the probability, exactly, for one probability as for one per arc.

- Rows of at most 1,024 arcs: the level's first eight bits are byte i % 8 of the word
  ``derive(key, i // 8)``; a byte that ties with the probability's is told by 53 more bits,
  ``derive(word, i % 8)``. One draw serves eight arcs.
- Longer rows: levels below 1/32 come from a Poisson process on level x position (levels -log(1 - p),
  points in increasing level: word k is ``derive(key, POINT + k)``, 32 bits for the step in level and
  32 for the position), so that what stays silent costs nothing; an arc without such a point has a
  level above 1/32, its part of the rest told by bytes as in shorter rows.

``key = derive(replicate key, person key)``. Probabilities are exact to about 2^-32.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viralsim.kernels.draws import derive, exponential32, level_of, mix64
from viralsim.kernels.machine import load_eight, prefetch, trailing_zeros

CHUNK = 256  # tiles judged together: scratch stays in the nearest cache
TILE = 64  # arcs judged as the bits of one word; rows are cut into tiles
WIDE = 1024  # longest row told by bytes alone
SPARSE_PROB = 0.03125  # in longer rows, levels below this come from the point process
LARGE = 1 << 23  # arcs from which on whole rows are asked for ahead; changes nothing but the time

_U0, _U1, _U3, _U6, _U7, _U8 = (np.uint64(k) for k in (0, 1, 3, 6, 7, 8))
_U11, _U32, _U63, _U64, _WIDE, _U16 = (np.uint64(k) for k in (11, 32, 63, 64, WIDE, 16))
_LOW_32 = np.uint64(0xFFFFFFFF)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HIGH_BITS = np.uint64(0x8080808080808080)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
_SPLAT = np.uint64(0x0101010101010101)
_POINT = np.uint64(1 << 40)

# Bits of the first d arcs of a tile: entry d, for d = 0 to 64.
INSIDE = np.array([sum(1 << (8 * (a % 8) + a // 8) for a in range(d)) for d in range(65)], dtype=np.uint64)


class Coins(NamedTuple):
    """A graph and the probabilities of its arcs, ready for judging; read by all threads."""

    indptr: NDArray  # int32 or int64 [n + 1]
    indices: NDArray  # int32[m]
    person_key: NDArray  # uint64[n], or [0] where the position is the key
    prob: NDArray  # float64[m] in [0, 1], or [0] for one probability
    lane: NDArray  # uint8[m + 64], first byte of each arc's probability, or [0]
    byte: np.uint64  # one probability: its first byte, in rows of at most 1,024 arcs ...
    fine: np.uint64  # ... and the 53 bits after it
    byte_wide: np.uint64  # the same for the part above 1/32 in longer rows
    fine_wide: np.uint64
    has_wide: np.uint8  # whether any probability is above 1/32
    sparse_level: np.float64  # level up to which points are drawn in longer rows
    ahead: np.uint8  # graph larger than a cache: ask memory for rows when loaded, not for arcs when found


class Rows(NamedTuple):
    """Scratch of one thread: up to CHUNK tiles (rows, or 64 arcs of a longer row) and their live arcs."""

    start: NDArray  # uint64[CHUNK], position of the tile's first arc
    who: NDArray  # uint64[CHUNK], position of its person
    degree: NDArray  # uint64[CHUNK], its arcs: at most 64, or all of a row of over 1,024
    key: NDArray  # uint64[CHUNK], of its first word: the row's, moved on by its earlier words
    live: NDArray  # uint64[CHUNK], bit 8 i + j: arc 8 j + i of the tile is live
    tie: NDArray  # uint64[CHUNK], the same where its byte ties (while judging: ties or is below)
    offset: NDArray  # uint64[CHUNK], what moves the row's key on to the tile's
    some_key: NDArray  # uint64[CHUNK], copies for tiles that need special care
    some_start: NDArray  # uint64[CHUNK]
    some_live: NDArray  # uint64[CHUNK]
    some_tie: NDArray  # uint64[CHUNK]
    lanes: NDArray  # uint64[CHUNK], first bytes of eight probabilities
    source: NDArray  # int16[CHUNK], place of its person among those loaded
    some_source: NDArray  # int16[CHUNK]
    long: NDArray  # int16[CHUNK + 1], tiles that need special care
    arc: NDArray  # int64[64 CHUNK + 2 largest degree + 16], live arcs found
    owner: NDArray  # int16, same shape, place of the person each belongs to


@njit(cache=True, nogil=True)
def split_prob(prob):
    """First byte (uint64, 0 to 255) and the 53 bits after it (uint64, 0 to 2^53) of a probability."""
    if prob >= 1.0:
        return np.uint64(255), np.uint64(1 << 53)
    scaled = prob * 256.0
    byte = np.uint64(scaled)
    return byte, np.uint64((scaled - np.float64(byte)) * 9007199254740992.0)


@njit(cache=True, nogil=True)
def rest_prob(prob):
    """Probability of the part of a level above 1/32 that makes an arc of probability `prob` live."""
    return (prob - SPARSE_PROB) / (1.0 - SPARSE_PROB) if prob > SPARSE_PROB else 0.0


@njit(cache=True, nogil=True)
def fill_lanes(indptr, prob, lane):
    """First byte of what the bytes must tell for each arc.

    Parameters
    ----------
    indptr : int32[n + 1] or int64[n + 1]
    prob : float64[m]
        Probability of each arc, in [0, 1].
    lane : uint8[>= m]
        Overwritten.
    """
    for u in range(indptr.size - 1):
        wide = indptr[u + 1] - indptr[u] > WIDE
        for e in range(indptr[u], indptr[u + 1]):
            lane[e] = split_prob(rest_prob(prob[e]) if wide else prob[e])[0]


@njit(cache=True, nogil=True)
def inverse_in_degree(indices, count, prob):
    """Weighted cascade: 1 / in-degree of each arc's head.

    Parameters
    ----------
    indices : int32[m]
    count : int32[n]
        Zero on entry; in-degrees on return.
    prob : float64[m]
        Overwritten.
    """
    for e in range(indices.size):
        count[indices[e]] += 1
    for e in range(indices.size):
        prob[e] = 1.0 / count[indices[e]]


@njit(cache=True, nogil=True, forceinline=True)
def compare_bytes(word, splat):
    """Compare eight bytes with eight: top bits of the bytes where word < splat, and where word <= splat.

    A byte is below t iff its low seven bits are below t's, or its top bit is lower; the sum of low bits
    carries into the top bit where they are not below, and the majority of three top bits decides.
    """
    low = word & _LOW_BITS
    least = splat & _LOW_BITS
    not_below = low + (_HIGH_BITS - least)
    above = low + (_LOW_BITS - least)
    lower = ~splat
    below = ~((not_below & word) | (lower & (not_below | word))) & _HIGH_BITS
    within = ~((above & word) | (lower & (above | word))) & _HIGH_BITS
    return below, within


@njit(cache=True, nogil=True)
def _judge_equal(splat, key, live, near, count, first_word, last_word):
    """Judge words `first_word` to `last_word` - 1 of `count` tiles whose arcs have one probability.

    Sets bits 8 i + j for arc 8 j + i: of `live` where the byte is below the probability's, of `near` where
    it is below or equal.
    """
    for j in range(first_word, last_word):
        add = _GOLDEN * (j + _U1)
        shift = _U7 - j
        for k in range(count):
            below, within = compare_bytes(mix64(key[k] + add), splat)
            live[k] |= below >> shift
            near[k] |= within >> shift


@njit(cache=True, nogil=True)
def _judge_each(lane, start, lanes, key, live, near, count, first_word, last_word):
    """As `_judge_equal`, with a probability for each arc."""
    for j in range(first_word, last_word):
        add = _GOLDEN * (j + _U1)
        shift = _U7 - j
        for k in range(count):  # apart from what follows, which then takes several tiles at a time
            lanes[k] = load_eight(lane, start[k] + (j << _U3))
        for k in range(count):
            below, within = compare_bytes(mix64(key[k] + add), lanes[k])
            live[k] |= below >> shift
            near[k] |= within >> shift


@njit(cache=True, nogil=True, forceinline=True)
def _judge_words(coins, splat, key, start, live, near, lanes, count, first_word, last_word):
    """Judge words `first_word` to `last_word` - 1 of `count` tiles, as `_judge_equal` does."""
    if coins.prob.size:
        _judge_each(coins.lane, start, lanes, key, live, near, count, first_word, last_word)
    else:
        _judge_equal(splat, key, live, near, count, first_word, last_word)


@njit(cache=True, nogil=True, forceinline=True)
def _judge_more(coins, splat, tiles, words, rows):
    """Judge the words from `words` on of the tiles that have them."""
    live, tie, degree = rows.live, rows.tie, rows.degree
    more = _U0
    common = words << _U3
    for k in range(tiles):
        rows.long[more] = k
        more += np.uint64((degree[k] > common) & (degree[k] <= _U64))
    for h in range(more):
        k = np.uint64(rows.long[h])
        rows.some_key[h] = rows.key[k]
        rows.some_start[h] = rows.start[k]
        rows.some_live[h] = live[k]
        rows.some_tie[h] = tie[k]
    _judge_words(
        coins,
        splat,
        rows.some_key,
        rows.some_start,
        rows.some_live,
        rows.some_tie,
        rows.lanes,
        more,
        words,
        _U8,
    )
    for h in range(more):
        k = np.uint64(rows.long[h])
        live[k] = rows.some_live[h]
        tie[k] = rows.some_tie[h]


@njit(cache=True, nogil=True, forceinline=True)
def _settle(coins, key, start, tie, wide):
    """Of the tied arcs of a tile (bits), those that are live (bits): 53 more bits against the probability's."""
    live = _U0
    fine = coins.fine_wide if wide else coins.fine
    while tie:
        bit = np.uint64(trailing_zeros(tie))
        tie &= tie - _U1
        if coins.prob.size:
            prob = coins.prob[start + ((bit & _U7) << _U3) + (bit >> _U3)]
            fine = split_prob(rest_prob(prob) if wide else prob)[1]
        word = mix64(key + _GOLDEN * ((bit & _U7) + _U1))
        if (derive(word, bit >> _U3) >> _U11) < fine:
            live |= _U1 << bit
    return live


@njit(cache=True, nogil=True, forceinline=True)
def load_tiles(coins, nodes, first, stop, rows, longest):
    """Cut the rows of people ``nodes[first:stop]`` into tiles until the scratch is full.

    Parameters
    ----------
    coins : Coins
    nodes : int32[>= stop]
    first, stop : uint64
    rows : Rows
        start, who, degree, source and offset of each tile are set; rows of over 1,024 arcs stay whole.
    longest : int
        Largest number of followers of anybody.

    Returns
    -------
    people, tiles : uint64
        How many were taken, at least one person.
    wide : uint64
        Rows of over 256 arcs among them; their tiles are ``rows.long[:wide]``.
    """
    full = np.uint64(CHUNK - WIDE // TILE)
    wide = _U0
    room = np.uint64(longest)
    extra = _U0  # tiles beyond the first of each person
    more = _U0
    taken = _U0
    people = stop - first
    while taken < people and taken + extra <= full:
        u = np.uint64(nodes[first + taken])
        a = np.uint64(coins.indptr[u])
        d = np.uint64(coins.indptr[u + _U1]) - a
        if coins.ahead:
            prefetch(coins.indices, a)
            prefetch(coins.indices, a + _U16)
        rows.start[taken] = a
        rows.degree[taken] = d
        rows.who[taken] = u
        rows.source[taken] = taken
        rows.offset[taken] = _U0
        rows.some_source[more] = taken
        more += np.uint64((d > _U64) & (d <= _WIDE))
        if d > _WIDE:
            if wide > _U0 and d > room:
                break
            room -= min(room, d)
            rows.long[wide] = taken
            wide += _U1
        else:
            extra += (max(d, _U1) - _U1) >> _U6
        taken += _U1
    tiles = taken
    for h in range(more):
        k = np.uint64(rows.some_source[h])
        a, d, u = rows.start[k], rows.degree[k], rows.who[k]
        rows.degree[k] = _U64
        done = _U64
        while done < d:
            rows.start[tiles] = a + done
            rows.degree[tiles] = min(d - done, _U64)
            rows.who[tiles] = u
            rows.source[tiles] = k
            rows.offset[tiles] = _GOLDEN * (done >> _U3)
            tiles += _U1
            done += _U64
    return taken, tiles, wide


@njit(cache=True, nogil=True, forceinline=True)
def judge_tiles(coins, tiles, words, rows):
    """Live arcs of tiles, as bits (bit 8 i + j is arc 8 j + i); none for rows of over 1,024 arcs.

    Parameters
    ----------
    coins : Coins
    tiles : uint64
        Tiles, with start, degree and key set.
    words : uint64
        Words (of eight arcs) judged of all tiles; the rest only of those that have more.
    rows : Rows
    """
    splat = coins.byte * _SPLAT
    live, tie, degree = rows.live, rows.tie, rows.degree
    for k in range(tiles):
        live[k] = _U0
        tie[k] = _U0
    _judge_words(coins, splat, rows.key, rows.start, live, tie, rows.lanes, tiles, _U0, words)
    _judge_more(coins, splat, tiles, words, rows)
    for k in range(tiles):
        inside = INSIDE[degree[k] if degree[k] <= _U64 else _U0]
        tie[k] = (tie[k] ^ live[k]) & inside
        live[k] &= inside
    for k in range(tiles):
        if tie[k]:
            live[k] |= _settle(coins, rows.key[k], rows.start[k], tie[k], False)


@njit(cache=True, nogil=True, forceinline=True)
def collect_tiles(coins, tiles, start, live, source, arc, owner, found):
    """Append the live arcs of tiles and the place of their person to the lists; returns the new length."""
    soon = coins.ahead == 0
    for k in range(tiles):
        bits = live[k]
        a = start[k]
        by = source[k]
        # Two without a branch: most rows of a cascade have at most two, and how many is a coin's toss.
        bit = np.uint64(trailing_zeros(bits))
        at = a + ((bit & _U7) << _U3) + (bit >> _U3)
        if soon:
            prefetch(coins.indices, at)
        arc[found] = at
        owner[found] = by
        found += np.uint64(bits != _U0)
        bits &= bits - _U1
        bit = np.uint64(trailing_zeros(bits))
        at = a + ((bit & _U7) << _U3) + (bit >> _U3)
        if soon:
            prefetch(coins.indices, at)
        arc[found] = at
        owner[found] = by
        found += np.uint64(bits != _U0)
        bits &= bits - _U1
        while bits:
            bit = np.uint64(trailing_zeros(bits))
            at = a + ((bit & _U7) << _U3) + (bit >> _U3)
            if soon:
                prefetch(coins.indices, at)
            arc[found] = at
            owner[found] = by
            found += _U1
            bits &= bits - _U1
    return found


@njit(cache=True, nogil=True)
def collect_wide(coins, place, rows, found):
    """Append the live arcs of one row of over 1,024 arcs (an arc may be listed twice); returns the new length."""
    start, d, key, by = rows.start[place], rows.degree[place], rows.key[place], rows.source[place]
    arc, owner = rows.arc, rows.owner
    per_arc = coins.prob.size > 0
    share = 1.0 / np.float64(d)
    level = 0.0
    room = found + d
    k = _U0
    while found < room:
        word = derive(key, _POINT + k)
        k += _U1
        level += exponential32(word >> _U32) * share
        if not level < coins.sparse_level:
            break
        e = start + (((word & _LOW_32) * d) >> _U32)
        if not per_arc or level < level_of(min(coins.prob[e], SPARSE_PROB)):
            arc[found] = e
            owner[found] = by
            found += _U1
    if coins.has_wide:
        done = _U0
        while done < d:
            tiles = min((d - done + _U63) >> _U6, np.uint64(CHUNK))
            found = _collect_rest(coins, key, start, done, d, tiles, by, rows, found)
            done += tiles << _U6
    return found


@njit(cache=True, nogil=True)
def _collect_rest(coins, key, start, done, d, tiles, by, rows, found):
    """Of a row of over 256 arcs, arcs told by bytes: those of `tiles` tiles from arc `done` on."""
    some_key, some_start, live, tie = rows.some_key, rows.some_start, rows.some_live, rows.some_tie
    for k in range(tiles):
        some_key[k] = key + _GOLDEN * ((done >> _U3) + (k << _U3))
        some_start[k] = start + done + (k << _U6)
        rows.some_source[k] = by
        live[k] = _U0
        tie[k] = _U0
    splat = coins.byte_wide * _SPLAT
    _judge_words(coins, splat, some_key, some_start, live, tie, rows.lanes, tiles, _U0, _U8)
    last = tiles - _U1
    inside = INSIDE[min(d - done - (last << _U6), _U64)]
    tie[last] &= inside
    live[last] &= inside
    for k in range(tiles):
        tie[k] ^= live[k]
        if tie[k]:
            live[k] |= _settle(coins, some_key[k], some_start[k], tie[k], True)
    return collect_tiles(coins, tiles, some_start, live, rows.some_source, rows.arc, rows.owner, found)
