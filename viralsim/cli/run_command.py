"""``viralsim run``: simulate a scenario and say what came out, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job, writing
from viralsim.cli.options import run_options, scenario_argument, variant_option
from viralsim.cli.parts import by_option, check_by, parts_object, print_parts

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.spec import Scenario

__all__ = ["Result", "as_object", "command", "graph_notes", "judged_metric", "simulate_job"]


@click.command("run")
@scenario_argument
@variant_option
@by_option
@run_options
def command(
    scenario: str,
    variant: str | None,
    by: str | None,
    settings: tuple[tuple[str, Any], ...],
    out: Path | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Simulate a scenario many times: how far it travels by word of mouth, and how sure that is.

    \b
    viralsim run launch-video
    viralsim run my.yaml --set items.film.share_prob=0.02 --replicates 500
    viralsim run my.yaml --out results      page, tables, figures and run.json
    viralsim run my.yaml --out page.html    one page to forward
    viralsim run my.yaml --by age           results by an attribute of the segments
    viralsim run my.yaml --json | jq .metrics.reach.mean
    """
    from viralsim.cli.folder import check_place, show_then_write, write_results
    from viralsim.cli.render import note, print_ensemble, print_json
    from viralsim.cli.scenarios import load, located

    chosen = load(scenario, variant, settings)
    check_by(chosen, by)
    if dry_run:
        from viralsim.cli.plan import dry_run as say_plan

        with located(chosen):
            say_plan([chosen], options, as_json, quiet)
        return
    if out is not None:
        check_place(out, force)
    with located(chosen):
        result = simulate_job(chosen, options, quiet)
    for text in (*result.notes, *(f"warning: {text}" for text in result.warnings)):
        note(text, quiet)

    def show() -> None:
        if as_json:
            parts = {} if by is None else {"parts": parts_object(result.ensemble, by)}
            print_json({**as_object(result), **parts})
        else:
            print_ensemble(result.ensemble, result.split, result.metric)
            if by is not None:
                print_parts(result.ensemble, by)

    def write() -> None:
        if out is not None:
            with writing("writing tables and drawing figures", quiet):
                written = write_results(result.ensemble, out, force)
            note(written, quiet)

    show_then_write(show, write)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run and what there is to say about it.

    Parameters
    ----------
    ensemble : Ensemble
    split : Split or None
        What the spread of `metric` is made of.
    metric : str
        The goal's metric, else reach.
    notes : tuple of str
        From reading networks.
    warnings : tuple of str
        What `validate` warns of.
    """

    ensemble: Ensemble
    split: Any
    metric: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def simulate_job(scenario: Scenario, options: dict[str, Any], quiet: bool, explain: bool = True) -> Result:
    """Simulate with progress on stderr.

    Parameters
    ----------
    scenario : Scenario
    options : dict
        seed, replicates, draws, threads, fixed as in `simulate`.
    quiet : bool
    explain : bool
        Also find out what the spread is made of, and what is unusual.

    Returns
    -------
    Result

    Raises
    ------
    Interrupted
        On Ctrl-C.
    """
    from viralsim.cli.plan import say_if_cold

    def work(report: Progress) -> Result:
        from viralsim.engine import simulate

        ensemble = simulate(scenario, progress=report, explain=explain, **options)
        metric = judged_metric(ensemble)
        if not explain:
            return Result(ensemble, None, metric, (), ())
        report.say("finding what the spread is made of")
        split = ensemble.variance(metric)
        report.say("looking for what is unusual")
        return Result(ensemble, split, metric, graph_notes(ensemble), _warnings(ensemble))

    progress = Progress(scenario.name)
    say_if_cold(progress, quiet)
    return run_job(work, progress, quiet, meanwhile=_load_printing)


def _load_printing() -> None:
    """Load what prints an ensemble."""
    import viralsim.cli.render
    import viralsim.metrics.formulas
    import viralsim.metrics.registry  # noqa: F401


def judged_metric(ensemble: Ensemble) -> str:
    """The metric of the scenario's goal where it is defined, else reach."""
    goal = ensemble.scenario.goal
    return str(goal.metric) if goal is not None and goal.metric in ensemble else "reach"


def graph_notes(ensemble: Ensemble) -> tuple[str, ...]:
    """What reading the networks' files brought to light, with the platform's name before it."""
    return tuple(
        f"note: network of {name}: {text}" for name, graph in ensemble.graphs.items() for text in graph.notes
    )


def _warnings(ensemble: Ensemble) -> tuple[str, ...]:
    """What is unusual about the scenario in its first draw, and about the numbers and people drawn."""
    from viralsim.engine.effort import Effort
    from viralsim.engine.eligible import count_eligible
    from viralsim.engine.expected import expectations
    from viralsim.engine.shortages import flights_without_people

    cut = ensemble.tallies.cut_draws
    told: tuple[str, ...] = ()
    if cut:
        told = (
            f"In {cut} of the {ensemble.draws} draws the R drawn is more than its network can carry, and was cut to "
            "what it carries: narrow the bands of reproduction_number and peer_visibility, or add followers.",
        )
    scenario = ensemble.scenario
    if scenario.campaign.paid:
        effort = Effort(ensemble.replicates, ensemble.draws, ensemble.seed, fixed=ensemble.fixed)
        told += flights_without_people(scenario, count_eligible(scenario, effort, ensemble.graphs, 0))
    return told + (expectations(ensemble.first_draw()).warnings if ensemble.first_draw is not None else ())


def as_object(result: Result) -> dict[str, Any]:
    """What ``--json`` prints: the ensemble's object, then what stands beside it on the screen."""
    from viralsim.metrics.formulas import formulas

    ensemble, goal = result.ensemble, result.ensemble.scenario.goal
    split = {key: value for key, value in asdict(result.split).items() if value != ""}
    chance = (
        ensemble.prob_at_least(goal.metric, goal.at_least) if goal and goal.metric in ensemble else math.nan
    )
    return {
        **ensemble.to_dict(),
        "formulas": formulas(ensemble.tallies),
        "goal": goal and {"metric": goal.metric, "at_least": goal.at_least, "prob": chance},
        "variance": {"metric": result.metric, **split},
        "notes": list(result.notes),
        "warnings": list(result.warnings),
    }
