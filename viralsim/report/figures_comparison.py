"""Figures of a comparison: the paired effects with their verdicts, curves and dots on the same axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from viralsim.experiment.comparison import Comparison
from viralsim.experiment.pairs import Pair, effect_interval_text, effect_text
from viralsim.metrics.registry import METRICS
from viralsim.metrics.rounding import format_number
from viralsim.metrics.views import CURVES
from viralsim.report import style
from viralsim.report.figures_spread import empty_axis, goal_of, readable
from viralsim.report.figures_time import Columns, quantile_columns, rounded, runs_note, shown_until
from viralsim.report.quantile_dots import (
    DOTS,
    dot_axis,
    dots_columns,
    draw_dots,
    place_dots,
    quantile_values,
    scale_for,
)

__all__ = [
    "aligned_dots",
    "aligned_dots_caption",
    "aligned_dots_columns",
    "curve_of",
    "curves_caption",
    "curves_columns",
    "curves_together",
    "draw_rows",
    "effects_caption",
    "effects_columns",
    "label_of",
    "paired_effects",
]

ROWS_AT_MOST = 14
BANDS_AT_MOST = 3


def label_of(label: str, length: int = 24) -> str:
    """Label of a scenario as a figure can draw it."""
    return style.shortened(style.drawable(label), length)


def _foot(comparison: Comparison) -> str:
    """The foot of a figure of a comparison."""
    return f"{runs_note(comparison.ensembles[0])} of each, in shared worlds · simulated, not a forecast"


# --------------------------------------------------------------------------------------------- effects


def shown_pairs(comparison: Comparison) -> tuple[Pair, ...]:
    """Two scenarios: every metric; more: every pair in the main metric, or each against the first if too many."""
    pairs = comparison.pairs
    if len(comparison.labels) > 2:
        pairs = tuple(pair for pair in pairs if pair.metric == comparison.metric)
    if len(pairs) > ROWS_AT_MOST:
        pairs = tuple(pair for pair in pairs if pair.a == comparison.labels[0] or len(comparison.labels) == 2)
    return pairs[:ROWS_AT_MOST]


def effects_columns(comparison: Comparison) -> Columns:
    """Every pair: metric, scenarios, difference, ratio, intervals, probabilities, verdict."""
    rows = [pair.to_dict() for pair in comparison.pairs]
    return {name: [row[name] for row in rows] for name in rows[0]}


def paired_effects(comparison: Comparison, ax: Axes | None = None) -> Figure:
    """Ratio of expected values for each pair with its 95 % interval, the zone of no worthwhile difference, the verdict.

    Where there is no ratio (a mean is not positive) the difference is written out.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    pairs = shown_pairs(comparison)
    with style.house_style():
        figure, axis = style.new_figure(1.75 + 0.52 * len(pairs), ax)
        low, high = _ratio_range(pairs, comparison.worthwhile)
        worthwhile = comparison.worthwhile
        single = len({(pair.a, pair.b) for pair in pairs}) == 1
        for row, pair in enumerate(pairs):
            _effect_row(axis, row, pair, worthwhile, named=not single)
        axis.set_xscale("log")
        axis.set_xlim(low, high)
        axis.set_ylim(len(pairs) - 0.45, -0.62)
        axis.xaxis.set_major_locator(FixedLocator(_ratio_ticks(low, high)))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"× {round(value, 10):.10g}"))
        axis.yaxis.set_visible(False)
        axis.grid(False)
        style.headline(
            figure,
            axis,
            f"{label_of(pairs[0].b)} against {label_of(pairs[0].a)}"
            if single
            else f"{readable(comparison.metric).capitalize()}, pair by pair",
            f"expected value, times as much; line: 95 % interval; grey: within {100 * worthwhile:.3g} %",
            _foot(comparison),
            own=ax is None,
        )
    return figure


def _effect_row(axis: Axes, row: int, pair: Pair, worthwhile: float, named: bool) -> None:
    """Interval, dot and words of one pair, over the zone of no worthwhile difference."""
    transform = axis.get_yaxis_transform()  # x in parts of the axis, y in rows
    size = f"{effect_text(pair)} ({effect_interval_text(pair)})"
    name = f"{label_of(pair.b, 16)} / {label_of(pair.a, 16)}" if named else readable(pair.metric)
    name = f"{name}: {size}" if _has_ratio(pair) else name
    style.write_text(axis, 0.0, row - 0.3, name, transform=transform, va="center", color=style.INK)
    why = f", {pair.unresolved_because}" if pair.unresolved_because else ""
    verdict = style.shortened(f"{pair.verdict}{why}", 30)
    style.write_text(
        axis, 1.0, row - 0.3, verdict, transform=transform, ha="right", va="center", color=style.INK,
        fontweight="bold",
    )  # fmt: skip
    if not _has_ratio(pair):
        text = f"no ratio; difference {size}"
        style.write_text(axis, 0.5, row + 0.12, text, transform=transform, ha="center", va="center")
        return
    axis.barh(row + 0.1, 2.0 * worthwhile, 0.42, 1.0 - worthwhile, color="#dde3ea", linewidth=0)
    axis.plot([1.0, 1.0], [row - 0.11, row + 0.31], color="#8b95a3", linewidth=0.8)
    resolved = pair.verdict != "unresolved"
    axis.plot([pair.ratio_low, pair.ratio_high], [row + 0.1] * 2, color=style.SLATE, linewidth=2.2)
    axis.plot(
        pair.ratio,
        row + 0.1,
        "o",
        markersize=7.5,
        markerfacecolor=style.SLATE if resolved else style.PAPER,
        markeredgecolor=style.SLATE,
        markeredgewidth=1.4,
    )


