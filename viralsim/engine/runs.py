"""Simulate: run a scenario's replicates, draw by draw, over threads, into an Ensemble."""

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
from viralsim.engine.ensemble import Ensemble, central_replicates
from viralsim.engine.memory import MOST_KEPT, check_memory, draw_bytes
from viralsim.engine.networks import file_graphs
from viralsim.engine.replicates import Events, last_events, last_touches, run_replicates
from viralsim.engine.sales import counterfactual_purchases, sales_facts
from viralsim.engine.tallying import make_tallies
from viralsim.engine.touches import Touches, make_touches, own_shares, share_rows
from viralsim.engine.trace import Trace
from viralsim.errors import EngineError, SpecError
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import layout as lay
from viralsim.provenance import versions
from viralsim.rng import check_seed, entropy_seed
from viralsim.spec import Scenario
from viralsim.spec.resolving import resolve

__all__ = ["Events", "last_events", "run_block", "run_replicates", "simulate"]

Progress = Callable[[int, int], None]
_FIRST_TOUCHES = 65_536  # rows of the record of a trace at first; it grows
_BLOCK = 8  # replicates between looks at the stop flag, at first; 1 where somebody may stop it from outside
_MOST_BLOCK = 128
_SHORT_SECONDS = 0.02  # a block that took less is followed by a larger one


def simulate(
    scenario: Scenario,
    replicates: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: bool | Progress = False,
    *,
    fixed: bool = False,
    draws: int | None = None,
    explain: bool = False,
) -> Ensemble:
    """Run a scenario many times and return its ensemble.

    Parameters
    ----------
    scenario : Scenario
    replicates : int, optional
        Simulated worlds, at least 1; None: what the scenario says.
    seed : int, optional
        0 to 2^63 - 1; None: what the scenario says, and if it says nothing one drawn from the
        operating system, which the ensemble records.
    threads : int, optional
        None: one per processor. Never changes a result.
    progress : bool or callable
        True: a bar on stderr. A callable gets (replicates done, all).
    fixed : bool
        Hold every uncertain number at its value.
    draws : int, optional
        Sets of people, graphs and uncertain numbers; None: what the scenario says, at most one
        per replicate.
    explain : bool
        Run what `Ensemble.variance` needs along with the draws whose people and networks it shares; it says the
        same without, and then takes as long as making them again.

    Returns
    -------
    Ensemble

    Raises
    ------
    ScenarioError, SpecError
        If the scenario or an argument cannot be used.
    EngineError
        If it would not fit in memory.

    Examples
    --------
    >>> import viralsim as vs
    >>> ensemble = vs.simulate(vs.load_scenario("ordinary-post"), replicates=20, seed=1)
    >>> ensemble["reach"].shape
    (20,)
    """
    replicates = at_least_1("replicates", replicates, scenario.run.replicates)
    draws = min(at_least_1("draws", draws, scenario.run.draws), replicates)
    threads = at_least_1("threads", threads, os.cpu_count() or 1)
    chosen = scenario.run.seed if seed is None else seed
    seed = entropy_seed() if chosen is None else check_seed(chosen)
    graphs = file_graphs(resolve(scenario, seed, 0, fixed=True))
    check_memory(scenario, graphs, replicates, threads)
    run = _Run(scenario, seed, fixed, graphs, replicates, draws)
    if explain and draws > 1 and not fixed:
        run.central = _Run(scenario, seed, True, graphs, central_replicates(replicates, draws), draws)
    run.all_draws(threads, reporter(progress))
    return run.ensemble()


