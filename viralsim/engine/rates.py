"""Probabilities per slot, and the third of (visibility, friend share probability, R) solved on the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import ScenarioError
from viralsim.kernels.waves import wave_sums
from viralsim.spec.items import Item

if TYPE_CHECKING:
    from viralsim.engine.audience import Audience
    from viralsim.engine.networks import Network

__all__ = ["SlotRates", "Wave", "carried_part", "slot_rates"]

_CLOSE, _MOST_PASSES = 1e-10, 60  # how exactly R is met; passes over the network
REFERENCE_STICKINESS = float(Item.model_fields["reference_stickiness"].default)
"""Stickiness of the typical item to which a platform's own numbers refer."""


@dataclass(frozen=True, slots=True)
class SlotRates:
    """Probabilities of one item on one platform; `*_noticed` are per noticed display."""

    organic_reach: float
    visibility: float
    friend_share_prob: float  # per display at reference stickiness
    share_noticed: float
    friend_share_noticed: float
    like_noticed: float
    comment_noticed: float
    click_noticed: float
    cut: bool = False
    """Whether the platform's R as drawn was more than its network can carry, and was cut."""


def slot_rates(
    scenario: Any,
    audience: Audience,
    slots: tuple[tuple[int, int], ...],
    central: Mapping[str, Any],
    fixed: bool = False,
) -> tuple[SlotRates, ...]:
    """The probabilities of every slot.

    Parameters
    ----------
    scenario : resolved document
    audience : Audience
    slots : tuple of (item_idx, platform_idx)
    central : mapping of platform name to platform
        The platforms at their central values. An item twice as likely to be shared as is typical there (at the
        central value) is twice as likely to be shared by friends too. And an R that was drawn above what the network
        carries, while the central one is carried, is cut to what it carries.
    fixed : bool
        Whether `scenario` is at its central values itself: then nothing is cut, and what cannot be is an error.

    Raises
    ------
    ScenarioError
        If a network cannot carry the central R.
    """
    names = list(scenario.platforms)
    shown = [
        _shown(scenario.platforms[name], audience, p, name, None if fixed else central[name])
        for p, name in enumerate(names)
    ]
    typical = {name: float(platform.share_prob) for name, platform in central.items()}
    return tuple(_rates(scenario, names[p], shown[p], typical, i) for i, p in slots)


_Shown = tuple[float, float, bool]
"""V, s_f, and whether R was cut."""


def _shown(platform: Any, audience: Audience, p: int, name: str, central: Any) -> _Shown:
    """What a platform shows, solved once for an audience."""
    given = (_solved_together(platform), central and _solved_together(central))

    def wave() -> Wave:
        return audience.memo(f"wave {name}", (), lambda: Wave(audience.networks[p], audience.people.activity))

    return audience.memo(f"rates {name}", given, lambda: _carried(platform, wave, name, central))


def _solved_together(platform: Any) -> tuple[float | None, ...]:
    """The numbers of which one is solved from the others."""
    three = platform.peer_visibility, platform.friend_share_prob, platform.reproduction_number
    return tuple(None if number is None else float(number) for number in three)


def _carried(platform: Any, wave: Callable[[], Wave], name: str, central: Any) -> _Shown:
    """V and s_f; where a network carries the central R and not the drawn one, those of all that it carries."""
    drawn_off = central is not None and _solved_together(platform) != _solved_together(central)
    if (
        drawn_off
        and platform.reproduction_number
        and carried_part(platform, wave()) < 1.0 <= carried_part(central, wave())
    ):
        visibility, friend = platform.peer_visibility, platform.friend_share_prob
        return (
            1.0 if visibility is None else float(visibility),
            REFERENCE_STICKINESS if friend is None else float(friend),
            True,
        )
    return *visibility_and_friend(platform, wave, name), False


def _rates(scenario: Any, name: str, shown: _Shown, typical_share: Mapping[str, float], i: int) -> SlotRates:
    """The probabilities of item i on the platform `name`."""
    item, platform = scenario.items[i], scenario.platforms[name]
    reference = float(item.reference_stickiness)

    def per_noticed(prob: float) -> float:
        return min(prob / reference, 1.0)

    def own_or(name: str) -> float:
        own = getattr(item, name)
        return float(getattr(platform, name) if own is None else own)

    visibility, friend, cut = shown
    share = own_or("share_prob")
    if item.friend_share_prob is not None:
        friend = float(item.friend_share_prob)
    elif item.share_prob is not None and typical_share[name] > 0:
        friend = min(friend * share / typical_share[name], 1.0)
    return SlotRates(
        organic_reach=float(platform.organic_reach),
        visibility=visibility,
        friend_share_prob=friend,
        share_noticed=per_noticed(share),
        friend_share_noticed=per_noticed(friend),
        like_noticed=per_noticed(own_or("like_prob")),
        comment_noticed=per_noticed(own_or("comment_prob")),
        click_noticed=per_noticed(own_or("click_prob")),
        cut=cut,
    )


