"""The classic models agree exactly with plain-Python twins, and neither threads nor other replicates matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import classic

import viralsim as vs
from viralsim.models.progeny import check_offspring
from viralsim.rng import derive, text_key

m = vs.models


@st.composite
def graphs(draw, most=9):
    """Small directed and undirected graphs."""
    n = draw(st.integers(2, most))
    pairs = [(u, v) for u in range(n) for v in range(n) if u != v]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=24, unique=True))
    src, dst = zip(*chosen, strict=True) if chosen else ((), ())
    return vs.SocialGraph.from_edges(np.array(src, int), np.array(dst, int), n, directed=draw(st.booleans()))


def rows_of(g):
    return [g.followers(u).tolist() for u in range(g.n_nodes)]


def replicate_key(name, seed, replicate):
    return derive(derive(text_key(name), seed), replicate)


def told(trace):
    """Set of (person, parent, time) of a trace."""
    parents = [int(trace.persons[p]) if p >= 0 else -1 for p in trace.parents]
    return set(zip(trace.persons.tolist(), parents, trace.hours.tolist(), strict=True))


def check_curve(result, name, replicate, expected):
    """Counts at the ends of bins, from a function of time."""
    found = result.curve(name)[replicate].tolist()
    assert found == [expected(t) for t in result.times_hours]


SEED = st.integers(0, 2**40)
PERIODS = st.sampled_from([("fixed", 1.0), ("exponential", 0.7), ("fixed", 0.0)])


@settings(max_examples=60)
@given(g=graphs(), seed=SEED, rate=st.sampled_from([0.0, 0.3, 2.0]), period=PERIODS, data=st.data())
def test_sir_and_seir_equal_the_twin(g, seed, rate, period, data):
    seeds = data.draw(st.lists(st.integers(0, g.n_nodes - 1), max_size=3))
    horizon = data.draw(st.sampled_from([None, 1.5]))
    r = m.seir(g, seeds, 3, rate, period, ("exponential", 0.4), horizon_hours=horizon, seed=seed)
    mean = 1.0 / rate if rate else math.inf
    for i in range(3):
        key = replicate_key("SEIR epidemic", seed, i)
        reached, course = classic.sir(
            rows_of(g), seeds, key, mean, ("exponential", 0.4), period, horizon or math.inf
        )
        assert told(r.trace(i)) == set(reached)
        assert r.size[i] == len(reached)
        check_curve(r, "infected", i, lambda t, hit=reached: sum(h <= t for _, _, h in hit))
        check_curve(r, "R", i, lambda t, both=course: sum(end <= t for _, end in both))
        check_curve(r, "I", i, lambda t, both=course: sum(on <= t < end for on, end in both))


@settings(max_examples=60)
@given(g=graphs(), seed=SEED, rate=st.sampled_from([0.0, 0.5, 3.0]), period=PERIODS, data=st.data())
def test_sis_equals_the_twin(g, seed, rate, period, data):
    seeds = data.draw(st.lists(st.integers(0, g.n_nodes - 1), max_size=3))
    r = m.sis(g, seeds, 2, rate, period, horizon_hours=4.0, seed=seed)
    for i in range(2):
        key = replicate_key("SIS epidemic", seed, i)
        reached, episodes = classic.contacts(rows_of(g), seeds, key, rate, ("fixed", 0.0), period, True, 4.0)
        assert told(r.trace(i)) == set(reached)
        check_curve(r, "I", i, lambda t, all_=episodes: sum(on <= t < end for _, on, end in all_))


@settings(max_examples=40)
@given(n=st.integers(1, 12), seed=SEED, rate=st.sampled_from([0.0, 1.0, 3.0]), period=PERIODS)
def test_well_mixed_seir_equals_the_twin(n, seed, rate, period):
    r = m.seir(None, [0], 3, rate, period, 0.5, n=n, seed=seed)
    for i in range(3):
        key = replicate_key("SEIR epidemic", seed, i)
        law = ("exponential", 0.5)
        reached, _ = classic.contacts(n, [0], key, rate if n > 1 else 0.0, law, period, False, math.inf)
        assert told(r.trace(i)) == set(reached)


@settings(max_examples=60)
@given(
    g=graphs(), seed=SEED, p=st.sampled_from([0.0, 0.05, 1.0]), q=st.sampled_from([0.0, 0.4]), data=st.data()
)
def test_bass_equals_the_twin(g, seed, p, q, data):
    seeds = data.draw(st.lists(st.integers(0, g.n_nodes - 1), min_size=p == 0, max_size=2))
    r = m.bass(g, p, q, 2, seeds=seeds, horizon_hours=9.0, seed=seed)
    for i in range(2):
        twin = classic.bass(rows_of(g), replicate_key("bass continuous", seed, i), p, q, seeds, 9.0)
        assert told(r.trace(i)) == set(twin)
        check_curve(r, "adopters", i, lambda t, hit=twin: sum(h <= t for _, _, h in hit))


@settings(max_examples=60)
@given(
    g=graphs(), seed=SEED, p=st.sampled_from([0.0, 0.05, 0.6]), q=st.sampled_from([0.0, 0.4]), data=st.data()
)
def test_bass_in_periods_equals_the_twin(g, seed, p, q, data):
    seeds = data.draw(st.lists(st.integers(0, g.n_nodes - 1), min_size=p == 0, max_size=2))
    r = m.bass(g, p, q, 2, time="discrete", seeds=seeds, horizon_hours=8, seed=seed)
    assert r.time_unit == "periods"
    assert r.times_hours.tolist() == list(range(1, 9))
    for i in range(2):
        twin = classic.bass_periods(rows_of(g), replicate_key("bass discrete", seed, i), p, q, seeds, 8)
        assert told(r.trace(i)) == set(twin)
        check_curve(r, "adopters", i, lambda t, hit=twin: sum(h <= t for _, _, h in hit))


@settings(max_examples=100)
@given(
    g=graphs(),
    seed=SEED,
    kind=st.sampled_from(["fraction", "absolute", "per person"]),
    below=st.sampled_from([0.0, 0.2, 1.0]),
    parent=st.sampled_from(["latest", "first", "random"]),
    data=st.data(),
)
def test_threshold_equals_the_twin(g, seed, kind, below, parent, data):
    seeds = data.draw(st.lists(st.integers(0, g.n_nodes - 1), max_size=4))
    phi = data.draw(st.sampled_from([0.0, 0.2, 1 / 3, 0.5, 1.0]))
    a = data.draw(st.integers(1, 4))
    each = np.linspace(0, 1, g.n_nodes)
    law = {"fraction": {"fraction": phi}, "absolute": {"absolute": a}, "per person": {"fraction": each}}[kind]
    share = (lambda v: phi) if kind == "fraction" else (lambda v: float(each[v]))

    def need(v, k):
        return a if kind == "absolute" else max(1, math.ceil(share(v) * k - 1e-12))

    r = m.threshold(g, seeds, 2, **law, below_prob=below, parent=parent, horizon_steps=20, seed=seed)
    for i in range(2):
        key = replicate_key("threshold", seed, i)
        twin = classic.threshold(rows_of(g), seeds, key, need, below, parent, 20)
        assert told(r.trace(i)) == set(twin)
        assert r.size[i] == len(twin)
        check_curve(r, "adopters", i, lambda t, hit=twin: sum(h <= t for _, _, h in hit))


@settings(max_examples=80)
@given(
    g=graphs(),
    seed=SEED,
    prob=st.sampled_from([0.0, 0.02, 0.3, 0.7, 1.0]),
    delay=st.sampled_from([("exponential", 2.0), ("fixed", 1.0)]),
    data=st.data(),
)
def test_delayed_cascade_equals_the_twin(g, seed, prob, delay, data):
    seeds = data.draw(st.lists(st.integers(0, g.n_nodes - 1), max_size=3))
    horizon = data.draw(st.sampled_from([None, 2.5]))
    r = m.temporal_cascade(g, seeds, prob, 3, delay, horizon_hours=horizon, seed=seed)
    for i in range(3):
        keys = replicate_key("independent cascade", seed, i), replicate_key("cascade delays", seed, i)
        twin = classic.delayed(rows_of(g), seeds, *keys, prob, delay, horizon or math.inf)
        assert told(r.trace(i)) == set(twin)
    if horizon is None:
        plain = m.independent_cascade(g, seeds, prob, 3, seed=seed)
        assert r.size.tolist() == plain.size.tolist()


OFFSPRING = st.sampled_from(
    [0.5, 1.3, [0.5, 0.2, 0.3], ("geometric", 0.8), ("negative-binomial", 1.0, 0.3), ("fixed", 2), 0.0]
)


@settings(max_examples=60)
@given(law=OFFSPRING, seed=SEED, roots=st.integers(1, 3))
def test_branching_equals_the_twin(law, seed, roots):
    r = m.branching(law, 3, roots=roots, max_size=60, seed=seed)
    table = check_offspring(law).cumulated.tolist()
    for i in range(3):
        parents = classic.branching(table, replicate_key("branching", seed, i), roots, 60)
        trace = r.trace(i)
        assert trace.parents.tolist() == parents
        assert r.size[i] == len(parents)
        assert r.censored[i] <= (len(parents) == 60)
        both_nan = math.isnan(r.structural_virality()[i]) and math.isnan(trace.structural_virality())
        assert both_nan or r.structural_virality()[i] == trace.structural_virality()


def cases():
    g = vs.generate.erdos_renyi(300, 5.0, seed=3)
    tail = {"seed": 5}
    return {
        "threshold": lambda R, t: m.threshold(
            g, [0, 1], R, fraction=("uniform", 0.1, 0.5), threads=t, **tail
        ),
        "si": lambda R, t: m.si(g, [0], R, 0.4, horizon_hours=6, threads=t, **tail),
        "sis": lambda R, t: m.sis(g, [0], R, 0.4, threads=t, **tail),
        "sir": lambda R, t: m.sir(g, [0], R, 0.4, ("lognormal", 1.0, 0.5), threads=t, **tail),
        "seir": lambda R, t: m.seir(None, [0], R, 2.0, n=200, threads=t, **tail),
        "bass": lambda R, t: m.bass(g, 0.03, 0.4, R, threads=t, **tail),
        "bass mixed": lambda R, t: m.bass(None, 0.03, 0.4, R, n=200, threads=t, **tail),
        "bass periods": lambda R, t: m.bass(None, 0.03, 0.4, R, n=200, time="discrete", threads=t, **tail),
        "delayed": lambda R, t: m.temporal_cascade(g, [0], 0.3, R, threads=t, **tail),
        "branching": lambda R, t: m.branching(0.9, R, delay=1.0, threads=t, **tail),
    }


@pytest.mark.parametrize("name", list(cases()))
def test_threads_and_other_replicates_change_nothing(name):
    run = cases()[name]
    one, two, few = run(150, 1), run(150, 2), run(7, 1)
    again = run(150, 1)
    for other, k in ((two, 150), (few, 7), (again, 150)):
        assert np.array_equal(one.size[:k], other.size)
        assert np.array_equal(one.depth[:k], other.depth)
        assert np.array_equal(one.structural_virality()[:k], other.structural_virality(), equal_nan=True)
        assert np.array_equal(one.times_hours, other.times_hours)
        for curve in one.curves:
            assert np.array_equal(one.curve(curve)[:k], other.curve(curve))
    assert len(set(one.size.tolist())) > 1 or name.startswith("bass")
    for i in (0, 3):
        trace = one.trace(i)
        assert trace.persons.size == one.size[i]
        assert trace.generation.max() == one.depth[i]
        inside = trace.parents >= 0
        assert (trace.hours[inside] >= trace.hours[trace.parents[inside]]).all()
        assert (trace.generation[inside] == trace.generation[trace.parents[inside]] + 1).all()


def test_seeds_may_differ_by_replicate():
    g = vs.generate.erdos_renyi(50, 3.0, seed=1)
    rows = np.arange(6)[:, None]
    for run in (
        lambda s, R: m.sir(g, s, R, 0.5),
        lambda s, R: m.threshold(g, s, R, fraction=0.2),
        lambda s, R: m.bass(g, 0.0, 1.0, R, seeds=s),
        lambda s, R: m.temporal_cascade(g, s, 0.4, R),
    ):
        r = run(rows, 6)
        assert all(rows[i, 0] in r.trace(i).persons[r.trace(i).generation == 0] for i in range(6))
        assert r.size[0] == run([0], 1).size[0]
