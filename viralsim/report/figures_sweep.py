"""All figures of a sweep: effect curves, heat maps with the tipping line, and what single runs may bring."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viralsim.errors import SpecError
from viralsim.experiment.swept import Sweep
from viralsim.metrics.registry import METRICS
from viralsim.metrics.rounding import format_number
from viralsim.report import style
from viralsim.report.figures import Drawn
from viralsim.report.figures_comparison import draw_rows
from viralsim.report.figures_effects import effect_caption, effect_columns, effect_curve, sweep_foot
from viralsim.report.figures_plane import heat_caption, heat_columns, heat_map, heat_pairs
from viralsim.report.figures_spread import readable
from viralsim.report.figures_time import Columns
from viralsim.report.quantile_dots import DOTS, dots_columns, quantile_values
from viralsim.report.sweep_view import SweepAxis, SweepView, sweep_view

__all__ = ["setting_dots", "sweep_effect", "sweep_figures", "sweep_heat_map"]

EFFECTS_AT_MOST = 6
STACK = 0.14  # height of the tallest stack of dots, as a part of the width of the axis


def sweep_effect(swept: Sweep, path: str, metric: str | None = None, ax: Axes | None = None) -> Figure:
    """Effect curve: expected value of a metric against one path of a sweep.

    Parameters
    ----------
    swept : Sweep
    path : str
        One of ``swept.paths`` with at least two values.
    metric : str, optional
        The goal's by default, else reach.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure

    Raises
    ------
    SpecError
        If the path was not varied, or no setting defines the metric.
    """
    view = sweep_view(swept, metric)
    return effect_curve(view, _axis_of(view, path), ax)


def sweep_heat_map(swept: Sweep, x: str, y: str, metric: str | None = None, ax: Axes | None = None) -> Figure:
    """Heat map of a metric over two paths of a grid, with the tipping line; arguments as of `sweep_effect`."""
    view = sweep_view(swept, metric)
    if not view.is_grid:
        raise SpecError("heat map: needs every combination of the values; this sweep is no grid")
    return heat_map(view, _axis_of(view, x), _axis_of(view, y), ax)


def _axis_of(view: SweepView, path: str) -> SweepAxis:
    found = next((axis for axis in view.axes if axis.path == path), None)
    if found is None:
        known = ", ".join(axis.path for axis in view.axes) or "nothing"
        raise SpecError(f"{path}: was not varied over two values or more; what was: {known}")
    return found


def chosen_rows(view: SweepView) -> list[int]:
    """Rows of the settings whose single runs are shown: the best, the middle one and the worst."""
    order = view.order
    return [int(order[i]) for i in sorted({0, order.size // 2, order.size - 1})] if order.size else []


def setting_values(view: SweepView, row: int) -> Any:
    """The metric in every replicate of a setting: float64[replicates]."""
    return view.swept.replicates(int(view.setting[row]))[view.metric]


def setting_dots(view: SweepView, ax: Axes | None = None) -> Figure:
    """Twenty dots for the best, the middle and the worst setting, one under the other on one axis.

    Parameters
    ----------
    view : SweepView
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    rows = chosen_rows(view)
    values = [quantile_values(setting_values(view, row)) for row in rows]
    with style.house_style():
        figure, axis = style.new_figure(1.5 + len(rows) * (STACK + 0.075) * 5.4, ax)
        draw_rows(axis, [view.says(row) for row in rows], values, view.goal, STACK)
        axis.set_xlabel(METRICS[view.metric].unit, loc="right")
        subtitle = f"best, middle and worst setting; each dot is one chance in {DOTS}"
        if view.goal is not None:
            subtitle += f"; filled: at least {format_number(view.goal)}"
        style.headline(
            figure, axis, f"One run: {readable(view.metric)}", subtitle, sweep_foot(view), own=ax is None
        )
    return figure


def _dots_columns(view: SweepView) -> Columns:
    rows = chosen_rows(view)
    values = (quantile_values(setting_values(view, row)) for row in rows)
    return dict(dots_columns("setting", [int(view.setting[row]) for row in rows], values, view.metric))


def sweep_figures(view: SweepView) -> list[Drawn]:
    """Draw the figures of a sweep: heat maps of a grid, an effect curve for each thing varied, and dots.

    Parameters
    ----------
    view : SweepView

    Returns
    -------
    list of Drawn
        Named heat_1, ..., effect_1, ..., setting_dots.
    """
    what = readable(view.metric)
    drawn = []
    for number, (x, y) in enumerate(heat_pairs(view), 1):
        title = f"{what} by {view.name(x)} and {view.name(y)}"
        figure = heat_map(view, x, y)
        drawn.append(
            Drawn(f"heat_{number}", title, heat_caption(view, x, y), figure, heat_columns(view, x, y))
        )
    for number, axis in enumerate(view.axes[:EFFECTS_AT_MOST], 1):
        title = f"{what} against {view.name(axis)}"
        figure = effect_curve(view, axis)
        drawn.append(
            Drawn(f"effect_{number}", title, effect_caption(view, axis), figure, effect_columns(view, axis))
        )
    if view.known.size:
        text = (
            f"Each row of {DOTS} dots shows where a single run of that setting may end: the settings were chosen by "
            "their expected value, and luck decides the rest."
        )
        drawn.append(
            Drawn(
                "setting_dots",
                f"What one run may bring: {what}",
                text,
                setting_dots(view),
                _dots_columns(view),
            )
        )
    return drawn
