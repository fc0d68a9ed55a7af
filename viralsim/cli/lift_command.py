"""``viralsim lift``: what each channel caused, beside what attribution rules would have claimed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress
from viralsim.cli.options import (
    json_option,
    quiet_option,
    scenario_argument,
    study_options,
)
from viralsim.cli.study_output import tell_study

if TYPE_CHECKING:
    from viralsim.experiment.lift import Lift
    from viralsim.metrics.uncertainty import Summary

__all__ = ["command"]


@click.command("lift")
@scenario_argument
@study_options
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Write lift.json, lift.csv and the figure (PNG, SVG) there; with --marginal: marginal.json, ...",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace results in FOLDER.")
@click.option(
    "--marginal",
    is_flag=True,
    help="In place of the channels: what another US$ brings, in the same worlds with a little more spending.",
)
@click.option(
    "--more",
    type=click.FloatRange(0.0, 1000.0, min_open=True),
    metavar="PERCENT",
    help="With --marginal: how much more is spent. [default: 10]",
)
@click.option(
    "--metric", metavar="NAME", help="With --marginal: what is counted. [default: impressions_earned]"
)
@json_option
@quiet_option
def command(
    scenario: str,
    variant: str | None,
    settings: tuple[tuple[str, Any], ...],
    out: Path | None,
    force: bool,
    marginal: bool,
    more: float | None,
    metric: str | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Say what owned, paid and earned media caused, and what attribution would have claimed for them.

    Every replicate is run in eight worlds, with each set of channels on, on the same people and luck.

    \b
    viralsim lift referral-programme --variant referral
    viralsim lift my-campaign.yaml --replicates 400 --out lift
    viralsim lift paid-or-seeding --marginal
    """
    from viralsim.cli.folder import check_free
    from viralsim.cli.scenarios import load
    from viralsim.experiment.lift import true_lift

    _check(marginal, more, metric)
    chosen = load(scenario, variant, settings)
    if out is not None:
        check_free(out, force)
    if marginal:
        from viralsim.cli.marginal_output import say_marginal

        asked = (metric or "impressions_earned", (more or 10.0) / 100.0)
        say_marginal(chosen, asked, options, as_json, quiet, out, force)
        return

    def work(report: Progress) -> Lift:
        return true_lift(chosen, progress=report, **options)

    def write(place: Path, found: Lift) -> None:
        from viralsim.cli.study_folder import write_lift

        write_lift(place, found, chosen, options, force)

    files = "run.json, lift.json, lift.csv, figures"
    tell_study(work, Progress(chosen.name), _print, write, files, as_json=as_json, quiet=quiet, out=out)


def _check(marginal: bool, more: float | None, metric: str | None) -> None:
    """Options that do not go together."""
    for name, value in (("--more", more), ("--metric", metric)):
        if value is not None and not marginal:
            raise click.UsageError(f"{name} goes with --marginal only")


def _print(found: Lift) -> None:
    """The sentence, then the channels as rows, claims and truth as columns."""
    from viralsim.cli.render import print_table
    from viralsim.metrics.attribution import RULES

    click.echo(found.sentence())
    click.echo()
    rows = [
        (
            channel.channel,
            *(_value(channel.claimed[rule]) for rule in RULES),
            _value(channel.caused),
            _interval(channel.caused),
            _value(channel.missing),
        )
        for channel in found.channels
    ]
    total = (
        "all",
        *(_value(found.claimed[rule]) for rule in RULES),
        _value(found.lift),
        _interval(found.lift),
        "",
    )
    heads = ("purchases per run", *RULES, "caused", "95 % interval", "missing without it")
    print_table(heads, [*rows, total], numeric=range(1, len(heads)))
    _print_overclaims(found)
    click.echo(
        f"note: {_value(found.baseline)} of {_value(found.purchases)} purchases per run would be made without the "
        "campaign; no rule of attribution can know which"
    )
    click.echo(
        'note: "caused" shares out what the campaign caused (Shapley value over the worlds with some channels on); '
        '"missing without it" is what one channel alone takes with it, so these need not add up'
    )
    click.echo()
    click.echo(
        f"{found.replicates:,} replicates over {found.draws:,} draws, each in eight worlds on shared luck; "
        f"seed {found.seed}"
    )


def _print_overclaims(found: Lift) -> None:
    """How many times what was caused each rule claims."""
    from viralsim.cli.render import print_table
    from viralsim.experiment.lift import overclaim_text
    from viralsim.metrics.attribution import RULES

    rows = [(c.channel, *(overclaim_text(c.overclaim[rule]) for rule in RULES)) for c in found.channels]
    rows.append(("all", *(overclaim_text(found.overclaim[rule]) for rule in RULES)))
    click.echo()
    print_table(("claimed / caused (95 % interval)", *RULES), rows, numeric=range(1, len(RULES) + 1))


def _value(summary: Summary) -> str:
    from viralsim.metrics.rounding import format_number

    return format_number(summary.mean, summary.se)


def _interval(summary: Summary) -> str:
    from viralsim.metrics.rounding import format_interval

    return format_interval(summary.low, summary.high, summary.se)
