"""``viralsim plan``: a plan of action, step by step, each with numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job
from viralsim.cli.options import (
    json_option,
    quiet_option,
    scenario_argument,
    study_options,
)

if TYPE_CHECKING:
    from viralsim.planning.steps import Plan

__all__ = ["command"]

MOST_BYTES = 20_000_000


@click.command("plan")
@scenario_argument
@click.option(
    "--past", type=click.Path(path_type=Path, dir_okay=False), metavar="CSV",
    help="Past posts for the audit: columns item, platform, impressions, and any of likes, comments, shares, clicks.",
)  # fmt: skip
@study_options
@json_option
@quiet_option
def command(
    scenario: str,
    past: Path | None,
    variant: str | None,
    settings: tuple[tuple[str, Any], ...],
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Walk the steps of a plan for a scenario with a goal, each worked out in simulated worlds.

    Goals, target groups, competitors, audit, calendar, content, tracking, adjusting.

    \b
    viralsim plan launch-video
    viralsim plan my-campaign.yaml --past posts.csv --replicates 200
    """
    from viralsim.cli.plan import say_if_cold
    from viralsim.cli.render import print_json
    from viralsim.cli.scenarios import load
    from viralsim.planning.action import plan_of_action
    from viralsim.planning.past_posts import parse_past_posts

    chosen = load(scenario, variant, settings)
    posts = parse_past_posts(_text_of(past), str(past)) if past is not None else []

    def work(report: Progress) -> Plan:
        return plan_of_action(chosen, posts, report=report.say, **options)

    progress = Progress(chosen.name, unit="steps")
    say_if_cold(progress, quiet)
    found = run_job(work, progress, quiet)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)


def _text_of(path: Path) -> str:
    """A CSV file's text."""
    from viralsim.errors import SpecError

    try:
        if path.stat().st_size > MOST_BYTES:
            raise SpecError(f"{path}: is larger than {MOST_BYTES:,} bytes; give one line per post")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError(f"{path}: is no UTF-8 text; save it as CSV (UTF-8)") from None
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}") from None


def _print(found: Plan) -> None:
    """Each step: number and title, what it says, its table."""
    from viralsim.cli.render import print_table

    click.echo(f"Plan of action for {found.scenario}")
    for number, step in enumerate(found.steps, 1):
        click.echo(f"\n{number}. {step.title}")
        for line in step.says:
            click.echo(f"   {line}")
        if step.rows:
            click.echo()
            print_table(step.heads, step.rows, numeric=range(1, len(step.heads)))
    click.echo(
        f"\n{found.replicates:,} replicates over {found.draws:,} draws, what-ifs on the same worlds; seed {found.seed}"
    )
