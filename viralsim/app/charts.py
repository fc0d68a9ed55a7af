"""Small live charts as SVG text: colours come from the page, so that light and dark both read well."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.ensemble import Ensemble
from viralsim.metrics.rounding import format_interval, format_number
from viralsim.report.facts import origin_parts
from viralsim.report.quantile_dots import place_dots, quantile_values, scale_for
from viralsim.report.style import short_count

__all__ = [
    "ORIGINS",
    "bars_chart",
    "curve_chart",
    "curve_top",
    "dot_ends",
    "dots_chart",
    "nice_top",
    "origins_bar",
    "path",
    "picture",
    "sizes_chart",
    "svg",
    "text",
]

ORIGINS = ("owned", "paid", "earned")
WIDTH, HEIGHT = 520, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 26
_DOTS = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """A plotting area with its scales, in pixels of the drawing."""

    end_hours: float
    top: float

    def x(self, hours: float) -> float:
        """Pixel of a time."""
        return LEFT + (WIDTH - LEFT - RIGHT) * hours / self.end_hours

    def y(self, value: float) -> float:
        """Pixel of a value."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value / self.top, 1.0)


def nice_top(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7.5 x 10^k at least as large.

    Examples
    --------
    >>> nice_top(740.0), nice_top(0.0)
    (750.0, 1.0)
    """
    if value <= 0 or not math.isfinite(value):
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 1.5, 2, 3, 5, 7.5, 10) if step * size >= value * (1 - 1e-12))


def svg(body: str, title: str, width: int = WIDTH, height: int = HEIGHT, extra: str = "") -> str:
    """A drawing that says in words what it shows."""
    said = html.escape(title, quote=True)
    return (
        f'<svg class="vs-chart {extra}" viewBox="0 0 {width} {height}" role="img" aria-label="{said}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "t") -> str:
    """Words in a drawing."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def path(points: Sequence[tuple[float, float]], kind: str, close: bool = False) -> str:
    """A line through points."""
    drawn = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="{kind}" d="{drawn}{"Z" if close else ""}"/>'


def _axes(frame: Frame) -> str:
    """Three lines across, hours or days below."""
    parts = []
    for part in (0.0, 0.5, 1.0):
        y = frame.y(part * frame.top)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(LEFT - 6, y + 4, short_count(part * frame.top), "end"))
    days = frame.end_hours > 72
    unit = 24.0 if days else 1.0
    step = next(s for s in (1, 2, 3, 6, 12, 24, 50, 100, 1e9) if frame.end_hours / unit / s <= 8)
    count = int(frame.end_hours / unit / step + 1e-9)
    for tick in range(count + 1):
        hours = tick * step * unit
        name = f"{tick * step:g}" + ((" days" if days else " h") if tick == count else "")
        parts.append(
            text(
                frame.x(hours),
                HEIGHT - 7,
                name,
                "middle" if 0 < tick < count else ("start" if not tick else "end"),
            )
        )
    return "".join(parts)


def _curve_quantiles(ensemble: Ensemble) -> tuple[Floats, Floats, Floats, Floats]:
    """Times and the 5, 50 and 95 % quantiles of people reached so far, from hour 0."""
    curves = ensemble.curve("reach").astype(np.float64)
    low, middle, high = np.quantile(curves, (0.05, 0.5, 0.95), axis=0)
    zero = np.zeros(1)
    times = np.concatenate((zero, ensemble.times_hours))
    return times, *(np.concatenate((zero, q)) for q in (low, middle, high))  # type: ignore[return-value]


def curve_top(ensembles: Sequence[Ensemble]) -> float:
    """Top of an axis that all these curves fit below."""
    return nice_top(max(float(_curve_quantiles(e)[3].max()) for e in ensembles))


def curve_chart(ensemble: Ensemble, top: float | None = None, variant: int = 0) -> str:
    """People reached over time: the middle run and the band that holds nine runs in ten.

    Parameters
    ----------
    ensemble : Ensemble
    top : float, optional
        Of the axis; several charts side by side share one.
    variant : int
        Whose colour: 0, 1, 2 for A, B, C.

    Returns
    -------
    str
        SVG.
    """
    times, low, middle, high = _curve_quantiles(ensemble)
    frame = Frame(float(times[-1]), top or nice_top(float(high.max())))
    upper = [(frame.x(t), frame.y(v)) for t, v in zip(times, high, strict=True)]
    lower = [(frame.x(t), frame.y(v)) for t, v in zip(times, low, strict=True)]
    centre = [(frame.x(t), frame.y(v)) for t, v in zip(times, middle, strict=True)]
    body = _axes(frame) + path([*upper, *reversed(lower)], f"band v{variant}", close=True)
    body += path(centre, f"line v{variant}")
    spread = format_interval(float(low[-1]), float(high[-1]))
    ends = f"{format_number(float(middle[-1]))} in the middle run, {spread} nine times in ten"
    return svg(body, f"People reached over time: at the end {ends}.")


