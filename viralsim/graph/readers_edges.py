"""Edge lists: one edge a line, in whatever separators, headers and identifiers people have.

A look at the first lines settles the layout. Files of integers then go through numpy's C reader; a
file it cannot take, or whose numbers are out of range, goes through a line-by-line reader, which
either reads it (text identifiers, quotes) or says which line is wrong.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GraphError
from .people_order import build, number_integers, number_texts, scale_ties
from .readers import open_bytes, pick_attribute
from .social_graph import SocialGraph

__all__ = ["read_edges"]

_SAMPLE_LINES = 1000
_SAMPLE_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 22
_LONGEST_LINE = 1 << 20
_LARGEST_ID = 2**63 - 1
_COMMENTS = ("#", "%")
_USUAL_NAMES = """source target src dst from to u v i j ego alter follower followee following user friend node_1
node_2 node1 node2 id1 id2 id_1 id_2 fromnodeid tonodeid user_id friend_id numeric_id_1 numeric_id_2 a b"""
_END_NAMES = frozenset(_USUAL_NAMES.split())


@dataclass(frozen=True, slots=True)
class Layout:
    """What the first lines of an edge list say about the rest."""

    delimiter: str | None  # None: any run of spaces and tabs
    skip_lines: int  # lines before the first edge
    columns: int
    integers: bool  # ids are whole numbers (else texts)
    weight_column: int | None  # position from 0
    comment: str  # the comment sign met, "#" if none was
    notes: tuple[str, ...]


def read_edges(
    path: Path,
    directed: bool | None,
    header: bool | None,
    delimiter: str | None,
    weight: str | int | bool | None,
    as_text: bool,
) -> SocialGraph:
    """Graph from an edge list; see `viralsim.graph.readers.read_graph` for the arguments."""
    layout = _look(path, header, delimiter, weight, as_text)
    notes = list(layout.notes)
    if directed is None:
        notes.append(
            "Read as undirected (an edge list does not say); pass directed=True if the second follows the "
            "first."
        )
    fast: Any = _read_fast(path, layout) if layout.integers else None
    if fast is None and not layout.integers and layout.weight_column is None:
        fast = _read_texts(path, layout)
    src, dst, weights, labels = _read_lines(path, layout) if fast is None else fast
    ties = None
    if weights is not None and layout.weight_column is not None:
        ties, more = scale_ties(weights, f"column {layout.weight_column + 1}")
        notes += more
    if labels is None:
        src, dst, ids = number_integers(src, dst)
        return build(src, dst, ids, ties, bool(directed), notes)
    rank, ordered, keys = number_texts(labels)
    return SocialGraph.from_edges(
        rank[src], rank[dst], len(labels), ties, bool(directed), person_keys=keys, labels=ordered, notes=notes
    )


# ---- the layout --------------------------------------------------------------------------------


def _look(
    path: Path, header: bool | None, delimiter: str | None, weight: str | int | bool | None, as_text: bool
) -> Layout:
    """Settle the layout from the first lines."""
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise GraphError(
            f"{path}: delimiter is {delimiter!r}; one character is allowed, such as ',' or '\\t'"
        )
    sample, comment, size = [], "#", 0
    for number, line in _lines(path):
        size += len(line)
        if line.lstrip()[:1] in _COMMENTS:
            comment = line.lstrip()[0]
        elif line.strip():
            sample.append((number, line))
        if len(sample) >= _SAMPLE_LINES or size > _SAMPLE_BYTES:
            break
    if not sample:
        raise GraphError(
            f"{path}:1: no edge found (only blank or comment lines); at least one edge is needed; check "
            "the file"
        )
    separator: str | None = (
        delimiter if delimiter is not None else _guess_delimiter([line for _, line in sample])
    )
    separator = None if separator == " " else separator
    rows = [(number, _split(line, separator)) for number, line in sample]
    names = _header_names(path, rows, header)
    body = rows[1:] if names is not None else rows
    if not body:
        raise GraphError(
            f"{path}:{rows[0][0]}: a header and no edges; at least one edge is needed; check the file"
        )
    number, first = body[0]
    if len(first) < 2:
        raise GraphError(
            f"{path}:{number}: one column found ({first[0][:40]!r}); an edge needs two ids, separated by "
            "comma, tab, "
            f"semicolon or space; add the second column, or pass delimiter="
        )
    ids = [field for _, row in body for field in row[:2]]
    integers = not as_text and 2 * sum(_is_integer(field) for field in ids) > len(ids)
    column, notes = _weight_column(path, number, names, first, weight)
    unused = [i for i in range(2, len(first)) if i != column]
    if unused and weight is not False:
        listed = ", ".join(names[i] if names and i < len(names) else str(i + 1) for i in unused)
        notes.append(f"Not read: column{'s' if len(unused) > 1 else ''} {listed}.")
    return Layout(separator, number - 1, len(first), integers, column, comment, tuple(notes))


def _guess_delimiter(lines: list[str]) -> str:
    """The separator that splits most lines alike; of equals, comma before tab, semicolon and space."""
    best, most_alike = " ", 0
    for delimiter in (",", "\t", ";"):
        counts = Counter(line.strip().count(delimiter) for line in lines)
        del counts[0]
        alike = max(counts.values(), default=0)
        if 2 * alike >= len(lines) and alike > most_alike:
            best, most_alike = delimiter, alike
    return best


def _split(line: str, delimiter: str | None) -> list[str]:
    """Fields of one line; quotes are understood beside commas and semicolons."""
    if delimiter is None:
        return line.split()
    if '"' in line and delimiter != "\t":
        return [field.strip() for field in next(csv.reader([line.strip("\r\n")], delimiter=delimiter))]
    return [field.strip() for field in line.strip("\r\n").split(delimiter)]


def _is_integer(field: str) -> bool:
    return field.removeprefix("-").isdecimal()


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _header_names(path: Path, rows: list[tuple[int, list[str]]], header: bool | None) -> list[str] | None:
    """The column names, or None if the first line is an edge already."""
    first = rows[0][1]
    if header is None:
        second = rows[1][1] if len(rows) > 1 else []
        words = not any(_is_number(field) for field in first[:2])
        known = len(first) > 1 and all(field.lower() in _END_NAMES for field in first[:2])
        ids_follow = len(second) > 1 and all(_is_integer(field) for field in second[:2])
        weights_follow = (
            len(second) > 2 and len(first) > 2 and _is_number(second[2]) and not _is_number(first[2])
        )
        header = words and (known or ids_follow or weights_follow)
    elif not isinstance(header, bool):
        raise GraphError(f"{path}: header is {header!r}; True, False or None (detect) is allowed")
    return first if header else None


def _weight_column(
    path: Path, line: int, names: list[str] | None, first: list[str], weight: str | int | bool | None
) -> tuple[int | None, list[str]]:
    """Position of the weights, and what to say about it."""
    columns = len(first)
    if isinstance(weight, int) and not isinstance(weight, bool):
        if not 3 <= weight <= columns:
            raise GraphError(
                f"{path}:{line}: weight={weight}, and there are {columns} columns; columns 3 and on can "
                "hold weights "
                f"(counted from 1); pass one of them, or weight=False"
            )
        return weight - 1, []
    if names is not None:
        name = pick_attribute(weight, names[2:], f"{path}:{line}")
        return (None, []) if name is None else (names.index(name, 2), [])
    if isinstance(weight, str):
        raise GraphError(
            f"{path}:{line}: weight={weight!r}, and the file has no header; pass the column's number instead"
        )
    if weight is False or (weight is None and (columns < 3 or not _is_number(first[2]))):
        return None, []
    if columns < 3:
        raise GraphError(
            f"{path}:{line}: weight=True, and there are only {columns} columns; leave weight out"
        )
    return 2, ["Column 3 was taken for the weight; pass weight=False if it is something else."]


# ---- the fast way ------------------------------------------------------------------------------


def _read_fast(path: Path, layout: Layout) -> tuple[Any, Any, Any, None] | None:
    """Ids and weights through numpy's C reader, or None if anything is unusual."""
    kinds: list[tuple[str, type]] = [("src", np.int64), ("dst", np.int64)]
    columns: tuple[int, ...] | None = None
    if layout.weight_column is not None:
        kinds.append(("weight", np.float64))
    if layout.columns > len(kinds):
        columns = (0, 1) if layout.weight_column is None else (0, 1, layout.weight_column)
    try:
        with _text(path) as source:
            table = np.loadtxt(
                source,
                dtype=kinds,
                comments=layout.comment,
                delimiter=layout.delimiter,
                skiprows=layout.skip_lines,
                usecols=columns,
                ndmin=1,
                encoding="utf-8-sig",
            )
    except (ValueError, OSError, EOFError, zlib.error, OverflowError):
        return None
    src, dst = np.ascontiguousarray(table["src"]), np.ascontiguousarray(table["dst"])
    if not src.size or src.min() < 0 or dst.min() < 0:
        return None
    weights = None
    if layout.weight_column is not None:
        weights = np.ascontiguousarray(table["weight"])
        if not (np.isfinite(weights).all() and weights.min() >= 0):
            return None
    return src, dst, weights, None


