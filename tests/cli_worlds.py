"""A small scenario for tests of the commands, and how they are run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from viralsim.cli.shell import run_command

PROJECT = Path(__file__).resolve().parent.parent

SMALL = """\
viralsim: 1
name: small
title: A small shop
audience: {size: 600}
platforms:
  facebook:
    preset: facebook
    network: {kind: erdos-renyi, mean_degree: 12}
    brand_followers: {count: 200}
    organic_reach: 0.4
items: [{id: film, share_prob: {value: 0.01, low: 0.004, high: 0.02}, negative: 0.1}]
campaign:
  posts: [{item: film, platform: facebook, at: 0h}]
  seeding: [{item: film, platform: facebook, pick: {kind: most-followers, count: 3}}]
goal: {metric: impressions, at_least: 90}
run: {replicates: 30, draws: 3, seed: 5, horizon: 2d, step: 1h}
variants:
  twice: {campaign.posts: [{item: film, platform: facebook, at: 0h}, {item: film, platform: facebook, at: 5h}]}
  same: {title: The same}
"""


def run(*arguments: object) -> int:
    """Exit code of a command, run in this process."""
    return run_command([str(argument) for argument in arguments])


def run_json(capsys: Any, *arguments: object, code: int = 0) -> dict[str, Any]:
    """What a command prints with --json."""
    assert run(*arguments, "--json") == code
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def environment() -> dict[str, str]:
    """For a process of its own: this project is what it imports."""
    return {**os.environ, "PYTHONPATH": str(PROJECT)}


def names(place: Path) -> set[str]:
    """What is in a folder."""
    return {path.name for path in place.iterdir()}
