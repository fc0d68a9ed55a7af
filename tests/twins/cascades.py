"""Plain-Python twins of the cascade models, written from docs/models: slow, obvious, one person at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil

from viralsim.rng import derive, level_of, log, text_key

__all__ = ["TwinCascade", "independent_cascade", "linear_threshold", "live_arcs"]

LONG = 1024
FIRST = 1 / 32


class TwinCascade:
    """Generations of active people and everybody's parent."""

    def __init__(self, seeds: Sequence[int]):
        self.generation = {int(s): 0 for s in seeds}
        self.parent: dict[int, int] = {int(s): -1 for s in seeds}

    @property
    def size(self) -> int:
        return len(self.generation)

    @property
    def depth(self) -> int:
        return max(self.generation.values(), default=-1)

    def rows(self) -> list[tuple[int, int, int]]:
        """(person, person of the parent or -1, generation) in order of (generation, position)."""
        return sorted(
            ((v, self.parent[v], g) for v, g in self.generation.items()), key=lambda row: (row[2], row[0])
        )


def split(prob: float) -> tuple[int, int]:
    """First eight bits of a probability and the 53 after them."""
    if prob >= 1.0:
        return 255, 1 << 53
    scaled = Fraction(prob) * 256
    byte = int(scaled)
    return byte, int((scaled - byte) * 2**53)


def bytes_say_live(key: int, i: int, prob: float) -> bool:
    """Whether the arc at place i of a row is live, its level being told by bytes."""
    word = derive(key, i // 8)
    byte, fine = split(prob)
    level = (word >> (8 * (i % 8))) & 255
    return level < byte or (level == byte and derive(word, i % 8) >> 11 < fine)


def points(key: int, degree: int) -> list[tuple[float, int]]:
    """Points (level, place) of a long row, in increasing level, up to the level of 1/32."""
    found = []
    level, k, top = 0.0, 0, level_of(FIRST)
    while True:
        word = derive(key, (1 << 40) + k)
        level += -log(((word >> 32) + 0.5) * (1.0 / 4294967296.0)) * (1.0 / float(degree))
        if level >= top or k >= degree:
            return found
        found.append((level, ((word & 0xFFFFFFFF) * degree) >> 32))
        k += 1


def live_arcs(key: int, probs: Sequence[float]) -> set[int]:
    """Places of the live arcs of a row with these probabilities, `key` being the person's in the replicate."""
    degree = len(probs)
    if degree <= LONG:
        return {i for i, p in enumerate(probs) if bytes_say_live(key, i, p)}
    live = {i for level, i in points(key, degree) if level < level_of(min(probs[i], FIRST))}
    rest = [(p - FIRST) / (1 - FIRST) if p > FIRST else 0.0 for p in probs]
    return live | {i for i, p in enumerate(rest) if bytes_say_live(key, i, p)}


def independent_cascade(
    followers: Sequence[Sequence[int]],
    keys: Sequence[int],
    probs: Sequence[Sequence[float]],
    seeds: Sequence[int],
    seed: int,
    replicate: int,
) -> TwinCascade:
    """One replicate of the independent cascade; `probs` has one row per person, as `followers`."""
    replicate_key = derive(derive(text_key("independent cascade"), seed), replicate)
    key = [derive(replicate_key, k) for k in keys]

    def reached(u: int) -> list[int]:
        return [followers[u][i] for i in sorted(live_arcs(key[u], probs[u]))]

    return _spread(TwinCascade(seeds), lambda current, done: _tries(current, done, reached), key)


def _tries(
    current: list[int], done: dict[int, int], reached: Callable[[int], list[int]]
) -> dict[int, list[int]]:
    """Who is reached by the people of one generation, and by whom of them."""
    by: dict[int, list[int]] = {}
    for u in current:
        for v in reached(u):
            if v not in done:
                by.setdefault(v, []).append(u)
    return by


def _spread(
    cascade: TwinCascade,
    step: Callable[[list[int], dict[int, int]], dict[int, list[int]]],
    draw: Sequence[int],
) -> TwinCascade:
    """Generation by generation; of several possible parents, the one with the smallest draw."""
    current, generation = sorted(cascade.generation), 0
    while current:
        generation += 1
        by = step(current, cascade.generation)
        for v, parents in by.items():
            cascade.generation[v] = generation
            cascade.parent[v] = min(parents, key=lambda u: draw[u])
        current = sorted(by)
    return cascade


def linear_threshold(
    followers: Sequence[Sequence[int]],
    keys: Sequence[int],
    weights: Sequence[Sequence[float]] | None,
    seeds: Sequence[int],
    seed: int,
    replicate: int,
) -> TwinCascade:
    """One replicate of the linear threshold model; `weights` has one row per person, as `followers`."""
    replicate_key = derive(derive(text_key("linear threshold"), seed), replicate)
    parent_key = derive(replicate_key, 1 << 62)
    n = len(followers)
    into: list[dict[int, int]] = [{} for _ in range(n)]  # weights in 2^-52, by person followed
    for u in range(n):
        for i, v in enumerate(followers[u]):
            into[v][u] = 0 if weights is None else ceil(Fraction(weights[u][i]) * 2**52)
    if weights is None:
        into = [dict.fromkeys(row, ceil(Fraction(2**52, max(1, len(row))))) for row in into]
    threshold = [derive(replicate_key, k) >> 12 for k in keys]

    def step(current: list[int], done: dict[int, int]) -> dict[int, list[int]]:
        return {
            v: [u for u in current if into[v].get(u, 0) > 0]
            for v in range(n)
            if v not in done and sum(w for u, w in into[v].items() if u in done) > threshold[v]
        }

    return _spread(TwinCascade(seeds), step, [derive(parent_key, k) for k in keys])
