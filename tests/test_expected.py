"""Expected R of `validate`: nobody shares twice, so what comes back to a sharer does not count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from viralsim.engine import simulate
from viralsim.engine.compiled import compile_draw
from viralsim.engine.expected import expectations
from viralsim.kernels.returning import out_and_back
from viralsim.spec import Scenario
from viralsim.verify.engine_worlds import neutral_scenario, random_scenario


@given(st.integers(1, 12), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_out_and_back_equals_matrix_arithmetic(n, seed, density):
    rng = np.random.default_rng(seed)
    out, back = (
        sparse.random_array((n, n), density=density, format="csr", dtype=np.float32, rng=rng).sorted_indices()
        for _ in range(2)
    )
    start, middle = rng.random(n) * (rng.random(n) < 0.7), rng.random(n) * (rng.random(n) < 0.7)
    found = np.ones(n)
    out_and_back(
        out.indptr, out.indices, out.data, back.indptr, back.indices, back.data, start, middle, found
    )
    dense = np.diag(start) @ out.toarray().astype(float) @ np.diag(middle) @ back.toarray().astype(float)
    np.testing.assert_allclose(found, 1.0 + np.diag(dense), rtol=1e-6)


def expected_of(description: dict, seed: int) -> float:
    compiled = compile_draw(Scenario.from_dict(description), seed, 0, {}, True)
    return expectations(compiled).reproduction_number


def test_what_comes_back_to_the_sharer_is_left_out():
    """Three friends, one asked: two new sharers expected .25 each, then each has one fresh friend left."""
    ring = {"kind": "small-world", "mean_degree": 2, "rewire_prob": 0.0}
    world = neutral_scenario(3, ring, 1.0, 0.25, 1)
    first = 2 * 0.25
    second = first * 0.25 * (1 - 0.25)
    assert expected_of(world, 1) == pytest.approx((first + second) / (1 + first), rel=1e-4)


@pytest.mark.parametrize("number", [0, 3, 13])
def test_expected_reproduction_number_is_the_simulated_one(number):
    """Over one draw of a random scenario, within 4 standard errors (which are about 1 %)."""
    description = random_scenario(number, 5, 8000)
    found = simulate(Scenario.from_dict(description), replicates=600, seed=3, threads=2, fixed=True, draws=1)
    summary = found.summary()["reproduction_number"]
    assert abs(summary.mean - expected_of(description, 3)) < 4 * summary.se
