"""A | B | C side by side: shared luck, the same axes, and a verdict that says how sure it is."""

from __future__ import annotations

import asyncio
import json
from functools import partial

from nicegui import ui
from starlette.requests import Request

from viralsim.app.charts import curve_top, dot_ends
from viralsim.app.live import FULL, Answer, Newest, Question, seed_of
from viralsim.app.pages.elements import button, frame, link, off_thread, tag
from viralsim.app.pages.inputs import SliderRow, select
from viralsim.app.pages.not_found import not_found
from viralsim.app.pages.results import Results
from viralsim.app.shop import Shop
from viralsim.app.shown import Shared, Shown, present
from viralsim.app.sides import LETTERS, sides_command, sides_python, sides_yaml
from viralsim.app.sliders import settings_of, sliders_of
from viralsim.app.state import MOST_VARIANTS, compare_address, read_compare
from viralsim.errors import ViralsimError
from viralsim.experiment.compared import Comparison
from viralsim.experiment.comparison import compare_ensembles
from viralsim.spec import Scenario

__all__ = ["compare_page"]

METRICS = ("reach", "impressions", "impressions_earned", "shares", "clicks")
_FIRST = "small-shop"


class Side:
    """One of A, B and C: a scenario or one of its variants, with settings of its own."""

    def __init__(self, index: int, scenario: Scenario, chosen: dict[str, float], variant: str) -> None:
        self.index, self.variant = index, variant
        self.base = scenario
        self.scenario = scenario.variant(variant) if variant else scenario
        self.sliders = sliders_of(self.scenario)
        self.chosen = {k: float(v) for k, v in settings_of(self.sliders, chosen).items()}

    @property
    def settings(self) -> dict[str, float | int]:
        """What was moved."""
        return settings_of(self.sliders, self.chosen)


