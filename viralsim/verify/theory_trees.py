"""Structural virality of known trees, and by brute force; earned media value as plain arithmetic."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

__all__ = [
    "binary_tree",
    "earned_media_value",
    "path_tree",
    "star_tree",
    "star_virality",
    "virality_by_distances",
    "virality_of_binary_tree",
    "virality_of_path",
]


def star_virality(n: int) -> float:
    """Star of n people: 2 (n - 1) / n."""
    return 2.0 * (n - 1) / n


def virality_of_path(n: int) -> float:
    """Path of n people: (n + 1) / 3."""
    return (n + 1) / 3.0


def virality_of_binary_tree(depth: int) -> float:
    """Complete binary tree: the sum over its edges of s (n - s), s the people below, over n(n-1)/2.

    Examples
    --------
    >>> [round(virality_of_binary_tree(d), 6) for d in (1, 2, 3, 5, 10)]
    [1.333333, 2.285714, 3.504762, 6.58679, 16.037156]
    """
    n = 2 ** (depth + 1) - 1
    cut = sum(2**level * (s := 2 ** (depth - level + 1) - 1) * (n - s) for level in range(1, depth + 1))
    return 2.0 * cut / (n * (n - 1.0))


def star_tree(n: int) -> list[int]:
    """Parents of a star."""
    return [-1, *[0] * (n - 1)]


def path_tree(n: int) -> list[int]:
    """Parents of a path."""
    return list(range(-1, n - 1))


def binary_tree(depth: int) -> list[int]:
    """Parents of a complete binary tree."""
    return [(v - 1) // 2 if v else -1 for v in range(2 ** (depth + 1) - 1)]


def virality_by_distances(parents: Sequence[int]) -> float:
    """Mean distance over ordered pairs of different people of one tree, by a search from everybody.

    Notes
    -----
    Goel, Anderson, Hofman and Watts 2016, equation 1: the sum of d_ij over i != j, over n (n - 1).
    """
    n = len(parents)
    if n < 2:
        return float("nan")
    near: list[list[int]] = [[] for _ in range(n)]
    for v, u in enumerate(parents):
        if u >= 0:
            near[v].append(u)
            near[u].append(v)
    total = 0
    for start in range(n):
        distance = {start: 0}
        queue = deque([start])
        while queue:
            v = queue.popleft()
            for u in near[v]:
                if u not in distance:
                    distance[u] = distance[v] + 1
                    queue.append(u)
        total += sum(distance.values())
    return total / (n * (n - 1.0))


def earned_media_value(
    impressions: float = 0.0,
    cpm: float = 0.0,
    actions: Sequence[tuple[float, float]] = (),
    part: float = 1.0,
) -> float:
    """Earned media value: impressions per thousand x CPM (x the part earned) + count x price of each action.

    Notes
    -----
    CPM is a price per thousand. There is no standard formula (AMEC's Barcelona Principles reject any).

    Examples
    --------
    >>> earned_media_value(50_000, 0.05, [(5_000, 0.30), (500, 0.50)])
    1752.5
    """
    return impressions / 1000.0 * cpm * part + sum(count * price for count, price in actions)
