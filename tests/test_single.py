"""The kernel for one item on one platform: the twin's and the other kernel's numbers exactly, and only where it may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins.adapter import differences, run_kernel, run_one_kernel, run_twin
from twins.reaching_worlds import make_reaching
from twins.worlds import ONE_31, ONE_32, certain_plan, certain_world, random_market, single_case

import viralsim as vs
from viralsim.cli.scenarios import stock_names
from viralsim.engine import replicates
from viralsim.engine.compiled import compile_draw, run_key
from viralsim.engine.replicates import is_single, run_replicates
from viralsim.kernels import single
from viralsim.kernels.reaching import ECHO_WORD
from viralsim.verify.engine_worlds import neutral_scenario

SEEDS = st.integers(0, 2**63 - 1)


@settings(max_examples=150)
@given(seed=SEEDS)
def test_both_kernels_agree_with_the_twin(seed):
    world, plan, run_keys = single_case(seed)
    assert is_single(plan)
    for twin, kernel in zip(run_twin(world, plan, run_keys), run_kernel(world, plan, run_keys), strict=True):
        assert not differences(twin, kernel), f"case {seed}"


def test_cases_are_lively():
    results = [run_one_kernel(single, *single_case(seed)[:2], [seed])[0] for seed in range(400)]
    for column in (*range(6), *range(8, 12), 15):  # copies and views that are not positive there are none
        assert sum(1 for result in results if result.counts[:, :, column].any()) >= 40, column
    assert sum(1 for result in results if result.generations[2:].any()) >= 15
    assert sum(1 for result in results if result.people[1].any()) >= 60


def test_short_lists_grow_and_change_nothing():
    sizes = {"displays": 256, "repeats": 1, "pending": 1, "events": 1, "touches": 1}
    for seed in range(60):
        world, plan, run_keys = single_case(seed)
        short = run_one_kernel(single, world, plan, run_keys, sizes)
        for one, other in zip(short, run_one_kernel(single, world, plan, run_keys), strict=True):
            assert not differences(one, other), f"case {seed}"


def test_more_displays_to_a_person_than_are_counted():
    """From the 256th display on the count stays where it is, and with it what fatigue does."""
    crowd = 400
    wear = np.full((1, 256), ONE_31 // 2, np.uint64)
    wear[0, 255] = 0
    plan = certain_plan(steps=12, posts=(), fatigue_q=wear, asks=[(k // 50, 0, k + 1) for k in range(crowd)])
    world = certain_world(crowd + 1, [[(k + 1, 0) for k in range(crowd)]], [[]])
    assert is_single(plan)
    run_keys = [1, 2, 3]
    for twin, kernel in zip(run_twin(world, plan, run_keys), run_kernel(world, plan, run_keys), strict=True):
        assert not differences(twin, kernel)
        impressions, noticed = kernel.counts[0, 0, :3].sum(), kernel.counts[0, 0, 3]
        assert impressions == crowd and abs(noticed - 127.5) < 4.5 * 8  # half of the first 255, sd 8


def test_a_person_whose_key_is_a_reserved_word_of_likes():
    """Keys of people may be any number, also the word from which likes and comments have their keys."""
    delay = np.sort(np.random.default_rng(1).integers(0, 3000, (1, 4096))).astype(np.int32)
    world = certain_world(60, [[(0, k) for k in range(1, 60)]], [[]])
    world.person_key[0] = ECHO_WORD
    plan = certain_plan(steps=12, posts=(), asks=[(0, 0, 0)], delay=delay)
    for twin, kernel in zip(run_twin(world, plan, [5]), run_kernel(world, plan, [5]), strict=True):
        assert not differences(twin, kernel)
        assert kernel.counts[0, 0, 2] > 20


def with_views(seed, world, plan):
    neutral = np.full((1, 255), ONE_32 // 3, np.uint64)
    return world, plan._replace(neutral_q=neutral, negative_q=neutral // np.uint64(2))


def with_attention(seed, world, plan):
    return world, plan._replace(notices_per_day=1, background_q=np.zeros(0, np.uint64))


def with_market(seed, world, plan):
    rng = np.random.default_rng(seed)
    market = random_market(rng, world, 1, plan.day.size)
    while not market.counting:
        market = random_market(rng, world, 1, plan.day.size)
    return world, plan._replace(market=market)


def with_ranking(seed, world, plan):
    rng = np.random.default_rng(seed)
    scale = rng.gamma(2.0, 0.5, (1, world.person_key.size)).astype(np.float32)
    return world._replace(rank_scale=scale), plan._replace(ranked=np.ones(1, np.uint8))


def with_flight(seed, world, plan):
    entry = {"slot": 0, "number": 0, "discovery": False, "begin": 0, "end": plan.day.size, "displays": 20}
    entry |= {"people": np.arange(world.person_key.size), "cap": 3, "pace": 0.0, "share": 2.0, "price": 1.0}
    entry |= {"benchmark": 0.1, "growth": 1.0}
    return world, plan._replace(reaching=make_reaching([entry]))


def with_reaching(**columns):
    def change(seed, world, plan):
        asks = plan.ask_step.size
        parts = {name: column(asks) if callable(column) else column for name, column in columns.items()}
        return world, plan._replace(reaching=plan.reaching._replace(**parts))

    return change


HALF = np.array([ONE_32 // 2], np.uint64)
MECHANICS = {
    "views": with_views,
    "attention": with_attention,
    "market": with_market,
    "ranking": with_ranking,
    "flight": with_flight,
    "private": with_reaching(private_q=HALF, private_shown_q=HALF, private_most=np.array([2])),
    "echo": with_reaching(like_shown=np.array([0.5]), comment_shown=np.array([0.2])),
    "rival": with_reaching(rival=np.ones(1, np.uint8), fans=np.zeros(1, np.int64)),
    "influencers": with_reaching(asked=lambda asks: np.full((asks, 2), 3.0)),
    "followers": with_reaching(
        follow_q=np.full((1, 4), ONE_32 // 2, np.uint64), patience=np.ones((2, 200), np.int64)
    ),
}


@pytest.mark.parametrize("mechanic", MECHANICS)
def test_it_is_not_used_where_something_else_goes_on(mechanic):
    """With one mechanic more the other kernel is chosen, agrees with the twin, and finds other numbers."""
    differs = 0
    for seed in range(40):
        world, plan, run_keys = single_case(seed)
        if mechanic == "influencers" and not plan.ask_step.size:
            continue
        before = run_one_kernel(single, world, plan, run_keys)
        world, plan = MECHANICS[mechanic](seed, world, plan)
        assert not is_single(plan)
        after = run_kernel(world, plan, run_keys)
        for twin, kernel in zip(run_twin(world, plan, run_keys), after, strict=True):
            assert not differences(twin, kernel), f"case {seed}"
        differs += any(differences(one, other) for one, other in zip(before, after, strict=True))
    assert differs >= 8, "the mechanic does nothing here, so nothing is shown"


def assert_same_columns(compiled, count):
    """Both kernels fill all columns alike for a compiled draw."""
    keys = np.array([run_key(1, 0, r) for r in range(count)], np.uint64)
    columns = []
    for chosen in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(replicates, "is_single", lambda *_, chosen=chosen: chosen)
            columns.append(run_replicates(compiled.world, compiled.plan, keys, None, compiled.n_segments)[0])
    for name, one, other in zip(columns[0]._fields, *columns, strict=True):
        assert np.array_equal(one, other), name
    return columns[0]


@pytest.mark.parametrize(
    ("network", "timing"),
    [
        ({"kind": "erdos-renyi", "mean_degree": 20}, None),
        ({"kind": "power-law", "exponent": 2.1, "min_followers": 5, "max_followers": 3000}, None),
        (
            {"kind": "power-law", "exponent": 2.1, "min_followers": 5, "max_followers": 3000},
            {"half_life": "4h"},
        ),
    ],
)
def test_a_large_cascade_fills_every_working_list(network, timing):
    """Thousands of events and displays in one step, lists of followers of many tiles, a feed that boosts."""
    scenario = neutral_scenario(6000, network, 0.25, 0.9, 20, timing, horizon="3d")
    compiled = compile_draw(vs.Scenario.from_dict(scenario), 1, 0, {})
    assert is_single(compiled.plan)
    tally = assert_same_columns(compiled, 3)
    assert (tally.people[:, 3, 0].sum(axis=1) > 2000).any()
    liked = np.array([ONE_32 // 4], np.uint64)
    plan = compiled.plan._replace(boost=np.array([[0.1, 0.5, 1.5]]), like_q=liked)
    boosted = assert_same_columns(replace(compiled, plan=plan), 3)
    assert boosted.counts[:, :3].sum() > tally.counts[:, :3].sum()


SIMPLE = {
    "algorithm-halves-reach",
    "best-hour",
    "big-seed",
    "homophily-or-influence",
    "influencers-or-many",
    "left-out",
    "lucky-or-good",
    "ordinary-post",
    "same-post-twice",
    "small-shop",
    "sticky-or-shareable",
}


@pytest.mark.parametrize("name", stock_names())
def test_stock_scenarios_that_use_it(name):
    compiled = compile_draw(vs.load_scenario(name), 1, 0, {})
    assert is_single(compiled.plan) == (name in SIMPLE)
    if name in SIMPLE:
        assert_same_columns(compiled, 6)
