"""Small scenarios and helpers that several tests of scenario files share."""

from __future__ import annotations

import pytest

from viralsim.errors import ScenarioError


def smallest(**changes) -> dict:
    return {
        "viralsim": 1,
        "audience": {"size": 200},
        "platforms": {"instagram": {"preset": "instagram", "brand_followers": {"count": 20}}},
        "items": [{"id": "film"}, {"id": "trailer", "topic": "launch"}],
        "campaign": {"posts": [{"item": "film", "platform": "instagram"}]},
        **changes,
    }


def refused(action) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        action()
    return caught.value.problems


VARIANTS = """\
viralsim: 1
name: base
audience: {size: 200}
platforms:
  instagram: {preset: instagram, brand_followers: {count: 20}, network: {kind: erdos-renyi, mean_degree: 8}}
items:
  - {id: film, share_prob: {value: 0.1, low: 0.05, high: 0.2}}
campaign:
  posts: [{item: film, platform: instagram}]
variants:
"""
