"""Heat maps of a sweep: a metric over two things varied, with the line where word of mouth tips."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from viralsim.report import style
from viralsim.report.figures_effects import sweep_foot
from viralsim.report.figures_spread import readable
from viralsim.report.figures_time import Columns
from viralsim.report.sweep_view import Floats, SweepAxis, SweepView, group_mean

__all__ = ["heat_caption", "heat_columns", "heat_map", "heat_pairs"]

MAPS_AT_MOST = 3
CELLS_WRITTEN = 60  # cells at most whose number is written into them
_STOPS = ("#eef3f8", "#bcd3e6", "#7fb0d3", "#2f77ad", "#16264c")
SHORTEST = (
    0.5  # length, in cells, from which a piece of a line is drawn: less is noise, or an audience run out
)
TIPPING, GOAL = style.ORIGINS["earned"], "#12876f"


def heat_pairs(view: SweepView) -> list[tuple[SweepAxis, SweepAxis]]:
    """Pairs of axes of a grid that have a heat map, at most three."""
    if not view.is_grid:
        return []
    return list(itertools.combinations(view.axes, 2))[:MAPS_AT_MOST]


def _plane(view: SweepView, x: SweepAxis, y: SweepAxis, values: Floats) -> Floats:
    """Mean over the settings of each cell: float64[values of y, values of x]."""
    shape = (len(y.texts), len(x.texts))
    return group_mean(values, y.index * shape[1] + x.index, shape[0] * shape[1]).reshape(shape)


def heat_columns(view: SweepView, x: SweepAxis, y: SweepAxis) -> Columns:
    """One row per cell: both values, expected value, median run, R."""
    rows, places = np.divmod(np.arange(len(y.texts) * len(x.texts)), len(x.texts))
    columns: Columns = {x.path: [x.texts[i] for i in places], y.path: [y.texts[i] for i in rows]}
    for name, values in (("mean", view.mean), ("median_run", view.p50), ("reproduction", view.reproduction)):
        columns[name] = _plane(view, x, y, values).ravel().tolist()
    return columns


def heat_map(view: SweepView, x: SweepAxis, y: SweepAxis, ax: Axes | None = None) -> Figure:
    """The metric as shades over two axes; orange: R = 1; green: every second run meets the goal.

    Parameters
    ----------
    view : SweepView
    x, y : SweepAxis
        Two of ``view.axes``.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    shades = _plane(view, x, y, view.mean)
    with style.house_style():
        height = 2.0 + 0.34 * min(max(len(y.texts), 4), 10)
        figure, axis = style.new_figure(height, ax)
        colours = LinearSegmentedColormap.from_list("shades", _STOPS)
        low, high = _ends(shades)
        axis.pcolormesh(
            np.arange(len(x.texts) + 1) - 0.5, np.arange(len(y.texts) + 1) - 0.5,
            np.ma.masked_invalid(shades), cmap=colours, vmin=low, vmax=high, edgecolors=style.PAPER, linewidth=1.0,
        )  # fmt: skip
        if shades.size <= CELLS_WRITTEN:
            _write_cells(axis, shades, low, high, colours)
        lines = _draw_lines(axis, view, x, y)
        for one, varied in ((axis.xaxis, x), (axis.yaxis, y)):
            _ticks(one, varied)
        axis.set_xlabel(style.shortened(style.drawable(x.path), 70), loc="right")
        axis.grid(False)
        if lines:
            style.legend_above(axis, list(lines.values()), list(lines))
        title = f"{readable(view.metric).capitalize()} by {view.name(x)} and {view.name(y)}"
        subtitle = f"expected value; up: {y.path}" + (", mean over the rest" if len(view.axes) > 2 else "")
        style.headline(
            figure, axis, style.shortened(style.drawable(title), 58), style.shortened(style.drawable(subtitle), 86),
            sweep_foot(view), own=ax is None,
        )  # fmt: skip
    return figure


