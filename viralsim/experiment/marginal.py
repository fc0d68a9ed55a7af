"""What the next dollar brings: the same worlds with a little more spending, and with none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viralsim.engine.defined import check_counted
from viralsim.engine.effort import Effort
from viralsim.engine.eligible import count_eligible
from viralsim.errors import SpecError
from viralsim.experiment.audiences import Audiences
from viralsim.experiment.shared_worlds import simulate_sharing
from viralsim.metrics.columns import Column
from viralsim.metrics.summaries import numbers_of, text_of
from viralsim.metrics.uncertainty import Summary, summarise

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.spec import Scenario

__all__ = ["Marginal", "Spending", "marginal_return", "spendings"]

ALL = "all together"


@dataclass(frozen=True, slots=True)
class Spending:
    """Something that is paid for, and how to spend more on it, or nothing.

    Parameters
    ----------
    label : str
    more, none : dict
        Overrides of the scenario.
    """

    label: str
    more: dict[str, Any]
    none: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SpendingReturn:
    """What one spending brings, per run.

    Parameters
    ----------
    label : str
    spent : Summary
        US$ it costs now.
    brought : Summary
        Of the metric: with it minus without it.
    average : Summary
        `brought` per US$ spent.
    added_cost, added : Summary
        What a little more costs, and what it adds to the metric.
    marginal : Summary
        `added` per US$ of `added_cost`; NaN where no more can be bought.
    """

    label: str
    spent: Summary
    brought: Summary
    average: Summary
    added_cost: Summary
    added: Summary
    marginal: Summary

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        names = ("spent", "brought", "average", "added_cost", "added", "marginal")
        return {"label": self.label, **{name: numbers_of(getattr(self, name)) for name in names}}


@dataclass(frozen=True)
class Marginal:
    """What the next dollar brings in one metric, beside what a dollar has brought so far.

    Parameters
    ----------
    scenario, metric : str
    more : float
        Part by which spending is raised (.1: a tenth).
    rows : tuple of SpendingReturn
        Each spending by itself; where there are several, all together first.
    notes : tuple of str
        What could not be raised.
    replicates, draws, seed : int
    """

    scenario: str
    metric: str
    more: float
    rows: tuple[SpendingReturn, ...]
    notes: tuple[str, ...]
    replicates: int
    draws: int
    seed: int

    def sentence(self) -> str:
        """The answer in a sentence."""
        row, what = self.rows[0], self.metric.replace("_", " ")
        if math.isnan(row.marginal.mean):
            why = "everybody has been shown what the frequency caps allow or been asked, or the next one costs more"
            return f"No more can be bought for {100 * self.more:.3g} % more: {why}."
        now, further = text_of(row.average), text_of(row.marginal)
        part = row.added_cost.mean / row.spent.mean if self.notes and row.spent.mean > 0 else self.more
        said = f"A US$ spent so far brought {now} {what}; of {part:.0%} more spending, each brings {further}"
        return said + (", which may be nothing." if row.marginal.low <= 0.0 <= row.marginal.high else ".")

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "scenario": self.scenario,
            "metric": self.metric,
            "more": self.more,
            "seed": self.seed,
            "replicates": self.replicates,
            "draws": self.draws,
            "spendings": [row.to_dict() for row in self.rows],
            "notes": list(self.notes),
        }


def spendings(
    scenario: Scenario, more: float, limits: Sequence[float | None] = ()
) -> tuple[tuple[Spending, ...], tuple[str, ...]]:
    """What a scenario pays for, and notes on what cannot be raised, or not by so much.

    Parameters
    ----------
    scenario : Scenario
    more : float
        Part by which spending is raised; people asked at a price by at least one, displays by at least one.
    limits : sequence of float or None
        By entry of `campaign.seeding`: how many people every draw has to ask, or what a budget may spend on them; None
        where there is no limit.
    """
    found, notes = [_flight(scenario, i, more) for i in range(len(scenario.campaign.paid))], []
    limits = [*limits, *[None] * len(scenario.campaign.seeding)]
    for i, seeding in enumerate(scenario.campaign.seeding):
        if not seeding.has_price:
            continue
        label = f"seeding {i} ({seeding.item} on {seeding.platform})"
        if seeding.pick.kind == "listed":
            notes.append(f"{label}: the people are listed, so nobody more can be asked")
            continue
        spending, limit = _asking(seeding, label, f"campaign.seeding.{i}.pick", more, limits[i])
        found.append(spending)
        notes += [f"{label}: {limit}"] if limit else []
    for i, rule in enumerate(scenario.campaign.rules):
        if rule.kind == "boost":
            path = f"campaign.rules.{i}.budget"
            found.append(
                Spending(f"boosts by rule {i}", {path: float(rule.budget) * (1 + more)}, {path: 0.0})
            )
    if len(found) > 1:
        more_of_all = {path: value for each in found for path, value in each.more.items()}
        none_of_all = {path: value for each in found for path, value in each.none.items()}
        found.insert(0, Spending(ALL, more_of_all, none_of_all))
    return tuple(found), tuple(notes)


def _flight(scenario: Scenario, i: int, more: float) -> Spending:
    """A flight, with at least one more display at the highest price that may be drawn."""
    flight, path = scenario.campaign.paid[i], f"campaign.paid.{i}.budget"
    cpm = scenario.platforms[flight.platform].cpm if flight.cpm is None else flight.cpm
    budget, display = float(flight.budget), float(getattr(cpm, "high", cpm) or 0.0) / 1000.0
    label = f"flight {i} ({flight.item} on {flight.platform})"
    return Spending(label, {path: max(budget * (1 + more), budget + display)}, {path: 0.0})


def _asking(seeding: Any, label: str, path: str, more: float, most: float | None) -> tuple[Spending, str]:
    """People asked at a price, with at least one more if there is one; and what limits how many more."""
    if seeding.pick.count is None:
        now, part = float(seeding.pick.budget or 0.0), "budget"
        raised = max(now * (1 + more), now + float(seeding.price))
        all_of = "" if most is None else f"US$ {most:,.2f} pay for all who"
    else:
        now, part = seeding.pick.count, "count"
        raised = max(math.ceil(now * (1 + more) - 1e-9), now + 1)
        all_of = "" if most is None else f"no more than {most:,.0f} people"
    none = {f"{path}.{part}": type(now)(0)}
    if most is None or raised <= most:
        return Spending(label, {f"{path}.{part}": raised}, none), ""
    if most <= now:
        return Spending(label, {}, none), f"nobody more can be asked: {all_of} can be asked in every draw"
    share = f"the next {100 * (most / now - 1):.2g} %" if now else "the first"
    limit = f"{share} in place of {100 * more:.3g} %: {all_of} can be asked in every draw"
    return Spending(label, {f"{path}.{part}": type(now)(most)}, none), limit


def marginal_return(
    scenario: Scenario,
    metric: str = "impressions_earned",
    more: float = 0.1,
    replicates: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    fixed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Marginal:
    """What another dollar brings, in counterfactual worlds with a little more spending, on shared luck.

    Parameters
    ----------
    scenario : Scenario
        With something that is paid for: flights, people asked at a price, boosts.
    metric : str
        Counted per run.
    more : float
        Part by which each spending is raised, and all together; above 0.
    replicates, draws, seed, threads, fixed
        As in `viralsim.simulate`.
    progress : callable, optional
        Gets (replicates done, all).

    Returns
    -------
    Marginal

    Raises
    ------
    SpecError
        If nothing is paid for, the metric is a ratio or not defined in every world, or an argument cannot be used.

    Notes
    -----
    Marginal return = E[metric with more - metric] / E[cost with more - cost], replicate by replicate in the same
    worlds; its interval is that of a ratio of sums over draws (Cochran 1977, section 6.3).

    Examples
    --------
    >>> import viralsim as vs
    >>> from viralsim.experiment.marginal import marginal_return
    >>> found = marginal_return(vs.load_scenario("paid-or-seeding"), replicates=4, draws=2, seed=1)
    >>> [row.label for row in found.rows]
    ['flight 0 (story on instagram)']
    """
    check_counted(scenario, metric)
    if not 0.0 < more <= 10.0:
        raise SpecError(f"more: got {more:g}; allowed: above 0 to 10, such as 0.1 for a tenth more")
    effort, worlds = Effort.of(scenario, replicates, draws, seed, threads, fixed), Audiences()
    found, notes = spendings(scenario, more, _limits(scenario, effort, worlds))
    if not found:
        raise SpecError(
            "campaign: nothing is paid for that could be raised; write paid: [{item, platform, budget}], or a price "
            "for people asked" + "".join(f" ({note})" for note in notes)
        )
    plans = [scenario]
    for each in found:
        plans += [scenario.with_overrides(each.more), scenario.with_overrides(each.none)]
    of_all = effort.replicates * len(plans)
    done = 0

    def report(now: int, total: int) -> None:
        nonlocal done
        if progress is not None:
            progress(done + now, of_all)
        done += total if now == total else 0

    runs = [simulate_sharing(plan, worlds, effort, report) for plan in plans]
    rows = tuple(
        _row(each.label, metric, runs[0], runs[2 * k + 1], runs[2 * k + 2]) for k, each in enumerate(found)
    )
    base = runs[0]
    notes += tuple(
        f"{row.label}: {100 * more:.3g} % more pays for nobody more: the next one costs more (try --more), or all "
        "are asked"
        for each, row in zip(found, rows, strict=True)
        if row.added_cost.mean == 0.0
        and row.label != ALL
        and any(".pick.budget" in path for path in each.more)
    )
    return Marginal(scenario.name, metric, more, rows, notes, base.replicates, base.draws, base.seed)


def _limits(scenario: Scenario, effort: Effort, worlds: Audiences) -> list[float | None]:
    """How many people every draw has to ask, or what a budget may spend on them; see `spendings`."""
    seedings = scenario.campaign.seeding
    if not seedings:
        return []
    found = count_eligible(scenario, effort, worlds.graphs(scenario), math.inf)
    limits: list[float | None] = []
    for seeding, there, wanted, price in zip(seedings, found.asked, found.wanted, found.price, strict=True):
        if there is None or wanted is None:
            limits.append(None)
        elif getattr(seeding.pick, "count", None) is None:
            limits.append(float(np.min(there * price)))
        else:
            limits.append(int(there.min()))
    return limits


def _row(label: str, metric: str, base: Ensemble, more: Ensemble, none: Ensemble) -> SpendingReturn:
    """One spending, from the ensembles as it is, with more and with none of it."""
    draw = base.draw

    def per_dollar(gain: Any, cost: Any) -> Summary:
        return summarise(Column(gain, np.maximum(cost, 0.0)), draw)

    spent, added_cost = base["cost"] - _cost(none), more["cost"] - base["cost"]
    brought, added = base[metric] - none[metric], more[metric] - base[metric]
    return SpendingReturn(
        label,
        summarise(spent, draw),
        summarise(brought, draw),
        per_dollar(brought, spent),
        summarise(added_cost, draw),
        summarise(added, draw),
        per_dollar(added, added_cost),
    )


def _cost(ensemble: Ensemble) -> Any:
    """Cost per run, 0 where nothing is paid for."""
    return ensemble["cost"] if "cost" in ensemble.metrics else np.zeros(ensemble.replicates)
