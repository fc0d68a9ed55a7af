"""Follower cascades: equal to a plain twin, independent of threads and batches, in agreement with closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import viralsim as vs
from tests.twins.followers import follower_cascade, mean_distance
from viralsim.errors import SpecError
from viralsim.kernels import stream
from viralsim.models import followers
from viralsim.verify import checks_scale, theory_followers
from viralsim.verify.check import NotComputedError, Setting

SIGMAS = 4.5


def graph_of(arcs, n, keys=None):
    src = np.array([a for a, _ in arcs], dtype=np.int64)
    dst = np.array([b for _, b in arcs], dtype=np.int64)
    return vs.SocialGraph.from_edges(src, dst, n=n, person_keys=keys)


def rows_and_keys(g):
    return [g.followers(u).tolist() for u in range(g.n_nodes)], g.keys().tolist()


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 9))
    people = st.integers(0, n - 1)
    arcs = draw(st.lists(st.tuples(people, people), max_size=40))
    keys = np.arange(n, dtype=np.uint64) * np.uint64(977) + np.uint64(5) if draw(st.booleans()) else None
    return graph_of(arcs, n, keys)


@settings(max_examples=60)
@given(graphs(), st.sampled_from([0.0, 0.05, 0.3, 0.7, 0.999, 1.0]), st.integers(0, 2**40))
def test_each_cascade_equals_the_twin_person_by_person(g, probability, seed):
    counts = vs.models.follower_cascades(g, probability, cascades=12, seed=seed, popular=2)
    rows, keys = rows_and_keys(g)
    for number in range(12):
        trace = counts.trace(number)
        parent = np.append(trace.persons, -1)[trace.parents]
        got = list(zip(trace.generation.tolist(), trace.persons.tolist(), parent.tolist(), strict=True))
        assert got == follower_cascade(rows, keys, probability, seed, number)


@settings(max_examples=30)
@given(graphs(), st.sampled_from([0.1, 0.4, 1.0]), st.integers(0, 2**40), st.integers(2, 5))
def test_counts_are_those_of_the_twin(g, probability, seed, popular):
    number = 70
    counts = vs.models.follower_cascades(g, probability, number, seed=seed, popular=popular)
    rows, keys = rows_and_keys(g)
    twins = [follower_cascade(rows, keys, probability, seed, c) for c in range(number)]
    sizes = np.array([len(twin) for twin in twins])
    depths = np.array([twin[-1][0] for twin in twins])
    assert np.array_equal(counts.size_counts[:10], np.bincount(sizes, minlength=10))
    assert np.array_equal(counts.depth_counts[:10], np.bincount(depths, minlength=10))
    assert counts.size_counts.sum() == counts.depth_counts.sum() == number
    assert counts.mean_size[0] == sizes.mean()
    assert counts.mean_size[1] == pytest.approx(sizes.std(ddof=1) / math.sqrt(number), rel=1e-9)
    assert counts.mean_depth[0] == depths.mean()
    assert (counts.largest, counts.largest_number) == (sizes.max(), sizes.argmax())
    big = sizes >= popular
    virality = np.array([mean_distance(twin) for twin, told in zip(twins, big, strict=True) if told])
    assert counts.popular_count == counts.virality_counts.sum() == big.sum()
    assert np.array_equal(counts.virality_counts, np.bincount((virality * 16).astype(int), minlength=1025))
    if big.sum() > 1:
        assert counts.mean_virality[0] == pytest.approx(virality.mean(), rel=1e-12)
        assert counts.mean_virality[1] == pytest.approx(virality.std(ddof=1) / math.sqrt(big.sum()), abs=1e-7)
        assert counts.mean_virality_below == counts.mean_virality
        if sizes[big].std() > 0 and virality.std() > 1e-9:
            expected = np.corrcoef(sizes[big], virality)[0, 1]
            assert counts.correlation == pytest.approx(expected, abs=1e-6)


@pytest.fixture(scope="module")
def wide():
    """Heavy tail: most cascades are one person, some outgrow a batch's list."""
    return vs.generate.power_law(20_000, 2.0, min_followers=10, max_followers=19_000, seed=3)


