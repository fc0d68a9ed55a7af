"""Repeat a sweep, a sensitivity study, a tipping point or a study of lift from its run.json."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viralsim.cli.folder import file_digests
from viralsim.cli.jobs import Progress, run_job

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["STUDIES", "study_again"]

STUDIES = ("sweep", "sensitivity", "tipping", "lift", "marginal")


def study_again(
    record: dict[str, Any],
    scenario: Scenario,
    threads: int | None,
    out: Path | None,
    force: bool,
    quiet: bool,
) -> dict[str, str]:
    """Run a study once more, write it, and return the digests of its tables."""
    studies = {
        "sweep": _sweep,
        "sensitivity": _sensitivity,
        "tipping": _tipping,
        "lift": _lift,
        "marginal": _marginal,
    }
    again = studies[record["kind"]]
    with tempfile.TemporaryDirectory(prefix="viralsim-rerun-") as temporary:
        place = Path(temporary) / "again" if out is None else out
        again(record, scenario, threads or os.cpu_count() or 1, place, force, quiet)
        tables = {
            name for name in record["files"] if name.endswith(".csv") and not name.startswith("figures/")
        }
        return {name: digest for name, digest in file_digests(place).items() if name in tables}


def _sweep(
    record: dict[str, Any], scenario: Scenario, threads: int, place: Path, force: bool, quiet: bool
) -> None:
    from viralsim.errors import StoreError
    from viralsim.experiment.designs import design_of_record
    from viralsim.experiment.plans import SweepPlan
    from viralsim.experiment.sweeps import run_sweep

    if not record.get("complete"):
        raise StoreError("this sweep was not finished: go on with it first (--resume), then repeat it")
    design = design_of_record(record["parts"])
    numbers = {name: record[name] for name in ("replicates", "seed", "draws", "fixed")}
    plan = SweepPlan(scenario, design, **numbers)
    run_job(
        lambda report: run_sweep(plan, place, "threads", threads, None, report),
        Progress(scenario.name, unit="settings"),
        quiet,
    )


def _sensitivity(
    record: dict[str, Any], scenario: Scenario, threads: int, place: Path, force: bool, quiet: bool
) -> None:
    from viralsim.cli.study_folder import write_sensitivity
    from viralsim.experiment.designs import law_of_record
    from viralsim.experiment.executors import Threads
    from viralsim.experiment.sensitivities import run_sensitivity
    from viralsim.experiment.sensitivity_plan import SensitivityPlan

    names = ("metric", "samples", "replicates", "draws", "curve_replicates", "seed")
    laws = {path: law_of_record(law) for path, law in record["laws"].items()}
    plan = SensitivityPlan(scenario, laws=laws, **{name: record[name] for name in names})
    found = run_job(
        lambda report: run_sensitivity(plan, Threads(threads, plan.settings), report),
        Progress(scenario.name, unit="settings"),
        quiet,
    )
    write_sensitivity(place, found, plan, force)


def _tipping(
    record: dict[str, Any], scenario: Scenario, threads: int, place: Path, force: bool, quiet: bool
) -> None:
    from viralsim.cli.study_folder import write_tipping
    from viralsim.experiment.tipping import tipping_point

    names = ("metric", "at_least", "replicates", "seed", "draws", "fixed")
    options = {name: record[name] for name in names}
    progress = Progress(scenario.name, unit="settings")
    found = run_job(
        lambda report: tipping_point(
            scenario, record["path"], *record["range"], threads=threads, progress=lambda: report.say("searching"),
            **options,
        ),
        progress,
        quiet,
    )  # fmt: skip
    write_tipping(place, found, scenario, options, force)


def _lift(
    record: dict[str, Any], scenario: Scenario, threads: int, place: Path, force: bool, quiet: bool
) -> None:
    from viralsim.cli.study_folder import write_lift
    from viralsim.experiment.lift import true_lift

    options = {name: record[name] for name in ("replicates", "seed", "draws", "fixed")}
    found = run_job(
        lambda report: true_lift(scenario, threads=threads, progress=report, **options),
        Progress(scenario.name),
        quiet,
    )
    write_lift(place, found, scenario, options, force)


def _marginal(
    record: dict[str, Any], scenario: Scenario, threads: int, place: Path, force: bool, quiet: bool
) -> None:
    from viralsim.cli.study_folder import write_marginal
    from viralsim.experiment.marginal import marginal_return

    options = {name: record[name] for name in ("replicates", "seed", "draws", "fixed")}
    asked = (record["metric"], record["more"])
    found = run_job(
        lambda report: marginal_return(scenario, *asked, threads=threads, progress=report, **options),
        Progress(scenario.name),
        quiet,
    )
    write_marginal(place, found, scenario, options, force)
