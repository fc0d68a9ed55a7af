"""Arguments and options that several commands share, so that they read and behave alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from viralsim.cli.scenarios import complete_scenarios
from viralsim.cli.suggest import Setting

__all__ = [
    "draws_option",
    "dry_run_option",
    "fixed_option",
    "force_option",
    "json_option",
    "out_folder_option",
    "quiet_option",
    "replicates_option",
    "run_options",
    "scenario_argument",
    "seed_option",
    "set_option",
    "study_options",
    "threads_option",
    "variant_option",
]

F = TypeVar("F", bound=Callable[..., Any])
MOST_SEED = 2**63 - 1

scenario_argument = click.argument("scenario", metavar="SCENARIO", shell_complete=complete_scenarios)
set_option = click.option(
    "--set",
    "settings",
    type=Setting(),
    multiple=True,
    metavar="PATH=VALUE",
    help="Change one value, such as items.film.share_prob=0.02. May be repeated.",
)
variant_option = click.option(
    "--variant", metavar="NAME", help="This variant in place of the scenario itself."
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, MOST_SEED),
    help="Seed of all randomness; the same seed gives the same numbers. [default: the scenario's]",
)
replicates_option = click.option(
    "--replicates", type=click.IntRange(1), help="Simulated worlds. [default: the scenario's]"
)
draws_option = click.option(
    "--draws",
    type=click.IntRange(1),
    help="Sets of people, networks and uncertain numbers that the replicates are dealt over. "
    "[default: the scenario's]",
)
threads_option = click.option(
    "--threads", type=click.IntRange(1), help="Threads; changes no number. [default: all processors]"
)
fixed_option = click.option("--fixed", is_flag=True, help="Hold every uncertain number at its value.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="No progress, notes or warnings.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Only say how large it is and about how long it takes."
)
out_folder_option = click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    metavar="PLACE",
    help="Write page, tables, figures and run.json into a new folder, or a single page if it ends in .html.",
)
force_option = click.option("--force", is_flag=True, help="Replace what viralsim wrote there before.")


def run_options(command: F) -> F:
    """The options of everything that simulates."""
    for option in (
        quiet_option,
        json_option,
        dry_run_option,
        force_option,
        out_folder_option,
        fixed_option,
        threads_option,
        draws_option,
        replicates_option,
        seed_option,
        set_option,
    ):
        command = option(command)
    return command


def study_options(command: F) -> F:
    """What every study of one scenario asks: which variant and numbers, and how it is simulated."""
    options = (
        variant_option, set_option, seed_option, replicates_option, draws_option, threads_option, fixed_option,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command
