"""Masks, shifts and small numbers as uint64, in which the spreading kernels do all their bit work."""

from __future__ import annotations

import numpy as np

from viralsim.kernels.layout import (
    C_CLICKS,
    C_LIKES,
    C_NOTICED,
    COINS,
    DISPLAYS_SHIFT,
    EVENT_PEER_SHIFT,
    F_CROSSED,
    F_DONE,
    F_NOTICED,
    F_OWNED,
    LISTS_AHEAD,
    N_COUNTS,
    N_LIST,
    POINTS,
    QUANTILES,
    READ_AHEAD,
    SCORE_SHIFT,
    TILES,
)

U0, U1, U2, U3, U4, U6, U7, U8, U15, U16 = (np.uint64(x) for x in (0, 1, 2, 3, 4, 6, 7, 8, 15, 16))
FLAGS, DONE_AT, ASKED_AT = np.uint64(32), np.uint64(2), np.uint64(7)
U31, U32 = np.uint64(31), np.uint64(32)
COUNTS, OWNED = np.uint64(N_COUNTS), np.uint64(F_OWNED)
STAMP, SEGMENT, ORIGIN = np.uint64(32), np.uint64(48), np.uint64(53)
REPEAT, TOUCHED, USED = np.uint64(1 << 56), np.uint64(1 << 57), np.uint64(58)
KEEP_PERSON = np.uint64(0x001F0000FFFFFFFF)  # activity and segment outlive a replicate
CLEAR_STAMP = np.uint64(0xFFFFFFFFFFFFFFFF ^ (0xFFFF << 32) ^ (1 << 56))
CLEAR_USED, KEEP_ALL = np.uint64((1 << 58) - 1), np.uint64((1 << 64) - 1)
LOW_8, LOW_16, LOW_32 = np.uint64(0xFF), np.uint64(0xFFFF), np.uint64(0xFFFFFFFF)
DISPLAY, SCORE = np.uint64(DISPLAYS_SHIFT), np.uint64(40)
SCORE_0 = np.uint64(127 << 40)
SHARER = np.uint64(1 << 8)
# once shared, sharers are not counted any more: with F_DONE an own share of this step
SHARED_NOW = np.uint64(1 << 8)
PERSON_OF, EVENT_OF, EVENT_MASK = np.uint64(36), np.uint64(8), np.uint64((1 << 28) - 1)
EV_SLOT, EV_ORIGIN, EV_PEER, EV_POLARITY = np.uint64(32), np.uint64(40), np.uint64(42), np.uint64(43)
TIE_HALF = 128
EIGHTHS = np.uint64(510)  # floor(8 tie / 255 + 1/2) = (16 tie + 255) // 510
NOTICED, DONE, CROSSED_OR_DONE = np.uint64(F_NOTICED), np.uint64(F_DONE), np.uint64(F_CROSSED | F_DONE)
NOTICES, LIKES, CLICKS = np.uint64(C_NOTICED), np.uint64(C_LIKES), np.uint64(C_CLICKS)
KEEP_SCORE = np.uint64(0xFFFFFFFFFFFFFFFF ^ (0xFF << SCORE_SHIFT))
PEER = np.uint64(1 << EVENT_PEER_SHIFT)
ONE_32 = 4294967296.0
AHEAD = np.uint64(READ_AHEAD)
LAST_QUANTILE = np.uint64(QUANTILES - 1)
LIST, READ_LISTS = np.uint64(N_LIST), np.uint64(LISTS_AHEAD // 2)
TILE, TILE_ROOM = np.uint64(64), np.uint64(TILES)
# A list of followers: where it begins, its size, keys of choice and delay, platform
L_START, L_SIZE, L_EVENT, L_DELAY, L_PLATFORM = (np.uint64(k) for k in range(5))
COIN_ROOM, POINT_ROOM = np.uint64(COINS), np.uint64(POINTS)
