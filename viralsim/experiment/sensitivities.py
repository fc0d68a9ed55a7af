"""Sensitivity: which of the numbers nobody knows decides a result, and which way each moves it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from viralsim import rng
from viralsim.engine.effort import at_least_1
from viralsim.errors import EngineError, StoreError
from viralsim.experiment.cells import Cell, Columns, Outcome
from viralsim.experiment.designs import Law
from viralsim.experiment.executors import Executor
from viralsim.experiment.sensitivity_plan import (
    CURVE_LEVELS,
    CURVE_REPLICATES,
    DRAWS,
    REPLICATES,
    ROOT,
    SAMPLES,
    SensitivityPlan,
    Setting,
    make_sensitivity_plan,
)
from viralsim.experiment.sensitivity_result import EffectPoint, Factor, Sensitivity
from viralsim.experiment.store import Finished, Store
from viralsim.experiment.store.study import kept_study
from viralsim.experiment.sweeps import chosen_executor
from viralsim.metrics.columns import Column, linearise
from viralsim.metrics.metric import Metric
from viralsim.metrics.sobol import Indices, sobol_of_halves
from viralsim.metrics.uncertainty import interval_of, summarise
from viralsim.spec import Scenario
from viralsim.spec.metric_names import METRIC_NAMES

__all__ = ["SensitivityPlan", "make_sensitivity_plan", "run_sensitivity", "sensitivity"]

Progress = Callable[[int, int], None]


def sensitivity(
    scenario: Scenario,
    metric: str | None = None,
    vary: Mapping[str, Any] | Sequence[str] | None = None,
    *,
    samples: int = SAMPLES,
    replicates: int = REPLICATES,
    draws: int = DRAWS,
    curve_replicates: int = CURVE_REPLICATES,
    seed: int | None = None,
    threads: int | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool | None = None,
    executor: Any = "threads",
    progress: Progress = lambda done, total: None,
) -> Sensitivity:
    """Say which uncertain numbers decide a metric: Sobol indices with intervals, and effect curves.

    Parameters
    ----------
    scenario : Scenario
    metric : str, optional
        By default that of the goal, else reach.
    vary : mapping or list of paths, optional
        Path -> "band" (the scenario's own), "low:high", "low:high:log", or (low, high). By default every number that
        has a band in the scenario. What is not varied is held at its value.
    samples : int
        Rows of each of the two samples, a power of 2; samples x (numbers + 2) settings are simulated.
    replicates, draws : int
        Worlds per setting, in two independent halves; draws (people and networks) they are dealt over, an even number.
    curve_replicates : int
        Worlds of each point of the effect curves, over the same draws.
    seed : int, optional
    threads : int, optional
        Never changes a result.
    out : path, optional
        Folder whose store keeps every setting that was simulated, with all its metrics, as they come.
    resume : bool, optional
        None: go on if `out` holds this very study, of this or another metric; refuse if it holds another. True: also
        extend it by more samples. False: refuse any.
    executor : "threads", "dask", or a dask.distributed Client
        Where the settings run; changes no result.
    progress : callable
        Gets (settings done, all).

    Returns
    -------
    Sensitivity

    Raises
    ------
    SpecError
        If nothing is uncertain, a path or range cannot be used, or a number of samples is no power of 2.
    EngineError
        If a setting cannot be simulated, or the metric is not defined in it.
    StoreError
        If the folder cannot be used, or holds something else.

    Examples
    --------
    >>> import viralsim as vs
    >>> shop = vs.load_scenario("small-shop").with_overrides({"audience.size": 2000})
    >>> ranges = {"platforms.instagram.organic_reach": "band", "platforms.instagram.like_prob": "band"}
    >>> found = vs.sensitivity(shop, "reach", ranges, samples=16, curve_replicates=16, seed=1)
    >>> [factor.path for factor in found.factors]
    ['platforms.instagram.organic_reach', 'platforms.instagram.like_prob']

    Notes
    -----
    `viralsim.metrics.sobol.sobol_of_halves` has the equations. All settings live in the same people and networks; the
    settings of one row share their luck too, each row has its own. So differences within a row are those that the
    changed number makes, and luck and audience are averaged out over rows and halves.
    """
    plan = make_sensitivity_plan(
        scenario, metric, vary, samples=samples, replicates=replicates, draws=draws,
        curve_replicates=curve_replicates, seed=seed,
    )  # fmt: skip
    runs = chosen_executor(executor, at_least_1("threads", threads, os.cpu_count() or 1), plan.settings)
    with kept_study(plan, None if out is None else Path(out), resume) as (begun, store):
        return run_sensitivity(begun, runs, progress, store)


# ---------------------------------------------------------------------------------------------- running it


def run_sensitivity(
    plan: SensitivityPlan,
    executor: Executor,
    progress: Progress = lambda done, total: None,
    store: Store | None = None,
) -> Sensitivity:
    """Run a plan: see `sensitivity`. What the store holds is not run again."""
    work = _Work(plan, progress, store)
    with closing(executor.run(work.cells(), work.heartbeat)) as outcomes:
        for outcome in outcomes:
            work.keep(outcome)
    return work.found.result()


class _Work:
    """One pass over a plan; only the thread that runs it touches the store."""

    def __init__(self, plan: SensitivityPlan, progress: Progress, store: Store | None) -> None:
        self.plan, self.progress, self.store = plan, progress, store
        self.found = _Gathered(plan)
        self.running: dict[str, tuple[Setting, str]] = {}
        self.done = 0

    def heartbeat(self) -> None:
        self.progress(self.done, self.plan.settings)

    def cells(self) -> Iterator[Cell]:
        """Cells that are still to be run, made one at a time; the others are taken from the store."""
        kept = self.store.keys() if self.store is not None else set()
        for setting in self.plan.list_settings():
            if self.store is not None and setting.name in kept:
                self._taken(setting.name, self._kept(self.store, setting))
                continue
            cell = self.plan.cell(setting)
            self.running[setting.name] = setting, cell.scenario.digest if self.store is not None else ""
            yield cell

    def keep(self, outcome: Outcome) -> None:
        """Take what came back, once it is in the store."""
        setting, digest = self.running.pop(outcome.key)
        if self.store is not None:
            text = json.dumps(setting.overrides, ensure_ascii=False)
            row = Finished(
                setting.number, text, digest, setting.name, self.plan.seed, setting.count, self.plan.draws,
                outcome.error, {},
            )  # fmt: skip
            self.store.keep(outcome, lambda: [row])
        if outcome.columns is None:
            raise EngineError(
                f"a setting could not be simulated: {outcome.error}; narrow the ranges, or vary fewer numbers (--vary)"
            )
        self._taken(outcome.key, Columns.from_bytes(outcome.columns))

    @staticmethod
    def _kept(store: Store, setting: Setting) -> Columns:
        """What the store holds of a setting; StoreError if that cannot be it."""
        columns = store.read_cell(setting.name, setting.first, store.cell(setting.name, setting.first))
        there = columns.numerator.shape[1]
        if there != setting.count:
            where = f"table cells, row {setting.name!r}, {setting.first}"
            raise StoreError(store.damage(f"{there} replicates in place of {setting.count}", where))
        return columns

    def _taken(self, key: str, columns: Columns) -> None:
        self.found.take(key, columns)
        self.done += 1
        self.heartbeat()


class _Gathered:
    """What came back so far: two numbers per setting, and the columns of the effect curves."""

    def __init__(self, plan: SensitivityPlan) -> None:
        self.plan = plan
        d, n = len(plan.laws), plan.samples
        self.values = np.full((d + 2, 2, n), np.nan)
        self.within = np.full(
            (2, n), np.nan
        )  # by place, not in the order of arrival: sums keep their last digit
        self.curves: dict[str, Column] = {}
        self.kinds: dict[str, Metric] = {}
        draw = np.arange(plan.replicates) % plan.draws
        self.halves = (draw < plan.draws // 2, draw >= plan.draws // 2)

    def take(self, key: str, columns: Columns) -> None:
        """Keep what the setting of a key gave; EngineError if it does not define the metric."""
        if self.plan.metric not in columns.names:
            raise EngineError(
                f"metric: {self.plan.metric!r} is not defined by {self.plan.scenario.name}; defined are: "
                f"{', '.join(columns.names)}"
            )
        column = columns.column(self.plan.metric)
        kind, _, rest = key.partition(" ")
        if kind == "curve":
            self.curves[rest], self.kinds[rest] = column, columns.kind(self.plan.metric)
            return
        row, which = (int(part) for part in rest.split())
        for half, chosen in enumerate(self.halves):
            self.values[which, half, row] = Column(column.numerator[chosen], column.denominator[chosen]).mean
        if which < 2:
            _, influence = linearise(column)
            self.within[which, row] = np.sum(influence * influence) / max(influence.size - 1, 1)

    def result(self) -> Sensitivity:
        """Indices and curves."""
        plan, values = self.plan, self.values
        undefined = int(np.isnan(values).any(axis=(0, 1)).sum())
        if undefined:
            raise EngineError(
                f"metric: {plan.metric!r} is not defined in every setting ({undefined} of {plan.samples} rows have one "
                "without it); take more replicates, narrower ranges, or a metric that is always defined, such as reach"
            )
        indices = sobol_of_halves(values[0], values[1], values[2:], rng.derive(ROOT, plan.seed))
        points = values[:2].mean(axis=1).ravel()
        factors = [self._factor(i, path, law, indices) for i, (path, law) in enumerate(plan.laws.items())]
        order = sorted(range(len(factors)), key=lambda i: -np.nan_to_num(factors[i].total))
        variance = max(indices.variance, 0.0)
        luck = float(np.mean(self.within))
        metric = METRIC_NAMES[plan.metric]
        return Sensitivity(
            scenario=plan.scenario.name,
            digest=plan.scenario.digest,
            metric=plan.metric,
            unit=metric.unit,
            factors=tuple(factors[i] for i in order),
            mean=float(points.mean()),
            sd=float(np.sqrt(variance)),
            p05=float(np.quantile(points, 0.05)),
            p95=float(np.quantile(points, 0.95)),
            is_clear=indices.variance_low > 0,
            noise_share=indices.noise_share,
            luck_share=luck / (luck + variance) if luck + variance > 0 else float("nan"),
            samples=plan.samples,
            settings=plan.settings,
            replicates=plan.replicates,
            draws=plan.draws,
            curve_replicates=plan.curve_replicates,
            seed=plan.seed,
        )

    def _factor(self, i: int, path: str, law: Law, indices: Indices) -> Factor:
        """One number with its indices and its curve."""
        ends = law.number(CURVE_LEVELS[0]), law.number(CURVE_LEVELS[-1])
        curve = self._curve(path, law)
        return Factor(
            path, float(ends[0]), float(ends[1]),
            float(indices.first[i]), float(indices.first_low[i]), float(indices.first_high[i]),
            float(indices.total[i]), float(indices.total_low[i]), float(indices.total_high[i]), curve,
        )  # fmt: skip

    def _curve(self, path: str, law: Law) -> tuple[EffectPoint, ...]:
        """The metric along a number, all others at their values, and the paired difference from its middle."""
        draw = np.arange(self.plan.curve_replicates) % self.plan.draws
        middle = self.curves[f"{path} {len(CURVE_LEVELS) // 2}"]
        centre, centre_influence = linearise(middle)
        points = []
        for step, level in enumerate(CURVE_LEVELS):
            column, kind = self.curves[f"{path} {step}"], self.kinds[f"{path} {step}"]
            mean, influence = linearise(column)
            whole = summarise(column, draw, kind.floor, kind.ceiling, kind.by_chance)
            change = interval_of(mean - centre, influence - centre_influence, draw)
            points.append(
                EffectPoint(
                    level, float(law.number(level)), whole.mean, whole.low, whole.high, mean - centre,
                    change.low, change.high,
                )
            )  # fmt: skip
        return tuple(points)
