"""Long runs that outlive the tab: started, watched from any tab, stopped with what is done kept."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from viralsim.app.blocks import bytes_of, joined
from viralsim.engine.effort import Effort
from viralsim.engine.ensemble import Ensemble
from viralsim.engine.memory import check_memory
from viralsim.engine.runs import run_block
from viralsim.errors import EngineError, SpecError, ViralsimError
from viralsim.experiment.audiences import Audiences
from viralsim.spec import Scenario

__all__ = ["Job", "Jobs"]

MOST_WAITING = 4
MOST_KEPT = 20
MOST_KEPT_BYTES = 1.5e9
MOST_REPLICATES = 100_000
MOST_DRAWS = 1_000
_BLOCK_SECONDS = (
    1.5  # what one block should take: progress moves, and making its draws costs little beside it
)
_ENDED = ("done", "stopped", "failed")


def _time_text(seconds: float) -> str:
    """A time left, to the next second, minute or tenth of an hour.

    Examples
    --------
    >>> _time_text(7.6), _time_text(200.0), _time_text(7500.0)
    ('8 s', '3 min', '2.1 h')
    """
    if seconds < 100:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


class Job:
    """One long run.

    Parameters
    ----------
    number : int
    scenario : Scenario
        With its settings.
    settings : mapping
        What was moved away from the scenario's own values, to say it.
    replicates, draws, seed : int

    Attributes
    ----------
    state : str
        waiting, running, done, stopped, failed.
    done : int
        Replicates finished.
    result : Ensemble or None
        Of the replicates finished, once it ended.
    problem : str
        Why it failed.
    kept : str
        Whether its result is on disk, or why not; "" as long as that is not known.
    """

    def __init__(
        self,
        number: int,
        scenario: Scenario,
        settings: Mapping[str, Any],
        replicates: int,
        draws: int,
        seed: int,
    ) -> None:
        self.number, self.scenario, self.settings = number, scenario, dict(settings)
        self.draws = min(draws, replicates)
        self.replicates, self.seed = replicates, seed
        self.state, self.done, self.problem = "waiting", 0, ""
        self.result: Ensemble | None = None
        self.kept = ""
        self.began: float | None = None
        self.seconds = 0.0
        self._stop = threading.Event()

    @property
    def bytes(self) -> float:
        """Memory that its result takes."""
        if self.result is None:
            return 0.0
        return bytes_of(self.result)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in _ENDED

    def stop(self) -> None:
        """End it soon; the replicates that are done are kept."""
        self._stop.set()

    def left_seconds(self) -> float | None:
        """Estimated time left; None before anything is done."""
        if self.began is None or not self.done:
            return None
        return (time.monotonic() - self.began) * (self.replicates - self.done) / self.done

    def sentence(self) -> str:
        """Where it stands, in words."""
        counted = f"{self.done:,} of {self.replicates:,} replicates"
        if self.state == "failed":
            return self.problem
        if self.state == "stopped":
            kept = "nothing was done yet" if self.result is None else f"kept {counted}"
            return f"stopped: {kept}"
        left = self.left_seconds()
        ahead = f", about {_time_text(left)} left" if left is not None and not self.ended else ""
        return f"{self.state}: {counted}{ahead}"

    def run(self, audiences: Audiences) -> None:
        """Do the work; called by the registry's thread."""
        if self._stop.is_set():
            self.state = "stopped"
            return
        self.state, self.began = "running", time.monotonic()
        blocks: list[Ensemble] = []
        try:
            self._blocks(audiences, blocks)
        except (ViralsimError, MemoryError) as error:
            self.problem = str(error) or "out of memory: fewer people or followers need less"
        except Exception as error:  # a job must never take the app with it
            self.problem = f"unexpected error: {type(error).__name__}: {error}"
        self.result = joined(blocks) if blocks else None
        self.seconds = time.monotonic() - self.began
        if self.problem:
            self.state = "failed"
        else:
            self.state = "stopped" if self.done < self.replicates else "done"

    def _blocks(self, audiences: Audiences, blocks: list[Ensemble]) -> None:
        """Run block after block, each a second or two, until all is done or Stop."""
        threads = os.cpu_count() or 1
        graphs = audiences.graphs(self.scenario)
        check_memory(self.scenario, graphs, self.replicates, threads, self.draws)
        size = self.draws
        while self.done < self.replicates and not self._stop.is_set():
            count = min(size, self.replicates - self.done)
            before = time.monotonic()
            try:
                effort = Effort(count, self.draws, self.seed, threads)
                block = run_block(self.scenario, effort, graphs, self.done, audiences, stop=self._stop)
            except EngineError:
                if self._stop.is_set():
                    return
                raise
            blocks.append(block)
            self.done += count
            pace = (time.monotonic() - before) / count
            rounds = max(1, min(int(_BLOCK_SECONDS / max(pace, 1e-9) / self.draws), 50))
            size = rounds * self.draws


class Jobs:
    """All jobs of this app; one runs at a time, a few may wait.

    Parameters
    ----------
    audiences : Audiences, optional
        People and networks made before.
    keep : callable, optional
        Puts a finished job on disk and says so in words; called in the worker's thread.
    """

    def __init__(self, audiences: Audiences | None = None, keep: Callable[[Job], str] | None = None) -> None:
        self.audiences = audiences or Audiences()
        self._keep = keep
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def all(self) -> list[Job]:
        """Newest first."""
        with self._wake:
            return list(reversed(self._jobs.values()))

    def find(self, number: int) -> Job | None:
        """A job by its number."""
        return self._jobs.get(number)

    def start(
        self, scenario: Scenario, settings: Mapping[str, Any], replicates: int, draws: int, seed: int
    ) -> Job:
        """Put a run in the queue.

        Raises
        ------
        SpecError
            If a number is out of range, or too many jobs wait.
        EngineError
            If it would not fit in memory.
        """
        for name, value, most in (("replicates", replicates, MOST_REPLICATES), ("draws", draws, MOST_DRAWS)):
            if not 1 <= value <= most:
                raise SpecError(f"{name}: got {value:,}; allowed are 1 to {most:,}")
        changed = scenario.with_overrides(settings) if settings else scenario
        check_memory(changed, self.audiences.graphs(changed), replicates, os.cpu_count() or 1, draws)
        with self._wake:
            waiting = sum(not job.ended for job in self._jobs.values())
            if waiting > MOST_WAITING:
                raise SpecError(f"{waiting} jobs are running or waiting, and no more may; stop one, or wait")
            job = Job(next(self._numbers), changed, settings, replicates, draws, seed)
            self._jobs[job.number] = job
            self._forget()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="viralsim-jobs", daemon=True)
                self._thread.start()
            self._wake.notify()
        return job

    def close(self) -> None:
        """Stop everything."""
        with self._wake:
            self._closed = True
            for job in self._jobs.values():
                job.stop()
            self._wake.notify()

    def _forget(self) -> None:
        """Let go of the oldest ended jobs above the limits of number and memory."""
        for number in [number for number, job in self._jobs.items() if job.ended]:
            kept = sum(job.bytes for job in self._jobs.values())
            if len(self._jobs) > MOST_KEPT or kept > MOST_KEPT_BYTES:
                del self._jobs[number]

    def _next(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state == "waiting"), None)

    def _work(self) -> None:
        while True:
            with self._wake:
                while (job := self._next()) is None and not self._closed:
                    self._wake.wait()
                if self._closed or job is None:
                    return
            job.run(self.audiences)
            if self._keep is not None and job.result is not None and not self._closed:
                job.kept = self._keep(job)
