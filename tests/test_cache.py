"""The cache of compiled kernels: never stale, never in the way, and nobody else's cache moves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numba
import numpy as np
import pytest

import viralsim.kernels as kernels

SMALL_KERNEL = """
from numba import njit
from viralsim.kernels.helper import step

@njit(cache=True, nogil=True)
def total(n):
    value = 0
    for i in range(n):
        value += step(i)
    return value
"""
HELPER = """
from numba import njit

@njit(cache=True, nogil=True)
def step(i):
    return i + 1
"""
UNRELATED = "from numba import njit\n\n@njit(cache=True)\ndef twice(x):\n    return 2 * x\n"
REPORT = """
import sys, logging
from viralsim.kernels import small, cache_folder, cold_start
cold = cold_start("small")
print(cold, small.total(10), sum(small.total.stats.cache_hits.values()), cache_folder("small"))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package with the real cache code and three tiny kernel modules."""
    place = tmp_path / "place"
    folder = place / "viralsim" / "kernels"
    folder.mkdir(parents=True)
    (place / "viralsim" / "__init__.py").write_text("")
    shutil.copy(kernels.__file__, folder / "__init__.py")
    (folder / "small.py").write_text(SMALL_KERNEL)
    (folder / "helper.py").write_text(HELPER)
    (folder / "unrelated.py").write_text(UNRELATED)
    return place


def start(package: Path, code: str = REPORT, **environment: str) -> subprocess.Popen[str]:
    names = {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    keep = {
        k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "VIRALSIM_", "XDG_", "PYTHON"))
    }
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        env={**keep, **names},
        cwd=package,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(package: Path, code: str = REPORT, **environment: str) -> list[str]:
    process = start(package, code, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split(maxsplit=3)


def test_second_run_loads_what_the_first_compiled(package, tmp_path):
    cache = str(tmp_path / "cache")
    cold, value, hits, folder = run(package, VIRALSIM_CACHE_DIR=cache)
    assert (cold, value, hits) == ("True", "55", "0")
    assert folder.strip().startswith(cache)
    cold, value, hits, again = run(package, VIRALSIM_CACHE_DIR=cache)
    assert (cold, value, hits, again) == ("False", "55", "1", folder)
    assert not list(package.rglob("*.nbi")), "nothing is written beside the sources"


def test_an_edit_in_another_kernel_module_is_seen(package, tmp_path):
    # numba's own cache looks only at the file of the function and would give 55 again
    cache = str(tmp_path / "cache")
    run(package, VIRALSIM_CACHE_DIR=cache)
    helper = package / "viralsim" / "kernels" / "helper.py"
    helper.write_text(HELPER.replace("i + 1", "i + 2"))
    cold, value, hits, _ = run(package, VIRALSIM_CACHE_DIR=cache)
    assert (cold, value, hits) == ("True", "65", "0")
    helper.write_text(HELPER)
    assert run(package, VIRALSIM_CACHE_DIR=cache)[:3] == ["False", "55", "1"]
    unrelated = package / "viralsim" / "kernels" / "unrelated.py"
    unrelated.write_text(UNRELATED + "\n# edited\n")
    assert run(package, VIRALSIM_CACHE_DIR=cache)[:3] == ["False", "55", "1"], "and only what concerns it"


@pytest.mark.slow
def test_compiler_options_are_part_of_the_digest(package, tmp_path):
    cache = str(tmp_path / "cache")
    run(package, VIRALSIM_CACHE_DIR=cache)
    cold, value, hits, _ = run(package, VIRALSIM_CACHE_DIR=cache, NUMBA_BOUNDSCHECK="1")
    assert (cold, value, hits) == ("True", "55", "0")


def test_users_own_functions_cache_where_they_did(package, tmp_path):
    (package / "mine.py").write_text(UNRELATED)
    code = (
        "from viralsim.kernels import small; small.total(3); import mine, numba; mine.twice(1); "
        "own = mine.twice._cache; print(own.cache_path, type(own).__name__, repr(numba.config.CACHE_DIR), 0)"
    )
    ours, beside = str(tmp_path / "cache"), str(package / "__pycache__")
    path, kind, _setting, *_ = run(package, code, VIRALSIM_CACHE_DIR=ours)
    assert (path, kind) == (beside, "FunctionCache")
    theirs = str(tmp_path / "theirs")
    path, kind, setting, *_ = run(package, code, VIRALSIM_CACHE_DIR=ours, NUMBA_CACHE_DIR=theirs)
    assert path.startswith(theirs)
    assert setting == repr(theirs)
    assert list(Path(ours).rglob("small.total*.nbi"))
    assert not list(Path(theirs).rglob("small*")), "and ours do not go there"


def test_damaged_files_mean_compiling_again(package, tmp_path):
    cache = tmp_path / "cache"
    run(package, VIRALSIM_CACHE_DIR=str(cache))
    for file in [*cache.rglob("*.nbi"), *cache.rglob("*.nbc")]:
        file.write_bytes(b"\x80damaged")
    assert run(package, VIRALSIM_CACHE_DIR=str(cache))[1:3] == ["55", "0"]
    assert run(package, VIRALSIM_CACHE_DIR=str(cache))[1:3] == ["55", "1"], "and the damage is mended"


def test_folder_that_vanishes_or_fills_up_is_no_error(package, tmp_path):
    cache = tmp_path / "cache"
    code = (
        "import shutil; from viralsim.kernels import small, cache_folder; f = cache_folder('small'); "
        "shutil.rmtree(f.parent); f.parent.write_text(''); print(small.total(10), 0, 0, 0)"
    )
    assert run(package, code, VIRALSIM_CACHE_DIR=str(cache))[0] == "55"


@pytest.mark.parametrize("temporary", ["usable", "unusable"])
def test_unwritable_home_and_read_only_installation(package, tmp_path, temporary):
    # a file where the folder should be cannot be written to even by root, unlike a read-only folder
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    places = tmp_path / "temporary"
    places.mkdir()
    environment = {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked), "TMPDIR": str(places)}
    if temporary == "unusable":
        user = os.getuid() if hasattr(os, "getuid") else "user"
        (places / f"viralsim-kernels-{user}").write_text("")
    for folder in (package / "viralsim" / "kernels", package):
        folder.chmod(0o555)
    try:
        first, second = run(package, **environment), run(package, **environment)
    finally:
        for folder in (package, package / "viralsim" / "kernels"):
            folder.chmod(0o755)
    assert first[1] == second[1] == "55"
    assert second[2] == ("1" if temporary == "usable" else "0")
    assert second[3].strip().startswith(str(places) if temporary == "usable" else "None")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="POSIX permissions")
def test_temporary_folder_others_can_write_to_is_not_trusted(package, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    shared = tmp_path / "temporary" / f"viralsim-kernels-{os.getuid()}"
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    where = run(package, XDG_CACHE_HOME=str(blocked), TMPDIR=str(shared.parent))[3]
    assert where.strip() == "None"


@pytest.mark.slow
def test_two_processes_compiling_at_once(package, tmp_path):
    cache = str(tmp_path / "cache")
    integers = REPORT
    floats = REPORT.replace("small.total(10)", "int(small.total(numpy.int32(10)))").replace(
        "import sys", "import numpy, sys"
    )
    both = [start(package, code, VIRALSIM_CACHE_DIR=cache) for code in (integers, floats, integers, floats)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.split()[1] == "55"
    for code in (integers, floats):
        run(package, code, VIRALSIM_CACHE_DIR=cache)  # at the latest now both are kept
        assert run(package, code, VIRALSIM_CACHE_DIR=cache)[1:3] == ["55", "1"]


def test_old_folders_go_and_recent_ones_stay(tmp_path):
    now = time.time()
    old, day = [], 86400.0
    for number in range(8):
        folder = tmp_path / f"small-{number:020x}"
        folder.mkdir()
        (folder / "x.nbi").write_text("")
        os.utime(folder, (now - (number + 11) * day,) * 2)
        old.append(folder)
    other = tmp_path / ("small_too-" + "a" * 20)
    other.mkdir()
    os.utime(other, (now - 90 * day,) * 2)
    kernels._note_use.__wrapped__(old[5])  # used now, though it was among the oldest
    left = {folder.name for folder in tmp_path.iterdir()}
    # 5 (now), 0, 1, 2 are the newest four; 3, 4, 6, 7 are more than two weeks old
    assert left == {old[i].name for i in (5, 0, 1, 2)} | {other.name}
    os.utime(old[5], (now - 2 * day,) * 2)
    for i in (3, 4, 6, 7):
        old[i].mkdir()
        os.utime(old[i], (now - 13 * day,) * 2)
    kernels._note_use.__wrapped__(old[5])
    assert len(list(tmp_path.iterdir())) == 9, "nothing used within two weeks goes"


def test_imports_of_kernel_modules_are_all_found(monkeypatch):
    text = (
        "from viralsim.kernels import (  # why\n    alpha,\n    beta,\n)\n"
        "import viralsim.kernels.gamma as g\nfrom viralsim.kernels.delta import x\n"
        "if True:\n    from . import epsilon\n# zeta is only mentioned\n"
    )
    names = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "this"}
    monkeypatch.setattr(kernels, "_kernel_names", lambda: names)
    monkeypatch.setattr(kernels, "_source", lambda name: text)
    assert kernels._imported_kernels("this") == names - {"zeta", "this"}


def test_digest_is_stable_within_a_process_and_differs_between_modules():
    made_anew = kernels.module_digest.__wrapped__("draws")  # past what is kept of the first call
    assert made_anew == kernels.module_digest("draws")
    assert len({kernels.module_digest(name) for name in kernels._kernel_names()}) == len(
        kernels._kernel_names()
    )
    with pytest.raises(FileNotFoundError):
        kernels.module_digest("no_such_module")


def test_real_kernels_use_the_folder():
    from viralsim.kernels import draws

    assert isinstance(draws.mix64, numba.core.dispatcher.Dispatcher)
    if kernels.cache_folder("draws") is not None:
        draws.mix64(np.uint64(1))
        assert draws.mix64._cache.cache_path == str(kernels.cache_folder("draws"))
        assert not kernels.cold_start("draws")
