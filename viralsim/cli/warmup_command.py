"""``viralsim warmup``: compile every kernel now, so that no later command has to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job, seconds_text
from viralsim.cli.options import quiet_option

if TYPE_CHECKING:
    from viralsim.engine.compiled import Compiled
    from viralsim.spec import Scenario

__all__ = [
    "command",
    "compile_engine",
    "compile_scenarios",
    "plain_scenario",
    "tiny_scenario",
    "two_people",
]


@click.command("warmup")
@quiet_option
def command(quiet: bool) -> None:
    """Compile everything that viralsim compiles on first use, about a minute; later commands start at once."""
    from viralsim.kernels import cache_folder

    began = time.monotonic()
    steps = (compile_scenarios, _graphs, _models)

    def work(report: Progress) -> None:
        report.note = "compiling"
        for done, step in enumerate(steps):
            report.say("compiling")
            step()
            report(done + 1, len(steps))

    run_job(work, Progress("warmup", unit="groups of kernels"), quiet)
    folder = cache_folder("spread")
    if folder is None:
        click.echo("Compiled, but compiled code cannot be kept: set VIRALSIM_CACHE_DIR to a writable folder.")
        return
    click.echo(
        f"All kernels are compiled ({seconds_text(time.monotonic() - began)}) and kept in {folder.parent}"
    )


def tiny_scenario(**network: Any) -> Scenario:
    """A scenario of 300 people that uses many mechanics a little; `network` defaults to Erdos-Renyi."""
    from viralsim.spec import Scenario

    network = network or {"kind": "erdos-renyi", "mean_degree": 8}
    platform = {
        "preset": "facebook",
        "network": network,
        "brand_followers": {"count": 100},
        "organic_reach": 0.5,
    }
    slot = {"item": "film", "platform": "one"}
    picks = ("random", "most-followers", "degree-discount", "k-core", "betweenness", "influence-maximisation")
    return Scenario.from_dict(
        {
            "viralsim": 1,
            "name": "tiny",
            "audience": {
                "size": 300,
                "segments": [
                    {"name": "a", "fraction": 0.5, "affinity": {"news": 1.5}},
                    {"name": "b", "fraction": 0.5, "access": {"one": 0.8}},
                ],
                "taste": {"sigma": 0.5, "tie_correlation": 0.02},
                "attention": {"kind": "budget", "notices_per_day": 20, "background_per_day": 10},
            },
            "platforms": {
                "one": {**platform, "cross_post_prob": 0.2, "ranking": {"tie_exponent": 0.5}},
                "two": platform,
            },
            "items": [
                {"id": "film", "topic": "news", "share_prob": 0.2, "negative": 0.2, "fatigue": 0.1},
                {"id": "text", "share_prob": 0.2, "response": {"kind": "saturating", "at": 2}},
            ],
            "campaign": {
                "posts": [{**slot, "at": "0h"}, {"item": "text", "platform": "two", "at": "3h"}],
                "seeding": [{**slot, "pick": {"kind": kind, "count": 3}, "price": 10} for kind in picks],
            },
            "run": {"horizon": "3d", "step": "1h", "replicates": 4, "draws": 2, "seed": 0},
        }
    )


def plain_scenario(**network: Any) -> Scenario:
    """A scenario of 300 people with one item on one platform; `network` defaults to Erdos-Renyi."""
    from viralsim.spec import Scenario

    network = network or {"kind": "erdos-renyi", "mean_degree": 8}
    platform = {"preset": "x", "network": network, "brand_followers": {"count": 100}, "organic_reach": 0.5}
    slot = {"item": "film", "platform": "one"}
    return Scenario.from_dict(
        {
            "viralsim": 1,
            "name": "plain",
            "audience": {"size": 300},
            "platforms": {"one": platform},
            "items": [{"id": "film", "share_prob": 0.2}],
            "campaign": {"posts": [{**slot, "at": "0h"}]},
            "run": {"horizon": "3d", "step": "1h", "replicates": 4, "draws": 2, "seed": 0},
        }
    )


def compile_engine(simple: bool = False) -> None:
    """The spreading engine alone: that for all mechanics, or that for `simple` scenarios."""
    import numpy as np

    from viralsim.engine.compiled import run_key
    from viralsim.engine.replicates import run_replicates

    compiled = two_people(simple)
    keys = np.array([run_key(0, 0, 0)], np.uint64)
    run_replicates(compiled.world, compiled.plan, keys, n_segments=compiled.n_segments)


def two_people(simple: bool = False) -> Compiled:
    """A world of two people made by hand, for which next to nothing has to be compiled, typed as any other.

    It is for the engine of all mechanics, or for that of `simple` scenarios.
    """
    import numpy as np

    from viralsim.engine.audience import Audience
    from viralsim.engine.compiled import compile_draw
    from viralsim.engine.networks import Network
    from viralsim.engine.people import People
    from viralsim.spec import Scenario

    platform = {
        "network": {"kind": "erdos-renyi", "mean_degree": 1},
        "brand_followers": {"count": 1},
        "organic_reach": 0.5,
        "peer_visibility": 0.5,
        "share_prob": 0.1,
        "friend_share_prob": 0.1,
        "half_life": "1h",
    }
    scenario = Scenario.from_dict(
        {
            "viralsim": 1,
            "name": "two",
            "audience": {"size": 2},
            "platforms": {"one": platform},
            "items": [{"id": "film", "negative": 0.0 if simple else 0.1}],
            "campaign": {"posts": [{"item": "film", "platform": "one"}]},
            "run": {"horizon": "1d", "step": "1h"},
        }
    )
    people = People(
        np.arange(2, dtype=np.uint64), np.zeros(2, np.uint8), np.ones(2, np.float32), np.zeros(2, np.bool_)
    )
    network = Network(np.ones(2, np.bool_), np.arange(3), np.array([1, 0], np.int32), None)
    audience = Audience(people, (network,), {"general": np.ones(2)})
    return compile_draw(scenario, 0, 0, {}, True, audience)


def compile_scenarios() -> None:
    """The spreading engine with every mechanic, and what is expected of it, as the commands call them."""
    from viralsim.engine import simulate
    from viralsim.engine.compiled import compile_draw
    from viralsim.engine.expected import expectations

    scenario = tiny_scenario()
    expectations(compile_draw(scenario, 0, 0, {}, True))
    ensemble = simulate(scenario, threads=1)
    ensemble.summary()
    ensemble.trace(0)


def _graphs() -> None:
    """Generators and descriptions; `communities` in a scenario for the engine of simple ones."""
    from viralsim.engine import simulate
    from viralsim.graph import generate
    from viralsim.graph.describe import describe

    graphs = [
        generate.erdos_renyi(200, 6),
        generate.small_world(200, 6, 0.1),
        generate.preferential(200, 3),
        generate.power_law(200, mean_followers=8),
        generate.block([100, 100], 6, 0.8),
        generate.communities(200),
    ]
    for graph in graphs:
        describe(graph)
    simulate(plain_scenario(kind="communities", mean_followers=8), threads=1, replicates=1)


def _models() -> None:
    """Classic models."""
    import numpy as np

    from viralsim import models
    from viralsim.graph import generate

    graph = generate.preferential(200, 3)
    seeds = np.array([0, 1])
    for probability in (0.1, np.full(graph.n_edges, 0.1), "weighted"):
        models.independent_cascade(graph, seeds, probability, 3).structural_virality()
    models.follower_cascades(graph, 0.1, 100)
    if hasattr(models, "linear_threshold"):
        models.linear_threshold(graph, seeds, 3)
