"""`viralsim compare`: many scenarios on the screen, until settled, what Ctrl-C keeps, people and networks made once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import viralsim as vs
from viralsim.cli import compare_command, folder
from viralsim.cli.jobs import Interrupted
from viralsim.cli.shell import run_command
from viralsim.experiment import comparison
from viralsim.experiment.audiences import Audiences
from viralsim.experiment.comparison import compare

SMALL = """\
viralsim: 1
name: small
audience: {size: 400}
platforms:
  facebook:
    preset: facebook
    network: {kind: erdos-renyi, mean_degree: 12}
    brand_followers: {count: 200}
    organic_reach: 0.4
items: [{id: film, share_prob: {value: 0.01, low: 0.004, high: 0.02}}]
campaign:
  posts: [{item: film, platform: facebook, at: 0h}]
run: {replicates: 24, draws: 4, seed: 5, horizon: 2d, step: 1h}
variants:
  more: {platforms.facebook.organic_reach: 0.47}
  less: {platforms.facebook.organic_reach: 0.2}
  denser: {platforms.facebook.network.mean_degree: 20}
"""
TWO = SMALL.partition("  less:")[0]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """The working folder holds small.yaml (four scenarios) and two.yaml (two)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "two.yaml").write_text(TWO)
    return tmp_path


def run(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])


def test_people_and_networks_are_made_once(monkeypatch):
    """Four scenarios of which three agree in their people and networks: 2 x 4 draws are made, not 4 x 4."""
    worlds = Audiences()
    monkeypatch.setattr(comparison, "_worlds", lambda: worlds)
    small = vs.load_scenario("small.yaml")
    c = compare(small)
    assert worlds.made == 8
    assert not worlds._kept, "nothing is kept once it is done"
    for label, ensemble in zip(c.labels, c.ensembles, strict=True):
        alone = vs.simulate(small if label == "small" else small.variant(label))
        for name in alone.metrics:
            np.testing.assert_array_equal(ensemble[name], alone[name])


def test_each_scenario_has_a_place_on_the_screen(capsys):
    assert run("compare", "small.yaml", "--quiet") == 0
    out = capsys.readouterr().out
    assert re.match(
        r"Under these assumptions \S+ has the highest expected reach of 4 scenarios \(confidence ", out
    )
    assert all(re.search(rf"^{place} +\S+ ", out, re.M) for place in (1, 2, 3, 4))
    assert "corrected for 6 comparisons (Holm)" in out
    assert re.search(
        r"Sharing worlds divided the variance of the difference in reach by [\d,.]+ \(median of 6 ", out
    )
    assert out.count("Under these assumptions") == 1, "six sentences would be too many"
    assert not any(line != line.rstrip() for line in out.splitlines())


def test_two_scenarios_need_no_ranking_and_no_correction(capsys):
    assert run("compare", "two.yaml", "--quiet") == 0
    out = capsys.readouterr().out
    assert "best of one run each" not in out
    assert "Holm" not in out
    assert "measured against independent worlds" in out


def test_json_has_ranking_correction_and_what_sharing_bought(capsys):
    assert run("compare", "small.yaml", "--json", "--quiet") == 0
    found = json.loads(capsys.readouterr().out)
    assert [place["position"] for place in found["ranking"]] == [1, 2, 3, 4]
    for chance in ("prob_best_run", "prob_best_draw", "prob_mean_best"):
        assert sum(place[chance] for place in found["ranking"]) == pytest.approx(1)
    assert found["correction"] == {"method": "Holm", "comparisons": 6, "error": 0.05}
    assert found["looks"] == []
    assert all(pair["variance_reduction"] > 0 for pair in found["pairs"])
    assert all(pair["simultaneous_low"] <= pair["low"] <= pair["high"] for pair in found["pairs"])


