"""Figures of sensitivity and of tipping points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from viralsim.experiment.sensitivity_result import Factor, Sensitivity
from viralsim.experiment.tipping import TippingPoint
from viralsim.report import style
from viralsim.report.figures import Drawn

__all__ = ["effect_curves", "sensitivity_figures", "tipping_figure", "tipping_figures", "tornado"]

MOST_BARS, MOST_CURVES = 10, 6
VISIBLE = 0.01  # of the widest bar
LOWER, HIGHER = style.ORIGINS["paid"], style.ORIGINS["earned"]
ALONE, TOGETHER = "#2a4a6b", "#b9c7d4"


def sensitivity_figures(found: Sensitivity) -> list[Drawn]:
    """What decides, which way each number moves the metric, and its effect curves."""
    what = found.metric.replace("_", " ")
    columns: Any = found.to_columns()
    return [
        Drawn(
            "what_decides",
            f"What decides {what}",
            f"Each bar is the part of the variance of expected {what} that goes with one unknown number: dark by "
            "itself, light together with others, the line its 95 % interval. Simulation noise is left out.",
            what_decides(found),
            columns,
        ),
        Drawn(
            "tornado",
            f"How far each number moves {what}",
            f"Expected {what} with one number at the 5th and at the 95th percentile of what is believed of it, all "
            "others at their values, the widest first; beside each bar's ends stands the number. The line in the "
            "middle is where all are at their values.",
            tornado(found),
            columns,
        ),
        Drawn(
            "effect_curves",
            f"{what.capitalize()} along each number",
            f"Expected {what} along the numbers that decide most, each between its 5th and 95th percentile, all others "
            "at their values; the band is the 95 % interval of the difference from the middle.",
            effect_curves(found),
            found.curve_columns(),
        ),
    ]


def _strongest(found: Sensitivity, most: int) -> list[Factor]:
    """The numbers worth a row: the largest, those that do nothing left out."""
    chosen = [factor for factor in found.factors if factor.total > 0.002] or list(found.factors[:1])
    return chosen[:most]


def _widest(found: Sensitivity, most: int) -> list[Factor]:
    """The numbers whose bar of a tornado can be seen, the widest first."""
    ordered = sorted(found.factors, key=lambda factor: -_span(factor))
    seen = [factor for factor in ordered if _span(factor) > VISIBLE * _span(ordered[0])] or ordered[:1]
    return seen[:most]


def _span(factor: Factor) -> float:
    """Width of a number's bar."""
    ends = [factor.curve[0].change, factor.curve[-1].change, 0.0]
    return max(ends) - min(ends)


def _rows(found: Sensitivity, factors: list[Factor], title: str, subtitle: str) -> tuple[Figure, Axes]:
    """A figure with one row per number, its name above the row."""
    figure, axis = style.new_figure(1.35 + 0.46 * len(factors))
    for row, factor in enumerate(factors):
        style.write_text(
            axis, 0.0, row - 0.28, style.shortened(style.drawable(factor.path), 60),
            transform=axis.get_yaxis_transform(), bbox=style.backed(), va="center", color=style.INK,
        )  # fmt: skip
    axis.set_ylim(len(factors) - 0.35, -0.6)
    axis.set_yticks([])
    axis.grid(axis="x")
    axis.grid(visible=False, axis="y")
    left = len(found.factors) - len(factors)
    foot = f"{left} more numbers do next to nothing" if left else ""
    style.headline(figure, axis, title, subtitle, foot)
    return figure, axis


