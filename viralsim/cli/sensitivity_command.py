"""``viralsim sensitivity``: which of the numbers nobody knows decides a result."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import sys
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
from viralsim.cli.suggest import Choice

if TYPE_CHECKING:
    from viralsim.experiment.sensitivity_plan import SensitivityPlan
    from viralsim.experiment.sensitivity_result import Sensitivity

__all__ = ["command"]


@click.command("sensitivity")
@scenario_argument
@click.option(
    "--metric", metavar="NAME", help="What is to be explained.  [default: the goal's metric, else reach]"
)
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
    help="Keep every setting there as it comes, then write tables and figures (PNG, SVG, CSV).",
)  # fmt: skip
@click.option(
    "--resume", is_flag=True,
    help="Go on with a study in FOLDER, extend it by more samples, or explain another metric with it.",
)  # fmt: skip
@click.option(
    "--executor", type=Choice(("threads", "dask")), default="threads", show_default=True, help="Where settings run."
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS", help="Of a Dask cluster: tcp://host:port, or a scheduler file."
)
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
    resume: bool,
    force: bool,
    executor: str,
    scheduler: str | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **numbers: Any,
) -> None:
    """Say which uncertain numbers decide a metric: Sobol indices with intervals, and effect curves.

    With --out it can be stopped at any time and gone on with by --resume.

    \b
    viralsim sensitivity launch-video --metric reach
    viralsim sensitivity my.yaml --vary items.film.share_prob --vary audience.size=1000:100000:log --out what-matters
    """
    from viralsim.cli.render import note, print_json
    from viralsim.cli.scenarios import load
    from viralsim.experiment.sensitivity_plan import make_sensitivity_plan

    chosen = load(scenario, variant, settings)
    plan = make_sensitivity_plan(chosen, metric, _ranges(ranges), samples=samples, **numbers)
    check_out(out, resume, force)
    if scheduler and executor != "dask":
        raise click.UsageError("--scheduler needs --executor dask.")
    if dry_run:
        say_size(plan, threads, as_json, quiet)
        return
    found = sensitivity_job(plan, out, resume, (executor, scheduler, threads), quiet)
    if as_json:
        print_json(found.to_dict())
    else:
        print_sensitivity(found)
    if out is not None:
        from viralsim.cli.study_folder import write_sensitivity

        write_sensitivity(out, found, dataclasses.replace(plan, seed=found.seed), beside=True)
        note(
            f"Written to {out}: sensitivity.csv, effect_curves.csv, sensitivity.json, figures, sensitivity.sqlite",
            quiet,
        )


def check_out(out: Path | None, resume: bool, force: bool) -> None:
    """Refuse a folder that cannot be used before any time is spent; --force takes the store of an old study away."""
    from viralsim.cli.folder import check_free
    from viralsim.errors import StoreError
    from viralsim.experiment.store.study import STORE_FILES, STUDY_FILE, forget_study, store_text

    if out is None:
        if resume:
            raise click.UsageError("--resume needs --out FOLDER.")
        return
    if resume and force:
        raise click.UsageError(
            "--resume goes on with what is in FOLDER, and --force replaces it: choose one."
        )
    if (out / STUDY_FILE).is_dir():
        raise StoreError(
            f"--out {out}: {STUDY_FILE} there is a folder where the store of the study belongs; move it away, or name "
            "another folder"
        )
    if (out / STUDY_FILE).is_file():
        if resume:
            return
        if not force:
            raise StoreError(f"--out {out}: {store_text(out)} with --force, or name another folder")
    if force and any((out / name).is_file() for name in STORE_FILES):
        forget_study(out)
    check_free(out, force)


def say_size(plan: SensitivityPlan, threads: int | None, as_json: bool, quiet: bool) -> None:
    """--dry-run: sizes and time."""
    from viralsim.cli.plan import dry_run

    options = {
        "replicates": plan.replicates,
        "draws": plan.draws,
        "seed": plan.seed,
        "threads": threads,
        "fixed": True,
    }
    dry_run([plan.scenario], options, as_json, quiet, stand_for=plan.settings)


def sensitivity_job(
    plan: SensitivityPlan,
    out: Path | None,
    resume: bool,
    where: tuple[str, str | None, int | None],
    quiet: bool,
) -> Sensitivity:
    """Run it (`where`: executor, scheduler, threads) with progress on stderr; Ctrl-C keeps what is done."""
    from viralsim.cli.plan import say_if_cold

    def work(report: Progress) -> Sensitivity:
        from viralsim.experiment.sensitivities import run_sensitivity
        from viralsim.experiment.store.study import kept_study
        from viralsim.experiment.sweeps import chosen_executor

        executor, scheduler, threads = where
        with contextlib.ExitStack() as ends:
            chosen: Any = executor
            if executor == "dask":
                from viralsim.experiment.cluster import client_of

                chosen = ends.enter_context(contextlib.closing(client_of(scheduler)))
            begun, store = ends.enter_context(kept_study(plan, out, resume))
            runs = chosen_executor(chosen, threads or os.cpu_count() or 1, plan.settings)
            return run_sensitivity(begun, runs, report, store)

    progress = Progress(plan.scenario.name, unit="settings")
    say_if_cold(progress, quiet)
    return run_job(work, progress, quiet, kept=None if out is None else lambda found: kept_text(found, out))


def kept_text(progress: Progress, out: Path) -> str:
    """What is said when it is interrupted."""
    from viralsim.experiment.store.study import kept_settings

    counted = f"{kept_settings(out):,} of {progress.total:,} settings"
    words = [word for word in sys.argv[1:] if word not in ("--resume", "--force")]
    return f"interrupted; kept {counted}; go on with: {shlex.join(['viralsim', *words, '--resume'])}"


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
