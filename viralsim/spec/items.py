"""Items: pieces of content."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from viralsim.spec.fields import Identity, KindWord, Model, Multiplier, NumberField, Prob, Text, Whole, about

__all__ = ["Exponents", "Item", "Response"]

_PER_DISPLAY = NumberField("probability", "per display at the reference stickiness")
_AT = Annotated[int, Whole(1, 200)]
_EXPONENT = NumberField("non-negative", "exponent", 10.0)


class Independent(Model):
    """Every sharer noticed counts the same."""

    kind: Literal["independent"] = about("Every sharer noticed counts the same.")


class Saturating(Model):
    """Sharers beyond the k-th add nothing."""

    kind: Literal["saturating"] = about("Sharers beyond the k-th add nothing.")
    at: _AT = about("k, in distinct sharers noticed.")


class Peaked(Model):
    """Rises up to k sharers, then falls."""

    kind: Literal["peaked"] = about("Rises up to the k-th sharer, then falls (k/j)^2.")
    at: _AT = about("k, in distinct sharers noticed.")


class Threshold(Model):
    """Nothing before the k-th sharer: complex contagion."""

    kind: Literal["threshold"] = about("Nothing before the k-th sharer (complex contagion).")
    at: _AT = about("k, in distinct sharers noticed.")


Response = Annotated[
    Annotated[Independent | Saturating | Peaked | Threshold, Field(discriminator="kind")], KindWord()
]


class Exponents(Model):
    """Where affinity acts."""

    ranking: Annotated[float, _EXPONENT] = about("On being shown.", 0.0, neutral=True)
    notice: Annotated[float, _EXPONENT] = about("On being noticed.", 1.0)
    share: Annotated[float, _EXPONENT] = about("On sharing.", 0.0, neutral=True)


class Item(Model):
    """One piece of content."""

    id: Identity = about("Name by which posts and overrides speak of it; unique.")
    title: Text | None = about("Title for people to read.", None, results=False)
    brand: Identity | None = about("The competitor whose item it is. Default: the brand itself.", None)
    topic: Identity = about("Topic; segments may have an affinity to it.", "general")
    stickiness: Annotated[float, NumberField("probability", "notices per display")] = about(
        "Chance that a display is noticed, before affinity.", 0.35, source="assumption"
    )
    reference_stickiness: Annotated[float, NumberField("positive", "notices per display", 1.0)] = about(
        "The stickiness at which a display has the share, like, comment and click probabilities written; "
        "an item twice as sticky has twice as many of each.",
        0.35, source="assumption",
    )  # fmt: skip
    share_prob: Annotated[float, _PER_DISPLAY] | None = about(
        "In place of the platform's. If friend_share_prob is not given, it scales along.", None
    )
    friend_share_prob: Annotated[float, _PER_DISPLAY] | None = about("In place of the platform's.", None)
    like_prob: Annotated[float, _PER_DISPLAY] | None = about("In place of the platform's.", None)
    comment_prob: Annotated[float, _PER_DISPLAY] | None = about("In place of the platform's.", None)
    click_prob: Annotated[float, _PER_DISPLAY] | None = about("In place of the platform's.", None)
    convert_multiplier: Multiplier = about(
        "Multiplies the chance that a click on it ends in a purchase.", 1.0, neutral=True
    )
    negative: Annotated[float, NumberField("probability", "part of viewers")] = about(
        "Part of viewers whose view of it is negative.", 0.0, neutral=True
    )
    neutral: Annotated[float, NumberField("probability", "part of viewers")] = about(
        "Part of viewers whose view of it is neutral.", 0.0, neutral=True
    )
    negative_share_multiplier: Multiplier = about(
        "Readiness to share of somebody with a negative view, relative to a positive one.", 1.0, neutral=True
    )
    view_influence: Annotated[float, NumberField("non-negative", "log odds per close sharer", 100.0)] = about(
        "How strongly the views of those who passed it on move a person's view.", 0.0, neutral=True
    )
    fatigue: Prob = about(
        "Each earlier display to the same person lowers the chance of notice by this part.", 0.0, neutral=True
    )
    response: Response = about(
        "Readiness to share against the number of distinct sharers noticed.", {"kind": "independent"},
        source="assumption",
    )  # fmt: skip
    exponents: Exponents = about("Where affinity acts.", {}, neutral=True)