def run_block(
    scenario: Scenario,
    seed: int,
    draws: int,
    first: int,
    count: int,
    graphs: Mapping[str, SocialGraph],
    fixed: bool = False,
    threads: int = 1,
    maker: AudienceMaker | None = None,
    stop: threading.Event | None = None,
    report: Progress | None = None,
    central_platforms: Mapping[str, Any] | None = None,
) -> Ensemble:
    """Run the replicates first, ..., first + count - 1 of a scenario: the same rows as `simulate` would give.

    Parameters
    ----------
    scenario : Scenario
    seed, draws : int
        Draws that all replicates of the scenario are dealt over.
    first, count : int
        `first` is a multiple of `draws`.
    graphs : mapping of platform name to SocialGraph
        The networks read from files.
    fixed : bool
    threads : int
    maker : callable, optional
        Hands out audiences that were made before (see `compile_draw`).
    stop : threading.Event, optional
        Set from outside to end the work soon.
    report : callable, optional
        Gets (replicates done, all).
    central_platforms : mapping of platform name to platform, optional
        See `central` of `compile_draw`.

    Returns
    -------
    Ensemble
        Row r is replicate first + r.

    Raises
    ------
    EngineError
        If it was stopped.
    """
    if first % draws:
        raise SpecError(f"first: got {first}; allowed are multiples of the {draws} draws")
    run = _Run(scenario, seed, fixed, graphs, count, min(draws, count), first, maker, central_platforms)
    run.asked = stop
    run.all_draws(threads, report)
    if run.ending:
        raise EngineError("stopped before it was done")
    return run.ensemble()


def at_least_1(name: str, value: Any, default: int) -> int:
    """A whole number >= 1 or the default; SpecError otherwise."""
    value = default if value is None else value
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < 1:
        raise SpecError(f"{name}: got {value!r}; a whole number of at least 1 is allowed")
    return int(value)


def reporter(progress: bool | Progress) -> Progress | None:
    """The callback to report to."""
    if callable(progress):
        return progress
    if not progress:
        return None
    from viralsim.engine.progress import bar

    return bar()


