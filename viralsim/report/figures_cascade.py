"""Figures of the cascade in numbers: people by generation, and sizes of share trees."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from viralsim.engine.ensemble import Ensemble
from viralsim.metrics.columns import Column
from viralsim.metrics.rounding import format_number, format_percent
from viralsim.metrics.tallies import TREES
from viralsim.metrics.uncertainty import summarise
from viralsim.report import style
from viralsim.report.figures_spread import empty_axis
from viralsim.report.figures_time import Columns, foot_note, quantile_columns

__all__ = [
    "generations_caption",
    "generations_columns",
    "people_by_generation",
    "tree_sizes",
    "tree_sizes_caption",
    "tree_sizes_columns",
]

LOG_FROM = 25.0  # largest mean over smallest from which a logarithmic axis is used
GENERATIONS_SHOWN = 14


# ----------------------------------------------------------------------------------------- generations


def generations_columns(ensemble: Ensemble) -> Columns:
    """Sharing people by generation: mean and quantiles over runs, up to the last generation seen."""
    counts = ensemble.generations
    seen = np.flatnonzero(counts.any(axis=0))
    last = int(seen[-1]) + 1 if seen.size else 1
    return {"generation": np.arange(last), **quantile_columns(counts[:, :last])}


def people_by_generation(ensemble: Ensemble, ax: Axes | None = None) -> Figure:
    """Sharing people by generation: mean (dot, number) and where nine in ten runs lie (bar).

    Parameters
    ----------
    ensemble : Ensemble
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    data = {name: values[:GENERATIONS_SHOWN] for name, values in generations_columns(ensemble).items()}
    means, generation = data["mean"], data["generation"]
    with style.house_style():
        figure, axis = style.new_figure(ax=ax)
        if not means.any():
            empty_axis(axis, f"nobody shared in any of {ensemble.replicates:,} runs")
        else:
            colours = style.generation_colours(max(means.size, 4))
            bottom = _generation_axis(axis, data)
            for g in generation:
                low, high = max(data["p05"][g], bottom), max(data["p95"][g], bottom)
                axis.plot(
                    [g, g], [low, high], color=colours[g], linewidth=7, alpha=0.28, solid_capstyle="butt"
                )
                axis.plot(g, max(means[g], bottom), "o", color=colours[g], markersize=6, clip_on=False)
                axis.annotate(
                    _mean_text(ensemble, int(g), compact=means.size > 9),
                    (g, max(high, means[g], bottom)),
                    xytext=(0, 6),
                    textcoords="offset points",
                    ha="center",
                    fontsize=style.NOTE,
                    color=style.INK,
                )
        style.headline(
            figure,
            axis,
            "Sharing people, by generation",
            "dot and number: mean of all runs; bar: where 9 in 10 runs lie",
            foot_note(ensemble),
            own=ax is None,
        )
    return figure


def _mean_text(ensemble: Ensemble, generation: int, compact: bool) -> str:
    """Mean number of people of a generation, rounded to what is known; `compact` writes thousands as k."""
    summary = summarise(ensemble.generations[:, generation].astype(np.float64), ensemble.draw)
    if compact and summary.mean >= 1_000.0:
        return f"{summary.mean / 1_000.0:.2g}k" if summary.mean < 1e5 else style.short_count(summary.mean)
    if summary.mean > 0 and not summary.se > 0:
        return format_number(summary.mean)
    return format_number(summary.mean, max(summary.se, 0.02 * summary.mean))


def _generation_axis(axis: Axes, data: Columns) -> float:
    """Axes of the figure of generations; returns the lowest number that can be drawn."""
    means = data["mean"]
    positive = means[means > 0]
    logarithmic = bool(positive.max() > LOG_FROM * positive.min()) and means.size > 2
    bottom = 0.0
    if logarithmic:
        bottom = positive.min() / 2.5
        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(numticks=8))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: style.short_count(value)))
        axis.set_ylim(bottom, max(float(data["p95"].max()), float(means.max())) * 2.6)
    else:
        axis.set_ylim(0.0, max(float(data["p95"].max()), float(means.max())) * 1.15)
        style.count_axis(axis)
    axis.set_xlim(-0.4, means.size - 0.3)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    axis.set_xlabel("generation: steps from a post, or from being asked", loc="right")
    return float(bottom)


