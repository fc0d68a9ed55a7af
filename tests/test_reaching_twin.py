"""Deliveries (paid flights, discovery): kernel and twin agree, every number matters, bugs are told apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import reaching as twin_module
from twins.adapter import RUNNERS, differences, run_kernel, run_twin
from twins.reaching import Delivery
from twins.reaching_worlds import make_reaching
from twins.worlds import CERTAIN, ONE_32, certain_plan, certain_world, crowd_case, random_case

from viralsim.kernels.reaching import Reaching, no_reaching

SEEDS = st.integers(0, 2**63 - 1)


def rich_case():
    """A small crowd with a slow and a fast flight, and discovery that grows."""
    world, plan, run_keys = crowd_case(7, 0.3, n=150)
    people, outside = list(range(150)), [v for v in range(150) if v % 3]
    reaching = make_reaching(
        [
            {"slot": 1, "people": people, "begin": 2, "end": 20, "displays": 300, "cap": 3, "share": 0.5},
            {"slot": 0, "people": people[::2], "begin": 4, "end": 9, "displays": 90, "cap": 2, "pace": 0.4,
             "number": 1},
            {"slot": 2, "people": outside, "begin": -1, "end": 3, "displays": 12, "cap": 1, "number": 2**63,
             "discovery": 1, "benchmark": 0.5, "growth": 2.0},
            {"slot": 2, "people": people, "begin": -1, "end": 9, "displays": 80, "cap": 2, "number": 2**62,
             "trigger": 0.1, "least": 20},
        ]
    )  # fmt: skip
    reaching = reaching._replace(
        private_q=np.array([ONE_32 // 3, ONE_32 // 2, 0], np.uint64),
        private_shown_q=np.full(3, ONE_32 // 2, np.uint64),
        private_most=np.array([3, 2, 1]),
        like_shown=np.array([0.3, 0.0, 0.9]),
        comment_shown=np.array([0.1, 0.5, 0.0]),
        rule_step=np.array([7]),
        rule_least=np.array([10]),
        event_step=np.array([5, 5]),
        event_platform=np.array([0, 1]),
        event_reach=np.full(2, 0.5),
        event_visibility=np.full(2, 0.5),
        visible=np.array([[0.5, 10.0, 3.0], [1.0, 5.0, 2.0], [0.0, 1.0, 1.0]]),
        rival=np.zeros(3, np.uint8),
        fans=np.array([0, 1, 1]),
        asked=np.linspace(0.2, 1.8, 2 * len(plan.ask_step)).reshape(-1, 2),
        follow_q=np.full((3, 4), ONE_32 // 4, np.uint64),
        patience=np.full((plan.platform_key.size, plan.day.size), 3),
    )
    plan = plan._replace(reaching=reaching, like_q=np.full(3, ONE_32 // 5, np.uint64))
    return world, plan, run_keys[:1]


CHANGES = {
    "slot": lambda value: value[[1, 0, 2, 3]],
    "number": lambda value: value + np.uint64(1),
    "discovery": lambda value: value * 0,
    "price": lambda value: value * np.array([3.0, 1.0, 1.0, 1.0]),
    "trigger": lambda value: value * 1000.0,
    "least": lambda value: value * 100_000,
    "rule_step": lambda value: value + 4,
    "rule_least": lambda value: value * 100_000,
    "event_step": lambda value: value + 2,
    "event_platform": lambda value: value * 0,
    **dict.fromkeys(("event_reach", "event_visibility"), lambda value: value * 0.0),
    "visible": lambda value: value * np.array([0.5, 1.0, 1.0]),
    "rival": lambda value: np.array([0, 1, 0], np.uint8),
    "fans": lambda value: np.array([1, 1, 0]),
    "asked": lambda value: value[:, ::-1].copy(),
    "people": lambda value: np.concatenate((value[1::-1], value[2:])),
    "begin": lambda value: np.where(value >= 0, value + 1, -1),
    "end": lambda value: value - 1,
    "displays": lambda value: value // 2,
    "cap": lambda value: np.maximum(value - 1, 1),
    "pace": lambda value: value / 2,
    "share": lambda value: value * 3.0,
    "benchmark": lambda value: value / 3,
    "growth": lambda value: value / 2,
    **dict.fromkeys(("private_q", "private_shown_q"), lambda value: value // 2),
    "private_most": lambda value: 4 - value,
    **dict.fromkeys(("like_shown", "comment_shown"), lambda value: value / 2),
    "follow_q": lambda value: value // 2,
    "patience": lambda value: value * 2,
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_number_of_a_delivery_matters(name):
    world, plan, run_keys = rich_case()
    base = run_kernel(world, plan, run_keys)[0]
    changed = plan.reaching._replace(**{name: CHANGES[name](getattr(plan.reaching, name))})
    plan = plan._replace(reaching=changed)
    kernel = run_kernel(world, plan, run_keys)[0]
    assert not differences(kernel, run_twin(world, plan, run_keys)[0])
    assert differences(kernel, base), f"{name}: changed, and nothing else did"


def test_all_fields_of_deliveries_are_listed():
    assert set(CHANGES) | {"first"} == set(Reaching._fields)


def test_deliveries_are_lively():
    """What is compared is not mostly silence."""
    results = [result for seed in range(100) for result in run_twin(*random_case(seed)[:2], [seed])]
    assert sum(1 for result in results if result.bought.any()) > 25
    assert sum(1 for result in results if result.extra[:, :, 0].any()) > 12


@settings(max_examples=60)
@given(seed=SEEDS)
def test_what_is_delivered_is_what_is_counted(seed):
    """Displays of flights are the paid impressions less those of paid people; discovery's are its own count."""
    world, plan, run_keys = random_case(seed)
    plan = plan._replace(ask_paid=plan.ask_paid * 0)
    for result in run_kernel(world, plan, run_keys[:1]):
        flights = plan.reaching.discovery == 0
        for s in range(len(plan.slot_item)):
            here = plan.reaching.slot == s
            assert result.counts[s, :, 1].sum() == result.bought[here & flights].sum()
            assert result.extra[s, :, 0].sum() == result.bought[here & ~flights].sum()
        if not plan.reaching.rule_step.size:  # which move budgets
            assert (result.bought[flights] <= plan.reaching.displays[flights]).all()
        assert (result.bought <= plan.reaching.cap * np.diff(plan.reaching.first)).all()


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_flight_counted_by_hand(runner):
    """Ten displays over five steps to four people, twice each at most: two a step until eight are shown."""
    world = certain_world(6, [[]], [[]])
    flight = {"slot": 0, "people": [0, 1, 2, 3], "begin": 1, "end": 6, "displays": 10, "cap": 2}
    plan = certain_plan(posts=(), reaching=make_reaching([flight]))
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.curves[1, 0].tolist() == [0, 2, 2, 2, 2, 0, 0, 0]
    assert result.bought.tolist() == [8]
    assert result.people[0, 0].sum() == 4
    assert result.counts[0, :, :3].sum(axis=0).tolist() == [0, 8, 0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_fast_flight_shows_each_person_once_a_step(runner):
    world = certain_world(6, [[]], [[]])
    flight = {"slot": 0, "people": [0, 1, 2, 3], "begin": 1, "end": 6, "displays": 10, "pace": 1.0}
    plan = certain_plan(posts=(), reaching=make_reaching([flight]))
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.curves[1, 0].tolist() == [0, 4, 4, 2, 0, 0, 0, 0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_who_shares_after_an_ad_begins_a_tree_and_what_follows_is_earned(runner):
    """One ad to person 0, who shares; two followers see that, earned, and share in turn to nobody."""
    world = certain_world(3, [[(0, 1), (0, 2)]], [[]])
    flight = {"slot": 0, "people": [0], "begin": 0, "end": 1, "displays": 1}
    plan = certain_plan(
        posts=(),
        reaching=make_reaching([flight]),
        hazard_post=np.array([CERTAIN]),
        hazard_friend=np.array([CERTAIN]),
    )
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.counts[0, 0, :3].tolist() == [0, 1, 2]
    assert result.generations[:2].tolist() == [1, 2]
    silent = plan._replace(reaching=plan.reaching._replace(share=np.zeros(1)))
    assert RUNNERS[runner](world, silent, [5])[0].counts[0, 0, :3].tolist() == [0, 1, 0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_discovery_counted_by_hand(runner):
    """All like: waves of 2, 4, 8 of two steps each after the post, then the six left."""
    world = certain_world(23, [[]], [[20, 21, 22]])
    waves = {
        "slot": 0, "people": range(20), "begin": -1, "end": 2, "displays": 2, "cap": 1, "number": 2**63,
        "discovery": 1, "benchmark": 0.5, "growth": 3.0,
    }  # fmt: skip
    plan = certain_plan(
        steps=12, posts=[(1, 0)], reaching=make_reaching([waves]), like_q=np.array([ONE_32], np.uint64)
    )
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.curves[0, 0].tolist() == [0, 0, 1 + 3, 1, 2, 2, 4, 4, 3, 3, 0, 0]
    assert result.extra[0, :, 0].sum() == 20
    assert result.counts[0, :, :3].sum(axis=0).tolist() == [23, 0, 0]
    bored = plan._replace(like_q=np.array([0], np.uint64))
    assert RUNNERS[runner](world, bored, [5])[0].extra[0, :, 0].sum() == 2


@pytest.mark.parametrize("runner", RUNNERS)
def test_discovery_of_what_a_paid_person_published_goes_back_to_that_person(runner):
    """Nobody posts; person 0 is paid to share, the platform shows that to 1, who shares to 2."""
    world = certain_world(3, [[(1, 2)]], [[]])
    waves = {"slot": 0, "people": [1], "begin": -1, "end": 1, "number": 2**63, "discovery": 1, "cap": 1}
    plan = certain_plan(
        posts=(), asks=[(0, 0, 0)], ask_paid=np.ones(1, np.uint8), reaching=make_reaching([waves]),
        hazard_post=np.array([CERTAIN]),
    )  # fmt: skip
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.counts[0, 0, :3].tolist() == [0, 1, 1]
    assert [(node.person, node.generation) for node in result.nodes] == [(0, 0), (1, 1)]


def pass_on(**changes):
    """One slot of which everything is private or shown on, unless changed."""
    usual = {
        "private_q": np.array([ONE_32], np.uint64), "private_shown_q": np.array([ONE_32], np.uint64),
        "private_most": np.array([3]), "like_shown": np.zeros(1), "comment_shown": np.zeros(1),
    }  # fmt: skip
    return no_reaching()._replace(**{**usual, **changes})


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_private_share_goes_to_the_closest(runner):
    """The brand posts to 0, who tells one, two or three of six followers: those with the highest ties."""
    world = certain_world(
        7, [[(0, v) for v in range(1, 7)]], [[0]], tie=np.array([9, 200, 8, 100, 7, 50], np.uint8)
    )
    plan = certain_plan(reaching=pass_on(), hazard_post=np.array([CERTAIN]))
    seen = set()
    for key in range(60):
        result = RUNNERS[runner](world, plan._replace(item_key=np.array([key], np.uint64)), [5])[0]
        told = int(result.extra[0, 0, 1])
        assert result.counts[0, 0, :3].tolist() == [1, 0, told]
        assert result.extra[0, 0, 3] == 1
        assert result.counts[0, 0, 11] == 1  # it is a share like others
        seen.add(told)
    assert seen == {1, 2, 3}
    segments = np.array([0, 3, 1, 3, 2, 3, 3], np.uint8)  # closest: 2, then 4, then 6
    far = RUNNERS[runner](world._replace(segment=segments), plan, [5])[0]
    assert far.people[1, 0, 3] == (1 if far.extra[0, :, 1].sum() == 3 else 0)
    public = plan._replace(reaching=pass_on(private_q=np.zeros(1, np.uint64)))
    assert RUNNERS[runner](world, public, [5])[0].counts[0, 0, :3].tolist() == [1, 0, 6]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_private_share_is_not_copied_to_other_platforms(runner):
    world = certain_world(3, [[(0, 1)], [(0, 2)]], [[0], []])
    plan = certain_plan(
        slots=[(0, 0), (0, 1)], hazard_post=np.full(2, CERTAIN), copy_q=np.full(2, ONE_32, np.uint64)
    )
    assert RUNNERS[runner](world, plan, [5])[0].counts[:, 0, 2].tolist() == [1, 1]
    both = {
        name: np.repeat(value, 2)
        for name, value in pass_on()._asdict().items()
        if value.size == 1 and name != "first"
    }
    private = plan._replace(reaching=no_reaching()._replace(**both))
    assert RUNNERS[runner](world, private, [5])[0].counts[:, 0, 2].tolist() == [1, 0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_like_shows_the_item_to_followers_once(runner):
    """Two posts to 0, who likes both; followers 1 and 2 see the first like, like it too, and nobody follows them."""
    world = certain_world(3, [[(0, 1), (0, 2)]], [[0]])
    liked = {"like_q": np.array([ONE_32], np.uint64)}
    silent = pass_on(private_q=np.zeros(1, np.uint64), like_shown=np.ones(1))
    plan = certain_plan(posts=[(0, 0), (2, 0)], reaching=silent, **liked)
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.counts[0, 0, :3].tolist() == [2, 0, 2]
    assert result.extra[0, 0].tolist() == [0, 0, 2, 0, 0, 0]
    assert result.counts[0, 0, 4] == 4  # likes
    all_negative = np.full((1, 255), ONE_32, np.uint64)
    disliked = plan._replace(negative_q=all_negative, neutral_q=all_negative)
    assert RUNNERS[runner](world, disliked, [5])[0].counts[0, 0, :3].tolist() == [2, 0, 0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_who_shares_after_a_like_belongs_to_the_tree_of_the_share_that_was_liked(runner):
    """0 shares the post to 1; 1 (who never shares) comments; 2, a follower of 1, shares: a child of 0."""
    world = certain_world(3, [[(0, 1), (1, 2)]], [[0]], activity=np.array([1, 0, 1], np.float32))
    commented = pass_on(private_q=np.zeros(1, np.uint64), comment_shown=np.ones(1))
    plan = certain_plan(
        reaching=commented, hazard_post=np.array([CERTAIN]), comment_q=np.array([ONE_32], np.uint64)
    )
    result = RUNNERS[runner](world, plan, [5])[0]
    assert {(node.person, node.parent, node.generation) for node in result.nodes} == {(0, -1, 0), (2, 0, 1)}


def test_deliveries_that_show_nothing_change_nothing():
    world, plan, run_keys = rich_case()
    nothing = plan.reaching._replace(displays=plan.reaching.displays * 0)
    none = make_reaching([{"slot": 0, "people": []}])
    names = [name for name, value in none._asdict().items() if value.size]
    without = plan.reaching._replace(people=none.people, **{name: getattr(none, name) for name in names})
    off = run_kernel(world, plan._replace(reaching=without), run_keys)[0]
    idle = run_kernel(world, plan._replace(reaching=nothing), run_keys)[0]
    assert not [name for name in differences(off, idle) if name != "bought"]


# Planted bugs: a twin that reads one sentence wrongly is told apart.


def always_the_first(self, step):
    self.choice_key, key = 0, self.choice_key
    shown = CHOSEN(self, step)
    self.choice_key = key
    return shown


def no_cap(self, step):
    self.cap = 10**9
    return CHOSEN(self, step)


def whole_at_once(self, step):
    return min(len(self.open), max(self.planned - self.bought, 0))


def never_judged(self, step):
    """Waves after the first are not planned."""


def judged_by_all(self, step):
    engaged, shown = self.engaged, self.shown
    JUDGE(self, step)
    if (self.engaged, self.shown) != (engaged, shown):
        self.engaged, self.shown = engaged, shown


CHOSEN, JUDGE = Delivery.chosen, Delivery.judge_wave
BUGS = [
    ("chosen", always_the_first), ("chosen", no_cap), ("how_many", whole_at_once), ("judge_wave", never_judged),
    ("judge_wave", judged_by_all),
]  # fmt: skip


@pytest.mark.parametrize(("method", "bug"), BUGS, ids=[bug.__name__ for _, bug in BUGS])
def test_a_planted_bug_is_caught(method, bug, monkeypatch):
    for seed in range(300):
        world, plan, run_keys = random_case(seed)
        right = run_twin(world, plan, run_keys[:1])[0]
        with monkeypatch.context() as patch:
            patch.setattr(twin_module.Delivery, method, bug)
            wrong = run_twin(world, plan, run_keys[:1])[0]
        if differences(right, wrong):
            return
    pytest.fail(f"no case among 300 tells {bug.__name__} from the page")


@pytest.mark.parametrize("runner", RUNNERS)
def test_platform_events_multiply_from_their_step_on(runner):
    """Posts in steps 0 and 2; from step 2 on nothing of the brand's is shown any more."""
    world = certain_world(4, [[]], [[0, 1, 2, 3]])
    event = {"event_step": np.array([2]), "event_platform": np.array([0])}
    halved = no_reaching()._replace(**event, event_reach=np.array([0.0]), event_visibility=np.array([1.0]))
    plan = certain_plan(posts=[(0, 0), (2, 0)], reaching=halved)
    assert RUNNERS[runner](world, plan, [5])[0].curves[0, 0].tolist() == [0, 4, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_rest_of_the_budget_goes_to_the_item_that_is_liked(runner):
    """Two flights of 8 displays at 1 and 2 dollars; after four steps the liked one gets the other's 8 dollars."""
    world = certain_world(8, [[]], [[]], items=2)
    flight = {"people": range(8), "begin": 0, "end": 8, "displays": 8}
    reaching = make_reaching([{**flight, "slot": 0, "price": 1.0}, {**flight, "slot": 1, "price": 2.0}])
    moved = reaching._replace(rule_step=np.array([4]), rule_least=np.array([1]))
    plan = certain_plan(
        slots=[(0, 0), (1, 0)], posts=(), reaching=moved, like_q=np.array([ONE_32, 0], np.uint64)
    )
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.bought.tolist() == [8 + 8, 4]
    assert result.curves[1, 0].tolist() == [1, 1, 1, 1, 3, 3, 3, 3]
    late = plan._replace(reaching=moved._replace(rule_least=np.array([5])))
    assert RUNNERS[runner](world, late, [5])[0].bought.tolist() == [8, 8]


@pytest.mark.parametrize("runner", RUNNERS)
def test_what_passes_an_engagement_rate_is_advertised(runner):
    world = certain_world(8, [[]], [[0, 1]])
    waiting = {
        "slot": 0,
        "people": range(8),
        "begin": -1,
        "end": 2,
        "displays": 6,
        "trigger": 0.5,
        "least": 2,
    }
    plan = certain_plan(reaching=make_reaching([waiting]), like_q=np.array([ONE_32], np.uint64))
    assert RUNNERS[runner](world, plan, [5])[0].curves[:2, 0].tolist() == [
        [0, 2, 0, 0, 0, 0, 0, 0],
        [0, 0, 3, 3, 0, 0, 0, 0],
    ]
    bored = plan._replace(like_q=np.array([0], np.uint64))
    assert RUNNERS[runner](world, bored, [5])[0].bought.tolist() == [0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_competitors_item_takes_attention_and_counts_for_nothing_of_the_brands(runner):
    """The rival posts to its followers 0 and 1; 0 has one notice a day and spends it on whichever comes first."""
    world = certain_world(3, [[(1, 2)]], [[0], [0, 1]], items=2)
    world = world._replace(indptr=world.indptr[:1])
    rival = no_reaching()._replace(rival=np.array([0, 1], np.uint8), fans=np.array([0, 1]))
    plan = certain_plan(
        slots=[(0, 0), (1, 0)], posts=[(0, 0), (0, 1)], hazard_post=np.array([0.0, CERTAIN]), reaching=rival
    )
    result = RUNNERS[runner](world, plan, [5])[0]
    assert result.counts[:, 0, :3].tolist() == [[1, 0, 0], [2, 0, 1]]
    assert result.people[0, 0].tolist() == [1]
    assert result.people[0, 1:3, 0].tolist() == [1, 3]  # by item
    assert result.people[0, 3].tolist() == [1]  # the platform
    assert result.curves[4].sum() == 1
    assert result.trees[4] == 0
    busy = plan._replace(notices_per_day=1)
    assert RUNNERS[runner](world, busy, [5])[0].counts[:, 0, 3].tolist() in ([1, 2], [0, 3])
