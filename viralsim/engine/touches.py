"""Touches: what everybody noticed in one replicate, and what they bought; from this, attribution is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.compiled import Compiled
from viralsim.engine.replicates import Events
from viralsim.kernels import market as mk
from viralsim.kernels.layout import KIND_ASKED, KIND_COPY, KIND_OWN
from viralsim.kernels.reaching import KIND_COMMENT, KIND_DISCOVERY, KIND_LIKE, KIND_PRIVATE

__all__ = ["ORIGINS", "Path", "Touches", "make_touches"]

SHARE_KINDS = (KIND_ASKED, KIND_OWN, KIND_COPY, KIND_PRIVATE)
SHOWN_ON_KINDS = (KIND_DISCOVERY, KIND_LIKE, KIND_COMMENT)

ORIGINS = ("owned", "paid", "earned")
"""Names of `Touches.origin`."""


@dataclass(frozen=True, slots=True)
class Path:
    """What one buyer noticed before the purchase.

    Parameters
    ----------
    purchase : int
        Row among the purchases.
    rows : int64[k]
        Rows among the touches, the first noticed first; empty if nothing was.
    expected : bool
        Whether this person would have bought without the campaign.
    """

    purchase: int
    rows: NDArray[np.int64]
    expected: bool


@dataclass(frozen=True)
class Touches:
    """Every display that was noticed in one replicate, row = touch, in order of time; and every purchase.

    Parameters
    ----------
    person : int64[N]
        Position of the viewer in the audience.
    hour : float64[N]
        Hours from the start of the run.
    item_idx, platform_idx : int64[N]
    origin : int64[N]
        Position in `ORIGINS`.
    sharer : int64[N]
        The person who shared it, or whose like or comment showed it; -1 for the brand (a post, an ad) and the platform.
    share : int64[N]
        Row in the trace of that share, or of the one that was liked, commented or shown on; -1 if it goes back to a
        post or an ad.
    dark : bool[N]
        Of a private share, which no platform reports.
    view : int64[N]
        The viewer's view then: +1, 0 or -1.
    clicked : bool[N]
    buyer : int64[P]
        Position of the buyer, one row per purchase.
    bought_hour : float64[P]
    bought_item_idx, bought_platform_idx : int64[P]
        What was clicked; -1 for a purchase without a click.
    expected : bool[P]
        Whether the buyer would have bought without the campaign too.
    so_far : int64[P]
        Touches (of anybody) up to the purchase: the buyer's touches before it are among the first so many rows.
    platforms, items : tuple of str
        Ids.
    """

    person: NDArray[np.int64]
    hour: NDArray[np.float64]
    item_idx: NDArray[np.int64]
    platform_idx: NDArray[np.int64]
    origin: NDArray[np.int64]
    sharer: NDArray[np.int64]
    share: NDArray[np.int64]
    dark: NDArray[np.bool_]
    view: NDArray[np.int64]
    clicked: NDArray[np.bool_]
    buyer: NDArray[np.int64]
    bought_hour: NDArray[np.float64]
    bought_item_idx: NDArray[np.int64]
    bought_platform_idx: NDArray[np.int64]
    expected: NDArray[np.bool_]
    so_far: NDArray[np.int64]
    platforms: tuple[str, ...]
    items: tuple[str, ...]

    def __len__(self) -> int:
        """Number of touches."""
        return int(self.person.size)

    @property
    def purchases(self) -> int:
        """Number of purchases."""
        return int(self.buyer.size)

    def paths(self) -> Iterator[Path]:
        """For every purchase what the buyer noticed before it, in the order of the purchases."""
        order = np.argsort(self.person, kind="stable")
        first = np.searchsorted(self.person[order], self.buyer, side="left")
        last = np.searchsorted(self.person[order], self.buyer, side="right")
        for p in range(self.purchases):
            rows = order[first[p] : last[p]]
            yield Path(p, rows[rows < self.so_far[p]], bool(self.expected[p]))

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """Columns of the touches by name, for a table or a file."""
        return {
            "person": self.person,
            "hour": self.hour,
            "item": np.array(self.items, dtype=np.str_)[self.item_idx],
            "platform": np.array(self.platforms, dtype=np.str_)[self.platform_idx],
            "origin": np.array(ORIGINS, dtype=np.str_)[self.origin],
            "sharer": self.sharer,
            "share": self.share,
            "dark": self.dark,
            "view": self.view,
            "clicked": self.clicked,
        }


def own_shares(events: Events, rival: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Positions of the events that are shares of the brand's items (`rival`: 1 by slot of a competitor's, or empty)."""
    is_share = np.isin(events.kind, SHARE_KINDS)
    return np.flatnonzero(is_share & (rival[events.slot] == 0) if rival.size else is_share)


def share_rows(events: Events, rival: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Row of each event in the trace of shares: its own, or of the share it goes back to; -1 for none (int64[E])."""
    shares = own_shares(events, rival)
    row = np.full(events.kind.size + 1, -1, np.int64)  # the last entry serves cause -1
    row[shares] = np.arange(shares.size)
    for event in np.flatnonzero(np.isin(events.kind, SHOWN_ON_KINDS)):
        row[event] = row[events.cause[event]]
    return row[:-1]


def make_touches(
    compiled: Compiled, events: Events, touch: NDArray[np.int64], bought: NDArray[np.int64]
) -> Touches:
    """What the kernel recorded, in words.

    Parameters
    ----------
    compiled : Compiled
    events : Events
        Of the same replicate.
    touch : int64[N, N_TOUCH]
    bought : int64[P, N_PURCHASE]
    """
    slots = np.array([*compiled.slots, (-1, -1)], np.int64)  # the last: without a click
    step_hours = float(compiled.scenario.run.step)
    event = touch[:, mk.TOUCH_EVENT]
    who = events.who[event]
    share_row = share_rows(events, compiled.plan.reaching.rival)
    return Touches(
        person=touch[:, mk.TOUCH_PERSON],
        hour=np.asarray(touch[:, mk.TOUCH_STEP] * step_hours, np.float64),
        item_idx=slots[touch[:, mk.TOUCH_SLOT], 0],
        platform_idx=slots[touch[:, mk.TOUCH_SLOT], 1],
        origin=touch[:, mk.TOUCH_ORIGIN],
        sharer=np.where(who >= 0, who, -1),
        share=share_row[event],
        dark=events.kind[event] == KIND_PRIVATE,
        view=touch[:, mk.TOUCH_VIEW],
        clicked=touch[:, mk.TOUCH_CLICKED] == 1,
        buyer=bought[:, mk.BOUGHT_PERSON],
        bought_hour=np.asarray(bought[:, mk.BOUGHT_STEP] * step_hours, np.float64),
        bought_item_idx=slots[bought[:, mk.BOUGHT_SLOT], 0],
        bought_platform_idx=slots[bought[:, mk.BOUGHT_SLOT], 1],
        expected=bought[:, mk.BOUGHT_EXPECTED] == 1,
        so_far=bought[:, mk.BOUGHT_TOUCHES],
        platforms=tuple(compiled.scenario.platforms),
        items=tuple(item.id for item in compiled.scenario.items),
    )
