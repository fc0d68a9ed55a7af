"""Results while somebody is moving a slider: the newest question only, a rough answer first, then a fuller one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from viralsim.engine.ensemble import Ensemble
from viralsim.engine.memory import check_memory
from viralsim.engine.runs import run_block
from viralsim.errors import ViralsimError
from viralsim.experiment.audiences import Audiences
from viralsim.rng import entropy_seed
from viralsim.spec import Scenario

__all__ = ["FULL", "ROUGH", "ROUGHER", "Answer", "Newest", "Question", "Size", "answer", "seed_of"]


@dataclass(frozen=True, slots=True)
class Size:
    """Replicates and the draws they are dealt over."""

    replicates: int
    draws: int


ROUGH, ROUGHER, FULL = Size(40, 5), Size(16, 2), Size(200, 20)
_ROUGH_SIZES = (ROUGH, ROUGHER, Size(4, 1))
SETTLED_AFTER_SECONDS = 0.25  # a slider that rests so long is asked in full
ROUGH_WITHIN_SECONDS = 0.1  # what a move may take; above it the next rough answer is rougher


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


def seed_of(scenario: Scenario) -> int:
    """The scenario's seed, or one drawn from the operating system."""
    return entropy_seed() if scenario.run.seed is None else scenario.run.seed


def answer(
    question: Question, size: Size, audiences: Audiences, rough: bool, stop: threading.Event | None = None
) -> Answer:
    """Run a question; what cannot be run is an answer too.

    Parameters
    ----------
    question : Question
    size : Size
        At most what the first scenario itself asks for.
    audiences : Audiences
        People and networks made before.
    rough : bool
        Handed on.
    stop : threading.Event, optional
        Ends it soon, with a problem that nobody is shown.
    """
    began = time.perf_counter()
    threads = os.cpu_count() or 1
    made = []
    try:
        for scenario, settings in question.scenarios:
            changed = scenario.with_overrides(settings) if settings else scenario
            draws = min(size.draws, size.replicates)
            graphs = audiences.graphs(changed)
            check_memory(changed, graphs, size.replicates, threads, draws)
            made.append(
                run_block(
                    changed, question.seed, draws, 0, size.replicates, graphs,
                    threads=threads, maker=audiences, stop=stop,
                )
            )  # fmt: skip
    except ViralsimError as error:
        return Answer(question, (), str(error), rough, time.perf_counter() - began)
    return Answer(question, tuple(made), "", rough, time.perf_counter() - began)


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
        self._level = 0  # in _ROUGH_SIZES
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
        first = answer(question, _ROUGH_SIZES[self._level], self.audiences, rough=True)
        self._tell(first)
        if first.seconds > ROUGH_WITHIN_SECONDS:
            self._level = min(self._level + 1, len(_ROUGH_SIZES) - 1)
        elif self._level:
            here, finer = _ROUGH_SIZES[self._level], _ROUGH_SIZES[self._level - 1]
            if first.seconds * finer.replicates / here.replicates < ROUGH_WITHIN_SECONDS / 2:
                self._level -= 1
        if first.problem or stop.wait(SETTLED_AFTER_SECONDS):
            return
        full = answer(question, self.full, self.audiences, rough=False, stop=stop)
        if not stop.is_set():
            self._tell(full)

    def _tell(self, found: Answer) -> None:
        if not self._closed:
            self.publish(found)
