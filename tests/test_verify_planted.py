"""Planted bugs are caught: each is put where a simulator stands, and a check must disagree.

A right simulator written the same way stands beside them: the checks agree with it, so it is the bug they see.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from viralsim import models
from viralsim.verify import checks_trees, coverage, simulators
from viralsim.verify.check import AGREES, DISAGREES, Setting, run_check
from viralsim.verify.engine_worlds import neutral_scenario
from viralsim.verify.running import group_checks
from viralsim.verify.theory_adoption import bass_discrete


def verdicts(group: str, words: tuple[str, ...] = ()) -> list[str]:
    """Verdicts of a group's checks whose claim has one of the words."""
    setting = Setting(threads=1)
    chosen = [c for c in group_checks(group, setting) if not words or any(word in c.claim for word in words)]
    assert chosen, "no such check"
    return [run_check(group, check).verdict for check in chosen]


def plant(monkeypatch, name, simulator):
    """Put a simulator in the place of a model."""
    real = simulators.model
    monkeypatch.setattr(simulators, "model", lambda wanted: simulator if wanted == name else real(wanted))


def plain_cascade(g, seeds, probability, replicates, seed=0, threads=1, *, bug=""):
    """Independent cascade over all replicates at once, from scratch, with a bug or none."""
    rng = np.random.default_rng(seed)
    source = np.repeat(np.arange(g.n_nodes), np.diff(g.indptr))
    probs = np.broadcast_to(probability, source.shape)
    active = np.zeros((replicates, g.n_nodes), bool)
    rows = np.broadcast_to(np.asarray(seeds, np.int64), (replicates, np.shape(seeds)[-1]))
    active[np.arange(replicates)[:, None], rows] = True
    newly, rounds = active.copy(), 0
    while newly.any() and rounds < 4 * g.n_nodes:
        fresh = np.zeros_like(active)
        coin_of_person = rng.random(active.shape)
        for u, v, p in zip(source, g.indices, probs, strict=True):
            coin = coin_of_person[:, u] if bug == "one coin per person" else rng.random(replicates)
            trying = active[:, u] if bug == "tries again" else newly[:, u]
            fresh[:, v] |= trying & ~active[:, v] & (coin < p)
        active |= fresh
        newly, rounds = fresh, rounds + 1
        if bug == "tries again" and rounds == 3:
            break
    size = active.sum(axis=1)
    if bug == "seeds not counted":
        size = size - len(set(np.atleast_1d(seeds).ravel().tolist()))
    if bug == "same luck in all replicates":
        size = np.full(replicates, size[0])
    return SimpleNamespace(size=size)


SMALL = ("path", "star of 9", "triangle", "each its own p", "repeats")


def test_a_right_cascade_written_plainly_agrees(monkeypatch):
    plant(monkeypatch, "independent_cascade", plain_cascade)
    assert set(verdicts("graphs", SMALL)) == {AGREES}


@pytest.mark.parametrize(
    "bug", ["tries again", "seeds not counted", "one coin per person", "same luck in all replicates"]
)
def test_a_wrong_cascade_is_caught(monkeypatch, bug):
    plant(monkeypatch, "independent_cascade", lambda *a, **k: plain_cascade(*a, **k, bug=bug))
    assert DISAGREES in verdicts("graphs", ("K4", "path", "triangle, p"))


def test_reversed_edges_are_caught(monkeypatch):
    def turned(g, *rest, **options):
        return models.independent_cascade(g.reversed(), *rest, **options)

    plant(monkeypatch, "independent_cascade", turned)
    assert verdicts("graphs", ("each its own p",)) == [DISAGREES]
    assert DISAGREES in verdicts("influence", ("one-way arcs",))


def test_repeated_edges_counted_as_tries_of_their_own_are_caught(monkeypatch):
    real = simulators.undirected_graph
    times = {}

    def remembering(n, edges):
        graph = real(n, edges)
        for u, v in edges:
            times[u, v] = times[v, u] = sum({u, v} == {a, b} for a, b in edges)
        return graph

    def tries_each(g, seeds, probability, *rest, **options):
        source = np.repeat(np.arange(g.n_nodes), np.diff(g.indptr))
        pairs = zip(source.tolist(), g.indices.tolist(), strict=True)
        p = np.array([1.0 - (1.0 - probability) ** times[pair] for pair in pairs])
        return models.independent_cascade(g, seeds, p, *rest, **options)

    monkeypatch.setattr(simulators, "undirected_graph", remembering)
    plant(monkeypatch, "independent_cascade", tries_each)
    assert verdicts("graphs", ("repeats",)) == [DISAGREES]


def test_dividing_by_n_squared_is_caught(monkeypatch):
    real = simulators.virality_of
    monkeypatch.setattr(simulators, "virality_of", lambda p: real(p) * (len(p) - 1) / len(p))
    found = verdicts("trees")
    assert found.count(DISAGREES) >= len(found) - 2  # one person alone stays undefined
    monkeypatch.setattr(simulators, "virality_of", lambda p: real(p) / 2)  # unordered pairs
    assert DISAGREES in verdicts("trees")


