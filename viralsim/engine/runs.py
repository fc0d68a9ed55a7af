"""Simulate: run a scenario's replicates into an Ensemble, all of them or a block."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from viralsim.engine.audience import AudienceMaker
from viralsim.engine.central import central_replicates
from viralsim.engine.effort import Effort
from viralsim.engine.ensemble import Ensemble
from viralsim.engine.memory import graphs_that_fit
from viralsim.engine.replicates import run_replicates
from viralsim.engine.running import Progress, Running
from viralsim.engine.shortages import check_run
from viralsim.errors import EngineError, SpecError
from viralsim.graph.social_graph import SocialGraph
from viralsim.spec import Scenario

__all__ = ["reporter", "run_block", "run_replicates", "simulate"]


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
    effort = Effort.of(scenario, replicates, draws, seed, threads, fixed)
    graphs = graphs_that_fit(scenario, effort)
    check_run(scenario, effort, graphs)
    run = Running(scenario, effort, graphs)
    if explain and effort.draws > 1 and not fixed:
        fewer = central_replicates(effort.replicates, effort.draws)
        run.central = Running(scenario, replace(effort, replicates=fewer, fixed=True), graphs)
    run.all_draws(reporter(progress))
    return run.ensemble()


def run_block(
    scenario: Scenario,
    effort: Effort,
    graphs: Mapping[str, SocialGraph],
    first: int = 0,
    maker: AudienceMaker | None = None,
    *,
    stop: threading.Event | None = None,
    report: Progress | None = None,
    central_platforms: Mapping[str, Any] | None = None,
) -> Ensemble:
    """Run some replicates of a scenario, from `first` on: the same rows as `simulate` would give.

    Parameters
    ----------
    scenario : Scenario
    effort : Effort
        Its replicates are those to run now; its draws are what all replicates of the scenario are dealt over.
    graphs : mapping of platform name to SocialGraph
        The networks read from files.
    first : int
        A multiple of the draws.
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
    if first % effort.draws:
        raise SpecError(f"first: got {first}; allowed are multiples of the {effort.draws} draws")
    run = Running(scenario, effort, graphs, first, maker, central_platforms, stop)
    run.all_draws(report)
    if run.ending:
        raise EngineError("stopped before it was done")
    return run.ensemble()


def reporter(progress: bool | Progress) -> Progress | None:
    """The callback to report to."""
    if callable(progress):
        return progress
    if not progress:
        return None
    from viralsim.engine.progress import bar

    return bar()
