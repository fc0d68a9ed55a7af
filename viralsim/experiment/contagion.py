"""Apparent contagion: how much more readily people share whose friends have, whatever the reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.compiled import compile_draw, run_key
from viralsim.engine.effort import Effort
from viralsim.engine.memory import graphs_that_fit
from viralsim.engine.replicates import last_events, run_replicates
from viralsim.engine.tracing import make_trace
from viralsim.metrics.columns import Column, Floats
from viralsim.metrics.uncertainty import Summary, summarise

if TYPE_CHECKING:
    from viralsim.engine.compiled import Compiled
    from viralsim.engine.trace import Trace
    from viralsim.spec import Scenario

__all__ = ["Contagion", "apparent_contagion"]

_PERIOD_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Contagion:
    """Sharing by people whose friends have shared, against people whose friends have not.

    Parameters
    ----------
    ratio : Summary
        How many times as readily a brand follower shares who follows somebody who has shared, as one who does not
        (Mantel-Haenszel over days). 1: friends make no difference that can be seen.
    exposed, others : float
        Expected shares per run by the two.
    """

    ratio: Summary
    exposed: float
    others: float


def apparent_contagion(
    scenario: Scenario,
    replicates: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    fixed: bool = False,
) -> Contagion:
    """What somebody who sees who follows whom, and who shared when, would take for contagion.

    Of the brand's followers who have not shared when a day begins, those who follow somebody who has are compared
    with the others: how many of each share that day. Alike people share alike: run it with `audience.influence: false`
    to see what of the ratio has nothing to do with influence.

    Parameters
    ----------
    scenario : Scenario
    replicates, draws, seed, threads, fixed
        As in `viralsim.simulate`.

    Returns
    -------
    Contagion

    Notes
    -----
    Source: Aral, Muchnik and Sundararajan 2009, Proc. Natl. Acad. Sci. 106, 21544-21549, who compared adopters'
    friends with others and found more than half of the difference to be homophily. The ratio is that of Mantel and
    Haenszel 1959, days being the strata: sum a B / (A + B) over sum b A / (A + B), with a of A exposed people and b
    of B others sharing.

    Examples
    --------
    >>> import viralsim as vs
    >>> from viralsim.experiment.contagion import apparent_contagion
    >>> alone = vs.load_scenario("homophily-or-influence").variant("influence-off")
    >>> apparent_contagion(alone, replicates=2, draws=1).ratio.mean > 1.0
    True
    """
    effort = Effort.of(scenario, replicates, draws, seed, threads, fixed)
    graphs = graphs_that_fit(scenario, effort)
    found = np.zeros((effort.replicates, 4))

    def run(draw: int) -> None:
        compiled = compile_draw(scenario, effort.seed, draw, graphs, fixed)
        scratch = None
        for r in range(draw, effort.replicates, effort.draws):
            keys = np.array([run_key(effort.seed, draw, r)], np.uint64)
            _, scratch = run_replicates(compiled.world, compiled.plan, keys, scratch, compiled.n_segments)
            found[r] = _one_run(compiled, make_trace(compiled, last_events(scratch), r))

    with ThreadPoolExecutor(min(effort.threads, effort.draws)) as pool:
        list(pool.map(run, range(effort.draws)))
    ratio = summarise(
        Column(found[:, 0], found[:, 1]), np.arange(effort.replicates) % effort.draws, floor=0.0
    )
    return Contagion(ratio, float(found[:, 2].mean()), float(found[:, 3].mean()))


def _one_run(compiled: Compiled, trace: Trace) -> tuple[float, float, float, float]:
    """Numerator and denominator of the ratio, and shares by exposed people and by others."""
    world = compiled.world
    shared = np.full(world.person_key.size, np.inf)
    np.minimum.at(shared, trace.person, trace.hour)
    asked = np.zeros(shared.size, bool)
    asked[trace.person[trace.asked]] = True
    follower = np.zeros(shared.size, bool)
    for p in range(len(compiled.scenario.platforms)):
        follower[world.fans[world.fan_ptr[p] : world.fan_ptr[p + 1]]] = True
    friend = _first_friend(compiled, shared)
    totals = np.zeros(4)
    for begin in np.arange(0.0, float(compiled.times_hours[-1]), _PERIOD_HOURS):
        at_risk = follower & ~asked & (shared >= begin)
        shares = at_risk & (shared < begin + _PERIOD_HOURS)
        totals += _stratum(at_risk, shares, friend < begin)
    return float(totals[0]), float(totals[1]), float(totals[2]), float(totals[3])


def _first_friend(compiled: Compiled, shared: Floats) -> Floats:
    """Hour at which somebody first shared whom each person follows (inf: nobody did)."""
    first = np.full(shared.size, np.inf)
    for network in compiled.audience.networks:
        sharers = np.flatnonzero(np.isfinite(shared))
        for person in sharers:
            followers = network.followers[network.indptr[person] : network.indptr[person + 1]]
            first[followers] = np.minimum(first[followers], shared[person])
    return first


def _stratum(at_risk: NDArray[np.bool_], shares: NDArray[np.bool_], exposed: NDArray[np.bool_]) -> Any:
    """One day's part of the Mantel-Haenszel ratio, and of the shares."""
    a, b = np.count_nonzero(shares & exposed), np.count_nonzero(shares & ~exposed)
    many, others = np.count_nonzero(at_risk & exposed), np.count_nonzero(at_risk & ~exposed)
    if not many or not others:
        return np.array([0.0, 0.0, a, b])
    return np.array([a * others, b * many, 0.0, 0.0]) / (many + others) + np.array([0.0, 0.0, a, b])
