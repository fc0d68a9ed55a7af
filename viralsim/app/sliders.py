"""Which numbers of a scenario a person can move, how far, and how they are read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from viralsim.spec import Scenario
from viralsim.spec.uncertain import Uncertain, plain_number

__all__ = ["POSITIONS", "Slider", "sliders_of"]

POSITIONS = 200
"""A slider has the positions 0 to POSITIONS."""


@dataclass(frozen=True, slots=True)
class Slider:
    """One number that can be moved.

    Parameters
    ----------
    path : str
        Of the override, by ids: ``items.film.share_prob``.
    label, help : str
        In plain words: what it is, per what.
    low, high : float
        Ends.
    value : float
        What the scenario says.
    band : tuple of float or None
        5th and 95th percentile where the scenario leaves it open.
    form : {"percent", "number", "count"}
        How it is shown.
    logarithmic : bool
        Equal steps are equal factors; 0 is the first position where `low` is 0.
    """

    path: str
    label: str
    help: str
    low: float
    high: float
    value: float
    band: tuple[float, float] | None
    form: str
    logarithmic: bool

    def at(self, position: int) -> float:
        """The value at a position 0 to POSITIONS, rounded to three digits (counts to whole numbers).

        Examples
        --------
        >>> Slider("items.a.stickiness", "", "", 0.0, 1.0, 0.35, None, "percent", False).at(70)
        0.35
        """
        part = min(max(position, 0), POSITIONS) / POSITIONS
        if part >= 1.0:
            return self._round(self.high)
        if not self.logarithmic:
            return self._round(self.low + part * (self.high - self.low))
        if self.low == 0.0 and position <= 0:
            return 0.0
        bottom = self._bottom
        return self._round(bottom * (self.high / bottom) ** part)

    def position_of(self, value: float) -> int:
        """The position nearest to a value."""
        if not self.logarithmic:
            part = (value - self.low) / (self.high - self.low)
        elif value <= 0.0:
            return 0
        else:
            part = math.log(max(value, self._bottom) / self._bottom) / math.log(self.high / self._bottom)
        position = round(POSITIONS * min(max(part, 0.0), 1.0))
        return max(position, 1) if self.logarithmic and self.low == 0.0 else position

    def text(self, value: float) -> str:
        """A value as people read it.

        Examples
        --------
        >>> slider = Slider("items.a.share_prob", "", "", 0.0, 0.2, 0.003, None, "percent", True)
        >>> slider.text(0.003)
        '0.3 %'
        """
        if self.form == "percent":
            return f"{_three_digits(100.0 * value)} %"
        return f"{round(value):,}" if self.form == "count" else _three_digits(value)

    def band_text(self) -> str:
        """What the scenario says, with its band."""
        said = self.text(self.value)
        return f"{said} ({self.text(self.band[0])} to {self.text(self.band[1])})" if self.band else said

    @property
    def _bottom(self) -> float:
        """The lowest value above 0 on a logarithmic slider."""
        return self.low if self.low > 0.0 else self.high / 1e4

    def _round(self, value: float) -> float:
        if self.form == "count":
            return float(round(value)) if value < 100 else float(f"{value:.2g}")
        return float(f"{value:.3g}")


def _three_digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a field becomes a slider."""

    label: str
    help: str
    high: float
    form: str = "percent"
    logarithmic: bool = True
    low: float = 0.0


_ITEM = {
    "share_prob": _Kind(
        "Shared by those shown the post", "Chance that somebody shown the brand's post shares it", 0.1
    ),
    "stickiness": _Kind(
        "Noticed", "Chance that a display is noticed at all (stickiness)", 1.0, logarithmic=False
    ),
    "negative": _Kind("Disliked", "Part of viewers whose view is negative", 1.0, logarithmic=False),
    "fatigue": _Kind(
        "Wears out", "Each earlier display lowers the chance of notice by", 1.0, logarithmic=False
    ),
}
_PLATFORM = {
    "reproduction_number": _Kind(
        "Word of mouth R", "New sharers that each sharing person causes, while the audience is fresh", 2.0,
        "number", logarithmic=False,
    ),
    "organic_reach": _Kind(
        "Followers who see a post", "Chance that a brand post is shown to one of its followers", 1.0
    ),
}  # fmt: skip


