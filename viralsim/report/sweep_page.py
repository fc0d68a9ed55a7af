"""The page of a sweep: which setting is best, heat maps with the tipping line, effect curves, what is not sure."""

from __future__ import annotations

from typing import Any

from viralsim.experiment.swept import Sweep
from viralsim.provenance import versions
from viralsim.report import facts, sweep_facts
from viralsim.report.figures_sweep import sweep_figures
from viralsim.report.rendering import page_figure, render
from viralsim.report.reproduce import reproduce_sweep
from viralsim.report.sweep_view import sweep_view

__all__ = ["sweep_page"]

FAILED_SHOWN = 5


def sweep_page(swept: Sweep, metric: str | None = None, command: str = "") -> str:
    """The page of a sweep.

    Parameters
    ----------
    swept : Sweep
        In memory or in a folder.
    metric : str, optional
        What is shown; by default the goal's, else reach.
    command : str
        How it was asked for, to be repeated.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    SpecError
        If no setting defines the metric.
    """
    view = sweep_view(swept, metric)
    failed = swept.failed
    return render(
        "sweep.html",
        title=f"{swept.scenario.title}: what if?",
        verdict=sweep_facts.sweep_verdict(view),
        player=None,
        metric=view.metric.replace("_", " "),
        axes=[view.name(axis) for axis in view.axes],
        figures=[page_figure(drawn) for drawn in sweep_figures(view)],
        rows=sweep_facts.setting_rows(view),
        settings=view.setting.size,
        chances=sweep_facts.chance_rows(view),
        parts_of_variance=sweep_facts.variance_parts(view),
        is_grid=view.is_grid,
        failed=[_failed(entry) for entry in failed[:FAILED_SHOWN]],
        failures=len(failed),
        assumptions=[
            row for row in facts.scenario_assumptions(swept.scenario) if row.path not in swept.paths
        ],
        scenario_sources=swept.scenario.sources,
        reproduce=reproduce_sweep(
            swept.scenario,
            swept.seed,
            int(view.replicates.max(initial=0)),
            int(view.draws.max(initial=0)),
            command,
            versions(),
        ),
    )


def _failed(entry: tuple[int, dict[str, Any], str]) -> dict[str, str]:
    number, overrides, error = entry
    said = ", ".join(f"{path} = {value}" for path, value in overrides.items())
    return {"number": str(number), "says": said, "error": error}
