"""What the page of a sweep says: which setting is best and how sure that is, what matters, what could go wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from viralsim.experiment.pairs import confidence_text
from viralsim.metrics.columns import as_column
from viralsim.metrics.drivers import AT_LEAST_DRAWS
from viralsim.metrics.paired import pair
from viralsim.metrics.registry import METRICS
from viralsim.metrics.rounding import (
    format_interval,
    format_number,
    format_percent,
    format_times,
)
from viralsim.metrics.uncertainty import summarise
from viralsim.report.figures_sweep import chosen_rows
from viralsim.report.sweep_view import Floats, SweepView, group_mean

__all__ = ["Part", "chance_rows", "setting_rows", "sweep_verdict", "variance_parts"]

ROWS_SHOWN = 10  # best settings in the table


@dataclass(frozen=True, slots=True)
class Part:
    """How much of what varies between settings goes with one thing varied."""

    path: str
    share: float
    low_text: str
    high_text: str


def _what(view: SweepView) -> str:
    return view.metric.replace("_", " ")


def _number(view: SweepView, row: int) -> str:
    error = (view.high[row] - view.low[row]) / 4.0
    interval = "" if math.isnan(error) else f" ({format_interval(view.low[row], view.high[row], error)})"
    return f"{format_number(view.mean[row], error)}{interval}"


def sweep_verdict(view: SweepView) -> list[str]:
    """The verdict in sentences: the best setting with its probability, the worst, the next best, the tipping point."""
    order = view.order
    if not order.size:
        return [f"No setting defines {_what(view)}."]
    best, worst = int(order[0]), int(order[-1])
    end = "lowest" if METRICS[view.metric].better == "lower" else "highest"
    text = (
        f"Of {view.setting.size:,} settings, {_what(view)} is expected to be {end} with {view.says(best)}: "
        f"{_number(view, best)}"
    )
    if order.size > 1:
        text += f"; at the other end, with {view.says(worst)}, {_number(view, worst)}"
    if view.goal is not None:
        chance = format_times(_chance(view, best, view.goal))
        text += f". With the best setting the goal of {format_number(view.goal)} is met {chance}"
    sentences = [f"{text}."]
    if order.size > 1:
        sentences.append(_next_best(view, best, int(order[1])))
    sentences.append(_tipping(view))
    return sentences


def _values(view: SweepView, row: int) -> Floats:
    return np.asarray(view.swept.replicates(int(view.setting[row]))[view.metric])


def _draw_of(view: SweepView, row: int, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.arange(count, dtype=np.int64) % max(int(view.draws[row]), 1)


def _chance(view: SweepView, row: int, at_least: float) -> float:
    values = _values(view, row)
    return float(np.mean(values >= at_least))


def _next_best(view: SweepView, best: int, second: int) -> str:
    """Best against second best on shared luck: the difference, and how sure it is."""
    a, b = _values(view, second), _values(view, best)
    if a.size != b.size:
        return f"Next best is {view.says(second)}: {_number(view, second)}."
    found = pair(as_column(a), as_column(b), _draw_of(view, best, a.size))
    sure = found.prob_mean_higher if METRICS[view.metric].better != "lower" else 1.0 - found.prob_mean_higher
    win = found.prob_higher if METRICS[view.metric].better != "lower" else 1.0 - found.prob_higher
    return (
        f"Next best is {view.says(second)} with {_number(view, second)}; run once each, the best comes out ahead "
        f"{format_times(win)}, and that its expected value is better is {confidence_text(sure)} sure. The best of "
        "many looks a little better than it is."
    )


def _tipping(view: SweepView) -> str:
    known = view.reproduction[~np.isnan(view.reproduction)]
    if not known.size:
        return "Nobody shares in any setting."
    above = int((known > 1.0).sum())
    if above == 0:
        return f"Word of mouth carries itself nowhere: R is at most {known.max():.2g}."
    if above == known.size:
        return f"Word of mouth carries itself everywhere: R is at least {known.min():.2g}."
    return f"Word of mouth carries itself (R above 1) in {above:,} of {known.size:,} settings."


def setting_rows(view: SweepView) -> list[dict[str, Any]]:
    """The best settings, at most ten, as rounded text."""
    rows = []
    for rank, row in enumerate(view.order[:ROWS_SHOWN].tolist(), 1):
        error = (view.high[row] - view.low[row]) / 4.0
        r = view.reproduction[row]
        rows.append(
            {
                "rank": rank,
                "values": [axis.texts[axis.index[row]] for axis in view.axes],
                "expected": format_number(view.mean[row], error),
                "interval": format_interval(view.low[row], view.high[row], error),
                "single": format_interval(view.p05[row], view.p95[row]),
                "reproduction": "-" if math.isnan(r) else f"{r:.2g}",
            }
        )
    return rows


def variance_parts(view: SweepView) -> list[Part]:
    """How much of what varies between settings goes with each thing varied, the most first.

    Notes
    -----
    On a grid the part of the variance of the expected values that the means by value of each axis explain
    (main effects, eta squared); elsewhere the same in at most eight bins, adjusted for the bins. What is left over
    acts only in combination, or is noise.
    """
    rows = view.known
    values = view.mean[rows]
    if rows.size < max(3, 2 * len(view.axes)) or np.ptp(values) == 0:
        return []
    found = []
    for axis in view.axes:
        groups = axis.index[rows]
        count = len(axis.texts)
        if not view.is_grid and count > AT_LEAST_DRAWS:
            ranks = np.argsort(np.argsort(axis.places[groups], kind="stable"), kind="stable")
            groups, count = ranks * AT_LEAST_DRAWS // rows.size, AT_LEAST_DRAWS
        fitted = group_mean(values, groups, count)[groups]
        share = float(((fitted - values.mean()) ** 2).sum() / ((values - values.mean()) ** 2).sum())
        if not view.is_grid and rows.size > count:
            share = max(1.0 - (1.0 - share) * (rows.size - 1) / (rows.size - count), 0.0)
        by_value = group_mean(values, groups, count)
        known = by_value[~np.isnan(by_value)]
        found.append(
            Part(
                axis.path,
                share,
                format_number(float(f"{known.min():.3g}")),
                format_number(float(f"{known.max():.3g}")),
            )
        )
    return sorted(found, key=lambda part: -part.share)


def chance_rows(view: SweepView) -> list[dict[str, Any]]:
    """What could go wrong in a single run, with the best, the middle and the worst setting."""
    rows = []
    for row in chosen_rows(view):
        columns = view.swept.replicates(int(view.setting[row]))
        draw = _draw_of(view, row, columns["reach"].size)
        events = {
            "goal missed": None if view.goal is None else ~(columns[view.metric] >= view.goal),
            "nobody shares": columns["sharers"] == 0,
            "backlash": columns["net_sentiment"] < 0 if "net_sentiment" in columns else None,
        }
        rows.append(
            {
                "says": view.says(row),
                "chances": [None if event is None else _risk(event, draw) for event in events.values()],
            }
        )
    return rows


def _risk(happened: Any, draw: Any) -> tuple[str, str]:
    """Chance of an event and its interval, as text; none or all of the runs allow what their number allows."""
    found = summarise(happened.astype(np.float64), draw, 0.0, 1.0)
    low, high = found.low, found.high
    if not found.se > 0:
        allowed = min(3.0 / max(happened.size, 1), 1.0)
        low, high = (0.0, allowed) if found.mean == 0.0 else (1.0 - allowed, 1.0)
    return format_times(found.mean), f"{format_percent(low, 0.01)} to {format_percent(high, 0.01)}"
