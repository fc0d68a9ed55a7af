"""Effect curves of a sweep: how a result follows one number, with its error and the spread of single runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from viralsim.metrics.registry import METRICS
from viralsim.report import style
from viralsim.report.figures_spread import empty_axis, readable
from viralsim.report.figures_time import Columns, scenario_title
from viralsim.report.figures_trees import strokes
from viralsim.report.sweep_view import FEW, Floats, Indices, SweepAxis, SweepView, group_mean

__all__ = ["effect_caption", "effect_columns", "effect_curve", "sweep_foot", "tipping_places", "value_axis"]

CURVES_AT_MOST = 4
DOTS_AT_MOST = 2_000
BINS = 8  # of a sampled number
_CURVES: tuple[tuple[str, Any, str], ...] = (
    ("#6b8fb0", (0, (1, 1.2)), "o"),
    ("#2f77ad", (0, (5, 1.6)), "s"),
    ("#1d4a80", (0, (5, 1.5, 1, 1.5)), "^"),
    ("#16264c", "-", "D"),
)
"""Colour, line and mark of the curves of ordered values: the higher, the darker."""
_SINGLE = (style.SLATE, "-", "o")


def sweep_foot(view: SweepView) -> str:
    """The foot of a figure of a sweep."""
    settings = f"{view.known.size:,} settings"
    return f"{scenario_title(view.swept.scenario)} · {settings} in shared worlds · simulated"


def _others(view: SweepView, axis: SweepAxis) -> list[SweepAxis]:
    return [other for other in view.axes if other.path != axis.path]


def _curves(view: SweepView, axis: SweepAxis) -> Iterator[tuple[str, Indices]]:
    """Rows of each curve: one per value of the other axis of a plane, else all of them."""
    others = _others(view, axis)
    if not view.is_grid or len(others) != 1:
        yield "", view.known
        return
    other = others[0]
    count = len(other.texts)
    chosen = sorted({round(i) for i in np.linspace(0, count - 1, min(count, CURVES_AT_MOST)).tolist()})
    for number in chosen:
        yield other.texts[number], view.known[other.index[view.known] == number]


def _points(view: SweepView, axis: SweepAxis, rows: Indices) -> dict[str, Floats]:
    """Place and numbers of one curve: by value, or in bins of equally many settings where there are many values."""
    values = axis.places[axis.index[rows]]
    if len(axis.places) <= FEW or view.is_grid:
        groups, places = axis.index[rows], axis.places
    else:
        order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        groups = order * BINS // max(rows.size, 1)
        places = group_mean(values, groups, BINS)
    count = places.size
    found = {"place": places}
    for name in ("mean", "low", "high", "p05", "p95", "reproduction", "reach"):
        found[name] = group_mean(getattr(view, name)[rows], groups, count)
    if places is not axis.places:  # the settings of a bin differ: their own scatter is the error
        spread = np.sqrt(
            np.maximum(
                group_mean(view.mean[rows] ** 2, groups, count) - found["mean"] ** 2,
                0.0,
            )
        )
        error = 2.0 * spread / np.sqrt(np.maximum(np.bincount(groups, minlength=count) - 1, 1))
        found["low"], found["high"] = found["mean"] - error, found["mean"] + error
    known = ~np.isnan(found["mean"])
    return {name: column[known] for name, column in found.items()}


def effect_columns(view: SweepView, axis: SweepAxis) -> Columns:
    """The points of every curve: value, expected value with 95 % interval, where nine in ten single runs lie, R."""
    names = ("mean", "low", "high", "p05", "p95", "reproduction")
    columns: dict[str, list[object]] = {name: [] for name in ("curve", axis.path, *names)}
    for label, rows in _curves(view, axis):
        points = _points(view, axis, rows)
        columns["curve"] += [label or "all"] * points["mean"].size
        columns[axis.path] += (
            points["place"].tolist()
            if axis.numeric
            else [axis.texts[int(place)] for place in points["place"]]
        )
        for name in names:
            columns[name] += points[name].tolist()
    return dict(columns)


def tipping_places(places: Floats, reproduction: Floats, reach: Floats, logarithmic: bool) -> list[float]:
    """Where R passes 1 between neighbouring places, by straight lines on the axis drawn.

    Where R falls while the result rises, the audience is running out, which is no tipping point: left out.

    Parameters
    ----------
    places, reproduction, reach : float64[k]
        `reach` or another result that more sharing raises.
    logarithmic : bool

    Returns
    -------
    list of float

    Examples
    --------
    >>> tipping_places(np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.5, 0.5]), np.array([1.0, 5.0, 9.0]), False)
    [1.5]
    """
    at = np.log(places) if logarithmic else places
    found = []
    for i in range(places.size - 1):
        a, b = reproduction[i] - 1.0, reproduction[i + 1] - 1.0
        if math.isnan(a) or math.isnan(b) or (a > 0) == (b > 0) or (b > a) != (reach[i + 1] > reach[i]):
            continue
        crossing = float(at[i] + (at[i + 1] - at[i]) * a / (a - b))
        found.append(math.exp(crossing) if logarithmic else crossing)
    return found


def effect_curve(view: SweepView, axis: SweepAxis, ax: Axes | None = None) -> Figure:
    """Expected value of the metric against one thing varied; where R passes 1, and the value it has now.

    Parameters
    ----------
    view : SweepView
    axis : SweepAxis
        One of ``view.axes``.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    with style.house_style():
        figure, drawn = style.new_figure(ax=ax)
        if not view.known.size:
            empty_axis(drawn, f"{readable(view.metric)} is not defined in any setting")
        else:
            _draw_curves(drawn, view, axis)
        subtitle = f"expected value with 95 % interval{_subtitle(view, axis)}"
        title = f"{readable(view.metric).capitalize()} against {view.name(axis)}"
        style.headline(
            figure, drawn, style.shortened(style.drawable(title), 58), style.shortened(style.drawable(subtitle), 92),
            sweep_foot(view), own=ax is None,
        )  # fmt: skip
    return figure


