"""Compile what people buy and how complaints are answered into arrays (docs/model.md, section 12)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from viralsim.engine.people import People
from viralsim.engine.tables import coin
from viralsim.kernels import layout as lay
from viralsim.kernels.layout import Plan
from viralsim.kernels.market import Market, no_market

__all__ = ["make_market", "needs_ties", "without_asked", "without_paid_sharers", "without_word_of_mouth"]

MOST_NEW_REVIEWS = 16_384
_MIDDLE = (np.arange(lay.QUANTILES) + 0.5) / lay.QUANTILES


def needs_ties(scenario: Any) -> bool:
    """Whether what a close friend shares moves purchases."""
    buying = scenario.buying
    return buying is not None and buying.recommendation_influence + buying.negative_influence > 0


def make_market(scenario: Any, people: People) -> Market:
    """The arrays about buying, reviews and answers.

    Parameters
    ----------
    scenario : resolved document
    people : People

    Returns
    -------
    Market
        That of `no_market` where the scenario has neither `buying` nor `campaign.response`.
    """
    market = no_market()
    if scenario.buying is not None:
        market = _selling(market, scenario, people)
    if scenario.campaign.response is not None:
        market = _answering(market, scenario.campaign.response, float(scenario.run.step))
    return market


def _selling(market: Market, scenario: Any, people: People) -> Market:
    """Purchases and reviews."""
    buying, segments = scenario.buying, scenario.audience.segments
    readiness = np.array([1.0, float(buying.customer_multiplier)])
    items = np.array([float(item.convert_multiplier) for item in scenario.items])
    convert = np.array([_own_or(s.convert_prob, buying.convert_prob) for s in segments])
    convert = np.minimum(convert[:, None, None] * readiness[:, None] * items, 1.0)
    weekly = np.array([_own_or(s.baseline_per_week, buying.baseline_per_week) for s in segments])
    bought = -np.expm1(-weekly * float(scenario.run.horizon) / 168.0)
    baseline = np.minimum(bought[:, None] * readiness, 1.0)
    score = np.arange(-127, 128) / 8.0
    good, bad = float(buying.recommendation_influence), float(buying.negative_influence)
    market = market._replace(
        counting=True,
        selling=True,
        customer=people.customer.astype(np.uint8),
        convert=np.ascontiguousarray(convert),
        baseline=np.ascontiguousarray(baseline),
        baseline_q=np.floor(2.0**32 * baseline + 0.5).astype(np.uint64),
        heard=np.exp(np.where(score >= 0, good, bad) * score),
        spoiled=np.exp(bad * np.minimum(score, 0.0)),
    )
    return market if buying.reviews is None else _reviewed(market, buying.reviews, float(scenario.run.step))


def _own_or(own: float | None, common: float) -> float:
    return float(common if own is None else own)


def _reviewed(market: Market, reviews: Any, step_hours: float) -> Market:
    """Reviews that buyers leave and that move later purchases."""
    known = reviews.positive if reviews.existing_positive is None else reviews.existing_positive
    begin = int(reviews.existing)
    positive = math.floor(begin * float(known) + 0.5)
    stars = 1.0 + 4.0 * np.arange(257) / 256.0
    new = np.arange(MOST_NEW_REVIEWS)
    return market._replace(
        review_q=np.array([coin(reviews.prob), coin(reviews.positive)], np.uint64),
        review_wait=min(math.floor(reviews.wait / step_hours + 0.5), lay.MAX_STEPS + 1),
        reviews=np.array([begin, positive], np.int64),
        volume=(1.0 + begin + new) ** float(reviews.volume_elasticity),
        valence=(stars / (1.0 + 4.0 * float(reviews.typical_positive))) ** float(reviews.valence_elasticity),
    )


def _answering(market: Market, response: Any, step_hours: float) -> Market:
    """Answers to complaints."""
    kept = 1.0 - float(response.damping)
    return market._replace(
        counting=True,
        answering=True,
        answer_q=np.array([coin(response.fraction_answered)], np.uint64),
        answer_wait=_waits(float(response.median_time), float(response.spread), step_hours),
        answered_weight=np.floor(8.0 * np.arange(256) / 255.0 * kept + 0.5).astype(np.int64),
        answered_share=kept,
    )


def _waits(median_hours: float, spread: float, step_hours: float) -> NDArray[np.int64]:
    """Steps until an answer: 4,096 mid-quantiles of a lognormal law (int64, ascending)."""
    steps = np.exp(np.minimum(spread * special.ndtri(_MIDDLE), 700.0)) * (median_hours / step_hours)
    return np.floor(np.minimum(steps, lay.MAX_STEPS + 1) + 0.5).astype(np.int64)


def without_paid_sharers(plan: Plan) -> Plan:
    """The world in which nobody is paid to share."""
    return without_asked(plan, plan.ask_paid == 0)


def without_asked(plan: Plan, kept: NDArray[np.bool_]) -> Plan:
    """The plan with only some of the people asked."""
    asked = plan.reaching.asked
    return plan._replace(
        reaching=plan.reaching._replace(asked=asked[kept] if asked.shape[0] else asked),
        ask_step=plan.ask_step[kept],
        ask_slot=plan.ask_slot[kept],
        ask_person=plan.ask_person[kept],
        ask_q=plan.ask_q[kept],
        ask_paid=plan.ask_paid[kept],
        ask_price=plan.ask_price[kept],
    )


def without_word_of_mouth(plan: Plan) -> Plan:
    """The world in which nobody is asked to share, nobody sees what others share, like or say, reviews included."""
    reaching = plan.reaching._replace(
        private_q=np.zeros(0, np.uint64),
        private_shown_q=np.zeros(0, np.uint64),
        private_most=np.zeros(0, np.int64),
        like_shown=np.zeros(0),
        comment_shown=np.zeros(0),
    )
    market = plan.market._replace(review_q=np.zeros(2, np.uint64))
    plan = without_asked(plan, np.zeros(plan.ask_paid.size, np.bool_))
    return plan._replace(visibility=np.zeros_like(plan.visibility), reaching=reaching, market=market)
