"""Memory: what a run will need, and a refusal beforehand where it would not fit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viralsim.engine.compiled import slots_of
from viralsim.engine.effort import Effort
from viralsim.engine.networks import file_graphs
from viralsim.engine.scratch import scratch_bytes
from viralsim.errors import EngineError
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import layout as lay
from viralsim.kernels.market import N_DEALS, N_LINES
from viralsim.spec import Scenario
from viralsim.spec.resolving import resolve

__all__ = [
    "MOST_KEPT",
    "MemoryEstimate",
    "available_bytes",
    "check_memory",
    "draw_bytes",
    "estimate",
    "graphs_that_fit",
]

_INTERPRETER = 260e6  # Python with numpy, scipy and the compiled kernels loaded
_MAKING_TIES = 36.0  # bytes per arc while a network with communities is made
_MAKING = 18.0  # ... any other
MOST_KEPT = 3e8  # bytes of the first draw, which is kept for traces if it is no larger
_READING = 29.0  # bytes per arc while a network is read from a file (text 25, a scipy matrix 28)
_REACHED_EVENTS = 0.25  # shares per person that the lists are prepared for
_WAITING = 0.6  # displays per person that wait for their step


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """What a run needs.

    Parameters
    ----------
    people : int
    edges : int
        Follower arcs over all platforms.
    bytes : float
        Largest need at one time.
    available_bytes : float
        What the machine (or its container) can still give; inf where that is unknown.
    """

    people: int
    edges: int
    bytes: float
    available_bytes: float

    @property
    def fits(self) -> bool:
        """Whether the need is below what is available."""
        return self.bytes <= self.available_bytes


def available_bytes() -> float:
    """Memory that can still be had: what Linux calls available, or the container's limit; inf if unknown."""
    found = [float("inf")]
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")]
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        if limit.isdigit():
            used = float(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii"))
            found.append(float(limit) - used)
    except (OSError, ValueError, IndexError):
        if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names and len(found) == 1:
            found.append(float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE"))
    return min(found)


def expected_edges(network: Any, n: int) -> float:
    """Arcs that a generated network of n people will have, about."""
    if network.kind == "communities":
        from viralsim.graph.communities import RESEMBLING

        like = RESEMBLING[network.like] if network.like else {}
        mean = network.mean_followers or like.get("mean_followers", 40.0)
    elif network.kind == "preferential":
        mean = 2.0 * network.edges_per_newcomer
    elif network.kind == "power-law":
        mean = network.mean_followers or 3.5 * (network.min_followers or 10)
    else:
        mean = network.mean_degree
    return float(n) * min(float(mean), float(n - 1))


def _edges(plain: Any, graphs: Mapping[str, SocialGraph], people: int) -> tuple[float, float, float]:
    """Arcs of all networks; of those made here; of the largest with communities, whose making needs most."""
    edges, made, tied = 0.0, 0.0, 0.0
    for name, platform in plain.platforms.items():
        if name in graphs:
            edges += graphs[name].n_edges
            continue
        parts = [(s.fraction, s.access.get(name, platform.access)) for s in plain.audience.segments]
        holders = sum(fraction * access for fraction, access in parts) * people
        generated = expected_edges(platform.network, max(int(holders), 2))
        edges += generated
        made += generated
        if platform.network.kind == "communities":
            tied = max(tied, generated)
    return edges, made, tied


def draw_bytes(plain: Any, people: float, edges: float) -> float:
    """Bytes of a draw's people, networks and arrays for the engine, in place."""
    n_items, platforms = len(plain.items), len(plain.platforms)
    per_person = 8 + 4 + 1 + 1 + 4 * n_items + 8 * (platforms + 1) + 24 + 8 * n_items + 9 * platforms
    return people * per_person + edges * (4.0 * (1 + (platforms > 1)) + 5.0)


def _scratch_per_person(plain: Any, n_slots: int) -> float:
    """Bytes per person of one thread's working memory."""
    sold = plain.buying is not None or plain.campaign.response is not None
    followed = any(platform.following.kind != "none" for platform in plain.platforms.values())
    lists = {"displays": _WAITING, **dict.fromkeys(("repeats", "pending", "events"), _REACHED_EVENTS)}
    need = scratch_bytes(1.0, len(plain.items), n_slots, lists) + 5.0 * sold
    return need + followed * (6.0 + 4.0 * len(plain.platforms) + _REACHED_EVENTS * 20.0)


def estimate(
    scenario: Any, graphs: Mapping[str, SocialGraph], replicates: int, threads: int, draws: int | None = None
) -> MemoryEstimate:
    """Estimate the memory of a run.

    Parameters
    ----------
    scenario : Scenario
    graphs : mapping of platform name to SocialGraph
        The networks read from files.
    replicates, threads : int
    draws : int, optional
        Default: the scenario's.

    Returns
    -------
    MemoryEstimate
    """
    plain = resolve(scenario, 0, 0, fixed=True)
    draws = min(draws or plain.run.draws, replicates)
    sizes = [graph.n_nodes for graph in graphs.values()]
    people = plain.audience.size or max(sizes, default=0)
    edges, made, tied = _edges(plain, graphs, people)
    n_slots, n_segments = len(slots_of(plain)), len(plain.audience.segments)
    at_once = min(threads, draws)
    sharers = max(1, threads // draws) * at_once
    in_place = draw_bytes(plain, people, edges)
    scratch = people * _scratch_per_person(plain, n_slots)
    bins = 200
    per_replicate = 8.0 * (5 * n_slots * bins + n_slots * n_segments * lay.N_COUNTS + 120)
    sold = plain.buying is not None or plain.campaign.response is not None
    per_replicate += 8.0 * sold * (N_LINES * bins + (n_slots + 1) * n_segments * N_DEALS)
    total = (
        _INTERPRETER
        + at_once
        * max(
            in_place + made * _MAKING,
            people * 48.0 + edges * 8.0 + tied * _MAKING_TIES,
        )
        + (in_place if draws > at_once and in_place < MOST_KEPT else 0.0)
        + sharers * scratch
        + 2.0 * replicates * per_replicate
        + sum(graph.memory_bytes for graph in graphs.values())
    )
    reading = max((graph.n_edges for graph in graphs.values()), default=0) * _READING
    before = (
        _INTERPRETER / 2 + reading + sum(graph.memory_bytes for graph in graphs.values()) * (len(graphs) > 1)
    )
    return MemoryEstimate(int(people), int(edges), max(total, before), available_bytes())


def check_memory(
    scenario: Any, graphs: Mapping[str, SocialGraph], replicates: int, threads: int, draws: int | None = None
) -> None:
    """Refuse a run that would not fit.

    Raises
    ------
    EngineError
        With the number, and what to change.
    """
    need = estimate(scenario, graphs, replicates, threads, draws)
    if not need.fits:
        raise EngineError(
            f"this run needs about {need.bytes / 1e9:.1f} GB ({need.people:,} people, {need.edges:,} follower edges), "
            f"but only {need.available_bytes / 1e9:.1f} GB are available; use fewer people or followers, "
            "fewer replicates, or --threads 1"
        )


def graphs_that_fit(scenario: Scenario, effort: Effort) -> dict[str, SocialGraph]:
    """The networks that a scenario reads from files, by platform; a run that would not fit is refused.

    Raises
    ------
    GraphError
        If a file cannot be read.
    EngineError
        As `check_memory`.
    """
    graphs = file_graphs(resolve(scenario, effort.seed, 0, fixed=True))
    check_memory(scenario, graphs, effort.replicates, effort.threads, effort.draws)
    return graphs