def visibility_and_friend(
    platform: Any, wave_of_network: Callable[[], Wave], name: str
) -> tuple[float, float]:
    """(V, s_f) of a platform, one of them solved from R where R is given (docs/model.md, section 7)."""
    visibility, friend, target = (
        platform.peer_visibility,
        platform.friend_share_prob,
        platform.reproduction_number,
    )
    if target is None:
        return float(visibility), float(friend)
    wave = wave_of_network()
    where = f"platforms.{name}.reproduction_number"
    if visibility is None:
        return _solve(lambda v: wave.reproduction(v, float(friend)), float(target), 1.0, where), float(friend)
    top = REFERENCE_STICKINESS
    return float(visibility), _solve(
        lambda s: wave.reproduction(float(visibility), s), float(target), top, where
    )


def carried_part(platform: Any, wave: Wave) -> float:
    """The largest R a network carries over the R a platform as drawn asks for; below 1 it is cut.

    Parameters
    ----------
    platform : resolved platform
    wave : Wave
        Of its network.

    Returns
    -------
    float
        Infinite where no R, or 0, is asked for.
    """
    target = platform.reproduction_number
    if not target:
        return float("inf")
    friend = REFERENCE_STICKINESS if platform.friend_share_prob is None else float(platform.friend_share_prob)
    visibility = 1.0 if platform.peer_visibility is None else float(platform.peer_visibility)
    return visibility * wave.at_full_visibility(friend) / float(target)  # R is linear in visibility


class Wave:
    """Mean offspring of the second generation of an even wave over a network.

    Parameters
    ----------
    network : Network
    activity : float32[n]
    """

    def __init__(self, network: Network, activity: NDArray[np.float32]):
        self.indptr, self.followers = _read_only(network.indptr), _read_only(network.followers)
        values, self.class_of = np.unique(activity, return_inverse=True)  # far fewer than people
        self.activity = values.astype(np.float64)
        self.followed = np.bincount(network.followers, minlength=activity.size).astype(np.float64)
        self._at_full_visibility: dict[float, float] = {}

    def at_full_visibility(self, friend: float) -> float:
        """R if every share is shown to all followers (kept for the next who asks)."""
        if friend not in self._at_full_visibility:
            self._at_full_visibility[friend] = self.reproduction(1.0, friend)
        return self._at_full_visibility[friend]

    def reproduction(self, visibility: float, friend: float) -> float:
        """R of docs/model.md, section 7, for a typical item (float)."""
        share = min(friend / REFERENCE_STICKINESS, 1.0 - 1e-12)
        rho = visibility * REFERENCE_STICKINESS * -np.expm1(np.log1p(-share) * self.activity)
        total, caused = wave_sums(self.indptr, self.followers, self.followed, rho[self.class_of])
        return float(caused / total) if total > 0 else 0.0


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    """A read-only view, whatever the array is: one type, so one compilation."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view


def _solve(reproduction: Callable[[float], float], target: float, top: float, where: str) -> float:
    """The x in [0, top] with reproduction(x) = target (reproduction grows with x)."""
    if target == 0.0:
        return 0.0
    largest = reproduction(top)
    if largest < target:
        raise ScenarioError(
            f"{where}: {target:g} cannot be reached on this network, at most {largest:.3g} even if everybody "
            "shares; give a smaller number, or give friend_share_prob and peer_visibility instead"
        )
    # Secants, halved where they leave the bracket. scipy.optimize finds the same and takes longer to load than a run.
    below, above = (0.0, -target), (top, largest - target)
    last, x = below, top * target / largest
    for _ in range(_MOST_PASSES):
        here = (x, reproduction(x) - target)
        if abs(here[1]) <= _CLOSE * target:
            break
        below, above = (here, above) if here[1] < 0.0 else (below, here)
        slope = (here[1] - last[1]) / (here[0] - last[0]) if here[0] != last[0] else 0.0
        last, x = here, here[0] - here[1] / slope if slope > 0.0 else -1.0
        if not below[0] < x < above[0]:
            x = (below[0] + above[0]) / 2
    return float(x)
