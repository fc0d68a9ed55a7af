"""Readers of array files (.npz, Matrix Market, Parquet), and the writer of our own .npz."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GraphError
from .people_order import build, number_integers, number_texts, scale_ties
from .readers import checked_weights, pick_attribute
from .social_graph import SocialGraph

__all__ = ["read_mtx", "read_npz", "read_parquet", "save_npz"]

_VERSION = 1


def save_npz(graph: SocialGraph, path: str | Path) -> Path:
    """Write a graph to .npz (the ending is added if it is missing); returns the path written."""
    path = Path(path)
    if path.suffix != ".npz":
        path = path.with_name(path.name + ".npz")
    arrays: dict[str, Any] = {
        "viralsim_graph": np.array(_VERSION),
        "indptr": graph.indptr,
        "indices": graph.indices,
        "directed": np.array(graph.directed),
        "notes": np.array(graph.notes, dtype=str),
    }
    for name in ("tie", "person_keys", "labels"):
        if getattr(graph, name) is not None:
            arrays[name] = getattr(graph, name)
    np.savez(path, **arrays)
    return path


def read_npz(path: Path, directed: bool | None, weight: Any) -> SocialGraph:
    """Graph from `save_npz` or from scipy.sparse.save_npz."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            names = set(archive.files)
            arrays = {name: archive[name] for name in archive.files} if "viralsim_graph" in names else {}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise GraphError(
            f"{path}: not a readable .npz ({error}); write it again with SocialGraph.save"
        ) from error
    if arrays:
        return _own_npz(path, arrays, directed, weight)
    if not {"format", "shape", "data"} <= names:
        raise GraphError(
            f"{path}: holds {', '.join(sorted(names)) or 'nothing'}; allowed: a file of SocialGraph.save "
            "or of "
            f"scipy.sparse.save_npz; build the graph with SocialGraph.from_edges and save it"
        )
    from scipy.sparse import coo_array, load_npz

    try:
        matrix = load_npz(path)
    except Exception as error:  # scipy raises whatever its constructors raise on inconsistent arrays
        raise GraphError(f"{path}: not a valid scipy sparse matrix ({error}); save it again") from error
    _check_square(path, matrix.shape)
    notes = []
    if directed is None:
        directed = not _is_symmetric(matrix)
        if not directed:
            notes.append("The matrix is symmetric and was read as undirected.")
    return _from_matrix(path, coo_array(matrix), directed, weight, notes)


def _own_npz(path: Path, arrays: dict[str, NDArray[Any]], directed: bool | None, weight: Any) -> SocialGraph:
    """Graph of our own archive, checked like any other input."""
    version = int(arrays["viralsim_graph"])
    if version != _VERSION:
        raise GraphError(
            f"{path}: graph file version {version}; this viralsim reads {_VERSION}; save it again"
        )
    missing = {"indptr", "indices", "directed"} - set(arrays)
    if missing:
        raise GraphError(f"{path}: {', '.join(sorted(missing))} is missing; save the graph again")
    stored = bool(arrays["directed"])
    if directed is not None and directed != stored:
        raise GraphError(f"{path}: the saved graph has directed={stored}; read it without directed=")
    tie = None if weight is False else arrays.get("tie")
    if weight is True and tie is None:
        raise GraphError(f"{path}: the saved graph has no ties; read it without weight=")
    if isinstance(weight, (str, int)) and not isinstance(weight, bool):
        raise GraphError(
            f"{path}: a saved graph has one set of ties; weight={weight!r} must be True, False or left out"
        )
    try:
        return SocialGraph.from_csr(
            arrays["indptr"],
            arrays["indices"],
            tie,
            stored,
            person_keys=arrays.get("person_keys"),
            labels=arrays.get("labels"),
            notes=tuple(str(note) for note in arrays.get("notes", ())),
        )
    except GraphError as error:
        raise GraphError(f"{path}: {error}") from error


def read_mtx(path: Path, directed: bool | None, weight: Any) -> SocialGraph:
    """Graph from a Matrix Market file: entry (i, j) is an arc from person i to follower j.

    A symmetric matrix is undirected, a general one directed, unless `directed` says otherwise.
    """
    from scipy.io import mminfo, mmread
    from scipy.sparse import coo_array

    try:
        rows, columns, _, _, field, symmetry = mminfo(path)
        _check_square(path, (rows, columns))
        if field == "complex":
            raise GraphError(f"{path}:1: a complex matrix is no graph; real, integer or pattern is allowed")
        matrix = coo_array(mmread(path, spmatrix=False))
    except GraphError:
        raise
    except Exception as error:  # scipy's reader raises many kinds; all mean that the file is not valid
        from .readers import _parser_message

        raise GraphError(_parser_message(path, "Matrix Market", error)) from error
    if directed is None:
        directed = symmetry == "general"
    return _from_matrix(
        path, matrix, directed, False if field == "pattern" and weight is None else weight, []
    )


