"""Figures of the classic models: where single runs end, and how they get there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from viralsim.metrics.rounding import format_number
from viralsim.models.expectations import Expectation
from viralsim.models.results import ModelResult
from viralsim.report import style
from viralsim.report.figures_time import quantile_columns, rounded
from viralsim.report.quantile_dots import DOTS, dot_axis, draw_dots, place_dots, quantile_values, scale_for

__all__ = ["COMPARTMENTS", "compartments", "curve_with_band", "size_dots"]

STACK = 0.34  # height of the tallest stack, as a part of the width of the axis
HEIGHT_INCHES = 3.9

COMPARTMENTS: dict[str, tuple[str, str, Any]] = {
    "S": ("susceptible", "#7f9bb3", "-"),
    "E": ("exposed", "#b58900", (0, (1, 1.2))),
    "I": ("infectious", "#c8442f", "-"),
    "R": ("removed", "#16264c", (0, (5, 1.6))),
}
"""Name, colour and line of a compartment."""

_BANDS = (("p05", "p95", "#dbe1e9"), ("p25", "p75", "#b3bfce"))


_TITLE_LETTERS, _SUBTITLE_LETTERS, _FOOT_LETTERS = 50, 82, 96


def _foot(where: str, runs: str, note: str = "") -> str:
    return style.shortened(" · ".join(filter(None, (where, runs, note))), _FOOT_LETTERS)


def _runs(count: int) -> str:
    return "one run" if count == 1 else f"{count:,} runs"


def _title(result: ModelResult, says: str) -> str:
    """Model and what is shown, with the number of people if there is room."""
    text = f"{result.model[:1].upper()}{result.model[1:]}: {says}"
    total = f", of {result.n_nodes:,}" if result.n_nodes else ""
    return text + total if len(text + total) <= _TITLE_LETTERS else style.shortened(text, _TITLE_LETTERS)


def _subtitle(result: ModelResult) -> str:
    return style.shortened(
        ", ".join(f"{name} {value}" for name, value in result.settings.items()), _SUBTITLE_LETTERS
    )


def size_dots(
    result: ModelResult,
    where: str,
    theory: Expectation | None = None,
    unit: str = "people",
    ax: Axes | None = None,
) -> Figure:
    """Where single runs end: 20 dots, each one chance in 20, and what theory says of large ones.

    Parameters
    ----------
    result : ModelResult
    where : str
        The network, for the foot.
    theory : Expectation, optional
    unit : str
        What is counted.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    values = quantile_values(result.size.astype(np.float64))
    large = theory.size if theory is not None else None
    with style.house_style():
        figure, axis = style.new_figure(HEIGHT_INCHES, ax)
        also = () if large is None else (large,)
        if values.min() == values.max() and result.n_nodes:  # all alike: show where among all people
            also = (0.0, float(result.n_nodes), *also)
        scale = scale_for(values, also)
        dots = place_dots(values, scale, STACK)
        draw_dots(axis, dots, np.ones(values.size, bool), style.SLATE)
        top = 1.18 * STACK * (scale.high - scale.low)
        dot_axis(axis, scale, top, [dots])
        if large is not None:
            at = float(scale.place(large))
            axis.plot([at, at], [0.0, top * 0.9], color="#c8442f", linewidth=1.2, linestyle=(0, (4, 2)))
            right = at < 0.5 * (scale.low + scale.high)
            style.write_text(
                axis,
                at,
                top,
                f"theory, if large: {format_number(large, large / 500)}",
                ha="left" if right else "right",
                va="top",
                color="#c8442f",
            )
        note = ", stretched at the low end" if scale.logarithmic else ""
        axis.set_xlabel(f"{unit} reached{note}", loc="right")
        style.headline(
            figure,
            axis,
            _title(result, f"{unit} reached"),
            _subtitle(result),
            _foot(where, _runs(result.replicates), f"a dot: one chance in {DOTS}"),
            own=ax is None,
        )
    return figure


def _time_axis(axis: Axes, result: ModelResult, until: float) -> None:
    """Time on x: hours and days, or steps and periods as whole numbers."""
    if result.time_unit == "hours" and until >= 0.5:
        style.time_axis(axis, until)
        return
    axis.set_xlim(0.0, until)
    if result.time_unit != "hours":
        axis.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True))
    axis.set_xlabel(f"{result.time_unit} from the start", loc="right")


def _times(result: ModelResult) -> np.ndarray[Any, Any]:
    """Ends of the bins of time."""
    return np.zeros(0) if result.times_hours is None else result.times_hours


def _until(result: ModelResult, means: list[np.ndarray[Any, Any]]) -> float:
    """Where the axis of time may end: all curves shown are within 0.5 % of their last value."""
    times, last = _times(result), 0
    for mean in means:
        near = np.abs(mean - mean[-1]) <= 0.005 * max(float(np.abs(mean).max()), 1e-9)
        moving = np.flatnonzero(~near)
        last = max(last, int(moving[-1]) + 1 if moving.size else 0)
    return float(times[min(math.ceil(last * 1.08) + 1, times.size - 1)])


