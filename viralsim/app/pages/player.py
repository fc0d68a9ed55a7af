"""The cascade player on a page: canvas, Step, Play, Reset, speed, clock; playing needs no server."""

from __future__ import annotations

import json
from typing import Any

from nicegui import ui

from viralsim.app.pages.elements import tag
from viralsim.report.style import generation_colours

__all__ = ["COLOURS", "COLOURS_DARK", "load_player", "place_player"]

COLOURS = generation_colours(6)
COLOURS_DARK = ["#8fc1f0", "#b39af0", "#d684d2", "#f08393", "#f5a25f", "#f6d04d"]
"""On a dark page the generations run from light blue, where the light page begins with navy."""


def place_player(said: str) -> None:
    """Place the canvas and its controls.

    Parameters
    ----------
    said : str
        What is seen, for those who hear the page.
    """
    keys = "Right arrow: step, space: play, Home: reset."
    tag("canvas", classes="vs-canvas", id="cascade-canvas", width="1180", height="720", tabindex="0", role="img",
        aria_label=f"{said} {keys}")  # fmt: skip
    with tag("div", classes="vs-row", style="margin:12px 0"):
        for what in ("step", "play", "reset"):
            tag(
                "button",
                what.capitalize(),
                "vs-button",
                type="button",
                id=f"cascade-{what}",
                data_cascade=what,
            )
        tag("label", "Speed", "vs-small", for_="cascade-speed")
        with tag("select", classes="vs-field", id="cascade-speed"):
            for value, words in (("0.5", "slow"), ("1", "normal"), ("3", "fast")):
                more: dict[str, Any] = {"selected": True} if value == "1" else {}
                tag("option", words, value=value, **more)
        tag("span", "", id="cascade-clock", role="status")


def load_player(scene: dict[str, Any]) -> None:
    """Hand a scene to the player."""
    ui.run_javascript(f"viralsimCascade.load({json.dumps(scene)})")
