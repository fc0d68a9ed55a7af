"""Sweeps: the numbers of single runs, nothing lost, nothing double, whatever interrupts them."""

from __future__ import annotations

import contextlib
import csv
import json
import sqlite3
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from sweep_worlds import FANS, SHARE, digest, small_scenario

import viralsim as vs
from viralsim.errors import SpecError, StoreError
from viralsim.experiment import audiences, executors, plans, sweeps
from viralsim.experiment.cells import Columns, missing_blocks, summaries_of
from viralsim.experiment.cluster import _is_there
from viralsim.experiment.executors import Threads
from viralsim.experiment.store import RESULTS_FILE, STORE_FILE, FolderLock, Store, database
from viralsim.metrics.registry import METRICS
from viralsim.metrics.views import View
from viralsim.provenance import versions

AXES = {SHARE: [0.001, 0.02, 0.2], FANS: [50, 100]}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A finished sweep, for reading only."""
    folder = tmp_path_factory.mktemp("finished") / "out"
    vs.sweep(small_scenario(), AXES, out=folder, threads=2)
    return folder


def count_cells(monkeypatch) -> list[tuple[str, int, int]]:
    """The cells run from now on."""
    run: list[tuple[str, int, int]] = []
    real = executors.run_cell

    def counting(cell, *rest):
        run.append(cell.name)
        return real(cell, *rest)

    monkeypatch.setattr(executors, "run_cell", counting)
    return run


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# -------------------------------------------------------------------------------------------- what comes out


def test_every_setting_is_what_simulate_gives():
    swept = vs.sweep(small_scenario(), AXES)
    assert len(swept) == 6
    for number, overrides in enumerate(swept.settings()):
        ensemble = vs.simulate(small_scenario().with_overrides(overrides))
        found = swept.replicates(number)
        assert tuple(found) == ensemble.metrics
        for name in ensemble.metrics:
            np.testing.assert_array_equal(found[name], ensemble[name])
            summary, metric = ensemble.summary()[name], swept.metric(name)
            for field in ("mean", "se", "low", "high", "p05", "p50", "p95", "sd", "defined"):
                np.testing.assert_array_equal(metric[field][number], getattr(summary, field))


def test_results_csv_has_one_line_per_setting_and_metric(finished):
    rows = table(finished / RESULTS_FILE)
    ensemble = vs.simulate(small_scenario().with_overrides({SHARE: 0.2, FANS: 50}))
    own = [row for row in rows if row["setting"] == "4"]
    assert [row["metric"] for row in own] == list(ensemble.metrics)
    for row in own:
        summary = ensemble.summary()[row["metric"]]
        assert (row[SHARE], row[FANS], row["seed"]) == ("0.2", "50", "5")
        assert (row["replicates"], row["draws"], row["error"]) == ("6", "2", "")
        assert (row["unit"], row["note"]) == (summary.unit, summary.note)
        assert row["digest"] == ensemble.digest[:16]
        np.testing.assert_array_equal(float(row["mean"]), summary.mean)
        np.testing.assert_array_equal(float(row["high"]), summary.high)
    assert len(rows) == 6 * len(ensemble.metrics)


def test_a_frame_a_table_and_the_file_say_the_same(finished):
    swept = vs.sweep(small_scenario(), AXES, out=finished)
    frame, columns, rows = swept.to_frame(), swept.to_columns(), table(finished / RESULTS_FILE)
    assert list(frame.columns) == list(columns) == list(rows[0])
    assert len(frame) == len(rows)
    np.testing.assert_array_equal(frame["mean"], [float(row["mean"]) for row in rows])
    assert "small: 6 settings" in repr(swept)
    assert "<table>" in swept._repr_html_()
    assert swept.csv_path == finished / RESULTS_FILE


def test_a_repr_escapes_what_the_scenario_says():
    swept = vs.sweep(small_scenario(), {"title": ["<script>alert(1)</script>"]})
    assert "<script>" not in swept._repr_html_()


@pytest.mark.parametrize(
    ("path", "values"),
    [("run.replicates", [2, 5]), ("run.draws", [1, 3]), ("run.seed", [0, 9]), ("audience.size", [200, 320])],
)
def test_graphs_seeds_and_replicates_can_be_varied(path, values):
    swept = vs.sweep(small_scenario(), {path: values})
    for number, value in enumerate(values):
        ensemble = vs.simulate(small_scenario().with_overrides({path: value}))
        np.testing.assert_array_equal(swept.replicates(number)["reach"], ensemble["reach"])


@pytest.mark.parametrize(
    "arguments",
    [{"replicates": 3}, {"seed": 8}, {"draws": 3}, {"fixed": True}],
    ids=lambda arguments: next(iter(arguments)),
)
def test_numbers_given_for_all_settings_are_those_of_simulate(arguments):
    swept = vs.sweep(small_scenario(), {FANS: [60]}, **arguments)
    ensemble = vs.simulate(small_scenario().with_overrides({FANS: 60}), **arguments)
    plain = vs.simulate(small_scenario().with_overrides({FANS: 60}))
    np.testing.assert_array_equal(swept.replicates(0)["impressions"], ensemble["impressions"])
    assert not np.array_equal(ensemble["impressions"], plain["impressions"])


def test_settings_share_their_worlds_and_more_sharing_reaches_no_fewer():
    swept = vs.sweep(small_scenario(), {SHARE: [0.01, 0.05, 0.3]}, replicates=10)
    reach = [swept.replicates(k)["reach"] for k in range(3)]
    assert (reach[0] <= reach[1]).all()
    assert (reach[1] <= reach[2]).all()
    assert reach[0].sum() < reach[2].sum()


def test_a_seed_nobody_gives_is_drawn_once_and_recorded(tmp_path):
    scenario = small_scenario().with_overrides({"run.seed": None})
    first = vs.sweep(scenario, {SHARE: [0.02]}, out=tmp_path / "a")
    again = vs.sweep(scenario, {SHARE: [0.02]}, out=tmp_path / "a")
    other = vs.sweep(scenario, {SHARE: [0.02]}, out=tmp_path / "b")
    assert first.seed == again.seed
    assert first.seed != other.seed
    assert json.loads((tmp_path / "a" / "run.json").read_text())["seed"] == first.seed


# ------------------------------------------------------------------------------------- what changes nothing


def test_threads_and_blocks_change_no_byte(tmp_path, finished):
    scenario = small_scenario()
    vs.sweep(scenario, AXES, out=tmp_path / "one", threads=1)
    plan = plans.make_plan(scenario, AXES)
    object.__setattr__(plan, "block", 2)  # three cells for each setting
    sweeps.run_sweep(plan, tmp_path / "small", threads=3)
    for folder in ("one", "small"):
        assert digest(tmp_path / folder / RESULTS_FILE) == digest(finished / RESULTS_FILE)


def test_blocks_cover_every_replicate_once():
    for replicates, draws, block in ((50, 20, 40), (7, 3, 1000), (9, 3, 1), (1, 1, 10)):
        blocks = missing_blocks({}, replicates, draws, block)
        rows = [r for first, count in blocks for r in range(first, first + count)]
        assert rows == list(range(replicates))
        assert all(first % draws == 0 for first, _ in blocks)
        assert missing_blocks(dict(blocks), replicates, draws, block) == []


def test_audiences_are_made_once_for_all_settings_that_agree_on_them(monkeypatch):
    made = []
    real = audiences.make_audience
    monkeypatch.setattr(audiences, "make_audience", lambda *a: made.append(a[1]) or real(*a))
    vs.sweep(small_scenario(), {SHARE: [0.01, 0.02, 0.05], "audience.size": [200, 300]}, threads=2)
    assert len(made) == 2 * 2, "two sizes, two draws"


def test_an_audience_that_does_not_fit_is_made_again_with_the_same_result(finished, monkeypatch):
    plan = plans.make_plan(small_scenario(), AXES)
    kept = audiences.Audiences(limit_bytes=0.0)
    monkeypatch.setattr(sweeps, "chosen_executor", lambda *a: Threads(1, 6, kept))
    swept = sweeps.run_sweep(plan, None)
    assert kept.made == 6 * 2
    columns = table(finished / RESULTS_FILE)
    np.testing.assert_array_equal([float(row["mean"]) for row in columns], swept.to_columns()["mean"])


def test_the_audience_sees_nothing_but_its_key():
    """What makes an audience is handed to it alone, so two settings with one key cannot differ."""
    plain = small_scenario()
    settings, key = audiences.audience_settings(plain)
    assert set(vars(settings)) == {"audience", "platforms", "items"}
    assert set(vars(settings.platforms["facebook"])) == {"network", "access"}
    assert key == audiences.audience_settings(plain.with_overrides({SHARE: 0.3, FANS: 10}))[1]
    for change in (
        {"audience.size": 301},
        {"platforms.facebook.access": 0.5},
        {"platforms.facebook.network.mean_degree": 9},
        {"items.film.topic": "other"},
    ):
        assert key != audiences.audience_settings(plain.with_overrides(change))[1]


def test_cells_are_made_only_a_few_ahead_however_many_there_are():
    seen = {"made": 0, "back": 0, "ahead": 0}
    plan = plans.make_plan(small_scenario(), {"run.seed": list(range(25))}, replicates=2)
    with contextlib.closing(Store(None)) as store:
        work = sweeps._Work(plan.begin(store, None), store, lambda done, total: None)

        def counted():
            for cell in work._cells():
                seen["made"] += 1
                seen["ahead"] = max(seen["ahead"], seen["made"] - seen["back"])
                yield cell

        for outcome in Threads(2, 25).run(counted(), lambda: None):
            seen["back"] += 1
            work._keep(outcome)
        assert seen["made"] == seen["back"] == 25
        assert seen["ahead"] <= 2 + 2
        assert not work.waiting


# ----------------------------------------------------------------------------------------- what interrupts it


class _PulledPlugError(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_resume_after_any_interruption_gives_the_same_bytes_and_runs_nothing_twice(
    tmp_path, finished, monkeypatch, after
):
    run = count_cells(monkeypatch)
    real = Store.keep

    def keep(self, outcome, finish):
        if self.counts()[0] >= after:
            raise _PulledPlugError
        real(self, outcome, finish)

    monkeypatch.setattr(Store, "keep", keep)
    with pytest.raises(_PulledPlugError):
        vs.sweep(small_scenario(), AXES, out=tmp_path / "out", threads=2)
    assert not (tmp_path / "out" / RESULTS_FILE).exists()
    monkeypatch.setattr(Store, "keep", real)
    run.clear()
    vs.sweep(small_scenario(), AXES, out=tmp_path / "out", threads=2)
    assert len(run) == len(set(run)) == 6 - after
    assert digest(tmp_path / "out" / RESULTS_FILE) == digest(finished / RESULTS_FILE)


def test_a_finished_sweep_runs_nothing_again(finished, monkeypatch):
    run, before = count_cells(monkeypatch), digest(finished / RESULTS_FILE)
    vs.sweep(small_scenario(), AXES, out=finished)
    assert run == []
    assert digest(finished / RESULTS_FILE) == before


def test_settings_that_are_the_same_are_run_once(monkeypatch):
    run = count_cells(monkeypatch)
    swept = vs.sweep(small_scenario(), {SHARE: [0.05, 0.05, 0.05]}, threads=2)
    assert len(run) == 1
    assert len(set(swept.metric("reach")["mean"])) == 1
    assert len(swept) == 3


def test_a_sweep_can_be_extended_by_settings_and_replicates(tmp_path, monkeypatch):
    out, scenario = tmp_path / "out", small_scenario()
    vs.sweep(scenario, {SHARE: [0.02, 0.2]}, out=out, replicates=4)
    with pytest.raises(
        StoreError, match=r"what differs: what is varied, the replicates.*resume=True extends it"
    ):
        vs.sweep(scenario, {SHARE: [0.001, 0.02]}, out=out, replicates=10)
    run = count_cells(monkeypatch)
    vs.sweep(scenario, {SHARE: [0.001, 0.02]}, out=out, replicates=10, resume=True)
    assert sorted((first, count) for _, first, count in run) == [(0, 10), (4, 6)]
    fresh = vs.sweep(scenario, {SHARE: [0.001, 0.02]}, out=tmp_path / "fresh", replicates=10)
    assert digest(out / RESULTS_FILE) == digest(fresh.csv_path)
    run.clear()
    vs.sweep(scenario, {SHARE: [0.2, 0.02, 0.001]}, out=out, replicates=4, resume=True)
    assert run == [], "everything was there already"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"scenario": small_scenario().with_overrides({"items.film.negative": 0.5})}, "the scenario"),
        ({"seed": 1}, "the seed"),
        ({"draws": 1}, "the draws"),
        ({"fixed": True}, "--fixed"),
    ],
)
@pytest.mark.parametrize("resume", [None, True])
def test_another_sweep_is_not_mixed_in(finished, change, what, resume):
    arguments = {"scenario": small_scenario(), **change}
    with pytest.raises(StoreError, match=f"what differs: {what}"):
        vs.sweep(**arguments, vary=AXES, out=finished, resume=resume)


def test_a_new_sweep_can_ask_for_an_empty_folder(finished):
    with pytest.raises(
        StoreError, match=r"holds a sweep already \(6 of 6 settings done\); go on with --resume"
    ):
        vs.sweep(small_scenario(), AXES, out=finished, resume=False)


def test_a_store_of_another_version_is_refused(tmp_path):
    out = tmp_path / "out"
    vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)

    def changed(name, value):
        with sqlite3.connect(out / STORE_FILE) as connection:
            connection.execute("UPDATE meta SET value = ? WHERE name = ?", (json.dumps(value), name))
        connection.close()

    changed("versions", {"viralsim": "0.0.1", "generator": "1"})
    with pytest.raises(StoreError, match=r"begun by viralsim 0\.0\.1 .* numbers may differ"):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)
    changed("format_version", 99)
    with pytest.raises(
        StoreError, match=r"store of version 99, written by viralsim 0\.0\.1; .* reads version 1"
    ):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)
    changed("format", "something else")
    with pytest.raises(StoreError, match="no sweep's"):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)


@pytest.mark.parametrize("name", ["engine", "networks"])
@pytest.mark.parametrize("then", ["0" * 16, None], ids=["another", "not recorded"])
def test_a_store_begun_with_an_engine_that_counts_otherwise_is_refused(tmp_path, monkeypatch, name, then):
    """Its version was the same, as versions are while nothing is released."""
    out = tmp_path / "out"
    made = {**versions(), name: then}
    with monkeypatch.context() as before:
        before.setattr(plans, "versions", lambda: {key: made[key] for key in made if made[key]})
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)
    with pytest.raises(
        StoreError, match=f"{name} {then or 'not recorded'}.*numbers may differ; finish it with"
    ):
        vs.sweep(small_scenario(), {SHARE: [0.1, 0.2]}, out=out, resume=True)


def test_other_packages_and_machines_may_go_on(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as before:
        before.setattr(plans, "versions", lambda: {**versions(), "numba": "0.1", "machine": "abacus"})
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)
    assert len(vs.sweep(small_scenario(), {SHARE: [0.1, 0.2]}, out=out, resume=True)) == 2


def test_places_that_are_no_sweeps_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / STORE_FILE).write_text("no database, but long enough to look at" * 50)
    for name, message in (
        ("file", "is a file"),
        ("other", "holds no sweep"),
        ("broken", "no store of a sweep, or damaged"),
    ):
        with pytest.raises(StoreError, match=message):
            vs.sweep(small_scenario(), {SHARE: [0.1]}, out=tmp_path / name)
    assert (tmp_path / "other" / "letter.txt").read_text() == "x"


def test_two_runs_on_one_folder_get_in_nobodys_way(finished):
    with (
        FolderLock(finished),
        pytest.raises(StoreError, match=r"another sweep is writing there \(process \d+\)"),
    ):
        vs.sweep(small_scenario(), AXES, out=finished)
    vs.sweep(small_scenario(), AXES, out=finished)  # the lock is gone with its holder


def test_a_full_disk_loses_nothing_and_says_what_to_do(tmp_path, finished, monkeypatch):
    real = database.connect
    pages = []

    def small_disk(path):
        connection = real(path)
        if pages:
            connection.execute(f"PRAGMA max_page_count = {pages[0]}")
        return connection

    monkeypatch.setattr(database, "connect", small_disk)
    with contextlib.closing(real(finished / STORE_FILE)) as connection:
        pages.append(connection.execute("PRAGMA page_count").fetchone()[0] * 2 // 3)
    with pytest.raises(
        StoreError, match=r"the disk is full .* everything finished before is kept: make room"
    ):
        vs.sweep(small_scenario(), AXES, out=tmp_path / "out", threads=1)
    pages.clear()
    run = count_cells(monkeypatch)
    vs.sweep(small_scenario(), AXES, out=tmp_path / "out")
    assert 0 < len(run) < 6, "some were kept"
    assert digest(tmp_path / "out" / RESULTS_FILE) == digest(finished / RESULTS_FILE)


def test_results_csv_is_whole_or_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr("viralsim.experiment.store.export._lines", lambda *a: iter(_no_space()))
    with pytest.raises(
        StoreError, match=r"results.csv: cannot be written \(the disk is full\); the store keeps"
    ):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert RESULTS_FILE not in names
    assert not any(name.endswith(".part") for name in names)


def _no_space():
    import errno

    yield ["0"]
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_damaged_cell_is_said(tmp_path):
    out = tmp_path / "out"
    swept = vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)
    with sqlite3.connect(out / STORE_FILE) as connection:
        connection.execute("UPDATE cells SET columns = x'00'")
    connection.close()
    with pytest.raises(
        StoreError, match=r"sweep.sqlite: table cells, row .*, 0: is damaged .*delete sweep.sqlite"
    ):
        swept.replicates(0)


def test_a_folder_in_place_of_the_store_is_said(tmp_path):
    (tmp_path / STORE_FILE).mkdir()
    with pytest.raises(StoreError, match="is a folder where the store of the sweep belongs; move it away"):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=tmp_path)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM meta WHERE name = 'versions'", r"row 'versions': is damaged \(it is not there\)"),
        ("UPDATE meta SET value = '\"x\"' WHERE name = 'settings'", "row 'settings': is damaged"),
        ("UPDATE meta SET value = '{oops' WHERE name = 'seed'", "row 'seed': is damaged"),
    ],
)
def test_a_damaged_record_is_said(tmp_path, statement, said):
    out = tmp_path / "out"
    vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out)
    with contextlib.closing(sqlite3.connect(out / STORE_FILE)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(StoreError, match=said + ".*delete sweep.sqlite to begin anew"):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, out=out, resume=True)


def test_results_can_be_read_while_it_runs(tmp_path):
    """Another connection sees whole settings only, while the writer goes on."""
    seen: list[tuple[int, int]] = []

    def look(done: int, total: int) -> None:
        if 0 < done < total:
            connection = sqlite3.connect(tmp_path / "out" / STORE_FILE)
            settings = connection.execute("SELECT count(*) FROM settings").fetchone()[0]
            per_setting = connection.execute("SELECT count(*) FROM results GROUP BY number").fetchall()
            connection.close()
            seen.append((settings, len(per_setting)))
            assert len(set(per_setting)) == 1

    vs.sweep(small_scenario(), AXES, out=tmp_path / "out", progress=look)
    assert seen
    assert all(settings == whole for settings, whole in seen)


# ------------------------------------------------------------------------------------------------ what fails


def test_a_setting_that_fails_is_a_row_with_its_error_and_the_sweep_goes_on(tmp_path):
    scenario = small_scenario().with_overrides({"platforms.facebook.access": 0.5})
    swept = vs.sweep(scenario, {SHARE: [0.1, 2.0], FANS: [50, 250]}, out=tmp_path / "out")
    assert [number for number, _, _ in swept.failed] == [1, 2, 3]
    errors = {number: error for number, _, error in swept.failed}
    assert "only" in errors[1]  # found out when the people are there: 250 followers, about 150 accounts
    assert "have an account there" in errors[1]
    assert "not a probability" in errors[2]
    rows = table(swept.csv_path)
    for number in (1, 2, 3):
        (row,) = (row for row in rows if row["setting"] == str(number))
        assert row["error"] == errors[number]
        assert row["metric"] == row["mean"] == ""
    assert {row["error"] for row in rows if row["setting"] == "0"} == {""}
    with pytest.raises(StoreError):
        swept.replicates(1)


def test_a_defect_in_one_cell_is_a_row_too_and_is_tried_again_on_resume(tmp_path, monkeypatch, finished):
    from viralsim.experiment import cells

    run_block = cells.run_block

    def sometimes(scenario, *rest, **named):
        if float(scenario.items[0].share_prob) == 0.02:
            raise ZeroDivisionError("a defect")
        return run_block(scenario, *rest, **named)

    monkeypatch.setattr(cells, "run_block", sometimes)
    swept = vs.sweep(small_scenario(), AXES, out=tmp_path / "out")
    assert [error for _, _, error in swept.failed] == ["unexpected ZeroDivisionError: a defect"] * 2
    monkeypatch.setattr(cells, "run_block", run_block)
    run = count_cells(monkeypatch)
    swept = vs.sweep(small_scenario(), AXES, out=tmp_path / "out")
    assert len(run) == 2
    assert swept.failed == []
    assert digest(swept.csv_path) == digest(finished / RESULTS_FILE)


def test_unknown_metric_setting_executor_and_threads_are_said():
    swept = vs.sweep(small_scenario(), {SHARE: [0.1]})
    with pytest.raises(SpecError, match=r"there is no 'raech'.*did you mean 'reach'"):
        swept.metric("raech")
    with pytest.raises(StoreError, match="setting 7 was not run"):
        swept.replicates(7)
    with pytest.raises(SpecError, match=r"executor: got 'thread'; did you mean 'threads'"):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, executor="thread")
    with pytest.raises(SpecError, match="executor: got 3"):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, executor=3)
    with pytest.raises(SpecError, match="threads: got 0"):
        vs.sweep(small_scenario(), {SHARE: [0.1]}, threads=0)


def test_parquet_holds_what_the_csv_holds(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    from viralsim.experiment.store import write_parquet

    swept = vs.sweep(small_scenario(), {SHARE: [0.1, 0.2]}, out=tmp_path / "out")
    target = tmp_path / "results.parquet"
    write_parquet(swept.csv_path, target)
    with duckdb.connect() as connection:
        query = f"SELECT mean FROM read_parquet('{target}') WHERE metric = 'reach' ORDER BY setting"
        assert [row[0] for row in connection.sql(query).fetchall()] == list(swept.metric("reach")["mean"])


def test_nothing_is_left_running():
    before = threading.active_count()
    vs.sweep(small_scenario(), {SHARE: [0.1, 0.2]}, threads=2)
    assert threading.active_count() == before


def test_a_scheduler_file_on_its_way_is_waited_for(tmp_path):
    place = tmp_path / "cluster.json"
    assert not _is_there(place, 0.0)
    writer = threading.Timer(0.3, place.write_text, ["{}"])
    writer.start()
    began = time.monotonic()
    assert _is_there(place, 30.0) and 0.2 < time.monotonic() - began < 20
    writer.join()


def test_bounds_by_the_people_are_kept_with_the_cells():
    """As an ensemble has them."""
    found = vs.simulate(small_scenario(), replicates=4, draws=2)
    view = View(found.tallies)
    names = found.metrics
    columns = [found.column(name) for name in names]
    kept = Columns(
        names,
        np.stack([column.numerator for column in columns]),
        np.stack([column.denominator for column in columns]),
        0,
        tuple(METRICS[name].ceiling_in(view) for name in names),
    )
    again = Columns.joined([Columns.from_bytes(kept.to_bytes())] * 2, 8)
    assert again.kind("reach").ceiling == found.people
    assert again.kind("reproduction_realised").ceiling == 1.0
    assert again.kind("impressions").ceiling is None
    assert summaries_of(kept, 2)["reach"] == found.summary()["reach"]
