"""The page of a verification: one self-contained HTML file, readable without script."""

from __future__ import annotations

import itertools
import math
from typing import Any

from viralsim.report.figures import Drawn
from viralsim.report.figures_verify import agreement_figure, verify_figure
from viralsim.report.rendering import PageFigure, page_figure, render
from viralsim.verify.check import AGREES, DISAGREES, NOT_COMPUTED, Outcome, Plot
from viralsim.verify.groups import GROUPS
from viralsim.verify.running import Verification

__all__ = ["VERIFY_FIELDS", "number_text", "outcome_cells", "verify_page", "verify_rows"]

FEWEST_DISTANCES = 10
AGREEMENT = (
    "Only luck should separate the two: then the points follow the line, with about one check in twenty more than two "
    "standard errors away. Points above the line would mean that errors are overstated, points far below it that "
    "something is wrong."
)

VERIFY_FIELDS = (
    "group",
    "claim",
    "source",
    "expected",
    "got",
    "se",
    "errors_away",
    "allowance",
    "why_allowed",
    "verdict",
    "reason",
    "note",
    "seconds",
)


def verify_rows(found: Verification) -> list[tuple[Any, ...]]:
    """Every check as a row of a CSV, in the order of `VERIFY_FIELDS`."""
    return [tuple(outcome.to_dict()[name] for name in VERIFY_FIELDS) for outcome in found.outcomes]


def number_text(value: float, digits: int = 5) -> str:
    """A number to so many digits, without an exponent where it can be avoided.

    Examples
    --------
    >>> number_text(0.58281164), number_text(50000.0), number_text(float("nan"))
    ('0.58281', '50,000', '-')
    """
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "no bound"
    if value == round(value) and abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:,.{digits}g}" if 1e-4 <= abs(value) < 1e9 else f"{value:.3g}"


def outcome_cells(outcome: Outcome) -> tuple[str, str, str, str]:
    """Expected, got, standard errors away and verdict of a check, as people read them.

    A check within its finite-size allowance, but more than 4 standard errors away, says so.
    """
    found = outcome.finding
    if found is None:
        text = outcome.verdict if not outcome.reason else f"{outcome.verdict}: {outcome.reason}"
        return "-", "-", "-", text
    errors = found.errors_away
    away = "exact" if math.isnan(errors) else ("far" if math.isinf(errors) else f"{errors:.1f}")
    verdict = outcome.verdict
    if outcome.verdict == AGREES and errors > 4.0:
        verdict = f"agrees within {number_text(found.allowance, 2)}"
    if outcome.reason:
        verdict = f"{verdict}: {outcome.reason}"
    return number_text(found.expected), number_text(found.got), away, verdict


def verify_page(found: Verification) -> str:
    """The page as HTML: verdict, overview by subject, then every check with its figures.

    Parameters
    ----------
    found : Verification

    Returns
    -------
    str
    """
    parameters = ", ".join(f"{name.replace('_', '-')} {value}" for name, value in found.parameters.items())
    return render(
        "verify.html",
        title=found.sentence(),
        verdict=[],
        mode="full" if found.full else "quick",
        seed=found.seed,
        parameters=parameters,
        sections=_sections(found),
        agreement=_agreement(found),
        bad=[outcome for outcome in found.outcomes if outcome.verdict == DISAGREES],
        seconds=f"{found.seconds:,.0f}",
        versions=", ".join(f"{name} {version}" for name, version in found.versions.items()),
        again=_again(found),
        player=None,
    )


def _again(found: Verification) -> str:
    """The command that gives the same numbers."""
    groups = list(dict.fromkeys(outcome.group for outcome in found.outcomes))
    words = ["viralsim verify", *([] if len(groups) == len(GROUPS) else groups)]
    words += ["--full"] if found.full else []
    words += [f"--{name.replace('_', '-')} {value}" for name, value in found.parameters.items()]
    return " ".join([*words, f"--seed {found.seed}"])


def _sections(found: Verification) -> list[dict[str, Any]]:
    """Groups in order, each with rows, figures and how many of its checks agree."""
    sections: list[dict[str, Any]] = []
    for name, outcomes in itertools.groupby(found.outcomes, key=lambda outcome: outcome.group):
        own = list(outcomes)
        verdicts = [outcome.verdict for outcome in own]
        worst = next(v for v in (DISAGREES, NOT_COMPUTED, AGREES) if v in verdicts)
        sections.append(
            {
                "name": name,
                "title": GROUPS[name].title if name in GROUPS else "",
                "rows": [_row(outcome) for outcome in own],
                "figures": [
                    _plot_figure(f"{name}-figure-{number}", outcome.finding.plot)
                    for number, outcome in enumerate(own, 1)
                    if outcome.finding is not None and outcome.finding.plot is not None
                ],
                "agree": verdicts.count(AGREES),
                "verdict": worst if worst == AGREES else f"{verdicts.count(worst)} {worst}",
                "class": worst.replace(" ", "-"),
            }
        )
    return sections


def _row(outcome: Outcome) -> dict[str, str]:
    expected, got, away, verdict = outcome_cells(outcome)
    return {
        "claim": outcome.claim,
        "source": outcome.source,
        "expected": expected,
        "got": got,
        "away": away,
        "verdict": verdict,
        "class": outcome.verdict.replace(" ", "-"),
        "small": "; ".join(filter(None, (_note(outcome), _allowed(outcome)))),
    }


def _plot_figure(name: str, plot: Plot) -> PageFigure:
    """A check's figure, with the numbers of theory and simulation below each other."""
    points = len(plot.line_x) * ["theory"] + len(plot.x) * ["simulation"]
    columns: dict[str, Any] = {
        "what": points,
        "x": [*plot.line_x, *plot.x],
        "y": [*plot.line_y, *plot.y],
        "standard_error": [0.0] * len(plot.line_x) + list(plot.se),
    }
    return page_figure(Drawn(name, plot.title, plot.caption, verify_figure(plot), columns))


def _note(outcome: Outcome) -> str:
    return outcome.finding.note if outcome.finding else ""


def _allowed(outcome: Outcome) -> str:
    """The allowance that counted besides standard errors, if there is one."""
    found = outcome.finding
    if found is None or found.allowance <= max(4.0 * found.se, 1e-8 * max(1.0, abs(found.expected))):
        return ""
    return f"allowed {number_text(found.allowance, 2)}: {found.why_allowed}"


def _agreement(found: Verification) -> PageFigure | None:
    """The figure of all distances, or nothing if too few checks are random."""
    errors = [
        outcome.finding.errors_away
        for outcome in found.outcomes
        if outcome.finding is not None
        and outcome.finding.errors is None
        and outcome.finding.plot is None
        and outcome.finding.se > 0
        and outcome.finding.allowance <= outcome.finding.se
        and not outcome.finding.note
    ]
    if len(errors) < FEWEST_DISTANCES:
        return None
    title = "How far the checks lie from theory"
    columns = {"standard_errors_away": sorted(errors)}
    return page_figure(Drawn("agreement", title, AGREEMENT, agreement_figure(errors), columns))
