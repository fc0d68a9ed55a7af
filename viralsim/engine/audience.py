"""The audience of a draw: its people, networks and affinities, and what they are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.memo import Memo
from viralsim.engine.networks import Network, audience_keys, make_network
from viralsim.engine.people import People, make_people, make_tastes
from viralsim.errors import EngineError
from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import layout as lay
from viralsim.spec.identity import Same

__all__ = ["Audience", "AudienceMaker", "audience_settings", "make_audience"]


@dataclass(frozen=True, slots=True)
class Audience:
    """People and networks of one draw: what stays the same when only the content changes."""

    people: People
    networks: tuple[Network, ...]
    affinity: dict[str, NDArray[np.float64]]  # by topic: float64[n]
    memo: Memo = field(default_factory=Memo, repr=False, compare=False)  # of what follows from these alone


AudienceMaker = Callable[[Any, int, Mapping[str, SocialGraph]], Audience]
"""What makes the audience of a draw, or hands out one made before: as `make_audience`."""


def make_audience(scenario: Any, key: int, graphs: Mapping[str, SocialGraph]) -> Audience:
    """People, networks and affinities of a draw (`scenario` resolved, `key` of the draw)."""
    person_key = audience_keys(scenario.audience.size, graphs)
    if person_key.size > lay.MAX_PEOPLE:
        raise EngineError(f"audience.size: {person_key.size:,} people; at most {lay.MAX_PEOPLE:,} fit")
    people = make_people(scenario.audience, person_key, key)
    networks = tuple(
        make_network(name, scenario, people, graphs.get(name), key) for name in scenario.platforms
    )
    taste = scenario.audience.taste
    by_name = [
        networks[p] for p in np.argsort(list(scenario.platforms))
    ]  # sums must not hang on the order written
    affinity = {}
    for topic in dict.fromkeys(item.topic for item in scenario.items):
        by_segment = np.array([s.affinity.get(topic, 1.0) for s in scenario.audience.segments], np.float64)
        value = by_segment[people.segment]
        if taste.sigma > 0:
            z = make_tastes(people, by_name, topic, taste.tie_correlation, key)
            value = value * np.exp(taste.sigma * z - taste.sigma**2 / 2)
        affinity[topic] = value
    return Audience(people, networks, affinity)


def audience_settings(plain: Any) -> tuple[Any, str]:
    """The part of a scenario that people and networks are made of, and its digest."""
    platforms = {
        name: SimpleNamespace(network=platform.network, access=platform.access)
        for name, platform in plain.platforms.items()
    }
    topics = tuple(dict.fromkeys(item.topic for item in plain.items))
    items = tuple(SimpleNamespace(topic=topic) for topic in topics)
    digest = hashlib.blake2b(_as_json(Same(plain.audience)).encode(), digest_size=16)
    for name, platform in platforms.items():
        digest.update(repr((name, _as_json(Same(platform.network)), float(platform.access))).encode())
    digest.update(repr(topics).encode())
    return SimpleNamespace(audience=plain.audience, platforms=platforms, items=items), digest.hexdigest()


@lru_cache(maxsize=256)
def _as_json(part: Same[Any]) -> str:
    """All that is written in a part of a scenario."""
    return str(part.value.model_dump_json())
