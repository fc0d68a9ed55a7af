"""Verdicts: better, worse, practically equal, or unresolved and by what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from viralsim.metrics.columns import Floats
from viralsim.metrics.drivers import average_ranks
from viralsim.metrics.paired import Paired
from viralsim.metrics.registry import Better
from viralsim.metrics.uncertainty import t_quantile

__all__ = ["Blame", "Needed", "Verdict", "blame_assumption", "judge", "margins", "replicates_needed"]

SIMULATION_NOISE = "simulation noise"
LUCK = "luck"
HOPELESS = 100.0  # times as many replicates as there are: then it is luck
COIN_FLIP = 0.05  # this near to one half, a single run is a coin flip
SIGNIFICANT = 0.05
AT_LEAST_DRAWS = 8  # fewer say nothing about which number matters


@dataclass(frozen=True, slots=True)
class Needed:
    """What would settle a comparison, at the effect as it stands now.

    Parameters
    ----------
    replicates : int
        How many more.
    draws : int or None
        How many draws in all they must be dealt over; None if the present ones do.
    """

    replicates: int
    draws: int | None


@dataclass(frozen=True, slots=True)
class Blame:
    """The uncertain number that moves a difference most.

    Parameters
    ----------
    path : str
        Where it stands in the scenario.
    share : float
        Of the variance of the paired effect between draws (squared correlation, corrected for chance).
    """

    path: str
    share: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison says.

    Parameters
    ----------
    verdict : str
        better, worse, practically equal, unresolved; higher or lower where neither is better.
    because : str or None
        If unresolved: "simulation noise", "luck", or the path of an uncertain number.
    needed : Needed or None
        If unresolved by simulation noise.
    blame : Blame or None
        If unresolved by an assumption.
    """

    verdict: str
    because: str | None = None
    needed: Needed | None = None
    blame: Blame | None = None


def margins(paired: Paired, worthwhile: float) -> tuple[float, float]:
    """Effects that count as practically equal, on the scale of `paired.effect`.

    Parameters
    ----------
    paired : Paired
    worthwhile : float
        Smallest difference worth having, relative to A's mean (.05 = 5 %). Where a mean is not positive
        there is no ratio, and it is taken of |A's mean|, or as an absolute difference if that is 0.

    Returns
    -------
    low, high : float
    """
    if paired.relative:
        return math.log1p(-worthwhile), math.log1p(worthwhile)
    width = worthwhile * (abs(paired.mean_a) if paired.mean_a else 1.0)
    return -width, width


def judge(
    paired: Paired, worthwhile: float, better: Better, scores: Mapping[str, Floats] | None = None
) -> Verdict:
    """Pass a verdict on B against A.

    Parameters
    ----------
    paired : Paired
    worthwhile : float
        In (0, 1).
    better : {"higher", "lower", "neither"}
        What is better in this metric.
    scores : mapping of path to float64[D], optional
        Normal scores of the uncertain numbers in each draw, in the order of `paired.draw_effects`.

    Returns
    -------
    Verdict

    Notes
    -----
    Practically equal: the whole 95 % interval lies within the worthwhile difference. Better or worse: it
    excludes no difference (and does not lie within the worthwhile one). So each is said wrongly at most
    2.5 times in 100: "better" when it is not, "equal" when the difference is worthwhile.
    """
    low, high = paired.effect_low, paired.effect_high
    margin_low, margin_high = margins(paired, worthwhile)
    if math.isnan(low) or math.isnan(high):
        return Verdict("unresolved", SIMULATION_NOISE)
    if margin_low <= low and high <= margin_high:
        return Verdict("practically equal")
    if low > 0 or high < 0:
        return Verdict(_word(low > 0, better))
    return _unresolved(paired, margin_low, margin_high, scores)


def _word(higher: bool, better: Better) -> str:
    if better == "neither":
        return "higher" if higher else "lower"
    return "better" if higher == (better == "higher") else "worse"


