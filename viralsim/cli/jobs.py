"""Long work in the background: progress on stderr, and Ctrl-C that ends it within two seconds.

The work runs in a thread, the main thread watches: so a signal is seen at once even while a kernel runs,
and the clock on the bar goes on while numba compiles.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from viralsim.cli.ending import heard, interrupted

__all__ = ["Interrupted", "Progress", "run_job", "seconds_text", "writing"]

T = TypeVar("T")

SHOW_AFTER_SECONDS = 0.5
PLAIN_EVERY_SECONDS = 10.0
STOP_WITHIN_SECONDS = 0.6


class Interrupted(Exception):  # noqa: N818 - it is no error
    """The user stopped a job; the text says what was kept."""


class _StopWork(BaseException):
    """Raised inside the work at its next report, so that it ends."""


class Progress:
    """Where a job stands; safe to call from any thread.

    Parameters
    ----------
    what : str
        Shown before the bar, e.g. "launch-video".
    unit : str
        What is counted, e.g. "replicates".
    parts : int
        Equal parts one after the other (the scenarios of a comparison); each reports (0, total) first.
    """

    def __init__(self, what: str, unit: str = "replicates", parts: int = 1) -> None:
        self.what, self.unit, self.parts = what, unit, parts
        self.note = "making people and networks"
        self.total = 0
        self.first_at: float | None = None
        self._done, self._part, self._per_part = 0, -1, 0
        self._stop = False
        self._lock = threading.Lock()

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` of the present part are done."""
        if self._stop:
            raise _StopWork
        with self._lock:
            if done == 0 or self._part < 0:
                self._part = min(self._part + 1, self.parts - 1)
            if done and self.first_at is None:
                self.first_at = time.monotonic()
            if done:
                self.note = ""
            self._done, self._per_part = done, total
            self.total = total * self.parts

    @property
    def done(self) -> int:
        """How many are done over all parts."""
        return max(self._part, 0) * self._per_part + self._done

    def say(self, note: str) -> None:
        """What the job is at now, where there is nothing to count."""
        if self._stop:
            raise _StopWork
        self.note = note

    def stop(self) -> None:
        """Let the work end at its next report."""
        self._stop = True

    def left_seconds(self, began: float) -> float | None:
        """Estimated time left, None before anything is done."""
        done, total = self.done, self.total
        if not done or not total:
            return None
        return (time.monotonic() - began) * (total - done) / done


def run_job(
    work: Callable[[Progress], T],
    progress: Progress,
    quiet: bool = False,
    kept: Callable[[Progress], str] | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> T:
    """Do work in the background and show how far it is.

    Parameters
    ----------
    work : callable
        Gets the progress to report to.
    progress : Progress
    quiet : bool
        Show nothing.
    kept : callable, optional
        Progress -> what to say about it when interrupted.
    meanwhile : callable, optional
        Called once while the work goes on: loading what is needed after it.

    Returns
    -------
    object
        What `work` returned.

    Raises
    ------
    Interrupted
        On Ctrl-C.
    Exception
        Whatever `work` raised.
    """
    outcome: dict[str, Any] = {}
    finished = threading.Event()  # a thread whose join was interrupted passes for ended (bpo-45274)

    def body() -> None:
        try:
            outcome["value"] = work(progress)
        except BaseException as error:
            outcome["error"] = error
        finally:
            finished.set()

    thread = threading.Thread(target=body, name="viralsim-job", daemon=True)
    try:
        thread.start()
        with _display(progress, quiet) as tick:
            if meanwhile is not None:
                meanwhile()
            while not finished.is_set():
                finished.wait(0.1)
                if interrupted():  # it came in the middle of an import that swallowed it
                    raise KeyboardInterrupt
                tick()
    except KeyboardInterrupt:
        heard()
        progress.stop()
        finished.wait(STOP_WITHIN_SECONDS)
        raise Interrupted(kept(progress) if kept else _nothing_kept(progress)) from None
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]  # type: ignore[no-any-return]


def _nothing_kept(progress: Progress) -> str:
    """What is said by default when a job is interrupted."""
    counted = f" after {progress.done:,} of {progress.total:,} {progress.unit}" if progress.total else ""
    return (
        f"interrupted{counted}; nothing was kept or written: results are written when all are done. "
        "The same command with the same --seed gives the same numbers."
    )


@contextlib.contextmanager
def writing(what: str, quiet: bool = False) -> Iterator[None]:
    """Say what is done in the main thread, where Ctrl-C must not leave half a folder behind."""
    if quiet or not _on_terminal():
        yield
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status(what):
        yield


def _on_terminal() -> bool:
    """Whether what moves can be shown."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def _display(progress: Progress, quiet: bool) -> Iterator[Callable[[], None]]:
    """A function to call often, which keeps what is shown up to date."""
    if quiet:
        yield lambda: None
        return
    display = _Bar(progress) if _on_terminal() else _Lines(progress)
    try:
        yield display.tick
    finally:
        display.close()


class _Lines:
    """Plain lines every ten seconds, for logs and pipes."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.began = progress, time.monotonic()
        self.next_at = self.began + SHOW_AFTER_SECONDS

    def tick(self) -> None:
        """Print a line if one is due."""
        now = time.monotonic()
        if now >= self.next_at:
            self.next_at = now + PLAIN_EVERY_SECONDS
            print(self.line(now - self.began), file=sys.stderr, flush=True)

    def line(self, elapsed: float) -> str:
        """The state in one line."""
        progress = self.progress
        counted = f"{progress.done:,} of {progress.total:,} {progress.unit}, " if progress.total else ""
        note = f"{progress.note}, " if progress.note else ""
        left = progress.left_seconds(self.began)
        ahead = f", about {seconds_text(left)} left" if left is not None else ""
        return f"viralsim: {progress.what}: {note}{counted}{seconds_text(elapsed)} elapsed{ahead}"

    def close(self) -> None:
        """Nothing to tidy."""


class _Bar:
    """A bar on a terminal, gone when the work is done."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.began = progress, time.monotonic()
        self.live: Any = None

    def tick(self) -> None:
        """Show the bar after half a second, and keep it moving."""
        if self.live is None:
            if time.monotonic() - self.began < SHOW_AFTER_SECONDS:
                return
            self._open()
        progress = self.progress
        left = progress.left_seconds(self.began)
        self.live.update(
            self.task,
            total=progress.total or None,
            completed=progress.done,
            counted=f"{progress.done:,} of {progress.total:,} {progress.unit}" if progress.total else "",
            note=progress.note,
            left=f"about {seconds_text(left)} left" if left is not None else "",
        )

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[counted]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}{task.fields[note]}", markup=False),
        )
        self.live = RichProgress(*columns, console=Console(stderr=True, highlight=False), transient=True)
        self.task = self.live.add_task(self.progress.what, total=None, counted="", note="", left="")
        self.live.start()

    def close(self) -> None:
        """Take the bar away."""
        if self.live is not None:
            self.live.stop()


def seconds_text(seconds: float) -> str:
    """A time as people say it: "8 s", "3 min 20 s", "2 h 5 min".

    Examples
    --------
    >>> seconds_text(7.6), seconds_text(200.0), seconds_text(7500.0)
    ('8 s', '3 min 20 s', '2 h 5 min')
    """
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 100:
        return f"{minutes} min {rest} s" if minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
