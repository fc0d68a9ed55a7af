"""The app as a person uses it: first screen, sliders, bet, cascade, comparison, lessons; by keyboard, narrow, dark."""

from __future__ import annotations

import re

import pytest

from viralsim.app.lessons import LESSONS

pytestmark = pytest.mark.browser

LONG = 120_000  # milliseconds; the first answer may wait for kernels to be compiled
FULL = "document.querySelector('.vs-note').textContent.includes('200 simulated')"
PAGES = {
    "gallery": "/",
    "lab": "/lab/small-shop",
    "compare": "/compare/small-shop",
    "cascade": "/cascade?network=friends",
    "run": "/cascade?scenario=small-shop",
    "lessons": "/lessons",
    "lesson": "/lesson/weak-ties",
    "upload": "/upload",
    "jobs": "/jobs",
    "not-found": "/lab/no-such-scenario",
}


@pytest.fixture
def visit(open_page, app_address):
    def opened(path: str, **options):
        page = open_page(app_address + path, offline=False, **options)
        page.set_default_timeout(LONG)
        page.wait_for_selector("h1")
        page.wait_for_function("window.did_handshake")  # before that what is done may be lost to a reload
        return page

    return opened


def settled(page) -> None:
    """Until the page shows its full answer, where it has one to wait for."""
    if "/lab/small" in page.url:
        page.wait_for_function(FULL)
    if "/compare" in page.url:
        page.wait_for_selector(".vs-verdict")
    if "/cascade" in page.url:
        begin = "Start" if "scenario=" in page.url else "Step 0"
        page.wait_for_function(
            "begin => document.getElementById('cascade-clock').textContent.startsWith(begin)", arg=begin
        )


def within_its_width(page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 390)])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_wide_narrow_and_dark(
    visit, accessible, picture, app_address, name, dark, width
):
    page = visit(PAGES[name], width=width, dark=dark)
    settled(page)
    within_its_width(page, width)
    accessible(page)
    look = ("-dark" if dark else "") + ("-390" if width == 390 else "")
    picture(page, f"app-{name}{look}")
    assert all(address.startswith((app_address, "data:", "blob:")) for address in page.sent)
    assert page.said == []


def test_the_first_screen_shows_a_finished_run_and_eight_scenarios(visit):
    page = visit("/")
    assert re.search(r"expected to reach [\d,]+ of [\d,]+ people", page.locator(".vs-hero").inner_text())
    cards = page.locator(".vs-shelf")
    assert cards.count() >= 8
    assert page.locator(".vs-shelf svg").count() == cards.count()


# Moves a slider step by step. Each move waits for what it changed, at most `longest` milliseconds: how long that took
# is printed, not asserted, for a test must not depend on what else the machine does.
MOVE = """async ([id, moves, longest]) => {
  const slider = document.getElementById(id), figure = document.querySelector('.vs-figure');
  const waits = [], numbers = new Set();
  let shown = 0;
  new MutationObserver(() => { shown += 1; }).observe(figure, {subtree: true, childList: true});
  for (let i = 0; i < moves; i++) {
    const before = shown, began = performance.now();
    slider.value = Number(slider.value) + 5;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    while (shown === before && performance.now() - began < longest) await new Promise(done => setTimeout(done, 5));
    if (shown > before) waits.push(Math.round(performance.now() - began));
    numbers.add(document.querySelector('.vs-card b').textContent);
  }
  return {waits, numbers: [...numbers], at: Number(slider.value)};
}"""


def test_dragging_a_slider_is_followed(visit, picture):
    page = visit("/lab/small-shop")
    settled(page)
    found = page.evaluate(MOVE, ["slider-platforms-instagram-organic_reach", 12, 5_000])
    print(f"slider: milliseconds from a move to its chart: {sorted(found['waits'])}")
    assert len(found["waits"]) >= 8
    assert len(found["numbers"]) >= 6
    assert found["at"] == 127 + 12 * 5, "redrawing moved the slider back"
    page.wait_for_function(FULL)
    assert "organic_reach=" in page.url
    value = page.locator("#slider-platforms-instagram-organic_reach").input_value()
    sentence = page.locator(".vs-verdict").inner_text()
    picture(page, "app-lab-moved")
    again = visit(page.url[page.url.index("/lab") :])
    settled(again)
    assert again.locator("#slider-platforms-instagram-organic_reach").input_value() == value
    assert again.locator(".vs-verdict").inner_text() == sentence


