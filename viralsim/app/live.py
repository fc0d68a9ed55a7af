"""Results while somebody is moving a slider: the newest question only, a rough answer first, then a fuller one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from viralsim.app.blocks import joined
from viralsim.engine.effort import Effort
from viralsim.engine.ensemble import Ensemble
from viralsim.engine.memory import check_memory
from viralsim.engine.runs import run_block
from viralsim.errors import ViralsimError
from viralsim.experiment.audiences import Audiences
from viralsim.rng import entropy_seed
from viralsim.spec import Scenario

__all__ = ["FULL", "ROUGH", "Answer", "Newest", "Question", "Size", "answer", "seed_of"]


@dataclass(frozen=True, slots=True)
class Size:
    """Replicates and the draws they are dealt over."""

    replicates: int
    draws: int


ROUGH, FULL = Size(100, 10), Size(200, 20)
_ROUGH_DRAWS = (10, 5, 3, 2, 1)  # of a first look; the next one where a look took too long
SETTLED_AFTER_SECONDS = 0.25  # a slider that rests so long is asked in full
# What a move may take: a first look begins with one replicate per draw, then goes on as long as that.
ROUGH_WITHIN_SECONDS = 0.08
GIVEN_UP_AFTER_SECONDS = 0.4  # a first look that takes longer is begun anew, smaller


@dataclass(frozen=True, slots=True)
class Question:
    """What to run: scenarios in shared worlds, each with its settings.

    Parameters
    ----------
    scenarios : tuple of (Scenario, mapping of str to number)
    seed : int
    """

    scenarios: tuple[tuple[Scenario, Mapping[str, Any]], ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out.

    Parameters
    ----------
    question : Question
    ensembles : tuple of Ensemble
        Empty if it cannot be run.
    problem : str
        Why not; "" if all is well.
    rough : bool
        Whether a fuller answer follows.
    seconds : float
        Time it took.
    """

    question: Question
    ensembles: tuple[Ensemble, ...]
    problem: str
    rough: bool
    seconds: float

    def took(self) -> str:
        """How long it took, and whether more follows."""
        return (
            f"a first look in {1000 * self.seconds:.0f} ms; more follows"
            if self.rough
            else f"{self.seconds:.1f} s"
        )


def seed_of(scenario: Scenario) -> int:
    """The scenario's seed, or one drawn from the operating system."""
    return entropy_seed() if scenario.run.seed is None else scenario.run.seed


def answer(
    question: Question,
    size: Size,
    audiences: Audiences,
    rough: bool,
    stop: threading.Event | None = None,
    within_seconds: float | None = None,
) -> Answer:
    """Run a question; what cannot be run is an answer too.

    Parameters
    ----------
    question : Question
    size : Size
        At most so much.
    audiences : Audiences
        People and networks made before.
    rough : bool
        Handed on.
    stop : threading.Event, optional
        Ends it soon, with a problem that nobody is shown.
    within_seconds : float, optional
        Begin with one replicate per draw, and go on for about so long: as far as it goes is the answer.
    """
    began = time.perf_counter()
    try:
        made = _Looking(question, size, audiences, stop).run(began, within_seconds)
    except ViralsimError as error:
        return Answer(question, (), str(error), rough, time.perf_counter() - began)
    return Answer(question, made, "", rough, time.perf_counter() - began)


