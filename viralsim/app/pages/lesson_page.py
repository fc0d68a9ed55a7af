"""The lessons: first the bet, then the experiment, then the answer."""

from __future__ import annotations

from typing import Any

from viralsim.app.experiments import Outcome, outcome
from viralsim.app.lessons import LESSONS, Lesson, lesson, next_lesson
from viralsim.app.pages.elements import button, figure, frame, link, off_thread, tag
from viralsim.app.pages.not_found import not_found

__all__ = ["lesson_page", "lessons_page"]

_NUMBER = "(event) => emit(event.target.value === '' ? null : Number(event.target.value))"
_CHOICE = "(event) => emit(Number(event.target.value))"


def lessons_page() -> None:
    """The list of lessons."""
    with frame("Lessons", "/lessons"):
        tag("h1", "Eight lessons about word of mouth")
        tag("p", "Each takes three minutes: a question, your bet, an experiment that runs while you wait, and an "
            "answer with its source.", "vs-lead")  # fmt: skip
        with tag("ol", classes="vs-lesson-list"):
            for number, one in enumerate(LESSONS, 1):
                with tag("li"):
                    link(f"{number}. {one.title}", f"/lesson/{one.slug}")
                    tag("p", one.question)


class LessonView:
    """What one open lesson holds."""

    def __init__(self, one: Lesson) -> None:
        self.lesson = one
        self.bet: float | None = None

    def place(self) -> None:
        """Place the page."""
        one = self.lesson
        number = LESSONS.index(one) + 1
        tag("p", f"Lesson {number} of {len(LESSONS)}", "vs-small", style="margin-bottom:2px")
        tag("h1", one.title)
        tag("p", one.question, "vs-lead", style="max-width:46em;color:var(--ink)")
        with tag("section", classes="vs-step", aria_labelledby="bet-title"):
            tag("h2", "Your bet", id="bet-title")
            self._bet()
            with tag("div", classes="vs-row"):
                self.start = button("Bet, and run the experiment", self.run, main=True)
                self.note = tag("span", "", "vs-small", role="status")
        with tag("section", classes="vs-step", aria_labelledby="experiment"):
            tag("h2", "The experiment", id="experiment")
            tag("p", one.experiment)
            self.working = tag("progress", aria_label="The experiment is running")
            self.working.set_visibility(False)
        self.found = tag("div", classes="vs-step", id="found")

    def _bet(self) -> None:
        one = self.lesson
        if not one.choices:
            with tag("div", classes="vs-row", style="margin-bottom:12px"):
                tag("label", "I bet on", for_="bet")
                made = tag("input", classes="vs-field", type="number", id="bet", min="0", max=f"{one.most:g}")
                made.on("input", self._put, js_handler=_NUMBER)
                tag("span", one.unit)
            return
        with tag("fieldset", classes="vs-choices"):
            tag("legend", "I bet that the answer is", "vs-small")
            for index, words in enumerate(one.choices):
                with tag("label"):
                    made = tag("input", type="radio", name_="bet", value=str(index))
                    made.on("change", self._put, js_handler=_CHOICE)
                    tag("span", words)

    def _put(self, event: Any) -> None:
        value = event.args
        self.bet = float(value) if isinstance(value, int | float) else None

    async def run(self) -> None:
        """Run the experiment, if there is a bet, and show both."""
        one = self.lesson
        most = one.most if not one.choices else len(one.choices) - 1
        if self.bet is None or not 0 <= self.bet <= most:
            allowed = "choose one" if one.choices else f"a number from 0 to {one.most:g}"
            self.note.text = f"First your bet, please: {allowed}. There is nothing to lose."
            return
        self.note.text = "Simulating …"
        self.start.attribute("disabled", True)
        self.working.set_visibility(True)
        found = await off_thread(outcome, one.slug)
        self.working.set_visibility(False)
        self.start.attribute("disabled", None)
        self.note.text = ""
        self.found.clear()
        with self.found:
            self._answer(found)

    def _answer(self, found: Outcome) -> None:
        one, bet = self.lesson, self.bet or 0.0
        tag("h2", "What came out", id="answer")
        tag("p", said_of_bet(one, found, bet), "vs-verdict", role="status")
        tag("p", found.said)
        with tag("div", classes="vs-figures", style="max-width:760px"):
            for drawing, caption in found.charts:
                figure(drawing, caption)
        with tag("div", classes="vs-answer"):
            tag("h3", "Take away")
            tag("p", one.lesson)
            tag("p", f"Source: {one.source}", "vs-small")
        after = next_lesson(one.slug)
        with tag("div", classes="vs-row"):
            link(one.go_on[0], one.go_on[1], "vs-button")
            if after is not None:
                link(f"Next: {after.title}", f"/lesson/{after.slug}", "vs-button main")
            else:
                link("Back to the lessons", "/lessons", "vs-button main")


def said_of_bet(one: Lesson, found: Outcome, bet: float) -> str:
    """The bet beside what came out."""
    if one.choices:
        yours, right = one.choices[int(bet)], one.choices[found.right]
        if int(bet) == found.right:
            return f"You bet “{yours}”, and that is what came out."
        return f"You bet “{yours}”; what came out is “{right}”."
    value = f"{found.value:.0f}" if found.value >= 20 else f"{found.value:.1f}"
    return f"You bet {bet:g}; the simulation says {value} {one.unit}."


def lesson_page(slug: str) -> None:
    """Place one lesson."""
    one = lesson(slug)
    if one is None:
        not_found(f"there is no lesson {slug!r}; the list of lessons shows all")
        return
    with frame(one.title, "/lessons"):
        LessonView(one).place()
