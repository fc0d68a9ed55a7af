"""The app's long runs and uploads in a real browser, and who it answers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from app_running import answers
from test_app_parts import GOOD

pytestmark = pytest.mark.browser
LONG = 120_000


@pytest.fixture
def visit(open_page, app_address):
    def opened(path: str, **options):
        page = open_page(app_address + path, offline=False, **options)
        page.set_default_timeout(LONG)
        page.wait_for_selector("h1")
        page.wait_for_function("window.did_handshake")  # before that what is done may be lost to a reload
        return page

    return opened


def done(page, number: int) -> int:
    """Replicates that a long run's line says are done."""
    said = page.locator(f"#job-{number} [role=status]").first.inner_text()
    return int(re.search(r"([\d,]+) of", said).group(1).replace(",", ""))


def test_a_long_run_outlives_its_tab_and_stop_keeps_what_is_done(visit, accessible, picture):
    page = visit("/lab/small-shop?items.offer.stickiness=0.6")
    page.wait_for_function("document.querySelector('.vs-note').textContent.includes('simulated')")
    page.get_by_label("Replicates").fill("100000")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/jobs*")
    page.wait_for_selector("text=running: ")
    page.wait_for_function("!document.querySelector('#job-1 [role=status]').textContent.includes(': 0 of')")
    before = done(page, 1)
    page.close()
    page = visit("/jobs")
    page.wait_for_function(
        "before => Number(document.querySelector('#job-1 [role=status]').textContent"
        ".match(/([\\d,]+) of/)[1].replace(/,/g, '')) > before",
        arg=before,
    )
    assert page.get_by_role("progressbar").is_visible()
    picture(page, "app-jobs-running")
    page.get_by_role("button", name="Stop and keep what is done").click()
    page.wait_for_selector("text=stopped: kept")
    kept = done(page, 1)
    assert before < kept < 100_000
    page.wait_for_selector("#job-1 .vs-verdict")
    assert "expected to reach" in page.locator("#job-1 .vs-verdict").inner_text()
    accessible(page)
    picture(page, "app-jobs-stopped")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the data (CSV)").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert len(lines) == 1 + kept
    again = visit("/jobs")
    assert f"kept {kept:,} of 100,000" in again.locator("#job-1").inner_text()


def test_a_run_that_does_not_fit_is_refused(visit):
    page = visit("/upload")
    huge = GOOD.replace("size: 500", "size: 400000000").replace("name: mine", "name: huge")
    page.set_input_files(
        "#file-scenario", {"name": "huge.yaml", "mimeType": "text/yaml", "buffer": huge.encode()}
    )
    page.wait_for_selector("text=Kept as huge")
    page.goto(page.url.replace("/upload", "/lab/huge"))
    page.wait_for_selector("text=GB are available")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("text=Not started: this run needs about")


def test_a_good_edge_list_is_read_described_and_played(visit, accessible, picture):
    lines = "".join(f"{i},{(i * k) % 97}\n" for i in range(97) for k in (2, 3, 5))
    page = visit("/upload")
    page.set_input_files(
        "#file-network", {"name": "friends.csv", "mimeType": "text/csv", "buffer": lines.encode()}
    )
    page.wait_for_selector("text=Kept as network-")
    assert "97" in page.locator("table").first.inner_text()
    accessible(page)
    picture(page, "app-upload-network")
    page.get_by_role("link", name="Watch a cascade on it").first.click()
    page.wait_for_selector("text=97 of 97 people")


@pytest.mark.parametrize(
    ("field", "name", "text", "expected"),
    [
        ("#file-network", "friends.csv", "a,b\n0,1\n1,2\nx\n", "friends.csv:4"),
        ("#file-scenario", "mine.yaml", GOOD.replace("horizon", "horizn"), "mine.yaml:8:"),
        ("#file-scenario", "sly.yaml", GOOD.replace("{kind: erdos-renyi, mean_degree: 8}", "{kind: file, path: /x}"),
         "networks from files are not read"),
    ],
)  # fmt: skip
def test_a_bad_upload_has_the_command_lines_errors(visit, picture, field, name, text, expected):
    page = visit("/upload")
    page.set_input_files(field, {"name": name, "mimeType": "text/plain", "buffer": text.encode()})
    page.wait_for_selector("text=nothing was kept")
    assert expected in page.locator(".vs-problem").inner_text()
    picture(page, f"app-upload-bad-{name.partition('.')[0]}")


