"""A real browser for tests: Debian's Chromium through playwright, axe for accessibility, screenshots on demand.

The tests carry the mark `browser` and are skipped, with the reason, where playwright or Chromium is missing.

Fixtures
--------
chromium : Browser
    One for all tests.
open_page : callable
    ``open_page(address, width=1200, height=900, dark=False, script=True, offline=True) -> Page`` in a context of its
    own; ``page.sent`` lists the addresses it asked for, ``page.said`` errors it logged and dialogs it opened.
accessible : callable
    ``accessible(page)`` fails, naming them, on any serious or critical finding of axe.
picture : callable
    ``picture(page, "run-dark")`` writes a screenshot of the whole page into the folder named by VIRALSIM_SCREENSHOTS;
    nothing is written where that is not set.

Environment: VIRALSIM_CHROMIUM names the program, by default chromium or google-chrome on the path.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_running import app_address  # noqa: F401 - the running app, a fixture

FOLDER = Path(__file__).resolve().parent
SCREENSHOTS = "VIRALSIM_SCREENSHOTS"
PATIENCE_MS = 120_000  # a busy machine is slow, not wrong
SERIOUS = ("serious", "critical")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is a browser test, said or not."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.browser)


def _program() -> str | None:
    named = os.environ.get("VIRALSIM_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser (playwright's Browser), started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = _program()
    if program is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    arguments = (
        ["--no-sandbox"] if os.geteuid() == 0 else []
    )  # Chromium refuses to run as root with a sandbox
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens an address (or a file by its path) in a context of its own; closed after the test."""
    contexts: list[Any] = []

    def opened(
        address: str | Path,
        width: int = 1200,
        height: int = 900,
        dark: bool = False,
        script: bool = True,
        offline: bool = True,
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            offline=offline,
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.sent, page.said = [], []
        page.on("request", lambda request: page.sent.append(request.url))
        page.on("console", lambda line: page.said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: (page.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(address.resolve().as_uri() if isinstance(address, Path) else address)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def accessible() -> Callable[[Any], None]:
    """Fails on what axe finds serious or critical, naming rule and elements."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )

    def check(page: Any) -> None:
        found = axe.Axe().run(page).response["violations"]
        bad = [
            f"{finding['id']} ({finding['impact']}): {node['html'][:160]}\n    {node.get('failureSummary', '')}"
            for finding in found
            if finding["impact"] in SERIOUS
            for node in finding["nodes"]
        ]
        assert not bad, "\n".join(bad)

    return check


@pytest.fixture(scope="session")
def picture() -> Callable[..., None]:
    """Writes a screenshot where VIRALSIM_SCREENSHOTS says, for a person to look at."""
    named = os.environ.get(SCREENSHOTS)

    def take(page: Any, name: str, whole: bool = True) -> None:
        if named:
            folder = Path(named)
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(folder / f"{name}.png"), full_page=whole, timeout=PATIENCE_MS)

    return take
