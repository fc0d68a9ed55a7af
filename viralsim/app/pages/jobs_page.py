"""Long runs: how far each is, Stop, and the results kept."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from viralsim.app.jobs import Job
from viralsim.app.pages.elements import Tag, button, frame, link, off_thread, tag
from viralsim.app.pages.results import Results
from viralsim.app.shop import Shop
from viralsim.app.shown import present

__all__ = ["jobs_page"]

LOOK_EVERY_SECONDS = 0.4


class _Row:
    """One job on the page."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.shown: str | None = None
        with tag("section", classes="vs-panel", id=f"job-{job.number}", style="margin-bottom:18px"):
            tag("h2", f"{job.number}. {job.scenario.title}")
            if job.settings:
                moved = ", ".join(f"{path} = {value:g}" for path, value in job.settings.items())
                tag("p", f"With {moved}", "vs-small")
            self.words = tag("p", job.sentence(), role="status")
            self.bar = tag(
                "progress", max=job.replicates, value=job.done, aria_label=f"Progress of run {job.number}"
            )
            with tag("div", classes="vs-row"):
                self.stop = button("Stop and keep what is done", job.stop)
                self.page = button("Save the page to forward", self.save)
                self.data = button("Save the data (CSV)", self.save_data)
            self.box = tag("div", style="margin-top:14px")
        self.look()

    def look(self) -> None:
        """Bring the row up to date."""
        job = self.job
        self.words.text = job.sentence()
        self.bar.attribute("value", job.done)
        if self.shown == job.state:
            return
        self.shown = job.state
        self.bar.set_visibility(not job.ended)
        self.stop.set_visibility(not job.ended)
        for made in (self.page, self.data):
            made.set_visibility(job.result is not None)
        if job.result is not None:
            with self.box:
                ui.timer(0.01, self._show, once=True)

    async def _show(self) -> None:
        """The results, worked out away from the server's thread: a long run has many replicates."""
        if self.job.result is None:
            return
        shown = await off_thread(present, self.job.result)
        with self.box:
            Results(risks=True).show(shown)

    async def save(self) -> None:
        """The page to forward."""
        from viralsim.report.page import run_page

        if self.job.result is not None:
            text = await off_thread(run_page, self.job.result)
            ui.download.content(text.encode(), f"{self.job.scenario.label}.html", "text/html")

    async def save_data(self) -> None:
        """One line per replicate and every metric."""
        from viralsim.report.tables import columns_text

        if self.job.result is not None:
            text = await off_thread(columns_text, self.job.result.to_columns())
            ui.download.content(text.encode(), f"{self.job.scenario.label}.csv", "text/csv")


def jobs_page(shop: Shop) -> None:
    """Place the page."""
    rows: dict[int, _Row] = {}
    with frame("Long runs", "/jobs"):
        tag("h1", "Long runs")
        tag(
            "p",
            "They go on when you close the tab, one at a time; come back to this page at any time while the app runs.",
        )
        empty: Tag = tag("p", "None yet. A scenario's lab starts one: ", "vs-small")
        with empty:
            link("to the scenarios", "/")
        box: Any = tag("div")

    def look() -> None:
        jobs = shop.jobs.all()
        empty.set_visibility(not jobs)
        for job in reversed(jobs):
            if job.number not in rows:
                with box:
                    rows[job.number] = _Row(job)
                    box_children = list(box.default_slot.children)
                    box_children[-1].move(target_index=0)
            else:
                rows[job.number].look()

    look()
    ui.timer(LOOK_EVERY_SECONDS, look)
