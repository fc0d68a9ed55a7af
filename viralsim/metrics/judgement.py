"""Whether an ensemble went viral, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viralsim.metrics.registry import column
from viralsim.metrics.rounding import format_number, format_percent
from viralsim.metrics.tallies import Tallies

__all__ = ["Viral", "judge_viral"]


@dataclass(frozen=True, slots=True)
class Viral:
    """Judgement on an ensemble; true in a condition if it is viral.

    Parameters
    ----------
    viral : bool
    reason : str
        A clause for people.
    earned_only_share : float
        People reached by earned impressions alone / people reached, over all replicates; NaN if nobody was.
    reproduction_number : float
        NaN if nobody shared.
    """

    viral: bool
    reason: str
    earned_only_share: float
    reproduction_number: float

    def __bool__(self) -> bool:
        return self.viral


def judge_viral(tallies: Tallies) -> Viral:
    """Viral: earned-only reach exceeds owned plus paid reach, or R >= 1; never judged on one replicate.

    Owned plus paid reach are the people reached who had at least one owned or paid impression.
    """
    reach = float(column(tallies, "reach").numerator.sum())
    earned_only = float(column(tallies, "reach_earned_only").numerator.sum())
    reproduction = column(tallies, "reproduction_number").mean
    share = earned_only / reach if reach > 0 else math.nan
    outgrew = earned_only > reach - earned_only
    growing = reproduction >= 1.0  # False for NaN
    r_text = "nobody shared" if math.isnan(reproduction) else f"R = {format_number(reproduction, 0.01)}"
    if outgrew and growing:
        reason = f"it outgrew its target ({format_percent(share)} of its reach is earned only) and {r_text}"
    elif outgrew:
        reason = f"it outgrew its target: {format_percent(share)} of its reach is earned only ({r_text})"
    elif growing:
        reason = f"each sharing person causes at least one more ({r_text})"
    elif reach == 0:
        reason = "nobody was reached"
    else:
        reason = f"{r_text} and {format_percent(share)} of its reach is earned only"
    return Viral(outgrew or growing, reason, share, reproduction)