class _Run:
    """The columns of an ensemble while they are being filled; rows belong to replicates, so threads never meet."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        fixed: bool,
        graphs: Mapping[str, SocialGraph],
        replicates: int,
        draws: int,
        first: int = 0,
        maker: AudienceMaker | None = None,
        central_platforms: Mapping[str, Any] | None = None,
    ):
        self.first, self.maker, self.central_platforms = first, maker, central_platforms
        self.scenario, self.seed, self.fixed, self.graphs = scenario, seed, fixed, graphs
        self.replicates, self.draws = replicates, draws
        self.columns: dict[str, NDArray[Any]] = {}
        self.per_draw: dict[int, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()  # set in here: something failed
        self.asked: threading.Event | None = None  # set outside: nobody waits for it any more
        self.done = 0
        self.report: Progress | None = None
        self.central: _Run | None = (
            None  # the same draws with every uncertain number held, run along with them
        )

    def all_draws(self, threads: int, report: Progress | None) -> None:
        """Run every draw: one thread per draw, and several per draw where there are fewer draws than threads."""
        self.report = report
        if report:
            report(0, self.replicates)
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
        maker = maker or self.maker
        held = self.central_platforms
        compiled = compile_draw(
            self.scenario, self.seed, draw, self.graphs, self.fixed, maker=maker, central=held
        )
        self._note_draw(draw, compiled)
        rows = np.arange(draw, self.replicates, self.draws)
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

    def _rows(self, compiled: Compiled, draw: int, rows: NDArray[np.int64]) -> None:
        """Run the replicates `rows` of a draw and put their columns in place."""
        scratch, start, block = None, 0, _BLOCK if self.asked is None else 1
        while start < rows.size and not self.ending:
            began = time.monotonic()
            part = rows[start : start + block]
            keys = np.array([run_key(self.seed, draw, self.first + int(r)) for r in part], np.uint64)
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
                    self.columns[name] = np.zeros((self.replicates, *column.shape[1:]), column.dtype)
                target = self.columns[name]
                if target.shape[1:] != column.shape[1:]:
                    raise AssertionError(f"column {name} changed its shape between draws")
                target[rows] = column
            self.done += rows.size
            if self.report:
                self.report(self.done, self.replicates)

    def _note_draw(self, draw: int, compiled: Compiled) -> None:
        """Keep the few facts about a draw that the metrics need."""
        people, groups = compiled.audience.people, len(compiled.scenario.audience.segments)
        outside = compiled.world.account == 0
        facts = {
            "people": np.bincount(people.segment, minlength=groups),
            "excluded": np.bincount(people.segment[outside], minlength=groups),
            "fans": np.diff(compiled.world.fan_ptr)[: len(compiled.scenario.platforms)],
            "compiled": compiled
            if draw == 0 and draw_bytes(compiled.scenario, *_size(compiled)) < MOST_KEPT
            else None,
            "slots": compiled.slots,
            "times": compiled.times_hours,
            **sales_facts(compiled),
            "display_prices": compiled.plan.reaching.price,
            "cut": any(rates.cut for rates in compiled.rates),
        }
        with self.lock:
            self.per_draw[draw] = facts

    def ensemble(self) -> Ensemble:
        """Everything that was run, as an Ensemble."""
        plain = resolve(self.scenario, self.seed, 0, fixed=True)
        per_draw = [self.per_draw[d] for d in range(self.draws)]
        tallies = make_tallies(plain, self.columns, per_draw, self.replicates)
        return Ensemble(
            tallies,
            self.scenario,
            seed=self.seed,
            fixed=self.fixed,
            provenance=versions(),
            tracer=self._trace,
            rerunner=self._rerun,
            graphs=self.graphs,
            first_draw=self._first_draw,
        )

    def _trace(self, replicate: int) -> Trace:
        """Run one replicate again with its share trees recorded."""
        draw = replicate % self.draws
        compiled = self.per_draw[draw].get("compiled") or compile_draw(
            self.scenario, self.seed, draw, self.graphs, self.fixed, central=self.central_platforms
        )
        keys = np.array([run_key(self.seed, draw, self.first + replicate)], np.uint64)
        market = compiled.plan.market._replace(counting=True)  # so that what is noticed can be recorded
        _, scratch = run_replicates(
            compiled.world,
            compiled.plan._replace(market=market),
            keys,
            n_segments=compiled.n_segments,
            touches=_FIRST_TOUCHES,
        )
        touches = make_touches(compiled, last_events(scratch), *last_touches(scratch))
        return make_trace(compiled, last_events(scratch), replicate, touches)

    def _first_draw(self) -> Compiled:
        """The first draw with every uncertain number at its value."""
        known = self if self.fixed else self.central
        kept = known.per_draw[0]["compiled"] if known is not None else None
        return kept or compile_draw(self.scenario, self.seed, 0, self.graphs, True, maker=self.maker)

    def _rerun(self, fixed: bool, replicates: int) -> Ensemble:
        """The same worlds again, with uncertain numbers held or not."""
        if self.central is not None and fixed and replicates == self.central.replicates:
            return self.central.ensemble()
        draws = min(self.draws, replicates)
        run = _Run(self.scenario, self.seed, fixed, self.graphs, replicates, draws, self.first, self.maker)
        run.all_draws(os.cpu_count() or 1, None)
        return run.ensemble()


def _size(compiled: Compiled) -> tuple[float, float]:
    """People and arcs."""
    return float(compiled.world.person_key.size), float(compiled.world.followers.size)


def _same_audience(compiled: Compiled) -> AudienceMaker:
    """A maker that hands out this draw's people and networks where those asked for are made of the same."""
    audience, settings = compiled.audience, audience_settings(compiled.scenario)[1]

    def make(plain: Any, key: int, graphs: Mapping[str, SocialGraph]) -> Audience:
        same = audience_settings(plain)[1] == settings
        return audience if same else make_audience(plain, key, graphs)

    return make


def make_trace(compiled: Compiled, events: Events, replicate: int, touches: Touches | None = None) -> Trace:
    """The shares among `events` as a Trace."""
    rival = compiled.plan.reaching.rival
    shares = own_shares(events, rival)
    row = np.append(share_rows(events, rival), -1)  # the last entry serves cause -1
    slots = np.array(compiled.slots, np.int64).reshape(-1, 2)[events.slot[shares]]
    person = events.who[shares]
    return Trace(
        person=person,
        person_key=compiled.world.person_key[person],
        parent=row[events.cause[shares]],
        hour=np.asarray(events.step[shares] * float(compiled.scenario.run.step), np.float64),
        platform_idx=slots[:, 1],
        item_idx=slots[:, 0],
        generation=events.nodes[events.node[shares], lay.NODE_GENERATION],
        asked=events.kind[shares] == lay.KIND_ASKED,
        copy=events.kind[shares] == lay.KIND_COPY,
        polarity=events.polarity[shares],
        platforms=tuple(compiled.scenario.platforms),
        items=tuple(item.id for item in compiled.scenario.items),
        replicate=replicate,
        touches=touches,
    )
