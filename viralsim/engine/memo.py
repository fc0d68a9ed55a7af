"""What was derived from an audience once, kept for the next setting that asks for the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["Memo"]

T = TypeVar("T")

MOST_OF_A_KIND = 4


class Memo:
    """Values of pure functions by their arguments, the last few of each kind; safe for threads.

    Notes
    -----
    It belongs to one audience, so that an audience shared by the settings of a sweep derives once what they have in
    common (the brand's followers, the solved probabilities) and forgets it with its people. Only what costs more than
    a look is kept, at most four values of a kind, so its size does not grow with the number of settings.

    Examples
    --------
    >>> memo = Memo()
    >>> memo("square", (3,), lambda: 9), memo("square", (3,), lambda: 0)
    (9, 9)
    """

    def __init__(self) -> None:
        self._kinds: dict[str, dict[Hashable, Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, kind: str, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives for this key; two threads may both make it, and the first one made is kept."""
        with self._lock:
            known = self._kinds.setdefault(kind, {})
            if key in known:
                return known[key]  # type: ignore[no-any-return]
        made = make()
        with self._lock:
            value = known.setdefault(key, made)
            while len(known) > MOST_OF_A_KIND:
                known.pop(next(iter(known)))
        return value  # type: ignore[no-any-return]
