"""The results of one ensemble on a page: sentence, cards, dots, curve, origins; redrawn in place."""

from __future__ import annotations

import html
from dataclasses import dataclass

from viralsim.app.charts import curve_chart, dots_chart, origins_bar
from viralsim.app.pages.elements import Tag, figure, markup, tag
from viralsim.engine.ensemble import Ensemble
from viralsim.report.facts import Card, cards, risk_rows

__all__ = ["Results", "Shared"]


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


def cards_html(found: tuple[Card, ...], most: int = 4) -> str:
    """The numbers to look at first, as a description list."""
    rows = []
    for card in found[:most]:
        words = " · ".join(text for text in (card.expected, card.note) if text)
        rows.append(
            f'<div class="vs-card"><dt>{html.escape(card.label)}</dt><dd><b>{html.escape(card.value)}</b>'
            f"<span>{html.escape(words)}</span></dd></div>"
        )
    return f'<dl class="vs-cards">{"".join(rows)}</dl>'


def risks_html(ensemble: Ensemble) -> str:
    """What could go wrong in a single run, each with its chance."""
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(row['name'])}</th><td>{html.escape(row['chance'])}</td>"
        f"<td class='vs-small'>{html.escape(row['meaning'])}</td></tr>"
        for row in risk_rows(ensemble)
    )
    if not rows:
        return ""
    return f"<h3 style='margin-top:22px'>What could go wrong in a single run</h3><table><tbody>{rows}</tbody></table>"


class Results:
    """Places the elements once; `show` redraws them.

    Parameters
    ----------
    variant : int
        Whose colour: 0, 1, 2 for A, B, C.
    metric : str
        What the dots are of.
    sentence : bool
        Whether the result is said in a sentence too.
    risks : bool
        Whether what could go wrong is listed.
    """

    def __init__(
        self, variant: int = 0, metric: str = "reach", sentence: bool = True, risks: bool = False
    ) -> None:
        self.variant, self.metric = variant, metric
        self.box = tag("div")
        with self.box:
            self.verdict: Tag | None = (
                tag("p", "", "vs-verdict", role="status", aria_live="polite") if sentence else None
            )
            self.cards = markup()
            with tag("div", classes="vs-figures"):
                said = f"Each dot is one chance in twenty of what a single run brings ({metric.replace('_', ' ')})."
                self.dots, _ = figure("", said)
                self.curve, _ = figure(
                    "",
                    "People reached over time: the line is the middle run, nine runs in ten stay in the band.",
                )
            with tag("figure", classes="vs-figure", style="margin-top:16px"):
                self.origins = markup()
                tag(
                    "figcaption",
                    "Where impressions come from: shown by the brand's own posts, bought, or earned by word of mouth.",
                )
            self.risks = markup("", "vs-wide") if risks else None

    def show(
        self,
        ensemble: Ensemble,
        shared: Shared | None = None,
        bet: float | None = None,
        final: bool = True,
    ) -> None:
        """Redraw.

        Parameters
        ----------
        ensemble : Ensemble
        shared : Shared, optional
        bet : float, optional
            What was guessed, marked among the dots.
        final : bool
            Whether this is said aloud (a rough answer is not).
        """
        axes = shared or Shared()
        goal = ensemble.scenario.goal
        at_least = goal.at_least if goal is not None and goal.metric == self.metric else None
        if self.verdict is not None and (final or not self.verdict.text):
            self.verdict.text = ensemble.sentence()
        self.cards.set_content(cards_html(cards(ensemble)))
        self.dots.set_content(dots_chart(ensemble, self.metric, axes.ends, at_least, bet, self.variant))
        self.curve.set_content(curve_chart(ensemble, axes.top, self.variant))
        self.origins.set_content(origins_bar(ensemble))
        if self.risks is not None and final:
            self.risks.set_content(risks_html(ensemble))

    def stale(self, old: bool) -> None:
        """Grey it while something newer is being worked out."""
        if old:
            self.box.classes(add="vs-stale")
        else:
            self.box.classes(remove="vs-stale")
