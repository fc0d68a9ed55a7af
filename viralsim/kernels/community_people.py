"""People of the `communities` network before they are tied: how many ties each wants, and in which community."""

from __future__ import annotations

import numpy as np
from numba import njit

from viralsim.kernels.draws import derive, log, uniform
from viralsim.kernels.generators import exp

_HALVINGS = 200  # of the bracket in which the scale is sought


@njit(cache=True, nogil=True)
def power(base, exponent):
    """base^exponent for base >= 1 and exponent <= 0 (float64 in [0, 1]), without libm."""
    x = exponent * log(base)
    return exp(x) if x > -700.0 else 0.0


@njit(cache=True, nogil=True)
def lomax_mean(scale, tail, cut):
    """Mean of a Lomax law, P(X > x) = (1 + x / scale)^-tail, cut off at `cut` (tail > 1)."""
    base = 1.0 + cut / scale
    over = power(base, -tail)
    below_cut = scale / (tail - 1.0) * (1.0 - power(base, 1.0 - tail)) - cut * over
    return below_cut / (1.0 - over)


@njit(cache=True, nogil=True)
def lomax_scale(mean, tail, cut):
    """Scale at which the cut-off Lomax law has this mean, 0 < mean < cut / 2 (bisection)."""
    low, high = 1e-6 * mean, 1e6 * cut
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if lomax_mean(middle, tail, cut) < mean:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def numbers_of_ties(key, rank, least, scale, tail, cut, out):
    """Quantiles of the cut-off Lomax law above `least`, one for each rank, rounded at random.

    Parameters
    ----------
    key : uint64
    rank : int64[n]
        A permutation of 0 ... n - 1.
    least : int
    scale, tail, cut : float
        scale = 0: the uniform law on (0, cut).
    out : int64[n]
    """
    n = rank.size
    over = power(1.0 + cut / scale, -tail) if scale > 0.0 else 0.0
    for i in range(n):
        part = (rank[i] + 0.5) / n
        if scale > 0.0:
            y = part * (1.0 - over) + over  # P(X > x), falls with x
            x = scale * (1.0 / power(1.0 / y, -1.0 / tail) - 1.0)
        else:
            x = part * cut
        out[i] = least + np.int64(min(x, cut) + uniform(derive(key, i)))


@njit(cache=True, nogil=True)
def community_numbers(key, mean_size, out):
    """Community of each person: consecutive positions, sizes with P(size > s) = exp(-sqrt(2 s / mean)).

    The sizes are the quantiles of that law, at least 3 and scaled to the number of people, in a random order, so
    that graphs of different seeds have communities of the same sizes.

    Parameters
    ----------
    key : uint64
    mean_size : float
        At least 3.
    out : int64[n]
    """
    n = out.size
    count = max(np.int64(n / mean_size + 0.5), 1)
    sizes = np.empty(count)
    for k in range(count):
        root = log((k + 0.5) / count)
        sizes[k] = max(0.5 * mean_size * root * root, 3.0)
    for k in range(count - 1, 0, -1):
        j = np.int64(uniform(derive(key, k)) * (k + 1))
        sizes[k], sizes[j] = sizes[j], sizes[k]
    total = sizes.sum()
    end, at = 0.0, 0
    for k in range(count):
        end += sizes[k]
        stop = n if k == count - 1 else min(np.int64(end / total * n + 0.5), n)
        for i in range(at, stop):
            out[i] = k
        at = max(at, stop)
