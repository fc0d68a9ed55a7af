"""A folder for a store: made, or seen to hold nothing that is not ours."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from viralsim.errors import StoreError
from viralsim.provenance import RESULT_VERSIONS

__all__ = ["check_versions", "open_folder"]


def open_folder(folder: Path, kind: str, store_file: str, ours: Collection[str], known: bool = False) -> None:
    """Make the folder, or check that it holds a store of this kind, or nothing but our files.

    Parameters
    ----------
    folder : pathlib.Path
    kind : str
        What is kept in it: "sweep".
    store_file : str
        Where this is, nothing else matters.
    ours : collection of str
        Files that may be there without it.
    known : bool
        Whether the folder is otherwise known to be ours.

    Raises
    ------
    StoreError
        If something else is there, or it cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is a file; name a folder for the results of the {kind}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {entry.name for entry in folder.iterdir()}
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be used ({error.strerror or error}); name another folder"
        ) from None
    if (folder / store_file).is_dir():
        raise StoreError(
            f"{folder / store_file}: is a folder where the store of the {kind} belongs; move it away, or name another "
            "folder (--out, out=)"
        )
    if there and store_file not in there and not there <= set(ours) and not known:
        raise StoreError(f"{folder}: is not empty and holds no {kind}; name another folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"{folder}: cannot be written to; name another folder")


def check_versions(label: str, made: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Refuse to go on with a store whose numbers were made by what gives others.

    Parameters
    ----------
    label : str
        Of the store.
    made, now : mapping of str to str
        Versions (see `viralsim.provenance.versions`) recorded and at hand.

    Raises
    ------
    StoreError
        With what differs.
    """
    if all(made.get(name) == now[name] for name in RESULT_VERSIONS):
        return

    def told(found: Mapping[str, str]) -> str:
        parts = ", ".join(f"{name} {found.get(name, 'not recorded')}" for name in RESULT_VERSIONS[1:])
        return f"{found.get('viralsim')} ({parts})"

    raise StoreError(
        f"{label}: was begun by viralsim {told(made)}, this is {told(now)}, and numbers may differ; finish it with "
        "that one, or name another folder"
    )
