"""A check: what theory expects, what simulation got, and whether they agree."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from viralsim.rng import derive, text_key

__all__ = [
    "AGREES",
    "DISAGREES",
    "NOT_COMPUTED",
    "Check",
    "Finding",
    "NotComputedError",
    "Outcome",
    "Plot",
    "Setting",
    "distribution",
    "equal",
    "proportion",
    "run_check",
    "sample_mean",
    "worst_of",
]

AGREES, DISAGREES, NOT_COMPUTED = "agrees", "disagrees", "not computed"
ERRORS_ALLOWED = 4.0
"""Standard errors an estimate may lie from an exact target."""

MANY = 1000
"""Values from which Student's t at 4 standard errors differs from the normal law by less than 1 %."""

Floats = NDArray[np.float64]


class NotComputedError(Exception):
    """A check that cannot be computed here; the text says why."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How checks are run.

    Parameters
    ----------
    full : bool
        The long version, else the one that ends within a minute.
    seed : int
    threads : int
    values : dict
        Parameters the user gave, by name.
    report : callable (text) -> None, optional
        Told where a long check is; see `tell`.
    """

    full: bool = False
    seed: int = 1
    threads: int = 1
    values: dict[str, Any] = field(default_factory=dict)
    report: Callable[[str], None] | None = None

    def tell(self, where: str) -> None:
        """Say where a long check is, to whoever shows progress."""
        if self.report is not None:
            self.report(where)

    def effort(self, quick: int, full: int) -> int:
        """A number of replicates, people, ... for the version that is run."""
        return full if self.full else quick

    def value(self, name: str, default: Any) -> Any:
        """What the user gave for a parameter, else the default."""
        given = self.values.get(name)
        return default if given is None else given

    def seed_for(self, name: str) -> int:
        """Seed of one check: it depends on the name alone, not on which other checks are run."""
        return derive(derive(text_key("verify"), self.seed), text_key(name)) >> 11


