"""``viralsim sweep``: many settings of a scenario; results are kept as they come."""

from __future__ import annotations

import contextlib
import math
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.folder import check_place, is_page, write_sweep
from viralsim.cli.jobs import Progress, run_job, writing
from viralsim.cli.options import (
    draws_option,
    dry_run_option,
    fixed_option,
    json_option,
    quiet_option,
    replicates_option,
    scenario_argument,
    seed_option,
    set_option,
    threads_option,
    variant_option,
)
from viralsim.cli.suggest import Choice

if TYPE_CHECKING:
    from viralsim.experiment.plans import SweepPlan
    from viralsim.experiment.sweeps import Sweep

__all__ = ["command"]

SOME_FAILED = 3
MOST_ROWS = 40
_DESIGNS = ("grid", "zip", "random", "latin-hypercube", "sobol")


@click.command("sweep")
@scenario_argument
@click.option(
    "--vary", "axes", multiple=True, metavar="PATH=VALUES",
    help="PATH=a,b,c or PATH=start:stop:count (:log for equal ratios). May be repeated: every combination is run. "
    "A semicolon joins paths that move together.",
)  # fmt: skip
@click.option(
    "--design", type=Choice(_DESIGNS), default="grid", show_default=True,
    help="How values are combined. The last three take PATH=low:high, or PATH alone for its band in the scenario.",
)  # fmt: skip
@click.option("--samples", type=click.IntRange(1), help="Settings of a sampling design.")
@click.option(
    "--design-seed", type=click.IntRange(0), default=0, help="Seed of a sampling design.  [default: 0]"
)
@click.option("--metric", help="What the table shows.  [default: the goal's metric, else reach]")
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Keep results there as they come: a store that can be read meanwhile, then results.csv. "
    "A name that ends in .html: the page alone.",
)  # fmt: skip
@click.option(
    "--resume", is_flag=True, help="Go on with a sweep in FOLDER, or extend it; only what is missing is run."
)
@click.option("--parquet", is_flag=True, help="Also write results.parquet (needs the extra `data`).")
@click.option(
    "--executor", type=Choice(("threads", "dask")), default="threads", show_default=True, help="Where settings run."
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS", help="Of a Dask cluster: tcp://host:port, or a scheduler file."
)
@variant_option
@set_option
@seed_option
@replicates_option
@draws_option
@threads_option
@fixed_option
@dry_run_option
@json_option
@quiet_option
def command(
    scenario: str,
    variant: str | None,
    axes: tuple[str, ...],
    settings: tuple[tuple[str, Any], ...],
    metric: str | None,
    out: Path | None,
    resume: bool,
    parquet: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Run a scenario with many settings, in shared worlds; stop at any time and go on with --resume.

    SCENARIO may also be an experiment file (viralsim_sweep: 1), which says what is varied.

    \b
    viralsim sweep launch-video --vary items.film.share_prob=0.01,0.02,0.05 --out shares
    viralsim sweep my.yaml --vary audience.size=1000:100000:5:log --vary run.seed=1,2 --out sizes
    viralsim sweep my.yaml --design sobol --samples 64 --vary items.film.share_prob --out band

    Exit code 3 if some settings failed; their rows in results.csv say why.
    """
    from viralsim.cli.render import note, print_json

    plan, shown = planned(scenario, variant, axes, settings, options)
    shown = metric or shown or (plan.scenario.goal.metric if plan.scenario.goal else "reach")
    check_options(out, resume, parquet, options, shown)
    if dry_run:
        say_size(plan, options, as_json, quiet)
        return 0
    page = None if out is None or not is_page(out) else out
    swept = sweep_job(plan, None if page else out, resume, options, quiet)
    if page:
        write_sweep_page(swept, page, shown, quiet)
    if parquet and swept.folder is not None:
        from viralsim.experiment.store import RESULTS_FILE, write_parquet
        from viralsim.experiment.store.folder import PARQUET_FILE

        write_parquet(swept.folder / RESULTS_FILE, swept.folder / PARQUET_FILE)
    failed = swept.failed
    if as_json:
        print_json(as_object(swept, plan))
    else:
        print_sweep(swept, shown)
    if failed:
        _, overrides, error = failed[0]
        first = ", ".join(f"{path}={value}" for path, value in overrides.items())
        note(f"viralsim: {len(failed):,} of {len(swept):,} settings failed; the first ({first}): {error}")
    if swept.folder is not None:
        note(f"Written to {swept.folder}: results.csv, sweep.sqlite, run.json", quiet)
        note(f"A page to look at: viralsim report {shlex.quote(str(swept.folder))}", quiet)
    return SOME_FAILED if failed else 0


def planned(
    source: str,
    variant: str | None,
    axes: tuple[str, ...],
    settings: tuple[tuple[str, Any], ...],
    options: dict[str, Any],
) -> tuple[SweepPlan, str | None]:
    """The plan that the command line or an experiment file means, and the metric that the file names."""
    from viralsim.cli.experiment_file import experiment_of
    from viralsim.cli.scenarios import load
    from viralsim.experiment.plans import make_plan

    numbers = {name: options[name] for name in ("replicates", "draws", "seed", "fixed")}
    experiment = experiment_of(source)
    if experiment is not None:
        base = experiment.scenario
        base = base.variant(variant) if variant else base
        base = base.with_overrides(dict(settings)) if settings else base
        given = {name: value for name, value in numbers.items() if value not in (None, False)}
        design = experiment.design * design_of(base, axes, options) if axes else experiment.design
        return make_plan(base, design, **{**experiment.options, **given}), experiment.metric
    if not axes:
        raise click.UsageError(
            "nothing is varied. Say what, with --vary PATH=a,b,c, such as --vary items.film.share_prob=0.01,0.02,0.05."
        )
    base = load(source, variant, settings)
    return make_plan(base, design_of(base, axes, options), **numbers), None


def design_of(scenario: Any, axes: tuple[str, ...], options: dict[str, Any]) -> Any:
    """The design of the --vary options."""
    from viralsim.errors import SpecError
    from viralsim.experiment.axes import parse_vary
    from viralsim.experiment.designs import METHODS, grid, zipped
    from viralsim.experiment.plans import make_design

    groups = [parse_vary(text) for text in axes]
    paths = [path for group in groups for path in group]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise SpecError(f"{twice}: is varied twice; give all its values in one --vary")
    kind = options["design"]
    if kind in METHODS or kind == "zip":
        if any(len(group) > 1 for group in groups):
            raise SpecError(f"--design {kind}: does not join paths with semicolons; give each its own --vary")
        merged = {path: values for group in groups for path, values in group.items()}
        return make_design(scenario, merged, kind, options["samples"], options["design_seed"])
    if options["samples"] is not None:
        raise SpecError(f"--samples: a {kind} takes none; choose --design {', '.join(METHODS)}")
    design = None
    for group in groups:
        own = zipped(group) if len(group) > 1 else grid(group)
        design = own if design is None else design * own
    return design


def check_options(
    out: Path | None, resume: bool, parquet: bool, options: dict[str, Any], metric: str
) -> None:
    """Refuse what cannot be meant, before anything runs."""
    from viralsim.cli.suggest import did_you_mean
    from viralsim.spec.metric_names import METRIC_NAMES

    if metric not in METRIC_NAMES:
        raise click.BadParameter(f"there is no metric {metric!r}.{did_you_mean(metric, METRIC_NAMES)}")
    if out is None and (resume or parquet):
        raise click.UsageError(f"--{'resume' if resume else 'parquet'} needs --out FOLDER.")
    if out is not None and is_page(out):
        if resume or parquet:
            raise click.UsageError(
                f"--{'resume' if resume else 'parquet'} needs a folder, and {out} is a page."
            )
        check_place(out)
    elif out is not None and out.suffix.lower() in (".csv", ".json", ".sqlite", ".parquet", ".yaml"):
        raise click.UsageError(f"--out {out}: results go into a folder, and this looks like a file.")
    if options["scheduler"] and options["executor"] != "dask":
        raise click.UsageError("--scheduler needs --executor dask.")


def write_sweep_page(swept: Sweep, page: Path, metric: str, quiet: bool) -> None:
    """Draw and write the page of a sweep."""
    from viralsim.cli.render import note

    with writing("drawing the page", quiet):
        write_sweep(swept, page, metric, ["viralsim", *sys.argv[1:]])
    note(f"Written: {page}", quiet)


def say_size(plan: SweepPlan, options: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """--dry-run: sizes and time, from the first, the middle and the last setting."""
    from viralsim.cli.plan import dry_run

    count = len(plan.design)
    numbers = sorted({0, count // 2, count - 1})
    examples = [plan.scenario.with_overrides(plan.design.point(number)) for number in numbers]
    chosen = {name: options[name] for name in ("replicates", "draws", "seed", "threads", "fixed")}
    dry_run(examples, chosen, as_json, quiet, stand_for=count)


def sweep_job(plan: SweepPlan, out: Path | None, resume: bool, options: dict[str, Any], quiet: bool) -> Sweep:
    """Run it with progress on stderr; Ctrl-C keeps what is done and says how to go on."""
    import os

    from viralsim.cli.plan import say_if_cold

    def work(report: Progress) -> Sweep:
        from viralsim.experiment.sweeps import run_sweep

        threads = options["threads"] or os.cpu_count() or 1
        if options["executor"] != "dask":
            return run_sweep(plan, out, options["executor"], threads, resume, report)
        from viralsim.experiment.cluster import client_of

        with contextlib.closing(client_of(options["scheduler"])) as client:
            return run_sweep(plan, out, client, threads, resume, report)

    progress = Progress(plan.scenario.name, unit="settings")
    say_if_cold(progress, quiet)
    return run_job(work, progress, quiet, kept=lambda found: kept_text(found, out))


def kept_text(progress: Progress, out: Path | None) -> str:
    """What is said when a sweep is interrupted."""
    if out is None:
        counted = f"{progress.done:,} of {progress.total:,} settings"
        return f"interrupted after {counted}; nothing was kept: --out FOLDER keeps results as they come."
    counted = f"{kept_count(out):,} of {progress.total:,} settings"
    words = [word for word in sys.argv[1:] if word != "--resume"]
    return f"interrupted; kept {counted}; go on with: {shlex.join(['viralsim', *words, '--resume'])}"


def kept_count(folder: Path) -> int:
    """Settings that the store of a folder holds."""
    from contextlib import closing

    from viralsim.errors import StoreError
    from viralsim.experiment.store import STORE_FILE, Store

    try:
        with closing(Store(folder / STORE_FILE, whole=False)) as store:
            return sum(store.counts())
    except StoreError:
        return 0


def as_object(swept: Sweep, plan: SweepPlan) -> dict[str, Any]:
    """What ``--json`` prints."""
    from viralsim.provenance import versions

    return {
        "scenario": plan.scenario.name,
        "digest": plan.scenario.digest,
        "seed": swept.seed,
        "settings": len(swept),
        "paths": list(swept.paths),
        "failed": [
            {"setting": number, "overrides": overrides, "error": error}
            for number, overrides, error in swept.failed
        ],
        "folder": None if swept.folder is None else str(swept.folder),
        "versions": versions(),
        "results": list(swept.rows()),
    }


def print_sweep(swept: Sweep, metric: str) -> None:
    """One line per setting with the metric, the first and the last ones if there are many."""
    from viralsim.cli.render import print_table
    from viralsim.metrics.rounding import format_interval, format_number

    click.echo(swept.sentence())
    click.echo()
    lines: list[tuple[str, ...]] = []
    count = len(swept)
    for row in swept.rows(metric):
        number = row["setting"]
        if MOST_ROWS // 2 <= number < count - MOST_ROWS // 2 and count > MOST_ROWS:
            if number == MOST_ROWS // 2:
                lines.append(("...", *[""] * (len(swept.paths) + 2)))
            continue
        values = [_shown(row[path]) for path in swept.paths]
        if row["error"]:
            lines.append((str(number), *values, "failed", ""))
        elif math.isnan(row["mean"]):
            lines.append((str(number), *values, "not defined", ""))
        else:
            wide = row["low"] < row["high"]  # False for NaN
            interval = format_interval(row["low"], row["high"], row["se"]) if wide else "-"
            lines.append((str(number), *values, format_number(row["mean"], row["se"]), interval))
    heads = ("setting", *swept.paths, metric, "95 % interval")
    print_table(heads, lines, numeric=range(len(heads)))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
