"""What every benchmark shares: rounds of A B A B, agreement of means, the machine, the table.

A row is a dict with the keys ``workload, ours, peer, ratio, spread, note``; a module of benchmarks has
``rows() -> list of rows``. Values are numbers or text; times are written with their unit.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from math import sqrt
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numba import njit

__all__ = [
    "Timed",
    "compare",
    "duration",
    "load",
    "machine",
    "random_load_scaling",
    "table",
    "timed",
    "versions",
]

SIGMA = 4.5  # means that differ by more standard errors than this are a failure of the benchmark
PACKAGES = ("numpy", "numba", "llvmlite", "networkx", "cynetdiff", "ndlib", "EoN", "networkit")


@dataclass(frozen=True)
class Timed:
    """Seconds per unit of work, and the values found (one per replicate) for the check of means."""

    seconds: float
    values: np.ndarray


def timed(work: Callable[[], Iterable[float]], units: int | None = None) -> Timed:
    """Run once; seconds per value found, or per given unit."""
    start = perf_counter()
    values = np.asarray(list(work()) if not isinstance(found := work(), np.ndarray) else found, float)
    elapsed = perf_counter() - start
    return Timed(elapsed / (units or max(1, values.size)), values)


def duration(seconds: float) -> str:
    """Seconds with a unit that leaves one to three digits before the point."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def agreement(ours: np.ndarray, peer: np.ndarray) -> str:
    """Both means with their difference in standard errors.

    Raises
    ------
    AssertionError
        If they differ by more than 4.5 standard errors: then the times compare different things.
    """
    pooled = np.concatenate([ours, peer]).var(ddof=1)  # a handful of the peer's may miss a rare early end
    se = sqrt(pooled * (1 / ours.size + 1 / peer.size))
    apart = abs(ours.mean() - peer.mean()) / se if se else 0.0
    told = f"means {ours.mean():,.4g} and {peer.mean():,.4g} ({apart:.1f} standard errors apart)"
    if apart > SIGMA:
        raise AssertionError(f"ours and the peer's do not agree: {told}")
    return told


def compare(
    workload: str, ours: Callable[[int], Timed], peer: Callable[[int], Timed], rounds: int = 5, note: str = ""
) -> dict[str, Any]:
    """One row: both once to warm up, then ours, peer, ours, peer, ...

    Parameters
    ----------
    workload : str
    ours, peer : callable (round) -> Timed
        The round serves as seed, so that means rest on all rounds.
    rounds : int
    note : str
        Put before what is said about the means.
    """
    ours(0)
    a, b = [], []
    for k in range(1, rounds + 1):
        a.append(ours(k))
        b.append(peer(k))
    ratios = [y.seconds / x.seconds for x, y in zip(a, b, strict=True)]
    told = agreement(np.concatenate([x.values for x in a]), np.concatenate([y.values for y in b]))
    return {
        "workload": workload,
        "ours": duration(median(x.seconds for x in a)),
        "peer": duration(median(y.seconds for y in b)),
        "ratio": median(ratios),
        "spread": f"{min(ratios):.3g} to {max(ratios):.3g} over {rounds} rounds",
        "note": f"{note}; {told}" if note else told,
    }


# ---- the machine ---------------------------------------------------------------------------------


@njit(nogil=True)
def _gather(table: np.ndarray, places: np.ndarray) -> int:
    total = 0
    for k in range(places.size):
        total += table[places[k]]
    return total


def random_load_scaling(megabytes: float, threads: int = 2, rounds: int = 7) -> tuple[float, float]:
    """How much more random loads a second several threads do than one, on this machine, now.

    Parameters
    ----------
    megabytes : float
        Size of the array loaded from, shared by the threads.
    threads, rounds : int

    Returns
    -------
    scaling, nanoseconds : float
        Median of the ratios of throughput, and time of one independent random load in one thread.
    """
    from concurrent.futures import ThreadPoolExecutor

    table = np.arange(int(megabytes * 1e6) // 4, dtype=np.int32)
    places = np.random.default_rng(1).integers(0, table.size, 4_000_000).astype(np.int32)
    _gather(table, places)
    ratios, single = [], []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            start = perf_counter()
            _gather(table, places)
            one = perf_counter() - start
            start = perf_counter()
            list(pool.map(lambda _: _gather(table, places), range(threads)))
            ratios.append(threads * one / (perf_counter() - start))
            single.append(one / places.size * 1e9)
    return median(ratios), median(single)


def _first_line(path: str, start: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(start)), "")


def versions() -> str:
    """Versions of Python, of what ours rests on and of the peers."""
    import viralsim

    found = [f"viralsim {viralsim.__version__}", f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    return ", ".join(found)


def load() -> str:
    """Load of the last minute: processes that wanted a processor."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def machine() -> str:
    """Processor, memory and kernel of the machine."""
    processor = _first_line("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()
    kilobytes = _first_line("/proc/meminfo", "MemTotal").removesuffix(" kB")
    memory = f", {int(kilobytes) / 2**20:.0f} GiB" if kilobytes.isdigit() else ""
    system = f"{platform.system()} {platform.release()}"
    return f"{processor}, {os.cpu_count()} processors{memory}, {system}"


# ---- the table -----------------------------------------------------------------------------------

COLUMNS = ("workload", "ours", "peer", "ratio", "spread", "note")


def _cell(value: Any) -> str:
    text = f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)
    return text.replace("|", "/").replace("\n", " ")


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in COLUMNS) + " |" for row in rows]
    return "\n".join(lines)
