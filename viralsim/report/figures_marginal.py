"""Figure of marginal returns: what a dollar brought so far, and what another one brings."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viralsim.experiment.marginal import Marginal
from viralsim.report import style
from viralsim.report.figures import Drawn
from viralsim.report.figures_time import Columns

__all__ = ["marginal_caption", "marginal_columns", "marginal_dots", "marginal_figures"]

SO_FAR, NEXT = style.SLATE, style.ORIGINS["earned"]
APART = 0.16  # of the two marks of one spending
PARTS = ("spent", "brought", "average", "added_cost", "added", "marginal")


def marginal_columns(found: Marginal) -> Columns:
    """Spendings as rows; what each costs and brings, now and with more of it, with intervals."""
    columns: Columns = {"spending": [row.label for row in found.rows]}
    for name in PARTS:
        for part in ("mean", "low", "high"):
            columns[f"{name}_{part}"] = [getattr(getattr(row, name), part) for row in found.rows]
    return columns


def marginal_caption(found: Marginal) -> str:
    """What is to be seen, in words."""
    return (
        f"{found.sentence()} Squares: {found.metric.replace('_', ' ')} per US$ spent so far, against the same worlds "
        f"without the spending; dots: per further US$, with {found.more:.0%} more of it; lines: 95 % intervals."
    )


def marginal_dots(found: Marginal, ax: Axes | None = None) -> Figure:
    """A row for each spending: the average return so far, and the marginal one.

    Parameters
    ----------
    found : Marginal
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    what = found.metric.replace("_", " ")
    with style.house_style():
        figure, axis = style.new_figure(1.9 + 0.55 * len(found.rows), ax)
        handles = []
        for y, row in enumerate(found.rows):
            marks = (
                (row.average, -APART, "s", SO_FAR),
                (row.marginal, APART, "o", NEXT),
            )
            handles = [
                axis.scatter(known.mean, y + shift, marker=mark, s=34, color=color, zorder=4)
                for known, shift, mark, color in marks
            ]
            for known, shift, _, color in marks:
                if not math.isnan(known.mean):
                    axis.plot([known.low, known.high], [y + shift, y + shift], color=color, lw=1.6, zorder=3)
        axis.axvline(0.0, color=style.INK, lw=0.8, zorder=1)
        axis.set_yticks(
            range(len(found.rows)), [style.shortened(style.drawable(row.label), 30) for row in found.rows]
        )
        axis.set_ylim(len(found.rows) - 0.5, -0.6)
        style.count_axis(axis, f"{what} per US$", "x")
        style.legend_above(axis, handles, ("so far", f"of {found.more:.0%} more"))
        style.headline(
            figure,
            axis,
            f"What another dollar brings: {what}",
            style.shortened(style.drawable(found.scenario), 82),
            f"{found.replicates:,} runs in {found.draws:,} draws, in paired worlds · simulated, not a forecast",
            ax is None,
        )
    return figure


def marginal_figures(found: Marginal) -> list[Drawn]:
    """The one figure, with what it is drawn from."""
    return [
        Drawn(
            "marginal",
            "What another dollar brings",
            marginal_caption(found),
            marginal_dots(found),
            marginal_columns(found),
        )
    ]
