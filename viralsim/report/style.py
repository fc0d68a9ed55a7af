"""One look for every figure: type scale, palette, white space; and the same bytes on every run."""

from __future__ import annotations

import html
import io
import math
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

__all__ = [
    "CONTRASTS",
    "DPI",
    "INK",
    "MUTED",
    "ORIGINS",
    "ORIGIN_LINES",
    "SLATE",
    "VARIANTS",
    "backed",
    "count_axis",
    "drawable",
    "generation_colours",
    "grey_level",
    "halo",
    "headline",
    "house_style",
    "label_ends",
    "legend_above",
    "new_figure",
    "png_bytes",
    "short_count",
    "shortened",
    "svg_bytes",
    "time_axis",
    "variant_style",
    "write_text",
]

DPI = 150
WIDTH_INCHES = 6.0  # 900 pixels at 150 dpi; the smallest type is still 11 pixels high at 600
HEIGHT_INCHES = 3.7

# Type scale, points.
TITLE, SUBTITLE, LABEL, NOTE = 12.5, 9.0, 9.0, 8.5

INK = "#1c2230"
SLATE = "#3f4d63"
MUTED = "#5b6472"
FAINT = "#dfe3e8"
PAPER = "#ffffff"

ORIGINS = {"owned": "#16264c", "paid": "#2f77ad", "earned": "#e8821c"}
"""What the brand causes is blue, what people cause is orange; three steps of lightness, so grey tells too."""

ORIGIN_LINES: dict[str, Any] = {"owned": "-", "paid": (0, (5, 2)), "earned": (0, (1, 1.2))}

VARIANTS: tuple[tuple[str, Any, str], ...] = (
    ("#31363f", "-", "o"),
    ("#d0457f", (0, (5, 1.6)), "s"),
    ("#12876f", (0, (1, 1.2)), "^"),
    ("#7a4fb0", (0, (5, 1.5, 1, 1.5)), "D"),
    ("#b58900", (0, (3, 1, 1, 1, 1, 1)), "v"),
    ("#8aa0b4", "-", "P"),
)
"""Colour, line and mark of the first, second, ... scenario compared; never the colours of `ORIGINS`."""

CONTRASTS = {"luck": "#c9d0d8", "audience": "#7f9bb3", "assumptions": "#2a4a6b"}
"""What the spread of a result is made of."""

_GENERATION_STOPS = ("#16264c", "#5a2a7d", "#a23a7a", "#d9574f", "#f08a24", "#f5b942")

_RC: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#9aa3af",
    "axes.facecolor": PAPER,
    "axes.formatter.use_mathtext": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": MUTED,
    "axes.labelsize": LABEL,
    "axes.linewidth": 0.7,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": SUBTITLE,
    "axes.unicode_minus": True,
    "figure.dpi": DPI,
    "figure.facecolor": PAPER,
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same letters on every machine
    "font.size": LABEL,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.fontsize": NOTE,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
    "savefig.bbox": None,
    "savefig.dpi": "figure",
    "svg.fonttype": "none",  # text stays text: small, searchable, read out by a screen reader
    "svg.hashsalt": "viralsim",
    "svg.image_inline": True,
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": MUTED,
    "xtick.labelsize": NOTE,
    "xtick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.color": MUTED,
    "ytick.labelsize": NOTE,
    "ytick.major.size": 0,
}

_LOCK = threading.RLock()  # matplotlib's settings belong to the whole process


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house style; the caller's matplotlib settings are back afterwards."""
    with _LOCK, matplotlib.rc_context():
        settings: Any = matplotlib.rcParams
        settings.update(matplotlib.rcParamsDefault | {"backend": settings["backend"]})
        settings.update(_RC)
        yield


# ------------------------------------------------------------------------------------------------ text


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """Code points that the figures' font can draw."""
    path = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans"))
    return frozenset(font_manager.get_font(path).get_charmap())


def drawable(text: str, instead: str | None = None) -> str:
    """Text as a figure can draw it: on one line, no control characters.

    Parameters
    ----------
    text : str
    instead : str, optional
        What to return if the font lacks a letter of `text`; by default each such letter becomes a box.

    Returns
    -------
    str
    """
    flat = "".join(
        " " if unicodedata.category(c)[0] in "CZ" else c for c in unicodedata.normalize("NFC", text)
    )
    flat = " ".join(flat.split())
    missing = {c for c in flat if ord(c) not in _letters()}
    if missing and instead is not None:
        return instead
    return "".join("\N{WHITE SQUARE}" if c in missing else c for c in flat)


def shortened(text: str, length: int) -> str:
    """Text of at most `length` letters, the end cut and marked."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def write_text(ax: Axes, x: float, y: float, text: str, **options: Any) -> Text:
    """Text on an axis, taken literally: a dollar sign is a dollar sign."""
    return ax.text(x, y, text, **{"fontsize": NOTE, "color": MUTED, "parse_math": False, **options})


def short_count(value: float) -> str:
    """A round number for an axis: 950, 1,200, 25k, 1.5M."""
    size = abs(value)
    for limit, unit in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            scaled = value / (1e3 if unit == "k" else limit)
            return f"{scaled:,.3g}{unit}" if abs(scaled) < 1000 else f"{scaled:,.0f}{unit}"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.3g}"


# --------------------------------------------------------------------------------------------- figures


def new_figure(height_inches: float = HEIGHT_INCHES, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """A figure of the house's width with one axis; with `ax`, that axis and the figure it is on."""
    if ax is not None:
        figure = ax.figure
        while not isinstance(figure, Figure):  # an axis on a part of a figure
            figure = figure.figure
        return figure, ax
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), dpi=DPI)
    top, bottom = 0.62 / height_inches, 0.27 / height_inches
    figure.set_layout_engine(
        ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.05, rect=(0.0, bottom, 1.0, 1.0 - top - bottom))
    )
    return figure, figure.add_subplot()


