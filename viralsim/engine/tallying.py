"""From the columns that kernels filled, and what is known of each draw, to the tallies that metrics read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.deliveries import mechanics_of, staff_costs
from viralsim.engine.sales import make_sales_tallies
from viralsim.kernels import layout as lay
from viralsim.kernels.reaching import N_EXTRA
from viralsim.metrics.tallies import Prices, Reaching, Tallies
from viralsim.spec.targets import targeted_segments

__all__ = ["make_tallies"]

Columns = Mapping[str, NDArray[Any]]


def make_tallies(
    plain: Any, columns: Columns, per_draw: Sequence[Mapping[str, Any]], replicates: int
) -> Tallies:
    """The tallies of an ensemble.

    Parameters
    ----------
    plain : resolved document
    columns : mapping of str to array
        As the kernel filled them, one row per replicate.
    per_draw : sequence of mapping
        Facts of each draw (`viralsim.engine.runs`).
    replicates : int
        Dealt over the draws in turn.
    """
    first = per_draw[0]
    n_slots, n_segments = len(first["slots"]), first["people"].size
    return Tallies(
        counts=columns["counts"].reshape(replicates, n_slots, n_segments, lay.N_COUNTS),
        people=columns["people"],
        curves=columns["curves"],
        trees=columns["trees"],
        generations=columns["generations"],
        tree_sizes=columns["tree_sizes"],
        draw=np.arange(replicates) % len(per_draw),
        items=tuple(item.id for item in plain.items),
        platforms=tuple(plain.platforms),
        segments=tuple(segment.name for segment in plain.audience.segments),
        slots=first["slots"],
        times_hours=first["times"],
        people_by_segment=np.stack([facts["people"] for facts in per_draw]),
        excluded_by_segment=np.stack([facts["excluded"] for facts in per_draw]),
        brand_followers=first["fans"],
        seed_cost=columns["seed_cost"],
        has_prices=any(s.has_price for s in plain.campaign.seeding),
        has_negative=any(item.negative > 0 or item.neutral > 0 for item in plain.items),
        prices=_prices(plain),
        sales=make_sales_tallies(plain, columns, dict(enumerate(per_draw)), (n_slots, n_segments)),
        reaching=_reaching(plain, columns, per_draw, replicates),
        cut_draws=sum(facts["cut"] for facts in per_draw),
    )


def _reaching(
    plain: Any, columns: Columns, per_draw: Sequence[Mapping[str, Any]], replicates: int
) -> Reaching | None:
    """What was counted beyond posts and shares; None if the scenario has nothing of it."""
    has = mechanics_of(plain)
    if not has:
        return None
    slots = per_draw[0]["slots"]
    segments = [segment.name for segment in plain.audience.segments]
    targets = [targeted_segments(flight.target, plain.audience.segments) for flight in plain.campaign.paid]
    everybody = not any(targets) or not all(targets)
    return Reaching(
        counts=columns["extra"].reshape(replicates, len(slots), len(segments), N_EXTRA),
        delivered=columns["bought"],
        prices=np.stack([facts["display_prices"] for facts in per_draw]),
        targeted=() if everybody else tuple(any(s in target for target in targets) for s in segments),
        has=has,
        rival=tuple(plain.items[i].brand is not None for i, _ in slots) if "rivals" in has else (),
        staff=staff_costs(plain),
    )


def _prices(plain: Any) -> Prices:
    """The user's own prices for earned media value."""
    value = plain.value
    if value is None:
        return Prices()
    return Prices(**{name: getattr(value, name) for name in Prices.__dataclass_fields__})
