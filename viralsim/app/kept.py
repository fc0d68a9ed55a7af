"""Finished long runs on disk: what they were, their results, their page; listed again when the app starts next."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from viralsim.app.jobs import Job
from viralsim.errors import StoreError
from viralsim.report.tables import columns_text

__all__ = ["MOST_BYTES", "MOST_RUNS", "KeptRun", "KeptRuns", "state_folder"]

MOST_RUNS = 20
MOST_BYTES = 200e6
_NAME = re.compile(r"run-(\d{6})")
_FACTS, _PAGE, _DATA, _SCENARIO = "run.json", "page.html", "replicates.csv", "scenario.yaml"
_MOST_FACTS_BYTES = 200_000
_LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A finished run, as it is listed.

    Parameters
    ----------
    number : int
        Of its folder, which is named by it alone.
    title, label : str
        Of the scenario; `label` names the files that are saved from here.
    state : str
        done or stopped.
    replicates, done, draws, seed : int
    sentence : str
        The result.
    ended : str
        Date and time (UTC).
    settings : mapping
        What was moved away from the scenario's own values.
    """

    number: int
    title: str
    label: str
    state: str
    replicates: int
    done: int
    draws: int
    seed: int
    sentence: str
    ended: str
    settings: Mapping[str, float] = field(default_factory=dict)


def state_folder() -> Path:
    """Where this user's programs keep what they did: ``XDG_STATE_HOME`` or ``~/.local/state``, then ``viralsim/app``.

    Raises
    ------
    StoreError
        If there is no home.
    """
    named = os.environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(named) if os.path.isabs(named) else Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise StoreError(f"no folder to keep results in: {error}") from error
    return base / "viralsim" / "app"


class KeptRuns:
    """The runs in a folder; the oldest go where there are too many or too large ones.

    Parameters
    ----------
    folder : pathlib.Path or None
        Made if it is not there. None: nothing is kept.
    most_runs : int
    most_bytes : float

    Attributes
    ----------
    problem : str
        Why nothing can be kept; "" if all is well.
    """

    def __init__(
        self, folder: Path | None, most_runs: int = MOST_RUNS, most_bytes: float = MOST_BYTES
    ) -> None:
        self.folder, self.most_runs, self.most_bytes = folder, most_runs, most_bytes
        self.problem = "" if folder is not None else "the app was started so that it keeps nothing"
        self._lock = threading.Lock()
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(f"{folder} cannot be written to")
            except OSError as error:
                self.problem = f"{folder}: {error.strerror or error}"

    def all(self) -> list[KeptRun]:
        """Newest first; what cannot be read is left out."""
        found = [run for place in self._places() if (run := _read(place)) is not None]
        return sorted(found, key=lambda run: -run.number)

    def keep(self, job: Job) -> KeptRun:
        """Write a finished run with its page.

        Raises
        ------
        StoreError
            If it cannot be written, or is larger than all that may be kept.
        """
        from viralsim.report.page import run_page

        if self.problem or self.folder is None or job.result is None:
            raise StoreError(f"not kept: {self.problem or 'there is no result'}")
        files = {
            _PAGE: run_page(job.result),
            _DATA: columns_text(job.result.to_columns()),
            _SCENARIO: job.scenario.to_yaml(),
        }
        size = sum(len(text.encode()) for text in files.values())
        if size > self.most_bytes:
            raise StoreError(
                f"not kept: {size / 1e6:,.0f} MB; at most {self.most_bytes / 1e6:,.0f} MB are kept"
            )
        with self._lock:
            try:
                run = self._write(job, files)
                self._make_room()
            except OSError as error:
                raise StoreError(f"not kept: {error.strerror or error}") from error
        return run

    def forget(self, number: int) -> None:
        """Remove a run."""
        place = self._place(number)
        if place is not None and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)

    def page(self, number: int) -> str:
        """The page to forward; "" if it is gone."""
        return self._text(number, _PAGE)

    def data(self, number: int) -> str:
        """One line per replicate; "" if it is gone."""
        return self._text(number, _DATA)

    def _text(self, number: int, name: str) -> str:
        place = self._place(number)
        try:
            return "" if place is None or place.is_symlink() else (place / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def _place(self, number: int) -> Path | None:
        return None if self.folder is None else self.folder / f"run-{number:06d}"

    def _places(self) -> list[Path]:
        """Folders of runs, oldest first."""
        try:
            names = sorted(os.listdir(self.folder)) if self.folder is not None else []
        except OSError:
            return []
        return [self.folder / name for name in names if self.folder is not None and _NAME.fullmatch(name)]

    def _write(self, job: Job, files: Mapping[str, str]) -> KeptRun:
        """In a folder of its own number, complete once it has its facts."""
        assert self.folder is not None and job.result is not None
        number = max((int(place.name[4:]) for place in self._places()), default=0) + 1
        while True:
            place = self.folder / f"run-{number:06d}"
            try:
                place.mkdir(mode=0o700)
                break
            except FileExistsError:  # another app's, just now
                number += 1
        run = KeptRun(
            number, job.scenario.title, job.scenario.label, job.state, job.replicates, job.done, job.draws,
            job.seed, job.result.sentence(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), job.settings,
        )  # fmt: skip
        facts = {**asdict(run), "digest": job.result.digest, "versions": dict(job.result.provenance)}
        try:
            for name, text in files.items():
                (place / name).write_text(text, "utf-8")
            (place / _FACTS).write_text(json.dumps(facts, indent=1), "utf-8")
        except OSError:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return run

    def _make_room(self) -> None:
        """Remove the oldest above the limits."""
        places = self._places()
        sizes = [_bytes(place) for place in places]
        while len(places) > self.most_runs or (len(places) > 1 and sum(sizes) > self.most_bytes):
            shutil.rmtree(places.pop(0), ignore_errors=True)
            sizes.pop(0)


def _bytes(place: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        total = sum(file.stat().st_size for file in place.iterdir())
    return total


def _read(place: Path) -> KeptRun | None:
    """A run's facts; None if they are not there, or not what we write."""
    file = place / _FACTS
    try:
        if place.is_symlink() or file.stat().st_size > _MOST_FACTS_BYTES:
            return None
        found = json.loads(file.read_text("utf-8"))
        return _run_of(found, int(place.name[4:]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _run_of(found: Any, number: int) -> KeptRun:
    """Facts as they were written, each of its own kind."""
    facts: dict[str, Any] = {
        name: str(found[name])[:_LONGEST_TEXT] for name in ("title", "label", "state", "sentence", "ended")
    }
    facts |= {name: int(found[name]) for name in ("replicates", "done", "draws", "seed")}
    settings = {str(path): float(value) for path, value in found["settings"].items()}
    return KeptRun(number=number, settings=settings, **facts)
