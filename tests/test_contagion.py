"""Apparent contagion: one day by hand, its neutral value, and what the stock scenario about it teaches."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np
import pytest

import viralsim as vs
from viralsim.experiment.contagion import Contagion, _one_run, _stratum, apparent_contagion

REPLICATES, DRAWS = 40, 8


@functools.cache
def found(variant: str | None) -> Contagion:
    scenario = vs.load_scenario("homophily-or-influence")
    scenario = scenario if variant is None else scenario.variant(variant)
    return apparent_contagion(scenario, replicates=REPLICATES, draws=DRAWS)


def test_one_day_by_hand():
    """Ten people, four exposed of whom two share; six others of whom one shares."""
    at_risk = np.ones(10, bool)
    exposed = np.arange(10) < 4
    shares = np.isin(np.arange(10), [0, 1, 9])
    numerator, denominator, by_exposed, by_others = _stratum(at_risk, shares, exposed)
    assert (numerator, denominator) == (2 * 6 / 10, 1 * 4 / 10)
    assert (by_exposed, by_others) == (2, 1)
    assert _stratum(at_risk, shares, at_risk).tolist() == [0.0, 0.0, 3.0, 0.0]


def test_a_run_by_hand():
    """0 (asked) shares on day 0 and is followed by 1 and 2; on day 1, 1 and 3 share; 4 is no follower of the brand."""
    network = SimpleNamespace(indptr=np.array([0, 2, 2, 2, 3, 3]), followers=np.array([1, 2, 4]))
    compiled = SimpleNamespace(
        world=SimpleNamespace(person_key=np.arange(5), fans=np.array([0, 1, 2, 3]), fan_ptr=np.array([0, 4])),
        scenario=SimpleNamespace(platforms={"one": None}),
        audience=SimpleNamespace(networks=(network,)),
        times_hours=np.array([24.0, 48.0]),
    )
    trace = SimpleNamespace(
        person=np.array([0, 1, 3, 4]),
        hour=np.array([1.0, 30.0, 31.0, 40.0]),
        asked=np.array([True, *[False] * 3]),
    )
    # day 0: nobody exposed; day 1: of 1 and 2, exposed, one shares, and of 3 alone, not exposed, one
    assert _one_run(compiled, trace) == (1 * 1 / 3, 1 * 2 / 3, 1.0, 1.0)


def test_without_influence_and_likeness_friends_make_no_difference():
    """1, within 4 standard errors, of 5 % at most."""
    ratio = found("neither").ratio
    assert ratio.se < 0.05
    assert abs(ratio.mean - 1.0) < 4 * ratio.se


def test_more_than_half_of_what_looks_like_contagion_is_likeness():
    """The lesson: without influence friends still seem to matter, by more than half as much (Aral et al. 2009)."""
    both, alone, influence = (found(variant).ratio for variant in (None, "influence-off", "strangers-alike"))
    assert alone.low > 1.4
    assert both.mean > alone.mean + 0.3
    assert 0.5 < (alone.mean - 1.0) / (both.mean - 1.0) < 0.75
    assert influence.low > 1.0
    assert influence.mean < alone.mean


def test_influence_makes_a_fifth_more_shares():
    scenario = vs.load_scenario("homophily-or-influence")
    on, off = (
        vs.simulate(x, replicates=REPLICATES, draws=DRAWS)
        for x in (scenario, scenario.variant("influence-off"))
    )
    assert off["reproduction_realised"].max() == 0.0
    assert 1.1 < on["shares"].sum() / off["shares"].sum() < 1.3


@pytest.mark.parametrize("sigma", [0.5, 1.5])
def test_the_more_tastes_differ_the_more_likeness_seems_contagion(sigma):
    alone = vs.load_scenario("homophily-or-influence").variant("influence-off")
    changed = alone.with_overrides({"audience.taste.sigma": sigma})
    ratio = apparent_contagion(changed, replicates=12, draws=4).ratio.mean
    assert (ratio > found("influence-off").ratio.mean) == (sigma > 1.0)