class Comparing:
    """What one open comparison holds."""

    def __init__(self, shop: Shop, name: str, scenario: Scenario, sides: list[Side], metric: str) -> None:
        self.shop, self.name, self.scenario, self.sides, self.metric = shop, name, scenario, sides, metric
        self.seed = seed_of(scenario)
        self.compared: Comparison | None = None
        self.loop = asyncio.get_running_loop()
        self.newest = Newest(shop.audiences, self._published)
        ui.context.client.on_delete(self.newest.close)

    def place(self) -> None:
        """Place the page."""
        tag("h1", f"Compare: {self.scenario.title}")
        with tag("div", classes="vs-row"):
            names = {shelf: shelf for shelf in (*self.shop.stock(), *self.shop.uploaded())}
            select("Scenario", "which", names, self.name, lambda e: ui.navigate.to(f"/compare/{e.args}"))
            metrics = {m: m.replace("_", " ") for m in METRICS}
            select(
                "The verdict is about", "metric", metrics, self.metric, lambda e: self._again(metric=e.args)
            )
        self.note = tag("p", "", "vs-note", style="margin-top:12px")
        self.bar = tag("progress", aria_label="Working")
        self.problem = tag("p", "", "vs-problem", role="alert")
        self.problem.set_visibility(False)
        self.verdicts = tag("div", role="status", aria_live="polite")
        with tag("div", classes="vs-abc"):
            self.views = [self._side(side) for side in self.sides]
        with tag("div", classes="vs-row", style="margin-top:22px"):
            if len(self.sides) < MOST_VARIANTS:
                button(f"Add {LETTERS[len(self.sides)]}", lambda: self._again(add=True))
            if len(self.sides) > 2:
                button(f"Take {LETTERS[len(self.sides) - 1]} away", lambda: self._again(drop=True))
            for kind, words in (("yaml", "YAML"), ("command", "command"), ("python", "Python")):
                button(f"Copy as {words}", partial(self.export, kind))
            button("Save the page to forward", self.save_page)
            link("To the lab", f"/lab/{self.name}", "vs-button")
        self.said = tag("p", "", "vs-small", role="status")
        self.exported = tag("pre", "", tabindex="0", aria_label="Export")
        self.exported.set_visibility(False)
        self.ask()

    def _side(self, side: Side) -> Results:
        with tag("section", classes=f"v{side.index}", aria_labelledby=f"side-{side.index}"):
            tag("h2", LETTERS[side.index], id=f"side-{side.index}")
            options = {"": "the scenario", **{v: f"variant: {v}" for v in self.scenario.variant_names}}
            if len(options) > 1:
                select("Starts from", f"variant-{side.index}", options, side.variant,
                       lambda e, index=side.index: self._again(variant=(index, e.args)))  # fmt: skip
            with tag("details", style="margin:12px 0"):
                tag("summary", "Move its numbers", style="cursor:pointer")
                with tag("div", style="padding-top:12px"):
                    for slider in side.sliders:
                        value = side.chosen.get(slider.path, slider.value)
                        SliderRow(slider, value, partial(self.moved, side), f"{side.index}-")
            return Results(self.metric, sentence=False)

    def moved(self, side: Side, path: str, value: float) -> None:
        """A slider of one side was moved."""
        side.chosen[path] = value
        self.ask()

    def _address(self) -> str:
        return compare_address(
            self.name,
            [side.settings for side in self.sides],
            [side.variant for side in self.sides],
            self.metric,
        )

    def _again(
        self,
        metric: str | None = None,
        add: bool = False,
        drop: bool = False,
        variant: tuple[int, str] | None = None,
    ) -> None:
        """The page anew with another metric, side or variant."""
        settings = [side.settings for side in self.sides]
        variants = [side.variant for side in self.sides]
        if add:
            free = [v for v in self.scenario.variant_names if v not in variants]
            settings.append({} if free else dict(settings[-1]))
            variants.append(free[0] if free else variants[-1])
        if drop:
            settings, variants = settings[:-1], variants[:-1]
        if variant is not None:
            variants[variant[0]] = variant[1]
        ui.navigate.to(compare_address(self.name, settings, variants, metric or self.metric))

    def ask(self) -> None:
        """Ask for results of all sides in shared worlds."""
        ui.run_javascript(f"history.replaceState(null, '', {json.dumps(self._address())})")
        self.bar.set_visibility(True)
        if not self.shop.ready.is_set():
            self.note.text = "Compiling once on this machine, about 40 s."
        self.newest.ask(Question(tuple((s.scenario, s.settings) for s in self.sides), self.seed))

    def _published(self, found: Answer) -> None:
        """In the worker's thread: work out what to show, then hand it over to the page's."""
        shown: list[Shown] = []
        sentences: list[str] = []
        comparison: Comparison | None = None
        if found.ensembles:
            axes = Shared(curve_top(found.ensembles), dot_ends(found.ensembles, self.metric))
            shown = [present(e, found.rough, self.metric, i, axes) for i, e in enumerate(found.ensembles)]
        if len(shown) > 1 and not found.rough:
            labels = list(LETTERS[: len(shown)])
            comparison = compare_ensembles(list(found.ensembles), self.metric, labels=labels)
            sentences = [pair.sentence() for pair in comparison.pairs if pair.metric == self.metric]
        self.loop.call_soon_threadsafe(self._show, found, shown, sentences, comparison)

    def _show(
        self, found: Answer, shown: list[Shown], sentences: list[str], comparison: Comparison | None
    ) -> None:
        self.compared = comparison
        self.problem.set_visibility(bool(found.problem))
        self.problem.text = found.problem
        self.bar.set_visibility(found.rough and not found.problem)
        if not shown:
            self.note.text = "Nothing was run."
            return
        for view, one in zip(self.views, shown, strict=True):
            view.show(one)
        first = found.ensembles[0]
        worlds = f"The same {first.replicates} worlds for all, over {first.draws} draws, seed {first.seed}"
        self.note.text = f"{worlds} ({found.took()})"
        if not found.rough:
            self.verdicts.clear()
            with self.verdicts:
                for sentence in sentences:
                    tag("p", sentence, "vs-verdict")

    def export(self, kind: str) -> None:
        """Show what gives the same comparison elsewhere, and put it on the clipboard."""
        sides = [(side.variant, side.settings) for side in self.sides]
        source = self.name if self.shop.is_stock(self.name) else f"{self.name}.yaml"
        if kind == "yaml":
            moved = [s.scenario.with_overrides(s.settings) if s.settings else s.scenario for s in self.sides]
            text = sides_yaml(moved)
        else:
            made = sides_command if kind == "command" else sides_python
            text = made(source, sides, self.metric, FULL, self.seed)
        self.exported.set_visibility(True)
        self.exported.text = text
        ui.clipboard.write(text)

    async def save_page(self) -> None:
        """The page to forward, made from the results shown."""
        from viralsim.report.page import comparison_page

        if self.compared is None:
            self.said.text = "A page is made once the results above are complete."
            return
        self.said.text = "Drawing the page …"
        text = await off_thread(comparison_page, self.compared)
        name = f"compare-{self.scenario.label}.html"
        ui.download.content(text.encode(), name, "text/html")
        self.said.text = f"Saved {name} ({len(text.encode()) / 1e6:.1f} MB): one file, readable anywhere."


def compare_page(shop: Shop, name: str, request: Request) -> None:
    """Place the page: A and B (and C) of one scenario."""
    try:
        scenario = shop.scenario(name or _FIRST)
    except ViralsimError as error:
        not_found(str(error))
        return
    settings = read_compare(request.query_params.get("with", ""))
    known = ("", *scenario.variant_names)
    variants = [v if v in known else "" for v in request.query_params.get("variants", "").split("|")]
    if len(settings) < 2:
        settings = [{}, {}]
        variants = ["", next(iter(scenario.variant_names), "")]
    variants = [*variants, "", "", ""][: len(settings)]
    metric = request.query_params.get("metric", "reach")
    metric = metric if metric in METRICS else "reach"
    sides = [Side(i, scenario, s, v) for i, (s, v) in enumerate(zip(settings, variants, strict=True))]
    with frame(f"Compare {scenario.title}", "/compare"):
        Comparing(shop, name or _FIRST, scenario, sides, metric).place()
