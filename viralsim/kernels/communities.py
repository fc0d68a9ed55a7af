"""Wiring of the `communities` network: dense circles inside communities, loose ties between them.

Everybody has a row of `starts[u + 1] - starts[u]` places, one for each tie wanted; ``filled[u]`` of them are taken.
Every tie stands in the rows of both ends, with its kind: 0 elsewhere, 1 community, 2 circle.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.draws import below, derive, log, low32, uniform

LEVELS = 48  # classes of number of ties, three per doubling
ELSEWHERE, COMMUNITY, CIRCLE = 0, 1, 2
_LOG_2 = 0.6931471805599453
_TRIES = 200  # random ties looked at until one is found that may be opened


@njit(cache=True, nogil=True)
def level_of_count(count, jitter):
    """Class of a number of ties (int64 in [0, LEVELS)): three per doubling, blurred by `jitter` doublings."""
    level = np.int64(4 + 3 * (log(np.float64(count)) / _LOG_2 + jitter))
    return min(max(level, 0), LEVELS - 1)


@njit(cache=True, nogil=True)
def triangular(word):
    """Triangular variate on (-1, 1) from a key."""
    return uniform(derive(word, 1)) + uniform(derive(word, 2)) - 1.0


@njit(cache=True, nogil=True)
def shuffle(key, items, start, stop):
    """Shuffle items[start:stop] in place (Fisher and Yates), keyed."""
    for x in range(stop - 1, start, -1):
        j = start + np.int64(uniform(derive(key, x)) * (x - start + 1))
        items[x], items[j] = items[j], items[x]


@njit(cache=True, nogil=True)
def group(key, bucket, owner, order, starts):
    """`owner` by bucket (counting sort), each bucket shuffled; starts int64[buckets + 1] is filled."""
    starts[:] = 0
    for i in range(bucket.size):
        starts[bucket[i] + 1] += 1
    for k in range(starts.size - 1):
        starts[k + 1] += starts[k]
    for i in range(bucket.size):
        order[starts[bucket[i]]] = owner[i]
        starts[bucket[i]] += 1
    for k in range(starts.size - 1, 0, -1):
        starts[k] = starts[k - 1]
    starts[0] = 0
    for k in range(starts.size - 1):
        shuffle(derive(key, k), order, starts[k], starts[k + 1])


@njit(cache=True, nogil=True)
def are_tied(u, v, starts, filled, neighbours):
    """Whether v stands in the row of u; the shorter of the two rows is looked through."""
    if filled[v] < filled[u]:
        u, v = v, u
    for e in range(starts[u], starts[u] + filled[u]):
        if neighbours[e] == v:
            return True
    return False


@njit(cache=True, nogil=True)
def add_tie(u, v, kind, starts, filled, neighbours, kinds):
    """Tie u and v unless they are the same or tied already; both must have a free place. Returns bool."""
    if u == v or are_tied(u, v, starts, filled, neighbours):
        return False
    at = starts[u] + filled[u]
    neighbours[at], kinds[at] = v, kind
    at = starts[v] + filled[v]
    neighbours[at], kinds[at] = u, kind
    filled[u] += 1
    filled[v] += 1
    return True


@njit(cache=True, nogil=True)
def circle_ties(key, degree, part, wanted):
    """Ties meant for circles: this part of `degree`, rounded at random (wanted: int64[n], out)."""
    for i in range(degree.size):
        wanted[i] = min(np.int64(degree[i] * part + uniform(derive(key, i))), degree[i])


@njit(cache=True, nogil=True)
def circle_slots(key, wanted, per_circle, single_circle, slots):
    """In how many circles each person is.

    Parameters
    ----------
    key : uint64
    wanted : int64[n]
        Ties for circles; nobody with fewer than two is in a circle.
    per_circle : float
        Ties in one circle, for those who are in several: wanted / per_circle circles, rounded at random.
    single_circle : float
        Chance that somebody has all ties in one circle instead.
    slots : int64[n]
        Out.

    Returns
    -------
    int
        Their sum.
    """
    total = 0
    for i in range(wanted.size):
        own = derive(key, i)
        if wanted[i] < 2:
            slots[i] = 0
        elif uniform(derive(own, 1)) < single_circle:
            slots[i] = 1
        else:
            slots[i] = max(np.int64(wanted[i] / per_circle + uniform(derive(own, 2))), 1)
        total += slots[i]
    return total


@njit(cache=True, nogil=True)
def circle_buckets(key, wanted, slots, community, segment, homophily, bucket, owner):
    """Where each slot is filled: by community, segment (or none), and ties wanted in one circle."""
    rooms = segment.max() + 2
    at = 0
    for i in range(wanted.size):
        own = derive(key, i)
        for j in range(slots[i]):
            word = derive(own, j)
            room = segment[i] + 1 if uniform(word) < homophily else 0
            level = level_of_count(wanted[i] / slots[i], triangular(word))
            bucket[at] = (community[i] * rooms + room) * LEVELS + level
            owner[at] = i
            at += 1


@njit(cache=True, nogil=True)
def wire_circles(key, wanted, slots, order, places, density, largest, starts, filled, neighbours, kinds):
    """Cut the slots of each place into circles and tie their people.

    Parameters
    ----------
    key : uint64
    wanted : int64[n]
        Ties for circles; used up.
    slots : int64[n]
        Circles of each person.
    order : int32[slots]
        Owners of the slots by place, inside a place by ties wanted.
    places : int64[places + 1]
        Where each place begins in `order`.
    density : float
        Chance that two people of a circle are tied.
    largest : int
        Most people of a circle; one is as large as its first person needs it.
    starts, filled, neighbours, kinds
        The ties, added to.

    Returns
    -------
    int
        Ties made.
    """
    share = np.empty(wanted.size)
    for i in range(wanted.size):
        share[i] = wanted[i] / max(slots[i], 1)
    width = min(0.75 * density, 1.0 - density)
    made = 0
    for place in range(places.size - 1):
        at, end = places[place], places[place + 1]
        while end - at >= 3:
            circle = derive(key, at)
            knit = density + width * (2.0 * uniform(circle) - 1.0)
            size = min(max(np.int64(share[order[at]] / knit + 1.5), 3), largest)
            if end - at - size < 3:
                size = min(end - at, largest)
            size = min(size, end - at)
            for x in range(1, size):
                u = order[at + x]
                for y in range(x):
                    v = order[at + y]
                    if wanted[u] > 0 and wanted[v] > 0 and uniform(derive(circle, x * size + y)) < knit:
                        if add_tie(u, v, CIRCLE, starts, filled, neighbours, kinds):
                            made += 1
                            wanted[u] -= 1
                            wanted[v] -= 1
            at += size
    return made


@njit(cache=True, nogil=True)
def rest_buckets(key, starts, filled, community, segment, homophily, mixing, correlation, bucket, owner):
    """Where each free place is paired: in the community or anywhere, in the segment or not, among similar people.

    With probability `mixing` anywhere, `homophily` in the own segment, `correlation` among people with
    similar numbers of ties. `bucket` and `owner` are filled, one entry for each free place.
    """
    rooms, anywhere = segment.max() + 2, community.max() + 1
    at = 0
    for i in range(filled.size):
        own = derive(key, i)
        ties = starts[i + 1] - starts[i]
        for j in range(ties - filled[i]):
            word = derive(own, j)
            place = anywhere if uniform(word) < mixing else community[i]
            room = segment[i] + 1 if uniform(derive(word, 3)) < homophily else 0
            similar = derive(word, 4)
            if uniform(similar) < correlation:
                level = level_of_count(ties, triangular(word))
            else:
                level = np.int64(uniform(derive(similar, 1)) * LEVELS)
            bucket[at] = (place * rooms + room) * LEVELS + level
            owner[at] = i
            at += 1


@njit(cache=True, nogil=True)
def wire_rest(order, places, community, starts, filled, neighbours, kinds):
    """Pair neighbours in `order` (owners of free places) within each place. Returns the ties made."""
    made = 0
    for place in range(places.size - 1):
        for x in range(places[place], places[place + 1] - 1, 2):
            u, v = order[x], order[x + 1]
            kind = COMMUNITY if community[u] == community[v] else ELSEWHERE
            made += add_tie(u, v, kind, starts, filled, neighbours, kinds)
    return made


@njit(cache=True, nogil=True)
def component_roots(starts, filled, neighbours):
    """First person of each person's connected component (int64[n])."""
    n = filled.size
    root = np.arange(n)
    for u in range(n):
        for e in range(starts[u], starts[u] + filled[u]):
            a, b = u, np.int64(neighbours[e])
            while root[a] != a:
                root[a] = root[root[a]]
                a = root[a]
            while root[b] != b:
                root[b] = root[root[b]]
                b = root[b]
            if a != b:
                root[max(a, b)] = min(a, b)
    for u in range(n):  # parents come before children
        root[u] = root[root[u]]
    return root


