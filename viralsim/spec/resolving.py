"""From what is not known to one draw: every uncertain number gets a value, and what was assumed is listed."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from viralsim import rng
from viralsim.spec.campaign import Seeding
from viralsim.spec.checks import graph_path
from viralsim.spec.document import ScenarioDocument
from viralsim.spec.fields import Frozen, notes_of
from viralsim.spec.identity import Same
from viralsim.spec.items import Item
from viralsim.spec.networks import GraphFile
from viralsim.spec.platforms import Platform
from viralsim.spec.uncertain import Uncertain
from viralsim.spec.walking import Spots, changed, leaves, spots

if TYPE_CHECKING:
    from viralsim.spec.scenario import Scenario

__all__ = ["Assumption", "assumptions", "resolve", "uncertain_paths"]

_ROOT = 0x76697261
_NUMBERS = 3
_SECTIONS = tuple(name for name in ScenarioDocument.model_fields if name not in ("platforms", "items"))


class Assumption(NamedTuple):
    """A number a result rests on."""

    path: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    year: int | None
    is_judgement: bool


def uncertain_paths(scenario: Scenario) -> dict[str, Uncertain]:
    """The numbers that are drawn: stable path -> number with a band.

    Stable paths use ids (``items.film.share_prob``), so they do not depend on the order of lists.
    """
    found = {}
    for leaf in leaves(scenario.document):
        if isinstance(leaf.value, Uncertain) and leaf.value.has_band and leaf.results:
            found[leaf.path] = leaf.value
    return found


def resolve(scenario: Scenario, seed: int, draw: int, fixed: bool = False) -> ScenarioDocument:
    """The scenario of one draw: a document in which every number is a plain float.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        Seed of the ensemble, 0 to 2^63 - 1.
    draw : int
        Number of the draw, from 0.
    fixed : bool
        Hold every number at its central value.

    Returns
    -------
    ScenarioDocument
        Presets and defaults filled in. A pick by budget has its `count`, floor(budget / price), and no
        budget, unless prices differ by size; paths of networks' files are absolute; parts of viewers sum to at most 1.

    Notes
    -----
    Draw d takes the quantile at ``uniform(derive(derive(derive(root, 3), d), text_key(path)))`` of each
    number's law (docs/model.md, section 8); so a platform's number is shared by all scenarios that
    give it the same band, and an item's belongs to the item.
    """
    document = scenario.document
    key = None
    if not fixed:
        key = rng.derive(rng.derive(rng.derive(_ROOT, rng.check_seed(seed)), _NUMBERS), draw)
    update: dict[str, Any] = {
        name: _drawn(Same(part), name, key)
        for name in _SECTIONS
        if isinstance(part := getattr(document, name), BaseModel)
    }
    platforms = {
        name: _placed(_drawn(Same(platform), f"platforms.{name}", key), scenario.folder)
        for name, platform in document.platforms.items()
    }
    items = (_drawn(Same(item), f"items.{item.id}", key) for item in document.items)
    update.update(
        name=scenario.name, platforms=Frozen(platforms), items=tuple(_polarised(item) for item in items)
    )
    seeding = tuple(_counted(entry) for entry in update["campaign"].seeding)
    if seeding:
        update["campaign"] = update["campaign"].model_copy(update={"seeding": seeding})
    return document.model_copy(update=update)


@lru_cache(maxsize=2048)  # the settings of a sweep share most parts, draw by draw
def _drawn(part: Same[Any], path: str, key: int | None) -> Any:
    """A part of a document (at `path`) with plain numbers: those of the draw of this key; None: central values."""
    plain, banded = _central(part, path)
    if key is None or not banded:
        return plain
    return changed(
        plain, banded, lambda at, value: value.quantile(rng.uniform(rng.derive(key, rng.text_key(at))))
    )


@lru_cache(maxsize=256)
def _central(part: Same[Any], path: str) -> tuple[Any, Spots]:
    """A part with every number at its central value, and where the numbers are that have a band."""
    value = part.value
    plain = changed(value, spots(value, lambda number: True, path), lambda at, number: float(number))
    return plain, spots(value, lambda number: isinstance(number, Uncertain) and number.has_band, path)


def _polarised(item: Item) -> Item:
    """An item whose parts of viewers sum to at most 1."""
    rest = 1.0 - item.negative
    return item if item.neutral <= rest else item.model_copy(update={"neutral": rest})


def _counted(entry: Seeding) -> Seeding:
    """People asked, with a count in place of a budget."""
    budget = getattr(entry.pick, "budget", None)
    if budget is None or entry.price_by_size.kind != "none":
        return entry
    # Prices are decimal: 0.3 / 0.1 is to give 3, not 2.
    count = math.floor(budget / entry.price * (1 + 1e-12))
    pick = entry.pick.model_copy(update={"count": count, "budget": None})
    return entry.model_copy(update={"pick": pick})


def _placed(platform: Platform, folder: FilePath) -> Platform:
    """A platform, with the absolute path of its network's file."""
    if not isinstance(platform.network, GraphFile):
        return platform
    path = str(graph_path(platform.network.path, folder))
    network = platform.network.model_copy(update={"path": path})
    return platform.model_copy(update={"network": network})


def assumptions(scenario: Scenario) -> list[Assumption]:
    """Every number the result rests on, with its band and source; neutral defaults assume nothing.

    Returns
    -------
    list of Assumption
        In the order of the document. Durations are in hours. `source` is "this scenario" for a number
        that the scenario writes without naming a source.
    """
    found = []
    for leaf in leaves(scenario.document):
        notes = notes_of(leaf.field)
        usual = not isinstance(leaf.value, Uncertain) and leaf.value == leaf.field.default
        if not leaf.results or (usual and (notes.get("neutral") or notes.get("source") is None)):
            continue
        value, unit = leaf.value, leaf.number.unit
        if isinstance(value, Uncertain):
            source = value.source or "this scenario"
            row = (value.value, value.low, value.high, value.unit or unit, source, value.year)
            judged = value.source is not None and value.is_judgement
        else:
            source = "this scenario" if leaf.written else str(notes.get("source"))
            row = (value, value, value, unit, source, None)
            judged = not leaf.written and source.startswith(("assumption", "judgement"))
        found.append(Assumption(leaf.path, *row, judged))
    return found
