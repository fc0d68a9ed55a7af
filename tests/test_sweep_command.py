"""``viralsim sweep``: options, exit codes, and what is left after Ctrl-C and kill -9."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sweep_worlds import FANS, SHARE, SMALL, digest

from viralsim.cli.shell import run_command

PROJECT = Path(__file__).resolve().parent.parent
VARY = ("--vary", f"{SHARE}=0.01,0.1")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder holds small.yaml and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def run(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])


def run_json(capsys, *arguments: object, code: int = 0) -> dict:
    assert run("sweep", "small.yaml", *arguments, "--json", "--quiet") == code
    return json.loads(capsys.readouterr().out)


def means(found: dict, metric: str = "impressions") -> list[float]:
    return [row["mean"] for row in found["results"] if row["metric"] == metric]


# -------------------------------------------------------------------------------------------------- options


def test_table_on_stdout_and_the_rest_on_stderr(capsys):
    assert run("sweep", "small.yaml", *VARY, "--out", "out") == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == f"small: 2 settings of {SHARE}."
    assert lines[2].split() == ["setting", SHARE, "reach", "95", "%", "interval"]
    assert [line.split()[:2] for line in lines[4:]] == [["0", "0.01"], ["1", "0.1"]]
    assert "Written to out: results.csv" in said.err
    assert {path.name for path in Path("out").iterdir()} == {
        "results.csv",
        "run.json",
        "sweep.lock",
        "sweep.sqlite",
    }


def test_run_json_says_what_was_asked_and_what_came_out():
    assert run("sweep", "small.yaml", *VARY, "--out", "out", "--quiet") == 0
    record = json.loads(Path("out/run.json").read_text())
    assert (record["kind"], record["seed"], record["settings"], record["complete"]) == ("sweep", 5, 2, True)
    assert record["files"] == {"results.csv": digest(Path("out/results.csv"))}
    assert record["scenarios"][0]["document"]["items"][0]["id"] == "film"
    assert "numba" in record["versions"]


def test_json_is_one_object_with_every_row(capsys):
    found = run_json(capsys, *VARY, "--out", "out")
    with open("out/results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["metric"] for row in found["results"]] == [row["metric"] for row in rows]
    assert (found["settings"], found["paths"], found["failed"], found["seed"]) == (2, [SHARE], [], 5)


def test_every_option_changes_something(capsys):
    base = run_json(capsys, *VARY)
    assert means(run_json(capsys, "--vary", f"{SHARE}=0.01,0.3"))[1] > means(base)[1]
    for extra in (
        ("--seed", 6),
        ("--replicates", 3),
        ("--draws", 3),
        ("--fixed",),
        ("--set", f"{FANS}=60"),
    ):
        assert means(run_json(capsys, *VARY, *extra)) != means(base), extra
    assert means(run_json(capsys, *VARY, "--variant", "late"), "peak_hour") != means(base, "peak_hour")
    assert means(run_json(capsys, *VARY, "--threads", 1)) == means(base)


def test_designs_by_option(capsys):
    other = ("--vary", f"{FANS}=40,80")
    assert run_json(capsys, *VARY, *other)["settings"] == 4
    zipped = run_json(capsys, *VARY, *other, "--design", "zip")
    joined = run_json(capsys, "--vary", f"{SHARE}=0.01,0.1; {FANS}=40,80")
    assert zipped["results"] == joined["results"]
    sobol = ("--design", "sobol", "--samples", 4, "--vary", SHARE)
    points = {row[SHARE] for row in run_json(capsys, *sobol)["results"]}
    assert len(points) == 4
    assert points != {row[SHARE] for row in run_json(capsys, *sobol, "--design-seed", 1)["results"]}
    spread = run_json(
        capsys, "--design", "latin-hypercube", "--samples", 4, "--vary", f"{SHARE}=0.01:0.9:log"
    )
    assert sum(row[SHARE] < 0.0949 for row in spread["results"] if row["metric"] == "reach") == 2


def test_metric_chooses_what_is_shown(capsys):
    assert run("sweep", "small.yaml", *VARY, "--metric", "shares", "--quiet") == 0
    assert " shares " in capsys.readouterr().out
    assert run("sweep", "small.yaml", *VARY, "--metric", "share") == 2
    assert "Did you mean 'shares'?" in capsys.readouterr().err


def test_an_experiment_file_is_run(capsys):
    text = f"viralsim_sweep: 1\nscenario: small.yaml\nreplicates: 3\nmetric: shares\nvary: {{{SHARE}: [0.01, 0.1]}}\n"
    Path("experiment.yaml").write_text(text)
    assert run("sweep", "experiment.yaml", "--json", "--quiet") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["results"] == run_json(capsys, *VARY, "--replicates", 3)["results"]
    assert run("sweep", "experiment.yaml", "--vary", f"{FANS}=40,80", "--quiet") == 0
    out = capsys.readouterr().out
    assert "small: 4 settings" in out
    assert " shares " in out
    Path("experiment.yaml").write_text(text.replace("vary", "vray"))
    assert run("sweep", "experiment.yaml") == 2
    assert "experiment.yaml: unknown key 'vray'; did you mean 'vary'" in capsys.readouterr().err
    Path("experiment.yaml").write_text(text + "vary: {}\n")
    assert run("sweep", "experiment.yaml") == 2
    assert "experiment.yaml:6:1" in capsys.readouterr().err


def test_dry_run_runs_nothing(capsys):
    assert run("sweep", "small.yaml", *VARY, "--vary", f"{FANS}=40,80", "--out", "out", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "4 settings x 6 replicates" in out
    assert out.endswith("Nothing was run.\n")
    assert not Path("out").exists()


def test_parquet_is_written_on_demand():
    pytest.importorskip("duckdb")
    assert run("sweep", "small.yaml", *VARY, "--out", "out", "--parquet", "--quiet") == 0
    assert Path("out/results.parquet").read_bytes()[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing is varied"),
        (("--vary", "items.film.shareprob=1"), "did you mean 'share_prob'"),
        (("--vary", f"{SHARE}=0.1", "--vary", f"{SHARE}=0.2"), "varied twice"),
        (("--vary", f"{SHARE}"), "choose a sampling design"),
        ((*VARY, "--design", "sobl"), "Did you mean 'sobol'?"),
        ((*VARY, "--design", "sobol"), "needs their number (--samples)"),
        ((*VARY, "--samples", "4"), "takes none"),
        ((*VARY, "--resume"), "--resume needs --out"),
        ((*VARY, "--parquet"), "--parquet needs --out"),
        ((*VARY, "--out", "x.csv"), "looks like a file"),
        ((*VARY, "--scheduler", "tcp://127.0.0.1:1"), "--scheduler needs --executor dask"),
        ((*VARY, "--out", "small.yaml/x"), "cannot be used"),
    ],
)
def test_bad_input_is_said_and_exits_with_2(capsys, arguments, message):
    before = set(Path().iterdir())
    assert run("sweep", "small.yaml", *arguments) == 2
    assert message in capsys.readouterr().err
    assert set(Path().iterdir()) == before


def test_some_failed_settings_exit_with_3(capsys):
    arguments = ("--vary", f"{SHARE}=0.1,7", "--out", "out")
    assert run("sweep", "small.yaml", *arguments) == 3
    said = capsys.readouterr()
    assert "failed" in said.out
    assert (
        f"1 of 2 settings failed; the first ({SHARE}=7): override {SHARE}: 7 is not a probability" in said.err
    )
    with open("out/results.csv", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["error"])
    assert row[SHARE] == "7"


def test_going_on_needs_to_be_asked_for(capsys):
    assert run("sweep", "small.yaml", *VARY, "--out", "out", "--quiet") == 0
    before = digest(Path("out/results.csv"))
    assert run("sweep", "small.yaml", *VARY, "--out", "out") == 2
    assert "(2 of 2 settings done); go on with --resume" in capsys.readouterr().err
    assert run("sweep", "small.yaml", *VARY, "--out", "out", "--resume", "--quiet") == 0
    assert digest(Path("out/results.csv")) == before


# -------------------------------------------------------------------------------------------- interruptions

MANY = ("--vary", f"{SHARE}=0.001:0.3:60", "--threads", "2", "--replicates", "8")


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "viralsim", "sweep", "small.yaml", *MANY, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def settings_done(out: Path) -> int:
    try:
        connection = sqlite3.connect(f"file:{out / 'sweep.sqlite'}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM settings").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


def wait_for(process: subprocess.Popen[str], out: Path, count: int) -> None:
    """Until so many settings are kept."""
    until = time.monotonic() + 300
    while settings_done(out) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)


def test_killed_twice_and_resumed_gives_the_same_bytes():
    """kill -9 leaves whole settings; going on runs only the others; the checksums agree."""
    out = Path("out")
    for at in (3, 15):
        process = start("--out", "out", *(["--resume"] if at > 3 else []))
        wait_for(process, out, at)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert at <= settings_done(out) < 60
        assert not (out / "results.csv").exists()
    kept = settings_done(out)
    connection = sqlite3.connect(out / "sweep.sqlite")
    rows = connection.execute("SELECT number, count(*) FROM results GROUP BY number").fetchall()
    assert len(rows) == kept
    assert len({count for _, count in rows}) == 1, "whole settings only"
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert run("sweep", "small.yaml", *MANY, "--out", "out", "--resume", "--quiet") == 0
    assert run("sweep", "small.yaml", *MANY, "--out", "whole", "--quiet") == 0
    assert digest(out / "results.csv") == digest(Path("whole/results.csv"))


def test_ctrl_c_ends_soon_and_says_how_to_go_on():
    process = start("--out", "out")
    wait_for(process, Path("out"), 3)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    spent = time.monotonic() - began
    assert process.returncode == 130
    said = re.search(r"interrupted; kept (\d+) of 60 settings; go on with: viralsim sweep small.yaml", err)
    assert said, err
    assert int(said[1]) <= settings_done(Path("out")) <= int(said[1]) + 2, "one may be kept while it is said"
    assert err.rstrip().endswith("--out out --resume")
    assert spent < 10, "2 s on a quiet machine"
    assert not Path("out/results.csv").exists()


def test_two_processes_on_one_folder(capsys):
    process = start("--out", "out")
    wait_for(process, Path("out"), 1)
    process.send_signal(signal.SIGSTOP)
    assert run("sweep", "small.yaml", *MANY, "--out", "out", "--resume") == 2
    assert f"another sweep is writing there (process {process.pid})" in capsys.readouterr().err
    process.kill()
    process.communicate()
    assert run("sweep", "small.yaml", *MANY, "--out", "out", "--resume", "--quiet") == 0
