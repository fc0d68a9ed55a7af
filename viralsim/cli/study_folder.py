"""Result folders of sensitivity, tipping, lift and marginal returns: tables, figures, and what repeats them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viralsim.cli.folder import (
    FORMAT,
    FORMAT_VERSION,
    RUN_FILE,
    file_digests,
    fill_folder,
    scenario_record,
    write_folder,
)

if TYPE_CHECKING:
    from viralsim.experiment.lift import Lift
    from viralsim.experiment.marginal import Marginal
    from viralsim.experiment.sensitivity_plan import SensitivityPlan
    from viralsim.experiment.sensitivity_result import Sensitivity
    from viralsim.experiment.tipping import TippingPoint
    from viralsim.spec import Scenario

os.environ.setdefault("MPLBACKEND", "Agg")  # files are written, no window is opened

__all__ = ["write_lift", "write_marginal", "write_sensitivity", "write_tipping"]


def write_sensitivity(
    folder: Path, found: Sensitivity, plan: SensitivityPlan, force: bool = False, beside: bool = False
) -> None:
    """Write sensitivity.json and .csv, effect_curves.csv, figures, and run.json last; `beside` the store there."""
    numbers = ("metric", "samples", "curve_replicates")
    details: dict[str, Any] = {name: getattr(plan, name) for name in numbers}
    details["laws"] = {path: law.described() for path, law in plan.laws.items()}
    tables = {"sensitivity.csv": found.to_columns(), "effect_curves.csv": found.curve_columns()}
    from viralsim.report.figures_studies import sensitivity_figures

    _write(
        folder, "sensitivity", found, plan.scenario, details, tables, sensitivity_figures, True, force, beside
    )


def write_tipping(
    folder: Path, found: TippingPoint, scenario: Scenario, options: Mapping[str, Any], force: bool = False
) -> None:
    """Write tipping.json, tipping.csv (the settings looked at), the figure, and run.json last."""
    details = {
        "path": found.path, "range": list(found.range), "metric": found.metric, "at_least": found.at_least,
    }  # fmt: skip
    tables = {"tipping.csv": found.to_columns()}
    from viralsim.report.figures_studies import tipping_figures

    fixed = bool(options.get("fixed"))
    _write(folder, "tipping", found, scenario, details, tables, tipping_figures, fixed, force)


def write_lift(
    folder: Path, found: Lift, scenario: Scenario, options: Mapping[str, Any], force: bool = False
) -> None:
    """Write lift.json, lift.csv (channels as rows), the figure, and run.json last."""
    from viralsim.report.figures_lift import lift_columns, lift_figures

    fixed = bool(options.get("fixed"))
    _write(folder, "lift", found, scenario, {}, {"lift.csv": lift_columns(found)}, lift_figures, fixed, force)


def write_marginal(
    folder: Path, found: Marginal, scenario: Scenario, options: Mapping[str, Any], force: bool = False
) -> None:
    """Write marginal.json, marginal.csv (spendings as rows), the figure, and run.json last."""
    from viralsim.report.figures_marginal import marginal_columns, marginal_figures

    details, fixed = {"metric": found.metric, "more": found.more}, bool(options.get("fixed"))
    tables = {"marginal.csv": marginal_columns(found)}
    _write(folder, "marginal", found, scenario, details, tables, marginal_figures, fixed, force)


def _write(
    folder: Path,
    kind: str,
    found: Any,
    scenario: Scenario,
    details: dict[str, Any],
    tables: Mapping[str, Mapping[str, Any]],
    draw: Callable[[Any], Any],
    fixed: bool,
    force: bool,
    beside: bool = False,
) -> None:
    """The folder of a study, whole or not at all; or `beside` what it keeps."""
    from viralsim.metrics.plain import finite
    from viralsim.provenance import versions
    from viralsim.report.figures import write_drawn
    from viralsim.report.tables import columns_text

    with fill_folder(folder) if beside else write_folder(folder, force) as place:
        text = json.dumps(finite(found.to_dict()), indent=1, ensure_ascii=False, allow_nan=False)
        (place / f"{kind}.json").write_text(text + "\n", encoding="utf-8")
        for name, columns in tables.items():
            (place / name).write_text(columns_text(columns), encoding="utf-8", newline="")
        write_drawn(draw(found), place / "figures")
        record = {
            "format": FORMAT, "format_version": FORMAT_VERSION, "kind": kind, "command": ["viralsim", *sys.argv[1:]],
            "seed": found.seed, "replicates": found.replicates, "draws": found.draws, "fixed": fixed, **details,
            "digest": scenario.digest, "versions": versions(),
            "scenarios": [{"label": scenario.name, **scenario_record(scenario)}], "files": file_digests(place),
        }  # fmt: skip
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        (place / RUN_FILE).write_text(text + "\n", encoding="utf-8")
