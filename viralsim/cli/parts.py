"""``run --by``: results by segment, platform, item, or an attribute of the segments, and how unequal reach is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.metrics.uncertainty import Summary

__all__ = ["by_option", "check_by", "parts_object", "print_parts"]

SHOWN = (
    "reach",
    "impressions",
    "shares",
    "clicks",
    "conversions",
    "conversions_incremental",
    "complaints",
    "revenue",
)
KINDS = ("segment", "platform", "item")

by_option = click.option(
    "--by",
    metavar="NAME",
    help="Also by segment, platform, item, or an attribute of the segments (age, place, ...); for an attribute also "
    "who is left out and how unequal reach is.",
)


def check_by(scenario: Any, by: str | None) -> None:
    """Refuse a `--by` that the scenario does not have, before anything is run.

    Raises
    ------
    SpecError
        With what is allowed.
    """
    if by is None:
        return
    from viralsim.errors import SpecError
    from viralsim.metrics.attributes import attribute_names
    from viralsim.spec.problems import allowed_names

    attributes = attribute_names([segment.attributes for segment in scenario.audience.segments])
    if by not in (*KINDS, *attributes):
        raise SpecError(
            f"--by: there is no {by!r} in this scenario; {allowed_names(by, (*KINDS, *attributes))}"
        )


def parts_object(ensemble: Ensemble, by: str) -> dict[str, Any]:
    """What ``--json`` prints of the parts: by, metrics by part, and for an attribute reach of each group."""
    made: dict[str, Any] = {
        "by": by,
        "metrics": {
            metric: {part: asdict(summary) for part, summary in split.items()}
            for metric, split in _splits(ensemble, by).items()
        },
    }
    if by not in KINDS:
        made["inequality"] = asdict(ensemble.inequality(by))
    return made


def _splits(ensemble: Ensemble, by: str) -> dict[str, dict[str, Summary]]:
    """Metric -> part -> summary, of the metrics shown that can be split that way."""
    from viralsim.metrics.attributes import ceiling_by_attribute, split_by_attribute
    from viralsim.metrics.registry import METRICS
    from viralsim.metrics.uncertainty import summarise

    kind = by if by in KINDS else "segment"
    names = [name for name in SHOWN if name in ensemble and kind in METRICS[name].parts]
    if by in KINDS:
        return {name: ensemble.summary_by(by, name) for name in names}
    found = {}
    for name in names:
        most = ceiling_by_attribute(ensemble.tallies, name, ensemble.attributes, by)
        found[name] = {
            value: summarise(column, ensemble.draw, METRICS[name].floor, most[value])
            for value, column in split_by_attribute(ensemble.tallies, name, ensemble.attributes, by).items()
        }
    return found


def print_parts(ensemble: Ensemble, by: str) -> None:
    """A table of parts; for an attribute also reach, exclusion and inequality."""
    from viralsim.cli.render import print_table
    from viralsim.metrics.rounding import format_interval, format_number, format_percent

    splits = _splits(ensemble, by)
    parts = list(next(iter(splits.values())))
    click.echo()
    rows = [
        (name, *(format_number(split[part].mean, split[part].se) for part in parts))
        for name, split in splits.items()
    ]
    print_table((f"expected, by {by}", *parts), rows, numeric=range(1, len(parts) + 1))
    if by in KINDS:
        return
    unequal = ensemble.inequality(by)
    click.echo()
    rows = [
        (
            value,
            format_percent(summary.mean),
            f"{format_percent(summary.low)} to {format_percent(summary.high)}",
            format_percent(unequal.excluded[value]),
        )
        for value, summary in unequal.reached.items()
    ]
    heads = (by, "of its people reached", "95 % interval", "without any account")
    print_table(heads, rows, numeric=(1, 2, 3))
    ratio, gini = unequal.ratio, unequal.gini
    click.echo(
        f"The best reached {by} is reached {format_number(ratio.mean, ratio.se)} times as often as the least reached "
        f"({format_interval(ratio.low, ratio.high, ratio.se)}); Gini coefficient between groups "
        f"{format_number(gini.mean, gini.se)} (0: equal)."
    )
