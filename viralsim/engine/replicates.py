"""Run replicates of one compiled draw, enlarging the working memory as needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.scratch import capacities, grown, make_scratch, make_tally
from viralsim.kernels import layout as lay
from viralsim.kernels import single, spread
from viralsim.kernels.layout import Plan, Scratch, Tally, World
from viralsim.kernels.market import SIZE_PURCHASE, SIZE_TOUCH

__all__ = ["Events", "is_single", "last_events", "last_touches", "run_replicates"]


@dataclass(frozen=True, slots=True)
class Events:
    """What was published in one replicate, in order of time: E events, brand posts included.

    Parameters
    ----------
    who : int64[E]
        Person, or -1 - ordinal of a post.
    slot, step, cause, kind, polarity, node : int64[E]
        `cause`: position of the event that made the person share, or that was copied, -1 if none;
        `kind`: one of viralsim.kernels.layout.KIND_*; `node`: in the share trees, -1 for posts.
    first_shares : int64[nodes]
        The event that made each node.
    parents : int64[nodes]
        The node of each node's parent, which stands before it, or -1.
    """

    who: NDArray[np.int64]
    slot: NDArray[np.int64]
    step: NDArray[np.int64]
    cause: NDArray[np.int64]
    kind: NDArray[np.int64]
    polarity: NDArray[np.int64]
    node: NDArray[np.int64]
    first_shares: NDArray[np.int64]
    parents: NDArray[np.int64]


def run_replicates(
    world: World,
    plan: Plan,
    run_keys: NDArray[np.uint64],
    scratch: Scratch | None = None,
    n_segments: int | None = None,
    touches: int = 1,
) -> tuple[Tally, Scratch]:
    """Run replicates of one draw, enlarging the working memory as needed.

    Parameters
    ----------
    world, plan : World, Plan
    run_keys : uint64[R]
    scratch : Scratch, optional
        Reused if given; the one in use at the end is returned.
    n_segments : int, optional
        Segments to count by; those seen in `world` if None.
    touches : int
        Above 1: record what is noticed and bought (of one replicate), in a list that begins with so many rows.

    Returns
    -------
    Tally, Scratch
        The columns, and the working memory as the last replicate left it.
    """
    sizes = {**capacities(world, plan), "touches": touches} if scratch is None else _sizes_of(scratch)
    scratch = make_scratch(world, plan, sizes, n_segments) if scratch is None else scratch
    n_segments = scratch.counts.size // (plan.slot_item.size * lay.N_COUNTS)
    n_bins = int(plan.bin_of_step[-1]) + 1
    tally = make_tally(plan, n_segments, n_bins, run_keys.size)
    kernel = single if is_single(plan) else spread
    done = 0
    while done < run_keys.size:
        done = kernel.run_block(world, plan, scratch, tally, run_keys, done)
        if done < run_keys.size:
            sizes = grown(sizes, int(scratch.size[lay.SIZE_FAILED]))
            scratch = make_scratch(world, plan, sizes, n_segments)
            for column in tally:
                column[done] = 0
    return tally, scratch


def is_single(plan: Plan) -> bool:
    """Whether `viralsim.kernels.single` can run a draw: one item on one platform, and none of the mechanics below.

    Those are flights and discovery, private shares, likes and comments that others see, competitors, influencers,
    followers won and lost, buying and answers, limited attention, ranking, and views that are not all positive.
    """
    reaching = plan.reaching
    beyond = (
        reaching.slot,
        reaching.private_q,
        reaching.like_shown,
        reaching.rival,
        reaching.asked,
        reaching.follow_q,
    )
    return (
        plan.slot_item.size == plan.item_key.size == 1
        and plan.notices_per_day < 0
        and not plan.market.counting
        and not plan.ranked[0]
        and plan.neutral_q[0, 0] == 0
        and not any(part.size for part in beyond)
    )


def last_events(scratch: Scratch) -> Events:
    """What was published in the replicate that `scratch` ran last."""
    n_events, n_nodes = int(scratch.size[lay.SIZE_EVENTS]), int(scratch.size[lay.SIZE_NODES])
    info = scratch.events[:n_events, 1]
    polarity = ((info >> np.uint64(lay.EVENT_POLARITY_SHIFT)) & np.uint64(3)).astype(np.int64) - 1
    return Events(
        who=scratch.event_who[:n_events].copy(),
        slot=((info >> np.uint64(lay.EVENT_SLOT_SHIFT)) & np.uint64(255)).astype(np.int64),
        step=scratch.event_step[:n_events].astype(np.int64),
        cause=np.maximum(scratch.event_cause[:n_events], -1).astype(np.int64),  # below: whose post it is
        kind=scratch.event_kind[:n_events].astype(np.int64),
        polarity=np.where(polarity > 1, -1, polarity),  # a complaint stays one after the answer
        node=(info & np.uint64(0xFFFFFFFF)).astype(np.int64) - 1,
        first_shares=scratch.node_event[:n_nodes].astype(np.int64),
        parents=scratch.node_parent[:n_nodes].astype(np.int64),
    )


def _sizes_of(scratch: Scratch) -> dict[str, int]:
    """The capacities a scratch was made with."""
    return {
        "displays": scratch.pool.size,
        "repeats": scratch.repeat_next.size,
        "pending": scratch.pending.shape[0],
        "events": scratch.events.shape[0],
        "touches": scratch.sales.touch.shape[0],
    }


def last_touches(scratch: Scratch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What was noticed and bought in the replicate that `scratch` ran last, recording.

    Returns
    -------
    int64[touches, N_TOUCH], int64[purchases, N_PURCHASE]
        Columns of viralsim.kernels.market, in order of time.
    """
    sales = scratch.sales
    return sales.touch[: sales.size[SIZE_TOUCH]].copy(), sales.purchase[: sales.size[SIZE_PURCHASE]].copy()