def same(a, b):
    return (
        all(
            np.array_equal(getattr(a, name), getattr(b, name))
            for name in ("size_counts", "depth_counts", "virality_counts", "totals", "sums")
        )
        and a.summary() == b.summary()
    )


def test_threads_change_nothing(wide, monkeypatch):
    monkeypatch.setattr(followers, "_CHUNK", 5000)
    one, three = (
        vs.models.follower_cascades(wide, 0.01, 40_000, seed=4, threads=threads) for threads in (1, 3)
    )
    assert same(one, three)
    assert one.largest > 1024, "the tail is there"


def test_batches_and_room_change_nothing(wide, monkeypatch):
    whole = vs.models.follower_cascades(wide, 0.01, 20_000, seed=4)
    monkeypatch.setattr(followers, "_BATCH", 7)
    monkeypatch.setattr(followers, "_ROOM", 64)
    assert same(whole, vs.models.follower_cascades(wide, 0.01, 20_000, seed=4))


def test_every_cascade_larger_than_the_list_is_still_counted(wide, monkeypatch):
    monkeypatch.setattr(followers, "_ROOM", 600)
    counts = vs.models.follower_cascades(wide, 0.2, 40, seed=1)
    sizes = [counts.trace(c).persons.size for c in range(40)]
    assert counts.mean_size[0] == np.mean(sizes)
    assert counts.largest == max(sizes) == sizes[counts.largest_number]
    trees = [counts.trace(c) for c in range(40)]
    big = [tree.structural_virality() for tree in trees if tree.persons.size >= 100]
    assert counts.mean_virality[0] == pytest.approx(np.mean(big), rel=1e-9)
    assert counts.mean_depth[0] == np.mean([tree.generation.max() for tree in trees])


def test_first_cascades_are_those_of_a_longer_run_and_seed_zero_is_a_seed(wide):
    short, long = (vs.models.follower_cascades(wide, 0.01, n, seed=0) for n in (500, 700))
    other = vs.models.follower_cascades(wide, 0.01, 500, seed=1)
    assert all(np.array_equal(short.trace(c).persons, long.trace(c).persons) for c in range(0, 500, 37))
    assert not np.array_equal(short.size_counts, other.size_counts)


def test_a_higher_probability_loses_nobody(wide):
    few, more = (vs.models.follower_cascades(wide, p, 400, seed=9) for p in (0.02, 0.03))
    grown = 0
    for c in range(400):
        a, b = set(few.trace(c).persons.tolist()), set(more.trace(c).persons.tolist())
        assert a <= b
        grown += a < b
    assert grown > 0


def test_counting_by_hand():
    star = graph_of([(0, v) for v in range(1, 4)], 4)
    counts = vs.models.follower_cascades(star, 1.0, 4000, seed=2, popular=2)
    hub = counts.size_prob(4)
    assert counts.size_counts[1] + counts.size_counts[4] == 4000
    assert abs(hub - 0.25) < SIGMAS * math.sqrt(0.25 * 0.75 / 4000)
    assert counts.within(0) == counts.size_prob(1)
    assert counts.within(1) == 1.0
    assert counts.mean_virality == (1.5, 0.0), "a star of four: 2 (n - 1) / n"
    assert math.isnan(counts.correlation)
    assert vs.models.follower_cascades(star, 0.0, 50).at_least(2) == 0.0


def test_every_try_is_independent_and_has_its_probability():
    """Two followers of one person: both, either and neither, by chi-square."""
    pair = graph_of([(0, 1), (0, 2)], 3)
    counts = vs.models.follower_cascades(pair, 0.4, 60_000, seed=11)
    n = 60_000
    expected = np.array([2 / 3 + 0.36 / 3, 0.48 / 3, 0.16 / 3])
    got = counts.size_counts[1:4] / n
    assert np.all(abs(got - expected) < SIGMAS * np.sqrt(expected * (1 - expected) / n))