def dot_ends(ensembles: Sequence[Ensemble], metric: str) -> tuple[float, float] | None:
    """Lowest and highest of the dots of all; None where none is defined."""
    values = np.concatenate([quantile_values(e[metric], _DOTS) for e in ensembles])
    return (float(values.min()), float(values.max())) if values.size else None


def dots_chart(
    ensemble: Ensemble,
    metric: str = "reach",
    ends: tuple[float, float] | None = None,
    goal: float | None = None,
    bet: float | None = None,
    variant: int = 0,
) -> str:
    """What one run may bring, as 20 dots of one chance in twenty each.

    Parameters
    ----------
    ensemble : Ensemble
    metric : str
    ends : tuple of float, optional
        Lowest and highest value that the axis must hold (several charts side by side share one).
    goal, bet : float, optional
        Marked by a line.
    variant : int
        Whose colour.

    Notes
    -----
    Source: Kay, Kola, Hullman and Munson 2016, When (ish) is my bus? CHI 2016.
    """
    values = quantile_values(ensemble[metric], _DOTS)
    if not values.size:
        return svg(text(WIDTH / 2, 60, "not defined in any run", "middle"), "Not defined in any run.")
    also = tuple(float(v) for v in (*(ends or ()), goal, bet) if v is not None)
    scale = scale_for(values, also)
    height, span = HEIGHT, WIDTH - 2 * RIGHT
    dots = place_dots(values, scale, (height - 50) / span, diameter=(scale.high - scale.low) / 26)
    pixel = span / (scale.high - scale.low)
    radius = min(0.43 * dots.diameter * pixel, (height - 50) / (2.2 * max(dots.tallest, 1)))
    base = height - 24
    body = f'<line class="grid" x1="{RIGHT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>'
    for tick in scale.ticks():
        x = RIGHT + (float(scale.place(tick)) - scale.low) * pixel
        body += text(min(max(x, RIGHT + 8), WIDTH - RIGHT - 8), height - 8, short_count(tick), "middle")
    for x, row in zip(dots.x, dots.y / dots.diameter, strict=True):
        body += (
            f'<circle class="dot v{variant}" cx="{RIGHT + (x - scale.low) * pixel:.1f}" '
            f'cy="{base - 1 - 2.2 * radius * row:.1f}" r="{radius:.1f}"/>'
        )
    for value, kind, name in ((goal, "goal", "goal"), (bet, "bet", "your bet")):
        if value is not None:
            x = RIGHT + (float(scale.place(value)) - scale.low) * pixel
            side = "end" if x > WIDTH * 0.8 else "start"
            shift = -5 if side == "end" else 5
            body += f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{base}"/>'
            body += text(x + shift, 14, name, side, kind)
    ends_text = f"{format_number(float(values[0]))} to {format_number(float(values[-1]))}"
    said = f"{metric.replace('_', ' ')} of one run, 20 equally likely values from {ends_text}."
    return svg(body, said, height=height)


def origins_bar(ensemble: Ensemble) -> str:
    """Where impressions come from: a bar of owned, paid and earned, and the numbers in words."""
    parts = [row for row in origin_parts(ensemble) if row[1] > 0]
    if not parts:
        return '<p class="vs-small">Nobody was shown anything.</p>'
    bars = "".join(
        f'<span class="vs-{name}" style="width:{100 * part:.2f}%"></span>' for name, part, _ in parts
    )
    keys = "".join(
        f'<li><span class="vs-key vs-{name}"></span>{name} {html.escape(text)}</li>'
        for name, _, text in parts
    )
    return f'<div class="vs-bar" aria-hidden="true">{bars}</div><ul class="vs-keys">{keys}</ul>'


