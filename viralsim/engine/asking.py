"""Who is asked to share, for how much, and what sets their share apart (docs/model.md, sections 5 and 16)."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine import tables
from viralsim.engine.networks import Network
from viralsim.engine.people import P_PICK, person_words
from viralsim.engine.rates import SlotRates
from viralsim.rng import derive
from viralsim.seeding.pick import pick_people, prices_by_size

if TYPE_CHECKING:
    from viralsim.engine.audience import Audience

__all__ = ["followers_counted", "make_asks"]

P_SOURCES, P_SETS = 44, 45
_BLIND_PICKS = (
    "random", "most-followers", "k-core", "segment", "attributes", "listed", "followers-between", "betweenness",
)  # fmt: skip
"""Kinds of seeding that look at the graph only, not at how likely people are to share."""

_ASK = np.dtype(
    [("step", "i8"), ("slot", "i8"), ("person", "i8"), ("q", "u8"), ("paid", "u1"), ("price", "f8"),
     ("engaging", "f8"), ("acting", "f8")]
)  # fmt: skip
_MOST = 1e30  # of a factor, so that none is infinite


def followers_counted(network: Network, influencer: Any) -> NDArray[np.float64]:
    """Followers that the platform shows for each person, fake ones included (float64[n])."""
    fake = 0.0 if influencer is None else float(influencer.fake_followers)
    return network.follower_count / (1.0 - fake)


def _factors(
    influencer: Any, counted: NDArray[np.float64], affinity: NDArray[np.float64], mean_followers: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Factors of likes and comments, and of clicks and shares, with what each person shows (float64[n], twice).

    `mean_followers` of an account, counted with the same part of fakes as `counted`: their ratio is that of people.
    """
    if influencer is None:
        return np.ones(counted.size), np.ones(counted.size)
    engaging = affinity ** float(influencer.fit_exponent)
    if influencer.disclosure.kind == "disclosed":
        engaging = engaging * float(influencer.disclosure.engagement)
    if influencer.size.kind == "falling":
        reference = influencer.size.reference
        reference = max(mean_followers, 1.0) if reference is None else float(reference)
        with np.errstate(over="ignore"):
            falling = (np.maximum(counted, 1.0) / reference) ** -float(influencer.size.exponent)
        engaging = np.minimum(engaging * np.minimum(falling, _MOST), _MOST)
    return engaging, engaging * float(influencer.credibility)


def make_asks(
    scenario: Any,
    audience: Audience,
    rates: tuple[SlotRates, ...],
    slot_of: NDArray[np.int64],
    key: int,
) -> NDArray[Any]:
    """Everybody asked to share, in order of time.

    Parameters
    ----------
    scenario : resolved document
    audience : Audience
    rates : tuple of SlotRates
    slot_of : int64[I, P]
    key : int
        Key of the draw.

    Returns
    -------
    structured array
        step, slot, person, q (2^32 x chance to accept), paid, price (US$), and the factors engaging (likes, comments)
        and acting (clicks, shares) of what they show.

    Raises
    ------
    ScenarioError
        If fewer people can be asked than are wanted, or a listed one is unknown.
    """
    items = {item.id: i for i, item in enumerate(scenario.items)}
    platforms = {name: p for p, name in enumerate(scenario.platforms)}
    rows: list[tuple[Any, ...]] = []
    for entry, seeding in enumerate(scenario.campaign.seeding):
        i, p = items[seeding.item], platforms[seeding.platform]
        slot, network = int(slot_of[i, p]), audience.networks[p]
        counted = followers_counted(network, seeding.influencer)
        prices = prices_by_size(seeding.price_by_size, float(seeding.price), counted)
        chosen = _chosen(scenario, audience, rates[slot], entry, p, counted, prices, key)
        mean_followers = float(counted[network.account].mean()) if network.account.any() else 1.0
        topic = audience.affinity[scenario.items[i].topic]
        engaging, acting = _factors(seeding.influencer, counted, topic, mean_followers)
        step = math.floor(seeding.at / scenario.run.step + 1e-9)
        q = tables.coin(seeding.acceptance_prob)
        rows += [
            (step, slot, u, q, prices[u] > 0, float(prices[u]), float(engaging[u]), float(acting[u]))
            for u in chosen
        ]
    asks = np.array(rows, _ASK)
    return asks[np.argsort(asks["step"], kind="stable")]


def _chosen(
    scenario: Any,
    audience: Audience,
    rates: SlotRates,
    entry: int,
    p: int,
    counted: NDArray[np.float64],
    prices: NDArray[np.float64],
    key: int,
) -> list[int]:
    """Positions of the people whom one entry asks, the first asked first."""
    seeding = scenario.campaign.seeding[entry]
    influence = rates.visibility * rates.friend_share_prob
    attributes = [dict(s.attributes) for s in scenario.audience.segments]
    order_key = derive(key, P_PICK)
    wanted = (
        seeding.pick.model_dump_json(),
        seeding.price,
        seeding.price_by_size.model_dump_json(),
        None if seeding.influencer is None else seeding.influencer.fake_followers,
        p,
        key,
        seeding.pick.kind in _BLIND_PICKS or influence,
        str(attributes),
    )
    people = audience.people
    order = person_words(order_key, people.key)
    by_paths = seeding.pick.kind == "betweenness"
    make = partial(
        pick_people,
        seeding.pick,
        network=audience.networks[p],
        segment=people.segment,
        segment_names=[s.name for s in scenario.audience.segments],
        keys=people.key,
        order=order,
        source_order=person_words(derive(order_key, P_SOURCES), people.key) if by_paths else order,
        influence_prob=influence,
        where=f"campaign.seeding.{entry}.pick",
        followers=counted,
        prices=prices,
        seed=derive(order_key, P_SETS) >> 1,
        attributes=attributes,
    )
    return audience.memo(f"asked {entry}", wanted, make)
