"""The pages to forward in a real browser: opened from disk, offline, light and dark, narrow, by keyboard, printed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from page_worlds import scenario

import viralsim as vs
from viralsim.report.page import comparison_page, run_page
from viralsim.report.rendering import write_page
from viralsim.report.sweep_page import sweep_page
from viralsim.report.verify_page import verify_page
from viralsim.verify.running import verify_groups

pytestmark = pytest.mark.browser

KINDS = ("run", "compare", "sweep", "verify")
PRINTED_AT_MOST = 2
NARROW = 390


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind, as a file."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {
        "run": run_page(vs.simulate(scenario())),
        "compare": comparison_page(vs.compare([scenario()], metric="reach")),
        "sweep": sweep_page(
            vs.sweep(
                scenario(),
                {"items.post.share_prob": [0.005, 0.05, 0.5], "platforms.x.organic_reach": [0.1, 0.8]},
                replicates=20,
                draws=5,
            )
        ),
        "verify": verify_page(verify_groups(("branching",))),
    }
    many = [scenario().with_overrides({"items.post.share_prob": 0.02 * k}) for k in range(1, 6)]
    labels = ["the first one", "the second one", "a third", "a fourth", "the fifth of them"]
    texts["compare-five"] = comparison_page(vs.compare(many, metric="reach", labels=labels))
    return {kind: write_page(text, folder / f"{kind}.html") for kind, text in texts.items()}


def is_local(address: str) -> bool:
    return address.startswith(("file:", "data:", "blob:"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_opened_from_disk_it_asks_for_nothing_and_axe_finds_nothing(
    pages: Any, open_page: Any, accessible: Any, picture: Any, kind: str, dark: bool
) -> None:
    page = open_page(pages[kind], dark=dark)
    assert page.sent == [pages[kind].as_uri()] or all(map(is_local, page.sent))
    assert page.said == []
    accessible(page)
    picture(page, f"page-{kind}-{'dark' if dark else 'light'}")


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_is_read_first_and_a_hostile_title_does_nothing(
    pages: Any, open_page: Any, kind: str
) -> None:
    page = open_page(pages[kind])
    first = page.locator("body p:not(.eyebrow)").first
    assert first.bounding_box()["y"] < 300
    assert page.locator("h1").count() == 1
    assert page.locator("img").count() == 0
    assert page.said == []
    if kind != "verify":
        assert "<script>alert(1)</script>" in page.locator("h1").inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_telephone_shows_it_without_scrolling_sideways(
    pages: Any, open_page: Any, accessible: Any, picture: Any, kind: str, dark: bool
) -> None:
    page = open_page(pages[kind], width=NARROW, height=844, dark=dark)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW
    accessible(page)
    picture(page, f"page-{kind}-390-{'dark' if dark else 'light'}")


@pytest.mark.parametrize("kind", KINDS)
def test_without_script_everything_is_there(pages: Any, open_page: Any, picture: Any, kind: str) -> None:
    page = open_page(pages[kind], script=False)
    text = pages[kind].read_text("utf-8")
    assert page.locator("figure svg").count() == text.count("<figcaption>")
    for svg in page.locator("figure svg").all():
        assert svg.is_visible()
    for more in page.locator("summary").all():
        more.click()
    assert all(table.is_visible() for table in page.locator("table").all())
    for button in page.locator("button").all():
        assert not button.is_visible()  # nothing that would do nothing
    picture(page, f"page-{kind}-without-script")


@pytest.mark.parametrize("kind", [*KINDS, "compare-five"])
def test_it_prints_on_two_pages(pages: Any, open_page: Any, kind: str) -> None:
    page = open_page(pages[kind])
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    if os.environ.get("VIRALSIM_SCREENSHOTS"):
        Path(os.environ["VIRALSIM_SCREENSHOTS"], f"page-{kind}.pdf").write_bytes(printed)
    assert 1 <= sheets <= PRINTED_AT_MOST


def test_the_cascade_plays_by_keyboard(pages: Any, open_page: Any) -> None:
    page = open_page(pages["run"])
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        if reached[-1] == "player-time":
            break
    assert {"player-play", "player-reset", "player-speed", "player-time"} <= set(reached)
    clock = page.locator("#player-clock")
    before = clock.inner_text()
    page.keyboard.press("Home")
    assert clock.inner_text() != before
    page.locator("#player-play").focus()
    page.keyboard.press("Space")
    assert page.locator("#player-play").inner_text() == "Pause"
    page.keyboard.press("Space")
    assert page.locator("#player-play").inner_text() == "Play"


def test_a_figure_is_saved_as_table_and_as_pictures(pages: Any, open_page: Any, tmp_path: Path) -> None:
    page = open_page(pages["run"])
    figure = page.locator("#reach_dots")
    begins = {"CSV": b"probability", "SVG": b"<?xml", "PNG": b"\x89PNG"}
    for name, begin in begins.items():
        with page.expect_download() as waiting:
            figure.get_by_text(name, exact=True).click()
        saved = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(saved)
        assert saved.name == f"reach_dots.{name.lower()}"
        assert saved.read_bytes().startswith(begin)
