"""Epidemics against EoN (simulated and analytic) and CyNetDiff: same graph, same seeds, one thread, A B A B."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import harness
import numpy as np

import viralsim as vs
from viralsim.graph.social_graph import SocialGraph

__all__ = ["PARTS", "rows"]

RATE, MEAN_HOURS = 0.2, 1.0


def seed_people(g: SocialGraph, count: int) -> np.ndarray:
    """The same people in every run."""
    return np.random.default_rng(5).choice(g.n_nodes, count, replace=False)


def _pair(
    name: str,
    ours: Callable[[int], np.ndarray],
    peer: Callable[[int], list[float]],
    rounds: int = 5,
    note: str = "against EoN",
) -> dict[str, Any]:
    return harness.compare(
        name, lambda k: harness.timed(lambda: ours(k)), lambda k: harness.timed(lambda: peer(k)), rounds, note
    )


# ---- simulated -----------------------------------------------------------------------------------


def simulated() -> list[dict[str, Any]]:
    """SIR on 100,000 people (exponential and fixed periods) and SIS on 5,000, against EoN's event-driven simulations."""
    import EoN

    g = vs.generate.erdos_renyi(100_000, 10.0, seed=1)
    graph, seeds = g.to_networkx(), seed_people(g, 100)
    people = seeds.tolist()
    where = "random graph, 100,000 people x 10, 100 seeds"

    def sir(k: int) -> np.ndarray:
        return vs.models.sir(g, seeds, 20, RATE, MEAN_HOURS, bins=0, seed=k).size

    def eon_sir(k: int) -> list[float]:
        random.seed(k)
        np.random.seed(k)
        return [float(EoN.fast_SIR(graph, RATE, 1 / MEAN_HOURS, initial_infecteds=people)[3][-1])]

    def fixed(k: int) -> np.ndarray:
        return vs.models.sir(g, seeds, 20, RATE, ("fixed", MEAN_HOURS), bins=0, seed=k).size

    def eon_fixed(k: int) -> list[float]:
        random.seed(k)
        found = EoN.fast_nonMarkov_SIR(
            graph,
            trans_time_fxn=lambda u, v: random.expovariate(RATE),
            rec_time_fxn=lambda u: MEAN_HOURS,
            initial_infecteds=people,
        )
        return [float(found[3][-1])]

    return [
        _pair(f"SIR, exponential periods, {where}", sir, eon_sir, 4),
        _pair(f"SIR, fixed periods, {where}", fixed, eon_fixed, 4),
        _sis(),
    ]


def _sis() -> dict[str, Any]:
    """Infectious people at hour 10 of an endemic SIS."""
    import EoN

    g = vs.generate.erdos_renyi(5_000, 10.0, seed=2)
    graph, seeds = g.to_networkx(), seed_people(g, 500)
    people = seeds.tolist()

    def sis(k: int) -> np.ndarray:
        return vs.models.sis(g, seeds, 20, 0.3, 1.0, horizon_hours=10.0, bins=1, seed=k).curve("I")[:, -1]

    def eon_sis(k: int) -> list[float]:
        random.seed(k)
        return [float(EoN.fast_SIS(graph, 0.3, 1.0, initial_infecteds=people, tmax=10.0)[2][-1])]

    return _pair("SIS to hour 10, random graph, 5,000 people x 10, 500 seeds", sis, eon_sis)


# ---- analytic ------------------------------------------------------------------------------------


def analytic() -> list[dict[str, Any]]:
    """Final size, outbreak probability and course against EoN's formulas for random graphs; not timed."""
    import EoN

    z = 5.0
    law = {k: math.exp(-z + k * math.log(z) - math.lgamma(k + 1)) for k in range(60)}
    size = float(EoN.Attack_rate_cts_time(law, RATE * 2, 1.0))
    chance = float(EoN.Epi_Prob_cts_time(law, RATE * 2, 1.0))
    hits, reached = [], []
    for graph in range(20):
        g = vs.generate.erdos_renyi(20_000, z, seed=graph)
        r = vs.models.sir(g, np.arange(100)[:, None] * 197, 100, RATE * 2, 1.0, bins=0, seed=graph)
        large = r.size > 1000
        hits.append(float(large.mean()))
        reached.append(float(r.size[large].mean()) / g.n_nodes)
    where = "SIR, Poisson random graphs, 20,000 people x 5, one seed, 2,000 runs"
    return [
        _against(f"outbreak probability, {where}", np.array(hits), chance, 0.0),
        _against(f"size of outbreaks, {where}", np.array(reached), size, 0.002),
        _course(),
    ]


