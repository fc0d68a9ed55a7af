"""``viralsim compare``: which scenario is better, how surely, and if it cannot be said, why."""

from __future__ import annotations

import threading
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
@click.option(
    "--until-settled",
    is_flag=True,
    help="Double replicates and draws until every pair has a verdict; looking often does not raise the error.",
)
@click.option(
    "--most-replicates",
    type=click.IntRange(1),
    help="Limit of --until-settled. [default: 16 times the replicates]",
)
@run_options
def command(
    scenarios: tuple[str, ...],
    metric: str,
    also: tuple[str, ...],
    worthwhile: float,
    until_settled: bool,
    most_replicates: int | None,
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
    viralsim compare sticky-or-shareable --until-settled
    """
    from viralsim.cli.folder import RUN_FILE, check_place, is_page, show_then_write, write_results
    from viralsim.cli.render import note, print_json
    from viralsim.cli.render_comparison import print_comparison
    from viralsim.cli.run_command import graph_notes
    from viralsim.cli.scenarios import load_all, located

    if most_replicates is not None and not until_settled:
        raise click.UsageError("--most-replicates is the limit of --until-settled, which is not given.")
    chosen, labels = load_all(scenarios, settings)
    if dry_run:
        from viralsim.cli.plan import dry_run as say_plan

        with located(*chosen):
            say_plan(chosen, options, as_json, quiet)
        return
    if out is not None:
        check_place(out, force)
    question = {
        "metric": metric,
        "metrics": also,
        "worthwhile": worthwhile,
        "labels": labels,
        "until_settled": until_settled,
        "most_replicates": most_replicates,
    }
    with located(*chosen):
        comparison = compare_job(chosen, {**question, **options}, quiet, out, force)
    for text in dict.fromkeys(text for ensemble in comparison.ensembles for text in graph_notes(ensemble)):
        note(text, quiet)

    def show() -> None:
        if as_json:
            print_json(comparison.to_dict())
        else:
            print_comparison(comparison)

    def write() -> None:
        if out is not None:
            with writing("writing tables and drawing figures", quiet):
                # a folder that is there is of a look before, by this very command
                kept = not is_page(out) and (out / RUN_FILE).is_file()
                written = write_results(comparison, out, force or kept)
            note(written, quiet)

    show_then_write(show, write)


class LooksProgress(Progress):
    """Where a comparison stands that is run until settled: one look after the other, each larger."""

    looks = 1

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` replicates of the present scenario are done."""
        if done == 0 and self._part == self.parts - 1:
            self._part = -1
            self.looks += 1
        super().__call__(done, total)
        self.note = f"look {self.looks}" if self.looks > 1 else self.note

    def left_seconds(self, began: float) -> float | None:
        """Unknown: nobody knows how many looks it takes."""
        return None


def compare_job(
    scenarios: list[Scenario],
    options: dict[str, Any],
    quiet: bool,
    out: Path | None = None,
    force: bool = False,
    stop_at: int | None = None,
) -> Comparison:
    """Compare with progress on stderr; what is done at Ctrl-C is kept in `out`, if that is a folder.

    Parameters
    ----------
    scenarios : list of Scenario
    options : dict
        Arguments of `compare`.
    quiet : bool
    out : path, optional
    force : bool
        Replace what viralsim wrote there.
    stop_at : int, optional
        Replicates of the look that is to be the last, as when it was interrupted there.

    Returns
    -------
    Comparison

    Raises
    ------
    Interrupted
        On Ctrl-C.
    """
    from viralsim.cli.folder import is_page, write_comparison
    from viralsim.cli.plan import say_if_cold

    last: list[str] = []
    writing_now = threading.Lock()

    def keep(found: Comparison) -> bool:
        if out is not None and not is_page(out) and not (found.looks and found.settled):
            with writing_now:  # at once, so that nothing is left to do when it is interrupted
                write_comparison(found, out, force or bool(last), figures=False)
        last[:] = [found_text(found)]
        return stop_at is not None and found.ensembles[0].replicates >= stop_at

    def work(report: Progress) -> Comparison:
        from viralsim.experiment.comparison import compare

        return compare(scenarios, progress=report, keep=keep, **options)

    kind = LooksProgress if options.get("until_settled") else Progress
    progress = kind("comparing", parts=len(scenarios))
    say_if_cold(progress, quiet)

    def kept(found: Progress) -> str:
        with writing_now:
            planned = (options.get("replicates") or scenarios[0].run.replicates) * len(scenarios)
            counted = f" after {found.done:,} of {found.total or planned:,} replicates"
            return kept_text(counted, last, None if out is None or is_page(out) else out)

    return run_job(work, progress, quiet, kept=kept)


def found_text(found: Comparison) -> str:
    """What there is so far, in words."""
    first = found.ensembles[0]
    return (
        f"{', '.join(found.labels)} with {first.replicates:,} replicates over {first.draws:,} draws. "
        f"So far: {found.sentence()}"
    )


def kept_text(counted: str, last: list[str], folder: Path | None) -> str:
    """What is said when a comparison is interrupted; what there was is in `folder` already."""
    if not last:
        return (
            f"interrupted{counted}; nothing was kept: no two scenarios were done. "
            "The same command with the same --seed gives the same numbers."
        )
    if folder is None:
        return f"interrupted{counted}; nothing was written. Done: {last[-1]}"
    return (
        f"interrupted{counted}; kept in {folder}, without figures and page: {last[-1]} "
        f"'viralsim report {folder}' draws the page."
    )
