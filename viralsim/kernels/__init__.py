"""All numba code of viralsim: arrays and scalars in, arrays and scalars out.

Compiled kernels are cached between runs. numba's own cache ignores edits in other files and changed
compiler options, writes beside the sources (a read-only installation has no such place) and raises
when a disk is full. So the functions of this package, and only they, get a cache of our own:

- one folder per module, named by a digest of its source, of the sources of the kernel modules it
  imports (in turn theirs), of the versions of numba, llvmlite, numpy and Python, of the processor and
  of numba's compiler options: what is found there is never stale;
- under ``VIRALSIM_CACHE_DIR``, else the user's cache folder (``XDG_CACHE_HOME`` or ``~/.cache``,
  ``viralsim/kernels``), else a private temporary folder, else nowhere: then kernels compile each time;
- whatever goes wrong with a cache file (damaged, disk full, removed) means compiling, never an error.

Other people's numba functions cache where they always did. Why this way: docs/decisions/kernel-cache.md.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import platform
import re
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

import llvmlite
import llvmlite.binding
import numba
import numpy as np
from numba.core import caching, config, dispatcher

__all__ = [
    "cache_folder",
    "cold_start",
    "compiled_elsewhere",
    "hold_cache",
    "module_digest",
    "say_when_compiling",
]

_log = logging.getLogger(__name__)
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(?:\([^)]*\)|[^\n]*)", re.MULTILINE)
_KEEP_FOLDERS = 4  # per kernel module
_KEEP_DAYS = 14.0
_DAY_SECONDS = 86400.0


# ---------------------------------------------------------------------------------------------- digests


def _kernel_names() -> set[str]:
    """Names of the kernel modules (also inside a zip file)."""
    names = {entry.name for entry in resources.files(__name__).iterdir()}
    return {name[:-3] for name in names if name.endswith(".py")} - {"__init__"}


@functools.cache
def _source(name: str) -> str:
    """Source text of a kernel module, read once: when it is imported, not when somebody edits it later."""
    return (resources.files(__name__) / f"{name}.py").read_text("utf-8")


def _imported_kernels(name: str) -> set[str]:
    """Names of the kernel modules that a kernel module's import statements mention."""
    words = {word for line in _IMPORT.findall(_source(name)) for word in re.findall(r"\w+", line)}
    return words & (_kernel_names() - {name})


@functools.lru_cache(maxsize=1)
def _environment() -> str:
    """All that changes compiled code besides the sources."""
    options = {
        name: getattr(config, name, None)
        for name in ("OPT", "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "CPU_NAME", "CPU_FEATURES", "DISABLE_JIT",
                     "LOOP_VECTORIZE", "SLP_VECTORIZE", "ENABLE_AVX", "INLINE_DEFAULT")
    }  # fmt: skip
    facts = (
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        sys.implementation.cache_tag,
        platform.machine(),
        sys.platform,
        llvmlite.binding.get_host_cpu_name(),
        sorted(options.items()),
    )
    return repr(facts)


@functools.cache
def module_digest(name: str) -> str:
    """Digest of all that the compiled code of one kernel module depends on.

    Parameters
    ----------
    name : str
        Name of the module within ``viralsim.kernels``, such as ``"draws"``.

    Returns
    -------
    str
        20 hexadecimal digits.

    Raises
    ------
    FileNotFoundError
        If there is no such kernel module.
    """
    wanted, found = [name], {name}
    while wanted:
        new = _imported_kernels(wanted.pop()) - found
        found |= new
        wanted.extend(new)
    digest = hashlib.sha256(_environment().encode())
    for module in sorted(found):
        digest.update(f"\0{module}\0{_source(module)}".encode())
    return digest.hexdigest()[:20]


# ---------------------------------------------------------------------------------------------- folders


