"""``viralsim demo``: a first result, with pictures, within a minute."""

from __future__ import annotations

from pathlib import Path

import click

from viralsim.cli.jobs import writing
from viralsim.cli.options import quiet_option, threads_option
from viralsim.cli.scenarios import source_name

__all__ = ["command"]

SCENARIO, REPLICATES, DRAWS = "launch-video", 100, 20


@click.command("demo")
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("viralsim-demo"),
    show_default=True,
    metavar="FOLDER",
    help="Where page and pictures go; an earlier demo there is replaced.",
)
@threads_option
@quiet_option
def command(out: Path, threads: int | None, quiet: bool) -> None:
    """Simulate a stock scenario, write a page with its pictures, and say what to type next."""
    from viralsim.cli.folder import PAGE_FILE, check_free, write_run
    from viralsim.cli.run_command import simulate_job
    from viralsim.cli.scenarios import load

    check_free(out, force=True)
    options = {"replicates": REPLICATES, "draws": DRAWS, "seed": 1, "threads": threads, "fixed": False}
    result = simulate_job(load(SCENARIO), options, quiet)
    with writing("drawing figures", quiet):
        write_run(result.ensemble, out, force=True)
    click.echo(result.ensemble.sentence())
    click.echo(f"Open  {(out / PAGE_FILE).absolute()}")
    click.echo(f"Next  viralsim run {SCENARIO} --out {source_name(str(out.with_name('my-results')))}")
