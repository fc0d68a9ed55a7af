"""``viralsim tipping``: where R crosses 1, and where the goal is met in every second world."""

from __future__ import annotations

import math
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
    from viralsim.experiment.crossings import Crossing
    from viralsim.experiment.tipping import TippingPoint

__all__ = ["command"]


@click.command("tipping")
@scenario_argument
@click.option(
    "--vary",
    required=True,
    metavar="PATH[=LOW:HIGH]",
    help="The number to vary, and where to look.  [default: a hundredth to a hundred times it, less for large worlds]",
)
@click.option("--metric", help="Of the goal.  [default: the scenario's]")
@click.option("--at-least", type=float, help="How much is the goal.  [default: the scenario's]")
@study_options
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Write the result, the settings looked at, and a figure (PNG, SVG, CSV) there.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace results in FOLDER.")
@json_option
@quiet_option
def command(
    scenario: str,
    vary: str,
    variant: str | None,
    settings: tuple[tuple[str, Any], ...],
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Find where a number tips a scenario: R = 1, and the goal met in every second run.

    \b
    viralsim tipping small-shop --vary items.0.share_prob
    viralsim tipping launch-video --vary items.film.share_prob=0.001:0.2 --metric reach --at-least 5000
    """
    from viralsim.cli.folder import check_free
    from viralsim.cli.scenarios import load
    from viralsim.experiment.tipping import tipping_point

    path, low, high = _range(vary)
    chosen = load(scenario, variant, settings)
    if out is not None:
        check_free(out, force)

    def work(report: Progress) -> TippingPoint:
        def heartbeat() -> None:
            heartbeat.count += 1  # type: ignore[attr-defined]
            report.say(f"looking at setting {heartbeat.count}")  # type: ignore[attr-defined]

        heartbeat.count = 0  # type: ignore[attr-defined]
        return tipping_point(chosen, path, low, high, progress=heartbeat, **options)

    def write(place: Path, found: TippingPoint) -> None:
        from viralsim.cli.study_folder import write_tipping

        write_tipping(place, found, chosen, options, force)

    progress, files = Progress(chosen.name, unit="settings"), "run.json, tipping.json, tipping.csv, figures"
    tell_study(work, progress, _print, write, files, as_json=as_json, quiet=quiet, out=out)


def _range(text: str) -> tuple[str, float | None, float | None]:
    """Path and ends of ``PATH`` or ``PATH=LOW:HIGH``."""
    path, equals, ends = (part.strip() for part in text.partition("="))
    if not equals:
        return path, None, None
    low, colon, high = ends.partition(":")
    try:
        if colon:
            return path, float(low), float(high)
    except ValueError:
        pass
    raise click.BadParameter(
        f"{text!r}: write PATH or PATH=LOW:HIGH, such as items.film.share_prob=0.001:0.2."
    )


def _print(found: TippingPoint) -> None:
    """The sentence, then a table of crossings."""
    from viralsim.cli.render import print_table

    click.echo(found.sentence())
    click.echo()
    r = found.reproduction
    rows = [
        ("R = 1, simulated", _figure(r.value), _interval(r, found.whole)),
        ("R = 1, theory", _figure(found.reproduction_theory), ""),
        ("growth rate = 1, theory", _figure(found.growth_theory), ""),
    ]
    if found.goal is not None:
        what = f"{found.metric} >= {found.at_least:g} every second run"
        rows.append((what, _figure(found.goal.value), _interval(found.goal, found.whole)))
    print_table(("what", found.path, "95 % interval"), rows, numeric=(1, 2))
    if found.whole:
        click.echo(
            f"note: {found.path} is a whole number, so whole values only were looked at; a crossing lies between the "
            "value given, where it is met, and the whole number beside it, where it is not"
        )
    for one in (r, found.goal):
        if one is not None and one.note:
            click.echo(f"note: {one.note}")
    if not math.isnan(found.reproduction_theory):
        click.echo(
            "note: theory has an audience that stays fresh and a run without end; in a run late displays are cut off "
            "and large cascades use people up, so R crosses 1 later"
        )
    click.echo()
    click.echo(
        f"{found.settings} settings of {found.replicates:,} replicates over {found.draws:,} draws; seed {found.seed}; "
        f"the scenario has {_figure(found.present)}"
    )


def _figure(value: float) -> str:
    if math.isnan(value):
        return "none"
    return f"{value:,.0f}" if value == round(value) else f"{value:.4g}"


def _interval(place: Crossing, whole: bool) -> str:
    if math.isnan(place.low):
        return ""
    return f"{place.low:,.0f} to {place.high:,.0f}" if whole else f"{place.low:.3g} to {place.high:.3g}"
