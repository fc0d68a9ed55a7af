"""Watch the classic cascade on a sample network: Setup, Step, Play, Reset, and how 200 runs of the same end."""

from __future__ import annotations

from typing import Any

import numpy as np
from nicegui import ui
from starlette.requests import Request

from viralsim.app.cascade import NETWORKS, Played, Stage, play, stage_of
from viralsim.app.charts import sizes_chart
from viralsim.app.pages.elements import button, figure, frame, link, off_thread, tag
from viralsim.app.pages.inputs import select
from viralsim.app.pages.player import COLOURS, COLOURS_DARK, load_player, place_player
from viralsim.app.shop import Shop
from viralsim.errors import ViralsimError

__all__ = ["cascade_page"]

_VALUE = "(event) => emit(event.target.value)"


class CascadeView:
    """What one open page holds."""

    def __init__(self, shop: Shop, scenario: str, network: str) -> None:
        self.shop, self.scenario = shop, scenario
        self.network = "scenario" if scenario else network
        self.reproduction, self.count, self.kind, self.seed = 1.2, 3, "random", 0
        self.replicate = 0
        self.stage: Stage | None = None
        self.played: Played | None = None

    def place(self) -> None:
        """Place the page."""
        tag("h1", "The classic cascade")
        tag("p", "Each person who shares has one try at each follower. Press Step or Play; most of the time it "
            "ends soon, and the same start can end very differently.", "vs-lead")  # fmt: skip
        with tag("p"):
            link("Watch a run of a scenario instead", f"/cascade?scenario={self.scenario}")
        with tag("div", classes="vs-lab"):
            with tag("section", classes="vs-panel", aria_labelledby="setting"):
                self._controls()
            with tag("section", aria_labelledby="stage"):
                tag("h2", "The network", id="stage")
                self._player()
        self.problem = tag("p", "", "vs-problem", role="alert")
        self.problem.set_visibility(False)

    def _controls(self) -> None:
        tag("h2", "Setting", id="setting")
        networks = {name: words for name, (words, _) in NETWORKS.items()}
        if self.scenario:
            networks = {"scenario": f"people of {self.scenario}", **networks}
        with tag("div", style="display:grid;gap:14px"):
            select("Network", "network", networks, self.network, lambda e: self._put("network", e.args))
            with tag("div"):
                tag("label", "R: sharers that one sharer brings", "vs-small", for_="r", style="display:block")
                made = tag(
                    "input",
                    classes="vs-field",
                    type="number",
                    id="r",
                    min="0",
                    max="8",
                    step="0.1",
                    defaultValue="1.2",
                )
                made.on("change", lambda e: self._put("reproduction", e.args), js_handler=_VALUE)
            with tag("div"):
                tag("label", "People who begin", "vs-small", for_="count", style="display:block")
                made = tag(
                    "input",
                    classes="vs-field",
                    type="number",
                    id="count",
                    min="1",
                    max="100",
                    defaultValue="3",
                )
                made.on("change", lambda e: self._put("count", e.args), js_handler=_VALUE)
            kinds = {"random": "anybody", "most-followers": "those with the most followers"}
            select("Who", "kind", kinds, self.kind, lambda e: self._put("kind", e.args))
        with tag("div", classes="vs-row", style="margin-top:16px"):
            button("Setup", self.setup, main=True, id="cascade-setup")
            button("Another luck", self.another, id="cascade-luck")

    def _player(self) -> None:
        self.words = tag("p", "", "vs-note")
        place_player("People, those who share coloured by step.")
        self.sizes, self.sizes_words = figure("", "")

    def _put(self, name: str, value: Any) -> None:
        try:
            setattr(self, name, {"reproduction": float, "count": int}.get(name, str)(value))
        except ValueError:
            self._say_problem(f"{value!r} is not a number")

    def _say_problem(self, text: str) -> None:
        self.problem.set_visibility(bool(text))
        self.problem.text = text

    def _make(self) -> tuple[Stage, Played]:
        """In a worker thread: the stage and 200 runs on it."""
        if self.network == "scenario":
            graph, words = self.shop.network_of(self.scenario)
            stage = stage_of("", self.seed, graph, words)
        else:
            stage = stage_of(self.network, self.seed)
        return stage, play(stage, self.reproduction, self.count, self.kind, self.seed)

    async def setup(self) -> None:
        """A new network with what is set now."""
        self.words.text = "Setting up …"
        try:
            self.stage, self.played = await off_thread(self._make)
        except ViralsimError as error:
            self.words.text = ""
            self._say_problem(str(error))
            return
        self._say_problem("")
        self.replicate = 0
        self._show()

    async def another(self) -> None:
        """The same start, the next of the 200 runs."""
        if self.played is None:
            await self.setup()
            return
        self.replicate = (self.replicate + 1) % self.played.result.replicates
        self._show()

    def _show(self) -> None:
        if self.played is None or self.stage is None:
            return
        played, stage = self.played, self.stage
        chance = f"each follower passes it on with probability {played.probability:.3g}"
        followers = f"{stage.mean_followers:.1f} followers each"
        self.words.text = f"{stage.words}; {followers}; {chance}. Run {self.replicate + 1} of 200."
        load_player(played.to_player(self.replicate, COLOURS, COLOURS_DARK))
        sizes = played.result.size.astype(np.float64)
        own = float(sizes[self.replicate])
        self.sizes.set_content(sizes_chart(sizes, own))
        alone = round(100 * float((sizes <= played.seeds.size).mean()))
        self.sizes_words.text = (
            f"How 200 runs from the same start end: {alone} in 100 with nobody beyond those who began, the "
            f"largest with {int(sizes.max())} people. The line marks this run ({own:.0f})."
        )


async def cascade_page(shop: Shop, request: Request) -> None:
    """Place the page: the classic cascade on one of the networks, or on the network of a scenario or of one's own."""
    wanted = request.query_params.get("network", "")
    scenario = wanted if shop.knows(wanted) else ""
    with frame("Cascade", "/cascade"):
        view = CascadeView(shop, scenario, wanted if wanted in NETWORKS else "friends")
        view.place()
    ui.timer(0.05, view.setup, once=True)
