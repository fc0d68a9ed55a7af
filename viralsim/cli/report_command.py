"""``viralsim report``: the page to forward, from a results folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from viralsim.cli.options import force_option, quiet_option, threads_option

__all__ = ["command"]

VERIFY_FILE, VERIFY_PAGE = "verify.json", "verify.html"


@click.command("report")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    default=None,
    metavar="PAGE.HTML",
    help="The page to write; default: page.html (verify.html) in the folder, anew.",
)
@click.option("--metric", help="What the page of a sweep shows.  [default: the goal's metric, else reach]")
@threads_option
@force_option
@quiet_option
def command(
    folder: Path, out: Path | None, metric: str | None, threads: int | None, force: bool, quiet: bool
) -> None:
    """Write the page of a run, comparison, sweep or verification from its results folder: one file, readable anywhere.

    A run or comparison is repeated from its run.json, with the same numbers, to draw it; the others are drawn from
    what their folder keeps.

    \b
    viralsim report my-results
    viralsim report my-sweep --metric impressions_earned --out launch.html
    """
    from viralsim.cli.folder import PAGE_FILE, check_place, is_page
    from viralsim.cli.rerun_command import read_record

    place = folder if folder.is_dir() else folder.parent
    verified = (place / VERIFY_FILE).is_file() and (folder.is_dir() or folder.name == VERIFY_FILE)
    record = _json(place / VERIFY_FILE) if verified else read_record(folder, ("run", "compare", "sweep"))
    page = place / (VERIFY_PAGE if verified else PAGE_FILE) if out is None else out
    if not is_page(page):
        raise click.BadParameter(f"{page} does not end in .html", param_hint="--out")
    kind = "verify" if verified else record["kind"]
    if metric is not None and kind != "sweep":
        raise click.BadParameter(f"is for sweeps; this is of {kind}", param_hint="--metric")
    again = force or out is None
    check_place(page, again)
    _write(kind, record, folder, page, metric=metric, threads=threads, force=again, quiet=quiet)
    click.echo(str(page.absolute()))


def _write(kind: str, record: dict[str, Any], folder: Path, page: Path, **options: Any) -> None:
    """The page of a record, by its kind."""
    from viralsim.cli import folder as folders
    from viralsim.cli.jobs import writing
    from viralsim.cli.rerun_command import recorded_scenarios, repeated

    os.environ.setdefault("MPLBACKEND", "Agg")  # a file is written, no window is opened
    force, quiet = options["force"], options["quiet"]
    if kind == "verify":
        from viralsim.report.rendering import write_page
        from viralsim.report.verify_page import verify_page
        from viralsim.report.verify_record import verification_from

        with writing("drawing the page", quiet):
            write_page(verify_page(verification_from(record, str(folder))), page, force)
        return
    scenarios = recorded_scenarios(record, folder)
    if kind == "sweep":
        swept = _sweep_of(record, scenarios[0][1], folder if folder.is_dir() else folder.parent)
        with writing("drawing the page", quiet):
            folders.write_sweep(swept, page, options["metric"], record["command"], force)
        return
    subject = repeated(record, scenarios, options["threads"], quiet)
    with writing("drawing the page", quiet):
        folders.write_results(subject, page, force)


def _sweep_of(record: dict[str, Any], scenario: Any, place: Path) -> Any:
    """The sweep in a folder, as far as it went."""
    from viralsim.errors import StoreError
    from viralsim.experiment.store import STORE_FILE
    from viralsim.experiment.swept import Sweep

    if not (place / STORE_FILE).is_file():
        raise StoreError(f"{place}: holds no {STORE_FILE}, which keeps the results; run the sweep anew")
    swept = Sweep(record["paths"], scenario, record["seed"], folder=place)
    if not len(swept):
        raise StoreError(f"{place}: no setting is finished yet; go on with --resume")
    return swept


def _json(path: Path) -> dict[str, Any]:
    from viralsim.errors import StoreError

    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read as JSON ({error}); run viralsim verify anew") from None
    return found if isinstance(found, dict) else {}
