"""The people of one draw: segments, accounts, activity, customers, tastes, the brand's followers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from viralsim.errors import ScenarioError
from viralsim.kernels.draws import uniforms_of, words_of
from viralsim.kernels.fields import add_over_ties
from viralsim.rng import derive, text_key

__all__ = ["People", "brand_fans", "make_people", "make_tastes", "person_uniforms", "person_words"]

P_SEGMENT, P_ACTIVITY, P_ACCESS, P_CUSTOMER, P_FANS, P_TASTE, P_PICK, P_NETWORK = range(30, 38)
_ACTIVITY_CLASSES = 16_384
TASTE_ROUNDS = 60
TASTE_MARGIN = 1.5  # averaging stops once the field is so many times as correlated as asked for


class Ties(Protocol):
    """Who follows whom on one platform."""

    @property
    def indptr(self) -> NDArray[np.int64]: ...

    @property
    def followers(self) -> NDArray[np.int32]: ...


@dataclass(frozen=True, slots=True)
class People:
    """The people of one draw, n of them.

    Parameters
    ----------
    key : uint64[n]
        Stable identities.
    segment : uint8[n]
        Position in the scenario's segments.
    activity : float32[n]
        Share activity, mean 1 before the segments' multipliers.
    customer : bool[n]
    """

    key: NDArray[np.uint64]
    segment: NDArray[np.uint8]
    activity: NDArray[np.float32]
    customer: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of people."""
        return int(self.key.size)


def person_uniforms(key: int, person_key: NDArray[np.uint64]) -> NDArray[np.float64]:
    """One uniform in (0, 1) per person, keyed on the person (docs/model.md, section 8)."""
    out = np.empty(person_key.size, np.float64)
    uniforms_of(np.uint64(key), person_key, out)
    return out


def person_words(key: int, person_key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One random word per person, keyed on the person; sorting by it gives the keyed random order."""
    out = np.empty(person_key.size, np.uint64)
    words_of(np.uint64(key), person_key, out)
    return out


def make_people(audience: Any, person_key: NDArray[np.uint64], draw_key: int) -> People:
    """Deal segments, activity and custom to people.

    Parameters
    ----------
    audience : spec Audience
        With every number plain.
    person_key : uint64[n]
    draw_key : int
    """
    fractions = np.array([s.fraction for s in audience.segments], np.float64)
    edges = np.cumsum(fractions)[:-1]
    segment = np.searchsorted(edges, person_uniforms(derive(draw_key, P_SEGMENT), person_key), side="right")
    multiplier = np.array([s.activity for s in audience.segments], np.float64)
    activity = activity_values(audience.activity, person_uniforms(derive(draw_key, P_ACTIVITY), person_key))
    customers = np.array([s.customers for s in audience.segments], np.float64)
    return People(
        key=person_key,
        segment=segment.astype(np.uint8),
        activity=(activity * multiplier[segment]).astype(np.float32),
        customer=person_uniforms(derive(draw_key, P_CUSTOMER), person_key) < customers[segment],
    )


def activity_values(law: Any, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Activity at the quantiles `u` (float64 in (0, 1)) of the scenario's law: mean 1, a part exactly 0."""
    never = float(law.never_share)
    rest = np.clip((u - never) / max(1.0 - never, 1e-300), 0.0, 1.0)
    spread = {"constant": 0.0, "gamma": getattr(law, "shape", 0.0), "lognormal": getattr(law, "sigma", 0.0)}
    table = _activity_table(law.kind, float(spread[law.kind]))
    values = table[np.minimum((rest * table.size).astype(np.int64), table.size - 1)]
    return np.where(u < never, 0.0, values / (1.0 - never))


@lru_cache(maxsize=64)
def _activity_table(kind: str, parameter: float) -> NDArray[np.float64]:
    """Mid-quantiles of an activity law of mean 1 (float64, ascending)."""
    if kind == "constant":
        return np.ones(1)
    middle = (np.arange(_ACTIVITY_CLASSES) + 0.5) / _ACTIVITY_CLASSES
    if kind == "gamma":
        table = special.gammaincinv(parameter, middle)
    else:
        table = np.exp(parameter * special.ndtri(middle))
    return table / table.mean()


def make_tastes(
    people: People, networks: Sequence[Ties], topic: str, correlation: float, draw_key: int
) -> NDArray[np.float64]:
    """Latent taste for a topic: standard normal, correlated along ties.

    Parameters
    ----------
    people : People
    networks : sequence
        With `indptr` and `followers`: the ties of each platform.
    topic : str
    correlation : float in [0, 1)
        Correlation of the two ends of a tie; refused where the graph cannot carry it.

    Returns
    -------
    float64[n]

    Raises
    ------
    ScenarioError
        If the networks are too well mixed for so high a correlation.

    Notes
    -----
    docs/model.md, section 1: a mixture of independent noise and of noise averaged over ties, the latter in as many
    rounds as its own correlation along ties needs. (Assumption; averaging draws out the smoothest
    directions of the graph, its communities.)
    """
    key = derive(derive(draw_key, P_TASTE), text_key(topic))
    noise = special.ndtri(person_uniforms(key, people.key))
    if correlation == 0.0 or not any(network.followers.size for network in networks):
        return noise
    smooth = special.ndtri(person_uniforms(derive(key, 1), people.key))
    for _ in range(TASTE_ROUNDS):
        total, count = _over_ties(networks, smooth)
        averaged = smooth + np.where(count > 0, total / np.maximum(count, 1), smooth)
        smooth = (averaged - averaged.mean()) / averaged.std()
        covariance, variance = _tie_moments(networks, smooth)
        if covariance >= TASTE_MARGIN * correlation * variance:
            break
    if covariance < correlation * variance:
        raise ScenarioError(
            f"audience.taste.tie_correlation: {correlation:g} cannot be reached on this network, "
            f"the largest possible is about {max(covariance / variance, 0.0):.2g}; choose a smaller one"
        )
    part = correlation / (covariance + correlation * (1.0 - variance))
    field = math.sqrt(1.0 - part) * noise + math.sqrt(part) * smooth
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float64)