def _step(result: ModelResult, values: np.ndarray[Any, Any], start: float) -> tuple[Any, Any]:
    """Times and values with the start."""
    return np.concatenate(([0.0], _times(result))), np.concatenate(([start], values))


def curve_with_band(
    result: ModelResult,
    name: str,
    where: str,
    theory: Expectation | None = None,
    says: str = "people reached",
    ax: Axes | None = None,
) -> Figure:
    """One curve over time: median, the bands of half and nine in ten of the runs, and theory as a line.

    Parameters
    ----------
    result : ModelResult
    name : str
        Of the curve.
    where : str
        The network, for the foot.
    theory : Expectation, optional
        Drawn if it has this curve.
    says : str
        What the curve counts.
    ax : Axes, optional

    Returns
    -------
    Figure
    """
    curves = result.curve(name)
    data = quantile_columns(curves)
    start = (
        float(data["p50"][0]) if result.time_unit == "hours" and result.settings.get("seeds") != "0" else 0.0
    )
    start = min(start, float(result.settings.get("seeds", "0") or 0))
    with style.house_style():
        figure, axis = style.new_figure(HEIGHT_INCHES, ax)
        until = _until(result, [data["mean"]])
        for low, high, shade in _BANDS if result.replicates > 1 else ():
            hours, lows = _step(result, data[low], start)
            axis.fill_between(hours, lows, _step(result, data[high], start)[1], color=shade, linewidth=0)
        axis.plot(*_step(result, data["p50"], start), color=style.INK, linewidth=2.0)
        top = max(float(data["p95"].max()), 1.0)
        labels = [(_at(result, data["p50"], until), f"{_rounded(data, result, until)} median", style.INK)]
        if theory is not None and theory.curve is not None and theory.curve[0] == name:
            expected = theory.curve[1]
            axis.plot(*_step(result, expected, 0.0), color="#c8442f", linewidth=1.4, linestyle=(0, (4, 2)))
            top = max(top, float(expected.max()))
            labels.append((_at(result, expected, until), "theory", "#c8442f"))
        axis.set_ylim(0.0, top * 1.06)
        _time_axis(axis, result, until)
        style.count_axis(axis)
        style.label_ends(axis, until, labels, gap=0.068 * top)
        style.headline(
            figure,
            axis,
            _title(result, says),
            _subtitle(result),
            _foot(where, _runs(result.replicates), "bands: half, 9 in 10"),
            own=ax is None,
        )
    return figure


def _at(result: ModelResult, values: np.ndarray[Any, Any], until: float) -> float:
    """Value of a curve at a time."""
    return float(np.interp(until, _times(result), values))


def _rounded(data: dict[str, Any], result: ModelResult, until: float) -> str:
    low, mid, high = (_at(result, data[name], until) for name in ("p05", "p50", "p95"))
    return rounded(round(mid), max(high - low, 20.0))


def compartments(
    result: ModelResult, where: str, keep: Callable[[ModelResult], Any] | None = None, ax: Axes | None = None
) -> Figure:
    """People in each compartment over time: the median run, and the band of nine in ten runs.

    Parameters
    ----------
    result : ModelResult
        Of an epidemic.
    where : str
        The network, for the foot.
    keep : callable, optional
        Result -> bool[replicates]: the runs shown (large outbreaks), if there are any; the subtitle says so.
    ax : Axes, optional

    Returns
    -------
    Figure
    """
    shown = np.ones(result.replicates, bool)
    if keep is not None and keep(result).any():
        shown = keep(result)
    names = [name for name in COMPARTMENTS if name in result.curves]
    with style.house_style():
        figure, axis = style.new_figure(HEIGHT_INCHES, ax)
        data = {name: quantile_columns(result.curve(name)[shown]) for name in names}
        until = _until(result, [data[name]["mean"] for name in names])
        labels = []
        for name in names:
            says, colour, line = COMPARTMENTS[name]
            low, high = data[name]["p05"], data[name]["p95"]
            if shown.sum() > 1:
                axis.fill_between(_times(result), low, high, color=colour, alpha=0.16, linewidth=0)
            axis.plot(_times(result), data[name]["p50"], color=colour, linestyle=line, linewidth=2.0)
            labels.append((_at(result, data[name]["p50"], until), says, colour))
        axis.set_ylim(0.0, result.n_nodes * 1.04)
        _time_axis(axis, result, until)
        style.count_axis(axis)
        style.label_ends(axis, until, labels, gap=0.068 * result.n_nodes)
        count = int(shown.sum())
        runs = _runs(count) if shown.all() else f"the {count:,} large ones of {_runs(result.replicates)}"
        style.headline(
            figure,
            axis,
            _title(result, "people by state"),
            _subtitle(result),
            _foot(where, runs, "bands: 9 in 10"),
            own=ax is None,
        )
    return figure