def _writable(folder: Path, private: bool) -> bool:
    """Make the folder if need be; whether this process may keep files in it (and only it, if `private`)."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if private and hasattr(os, "getuid"):
            facts = folder.lstat()
            ours = facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if not ours or not stat.S_ISDIR(facts.st_mode):
                return False  # cached machine code from a folder others can write to would be run blindly
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@functools.lru_cache(maxsize=1)
def _root() -> Path | None:
    """The folder that holds all cached kernels, or None if nothing can be kept anywhere."""
    asked = os.environ.get("VIRALSIM_CACHE_DIR")
    if asked:
        places = [(Path(asked).expanduser() / "kernels", False)]
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        try:
            cache = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
            places = [(cache / "viralsim" / "kernels", False)]
        except RuntimeError:  # a user without a home folder
            places = []
    user = os.getuid() if hasattr(os, "getuid") else "user"
    with contextlib.suppress(OSError):  # no temporary folder at all
        places.append((Path(tempfile.gettempdir()) / f"viralsim-kernels-{user}", True))
    for folder, private in places:
        if _writable(folder, private):
            return folder
    _log.warning("compiled kernels cannot be kept anywhere: set VIRALSIM_CACHE_DIR to a writable folder")
    return None


def cache_folder(name: str) -> Path | None:
    """Folder of one kernel module's compiled code (it may not exist yet), or None if there is no cache.

    Parameters
    ----------
    name : str
        Name of the module within ``viralsim.kernels``.

    Returns
    -------
    pathlib.Path or None
    """
    root = _root()
    return None if root is None else root / f"{name}-{module_digest(name)}"


def cold_start(*names: str) -> bool:
    """Whether kernels have to be compiled first (about 20 seconds), so that a door can say so.

    Parameters
    ----------
    *names : str
        Kernel modules that will be used; by default it is asked whether any at all was ever compiled.

    Returns
    -------
    bool
        True if one of the named modules has no compiled code yet (by default: if none of all has).
    """
    if config.DISABLE_JIT:
        return False

    def compiled(name: str) -> bool:
        folder = cache_folder(name)
        return folder is not None and any(folder.glob("*.nbi"))

    if names:
        return not all(compiled(name) for name in names)
    return not any(compiled(name) for name in _kernel_names())


_elsewhere: dict[str, Callable[[], bool]] = {}
_meanwhile: dict[str, Callable[[], None]] = {}
_LOOK_SECONDS = 0.05


def compiled_elsewhere(
    name: str, going: Callable[[], bool], meanwhile: Callable[[], None] | None = None
) -> None:
    """Say that another process compiles a module's kernels into the same cache at this moment.

    A kernel of the module that is not there yet is then waited for, not compiled twice, while that process is at it.

    Parameters
    ----------
    name : str
        Name of the module within ``viralsim.kernels``.
    going : callable
        Whether the other process is still at work.
    meanwhile : callable, optional
        What this process can do for later while it waits; called once.
    """
    _elsewhere[name] = going
    if meanwhile is not None:
        _meanwhile[name] = meanwhile


_sayings: dict[str, Callable[[], None]] = {}


def say_when_compiling(name: str, say: Callable[[], None]) -> None:
    """Have `say` called, once, by the thread that is about to compile a kernel of the module `name`."""
    _sayings[name] = say


_saving = threading.Lock()


def hold_cache(seconds: float = 0.5) -> bool:
    """Keep this process from writing to the cache from now on, so that it can be ended without leaving half a file.

    Parameters
    ----------
    seconds : float
        How long to wait for a file that is being written.

    Returns
    -------
    bool
        False if a file was still being written after that time.
    """
    return _saving.acquire(timeout=seconds)


@functools.cache
def _note_use(folder: Path) -> None:
    """Mark a folder as used today; drop its module's others beyond the newest few and unused for weeks."""
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True, mode=0o700)
        now = time.time()
        if now - folder.stat().st_mtime < _DAY_SECONDS:
            return
        os.utime(folder)
        name = folder.name.rpartition("-")[0]
        ages = {
            other: now - other.stat().st_mtime for other in folder.parent.glob(f"{name}-" + "[0-9a-f]" * 20)
        }
        for other in sorted(ages, key=ages.__getitem__)[_KEEP_FOLDERS:]:
            if ages[other] > _KEEP_DAYS * _DAY_SECONDS:
                for file in other.iterdir():
                    file.unlink()
                other.rmdir()


