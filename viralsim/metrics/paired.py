"""Two ensembles in shared worlds: the difference, the ratio, and who wins how often."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from viralsim.metrics.columns import Column, Floats, linearise
from viralsim.metrics.uncertainty import draw_totals, interval_of
from viralsim.metrics.variance import Components, components

__all__ = ["Paired", "pair", "prob_higher", "prob_mean_higher"]


@dataclass(frozen=True, slots=True)
class Paired:
    """B against A, replicate by replicate in the same worlds.

    Parameters
    ----------
    mean_a, mean_b : float
        Expected values (sum over sum for a ratio).
    difference, low, high, se : float
        mean_b - mean_a with 95 % interval and standard error, paired within draws.
    ratio, ratio_low, ratio_high : float
        mean_b / mean_a with 95 % interval, made on the logarithm; NaN unless both means are positive,
        except 0 and infinity where only one of them is 0.
    prob_higher : float
        Chance that one run of B gives more than one run of A, each with its own luck, in the same draw.
    prob_mean_higher : float
        Confidence that the expected value of B is higher.
    correlation : float
        Between the replicates' deviations; NaN if either is constant.
    variance_reduction : float
        Variance of the difference had the worlds not been shared / as it is; infinite if it is 0.
    effect, effect_se, effect_low, effect_high : float
        What verdicts are passed on: log ratio if `relative`, else the difference.
    relative : bool
    spread : Components
        Variance of one replicate's paired effect within and between draws.
    draw_effects : float64[D]
        Paired effect in each draw, in order of the draws (to first order).
    dof : float
    replicates, draws : int
    notes : tuple of str
        Why the interval should be read with care.
    """

    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    se: float
    ratio: float
    ratio_low: float
    ratio_high: float
    prob_higher: float
    prob_mean_higher: float
    correlation: float
    variance_reduction: float
    effect: float
    effect_se: float
    effect_low: float
    effect_high: float
    relative: bool
    spread: Components
    draw_effects: Floats
    dof: float
    replicates: int
    draws: int
    notes: tuple[str, ...]


def prob_higher(a: Floats, b: Floats, draw: NDArray[np.int64]) -> float:
    """Chance that one run of B gives more than one run of A, each with its own luck; ties count half.

    Parameters
    ----------
    a, b : float64[R]
        Values per replicate; NaN where not defined (such pairs are left out).
    draw : int64[R]

    Returns
    -------
    float
        Over all ordered pairs (i of A, j of B), i != j, in the same draw; NaN if there is none.

    Notes
    -----
    Exact, by sorting: O(R log R). Pairs i = j are left out because they share their luck.

    Examples
    --------
    >>> prob_higher(np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.array([0, 0]))
    0.5
    """
    halves, pairs = 0, 0  # in whole numbers: a win counts 2, a tie 1
    order = np.argsort(draw, kind="stable")
    bounds = np.flatnonzero(np.diff(draw[order])) + 1
    for rows in np.split(order, bounds):
        own_a, own_b = a[rows], b[rows]
        known_a = np.sort(own_a[~np.isnan(own_a)])
        known_b = own_b[~np.isnan(own_b)]
        halves += int(np.searchsorted(known_a, known_b, "left").sum())
        halves += int(np.searchsorted(known_a, known_b, "right").sum())
        both = ~np.isnan(own_a) & ~np.isnan(own_b)
        halves -= 2 * int((own_b[both] > own_a[both]).sum()) + int((own_b[both] == own_a[both]).sum())
        pairs += known_a.size * known_b.size - int(both.sum())
    return halves / (2 * pairs) if pairs else math.nan


def prob_mean_higher(effect: float, se: float, dof: float, independent: int) -> float:
    """Confidence that an expected effect is above 0.

    Parameters
    ----------
    effect, se : float
        Estimate and standard error, from draws.
    dof : float
        Of the standard error.
    independent : int
        Number of draws (replicates if there is one draw).

    Returns
    -------
    float
        Student's t at effect / se: .5 without an effect, and the fewer the draws the nearer to .5. Where
        all draws agree to the last digit, what a sign test allows: 1 - 2^-independent.
    """
    if math.isnan(effect) or math.isnan(se):
        return math.nan if math.isnan(effect) or effect != 0 else 0.5
    if effect == 0:
        return 0.5
    if se == 0:
        tail = 0.5 ** min(independent, 60)
        return 1.0 - tail if effect > 0 else tail
    return float(special.stdtr(dof, effect / se))


def pair(a: Column, b: Column, draw: NDArray[np.int64]) -> Paired:
    """Compare two columns of the same replicates.

    Parameters
    ----------
    a, b : Column
        The same metric of two scenarios run with the same seed; row r of both lived in the same world.
    draw : int64[R]

    Returns
    -------
    Paired

    Notes
    -----
    The difference of two ratios of sums, and the logarithm of their quotient, are linearised per
    replicate (delta method); what a draw adds up to gives the error, as in `interval_of`.
    """
    mean_a, influence_a = linearise(a)
    mean_b, influence_b = linearise(b)
    difference = mean_b - mean_a
    influence = influence_b - influence_a
    interval = interval_of(difference, influence, draw)
    relative = mean_a > 0 and mean_b > 0
    if relative:
        effect = math.log(mean_b / mean_a)
        effect_influence = influence_b / mean_b - influence_a / mean_a
        effect_interval = interval_of(effect, effect_influence, draw)
        ratio = mean_b / mean_a
        ratio_low, ratio_high = _exp(effect_interval.low), _exp(effect_interval.high)
    else:
        effect, effect_influence, effect_interval = difference, influence, interval
        ratio = _ratio_with_zero(mean_a, mean_b)
        ratio_low = ratio_high = math.nan
    draws = int(np.unique(draw).size)
    totals, sizes = draw_totals(effect_influence, draw)
    independent = draws if draws > 1 else int(influence.size)
    return Paired(
        mean_a=mean_a,
        mean_b=mean_b,
        difference=difference,
        low=interval.low,
        high=interval.high,
        se=interval.se,
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        prob_higher=prob_higher(a.values, b.values, draw),
        prob_mean_higher=prob_mean_higher(effect, effect_interval.se, effect_interval.dof, independent),
        correlation=_correlation(influence_a, influence_b),
        variance_reduction=_reduction(influence_a, influence_b, draw, interval.se),
        effect=effect,
        effect_se=effect_interval.se,
        effect_low=effect_interval.low,
        effect_high=effect_interval.high,
        relative=relative,
        spread=components(effect_influence, draw),
        draw_effects=effect + totals / sizes,
        dof=effect_interval.dof,
        replicates=int(influence.size),
        draws=draws,
        notes=effect_interval.notes,
    )


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _ratio_with_zero(mean_a: float, mean_b: float) -> float:
    """Ratio where not both means are positive."""
    if mean_a == 0 and mean_b > 0:
        return math.inf
    return 0.0 if mean_a > 0 and mean_b == 0 else math.nan


def _correlation(x: Floats, y: Floats) -> float:
    """Pearson's correlation; NaN if either is constant."""
    spread = math.sqrt(float((x**2).sum()) * float((y**2).sum()))
    return float((x * y).sum()) / spread if spread > 0 else math.nan


def _reduction(x: Floats, y: Floats, draw: NDArray[np.int64], se: float) -> float:
    """Variance of the difference in independent worlds over that in shared worlds."""
    alone = interval_of(0.0, x, draw).se ** 2 + interval_of(0.0, y, draw).se ** 2
    if se > 0:
        return alone / se**2
    return math.inf if se == 0 and alone > 0 else math.nan
