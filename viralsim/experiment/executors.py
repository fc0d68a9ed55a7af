"""Where cells run: threads of this process, or (see `cluster`) the workers of a Dask cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from viralsim.experiment.audiences import Audiences
from viralsim.experiment.cells import Cell, Outcome, run_cell

__all__ = ["Executor", "Threads"]

HEARTBEAT_SECONDS = 0.2
SHORT_SECONDS, SHORT_SECONDS_PER_DRAW = 0.006, 0.0015
"""Cells that keep a processor busy for less spend that time in Python, where a second thread only waits for the first
(measured)."""


class Executor(Protocol):
    """Runs cells, a few at a time, in any order."""

    def run(self, cells: Iterable[Cell], heartbeat: Callable[[], None]) -> Generator[Outcome, None, None]:
        """Outcomes as they come; `heartbeat` is called often while waiting and may raise to end it."""
        ...


class Threads:
    """Cells over the threads of this process, audiences shared; very short ones one after the other in the caller's.

    Parameters
    ----------
    threads : int
    few : int
        About how many cells there are: with fewer cells than threads each gets several.
    audiences : Audiences, optional
    """

    def __init__(self, threads: int, few: int, audiences: Audiences | None = None) -> None:
        self.threads = threads
        self.inside = max(1, threads // max(few, 1))
        self.audiences = audiences or Audiences()

    def run(self, cells: Iterable[Cell], heartbeat: Callable[[], None]) -> Generator[Outcome, None, None]:
        """See `Executor`. The iterable is drawn from in the caller's thread, no further than two cells ahead."""
        stop = threading.Event()
        flying: set[Future[_Timed]] = set()
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="viralsim-cell")
        short = False

        def work(cell: Cell) -> _Timed:
            began = time.thread_time()
            outcome = run_cell(cell, self.audiences, self.inside, stop)
            limit = SHORT_SECONDS + SHORT_SECONDS_PER_DRAW * min(cell.draws, cell.count)
            return outcome, time.thread_time() - began < limit

        try:
            for cell in cells:
                if short and not flying:
                    outcome, short = work(cell)
                    heartbeat()
                    yield outcome
                    continue
                flying.add(pool.submit(work, cell))
                while len(flying) >= self.threads + 2 or (short and flying):
                    for outcome, is_short in _finished(flying, heartbeat):
                        short = is_short
                        yield outcome
            while flying:
                for outcome, _ in _finished(flying, heartbeat):
                    yield outcome
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


_Timed = tuple[Outcome, bool]
"""A cell that was run, and whether it was short."""


def _finished(flying: set[Future[_Timed]], heartbeat: Callable[[], None]) -> list[_Timed]:
    """Cells that are done by now, taken out of `flying`."""
    done, _ = wait(flying, timeout=HEARTBEAT_SECONDS, return_when=FIRST_COMPLETED)
    flying -= done
    heartbeat()
    return [future.result() for future in done]
