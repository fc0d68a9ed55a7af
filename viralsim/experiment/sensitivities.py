"""Sensitivity: which of the numbers nobody knows decides a result, and which way each moves it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from viralsim import rng
from viralsim.engine.runs import at_least_1
from viralsim.errors import EngineError, SpecError
from viralsim.experiment.axes import axis_law
from viralsim.experiment.cells import Cell, Columns, Outcome
from viralsim.experiment.designs import Law, sobol_points
from viralsim.experiment.executors import Executor, Threads
from viralsim.experiment.plans import band_of, needs_whole
from viralsim.experiment.sensitivity_result import EffectPoint, Factor, Sensitivity
from viralsim.metrics.columns import Column, Floats, linearise
from viralsim.metrics.sobol import Indices, sobol_of_halves
from viralsim.metrics.uncertainty import interval_of, summarise
from viralsim.rng import check_seed, entropy_seed
from viralsim.spec import Scenario
from viralsim.spec.metric_names import METRIC_NAMES
from viralsim.spec.problems import allowed_names
from viralsim.spec.resolving import uncertain_paths

__all__ = ["SensitivityPlan", "make_sensitivity_plan", "run_sensitivity", "sensitivity"]

SAMPLES, REPLICATES, DRAWS = 128, 16, 8
CURVE_REPLICATES = 200
CURVE_LEVELS = (0.05, 0.275, 0.5, 0.725, 0.95)
_ROOT = rng.text_key("viralsim.experiment.sensitivities")

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
    executor = Threads(at_least_1("threads", threads, os.cpu_count() or 1), plan.settings)
    return run_sensitivity(plan, executor, progress)


@dataclass(frozen=True)
class SensitivityPlan:
    """What is to be simulated.

    Parameters
    ----------
    scenario : Scenario
    metric : str
    laws : dict of path to Law
    samples, replicates, draws, curve_replicates, seed : int
    """

    scenario: Scenario
    metric: str
    laws: dict[str, Law]
    samples: int
    replicates: int
    draws: int
    curve_replicates: int
    seed: int

    @property
    def settings(self) -> int:
        """Settings simulated: the Sobol samples, then the effect curves."""
        return self.samples * (len(self.laws) + 2) + self.curve_settings

    @property
    def curve_settings(self) -> int:
        """Points of the effect curves; the middle one is the same for all numbers whose middle is their value."""
        return len(self.laws) * len(CURVE_LEVELS)

    @cached_property
    def points(self) -> Floats:
        """The two samples side by side in the unit cube: float64[samples, 2 x numbers], keyed on paths."""
        root = rng.derive(_ROOT, self.seed)
        keys = [
            rng.derive(rng.derive(root, which), rng.text_key(path)) for which in (0, 1) for path in self.laws
        ]
        return sobol_points(self.samples, keys)

    def cells(self) -> Iterator[Cell]:
        """Every setting, made one at a time."""
        count = len(self.laws)
        for row, u in enumerate(self.points):
            first = row * self.replicates
            for which in range(count + 2):
                levels = u[:count] if which != 1 else u[count:]
                if which > 1:
                    levels = levels.copy()
                    levels[which - 2] = u[count + which - 2]
                yield self._cell(f"sample {row} {which}", self._values(levels), first, self.replicates)
        for path, law in self.laws.items():
            for step, level in enumerate(CURVE_LEVELS):
                name = f"curve {path} {step}"
                yield self._cell(name, {path: law.value(level)}, 0, self.curve_replicates)

    def _values(self, levels: Floats) -> dict[str, Any]:
        return {path: law.value(float(u)) for (path, law), u in zip(self.laws.items(), levels, strict=True)}

    def _cell(self, name: str, overrides: dict[str, Any], first: int, count: int) -> Cell:
        scenario = self.scenario.with_overrides(overrides)
        return Cell(name, first, count, scenario, self.seed, self.draws, fixed=True)


def make_sensitivity_plan(
    scenario: Scenario,
    metric: str | None = None,
    vary: Mapping[str, Any] | Sequence[str] | None = None,
    *,
    samples: int = SAMPLES,
    replicates: int = REPLICATES,
    draws: int = DRAWS,
    curve_replicates: int = CURVE_REPLICATES,
    seed: int | None = None,
) -> SensitivityPlan:
    """Make and check a plan: see `sensitivity`."""
    metric = metric or (scenario.goal.metric if scenario.goal is not None else "reach")
    if metric not in METRIC_NAMES:
        raise SpecError(f"metric: there is no {metric!r}; {allowed_names(metric, METRIC_NAMES)}")
    laws = _laws(scenario, vary)
    samples = at_least_1("samples", samples, SAMPLES)
    if samples < 2 or samples & (samples - 1):
        raise SpecError(f"samples: got {samples}; a power of 2 is allowed, such as 64, 128 or 256")
    draws = at_least_1("draws", draws, DRAWS)
    replicates = at_least_1("replicates", replicates, REPLICATES)
    if draws % 2 or replicates % draws:
        raise SpecError(
            f"replicates, draws: got {replicates} over {draws}; an even number of draws is allowed, and a multiple of "
            "it for the replicates: two halves are compared"
        )
    curve_replicates = max(at_least_1("curve_replicates", curve_replicates, CURVE_REPLICATES), draws)
    chosen = scenario.run.seed if seed is None else seed
    seed = entropy_seed() if chosen is None else check_seed(chosen)
    return SensitivityPlan(scenario, metric, laws, samples, replicates, draws, curve_replicates, seed)


def _laws(scenario: Scenario, vary: Mapping[str, Any] | Sequence[str] | None) -> dict[str, Law]:
    """Law of each number that is varied."""
    if isinstance(vary, str):
        vary = [vary]
    if vary is None or not vary:
        known: Mapping[str, Any] = uncertain_paths(scenario)
        if not known:
            raise SpecError(
                f"{scenario.name}: no number has a band; write {{value, low, high}} in the scenario, or give ranges "
                "(vary, --vary PATH=LOW:HIGH)"
            )
    else:
        known = vary if isinstance(vary, Mapping) else dict.fromkeys(vary, "band")
    laws = {}
    for path, given in known.items():
        law = axis_law(path, band_of(scenario, path) if isinstance(given, str) and given == "band" else given)
        timed = law.band is not None and law.band.kind == "duration"
        whole = law.whole or (not timed and needs_whole(scenario, path, law.number(0.37)))
        laws[path] = Law(law.low, law.high, law.scale, law.band, whole)
        for level in (CURVE_LEVELS[0], CURVE_LEVELS[-1]):
            scenario.with_overrides({path: laws[path].value(level)})
    return laws


# ---------------------------------------------------------------------------------------------- running it


def run_sensitivity(
    plan: SensitivityPlan, executor: Executor, progress: Progress = lambda done, total: None
) -> Sensitivity:
    """Run a plan: see `sensitivity`."""
    found = _Gathered(plan)
    done = 0
    outcomes: Generator[Outcome, None, None] = executor.run(
        plan.cells(), lambda: progress(done, plan.settings)
    )
    with closing(outcomes):
        for outcome in outcomes:
            found.take(outcome)
            done += 1
            progress(done, plan.settings)
    return found.result()


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
        draw = np.arange(plan.replicates) % plan.draws
        self.halves = (draw < plan.draws // 2, draw >= plan.draws // 2)

    def take(self, outcome: Outcome) -> None:
        """Keep what a setting gave.

        Raises
        ------
        EngineError
            If it failed, or does not define the metric.
        """
        if outcome.columns is None:
            raise EngineError(
                f"a setting could not be simulated: {outcome.error}; narrow the ranges, or vary fewer numbers (--vary)"
            )
        columns = Columns.from_bytes(outcome.columns)
        if self.plan.metric not in columns.names:
            raise EngineError(
                f"metric: {self.plan.metric!r} is not defined by {self.plan.scenario.name}; defined are: "
                f"{', '.join(columns.names)}"
            )
        column = columns.column(self.plan.metric)
        kind, _, rest = outcome.key.partition(" ")
        if kind == "curve":
            self.curves[rest] = column
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
        indices = sobol_of_halves(values[0], values[1], values[2:], rng.derive(_ROOT, plan.seed))
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
            column = self.curves[f"{path} {step}"]
            mean, influence = linearise(column)
            whole = summarise(column, draw)
            change = interval_of(mean - centre, influence - centre_influence, draw)
            points.append(
                EffectPoint(
                    level, float(law.number(level)), whole.mean, whole.low, whole.high, mean - centre,
                    change.low, change.high,
                )
            )  # fmt: skip
        return tuple(points)
