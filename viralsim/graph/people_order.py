"""Canonical order and stable identity of people who come with identifiers, and networkx both ways.

The order of lines in a file must never change a result: people are sorted by identifier (numerically
if all are integers, else as text) and random draws are keyed on the identifier itself, so that
adding a person leaves everyone else's draws alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from ..errors import GraphError
from ..kernels import csr
from .social_graph import SocialGraph

__all__ = ["from_networkx", "key_of", "number_integers", "number_texts", "scale_ties", "to_networkx"]

_KEY_LIMIT = 2**64
_DENSE_FACTOR = 16  # a table over all ids up to the largest beats sorting while ids are this dense


def key_of(label: str) -> int:
    """Stable 64-bit identity of a text identifier.

    A whole number written plainly is its own key; any other text is digested with BLAKE2b (64 bits).
    """
    if len(label) <= 20 and label.isascii() and label.isdigit() and (label == "0" or label[0] != "0"):
        number = int(label)
        if number < _KEY_LIMIT:
            return number
    return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "little")


def number_integers(
    src: NDArray[np.int64], dst: NDArray[np.int64], everyone: NDArray[np.int64] | None = None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Positions of integer identifiers in ascending order.

    Parameters
    ----------
    src, dst : int64[m]
        Identifiers at the two ends of each edge.
    everyone : int64, optional
        Identifiers of people who may have no edge.

    Returns
    -------
    src, dst : int32[m] or int64[m]
        Positions.
    ids : int64[n]
        Identifiers, ascending.
    """
    sides = [src, dst] if everyone is None else [src, dst, everyone]
    lowest = min((int(side.min()) for side in sides if side.size), default=0)
    highest = max((int(side.max()) for side in sides if side.size), default=-1)
    count = sum(side.size for side in sides)
    if lowest >= 0 and highest < _DENSE_FACTOR * count + 1000:
        present = np.zeros(highest + 1, dtype=bool)
        for side in sides:
            present[side] = True
        ids = np.flatnonzero(present)
        if ids.size == present.size:
            return src, dst, ids
        position = np.cumsum(present, dtype=np.int32)
        position -= 1
        return position[src], position[dst], ids
    ids, found = _number_sparse(sides)
    order = np.argsort(ids)
    rank = np.empty(ids.size, dtype=np.int32)
    rank[order] = np.arange(ids.size, dtype=np.int32)
    return rank[found[0]], rank[found[1]], ids[order]


def _number_sparse(sides: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:
    """Different identifiers in the order met, and the number of each side's; hashing, without sorting edges."""
    room = 1 << 16
    while True:
        table = np.full(2 * room, -1, dtype=np.int32)
        ids = np.empty(room, dtype=np.int64)
        places = [np.empty(side.size, dtype=np.int32) for side in sides]
        known = 0
        for side, place in zip(sides, places, strict=True):
            known = csr.number_by_hash(side, place, ids, known, table)
            if known < 0:
                break
        if known >= 0:
            return ids[:known].copy(), places
        room *= 8


def number_texts(labels: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.uint64]]:
    """Order, labels and keys of different text identifiers.

    Returns
    -------
    rank : int64[n]
        New position of each label.
    ordered : text[n]
    keys : uint64[n]

    Raises
    ------
    GraphError
        If an identifier occurs twice or two have the same key.
    """
    order = sorted(range(len(labels)), key=labels.__getitem__)
    ordered = [labels[i] for i in order]
    for one, other in pairwise(ordered):
        if one == other:
            raise GraphError(f"two people are both called {one!r}; every identifier must be unique as text")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    keys = np.array([key_of(label) for label in ordered], dtype=np.uint64)
    return rank, np.array(ordered, dtype=str), keys


def scale_ties(weights: NDArray[np.float64], what: str) -> tuple[NDArray[np.float32], list[str]]:
    """Ties in [0, 1] from weights that are known to be finite and not negative, with a note.

    Weights up to 1 are taken as they are; otherwise all are divided by the largest.
    """
    largest = float(weights.max()) if weights.size else 0.0
    if largest <= 1:
        return weights.astype(np.float32), [f"Ties were read from {what}."]
    note = f"Ties were read from {what} and divided by the largest ({largest:g}) to lie between 0 and 1."
    return (weights / largest).astype(np.float32), [note]


