"""Sensitivity: indices against functions whose indices are known, and against a scenario that can be worked out."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from scipy import stats
from sweep_worlds import FANS, SHARE, SMALL, digest, small_scenario

import viralsim as vs
from viralsim.cli.folder import FORMAT, FORMAT_VERSION
from viralsim.cli.rerun_command import read_record
from viralsim.cli.shell import run_command as main
from viralsim.errors import EngineError, SpecError, StoreError
from viralsim.experiment import sensitivity_plan
from viralsim.experiment.cells import run_cell
from viralsim.experiment.designs import sobol_points
from viralsim.experiment.sensitivity_plan import make_sensitivity_plan
from viralsim.experiment.store.study import kept_settings
from viralsim.metrics.sobol import sobol_of_halves
from viralsim.provenance import versions
from viralsim.report.figures_studies import sensitivity_figures, tornado
from viralsim.rng import text_key

ISHIGAMI_FIRST = np.array([0.3139, 0.4424, 0.0])  # a = 7, b = .1: Saltelli et al. 2008, section 4.6
ISHIGAMI_TOTAL = np.array([0.5576, 0.4424, 0.2437])


def ishigami(x):
    return np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def halves_of(function, d, n, noise=0.0, draw=0):
    """Both halves of a function at the rows of two samples, with independent noise in every value."""
    u = sobol_points(n, [text_key(f"{draw} {i}") for i in range(2 * d)]).T
    luck = np.random.Generator(np.random.PCG64(draw))
    a, b = u[:d], u[d:]

    def simulated(x):
        return np.stack([function(x) + noise * luck.normal(size=n) for _ in range(2)])

    mixed = [np.where(np.arange(d)[:, None] == i, b, a) for i in range(d)]
    return simulated(a), simulated(b), np.stack([simulated(x) for x in mixed])


def scaled(u):
    return ishigami((2.0 * u - 1.0) * np.pi)


def errors_away(found, first, total):
    """Standard errors between estimates and truth; the intervals are about 3.92 of them wide."""
    first_se = (found.first_high - found.first_low) / 3.92
    total_se = (found.total_high - found.total_low) / 3.92
    return np.concatenate([(found.first - first) / first_se, (found.total - total) / total_se])


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_the_indices_of_a_known_function_are_found_with_and_without_noise(noise):
    found = sobol_of_halves(*halves_of(scaled, 3, 2048, noise))
    assert np.abs(errors_away(found, ISHIGAMI_FIRST, ISHIGAMI_TOTAL)).max() < 4.5
    assert found.variance == pytest.approx(13.8446, rel=0.1)
    expected = noise**2 / 2 / (13.8446 + noise**2 / 2)  # the mean of two halves has half the noise's variance
    assert found.noise_share == pytest.approx(expected, abs=0.02)


def test_plain_indices_take_noise_for_interaction_and_these_do_not():
    """A number that does nothing has no total index, however noisy the model; scipy's estimator gives it one."""
    a, b, ab = halves_of(lambda u: 4.0 * u[0] + 0.0 * u[1], 2, 1024, noise=1.0)
    found = sobol_of_halves(a, b, ab)
    plain = stats.sobol_indices(func={"f_A": a[:1], "f_B": b[:1], "f_AB": ab[:, :1]}, n=1024)
    assert plain.total_order[1] > 0.3  # 1 / (16/12 + 1) = .43
    assert abs(found.total[1]) < 4.5 * (found.total_high[1] - found.total_low[1]) / 3.92
    assert found.total_high[1] < 0.15


def test_without_noise_they_are_those_of_scipy():
    a, b, ab = halves_of(scaled, 3, 256)
    found = sobol_of_halves(a, b, ab)
    plain = stats.sobol_indices(
        func={"f_A": a[:1].copy(), "f_B": b[:1].copy(), "f_AB": ab[:, :1].copy()}, n=256
    )
    assert np.allclose(found.first, plain.first_order, rtol=1e-10)
    assert np.allclose(found.total, plain.total_order, rtol=1e-10)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """40 shifts of the sample: at least 85 % of 240 intervals (95 % wide, rows of a Sobol sequence balance)."""
    hits = []
    for draw in range(40):
        found = sobol_of_halves(*halves_of(scaled, 3, 128, 1.0, draw), key=draw)
        hits += [*((found.first_low <= ISHIGAMI_FIRST) & (found.first_high >= ISHIGAMI_FIRST))]
        hits += [*((found.total_low <= ISHIGAMI_TOTAL) & (found.total_high >= ISHIGAMI_TOTAL))]
    assert np.mean(hits) > 0.85


