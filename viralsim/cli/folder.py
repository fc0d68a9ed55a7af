"""Result folders: never half written, never over something else, and enough inside to repeat the run."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viralsim.errors import StoreError

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.experiment.comparison import Comparison
    from viralsim.experiment.swept import Sweep
    from viralsim.spec import Scenario

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "PAGE_FILE",
    "RUN_FILE",
    "check_free",
    "check_place",
    "compared_record",
    "file_digests",
    "fill_folder",
    "run_record",
    "scenario_record",
    "show_then_write",
    "write_comparison",
    "write_folder",
    "write_results",
    "write_run",
    "write_sweep",
]

FORMAT, FORMAT_VERSION, RUN_FILE, PAGE_FILE = "viralsim run", 1, "run.json", "page.html"
PAGE_ENDINGS = (".html", ".htm")
TABLES = ("results.csv", "curves.csv")


def show_then_write(show: Callable[[], None], write: Callable[[], None]) -> None:
    """Print a result, then write its folder; the folder also where the reader of what is printed has gone.

    Ctrl-C while printing writes nothing, and that is what is said.
    """
    try:
        show()
    except BrokenPipeError:
        write()
        raise
    write()


def check_free(folder: Path, force: bool = False) -> None:
    """Refuse a place that results cannot be written to, before any time is spent.

    Raises
    ------
    StoreError
        If something is there that may not be replaced, or the place cannot be made.
    """
    if folder.suffix.lower() in (".html", ".csv", ".json", ".png", ".svg", ".yaml"):
        raise StoreError(
            f"--out {folder}: results go into a folder, and this looks like a file; leave {folder.suffix} out, "
            "or name a page that ends in .html"
        )
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise StoreError(f"--out {folder}: is a file; name a folder that does not exist yet")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / RUN_FILE).is_file():
            raise StoreError(
                f"--out {folder}: is not empty and was not written by viralsim; name another folder"
            )
        if not force:
            raise StoreError(
                f"--out {folder}: holds results already; name another folder, or replace them with --force"
            )
        strange = sorted(_strangers(folder))
        if strange:
            raise StoreError(
                f"--out {folder}: holds what viralsim did not write ({', '.join(strange[:5])}); move it, "
                "or name another folder"
            )
    check_parent(folder)


def check_parent(path: Path) -> None:
    """Refuse a place whose folder cannot be made or written to."""
    parent = path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".viralsim-", dir=parent):
            pass  # what a folder says it allows is not always what it allows
    except OSError:
        raise StoreError(f"--out {path}: {parent} cannot be written to; name another place") from None


def _strangers(folder: Path) -> Iterator[str]:
    """Files of a results folder that its run.json does not name."""
    try:
        known = set(json.loads((folder / RUN_FILE).read_text("utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        known = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name != RUN_FILE and name not in known:
            yield name


@contextlib.contextmanager
def write_folder(folder: Path, force: bool = False) -> Iterator[Path]:
    """A temporary folder beside `folder` to write into; it takes the name when the block ends well.

    Raises
    ------
    StoreError
        As in `check_free`.
    """
    check_free(folder, force)
    place = folder.absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        check_free(folder, force)
        old = None
        if place.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
            os.replace(place, old)
        os.replace(temporary, place)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def fill_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder whose contents replace those of the same name in `folder` when the block ends well.

    For a folder that keeps something of its own, such as a store. run.json comes last, so that what it names is there.
    """
    temporary = Path(tempfile.mkdtemp(prefix=".results.", suffix=".part", dir=folder))
    try:
        yield temporary
        for path in sorted(temporary.iterdir(), key=lambda path: (path.name == RUN_FILE, path.name)):
            target = folder / path.name
            if target.is_dir():
                shutil.rmtree(target)
            os.replace(path, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def file_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder but run.json, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RUN_FILE
    }


def scenario_record(scenario: Scenario) -> dict[str, Any]:
    """A scenario as run.json keeps it: its document, with paths that hold from anywhere."""
    return {
        "name": scenario.name,
        "digest": scenario.digest,
        "document": scenario.to_dict(absolute_paths=True),
    }


def run_record(ensemble: Ensemble) -> dict[str, Any]:
    """What is needed to repeat a run."""
    return _record("run", ensemble, [{"label": ensemble.name, **scenario_record(ensemble.scenario)}])


def compared_record(comparison: Comparison) -> dict[str, Any]:
    """What is needed to repeat a comparison."""
    pairs = zip(comparison.labels, comparison.ensembles, strict=True)
    listed = [{"label": label, **scenario_record(ensemble.scenario)} for label, ensemble in pairs]
    return {
        **_record("compare", comparison.ensembles[0], listed),
        "metric": comparison.metric,
        "metrics": list(comparison.metrics),
        "worthwhile": comparison.worthwhile,
        "settling": settling_record(comparison),
    }


def settling_record(comparison: Comparison) -> dict[str, int] | None:
    """What `--until-settled` began with and the limit that gives the same looks; None if it was not asked for."""
    from viralsim.experiment.verdicts import ERROR

    if not comparison.looks:
        return None
    first, last = comparison.looks[0], comparison.looks[-1]
    planned = round(ERROR / first.error)
    return {
        "replicates": first.replicates,
        "draws": first.draws,
        "most_replicates": first.replicates * 2 ** (planned - 1),
        "stopped_at": last.replicates,
    }


