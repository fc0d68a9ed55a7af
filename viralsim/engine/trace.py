"""Trace: who shared what with whom's help, in one replicate, share by share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import EngineError

if TYPE_CHECKING:
    import networkx

    from viralsim.engine.touches import Touches

__all__ = ["ShareTree", "Trace"]


@dataclass(frozen=True, slots=True)
class ShareTree:
    """One share tree: a first sharer and all that followed.

    Parameters
    ----------
    item : str
        What was shared.
    rows : int64[size]
        Rows of the trace where its people first shared the item, the root first, parents before children.
    parents : int64[size]
        Position in `rows` of each person's parent, -1 for the root.
    depth : int
        Largest number of steps from the root.
    asked : bool
        Whether the root was asked to share.
    """

    item: str
    rows: NDArray[np.int64]
    parents: NDArray[np.int64]
    depth: int
    asked: bool

    @property
    def size(self) -> int:
        """Number of people."""
        return int(self.rows.size)


@dataclass(frozen=True)
class Trace:
    """Every share of one replicate, in the order of time; row = share.

    Parameters
    ----------
    person : int64[N]
        Position of the sharer in the audience of the replicate's draw.
    person_key : uint64[N]
        Stable key of the sharer.
    parent : int64[N]
        Row of the share whose display caused this one; for a copy the row of the share it copies; -1 if a
        post caused it or the person was asked.
    hour : float64[N]
        Hours from the start of the run.
    platform_idx, item_idx : int64[N]
        Positions in `platforms` and `items`.
    generation : int64[N]
        0 for people reached by posts or asked.
    asked : bool[N]
        Asked to share (no share in the counts).
    copy : bool[N]
        Copied from the person's own share on another platform.
    polarity : int64[N]
        +1, 0 or -1.
    platforms, items : tuple of str
        Ids.
    replicate : int
        Which replicate this is, -1 if unknown.
    touches : Touches or None
        What everybody noticed, and what they bought.
    """

    person: NDArray[np.int64]
    person_key: NDArray[np.uint64]
    parent: NDArray[np.int64]
    hour: NDArray[np.float64]
    platform_idx: NDArray[np.int64]
    item_idx: NDArray[np.int64]
    generation: NDArray[np.int64]
    asked: NDArray[np.bool_]
    copy: NDArray[np.bool_]
    polarity: NDArray[np.int64]
    platforms: tuple[str, ...]
    items: tuple[str, ...]
    replicate: int = -1
    touches: Touches | None = None

    def __post_init__(self) -> None:
        lengths = {f.name: getattr(self, f.name).shape for f in fields(self)[:10]}
        if len(set(lengths.values())) > 1:
            raise EngineError(f"trace: columns of different lengths: {lengths}; each share has one row")

    def __len__(self) -> int:
        """Number of shares (copies and asked posts included)."""
        return int(self.person.size)

    def __repr__(self) -> str:
        trees = len(self.trees())
        return (
            f"Trace({len(self):,} shares by {np.unique(self.person).size:,} people in {trees:,} share trees)"
        )

    @property
    def platform(self) -> NDArray[np.str_]:
        """Platform id of each share (text[N])."""
        return np.array(self.platforms, dtype=np.str_)[self.platform_idx]

    @property
    def item(self) -> NDArray[np.str_]:
        """Item id of each share (text[N])."""
        return np.array(self.items, dtype=np.str_)[self.item_idx]

    @cached_property
    def _nodes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the nodes (a person's first share of an item), and each node's parent node or -1."""
        first: dict[tuple[int, int], int] = {}
        node_of_row = np.empty(len(self), np.int64)
        rows: list[int] = []
        for row in range(len(self)):
            identity = (int(self.item_idx[row]), int(self.person[row]))
            if identity not in first:
                first[identity] = len(rows)
                rows.append(row)
            node_of_row[row] = first[identity]
        node_rows = np.array(rows, dtype=np.int64)
        causes = self.parent[node_rows] if rows else node_rows
        parents = np.full(node_rows.size, -1, np.int64)
        caused = causes >= 0
        parents[caused] = node_of_row[causes[caused]]
        return node_rows, parents

    def structural_virality(self) -> float:
        """Mean distance between two people of one share tree, pairs pooled; NaN if no tree has two people.

        Source: Goel, Anderson, Hofman and Watts 2016, The structural virality of online diffusion.
        """
        from viralsim.metrics.trees import structural_virality

        _, parents = self._nodes
        return float(structural_virality(parents)) if parents.size else float("nan")

    def trees(self) -> tuple[ShareTree, ...]:
        """The share trees, in the order of their first share; a person is one node per item."""
        rows, parents = self._nodes
        tree_of = np.empty(rows.size, np.int64)
        depth = np.zeros(rows.size, np.int64)
        roots: list[int] = []
        members: list[list[int]] = []
        for node in range(rows.size):  # parents share before their children, so they come first
            parent = int(parents[node])
            if parent >= 0:
                tree_of[node], depth[node] = tree_of[parent], depth[parent] + 1
                members[int(tree_of[node])].append(node)
            else:
                tree_of[node] = len(roots)
                roots.append(node)
                members.append([node])
        return tuple(self._tree(nodes, rows, parents, depth) for nodes in members)

    def _tree(
        self, nodes: list[int], rows: NDArray[np.int64], parents: NDArray[np.int64], depth: NDArray[np.int64]
    ) -> ShareTree:
        """One share tree from its nodes, root first."""
        position = {node: i for i, node in enumerate(nodes)}
        root_row = int(rows[nodes[0]])
        return ShareTree(
            item=self.items[int(self.item_idx[root_row])],
            rows=rows[nodes],
            parents=np.array([position.get(int(parents[node]), -1) for node in nodes], dtype=np.int64),
            depth=int(depth[nodes].max()),
            asked=bool(self.asked[root_row]),
        )

    def to_networkx(self) -> networkx.DiGraph[Any]:
        """The share trees as a forest: nodes (item, person) with hour, generation, asked, polarity."""
        import networkx

        forest: networkx.DiGraph[Any] = networkx.DiGraph()
        rows, parents = self._nodes
        names = [(self.items[int(self.item_idx[row])], int(self.person[row])) for row in rows]
        for name, row in zip(names, rows, strict=True):
            forest.add_node(
                name,
                hour=float(self.hour[row]),
                platform=self.platforms[int(self.platform_idx[row])],
                generation=int(self.generation[row]),
                asked=bool(self.asked[row]),
                polarity=int(self.polarity[row]),
            )
        forest.add_edges_from((names[p], names[i]) for i, p in enumerate(parents) if p >= 0)
        return forest

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """Columns by name, for a table or a file."""
        return {
            "person": self.person,
            "person_key": self.person_key,
            "parent": self.parent,
            "hour": self.hour,
            "platform": self.platform,
            "item": self.item,
            "generation": self.generation,
            "asked": self.asked,
            "copy": self.copy,
            "polarity": self.polarity,
        }