def what_decides(found: Sensitivity) -> Figure:
    """First-order and total indices as bars within bars, with intervals."""
    what = found.metric.replace("_", " ")
    factors = _strongest(found, MOST_BARS)
    with style.house_style():
        figure, axis = _rows(
            found,
            factors,
            f"What decides {what}",
            "part of the variance of the expected value, over what is not known",
        )
        for row, factor in enumerate(factors):
            total, first = (min(max(x, 0.0), 1.0) for x in (factor.total, factor.first))
            axis.barh(row + 0.12, max(total, first), height=0.3, color=TOGETHER)
            axis.barh(row + 0.12, first, height=0.3, color=ALONE)
            if not math.isnan(factor.total_low):
                ends = [min(max(x, 0.0), 1.0) for x in (factor.total_low, factor.total_high)]
                axis.plot(ends, [row + 0.34] * 2, color=style.INK, linewidth=1.1, marker="|", markersize=4)
        axis.set_xlim(0.0, 1.0)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
        marks = [Line2D([], [], color=ALONE, linewidth=6), Line2D([], [], color=TOGETHER, linewidth=6)]
        marks.append(Line2D([], [], color=style.INK, linewidth=1.1))
        style.legend_above(axis, marks, ["alone", "together with others", "95 % interval of the whole bar"])
    return figure


def tornado(found: Sensitivity) -> Figure:
    """Bars from the metric at a number's lower end to that at its upper end."""
    what = found.metric.replace("_", " ")
    factors = _widest(found, MOST_BARS)
    with style.house_style():
        figure, axis = _rows(
            found,
            factors,
            f"How far each number moves {what}",
            f"expected {what}, one number moved, all others at their values",
        )
        centre = _centre(found)
        for row, factor in enumerate(factors):
            for point, colour in ((factor.curve[0], LOWER), (factor.curve[-1], HIGHER)):
                axis.barh(row + 0.12, point.change, left=centre, height=0.3, color=colour)
                side = 1 if point.change > 0 or (point.change == 0 and point is factor.curve[-1]) else -1
                axis.annotate(
                    f"{point.value:.3g}", (centre + point.change, row + 0.12), (4 * side, 0),
                    textcoords="offset points",
                    ha="left" if side > 0 else "right", va="center", fontsize=style.NOTE, color=style.MUTED,
                )  # fmt: skip
        axis.axvline(centre, color=style.INK, linewidth=0.9)
        ends = [centre + point.change for factor in factors for point in (factor.curve[0], factor.curve[-1])]
        low, high = min([*ends, centre]), max([*ends, centre])
        pad = 0.13 * (high - low) or 1.0
        axis.set_xlim(max(low - pad, 0.0) if low >= 0 else low - pad, high + pad)
        _number_axis(axis, "x")
        marks = [Line2D([], [], color=colour, linewidth=6) for colour in (LOWER, HIGHER)]
        style.legend_above(axis, marks, ["number at its 5th percentile", "at its 95th"])
    return figure


