"""Where cells run: threads of this process, or (see `cluster`) the workers of a Dask cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from viralsim.experiment.audiences import Audiences
from viralsim.experiment.cells import Cell, Outcome, run_cell

__all__ = ["Executor", "Threads"]

HEARTBEAT_SECONDS = 0.2


class Executor(Protocol):
    """Runs cells, a few at a time, in any order."""

    def run(self, cells: Iterable[Cell], heartbeat: Callable[[], None]) -> Generator[Outcome, None, None]:
        """Outcomes as they come; `heartbeat` is called often while waiting and may raise to end it."""
        ...


class Threads:
    """Cells over the threads of this process, audiences shared.

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
        flying: set[Future[Outcome]] = set()
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="viralsim-cell")
        try:
            for cell in cells:
                flying.add(pool.submit(run_cell, cell, self.audiences, self.inside, stop))
                while len(flying) >= self.threads + 2:
                    yield from _finished(flying, heartbeat)
            while flying:
                yield from _finished(flying, heartbeat)
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _finished(flying: set[Future[Outcome]], heartbeat: Callable[[], None]) -> list[Outcome]:
    """Outcomes of the cells that are done by now, taken out of `flying`."""
    done, _ = wait(flying, timeout=HEARTBEAT_SECONDS, return_when=FIRST_COMPLETED)
    flying -= done
    heartbeat()
    return [future.result() for future in done]
