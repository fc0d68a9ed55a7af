"""Results of a sweep as files: CSV always, Parquet with the extra `data`; written whole or not at all."""

from __future__ import annotations

import csv
import errno
import json
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from viralsim.errors import StoreError
from viralsim.experiment.store.database import RESULT_FIELDS, Store

__all__ = ["RESULTS_FILE", "csv_fields", "flat_rows", "write_csv", "write_parquet"]

RESULTS_FILE = "results.csv"


def csv_fields(paths: Sequence[str]) -> tuple[str, ...]:
    """Columns of results.csv: the setting's number, what is varied, then the metric and its numbers."""
    known = ("metric", "unit", *RESULT_FIELDS, "replicates", "draws", "seed", "digest", "note", "error")
    return ("setting", *paths, *known)


def flat_rows(store: Store, paths: Sequence[str], metric: str | None = None) -> Iterator[dict[str, Any]]:
    """Rows of a store with a value for each path; numbers that are not defined are NaN."""
    for row in store.rows(metric):
        overrides = row.pop("overrides")
        row["digest"] = row["digest"][:16]
        row.update((field, math.nan) for field in RESULT_FIELDS if row[field] is None)
        yield {"setting": row.pop("setting"), **{path: overrides.get(path) for path in paths}, **row}


def write_csv(store: Store, paths: Sequence[str], target: Path) -> None:
    """Write results.csv: one line per setting and metric, memory independent of their number.

    Numbers have all their digits; what is not defined is "nan" for a finished setting and empty for a
    failed one.

    Raises
    ------
    StoreError
        If it cannot be written (the store keeps everything).
    """
    partial = target.with_name(f".{target.name}.part")
    fields = csv_fields(paths)
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(fields)
            writer.writerows(_lines(store, paths))
        os.replace(partial, target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise StoreError(
            f"{target}: cannot be written ({why}); the store keeps all results: make room and go on with --resume"
        ) from None


def _lines(store: Store, paths: Sequence[str]) -> Iterator[list[str]]:
    """The fields of every line: what `flat_rows` has, as text."""
    before, head, tail = "", [""], [""]
    for row in store.raw_rows():
        number, written, digest, seed, replicates, draws, metric, unit, *numbers, note, error = row
        if head[0] != str(number):
            if written != before:
                before, overrides = written, json.loads(written)
                values = [_text(overrides.get(path)) for path in paths]
            head = [str(number), *values]
            tail = [_text(replicates), _text(draws), _text(seed), digest[:16]]
        missing = "" if error is not None else "nan"
        texts = [missing if x is None else _number_text(x) for x in numbers]
        yield [*head, metric or "", unit or "", *texts, *tail, note or "", error or ""]


def _number_text(value: float) -> str:
    """A number as `plain_number` has it: 3 and not 3.0."""
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _text(value: Any) -> str:
    """One field of results.csv."""
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return str(value)


def write_parquet(source: Path, target: Path) -> None:
    """Write results.parquet from results.csv, with duckdb.

    Raises
    ------
    StoreError
        If duckdb is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise StoreError(
            "Parquet needs the extra `data` (duckdb), which is not installed; results.csv holds the same"
        ) from None
    partial = target.with_name(f".{target.name}.part")
    with duckdb.connect() as connection:
        relation = connection.read_csv(str(source), sample_size=-1)
        relation.write_parquet(str(partial), compression="zstd")
    os.replace(partial, target)