def _subtitle(view: SweepView, axis: SweepAxis) -> str:
    others = _others(view, axis)
    if not others:
        text = "; grey: where 9 in 10 single runs lie"
    elif view.is_grid and len(others) == 1:
        text = f"; a curve per {view.name(others[0])}"
    else:
        text = ", all settings with that value taken together"
    return f"{text}; ring: R = 1" if axis.numeric else text


def _draw_curves(axis: Axes, view: SweepView, varied: SweepAxis) -> None:
    """Curves, dots of single settings where they were sampled, tipping points, goal, present value."""
    curves = list(_curves(view, varied))
    labels: list[tuple[float, str, str]] = []
    top = 0.0
    if not view.is_grid or len(view.axes) > 2:
        _single_settings(axis, view, varied)
        top = float(view.mean[view.known].max())
    for number, (label, rows) in enumerate(curves):
        points = _points(view, varied, rows)
        if not points["mean"].size:
            continue
        colour, line, mark = _CURVES[len(_CURVES) - len(curves) + number] if len(curves) > 1 else _SINGLE
        x = points["place"]
        if len(view.axes) == 1 and len(varied.places) <= FEW:
            axis.fill_between(x, points["p05"], points["p95"], color="#dfe4ea", linewidth=0, zorder=0)
            top = max(top, float(np.nanmax(points["p95"])))
        axis.fill_between(x, points["low"], points["high"], color=colour, alpha=0.2, linewidth=0)
        line = line if varied.numeric else ""
        axis.plot(x, points["mean"], marker=mark, color=colour, markersize=4.2, linestyle=line, linewidth=1.8)
        _mark_tipping(axis, points, varied)
        top = max(top, float(np.nanmax(points["high"])), float(points["mean"].max()))
        labels.append((float(points["mean"][-1]), style.shortened(style.drawable(label), 24), colour))
    value_axis(axis, view.metric)
    _mark_goal_and_present(axis, view, varied)
    top = max(top, view.goal or 0.0) or 1.0
    axis.set_ylim(0.0 if METRICS[view.metric].floor == 0.0 else None, top * 1.07)
    _place_axis(axis, varied)
    if len(curves) > 1:
        style.label_ends(axis, float(varied.places[-1]), labels, gap=0.068 * top)


