"""Opening scenarios: a file, standard input, or a stock scenario by name; and a new one to begin with."""

from __future__ import annotations

import importlib.resources
import os
import sys
from pathlib import Path as FilePath
from typing import NamedTuple

from viralsim.errors import ScenarioError, SpecError
from viralsim.spec.checks import at_home
from viralsim.spec.problems import allowed_names, nearest
from viralsim.spec.scenario import Scenario, read_text
from viralsim.spec.yaml_reader import MAX_BYTES, read_value

__all__ = ["StockScenario", "catalog", "load_scenario", "new_scenario", "parse_setting"]

_ENDINGS = (".yaml", ".yml", ".json")


class StockScenario(NamedTuple):
    """An entry of the catalog."""

    name: str
    title: str
    teaches: str


def _stock_folder() -> FilePath:
    return FilePath(str(importlib.resources.files("viralsim") / "scenarios"))


def _stock_names() -> list[str]:
    folder = _stock_folder()
    return sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []


def catalog() -> list[StockScenario]:
    """The stock scenarios: name, title and what each teaches, by name."""
    found = []
    for name in _stock_names():
        scenario = load_scenario(_stock_folder() / f"{name}.yaml")
        found.append(StockScenario(name, scenario.title, scenario.teaches or ""))
    return found


def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Load a scenario.

    Parameters
    ----------
    path : str or path
        A file (YAML or JSON), the name of a stock scenario, or ``-`` for standard input.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        If there is no such scenario, or with every problem of the file, each
        ``file:line:column: field: what was found; what is allowed``.

    Notes
    -----
    A relative path of a network starts at the scenario file's folder, for standard input at the current
    folder.
    """
    if isinstance(path, str) and path == "-":
        raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        return read_text(raw, FilePath.cwd(), "<stdin>", "scenario", None)
    if not isinstance(path, str | os.PathLike):
        raise SpecError(
            f"scenario: {path!r} is neither a path nor a name; load_scenario('launch-video') is one"
        )
    if not os.fspath(path):
        raise ScenarioError("no scenario is named; name a file, - for standard input, or a stock scenario")
    file = at_home(os.fsdecode(path))
    if isinstance(path, str) and path in _stock_names() and not file.is_file():
        file = _stock_folder() / f"{path}.yaml"
    raw = _bytes_of(file, str(path))
    source = FilePath(os.path.abspath(file))
    label = (
        f"{path}.yaml"
        if file.parent == _stock_folder() and isinstance(path, str) and file.stem == path
        else str(path)
    )
    return read_text(raw, source.parent, label, source.stem, source)


def _bytes_of(file: FilePath, shown: str) -> bytes:
    """What a file holds, at most a little more than a scenario may have; pipes are files too."""
    try:
        if file.is_dir():
            inside = sorted(p.name for p in file.iterdir() if p.suffix in _ENDINGS)
            hint = f"; scenarios in it: {', '.join(inside[:10])}" if inside else "; name a scenario file"
            raise ScenarioError(f"{shown}: is a folder{hint}")
        if file.is_symlink() and not file.exists():
            raise ScenarioError(f"{shown}: is a link to {os.readlink(file)}, which is not there")
        if not file.exists():
            raise ScenarioError(_not_found(shown, file))
        with open(file, "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"{shown}: cannot be read: {error.strerror or error}") from None


def _not_found(path: str, file: FilePath) -> str:
    """What to say about a scenario that is not there: the nearest file or stock name."""
    stock = _stock_names()
    try:
        beside = sorted(p.name for p in file.parent.iterdir() if p.is_file() and p.suffix in _ENDINGS)
    except OSError:
        return f"{path}: no such scenario file (there is no folder {file.parent})"
    near = nearest(file.name, beside)
    looks_like_file = file.suffix in _ENDINGS or len(file.parts) > 1
    if near is not None:
        near = str(file.parent / near)
        if not looks_like_file:
            near = nearest(path, stock) or near
        return f"{path}: no such scenario file or stock scenario; did you mean {near!r}?"
    if looks_like_file:
        name = nearest(file.stem, stock)
        hint = f"; did you mean the stock scenario {name!r}?" if name else ""
        return f"{path}: no such scenario file{hint}"
    return f"{path}: no such scenario file or stock scenario; {allowed_names(path, stock)}"


def parse_setting(text: str) -> tuple[str, object]:
    """Path and value of a setting such as ``items.film.share_prob=0.02``.

    Parameters
    ----------
    text : str
        ``path=value``; the value is read as YAML 1.2, so ``{value: 0.02, low: 0.01, high: 0.04}``, ``[a, b]``,
        ``null`` (removes) and ``4h`` work.

    Raises
    ------
    SpecError
        If there is no ``=`` or the value cannot be read.

    Examples
    --------
    >>> parse_setting("run.replicates=50")
    ('run.replicates', 50)
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise SpecError(f"{text!r} is no setting; write path=value, such as items.film.share_prob=0.02")
    try:
        return path.strip(), read_value(value)
    except ValueError as error:
        raise SpecError(f"{path.strip()}: {value!r} cannot be read ({error}); put texts in quotes") from None


def new_scenario(name: str) -> str:
    """The text of a commented scenario to begin with; it loads and runs as it is.

    Parameters
    ----------
    name : str
        Name of the scenario: letters, digits, - and _, with a letter first.

    Raises
    ------
    SpecError
        If it is not a name.
    """
    if (
        not name
        or not name.replace("-", "").replace("_", "").isalnum()
        or not name[0].isalpha()
        or len(name) > 64
    ):
        allowed = "letters, digits, - and _, with a letter first, at most 64"
        raise SpecError(f"{name!r} is not a name for a scenario; allowed: {allowed}")
    template = importlib.resources.files("viralsim.spec") / "template.yaml"
    return template.read_text("utf-8").replace("my-campaign", name)
