"""Cascades in time: growth of the mean number, and the delays seen on Twitter."""

from __future__ import annotations

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Plot, Setting, equal, proportion, sample_mean, worst_of
from viralsim.verify.theory_branching import mean_in_time, mean_in_time_exponential, offspring_probs
from viralsim.verify.theory_time import reshare_delay_cdf

__all__ = ["checks"]

MEAN = "E N(t) = (1 - R e^{-g(1-R)t}) / (1-R), and 1 + gt for R = 1"
HOURS = 20.0


def checks(setting: Setting) -> list[Check]:
    """Exponential delays in closed form, power-law delays by the renewal equation, medians."""
    rate = setting.value("per_hour", 0.4)
    given = [setting.values["reproduction"]] if "reproduction" in setting.values else [0.5, 0.8, 1.0]
    found = [_growth(setting, R, rate) for R in given]
    found.append(_power_law_growth(setting, given[0]))
    return [*found, *_delays(setting), _paths(setting)]


def _born(setting: Setting, name: str, R: float, delay: tuple[object, ...], hours: float, runs: int):  # type: ignore[no-untyped-def]
    branching = simulators.model("branching")
    return branching(
        offspring_probs("poisson", R), runs, delay=delay, horizon_hours=hours, bins=100,
        seed=setting.seed_for(name), threads=setting.threads,
    )  # fmt: skip


def _growth(setting: Setting, R: float, rate: float) -> Check:
    claim = f"branching in time, R = {R:g}, exponential delay of mean {1 / rate:.3g} h: mean number over time"

    def find() -> Finding:
        hours = 8.0 / rate
        result = _born(setting, claim, R, ("exponential", 1.0 / rate), hours, setting.effort(20_000, 500_000))
        times, born = np.asarray(result.times_hours), result.curve("born")
        line = mean_in_time_exponential(R, rate, times)
        at = np.arange(4, times.size, 10)
        findings = [sample_mean(born[:, k], float(line[k])) for k in at]
        plot = Plot(
            f"A cascade in time, R = {R:g}",
            "hours",
            "people so far, on average",
            times,
            line,
            times[at],
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            "The nearer R is to 1, the longer a cascade goes on, not only the larger it gets.",
        )
        return worst_of(findings, plot)

    return Check(claim, MEAN, find)


def _power_law_growth(setting: Setting, R: float) -> Check:
    claim = f"branching in time, R = {R:g}, reshare delays as on Twitter: mean number over 48 h"

    def find() -> Finding:
        hours, constant, theta = 48.0, 300.0 / 3600.0, 0.2315
        result = _born(
            setting, claim, R, ("power-law", constant, theta), hours, setting.effort(20_000, 500_000)
        )
        times, born = np.asarray(result.times_hours), result.curve("born")
        line = mean_in_time(R, lambda t: reshare_delay_cdf(t, constant, theta), times, cells=4800)
        at = np.arange(4, times.size, 10)
        return worst_of([sample_mean(born[:, k], float(line[k])) for k in at])

    return Check(claim, "renewal equation; Zhao et al. 2015 for the delays", find)


def _delays(setting: Setting) -> list[Check]:
    """A cascade over a single arc shows the law of the delay."""

    def part_within(hours: float) -> Check:
        claim = f"reshare delays as on Twitter: part within {hours:.4g} h"

        def find() -> Finding:
            constant, theta = 300.0 / 3600.0, 0.2315
            runs = setting.effort(50_000, 1_000_000)
            cascade = simulators.model("temporal_cascade")
            pair = simulators.directed_graph(2, [(0, 1)])
            result = cascade(
                pair, [0], 1.0, runs, delay=("power-law", constant, theta), horizon_hours=hours, bins=0,
                seed=setting.seed_for(claim), threads=setting.threads,
            )  # fmt: skip
            expected = float(reshare_delay_cdf(np.array([hours]), constant, theta)[0])
            return proportion(int((result.size == 2).sum()), runs, expected)

        return Check(claim, "constant to 300 s, then t^-1.2315; Zhao et al. 2015 (SEISMIC)", find)

    return [part_within(hours) for hours in (300.0 / 3600.0, 40.6 / 60.0, 1.0, 24.0)]


def _paths(setting: Setting) -> Check:
    claim = "cascade with delays: without a horizon it reaches whom the cascade without delays reaches"

    def find() -> Finding:
        from viralsim.graph import generate

        graph = generate.erdos_renyi(2000, 8.0, seed=setting.seed_for(claim))
        timed, plain = simulators.model("temporal_cascade"), simulators.model("independent_cascade")
        seed, runs = setting.seed_for(claim), setting.effort(200, 2000)
        a = timed(graph, [0, 1], 0.15, runs, delay=("exponential", 2.0), seed=seed, threads=setting.threads)
        b = plain(graph, [0, 1], 0.15, runs, seed=seed, threads=setting.threads)
        return equal(float((np.asarray(a.size) != np.asarray(b.size)).sum()), 0.0)

    return Check(claim, "shared coins", find)
