"""The sums that solving for R asks for: the kernel against a plain-Python twin, and R against a known network."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viralsim.engine.networks import Network
from viralsim.engine.rates import REFERENCE_STICKINESS, Wave, visibility_and_friend
from viralsim.errors import ScenarioError
from viralsim.kernels.waves import wave_sums


def twin(indptr, followers, followed, rho):
    """The same sums, written down."""
    total, caused = 0.0, 0.0
    for u in range(len(followed)):
        weight = followed[u] * rho[u]
        if weight == 0.0:
            continue
        total += weight
        brought = 0.0
        for v in followers[indptr[u] : indptr[u + 1]]:
            brought += rho[v]
        caused += weight * brought
    return total, caused


@given(st.integers(1, 12), st.data())
def test_the_kernel_is_its_twin(n, data):
    lists = [
        data.draw(st.lists(st.integers(0, n - 1), unique=True, max_size=n).map(sorted)) for _ in range(n)
    ]
    indptr = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    followers = np.array([v for row in lists for v in row], np.int32)
    followed = np.bincount(followers, minlength=n).astype(np.float64)
    chance = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.0, 1.0))
    rho = np.array(data.draw(st.lists(chance, min_size=n, max_size=n)))
    assert wave_sums(indptr, followers, followed, rho) == twin(indptr, followers, followed, rho)


def ring(people: int, reach: int) -> Network:
    """Everybody is followed by the next `reach` people."""
    followers = ((np.arange(people)[:, None] + 1 + np.arange(reach)) % people).astype(np.int32)
    return Network(
        account=np.ones(people, bool),
        indptr=np.arange(0, people * reach + 1, reach).astype(np.int64),
        followers=np.sort(followers, axis=1).ravel(),
        tie=None,
    )


def test_r_of_a_ring_is_followers_times_visibility_times_share():
    wave = Wave(ring(50, 4), np.ones(50, np.float32))
    assert wave.reproduction(0.25, 0.02) == pytest.approx(4 * 0.25 * 0.02, rel=1e-12)


def test_the_third_number_is_solved_and_what_cannot_be_is_said():
    wave = Wave(ring(50, 4), np.ones(50, np.float32))
    platform = SimpleNamespace(peer_visibility=0.5, friend_share_prob=None, reproduction_number=0.2)
    visibility, friend = visibility_and_friend(platform, lambda: wave, "x")
    assert (visibility, friend) == (0.5, pytest.approx(0.2 / (4 * 0.5), rel=1e-6))
    platform.reproduction_number = 0.2 + 4 * 0.5 * REFERENCE_STICKINESS
    with pytest.raises(ScenarioError, match="cannot be reached on this network, at most"):
        visibility_and_friend(platform, lambda: wave, "x")
