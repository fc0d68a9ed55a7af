"""What one field cannot tell alone: names that must exist, sums, order in time, files.

The checks read the document as written, so that they run whatever else is wrong with it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from viralsim.spec.checks_reaching import check_flight, check_game
from viralsim.spec.durations import format_duration, parse_duration
from viralsim.spec.presets import PRESETS, SOLVED_TOGETHER, filled
from viralsim.spec.problems import Path, Problem, allowed_names, nearest, shown
from viralsim.spec.targets import check_target, check_where

__all__ = ["MOST_STEPS", "at_home", "check", "graph_path"]

MOST_STEPS = 65_534  # as many as the engine counts

_HUGE = 1e300  # further than any number allowed; a whole number may be too large to be a float


def check(data: Mapping[Any, Any], folder: FilePath, files: bool = True) -> list[Problem]:
    """Problems between fields.

    Parameters
    ----------
    data : mapping
        The document as written; any part of it may be of the wrong shape.
    folder : pathlib.Path
        Where relative paths of networks start.
    files : bool
        Whether to look whether the networks' files are there.
    """
    found = [
        *_check_audience(data),
        *_check_platforms(data),
        *_check_items(data),
        *_check_campaign(data),
        *_check_run(data),
    ]
    return found + (list(_check_files(data, folder)) if files else [])


def graph_path(path: str, folder: FilePath) -> FilePath:
    """Place of a network's file."""
    return FilePath(os.path.abspath(folder / at_home(path)))


def at_home(path: str) -> FilePath:
    """A path with ~ put in full; as it is where there is no such home."""
    return FilePath(os.path.expanduser(path))


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _number(value: Any) -> float | None:
    """Central value of a number as written, None if it is none."""
    value = value.get("value") if isinstance(value, Mapping) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _HUGE:
        return None
    return float(value)


def _hours(value: Any) -> float | None:
    try:
        return parse_duration(value)
    except ValueError:
        return None


def _named(entries: Any, key: str) -> list[tuple[int, str]]:
    """Position and name of the entries of a list that have one."""
    return [
        (i, e[key])
        for i, e in enumerate(_list(entries))
        if isinstance(e, Mapping) and isinstance(e.get(key), str)
    ]


