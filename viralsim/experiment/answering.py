"""What it is worth to answer complaints sooner: the same worlds, answered so many hours earlier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viralsim.errors import SpecError
from viralsim.experiment.comparison import Comparison, compare
from viralsim.spec.durations import format_duration

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["SoonerAnswer", "value_of_answering_sooner"]

PATH = "campaign.response.median_time"


@dataclass(frozen=True, slots=True)
class SoonerAnswer:
    """What answering sooner brings.

    Parameters
    ----------
    metric : str
    hours : float
        By how much sooner the median answer comes.
    median_hours : float
        The scenario's own median time.
    value : float
        Expected gain in the metric's unit (a loss where lower is better is a negative number).
    low, high : float
        95 % interval of it.
    prob_better : float
        Chance that one run answered sooner beats one that is not, each with its own luck.
    comparison : Comparison
        The two, in shared worlds.
    """

    metric: str
    hours: float
    median_hours: float
    value: float
    low: float
    high: float
    prob_better: float
    comparison: Comparison

    def sentence(self) -> str:
        """The answer in one sentence."""
        what = self.metric.replace("_", " ")
        return (
            f"Answering in {format_duration(self.median_hours - self.hours)} in place of "
            f"{format_duration(self.median_hours)} changes {what} by {self.value:,.4g} "
            f"({self.low:,.4g} to {self.high:,.4g})."
        )


def value_of_answering_sooner(
    scenario: Scenario, hours: float = 1.0, metric: str = "customer_value_direct", **options: Any
) -> SoonerAnswer:
    """What it is worth to answer complaints sooner.

    Parameters
    ----------
    scenario : Scenario
        With `campaign.response`.
    hours : float
        How much sooner the median answer comes; less than the median time.
    metric : str
        What it is worth in; customer_value_direct (margins of all purchases) needs `buying` and `value.margin`.
    **options
        replicates, draws, seed, threads, as in `compare`.

    Raises
    ------
    SpecError
        If nobody answers in the scenario, or it cannot be so much sooner.

    Examples
    --------
    >>> import viralsim as vs
    >>> from viralsim.experiment.answering import value_of_answering_sooner
    >>> sooner = value_of_answering_sooner(
    ...     vs.load_scenario("answer-fast-or-slow"), hours=0.25, metric="complaints", replicates=4, draws=2)
    >>> sooner.median_hours
    0.5
    """
    response = scenario.campaign.response
    if response is None:
        raise SpecError(
            "campaign.response: nobody answers in this scenario; write response: {fraction_answered, median_time}"
        )
    median = float(response.median_time)
    if not 0.0 < hours < median:
        raise SpecError(
            f"hours: got {hours:g}; allowed: above 0 and below the median time of {median:g} hours"
        )
    sooner = scenario.with_overrides({PATH: f"{(median - hours) * 3600:.0f}s"})
    compared = compare(
        [scenario, sooner], metric=metric, labels=("as it is", f"{hours:g} h sooner"), **options
    )
    pair = compared.pairs[0]
    low, high = pair.interval
    return SoonerAnswer(metric, hours, median, pair.difference, low, high, pair.prob_better, compared)
