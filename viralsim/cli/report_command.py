"""``viralsim report``: the page to forward, from a results folder."""

from __future__ import annotations

from pathlib import Path

import click

from viralsim.cli.options import force_option, quiet_option, threads_option

__all__ = ["command"]


@click.command("report")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    default=None,
    metavar="PAGE.HTML",
    help="The page to write; default: page.html in the folder, anew.",
)
@threads_option
@force_option
@quiet_option
def command(folder: Path, out: Path | None, threads: int | None, force: bool, quiet: bool) -> None:
    """Write the page of a run or comparison from its results folder: one file, readable anywhere.

    The run is repeated from its run.json, with the same numbers, to draw it.

    \b
    viralsim report my-results
    viralsim report my-results --out launch.html
    """
    from viralsim.cli.folder import PAGE_FILE, check_place, is_page, write_results
    from viralsim.cli.jobs import writing
    from viralsim.cli.rerun_command import read_record, recorded_scenarios, repeated

    record = read_record(folder)
    place = folder if folder.is_dir() else folder.parent
    page = place / PAGE_FILE if out is None else out
    if not is_page(page):
        raise click.BadParameter(f"{page} does not end in .html", param_hint="--out")
    again = force or out is None
    check_place(page, again)
    subject = repeated(record, recorded_scenarios(record, folder), threads, quiet)
    with writing("drawing the page", quiet):
        write_results(subject, page, again)
    click.echo(str(page.absolute()))
