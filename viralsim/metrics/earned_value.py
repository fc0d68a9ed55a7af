"""Earned media value: what was earned, at the user's own prices; there is no standard formula."""

from __future__ import annotations

from viralsim.metrics.columns import Floats
from viralsim.metrics.events import CLICKS, COMMENTS, SHARES
from viralsim.metrics.tallies import Prices, Tallies
from viralsim.metrics.views import View

__all__ = ["earned_media_value", "formula_of_value", "has_prices_of_its_own"]


def has_prices_of_its_own(tallies: Tallies) -> bool:
    """Whether the scenario prices anything that is earned."""
    prices = tallies.prices
    named = (prices.per_1000_impressions, prices.per_like, prices.per_comment)
    return any(price is not None for price in (*named, prices.per_share, prices.per_click))


def earned_media_value(view: View) -> Floats:
    """Earned impressions and all engagements at the user's own prices (formula: `formula_of_value`)."""
    prices = view.tallies.prices
    total = (prices.per_1000_impressions or 0.0) / 1000.0 * view.count("impressions_earned")
    total = total + (prices.per_like or 0.0) * view.count("likes")
    total = total + (prices.per_comment or 0.0) * view.count(*COMMENTS)
    total = total + (prices.per_share or 0.0) * view.count(*SHARES)
    return total + (prices.per_click or 0.0) * view.count(*CLICKS)


def formula_of_value(prices: Prices) -> str:
    """The formula of `earned_media_value` as printed; there is no standard one.

    Examples
    --------
    >>> formula_of_value(Prices(per_1000_impressions=8.0, per_click=0.5))
    'earned impressions / 1000 x 8 + clicks x 0.5'
    """
    named = [
        ("earned impressions / 1000", prices.per_1000_impressions),
        ("likes", prices.per_like),
        ("comments", prices.per_comment),
        ("shares", prices.per_share),
        ("clicks", prices.per_click),
    ]
    return (
        " + ".join(f"{what} x {price:g}" for what, price in named if price is not None) or "no prices given"
    )
