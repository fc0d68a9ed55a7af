"""How many people there are to ask, to show ads to and to follow the brand, in every draw of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.asking import followers_counted
from viralsim.engine.compiled import draw_key
from viralsim.engine.effort import Effort
from viralsim.engine.networks import account_holders, audience_keys, make_network
from viralsim.engine.people import People, make_people
from viralsim.graph.social_graph import SocialGraph
from viralsim.seeding.pick import MOST_COVERED, can_be_asked, sized
from viralsim.spec.resolving import resolve
from viralsim.spec.targets import targeted_segments

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["Eligible", "count_eligible"]

MOST_PEOPLE = 1_000_000  # of all draws together, whose networks are made to count (about a second)


@dataclass(frozen=True, slots=True)
class Eligible:
    """People of each draw, D of them.

    Parameters
    ----------
    accounts : dict of platform name to int64[D]
        People with an account.
    asked : tuple of int64[D] or None
        Who can be asked, by entry of `campaign.seeding`; None where people are listed. Where it hangs on the network
        (followers-between), of the first draws only, as many as are quickly made.
    wanted : tuple of int64[D] or None
        How many that entry asks, by count or as its budget pays for; None where prices differ by size.
    price : tuple of float64[D]
        US$ of each person of that entry, before what hangs on size.
    shown : tuple of int64[D]
        Whom each flight of `campaign.paid` can be shown to.
    """

    accounts: dict[str, NDArray[np.int64]]
    asked: tuple[NDArray[np.int64] | None, ...]
    wanted: tuple[NDArray[np.int64] | None, ...]
    price: tuple[NDArray[np.float64], ...]
    shown: tuple[NDArray[np.int64], ...]


class _OfDraw(NamedTuple):
    """The same of one draw: a number for each platform, entry of `campaign.seeding`, or flight."""

    accounts: dict[str, int]
    asked: list[int | None]
    wanted: list[int | None]
    price: list[float]
    shown: list[int]


def count_eligible(
    scenario: Scenario,
    effort: Effort,
    graphs: Mapping[str, SocialGraph],
    most_people: float = MOST_PEOPLE,
) -> Eligible:
    """Count people in every draw of a run.

    Parameters
    ----------
    scenario : Scenario
    effort : Effort
    graphs : mapping of platform name to SocialGraph
        The networks read from files.
    most_people : float
        Where the network has to be made to count: of so many people in all draws together at most (one draw at
        least, none at all where it is negative).

    Returns
    -------
    Eligible

    Examples
    --------
    >>> import viralsim as vs
    >>> shop = vs.load_scenario("small-shop")
    >>> count_eligible(shop, Effort.of(shop, draws=3), {}).accounts["instagram"]
    array([10000, 10000, 10000])
    """
    found = [_of_draw(scenario, effort, draw, graphs, most_people) for draw in range(effort.draws)]
    return Eligible(
        accounts={
            name: np.array([one.accounts[name] for one in found], np.int64) for name in scenario.platforms
        },
        asked=tuple(map(_counts, zip(*(one.asked for one in found), strict=True))),
        wanted=tuple(map(_counts, zip(*(one.wanted for one in found), strict=True))),
        price=tuple(np.array(column) for column in zip(*(one.price for one in found), strict=True)),
        shown=tuple(np.array(column, np.int64) for column in zip(*(one.shown for one in found), strict=True)),
    )


def _counts(column: Sequence[int | None]) -> NDArray[np.int64] | None:
    """Counts of the draws that have one; None if the first has none."""
    return None if column[0] is None else np.array([count for count in column if count is not None], np.int64)


def _of_draw(
    scenario: Scenario, effort: Effort, draw: int, graphs: Mapping[str, SocialGraph], most_people: float
) -> _OfDraw:
    """Count people in one draw."""
    plain = resolve(scenario, effort.seed, draw, fixed=effort.fixed)
    key = draw_key(effort.seed, draw)
    people = make_people(plain.audience, audience_keys(plain.audience.size, graphs), key)
    names = list(plain.platforms)
    account = {name: account_holders(name, plain, people, graphs.get(name), key) for name in names}
    quick = (draw == 0 and most_people >= 0) or (draw + 1) * people.size <= most_people

    def asked(seeding: Any) -> int | None:
        name, pick = seeding.platform, seeding.pick
        if pick.kind == "listed" or (pick.kind == "followers-between" and not quick):
            return None
        if pick.kind == "followers-between":
            network = make_network(name, plain, people, graphs.get(name), key)
            counted = followers_counted(network, seeding.influencer)
            return int(np.count_nonzero(sized(pick, counted[network.account])))
        return _asked(plain, pick, people, account[name])

    seedings = plain.campaign.seeding
    return _OfDraw(
        accounts={name: int(np.count_nonzero(holds)) for name, holds in account.items()},
        asked=[asked(seeding) for seeding in seedings],
        wanted=[getattr(seeding.pick, "count", None) for seeding in seedings],
        price=[float(seeding.price) for seeding in seedings],
        shown=[_shown(plain, flight, people, account[flight.platform]) for flight in plain.campaign.paid],
    )


def _asked(plain: Any, pick: Any, people: People, account: NDArray[np.bool_]) -> int:
    """Whom a pick can ask, whatever their followers."""
    segments = plain.audience.segments
    names, attributes = [s.name for s in segments], [dict(s.attributes) for s in segments]
    found = int(can_be_asked(pick, account, people.segment, names, attributes).size)
    return min(found, MOST_COVERED) if pick.kind == "influence-maximisation" else found


def _shown(plain: Any, flight: Any, people: People, account: NDArray[np.bool_]) -> int:
    """Whom one flight can be shown to."""
    if not flight.target:
        return int(np.count_nonzero(account))
    names = [segment.name for segment in plain.audience.segments]
    targets = [names.index(name) for name in targeted_segments(flight.target, plain.audience.segments)]
    return int(np.count_nonzero(account & np.isin(people.segment, targets)))
