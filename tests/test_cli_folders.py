"""Result folders: what is in them, that they are never written over, and that `rerun` gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_worlds import names, run

import viralsim as vs

pytestmark = pytest.mark.usefixtures("small_folder")


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
        ({"kind": "sweep"}, "this sweep was not finished"),
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


def test_a_folder_is_written_though_nobody_reads_what_is_printed(tmp_path):
    """`viralsim run ... --out results | head -1`: the reader goes, the results stay."""
    words = [
        sys.executable,
        "-m",
        "viralsim",
        "run",
        "small-shop",
        "--replicates",
        "4",
        "--draws",
        "2",
        "--seed",
        "1",
    ]
    running = subprocess.Popen(
        [*words, "--out", "results", "--quiet"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(vs.__file__).parents[1]), "MPLBACKEND": "Agg"},
    )  # fmt: skip
    assert running.stdout is not None
    running.stdout.close()
    running.wait(120)
    assert json.loads((tmp_path / "results" / "run.json").read_text("utf-8"))["seed"] == 1
