"""SocialGraph: building, checking, identity, networkx both ways, saving."""

import pickle

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viralsim.errors import GraphError
from viralsim.graph import SocialGraph
from viralsim.graph.people_order import key_of

EDGES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 16)), max_size=40)


def rows_of(graph):
    """Followers of each person as plain lists."""
    return [graph.followers(u).tolist() for u in range(graph.n_nodes)]


def naive(edges, n, directed):
    """The same graph from a dictionary: arc -> largest tie."""
    arcs = {}
    for u, v, w in edges:
        for a, b in ((u, v),) if directed else ((u, v), (v, u)):
            if a != b:
                arcs[a, b] = max(arcs.get((a, b), 0.0), w / 16)
    return arcs


@settings(max_examples=200, deadline=None)
@given(EDGES, st.booleans(), st.booleans())
def test_from_edges_equals_a_dictionary(edges, directed, with_tie):
    src, dst, weight = (np.array([edge[i] for edge in edges], dtype=np.int64) for i in range(3))
    graph = SocialGraph.from_edges(src, dst, 9, weight / 16 if with_tie else None, directed)
    arcs = naive(edges, 9, directed)
    expected = sorted(arcs)
    got = [(u, int(v)) for u in range(9) for v in graph.followers(u)]
    assert got == expected
    assert graph.n_edges == len(expected)
    if with_tie:
        assert graph.tie.tolist() == [arcs[arc] for arc in expected]
    loops = sum(u == v for u, v, _ in edges)
    repeats = len(edges) - loops - (len(arcs) if directed else len(arcs) // 2)
    text = " ".join(graph.notes)
    assert (f"{loops} self-loops" in text) == (loops > 0)
    assert (f"{repeats} repeated" in text) == (repeats > 0)


@settings(max_examples=50, deadline=None)
@given(EDGES, st.randoms(use_true_random=False))
def test_order_of_edges_changes_nothing(edges, random):
    def graph(pairs):
        return SocialGraph.from_edges(
            [u for u, _, _ in pairs], [v for _, v, _ in pairs], 9, [w / 16 for _, _, w in pairs]
        )

    shuffled = list(edges)
    random.shuffle(shuffled)
    assert graph(edges).digest == graph(shuffled).digest


def test_follower_direction_and_reversal():
    graph = SocialGraph.from_edges([0, 0, 2], [1, 2, 1], tie=[0.25, 0.5, 1.0])
    assert rows_of(graph) == [[1, 2], [], [1]]
    assert graph.follower_count.tolist() == [2, 0, 1]
    back = graph.reversed()
    assert rows_of(back) == [[], [0, 2], [0]]
    assert back.tie.tolist() == [0.25, 1.0, 0.5]
    assert back.reversed().digest == graph.digest
    assert graph.adjacency().toarray().tolist() == [[0, 1, 1], [0, 0, 0], [0, 1, 0]]


def test_small_integers_and_read_only_arrays():
    graph = SocialGraph.from_edges(np.array([0, 1]), np.array([1, 2]), tie=[0.1, 0.2])
    assert graph.indptr.dtype == np.int32
    assert graph.indices.dtype == np.int32
    assert graph.tie.dtype == np.float32
    for array in (graph.indptr, graph.indices, graph.tie, graph.follower_count):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert graph.memory_bytes == 4 * 4 + 2 * 4 + 2 * 4


def test_the_callers_arrays_stay_their_own():
    indptr, indices = np.array([0, 1, 1], dtype=np.int32), np.array([1], dtype=np.int32)
    graph = SocialGraph.from_csr(indptr, indices)
    indices[0] = 0
    assert rows_of(graph) == [[1], []]


def test_digest_covers_structure_ties_keys_and_direction():
    make = SocialGraph.from_edges
    keys = np.array([5, 6, 7], dtype=np.uint64)
    graphs = [
        make([0, 1], [1, 2]),
        make([0, 1], [1, 0], n=3),
        make([0, 1], [1, 2], n=4),
        make([0, 1], [1, 2], tie=[1, 1]),
        make([0, 1], [1, 2], tie=[1, 0.5]),
        make([0, 1], [1, 2], person_keys=keys),
        make([0, 1], [1, 0], n=3, directed=False),
    ]
    assert len({graph.digest for graph in graphs}) == len(graphs)
    assert make([1, 0], [2, 1]).digest == graphs[0].digest


def test_pickle_and_save_give_the_same_graph(tmp_path):
    graph = SocialGraph.from_edges(
        [0, 1, 1],
        [1, 2, 2],
        tie=[0.5, 1, 0.2],
        person_keys=np.array([9, 8, 7], dtype=np.uint64),
        labels=np.array(["ann", "bob", "cé"]),
    )
    path = graph.save(tmp_path / "friends")
    assert path.name == "friends.npz"
    for copy in (pickle.loads(pickle.dumps(graph)), SocialGraph.read(path)):
        assert copy.digest == graph.digest
        assert copy.labels.tolist() == ["ann", "bob", "cé"]
        assert copy.label(2) == "cé"
        assert copy.notes == graph.notes
        assert copy.directed
        assert not copy.indices.flags.writeable


def test_representations():
    graph = SocialGraph.from_edges([0, 0], [1, 1], directed=False, notes=["<script>alert(1)</script>"])
    assert repr(graph) == "SocialGraph(2 people, 1 pairs, undirected)"
    assert "<script>" not in graph._repr_html_()
    assert "&lt;script&gt;" in graph._repr_html_()


def test_empty_graphs():
    assert SocialGraph.from_edges([], []).n_nodes == 0
    graph = SocialGraph.from_edges([], [], n=3)
    assert (graph.n_nodes, graph.n_edges) == (3, 0)
    assert len(graph.digest) == 32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"src": [0], "dst": [1, 2]}, "same length"),
        ({"src": [0, -1], "dst": [1, 1]}, r"src\[1\] is -1"),
        ({"src": [0.5], "dst": [1]}, "integers"),
        ({"src": ["a"], "dst": ["b"]}, "integers"),
        ({"src": [[0]], "dst": [[1]]}, "one-dimensional"),
        ({"src": [0], "dst": [5], "n": 3}, "at least 6"),
        ({"src": [0], "dst": [2**40]}, "SocialGraph.read"),
        ({"src": [0], "dst": [2**63], "n": None}, "."),
        ({"src": [0], "dst": [1], "tie": [1.5]}, r"tie\[0\] is 1.5"),
        ({"src": [0], "dst": [1], "tie": [float("nan")]}, r"tie\[0\] is nan"),
        ({"src": [0], "dst": [1], "tie": [0.5, 0.5]}, "shape"),
        ({"src": [0], "dst": [1], "person_keys": np.array([3, 3], dtype=np.uint64)}, "same key twice"),
        ({"src": [0], "dst": [1], "labels": np.array(["a"])}, "labels"),
    ],
)
def test_bad_edges_are_refused(arguments, message):
    with pytest.raises(GraphError, match=message):
        SocialGraph.from_edges(**arguments)


