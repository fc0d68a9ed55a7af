"""Plain-Python twin of the `communities` generator, after docs/communities.md: lists and dicts, one step at a time."""

from __future__ import annotations

import math

import numpy as np

from viralsim.rng import derive, log, uniform

ELSEWHERE, COMMUNITY, CIRCLE = 0, 1, 2
LEVELS = 48


def level(count, word):
    """Class of a number of ties: three per doubling, blurred by a triangular variate of +-1 doubling."""
    blur = uniform(derive(word, 1)) + uniform(derive(word, 2)) - 1.0
    return min(max(int(4 + 3 * (log(count) / 0.6931471805599453 + blur)), 0), LEVELS - 1)


def shuffled(key, items):
    """Fisher and Yates; the draw for the place p of the whole list is keyed on p."""
    items = list(items)
    places = [place for place, _ in items]
    values = [value for _, value in items]
    for x in range(len(values) - 1, 0, -1):
        j = int(uniform(derive(key, places[x])) * (x + 1))
        values[x], values[j] = values[j], values[x]
    return values


def by_bucket(key, entries):
    """(place, level, person) in any order -> {place: persons by level, each level shuffled}, and where it begins."""
    stable = sorted(entries, key=lambda entry: (entry[0], entry[1]))
    out, at = {}, 0
    while at < len(stable):
        place, own_level = stable[at][:2]
        stop = at
        while stop < len(stable) and stable[stop][:2] == (place, own_level):
            stop += 1
        members = shuffled(
            derive(key, place * LEVELS + own_level), [(x, stable[x][2]) for x in range(at, stop)]
        )
        out.setdefault(place, (at, []))[1].extend(members)
        at = stop
    return out


