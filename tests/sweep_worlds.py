"""A small scenario for sweeps, and helpers that several test files share."""

from __future__ import annotations

import hashlib
from pathlib import Path

from viralsim.spec import Scenario

SMALL = """\
viralsim: 1
name: small
audience: {size: 300}
platforms:
  facebook:
    preset: facebook
    network: {kind: erdos-renyi, mean_degree: 8}
    brand_followers: {count: 100}
    organic_reach: 0.4
items: [{id: film, share_prob: {value: 0.02, low: 0.004, high: 0.05}, negative: 0.1}]
campaign:
  posts: [{item: film, platform: facebook, at: 0h}]
run: {replicates: 6, draws: 2, seed: 5, horizon: 1d, step: 1h}
variants:
  late: {campaign.posts: [{item: film, platform: facebook, at: 5h}]}
"""

SHARE = "items.film.share_prob"
FANS = "platforms.facebook.brand_followers.count"


def small_scenario() -> Scenario:
    """SMALL as a scenario."""
    from viralsim.spec.yaml_reader import read_yaml

    return Scenario.from_dict(read_yaml(SMALL).data)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