def test_what_a_user_wrote_is_never_markup(visit, app_address):
    image = "<img src=x onerror=window.owned=1>"
    evil = f"<script>window.owned=1</script>{image}"
    text = GOOD.replace("name: mine", f"name: evil\ntitle: '{evil}'\nteaches: '{evil}'")
    page = visit("/upload")
    page.set_input_files(
        "#file-scenario", {"name": f"{evil}.yaml", "mimeType": "text/yaml", "buffer": text.encode()}
    )
    page.wait_for_selector("text=Kept as evil")
    for path in ("/lab/evil", "/compare/evil", "/cascade?scenario=evil", f"/lab/{image}", f"/lesson/{image}"):
        page.goto(app_address + path)
        page.wait_for_function("/<script>|Not found/.test(document.body.innerText)")
        page.wait_for_timeout(300)
        assert page.evaluate("window.owned") is None


def status(address: str, headers: dict[str, str], data: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data, headers), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_app_answers_its_own_pages_on_this_machine_only(app_address):
    own = app_address
    assert status(own, {}) == 200
    assert status(own, {"Host": "evil.example"}) == 403
    assert status(f"{own}/upload/scenario?name=a.yaml", {"Origin": "http://evil.example"}, b"x") == 403
    assert status(f"{own}/upload/scenario?name=a.yaml", {}, b"x") == 403
    assert status(f"{own}/upload/scenario?name=a.yaml", {"Origin": own}, b"viralsim: 2") == 422
    assert status(f"{own}/upload/other", {"Origin": own}, b"x") == 404
    assert status(f"{own}/upload/scenario?name=a.yaml", {"Origin": own}, b"#" * 1_000_100) == 413
    for path in ("/viralsim/../server.py", "/viralsim/..%2f..%2fserver.py", "/viralsim/%2e%2e/server.py"):
        assert status(own + path, {}) in (403, 404, 405)


def test_nobody_else_can_connect(app_address):
    port = int(app_address.rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; asks which address of ours would be used
            other = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but its own")
    if other.startswith("127."):
        pytest.skip("this machine has no address but its own")
    with socket.socket() as caller:
        caller.settimeout(5)
        assert caller.connect_ex((other, port)) != 0


def test_a_finished_run_is_there_when_the_app_starts_again(open_page, picture, accessible, tmp_path):
    pytest.importorskip("nicegui", reason="nicegui is not installed (the app extra)")
    own = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {"TMPDIR": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "viralsim",
        "app",
        "--no-open",
        "--quiet",
        "--port",
        "18280",
        "--out",
        str(tmp_path / "runs"),
    ]

    def with_app(do) -> None:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=own
        ) as process:
            address = process.stdout.readline().strip().rstrip("/")
            end = time.monotonic() + 120
            while not answers(address) and time.monotonic() < end:
                time.sleep(0.1)
            do(address)
            process.send_signal(signal.SIGINT)
            process.wait(60)

    def run(address: str) -> None:
        page = open_page(f"{address}/lab/small-shop", offline=False)
        page.wait_for_function("document.querySelector('.vs-note').textContent.includes('simulated')")
        page.get_by_label("Replicates").fill("40")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Start").click()
        page.wait_for_selector("text=Kept: it will be here when the app starts again.")
        page.close()

    def look(address: str) -> None:
        page = open_page(f"{address}/jobs", offline=False)
        page.wait_for_selector("text=Kept from earlier")
        kept = page.locator("#kept-1")
        assert "40 of 40 replicates over 20 draws, seed 1" in kept.inner_text()
        assert "expected to reach" in kept.inner_text()
        accessible(page)
        picture(page, "app-jobs-kept")
        with page.expect_download() as download:
            kept.get_by_role("button", name="Save the data (CSV)").click()
        assert len(download.value.path().read_text("utf-8").splitlines()) == 41
        with page.expect_download() as download:
            kept.get_by_role("button", name="Save the page to forward").click()
        assert "expected to reach" in download.value.path().read_text("utf-8")
        kept.get_by_role("button", name="Forget").click()
        page.wait_for_function("document.querySelector('#kept-1').offsetParent === null")
        page.close()

    with_app(run)
    with_app(look)
    assert list((tmp_path / "runs").iterdir()) == []


def test_ctrl_c_ends_it_soon_even_while_it_works(tmp_path):
    pytest.importorskip("nicegui", reason="nicegui is not installed (the app extra)")
    own = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "viralsim", "app", "--no-open", "--port", "18180"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own
    ) as process:
        address = process.stdout.readline().strip()
        end = time.monotonic() + 120
        while not answers(address) and time.monotonic() < end:
            time.sleep(0.1)
        assert list(tmp_path.glob("viralsim-app-*"))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not list(tmp_path.glob("viralsim-app-*"))
