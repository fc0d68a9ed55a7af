"""The helper of a first run: it compiles what a run needs, is asked for only then, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from viralsim import kernels
from viralsim.cli import plan, warm_start
from viralsim.cli.jobs import Progress
from viralsim.cli.warmup_command import compile_engine, tiny_scenario, two_people
from viralsim.engine.compiled import compile_draw
from viralsim.engine.replicates import is_single
from viralsim.kernels import draws, single, spread

ENGINES = {"spread", "single"}


@pytest.mark.parametrize(
    ("there", "names", "started", "cold"),
    [
        (set(), (), 1, True),
        ({"draws", "csr", "generators"}, (), 1, True),  # after `doctor` or `validate`
        (set(), ("csr",), 0, True),
        ({"csr"}, ("csr",), 0, False),
        ({"single"}, (), 0, False),
        ({"spread"}, (), 0, False),
        (ENGINES, (), 0, False),
    ],
)
def test_helper_is_started_only_where_no_engine_is_compiled(monkeypatch, capsys, there, names, started, cold):
    monkeypatch.setattr(kernels, "_sayings", {})
    calls = []
    monkeypatch.setattr(kernels, "cold_start", lambda *modules: not set(modules) <= there)
    monkeypatch.setattr(plan, "start_helper", lambda: calls.append(1))
    plan.say_if_cold(Progress("test"), False, names)
    assert len(calls) == started
    assert ("compiling once" in capsys.readouterr().err) == cold


def test_an_engine_that_is_missing_later_is_spoken_of_when_it_is_compiled(monkeypatch, capsys):
    monkeypatch.setattr(kernels, "_sayings", {})
    monkeypatch.setattr(kernels, "cold_start", lambda *modules: False)
    progress = Progress("test")
    plan.say_if_cold(progress, False)
    caches = [kernels._KernelCache(module.run_block.py_func) for module in (spread, single)]
    for cache, found in zip(caches, ("code", None), strict=True):
        monkeypatch.setattr(cache, "_load", lambda *_, found=found: found)
        cache.load_overload(None, None)
        cache.load_overload(None, None)
    said = capsys.readouterr().err
    assert said.count("compiling once") == 1 and "about 10 s" in said and "10 s" in progress.note


def test_no_helper_without_a_cache_to_share_or_a_second_processor(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: pytest.fail("started"))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(kernels, "cache_folder", lambda name: None)
    assert not warm_start.start_helper()
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(kernels, "cache_folder", lambda name: Path("somewhere"))
    assert not warm_start.start_helper()


def test_helper_finds_the_package_anywhere_and_ends_with_the_process(tmp_path):
    # `numpy.py` in the folder where the user stands must not be imported by the helper
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    code = (
        "import atexit, os, subprocess\n"
        "started = []\n"
        "class Popen(subprocess.Popen):\n"
        "    def __init__(self, command, **options):\n"
        "        super().__init__([*command[:2], '-c', 'import numpy, time, viralsim; time.sleep(60)'], **options)\n"
        "        started.append(self)\n"
        "subprocess.Popen = Popen\n"
        "os.cpu_count = lambda: 2\n"
        "atexit.register(lambda: print(started[0].returncode))\n"
        "from viralsim.cli.warm_start import start_helper\n"
        "print(start_helper())\n"
    )
    root = str(Path(warm_start.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "VIRALSIM_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-P", "-W", "error", "-c", code]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "-15" if os.name == "posix" else "1"], (
        "alive until then, and stopped"
    )


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", ["told", "alone"])
def test_helper_ends_when_told_or_left_alone_though_its_thread_goes_on(how):
    code = (
        "import os, sys, threading, time\n"
        "from viralsim.cli import warm_start\n"
        "warm_start._compile = lambda over: (print('at work', flush=True), time.sleep(60))\n"
        "warm_start._help(os.getppid() if sys.argv[1] == 'told' else -1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(warm_start.__file__).parents[2])}
    command = [sys.executable, "-W", "error", "-c", code, how]
    helper = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert helper.stdout.readline() == "at work\n"
        helper.send_signal(signal.SIGINT)  # a terminal's Ctrl-C reaches it too and is not for it
        if how == "told":
            with pytest.raises(subprocess.TimeoutExpired):
                helper.wait(timeout=0.5)
            helper.terminate()
        assert helper.wait(timeout=10) == 0
    finally:
        helper.kill()
        helper.communicate()


@pytest.mark.parametrize("simple", [False, True])
def test_helper_compiles_the_engine_for_the_types_of_every_scenario(simple):
    two, tiny = two_people(simple), compile_draw(tiny_scenario(), 0, 0, {})
    assert numba.typeof(two.world) == numba.typeof(tiny.world)
    assert numba.typeof(two.plan) == numba.typeof(tiny.plan)
    assert is_single(two.plan) == simple
    compile_engine(simple)


@pytest.mark.parametrize(
    ("there_after", "ends_after", "found"), [(3, 10, True), (0, 10, True), (10, 2, False)]
)
def test_what_another_process_compiles_is_waited_for_while_it_lives(
    monkeypatch, there_after, ends_after, found
):
    cache = kernels._KernelCache(spread.run_block.py_func)
    looks, asked, done = [], [], []
    monkeypatch.setattr(kernels, "_meanwhile", {})
    monkeypatch.setattr(kernels, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(kernels, "_elsewhere", {})
    kernels.compiled_elsewhere(
        "spread", lambda: asked.append(1) or len(asked) < ends_after, lambda: done.append(len(looks))
    )
    monkeypatch.setattr(
        cache, "_load", lambda *_: looks.append(1) or ("code" if len(looks) > there_after else None)
    )
    assert cache.load_overload(None, None) == ("code" if found else None)
    assert len(looks) == (there_after + 1 if found else ends_after + 1)
    assert done == (
        [1] if there_after else []
    )  # what can be done meanwhile is done once, and only if it waits
    other = kernels._KernelCache(draws.words_of.py_func)  # another module's are not waited for
    monkeypatch.setattr(other, "_load", lambda *_: None)
    before = len(asked)
    assert other.load_overload(None, None) is None and len(asked) == before
