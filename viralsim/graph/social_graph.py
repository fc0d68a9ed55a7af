"""SocialGraph: who can see whom, as compressed sparse rows that never change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import GraphError
from ..kernels import csr
from .arrays import NO_TIE, keys_of, labels_of, merge_notes, narrow, owned, people_count, positions, ties_of

if TYPE_CHECKING:  # only for the signatures: networkx and scipy load when they are asked for
    import networkx
    import scipy.sparse

__all__ = ["SocialGraph"]


@dataclass(frozen=True, slots=True, eq=False, repr=False, weakref_slot=True)
class SocialGraph:
    """A social graph: arc u -> v means that v follows u, so v may be shown what u shares.

    Build it with `from_edges`, `from_csr`, `from_networkx`, `read`, or a generator of
    `viralsim.generate`; the constructor itself trusts what it is given. Arrays are read-only.

    Parameters
    ----------
    indptr : int32[n_nodes + 1], or int64 from 2^31 arcs on
        The followers of u are ``indices[indptr[u]:indptr[u + 1]]``.
    indices : int32[n_edges]
        Followers, ascending within each row, no repeats, no self-loops.
    tie : float32[n_edges] or None
        Closeness of each arc in [0, 1], in the order of `indices`; None if not known.
    person_keys : uint64[n_nodes] or None
        Stable identity of each person, on which random draws are keyed. None: the position.
    labels : numpy array [n_nodes] or None
        Identifiers of the file or networkx graph. None: the position.
    directed : bool
        False: every pair is stored both ways.
    notes : tuple of str
        What was merged, dropped or assumed while building, a sentence each.
    """

    indptr: NDArray[Any]
    indices: NDArray[np.int32]
    tie: NDArray[np.float32] | None = None
    person_keys: NDArray[np.uint64] | None = None
    labels: NDArray[Any] | None = None
    directed: bool = True
    notes: tuple[str, ...] = ()
    _cache: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for array in (self.indptr, self.indices, self.tie, self.person_keys, self.labels):
            if array is not None:
                array.flags.writeable = False

    # ---- building ------------------------------------------------------------------------------

    @classmethod
    def from_edges(
        cls,
        src: ArrayLike,
        dst: ArrayLike,
        n: int | None = None,
        tie: ArrayLike | None = None,
        directed: bool = True,
        *,
        person_keys: NDArray[np.uint64] | None = None,
        labels: NDArray[Any] | None = None,
        notes: Iterable[str] = (),
    ) -> SocialGraph:
        """Graph from two arrays of positions; repeats are merged and self-loops dropped, with a note.

        Parameters
        ----------
        src, dst : integer arrays (m,)
            Positions in [0, n): dst follows src, and may be shown what src shares.
        n : int, optional
            Number of people; the largest position plus 1 if not given.
        tie : float array (m,), optional
            Closeness in [0, 1]. Of repeated arcs the largest is kept.
        directed : bool
            False stores every pair both ways; a pair given in both directions counts as repeated.
        person_keys, labels : arrays (n,), optional
            Stable identities and original identifiers.
        notes : iterable of str
            Sentences put before those written here.

        Raises
        ------
        GraphError
            If lengths differ, positions are not integers in range, or a tie is outside [0, 1].

        Examples
        --------
        >>> SocialGraph.from_edges([0, 0, 1], [1, 2, 2])
        SocialGraph(3 people, 3 arcs, directed)
        """
        src, dst = positions(src, "src"), positions(dst, "dst")
        if src.shape != dst.shape:
            raise GraphError(
                f"src has {src.size} entries and dst {dst.size}: both need one entry per edge; "
                f"give arrays of the same length"
            )
        n = people_count(n, src, dst)
        ties = NO_TIE if tie is None else ties_of(tie, src.size)
        src, dst = src.astype(np.int32, copy=False), dst.astype(np.int32, copy=False)
        self_loops = int(np.count_nonzero(src == dst))
        pointers, grouped, grouped_tie = csr.group_by(dst, src, ties, n, not directed)
        given = int(grouped.size)
        pointers, columns, ties = csr.transpose(pointers, grouped, grouped_tie, n)
        del grouped, grouped_tie
        kept = int(csr.merge_repeats(pointers, columns, ties))
        if kept < given:
            columns, ties = columns[:kept].copy(), ties[:kept].copy()
        return cls(
            narrow(pointers, kept),
            columns,
            None if tie is None else ties,
            keys_of(person_keys, n),
            labels_of(labels, n),
            bool(directed),
            (*notes, *merge_notes(given - kept, self_loops, directed, tie is not None)),
        )

    @classmethod
    def from_csr(
        cls,
        indptr: ArrayLike,
        indices: ArrayLike,
        tie: ArrayLike | None = None,
        directed: bool = True,
        *,
        person_keys: NDArray[np.uint64] | None = None,
        labels: NDArray[Any] | None = None,
        notes: Iterable[str] = (),
    ) -> SocialGraph:
        """Graph from compressed sparse rows, checked.

        Rows that are not ascending, repeat an arc or hold a self-loop are put in order as
        `from_edges` would, and a note says so: the order of arcs then differs from the one given.

        Parameters
        ----------
        indptr : integer array (n + 1,)
        indices : integer array (m,)
            Followers of u at ``indptr[u]:indptr[u + 1]``.
        tie : float array (m,), optional
            Closeness in [0, 1].
        directed : bool
            False demands that every arc is stored both ways.
        person_keys, labels, notes
            As in `from_edges`.

        Raises
        ------
        GraphError
            If the arrays are not a valid structure, with the first row at fault.
        """
        pointers, columns = positions(indptr, "indptr"), positions(indices, "indices")
        n = pointers.size - 1
        if n < 0 or pointers[0] != 0 or pointers[-1] != columns.size:
            raise GraphError(
                f"indptr must start at 0 and end at the number of arcs ({columns.size}); "
                f"it has {pointers.size} entries"
                + (f", from {pointers[0]} to {pointers[-1]}" if pointers.size else "")
            )
        ties = NO_TIE if tie is None else ties_of(tie, columns.size)
        if columns.size and int(columns.max()) >= n:
            raise GraphError(f"indices names person {int(columns.max())}, but indptr describes {n} people")
        columns = columns.astype(np.int32, copy=False)
        fault, row = csr.row_fault(pointers, columns, n)
        if fault == 1:
            raise GraphError(f"indptr decreases after row {row}: row pointers must never decrease")
        notes = tuple(notes)
        if fault:
            rows = csr.sources(pointers, columns.size)
            found = {3: "holds a self-loop", 4: "is not ascending", 5: "repeats an arc"}[int(fault)]
            notes += (f"Rows were put in ascending order (row {row} {found}); arcs are in the new order.",)
            graph = cls.from_edges(rows, columns, n, tie, True, notes=notes)
            pointers, columns, notes = graph.indptr, graph.indices, graph.notes
            ties = NO_TIE if graph.tie is None else graph.tie
        if not directed and csr.reciprocated_count(pointers, columns) != columns.size:
            raise GraphError(
                "directed=False needs every arc stored both ways, and some are stored one way only; "
                "use from_edges(..., directed=False), or directed=True"
            )
        return cls(
            narrow(owned(pointers, indptr), columns.size),
            owned(columns, indices),
            None if tie is None else owned(ties, tie),
            keys_of(person_keys, n),
            labels_of(labels, n),
            bool(directed),
            notes,
        )

    @classmethod
    def from_networkx(cls, graph: networkx.Graph, tie: str | None = None) -> SocialGraph:
        """Graph from networkx; an arc u -> v of a directed one means that v follows u.

        People are put in canonical order (numerically if every node is an integer, else by text),
        so the order of insertion changes nothing. Parallel edges are merged with a note.

        Parameters
        ----------
        graph : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
        tie : str, optional
            Edge attribute to read as closeness, for instance "weight". Values above 1 are divided
            by the largest, and a note says so.

        Raises
        ------
        GraphError
            If two nodes have the same text, or an edge lacks the attribute or has a bad value.
        """
        from .people_order import from_networkx

        return from_networkx(graph, tie)

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        directed: bool | None = None,
        header: bool | None = None,
        delimiter: str | None = None,
        weight: str | int | bool | None = None,
        format: str | None = None,
    ) -> SocialGraph:
        """Graph from a file; see `viralsim.graph.readers.read_graph` for formats and arguments."""
        from .readers import read_graph

        return read_graph(
            path, directed=directed, header=header, delimiter=delimiter, weight=weight, format=format
        )

    # ---- what it holds -------------------------------------------------------------------------

    @property
    def n_nodes(self) -> int:
        """Number of people."""
        return int(self.indptr.size - 1)

    @property
    def n_edges(self) -> int:
        """Number of stored arcs (an undirected pair is two)."""
        return int(self.indices.size)

    @property
    def follower_count(self) -> NDArray[Any]:
        """Followers of each person: integers (n_nodes,), read-only."""
        if "follower_count" not in self._cache:
            counts = np.diff(self.indptr)
            counts.flags.writeable = False
            self._cache["follower_count"] = counts
        return self._cache["follower_count"]

    @property
    def memory_bytes(self) -> int:
        """Bytes held by the arrays."""
        arrays = (self.indptr, self.indices, self.tie, self.person_keys, self.labels)
        return sum(int(array.nbytes) for array in arrays if array is not None)

    @property
    def digest(self) -> str:
        """32 hexadecimal digits over structure, ties and keys (not over labels and notes)."""
        if "digest" not in self._cache:
            digest = hashlib.blake2b(digest_size=16)
            digest.update(f"viralsim-graph-1 {self.n_nodes} {self.n_edges} {self.directed}".encode())
            parts = [("indptr", self.indptr, "<i8"), ("indices", self.indices, "<i4")]
            if self.tie is not None:
                parts.append(("tie", self.tie, "<f4"))
            if self.person_keys is not None:
                parts.append(("keys", self.person_keys, "<u8"))
            for name, array, dtype in parts:
                digest.update(name.encode())
                digest.update(np.ascontiguousarray(array, dtype=dtype).data)
            self._cache["digest"] = digest.hexdigest()
        return self._cache["digest"]

    def keys(self) -> NDArray[np.uint64]:
        """Stable identity of every person, uint64 (n_nodes,): `person_keys`, or the positions."""
        if self.person_keys is not None:
            return self.person_keys
        return np.arange(self.n_nodes, dtype=np.uint64)

    def followers(self, person: int) -> NDArray[np.int32]:
        """Followers of the person at that position, int32, ascending."""
        return self.indices[self.indptr[person] : self.indptr[person + 1]]

    def label(self, person: int) -> Any:
        """Identifier of the person at that position, as the file or networkx graph had it."""
        return person if self.labels is None else self.labels[person].item()

    def reversed(self) -> SocialGraph:
        """The same people with every arc turned round: rows then hold whom a person follows."""
        if not self.directed and self.tie is None:
            return self
        ties = NO_TIE if self.tie is None else self.tie
        pointers, columns, ties = csr.transpose(self.indptr, self.indices, ties, self.n_nodes)
        return SocialGraph(
            narrow(pointers, columns.size),
            columns,
            None if self.tie is None else ties,
            self.person_keys,
            self.labels,
            self.directed,
            self.notes,
        )

    def adjacency(self) -> scipy.sparse.csr_array:
        """scipy CSR matrix (n_nodes, n_nodes), float64 ones at the arcs u -> v."""
        from scipy.sparse import csr_array

        shape = (self.n_nodes, self.n_nodes)
        return csr_array((np.ones(self.n_edges), self.indices, self.indptr), shape=shape)

    # ---- out -----------------------------------------------------------------------------------

    def to_networkx(self) -> networkx.Graph:
        """networkx DiGraph or Graph with the labels as nodes and, if known, "tie" on the edges."""
        from .people_order import to_networkx

        return to_networkx(self)

    def save(self, path: str | Path) -> Path:
        """Write the graph to a .npz file that `read` gives back unchanged; returns its path."""
        from .readers_arrays import save_npz

        return save_npz(self, path)

    def __reduce__(self) -> tuple[Any, ...]:
        return SocialGraph, (
            self.indptr,
            self.indices,
            self.tie,
            self.person_keys,
            self.labels,
            self.directed,
            self.notes,
        )

    def _description(self) -> str:
        pairs = f"{self.n_edges:,} arcs" if self.directed else f"{self.n_edges // 2:,} pairs"
        ties = "" if self.tie is None else ", ties"
        return f"{self.n_nodes:,} people, {pairs}, {'directed' if self.directed else 'undirected'}{ties}"

    def __repr__(self) -> str:
        return f"SocialGraph({self._description()})"

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<b>SocialGraph</b>: {self._description()}" + (f"<ul>{notes}</ul>" if notes else "")
