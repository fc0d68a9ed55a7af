"""What a page shows of an ensemble, worked out away from the server's own thread: words and drawings."""

from __future__ import annotations

import html
from dataclasses import dataclass

from viralsim.app.charts import curve_chart, dots_chart, origins_bar
from viralsim.engine.ensemble import Ensemble
from viralsim.report.facts import Card, cards, risk_rows

__all__ = ["Shared", "Shown", "dots_of", "present"]


@dataclass(frozen=True, slots=True)
class Shared:
    """Axes that several results side by side have in common.

    Parameters
    ----------
    top : float or None
        Of the curves.
    ends : tuple of float or None
        Of the dots.
    """

    top: float | None = None
    ends: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An ensemble in words and drawings.

    Parameters
    ----------
    sentence : str
    reach : str
        People reached, with its interval.
    cards, dots, curve, origins, risks : str
        Markup of our own, users' words escaped; `risks` is empty in a first look.
    rough : bool
        Whether this is a first look.
    """

    sentence: str
    reach: str
    cards: str
    dots: str
    curve: str
    origins: str
    risks: str
    rough: bool


def _cards_html(found: tuple[Card, ...], most: int = 4) -> str:
    """The numbers to look at first, as a description list."""
    rows = []
    for card in found[:most]:
        words = " · ".join(text for text in (card.expected, card.note) if text)
        rows.append(
            f'<div class="vs-card"><dt>{html.escape(card.label)}</dt><dd><b>{html.escape(card.value)}</b>'
            f"<span>{html.escape(words)}</span></dd></div>"
        )
    return f'<dl class="vs-cards">{"".join(rows)}</dl>'


def _risks_html(ensemble: Ensemble) -> str:
    """What could go wrong in a single run, each with its chance."""
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(row['name'])}</th><td>{html.escape(row['chance'])}</td>"
        f"<td class='vs-small'>{html.escape(row['meaning'])}</td></tr>"
        for row in risk_rows(ensemble)
    )
    if not rows:
        return ""
    return f"<h3 style='margin-top:22px'>What could go wrong in a single run</h3><table><tbody>{rows}</tbody></table>"


def dots_of(
    ensemble: Ensemble,
    metric: str = "reach",
    variant: int = 0,
    ends: tuple[float, float] | None = None,
    bet: float | None = None,
) -> str:
    """The dots of a metric, with the scenario's goal and a bet where they are about it."""
    goal = ensemble.scenario.goal
    at_least = goal.at_least if goal is not None and goal.metric == metric else None
    return dots_chart(ensemble, metric, ends, at_least, bet, variant)


def present(
    ensemble: Ensemble,
    rough: bool = False,
    metric: str = "reach",
    variant: int = 0,
    shared: Shared | None = None,
    bet: float | None = None,
) -> Shown:
    """Work out what a page shows of an ensemble.

    Parameters
    ----------
    ensemble : Ensemble
    rough : bool
    metric : str
        What the dots are of.
    variant : int
        Whose colour: 0, 1, 2 for A, B, C.
    shared : Shared, optional
    bet : float, optional
        What was guessed, marked among the dots.
    """
    axes = shared or Shared()
    found = cards(ensemble)
    return Shown(
        sentence=ensemble.sentence(),
        reach=f"{found[0].value} ({found[0].expected})",
        cards=_cards_html(found),
        dots=dots_of(ensemble, metric, variant, axes.ends, bet),
        curve=curve_chart(ensemble, axes.top, variant),
        origins=origins_bar(ensemble),
        risks="" if rough else _risks_html(ensemble),
        rough=rough,
    )
