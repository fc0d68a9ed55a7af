"""One run at a time per folder: a lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import IO

from viralsim.errors import StoreError

__all__ = ["LOCK_FILE", "FolderLock"]

LOCK_FILE = "sweep.lock"
"""Of a sweep; other studies have locks of their own names."""


class FolderLock:
    """Hold a folder for writing; a context manager.

    Parameters
    ----------
    folder : pathlib.Path
        It exists.
    kind : str
        What writes there: a sweep, or another study.

    Raises
    ------
    StoreError
        On entering, if another process holds it.
    """

    def __init__(self, folder: Path, kind: str = "sweep") -> None:
        self.path, self.kind = folder / f"{kind.partition(' ')[0]}.lock", kind
        self._file: IO[str] | None = None

    def __enter__(self) -> FolderLock:
        try:
            file = open(self.path, "a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"{self.path}: cannot be written to ({error.strerror or error}); allow writing there, or name another "
                "folder (--out, out=)"
            ) from None
        if not _locked(file):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise StoreError(
                f"{self.path.parent}: another {self.kind} is writing there (process {holder}); wait for it, stop it, "
                "or name another folder"
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()  # lets go of the lock; the file stays, so that nobody locks a name that vanishes
            self._file = None


def _locked(file: IO[str]) -> bool:
    """Take the lock if it is free."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
