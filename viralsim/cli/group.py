"""The commands: a table of names, so that help costs nothing, and modules loaded when they are asked for."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from viralsim.cli.suggest import did_you_mean

__all__ = ["COMMANDS", "OutputClosedError", "root"]

# Name -> one line for the overview; the module viralsim.cli.<name>_command holds `command`.
COMMANDS: dict[str, str] = {
    "demo": "A first result within a minute, with pictures.",
    "new": "Write a commented scenario file of your own.",
    "run": "Simulate a scenario: reach, word of mouth, and how sure one can be.",
    "compare": "Say which of several scenarios is better, and how surely.",
    "sweep": "Run many settings of a scenario; stop and go on as you like.",
    "sensitivity": "Say which uncertain numbers decide a result.",
    "tipping": "Find where a number tips a scenario: R = 1, and the goal met every second time.",
    "lift": "Say what each channel caused, beside what attribution would claim.",
    "plan": "Walk the steps of a plan of action, each with numbers.",
    "validate": "Check a scenario and say what to expect of it, without running it.",
    "show": "List the stock scenarios, or print one.",
    "model": "Run a classic model: cascades, thresholds, epidemics, Bass, branching.",
    "graph": "Describe a network from a file, or generate one.",
    "report": "Write the page to forward, from a results folder.",
    "rerun": "Repeat a run from its run.json and check that it gives the same bytes.",
    "app": "Play in the browser: move numbers and see, compare, bet, learn.",
    "verify": "Hold the simulator against theory on this machine.",
    "doctor": "Check the installation and say what could be better.",
    "warmup": "Compile everything now, so that no later command has to.",
}

EPILOG = """\b
Three to try, in this order:
  viralsim demo                      a first result within a minute
  viralsim new my-campaign           writes my-campaign.yaml, commented
  viralsim run my-campaign.yaml      simulates it

\b
SCENARIO is a file, - for standard input, or the name of a stock scenario.
Exit codes: 0 done, 1 unexpected, 2 bad input, 3 some runs failed, 130 interrupted.
"""

START_PAGE = """\
viralsim: how far will this content travel by word of mouth, and how sure can we be?

  viralsim demo                      a first result within a minute, with pictures
  viralsim new my-campaign           writes my-campaign.yaml, a commented scenario
  viralsim run my-campaign.yaml      simulates it

  viralsim show                      lists the stock scenarios
  viralsim compare SCENARIO ...      says which is better, and how surely
  viralsim doctor                    checks this installation
  viralsim --help                    lists all commands\
"""


class OutputClosedError(Exception):
    """Whoever reads our output has stopped reading."""


class LazyGroup(click.Group):
    """A group that knows its commands' names without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order to try them in."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"viralsim.cli.{cmd_name}_command").command
        command.short_help = COMMANDS[cmd_name]
        return command  # type: ignore[no-any-return]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command meant by the first word; the nearest ones if there is none."""
        name = args[0]
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        ctx.fail(f"No such command {name!r}.{_hint(name)}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that went away is no error of ours."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            raise OutputClosedError from None


def _hint(word: str) -> str:
    """What may have been meant by an unknown command: another command, or a scenario to run."""
    meant = did_you_mean(word, COMMANDS)
    if meant:
        return meant
    if Path(word).suffix in (".yaml", ".yml"):
        return f" To simulate a scenario: viralsim run {word}"
    from viralsim.cli.scenarios import stock_names

    if word in stock_names():
        return f" It is a stock scenario: viralsim run {word}"
    return " viralsim --help lists all."


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from viralsim import __version__

        click.echo(f"viralsim {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
@click.pass_context
def root(ctx: click.Context) -> None:
    """How far will content travel by word of mouth, what will that be worth, and how sure can we be?"""
    if ctx.invoked_subcommand is None:
        click.echo(START_PAGE)