def build(
    src: NDArray[Any],
    dst: NDArray[Any],
    ids: NDArray[np.int64],
    ties: NDArray[np.float32] | None,
    directed: bool,
    notes: Sequence[str],
) -> SocialGraph:
    """Graph of positions whose people carry ascending integer identifiers."""
    plain = ids.size == 0 or (int(ids[0]) == 0 and int(ids[-1]) == ids.size - 1)
    return SocialGraph.from_edges(
        src,
        dst,
        int(ids.size),
        ties,
        directed,
        person_keys=None if plain else ids.astype(np.uint64),
        labels=None if plain else ids,
        notes=notes,
    )


def from_networkx(
    graph: networkx.Graph, tie: str | None = None, directed: bool | None = None, notes: Sequence[str] = ()
) -> SocialGraph:
    """Graph from networkx; see `SocialGraph.from_networkx`. `directed` overrides what the graph says."""
    nodes = list(graph.nodes)
    m = graph.number_of_edges()
    position = {node: i for i, node in enumerate(nodes)}
    src = np.fromiter((position[edge[0]] for edge in graph.edges()), dtype=np.int64, count=m)
    dst = np.fromiter((position[edge[1]] for edge in graph.edges()), dtype=np.int64, count=m)
    ties, notes = None, list(notes)
    if tie is not None:
        values = (_weight(u, v, data.get(tie), tie) for u, v, data in graph.edges(data=True))
        weights = np.fromiter(values, np.float64, m)
        ties, more = scale_ties(weights, f"the edge attribute {tie!r}")
        notes += more
    as_directed = graph.is_directed() if directed is None else directed
    if graph.is_directed() and not as_directed:
        notes.append("The file's arcs were read as undirected pairs, as asked.")
    if not graph.is_directed() and as_directed:  # each pair is two arcs
        src, dst = np.concatenate([src, dst]), np.concatenate([dst, src])
        ties = None if ties is None else np.concatenate([ties, ties])
    whole = [_whole_number(node) for node in nodes]
    if all(number is not None for number in whole) and len(set(whole)) == len(whole):
        numbers = np.array(whole, dtype=np.int64)
        src, dst, ids = number_integers(numbers[src], numbers[dst], numbers)
        return build(src, dst, ids, ties, as_directed, notes)
    rank, labels, keys = number_texts([str(node) for node in nodes])
    return SocialGraph.from_edges(
        rank[src], rank[dst], len(nodes), ties, as_directed, person_keys=keys, labels=labels, notes=notes
    )


def to_networkx(graph: SocialGraph) -> networkx.Graph:
    """networkx graph with the labels as nodes; see `SocialGraph.to_networkx`."""
    out: networkx.Graph = networkx.DiGraph() if graph.directed else networkx.Graph()
    names = list(range(graph.n_nodes)) if graph.labels is None else graph.labels.tolist()
    out.add_nodes_from(names)
    src = np.repeat(np.arange(graph.n_nodes), graph.follower_count)
    dst, ties = graph.indices, graph.tie
    if not graph.directed:
        once = src < dst
        src, dst, ties = src[once], dst[once], None if ties is None else ties[once]
    pairs = ((names[u], names[v]) for u, v in zip(src.tolist(), dst.tolist(), strict=True))
    if ties is None:
        out.add_edges_from(pairs)
    else:
        out.add_weighted_edges_from(
            ((u, v, value) for (u, v), value in zip(pairs, ties.tolist(), strict=True)), weight="tie"
        )
    return out


def _whole_number(node: Any) -> int | None:
    """The integer of [0, 2^63) a node stands for (an int, or its plain decimal text), else None."""
    if isinstance(node, (int, np.integer)) and not isinstance(node, bool):
        number = int(node)
    elif (
        isinstance(node, str)
        and len(node) < 20
        and node.isascii()
        and node.isdigit()
        and str(int(node)) == node
    ):
        number = int(node)
    else:
        return None
    return number if 0 <= number < 2**63 else None


def _weight(u: Any, v: Any, value: Any, name: str) -> float:
    """The edge's weight as a finite number of at least 0, or GraphError."""
    try:
        weight = float(value)
    except (TypeError, ValueError):
        weight = -1.0
    if not 0 <= weight < float("inf"):
        raise GraphError(
            f"edge {u!r} - {v!r}: {name} is {value!r}; every edge needs a finite number of at least 0; "
            f"complete the attribute, or read without ties"
        )
    return weight
