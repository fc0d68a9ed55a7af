"""Shared by all tests: where real data is, how hypothesis runs, what is skipped and why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")  # no test opens a window

# The same examples in every run, so that a green suite stays green; VIRALSIM_EXPLORE=1 looks for new ones.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("explore" if os.environ.get("VIRALSIM_EXPLORE") else "repeatable")

PROJECT = Path(__file__).resolve().parent.parent


def real_data() -> Path:
    """The folder of real data sets: beside the project, or where VIRALSIM_DATA says."""
    return Path(os.environ.get("VIRALSIM_DATA") or PROJECT.parent / "shared" / "data")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `data` are skipped, with a reason, where the real data is absent."""
    if real_data().is_dir():
        return
    absent = pytest.mark.skip(reason="real data sets (shared/data) are not beside the project")
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def project_folder() -> Path:
    """Root of the project (pathlib.Path)."""
    return PROJECT


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of real data sets; use it in tests marked `data`."""
    folder = real_data()
    if not folder.is_dir():
        pytest.skip("real data sets (shared/data) are not beside the project")
    return folder
