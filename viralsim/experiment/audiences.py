"""People and networks made once and shared by all cells whose audience settings are the same."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from viralsim.engine.audience import Audience, audience_settings, make_audience
from viralsim.engine.effort import Effort
from viralsim.engine.memory import available_bytes, check_memory
from viralsim.engine.networks import file_graphs
from viralsim.graph.social_graph import SocialGraph
from viralsim.spec import Scenario
from viralsim.spec.resolving import resolve

__all__ = ["Audiences"]

_SHARE_OF_MEMORY = 0.25
_UNKNOWN_MEMORY_BYTES = 1e9


@dataclass(slots=True)
class _Kept:
    """Something made once, and what it costs to keep."""

    group: str
    future: Future[Any]
    bytes: float = 0.0


class Audiences:
    """Makes the audience of a draw, or hands out the one made before; safe for threads.

    Parameters
    ----------
    limit_bytes : float, optional
        What may be kept; by default a quarter of the memory that is free. What does not fit is made
        again, so the limit changes no result.

    Notes
    -----
    Two cells share the audience of a draw if all that `make_audience` is given agrees: it gets to see nothing
    but the settings that make the key.
    """

    def __init__(self, limit_bytes: float | None = None) -> None:
        free = available_bytes()
        usual = _SHARE_OF_MEMORY * free if math.isfinite(free) else _UNKNOWN_MEMORY_BYTES
        self.limit_bytes = usual if limit_bytes is None else limit_bytes
        self._kept: dict[str, _Kept] = {}
        self._checked: set[tuple[str, tuple[int, int, int]]] = set()
        self._lock = threading.Lock()
        self.made = 0

    def __call__(self, plain: Any, key: int, graphs: Mapping[str, SocialGraph]) -> Audience:
        """The audience of a draw (`plain`: a resolved scenario, `key` of the draw): see `make_audience`."""
        settings, group = audience_settings(plain)
        files = ",".join(str(id(graph)) for graph in graphs.values())  # kept alive by this cache's entries
        name = f"{group}:{files}:{key}"
        found = self._once(name, group, lambda: (make_audience(settings, key, graphs), graphs), _bytes_of)
        return found[0]  # type: ignore[no-any-return]

    def graphs(self, scenario: Scenario) -> dict[str, SocialGraph]:
        """The networks that a scenario reads from files, each read once."""
        if all(platform.network.kind != "file" for platform in scenario.platforms.values()):
            return {}
        plain = resolve(scenario, 0, 0, fixed=True)
        return {
            name: self._read(name, platform)
            for name, platform in plain.platforms.items()
            if platform.network.kind == "file"
        }

    def _read(self, name: str, platform: Any) -> SocialGraph:
        status = Path(platform.network.path).stat()
        key = f"file:{status.st_mtime_ns}:{status.st_size}:{platform.network.model_dump_json()}"
        view = SimpleNamespace(platforms={name: platform})
        made = self._once(key, key, lambda: file_graphs(view)[name], lambda graph: float(graph.memory_bytes))
        return made  # type: ignore[no-any-return]

    def check_memory(self, scenario: Scenario, graphs: Mapping[str, SocialGraph], effort: Effort) -> None:
        """Refuse a cell that would not fit (EngineError); asked once for each size of audience."""
        sizes = effort.replicates, effort.threads, effort.draws
        question = (audience_settings(scenario)[1], sizes)
        if question in self._checked:
            return
        check_memory(scenario, graphs, *sizes)
        with self._lock:
            self._checked = {question, *list(self._checked)[:1000]}

    def forget(self) -> None:
        """Let go of everything and keep nothing from now on; what is asked for later is made each time."""
        with self._lock:
            self.limit_bytes = 0.0
            self._kept = {name: kept for name, kept in self._kept.items() if not kept.future.done()}

    def _once(self, name: str, group: str, make: Callable[[], Any], size: Callable[[Any], float]) -> Any:
        """What `make` gives, made by whoever comes first."""
        with self._lock:
            kept = self._kept.get(name)
            mine = kept is None
            if kept is None:
                kept = self._kept[name] = _Kept(group, Future())
        if not mine:
            return kept.future.result()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                self._kept.pop(name, None)
            kept.future.set_exception(error)
            raise
        kept.future.set_result(value)
        with self._lock:
            kept.bytes = size(value)
            self.made += 1
            self._make_room(name)
        return value

    def _make_room(self, newest: str) -> None:
        """Forget what is over the limit: other settings first, oldest first, then the newest itself."""
        group = self._kept[newest].group
        total = sum(kept.bytes for kept in self._kept.values())
        for name in [name for name, kept in self._kept.items() if kept.group != group and kept.bytes]:
            if total <= self.limit_bytes:
                return
            total -= self._kept.pop(name).bytes
        if total > self.limit_bytes:
            self._kept.pop(newest)


def _bytes_of(made: tuple[Audience, Mapping[str, SocialGraph]]) -> float:
    """Memory of an audience."""
    audience, people = made[0], made[0].people
    arrays: list[Any] = [
        people.key,
        people.segment,
        people.activity,
        people.customer,
        *audience.affinity.values(),
    ]
    for network in audience.networks:
        arrays += [
            network.account,
            network.indptr,
            network.indptr,
            network.followers,
        ]  # twice: see Audience.memo
        arrays += [network.followers] * (
            4 if len(audience.networks) == 1 else 5
        )  # the wave's matrix among them
        arrays += [] if network.tie is None else [network.tie]
    return float(sum(array.nbytes for array in arrays))
