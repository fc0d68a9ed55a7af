"""Reading graphs from files: every format, and every way in which a file can be wrong."""

import contextlib
import gzip
import sys

import networkx
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from viralsim.errors import GraphError
from viralsim.graph import SocialGraph
from viralsim.graph.people_order import number_integers

PAIRS = [(0, 1), (1, 2), (0, 3)]


@pytest.fixture
def write(tmp_path):
    """Write text or bytes to a file of that name and return its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def arcs(graph):
    """Arcs as pairs of labels."""
    return [(graph.label(u), graph.label(int(v))) for u in range(graph.n_nodes) for v in graph.followers(u)]


# ---- edge lists that are fine ------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", "\t", ";", " ", "  ", ", "])
@pytest.mark.parametrize("head", ["", "source,target\n", "# a comment\n", "% a comment\n\n", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_headers_comments_and_line_ends(write, separator, head, end):
    text = head.replace(",", separator) + "".join(f"{u}{separator}{v}\n" for u, v in PAIRS)
    graph = SocialGraph.read(write("edges.txt", text.replace("\n", end)), directed=True)
    assert arcs(graph) == sorted(PAIRS)
    assert graph.notes == ()


def test_packed_files_give_the_same_graph_whatever_their_name(write):
    text = "".join(f"{u},{v}\n" for u, v in PAIRS)
    plain = SocialGraph.read(write("a.csv", text), directed=True)
    for name in ("a.csv.gz", "packed.csv"):
        assert (
            SocialGraph.read(write(name, gzip.compress(text.encode())), directed=True).digest == plain.digest
        )


def test_direction_is_undirected_unless_asked_and_said(write):
    path = write("a.csv", "0,1\n1,0\n")
    graph = SocialGraph.read(path)
    assert not graph.directed
    assert graph.n_edges == 2
    assert "undirected" in graph.notes[0]
    assert "1 repeated pairs" in graph.notes[1]
    assert SocialGraph.read(path, directed=True).directed
    assert SocialGraph.read(path, directed=False).notes == graph.notes[1:]


def test_repeats_and_self_loops_are_counted(write):
    graph = SocialGraph.read(write("a.csv", "0,1\n0,1\n0,1\n1,1\n"), directed=True)
    assert graph.n_edges == 1
    assert "2 repeated arcs" in graph.notes[0]
    assert "1 self-loops" in graph.notes[1]


@settings(max_examples=30, deadline=None)
@given(st.permutations([(5, 900), (17, 5), (3, 17), (900, 3), (2**62, 5)]))
def test_order_of_lines_changes_nothing(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("order") / "a.csv"
    path.write_text("".join(f"{u},{v}\n" for u, v in pairs))
    graph = SocialGraph.read(path, directed=True)
    assert graph.labels.tolist() == [3, 5, 17, 900, 2**62]
    assert graph.person_keys.tolist() == graph.labels.tolist()
    assert arcs(graph) == [(3, 17), (5, 900), (17, 5), (900, 3), (2**62, 5)]


def test_text_ids_keep_their_keys_when_a_line_is_added(write):
    one = SocialGraph.read(write("a.csv", "bob,ann\ncy,bob\n"))
    two = SocialGraph.read(write("b.csv", "abe,bob\nbob,ann\ncy,bob\n"))
    assert one.labels.tolist() == ["ann", "bob", "cy"]
    keys = dict(zip(two.labels.tolist(), two.person_keys.tolist(), strict=True))
    assert one.person_keys.tolist() == [keys["ann"], keys["bob"], keys["cy"]]


def test_texts_with_quotes_spaces_and_separators(write):
    graph = SocialGraph.read(write("a.csv", '"Smith, Ann",bob\nbob,"Cy ""X"" Z"\n'), directed=True)
    assert arcs(graph) == [("Smith, Ann", "bob"), ("bob", 'Cy "X" Z')]
    graph = SocialGraph.read(write("a.tsv", "Ann Smith\tbob\nbob\tCy Z\n"), directed=True)
    assert arcs(graph) == [("Ann Smith", "bob"), ("bob", "Cy Z")]
    quoted = SocialGraph.read(write("q.csv", '"0","1"\n"1","2"\n"0","3"\n'), directed=True)
    assert arcs(quoted) == sorted(PAIRS)


def test_ids_that_look_like_numbers_can_be_texts(write):
    path = write("a.txt", "007 7\n7 12\n")
    assert arcs(SocialGraph.read(path, directed=True)) == [(7, 12)]
    assert arcs(SocialGraph.read(path, directed=True, format="edges-text")) == [("007", "7"), ("7", "12")]


def test_header_detected_or_told(write):
    path = write("a.csv", "ann,bob\nbob,cy\n")
    assert SocialGraph.read(path).n_nodes == 3
    assert SocialGraph.read(path, header=True).n_nodes == 2
    path = write("b.csv", "follower,followee\nann,bob\n")
    assert SocialGraph.read(path).n_nodes == 2
    assert SocialGraph.read(path, header=False).n_nodes == 4
    assert SocialGraph.read(write("c.csv", "x,y\n1,2\n")).n_nodes == 2


def test_delimiter_told(write):
    graph = SocialGraph.read(write("a.txt", "0|1\n1|2\n0|3\n"), directed=True, delimiter="|")
    assert arcs(graph) == sorted(PAIRS)


def test_sparse_ids_are_numbered_as_by_sorting():
    values = np.random.default_rng(1).integers(0, 2**62, 150_000)
    src, dst, ids = number_integers(values[:100_000], values[50_000:])
    assert np.array_equal(ids, np.unique(values))
    assert np.array_equal(ids[src], values[:100_000])
    assert np.array_equal(ids[dst], values[50_000:])


@pytest.mark.parametrize("separator", [",", "\t", " "])
def test_many_texts_at_once_and_line_by_line_agree(write, separator):
    lines = [f"p{i * 7919 % 1000}{separator}p{i * 31 % 997}{separator}x\n" for i in range(2000)]
    fast = SocialGraph.read(write("a.txt", "".join(lines)), directed=True)
    lines.insert(1500, "# a comment sends the file to the line-by-line reader\n\n")
    slow = SocialGraph.read(write("b.txt", "".join(lines)), directed=True)
    assert fast.digest == slow.digest
    assert fast.labels.tolist() == slow.labels.tolist()
    assert fast.notes == slow.notes


# ---- weights -----------------------------------------------------------------------------------


def test_weights_become_ties(write):
    graph = SocialGraph.read(write("a.csv", "u,v,weight\n0,1,4\n1,2,1\n"), directed=True)
    assert graph.tie.tolist() == [1.0, 0.25]
    assert "column 3" in graph.notes[0]
    assert "divided by the largest (4)" in graph.notes[0]
    graph = SocialGraph.read(write("b.csv", "0,1,0.5\n0,1,0.25\n1,2,0\n"), directed=True)
    assert graph.tie.tolist() == [0.5, 0.0]
    assert "weight=False" in graph.notes[0]


def test_which_column_is_the_weight(write):
    path = write("a.csv", "u,v,year,closeness\n0,1,2001,0.5\n1,2,2002,1\n")
    graph = SocialGraph.read(path, directed=True)
    assert graph.tie is None
    assert graph.notes == ("Not read: columns year, closeness.",)
    for weight in ("closeness", 4):
        graph = SocialGraph.read(path, directed=True, weight=weight)
        assert graph.tie.tolist() == [0.5, 1.0]
        assert "Not read: column year." in graph.notes
    assert SocialGraph.read(path, directed=True, weight=False).notes == ()


@pytest.mark.parametrize(
    ("text", "weight", "message"),
    [
        ("u,v,weight\n0,1,2\n", "weihgt", "did you mean weight"),
        ("u,v,year\n0,1,2\n", True, "nothing is called weight"),
        ("0,1,2\n", "w", "no header"),
        ("0,1,2\n", 4, "there are 3 columns"),
        ("0,1\n", True, "only 2 columns"),
        ("0,1,2\n1,2,nan\n", None, "a.csv:2: weight 'nan'"),
        ("0,1,2\n1,2,-1\n", None, "a.csv:2: weight '-1'"),
        ("0,1,2\n1,2,inf\n", None, "a.csv:2: weight 'inf'"),
        ("u,v,weight\n0,1,2\n1,2,much\n", None, "a.csv:3: weight 'much'"),
        ("u,v,weight\na,b,2\nc,d,\n", None, "a.csv:3: weight ''"),
    ],
)
def test_bad_weights(write, text, weight, message):
    with pytest.raises(GraphError, match=message):
        SocialGraph.read(write("a.csv", text), weight=weight)


# ---- edge lists that are not fine --------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("", 1, "empty"),
        ("\n\n# nothing\n", 1, "no edge found"),
        ("source,target\n", 1, "a header and no edges"),
        ("0\n1\n", 1, "one column"),
        ("0,1\n1,2\n1,abc\n", 3, "'abc' is not a whole number"),
        ("0,1\n1,2.5\n2,3\n", 2, "'2.5' is not a whole number"),
        ("0,1\n# fine\n\n1,-2\n", 4, "-2 is negative"),
        (f"0,1\n1,{2**63}\n", 2, "too large"),
        (f"0,1\n1,{10**30}\n", 2, "too large"),
        ("0,1\n1,2,3\n", 2, "3 columns found; 2 are expected"),
        ("0,1\n1\n", 2, "1 columns found; 2 are expected"),
        ("0,1,1\n1,2\n", 2, "2 columns found; 3 are expected"),
        ("0,1\n1,\n", 2, "'' is not a whole number"),
        ("ann,bob\ncy,\n", 2, "an id is empty"),
        (b"0,1\n1,2\n\xff\xfe\x00\x01\n", 3, "binary"),
        (b"ann,bob\nren\xe9,bob\n", 2, "byte 0xe9 is not UTF-8"),
        ("0,1\n".encode("utf-16"), 1, "UTF-16"),
        (bytes(range(256)) * 50, 1, "."),
    ],
)
def test_bad_edge_lists_name_the_line(write, content, line, message):
    path = write("a.csv", content)
    with pytest.raises(GraphError, match=message) as caught:
        SocialGraph.read(path)
    assert str(caught.value).startswith(f"{path}:{line}:")


def test_bad_line_far_down_a_long_file(write):
    lines = [f"{i},{i + 1}\n" for i in range(5000)]
    lines[4321] = "12,x\n"
    with pytest.raises(GraphError, match=r"a.csv:4322: id 'x'"):
        SocialGraph.read(write("a.csv", "".join(lines)))


def test_truncated_gzip(write):
    packed = gzip.compress("".join(f"{i} {i * 7919 % 10007}\n" for i in range(5000)).encode())
    for keep in (len(packed) // 2, len(packed) - 4):
        with pytest.raises(GraphError, match=r"a.txt.gz:\d+: the compressed data is damaged or ends early"):
            SocialGraph.read(write("a.txt.gz", packed[:keep]))
    broken = bytearray(packed)
    broken[200] ^= 0xFF
    with pytest.raises(GraphError, match="compressed data is damaged"):
        SocialGraph.read(write("b.txt.gz", bytes(broken)))


def test_missing_files_folders_and_unknown_names(tmp_path, write):
    write("friends.csv", "0,1\n")
    with pytest.raises(GraphError, match=r"did you mean friends\.csv"):
        SocialGraph.read(tmp_path / "freinds.csv")
    with pytest.raises(GraphError, match="there is no folder"):
        SocialGraph.read(tmp_path / "nowhere" / "a.csv")
    with pytest.raises(GraphError, match="is a folder"):
        SocialGraph.read(tmp_path)
    with pytest.raises(GraphError, match="format is not clear"):
        SocialGraph.read(write("a.pdf", "0,1\n"))
    assert SocialGraph.read(write("a.pdf", "0,1\n"), format="edges").n_nodes == 2
    with pytest.raises(GraphError, match="did you mean graphml"):
        SocialGraph.read(write("a.xml", "<x/>"), format="grapml")
    with pytest.raises(GraphError, match="only apply to edge lists"):
        SocialGraph.read(write("a.gml", "graph []"), header=True)
    with pytest.raises(GraphError, match="one character"):
        SocialGraph.read(write("a.csv", "0,1\n"), delimiter="::")


# ---- other formats -----------------------------------------------------------------------------

WRITERS = {
    "graphml": networkx.write_graphml,
    "gexf": networkx.write_gexf,
    "gml": networkx.write_gml,
    "net": networkx.write_pajek,
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*processing pajek:UserWarning")
def test_network_formats(tmp_path, kind, directed):
    source = networkx.DiGraph() if directed else networkx.Graph()
    source.add_weighted_edges_from([("ann", "bob", 2.0), ("cy", "ann", 1.0)])
    source.add_node("dee")
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](source, path)
    graph = SocialGraph.read(path)
    expected = SocialGraph.from_networkx(source, tie="weight")
    assert graph.labels.tolist() == ["ann", "bob", "cy", "dee"]
    assert graph.digest == expected.digest
    assert SocialGraph.read(path, weight=False).tie is None
    other = SocialGraph.read(path, directed=not directed)
    assert other.directed is not directed
    assert other.n_edges == 4
    packed = tmp_path / f"b.{kind}.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert SocialGraph.read(packed).digest == graph.digest


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("content", [b"\x00\x01garbage\xff", b"<graphml><graph", b"graph [ node [ id 1 ]"])
def test_broken_network_files(write, kind, content):
    path = write(f"a.{kind}", content)
    if kind == "net":  # Pajek's reader skips lines it does not know, so there may be nothing to complain of
        with contextlib.suppress(GraphError):
            assert SocialGraph.read(path).n_edges == 0
        return
    with pytest.raises(GraphError) as caught:
        SocialGraph.read(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("name", ["a.mtx", "a.mtx.gz"])
def test_matrix_market(tmp_path, name):
    matrix = scipy.sparse.coo_array(([1.0, 0.5], ([0, 1], [1, 2])), shape=(4, 4))
    path = tmp_path / name
    with (gzip.open if name.endswith("gz") else open)(path, "wb") as stream:
        scipy.io.mmwrite(stream, matrix, symmetry="general")
    graph = SocialGraph.read(path)
    assert graph.directed
    assert graph.n_nodes == 4
    assert arcs(graph) == [(0, 1), (1, 2)]
    assert graph.tie.tolist() == [1.0, 0.5]
    assert SocialGraph.read(path, weight=False).tie is None


def test_matrix_market_symmetric_pattern_and_bad(write):
    head = "%%MatrixMarket matrix coordinate pattern symmetric\n"
    graph = SocialGraph.read(write("a.mtx", head + "3 3 2\n2 1\n3 1\n"))
    assert not graph.directed
    assert graph.tie is None
    assert arcs(graph) == [(0, 1), (0, 2), (1, 0), (2, 0)]
    for text, message in [
        (head + "3 3 2\n2 1\n", "Matrix Market"),
        (head + "3 3 1\n9 1\n", "Matrix Market"),
        ("0,1\n", "Matrix Market"),
        ("%%MatrixMarket matrix coordinate real general\n2 3 1\n1 2 1\n", "shape"),
        ("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 -1\n", "at least 0"),
    ]:
        with pytest.raises(GraphError, match=message):
            SocialGraph.read(write("b.mtx", text))


def test_sparse_npz(tmp_path):
    matrix = scipy.sparse.csr_array(np.array([[0, 2.0], [0, 0]]))
    scipy.sparse.save_npz(tmp_path / "a.npz", matrix)
    graph = SocialGraph.read(tmp_path / "a.npz")
    assert arcs(graph) == [(0, 1)]
    assert graph.tie.tolist() == [1.0]
    scipy.sparse.save_npz(tmp_path / "b.npz", matrix + matrix.T)
    graph = SocialGraph.read(tmp_path / "b.npz")
    assert not graph.directed
    assert "symmetric" in graph.notes[0]


def test_bad_npz(tmp_path, write):
    np.savez(tmp_path / "a.npz", x=np.arange(3))
    with pytest.raises(GraphError, match=r"holds x; allowed"):
        SocialGraph.read(tmp_path / "a.npz")
    with pytest.raises(GraphError, match=r"not a readable \.npz"):
        SocialGraph.read(write("b.npz", b"garbage"))
    good = SocialGraph.from_edges([0], [1]).save(tmp_path / "c.npz")
    with pytest.raises(GraphError, match=r"not a readable \.npz"):
        SocialGraph.read(write("d.npz", good.read_bytes()[:-40]))
    with pytest.raises(GraphError, match="directed=True; read"):
        pytest.fail(str(SocialGraph.read(good, directed=False)))
    arrays = dict(np.load(good))
    np.savez(tmp_path / "e.npz", **{**arrays, "indices": np.array([7], dtype=np.int32)})
    with pytest.raises(GraphError, match="names person 7"):
        SocialGraph.read(tmp_path / "e.npz")
    np.savez(tmp_path / "f.npz", **{**arrays, "viralsim_graph": np.array(99)})
    with pytest.raises(GraphError, match="version 99"):
        SocialGraph.read(tmp_path / "f.npz")


def test_parquet_without_the_extra(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(GraphError, match=r'"data" extra.*viralsim\[data\]'):
        SocialGraph.read(write("a.parquet", b"PAR1"))


def test_parquet(tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="Parquet needs the data extra")
    numbers, texts, gaps = (str(tmp_path / f"{name}.parquet") for name in ("numbers", "texts", "gaps"))
    with duckdb.connect() as connection:
        rows = "(VALUES (0, 1, 2.0), (1, 2, 1.0), (0, 30, 0.0)) t(a, b, weight)"
        connection.execute(f"COPY (SELECT * FROM {rows}) TO '{numbers}'")
        connection.execute(
            f"COPY (SELECT * FROM (VALUES ('bob', 'ann'), ('cy', 'bob')) t(a, b)) TO '{texts}'"
        )
        connection.execute(f"COPY (SELECT * FROM (VALUES (1, 2), (NULL, 3)) t(a, b)) TO '{gaps}'")
    graph = SocialGraph.read(numbers, directed=True)
    assert arcs(graph) == [(0, 1), (0, 30), (1, 2)]
    assert graph.tie.tolist() == [1.0, 0.0, 0.5]
    assert arcs(SocialGraph.read(texts, directed=True)) == [("bob", "ann"), ("cy", "bob")]
    with pytest.raises(GraphError, match="row 2 is empty"):
        SocialGraph.read(gaps)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(GraphError, match="not a readable Parquet"):
        SocialGraph.read(tmp_path / "bad.parquet")
