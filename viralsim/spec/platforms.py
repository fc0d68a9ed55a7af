"""Platforms: who has an account, who is shown what, how fast, and what people do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from viralsim.spec.fields import (
    Chosen,
    DurationNumber,
    Identity,
    Items,
    KindWord,
    Map,
    Model,
    Multiplier,
    NumberField,
    Prob,
    Whole,
    about,
)
from viralsim.spec.following import Following
from viralsim.spec.networks import Network
from viralsim.spec.presets import PRESETS, filled
from viralsim.spec.rules import PlatformEvent

__all__ = ["BrandFollowers", "FollowerPick", "Platform", "Ranking", "Rhythm"]

_DISPLAY = "per display at the reference stickiness"
_Weight = Annotated[float, NumberField("non-negative", "activity", 1e6, certain=True)]
_FRIEND = "per display of a friend's share, at the reference stickiness"


class PickRandom(Model):
    """At random."""

    kind: Literal["random"] = about("At random.")


class PickMostFollowers(Model):
    """Those with the most followers."""

    kind: Literal["most-followers"] = about("Those with the most followers.")


class PickCustomers(Model):
    """Customers first, then by affinity."""

    kind: Literal["customers-and-affinity"] = about("Customers first, then by affinity to the items' topics.")


FollowerPick = Annotated[
    Annotated[PickRandom | PickMostFollowers | PickCustomers, Field(discriminator="kind")], KindWord()
]


class BrandFollowers(Model):
    """The brand's followers on a platform."""

    count: Annotated[int, Whole(0, 500_000_000)] = about(
        "Account holders in the audience who follow the brand.", 0, neutral=True
    )
    pick: FollowerPick = about("Who they are.", {"kind": "random"}, source="assumption")


class LognormalDisplay(Model):
    """Lognormal display delay."""

    kind: Literal["lognormal"] = about("A lognormal law; its scale is solved from half_life.")
    sigma: Annotated[float, NumberField("non-negative", "number", 5.0)] = about(
        "Standard deviation of the logarithm.", 1.5, source="assumption"
    )


class ExponentialDisplay(Model):
    """Exponential display delay."""

    kind: Literal["exponential"] = about("An exponential law; its scale is solved from half_life.")


class NoDisplayDelay(Model):
    """Everything is displayed in the next step."""

    kind: Literal["none"] = about("Everything is displayed in the next step; half_life is not used.")


DisplayDelay = Annotated[
    Annotated[LognormalDisplay | ExponentialDisplay | NoDisplayDelay, Field(discriminator="kind")], KindWord()
]


class NoReactionDelay(Model):
    """People share in the step after they notice."""

    kind: Literal["none"] = about("People share at once (in the next step).")


class LognormalReaction(Model):
    """Lognormal time from noticing to sharing."""

    kind: Literal["lognormal"] = about("A lognormal law.")
    median: DurationNumber = about(
        "Median time from noticing to sharing.", "30min",
        source="assumption (half of all reshares come within 41 min of the post, display included: SEISMIC 2015)",
    )  # fmt: skip
    sigma: Annotated[float, NumberField("non-negative", "number", 5.0)] = about(
        "Standard deviation of the logarithm.", 1.5, source="assumption"
    )


ReactionDelay = Annotated[
    Annotated[NoReactionDelay | LognormalReaction, Field(discriminator="kind")], KindWord()
]


class FlatRhythm(Model):
    """Viewers are equally active at all hours."""

    kind: Literal["flat"] = about("Viewers are equally active at all hours.")


class DailyRhythm(Model):
    """Viewers' activity by hour of the day."""

    kind: Literal["daily"] = about("Activity by hour of the day; only the proportions count.")
    hours: Annotated[
        Items[Annotated[float, NumberField("non-negative", "activity", 1e6, certain=True)]],
        Field(min_length=24, max_length=24),
    ] = about("24 numbers of at least 0, not all 0, from midnight to 23 h.")
    weekend: Multiplier = about("Multiplies Saturdays and Sundays.", 1.0, neutral=True)


Rhythm = Annotated[Annotated[FlatRhythm | DailyRhythm, Field(discriminator="kind")], KindWord()]