def sliders_of(scenario: Scenario) -> tuple[Slider, ...]:
    """The numbers that matter most in a scenario, most telling first.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    tuple of Slider
        For the first item and each platform it is posted on; numbers that the scenario does not use are left out.
    """
    found: list[Slider] = []
    for name, platform in _platforms_in_use(scenario):
        where = f" on {name}" if len(scenario.platforms) > 1 else ""
        if platform.reproduction_number is not None:
            kind, value = _PLATFORM["reproduction_number"], platform.reproduction_number
            found.append(_slider(f"platforms.{name}.reproduction_number", kind, value, where))
    found += _item_sliders(scenario)
    for name, platform in _platforms_in_use(scenario):
        where = f" on {name}" if len(scenario.platforms) > 1 else ""
        if platform.brand_followers.count:
            kind, value = _PLATFORM["organic_reach"], platform.organic_reach
            found.append(_slider(f"platforms.{name}.organic_reach", kind, value, where))
    found += _seeding_sliders(scenario)
    found += _paid_sliders(scenario)
    found += _follower_sliders(scenario)
    return tuple(found)


def _platforms_in_use(scenario: Scenario) -> list[tuple[str, Any]]:
    entries: list[Any] = [*scenario.campaign.posts, *scenario.campaign.paid, *scenario.campaign.seeding]
    used = {entry.platform for entry in entries}
    return [(name, platform) for name, platform in scenario.platforms.items() if name in used]


def _item_sliders(scenario: Scenario) -> list[Slider]:
    """Of the first item: what it says, or what the platform says in its place."""
    item = scenario.items[0]
    in_use = _platforms_in_use(scenario)
    written = item.share_prob if item.share_prob is not None else None
    if written is None and in_use:
        written = in_use[0][1].share_prob
    values = {
        "share_prob": written,
        "stickiness": item.stickiness,
        "negative": item.negative,
        "fatigue": item.fatigue if item.fatigue > 0 else None,
    }
    kinds = {**_ITEM, "negative": replace(_ITEM["negative"], high=1.0 - float(item.neutral))}
    return [
        _slider(f"items.{item.id}.{name}", kinds[name], value)
        for name, value in values.items()
        if value is not None
    ]


def _seeding_sliders(scenario: Scenario) -> list[Slider]:
    """How many people are asked, or the money for them, entry by entry."""
    found = []
    for index, entry in enumerate(scenario.campaign.seeding):
        path = f"campaign.seeding.{index}.pick"
        count, budget = getattr(entry.pick, "count", None), getattr(entry.pick, "budget", None)
        if count:
            kind = _Kind("People asked to share", f"Who: {entry.pick.kind}", 200.0, "count", low=1.0)
            found.append(_slider(f"{path}.count", kind, count))
        elif budget:
            each = f"{entry.price:g} each" if entry.price_by_size.kind == "none" else "priced by followers"
            kind = _Kind("Money for people asked", f"US$; {each}", 20_000.0, "count", low=1.0)
            found.append(_slider(f"{path}.budget", kind, budget))
    return found


def _paid_sliders(scenario: Scenario) -> list[Slider]:
    """Money for ads, flight by flight."""
    found = []
    for index, flight in enumerate(scenario.campaign.paid):
        where = f" on {flight.platform}" if len(scenario.platforms) > 1 else ""
        kind = _Kind("Money for ads", "US$ in all, for impressions bought", 20_000.0, "count", low=1.0)
        found.append(_slider(f"campaign.paid.{index}.budget", kind, flight.budget, where))
    return found


def _follower_sliders(scenario: Scenario) -> list[Slider]:
    """Followers of the brand; at most a third of the people, so that everyone can be found."""
    found = []
    people = scenario.audience.size or 0
    for name, platform in _platforms_in_use(scenario):
        count = platform.brand_followers.count
        if count and people:
            where = f" on {name}" if len(scenario.platforms) > 1 else ""
            kind = _Kind(
                "The brand's followers",
                "Within the audience",
                max(float(count), people / 3),
                "count",
                low=10.0,
            )
            found.append(_slider(f"platforms.{name}.brand_followers.count", kind, count, where))
    return found


def _slider(path: str, kind: _Kind, value: float, where: str = "") -> Slider:
    band = (value.low, value.high) if isinstance(value, Uncertain) and value.has_band else None
    return Slider(
        path=path,
        label=kind.label + where,
        help=kind.help,
        low=kind.low,
        high=max(kind.high, float(value)),
        value=float(value),
        band=band,  # type: ignore[arg-type]
        form=kind.form,
        logarithmic=kind.logarithmic,
    )


def settings_of(sliders: Iterable[Slider], chosen: Mapping[str, float]) -> dict[str, float | int]:
    """Overrides for the sliders that were moved; counts as whole numbers, unknown paths left out."""
    allowed = {slider.path: slider for slider in sliders}
    found: dict[str, float | int] = {}
    for path, value in chosen.items():
        slider = allowed.get(path)
        if slider is None or not math.isfinite(value):
            continue
        inside = min(max(value, slider.low), slider.high)
        found[path] = round(inside) if slider.form == "count" else plain_number(inside)
    return found
