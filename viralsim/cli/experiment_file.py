"""Experiment files on the command line: told from scenarios by their first key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viralsim.experiment.documents import Experiment
    from viralsim.spec import Scenario

__all__ = ["experiment_of"]


def experiment_of(source: str) -> Experiment | None:
    """The experiment in a file; None if it is no file or holds a scenario.

    Raises
    ------
    ScenarioError
        With every problem.
    """
    path = Path(source)
    if path.suffix not in (".yaml", ".yml", ".json") or not path.is_file():
        return None
    from viralsim.errors import ScenarioError
    from viralsim.experiment.documents import VERSION_KEY, read_experiment
    from viralsim.spec.problems import dotted
    from viralsim.spec.yaml_reader import decode, read_yaml

    text, problem = decode(path.read_bytes())
    if problem is not None or not re.search(rf'^[{{\s]*"?{VERSION_KEY}"?\s*:', text, re.MULTILINE):
        return None
    read = read_yaml(text)
    if read.problems:
        lines = []
        for found in read.problems:
            line, column = found.position or read.position(found.path, found.at_key)
            where = f"{dotted(found.path)}: " if found.path else ""
            lines.append(f"{source}:{line}:{column}: {where}{found.message}")
        raise ScenarioError(lines)
    return read_experiment(read.data, lambda what: _scenario(what, path.absolute().parent), source)


def _scenario(what: Any, folder: Path) -> Scenario:
    """A scenario named or written in an experiment; paths start at its folder."""
    from viralsim.spec import Scenario, load_scenario

    if isinstance(what, Mapping):
        return Scenario.from_dict(what, folder)
    beside = folder / str(what)
    return load_scenario(beside if beside.is_file() else str(what))
