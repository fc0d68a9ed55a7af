"""Running: an ensemble's replicates, draw by draw, over threads; and what an ensemble asks for later."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.audience import Audience, AudienceMaker, audience_settings, make_audience
from viralsim.engine.compiled import Compiled, compile_draw, run_key
from viralsim.engine.effort import Effort
from viralsim.engine.ensemble import Ensemble
from viralsim.engine.memory import MOST_KEPT, draw_bytes
from viralsim.engine.replicates import run_replicates
from viralsim.engine.sales import counterfactual_purchases
from viralsim.engine.tallying import draw_facts, make_tallies
from viralsim.engine.trace import Trace
from viralsim.engine.tracing import record_trace
from viralsim.graph.social_graph import SocialGraph
from viralsim.provenance import versions
from viralsim.spec import Scenario
from viralsim.spec.resolving import resolve

__all__ = ["Progress", "Running"]

Progress = Callable[[int, int], None]
_BLOCK = 8  # replicates between looks at the stop flag, at first; 1 where somebody may stop it from outside
_MOST_BLOCK = 128
_SHORT_SECONDS = 0.02  # a block that took less is followed by a larger one


class Running:
    """The columns of an ensemble while they are being filled; rows belong to replicates, so threads never meet.

    Parameters
    ----------
    scenario : Scenario
    effort : Effort
        Its replicates are those to run; draws, what all replicates of the scenario are dealt over.
    graphs : mapping of platform name to SocialGraph
        The networks read from files.
    first : int
        Replicate of row 0.
    maker : callable, optional
        Hands out audiences that were made before (see `compile_draw`).
    central_platforms : mapping of platform name to platform, optional
        See `central` of `compile_draw`.
    asked : threading.Event, optional
        Set from outside when nobody waits for it any more.
    """

    def __init__(
        self,
        scenario: Scenario,
        effort: Effort,
        graphs: Mapping[str, SocialGraph],
        first: int = 0,
        maker: AudienceMaker | None = None,
        central_platforms: Mapping[str, Any] | None = None,
        asked: threading.Event | None = None,
    ):
        self.scenario, self.effort, self.graphs, self.first = scenario, effort, graphs, first
        self.maker, self.central_platforms, self.asked = maker, central_platforms, asked
        self.draws = min(effort.draws, effort.replicates)
        self.columns: dict[str, NDArray[Any]] = {}
        self.per_draw: dict[int, dict[str, Any]] = {}
        self.kept: Compiled | None = None  # the first draw, for traces, if it is not too large
        self.lock = threading.Lock()
        self.stop = threading.Event()  # set in here: something failed
        self.done = 0
        self.report: Progress | None = None
        # the same draws with every uncertain number held, run along with them
        self.central: Running | None = None

    def all_draws(self, report: Progress | None) -> None:
        """Run every draw: one thread per draw, and several per draw where there are fewer draws than threads."""
        self.report, threads = report, self.effort.threads
        if report:
            report(0, self.effort.replicates)
        shares = max(1, threads // self.draws)
        if threads == 1:
            for draw in range(self.draws):
                self._draw(draw, 1)
            return
        with ThreadPoolExecutor(min(threads, self.draws)) as pool:
            futures = [pool.submit(self._draw, draw, shares) for draw in range(self.draws)]
            self._watch(futures)

    @property
    def ending(self) -> bool:
        """Whether the threads shall stop soon."""
        return self.stop.is_set() or (self.asked is not None and self.asked.is_set())

    def _watch(self, futures: list[Future[None]]) -> None:
        """Wait for all; on the first error or Ctrl-C let the threads stop soon and raise it."""
        waiting = set(futures)
        try:
            while waiting:
                finished, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
        except BaseException:
            self.stop.set()
            for future in waiting:
                future.cancel()
            raise

    def _draw(self, draw: int, shares: int, maker: AudienceMaker | None = None) -> None:
        """Compile and run one draw, and the central one beside it."""
        if self.ending:
            return
        compiled = self._compile(draw, maker or self.maker)
        self._note_draw(draw, compiled)
        rows = np.arange(draw, self.effort.replicates, self.draws)
        if shares == 1 or rows.size < 2:
            self._rows(compiled, draw, rows)
        else:
            with ThreadPoolExecutor(shares) as pool:
                parts = [rows[k::shares] for k in range(shares)]
                self._watch([pool.submit(self._rows, compiled, draw, part) for part in parts])
        if self.central is not None:
            again = _same_audience(compiled)
            del compiled  # its arrays may go before the next ones come
            self.central._draw(draw, shares, again)

    def _compile(self, draw: int, maker: AudienceMaker | None = None) -> Compiled:
        """One draw of the scenario."""
        effort, held = self.effort, self.central_platforms
        return compile_draw(
            self.scenario, effort.seed, draw, self.graphs, effort.fixed, maker=maker, central=held
        )

    def _rows(self, compiled: Compiled, draw: int, rows: NDArray[np.int64]) -> None:
        """Run the replicates `rows` of a draw and put their columns in place."""
        scratch, start, block = None, 0, _BLOCK if self.asked is None else 1
        while start < rows.size and not self.ending:
            began = time.monotonic()
            part = rows[start : start + block]
            keys = np.array([run_key(self.effort.seed, draw, self.first + int(r)) for r in part], np.uint64)
            tally, scratch = run_replicates(
                compiled.world, compiled.plan, keys, scratch, n_segments=compiled.n_segments
            )
            columns = tally._asdict()
            if compiled.plan.market.selling and compiled.scenario.value.margin is not None:
                columns["without"], scratch = counterfactual_purchases(compiled, keys, tally, scratch)
            self._store(part, columns)
            start += part.size
            if time.monotonic() - began < _SHORT_SECONDS:
                block = min(2 * block, _MOST_BLOCK)

    def _store(self, rows: NDArray[np.int64], columns: Mapping[str, NDArray[Any]]) -> None:
        """Copy a block's columns to their rows."""
        with self.lock:
            for name, column in columns.items():
                if name not in self.columns:
                    self.columns[name] = np.zeros((self.effort.replicates, *column.shape[1:]), column.dtype)
                target = self.columns[name]
                if target.shape[1:] != column.shape[1:]:
                    raise AssertionError(f"column {name} changed its shape between draws")
                target[rows] = column
            self.done += rows.size
            if self.report:
                self.report(self.done, self.effort.replicates)

    def _note_draw(self, draw: int, compiled: Compiled) -> None:
        """Keep the few facts about a draw that the metrics need, and the first draw itself."""
        facts, world = draw_facts(compiled), compiled.world
        small = draw_bytes(compiled.scenario, world.person_key.size, world.followers.size) < MOST_KEPT
        with self.lock:
            self.per_draw[draw] = facts
            if draw == 0 and small:
                self.kept = compiled

    def ensemble(self) -> Ensemble:
        """Everything that was run, as an Ensemble."""
        effort = self.effort
        plain = resolve(self.scenario, effort.seed, 0, fixed=True)
        return Ensemble(
            make_tallies(plain, self.columns, self.per_draw),
            self.scenario,
            seed=effort.seed,
            fixed=effort.fixed,
            provenance=versions(),
            tracer=self._trace,
            rerunner=self._rerun,
            graphs=self.graphs,
            first_draw=self._first_draw,
        )

    def _trace(self, replicate: int) -> Trace:
        """Run one replicate again with its share trees recorded."""
        draw = replicate % self.draws
        compiled = (self.kept if draw == 0 else None) or self._compile(draw)
        return record_trace(compiled, run_key(self.effort.seed, draw, self.first + replicate), replicate)

    def _first_draw(self) -> Compiled:
        """The first draw with every uncertain number at its value."""
        known = self if self.effort.fixed else self.central
        kept = known.kept if known is not None else None
        return kept or compile_draw(self.scenario, self.effort.seed, 0, self.graphs, True, maker=self.maker)

    def _rerun(self, fixed: bool, replicates: int) -> Ensemble:
        """The same worlds again, with uncertain numbers held or not."""
        if self.central is not None and fixed and replicates == self.central.effort.replicates:
            return self.central.ensemble()
        draws = min(self.draws, replicates)
        threads = os.cpu_count() or 1
        effort = Effort(replicates, draws, self.effort.seed, threads, fixed)
        run = Running(self.scenario, effort, self.graphs, self.first, self.maker)
        run.all_draws(None)
        return run.ensemble()


def _same_audience(compiled: Compiled) -> AudienceMaker:
    """A maker that hands out this draw's people and networks where those asked for are made of the same."""
    audience, settings = compiled.audience, audience_settings(compiled.scenario)[1]

    def make(plain: Any, key: int, graphs: Mapping[str, SocialGraph]) -> Audience:
        same = audience_settings(plain)[1] == settings
        return audience if same else make_audience(plain, key, graphs)

    return make
