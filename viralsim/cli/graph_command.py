"""``viralsim graph``: what a network looks like, from a file or generated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job
from viralsim.cli.options import MOST_SEED, force_option, json_option, quiet_option
from viralsim.cli.suggest import Choice, Setting, did_you_mean

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["FORMATS", "KINDS", "command"]

KINDS = ("communities", "erdos-renyi", "small-world", "preferential", "power-law", "block")
FORMATS = ("edges", "edges-text", "graphml", "gexf", "gml", "pajek", "mtx", "npz", "parquet")
COMPILE_SECONDS = 5
DEFAULT_PEOPLE = 10_000
SETTINGS_OF: dict[str, dict[str, Any]] = {
    "communities": {},
    "erdos-renyi": {"mean_degree": 10},
    "small-world": {"mean_degree": 10, "rewire_prob": 0.1},
    "preferential": {"edges_per_newcomer": 5},
    "power-law": {"mean_followers": 40},
    "block": {"mean_degree": 10},
}  # where nothing is set: something to look at


@click.command("graph")
@click.argument("source", metavar="FILE|KIND")
@click.option(
    "--people", type=click.IntRange(2, 500_000_000), help=f"Generated: people. [default: {DEFAULT_PEOPLE}]"
)
@click.option(
    "--set",
    "settings",
    type=Setting(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Generated: a setting as in a scenario's network, such as mean_followers=40. May be repeated.",
)
@click.option("--seed", type=click.IntRange(0, MOST_SEED), help="Generated: seed. [default: 0]")
@click.option("--directed/--undirected", default=None, help="File: whether u,v means only that v follows u.")
@click.option("--header/--no-header", default=None, help="File: whether the first line names the columns.")
@click.option("--delimiter", help="File: what stands between columns.")
@click.option("--weight", help="File: column or attribute of closeness; a name, a number from 1, or none.")
@click.option(
    "--format", "file_format", type=Choice(FORMATS), help="File: format, where the name does not say it."
)
@click.option("--out", "-o", type=click.Path(path_type=Path), metavar="FILE.npz", help="Keep the network.")
@force_option
@json_option
@quiet_option
def command(
    source: str,
    people: int | None,
    settings: tuple[tuple[str, Any], ...],
    seed: int | None,
    directed: bool | None,
    header: bool | None,
    delimiter: str | None,
    weight: str | None,
    file_format: str | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Describe a network: degrees, clustering, mixing, and the largest eigenvalue.

    KIND is one of communities, erdos-renyi, small-world, preferential, power-law, block.

    \b
    viralsim graph friends.csv.gz
    viralsim graph communities --people 100000 --set mean_followers=40 --out audience.npz
    """
    from viralsim.cli.plan import say_if_cold
    from viralsim.cli.render import note, print_json

    reading = {
        "directed": directed,
        "header": header,
        "delimiter": delimiter,
        "weight": _weight(weight),
        "format": file_format,
    }
    generated = source in KINDS
    _refuse_mixed(generated, source, reading, {"people": people, "set": settings or None, "seed": seed})
    if out is not None:
        _check_file(out, force)

    def work(report: Progress) -> tuple[SocialGraph, Any]:
        from viralsim.graph.describe import describe

        if generated:
            graph = _generate(source, people or DEFAULT_PEOPLE, settings, seed or 0)
        else:
            from viralsim.graph.social_graph import SocialGraph

            graph = SocialGraph.read(source, **{k: v for k, v in reading.items() if v is not None})  # type: ignore[arg-type]
        report.say("describing")
        return graph, describe(graph)

    progress = Progress(source)
    progress.note = "generating" if generated else "reading"
    say_if_cold(progress, quiet, ("csr", "triangles"), COMPILE_SECONDS)
    graph, summary = run_job(work, progress, quiet)
    if as_json:
        object_ = {"source": source, **summary.to_dict()}
        print_json({**object_, "notes": [*graph.notes, *summary.notes]})
    else:
        for label, text in summary.rows():
            click.echo(f"{label:<30}{text}")
        for text in (*graph.notes, *summary.notes):
            note(f"note: {text}", quiet)
    if out is not None:
        _save(graph, out)
        note(f"Written to {out}; in a scenario: network: {{kind: file, path: {out}}}", quiet)


def _weight(text: str | None) -> str | int | bool | None:
    """``--weight`` as `SocialGraph.read` wants it."""
    if text is None:
        return None
    if text.lower() in ("none", "false"):
        return False
    return int(text) if text.isdecimal() else text


def _refuse_mixed(generated: bool, source: str, reading: dict[str, Any], making: dict[str, Any]) -> None:
    """Options of the other way round are an error, not dropped; so is a kind that does not exist."""
    unused = [f"--{name}" for name, value in (reading if generated else making).items() if value is not None]
    if unused:
        what = "a generated network" if generated else "a network from a file"
        raise click.UsageError(f"{', '.join(unused)} means nothing for {what} ({source}). Leave it out.")
    if not generated and not Path(source).suffix and not Path(source).exists():
        raise click.UsageError(
            f"{source!r} is neither a file nor a kind of network.{did_you_mean(source, KINDS)} "
            f"Kinds: {', '.join(KINDS)}."
        )


def _generate(kind: str, people: int, settings: tuple[tuple[str, Any], ...], seed: int) -> SocialGraph:
    """The network that a scenario with these settings would get for its people."""
    import numpy as np

    from viralsim.engine.networks import generated
    from viralsim.errors import ScenarioError
    from viralsim.spec import Scenario

    asked = dict(settings) or SETTINGS_OF[kind]
    document = {
        "viralsim": 1,
        "audience": {"size": people},
        "platforms": {"any": {"preset": "facebook", "network": {"kind": kind, **asked}}},
        "items": [{"id": "any"}],
    }
    try:
        network = Scenario.from_dict(document).platforms["any"].network
    except ScenarioError as error:
        raise ScenarioError([line.partition("network.")[2] or line for line in error.problems]) from None
    return generated(network, people, np.zeros(people, np.uint8), seed, where=kind)


def _check_file(out: Path, force: bool) -> None:
    from viralsim.errors import StoreError

    if out.suffix != ".npz":
        raise StoreError(f"--out {out}: networks are kept as .npz; name it {out.stem}.npz")
    if out.exists() and not force:
        raise StoreError(f"--out {out}: exists; name another file, or replace it with --force")
    if not out.absolute().parent.is_dir():
        raise StoreError(f"--out {out}: there is no folder {out.parent}; make it, or choose another place")


def _save(graph: SocialGraph, out: Path) -> None:
    """Write beside, then take the name: never half a file."""
    temporary = out.with_name(f".{out.stem}.part.npz")
    try:
        graph.save(temporary)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
