"""Scenarios in order of merit, each with the chance of being the best, and the sentence that says it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from viralsim.experiment.pairs import Pair, confidence_text, obstacle_text
from viralsim.experiment.verdicts import PRACTICALLY_EQUAL, UNRESOLVED
from viralsim.metrics import registry
from viralsim.metrics.best import best_in_draws, prob_best_of_means, prob_best_of_runs
from viralsim.metrics.columns import linearise
from viralsim.metrics.plain import finite
from viralsim.metrics.registry import Better
from viralsim.metrics.rounding import format_times
from viralsim.rng import derive, text_key

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble

__all__ = ["Rank", "rank", "ranking_sentence"]


@dataclasses.dataclass(frozen=True, slots=True)
class Rank:
    """One scenario's place among those compared.

    Parameters
    ----------
    position : int
        1 is the best expected value (the highest where neither direction is better).
    label, metric : str
    mean, low, high : float
        Expected value with 95 % interval.
    prob_best_run : float
        Chance of being the best if each is run once, every one with its own luck, in the same draw; ties share.
    prob_best_draw : float
        Part of the draws (of what is not known) in which its mean is the best.
    prob_mean_best : float
        Confidence, over draws, that its expected value is the best of all.
    """

    position: int
    label: str
    metric: str
    mean: float
    low: float
    high: float
    prob_best_run: float
    prob_best_draw: float
    prob_mean_best: float

    def to_dict(self) -> dict[str, Any]:
        """Plain dict; NaN becomes None."""
        return cast("dict[str, Any]", finite(dataclasses.asdict(self)))


def rank(ensembles: Sequence[Ensemble], labels: Sequence[str], metric: str) -> tuple[Rank, ...]:
    """Put scenarios that share their worlds in order, the best first.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        At least two.
    labels : sequence of str
    metric : str

    Returns
    -------
    tuple of Rank
        Equal expected values keep the order given.
    """
    sign = -1.0 if registry.METRICS[metric].better == "lower" else 1.0
    columns = [ensemble.column(metric) for ensemble in ensembles]
    means, influences = zip(*map(linearise, columns), strict=True)
    draw = ensembles[0].draw
    if min(means) > 0:  # on the scale of ratios, as pairs are judged
        merit = [sign * math.log(mean) for mean in means]
        weights = np.array([sign * row / mean for mean, row in zip(means, influences, strict=True)])
    else:
        merit = [sign * mean for mean in means]
        weights = sign * np.array(influences)
    key = derive(text_key("ranking"), ensembles[0].seed)
    of_runs = prob_best_of_runs(sign * np.array([column.values for column in columns]), draw, derive(key, 1))
    of_means = prob_best_of_means(merit, weights, draw, derive(key, 2))
    of_draws = best_in_draws(merit, weights, draw)
    order = sorted(
        range(len(labels)), key=lambda k: (math.isnan(merit[k]), -merit[k] if merit[k] == merit[k] else 0)
    )
    ranks = []
    for position, k in enumerate(order, 1):
        interval = ensembles[k].summary()[metric]  # as tables and pages print it
        ranks.append(
            Rank(
                position=position,
                label=labels[k],
                metric=metric,
                mean=means[k],
                low=interval.low,
                high=interval.high,
                prob_best_run=float(of_runs[k]),
                prob_best_draw=float(of_draws[k]),
                prob_mean_best=float(of_means[k]),
            )
        )
    return tuple(ranks)


def ranking_sentence(ranks: Sequence[Rank], pairs: Sequence[Pair], better: Better) -> str:
    """The verdict on more than two scenarios in one sentence, with its probability.

    Parameters
    ----------
    ranks : sequence of Rank
        The best first.
    pairs : sequence of Pair
        The best (as `b`) against each other one, in order of rank.
    better : {"higher", "lower", "neither"}

    Returns
    -------
    str
    """
    first = ranks[0]
    what = first.metric.replace("_", " ")
    extreme = "lowest" if better == "lower" else "highest"
    best = "the lowest" if better == "lower" else "the best" if better == "higher" else "the highest"
    text = (
        f"Under these assumptions {first.label} has the {extreme} expected {what} of {len(ranks)} scenarios "
        f"(confidence {confidence_text(first.prob_mean_best)}); run once each, "
    )
    chance = first.prob_best_run
    text += f"it is never {best}" if chance <= 0.0 else f"it is {best} {format_times(chance)}"
    clauses = []
    for verdict in dict.fromkeys(pair.verdict for pair in pairs if pair.verdict != UNRESOLVED):
        others = listed([pair.a for pair in pairs if pair.verdict == verdict])
        clauses.append(f"{verdict} {'to' if verdict == PRACTICALLY_EQUAL else 'than'} {others}")
    if clauses:
        text += f"; it is {' and '.join(clauses)}"
    open_pairs = [pair for pair in pairs if pair.verdict == UNRESOLVED]
    for why in dict.fromkeys(map(obstacle_text, open_pairs)):
        others = listed([pair.a for pair in open_pairs if obstacle_text(pair) == why])
        text += f"; against {others} it is unresolved: {why}"
    return f"{text}."


def listed(names: Sequence[str]) -> str:
    """Names in a row.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
