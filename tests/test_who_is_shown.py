"""Who is shown a post or a share (docs/model.md, section 6): coins written out by hand, and their law in numbers."""

import functools
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from twins.adapter import RUNNERS
from twins.worlds import CERTAIN, certain_plan, certain_world

from viralsim.engine.replicates import last_events, run_replicates
from viralsim.engine.scratch import capacities, make_scratch
from viralsim.kernels.layout import KIND_OWN
from viralsim.rng import derive

RUN_KEY = 12345
TEN, LONG = 10, 150  # followers: two draws; three tiles of 64 followers, the last of 22
SHARERS = {"hazard_post": np.array([CERTAIN]), "hazard_friend": np.array([CERTAIN])}
PEERS = pytest.mark.parametrize("peer", [False, True], ids=["post", "share"])
SIZES = pytest.mark.parametrize("size", [TEN, LONG])


@pytest.fixture(params=sorted(RUNNERS))
def runner(request):
    """The twin or the kernel."""
    return RUNNERS[request.param]


# Coins by hand


def list_of(size):
    """Followers 1 to `size` in a shuffled order: the coin belongs to the place in the list."""
    return [int(person) for person in 1 + np.random.default_rng(3).permutation(size)]


def world_of(size, peer, **changes):
    """Person 0 shares to the others, or the brand posts to them; whoever is shown it shares, to nobody."""
    arcs = [(0, person) for person in list_of(size)] if peer else []
    return certain_world(size + 1, [arcs], [[] if peer else list_of(size)], **changes)


def plan_of(peer, prob, **changes):
    """One share by person 0, or one post, shown to each follower with the probability given."""
    shown = {"visibility": np.array([prob]), "organic_reach": np.array([prob])}
    calendar = {"posts": (), "asks": [(0, 0, 0)]} if peer else {}
    return certain_plan(**calendar, **SHARERS, **shown, **changes)


def ranked(peer, prob):
    """The same probability as a product of ranking: half of it, and a factor of two for everybody."""
    return plan_of(peer, prob / 2.0, ranked=np.ones(1, np.uint8))


def twice(size):
    """Affinity of everybody that doubles the probability."""
    return np.full((1, size + 1), 2.0, np.float32)


