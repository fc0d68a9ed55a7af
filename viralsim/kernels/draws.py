"""Stateless random draws: pure functions of integer keys (generator version 1).

A *key* is a uint64. ``derive(key, word)`` makes a sub-key from a stable identity or a purpose;
a chain of derivations names a draw completely, e.g. (seed, draw, replicate, purpose, who, what).
Nothing here has state, so a draw does not depend on what else was drawn, in which order or by
which thread. Decisions use integers, ``+ - * /`` and the logarithm below: no libm, whose last
digit differs between machines.

The mixer is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
pseudorandom number generators", with Stafford's variant 13 constants); ``derive(key, i)`` for
i = 0, 1, 2, ... is that generator's sequence from state ``key``.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
from numba import njit

GENERATOR_VERSION = 1

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MUL_1 = np.uint64(0xBF58476D1CE4E5B9)
_MUL_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_S12, _S32, _S45, _S52 = np.uint64(12), np.uint64(32), np.uint64(45), np.uint64(52)
_LOW_32 = np.uint64(0xFFFFFFFF)
_MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
_ONE_BITS = np.uint64(0x3FF0000000000000)
_LOG_BITS = 7  # the mantissa's top bits that choose a row of the logarithm's table


def _log_table() -> tuple[np.ndarray, np.ndarray, float]:
    """Reciprocals of 128 centres in [1, 2) and the correctly rounded logarithms of their inverses."""
    centres = 1.0 + (np.arange(1 << _LOG_BITS) + 0.5) / (1 << _LOG_BITS)
    inverse = 1.0 / centres
    with localcontext() as context:
        context.prec = 40
        logs = [float(-(Decimal(float(c)).ln())) for c in inverse]
        log_2 = float(Decimal(2).ln())
    return inverse, np.array(logs), log_2


_INVERSE, _LOGS, _LOG_2 = _log_table()


@njit(cache=True, nogil=True)
def mix64(z):
    """Scramble a uint64 into a uint64 (a bijection in which each input bit moves every output bit)."""
    z = (z ^ (z >> _S30)) * _MUL_1
    z = (z ^ (z >> _S27)) * _MUL_2
    return z ^ (z >> _S31)


@njit(cache=True, nogil=True)
def derive(key, word):
    """Sub-key of `key` (uint64) named by `word` (any integer; taken modulo 2^64). Returns uint64."""
    return mix64(np.uint64(key) + _GOLDEN * (np.uint64(word) + np.uint64(1)))


@njit(cache=True, nogil=True)
def uniform(bits):
    """Float64 in the open interval (0, 1) from a uint64: (top 52 bits + 1/2) / 2^52, exact."""
    return (np.float64(bits >> _S12) + 0.5) * (1.0 / 4503599627370496.0)


@njit(cache=True, nogil=True)
def high32(bits):
    """Upper 32 bits of a draw, as uint64 in [0, 2^32)."""
    return bits >> _S32


@njit(cache=True, nogil=True)
def low32(bits):
    """Lower 32 bits of a draw, as uint64 in [0, 2^32)."""
    return bits & _LOW_32


@njit(cache=True, nogil=True)
def below(bits, bound):
    """Integer in [0, bound) from a uint64 draw, bound < 2^32 (multiply and shift; bias under bound/2^32)."""
    return np.int64(((bits & _LOW_32) * np.uint64(bound)) >> _S32)


@njit(cache=True, nogil=True)
def log(x):
    """Natural logarithm of a positive normal float64, the same on every machine.

    x = 2^e m; log m = log c + log(m/c) with c the centre of one of 128 cells and a polynomial of
    degree 6 for the rest (error under 2e-16 relative to 1). Uses only + - * on float64.
    """
    bits = np.float64(x).view(np.uint64)
    exponent = np.float64(np.int64(bits >> _S52) - 1023)
    row = (bits & _MANTISSA) >> _S45
    mantissa = np.uint64((bits & _MANTISSA) | _ONE_BITS).view(np.float64)
    r = mantissa * _INVERSE[row] - 1.0
    tail = r * r * (-0.5 + r * (1.0 / 3.0 + r * (-0.25 + r * (0.2 - r * (1.0 / 6.0)))))
    return exponent * _LOG_2 + (_LOGS[row] + (r + tail))


@njit(cache=True, nogil=True)
def exponential(bits):
    """Exponential variate of mean 1 (float64 > 0) from the 52 upper bits of a draw."""
    return -log(uniform(bits))


@njit(cache=True, nogil=True)
def exponential32(word):
    """Exponential variate of mean 1 (float64 > 0, at most 22.9) from a 32-bit word held in a uint64."""
    return -log((np.float64(word) + 0.5) * (1.0 / 4294967296.0))


@njit(cache=True, nogil=True)
def level_of(prob):
    """Level of a probability, -log(1 - prob): float64, 0 for prob <= 0 and inf for prob >= 1.

    A point of a unit Poisson process falls below this level with probability `prob`; levels turn
    nested sampling into one comparison (viralsim.kernels.coins).
    """
    if prob <= 0.0:
        return 0.0
    if prob >= 1.0:
        return np.inf
    if prob < 1e-5:  # the series to third order, exact to the last digit here; 1 - prob would lose digits
        return prob * (1.0 + prob * (0.5 + prob / 3.0))
    return -log(1.0 - prob)


@njit(cache=True, nogil=True)
def words_of(key, identities, out):
    """One draw per identity: out[i] = derive(key, identities[i]) (uint64[n], uint64[n])."""
    for i in range(identities.size):
        out[i] = derive(key, identities[i])


@njit(cache=True, nogil=True)
def uniforms_of(key, identities, out):
    """One uniform in (0, 1) per identity: out[i] = uniform(derive(key, identities[i])) (uint64[n], float64[n])."""
    for i in range(identities.size):
        out[i] = uniform(derive(key, identities[i]))
