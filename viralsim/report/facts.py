"""What a page says of a run, as rounded text: cards, who was reached, what could go wrong, what was assumed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viralsim.engine.ensemble import Ensemble
from viralsim.experiment.compared import Comparison
from viralsim.experiment.comparison import draw_scores
from viralsim.experiment.pairs import confidence_text
from viralsim.experiment.ranking import Rank
from viralsim.metrics.attributes import attribute_names
from viralsim.metrics.drivers import Driver, draw_means, drivers
from viralsim.metrics.earned_value import formula_of_value
from viralsim.metrics.risks import risks
from viralsim.metrics.rounding import format_interval, format_number, format_percent, format_times
from viralsim.metrics.uncertainty import Summary
from viralsim.spec import Scenario
from viralsim.spec.metric_names import METRIC_NAMES
from viralsim.spec.resolving import Assumption, assumptions
from viralsim.spec.uncertain import plain_number

__all__ = [
    "AssumptionRow",
    "Card",
    "assumption_rows",
    "attribute_tables",
    "best_card",
    "cards",
    "difference_drivers",
    "driver_rows",
    "judged_drivers",
    "origin_parts",
    "reach_rows",
    "risk_rows",
    "scenario_assumptions",
    "value_formula",
    "warnings_of",
    "worth_rows",
]

TOP_DRIVERS = 6
WORTH = (
    "conversions",
    "conversions_incremental",
    "conversions_direct",
    "conversions_referral",
    "revenue",
    "cost",
    "seed_cost_per_1000",
    "roi",
    "earned_media_value",
    "customer_value_direct",
    "customer_value_referral",
    "customer_value_influence",
    "response_rate",
    "response_time_hours",
)


@dataclass(frozen=True, slots=True)
class Card:
    """One number: what it is, the number, its interval, what a single run may bring, and why to read it with care."""

    label: str
    value: str
    expected: str = ""
    single: str = ""
    note: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class AssumptionRow:
    """One number the result rests on."""

    path: str
    value: str
    band: str
    unit: str
    source: str
    is_judgement: bool


def _card(label: str, summary: Summary, note: str = "") -> Card:
    expected = "" if math.isnan(summary.low) else f"{format_interval(summary.low, summary.high, summary.se)}"
    single = "" if math.isnan(summary.p05) else f"{format_interval(summary.p05, summary.p95)}"
    return Card(label, format_number(summary.mean, summary.se), expected, single, note, summary.note)


def warnings_of(rows: Sequence[Card]) -> tuple[tuple[str, str], ...]:
    """Each warning of some cards once, with the labels it is about: (labels, warning)."""
    about: dict[str, list[str]] = {}
    for card in rows:
        for warning in filter(None, card.warning.split("; ")):
            about.setdefault(warning, []).append(card.label)
    return tuple((", ".join(labels), warning) for warning, labels in about.items())


def cards(ensemble: Ensemble) -> tuple[Card, ...]:
    """The numbers to look at first."""
    found = ensemble.summary()
    rows = [_card("people reached", found["reach"], f"of {format_number(ensemble.people)}")]
    rows.append(_card("impressions", found["impressions"]))
    if "earned_multiplier" in found and not math.isnan(found["earned_multiplier"].mean):
        rows.append(
            _card("earned multiplier", found["earned_multiplier"], "all / (owned + paid) impressions")
        )
    r = found["reproduction_number"]
    if not math.isnan(r.mean):
        rows.append(_card("reproduction number R", r, "new sharers per sharing person"))
    if not math.isnan(found["engagement_rate"].mean):
        rate = found["engagement_rate"]
        rows.append(
            Card(
                "engagement rate",
                format_percent(rate.mean, rate.se),
                f"{format_percent(rate.low, rate.se)} to {format_percent(rate.high, rate.se)}".replace(
                    " %", "\N{NO-BREAK SPACE}%"
                ),
                note="of impressions",
                warning=rate.note,
            )
        )
    goal = ensemble.scenario.goal
    if goal is not None and goal.metric in ensemble:
        chance = ensemble.prob_at_least(goal.metric, goal.at_least)
        what = f"{goal.metric.replace('_', ' ')} of at least {format_number(goal.at_least)}"
        rows.append(Card("goal met", format_times(chance).replace(" times in 100", " in 100"), note=what))
    return tuple(rows)


def best_card(place: Rank, comparison: Comparison) -> Card:
    """A scenario's place among those compared, and its chance of being the best."""
    return Card(
        f"place of {len(comparison.labels)}",
        str(place.position),
        note=f"best of one run each {format_times(place.prob_best_run)}; best expected: "
        f"{confidence_text(place.prob_mean_best)} sure",
    )


def origin_parts(ensemble: Ensemble) -> tuple[tuple[str, float, str], ...]:
    """Owned, paid and earned: (name, part of all impressions, text)."""
    found = ensemble.summary()
    total = found["impressions"].mean
    parts = []
    for name in ("owned", "paid", "earned"):
        summary = found[f"impressions_{name}"]
        part = summary.mean / total if total > 0 else 0.0
        parts.append((name, part, f"{format_number(summary.mean, summary.se)} ({format_percent(part)})"))
    return tuple(parts)


