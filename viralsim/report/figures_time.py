"""Figures over time: people reached, and impressions split into owned, paid and earned."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viralsim.engine.ensemble import Ensemble
from viralsim.metrics.columns import Floats
from viralsim.metrics.rounding import format_number, format_percent
from viralsim.report import style
from viralsim.spec import Scenario

__all__ = [
    "impressions_caption",
    "impressions_columns",
    "impressions_over_time",
    "quantile_columns",
    "reach_caption",
    "reach_columns",
    "reach_over_time",
    "runs_note",
    "scenario_title",
    "shown_until",
    "split_of_impressions",
]

QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
SINGLE_RUNS = (0.15, 0.6, 0.85)  # ranks, by their final reach, of the runs that are drawn singly
NEARLY_ALL = 0.99
BINS_DRAWN = 64  # narrower ones show noise

Columns = dict[str, Any]


def scenario_title(ensemble: Ensemble | Scenario, length: int = 38) -> str:
    """Title of the scenario as a figure can draw it, else its name."""
    return style.shortened(style.drawable(ensemble.title, instead=style.drawable(ensemble.name)), length)


def runs_note(ensemble: Ensemble) -> str:
    """What a figure is made from: "200 runs over 20 draws"."""
    runs = "one run" if ensemble.replicates == 1 else f"{ensemble.replicates:,} runs"
    return runs if ensemble.draws == 1 else f"{runs} over {ensemble.draws:,} draws"


def foot_note(ensemble: Ensemble) -> str:
    """The foot of a figure of one scenario."""
    return f"{scenario_title(ensemble)} · {runs_note(ensemble)} · simulated worlds"


def rounded(value: float, spread: float) -> str:
    """A quantile for people, rounded to a twentieth of how far single runs lie apart."""
    return format_number(float(value), abs(float(spread)) / 20.0)


def quantile_columns(curves: np.ndarray[Any, Any]) -> Columns:
    """Mean and quantiles over replicates of curves [replicates, bins], by name (float64[bins])."""
    levels = np.quantile(curves, list(QUANTILES.values()), axis=0)
    return {"mean": curves.mean(axis=0), **dict(zip(QUANTILES, levels, strict=True))}


def shown_until(times_hours: Floats, cumulative_mean: Floats) -> float:
    """Where the axis of time may end: nearly all has happened, and something would be gained by cutting.

    Parameters
    ----------
    times_hours : float64[bins]
        End of each bin.
    cumulative_mean : float64[bins]

    Returns
    -------
    float
        Hours; the end of the run unless 99 % has happened in the first 70 % of it.
    """
    total, end = float(cumulative_mean[-1]), float(times_hours[-1])
    if total <= 0:
        return end
    nearly = float(times_hours[int(np.argmax(cumulative_mean >= NEARLY_ALL * total))])
    return min(nearly * 1.05, end) if nearly < 0.7 * end else end


def _from_zero(values: Floats) -> Floats:
    """A cumulative curve with its start at 0."""
    return np.concatenate(([0.0], values))


def _cut_note(ensemble: Ensemble, until: float) -> str:
    """What the axis leaves out, for the caption."""
    end = float(ensemble.times_hours[-1])
    return "" if until >= end else f" The run goes on to hour {end:,.0f}, where less than 1 % more happens."


# ----------------------------------------------------------------------------------------------- reach


def single_runs(ensemble: Ensemble) -> list[int]:
    """Replicates at the 15th, 60th and 85th percentile of final reach."""
    order = np.argsort(ensemble["reach"], kind="stable")
    ranks = [round(q * (order.size - 1)) for q in SINGLE_RUNS]
    return [int(order[rank]) for rank in dict.fromkeys(ranks)]


def reach_columns(ensemble: Ensemble) -> Columns:
    """People reached so far at each time: mean, quantiles and a few single runs."""
    curves = ensemble.curve("reach")
    columns = {"time_hours": ensemble.times_hours, **quantile_columns(curves)}
    columns.update((f"replicate_{r}", curves[r]) for r in single_runs(ensemble))
    return columns


def reach_over_time(ensemble: Ensemble, ax: Axes | None = None) -> Figure:
    """People reached so far: median, the bands of half and nine in ten of the runs, a few single runs.

    Parameters
    ----------
    ensemble : Ensemble
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    data = reach_columns(ensemble)
    until = shown_until(ensemble.times_hours, data["mean"])
    colour = style.INK
    with style.house_style():
        figure, axis = style.new_figure(ax=ax)
        hours = _from_zero(data["time_hours"])
        if ensemble.replicates > 1:
            for low, high, shade in (("p05", "p95", "#dbe1e9"), ("p25", "p75", "#b3bfce")):
                axis.fill_between(
                    hours, _from_zero(data[low]), _from_zero(data[high]), color=shade, linewidth=0, label=low
                )
            for name in [n for n in data if n.startswith("replicate_")]:
                axis.plot(hours, _from_zero(data[name]), color="#6a7688", linewidth=0.7, label=name)
        axis.plot(hours, _from_zero(data["p50"]), color=colour, linewidth=2.0, label="p50")
        top = max(float(data["p95"][-1]), 1.0)
        axis.set_ylim(0.0, top * 1.06)
        style.time_axis(axis, until)
        style.count_axis(axis)
        style.label_ends(axis, until, _reach_labels(data, ensemble.replicates), gap=0.068 * top)
        lines = "dark band: half of the runs; light band: 9 in 10; thin lines: single runs"
        style.headline(
            figure,
            axis,
            f"People reached, of {format_number(ensemble.people)}",
            lines if ensemble.replicates > 1 else "a single run",
            foot_note(ensemble),
            own=ax is None,
        )
    return figure


