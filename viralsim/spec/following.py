"""Followers of the brand won and lost during a run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from viralsim.spec.fields import KindWord, Model, NumberField, about

__all__ = ["Following"]


class NoFollowing(Model):
    """Who follows the brand stays as it is."""

    kind: Literal["none"] = about("Nobody begins to follow the brand and nobody leaves it.")


class WonAndLost(Model):
    """People begin to follow the brand, and leave it."""

    kind: Literal["won-and-lost"] = about(
        "Who notices the brand may follow it, and sees its later posts; followers may leave."
    )
    follow_prob_click: Annotated[float, NumberField("probability", "new followers per click")] = about(
        "Chance that somebody who clicks, and whose view is not negative, follows.", 0.03, source="assumption"
    )
    follow_prob_notice: Annotated[float, NumberField("probability", "new followers per noticed display")] = (
        about(
            "Chance that somebody who notices without a click, and whose view is not negative, follows.",
            0.001,
            source="assumption",
        )
    )
    unfollow_prob_negative: Annotated[float, NumberField("probability", "unfollows per noticed display")] = (
        about(
            "Chance that a follower who notices an item with a negative view leaves.",
            0.05,
            source="assumption",
        )
    )
    unfollow_prob_tired: Annotated[float, NumberField("probability", "unfollows per noticed post")] = about(
        "Chance that a follower whose patience is at an end leaves on noticing another post of the brand.",
        0.005,
        source="assumption",
    )
    patience_per_week: Annotated[float, NumberField("non-negative", "displays per person and week", 1e6)] = (
        about(
            "Displays of the brand's items, however they come, that a follower puts up with in a week.",
            10.0,
            source="assumption",
        )
    )


Following = Annotated[Annotated[NoFollowing | WonAndLost, Field(discriminator="kind")], KindWord()]
