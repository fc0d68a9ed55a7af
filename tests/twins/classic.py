"""The classic models in plain Python: sets, dictionaries and sorted(), with the same keyed draws as the kernels.

Each function runs one replicate and returns a list of (person, parent or -1, time), in the order in which
people were reached.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from viralsim.rng import derive, exponential, log, uniform

Reached = list[tuple[int, int, float]]
OWN = 1 << 40
NORMAL_CENTRE = 0.425


def law_hours(law: tuple, bits: int) -> float:
    """A duration; lognormal ones by the standard library, equal to about 1e-12 only."""
    from statistics import NormalDist

    kind, hours, *shape = law
    if kind == "fixed":
        return hours
    if kind == "exponential":
        return hours * exponential(bits)
    u = uniform(bits)
    if kind == "lognormal":
        return hours * math.exp(shape[0] * NormalDist().inv_cdf(u))
    within = shape[0] / (1.0 + shape[0])
    if u <= within:
        return hours * (u / within)
    return hours * math.exp(-log((1.0 - u) * (1.0 + shape[0])) / shape[0])


def earliest(
    n: int, starts: dict[int, float], arcs: Callable[[int, float], list[tuple[int, float]]], horizon: float
) -> Reached:
    """First passage: of all who are due, the earliest is reached and makes others due."""
    due = {person: (hours, -1) for person, hours in starts.items() if hours <= horizon}
    reached: Reached = []
    done: set[int] = set()
    while due:
        person = min(due, key=lambda who: (due[who][0], who))
        hours, parent = due.pop(person)
        reached.append((person, parent, hours))
        done.add(person)
        for other, when in arcs(person, hours):
            if other not in done and when <= horizon and (other not in due or when < due[other][0]):
                due[other] = (when, person)
    return reached


def sir(
    followers: Sequence[Sequence[int]],
    seeds: Sequence[int],
    key: int,
    mean_hours: float,
    latent: tuple,
    period: tuple,
    horizon: float = math.inf,
) -> tuple[Reached, list[tuple[float, float]]]:
    """SI, SIR and SEIR on a graph; also (onset, removal) of each person reached."""
    course: list[tuple[float, float]] = []

    def arcs(u: int, hours: float) -> list[tuple[int, float]]:
        own = derive(key, u)
        onset = hours + law_hours(latent, derive(own, OWN))
        span = law_hours(period, derive(own, OWN + 1))
        course.append((onset, onset + span))
        delays = [mean_hours * exponential(derive(own, place)) for place in range(len(followers[u]))]
        pairs = zip(followers[u], delays, strict=True)
        return [(v, onset + delay) for v, delay in pairs if delay < span]

    return earliest(len(followers), dict.fromkeys(seeds, 0.0), arcs, horizon), course


def contacts(
    followers: Sequence[Sequence[int]] | int,
    seeds: Sequence[int],
    key: int,
    per_hour: float,
    latent: tuple,
    period: tuple,
    again: bool,
    horizon: float,
) -> tuple[Reached, list[tuple[float, float, float]]]:
    """Epidemics by contacts; also (infection, onset, removal) of every episode. An int is well mixed."""
    mixed = isinstance(followers, int)
    n = followers if isinstance(followers, int) else len(followers)
    reached: Reached = []
    episodes: list[tuple[float, float, float]] = []
    count: dict[int, int] = {}
    removal: dict[int, float] = {}
    ill: set[int] = set()
    immune: set[int] = set()
    due: dict[int, float] = {}
    word: dict[int, int] = {}
    episode_key: dict[int, int] = {}
    drawn: dict[int, int] = {}

    def next_event(u: int, hours: float) -> None:
        rate = per_hour if isinstance(followers, int) else per_hour * len(followers[u])
        word[u] = derive(episode_key[u], drawn[u])
        drawn[u] += 1
        wait = -log(((word[u] >> 32) + 0.5) * (1.0 / 4294967296.0)) / rate if rate else math.inf
        when = min(hours + wait, removal[u])
        if when < math.inf:
            due[u] = when

    def infect(u: int, parent: int, hours: float) -> None:
        if u not in count:
            reached.append((u, parent, hours))
        episode_key[u] = derive(derive(key, u), count.get(u, 0))
        count[u] = count.get(u, 0) + 1
        onset = hours + law_hours(latent, derive(episode_key[u], OWN))
        removal[u] = onset + law_hours(period, derive(episode_key[u], OWN + 1))
        episodes.append((hours, onset, removal[u]))
        ill.add(u)
        drawn[u] = 0
        next_event(u, onset)

    for s in seeds:
        if s not in ill:
            infect(s, -1, 0.0)
    while due and (again or len(reached) < n):
        u = min(due, key=lambda who: (due[who], who))
        hours = due.pop(u)
        if hours > horizon:
            break
        if hours >= removal[u]:
            ill.discard(u)
            if not again:
                immune.add(u)
            continue
        low = word[u] & 0xFFFFFFFF
        if isinstance(followers, int):
            v = (low * (n - 1)) >> 32
            v += v >= u
        else:
            v = followers[u][(low * len(followers[u])) >> 32]
        next_event(u, hours)
        if v not in ill and v not in immune:
            infect(v, u, hours)
    assert mixed or n == len(followers)  # type: ignore[arg-type]
    return reached, episodes


def bass(
    followers: Sequence[Sequence[int]], key: int, p: float, q: float, seeds: Sequence[int], horizon: float
) -> Reached:
    """Bass in continuous time on a graph."""
    n = len(followers)
    followed = [sum(v in row for row in followers) for v in range(n)]
    starts = {}
    if p > 0:
        starts = {v: exponential(derive(derive(key, v), OWN)) / p for v in range(n)}
    starts.update(dict.fromkeys(seeds, 0.0))

    def arcs(u: int, hours: float) -> list[tuple[int, float]]:
        own = derive(key, u)
        return [
            (v, hours + (followed[v] / q) * exponential(derive(own, place)))
            for place, v in enumerate(followers[u])
        ]

    return earliest(n, starts, arcs if q > 0 else lambda u, hours: [], horizon)


def bass_periods(
    followers: Sequence[Sequence[int]], key: int, p: float, q: float, seeds: Sequence[int], horizon: int
) -> Reached:
    """Bass in periods on a graph."""
    n = len(followers)
    followed = [[u for u in range(n) if v in followers[u]] for v in range(n)]
    reached: Reached = [(s, -1, 0.0) for s in dict.fromkeys(seeds)]
    for period in range(1, horizon + 1):
        before = {who for who, _, _ in reached}
        for v in sorted(set(range(n)) - before):
            own = derive(key, v)
            models = [u for u in followed[v] if u in before]
            chance = p + (q * len(models) / len(followed[v]) if followed[v] else 0.0)
            if not uniform(derive(own, period)) < chance:
                continue
            parent = -1
            if uniform(derive(derive(own, OWN + 1), period)) * chance >= p:
                low = derive(derive(own, OWN + 2), period) & 0xFFFFFFFF
                parent = models[(low * len(models)) >> 32]
            reached.append((v, parent, float(period)))
    return reached


def threshold(
    followers: Sequence[Sequence[int]],
    seeds: Sequence[int],
    key: int,
    need: Callable[[int, int], int],
    below: float,
    convention: str,
    horizon: int,
) -> Reached:
    """Threshold model; need(person, number followed) says how many adopters are needed."""
    n = len(followers)
    followed = [[u for u in range(n) if v in followers[u]] for v in range(n)]
    reached: Reached = [(s, -1, 0.0) for s in sorted(set(seeds))]
    step_of = {s: 0 for s, _, _ in reached}
    exposed_at: dict[int, int] = {}
    for step in range(1, horizon + 1):
        new = []
        for v in range(n):
            if v in step_of:
                continue
            models = [u for u in followed[v] if u in step_of]
            if not models:
                continue
            first = exposed_at.setdefault(v, step)
            wait = math.inf
            if below >= 1.0:
                wait = 0.0
            elif below > 0.0:
                from viralsim.rng import level_of

                wait = math.floor(exponential(derive(derive(key, v), OWN + 1)) / level_of(below))
            if len(models) >= need(v, len(followed[v])) or step == first + wait:
                new.append((v, _parent(v, models, step_of, key, convention), float(step)))
        step_of.update({v: step for v, _, _ in new})
        reached.extend(new)
    return reached


def _parent(v: int, models: list[int], step_of: dict[int, int], key: int, convention: str) -> int:
    if convention == "latest":
        models = [u for u in models if step_of[u] == max(step_of[m] for m in models)]
    elif convention == "first":
        models = [u for u in models if step_of[u] == min(step_of[m] for m in models)]
    own = derive(derive(key, v), OWN + 2)
    return min(models, key=lambda u: derive(own, u))


def live(own: int, place: int, prob: float) -> bool:
    """The coin of one arc of a row of at most 256 (viralsim.kernels.coins): eight bits, and 53 more in a tie."""
    if prob >= 1.0:
        byte, fine = 255, 1 << 53
    else:
        byte = int(prob * 256.0)
        fine = int((prob * 256.0 - byte) * 9007199254740992.0)
    word = derive(own, place // 8)
    drawn = (word >> (8 * (place % 8))) & 255
    return drawn < byte or (drawn == byte and (derive(word, place % 8) >> 11) < fine)


def delayed(
    followers: Sequence[Sequence[int]],
    seeds: Sequence[int],
    coin_key: int,
    delay_key: int,
    prob: float,
    delay: tuple,
    horizon: float,
) -> Reached:
    """Independent cascade with delays."""

    def arcs(u: int, hours: float) -> list[tuple[int, float]]:
        return [
            (v, hours + law_hours(delay, derive(derive(delay_key, u), place)))
            for place, v in enumerate(followers[u])
            if live(derive(coin_key, u), place, prob)
        ]

    return earliest(len(followers), dict.fromkeys(seeds, 0.0), arcs, horizon)


def branching(cumulated: Sequence[float], key: int, roots: int, cap: int) -> list[int]:
    """Parents of a branching process, breadth first, up to `cap` individuals."""
    parents = [-1] * roots
    i = 0
    while i < len(parents):
        u = uniform(derive(key, i))
        children = next(k for k, most in enumerate(cumulated) if u < most)
        for _ in range(children):
            if len(parents) == cap:
                return parents
            parents.append(i)
        i += 1
    return parents