def test_mean_size_and_borel_law_of_an_endless_crowd():
    """Regular row lengths with p = r / d: Binomial offspring, mean 1 / (1 - r)."""
    n, d, r = 200_000, 50, 0.5
    g = vs.generate.power_law(n, 1.0, min_followers=d, max_followers=d, seed=5)
    counts = vs.models.follower_cascades(g, r / d, 300_000, seed=6, threads=2)
    p, variance = r / d, r * (1 - r / d) / (1 - r) ** 3
    assert abs(counts.mean_size[0] - 1 / (1 - r)) < SIGMAS * math.sqrt(variance / 300_000)
    for size in (1, 2, 3, 5, 8):  # Otter: P(N = n) = P(Bin(n d, p) = n - 1) / n
        arcs = size * d
        chance = math.comb(arcs, size - 1) * p ** (size - 1) * (1 - p) ** (arcs - size + 1) / size
        assert abs(counts.size_prob(size) - chance) < SIGMAS * math.sqrt(chance * (1 - chance) / 300_000)


def test_bins_are_where_they_are_said_to_be():
    edges = stream.BINS, vs.models.follower_cascades(graph_of([], 1), 0.5, 3).bin_edges
    assert edges[1].size == edges[0] + 1
    assert (np.diff(edges[1]) > 0).all()
    for value in (0, 1, 1023, 1024, 1151, 1152, 2047, 2048, 2304, 10**6, 2**31 - 1):
        at = stream.bin_of(value)
        assert edges[1][at] <= value < edges[1][at + 1]


def test_what_lies_inside_a_bin_is_refused(wide):
    counts = vs.models.follower_cascades(wide, 0.01, 100)
    assert counts.at_least(1024) >= counts.at_least(1152)
    with pytest.raises(SpecError, match=r"1100 lies inside a bin.*1024, 1152"):
        counts.at_least(1100)
    with pytest.raises(SpecError, match="sizes from 0 to 1023"):
        counts.size_prob(1024)
    with pytest.raises(SpecError, match="cascade 100 does not exist"):
        counts.trace(100)


def test_progress_is_told_and_can_stop_the_work(wide, monkeypatch, capsys):
    monkeypatch.setattr(followers, "_CHUNK", 1000)
    told = []
    vs.models.follower_cascades(wide, 0.001, 5500, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 5500), *((1000 * k, 5500) for k in range(1, 6)), (5500, 5500)]

    vs.models.follower_cascades(wide, 0.001, 3000, progress=True)
    drawn = capsys.readouterr()
    assert drawn.err
    assert drawn.out == ""

    class EnoughError(Exception):
        pass

    def stop(done, total):
        told.append((done, total))
        if done:
            raise EnoughError

    told.clear()
    with pytest.raises(EnoughError):
        vs.models.follower_cascades(wide, 0.001, 50_000, threads=2, progress=stop)
    assert len(told) <= 3, "the other thread ends with its chunk"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"probability": 1.5}, "probability: got 1.5"),
        ({"probability": True}, "probability: got True"),
        ({"cascades": 0}, "cascades: got 0"),
        ({"popular": 1}, "popular: got 1"),
        ({"threads": 0}, "threads: got 0"),
        ({"seed": -1}, "seed: got -1"),
        ({"method": "x"}, "level-points-1"),
    ],
)
def test_what_cannot_be_used_is_refused(change, match):
    arguments = {"probability": 0.5, "cascades": 10} | change
    with pytest.raises(SpecError, match=match):
        vs.models.follower_cascades(graph_of([(0, 1)], 2), **arguments)


def test_rows_and_words(wide):
    counts = vs.models.follower_cascades(wide, 0.01, 3000, seed=2)
    rows = counts.to_rows()
    for name in ("size", "depth"):
        assert sum(row["count"] for row in rows if row["measure"] == name) == 3000
    assert (
        sum(row["count"] for row in rows if row["measure"] == "structural_virality") == counts.popular_count
    )
    assert "3,000 cascades" in repr(counts)
    assert "popular_correlation" in counts._repr_html_()


# ---------------------------------------------------------------------------------------------- theory


def plane_trees(n):
    """Every tree of n people as its numbers of children in depth-first order."""
    for children in itertools.product(range(n), repeat=n):
        *before, end = itertools.accumulate(children, lambda places, c: places + c - 1, initial=1)
        if end == 0 and min(before) > 0:
            yield children