def _reach_labels(data: Columns, replicates: int) -> list[tuple[float, str, str]]:
    """(height, text, colour) of the names at the ends of the curves."""
    low, mid, high = (float(data[name][-1]) for name in ("p05", "p50", "p95"))
    if replicates == 1 or high == low:
        return [(mid, format_number(mid), style.INK)]
    return [
        (low, f"{rounded(low, high - low)}: 1 in 20 below", style.MUTED),
        (mid, f"{rounded(mid, high - low)} median", style.INK),
        (high, f"{rounded(high, high - low)}: 1 in 20 above", style.MUTED),
    ]


def reach_caption(ensemble: Ensemble) -> str:
    """What to read off the figure of reach over time."""
    reach = ensemble["reach"]
    low, mid, high = np.quantile(reach, (0.05, 0.5, 0.95))
    text = (
        f"Half of the runs reach more than {rounded(mid, high - low)} people and half fewer; nine in ten end "
        f"between {rounded(low, high - low)} and {rounded(high, high - low)}."
    )
    if "half_reach_hour" in ensemble:
        hour = ensemble.summary()["half_reach_hour"]
        if not np.isnan(hour.mean):
            when = format_number(hour.mean, max(hour.se, 0.05) if hour.se > 0 else 0.05)
            text += f" Half of a run's reach is there after {when} hours on average."
    return text + _cut_note(ensemble, shown_until(ensemble.times_hours, ensemble.curve("reach").mean(axis=0)))


# ----------------------------------------------------------------------------------------- impressions


