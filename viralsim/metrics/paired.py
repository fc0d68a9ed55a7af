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

__all__ = ["Limits", "Paired", "pair", "prob_higher", "prob_mean_higher"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Ends of a pair's intervals at one confidence.

    Parameters
    ----------
    confidence : float
        Of each interval on its own.
    low, high : float
        Of the difference.
    effect_low, effect_high : float
        Of what verdicts are passed on: the log ratio where there is one, else the difference.
    ratio_low, ratio_high : float
        NaN where there is no ratio.
    """

    confidence: float
    low: float
    high: float
    effect_low: float
    effect_high: float
    ratio_low: float
    ratio_high: float


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
    influence, effect_influence : float64[R]
        What each replicate adds to the error of the difference, and of the effect.
    draw : int64[R]
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
    influence: Floats
    effect_influence: Floats
    draw: NDArray[np.int64]

    def limits(self, confidence: float) -> Limits:
        """Intervals at another confidence than 95 %, as verdicts on many pairs or many looks need them."""
        plain = interval_of(self.difference, self.influence, self.draw, confidence=confidence)
        effect = plain
        if self.relative:
            effect = interval_of(self.effect, self.effect_influence, self.draw, confidence=confidence)
        return Limits(
            confidence=confidence,
            low=plain.low,
            high=plain.high,
            effect_low=effect.low,
            effect_high=effect.high,
            ratio_low=_exp(effect.low) if self.relative else math.nan,
            ratio_high=_exp(effect.high) if self.relative else math.nan,
        )


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
    _, position = np.unique(draw, return_inverse=True)
    known_a, known_b = ~np.isnan(a), ~np.isnan(b)
    _, ranks = np.unique(np.concatenate([a[known_a], b[known_b]]), return_inverse=True)
    levels = int(ranks.max(initial=-1)) + 1
    split = int(known_a.sum())
    keys_a = np.sort(position[known_a] * levels + ranks[:split])  # draws one after the other, each in order
    own = position[known_b] * levels
    keys_b = own + ranks[split:]
    starts = np.searchsorted(keys_a, own, "left")
    halves = int((np.searchsorted(keys_a, keys_b, "left") - starts).sum())  # whole numbers: a win counts 2,
    halves += int((np.searchsorted(keys_a, keys_b, "right") - starts).sum())  # a tie 1
    both = known_a & known_b
    halves -= 2 * int((b[both] > a[both]).sum()) + int((b[both] == a[both]).sum())
    pairs = int((np.searchsorted(keys_a, own + levels, "left") - starts).sum()) - int(both.sum())
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
        notes=effect_interval.notes + _agreement(difference, interval.se, influence.size),
        influence=influence,
        effect_influence=effect_influence,
        draw=draw,
    )


def _agreement(difference: float, se: float, replicates: int) -> tuple[str, ...]:
    """What cannot be excluded where no replicate differs (Hanley and Lippman-Hand 1983: the rule of three)."""
    if difference != 0 or se != 0 or replicates < 2:
        return ()
    share = 100.0 * min(3.0 / replicates, 1.0)
    return (f"no replicate differs: a difference in up to {share:.2g} % of runs may have been missed",)


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
