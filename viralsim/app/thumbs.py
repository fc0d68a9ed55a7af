"""Pictures of lessons for the gallery, as SVG text; colours come from the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from viralsim.app.charts import nice_top, path, svg, text
from viralsim.report.style import short_count

__all__ = ["thumb"]

WIDTH, HEIGHT = 300.0, 112.0
_NAMES = 92.0  # pixels for names at the left
_RIGHT = 8.0
_STACKS = (("v0", "v1", "v2"), ("owned", "paid", "earned"))


def thumb(measured: Mapping[str, Any]) -> str:
    """Draw what `lesson_pictures.measured` found (of every kind but "band")."""
    body = _DRAWN[measured["kind"]](measured)
    return svg(body, f"{measured['said']}: {_words(measured)}.", int(WIDTH), int(HEIGHT), "vs-thumb")


def _words(measured: Mapping[str, Any]) -> str:
    """The rows in words."""
    said = []
    for row in measured.get("rows", [])[:6]:
        values = row[1] if isinstance(row[1], list) else row[1:]
        last = values[len(values) // 2] if measured["kind"] in ("ranges", "ratios", "strips") else values[-1]
        said.append(f"{row[0]} {last:,.4g}")
    return ", ".join(said) or "a tree of people"


def _count(value: float) -> str:
    """A number to three digits."""
    return short_count(float(f"{value:.3g}")) if value < 1e4 else f"{value / 1e3:.3g}k"


def _key(kind: str, left: float, top: float, name: str) -> tuple[str, float]:
    """A swatch with its name, and where the next one begins."""
    body = f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="8" height="8"/>'
    return body + text(left + 12, top + 8, name), left + 24 + 6.4 * len(name)


def _height(rows: Sequence[Any]) -> float:
    return min((HEIGHT - 14.0) / max(len(rows), 1), 34.0)


def _middle(i: int, rows: Sequence[Any]) -> float:
    """Middle of row i; the rows stand in the middle of the picture."""
    tall = _height(rows)
    return (HEIGHT - tall * len(rows)) / 2.0 + tall * (i + 0.5)


def _scale(values: Sequence[float]) -> Callable[[float], float]:
    """Value -> pixel from the names to the right end; by factors where values span more than thirty-fold."""
    low, high, span = min(values), max(values), WIDTH - _NAMES - _RIGHT - 34.0
    if low > 0 and high / low > 30.0:
        return lambda v: _NAMES + span * math.log(max(v, low) / low) / math.log(high / low)
    if low == 0 and high > 30.0:  # with nothing at all among them
        return lambda v: _NAMES + span * math.log1p(v) / math.log1p(high)
    return lambda v: _NAMES + span * v / max(high, 1e-12)


def _ranges(found: Mapping[str, Any]) -> str:
    rows = found["rows"]
    place, body = _scale([value for row in rows for value in row[1:]]), ""
    for i, (name, low, middle, high) in enumerate(rows):
        y, colour = _middle(i, rows), f"v{min(i, 2)}"
        left, wide = place(low), max(place(high) - place(low), 2.0)
        body += text(_NAMES - 8, y + 4, name, "end")
        body += f'<rect class="band {colour}" x="{left:.1f}" y="{y - 6:.1f}" width="{wide:.1f}" height="12" rx="6"/>'
        body += f'<circle class="dot {colour}" cx="{place(middle):.1f}" cy="{y:.1f}" r="4.6"/>'
        body += text(min(place(high) + 5, WIDTH - 2), y + 4, _count(middle))
    return body


def _strips(found: Mapping[str, Any]) -> str:
    rows = found["rows"]
    place, body = _scale([value for row in rows for value in row[1]]), ""
    for i, (name, values) in enumerate(rows):
        y, colour = _middle(i, rows), f"v{min(i, 2)}"
        body += text(_NAMES - 8, y + 4, name, "end")
        for k, value in enumerate(values):
            lift = (k % 3 - 1) * min(_height(rows) / 5.0, 4.5)
            body += f'<circle class="dot {colour}" opacity=".75" cx="{place(value):.1f}" cy="{y + lift:.1f}" r="2.7"/>'
    return body


def _curves(found: Mapping[str, Any]) -> str:
    rows = found["rows"]
    top = nice_top(max(max(row[1]) for row in rows))
    right, floor, body = WIDTH - 78.0, HEIGHT - 14.0, ""
    body += f'<line class="grid" x1="8" x2="{right:.0f}" y1="{floor}" y2="{floor}"/>'
    ends: list[float] = []
    for i, (name, values) in enumerate(rows):
        step = (right - 8.0) / max(len(values) - 1, 1)
        points = [(8.0 + k * step, floor - (floor - 10.0) * v / top) for k, v in enumerate(values)]
        body += path(points, f"line v{i}")
        y = points[-1][1]
        if ends and abs(y - ends[-1]) < 13:
            y = ends[-1] + (13 if y >= ends[-1] else -13)
        ends.append(y)
        body += text(right + 6, min(max(y + 4, 12), HEIGHT - 4), name, "start", f"t{i}")
    return body


def _stacks(found: Mapping[str, Any]) -> str:
    rows, names = found["rows"], found["names"]
    classes = [f"f-{c}" for c in _STACKS[1]] if len(names) == 3 else ["bar0", "bar1"]
    tall, most = 84.0 / len(rows), max(sum(row[1]) for row in rows)
    span, body = WIDTH - _NAMES - _RIGHT - 30.0, ""
    for i, (name, parts) in enumerate(rows):
        y, left = 6.0 + tall * i, _NAMES
        body += text(_NAMES - 8, y + tall / 2 + 2, name, "end")
        for part, kind in zip(parts, classes, strict=True):
            wide = span * part / max(most, 1e-12)
            if wide > 0.2:
                body += f'<rect class="{kind}" x="{left:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall - 8:.1f}"/>'
            left += wide
        body += text(left + 5, y + tall / 2 + 2, _count(sum(parts)))
    left = _NAMES
    for name, kind in zip(names, classes, strict=True):
        key, left = _key(kind, left, HEIGHT - 17.0, name)
        body += key
    return body


def _slopes(found: Mapping[str, Any]) -> str:
    rows, (one, other) = found["rows"], found["names"]
    high, low = max(1.0, *(row[1] for row in rows)), min(1.0, *(row[1] for row in rows))
    left, right = 60.0, WIDTH - 118.0

    def y(value: float) -> float:
        return 24.0 + (HEIGHT - 36.0) * (high - value) / max(high - low, 1e-12)

    body = text(left, 12, one, "middle") + text(right, 12, other, "middle")
    for x in (left, right):
        body += f'<line class="grid" x1="{x}" x2="{x}" y1="18" y2="{HEIGHT - 6}"/>'
    used: list[float] = []
    for i, (name, value) in sorted(enumerate(rows), key=lambda pair: -pair[1][1]):
        body += path([(left, y(1.0)), (right, y(value))], f"line v{i}")
        body += f'<circle class="dot v{i}" cx="{right}" cy="{y(value):.1f}" r="4"/>'
        at = max(y(value) + 4, used[-1] + 13 if used else 0)
        used.append(at)
        body += text(right + 9, at, f"{name} \u00d7{value:.2g}", "start", f"t{i}")
    return body


def _sizes(found: Mapping[str, Any]) -> str:
    rows = found["rows"]
    floor, most = HEIGHT - 18.0, max(row[1] for row in rows)
    wide, body = (WIDTH - 20.0) / len(rows), ""
    body += f'<line class="grid" x1="10" x2="{WIDTH - 10}" y1="{floor}" y2="{floor}"/>'
    for i, (size, count) in enumerate(rows):
        x = 10.0 + wide * i
        tall = (floor - 18.0) * count / most
        if count:
            body += (
                f'<rect class="bar0" x="{x + 2:.1f}" y="{floor - max(tall, 1.2):.1f}" width="{wide - 4:.1f}" '
                f'height="{max(tall, 1.2):.1f}"/>'
            )
            body += text(x + wide / 2, floor - max(tall, 1.2) - 4, _count(count), "middle")
        body += text(x + wide / 2, HEIGHT - 4, f"{size}" if size < 2 else f"{size}+", "middle")
    return body


def _tree(found: Mapping[str, Any]) -> str:
    def at(i: int) -> tuple[float, float]:
        return WIDTH / 2 + 1.9 * 50.0 * found["x"][i], HEIGHT / 2 - 50.0 * found["y"][i]

    lines = "".join(
        f"M{at(p)[0]:.1f} {at(p)[1]:.1f}L{at(i)[0]:.1f} {at(i)[1]:.1f}"
        for i, p in enumerate(found["parent"])
        if p >= 0
    )
    body = f'<path class="twig" d="{lines}"/>' + text(WIDTH - 6, HEIGHT - 6, "red: against it", "end")
    for i, negative in enumerate(found["negative"]):
        kind, size = ("bad" if negative else "dot v0"), (5.0 if i == 0 else 2.4)
        body += f'<circle class="{kind}" cx="{at(i)[0]:.1f}" cy="{at(i)[1]:.1f}" r="{size}"/>'
    return body


def _segments(found: Mapping[str, Any]) -> str:
    rows, names = found["rows"], found["names"]
    floor, top = HEIGHT - 18.0, max(max(row[1]) for row in rows)
    group, body, left = (WIDTH - 24.0) / len(names), "", 60.0
    body += f'<line class="grid" x1="12" x2="{WIDTH - 12}" y1="{floor}" y2="{floor}"/>'
    wide = min((group - 30.0) / len(rows), 48.0)
    for i, (name, parts) in enumerate(rows):
        key, left = _key(f"bar{i}", left, 3.0, name)
        body += key
        for g, part in enumerate(parts):
            x = 12.0 + group * (g + 0.5) + wide * (i - len(rows) / 2.0)
            tall = max((floor - 36.0) * part / max(top, 1e-12), 1.0)
            body += (
                f'<rect class="bar{i}" x="{x + 2:.1f}" y="{floor - tall:.1f}" width="{wide - 4:.1f}" '
                f'height="{tall:.1f}"/>'
            )
            body += text(x + wide / 2, floor - tall - 4, f"{100 * part:.2g} %", "middle")
    for g, segment in enumerate(names):
        body += text(12.0 + group * (g + 0.5), HEIGHT - 4, segment, "middle")
    return body


_DRAWN: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "ranges": _ranges,
    "ratios": _ranges,
    "strips": _strips,
    "curves": _curves,
    "stacks": _stacks,
    "slopes": _slopes,
    "sizes": _sizes,
    "tree": _tree,
    "segments": _segments,
}
