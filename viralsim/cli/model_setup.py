"""What a model of ``viralsim model`` is run on: the network, the well mixed population, the seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.graph_command import KINDS
from viralsim.cli.options import MOST_SEED
from viralsim.cli.suggest import Choice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viralsim.cli.model_table import ModelEntry, Setup
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["build", "mixed_options", "network_options", "replicate_options", "seed_options"]

DEFAULT_PEOPLE = 10_000
DEFAULT_DEGREE = 8.0
DEGREE_SETTING = {
    "communities": "mean_followers",
    "erdos-renyi": "mean_degree",
    "small-world": "mean_degree",
    "preferential": "edges_per_newcomer",
    "power-law": "mean_followers",
    "block": "mean_degree",
}


def network_options() -> list[click.Option]:
    """Options that say which network."""
    return [
        click.Option(
            ["--network"],
            type=Choice(KINDS),
            help="Kind of network that is generated. [default: erdos-renyi]",
        ),
        click.Option(
            ["--mean-degree"],
            type=click.FloatRange(0.0, min_open=True),
            help=f"Followers per person of a generated network. [default: {DEFAULT_DEGREE:g}]",
        ),
        click.Option(
            ["--rewire"], type=click.FloatRange(0.0, 1.0), help="small-world: part rewired; 0 is a ring."
        ),
        click.Option(
            ["--graph"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A network from a file instead.",
        ),
        click.Option(
            ["--directed/--undirected"], default=None, help="File: whether u,v means only that v follows u."
        ),
        _people("People of a generated network."),
    ]


def _people(says: str) -> click.Option:
    return click.Option(
        ["--people", "-n"], type=click.IntRange(1, 500_000_000), help=f"{says} [default: {DEFAULT_PEOPLE}]"
    )


def mixed_options() -> list[click.Option]:
    """The option of models that may be well mixed."""
    return [click.Option(["--well-mixed"], is_flag=True, help="No network: everybody meets everybody.")]


def seed_options(default: str) -> list[click.Option]:
    """Options that say where it starts."""
    return [
        click.Option(
            ["--seeds"], type=click.IntRange(1), default=1, show_default=True, help="People at the start."
        ),
        click.Option(
            ["--seeding"],
            type=Choice(("random", "neighbourhood", "most-followers")),
            default=default,
            show_default=True,
            help="Who: drawn anew in each run, such a person with all followers, or those with most followers.",
        ),
    ]


def replicate_options(replicates: int) -> list[click.Option]:
    """Options of every model that say how often (by default) and with which luck."""
    return [
        click.Option(
            ["--replicates", "-r"],
            type=click.IntRange(1),
            default=replicates,
            show_default=True,
            help="Runs.",
        ),
        click.Option(
            ["--seed"],
            type=click.IntRange(0, MOST_SEED),
            default=0,
            show_default=True,
            help="Seed of all randomness, the network included.",
        ),
        click.Option(
            ["--threads"],
            type=click.IntRange(1),
            help="Threads; changes no number. [default: all processors]",
        ),
    ]


def build(entry: ModelEntry, options: dict[str, Any]) -> tuple[Setup, str]:
    """Network or population, seeds, and a few words on them for the foot of figures.

    Raises
    ------
    click.UsageError
        If options contradict each other.
    """
    from viralsim.cli.model_table import Setup

    tail = {name: options[name] for name in ("replicates", "seed", "threads")}
    if entry.mixed == "none":
        return Setup(None, 0, None, None, tail), "no population"
    graph, where, kind = _network(entry, options)
    people = graph.n_nodes if graph is not None else options["people"] or DEFAULT_PEOPLE
    if not entry.seeding:
        return Setup(graph, people, None, None, tail), where
    rows = _seed_rows(graph, people, options)
    poisson = None
    if kind == "erdos-renyi" and options["seeds"] == 1 and options["seeding"] == "random":
        poisson = options["mean_degree"] or DEFAULT_DEGREE
    return Setup(graph, people, rows, poisson, tail), where


def _network(entry: ModelEntry, o: dict[str, Any]) -> tuple[SocialGraph | None, str, str]:
    """(graph or None, words, kind); options that mean nothing together are an error."""
    making = {"--network": o["network"], "--mean-degree": o["mean_degree"], "--rewire": o["rewire"]}
    asked = [name for name, value in making.items() if value is not None]
    file_only = o["directed"] is not None
    mixed = o.get("well_mixed", False) or (entry.mixed == "default" and not asked and o["graph"] is None)
    if o["graph"] is not None and (asked or o["people"] is not None or o.get("well_mixed")):
        extra = [*asked, *(["--people"] if o["people"] is not None else [])]
        extra += ["--well-mixed"] if o.get("well_mixed") else []
        raise click.UsageError(f"{', '.join(extra)} means nothing beside --graph {o['graph']}. Leave it out.")
    if o["graph"] is None and file_only:
        raise click.UsageError("--directed and --undirected mean nothing without --graph FILE. Leave it out.")
    if mixed:
        if asked:
            raise click.UsageError(f"{', '.join(asked)} means nothing with --well-mixed. Leave it out.")
        return None, f"{o['people'] or DEFAULT_PEOPLE:,} people, well mixed", "well mixed"
    if o["graph"] is not None:
        from viralsim.graph.social_graph import SocialGraph

        graph = SocialGraph.read(o["graph"], directed=o["directed"])
        return graph, f"{Path(o['graph']).name}: {graph.n_nodes:,} people, {graph.n_edges:,} arcs", "file"
    kind = o["network"] or "erdos-renyi"
    if o["rewire"] is not None and kind != "small-world":
        raise click.UsageError(
            f"--rewire means nothing for --network {kind}; it is for small-world. Leave it out."
        )
    graph = _generated(kind, o["people"] or DEFAULT_PEOPLE, o["mean_degree"] or DEFAULT_DEGREE, o)
    mean = graph.n_edges / max(graph.n_nodes, 1)
    return graph, f"{kind}, {graph.n_nodes:,} people, {mean:.1f} followers each", kind


def _generated(kind: str, people: int, degree: float, o: dict[str, Any]) -> SocialGraph:
    """A network of a kind with a mean number of followers."""
    from viralsim.graph import generate

    seed = o["seed"]
    if kind == "erdos-renyi":
        return generate.erdos_renyi(people, degree, seed=seed)
    if kind == "small-world":
        even = max(2, round(degree / 2.0) * 2)
        return generate.small_world(people, even, 0.1 if o["rewire"] is None else o["rewire"], seed=seed)
    if kind == "preferential":
        return generate.preferential(people, max(1, round(degree / 2.0)), seed=seed)
    from viralsim.cli.graph_command import _generate

    return _generate(kind, people, ((DEGREE_SETTING[kind], degree),), seed)


def _seed_rows(graph: SocialGraph | None, people: int, o: dict[str, Any]) -> NDArray[np.int64]:
    """Seeds as the models take them."""
    import numpy as np

    count, replicates = o["seeds"], o["replicates"]
    if count > people:
        raise click.UsageError(f"--seeds {count}: there are {people:,} people; ask for at most so many.")
    if o["seeding"] == "most-followers":
        if graph is None:
            raise click.UsageError("--seeding most-followers means nothing in a well mixed population.")
        order = np.lexsort((np.arange(people), -graph.follower_count))
        return np.tile(order[:count].astype(np.int64), (replicates, 1))
    rows = np.array([_draw_people(people, count, o["seed"], r) for r in range(replicates)])
    if o["seeding"] == "random":
        return rows
    if graph is None:
        raise click.UsageError("--seeding neighbourhood means nothing in a well mixed population.")
    each = [np.unique(np.concatenate([row, *(graph.followers(int(u)) for u in row)])) for row in rows]
    wide = np.zeros((replicates, max(row.size for row in each)), np.int64)
    for row, found in zip(wide, each, strict=True):
        row[:] = found[0]  # one named twice counts once
        row[: found.size] = found
    return wide


def _draw_people(people: int, count: int, seed: int, replicate: int) -> list[int]:
    """Different people of one run, by keyed draws: those of a longer list begin with those of a shorter one."""
    from viralsim.rng import derive, text_key

    key = derive(derive(text_key("seeds of models"), seed), replicate)
    found: dict[int, None] = {}
    word = 0
    while len(found) < count:
        found[(derive(key, word) * people) >> 64] = None
        word += 1
    return list(found)
