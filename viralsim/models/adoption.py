"""The Bass model of adoption, for agents: on a graph or well mixed, in continuous time or in periods."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from viralsim.errors import SpecError
from viralsim.kernels import bass as kernel
from viralsim.models.results import ModelResult, check_count, check_seeds, check_threads, model_key
from viralsim.models.running import (
    Job,
    check_horizon,
    check_number,
    check_population,
    make_queue,
    make_tree,
    nice_grid,
    person_keys,
    sources_of,
)

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["bass"]

METHODS = {"continuous": "first-passage-1", "discrete": "periods-1"}
"""How adoption is drawn, by the kind of time."""

_ENOUGH = 100  # adopters of a pilot that suffice to tell how long it takes


def bass(
    g: SocialGraph | None,
    p: float,
    q: float,
    replicates: int,
    n: int | None = None,
    time: str = "continuous",
    seeds: ArrayLike | None = None,
    horizon_hours: float | None = None,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """Bass model: people adopt by themselves (p) and because those whom they follow have (q).

    Parameters
    ----------
    g : SocialGraph or None
        None with `n`: well mixed, everybody follows everybody.
    p : float
        Rate of own adoption (innovation) per hour; with time="discrete" a probability per period. Any unit of time
        will do: with p and q per year, read "hours" as years.
    q : float
        Rate of imitation per hour (period) once all whom a person follows have adopted.
    replicates : int
    n : int, optional
        People of a well mixed population.
    time : str
        "continuous", or "discrete": everybody decides once in each period, on what was so before it. The two are
        different models: F(10) is .8128 and .7826 at p = .03, q = .38.
    seeds : integer array (k,) or (replicates, k), optional
        People who have adopted at time 0; nobody if None.
    horizon_hours : float, optional
        Adoptions after it (periods, if discrete) are left out; None runs until nothing more can happen.
    bins : int
        At most so many bins of time (0: no curves).
    seed : int or None
        Everything random follows from it; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.

    Returns
    -------
    ModelResult
        `size` (adopters), trees of imitation (who adopts by itself is a root), and the curves "adopters" (so far) and
        "new_adopters" (in each bin).

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Bass 1969, "A new product growth for model consumer durables". A person whose k followed people include a
    adopters adopts at rate p + q a / k. Well mixed and large, the part that has adopted is
    F(t) = (1 - exp(-(p+q)t)) / (1 + (q/p) exp(-(p+q)t)); sparse graphs are slower, the one-sided circle slowest
    (Fibich and Gibori 2010). Discrete: F(t+1) = F(t) + (p + q F(t))(1 - F(t)). The parent of an imitator is the one
    whose influence came first (continuous), or drawn among those who adopted before (discrete, well mixed).

    Examples
    --------
    >>> import viralsim as vs
    >>> r = vs.models.bass(None, 0.03, 0.38, replicates=20, n=10_000, horizon_hours=20)
    >>> at_10 = r.curve("adopters")[:, 99].mean() / 10_000      # bins of 0.1
    >>> bool(abs(at_10 - 0.8128) < 0.01)
    True
    """
    if time not in METHODS:
        raise SpecError(f"time: got {time!r}; allowed are 'continuous' and 'discrete'")
    discrete = time == "discrete"
    people = check_population(g, n)
    replicates = check_count("replicates", replicates)
    rates = check_number("p", p, high=1.0 if discrete else math.inf), check_number("q", q)
    if discrete and sum(rates) > 1.0:
        raise SpecError(f"p + q is {sum(rates):g}; in periods it is a probability and at most 1")
    rows = np.zeros((1, 0), np.int64) if seeds is None else check_seeds(seeds, people, replicates)
    if rates[0] == 0.0 and rows.shape[1] == 0:
        raise SpecError("p: got 0 without seeds, so nobody would ever adopt; give p above 0 or seeds")
    horizon, grid, bins = check_horizon(horizon_hours, bins, whole=discrete)
    used_seed, key = model_key(f"bass {time}", seed)
    tail = (rows, key, replicates, check_threads(threads), 1)
    job = (
        _discrete_job(g, people, rates, horizon, tail) if discrete else _job(g, people, rates, horizon, tail)
    )
    if grid is None:
        end = job.end_hours(min(_ENOUGH, people)) if bins else 1.0
        grid = nice_grid(end if end > 0.0 else 1.0, bins, whole=discrete)
    outcome = job.run(grid)
    flows = outcome.flows[:, 0]
    return ModelResult(
        "Bass model" + (" in periods" if discrete else "") + ("" if g is not None else ", well mixed"),
        METHODS[time],
        used_seed,
        people,
        outcome.size,
        outcome.depth,
        {"p": f"{rates[0]:g}", "q": f"{rates[1]:g}", "seeds": str(rows.shape[1])},
        job.grow,
        lambda: outcome.virality.copy(),
        grid.times_hours if grid.bins else None,
        {"adopters": flows.cumsum(axis=1), "new_adopters": flows} if grid.bins else {},
        "periods" if discrete else "hours",
    )


def _job(
    g: SocialGraph | None, people: int, rates: tuple[float, float], horizon: float, tail: tuple[Any, ...]
) -> Job:
    """Continuous time."""
    none = np.zeros(0, np.int32)
    if g is None:
        graph = (none, none, np.zeros(0, np.uint64), np.zeros(0))
    else:
        followed = np.diff(sources_of(g)[0]).astype(np.float64)
        mean_hours = followed / rates[1] if rates[1] > 0.0 else np.full(people, math.inf)
        graph = (g.indptr, g.indices, person_keys(g), mean_hours)
    scratch = partial(_scratch, people)
    return Job(kernel.run_continuous, (graph, rates, horizon), scratch, *tail)


def _scratch(n: int) -> tuple[Any, ...]:
    return make_tree(n), make_queue(n)


def _discrete_job(
    g: SocialGraph | None, people: int, rates: tuple[float, float], horizon: float, tail: tuple[Any, ...]
) -> Job:
    """Time in periods."""
    none = np.zeros(0, np.int32)
    if g is None:
        graph = (none, none, np.zeros(0, np.uint64), np.zeros(0, np.int64), none)
    else:
        graph = (g.indptr, g.indices, person_keys(g), *sources_of(g))
    scratch = partial(_discrete_scratch, people)
    return Job(kernel.run_discrete, (graph, rates, horizon), scratch, *tail)


def _discrete_scratch(n: int) -> tuple[Any, ...]:
    return make_tree(n), kernel.Waiting(np.zeros(n, np.int32), np.zeros(n, np.int32))
