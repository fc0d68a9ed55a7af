"""What ``viralsim model`` prints, draws and writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from viralsim.cli.model_table import ModelEntry
    from viralsim.models.expectations import Expectation
    from viralsim.models.results import ModelResult

__all__ = ["as_object", "check_folder", "check_plot", "draw", "show", "write"]

LARGE = 0.05  # of all people: from here on an outbreak is called large
_PARTS = ("half the people", "95 %")
LEGEND = (
    "expected: the mean over runs, with the interval it lies in; 5 %, 50 %, 95 %: so many runs stay below"
)


def check_plot(name: str, plot: str | None, force: bool) -> Path | None:
    """Where the figure goes, or StoreError before anything is run."""
    from viralsim.errors import StoreError

    if plot is None:
        return None
    path = Path(plot or f"viralsim-{name}.png")
    if path.suffix.lower() not in (".png", ".svg"):
        raise StoreError(f"--plot {path}: figures are PNG or SVG; name it {path.stem}.png or {path.stem}.svg")
    if not path.absolute().parent.is_dir():
        raise StoreError(f"--plot {path}: there is no folder {path.parent}; make it, or choose another place")
    if plot and path.exists() and not force:
        raise StoreError(f"--plot {path}: exists; name another file, or replace it with --force")
    return path


def check_folder(out: Path, force: bool) -> None:
    """StoreError if something is there that --force does not allow to replace."""
    from viralsim.errors import StoreError

    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not force)):
        raise StoreError(f"--out {out}: exists and is not empty; name another folder, or use --force")


def _share_large(result: ModelResult) -> tuple[float, float]:
    """(part of runs that grow large, mean part of people that those reach or NaN)."""
    import numpy as np

    large = result.size >= max(LARGE * result.n_nodes, 2)
    return float(large.mean()), float(result.size[large].mean()) / result.n_nodes if large.any() else np.nan


def sentence(entry: ModelEntry, result: ModelResult) -> str:
    """What came out, in one or two sentences."""
    import numpy as np

    from viralsim.metrics.rounding import format_number, format_percent

    runs = f"{result.replicates:,} runs" if result.replicates > 1 else "one run"
    mean = result.summary()["size"]
    if entry.name == "branching":
        over = float((result.size == int(result.settings["roots"])).mean())
        text = f"{format_percent(over)} of {runs} ended with the roots; {format_number(mean.mean, mean.se)} on average"
        stopped = int(result.censored.sum()) if result.censored is not None else 0
        return text + (f", {stopped:,} stopped at the limit of size." if stopped else ".")
    if entry.figure == "adopters" and result.times_hours is not None:
        part = result.curve("adopters").mean(axis=0) / result.n_nodes
        times = [float(result.times_hours[int(np.argmax(part >= x))]) for x in (0.5, 0.95) if part[-1] >= x]
        told = [f"{x} have adopted by {t:g} {result.time_unit}" for x, t in zip(_PARTS, times, strict=False)]
        end = f"{format_percent(float(part[-1]), 0.002)} at {result.times_hours[-1]:g} {result.time_unit}"
        return f"Over {runs}, on average {', '.join([*told, end] if len(told) < 2 else told)}."
    if entry.name == "sis":
        ill = result.curve("I")[:, -1] / result.n_nodes
        se = float(ill.std(ddof=1)) / ill.size**0.5 if ill.size > 1 else None
        gone = format_percent(float((ill == 0).mean()))
        ends = format_percent(float(ill.mean()), se)
        return f"At the end {ends} of people are infectious; it died out in {gone} of {runs}."
    share, size = _share_large(result)
    text = f"{format_percent(share)} of {runs} grew large (over {100 * LARGE:g} % of people)"
    text += f" and reached {format_percent(size, 0.002)} of all on average" if share else ""
    return f"{text}; the median run reached {format_number(mean.p50)} of {result.n_nodes:,} people."


def show(entry: ModelEntry, where: str, result: ModelResult, theory: Expectation | None) -> None:
    """Sentence, theory, table."""
    from viralsim.cli.render import print_table
    from viralsim.metrics.rounding import format_interval, format_number

    click.echo(sentence(entry, result))
    if theory is not None:
        click.echo(theory.text)
    click.echo()
    rows = []
    for name, s in result.summary().items():
        quantiles = (s.p05, s.p50, s.p95)
        if name in ("size", "depth"):  # a single run has a whole number
            single = [format_number(float(round(x))) for x in quantiles if x == x] or ["undefined"] * 3
        else:
            single = [format_number(x, (s.p95 - s.p05) / 8.0 or None) for x in quantiles]
        interval = format_interval(s.low, s.high, s.se) if s.low < s.high else "-"
        rows.append((name.replace("_", " "), format_number(s.mean, s.se), interval, *single))
    print_table(("", "expected", "95 % interval", "5 %", "50 %", "95 %"), rows, numeric=(1, 2, 3, 4, 5))
    click.echo(LEGEND)
    virality = result.summary().get("structural_virality")
    if virality is not None and 0.0 < virality.defined < 1.0:
        click.echo(
            f"structural virality is defined in {100 * virality.defined:.0f} % of runs: those beyond the seeds"
        )
    told = "; ".join(f"{name} {value}" for name, value in result.settings.items())
    click.echo()
    click.echo(f"{result.model}: {told}; {where}; {result.replicates:,} replicates; seed {result.seed}")


def as_object(
    entry: ModelEntry, where: str, result: ModelResult, theory: Expectation | None
) -> dict[str, Any]:
    """The result as one JSON object."""
    from dataclasses import asdict

    from viralsim.provenance import versions

    found: dict[str, Any] = {
        "model": entry.name,
        "sentence": sentence(entry, result),
        "settings": result.settings,
        "network": where,
        "people": result.n_nodes or None,
        "seed": result.seed,
        "replicates": result.replicates,
        "method": result.method,
        "versions": versions(),
        "metrics": {name: asdict(s) for name, s in result.summary().items()},
    }
    if result.n_nodes:
        share, size = _share_large(result)
        found["large"] = {"over_part_of_people": LARGE, "part_of_runs": share, "mean_part_reached": size}
    if theory is not None:
        found["theory"] = {"text": theory.text, **theory.values}
    if result.times_hours is not None:
        curves = {name: curve.mean(axis=0).tolist() for name, curve in result.curves.items()}
        found["curves"] = {
            "time_unit": result.time_unit,
            "times": result.times_hours.tolist(),
            "mean": curves,
        }
    return found


def _figure(entry: ModelEntry, where: str, result: ModelResult, theory: Expectation | None) -> Figure:
    from viralsim.report import figures_models

    if entry.figure == "compartments":
        keep = (lambda r: r.size >= LARGE * r.n_nodes) if entry.name != "si" else None
        return figures_models.compartments(result, where, keep)
    if entry.figure in result.curves:
        return figures_models.curve_with_band(result, entry.figure, where, theory, entry.counts)
    return figures_models.size_dots(result, where, theory, entry.counts.split()[0])


def draw(entry: ModelEntry, where: str, result: ModelResult, theory: Expectation | None, path: Path) -> None:
    """Write the figure, as PNG or SVG by its name."""
    from viralsim.report import style

    figure = _figure(entry, where, result, theory)
    if path.suffix.lower() == ".svg":
        path.write_bytes(style.svg_bytes(figure, result.model, sentence(entry, result)))
    else:
        path.write_bytes(style.png_bytes(figure))


def write(entry: ModelEntry, where: str, result: ModelResult, theory: Expectation | None, out: Path) -> None:
    """Tables, figure and model.json."""
    from viralsim.metrics.plain import finite
    from viralsim.report.tables import make_folder, write_csv

    folder = make_folder(out)
    fields = ("mean", "se", "low", "high", "p05", "p50", "p95", "defined")
    summary = result.summary()
    write_csv(
        folder / "results.csv",
        ("metric", *fields),
        ([name, *(getattr(s, field) for field in fields)] for name, s in summary.items()),
    )
    virality = result.structural_virality()
    write_csv(
        folder / "replicates.csv",
        ("replicate", "size", "depth", "structural_virality"),
        zip(range(result.replicates), result.size, result.depth, virality, strict=True),
    )
    if result.times_hours is not None:
        from viralsim.report.figures_time import quantile_columns

        rows = (
            (time, name, *(float(values[k]) for values in columns.values()))
            for name, curve in result.curves.items()
            for columns in [quantile_columns(curve)]
            for k, time in enumerate(result.times_hours)
        )
        write_csv(folder / "curves.csv", ("time", "curve", "mean", "p05", "p25", "p50", "p75", "p95"), rows)
    for kind in ("png", "svg"):
        draw(entry, where, result, theory, folder / f"figure.{kind}")
    told = json.dumps(finite(as_object(entry, where, result, theory)), indent=2, ensure_ascii=False)
    (folder / "model.json").write_text(told + "\n", encoding="utf-8")