def _unresolved(
    paired: Paired, margin_low: float, margin_high: float, scores: Mapping[str, Floats] | None
) -> Verdict:
    """Why: an assumption if draws disagree and a number explains it, luck if hopeless, else noise."""
    spread = paired.spread
    between, luck = 0.0, paired.effect_se**2
    if not math.isnan(spread.between) and not math.isnan(spread.within):
        between, luck = spread.between / paired.draws, spread.within / paired.replicates
    if between >= luck and scores:
        blame = blame_assumption(paired.draw_effects, scores)
        if blame is not None:
            return Verdict("unresolved", blame.path, blame=blame)
    needed = replicates_needed(paired, margin_low, margin_high)
    coin_flip = abs(paired.prob_higher - 0.5) < COIN_FLIP  # False for NaN
    if needed is not None and coin_flip and needed.replicates > HOPELESS * paired.replicates:
        return Verdict("unresolved", LUCK)
    return Verdict("unresolved", SIMULATION_NOISE, needed=needed)


def replicates_needed(paired: Paired, margin_low: float, margin_high: float) -> Needed | None:
    """How many more replicates would settle it, if the effect is what it is estimated to be.

    Settled means: the half-width of the interval is below |effect| (it excludes 0) or below what is left
    to the nearer margin. More replicates in the same draws lower only the part of the error that is luck;
    where that is not enough, draws are added in proportion, which lowers both.

    Returns
    -------
    Needed or None
        None if no error is known (a single replicate).
    """
    if math.isnan(paired.effect_se) or paired.effect_se == 0:
        return None
    effect = paired.effect
    half_width = max(abs(effect), min(effect - margin_low, margin_high - effect))
    target = (half_width / t_quantile(paired.dof)) ** 2
    spread, draws, replicates = paired.spread, paired.draws, paired.replicates
    if not math.isnan(spread.within) and not math.isnan(spread.between):
        between = spread.between / draws
        if between < 0.9 * target:  # else the number explodes for little
            total = spread.within / (target - between)
            return Needed(_at_least_one(total - replicates), None)
    if draws < 2:
        return Needed(_at_least_one(replicates * paired.effect_se**2 / target - replicates), None)
    factor = paired.effect_se**2 / target
    more = _at_least_one((factor - 1.0) * replicates)
    return Needed(more, math.ceil(draws * (replicates + more) / replicates))


def _at_least_one(count: float) -> int:
    """Whole number of replicates, two significant digits, rounded up."""
    if count <= 1:
        return 1
    step = 10.0 ** max(math.floor(math.log10(count)) - 1, 0)
    return int(math.ceil(count / step) * step)


def blame_assumption(draw_effects: Floats, scores: Mapping[str, Floats]) -> Blame | None:
    """The uncertain number whose values go most with the effect in each draw.

    Parameters
    ----------
    draw_effects : float64[D]
    scores : mapping of path to float64[D]
        Normal scores: any monotone law of the number gives the same ones.

    Returns
    -------
    Blame or None
        None if the strongest correlation could be chance (5 %, Sidak's correction for the number of paths) or
        there are fewer than eight draws.
    """
    draws = draw_effects.size
    if draws < AT_LEAST_DRAWS or not scores:
        return None
    effects = _ranked(draw_effects)
    best_path, best = "", 0.0
    for path in sorted(scores):
        values = scores[path]
        if np.ptp(values) == 0 or np.ptp(effects) == 0:
            continue
        correlation = abs(float(np.corrcoef(effects, values)[0, 1]))
        if correlation > best:
            best_path, best = path, min(correlation, 1.0 - 1e-12)
    if not best_path:
        return None
    statistic = best * math.sqrt((draws - 2) / (1.0 - best**2))
    p_value = 2.0 * float(special.stdtr(draws - 2, -statistic))
    if 1.0 - (1.0 - p_value) ** len(scores) > SIGNIFICANT:
        return None
    return Blame(best_path, 1.0 - (1.0 - best**2) * (draws - 1) / (draws - 2))


def _ranked(values: Floats) -> Floats:
    """Normal scores of the ranks (ties share theirs), so that one wild draw does not decide."""
    ranks = average_ranks(values)
    return np.asarray(special.ndtri((ranks - 0.5) / values.size), dtype=np.float64)
