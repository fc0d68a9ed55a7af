"""Share trees themselves: those of typical runs, small, and the largest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from viralsim.engine.ensemble import Ensemble
from viralsim.engine.trace import ShareTree
from viralsim.metrics.columns import Floats
from viralsim.metrics.tallies import TREES
from viralsim.report import style
from viralsim.report.figures_spread import empty_axis
from viralsim.report.figures_time import Columns, foot_note
from viralsim.report.tree_layout import depths_of, layered_layout, radial_layout

__all__ = [
    "DRAWN_AT_MOST",
    "TreeSample",
    "sample_trees",
    "share_trees",
    "share_trees_caption",
    "share_trees_columns",
    "strokes",
]

DRAWN_AT_MOST = 2_000
SMALL_AT_MOST = 250  # people of a tree of the typical runs
SMALL_TREES = 20
RUNS_AT_MOST = 8  # typical runs that are run again to find so many trees
LAYERED_UP_TO = 40  # people; larger trees are drawn around their root
HEIGHT_INCHES = 4.4


@dataclass(frozen=True, slots=True)
class TreeSample:
    """Share trees to draw.

    Parameters
    ----------
    typical : tuple of int64[size]
        Parents (-1 for the root, parents first) of trees of the typical runs, largest first: each stands
        for an equal part of those runs' trees; of each its first `SMALL_AT_MOST` people.
    big : int64[size]
        Parents of the largest tree of all runs, its first `DRAWN_AT_MOST` people.
    big_size, big_depth : int
        People of that tree, and its last generation.
    typical_trees : int
        Share trees of the typical runs.
    typical_replicates : tuple of int
        Runs evenly from the fewest to the most sharing people, those without any left out; a single one,
        the median, if that has trees enough.
    big_replicate : int
    """

    typical: tuple[NDArray[np.int64], ...]
    big: NDArray[np.int64]
    big_size: int
    big_depth: int
    typical_trees: int
    typical_replicates: tuple[int, ...]
    big_replicate: int


def sample_trees(ensemble: Ensemble) -> TreeSample | None:
    """Trees of one typical run, or of a few where one has few trees, and the largest tree of all runs.

    Returns
    -------
    TreeSample or None
        None if nobody shared in any run.

    Raises
    ------
    EngineError
        If these results were loaded, not simulated.
    """
    tallies = ensemble.tallies.trees
    nodes, counts, largest = (tallies[:, TREES.index(name)] for name in ("nodes", "trees", "largest"))
    if not nodes.any():
        return None
    shared = np.flatnonzero(nodes > 0)
    order = shared[np.argsort(nodes[shared], kind="stable")]
    wanted = int(np.ceil(SMALL_TREES / float(counts[order].mean())))
    runs = min(wanted, RUNS_AT_MOST, order.size)
    replicates = tuple(int(order[_rank(i, runs, order.size)]) for i in range(runs))
    trees = [tree for replicate in replicates for tree in ensemble.trace(replicate).trees()]
    trees.sort(key=lambda tree: -tree.size)
    count = min(SMALL_TREES, len(trees))
    big_replicate = int(np.argmax(largest))
    big = max(ensemble.trace(big_replicate).trees(), key=lambda tree: tree.size)
    return TreeSample(
        typical=tuple(_first_people(trees[_rank(i, count, len(trees))], SMALL_AT_MOST) for i in range(count)),
        big=_first_people(big, DRAWN_AT_MOST),
        big_size=big.size,
        big_depth=big.depth,
        typical_trees=len(trees),
        typical_replicates=replicates,
        big_replicate=big_replicate,
    )


def _rank(index: int, parts: int, size: int) -> int:
    """Position of the middle of part `index` of `parts` in a list of `size`, all parts equal."""
    return int((index + 0.5) * size / parts - 0.5 + 1e-9) if parts < size else index


def _first_people(tree: ShareTree, count: int) -> NDArray[np.int64]:
    """Parents of the first `count` people of a tree in the order of time."""
    return np.asarray(tree.parents[:count], dtype=np.int64)


def share_trees_columns(ensemble: Ensemble, sample: TreeSample | None) -> Columns:
    """Every person of a sample: which tree, their parent in it, generation, and where they stand."""
    columns: dict[str, list[Any]] = {n: [] for n in ("tree", "person", "parent", "generation", "x", "y")}
    if sample is None:
        return dict(columns)
    drawn = [(f"typical_{i + 1}", parents, layered_layout) for i, parents in enumerate(sample.typical)]
    drawn.append(("largest", sample.big, radial_layout))
    for name, parents, layout in drawn:
        x, y = layout(parents)
        columns["tree"] += [name] * parents.size
        columns["person"] += range(parents.size)
        columns["parent"] += parents.tolist()
        columns["generation"] += depths_of(parents).tolist()
        columns["x"] += x.tolist()
        columns["y"] += y.tolist()
    return dict(columns)


def share_trees(ensemble: Ensemble, sample: TreeSample | None = None) -> Figure:
    """Share trees of a typical run, small, and the largest tree of all runs, around its first sharer.

    Parameters
    ----------
    ensemble : Ensemble
    sample : TreeSample, optional
        What `sample_trees` gave, if it was called already.

    Returns
    -------
    Figure

    Raises
    ------
    EngineError
        If these results were loaded, not simulated.
    """
    sample = sample_trees(ensemble) if sample is None else sample
    with style.house_style():
        figure, axis = style.new_figure(HEIGHT_INCHES)
        if sample is None:
            empty_axis(axis, f"nobody shared in any of {ensemble.replicates:,} runs")
            style.headline(figure, axis, "Share trees", "", foot_note(ensemble))
            return figure
        axis.remove()
        figure.set_layout_engine("none")  # two panels of fixed size: nothing to arrange
        typical, big = (_panel(figure, left, width) for left, width in ((0.15, 2.35), (2.75, 3.15)))
        deepest = max(int(depths_of(parents).max()) for parents in (*sample.typical, sample.big))
        colours = style.generation_colours(max(deepest + 1, 4))
        _draw_forest(typical, sample, colours)
        _draw_big(big, sample, colours)
        style.headline(
            figure,
            typical,
            "Who passed it on to whom",
            "a dot is a person who shared; colour: generation, from dark to light",
            foot_note(ensemble),
        )
    return figure


def _panel(figure: Figure, left: float, width: float) -> Axes:
    """An empty axis at a fixed place, inches; its heading stands above it."""
    height = HEIGHT_INCHES - 1.05 - 0.35
    size = figure.get_size_inches()
    axis = figure.add_axes((left / size[0], 0.35 / size[1], width / size[0], height / size[1]))
    axis.set_axis_off()
    return axis


def _heading(axis: Axes, text: str) -> None:
    """Two lines above a panel, at its left edge."""
    place = axis.get_position(original=True)
    axis.figure.text(
        place.x0,
        place.y1 + 0.05 / HEIGHT_INCHES,
        text,
        fontsize=style.NOTE,
        color=style.INK,
        va="bottom",
        parse_math=False,
    )


def _draw_tree(
    axis: Axes, x: Floats, y: Floats, parents: NDArray[np.int64], colours: list[str], diameter: float
) -> None:
    """Lines to parents, then dots (diameter in points), in the colour of the generation.

    Each generation is one path of lines and one of dots (very short strokes with round ends), so that the
    picture of 2,000 people stays a few dozen kilobytes. The limits of the axis must be set.
    """
    generation = depths_of(parents)
    points = np.stack((x, y), axis=1)
    left, right = axis.get_xlim()
    speck = np.array([1e-4 * (right - left), 0.0])  # a stroke of exactly no length is not drawn
    width, alpha = (0.8, 0.65) if parents.size < 200 else (0.45, 0.55) if parents.size < 800 else (0.3, 0.4)
    for g in range(int(generation.max()), -1, -1):
        here = np.flatnonzero(generation == g)
        if g > 0:
            strokes(axis, points[parents[here]], points[here], colours[g], width, alpha=alpha)
        strokes(axis, points[here], points[here] + speck, colours[g], diameter, zorder=3)


def strokes(axis: Axes, starts: Floats, ends: Floats, colour: str, width: float, **options: Any) -> None:
    """Many straight strokes as one path."""
    vertices = np.stack((starts, ends), axis=1).reshape(-1, 2)
    codes = np.tile([Path.MOVETO, Path.LINETO], starts.shape[0])
    path = Path(vertices, codes)
    path.should_simplify = False
    axis.add_patch(
        PathPatch(
            path,
            edgecolor=colour,
            facecolor="none",
            linewidth=width,
            capstyle="round",
            clip_on=False,
            snap=False,  # to whole pixels would be a different place, or none
            **options,
        )
    )


def _draw_forest(axis: Axes, sample: TreeSample, colours: list[str]) -> None:
    """The trees of the typical run, each in a cell of its own, four to a row."""
    columns, count = 4, len(sample.typical)
    rows = max(-(-count // columns), 4)
    axis.set_xlim(-0.45, columns - 0.5)
    axis.set_ylim(-rows + 0.5, 0.5)
    axis.set_aspect("equal", anchor="NW")
    for index, parents in enumerate(sample.typical):
        large = parents.size > LAYERED_UP_TO
        x, y = radial_layout(parents) if large else layered_layout(parents)
        across, down = max(float(np.ptp(x)), 1e-9), max(float(np.ptp(y)), 1e-9)
        shrink = min(0.21, 0.84 / across, 0.72 / down)
        column, row = index % columns, index // columns
        x = column + (x - x.min() - across / 2) * shrink
        y = -row + (y - y.max()) * shrink + 0.36
        _draw_tree(axis, x, y, parents, colours, 4.0 if parents.size < 12 else 1.3 if large else 2.5)
    alone = sum(parents.size == 1 for parents in sample.typical)
    runs = len(sample.typical_replicates)
    whose = "A typical run" if runs == 1 else f"{runs} runs"
    which = f"all {count}" if count == sample.typical_trees else f"{count} of {sample.typical_trees:,}"
    _heading(axis, f"{whose}, {which} trees:\n{alone} of {count} are one person alone")


def _draw_big(axis: Axes, sample: TreeSample, colours: list[str]) -> None:
    """The largest tree around its first sharer."""
    parents = sample.big
    x, y = radial_layout(parents)
    half = max(0.53 * max(float(np.ptp(x)), float(np.ptp(y))), 1.0)
    middle_x, middle_y = 0.5 * (x.min() + x.max()), 0.5 * (y.min() + y.max())
    axis.set_xlim(middle_x - half, middle_x + half)
    axis.set_ylim(middle_y - half, middle_y + half)
    axis.set_aspect("equal", anchor="C")
    _draw_tree(axis, x, y, parents, colours, float(np.clip(50.0 / parents.size**0.5, 1.6, 5.0)))
    people = f"{sample.big_size:,} {'person' if sample.big_size == 1 else 'people'}"
    if parents.size < sample.big_size:
        people = f"the first {parents.size:,} of {sample.big_size:,} people"
    _heading(axis, f"The largest tree of all runs:\n{people}; last generation: {sample.big_depth}")


def share_trees_caption(ensemble: Ensemble, sample: TreeSample | None) -> str:
    """What to read off the share trees of a sample."""
    if sample is None:
        return "Nobody shared, so there are no share trees."
    alone = sum(parents.size == 1 for parents in sample.typical)
    text = (
        f"Left, {len(sample.typical)} share trees of {_whose(sample)}, evenly from the largest to the smallest: "
        f"{alone} of them end with the person who began them. Right, the largest "
        "tree of all runs, one ring per generation: a star would be one popular person, long branches are word "
        "of mouth."
    )
    if sample.big.size < sample.big_size:
        text += f" Drawn are the first {sample.big.size:,} of its {sample.big_size:,} people."
    if any(parents.size == SMALL_AT_MOST for parents in sample.typical):
        text += f" On the left at most the first {SMALL_AT_MOST} people of each tree are drawn."
    return text


def _whose(sample: TreeSample) -> str:
    """Which runs the small trees are from."""
    runs = len(sample.typical_replicates)
    if runs == 1:
        return "the run with the median number of sharing people"
    return f"{runs} runs with few to many sharing people"
