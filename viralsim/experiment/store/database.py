"""The store of a sweep: SQLite in WAL mode, one transaction per finished cell, one writer, any readers."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viralsim.errors import StoreError
from viralsim.experiment.cells import Columns, Outcome
from viralsim.metrics.uncertainty import Summary
from viralsim.spec.problems import shown

__all__ = ["FORMAT_VERSION", "STORE_FILE", "Finished", "Store"]

FORMAT_VERSION, STORE_FILE = 1, "sweep.sqlite"
RESULT_FIELDS = ("mean", "se", "low", "high", "p05", "p50", "p95", "sd", "defined")

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE cells (
  key TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, columns BLOB NOT NULL, PRIMARY KEY (key, first)
);
CREATE TABLE settings (
  number INTEGER PRIMARY KEY, overrides TEXT NOT NULL, digest TEXT NOT NULL, key TEXT NOT NULL, seed INTEGER,
  replicates INTEGER, draws INTEGER, error TEXT
);
CREATE TABLE results (
  number INTEGER NOT NULL, position INTEGER NOT NULL, metric TEXT NOT NULL, unit TEXT NOT NULL,
  mean REAL, se REAL, low REAL, high REAL, p05 REAL, p50 REAL, p95 REAL, sd REAL, defined REAL, note TEXT NOT NULL,
  PRIMARY KEY (number, position)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """A setting with nothing left to run.

    Parameters
    ----------
    number : int
        Its place in the design, from 0.
    overrides : str
        JSON object of path to value.
    digest, key : str
        Of its scenario, and of its cells; "" where there is no scenario.
    seed, replicates, draws : int or None
    error : str or None
        Why it failed.
    summaries : dict of str to Summary
        Empty if it failed.
    """

    number: int
    overrides: str
    digest: str
    key: str
    seed: int | None
    replicates: int | None
    draws: int | None
    error: str | None
    summaries: dict[str, Summary]


class Store:
    """What a sweep has done so far.

    Parameters
    ----------
    path : pathlib.Path or None
        The file, made if it is not there; None: in memory.
    kind : str
        Whose store it is: a sweep's, or that of another study.
    whole : bool
        Have SQLite look through all of the file for damage first, which takes about a second for a gigabyte.

    Raises
    ------
    StoreError
        If it is no store, or one of another version.
    """

    def __init__(self, path: Path | None, kind: str = "sweep", whole: bool = True) -> None:
        self.path, self.kind = path, kind
        self.label = f"this {kind}" if path is None else str(path.parent)
        self._lock = threading.RLock()
        with self._said():
            self.connection = connect(path)
            try:
                if whole:
                    self._look_through()
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def _look_through(self) -> None:
        """Refuse a file of which SQLite itself says that it is damaged."""
        found = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise StoreError(self.damage(" ".join(found.split())))

    def _prepare(self) -> None:
        """Make the tables, or check that they are ours."""
        known = self.connection.execute("SELECT name FROM sqlite_master WHERE name = 'meta'").fetchone()
        if known is None:
            if self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise StoreError(f"{self.path}: is a database, but no {self.kind}'s; {self._advice}")
            with self._transaction():
                for statement in _TABLES.split(";"):
                    self.connection.execute(statement)
                self._set_meta({"format": f"viralsim {self.kind}", "format_version": FORMAT_VERSION})
        found = self.meta()
        if found.get("format") != f"viralsim {self.kind}":
            raise StoreError(f"{self.path}: is a database, but no {self.kind}'s; {self._advice}")
        if found.get("format_version") != FORMAT_VERSION:
            made = found.get("versions", {}).get("viralsim", "?")
            raise StoreError(
                f"{self.path}: is a store of version {found.get('format_version')}, written by viralsim {made}; this "
                f"viralsim reads version {FORMAT_VERSION}: finish it with that one, or name another folder"
            )

    def close(self) -> None:
        """Put everything into the one file."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()

    # ------------------------------------------------------------------------------------------ errors

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """SQLite's errors as ours, with what to do."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StoreError(self._message(error)) from None

    def _message(self, error: sqlite3.DatabaseError) -> str:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            return (
                f"{self.label}: the disk is full ({text}); everything finished before is kept: make room and go on "
                "with --resume (resume=True)"
            )
        if "not a database" in text:
            return f"{self.path}: is no store of a {self.kind}, or damaged ({text}); {self._advice}"
        if "readonly" in text or "unable to open" in text:
            return (
                f"{self.path}: cannot be written to ({text}); allow writing to the file and its folder, or name "
                "another folder (--out, out=)"
            )
        if "locked" in text:
            return f"{self.path}: another program holds it ({text}); end that one, or name another folder (--out, out=)"
        return self.damage(text)

    @property
    def _advice(self) -> str:
        """What to do with a file that is of no use."""
        name = "it" if self.path is None else self.path.name
        return f"move or delete {name} to begin anew (what it holds is lost), or name another folder (--out, out=)"

    def damage(self, what: str, where: str = "") -> str:
        """The message about something in the file that a store does not hold."""
        place = f"{self.path}: {where}" if where else f"{self.path}"
        return f"{place}: is damaged ({what}); {self._advice}"

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing."""
        with self._lock, self._said():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise

    # -------------------------------------------------------------------------------------------- meta

    def meta(self) -> dict[str, Any]:
        """What is recorded about the sweep."""
        with self._lock, self._said():
            rows = self.connection.execute("SELECT name, value FROM meta").fetchall()
        found = {}
        for name, value in rows:
            try:
                found[name] = json.loads(value)
            except (TypeError, ValueError) as error:
                raise StoreError(self.damage(str(error), f"table meta, row {name!r}")) from None
        return found

    def check_meta(self, kinds: Mapping[str, type | tuple[type, ...]]) -> dict[str, Any]:
        """What is recorded, with the right kind of thing under each name; StoreError if a row is damaged or gone."""
        found = self.meta()
        for name, kind in kinds.items():
            if name not in found:
                raise StoreError(self.damage("it is not there", f"table meta, row {name!r}"))
            if not isinstance(found[name], kind):
                raise StoreError(self.damage(f"it holds {shown(found[name])}", f"table meta, row {name!r}"))
        return found

    def _set_meta(self, record: dict[str, Any]) -> None:
        rows = [(name, json.dumps(value)) for name, value in record.items()]
        self.connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def begin(self, record: dict[str, Any], same_design: bool) -> None:
        """Record the sweep; settings of another design are forgotten, their cells are not."""
        with self._transaction():
            self._set_meta(record)
            if not same_design:
                self.connection.execute("DELETE FROM settings")
                self.connection.execute("DELETE FROM results")

    # ------------------------------------------------------------------------------------------- cells

    def finished(self, first: int, last: int) -> dict[int, str]:
        """Number -> overrides of the settings first, ..., last - 1 that are done and did not fail."""
        query = "SELECT number, overrides FROM settings WHERE number >= ? AND number < ? AND error IS NULL"
        with self._lock:
            return dict(self.connection.execute(query, (first, last)).fetchall())

    def blocks(self, key: str) -> dict[int, int]:
        """First replicate -> number of replicates of the blocks of a setting that are kept."""
        query = "SELECT first, count FROM cells WHERE key = ? ORDER BY first"
        with self._lock:
            return dict(self.connection.execute(query, (key,)).fetchall())

    def keys(self) -> set[str]:
        """Keys of all cells that are kept."""
        with self._lock, self._said():
            return {key for (key,) in self.connection.execute("SELECT DISTINCT key FROM cells")}

    def cell(self, key: str, first: int) -> bytes:
        """Columns of a cell that is kept, as `Outcome` has them."""
        query = "SELECT columns FROM cells WHERE key = ? AND first = ?"
        with self._lock, self._said():
            row = self.connection.execute(query, (key, first)).fetchone()
        if row is None:
            raise StoreError(self.damage("it is not there", f"table cells, row {key!r}, {first}"))
        data: bytes = row[0]
        return data

    def read_cell(self, key: str, first: int, data: Any) -> Columns:
        """Columns of what `cell` gave; StoreError that says which row is damaged, if it is."""
        try:
            return Columns.from_bytes(data)
        except StoreError as error:
            raise StoreError(self.damage(str(error), f"table cells, row {key!r}, {first}")) from None

    def columns(self, key: str, replicates: int) -> Columns:
        """The first replicates of a setting, all blocks joined; StoreError if they are not all kept."""
        query = "SELECT first, columns FROM cells WHERE key = ? AND first < ? ORDER BY first"
        with self._lock, self._said():
            found = self.connection.execute(query, (key, replicates)).fetchall()
        joined, have = [], 0
        for first, data in found:
            if first == have:
                joined.append(self.read_cell(key, first, data))
                have += joined[-1].numerator.shape[1]
        if have < replicates:
            raise StoreError(f"{self.label}: only {have} of {replicates} replicates of this setting are kept")
        return Columns.joined(joined, replicates)

    def keep(self, outcome: Outcome | None, finish: Callable[[], Iterable[Finished]]) -> None:
        """Keep a cell and the settings that it finishes, in one transaction.

        Parameters
        ----------
        outcome : Outcome or None
        finish : callable
            Called once the cell is in place; gives the settings that are finished now.
        """
        with self._transaction():
            if outcome is not None and outcome.columns is not None:
                self.connection.execute(
                    "INSERT INTO cells VALUES (?, ?, ?, ?) ON CONFLICT (key, first) DO UPDATE SET "
                    "count = excluded.count, columns = excluded.columns WHERE excluded.count > count",
                    (*outcome.name, outcome.columns),
                )
            for setting in finish():
                self._finish(setting)

    def _finish(self, setting: Finished) -> None:
        self.connection.execute(
            "INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                setting.number, setting.overrides, setting.digest, setting.key, setting.seed, setting.replicates,
                setting.draws, setting.error,
            ),
        )  # fmt: skip
        self.connection.execute("DELETE FROM results WHERE number = ?", (setting.number,))
        rows = [
            (setting.number, position, name, s.unit, *(getattr(s, field) for field in RESULT_FIELDS), s.note)
            for position, (name, s) in enumerate(setting.summaries.items())
        ]
        places = ", ".join("?" * (len(RESULT_FIELDS) + 5))
        self.connection.executemany(f"INSERT INTO results VALUES ({places})", rows)

    # ----------------------------------------------------------------------------------------- reading

    def counts(self) -> tuple[int, int]:
        """Settings finished without and with an error."""
        query = "SELECT count(*), count(error) FROM settings"
        with self._lock:
            total, failed = self.connection.execute(query).fetchone()
        return total - failed, failed

    def setting(self, number: int) -> dict[str, Any]:
        """What is known about a setting; StoreError if it is not there yet."""
        query = "SELECT overrides, digest, key, seed, replicates, draws, error FROM settings WHERE number = ?"
        with self._lock:
            row = self.connection.execute(query, (number,)).fetchone()
        if row is None:
            raise StoreError(
                f"{self.label}: setting {number} was not run yet; go on with --resume (resume=True)"
            )
        names = ("overrides", "digest", "key", "seed", "replicates", "draws", "error")
        return {**dict(zip(names, row, strict=True)), "overrides": json.loads(row[0])}

    def failures(self) -> Iterator[tuple[int, dict[str, Any], str]]:
        """(number, overrides, error) of the settings that failed."""
        query = "SELECT number, overrides, error FROM settings WHERE error IS NOT NULL ORDER BY number"
        for number, overrides, error in self._select(query):
            yield number, json.loads(overrides), error

    def raw_rows(self, metric: str | None = None) -> Iterator[tuple[Any, ...]]:
        """One tuple per setting and metric, in order; one with an error for each failed setting.

        Number, overrides (JSON), digest, seed, replicates, draws, metric, unit, `RESULT_FIELDS`, note, error.
        """
        fields = ", ".join(f"r.{field}" for field in RESULT_FIELDS)
        condition = "" if metric is None else "AND r.metric = ?"
        query = (
            f"SELECT s.number, s.overrides, s.digest, s.seed, s.replicates, s.draws, r.metric, r.unit, {fields}, "
            f"r.note, s.error FROM settings s LEFT JOIN results r ON r.number = s.number {condition} "
            "ORDER BY s.number, r.position"
        )
        return self._select(query, () if metric is None else (metric,))

    def rows(self, metric: str | None = None) -> Iterator[dict[str, Any]]:
        """`raw_rows` as dicts, the overrides read."""
        head = ("setting", "overrides", "digest", "seed", "replicates", "draws", "metric", "unit")
        names = (*head, *RESULT_FIELDS, "note", "error")
        text, overrides = "", {}
        for row in self.raw_rows(metric):
            found = dict(zip(names, row, strict=True))
            if found["overrides"] != text:
                text = found["overrides"]
                overrides = json.loads(text)
            found["overrides"] = overrides
            yield found

    def _select(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, a thousand at a time."""
        with self._lock, self._said():
            cursor = self.connection.execute(query, values)
        while True:
            with self._lock, self._said():
                rows = cursor.fetchmany(1000)
            if not rows:
                return
            yield from rows


def connect(path: Path | None) -> sqlite3.Connection:
    """A connection that survives kill -9 at any moment (the place where tests put a small disk)."""
    connection = sqlite3.connect(
        ":memory:" if path is None else path, timeout=30.0, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection
