"""Scenarios of a few people whose right answer can be counted by hand, for the twin and for the kernel."""

import math

import numpy as np
import pytest
from twins.adapter import RUNNERS, differences, run_kernel, run_twin
from twins.worlds import CERTAIN, ONE_31, ONE_32, certain_plan, certain_world, clock_of, clock_steps

from viralsim.metrics.tallies import COUNTS, PEOPLE, TREES
from viralsim.rng import derive, exponential

CHAIN = [(0, 1), (1, 2), (2, 3)]
STAR = [(0, v) for v in range(1, 6)]
ALL = np.array([ONE_32], np.uint64)
RUN_KEY = 12345


@pytest.fixture(params=sorted(RUNNERS))
def simulate(request):
    """Run one replicate with the twin or with the kernel."""

    def run(world, plan, run_key=RUN_KEY):
        return RUNNERS[request.param](world, plan, [run_key])[0]

    return run


def count(result, name, slot=None):
    of_name = result.counts[:, :, COUNTS.index(name)]
    return int(of_name.sum() if slot is None else of_name[slot].sum())


def people(result, name, scope=0):
    return int(result.people[PEOPLE.index(name), scope].sum())


def tree(result, name):
    return int(result.trees[TREES.index(name)])


def sharing(**changes):
    """Whoever notices anything shares at once."""
    certain = {"hazard_post": np.array([CERTAIN]), "hazard_friend": np.array([CERTAIN])}
    return certain_plan(**(certain | changes))


def words_of(plan, purpose, slot=0):
    """Word of the slot for a purpose, from section 6 of the model."""
    item, platform = plan.slot_item[slot], plan.slot_platform[slot]
    item_word = derive(derive(RUN_KEY, purpose), int(plan.item_key[item]))
    return derive(item_word, int(plan.platform_key[platform]))


def post_display_word(world, plan, person):
    """Display word h of the first post of slot 0 for a person."""
    return derive(derive(derive(words_of(plan, 12), 2**63), 0), int(world.person_key[person]))


