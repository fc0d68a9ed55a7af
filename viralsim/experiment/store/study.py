"""The store of a sensitivity study: every setting that was simulated, gone on with after any interruption."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viralsim.errors import StoreError
from viralsim.experiment.store.database import Store
from viralsim.experiment.store.lock import FolderLock
from viralsim.experiment.store.opening import check_versions, open_folder

if TYPE_CHECKING:
    from viralsim.experiment.sensitivity_plan import SensitivityPlan

__all__ = ["KIND", "STORE_FILES", "STUDY_FILE", "forget_study", "kept_settings", "kept_study", "store_text"]

KIND, STUDY_FILE, STUDY_LOCK = "sensitivity study", "sensitivity.sqlite", "sensitivity.lock"
STORE_FILES = (STUDY_FILE, f"{STUDY_FILE}-wal", f"{STUDY_FILE}-shm", STUDY_LOCK)
_MUST_AGREE = {
    "scenario_digest": "the scenario",
    "seed": "the seed",
    "laws": "what is varied",
    "replicates": "the replicates",
    "draws": "the draws",
    "curve_replicates": "the replicates of the effect curves",
}


_RECORDED: dict[str, type] = {
    "scenario": str, "scenario_digest": str, "seed": int, "laws": list, "replicates": int, "draws": int,
    "curve_replicates": int, "samples": int, "settings": int, "versions": dict,
}  # fmt: skip


@contextlib.contextmanager
def kept_study(
    plan: SensitivityPlan, folder: Path | None, resume: bool | None = None
) -> Iterator[tuple[SensitivityPlan, Store | None]]:
    """The plan, with the seed that the store has if nobody gave one, and the store of a folder; None without one.

    Parameters
    ----------
    plan : SensitivityPlan
    folder : pathlib.Path or None
        Made if it is not there. One run at a time may use it.
    resume : bool, optional
        As in `viralsim.experiment.sensitivities.sensitivity`.

    Raises
    ------
    StoreError
        If the folder cannot be used, or holds something else.
    """
    if folder is None:
        yield plan, None
        return
    open_folder(folder, KIND, STUDY_FILE, STORE_FILES, known=_is_ours(folder))
    with FolderLock(folder, KIND), contextlib.closing(Store(folder / STUDY_FILE, KIND)) as store:
        yield _begun(plan, store, resume), store


def _is_ours(folder: Path) -> bool:
    """Whether the results in a folder are those of a study, its store taken away."""
    try:
        return bool(json.loads((folder / "run.json").read_text("utf-8"))["kind"] == "sensitivity")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _begun(plan: SensitivityPlan, store: Store, resume: bool | None) -> SensitivityPlan:
    """Take up what the store holds, or begin."""
    old = store.meta()
    going_on = "scenario_digest" in old
    if going_on or store.keys():  # cells without a record could be anybody's
        store.check_meta(_RECORDED)
    if going_on and plan.seed_is_drawn:
        plan = dataclasses.replace(plan, seed=old["seed"])
    record = plan.record()
    if going_on:
        _check_same(store, old, record, resume)
        record["samples"] = max(record["samples"], old["samples"])
        record["settings"] = max(record["settings"], old["settings"])
    store.begin(record, same_design=True)
    return plan


def _check_same(store: Store, old: Mapping[str, Any], new: Mapping[str, Any], resume: bool | None) -> None:
    """Refuse to mix what must not be mixed."""
    if resume is False:
        done = sum(store.counts())
        raise StoreError(
            f"{store.label}: holds a {KIND} already ({done:,} of {old['settings']:,} settings done); go on with "
            "--resume (resume=True), or name another folder"
        )
    check_versions(store.label, old["versions"], new["versions"])
    differing = [what for name, what in _MUST_AGREE.items() if old.get(name) != new[name]]
    if not resume and not differing and new["samples"] > old["samples"]:
        raise StoreError(
            f"{store.label}: holds this study with {old['samples']} samples; --resume (resume=True) extends it"
        )
    if differing:
        raise StoreError(
            f"{store.label}: holds another {KIND}, of {old['scenario']}; what differs: {', '.join(differing)}; name "
            "another folder"
        )


def kept_settings(folder: Path) -> int:
    """Settings that the store of a folder holds; 0 where there is none."""
    try:
        return _count_settings(folder)
    except sqlite3.Error:
        return 0


def store_text(folder: Path) -> str:
    """What the file of a study's store in a folder is, in words: a study with so many settings, or no use."""
    try:
        return f"holds a {KIND} already ({_count_settings(folder):,} settings done); go on with --resume, replace it"
    except sqlite3.Error as error:
        return f"holds {STUDY_FILE}, which is no store of a {KIND} or damaged ({error}); replace it"


def _count_settings(folder: Path) -> int:
    place = (folder / STUDY_FILE).absolute()
    if not place.is_file():
        return 0
    # for reading only: another process may be about to begin
    with contextlib.closing(sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT count(*) FROM settings WHERE error IS NULL").fetchone()[0])


def forget_study(folder: Path) -> None:
    """Take the store of a study out of its folder; StoreError if another process is writing to it."""
    try:
        with FolderLock(folder, KIND):
            for name in STORE_FILES[:-1]:
                (folder / name).unlink(missing_ok=True)
        (folder / STUDY_LOCK).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{error.filename or folder}: cannot be taken away ({error.strerror or error}); move it away, or name "
            "another folder (--out, out=)"
        ) from None
