"""A scenario's lab: sliders, live results, a bet, exports, and a long run."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from nicegui import ui
from starlette.requests import Request

from viralsim.app.charts import picture
from viralsim.app.gallery import fresh_run
from viralsim.app.live import FULL, Answer, Newest, Question, seed_of
from viralsim.app.pages.elements import button, frame, markup, off_thread, tag
from viralsim.app.pages.inputs import SliderRow, select
from viralsim.app.pages.not_found import not_found
from viralsim.app.pages.results import Results
from viralsim.app.shop import Shop
from viralsim.app.shown import Shown, dots_of, present
from viralsim.app.sliders import settings_of, sliders_of
from viralsim.app.state import (
    command_text,
    compare_address,
    lab_address,
    python_text,
    read_settings,
    replay_address,
    yaml_text,
)
from viralsim.errors import ViralsimError
from viralsim.spec import Scenario

__all__ = ["lab_page"]

_INPUT = "(event) => emit(Number(event.target.value))"


class Lab:
    """What one open lab holds."""

    def __init__(
        self, shop: Shop, name: str, base: Scenario, variant: str, chosen: dict[str, float], seed: int | None
    ) -> None:
        self.shop, self.name, self.base, self.variant = shop, name, base, variant
        self.scenario = scenario = base.variant(variant) if variant else base
        self.sliders = sliders_of(scenario)
        self.chosen = {k: float(v) for k, v in settings_of(self.sliders, chosen).items()}
        self.own_seed = seed_of(scenario)
        self.seed = self.own_seed if seed is None else seed
        self.bet: float | None = None
        self.hidden = False
        self.last: Answer | None = None
        self.loop = asyncio.get_running_loop()
        self.newest = Newest(shop.audiences, self._published)
        self.client = ui.context.client
        self.client.on_delete(self.newest.close)

    # ------------------------------------------------------------------------------------- placing

    def place(self) -> None:
        """Place the page."""
        tag("h1", self.scenario.title)
        if self.scenario.teaches:
            tag("p", self.scenario.teaches, "vs-lead")
        with tag("div", classes="vs-lab"):
            with tag("section", classes="vs-panel", aria_labelledby="move"):
                self._controls()
            with tag("section", aria_labelledby="result"):
                tag("h2", "What to expect", id="result")
                self.note = tag("p", "", "vs-note")
                self.bar = tag("progress", aria_label="Working")
                self.problem = tag("p", "", "vs-problem", role="alert")
                self.problem.set_visibility(False)
                self.recorded = markup()
                self.results = Results(risks=True)
                self._first_look()
        with tag("section", classes="vs-section", aria_labelledby="further"):
            self._further()
        self.ask()

    def _first_look(self) -> None:
        """The recorded run, until a live one is there."""
        run = fresh_run(self.name, self.scenario.digest, self.shop.recorded)
        if run is not None and self.results.verdict is not None:
            self.results.verdict.text = run.sentence
            self.recorded.set_content(picture(run.curve, run.low, run.high, run.parts))

    def _controls(self) -> None:
        tag("h2", "Move the numbers", id="move")
        if self.base.variant_names:
            options = {"": "the scenario", **{name: f"variant: {name}" for name in self.base.variant_names}}
            with tag("div", style="margin-bottom:16px"):
                select("Start from", "variant", options, self.variant,
                       lambda event: ui.navigate.to(lab_address(self.name, {}, None, str(event.args))))  # fmt: skip
        self.rows = [SliderRow(s, self.chosen.get(s.path, s.value), self.moved) for s in self.sliders]
        self.live = tag(
            "p", "", "vs-live", aria_hidden="true"
        )  # a narrow screen has the results out of sight
        with tag("div", classes="vs-row"):
            button("Reset", self.reset)
            button("Another luck", self.another_luck)
        with tag("div", style="margin-top:18px;border-top:1px solid var(--line);padding-top:14px"):
            tag("h3", "Place your bet")
            tag("label", "How many people will a run reach?", "vs-small", for_="bet")
            with tag("div", classes="vs-row"):
                self.bet_field = tag("input", classes="vs-field", type="number", min="0", step="1", id="bet")
                self.bet_field.on("change", self._bet, js_handler=_INPUT)
            self.guess = button("Guess first", self.guess_first, style="margin-top:10px")
            self.bet_words = tag("p", "", "vs-small", role="status", style="margin-top:8px")

    def _further(self) -> None:
        tag("h2", "Go on", id="further")
        with tag("div", classes="vs-row"):
            button("Compare with the scenario as it was", self.compare)
            button("Watch a run", self.watch)
            button("Copy as YAML", lambda: self.export("yaml"))
            button("Copy as command", lambda: self.export("command"))
            button("Copy as Python", lambda: self.export("python"))
            button("Save the page to forward", self.save_page)
        self.exported = tag("pre", "", tabindex="0", aria_label="Export")
        self.exported.set_visibility(False)
        tag("h3", "A long run", style="margin-top:20px")
        tag("p", "It goes on when this tab is closed; Long runs shows how far it is, and keeps the result.")
        with tag("div", classes="vs-row"):
            tag("label", "Replicates", for_="replicates")
            self.replicates = tag(
                "input",
                classes="vs-field",
                type="number",
                id="replicates",
                min="1",
                max="100000",
                defaultValue="2000",
            )
            self.wanted = 2000
            self.replicates.on("change", self._wanted, js_handler=_INPUT)
            button("Start", self.start_job, main=True)
        self.job_words = tag("p", "", "vs-small", role="status")

    # ------------------------------------------------------------------------------------- working

    def moved(self, path: str, value: float) -> None:
        """A slider was moved."""
        self.chosen[path] = value
        self.ask()

    def reset(self) -> None:
        """All numbers as the scenario says them."""
        self.chosen.clear()
        self.seed = self.own_seed
        for row in self.rows:
            row.put(row.slider.value)
        self.ask()

    def another_luck(self) -> None:
        """The same scenario in other worlds."""
        self.seed += 1
        self.ask()

    def settings(self) -> dict[str, float | int]:
        """What was moved away from the scenario."""
        found = settings_of(self.sliders, self.chosen)
        own = {s.path: s.position_of(s.value) for s in self.sliders}
        at = {s.path: s for s in self.sliders}
        return {
            path: value for path, value in found.items() if at[path].position_of(float(value)) != own[path]
        }

    def ask(self) -> None:
        """Ask for results of what is set now."""
        settings = self.settings()
        self._say_working()
        seed = None if self.seed == self.own_seed else self.seed
        address = lab_address(self.name, settings, seed, self.variant)
        ui.run_javascript(f"history.replaceState(null, '', {json.dumps(address)})")
        self.newest.ask(Question(((self.scenario, settings),), self.seed))

    def _say_working(self) -> None:
        self.bar.set_visibility(True)
        if not self.shop.ready.is_set():
            self.note.text = "Compiling once on this machine, about 40 s; until then a recorded run is shown."
        elif self.last is not None and self.last.seconds > 0.3:
            self.results.stale(True)
            self.note.text = "Working it out …"

    def _published(self, found: Answer) -> None:
        """In the worker's thread: work out what to show, then hand it over to the page's."""
        shown = present(found.ensembles[0], found.rough, bet=self.bet) if found.ensembles else None
        self.loop.call_soon_threadsafe(self._show, found, shown)

    def _show(self, found: Answer, shown: Shown | None) -> None:
        self.last = found
        self.recorded.set_content("")
        self.results.stale(False)
        self.problem.set_visibility(bool(found.problem))
        self.problem.text = found.problem
        self.bar.set_visibility(found.rough and not found.problem)
        if shown is None:
            self.note.text = "Nothing was run."
            return
        ensemble = found.ensembles[0]
        worlds = f"{ensemble.replicates} simulated worlds over {ensemble.draws} draws, seed {ensemble.seed}"
        self.note.text = f"{worlds} ({found.took()})"
        self.results.show(shown)
        self.live.text = f"People reached: {shown.reach}"
        self._say_bet()

    # ------------------------------------------------------------------------------------- betting

    def guess_first(self) -> None:
        """Hide the results until there is a bet."""
        self.bet, self.hidden = None, True
        self._show_or_hide()
        self.bet_words.text = "The result is hidden; write your bet, and it is shown beside it."
        ui.run_javascript("document.getElementById('bet').value = ''; document.getElementById('bet').focus()")

    def _show_or_hide(self) -> None:
        self.results.box.set_visibility(not self.hidden)
        self.live.set_visibility(not self.hidden)

    def _bet(self, event: Any) -> None:
        value = event.args
        self.bet = float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else None
        if self.bet is not None:
            self.hidden = False
            self._show_or_hide()
        if self.last is not None and self.last.ensembles:
            self.results.dots.set_content(dots_of(self.last.ensembles[0], bet=self.bet))
        self._say_bet()

    def _say_bet(self) -> None:
        if self.bet is None or self.last is None or not self.last.ensembles:
            return
        values = self.last.ensembles[0]["reach"]
        below = round(100 * float((values < self.bet).mean()))
        self.bet_words.text = (
            f"You bet {self.bet:,.0f}. {below} runs in 100 reach fewer; your bet is marked among the dots."
        )

    # ------------------------------------------------------------------------------------- handing on

    def compare(self) -> None:
        """A: the scenario as it was; B: as it is set."""
        ui.navigate.to(compare_address(self.name, [{}, self.settings()], ["", self.variant]))

    def watch(self) -> None:
        """A run of what is set."""
        seed = None if self.seed == self.own_seed else self.seed
        ui.navigate.to(replay_address(self.name, self.settings(), seed, self.variant))

    def _size(self) -> tuple[int, int]:
        return FULL.replicates, FULL.draws

    def export(self, kind: str) -> None:
        """Show what was asked for, and put it on the clipboard."""
        replicates, draws = self._size()
        source = self.name if self.shop.is_stock(self.name) else f"{self.name}.yaml"
        settings = self.settings()
        if kind == "yaml":
            text = yaml_text(self.scenario, settings)
        else:
            made = command_text if kind == "command" else python_text
            text = made(source, settings, self.seed, replicates, draws, self.variant)
        self.exported.set_visibility(True)
        self.exported.text = text
        ui.clipboard.write(text)

    async def save_page(self) -> None:
        """The page to forward, made from the results shown."""
        from viralsim.report.page import run_page

        if self.last is None or not self.last.ensembles or self.last.rough:
            self.job_words.text = "A page is made once the results above are complete."
            return
        self.job_words.text = "Drawing the page …"
        text = await off_thread(run_page, self.last.ensembles[0])
        ui.download.content(text.encode(), f"{self.name}.html", "text/html")
        self.job_words.text = (
            f"Saved {self.name}.html ({len(text.encode()) / 1e6:.1f} MB): one file, readable anywhere."
        )

    def _wanted(self, event: Any) -> None:
        self.wanted = int(event.args) if isinstance(event.args, int | float) else 0

    def start_job(self) -> None:
        """Start the long run."""
        try:
            job = self.shop.jobs.start(self.scenario, self.settings(), self.wanted, FULL.draws, self.seed)
        except ViralsimError as error:
            self.job_words.text = f"Not started: {error}"
            return
        ui.navigate.to(f"/jobs#job-{job.number}")


def lab_page(shop: Shop, name: str, request: Request) -> None:
    """Place the page of one scenario."""
    try:
        scenario = shop.scenario(name)
    except ViralsimError as error:
        not_found(str(error))
        return
    chosen, seed = read_settings(request.query_params)
    variant = request.query_params.get("variant", "")
    variant = variant if variant in scenario.variant_names else ""
    with frame(scenario.title, "/"):
        Lab(shop, name, scenario, variant, chosen, seed).place()
