"""Shared by all tests: where real data is, how hypothesis runs, what is skipped and why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_worlds import SMALL, run
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


# ------------------------------------------------------------------------------------ tests of the commands


@pytest.fixture
def small_folder(tmp_path, monkeypatch):
    """The working folder holds small.yaml and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


@pytest.fixture
def real(tmp_path) -> Path:
    """real.yaml: the same on a network from the file pairs.csv."""
    pairs = [(i, (i * factor + 1) % 300) for factor in (1, 7, 11, 13, 17) for i in range(300)]
    (tmp_path / "pairs.csv").write_text("".join(f"{u},{v}\n" for u, v in pairs))
    text = SMALL.replace("kind: erdos-renyi, mean_degree: 12", "kind: file, path: pairs.csv")
    (tmp_path / "real.yaml").write_text(
        text.replace("count: 200", "count: 90").replace("size: 600", "size: 300")
    )
    return tmp_path / "pairs.csv"


@pytest.fixture
def no_figures(monkeypatch):
    """Figures take most of the time of writing a folder; only some tests need them."""
    monkeypatch.setattr("viralsim.cli.folder.draw", lambda subject, place: None)


@pytest.fixture
def results(tmp_path, capsys, no_figures) -> Path:
    assert run("run", "small.yaml", "--replicates", 4, "--out", "results", "--quiet") == 0
    capsys.readouterr()
    return tmp_path / "results"