@contextmanager
def _text(path: Path) -> Iterator[Any]:
    """What np.loadtxt should open: the path, or a stream if the file is packed and its name does not say "
    "so."""
    stream = open_bytes(path)
    with stream:
        if isinstance(stream, gzip.GzipFile) and path.suffix != ".gz":
            yield io.TextIOWrapper(stream, encoding="utf-8-sig")
        else:
            yield str(path)


def _read_texts(path: Path, layout: Layout) -> tuple[Any, Any, None, list[str]] | None:
    """Text ids, many lines at a time, or None if anything is unusual (quotes, comments, a wrong line)."""
    seen: dict[str, int] = {}
    places = array("i")
    columns, separator = layout.columns, layout.delimiter
    try:
        with open_bytes(path) as stream:
            for _ in range(layout.skip_lines):
                stream.readline()
            first = True
            while lines := stream.readlines(_BLOCK_BYTES):
                text = b"".join(lines).decode("utf-8-sig" if first else "utf-8").replace("\r\n", "\n")
                first = False
                if any(sign in text for sign in ('"', "\0", *_COMMENTS)):
                    return None
                rows = [row for row in text.split("\n") if row]
                if any(len(row.split(separator)) != columns for row in rows):
                    return None
                # one flat list: millions of small ones would keep the garbage collector busy
                fields = (separator or " ").join(rows).split(separator)
                names = [""] * (2 * len(rows))
                names[::2] = [name.strip() for name in fields[::columns]]
                names[1::2] = [name.strip() for name in fields[1::columns]]
                if "" in names:
                    return None
                places.extend([seen.setdefault(name, len(seen)) for name in names])
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return None
    found = np.frombuffer(places, dtype=np.int32)
    return found[::2], found[1::2], None, list(seen)


