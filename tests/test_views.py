"""Tables of views: the order between them that reading them in the kernel relies on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twins.worlds import random_case

from viralsim.engine.tables import view_tables

SHARES = st.sampled_from([0.0, 1e-12, 1e-6, 0.05, 0.5, 0.95, 1.0 - 1e-9, 1.0])


def assert_in_order(negative, neutral):
    """Neutral or negative is at least negative, and neither rises with the score: 0 at the lowest is 0 at all."""
    negative, neutral = (np.atleast_2d(table).astype(np.int64) for table in (negative, neutral))
    assert (neutral >= negative).all()
    assert (np.diff(negative, axis=1) <= 0).all()
    assert (np.diff(neutral, axis=1) <= 0).all()


@given(
    negative=SHARES | st.floats(0.0, 1.0),
    part=SHARES | st.floats(0.0, 1.0),
    influence=st.sampled_from([0.0, 0.1, 1.0, 100.0]) | st.floats(0.0, 100.0),
)
def test_views_of_any_item_are_in_order(negative, part, influence):
    assert_in_order(*view_tables(negative, (1.0 - negative) * part, influence))


@pytest.mark.parametrize("seed", range(20))
def test_views_of_random_cases_are_in_order(seed):
    _, plan, _ = random_case(seed)
    assert_in_order(plan.negative_q, plan.neutral_q)