def test_nothing_but_noise_is_not_explained():
    found = sobol_of_halves(*halves_of(lambda u: 0.0 * u[0], 2, 64, 1.0))
    assert found.variance_low <= 0.0
    constant = np.ones((2, 8))
    found = sobol_of_halves(constant, constant, np.ones((2, 2, 8)))
    assert np.isnan(found.first).all() and found.variance == 0.0


# --------------------------------------------------------------------------------------- a known scenario

REACH, CLICK = "platforms.facebook.organic_reach", "platforms.facebook.click_prob"


def known_scenario():
    """200 followers, one post, nobody shares: expected clicks are 200 x organic reach x click probability."""
    return small_scenario().with_overrides(
        {SHARE: 0.0, "items.film.friend_share_prob": 0.0, FANS: 200, "platforms.facebook.rhythm": "flat",
         "platforms.facebook.display_delay": "none", "platforms.facebook.half_life": None}
    )  # fmt: skip


def test_a_scenario_that_can_be_worked_out():
    """Y = N p c with p and c uniform: V_p = N^2 E[c]^2 var p, and what is left over is interaction."""
    ranges = {REACH: (0.2, 0.8), CLICK: (0.05, 0.3)}
    found = vs.sensitivity(
        known_scenario(), "clicks", ranges, samples=128, replicates=8, draws=2, curve_replicates=2, seed=3
    )
    var_p, var_c, mean_p, mean_c = 0.6**2 / 12, 0.25**2 / 12, 0.5, 0.175
    parts = {REACH: mean_c**2 * var_p, CLICK: mean_p**2 * var_c}
    total = sum(parts.values()) + var_p * var_c
    for factor in found.factors:
        both = parts[factor.path] + var_p * var_c
        first_se = (factor.first_high - factor.first_low) / 3.92
        total_se = (factor.total_high - factor.total_low) / 3.92
        assert abs(factor.first - parts[factor.path] / total) < 4.5 * first_se
        assert abs(factor.total - both / total) < 4.5 * total_se
        assert max(first_se, total_se) < 0.1
    assert found.factors[0].path == CLICK
    assert found.mean == pytest.approx(200 * mean_p * mean_c, rel=0.05)
    assert found.sd == pytest.approx(200 * np.sqrt(total), rel=0.15)
    assert 0.0 < found.noise_share < 0.1 and 0.0 < found.luck_share < 0.5


def test_effect_curves_are_the_metric_along_one_number():
    found = vs.sensitivity(
        known_scenario(), "clicks", {REACH: (0.2, 0.8), CLICK: "0.01:0.3:log"}, samples=4, replicates=20, draws=20,
        curve_replicates=400, seed=3,
    )  # fmt: skip
    for factor in found.factors:
        middle = {"organic_reach": 0.4, "click_prob": known_scenario().platforms["facebook"].click_prob}
        for point in factor.curve:
            at = {**middle, factor.path.rpartition(".")[2]: point.value}
            expected = 200 * at["organic_reach"] * at["click_prob"]
            se = np.sqrt(expected / 400) + 1e-9  # clicks are nearly Poisson
            assert abs(point.mean - expected) < 4.5 * se + 0.02 * expected
    by_path = {factor.path: factor for factor in found.factors}
    assert [point.value for point in by_path[REACH].curve][2] == 0.5
    expected = 200 * (0.77 - 0.23) * middle["click_prob"]
    error = by_path[REACH].swing_error  # from differences between draws: of two it would be anything
    assert abs(by_path[REACH].swing - expected) < 4.5 * error < expected / 2


def test_what_an_item_is_held_against_stays_as_where_numbers_are_drawn():
    """An item with a share probability of its own has its friends' from the platform's central one, not a drawn one."""
    typical = "platforms.facebook.share_prob"
    found = vs.sensitivity(small_scenario(), "shares", [typical, SHARE], **{**FEW, "samples": 16})
    by_path = {factor.path: factor for factor in found.factors}
    assert by_path[SHARE].swing > 0
    assert {point.change for point in by_path[typical].curve} == {0.0}
    assert by_path[typical].total == 0.0


