"""A comparison on the screen: the verdict first, then the ranking, every pair, every scenario."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

import click

from viralsim.cli.render import HEADS, WIDE, Remarks, console, metric_row, print_table

if TYPE_CHECKING:
    from viralsim.experiment.comparison import Comparison
    from viralsim.experiment.pairs import Pair

__all__ = ["print_comparison"]


def print_comparison(comparison: Comparison) -> None:
    """Verdict first, then the ranking, every pair, every scenario, and how it was made."""
    for sentence in comparison.sentences():
        click.echo(sentence)
    click.echo()
    if len(comparison.labels) > 2:
        _print_ranking(comparison)
        click.echo()
    _print_pairs(comparison)
    click.echo()
    _print_scenarios(comparison)
    click.echo()
    for line in _notes(comparison):
        click.echo(line)


def _print_ranking(comparison: Comparison) -> None:
    """The scenarios in order, each with its chance of being the best."""
    from viralsim.experiment.pairs import confidence_text
    from viralsim.metrics.rounding import format_interval, format_number, format_percent

    rows = []
    for place in comparison.ranking:
        error = max(place.high - place.low, 0.0) / 4.0
        rows.append(
            (
                str(place.position),
                place.label,
                format_number(place.mean, error),
                format_interval(place.low, place.high, error),
                confidence_text(place.prob_mean_best),
                format_percent(place.prob_best_draw, 0.01),
                format_percent(place.prob_best_run, 0.01),
            )
        )
    what = comparison.metric.replace("_", " ")
    heads = ("", "scenario", what, "95 % interval", "best mean", "best in draws", "best of one run each")
    print_table(heads, rows, numeric=(2, 3, 4, 5, 6))
    click.echo(
        "best mean: confidence that its expected value is the best; best in draws: in so much of what may be true; "
        "best of one run each: chance that it comes out best"
    )


def _print_pairs(comparison: Comparison) -> None:
    """Every pair in every metric."""
    rows: list[tuple[str, ...]] = []
    sections, metric = [], ""
    several = bool(comparison.metrics)
    remarks = Remarks()
    together = len(comparison.pairs) > 1 and console().width >= WIDE
    for pair in comparison.pairs:
        if pair.metric != metric:
            metric = pair.metric
            sections.append(len(rows))
        rows.append(((pair.metric,) if several else ()) + _pair_cells(pair, together, remarks))
    heads = [*(["metric"] if several else []), "B", "A", "B against A", "95 % interval"]
    heads += ["all at once"] if together else []
    heads += ["B wins a run", "B is better", "verdict"]
    print_table(heads, rows, numeric=tuple(range(2 + several, len(heads) - 1)), sections=sections)
    for line in remarks.lines():
        click.echo(line)


def _pair_cells(pair: Pair, together: bool, remarks: Remarks) -> tuple[str, ...]:
    """Cells of one pair: names, effect, intervals, chances, verdict and what stands in its way."""
    from viralsim.experiment.pairs import confidence_text, effect_interval_text, effect_text, together_text
    from viralsim.metrics.rounding import format_percent

    return (
        pair.b,
        pair.a,
        effect_text(pair),
        effect_interval_text(pair),
        *([together_text(pair)] if together else []),
        format_percent(pair.prob_better, 0.01),
        confidence_text(pair.prob_mean_better),
        pair.verdict + _why(pair) + remarks.mark(pair.note),
    )


def _why(pair: Pair) -> str:
    """What stands in the way, with the number that goes with it."""
    from viralsim.metrics.rounding import format_percent

    if not pair.unresolved_because:
        return ""
    if pair.assumption_share is not None:
        return f": {pair.unresolved_because} ({format_percent(pair.assumption_share, 0.1)} of the variance)"
    needed = ""
    if pair.replicates_needed:
        needed = f" ({pair.replicates_needed:,} more replicate{'s' * (pair.replicates_needed > 1)})"
    return f": {pair.unresolved_because}{needed}"


def _print_scenarios(comparison: Comparison) -> None:
    """Every metric that was asked for, of every scenario."""
    remarks = Remarks()
    rows = []
    for label, ensemble in zip(comparison.labels, comparison.ensembles, strict=True):
        for name in (comparison.metric, *comparison.metrics):
            cells = metric_row(name, ensemble.summary()[name], ensemble[name], remarks)
            rows.append((label, *cells))
    print_table(("scenario", *HEADS), rows, numeric=(2, 3, 4, 5, 6))
    for line in remarks.lines():
        click.echo(line)


def _notes(comparison: Comparison) -> list[str]:
    """How it was made: size, seed, correction, looks, and what sharing worlds bought."""
    from viralsim.experiment.ranking import listed
    from viralsim.metrics.rounding import format_percent

    first = comparison.ensembles[0]
    lines = [
        f"{first.replicates:,} replicates over {first.draws:,} draws in shared worlds; seed {first.seed}; differences "
        f"below {format_percent(comparison.worthwhile)} are not worth having"
    ]
    if len(comparison.pairs) > 1:
        lines.append(
            f"Verdicts are corrected for {len(comparison.pairs)} comparisons (Holm): at most 5 in 100 tables like this "
            "call any equals different, or any worthwhile difference equal; each 95 % interval stands on its own, "
            "those under 'all at once' hold together."
        )
    if comparison.looks:
        sizes = listed([f"{look.replicates:,}" for look in comparison.looks])
        end = "settled" if comparison.settled else "not settled at the limit"
        lines.append(
            f"Looked at {sizes} replicates: {end}; every look had {format_percent(comparison.error, 0.001)} of "
            "the error of 5 %, so intervals are wide enough for all of them."
        )
    bought = reduction_text(comparison)
    return [*lines, bought] if bought else lines


def reduction_text(comparison: Comparison) -> str:
    """What sharing worlds bought, over the pairs of the comparison's metric; "" where nothing varies."""
    from viralsim.metrics.rounding import format_number

    pairs = [pair for pair in comparison.pairs if pair.metric == comparison.metric]
    known = [pair.variance_reduction for pair in pairs if not math.isnan(pair.variance_reduction)]
    if not known:
        return ""
    what = f"the variance of the difference in {comparison.metric.replace('_', ' ')}"

    def text(times: float) -> str:
        return format_number(times, times / 10.0) if math.isfinite(times) else "infinitely many"

    middle = statistics.median_low(known)
    if len(known) == 1:
        return f"Sharing worlds divided {what} by {text(middle)}, measured against independent worlds."
    return (
        f"Sharing worlds divided {what} by {text(middle)} (median of {len(known)} pairs, {text(min(known))} to "
        f"{text(max(known))}), measured against independent worlds."
    )
