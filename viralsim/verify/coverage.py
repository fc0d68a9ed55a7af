"""How often an interval covers the truth: ensembles resampled from a pool whose mean is known exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viralsim.metrics.columns import Column, Floats, linearise
from viralsim.metrics.tails import caution_of, may_reach_one
from viralsim.metrics.uncertainty import interval_of, t_quantile
from viralsim.verify import simulators

__all__ = ["Coverage", "Pool", "coverage_of", "engine_pools", "post_scenario"]

BATCH = 200


@dataclass(frozen=True, slots=True)
class Pool:
    """All the worlds there are, for a study of coverage: many draws, each with many replicates.

    Parameters
    ----------
    numerator, denominator : float64[draws, replicates per draw]
        A metric of each replicate; the denominator is 1 for one that is no ratio.
    floor, ceiling : float, optional
        Bounds of the metric.
    name : str
        Of the metric.
    by_chance : bool
        Whether it may or may not happen.
    """

    numerator: Floats
    denominator: Floats
    floor: float | None = None
    ceiling: float | None = None
    name: str = ""
    by_chance: bool = False

    @property
    def truth(self) -> float:
        """What an ensemble estimates: sum over sum of the whole pool."""
        return float(self.numerator.sum() / self.denominator.sum())


@dataclass(frozen=True, slots=True)
class Coverage:
    """What came of repeated ensembles.

    Parameters
    ----------
    ensembles : int
        With an interval; ensembles in which the metric is not defined have none.
    covered : int
        Intervals that hold the truth.
    covered_plain : int
        The same for the plain t interval, before any widening.
    widened : int
        Intervals that were widened, and say so.
    flagged_misses : int
        Intervals that miss the truth and say that they should be read with care.
    noted : int
        All intervals that say so.
    """

    ensembles: int
    covered: int
    covered_plain: int
    widened: int
    flagged_misses: int
    noted: int = 0

    @property
    def part(self) -> float:
        """Part of the intervals that hold the truth."""
        return self.covered / self.ensembles if self.ensembles else math.nan

    @property
    def se(self) -> float:
        """Standard error of `part` where it is .95."""
        return math.sqrt(0.95 * 0.05 / self.ensembles) if self.ensembles else math.nan


def post_scenario(reproduction: Any, share_prob: Any, organic_reach: Any, people: int) -> dict[str, Any]:
    """One post on an ordinary platform, as a scenario.

    Parameters
    ----------
    reproduction, share_prob, organic_reach : float or dict
        Numbers, or ``{value, low, high}`` where they are not known.
    people : int
    """
    platform = {
        "network": {"kind": "communities", "mean_followers": 30},
        "brand_followers": {"count": people // 4},
        "organic_reach": organic_reach,
        "peer_visibility": 0.4,
        "share_prob": share_prob,
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


def engine_pools(
    description: dict[str, Any], metrics: Sequence[str], draws: int, per_draw: int, seed: int, threads: int
) -> dict[str, Pool]:
    """Pools of an ensemble of the engine, uncertain numbers drawn.

    Parameters
    ----------
    description : dict
        A scenario.
    metrics : sequence of str
    draws, per_draw : int
        Size of the pool.
    seed, threads : int
    """
    from viralsim.engine import simulate
    from viralsim.metrics.registry import METRICS
    from viralsim.metrics.views import View
    from viralsim.spec import Scenario

    scenario = Scenario.from_dict(description)
    found = simulate(scenario, replicates=draws * per_draw, draws=draws, seed=seed, threads=threads)
    order = np.argsort(found.draw, kind="stable")
    pools = {}
    for name in metrics:
        column = found.column(name)
        above = column.numerator[order].reshape(draws, per_draw)
        below = column.denominator[order].reshape(draws, per_draw)
        metric = METRICS[name]
        ceiling = metric.ceiling_in(View(found.tallies))
        pools[name] = Pool(above, below, metric.floor, ceiling, name, metric.by_chance)
    return pools


def _resampled(
    pools: Sequence[Pool], draws: int, per_draw: int, ensembles: int, seed: int
) -> Iterator[list[Column]]:
    """Ensembles of several metrics: draws picked from the pools, then replicates of each, all with replacement."""
    pool_draws, pool_each = pools[0].numerator.shape
    size = draws * per_draw
    for batch, start in enumerate(range(0, ensembles, BATCH)):
        count = min(BATCH, ensembles - start)
        luck = simulators.uniforms(seed, 2 * batch, count * draws).reshape(count, draws, 1)
        which = (luck * pool_draws).astype(np.int64)
        luck = simulators.uniforms(seed, 2 * batch + 1, count * size).reshape(count, draws, per_draw)
        replicate = (luck * pool_each).astype(np.int64)
        picked = [(pool.numerator[which, replicate], pool.denominator[which, replicate]) for pool in pools]
        for k in range(count):
            yield [Column(above[k].reshape(size), below[k].reshape(size)) for above, below in picked]


def coverage_of(
    pool: Pool,
    draws: int,
    per_draw: int,
    ensembles: int,
    seed: int,
    reproduction: Pool | None = None,
    bands: Sequence[Any] = (),
) -> Coverage:
    """Resample ensembles from a pool and count the 95 % intervals of the mean that hold its true mean.

    Parameters
    ----------
    pool : Pool
    draws, per_draw : int
        Of each ensemble.
    ensembles : int
    seed : int
    reproduction : Pool, optional
        The metric `reproduction_number` of the same worlds, for what is said of rare draws.
    bands : sequence
        The scenario's numbers for R.

    Notes
    -----
    An ensemble of the engine is made just so: draws are independent, replicates independent given their draw.
    The pool stands for all there is, so its mean is the truth, exactly. The interval is that of
    `viralsim.metrics.uncertainty.interval_of`, the one that results print, and the notes are those they carry.
    """
    draw = np.repeat(np.arange(draws), per_draw)
    truth, quantile = pool.truth, t_quantile(draws - 1)
    counted = covered = plain = widened = flagged = noted = 0
    pools = [pool] if reproduction is None else [pool, reproduction]
    for columns in _resampled(pools, draws, per_draw, ensembles, seed):
        mean, influence = linearise(columns[0])
        happened = None
        if pool.by_chance:
            happened = int(np.count_nonzero(columns[0].numerator)), float(columns[0].denominator.sum())
        interval = interval_of(mean, influence, draw, pool.floor, pool.ceiling, happened=happened)
        if math.isnan(interval.low):
            continue
        notes = interval.notes
        if reproduction is not None and not notes:
            notes = (caution_of(pool.name, may_reach_one(columns[1], draw, bands)),)
        counted += 1
        holds = interval.low <= truth <= interval.high
        covered += holds
        plain += abs(mean - truth) <= quantile * interval.se
        widened += any("widened" in note for note in interval.notes)
        flagged += not holds and any(notes)
        noted += any(notes)
    return Coverage(counted, covered, plain, widened, flagged, noted)