class Ties:
    """Who is tied to whom: a list of [neighbour, kind] for each person, in the order made."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.of = [[] for _ in wanted]

    def tied(self, u, v):
        return any(w == v for w, _ in self.of[u])

    def free(self, u):
        return self.wanted[u] - len(self.of[u])

    def add(self, u, v, kind):
        if u == v or self.tied(u, v):
            return False
        self.of[u].append([v, kind])
        self.of[v].append([u, kind])
        return True

    def change(self, u, old, new):
        for entry in self.of[u]:
            if entry[0] == old:
                entry[:] = [new, ELSEWHERE]
                return

    def drop(self, u, old):
        at = [w for w, _ in self.of[u]].index(old)
        last = self.of[u].pop()
        if at < len(self.of[u]):
            self.of[u][at] = last


def community_list(key, n, mean_size):
    count = max(int(n / mean_size + 0.5), 1)
    sizes = [max(0.5 * mean_size * log((k + 0.5) / count) ** 2, 3.0) for k in range(count)]
    for k in range(count - 1, 0, -1):
        j = int(uniform(derive(key, k)) * (k + 1))
        sizes[k], sizes[j] = sizes[j], sizes[k]
    ends = [min(int(sum(sizes[: k + 1]) / sum(sizes) * n + 0.5), n) for k in range(count)]
    ends[-1] = n
    return [next(k for k, end in enumerate(ends) if i < end) for i in range(n)]


def lomax_mean(scale, tail, cut):
    over = (1 + cut / scale) ** -tail
    below = scale / (tail - 1) * (1 - (1 + cut / scale) ** (1 - tail)) - cut * over
    return below / (1 - over)


def ties_wanted(key, n, mean, exponent, max_followers):
    """Quantiles of the cut-off Lomax law, dealt in the order of keyed words."""
    words = [derive(derive(key, 2), i) for i in range(n)]
    rank = {i: r for r, i in enumerate(sorted(range(n), key=lambda i: words[i]))}
    cut = min(max(n // 20, 50, 3 * mean) if max_followers is None else max_followers, n - 1)
    least = 1 if mean >= 2.0 else 0
    tail = exponent - 1.0
    if mean - least >= 0.49 * (cut - least):
        least = max(int(2.0 * mean - cut), 0)
        quantile = lambda part: part * 2.0 * (mean - least)  # noqa: E731
    else:
        cut -= least
        low, high = 1e-6 * (mean - least), 1e6 * cut
        for _ in range(200):
            scale = 0.5 * (low + high)
            low, high = (scale, high) if lomax_mean(scale, tail, cut) < mean - least else (low, scale)
        over = (1 + cut / low) ** -tail
        quantile = lambda part: min(low * ((part * (1 - over) + over) ** (-1 / tail) - 1), cut)  # noqa: E731
    return [
        min(least + int(quantile((rank[i] + 0.5) / n) + uniform(derive(derive(key, 3), i))), n - 1)
        for i in range(n)
    ]


def add_circles(key, ties, wanted, people, options):
    """One round of circles; `wanted` is used up. Returns the ties made."""
    per_circle = max(options["density"] * (options["circle_size"] - 1), 2.0)
    slots, entries = [0] * len(wanted), []
    for i, count in enumerate(wanted):
        own = derive(derive(key, 1), i)
        if count >= 2:
            several = max(int(count / per_circle + uniform(derive(own, 2))), 1)
            slots[i] = 1 if uniform(derive(own, 1)) < options["single_circle"] else several
        for j in range(slots[i]):
            word = derive(derive(derive(key, 2), i), j)
            room = people.segment[i] + 1 if uniform(word) < options["homophily"] else 0
            entries.append((people.community[i] * people.rooms + room, level(count / slots[i], word), i))
    share = [count / max(slot, 1) for count, slot in zip(wanted, slots, strict=True)]
    places = by_bucket(derive(key, 3), entries)
    density, largest = options["density"], options["largest_circle"]
    width, made = min(0.75 * density, 1.0 - density), 0
    for place in sorted(places):
        begin, members = places[place]
        at = 0
        while len(members) - at >= 3:
            circle = derive(derive(key, 4), begin + at)
            knit = density + width * (2.0 * uniform(circle) - 1.0)
            size = min(max(int(share[members[at]] / knit + 1.5), 3), largest)
            if len(members) - at - size < 3:
                size = min(len(members) - at, largest)
            for x in range(1, size):
                for y in range(x):
                    u, v = members[at + x], members[at + y]
                    met = min(wanted[u], wanted[v]) > 0 and uniform(derive(circle, x * size + y)) < knit
                    if met and ties.add(u, v, CIRCLE):
                        made += 1
                        wanted[u] -= 1
                        wanted[v] -= 1
            at += size
    return made


def add_rest(key, ties, people, homophily, mixing, correlation):
    """One round of pairing free places. Returns the ties made."""
    entries, made = [], 0
    for i in range(len(ties.of)):
        for j in range(ties.free(i)):
            word = derive(derive(derive(key, 1), i), j)
            place = max(people.community) + 1 if uniform(word) < mixing else people.community[i]
            room = people.segment[i] + 1 if uniform(derive(word, 3)) < homophily else 0
            similar = derive(word, 4)
            if uniform(similar) < correlation:
                own_level = level(ties.wanted[i], word)
            else:
                own_level = int(uniform(derive(similar, 1)) * LEVELS)
            entries.append((place * people.rooms + room, own_level, i))
    places = by_bucket(derive(key, 2), entries)
    for place in sorted(places):
        members = places[place][1]
        for u, v in zip(members[::2], members[1::2], strict=False):
            same = people.community[u] == people.community[v]
            made += ties.add(u, v, COMMUNITY if same else ELSEWHERE)
    return made


def component_of(ties):
    """Smallest person of each one's component."""
    root = [-1] * len(ties.of)
    for start in range(len(root)):
        if root[start] < 0:
            root[start], stack = start, [start]
            while stack:
                for v, _ in ties.of[stack.pop()]:
                    if root[v] < 0:
                        root[v] = start
                        stack.append(v)
    return root


def open_tie(key, ties, allowed):
    """c and the place of d in c's list, c - d in a triangle, or None."""
    for attempt in range(200):
        word = derive(key, attempt)
        c = int(uniform(word) * len(ties.of))
        if not allowed(c, True) or len(ties.of[c]) < 2:
            continue
        at = ((derive(word, 1) & 0xFFFFFFFF) * len(ties.of[c])) >> 32
        d = ties.of[c][at][0]
        if allowed(d, False) and any(w != d and ties.tied(w, d) for w, _ in ties.of[c]):
            return c, at
    return None


