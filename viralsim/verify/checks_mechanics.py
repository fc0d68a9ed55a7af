"""Mechanics of the word-of-mouth engine one at a time, each against arithmetic that can be done by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import (
    Check,
    Finding,
    NotComputedError,
    Plot,
    Setting,
    equal,
    sample_mean,
    worst_of,
)
from viralsim.verify.engine_worlds import neutral_scenario

__all__ = ["checks"]

LESKOVEC = "Leskovec, Adamic and Huberman 2007; docs/model.md section 4"
FEW = 41  # people of a crowd where everybody follows everybody
EXPOSURES = (1, 2, 3, 4, 6, 8)
PUBLISHED_ENGAGEMENT = {  # engagements per impression, Buffer 2024-2025
    "facebook": 0.0507, "instagram": 0.0116, "x": 0.0231, "youtube": 0.0441, "tiktok": 0.0486, "linkedin": 0.0650,
}  # fmt: skip


def checks(setting: Setting) -> list[Check]:
    """Exposure curves, influence of hubs, nesting, what a post and a budget buy, R from any two, presets."""
    curves: dict[str, tuple[dict[str, Any], Callable[[int], float]]] = {
        "independent": ({"kind": "independent"}, lambda j: 1.0),
        "saturating at 3": ({"kind": "saturating", "at": 3}, lambda j: float(j <= 3)),
        "peaked at 2": ({"kind": "peaked", "at": 2}, lambda j: j / 2 if j <= 2 else (2 / j) ** 2),
        "threshold at 2": ({"kind": "threshold", "at": 2}, lambda j: float(j >= 2)),
    }
    found = [_exposure(setting, name, *curve) for name, curve in curves.items()]
    found += [_hubs(setting, kind) for kind in ("most-followers", "random")]
    found += [_nested(setting, what) for what in ("a higher share probability", "more people asked")]
    found += [_owned(setting), _multiplier(setting), _paid(setting), _any_two(setting)]
    return [*found, _presets()]


def _exposure(setting: Setting, name: str, response: dict[str, Any], f: Callable[[int], float]) -> Check:
    """Part of people who share after so many friends' shares noticed, all at once."""
    claim = f"engine, response {name}: part who share against sharers noticed"
    s = 0.1

    def find() -> Finding:
        asked = (0, *EXPOSURES)
        line = [1.0 - (1.0 - s) ** sum(f(j) for j in range(1, m + 1)) for m in asked]
        findings = []
        for m in EXPOSURES:
            world = _crowd(m, s, response)
            runs = setting.effort(1500, 20_000)
            found = simulators.engine(world, runs, setting.seed_for(claim) + m, setting.threads)
            findings.append(sample_mean(found["sharers"] / (FEW - m), line[asked.index(m)]))
        plot = Plot(
            f"Repeated exposure: {name}",
            "friends who shared it, noticed",
            "part of people who share",
            np.array(asked, np.float64),
            np.array(line),
            np.array(EXPOSURES, np.float64),
            np.array([g.got for g in findings]),
            np.array([g.se for g in findings]),
            f"One friend's share moves {100 * s:g} % of people, where one is enough. What more friends add is a choice "
            "of the item: recommendations of films saturate, those of books wear out.",
        )
        return worst_of(findings, plot)

    return Check(claim, f"1 - (1 - s)^(f(1) + ... + f(j)); {LESKOVEC}", find)


def _crowd(asked: int, share_prob: float, response: dict[str, Any]) -> dict[str, Any]:
    """Everybody follows everybody, `asked` people share at once, and only their shares are seen."""
    network = {"kind": "small-world", "mean_degree": FEW - 1, "rewire_prob": 0.0}
    world = neutral_scenario(FEW, network, 1.0, share_prob, asked, horizon="2h")
    item = {"id": "post", "stickiness": 1.0, "reference_stickiness": 1.0, "response": response}
    return {**world, "items": [item]}


def _hubs(setting: Setting, kind: str) -> Check:
    """A hub's single contact counts no more than anybody's."""
    who = {"most-followers": "the person with most followers", "random": "a person at random"}[kind]
    s = 0.02
    claim = f"engine, {who} shares: shares per display, s = {s:g}"

    def find() -> Finding:
        network = {"kind": "power-law", "exponent": 2.0, "min_followers": 5, "max_followers": 500}
        world = neutral_scenario(5000, network, 1.0, s, 1, horizon="2h")
        (ask,) = world["campaign"]["seeding"]
        ask["pick"] = {"kind": kind, "count": 1}
        runs = setting.effort(2000, 40_000)
        found = simulators.engine(world, runs, setting.seed_for(claim), setting.threads, draws=10)
        summary = found.summary()["virality_rate"]
        return Finding(s, summary.mean, summary.se, dof=9.0)

    return Check(claim, "s; influence per tie does not grow with followers, Hinz et al. 2011", find)