@dataclass(frozen=True, slots=True)
class Plot:
    """Theory as a line, simulation as points with error bars.

    Parameters
    ----------
    title, x_label, y_label : str
    line_x, line_y : float64[k]
        Theory.
    x, y, se : float64[m]
        Simulation, with standard errors.
    caption : str
        What to read off.
    log_x, log_y : bool
    line_label : str
    y_range : tuple of float, optional
        Ends of the y axis, where nothing below or above is of interest.
    """

    title: str
    x_label: str
    y_label: str
    line_x: Floats
    line_y: Floats
    x: Floats
    y: Floats
    se: Floats
    caption: str
    log_x: bool = False
    log_y: bool = False
    line_label: str = "theory"
    y_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    expected : float
        Computed from theory.
    got : float
    se : float
        Standard error of `got`; 0 for what is exact.
    allowance : float
        Deviation allowed besides 4 standard errors: rounding of what is exact, or the finite size of a
        crowd whose theory is for endless ones. The larger of both counts.
    why_allowed : str
        Where the allowance comes from.
    errors : float or None
        Standard errors away where they are not |got - expected| / se (a chi-square test).
    note : str
    plot : Plot or None
    dof : float or None
        Degrees of freedom of `se` where it is estimated from few values: the distance in standard errors is then that
        of a normal law with the same chance as Student's t.
    """

    expected: float
    got: float
    se: float = 0.0
    allowance: float = 0.0
    why_allowed: str = ""
    errors: float | None = None
    note: str = ""
    plot: Plot | None = None
    dof: float | None = None

    @property
    def errors_away(self) -> float:
        """Standard errors between `got` and `expected`; NaN where nothing is random."""
        if self.errors is not None:
            return self.errors
        if not self.se > 0:
            return math.nan
        away = abs(self.got - self.expected) / self.se
        return away if self.dof is None else float(stats.norm.isf(stats.t.sf(away, self.dof)))

    @property
    def agrees(self) -> bool:
        """Whether the deviation is within the larger of 4 standard errors and the allowance."""
        if self.errors is not None:
            return self.errors <= ERRORS_ALLOWED
        within = abs(self.got - self.expected) <= self.allowance
        return bool(within or self.errors_away <= ERRORS_ALLOWED)


@dataclass(frozen=True, slots=True)
class Check:
    """A claim that can be checked.

    Parameters
    ----------
    claim : str
        What should hold, with its numbers.
    source : str
        Paper and equation.
    find : callable () -> Finding
        Computes both sides; raises `NotComputedError` where it cannot.
    """

    claim: str
    source: str
    find: Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check and what came of it.

    Parameters
    ----------
    group, claim, source : str
    verdict : {"agrees", "disagrees", "not computed"}
    finding : Finding or None
    reason : str
        Why it was not computed, or what went wrong.
    seconds : float
    """

    group: str
    claim: str
    source: str
    verdict: str
    finding: Finding | None
    reason: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain dict; expected, got and so on are None where nothing was computed."""
        found = self.finding
        return {
            "group": self.group,
            "claim": self.claim,
            "source": self.source,
            "expected": found.expected if found else None,
            "got": found.got if found else None,
            "se": found.se if found else None,
            "errors_away": found.errors_away if found else None,
            "allowance": found.allowance if found else None,
            "why_allowed": found.why_allowed if found else "",
            "note": found.note if found else "",
            "verdict": self.verdict,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
        }


def run_check(group: str, check: Check) -> Outcome:
    """Run one check. What raises is a disagreement and says what was raised: a check must not vanish."""
    began = time.perf_counter()
    finding, reason = None, ""
    try:
        finding = check.find()
        verdict = AGREES if finding.agrees else DISAGREES
    except NotComputedError as problem:
        verdict, reason = NOT_COMPUTED, str(problem)
    except Exception as problem:
        verdict, reason = DISAGREES, f"{type(problem).__name__}: {problem}"
    return Outcome(group, check.claim, check.source, verdict, finding, reason, time.perf_counter() - began)


# ---------------------------------------------------------------------------------------------- findings


def equal(got: float, expected: float, rounding: float = 1e-9) -> Finding:
    """Something exact: equal up to rounding."""
    allowance = rounding * max(1.0, abs(expected))
    return Finding(float(expected), float(got), 0.0, allowance, "rounding of floating point")


def sample_mean(
    values: ArrayLike, expected: float, sd: float | None = None, allowance: float = 0.0, why: str = ""
) -> Finding:
    """Mean of independent values; `sd` is that of one value where theory knows it."""
    sample = np.asarray(values, dtype=np.float64)
    spread = float(sample.std(ddof=1)) if sd is None else sd
    se = spread / math.sqrt(sample.size)
    dof = sample.size - 1.0 if sd is None and sample.size <= MANY else None
    return Finding(float(expected), float(sample.mean()), se, allowance, why, dof=dof)


def proportion(hits: int, n: int, expected: float, allowance: float = 0.0, why: str = "") -> Finding:
    """Part of n independent trials, its error taken at the expected probability."""
    p = min(max(expected, 0.0), 1.0)
    se = math.sqrt(p * (1.0 - p) / n) if 0.0 < p < 1.0 else 0.0
    return Finding(float(expected), hits / n, se, allowance, why)


def distribution(values: ArrayLike, probs: ArrayLike, rest: bool = False) -> Finding:
    """Whole numbers against the probabilities of 0, 1, ..., k by Pearson's chi-square.

    Parameters
    ----------
    values : integer array
    probs : float[k + 1]
        If they sum to less than 1, the rest is the chance of larger values.
    rest : bool
        Whether larger values are possible; without it they are a disagreement.

    Returns
    -------
    Finding
        expected: degrees of freedom, got: chi-square; standard errors away: the normal quantile of the
        test's p-value (0 if below its median). Neighbouring values expected less than 10 times are taken together.
    """
    sample = np.asarray(values)
    chance = np.asarray(probs, dtype=np.float64)
    n = sample.size
    outside = int((sample >= chance.size).sum() + (sample < 0).sum())
    impossible = outside > 0 and not rest
    counts = np.bincount(np.clip(sample, 0, chance.size), minlength=chance.size + 1)
    want = np.append(chance, max(1.0 - chance.sum(), 0.0)) * n
    impossible |= bool((counts[want < 1e-9 * n] > 0).any()) and not rest
    got_cells, want_cells = _pool(counts.astype(np.float64), want)
    if impossible:
        return Finding(0.0, float(outside), errors=math.inf, note="values that are impossible occurred")
    if want_cells.size < 2:
        return Finding(0.0, 0.0, errors=0.0, note="one cell only")
    chi_square = float(((got_cells - want_cells) ** 2 / want_cells).sum())
    freedom = want_cells.size - 1
    errors = max(float(stats.norm.isf(stats.chi2.sf(chi_square, freedom))), 0.0)
    note = f"chi-square of {want_cells.size} cells; expected is its mean"
    return Finding(float(freedom), chi_square, math.sqrt(2.0 * freedom), errors=errors, note=note)


def _pool(got: Floats, want: Floats, least: float = 10.0) -> tuple[Floats, Floats]:
    """Neighbouring cells joined until each is expected at least `least` times."""
    cells: list[tuple[float, float]] = []
    a = b = 0.0
    for x, y in zip(got, want, strict=True):
        a, b = a + x, b + y
        if b >= least:
            cells.append((a, b))
            a = b = 0.0
    if cells:
        cells[-1] = (cells[-1][0] + a, cells[-1][1] + b)
    else:
        cells.append((a, b))
    table = np.array(cells)
    return table[:, 0], table[:, 1]


def worst_of(findings: Sequence[Finding], plot: Plot | None = None, note: str = "") -> Finding:
    """The finding that uses most of its tolerance, standing for all of them."""

    def used(f: Finding) -> float:
        away = abs(f.got - f.expected)
        if math.isnan(away):
            return math.inf
        parts = [f.errors_away / ERRORS_ALLOWED] if not math.isnan(f.errors_away) else []
        if f.allowance > 0 and f.errors is None:
            parts.append(away / f.allowance)
        return min(parts) if parts else (math.inf if away > 0 else 0.0)

    worst = max(findings, key=used)
    note = note or f"the furthest of {len(findings)} points"
    return replace(worst, plot=plot, note="; ".join(filter(None, (note, worst.note))))
