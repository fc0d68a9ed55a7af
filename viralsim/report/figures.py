"""All figures of a run and of a comparison: drawn, captioned, and written as PNG, SVG and CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from viralsim.engine.ensemble import Ensemble
from viralsim.errors import EngineError, SpecError
from viralsim.experiment.comparison import Comparison
from viralsim.report import style
from viralsim.report.figures_cascade import (
    generations_caption,
    generations_columns,
    people_by_generation,
    tree_sizes,
    tree_sizes_caption,
    tree_sizes_columns,
)
from viralsim.report.figures_comparison import (
    aligned_dots,
    aligned_dots_caption,
    aligned_dots_columns,
    curves_caption,
    curves_columns,
    curves_together,
    effects_caption,
    effects_columns,
    paired_effects,
)
from viralsim.report.figures_spread import (
    dots_caption,
    dots_columns,
    quantile_dots,
    readable,
    variance_caption,
    variance_columns,
    variance_split,
)
from viralsim.report.figures_time import (
    Columns,
    impressions_caption,
    impressions_columns,
    impressions_over_time,
    reach_caption,
    reach_columns,
    reach_over_time,
)
from viralsim.report.figures_trees import (
    sample_trees,
    share_trees,
    share_trees_caption,
    share_trees_columns,
)
from viralsim.report.tables import columns_text, make_folder

__all__ = [
    "COMPARISON_FIGURES",
    "RUN_FIGURES",
    "Drawn",
    "FigureKind",
    "aligned_dots",
    "comparison_figures",
    "curves_together",
    "impressions_over_time",
    "paired_effects",
    "people_by_generation",
    "quantile_dots",
    "reach_over_time",
    "run_figures",
    "share_trees",
    "tree_sizes",
    "variance_split",
    "write_comparison_figures",
    "write_drawn",
    "write_figures",
]


@dataclass(frozen=True, slots=True)
class FigureKind:
    """One figure: how it is drawn, the numbers in it, and what it says.

    Parameters
    ----------
    name : str
        Of the files.
    title : str
        In words, for readers who hear the page.
    draw : callable
        Ensemble or Comparison -> Figure.
    columns : callable
        -> dict of name to column, the numbers drawn.
    caption : callable
        -> str, what to read off.
    prepare : callable, optional
        -> what draw, columns and caption take as their second argument; it runs replicates again, which
        stored results cannot.
    """

    name: str
    title: str
    draw: Callable[..., Figure]
    columns: Callable[..., Columns]
    caption: Callable[..., str]
    prepare: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure that was drawn.

    Parameters
    ----------
    name, title, caption : str
    figure : Figure
    columns : dict
        The numbers drawn.
    """

    name: str
    title: str
    caption: str
    figure: Figure
    columns: Columns

    def png(self) -> bytes:
        """PNG, 900 pixels wide."""
        return style.png_bytes(self.figure)

    def svg(self) -> bytes:
        """SVG with title and caption for screen readers."""
        return style.svg_bytes(self.figure, self.title, self.caption)

    def csv(self) -> str:
        """The numbers drawn."""
        return columns_text(self.columns)


RUN_FIGURES: tuple[FigureKind, ...] = (
    FigureKind("reach_over_time", "People reached over time", reach_over_time, reach_columns, reach_caption),
    FigureKind(
        "impressions_over_time",
        "Impressions over time, owned, paid and earned",
        impressions_over_time,
        impressions_columns,
        impressions_caption,
    ),
    FigureKind("reach_dots", "What one run may reach, as dots", quantile_dots, dots_columns, dots_caption),
    FigureKind(
        "generations",
        "Sharing people by generation",
        people_by_generation,
        generations_columns,
        generations_caption,
    ),
    FigureKind("tree_sizes", "Sizes of share trees", tree_sizes, tree_sizes_columns, tree_sizes_caption),
    FigureKind(
        "share_trees",
        "Share trees of a typical run and the largest one",
        share_trees,
        share_trees_columns,
        share_trees_caption,
        prepare=sample_trees,
    ),
    FigureKind("variance", "Why single runs differ", variance_split, variance_columns, variance_caption),
)
"""Figures of a run, in the order of a page."""

