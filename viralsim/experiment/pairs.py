"""One pair of scenarios in one metric: the numbers, the verdict, and the sentence that says it."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, cast

from viralsim.experiment.verdicts import COIN_FLIP, LUCK, SIMULATION_NOISE
from viralsim.metrics.plain import finite
from viralsim.metrics.rounding import format_interval, format_number, format_percent, format_times

__all__ = [
    "Pair",
    "effect_interval_text",
    "effect_text",
    "obstacle_text",
    "pair_sentence",
    "together_text",
    "wins_text",
]


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """B against A in one metric.

    Parameters
    ----------
    metric, a, b : str
        Metric and the labels of the two scenarios.
    mean_a, mean_b : float
        Expected values.
    difference, low, high : float
        mean_b - mean_a with 95 % interval, paired within draws on shared luck.
    ratio, ratio_low, ratio_high : float
        mean_b / mean_a with 95 % interval; NaN where there is no ratio.
    simultaneous_low, simultaneous_high, simultaneous_ratio_low, simultaneous_ratio_high : float
        The same intervals, wide enough that those of all pairs and metrics of the comparison hold at once with
        95 % (Bonferroni); at every look, where scenarios were run until settled.
    prob_better : float
        Chance that one run of B beats one run of A, each with its own luck, in the same draw; ties half.
        "Beats" is lower for metrics where lower is better.
    prob_mean_better : float
        Confidence, over draws, that B's expected value is better.
    verdict : str
        better, worse, practically equal or unresolved (higher or lower where neither is better).
    unresolved_because : str or None
        "simulation noise", "luck" or the path of an uncertain number.
    replicates_needed : int or None
        About how many more replicates would settle it, if simulation noise is the reason.
    draws_needed : int or None
        Draws in all they must be dealt over; None if the present ones do.
    assumption_share : float or None
        Part of the variance between draws that the named number explains.
    correlation, variance_reduction : float
        What sharing worlds bought: correlation of the replicates, and variance of the difference in
        independent worlds over its variance here.
    better : {"higher", "lower", "neither"}
        What is better in this metric.
    confidence : float
        Of the interval that the verdict is read from (Holm's correction for many pairs and looks).
    note : str
    """

    metric: str
    a: str
    b: str
    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    simultaneous_low: float
    simultaneous_high: float
    simultaneous_ratio_low: float
    simultaneous_ratio_high: float
    prob_better: float
    prob_mean_better: float
    verdict: str
    unresolved_because: str | None
    replicates_needed: int | None
    draws_needed: int | None
    assumption_share: float | None
    correlation: float
    variance_reduction: float
    better: str
    confidence: float
    note: str

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference."""
        return self.low, self.high

    def sentence(self) -> str:
        """The verdict in plain words, with its probability, rounded to what is known."""
        return pair_sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain dict; NaN and infinite become None."""
        return cast("dict[str, Any]", finite(dataclasses.asdict(self)))


def pair_sentence(pair: Pair) -> str:
    """The verdict on a pair in plain words, with its probability.

    Parameters
    ----------
    pair : Pair

    Returns
    -------
    str
        One sentence, or two where something stands in the way of a verdict.
    """
    what = pair.metric.replace("_", " ")
    start = f"Under these assumptions {pair.b}"
    wins = wins_text(pair)
    if pair.verdict == "practically equal":
        equal = f"practically equal in {what}: {effect_text(pair)} ({effect_interval_text(pair)})"
        return f"{start} and {pair.a} are {equal}; run once each, {pair.b} {wins}."
    if pair.verdict != "unresolved":
        expected = _expected(pair, "")
        text = f"{start} is {pair.verdict} than {pair.a}: it is {expected}; run once each, it {wins}"
        if abs(pair.prob_better - 0.5) < COIN_FLIP:
            text += ", a coin flip that is luck and that no simulation settles"
        return f"{text}."
    text = f"{start} is {_expected(pair, pair.a)}; run once each, it {wins}."
    which = "higher" if pair.better == "neither" else "better"
    return f"{text} Which is {which} is unresolved: {obstacle_text(pair)}."


def _expected(pair: Pair, other: str) -> str:
    """Clause such as "expected to reach 1.4 times as many people as A (0.9 to 2.3)"; without `other` no "as A"."""
    what, interval = pair.metric.replace("_", " "), effect_interval_text(pair)
    if not _has_ratio(pair):
        than = f" than {other}" if other else ""
        more = "more" if pair.difference >= 0 else "less"
        size = format_number(abs(pair.difference), _error(pair.difference, pair.low, pair.high))
        return f"expected to have {size} {more} {what}{than} (difference {interval})"
    if pair.metric == "reach":
        than = f" as {other}" if other else ""
        return f"expected to reach {effect_text(pair)} as many people{than} ({interval})"
    return f"expected to have {effect_text(pair)} the {what}{f' of {other}' if other else ''} ({interval})"


def obstacle_text(pair: Pair) -> str:
    """What stands in the way of a verdict, and what to do about it."""
    if pair.unresolved_because == LUCK:
        return "luck, no simulation settles it"
    if pair.unresolved_because != SIMULATION_NOISE:
        share = format_percent(pair.assumption_share or 0.0, 0.1)
        return (
            f"you do not know {pair.unresolved_because}, test it (it explains about {share} of how the "
            "answer varies with what is not known)"
        )
    if pair.replicates_needed is None:
        return "simulation noise, more replicates are needed to say how many"
    dealt = f" (over {pair.draws_needed:,} draws)" if pair.draws_needed else ""
    return f"simulation noise, about {pair.replicates_needed:,} more replicates{dealt} would settle it"


def wins_text(pair: Pair) -> str:
    """How often one run of B beats one run of A, as a clause: "wins 83 times in 100", "never wins"."""
    verb = "is higher" if pair.better == "neither" else "wins"
    if pair.prob_better <= 0.0:
        return "is never higher" if pair.better == "neither" else "never wins"
    return f"{verb} {format_times(pair.prob_better)}"


def _has_ratio(pair: Pair) -> bool:
    return math.isfinite(pair.ratio) and math.isfinite(pair.ratio_low)


def _error(estimate: float, low: float, high: float) -> float:
    """About the standard error behind a 95 % interval, by its shorter side."""
    return min(estimate - low, high - estimate) / 2.0


def _ratio_error(pair: Pair) -> float:
    """The same of the ratio, and no more than half a percent precise."""
    return max(_error(pair.ratio, pair.ratio_low, pair.ratio_high), 0.005)


def effect_text(pair: Pair) -> str:
    """The ratio ("1.4 times"), or the difference where there is none."""
    if _has_ratio(pair):
        return f"{format_number(pair.ratio, _ratio_error(pair))} times"
    return format_number(pair.difference, _error(pair.difference, pair.low, pair.high))


def effect_interval_text(pair: Pair) -> str:
    """Interval of the ratio, or of the difference where there is no ratio."""
    if _has_ratio(pair):
        return format_interval(pair.ratio_low, pair.ratio_high, _ratio_error(pair))
    return format_interval(pair.low, pair.high, _error(pair.difference, pair.low, pair.high))


def together_text(pair: Pair) -> str:
    """The interval that holds together with all others of the comparison."""
    if _has_ratio(pair):
        return format_interval(pair.simultaneous_ratio_low, pair.simultaneous_ratio_high, _ratio_error(pair))
    error = _error(pair.difference, pair.low, pair.high)
    return format_interval(pair.simultaneous_low, pair.simultaneous_high, error)


def confidence_text(probability: float) -> str:
    """A confidence in percent that is never rounded to certainty.

    Examples
    --------
    >>> confidence_text(0.9993), confidence_text(0.934), confidence_text(0.0002)
    ('over 99 %', '93 %', 'under 1 %')
    """
    if math.isnan(probability) or 0.01 <= probability <= 0.99:
        return format_percent(probability, 0.01)
    return "over 99 %" if probability > 0.5 else "under 1 %"