def _centre(found: Sensitivity) -> float:
    """The metric where every number is at its value (the middle of any curve)."""
    curve = found.factors[0].curve
    return curve[len(curve) // 2].mean


def _number_axis(axis: Axes, which: str, most: int = 4) -> None:
    one = axis.xaxis if which == "x" else axis.yaxis
    one.set_major_locator(MaxNLocator(nbins=most))
    one.set_major_formatter(FuncFormatter(lambda value, _: style.short_count(value)))


def effect_curves(found: Sensitivity) -> Figure:
    """Small curves of the metric along the numbers that decide most, on one scale."""
    what = found.metric.replace("_", " ")
    factors = _strongest(found, MOST_CURVES)
    across = min(len(factors), 3)
    down = -(-len(factors) // across)
    with style.house_style():
        figure, first = style.new_figure(1.2 + 2.1 * down)
        figure.delaxes(first)
        axes = figure.subplots(down, across, sharey=True, squeeze=False)
        for axis, factor in zip(axes.ravel(), factors, strict=False):
            _one_curve(axis, factor, _centre(found))
        for axis in axes.ravel()[len(factors) :]:
            axis.set_visible(False)
        style.headline(
            figure,
            axes[0, 0],
            f"{what.capitalize()} along each number",
            f"expected {what}, all others at their values",
        )
    return figure


def _one_curve(axis: Axes, factor: Factor, centre: float) -> None:
    """One number's curve with the interval of its difference from the middle."""
    x = np.array([point.value for point in factor.curve])
    y = np.array([point.mean for point in factor.curve])
    low = np.array([centre + point.change_low for point in factor.curve])
    high = np.array([centre + point.change_high for point in factor.curve])
    axis.fill_between(x, low, high, color=TOGETHER, alpha=0.7, linewidth=0)
    axis.plot(x, y, color=ALONE, marker="o", markersize=3)
    axis.set_ylim(bottom=0.0)
    _number_axis(axis, "x", 3)
    _number_axis(axis, "y")
    _, _, above = factor.path.rpartition(".")[0].rpartition(".")
    lines = [
        style.shortened(style.drawable(part.replace("_", " ")), 22)
        for part in (above, factor.path.rpartition(".")[2])
    ]
    axis.set_title(
        "\n".join(filter(None, lines)), loc="left", fontsize=style.NOTE, color=style.INK, parse_math=False
    )


def _short_path(path: str) -> str:
    """A path as the title of a small picture: its last two parts."""
    parts = path.split(".")
    return style.shortened(style.drawable(" ".join(parts[-2:]).replace("_", " ")), 30)


# ------------------------------------------------------------------------------------------------- tipping


def tipping_figures(found: TippingPoint) -> list[Drawn]:
    """The reproduction number, and the chance of the goal, along what is varied."""
    goal = (
        f"; the chance of the goal ({found.goal_text()}) is read on the lower picture" if found.goal else ""
    )
    return [
        Drawn(
            "tipping",
            f"Where {found.path} tips",
            f"The reproduction number R along {found.path}, each setting looked at with its 95 % interval; the band is "
            f"where R = 1 may lie{goal}. Above R = 1 each sharing person causes more than one other while the audience "
            "is fresh.",
            tipping_figure(found),
            found.to_columns(),
        )
    ]


def tipping_figure(found: TippingPoint) -> Figure:
    """R, and the chance of the goal, along the number varied."""
    rows = 2 if found.goal is not None else 1
    with style.house_style():
        figure, first = style.new_figure(1.3 + 2.1 * rows)
        figure.delaxes(first)
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
        looked = sorted(found.looked_at, key=lambda place: place.value)
        x = np.array([place.value for place in looked])
        r = [(place.reproduction, place.reproduction_low, place.reproduction_high) for place in looked]
        _along(axes[0], x, np.array(r), found.reproduction, 1.0)
        axes[0].set_title("reproduction number R", loc="left", fontsize=style.NOTE, color=style.MUTED)
        if found.goal is not None:
            chance = [(place.chance, place.chance_low, place.chance_high) for place in looked]
            _along(axes[1], x, np.array(chance), found.goal, 0.5)
            axes[1].set_ylim(-0.03, 1.03)
            axes[1].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
            axes[1].set_title(
                f"chance of {found.goal_text()}",
                loc="left",
                fontsize=style.NOTE,
                color=style.MUTED,
                parse_math=False,
            )
        if x.min() > 0 and x.max() / x.min() > 20:
            axes[-1].set_xscale("log")
            axes[-1].xaxis.set_minor_formatter(NullFormatter())
        axes[-1].xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1000 else f"{value:.4g}")
        )
        axes[-1].set_xlabel(style.shortened(style.drawable(found.path), 60), loc="right")
        if not math.isnan(found.reproduction_theory):
            axes[0].axvline(
                found.reproduction_theory, color=style.MUTED, linewidth=1.0, linestyle=(0, (4, 2))
            )
        style.headline(
            figure, axes[0], f"Where {_short_path(found.path)} tips",
            "points: settings simulated; band: 95 % interval of the place; dashed: theory",
        )  # fmt: skip
    return figure


def _along(axis: Axes, x: Any, values: Any, where: Any, target: float) -> None:
    """A curve with its intervals, the target, and the band in which it is crossed."""
    if not math.isnan(where.value):
        axis.axvspan(where.low, where.high, color=TOGETHER, alpha=0.6, linewidth=0)
    axis.axhline(target, color=style.INK, linewidth=0.8)
    errors = np.clip(np.stack([values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]]), 0.0, None)
    axis.errorbar(
        x,
        values[:, 0],
        yerr=errors,
        fmt="o-",
        color=ALONE,
        markersize=3.2,
        linewidth=1.2,
        elinewidth=0.8,
        capsize=0,
    )
    axis.set_ylim(bottom=min(0.0, float(np.nanmin(values[:, 0]))))
