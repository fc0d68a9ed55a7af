"""Before a run: how large it is, whether it fits, and about how long it takes (``--dry-run``)."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job, seconds_text
from viralsim.cli.render import print_json, size_text
from viralsim.cli.warm_start import start_helper

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["COMPILE_SECONDS", "Plan", "dry_run", "say_if_cold"]

COMPILE_SECONDS = 25
KERNELS = ("spread", "single", "generators", "csr")  # what runs of scenarios use
# Which engine a scenario needs is known when it runs. Seconds to compile each:
_ENGINES = {"spread": 20, "single": 10}
_PILOT_SECONDS = 0.5
_MOST_PILOT_REPLICATES = 256


def say_if_cold(
    progress: Progress, quiet: bool, kernels: Sequence[str] = (), seconds: int = COMPILE_SECONDS
) -> None:
    """Say that kernels have to be compiled, where they have.

    `kernels`: those that will be used; none for those of a run: then a helper compiles along while no engine is
    compiled yet, and an engine that is missing later is spoken of when it is compiled.
    """
    from viralsim.kernels import cold_start, say_when_compiling

    def say(about: int) -> None:
        progress.note = f"compiling once, about {about} s"
        if not quiet:
            click.echo(f"viralsim: first use on this machine: compiling once, about {about} s", err=True)

    if cold_start(*kernels) if kernels else all(cold_start(engine) for engine in _ENGINES):
        say(seconds)
        if not kernels:
            start_helper()
    elif not kernels:
        for name, its_seconds in _ENGINES.items():
            say_when_compiling(name, partial(say, its_seconds))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will take.

    Parameters
    ----------
    people, edges : int
        The largest over the scenarios.
    memory_bytes, available_bytes : float
    settings, replicates, draws, threads : int
    seconds : float
        Estimated from a pilot, without compiling.
    """

    people: int
    edges: int
    memory_bytes: float
    available_bytes: float
    settings: int
    replicates: int
    draws: int
    threads: int
    seconds: float

    @property
    def fits(self) -> bool:
        """Whether there is memory for it."""
        return self.memory_bytes <= self.available_bytes


def dry_run(
    scenarios: Sequence[Scenario],
    options: dict[str, Any],
    as_json: bool,
    quiet: bool,
    stand_for: int | None = None,
) -> None:
    """Print what a run of these scenarios would take.

    Parameters
    ----------
    scenarios : sequence of Scenario
    options : dict
        replicates, draws, seed, threads, fixed as given to `simulate`; None where not given.
    as_json, quiet : bool
    stand_for : int, optional
        Settings of a sweep that the scenarios are examples of.

    Raises
    ------
    EngineError
        If it would not fit in memory.
    """
    progress = Progress("timing a pilot", parts=len(scenarios))
    say_if_cold(progress, quiet)
    plan = run_job(lambda report: _plan(scenarios, options, report), progress, quiet)
    if stand_for is not None:
        plan = replace(plan, settings=stand_for, seconds=plan.seconds * stand_for / len(scenarios))
    if as_json:
        print_json(asdict(plan))
        return
    what = "scenario" if stand_for is None else "setting"
    each = f"{plan.settings:,} {what}{'s' * (plan.settings != 1)} x {plan.replicates:,} replicates"
    lines = [
        ("people", f"{plan.people:,}"),
        ("follower edges", f"{plan.edges:,}"),
        ("memory", f"{size_text(plan.memory_bytes)} of {size_text(plan.available_bytes)} available"),
        ("to run", f"{each}, {plan.draws:,} draws, {plan.threads} thread{'s' * (plan.threads != 1)}"),
        (
            "time",
            f"{'about ' + seconds_text(plan.seconds) if plan.seconds >= 1 else 'under 1 s'}, from a short pilot",
        ),
    ]
    for label, text in lines:
        click.echo(f"{label:<16}{text}")
    click.echo("Nothing was run.")


def _plan(scenarios: Sequence[Scenario], options: dict[str, Any], progress: Progress) -> Plan:
    """Memory of each scenario, then a pilot of each."""
    from viralsim.engine.memory import check_memory, estimate
    from viralsim.engine.networks import file_graphs

    first = scenarios[0].run
    replicates = options["replicates"] or first.replicates
    draws = min(options["draws"] or first.draws, replicates)
    threads = options["threads"] or os.cpu_count() or 1
    needs, seconds = [], 0.0
    for scenario in scenarios:
        graphs = file_graphs(scenario)
        check_memory(scenario, graphs, replicates, threads, draws)
        needs.append(estimate(scenario, graphs, replicates, threads, draws))
        progress(0, 1)
    for scenario in scenarios:
        per_draw, per_replicate = _pilot(scenario, options["fixed"])
        busy = min(threads, draws) if per_draw * draws > per_replicate * replicates else threads
        seconds += (draws * per_draw + replicates * per_replicate) / busy
    return Plan(
        people=max(need.people for need in needs),
        edges=max(need.edges for need in needs),
        memory_bytes=max(need.bytes for need in needs),
        available_bytes=min(need.available_bytes for need in needs),
        settings=len(scenarios),
        replicates=replicates,
        draws=draws,
        threads=threads,
        seconds=seconds,
    )


def _pilot(scenario: Scenario, fixed: bool) -> tuple[float, float]:
    """Seconds per draw (people and networks) and per replicate, on one thread, compiled code."""
    from viralsim.engine import simulate

    def spent(replicates: int) -> float:
        began = time.perf_counter()
        simulate(scenario, replicates=replicates, draws=1, seed=0, threads=1, fixed=fixed)
        return time.perf_counter() - began

    spent(1)  # compiles, and reads what is read once
    one = min(spent(1), spent(1))
    count = 4
    while (more := spent(1 + count) - one) < _PILOT_SECONDS and count < _MOST_PILOT_REPLICATES:
        count *= 4  # until the replicates take long enough to stand out from the noise of the clock
    per_replicate = max(more, 0.0) / count
    return max(one - per_replicate, 0.0), per_replicate
