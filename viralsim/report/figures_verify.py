"""Figures of a verification: theory as a line, simulation as points with error bars."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from viralsim.report import style
from viralsim.verify.check import Plot

__all__ = ["agreement_figure", "verify_figure"]

THEORY, SIMULATION = "#8a93a1", style.ORIGINS["earned"]
BARS = 2.0  # standard errors shown on either side


def verify_figure(plot: Plot) -> Figure:
    """A line for theory and points with bars of two standard errors for simulation.

    Parameters
    ----------
    plot : Plot

    Returns
    -------
    Figure
    """
    with style.house_style():
        figure, axis = style.new_figure(3.5)
        (line,) = axis.plot(plot.line_x, plot.line_y, color=THEORY, linewidth=2.2, zorder=2)
        points = axis.errorbar(
            plot.x,
            plot.y,
            yerr=BARS * np.nan_to_num(plot.se),
            fmt="o",
            color=style.INK,
            markersize=4.2,
            markerfacecolor=SIMULATION,
            markeredgecolor=style.INK,
            markeredgewidth=0.6,
            elinewidth=1.1,
            capsize=2.5,
            zorder=3,
        )
        if plot.log_x:
            _log_axis(axis, "x")
        if plot.log_y:
            _log_axis(axis, "y")
        if not plot.log_y:
            axis.set_ylim(bottom=min(0.0, float(np.min(plot.line_y))))
        if not plot.log_x:
            axis.set_xlim(left=min(float(np.min(plot.line_x)), float(np.min(plot.x))))
        axis.set_xlabel(plot.x_label, loc="right")
        style.legend_above(axis, [line, points], [plot.line_label, "simulation, two standard errors"])
        style.headline(figure, axis, plot.title, plot.y_label)
    return figure


def _log_axis(axis: Axes, which: str) -> None:
    """A logarithmic axis with powers of ten written out: 0.001, 100."""
    one = axis.xaxis if which == "x" else axis.yaxis
    (axis.set_xscale if which == "x" else axis.set_yscale)("log")
    one.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    one.set_minor_formatter(NullFormatter())


def agreement_figure(errors: list[float]) -> Figure:
    """How far all checks lie from theory, against what luck alone does.

    Parameters
    ----------
    errors : list of float
        Standard errors away, of the checks that have them and no allowance.
    """
    from scipy import stats

    with style.house_style():
        figure, axis = style.new_figure(3.0)
        away = np.sort(np.asarray(errors, dtype=np.float64))
        part = (np.arange(away.size) + 0.5) / max(away.size, 1)
        grid = np.linspace(0.0, 4.5, 200)
        (line,) = axis.plot(grid, 2.0 * stats.norm.cdf(grid) - 1.0, color=THEORY, linewidth=2.2, zorder=2)
        (points,) = axis.plot(
            np.minimum(away, 4.5),
            part,
            "o",
            color=SIMULATION,
            markeredgecolor=style.INK,
            markeredgewidth=0.6,
            markersize=4.2,
            zorder=3,
        )
        axis.axvline(4.0, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
        style.write_text(axis, 3.95, 0.06, "allowed", ha="right")
        axis.set_xlim(0.0, 4.6)
        axis.set_ylim(0.0, 1.03)
        axis.set_xlabel("standard errors between simulation and theory", loc="right")
        style.legend_above(axis, [line, points], ["if only luck is at work", "checks"])
        style.headline(
            figure, axis, "How far the checks lie from theory", "part of checks at most so far away"
        )
    return figure
