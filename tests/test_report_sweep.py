"""The page and figures of a sweep, and pages drawn again from a folder."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from page_worlds import Elements, scenario

import viralsim as vs
from viralsim.cli.shell import run_command
from viralsim.errors import SpecError, StoreError
from viralsim.report.figures_effects import effect_columns, tipping_places
from viralsim.report.figures_plane import _tips, heat_columns, heat_pairs
from viralsim.report.figures_sweep import sweep_effect, sweep_figures, sweep_heat_map
from viralsim.report.sweep_facts import chance_rows, setting_rows, sweep_verdict, variance_parts
from viralsim.report.sweep_page import sweep_page
from viralsim.report.sweep_view import sweep_view
from viralsim.report.verify_page import verify_page
from viralsim.report.verify_record import verification_from, verification_record
from viralsim.verify.running import verify_groups

SHARES, ORGANIC = "items.post.share_prob", "platforms.x.organic_reach"
GRID = {SHARES: [0.005, 0.05, 0.5], ORGANIC: [0.1, 0.8]}


@pytest.fixture(scope="module")
def swept():
    return vs.sweep(scenario(), GRID, replicates=10, draws=5)


@pytest.fixture(scope="module")
def view(swept):
    return sweep_view(swept)


@pytest.fixture(scope="module")
def page(swept):
    return sweep_page(swept, command="viralsim sweep small --vary x=1,2")


def words_of(text):
    return " ".join(" ".join(Elements(text).words).split())


def test_the_view_holds_what_the_table_holds(swept, view):
    assert [axis.path for axis in view.axes] == list(GRID)
    assert [axis.places.tolist() for axis in view.axes] == list(GRID.values())
    assert view.is_grid and view.goal == 200 and view.axes[0].logarithmic and not view.axes[1].logarithmic
    assert view.axes[0].present == 0.03
    for row in swept.rows("reach"):
        at = row["setting"]
        assert view.mean[at] == row["mean"] and view.p95[at] == row["p95"]
        assert GRID[SHARES][view.axes[0].index[at]] == row[SHARES]
        assert GRID[ORGANIC][view.axes[1].index[at]] == row[ORGANIC]


def test_the_page_of_a_sweep_is_safe_small_and_complete(page, view):
    found = Elements(page)
    assert "<script>alert" not in page and not any("alert(1)" in script for script in found.scripts)
    assert all(a.startswith(("#", "data:")) for a in found.addresses)
    assert len(set(found.ids)) == len(found.ids)
    assert len(page.encode()) < 1_000_000
    words = words_of(page)
    for part in (
        *sweep_verdict(view),
        "What drives this",
        "What could go wrong",
        "What we assumed",
        "viralsim sweep small --vary x=1,2",
        "not a forecast",
    ):
        assert part in words, part
    names = re.findall(r'download="(\w+)\.csv"', page)
    assert names == ["heat_1", "effect_1", "effect_2", "setting_dots"]


def test_the_numbers_of_a_heat_map_are_those_of_the_sweep(page, view):
    address = re.search(r'download="heat_1\.csv" href="data:text/csv;charset=utf-8,([^"]*)"', page).group(1)
    rows = list(csv.DictReader(io.StringIO(unquote(address))))
    assert len(rows) == 6
    got = {(row[SHARES], row[ORGANIC]): float(row["mean"]) for row in rows}
    x, y = view.axes
    for at in range(6):
        assert got[x.texts[x.index[at]], y.texts[y.index[at]]] == pytest.approx(view.mean[at])


def test_the_best_setting_is_the_one_with_the_highest_mean(view):
    best = int(np.argmax(view.mean))
    assert view.order[0] == best
    first = sweep_verdict(view)[0]
    assert view.says(best) in first.split(";")[0]
    assert setting_rows(view)[0]["values"] == ["0.5", "0.8"]
    chance = np.mean(view.swept.replicates(best)["reach"] >= 200)
    assert chance == 1.0 and "met every time" in first
    missed = [row["chances"][0][0] for row in chance_rows(view)]
    assert missed[0] == "never"


def test_parts_of_the_variance_are_those_of_an_analysis_of_variance(view):
    table = np.empty((3, 2))
    table[view.axes[0].index, view.axes[1].index] = view.mean
    total = ((table - table.mean()) ** 2).sum()
    rows = 2 * ((table.mean(axis=1) - table.mean()) ** 2).sum() / total
    columns = 3 * ((table.mean(axis=0) - table.mean()) ** 2).sum() / total
    found = {part.path: part.share for part in variance_parts(view)}
    assert found == pytest.approx({SHARES: rows, ORGANIC: columns})
    assert rows + columns <= 1.0


def test_tipping_places():
    places, reach = np.array([0.01, 0.1, 1.0]), np.array([10.0, 20.0, 30.0])
    assert tipping_places(places, np.array([0.0, 2.0, 3.0]), reach, True) == pytest.approx(
        [10**-1.5]
    )  # halfway
    assert tipping_places(places, np.array([0.2, 0.4, 0.9]), reach, True) == []
    assert tipping_places(places, np.array([0.5, 1.5, 0.5]), reach, False) == pytest.approx(
        [0.055]
    )  # not the way down
    assert tipping_places(places, np.array([0.5, np.nan, 1.5]), reach, False) == []
    falling = tipping_places(places, np.array([1.5, 0.5, 0.4]), reach[::-1], False)
    assert falling == pytest.approx([0.055])  # a number that dampens


def test_a_grid_whose_r_passes_1_has_a_tipping_line(view):
    assert view.reproduction.min() < 1 < view.reproduction.max()
    figure = sweep_heat_map(view.swept, SHARES, ORGANIC)
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "R = 1: the tipping line" in texts
    columns = heat_columns(view, *heat_pairs(view)[0])
    assert len(columns["reproduction"]) == 6


def test_a_line_where_the_audience_runs_out_is_no_tipping_line():
    plane = np.array([[0.5, 1.5, 0.5], [0.5, 1.5, 0.5]])
    reach = np.array([[1.0, 5.0, 9.0], [1.0, 5.0, 9.0]])
    up, down = (np.array([[x, 0.0], [x, 1.0]]) for x in (0.4, 1.6))
    assert _tips(up, plane, reach) and not _tips(down, plane, reach)
    assert _tips(up, 2.0 - plane, 9.0 - reach)  # a number that dampens both


def test_an_effect_curve_has_a_curve_for_each_value_of_the_other(view):
    columns = effect_columns(view, view.axes[0])
    assert columns["curve"] == ["0.1"] * 3 + ["0.8"] * 3
    assert columns[SHARES] == GRID[SHARES] * 2
    order = np.lexsort((view.axes[0].index, view.axes[1].index))
    assert columns["mean"] == pytest.approx(view.mean[order])


def test_what_was_not_varied_has_no_curve(swept):
    with pytest.raises(SpecError, match="was not varied"):
        sweep_effect(swept, "audience.size")
    with pytest.raises(SpecError, match="there is no"):
        sweep_effect(swept, SHARES, metric="reech")


def test_texts_switches_and_samples_are_drawn_too(tmp_path):
    odd = vs.sweep(
        scenario(),
        [{"run.horizon": "1d"}, {"run.horizon": "<b>3d</b>"}, {}],
        replicates=4,
        draws=2,
    )
    view = sweep_view(odd)
    assert not view.axes[0].numeric and set(view.axes[0].texts) >= {"1d", "as written"}
    text = sweep_page(odd)
    assert "1 of 3 settings failed" in words_of(text) and "<b>3d" not in text
    sampled = vs.sweep(
        scenario(), {SHARES: "0.005:0.3:log", ORGANIC: (0.1, 0.9)}, design="sobol", samples=32, replicates=4, draws=2
    )  # fmt: skip
    view = sweep_view(sampled)
    assert not view.is_grid and heat_pairs(view) == []
    assert [drawn.name for drawn in sweep_figures(view)] == ["effect_1", "effect_2", "setting_dots"]
    columns = effect_columns(view, view.axes[0])
    assert len(columns["mean"]) == 8 and columns["mean"][0] < columns["mean"][-1]
    assert variance_parts(view)[0].path == SHARES


def test_a_sweep_on_the_command_line_writes_a_page_and_report_draws_it_again(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(scenario().to_yaml(), encoding="utf-8")
    words = [
        "sweep",
        "small.yaml",
        "--vary",
        f"{SHARES}=0.01,0.2",
        "--replicates",
        "4",
        "--draws",
        "2",
        "--quiet",
    ]
    assert run_command([*words, "--out", "page.html"]) == 0
    assert "is expected to be highest" in Path("page.html").read_text("utf-8")
    assert run_command([*words, "--out", "page.html"]) == 2  # not over something that is there
    assert run_command([*words, "--out", "other.html", "--resume"]) == 2
    assert run_command([*words, "--out", "kept"]) == 0
    assert run_command(["report", "kept", "--quiet", "--metric", "shares"]) == 0
    drawn = Path("kept/page.html").read_text("utf-8")
    assert "shares is expected to be highest" in words_of(drawn)
    assert run_command(["rerun", "kept/run.json"]) == 0


def test_a_verification_is_drawn_again_from_its_record(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = verify_groups(("trees",))
    again = verification_from(verification_record(found))
    assert verify_page(again) == verify_page(found)
    assert run_command(["verify", "trees", "--out", "found", "--quiet"]) == 0
    before = Path("found/verify.html").read_bytes()
    Path("found/verify.html").unlink()
    assert run_command(["report", "found", "--quiet"]) == 0
    assert Path("found/verify.html").read_bytes() == before
    with pytest.raises(StoreError, match="no complete record"):
        verification_from({"checks": [{}]})
    assert run_command(["report", "found", "--metric", "reach"]) == 2
