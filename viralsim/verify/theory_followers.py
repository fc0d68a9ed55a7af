"""Cascades over follower counts with a heavy tail: why most things do not spread (Goel et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.verify.theory_branching import series_progeny

__all__ = ["FollowerTheory", "follower_counts", "follower_theory"]

Floats = NDArray[np.float64]


def follower_counts(exponent: float, least: int = 10, most: int = 10**6) -> tuple[Floats, Floats]:
    """Follower counts k and their probabilities, proportional to k^-exponent."""
    k = np.arange(least, most + 1, dtype=np.float64)
    weight = k**-exponent
    return k, weight / weight.sum()


@dataclass(frozen=True, slots=True)
class FollowerTheory:
    """Cascades from one random person, each follower trying once with probability reproduction / mean.

    Parameters
    ----------
    mean_followers : float
    size_prob : float64[largest + 1]
        P(size = n), n = 0 .. largest.
    within_one : float
        P(nobody beyond the followers of the first person).
    mean : float
        Expected size.
    """

    mean_followers: float
    size_prob: Floats
    within_one: float
    mean: float

    def at_least(self, size: int) -> float:
        """P(cascade size >= `size`)."""
        return 1.0 - float(self.size_prob[:size].sum())


def follower_theory(
    exponent: float, reproduction: float, least: int = 10, most: int = 10**6, largest: int = 100
) -> FollowerTheory:
    """Law of cascade sizes in an endless crowd.

    Parameters
    ----------
    exponent, reproduction : float
        alpha and r; each follower adopts with probability beta = r / <k>.
    least, most : int
        Bounds of the follower counts.
    largest : int
        Largest size whose probability is wanted.

    Notes
    -----
    Model of Goel, Anderson, Hofman and Watts 2016, section 5. The offspring law is a mixture of
    Bin(k, beta); only its first `largest` probabilities enter P(N <= largest) (Otter 1949).
    """
    k, weight = follower_counts(exponent, least, most)
    mean = float(k @ weight)
    beta = reproduction / mean
    offspring = _mixed_binomial(k, weight, beta, largest)
    within = float(weight @ np.exp(k * np.log1p(-beta * (1.0 - offspring[0]))))
    return FollowerTheory(mean, series_progeny(offspring, largest), within, 1.0 / (1.0 - reproduction))


def _mixed_binomial(k: Floats, weight: Floats, beta: float, largest: int) -> Floats:
    """P(j children), j = 0 .. largest, of the mixture of Bin(k, beta), by the ratio of neighbouring terms."""
    few = (
        k * beta < largest + 8.0 * np.sqrt(largest + 1.0) + 40.0
    )  # others have more than `largest` children
    count, chance = k[few], np.exp(k[few] * np.log1p(-beta))
    out = np.empty(largest + 1)
    for j in range(largest + 1):
        out[j] = float(weight[few] @ chance)
        chance = chance * np.maximum(count - j, 0.0) * (beta / (1.0 - beta) / (j + 1.0))
    return out