def _nested(setting: Setting, what: str) -> Check:
    claim = f"engine, {what}: reach is lower in no replicate"

    def find() -> Finding:
        network = {"kind": "communities", "mean_followers": 20}
        more_people = what == "more people asked"
        few = neutral_scenario(3000, network, 0.5, 0.06, 5)
        many = neutral_scenario(3000, network, 0.5, 0.06 if more_people else 0.07, 8 if more_people else 5)
        runs, seed = setting.effort(150, 8000), setting.seed_for(claim)
        reach = [simulators.engine(w, runs, seed, setting.threads, draws=4)["reach"] for w in (few, many)]
        if np.array_equal(*reach):
            return Finding(0.0, float("nan"), note="the change had no effect at all")
        return equal(float((reach[1] < reach[0]).sum()), 0.0)

    return Check(claim, "nested draws, docs/model.md section 6", find)


def _post(people: int, **platform: Any) -> dict[str, Any]:
    """One post to a brand's followers, nobody asked; everybody has 40 followers."""
    network = {"kind": "power-law", "exponent": 2.0, "min_followers": 40, "max_followers": 40}
    world = neutral_scenario(people, network, 0.25, 0.01, 1, horizon="14d")
    numbers = {**world["platforms"]["net"], "brand_followers": {"count": 4000}, **platform}
    posts = [{"item": "post", "platform": "net", "at": "0h"}]
    numbers = {name: value for name, value in numbers.items() if value is not None}
    return {**world, "platforms": {"net": numbers}, "campaign": {"posts": posts}}


def _owned(setting: Setting) -> Check:
    claim = "engine, ordinary Instagram post: 4,000 followers x 3.5 % = 140 owned impressions"

    def find() -> Finding:
        world = _post(20_000, organic_reach=0.035)
        runs = setting.effort(1000, 20_000)
        found = simulators.engine(world, runs, setting.seed_for(claim), setting.threads)
        return sample_mean(found["impressions_owned"], 4000 * 0.035, (4000 * 0.035 * 0.965) ** 0.5)

    return Check(claim, "binomial; organic reach from Socialinsider 2025", find)


def _multiplier(setting: Setting) -> Check:
    share, friend, visibility = 0.03, 0.02, 0.25
    R = 40 * visibility * friend
    claim = f"engine, earned multiplier of a post, R = {R:g}: 1 + s_b K V / (1 - R)"

    def find() -> Finding:
        world = _post(40_000, organic_reach=0.05, share_prob=share, friend_share_prob=friend)
        runs = setting.effort(1500, 30_000)
        found = simulators.engine(world, runs, setting.seed_for(claim), setting.threads, draws=10)
        expected = 1.0 + share * 40 * visibility / (1.0 - R)
        summary = found.summary()["earned_multiplier"]
        slack = 0.01 * (expected - 1.0)
        return Finding(expected, summary.mean, summary.se, slack, "people met twice", dof=9.0)

    return Check(claim, "geometric series over generations", find)


def _paid(setting: Setting) -> Check:
    claim = "engine, $3,000 at a CPM of $7.9: 380,000 paid displays"

    def find() -> Finding:
        from viralsim.spec.campaign import Campaign

        if "paid" not in Campaign.model_fields:
            raise NotComputedError("this version has no paid flights")
        world = _post(100_000)
        flight = {"item": "post", "platform": "net", "budget": 3000, "cpm": 7.9, "from": "0h", "to": "72h"}
        world["campaign"]["paid"] = [{**flight, "frequency_cap": 100}]
        found = simulators.engine(world, 4, setting.seed_for(claim), setting.threads)
        bought = 3000 / 7.9 * 1000
        return Finding(
            bought, float(found["impressions_paid"].mean()), 0.0, 0.02 * bought, "whole displays by step"
        )

    return Check(claim, "budget / CPM x 1,000", find)


def _any_two(setting: Setting) -> Check:
    claim = "engine, R = K V s_f: any two of (V, s_f, R) give the third"

    def find() -> Finding:
        from viralsim.engine.compiled import compile_draw
        from viralsim.engine.expected import expectations
        from viralsim.spec import Scenario

        numbers = {"peer_visibility": 0.25, "friend_share_prob": 0.01, "reproduction_number": 0.1}
        findings = []
        for left_out in numbers:
            given = {name: None if name == left_out else value for name, value in numbers.items()}
            world = _post(20_000, share_prob=0.01, **given)
            compiled = compile_draw(Scenario.from_dict(world), setting.seed_for(claim), 0, {}, True)
            got = expectations(compiled).reproduction_number
            why = "people who cannot share twice, in an audience of 20,000"
            findings.append(Finding(0.1, got, 0.0, 0.001, why, note=f"{left_out} solved"))
        return worst_of(findings, note="the furthest of 3 ways")

    return Check(claim, "next-generation operator on the actual graph", find)


def _presets() -> Check:
    claim = "presets: likes, comments, shares and clicks add up to the platform's published engagement rate"

    def find() -> Finding:
        from viralsim.spec.presets import engagement_rate

        findings = [equal(engagement_rate(name), rate) for name, rate in PUBLISHED_ENGAGEMENT.items()]
        return worst_of(findings, note=f"the furthest of {len(findings)} platforms")

    return Check(claim, "Buffer, January 2024 to January 2025", find)