def test_reset_and_another_luck(visit):
    page = visit("/lab/small-shop?items.offer.stickiness=0.9")
    settled(page)
    first = page.locator(".vs-note").inner_text()
    assert page.locator("#slider-items-offer-stickiness").input_value() == "180"
    page.get_by_role("button", name="Another luck").click()
    page.wait_for_function(
        "document.querySelector('.vs-note').textContent.includes('200 simulated worlds over 20 draws, seed 2')"
    )
    assert "seed=2" in page.url and "seed 2" not in first
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("document.querySelector('.vs-note').textContent.includes('seed 1 ')")
    assert page.locator("#slider-items-offer-stickiness").input_value() == "70"
    assert page.url.endswith("/lab/small-shop")


def test_a_bet_in_the_lab_is_marked_among_the_dots(visit):
    page = visit("/lab/small-shop")
    settled(page)
    page.get_by_label("How many people will a run reach?").fill("80")
    page.keyboard.press("Tab")
    page.wait_for_selector("text=You bet 80.")
    assert page.locator(".vs-chart text.bet").first.text_content() == "your bet"
    page.get_by_role("button", name="Guess first").click()
    page.wait_for_function("document.querySelector('.vs-cards').offsetParent === null")
    page.get_by_label("How many people will a run reach?").fill("50")
    page.keyboard.press("Tab")
    page.wait_for_selector("text=You bet 50.")
    assert page.locator(".vs-cards").is_visible()


def test_a_lab_starts_from_a_variant_too(visit):
    page = visit("/lab/small-shop")
    settled(page)
    page.get_by_label("Start from").select_option("ask-regulars")
    page.wait_for_url("**/lab/small-shop?variant=ask-regulars")
    settled(page)
    assert page.get_by_label("Money for people asked").is_visible()
    page.get_by_role("button", name="Copy as command").click()
    page.wait_for_function("document.querySelector('pre').textContent.includes('--variant ask-regulars')")


def test_exports_can_be_copied_and_the_page_saved(visit, tmp_path, open_page):
    page = visit("/lab/small-shop?items.offer.stickiness=0.5")
    settled(page)
    page.get_by_role("button", name="Copy as command").click()
    shown = page.get_by_label("Export")
    page.wait_for_function("document.querySelector('pre').textContent.includes('viralsim run')")
    assert "--set items.offer.stickiness=0.5" in shown.inner_text()
    page.get_by_role("button", name="Copy as Python").click()
    page.wait_for_function("document.querySelector('pre').textContent.includes('vs.simulate')")
    page.get_by_role("button", name="Copy as YAML").click()
    page.wait_for_function("document.querySelector('pre').textContent.includes('stickiness: 0.5')")
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="Save the page to forward").click()
    file = tmp_path / "page.html"
    download.value.save_as(file)
    assert file.stat().st_size < 1_000_000
    saved = open_page(file)
    assert "expected to reach" in saved.locator("body").inner_text()


def clock(page) -> str:
    return page.locator("#cascade-clock").inner_text()


def test_a_cascade_is_played_by_keyboard_alone(visit, picture):
    page = visit("/cascade?network=friends")
    settled(page)
    setup = page.get_by_role("button", name="Setup")
    page.get_by_label("People who begin").fill("20")
    page.keyboard.press("Tab")
    setup.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.getElementById('cascade-clock').textContent.startsWith('Step 0: 20 of 300')"
    )
    page.locator("#cascade-step").focus()
    page.keyboard.press("Enter")
    assert clock(page).startswith("Step 1: ")
    page.locator("#cascade-canvas").focus()
    page.keyboard.press("ArrowRight")
    assert clock(page).startswith("Step 2: ")
    picture(page, "app-cascade-step-2")
    page.keyboard.press("Home")
    assert clock(page).startswith("Step 0: 20")
    page.get_by_label("Speed").select_option("3")
    page.locator("#cascade-play").focus()
    page.keyboard.press("Enter")
    assert page.locator("#cascade-play").inner_text() == "Pause"
    page.wait_for_function("document.getElementById('cascade-clock').textContent.includes('It ends here')")
    ended = clock(page)
    page.locator("#cascade-reset").focus()
    page.keyboard.press("Enter")
    assert clock(page).startswith("Step 0: 20")
    page.locator("#cascade-luck").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Run 2 of 200")
    assert ended.startswith("Step ")


