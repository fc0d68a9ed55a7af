"""Layout of an edge list, settled from its first lines: separator, header, kind of identifiers, weights."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import GraphError
from .readers import open_bytes, pick_attribute

__all__ = ["COMMENTS", "Layout", "is_integer", "look", "numbered_lines", "split_line"]

COMMENTS = ("#", "%")
_SAMPLE_LINES = 1000
_SAMPLE_BYTES = 1 << 20
_LONGEST_LINE = 1 << 20
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


def look(
    path: Path, header: bool | None, delimiter: str | None, weight: str | int | bool | None, as_text: bool
) -> Layout:
    """Settle the layout from the first lines."""
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise GraphError(
            f"{path}: delimiter is {delimiter!r}; one character is allowed, such as ',' or '\\t'"
        )
    sample, comment, size = [], "#", 0
    for number, line in numbered_lines(path):
        size += len(line)
        if line.lstrip()[:1] in COMMENTS:
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
    rows = [(number, split_line(line, separator)) for number, line in sample]
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
    integers = not as_text and 2 * sum(is_integer(field) for field in ids) > len(ids)
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


def split_line(line: str, delimiter: str | None) -> list[str]:
    """Fields of one line; quotes are understood beside commas and semicolons."""
    if delimiter is None:
        return line.split()
    if '"' in line and delimiter != "\t":
        return [field.strip() for field in next(csv.reader([line.strip("\r\n")], delimiter=delimiter))]
    return [field.strip() for field in line.strip("\r\n").split(delimiter)]


def is_integer(field: str) -> bool:
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
        ids_follow = len(second) > 1 and all(is_integer(field) for field in second[:2])
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


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
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