def _twice(entries: list[tuple[int, str]], base: Path, key: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for i, name in entries:
        if name in first:
            yield Problem((*base, i, key), f"{name!r} is taken by entry {first[name]}; {key}s are unique")
        first.setdefault(name, i)


def _item_ids(data: Mapping[Any, Any]) -> list[str]:
    return [name for _, name in _named(data.get("items"), "id")]


def _platform_ids(data: Mapping[Any, Any]) -> list[str]:
    return [str(name) for name in _mapping(data.get("platforms"))]


def _check_audience(data: Mapping[Any, Any]) -> Iterator[Problem]:
    audience = _mapping(data.get("audience"))
    platforms = _mapping(data.get("platforms"))
    kinds = [_mapping(_mapping(p).get("network")).get("kind") for p in platforms.values()]
    if isinstance(data.get("audience"), Mapping) and audience.get("size") is None and "file" not in kinds:
        message = "is missing; write size: how many people there are (only a network from a file can say it instead)"
        yield Problem(("audience", "size"), message)
    base: Path = ("audience", "segments")
    segments = audience.get("segments")
    if segments is None:
        return
    if isinstance(segments, list) and not segments:
        yield Problem(base, "the list is empty; leave segments out, or write at least one")
    yield from _twice(_named(segments, "name"), base, "name")
    fractions = [_number(_mapping(s).get("fraction")) for s in _list(segments)]
    known = [f for f in fractions if f is not None]
    if known and len(known) == len(fractions) and abs(sum(known) - 1) > 1e-6:
        yield Problem(base, f"the fractions sum to {sum(known):.6g}; they must sum to 1", at_key=True)
    topics = sorted({str(_mapping(i).get("topic", "general")) for i in _list(data.get("items"))})
    for i, segment in enumerate(_list(segments)):
        for name in _mapping(_mapping(segment).get("access")):
            if platforms and name not in platforms:
                message = f"unknown platform {name!r}; {allowed_names(name, _platform_ids(data))}"
                yield Problem((*base, i, "access", name), message, at_key=True)
        for topic in _mapping(_mapping(segment).get("affinity")):
            if topics and topic not in topics:
                message = f"no item has the topic {topic!r}; {allowed_names(topic, topics)}"
                yield Problem((*base, i, "affinity", topic), message, at_key=True)


def _check_platforms(data: Mapping[Any, Any]) -> Iterator[Problem]:
    for name, platform in _mapping(data.get("platforms")).items():
        if not isinstance(platform, Mapping):
            continue
        base: Path = ("platforms", name)
        written = [field for field in SOLVED_TOGETHER if platform.get(field) is not None]
        full = filled(platform)
        given = [field for field in SOLVED_TOGETHER if full.get(field) is not None]
        three = ", ".join(SOLVED_TOGETHER)
        if len(written) == 3:
            message = f"all of {three} are written; write any two, the third is solved on the network"
            yield Problem((*base, written[-1]), message, at_key=True)
        elif len(given) < 2:
            has = f"only {given[0]} is written" if given else "none is written"
            message = f"{has} of {three}; write any two (the third is solved on the network), or add a preset"
            yield Problem(base, message + f": {', '.join(PRESETS)}" * (platform.get("preset") is None))
        delay = full.get("display_delay")
        no_delay = delay == "none" or _mapping(delay).get("kind") == "none"
        if full.get("half_life") is None and not no_delay:
            message = "is missing; write half_life: such as 19h, or add a preset, or display_delay: none"
            yield Problem((*base, "half_life"), message)
        if platform.get("half_life") is not None and no_delay:
            message = "is not used with display_delay: none; leave one of them out"
            yield Problem((*base, "half_life"), message, at_key=True)
        yield from _check_platform_laws(platform, base, data)


def _check_platform_laws(
    platform: Mapping[Any, Any], base: Path, data: Mapping[Any, Any]
) -> Iterator[Problem]:
    rhythm = _mapping(platform.get("rhythm"))
    hours = [_number(h) for h in _list(rhythm.get("hours"))]
    if hours and all(h == 0 for h in hours):
        yield Problem((*base, "rhythm", "hours"), "all hours are 0; somebody must be active at some time")
    boost = _mapping(_mapping(platform.get("ranking")).get("boost"))
    benchmark = _number(boost.get("benchmark"))
    if benchmark == 0:
        yield Problem((*base, "ranking", "boost", "benchmark"), "0 is not possible; allowed: above 0 to 1")
    if _number(_mapping(platform.get("discovery")).get("benchmark")) == 0:
        yield Problem((*base, "discovery", "benchmark"), "0 is not possible; allowed: above 0 to 1")
    network = _mapping(platform.get("network"))
    if network.get("kind") == "power-law" and None not in (
        network.get("min_followers"),
        network.get("mean_followers"),
    ):
        message = (
            "min_followers and mean_followers are both written; the mean solves the lower cut-off: write one"
        )
        yield Problem((*base, "network", "mean_followers"), message, at_key=True)
    size = _mapping(data.get("audience")).get("size")
    count = _mapping(platform.get("brand_followers")).get("count")
    if isinstance(size, int) and isinstance(count, int) and not isinstance(count, bool) and count > size >= 2:
        message = (
            f"{count} is more than the audience of {size}; the brand's followers are part of the audience"
        )
        yield Problem((*base, "brand_followers", "count"), message)


def _check_items(data: Mapping[Any, Any]) -> Iterator[Problem]:
    yield from _twice(_named(data.get("items"), "id"), ("items",), "id")
    for i, item in enumerate(_list(data.get("items"))):
        negative = _number(_mapping(item).get("negative")) or 0.0
        neutral = _number(_mapping(item).get("neutral")) or 0.0
        if negative + neutral > 1 + 1e-9 and max(negative, neutral) <= 1:
            message = (
                f"negative {negative:g} and neutral {neutral:g} sum to more than 1; both are parts of viewers"
            )
            yield Problem(("items", i, "neutral"), message)


def _check_campaign(data: Mapping[Any, Any]) -> Iterator[Problem]:
    campaign = _mapping(data.get("campaign"))
    horizon = _hours(_mapping(data.get("run")).get("horizon", "14d"))
    segments = [name for _, name in _named(_mapping(data.get("audience")).get("segments"), "name")] or [
        "everyone"
    ]
    yield from check_game(data, horizon)
    attributes = [
        _mapping(_mapping(segment).get("attributes"))
        for segment in _list(_mapping(data.get("audience")).get("segments"))
    ]
    for part in ("posts", "paid", "seeding"):
        for i, entry in enumerate(_list(campaign.get(part))):
            entry, base = _mapping(entry), ("campaign", part, i)
            for key, names in (("item", _item_ids(data)), ("platform", _platform_ids(data))):
                name = entry.get(key)
                if isinstance(name, str) and names and name not in names:
                    yield Problem((*base, key), f"unknown {key} {name!r}; {allowed_names(name, names)}")
            at = _hours(entry.get("at"))
            if at is not None and horizon is not None and at >= horizon > 0:
                limit = format_duration(horizon)
                yield Problem(
                    (*base, "at"), f"{entry['at']} is not before the end of the run (horizon {limit})"
                )
            if part == "paid":
                yield from check_flight(entry, base, horizon, _mapping(data.get("platforms")))
                yield from check_target(entry.get("target"), (*base, "target"), segments, attributes)
            if part == "seeding":
                yield from _check_pick(entry, (*base, "pick"), segments, attributes)


def _check_pick(
    entry: Mapping[Any, Any], base: Path, segments: list[str], attributes: list[Mapping[Any, Any]]
) -> Iterator[Problem]:
    pick = entry.get("pick")
    if isinstance(pick, str):
        pick = {"kind": pick}
    if not isinstance(pick, Mapping) or not isinstance(pick.get("kind"), str):
        return
    if pick["kind"] == "listed":
        people = _list(pick.get("people"))
        if len({str(person) for person in people}) < len(people):
            yield Problem((*base, "people"), "somebody is listed twice; list each person once")
        return
    if pick["kind"] == "segment" and isinstance(pick.get("segment"), str) and pick["segment"] not in segments:
        name = pick["segment"]
        yield Problem((*base, "segment"), f"unknown segment {name!r}; {allowed_names(name, segments)}")
    if pick["kind"] == "attributes" and isinstance(pick.get("where"), Mapping):
        yield from check_where(pick["where"], (*base, "where"), attributes)
    yield from _check_sizes(entry, pick, base)
    given = [key for key in ("count", "budget") if pick.get(key) is not None]
    if len(given) != 1:
        message = "both count and budget are written" if given else "neither count nor budget is written"
        yield Problem(base, f"{message}; write one: count (people) or budget (US$, with a price per person)")
    elif given == ["budget"] and not ((_number(entry.get("price")) or 0) > 0 or _kind(entry) != "none"):
        message = "a budget needs a price per person above 0; write price or price_by_size beside pick"
        yield Problem((*base, "budget"), message)


def _kind(entry: Mapping[Any, Any]) -> str:
    """How the price of people asked depends on their size."""
    by_size = entry.get("price_by_size")
    return str(by_size if isinstance(by_size, str) else _mapping(by_size).get("kind", "none"))


def _check_sizes(entry: Mapping[Any, Any], pick: Mapping[Any, Any], base: Path) -> Iterator[Problem]:
    """Limits and classes of size that contradict each other."""
    least, most = _number(pick.get("least")) or 0, _number(pick.get("most"))
    if pick["kind"] == "followers-between" and most is not None and most < least:
        yield Problem((*base, "most"), f"{most:g} is below least ({least:g}); allowed: {least:g} or more")
    seen = set()
    for i, tier in enumerate(_list(_mapping(entry.get("price_by_size")).get("tiers"))):
        begin = _mapping(tier).get("from_followers")
        if isinstance(begin, int) and begin in seen:
            place = (*base[:-1], "price_by_size", "tiers", i, "from_followers")
            yield Problem(place, f"two tiers begin at {begin:,} followers; give each a beginning of its own")
        seen.add(begin if isinstance(begin, int) else None)


def _check_run(data: Mapping[Any, Any]) -> Iterator[Problem]:
    run = _mapping(data.get("run"))
    horizon, step = _hours(run.get("horizon", "14d")), _hours(run.get("step", "15min"))
    if step is not None and not 1 / 60 <= step <= 24:
        yield Problem(("run", "step"), f"{shown(run.get('step'))} is out of range; allowed: 1min to 24h")
        return
    if horizon is not None and step is not None and horizon < step:
        message = (
            f"{shown(run.get('horizon', '14d'))} is shorter than one step; allowed: from one step to 10 years"
        )
        yield Problem(("run", "horizon"), message)
    elif horizon is not None and step is not None and math.ceil(horizon / step - 1e-9) > MOST_STEPS:
        message = (
            f"{shown(run.get('horizon', '14d'))} has {horizon / step:,.0f} steps; at most {MOST_STEPS:,} are "
            "simulated: shorten it or lengthen run.step"
        )
        yield Problem(("run", "horizon"), message)


def _check_files(data: Mapping[Any, Any], folder: FilePath) -> Iterator[Problem]:
    for name, platform in _mapping(data.get("platforms")).items():
        network = _mapping(_mapping(platform).get("network"))
        written = network.get("path")
        if network.get("kind") != "file" or not isinstance(written, str):
            continue
        base: Path = ("platforms", name, "network", "path")
        path = graph_path(written, folder)
        if path.is_dir():
            yield Problem(base, f"{shown(written)} is a folder; write the path of a file in it")
        elif not path.is_file():
            try:
                beside = sorted(p.name for p in path.parent.iterdir() if p.is_file())
            except OSError:
                yield Problem(base, f"no such file: {path} (there is no folder {path.parent})")
                continue
            near = nearest(path.name, beside)
            hint = f"; did you mean {near!r}?" if near else "; the path starts at the scenario file's folder"
            yield Problem(base, f"no such file: {path}{hint}")
