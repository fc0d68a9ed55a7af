"""Skewed and heavy-tailed draw means: intervals that lean, and what rare draws nobody has seen may hold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from viralsim.metrics.columns import Column, Floats

__all__ = [
    "caution_of",
    "leaning_interval",
    "may_be_more",
    "may_reach_one",
    "rarely",
    "reproduction_bands",
    "tail_bound",
    "tail_end",
]

LEAST_TOP = 6  # draws that the law of the upper ones is fitted to, at least (all if there are fewer)
WIDE_LAW = 0.45  # sigma of the logarithm from which rare draws hold a part of the mean worth counting
MOST_SIGMA = 1.5  # beyond, the law's own mean is no longer believable
WIDEST = 2.5  # half-widths a side widened for skewness may have: beyond, coverage hardly gains
WIDEST_TAIL = 5.0  # the same for a side widened for rare draws
RARE = 0.001  # part of the draws with R >= 1 from which they are spoken of

RARE_DRAWS = "R may reach 1 in rare draws, which can hold much of the mean unseen: rely on p05 to p95"
_BOUGHT = frozenset(
    ("impressions_owned", "impressions_paid", "clicks_owned", "clicks_paid", "cost", "excluded_people")
)


def _hall(estimate: float, se: float, n: int, quantile: float, skewness: float) -> tuple[float, float]:
    """Interval from Hall's cubic transformation of Student's t.

    Parameters
    ----------
    estimate, se : float
    n : int
        Independent draws.
    quantile : float
        Of Student's t.
    skewness : float
        Of the draw totals.

    Returns
    -------
    low, high : float
        Both `estimate` where there is no skewness.

    Notes
    -----
    Source: Hall 1992, J. R. Statist. Soc. B 54, 221-228: with g the skewness and t the studentised mean,
    T = t + g t^2 / (3 sqrt n) + g^2 t^3 / (27 n) + g / (6 sqrt n) is nearer to normal than t, and has an inverse.
    """
    if abs(skewness) <= 1e-6:
        return estimate, estimate
    a, root = skewness / 3.0, math.sqrt(n)

    def inverse(x: float) -> float:
        return root / a * (float(np.cbrt(1.0 + 3.0 * a * (x / root - skewness / (6.0 * n)))) - 1.0)

    return estimate - se * inverse(quantile), estimate - se * inverse(-quantile)


def _logarithm(excess: float, se: float, quantile: float) -> tuple[float, float]:
    """Student's interval on the logarithm of a positive number (delta method), taken back.

    Parameters
    ----------
    excess, se, quantile : float

    Returns
    -------
    low, high : float
        Both `excess` where it is not positive or the interval means nothing.
    """
    if not excess > 0 or quantile * se > 50.0 * excess:
        return excess, excess
    factor = math.exp(quantile * se / excess)
    return excess / factor, excess * factor


@lru_cache(maxsize=64)
def _scores(draws: int, below: int) -> tuple[Floats, float]:
    """Normal scores of the upper draws (Blom 1958), and the level where they begin."""
    scores = special.ndtri((np.arange(below + 1, draws + 1) - 0.375) / (draws + 0.25))
    scores.flags.writeable = False
    return scores, float(special.ndtri(below / draws)) if below else -math.inf


def tail_bound(excess: Floats, quantile: float) -> tuple[float, float]:
    """Upper bound of a mean whose upper draws are taken to follow a lognormal law.

    Parameters
    ----------
    excess : float64[D]
        Draw means above the bound the metric has below; independent.
    quantile : float
        Of Student's t with D - 1 degrees of freedom.

    Returns
    -------
    sigma : float
        Of the logarithm of the upper draws; 0 where fewer than three of them are positive.
    bound : float
        Upper end of the 95 % interval of the mean; the mean of `excess` where sigma is 0.

    Notes
    -----
    The logarithms of the upper half of the draws (at least 6) against normal scores (Blom 1958) give a slope sigma and
    a median exp(mu); lower draws may be 0 and count as they are. With z the level where the upper part begins,

        mean = (lower draws) / D + exp(mu + sigma^2 / 2) Phi(sigma - z),

    at least the mean seen, and sigma at most 1.5. Its error on the logarithm is Cox's (Zhou and Gao 1997,
    Statistics in Medicine 16, 783-790), the second term with the k draws that gave sigma:

        bound = mean exp(t sqrt(sigma^2 / D + sigma^4 / (2 (k - 1)))).

    That the upper draws are lognormal is an assumption; the bound is for what a sample may not have shown yet.
    """
    ordered = np.sort(excess)
    draws = ordered.size
    top = max(draws - draws // 2, min(draws, LEAST_TOP))
    below = draws - top
    upper = ordered[below:]
    mean = float(ordered.sum()) / draws
    positive = upper > 1e-12 * max(float(upper[-1]), 1e-300)
    used = int(np.count_nonzero(positive))
    if used < 3:
        return 0.0, mean
    scores, begins = _scores(draws, below)
    if used < top:
        scores, upper = scores[positive], upper[positive]
    logs = np.log(upper)
    middle = float(scores.sum()) / used
    away = scores - middle
    slope = float((away * logs).sum() / (away * away).sum())
    median = float(logs.sum()) / used - slope * middle
    sigma = min(max(slope, 0.0), MOST_SIGMA)
    fitted = math.exp(median + sigma**2 / 2.0) * float(special.ndtr(sigma - begins))
    fitted += float(ordered[:below].sum()) / draws
    error = math.sqrt(sigma**2 / draws + sigma**4 / (2.0 * (top - 1)))
    return sigma, max(fitted, mean) * math.exp(quantile * error)


def leaning_interval(
    estimate: float, se: float, n: int, quantile: float, skewness: float, floor: float | None
) -> tuple[float, float]:
    """Union of Student's interval, Hall's, and for a quantity with a floor that of its logarithm above it.

    Parameters
    ----------
    estimate, se : float
    n : int
        Independent draws.
    quantile : float
        Of Student's t.
    skewness : float
        Of the draw totals.
    floor : float, optional

    Returns
    -------
    low, high : float
        Each side at most 2.5 times the plain half-width away.
    """
    half = quantile * se
    low, high = _hall(estimate, se, n, quantile, skewness)
    if floor is not None:
        log_low, log_high = _logarithm(estimate - floor, se, quantile)
        low, high = min(low, floor + log_low), max(high, floor + log_high)
    return (
        max(min(low, estimate - half), estimate - WIDEST * half),
        min(max(high, estimate + half), estimate + WIDEST * half),
    )


def tail_end(estimate: float, deviations: Floats, floor: float, quantile: float, half: float) -> float:
    """Upper end that allows for rare draws; -inf where the law of the draws is not wide (sigma up to .45).

    Parameters
    ----------
    estimate : float
    deviations : float64[D]
        Of the draw means from it.
    floor : float
    quantile : float
        Of Student's t.
    half : float
        Plain half-width; the end is at most 5 of them away.
    """
    sigma, bound = tail_bound(estimate - floor + deviations, quantile)
    if sigma <= WIDE_LAW:
        return -math.inf
    return min(floor + bound, estimate + WIDEST_TAIL * half)


def rarely(happened: int, replicates: int) -> str:
    """What to say of what happened in few replicates or in none."""
    if happened:
        return f"happened in only {happened} of {replicates} replicates: a rough interval"
    return f"never happened in {replicates} replicates: at most {100 * min(3 / replicates, 1):.2g} % of runs (95 %)"


def may_be_more(estimate: float, happened: int, chances: float, confidence: float) -> float:
    """By how much the mean of what happened so rarely may be higher.

    Parameters
    ----------
    estimate : float
    happened : int
        Replicates in which it did.
    chances : float
        Sum of the denominators.
    confidence : float

    Notes
    -----
    Source: the upper limit of a Poisson mean of which k were seen (Garwood 1936, Biometrika 28, 437-442), each to the
    same extent; what never happened, once each time (assumption).
    """
    most = float(special.gammaincinv(happened + 1, 0.5 + confidence / 2.0))
    return estimate * (most / happened - 1.0) if happened else most / chances


def reproduction_bands(scenario: Any, fixed: bool) -> tuple[Any, ...]:
    """The platforms' numbers for R, as the scenario has them; none where every number is held at its value."""
    platforms = {} if fixed else getattr(scenario, "platforms", {})
    return tuple(platform.reproduction_number for platform in platforms.values())