def test_a_run_of_the_scenario_itself_is_played_by_keyboard_alone(visit, picture):
    page = visit("/lab/small-shop?items.offer.stickiness=0.9")
    settled(page)
    page.get_by_role("button", name="Watch a run").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cascade?scenario=small-shop&items.offer.stickiness=0.9")
    settled(page)
    words = page.locator(".vs-note").inner_text()
    assert re.search(r"Run \d+ of 200, seed 1: \d+ of 10,000 people of A small shop: ", words)
    page.locator("#cascade-canvas").focus()
    page.keyboard.press("ArrowRight")
    assert "(step 1 of" in clock(page)
    while "Nothing more happens" not in clock(page):
        page.keyboard.press("ArrowRight")
    picture(page, "app-run-ended")
    page.keyboard.press("Home")
    assert clock(page).startswith("Start")
    page.get_by_label("Run, 1 to 200").fill("7")
    page.keyboard.press("Tab")
    page.locator("#cascade-setup").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Run 7 of 200")
    page.locator("#cascade-luck").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Run 8 of 200")
    page.get_by_label("Run, 1 to 200").fill("700")
    page.keyboard.press("Tab")
    page.locator("#cascade-setup").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=allowed are 1 to 200")


def test_a_cascade_says_what_cannot_be_set_up(visit):
    page = visit("/cascade?network=friends")
    settled(page)
    page.get_by_label("R: sharers that one sharer brings").fill("99")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Setup").click()
    page.wait_for_selector("text=R: got 99")


def test_a_comparison_has_three_sides_one_axis_and_a_verdict(visit, picture):
    page = visit("/compare/small-shop")
    settled(page)
    assert "times" in page.locator(".vs-verdict").first.inner_text()
    page.get_by_role("button", name="Add C").click()
    page.wait_for_url("**/compare/small-shop?*")
    page.wait_for_function("document.querySelectorAll('.vs-abc > section').length === 3")
    settled(page)
    assert page.locator(".vs-verdict").count() == 3
    tops = page.evaluate(
        "[...document.querySelectorAll('.vs-abc > section')].map("
        "s => s.querySelectorAll('svg')[1].querySelectorAll('text')[2].textContent)"
    )
    assert len(set(tops)) == 1
    picture(page, "app-compare-abc")
    said = page.locator(".vs-verdict").all_inner_texts()
    again = visit(page.url[page.url.index("/compare") :])
    settled(again)
    assert again.locator(".vs-verdict").all_inner_texts() == said


def test_a_comparison_is_handed_on_as_file_command_python_and_page(visit, tmp_path, open_page):
    page = visit("/compare/small-shop")
    settled(page)
    for name, said in (
        ("YAML", "variants:"),
        ("command", "viralsim compare A.yaml B.yaml"),
        ("Python", "vs.compare("),
    ):
        page.get_by_role("button", name=f"Copy as {name}").click()
        page.wait_for_function("said => document.querySelector('pre').textContent.includes(said)", arg=said)
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="Save the page to forward").click()
    file = tmp_path / "page.html"
    download.value.save_as(file)
    assert file.stat().st_size < 1_000_000
    saved = open_page(file)
    assert saved.locator("h1").count() == 1
    assert (
        "times in 100" in saved.locator("body").inner_text() or "better" in saved.locator("body").inner_text()
    )


def test_a_side_of_a_comparison_can_be_moved(visit):
    page = visit("/compare/small-shop")
    settled(page)
    page.get_by_text("Move its numbers").nth(1).click()
    slider = page.locator("#slider-1-items-offer-stickiness")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("decodeURIComponent(location.search).includes('items.offer.stickiness')")


@pytest.mark.parametrize("slug", ["why-most-posts-die", "weak-ties"])
def test_a_lesson_asks_for_a_bet_before_it_answers(visit, accessible, picture, slug):
    page = visit(f"/lesson/{slug}")
    page.get_by_role("button", name="Bet, and run the experiment").click()
    page.wait_for_selector("text=First your bet, please")
    assert page.get_by_text("Take away").count() == 0
    if slug == "weak-ties":
        page.get_by_label("about twice as many", exact=True).check()
    else:
        page.get_by_label("I bet on").fill("30")
    page.get_by_role("button", name="Bet, and run the experiment").click()
    page.wait_for_selector("text=Take away")
    text = page.locator("#found").inner_text()
    assert "You bet" in text and "Source:" in text
    assert page.locator("#found svg").count() >= 1
    accessible(page)
    picture(page, f"app-lesson-{slug}-answered")


def test_every_lesson_is_listed(visit):
    page = visit("/lessons")
    assert page.locator(".vs-lesson-list li").count() == len(LESSONS)


def test_the_keyboard_reaches_the_content_and_the_first_slider(visit):
    page = visit("/lab/small-shop")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "variant"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id").startswith("slider-")
    before = page.locator("output").first.inner_text()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('output').textContent !== before", arg=before)
