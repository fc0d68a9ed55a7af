"""Tables and numbers on the screen."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from viralsim.metrics.plain import finite

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.metrics.uncertainty import Summary

__all__ = [
    "finite",
    "note",
    "print_ensemble",
    "print_json",
    "print_table",
    "size_text",
    "split_text",
]

PLAIN_WIDTH = 140  # where there is no terminal to ask

WIDE = 110  # columns of a terminal from which on all columns are shown
HEADS = ("metric", "expected", "95 % interval", "5 %", "50 %", "95 %", "unit")
LEGEND = "expected: the mean, with the interval it lies in; 5 %, 50 %, 95 %: so many single runs stay below"

# Where a thin line between groups of metrics is drawn: before these.
GROUPS = (
    "reach",
    "noticed",
    "clicks_owned",
    "engagement_rate",
    "reproduction_number",
    "conversions",
    "negative_shares",
    "cost",
)


def console() -> Any:
    """A console on standard output: colours only on a terminal without NO_COLOR, never wider than it."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, width=None if terminal else PLAIN_WIDTH, highlight=False, markup=False)


def print_table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    numeric: Sequence[int],
    sections: Iterable[int] = (),
) -> None:
    """A table on standard output.

    Parameters
    ----------
    heads : sequence of str
    rows : iterable of sequences of str
    numeric : sequence of int
        Columns set to the right.
    sections : iterable of int
        Rows before which a line is drawn.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, head in enumerate(heads):
        right = index in numeric
        table.add_column(
            head, justify="right" if right else "left", no_wrap=right or index == 0, overflow="fold"
        )
    breaks = set(sections)
    for index, row in enumerate(rows):
        if index in breaks and index:
            table.add_section()
        table.add_row(*row)
    screen = console()
    with screen.capture() as text:
        screen.print(table)
    for line in text.get().splitlines():  # without the blanks that fill the last column
        click.echo(line.rstrip())


def print_json(value: Any) -> None:
    """One JSON object on standard output; numbers that JSON does not have are null."""
    click.echo(json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False))


def note(text: str, quiet: bool = False) -> None:
    """A remark on standard error."""
    if not quiet:
        click.echo(text, err=True)


def size_text(size_bytes: float) -> str:
    """Bytes as people say them.

    Examples
    --------
    >>> size_text(3.2e9), size_text(45e6)
    ('3.2 GB', '45 MB')
    """
    if not math.isfinite(size_bytes):
        return "an unknown amount"
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


# ------------------------------------------------------------------------------------------- one ensemble


def print_ensemble(ensemble: Ensemble, split: Any = None, metric: str = "reach") -> None:
    """Sentence, table of metrics, what the spread is made of, and how to get it again."""
    from viralsim.metrics.formulas import formulas

    click.echo(ensemble.sentence())
    click.echo()
    remarks = Remarks()
    rows: list[tuple[str, ...]] = []
    sections = []
    for name, summary in ensemble.summary().items():
        if name in GROUPS:
            sections.append(len(rows))
        rows.append(metric_row(name, summary, ensemble[name], remarks))
    if console().width >= WIDE:
        print_table(HEADS, rows, numeric=(1, 2, 3, 4, 5), sections=sections)
        click.echo(LEGEND)
    else:
        narrow = [
            (name, mean, interval, f"{low} to {high}") for name, mean, interval, low, _, high, _ in rows
        ]
        print_table((*HEADS[:3], "one run, 9 in 10"), narrow, numeric=(1, 2, 3), sections=sections)
        click.echo("A wider window shows units and medians; --json has everything.")
    for line in remarks.lines():
        click.echo(line)
    for name, formula in formulas(ensemble.tallies).items():
        click.echo(f"{name} = {formula}")
    click.echo()
    if split is not None:
        click.echo(split_text(split, metric))
    draws = f"{ensemble.draws:,} draw{'s' * (ensemble.draws != 1)}"
    held = ", uncertain numbers held at their values" if ensemble.fixed else ""
    click.echo(
        f"{ensemble.replicates:,} replicates over {draws}{held}; seed {ensemble.seed}; digest {ensemble.digest[:12]}; "
        f"viralsim {ensemble.provenance.get('viralsim', '?')}"
    )


class Remarks:
    """Footnotes: each text once, with a number."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def mark(self, note: str) -> str:
        """ " [1]" for a note (its parts are separated by semicolons), "" for none."""
        marks = []
        for text in filter(None, (part.strip() for part in note.split(";"))):
            if text not in self._texts:
                self._texts.append(text)
            marks.append(str(self._texts.index(text) + 1))
        return f" [{','.join(marks)}]" if marks else ""

    def lines(self) -> list[str]:
        """The footnotes."""
        return [f"[{number}] {text}" for number, text in enumerate(self._texts, 1)]


def metric_row(name: str, summary: Summary, values: Any, remarks: Remarks) -> tuple[str, ...]:
    """Cells of one metric: name, mean, interval, quantiles of single runs, unit."""
    import numpy as np

    from viralsim.metrics.rounding import format_interval, format_number

    known = values[np.isfinite(values)]
    quantiles = (summary.p05, summary.p50, summary.p95)
    if known.size and np.all(known == np.floor(known)):  # counts: a single run has a whole number
        shown = [format_number(float(round(q))) for q in quantiles]
    else:
        shown = [format_number(q, (summary.p95 - summary.p05) / 8.0 or None) for q in quantiles]
    interval = format_interval(summary.low, summary.high, summary.se) if summary.low < summary.high else "-"
    unit = unit_text(summary) + remarks.mark(summary.note)
    return (name, format_number(summary.mean, summary.se), interval, *shown, unit)


def unit_text(summary: Summary) -> str:
    """Unit of a metric, with the denominator of a ratio.

    Returns
    -------
    str
        Such as "people", "per impression", "ratio, over owned and paid impressions".
    """
    text = summary.unit
    if summary.per and not text.startswith("per ") and " per " not in text:
        text += f", over {summary.per}"
    return text


def split_text(split: Any, metric: str) -> str:
    """What the spread of a metric is made of, in a sentence."""
    from viralsim.metrics.rounding import format_percent

    what = metric.replace("_", " ")
    remark = f" ({split.note})" if split.note else ""
    parts = [
        (split.luck, "luck"),
        (split.audience, "the audience"),
        (split.assumptions, "assumptions"),
    ]
    known = [f"{format_percent(share, 0.01)} {name}" for share, name in parts if not math.isnan(share)]
    if not known:
        return f"What the spread of {what} is made of is not known{remark}."
    if len(known) == 2 or (len(known) == 1 and split.luck < 1.0):
        known = [known[0], f"{format_percent(1.0 - split.luck, 0.01)} audience and assumptions together"]
    return f"The spread of {what} from run to run is {', '.join(known)}{remark}."
