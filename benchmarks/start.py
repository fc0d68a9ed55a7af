"""Waiting: the first run ever, with everything to compile, later runs, and what only asks for help or imports."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from statistics import median
from time import perf_counter
from typing import Any

import harness

__all__ = ["PARTS", "rows"]

RUN = ["-m", "viralsim", "run", "launch-video", "--quiet"]
ROUNDS = 5


def _process(arguments: list[str], cache: str | None = None) -> tuple[float, float]:
    """Seconds that pass and processor seconds used by a fresh Python with these arguments."""
    environment = {**os.environ, **({"VIRALSIM_CACHE_DIR": cache} if cache else {})}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    elapsed = perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _row(workload: str, target: str, found: list[tuple[float, float]]) -> dict[str, Any]:
    """A row from repeated measurements."""
    seconds = [elapsed for elapsed, _ in found]
    return {
        "workload": workload,
        "ours": harness.duration(median(seconds)),
        "peer": f"target {target}",
        "spread": f"{min(seconds):.2f} to {max(seconds):.2f} s over {len(found)}",
        "note": f"{median(used for _, used in found):.1f} s of processor time",
    }


def cold() -> list[dict[str, Any]]:
    """The first run ever: the cache of compiled kernels is empty."""
    with tempfile.TemporaryDirectory() as cache:
        found = [_process(RUN, cache)]
    return [_row("viralsim run launch-video, first run ever", "25 s", found)]


def warm() -> list[dict[str, Any]]:
    """Runs after the first, and what needs no kernel."""
    _process(RUN)
    made = [_row("viralsim run launch-video, later runs", "3 s", [_process(RUN) for _ in range(ROUNDS)])]
    for workload, target, arguments in (
        ("viralsim --help", "0.3 s", ["-m", "viralsim", "--help"]),
        ("import viralsim", "0.3 s", ["-c", "import viralsim"]),
    ):
        made.append(_row(workload, target, [_process(arguments) for _ in range(ROUNDS)]))
    return made


PARTS = {"cold": cold, "warm": warm}


def rows() -> list[dict[str, Any]]:
    """All parts."""
    return [row for part in PARTS.values() for row in part()]