def join(key, ties, people, homophily):
    root = component_of(ties)
    sizes = [root.count(i) for i in range(len(root))]
    main = sizes.index(max(sizes))
    for a in range(len(root)):
        if root[a] != a or a == main or ties.wanted[a] == 0:
            continue
        word = derive(key, a)
        bound = uniform(derive(word, -1)) < homophily

        def allowed(person, first, bound=bound, a=a):
            in_segment = not bound or people.segment[person] == people.segment[a]
            return in_segment and (not first or root[person] == main)

        found = open_tie(derive(word, 1), ties, allowed)
        if found is None:
            continue
        c, at = found
        d = ties.of[c][at][0]
        if not ties.of[a]:
            ties.drop(d, c)
            ties.of[a].append([c, ELSEWHERE])
        else:
            b = ties.of[a][((derive(word, 2) & 0xFFFFFFFF) * len(ties.of[a])) >> 32][0]
            ties.change(a, b, c)
            ties.change(b, a, d)
            ties.change(d, c, b)
        ties.of[c][at] = [a, ELSEWHERE]


class People:
    """Community and segment of each person."""

    def __init__(self, community, segment):
        self.community, self.segment = community, segment
        self.rooms = max(segment) + 2


def wire(key, wanted, people, options):
    ties = Ties(wanted)
    for_circles = [
        min(int(count * options["circles"] + uniform(derive(derive(key, 4), i))), count)
        for i, count in enumerate(wanted)
    ]
    for turn in range(3):
        if not add_circles(derive(derive(key, 5), turn), ties, for_circles, people, options):
            break
    for turn in range(4):
        loose = (1.0, 0.0) if turn == 3 else (options["mixing"], options["degree_correlation"])
        if not add_rest(derive(derive(key, 6), turn), ties, people, options["homophily"], *loose):
            break
    join(derive(key, 7), ties, people, options["homophily"])
    return ties


def arcs_of(key, ties, mutual):
    """{(u, v): tie}."""
    arcs = {}
    for u in range(len(ties.of)):
        for v, kind in ties.of[u]:
            if u > v:
                continue
            word = derive(derive(key, u), v)
            tie = float(np.float32(0.25 * kind + (derive(word, 2) & 0xFFFFFFFF) * (0.5 / 4294967296.0)))
            both = uniform(word) < mutual
            degrees = len(ties.of[u]), len(ties.of[v])
            forward = uniform(derive(word, 1)) * sum(degrees) < degrees[0]
            if both or forward:
                arcs[u, v] = tie
            if both or not forward:
                arcs[v, u] = tie
    return arcs


def twin_of_communities(n, mean_followers, segments=None, seed=0, exponent=2.8, max_followers=None, reciprocity=0.4,
                        community_size=1500.0, **given):  # fmt: skip
    """Arcs with their ties, as a dict."""
    options = {"circles": 0.5, "density": 0.6, "circle_size": 20, "single_circle": 0.3, "largest_circle": 150,
               "mixing": 0.2, "degree_correlation": 0.2, "homophily": 0.0, **given}  # fmt: skip
    key = derive(seed, 7)
    mutual = reciprocity / (2.0 - reciprocity)
    target = 2.0 * mean_followers / (1.0 + mutual)
    people = People(
        community_list(derive(key, 1), n, community_size),
        [0] * n if segments is None else [int(s) for s in segments],
    )
    aim = target
    for _ in range(4):
        ties = wire(key, ties_wanted(key, n, aim, exponent, max_followers), people, options)
        found = sum(map(len, ties.of)) / n
        if math.isclose(found, target, rel_tol=0.0, abs_tol=0.01 * target):
            break
        aim = min(aim * target / max(found, 1e-9), n - 1.0)
    return arcs_of(derive(key, 8), ties, mutual)
