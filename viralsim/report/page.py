"""The page to forward: one self-contained HTML file, readable without script and without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from viralsim.engine.ensemble import Ensemble
from viralsim.experiment.comparison import Comparison
from viralsim.experiment.pairs import Pair, confidence_text, effect_interval_text, effect_text
from viralsim.metrics.rounding import format_percent, format_times
from viralsim.report import facts
from viralsim.report.figures import Drawn, comparison_figures, run_figures
from viralsim.report.player import player_data
from viralsim.report.rendering import page_figure, render, write_page
from viralsim.report.reproduce import reproduce_comparison, reproduce_run

__all__ = ["comparison_page", "run_page", "write_page"]

PAIRS_SAID = 3  # sentences on pairs after the verdict; the table has all of them


def run_page(ensemble: Ensemble, drawn: list[Drawn] | None = None) -> str:
    """The page of one run.

    Parameters
    ----------
    ensemble : Ensemble
    drawn : list of Drawn, optional
        Its figures, where they are drawn already.

    Returns
    -------
    str
        HTML.
    """
    metric = _metric_of(ensemble)
    top = facts.driver_rows(ensemble, metric)
    return render(
        "run.html",
        title=ensemble.title,
        verdict=[ensemble.sentence()],
        figures={
            figure.name: figure
            for figure in map(page_figure, run_figures(ensemble) if drawn is None else drawn)
        },
        player=player_data(ensemble),
        run=_run_facts(ensemble),
        metric=metric.replace("_", " "),
        drivers=top,
        judged=facts.judged_drivers(ensemble, top),
        assumptions=facts.assumption_rows(ensemble),
        sources=_sources(ensemble),
        scenario_sources=ensemble.scenario.sources,
        reproduce=reproduce_run(ensemble),
    )


def comparison_page(comparison: Comparison, drawn: list[Drawn] | None = None) -> str:
    """The page of a comparison: the verdict first, then a card per scenario.

    Parameters
    ----------
    comparison : Comparison
    drawn : list of Drawn, optional
        Its figures, where they are drawn already.

    Returns
    -------
    str
        HTML.
    """
    first = comparison.ensembles[0]
    sentences = comparison.sentences()
    best = {place.label: facts.best_card(place, comparison) for place in comparison.ranking}
    return render(
        "compare.html",
        title=f"{first.title}: which is better?",
        verdict=sentences[:1],
        further=sentences[1 : 1 + PAIRS_SAID],
        figures={
            figure.name: figure
            for figure in map(page_figure, comparison_figures(comparison) if drawn is None else drawn)
        },
        player=None,
        metric=comparison.metric.replace("_", " "),
        runs=[
            {
                "label": label,
                "cards": (*facts.cards(e), best[label]),
                "warnings": facts.warnings_of(facts.cards(e)),
                "origins": facts.origin_parts(e),
            }
            for label, e in zip(comparison.labels, comparison.ensembles, strict=True)
        ],
        pairs=[_pair_row(pair) for pair in comparison.pairs],
        error=format_percent(comparison.error),
        differences=_differences(comparison),
        segments=_side_by_side(comparison, facts.reach_rows, "parts", {"part": "not there", "width": "0"}),
        risks=_side_by_side(comparison, facts.risk_rows, "chances", None),
        worth=_side_by_side(comparison, facts.worth_rows, "numbers", None),
        driven=_driven(comparison),
        assumptions=facts.assumption_rows(first),
        sources=_sources(*comparison.ensembles),
        scenario_sources=first.scenario.sources,
        reproduce=reproduce_comparison(comparison),
    )


# --------------------------------------------------------------------------------------------- parts


def _run_facts(ensemble: Ensemble) -> dict[str, Any]:
    return {
        "title": ensemble.title,
        "cards": (cards := facts.cards(ensemble)),
        "warnings": facts.warnings_of(cards),
        "origins": facts.origin_parts(ensemble),
        "segments": facts.reach_rows(ensemble),
        "risks": facts.risk_rows(ensemble),
        "worth": facts.worth_rows(ensemble),
        "formula": facts.value_formula(ensemble),
        "attributes": facts.attribute_tables(ensemble),
        "viral": bool(ensemble.viral),
    }


def _metric_of(ensemble: Ensemble) -> str:
    goal = ensemble.scenario.goal
    return str(goal.metric) if goal is not None and goal.metric in ensemble else "reach"


def _pair_row(pair: Pair) -> dict[str, str]:
    why = f": {pair.unresolved_because}" if pair.unresolved_because else ""
    return {
        "metric": pair.metric.replace("_", " "),
        "a": pair.a,
        "b": pair.b,
        "effect": effect_text(pair),
        "interval": effect_interval_text(pair),
        "wins": format_times(pair.prob_better),
        "mean_wins": confidence_text(pair.prob_mean_better),
        "verdict": f"{pair.verdict}{why}",
    }


def _sources(*ensembles: Ensemble) -> dict[str, facts.AssumptionRow]:
    """What is assumed of each number, by its path; of the first scenario that has it."""
    return {row.path: row for e in reversed(ensembles) for row in facts.assumption_rows(e)}


def _side_by_side(
    comparison: Comparison, rows_of: Callable[[Ensemble], Iterable[dict[str, Any]]], field: str, absent: Any
) -> list[dict[str, Any]]:
    """Rows of all scenarios by name; `field` has each scenario's own, or `absent`. The rest is the first's."""
    found: dict[str, dict[str, Any]] = {}
    for number, ensemble in enumerate(comparison.ensembles):
        for row in rows_of(ensemble):
            entry = found.setdefault(row["name"], {**row, field: [absent] * len(comparison.ensembles)})
            entry[field][number] = row
    return list(found.values())


def _driven(comparison: Comparison) -> list[dict[str, Any]]:
    """What drives each difference in the main metric: of two scenarios the one, of more each against the first."""
    rows = []
    for pair in comparison.pairs:
        if pair.metric != comparison.metric or pair.a != comparison.labels[0]:
            continue
        a, b = (comparison.ensembles[comparison.labels.index(label)] for label in (pair.a, pair.b))
        top = facts.difference_drivers(a, b, comparison.metric)
        rows.append({"a": pair.a, "b": pair.b, "rows": top, "judged": facts.judged_drivers(b, top)})
    return rows


def _differences(comparison: Comparison) -> list[dict[str, Any]]:
    """What the scenarios write differently from the first, path by path."""
    written = [_flat(e.scenario.to_dict()) for e in comparison.ensembles]
    rows = []
    for path in sorted(set().union(*written)):
        values = [_said(found.get(path)) for found in written]
        if len(set(values)) > 1:
            rows.append({"path": path, "values": values})
    return rows


def _said(value: Any) -> str:
    return "not written" if value is None else str(value)


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Leaves of a document by dotted path; entries of lists by id where they have one."""
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "low", "high", "source"}:
        band = f" ({value['low']} to {value['high']})" if "low" in value and "high" in value else ""
        return {path: f"{value['value']}{band}"}
    if isinstance(value, dict) and value:
        pairs = [(str(key), inner) for key, inner in value.items() if key not in ("variants", "name")]
    elif isinstance(value, list | tuple) and value:
        pairs = [(_entry_name(inner, index), inner) for index, inner in enumerate(value)]
    else:
        return {path: value}
    found: dict[str, Any] = {}
    for key, inner in pairs:
        found.update(_flat(inner, f"{path}.{key}" if path else key))
    return found


def _entry_name(value: Any, index: int) -> str:
    named = value.get("id") or value.get("name") if isinstance(value, dict) else None
    return str(named or index)