def _record(kind: str, ensemble: Ensemble, scenarios: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "kind": kind,
        "command": ["viralsim", *sys.argv[1:]],
        "seed": ensemble.seed,
        "replicates": ensemble.replicates,
        "draws": ensemble.draws,
        "fixed": ensemble.fixed,
        "digest": scenarios[0]["digest"],
        "versions": dict(ensemble.provenance),
        "scenarios": scenarios,
    }


def write_run(ensemble: Ensemble, folder: Path, force: bool = False, figures: bool = True) -> None:
    """Write a run: run.json, results.csv, curves.csv and, unless not wanted, figures and page.html."""
    from viralsim.report.tables import write_tables

    with write_folder(folder, force) as place:
        write_tables(ensemble, place)
        if figures:
            draw(ensemble, place)
        _finish(place, run_record(ensemble))


def write_comparison(comparison: Comparison, folder: Path, force: bool = False, figures: bool = True) -> None:
    """Write a comparison: run.json, pairs.csv, figures, page.html, and a folder of tables for each scenario."""
    from viralsim.report.tables import write_tables

    with write_folder(folder, force) as place:
        write_pairs(comparison, place / "pairs.csv")
        for name, ensemble in zip(folder_names(comparison.labels), comparison.ensembles, strict=True):
            write_tables(ensemble, _made(place / name))
        if figures:
            draw(comparison, place)
        _finish(place, compared_record(comparison))


def write_pairs(comparison: Comparison, path: Path) -> None:
    """Every pair of a comparison as CSV."""
    import csv

    rows = [pair.to_dict() for pair in comparison.pairs]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def folder_names(labels: tuple[str, ...]) -> list[str]:
    """Labels as names of folders, all different."""
    names: list[str] = []
    for label in labels:
        plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in label) or "scenario"
        plain = plain if plain != "figures" else "figures-"
        while plain in names:
            plain += "-2"
        names.append(plain)
    return names


def _figures() -> Any:
    os.environ.setdefault("MPLBACKEND", "Agg")  # files are written, no window is opened
    from viralsim.report import figures

    return figures


def _page() -> Any:
    os.environ.setdefault("MPLBACKEND", "Agg")
    from viralsim.report import page

    return page


def draw(subject: Ensemble | Comparison, place: Path) -> None:
    """Figures and page of a run or a comparison, into a folder that is being written."""
    figures, page = _figures(), _page()
    if hasattr(subject, "ensembles"):
        drawn = figures.comparison_figures(subject)
        text = page.comparison_page(subject, drawn)
    else:
        drawn = figures.run_figures(subject)
        text = page.run_page(subject, drawn)
    figures.write_drawn(drawn, _made(place / "figures"))
    (place / PAGE_FILE).write_text(text, encoding="utf-8")


def is_page(path: Path) -> bool:
    """Whether a place given with --out is a page rather than a folder."""
    return path.suffix.lower() in PAGE_ENDINGS


def check_place(path: Path, force: bool = False) -> None:
    """Refuse a page or a folder that cannot be written to, before any time is spent.

    Raises
    ------
    StoreError
    """
    try:
        if not is_page(path):
            check_free(path, force)
            return
        if path.is_dir():
            raise StoreError(f"--out {path}: is a folder; name a file that ends in .html")
        if path.exists() and not force:
            raise StoreError(f"--out {path}: exists already; name another page, or replace it with --force")
        check_parent(path)
    except OSError as error:  # such as a name that is too long
        raise StoreError(f"--out {path}: {error.strerror or error}; name another place") from None


def write_results(subject: Ensemble | Comparison, path: Path, force: bool = False) -> str:
    """Write a run or a comparison as a page or a folder, whichever the path names; says what was written."""
    compared = hasattr(subject, "ensembles")
    if is_page(path):
        page = _page()
        page.write_page((page.comparison_page if compared else page.run_page)(subject), path, force)
        return f"Written: {path}"
    if compared:
        write_comparison(subject, path, force)  # type: ignore[arg-type]
        return f"Written to {path}: run.json, page.html, pairs.csv, figures, and the tables of each scenario"
    write_run(subject, path, force)  # type: ignore[arg-type]
    return f"Written to {path}: run.json, page.html, results.csv, curves.csv, replicates.csv, figures"


def write_sweep(
    swept: Sweep, path: Path, metric: str | None, command: Sequence[str], force: bool = False
) -> None:
    """Write the page of a sweep; `command` are the words that asked for it."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    from viralsim.report.rendering import write_page
    from viralsim.report.reproduce import shared_command
    from viralsim.report.sweep_page import sweep_page

    write_page(sweep_page(swept, metric, shared_command(command)), path, force)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _finish(place: Path, record: dict[str, Any]) -> None:
    """run.json, last, with the digest of everything else."""
    record = {**record, "files": file_digests(place)}
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    (place / RUN_FILE).write_text(text, encoding="utf-8")
