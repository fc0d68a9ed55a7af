"""Quantile dots: a distribution as 20 equally likely futures, stacked where they fall."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Circle
from matplotlib.ticker import FixedLocator, FuncFormatter

from viralsim.metrics.columns import Floats
from viralsim.report import style

__all__ = [
    "DOTS",
    "Dots",
    "Scale",
    "dot_axis",
    "dots_columns",
    "draw_dots",
    "place_dots",
    "quantile_values",
    "scale_for",
]

DOTS = 20
ROUND_STEPS = (1.0, 2.0, 2.5, 5.0)
SPREAD_OUT = 30.0  # 95th over 5th percentile from which a logarithmic axis is used


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places on an axis that is drawn in equal units.

    Parameters
    ----------
    logarithmic : bool
        Place log10(1 + value), so that 0 has a place too.
    low, high : float
        Ends of the axis, places.
    """

    logarithmic: bool
    low: float
    high: float

    def place(self, values: Floats | float) -> Floats:
        """Places of values."""
        array = np.asarray(values, dtype=np.float64)
        return np.log10(1.0 + array) if self.logarithmic else array

    def ticks(self) -> list[float]:
        """Values at which the axis is marked."""
        if not self.logarithmic:
            step = _round_step((self.high - self.low) / 6.0)
            first = math.ceil(self.low / step - 1e-9)
            return [i * step for i in range(first, math.floor(self.high / step + 1e-9) + 1)]
        powers = self._inside([0.0] + [10.0**k for k in range(math.ceil(self.high) + 1)])
        return (
            powers
            if len(powers) > 3
            else self._inside(sorted({*powers, *(3.0 * 10.0**k for k in range(12))}))
        )

    def _inside(self, values: list[float]) -> list[float]:
        """Those of the values that lie on the axis."""
        return [v for v in values if self.low - 1e-9 <= float(self.place(v)) <= self.high + 1e-9]


@dataclass(frozen=True, slots=True)
class Dots:
    """Where the dots lie.

    Parameters
    ----------
    x, y : float64[N]
        Centres; x on the scale's places, y in the same unit, the first row half a dot above 0.
    diameter : float
    tallest : int
        Dots in the tallest stack.
    """

    x: Floats
    y: Floats
    diameter: float
    tallest: int


def _round_step(step: float) -> float:
    """The next round number at least as large as `step`."""
    size = 10.0 ** math.floor(math.log10(step))
    return next((m * size for m in ROUND_STEPS if m * size >= step * (1 - 1e-9)), 10.0 * size)


def quantile_values(values: Floats, count: int = DOTS) -> Floats:
    """`count` values, each standing for one chance in `count`.

    Parameters
    ----------
    values : float64[R]
        One per replicate; NaN (not defined) left out.
    count : int

    Returns
    -------
    float64[count]
        Quantiles at (i + 1/2) / count, ascending, each the value of a replicate; empty if none is defined.

    Notes
    -----
    Source: Kay, Kola, Hullman and Munson 2016, When (ish) is my bus? CHI 2016.
    """
    defined = values[~np.isnan(values)]
    if not defined.size:
        return defined
    return np.quantile(defined, (np.arange(count) + 0.5) / count, method="inverted_cdf")


def dots_columns(
    what: str, labels: Iterable[Any], values: Iterable[Floats], metric: str
) -> dict[str, list[Any]]:
    """The dots of several scenarios or settings (`what`) as columns: each a value, one chance in so many."""
    columns: dict[str, list[Any]] = {what: [], "probability": [], metric: []}
    for label, dots in zip(labels, values, strict=True):
        columns[what] += [label] * dots.size
        columns["probability"] += ((np.arange(dots.size) + 0.5) / max(dots.size, 1)).tolist()
        columns[metric] += dots.tolist()
    return columns


def scale_for(values: Floats, also: tuple[float, ...] = ()) -> Scale:
    """An axis that holds all values and the numbers in `also` with a little room.

    Logarithmic if nothing is negative and the values lie further apart than a factor of 30.
    """
    low, high = float(values.min()), float(values.max())
    logarithmic = low >= 0.0 and high > 3.0 and high / max(float(np.quantile(values, 0.1)), 1.0) > SPREAD_OUT
    ends = np.array([low, high, *also])
    scale = Scale(logarithmic, 0.0, 1.0)
    places = scale.place(ends)
    low, high = float(places.min()), float(places.max())
    room = 0.06 * (high - low) if high > low else max(abs(high), 1.0) * 0.5
    floor = 0.0 if values.min() >= 0 else -math.inf
    return Scale(logarithmic, max(low - room, floor), high + room)


def place_dots(
    values: Floats, scale: Scale, height: float, edge: float | None = None, diameter: float | None = None
) -> Dots:
    """Stack dots in bins as large as the height allows.

    Parameters
    ----------
    values : float64[N]
        Ascending.
    scale : Scale
    height : float
        Of the tallest stack, as a part of the width of the axis.
    edge : float, optional
        A value that no dot may straddle (a goal): it becomes the edge of two bins.
    diameter : float, optional
        Of a dot, where several rows share one; by default as large as the height allows.

    Returns
    -------
    Dots
    """
    places, width = scale.place(values), scale.high - scale.low
    sizes_tried = [width / bins for bins in range(12, 400)] if diameter is None else [diameter]
    for size in sizes_tried:
        origin = scale.low if edge is None else float(scale.place(edge)) % size
        index = np.floor((places - origin) / size + 1e-9).astype(np.int64)
        _, first, stacks = np.unique(index, return_index=True, return_counts=True)
        if stacks.max() * size <= height * width or stacks.max() == 1:
            break
    row = (np.arange(values.size) - np.repeat(first, stacks)).astype(np.float64)
    x = origin + (index.astype(np.float64) + 0.5) * size
    return Dots(x, (row + 0.5) * size, size, int(stacks.max()))


def draw_dots(
    ax: Axes, dots: Dots, met: np.ndarray, colour: str, base: float = 0.0, label: str | None = None
) -> None:
    """Draw dots, full where `met` and hollow where not; the axis must have equal units."""
    radius = 0.43 * dots.diameter
    for chosen, fill in ((met, colour), (~met, style.PAPER)):
        circles = [Circle((x, base + y), radius) for x, y in zip(dots.x[chosen], dots.y[chosen], strict=True)]
        if circles:
            ax.add_collection(
                PatchCollection(circles, facecolor=fill, edgecolor=colour, linewidth=1.1, label=label)
            )


def dot_axis(ax: Axes, scale: Scale, height: float, dots: Sequence[Dots] = ()) -> None:
    """Equal units on both axes, values on x, nothing on y.

    Parameters
    ----------
    ax : Axes
    scale : Scale
    height : float
        Top of y in the unit of x.
    dots : sequence of Dots
        What must lie within the axis as a whole.
    """
    ticks = scale.ticks()
    low = min([scale.low, *(float(d.x.min() - 0.5 * d.diameter) for d in dots)])
    high = max([scale.high, *(float(d.x.max() + 0.5 * d.diameter) for d in dots)])
    ax.set_xlim(low, high)
    ax.set_ylim(0.0, height)
    ax.set_aspect("equal", adjustable="box", anchor="SW")
    ax.xaxis.set_major_locator(FixedLocator([float(scale.place(t)) for t in ticks]))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda _, i: style.short_count(ticks[i]) if i is not None else "")
    )
    ax.yaxis.set_visible(False)
    ax.grid(False)
