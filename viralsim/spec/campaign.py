"""What the brand does: posts, and people asked to share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from viralsim.spec.buying import BrandResponse
from viralsim.spec.fields import (
    AnyText,
    Hours,
    Identity,
    Items,
    KindWord,
    Map,
    Model,
    NumberField,
    PersonId,
    Prob,
    Whole,
    about,
)

__all__ = ["Campaign", "Pick", "Post", "Seeding"]

_PEOPLE = Annotated[int, Whole(0, 100_000_000)]
_MONEY = Annotated[float, NumberField("non-negative", "US$", 1e12, certain=True)]
_COUNT = "How many; or give a budget."
_BUDGET = "US$; as many as it pays for at the price per person: floor(budget / price)."


class Post(Model):
    """One entry of the content calendar."""

    item: Identity = about("The item posted.")
    platform: Identity = about("Where.")
    at: Hours = about("When, from the start of the run.", "0h")


class PickRandom(Model):
    """At random."""

    kind: Literal["random"] = about("At random.")
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickMostFollowers(Model):
    """Those with the most followers."""

    kind: Literal["most-followers"] = about("Those with the most followers.")
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickDegreeDiscount(Model):
    """Many followers, little overlap (Chen, Wang and Yang 2009)."""

    kind: Literal["degree-discount"] = about("Many followers, little overlap (Chen, Wang and Yang 2009).")
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickCore(Model):
    """The innermost of the network."""

    kind: Literal["k-core"] = about("The innermost of the network: highest core number, then most followers.")
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickSegment(Model):
    """At random from one segment."""

    kind: Literal["segment"] = about("At random from one segment.")
    segment: Identity = about("The segment.")
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickAttributes(Model):
    """At random from the segments with certain attributes."""

    kind: Literal["attributes"] = about("At random from the segments with certain attributes.")
    where: Annotated[Map[str, AnyText], Field(min_length=1)] = about(
        "Attributes and their values, all of which a segment must have."
    )
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickListed(Model):
    """People by name."""

    kind: Literal["listed"] = about("People by name.")
    people: Annotated[Items[PersonId], Field(min_length=1, max_length=100_000)] = about(
        "Ids as in the network's file, or numbers from 0 in a synthetic audience."
    )


Pick = Annotated[
    Annotated[
        PickRandom
        | PickMostFollowers
        | PickDegreeDiscount
        | PickCore
        | PickSegment
        | PickAttributes
        | PickListed,
        Field(discriminator="kind"),
    ],
    KindWord(),
]


class Seeding(Model):
    """People asked to share an item."""

    item: Identity = about("The item they are asked to share.")
    platform: Identity = about("Where.")
    at: Hours = about("When, from the start of the run.", "0h")
    pick: Pick = about("Who is asked.")
    price: Annotated[float, NumberField("non-negative", "US$ per person who shares", 1e9)] = about(
        "Paid to each person asked who shares; above 0 what their own share shows is paid, else earned.",
        0.0, neutral=True,
    )  # fmt: skip
    acceptance_prob: Prob = about("Chance that a person asked does share.", 1.0, neutral=True)


class Campaign(Model):
    """What the brand does."""

    posts: Items[Post] = about("Content calendar.", ())
    seeding: Items[Seeding] = about("People asked to share.", ())
    response: BrandResponse | None = about("How complaints are answered. Default: they are not.", None)
