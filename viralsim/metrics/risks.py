"""What could go wrong: chances that a single run disappoints, with their uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from viralsim.metrics.registry import column, defined_metrics
from viralsim.metrics.tallies import Tallies
from viralsim.metrics.uncertainty import summarise

__all__ = ["FLOP", "Risk", "risks"]

FLOP = 0.5
"""A run that reaches less than this part of what is expected is called a flop."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing that could go wrong.

    Parameters
    ----------
    name : str
        "goal missed", "flop", "nobody shares" or "backlash".
    meaning : str
        A clause for people.
    prob : float
        Chance in a single run.
    low, high : float
        95 % interval of that chance.
    """

    name: str
    meaning: str
    prob: float
    low: float
    high: float


def risks(tallies: Tallies, goal: tuple[str, float] | None = None) -> tuple[Risk, ...]:
    """Chances of a missed goal, a flop, no sharing at all, and a backlash, as far as they are defined.

    Parameters
    ----------
    tallies : Tallies
    goal : (metric, at least), optional

    Returns
    -------
    tuple of Risk
    """
    found = []
    names = defined_metrics(tallies)
    if goal is not None and goal[0] in names:
        what = goal[0].replace("_", " ")
        missed = ~(column(tallies, goal[0]).values >= goal[1])
        found.append(_risk(tallies, "goal missed", f"{what} below {goal[1]:,.10g}", missed))
    reach = column(tallies, "reach").values
    flop = reach < FLOP * reach.mean()
    found.append(_risk(tallies, "flop", "it reaches less than half of what is expected", flop))
    nobody = column(tallies, "sharers").values == 0
    found.append(_risk(tallies, "nobody shares", "nobody passes it on", nobody))
    if "net_sentiment" in names:
        negative = column(tallies, "net_sentiment").values < 0
        found.append(_risk(tallies, "backlash", "complaints outnumber positive mentions", negative))
    return tuple(found)


def _risk(
    tallies: Tallies, name: str, meaning: str, happened: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Risk:
    summary = summarise(happened.astype(np.float64), tallies.draw, 0.0, 1.0)
    low, high = summary.low, summary.high
    if summary.se == 0.0 or math.isnan(
        summary.se
    ):  # none or all of the runs: what that number of runs allows
        allowed = min(3.0 / max(happened.size, 1), 1.0)
        low, high = (0.0, allowed) if summary.mean == 0.0 else (1.0 - allowed, 1.0)
    return Risk(name, meaning, summary.mean, low, high)
