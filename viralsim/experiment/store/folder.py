"""The folder of a sweep: store, lock, results.csv, and run.json that says what was asked."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from viralsim.errors import StoreError
from viralsim.experiment.store.database import STORE_FILE
from viralsim.experiment.store.export import RESULTS_FILE
from viralsim.experiment.store.lock import LOCK_FILE

if TYPE_CHECKING:
    from viralsim.experiment.plans import SweepPlan

__all__ = ["PARQUET_FILE", "RUN_FILE", "SWEEP_FILES", "finish_folder"]

RUN_FILE, PARQUET_FILE = "run.json", "results.parquet"
SWEEP_FILES = {LOCK_FILE, STORE_FILE, RESULTS_FILE, RUN_FILE, PARQUET_FILE}


def finish_folder(folder: Path, plan: SweepPlan, done: bool) -> None:
    """Write run.json: at the beginning, so that it is known what runs, and with digests when all is done."""
    record = plan.record()
    scenario = {
        "label": record["scenario"],
        "name": record["scenario"],
        "digest": record["scenario_digest"],
        "document": record["document"],
    }
    names = ("seed", "replicates", "draws", "fixed", "paths", "settings", "design", "versions")
    data = {
        "format": "viralsim run",
        "format_version": 1,
        "kind": "sweep",
        "command": ["viralsim", *sys.argv[1:]],
        **{name: record[name] for name in names},
        "parts": [part.described() for part in plan.design.parts],
        "digest": record["scenario_digest"],
        "scenarios": [scenario],
        "complete": done,
        "files": {RESULTS_FILE: _digest(folder / RESULTS_FILE)} if done else {},
    }
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    partial = folder / f".{RUN_FILE}.part"
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, folder / RUN_FILE)
    except OSError as error:
        raise StoreError(f"{folder / RUN_FILE}: cannot be written ({error.strerror or error})") from None


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()