@njit(cache=True, nogil=True)
def _openable(key, main, root, want_segment, segment, starts, filled, neighbours):
    """A random tie of the main component that lies in a triangle: (c, place of d in c's row), or (-1, -1)."""
    n = filled.size
    for attempt in range(_TRIES):
        word = derive(key, attempt)
        c = np.int64(uniform(word) * n)
        if root[c] != main or filled[c] < 2 or (want_segment >= 0 and segment[c] != want_segment):
            continue
        at = starts[c] + below(derive(word, 1), filled[c])
        d = neighbours[at]
        if want_segment >= 0 and segment[d] != want_segment:
            continue
        for e in range(starts[c], starts[c] + filled[c]):
            if e != at and are_tied(neighbours[e], d, starts, filled, neighbours):
                return c, at
    return -1, -1


@njit(cache=True, nogil=True)
def _replace(u, old, new, starts, filled, neighbours, kinds):
    """In the row of u, `new` takes the place of `old`; new = -1 takes `old` out."""
    for e in range(starts[u], starts[u] + filled[u]):
        if neighbours[e] == old:
            if new < 0:
                filled[u] -= 1
                last = starts[u] + filled[u]
                neighbours[e], kinds[e] = neighbours[last], kinds[last]
            else:
                neighbours[e], kinds[e] = new, ELSEWHERE
            return


