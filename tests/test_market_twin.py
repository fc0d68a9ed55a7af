"""Buying, reviews, complaints and answers: the kernel equals its twin, each number matters, and off means off."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins.adapter import differences, run_kernel, run_twin
from twins.market import Shop
from twins.spread import Replicate
from twins.worlds import ONE_32, crowd_case, random_case

from viralsim.engine.replicates import last_events, last_touches, run_replicates
from viralsim.kernels.market import Market, no_market

SEEDS = st.integers(0, 2**63 - 1)
DEALS = 12
SPREADING = ("counts", "people", "curves", "trees", "generations", "tree_sizes")


def busy_market(world, steps):
    """Everything on, at values at which much happens."""
    groups = int(world.segment.max()) + 1
    score = np.arange(-127, 128) / 8.0
    baseline = np.linspace(0.05, 0.3, 2 * groups).reshape(groups, 2)
    return Market(
        counting=True,
        selling=True,
        answering=True,
        customer=(np.arange(world.person_key.size) % 3 == 0).astype(np.uint8),
        convert=np.linspace(0.1, 0.6, 4 * groups).reshape(groups, 2, 2),
        baseline=baseline,
        baseline_q=np.floor(ONE_32 * baseline + 0.5).astype(np.uint64),
        heard=np.exp(np.clip(1.5 * score, -700.0, 700.0)),
        spoiled=np.exp(0.3 * np.minimum(score, 0.0)),
        review_q=np.array([ONE_32 // 2, ONE_32 // 4 * 3], np.uint64),
        review_wait=2,
        reviews=np.array([4, 2], np.int64),
        volume=1.02 ** np.arange(64),
        valence=np.linspace(0.2, 1.4, 257),
        answer_q=np.array([ONE_32 // 4 * 3], np.uint64),
        answer_wait=np.sort(np.arange(4096) % 5),
        answered_weight=np.arange(256, dtype=np.int64) // 100,
        answered_share=0.25,
    )


def busy_case():
    """A crowd that buys, complains and is answered, with views that others move.

    Large enough for dozens of answered complaints to be noticed: each moves a view or makes a sharer now and then only.
    """
    world, plan, run_keys = crowd_case(11, 0.3, n=300)
    score = np.arange(-127, 128)
    moved = (ONE_32 / (1.0 + 2.0 * np.exp(score / 6.0))).astype(np.uint64)
    plan = plan._replace(
        negative_q=np.stack([moved, moved]),
        neutral_q=np.stack([moved, moved]) + np.uint64(ONE_32 // 16),
        click_q=np.full(3, ONE_32 // 3, np.uint64),
        ask_paid=np.ones_like(plan.ask_paid),
        market=busy_market(world, plan.day.size),
    )
    return world, plan, run_keys[:1]


CHANGES = {
    "customer": lambda value: 1 - value,
    "convert": lambda value: value * 0.3,
    "baseline": lambda value: value * 0.5,
    "baseline_q": lambda value: value // 2,
    "heard": lambda value: value * 3.0,
    "spoiled": lambda value: value * 0.01,
    "review_q": lambda value: value // 3,
    "review_wait": lambda value: value + 3,
    "reviews": lambda value: value + np.array([20, 0]),
    "volume": lambda value: value**9,
    "valence": lambda value: value * 0.5,
    "answer_q": lambda value: value // 3,
    "answer_wait": lambda value: value + 2,
    "answered_weight": lambda value: value + 5,
    "answered_share": lambda value: value + 0.7,
    "selling": lambda value: False,
    "answering": lambda value: False,
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_number_of_the_market_matters(name):
    world, plan, run_keys = busy_case()
    base = run_kernel(world, plan, run_keys)[0]
    changed = plan.market._replace(**{name: CHANGES[name](getattr(plan.market, name))})
    plan = plan._replace(market=changed)
    kernel, twin = run_kernel(world, plan, run_keys)[0], run_twin(world, plan, run_keys)[0]
    assert not differences(kernel, twin), f"{name}: kernel and twin differ"
    assert differences(kernel, base), f"{name}: changed, and nothing else did"


def test_all_fields_are_listed():
    assert set(CHANGES) | {"counting"} == set(Market._fields)


def test_busy_case_is_busy():
    """Every column and line of what is compared is used."""
    world, plan, run_keys = busy_case()
    result = run_twin(world, plan, run_keys)[0]
    assert (result.deals.reshape(-1, DEALS).sum(axis=0) > 0).all()
    assert (result.lines.sum(axis=1) > 0).all()
    assert result.wait >= 0


def test_answered_complaints_are_noticed_in_the_busy_case(monkeypatch):
    """Without them nothing tells what an answer takes away."""
    weights = []

    def noted(shop, event, tie_255):
        if event.view_key in shop.answered:
            weights.append(MOVES(shop, event, tie_255))
        return MOVES(shop, event, tie_255)

    monkeypatch.setattr(Shop, "moves_score", noted)
    world, plan, run_keys = busy_case()
    run_twin(world, plan, run_keys)
    assert len(weights) >= 40
    assert sum(weight != 0 for weight in weights) >= 20


@settings(max_examples=60)
@given(seed=SEEDS)
def test_selling_without_answers_changes_nothing_else(seed):
    """Purchases and reviews are looked on: what spreads is the same, byte for byte."""
    world, plan, run_keys = random_case(seed)
    market = plan.market._replace(answering=False)
    sold = run_kernel(world, plan._replace(market=market), run_keys)
    off = run_kernel(world, plan._replace(market=no_market()), run_keys)
    for one, other in zip(sold, off, strict=True):
        assert not set(differences(one, other)) & {*SPREADING, "seed_cost", "nodes"}


def test_an_answer_that_takes_nothing_away_changes_nothing_else():
    world, plan, run_keys = busy_case()
    weights = np.floor(8.0 * np.arange(256) / 255.0 + 0.5).astype(np.int64)
    mild = plan.market._replace(answered_weight=weights, answered_share=1.0)
    answered = run_kernel(world, plan._replace(market=mild), run_keys)[0]
    silent = run_kernel(world, plan._replace(market=plan.market._replace(answering=False)), run_keys)[0]
    assert not set(differences(answered, silent)) & {*SPREADING, "seed_cost", "nodes"}
    assert "deals" in differences(answered, silent)  # the answers themselves


@settings(max_examples=60)
@given(seed=SEEDS)
def test_conservation(seed):
    """Nobody buys twice; purchases by last touch and without are all; lines and deals agree; no answer unasked."""
    world, plan, run_keys = random_case(seed)
    if not plan.market.counting:
        plan = plan._replace(market=random_on(world, plan))
    for result in run_kernel(world, plan, run_keys[:1]):
        deals = result.deals.reshape(-1, DEALS).sum(axis=0)
        assert deals[0] <= world.person_key.size
        assert deals[1:4].sum() <= deals[0]
        assert deals[5] <= deals[0]
        assert deals[6] + deals[7] <= deals[0]
        assert deals[9] <= deals[8]
        assert result.lines[0].sum() == deals[0]
        assert result.lines[1].sum() == deals[4]
        assert result.lines[3].sum() == deals[8]
        assert result.lines[4].sum() == deals[9]
        rival = plan.reaching.rival
        own = result.counts[rival == 0] if rival.size else result.counts  # competitors sell nothing here
        negative = own[:, :, [7, 13]].sum()
        assert deals[8] <= negative
        assert deals[8] == negative or plan.reaching.private_q.size, "only private shares are not heard of"
        engaged = own[:, :, 4:14].sum() - own[:, :, 14].sum()
        assert deals[10] + deals[11] == engaged


def random_on(world, plan):
    """A market that only counts: nothing is bought and nobody answers."""
    groups, items = int(world.segment.max()) + 1, plan.item_key.size
    return no_market()._replace(
        counting=True,
        selling=True,
        customer=np.zeros(world.person_key.size, np.uint8),
        convert=np.zeros((groups, 2, items)),
        baseline=np.zeros((groups, 2)),
        baseline_q=np.zeros((groups, 2), np.uint64),
    )


# Planted bugs: a twin that reads one sentence of the page wrongly is told apart by the busy case.


def buys_twice(shop, step, person, slot, origin):
    PURCHASE(shop, step, person, slot, origin)
    shop.bought.discard(person)


def reviews_at_once(shop, step):
    if shop.market.selling:
        shop.seen[0] += len(shop.reviews[step + 1])
        shop.seen[1] += sum(shop.reviews[step + 1])
        shop.buy_expected(step)
    shop.answered.update(shop.answers[step])


def answers_a_step_late(shop, step):
    late = shop.answers.pop(step, [])
    END_STEP(shop, step)
    shop.answers[step + 1] += late


def by_the_last_score_alone(shop, person):
    return min(max(shop.run.score[person, 0], -127), 127) + 127


def answered_in_full(shop, event, tie_255):
    weight = MOVES(shop, event, tie_255)
    return 0 if event.view_key in shop.answered else weight


PURCHASE, END_STEP, MOVES = Shop.purchase, Shop.end_step, Shop.moves_score
BUGS = [
    ("purchase", buys_twice),
    ("end_step", reviews_at_once),
    ("end_step", answers_a_step_late),
    ("heard", by_the_last_score_alone),
    ("moves_score", answered_in_full),
]


@pytest.mark.parametrize(("method", "bug"), BUGS, ids=[bug.__name__ for _, bug in BUGS])
def test_a_planted_bug_is_caught(method, bug, monkeypatch):
    for world, plan, run_keys in chain([busy_case()], map(random_case, range(600))):
        if not plan.market.counting:
            continue
        right = run_twin(world, plan, run_keys[:1])[0]
        with monkeypatch.context() as patch:
            patch.setattr(Shop, method, bug)
            wrong = run_twin(world, plan, run_keys[:1])[0]
        if differences(right, wrong):
            return
    pytest.fail(f"no case tells {bug.__name__} from the page")


# What is recorded for attribution


def recorded(world, plan, run_key):
    """Touches and purchases of the kernel by person, as the twin has them."""
    _, scratch = run_replicates(world, plan, np.array([run_key], np.uint64), touches=2)
    touch, bought = last_touches(scratch)
    events = last_events(scratch)
    touches, purchases = {}, {}
    for row in touch.tolist():
        sharer = max(int(events.who[row[4]]), -1)
        entry = (row[1], row[2], ("owned", "paid", "earned")[row[3]], sharer, row[5], bool(row[6]))
        touches.setdefault(row[0], []).append(entry)
    for person, step, slot, expected, so_far in bought.tolist():
        before = int((touch[:so_far, 0] == person).sum())
        purchases[person] = (step, slot, bool(expected), before)
    return touches, purchases


@settings(max_examples=60)
@given(seed=SEEDS)
def test_what_is_recorded_equals_the_twin(seed):
    world, plan, run_keys = random_case(seed)
    if not plan.market.counting:
        plan = plan._replace(market=random_on(world, plan))
    twin = Replicate(world, plan, run_keys[0])
    twin.run()
    touches, purchases = recorded(world, plan, run_keys[0])
    assert touches == {person: rows for person, rows in twin.shop.touches.items() if rows}
    assert purchases == twin.shop.purchases


def test_recording_changes_nothing():
    world, plan, run_keys = busy_case()
    keys = np.array(run_keys, np.uint64)
    one, _ = run_replicates(world, plan, keys)
    other, scratch = run_replicates(world, plan, keys, touches=2)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert len(last_touches(scratch)[0]) > 500