def _check_square(path: Path, shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise GraphError(
            f"{path}: the matrix has shape {shape}; a graph needs one row and one column per person"
        )


def _is_symmetric(matrix: Any) -> bool:
    """Whether a sparse matrix equals its transpose, at the price of one copy of it."""
    rows = matrix.tocsr()
    if not rows.has_canonical_format or not np.all(rows.data):
        rows = rows.copy()
        rows.sum_duplicates()
        rows.eliminate_zeros()
    columns = rows.T.tocsr()
    return all(
        np.array_equal(getattr(rows, name), getattr(columns, name)) for name in ("indptr", "indices", "data")
    )


def _from_matrix(path: Path, matrix: Any, directed: bool, weight: Any, notes: list[str]) -> SocialGraph:
    """Graph of a square COO matrix; values other than 1 are ties unless weight is False."""
    if isinstance(weight, (str, int)) and not isinstance(weight, bool):
        raise GraphError(
            f"{path}: a matrix has one value per entry; weight={weight!r} must be True, False or left out"
        )
    ties = None
    values = checked_weights(matrix.data, str(path)) if weight is not False else None
    src, dst = matrix.coords
    if values is not None and (weight is True or (values != 1).any()):
        ties, more = scale_ties(values, "the matrix values")
        notes = notes + more
    return SocialGraph.from_edges(src, dst, int(matrix.shape[0]), ties, directed, notes=notes)


def read_parquet(path: Path, directed: bool | None, weight: Any) -> SocialGraph:
    """Graph from a Parquet table: the first two columns are the ends of an edge."""
    try:
        import duckdb
    except ImportError as error:
        raise GraphError(
            f'{path}: reading Parquet needs the "data" extra, which is not installed; '
            f'install it with pip install "viralsim[data]", or save the table as CSV'
        ) from error
    try:
        with duckdb.connect() as connection:
            table = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchnumpy()
    except duckdb.Error as error:
        raise GraphError(f"{path}: not a readable Parquet file ({error}); write it again") from error
    names = list(table)
    if len(names) < 2 or len(table[names[0]]) == 0:
        raise GraphError(
            f"{path}: columns {names}, {len(table[names[0]]) if names else 0} rows; two columns of ids needed"
        )
    if isinstance(weight, int) and not isinstance(weight, bool):
        if not 3 <= weight <= len(names):
            raise GraphError(f"{path}: weight={weight}; columns 3 to {len(names)} can hold weights")
        weight = names[weight - 1]
    pick = pick_attribute(weight, names[2:], str(path))
    notes = ["Read as undirected (a table does not say); pass directed=True if the second follows the first."]
    notes = notes if directed is None else []
    ties = None
    if pick is not None:
        weights = np.ma.filled(np.ma.asarray(table[pick], dtype=np.float64), np.nan)
        ties, more = scale_ties(checked_weights(weights, f"{path}: {pick}"), f"the column {pick!r}")
        notes += more
    return _from_columns(path, names[:2], table[names[0]], table[names[1]], ties, bool(directed), notes)


def _from_columns(
    path: Path, names: list[str], src: Any, dst: Any, ties: Any, directed: bool, notes: list[str]
) -> SocialGraph:
    """Graph of two columns of integer or text ids."""
    for name, side in zip(names, (src, dst), strict=True):
        gaps = np.ma.getmaskarray(side) | np.array(
            [value is None for value in side] if side.dtype == object else False
        )
        if gaps.any():
            raise GraphError(
                f"{path}: {name} of row {int(np.argmax(gaps)) + 1} is empty; every edge needs two ids"
            )
    src, dst = np.ma.getdata(src), np.ma.getdata(dst)
    if src.dtype.kind in "iu" and dst.dtype.kind in "iu":
        for name, side in zip(names, (src, dst), strict=True):
            bad = side < 0 if side.dtype.kind == "i" else side > np.uint64(2**63 - 1)
            if bad.any():
                at = int(np.argmax(bad))
                raise GraphError(
                    f"{path}: {name} of row {at + 1} is {side[at]}; ids from 0 to 2^63 - 1 are allowed"
                )
        src, dst, ids = number_integers(src.astype(np.int64), dst.astype(np.int64))
        return build(src, dst, ids, ties, directed, notes)
    if src.dtype.kind == "f" or dst.dtype.kind == "f":
        raise GraphError(
            f"{path}: {names[0]} and {names[1]} hold fractions; ids must be whole numbers or texts"
        )
    seen: dict[str, int] = {}
    places = [
        np.fromiter((seen.setdefault(str(label), len(seen)) for label in side), np.int64, len(side))
        for side in (src, dst)
    ]
    rank, labels, keys = number_texts(list(seen))
    return SocialGraph.from_edges(
        rank[places[0]],
        rank[places[1]],
        len(seen),
        ties,
        directed,
        person_keys=keys,
        labels=labels,
        notes=notes,
    )
