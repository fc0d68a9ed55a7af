"""Customers and money: purchases, return, reviews, complaints answered, reputation. Pure functions on tallies.

Words: docs/model.md, section 12. A measure takes a `View` and gives float64[R], one number per replicate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viralsim.metrics.columns import Floats

if TYPE_CHECKING:
    from viralsim.metrics.views import View

__all__ = ["DEALS", "LINES", "Sales", "deals", "reputation", "reputation_curve"]

DEALS = (
    "purchases",
    "purchases_owned",  # by the origin of the last impression; none: no impression before it
    "purchases_paid",
    "purchases_earned",
    "purchases_baseline",  # what would have been bought without the campaign; no slot
    "purchases_new",  # by people who were no customers before
    "reviews_positive",
    "reviews_negative",
    "complaints",
    "answered",
    "brand_to_customer",
    "customer_to_customer",
)
"""Last axis of `Sales.deals`, in this order."""

LINES = (
    "purchases",
    "purchases_baseline",
    "mentions_positive",
    "mentions_negative",
    "answers",
    "reviews_positive",
    "reviews_negative",
)
"""Second axis of `Sales.lines`, in this order."""


@dataclass(frozen=True, slots=True)
class Sales:
    """What was bought, complained of and answered. R replicates, S slots, G segments, B bins.

    Parameters
    ----------
    selling, answering, reviewing, paying : bool
        Whether the scenario sells, answers complaints, has reviews, and pays people to share.
    deals : int64[R, S + 1, G, len(DEALS)]
        By the slot clicked or talked about; the last row holds purchases without a click.
    lines : int64[R, len(LINES), B]
        Events by bin of time.
    wait_hours : float64[R]
        Median time to an answer; NaN without answers.
    without : int64[R, 2, G]
        Purchases in the worlds without people paid to share, and without word of mouth; no rows
        where they were not run.
    price, margin : float or None
        The user's own.
    repeat : float64[R]
        Later purchases per buyer, of the draw each replicate lives in.
    damping : float64[R]
        What an answer takes from a complaint.
    """

    selling: bool
    answering: bool
    reviewing: bool
    paying: bool
    deals: NDArray[np.int64]
    lines: NDArray[np.int64]
    wait_hours: NDArray[np.float64]
    without: NDArray[np.int64]
    price: float | None
    margin: float | None
    repeat: NDArray[np.float64]
    damping: NDArray[np.float64]


def sales_of(view: View) -> Sales:
    """The sales of a view's tallies, which a metric asks for only where they are defined."""
    sales = view.tallies.sales
    if sales is None:
        raise AssertionError("this run counts no sales: the metric's `defined` should have said so")
    return sales


def deals(view: View, *names: str) -> Floats:
    """Sum of the named deals (see `DEALS`) in a part of a run; without a click they belong to segments only."""
    rows = view.slots()
    if view.kind in ("all", "segment"):
        rows = [*rows, len(view.tallies.slots)]
    cells = sales_of(view).deals[:, rows][:, :, view.segments()]
    columns = [DEALS.index(name) for name in names]
    return np.asarray(cells[:, :, :, columns].sum(axis=(1, 2, 3)), dtype=np.float64)


def incremental(view: View) -> Floats:
    """Purchases minus those of the same world without the campaign; below 0 if it cost purchases."""
    return deals(view, "purchases") - deals(view, "purchases_baseline")


def revenue(view: View) -> Floats:
    """Price x purchases, expected later ones included, in money."""
    sales = sales_of(view)
    return (sales.price or 0.0) * (1.0 + sales.repeat) * deals(view, "purchases")


def margin_of(view: View, purchases: Floats) -> Floats:
    """Margin of so many first purchases, expected later ones included, in money."""
    sales = sales_of(view)
    return (sales.margin or 0.0) * (1.0 + sales.repeat) * purchases


def value_direct(view: View) -> Floats:
    """Margins of all purchases. Source: Kumar, Petersen and Leone 2007, How valuable is word of mouth?"""
    return margin_of(view, deals(view, "purchases"))


def value_referral(view: View) -> Floats:
    """Margins of purchases that would not have been made without the people paid to share."""
    return margin_of(view, deals(view, "purchases") - _without(view, 0))


def value_influence(view: View) -> Floats:
    """Margins of purchases that all other word of mouth brought: without paid sharers, minus without any."""
    return margin_of(view, _without(view, 0) - _without(view, 1))


def _without(view: View, world: int) -> Floats:
    """Purchases in a counterfactual world (0: nobody paid to share, 1: no word of mouth)."""
    cells = sales_of(view).without[:, world, view.segments()]
    return np.asarray(cells.sum(axis=1), dtype=np.float64)


def wait_hours(view: View) -> Floats:
    """Median time to an answer, hours; NaN without answers."""
    return sales_of(view).wait_hours


def brand_to_customer(view: View) -> Floats:
    """Likes, comments, clicks and shares caused by posts and ads, and answers given."""
    return deals(view, "brand_to_customer", "answered")


def reputation_curve(sales: Sales) -> NDArray[np.float64]:
    """(P - N + damping x A) / (P + N - damping x A) at the end of each bin (float64[R, B]); 0 before any mention.

    P and N: positive and negative mentions and reviews so far; A: complaints answered so far. (Assumption.)
    """
    so_far = np.cumsum(sales.lines, axis=2, dtype=np.float64)
    positive = so_far[:, LINES.index("mentions_positive")] + so_far[:, LINES.index("reviews_positive")]
    negative = so_far[:, LINES.index("mentions_negative")] + so_far[:, LINES.index("reviews_negative")]
    negative = negative - sales.damping[:, None] * so_far[:, LINES.index("answers")]
    total = positive + negative
    return np.divide(positive - negative, total, out=np.zeros_like(total), where=total > 0)


def reputation(view: View) -> Floats:
    """Reputation at the end of the run, from -1 to 1; NaN if nobody said anything."""
    sales = sales_of(view)
    end = reputation_curve(sales)[:, -1]
    spoken = sales.lines[:, [2, 3, 5, 6]].sum(axis=(1, 2)) > 0
    return np.where(spoken, end, np.nan)
