"""The independent cascade in time: the coins of `viralsim.kernels.coins`, and a delay on each live arc.

Who is reached is exactly who the cascade without time reaches with the same coins; when, and by whom first, is
first passage over the live arcs (Goyal, Bonchi and Lakshmanan 2010, "Learning influence probabilities in social
networks", and Gomez-Rodriguez, Balduzzi and Schoelkopf 2011, "Uncovering the temporal dynamics of diffusion
networks", have delays on arcs in this sense).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.cascade import _find_arcs, _key_tiles
from viralsim.kernels.coins import load_tiles
from viralsim.kernels.draws import derive
from viralsim.kernels.laws import draw_hours
from viralsim.kernels.timed import book, close_tree, forget_due, make_due, reach, take_first

REACHED = 0  # the channel of the flows


@njit(cache=True, nogil=True)
def _spread(coins, shape, delay, seeds, coin_key, delay_key, horizon_hours, tree, queue, rows, outcome, row):
    """One replicate; returns the people reached."""
    due, source = queue.due_hours, queue.source
    words, longest = shape
    length, size = 0, 0
    for s in seeds:
        if due[s] == np.inf:
            length = make_due(queue, length, s, 0.0)
            source[s] = -1
    while length:
        u = take_first(queue, length)
        length -= 1
        hours = due[u]
        at = size
        size = reach(tree, size, u, source[u], hours)
        book(outcome, row, REACHED, hours)
        _, tiles, wide = load_tiles(coins, tree.person, np.uint64(at), np.uint64(size), rows, longest)
        _key_tiles(coins, tiles, coin_key, rows)
        found = _find_arcs(coins, words, tiles, wide, rows)
        own = derive(delay_key, coins.person_key[u] if coins.person_key.size else np.uint64(u))
        first = coins.indptr[u]
        for k in range(found):
            e = rows.arc[k]
            v = coins.indices[e]
            if due[v] <= hours:
                continue
            when = hours + draw_hours(delay, derive(own, e - first))
            if when < due[v] and when <= horizon_hours:
                length = make_due(queue, length, v, when)
                source[v] = at
    return size


@njit(cache=True, nogil=True)
def run_delayed(
    coins, shape, delay, delay_key, horizon_hours, seeds, coin_key, begin, end, tree, queue, rows, outcome
):
    """Independent cascades with delays, replicates `begin` to `end` - 1.

    Parameters
    ----------
    coins : Coins
    shape : (uint64, int)
        Words judged of every row at once, and the longest row (as in `viralsim.kernels.cascade.run_wide`).
    delay : Law
        Of the time an arc takes.
    delay_key, coin_key : uint64
        Of all delays and all coins of the model.
    horizon_hours : float
        Nobody is reached later; inf for no limit.
    seeds : int64[1, k] or int64[R, k]
    begin, end : int
    tree : Tree
    queue : Queue
    rows : Rows
    outcome : Outcome
        One channel: people reached.
    """
    for r in range(begin, end):
        row = r - outcome.first
        people = seeds[r if seeds.shape[0] > 1 else 0]
        keys = derive(coin_key, r), derive(delay_key, r)
        size = _spread(
            coins, shape, delay, people, keys[0], keys[1], horizon_hours, tree, queue, rows, outcome, row
        )
        forget_due(tree, size, queue, 0)
        close_tree(tree, size, outcome, row)
