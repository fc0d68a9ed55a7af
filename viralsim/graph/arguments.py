"""Arguments of the generators: checked numbers, and the keys their draws hang on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import SpecError
from ..kernels.draws import derive

__all__ = ["number", "root_key", "subkey", "whole"]


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number in [low, high], or SpecError."""
    try:
        good = not isinstance(value, bool) and int(value) == value and low <= value <= high
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise SpecError(f"{name} is {value!r}: a whole number from {low:,} to {high:,} is allowed")
    return int(value)


def number(name: str, value: Any, low: float, high: float, meaning: str) -> float:
    """A finite number in [low, high], or SpecError."""
    try:
        good = not isinstance(value, bool) and low <= float(value) <= high
    except (TypeError, ValueError):
        good = False
    if not good:
        raise SpecError(f"{name} is {value!r}: a number from {low:g} to {high:g} is allowed ({meaning})")
    return float(value)


def root_key(seed: Any, purpose: int) -> np.uint64:
    """Root key of a generator's draws."""
    return subkey(np.uint64(whole("seed", seed, 0, 2**64 - 1)), purpose)


def subkey(key: np.uint64, word: int) -> np.uint64:
    """`derive`, kept unsigned: a kernel called from Python hands back a plain integer."""
    return np.uint64(derive(key, word))
