"""What the kernels of buying, reviews, complaints and answers are given and work in (docs/model.md, section 12)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viralsim.kernels.bundles import by_reference

Array = NDArray  # dtypes are stated per field


@by_reference
class Market(NamedTuple):
    """Buying, reviews and answers of one draw. Sizes as in viralsim.kernels.layout; all arrays empty when off."""

    counting: bool  # whether anything below is on: interactions and mentions are counted
    selling: bool
    answering: bool
    customer: Array  # uint8[n], 1 if a customer before the run
    convert: Array  # float64[G, 2, I], chance that a click ends in a purchase; second axis: customer
    baseline: Array  # float64[G, 2], chance to buy within the run without any campaign
    baseline_q: Array  # uint64[G, 2], 2^32 x the same
    heard: Array  # float64[255], odds multiplier of a purchase at a click, by score + 127
    spoiled: Array  # float64[255], odds multiplier of a purchase without a click, at most 1
    review_q: Array  # uint64[2], 2^32 x chance that a buyer leaves a review; that a review is positive
    review_wait: int  # steps from purchase to review
    reviews: Array  # int64[2], reviews at the start; the positive ones among them
    volume: Array  # float64[k], multiplier of a purchase at a click, by number of new reviews
    valence: Array  # float64[257], the same, by part of positive reviews in 1/256
    answer_q: Array  # uint64[1], 2^32 x chance that a complaint is answered
    answer_wait: Array  # int64[QUANTILES], steps
    answered_weight: (
        Array  # int64[256], by tie in 1/255: what an answered complaint moves a score by, in eighths
    )
    answered_share: float  # factor of the hazard of an answered complaint's displays


@by_reference
class Sales(NamedTuple):
    """Working memory of buying, reviews and answers."""

    customer: Array  # uint8[n], flags B_*
    head: Array  # int32[T], -1: none; chain of those who would buy without a campaign, by step
    next: Array  # int32[n]
    deals: Array  # int64[(S + 1) x G x N_DEALS], columns D_*; the last row is for what has no slot
    lines: Array  # int64[N_LINES, B], by bin of time: LINE_*
    waited: Array  # int64[T], answers by steps waited
    left: Array  # int64[T, 2], reviews that appear: all, positive
    standing: Array  # int64[2], reviews that can be seen: all, positive
    key: Array  # uint64[5], by purpose P_BASELINE .. P_ANSWER_COMMENT
    answer_head: Array  # int32[T], -1: none; chain of complaints shared, by step of the answer
    answer_next: Array  # int32[events]
    touch: Array  # int64[capacity, N_TOUCH], what people noticed, columns TOUCH_*; one row only: not recorded
    purchase: Array  # int64[n or 1, N_PURCHASE], what people bought, columns BOUGHT_*
    size: Array  # int64[2], rows of `touch` and `purchase` in use


D_PURCHASES, D_OWNED, D_PAID, D_EARNED, D_BASELINE, D_NEW = range(6)
D_PRAISE, D_BLAME, D_COMPLAINTS, D_ANSWERED, D_BRAND_TO_CUSTOMER, D_CUSTOMER_TO_CUSTOMER = range(6, 12)
N_DEALS = 12

LINE_PURCHASES, LINE_BASELINE, LINE_POSITIVE, LINE_NEGATIVE, LINE_ANSWERS, LINE_PRAISE, LINE_BLAME = range(7)
N_LINES = 7

# Flags of `Sales.customer`: bought, would buy without a campaign, then the last impression's origin + 1
B_BOUGHT, B_EXPECTED, B_LAST_SHIFT = 1, 2, 2

TOUCH_PERSON, TOUCH_STEP, TOUCH_SLOT, TOUCH_ORIGIN, TOUCH_EVENT, TOUCH_VIEW, TOUCH_CLICKED = range(7)
N_TOUCH = 7
BOUGHT_PERSON, BOUGHT_STEP, BOUGHT_SLOT, BOUGHT_EXPECTED, BOUGHT_TOUCHES = range(5)
N_PURCHASE = 5
SIZE_TOUCH, SIZE_PURCHASE = range(2)

# Purposes of keys (docs/model.md, section 6)
P_BASELINE, P_CONVERT, P_REVIEW, P_ANSWER_SHARE, P_ANSWER_COMMENT = 20, 21, 22, 23, 24
M_BASELINE, M_CONVERT, M_REVIEW, M_ANSWER_SHARE, M_ANSWER_COMMENT = range(5)  # columns of `Sales.key`

ANSWERED = np.uint64(3)  # polarity bits of an event whose complaint was answered


def no_market() -> Market:
    """Nothing is sold and nobody answers."""
    return Market(
        counting=False,
        selling=False,
        answering=False,
        customer=np.zeros(0, np.uint8),
        convert=np.zeros((0, 2, 0)),
        baseline=np.zeros((0, 2)),
        baseline_q=np.zeros((0, 2), np.uint64),
        heard=np.ones(255),
        spoiled=np.ones(255),
        review_q=np.zeros(2, np.uint64),
        review_wait=0,
        reviews=np.zeros(2, np.int64),
        volume=np.ones(1),
        valence=np.ones(257),
        answer_q=np.zeros(1, np.uint64),
        answer_wait=np.zeros(1, np.int64),
        answered_weight=np.zeros(256, np.int64),
        answered_share=1.0,
    )


def make_sales(
    market: Market, n: int, cells: int, n_steps: int, n_bins: int, events: int, touches: int
) -> Sales:
    """Working memory for a market.

    Parameters
    ----------
    market : Market
    n : int
        People.
    cells : int
        Slots and one more, times segments.
    n_steps, n_bins : int
    events : int
        Shares and posts that fit.
    touches : int
        What is noticed and fits; 1: nothing is recorded.
    """
    on = market.counting
    sold = n if market.selling else 0
    return Sales(
        customer=np.zeros(sold, np.uint8),
        head=np.full(n_steps, -1, np.int32),
        next=np.zeros(sold, np.int32),
        deals=np.zeros(cells * N_DEALS if on else 0, np.int64),
        lines=np.zeros((N_LINES, n_bins if on else 0), np.int64),
        waited=np.zeros(n_steps, np.int64),
        left=np.zeros((n_steps, 2), np.int64),
        standing=np.zeros(2, np.int64),
        key=np.zeros(5, np.uint64),
        answer_head=np.full(n_steps, -1, np.int32),
        answer_next=np.zeros(events if market.answering else 0, np.int32),
        touch=np.zeros((touches, N_TOUCH), np.int64),
        purchase=np.zeros((n if touches > 1 and market.selling else 1, N_PURCHASE), np.int64),
        size=np.zeros(2, np.int64),
    )
