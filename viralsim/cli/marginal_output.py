"""What ``viralsim lift --marginal`` says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress
from viralsim.cli.study_output import tell_study

if TYPE_CHECKING:
    from viralsim.experiment.marginal import Marginal
    from viralsim.metrics.uncertainty import Summary
    from viralsim.spec import Scenario

__all__ = ["say_marginal"]


def say_marginal(
    scenario: Scenario,
    asked: tuple[str, float],
    options: dict[str, Any],
    as_json: bool,
    quiet: bool,
    out: Path | None,
    force: bool,
) -> None:
    """Run the worlds with more and with no spending, and print (and write) what another US$ brings.

    `asked`: the metric, and the part by which spending is raised.
    """
    from viralsim.experiment.marginal import marginal_return

    def work(report: Progress) -> Marginal:
        return marginal_return(scenario, *asked, progress=report, **options)

    def write(place: Path, found: Marginal) -> None:
        from viralsim.cli.study_folder import write_marginal

        write_marginal(place, found, scenario, options, force)

    files = "run.json, marginal.json, marginal.csv, figures"
    tell_study(work, Progress(scenario.name), _print, write, files, as_json=as_json, quiet=quiet, out=out)


def _print(found: Marginal) -> None:
    from viralsim.cli.render import print_table

    click.echo(found.sentence())
    click.echo()
    rows = [
        (
            row.label,
            _dollars(row.spent),
            _value(row.brought),
            *_both(row.average, "nothing spent"),
            _dollars(row.added_cost),
            _value(row.added),
            *_both(row.marginal, "no more to buy"),
        )
        for row in found.rows
    ]
    each = "95 % interval"
    heads = ("per run", "US$ spent", "brought", "per US$", each, "US$ more", "added", "per US$ more", each)
    print_table(heads, rows, numeric=range(1, len(heads)))
    for text in found.notes:
        click.echo(f"note: {text}")
    click.echo(
        f"note: {found.metric.replace('_', ' ')}, against the same worlds without the spending and with "
        f"{100 * found.more:.3g} % more of it; all word of mouth it causes is counted"
    )
    click.echo()
    click.echo(
        f"{found.replicates:,} replicates over {found.draws:,} draws, {2 * len(found.rows) + 1} worlds each on shared "
        f"luck; seed {found.seed}"
    )


def _both(summary: Summary, if_none: str) -> tuple[str, str]:
    from viralsim.metrics.rounding import format_interval

    if math.isnan(summary.mean):
        return "-", if_none
    return _value(summary), format_interval(summary.low, summary.high, summary.se)


def _dollars(summary: Summary) -> str:
    return f"{summary.mean:,.2f}"


def _value(summary: Summary) -> str:
    from viralsim.metrics.rounding import format_number

    return format_number(summary.mean, summary.se)
