"""``viralsim new``: a commented scenario file to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from viralsim.cli.options import quiet_option
from viralsim.cli.scenarios import source_name

__all__ = ["command"]


@click.command("new")
@click.argument("name", metavar="[NAME]", default="my-campaign")
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), metavar="FILE", help="The file. [default: NAME.yaml]"
)
@quiet_option
def command(name: str, out: Path | None, quiet: bool) -> None:
    """Write a commented scenario file that runs as it is. An existing file is never overwritten."""
    from viralsim.errors import SpecError
    from viralsim.spec import new_scenario

    if out is None and name.endswith((".yaml", ".yml")):
        name, out = Path(name).stem, Path(name)
    text = new_scenario(name)
    path = out or Path(f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SpecError(f"{path} exists and is left as it is; choose another name, or --out FILE") from None
    except FileNotFoundError:
        raise SpecError(
            f"{path}: there is no folder {path.parent}; make it, or choose another place"
        ) from None
    except OSError as error:
        raise SpecError(
            f"{path}: cannot be written: {error.strerror or error}; choose another place"
        ) from None
    click.echo(path)
    if not quiet:
        click.echo(f"Next: viralsim run {source_name(str(path))}", err=True)
