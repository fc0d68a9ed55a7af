"""The people of one draw: segments, accounts, activity, customers, tastes, the brand's followers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special, stats

from viralsim.errors import ScenarioError
from viralsim.kernels.draws import uniforms_of, words_of
from viralsim.rng import derive, text_key

__all__ = ["People", "brand_fans", "make_people", "make_tastes", "person_uniforms", "person_words"]

P_SEGMENT, P_ACTIVITY, P_ACCESS, P_CUSTOMER, P_FANS, P_TASTE, P_PICK, P_NETWORK = range(30, 38)
_ACTIVITY_CLASSES = 16_384
_TASTE_ROUNDS = 40


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
        table = stats.gamma.ppf(middle, parameter)
    else:
        table = np.exp(parameter * special.ndtri(middle))
    return table / table.mean()


def make_tastes(
    people: People, adjacency: sparse.csr_array | None, topic: str, correlation: float, draw_key: int
) -> NDArray[np.float64]:
    """Latent taste for a topic: standard normal, correlated along ties (a spatial autoregressive field).

    Parameters
    ----------
    people : People
    adjacency : sparse array (n, n) or None
        Ties of all networks, symmetric, 0/1; None if `correlation` is 0.
    topic : str
    correlation : float in [0, 1)
        Correlation of the two ends of a tie; solved for, and refused where the graph cannot carry it.

    Returns
    -------
    float64[n]

    Notes
    -----
    z = e + alpha W z, W the average over neighbours (Whittle 1954); alpha by bisection.
    """
    noise = special.ndtri(person_uniforms(derive(derive(draw_key, P_TASTE), text_key(topic)), people.key))
    if correlation == 0.0 or adjacency is None or adjacency.nnz == 0:
        return noise
    degree = np.maximum(np.diff(adjacency.indptr), 1)
    source = np.repeat(np.arange(people.size, dtype=np.int32), np.diff(adjacency.indptr))

    def field(alpha: float) -> tuple[NDArray[np.float64], float]:
        z = noise
        for _ in range(_TASTE_ROUNDS):
            z = noise + alpha * (adjacency @ z) / degree
        z = (z - z.mean()) / z.std()
        left, right = z[source], z[adjacency.indices]
        return z, float(np.corrcoef(left, right)[0, 1])

    low, high = 0.0, 0.999
    best, reached = field(high)
    if reached < correlation:
        raise ScenarioError(
            f"audience.taste.tie_correlation: {correlation:g} cannot be reached on this network, "
            f"the largest possible is about {reached:.2f}; choose a smaller one"
        )
    for _ in range(12):
        middle = (low + high) / 2
        best, reached = field(middle)
        low, high = (middle, high) if reached < correlation else (low, middle)
    return best


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
