"""The first screen: a finished run, and the scenarios to go on with."""

from __future__ import annotations

from viralsim.app.charts import picture
from viralsim.app.gallery import FIRST, Recorded, Shelf, shelves
from viralsim.app.pages.elements import frame, link, markup, tag
from viralsim.app.shop import Shop
from viralsim.app.thumbs import thumb

__all__ = ["gallery_page"]


def _picture(run: Recorded) -> str:
    return picture(run.curve, run.low, run.high, run.parts)


def _lesson(run: Recorded) -> str:
    """The picture of what the scenario teaches."""
    return _picture(run) if run.lesson["kind"] == "band" else thumb(run.lesson)


def gallery_page(shop: Shop) -> None:
    """Place the page."""
    with frame("Scenarios", "/"):
        tag("h1", "How far will it travel by word of mouth, and how sure can we be?")
        found = shelves(shop.recorded)
        first = next((shelf for shelf in found if shelf.name == FIRST), found[0])
        _hero(first)
        with tag("section", classes="vs-section", aria_labelledby="all"):
            tag("h2", "Scenarios to play with", id="all")
            with tag("ul", classes="vs-shelves"):
                for shelf in found:
                    _card(shelf)
        with tag("section", classes="vs-section", aria_labelledby="learn"):
            tag("h2", "New to this?", id="learn")
            tag("p", "Eight short lessons: guess first, then let the simulation answer.")
            link("Start with why most posts die", "/lesson/why-most-posts-die", "vs-button")


def _hero(shelf: Shelf) -> None:
    run = shelf.recorded
    with tag("section", classes="vs-hero", aria_labelledby="hero"):
        with tag("div"):
            tag("h2", shelf.title, id="hero")
            if run is not None:
                tag("p", run.sentence, "vs-verdict")
                worlds = f"{run.replicates} simulated worlds over {run.draws} draws of what is not known"
                made = f"A finished run: {worlds}, seed {run.seed}."
                tag("p", made, "vs-small")
            link("Open its lab and move the numbers", f"/lab/{shelf.name}", "vs-button main")
        with tag("figure", classes="vs-figure"):
            if run is not None:
                markup(_picture(run))
            said = "People reached over time: the middle run and the band of nine runs in ten. "
            tag("figcaption", f"{said}Below: owned (blue) and earned (orange) impressions.", "vs-small")


def _card(shelf: Shelf) -> None:
    with tag("li", classes="vs-shelf"):
        if shelf.recorded is not None:
            markup(_lesson(shelf.recorded))
        with tag("div", classes="vs-words"):
            with tag("h3"):
                link(shelf.title, f"/lab/{shelf.name}")
            tag("p", shelf.teaches)