def _single_settings(axis: Axes, view: SweepView, varied: SweepAxis) -> None:
    """A grey dot for each setting, evenly chosen where there are very many: one path, so that the file stays small."""
    rows = view.known[:: max(-(-view.known.size // DOTS_AT_MOST), 1)]
    points = np.stack((varied.places[varied.index[rows]], view.mean[rows]), axis=1)
    speck = np.array([1e-4 * float(np.ptp(varied.places)), 0.0])  # a stroke of exactly no length is not drawn
    strokes(axis, points, points + speck, "#b9c3cf", 2.6, zorder=1)


def _mark_tipping(axis: Axes, points: dict[str, Floats], varied: SweepAxis) -> None:
    """A ring where R passes 1 on a curve."""
    if not varied.numeric:
        return
    x = points["place"]
    for place in tipping_places(x, points["reproduction"], points["reach"], varied.logarithmic):
        scale = np.log(x) if varied.logarithmic else x
        height = float(np.interp(math.log(place) if varied.logarithmic else place, scale, points["mean"]))
        axis.plot(
            place, height, "o", markersize=8.5, markerfacecolor=style.PAPER, markeredgecolor=style.ORIGINS["earned"],
            markeredgewidth=2.0, zorder=6,
        )  # fmt: skip


def _mark_goal_and_present(axis: Axes, view: SweepView, varied: SweepAxis) -> None:
    if view.goal is not None:
        axis.axhline(view.goal, color=style.INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=0)
        groups = group_mean(view.mean[view.known], varied.index[view.known], len(varied.texts))
        left = abs(groups[0] - view.goal) > abs(groups[-1] - view.goal)  # where it is clear of the curves
        style.write_text(
            axis, 0.005 if left else 0.995, view.goal, "goal", transform=axis.get_yaxis_transform(), va="bottom",
            ha="left" if left else "right", color=style.INK, bbox=style.backed(),
        )  # fmt: skip
    if varied.places[0] <= varied.present <= varied.places[-1]:
        axis.axvline(varied.present, color=style.MUTED, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0)
        style.write_text(
            axis, varied.present, 1.0, " now", transform=axis.get_xaxis_transform(), va="top",
            bbox=style.backed(),
        )  # fmt: skip


def value_axis(axis: Axes, metric: str) -> None:
    """Ticks of the metric on y: counts in whole numbers, rates as they are."""
    if METRICS[metric].denominator is None:
        style.count_axis(axis)
    else:
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
    axis.set_ylabel("")


def _place_axis(axis: Axes, varied: SweepAxis) -> None:
    """Ticks of the thing varied: its own values where they are few, at most seven."""
    low, high = float(varied.places[0]), float(varied.places[-1])
    if varied.logarithmic:
        axis.set_xscale("log")
        room = (high / low) ** 0.03
        axis.set_xlim(low / room, high * room)
    else:
        room = 0.03 * (high - low)
        axis.set_xlim(low - room, high + room)
    if len(varied.places) <= FEW or not varied.numeric:
        step = math.ceil(len(varied.places) / 7)
        shown = list(range(0, len(varied.places), step))
        axis.xaxis.set_major_locator(FixedLocator([float(varied.places[i]) for i in shown]))
        texts = [style.shortened(style.drawable(varied.texts[i]), 14) for i in shown]
        axis.xaxis.set_major_formatter(FuncFormatter(lambda _, i: texts[i] if i is not None else ""))
        axis.xaxis.set_minor_locator(NullLocator())
    else:
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
    axis.set_xlabel(style.shortened(style.drawable(varied.path), 70), loc="right")


def effect_caption(view: SweepView, axis: SweepAxis) -> str:
    """What to read off an effect curve."""
    what = f"How {readable(view.metric)} is expected to follow {axis.path}"
    if view.is_grid and len(view.axes) == 2:
        what += f", for values of {_others(view, axis)[0].path}"
    elif len(view.axes) > 1:
        what += ", the other numbers taken together (grey dots: single settings)"
    return f"{what}. {_tipping_text(view, axis)}"


def _tipping_text(view: SweepView, axis: SweepAxis) -> str:
    if not axis.numeric:
        return "Bands are 95 % intervals of the expected value, not of single runs."
    found: list[float] = []
    seen: list[float] = []
    for _, rows in _curves(view, axis):
        points = _points(view, axis, rows)
        found += tipping_places(points["place"], points["reproduction"], points["reach"], axis.logarithmic)
        seen += points["reproduction"].tolist()
    known = [r for r in seen if not math.isnan(r)]
    if found:
        ends = (
            f"{min(found):.2g} to {max(found):.2g}" if max(found) > 1.05 * min(found) else f"{min(found):.2g}"
        )
        return f"Rings: where R, the new sharers per sharer, passes 1 (at {ends})."
    if not known:
        return "R is not defined: nobody shares."
    return f"R stays {'below' if max(known) < 1 else 'above'} 1 over the whole range."
