"""``viralsim model``: the classic models from the command line, with a sentence of result and a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job
from viralsim.cli.model_setup import (
    build,
    mixed_options,
    network_options,
    replicate_options,
    seed_options,
)
from viralsim.cli.model_table import MODELS, ModelEntry, Setup
from viralsim.cli.suggest import did_you_mean

if TYPE_CHECKING:
    from viralsim.models.results import ModelResult

__all__ = ["command"]

COMPILE_SECONDS = 15
KERNELS_OF = {
    "ic": ("cascade",),
    "wc": ("cascade",),
    "delays": ("temporal",),
    "watts": ("threshold",),
    "centola": ("threshold",),
    "bass": ("bass",),
    "branching": ("branching",),
}
EPILOG = """\b
viralsim model watts --mean-degree 3 --threshold 0.18 --plot
viralsim model sir --well-mixed --transmission 2 --period fixed:1 --plot
viralsim model bass --innovation 0.03 --imitation 0.38 --plot bass.svg
viralsim model ic --graph friends.csv.gz --prob 0.05 --seeds 5
"""


class _Models(click.Group):
    """The group of models: unknown names get the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The model meant by the first word."""
        name = args[0]
        if name not in MODELS and not name.startswith("-"):
            ctx.fail(f"No model {name!r}.{did_you_mean(name, MODELS)} Models: {', '.join(MODELS)}.")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Models in the order of the table."""
        return list(MODELS)


@click.group("model", cls=_Models, epilog=EPILOG)
def command() -> None:
    """Run a classic model: a sentence of result, and a figure with --plot.

    All run on the same networks, seeds and randomness. `viralsim model NAME --help` lists what can be set.
    """


def _result_options(name: str) -> list[click.Option]:
    return [
        click.Option(
            ["--plot"],
            is_flag=False,
            flag_value="",
            metavar="[FILE]",
            help=f"Draw a figure, PNG or SVG by the name. [viralsim-{name}.png if no name is given]",
        ),
        click.Option(
            ["--out", "-o"],
            type=click.Path(path_type=Path),
            metavar="FOLDER",
            help="Write tables, the figure and model.json into a new folder.",
        ),
        click.Option(["--force"], is_flag=True, help="Replace files that exist."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object and nothing else."),
        click.Option(["--quiet", "-q"], is_flag=True, help="No progress and notes."),
    ]


def _make(entry: ModelEntry) -> click.Command:
    """The command of one model."""
    params: list[click.Parameter] = list(entry.options)
    if entry.mixed != "none":
        params += network_options()
        params += mixed_options() if entry.mixed != "no" else []
    params += seed_options(entry.seeding) if entry.seeding else []
    params += replicate_options(entry.replicates)
    params += _result_options(entry.name)

    def callback(**options: Any) -> None:
        _run(entry, options)

    return click.Command(
        entry.name, callback=callback, params=params, help=entry.about, short_help=entry.says
    )


for _entry in MODELS.values():
    command.add_command(_make(_entry))


def _run(entry: ModelEntry, options: dict[str, Any]) -> None:
    """Check, simulate, print, draw, write."""
    from viralsim.cli import model_output
    from viralsim.cli.plan import say_if_cold
    from viralsim.cli.render import note, print_json

    quiet = options["quiet"]
    plot = model_output.check_plot(entry.name, options["plot"], options["force"])
    if options["out"] is not None:
        model_output.check_folder(options["out"], options["force"])

    def work(report: Progress) -> tuple[Setup, str, ModelResult, Any]:
        setup, where = build(entry, options)
        report.say("simulating")
        result = entry.run(setup, options)
        if "structural_virality" not in result.summary():
            report.say("measuring trees")
            result.structural_virality()
        return setup, where, result, entry.theory(setup, options, result)

    progress = Progress(entry.name)
    progress.note = "making the network"
    say_if_cold(progress, quiet, KERNELS_OF.get(entry.name, ("epidemic",)), COMPILE_SECONDS)
    _, where, result, theory = run_job(work, progress, quiet)
    if plot is not None:
        model_output.draw(entry, where, result, theory, plot)
    if options["out"] is not None:
        model_output.write(entry, where, result, theory, options["out"])
    if options["as_json"]:
        print_json(model_output.as_object(entry, where, result, theory))
    else:
        model_output.show(entry, where, result, theory)
    if plot is not None:
        note(f"Figure: {plot}", quiet)
    if options["out"] is not None:
        note(f"Written to {options['out']}: model.json, results.csv, replicates.csv, figures", quiet)
    elif plot is None and not options["as_json"]:
        note("A figure: the same with --plot", quiet)
