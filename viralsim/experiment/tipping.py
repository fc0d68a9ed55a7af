"""Tipping points: where R crosses 1, and where the goal is met in every second world."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from viralsim.engine.defined import check_metric
from viralsim.engine.effort import Effort
from viralsim.errors import SpecError
from viralsim.experiment.crossings import Crossing, Estimate, crossing, root
from viralsim.experiment.plans import needs_whole
from viralsim.experiment.ranges import chosen_range, present_value, whole_range
from viralsim.experiment.shared_worlds import SharedWorlds
from viralsim.metrics.rounding import format_interval, format_number
from viralsim.metrics.uncertainty import summarise
from viralsim.spec import Scenario

__all__ = ["Place", "TippingPoint", "tipping_point"]

_THEORY_DRAWS = 8
_THEORY_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Place:
    """One setting that was looked at: R, and the chance of the goal (NaN without one), with 95 % intervals."""

    value: float
    reproduction: float
    reproduction_low: float
    reproduction_high: float
    chance: float
    chance_low: float
    chance_high: float


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """Where a number of a scenario tips its fate.

    Parameters
    ----------
    path : str
    present : float
        The scenario's own value; NaN where it leaves it to the platform.
    range : tuple of float
        Looked in.
    reproduction : Crossing
        Where the reproduction number R (new sharers per sharer, first two generations) is 1, simulated.
    reproduction_theory : float
        The same from the next-generation matrix, NaN if it does not cross.
    growth_theory : float
        Where its dominant eigenvalue is 1: an endless fresh audience of this shape.
    goal : Crossing or None
        Where P(metric >= at_least) is .5; None without a goal.
    metric, at_least : str, float
        The goal.
    seed, replicates, draws, settings : int
        How it was found: replicates per setting, settings run.
    looked_at : tuple of Place
        The settings, in order of the number varied.
    whole : bool
        Whether only whole numbers are allowed; a place is then that of two neighbours at which the curve is above what
        it crosses, while it is not at the other.
    """

    path: str
    present: float
    range: tuple[float, float]
    reproduction: Crossing
    reproduction_theory: float
    growth_theory: float
    goal: Crossing | None
    metric: str | None
    at_least: float | None
    seed: int
    replicates: int
    draws: int
    settings: int
    looked_at: tuple[Place, ...] = ()
    whole: bool = False

    def sentence(self) -> str:
        """The result in plain words."""
        where = self.reproduction
        if math.isnan(where.value):
            text = (
                f"R is {where.note.partition(',')[0]} of {self.path} ({self.range[0]:g} to {self.range[1]:g})"
            )
        else:
            text = f"R crosses 1 at {self.path} = {self._place(where)}"
            text += f", {where.value / self.present:.3g} times its present value" if self.present > 0 else ""
        if not math.isnan(self.reproduction_theory):
            text += f"; theory says {self.reproduction_theory:.3g}"
        if self.goal is not None and self.metric is not None and self.at_least is not None:
            what = self.goal_text()
            if math.isnan(self.goal.value):
                text += f"; the chance of {what} is {self.goal.note.partition(',')[0]}"
            else:
                text += f"; every second run has {what} at {self._place(self.goal)}"
        return text + "."

    def _place(self, where: Crossing) -> str:
        """A place with its interval, rounded to what is known, or whole."""
        if self.whole:
            return f"{where.value:,.0f} ({where.low:,.0f} to {where.high:,.0f})"
        error = max((where.high - where.low) / 4.0, 1e-3 * abs(where.value))
        return f"{format_number(where.value, error)} ({format_interval(where.low, where.high, error)})"

    def goal_text(self) -> str:
        """The goal in words, "" without one."""
        if self.metric is None or self.at_least is None:
            return ""
        return f"{self.metric.replace('_', ' ')} of at least {format_number(self.at_least)}"

    def to_columns(self) -> dict[str, list[float]]:
        """One row per setting looked at."""
        names = [column.name for column in fields(Place)]
        return {name: [getattr(place, name) for place in self.looked_at] for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``viralsim tipping --json`` prints it."""
        return {**asdict(self), "range": list(self.range), "sentence": self.sentence()}


