"""Platform presets: every number with a band, a unit with its denominator, a source and a year.

Starting values with wide bands for an organic post of a mid-size page. Where no source stands behind a
number, or behind its band, the source says "judgement"; its year is then the year it was made in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from viralsim.spec.uncertain import Uncertain

__all__ = ["PRESETS", "engagement_rate", "filled"]

_JUDGED = 2026
_BUFFER = "Buffer, engagement per impression Jan 2024 - Jan 2025"
_PEERS = "judgement; friends' posts reached 35 % of friends (Bernstein et al. 2013, Facebook 2012)"
_CPM = "SocialRails 2025; band Prooflytics 2026"
_CLICK = "SocialRails 2025; band judgement"

_UNITS = {
    "organic_reach": ("probability", "displays per follower and post"),
    "peer_visibility": ("probability", "displays per follower and share"),
    "share_prob": ("probability", "shares per impression of a brand's post"),
    "like_prob": ("probability", "likes per impression"),
    "comment_prob": ("probability", "comments per impression"),
    "click_prob": ("probability", "link clicks per impression"),
    "reproduction_number": ("non-negative", "new sharers per sharing person"),
    "half_life": ("duration", "hours until half of a post's impressions"),
    "cpm": ("positive", "US$ per 1,000 impressions"),
}

# Viewers' activity from midnight to 23 h (judgement: quiet nights, a rise to the evening).
_EVENING = (30, 18, 10, 7, 6, 8, 20, 45, 65, 70, 72, 76, 85, 82, 76, 74, 78, 86, 96, 108, 115, 110, 88, 55)
# The same for a network used at work (judgement).
_OFFICE = (8, 5, 4, 4, 5, 10, 35, 80, 115, 118, 112, 105, 108, 98, 92, 88, 82, 74, 58, 46, 40, 34, 24, 14)

Row = tuple[float, float, float, str, int]


def _engagement(total: float, share: Row, click: float, comment: float) -> dict[str, Row]:
    """Parts of an engagement rate; the likes are what is left."""
    like = round(total - share[0] - click - comment, 6)
    rest = f"{_BUFFER}: {100 * total:.2f} % in all, less shares, clicks and comments; band judgement"
    return {
        "share_prob": share,
        "click_prob": (click, round(click / 2, 6), round(click * 2, 6), _CLICK, 2025),
        "comment_prob": (comment, round(comment / 3, 6), round(comment * 3, 6), "judgement", _JUDGED),
        "like_prob": (
            like,
            round(like / 2, 6),
            round(like * 2, 6),
            rest,
            2025,
        ),
    }


def _judged(value: float, low: float, high: float) -> Row:
    return (value, low, high, "judgement", _JUDGED)


_VISIBILITY: Row = (0.25, 0.10, 0.35, _PEERS, 2013)

_TABLE: dict[str, dict[str, Row]] = {
    "facebook": {
        "organic_reach": (0.0165, 0.014, 0.026, "Socialinsider 2025", 2025),
        **_engagement(0.0507, _judged(0.003, 0.001, 0.02), 0.0090, 0.0025),
        "peer_visibility": _VISIBILITY,
        "reproduction_number": _judged(0.10, 0.05, 0.20),
        "half_life": (80 / 60, 30 / 60, 105 / 60, "Graffius 2018-2025", 2025),
        "cpm": (9.5, 6.0, 15.0, _CPM, 2025),
    },
    "instagram": {
        "organic_reach": (0.035, 0.03, 0.09, "Socialinsider 2025", 2025),
        **_engagement(0.0116, _judged(0.001, 0.0003, 0.005), 0.0022, 0.0003),
        "peer_visibility": _VISIBILITY,
        "reproduction_number": _judged(0.10, 0.05, 0.20),
        "half_life": (19.0, 9.5, 38.0, "Graffius 2018; band judgement", 2018),
        "cpm": (7.9, 6.0, 15.0, _CPM, 2025),
    },
    "x": {
        "organic_reach": _judged(0.03, 0.01, 0.10),
        **_engagement(0.0231, _judged(0.0025, 0.001, 0.01), 0.0026, 0.0010),
        "peer_visibility": _VISIBILITY,
        "reproduction_number": (0.12, 0.06, 0.24, "Bakshy 2011: mean cascade 1.14; band judgement", 2011),
        "half_life": (80 / 60, 40 / 60, 160 / 60, "Pfeffer et al., ICWSM 2023; band judgement", 2023),
        "cpm": (6.5, 5.0, 7.0, _CPM, 2025),
    },
    "youtube": {
        "organic_reach": _judged(0.10, 0.03, 0.20),
        **_engagement(0.0441, _judged(0.003, 0.001, 0.02), 0.0065, 0.0020),
        "peer_visibility": _VISIBILITY,
        "reproduction_number": _judged(0.05, 0.025, 0.10),
        "half_life": (144.0, 72.0, 288.0, "Graffius 2018; band judgement", 2018),
        "cpm": (4.5, 2.0, 15.0, _CPM, 2025),
    },
    "tiktok": {
        "organic_reach": (0.10, 0.05, 0.30, "judgement: vendors conflict", _JUDGED),
        **_engagement(0.0486, _judged(0.006, 0.003, 0.03), 0.0100, 0.0012),
        "peer_visibility": _VISIBILITY,
        "reproduction_number": _judged(0.08, 0.04, 0.16),
        "half_life": _judged(24.0, 12.0, 48.0),
        "cpm": (10.0, 3.0, 20.0, _CPM, 2025),
    },
    "linkedin": {
        "organic_reach": (0.05, 0.02, 0.08, "Smart Insights, dated (as cited in 2026)", 2026),
        **_engagement(0.0650, _judged(0.004, 0.001, 0.01), 0.0044, 0.0025),
        "peer_visibility": _VISIBILITY,
        "reproduction_number": _judged(0.08, 0.04, 0.16),
        "half_life": (24.0, 12.0, 48.0, "Graffius 2018; band judgement", 2018),
        "cpm": (34.0, 6.0, 60.0, _CPM, 2025),
    },
}


def _numbers(rows: dict[str, Row]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field, (value, low, high, source, year) in rows.items():
        kind, unit = _UNITS[field]
        made[field] = Uncertain(value, low, high, kind, unit, source, year)
    return made


def _rhythm(hours: tuple[int, ...], weekend: float) -> dict[str, Any]:
    part = Uncertain(weekend, weekend, weekend, "multiplier", None, "judgement", _JUDGED)
    return {"kind": "daily", "hours": hours, "weekend": part}


PRESETS: dict[str, dict[str, Any]] = {
    name: {
        **_numbers(rows),
        "rhythm": _rhythm(_OFFICE, 0.4) if name == "linkedin" else _rhythm(_EVENING, 1.1),
    }
    for name, rows in _TABLE.items()
}
"""Preset -> platform field -> number with band and source (the rhythm: judgement)."""

SOLVED_TOGETHER = ("peer_visibility", "friend_share_prob", "reproduction_number")
"""Any two of these are given; the third is solved on the graph."""


def filled(given: Mapping[Any, Any]) -> dict[Any, Any]:
    """What is written about a platform, with its preset's numbers where nothing is written.

    A written friend share probability takes the place of the preset's reproduction number, both together
    that of its peer visibility; without a display delay no half-life is taken.
    """
    name = given.get("preset")
    if name is None:
        return dict(given)
    # An unknown preset is reported as that; it should not also report every number as missing.
    preset = dict(PRESETS.get(name if isinstance(name, str) else "", PRESETS["facebook"]))
    written = {field for field in SOLVED_TOGETHER if given.get(field) is not None}
    if "friend_share_prob" in written:
        preset.pop("reproduction_number")
    if {"friend_share_prob", "reproduction_number"} <= written:
        preset.pop("peer_visibility")
    delay = given.get("display_delay")
    if delay == "none" or (isinstance(delay, Mapping) and delay.get("kind") == "none"):
        preset.pop("half_life")
    return {**preset, **given}


def engagement_rate(preset: str) -> float:
    """Engagements per impression of a preset: likes + comments + shares + clicks, central values.

    Examples
    --------
    >>> round(engagement_rate("instagram"), 6)
    0.0116
    """
    parts = ("like_prob", "comment_prob", "share_prob", "click_prob")
    return float(sum(PRESETS[preset][part].value for part in parts))
