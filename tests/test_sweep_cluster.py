"""Sweeps on a Dask cluster: a scheduler and workers as processes on loopback, one of them killed on the way."""

from __future__ import annotations

import pytest
from sweep_worlds import SHARE, digest, small_scenario

import viralsim as vs

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_a_worker_killed_on_the_way_changes_no_byte(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the extra: viralsim[cluster]")
    import os
    import signal

    axes = {SHARE: "0.001:0.3:40"}
    vs.sweep(small_scenario(), axes, out=tmp_path / "threads")
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

        vs.sweep(small_scenario(), axes, out=tmp_path / "dask", executor=client, progress=kill_one)
    assert killed
    assert digest(tmp_path / "dask" / "results.csv") == digest(tmp_path / "threads" / "results.csv")