def tipping_point(
    scenario: Scenario,
    vary: str,
    low: float | None = None,
    high: float | None = None,
    *,
    metric: str | None = None,
    at_least: float | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    draws: int | None = None,
    threads: int | None = None,
    fixed: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> TippingPoint:
    """Find where a number tips a scenario: R = 1, and the goal met in every second world.

    Parameters
    ----------
    scenario : Scenario
    vary : str
        Dotted path of a number, such as items.film.share_prob.
    low, high : float, optional
        Range to look in; by default a hundredth to a hundred times the present value, within what is allowed and
        what is quickly made (`SharedWorlds.most_affordable`). Of a number that must be whole (of people, say) whole
        values only are looked at.
    metric, at_least : str, float, optional
        The goal; by default the scenario's.
    replicates, seed, draws, threads, fixed
        As in `simulate`.
    progress : callable
        Called before each setting that is run.

    Returns
    -------
    TippingPoint

    Raises
    ------
    SpecError
        If the path is no number, the range is empty, or the goal is not defined.

    Examples
    --------
    >>> import viralsim as vs
    >>> small = vs.load_scenario("small-shop").with_overrides({"audience.size": 2000})
    >>> found = vs.tipping_point(small, "items.0.share_prob", replicates=20, draws=2)
    >>> found.reproduction.low <= found.reproduction.value <= found.reproduction.high
    True

    Notes
    -----
    Search rather than brute force: theory (docs/model.md, 7) says where to begin, bisection on shared worlds finds the
    crossing, and the 95 % interval of the place inverts those of the curve (see `crossings.crossing`).
    """
    effort = Effort.of(scenario, replicates, draws, seed, threads, fixed)
    worlds = SharedWorlds(scenario, effort, progress)
    present = present_value(scenario, vary)
    whole = needs_whole(scenario, vary, round(present) + 0.37) if present == present else False
    if whole:
        ends = whole_range(
            scenario, vary, present, (low, high), worlds.most_people(vary), worlds.most_affordable
        )
    else:
        ends = chosen_range(scenario, vary, present, (low, high), worlds.most_affordable)
    goal = _goal(scenario, metric, at_least)
    curves = _Curves(vary, whole, worlds, goal)
    by_theory = [_theory_root(partial(curves.theory, which), *ends, whole) for which in (0, 1)]
    guess = None if math.isnan(by_theory[0]) else by_theory[0]
    found = crossing(curves.reproduction, 1.0, *ends, guess, whole=whole)
    half = None if goal is None else crossing(curves.chance, 0.5, *ends, _or(found.value, guess), whole=whole)
    return TippingPoint(
        vary, present, ends, found, by_theory[0], by_theory[1], half, goal and goal[0], goal and goal[1],
        effort.seed, effort.replicates, effort.draws, worlds.runs, curves.places(), whole,
    )  # fmt: skip


class _Curves:
    """R and the chance of the goal as functions of the number varied; every setting is run once."""

    def __init__(self, path: str, whole: bool, worlds: SharedWorlds, goal: tuple[str, float] | None) -> None:
        self.path, self.whole, self.worlds, self.goal = path, whole, worlds, goal
        self.kept: dict[float, Any] = {}
        self.expected: dict[float, tuple[float, float]] = {}

    def _setting(self, x: float) -> dict[str, float]:
        return {self.path: int(x) if self.whole else x}

    def _run(self, x: float) -> Any:
        """Summary of R, the goal's metric per replicate, and the draws."""
        if x not in self.kept:
            made = self.worlds.ensemble(self._setting(x))
            column = None if self.goal is None else made[self.goal[0]]
            self.kept[x] = (made.summary()["reproduction_number"], column, made.draw)
        return self.kept[x]

    def theory(self, which: int, x: float) -> float:
        """Expected R (0) or growth (1) above 1; -1 where nothing is caused."""
        if x not in self.expected:
            self.expected[x] = self.worlds.expected(self._setting(x), _THEORY_DRAWS)
        found = self.expected[x][which]
        return -1.0 if math.isnan(found) else found - 1.0

    def reproduction(self, x: float) -> Estimate:
        """R as simulated."""
        s = self._run(x)[0]
        known = s.mean if not math.isnan(s.mean) else 0.0  # nobody shared: nothing is caused
        return Estimate(known, _or(s.low, known), _or(s.high, known))

    def chance(self, x: float) -> Estimate:
        """Part of the runs that meet the goal; NaN without one."""
        if self.goal is None:
            return Estimate(math.nan, math.nan, math.nan)
        _, column, draw = self._run(x)
        s = summarise(column >= self.goal[1], draw, 0.0, 1.0)
        return Estimate(s.mean, _or(s.low, s.mean), _or(s.high, s.mean))

    def places(self) -> tuple[Place, ...]:
        """Every setting that was run, in order of the number varied."""
        found = [(x, self.reproduction(x), self.chance(x)) for x in sorted(self.kept)]
        return tuple(Place(x, r.mean, r.low, r.high, p.mean, p.low, p.high) for x, r, p in found)


def _or(value: float, other: Any) -> Any:
    return other if math.isnan(value) else value


def _theory_root(gap: Callable[[float], float], low: float, high: float, whole: bool) -> float:
    """Where theory crosses, NaN if it does not."""
    if (gap(low) > 0) == (gap(high) > 0):
        return math.nan
    return root(gap, low, high, _THEORY_TOLERANCE, whole=whole)


def _goal(scenario: Scenario, metric: str | None, at_least: float | None) -> tuple[str, float] | None:
    """Metric and amount of the goal: given, or the scenario's."""
    own = scenario.goal
    chosen = metric or (own.metric if own is not None else "reach")
    check_metric(scenario, chosen)
    if at_least is None:
        if metric is not None and (own is None or own.metric != metric):
            raise SpecError(f"at_least: how much {metric} is the goal? give it (--at-least)")
        return None if own is None else (own.metric, float(own.at_least))
    if not np.isfinite(at_least):
        raise SpecError(f"at_least: got {at_least!r}; a number is allowed")
    return chosen, float(at_least)
