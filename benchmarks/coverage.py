"""How often the 95 % interval of the mean covers the truth, on what the engine and the models put out.

    python benchmarks/coverage.py [--ensembles 10000] [--quick] [--out docs/coverage.md]

For each world a large pool of draws, each with many replicates, is simulated once. The mean of the pool is the
truth; ensembles are drawn from it with replacement, draw by draw and replicate by replicate within a draw, just
as an ensemble of the engine is built, and summarised by `viralsim.metrics.uncertainty.summarise`.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viralsim.engine import simulate
from viralsim.metrics.columns import Column
from viralsim.metrics.registry import METRICS
from viralsim.metrics.uncertainty import summarise, t_quantile
from viralsim.spec import Scenario

SIZES = ((5, 10), (10, 10), (20, 10), (40, 10), (100, 1))
"""(draws, replicates per draw) of the ensembles; 20 x 10 is the default of a scenario."""

SMOOTH = ("impressions_owned", "reach", "engagement_rate", "clicks")
SKEWED = ("impressions_earned", "sharers", "reproduction_number", "earned_multiplier", "largest_cascade")


@dataclass(frozen=True)
class World:
    """A scenario and how large its pool is."""

    name: str
    about: str
    scenario: dict[str, Any]
    draws: int
    per_draw: int


def scenario(bands: bool, reproduction: Any, share: Any, people: int = 2000) -> dict[str, Any]:
    """A small campaign: one post, an audience of 2,000, an ordinary platform."""
    reach = {"value": 0.2, "low": 0.12, "high": 0.33} if bands else 0.2
    platform = {
        "network": {"kind": "communities", "mean_followers": 30},
        "brand_followers": {"count": people // 4},
        "organic_reach": reach,
        "peer_visibility": 0.4,
        "share_prob": share,
        "reproduction_number": reproduction,
        "like_prob": 0.03,
        "click_prob": 0.01,
        "half_life": "3h",
    }
    return {
        "viralsim": 1,
        "name": "coverage",
        "audience": {"size": people},
        "platforms": {"net": platform},
        "items": [{"id": "post"}],
        "campaign": {"posts": [{"item": "post", "platform": "net", "at": "0h"}]},
        "run": {"start": "2026-03-02T09:00", "horizon": "14d", "step": "1h", "replicates": 200, "draws": 20},
    }


def worlds(quick: bool) -> list[World]:
    """From a quiet post to the tipping point."""
    draws = 200 if quick else 1500
    banded = {"value": 0.01, "low": 0.003, "high": 0.03}
    return [
        World("ordinary post", "R = .1, every number known", scenario(False, 0.1, 0.02), draws, 20),
        World("ordinary post, unsure", "R .05 to .2, share 0.3 to 3 %",
              scenario(True, {"value": 0.1, "low": 0.05, "high": 0.2}, banded), draws, 20),
        World("lively, unsure", "R .25 to .8, share 0.3 to 3 %",
              scenario(True, {"value": 0.45, "low": 0.25, "high": 0.8}, banded), draws, 20),
        World("near the tipping point", "R .6 to 1.3, share 0.3 to 3 %",
              scenario(True, {"value": 0.9, "low": 0.6, "high": 1.3}, banded), draws, 20),
        World("hardly anybody shares", "R = .3, 1 first sharer in two runs", scenario(False, 0.3, 0.005), draws, 20),
    ]  # fmt: skip


def pool_of(world: World, seed: int, threads: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Numerators and denominators of each metric, [draws, replicates per draw]."""
    replicates = world.draws * world.per_draw
    ensemble = simulate(
        Scenario.from_dict(world.scenario), replicates=replicates, draws=world.draws, seed=seed, threads=threads
    )
    order = np.argsort(ensemble.draw, kind="stable")
    found = {}
    for name in (*SMOOTH, *SKEWED):
        column = ensemble.column(name)
        shape = (world.draws, world.per_draw)
        ones = np.ones(replicates)
        below = ones if column.denominator is None else column.denominator
        found[name] = (column.numerator[order].reshape(shape), below[order].reshape(shape))
    return found


if __name__ == "__main__":
    import pickle, sys
    t = time.time()
    out = {}
    for w in worlds(False):
        out[w.name] = pool_of(w, 11, 2)
        print(w.name, time.time() - t, {k: (round(float(a.sum() / b.sum()), 4)) for k, (a, b) in out[w.name].items()}, flush=True)
    pickle.dump(out, open("/tmp/pools.pkl", "wb"))
