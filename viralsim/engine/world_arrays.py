"""From a draw's people and networks to the arrays the kernel reads about them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.audience import Audience
from viralsim.engine.deliveries import rival_lists
from viralsim.engine.market import needs_ties
from viralsim.engine.networks import Network
from viralsim.engine.people import P_FANS, brand_fans
from viralsim.kernels.layout import World
from viralsim.rng import derive, text_key

__all__ = ["make_world"]


def make_world(scenario: Any, audience: Audience, slots: tuple[tuple[int, int], ...], key: int) -> World:
    """The arrays about people and graphs."""
    people, networks = audience.people, audience.networks
    n = people.size
    account = np.zeros(n, np.uint8)
    for p, network in enumerate(networks):
        account |= network.account.astype(np.uint8) << np.uint8(p)
    notice = np.empty((n, len(scenario.items)), np.uint32)
    for i, item in enumerate(scenario.items):
        wanted = (item.topic, float(item.stickiness), float(item.exponents.notice))
        notice[:, i] = audience.memo("notice", wanted, partial(_notice_coins, audience, *wanted))
    indptr, followers = audience.memo("edges", (), partial(_edges, networks))
    fans = [_fans(scenario, audience, p, name, slots, key) for p, name in enumerate(scenario.platforms)]
    names = list(scenario.platforms)
    fans += [
        _fans(scenario, audience, names.index(name), name, slots, key, rival)
        for name, rival in rival_lists(scenario)
    ]
    return World(
        person_key=people.key,
        activity=people.activity,
        segment=people.segment,
        account=account,
        notice_q=notice,
        share_scale=_powers(scenario, audience, "share"),
        rank_scale=_powers(scenario, audience, "ranking").astype(np.float32),
        indptr=indptr,
        followers=followers,
        tie=_ties(scenario, networks),
        fan_ptr=np.cumsum([0, *(f.size for f in fans)]).astype(np.int64),
        fans=np.concatenate(fans).astype(np.int32),
    )


def _edges(networks: tuple[Network, ...]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The follower lists of all platforms one after the other, and where each begins (int64[P, n + 1])."""
    offsets = np.cumsum([0, *(network.followers.size for network in networks)])
    indptr = np.stack([network.indptr + offsets[p] for p, network in enumerate(networks)])
    followers = networks[0].followers
    if len(networks) > 1:
        followers = np.concatenate([network.followers for network in networks])
    followers = np.ascontiguousarray(followers, dtype=np.int32).view()
    followers.flags.writeable = False  # as a graph's own arrays are: one type, so one compilation
    return np.ascontiguousarray(indptr), followers


def _notice_coins(audience: Audience, topic: str, stickiness: float, exponent: float) -> NDArray[np.uint32]:
    """Chance to notice an item, in 2^-31, by person (uint32[n])."""
    prob = np.minimum(1.0, stickiness * audience.affinity[topic] ** exponent)
    return np.floor(2.0**31 * prob + 0.5).astype(np.uint32)


def _powers(scenario: Any, audience: Audience, name: str) -> NDArray[np.float64]:
    """affinity^exponent by person and item (float64[I, n]); shape (I, 0) where all exponents are 0."""
    exponents = [getattr(item.exponents, name) for item in scenario.items]
    if not any(exponents):
        return np.zeros((len(exponents), 0))
    lines = [audience.affinity[item.topic] ** e for item, e in zip(scenario.items, exponents, strict=True)]
    return np.stack(lines)


def _ties(scenario: Any, networks: tuple[Network, ...]) -> NDArray[np.uint8]:
    """Ties in 1/255 in edge order; empty where no mechanic looks at them."""
    needed = (
        needs_ties(scenario)
        or any(item.view_influence > 0 for item in scenario.items)
        or any(
            platform.ranking.tie_exponent != 0 or platform.private_sharing.kind != "none"
            for platform in scenario.platforms.values()
        )
    )
    if not needed or all(network.tie is None for network in networks):
        return np.zeros(0, np.uint8)
    parts = [
        np.full(net.followers.size, 128, np.uint8) if net.tie is None else np.floor(255 * net.tie + 0.5)
        for net in networks
    ]
    return np.concatenate(parts).astype(np.uint8)


def _fans(
    scenario: Any,
    audience: Audience,
    p: int,
    name: str,
    slots: tuple[tuple[int, int], ...],
    key: int,
    rival: str | None = None,
) -> NDArray[np.int32]:
    """The followers of the brand, or of a competitor, on one platform."""
    platform = scenario.platforms[name]
    fans = platform.brand_followers if rival is None else platform.rivals.get(rival)
    if fans is None:
        return np.zeros(0, np.int32)
    topics = tuple(
        sorted(scenario.items[i].topic for i, q in slots if q == p and scenario.items[i].brand == rival)
    )
    network = audience.networks[p]
    order_key, where = derive(derive(key, P_FANS), text_key(name)), f"platforms.{name}.brand_followers.count"
    if rival is not None:
        order_key, where = derive(order_key, text_key(rival)), f"platforms.{name}.rivals.{rival}.count"

    def picked() -> NDArray[np.int32]:
        affinity = np.ones(audience.people.size)
        if topics:
            affinity = np.mean([audience.affinity[topic] for topic in topics], axis=0)
        return brand_fans(
            fans.pick,
            fans.count,
            network.account,
            network.follower_count,
            audience.people,
            affinity,
            order_key,
            where,
        )

    wanted = (fans.pick.model_dump_json(), fans.count, topics, key)
    return audience.memo(f"fans {name} {rival or ''}", wanted, picked)
