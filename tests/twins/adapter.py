"""One interface to the plain-Python twin and to the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from types import ModuleType

import numpy as np
import pytest

from twins.counting import Node
from twins.reaching import own_nodes
from twins.spread import TwinResult, simulate_replicate
from viralsim.engine import scratch as scratch_module
from viralsim.engine.replicates import Events, is_single, last_events
from viralsim.engine.scratch import capacities, grown, make_scratch, make_tally
from viralsim.kernels import single, spread
from viralsim.kernels.layout import KIND_ASKED, SIZE_FAILED, Plan, World

__all__ = ["RUNNERS", "differences", "run_kernel", "run_one_kernel", "run_twin"]


@dataclass(frozen=True)
class KernelResult(TwinResult):
    """What a kernel adds: everything that was published, in its order."""

    events: Events | None = None


ARRAYS = (
    "counts",
    "people",
    "curves",
    "trees",
    "generations",
    "tree_sizes",
    "extra",
    "bought",
    "deals",
    "lines",
)


def run_twin(world: World, plan: Plan, run_keys: Sequence[int]) -> list[TwinResult]:
    """One result per run key, from the twin."""
    return [simulate_replicate(world, plan, run_key) for run_key in run_keys]


def run_kernel(
    world: World, plan: Plan, run_keys: Sequence[int], sizes: dict[str, int] | None = None
) -> list[KernelResult]:
    """One result per run key, from the kernel, and where another one can do it too, exactly the same from that."""
    results = run_one_kernel(spread, world, plan, run_keys, sizes)
    if is_single(plan):
        assert_same(results, run_one_kernel(single, world, plan, run_keys, sizes))
    if plan.ranked.any() and world.rank_scale.shape[1]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scratch_module, "BOUNDED_PEOPLE", 0)
            assert_same(results, run_one_kernel(spread, world, plan, run_keys, sizes))
    return results


def assert_same(results: list[KernelResult], others: list[KernelResult]) -> None:
    """Two ways through the kernels agree on everything, also on what was published in which order."""
    for one, other in zip(results, others, strict=True):
        assert not differences(one, other), "the kernels disagree"
        for field in fields(Events):
            assert np.array_equal(getattr(one.events, field.name), getattr(other.events, field.name)), (
                field.name
            )


def run_one_kernel(
    kernel: ModuleType, world: World, plan: Plan, run_keys: Sequence[int], sizes: dict[str, int] | None = None
) -> list[KernelResult]:
    """One result per run key; the working memory is used again from key to key."""
    sizes = sizes or capacities(world, plan)
    scratch = make_scratch(world, plan, sizes)
    n_segments, n_bins = int(world.segment.max()) + 1, int(plan.bin_of_step.max()) + 1
    results = []
    for run_key in run_keys:
        done = 0
        while not done:
            tally = make_tally(plan, n_segments, n_bins, 1)
            done = kernel.run_block(world, plan, scratch, tally, np.array([run_key], np.uint64), 0)
            if not done:  # a list was full: again with a longer one
                sizes = grown(sizes, int(scratch.size[SIZE_FAILED]))
                scratch = make_scratch(world, plan, sizes)
        shape = (len(plan.slot_item), n_segments, -1)
        results.append(
            KernelResult(
                counts=tally.counts[0].reshape(shape),
                **{name: getattr(tally, name)[0] for name in ARRAYS[1:] if name != "extra"},
                extra=tally.extra[0].reshape(shape),
                seed_cost=float(tally.seed_cost[0]),
                wait=float(tally.wait[0]),
                nodes=own_nodes(plan, kernel_nodes(plan, last_events(scratch))),
                events=last_events(scratch),
            )
        )
    return results


def kernel_nodes(plan: Plan, events: Events) -> list[Node]:
    """The kernel's share trees as the twin's nodes."""
    nodes: list[Node] = []
    for event, parent in zip(events.first_shares, events.parents, strict=True):
        slot = int(events.slot[event])
        nodes.append(
            Node(
                person=int(events.who[event]),
                parent=int(parent),
                generation=nodes[parent].generation + 1 if parent >= 0 else 0,
                item=int(plan.slot_item[slot]),
                step=int(events.step[event]),
                slot=slot,
                asked=bool(events.kind[event] == KIND_ASKED),
            )
        )
    return nodes


RUNNERS = {"twin": run_twin, "kernel": run_kernel}


def described(nodes: list[Node]) -> dict[tuple[int, int], tuple[int, ...]]:
    """Nodes by (item, person), the parent by person: what does not depend on their order."""
    found = {}
    for node in nodes:
        parent = nodes[node.parent].person if node.parent >= 0 else -1
        found[node.item, node.person] = (parent, node.generation, node.step, node.slot, node.asked)
    assert len(found) == len(nodes), "a person has two nodes of one item"
    return found


def differences(a: TwinResult, b: TwinResult) -> list[str]:
    """Names of what differs between two results; empty if they agree exactly."""
    found = [name for name in ARRAYS if not np.array_equal(getattr(a, name), getattr(b, name))]
    found += [name for name in ("seed_cost", "wait") if getattr(a, name) != getattr(b, name)]
    if described(a.nodes) != described(b.nodes):
        found.append("nodes")
    return found
