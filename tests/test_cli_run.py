"""The commands that simulate: what they print, what they write, what their options change."""

from __future__ import annotations

import hashlib
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

import viralsim as vs
from viralsim.cli import jobs
from viralsim.cli.shell import run_command

PROJECT = Path(__file__).resolve().parent.parent

SMALL = """\
viralsim: 1
name: small
title: A small shop
audience: {size: 600}
platforms:
  facebook:
    preset: facebook
    network: {kind: erdos-renyi, mean_degree: 12}
    brand_followers: {count: 200}
    organic_reach: 0.4
items: [{id: film, share_prob: {value: 0.01, low: 0.004, high: 0.02}, negative: 0.1}]
campaign:
  posts: [{item: film, platform: facebook, at: 0h}]
  seeding: [{item: film, platform: facebook, pick: {kind: most-followers, count: 3}}]
goal: {metric: impressions, at_least: 90}
run: {replicates: 30, draws: 3, seed: 5, horizon: 2d, step: 1h}
variants:
  twice: {campaign.posts: [{item: film, platform: facebook, at: 0h}, {item: film, platform: facebook, at: 5h}]}
  same: {title: The same}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder holds small.yaml and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def run(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])


def run_json(capsys, *arguments: object, code: int = 0) -> dict:
    assert run(*arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT)}


def names(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


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


@pytest.fixture
def real(tmp_path) -> Path:
    """real.yaml: the same on a network from the file pairs.csv."""
    pairs = [(i, (i * factor + 1) % 300) for factor in (1, 7, 11, 13, 17) for i in range(300)]
    (tmp_path / "pairs.csv").write_text("".join(f"{u},{v}\n" for u, v in pairs))
    text = SMALL.replace("kind: erdos-renyi, mean_degree: 12", "kind: file, path: pairs.csv")
    (tmp_path / "real.yaml").write_text(
        text.replace("count: 200", "count: 90").replace("size: 600", "size: 300")
    )
    return tmp_path / "pairs.csv"


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
    assert re.search(r"interrupted after [\d,]+ of [\d,]+ replicates; nothing was kept", err)
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


# ------------------------------------------------------------------------------------------ result folders


def test_a_results_folder_holds_all_and_can_be_repeated(capsys, tmp_path):
    assert run("run", "small.yaml", "--out", "results", "--seed", 9, "--replicates", 12) == 0
    assert "Written to results" in capsys.readouterr().err
    place = tmp_path / "results"
    assert {"run.json", "results.csv", "curves.csv", "figures"} <= names(place)
    figures = names(place / "figures")
    for name in (figure for figure in figures if figure.endswith(".png")):
        assert name.replace(".png", ".svg") in figures
    assert {"reach_dots.png", "reach_over_time.png"} <= figures
    record = json.loads((place / "run.json").read_text("utf-8"))
    assert (record["seed"], record["replicates"], record["draws"], record["fixed"]) == (9, 12, 3, False)
    assert record["digest"] == vs.load_scenario("small.yaml").digest
    assert set(record["versions"]) >= {"viralsim", "generator", "python", "numpy", "numba"}
    assert record["command"][0] == "viralsim"
    assert record["scenarios"][0]["document"]["audience"] == {"size": 600}
    for name, digest in record["files"].items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
    assert (place.stat().st_mode & 0o777) == (0o777 & ~current_umask())
    assert names(tmp_path) == {"small.yaml", "results"}

    assert run("rerun", "results/run.json", "--threads", 2) == 0
    assert capsys.readouterr().out.startswith("The same bytes as before: ")
    assert run("rerun", "results", "--out", "again") == 0
    for name in ("results.csv", "curves.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (place / name).read_bytes()


def current_umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_a_folder_is_never_written_over(capsys, tmp_path, no_figures):
    arguments = ("run", "small.yaml", "--replicates", 3, "--out", "results")
    (tmp_path / "results").mkdir()
    assert run(*arguments) == 0, "an empty folder may be used"
    first = (tmp_path / "results" / "results.csv").read_bytes()
    capsys.readouterr()
    assert run(*arguments, "--seed", 8) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "results" / "results.csv").read_bytes() == first
    (tmp_path / "results" / "notes.txt").write_text("mine")
    assert run(*arguments, "--seed", 8, "--force") == 2
    assert "notes.txt" in capsys.readouterr().err
    (tmp_path / "results" / "notes.txt").unlink()
    assert run(*arguments, "--seed", 8, "--force") == 0
    assert (tmp_path / "results" / "results.csv").read_bytes() != first
    assert names(tmp_path) == {"small.yaml", "results"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    capsys.readouterr()
    assert run("run", "small.yaml", "--out", "mine", "--force") == 2
    assert "was not written by viralsim" in capsys.readouterr().err
    assert names(tmp_path / "mine") == {"thesis.tex"}


def test_what_fails_while_writing_leaves_nothing_half_written(capsys, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device", "figures/reach.png")

    monkeypatch.setattr("viralsim.report.figures.write_drawn", fail)
    assert run("run", "small.yaml", "--replicates", 3, "--out", "results") == 1
    out, err = capsys.readouterr()
    assert "is expected to reach" in out, "the result itself is shown"
    assert "No space left on device" in err
    assert names(tmp_path) == {"small.yaml"}


# --------------------------------------------------------------------------------------------------- rerun


@pytest.fixture
def no_figures(monkeypatch):
    """Figures take most of the time of writing a folder; only some tests need them."""
    monkeypatch.setattr("viralsim.cli.folder.draw", lambda subject, place: None)


@pytest.fixture
def results(tmp_path, capsys, no_figures) -> Path:
    assert run("run", "small.yaml", "--replicates", 4, "--out", "results", "--quiet") == 0
    capsys.readouterr()
    return tmp_path / "results"


def change(results: Path, **changes) -> None:
    record = json.loads((results / "run.json").read_text("utf-8"))
    record.update(changes)
    (results / "run.json").write_text(json.dumps(record))


def test_rerun_says_which_version_differs(results, capsys):
    record = json.loads((results / "run.json").read_text("utf-8"))
    change(
        results, versions={**record["versions"], "numba": "0.1"}, files={**record["files"], "curves.csv": "0"}
    )
    assert run("rerun", results) == 1
    out, err = capsys.readouterr()
    assert "Not the same bytes: curves.csv" in out
    assert re.search(r"numba was 0\.1, is \d", out)
    assert "numba was 0.1" in err


def test_rerun_of_what_changed_without_reason_asks_for_a_report(results, capsys):
    record = json.loads((results / "run.json").read_text("utf-8"))
    change(results, files={**record["files"], "results.csv": "0"})
    assert run("rerun", results) == 1
    assert "please report" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "something"}, "is not the run.json"),
        ({"format_version": 99}, "format version 99"),
        ({"scenarios": []}, "is damaged"),
        ({"kind": "sweep"}, "is damaged"),
    ],
)
def test_rerun_refuses_what_it_cannot_read(results, capsys, changes, message):
    change(results, **changes)
    assert run("rerun", results) == 2
    assert message in capsys.readouterr().err


def test_rerun_notices_a_changed_network(tmp_path, capsys, real, no_figures):
    assert run("run", "real.yaml", "--replicates", 3, "--out", "results", "--quiet") == 0
    (tmp_path / "elsewhere").mkdir()
    os.chdir(tmp_path / "elsewhere")
    assert run("rerun", "../results") == 0
    with real.open("a") as file:
        file.write("5,9\n")
    capsys.readouterr()
    assert run("rerun", "../results") == 2
    assert "the file of a network has changed" in capsys.readouterr().err
    real.unlink()
    assert run("rerun", "../results") == 2
    assert "no such file" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------- compare


def test_compare_says_the_verdict_first(capsys):
    assert run("compare", "small.yaml", "--also", "shares") == 0
    out = capsys.readouterr().out
    assert out.startswith("Under these assumptions twice ")
    assert "same and small are practically equal" in out
    rows = [line for line in out.splitlines() if re.match(r"(reach|shares) ", line)]
    assert len(rows) == 6
    assert any(re.match(r"reach +twice +small ", row) for row in rows)


def test_compare_json(capsys):
    found = run_json(capsys, "compare", "small.yaml", "--metric", "impressions", "--worthwhile", "0.1")
    comparison = vs.compare(vs.load_scenario("small.yaml"), metric="impressions", worthwhile=0.1)
    assert found["pairs"] == json.loads(json.dumps([pair.to_dict() for pair in comparison.pairs]))
    assert [entry["label"] for entry in found["scenarios"]] == ["small", "twice", "same"]
    assert found["worthwhile"] == 0.1
    assert found["metric"] == "impressions"


def test_compare_two_files_on_shared_luck_with_settings_on_both(capsys, tmp_path):
    (tmp_path / "more.yaml").write_text(
        SMALL.replace("count: 200", "count: 300").replace("name: small", "name: more")
    )
    settings = ("--set", "run.horizon=1d", "--replicates", 20)
    found = run_json(capsys, "compare", "small.yaml", "more.yaml", *settings)
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"]) == ("small", "more")
    assert pair["difference"] > 0
    alone = run_json(capsys, "run", "more.yaml", *settings)
    assert found["scenarios"][1]["metrics"] == alone["metrics"], "the same worlds as when run alone"


def test_compare_needs_something_to_compare(capsys):
    assert run("compare", "small.yaml", "--set", "variants=null") == 0, "variants are read before settings"
    capsys.readouterr()
    Path("single.yaml").write_text(SMALL.partition("variants:")[0])
    assert run("compare", "single.yaml") == 2
    assert "variants" in capsys.readouterr().err


def test_a_comparison_folder_can_be_repeated(capsys, tmp_path):
    assert run("compare", "small.yaml", "--replicates", 6, "--out", "which", "--worthwhile", "0.2") == 0
    place = tmp_path / "which"
    assert {"run.json", "pairs.csv", "figures", "small", "twice", "same"} <= names(place)
    assert {"results.csv", "curves.csv"} <= names(place / "twice")
    lines = (place / "pairs.csv").read_text().splitlines()
    assert lines[0].startswith("metric,a,b,")
    assert len(lines) == 4
    capsys.readouterr()
    assert run("rerun", "which", "--threads", 1) == 0
    assert "pairs.csv" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ validate


def test_validate_says_what_to_expect(capsys, tmp_path):
    assert run("validate", "small.yaml", "--assumptions") == 0
    out = capsys.readouterr().out
    for word in (
        "people",
        "follower edges",
        "memory",
        "expected R",
        "earned multiplier",
        "assumptions",
        "twice, same",
    ):
        assert word in out
    assert "Socialinsider" not in out, "the scenario writes its own organic reach"
    assert re.search(r"^platforms\.facebook\.peer_visibility .*judgement", out, re.M)
    assert names(tmp_path) == {"small.yaml"}


def test_validate_json_agrees_with_what_is_simulated(capsys):
    found = run_json(capsys, "validate", "small.yaml")
    assert found["people"] == 600
    assert found["uncertain"] > 0
    assert found["variants"] == ["twice", "same"]
    ensemble = vs.simulate(vs.load_scenario("small.yaml"), replicates=200, draws=1, fixed=True)
    summary = ensemble.summary()["impressions_owned"]
    assert abs(found["expected"]["owned_impressions"] - summary.mean) < 5 * summary.sd / np.sqrt(200)


def test_validate_takes_settings_and_variants(capsys):
    base = run_json(capsys, "validate", "small.yaml")["expected"]["owned_impressions"]
    twice = run_json(capsys, "validate", "small.yaml", "--variant", "twice")["expected"]["owned_impressions"]
    half = run_json(capsys, "validate", "small.yaml", "--set", "platforms.facebook.organic_reach=0.2")
    assert twice == pytest.approx(2 * base)
    assert half["expected"]["owned_impressions"] == pytest.approx(base / 2)


def test_validate_takes_what_new_wrote(capsys):
    assert run("new", "mine") == 0
    assert run("validate", "mine.yaml") == 0


# --------------------------------------------------------------------------------------------------- graph


def test_graph_kinds_and_formats_are_those_that_exist():
    from viralsim.cli.graph_command import FORMATS, KINDS
    from viralsim.graph import readers
    from viralsim.spec import networks
    from viralsim.spec.shapes import kinds_of

    assert set(KINDS) | {"file"} == set(kinds_of(networks.Network))
    assert set(FORMATS) == set(readers.FORMATS)


@pytest.mark.parametrize(
    "kind", ["erdos-renyi", "small-world", "preferential", "power-law", "block", "communities"]
)
def test_graph_describes_what_it_generates(capsys, kind):
    found = run_json(capsys, "graph", kind, "--people", 500)
    assert found["n_nodes"] == 500
    assert found["lambda1"] > 1


def test_graph_settings_seed_and_file(capsys, tmp_path):
    few = run_json(capsys, "graph", "erdos-renyi", "--people", 400, "--set", "mean_degree=4")
    many = run_json(capsys, "graph", "erdos-renyi", "--people", 400, "--set", "mean_degree=20", "--seed", 3)
    assert many["n_edges"] > 3 * few["n_edges"]
    arguments = ("graph", "erdos-renyi", "--people", 400, "--set", "mean_degree=20", "--seed", 3)
    assert run(*arguments, "--out", "kept.npz") == 0
    out, err = capsys.readouterr()
    assert "largest eigenvalue" in out
    assert "{kind: file, path: kept.npz}" in err
    assert run_json(capsys, "graph", "kept.npz")["n_edges"] == many["n_edges"]
    assert run(*arguments, "--out", "kept.npz") == 2
    assert "--force" in capsys.readouterr().err
    assert run(*arguments, "--out", "kept.npz", "--force") == 0
    assert names(tmp_path) == {"small.yaml", "kept.npz"}


def test_graph_reading_options(capsys, tmp_path):
    (tmp_path / "pairs.txt").write_text("a;b;closeness\nann;bob;0.5\nbob;cid;0.2\ncid;ann;0.1\n")
    plain = run_json(capsys, "graph", "pairs.txt")
    assert plain["directed"] is False
    assert plain["n_nodes"] == 3
    assert any("undirected" in text for text in plain["notes"])
    directed = run_json(capsys, "graph", "pairs.txt", "--directed", "--weight", "3")
    assert (directed["directed"], directed["n_edges"]) == (True, 3)
    assert directed["mean_tie"] == pytest.approx(0.8 / 3)
    assert run_json(capsys, "graph", "pairs.txt", "--weight", "none")["mean_tie"] is None
    assert run_json(capsys, "graph", "pairs.txt", "--no-header", "--weight", "none")["n_nodes"] == 5
    assert run_json(capsys, "graph", "pairs.txt", "--delimiter", ";", "--format", "edges")["n_nodes"] == 3
    assert run("graph", "pairs.txt", "--delimiter", "|") == 2
    assert capsys.readouterr().err.startswith("viralsim: error: pairs.txt")


@pytest.mark.data
def test_graph_describes_a_real_network(capsys, data_folder):
    found = run_json(capsys, "graph", data_folder / "lastfm-asia" / "lastfm_asia_edges.csv.gz")
    assert (found["n_nodes"], found["n_edges"]) == (7624, 2 * 27806)
    assert found["lambda1"] == pytest.approx(38.6, abs=0.1)


# ------------------------------------------------------------------------------------- doctor, warmup, demo


def test_doctor_finds_nothing_wrong(capsys):
    vs.simulate(vs.load_scenario("small.yaml"), replicates=2)
    assert run("doctor") == 0
    out = capsys.readouterr().out
    for word in ("python", "packages", "processors", "memory", "kernels", "extras", "check"):
        assert re.search(rf"^{word} ", out, re.M)
    assert out.count(": good (") == 2


def test_doctor_json_and_failing_checks(capsys, monkeypatch):
    vs.simulate(vs.load_scenario("small.yaml"), replicates=2)
    monkeypatch.setattr("viralsim.cli.doctor_command.KNOWN_TALLY", "0" * 16)
    found = run_json(capsys, "doctor", code=1)
    assert [check["result"] for check in found["checks"]] == ["good", "failed"]
    assert found["versions"]["viralsim"] == vs.__version__
    monkeypatch.setattr("viralsim.cli.doctor_command.KNOWN_DERIVED", {(0, 0): 1})
    assert run_json(capsys, "doctor", code=1)["checks"][0]["result"] == "failed"


@pytest.mark.slow
def test_warmup_compiles_everything_once(tmp_path):
    variables = {**environment(), "VIRALSIM_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "viralsim"]
    done = subprocess.run(
        [*command, "warmup"], cwd=tmp_path, capture_output=True, text=True, timeout=600, env=variables
    )
    assert done.returncode == 0, done.stderr
    assert "All kernels are compiled" in done.stdout
    before = sorted((tmp_path / "cache").rglob("*.nbc"))
    command = [*command, "run", "small.yaml", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, env=variables)
    assert "compiling" not in done.stderr
    assert json.loads(done.stdout)["replicates"] == 30
    assert sorted((tmp_path / "cache").rglob("*.nbc")) == before, "nothing was left to compile"


@pytest.mark.slow
def test_first_use_says_that_it_compiles(tmp_path):
    variables = {**environment(), "VIRALSIM_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "viralsim", "run", "small.yaml", "--replicates", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, env=variables)
    assert done.returncode == 0, done.stderr
    assert re.search(r"compiling once, about \d+ s", done.stderr)


@pytest.mark.slow
def test_demo_gives_a_sentence_a_picture_and_the_next_command(capsys, tmp_path):
    for _ in range(2):  # a second demo replaces the first
        assert run("demo") == 0
        sentence, picture, following = capsys.readouterr().out.splitlines()
        assert "is expected to reach" in sentence
        page = Path(picture.removeprefix("Open  "))
        assert page.name == "page.html" and "What could go wrong" in page.read_text("utf-8")
        assert following.startswith("Next  viralsim run launch-video --out ")
    assert names(tmp_path) == {"small.yaml", "viralsim-demo"}
