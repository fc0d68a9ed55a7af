"""What a run hands to the metrics: integer tallies per replicate, and the names of their axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.metrics.sales import Sales

__all__ = ["COUNTS", "EXTRA", "PEOPLE", "TREES", "Prices", "Reaching", "Tallies"]

COUNTS = (
    "impressions_owned",
    "impressions_paid",
    "impressions_earned",
    "noticed",
    "likes",
    "comments_positive",
    "comments_neutral",
    "comments_negative",
    "clicks_owned",
    "clicks_paid",
    "clicks_earned",
    "shares_positive",
    "shares_neutral",
    "shares_negative",
    "shares_copied",  # of the shares above: copies to another platform
    "seeded",  # asked, accepted and shared; no share in the counts above
)
"""Last axis of `Tallies.counts`, in this order."""

EXTRA = (
    "impressions_discovery",
    "impressions_dark",
    "impressions_by_engagement",  # shown by others' likes and comments
    "shares_private",
    "new_followers",
    "unfollows",
)
"""Last axis of `Reaching.counts`, in this order."""

PEOPLE = ("reached", "reached_earned_only", "noticed", "sharers")
"""Measures of `Tallies.people`: distinct people, each person once per scope."""

TREES = (
    "trees",  # share trees: one per generation-0 sharer
    "trees_size_1",
    "trees_depth_le_1",
    "trees_size_ge_100",
    "nodes",
    "nodes_asked",  # roots that were asked to share
    "largest",
    "depth",  # the largest generation, -1 without sharers
    "distances",  # sum over trees of the distances over ordered pairs
    "pairs",  # sum over trees of n (n - 1)
    "distances_broadcast",  # the same for one tree with the brand as root of all
    "pairs_broadcast",
)
"""Last axis of `Tallies.trees`."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The user's own prices for earned media value, US$ (or any one currency); None where not given."""

    per_1000_impressions: float | None = None
    per_like: float | None = None
    per_comment: float | None = None
    per_share: float | None = None
    per_click: float | None = None


@dataclass(frozen=True, slots=True)
class Reaching:
    """What is counted beyond posts and shares, and which of it the scenario has. F deliveries.

    Parameters
    ----------
    counts : int64[R, S, G, len(EXTRA)]
        Further events by slot and segment.
    delivered : int64[R, F]
        Displays of each delivery: paid flights, then discovery of items.
    prices : float64[D, F]
        US$ per display, by draw; 0 for discovery.
    targeted : tuple of bool
        By segment: whether a flight is meant for it; empty if no flight names a target.
    has : frozenset of str
        Mechanics in use: "paid", "discovery", "private", ...
    rival : tuple of bool
        By slot: whether it is a competitor's; empty if none is.
    staff : (float, float)
        US$ of working time: for what is certain to happen, and for each delivery that is paid for and shows anything.
    """

    counts: NDArray[np.int64]
    delivered: NDArray[np.int64]
    prices: NDArray[np.float64]
    targeted: tuple[bool, ...]
    has: frozenset[str]
    rival: tuple[bool, ...] = ()
    staff: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Raw counts of an ensemble. R replicates, S slots (item on platform), G segments, B time bins.

    Parameters
    ----------
    counts : int64[R, S, G, len(COUNTS)]
        Events by slot and by the segment of the person they happened to.
    people : int64[R, len(PEOPLE), 1 + I + P + S, G]
        Distinct people by scope: all, each item, each platform, each slot. `reached_earned_only`: every impression
        in the scope was earned.
    curves : int64[R, 5, S, B]
        By bin of time: impressions owned, paid, earned; shares; people first reached (by anything; booked
        to the slot that reached them first; summing over slots gives distinct people).
    trees : int64[R, len(TREES)]
    generations : int64[R, 64]
        Sharing people by generation (the last entry holds all later ones).
    tree_sizes : int64[R, 40]
        Share trees by floor(log2(size)).
    draw : int64[R]
        The draw each replicate lives in.
    items, platforms, segments : tuple of str
        Names along the axes.
    slots : tuple of (item_idx, platform_idx)
    times_hours : float64[B]
        End of each bin, hours from the start of the run.
    people_by_segment : int64[D, G]
        People per draw and segment.
    excluded_by_segment : int64[D, G]
        People without an account on any platform in use, per draw.
    brand_followers : int64[P]
    seed_cost : float64[R]
        Paid to people who were asked and shared, US$; 0 if no price was given.
    has_prices, has_negative : bool
        Whether the scenario sets a price on anything, and whether any view can be other than positive.
    prices : Prices
    sales : Sales or None
        What was bought, complained of and answered; None where nothing is sold and nobody answers.
    reaching : Reaching, optional
        None: nothing beyond posts and shares.
    cut_draws : int
        Draws whose R was more than a network can carry, and was cut to what it carries.
    """

    counts: NDArray[np.int64]
    people: NDArray[np.int64]
    curves: NDArray[np.int64]
    trees: NDArray[np.int64]
    generations: NDArray[np.int64]
    tree_sizes: NDArray[np.int64]
    draw: NDArray[np.int64]
    items: tuple[str, ...]
    platforms: tuple[str, ...]
    segments: tuple[str, ...]
    slots: tuple[tuple[int, int], ...]
    times_hours: NDArray[np.float64]
    people_by_segment: NDArray[np.int64]
    excluded_by_segment: NDArray[np.int64]
    brand_followers: NDArray[np.int64]
    seed_cost: NDArray[np.float64]
    has_prices: bool
    has_negative: bool
    prices: Prices
    sales: Sales | None = None
    reaching: Reaching | None = None
    cut_draws: int = 0