# ------------------------------------------------------------------------------------------------- the door


FEW = {"samples": 8, "replicates": 4, "draws": 2, "curve_replicates": 4, "seed": 1}


def test_threads_change_nothing_and_seeds_do():
    one = vs.sensitivity(small_scenario(), "reach", threads=1, **FEW)
    two = vs.sensitivity(small_scenario(), "reach", threads=2, **FEW)
    other = vs.sensitivity(small_scenario(), "reach", **{**FEW, "seed": 2})
    assert repr(one) == repr(two) != repr(other)
    assert one.settings == 8 * (len(one.factors) + 2) + 5 * len(one.factors)
    assert SHARE in [factor.path for factor in one.factors]


def test_durations_may_be_uncertain():
    found = vs.sensitivity(small_scenario(), "half_reach_hour", ["platforms.facebook.half_life"], **FEW)
    assert found.factors[0].first > 0.3 and found.factors[0].low < found.factors[0].high


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"samples": 12}, "samples: got 12; a power of 2"),
        ({"draws": 3, "replicates": 6}, "an even number of draws"),
        ({"replicates": 5}, "a multiple of"),
        ({"metric": "raech"}, "there is no 'raech'"),
        ({"vary": [FANS]}, "has no band"),
        ({"vary": {SHARE: (0.5, 0.1)}}, "the first must be below the second"),
    ],
)
def test_what_cannot_be_meant_is_said(arguments, said):
    with pytest.raises(SpecError, match=said):
        make_sensitivity_plan(small_scenario(), **{**FEW, **arguments})


def test_a_scenario_without_bands_needs_ranges():
    sure = vs.Scenario.from_dict(
        {
            "viralsim": 1, "audience": {"size": 300}, "items": [{"id": "film"}],
            "platforms": {"own": {"network": {"kind": "erdos-renyi", "mean_degree": 8}, "brand_followers": {"count": 9},
                                  "organic_reach": 0.5, "peer_visibility": 0.5, "share_prob": 0.1,
                                  "friend_share_prob": 0.1, "like_prob": 0.1, "comment_prob": 0.1, "click_prob": 0.1,
                                  "half_life": "4h"}},
            "campaign": {"posts": [{"item": "film", "platform": "own", "at": "0h"}]},
        }
    )  # fmt: skip
    with pytest.raises(SpecError, match="no number has a band"):
        make_sensitivity_plan(sure)


def test_a_setting_that_fails_ends_it_and_says_what_to_do():
    half = small_scenario().with_overrides({"platforms.facebook.access": 0.5})
    with pytest.raises(EngineError, match=r"could not be simulated: .*followers.*narrow the ranges"):
        vs.sensitivity(half, "reach", {FANS: (100, 200)}, **FEW)
    with pytest.raises(EngineError, match="'engagement_rate_per_follower' is not defined by small"):
        vs.sensitivity(small_scenario(), "engagement_rate_per_follower", {FANS: (0, 1)}, **FEW)


# ------------------------------------------------------------------------------------- stopped and gone on with

TWO = {"vary": {SHARE: "band", REACH: "0.1:0.9"}, **FEW, "threads": 1}
SETTINGS = 8 * 4 + 5 * 2


class StoppedError(Exception):
    """What a test ends a study with."""


def stopping(after):
    """A progress callback that ends the work once so many settings are done."""

    def report(done, total):
        assert total == SETTINGS
        if done >= after:
            raise StoppedError

    return report


@pytest.fixture
def runs(monkeypatch):
    """Names of the cells that are run."""
    names = []

    def counted(cell, *rest):
        names.append(cell.key)
        return run_cell(cell, *rest)

    monkeypatch.setattr("viralsim.experiment.executors.run_cell", counted)
    return names


def test_a_study_stopped_twice_gives_the_same_bytes(tmp_path, runs):
    undisturbed = vs.sensitivity(small_scenario(), "reach", **TWO)
    assert len(runs) == SETTINGS
    runs.clear()
    for after in (9, 30):
        with pytest.raises(StoppedError):
            vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "out", progress=stopping(after))
        assert kept_settings(tmp_path / "out") >= after
    again = vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "out")
    assert repr(again) == repr(undisturbed)
    assert SETTINGS <= len(runs) <= SETTINGS + 2 * 3  # what was in the air when it was stopped
    with sqlite3.connect(tmp_path / "out" / "sensitivity.sqlite") as store:
        rows = store.execute(
            "SELECT overrides FROM settings JOIN cells USING (key) WHERE error IS NULL"
        ).fetchall()
    store.close()
    assert len(rows) == SETTINGS and {SHARE, REACH} == set(json.loads(rows[-1][0]))


