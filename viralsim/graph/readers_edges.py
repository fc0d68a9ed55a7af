"""Edge lists: one edge a line, in whatever separators, headers and identifiers people have.

A look at the first lines settles the layout. Files of integers then go through numpy's C reader; a
file it cannot take, or whose numbers are out of range, goes through a line-by-line reader, which
either reads it (text identifiers, quotes) or says which line is wrong.
"""

from __future__ import annotations

import gzip
import io
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GraphError
from .edge_layout import COMMENTS, Layout, is_integer, look, numbered_lines, split_line
from .people_order import build, number_integers, number_texts, scale_ties
from .readers import open_bytes
from .social_graph import SocialGraph

__all__ = ["read_edges"]

_BLOCK_BYTES = 1 << 22
_LARGEST_ID = 2**63 - 1


def read_edges(
    path: Path,
    directed: bool | None,
    header: bool | None,
    delimiter: str | None,
    weight: str | int | bool | None,
    as_text: bool,
) -> SocialGraph:
    """Graph from an edge list; see `viralsim.graph.readers.read_graph` for the arguments."""
    layout = look(path, header, delimiter, weight, as_text)
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
                if any(sign in text for sign in ('"', "\0", *COMMENTS)):
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


def _read_lines(path: Path, layout: Layout) -> tuple[NDArray[Any], NDArray[Any], Any, list[str] | None]:
    """Ids (or positions of texts in the order met), weights and texts, each line checked."""
    src, dst, weights = array("q"), array("q"), array("d")
    seen: dict[str, int] = {}
    column = layout.weight_column
    for number, line in numbered_lines(path):
        if number <= layout.skip_lines:
            continue
        bare = line.lstrip()
        if not bare or bare[0] in COMMENTS:
            continue
        fields = split_line(line.split(layout.comment, 1)[0] if layout.integers else line, layout.delimiter)
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
    if not is_integer(field):
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
