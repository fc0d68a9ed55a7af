"""The app, started as a user starts it, for browser tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

START_WITHIN_SECONDS = 180.0


@pytest.fixture(scope="session")
def app_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running app without the last slash; it is stopped afterwards."""
    pytest.importorskip("nicegui", reason="nicegui is not installed (the app extra)")
    log = tmp_path_factory.mktemp("app") / "stderr.txt"
    own = {
        k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")
    }  # nicegui behaves otherwise in a test
    own["XDG_STATE_HOME"] = str(log.parent / "state")  # not the user's own
    command = [sys.executable, "-m", "viralsim", "app", "--no-open", "--port", "18080"]
    with (
        log.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=own) as process,
    ):
        try:
            address = process.stdout.readline().strip().rstrip("/")
            assert address.startswith("http://127.0.0.1:"), log.read_text("utf-8")
            end = time.monotonic() + START_WITHIN_SECONDS
            while not answers(address):
                assert process.poll() is None and time.monotonic() < end, log.read_text("utf-8")
                time.sleep(0.2)
            yield address
            assert process.poll() is None, log.read_text("utf-8")
        finally:
            process.terminate()
            process.wait(20)
    assert "Traceback" not in log.read_text("utf-8"), log.read_text("utf-8")


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