def _has_ratio(pair: Pair) -> bool:
    return all(math.isfinite(v) and v > 0 for v in (pair.ratio, pair.ratio_low, pair.ratio_high))


def _ratio_range(pairs: tuple[Pair, ...], worthwhile: float) -> tuple[float, float]:
    """Ends of the axis: all intervals, but no further than a thousandfold."""
    ends = [1.0 - 2.0 * worthwhile, 1.0 + 2.0 * worthwhile]
    ends += [v for pair in pairs if _has_ratio(pair) for v in (pair.ratio_low, pair.ratio_high)]
    low, high = max(min(ends), 1e-3), min(max(ends), 1e3)
    room = (high / low) ** 0.06
    return low / room, high * room


_FINE_STEPS = tuple(digit * 10.0**-place for place in range(2, 10) for digit in (2, 1, 0.5))


def _ratio_ticks(low: float, high: float) -> list[float]:
    """Round factors between the ends, at most about seven."""
    fine = [1.0 + k / 20 for k in range(-18, 60)]
    choices = (
        [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0],
        [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0],
        [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0],
        [0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0, 6.0],
        [0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0],
        [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4],
        fine,
        *([1.0 + k * step for k in range(-7, 8)] for step in _FINE_STEPS),
    )
    inside = [[tick for tick in ticks if low <= tick <= high] for ticks in choices]
    return min(
        (ticks for ticks in inside if 2 <= len(ticks) <= 7), key=lambda ticks: _widest_gap(ticks, low, high)
    )


def _widest_gap(ticks: list[float], low: float, high: float) -> float:
    """Largest stretch of a logarithmic axis without a tick."""
    return float(np.diff(np.log([low, *ticks, high])).max())


def effects_caption(comparison: Comparison) -> str:
    """What to read off the paired effects."""
    said = (
        f"{comparison.sentence()} " if len(comparison.labels) == 2 else ""
    )  # of many, too long for a caption
    return (
        f"{said}A line that stays clear of the grey zone is a difference worth having; one "
        "inside it is practically none; one that reaches across its edge is unresolved (hollow dot)."
    )


# ---------------------------------------------------------------------------------------------- curves


def curve_of(metric: str) -> str:
    """The curve over time that shows a metric best."""
    if metric in CURVES:
        return metric
    return next((name for name in ("impressions", "shares") if metric.startswith(name)), "reach")


def curves_columns(comparison: Comparison) -> Columns:
    """For each scenario and time: mean and quantiles of the curve, counted from the start."""
    name = curve_of(comparison.metric)
    columns: dict[str, list[Any]] = {"scenario": [], "time_hours": []}
    for label, ensemble in zip(comparison.labels, comparison.ensembles, strict=True):
        columns["scenario"] += [label] * ensemble.times_hours.size
        columns["time_hours"] += ensemble.times_hours.tolist()
        for key, values in quantile_columns(ensemble.curve(name, cumulative=True)).items():
            columns.setdefault(key, []).extend(values.tolist())
    return dict(columns)