COMPARISON_FIGURES: tuple[FigureKind, ...] = (
    FigureKind(
        "paired_effects", "Paired differences with verdicts", paired_effects, effects_columns, effects_caption
    ),
    FigureKind("curves_together", "The scenarios over time", curves_together, curves_columns, curves_caption),
    FigureKind(
        "dots_aligned",
        "What one run of each scenario may bring, as dots",
        aligned_dots,
        aligned_dots_columns,
        aligned_dots_caption,
    ),
)
"""Figures of a comparison, in the order of a page."""


def _goal_figure(ensemble: Ensemble) -> tuple[FigureKind, ...]:
    """Dots of the metric of the goal, where that is not reach and the run defines it."""
    goal = getattr(ensemble.scenario, "goal", None)
    if goal is None or goal.metric == "reach" or goal.metric not in ensemble:
        return ()
    metric = str(goal.metric)

    def draw(run: Ensemble) -> Figure:
        return quantile_dots(run, metric)

    def columns(run: Ensemble) -> Columns:
        return dots_columns(run, metric)

    def caption(run: Ensemble) -> str:
        return dots_caption(run, metric)

    return (FigureKind("goal_dots", f"What one run may bring: {readable(metric)}", draw, columns, caption),)


def run_figures(ensemble: Ensemble, names: tuple[str, ...] | None = None) -> list[Drawn]:
    """Draw the figures of a run.

    Parameters
    ----------
    ensemble : Ensemble
    names : tuple of str, optional
        Which; all by default. Share trees are left out of all if the results were loaded, not simulated.

    Returns
    -------
    list of Drawn

    Raises
    ------
    SpecError
        If there is no figure of that name.
    EngineError
        If a named figure needs a simulated run.
    """
    return _drawn(ensemble, RUN_FIGURES + _goal_figure(ensemble), names)


def comparison_figures(comparison: Comparison, names: tuple[str, ...] | None = None) -> list[Drawn]:
    """Draw the figures of a comparison; parameters and errors as of `run_figures`."""
    return _drawn(comparison, COMPARISON_FIGURES, names)


def _drawn(subject: Any, kinds: tuple[FigureKind, ...], names: tuple[str, ...] | None) -> list[Drawn]:
    unknown = set(names or ()) - {kind.name for kind in kinds}
    if unknown:
        raise SpecError(
            f"figures: there is no {sorted(unknown)[0]!r}; allowed are: {', '.join(kind.name for kind in kinds)}"
        )
    drawn = []
    for kind in kinds:
        if names is not None and kind.name not in names:
            continue
        given: list[Any] = [subject]
        if kind.prepare is not None:
            try:
                given.append(kind.prepare(subject))
            except EngineError:
                if names is None:
                    continue
                raise
        drawn.append(
            Drawn(kind.name, kind.title, kind.caption(*given), kind.draw(*given), kind.columns(*given))
        )
    return drawn


# --------------------------------------------------------------------------------------------- writing


def write_figures(ensemble: Ensemble, folder: str | Path, names: tuple[str, ...] | None = None) -> list[Path]:
    """Write each figure of a run as PNG (150 dpi), SVG and the CSV of its numbers, and all captions.

    Parameters
    ----------
    ensemble : Ensemble
    folder : path
        Made if need be.
    names : tuple of str, optional
        Which; all by default.

    Returns
    -------
    list of Path
        NAME.png, NAME.svg, NAME.csv of each, then captions.txt.

    Raises
    ------
    SpecError, EngineError, StoreError
        As of `run_figures`; if the folder cannot be made.
    """
    return write_drawn(run_figures(ensemble, names), folder)


def write_comparison_figures(
    comparison: Comparison, folder: str | Path, names: tuple[str, ...] | None = None
) -> list[Path]:
    """Write each figure of a comparison as PNG, SVG and CSV; parameters and errors as of `write_figures`."""
    return write_drawn(comparison_figures(comparison, names), folder)


def write_drawn(drawn: list[Drawn], folder: str | Path) -> list[Path]:
    """Write figures that are drawn already; files and errors as of `write_figures`."""
    place = make_folder(folder)
    written = []
    for figure in drawn:
        for ending, content in (
            ("png", figure.png()),
            ("svg", figure.svg()),
            ("csv", figure.csv().encode("utf-8")),
        ):
            path = place / f"{figure.name}.{ending}"
            path.write_bytes(content)
            written.append(path)
    captions = place / "captions.txt"
    captions.write_bytes("".join(f"{f.name}: {f.caption}\n" for f in drawn).encode("utf-8"))
    return [*written, captions]
