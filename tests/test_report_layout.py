"""Layouts of share trees: generations on rings and rows, subtrees apart."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from viralsim.report.tree_layout import depths_of, layered_layout, leaf_positions, radial_layout

TREES = st.integers(1, 60).flatmap(
    lambda n: st.tuples(*(st.integers(0, i - 1) for i in range(1, n))).map(
        lambda parents: np.array([-1, *parents], np.int64)
    )
)


def subtree(parents: np.ndarray, node: int) -> set[int]:
    found = {node}
    for child in range(node + 1, parents.size):
        if parents[child] in found:
            found.add(child)
    return found


@settings(max_examples=80, deadline=None)
@given(TREES)
def test_a_generation_is_a_row_or_a_ring(parents):
    depth = depths_of(parents)
    assert depth[0] == 0
    assert all(depth[i] == depth[parents[i]] + 1 for i in range(1, parents.size))
    _, y = layered_layout(parents)
    assert np.array_equal(-y, depth)
    x, y = radial_layout(parents)
    np.testing.assert_allclose(np.hypot(x, y), depth, atol=1e-9)


@settings(max_examples=80, deadline=None)
@given(TREES)
def test_subtrees_of_siblings_do_not_cross(parents):
    position, leaves = leaf_positions(parents)
    assert leaves == sum(1 for i in range(parents.size) if i not in set(parents.tolist()))
    for node in range(parents.size):
        children = np.flatnonzero(parents == node)
        spans = [
            (min(position[list(s)]), max(position[list(s)])) for s in (subtree(parents, c) for c in children)
        ]
        assert all(a[1] < b[0] for a, b in itertools.pairwise(spans))
        if children.size:
            middle = 0.5 * (position[children].min() + position[children].max())
            assert abs(position[node] - middle) < 1e-9
    depth = depths_of(parents)
    places = {(int(d), round(float(p), 6)) for d, p in zip(depth, position, strict=True)}
    assert len(places) == parents.size, "no two people in the same place"


def test_a_chain_of_thousands_needs_no_recursion():
    parents = np.arange(-1, 4_999, dtype=np.int64)
    x, y = layered_layout(parents)
    assert np.all(x == 0.5) and y[-1] == -4_999


def test_a_star_is_a_ring():
    x, y = radial_layout(np.array([-1, 0, 0, 0, 0], np.int64))
    angles = np.sort(np.arctan2(y[1:], x[1:]))
    np.testing.assert_allclose(np.diff(angles), np.pi / 2)
