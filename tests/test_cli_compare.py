"""`compare`, `validate`, `graph`, `doctor`, `warmup` and `demo` from the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_worlds import SMALL, environment, names, run, run_json

import viralsim as vs
from viralsim.cli.doctor_command import small_tally

pytestmark = pytest.mark.usefixtures("small_folder")


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
    assert small_tally() != small_tally(simple=True)  # and all is compiled
    assert run("doctor") == 0
    out = capsys.readouterr().out
    for word in ("python", "packages", "processors", "memory", "kernels", "extras", "check"):
        assert re.search(rf"^{word} ", out, re.M)
    assert out.count(": good (") == 3


def test_doctor_json_and_failing_checks(capsys, monkeypatch):
    assert small_tally() != small_tally(simple=True)  # and all is compiled
    monkeypatch.setattr("viralsim.cli.doctor_command.KNOWN_TALLY", "0" * 16)
    found = run_json(capsys, "doctor", code=1)
    assert [check["result"] for check in found["checks"]] == ["good", "failed", "good"]
    monkeypatch.setattr("viralsim.cli.doctor_command.KNOWN_PLAIN_TALLY", "0" * 16)
    found = run_json(capsys, "doctor", code=1)
    assert [check["result"] for check in found["checks"]] == ["good", "failed", "failed"]
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