class NoBoost(Model):
    """No boost."""

    kind: Literal["none"] = about("Early engagement changes nothing.")


class EngagementBoost(Model):
    """Early engagement moves visibility."""

    kind: Literal["engagement"] = about("Engagement above the benchmark raises visibility, below lowers it.")
    benchmark: Annotated[float, NumberField("probability", "engagements per impression")] = about(
        "Engagement rate at which nothing changes."
    )
    strength: Annotated[float, NumberField("non-negative", "number", 100.0)] = about(
        "boost = 1 + strength x (rate / benchmark - 1), within 1/cap and cap."
    )
    cap: Annotated[float, NumberField("positive", "multiplier", 1000.0, least=1.0)] = about(
        "Limit of the boost, at least 1."
    )


Boost = Annotated[Annotated[NoBoost | EngagementBoost, Field(discriminator="kind")], KindWord()]


class Ranking(Model):
    """How the feed ranks; neutral by default."""

    tie_exponent: Annotated[float, NumberField("non-negative", "exponent", 10.0)] = about(
        "Visibility is multiplied by (tie / mean tie) to this power.", 0.0, neutral=True
    )
    boost: Boost = about("What early engagement does to visibility.", {"kind": "none"}, neutral=True)


class NoCounts(Model):
    """What others did is not seen."""

    kind: Literal["none"] = about("How many liked and shared changes nothing.")


class VisibleCounts(Model):
    """Likes and shares that all can see make others like and share."""

    kind: Literal["shown"] = about(
        "Likes and shares so far, seen by all, move how readily people like and share."
    )
    strength: Annotated[float, NumberField("non-negative", "number", 100.0)] = about(
        "Readiness is multiplied by 1 + strength x log(1 + (likes + shares) / reference)."
    )
    reference: Annotated[float, NumberField("positive", "likes and shares", 1e9)] = about(
        "Likes and shares that begin to impress.", 100.0, source="assumption"
    )
    most: Annotated[float, NumberField("positive", "multiplier", 1000.0, least=1.0)] = about(
        "Limit of the multiplier, at least 1.", 2.0, source="assumption"
    )


Counts = Annotated[Annotated[NoCounts | VisibleCounts, Field(discriminator="kind")], KindWord()]


class NoPrivateSharing(Model):
    """All shares are public."""

    kind: Literal["none"] = about("All shares are public.")


class ClosestSharing(Model):
    """Some shares are messages to the closest: dark social."""

    kind: Literal["closest"] = about(
        "Part of the shares are messages to one to three of the closest followers."
    )
    part: Prob = about("Part of shares that are private.")
    visibility: Prob = about(
        "Chance that one of those it is sent to is shown it.",
        0.9,
        source="assumption (a message is mostly opened)",
    )
    most: Annotated[int, Whole(1, 3)] = about("It goes to one up to so many people.", 3, source="assumption")


PrivateSharing = Annotated[
    Annotated[NoPrivateSharing | ClosestSharing, Field(discriminator="kind")], KindWord()
]


class NoDiscovery(Model):
    """The platform shows nothing to people who do not follow."""

    kind: Literal["none"] = about("Items are shown to nobody who does not follow the brand or a sharer.")


class Waves(Model):
    """A feed of items by accounts one does not follow, tried on few people first."""

    kind: Literal["waves"] = about("Waves to non-followers; the next grows with the last one's engagement.")
    first_wave: Annotated[int, Whole(1, 100_000_000)] = about(
        "Non-followers shown it in the first wave.", 300,
        source="assumption (a first audience of a few hundred is what practitioners report; platforms publish none)",
    )  # fmt: skip
    interval: DurationNumber = about("Length of a wave, after which it is judged.", "3h", source="assumption")
    benchmark: Annotated[float, NumberField("probability", "engagements per impression")] = about(
        "Engagement rate at which the next wave is as large as the last."
    )
    growth: Annotated[float, NumberField("positive", "multiplier", 1000.0)] = about(
        "Most that a wave can be, relative to the last.", 4.0, source="assumption"
    )
    most: Prob = about("Part of the non-followers that can be shown it.", 1.0, neutral=True)


Discovery = Annotated[Annotated[NoDiscovery | Waves, Field(discriminator="kind")], KindWord()]


