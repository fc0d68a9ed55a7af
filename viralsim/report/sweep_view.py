"""A sweep ready to be drawn: one metric over the settings, and what was varied as axes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError, ViralsimError
from viralsim.experiment.ranges import present_value
from viralsim.experiment.swept import Sweep
from viralsim.metrics.registry import METRICS
from viralsim.metrics.rounding import format_number

__all__ = ["SweepAxis", "SweepView", "default_metric", "group_mean", "short_path", "sweep_view"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LOGARITHMIC_FROM = 15.0  # largest over smallest value of an axis from which it is drawn in equal ratios
NUISANCE = ("run.seed",)  # paths that are luck: averaged over, never an axis
FEW = 12  # values of an axis that are drawn one by one; more are points


@dataclass(frozen=True, slots=True)
class SweepAxis:
    """One thing that was varied.

    Parameters
    ----------
    path : str
    texts : tuple of str
        Its different values as read by people, in order.
    places : float64[V]
        Where they stand: the values themselves, or 0, 1, ... if they are no numbers.
    index : int64[S]
        Which of them each setting has.
    numeric, logarithmic : bool
    present : float
        What the scenario itself says; NaN if it says nothing, or no number.
    """

    path: str
    texts: tuple[str, ...]
    places: Floats
    index: Indices
    numeric: bool
    logarithmic: bool
    present: float


@dataclass(frozen=True, slots=True)
class SweepView:
    """One metric over the settings of a sweep.

    Parameters
    ----------
    swept : Sweep
    metric : str
    axes : tuple of SweepAxis
        With at least two values each.
    is_grid : bool
        Whether every combination of their values was run.
    setting : int64[S]
        Numbers of the settings.
    mean, low, high, p05, p50, p95 : float64[S]
        NaN where a setting failed or does not define the metric.
    reproduction, reach : float64[S]
        Reproduction number R (NaN where nobody shares) and expected reach.
    replicates, draws : int64[S]
    goal : float or None
        What the scenario wants of the metric.
    """

    swept: Sweep
    metric: str
    axes: tuple[SweepAxis, ...]
    is_grid: bool
    setting: Indices
    mean: Floats
    low: Floats
    high: Floats
    p05: Floats
    p50: Floats
    p95: Floats
    reproduction: Floats
    reach: Floats
    replicates: Indices
    draws: Indices
    goal: float | None

    @property
    def known(self) -> Indices:
        """Rows that define the metric."""
        return np.flatnonzero(~np.isnan(self.mean))

    @property
    def order(self) -> Indices:
        """Rows from the best to the worst (from the highest, where neither is better)."""
        sign = 1.0 if METRICS[self.metric].better == "lower" else -1.0
        return self.known[np.argsort(sign * self.mean[self.known], kind="stable")]

    def says(self, row: int) -> str:
        """What a setting sets, for people: "share_prob 0.05, organic_reach 0.1"."""
        return ", ".join(f"{self.name(axis)} {axis.texts[axis.index[row]]}" for axis in self.axes)

    def name(self, axis: SweepAxis) -> str:
        """An axis in short: the end of its path, as far as no other axis ends alike."""
        last = axis.path.rpartition(".")[2]
        alike = sum(other.path.rpartition(".")[2] == last for other in self.axes)
        return last if alike == 1 and len(last) > 2 else short_path(axis.path)


def default_metric(swept: Sweep) -> str:
    """The goal's metric, else reach."""
    goal = swept.scenario.goal
    return str(goal.metric) if goal is not None else "reach"


def short_path(path: str) -> str:
    """The end of a path, which says most: "film.share_prob"."""
    parts = path.split(".")
    return ".".join(parts[-2:]) if len(parts) > 2 else path


def sweep_view(swept: Sweep, metric: str | None = None) -> SweepView:
    """One metric of a sweep, with its axes.

    Parameters
    ----------
    swept : Sweep
    metric : str, optional
        The goal's by default, else reach.

    Returns
    -------
    SweepView

    Raises
    ------
    SpecError
        If no setting defines the metric.
    """
    name = metric or default_metric(swept)
    table = swept.metric(name)
    count = len(table["setting"])
    try:
        reproduction = swept.metric("reproduction_number")["mean"]
    except SpecError:  # nobody shares anywhere
        reproduction = np.full(count, np.nan)
    goal = swept.scenario.goal
    axes = tuple(
        axis
        for path in swept.paths
        if path not in NUISANCE and len((axis := _axis(swept, path, table[path])).texts) > 1
    )
    return SweepView(
        swept=swept,
        metric=name,
        axes=axes,
        is_grid=_is_grid(axes),
        setting=np.array(table["setting"], np.int64),
        **{key: table[key] for key in ("mean", "low", "high", "p05", "p50", "p95")},
        reproduction=reproduction,
        reach=swept.metric("reach")["mean"],
        replicates=_counts(swept, name, "replicates"),
        draws=_counts(swept, name, "draws"),
        goal=float(goal.at_least) if goal is not None and goal.metric == name else None,
    )


def _counts(swept: Sweep, metric: str, field: str) -> Indices:
    """A number of each setting; 0 where it failed."""
    return np.array([row[field] or 0 for row in swept.rows(metric)], np.int64)


def _axis(swept: Sweep, path: str, values: Sequence[Any]) -> SweepAxis:
    keys = [json.dumps(value, sort_keys=True, ensure_ascii=False, default=str) for value in values]
    first = dict(zip(keys, values, strict=True))
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in first.values())
    ordered = sorted(first, key=lambda key: first[key]) if numeric else list(first)
    place = {key: number for number, key in enumerate(ordered)}
    places = np.array([first[key] for key in ordered] if numeric else range(len(ordered)), np.float64)
    low, high = float(places[0]), float(places[-1])
    return SweepAxis(
        path=path,
        texts=tuple(_text(first[key]) for key in ordered),
        places=places,
        index=np.array([place[key] for key in keys], np.int64),
        numeric=numeric,
        logarithmic=numeric and low > 0 and high / low >= LOGARITHMIC_FROM and _in_ratios(places),
        present=_present(swept, path) if numeric else math.nan,
    )


def _in_ratios(places: Floats) -> bool:
    """Whether values lie in equal ratios rather than in equal steps: their median says which."""
    middle = math.log(float(np.median(places)))
    return abs(middle - float(np.log(places).mean())) <= abs(middle - math.log(float(places.mean())))


def _text(value: Any) -> str:
    """A value of an axis, short."""
    if value is None:
        return "as written"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return format_number(float(f"{value:.3g}")) if abs(value) >= 1 else f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _present(swept: Sweep, path: str) -> float:
    try:
        return present_value(swept.scenario, path)
    except ViralsimError:
        return math.nan


def _is_grid(axes: Sequence[SweepAxis]) -> bool:
    """Whether every combination of the axes' values is there."""
    if not axes or any(len(axis.texts) > 2 * FEW for axis in axes):
        return False
    combinations = set(zip(*(axis.index.tolist() for axis in axes), strict=True))
    return len(combinations) == math.prod(len(axis.texts) for axis in axes)


def group_mean(values: Floats, groups: Indices, count: int) -> Floats:
    """Mean of the settings of each group that define a value: float64[count], NaN where none does."""
    known = ~np.isnan(values)
    total = np.bincount(groups[known], values[known], count)
    size = np.bincount(groups[known], minlength=count)
    return np.divide(total, size, out=np.full(count, np.nan), where=size > 0)
