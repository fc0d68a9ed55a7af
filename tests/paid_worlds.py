"""A small scenario with a paid flight, for tests of what reaches people beyond posts and shares."""

from __future__ import annotations

import viralsim as vs

FLIGHT = {"item": "film", "platform": "net", "budget": 8.0, "cpm": 8.0, "from": "2h", "to": "26h"}


def world(paid=(), platform=None, **changes):
    data = {
        "viralsim": 1,
        "name": "paid",
        "audience": {
            "size": 3000,
            "segments": [
                {"name": "young", "fraction": 0.4, "affinity": {"general": 1.2}},
                {"name": "old", "fraction": 0.6},
            ],
        },
        "platforms": {
            "net": {
                "network": {"kind": "erdos-renyi", "mean_degree": 10}, "brand_followers": {"count": 200},
                "organic_reach": 0.3, "peer_visibility": 0.4, "share_prob": 0.02, "friend_share_prob": 0.03,
                "like_prob": 0.05, "click_prob": 0.02, "half_life": "3h", **(platform or {}),
            }
        },
        "items": [{"id": "film"}, {"id": "clip"}],
        "campaign": {"posts": [{"item": "film", "platform": "net"}], "paid": list(paid)},
        "run": {"start": "2026-03-02T09:00", "horizon": "3d", "step": "30min", "replicates": 12, "draws": 2, "seed": 3},
        **changes,
    }  # fmt: skip
    return vs.Scenario.from_dict(data)


def run(paid=(), platform=None, **changes):
    return vs.simulate(world(paid, platform, **changes), threads=1)
