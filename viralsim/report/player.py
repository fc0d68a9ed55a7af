"""Share trees for the page's player: where each person stands, when they shared, in which generation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.ensemble import Ensemble
from viralsim.engine.trace import ShareTree, Trace
from viralsim.errors import EngineError
from viralsim.metrics.tallies import TREES
from viralsim.report.style import generation_colours
from viralsim.report.tree_layout import depths_of, radial_layout

__all__ = ["DRAWN_AT_MOST", "player_data"]

DRAWN_AT_MOST = 2_000
WIDE = 1.55  # width of the canvas over its height
_SMALLEST = 0.5
_DECIMALS = 3


def player_data(ensemble: Ensemble) -> dict[str, Any] | None:
    """A typical and the biggest cascade, ready to be drawn over time.

    Returns
    -------
    dict or None
        ``colours`` by generation and ``scenes``: name, caption and, per person drawn, x in [-WIDE, WIDE], y in
        [-1, 1], parent (-1 for none), generation, hour. None if nobody shared, or
        results were loaded and cannot be run again.
    """
    nodes = ensemble.tallies.trees[:, TREES.index("nodes")]
    largest = ensemble.tallies.trees[:, TREES.index("largest")]
    if not nodes.any():
        return None
    shared = np.flatnonzero(nodes)
    order = shared[np.argsort(nodes[shared], kind="stable")]
    typical, big = int(order[order.size // 2]), int(np.argmax(largest))
    try:
        scenes = [_forest(ensemble.trace(typical)), _biggest(ensemble.trace(big), ensemble)]
    except EngineError:
        return None
    deepest = max(max(scene["generation"]) for scene in scenes)
    return {"colours": generation_colours(deepest + 1), "scenes": scenes}


def _biggest(trace: Trace, ensemble: Ensemble) -> dict[str, Any]:
    """The largest share tree of all runs, around its first sharer."""
    tree = max(trace.trees(), key=lambda t: t.size)
    scene = _scene([tree], trace)
    shown = _shown(min(tree.size, DRAWN_AT_MOST), tree.size)
    runs = f"{ensemble.replicates:,} runs"
    text = f"The largest share tree of all {runs}: {shown}, {tree.depth} generations after the first."
    return {"name": "largest", "label": "Largest tree", "caption": text, **scene}


def _forest(trace: Trace) -> dict[str, Any]:
    """All share trees of the run in the middle, each around its first sharer, the largest first."""
    trees = sorted(trace.trees(), key=lambda t: -t.size)
    people = sum(tree.size for tree in trees)
    kept: list[ShareTree] = []
    total = 0
    for tree in trees:
        if kept and total + tree.size > DRAWN_AT_MOST:
            break
        kept.append(tree)
        total += min(tree.size, DRAWN_AT_MOST)
    alone = sum(tree.size == 1 for tree in trees)
    text = (
        f"A typical run: {_shown(total, people)} in {len(trees):,} share {'tree' if len(trees) == 1 else 'trees'}, "
        f"{alone:,} of them a single person whom nobody followed."
    )
    return {"name": "typical", "label": "Typical run", "caption": text, **_scene(kept, trace)}


def _shown(drawn: int, people: int) -> str:
    whole = f"{people:,} sharing {'person' if people == 1 else 'people'}"
    return whole if drawn == people else f"{drawn:,} of {whole}"


def _scene(trees: list[ShareTree], trace: Trace) -> dict[str, Any]:
    """Trees on a grid of circles whose sizes follow the square root of their people."""
    columns: dict[str, list[Any]] = {"x": [], "y": [], "parent": [], "generation": [], "hour": []}
    for tree, (x0, y0, radius) in zip(trees, _circles([t.size for t in trees]), strict=True):
        parents = tree.parents[:DRAWN_AT_MOST]
        x, y = radial_layout(parents)
        depth = depths_of(parents)
        scale = radius / max(int(depth.max()), 1)
        first = len(columns["parent"])
        columns["x"] += (x0 + x * scale).tolist()
        columns["y"] += (y0 + y * scale).tolist()
        columns["parent"] += np.where(parents >= 0, parents + first, -1).tolist()
        columns["generation"] += depth.tolist()
        columns["hour"] += np.round(trace.hour[tree.rows[: parents.size]], 2).tolist()
    return _fitted(columns)


def _fitted(columns: dict[str, list[Any]]) -> dict[str, Any]:
    """Columns with x and y moved and scaled to fill a canvas from -WIDE to WIDE and -1 to 1."""
    x, y = (np.array(columns[name], dtype=np.float64) for name in ("x", "y"))
    scale = min(2.0 * WIDE / max(float(np.ptp(x)), 1e-9), 2.0 / max(float(np.ptp(y)), 1e-9), 1.0 / _SMALLEST)
    middle = [(float(v.max()) + float(v.min())) / 2.0 for v in (x, y)]
    x, y = (np.round((v - m) * scale, _DECIMALS).tolist() for v, m in zip((x, y), middle, strict=True))
    return {**columns, "x": x, "y": y}


def _circles(sizes: list[int]) -> list[tuple[float, float, float]]:
    """Centre and radius of a circle for each tree, in rows from the top left, inside [-1, 1]."""
    radii: NDArray[np.float64] = np.sqrt(np.array(sizes, dtype=np.float64)) + 0.6
    if len(sizes) == 1:
        return [(0.0, 0.0, 0.94)]
    width = math.sqrt(4.0 * float((radii**2).sum()) * 1.25 * WIDE)
    width = max(width, 2.0 * float(radii[0]))
    placed, left, top, height = [], 0.0, 0.0, 0.0
    for radius in radii:
        if left + 2 * radius > width * 1.0001:
            left, top, height = 0.0, top + height, 0.0
        placed.append((left + radius, top + radius, radius))
        left += 2 * radius
        height = max(height, 2 * radius)
    span = max(width, top + height)
    return [
        (2 * x / span - width / span, 2 * y / span - (top + height) / span, 2 * 0.8 * r / span)
        for x, y, r in placed
    ]