def generations_caption(ensemble: Ensemble) -> str:
    """What to read off the figure of generations."""
    counts = ensemble.generations
    if not counts.any():
        return "Nobody shared, so there is no cascade."
    seen = int(np.flatnonzero(counts.any(axis=0))[-1])
    text = (
        "Generation 0 shared because of a post, generation 1 because of somebody of generation 0, and so on: "
        "the steeper the fall, the less word of mouth carries itself."
    )
    summary = ensemble.summary()["reproduction_number"]
    if not np.isnan(summary.mean):
        r = format_number(summary.mean, summary.se if summary.se > 0 else 0.005)
        text += f" While the audience is fresh, each person who shares brings {r} others to share (R)."
    if seen >= GENERATIONS_SHOWN:
        text += f" The longest chain had {seen} generations; the first {GENERATIONS_SHOWN} are drawn."
    return text


# ------------------------------------------------------------------------------------------ tree sizes


def tree_sizes_columns(ensemble: Ensemble) -> Columns:
    """Part of all share trees with at least 1, 2, 4, 8, ... people, with 95 % interval."""
    counts = ensemble.tree_sizes.astype(np.float64)
    at_least = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    trees = at_least[:, 0]
    last = int(np.flatnonzero(counts.any(axis=0))[-1]) + 1 if counts.any() else 0
    summaries = [summarise(Column(at_least[:, k], trees), ensemble.draw, 0.0, 1.0) for k in range(last)]
    return {
        "size_at_least": 2 ** np.arange(last),
        "trees": at_least[:, :last].sum(axis=0).astype(np.int64),
        "share": np.array([s.mean for s in summaries]),
        "low": np.array([s.low for s in summaries]),
        "high": np.array([s.high for s in summaries]),
    }


def tree_sizes(ensemble: Ensemble, ax: Axes | None = None) -> Figure:
    """Part of the share trees that have at least so many people, both axes logarithmic.

    Parameters
    ----------
    ensemble : Ensemble
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    data = tree_sizes_columns(ensemble)
    sizes, share = data["size_at_least"], data["share"]
    with style.house_style():
        figure, axis = style.new_figure(ax=ax)
        if not sizes.size:
            empty_axis(axis, f"nobody shared in any of {ensemble.replicates:,} runs")
        else:
            low = np.where(np.isnan(data["low"]), share, data["low"])
            high = np.where(np.isnan(data["high"]), share, data["high"])
            floor = 10.0 ** np.floor(np.log10(float(share.min())) - 0.15)
            axis.fill_between(sizes, np.maximum(low, floor), high, color="#dbe1e9", linewidth=0)
            axis.plot(sizes, share, "o-", color=style.SLATE, markersize=4.5, clip_on=False, zorder=3)
            _size_axes(axis, float(sizes[-1]), float(floor))
        style.headline(
            figure,
            axis,
            "How large share trees get",
            "part of all share trees with at least so many people; band: 95 % interval",
            foot_note(ensemble),
            own=ax is None,
        )
    return figure


def _size_axes(axis: Axes, largest: float, floor: float) -> None:
    """Logarithmic axes in plain words: 1 in 10, 1 in 100, ..."""
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(0.9, max(largest, 8.0) * 1.15)
    axis.set_ylim(floor, 1.15)
    powers = 2.0 ** np.arange(int(np.log2(max(largest, 8.0))) + 1)
    axis.xaxis.set_major_locator(FixedLocator(powers[:: 1 + powers.size // 11].tolist()))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.short_count(value)))
    axis.yaxis.set_major_locator(LogLocator(numticks=9))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: "all" if v >= 0.999 else f"1 in {style.short_count(round(1.0 / v))}")
    )
    axis.set_xlabel("people in the share tree, at least", loc="right")


def tree_sizes_caption(ensemble: Ensemble) -> str:
    """What to read off the figure of tree sizes."""
    tallies = ensemble.tallies.trees.sum(axis=0)
    trees, alone, hundred = (
        int(tallies[TREES.index(n)]) for n in ("trees", "trees_size_1", "trees_size_ge_100")
    )
    if not trees:
        return "Nobody shared, so there are no share trees."
    text = f"Of {trees:,} share trees in all runs {format_percent(alone / trees)} are one person whom nobody followed"
    if hundred:
        text += f"; 1 in {format_number(round(trees / hundred))} reaches 100 people"
    else:
        text += "; none reaches 100 people"
    largest = int(ensemble["largest_cascade"].max())
    return f"{text}; the largest has {largest:,}. A straight line downwards means there is no typical size."