class _Looking:
    """One question while it is run: all its scenarios advance together, so that they share their worlds."""

    def __init__(
        self, question: Question, size: Size, audiences: Audiences, stop: threading.Event | None
    ) -> None:
        self.seed, self.audiences, self.stop = question.seed, audiences, stop
        self.replicates, self.draws = size.replicates, min(size.draws, size.replicates)
        self.threads = os.cpu_count() or 1
        self.scenarios = [s.with_overrides(moved) if moved else s for s, moved in question.scenarios]
        self.graphs = [audiences.graphs(scenario) for scenario in self.scenarios]
        self.blocks: list[list[Ensemble]] = [[] for _ in self.scenarios]
        self.done = 0

    def run(self, began: float, within_seconds: float | None) -> tuple[Ensemble, ...]:
        """Block after block until all is done or the time is over."""
        for scenario, graphs in zip(self.scenarios, self.graphs, strict=True):
            check_memory(scenario, graphs, self.replicates, self.threads, self.draws)
        count = self.replicates if within_seconds is None else self.draws
        while count:
            before = time.perf_counter()
            self._block(count)
            now = time.perf_counter()
            left = self.replicates - self.done
            if within_seconds is not None:
                rounds = int(
                    (within_seconds - (now - began)) * (count / self.draws) / max(now - before, 1e-9)
                )
                left = min(left, max(rounds, 0) * self.draws)
            count = left
        return tuple(joined(blocks) for blocks in self.blocks)

    def _block(self, count: int) -> None:
        """The next `count` replicates of every scenario."""
        effort = Effort(count, self.draws, self.seed, self.threads)
        for scenario, graphs, blocks in zip(self.scenarios, self.graphs, self.blocks, strict=True):
            blocks.append(run_block(scenario, effort, graphs, self.done, self.audiences, stop=self.stop))
        self.done += count


class Newest:
    """Answers the newest question in a thread of its own; older ones are dropped.

    A rough answer is always finished and published, so that a moving slider is followed; the fuller one is
    ended as soon as there is a newer question.

    Parameters
    ----------
    audiences : Audiences
    publish : callable
        Gets each Answer, in the worker's thread.
    full : Size
    """

    def __init__(self, audiences: Audiences, publish: Callable[[Answer], None], full: Size = FULL) -> None:
        self.audiences, self.publish, self.full = audiences, publish, full
        self._question: Question | None = None
        self._level = 0  # in _ROUGH_DRAWS
        self._wake = threading.Condition()
        self._stop = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="viralsim-live", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> None:
        """Put a question in the place of any that waits."""
        with self._wake:
            self._question = question
            self._stop.set()
            self._wake.notify()

    def close(self) -> None:
        """End the work; nothing is published afterwards."""
        with self._wake:
            self._closed = True
            self._stop.set()
            self._wake.notify()

    def _work(self) -> None:
        while True:
            with self._wake:
                while self._question is None and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                question, self._question = self._question, None
                self._stop = threading.Event()
                stop = self._stop
            assert question is not None  # the loop above waits for one
            self._answer(question, stop)

    def _answer(self, question: Question, stop: threading.Event) -> None:
        first = self._look(question)
        self._tell(first)
        self._fit(first.seconds)
        if first.problem or stop.wait(SETTLED_AFTER_SECONDS):
            return
        full = answer(question, self.full, self.audiences, rough=False, stop=stop)
        if not stop.is_set():
            self._tell(full)

    def _look(self, question: Question) -> Answer:
        """A first look; where it takes far too long it is begun anew on a single draw."""
        for draws in dict.fromkeys((_ROUGH_DRAWS[self._level], 1)):
            size = Size(ROUGH.replicates // draws * draws, draws)
            enough = threading.Event()
            watch = threading.Timer(GIVEN_UP_AFTER_SECONDS, enough.set)
            if draws > 1:
                watch.start()
            found = answer(question, size, self.audiences, True, enough, ROUGH_WITHIN_SECONDS)
            watch.cancel()
            if found.ensembles or not enough.is_set():
                break
        return found

    def _fit(self, seconds: float) -> None:
        """Choose the draws of the next look by what this one took."""
        last = len(_ROUGH_DRAWS) - 1
        if seconds > 2.0 * ROUGH_WITHIN_SECONDS:
            affordable = _ROUGH_DRAWS[self._level] * 2.0 * ROUGH_WITHIN_SECONDS / seconds
            while self._level < last and _ROUGH_DRAWS[self._level] > affordable:
                self._level += 1
        elif self._level and seconds < ROUGH_WITHIN_SECONDS:
            self._level -= 1

    def _tell(self, found: Answer) -> None:
        if not self._closed:
            self.publish(found)
