"""Reading graphs from files: which format, which reader, and errors that name the place."""

from __future__ import annotations

import difflib
import gzip
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import GraphError
from .social_graph import SocialGraph

__all__ = ["FORMATS", "read_graph"]

FORMATS: dict[str, tuple[str, ...]] = {
    "edges": (".csv", ".tsv", ".txt", ".edges", ".edgelist", ".el", ".dat"),
    "edges-text": (),  # an edge list whose identifiers are texts even where they look like numbers
    "graphml": (".graphml",),
    "gexf": (".gexf",),
    "gml": (".gml",),
    "pajek": (".net", ".paj"),
    "mtx": (".mtx",),
    "npz": (".npz",),
    "parquet": (".parquet", ".pq"),
}
_COMPRESSED = ("edges", "edges-text", "graphml", "gexf", "gml", "pajek", "mtx")


def read_graph(
    path: str | Path,
    *,
    directed: bool | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    weight: str | int | bool | None = None,
    format: str | None = None,
) -> SocialGraph:
    """Read a social graph from a file; an arc u -> v means that v may be shown what u shares.

    Parameters
    ----------
    path : str or Path
        Edge list (.csv, .tsv, .txt, .edges; one edge a line, also .gz), GraphML, GEXF, GML, Pajek
        (.net), Matrix Market (.mtx), .npz (of `SocialGraph.save` or scipy), or Parquet (with the
        "data" extra).
    directed : bool, optional
        None: what the format says; an edge list is read as undirected, and a note says so.
    header : bool, optional
        Edge lists: whether the first line names the columns. None: detected.
    delimiter : str, optional
        Edge lists: the column separator. None: comma, tab, semicolon or space, detected.
    weight : str, int or bool, optional
        What to read as tie. A column or attribute name; a column number counted from 1; False for
        none; True for one that must be there. None: a column or attribute called weight or tie, or
        the third column of an edge list without header.
    format : str, optional
        One of ``FORMATS``; None: by the file's name.

    Returns
    -------
    SocialGraph
        People in canonical order with stable keys; `notes` says what was merged, dropped or assumed.

    Raises
    ------
    GraphError
        ``path:line: what was found; what is allowed; what to do``.
    """
    path = _existing(Path(path))
    kind = _format_of(path, format)
    if kind not in ("edges", "edges-text") and (header is not None or delimiter is not None):
        raise GraphError(
            f"{path}: header and delimiter only apply to edge lists; this is read as {kind}; leave them out"
        )
    if kind in ("edges", "edges-text"):
        from .readers_edges import read_edges

        return read_edges(path, directed, header, delimiter, weight, kind == "edges-text")
    if kind in ("mtx", "npz", "parquet"):
        from . import readers_arrays

        return getattr(readers_arrays, f"read_{kind}")(path, directed, weight)
    return _read_networkx(path, kind, directed, weight)


def _existing(path: Path) -> Path:
    """The path if it is a readable, non-empty file; else GraphError with the nearest names."""
    if path.is_dir():
        raise GraphError(f"{path}: is a folder; a graph is read from one file; name the file in it")
    if not path.exists():
        folder = path.parent
        names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "check the name"
        where = "no such file" if folder.is_dir() else f"there is no folder {folder}"
        raise GraphError(f"{path}: {where}; {hint}")
    if path.stat().st_size == 0:
        raise GraphError(
            f"{path}:1: the file is empty; an edge list needs at least one edge; check how it was made"
        )
    return path


def _format_of(path: Path, asked: str | None) -> str:
    """The format asked for, or the one the file's name stands for."""
    if asked is not None:
        if asked not in FORMATS:
            near = difflib.get_close_matches(str(asked), FORMATS, n=1)
            raise GraphError(
                f"format {asked!r} is not known; allowed: {', '.join(FORMATS)}"
                + (f"; did you mean {near[0]}?" if near else "")
            )
        return asked
    name = path.name.lower().removesuffix(".gz")
    for kind, endings in FORMATS.items():
        if name.endswith(endings):
            if path.name.lower().endswith(".gz") and kind not in _COMPRESSED:
                raise GraphError(f"{path}: {kind} files are not read compressed; decompress it first")
            return kind
    known = ", ".join(ending for group in FORMATS.values() for ending in group)
    raise GraphError(
        f"{path}: the format is not clear from the name; known endings: {known}; rename it, or pass format="
    )