def parents_of(children):
    parents, waiting = [], [-1]
    for at, c in enumerate(children):
        parents.append(waiting.pop())
        waiting.extend([at] * c)
    return np.array(parents)


def test_mean_virality_equals_enumeration_of_all_trees():
    k, weight, beta = np.array([2.0, 5.0]), np.array([0.7, 0.3]), 0.15
    found = theory_followers.counts_theory(k, weight, beta, largest=6)
    offspring = weight @ stats.binom.pmf(np.arange(7), k[:, None], beta)
    chance = viral = 0.0
    for n in range(3, 7):
        size = 0.0
        for children in plane_trees(n):
            p = math.prod(offspring[c] for c in children)
            size += p
            viral += p * vs.structural_virality(parents_of(children))
        assert found.size_prob[n] == pytest.approx(size, rel=1e-9)
        chance += size
    assert found.mean_virality(3) == pytest.approx(viral / chance, rel=1e-9)


def test_offspring_of_hubs_do_not_underflow():
    k, weight = np.array([10.0, 45_000.0, 70_000.0]), np.array([0.9, 0.06, 0.04])
    got = theory_followers._mixed_binomial(k, weight, 0.0125, 1000)
    expected = weight @ stats.binom.pmf(np.arange(1001), k[:, None], 0.0125)
    np.testing.assert_allclose(got, expected, atol=1e-12)
    assert expected[875] > 5e-4


def test_cascades_on_one_graph_agree_with_the_law_of_its_follower_counts():
    g = vs.generate.power_law(300_000, 2.3, min_followers=10, max_followers=12_000, seed=8)
    beta = 0.5 * g.n_nodes / g.n_edges
    expected = checks_scale.theory_of(g, beta)
    n = 2_000_000
    counts = vs.models.follower_cascades(g, beta, n, seed=3, threads=2)
    for got, chance in [
        *((counts.at_least(k), expected.at_least(k)) for k in (2, 4, 10, 30, 100)),
        (counts.within(1), expected.within_one),
    ]:
        assert abs(got - chance) < SIGMAS * math.sqrt(chance * (1 - chance) / n), (got, chance)
    mean, se = counts.mean_size
    assert abs(mean - 2.0) < SIGMAS * se
    virality, virality_se = counts.mean_virality_below
    assert abs(virality - expected.mean_virality(100)) < SIGMAS * virality_se


def test_verify_calls_it_with_the_numbers_asked():
    told = []
    setting = Setting(values={"people": 30_000, "cascades": 250_000}, threads=2, report=told.append)
    found = {check.claim: check.find() for check in checks_scale.checks(setting)}
    assert all(claim.startswith("30,000 people") for claim in found)
    assert all(finding.agrees for finding in found.values()), found
    assert told[-1] == "250,000 of 250,000 cascades"


def test_verify_holds_the_published_size_against_the_published_figures(wide):
    setting = Setting(values={"people": 25_000_000, "cascades": 10**9})
    case = checks_scale._Case(setting, 2.3, 0.5)
    counts = vs.models.follower_cascades(wide, 0.01, 30_000, seed=5)
    case._cache.update(counts=counts, theory=None)  # not of that size: what is looked at is what is compared
    found = [check.find() for check in checks_scale._published(case)]
    np.testing.assert_allclose([f.expected for f in found], [0.7419, 6.70e-4, 3.63], rtol=2e-4)
    assert [f.got for f in found] == [counts.size_prob(1), counts.at_least(100), counts.mean_virality[0]]
    assert [finding.agrees for finding in found[:2]] == [False, False]
    for other in (checks_scale._Case(Setting(), 2.3, 0.5), checks_scale._Case(setting, 2.1, 0.5)):
        assert checks_scale._published(other) == []


def test_verify_refuses_what_does_not_fit(monkeypatch):
    monkeypatch.setattr("viralsim.engine.memory.available_bytes", lambda: 1e9)
    check = checks_scale.checks(Setting(values={"people": 25_000_000, "cascades": 1000}))[0]
    with pytest.raises(NotComputedError, match=r"need about 4\.9 GB, 1\.0 GB"):
        check.find()