def _ends(shades: Floats) -> tuple[float, float]:
    known = shades[~np.isnan(shades)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _write_cells(axis: Axes, shades: Floats, low: float, high: float, colours: Colormap) -> None:
    """The number of each cell, in the ink that shows on its shade, over any line."""
    for row, column in np.ndindex(shades.shape):
        value = float(shades[row, column])
        part = (value - low) / (high - low)
        style.write_text(
            axis, column, row, "-" if math.isnan(value) else style.short_count(float(f"{value:.3g}")),
            ha="center", va="center", color=style.PAPER if part > 0.55 else style.INK, zorder=5,
            bbox=None if math.isnan(part) else style.backed(to_hex(colours(part))),
        )  # fmt: skip


def _draw_lines(axis: Axes, view: SweepView, x: SweepAxis, y: SweepAxis) -> dict[str, Any]:
    """The tipping line and the line of the goal, where they cross the plane; legend text -> handle."""
    found: dict[str, Any] = {}
    reach = _plane(view, x, y, view.reach)
    wanted: list[tuple[str, Floats, float, str, Any]] = [
        ("R = 1: the tipping line", view.reproduction, 1.0, TIPPING, "-")
    ]
    if view.goal is not None:
        wanted.append(("every second run meets the goal", view.p50, view.goal, GOAL, (0, (4, 1.5))))
    for text, values, level, colour, line in wanted:
        plane = _plane(view, x, y, values)
        known = plane[~np.isnan(plane)]
        if min(plane.shape) < 2 or not known.size or not known.min() < level < known.max():
            continue
        maker = contour_generator(
            np.arange(len(x.texts)), np.arange(len(y.texts)), np.ma.masked_invalid(plane)
        )
        pieces = [np.asarray(piece) for piece in maker.lines(level)]
        for piece in pieces:
            if np.hypot(*np.diff(piece, axis=0).T).sum() < SHORTEST:
                continue
            if values is view.reproduction and not _tips(piece, plane, reach):
                continue
            axis.plot(
                *piece.T, color=colour, linestyle=line, linewidth=2.4, zorder=4, path_effects=[style.halo()]
            )
            found[text] = Line2D([], [], color=colour, linestyle=line, linewidth=2.4)
    return found


def _tips(piece: Floats, plane: Floats, reach: Floats) -> bool:
    """Whether reach rises along a piece of a line on the side where what the line is of rises too.

    Where R falls while reach rises, the audience is running out: that is no tipping line.
    """
    column, row = np.round(piece).astype(np.int64).T
    slopes = [np.array(np.gradient(one))[:, row, column] for one in (plane, reach)]
    return bool(np.nansum(slopes[0] * slopes[1]) > 0.0)


def _ticks(one: Any, varied: SweepAxis) -> None:
    """The values of an axis at its cells, at most ten of them."""
    step = math.ceil(len(varied.texts) / 10)
    shown = list(range(0, len(varied.texts), step))
    one.set_major_locator(FixedLocator(shown))
    one.set_minor_locator(NullLocator())
    one.set_ticklabels([style.shortened(style.drawable(varied.texts[i]), 14) for i in shown])


def heat_caption(view: SweepView, x: SweepAxis, y: SweepAxis) -> str:
    """What to read off a heat map."""
    plane = _plane(view, x, y, view.reproduction)
    known = plane[~np.isnan(plane)]
    text = f"The darker, the higher the expected {readable(view.metric)}."
    if not known.size:
        return f"{text} Nobody shares, so there is no tipping line."
    if known.min() < 1.0 < known.max():
        return (
            f"{text} On the far side of the orange line each sharer brings more than one new sharer: there word of "
            "mouth carries itself, and a little more of either number changes much."
        )
    side = "below" if known.max() <= 1.0 else "above"
    return f"{text} R, the new sharers per sharer, stays {side} 1 everywhere, so no tipping line crosses the plane."
