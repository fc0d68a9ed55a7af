"""A metric: the function that computes it, its denominator, what is better, what it can be split by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from viralsim.metrics.columns import Column, Floats, as_column
from viralsim.metrics.tallies import Tallies
from viralsim.metrics.views import PARTS, View
from viralsim.spec.metric_names import METRIC_NAMES

__all__ = ["Better", "Measure", "Metric"]

Better = Literal["higher", "lower", "neither"]
Measure = Callable[[View], Floats]


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of the registry.

    Parameters
    ----------
    name : str
        One of `viralsim.spec.metric_names.METRIC_NAMES`, where unit and meaning stand.
    numerator : callable
        View -> float64[R]; NaN where a metric without denominator is not defined.
    denominator : callable, optional
        View -> float64[R] of a ratio; an ensemble's value is then sum over sum.
    per : str
        What the denominator is, printed with the number.
    better : {"higher", "lower", "neither"}
    parts : tuple of str
        What it can be split by: "segment", "platform", "item".
    floor, ceiling : float, optional
        Bounds that hold by definition.
    most : callable, optional
        View -> float: the largest expected value there can be in a run, of counts that hang on the number of people.
    by_chance : bool
        A count of what people may or may not do: 0 in all replicates does not mean never.
    defined : callable
        Tallies -> bool: whether this run defines the metric.
    """

    name: str
    numerator: Measure
    denominator: Measure | None = None
    per: str = ""
    better: Better = "higher"
    parts: tuple[str, ...] = PARTS
    floor: float | None = 0.0
    ceiling: float | None = None
    by_chance: bool = False
    most: Callable[[View], float] | None = None
    defined: Callable[[Tallies], bool] = lambda tallies: True

    @property
    def unit(self) -> str:
        """Unit, as printed."""
        return METRIC_NAMES[self.name].unit

    @property
    def meaning(self) -> str:
        """Meaning in one line."""
        return METRIC_NAMES[self.name].meaning

    def ceiling_in(self, view: View) -> float | None:
        """Upper bound of the expected value in this part of a run: by definition, or by its number of people."""
        return self.ceiling if self.most is None else self.most(view)

    def column(self, view: View) -> Column:
        """The metric in each replicate of `view`."""
        if self.denominator is None:
            return as_column(self.numerator(view))
        return Column(self.numerator(view), self.denominator(view))