def _over_ties(
    networks: Sequence[Ties], value: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum of the values at the other ends of everybody's ties, and how many ties they have."""
    total, count = np.zeros(value.size), np.zeros(value.size, np.int64)
    for network in networks:
        add_over_ties(network.indptr, network.followers, value, total, count)
    return total, count


def _tie_moments(networks: Sequence[Ties], value: NDArray[np.float64]) -> tuple[float, float]:
    """Covariance of the two ends of a tie, and variance of an end."""
    total, count = _over_ties(networks, value)
    ends = float(count.sum())
    mean = float((count * value).sum()) / ends
    spread = float((count * value**2).sum()) / ends - mean**2
    return float((value * total).sum()) / ends - mean**2, spread


def brand_fans(
    pick: Any,
    count: int,
    account: NDArray[np.bool_],
    follower_count: NDArray[np.int64],
    people: People,
    affinity: NDArray[np.float64],
    key: int,
    where: str,
) -> NDArray[np.int32]:
    """The brand's followers on a platform, as positions in ascending order (int32[count]).

    Parameters
    ----------
    pick : spec Pick
        random, most-followers, or customers-and-affinity.
    count : int
    account : bool[n]
    follower_count : int64[n]
    affinity : float64[n]
        Mean affinity to the items on the platform.
    key : int
        Keyed order of equal people.
    where : str
        Named in the error.
    """
    holders = np.flatnonzero(account)
    if count > holders.size:
        raise ScenarioError(
            f"{where}: {count:,} followers, but only {holders.size:,} people have an account there; "
            f"allowed are 0 to {holders.size:,}: lower the count, raise access or enlarge the audience"
        )
    order = person_words(key, people.key)[holders]
    if pick.kind == "most-followers":
        chosen = np.lexsort((order, -follower_count[holders]))
    elif pick.kind == "customers-and-affinity":
        chosen = np.lexsort((order, -affinity[holders], ~people.customer[holders]))
    else:
        chosen = np.argsort(order)
    return np.sort(holders[chosen[:count]]).astype(np.int32)
