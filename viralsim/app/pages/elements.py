"""Plain HTML elements with a page's frame around them; a user's words go in as text, never as markup."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from nicegui import run, ui
from nicegui.elements.mixins.text_element import TextElement

__all__ = ["Tag", "button", "figure", "frame", "link", "markup", "off_thread", "tag"]

Result = TypeVar("Result")

PAGES = (
    ("/", "Scenarios"),
    ("/lessons", "Lessons"),
    ("/compare", "Compare"),
    ("/cascade", "Cascade"),
    ("/upload", "Your data"),
    ("/jobs", "Long runs"),
)


class Tag(TextElement):
    """Any HTML element with text in it."""

    def __init__(self, name: str, text: str = "", classes: str = "", **attributes: Any) -> None:
        super().__init__(tag=name, text=text)
        if classes:
            self.classes(classes)
        for key, value in attributes.items():
            self._props[key.rstrip("_").replace("_", "-")] = value

    def attribute(self, name: str, value: Any) -> None:
        """Set an attribute; None removes it."""
        if value is None:
            self._props.pop(name, None)
        else:
            self._props[name] = value
        self.update()


def tag(name: str, text: str = "", classes: str = "", **attributes: Any) -> Tag:
    """An element; ``aria_label="x"`` becomes ``aria-label="x"``."""
    return Tag(name, text, classes, **attributes)


def link(text: str, address: str, classes: str = "", **attributes: Any) -> Tag:
    """A link to a page of the app."""
    return Tag("a", text, classes, href=address, **attributes)


def button(text: str, act: Callable[[], Any], main: bool = False, **attributes: Any) -> Tag:
    """A button that does something on this page."""
    made = Tag("button", text, "vs-button main" if main else "vs-button", type="button", **attributes)
    made.on("click", act, args=[])
    return made


def markup(content: str = "", classes: str = "") -> Any:
    """Our own drawings (SVG); the browser still takes out whatever could act."""
    return ui.html(content, sanitize=True).classes(classes)


def figure(content: str, caption: str) -> tuple[Any, Tag]:
    """A drawing with a caption that says what to read off."""
    with tag("figure", classes="vs-figure"):
        drawing = markup(content)
        words = tag("figcaption", caption)
    return drawing, words


@contextmanager
def frame(title: str, here: str = "") -> Iterator[None]:
    """A page: skip link, navigation, main part, foot."""
    ui.page_title(f"{title} · viralsim")
    link("Skip to the content", "#main", "vs-skip")
    with tag("header", classes="vs-top"), tag("div"):
        link("viralsim", "/", "vs-brand")
        with tag("nav", aria_label="Pages"):
            for address, name in PAGES:
                current = {"aria_current": "page"} if address == here else {}
                link(name, address, **current)
    with tag("div", classes="vs-main", id="main", tabindex="-1"):  # Quasar's page around it is the <main>
        yield
    with tag("footer", classes="vs-foot"):
        tag("p", "Simulated worlds under stated assumptions, not a forecast until calibrated. People in them are "
            "made up. Nothing leaves this machine.")  # fmt: skip


async def off_thread(work: Callable[..., Result], *arguments: Any) -> Result:
    """Do some work away from the server's thread. Ends the caller if the app is ending."""
    found = await run.io_bound(work, *arguments)
    if found is None:
        raise asyncio.CancelledError
    return found  # type: ignore[no-any-return, unused-ignore]
