"""What a page shows, in its address and in words: settings, exports as YAML, command and Python."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from viralsim.spec import Scenario

__all__ = [
    "command_text",
    "compare_address",
    "lab_address",
    "python_text",
    "read_compare",
    "read_settings",
    "replay_address",
    "yaml_text",
]

MOST_VARIANTS = 3
_LONGEST = 4_000


def lab_address(name: str, settings: Mapping[str, float], seed: int | None = None, variant: str = "") -> str:
    """Address of a scenario's lab with its settings: it restores everything.

    Examples
    --------
    >>> lab_address("small-shop", {"items.offer.stickiness": 0.5})
    '/lab/small-shop?items.offer.stickiness=0.5'
    """
    pairs = [
        f"{quote(path)}={value:g}" if abs(value) < 1e6 else f"{quote(path)}={value!r}"
        for path, value in settings.items()
    ]
    if seed is not None:
        pairs.append(f"seed={seed}")
    if variant:
        pairs.append(f"variant={quote(variant)}")
    return f"/lab/{quote(name)}" + (f"?{'&'.join(pairs)}" if pairs else "")


def replay_address(
    name: str, settings: Mapping[str, float], seed: int | None = None, variant: str = ""
) -> str:
    """Address of the page that plays a run of what a lab has set.

    Examples
    --------
    >>> replay_address("small-shop", {"items.offer.stickiness": 0.5})
    '/cascade?scenario=small-shop&items.offer.stickiness=0.5'
    """
    query = lab_address(name, settings, seed, variant).partition("?")[2]
    return f"/cascade?scenario={quote(name)}" + (f"&{query}" if query else "")


def read_settings(query: Mapping[str, str]) -> tuple[dict[str, float], int | None]:
    """Settings and seed from an address; what is not a number is left out.

    Examples
    --------
    >>> read_settings({"items.a.share_prob": "0.02", "seed": "7", "x": "<script>"})
    ({'items.a.share_prob': 0.02}, 7)
    """
    settings: dict[str, float] = {}
    seed = None
    for path, text in list(query.items())[:40]:
        if path == "seed":
            seed = int(text) if text.isdecimal() and len(text) < 19 else None
            continue
        try:
            value = float(text)
        except ValueError:
            continue
        if math.isfinite(value) and len(path) < 200:
            settings[path] = value
    return settings, seed


def compare_address(
    name: str,
    settings: Sequence[Mapping[str, float]],
    variants: Sequence[str],
    metric: str = "reach",
) -> str:
    """Address of a comparison: the settings and variants of A, B and C.

    Examples
    --------
    >>> compare_address("small-shop", [{}, {"items.offer.stickiness": 0.5}], ["", "ask-regulars"])
    '/compare/small-shop?with=%5B%7B%7D%2C%7B%22items.offer.stickiness%22%3A0.5%7D%5D&variants=%7Cask-regulars&metric=reach'
    """
    text = json.dumps([dict(one) for one in settings], separators=(",", ":"))
    joined = quote("|".join(variants))
    return f"/compare/{quote(name)}?with={quote(text)}&variants={joined}&metric={quote(metric)}"


def read_compare(text: str) -> list[dict[str, float]]:
    """The settings of A, B and C from an address; what cannot be read is left out."""
    try:
        found = json.loads(text[:_LONGEST])
    except (ValueError, RecursionError):  # no JSON, or brackets without end
        return []
    if not isinstance(found, list):
        return []
    rows = [row for row in found[:MOST_VARIANTS] if isinstance(row, dict)]
    return [
        {
            str(k): float(v)
            for k, v in list(row.items())[:40]
            if isinstance(v, int | float) and math.isfinite(v)
        }
        for row in rows
    ]


def yaml_text(scenario: Scenario, settings: Mapping[str, Any]) -> str:
    """The scenario file with the settings written in."""
    return (scenario.with_overrides(settings) if settings else scenario).to_yaml()


def _number(value: Any) -> str:
    return repr(value)


def command_text(
    source: str, settings: Mapping[str, Any], seed: int, replicates: int, draws: int, variant: str = ""
) -> str:
    """The command that gives the same numbers.

    Examples
    --------
    >>> command_text("small-shop", {"items.offer.stickiness": 0.5}, 1, 200, 20)
    'viralsim run small-shop --set items.offer.stickiness=0.5 --seed 1 --replicates 200 --draws 20'
    """
    words = ["viralsim", "run", source] + (["--variant", variant] if variant else [])
    for path, value in settings.items():
        words += ["--set", f"{path}={_number(value)}"]
    words += ["--seed", str(seed), "--replicates", str(replicates), "--draws", str(draws)]
    return shlex.join(words)


def python_text(
    source: str, settings: Mapping[str, Any], seed: int, replicates: int, draws: int, variant: str = ""
) -> str:
    """The Python lines that give the same numbers."""
    lines = ["import viralsim as vs", "", f"scenario = vs.load_scenario({source!r})"]
    if variant:
        lines.append(f"scenario = scenario.variant({variant!r})")
    if settings:
        inner = "".join(f"    {path!r}: {_number(value)},\n" for path, value in settings.items())
        lines.append(f"scenario = scenario.with_overrides({{\n{inner}}})")
    lines += [
        f"ensemble = vs.simulate(scenario, replicates={replicates}, draws={draws}, seed={seed})",
        "print(ensemble.sentence())",
    ]
    return "\n".join(lines)
