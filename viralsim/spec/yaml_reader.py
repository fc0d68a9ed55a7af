"""YAML 1.2 text to plain data, with the line and column of every key and value.

Only what a scenario needs is read: mappings, lists, texts, numbers, true, false, null. Tags, merge keys,
several documents and underscores in numbers are problems, reported with all others.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from viralsim.spec.problems import Path, Problem, shown

__all__ = ["MAX_BYTES", "Read", "decode", "read_value", "read_yaml"]

MAX_BYTES = 1_000_000
_MAX_NODES = 300_000
_MAX_DEPTH = 40
_CORE = "tag:yaml.org,2002:"
Position = tuple[int, int]


@dataclass(slots=True)
class Read:
    """What a text says, and where it says it.

    Parameters
    ----------
    data : object
        dict, list, str, int, float, bool or None; None if the text cannot be read.
    keys, values : dict
        Path -> line and column, from 1, of the key and of the value.
    problems : list of Problem
    """

    data: Any = None
    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0

    def position(self, path: Path, at_key: bool = False) -> Position:
        """Line and column of a place, or of the nearest place above it."""
        for first, second in ((self.keys, self.values) if at_key else (self.values, self.keys),):
            if path in first:
                return first[path]
            if path in second:
                return second[path]
        while path:
            path = path[:-1]
            if path in self.keys:
                return self.keys[path]
            if path in self.values:
                return self.values[path]
        return (1, 1)


class _TooLargeError(Exception):
    """The document expands to more than is allowed."""


def decode(raw: bytes) -> tuple[str, Problem | None]:
    """Text of a file's bytes, or the problem that there is none."""
    if len(raw) > MAX_BYTES:
        message = f"the file has more than {MAX_BYTES / 1e6:g} MB, the most a scenario can have: is it one?"
        return "", Problem((), message)
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if raw.startswith(mark):
            return "", Problem((), f"the file is {name} text; save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        return "", Problem((), "not a text file in UTF-8; save it as UTF-8 text", position=(line, column))
    if "\0" in text:
        return "", Problem((), "not a text file: it holds zero bytes")
    return text, None


def read_yaml(text: str) -> Read:
    """Read a scenario's text.

    Parameters
    ----------
    text : str
        YAML 1.2 (or JSON).

    Returns
    -------
    Read
        With every problem that can be found without knowing what a scenario is.
    """
    read = Read()
    version = re.match(r"%YAML[ \t]+(\S+)", text)
    if version and version[1] != "1.2":
        read.problems.append(
            Problem((), f"YAML {version[1]} is asked for; scenarios are YAML 1.2: leave it out")
        )
        return read
    try:
        if _bracket_depth(text) > 5 * _MAX_DEPTH:
            raise _TooLargeError
        node = YAML(typ="safe", pure=True).compose(text)
        if node is None:
            read.problems.append(Problem((), "the file is empty; a scenario begins with  viralsim: 1"))
            return read
        read.data = _build(node, (), read, ())
    except MarkedYAMLError as error:
        read.problems.append(_syntax_problem(error, text))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        character = f"U+{error.character:04X}" if isinstance(error.character, int) else shown(error.character)
        message = f"the character {character} is not allowed in YAML; remove it"
        read.problems.append(Problem((), message, position=(line, column)))
    except YAMLError as error:
        read.problems.append(Problem((), f"not YAML: {' '.join(str(error).split())[:200]}"))
    except (_TooLargeError, RecursionError):
        message = f"too large or too deep: at most {_MAX_NODES:,} values and {_MAX_DEPTH} levels are read"
        read.problems.append(Problem((), message))
    if read.problems and not read.nodes:
        read.data = None
    return read


def _bracket_depth(text: str) -> int:
    """How deep brackets are nested at most, those in texts included: the parser takes long over thousands."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def read_value(text: str) -> Any:
    """Value of a setting on the command line, such as ``0.02`` or ``{value: 0.02, low: 0.01, high: 0.04}``.

    Raises
    ------
    ValueError
        If it is no YAML 1.2 value.
    """
    read = read_yaml(text)
    if read.problems and text.strip():
        raise ValueError("; ".join(problem.message for problem in read.problems))
    return read.data


def _position(node: Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _build(node: Node, path: Path, read: Read, above: tuple[int, ...]) -> Any:
    read.nodes += 1
    if read.nodes > _MAX_NODES or len(above) > _MAX_DEPTH or id(node) in above:
        raise _TooLargeError
    read.values.setdefault(path, _position(node))
    if isinstance(node, ScalarNode):
        return _scalar(node, path, read)
    usual = _CORE + ("seq" if isinstance(node, SequenceNode) else "map")
    if str(node.tag) != usual:
        read.problems.append(Problem(path, f"the tag {_tag(node)} is not known here; leave it out"))
    if isinstance(node, SequenceNode):
        return [_build(part, (*path, i), read, (*above, id(node))) for i, part in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return _mapping(node, path, read, (*above, id(node)))
    return None


def _mapping(node: MappingNode, path: Path, read: Read, above: tuple[int, ...]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        position = _position(key_node)
        if not isinstance(key_node, ScalarNode):
            read.problems.append(Problem(path, "a key must be a single word", position=position))
            continue
        if str(key_node.tag) == _CORE + "merge":
            message = "merge keys (<<) are not read; write the values out"
            read.problems.append(Problem(path, message, position=position))
            continue
        key = key_node.value
        if key in made:
            line = read.keys[(*path, key)][0]
            message = f"the key {key!r} is written twice (first in line {line}); keep one"
            read.problems.append(Problem((*path, key), message, position=position))
            continue
        read.keys[(*path, key)] = position
        made[key] = _build(value_node, (*path, key), read, above)
    return made


def _scalar(node: ScalarNode, path: Path, read: Read) -> Any:
    text, tag = node.value, str(node.tag).removeprefix(_CORE)
    if tag in ("str", "timestamp"):
        return text
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    if tag in ("int", "float") and "_" in text:
        plain = text.replace("_", "")
        message = f"{text}: YAML tools disagree on underscores in numbers; write {plain}"
        read.problems.append(Problem(path, message))
        text = plain
    try:
        if tag == "int" and re.match(r"[-+]?0b", text):
            return text  # YAML 1.2 knows no binary numbers
        if tag == "int":
            return int(text, 0) if re.match(r"[-+]?0[xo]", text) else int(text)
        if tag == "float":
            special = text.lower().lstrip("+-")
            if special in (".inf", ".nan"):
                return math.nan if special == ".nan" else math.copysign(math.inf, -1 if text[0] == "-" else 1)
            return float(text)
    except ValueError:
        message = f"{shown(text)} is not a number that can be read" + (
            "; it has too many digits" if len(text) > 1000 else ""
        )
        read.problems.append(Problem(path, message))
        return None
    read.problems.append(Problem(path, f"the tag {_tag(node)} is not known here; leave it out"))
    return text


def _tag(node: Node) -> str:
    return "!!" + str(node.tag).removeprefix(_CORE) if str(node.tag).startswith(_CORE) else str(node.tag)


def _syntax_problem(error: MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    position = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    what = " ".join(str(error.problem or error.context or "cannot be read").split())
    if "'\\t'" in what:
        message = "a tab; indent with spaces"
    elif "another document" in what:
        message = "a second document begins here (---); a file holds one scenario"
    elif what.startswith("mapping values are not allowed"):
        message = "not YAML: a colon where none can be; check the indentation, or put the text in quotes"
    elif "undefined alias" in what:
        message = f"not YAML: {what}; a text that begins with * or & needs quotes"
    else:
        what = what.replace("'<stream end>'", "the end of the file")
        message = f"not YAML: {what}"
        begun = error.context_mark
        if begun is not None and error.context and begun.line + 1 != position[0]:
            message += f", {' '.join(str(error.context).split())} that begins in line {begun.line + 1}"
    lines = text.splitlines()
    if position[0] > len(lines):
        position = (max(len(lines), 1), len(lines[-1]) + 1 if lines else 1)
    return Problem((), message, position=position)
