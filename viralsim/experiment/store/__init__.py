"""Where a sweep keeps what it has done: one SQLite file in a folder that one run at a time may write to."""

from viralsim.experiment.store.database import FORMAT_VERSION, STORE_FILE, Finished, Store
from viralsim.experiment.store.export import RESULTS_FILE, write_csv, write_parquet
from viralsim.experiment.store.lock import FolderLock

__all__ = [
    "FORMAT_VERSION",
    "RESULTS_FILE",
    "STORE_FILE",
    "Finished",
    "FolderLock",
    "Store",
    "write_csv",
    "write_parquet",
]
