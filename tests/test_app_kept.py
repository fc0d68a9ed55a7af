"""Long runs kept on disk: written, listed at the next start, bounded, and harmless where the folder is not ours."""

from __future__ import annotations

import json
import time

import pytest
from test_app_parts import MINE

import viralsim as vs
from viralsim.app.jobs import Job
from viralsim.app.kept import KeptRuns, state_folder
from viralsim.app.shop import Shop
from viralsim.errors import StoreError
from viralsim.experiment.audiences import Audiences
from viralsim.report import page as page_module

SCENARIO = vs.Scenario.from_dict({**MINE, "title": "<script>alert(1)</script>"})


@pytest.fixture(scope="module")
def job():
    made = Job(1, SCENARIO, {"items.post.share_prob": 0.05}, 8, 4, 1)
    made.run(Audiences(1e8))
    assert made.state == "done"
    return made


@pytest.fixture
def plain_page(monkeypatch):
    """Pages are tested elsewhere; drawing one takes a second."""
    monkeypatch.setattr(page_module, "run_page", lambda ensemble: f"page of {ensemble.replicates}")


def test_a_kept_run_is_listed_at_the_next_start(job, tmp_path):
    kept = KeptRuns(tmp_path / "state" / "app")
    kept.keep(job)
    found = KeptRuns(tmp_path / "state" / "app").all()
    assert [run.number for run in found] == [1]
    run = found[0]
    assert (run.title, run.label, run.state) == ("<script>alert(1)</script>", "mine", "done")
    assert (run.done, run.replicates, run.draws, run.seed) == (8, 8, 4, 1)
    assert run.sentence == job.result.sentence()
    assert run.settings == {"items.post.share_prob": 0.05}
    page, data = kept.page(1), kept.data(1)
    assert page.startswith("<!doctype html>") and "<script>alert(1)" not in page
    assert len(data.splitlines()) == 9
    again = vs.load_scenario(tmp_path / "state" / "app" / "run-000001" / "scenario.yaml")
    assert again.digest == job.scenario.digest
    assert (tmp_path / "state" / "app").stat().st_mode & 0o077 == 0


def test_the_oldest_go_first_and_numbers_are_never_given_twice(job, tmp_path, plain_page):
    kept = KeptRuns(tmp_path, most_runs=3)
    for _ in range(5):
        kept.keep(job)
    assert [run.number for run in kept.all()] == [5, 4, 3]
    small = KeptRuns(
        tmp_path, most_bytes=1.5 * sum(f.stat().st_size for f in (tmp_path / "run-000005").iterdir())
    )
    small.keep(job)
    assert [run.number for run in small.all()] == [6]
    small.forget(6)
    assert small.all() == [] and small.page(6) == "" == small.data(6)


def test_what_is_larger_than_all_that_may_be_kept_is_not(job, tmp_path, plain_page):
    with pytest.raises(StoreError, match="at most 0 MB are kept"):
        KeptRuns(tmp_path, most_bytes=10.0).keep(job)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_and_nothing_breaks(job, tmp_path):
    (tmp_path / "file").write_text("in the way", "utf-8")
    kept = KeptRuns(tmp_path / "file" / "app")
    assert "file/app" in kept.problem
    assert kept.all() == []
    with pytest.raises(StoreError, match="not kept: "):
        kept.keep(job)
    shop = Shop(tmp_path / "file" / "app")
    assert shop._keep_job(job).startswith("Here until the app ends; not kept: ")
    shop.close()


def test_a_full_disk_leaves_nothing_half_written(job, tmp_path, plain_page, monkeypatch):
    kept = KeptRuns(tmp_path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dumps", full)
    with pytest.raises(StoreError, match="No space left on device"):
        kept.keep(job)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"title": 1}', "x" * 300_000], ids=range(5))
def test_files_that_are_not_ours_are_left_out(tmp_path, text):
    for name in ("run-000001", "run-12", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text, "utf-8")
    assert KeptRuns(tmp_path).all() == []


def test_a_link_in_the_place_of_a_run_is_neither_read_nor_removed(job, tmp_path, plain_page):
    theirs = KeptRuns(tmp_path / "theirs")
    theirs.keep(job)
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "run-000001").symlink_to(tmp_path / "theirs" / "run-000001")
    ours = KeptRuns(tmp_path / "ours")
    assert ours.all() == []
    ours.forget(1)
    assert len(theirs.all()) == 1


def test_without_a_folder_nothing_is_kept(job):
    kept = KeptRuns(None)
    assert kept.problem and kept.all() == []
    with pytest.raises(StoreError):
        kept.keep(job)


def test_the_state_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "viralsim" / "app"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert state_folder() == tmp_path / "home" / ".local" / "state" / "viralsim" / "app"


def test_the_shop_keeps_what_its_jobs_finish(tmp_path, plain_page):
    shop = Shop(tmp_path)
    started = shop.jobs.start(SCENARIO, {}, 8, 4, 1)
    end = time.monotonic() + 60
    while not started.kept and time.monotonic() < end:
        time.sleep(0.01)
    assert started.kept == "Kept: it will be here when the app starts again."
    assert shop.own == {started.number: 1}
    shop.close()
    assert [run.sentence for run in KeptRuns(tmp_path).all()] == [started.result.sentence()]
