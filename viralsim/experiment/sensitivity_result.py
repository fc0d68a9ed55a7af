"""What a sensitivity study gives back: numbers in order of what they decide."""

from __future__ import annotations

import html
import math
from dataclasses import asdict, dataclass
from typing import Any

from viralsim.metrics.frames import data_frame
from viralsim.metrics.rounding import format_number, format_percent

__all__ = ["EffectPoint", "Factor", "Sensitivity", "index_text", "interval_text"]

NEGLIGIBLE = 0.01


@dataclass(frozen=True, slots=True)
class EffectPoint:
    """The metric where one number is moved and all others are at their values.

    Parameters
    ----------
    level : float
        Quantile of what is believed of the number.
    value : float
        The number.
    mean, low, high : float
        Expected metric with its 95 % interval.
    change, change_low, change_high : float
        Difference from the middle of the number's range, in shared worlds.
    """

    level: float
    value: float
    mean: float
    low: float
    high: float
    change: float
    change_low: float
    change_high: float


@dataclass(frozen=True, slots=True)
class Factor:
    """One number nobody knows.

    Parameters
    ----------
    path : str
    low, high : float
        Its 5th and 95th percentile.
    first, total : float
        Sobol indices: part of the variance of the expected metric that goes with it by itself, and with all it takes
        part in; estimates, so a little below 0 is 0.
    first_low, first_high, total_low, total_high : float
        95 % intervals.
    curve : tuple of EffectPoint
    """

    path: str
    low: float
    high: float
    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float
    curve: tuple[EffectPoint, ...]

    @property
    def swing(self) -> float:
        """What the metric gains from the number's 5th to its 95th percentile, all others at their values."""
        return self.curve[-1].mean - self.curve[0].mean

    @property
    def swing_error(self) -> float:
        """About its standard error: that of the differences at both ends."""
        wide = [point.change_high - point.change_low for point in (self.curve[0], self.curve[-1])]
        return math.hypot(*wide) / 4.0


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Which numbers decide a metric.

    Parameters
    ----------
    scenario, digest, metric, unit : str
    factors : tuple of Factor
        By total index, the largest first.
    mean, sd : float
        Of the expected metric over what is not known; sd without simulation noise.
    p05, p95 : float
        Quantiles over the settings, simulation noise included.
    is_clear : bool
        Whether the settings differ by more than noise explains.
    noise_share : float
        Part of the variance between the simulated settings that is noise; the indices are free of it.
    luck_share : float
        Part of the variance of one run that is luck and audience rather than these numbers.
    samples, settings, replicates, draws, curve_replicates, seed : int
    """

    scenario: str
    digest: str
    metric: str
    unit: str
    factors: tuple[Factor, ...]
    mean: float
    sd: float
    p05: float
    p95: float
    is_clear: bool
    noise_share: float
    luck_share: float
    samples: int
    settings: int
    replicates: int
    draws: int
    curve_replicates: int
    seed: int

    def sentence(self) -> str:
        """The result in plain words."""
        what = self.metric.replace("_", " ")
        if not self.is_clear:
            return (
                f"What these numbers do to {what} cannot be told from luck with {self.replicates} replicates a setting "
                f"and {self.samples} samples: take more of either."
            )
        strongest = self.factors[0]
        by_itself = index_text(strongest.first)
        text = (
            f"{strongest.path} decides most: {index_text(strongest.total)} "
            f"({interval_text(strongest.total_low, strongest.total_high)}) of what is not known about {what} goes with "
            f"it, {by_itself} with it alone"
        )
        others = [factor for factor in self.factors[1:] if _shown(factor.total) > 0.05][:2]
        if others:
            named = " and ".join(f"{one.path} ({index_text(one.total)})" for one in others)
            text += f"; then {named}"
        small = sum(_shown(factor.total) < NEGLIGIBLE for factor in self.factors)
        if small:
            text += f"; {small} of {len(self.factors)} numbers hardly matter (under 1 %)"
        return text + "."

    def notes(self) -> tuple[str, ...]:
        """What to read the numbers with."""
        spread = format_number(self.sd, self.sd / 20 if self.sd > 0 else 1.0)
        mean = format_number(self.mean, self.sd / 20 if self.sd > 0 else 1.0)
        return (
            f"expected {self.metric.replace('_', ' ')} {mean}, standard deviation {spread} over what is not known",
            f"{format_percent(self.noise_share)} of the variance between settings was simulation noise; the indices "
            "leave it out",
            f"{format_percent(self.luck_share)} of the variance of one run is luck and audience, which no knowledge of "
            "these numbers takes away",
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``viralsim sensitivity --json`` prints it."""
        made = {**asdict(self), "sentence": self.sentence()}
        made["factors"] = [{**asdict(factor), "swing": factor.swing} for factor in self.factors]
        return made

    def to_columns(self) -> dict[str, list[Any]]:
        """One row per number: path, range, indices with intervals, swing."""
        names = (
            "path", "low", "high", "first", "first_low", "first_high", "total", "total_low", "total_high", "swing",
        )  # fmt: skip
        return {name: [getattr(factor, name) for factor in self.factors] for name in names}

    def curve_columns(self) -> dict[str, list[Any]]:
        """One row per number and level: the effect curves."""
        names = ("level", "value", "mean", "low", "high", "change", "change_low", "change_high")
        rows = [(factor.path, point) for factor in self.factors for point in factor.curve]
        return {
            "path": [path for path, _ in rows],
            **{name: [getattr(point, name) for _, point in rows] for name in names},
        }

    def to_frame(self) -> Any:
        """Data frame (pandas) of `to_columns`.

        Raises
        ------
        EngineError
            If pandas is not installed.
        """
        return data_frame(self.to_columns())

    def _repr_html_(self) -> str:
        """Small table for notebooks."""
        rows = "".join(
            f"<tr><td>{html.escape(f.path)}</td><td>{index_text(f.first)}</td><td>{index_text(f.total)}</td>"
            f"<td>{interval_text(f.total_low, f.total_high)}</td></tr>"
            for f in self.factors
        )
        return (
            f"<p>{html.escape(self.sentence())}</p><table><thead><tr><th>number</th><th>alone</th><th>in all</th>"
            f"<th>95 % interval</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def _shown(share: float) -> float:
    """An estimated share as it is shown: within 0 and 1."""
    return min(max(share, 0.0), 1.0)


def index_text(share: float) -> str:
    """A share for a table."""
    return "-" if math.isnan(share) else f"{_percent(share)} %"


def _percent(share: float) -> str:
    """A share in whole percent, or to one place below 1 %."""
    percent = 100.0 * _shown(share)
    return f"{percent:.1f}" if 0.05 <= percent < 0.95 else f"{percent:.0f}"


def interval_text(low: float, high: float) -> str:
    """An interval of a share, for people."""
    if math.isnan(low):
        return "-"
    return f"{_percent(low)} to {_percent(high)} %"
