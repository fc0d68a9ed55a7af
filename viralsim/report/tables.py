"""Tables of a run and of a comparison as CSV: the same bytes for the same results."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from viralsim.engine.ensemble import Ensemble
from viralsim.errors import StoreError
from viralsim.experiment.comparison import Comparison
from viralsim.metrics.registry import METRICS
from viralsim.metrics.uncertainty import Summary
from viralsim.metrics.views import CURVES

__all__ = [
    "CURVE_FIELDS",
    "RESULT_FIELDS",
    "cell",
    "csv_text",
    "curve_rows",
    "make_folder",
    "pair_rows",
    "results_rows",
    "write_comparison_tables",
    "write_csv",
    "write_tables",
]

RESULT_FIELDS = (
    "scope",
    "metric",
    "unit",
    "mean",
    "se",
    "low",
    "high",
    "p05",
    "p50",
    "p95",
    "sd",
    "defined",
    "note",
    "per",
)
CURVE_FIELDS = ("time_hours", "curve", "mean", "p05", "p25", "p50", "p75", "p95", "unit")

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SCOPES = ("segment", "platform", "item")

Row = dict[str, Any]


def cell(value: Any) -> str:
    """One cell: whole numbers plainly, others with every digit they have, "nan" where nothing is defined."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return "" if value is None else str(value)


def csv_text(fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a header line; lines end with a bare line feed.

    Parameters
    ----------
    fields : sequence of str
    rows : iterable of sequences
        Cells in the order of `fields`.
    """
    buffer = io.StringIO()
    _write_rows(buffer, fields, rows)
    return buffer.getvalue()


def _write_rows(file: TextIO, fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Header and rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([cell(value) for value in row] for row in rows)


def columns_text(columns: Mapping[str, Any]) -> str:
    """CSV of columns of equal length."""
    return csv_text(list(columns), zip(*columns.values(), strict=True))


def write_csv(path: Path, fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write rows as they come, so that a long table is never held as text."""
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_rows(file, fields, rows)
    return path


def make_folder(folder: str | Path) -> Path:
    """The folder, made if need be.

    Raises
    ------
    StoreError
        If it cannot be made.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be made as a folder for results ({error.strerror or error}); give a folder that "
            "can be written to"
        ) from None
    return path


# ---------------------------------------------------------------------------------------------- one run


def results_rows(ensemble: Ensemble) -> list[Row]:
    """Every defined metric of the whole run and of each segment, platform and item.

    Parameters
    ----------
    ensemble : Ensemble

    Returns
    -------
    list of dict
        Keys `RESULT_FIELDS`. `scope` is "all", "segment:NAME", "platform:ID" or "item:ID"; mean with standard
        error and 95 % interval (low, high); p05, p50, p95 and sd of one replicate's value; `defined` is the
        part of the replicates where the metric is defined; `per` the denominator of a rate.
    """
    rows = [_result_row("all", name, summary) for name, summary in ensemble.summary().items()]
    names = {
        "segment": ensemble.tallies.segments,
        "platform": ensemble.tallies.platforms,
        "item": ensemble.tallies.items,
    }
    for kind in _SCOPES:
        split = {
            metric: ensemble.summary_by(kind, metric)
            for metric in ensemble.metrics
            if kind in METRICS[metric].parts
        }
        for part in names[kind]:
            rows += [_result_row(f"{kind}:{part}", metric, found[part]) for metric, found in split.items()]
    return rows


def _result_row(scope: str, metric: str, summary: Summary) -> Row:
    found = {name: getattr(summary, name) for name in RESULT_FIELDS[2:]}
    return {"scope": scope, "metric": metric, **found}


def curve_rows(ensemble: Ensemble) -> Iterator[tuple[Any, ...]]:
    """Each curve at each time, in the order of `CURVE_FIELDS`: mean and quantiles over replicates.

    Reach counts people so far; all others events in the bin that ends at `time_hours`.
    """
    for name in CURVES:
        values = ensemble.curve(name)
        unit = "people so far" if name == "reach" else f"{name.split('_')[0]} in the bin"
        means = values.mean(axis=0)
        levels = np.quantile(values, _QUANTILES, axis=0).T
        for hour, mean, row in zip(ensemble.times_hours, means, levels, strict=True):
            yield (hour, name, mean, *row, unit)


def replicate_rows(ensemble: Ensemble) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """Names and rows of the table of replicates: replicate, draw, every defined metric of the run."""
    columns = ensemble.to_columns()
    return list(columns), zip(*columns.values(), strict=True)


def write_tables(ensemble: Ensemble, folder: str | Path) -> list[Path]:
    """Write results.csv, curves.csv and replicates.csv.

    Parameters
    ----------
    ensemble : Ensemble
    folder : path
        Made if need be.

    Returns
    -------
    list of Path
        In that order.

    Raises
    ------
    StoreError
        If the folder cannot be made.
    """
    place = make_folder(folder)
    rows = (tuple(row.values()) for row in results_rows(ensemble))
    names, replicates = replicate_rows(ensemble)
    return [
        write_csv(place / "results.csv", RESULT_FIELDS, rows),
        write_csv(place / "curves.csv", CURVE_FIELDS, curve_rows(ensemble)),
        write_csv(place / "replicates.csv", names, replicates),
    ]


# ------------------------------------------------------------------------------------------ comparisons


def pair_rows(comparison: Comparison) -> list[Row]:
    """Every pair of a comparison, one dict each (see `viralsim.experiment.pairs.Pair`)."""
    return [pair.to_dict() for pair in comparison.pairs]


def write_comparison_tables(comparison: Comparison, folder: str | Path) -> list[Path]:
    """Write pairs.csv, and results.csv, curves.csv and replicates.csv of all scenarios, `scenario` first.

    Parameters
    ----------
    comparison : Comparison
    folder : path
        Made if need be.

    Returns
    -------
    list of Path

    Raises
    ------
    StoreError
        If the folder cannot be made.
    """
    place = make_folder(folder)
    runs = list(zip(comparison.labels, comparison.ensembles, strict=True))
    results = ((label, *row.values()) for label, run in runs for row in results_rows(run))
    curves = ((label, *row) for label, run in runs for row in curve_rows(run))
    # Scenarios may define different metrics (only one sets a price): every column, empty where not defined.
    columns = [(label, run.to_columns()) for label, run in runs]
    ordered = [name for name in METRICS if any(name in found for _, found in columns)]
    names = ["replicate", "draw", *ordered]
    absent = [None] * comparison.ensembles[0].replicates
    replicates = (
        (label, *row)
        for label, found in columns
        for row in zip(*(found.get(name, absent) for name in names), strict=True)
    )
    pairs = pair_rows(comparison)
    return [
        write_csv(place / "pairs.csv", list(pairs[0]), (tuple(row.values()) for row in pairs)),
        write_csv(place / "results.csv", ["scenario", *RESULT_FIELDS], results),
        write_csv(place / "curves.csv", ["scenario", *CURVE_FIELDS], curves),
        write_csv(place / "replicates.csv", ["scenario", *names], replicates),
    ]
