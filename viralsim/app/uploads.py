"""What people bring: scenarios and edge lists, read with the command line's errors, away from the disk's paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from viralsim.errors import GraphError, ScenarioError
from viralsim.graph.social_graph import SocialGraph
from viralsim.spec import Scenario
from viralsim.spec.problems import dotted
from viralsim.spec.scenario import read_text
from viralsim.spec.yaml_reader import MAX_BYTES, decode, read_yaml

__all__ = [
    "NETWORK_ENDINGS",
    "NETWORK_MOST_BYTES",
    "SCENARIO_MOST_BYTES",
    "network_scenario",
    "plain_name",
    "read_network",
    "read_scenario",
]

SCENARIO_MOST_BYTES = MAX_BYTES
NETWORK_MOST_BYTES = 20_000_000
NETWORK_ENDINGS = (".csv", ".tsv", ".txt", ".edges")
SCENARIO_ENDINGS = (".yaml", ".yml", ".json")
_FROM_FILE = (
    "networks from files are not read by an uploaded scenario, so that no path reaches this machine's disk; "
    "upload the edge list by itself, or run the scenario with viralsim run"
)


def plain_name(name: str, otherwise: str) -> str:
    """The last part of a file's name, for messages; control characters and folders taken out.

    Examples
    --------
    >>> plain_name("../../etc/passwd", "file"), plain_name("", "file")
    ('passwd', 'file')
    """
    last = re.split(r"[/\\\\]", name)[-1]
    kept = "".join(c for c in last if c.isprintable())[:80].strip()
    return kept if kept.strip(".") else otherwise


def read_scenario(raw: bytes, name: str, folder: Path) -> Scenario:
    """Read an uploaded scenario.

    Parameters
    ----------
    raw : bytes
    name : str
        Of the file, as the browser says it.
    folder : pathlib.Path
        An empty folder of ours, where relative paths would start.

    Raises
    ------
    ScenarioError
        With all problems, each ``file:line:column: field: message``.
    """
    shown = plain_name(name, "scenario.yaml")
    if not shown.lower().endswith(SCENARIO_ENDINGS):
        raise ScenarioError(f"{shown}: a scenario is a text file that ends in {', '.join(SCENARIO_ENDINGS)}")
    if len(raw) > SCENARIO_MOST_BYTES:
        raise ScenarioError(f"{shown}: {_too_large(len(raw), SCENARIO_MOST_BYTES)}")
    text, problem = decode(raw)
    if problem is None:
        read = read_yaml(text)
        found = [
            f"{shown}:{line}:{column}: {dotted(path)}: {_FROM_FILE}"
            for path in _file_paths(read.data)
            for line, column in [read.position(path)]
        ]
        if found:
            raise ScenarioError(found)
    return read_text(raw, folder, shown, Path(shown).stem, None)


def _too_large(size: int, most: int) -> str:
    return f"the file has {size / 1e6:.1f} MB; at most {most / 1e6:g} MB are read"


def _file_paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Places in a document that name a file: a network of the kind file, or an override that does."""
    if isinstance(data, Mapping):
        if data.get("kind") == "file":
            yield (*path, "kind")
        for key, value in data.items():
            words = str(key).split(".")
            if words[-1] == "path" or (words[-1] == "kind" and value == "file" and len(words) > 1):
                yield (*path, key)
            else:
                yield from _file_paths(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _file_paths(value, (*path, index))


def read_network(raw: bytes, name: str, file: Path) -> SocialGraph:
    """Read an uploaded edge list.

    Parameters
    ----------
    raw : bytes
    name : str
        Of the file, as the browser says it; only shown.
    file : pathlib.Path
        Where it is kept, a name of ours with one of `NETWORK_ENDINGS`.

    Raises
    ------
    GraphError
        ``name:line: what was found; what is allowed``, as on the command line.
    """
    shown = plain_name(name, "network.csv")
    if not shown.lower().endswith(NETWORK_ENDINGS):
        raise GraphError(
            f"{shown}: an edge list ends in {', '.join(NETWORK_ENDINGS)}; other formats: viralsim graph"
        )
    if len(raw) > NETWORK_MOST_BYTES:
        raise GraphError(f"{shown}: {_too_large(len(raw), NETWORK_MOST_BYTES)}")
    if raw[:2] == b"\x1f\x8b" or b"\0" in raw[:4096]:
        raise GraphError(
            f"{shown}: this is no plain text; decompress it first (viralsim graph reads it as it is)"
        )
    file.write_bytes(raw)
    try:
        graph = SocialGraph.read(file)
    except GraphError as error:
        file.unlink(missing_ok=True)
        raise GraphError(str(error).replace(str(file), shown)) from None
    if graph.n_edges == 0:
        file.unlink(missing_ok=True)
        raise GraphError(f"{shown}: no two people are tied in it, so nothing can spread")
    return graph


def network_scenario(graph: SocialGraph, file: Path, name: str) -> Scenario:
    """An ordinary post on an uploaded network: every tenth person follows the brand, found at random.

    Parameters
    ----------
    graph : SocialGraph
    file : pathlib.Path
        Where it is kept.
    name : str
        Of the scenario.
    """
    followers = max(graph.n_nodes // 10, 1)
    return Scenario.from_dict(
        {
            "viralsim": 1,
            "name": name,
            "title": f"An ordinary post on {name}",
            "teaches": f"For this network only: {graph.n_nodes:,} people, {graph.n_edges:,} follower edges.",
            "platforms": {
                "facebook": {
                    "preset": "facebook",
                    "network": {"kind": "file", "path": file.name},
                    "brand_followers": {"count": followers},
                }
            },
            "audience": {},
            "items": [{"id": "post"}],
            "campaign": {"posts": [{"item": "post", "platform": "facebook", "at": "1h"}]},
            "run": {"horizon": "4d", "step": "15min", "replicates": 200, "draws": 20, "seed": 1},
        },
        folder=file.parent,
    )
