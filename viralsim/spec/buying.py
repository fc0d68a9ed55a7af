"""Buying: what makes people buy, the reviews they leave, and the brand's answers to complaints."""

from __future__ import annotations

from typing import Annotated

from viralsim.spec.fields import Hours, Model, Multiplier, NumberField, Prob, Whole, about

__all__ = ["BrandResponse", "Buying", "Reviews"]

_LOG_ODDS = NumberField("non-negative", "log odds per close sharer", 20.0)
_ELASTICITY = NumberField("non-negative", "elasticity", 5.0)
YOU_2015 = "You, Vadakkepatt and Joshi 2015, A meta-analysis of electronic word-of-mouth elasticity"


class Reviews(Model):
    """Reviews that buyers leave and later prospects read."""

    prob: Prob = about("Chance that a buyer leaves a review.", 0.05, source="assumption")
    positive: Prob = about("Chance that a review is positive.", 0.8, source="assumption")
    wait: Hours = about("From the purchase to the review.", "7d", source="assumption")
    existing: Annotated[int, Whole(0, 100_000_000)] = about("Reviews that can be read from the start.", 0)
    typical_positive: Prob = about(
        "Positive part of the reviews of a typical product: with as many, valence does nothing.",
        0.8, source="assumption",
    )  # fmt: skip
    existing_positive: Prob | None = about("The positive part of them; default: as new ones.", None)
    volume_elasticity: Annotated[float, _ELASTICITY] = about(
        "Purchases at a click grow as (1 + reviews) to this power; buying.convert_prob is that without reviews.",
        0.236,
        source=YOU_2015,
    )
    valence_elasticity: Annotated[float, _ELASTICITY] = about(
        "Purchases at a click grow as the mean number of stars (1 or 5 each) to this power.",
        0.417, source=YOU_2015,
    )  # fmt: skip


class Buying(Model):
    """People buy: after a click, and without any campaign. Everybody buys at most once within the run."""

    convert_prob: Annotated[float, NumberField("probability", "purchases per click")] = about(
        "Chance that a click of a prospect ends in a purchase; a segment may have its own.",
        0.02, source="assumption",
    )  # fmt: skip
    baseline_per_week: Annotated[
        float, NumberField("non-negative", "purchases per person and week", 100.0)
    ] = about(
        "Purchases that would happen without any campaign; a segment may have its own.", 0.0, neutral=True
    )
    customer_multiplier: Multiplier = about(
        "Readiness to buy of somebody who is a customer already, relative to a prospect.", 1.0, neutral=True
    )
    recommendation_influence: Annotated[float, _LOG_ODDS] = about(
        "What a close friend who shared it with a positive view adds to the log odds of a purchase at a click.",
        0.7, source="assumption",
    )  # fmt: skip
    negative_influence: Annotated[float, _LOG_ODDS] = about(
        "What a close friend who shared it with a negative view takes from the log odds of any purchase.",
        0.7, source="assumption",
    )  # fmt: skip
    reviews: Reviews | None = about(
        "Reviews that buyers leave and later prospects read. Default: none.", None
    )


class BrandResponse(Model):
    """The brand answers complaints; it never deletes them."""

    fraction_answered: Annotated[float, NumberField("probability", "part of complaints")] = about(
        "Part of complaints that are answered.", 0.7, source="assumption"
    )
    median_time: Annotated[float, NumberField("duration", "hours", 8760.0)] = about(
        "Median time to the answer.", "4h", source="assumption"
    )
    spread: Annotated[float, NumberField("non-negative", "number", 4.0)] = about(
        "Standard deviation of the logarithm of that time.", 1.0, source="assumption"
    )
    damping: Annotated[float, NumberField("probability", "part of the complaint's force")] = about(
        "What an answer takes from what the complaint does from then on; 1: all of it.",
        0.5,
        source="assumption",
    )