def test_a_kept_study_explains_another_metric_without_running_anything_and_can_be_extended(tmp_path, runs):
    vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "out")
    runs.clear()
    clicks = vs.sensitivity(small_scenario(), "clicks", **TWO, out=tmp_path / "out")
    assert runs == []
    assert repr(clicks) == repr(vs.sensitivity(small_scenario(), "clicks", **TWO))
    more = {**TWO, "samples": 16}
    with pytest.raises(StoreError, match=r"8 samples; --resume .* extends it"):
        vs.sensitivity(small_scenario(), "reach", **more, out=tmp_path / "out")
    runs.clear()
    extended = vs.sensitivity(small_scenario(), "reach", **more, out=tmp_path / "out", resume=True)
    assert len(runs) == 8 * 4
    assert repr(extended) == repr(vs.sensitivity(small_scenario(), "reach", **more))
    assert repr(vs.sensitivity(small_scenario(), "clicks", **TWO, out=tmp_path / "out")) == repr(clicks)


def test_a_study_begun_with_an_engine_that_counts_otherwise_is_refused(tmp_path, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(sensitivity_plan, "versions", lambda: {**versions(), "engine": "0" * 16})
        vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "out")
    with pytest.raises(StoreError, match=r"engine 0000000000000000.*numbers may differ; finish it with"):
        vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "out", resume=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 2}, "what differs: the seed"),
        ({"replicates": 8}, "what differs: the replicates"),
        ({"vary": {SHARE: "band"}}, "what differs: what is varied"),
        ({"resume": False}, "holds a sensitivity study already .* go on with --resume"),
    ],
)
def test_what_is_another_study_is_refused(tmp_path, change, said):
    vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "out")
    with pytest.raises(StoreError, match=said):
        vs.sensitivity(small_scenario(), "reach", **{**TWO, **change}, out=tmp_path / "out")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x")
    with pytest.raises(StoreError, match="is not empty and holds no sensitivity study"):
        vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["letter.txt"]


def test_a_seed_that_was_drawn_is_gone_on_with(tmp_path):
    seedless, plan = small_scenario().with_overrides({"run.seed": None}), {**TWO, "seed": None}
    first = vs.sensitivity(seedless, "reach", **plan, out=tmp_path / "out")
    assert vs.sensitivity(seedless, "reach", **plan, out=tmp_path / "out").seed == first.seed
    assert vs.sensitivity(seedless, "reach", **plan).seed != first.seed


@pytest.mark.slow
def test_killed_from_outside_it_goes_on_and_writes_the_same_bytes(folder, tmp_path):
    _, arguments = folder
    words = [*arguments, "--samples", "64", "--threads", "2", "--out"]
    assert main([*words, str(tmp_path / "whole")]) == 0
    command = [sys.executable, "-m", "viralsim", *words, str(tmp_path / "out")]
    for least in (10, 60):
        process = subprocess.Popen([*command, *(["--resume"] if least > 10 else [])])
        while kept_settings(tmp_path / "out") < least and process.poll() is None:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert 60 <= kept_settings(tmp_path / "out") < 64 * 4 + 10
    assert main([*words, str(tmp_path / "out"), "--resume"]) == 0
    for name in ("sensitivity.csv", "effect_curves.csv", "sensitivity.json", "figures/tornado.svg"):
        assert digest(tmp_path / "out" / name) == digest(tmp_path / "whole" / name), name


