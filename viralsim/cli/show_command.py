"""``viralsim show``: print a scenario, or list the stock ones."""

from __future__ import annotations

from typing import Any

import click

from viralsim.cli.options import set_option, variant_option
from viralsim.cli.scenarios import complete_scenarios

__all__ = ["command"]


@click.command("show")
@click.argument("scenario", metavar="[SCENARIO]", required=False, shell_complete=complete_scenarios)
@click.option(
    "--full", is_flag=True, help="Write out every default and every preset number, with its source."
)
@variant_option
@set_option
def command(
    scenario: str | None, full: bool, variant: str | None, settings: tuple[tuple[str, Any], ...]
) -> None:
    """Print a scenario as a file, or list the stock scenarios.

    \b
    viralsim show                        what there is
    viralsim show launch-video           the file itself
    viralsim show launch-video > my.yaml a copy to change
    """
    from viralsim.cli.scenarios import load

    if scenario is None:
        if variant or settings or full:
            raise click.UsageError("Which scenario? viralsim show lists the stock ones.")
        _list_stock()
        return
    click.echo(load(scenario, variant, settings).to_yaml(full=full), nl=False)


def _list_stock() -> None:
    """Name and lesson of every stock scenario."""
    from viralsim.cli.render import print_table
    from viralsim.spec import catalog

    rows = [(entry.name, entry.teaches or entry.title) for entry in catalog()]
    if not rows:
        click.echo("There are no stock scenarios in this installation.")
        return
    print_table(("stock scenario", "what it teaches"), rows, numeric=())
    click.echo("viralsim show NAME prints one; viralsim run NAME simulates it.")
