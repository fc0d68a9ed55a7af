"""The independent cascade in time: who is reached is as without time, and it says when."""

from __future__ import annotations

import math
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from viralsim.kernels import temporal
from viralsim.kernels.draws import derive
from viralsim.models.cascades import METHOD, _coins, _row_shape, make_rows
from viralsim.models.durations import Duration, check_duration
from viralsim.models.results import ModelResult, check_count, check_seeds, check_threads, model_key
from viralsim.models.running import Job, check_horizon, check_population, make_queue, make_tree, nice_grid
from viralsim.rng import text_key

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["TWITTER_DELAY", "temporal_cascade"]

TWITTER_DELAY = ("power-law", 300.0 / 3600.0, 0.2315)
"""Reshare delays on Twitter (Zhao et al. 2015): constant density to 300 s, then theta = .2315; median 40.6 min."""

_HEAVY_HOURS = 168.0  # curves where delays have no mean, so that the last person comes after years


def temporal_cascade(
    g: SocialGraph,
    seeds: ArrayLike,
    probability: float | ArrayLike | str,
    replicates: int,
    delay: Duration = TWITTER_DELAY,
    horizon_hours: float | None = None,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """Independent cascade in which passing on takes time.

    Parameters
    ----------
    g : SocialGraph
    seeds : integer array (k,) or (replicates, k)
        People active at time 0.
    probability : float, float array (n_edges,), or "weighted"
        As in `independent_cascade`.
    replicates : int
    delay : float or tuple
        Law of the time a successful try takes: mean hours (exponential), ("fixed", hours), ("exponential", mean
        hours), ("lognormal", median hours, sigma), or ("power-law", hours, theta): density constant up to `hours`,
        then falling as t^-(1 + theta). The default is what was seen on Twitter (median 40.6 minutes).
    horizon_hours : float, optional
        Who is reached after it is left out; None runs until nothing more can happen.
    bins : int
        At most so many bins of time (0: no curves). Without a horizon they end when nearly all is over, or after a
        week where the law has no mean (a power law with theta at most 1).
    seed : int or None
        Everything random follows from it; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.

    Returns
    -------
    ModelResult
        `size` and who is reached equal those of `independent_cascade` with the same seed, replicate by replicate
        (without a horizon); the parent is who got through first. Curves "reached" and "newly_reached".

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Each live arc has one delay, and times are shortest paths over live arcs. On a tree with R tries that succeed per
    person and exponential delays of rate c, E N(t) = (1 - R exp(-c (1 - R) t)) / (1 - R). Power law: Zhao, Erdogdu,
    He, Rajaraman and Leskovec 2015, "SEISMIC: a self-exciting point process model for predicting tweet popularity".

    Examples
    --------
    >>> import viralsim as vs
    >>> g = vs.generate.erdos_renyi(1000, 8.0, seed=1)
    >>> timed = vs.models.temporal_cascade(g, [0, 1], 0.2, replicates=50, delay=("exponential", 2.0))
    >>> plain = vs.models.independent_cascade(g, [0, 1], 0.2, replicates=50)
    >>> bool((timed.size == plain.size).all())
    True
    """
    people = check_population(g, None)
    replicates = check_count("replicates", replicates)
    rows = check_seeds(seeds, people, replicates)
    law = check_duration("delay", delay)
    coins = _coins(g, probability)
    horizon, grid, bins = check_horizon(horizon_hours, bins)
    used_seed, coin_key = model_key("independent cascade", seed)
    delay_key = np.uint64(derive(text_key("cascade delays"), used_seed))
    words, longest = _row_shape(g)
    head = (coins, (words, longest), law.kernel, delay_key, horizon)
    scratch = partial(_scratch, people, longest)
    job = Job(temporal.run_delayed, head, scratch, rows, coin_key, replicates, check_threads(threads), 1)
    if grid is None and not math.isfinite(law.mean_hours):
        grid = nice_grid(_HEAVY_HOURS, bins)
    elif grid is None:
        end = job.end_hours(max(100, people // 20)) if bins else 1.0
        grid = nice_grid(end if end > 0.0 else 10.0 * max(law.median_hours, 0.1), bins)
    outcome = job.run(grid)
    flows = outcome.flows[:, 0]
    weighted = isinstance(probability, str)
    told = probability if isinstance(probability, str | Real) else "per arc"
    return ModelResult(
        ("weighted" if weighted else "independent") + " cascade with delays",
        f"{METHOD} first-passage-1",
        used_seed,
        people,
        outcome.size,
        outcome.depth,
        {"probability": str(told), "delay": str(law), "seeds": str(rows.shape[1])},
        job.grow,
        lambda: outcome.virality.copy(),
        grid.times_hours if grid.bins else None,
        {"reached": flows.cumsum(axis=1), "newly_reached": flows} if grid.bins else {},
    )


def _scratch(n: int, longest: int) -> tuple[Any, ...]:
    return make_tree(n), make_queue(n), make_rows(longest)
