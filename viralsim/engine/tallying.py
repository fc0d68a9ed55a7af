"""From what the kernel counted, and the few facts kept of each draw, to the tallies that metrics read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.compiled import Compiled
from viralsim.engine.deliveries import mechanics_of, staff_costs
from viralsim.engine.sales import make_sales_tallies, sales_facts
from viralsim.kernels import layout as lay
from viralsim.kernels.reaching import N_EXTRA
from viralsim.metrics.tallies import Prices, Reaching, Tallies
from viralsim.spec.targets import targeted_segments

__all__ = ["draw_facts", "make_tallies"]


def draw_facts(compiled: Compiled) -> dict[str, Any]:
    """The few facts about a draw that the metrics need."""
    people, groups = compiled.audience.people, len(compiled.scenario.audience.segments)
    outside = compiled.world.account == 0
    return {
        "people": np.bincount(people.segment, minlength=groups),
        "excluded": np.bincount(people.segment[outside], minlength=groups),
        "fans": np.diff(compiled.world.fan_ptr)[: len(compiled.scenario.platforms)],
        "slots": compiled.slots,
        "times": compiled.times_hours,
        **sales_facts(compiled),
        "display_prices": compiled.plan.reaching.price,
        "cut": any(rates.cut for rates in compiled.rates),
    }


def make_tallies(
    plain: Any, columns: Mapping[str, NDArray[Any]], per_draw: Mapping[int, Mapping[str, Any]]
) -> Tallies:
    """The tallies of an ensemble.

    Parameters
    ----------
    plain : resolved document
    columns : mapping of str to array
        As the kernel filled them, one row per replicate.
    per_draw : mapping of draw to facts
        Of every draw, see `draw_facts`.
    """
    first, draws = per_draw[0], range(len(per_draw))
    replicates = columns["people"].shape[0]
    shape = len(first["slots"]), first["people"].size
    return Tallies(
        counts=columns["counts"].reshape(replicates, *shape, lay.N_COUNTS),
        people=columns["people"],
        curves=columns["curves"],
        trees=columns["trees"],
        generations=columns["generations"],
        tree_sizes=columns["tree_sizes"],
        draw=np.arange(replicates) % len(draws),
        items=tuple(item.id for item in plain.items),
        platforms=tuple(plain.platforms),
        segments=tuple(segment.name for segment in plain.audience.segments),
        slots=first["slots"],
        times_hours=first["times"],
        people_by_segment=np.stack([per_draw[d]["people"] for d in draws]),
        excluded_by_segment=np.stack([per_draw[d]["excluded"] for d in draws]),
        brand_followers=first["fans"],
        seed_cost=columns["seed_cost"],
        has_prices=any(s.has_price for s in plain.campaign.seeding),
        has_negative=any(item.negative > 0 or item.neutral > 0 for item in plain.items),
        prices=_prices(plain),
        sales=make_sales_tallies(plain, columns, per_draw, shape),
        reaching=_reaching(plain, columns, per_draw, shape),
        cut_draws=sum(per_draw[d]["cut"] for d in draws),
    )


def _reaching(
    plain: Any,
    columns: Mapping[str, NDArray[Any]],
    per_draw: Mapping[int, Mapping[str, Any]],
    shape: tuple[int, int],
) -> Reaching | None:
    """What was counted beyond posts and shares; None if the scenario has nothing of it."""
    has = mechanics_of(plain)
    if not has:
        return None
    segments = [segment.name for segment in plain.audience.segments]
    targets = [targeted_segments(flight.target, plain.audience.segments) for flight in plain.campaign.paid]
    everybody = not any(targets) or not all(targets)
    return Reaching(
        counts=columns["extra"].reshape(-1, *shape, N_EXTRA),
        delivered=columns["bought"],
        prices=np.stack([per_draw[d]["display_prices"] for d in range(len(per_draw))]),
        targeted=() if everybody else tuple(any(s in target for target in targets) for s in segments),
        has=has,
        rival=tuple(plain.items[i].brand is not None for i, _ in per_draw[0]["slots"])
        if "rivals" in has
        else (),
        staff=staff_costs(plain),
    )


def _prices(plain: Any) -> Prices:
    """The user's own prices for earned media value."""
    value = plain.value
    if value is None:
        return Prices()
    return Prices(**{name: getattr(value, name) for name in Prices.__dataclass_fields__})
