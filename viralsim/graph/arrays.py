"""Arrays of a graph: checked as they come in, in the types that graphs keep."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import GraphError

__all__ = [
    "MAX_NODES",
    "NO_TIE",
    "keys_of",
    "labels_of",
    "merge_notes",
    "narrow",
    "owned",
    "people_count",
    "positions",
    "ties_of",
]

MAX_NODES = 2**31 - 2
NO_TIE = np.zeros(0, dtype=np.float32)  # in place of ties where there are none: kernels want an array


def positions(values: ArrayLike, name: str) -> NDArray[Any]:
    """One-dimensional contiguous integer array without negative entries, or GraphError."""
    array = np.asarray(values)
    if array.size == 0 and array.ndim == 1:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise GraphError(
            f"{name} must be a one-dimensional array of integers (positions from 0 on); "
            f"found {array.ndim} dimension(s) of {array.dtype}. Text ids can be read from a file."
        )
    lowest, highest = int(array.min()), int(array.max())
    if lowest < 0:
        raise GraphError(
            f"{name}[{int(array.argmin())}] is {lowest}: positions start at 0; renumber the people"
        )
    if array.dtype.kind == "u" and highest > np.iinfo(np.int64).max:
        raise GraphError(f"{name}[{int(array.argmax())}] is {highest}: too large; renumber the people")
    kind = np.int32 if array.dtype == np.int32 else np.int64
    return np.ascontiguousarray(array, dtype=kind)


def people_count(n: int | None, src: NDArray[Any], dst: NDArray[Any]) -> int:
    """Number of people: n if it is large enough, else one more than the largest position."""
    needed = 1 + max((int(side.max()) for side in (src, dst) if side.size), default=-1)
    if n is not None and (isinstance(n, bool) or int(n) != n or n < needed):
        raise GraphError(
            f"n is {n}, but the edges name {needed} people (positions 0 to {needed - 1}); "
            f"n must be a whole number of at least {needed}"
        )
    count = needed if n is None else int(n)
    if count > MAX_NODES:
        raise GraphError(
            f"{count:,} people: at most {MAX_NODES:,} fit. If these are ids, not positions, write them "
            f"to a file and use SocialGraph.read, or renumber with numpy.unique(..., return_inverse=True)"
        )
    return count


def ties_of(tie: ArrayLike, m: int) -> NDArray[np.float32]:
    """float32 ties of length m in [0, 1], or GraphError."""
    ties = np.ascontiguousarray(tie, dtype=np.float32)
    if ties.shape != (m,):
        raise GraphError(f"tie has shape {ties.shape}: one value per edge, shape ({m},), is needed")
    good = (ties >= 0) & (ties <= 1)
    if not good.all():
        at = int(np.argmin(good))
        raise GraphError(f"tie[{at}] is {ties[at]:g}: ties must be numbers from 0 to 1; rescale them")
    return ties


def keys_of(person_keys: NDArray[np.uint64] | None, n: int) -> NDArray[np.uint64] | None:
    """Checked stable identities: uint64[n], all different."""
    if person_keys is None:
        return None
    keys = np.array(person_keys, dtype=np.uint64)
    if keys.shape != (n,):
        raise GraphError(f"person_keys has shape {keys.shape}: one key per person, shape ({n},), is needed")
    ordered = np.sort(keys)
    if n > 1 and (ordered[1:] == ordered[:-1]).any():
        raise GraphError("person_keys holds the same key twice: every person needs a key of their own")
    return keys


def labels_of(labels: NDArray[Any] | None, n: int) -> NDArray[Any] | None:
    """Checked labels: array of n numbers or texts."""
    if labels is None:
        return None
    array = np.array(labels)
    if array.shape != (n,) or array.dtype.kind not in "iuU":
        raise GraphError(f"labels must be {n} integers or texts; found shape {array.shape} of {array.dtype}")
    return array


def owned(array: NDArray[Any], given: Any) -> NDArray[Any]:
    """The array itself, or a copy if it shares memory with the caller's (which stays writable)."""
    return array.copy() if isinstance(given, np.ndarray) and np.shares_memory(array, given) else array


def narrow(pointers: NDArray[Any], n_edges: int) -> NDArray[Any]:
    """Row pointers in the smallest type that holds the number of arcs."""
    return pointers.astype(np.int32 if n_edges < 2**31 else np.int64, copy=False)


def merge_notes(repeats: int, self_loops: int, directed: bool, has_tie: bool) -> list[str]:
    """Sentences on what from_edges merged and dropped."""
    notes = []
    if repeats:
        count, what = (repeats, "arcs") if directed else (repeats // 2, "pairs")
        kept = "keeping the largest tie" if has_tie else "each counts once"
        notes.append(f"{count:,} repeated {what} were merged ({kept}).")
    if self_loops:
        notes.append(f"{self_loops:,} self-loops were dropped (nobody follows themselves).")
    return notes
