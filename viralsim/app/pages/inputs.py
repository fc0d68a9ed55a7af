"""Inputs with their labels: sliders and choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from viralsim.app.pages.elements import tag
from viralsim.app.sliders import POSITIONS, Slider

__all__ = ["SliderRow", "select"]

_INPUT = "(event) => emit(Number(event.target.value))"


class SliderRow:
    """A slider with its name, its value, and what the scenario says."""

    def __init__(
        self, slider: Slider, value: float, moved: Callable[[str, float], None], prefix: str = ""
    ) -> None:
        self.slider, self.moved = slider, moved
        self.box = tag("div", classes="vs-slider")
        name = f"slider-{prefix}" + slider.path.replace(".", "-")
        with self.box:
            with tag("label", for_=name):
                tag("span", slider.label)
                self.shown = tag("output", slider.text(value), for_=name)
            # defaultValue, not value: what the person does to it afterwards is not undone when it is redrawn.
            self.range = tag(
                "input", type="range", id=name, min=0, max=POSITIONS, step=1, defaultValue=slider.position_of(value),
                aria_valuetext=slider.text(value), aria_describedby=f"{name}-help",
            )  # fmt: skip
            tag("span", f"{slider.help}. Here: {slider.band_text()}", "vs-small", id=f"{name}-help")
        self.range.on("input", self._input, js_handler=_INPUT, throttle=0.06)
        self._mark(value)

    def _input(self, event: Any) -> None:
        value = self.slider.at(int(event.args))
        self._say(value)
        self.moved(self.slider.path, value)

    def put(self, value: float) -> None:
        """Move it from here."""
        position = self.slider.position_of(value)
        ui.run_javascript(f"document.getElementById('{self.range._props['id']}').value = {position}")
        self._say(value)

    def _say(self, value: float) -> None:
        text = self.slider.text(value)
        self.shown.text = text
        self.range.attribute("aria-valuetext", text)
        self._mark(value)

    def _mark(self, value: float) -> None:
        own = self.slider.position_of(self.slider.value)
        if self.slider.position_of(value) == own:
            self.box.classes(remove="vs-moved")
        else:
            self.box.classes(add="vs-moved")


_VALUE = "(event) => emit(event.target.value)"


def select(label: str, name: str, options: dict[str, str], chosen: str, changed: Any) -> None:
    """A native choice with its label; `changed` gets an event whose args is the value."""
    with tag("div"):
        tag("label", label, "vs-small", for_=name, style="display:block")
        with tag("select", classes="vs-field", id=name) as made:
            for value, words in options.items():
                more: dict[str, Any] = {"selected": True} if value == chosen else {}
                tag("option", words, value=value, **more)
        made.on("change", changed, js_handler=_VALUE)
