"""The rules of the game: what a platform changes, and what the campaign does about what it sees."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from viralsim.spec.fields import (
    DurationNumber,
    Hours,
    KindWord,
    Model,
    Multiplier,
    NumberField,
    Prob,
    Whole,
    about,
)

__all__ = ["PlatformEvent", "Rule", "Staff"]

_MONEY = Annotated[float, NumberField("non-negative", "US$", 1e12, certain=True)]
_LEAST = Annotated[int, Whole(1, 1_000_000_000)]
_SEEN = "Impressions there must be before the rate counts."


class PlatformEvent(Model):
    """A change of the platform's algorithm during the run."""

    at: Hours = about("When, from the start of the run.")
    organic_reach: Multiplier = about("Multiplies the reach of brand posts from then on.", 1.0, neutral=True)
    peer_visibility: Multiplier = about(
        "Multiplies the visibility of people's shares from then on.", 1.0, neutral=True
    )


class MoveBudget(Model):
    """The rest of the paid budget goes to the item that does best."""

    kind: Literal["move-budget"] = about("The rest of the paid budget goes to the item that does best.")
    at: Hours = about("When, from the start of the run.")
    least_impressions: _LEAST = about(_SEEN, 100, source="assumption")


class BoostItem(Model):
    """What does well is advertised."""

    kind: Literal["boost"] = about("A post that passes an engagement rate is advertised.")
    above: Prob = about("Engagement rate from which on, engagements per impression.")
    budget: _MONEY = about("US$ for each item on each platform that passes.")
    cpm: Annotated[float, NumberField("positive", "US$ per 1,000 impressions", 1e6)] | None = about(
        "Price of 1,000 displays. Default: the platform's.", None
    )
    duration: DurationNumber = about("How long it is advertised.", "48h", source="assumption")
    frequency_cap: Annotated[int, Whole(1, 255)] = about(
        "Most displays of it to one person.", 3, source="assumption"
    )
    share_multiplier: Multiplier = about(
        "Readiness to share what an ad showed, relative to a post of the brand.", 1.0, neutral=True
    )
    least_impressions: _LEAST = about(_SEEN, 100, source="assumption")


Rule = Annotated[Annotated[MoveBudget | BoostItem, Field(discriminator="kind")], KindWord()]


class Staff(Model):
    """Working time as a cost."""

    price_per_hour: Annotated[float, NumberField("non-negative", "US$ per hour", 1e6, certain=True)] = about(
        "Price of an hour's work.", 0.0, neutral=True
    )
    hours_per_post: Annotated[float, NumberField("non-negative", "hours", 1e6, certain=True)] = about(
        "Work for each post.", 0.0, neutral=True
    )
    hours_per_flight: Annotated[float, NumberField("non-negative", "hours", 1e6, certain=True)] = about(
        "Work for each paid flight.", 0.0, neutral=True
    )
