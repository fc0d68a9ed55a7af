"""What one field of a paid flight cannot tell alone: its dates, its segments, its price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from viralsim.spec.durations import format_duration, parse_duration
from viralsim.spec.presets import filled
from viralsim.spec.problems import Path, Problem, allowed_names

__all__ = ["check_flight"]


def check_flight(
    entry: Mapping[Any, Any],
    base: Path,
    horizon: float | None,
    segments: list[str],
    platforms: Mapping[Any, Any],
) -> Iterator[Problem]:
    """Problems between the fields of a flight, and with the rest of the document.

    Parameters
    ----------
    entry : mapping
        The flight as written.
    base : tuple
        Its place.
    horizon : float or None
        Hours simulated, if that can be read.
    segments : list of str
        Names of the segments.
    platforms : mapping
        The platforms as written.
    """
    begin, end = _hours(entry.get("from", "0h")), _hours(entry.get("to"))
    if begin is not None and horizon is not None and begin >= horizon > 0:
        limit = format_duration(horizon)
        yield Problem((*base, "from"), f"{entry['from']} is not before the end of the run (horizon {limit})")
    elif begin is not None and end is not None and end <= begin:
        yield Problem((*base, "to"), f"{entry['to']} is not after from ({entry.get('from', '0h')})")
    targets = entry.get("target")
    for i, name in enumerate(targets if isinstance(targets, list | tuple) else []):
        if isinstance(name, str) and name not in segments:
            message = f"unknown segment {name!r}; {allowed_names(name, segments)}"
            yield Problem((*base, "target", i), message)
    platform = platforms.get(entry.get("platform"))
    if entry.get("cpm") is None and isinstance(platform, Mapping) and filled(platform).get("cpm") is None:
        name = entry["platform"]
        yield Problem(
            (*base, "cpm"),
            f"is missing, and {name} has none; write cpm: US$ per 1,000 displays, here or there",
        )


def _hours(value: Any) -> float | None:
    """A duration in hours, None if it is none."""
    try:
        return parse_duration(value)
    except ValueError:
        return None