def test_the_command_goes_on_replaces_and_refuses(folder, tmp_path, capsys):
    _, arguments = folder
    out = tmp_path / "out"
    assert main([*arguments, "--out", str(out)]) == 0
    before = digest(out / "sensitivity.csv")
    assert main([*arguments, "--out", str(out)]) == 2
    assert "go on with --resume, replace it with --force" in capsys.readouterr().err
    assert main([*arguments, "--out", str(out), "--resume", "--metric", "clicks"]) == 0
    assert json.loads((out / "run.json").read_text())["metric"] == "clicks"
    assert digest(out / "sensitivity.csv") != before
    assert main([*arguments, "--out", str(out), "--force"]) == 0
    assert digest(out / "sensitivity.csv") == before
    assert main([*arguments, "--out", str(out), "--force", "--resume"]) == 2
    assert main([*arguments, "--resume"]) == 2
    assert main(["rerun", str(out), "--quiet"]) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study written from the command line."""
    place = tmp_path_factory.mktemp("study")
    (place / "small.yaml").write_text(SMALL)
    arguments = [
        "sensitivity",
        str(place / "small.yaml"),
        "--metric",
        "reach",
        "--samples",
        "8",
        "--replicates",
        "4",
    ]
    arguments += [
        "--draws",
        "2",
        "--curve-replicates",
        "4",
        "--vary",
        SHARE,
        "--vary",
        f"{REACH}=0.1:0.9",
        "--quiet",
    ]
    assert main([*arguments, "--out", str(place / "out")]) == 0
    return place, arguments


def test_the_command_writes_tables_figures_and_what_it_takes_to_repeat_them(folder):
    place, arguments = folder
    names = {
        path.relative_to(place / "out").as_posix() for path in (place / "out").rglob("*") if path.is_file()
    }
    assert {"sensitivity.csv", "sensitivity.json", "effect_curves.csv", "run.json"} <= names
    assert {f"figures/{name}.png" for name in ("what_decides", "tornado", "effect_curves")} <= names
    record = json.loads((place / "out" / "run.json").read_text())
    assert (record["kind"], record["seed"], record["samples"]) == ("sensitivity", 5, 8)
    assert record["files"]["sensitivity.csv"] == digest(place / "out" / "sensitivity.csv")
    assert main([*arguments, "--out", str(place / "again"), "--threads", "1"]) == 0
    for name in ("sensitivity.csv", "effect_curves.csv", "sensitivity.json", "figures/tornado.svg"):
        assert digest(place / "out" / name) == digest(place / "again" / name), name


def test_json_says_what_python_gives(folder, capsys):
    place, arguments = folder
    assert main([*arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    found = vs.sensitivity(
        vs.load_scenario(place / "small.yaml"), "reach", {SHARE: "band", REACH: "0.1:0.9"}, samples=8, replicates=4,
        draws=2, curve_replicates=4,
    )  # fmt: skip
    assert printed == json.loads(json.dumps(found.to_dict()))
    assert printed["sentence"] == found.sentence()


def test_the_command_prints_the_strongest_first(folder, capsys):
    _, arguments = folder
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{REACH} decides most: ") and "simulation noise" in out
    assert out.index(REACH) < out.index(SHARE)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--samples", "9"],
        ["--scheduler", "tcp://127.0.0.1:1"],
        ["--executor", "threds"],
        ["--vary", f"{SHARE}="],
        ["--vary", SHARE, "--vary", SHARE],
        ["--metric", "x"],
    ],
)
def test_bad_options_are_exit_2(folder, wrong, capsys):
    place, _ = folder
    assert main(["sensitivity", str(place / "small.yaml"), *wrong]) == 2
    assert capsys.readouterr().err


def test_dry_run_says_the_size_and_runs_nothing(folder, capsys):
    _, arguments = folder
    assert main([*arguments, "--dry-run"]) == 0
    assert "42 settings x 4 replicates" in capsys.readouterr().out


def test_a_page_of_a_notebook_escapes_paths():
    found = vs.sensitivity(small_scenario(), "reach", {SHARE: "band"}, **FEW)
    object.__setattr__(found.factors[0], "path", "<script>x</script>")
    assert "<script>" not in found._repr_html_()
    assert all(b"<script>" not in drawn.svg() for drawn in sensitivity_figures(found))


def test_a_tornado_has_the_widest_bar_on_top_and_its_ends_named():
    """What moves most by itself is not always what decides most in all."""
    found = vs.sensitivity(small_scenario(), "reach", {SHARE: "band", REACH: "0.1:0.9"}, **FEW)
    figure = tornado(dataclasses.replace(found, factors=found.factors[::-1]))
    (axis,) = figure.axes
    names = [text.get_text() for text in axis.texts if text.get_text().startswith(("items", "platforms"))]
    assert names == [REACH, SHARE]
    written = {text.get_text() for text in axis.texts}
    assert {"0.14", "0.86", "0.004", "0.05"} <= written
    widths = [max(abs(bar.get_width()) for bar in axis.patches[i : i + 2]) for i in (0, 2)]
    assert widths[0] > widths[1]


def test_the_tables_have_a_row_per_number_and_point():
    found = vs.sensitivity(small_scenario(), "reach", {SHARE: "band", REACH: "0.1:0.9"}, **FEW)
    assert {len(column) for column in found.to_columns().values()} == {2}
    assert {len(column) for column in found.curve_columns().values()} == {10}


def test_a_study_can_be_repeated_from_its_folder(folder, capsys):
    place, _ = folder
    assert main(["rerun", str(place / "out"), "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("The same bytes as before: effect_curves.csv, sensitivity.csv")


@pytest.mark.parametrize(
    "arguments",
    [
        ["sweep", "--vary", f"{SHARE}=0.01,0.1", "--vary", "campaign.posts.0.at=0h:4h:2"],
        [
            "sweep",
            "--design",
            "sobol",
            "--samples",
            "2",
            "--vary",
            SHARE,
            "--vary",
            "platforms.facebook.half_life",
        ],
        [
            "tipping",
            "--vary",
            f"{SHARE}=0.01:0.9",
            "--metric",
            "shares",
            "--at-least",
            "3",
            "--replicates",
            "8",
        ],
    ],
)
def test_sweeps_and_tipping_points_can_be_repeated_too(arguments, folder, tmp_path, capsys):
    name, *rest = arguments
    scenario = str(folder[0] / "small.yaml")
    assert main([name, scenario, *rest, "--out", str(tmp_path / "out"), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["rerun", str(tmp_path / "out"), "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("The same bytes as before: ")
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    table = "results.csv" if name == "sweep" else "tipping.csv"
    record["files"][table] = "0" * 64
    (tmp_path / "out" / "run.json").write_text(json.dumps(record))
    assert main(["rerun", str(tmp_path / "out"), "--quiet"]) == 1


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [("sensitivity", {"laws": None}, "laws"), ("sensitivity", {"samples": []}, "samples"),
     ("tipping", {"range": 3}, "range"), ("lift", {"seed": [1]}, "seed"),
     ("marginal", {"more": "much"}, "more"), ("lift", {"versions": []}, "versions")],
)  # fmt: skip
def test_a_damaged_record_of_a_study_names_what_is_unusable(tmp_path, kind, change, said):
    whole = {
        "format": FORMAT, "format_version": FORMAT_VERSION, "kind": kind, "seed": 1, "replicates": 2, "draws": 1,
        "fixed": False, "versions": {}, "scenarios": [{}], "files": {}, "digest": "", "laws": {}, "metric": "reach",
        "samples": 2, "curve_replicates": 2, "path": "run.seed", "range": [0, 1], "more": 0.1,
    }  # fmt: skip
    (tmp_path / "run.json").write_text(json.dumps(whole))
    assert read_record(tmp_path, (kind,))["kind"] == kind
    with pytest.raises(StoreError, match="has no page"):
        read_record(tmp_path, ("run", "compare", "sweep"))
    (tmp_path / "run.json").write_text(json.dumps({**whole, **change}))
    with pytest.raises(StoreError, match=rf"damaged \(missing or unusable: {said}\)"):
        read_record(tmp_path, (kind,))


# ----------------------------------------------------------------------------------------------- damaged stores


def _bytes(change):
    """Damage that changes the bytes of the store's file."""
    return lambda store: store.write_bytes(change(store.read_bytes()))


