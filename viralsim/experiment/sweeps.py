"""Sweeps: many settings of a scenario, kept as they come, gone on with after any interruption."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viralsim.engine.effort import at_least_1
from viralsim.engine.runs import reporter
from viralsim.errors import ScenarioError, SpecError
from viralsim.experiment.cells import Cell, Outcome, cell_key, missing_blocks, summaries_of
from viralsim.experiment.designs import Design
from viralsim.experiment.executors import Executor, Threads
from viralsim.experiment.plans import SweepPlan, make_plan
from viralsim.experiment.store import RESULTS_FILE, STORE_FILE, Finished, FolderLock, Store, write_csv
from viralsim.experiment.swept import Sweep
from viralsim.metrics.tails import reproduction_bands
from viralsim.spec import Scenario
from viralsim.spec.problems import allowed_names

__all__ = ["Sweep", "chosen_executor", "run_sweep", "sweep"]

Progress = Callable[[int, int], None]
_LOOKED_UP = 256  # settings that the store is asked about at once


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Any] | Sequence[Mapping[str, Any]] | Design,
    out: str | os.PathLike[str] | None = None,
    executor: Any = "threads",
    *,
    design: str = "grid",
    samples: int | None = None,
    design_seed: int = 0,
    replicates: int | None = None,
    seed: int | None = None,
    draws: int | None = None,
    fixed: bool = False,
    threads: int | None = None,
    resume: bool | None = None,
    progress: bool | Progress = False,
) -> Sweep:
    """Run a scenario with many settings, in shared worlds.

    Parameters
    ----------
    scenario : Scenario
    vary : mapping, list of mappings, or Design
        Dotted path -> values: every combination (or what `design` says). A list of mappings: those settings.
    out : path, optional
        Folder that results are kept in as they come, exported as results.csv; None: memory only.
    executor : "threads", "dask", or a dask.distributed Client
        Where the cells run; changes no result.
    design : {"grid", "zip", "list", "random", "latin-hypercube", "sobol"}
        How the values are combined. The last three take ranges such as ``(0.001, 0.1)``, ``"0.001:0.1:log"``, or
        ``"band"`` for the band of an uncertain number, and `samples`.
    samples, design_seed : int, optional
        Number of settings of a sampling design, and its seed.
    replicates, seed, draws : int, optional
        For all settings; by default what each setting's scenario says. A seed that nobody gives is drawn once
        and recorded.
    fixed : bool
        Hold every uncertain number that is not varied at its value.
    threads : int, optional
        None: one per processor. Never changes a result.
    resume : bool, optional
        None: go on if `out` holds this very sweep, refuse if it holds another. True: also extend a sweep of this
        scenario by other settings or more replicates, running only what is new. False: refuse any.
    progress : bool or callable
        True: a bar on stderr. A callable gets (settings done, all).

    Returns
    -------
    Sweep

    Raises
    ------
    ScenarioError, SpecError
        If a path leads nowhere, no value of it is allowed, or an argument cannot be used. A single setting that
        fails is a row with its error.
    StoreError
        If the folder cannot be used or the disk is full; what was finished is kept.

    Examples
    --------
    >>> import viralsim as vs
    >>> shop = vs.load_scenario("small-shop")
    >>> swept = vs.sweep(shop, {"items.0.share_prob": [0.001, 0.05]}, replicates=20)
    >>> low, high = swept.metric("shares")["mean"]
    >>> bool(low < high)
    True
    """
    plan = make_plan(
        scenario, vary, design=design, samples=samples, design_seed=design_seed, replicates=replicates, seed=seed,
        draws=draws, fixed=fixed,
    )  # fmt: skip
    threads = at_least_1("threads", threads, os.cpu_count() or 1)
    report = reporter(progress) or (lambda done, total: None)
    return run_sweep(plan, None if out is None else Path(out), executor, threads, resume, report)


def chosen_executor(chosen: Any, threads: int, count: int) -> Executor:
    """The executor that is meant by "threads", "dask" or a client, for so many settings."""
    if chosen == "threads":
        return Threads(threads, count)
    if isinstance(chosen, str) and chosen != "dask":
        raise SpecError(
            f"executor: got {chosen!r}; {allowed_names(chosen, ('threads', 'dask'))}, or a Client"
        )
    from viralsim.experiment.cluster import Cluster, client_of

    return Cluster(client_of(None), own=True) if chosen == "dask" else Cluster(chosen)


def run_sweep(
    plan: SweepPlan,
    folder: Path | None,
    executor: Any = "threads",
    threads: int = 1,
    resume: bool | None = None,
    report: Progress = lambda done, total: None,
) -> Sweep:
    """Run a plan into a folder (or memory): see `sweep`."""
    cells_run_by = chosen_executor(executor, threads, len(plan.design))
    if folder is None:
        store = Store(None)
        plan = plan.begin(store, resume)
        _Work(plan, store, report).run(cells_run_by)
        return Sweep(plan.design.paths, plan.scenario, plan.common_seed, store=store)
    from viralsim.experiment.store.folder import SWEEP_FILES, finish_folder
    from viralsim.experiment.store.opening import open_folder

    open_folder(folder, "sweep", STORE_FILE, SWEEP_FILES)
    with FolderLock(folder), closing(Store(folder / STORE_FILE)) as store:
        plan = plan.begin(store, resume)
        finish_folder(folder, plan, done=False)
        _Work(plan, store, report).run(cells_run_by)
        write_csv(store, plan.design.paths, folder / RESULTS_FILE)
        finish_folder(folder, plan, done=True)
    return Sweep(plan.design.paths, plan.scenario, plan.common_seed, folder=folder)


@dataclass(slots=True)
class _Waiting:
    """A setting some of whose cells are running."""

    number: int
    overrides: str
    digest: str
    key: str
    seed: int
    replicates: int
    draws: int
    missing: set[tuple[str, int, int]]
    bands: tuple[Any, ...] = ()
    error: str | None = None


class _Work:
    """One pass over a plan; only the thread that calls `run` touches the store."""

    def __init__(self, plan: SweepPlan, store: Store, report: Progress) -> None:
        self.plan, self.store, self.report = plan, store, report
        self.waiting: dict[tuple[str, int, int], list[_Waiting]] = {}
        self.done, self.total = 0, len(plan.design)

    def run(self, executor: Executor) -> None:
        """Run all that is missing."""
        self._heartbeat()
        with closing(executor.run(self._cells(), self._heartbeat)) as outcomes:
            for outcome in outcomes:
                self._keep(outcome)
        self.report(self.total, self.total)

    def _heartbeat(self) -> None:
        self.report(min(self.done, self.total), self.total)

    def _cells(self) -> Iterator[Cell]:
        """Cells that are still to be run, made one setting at a time."""
        known: dict[int, str] = {}
        for number in range(self.total):
            if number % _LOOKED_UP == 0:
                known = self.store.finished(number, number + _LOOKED_UP)
            overrides = self.plan.design.point(number)
            text = json.dumps(overrides, ensure_ascii=False)
            if known.get(number) == text:
                self.done += 1
                if self.done % 64 == 0:
                    self._heartbeat()
                continue
            try:
                scenario = self.plan.scenario.with_overrides(overrides)
            except (ScenarioError, SpecError) as error:
                problem = " ".join(str(error).split())
                bad = Finished(number, text, "", "", None, None, None, problem, {})
                self.store.keep(None, functools.partial(list, [bad]))
                self.done += 1
                continue
            yield from self._cells_of(number, text, scenario)

    def _cells_of(self, number: int, text: str, scenario: Scenario) -> Iterator[Cell]:
        """The cells of one setting that are neither kept nor running."""
        plan = self.plan
        seed, replicates, draws = plan.numbers_of(scenario)
        key = cell_key(scenario, seed, draws, plan.fixed)
        kept = self.store.blocks(key)
        blocks = missing_blocks(kept, replicates, draws, plan.block)
        setting = _Waiting(
            number, text, scenario.digest, key, seed, replicates, draws,
            {(key, first, count) for first, count in blocks},
            reproduction_bands(scenario, plan.fixed),
        )  # fmt: skip
        if not blocks:
            self._finish(None, [setting])
            return
        for first, count in blocks:
            beside = self.waiting.setdefault((key, first, count), [])
            beside.append(setting)
            if len(beside) == 1:
                yield Cell(key, first, count, scenario, seed, draws, plan.fixed)

    def _keep(self, outcome: Outcome) -> None:
        """Keep a cell that came back, and what it finishes."""
        ready = []
        for setting in self.waiting.pop(outcome.name):
            setting.missing.discard(outcome.name)
            setting.error = setting.error or outcome.error
            if not setting.missing:
                ready.append(setting)
        self._finish(outcome, ready)

    def _finish(self, outcome: Outcome | None, ready: list[_Waiting]) -> None:
        """Keep a cell and the settings it finishes."""
        self.store.keep(outcome, lambda: map(self._summarised, ready))
        self.done += len(ready)
        self._heartbeat()

    def _summarised(self, setting: _Waiting) -> Finished:
        """A setting with nothing missing, as it is kept."""
        summaries = {}
        if setting.error is None:
            columns = self.store.columns(setting.key, setting.replicates)
            summaries = summaries_of(columns, setting.draws, setting.bands)
        return Finished(
            setting.number, setting.overrides, setting.digest, setting.key, setting.seed, setting.replicates,
            setting.draws, setting.error, summaries,
        )  # fmt: skip
