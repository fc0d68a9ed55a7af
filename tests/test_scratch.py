"""Working memory of a thread: as large as it is said to be, and with room for what an event needs."""

import pytest
from twins.worlds import certain_plan, certain_world

from viralsim.engine.scratch import capacities, grown, make_scratch, scratch_bytes
from viralsim.kernels import layout as lay

FIXED = {
    *("batch", "noticed", "lists", "point_at", "point_list", "point_display", "slot_key", "opinion_key", "run_key"),
    *("tile_begin", "tile_inside", "tile_key", "tile_byte", "tile_fine", "tile_list", "tile_flip"),
    *("tile_shown", "tile_tied"),
    *("coins", "kept", "margin", "masks", "flag_bins", "size", "counts", "boost", "bucket_head", "bucket_cursor"),
    *("pending_head", "rank_limit"),
}  # fmt: skip


def scratch_of(people, slots, sizes=None):
    """Working memory of a world of so many people who follow nobody."""
    platforms = 1 + max(platform for _, platform in slots)
    world = certain_world(people, [[]] * platforms, [[]] * platforms)
    plan = certain_plan(slots)
    return make_scratch(world, plan, sizes or capacities(world, plan)), world, plan


@pytest.mark.parametrize("people", [10, 50_000])
@pytest.mark.parametrize("slots", [[(0, 0)], [(0, 0), (0, 1), (1, 0)]], ids=["one slot", "three slots"])
def test_the_bytes_said_are_those_allocated(people, slots):
    """Each list has a size of its own, so that no two can be taken for one another."""
    sizes = {"displays": 128 * 1000, "repeats": 3000, "pending": 7001, "events": 20_011, "touches": 1}
    scratch, _, plan = scratch_of(people, slots, sizes)
    own = {name: value for name, value in scratch._asdict().items() if name not in ("sales", "reaching")}
    counted = sum(value.nbytes for name, value in own.items() if name not in FIXED)
    said = scratch_bytes(people, plan.item_key.size, plan.slot_item.size, sizes)
    assert counted == pytest.approx(
        said, abs=8 * 2
    )  # one more person touched, rows that begin at a cache line
    assert sum(own[name].nbytes for name in FIXED) < 300_000


def test_a_list_that_was_full_doubles_and_the_bytes_with_it():
    _, world, plan = scratch_of(10, [(0, 0)])
    sizes = capacities(world, plan)
    codes = {
        "displays": lay.FULL_POOL,
        "repeats": lay.FULL_REPEAT,
        "pending": lay.FULL_PENDING,
        "events": lay.FULL_EVENTS,
    }
    for name, code in codes.items():
        larger = grown(sizes, code)
        assert larger == {**sizes, name: 2 * sizes[name]}
        before, after = (make_scratch(world, plan, lists) for lists in (sizes, larger))
        more = sum(b.nbytes - a.nbytes for a, b in zip(before, after, strict=True) if hasattr(a, "nbytes"))
        said = scratch_bytes(10, 1, 1, larger) - scratch_bytes(10, 1, 1, sizes)
        assert more == pytest.approx(said, rel=1e-3), name
