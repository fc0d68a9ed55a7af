"""What one field cannot tell alone about paid flights, rules, platform events and competitors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from viralsim.spec.durations import format_duration, parse_duration
from viralsim.spec.presets import filled
from viralsim.spec.problems import Path, Problem

__all__ = ["check_flight", "check_game"]


def check_flight(
    entry: Mapping[Any, Any],
    base: Path,
    horizon: float | None,
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
    platforms : mapping
        The platforms as written.
    """
    begin, end = _hours(entry.get("from", "0h")), _hours(entry.get("to"))
    if begin is not None and horizon is not None and begin >= horizon > 0:
        limit = format_duration(horizon)
        yield Problem((*base, "from"), f"{entry['from']} is not before the end of the run (horizon {limit})")
    elif begin is not None and end is not None and end <= begin:
        yield Problem((*base, "to"), f"{entry['to']} is not after from ({entry.get('from', '0h')})")
    platform = platforms.get(_word(entry, "platform"))
    if entry.get("cpm") is None and isinstance(platform, Mapping) and filled(platform).get("cpm") is None:
        name = entry["platform"]
        yield Problem(
            (*base, "cpm"),
            f"is missing, and {name} has none; write cpm: US$ per 1,000 displays, here or there",
        )


def check_game(data: Mapping[Any, Any], horizon: float | None) -> Iterator[Problem]:
    """Problems of rules, platform events and competitors.

    Parameters
    ----------
    data : mapping
        The document as written.
    horizon : float or None
        Hours simulated, if that can be read.
    """
    campaign, platforms = _mapping(data.get("campaign")), _mapping(data.get("platforms"))
    yield from _check_rules(campaign, platforms, horizon)
    for name, platform in platforms.items():
        for i, event in enumerate(_entries(_mapping(platform).get("events"))):
            yield from _before_end(event, ("platforms", name, "events", i), horizon)
    brands = {_word(item, "id"): _word(item, "brand") for item in _entries(data.get("items"))}
    for part in ("paid", "seeding"):
        for i, entry in enumerate(_entries(campaign.get(part))):
            if brands.get(_word(entry, "item")) is not None:
                owner = brands[entry["item"]]
                message = f"{entry['item']!r} is an item of {owner}; the brand pays for its own items only"
                yield Problem(("campaign", part, i, "item"), message)
    for i, post in enumerate(_entries(campaign.get("posts"))):
        brand, platform = brands.get(_word(post, "item")), platforms.get(_word(post, "platform"))
        if brand is None or not isinstance(platform, Mapping) or brand in _mapping(platform.get("rivals")):
            continue
        place = f"platforms.{post['platform']}.rivals"
        message = (
            f"{brand} has no followers on {post['platform']}; write {place}: {{{brand}: {{count: ...}}}}"
        )
        yield Problem(("campaign", "posts", i, "platform"), message)


def _check_rules(
    campaign: Mapping[Any, Any], platforms: Mapping[Any, Any], horizon: float | None
) -> Iterator[Problem]:
    """Problems of the rules of a campaign."""
    for i, rule in enumerate(_entries(campaign.get("rules"))):
        base: Path = ("campaign", "rules", i)
        if rule.get("kind") == "move-budget":
            yield from _before_end(rule, base, horizon)
            if len({_word(entry, "item") for entry in _entries(campaign.get("paid"))}) < 2:
                yield Problem(
                    base, "a budget can only be moved between paid flights of two items or more; write them"
                )
        if rule.get("kind") == "boost" and rule.get("cpm") is None:
            for name in {str(post.get("platform")) for post in _entries(campaign.get("posts"))}:
                platform = platforms.get(name)
                if isinstance(platform, Mapping) and filled(platform).get("cpm") is None:
                    message = (
                        f"is missing, and {name} has none; write cpm: US$ per 1,000 displays, here or there"
                    )
                    yield Problem((*base, "cpm"), message)


def _before_end(entry: Mapping[Any, Any], base: Path, horizon: float | None) -> Iterator[Problem]:
    """What happens after the end of the run."""
    at = _hours(entry.get("at"))
    if at is not None and horizon is not None and at >= horizon > 0:
        limit = format_duration(horizon)
        yield Problem((*base, "at"), f"{entry['at']} is not before the end of the run (horizon {limit})")


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _entries(value: Any) -> list[Mapping[Any, Any]]:
    """Entries of a list; what is no mapping counts as an empty one."""
    return [_mapping(entry) for entry in value] if isinstance(value, list | tuple) else []


def _word(entry: Mapping[Any, Any], name: str) -> str | None:
    """A text of an entry, None if something else stands there."""
    value = entry.get(name)
    return value if isinstance(value, str) else None


def _hours(value: Any) -> float | None:
    """A duration in hours, None if it is none."""
    try:
        return parse_duration(value)
    except ValueError:
        return None
