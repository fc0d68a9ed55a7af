"""Sweeps on a Dask cluster: a scheduler and workers as processes on loopback, one of them killed on the way."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sweep_worlds import SHARE, SMALL, digest, small_scenario

import viralsim as vs
from viralsim.cli.shell import run_command

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@contextlib.contextmanager
def cluster_that_loses_a_worker():
    """A client of two workers, a progress callback that kills one of them, and the list of when it did."""
    distributed = pytest.importorskip("distributed", reason="needs the extra: viralsim[cluster]")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    )
    killed: list[int] = []
    with cluster, distributed.Client(cluster) as client:
        workers = list(client.run(os.getpid).values())

        def kill_one(done: int, total: int) -> None:
            if done >= 8 and not killed:
                os.kill(workers[0], signal.SIGKILL)
                killed.append(done)

        yield client, kill_one, killed


def test_a_worker_killed_on_the_way_changes_no_byte(tmp_path):
    axes = {SHARE: "0.001:0.3:40"}
    vs.sweep(small_scenario(), axes, out=tmp_path / "threads")
    with cluster_that_loses_a_worker() as (client, kill_one, killed):
        vs.sweep(small_scenario(), axes, out=tmp_path / "dask", executor=client, progress=kill_one)
    assert killed
    assert digest(tmp_path / "dask" / "results.csv") == digest(tmp_path / "threads" / "results.csv")


def test_a_sensitivity_study_with_a_worker_killed_says_the_same(tmp_path):
    """Two studies share a cluster: one is not taken for the other, though their settings have the same names."""
    numbers = {"vary": [SHARE], "samples": 16, "replicates": 4, "draws": 2, "curve_replicates": 4}
    alone = [vs.sensitivity(small_scenario(), "reach", **numbers, seed=seed) for seed in (1, 2)]
    with cluster_that_loses_a_worker() as (client, kill_one, killed):
        found = [
            vs.sensitivity(small_scenario(), "reach", **numbers, seed=seed, executor=client, progress=kill_one,
                           out=tmp_path / str(seed))
            for seed in (1, 2)
        ]  # fmt: skip
    assert killed
    assert [repr(one) for one in found] == [repr(one) for one in alone]


def test_a_scheduler_and_workers_of_their_own_through_a_scheduler_file(tmp_path, monkeypatch):
    """What docs/experiments.md says to do by hand; one worker is killed without anybody to restart it."""
    pytest.importorskip("distributed", reason="needs the extra: viralsim[cluster]")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    vary = ["--vary", f"{SHARE}=0.001:0.3:40", "--quiet"]
    assert run_command(["sweep", "small.yaml", *vary, "--out", "threads"]) == 0
    common = ["--scheduler-file", "cluster.json", "--no-dashboard"]
    with contextlib.ExitStack() as started:
        started.enter_context(
            process("distributed.cli.dask_scheduler", *common, "--host", "127.0.0.1", "--port", "0")
        )
        workers = [
            started.enter_context(
                process(
                    "distributed.cli.dask_worker",
                    *common,
                    "--nthreads",
                    "1",
                    "--no-nanny",
                    "--host",
                    "127.0.0.1",
                )
            )
            for _ in range(2)
        ]
        killer = threading.Thread(
            target=kill_when_busy, args=(tmp_path / "dask" / "sweep.sqlite", workers[0])
        )
        killer.start()
        code = run_command(
            [
                "sweep",
                "small.yaml",
                *vary,
                "--out",
                "dask",
                "--executor",
                "dask",
                "--scheduler",
                "cluster.json",
            ]
        )
        killer.join()
    assert code == 0
    assert workers[0].returncode == -signal.SIGKILL
    assert digest(tmp_path / "dask" / "results.csv") == digest(tmp_path / "threads" / "results.csv")


@contextlib.contextmanager
def process(module, *arguments):
    """A process of Dask that ends with the block."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        try:
            until(lambda: Path("cluster.json").is_file() or started.poll() is not None)
            yield started
        finally:
            started.kill()


def kill_when_busy(store, worker):
    """Kill a worker once some settings are done."""
    until(lambda: store.is_file() and settings_in(store) >= 4)
    worker.send_signal(signal.SIGKILL)


def settings_in(store):
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(store)) as reader:
        return reader.execute("SELECT count(*) FROM settings").fetchone()[0]
    return 0


def until(true):
    """Wait for something, at most two minutes."""
    end = time.monotonic() + 120
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
