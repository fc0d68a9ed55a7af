"""The same worlds with channels switched off: what was bought with only some of owned, paid and earned media."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.compiled import Compiled
from viralsim.engine.market import without_asked
from viralsim.engine.replicates import last_events, last_touches, run_replicates
from viralsim.engine.touches import make_touches
from viralsim.kernels.layout import Plan, Scratch, Tally
from viralsim.kernels.market import D_BASELINE, D_PURCHASES, N_DEALS
from viralsim.metrics.attribution import RULES, credit
from viralsim.metrics.columns import Floats

__all__ = ["CHANNELS", "credited", "only", "purchases_by_world"]

CHANNELS = ("owned", "paid", "earned")
"""Bit k of a world's number says whether channel k is on."""


def only(plan: Plan, owned: bool, paid: bool, earned: bool) -> Plan:
    """The plan with some channels switched off, everything else (people, luck, reviews at the start) as it is.

    Owned: the brand's posts, and what discovery makes of them. Paid: flights and people paid to share. Earned: what
    people share, show or review without being paid. Where paid people may share but earned media is off, what they
    show is seen and nobody passes it on.
    """
    none = np.zeros(0, np.int64)
    if not owned:
        plan = plan._replace(post_step=none, post_slot=none, post_ordinal=none)
    if not paid:
        flights = plan.reaching.discovery == 0
        displays = np.where(flights, 0, plan.reaching.displays)
        plan = without_asked(plan, plan.ask_paid == 0)
        plan = plan._replace(reaching=plan.reaching._replace(displays=displays))
    if not earned:
        silent = np.zeros_like(plan.hazard_friend)
        shown = plan.reaching.like_shown
        plan = without_asked(plan, plan.ask_paid == 1)
        plan = plan._replace(
            hazard_friend=silent,
            hazard_post=silent,
            market=plan.market._replace(review_q=np.zeros_like(plan.market.review_q)),
            reaching=plan.reaching._replace(
                like_shown=np.zeros_like(shown), comment_shown=np.zeros_like(plan.reaching.comment_shown)
            ),
        )
    return plan


def purchases_by_world(
    compiled: Compiled, run_keys: NDArray[np.uint64], scratch: Scratch | None = None
) -> tuple[NDArray[np.int64], Scratch]:
    """Purchases of the same replicates in each of the eight worlds with some channels on.

    Parameters
    ----------
    compiled : Compiled
    run_keys : uint64[R]
    scratch : Scratch, optional
        Reused if given.

    Returns
    -------
    int64[R, 8], Scratch
        Column w: channel k is on iff bit k of w is set. Column 0 is the world without the campaign.
    """
    found = np.empty((run_keys.size, 8), np.int64)
    for world in range(7, 0, -1):
        plan = only(compiled.plan, *(bool(world >> k & 1) for k in range(3)))
        tally, scratch = run_replicates(compiled.world, plan, run_keys, scratch, compiled.n_segments)
        found[:, world] = _deals(tally, run_keys.size, D_PURCHASES)
        if world == 7:
            found[:, 0] = _deals(tally, run_keys.size, D_BASELINE)
    assert scratch is not None
    return found, scratch


def _deals(tally: Tally, replicates: int, column: int) -> NDArray[np.int64]:
    """One kind of deal per replicate, over slots and segments."""
    deals: NDArray[np.int64] = tally.deals.reshape(replicates, -1, N_DEALS)[:, :, column].sum(axis=1)
    return deals


def credited(compiled: Compiled, run_keys: NDArray[np.uint64]) -> Iterator[Floats]:
    """What the rules of attribution claim, replicate by replicate: float64[4, 4] of `viralsim.metrics.attribution`."""
    scratch: Scratch | None = None
    for k in range(run_keys.size):
        _, scratch = run_replicates(
            compiled.world, compiled.plan, run_keys[k : k + 1], scratch, compiled.n_segments, touches=4096
        )
        touch, bought = last_touches(scratch)
        touches = make_touches(compiled, last_events(scratch), touch, bought)
        found = credit(touches.person, touches.origin, touches.buyer, touches.so_far, len(CHANNELS))
        assert found.shape == (len(RULES), len(CHANNELS) + 1)
        yield found
