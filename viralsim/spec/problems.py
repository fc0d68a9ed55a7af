"""Problems of a scenario: what was found, where, what is allowed, and the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Path", "Problem", "allowed_names", "dotted", "nearest", "shown"]

Path = tuple[str | int, ...]
"""Place in a document: keys and list positions from the top, e.g. ``("items", 1, "share_prob")``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a document.

    Parameters
    ----------
    path : tuple of str and int
        Place in the document, () for all of it.
    message : str
        What was found; what is allowed; what to do.
    at_key : bool
        Whether the key is what is wrong (its position is reported), not the value.
    position : tuple of int, optional
        Line and column, both counted from 1, where they are known better than from `path`.
    """

    path: Path
    message: str
    at_key: bool = False
    position: tuple[int, int] | None = None


def dotted(path: Path) -> str:
    """A path as people write it.

    Examples
    --------
    >>> dotted(("items", 1, "share_prob"))
    'items.1.share_prob'
    """
    return ".".join(str(part) for part in path)


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that looks most like a word, for "did you mean".

    Parameters
    ----------
    word : str
        What was written.
    allowed : iterable of str
        Valid names.

    Returns
    -------
    str or None
        The nearest name, or None if nothing is near. Case, and `-`, `_` and blanks for one another,
        are no difference.

    Examples
    --------
    >>> nearest("shareprob", ["share_prob", "like_prob"])
    'share_prob'
    >>> nearest("xyz", ["share_prob"]) is None
    True
    """
    names = list(allowed)
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(_plain(name), name)
    found: list[str] = difflib.get_close_matches(_plain(str(word)), list(plain), n=1, cutoff=0.6)
    if found:
        return plain[found[0]]
    begins = [name for name in names if len(word) >= 3 and _plain(name).startswith(_plain(word))]
    return begins[0] if len(begins) == 1 else None


def allowed_names(word: object, allowed: Iterable[str]) -> str:
    """The part of a message that says what is allowed, with the nearest name first.

    Examples
    --------
    >>> allowed_names("randm", ["random", "k-core"])
    "did you mean 'random'? allowed: random, k-core"
    """
    names = list(allowed)
    near = nearest(str(word), names)
    hint = f"did you mean {near!r}? " if near is not None else ""
    listed = ", ".join(names[:24]) + (f", ... ({len(names)} in all)" if len(names) > 24 else "")
    return f"{hint}allowed: {listed}" if names else f"{hint}there is none here"


def shown(value: object, limit: int = 60) -> str:
    """A value as it appears in a message: short, on one line, as the file would write it."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping (key: value)"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 4] + "..." + text[-1]


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")
