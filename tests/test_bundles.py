"""Groups of arrays that kernels get by address: what a kernel reads is what Python gave, and nothing is kept."""

from __future__ import annotations

import pickle
import sys
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit, typeof
from numba.core.errors import TypingError

from viralsim.kernels.bundles import Bundle, by_reference
from viralsim.kernels.layout import World
from viralsim.kernels.machine import inner


@by_reference
class Group(NamedTuple):
    """One of each kind of field."""

    counts: np.ndarray
    table: np.ndarray
    factor: float
    most: int
    active: bool


@by_reference
class Pair(NamedTuple):
    """Bundles within one."""

    first: Group
    second: Group
    more: np.ndarray


@inner
def fill(group, first):
    for i in range(first, group.counts.size):
        if group.active and i < group.most:
            group.counts[i] += np.int64(group.factor * group.table[i, 1])


@njit(nogil=True, _nrt=False)
def run(group, first):
    fill(group, first)
    return group.counts[group.most - 1]


@njit(nogil=True, _nrt=False)
def run_pair(pair):
    fill(pair.first, 0)
    fill(pair.second, 1)
    return pair.first.counts[3] + pair.second.counts[1] + pair.more[0]


def example(**changes):
    table = np.arange(12.0).reshape(6, 2)
    return Group(np.zeros(6, np.int64), table, 10.0, 4, True)._replace(**changes)


def test_kernels_read_and_write_what_python_gave():
    group = example()
    assert run(group, 1) == 70
    assert group.counts.tolist() == [0, 30, 50, 70, 0, 0]
    assert run(group, 3) == 140, "the same arrays again"
    assert run(example(active=False), 0) == 0
    assert run(example(factor=2.5, most=2), 0) == 7
    other = example(table=np.full((6, 2), 3.0))
    assert run(other, 0) == 30
    assert len(run.signatures) == 1


def test_a_loop_that_changes_an_array_sees_the_change():
    @njit
    def running_sum(group):
        for i in range(1, group.counts.size):
            group.counts[i] += group.counts[i - 1]
        return group.counts[-1]

    assert running_sum(example(counts=np.array([1, 2, 3]))) == 6


def test_a_bundle_in_a_bundle():
    pair = Pair(example(), example(most=2), np.array([5]))
    assert run_pair(pair) == 70 + 30 + 5
    assert pair.first.counts.tolist() == [10, 30, 50, 70, 0, 0]
    assert pair.second.counts.tolist() == [0, 30, 0, 0, 0, 0]


def test_types_differ_with_the_fields_and_can_be_stored():
    kind, other = typeof(example()), typeof(example(counts=np.zeros(6, np.int32)))
    assert isinstance(kind, Bundle)
    assert kind != other
    assert kind.name != other.name
    assert kind == typeof(example())
    stored = pickle.loads(pickle.dumps(typeof(World(*[np.zeros(1)] * len(World._fields)))))
    assert stored.instance_class is World
    assert stored.position("tie") == World._fields.index("tie")


def test_nothing_is_kept_after_the_call():
    @njit
    def first(group):
        return group.counts[0]

    group = example()
    before = sys.getrefcount(group.counts)
    for _ in range(5):
        first(group)
        run(group, 0)
    after = sys.getrefcount(group.counts)
    assert after == before


def test_a_field_that_is_not_there_is_an_error_when_compiled():
    @njit
    def wrong(group):
        return group.no_such_field

    with pytest.raises(TypingError, match="no_such_field"):
        wrong(example())