# ---- line by line ------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines of a text file, decompressed; anything that is not text is an error with its line."""
    number = 0
    with open_bytes(path) as stream:
        while True:
            try:
                raw = stream.readline(_LONGEST_LINE)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise GraphError(
                    f"{path}:{number + 1}: the compressed data is damaged or ends early; a complete .gz "
                    "file is "
                    f"needed; copy or download it again"
                ) from error
            if not raw:
                return
            number += 1
            if number == 1 and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise GraphError(f"{path}:1: the text is UTF-16; UTF-8 is allowed; save the file as UTF-8")
            if b"\0" in raw or len(raw) >= _LONGEST_LINE:
                raise GraphError(
                    f"{path}:{number}: this is not text (binary data); an edge list has one edge a line; "
                    "check the "
                    f"file, or pass format= if it is something else"
                )
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise GraphError(
                    f"{path}:{number}: byte 0x{raw[error.start]:02x} is not UTF-8 text; UTF-8 is allowed; "
                    "save the "
                    f"file as UTF-8, or pass format= if it is something else"
                ) from error


def _read_lines(path: Path, layout: Layout) -> tuple[NDArray[Any], NDArray[Any], Any, list[str] | None]:
    """Ids (or positions of texts in the order met), weights and texts, each line checked."""
    src, dst, weights = array("q"), array("q"), array("d")
    seen: dict[str, int] = {}
    column = layout.weight_column
    for number, line in _lines(path):
        if number <= layout.skip_lines:
            continue
        bare = line.lstrip()
        if not bare or bare[0] in _COMMENTS:
            continue
        fields = _split(line.split(layout.comment, 1)[0] if layout.integers else line, layout.delimiter)
        if len(fields) != layout.columns:
            raise GraphError(
                f"{path}:{number}: {len(fields)} columns found; {layout.columns} are expected, as in line "
                f"{layout.skip_lines + 1}; complete the line, remove it, or pass delimiter="
            )
        if layout.integers:
            src.append(_integer_id(path, number, fields[0]))
            dst.append(_integer_id(path, number, fields[1]))
        else:
            if not fields[0] or not fields[1]:
                raise GraphError(
                    f"{path}:{number}: an id is empty; every edge needs two; complete or remove the line"
                )
            src.append(seen.setdefault(fields[0], len(seen)))
            dst.append(seen.setdefault(fields[1], len(seen)))
        if column is not None:
            weights.append(_weight(path, number, fields[column]))
    return (
        np.frombuffer(src, dtype=np.int64),
        np.frombuffer(dst, dtype=np.int64),
        None if column is None else np.frombuffer(weights, dtype=np.float64),
        None if layout.integers else list(seen),
    )


def _integer_id(path: Path, line: int, field: str) -> int:
    """A whole number of [0, 2^63), or GraphError."""
    if not _is_integer(field):
        raise GraphError(
            f"{path}:{line}: id {field[:40]!r} is not a whole number, as most ids here are; whole numbers "
            "from 0 on "
            f"are allowed; correct it, or pass format='edges-text' if ids are texts"
        )
    if field[0] == "-":
        raise GraphError(
            f"{path}:{line}: id {field[:40]} is negative; whole numbers from 0 on are allowed; correct it, "
            "or pass "
            f"format='edges-text' to take ids as texts"
        )
    if len(field.lstrip("0")) > 19 or int(field) > _LARGEST_ID:
        raise GraphError(
            f"{path}:{line}: id {field[:40]} is too large; ids up to 2^63 - 1 are allowed; correct it, or "
            "pass "
            f"format='edges-text' to take ids as texts"
        )
    return int(field)


def _weight(path: Path, line: int, field: str) -> float:
    """A finite number of at least 0, or GraphError."""
    try:
        value = float(field)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise GraphError(
            f"{path}:{line}: weight {field[:40]!r}; a finite number of at least 0 is allowed; correct it, "
            "or pass "
            f"weight=False to read without ties"
        )
    return value
