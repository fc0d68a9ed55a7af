"""Scenarios whose pages are looked at: small, and every text that a user can write is hostile."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from viralsim.spec import Scenario

HOSTILE_SOURCE = "<img src=x onerror=alert(2)> \u202e ${alert(3)} {{ 7 * 7 }}"
HOSTILE = "<script>alert(1)</script> & \"quotes\" 'too' </title>"


def scenario(**changes: Any) -> Scenario:
    """A post on one platform before 1,500 people, with a variant that is shared far more."""
    document = {
        "viralsim": 1,
        "name": "small",
        "title": HOSTILE,
        "teaches": HOSTILE_SOURCE,
        "sources": [HOSTILE_SOURCE],
        "audience": {
            "size": 1500,
            "segments": [
                {"name": "a", "fraction": 0.7, "access": {"x": 0.9}},
                {"name": "b", "fraction": 0.3, "access": {"x": 0.2}},
            ],
        },
        "platforms": {"x": {"preset": "x", "brand_followers": {"count": 300}, "organic_reach": 0.6}},
        "items": [
            {
                "id": "post",
                "share_prob": {"value": 0.03, "low": 0.01, "high": 0.08, "source": HOSTILE_SOURCE},
                "negative": 0.3,
            }
        ],
        "campaign": {"posts": [{"item": "post", "platform": "x", "at": "1h"}]},
        "goal": {"metric": "reach", "at_least": 200},
        "value": {"per_1000_impressions": 8},
        "run": {"horizon": "3d", "step": "1h", "replicates": 40, "draws": 10, "seed": 1},
        "variants": {"more": {"items.post.share_prob": 0.2}},
    }
    return Scenario.from_dict({**document, **changes})


class Elements(HTMLParser):
    """Tags, ids and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        self.addresses += [v for k, v in found.items() if k in ("href", "src", "xlink:href", "action") and v]
        if any(name.startswith("on") for name in found):
            raise AssertionError(f"an event attribute in {tag}")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts.append(data)
        self.words.append(data)
