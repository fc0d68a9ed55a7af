"""Seeds and keys outside the kernels: plain-Python twins of ``viralsim.kernels.draws`` (generator version 1).

A whole draw is named by a chain of keys, ``derive(derive(seed, purpose), who)``; nothing here has
state. The twins equal the kernels bit by bit and serve tests, the plain-Python twin of the engine,
and code that needs a few keyed draws without loading numba.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import struct
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from viralsim.errors import SpecError

__all__ = [
    "GENERATOR_VERSION",
    "check_seed",
    "derive",
    "entropy_seed",
    "exponential",
    "level_of",
    "log",
    "mix64",
    "text_key",
    "uniform",
]

GENERATOR_VERSION = 1
"""Version of the generator (int); any change of it is noted under "Results change" in the change log."""

MAX_SEED = 2**63 - 1

_MASK = 0xFFFFFFFFFFFFFFFF
_GOLDEN = 0x9E3779B97F4A7C15
_LOG_BITS = 7


def entropy_seed() -> int:
    """Seed from the operating system's entropy.

    Returns
    -------
    int
        In [0, 2^53), so that JSON, YAML and JavaScript readers keep every digit.
    """
    return secrets.randbits(53)


def check_seed(value: Any) -> int:
    """Check that a value can serve as a seed; 0 is a seed like any other.

    Parameters
    ----------
    value : int
        A whole number from 0 to 2^63 - 1 (numpy integers too; True and 3.0 are refused).

    Returns
    -------
    int
        The same number as a plain int.

    Raises
    ------
    SpecError
        If it is no whole number or out of range.

    Examples
    --------
    >>> check_seed(0)
    0
    """
    allowed = f"a seed is a whole number from 0 to {MAX_SEED} (or none, for one drawn and printed)"
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise SpecError(f"seed: got {value!r}; {allowed}")
    try:
        seed = int(value.__index__())
    except TypeError:
        raise SpecError(f"seed: got {value!r}; {allowed}") from None
    if not 0 <= seed <= MAX_SEED:
        raise SpecError(f"seed: got {seed}; {allowed}")
    return seed


def text_key(text: str) -> int:
    """Stable key of a name or path: the first 8 bytes of BLAKE2b of its UTF-8 form, little-endian.

    Parameters
    ----------
    text : str
        An identity such as an item's id. Texts that differ in any character get unrelated keys.

    Returns
    -------
    int
        In [0, 2^64); pass it on as ``numpy.uint64``.

    Examples
    --------
    >>> hex(text_key("film"))
    '0x5b2cbeded4014340'
    """
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "little")


def mix64(z: int) -> int:
    """Twin of ``kernels.draws.mix64``: scramble an integer in [0, 2^64) into another (a bijection)."""
    z &= _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def derive(key: int, word: int) -> int:
    """Twin of ``kernels.draws.derive``: sub-key of `key` named by `word` (integers modulo 2^64)."""
    return mix64((key + _GOLDEN * ((word & _MASK) + 1)) & _MASK)


def uniform(bits: int) -> float:
    """Twin of ``kernels.draws.uniform``: float in (0, 1) from an integer in [0, 2^64)."""
    return (float(bits >> 12) + 0.5) * (1.0 / 4503599627370496.0)


@lru_cache(maxsize=1)
def _log_table() -> tuple[list[float], list[float], float]:
    """Reciprocals of 128 centres in [1, 2), the logarithms of their inverses, and log 2."""
    cells = 1 << _LOG_BITS
    inverse = [1.0 / (1.0 + (row + 0.5) / cells) for row in range(cells)]
    with localcontext() as context:
        context.prec = 40
        logs = [float(-Decimal(c).ln()) for c in inverse]
        log_2 = float(Decimal(2).ln())
    return inverse, logs, log_2


def log(x: float) -> float:
    """Twin of ``kernels.draws.log``: natural logarithm of a positive normal float, + - * only."""
    inverse, logs, log_2 = _log_table()
    bits = int(struct.unpack("<Q", struct.pack("<d", x))[0])
    exponent = float((bits >> 52) - 1023)
    row = (bits & 0x000FFFFFFFFFFFFF) >> 45
    mantissa = struct.unpack("<d", struct.pack("<Q", (bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000))[0]
    r = mantissa * inverse[row] - 1.0
    tail = r * r * (-0.5 + r * (1.0 / 3.0 + r * (-0.25 + r * (0.2 - r * (1.0 / 6.0)))))
    return float(exponent * log_2 + (logs[row] + (r + tail)))


def exponential(bits: int) -> float:
    """Twin of ``kernels.draws.exponential``: exponential variate of mean 1 from an integer in [0, 2^64)."""
    return -log(uniform(bits))


def level_of(prob: float) -> float:
    """Twin of ``kernels.draws.level_of``: -log(1 - prob), 0 for prob <= 0 and inf for prob >= 1."""
    if prob <= 0.0:
        return 0.0
    if prob >= 1.0:
        return math.inf
    if prob < 1e-5:
        return prob * (1.0 + prob * (0.5 + prob / 3.0))
    return -log(1.0 - prob)
