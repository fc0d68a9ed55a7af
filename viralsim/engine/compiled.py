"""Compile: a scenario and one draw become the arrays the kernel works on (docs/model.md, sections 1 to 5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.audience import Audience, AudienceMaker, make_audience
from viralsim.engine.plan_arrays import make_plan
from viralsim.engine.rates import SlotRates, slot_rates
from viralsim.engine.world_arrays import make_world
from viralsim.errors import ScenarioError
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import layout as lay
from viralsim.kernels.layout import Plan, World
from viralsim.rng import derive
from viralsim.spec.resolving import resolve

__all__ = [
    "Compiled",
    "compile_draw",
    "draw_key",
    "run_key",
    "slots_of",
]

MOST_BINS = 200


@lru_cache(maxsize=1024)  # asked for by every replicate
def draw_key(seed: int, draw: int) -> int:
    """Key of a draw (docs/model.md, section 6)."""
    return derive(derive(derive(int(lay.ROOT), seed), lay.P_DRAW), draw)


def run_key(seed: int, draw: int, replicate: int) -> int:
    """Key of a replicate's luck."""
    return derive(derive(draw_key(seed, draw), lay.P_RUN), replicate)


@dataclass(frozen=True, slots=True)
class Compiled:
    """One draw of a scenario, ready to run."""

    scenario: Any  # resolved: every number plain
    audience: Audience
    world: World
    plan: Plan
    rates: tuple[SlotRates, ...]
    slots: tuple[tuple[int, int], ...]
    n_steps: int
    n_bins: int
    times_hours: NDArray[np.float64]
    key: int  # of the draw

    @property
    def n_segments(self) -> int:
        """Segments of the scenario, whether or not anybody is in them in this draw."""
        return len(self.scenario.audience.segments)


def slots_of(scenario: Any) -> tuple[tuple[int, int], ...]:
    """(item_idx, platform_idx) of every item on every platform where it can appear, items first.

    An item can appear where it is posted, advertised or people are asked to share it, and everywhere once
    people copy shares between platforms.
    """
    items = [item.id for item in scenario.items]
    platforms = list(scenario.platforms)
    campaign = scenario.campaign
    used = {(x.item, x.platform) for x in (*campaign.posts, *campaign.paid, *campaign.seeding)}
    copying = any(p.cross_post_prob > 0 for p in scenario.platforms.values())
    started = {item for item, _ in used}
    return tuple(
        (i, p)
        for i, item in enumerate(items)
        for p, platform in enumerate(platforms)
        if (item, platform) in used or (copying and item in started)
    )


def compile_draw(
    scenario: Any,
    seed: int,
    draw: int,
    graphs: Mapping[str, SocialGraph],
    fixed: bool = False,
    audience: Audience | None = None,
    maker: AudienceMaker | None = None,
    central: Mapping[str, Any] | None = None,
) -> Compiled:
    """Compile one draw of a scenario.

    Parameters
    ----------
    scenario : Scenario
    seed, draw : int
    graphs : mapping of platform name to SocialGraph
        The networks read from files (`networks.file_graphs`).
    fixed : bool
        Hold every uncertain number at its value.
    audience : Audience, optional
        Reuse the people and networks of this draw; made if None.
    maker : callable, optional
        Makes or finds the audience in place of `make_audience`.
    central : mapping of platform name to platform, optional
        Those whose central values the draw is held against (see `slot_rates`), where the scenario itself holds
        numbers that were drawn from their bands; by default the scenario's own.

    Raises
    ------
    ScenarioError
        If the audience cannot carry the scenario (more brand followers than accounts, ...).
    """
    plain = resolve(scenario, seed, draw, fixed=fixed)
    key = draw_key(seed, draw)
    audience = audience or (maker or make_audience)(plain, key, graphs)
    slots = slots_of(plain)
    if not slots:
        raise ScenarioError(
            "campaign: nothing is posted or advertised and nobody is asked to share; write posts, paid or seeding"
        )
    if len(slots) > lay.MAX_SLOTS:
        raise ScenarioError(f"campaign: {len(slots)} items on platforms; at most {lay.MAX_SLOTS} are allowed")
    n_steps = math.ceil(plain.run.horizon / plain.run.step - 1e-9)
    if n_steps > lay.MAX_STEPS:
        raise ScenarioError(
            f"run.step: {n_steps:,} steps to the horizon; at most {lay.MAX_STEPS:,}: use a longer step"
        )
    n_bins = min(n_steps, MOST_BINS)
    rates = slot_rates(plain, audience, slots, central or scenario.platforms, fixed and central is None)
    world = make_world(plain, audience, slots, key)
    plan = make_plan(plain, audience, world, slots, rates, n_steps, n_bins, key)
    ends = -(-np.arange(1, n_bins + 1) * n_steps // n_bins)
    times = np.asarray(ends * float(plain.run.step), np.float64)
    return Compiled(plain, audience, world, plan, rates, slots, n_steps, n_bins, times, key)