class Platform(Model):
    """A social platform with a follower network of its own."""

    preset: Annotated[str, Chosen(*PRESETS)] | None = about(
        "Fills in, with bands and sources, every number that is not written.", None
    )
    access: Annotated[float, NumberField("probability", "accounts per person")] = about(
        "Chance that a person has an account here, for segments that do not say.", 1.0, neutral=True
    )
    network: Network = about("Who follows whom.", {"kind": "communities"}, source="assumption")
    brand_followers: BrandFollowers = about("The brand's followers here.", {}, neutral=True)
    organic_reach: Annotated[float, NumberField("probability", "displays per follower and post")] = about(
        "Chance that a brand post is shown to one follower."
    )
    peer_visibility: (
        Annotated[float, NumberField("probability", "displays per follower and share")] | None
    ) = about(
        "Chance that a person's share is shown to one of that person's followers. Of peer_visibility, "
        "friend_share_prob and reproduction_number exactly two are given; the third is solved on the graph.",
        None,
    )
    share_prob: Annotated[float, NumberField("probability", _DISPLAY)] = about(
        "Chance that somebody shown a brand post shares it."
    )
    friend_share_prob: Annotated[float, NumberField("probability", _FRIEND)] | None = about(
        "Chance that somebody shown a friend's share shares it.", None
    )
    reproduction_number: (
        Annotated[float, NumberField("non-negative", "new sharers per sharing person", 1000.0)] | None
    ) = about("Mean number of new sharers a sharing person causes in a fresh audience.", None)
    like_prob: Annotated[float, NumberField("probability", _DISPLAY)] = about(
        "Chance of a like.", 0.0, neutral=True
    )
    comment_prob: Annotated[float, NumberField("probability", _DISPLAY)] = about(
        "Chance of a public comment.", 0.0, neutral=True
    )
    click_prob: Annotated[float, NumberField("probability", _DISPLAY)] = about(
        "Chance of a click on the link.", 0.0, neutral=True
    )
    cross_post_prob: Prob = about(
        "Chance that somebody who shares here also shares the item on each other platform where they have "
        "an account.",
        0.0, neutral=True,
    )  # fmt: skip
    half_life: DurationNumber | None = about(
        "Time by which half of an owned post's impressions have come; the display delay is solved from it.",
        None,
    )
    display_delay: DisplayDelay = about(
        "Law of the time until a display.", {"kind": "lognormal"}, source="assumption"
    )
    reaction_delay: ReactionDelay = about(
        "Law of the time from noticing to sharing.", {"kind": "lognormal"}, source="assumption"
    )
    rhythm: Rhythm = about("When viewers are active.", {"kind": "flat"}, neutral=True)
    ranking: Ranking = about("How the feed ranks.", {}, neutral=True)
    events: Items[PlatformEvent] = about("What the platform changes during the run.", ())
    rivals: Map[Identity, BrandFollowers] = about(
        "Followers of competitors, by the competitor's name.", {}, neutral=True
    )
    private_sharing: PrivateSharing = about(
        "Shares that only the closest see and no platform reports (dark social).",
        {"kind": "none"},
        neutral=True,
    )
    visible_counts: Counts = about(
        "Whether how many liked and shared makes others do so (social proof).", {"kind": "none"}, neutral=True
    )
    like_visibility: Prob = about(
        "Chance that somebody's like shows the item to one of their followers.", 0.0, neutral=True
    )
    comment_visibility: Prob = about(
        "Chance that somebody's comment shows the item to one of their followers.", 0.0, neutral=True
    )
    following: Following = about(
        "Whether people begin to follow the brand and leave it during the run.",
        {"kind": "none"},
        neutral=True,
    )
    discovery: Discovery = about(
        "What the platform shows to people who do not follow.", {"kind": "none"}, neutral=True
    )
    cpm: Annotated[float, NumberField("positive", "US$ per 1,000 impressions", 1e6)] | None = about(
        "Price of 1,000 impressions bought as ads; `validate` says what the expected earned ones would cost.",
        None, results=False,
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, given: Any) -> Any:
        return filled(given) if isinstance(given, Mapping) else given
