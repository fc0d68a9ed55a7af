"""`viralsim verify`: what it prints and writes, what its options change, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from viralsim.cli.shell import run_command
from viralsim.verify import simulators
from viralsim.verify.check import Setting
from viralsim.verify.groups import GROUPS, parameter_groups
from viralsim.verify.running import group_checks
from viralsim.verify.theory_graphs import path_mean


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working folder, and no folder of real data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRALSIM_DATA", raising=False)


def run(*arguments: object) -> int:
    return run_command(["verify", *(str(argument) for argument in arguments)])


def run_json(capsys, *arguments: object, code: int = 0) -> dict:
    assert run(*arguments, "--json", "--quiet") == code
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


def test_every_group_lists_checks_of_its_own():
    claims = [check.claim for name in GROUPS for check in group_checks(name, Setting())]
    assert len(claims) == len(set(claims)) > 190
    assert all(GROUPS[name].title for name in GROUPS)


def test_table_and_sentence(capsys):
    assert run("trees", "money") == 0
    printed = capsys.readouterr()
    assert "complete binary tree of" in printed.out
    assert "2.2857" in printed.out
    assert "exact" in printed.out
    assert "checks agree with theory." in printed.out
    assert "disagree" not in printed.out
    assert "Quick version, seed 1" in printed.out


def test_json_has_everything(capsys):
    found = run_json(capsys, "money")
    assert found["passed"] is True
    assert (found["mode"], found["seed"], found["disagree"]) == ("quick", 1, 0)
    assert found["agree"] == len(found["checks"]) == 3
    check = found["checks"][1]
    assert set(check) >= {
        "group", "claim", "source", "expected", "got", "se", "errors_away", "allowance", "verdict", "seconds",
    }  # fmt: skip
    assert check["expected"] == check["got"] == 1752.5
    assert check["errors_away"] is None  # exact: no standard error


def test_parameters_change_what_is_expected(capsys):
    for people, prob in ((10, 0.5), (14, 0.3)):
        found = run_json(capsys, "graphs", "--people", people, "--prob", prob)
        assert found["parameters"] == {"people": people, "prob": prob}
        (path,) = (c for c in found["checks"] if f"path of {people} from its end" in c["claim"])
        assert path["expected"] == pytest.approx(path_mean(people, prob))
        assert path["verdict"] == "agrees"


def test_a_parameter_alone_picks_the_groups_that_have_it(capsys):
    found = run_json(capsys, "--depth", 4)
    assert {check["group"] for check in found["checks"]} == {"trees"}
    assert any("depth 4" in check["claim"] for check in found["checks"])


def test_percolation_at_any_setting(capsys):
    found = run_json(capsys, "percolation", "--degree", 5, "--prob", 0.3, "--people", 4000)
    by_claim = {check["claim"]: check for check in found["checks"]}
    claim = "poisson degree 5, p = 0.3 (R = 1.5): part reached by a large outbreak"
    assert by_claim[claim]["expected"] == pytest.approx(0.582812, abs=1e-6)
    assert found["disagree"] == 0


def test_full_seed_and_threads(capsys):
    quick = run_json(capsys, "linear-threshold", "--seed", 3)
    other = run_json(capsys, "linear-threshold", "--seed", 4, "--threads", 2)
    again = run_json(capsys, "linear-threshold", "--seed", 3, "--threads", 2)
    got = [[check["got"] for check in found["checks"]] for found in (quick, other, again)]
    assert got[0] == got[2] != got[1]
    full = run_json(capsys, "linear-threshold", "--seed", 3, "--full")
    assert full["mode"] == "full"
    assert full["checks"][0]["got"] != quick["checks"][0]["got"]


def test_a_check_that_fails_ends_with_3(capsys, monkeypatch):
    real = simulators.virality_of
    monkeypatch.setattr(simulators, "virality_of", lambda parents: real(parents) / 2)
    assert run("trees") == 3
    printed = capsys.readouterr().out
    assert "disagrees" in printed
    found = run_json(capsys, "trees", code=3)
    assert found["passed"] is False
    assert found["disagree"] > 5
    assert run("trees", "--out", "page.html", "--quiet") == 3
    assert "What disagrees" in Path("page.html").read_text()


def test_what_cannot_be_computed_says_why(capsys):
    found = run_json(capsys, "networks")
    assert found["not_computed"] == len(found["checks"]) == 6
    assert all("VIRALSIM_DATA" in check["reason"] for check in found["checks"])
    assert "could not be computed here" in found["sentence"]


@pytest.mark.data
def test_real_networks_have_the_figures_published(capsys, data_folder, monkeypatch):
    monkeypatch.setenv("VIRALSIM_DATA", str(data_folder))
    found = run_json(capsys, "networks")
    assert found["agree"] >= 2
    assert found["disagree"] == 0


def test_the_page_is_one_file_with_figures_and_is_not_overwritten(capsys):
    assert run("bass", "--people", 500, "--out", "page.html") == 0
    page = Path("page.html").read_text()
    assert page.count("<svg") >= 2
    assert "checks agree with theory" in page
    assert "viralsim verify bass --people 500 --seed 1" in page
    assert page.count("<script>") == 1  # the one that saves pictures
    assert 'src="http' not in page and "url(http" not in page
    assert "page.html" in capsys.readouterr().err
    assert run("money", "--out", "page.html") == 2
    assert Path("page.html").read_text() == page
    assert run("money", "--out", "page.html", "--force", "--quiet") == 0
    assert Path("page.html").read_text() != page


def test_a_folder_gets_page_table_and_record(capsys):
    assert run("money", "--out", "found", "--quiet") == 0
    assert {path.name for path in Path("found").iterdir()} == {"verify.html", "verify.csv", "verify.json"}
    lines = Path("found/verify.csv").read_text().splitlines()
    assert lines[0].startswith("group,claim,source,expected,got,se")
    assert len(lines) == 4
    assert json.loads(Path("found/verify.json").read_text())["passed"] is True
    assert run("money", "--out", "found") == 2  # not empty


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("percolaton",), ["percolaton", "percolation"]),
        (("money", "--degree", 5), ["--degree", "money", "percolation"]),
        (("graphs", "--prob", 1.5), ["prob", "from 0 to 1"]),
        (("graphs", "--people", 2.5), ["2.5", "whole number"]),
        (("--depth", 2, "--degree", 3), ["no group has all of", "--depth", "--degree"]),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_run(capsys, arguments, words):
    assert run(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    for word in words:
        assert word in printed.err


def test_every_parameter_is_in_the_help(capsys):
    assert run("--help") == 0
    printed = capsys.readouterr().out
    for name in parameter_groups():
        assert f"--{name} " in printed
    for name in GROUPS:
        assert name in printed
