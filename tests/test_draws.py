"""The generator: frozen answers, equality with its plain twin, an accurate logarithm, a small battery."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

import viralsim.kernels.draws as draws
from viralsim import rng
from viralsim.errors import SpecError

WORD = st.integers(0, 2**64 - 1)
KEYS = [0, 1, 20260302, 2**63, 2**64 - 1]


@njit(nogil=True)
def many(key, first, count):
    """uint64[count]: derive(key, first), derive(key, first + 1), ..."""
    out = np.empty(count, np.uint64)
    for i in range(count):
        out[i] = draws.derive(key, first + i)
    return out


@njit(nogil=True)
def across_keys(count, word):
    """uint64[count]: the same word under consecutive keys 0, 1, 2, ..."""
    out = np.empty(count, np.uint64)
    for i in range(count):
        out[i] = draws.derive(np.uint64(i), word)
    return out


@njit(nogil=True)
def chained(count):
    """uint64[count * count]: derive(derive(0, i), j) for i, j < count."""
    out = np.empty(count * count, np.uint64)
    for i in range(count):
        key = draws.derive(np.uint64(0), i)
        for j in range(count):
            out[i * count + j] = draws.derive(key, j)
    return out


@njit(nogil=True)
def each(values, out):
    """Write draws.log(values) into out (float64, same shape)."""
    for i in range(values.size):
        out[i] = draws.log(values[i])


@njit(nogil=True)
def exponentials(words):
    """float64[n]: an exponential variate from each word."""
    out = np.empty(words.size)
    for i in range(words.size):
        out[i] = draws.exponential(words[i])
    return out


# ------------------------------------------------------------------------------------ frozen answers


def test_known_answers_of_generator_version_1():
    # mix64 and derive are SplitMix64: its first outputs from state 0 are published (Vigna's reference code)
    assert [rng.derive(0, i) for i in range(3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]
    assert rng.mix64(0) == 0
    assert rng.mix64(1) == 0x5692161D100B05E5
    assert rng.derive(rng.derive(rng.derive(1, 2), 3), 4) == 0x721ECF4652971CFC
    assert rng.derive(7, -1) == rng.mix64(7)
    assert rng.text_key("film") == 0x5B2CBEDED4014340
    assert rng.text_key("") == 0xB4B2797457A0A6E4
    assert rng.log(2.0) == math.log(2.0)
    assert rng.GENERATOR_VERSION == 1


@given(WORD, st.integers(0, 2**63 - 1))
def test_twin_equals_kernel(bits, word):
    key = np.uint64(bits)
    assert int(draws.mix64(key)) == rng.mix64(bits)
    assert int(draws.derive(key, word)) == rng.derive(bits, word)
    assert float(draws.uniform(key)) == rng.uniform(bits)
    assert float(draws.exponential(key)) == rng.exponential(bits)


@given(WORD, st.integers(-(2**63), -1))
def test_negative_words_wrap(bits, word):
    assert (
        int(draws.derive(np.uint64(bits), word)) == rng.derive(bits, word) == rng.derive(bits, word + 2**64)
    )


@given(st.floats(min_value=2.3e-308, allow_infinity=False, allow_nan=False))
def test_logarithm_twin_and_accuracy(x):
    value = float(draws.log(x))
    assert value == rng.log(x)
    assert abs(value - math.log(x)) <= 2.0 * math.ulp(math.log(x)) + 2.3e-16


def test_logarithm_over_a_million_values():
    values = np.concatenate([np.linspace(1e-6, 4.0, 500_000), np.geomspace(1e-300, 1e300, 500_000)])
    got = np.empty_like(values)
    each(values, got)
    exact = np.log(values)  # itself within 1 ulp
    error = np.abs(got - exact)
    assert np.max(error - 2.0 * np.spacing(np.abs(exact))) <= 2.3e-16, "2 ulp, or 2e-16 relative to 1 near 1"
    inside = (values > 1e-3) & (values < 0.999)
    assert np.all(np.diff(got[:500_000]) > 0.0), "strictly increasing at this spacing"
    assert np.max(error[inside] / np.spacing(np.abs(exact[inside]))) < 4096.0


@given(st.floats(-1.0, 2.0, allow_nan=False))
def test_level_of_a_probability(prob):
    level = float(draws.level_of(prob))
    assert level == rng.level_of(prob)
    if prob <= 0.0:
        assert level == 0.0
    elif prob >= 1.0:
        assert level == math.inf
    else:
        assert level == pytest.approx(-math.log1p(-prob), rel=2e-10 if prob < 1e-3 else 1e-12)


def test_level_is_monotone_across_the_change_of_formula():
    probs = np.concatenate([np.linspace(0.9e-5, 1.1e-5, 20_001), np.linspace(0.0, 1.0, 10_001)])
    for part in (probs[:20_001], probs[20_001:]):
        levels = np.array([draws.level_of(p) for p in part])
        assert np.all(np.diff(levels) > 0.0)


@given(WORD, st.integers(1, 2**32 - 1))
def test_below_stays_below(bits, bound):
    word = np.uint64(bits)
    assert int(draws.below(word, bound)) == ((bits & 0xFFFFFFFF) * bound) >> 32 < bound
    assert (int(draws.high32(word)) << 32) + int(draws.low32(word)) == bits


def test_uniform_ends():
    assert 0.0 < float(draws.uniform(np.uint64(0))) < 1e-15
    assert 1.0 - 1e-15 < float(draws.uniform(np.uint64(2**64 - 1))) <= 1.0
    assert float(draws.exponential32(np.uint64(0))) == pytest.approx(math.log(2.0**33))
    assert 0.0 < float(draws.exponential32(np.uint64(2**32 - 1))) < 2e-10


# ------------------------------------------------------------------------------------ the battery


def chi_square_sigmas(counts: np.ndarray) -> float:
    """How many standard deviations Pearson's statistic of equal cells is from its mean."""
    expected = counts.sum() / counts.size
    statistic = float(((counts - expected) ** 2).sum() / expected)
    freedom = counts.size - 1
    return (statistic - freedom) / math.sqrt(2 * freedom)


