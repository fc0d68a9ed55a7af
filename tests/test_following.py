"""Followers won and lost: by hand, kernel against twin, conservation, and that off means off."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paid_worlds import run, world
from twins import following as twin_module
from twins.adapter import RUNNERS, differences, run_kernel, run_twin
from twins.worlds import ONE_32, certain_plan, certain_world, random_case

from viralsim.engine.scratch import capacities, grown, make_scratch, make_tally
from viralsim.kernels.layout import SIZE_FAILED, Plan, World
from viralsim.kernels.reaching import no_reaching
from viralsim.kernels.spread import run_block

ALWAYS, NEVER = ONE_32, 0
NEGATIVE = dict.fromkeys(("negative_q", "neutral_q"), np.full((1, 255), ONE_32, np.uint64))
CLICKED = {"click_q": np.array([ONE_32], np.uint64)}
ON = {
    "kind": "won-and-lost", "follow_prob_click": 0.6, "follow_prob_notice": 0.3, "unfollow_prob_negative": 0.3,
    "unfollow_prob_tired": 0.2, "patience_per_week": 3,
}  # fmt: skip


def following(plan: Plan, *chances: int, patience: int = 0) -> Plan:
    """The plan with the same chances to follow (click, notice) and leave (negative, tired) for all slots."""
    reaching = plan.reaching._replace(
        follow_q=np.tile(np.array(chances, np.uint64), (plan.slot_item.size, 1)),
        patience=np.full((plan.platform_key.size, plan.day.size), patience, np.int64),
    )
    return plan._replace(reaching=reaching)


def random_following(seed: int) -> tuple[World, Plan, list[int]]:
    """A random case in which followers are won and lost."""
    rng = np.random.default_rng(seed)
    world, plan, run_keys = random_case(seed)
    chances = rng.choice([0, ONE_32, ONE_32 // 3], (plan.slot_item.size, 4), p=[0.2, 0.3, 0.5])
    patience = np.sort(rng.integers(0, 6, (plan.platform_key.size, plan.day.size)), axis=1)
    reaching = plan.reaching._replace(follow_q=chances.astype(np.uint64), patience=patience)
    return world, plan._replace(reaching=reaching), run_keys


# ----------------------------------------------------------------------------------------- by hand


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(("acts", "chances"), [(CLICKED, (ALWAYS, NEVER)), ({}, (NEVER, ALWAYS))])
def test_who_notices_or_clicks_follows_and_sees_later_posts(runner, acts, chances):
    """0 follows and is asked to share; 1, who sees that, follows the brand from then on, and 2 does not."""
    place = certain_world(3, [[(0, 1)]], [[0]])
    calendar = {"asks": [(0, 0, 0)], "posts": [(1, 0), (3, 0)]}
    plan = following(certain_plan(**calendar, **acts), *chances, NEVER, NEVER)
    result = RUNNERS[runner](place, plan, [5])[0]
    # the share shows in step 1, at whose end 1 follows: too late for the post of step 1, in time for that of step 3
    assert result.curves[0, 0].tolist() == [0, 0, 1, 0, 2, 0, 0, 0]
    assert result.extra[0, 0].tolist() == [0, 0, 0, 0, 1, 0]
    wrong = following(certain_plan(**calendar, **acts), *reversed(chances), NEVER, NEVER)
    assert RUNNERS[runner](place, wrong, [5])[0].extra.sum() == 0


@pytest.mark.parametrize("runner", RUNNERS)
def test_who_dislikes_it_leaves_and_is_not_won(runner):
    place = certain_world(3, [[(0, 1)]], [[0, 2]])
    plan = certain_plan(asks=[(0, 0, 0)], posts=[(0, 0), (3, 0)], **NEGATIVE)
    result = RUNNERS[runner](place, following(plan, ALWAYS, ALWAYS, ALWAYS, NEVER), [5])[0]
    assert result.curves[0, 0].tolist() == [0, 2, 0, 0, 0, 0, 0, 0]
    assert result.extra[0, 0, 4:].tolist() == [0, 2]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(("patience", "seen", "lost"), [(1, 1, 1), (3, 3, 1), (4, 4, 1), (6, 4, 0)])
def test_patience_ends_after_so_many_displays(runner, patience, seen, lost):
    """Posts in steps 0, 2, 4 and 6 to one follower; the share of a friend (step 5) counts towards patience."""
    place = certain_world(2, [[(1, 0)]], [[0]])
    plan = certain_plan(posts=[(0, 0), (2, 0), (3, 0), (5, 0)], asks=[(4, 0, 1)])
    result = RUNNERS[runner](place, following(plan, NEVER, NEVER, NEVER, ALWAYS, patience=patience), [5])[0]
    assert result.curves[0, 0].sum() == seen
    assert result.extra[0, 0, 4:].tolist() == [0, lost]


@pytest.mark.parametrize("runner", RUNNERS)
def test_only_posts_of_the_brand_tire(runner):
    """An ad shows the item to a follower whose patience is at an end: no post, nobody leaves."""
    from twins.reaching_worlds import make_reaching

    place = certain_world(1, [[]], [[0]])
    ad = make_reaching([{"slot": 0, "people": [0], "begin": 0, "end": 4, "displays": 3}])
    plan = following(certain_plan(posts=[], reaching=ad), NEVER, NEVER, NEVER, ALWAYS)
    assert RUNNERS[runner](place, plan, [5])[0].extra.sum() == 0


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_competitors_items_win_and_lose_nobody(runner):
    place = certain_world(2, [[]], [[0], [0, 1]])
    place = place._replace(indptr=place.indptr[:1])
    rival = no_reaching()._replace(rival=np.array([1], np.uint8), fans=np.array([1]))
    plan = certain_plan(posts=[(0, 0), (3, 0)], reaching=rival, **CLICKED)
    result = RUNNERS[runner](place, following(plan, ALWAYS, ALWAYS, ALWAYS, ALWAYS), [5])[0]
    assert result.curves[0, 0].tolist() == [0, 2, 0, 0, 2, 0, 0, 0]
    assert result.extra.sum() == 0


# ----------------------------------------------------------------------------- kernel, twin, conservation


@settings(max_examples=60)
@given(seed=st.integers(0, 2**63 - 1))
def test_kernel_and_twin_agree(seed):
    place, plan, run_keys = random_following(seed)
    for kernel, twin in zip(run_kernel(place, plan, run_keys), run_twin(place, plan, run_keys), strict=True):
        assert not differences(kernel, twin)


def test_random_cases_are_lively():
    results = [result for seed in range(120) for result in run_kernel(*random_following(seed)[:2], [seed])]
    won, lost = (sum(1 for result in results if result.extra[:, :, k].any()) for k in (4, 5))
    assert won > 15 and lost > 15


def test_followers_at_the_end_are_those_at_the_start_plus_won_minus_lost():
    moved = 0
    for seed in range(40):
        place, plan, run_keys = random_following(seed)
        sizes, done = capacities(place, plan), 0
        scratch, tally = make_scratch(place, plan, sizes), None
        while not done:
            tally = make_tally(plan, int(place.segment.max()) + 1, int(plan.bin_of_step.max()) + 1, 1)
            done = run_block(place, plan, scratch, tally, np.array(run_keys[:1], np.uint64), 0)
            if not done:
                sizes = grown(sizes, int(scratch.size[SIZE_FAILED]))
                scratch = make_scratch(place, plan, sizes)
        extra = tally.extra[0].reshape(plan.slot_item.size, -1, 6).sum(axis=1)
        for p in range(plan.platform_key.size):
            here = plan.slot_platform == p
            start = place.fan_ptr[p + 1] - place.fan_ptr[p]
            end = ((scratch.reaching.fan >> np.uint8(p)) & 1).sum()
            won, lost = extra[here, 4].sum(), extra[here, 5].sum()
            assert end == start + won - lost
            moved += won + lost
    assert moved > 100


def test_with_no_chance_nothing_changes():
    for seed in range(40):
        place, plan, run_keys = random_case(seed)
        nothing = {name: getattr(no_reaching(), name) for name in ("follow_q", "patience", "fans")}
        off = plan._replace(reaching=plan.reaching._replace(**nothing))
        for one, other in zip(
            run_kernel(place, off, run_keys),
            run_kernel(place, following(off, NEVER, NEVER, NEVER, NEVER), run_keys),
            strict=True,
        ):
            assert not differences(one, other)


# ------------------------------------------------------------------------------------------ scenarios


POSTS = [{"item": "film", "platform": "net", "at": at} for at in ("0h", "20h", "40h", "60h")]


def scenario(chances: dict[str, Any] | str, **changes: Any) -> Any:
    items = [{"id": "film", "negative": 0.2}, {"id": "clip"}]
    return run(
        (),
        {"following": chances, "click_prob": 0.1},
        **{"items": items, "campaign": {"posts": POSTS}, **changes},
    )


def test_metrics_are_there_where_it_is_on_and_only_there():
    off, on, idle = scenario("none"), scenario(ON), scenario({**ON, **dict.fromkeys(list(ON)[1:5], 0.0)})
    assert not {"new_followers", "unfollows"} & set(off.metrics)
    assert on["new_followers"].mean() > 1 and on["unfollows"].mean() > 1
    assert not idle["new_followers"].any() and not idle["unfollows"].any()
    for name in off.metrics:
        np.testing.assert_array_equal(off[name], idle[name], name)
    assert on.by_segment("new_followers").keys() == {"young", "old"}


def test_more_readiness_to_follow_never_hides_anything():
    """In every replicate, as worlds are shared: followers won, owned impressions and reach only grow."""
    calm = {**ON, "unfollow_prob_negative": 0.0, "unfollow_prob_tired": 0.0}
    few, many = scenario({**calm, "follow_prob_click": 0.1}), scenario(calm)
    for name in ("new_followers", "impressions_owned", "reach"):
        assert (many[name] >= few[name]).all(), name
    assert many["impressions_owned"].sum() > few["impressions_owned"].sum()


def test_results_do_not_depend_on_threads_or_on_the_number_of_replicates():
    import viralsim as vs

    made = world((), {"following": ON, "click_prob": 0.1}, campaign={"posts": POSTS})
    one, two = (vs.simulate(made, threads=threads) for threads in (1, 2))
    first = vs.simulate(made, threads=1, replicates=4)
    for name in ("new_followers", "unfollows", "impressions"):
        np.testing.assert_array_equal(one[name], two[name])
        np.testing.assert_array_equal(one[name][:4], first[name])


# ------------------------------------------------------------------------------------- planted bugs


def at_once(self, event, person, display, view, h):
    NOTICED(self, event, person, display, view, h)
    if any(kind == "won" for _, _, kind in self.notes[person, event.platform]):
        self.now[event.platform].add(person)
        self.moves.append((event.slot, person, True))
        del self.notes[person, event.platform]


def largest_word(self, step):
    for key, notes in self.notes.items():
        self.notes[key] = [(-h, slot, kind) for h, slot, kind in notes]
    END_STEP(self, step)


def anybody(self, person, platform):
    return True


def half_of_the_displays(self, step):
    times = self.run.times_displayed
    self.run.times_displayed = defaultdict(int, {key: count // 2 for key, count in times.items()})
    END_STEP(self, step)
    self.run.times_displayed = times


NOTICED, END_STEP = twin_module.Followers.noticed, twin_module.Followers.end_step
BUGS = [
    ("noticed", at_once),
    ("end_step", largest_word),
    ("follows", anybody),
    ("end_step", half_of_the_displays),
]


@pytest.mark.parametrize(("method", "bug"), BUGS, ids=[bug.__name__ for _, bug in BUGS])
def test_a_planted_bug_is_caught(method, bug, monkeypatch):
    for seed in range(200):
        place, plan, run_keys = random_following(seed)
        right = run_kernel(place, plan, run_keys[:1])[0]
        with monkeypatch.context() as patch:
            patch.setattr(twin_module.Followers, method, bug)
            wrong = run_twin(place, plan, run_keys[:1])[0]
        if differences(right, wrong):
            return
    pytest.fail(f"no case among 200 tells {bug.__name__} from the page")
