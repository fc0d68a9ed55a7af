"""Cascades over follower counts with a heavy tail: why most things do not spread (Goel et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from viralsim.verify.theory_branching import series_progeny

__all__ = ["FollowerTheory", "counts_theory", "follower_counts", "follower_offspring", "follower_theory"]

Floats = NDArray[np.float64]
NEAR = 120  # children up to which the offspring law is summed term by term


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

    def mean_virality(self, size: int) -> float:
        """Mean structural virality of cascades of at least `size` people, and at most the largest of `size_prob`.

        Notes
        -----
        Structural virality of a tree of n is 2 / (n (n - 1)) times the sum over all but the root of s (n - s), s =
        people in the subtree. Let S_m be the children of m people together. Of the n rotations of a sequence of n
        numbers of children that sum to n - 1 one is a tree, and s of them in a row that make a tree leave n - s that
        sum to n - s: so the expected number of subtrees of s < n people, times P(N = n), is
        P(N = s) P(S_(n - s) = n - s) (Otter 1949; Aldous 1991, "Asymptotic fringe distributions"). The last factor
        is the coefficient of t^(n - s) in t w'(t) / w(t), with w(t) the sum of P(N = n) t^n (Lagrange).
        """
        chance = self.size_prob
        n = np.arange(chance.size, dtype=np.float64)
        even = _even_sums(chance)
        total = 0.0
        for people in range(max(size, 2), chance.size):
            s = np.arange(1, people)
            pairs = float((s * (people - s) * chance[s]) @ even[people - s])
            total += 2.0 * pairs / (people * (people - 1.0))
        return total / float(chance[n >= max(size, 2)].sum())


def follower_theory(
    exponent: float, reproduction: float, least: int = 10, most: int = 10**6, largest: int = 100
) -> FollowerTheory:
    """Law of cascade sizes in an endless crowd whose follower counts k have probability k^-exponent.

    Parameters
    ----------
    exponent, reproduction : float
        alpha and r; each follower adopts with probability beta = r / <k>.
    least, most : int
        Bounds of the follower counts.
    largest : int
        Largest size whose probability is wanted.
    """
    k, weight = follower_counts(exponent, least, most)
    return counts_theory(k, weight, reproduction / float(k @ weight), largest)


def counts_theory(k: Floats, weight: Floats, probability: float, largest: int = 100) -> FollowerTheory:
    """Law of cascade sizes in an endless crowd, from its follower counts.

    Parameters
    ----------
    k, weight : float64[classes]
        Follower counts and their probabilities.
    probability : float
        Of a try, beta.
    largest : int
        Largest size whose probability is wanted.

    Notes
    -----
    Model of Goel, Anderson, Hofman and Watts 2016, section 5. The offspring law is a mixture of
    Bin(k, beta); only its first `largest` probabilities enter P(N <= largest) (Otter 1949).
    """
    mean = float(k @ weight)
    offspring = _mixed_binomial(k, weight, probability, largest)
    within = float(weight @ np.exp(k * np.log1p(-probability * (1.0 - offspring[0]))))
    size_prob = series_progeny(offspring, largest)
    return FollowerTheory(mean, size_prob, within, 1.0 / (1.0 - probability * mean))


def _even_sums(size_prob: Floats) -> Floats:
    """P(m people have m children together), m = 0, 1, ...: the coefficients of t w'(t) / w(t)."""
    out = np.zeros(size_prob.size)
    out[0] = 1.0
    later = size_prob[2:]
    for m in range(1, size_prob.size - 1):
        out[m] = ((m + 1) * size_prob[m + 1] - out[m - 1 :: -1] @ later[:m]) / size_prob[1]
    return out


def follower_offspring(exponent: float, reproduction: float, least: int = 10, most: int = 10**6) -> Floats:
    """P(j adoptions caused by one adopter), j = 0, 1, ..., of the same model.

    Notes
    -----
    The mixture of Bin(k, beta) over follower counts k, summed up to j = 120. Beyond, the sum over k of Bin(j; k, beta)
    k^-alpha is E[K^-alpha] / beta with K the number of tries up to the (j + 1)-th success, which there is taken as
    gamma distributed: beta^(alpha - 1) Gamma(j + 1 - alpha) / Gamma(j + 1) x P(G <= beta most), G gamma of shape
    j + 1 - alpha. Its relative error is below beta alpha^2 / j, on less than 1 % of the mass.
    """
    k, weight = follower_counts(exponent, least, most)
    beta = reproduction / float(k @ weight)
    top = int(most * beta + 12.0 * np.sqrt(most * beta) + 40.0)
    near = min(NEAR, top)
    j = np.arange(near + 1.0, top + 1.0)
    shape = j + 1.0 - exponent
    log_moment = (exponent - 1.0) * np.log(beta) + special.gammaln(shape) - special.gammaln(j + 1.0)
    scale = float(weight[0]) * least**exponent  # weight of k is scale x k^-exponent
    far = scale * np.exp(log_moment) * special.gammainc(shape, beta * (most + 0.5))
    out = np.concatenate((_mixed_binomial(k, weight, beta, near), far))
    return np.asarray(out / out.sum())


def _mixed_binomial(k: Floats, weight: Floats, beta: float, largest: int) -> Floats:
    """P(j children), j = 0 .. largest, of the mixture of Bin(k, beta), by the ratio of neighbouring terms."""
    mean = k * beta
    small = mean < 500.0
    # larger ones start below what a float can hold; the largest have more than `largest` children
    great = ~small & (mean < largest + 8.0 * np.sqrt(largest + 1.0) + 40.0)
    count, chance = k[small], np.exp(k[small] * np.log1p(-beta))
    great_count, great_log = k[great], k[great] * np.log1p(-beta)
    odds = beta / (1.0 - beta)
    out = np.empty(largest + 1)
    for j in range(largest + 1):
        out[j] = float(weight[small] @ chance)
        chance = chance * np.maximum(count - j, 0.0) * (odds / (j + 1.0))
        chance[chance < 1e-290] = 0.0  # numbers below 1e-308 would be slow
        if great_count.size and odds > 0.0:
            out[j] += float(weight[great] @ np.exp(great_log))
            great_log = great_log + np.log(np.maximum(great_count - j, 1e-300) * (odds / (j + 1.0)))
    return out
