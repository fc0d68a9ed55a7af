"""What studies of real cascades found: most things do not spread, and those that do are rarely deep."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Setting, equal, proportion, sample_mean
from viralsim.verify.theory_branching import conditional_virality
from viralsim.verify.theory_followers import FollowerTheory, follower_offspring, follower_theory

__all__ = ["checks"]

GOEL = "Goel, Anderson, Hofman and Watts 2016, section 5"
FOUND = "Goel, Watts and Goldstein 2012; Bakshy et al. 2011; Goel et al. 2016"
POPULAR = 100
LARGEST = 1000  # sizes whose probability is computed; beyond, rounding of the power series begins to show


def checks(setting: Setting) -> list[Check]:
    """The model of Goel et al. at its published parameters; the stock scenario of an ordinary post."""
    return [*_case(setting, 2.3, 0.5), *_case(setting, 2.0, 0.2), *_ordinary(setting)]


def _case(setting: Setting, exponent: float, r: float) -> list[Check]:
    """10 to a million followers, as a branching process: what an endless crowd does."""
    what = f"followers k^-{exponent:g} up to a million, r = {r:g}"
    shape = exponent == 2.3

    @cache
    def theory() -> FollowerTheory:
        return follower_theory(exponent, r, largest=LARGEST if shape else POPULAR)

    @cache
    def trees() -> Any:
        runs = int(setting.value("cascades", setting.effort(100_000, 4_000_000)))
        law = follower_offspring(exponent, r)
        seed = setting.seed_for(what)
        return simulators.model("branching")(law, runs, seed=seed, threads=setting.threads)

    def alone() -> Finding:
        size = np.asarray(trees().size)
        return proportion(int((size == 1).sum()), size.size, float(theory().size_prob[1]))

    def shallow() -> Finding:
        depth = np.asarray(trees().depth)
        return proportion(int((depth <= 1).sum()), depth.size, theory().within_one)

    def popular() -> Finding:
        size = np.asarray(trees().size)
        return proportion(int((size >= POPULAR).sum()), size.size, theory().at_least(POPULAR))

    found = [
        Check(f"{what}: chance to stay alone", GOEL, alone),
        Check(f"{what}: chance to end within one step", GOEL, shallow),
        Check(f"{what}: chance to reach {POPULAR}", GOEL, popular),
    ]
    if shape:
        claim = f"{what}: mean structural virality of cascades of {POPULAR} and more"
        found.append(Check(claim, f"{GOEL}; mean by power series", lambda: _virality(theory(), trees())))
        claim = f"{what}: correlation of size and structural virality among those"
        found.append(Check(claim, f"{GOEL}, figure 8", lambda: _correlation(trees())))
    return found


def _popular(found: Any) -> tuple[np.ndarray, np.ndarray]:
    """Size and structural virality of the popular cascades."""
    size = np.asarray(found.size)
    popular = size >= POPULAR
    return size[popular].astype(np.float64), np.asarray(found.structural_virality())[popular]


def _virality(theory: FollowerTheory, found: Any) -> Finding:
    given_size = conditional_virality(theory.size_prob)
    rest = theory.at_least(LARGEST + 1)
    total = float(given_size[POPULAR:] @ theory.size_prob[POPULAR:]) + float(given_size[-1]) * rest
    expected = total / theory.at_least(POPULAR)
    why = f"cascades above {LARGEST:,} taken to be like those of {LARGEST:,}"
    return sample_mean(_popular(found)[1], expected, None, 0.02, why)


def _correlation(found: Any) -> Finding:
    """Pearson's correlation; its error by the bootstrap, sizes having a heavy tail."""
    size, virality = _popular(found)
    if size.size < 20:
        return Finding(0.11, math.nan, note="too few popular cascades")
    again = []
    for k in range(200):
        pick = (simulators.uniforms(8, k, size.size) * size.size).astype(np.int64)
        again.append(float(np.corrcoef(size[pick], virality[pick])[0, 1]))
    got = float(np.corrcoef(size, virality)[0, 1])
    note = f"{size.size:,} popular cascades; error by the bootstrap"
    return Finding(
        0.11, got, float(np.std(again)), 0.05, "'about .11', one simulation of heavy tails", note=note
    )


# ------------------------------------------------------------------------------------- an ordinary post


def _ordinary(setting: Setting) -> list[Check]:
    """The stock scenario against what was measured on real platforms."""

    @cache
    def ensemble() -> Any:
        from viralsim.engine import simulate
        from viralsim.spec import load_scenario

        runs, draws = setting.effort(200, 12_000), setting.effort(8, 40)
        seed = setting.seed_for("ordinary post")
        scenario = load_scenario("ordinary-post")
        return simulate(scenario, replicates=runs, draws=draws, seed=seed, threads=setting.threads)

    @cache
    def trees() -> dict[str, tuple[float, float, float]]:
        return _tree_rates(ensemble())

    def within(name: str, low: float, high: float) -> Finding:
        got, se, dof = trees()[name]
        nearest = min(max(got, low), high)
        return Finding(
            nearest, got, se, note=f"expected: the nearest value from {low:g} to {high:g}", dof=dof
        )

    what = "stock scenario ordinary-post"
    return [
        Check(
            f"{what}: 73 to 95 % of share trees are one person", FOUND, lambda: within("alone", 0.73, 0.95)
        ),
        Check(
            f"{what}: 99 % of share trees end within one step", FOUND, lambda: within("shallow", 0.98, 1.0)
        ),
        Check(f"{what}: mean size of a share tree 1.14", FOUND, lambda: within("mean", 1.04, 1.24)),
        Check(
            f"{what}: 1 share tree in 4,000 reaches 100, or fewer",
            FOUND,
            lambda: within("large", 0.0, 2.5e-4),
        ),
        Check(f"{what}: not called viral", FOUND, lambda: equal(float(bool(ensemble().viral)), 0.0)),
    ]


def _tree_rates(found: Any) -> dict[str, tuple[float, float, float]]:
    """Rates over all share trees of an ensemble with standard errors and degrees of freedom, from draw means."""
    from viralsim.metrics.columns import Column, linearise
    from viralsim.metrics.tallies import TREES
    from viralsim.metrics.uncertainty import interval_of

    counts = {name: found.tallies.trees[:, k].astype(np.float64) for k, name in enumerate(TREES)}
    above = {
        "alone": counts["trees_size_1"],
        "shallow": counts["trees_depth_le_1"],
        "large": counts["trees_size_ge_100"],
        "mean": counts["nodes"],
    }
    rates = {}
    for name, numerator in above.items():
        mean, influence = linearise(Column(numerator, counts["trees"]))
        interval = interval_of(mean, influence, found.draw)
        rates[name] = (mean, interval.se, interval.dof)
    return rates
