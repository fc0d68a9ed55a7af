"""The audience: people, segments, activity, taste, attention."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from viralsim.spec.fields import (
    AnyText,
    Identity,
    Items,
    KindWord,
    Map,
    Model,
    Multiplier,
    NumberField,
    Switch,
    Whole,
    about,
)

__all__ = ["Activity", "Attention", "Audience", "Segment", "Taste"]

_Never = Annotated[float, NumberField("probability", "probability", 0.999)]
_NEVER = "Part of people who never share, whatever they see; the others are scaled so that the mean stays 1."


class Segment(Model):
    """A named group of people."""

    name: Identity = about("Name of the segment; unique.")
    fraction: Annotated[float, NumberField("probability", "part of the audience", certain=True)] = about(
        "Its part of the audience; the fractions of all segments sum to 1."
    )
    attributes: Map[str, AnyText] = about(
        "Free attributes (age, place, income, job, industry, interests): results are split by them, and people "
        "can be picked by them.",
        {},
    )  # fmt: skip
    access: Map[str, Annotated[float, NumberField("probability", "accounts per person")]] = about(
        "Chance that a person has an account, by platform; where not given, the platform's `access`.", {}
    )
    affinity: Map[str, Annotated[float, NumberField("multiplier", "multiplier", 1000.0)]] = about(
        "How much a topic matters to these people, by topic: multiplies the chance that a display is noticed.",
        {},
    )
    activity: Multiplier = about(
        "Multiplies these people's readiness to share; the mean over the audience stays as it comes out.",
        1.0, neutral=True,
    )  # fmt: skip
    customers: Annotated[float, NumberField("probability", "part of the segment")] = about(
        "Part who are customers already.", 0.0, neutral=True
    )
    convert_prob: Annotated[float, NumberField("probability", "purchases per click")] | None = about(
        "In place of buying.convert_prob.", None
    )
    baseline_per_week: (
        Annotated[float, NumberField("non-negative", "purchases per person and week", 100.0)] | None
    ) = about("In place of buying.baseline_per_week.", None)


class ConstantActivity(Model):
    """Everybody is equally ready to share."""

    kind: Literal["constant"] = about("Everybody is equally ready to share.")
    never_share: _Never = about(_NEVER, 0.0, neutral=True)


class GammaActivity(Model):
    """Readiness to share follows a gamma law of mean 1."""

    kind: Literal["gamma"] = about("A gamma law of mean 1 over people.")
    shape: Annotated[float, NumberField("positive", "number", 1e6, least=0.01)] = about(
        "Shape of the law; the smaller, the more unequal (below 1 most people rarely share).",
        0.7, source="assumption",
    )  # fmt: skip
    never_share: _Never = about(_NEVER, 0.0, neutral=True)


class LognormalActivity(Model):
    """Readiness to share follows a lognormal law of mean 1."""

    kind: Literal["lognormal"] = about("A lognormal law of mean 1 over people.")
    sigma: Annotated[float, NumberField("non-negative", "number", 4.0)] = about(
        "Standard deviation of the logarithm.", 1.0, source="assumption"
    )
    never_share: _Never = about(_NEVER, 0.0, neutral=True)


Activity = Annotated[
    Annotated[ConstantActivity | GammaActivity | LognormalActivity, Field(discriminator="kind")], KindWord()
]


class Taste(Model):
    """Latent taste per topic, so that homophily and influence can be told apart."""

    sigma: Annotated[float, NumberField("non-negative", "number", 4.0)] = about(
        "Spread of taste: affinity is multiplied by exp(sigma z - sigma^2/2), z standard normal; 0: none.",
        0.0, neutral=True,
    )  # fmt: skip
    tie_correlation: Annotated[float, NumberField("probability", "correlation over ties")] = about(
        "Correlation of the taste of two people with a tie between them.", 0.0, neutral=True
    )


class UnlimitedAttention(Model):
    """Displays do not compete for attention."""

    kind: Literal["unlimited"] = about("Displays do not compete for attention.")


class BudgetAttention(Model):
    """A person notices so many items a day, of which background items take a part."""

    kind: Literal["budget"] = about("A person notices only so many items a day.")
    notices_per_day: Annotated[float, NumberField("non-negative", "items per person and day", 10_000.0)] = (
        about("Items a person notices in a day, all in all (rounded to a whole number).")
    )
    background_per_day: Annotated[
        float, NumberField("non-negative", "items per person and day", 10_000.0)
    ] = about(
        "Mean number of other people's and brands' items noticed in a day; drawn for each person and day."
    )


Attention = Annotated[
    Annotated[UnlimitedAttention | BudgetAttention, Field(discriminator="kind")], KindWord()
]


class Audience(Model):
    """All people there are; people outside do not exist."""

    size: Annotated[int, Whole(2, 500_000_000)] | None = about(
        "People. May be left out if a network comes from a file: then the people of that file.", None
    )
    segments: Annotated[Items[Segment], Field(max_length=32)] = about(
        "Groups of people, at most 32; the fractions sum to 1. Default: one segment, everyone.",
        ({"name": "everyone", "fraction": 1.0},),
    )  # fmt: skip
    activity: Activity = about(
        "How unequally ready people are to share (mean 1).", {"kind": "gamma"}, source="assumption"
    )
    taste: Taste = about("Latent taste per topic, correlated along ties.", {}, neutral=True)
    influence: Switch = about(
        "false: what other people share is seen, but makes nobody share and moves no view (homophily alone).",
        True,
    )
    attention: Attention = about(
        "Whether displays compete for attention.", {"kind": "unlimited"}, neutral=True
    )
