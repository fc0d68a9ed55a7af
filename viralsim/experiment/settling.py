"""Until settled: draws and replicates are doubled until there is a verdict, and looking often does not mislead."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from viralsim.errors import SpecError
from viralsim.experiment.verdicts import ERROR, SIMULATION_NOISE, UNRESOLVED, Verdict

if TYPE_CHECKING:
    from viralsim.engine.effort import Effort
    from viralsim.experiment.compared import Comparison

__all__ = ["DEFAULT_GROWTH", "Look", "look_sizes", "settle"]

DEFAULT_GROWTH = 16  # times the replicates to begin with, where no limit is given


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """One look at the pairs that had no verdict yet.

    Parameters
    ----------
    replicates, draws : int
        In all, of each scenario.
    error : float
        Chance of a wrong verdict at this look; those of all looks planned add up to 5 %.
    unsettled : int
        Pairs without a verdict in the comparison's metric after it.
    """

    replicates: int
    draws: int
    error: float
    unsettled: int

    def to_dict(self) -> dict[str, Any]:
        """Plain dict."""
        return dataclasses.asdict(self)


OneLook = Callable[[Mapping[str, int], float, Mapping[int, Verdict], tuple[Look, ...]], "Comparison"]
"""Runs and judges: size (replicates, draws), error, verdicts that stand already, looks before this one."""


def look_sizes(replicates: int, draws: int, most_replicates: int | None) -> list[dict[str, int]]:
    """Replicates and draws at each look: doubled from one to the next, never above the limit.

    Parameters
    ----------
    replicates, draws : int
        To begin with. A single draw stays single: then only luck is averaged over.
    most_replicates : int or None
        16 times `replicates` if None.

    Returns
    -------
    list of dict

    Raises
    ------
    SpecError
        If the limit is below what there is to begin with.

    Examples
    --------
    >>> look_sizes(100, 20, 300)
    [{'replicates': 100, 'draws': 20}, {'replicates': 200, 'draws': 40}]
    """
    most = DEFAULT_GROWTH * replicates if most_replicates is None else most_replicates
    if most < replicates:
        raise SpecError(
            f"most_replicates: got {most}; allowed is at least the {replicates} replicates to begin with"
        )
    sizes, factor = [], 1
    while factor * replicates <= most:
        own = draws if draws == 1 else min(draws, replicates) * factor
        sizes.append({"replicates": replicates * factor, "draws": own})
        factor *= 2
    return sizes


def settle(
    look: OneLook,
    start: Effort,
    most_replicates: int | None = None,
    keep: Callable[[Comparison], bool | None] | None = None,
) -> Comparison:
    """Look at ever larger ensembles until each pair has a verdict in the comparison's metric, or the limit.

    Parameters
    ----------
    look : callable
        Runs and judges at one size.
    start : Effort
        Its replicates and draws are those to begin with.
    most_replicates : int, optional
    keep : callable, optional
        Gets the comparison of each look; True ends it there.

    Returns
    -------
    Comparison
        Of the last look; verdicts of earlier looks stand.

    Notes
    -----
    The sizes are fixed before anything is seen, and each has an equal part of the error of 5 %. A wrong
    verdict at any look has at most the sum of the parts (Bonferroni), whatever the dependence between looks, so
    a look may also be left out because of what was seen. Pairs that are settled leave Holm's procedure for good
    (docs/comparison.md has the proof).
    """
    sizes = look_sizes(start.replicates, start.draws, most_replicates)
    error = ERROR / len(sizes)
    passed: dict[int, Verdict] = {}
    looks: tuple[Look, ...] = ()
    at = 0
    while True:
        found = look(sizes[at], error, passed, looks)
        passed = {
            k: Verdict(pair.verdict, confidence=pair.confidence)
            for k, pair in enumerate(found.pairs)
            if pair.verdict != UNRESOLVED
        }
        unsettled = [p for p in found.pairs if p.metric == found.metric and p.verdict == UNRESOLVED]
        looks = (*looks, Look(found.ensembles[0].replicates, found.ensembles[0].draws, error, len(unsettled)))
        found.looks = looks
        stop = keep is not None and keep(found) is True
        if stop or not unsettled or at == len(sizes) - 1:
            return found
        needs = [
            found.ensembles[0].replicates + (pair.replicates_needed or 0)
            for pair in unsettled
            if pair.unresolved_because == SIMULATION_NOISE
        ]
        at = _next(at, sizes, max(needs, default=0))


def _next(at: int, sizes: list[dict[str, int]], needed: int) -> int:
    """The next look: the largest that is not above what seems to be needed, so that nothing is overdone."""
    later = range(at + 1, len(sizes))
    return max([k for k in later if sizes[k]["replicates"] <= needed], default=at + 1)
