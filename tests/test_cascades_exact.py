"""Cascades against theory: all live-edge worlds of small graphs, closed forms, published numbers.

Tolerances are 4.5 standard errors of fixed seeds; nothing is retried.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import comb, sqrt

import networkx as nx
import numpy as np
import pytest

import viralsim as vs

REPLICATES = 40_000
SIGMA = 4.5


def close(values, target, allowance=0.0):
    """Mean of one value per replicate within 4.5 standard errors (plus how exactly the target is known)."""
    values = np.asarray(values, float)
    error = SIGMA * values.std(ddof=1) / sqrt(values.size) + allowance + 1e-9
    assert abs(values.mean() - target) <= error, (values.mean(), target, error)


def ic(graph, seeds, probability, replicates=REPLICATES, seed=1):
    g = graph if isinstance(graph, vs.SocialGraph) else vs.SocialGraph.from_networkx(graph)
    return vs.models.independent_cascade(g, seeds, probability, replicates, seed=seed)


def lt(graph, seeds, weights=None, replicates=REPLICATES, seed=1):
    g = graph if isinstance(graph, vs.SocialGraph) else vs.SocialGraph.from_networkx(graph)
    return vs.models.linear_threshold(g, seeds, replicates, weights=weights, seed=seed)


def plain(graph):
    """The graph without attributes."""
    bare = nx.Graph() if not graph.is_directed() else nx.DiGraph()
    bare.add_nodes_from(graph)
    bare.add_edges_from(graph.edges)
    return bare


# ---- all live-edge worlds ------------------------------------------------------------------------


def outcome(n, live, seeds):
    """(size, depth) of a cascade over live arcs."""
    reached, current, depth = set(seeds), set(seeds), 0
    while True:
        current = {v for u, v in live if u in current} - reached
        if not current:
            return len(reached), depth
        reached |= current
        depth += 1


def independent_worlds(arcs, probs, n, seeds):
    """Probability of every (size, depth): each arc live or not."""
    law = Counter()
    for coins in product([False, True], repeat=len(arcs)):
        chance = np.prod([p if c else 1 - p for p, c in zip(probs, coins, strict=True)])
        law[outcome(n, [a for a, c in zip(arcs, coins, strict=True) if c], seeds)] += float(chance)
    return law


def threshold_worlds(arcs, weights, n, seeds):
    """The same for the linear threshold model: each person picks at most one of those followed."""
    options = []
    for v in range(n):
        into = [((u, w), x) for (u, w), x in zip(arcs, weights, strict=True) if w == v]
        options.append([*into, (None, 1 - sum(x for _, x in into))])
    law = Counter()
    for picks in product(*options):
        chance = np.prod([x for _, x in picks])
        law[outcome(n, [a for a, _ in picks if a], seeds)] += float(chance)
    return law


def assert_law(result, law):
    seen = Counter(zip(result.size.tolist(), result.depth.tolist(), strict=True))
    possible = {key for key, p in law.items() if p > 0}
    assert set(seen) <= possible
    for key in possible:
        p = min(1.0, law[key])
        error = SIGMA * sqrt(p * (1 - p) / result.replicates)
        assert abs(seen[key] / result.replicates - p) <= error + 3 / result.replicates, key


SMALL = {
    "loop and shortcut": (5, [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (3, 4), (4, 1), (2, 4)]),
    "both ways": (4, [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1), (2, 3), (3, 2), (1, 3), (3, 1)]),
    "two ways round": (6, [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (4, 5), (5, 3), (2, 5), (1, 5)]),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("seeds", [[0], [1, 2]])
@pytest.mark.parametrize("kind", ["one", "per arc", "weighted", "threshold", "threshold, own weights"])
def test_law_of_size_and_depth_is_that_of_all_live_edge_worlds(name, seeds, kind):
    n, arcs = SMALL[name]
    g = vs.SocialGraph.from_edges(*np.array(arcs).T, n=n)
    ordered = [(u, int(v)) for u in range(n) for v in g.followers(u)]
    count_into = Counter(v for _, v in ordered)
    equal = [1 / count_into[v] for _, v in ordered]
    uneven = np.random.default_rng(3).random(len(arcs))
    if kind.startswith("threshold"):
        own = uneven * equal if kind != "threshold" else None
        law = threshold_worlds(ordered, equal if own is None else own, n, seeds)
        assert_law(lt(g, seeds, own), law)
        return
    probs = {"one": [0.35] * len(arcs), "per arc": uneven, "weighted": equal}[kind]
    given = {"one": 0.35, "per arc": uneven, "weighted": "weighted"}[kind]
    assert_law(ic(g, seeds, given), independent_worlds(ordered, probs, n, seeds))


# ---- closed forms --------------------------------------------------------------------------------

FORMS = [
    ("path", nx.path_graph(10), [0], 0.5, 1.998046875),
    ("path", nx.path_graph(10), [9], 0.9, 6.513215599),
    ("cycle", nx.cycle_graph(10), [4], 0.5, 2.9873046875),
    ("cycle", nx.cycle_graph(10), [4], 0.9, 8.888325237),
    ("star, hub", nx.star_graph(99), [0], 0.1, 10.9),
    ("star, leaf", nx.star_graph(99), [7], 0.1, 2.08),
    ("tree", nx.balanced_tree(2, 5), [0], 0.4, sum(0.8**i for i in range(6))),
    ("tree", nx.balanced_tree(2, 5), [0], 0.7, sum(1.4**i for i in range(6))),
    ("triangle", nx.complete_graph(3), [1], 0.3, 1.726),
    ("triangle", nx.complete_graph(3), [1], 0.5, 2.25),
    ("K4", nx.complete_graph(4), [2], 0.3, 2.316556),
    ("K4", nx.complete_graph(4), [2], 0.5, 3.25),
    ("grid", nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 3)), [0], 0.3, 2.25698335),
    ("grid", nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 3)), [0], 0.5, 4.37670898),
]


@pytest.mark.parametrize(("name", "graph", "seeds", "p", "expected"), FORMS)
def test_expected_size_of_small_graphs(name, graph, seeds, p, expected):
    close(ic(graph, seeds, p).size, expected)


def reed_frost(n_people, p):
    """Law of the final size of one seed in a complete graph, by the triangular equations of Reed-Frost."""
    n, q = n_people - 1, 1 - p
    law = []
    for k in range(n + 1):
        known = sum(comb(n - j, k - j) * law[j] / q ** ((1 + j) * (n - k)) for j in range(k))
        law.append((comb(n, k) - known) * q ** ((1 + k) * (n - k)))
    return np.array(law)


@pytest.mark.parametrize(("people", "mean"), [(10, 3.0269285933), (20, 12.6944195575)])
def test_reed_frost(people, mean):
    law = reed_frost(people, 0.1)
    assert float(law @ np.arange(1, people + 1)) == pytest.approx(mean, abs=1e-9)
    size = ic(nx.complete_graph(people), [0], 0.1).size
    close(size, mean)
    seen = np.bincount(size, minlength=people + 1)[1:] / size.size
    assert (np.abs(seen - law) <= SIGMA * np.sqrt(law * (1 - law) / size.size) + 3 / size.size).all()


def test_threshold_on_a_path_and_a_triangle():
    close(lt(nx.path_graph(5), [0]).size, 2.0)
    close(lt(nx.complete_graph(3), [0]).size, 2.5)
    close(ic(nx.complete_graph(3), [0], "weighted").size, 2.25)


def expected_by_walks(graph, seeds):
    """Expected size of a linear threshold cascade: sum over self-avoiding walks of products of 1 / degree."""
    total = 0.0
    stack = [(s, frozenset(seeds), 1.0) for s in seeds]
    while stack:
        u, used, chance = stack.pop()
        total += chance
        stack += [(v, used | {v}, chance / graph.degree(v)) for v in graph[u] if v not in used]
    return total


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_threshold_equals_the_sum_over_self_avoiding_walks(seed):
    graph = nx.gnm_random_graph(10, 17, seed=seed)
    graph.remove_nodes_from(list(nx.isolates(graph)))
    graph = nx.convert_node_labels_to_integers(graph)
    close(lt(graph, [0, 3]).size, expected_by_walks(graph, [0, 3]))


# The weighted cascade's numbers are simulations known to .025; the threshold ones are the sums over all
# (5,930,311 for person 33) self-avoiding walks, as in the test above.
KARATE = [([0], 10.012, 12.254302613), ([33], 10.545, 13.081121789), ([0, 33], 17.718, 22.613865491)]


@pytest.mark.parametrize(("seeds", "weighted", "threshold"), KARATE)
def test_karate_club(seeds, weighted, threshold):
    club = plain(nx.karate_club_graph())
    close(ic(club, seeds, "weighted").size, weighted, allowance=0.025)
    close(lt(club, seeds).size, threshold)


def test_coupled_seeds_on_a_star():
    """Variance of the difference .16 with shared luck (2.72 without), mean difference .8 both ways."""
    star = nx.star_graph(9)
    gain = ic(star, [0, 1], 0.2).size - ic(star, [0], 0.2).size
    assert set(gain.tolist()) == {0, 1}
    close(gain, 0.8)
    close((gain - 0.8) ** 2, 0.16)
    close(ic(star, [0, 1], 0.2, seed=2).size - ic(star, [0], 0.2, seed=3).size, 0.8)
    own_luck = ic(star, [0, 1], 0.2, seed=2).size - ic(star, [0], 0.2, seed=3).size
    close((own_luck - 0.8) ** 2, 2.72)


def test_long_rows_have_the_right_number_of_live_arcs():
    """Rows above 1,024 arcs, below and above the probability where the point process ends."""
    hub = nx.star_graph(3000)
    for p in (0.001, 1 / 32, 0.2):
        size = ic(hub, [0], p, replicates=4000).size - 1.0
        close(size, 3000 * p)
        close((size - 3000 * p) ** 2, 3000 * p * (1 - p))


def test_parents_of_equal_claim_are_equally_likely():
    """A diamond with sure coins: the last person's parent is either of two; so with thresholds."""
    g = vs.SocialGraph.from_edges([0, 0, 1, 2], [1, 2, 3, 3])
    for result in (ic(g, [0], 1.0, replicates=2000), lt(g, [0], replicates=2000)):
        traces = [result.trace(i) for i in range(2000)]
        assert {int(t.parents[3]) for t in traces if t.persons.size == 4} == {1, 2}
        close([t.parents[3] == 1 for t in traces if t.persons.size == 4 and t.generation[3] == 2
               and len(set(t.generation[1:3].tolist())) == 1], 0.5)  # fmt: skip
