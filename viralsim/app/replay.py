"""One replicate of a scenario on the people it happened to: who noticed, who shared because of whom, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.app.cascade import PEOPLE, places
from viralsim.engine.audience import Audience
from viralsim.engine.ensemble import Ensemble
from viralsim.engine.people import person_words
from viralsim.engine.trace import Trace
from viralsim.graph.social_graph import SocialGraph
from viralsim.rng import derive, text_key

__all__ = ["Replay", "biggest_run", "replay", "typical_run"]

MOST_SHARERS = 150
MOST_VIEWERS = 110
FRAMES = 40
"""At most so many steps of time, the beginning left out."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Replay:
    """A sample of a replicate's people and what happened to them. P people drawn, S of them share.

    Parameters
    ----------
    graph : SocialGraph
        Who follows whom among them, on any platform.
    x, y : float64[P]
        Places, in [-1, 1].
    followers : int64[P]
        Of the whole network, by which a dot is sized.
    seen : int64[P]
        Step at which each first noticed something, -1: never.
    person, parent : int64[S]
        Who shares (position among the drawn, parents before children) and because of whom (-1: nobody, or not drawn).
    step, generation : int64[S]
    hours : float64[steps]
        End of each step, hours from the start; step 0 is before it (-1).
    words : str
        Of how many people and sharers this is a sample.
    """

    graph: SocialGraph
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    followers: Ints
    seen: Ints
    person: Ints
    parent: Ints
    step: Ints
    generation: Ints
    hours: NDArray[np.float64]
    words: str

    @property
    def deepest(self) -> int:
        """The last generation of those drawn."""
        return int(self.generation.max(initial=0))

    def to_player(self, colours: Sequence[str], colours_dark: Sequence[str]) -> dict[str, Any]:
        """What the canvas needs."""
        sources = np.repeat(np.arange(self.graph.n_nodes), np.diff(self.graph.indptr))
        ties = np.stack([sources, self.graph.indices.astype(np.int64)], axis=1)
        pairs = np.unique(np.sort(ties, axis=1), axis=0)
        return {
            "x": np.round(self.x, 3).tolist(),
            "y": np.round(self.y, 3).tolist(),
            "size": np.minimum(self.followers, 150).tolist(),
            "ties": pairs.ravel().tolist(),
            "seen": self.seen.tolist(),
            "person": self.person.tolist(),
            "parent": self.parent.tolist(),
            "step": self.step.tolist(),
            "shade": (self.generation * 5 // max(self.deepest, 5)).tolist(),
            "last": int(self.hours.size) - 1,
            "clock": [clock_text(hour) for hour in self.hours.tolist()],
            "colours": list(colours),
            "colours_dark": list(colours_dark),
        }


def clock_text(hour: float) -> str:
    """A time of the run in words.

    Examples
    --------
    >>> clock_text(-1.0), clock_text(5.25), clock_text(50.0)
    ('Start', 'After 5.2 h', 'Day 3, 2 h')
    """
    if hour < 0.0:
        return "Start"
    if hour < 24.0:
        return f"After {hour:.2g} h"
    return f"Day {int(hour // 24) + 1}, {int(hour % 24)} h"


def typical_run(ensemble: Ensemble) -> int:
    """The replicate in the middle of those in which somebody shares; 0 if nobody ever does."""
    sharers = ensemble["sharers"]
    shared = np.flatnonzero(sharers > 0)
    return int(shared[np.argsort(sharers[shared], kind="stable")][shared.size // 2]) if shared.size else 0


def biggest_run(ensemble: Ensemble) -> int:
    """The replicate with the most sharing people."""
    return int(np.argmax(ensemble["sharers"]))


def replay(trace: Trace, audience: Audience, title: str, people: int = PEOPLE) -> Replay:
    """Draw a sample of a replicate.

    Parameters
    ----------
    trace : Trace
        With its touches.
    audience : Audience
        Of the replicate's draw.
    title : str
        Of the scenario.
    people : int
        Drawn at most.

    Returns
    -------
    Replay
        All sharing people, or whole share trees in keyed order up to 150 people; then, keyed, people who noticed
        something (first what the drawn sharers showed them), and then followers of those drawn who did not.
    """
    key = derive(text_key("viralsim app replay"), trace.replicate)
    order = _keyed(audience, key)
    first = _first_shares(trace)
    drawn_sharers = _some_trees(trace, first, order)
    seen_hour = _first_noticed(trace, audience.people.size, first)
    viewers = _viewers(trace, seen_hour, drawn_sharers, order)
    chosen = np.concatenate([drawn_sharers, viewers])
    chosen = np.concatenate([chosen, _around(audience, chosen, people - chosen.size, order)])
    place_of = np.full(audience.people.size, -1, np.int64)
    place_of[chosen] = np.arange(chosen.size)
    graph = _among(audience, chosen, place_of)
    x, y = (_spread(values) for values in places(graph, trace.replicate))
    rows = np.array([first[int(person)] for person in drawn_sharers], np.int64)
    parents = _parents(trace, rows, place_of)
    share_hours, notice_hours = trace.hour[rows], seen_hour[chosen]
    hours = _frames(share_hours, notice_hours[np.isfinite(notice_hours)])
    noticed = int(np.isfinite(seen_hour).sum())
    words = _words(title, audience, chosen.size, (drawn_sharers.size, len(first)), (viewers.size, noticed))
    asked = np.unique(trace.person[trace.asked]).size
    words += f"; {asked:,} were asked to share" if asked else ""
    return Replay(
        graph=graph, x=x, y=y,
        followers=np.sum([network.follower_count[chosen] for network in audience.networks], axis=0),
        seen=np.where(np.isfinite(notice_hours), _frame_of(hours, notice_hours), -1),
        person=np.arange(rows.size),
        parent=parents,
        step=_frame_of(hours, share_hours),
        generation=trace.generation[rows],
        hours=hours,
        words=words,
    )  # fmt: skip


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places half way to evenly spaced ones: crowds part, and those far off come near."""
    rank = np.empty(values.size)
    rank[np.argsort(values, kind="stable")] = np.linspace(-1.0, 1.0, values.size)
    return np.asarray((values + rank) / 2.0)


def _keyed(audience: Audience, key: int) -> Ints:
    """Rank of each person in a keyed order (int64[n])."""
    rank = np.empty(audience.people.size, np.int64)
    rank[np.argsort(person_words(key, audience.people.key), kind="stable")] = np.arange(rank.size)
    return rank


def _first_shares(trace: Trace) -> dict[int, int]:
    """Person -> the row of their first share."""
    people, rows = np.unique(trace.person, return_index=True)
    return dict(zip(people.tolist(), rows.tolist(), strict=True))


def _some_trees(trace: Trace, first: dict[int, int], order: Ints) -> Ints:
    """Sharing people drawn, in order of time: all, or whole trees in keyed order, the last cut short in time."""
    rows = sorted(first.values())
    if len(rows) <= MOST_SHARERS:
        return trace.person[np.array(rows, np.int64)]
    root = np.empty(len(trace), np.int64)
    for row in range(len(trace)):
        parent = int(trace.parent[row])
        root[row] = row if parent < 0 else root[parent]
    trees: dict[int, list[int]] = {}
    for row in rows:
        trees.setdefault(int(root[row]), []).append(row)
    kept: list[int] = []
    for tree in sorted(trees, key=lambda row: int(order[trace.person[row]])):
        kept += trees[tree][: MOST_SHARERS - len(kept)]
    return trace.person[np.array(sorted(kept), np.int64)]


def _first_noticed(trace: Trace, people: int, first: dict[int, int]) -> NDArray[np.float64]:
    """Hour at which each person first noticed something or shared (float64[n]); infinite: never."""
    hour = np.full(people, np.inf)
    if trace.touches is not None:
        np.minimum.at(hour, trace.touches.person, trace.touches.hour)
    for person, row in first.items():
        hour[person] = min(hour[person], trace.hour[row])
    return hour


def _viewers(trace: Trace, seen_hour: NDArray[np.float64], sharers: Ints, order: Ints) -> Ints:
    """People who noticed something and do not share: first whom the drawn sharers showed it, then others."""
    others = np.isfinite(seen_hour)
    others[trace.person] = False
    near = np.zeros(others.size, bool)
    if trace.touches is not None:
        near[trace.touches.person[np.isin(trace.touches.sharer, sharers)]] = True
    candidates = np.flatnonzero(others)
    ranked = candidates[np.lexsort((order[candidates], ~near[candidates]))]
    return ranked[:MOST_VIEWERS]


def _around(audience: Audience, chosen: Ints, wanted: int, order: Ints) -> Ints:
    """Followers of those drawn who are not drawn themselves, in keyed order."""
    lists = [
        network.followers[network.indptr[person] : network.indptr[person + 1]]
        for network in audience.networks
        for person in chosen.tolist()
    ]
    found = np.setdiff1d(np.concatenate(lists).astype(np.int64) if lists else chosen, chosen)
    return found[np.argsort(order[found])][: max(wanted, 0)]


def _among(audience: Audience, chosen: Ints, place_of: Ints) -> SocialGraph:
    """Who follows whom among the drawn, on any platform."""
    src, dst = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for network in audience.networks:
        for person in chosen.tolist():
            followers = place_of[network.followers[network.indptr[person] : network.indptr[person + 1]]]
            inside = followers[followers >= 0]
            src.append(np.full(inside.size, place_of[person]))
            dst.append(inside)
    return SocialGraph.from_edges(np.concatenate(src), np.concatenate(dst), n=int(chosen.size), directed=True)


def _parents(trace: Trace, rows: Ints, place_of: Ints) -> Ints:
    """Position of whoever's share made each share, -1 for none."""
    causes = trace.parent[rows]
    return np.where(causes >= 0, place_of[trace.person[np.maximum(causes, 0)]], -1)


def _frames(shares: NDArray[np.float64], notices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends of the steps: the hours at which somebody drawn shares, or notices where nobody does; at most `FRAMES`."""
    hours = np.unique(np.concatenate([shares, notices]))
    if hours.size > FRAMES:
        marks = np.unique(shares) if np.unique(shares).size >= FRAMES else hours
        picked = np.unique(np.linspace(0, marks.size - 1, FRAMES - 1).round().astype(np.int64))
        hours = np.unique(np.append(marks[picked], hours[-1]))
    return np.concatenate([[-1.0], hours])


def _frame_of(hours: NDArray[np.float64], values: NDArray[np.float64]) -> Ints:
    """The first step by whose end each of the values has happened."""
    return np.searchsorted(hours, values, side="left").astype(np.int64)


def _words(
    title: str, audience: Audience, drawn: int, sharers: tuple[int, int], viewers: tuple[int, int]
) -> str:
    """What is drawn, and of how much."""
    return (
        f"{drawn:,} of {audience.people.size:,} people of {title}: {sharers[0]:,} of {sharers[1]:,} who share, "
        f"{viewers[0]:,} of {viewers[1] - sharers[1]:,} who notice something and do not share, and followers of "
        "theirs who never see it"
    )
