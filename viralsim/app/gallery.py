"""The gallery: stock scenarios with pictures from recorded runs, shown before anything is compiled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np

from viralsim.app.lesson_pictures import lesson_of, measured
from viralsim.engine.ensemble import Ensemble
from viralsim.report.facts import origin_parts
from viralsim.spec import Scenario, catalog, load_scenario

__all__ = [
    "FIRST",
    "Recorded",
    "Shelf",
    "fresh_run",
    "record",
    "recorded_runs",
    "shelves",
    "sides_of",
    "stale",
]

FIRST = "small-shop"
"""The scenario whose run the first screen shows."""

_FILE = "gallery.json"
_POINTS = 40


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finished run, as far as its picture and sentence need it.

    Parameters
    ----------
    digest : str
        Of the scenario that was run.
    seed, replicates, draws : int
    sentence : str
    curve, low, high : tuple of float
        Middle, 5 % and 95 % quantile of people reached at evenly spaced times.
    parts : tuple of float
        Owned, paid, earned part of impressions.
    versions : dict
    lesson : dict
        What the picture of the scenario's lesson shows (see `lesson_pictures.measured`).
    """

    digest: str
    seed: int
    replicates: int
    draws: int
    sentence: str
    curve: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    parts: tuple[float, ...]
    versions: dict[str, str]
    lesson: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shelf:
    """One scenario of the gallery."""

    name: str
    title: str
    teaches: str
    people: int
    recorded: Recorded | None


def record(sides: Mapping[str, Ensemble]) -> Recorded:
    """What the gallery keeps of a run.

    Parameters
    ----------
    sides : mapping of str to Ensemble
        By variant: the scenario itself ("") and what else its lesson shows, in shared worlds.
    """
    ensemble = sides[""]
    curves = ensemble.curve("reach").astype(np.float64)
    quantiles = np.quantile(curves, (0.05, 0.5, 0.95), axis=0)
    times = np.concatenate(([0.0], ensemble.times_hours))
    even = np.linspace(0.0, times[-1], _POINTS)
    low, middle, high = (
        tuple(round(float(v), 1) for v in np.interp(even, times, np.concatenate(([0.0], q))))
        for q in quantiles
    )
    parts = tuple(round(part, 4) for _, part, _ in origin_parts(ensemble))
    return Recorded(
        ensemble.digest, ensemble.seed, ensemble.replicates, ensemble.draws, ensemble.sentence(),
        middle, low, high, parts, dict(ensemble.provenance),
        measured(lesson_of(ensemble.name, ensemble.scenario.variant_names), sides),
    )  # fmt: skip


def sides_of(scenario: Scenario) -> dict[str, Scenario]:
    """A scenario and the variants that its lesson shows, by variant."""
    names = lesson_of(scenario.name, scenario.variant_names).sides
    return {"": scenario} | {name: scenario.variant(name) for name in names if name}


@lru_cache(maxsize=1)
def recorded_runs() -> dict[str, Recorded]:
    """The recorded runs that ship with viralsim, by scenario."""
    path = resources.files("viralsim.app") / _FILE
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {name: _recorded(row) for name, row in found.items()}


def _recorded(row: dict[str, Any]) -> Recorded:
    columns: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
    return Recorded(**columns)


def recorded_text(runs: dict[str, Recorded]) -> str:
    """Text of the file that keeps recorded runs."""
    return (
        json.dumps({name: asdict(run) for name, run in sorted(runs.items())}, indent=None, ensure_ascii=False)
        + "\n"
    )


@lru_cache(maxsize=1)
def _stock() -> tuple[tuple[str, Scenario], ...]:
    """Stock scenarios, those to begin with first."""
    order = ["small-shop", "launch-video", "ordinary-post", "influencers-or-many", "backlash"]
    names = [entry.name for entry in catalog()]
    names.sort(key=lambda name: (order.index(name) if name in order else len(order), name))
    return tuple((name, load_scenario(name)) for name in names)


def fresh_run(name: str, digest: str, made: Mapping[str, Recorded]) -> Recorded | None:
    """The recorded run of a scenario, from `made` or shipped; None if all are of another version of it."""
    found = (made.get(name), recorded_runs().get(name))
    return next((run for run in found if run is not None and run.digest == digest), None)


def shelves(made: Mapping[str, Recorded]) -> tuple[Shelf, ...]:
    """All stock scenarios with their recorded runs.

    Parameters
    ----------
    made : mapping of str to Recorded
        Runs recorded since the app began; they come before those shipped.
    """
    return tuple(
        Shelf(
            name,
            scenario.title,
            scenario.teaches or "",
            scenario.audience.size or 0,
            fresh_run(name, scenario.digest, made),
        )
        for name, scenario in _stock()
    )


def stale(made: Mapping[str, Recorded]) -> list[Scenario]:
    """Stock scenarios without a recorded run of their present version."""
    return [scenario for name, scenario in _stock() if fresh_run(name, scenario.digest, made) is None]