def test_more_than_in_place_of_at_least_is_caught(monkeypatch):
    def strict(g, seeds, replicates, fraction=None, absolute=None, **options):
        if fraction is not None:
            return models.threshold(g, seeds, replicates, fraction=min(fraction + 1e-6, 1.0), **options)
        return models.threshold(g, seeds, replicates, absolute=absolute + 1, **options)

    plant(monkeypatch, "threshold", strict)
    assert verdicts("watts", ("met exactly",)) == [DISAGREES]
    assert DISAGREES in verdicts("complex")


def test_luck_that_hangs_on_the_thread_is_caught(monkeypatch):
    def loose(*arguments, seed=0, threads=1, **options):
        return models.independent_cascade(*arguments, seed=seed + threads, threads=threads, **options)

    plant(monkeypatch, "independent_cascade", loose)
    assert DISAGREES in verdicts("coupling", ("threads",))


def test_luck_not_shared_is_caught(monkeypatch):
    def own_luck(g, seeds, p, runs, seed=0, threads=1):
        return models.independent_cascade(g, seeds, p, runs, seed=seed + len(seeds), threads=threads)

    plant(monkeypatch, "independent_cascade", own_luck)
    found = verdicts("coupling", ("variance of the difference on shared luck", "more seeds"))
    assert found == [DISAGREES, DISAGREES]


def test_the_recursion_passed_off_as_the_closed_form_is_caught(monkeypatch):
    def stepwise(g, p, q, replicates, n=None, horizon_hours=None, bins=60, **options):
        times = np.arange(1, bins + 1) * horizon_hours / bins
        part = np.interp(times, np.arange(201), bass_discrete(p, q, 200))
        return SimpleNamespace(times_hours=times, curve=lambda name: np.tile(part * n, (replicates, 1)))

    plant(monkeypatch, "bass", stepwise)
    assert DISAGREES in verdicts("bass", ("complete graph of 20,000",))


def test_a_wrong_period_law_is_caught(monkeypatch):
    def always_fixed(*arguments, period=None, **options):
        return models.sir(*arguments, period=("fixed", 1.0), **options)

    plant(monkeypatch, "sir", always_fixed)
    found = verdicts("epidemic", ("SIR, crowd of 40",))
    assert found == [DISAGREES, AGREES, DISAGREES]  # exponential, fixed, lognormal


def test_cpm_taken_per_impression_is_caught(monkeypatch):
    real = checks_trees._engine_value
    monkeypatch.setattr(
        checks_trees,
        "_engine_value",
        lambda n, likes, comments, **prices: real(1000 * n, likes, comments, **prices),
    )
    assert set(verdicts("money", ("EMV",))) == {DISAGREES}


def test_what_raises_disagrees_and_what_is_missing_is_said(monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError("division by zero")

    plant(monkeypatch, "branching", broken)
    checks = group_checks("branching", Setting())
    outcome = run_check("branching", checks[0])
    assert (outcome.verdict, outcome.reason) == (DISAGREES, "ZeroDivisionError: division by zero")
    monkeypatch.undo()
    monkeypatch.setattr(
        simulators, "model", lambda name: (_ for _ in ()).throw(simulators.NotComputedError("none here"))
    )
    outcome = run_check("branching", checks[0])
    assert (outcome.verdict, outcome.reason, outcome.finding) == ("not computed", "none here", None)


def test_errors_taken_from_replicates_in_place_of_draws_are_caught(monkeypatch):
    real = coverage.interval_of

    def as_if_independent(estimate, influence, draw, *bounds, **more):
        return real(estimate, influence, np.arange(draw.size), *bounds, **more)

    monkeypatch.setattr(coverage, "interval_of", as_if_independent)
    assert verdicts("intervals", ("known law",)) == [DISAGREES]


def test_a_seed_of_0_taken_as_no_seed_is_caught(monkeypatch):
    unseeded = iter(range(100, 200))

    def falsy(*arguments, seed=0, **options):
        return models.independent_cascade(*arguments, seed=seed or next(unseeded), **options)

    plant(monkeypatch, "independent_cascade", falsy)
    assert verdicts("coupling", ("seed 0",)) == [DISAGREES]


def test_an_exposure_curve_that_is_ignored_is_caught(monkeypatch):
    real = simulators.engine

    def ignoring(description, *rest, **options):
        items = [{k: v for k, v in item.items() if k != "response"} for item in description["items"]]
        return real({**description, "items": items}, *rest, **options)

    monkeypatch.setattr(simulators, "engine", ignoring)
    assert verdicts("mechanics", ("response independent",)) == [AGREES]
    assert set(verdicts("mechanics", ("saturating", "peaked", "response threshold"))) == {DISAGREES}


def test_a_change_without_effect_is_not_called_nested(monkeypatch):
    real = simulators.engine
    network = {"kind": "communities", "mean_followers": 20}
    always_this = neutral_scenario(500, network, 0.5, 0.06, 5)
    monkeypatch.setattr(
        simulators, "engine", lambda description, *rest, **options: real(always_this, *rest, **options)
    )
    assert verdicts("mechanics", ("in no replicate",)) == [DISAGREES, DISAGREES]
