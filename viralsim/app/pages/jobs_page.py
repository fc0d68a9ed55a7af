"""Long runs: how far each is, Stop, and the results kept."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from viralsim.app.jobs import Job
from viralsim.app.kept import KeptRun
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
            self.kept = tag("p", "", "vs-small")
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
        if job.kept and self.kept.text != job.kept:
            self.kept.text = job.kept
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


class _KeptRow:
    """A run of an earlier time."""

    def __init__(self, shop: Shop, run: KeptRun) -> None:
        self.shop, self.run = shop, run
        self.box = tag("section", classes="vs-panel", id=f"kept-{run.number}", style="margin-bottom:14px")
        with self.box:
            tag("h3", run.title)
            moved = ", ".join(f"{path} = {value:g}" for path, value in run.settings.items())
            counted = f"{run.done:,} of {run.replicates:,} replicates over {run.draws} draws, seed {run.seed}"
            with_moved = f", with {moved}" if moved else ""
            tag("p", f"{run.state}, {run.ended} UTC: {counted}{with_moved}", "vs-small")
            tag("p", run.sentence)
            with tag("div", classes="vs-row"):
                button("Save the page to forward", lambda: self._save(shop.finished.page, "html"))
                button("Save the data (CSV)", lambda: self._save(shop.finished.data, "csv"))
                button("Forget", self._forget)
            self.problem = tag("p", "", "vs-problem", role="alert")
            self.problem.set_visibility(False)

    async def _save(self, read: Any, ending: str) -> None:
        text = await off_thread(read, self.run.number)
        self.problem.set_visibility(not text)
        if not text:
            self.problem.text = "Its files are gone from the folder."
            return
        ui.download.content(text.encode(), f"{self.run.label}.{ending}", f"text/{ending}")

    def _forget(self) -> None:
        self.shop.finished.forget(self.run.number)
        self.box.set_visibility(False)


def _place_kept(shop: Shop) -> None:
    """Runs of earlier times, and where they are kept."""
    known = set(shop.own.values())
    runs = [run for run in shop.finished.all() if run.number not in known]
    with tag("section", classes="vs-section", aria_labelledby="kept"):
        tag("h2", "Kept from earlier", id="kept")
        finished = shop.finished
        if finished.problem:
            tag("p", f"Finished runs end with the app: {finished.problem}.", "vs-small")
        else:
            most = f"the last {finished.most_runs}, at most {finished.most_bytes / 1e6:,.0f} MB"
            tag("p", f"Finished runs are kept in {finished.folder}: {most}.", "vs-small",
                style="overflow-wrap:anywhere")  # fmt: skip
        for run in runs:
            _KeptRow(shop, run)


def jobs_page(shop: Shop) -> None:
    """Place the page."""
    rows: dict[int, _Row] = {}
    with frame("Long runs", "/jobs"):
        tag("h1", "Long runs")
        tag(
            "p",
            "They go on when you close the tab, one at a time; come back to this page at any time.",
        )
        empty: Tag = tag("p", "None yet. A scenario's lab starts one: ", "vs-small")
        with empty:
            link("to the scenarios", "/")
        box: Any = tag("div")
        _place_kept(shop)

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
