"""Working memory of one thread: sizes, making, growing, and the estimate printed before a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from viralsim.kernels import layout as lay
from viralsim.kernels.layout import Plan, Scratch, Tally, World
from viralsim.kernels.market import N_DEALS, N_LINES, make_sales
from viralsim.kernels.reaching import N_EXTRA, make_work

__all__ = ["capacities", "grown", "make_scratch", "make_tally", "scratch_bytes", "zero_tally"]

# From so many people on their ranking scales have bounds; changes nothing but the time
BOUNDED_PEOPLE = 1 << 18
_USUAL = 0.95  # part of people below the first bound
LISTS = ("displays", "repeats", "pending", "events", "touches")
_BY_CODE = {
    lay.FULL_POOL: "displays",
    lay.FULL_REPEAT: "repeats",
    lay.FULL_PENDING: "pending",
    lay.FULL_EVENTS: "events",
    lay.FULL_TOUCHES: "touches",
}


def capacities(world: World, plan: Plan) -> dict[str, int]:
    """First sizes of the growing lists (entries); they double when a replicate needs more."""
    people = world.person_key.size
    steps = plan.day.size
    start = min(max(people // 4, 1024), 1 << 20)
    return {
        "displays": start + 2 * steps * lay.CHUNK,
        "repeats": start,
        "pending": start,
        "events": start,
        "touches": 1,
    }


def grown(sizes: dict[str, int], code: int) -> dict[str, int]:
    """The sizes after the list that was full (`code`, of viralsim.kernels.layout) has doubled."""
    name = _BY_CODE[code]
    return {**sizes, name: 2 * sizes[name]}


def make_scratch(
    world: World, plan: Plan, sizes: dict[str, int] | None = None, n_segments: int | None = None
) -> Scratch:
    """Allocate and initialise the working memory for `world` and `plan` (segments: those seen, if not given)."""
    sizes = sizes or capacities(world, plan)
    n = world.person_key.size
    n_items, n_slots, n_steps = plan.item_key.size, plan.slot_item.size, plan.day.size
    n_segments = n_segments or int(world.segment.max(initial=0)) + 1
    chunks = -(-sizes["displays"] // lay.CHUNK)
    events, repeats, pending = sizes["events"], sizes["repeats"], sizes["pending"]
    scopes = 1 + n_items + plan.platform_key.size
    rank_limit, rank_high = rank_bounds(world)
    return Scratch(
        rows=make_rows(world, plan),
        touched=np.zeros(n + 1, np.int32),
        pool=np.zeros(chunks * lay.CHUNK, np.uint64),
        chunk_next=np.zeros(chunks, np.int32),
        free=np.arange(chunks, dtype=np.int32)[::-1].copy(),
        bucket_head=np.full(n_steps, -1, np.int32),
        bucket_cursor=np.zeros(n_steps, np.int64),
        batch=np.zeros((lay.BATCH, 3), np.uint64),
        noticed=np.zeros(lay.BATCH + 1, np.int64),
        repeat=np.zeros((repeats, 2), np.uint64),
        repeat_next=np.zeros(repeats, np.int32),
        repeat_head=np.full(n, -1, np.int32),
        ordered=np.zeros((repeats, 2), np.uint64),
        pending=np.zeros((pending, 2), np.uint64),
        pending_head=np.full(n_steps, -1, np.int64),
        events=np.zeros((events, 2), np.uint64),
        event_who=np.zeros(events, np.int64),
        event_cause=np.zeros(events, np.int32),
        event_step=np.zeros(events, np.int32),
        event_kind=np.zeros(events, np.uint8),
        node_event=np.zeros(events, np.int32),
        node_parent=np.zeros(events, np.int32),
        own_parent=np.zeros(events if plan.reaching.rival.size else 0, np.int32),
        tree_work=np.zeros((4, events), np.int32),
        lists=np.zeros(lay.LISTS * lay.N_LIST, np.int64),
        point_at=np.zeros(lay.POINTS, np.int64),
        point_list=np.zeros(lay.POINTS, np.uint64),
        point_display=np.zeros(lay.POINTS, np.uint64),
        counts=np.zeros(n_slots * n_segments * lay.N_COUNTS, np.int64),
        boost=np.ones(n_slots),
        slot_key=np.zeros((n_slots, 7), np.uint64),
        opinion_key=np.zeros(n_items, np.uint64),
        run_key=np.zeros(2, np.uint64),
        tile_begin=np.zeros(lay.TILES, np.uint64),
        tile_inside=np.zeros(lay.TILES, np.uint64),
        tile_key=np.zeros(lay.TILES, np.uint64),
        tile_byte=np.zeros(lay.TILES, np.uint64),
        tile_fine=np.zeros(lay.TILES, np.uint64),
        tile_list=np.zeros(lay.TILES, np.uint64),
        tile_flip=np.zeros(lay.TILES, np.int64),
        tile_shown=np.zeros(lay.TILES, np.uint64),
        tile_tied=np.zeros(lay.TILES, np.uint64),
        rank_high=rank_high,
        rank_limit=rank_limit,
        coins=np.zeros(lay.COINS // 8, np.uint64),
        kept=np.zeros(lay.COINS + 1, np.int64),
        margin=np.zeros(lay.COINS + 1),
        masks=np.zeros(scopes, np.uint64),
        flag_bins=np.zeros((scopes + n_slots) * n_segments * 32, np.int64),
        size=_sizes(chunks),
        sales=make_sales(
            plan.market,
            n,
            (n_slots + 1) * n_segments,
            n_steps,
            int(plan.bin_of_step.max(initial=0)) + 1,
            events,
            sizes.get("touches", 1),
        ),
        reaching=make_work(plan.reaching, n_slots, n_segments, n, plan.platform_key.size, pending),
    )


def _sizes(chunks: int) -> np.ndarray:
    """`Scratch.size` of an unused scratch: every chunk is free."""
    size = np.zeros(lay.N_SIZES, np.int64)
    size[lay.SIZE_FREE] = chunks
    return size


def make_rows(world: World, plan: Plan) -> np.ndarray:
    """One row of words per person (uint64[n x W]): key, person, items, slots; see viralsim.kernels.layout."""
    n = world.person_key.size
    n_items, n_slots = plan.item_key.size, plan.slot_item.size
    rows = _aligned(n, 2 + n_items + n_slots)
    rows[:, 0] = world.person_key
    rows[:, 1] = world.activity.view(np.uint32).astype(np.uint64)
    rows[:, 1] |= world.segment.astype(np.uint64) << np.uint64(lay.SEGMENT_SHIFT)
    rows[:, 2 : 2 + n_items] = world.notice_q.astype(np.uint64) | np.uint64(127 << lay.SCORE_SHIFT)
    for s in range(n_slots):
        bit = np.uint8(plan.slot_platform[s])
        rows[:, 2 + n_items + s] = (world.account >> bit) & np.uint8(1)
    return rows.reshape(-1)


def rank_bounds(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the ranking scales by item, and who is above the first (see `Scratch`).

    With them most coins of ranked followers are told without their scale, of whom a bit each fits in a near cache where
    the scales do not.
    """
    scale = world.rank_scale
    if not scale.shape[1] or scale.shape[1] < BOUNDED_PEOPLE:
        return np.zeros((scale.shape[0], 2)), np.zeros((scale.shape[0], 0), np.uint8)
    usual = np.quantile(scale[:, :: 1 + scale.shape[1] // 4096], _USUAL, axis=1).astype(np.float32)
    limit = np.stack([usual, scale.max(axis=1)], axis=1).astype(np.float64)
    return limit, np.packbits(scale > usual[:, None], axis=1, bitorder="little")


def _aligned(n: int, width: int) -> np.ndarray:
    """Zeros, uint64[n, width], that begin where a cache line begins."""
    raw = np.zeros(n * width + 8, np.uint64)
    first = (-raw.ctypes.data % 64) // 8
    return raw[first : first + n * width].reshape(n, width)


def make_tally(plan: Plan, n_segments: int, n_bins: int, replicates: int) -> Tally:
    """Zero columns for `replicates` replicates."""
    axes = plan.item_key.size, plan.platform_key.size, plan.slot_item.size, n_segments
    n_counted = n_bins if plan.market.counting else 0
    return zero_tally(replicates, axes, n_bins, n_counted, plan.reaching.slot.size)


def zero_tally(
    replicates: int, axes: tuple[int, int, int, int], n_bins: int, n_counted: int, n_deliveries: int
) -> Tally:
    """Zero columns.

    Parameters
    ----------
    replicates : int
    axes : (items, platforms, slots, segments)
    n_bins : int
        Of time.
    n_counted : int
        The same for what is sold and answered; 0 where nothing is sold and nobody answers.
    n_deliveries : int
        Paid flights and discovery of items.
    """
    n_items, n_platforms, n_slots, n_segments = axes
    n_deals = (n_slots + 1) * n_segments * N_DEALS if n_counted else 0
    return Tally(
        counts=np.zeros((replicates, n_slots * n_segments * lay.N_COUNTS), np.int64),
        people=np.zeros((replicates, 4, 1 + n_items + n_platforms + n_slots, n_segments), np.int64),
        curves=np.zeros((replicates, 5, n_slots, n_bins), np.int64),
        trees=np.zeros((replicates, 12), np.int64),
        generations=np.zeros((replicates, 64), np.int64),
        tree_sizes=np.zeros((replicates, 40), np.int64),
        seed_cost=np.zeros(replicates),
        deals=np.zeros((replicates, n_deals), np.int64),
        lines=np.zeros((replicates, N_LINES, n_counted), np.int64),
        wait=np.full(replicates, -1.0),
        extra=np.zeros((replicates, n_slots * n_segments * N_EXTRA), np.int64),
        bought=np.zeros((replicates, n_deliveries), np.int64),
    )


def scratch_bytes(people: float, n_items: int, n_slots: int, sizes: Mapping[str, float]) -> float:
    """Bytes of `make_scratch` for these sizes (entries of `capacities`).

    Left out are the small fixed arrays, and what is there with competitors, selling, gained followers and, a bit per
    person and item, ranking by affinity only.
    """
    rows = 8 * (2 + n_items + n_slots)
    chunks = 8.0 + 8.0 / lay.CHUNK  # per display: itself, and its part of a place in two lists of chunks
    event = 16 + 8 + 4 + 4 + 1  # key and word, person, cause, step, kind
    node = 4 + 4 + 4 * 4  # event, parent, work of the trees
    return (
        people * (rows + 4 + 4)  # touched, repeat_head
        + sizes["displays"] * chunks
        + sizes["repeats"] * (16 + 4 + 16)  # repeat, repeat_next, ordered
        + sizes["pending"] * 16
        + sizes["events"] * (event + node)
    )