def reach_rows(ensemble: Ensemble) -> tuple[dict[str, str], ...]:
    """Who was reached and who was left out, by segment."""
    people = ensemble.tallies.people_by_segment.mean(axis=0)
    excluded = ensemble.tallies.excluded_by_segment.mean(axis=0)
    reach = ensemble.summary_by("segment", "reach")
    rows = []
    for index, (name, summary) in enumerate(reach.items()):
        size = float(people[index])
        part = summary.mean / size if size else math.nan
        error = summary.se / size if size else math.nan
        rows.append(
            {
                "name": name,
                "people": format_number(round(size)),
                "reached": format_number(summary.mean, summary.se),
                "part": "none in it" if math.isnan(part) else format_percent(part, error),
                "width": f"{0.0 if math.isnan(part) else 100.0 * min(part, 1.0):.3g}",
                "excluded": format_percent(float(excluded[index]) / size) if size else "none in it",
            }
        )
    return tuple(rows)


def risk_rows(ensemble: Ensemble) -> tuple[dict[str, str], ...]:
    """What could go wrong, each with its chance in a single run."""
    goal = ensemble.scenario.goal
    found = risks(ensemble.tallies, (goal.metric, goal.at_least) if goal is not None else None)
    return tuple(
        {
            "name": risk.name,
            "meaning": risk.meaning,
            "chance": format_times(risk.prob),
            "interval": f"{format_percent(risk.low, 0.01)} to {format_percent(risk.high, 0.01)}",
            "width": f"{100.0 * risk.prob:.3g}",
        }
        for risk in found
    )


def driver_rows(ensemble: Ensemble, metric: str) -> tuple[Driver, ...]:
    """The numbers nobody knows that move the result most from draw to draw."""
    if ensemble.draws < 2:
        return ()
    found = drivers(draw_means(ensemble.column(metric), ensemble.draw), draw_scores([ensemble]))
    return found[:TOP_DRIVERS]


def difference_drivers(a: Ensemble, b: Ensemble, metric: str) -> tuple[Driver, ...]:
    """The numbers nobody knows that move the difference b - a most from draw to draw, in shared worlds."""
    if a.draws < 2 or a.draws != b.draws:
        return ()
    effect = draw_means(b.column(metric), b.draw) - draw_means(a.column(metric), a.draw)
    return drivers(effect, draw_scores([a, b]))[:TOP_DRIVERS]


def judged_drivers(ensemble: Ensemble, top: tuple[Driver, ...]) -> str:
    """How many of the top drivers are judgements, as a sentence; "" without drivers."""
    if not top:
        return ""
    judged = {row.path for row in assumptions(ensemble.scenario) if row.is_judgement}
    count = sum(driver.path in judged for driver in top)
    what = "is a judgement" if count == 1 else "are judgements"
    return f"{count} of these {len(top)} numbers {what} without a source."


def assumption_rows(ensemble: Ensemble) -> tuple[AssumptionRow, ...]:
    """Every number the result rests on, with its band and source."""
    return scenario_assumptions(ensemble.scenario)


def scenario_assumptions(scenario: Scenario) -> tuple[AssumptionRow, ...]:
    """Every number a scenario rests on, with its band and source."""
    return tuple(_assumption(row) for row in assumptions(scenario))


def _assumption(row: Assumption) -> AssumptionRow:
    band = f"{_short(row.low)} to {_short(row.high)}" if row.low < row.high else ""
    source = row.source if row.year is None else f"{row.source} ({row.year})"
    return AssumptionRow(row.path, _short(row.value), band, row.unit or "", source, row.is_judgement)


def _short(value: Any) -> str:
    if isinstance(value, float | int) and not isinstance(value, bool):
        number = plain_number(float(f"{float(value):.4g}"))
        return f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return str(value)


def worth_rows(ensemble: Ensemble) -> tuple[dict[str, str], ...]:
    """Purchases, money and answers, as far as the scenario defines them."""
    found = ensemble.summary()
    rows = []
    for name in WORTH:
        summary = found.get(name)
        if summary is None or math.isnan(summary.mean):
            continue
        known = not math.isnan(summary.low)
        rows.append(
            {
                "name": name.replace("_", " "),
                "expected": format_number(summary.mean, summary.se),
                "interval": format_interval(summary.low, summary.high, summary.se) if known else "-",
                "single": format_interval(summary.p05, summary.p95) if not math.isnan(summary.p05) else "-",
                "meaning": METRIC_NAMES[name].meaning,
            }
        )
    return tuple(rows)


def value_formula(ensemble: Ensemble) -> str:
    """How the earned media value is made of the user's own prices; "" where there are none."""
    return formula_of_value(ensemble.tallies.prices) if "earned_media_value" in ensemble else ""


def attribute_tables(ensemble: Ensemble) -> tuple[dict[str, Any], ...]:
    """Reach by each attribute of the segments, who has no account, and how unequal it is."""
    tables = []
    for name in attribute_names(ensemble.attributes):
        unequal = ensemble.inequality(name)
        if len(unequal.reached) < 2:
            continue
        rows = [
            {
                "value": str(value),
                "part": format_percent(summary.mean, summary.se),
                "width": f"{100.0 * min(summary.mean, 1.0):.3g}",
                "excluded": format_percent(unequal.excluded[value]),
            }
            for value, summary in unequal.reached.items()
        ]
        gini = unequal.gini
        said = "" if math.isnan(gini.mean) else format_number(gini.mean, gini.se)
        tables.append({"name": name, "rows": rows, "gini": said})
    return tuple(tables)
