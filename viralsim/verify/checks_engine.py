"""The word-of-mouth engine with neutral mechanics against theory, and R as `validate` computes it."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Plot, Setting, distribution, equal, sample_mean, worst_of
from viralsim.verify.engine_worlds import neutral_scenario, random_scenario
from viralsim.verify.theory_branching import extinction_prob, mean_in_steps, total_progeny
from viralsim.verify.theory_percolation import degree_probs, percolation

__all__ = ["checks"]

FOLLOWERS = 40
VISIBILITY = 0.25
MET_TWICE = "people met twice in a finite audience"


def checks(setting: Setting) -> list[Check]:
    """Branching law, percolation, growth in time, R over random scenarios, conservation."""
    if "reproduction" in setting.values:
        given = setting.values["reproduction"]
        small, large = ([given], []) if given < 1 else ([], [given])
    else:
        small, large = [0.5], [1.5, 2.0]
    found = [_progeny(setting, R) for R in small]
    found += [_time(setting, R) for R in small]
    for R in large:
        found += [_friends(setting, R), _outbreak(setting, R)]
    return [*found, _random_reproduction(setting), _identities(setting)]


def _network() -> dict[str, object]:
    """Everybody has the same number of followers, picked uniformly."""
    return {"kind": "power-law", "exponent": 2.0, "min_followers": FOLLOWERS, "max_followers": FOLLOWERS}


def _people(setting: Setting) -> int:
    return int(setting.value("people", 30_000))


def _progeny(setting: Setting, R: float) -> Check:
    n, seeds = _people(setting), 5
    claim = f"engine, {seeds} people asked, R = {R:g}: law of the number of sharers"

    def find() -> Finding:
        chance = R / FOLLOWERS
        world = neutral_scenario(n, _network(), VISIBILITY, chance / VISIBILITY, seeds)
        runs = setting.effort(4000, 40_000)
        found = simulators.engine(world, runs, setting.seed_for(claim), setting.threads, draws=10)
        offspring = stats.binom.pmf(np.arange(FOLLOWERS + 1), FOLLOWERS, chance)
        law = total_progeny(offspring, 400, seeds)
        return distribution(np.asarray(found["sharers"], np.int64) + seeds, law, rest=True)

    return Check(claim, "branching process, Otter 1949 and Dwass 1969", find)


def _friends(setting: Setting, R: float) -> Check:
    """Percolation on an undirected graph: the part reached from many seeds."""
    n, degree, seeds = _people(setting), 10.0, 10
    claim = f"engine, friends of Poisson degree {degree:g}, R = {R:g}: part of people sharing"

    def find() -> Finding:
        chance = R / degree
        network = {"kind": "erdos-renyi", "mean_degree": degree}
        world = neutral_scenario(n, network, 0.5, chance / 0.5, seeds, horizon="14d")
        runs, graphs = setting.effort(60, 600), setting.effort(6, 20)
        found = simulators.engine(world, runs, setting.seed_for(claim), setting.threads, draws=graphs)
        part = (found["sharers"] + seeds) / n
        by_graph = np.array([part[found.draw == d].mean() for d in range(graphs)])
        large = percolation(degree_probs("poisson", degree), chance).large
        return sample_mean(by_graph, large, None, 0.01, f"{seeds} seeds at once, finite audience")

    return Check(claim, "Newman, Strogatz and Watts 2001; u = 1-p+p G1(u), S = 1-G0(u)", find)


def _outbreak(setting: Setting, R: float) -> Check:
    n = _people(setting)
    claim = f"engine, one person asked, R = {R:g}: chance that sharing takes off"

    def find() -> Finding:
        chance = R / FOLLOWERS
        world = neutral_scenario(n, _network(), VISIBILITY, chance / VISIBILITY, 1, horizon="14d")
        runs = setting.effort(300, 4000)
        found = simulators.engine(world, runs, setting.seed_for(claim), setting.threads, draws=10)
        off = stats.binom.pmf(np.arange(FOLLOWERS + 1), FOLLOWERS, chance)
        alive = 1.0 - extinction_prob(off)
        large = found["sharers"] > 0.1 * n
        se = math.sqrt(alive * (1 - alive) / runs)
        return Finding(alive, float(large.mean()), se)

    return Check(claim, "1 - extinction of a branching process with binomial offspring", find)


def _time(setting: Setting, R: float) -> Check:
    """Mean sharers so far, exponential display delay of whole steps."""
    n, seeds, minutes, half_life = _people(setting), 5, 10, 2.0
    claim = f"engine, exponential delay, half-life 2 h, R = {R:g}: mean sharers over time"

    def find() -> Finding:
        chance = R / FOLLOWERS
        timing = {
            "display_delay": {"kind": "exponential"},
            "reaction_delay": {"kind": "none"},
            "half_life": f"{half_life:g}h",
        }
        world = neutral_scenario(
            n, _network(), VISIBILITY, chance / VISIBILITY, seeds, timing, "48h", f"{minutes}min"
        )
        runs = setting.effort(4000, 40_000)
        found = simulators.engine(world, runs, setting.seed_for(claim), setting.threads, draws=10)
        curve = np.cumsum(found.curve("shares"), axis=1) / seeds + 1.0
        steps = np.round(found.times_hours * 60.0 / minutes).astype(np.int64) - 1
        # Published in step t, seen in step t + 1 + floor(D), D exponential with the scale the engine solved for.
        rate = math.log(2.0) / _median_steps(world, setting.seed_for(claim))
        line = mean_in_steps(R, -np.expm1(-rate * np.arange(int(steps[-1]) + 1)))[steps]
        picked = np.unique(np.searchsorted(found.times_hours, (1, 2, 4, 6, 9, 12, 18, 24, 36, 47)))
        slack = 6 * R * seeds / (1 - R) / n / (1 - R)
        findings = [
            sample_mean(curve[:, k], float(line[k]), None, slack * float(line[k]), MET_TWICE) for k in picked
        ]
        plot = Plot(
            f"Engine: sharers over time, R = {R:g}",
            "hours since the first share",
            "sharers per first sharer",
            found.times_hours,
            line,
            found.times_hours[picked],
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            f"Each share causes {R:g} further ones on average, after a delay with a half-life of two hours; in "
            f"the end there are 1 / (1 - R) = {1 / (1 - R):.3g} sharers for each first one.",
        )
        return worst_of(findings, plot)

    return Check(claim, "renewal equation of the branching process, in whole steps", find)


def _median_steps(world: dict[str, object], seed: int) -> float:
    """Median of the solved display delay, in steps."""
    from viralsim.engine.compiled import compile_draw
    from viralsim.spec import Scenario

    return float(np.median(compile_draw(Scenario.from_dict(world), seed, 0, {}, True).plan.delay[0])) / 256.0


def _random_reproduction(setting: Setting) -> Check:
    number = setting.effort(8, 40)
    claim = f"engine, {number} random scenarios: R of `validate` against R simulated"

    def find() -> Finding:
        from viralsim.engine.compiled import compile_draw
        from viralsim.engine.expected import expectations
        from viralsim.spec import Scenario

        seed = setting.seed_for(claim)
        findings = []
        people = min(_people(setting), 30_000)
        for k in range(number):
            description = random_scenario(k, seed, people)
            ensemble = simulators.engine(description, setting.effort(120, 2000), seed, setting.threads)
            compiled = compile_draw(Scenario.from_dict(description), seed, 0, {}, True)
            expected = expectations(compiled).reproduction_number
            summary = ensemble.summary()["reproduction_number"]
            findings.append(Finding(expected, summary.mean, summary.se, 0.02 * expected, MET_TWICE))
        order = np.argsort([f.expected for f in findings])
        ends = np.array([0.0, 1.05 * max(f.expected for f in findings)])
        plot = Plot(
            "R as `validate` computes it and as simulated",
            "R computed before running",
            "R simulated",
            ends,
            ends,
            np.array([findings[k].expected for k in order]),
            np.array([findings[k].got for k in order]),
            np.array([findings[k].se for k in order]),
            "One point per random scenario: seven kinds of network, unequal activity and affinity, negative "
            "views, one or two platforms. Points on the line: R is what `validate` says.",
            line_label="equal",
        )
        return worst_of(findings, plot, f"the furthest of {number} scenarios")

    return Check(claim, "next-generation operator, docs/model.md section 7", find)


def _identities(setting: Setting) -> Check:
    """What must hold in every replicate, whatever the scenario."""
    claim = "engine, random scenarios: impressions add up, trees hold all sharers, reach covers them"

    def find() -> Finding:
        wrong = 0
        for k in range(setting.effort(3, 14)):
            seed = setting.seed_for(claim)
            found = simulators.engine(random_scenario(k, seed, 5000), 60, seed, setting.threads)
            parts = sum(
                found[f"impressions_{x}"] for x in ("owned", "paid", "earned") if f"impressions_{x}" in found
            )
            nodes = found.tallies.trees[:, 4]
            wrong += int((found["impressions"] != parts).sum())
            wrong += int((found["reach"] > found["reach_accounts"]).sum())
            wrong += int((found["sharers"] > found["reach"]).sum())
            wrong += int((found.generations.sum(axis=1) != nodes).sum())
        return equal(float(wrong), 0.0)

    return Check(claim, "conservation", find)
