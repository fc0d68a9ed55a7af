"""Independent cascades, generation by generation, three ways with the same coins and the same answer.

- `run_wide`: one replicate at a time, visited people as bits, each generation in ascending order, so that
  memory is walked, not jumped about in: for cascades that reach a good part of the graph.
- `run_many`: 64 replicates at a time in one list, so that short generations still fill the pipeline:
  for cascades that stay small.
- `grow_tree`: one replicate with parents.

Each newly active person has one try at each follower (Kempe, Kleinberg and Tardos 2003, "Maximizing
the spread of influence through a social network", section 2). The coins are those of
`viralsim.kernels.coins`, pure functions of (replicate key, person, arc), so which way is taken changes
nothing but the time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.coins import collect_tiles, collect_wide, judge_tiles, load_tiles
from viralsim.kernels.draws import derive, mix64
from viralsim.kernels.machine import prefetch, trailing_zeros
from viralsim.kernels.trees import pair_distances

_U0, _U1, _U6, _U63 = (np.uint64(k) for k in (0, 1, 6, 63))
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
WORLDS = 64  # replicates that `run_many` takes at a time


@njit(cache=True, nogil=True, forceinline=True)
def _key_tiles(coins, tiles, replicate_key, rows):
    """Keys of the loaded tiles in one replicate."""
    if coins.person_key.size:
        for k in range(tiles):
            who = coins.person_key[rows.who[k]]
            rows.key[k] = mix64(replicate_key + _GOLDEN * (who + _U1)) + rows.offset[k]
    else:
        for k in range(tiles):
            rows.key[k] = mix64(replicate_key + _GOLDEN * (rows.who[k] + _U1)) + rows.offset[k]


@njit(cache=True, nogil=True, forceinline=True)
def _find_arcs(coins, words, tiles, wide, rows):
    """Live arcs of the loaded tiles, in ``rows.arc`` and ``rows.owner``; returns how many."""
    found = _U0
    for h in range(wide):  # before their places are overwritten
        found = collect_wide(coins, np.uint64(rows.long[h]), rows, found)
    judge_tiles(coins, tiles, words, rows)
    return collect_tiles(coins, tiles, rows.start, rows.live, rows.source, rows.arc, rows.owner, found)


@njit(cache=True, nogil=True, forceinline=True)
def _mark_bits(indices, found, rows, visited):
    """Set the bits of the heads of the arcs found."""
    for k in range(found):
        v = np.uint64(indices[np.uint64(rows.arc[k])])
        visited[v >> _U6] |= _U1 << (v & _U63)


@njit(cache=True, nogil=True, forceinline=True)
def _mark_listed(indices, found, rows, visited, seen, newcomers, arrived):
    """As `_mark_bits`, and append those not visited before to the list; returns its new length."""
    for k in range(found):
        v = np.uint64(indices[np.uint64(rows.arc[k])])
        w = v >> _U6
        bit = _U1 << (v & _U63)
        old = visited[w]
        newcomers[arrived] = v
        arrived += np.uint64((old & bit) == _U0)
        visited[w] = old | bit
        seen[w] |= bit
    return arrived


@njit(cache=True, nogil=True)
def _list_bits(indptr, visited, seen, newcomers):
    """List, in ascending order, the people visited and not yet seen; mark them seen; returns how many."""
    arrived = _U0
    for w in range(np.uint64(visited.size)):
        new = visited[w] ^ seen[w]
        if new:
            seen[w] = visited[w]
            first = w << _U6
            while new:
                u = first + np.uint64(trailing_zeros(new))
                newcomers[arrived] = u
                prefetch(indptr, u)
                arrived += _U1
                new &= new - _U1
    return arrived


@njit(cache=True, nogil=True)
def _spread_wide(coins, words, longest, seeds, replicate_key, visited, seen, people, newcomers, rows):
    """One cascade: its size and depth."""
    for w in range(visited.size):
        visited[w] = _U0
        seen[w] = _U0
    for s in seeds:
        visited[s >> 6] |= _U1 << np.uint64(s & 63)
    active = _list_bits(coins.indptr, visited, seen, people)
    size = np.int64(0)
    depth = np.int64(-1)
    while active:
        size += np.int64(active)
        depth += 1
        listed = np.int64(active) * 256 < coins.indptr.size  # too few to scan all bits for their followers
        arrived = _U0
        first = _U0
        while first < active:
            count, tiles, wide = load_tiles(coins, people, first, active, rows, longest)
            _key_tiles(coins, tiles, replicate_key, rows)
            found = _find_arcs(coins, words, tiles, wide, rows)
            if listed:
                arrived = _mark_listed(coins.indices, found, rows, visited, seen, newcomers, arrived)
            else:
                _mark_bits(coins.indices, found, rows, visited)
            first += count
        if not listed:
            arrived = _list_bits(coins.indptr, visited, seen, newcomers)
        people, newcomers = newcomers, people
        active = arrived
    return size, depth


@njit(cache=True, nogil=True)
def run_wide(
    coins, words, longest, seeds, model_key, begin, end, visited, seen, people, newcomers, rows, size, depth
):
    """Replicates `begin` to `end` - 1, one after the other.

    Parameters
    ----------
    coins : Coins
    words : uint64
        Words of eight arcs judged of every row at once; does not change results.
    longest : int
        Largest number of followers of anybody.
    seeds : int64[1, k] or int64[replicates, k]
        Positions of the seeds, in range; repeats count once. One row serves all replicates.
    model_key : uint64
        Replicate r's key is ``derive(model_key, r)``.
    begin, end : int
    visited, seen : uint64[n // 64 + 1]
        Scratch.
    people, newcomers : int32[n + 1]
        Scratch.
    rows : Rows
        Scratch.
    size, depth : int64[>= end]
        Entries `begin` to `end` - 1 are written: people active at the end, seeds included; largest
        generation, seeds having 0.
    """
    for r in range(begin, end):
        size[r], depth[r] = _spread_wide(
            coins, words, longest, seeds[r if seeds.shape[0] > 1 else 0], derive(model_key, r),
            visited, seen, people, newcomers, rows,
        )  # fmt: skip


@njit(cache=True, nogil=True, forceinline=True)
def _key_pairs(coins, worlds, first, tiles, keys, rows):
    """Keys of the tiles of (person, world) pairs from place `first` on."""
    if coins.person_key.size:
        for k in range(tiles):
            world = np.uint64(worlds[first + np.uint64(rows.source[k])])
            who = coins.person_key[rows.who[k]]
            rows.key[k] = mix64(keys[world] + _GOLDEN * (who + _U1)) + rows.offset[k]
    else:
        for k in range(tiles):
            world = np.uint64(worlds[first + np.uint64(rows.source[k])])
            rows.key[k] = mix64(keys[world] + _GOLDEN * (rows.who[k] + _U1)) + rows.offset[k]


@njit(cache=True, nogil=True, forceinline=True)
def _mark_pairs(indices, found, rows, first, visited, nodes, worlds, length):
    """Append the pairs newly reached by the arcs found; returns the new length of the list."""
    for k in range(found):
        v = np.uint64(indices[np.uint64(rows.arc[k])])
        world = worlds[first + np.uint64(rows.owner[k])]
        bit = _U1 << np.uint64(world)
        old = visited[v]
        nodes[length] = v
        worlds[length] = world
        length += np.uint64((old & bit) == _U0)
        visited[v] = old | bit
    return length


@njit(cache=True, nogil=True)
def run_many(
    coins, words, longest, seeds, model_key, begin, end, visited, nodes, worlds, keys, rows, size, depth
):
    """Replicates `begin` to `end` - 1, 64 at a time, until a batch does not fit its list.

    Parameters
    ----------
    coins, words, longest, seeds, model_key, begin, end, rows, size, depth
        As in `run_wide`.
    visited : uint64[n]
        Zero on entry and on return; bit w of entry v: v is active in world w of the batch.
    nodes : int32[capacity]
        Scratch; at least 64 k + 64 + the length of ``rows.arc``.
    worlds : uint8[capacity]
        Scratch.
    keys : uint64[64]
        Scratch.

    Returns
    -------
    int
        The first replicate not done (`end` if all are): its batch outgrew the list.
    """
    last_place = np.uint64(nodes.size - rows.arc.size)
    for batch in range(begin, end, WORLDS):
        count_worlds = min(WORLDS, end - batch)
        length = _U0
        for w in range(count_worlds):
            keys[w] = derive(model_key, batch + w)
            bit = _U1 << np.uint64(w)
            for s in seeds[batch + w if seeds.shape[0] > 1 else 0]:
                nodes[length] = s
                worlds[length] = w
                length += np.uint64((visited[s] & bit) == _U0)
                visited[s] |= bit
            size[batch + w] = 0
        first = _U0
        generation = 0
        fits = True
        while first < length and fits:
            stop = length
            for k in range(first, stop):
                r = batch + np.int64(worlds[k])
                size[r] += 1
                depth[r] = generation
            while first < stop and fits:
                count, tiles, wide = load_tiles(coins, nodes, first, stop, rows, longest)
                _key_pairs(coins, worlds, first, tiles, keys, rows)
                found = _find_arcs(coins, words, tiles, wide, rows)
                length = _mark_pairs(coins.indices, found, rows, first, visited, nodes, worlds, length)
                first += count
                fits = length < last_place
            generation += 1
        for k in range(length):
            visited[np.uint64(nodes[k])] = _U0
        if not fits:
            return batch
    return end


@njit(cache=True, nogil=True)
def grow_tree(coins, words, longest, seeds, replicate_key, place, people, parent, generation, draw, rows):
    """One cascade with parents.

    Parameters
    ----------
    coins, words, longest, rows
        As in `run_wide`.
    seeds : int64[k]
    replicate_key : uint64
    place : int32[n]
        -1 on entry and on return.
    people : int32[n + 1]
        Overwritten: active people by generation, seeds first.
    parent : int32[n + 1]
        Overwritten: place (in `people`) of the parent of each, -1 for seeds. The parent is drawn among
        the people of the generation before whose try succeeded: the one with the smallest key.
    generation : int32[n + 1]
        Overwritten.
    draw : uint64[n + 1]
        Overwritten: key of each.

    Returns
    -------
    int
        Number of active people.
    """
    length = _U0
    for s in seeds:
        if place[s] < 0:
            place[s] = length
            people[length] = s
            parent[length] = -1
            generation[length] = 0
            length += _U1
    first = _U0
    depth = 0
    while first < length:
        stop = length
        depth += 1
        while first < stop:
            count, tiles, wide = load_tiles(coins, people, first, stop, rows, longest)
            _key_tiles(coins, tiles, replicate_key, rows)
            for k in range(tiles):
                if rows.offset[k] == _U0:
                    draw[first + np.uint64(rows.source[k])] = rows.key[k]
            found = _find_arcs(coins, words, tiles, wide, rows)
            for k in range(found):
                v = np.uint64(coins.indices[np.uint64(rows.arc[k])])
                by = first + np.uint64(rows.owner[k])
                at = place[v]
                if at < 0:
                    place[v] = length
                    people[length] = v
                    parent[length] = by
                    generation[length] = depth
                    length += _U1
                elif np.uint64(at) >= stop and draw[by] < draw[np.uint64(parent[np.uint64(at)])]:
                    parent[np.uint64(at)] = by
            first += count
    for k in range(length):
        place[np.uint64(people[k])] = -1
    return np.int64(length)


@njit(cache=True, nogil=True)
def run_trees(
    coins,
    words,
    longest,
    seeds,
    model_key,
    begin,
    end,
    place,
    people,
    parent,
    generation,
    draw,
    rows,
    work,
    virality,
):
    """Structural virality of replicates `begin` to `end` - 1.

    Parameters
    ----------
    coins, words, longest, seeds, model_key, begin, end, rows
        As in `run_wide`.
    place, people, parent, generation, draw
        As in `grow_tree`.
    work : int64[4, n + 1]
        Scratch.
    virality : float64[>= end]
        Entries `begin` to `end` - 1 are written; NaN where no tree has two people.
    """
    for r in range(begin, end):
        row = seeds[r if seeds.shape[0] > 1 else 0]
        n = grow_tree(
            coins, words, longest, row, derive(model_key, r), place, people, parent, generation, draw, rows
        )
        distances, pairs = pair_distances(parent, n, work)
        virality[r] = distances / pairs if pairs else np.nan