def _sql(text, *values):
    """Damage that SQLite itself does."""

    def damage(store):
        with contextlib.closing(sqlite3.connect(store)) as connection, connection:
            connection.execute(text, values)

    return damage


def _foreign_database(store):
    store.unlink()
    _sql("CREATE TABLE a (b)")(store)


def _folder(store):
    store.unlink()
    store.mkdir()


def _cell(head, numbers=0):
    data = zlib.compress(json.dumps(head).encode() + b"\n" + bytes(8 * numbers))
    return _sql("UPDATE cells SET columns = ? WHERE key LIKE 'curve % 3'", data)


ROW = r"table cells, row 'curve items.film.share_prob 3', 0: is damaged"
DAMAGES = {
    "truncated": (_bytes(lambda data: data[: len(data) // 2]), "is damaged"),
    "cut to nothing much": (_bytes(lambda data: data[:50]), "is damaged|no store of a sensitivity study"),
    "header": (_bytes(lambda data: b"x" * 16 + data[16:]), "no store of a sensitivity study, or damaged"),
    "page": (_bytes(lambda data: data[:20480] + bytes(8192) + data[28672:]), "is damaged"),
    "letter": (_bytes(lambda data: b"Dear Sir"), "no store of a sensitivity study, or damaged"),
    "foreign": (_foreign_database, "is a database, but no sensitivity study's"),
    "folder": (_folder, "is a folder where the store of the study belongs; move it away"),
    "no format": (_sql("DELETE FROM meta WHERE name = 'format'"), "no sensitivity study's"),
    "no record": (
        _sql("DELETE FROM meta WHERE name = 'scenario_digest'"),
        "row 'scenario_digest': is damaged",
    ),
    "no JSON": (_sql("UPDATE meta SET value = '{oops' WHERE name = 'seed'"), "row 'seed': is damaged"),
    "no seed": (_sql("DELETE FROM meta WHERE name = 'seed'"), r"row 'seed': is damaged \(it is not there\)"),
    "no number": (
        _sql("UPDATE meta SET value = '\"x\"' WHERE name = 'samples'"),
        "row 'samples': is damaged",
    ),
    "no cells": (_sql("DROP TABLE cells"), "is damaged .no such table: cells"),
    "no column": (_sql("ALTER TABLE cells DROP COLUMN columns"), "is damaged .no such column"),
    "garbage": (_sql("UPDATE cells SET columns = x'00ff' WHERE key LIKE 'curve % 3'"), ROW),
    "text": (_sql("UPDATE cells SET columns = 'abc' WHERE key LIKE 'curve % 3'"), ROW),
    "moved": (_sql("UPDATE cells SET first = 40 WHERE key LIKE 'curve % 3'"), ROW),
    "no head": (_cell([]), ROW),
    "short": (_cell([["reach"], [1, 4], 0, [None]], 1), ROW),
    "fewer": (_cell([["reach"], [1, 2], 0, [None]], 4), ROW + r" \(2 replicates in place of 4\)"),
}


@pytest.fixture(scope="module")
def one_number(tmp_path_factory):
    """A small study of one number, and the arguments it takes."""
    place = tmp_path_factory.mktemp("one")
    (place / "small.yaml").write_text(SMALL)
    sizes = ["--samples", "2", "--replicates", "4", "--draws", "2", "--curve-replicates", "4"]
    words = ["sensitivity", str(place / "small.yaml"), "--vary", SHARE, *sizes, "--threads", "1", "--quiet"]
    assert main([*words, "--out", str(place / "out")]) == 0
    return place / "out", words


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_store_says_where_what_and_what_to_do(one_number, tmp_path, capsys, name):
    good, words = one_number
    out = tmp_path / "out"
    shutil.copytree(good, out)
    damage, said = DAMAGES[name]
    damage(out / "sensitivity.sqlite")
    assert main([*words, "--out", str(out), "--resume"]) == 2
    told = capsys.readouterr().err
    assert re.search(said, told), told
    assert "sensitivity.sqlite" in told and str(out) in told
    assert "move" in told and "name another folder" in told
    assert "unexpected" not in told


def test_after_the_store_is_deleted_force_begins_anew(one_number, tmp_path, capsys):
    good, words = one_number
    out = tmp_path / "out"
    shutil.copytree(good, out)
    (out / "sensitivity.sqlite").write_text("Dear Sir")
    assert main([*words, "--out", str(out)]) == 2
    assert "no store of a sensitivity study or damaged" in capsys.readouterr().err
    (out / "sensitivity.sqlite").unlink()
    assert main([*words, "--out", str(out)]) == 2
    assert "replace them with --force" in capsys.readouterr().err
    assert main([*words, "--out", str(out), "--force"]) == 0
    assert digest(out / "sensitivity.csv") == digest(good / "sensitivity.csv")


def test_a_lock_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "out" / "sensitivity.lock").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"sensitivity.lock: cannot be written to .* name another folder"):
        vs.sensitivity(small_scenario(), "reach", **TWO, out=tmp_path / "out")