def test_chain(simulate):
    result = simulate(certain_world(4, [CHAIN], [[0]]), sharing())
    assert count(result, "impressions_owned") == 1
    assert count(result, "impressions_earned") == 3
    assert count(result, "noticed") == 4
    assert count(result, "shares_positive") == 4
    assert people(result, "reached") == people(result, "sharers") == 4
    assert people(result, "reached_earned_only") == 3
    assert result.generations[:5].tolist() == [1, 1, 1, 1, 0]
    assert [tree(result, name) for name in TREES] == [1, 0, 0, 0, 4, 0, 4, 3, 20, 12, 40, 20]
    assert result.tree_sizes[:4].tolist() == [0, 0, 1, 0]
    # post in step 0, person k is shown it in step k + 1 and shares in that step
    assert result.curves[0, 0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    assert result.curves[2, 0].tolist() == [0, 0, 1, 1, 1, 0, 0, 0]
    assert result.curves[3, 0].tolist() == [0, 1, 1, 1, 1, 0, 0, 0]
    assert result.curves[4, 0].tolist() == [0, 1, 1, 1, 1, 0, 0, 0]
    assert [(node.person, node.parent, node.step) for node in result.nodes] == [
        (0, -1, 1),
        (1, 0, 2),
        (2, 1, 3),
        (3, 2, 4),
    ]


def test_reversed_edges_matter(simulate):
    backwards = [(v, u) for u, v in CHAIN]
    result = simulate(certain_world(4, [backwards], [[0]]), sharing())
    assert people(result, "reached") == 1
    assert count(result, "impressions_earned") == 0


def test_horizon_ends_it(simulate):
    result = simulate(certain_world(4, [CHAIN], [[0]]), sharing(steps=3))
    assert people(result, "reached") == 2
    assert count(result, "shares_positive") == 2  # the second shares in the last step, shown to nobody


def test_star_is_one_tree_of_six(simulate):
    result = simulate(certain_world(6, [STAR], [[0]]), sharing(hazard_friend=np.zeros(1)))
    assert count(result, "shares_positive") == 1
    assert count(result, "impressions_earned") == 5
    assert (tree(result, "trees"), tree(result, "trees_size_1")) == (1, 1)
    result = simulate(certain_world(6, [STAR], [[0]]), sharing())
    assert (tree(result, "largest"), tree(result, "depth")) == (6, 1)
    assert tree(result, "distances") == 2 * 5 + 5 * 4 * 2  # hub and leaves, leaves among themselves
    assert tree(result, "distances_broadcast") == 2 * 5 + 5 * 4 * 2 + 2 * (1 + 5 * 2)


def test_a_ring_shows_its_first_sharer_the_content_again(simulate):
    ring = [(0, 1), (1, 2), (2, 0)]
    result = simulate(certain_world(3, [ring], [[0]]), sharing())
    assert count(result, "impressions_earned") == 3
    assert count(result, "shares_positive") == 3
    assert people(result, "reached_earned_only") == 2


def test_nobody_notices(simulate):
    world = certain_world(4, [CHAIN], [[0, 2]], notice_q=np.zeros((4, 1), np.uint32))
    result = simulate(world, sharing(like_q=ALL, comment_q=ALL, click_q=ALL))
    assert count(result, "impressions_owned") == people(result, "reached") == 2
    assert result.counts[:, :, 1:].sum() == 0
    assert people(result, "noticed") == people(result, "sharers") == 0


def test_engagement_by_origin(simulate):
    result = simulate(certain_world(4, [CHAIN], [[0, 3]]), sharing(like_q=ALL, comment_q=ALL, click_q=ALL))
    assert count(result, "likes") == count(result, "comments_positive") == 5
    assert count(result, "clicks_owned") == 2
    assert count(result, "clicks_earned") == 3  # 1, 2, and 3 again


def test_segments_are_those_of_the_people_it_happened_to(simulate):
    world = certain_world(4, [CHAIN], [[0]], segment=np.array([2, 0, 0, 1], np.uint8))
    result = simulate(world, sharing())
    assert result.counts[0, :, 0].tolist() == [0, 0, 1]
    assert result.counts[0, :, 2].tolist() == [2, 1, 0]
    assert result.people[0, 0].tolist() == [2, 1, 1]


def test_asked_people(simulate):
    asks = [(0, 0, 0), (1, 0, 0), (1, 0, 3)]
    plan = certain_plan(
        posts=(), asks=asks, hazard_friend=np.array([CERTAIN]), reaction=np.full((1, 4096), 9)
    )
    plan = plan._replace(ask_paid=np.array([1, 1, 0], np.uint8))
    result = simulate(certain_world(4, [[(0, 1), (0, 2), (3, 2)]], [[]]), plan)
    assert count(result, "seeded") == 2  # once per person
    assert result.seed_cost == 1.0 + 4.0
    assert (count(result, "impressions_paid"), count(result, "impressions_earned")) == (2, 1)
    assert count(result, "shares_positive") == people(result, "sharers") == 0
    assert (tree(result, "trees"), tree(result, "nodes_asked")) == (2, 2)
    assert people(result, "reached") == 2
    assert people(result, "reached_earned_only") == 0
    assert result.curves[3].sum() == 0


def test_nobody_accepts(simulate):
    plan = certain_plan(posts=(), asks=[(0, 0, 0)], ask_q=np.zeros(1, np.uint64))
    result = simulate(certain_world(4, [CHAIN], [[]]), plan)
    assert result.counts.sum() == 0
    assert result.seed_cost == 0.0


def test_who_is_asked_first_does_not_share_again(simulate):
    # shown the post in step 1, would share in step 3, but is asked in step 2
    plan = sharing(asks=[(2, 0, 0)], reaction=np.full((1, 4096), 2))
    result = simulate(certain_world(4, [CHAIN], [[0]]), plan)
    assert count(result, "seeded") == 1
    assert (
        count(result, "shares_positive") == 1
    )  # person 1 in step 5; person 2 would in step 8, after the end
    assert [(node.person, node.step, node.asked) for node in result.nodes] == [(0, 2, True), (1, 5, False)]


def test_reaction_delay(simulate):
    result = simulate(certain_world(4, [CHAIN], [[0]]), sharing(reaction=np.full((1, 4096), 2)))
    assert [node.step for node in result.nodes] == [3, 6]
    assert result.curves[2, 0].tolist() == [0, 0, 0, 0, 1, 0, 0, 1]


def test_display_delay_runs_on_the_activity_clock(simulate):
    world = certain_world(1, [[]], [[0]])
    result = simulate(world, certain_plan(delay=np.full((1, 4096), 512, np.int32)))
    assert result.curves[0, 0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    result = simulate(world, certain_plan(delay=np.full((1, 4096), 511, np.int32)))
    assert result.curves[0, 0].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    clock = clock_of([1, 0, 0, 0, 0.5, 0.5, 1, 1])[None]
    asleep = certain_plan(clock=clock, clock_step=clock_steps(clock))
    assert simulate(world, asleep).curves[0, 0].tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    later = asleep._replace(delay=np.full((1, 4096), 128, np.int32))
    assert simulate(world, later).curves[0, 0].tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    never = asleep._replace(delay=np.full((1, 4096), 768, np.int32))
    assert simulate(world, never).counts.sum() == 0


def test_threshold_needs_two_sharers(simulate):
    diamond = [(0, 2), (1, 2)]
    two = np.where(np.arange(256.0) < 2, 0.0, 1.0)[None]
    alone = simulate(certain_world(3, [diamond], [[0]]), sharing(response=two))
    both = simulate(certain_world(3, [diamond], [[0, 1]]), sharing(response=two))
    assert people(alone, "sharers") == 1
    assert people(both, "sharers") == 3
    assert result_parents(both)[2] in (0, 1)


def result_parents(result):
    return {
        node.person: result.nodes[node.parent].person if node.parent >= 0 else None for node in result.nodes
    }


def test_the_sharer_who_made_the_difference_is_the_parent(simulate):
    # 3 sees 0 in step 2 and 2 in step 3: with a threshold of two, 2 is the parent
    arcs = [(0, 3), (0, 1), (1, 2), (2, 3)]
    two = np.where(np.arange(256.0) < 2, 0.0, 1.0)[None]
    one = certain_plan(posts=(), asks=[(0, 0, 0), (2, 0, 2)], hazard_friend=np.array([CERTAIN]), response=two)
    assert result_parents(simulate(certain_world(4, [arcs], [[]]), one)) == {0: None, 2: None, 3: 2}


def test_influence_off(simulate):
    result = simulate(certain_world(4, [CHAIN], [[0]]), sharing(influence=False))
    assert people(result, "reached") == 2
    assert people(result, "sharers") == 1


def test_fatigue_counts_displays_on_all_platforms(simulate):
    fatigue = np.zeros((1, 256), np.uint64)
    fatigue[:, :2] = ONE_31
    plan = certain_plan([(0, 0), (0, 1)], posts=[(0, 0), (1, 1), (2, 0), (3, 1)], fatigue_q=fatigue)
    result = simulate(certain_world(1, [[], []], [[0], [0]]), plan)
    assert (count(result, "impressions_owned", 0), count(result, "impressions_owned", 1)) == (2, 2)
    assert (count(result, "noticed", 0), count(result, "noticed", 1)) == (1, 1)


def test_attention_is_shared_by_items_and_renewed_each_day(simulate):
    plan = certain_plan(
        [(0, 0), (1, 0)],
        posts=[(0, 0), (1, 1), (2, 0), (4, 0), (5, 1)],
        notices_per_day=2,
        day=np.arange(8) // 4,
    )
    result = simulate(certain_world(1, [[]], [[0]], items=2), plan)
    # displays in steps 1, 2, 3 of the first day and 5, 6 of the second
    assert count(result, "impressions_owned") == 5
    assert count(result, "noticed") == 4
    assert (count(result, "noticed", 0), count(result, "noticed", 1)) == (2, 2)
    one_taken = plan._replace(background_q=np.array([0, ONE_32], np.uint64))
    assert count(simulate(certain_world(1, [[]], [[0]], items=2), one_taken), "noticed") == 2
    all_taken = plan._replace(background_q=np.zeros(5, np.uint64))
    assert count(simulate(certain_world(1, [[]], [[0]], items=2), all_taken), "noticed") == 0


def test_negative_views(simulate):
    negative = np.full((1, 255), ONE_32, np.uint64)
    plan = sharing(like_q=ALL, comment_q=ALL, click_q=ALL, negative_q=negative, neutral_q=negative)
    result = simulate(certain_world(4, [CHAIN], [[0]]), plan)
    assert (count(result, "likes"), count(result, "comments_negative"), count(result, "clicks_owned")) == (
        0,
        4,
        1,
    )
    assert count(result, "shares_negative") == 4
    result = simulate(certain_world(4, [CHAIN], [[0]]), plan._replace(negative_share=np.zeros(1)))
    assert count(result, "shares_negative") == 0
    neutral = plan._replace(negative_q=np.zeros((1, 255), np.uint64))
    result = simulate(certain_world(4, [CHAIN], [[0]]), neutral)
    assert (count(result, "likes"), count(result, "comments_neutral"), count(result, "shares_neutral")) == (
        4,
        4,
        4,
    )


def turning(at_least):
    """Everybody negative below a score, positive from it on."""
    scores = np.arange(-127, 128)
    return np.where(scores < at_least, ONE_32, 0).astype(np.uint64)[None]


@pytest.mark.parametrize(("tie_255", "eighths"), [(255, 8), (128, 4), (47, 1), (16, 1), (15, 0), (0, 0)])
def test_a_sharer_moves_views_by_closeness(simulate, tie_255, eighths):
    world = certain_world(2, [[(0, 1)]], [[1]], tie=np.array([tie_255], np.uint8))
    for at_least, turned in ((eighths, True), (eighths + 1, False)):
        limits = turning(at_least)
        plan = certain_plan(posts=(), asks=[(0, 0, 0)], comment_q=ALL, negative_q=limits, neutral_q=limits)
        result = simulate(world, plan)
        assert count(result, "comments_positive" if turned else "comments_negative") == 1


def test_ties_of_a_graph_without_weights_are_a_half(simulate):
    limits = turning(4)
    plan = certain_plan(posts=(), asks=[(0, 0, 0)], comment_q=ALL, negative_q=limits, neutral_q=limits)
    assert count(simulate(certain_world(2, [[(0, 1)]], [[]]), plan), "comments_positive") == 1


def test_two_platforms_reach_a_person_once(simulate):
    plan = certain_plan([(0, 0), (0, 1)], posts=[(0, 0), (2, 1)])
    result = simulate(certain_world(3, [[], []], [[0, 1], [1, 2]]), plan)
    assert people(result, "reached") == people(result, "reached", 1) == 3
    # scopes: all, one item, two platforms, two slots
    assert [people(result, "reached", scope) for scope in range(6)] == [3, 3, 2, 2, 2, 2]
    assert result.curves[4].sum(1).tolist() == [2, 1]


def test_copies(simulate):
    arcs = [[(0, 1)], [(0, 2)], [(0, 3)]]
    account = np.array([0b011, 7, 7, 7], np.uint8)  # person 0 is not on the third platform
    slots = [(0, 2), (0, 0), (0, 1)]
    plan = certain_plan(
        slots,
        posts=[(0, 1)],
        hazard_post=np.full(3, CERTAIN),
        copy_q=np.full(3, ONE_32, np.uint64),
    )
    result = simulate(certain_world(4, arcs, [[], [], []], account=account), plan)
    assert result.counts.sum() == 0
    result = simulate(certain_world(4, arcs, [[0], [], []], account=account), plan)
    assert [count(result, "shares_positive", slot) for slot in range(3)] == [0, 1, 1]
    assert [count(result, "shares_copied", slot) for slot in range(3)] == [0, 0, 1]
    assert [count(result, "impressions_earned", slot) for slot in range(3)] == [0, 1, 1]
    assert tree(result, "nodes") == people(result, "sharers") == 1
    everywhere = simulate(certain_world(4, arcs, [[0], [], []]), plan)
    assert [count(everywhere, "shares_copied", slot) for slot in range(3)] == [1, 0, 1]
    source_only = plan._replace(copy_q=np.array([ONE_32, 0, ONE_32], np.uint64))
    assert count(simulate(certain_world(4, arcs, [[0], [], []]), source_only), "shares_copied") == 0


def test_asked_people_do_not_copy(simulate):
    plan = certain_plan([(0, 0), (0, 1)], posts=(), asks=[(0, 0, 0)], copy_q=np.full(2, ONE_32, np.uint64))
    result = simulate(certain_world(2, [[(0, 1)], [(0, 1)]], [[], []]), plan)
    assert count(result, "impressions_earned") == 1


def test_boost(simulate):
    falling = certain_plan(posts=[(0, 0), (1, 0), (2, 0)], boost=np.array([[0.5, 1.0, 2.0**40]]))
    # nobody engages: from step 2 on, after 100 impressions in step 1, visibility is next to nothing
    for fans, shown in ((100, [0, 100, 100, 0, 0, 0, 0, 0]), (99, [0, 99, 99, 99, 0, 0, 0, 0])):
        result = simulate(certain_world(fans, [[]], [list(range(fans))]), falling)
        assert result.curves[0, 0].tolist() == shown
    # everybody likes: from step 2 on half a reach is doubled
    half = falling._replace(organic_reach=np.array([0.5]), boost=np.array([[0.5, 1.0, 2.0]]), like_q=ALL)
    result = simulate(certain_world(400, [[]], [list(range(400))]), half)
    assert all(100 <= shown <= 300 for shown in result.curves[0, 0, 1:3])
    assert result.curves[0, 0, 3] == 400


def test_ranking_hides_and_shows(simulate):
    rank_scale = np.array([[0.0, 1e9]], np.float32)
    world = certain_world(2, [[]], [[0, 1]], rank_scale=rank_scale)
    plan = certain_plan(ranked=np.ones(1, np.uint8), organic_reach=np.array([1e-3]))
    result = simulate(world, plan)
    assert count(result, "impressions_owned") == 1
    tie_rank = np.zeros((1, 256))
    tie_rank[0, 200] = 1e9
    world = certain_world(3, [[(0, 1), (0, 2)]], [[0]], tie=np.array([10, 200], np.uint8))
    plan = certain_plan(posts=(), asks=[(0, 0, 0)], ranked=np.ones(1, np.uint8), tie_rank=tie_rank)
    assert count(simulate(world, plan), "impressions_earned") == 1


def test_hazard_adds_up_and_must_exceed_the_threshold(simulate):
    world = certain_world(1, [[]], [[0]])
    plan = certain_plan(posts=[(0, 0), (1, 0)])
    key = derive(words_of(plan, 13), int(world.person_key[0]))
    threshold = math.floor(2.0**40 * exponential(key))
    for hazard, when in ((threshold + 1, 1), (threshold, 2), (threshold // 2 + 1, 2), (threshold // 2, None)):
        result = simulate(world, plan._replace(hazard_post=np.array([float(hazard)])))
        assert [node.step for node in result.nodes] == ([] if when is None else [when])


def test_huge_hazards_do_not_overflow(simulate):
    world = certain_world(2, [[(0, 1)]], [[0]], activity=np.full(2, 3e38, np.float32))
    result = simulate(world, sharing())
    assert count(result, "shares_positive") == 2


def test_coins_at_their_limits(simulate):
    world, plan = certain_world(1, [[]], [[0]]), certain_plan()
    h = post_display_word(world, plan, 0)
    h2 = derive(h, 1)
    limits = {
        "notice": ("noticed", None, (h & 0xFFFFFFFF) >> 1),
        "like": ("likes", "like_q", h >> 32),
        "comment": ("comments_positive", "comment_q", h2 & 0xFFFFFFFF),
        "click": ("clicks_owned", "click_q", h2 >> 32),
    }
    for name, field, word in limits.values():
        for limit, expected in ((word, 0), (word + 1, 1)):
            if field is None:
                result = simulate(world._replace(notice_q=np.array([[limit]], np.uint32)), plan)
            else:
                result = simulate(world, plan._replace(**{field: np.array([limit], np.uint64)}))
            assert count(result, name) == expected, name


def test_acceptance_opinion_and_copy_at_their_limits(simulate):
    world = certain_world(1, [[], []], [[0], []])
    key = int(world.person_key[0])
    plan = certain_plan(
        [(0, 0), (0, 1)], hazard_post=np.full(2, CERTAIN), comment_q=np.full(2, ONE_32, np.uint64)
    )
    accept = derive(words_of(plan, 16), key) & 0xFFFFFFFF
    copy = derive(words_of(plan, 17, slot=1), key) & 0xFFFFFFFF
    opinion = derive(derive(derive(RUN_KEY, 15), int(plan.item_key[0])), key) & 0xFFFFFFFF
    for more in (0, 1):
        asked = certain_plan(posts=(), asks=[(0, 0, 0)], ask_q=np.array([accept + more], np.uint64))
        assert count(simulate(certain_world(1, [[]], [[]]), asked), "seeded") == more
        copied = plan._replace(copy_q=np.array([copy + more, 0], np.uint64))
        assert count(simulate(world, copied), "shares_copied") == more
        below = np.full((1, 255), opinion + more, np.uint64)
        negative = plan._replace(negative_q=below, neutral_q=np.full((1, 255), ONE_32, np.uint64))
        assert count(simulate(world, negative), ("comments_neutral", "comments_negative")[more]) == 1
        neutral = plan._replace(neutral_q=below)
        assert count(simulate(world, neutral), ("comments_positive", "comments_neutral")[more]) == 1


def shares_on_two_platforms_in_one_step():
    """Person 1 is shown a post on one platform and a share on another in one step, and shares on both at once.

    The share turns the view from negative to positive; person 1 copies to a third platform. Pairs of results,
    twin and kernel, for many run keys.
    """
    world = certain_world(2, [[], [(0, 1)], []], [[1], [], []], tie=np.array([255], np.uint8))
    plan = certain_plan(
        [(0, 0), (0, 1), (0, 2)],
        asks=[(0, 1, 0)],
        hazard_post=np.full(3, CERTAIN),
        hazard_friend=np.full(3, CERTAIN),
        copy_q=np.full(3, ONE_32, np.uint64),
        negative_q=turning(8),
        neutral_q=turning(8),
    )
    run_keys = list(range(60))
    return list(zip(run_twin(world, plan, run_keys), run_kernel(world, plan, run_keys), strict=True))


def test_the_node_of_two_shares_in_one_step_has_the_cause_with_the_smaller_view_key():
    seen = set()
    for twin, kernel in shares_on_two_platforms_in_one_step():
        assert "nodes" not in differences(twin, kernel)
        seen.add((result_parents(twin)[1], count(twin, "shares_negative", 0)))
    assert seen == {(None, 0), (None, 1), (0, 0), (0, 1)}  # all four orders of causes and displays


def test_the_copy_of_two_shares_in_one_step_is_of_the_one_with_the_smaller_view_key():
    for twin, kernel in shares_on_two_platforms_in_one_step():
        assert not differences(twin, kernel)
