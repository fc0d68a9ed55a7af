"""Result folders of sensitivity and tipping: tables, figures, and what is needed to repeat them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viralsim.cli.folder import FORMAT, FORMAT_VERSION, RUN_FILE, file_digests, scenario_record, write_folder

if TYPE_CHECKING:
    from viralsim.experiment.sensitivity_result import Sensitivity
    from viralsim.experiment.tipping import TippingPoint
    from viralsim.spec import Scenario

__all__ = ["write_sensitivity", "write_tipping"]


def write_sensitivity(folder: Path, found: Sensitivity, scenario: Scenario, force: bool = False) -> None:
    """Write sensitivity.json and .csv, effect_curves.csv, figures, and run.json last."""
    numbers = ("metric", "samples", "curve_replicates")
    details = {name: getattr(found, name) for name in numbers}
    tables = {"sensitivity.csv": found.to_columns(), "effect_curves.csv": found.curve_columns()}
    _write(folder, "sensitivity", found, scenario, details, tables, True, force)


def write_tipping(
    folder: Path, found: TippingPoint, scenario: Scenario, options: Mapping[str, Any], force: bool = False
) -> None:
    """Write tipping.json, tipping.csv (the settings looked at), the figure, and run.json last."""
    details = {
        "path": found.path, "range": list(found.range), "metric": found.metric, "at_least": found.at_least,
    }  # fmt: skip
    tables = {"tipping.csv": found.to_columns()}
    _write(folder, "tipping", found, scenario, details, tables, bool(options.get("fixed")), force)


def _write(
    folder: Path,
    kind: str,
    found: Any,
    scenario: Scenario,
    details: dict[str, Any],
    tables: Mapping[str, Mapping[str, Any]],
    fixed: bool,
    force: bool,
) -> None:
    """The folder of a study, whole or not at all."""
    os.environ.setdefault("MPLBACKEND", "Agg")  # files are written, no window is opened
    from viralsim.cli.render import finite
    from viralsim.provenance import versions
    from viralsim.report import figures_studies
    from viralsim.report.figures import write_drawn
    from viralsim.report.tables import columns_text

    draw = figures_studies.sensitivity_figures if kind == "sensitivity" else figures_studies.tipping_figures
    with write_folder(folder, force) as place:
        text = json.dumps(finite(found.to_dict()), indent=1, ensure_ascii=False, allow_nan=False)
        (place / f"{kind}.json").write_text(text + "\n", encoding="utf-8")
        for name, columns in tables.items():
            (place / name).write_text(columns_text(columns), encoding="utf-8", newline="")
        write_drawn(draw(found), place / "figures")  # type: ignore[operator]
        record = {
            "format": FORMAT, "format_version": FORMAT_VERSION, "kind": kind, "command": ["viralsim", *sys.argv[1:]],
            "seed": found.seed, "replicates": found.replicates, "draws": found.draws, "fixed": fixed, **details,
            "digest": scenario.digest, "versions": versions(),
            "scenarios": [{"label": scenario.name, **scenario_record(scenario)}], "files": file_digests(place),
        }  # fmt: skip
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        (place / RUN_FILE).write_text(text + "\n", encoding="utf-8")