def may_reach_one(reproduction: Column, draw: NDArray[np.int64], bands: Iterable[Any] = ()) -> bool:
    """Whether some draws, seen or not, have R >= 1.

    Parameters
    ----------
    reproduction : Column
        The metric `reproduction_number`.
    draw : int64[R]
    bands : iterable
        The platforms' numbers for R as the scenario has them; those with a band are judged by their law.

    Notes
    -----
    Either by the law of an uncertain R given in the scenario, or by the draws themselves: with C_d people caused by N_d
    in draw d and R = sum C / sum N, the variance of R between draws beyond Poisson luck is

        V = (sum (C_d - R N_d)^2 - (1 - 1 / D) sum C_d) / sum N_d^2,

    believed where it exceeds its own standard error under luck alone, and R is taken as lognormal with that
    variance. True where R >= 1 in more than one draw of a thousand. (Lognormal law, Poisson luck: assumptions.)
    """
    if any(getattr(band, "has_band", False) and band.quantile(1.0 - RARE) >= 1.0 for band in bands):
        return True
    return _chance_of_growth(reproduction, draw) > RARE


def caution_of(metric: str, rare_draws: bool, cut_draws: int = 0, draws: int = 0) -> str:
    """What to say of a metric where `may_reach_one`; "" of what is bought, which does not hang on R.

    Of the reproduction number also in how many of the draws it was cut to what a network carries.
    """
    told = [RARE_DRAWS] if rare_draws and metric not in _BOUGHT else []
    if cut_draws and metric == "reproduction_number":
        told.append(
            f"in {cut_draws} of {draws} draws more than the network carries was drawn, and cut to that"
        )
    return "; ".join(told)


def _chance_of_growth(reproduction: Column, draw: NDArray[np.int64]) -> float:
    """Part of all draws, seen or not, with R >= 1, from the spread of R over the draws."""
    _, position = np.unique(draw, return_inverse=True)
    draws = int(position.max()) + 1 if position.size else 0
    caused = np.bincount(position, reproduction.numerator)
    parents = np.bincount(position, reproduction.denominator)
    if draws < 2 or not caused.sum() > 0:
        return 0.0
    mean = float(caused.sum() / parents.sum())
    luck = (1.0 - 1.0 / draws) * float(caused.sum())
    beyond = float(((caused - mean * parents) ** 2).sum()) - luck
    expected = mean * parents
    error = math.sqrt(float((2.0 * expected**2 + expected).sum()))
    if beyond <= error:
        return float(mean >= 1.0)
    sigma = math.sqrt(math.log1p(beyond / float((parents**2).sum()) / mean**2))
    return float(special.ndtr((math.log(mean) - sigma**2 / 2.0) / sigma))
