"""Whom a scenario asks to share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from viralsim.errors import ScenarioError
from viralsim.rng import text_key
from viralsim.seeding.betweenness import sampled_betweenness
from viralsim.seeding.centralities import core_number, degree_discount
from viralsim.spec.targets import fits

__all__ = ["MOST_COVERED", "can_be_asked", "pick_people", "prices_by_size", "sized"]

MOST_COVERED = 2000
"""People that influence maximisation chooses at most: each costs a pass over all sets."""

_AT_MOST = (
    f"influence maximisation chooses at most {MOST_COVERED:,}: ask for fewer, or pick by degree-discount, "
    "which comes close"
)


def prices_by_size(by_size: Any, price: float, followers: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each person is paid who shares, US$ (docs/model.md, section 16).

    Parameters
    ----------
    by_size : spec PriceBySize
    price : float
        US$, whatever the size.
    followers : float64[n]
        Followers counted.

    Returns
    -------
    float64[n]
    """
    if by_size.kind == "per-follower":
        return price + followers * float(by_size.per_1000_followers) / 1000.0
    if by_size.kind == "rate-card":
        tiers = sorted(by_size.tiers, key=lambda tier: tier.from_followers)
        begins = [tier.from_followers for tier in tiers]
        prices = np.array([0.0, *(float(tier.price) for tier in tiers)])
        return price + prices[np.searchsorted(begins, followers, side="right")]
    return np.full(followers.size, float(price))


def pick_people(
    pick: Any,
    *,
    network: Any,
    segment: NDArray[np.uint8],
    segment_names: Sequence[str],
    keys: NDArray[np.uint64],
    order: NDArray[np.uint64],
    source_order: NDArray[np.uint64],
    influence_prob: float,
    where: str,
    followers: NDArray[np.float64],
    prices: NDArray[np.float64],
    seed: int = 0,
    attributes: Sequence[Mapping[str, Any]] = (),
) -> list[int]:
    """Positions of the people asked, the first asked first.

    Parameters
    ----------
    pick : spec pick
        Tagged by `kind`; with `count`, or with `budget`.
    network : Network
        `account` bool[n], `indptr`, `followers`, `follower_count`, `matrix()`.
    segment : uint8[n]
    keys : uint64[n]
        Stable identities, for listed people.
    order, source_order : uint64[n]
        Keyed random orders: of equal people, and of sources of shortest paths.
    influence_prob : float
        Visibility x friend share probability, for degree discount and influence maximisation.
    where : str
        Named in errors.
    followers : float64[n]
        Followers counted.
    prices : float64[n]
        US$ of each person.
    seed : int
        Of the reverse-reachable sets.
    attributes : sequence of mapping
        Of each segment, for picks by attributes.

    Raises
    ------
    ScenarioError
        If fewer people can be asked than are wanted, or a listed one is unknown.
    """
    if pick.kind == "listed":
        return _listed(pick.people, network.account, keys, where)
    holders = can_be_asked(pick, network.account, segment, segment_names, attributes)
    if pick.kind == "followers-between":
        holders = holders[sized(pick, followers[holders])]
    if pick.count is not None and pick.count > holders.size:
        raise ScenarioError(
            f"{where}: {pick.count:,} people are to be asked, but only {holders.size:,} can be; "
            f"allowed are 0 to {holders.size:,}"
        )
    limit = _limit(pick, prices[holders])
    most = MOST_COVERED if pick.kind == "influence-maximisation" else holders.size
    if pick.count is not None and limit > most:
        raise ScenarioError(f"{where}.count: {limit:,} people; {_AT_MOST}")
    ranked = _ranked(
        pick, min(limit, most), holders, network, keys, order, source_order, influence_prob, seed
    )
    chosen = _paid_for(pick, ranked, prices)
    if chosen.size == most < limit:
        raise ScenarioError(f"{where}.budget: {pick.budget:,g} pays for {most:,} people and more; {_AT_MOST}")
    return [int(person) for person in chosen]


