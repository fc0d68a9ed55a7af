"""``viralsim validate``: is the scenario usable, how large is it, and what can be expected of it."""

from __future__ import annotations

import math
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job
from viralsim.cli.options import json_option, quiet_option, scenario_argument, set_option, variant_option

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["command"]

_DOUBT = 0.1  # by how much what the networks of two draws carry may differ


@click.command("validate")
@scenario_argument
@variant_option
@set_option
@click.option(
    "--assumptions", "list_assumptions", is_flag=True, help="List every number it rests on, with its source."
)
@json_option
@quiet_option
def command(
    scenario: str,
    variant: str | None,
    settings: tuple[tuple[str, Any], ...],
    list_assumptions: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Check a scenario and its variants; say how large it is and what to expect, without running it.

    Exit code 0 if it can be run, 2 if not, with every problem as file:line:column: field: what is wrong.
    """
    from viralsim.cli.plan import say_if_cold
    from viralsim.cli.render import print_json
    from viralsim.cli.scenarios import load, located

    chosen = load(scenario, variant, settings)
    progress = Progress(chosen.name)
    say_if_cold(progress, quiet)
    with located(chosen):
        facts = run_job(lambda report: _facts(chosen), progress, quiet)
    if as_json:
        print_json(facts)
    else:
        _print(chosen, facts)
        if list_assumptions:
            _print_assumptions(chosen)


def _facts(scenario: Scenario) -> dict[str, Any]:
    """Size, memory, expectations and assumptions of a scenario."""
    from viralsim.engine.compiled import compile_draw
    from viralsim.engine.effort import Effort
    from viralsim.engine.eligible import count_eligible
    from viralsim.engine.expected import expectations
    from viralsim.engine.memory import check_memory, estimate
    from viralsim.engine.networks import file_graphs
    from viralsim.engine.shortages import check_enough, flights_without_people, near_shortages
    from viralsim.spec import assumptions

    graphs = file_graphs(scenario)
    run, threads = scenario.run, os.cpu_count() or 1
    check_memory(scenario, graphs, run.replicates, threads)
    need = estimate(scenario, graphs, run.replicates, threads)
    effort = Effort.of(scenario, seed=run.seed or 0)
    people = count_eligible(scenario, effort, graphs)
    check_enough(scenario, people)
    compiled = compile_draw(scenario, effort.seed, 0, graphs, True)
    listed = assumptions(scenario)
    expected = asdict(expectations(compiled))
    expected["warnings"] += (
        *near_shortages(scenario, people, effort),
        *flights_without_people(scenario, people),
        *_unreachable(scenario, compiled, graphs),
    )
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "digest": scenario.digest,
        "people": compiled.world.person_key.size,
        "edges": compiled.world.followers.size,
        "memory_bytes": need.bytes,
        "available_bytes": need.available_bytes,
        "replicates": run.replicates,
        "draws": run.draws,
        "variants": list(scenario.variant_names),
        "expected": expected,
        "assumptions": len(listed),
        "uncertain": sum(entry.low < entry.high for entry in listed),
        "judgements": sum(entry.is_judgement for entry in listed),
        "notes": [f"network of {name}: {text}" for name, graph in graphs.items() for text in graph.notes],
    }


def _unreachable(scenario: Scenario, compiled: Any, graphs: Any) -> tuple[str, ...]:
    """A warning for each platform whose band of R, or of what goes with it, is too wide for its network.

    All draws are looked at, on the network of the first; where that leaves doubt, on their own.
    """
    from viralsim.engine.audience import make_audience
    from viralsim.engine.compiled import draw_key
    from viralsim.engine.rates import Wave, carried_part
    from viralsim.spec import resolve

    seed, draws = scenario.run.seed or 0, min(scenario.run.draws, scenario.run.replicates)
    drawn = [resolve(scenario, seed, draw) for draw in range(draws)]
    out: list[str] = []
    for p, name in enumerate(scenario.platforms):
        first = Wave(compiled.audience.networks[p], compiled.audience.people.activity)
        found = 0
        for draw, plain in enumerate(drawn):
            part = carried_part(plain.platforms[name], first)
            if abs(part - 1.0) < _DOUBT and draw:
                audience = make_audience(plain, draw_key(seed, draw), graphs)
                own = Wave(audience.networks[p], audience.people.activity)
                part = carried_part(plain.platforms[name], own)
            found += part < 1.0
        if found:
            out.append(
                f"In {found} of the {draws} draws the R drawn for {name} is more than its network can "
                "carry, and a run cuts it to what the network carries: narrow the bands of reproduction_number and "
                "peer_visibility, or add followers."
            )
    return tuple(out)


def _print(scenario: Scenario, facts: dict[str, Any]) -> None:
    from viralsim.cli.render import note, size_text

    expected = facts["expected"]
    lines = [
        ("people", f"{facts['people']:,}"),
        ("follower edges", f"{facts['edges']:,}"),
        ("memory", f"{size_text(facts['memory_bytes'])} of {size_text(facts['available_bytes'])} available"),
        (
            "to run",
            f"{facts['replicates']:,} replicates over {facts['draws']:,} draw{'s' * (facts['draws'] != 1)}",
        ),
        (
            "expected R",
            _figure(expected["reproduction_number"]) + " new sharers per sharer, first two generations",
        ),
        ("growth rate", _figure(expected["growth_rate"]) + " in an endless fresh audience of this shape"),
        (
            "earned multiplier",
            _figure(expected["earned_multiplier"]) + " = all impressions / (owned + paid), expected",
        ),
        ("owned impressions", _figure(expected["owned_impressions"], 0) + " expected"),
        ("paid impressions", _figure(expected["paid_impressions"], 0) + " expected"),
        ("earned impressions", _figure(expected["earned_impressions"], 0) + " expected" + _as_ads(expected)),
        (
            "assumptions",
            f"{facts['assumptions']} numbers, {facts['uncertain']} uncertain, {facts['judgements']} without a source",
        ),
    ]
    if facts["variants"]:
        lines.append(("variants", ", ".join(facts["variants"])))
    click.echo(f"{scenario.title}: can be run")
    for label, text in lines:
        click.echo(f"  {label:<20}{text}")
    for text in expected["not_counted"]:
        click.echo(f"  {text}")
    for text in facts["notes"]:
        note(f"note: {text}")
    for text in expected["warnings"]:
        click.echo(f"warning: {text}")


def _as_ads(expected: dict[str, Any]) -> str:
    """What the earned impressions would cost, where that can be said."""
    cost = expected["earned_at_cpm"]
    return f"; as ads they would cost about US$ {cost:,.2f} (cpm)" if math.isfinite(cost) else ""


def _figure(value: float, decimals: int = 3) -> str:
    """A figure, or why there is none."""
    if math.isnan(value):
        return "not defined;"
    return "without bound;" if math.isinf(value) else f"{value:,.{decimals}f}"


def _print_assumptions(scenario: Scenario) -> None:
    from viralsim.cli.render import print_table
    from viralsim.spec import assumptions

    rows = [
        (
            entry.path,
            f"{entry.value:g}",
            f"{entry.low:g} to {entry.high:g}" if entry.low < entry.high else "-",
            entry.unit or "",
            entry.source + (f" ({entry.year})" if entry.year and str(entry.year) not in entry.source else ""),
        )
        for entry in assumptions(scenario)
    ]
    click.echo()
    print_table(("number", "value", "band (9 in 10)", "unit", "source"), rows, numeric=(1, 2))
