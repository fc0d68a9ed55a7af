"""Plain-Python twin of follower cascades, from docs/models/follower-cascades.md: one cascade, one person at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from viralsim.rng import derive, level_of, log, text_key, uniform

__all__ = ["follower_cascade", "mean_distance"]


def reached_followers(key: int, row: Sequence[int], level: float) -> list[int]:
    """Followers of one person whose try succeeds (some of them maybe twice)."""
    d = len(row)
    if math.isinf(level):
        return list(row)
    found, height, k = [], 0.0, 0
    while True:
        word = derive(key, k)
        height += -log(((word >> 32) + 0.5) / 2.0**32)
        if not height < d * level:
            return found
        found.append(row[((word & 0xFFFFFFFF) * d) >> 32])
        k += 1


def follower_cascade(
    rows: Sequence[Sequence[int]],
    person_keys: Sequence[int],
    probability: float,
    seed: int,
    number: int,
) -> list[tuple[int, int, int]]:
    """(generation, person, parent's person or -1) of everyone in one cascade, in order."""
    key = derive(text_key("follower cascades"), seed)
    first = int(uniform(derive(derive(key, 0), number)) * len(rows))
    luck = derive(derive(key, 1), number)
    level = level_of(probability)
    parent, generation = {first: -1}, {first: 0}
    present = [first]
    while present:
        depth = generation[present[0]] + 1
        found: dict[int, list[int]] = {}
        for u in present:
            for v in reached_followers(derive(luck, person_keys[u]), rows[u], level):
                if v not in generation:
                    found.setdefault(v, []).append(u)
        for v, by in found.items():
            parent[v] = min(by, key=lambda u: derive(luck, person_keys[u]))
            generation[v] = depth
        present = list(found)
    return sorted((generation[v], v, parent[v]) for v in parent)


def mean_distance(cascade: Sequence[tuple[int, int, int]]) -> float:
    """Structural virality by looking at every pair (NaN for one person)."""
    parent = {v: u for _, v, u in cascade}

    def ancestors(v: int) -> list[int]:
        line = [v]
        while parent[line[-1]] >= 0:
            line.append(parent[line[-1]])
        return line

    lines = {v: ancestors(v) for v in parent}
    total = pairs = 0
    for a in parent:
        place = {w: i for i, w in enumerate(lines[a])}
        for b in parent:
            if a != b:
                pairs += 1
                total += next(place[w] + i for i, w in enumerate(lines[b]) if w in place)
    return total / pairs if pairs else math.nan
