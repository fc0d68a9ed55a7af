"""What a platform would show of a run: tracked things only, of its own accounts only, at some hours, rounded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError
from viralsim.metrics.columns import Floats
from viralsim.metrics.tallies import EXTRA, Tallies

__all__ = ["Observed", "observe", "rounded_as_shown"]

SHOWN_DIGITS = 3


@dataclass(frozen=True)
class Observed:
    """A platform's dashboard in every replicate.

    Parameters
    ----------
    platform : str
    hours : float64[H]
        When it was looked at: the ends of the bins of time nearest to what was asked.
    impressions, shares : int64[R, H]
        So far, of all items there; private shares and what they show are not tracked.
    reach : int64[R]
        Accounts there that were shown anything by the end.
    """

    platform: str
    hours: Floats
    impressions: NDArray[np.int64]
    shares: NDArray[np.int64]
    reach: NDArray[np.int64]


def rounded_as_shown(values: NDArray[np.int64], digits: int = SHOWN_DIGITS) -> NDArray[np.int64]:
    """Counts as dashboards print them: `digits` significant digits, cut off (1,234 is shown as 1.23K).

    Examples
    --------
    >>> import numpy as np
    >>> rounded_as_shown(np.array([0, 999, 1239, 56789])).tolist()
    [0, 999, 1230, 56700]
    """
    lengths = np.char.str_len(np.abs(values).astype(np.str_))
    unit = 10 ** np.maximum(lengths - digits, 0)
    shown: NDArray[np.int64] = values // unit * unit
    return shown


def observe(
    tallies: Tallies,
    platform: str,
    hours: Sequence[float] = (1.0, 24.0, 168.0),
    digits: int | None = SHOWN_DIGITS,
) -> Observed:
    """What a platform would show at some hours.

    Parameters
    ----------
    tallies : Tallies
    platform : str
    hours : sequence of float
        From the start of the run; at least one, each above 0.
    digits : int, optional
        Significant digits shown; None: exact.

    Raises
    ------
    SpecError
        If the platform is not in the scenario, or an hour is not above 0.

    Notes
    -----
    Dark displays and private shares are taken off at each hour in proportion to their part of the slot's earned
    displays and shares over the whole run: they are counted by slot, not by time. (Assumption.)
    """
    if platform not in tallies.platforms:
        raise SpecError(f"platform: got {platform!r}; allowed: {', '.join(tallies.platforms)}")
    if not hours or not all(math.isfinite(hour) and hour > 0 for hour in hours):
        raise SpecError("hours: give at least one hour above 0")
    p = tallies.platforms.index(platform)
    slots = [s for s, (_, of) in enumerate(tallies.slots) if of == p]
    at = np.searchsorted(tallies.times_hours, np.minimum(hours, tallies.times_hours[-1]))
    so_far = np.cumsum(tallies.curves[:, :4, slots], axis=3)[:, :, :, at].astype(float)  # [R, 4, slots, H]
    tracked = _tracked(tallies, slots)  # [R, 2, slots]
    so_far[:, 2:] *= tracked[:, :, :, None]
    impressions = np.floor(so_far[:, :3].sum(axis=(1, 2)) + 0.5)
    shares = np.floor(so_far[:, 3].sum(axis=1) + 0.5)
    counts = impressions.astype(np.int64), shares.astype(np.int64)
    reach = tallies.people[:, 0, 1 + len(tallies.items) + p].sum(axis=1)
    if digits is not None:
        counts = rounded_as_shown(counts[0], digits), rounded_as_shown(counts[1], digits)
        reach = rounded_as_shown(reach, digits)
    return Observed(platform, tallies.times_hours[at], *counts, reach)


def _tracked(tallies: Tallies, slots: list[int]) -> Floats:
    """Part of the earned displays and of the shares of each slot that a platform sees (float64[R, 2, slots])."""
    all_of = tallies.curves[:, 2:4, slots].sum(axis=3).astype(float)
    if tallies.reaching is None:
        return np.ones_like(all_of)
    extra = tallies.reaching.counts[:, slots].sum(axis=2)  # [R, slots, EXTRA]
    hidden = np.stack(
        [extra[:, :, EXTRA.index(name)] for name in ("impressions_dark", "shares_private")], axis=1
    )
    tracked: Floats = 1.0 - np.divide(hidden, all_of, out=np.zeros_like(all_of), where=all_of > 0)
    return tracked
