"""SI, SIS, SIR and SEIR in continuous time, on a graph or well mixed."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.kernels import epidemic
from viralsim.models.durations import Duration, DurationLaw, check_duration
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
)

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["seir", "si", "sir", "sis"]

METHODS = {True: "first-passage-1", False: "contacts-1"}
"""How an epidemic is run: by first passage (SI, SIR, SEIR on a graph) or by contacts (SIS, and well mixed)."""

_NONE = DurationLaw("fixed", 0.0)
_FOREVER = DurationLaw("fixed", math.inf)
_SIS_PERIODS = 30.0  # default horizon of SIS in mean periods


def si(
    g: SocialGraph | None,
    seeds: ArrayLike,
    replicates: int,
    transmission_per_hour: float,
    n: int | None = None,
    horizon_hours: float | None = None,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """SI epidemic: who is infected stays infectious for ever.

    Parameters
    ----------
    g : SocialGraph or None
        None with `n`: well mixed.
    seeds : integer array (k,) or (replicates, k)
        People infected at time 0.
    replicates : int
    transmission_per_hour : float
        On a graph: rate at which an infectious person transmits over each arc. Well mixed: in all, that is
        ``transmission_per_hour / (n - 1)`` to each other person.
    n : int, optional
        People of a well mixed population (a complete graph that is not stored).
    horizon_hours : float, optional
        Infections after it are left out; None runs until nothing more can happen.
    bins : int
        At most so many bins of time (0: no curves).
    seed : int or None
        Everything random follows from it; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.

    Returns
    -------
    ModelResult
        `size` (people ever infected), `depth`, `times_hours`, and the curves "S", "I", "infected".

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    On a graph each arc has one exponential delay and infection times are shortest paths over them (first passage
    percolation). Well mixed, dI/dt = transmission_per_hour I (n - I) / (n - 1) on average for large n: a logistic
    curve (Kermack and McKendrick 1927 without removal).

    Examples
    --------
    >>> import viralsim as vs
    >>> ring = vs.SocialGraph.from_edges([0, 1, 2], [1, 2, 0], directed=False)
    >>> vs.models.si(ring, [0], replicates=3, transmission_per_hour=0.5).size
    array([3, 3, 3])
    """
    return _epidemic(
        "SI",
        g,
        seeds,
        replicates,
        transmission_per_hour,
        _NONE,
        _FOREVER,
        n,
        horizon_hours,
        bins,
        seed,
        threads,
    )


def sis(
    g: SocialGraph | None,
    seeds: ArrayLike,
    replicates: int,
    transmission_per_hour: float,
    period: Duration = ("exponential", 1.0),
    n: int | None = None,
    horizon_hours: float | None = None,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """SIS epidemic: after the infectious period people are susceptible again.

    Parameters
    ----------
    g, seeds, replicates, transmission_per_hour, n, bins, seed, threads
        As in `si`.
    period : float or tuple
        Law of the infectious period: mean hours (exponential), ("fixed", hours), ("exponential", mean hours),
        ("lognormal", median hours, sigma) or ("power-law", hours, theta).
    horizon_hours : float, optional
        End of the simulation; 30 mean periods if None, as an endemic infection need not end.

    Returns
    -------
    ModelResult
        `size` is the number of people ever infected up to the horizon, the tree that of first infections; curves
        "S", "I", "infected" (infections so far, repeats counted).

    Raises
    ------
    SpecError
        If an argument cannot be used, or `horizon_hours` is None and the mean period is infinite.

    Notes
    -----
    Who is infectious makes contact with each follower (well mixed: with anybody) at random times; a susceptible
    contact is infected. Well mixed with R0 = transmission_per_hour x mean period > 1, the endemic part infected is
    about 1 - 1 / R0 (Weiss and Dishon 1971; Pastor-Satorras et al. 2015, "Epidemic processes in complex networks").

    Examples
    --------
    >>> import viralsim as vs
    >>> r = vs.models.sis(None, range(50), 20, 2.0, period=1.0, n=1000, horizon_hours=20)
    >>> bool(abs(r.curve("I")[:, -1].mean() / 1000 - 0.5) < 0.05)
    True
    """
    law = check_duration("period", period)
    if horizon_hours is None:
        if not math.isfinite(law.mean_hours):
            raise SpecError("horizon_hours: it is needed for SIS where the mean period is infinite")
        horizon_hours = _SIS_PERIODS * max(law.mean_hours, 1e-3)
    return _epidemic(
        "SIS", g, seeds, replicates, transmission_per_hour, _NONE, law, n, horizon_hours, bins, seed, threads
    )


def sir(
    g: SocialGraph | None,
    seeds: ArrayLike,
    replicates: int,
    transmission_per_hour: float,
    period: Duration = ("exponential", 1.0),
    n: int | None = None,
    horizon_hours: float | None = None,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """SIR epidemic: people are infectious for a period, then removed for good.

    Parameters
    ----------
    g, seeds, replicates, transmission_per_hour, n, horizon_hours, bins, seed, threads
        As in `si`.
    period : float or tuple
        Law of the infectious period, as in `sis`.

    Returns
    -------
    ModelResult
        `size` (people ever infected), `depth`, trees, and the curves "S", "I", "R", "infected".

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Kermack and McKendrick 1927, "A contribution to the mathematical theory of epidemics". Well mixed, with R0 =
    transmission_per_hour x mean period, a large outbreak reaches z = 1 - exp(-R0 z) whatever the law of the period;
    its probability depends on the law. On a graph u infects v iff an exponential delay is shorter than u's period
    (Kenah and Robins 2007), so that arcs out of one person are not independent unless the period is fixed.

    Examples
    --------
    >>> import viralsim as vs
    >>> r = vs.models.sir(None, [0], 200, transmission_per_hour=2.0, period=("fixed", 1.0), n=5000)
    >>> large = r.size[r.size > 500] / 5000
    >>> bool(abs(large.mean() - 0.7968) < 0.01)
    True
    """
    law = check_duration("period", period)
    return _epidemic(
        "SIR", g, seeds, replicates, transmission_per_hour, _NONE, law, n, horizon_hours, bins, seed, threads
    )


def seir(
    g: SocialGraph | None,
    seeds: ArrayLike,
    replicates: int,
    transmission_per_hour: float,
    period: Duration = ("exponential", 1.0),
    latent: Duration = ("exponential", 1.0),
    n: int | None = None,
    horizon_hours: float | None = None,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """SEIR epidemic: infected people are not infectious for a latent period, then infectious, then removed.

    Parameters
    ----------
    g, seeds, replicates, transmission_per_hour, period, n, horizon_hours, bins, seed, threads
        As in `sir`. Seeds are exposed at time 0: they have a latent period too.
    latent : float or tuple
        Law of the latent period, written as `period`.

    Returns
    -------
    ModelResult
        `size` (people ever infected), `depth`, trees, and the curves "S", "E", "I", "R", "infected".

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    As `sir`, with the same law of the final size: latency delays and changes nothing else (Anderson and May 1991,
    "Infectious Diseases of Humans"). On a graph, with the same seed, the latent law changes when, never who
    is infected.

    Examples
    --------
    >>> import viralsim as vs
    >>> star = vs.SocialGraph.from_edges([0, 0, 0], [1, 2, 3])
    >>> r = vs.models.seir(star, [0], 100, 9.0, period=("fixed", 1.0), latent=("fixed", 2.0), horizon_hours=4)
    >>> int(r.curve("E")[:, 20].max()), int(r.curve("infected")[:, 20].max())
    (1, 1)
    """
    law = check_duration("period", period)
    latent_law = check_duration("latent", latent)
    return _epidemic(
        "SEIR",
        g,
        seeds,
        replicates,
        transmission_per_hour,
        latent_law,
        law,
        n,
        horizon_hours,
        bins,
        seed,
        threads,
    )


def _epidemic(
    name: str,
    g: SocialGraph | None,
    seeds: ArrayLike,
    replicates: Any,
    per_hour: Any,
    latent: DurationLaw,
    period: DurationLaw,
    n: int | None,
    horizon_hours: float | None,
    bins: int,
    seed: int | None,
    threads: Any,
) -> ModelResult:
    """Check, run, and put together one of the four."""
    people = check_population(g, n)
    replicates = check_count("replicates", replicates)
    rows = check_seeds(seeds, people, replicates)
    rate = check_number("transmission_per_hour", per_hour)
    horizon, grid, bins = check_horizon(horizon_hours, bins)
    used_seed, key = model_key(f"{name} epidemic", seed)
    passage = g is not None and name != "SIS"
    laws = (rate, latent.kernel, period.kernel)
    job = _job(g, people, name, passage, laws, horizon, (rows, key, replicates, check_threads(threads)))
    if grid is None:
        grid = nice_grid(_end_hours(job, people, latent, period, rate) if bins else 1.0, bins)
    outcome = job.run(grid)
    settings = {"transmission": f"{rate:g} per hour", "seeds": str(rows.shape[1])}
    if name != "SI":
        settings["period"] = str(period)
    if name == "SEIR":
        settings["latent"] = str(latent)
    return ModelResult(
        f"{name} epidemic" + ("" if g is not None else ", well mixed"),
        METHODS[passage],
        used_seed,
        people,
        outcome.size,
        outcome.depth,
        settings,
        job.grow,
        lambda: outcome.virality.copy(),
        grid.times_hours if grid.bins else None,
        _curves(name, outcome.flows, people) if grid.bins else {},
    )


def _job(
    g: SocialGraph | None,
    people: int,
    name: str,
    passage: bool,
    laws: tuple[Any, ...],
    horizon: float,
    tail: tuple[Any, ...],
) -> Job:
    """The kernel and what it needs."""
    none = np.zeros(0, np.int32)
    graph = (none, none, np.zeros(0, np.uint64)) if g is None else (g.indptr, g.indices, person_keys(g))
    rate = laws[0]
    if passage:
        mean_hours = 1.0 / rate if rate > 0.0 else math.inf
        head: tuple[Any, ...] = (graph, (mean_hours, *laws[1:]), horizon)
        return Job(epidemic.run_passage, head, partial(_scratch, people, False), *tail, 3)  # type: ignore[call-arg]
    if people == 1:
        laws = (0.0, *laws[1:])  # nobody to meet
    head = (graph, laws, name == "SIS", horizon)
    return Job(epidemic.run_contacts, head, partial(_scratch, people, True), *tail, 3)  # type: ignore[call-arg]


def _scratch(n: int, contacts: bool) -> tuple[Any, ...]:
    """Scratch of one thread."""
    if not contacts:
        return make_tree(n), make_queue(n)
    state = epidemic.State(
        np.zeros(n, np.uint8),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.zeros(n, np.uint64),
        np.zeros(n, np.uint64),
        np.zeros(n),
    )
    return make_tree(n), make_queue(n), state


def _end_hours(job: Job, people: int, latent: DurationLaw, period: DurationLaw, rate: float) -> float:
    """End of the curves where no horizon is given: when most people are infected and removed again."""
    after = latent.mean_hours + period.mean_hours
    if not math.isfinite(after):
        after = 4.0 * period.median_hours if math.isfinite(period.median_hours) else 0.0
    end = job.end_hours(max(100, people // 20)) + 2.0 * after
    return end if end > 0.0 else (10.0 / rate if rate > 0.0 else 1.0)


def _curves(name: str, flows: NDArray[np.int32], people: int) -> dict[str, NDArray[Any]]:
    """People in each compartment at the end of each bin, from the events in it."""
    infected, onset, removed = (flows[:, channel].cumsum(axis=1) for channel in range(3))
    curves = {"S": people - infected + (removed if name == "SIS" else 0)}
    if name == "SEIR":
        curves["E"] = infected - onset
    curves["I"] = onset - removed
    if name in ("SIR", "SEIR"):
        curves["R"] = removed
    curves["infected"] = infected
    return curves