# ---------------------------------------------------------------------------- the cache of one function


class _Locator(caching._CacheLocator):
    """Tells numba the folder of a kernel's module; the folder's name already vouches for freshness."""

    def __init__(self, py_func: Any, folder: Path):
        self._line = py_func.__code__.co_firstlineno
        self._folder = folder
        self._py_file = py_func.__code__.co_filename  # named in numba's own warnings

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._folder.name

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Locator | None:
        folder = cache_folder(py_func.__module__.rpartition(".")[2])
        return None if folder is None else cls(py_func, folder)


class _KernelCacheImpl(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar[list[type]] = [_Locator]


class _KernelCacheFile(caching.IndexDataCacheFile):
    """Data files named by what they hold: numba numbers them, and two processes may take one number."""

    def __init__(self, cache_path: str, filename_base: str, source_stamp: str):
        super().__init__(cache_path, filename_base, source_stamp)
        self._base = filename_base

    def save(self, key: Any, data: Any) -> None:
        name = f"{self._base}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"
        self._save_data(name, data)  # before the index names it
        try:
            overloads = self._load_index()
        except Exception:  # a damaged index: start it anew
            overloads = {}
        overloads[key] = name
        self._save_index(overloads)


class _KernelCache(caching.FunctionCache):
    """numba's cache of a function, in our folder; any failure of it means compiling."""

    _impl_class = _KernelCacheImpl

    def __init__(self, py_func: Any):
        super().__init__(py_func)
        impl = self._impl
        self._cache_file = _KernelCacheFile(
            self.cache_path, impl.filename_base, impl.locator.get_source_stamp()
        )
        self._module = py_func.__module__.rpartition(".")[2]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = self._load(sig, target_context)
        going = _elsewhere.get(self._module)
        while found is None and going is not None:
            if not going():
                _elsewhere.pop(self._module, None)
                going = None
            elif self._module in _meanwhile:
                with contextlib.suppress(Exception):  # what is for later must not end what is for now
                    _meanwhile.pop(self._module)()
            time.sleep(_LOOK_SECONDS)
            found = self._load(sig, target_context)  # once more after its end
        if found is None and self._module in _sayings:
            _sayings.pop(self._module)()
        return found

    def _load(self, sig: Any, target_context: Any) -> Any:
        """What the cache holds, None if nothing or nothing usable."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as problem:  # a damaged file can raise anything while it is unpickled
            _log.debug("cached kernel not usable (%s): compiling", problem)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            with _saving:
                super().save_overload(sig, data)
        except OSError as problem:
            _log.debug("compiled kernel not kept (%s)", problem)
            self.disable()


def _choose_cache(py_func: Any) -> Any:
    """Cache for a function being decorated: ours for a kernel, numba's own for anybody else's."""
    if not (py_func.__module__ or "").startswith(__name__ + "."):
        return _numba_cache(py_func)
    folder = cache_folder(py_func.__module__.rpartition(".")[2])
    if folder is None:
        return caching.NullCache()
    _note_use(folder)
    # A user's own choice of locators is for the user's functions.
    users_choice, config.CACHE_LOCATOR_CLASSES = getattr(config, "CACHE_LOCATOR_CLASSES", ""), ""
    try:
        return _KernelCache(py_func)
    finally:
        config.CACHE_LOCATOR_CLASSES = users_choice


_decorating: Any = dispatcher  # where numba looks up the cache class of a function being decorated
_numba_cache = _decorating.FunctionCache
_decorating.FunctionCache = _choose_cache
