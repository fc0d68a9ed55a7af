"""Your data: an edge list or a scenario of your own, checked like on the command line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from nicegui import app, run
from starlette.requests import Request
from starlette.responses import JSONResponse

from viralsim.app.pages.elements import frame, link, tag
from viralsim.app.shop import Kept, Shop
from viralsim.app.uploads import NETWORK_ENDINGS, NETWORK_MOST_BYTES, SCENARIO_ENDINGS, SCENARIO_MOST_BYTES
from viralsim.errors import ScenarioError, ViralsimError

__all__ = ["register_uploads", "upload_page"]

_SEND = """async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  emit({name: file.name, busy: true});
  try {
    const answer = await fetch(`/upload/KIND?name=${encodeURIComponent(file.name)}`, {method: "POST", body: file});
    emit(await answer.json());
  } catch (error) { emit({problems: ["The file could not be sent."]}); }
  event.target.value = "";
}"""
_NETWORK_WORDS = (
    "Who follows whom: one pair a line, comma, tab or blank between; the second may be shown what the first shares. "
    f"{', '.join(NETWORK_ENDINGS)}, at most {NETWORK_MOST_BYTES // 10**6} MB."
)
_SCENARIO_WORDS = (
    "A file such as viralsim new or Copy as YAML writes. "
    f"{', '.join(SCENARIO_ENDINGS)}, at most {SCENARIO_MOST_BYTES // 10**6} MB."
)
_LIMITS = {"scenario": SCENARIO_MOST_BYTES, "network": NETWORK_MOST_BYTES}


async def _body(parts: AsyncIterator[bytes], most: int) -> bytes | None:
    """What was sent; None as soon as it is more than allowed."""
    kept, size = [], 0
    async for part in parts:
        size += len(part)
        if size > most:
            return None
        kept.append(part)
    return b"".join(kept)


def register_uploads(shop: Shop) -> None:
    """Name the address that files are sent to."""
    one_at_a_time = asyncio.Lock()

    @app.post("/upload/{kind}", include_in_schema=False)
    async def _upload(kind: str, request: Request) -> JSONResponse:
        if kind not in _LIMITS:
            return JSONResponse({"problems": [f"nothing is read at {kind!r}"]}, 404)
        name = request.query_params.get("name", "")[:200]
        raw = await _body(request.stream(), _LIMITS[kind])
        if raw is None:
            return JSONResponse(
                {"problems": [f"at most {_LIMITS[kind] / 1e6:g} MB are read; this file has more"]}, 413
            )
        take = shop.take_scenario if kind == "scenario" else shop.take_network
        try:
            async with one_at_a_time:
                kept = await run.io_bound(take, raw, name)
        except ScenarioError as error:
            return JSONResponse({"problems": list(error.problems)}, 422)
        except ViralsimError as error:
            return JSONResponse({"problems": [str(error)]}, 422)
        return JSONResponse({"kept": kept})


class UploadView:
    """What one open page holds."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def place(self) -> None:
        """Place the page."""
        tag("h1", "Your data")
        tag("p", "Files stay on this machine, in a folder that is removed when the app ends. They are checked as on "
            "the command line, and nothing is run that has a problem.", "vs-lead")  # fmt: skip
        with tag("div", classes="vs-figures", style="margin-top:20px"):
            self._field("network", "An edge list", _NETWORK_WORDS, NETWORK_ENDINGS)
            self._field("scenario", "A scenario", _SCENARIO_WORDS, SCENARIO_ENDINGS)
        self.words = tag("p", "", "vs-note", role="status", style="margin-top:16px")
        self.problems = tag("p", "", "vs-problem", role="alert")
        self.problems.set_visibility(False)
        with tag("section", classes="vs-section", aria_labelledby="kept"):
            tag("h2", "What is here", id="kept")
            self.list = tag("div")
        self._show()

    def _field(self, kind: str, title: str, words: str, endings: tuple[str, ...]) -> None:
        with tag("section", classes="vs-panel", aria_labelledby=f"{kind}-title"):
            tag("h2", title, id=f"{kind}-title")
            tag("p", words, "vs-small")
            tag("label", "File", "vs-small", for_=f"file-{kind}", style="display:block")
            made = tag("input", type="file", id=f"file-{kind}", accept=",".join(endings), classes="vs-field")
            made.on("change", self._answered, js_handler=_SEND.replace("KIND", kind))

    def _answered(self, event: Any) -> None:
        found = event.args if isinstance(event.args, dict) else {}
        problems = [str(text) for text in found.get("problems", [])]
        self.problems.set_visibility(bool(problems))
        self.problems.text = "\n".join(problems)
        if found.get("busy"):
            self.words.text = f"Reading {found.get('name', '')} …"
        elif problems:
            count = len(problems)
            self.words.text = f"{count} problem{'s' * (count != 1)}; nothing was kept."
        else:
            self.words.text = f"Kept as {found.get('kept', '')}."
            self._show()

    def _show(self) -> None:
        self.list.clear()
        with self.list:
            for kept in self.shop.kept():
                self._entry(kept)
            if not self.shop.kept():
                tag("p", "Nothing yet.", "vs-small")

    def _entry(self, kept: Kept) -> None:
        with tag("section", classes="vs-panel", style="margin-bottom:14px"):
            tag("h3", kept.name)
            if kept.graph is not None:
                for note in kept.graph.notes:
                    tag("p", note, "vs-small")
                with tag("div", classes="vs-wide"), tag("table"), tag("tbody"):
                    for label, value in kept.rows:
                        with tag("tr"):
                            tag("th", label, scope="row")
                            tag("td", value)
            else:
                tag("p", repr(kept.scenario).strip("<>"), "vs-small")
            with tag("div", classes="vs-row", style="margin-top:12px"):
                link("Open its lab", f"/lab/{kept.name}", "vs-button main")
                link("Compare", f"/compare/{kept.name}", "vs-button")
                link("Watch a cascade on it", f"/cascade?network={kept.name}", "vs-button")


def upload_page(shop: Shop) -> None:
    """Place the page."""
    with frame("Your data", "/upload"):
        UploadView(shop).place()
