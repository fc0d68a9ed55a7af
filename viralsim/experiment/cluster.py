"""Cells on a Dask cluster (extra `cluster`): audiences are made once per worker, results are the same."""

from __future__ import annotations

import contextlib
import importlib
import secrets
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

from viralsim.errors import EngineError, SpecError
from viralsim.experiment.audiences import Audiences
from viralsim.experiment.cells import Cell, Outcome, run_cell
from viralsim.experiment.executors import HEARTBEAT_SECONDS

__all__ = ["Cluster", "client_of"]

_PLUGIN = "viralsim-audiences"
FILE_SECONDS = 30.0  # that a scheduler file is waited for
_AHEAD = 2  # cells per thread of the cluster that are on their way


def client_of(scheduler: str | None) -> Any:
    """A client of a running cluster, or of a new one on this machine.

    Parameters
    ----------
    scheduler : str or None
        ``tcp://host:port``, the path of a scheduler file (which may still be on its way, as in a batch job that has
        just started the scheduler), or None for processes of this machine.

    Raises
    ------
    EngineError
        If dask.distributed is not installed.
    SpecError
        If no scheduler answers.
    """
    try:
        make = dask("Client")
    except ImportError:
        raise EngineError(
            "executor dask needs the extra `cluster` (distributed), which is not installed; --executor threads needs "
            "nothing"
        ) from None
    if scheduler is None:
        return make(dashboard_address=None)
    try:
        if _is_there(Path(scheduler), 0.0 if ":" in scheduler else FILE_SECONDS):
            return make(scheduler_file=scheduler, timeout=10)
        return make(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise SpecError(
            f"--scheduler {scheduler}: does not answer ({error}); write tcp://host:port of a running scheduler, or "
            "the path of its scheduler file"
        ) from None


def _is_there(path: Path, seconds: float) -> bool:
    """Whether a file is there, or comes soon."""
    end = time.monotonic() + seconds
    while not path.is_file():
        if time.monotonic() >= end:
            return False
        time.sleep(HEARTBEAT_SECONDS)
    return True


def dask(name: str) -> Any:
    """A name of dask.distributed, which is loaded only where it is used."""
    return getattr(importlib.import_module("distributed"), name)


class AudiencesOfWorker:
    """Worker plugin that keeps the audiences made in this process, so that no task makes or moves them again."""

    name = _PLUGIN

    def setup(self, worker: Any) -> None:
        """Called by Dask when the plugin reaches a worker."""
        self.audiences = Audiences()


def run_on_worker(cell: Cell) -> Outcome:
    """Run a cell in a worker process."""
    plugin = dask("get_worker")().plugins.get(_PLUGIN)
    return run_cell(cell, plugin.audiences if plugin is not None else Audiences())


class Cluster:
    """Cells over the workers of a Dask cluster.

    Parameters
    ----------
    client : distributed.Client
        A worker that dies has its cells run again by another; cells are deterministic, so nothing changes.
    own : bool
        Close the client, and with it the processes it started, when all cells are run.
    """

    def __init__(self, client: Any, own: bool = False) -> None:
        if not hasattr(client, "submit") or not hasattr(client, "scheduler_info"):
            raise SpecError(
                f"executor: got {client!r}; allowed: 'threads', 'dask', or a dask.distributed Client"
            )
        self.client, self.own = client, own

    def run(self, cells: Iterable[Cell], heartbeat: Callable[[], None]) -> Generator[Outcome, None, None]:
        """See `viralsim.experiment.executors.Executor`."""
        self.client.register_plugin(make_plugin(), name=_PLUGIN)
        flying: set[Any] = set()
        run = secrets.token_hex(8)  # so that no other run on this cluster is taken for this one
        try:
            for cell in cells:
                key = f"viralsim-{run}-{cell.key}-{cell.first}-{cell.count}"
                future = self.client.submit(run_on_worker, cell, key=key, pure=True, retries=5)
                flying.add(future)
                while len(flying) >= self._most():
                    yield from self._finished(flying, heartbeat)
            while flying:
                yield from self._finished(flying, heartbeat)
        finally:
            for future in flying:
                future.cancel()
            if self.own:
                self.client.close()

    def _most(self) -> int:
        """Cells on their way at most, by the threads the cluster has now."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        return max(_AHEAD * sum(int(worker["nthreads"]) for worker in workers.values()), 2)

    def _finished(self, flying: set[Any], heartbeat: Callable[[], None]) -> Generator[Outcome, None, None]:
        """Outcomes of the cells that came back by now."""
        with contextlib.suppress(TimeoutError):
            dask("wait")(list(flying), timeout=HEARTBEAT_SECONDS, return_when="FIRST_COMPLETED")
        heartbeat()
        for future in [future for future in flying if future.done()]:
            flying.discard(future)
            yield future.result()


def make_plugin() -> Any:
    """The worker plugin as Dask wants it: a subclass of its own class."""
    return type("AudiencesPlugin", (AudiencesOfWorker, dask("WorkerPlugin")), {})()