def headline(figure: Figure, ax: Axes, title: str, subtitle: str, foot: str = "", own: bool = True) -> None:
    """Title and subtitle at the top left, what it is made from at the foot.

    On a caller's axis (`own` false) the title is that axis's and there is no foot.
    """
    if not own:
        ax.set_title(f"{title}\n{subtitle}", loc="left", fontsize=SUBTITLE, color=INK, parse_math=False)
        return
    height = figure.get_size_inches()[1]
    left = 0.15 / WIDTH_INCHES
    figure.text(
        left, 1.0 - 0.12 / height, title, fontsize=TITLE, fontweight="bold", va="top", parse_math=False
    )
    figure.text(
        left, 1.0 - 0.375 / height, subtitle, fontsize=SUBTITLE, color=MUTED, va="top", parse_math=False
    )
    figure.text(left, 0.1 / height, foot, fontsize=NOTE, color=MUTED, va="bottom", parse_math=False)


def backed(colour: str = PAPER) -> dict[str, Any]:
    """A patch behind letters, so that they show on lines; unlike a halo it leaves them letters in the SVG."""
    return {"facecolor": colour, "edgecolor": "none", "pad": 0.8, "alpha": 0.85}


def halo() -> AbstractPathEffect:
    """A rim of paper around a line or a letter, so that it shows on any colour."""
    effect: AbstractPathEffect = withStroke(linewidth=2.4, foreground=PAPER)
    return effect


# ------------------------------------------------------------------------------------------------ axes


def legend_above(ax: Axes, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """A legend in one row above the axis, where it covers nothing."""
    legend = ax.legend(
        list(handles),
        list(labels),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=len(labels),
        borderaxespad=0.0,
        columnspacing=1.3,
        handlelength=1.2,
        handletextpad=0.5,
        labelcolor=INK,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def count_axis(ax: Axes, label: str = "", which: str = "y") -> None:
    """Whole, round, thousands separated ticks from 0."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10], integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short_count(value)))
    if label:
        axis.set_label_text(label)


_TIME_STEPS = (1 / 12, 1 / 6, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 672, 1344)


def time_axis(ax: Axes, end_hours: float) -> None:
    """Hours from the start on x, in hours up to three days and in days beyond."""
    step = next((s for s in _TIME_STEPS if end_hours / s <= 7.5), _TIME_STEPS[-1])
    ticks = [i * step for i in range(math.floor(end_hours / step * (1 + 1e-9)) + 1)]
    days = end_hours > 72
    ax.set_xlim(0.0, end_hours)
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v / 24 if days else v:.3g}"))
    ax.set_xlabel("days from the start" if days else "hours from the start", loc="right")


# -------------------------------------------------------------------------------------------- colours


def grey_level(colour: str) -> float:
    """Lightness L* of a colour, 0 (black) to 100 (white), as a grey printer shows it (CIE 1976)."""
    from matplotlib.colors import to_rgb

    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116.0 * luminance ** (1 / 3) - 16.0 if luminance > 0.008856 else 903.3 * luminance


def generation_colours(count: int) -> list[str]:
    """Colours of generation 0, 1, ...: from dark to light, so that grey tells them apart too."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("generations", _GENERATION_STOPS)
    return [to_hex(scale(g / max(count - 1, 1))) for g in range(count)]


# --------------------------------------------------------------------------------------------- writing


def png_bytes(figure: Figure) -> bytes:
    """The figure as PNG at 150 dpi, without date and version."""
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def svg_bytes(figure: Figure, title: str = "", description: str = "") -> bytes:
    """The figure as SVG with a title and description for screen readers; the same bytes on every run.

    Parameters
    ----------
    figure : Figure
    title, description : str
        Plain text; escaped here.

    Returns
    -------
    bytes
        UTF-8.
    """
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    text = buffer.getvalue().decode("utf-8")
    said = f"<title>{html.escape(title)}</title>" + (
        f"<desc>{html.escape(description)}</desc>" if description else ""
    )
    start = re.search(r"<svg [^>]*>", text)
    if title and start:
        opening = start.group()[:-1] + ' role="img">'
        text = text[: start.start()] + opening + said + text[start.end() :]
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    text = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path.group()), text)
    return text.encode("utf-8")


def variant_style(index: int) -> tuple[str, Any, str]:
    """Colour, line and mark of the scenario at `index` of a comparison."""
    return VARIANTS[index % len(VARIANTS)]


def label_ends(ax: Axes, x: float, labels: Sequence[tuple[float, str, str]], gap: float) -> None:
    """Names at the right end of curves, moved apart until none covers another.

    Parameters
    ----------
    ax : Axes
    x : float
        Where the curves end, data units.
    labels : sequence of (y, text, colour)
    gap : float
        Smallest distance between two labels, data units of y.
    """
    placed: list[float] = []
    for y, text, colour in sorted(labels):
        at = max(y, placed[-1] + gap) if placed else y
        placed.append(at)
        note = ax.annotate(
            text, (x, at), xytext=(4, 0), textcoords="offset points", va="center", fontsize=NOTE, color=colour
        )
        note.set_parse_math(False)
        note.set_annotation_clip(False)
