"""What the brand does: posts, paid flights, and people asked to share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, create_model

from viralsim.spec.buying import BrandResponse
from viralsim.spec.fields import (
    AnyValues,
    Chosen,
    Hours,
    Identity,
    Items,
    KindWord,
    Map,
    Model,
    Multiplier,
    NumberField,
    PersonId,
    Prob,
    Target,
    Whole,
    about,
)
from viralsim.spec.influencers import Influencer, PriceBySize
from viralsim.spec.rules import Rule, Staff

__all__ = ["Campaign", "Flight", "Pick", "Post", "Seeding"]

_PEOPLE = Annotated[int, Whole(0, 100_000_000)]
_MONEY = Annotated[float, NumberField("non-negative", "US$", 1e12, certain=True)]
_COUNT = "How many; or give a budget."
_BUDGET = (
    "US$; as many as it pays for, in the order of the pick: floor(budget / price) where all cost the same."
)
_SIZE = Annotated[int, Whole(0, 10_000_000_000)]


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
    where: Annotated[Map[str, AnyValues], Field(min_length=1)] = about(
        "Attributes and their values, all of which a segment must have; of a list any will do."
    )
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickListed(Model):
    """People by name."""

    kind: Literal["listed"] = about("People by name.")
    people: Annotated[Items[PersonId], Field(min_length=1, max_length=100_000)] = about(
        "Ids as in the network's file, or numbers from 0 in a synthetic audience."
    )


class PickBetween(Model):
    """At random among people with so many followers."""

    kind: Literal["followers-between"] = about("At random among people with so many followers.")
    least: _SIZE = about("Followers counted, at least.", 0, neutral=True)
    most: _SIZE | None = about("Followers counted, at most. Default: any number.", None)
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickBetweenness(Model):
    """Those whom most shortest paths run through."""

    kind: Literal["betweenness"] = about(
        "Those whom most shortest paths run through, estimated (Geisberger et al. 2008); then most followers."
    )
    sources: Annotated[int, Whole(1, 100_000)] = about(
        "People from whom paths are counted, at random; all of them make it exact.", 64, source="assumption"
    )
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


class PickInfluence(Model):
    """Those expected to reach most together."""

    kind: Literal["influence-maximisation"] = about(
        "Those expected to reach most together: greedy on reverse-reachable sets (Tang, Tang, Xiao and Yuan 2018)."
    )
    count: _PEOPLE | None = about(_COUNT, None)
    budget: _MONEY | None = about(_BUDGET, None)


Pick = Annotated[
    Annotated[
        PickRandom
        | PickMostFollowers
        | PickDegreeDiscount
        | PickCore
        | PickBetween
        | PickBetweenness
        | PickInfluence
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
    price_by_size: PriceBySize = about(
        "Paid besides, by the number of followers.", {"kind": "none"}, neutral=True
    )
    acceptance_prob: Prob = about("Chance that a person asked does share.", 1.0, neutral=True)
    influencer: Influencer | None = about(
        "What sets their share apart from a friend's. Default: nothing, disclosed or not; {} takes all defaults.",
        None,
    )

    @property
    def has_price(self) -> bool:
        """Whether anybody can be paid (bool)."""
        return self.price > 0 or self.price_by_size.kind != "none"


if TYPE_CHECKING:
    _Times = Model
else:  # `from` is a word of Python's own, so these fields cannot be written in a class
    _Times = create_model(
        "_Times",
        __base__=Model,
        **{
            "from": (Hours, about("When it begins, from the start of the run.", "0h")),
            "to": (Hours | None, about("When it ends. Default: with the run.", None)),
        },
    )


class Flight(_Times):
    """Ads: displays of an item, bought."""

    item: Identity = about("The item shown.")
    platform: Identity = about("Where.")
    budget: _MONEY = about(
        "US$; buys floor(1000 budget / cpm) displays, and what is shown is what is paid for."
    )
    cpm: Annotated[float, NumberField("positive", "US$ per 1,000 impressions", 1e6)] | None = about(
        "Price of 1,000 displays. Default: the platform's.", None
    )
    target: Target = about(
        "Whose people may be shown it: a list of segments, or attributes and their values, all of which a segment must "
        "have (of a list of values any will do). Default: everybody.",
        (),
    )
    frequency_cap: Annotated[int, Whole(1, 255)] = about(
        "Most displays of this flight to one person.", 3, source="assumption"
    )
    pacing: Annotated[str, Chosen("even", "fast")] = about(
        "even: over the whole flight, as viewers are active; fast: at once, each person at most once an hour.",
        "even",
    )
    share_multiplier: Multiplier = about(
        "Readiness to share what an ad showed, relative to a post of the brand.", 1.0, neutral=True
    )

    @property
    def begin_hours(self) -> float:
        """When it begins (float, hours from the start of the run)."""
        return float(getattr(self, "from"))

    @property
    def end_hours(self) -> float:
        """When it ends (float, hours from the start of the run; inf: with the run)."""
        end = getattr(self, "to", None)
        return float("inf") if end is None else float(end)


class Campaign(Model):
    """What the brand does."""

    posts: Items[Post] = about("Content calendar.", ())
    paid: Items[Flight] = about("Paid flights: ads.", ())
    rules: Items[Rule] = about("What is done about how items do.", ())
    staff: Staff = about("Working time as a cost.", {}, neutral=True)
    seeding: Items[Seeding] = about("People asked to share.", ())
    response: BrandResponse | None = about("How complaints are answered. Default: they are not.", None)
