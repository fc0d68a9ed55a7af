"""Where a scenario asks for more people than a draw may have: errors before anything is run, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.effort import Effort
from viralsim.engine.eligible import Eligible, count_eligible
from viralsim.errors import ScenarioError
from viralsim.graph.social_graph import SocialGraph
from viralsim.spec.resolving import uncertain_paths
from viralsim.spec.targets import targeted_segments

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["check_enough", "check_run", "flights_without_people", "most_wanted", "near_shortages"]

_MARGIN = 1.1  # people there are to people wanted, below which other draws are warned of

_PLENTY, _SPARE = (
    2,
    20,
)  # times and more people than wanted: of draws that differ by luck alone the first leaves no doubt

_Wanted = tuple[str, NDArray[np.int64], str, NDArray[np.int64]]


def check_enough(scenario: Scenario, found: Eligible) -> None:
    """Refuse numbers of people that not every draw has.

    Parameters
    ----------
    scenario : Scenario
    found : Eligible
        Of the draws of the run.

    Raises
    ------
    ScenarioError
        With every such number, and what the least favourable draw allows.
    """
    if any(there.min() < 2 for there in found.accounts.values()):
        return  # there is no network either, which is said where it is made
    problems = []
    for where, wanted, what, there in _wanted(scenario, found):
        short = np.flatnonzero(there < wanted)
        if short.size:
            worst, least = int(short[np.argmin(there[short])]), int(there.min())
            problems.append(
                f"{where}: {wanted[worst]:,} {what}, but in {short.size} of {there.size} draws looked at there are "
                f"fewer, in draw {worst} only {there[worst]:,}; allowed are 0 to {least:,}: ask for fewer, raise "
                "access or enlarge the audience"
            )
    if problems:
        raise ScenarioError(problems)


def check_run(scenario: Scenario, effort: Effort, graphs: Mapping[str, SocialGraph]) -> None:
    """Refuse, before anything is run, numbers of people that some draw of a run does not have.

    Where nothing about the audience is uncertain and the first draw has plenty of them the others are not counted;
    picks by followers, for which networks would have to be made, are left to the draws themselves.

    Parameters
    ----------
    scenario : Scenario
    effort : Effort
    graphs : mapping of platform name to SocialGraph
        The networks read from files.

    Raises
    ------
    ScenarioError
        As `check_enough`.
    """
    first = count_eligible(scenario, replace(effort, draws=1), graphs, most_people=-1)
    doubtful = any(path.startswith("audience") for path in uncertain_paths(scenario)) and not effort.fixed
    if doubtful or any(
        np.any(there < _PLENTY * wanted + _SPARE) for _, wanted, _, there in _wanted(scenario, first)
    ):
        found = first if effort.draws == 1 else count_eligible(scenario, effort, graphs, most_people=-1)
        check_enough(scenario, found)


def most_wanted(scenario: Scenario, path: str, found: Eligible) -> int | None:
    """The largest number of people that every draw has, where `path` is such a number (by position); else None."""
    for where, _, _, there in _wanted(scenario, found):
        if path in (where, f"{where}.count"):
            return int(there.min())
    return None


def near_shortages(scenario: Scenario, found: Eligible, effort: Effort) -> tuple[str, ...]:
    """A warning for each number of people that other draws may well not have."""
    return tuple(
        f"{where}: {wanted.max():,} {what}, and in {_looked_at(there, effort)} there are {there.min():,} to "
        f"{there.max():,}: in other draws there may be too few."
        for where, wanted, what, there in _wanted(scenario, found)
        if np.all(wanted <= there) and there.min() < there.max() and there.min() < _MARGIN * wanted.max()
    )


def _looked_at(there: NDArray[np.int64], effort: Effort) -> str:
    """Which draws were counted."""
    of_all = "" if there.size == effort.draws else f"first {there.size} of the "
    return f"the {of_all}{effort.draws} draws of seed {effort.seed}"


def flights_without_people(scenario: Scenario, found: Eligible) -> tuple[str, ...]:
    """A warning for each paid flight that has nobody to be shown to, in some draws or in all."""
    told = []
    for i, (flight, there) in enumerate(zip(scenario.campaign.paid, found.shown, strict=True)):
        empty = int(np.count_nonzero(there == 0))
        if not empty:
            continue
        names = targeted_segments(flight.target, scenario.audience.segments)
        whom = f"nobody in the segment{'s' * (len(names) > 1)} {', '.join(names)}" if names else "nobody"
        when = "in any" if empty == there.size else f"in {empty}"
        told.append(
            f"campaign.paid.{i} ({flight.item} on {flight.platform}): {whom} has an account there {when} of the "
            f"{there.size} draws: nothing is shown and nothing spent{' in those' * (empty < there.size)}. Raise access "
            "or the segment's fraction, enlarge the audience, or target others."
        )
    return tuple(told)


def _wanted(scenario: Scenario, found: Eligible) -> Iterator[_Wanted]:
    """Where, how many, for what, and how many there are in each draw, of every number of people that is asked for."""
    for i, (there, wanted) in enumerate(zip(found.asked, found.wanted, strict=True)):
        if there is not None and wanted is not None:
            yield f"campaign.seeding.{i}.pick", wanted[: there.size], "people are to be asked", there
    for name, platform in scenario.platforms.items():
        lists = {"brand_followers": platform.brand_followers}
        lists.update((f"rivals.{rival}", fans) for rival, fans in platform.rivals.items())
        for part, fans in lists.items():
            if fans is not None:
                there = found.accounts[name]
                where = f"platforms.{name}.{part}.count"
                yield where, np.full(there.size, int(fans.count)), "followers are wanted", there
