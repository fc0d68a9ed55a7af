"""Past posts from a CSV file: what worked, and whether the scenario expects what happened."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy import special

from viralsim.errors import SpecError

__all__ = ["ACTIONS", "PastPost", "Rate", "parse_past_posts", "pooled", "rate_of"]

ACTIONS = ("likes", "comments", "shares", "clicks")
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class PastPost:
    """One row of the file: counts as a platform reports them; None where the column is missing or empty."""

    line: int
    item: str
    platform: str
    impressions: int
    likes: int | None
    comments: int | None
    shares: int | None
    clicks: int | None

    @property
    def engagements(self) -> int:
        """Those of its actions that were reported."""
        return sum(getattr(self, name) or 0 for name in ACTIONS)


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate per impression with its interval."""

    value: float
    low: float
    high: float


def rate_of(count: int, impressions: int) -> Rate:
    """A part of impressions with Jeffreys' 95 % interval (Brown, Cai and DasGupta 2001).

    Examples
    --------
    >>> found = rate_of(30, 1000)
    >>> round(found.low, 4), found.value, round(found.high, 4)
    (0.0207, 0.03, 0.042)
    """
    if impressions <= 0:
        return Rate(math.nan, math.nan, math.nan)
    hit, missed = count + 0.5, impressions - count + 0.5
    low = 0.0 if count == 0 else float(special.betaincinv(hit, missed, 0.025))
    high = 1.0 if count == impressions else float(special.betaincinv(hit, missed, 0.975))
    return Rate(count / impressions, low, high)


def pooled(posts: list[PastPost], platform: str, action: str) -> tuple[int, int]:
    """Actions and impressions of all posts of a platform that report the action."""
    chosen = [post for post in posts if post.platform == platform and getattr(post, action) is not None]
    return sum(getattr(post, action) for post in chosen), sum(post.impressions for post in chosen)


def parse_past_posts(text: str, name: str) -> list[PastPost]:
    """Past posts from CSV text: columns item, platform, impressions, and any of likes, comments, shares, clicks.

    Parameters
    ----------
    text : str
    name : str
        Of the file, for messages.

    Raises
    ------
    SpecError
        Naming the line and column, what was found, and what is allowed.
    """
    try:
        return _rows(name, csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise SpecError(f"{name}: is no CSV file: {error}") from None


def _rows(path: str, reader: csv.DictReader[str]) -> list[PastPost]:
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in ("item", "platform", "impressions") if name not in names]
    if missing or not any(action in names for action in ACTIONS):
        wanted = "item, platform, impressions, and any of " + ", ".join(ACTIONS)
        raise SpecError(f"{path}:1: has the columns {', '.join(names) or 'none'}; needed: {wanted}")
    posts: list[PastPost] = []
    for row in reader:
        if len(posts) == _MOST_ROWS:
            raise SpecError(f"{path}:{reader.line_num}: more than {_MOST_ROWS:,} posts; give the latest")
        clean = {
            (name or "").strip().lower(): (value or "").strip()
            for name, value in row.items()
            if isinstance(value, str | None)
        }
        posts.append(_post(path, reader.line_num, clean))
    if not posts:
        raise SpecError(f"{path}: has no posts below the line of column names")
    return posts


def _post(path: str, line: int, row: Mapping[str, str]) -> PastPost:
    impressions = _count(path, line, "impressions", row["impressions"])
    if impressions is None:
        raise SpecError(f"{path}:{line}: impressions: is empty; write how often the post was shown")
    counts = {action: _count(path, line, action, row.get(action, "")) for action in ACTIONS}
    for action, count in counts.items():
        if count is not None and count > impressions:
            raise SpecError(
                f"{path}:{line}: {action}: got {count:,} with {impressions:,} impressions; at most one per impression"
            )
    return PastPost(line, row["item"], row["platform"], impressions, **counts)


def _count(path: str, line: int, column: str, text: str) -> int | None:
    if not text:
        return None
    plain = text.replace(",", "").replace(" ", "")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 15:
        raise SpecError(f"{path}:{line}: {column}: got {text!r}; allowed: a whole number of at least 0")
    return int(plain)