def test_until_settled_adds_replicates_and_draws_and_can_be_repeated(capsys, place):
    options = ["two.yaml", "--replicates", 8, "--draws", 4, "--quiet"]
    assert run("compare", *options, "--until-settled", "--out", "settled", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    looks = found["looks"]
    assert len(looks) > 1 and looks[-1]["unsettled"] == 0 and found["settled"]
    assert found["replicates"] == looks[-1]["replicates"] == 2 * looks[-1]["draws"]
    plain = compare(vs.load_scenario("two.yaml"), replicates=found["replicates"], draws=found["draws"])
    assert found["pairs"][0]["difference"] == plain.difference, "the same worlds as when run at once"
    assert run("rerun", "settled") == 0
    assert "The same bytes as before" in capsys.readouterr().out
    limited = ["--until-settled", "--most-replicates", 8, "--metric", "clicks"]
    assert run("compare", *options, *limited) == 0
    assert "Looked at 8 replicates: not settled at the limit" in capsys.readouterr().out
    assert run("compare", *options, "--most-replicates", 8) == 2
    assert "--until-settled" in capsys.readouterr().err


def stopped_after(monkeypatch, calls: int) -> None:
    """Ctrl-C once so many scenarios are done."""
    done = []
    simulate = comparison._simulate

    def counted(scenario, *rest):
        if len(done) == calls:
            raise KeyboardInterrupt
        done.append(scenario)
        return simulate(scenario, *rest)

    def at_once(work, progress, quiet, kept):
        try:
            return work(progress)
        except KeyboardInterrupt:
            raise Interrupted(kept(progress)) from None

    monkeypatch.setattr(comparison, "_simulate", counted)
    monkeypatch.setattr(compare_command, "run_job", at_once)


def test_ctrl_c_keeps_the_scenarios_that_are_done(capsys, monkeypatch, place):
    stopped_after(monkeypatch, 3)
    assert run("compare", "small.yaml", "--out", "kept", "--quiet") == 130
    err = capsys.readouterr().err
    assert "kept in kept, without figures and page: small, more, less with 24 replicates over 4 draws" in err
    record = json.loads((place / "kept" / folder.RUN_FILE).read_text())
    assert [entry["label"] for entry in record["scenarios"]] == ["small", "more", "less"]
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert run("rerun", "kept", "--quiet") == 0


def test_ctrl_c_keeps_the_last_look(capsys, monkeypatch, place):
    stopped_after(monkeypatch, 3)
    options = ["two.yaml", "--replicates", 8, "--draws", 4, "--quiet", "--until-settled", "--out", "kept"]
    assert run("compare", *options) == 130
    assert "small, more with 8 replicates over 4 draws" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert run("rerun", "kept", "--quiet") == 0, "it stops at the look that was kept"
    assert "The same bytes as before" in capsys.readouterr().out


def test_ctrl_c_before_there_is_anything_to_compare(capsys, monkeypatch, place):
    stopped_after(monkeypatch, 1)
    assert run("compare", "small.yaml", "--out", "kept", "--quiet") == 130
    assert "nothing was kept: no two scenarios were done" in capsys.readouterr().err
    assert not Path("kept").exists()


def test_the_bar_starts_anew_at_each_look():
    progress = compare_command.LooksProgress("comparing", parts=2)
    for total in (10, 20):
        for _ in range(2):
            progress(0, total)
            progress(total, total)
    assert (progress.looks, progress.done, progress.total, progress.note) == (2, 40, 40, "look 2")
    assert progress.left_seconds(0.0) is None


@pytest.mark.parametrize("width", [1e-6, 1e-4, 0.0015, 0.02, 0.3, 3.0])
def test_a_narrow_axis_has_ticks(width):
    from viralsim.report.figures_comparison import _ratio_ticks

    low, high = 1.0 / (1.0 + width), 1.0 + width
    ticks = _ratio_ticks(low, high)
    assert 2 <= len(ticks) <= 7 and all(low <= tick <= high for tick in ticks)
    assert any(tick == pytest.approx(1.0, abs=1e-12) for tick in ticks)
