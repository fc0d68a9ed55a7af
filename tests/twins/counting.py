"""The log of a replicate in plain Python, and what `viralsim.metrics.tallies` asks to be counted in it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.kernels.layout import Plan, World

__all__ = ["Display", "Node", "Share", "count_curves", "count_events", "count_people", "summarise_trees"]

POSITIVE, NEUTRAL, NEGATIVE = 1, 0, -1
ORIGINS = ("owned", "paid", "earned")


@dataclass
class Display:
    """A display that happened, and what came of it."""

    step: int
    slot: int
    person: int
    origin: str
    noticed: bool = False
    liked: bool = False
    clicked: bool = False
    comment: int | None = None
    discovery: bool = False
    dark: bool = False
    echo: bool = False


@dataclass(frozen=True)
class Share:
    """A share that happened; `asked` ones are no shares in the counts."""

    step: int
    slot: int
    person: int
    polarity: int
    asked: bool
    copied: bool
    private: bool = False


@dataclass(frozen=True)
class Node:
    """A person in the share trees of an item; `parent` is a position in the list of nodes, -1 for a root."""

    person: int
    parent: int
    generation: int
    item: int
    step: int
    slot: int
    asked: bool


def tree_distances(neighbours: dict[int, list[int]]) -> tuple[int, int]:
    """Sum of the distances over ordered pairs of one tree, by a search from each node; nodes in the tree."""
    total = 0
    for source in neighbours:
        distance = {source: 0}
        waiting = deque([source])
        while waiting:
            at = waiting.popleft()
            for other in neighbours[at]:
                if other not in distance:
                    distance[other] = distance[at] + 1
                    waiting.append(other)
        assert len(distance) == len(neighbours)
        total += sum(distance.values())
    return total, len(neighbours)


def summarise_trees(nodes: list[Node]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The trees, generations and tree sizes of `Tallies`, from the definitions."""
    root_of = list(range(len(nodes)))
    for number, node in enumerate(nodes):
        if node.parent >= 0:
            root_of[number] = root_of[node.parent]
    trees: dict[int, dict[int, list[int]]] = {}
    brand = -1
    broadcast: dict[int, list[int]] = {brand: []}
    for number, node in enumerate(nodes):
        tree = trees.setdefault(root_of[number], {})
        tree[number], broadcast[number] = [], []
        if node.parent >= 0:
            tree[number].append(node.parent)
            tree[node.parent].append(number)
        above = node.parent if node.parent >= 0 else brand
        broadcast[number].append(above)
        broadcast[above].append(number)
    depth = {root: max(nodes[number].generation for number in tree) for root, tree in trees.items()}
    distances = [tree_distances(tree) for tree in trees.values()]
    distance_broadcast, size_broadcast = tree_distances(broadcast)
    sizes = [size for _, size in distances]
    summary = [
        len(trees),
        sizes.count(1),
        sum(1 for root in trees if depth[root] <= 1),
        sum(1 for size in sizes if size >= 100),
        len(nodes),
        sum(1 for node in nodes if node.asked),
        max(sizes, default=0),
        max(depth.values(), default=-1),
        sum(total for total, _ in distances),
        sum(size * (size - 1) for size in sizes),
        distance_broadcast,
        size_broadcast * (size_broadcast - 1),
    ]
    generations, tree_sizes = np.zeros(64, np.int64), np.zeros(40, np.int64)
    for node in nodes:
        generations[min(node.generation, 63)] += 1
    for size in sizes:
        tree_sizes[len(bin(size)) - 3] += 1
    return np.array(summary, np.int64), generations, tree_sizes


def count_events(world: World, plan: Plan, displays: list[Display], shares: list[Share]) -> NDArray[np.int64]:
    """`Tallies.counts` of one replicate, from the log."""
    segment = world.segment
    counts = np.zeros((len(plan.slot_item), int(max(segment)) + 1, 16), np.int64)
    for display in displays:
        cell = counts[display.slot, segment[display.person]]
        cell[ORIGINS.index(display.origin)] += 1
        cell[3] += display.noticed
        cell[4] += display.liked
        if display.comment is not None:
            cell[{POSITIVE: 5, NEUTRAL: 6, NEGATIVE: 7}[display.comment]] += 1
        if display.clicked:
            cell[8 + ORIGINS.index(display.origin)] += 1
    for share in shares:
        cell = counts[share.slot, segment[share.person]]
        if share.asked:
            cell[15] += 1
        else:
            cell[{POSITIVE: 11, NEUTRAL: 12, NEGATIVE: 13}[share.polarity]] += 1
            cell[14] += share.copied
    return counts


def count_people(world: World, plan: Plan, displays: list[Display], shares: list[Share]) -> NDArray[np.int64]:
    """`Tallies.people` of one replicate: for each scope, the sets of people, counted by segment."""
    segment = world.segment
    pairs = [(int(i), int(p)) for i, p in zip(plan.slot_item, plan.slot_platform, strict=True)]
    rival = plan.reaching.rival
    slots = [s for s in range(len(pairs)) if not (len(rival) and rival[s])]
    scopes = [set(slots)]
    scopes += [{s for s in range(len(pairs)) if pairs[s][0] == item} for item in range(len(plan.item_key))]
    scopes += [{s for s in slots if pairs[s][1] == platform} for platform in range(len(plan.platform_key))]
    scopes += [{s} for s in range(len(pairs))]
    people = np.zeros((4, len(scopes), int(max(segment)) + 1), np.int64)
    for number, scope in enumerate(scopes):
        seen = [display for display in displays if display.slot in scope]
        reached = {display.person for display in seen}
        earned_only = reached - {display.person for display in seen if display.origin != "earned"}
        noticed = {display.person for display in seen if display.noticed}
        sharers = {share.person for share in shares if share.slot in scope and not share.asked}
        for measure, who in enumerate((reached, earned_only, noticed, sharers)):
            for person in who:
                people[measure, number, segment[person]] += 1
    return people


def count_curves(world: World, plan: Plan, displays: list[Display], shares: list[Share]) -> NDArray[np.int64]:
    """`Tallies.curves` of one replicate, from the log, which is in order of time for each person."""
    bin_of_step = plan.bin_of_step
    curves = np.zeros((5, len(plan.slot_item), int(max(bin_of_step)) + 1), np.int64)
    reached: set[int] = set()
    for display in displays:
        curves[ORIGINS.index(display.origin), display.slot, bin_of_step[display.step]] += 1
        rival = plan.reaching.rival
        if display.person not in reached and not (len(rival) and rival[display.slot]):
            reached.add(display.person)
            curves[4, display.slot, bin_of_step[display.step]] += 1
    for share in shares:
        if not share.asked:
            curves[3, share.slot, bin_of_step[share.step]] += 1
    return curves