def levels(plan, peer, size):
    """The coin of each place in the list, exactly, times 256: its first byte before the point."""
    word = derive(derive(RUN_KEY, 10), int(plan.item_key[0]))
    word = derive(word, int(plan.platform_key[0]))
    key = derive(word, 1000) if peer else derive(derive(word, 2**63), 0)  # of person 0; of the first post
    found = []
    for place in range(size):
        draw = derive(key, place // 8)
        byte = (draw >> (8 * (place % 8))) % 256
        found.append(byte + Fraction(derive(draw, place % 8) >> 11, 2**53))
    return found


def seen_by(runner, world, plan):
    """Persons shown it, except the one who was asked: all of them share."""
    return {node.person for node in runner(world, plan, [RUN_KEY])[0].nodes if not node.asked}


def below(coins, prob):
    """Persons whose coin is below the probability, in exact arithmetic."""
    limit = 256 * Fraction(prob)
    return {person for person, coin in zip(list_of(len(coins)), coins, strict=True) if coin < limit}


def close_to(coin):
    """Probabilities whose first byte is the coin's: at its bottom, just below the coin, just above it, at its top."""
    byte, rest = divmod(coin, 1)
    whole = int(byte)
    fractions = (0.0, float(rest) - 2.0**-30, float(rest) + 2.0**-30, 1.0 - 2.0**-30)
    return [(whole + fraction) / 256.0 for fraction in fractions]


@PEERS
@SIZES
def test_a_follower_is_shown_it_iff_their_coin_is_below_the_probability(runner, peer, size):
    """Each probability ties with a byte of a draw, and what decides are the 53 bits after it."""
    coins = levels(plan_of(peer, 1.0), peer, size)
    world, alike = world_of(size, peer), world_of(size, peer, rank_scale=twice(size))
    for place in (0, 3, 7, 8, size - 1):
        person, told = list_of(size)[place], []
        for prob in close_to(coins[place]):
            expected = below(coins, prob)
            assert seen_by(runner, world, plan_of(peer, prob)) == expected
            assert seen_by(runner, alike, ranked(peer, prob)) == expected
            told.append(person in expected)
        assert told == [False, False, True, True]


@PEERS
def test_each_byte_of_a_draw_is_the_coin_of_one_follower(runner, peer):
    """Probabilities between all coins show one follower more each, in the order of their coins."""
    coins = levels(plan_of(peer, 1.0), peer, TEN)
    order = sorted(coins)
    world = world_of(TEN, peer)
    between = [0.0, *(float(a + b) / 512.0 for a, b in pairwise(order)), 1.0]
    shown = [seen_by(runner, world, plan_of(peer, prob)) for prob in between]
    assert [len(people) for people in shown] == list(range(TEN + 1))
    by_coin = sorted(zip(coins, list_of(TEN), strict=True))
    assert shown == [{person for _, person in by_coin[:many]} for many in range(TEN + 1)]


@PEERS
@SIZES
def test_ranking_that_gives_all_the_same_probability_shows_it_to_the_same_people(runner, peer, size):
    world, alike = world_of(size, peer), world_of(size, peer, rank_scale=twice(size))
    before = set()
    for prob in (0.0, 2.0**-20, 0.003, 0.05, 0.25, 0.3, 0.5, 0.997, 1.0 - 2.0**-20, 1.0):
        plain = seen_by(runner, world, plan_of(peer, prob))
        assert seen_by(runner, alike, ranked(peer, prob)) == plain
        assert plain >= before, "who was shown it is shown it with a higher probability"
        before = plain
    assert len(before) == size, "at 1 everybody is"


def test_ranking_by_tie_shows_a_share_to_the_same_people_too(runner):
    tie = np.full(LONG, 128, np.uint8)
    world, close = world_of(LONG, True), world_of(LONG, True, tie=tie)
    factor = np.where(np.arange(256) == 128, 2.0, 0.0)[None]
    for prob in (0.003, 0.05, 0.3, 0.997):
        plain = seen_by(runner, world, plan_of(True, prob))
        by_tie = plan_of(True, prob / 2.0, ranked=np.ones(1, np.uint8), tie_rank=factor)
        assert seen_by(runner, close, by_tie) == plain


@PEERS
@SIZES
def test_ranking_compares_each_follower_s_own_probability_with_the_same_coin(runner, peer, size):
    """Every second follower has a probability just below their coin, the others one just above it."""
    coins = levels(plan_of(peer, 1.0), peer, size)
    people = list_of(size)
    for first in (0, 1):
        scale = np.zeros((1, size + 1), np.float32)
        for place, (person, coin) in enumerate(zip(people, coins, strict=True)):
            scale[0, person] = float(coin) / 128.0 * (1.0 + (1e-6 if place % 2 == first else -1e-6))
        expected = {
            person
            for person, coin in zip(people, coins, strict=True)
            if coin < 128 * Fraction(float(scale[0, person]))
        }
        assert expected == set(people[first::2])
        world = world_of(size, peer, rank_scale=scale)
        assert seen_by(runner, world, plan_of(peer, 0.5, ranked=np.ones(1, np.uint8))) == expected


# Their law

AUTHORS, FOLLOWERS = 1500, 24  # each author has followers of their own: three draws to a share
REPLICATES = {0.003: 120, 0.05: 20, 0.3: 20, 0.997: 120}


@functools.cache
def choices(prob, with_ranking):
    """Who was shown what: bool[shares, followers], a row for each share of an author in a replicate."""
    n = AUTHORS * (1 + FOLLOWERS)
    indptr = np.minimum(np.arange(n + 1), AUTHORS)[None] * FOLLOWERS
    world = certain_world(n, [[]], [range(AUTHORS)])._replace(
        indptr=indptr.astype(np.int64), followers=np.arange(AUTHORS, n, dtype=np.int32)
    )
    plan = certain_plan(steps=3, visibility=np.array([prob]), **SHARERS)
    if with_ranking:
        world = world._replace(rank_scale=np.where(np.arange(n) < AUTHORS, 1.0, 2.0).astype(np.float32)[None])
        plan = plan._replace(visibility=plan.visibility / 2.0, ranked=np.ones(1, np.uint8))
    scratch = make_scratch(world, plan, capacities(world, plan))
    rows = []
    for replicate in range(REPLICATES[prob]):
        key = np.array([derive(2027, replicate)], np.uint64)
        _, scratch = run_replicates(world, plan, key, scratch)
        events = last_events(scratch)
        sharers = events.who[events.kind == KIND_OWN]
        assert (sharers < AUTHORS).sum() == AUTHORS, "all authors share"
        shown = np.zeros(AUTHORS * FOLLOWERS, bool)
        shown[sharers[sharers >= AUTHORS] - AUTHORS] = True
        rows.append(shown.reshape(AUTHORS, FOLLOWERS))
    return np.concatenate(rows)


LAW = pytest.mark.parametrize("prob", REPLICATES)
RANKED = pytest.mark.parametrize("with_ranking", [False, True], ids=["plain", "ranked"])


@LAW
@RANKED
def test_each_place_in_a_list_is_shown_it_with_the_probability(prob, with_ranking):
    shown = choices(prob, with_ranking)
    error = np.sqrt(prob * (1.0 - prob) / shown.shape[0])
    assert abs(shown.mean() - prob) < 4.5 * error / np.sqrt(FOLLOWERS)
    assert (np.abs(shown.mean(axis=0) - prob) < 4.5 * error).all()


@LAW
@RANKED
def test_coins_of_one_draw_are_independent(prob, with_ranking):
    """Products of two deviations have mean 0 and variance (p (1 - p))^2, and are uncorrelated between pairs."""
    apart = choices(prob, with_ranking).reshape(-1, FOLLOWERS // 8, 8) - prob
    spread = prob * (1.0 - prob)
    for distance in range(1, 8):
        products = apart[:, :, :-distance] * apart[:, :, distance:]
        assert abs(products.mean()) < 4.5 * spread / np.sqrt(products.size), distance


@LAW
@RANKED
def test_draws_of_one_share_and_of_neighbours_are_independent(prob, with_ranking):
    """The same byte of the next draw, and the same place in the list of the next author."""
    apart = choices(prob, with_ranking) - prob
    spread = prob * (1.0 - prob)
    for products in (apart[:, :-8] * apart[:, 8:], apart[:-1] * apart[1:]):
        assert abs(products.mean()) < 4.5 * spread / np.sqrt(products.size)


@LAW
def test_how_many_are_shown_a_share_is_binomial(prob):
    """Variance of the number of followers shown a share; fourth cumulant of a binomial for its error."""
    many = choices(prob, False).sum(axis=1)
    variance = FOLLOWERS * prob * (1.0 - prob)
    fourth = variance * (1.0 + 3.0 * (FOLLOWERS - 2) * prob * (1.0 - prob))
    error = np.sqrt((fourth - variance**2) / many.size)
    assert abs(np.mean((many - FOLLOWERS * prob) ** 2) - variance) < 4.5 * error
