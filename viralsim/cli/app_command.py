"""``viralsim app``: the lab in the browser, on this machine only."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import click

from viralsim.cli.options import quiet_option
from viralsim.errors import SpecError, StoreError

__all__ = ["command"]


@click.command("app")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="First port to try."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; anything else than this machine's own lets others in.",
)
@click.option("--open/--no-open", "show", default=True, help="Open it in a browser.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for finished long runs, listed at the next start.  "
    "[default: ~/.local/state/viralsim/app, or below XDG_STATE_HOME]",
)
@click.option("--keep/--no-keep", default=True, help="Keep finished long runs at all.")
@quiet_option
def command(port: int, host: str, show: bool, out: Path | None, keep: bool, quiet: bool) -> None:
    """Play in the browser: move numbers and see, compare, bet, learn; Ctrl-C ends it.

    \b
    viralsim app
    viralsim app --port 9000 --no-open
    """
    if util.find_spec("nicegui") is None:
        raise SpecError(
            "the app needs nicegui, which is not installed: pip install 'viralsim[app]' (or ./run app)"
        )
    from viralsim.app.guard import is_loopback
    from viralsim.app.server import free_port, serve

    chosen = free_port(host, port)
    if not is_loopback(host):
        click.echo(
            f"viralsim: warning: listening at {host}: everyone who can reach this machine can use the app and start "
            "runs on it; there is no password.",
            err=True,
        )
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"http://{shown}:{chosen}/")
    if not quiet:
        click.echo("viralsim: the app runs at this address, on this machine only; Ctrl-C ends it." if is_loopback(host)
                   else "viralsim: the app runs at this address; Ctrl-C ends it.", err=True)  # fmt: skip
    serve(host, chosen, show, _folder(out, keep))


def _folder(out: Path | None, keep: bool) -> Path | None:
    """Where finished long runs are kept; a folder that was named must be one that can be used."""
    from viralsim.app.kept import KeptRuns, state_folder

    if not keep:
        return None
    if out is None:
        try:
            return state_folder()
        except StoreError as error:
            click.echo(f"viralsim: note: {error}; long runs end with the app.", err=True)
            return None
    problem = KeptRuns(out).problem
    if problem:
        raise StoreError(f"--out {problem}; give a folder that can be written to, or --no-keep")
    return out.resolve()
