"""What sets an influencer's share apart from a friend's, and what it costs (docs/model.md, section 16)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from viralsim.spec.fields import (
    Items,
    KindWord,
    Model,
    Multiplier,
    NonNegative,
    NumberField,
    Positive,
    Whole,
    about,
)

__all__ = ["Influencer", "PriceBySize"]

_PRICE = NumberField("non-negative", "US$ per person who shares", 1e9)
_OF_DISCLOSURE = (
    "judgement between Liu and Zhao, Marketing Letters (37 studies: no clear effect on what people do), and "
    "InfluencerDB 2019 (sponsored posts 1.6 % likes per follower, others 1.9 %)"
)
_OF_SIZE = (
    "engagement by size on Instagram: TrendHERO 2021 (.17), HypeAuditor 2023 (.12), 2024 (.13), 2026 (.25); "
    "see docs/model.md, section 16; for other platforms an assumption"
)
_OF_FAKES = (
    "SRF Data 2017 (30 % of the followers of Swiss influencers); HypeAuditor 2021 (45 %, with inactive ones)"
)
_OF_PRICE = "the trade's rule of thumb, 100 US$ per 10,000 followers (as told to Later, 2021)"


class Disclosed(Model):
    """Marked as paid for, as the law of most countries asks."""

    kind: Literal["disclosed"] = about("Marked as paid for, as the law of most countries asks.")
    engagement: Multiplier = about(
        "Likes, comments, clicks and shares relative to the same post without the mark.",
        {"value": 0.9, "low": 0.75, "high": 1.0, "source": _OF_DISCLOSURE},
    )


class Hidden(Model):
    """Not marked; unlawful in most countries."""

    kind: Literal["hidden"] = about("Not marked, which is unlawful in most countries where a price is paid.")


class FallingEngagement(Model):
    """Engagement falls with the number of followers."""

    kind: Literal["falling"] = about("Engagement falls with the number of followers.")
    exponent: NonNegative = about(
        "Engagement is (followers / reference)^-exponent.",
        {"value": 0.17, "low": 0.12, "high": 0.25, "source": _OF_SIZE, "year": 2026},
    )
    reference: Positive | None = about(
        "Followers counted at which engagement is that of a friend's share. Default: the mean of the platform's "
        "accounts, counted with as many fakes.",
        None,
    )


class AnySize(Model):
    """Engagement does not depend on the number of followers."""

    kind: Literal["none"] = about("Engagement does not depend on the number of followers.")


Disclosure = Annotated[Annotated[Disclosed | Hidden, Field(discriminator="kind")], KindWord()]
SizeEffect = Annotated[Annotated[FallingEngagement | AnySize, Field(discriminator="kind")], KindWord()]


class Influencer(Model):
    """What sets an influencer's share apart from a friend's."""

    fit_exponent: NonNegative = about(
        "Topic fit: engagement is multiplied by the person's own affinity to the item's topic to this power.",
        0.0, neutral=True,
    )  # fmt: skip
    credibility: Multiplier = about(
        "Clicks and shares of those who notice it, relative to a friend's share.", 1.0, neutral=True
    )
    disclosure: Disclosure = about("Whether the post says that it is paid for.", {"kind": "disclosed"})
    fake_followers: Annotated[float, NumberField("probability", "part of the followers counted", 0.99)] = (
        about(
            "Part of the followers counted who are no people: paid for by size, never shown anything.",
            {"value": 0.3, "low": 0.1, "high": 0.45, "source": _OF_FAKES, "year": 2021},
        )
    )
    size: SizeEffect = about("How engagement depends on the number of followers.", {"kind": "falling"})


class NoPriceBySize(Model):
    """Everybody costs the same."""

    kind: Literal["none"] = about("Everybody costs the same.")


class PerFollower(Model):
    """So much per follower."""

    kind: Literal["per-follower"] = about("In proportion to the followers counted.")
    per_1000_followers: Annotated[
        float, NumberField("non-negative", "US$ per 1,000 followers counted", 1e9)
    ] = about(
        "US$ for each 1,000 followers counted.",
        10.0,
        source=_OF_PRICE,
    )


class Tier(Model):
    """A line of a rate card."""

    from_followers: Annotated[int, Whole(0, 10_000_000_000)] = about("From so many followers counted on.")
    price: Annotated[float, _PRICE] = about("US$ per person who shares.")


class RateCard(Model):
    """A price for each class of size."""

    kind: Literal["rate-card"] = about("A price for each class of size.")
    tiers: Annotated[Items[Tier], Field(min_length=1, max_length=100)] = about(
        "The classes; who has fewer followers than all of them costs nothing by size."
    )


PriceBySize = Annotated[
    Annotated[NoPriceBySize | PerFollower | RateCard, Field(discriminator="kind")], KindWord()
]
