"""Scenarios with known answers, and random ones, for checks of the word-of-mouth engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from viralsim.verify.simulators import uniforms

__all__ = ["neutral_scenario", "random_scenario"]


def neutral_scenario(
    people: int,
    network: dict[str, Any],
    visibility: float,
    share_prob: float,
    seeds: int,
    timing: dict[str, Any] | None = None,
    horizon: str = "7d",
    step: str = "1h",
) -> dict[str, Any]:
    """A scenario with every mechanic at its neutral value: an independent cascade with V x s on each arc.

    Parameters
    ----------
    people : int
    network : dict
        As in a scenario file.
    visibility, share_prob : float
        V and s; the item is noticed half the time, at its reference stickiness.
    seeds : int
        People asked to share, picked at random, all accepting.
    timing : dict, optional
        Delays of the platform; by default nothing is delayed.
    horizon, step : str
    """
    platform = {
        "network": network,
        "organic_reach": 0.1,
        "peer_visibility": visibility,
        "share_prob": 0.0,
        "friend_share_prob": share_prob,
        **(timing or {"display_delay": {"kind": "none"}, "reaction_delay": {"kind": "none"}}),
    }
    ask = {"item": "post", "platform": "net", "at": "0h", "pick": {"kind": "random", "count": seeds}}
    return {
        "viralsim": 1,
        "name": "neutral",
        "audience": {"size": people, "activity": {"kind": "constant"}},
        "platforms": {"net": platform},
        "items": [{"id": "post", "stickiness": 0.5, "reference_stickiness": 0.5}],
        "campaign": {"seeding": [ask]},
        "run": {"start": "2026-03-02T09:00", "horizon": horizon, "step": step, "replicates": 10, "draws": 1},
    }


def random_scenario(number: int, seed: int, people: int) -> dict[str, Any]:
    """A scenario drawn at random: network, numbers of sharers, heterogeneity, views, two platforms.

    Parameters
    ----------
    number : int
        Which one.
    seed : int
    people : int
    """
    u = uniforms(seed, number, 40)
    networks: list[dict[str, Any]] = [
        {"kind": "erdos-renyi", "mean_degree": 20 + 40 * u[0]},
        {"kind": "erdos-renyi", "mean_degree": 20 + 40 * u[0], "directed": True},
        {"kind": "power-law", "exponent": 2.2 + u[1], "min_followers": 12, "max_followers": 1000},
        {"kind": "communities", "mean_followers": 20 + 30 * u[2], "homophily": round(0.7 * u[3], 2)},
        {"kind": "preferential", "edges_per_newcomer": 10 + int(10 * u[4])},
        {"kind": "small-world", "mean_degree": 20 + 2 * int(10 * u[5]), "rewire_prob": u[6]},
        {"kind": "block", "mean_degree": 20 + 30 * u[7]},
    ]
    pick = [{"kind": "random"}, {"kind": "most-followers"}][int(u[8] * 2)]
    activity = [
        {"kind": "constant"},
        {"kind": "gamma", "shape": 0.5 + u[9], "never_share": round(0.4 * u[10], 2)},
        {"kind": "lognormal", "sigma": 0.3 + 0.5 * u[11]},
    ][int(u[12] * 3)]
    two = u[13] < 0.4
    platforms: dict[str, Any] = {
        "one": _platform(u[14:], networks[number % len(networks)], pick, people),
    }
    if two:
        platforms["two"] = _platform(u[24:], networks[(number + 3) % len(networks)], pick, people)
        platforms["one"]["cross_post_prob"] = round(0.4 * u[34], 2)
    item = {
        "id": "post",
        "topic": "launch",
        "stickiness": 0.2 + 0.4 * u[35],
        "negative": round(0.3 * u[36], 2),
        "negative_share_multiplier": 0.5 + 2.0 * u[37],
        "exponents": {"share": round(u[38], 1), "notice": 1.0},
    }
    segments = [
        {"name": "near", "fraction": 0.4, "affinity": {"launch": 1.3}, "activity": 1.2},
        {"name": "far", "fraction": 0.6, "affinity": {"launch": 0.7}, "access": {"one": 0.9}},
    ]
    posts = [{"item": "post", "platform": name, "at": "0h"} for name in platforms]
    ask = {"item": "post", "platform": "one", "at": "1h", "pick": {"kind": "random", "count": 3}}
    return {
        "viralsim": 1,
        "name": f"random-{number}",
        "audience": {"size": people, "segments": segments, "activity": activity},
        "platforms": platforms,
        "items": [item],
        "campaign": {"posts": posts, "seeding": [ask] if u[39] < 0.5 else []},
        "run": {"start": "2026-03-02T09:00", "horizon": "30d", "step": "1h", "replicates": 10, "draws": 1},
    }


def _platform(
    u: np.ndarray[Any, Any], network: dict[str, Any], pick: dict[str, Any], people: int
) -> dict[str, Any]:
    """A platform with R between .05 and .4 and about 30 first sharers."""
    followers = int(people * (0.05 + 0.1 * u[0]))
    reach = 0.05 + 0.2 * u[1]
    return {
        "network": network,
        "brand_followers": {"count": followers, "pick": pick},
        "organic_reach": reach,
        "peer_visibility": 0.25 + 0.25 * u[2],
        "share_prob": min(30.0 / (followers * reach), 0.2),
        "reproduction_number": 0.05 + 0.35 * u[3],
        "half_life": "6h",
    }
