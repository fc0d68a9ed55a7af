"""How to get the same numbers: the scenario files themselves, the command, seed, versions and digests."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from viralsim.engine.ensemble import Ensemble
from viralsim.experiment.comparison import Comparison
from viralsim.spec import Scenario
from viralsim.spec.networks import GraphFile
from viralsim.spec.writing import to_yaml

__all__ = ["reproduce_comparison", "reproduce_run", "reproduce_sweep", "shared_command"]

_OWN_VALUES = ("--out", "-o", "--threads", "--executor", "--scheduler")
_OWN_FLAGS = ("--quiet", "-q", "--force", "--resume", "--parquet", "--json")


def reproduce_run(ensemble: Ensemble) -> dict[str, Any]:
    """What a page says of a run."""
    files = _files([ensemble.scenario], [ensemble.name])
    return _facts(ensemble, ["viralsim", "run", files[0]["name"], *_options(ensemble)], files)


def reproduce_comparison(comparison: Comparison) -> dict[str, Any]:
    """What a page says of a comparison: one file for each scenario."""
    files = _files([e.scenario for e in comparison.ensembles], comparison.labels)
    first = comparison.ensembles[0]
    words = ["viralsim", "compare", *(file["name"] for file in files), "--metric", comparison.metric]
    return _facts(first, [*words, *_options(first)], files)


def reproduce_sweep(
    scenario: Scenario,
    seed: int | None,
    replicates: int,
    draws: int,
    command: str,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """What a page says of a sweep; `command` is how it was asked for, "" if by Python."""
    return {
        "command": command,
        "files": _files([scenario], [scenario.name]),
        "seed": "one for each setting" if seed is None else seed,
        "replicates": replicates,
        "draws": draws,
        "fixed": False,
        "versions": dict(versions),
        "graphs": _graphs([scenario]),
    }


def shared_command(words: Sequence[str]) -> str:
    """A command as others may repeat it: without what is of this machine alone (places, threads, schedulers).

    Examples
    --------
    >>> shared_command(["viralsim", "sweep", "mine/shop.yaml", "--vary", "x=1,2", "--out", "results", "--quiet"])
    'viralsim sweep shop.yaml --vary x=1,2'
    """
    kept: list[str] = []
    skip = False
    for word in words:
        name, equals, _ = word.partition("=")
        if skip:
            skip = False
        elif name in _OWN_VALUES:
            skip = not equals
        elif word not in _OWN_FLAGS:
            kept.append(PurePath(word).name if word.endswith((".yaml", ".yml", ".json")) else word)
    return shlex.join(kept)


def _options(ensemble: Ensemble) -> list[str]:
    words = ["--seed", ensemble.seed, "--replicates", ensemble.replicates, "--draws", ensemble.draws]
    return [str(word) for word in words] + (["--fixed"] if ensemble.fixed else [])


def _facts(ensemble: Ensemble, words: Sequence[str], files: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "command": shlex.join(words),
        "files": files,
        "seed": ensemble.seed,
        "replicates": ensemble.replicates,
        "draws": ensemble.draws,
        "fixed": ensemble.fixed,
        "versions": dict(ensemble.provenance),
        "graphs": _graphs([ensemble.scenario]),
    }


def _files(scenarios: Sequence[Scenario], labels: Sequence[str]) -> list[dict[str, str]]:
    """Each scenario as a file: name, text, address, digest; variants are left out, they are not what was run."""
    found: list[dict[str, str]] = []
    names: set[str] = set()
    for scenario, label in zip(scenarios, labels, strict=True):
        data = scenario.to_dict()
        text = to_yaml({key: value for key, value in data.items() if key != "variants"})
        name = _file_name(label, names)
        address = f"data:application/yaml;charset=utf-8,{quote(text)}"
        found.append({"name": name, "text": text, "address": address, "digest": scenario.digest[:16]})
    return found


def _file_name(label: str, taken: set[str]) -> str:
    """A plain name, of ours alone."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in label).strip("-")
    stem, number = plain[:60] or "scenario", 1
    while f"{stem}.yaml" in taken:
        number += 1
        stem = f"{plain[:60] or 'scenario'}-{number}"
    taken.add(f"{stem}.yaml")
    return f"{stem}.yaml"


def _graphs(scenarios: Sequence[Scenario]) -> list[str]:
    """Network files that a scenario needs beside it."""
    networks = [platform.network for scenario in scenarios for platform in scenario.platforms.values()]
    return list(dict.fromkeys(network.path for network in networks if isinstance(network, GraphFile)))
