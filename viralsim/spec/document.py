"""The whole scenario document, format version 1."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from viralsim.spec.audience import Audience
from viralsim.spec.buying import Buying
from viralsim.spec.campaign import Campaign
from viralsim.spec.fields import (
    Chosen,
    Hours,
    Identity,
    Items,
    Map,
    Model,
    NumberField,
    Start,
    Text,
    Whole,
    about,
)
from viralsim.spec.items import Item
from viralsim.spec.metric_names import METRIC_NAMES
from viralsim.spec.platforms import Platform

__all__ = ["FORMAT_VERSION", "Calibration", "Goal", "Run", "ScenarioDocument", "Value"]

FORMAT_VERSION = 1

# The user's own prices are chosen, not estimated: no bands.
_PRICE = NumberField("non-negative", "US$ each", 1e6, certain=True)
_PER_1000 = NumberField("non-negative", "US$ per 1,000", 1e6, certain=True)


class Goal(Model):
    """What would be a success."""

    metric: Annotated[str, Chosen(*METRIC_NAMES)] = about("Name of a metric.", results=False)
    at_least: Annotated[float, NumberField("non-negative", "the metric's unit", 1e15, certain=True)] = about(
        "Reached if the metric is at least this.", results=False
    )


class Value(Model):
    """The user's own prices: of what is sold, and for earned media value; what has none is not counted."""

    price: Annotated[float, _PRICE] | None = about("Price of a purchase.", None)
    margin: Annotated[float, _PRICE] | None = about(
        "Margin of a purchase: price less what it costs to serve.", None
    )
    repeat_purchases: Annotated[float, NumberField("non-negative", "purchases per buyer", 10_000.0)] = about(
        "Later purchases that a buyer is expected to make, counted in money only.", 0.0, neutral=True
    )

    per_1000_impressions: Annotated[float, _PER_1000] | None = about(
        "Worth of 1,000 earned impressions.", None
    )
    per_like: Annotated[float, _PRICE] | None = about("Worth of a like.", None)
    per_comment: Annotated[float, _PRICE] | None = about("Worth of a comment.", None)
    per_share: Annotated[float, _PRICE] | None = about("Worth of a share.", None)
    per_click: Annotated[float, _PRICE] | None = about("Worth of a click.", None)


_FACTOR = NumberField("positive", "number", 1000.0)


class Calibration(Model):
    """Factors that data can tell: stickiness, share probability, visibility and affinity are seen only as products.

    Their logarithms are what a calibration estimates (a band is drawn on the logarithm); 1 changes nothing.
    """

    owned: Annotated[float, _FACTOR] = about(
        "Factor of the exposure hazard of what the brand posts (and discovery shows of it).",
        1.0,
        neutral=True,
    )
    friend: Annotated[float, _FACTOR] = about(
        "Factor of the exposure hazard of what people share.", 1.0, neutral=True
    )
    paid: Annotated[float, _FACTOR] = about("Factor of the exposure hazard of ads.", 1.0, neutral=True)
    delay: Annotated[float, _FACTOR] = about(
        "Factor of the half-lives of platforms and of reaction delays.", 1.0, neutral=True
    )


class Run(Model):
    """How it is simulated."""

    start: Start = about("Date and hour at which the run starts, local to the audience.", "2026-03-02T09:00")
    horizon: Hours = about("How long is simulated.", "14d")
    step: Hours = about("Time step.", "15min")
    replicates: Annotated[int, Whole(1, 100_000_000)] = about("Simulated worlds.", 200)
    draws: Annotated[int, Whole(1, 1_000_000)] = about(
        "Sets of people, networks and uncertain numbers; replicates are dealt evenly over them.", 20
    )
    seed: Annotated[int, Whole(0, 2**63 - 1)] | None = about(
        "Seed of all randomness; 0 is a seed like any other. Default: drawn, recorded and printed.", None
    )


class ScenarioDocument(Model):
    """A scenario, format version 1. What is not written takes the default; what is not known is an error."""

    viralsim: Literal[1] = about("Version of the format: 1.")
    name: Identity | None = about("Short name. Default: the file's name.", None, results=False)
    title: Text | None = about("Title for people to read.", None, results=False)
    teaches: Text | None = about("What one learns from it.", None, results=False)
    sources: Items[Text] = about("Where the numbers come from.", (), results=False)
    audience: Audience = about("The people.")
    platforms: Annotated[Map[Identity, Platform], Field(min_length=1, max_length=8)] = about(
        "Platforms by name, 1 to 8."
    )
    items: Annotated[Items[Item], Field(min_length=1, max_length=16)] = about("Pieces of content, 1 to 16.")
    campaign: Campaign = about("What the brand does.", {})
    buying: Buying | None = about(
        "What makes people buy. Default: nothing is sold; with value.price or value.margin, all its defaults.",
        None,
    )
    goal: Goal | None = about("What would be a success.", None, results=False)
    value: Value = about("The user's own prices.", {})
    calibration: Calibration = about("Factors found by calibration.", {})
    run: Run = about("How it is simulated.", {})
    variants: Map[Identity, Map[str, Any]] = about(
        "Alternatives to compare: name -> what differs, nested or as dotted paths.", {}, results=False
    )

    @property
    def start(self) -> datetime.datetime:
        """Start of the run (datetime)."""
        return self.run.start
