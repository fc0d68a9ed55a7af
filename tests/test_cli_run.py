"""The command that simulates: what it prints, what its options change, progress and Ctrl-C, dry runs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from cli_worlds import SMALL, environment, names, run, run_json

import viralsim as vs
from viralsim.cli import jobs
from viralsim.engine.effort import Effort
from viralsim.engine.memory import estimate, graphs_that_fit

pytestmark = pytest.mark.usefixtures("small_folder")


# ----------------------------------------------------------------------------------------------------- run


def test_run_prints_sentence_table_and_how_to_get_it_again(capsys):
    assert run("run", "small.yaml") == 0
    out = capsys.readouterr().out
    ensemble = vs.simulate(vs.load_scenario("small.yaml"))
    lines = out.splitlines()
    assert lines[0] == ensemble.sentence()
    for name in ensemble.metrics:
        assert sum(line.startswith(f"{name} ") for line in lines) == 1
    (reach,) = (line for line in lines if line.startswith("reach "))
    assert re.search(r" people( \[[\d,]+\])?$", reach)
    assert re.search(
        r"^The spread of impressions from run to run is .* luck, .* audience, .* assumptions", out, re.M
    )
    assert lines[-1].startswith("30 replicates over 3 draws; seed 5; digest " + ensemble.digest[:12])
    assert "ratio, over owned and paid impressions" in out
    assert not any(line != line.rstrip() for line in lines)


def test_run_json_is_the_ensembles_object_and_more(capsys):
    found = run_json(capsys, "run", "small.yaml")
    ensemble = vs.simulate(vs.load_scenario("small.yaml"))
    expected = json.loads(json.dumps(ensemble.to_dict()))
    assert {key: found[key] for key in expected} == expected
    assert found["goal"]["metric"] == "impressions"
    assert found["goal"]["prob"] == np.mean(ensemble["impressions"] >= 90)
    parts = found["variance"]
    assert parts["metric"] == "impressions"
    assert parts["luck"] + parts["audience"] + parts["assumptions"] == pytest.approx(1.0)


def test_standard_input_is_a_scenario(tmp_path):
    command = [sys.executable, "-m", "viralsim", "run", "-", "--replicates", "4", "--json"]
    done = subprocess.run(
        command, input=SMALL, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment()
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["replicates"] == 4


def test_every_option_of_run_changes_what_it_says(capsys):
    base = run_json(capsys, "run", "small.yaml")
    reach = base["metrics"]["reach"]["mean"]

    other = run_json(capsys, "run", "small.yaml", "--set", "items.film.share_prob=0.3")
    assert other["metrics"]["shares"]["mean"] > 2 * base["metrics"]["shares"]["mean"]
    assert other["digest"] != base["digest"]
    assert run_json(capsys, "run", "small.yaml", "--seed", 0)["seed"] == 0
    assert run_json(capsys, "run", "small.yaml", "--seed", 0)["metrics"]["reach"]["mean"] != reach
    assert run_json(capsys, "run", "small.yaml", "--replicates", 7)["replicates"] == 7
    assert run_json(capsys, "run", "small.yaml", "--draws", 2)["draws"] == 2
    fixed = run_json(capsys, "run", "small.yaml", "--fixed")
    assert fixed["fixed"] is True
    assert fixed["metrics"]["reach"]["mean"] != reach
    twice = run_json(capsys, "run", "small.yaml", "--variant", "twice")
    assert twice["scenario"] == "small:twice"
    assert twice["metrics"]["impressions_owned"]["mean"] > base["metrics"]["impressions_owned"]["mean"]


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_number(capsys, threads):
    assert run_json(capsys, "run", "small.yaml", "--threads", threads) == run_json(
        capsys, "run", "small.yaml"
    )


def test_a_seed_nobody_gave_is_printed_and_gives_the_same_again(capsys, tmp_path):
    text = SMALL.replace(", seed: 5", "")
    (tmp_path / "seedless.yaml").write_text(text)
    first = run_json(capsys, "run", "seedless.yaml")
    second = run_json(capsys, "run", "seedless.yaml")
    assert first["seed"] != second["seed"]
    again = run_json(capsys, "run", "seedless.yaml", "--seed", first["seed"])
    assert again["metrics"] == first["metrics"]


def test_notes_go_to_stderr_and_quiet_silences_them(capsys, real):
    assert run("run", "real.yaml", "--replicates", "3") == 0
    out, err = capsys.readouterr()
    assert "note: network of facebook: Read as undirected" in err
    assert "undirected" not in out
    assert run("run", "real.yaml", "--replicates", "3", "--quiet") == 0
    assert capsys.readouterr() == (out, "")


def test_what_is_exceptional_is_warned_of(capsys):
    assert run_json(capsys, "run", "small.yaml", "--fixed")["warnings"] == []
    found = run_json(capsys, "run", "small.yaml", "--fixed", "--set", "items.film.share_prob=0.3")
    assert any("rare exception" in text for text in found["warnings"])
    assert run("run", "small.yaml", "--fixed", "--set", "items.film.share_prob=0.3", "--json") == 0
    assert "rare exception" in capsys.readouterr().err


def test_a_narrow_window_gets_a_narrow_table(capsys, monkeypatch):
    monkeypatch.setattr("viralsim.cli.render.PLAIN_WIDTH", 80)
    assert run("run", "small.yaml") == 0
    table = [line for line in capsys.readouterr().out.splitlines() if re.match(r"[a-z_]+ {2,}", line)]
    assert len(table) > 20
    assert max(map(len, table)) <= 80


# ------------------------------------------------------------------------------------------ progress, Ctrl-C


def test_json_parses_while_progress_runs(capsys, monkeypatch):
    monkeypatch.setattr(jobs, "SHOW_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(jobs, "PLAIN_EVERY_SECONDS", 0.05)
    assert run("run", "small.yaml", "--replicates", "300", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["replicates"] == 300
    assert re.search(r"viralsim: small: .*elapsed", err)


def test_progress_counts_over_the_parts_of_a_comparison():
    progress = jobs.Progress("x", parts=3)
    seen = []
    for _ in range(3):
        for done in (0, 5, 10):
            progress(done, 10)
            seen.append((progress.done, progress.total))
    assert seen == [(k, 30) for k in (0, 5, 10, 10, 15, 20, 20, 25, 30)]


def test_a_plain_line_says_done_total_elapsed_and_left():
    progress = jobs.Progress("launch")
    lines = jobs._Lines(progress)
    assert lines.line(3.0) == "viralsim: launch: making people and networks, 3 s elapsed"
    progress(0, 200)
    progress(50, 200)
    lines.began -= 10.0
    assert lines.line(10.0) == "viralsim: launch: 50 of 200 replicates, 10 s elapsed, about 30 s left"


def test_what_work_raises_comes_through():
    def work(report):
        raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        jobs.run_job(work, jobs.Progress("x"), quiet=True)


def started(arguments: list[str], cwd: Path, **options) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "viralsim", *arguments]
    return subprocess.Popen(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        **options,
    )


LONG = ["small.yaml", "--replicates", "200000", "--threads", "1", "--out", "results"]


@pytest.mark.parametrize("command", ["run", "compare"])
def test_ctrl_c_ends_within_two_seconds_and_says_what_was_kept(command, tmp_path):
    process = started([command, *LONG], tmp_path)
    try:
        began = time.monotonic()
        first = process.stderr.readline()
        assert time.monotonic() - began < 20.0  # Python and numba start before the job does
        assert "elapsed" in first
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - asked < 2.0
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert out == ""
    # on a busy machine there may be nothing to count yet
    assert re.search(r"interrupted( after [\d,]+ of [\d,]+ replicates)?; nothing was kept", err)
    assert "Traceback" not in err
    assert names(tmp_path) == {"small.yaml"}


@pytest.mark.parametrize(("extra", "colours", "bar"), [({}, True, True), ({"NO_COLOR": "1"}, False, True)])
def test_a_bar_on_a_terminal(tmp_path, extra, colours, bar):
    import pty

    main, side = pty.openpty()
    command = [sys.executable, "-m", "viralsim", "run", "small.yaml", "--replicates", "4000", "--json"]
    variables = {**environment(), "TERM": "xterm-256color", **extra}
    variables.pop("NO_COLOR" if colours else "FORCE_COLOR", None)
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=side, env=variables)
    os.close(side)
    shown = b""
    try:
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        out, _ = process.communicate(timeout=60)
    finally:
        os.close(main)
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert json.loads(out)["replicates"] == 4000
    if b"elapsed" not in shown and b"replicates" not in shown:
        pytest.skip("finished before a bar was due")
    assert bool(re.search(rb"\x1b\[[0-9;]*3[0-9;]+m", shown)) == colours


# ------------------------------------------------------------------------------------------------- dry run


@pytest.mark.parametrize(("command", "settings"), [("run", 1), ("compare", 3)])
def test_dry_run_says_how_large_it_is_and_runs_nothing(capsys, tmp_path, command, settings):
    arguments = (command, "small.yaml", "--dry-run", "--replicates", 50, "--threads", 1)
    found = run_json(capsys, *arguments)
    assert found["people"] == 600
    assert found["edges"] == pytest.approx(600 * 12, rel=0.1)
    assert (found["settings"], found["replicates"], found["draws"], found["threads"]) == (settings, 50, 3, 1)
    assert 0 < found["seconds"] < 60
    assert run(*arguments, "--out", "results") == 0
    out = capsys.readouterr().out
    for word in ("people", "follower edges", "memory", "replicates", "time"):
        assert word in out
    assert out.endswith("Nothing was run.\n")
    assert names(tmp_path) == {"small.yaml"}


def test_estimated_time_grows_with_replicates(capsys, monkeypatch):
    monkeypatch.setattr("viralsim.cli.plan._pilot", lambda scenario, fixed: (0.01, 0.001))
    few, many = (
        run_json(capsys, "run", "small.yaml", "--dry-run", "--threads", 1, "--replicates", n)["seconds"]
        for n in (100, 100_000)
    )
    assert few == pytest.approx(3 * 0.01 + 100 * 0.001)
    assert many == pytest.approx(3 * 0.01 + 100_000 * 0.001)


def test_the_pilot_times_draws_and_replicates_apart(monkeypatch):
    from viralsim.cli import plan

    clock = iter(np.cumsum([0.0, *(x for n in (1, 1, 1, 5, 17) for x in (0.2 + 0.05 * n, 0.0))]))
    asked = []
    monkeypatch.setattr(
        "viralsim.engine.simulate", lambda scenario, replicates, **_: asked.append(replicates)
    )
    monkeypatch.setattr(plan.time, "perf_counter", lambda: next(clock))
    assert plan._pilot(None, False) == pytest.approx((0.2, 0.05))
    assert asked == [1, 1, 1, 5, 17]


@pytest.mark.parametrize("arguments", [("run",), ("run", "--dry-run"), ("compare",), ("validate",)])
def test_what_does_not_fit_in_memory_is_refused_with_the_number(capsys, monkeypatch, arguments):
    monkeypatch.setattr("viralsim.engine.memory.available_bytes", lambda: 1.0e8)
    assert run(arguments[0], "small.yaml", *arguments[1:]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"needs about 0\.\d GB .* only 0\.1 GB are available", err)


def test_the_draws_given_count_when_memory_is_estimated(monkeypatch):
    scenario = vs.load_scenario("small-shop").with_overrides({"audience.size": 200_000, "run.draws": 1})
    one, two = (estimate(scenario, {}, 100, 1, draws).bytes for draws in (1, 2))  # the first draw is kept
    assert one < two
    monkeypatch.setattr("viralsim.engine.memory.available_bytes", lambda: (one + two) / 2)
    graphs_that_fit(scenario, Effort.of(scenario, threads=1))
    with pytest.raises(vs.EngineError, match="GB are available"):
        vs.simulate(scenario, draws=2, threads=1)
