"""Ctrl-C: once is enough, twice is no traceback, and compiling does not hold it up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from viralsim import kernels
from viralsim.cli import ending, jobs
from viralsim.kernels import draws

PROJECT = Path(__file__).parents[1]

SMALL = """
viralsim: 1
name: small
audience: {size: 2000}
platforms: {instagram: {preset: instagram, brand_followers: {count: 200}}}
items: [{id: film, share_prob: 0.05}]
campaign: {posts: [{item: film, platform: instagram}]}
run: {horizon: 3d, step: 1h}
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


class LeftError(Exception):
    """In place of the end of the process."""


@pytest.fixture
def pressed(monkeypatch):
    """Ctrl-C at a second of a clock of our own; what happens then."""
    clock = [0.0]
    handler = ending.Interruptions()

    def left(code):
        raise LeftError(code)

    monkeypatch.setattr(ending.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(ending, "leave", left)
    monkeypatch.setattr(ending.os, "write", lambda *_: 0)

    def press(second: float) -> str:
        clock[0] = second
        try:
            handler(signal.SIGINT, None)
        except (KeyboardInterrupt, LeftError) as error:
            return type(error).__name__
        return "ignored"

    return handler, press


def test_one_interruption_is_raised_once(pressed):
    handler, press = pressed
    assert press(100.0) == "KeyboardInterrupt"
    assert press(100.1) == "ignored", "the same keypress"
    handler.heard = True
    assert press(101.0) == "ignored", "a second keypress while the first is told"
    assert press(100.0 + ending.PATIENCE_SECONDS) == "LeftError", "telling takes too long"


def test_an_interruption_that_nobody_heard_is_raised_again(pressed):
    handler, press = pressed
    assert press(100.0) == "KeyboardInterrupt"
    assert press(101.0) == "KeyboardInterrupt"
    handler.over()
    assert press(101.5) == "ignored"


def test_none_is_raised_once_the_work_is_over(pressed):
    handler, press = pressed
    handler.over()
    assert press(0.5) == "ignored"


def test_a_handler_of_somebody_else_stays():
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as nohup and a shell's & do
        ending.Interruptions().take_over()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interruption_swallowed_on_its_way_still_stops_the_job():
    handler = ending.Interruptions()
    handler.since = time.monotonic()
    before = signal.signal(signal.SIGINT, handler)
    stop = threading.Event()
    try:
        with pytest.raises(jobs.Interrupted):
            jobs.run_job(lambda report: stop.wait(20), jobs.Progress("x"), quiet=True)
        assert handler.heard
        stop.set()
        assert jobs.run_job(lambda report: 7, jobs.Progress("x"), quiet=True) == 7, (
            "heard, so another job may run"
        )
    finally:
        stop.set()
        signal.signal(signal.SIGINT, before)


def test_a_cache_on_hold_is_written_no_more(monkeypatch):
    written = []
    monkeypatch.setattr(kernels, "_saving", threading.Lock())
    monkeypatch.setattr(kernels.caching.FunctionCache, "save_overload", lambda *_: written.append(1))
    cache = kernels._KernelCache(draws.words_of.py_func)
    cache.save_overload(None, None)
    assert written == [1] and kernels.hold_cache()
    assert not kernels.hold_cache(0.01)
    writer = threading.Thread(target=cache.save_overload, args=(None, None), daemon=True)
    writer.start()
    writer.join(0.2)
    assert writer.is_alive() and written == [1]
    kernels._saving.release()
    writer.join(10)
    assert written == [1, 1]


def started(arguments: list[str], folder: Path, **variables: str) -> subprocess.Popen[str]:
    """A process in a session of its own, so that all that it starts can be found."""
    (folder / "small.yaml").write_text(SMALL)
    return subprocess.Popen(
        [sys.executable, "-m", "viralsim", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **variables},
        start_new_session=True,
    )


def session_of(leader: int) -> list[int]:
    """Living processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize("gap", [0.0, 0.1, 0.4])
def test_a_second_interruption_while_the_first_is_told_shows_nothing(tmp_path, gap):
    process = started(["run", "small.yaml", "--replicates", "300000"], tmp_path)
    try:
        assert "elapsed" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        for _ in range(2):
            time.sleep(gap)
            process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert err.count("interrupted") == 1
    assert "Traceback" not in err and "ignored" not in err


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("kept", [False, True])
def test_compiling_is_interrupted_at_once_and_leaves_nothing_half_done(tmp_path, kept):
    cache = tmp_path / "cache"
    process = started(["run", "small.yaml"], tmp_path, VIRALSIM_CACHE_DIR=str(cache))
    try:
        assert "compiling once" in process.stderr.readline()
        time.sleep(1.0)
        while kept and not any(cache.rglob("*.nbi")):  # until the first kernels are there
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: the helper gets it too
        asked = time.monotonic()
        out, err = process.communicate(timeout=60)
        spent = time.monotonic() - asked
    finally:
        left = session_of(process.pid)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        process.wait()
    assert spent < 3.0, "0.7 s on a quiet machine; compiling takes 20 s"
    assert process.returncode == 130
    assert out == "" and "interrupted" in err and "Traceback" not in err
    assert left == []
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert (files or not kept) and {path.suffix for path in files} <= {".nbi", ".nbc"}


def test_a_second_command_in_a_process_has_its_own_interruption():
    before = signal.getsignal(signal.SIGINT)
    first, second = ending.Interruptions(), ending.Interruptions()
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        first.take_over()
        first.over()
        second.take_over()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert second.since is not None
    finally:
        signal.signal(signal.SIGINT, before)