def open_bytes(path: Path) -> Any:
    """Binary stream of a file, decompressed if it starts like gzip."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")


def pick_attribute(weight: str | int | bool | None, names: list[str], where: str) -> str | None:
    """The name to read ties from, or None.

    Parameters
    ----------
    weight : str, int, bool or None
        As in `read_graph`.
    names : list of str
        Columns or attributes that could be meant.
    where : str
        Put before an error.
    """
    if weight is False:
        return None
    listed = ", ".join(names) if names else "none"
    if isinstance(weight, str):
        if weight not in names:
            near = difflib.get_close_matches(weight, names, n=1)
            raise GraphError(
                f"{where}: there is no {weight!r} to read ties from; there is: {listed}"
                + (f"; did you mean {near[0]}?" if near else "; pass weight=False to read without ties")
            )
        return weight
    usual = [
        name
        for name in names
        if name.strip().lower() in ("weight", "tie", "ties", "weights", "strength", "w")
    ]
    if weight is True and not usual:
        raise GraphError(
            f"{where}: nothing is called weight or tie; there is: {listed}; name it with weight="
        )
    return usual[0] if usual else None


def _read_networkx(
    path: Path, kind: str, directed: bool | None, weight: str | int | bool | None
) -> SocialGraph:
    """GraphML, GEXF, GML and Pajek through networkx."""
    import networkx

    from .people_order import from_networkx

    if isinstance(weight, int) and not isinstance(weight, bool):
        raise GraphError(
            f"{path}: weight={weight} is a column number, and {kind} has attributes; pass the name"
        )
    try:
        with open_bytes(path) as stream:
            if kind == "graphml":
                graph = networkx.read_graphml(stream)
            elif kind == "gexf":
                graph = networkx.read_gexf(stream)
            elif kind == "pajek":
                graph = networkx.parse_pajek([line.decode("utf-8") for line in stream])
            else:
                graph = _parse_gml([line.decode("utf-8") for line in stream])
    except Exception as error:  # whatever a parser of others raises on a bad file is the file's fault
        raise GraphError(_parser_message(path, kind, error)) from error
    names = sorted({name for _, _, data in graph.edges(data=True) for name in data})
    pick = pick_attribute(weight, names, str(path))
    if kind == "pajek" and weight is None and pick is not None:
        weights = {data.get(pick) for _, _, data in graph.edges(data=True)}
        pick = None if weights == {1.0} else pick  # Pajek's reader writes 1 where a file has no weights
    try:
        return from_networkx(graph, pick, directed)
    except GraphError as error:
        raise GraphError(f"{path}: {error}") from error


def _parse_gml(lines: list[str]) -> Any:
    """GML with labels as names, or ids where a node has no label."""
    import networkx

    try:
        return networkx.parse_gml(lines, label="label")
    except networkx.NetworkXError as error:
        if "label" not in str(error):
            raise
        return networkx.parse_gml(lines, label="id")


def _parser_message(path: Path, kind: str, error: Exception) -> str:
    """One line for a parser's failure, with the line number where the parser gives one."""
    if isinstance(error, (EOFError, gzip.BadGzipFile, zlib.error)):
        return (
            f"{path}: the compressed data is damaged or ends early ({error}); copy or download the file again"
        )
    if isinstance(error, UnicodeDecodeError):
        return f"{path}: the text is not UTF-8 ({error.reason}); save the file as UTF-8"
    text = str(error) or type(error).__name__
    position = getattr(error, "position", None)
    found = re.search(r"line\s+#?(\d+)", text)
    line = position[0] if position else int(found.group(1)) if found else None
    place = f"{path}:{line}" if line is not None else f"{path}"
    return f"{place}: not valid {kind}: {text}; check the file, or pass format= if it is something else"


def checked_weights(weights: Any, where: str) -> np.ndarray:
    """float64 weights that are finite and at least 0, or GraphError naming the first that is not."""
    values = np.asarray(weights, dtype=np.float64)
    good = np.isfinite(values) & (values >= 0)
    if not good.all():
        at = int(np.argmin(good))
        raise GraphError(
            f"{where}: weight {at + 1} is {values[at]:g}; weights must be finite numbers of at least 0; "
            f"correct it, or pass weight=False to read without ties"
        )
    return values
