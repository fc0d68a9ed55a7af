"""Watch a run of a scenario: one of its replicates, on a sample of the people it happened to."""

from __future__ import annotations

from typing import Any

import numpy as np
from nicegui import ui
from starlette.requests import Request

from viralsim.app.charts import sizes_chart
from viralsim.app.live import FULL, Question, answer, seed_of
from viralsim.app.pages.elements import button, figure, frame, link, markup, off_thread, tag
from viralsim.app.pages.inputs import select
from viralsim.app.pages.player import COLOURS, COLOURS_DARK, load_player, place_player
from viralsim.app.replay import Replay, biggest_run, replay, typical_run
from viralsim.app.shop import Shop
from viralsim.app.sliders import settings_of, sliders_of
from viralsim.app.state import lab_address, read_settings, replay_address
from viralsim.engine.compiled import draw_key
from viralsim.engine.ensemble import Ensemble
from viralsim.errors import EngineError, SpecError, ViralsimError
from viralsim.metrics.rounding import format_number
from viralsim.spec import Scenario
from viralsim.spec.resolving import resolve

__all__ = ["replay_page"]

_FIRST = "launch-video"
_INPUT = "(event) => emit(event.target.value)"


class ReplayView:
    """What one open page holds."""

    def __init__(
        self,
        shop: Shop,
        name: str,
        scenario: Scenario,
        variant: str,
        settings: dict[str, Any],
        seed: int | None,
    ) -> None:
        self.shop, self.name, self.variant, self.settings = shop, name, variant, settings
        self.base, self.seed = scenario, seed
        self.scenario = scenario.variant(variant) if variant else scenario
        self.ensemble: Ensemble | None = None
        self.replicate, self.wanted = -1, ""

    def place(self) -> None:
        """Place the page."""
        tag("h1", "Watch a run")
        tag("p", "One run of the scenario, as it happened to the people drawn here: who noticed, who shared because "
            "of whom, and when. Another run of the same can end very differently.", "vs-lead")  # fmt: skip
        with tag("div", classes="vs-lab"):
            with tag("section", classes="vs-panel", aria_labelledby="setting"):
                self._controls()
            with tag("section", aria_labelledby="stage"):
                tag("h2", self.scenario.title, id="stage")
                self.words = tag("p", "", "vs-note")
                place_player("People; those who notice are tinted, those who share coloured by generation.")
                self.key = markup()
                self.sizes, self.sizes_words = figure("", "")
        self.problem = tag("p", "", "vs-problem", role="alert")
        self.problem.set_visibility(False)

    def _controls(self) -> None:
        tag("h2", "Which run", id="setting")
        names = {name: name for name in [*self.shop.stock(), *self.shop.uploaded()]}
        with tag("div", style="display:grid;gap:14px"):
            select("Scenario", "which", names, self.name,
                   lambda e: ui.navigate.to(f"/cascade?scenario={e.args}"))  # fmt: skip
            if self.base.variant_names:
                options = {"": "the scenario", **{v: f"variant: {v}" for v in self.base.variant_names}}
                select("Start from", "variant", options, self.variant,
                       lambda e: ui.navigate.to(replay_address(self.name, {}, None, str(e.args))))  # fmt: skip
            with tag("div"):
                tag("label", f"Run, 1 to {FULL.replicates}", "vs-small", for_="run", style="display:block")
                field = tag("input", classes="vs-field", type="number", id="run", min="1",
                            max=str(FULL.replicates), placeholder="typical")  # fmt: skip
                field.on("change", self._want, js_handler=_INPUT)
        with tag("div", classes="vs-row", style="margin-top:16px"):
            button("Setup", self.setup, main=True, id="cascade-setup")
            button("Another luck", self.another, id="cascade-luck")
        with tag("div", classes="vs-row", style="margin-top:10px"):
            button("A typical run", self.typical)
            button("The biggest", self.biggest)
        moved = "".join(f"; {path} = {value:g}" for path, value in self.settings.items())
        tag("p", f"Seed {self._seed}{moved}. The numbers are moved in the lab.", "vs-small",
            style="margin-top:14px;overflow-wrap:anywhere")  # fmt: skip
        with tag("div", classes="vs-row"):
            link("To the lab", lab_address(self.name, self.settings, self.seed, self.variant), "vs-button")
            link("The classic cascade", f"/cascade?network={self.name}", "vs-button")

    @property
    def _seed(self) -> int:
        return seed_of(self.scenario) if self.seed is None else self.seed

    def _want(self, event: Any) -> None:
        self.wanted = str(event.args).strip()

    async def setup(self) -> None:
        """The run that is asked for, from its beginning."""
        if not self.wanted:
            await self.typical()
        elif self.wanted.isdecimal() and 1 <= int(self.wanted) <= FULL.replicates:
            await self._play(lambda _: int(self.wanted) - 1)
        else:
            self._say_problem(f"run: got {self.wanted!r}; allowed are 1 to {FULL.replicates}")

    async def typical(self) -> None:
        """The middle one of the runs in which somebody shares."""
        await self._play(typical_run)

    async def biggest(self) -> None:
        """The run with the most sharing people."""
        await self._play(biggest_run)

    async def another(self) -> None:
        """The next run."""
        await self._play(lambda ensemble: (self.replicate + 1) % ensemble.replicates)

    async def _play(self, which: Any) -> None:
        ready = self.shop.ready.is_set()
        self.words.text = "Setting up …" if ready else "Compiling once on this machine, about 40 s."
        try:
            ensemble, replicate, scene = await off_thread(self._make, which)
        except ViralsimError as error:
            self.words.text = ""
            self._say_problem(str(error))
            return
        self._say_problem("")
        self.ensemble, self.replicate = ensemble, replicate
        self._show(scene)

    def _make(self, which: Any) -> tuple[Ensemble, int, Replay]:
        """In a worker thread: all runs (once), and the one that is asked for with who shared it with whom."""
        seed = self._seed
        if self.ensemble is None:
            found = answer(
                Question(((self.scenario, self.settings),), seed), FULL, self.shop.audiences, False
            )
            if found.problem:
                raise EngineError(found.problem)
            ensemble = found.ensembles[0]
        else:
            ensemble = self.ensemble
        replicate = which(ensemble)
        draw = replicate % ensemble.draws
        graphs = self.shop.audiences.graphs(ensemble.scenario)
        plain = resolve(ensemble.scenario, seed, draw)
        audience = self.shop.audiences(plain, draw_key(seed, draw), graphs)
        return ensemble, replicate, replay(ensemble.trace(replicate), audience, self.scenario.title)

    def _show(self, scene: Replay) -> None:
        if self.ensemble is None:
            return
        ensemble, at = self.ensemble, self.replicate
        self.words.text = f"Run {at + 1} of {ensemble.replicates}, seed {ensemble.seed}: {scene.words}."
        load_player(scene.to_player(COLOURS, COLOURS_DARK))
        self.key.set_content(_key(scene.deepest))
        reach, sharers = ensemble["reach"], ensemble["sharers"]
        self.sizes.set_content(sizes_chart(np.maximum(reach, 1.0), float(reach[at]), from_one=False))
        silent = round(100 * float((sharers == 0).mean()))
        self.sizes_words.text = (
            f"People reached in each of {ensemble.replicates} runs; the line marks this one "
            f"({format_number(float(reach[at]))} people, {int(sharers[at]):,} sharing unasked). In {silent} of 100 "
            f"runs nobody shares; in the biggest {int(sharers.max()):,} people do."
        )

    def _say_problem(self, text: str) -> None:
        self.problem.set_visibility(bool(text))
        self.problem.text = text


def _key(deepest: int) -> str:
    """What the colours mean."""
    swatches = "".join(f'<span class="vs-key vs-g{i}"></span>' for i in range(min(deepest, 5) + 1))
    last = f" to {deepest}" if deepest else ""
    return (
        '<ul class="vs-keys"><li><span class="vs-key vs-unseen"></span>never sees it</li>'
        '<li><span class="vs-key vs-seen"></span>notices it</li>'
        f"<li>{swatches} shares, generation 0{last}</li></ul>"
    )


async def replay_page(shop: Shop, request: Request) -> None:
    """Place the page; a scenario that is not here is the first one."""
    name = request.query_params.get("scenario", "")
    name = name if shop.knows(name) else _FIRST
    scenario = shop.scenario(name)
    variant = request.query_params.get("variant", "")
    variant = variant if variant in scenario.variant_names else ""
    chosen, seed = read_settings(request.query_params)
    try:
        moved = settings_of(sliders_of(scenario.variant(variant) if variant else scenario), chosen)
    except SpecError:
        moved = {}
    with frame(f"A run of {scenario.title}", "/cascade"):
        view = ReplayView(shop, name, scenario, variant, moved, seed)
        view.place()
    ui.timer(0.05, view.setup, once=True)
