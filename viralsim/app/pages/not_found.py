"""A page that says that there is nothing here."""

from __future__ import annotations

from viralsim.app.pages.elements import frame, link, tag

__all__ = ["not_found"]


def not_found(text: str) -> None:
    """A page that says so."""
    with frame("Not found"):
        tag("h1", "Not found")
        tag("p", text, "vs-problem")
        link("Back to the scenarios", "/", "vs-button")
