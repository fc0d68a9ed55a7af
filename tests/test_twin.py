"""The spreading kernel agrees exactly with its plain-Python twin, which is written from docs/model.md alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import spread
from twins.adapter import differences, run_kernel, run_twin
from twins.spread import Replicate, TwinResult
from twins.worlds import ONE_31, ONE_32, clock_steps, crowd_case, ordinals, random_case

from viralsim.kernels.layout import Plan, World

SEEDS = st.integers(0, 2**63 - 1)


@settings(max_examples=200)
@given(seed=SEEDS)
def test_kernel_agrees_with_the_twin(seed):
    world, plan, run_keys = random_case(seed)
    pairs = zip(run_twin(world, plan, run_keys), run_kernel(world, plan, run_keys), strict=True)
    for run_key, (twin, kernel) in zip(run_keys, pairs, strict=True):
        assert not differences(twin, kernel), f"case {seed}, run key {run_key}"


@pytest.mark.slow
def test_kernel_agrees_with_the_twin_in_many_cases():
    for seed in range(20_000, 25_000):
        world, plan, run_keys = random_case(seed)
        for twin, kernel in zip(
            run_twin(world, plan, run_keys), run_kernel(world, plan, run_keys), strict=True
        ):
            assert not differences(twin, kernel), f"case {seed}"


def test_random_cases_are_lively():
    """What is compared is not mostly silence: every count and every tree figure occurs often."""
    results = [result for seed in range(700) for result in run_twin(*random_case(seed)[:2], [seed])]
    with_impressions = sum(1 for result in results if result.counts[:, :, :3].any())
    assert with_impressions > 180
    for column in range(16):
        assert sum(1 for result in results if result.counts[:, :, column].any()) >= 30, column
    assert sum(1 for result in results if result.generations[2:].any()) >= 25
    assert sum(1 for result in results if result.people[1].any()) >= 50


@settings(max_examples=30)
@given(seed=SEEDS)
def test_order_of_replicates_and_used_memory_do_not_matter(seed):
    world, plan, run_keys = random_case(seed)
    there = run_kernel(world, plan, run_keys)
    back = run_kernel(world, plan, run_keys[::-1])[::-1]
    for one, other in zip(there, back, strict=True):
        assert not differences(one, other)


def check_conservation(result: TwinResult) -> None:
    """What must hold in every replicate, whatever the scenario."""
    by_origin = result.counts[:, :, :3].sum((0, 1))
    assert np.array_equal(by_origin, result.curves[:3].sum((1, 2)))
    assert result.counts[:, :, 11:14].sum() == result.curves[3].sum()
    assert result.people[0, 0].sum() == result.curves[4].sum()
    assert (result.people[0] >= result.people[1]).all()
    assert (result.people[0] >= result.people[2]).all()
    assert (result.people[2] >= result.people[3] - result.counts[:, :, 14].sum()).all()
    assert result.generations.sum() == len(result.nodes) == result.trees[4]
    for node in result.nodes:
        if node.parent >= 0:
            parent = result.nodes[node.parent]
            assert parent.item == node.item
            assert parent.step < node.step
            assert parent.generation + 1 == node.generation
            assert not node.asked


@settings(max_examples=60)
@given(seed=SEEDS)
def test_conservation_in_the_twin(seed):
    world, plan, run_keys = random_case(seed)
    for result in run_twin(world, plan, run_keys[:1]):
        check_conservation(result)


@pytest.mark.parametrize(
    ("seed", "share_probability"),
    [(2, 0.3), (3, 0.02), (4, 0.001), pytest.param(1, 0.999, marks=pytest.mark.slow)],
)
def test_kernel_agrees_with_the_twin_in_a_crowd(seed, share_probability):
    """Longer lists, batches and steps than the working lists of the kernel hold at a time."""
    world, plan, run_keys = crowd_case(seed, share_probability)
    twin, kernel = run_twin(world, plan, run_keys[:1])[0], run_kernel(world, plan, run_keys[:1])[0]
    assert not differences(twin, kernel)
    check_conservation(kernel)


@settings(max_examples=60)
@given(seed=SEEDS)
def test_short_lists_grow(seed):
    """The first sizes of the working memory do not matter."""
    world, plan, run_keys = random_case(seed)
    short = {"displays": 256, "repeats": 1, "pending": 1, "events": 1}
    for one, other in zip(
        run_kernel(world, plan, run_keys), run_kernel(world, plan, run_keys, sizes=short), strict=True
    ):
        assert not differences(one, other)


# Every number of the world and the plan matters, to both in the same way.

WORLD_CHANGES = {
    "person_key": lambda value: value + np.uint64(1),
    "activity": lambda value: value * np.float32(0.5),
    "segment": lambda value: (value + 1) % 5,
    "account": lambda value: value * 0,
    "notice_q": lambda value: value // 2,
    "share_scale": lambda value: np.full((2, 120), 0.5),
    "rank_scale": lambda value: value[:, ::-1].copy(),
    "followers": lambda value: value[::-1].copy(),
    "tie": lambda value: value[::-1].copy(),
    "fans": lambda value: value[::-1].copy(),
}
PLAN_CHANGES = {
    **dict.fromkeys(("item_key", "platform_key"), lambda value: value + np.uint64(1)),
    **dict.fromkeys(("organic_reach", "visibility", "response", "negative_share"), lambda value: value * 0.5),
    **dict.fromkeys(("hazard_post", "hazard_friend"), lambda value: value * 0.1),
    **dict.fromkeys(("like_q", "comment_q", "click_q", "copy_q"), lambda value: value // 2 + 1),
    "fatigue_q": lambda value: value // np.arange(1, 257, dtype=np.uint64),
    **dict.fromkeys(("negative_q", "neutral_q"), lambda value: (value + ONE_32) // 2),
    "tie_rank": lambda value: value * np.linspace(0.0, 1.0, 256),
    "ranked": lambda value: 1 - value,
    "boost": lambda value: value * 0.0,
    "delay": lambda value: value + 256,
    "clock": lambda value: value // 2,
    "reaction": lambda value: value + 1,
    "notices_per_day": lambda value: value - 1,
    "background_q": lambda value: value // 2,
    "day": lambda value: value // 2,
    "influence": lambda value: not value,
    "post_step": lambda value: value + 1,
    "post_slot": lambda value: value[::-1].copy(),
    "post_ordinal": lambda value: value + 1,
    "ask_step": lambda value: value + 1,
    "ask_slot": lambda value: value[::-1].copy(),
    "ask_person": lambda value: value + 1,
    "ask_q": lambda value: value // 8,
    "ask_paid": lambda value: 1 - value,
    "ask_price": lambda value: value + 1,
    "bin_of_step": lambda value: value // 2,
}


def rich_case():
    """A small crowd in which everything is on and both views and ties count."""
    world, plan, run_keys = crowd_case(7, 0.3, n=120)
    score = np.arange(-127, 128)
    moved = (ONE_32 / (1.0 + 3.0 * np.exp(score / 4.0))).astype(np.uint64)
    wear = (ONE_31 * 0.9 ** np.arange(256)).astype(np.uint64)
    slots = plan.slot_item.size
    return (
        world,
        plan._replace(
            like_q=np.full(slots, ONE_32 // 2, np.uint64),
            negative_q=np.stack([moved, moved]),
            neutral_q=np.stack([moved, moved]) + np.uint64(ONE_32 // 16),
            fatigue_q=np.stack([wear, wear]),
        ),
        run_keys[:1],
    )


def assert_matters(name, base, world, plan, run_keys):
    kernel = run_kernel(world, plan, run_keys)[0]
    assert not differences(kernel, run_twin(world, plan, run_keys)[0]), f"{name}: kernel and twin differ"
    shapes_agree = kernel.curves.shape == base.curves.shape
    assert not shapes_agree or differences(kernel, base), f"{name}: changed, and nothing else did"


@pytest.mark.parametrize("name", WORLD_CHANGES)
def test_every_number_of_the_world_matters(name):
    world, plan, run_keys = rich_case()
    base = run_kernel(world, plan, run_keys)[0]
    changed = world._replace(**{name: WORLD_CHANGES[name](getattr(world, name))})
    assert_matters(name, base, changed, plan, run_keys)


@pytest.mark.parametrize("name", PLAN_CHANGES)
def test_every_number_of_the_plan_matters(name):
    world, plan, run_keys = rich_case()
    base = run_kernel(world, plan, run_keys)[0]
    changed = plan._replace(**{name: PLAN_CHANGES[name](getattr(plan, name))})
    changed = changed._replace(clock_step=clock_steps(changed.clock))
    if name == "post_slot":
        changed = changed._replace(post_ordinal=ordinals([int(slot) for slot in changed.post_slot]))
    assert_matters(name, base, world, changed, run_keys)


def test_all_fields_are_listed():
    own_tests = {"reaching", "market"}  # tests/test_reaching_twin.py
    hints = {"clock_step"}  # a first guess: it saves work and changes nothing
    shapes = {"indptr", "fan_ptr", "slot_item", "slot_platform", "slot_of"}
    assert set(WORLD_CHANGES) | set(PLAN_CHANGES) | own_tests | hints | shapes == {
        *World._fields,
        *Plan._fields,
    }


def test_a_worse_guess_changes_nothing():
    world, plan, run_keys = rich_case()
    guessed = plan._replace(clock_step=plan.clock_step * 0)
    base, changed = run_kernel(world, plan, run_keys)[0], run_kernel(world, guessed, run_keys)[0]
    assert not differences(base, changed)


# Planted bugs: a twin that reads one sentence of the page wrongly is told apart by the random cases.


def unordered_displays(run, step):
    for planned in sorted(run.planned.pop(step, []), key=lambda display: -display.h):
        run.show(step, planned)


def latest_cause_first(run, step):
    run.crossings[step].sort(key=lambda crossing: crossing.cause.view_key)
    events = []
    for crossing in reversed(run.crossings.pop(step)):
        if (crossing.person, crossing.slot) not in run.shared:
            event = run.event_of_person(crossing.slot, crossing.person, crossing.polarity, "earned")
            run.publish(step, event, crossing.cause)
            events.append(event)
    return events


def one_step_early(run, platform, step, delay):
    clock = run.clocks[platform]
    due = clock[step] + delay
    return next((s for s in range(len(clock) - 1) if clock[s] <= due < clock[s + 1]), None)


def rounded_up(run, platform, step, delay):
    clock = run.clocks[platform]
    due = clock[step + 1] + delay
    return next((s for s in range(len(clock) - 1) if clock[s] < due <= clock[s + 1]), None)


def a_draw_each(run, key, position, p):
    return derive(key, position) < p * 2.0**64


def bytes_from_the_top(run, key, position, p):
    return BELOW(run, key, position ^ 7, p)


def ties_are_shown(run, key, position, p):
    word = derive(key, position // 8)
    return word >> (8 * (position % 8)) & 255 <= int(256.0 * p)


def ties_told_by_one_draw(run, key, position, p):
    """The 53 bits that settle a tie belong to the follower, not to all eight of a draw."""
    word = derive(key, position // 8)
    byte, whole = word >> (8 * (position % 8)) & 255, int(256.0 * p)
    return (
        p >= 1.0 or byte < whole or (byte == whole and (derive(word, 0) >> 11) / 2.0**53 < 256.0 * p - whole)
    )


def untied_ranking(run, event, person, tie_255):
    return PROBABILITY(run, event, person, -1 if event.person is None else 255)


def unlimited(run, person, day):
    return 2**31


def no_background(run, person, day):
    return max(0, int(run.plan.notices_per_day))


def view_as_at_first(run, person, item):
    score, run.score[person, item] = run.score[person, item], 0
    view = VIEW(run, person, item)
    run.score[person, item] = score
    return view


def likes_by_all(run, display, view, h, factors):
    ENGAGE(run, display, view, h, factors)
    display.liked = spread.high32(h) < int(run.plan.like_q[display.slot])


def dose_by_slot_score(run, step, event, person, view):
    """Sharers counted with posts among them."""
    run.sharers_noticed[person, event.slot] += event.person is None
    EXPOSE(run, step, event, person, view)


def no_negative_multiplier(run, step, event, person, view):
    EXPOSE(run, step, event, person, spread.POSITIVE)


def copies_from_asked(run, step, own_shares):
    asked = [s for s in run.shares if s.step == step and s.asked]
    events = [run.event_of_person(s.slot, s.person, s.polarity, "earned") for s in asked]
    COPIES(run, step, [*own_shares, *events])


def copies_of_copies(run, step, own_shares):
    COPIES(run, step, own_shares)
    copies = [s for s in run.shares if s.step == step and s.copied]
    COPIES(run, step, [run.event_of_person(s.slot, s.person, s.polarity, "earned") for s in copies])


def no_boost(run):
    """Boosts stay at 1."""


def asks_after_reactions(run):
    for step in range(len(run.plan.day)):
        run.show_displays(step)
        run.publish_posts(step)
        own_shares = run.publish_reactions(step)
        run.publish_asked(step)
        run.publish_copies(step, own_shares)
        run.update_boosts()


def copies_before_asks(run):
    for step in range(len(run.plan.day)):
        run.show_displays(step)
        run.publish_posts(step)
        run.publish_copies(step, run.publish_reactions(step))
        run.publish_asked(step)
        run.update_boosts()


def boosts_at_the_start_of_the_step(run):
    for step in range(len(run.plan.day)):
        run.show_displays(step)
        run.update_boosts()
        run.publish_posts(step)
        run.publish_asked(step)
        run.publish_copies(step, run.publish_reactions(step))


def shares_before_displays(run):
    for step in range(len(run.plan.day)):
        run.publish_posts(step)
        run.publish_asked(step)
        run.publish_copies(step, run.publish_reactions(step))
        run.show_displays(step)
        run.update_boosts()


derive = spread.derive
ASKED, REACTIONS, COPIES = Replicate.publish_asked, Replicate.publish_reactions, Replicate.publish_copies
BELOW, PROBABILITY, VIEW, ENGAGE, EXPOSE = (
    Replicate.is_below,
    Replicate.probability,
    Replicate.view,
    Replicate.engage,
    Replicate.expose,
)
BUGS = [
    ("show_displays", unordered_displays),
    ("publish_reactions", latest_cause_first),
    ("step_of_display", one_step_early),
    ("step_of_display", rounded_up),
    ("is_below", a_draw_each),
    ("is_below", bytes_from_the_top),
    ("is_below", ties_are_shown),
    ("is_below", ties_told_by_one_draw),
    ("probability", untied_ranking),
    ("attention", unlimited),
    ("attention", no_background),
    ("view", view_as_at_first),
    ("engage", likes_by_all),
    ("expose", dose_by_slot_score),
    ("expose", no_negative_multiplier),
    ("publish_copies", copies_from_asked),
    ("publish_copies", copies_of_copies),
    ("update_boosts", no_boost),
    ("run", asks_after_reactions),
    ("run", copies_before_asks),
    ("run", boosts_at_the_start_of_the_step),
    ("run", shares_before_displays),
]


@pytest.mark.parametrize(("method", "bug"), BUGS, ids=[bug.__name__ for _, bug in BUGS])
def test_a_planted_bug_is_caught(method, bug, monkeypatch):
    for seed in range(1500):
        world, plan, run_keys = random_case(seed)
        right = run_twin(world, plan, run_keys[:1])[0]
        with monkeypatch.context() as patch:
            patch.setattr(Replicate, method, bug)
            wrong = run_twin(world, plan, run_keys[:1])[0]
        if differences(right, wrong):
            return
    pytest.fail(f"no case among 1,500 tells {bug.__name__} from the page")
