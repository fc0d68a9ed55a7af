"""Figures of spread: what a single run may bring, and what that spread is made of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viralsim.engine.ensemble import Ensemble
from viralsim.metrics.registry import METRICS
from viralsim.metrics.rounding import format_interval, format_number, format_percent, format_times
from viralsim.metrics.variance import Split
from viralsim.report import style
from viralsim.report.figures_time import Columns, foot_note, rounded
from viralsim.report.quantile_dots import (
    DOTS,
    dot_axis,
    draw_dots,
    place_dots,
    quantile_values,
    scale_for,
)

__all__ = [
    "dots_caption",
    "dots_columns",
    "goal_of",
    "quantile_dots",
    "readable",
    "variance_caption",
    "variance_columns",
    "variance_split",
]

STACK = 0.36  # height of the tallest stack, as a part of the width of the axis
SPLIT_METRICS = ("reach", "impressions_earned", "largest_cascade")


def readable(metric: str) -> str:
    """Name of a metric for people: "reach earned only"."""
    return metric.replace("_", " ")


def goal_of(ensemble: Ensemble, metric: str) -> float | None:
    """The scenario's goal for a metric, if it sets one."""
    goal = getattr(ensemble.scenario, "goal", None)
    return float(goal.at_least) if goal is not None and goal.metric == metric else None


# ------------------------------------------------------------------------------------------------ dots


def dots_columns(ensemble: Ensemble, metric: str = "reach") -> Columns:
    """The dots: each the value of one run, one chance in 20."""
    values = quantile_values(ensemble[metric])
    chances = (np.arange(values.size) + 0.5) / max(values.size, 1)
    goal = goal_of(ensemble, metric)
    columns: Columns = {"probability": chances, metric: values}
    if goal is not None:
        columns["goal_met"] = (values >= goal).astype(np.int64)
    return columns


def quantile_dots(ensemble: Ensemble, metric: str = "reach", ax: Axes | None = None) -> Figure:
    """Twenty dots, each one chance in twenty: where a single run may end, against the goal if there is one.

    Parameters
    ----------
    ensemble : Ensemble
    metric : str
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure

    Raises
    ------
    SpecError
        If the scenario does not define the metric.
    """
    values = dots_columns(ensemble, metric)[metric]
    goal = goal_of(ensemble, metric)
    with style.house_style():
        figure, axis = style.new_figure(3.8, ax)
        title, subtitle = f"One run: {readable(metric)}", f"each dot is one chance in {DOTS}"
        if not values.size:
            empty_axis(axis, f"{readable(metric)} is not defined in any run")
        else:
            draw_one_row(axis, values, goal, METRICS[metric].unit)
            if goal is not None:
                met = int((values >= goal).sum())
                subtitle += f"; filled: at least the goal of {format_number(goal)} ({met} in {DOTS})"
        style.headline(figure, axis, title, subtitle, foot_note(ensemble), own=ax is None)
    return figure


def draw_one_row(axis: Axes, values: np.ndarray[Any, Any], goal: float | None, unit: str) -> None:
    """Dots of one scenario with the line of the goal."""
    scale = scale_for(values, () if goal is None else (goal,))
    dots = place_dots(values, scale, STACK, goal)
    met = np.ones(values.size, bool) if goal is None else values >= goal
    draw_dots(axis, dots, met, style.SLATE)
    top = 1.12 * STACK * (scale.high - scale.low)
    dot_axis(axis, scale, top, [dots])
    if goal is not None:
        at = float(scale.place(goal))
        axis.plot([at, at], [0.0, top * 0.96], color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)))
        right = at < 0.5 * (scale.low + scale.high)
        style.write_text(
            axis,
            at,
            top,
            " goal" if right else "goal ",
            ha="left" if right else "right",
            va="top",
            color=style.INK,
        )
    axis.set_xlabel(unit, loc="right")


def empty_axis(axis: Axes, text: str) -> None:
    """An axis that says why it is empty."""
    axis.set_axis_off()
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    style.write_text(axis, 0.02, 0.6, text, fontsize=style.LABEL)


def dots_caption(ensemble: Ensemble, metric: str = "reach") -> str:
    """What to read off the quantile dots."""
    values = ensemble[metric]
    values = values[~np.isnan(values)]
    if not values.size:
        return f"No run defines {readable(metric)}."
    low, mid, high = np.quantile(values, (0.05, 0.5, 0.95))
    text = (
        f"Each dot is one chance in {DOTS} of where a single run ends: half lie above "
        f"{rounded(mid, high - low)}, nine in ten from {format_interval(float(low), float(high))}."
    )
    goal = goal_of(ensemble, metric)
    if goal is not None:
        chance = format_times(ensemble.prob_at_least(metric, goal))
        text += f" The goal of at least {format_number(goal)} is met {chance} (filled dots)."
    return text