def _course() -> dict[str, Any]:
    """Largest number infectious at once against the edge-based compartmental model (Miller, Slim and Volz 2012)."""
    import EoN

    n, z, part = 100_000, 10.0, 0.01
    t, _, infectious, _ = EoN.EBCM_uniform_introduction(
        n, lambda x: math.exp(z * (x - 1)), lambda x: z * math.exp(z * (x - 1)), RATE, 1.0, part, tmax=20, tcount=401
    )
    found = []
    for graph in range(6):
        g = vs.generate.erdos_renyi(n, z, seed=graph)
        seeds = seed_people(g, int(n * part))
        r = vs.models.sir(g, seeds, 4, RATE, 1.0, horizon_hours=20.0, bins=400, seed=graph)
        expected = np.interp(r.times_hours, t, infectious)
        at = int(np.argmax(expected))
        found.append(float(r.curve("I")[:, at].mean()) / n)
    name = f"infectious at the peak, SIR, random graphs, {n:,} people x {z:g}, {part:.0%} seeded"
    return _against(name, np.array(found), float(np.max(infectious)) / n, 0.002)


def _against(name: str, found: np.ndarray, expected: float, allowance: float) -> dict[str, Any]:
    """A row without times: mean over graphs against a formula; AssertionError if they disagree."""
    se = float(found.std(ddof=1)) / math.sqrt(found.size)
    apart = abs(float(found.mean()) - expected)
    if apart > max(harness.SIGMA * se, allowance):
        raise AssertionError(f"{name}: {found.mean():.5f} and {expected:.5f} differ by {apart / se:.1f} standard errors")
    return {
        "workload": name,
        "ours": f"{found.mean():.4f} (se {se:.4f})",
        "peer": f"{expected:.4f}",
        "ratio": "",
        "spread": "",
        "note": f"EoN's formula, {apart / se:.1f} standard errors apart",
    }


# ---- CyNetDiff -----------------------------------------------------------------------------------


def cascades() -> list[dict[str, Any]]:
    """SIR with fixed periods is an independent cascade: spread against CyNetDiff's with p = 1 - exp(-rate x period)."""
    from cynetdiff.models import IndependentCascadeModel

    g = vs.generate.erdos_renyi(20_000, 6.0, seed=3)
    seeds, rate = seed_people(g, 10), 0.22
    prob = -math.expm1(-rate)
    peer = IndependentCascadeModel(
        g.indptr[:-1].astype(np.uint32), g.indices.astype(np.uint32), activation_prob=prob
    )
    peer.set_seeds([int(s) for s in seeds])

    def sir(k: int) -> np.ndarray:
        return vs.models.sir(g, seeds, 100, rate, ("fixed", 1.0), bins=0, seed=k).size

    def delayed(k: int) -> np.ndarray:
        return vs.models.temporal_cascade(g, seeds, prob, 100, 1.0, bins=0, seed=k).size

    def cynetdiff(k: int) -> list[float]:
        peer.set_rng(k)
        sizes = []
        for _ in range(100):
            peer.reset_model()
            peer.advance_until_completion()
            sizes.append(float(peer.get_num_activated_nodes()))
        return sizes

    where = "random graph, 20,000 people x 6, 10 seeds, against CyNetDiff's cascade, which has no time"
    return [
        _pair("SIR, fixed periods, with times", sir, cynetdiff, note=where),
        _pair("independent cascade with delays", delayed, cynetdiff, note=where),
    ]


PARTS = {"simulated": simulated, "analytic": analytic, "cynetdiff": cascades}


def rows() -> list[dict[str, Any]]:
    """All rows."""
    return [row for part in PARTS.values() for row in part()]
