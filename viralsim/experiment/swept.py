"""What a sweep gives back: results read from its store when they are asked for."""

from __future__ import annotations

import contextlib
import html
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError
from viralsim.experiment.store import RESULTS_FILE, STORE_FILE, Store, write_csv
from viralsim.experiment.store.export import csv_fields, flat_rows
from viralsim.metrics.frames import data_frame
from viralsim.metrics.rounding import format_interval, format_number
from viralsim.spec import Scenario
from viralsim.spec.problems import allowed_names

__all__ = ["Sweep"]

_SHOWN = 12


class Sweep:
    """A finished sweep.

    Parameters
    ----------
    paths : sequence of str
        What was varied.
    scenario : Scenario
        That was varied.
    seed : int or None
        Of all settings; None if each has its own.
    folder : pathlib.Path, optional
        Where the results are.
    store : Store, optional
        The results themselves, where there is no folder.

    Examples
    --------
    >>> import viralsim as vs
    >>> swept = vs.sweep(vs.load_scenario("small-shop"), {"run.seed": [1, 2, 3]}, replicates=5)
    >>> len(swept), swept.metric("reach")["run.seed"]
    (3, [1, 2, 3])
    """

    def __init__(
        self,
        paths: Sequence[str],
        scenario: Scenario,
        seed: int | None,
        folder: Path | None = None,
        store: Store | None = None,
    ) -> None:
        self.paths = tuple(paths)
        self.scenario = scenario
        self.seed = seed
        self.folder = folder
        self._store = store

    @contextlib.contextmanager
    def _open(self) -> Iterator[Store]:
        if self._store is not None:
            yield self._store
            return
        assert self.folder is not None
        with contextlib.closing(Store(self.folder / STORE_FILE, whole=False)) as store:
            yield store

    def __len__(self) -> int:
        """Number of settings, failed ones included."""
        with self._open() as store:
            return sum(store.counts())

    @property
    def failed(self) -> list[tuple[int, dict[str, Any], str]]:
        """Settings that failed: number, overrides, error."""
        with self._open() as store:
            return list(store.failures())

    @property
    def csv_path(self) -> Path | None:
        """results.csv, if there is a folder."""
        return None if self.folder is None else self.folder / RESULTS_FILE

    def rows(self, metric: str | None = None) -> Iterator[dict[str, Any]]:
        """One dict per setting and metric, as results.csv has them, without holding all in memory."""
        with self._open() as store:
            yield from flat_rows(store, self.paths, metric)

    def metric(self, name: str) -> dict[str, Any]:
        """One metric over the settings: number, varied values (lists) and mean, se, low, high, ... (float64[settings]).

        Raises
        ------
        SpecError
            If no setting defines it.
        """
        rows = list(self.rows(name))
        if not any(row["metric"] for row in rows):
            with self._open() as store:
                known = dict.fromkeys(row["metric"] for row in store.rows() if row["metric"])
            raise SpecError(f"metric: there is no {name!r} in this sweep; {allowed_names(name, known)}")
        numbers = ("mean", "se", "low", "high", "p05", "p50", "p95", "sd", "defined")
        found: dict[str, Any] = {"setting": [row["setting"] for row in rows]}
        found.update({path: [row[path] for row in rows] for path in self.paths})
        found.update({n: np.array([row[n] for row in rows], np.float64) for n in numbers})
        return found

    def replicates(self, setting: int) -> dict[str, NDArray[np.float64]]:
        """Every metric of one setting per replicate (float64[replicates]); NaN where not defined.

        Raises
        ------
        StoreError
            If there is no such setting, or it failed.
        """
        with self._open() as store:
            known = store.setting(setting)
            columns = store.columns(known["key"], known["replicates"] or 0)
        return {name: columns.column(name).values for name in columns.names}

    def settings(self) -> Iterator[dict[str, Any]]:
        """Overrides of each setting, in order."""
        last = -1
        with self._open() as store:
            for row in store.rows():
                if row["setting"] != last:
                    last = row["setting"]
                    yield row["overrides"]

    def to_columns(self) -> dict[str, list[Any]]:
        """The tidy table: one entry per setting and metric in each list."""
        fields = csv_fields(self.paths)
        columns: dict[str, list[Any]] = {field: [] for field in fields}
        for row in self.rows():
            for field in fields:
                columns[field].append(row[field])
        return columns

    def to_frame(self) -> Any:
        """Data frame (pandas), one row per setting and metric; a failed setting is one row with its error.

        Raises
        ------
        EngineError
            If pandas is not installed; `to_columns` needs nothing.
        """
        return data_frame(self.to_columns())

    def to_csv(self, path: str | Path) -> None:
        """Write the tidy table; a sweep into a folder has it already."""
        with self._open() as store:
            write_csv(store, self.paths, Path(path))

    def sentence(self) -> str:
        """What was run, in one sentence."""
        with self._open() as store:
            done, failed = store.counts()
        bad = f", {failed:,} failed" if failed else ""
        return f"{self.scenario.name}: {done + failed:,} settings of {', '.join(self.paths)}{bad}."

    def __repr__(self) -> str:
        return f"Sweep({self.sentence()!r}, folder={str(self.folder) if self.folder else None!r})"

    def _repr_html_(self) -> str:
        """Small table for notebooks."""
        goal = self.scenario.goal
        name = goal.metric if goal is not None else "reach"
        head = "".join(f"<th>{html.escape(path)}</th>" for path in self.paths)
        lines: list[str] = []
        for row in self.rows(name):
            if len(lines) == _SHOWN:
                lines.append(f"<tr><td colspan={len(self.paths) + 3}>...</td></tr>")
                break
            values = "".join(f"<td>{html.escape(str(row[path]))}</td>" for path in self.paths)
            lines.append(f"<tr><td>{row['setting']}</td>{values}{_number_cells(row)}</tr>")
        return (
            f"<p>{html.escape(self.sentence())}</p><table><thead><tr><th>setting</th>{head}"
            f"<th>{html.escape(name.replace('_', ' '))}</th><th>95 % interval</th></tr></thead>"
            f"<tbody>{''.join(lines)}</tbody></table>"
        )


def _number_cells(row: dict[str, Any]) -> str:
    """Expected value and interval of a row, or its error."""
    if row["error"]:
        return f"<td colspan=2>{html.escape(row['error'])}</td>"
    if math.isnan(row["mean"]):
        return "<td colspan=2>not defined</td>"
    interval = "-" if math.isnan(row["low"]) else format_interval(row["low"], row["high"], row["se"])
    return f"<td>{format_number(row['mean'], row['se'])}</td><td>{interval}</td>"