# --------------------------------------------------------------------------------------------- variance


def variance_parts(ensemble: Ensemble) -> dict[str, Split]:
    """What the spread of the main metrics is made of."""
    return {metric: ensemble.variance(metric) for metric in SPLIT_METRICS if metric in ensemble}


def variance_columns(ensemble: Ensemble) -> Columns:
    """Shares of the variance of one run that are luck, audience and assumptions, per metric."""
    splits = variance_parts(ensemble)
    return {
        "metric": list(splits),
        **{part: np.array([getattr(s, part) for s in splits.values()]) for part in style.CONTRASTS},
        "variance": np.array([s.variance for s in splits.values()]),
        "note": [s.note for s in splits.values()],
    }


def variance_split(ensemble: Ensemble, ax: Axes | None = None) -> Figure:
    """How much of the spread of one run is luck, audience (people and graph) and assumptions.

    Parameters
    ----------
    ensemble : Ensemble
        The first call runs a second, small ensemble (see `Ensemble.variance`).
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    splits = variance_parts(ensemble)
    with style.house_style():
        figure, axis = style.new_figure(2.7, ax)
        for row, split in enumerate(splits.values()):
            _split_bar(axis, float(row), split)
        axis.set_xlim(0.0, 1.0)
        axis.set_ylim(len(splits) - 0.4, -0.75)
        axis.set_yticks(range(len(splits)), [readable(name) for name in splits])
        axis.tick_params(axis="y", labelcolor=style.INK)
        axis.xaxis.set_visible(False)
        axis.spines["bottom"].set_visible(False)
        axis.grid(False)
        handles, labels = axis.get_legend_handles_labels()
        named = dict(zip(labels, handles, strict=True))
        style.legend_above(axis, list(named.values()), list(named))
        style.headline(
            figure,
            axis,
            "Why single runs differ",
            "parts of the variance of one run",
            foot_note(ensemble),
            own=ax is None,
        )
    return figure


_NAMES = {"luck": "luck", "audience": "audience and network", "assumptions": "numbers not known"}


def _split_bar(axis: Axes, row: float, split: Split) -> None:
    """One bar of parts that add up to 1; what could not be told apart stays one hatched part."""
    parts = {part: getattr(split, part) for part in style.CONTRASTS}
    if math.isnan(split.luck):
        style.write_text(axis, 0.0, row, split.note, va="center")
        return
    start = 0.0
    for part, colour in style.CONTRASTS.items():
        share = parts[part]
        if math.isnan(share):
            continue
        axis.barh(
            row, share, 0.56, start, color=colour, edgecolor=style.PAPER, linewidth=1.0, label=_NAMES[part]
        )
        _part_label(axis, start, share, row, colour)
        start += share
    if math.isnan(parts["audience"]) and start < 1.0:
        rest = 1.0 - start
        axis.barh(
            row,
            rest,
            0.56,
            start,
            color="#a9bccc",
            edgecolor=style.PAPER,
            hatch="///",
            label="audience or assumptions",
        )
        _part_label(axis, start, rest, row, "#a9bccc")


def _part_label(axis: Axes, start: float, share: float, row: float, colour: str) -> None:
    """The part in percent, where there is room for it."""
    if share >= 0.07:
        ink = style.PAPER if style.grey_level(colour) < 55 else style.INK
        text = f"{100 * share:.0f} %"
        style.write_text(axis, start + share / 2, row, text, ha="center", va="center", color=ink)


def variance_caption(ensemble: Ensemble) -> str:
    """What to read off the split of variance."""
    split = ensemble.variance("reach")
    if math.isnan(split.luck):
        return f"Nothing can be said about why runs differ in reach: {split.note}."
    text = f"Of the variance of one run's reach {format_percent(split.luck, 0.05)} is luck"
    if not math.isnan(split.audience):
        text += (
            f", {format_percent(split.audience, 0.05)} who the audience happens to be and how it is linked, and "
            f"{format_percent(split.assumptions, 0.05)} numbers that are not known. More simulation shrinks none "
            "of them; knowing the numbers better shrinks the last"
        )
    note = f" ({split.note})" if split.note else ""
    return f"{text}{note}."