@njit(cache=True, nogil=True)
def join_components(key, segment, homophily, starts, filled, neighbours, kinds):
    """Join small components to the largest by exchanging ends of ties; everybody keeps the number of ties.

    A tie a - b of the small component and a tie c - d of the largest become a - c and b - d. c - d lies in a
    triangle, so that nothing falls apart. Somebody without any tie takes one of c's. With probability `homophily`
    c and d are of a's segment. Returns the number of components joined.
    """
    n = filled.size
    root = component_roots(starts, filled, neighbours)
    sizes = np.zeros(n, np.int64)
    for u in range(n):
        sizes[root[u]] += 1
    main = sizes.argmax()
    joined = 0
    for a in range(n):
        if root[a] != a or a == main or starts[a + 1] == starts[a]:
            continue
        word = derive(key, a)
        want = segment[a] if uniform(derive(word, -1)) < homophily else -1
        c, at = _openable(derive(word, 1), main, root, want, segment, starts, filled, neighbours)
        if c < 0:
            continue
        d = neighbours[at]
        if filled[a] == 0:
            _replace(d, c, -1, starts, filled, neighbours, kinds)
            neighbours[starts[a]], kinds[starts[a]], filled[a] = c, ELSEWHERE, 1
        else:
            b = neighbours[starts[a] + below(derive(word, 2), filled[a])]
            _replace(a, b, c, starts, filled, neighbours, kinds)
            _replace(b, a, d, starts, filled, neighbours, kinds)
            _replace(d, c, b, starts, filled, neighbours, kinds)
        neighbours[at], kinds[at] = a, ELSEWHERE
        joined += 1
    return joined


@njit(cache=True, nogil=True)
def arcs_of(key, mutual, starts, filled, neighbours, kinds, pointers, tie):
    """Give every tie its direction and closeness; the rows are closed up in place.

    A tie runs both ways with probability `mutual`, else from u to v with probability d_u / (d_u + d_v), d the
    number of ties. Closeness is uniform on (.5, 1) in circles, (.25, .75) in the community, (0, .5) elsewhere.
    Both are keyed on the pair.

    Parameters
    ----------
    key : uint64
    mutual : float
    starts, filled, neighbours, kinds
        The ties; of `neighbours` the first `arcs` entries hold the result.
    pointers : int64[n + 1]
        Out: row v holds each u with an arc u -> v.
    tie : float32, as `neighbours`
        Out.

    Returns
    -------
    int
        Arcs.
    """
    n = filled.size
    kept = 0
    pointers[0] = 0
    for v in range(n):
        for e in range(starts[v], starts[v] + filled[v]):
            u = neighbours[e]
            low, high = min(u, v), max(u, v)
            word = derive(derive(key, low), high)
            if uniform(word) >= mutual:
                one_way = derive(word, 1)
                from_low = uniform(one_way) * (filled[low] + filled[high]) < filled[low]
                if from_low != (u == low):
                    continue
            neighbours[kept] = u
            closeness = np.float64(low32(derive(word, 2))) * (0.5 / 4294967296.0)
            tie[kept] = np.float32(0.25 * kinds[e] + closeness)
            kept += 1
        pointers[v + 1] = kept
    return kept
