"""``viralsim compare``: which scenario is better, how surely, and if it cannot be said, why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job, writing
from viralsim.cli.options import run_options
from viralsim.cli.scenarios import complete_scenarios
from viralsim.cli.suggest import did_you_mean

if TYPE_CHECKING:
    from viralsim.experiment.comparison import Comparison
    from viralsim.spec import Scenario

__all__ = ["check_metric", "command", "compare_job"]


def check_metric(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """A metric's name, or several; a usage error with the nearest one otherwise."""
    from viralsim.spec.metric_names import METRIC_NAMES

    for name in value if isinstance(value, tuple) else (value,):
        if name not in METRIC_NAMES:
            names = ", ".join(METRIC_NAMES)
            raise click.BadParameter(
                f"there is no metric {name!r}.{did_you_mean(name, METRIC_NAMES)} Allowed: {names}."
            )
    return value


@click.command("compare")
@click.argument(
    "scenarios", metavar="SCENARIO [SCENARIO ...]", nargs=-1, required=True, shell_complete=complete_scenarios
)
@click.option(
    "--metric", default="reach", show_default=True, callback=check_metric, help="What the verdict is about."
)
@click.option(
    "--also", multiple=True, callback=check_metric, metavar="METRIC", help="Report pairs in this metric too."
)
@click.option(
    "--worthwhile",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Smallest relative difference worth having.",
)
@run_options
def command(
    scenarios: tuple[str, ...],
    metric: str,
    also: tuple[str, ...],
    worthwhile: float,
    settings: tuple[tuple[str, Any], ...],
    out: Path | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Run scenarios in shared worlds and say which is better, and how surely.

    One scenario stands for itself and all its variants.

    \b
    viralsim compare influencers-or-many
    viralsim compare broad.yaml seeded.yaml --metric impressions_earned --out which
    """
    from viralsim.cli.folder import check_place, write_results
    from viralsim.cli.render import note, print_comparison, print_json
    from viralsim.cli.run_command import graph_notes
    from viralsim.cli.scenarios import load_all, located

    chosen, labels = load_all(scenarios, settings)
    if dry_run:
        from viralsim.cli.plan import dry_run as say_plan

        with located(*chosen):
            say_plan(chosen, options, as_json, quiet)
        return
    if out is not None:
        check_place(out, force)
    question = {"metric": metric, "metrics": also, "worthwhile": worthwhile, "labels": labels}
    with located(*chosen):
        comparison = compare_job(chosen, {**question, **options}, quiet)
    for text in dict.fromkeys(text for scenario in chosen for text in graph_notes(scenario)):
        note(text, quiet)
    if as_json:
        print_json(comparison.to_dict())
    else:
        print_comparison(comparison)
    if out is not None:
        with writing("writing tables and drawing figures", quiet):
            written = write_results(comparison, out, force)
        note(written, quiet)


def compare_job(scenarios: list[Scenario], options: dict[str, Any], quiet: bool) -> Comparison:
    """Compare with progress on stderr; `options` are the arguments of `compare`."""
    from viralsim.cli.plan import say_if_cold

    def work(report: Progress) -> Comparison:
        from viralsim.experiment.comparison import compare

        return compare(scenarios, progress=report, **options)

    progress = Progress("comparing", parts=len(scenarios))
    say_if_cold(progress, quiet)
    return run_job(work, progress, quiet)