def impressions_columns(ensemble: Ensemble) -> Columns:
    """Impressions per hour: means of owned, paid and earned; mean and quantiles of the total.

    Bins are joined until at most `BINS_DRAWN` lie in the part of the time that is drawn.
    """
    times = ensemble.times_hours
    until = _impressions_until(ensemble)
    joined = -(-int((times < until).sum() + 1) // BINS_DRAWN)
    first = np.arange(0, times.size, joined)
    ends = times[np.minimum(first + joined, times.size) - 1]
    widths = np.diff(np.concatenate(([0.0], ends)))
    columns: Columns = {"start_hours": ends - widths, "time_hours": ends}

    def per_hour(name: str) -> Floats:
        counts = np.add.reduceat(ensemble.curve(name), first, axis=1)
        return np.asarray(counts / widths, dtype=np.float64)

    for origin in style.ORIGINS:
        columns[f"{origin}_per_hour"] = per_hour(f"impressions_{origin}").mean(axis=0)
    total = quantile_columns(per_hour("impressions"))
    columns.update((f"total_{name}", values) for name, values in total.items())
    return columns


def _impressions_until(ensemble: Ensemble) -> float:
    """Where the axis of time of the impressions ends, hours."""
    return shown_until(ensemble.times_hours, ensemble.curve("impressions", cumulative=True).mean(axis=0))


def split_of_impressions(ensemble: Ensemble) -> dict[str, float]:
    """Share of all impressions that are owned, paid, earned (sum over sum); NaN without impressions."""
    totals = {origin: float(ensemble[f"impressions_{origin}"].sum()) for origin in style.ORIGINS}
    whole = sum(totals.values())
    return {origin: total / whole if whole > 0 else float("nan") for origin, total in totals.items()}


def impressions_over_time(ensemble: Ensemble, ax: Axes | None = None) -> Figure:
    """Impressions per hour: owned, paid and earned on top of each other, with the band of their total.

    Parameters
    ----------
    ensemble : Ensemble
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    data = impressions_columns(ensemble)
    until = _impressions_until(ensemble)
    edges = np.concatenate((data["start_hours"][:1], data["time_hours"]))
    shares = split_of_impressions(ensemble)
    with style.house_style():
        figure, axis = style.new_figure(ax=ax)
        base = np.zeros(data["time_hours"].size)
        for origin, colour in style.ORIGINS.items():
            heights = data[f"{origin}_per_hour"]
            if not heights.any():
                continue
            label = f"{origin} {format_percent(shares[origin])}"
            axis.stairs(base + heights, edges, baseline=base, fill=True, color=colour, label=label)
            axis.stairs(base + heights, edges, baseline=None, color=style.PAPER, linewidth=0.5)
            base = base + heights
        if ensemble.replicates > 1:
            band = {"total_p95": "9 in 10 runs", "total_p05": "_"}  # an underscore: not in the legend
            for name, legend_label in band.items():
                axis.stairs(
                    data[name],
                    edges,
                    baseline=None,
                    color=style.INK,
                    linewidth=0.9,
                    linestyle=(0, (1, 1.4)),
                    label=legend_label,
                    path_effects=[style.halo()],  # or it would vanish before the darkest colour
                )
        inside = data["start_hours"] < until
        axis.set_ylim(0.0, max(float(data["total_p95"][inside].max()), float(base.max()), 1e-3) * 1.08)
        style.time_axis(axis, until)
        style.count_axis(axis)
        handles, labels = axis.get_legend_handles_labels()
        style.legend_above(axis, handles[::-1], labels[::-1])
        style.headline(
            figure,
            axis,
            "Impressions per hour, by what caused them",
            "mean of all runs, on top of each other; dotted: where 9 in 10 runs lie",
            foot_note(ensemble),
            own=ax is None,
        )
    return figure


def impressions_caption(ensemble: Ensemble) -> str:
    """What to read off the figure of impressions over time."""
    shares = {origin: share for origin, share in split_of_impressions(ensemble).items() if share > 0}
    if not shares:
        return "Nothing was displayed to anybody."
    parts = [f"{format_percent(share)} {origin}" for origin, share in shares.items()]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    until = _impressions_until(ensemble)
    return (
        f"Of all impressions {listed}: the height of each colour is what it adds in that hour; earned ones "
        f"(on top) follow from people's own shares.{_cut_note(ensemble, until)}"
    )
