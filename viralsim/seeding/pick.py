"""Whom a scenario asks to share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from viralsim.errors import ScenarioError
from viralsim.rng import text_key
from viralsim.seeding.centralities import core_number, degree_discount
from viralsim.spec.targets import fits

__all__ = ["pick_people"]


def pick_people(
    pick: Any,
    price: float,
    *,
    network: Any,
    segment: NDArray[np.uint8],
    segment_names: Sequence[str],
    keys: NDArray[np.uint64],
    order: NDArray[np.uint64],
    influence_prob: float,
    where: str,
    attributes: Sequence[Mapping[str, Any]] = (),
) -> list[int]:
    """Positions of the people asked, the first asked first.

    Parameters
    ----------
    pick : spec pick
        Tagged by `kind`; with `count`, or with `budget` (count = budget / price, rounded down).
    price : float
        US$ per person.
    network : Network
        `account` bool[n], `indptr`, `followers`, `follower_count`, `matrix()`.
    segment : uint8[n]
    keys : uint64[n]
        Stable identities, for listed people.
    order : uint64[n]
        Keyed random order, also the order of equal people.
    influence_prob : float
        Visibility x friend share probability, for degree discount.
    where : str
        Named in errors.
    attributes : sequence of mapping
        Of each segment, for picks by attributes.

    Raises
    ------
    ScenarioError
        If fewer people can be asked than are wanted, or a listed one is unknown.
    """
    if pick.kind == "listed":
        return _listed(pick.people, network.account, keys, where)
    holders = np.flatnonzero(network.account)
    if pick.kind == "segment":
        holders = holders[segment[holders] == list(segment_names).index(pick.segment)]
    if pick.kind == "attributes":
        fitting = np.array([fits(entry, pick.where) for entry in attributes], np.bool_)
        holders = holders[fitting[segment[holders]]]
    count = pick.count if pick.count is not None else math.floor(pick.budget / price + 1e-9)
    if count > holders.size:
        raise ScenarioError(
            f"{where}: {count:,} people are to be asked, but only {holders.size:,} can be; "
            f"allowed are 0 to {holders.size:,}"
        )
    if pick.kind == "most-followers":
        holders = holders[np.lexsort((order[holders], -network.follower_count[holders]))]
    elif pick.kind == "k-core":
        core = core_number(network.matrix())
        followers = network.follower_count
        holders = holders[np.lexsort((order[holders], -followers[holders], -core[holders]))]
    elif pick.kind == "degree-discount":
        rank = np.argsort(np.argsort(order[holders]))
        among = sparse.csr_array(network.matrix()[holders][:, holders])
        holders = holders[
            degree_discount(among.indptr.astype(np.int64), among.indices, rank, influence_prob, count)
        ]
    else:
        holders = holders[np.argsort(order[holders])]
    return [int(person) for person in holders[:count]]


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