def curves_together(comparison: Comparison, ax: Axes | None = None) -> Figure:
    """The curve of the metric for each scenario on the same axes: median, and where nine in ten runs lie.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    name = curve_of(comparison.metric)
    curves = [ensemble.curve(name, cumulative=True) for ensemble in comparison.ensembles]
    pairs = list(zip(comparison.ensembles, curves, strict=True))
    until = max(shown_until(e.times_hours, c.mean(axis=0)) for e, c in pairs)
    bands = len(curves) <= BANDS_AT_MOST
    with style.house_style():
        figure, axis = style.new_figure(ax=ax)
        labels, top = [], 1.0
        for index, (ensemble, curve) in enumerate(pairs):
            colour, line, _ = style.variant_style(index)
            hours = np.concatenate(([0.0], ensemble.times_hours))
            low, mid, high = (
                np.concatenate(([0.0], q)) for q in np.quantile(curve, (0.05, 0.5, 0.95), axis=0)
            )
            if bands:
                axis.fill_between(hours, low, high, color=colour, alpha=0.13, linewidth=0)
                axis.plot(hours, low, color=colour, linewidth=0.6, alpha=0.6)
                axis.plot(hours, high, color=colour, linewidth=0.6, alpha=0.6)
            axis.plot(hours, mid, color=colour, linestyle=line, linewidth=2.0)
            top = max(top, float((high if bands else mid).max()))
            end = float(mid[-1])
            spread = max(float(high[-1] - low[-1]), 1e-9)
            labels.append((end, f"{label_of(comparison.labels[index], 18)} {rounded(end, spread)}", colour))
        axis.set_ylim(0.0, top * 1.06)
        style.time_axis(axis, until)
        style.count_axis(axis)
        style.label_ends(axis, until, labels, gap=0.068 * top)
        title = "People reached" if name == "reach" else f"{readable(name).capitalize()} so far"
        subtitle = "median of the runs" + ("; band: where 9 in 10 runs lie" if bands else "")
        style.headline(figure, axis, title, subtitle, _foot(comparison), own=ax is None)
    return figure


def curves_caption(comparison: Comparison) -> str:
    """What to read off the curves."""
    what = (
        "people reached" if curve_of(comparison.metric) == "reach" else readable(curve_of(comparison.metric))
    )
    return (
        f"The median number of {what} so far in each scenario. Bands that overlap do not mean a tie: the "
        "scenarios share their worlds, so read the difference off the paired effects."
    )


# ------------------------------------------------------------------------------------------------ dots


def aligned_dots_columns(comparison: Comparison) -> Columns:
    """The dots of each scenario: each the value of one run, one chance in 20."""
    values = (quantile_values(ensemble[comparison.metric]) for ensemble in comparison.ensembles)
    return dict(dots_columns("scenario", comparison.labels, values, comparison.metric))


def aligned_dots(comparison: Comparison, ax: Axes | None = None) -> Figure:
    """Twenty dots for each scenario, one under the other on one axis.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    metric = comparison.metric
    rows = [quantile_values(ensemble[metric]) for ensemble in comparison.ensembles]
    goal = goal_of(comparison.ensembles[0], metric)
    with style.house_style():
        stack = 0.22 if len(rows) < 4 else 0.14
        figure, axis = style.new_figure(1.5 + len(rows) * (stack + 0.075) * 5.4, ax)
        if not any(row.size for row in rows):
            empty_axis(axis, f"{readable(metric)} is not defined in any run")
        else:
            draw_rows(axis, comparison.labels, rows, goal, stack)
            axis.set_xlabel(METRICS[metric].unit, loc="right")
        subtitle = f"each dot is one chance in {DOTS}; line: median"
        if goal is not None:
            subtitle += f"; filled: at least the goal of {format_number(goal)}"
        style.headline(
            figure, axis, f"One run of each: {readable(metric)}", subtitle, _foot(comparison), own=ax is None
        )
    return figure


def draw_rows(
    axis: Axes, labels: Sequence[str], rows: list[np.ndarray[Any, Any]], goal: float | None, stack: float
) -> None:
    """Dots of each row (ascending values) on a base line of its own, the first on top, all of one size."""
    scale = scale_for(np.sort(np.concatenate(rows)), () if goal is None else (goal,))
    width = scale.high - scale.low
    filled = [row for row in rows if row.size]
    least = min(place_dots(row, scale, stack, goal).diameter for row in filled)
    placed = [place_dots(row, scale, stack, goal, least) if row.size else None for row in rows]
    step = (stack + 0.075) * width
    for index, (row, dots) in enumerate(zip(rows, placed, strict=True)):
        base = (len(rows) - 1 - index) * step
        colour = style.variant_style(index)[0]
        axis.axhline(base, color="#c4cbd4", linewidth=0.7)
        style.write_text(
            axis, 0.0, base + step * 0.93, label_of(labels[index], 44), transform=axis.get_yaxis_transform(),
            va="top", color=colour, fontweight="bold", bbox=style.backed(),
        )  # fmt: skip
        if dots is None:
            continue
        met = np.ones(row.size, bool) if goal is None else row >= goal
        draw_dots(axis, dots, met, colour, base)
        middle = float(scale.place(float(np.median(row))))
        axis.plot([middle, middle], [base, base + 0.8 * step], color=colour, linewidth=0.9, zorder=0)
        if goal is not None:
            _chance_note(axis, base + step * 0.93, int(met.sum()), colour)
    dot_axis(axis, scale, len(rows) * step, [dots for dots in placed if dots is not None])
    if goal is not None:
        at = float(scale.place(goal))
        axis.axvline(at, color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=0)


def _chance_note(axis: Axes, y: float, met: int, colour: str) -> None:
    """How many of the dots meet the goal, at the right end of a row."""
    style.write_text(
        axis, 1.0, y, f"{met} in {DOTS} meet the goal", transform=axis.get_yaxis_transform(), ha="right",
        va="top", color=colour,
    )  # fmt: skip


def aligned_dots_caption(comparison: Comparison) -> str:
    """What to read off the aligned dots."""
    return (
        f"Each row of {DOTS} dots shows where a single run of that scenario may end in "
        f"{readable(comparison.metric)}: the more two rows lie over each other, the more luck decides which one "
        "comes out ahead when each is run once."
    )