def sized(pick: Any, followers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Who has as many followers counted as a pick by size wants."""
    most = np.inf if pick.most is None else pick.most
    return np.asarray((followers >= pick.least) & (followers <= most))


def can_be_asked(
    pick: Any,
    account: NDArray[np.bool_],
    segment: NDArray[np.uint8],
    segment_names: Sequence[str],
    attributes: Sequence[Mapping[str, Any]],
) -> NDArray[np.int64]:
    """Positions of the account holders whom a pick allows, whatever their followers.

    Parameters
    ----------
    pick : spec pick
    account : bool[n]
    segment : uint8[n]
    segment_names : sequence of str
    attributes : sequence of mapping
        Of each segment.

    Returns
    -------
    int64[k]
    """
    holders = np.flatnonzero(account)
    if pick.kind == "segment":
        return holders[segment[holders] == list(segment_names).index(pick.segment)]
    if pick.kind == "attributes":
        fitting = np.array([fits(entry, pick.where) for entry in attributes], np.bool_)
        return holders[fitting[segment[holders]]]
    return holders


def _limit(pick: Any, prices: NDArray[np.float64]) -> int:
    """No more people than this can be asked."""
    if pick.count is not None:
        return int(pick.count)
    cheapest = float(prices.min(initial=np.inf))
    if not cheapest > 0.0:
        return int(prices.size)
    return int(min(pick.budget / cheapest * (1 + 1e-12), float(prices.size)))


def _paid_for(pick: Any, ranked: NDArray[np.int64], prices: NDArray[np.float64]) -> NDArray[np.int64]:
    """The beginning of the list that the count allows or the budget pays for."""
    if pick.count is not None:
        return ranked[: pick.count]
    so_far = np.cumsum(prices[ranked])
    return ranked[: int(np.searchsorted(so_far, pick.budget * (1 + 1e-12), side="right"))]


def _ranked(
    pick: Any,
    limit: int,
    holders: NDArray[np.int64],
    network: Any,
    keys: NDArray[np.uint64],
    order: NDArray[np.uint64],
    source_order: NDArray[np.uint64],
    influence_prob: float,
    seed: int,
) -> NDArray[np.int64]:
    """Those who can be asked, the first asked first; at least `limit` of them."""
    count = network.follower_count
    if pick.kind == "most-followers":
        return holders[np.lexsort((order[holders], -count[holders]))]
    if pick.kind == "k-core":
        core = core_number(network.matrix())
        return holders[np.lexsort((order[holders], -count[holders], -core[holders]))]
    if pick.kind == "betweenness":
        found = sampled_betweenness(
            network.indptr, network.followers, holders, source_order[holders], pick.sources
        )
        return holders[np.lexsort((order[holders], -count[holders], -found.value[holders]))]
    if pick.kind == "degree-discount":
        rank = np.argsort(np.argsort(order[holders]))
        among = sparse.csr_array(network.matrix()[holders][:, holders])
        indptr = among.indptr.astype(np.int64)
        return holders[degree_discount(indptr, among.indices, rank, influence_prob, limit)]
    if pick.kind == "influence-maximisation":
        return _covering(limit, holders, network, keys, influence_prob, seed)
    return holders[np.argsort(order[holders])]


def _covering(
    limit: int, holders: NDArray[np.int64], network: Any, keys: NDArray[np.uint64], prob: float, seed: int
) -> NDArray[np.int64]:
    """People chosen greedily on reverse-reachable sets, in the order chosen."""
    from viralsim.graph.social_graph import SocialGraph
    from viralsim.seeding.influence import maximize_influence

    if limit == 0:
        return holders[:0]
    among = sparse.csr_array(network.matrix()[holders][:, holders])
    graph = SocialGraph.from_csr(among.indptr, among.indices, person_keys=keys[holders])
    found = maximize_influence(graph, min(limit, holders.size), prob, seed=seed)
    return holders[found.nodes]


def _listed(
    people: Sequence[int | str], account: NDArray[np.bool_], keys: NDArray[np.uint64], where: str
) -> list[int]:
    """Positions of the people listed by number or name."""
    order = np.argsort(keys)
    chosen = []
    for person in people:
        key = np.uint64(person) if isinstance(person, int) else np.uint64(text_key(person))
        at = int(np.searchsorted(keys, key, sorter=order))
        if at == keys.size or keys[order[at]] != key:
            raise ScenarioError(f"{where}.people: {person!r} is not in the audience of {keys.size:,} people")
        position = int(order[at])
        if not account[position]:
            raise ScenarioError(f"{where}.people: {person!r} has no account on this platform")
        chosen.append(position)
    return chosen
