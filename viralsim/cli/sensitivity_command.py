"""``viralsim sensitivity``: which of the numbers nobody knows decides a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job
from viralsim.cli.options import (
    dry_run_option,
    json_option,
    quiet_option,
    scenario_argument,
    seed_option,
    set_option,
    threads_option,
    variant_option,
)

if TYPE_CHECKING:
    from viralsim.experiment.sensitivity_result import Sensitivity

__all__ = ["command"]


@click.command("sensitivity")
@scenario_argument
@click.option("--metric", help="What is to be explained.  [default: the goal's metric, else reach]")
@click.option(
    "--vary", "ranges", multiple=True, metavar="PATH[=LOW:HIGH[:log]]",
    help="A number that is not known, over its band in the scenario or a range. May be repeated.  "
    "[default: every number with a band]",
)  # fmt: skip
@click.option(
    "--samples", type=click.IntRange(2), default=128, show_default=True,
    help="Rows of each of two samples, a power of 2; samples x (numbers + 2) settings are run.",
)  # fmt: skip
@click.option(
    "--replicates", type=click.IntRange(2), default=16, show_default=True, help="Simulated worlds of each setting."
)  # fmt: skip
@click.option(
    "--draws", type=click.IntRange(2), default=8, show_default=True,
    help="People and networks they live in, an even number.",
)  # fmt: skip
@click.option(
    "--curve-replicates", type=click.IntRange(2), default=200, show_default=True,
    help="Simulated worlds of each point of the effect curves.",
)  # fmt: skip
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Write tables and figures (PNG, SVG, CSV) there.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace results in FOLDER.")
@variant_option
@set_option
@seed_option
@threads_option
@dry_run_option
@json_option
@quiet_option
def command(
    scenario: str,
    variant: str | None,
    settings: tuple[tuple[str, Any], ...],
    metric: str | None,
    ranges: tuple[str, ...],
    samples: int,
    threads: int | None,
    out: Path | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **numbers: Any,
) -> None:
    """Say which uncertain numbers decide a metric: Sobol indices with intervals, and effect curves.

    \b
    viralsim sensitivity launch-video --metric reach
    viralsim sensitivity my.yaml --vary items.film.share_prob --vary audience.size=1000:100000:log --out what-matters
    """
    import os

    from viralsim.cli.folder import check_free
    from viralsim.cli.plan import say_if_cold
    from viralsim.cli.render import note, print_json
    from viralsim.cli.scenarios import load
    from viralsim.experiment.executors import Threads
    from viralsim.experiment.sensitivities import make_sensitivity_plan, run_sensitivity

    chosen = load(scenario, variant, settings)
    plan = make_sensitivity_plan(chosen, metric, _ranges(ranges), samples=samples, **numbers)
    if out is not None:
        check_free(out, force)
    if dry_run:
        from viralsim.cli.plan import dry_run as say_size

        options = {
            "replicates": plan.replicates,
            "draws": plan.draws,
            "seed": plan.seed,
            "threads": threads,
            "fixed": True,
        }
        say_size([chosen], options, as_json, quiet, stand_for=plan.settings)
        return
    progress = Progress(chosen.name, unit="settings")
    say_if_cold(progress, quiet)
    found = run_job(
        lambda report: run_sensitivity(plan, Threads(threads or os.cpu_count() or 1, plan.settings), report),
        progress,
        quiet,
    )
    if as_json:
        print_json(found.to_dict())
    else:
        print_sensitivity(found)
    if out is not None:
        from viralsim.cli.study_folder import write_sensitivity

        write_sensitivity(out, found, plan, force)
        note(f"Written to {out}: sensitivity.csv, effect_curves.csv, sensitivity.json, figures", quiet)


def _ranges(texts: tuple[str, ...]) -> dict[str, str] | None:
    """``PATH`` or ``PATH=LOW:HIGH`` as path -> range."""
    found: dict[str, str] = {}
    for text in texts:
        path, equals, ends = (part.strip() for part in text.partition("="))
        if not path or (equals and not ends):
            raise click.BadParameter(
                f"{text!r}: write PATH or PATH=LOW:HIGH, such as items.film.share_prob=0.001:0.02:log."
            )
        if path in found:
            raise click.BadParameter(f"{path} is varied twice.")
        found[path] = ends if equals else "band"
    return found or None


def print_sensitivity(found: Sensitivity) -> None:
    """The sentence, a table of numbers, and what to read them with."""
    from viralsim.cli.render import print_table
    from viralsim.experiment.sensitivity_result import index_text, interval_text
    from viralsim.metrics.rounding import format_number

    click.echo(found.sentence())
    click.echo()
    rows = [
        (
            factor.path, f"{factor.low:.3g} to {factor.high:.3g}", index_text(factor.first), index_text(factor.total),
            interval_text(factor.total_low, factor.total_high), format_number(factor.swing, factor.swing_error),
        )
        for factor in found.factors
    ]  # fmt: skip
    heads = ("number", "from 5 % to 95 %", "alone", "in all", "95 % interval", f"{found.metric} moves by")
    print_table(heads, rows, numeric=(1, 2, 3, 4, 5))
    click.echo()
    for line in found.notes():
        click.echo(line)
    click.echo(
        f"{found.settings:,} settings: {found.samples} samples x ({len(found.factors)} numbers + 2) of "
        f"{found.replicates} replicates, and effect curves of {found.curve_replicates}; {found.draws} draws; "
        f"seed {found.seed}"
    )
