"""Verdicts: better, worse, practically equal, or unresolved and by what."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from viralsim.metrics.columns import Floats
from viralsim.metrics.drivers import average_ranks
from viralsim.metrics.paired import Limits, Paired
from viralsim.metrics.registry import Better

__all__ = [
    "Blame",
    "Needed",
    "Verdict",
    "blame_assumption",
    "judge",
    "judge_together",
    "margins",
    "replicates_needed",
]

UNRESOLVED = "unresolved"
PRACTICALLY_EQUAL = "practically equal"
SIMULATION_NOISE = "simulation noise"
LUCK = "luck"
HOPELESS = 100.0  # times as many replicates as there are: then it is luck
COIN_FLIP = 0.05  # this near to one half, a single run is a coin flip
SIGNIFICANT = 0.05
ERROR = 0.05  # chance that any verdict of a comparison is wrong
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
    confidence : float
        Of the interval that the verdict is read from: .95 for one pair looked at once.
    """

    verdict: str
    because: str | None = None
    needed: Needed | None = None
    blame: Blame | None = None
    confidence: float = 1.0 - ERROR

    @property
    def settled(self) -> bool:
        """Whether it says anything."""
        return self.verdict != UNRESOLVED


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
    paired: Paired,
    worthwhile: float,
    better: Better,
    scores: Mapping[str, Floats] | None = None,
    confidence: float = 1.0 - ERROR,
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
    confidence : float
        Of the interval to read.

    Returns
    -------
    Verdict

    Notes
    -----
    Practically equal: the whole interval of the ratio lies within the worthwhile difference. Better or worse: it
    does not, and both it and the interval of the difference exclude no difference. A wrong verdict needs an interval
    that misses the truth, so it is passed at most 1 - `confidence` of the time.
    """
    found = _decided(paired, worthwhile, better, confidence)
    if found is not None:
        return found
    return _unresolved(paired, margins(paired, worthwhile), scores, confidence)


def _decided(paired: Paired, worthwhile: float, better: Better, confidence: float) -> Verdict | None:
    """The verdict that an interval allows, None if none."""
    zone = margins(paired, worthwhile)
    limits = paired.limits(confidence)
    if _fits(limits, zone):
        return Verdict(PRACTICALLY_EQUAL, confidence=confidence)
    if _differs(limits, zone):
        return Verdict(_word(limits.effect_low > 0, better), confidence=confidence)
    return None


def _fits(limits: Limits, zone: tuple[float, float]) -> bool:
    """Whether the whole interval lies within the worthwhile difference (False for NaN)."""
    return zone[0] <= limits.effect_low and limits.effect_high <= zone[1]


def _differs(limits: Limits, zone: tuple[float, float]) -> bool:
    """Whether the intervals of the difference and of the ratio both exclude no difference (False for NaN).

    The delta method's interval of a ratio is a little short with few draws (docs/comparison.md, measured); the
    difference of draw means has none of that, and "no difference" is the same on both scales.
    """
    higher = limits.effect_low > 0 and limits.low > 0
    return higher or (limits.effect_high < 0 and limits.high < 0)


def judge_together(
    pairs: Sequence[Paired],
    worthwhile: float,
    better: Sequence[Better],
    scores: Mapping[str, Floats] | None = None,
    error: float = ERROR,
    settled: Mapping[int, Verdict] | None = None,
) -> list[Verdict]:
    """Pass verdicts on many pairs, so that each kind of error is made in at most `error` of such comparisons.

    Parameters
    ----------
    pairs : sequence of Paired
    worthwhile : float
    better : sequence of {"higher", "lower", "neither"}
        For each pair.
    scores : mapping of path to float64[D], optional
        As in `judge`.
    error : float
        Chance that any pair of equals is called better or worse, and that any pair with a worthwhile difference
        is called practically equal.
    settled : mapping of int to Verdict, optional
        Verdicts passed at earlier looks, by position; they stand.

    Returns
    -------
    list of Verdict

    Notes
    -----
    Source: Holm 1979, Scand. J. Statist. 6, 65-70, once for the hypotheses "no difference" and once for
    "a worthwhile difference": with m of a kind open each is held against an interval of confidence
    1 - error / m, those it rejects leave, and the others are tried again with the smaller m. For which way
    a difference goes: Shaffer 1980, Ann. Statist. 8, 1342-1347 (proved for independent pairs).
    """
    passed = dict(settled or {})
    open_pairs = [k for k in range(len(pairs)) if k not in passed]
    zones = {k: margins(pairs[k], worthwhile) for k in open_pairs}
    equals = sum(verdict.verdict == PRACTICALLY_EQUAL for verdict in passed.values())

    def rejected(
        test: Callable[[Limits, tuple[float, float]], bool], before: int
    ) -> tuple[dict[int, float], float]:
        found: dict[int, float] = {}
        while True:
            confidence = 1.0 - error / max(len(pairs) - before - len(found), 1)
            new = [k for k in open_pairs if k not in found and test(pairs[k].limits(confidence), zones[k])]
            if not new:
                return found, confidence
            found.update(dict.fromkeys(new, confidence))

    different, alone = rejected(_differs, len(passed) - equals)
    equal, within = rejected(_fits, equals)
    for k in open_pairs:
        if k in equal:
            passed[k] = Verdict(PRACTICALLY_EQUAL, confidence=equal[k])
        elif k in different:
            passed[k] = Verdict(_word(pairs[k].effect > 0, better[k]), confidence=different[k])
        else:
            passed[k] = _unresolved(pairs[k], zones[k], scores, max(alone, within))
    return [passed[k] for k in range(len(pairs))]


def _word(higher: bool, better: Better) -> str:
    if better == "neither":
        return "higher" if higher else "lower"
    return "better" if higher == (better == "higher") else "worse"


def _unresolved(
    paired: Paired, zone: tuple[float, float], scores: Mapping[str, Floats] | None, confidence: float
) -> Verdict:
    """Why: an assumption if draws disagree and a number explains it, luck if hopeless, else noise."""
    if math.isnan(paired.effect_se):
        return Verdict(UNRESOLVED, SIMULATION_NOISE, confidence=confidence)
    spread = paired.spread
    between, luck = 0.0, paired.effect_se**2
    if not math.isnan(spread.between) and not math.isnan(spread.within):
        between, luck = spread.between / paired.draws, spread.within / paired.replicates
    if between >= luck and scores:
        blame = blame_assumption(paired.draw_effects, scores)
        if blame is not None:
            return Verdict(UNRESOLVED, blame.path, blame=blame, confidence=confidence)
    needed = replicates_needed(paired, *zone, confidence)
    coin_flip = abs(paired.prob_higher - 0.5) < COIN_FLIP  # False for NaN
    if needed is not None and coin_flip and needed.replicates > HOPELESS * paired.replicates:
        return Verdict(UNRESOLVED, LUCK, confidence=confidence)
    return Verdict(UNRESOLVED, SIMULATION_NOISE, needed=needed, confidence=confidence)


def replicates_needed(
    paired: Paired, margin_low: float, margin_high: float, confidence: float = 1.0 - ERROR
) -> Needed | None:
    """How many more replicates would settle it, if the effect is what it is estimated to be.

    Settled means: the interval no longer reaches 0 on its side, or fits between the margins; it is taken to
    keep its shape (a skewed one its longer side) as it shrinks. More replicates in the same draws lower only the
    part of the error that is luck; where that is not enough, draws are added in proportion, which lowers both.

    Returns
    -------
    Needed or None
        None if no error is known (a single replicate).
    """
    if math.isnan(paired.effect_se) or paired.effect_se == 0:
        return None
    target = (paired.effect_se * _shrink(paired, margin_low, margin_high, confidence)) ** 2
    if target == 0.0:
        return None  # exactly on a margin or at 0 with nothing to spare: no number settles it
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


def _shrink(paired: Paired, margin_low: float, margin_high: float, confidence: float) -> float:
    """How many times narrower the interval must be for a verdict, if the effect stays where it is."""
    effect, limits = paired.effect, paired.limits(confidence)
    below, above = effect - limits.effect_low, limits.effect_high - effect
    clear_of_zero = abs(effect) / (below if effect > 0 else above)
    reach = paired.difference - limits.low if effect > 0 else limits.high - paired.difference
    clear_of_zero = min(clear_of_zero, abs(paired.difference) / reach)
    within_margins = min((effect - margin_low) / below, (margin_high - effect) / above)
    return max(clear_of_zero, within_margins, 0.0)


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
