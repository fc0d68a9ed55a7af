"""An ensemble told: in one sentence, to a notebook, and as plain data."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from viralsim.metrics.rounding import format_interval, format_number, format_percent, format_times
from viralsim.metrics.sales_metrics import sales_clause
from viralsim.metrics.summaries import Summaries, summary_to_dict

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble

__all__ = ["ensemble_to_dict", "notebook_page", "sentence_of"]

_SHOWN_FIRST = (
    "reach", "impressions", "impressions_earned", "earned_multiplier", "shares", "reproduction_number",
    "engagement_rate", "conversions", "roi",
)  # fmt: skip


def sentence_of(ensemble: Ensemble) -> str:
    """The result in one plain sentence, rounded to what is known."""
    summaries = ensemble.summary()
    reach, rate = summaries["reach"], summaries["earned_multiplier"]
    text = (
        f"{ensemble.title} is expected to reach {format_number(reach.mean, reach.se)} of "
        f"{format_number(ensemble.people)} people"
    )
    if not math.isnan(reach.se) and reach.high > reach.low:
        text += f" ({format_interval(reach.low, reach.high, reach.se)})"
    if ensemble.replicates > 1 and reach.p95 > reach.p05:
        text += f", a single run {format_interval(reach.p05, reach.p95)} nine times in ten"
    text += _goal_clause(ensemble)
    if not math.isnan(rate.mean):
        earned = 1.0 - 1.0 / rate.mean if rate.mean > 0 else 0.0
        text += f"; {format_percent(earned)} of its impressions are earned"
    text += sales_clause(summaries)
    verdict = "it goes viral" if ensemble.viral else "it does not go viral"
    return f"{text}; {verdict}: {ensemble.viral.reason}."


def _goal_clause(ensemble: Ensemble) -> str:
    """Chance of reaching the scenario's goal, if it sets one that this run defines."""
    goal = getattr(ensemble.scenario, "goal", None)
    if goal is None or goal.metric not in ensemble:
        return ""
    chance = ensemble.prob_at_least(goal.metric, goal.at_least)
    what = goal.metric.replace("_", " ")
    return f"; its goal ({what} of at least {format_number(goal.at_least)}) is met {format_times(chance)}"


def notebook_page(ensemble: Ensemble) -> str:
    """HTML: the sentence, the numbers to look at first, and all of them folded in."""
    every = ensemble.summary()
    first = Summaries({name: every[name] for name in _SHOWN_FIRST if name in every})
    more = f"<details><summary>All {len(every)} metrics</summary>{every._repr_html_()}</details>"
    return f"<p>{html.escape(ensemble.sentence())}</p>{first._repr_html_()}{more}"


def ensemble_to_dict(ensemble: Ensemble) -> dict[str, Any]:
    """Plain data; what is not defined is None (see `Ensemble.to_dict`)."""
    return {
        "scenario": ensemble.name,
        "digest": ensemble.digest,
        "seed": ensemble.seed,
        "replicates": ensemble.replicates,
        "draws": ensemble.draws,
        "fixed": ensemble.fixed,
        "versions": dict(ensemble.provenance),
        "sentence": ensemble.sentence(),
        "viral": bool(ensemble.viral),
        "metrics": {name: summary_to_dict(summary) for name, summary in ensemble.summary().items()},
    }
