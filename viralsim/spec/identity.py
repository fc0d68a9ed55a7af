"""Keys that equal themselves only: for caches of what follows from frozen values shared by many scenarios."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["Same"]

T = TypeVar("T")


class Same(Generic[T]):
    """A frozen value, quicker to look up by its identity than by all that is written in it.

    Examples
    --------
    >>> one, other = Same([1]), Same([1])
    >>> one == other, one == Same(one.value)
    (False, True)
    """

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)
