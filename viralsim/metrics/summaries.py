"""Every metric of an ensemble with its spread, as a dict that a notebook shows as a table."""

from __future__ import annotations

import html
from typing import Any

from viralsim.metrics.plain import finite
from viralsim.metrics.rounding import format_interval, format_number
from viralsim.metrics.uncertainty import Summary

__all__ = ["Summaries", "numbers_of", "summary_to_dict", "text_of"]


class Summaries(dict[str, Summary]):
    """Metric (or segment, platform, item) -> Summary, in order.

    A dict like any other, and a subclass only because notebooks look for `_repr_html_` on the value they show.

    Examples
    --------
    >>> Summaries()._repr_html_().startswith("<table>")
    True
    """

    def _repr_html_(self) -> str:
        """One row per entry: expected value with interval, what a single run may bring, unit."""
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name.replace("_", " "))}</th>'
            f"<td>{format_number(s.mean, s.se)}</td>"
            f"<td>{format_interval(s.low, s.high, s.se)}</td><td>{format_interval(s.p05, s.p95)}</td>"
            f"<td>{html.escape(s.unit)}</td></tr>"
            for name, s in self.items()
        )
        heads = ("", "expected", "95 % interval", "one run, 9 in 10", "unit")
        head = "".join(f'<th scope="col">{text}</th>' for text in heads)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def numbers_of(summary: Summary) -> dict[str, float | None]:
    """Mean, standard error and interval of the mean for JSON, which has no NaN."""
    return {name: finite(getattr(summary, name)) for name in ("mean", "se", "low", "high")}


def summary_to_dict(summary: Summary) -> dict[str, Any]:
    """Plain dict of a summary; NaN and infinite become None, a ratio names its denominator under "per"."""
    result: dict[str, Any] = numbers_of(summary)
    result.update((name, finite(getattr(summary, name))) for name in ("p05", "p50", "p95", "sd", "defined"))
    result["unit"] = summary.unit
    if summary.per:
        result["per"] = summary.per
    if summary.note:
        result["note"] = summary.note
    return result


def text_of(summary: Summary) -> str:
    """Mean and interval as they are known: ``"21 (14 to 28)"``."""
    interval = format_interval(summary.low, summary.high, summary.se)
    return f"{format_number(summary.mean, summary.se)} ({interval})"