@pytest.mark.parametrize("key", KEYS)
def test_words_are_uniform(key):
    words = many(np.uint64(key), 0, 1 << 18)
    for shift in (0, 16, 32, 54):  # bottom, middle and top ten bits
        cells = np.bincount(((words >> np.uint64(shift)) & np.uint64(1023)).astype(np.int64), minlength=1024)
        assert abs(chi_square_sigmas(cells)) < 5.0


def test_pairs_of_consecutive_words_are_uniform():
    words = many(np.uint64(12), 0, 1 << 19)
    top = (words >> np.uint64(59)).astype(np.int64)
    cells = np.bincount(top[0::2] * 32 + top[1::2], minlength=1024)
    assert abs(chi_square_sigmas(cells)) < 5.0


@pytest.mark.parametrize("source", ["words", "keys", "chains"])
@pytest.mark.parametrize("lag", [1, 2, 64])
def test_no_serial_correlation(source, lag):
    count = 1 << 18
    words = {
        "words": lambda: many(np.uint64(5), 0, count),
        "keys": lambda: across_keys(count, 3),
        "chains": lambda: chained(512),
    }[source]()
    x = words.astype(np.float64) / 2.0**64 - 0.5
    correlation = float(np.mean(x[:-lag] * x[lag:]) * 12.0)
    assert abs(correlation) < 5.0 / math.sqrt(x.size - lag)


def test_every_bit_is_balanced():
    for words in (many(np.uint64(0), 0, 1 << 18), across_keys(1 << 18, 0), chained(512)):
        ones = np.array([int(((words >> np.uint64(b)) & np.uint64(1)).sum()) for b in range(64)])
        assert np.max(np.abs(ones - words.size / 2)) < 5.0 * math.sqrt(words.size) / 2


@pytest.mark.parametrize("what", ["key", "word"])
def test_avalanche(what):
    # flipping any one input bit flips each output bit with probability one half
    generator = np.random.default_rng(0)
    inputs = generator.integers(0, 2**64, 1024, dtype=np.uint64)
    base = [
        int(draws.derive(np.uint64(v), 1)) if what == "key" else int(draws.derive(np.uint64(1), v))
        for v in inputs
    ]
    for bit in range(64):
        flips = np.zeros(64, np.int64)
        for value, before in zip(inputs, base, strict=True):
            changed = value ^ np.uint64(1 << bit)
            after = draws.derive(changed, 1) if what == "key" else draws.derive(np.uint64(1), changed)
            difference = np.uint64(int(after) ^ before)
            flips += ((difference >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).astype(np.int64)
        assert np.max(np.abs(flips - 512)) < 5.5 * 16.0  # binomial(1024, 1/2): sigma 16; 8,192 comparisons


def test_chains_do_not_collide():
    words = chained(1024)
    assert np.unique(words).size == words.size  # a million of 2^64: a chance collision has probability 3e-8
    other_order = np.array([rng.derive(rng.derive(0, 2), 1), rng.derive(rng.derive(0, 1), 2)])
    assert other_order[0] != other_order[1]


def test_exponential_law():
    x = exponentials(many(np.uint64(3), 0, 1 << 20))
    n = x.size
    assert abs(x.mean() - 1.0) < 5.0 / math.sqrt(n)
    assert abs(x.var() - 1.0) < 5.0 * math.sqrt(8.0 / n)  # fourth central moment 9, less 1
    quantiles = np.quantile(x, [0.01, 0.5, 0.99])
    exact = -np.log1p(-np.array([0.01, 0.5, 0.99]))
    sigma = np.sqrt(np.array([0.01, 0.5, 0.99]) / (1 - np.array([0.01, 0.5, 0.99])) / n)
    assert np.all(np.abs(quantiles - exact) < 5.0 * sigma)


# ------------------------------------------------------------------------------------ seeds and names


def test_seeds():
    assert rng.check_seed(0) == 0
    assert rng.check_seed(2**63 - 1) == 2**63 - 1
    assert type(rng.check_seed(np.int64(7))) is int
    for wrong in (-1, 2**63, 1.0, True, "1", None, float("nan"), [1]):
        with pytest.raises(SpecError, match="whole number from 0 to 9223372036854775807"):
            rng.check_seed(wrong)
    drawn = {rng.entropy_seed() for _ in range(100)}
    assert len(drawn) == 100
    assert all(0 <= seed < 2**53 for seed in drawn)


@given(st.text(), st.text())
def test_text_keys_follow_the_text(a, b):
    assert (rng.text_key(a) == rng.text_key(b)) == (a == b)
    assert 0 <= rng.text_key(a) < 2**64