def test_from_csr_takes_good_rows_as_they_are():
    graph = SocialGraph.from_csr([0, 2, 2, 3], [1, 2, 0], tie=[0.1, 0.2, 0.3])
    assert rows_of(graph) == [[1, 2], [], [0]]
    assert graph.notes == ()


def test_from_csr_orders_rows_and_says_so():
    graph = SocialGraph.from_csr([0, 4, 4, 4], [2, 1, 2, 0], tie=[0.1, 0.2, 0.3, 0.4])
    assert rows_of(graph) == [[1, 2], [], []]
    assert graph.tie.tolist() == pytest.approx([0.2, 0.3])
    assert len(graph.notes) == 3
    assert "ascending" in graph.notes[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 1], [0]), "start at 0"),
        (([0, 1], [0, 1]), "end at the number of arcs"),
        (([], []), "start at 0"),
        (([0, 2, 1, 2], [1, 2]), "row 1"),
        (([0, 1], [3]), "describes 1 people"),
        (([0, 1, 1], [1], None, False), "both ways"),
    ],
)
def test_from_csr_refuses_broken_structure(arguments, message):
    with pytest.raises(GraphError, match=message):
        SocialGraph.from_csr(*arguments)


@settings(max_examples=50, deadline=None)
@given(EDGES, st.booleans())
def test_networkx_round_trip(edges, directed):
    graph = SocialGraph.from_edges(
        [e[0] for e in edges], [e[1] for e in edges], 9, [e[2] / 16 for e in edges], directed
    )
    back = SocialGraph.from_networkx(graph.to_networkx(), tie="tie")
    assert back.digest == graph.digest


def test_networkx_order_labels_and_keys():
    one, two = networkx.Graph(), networkx.Graph()
    one.add_edges_from([("bob", "ann"), ("cy", "ann")])
    two.add_edges_from([("ann", "cy"), ("ann", "bob")])
    graph = SocialGraph.from_networkx(one)
    assert graph.labels.tolist() == ["ann", "bob", "cy"]
    assert graph.digest == SocialGraph.from_networkx(two).digest
    assert graph.person_keys[1] == key_of("bob")
    one.add_node("abe")
    larger = SocialGraph.from_networkx(one)
    assert larger.label(0) == "abe"
    assert set(graph.person_keys.tolist()) < set(larger.person_keys.tolist())


def test_networkx_integers_sort_as_numbers_and_are_their_own_key():
    graph = SocialGraph.from_networkx(networkx.Graph([(10, 9), (100, 9)]))
    assert graph.labels.tolist() == [9, 10, 100]
    assert graph.person_keys.tolist() == [9, 10, 100]
    assert SocialGraph.from_networkx(networkx.path_graph(4)).person_keys is None


def test_networkx_multigraph_and_direction():
    graph = SocialGraph.from_networkx(networkx.MultiDiGraph([(0, 1), (0, 1), (1, 0)]))
    assert rows_of(graph) == [[1], [0]]
    assert graph.directed
    assert "1 repeated arcs" in graph.notes[0]


def test_networkx_weights():
    source = networkx.Graph()
    source.add_weighted_edges_from([(0, 1, 4.0), (1, 2, 2.0)])
    graph = SocialGraph.from_networkx(source, tie="weight")
    assert graph.tie.tolist() == [1.0, 1.0, 0.5, 0.5]
    assert "largest (4)" in graph.notes[0]
    assert SocialGraph.from_networkx(source).tie is None
    source.add_edge(2, 3)
    with pytest.raises(GraphError, match="weight is None"):
        SocialGraph.from_networkx(source, tie="weight")
    with pytest.raises(GraphError, match="both called"):
        SocialGraph.from_networkx(networkx.Graph([(1, "1")]))


def test_keys_of_texts():
    assert key_of("17") == 17
    assert key_of("017") != 17
    assert key_of("17 ") != 17
    assert key_of(str(2**64)) != 2**64  # too long for a number: digested
    assert key_of("ann") == 0xA5F323BF6ADF3A8D  # BLAKE2b, 8 bytes, little-endian
