"""Results by attribute of the segments (age, place, income, ...), who is left out, and how unequal reach is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viralsim.errors import SpecError
from viralsim.metrics.columns import Column, Floats
from viralsim.metrics.registry import METRICS, split, split_views
from viralsim.metrics.tallies import Tallies
from viralsim.metrics.uncertainty import Summary, summarise
from viralsim.spec.problems import allowed_names

__all__ = [
    "NOT_GIVEN",
    "Inequality",
    "attribute_names",
    "ceiling_by_attribute",
    "inequality",
    "segments_by_value",
    "split_by_attribute",
]

NOT_GIVEN = "not given"
"""Value of segments that do not say."""

Attributes = Sequence[Mapping[str, Any]]
"""Attributes of each segment, in the order of the segments."""


def attribute_names(attributes: Attributes) -> tuple[str, ...]:
    """All attributes that any segment has, in the order of the scenario."""
    return tuple(dict.fromkeys(name for entry in attributes for name in entry))


def segments_by_value(attributes: Attributes, name: str) -> dict[str, list[int]]:
    """Value of an attribute -> positions of the segments that have it.

    Raises
    ------
    SpecError
        If no segment has the attribute.
    """
    names = attribute_names(attributes)
    if name not in names:
        known = allowed_names(name, names) if names else "no segment has attributes"
        raise SpecError(f"attribute: no segment has {name!r}; {known}")
    found: dict[str, list[int]] = {}
    for g, entry in enumerate(attributes):
        found.setdefault(str(entry.get(name, NOT_GIVEN)), []).append(g)
    return found


def split_by_attribute(tallies: Tallies, metric: str, attributes: Attributes, name: str) -> dict[str, Column]:
    """A metric of the people of each value of an attribute: sums over their segments, sum over sum for a ratio.

    Raises
    ------
    SpecError
        If no segment has the attribute, or the metric cannot be split by segment.
    """
    columns = list(split(tallies, metric, "segment").values())
    return {
        value: Column(
            np.sum([columns[g].numerator for g in groups], axis=0),
            _denominator([columns[g] for g in groups]),
        )
        for value, groups in segments_by_value(attributes, name).items()
    }


def ceiling_by_attribute(
    tallies: Tallies, metric: str, attributes: Attributes, name: str
) -> dict[str, float | None]:
    """Upper bound of a metric's expected value among the people of each value of an attribute; None without one."""
    known, views = METRICS[metric], list(split_views(tallies, metric, "segment").values())
    if known.most is None:
        return dict.fromkeys(segments_by_value(attributes, name), known.ceiling)
    most = [known.most(view) for view in views]
    return {
        value: sum(most[g] for g in groups) for value, groups in segments_by_value(attributes, name).items()
    }


def _denominator(columns: Sequence[Column]) -> Floats:
    """Sum of denominators of ratios; of plain metrics 1 where any is defined."""
    total: Floats = np.sum([column.denominator for column in columns], axis=0)
    return total if any(column.is_ratio for column in columns) else (total > 0).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Inequality:
    """How unequally a campaign reaches the groups that an attribute makes.

    Parameters
    ----------
    attribute : str
    reached : dict of str to Summary
        Part of the group's people who were reached, by value of the attribute.
    excluded : dict of str to float
        Part of the group's people without an account on any platform in use (mean over draws).
    ratio : Summary
        Highest over lowest part reached, in a replicate; 1: equal.
    gini : Summary
        Gini coefficient of the part reached over people, 0: equal, towards 1: one group has it all. Within groups
        everybody counts with the group's part, so that it says what lies between groups.
    """

    attribute: str
    reached: dict[str, Summary]
    excluded: dict[str, float]
    ratio: Summary
    gini: Summary


def inequality(tallies: Tallies, attributes: Attributes, name: str) -> Inequality:
    """Part of people reached by value of an attribute, and how unequal these are.

    Parameters
    ----------
    tallies : Tallies
    attributes : sequence of mapping
        Of each segment.
    name : str
        The attribute.

    Raises
    ------
    SpecError
        If no segment has it.
    """
    groups = segments_by_value(attributes, name)
    people = np.stack([tallies.people_by_segment[:, g].sum(axis=1) for g in groups.values()], axis=1)
    outside = np.stack([tallies.excluded_by_segment[:, g].sum(axis=1) for g in groups.values()], axis=1)
    size = people[tallies.draw].astype(np.float64)
    reached = np.stack(
        [column.numerator for column in split_by_attribute(tallies, "reach", attributes, name).values()],
        axis=1,
    )
    rate = np.divide(reached, size, out=np.full(reached.shape, np.nan), where=size > 0)
    lowest, highest = np.nanmin(rate, axis=1), np.nanmax(rate, axis=1)
    ratio = np.divide(highest, lowest, out=np.full(lowest.shape, np.nan), where=lowest > 0)
    return Inequality(
        attribute=name,
        reached={
            value: summarise(Column(reached[:, k], size[:, k]), tallies.draw, 0.0, 1.0)
            for k, value in enumerate(groups)
        },
        excluded={
            value: float(outside[:, k].sum() / max(people[:, k].sum(), 1)) for k, value in enumerate(groups)
        },
        ratio=summarise(ratio, tallies.draw, 1.0, None),
        gini=summarise(gini(rate, size), tallies.draw, 0.0, 1.0),
    )


def gini(value: Floats, weight: Floats) -> Floats:
    """Gini coefficient of values with weights, row by row: mean absolute difference over twice the mean.

    Parameters
    ----------
    value, weight : float64[R, K]
        Values of weight 0 are left out.

    Returns
    -------
    float64[R]
        From 0 to 1; NaN where the mean is 0.

    Examples
    --------
    >>> gini(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([[1.0, 3.0], [1.0, 1.0]]))
    array([0. , 0.5])
    """
    value = np.where(weight > 0, value, 0.0)
    part = weight / weight.sum(axis=1, keepdims=True)
    mean = (part * value).sum(axis=1)
    apart = np.abs(value[:, :, None] - value[:, None, :])
    difference = np.einsum("rij,ri,rj->r", apart, part, part)
    result: Floats = np.full(mean.shape, np.nan)
    np.divide(difference, 2.0 * mean, out=result, where=mean > 0)
    return result