def picture(
    curve: Sequence[float], low: Sequence[float], high: Sequence[float], parts: Sequence[float]
) -> str:
    """A scenario's picture for the gallery: its reach over time with its band, and where impressions come from.

    Parameters
    ----------
    curve, low, high : sequence of float
        Middle, 5 % and 95 % quantile at evenly spaced times.
    parts : sequence of float
        Owned, paid, earned, adding up to 1.
    """
    width, height, floor = 300, 96, 78
    top = max(*high, 1e-9)
    step = width / (len(curve) - 1)

    def points(values: Sequence[float]) -> list[tuple[float, float]]:
        return [(i * step, floor - 2 - (floor - 10) * v / top) for i, v in enumerate(values)]

    body = path([*points(high), *reversed(points(low))], "band v0", close=True) + path(
        points(curve), "line v0"
    )
    left = 0.0
    for name, part in zip(ORIGINS, parts, strict=True):
        if part > 0:
            wide = max(part * width, 1.0)
            body += f'<rect class="f-{name}" x="{left * width:.1f}" y="{floor + 6}" width="{wide:.1f}" height="9"/>'
        left += part
    return svg(
        body,
        "Reach over time with its band; below, owned, paid and earned impressions.",
        width,
        height,
        "vs-thumb",
    )


def sizes_chart(sizes: Floats, own: float | None = None, variant: int = 0, from_one: bool = True) -> str:
    """How many runs end at which size: bars over equal steps of log10(size), people on the axis.

    Parameters
    ----------
    sizes : float64[R]
        At least 1.
    own : float, optional
        Marked by a line.
    variant : int
    from_one : bool
        Whether the axis begins at 1, or at the power of ten below the smallest.
    """
    width, height = WIDTH, 150
    low = 0.0 if from_one else math.floor(math.log10(float(sizes.min())))
    top = max(math.log10(float(sizes.max())), low + 1.0)
    bins = 24
    counts, _ = np.histogram(np.log10(sizes), bins=bins, range=(low, top + 1e-9))
    base, span = height - 24, width - 2 * RIGHT
    body = f'<line class="grid" x1="{RIGHT}" x2="{width - RIGHT}" y1="{base}" y2="{base}"/>'
    for i, count in enumerate(counts):
        if count:
            tall = max((base - 14) * count / counts.max(), 1.5)
            x = RIGHT + span * i / bins
            body += (
                f'<rect class="bar{variant}" x="{x:.1f}" y="{base - tall:.1f}" width="{span / bins - 2:.1f}" '
                f'height="{tall:.1f}"/>'
            )
    for tick in (1, 3, 10, 30, 100, 300, 1000, 10_000, 100_000):
        if low - 1e-9 <= math.log10(tick) <= top * 1.001:
            x = RIGHT + span * (math.log10(tick) - low) / (top - low)
            body += text(min(max(x, RIGHT + 6), width - RIGHT - 10), height - 8, short_count(tick), "middle")
    if own is not None:
        x = RIGHT + span * (math.log10(max(own, 1.0)) - low) / (top - low)
        body += f'<line class="bet" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{base}"/>'
    said = f"Sizes of {sizes.size} runs, from {int(sizes.min())} to {int(sizes.max())} people."
    return svg(body, said, width, height)


def bars_chart(rows: Sequence[tuple[str, float]], title: str, logarithmic: bool = False) -> str:
    """A bar and a number for each row.

    Parameters
    ----------
    rows : sequence of (name, value)
        Values of at least 0.
    title : str
        What is counted, for those who hear the page.
    logarithmic : bool
        Equal lengths are equal factors, from 1 on.
    """
    tall, left, right = 30, 150, 70
    height = tall * len(rows) + 8

    def length(value: float) -> float:
        most = max(v for _, v in rows)
        part = (
            math.log(max(value, 1.0)) / math.log(max(most, 2.0)) if logarithmic else value / max(most, 1e-12)
        )
        return (WIDTH - left - right) * part

    body = ""
    for i, (name, value) in enumerate(rows):
        y = 4 + tall * i
        wide = max(length(value), 1.5)
        body += text(left - 10, y + 18, name, "end", "name")
        body += f'<rect class="bar0" x="{left}" y="{y + 3}" width="{wide:.1f}" height="{tall - 9}" rx="2"/>'
        shown = f"{value:,.0f}" if value >= 20 else f"{value:.3g}"
        body += text(left + wide + 8, y + 18, shown, "start", "name")
    said = "; ".join(f"{name} {value:.3g}" for name, value in rows)
    return svg(body, f"{title}: {said}.", WIDTH, height)
