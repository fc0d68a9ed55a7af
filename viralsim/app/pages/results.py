"""The results of one ensemble on a page: sentence, cards, dots, curve, origins; redrawn in place."""

from __future__ import annotations

from viralsim.app.pages.elements import Tag, figure, markup, tag
from viralsim.app.shown import Shown

__all__ = ["Results"]


class Results:
    """Places the elements once; `show` redraws them.

    Parameters
    ----------
    metric : str
        What the dots are of.
    sentence : bool
        Whether the result is said in a sentence too.
    risks : bool
        Whether what could go wrong is listed.
    """

    def __init__(self, metric: str = "reach", sentence: bool = True, risks: bool = False) -> None:
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

    def show(self, shown: Shown) -> None:
        """Redraw; the sentence, which is said aloud, and the risks only with a full answer."""
        if self.verdict is not None and (not shown.rough or not self.verdict.text):
            self.verdict.text = shown.sentence
        self.cards.set_content(shown.cards)
        self.dots.set_content(shown.dots)
        self.curve.set_content(shown.curve)
        self.origins.set_content(shown.origins)
        if self.risks is not None and not shown.rough:
            self.risks.set_content(shown.risks)

    def stale(self, old: bool) -> None:
        """Grey it while something newer is being worked out."""
        if old:
            self.box.classes(add="vs-stale")
        else:
            self.box.classes(remove="vs-stale")
