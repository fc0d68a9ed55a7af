"""Designs: which settings a sweep runs. A design is a list of overrides that is made on demand, never kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from scipy.stats import qmc

from viralsim import rng
from viralsim.errors import SpecError
from viralsim.metrics.columns import Floats
from viralsim.spec.durations import format_duration
from viralsim.spec.overrides import plain_copy
from viralsim.spec.problems import allowed_names
from viralsim.spec.uncertain import Uncertain

__all__ = ["METHODS", "Design", "Law", "grid", "listed", "sampled", "zipped"]

METHODS = ("random", "latin-hypercube", "sobol")
_ROOT = rng.text_key("viralsim.experiment.designs")
_SOBOL_BITS = 30


@dataclass(frozen=True, slots=True)
class Law:
    """How a sampled number is spread: evenly, evenly on the logarithm, or by the band of an uncertain number.

    Parameters
    ----------
    low, high : float
        Ends of the range (5th and 95th percentile for a band).
    scale : {"linear", "log", "band"}
    band : Uncertain, optional
        For scale "band".
    whole : bool
        Round to whole numbers.
    """

    low: float
    high: float
    scale: str = "linear"
    band: Uncertain | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log", "band"):
            raise SpecError(
                f"scale: got {self.scale!r}; {allowed_names(self.scale, ('linear', 'log', 'band'))}"
            )
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise SpecError(f"range: got {self.low!r} to {self.high!r}; the first must be below the second")
        if self.scale == "log" and self.low <= 0:
            raise SpecError(f"range: {self.low!r} has no logarithm; a log scale starts above 0")

    def value(self, u: float) -> float | int | str:
        """The number at level `u`, in (0, 1), as a scenario writes it: a duration in whole seconds with its unit."""
        x = self.number(u)
        if self.band is not None and self.band.kind == "duration":
            return format_duration(max(round(3600 * x), 1) / 3600)
        return x

    def described(self) -> dict[str, Any]:
        """As plain data, which `law_of_record` reads back."""
        band = self.band
        told = None if band is None else [band.value, band.low, band.high, band.kind]
        return {"low": self.low, "high": self.high, "scale": self.scale, "whole": self.whole, "band": told}

    def number(self, u: float) -> float | int:
        """The number at level `u`, in (0, 1); a duration in hours."""
        if self.band is not None:
            x = self.band.quantile(u)
        elif self.scale == "log":
            x = self.low * (self.high / self.low) ** u
        else:
            x = self.low + (self.high - self.low) * u
        return round(x) if self.whole else short(x)


def law_of_record(data: Mapping[str, Any]) -> Law:
    """The law that `Law.described` described."""
    band = data.get("band")
    return Law(
        data["low"], data["high"], data["scale"], None if band is None else Uncertain(*band), data["whole"]
    )


def design_of_record(parts: Iterable[Mapping[str, Any]]) -> Design:
    """The design that the parts' `described` described."""
    made: list[Part] = []
    for part in parts:
        if "settings" in part:
            made.append(Listed(tuple(dict(point) for point in part["settings"])))
        else:
            laws = {path: law_of_record(law) for path, law in part["sampled"].items()}
            made.append(Sampled(laws, np.array(part["unit"], np.float64)))
    return Design(tuple(made))


def short(value: float) -> float:
    """The number with 12 significant digits, so that 0.1 + 0.2 reads 0.3."""
    return float(f"{float(value):.12g}")


class Part(Protocol):
    """One factor of a design."""

    @property
    def paths(self) -> tuple[str, ...]: ...
    def __len__(self) -> int: ...
    def point(self, number: int) -> dict[str, Any]: ...
    def fitted(self, needs_whole: Callable[[str, float], bool]) -> Part: ...
    def described(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Listed:
    """Settings one by one; `ranges` are paths whose values were computed and may have to be rounded."""

    points: tuple[Mapping[str, Any], ...]
    ranges: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for point in self.points for path in point))

    def __len__(self) -> int:
        return len(self.points)

    def point(self, number: int) -> dict[str, Any]:
        return dict(self.points[number])

    def fitted(self, needs_whole: Callable[[str, float], bool]) -> Listed:
        made = [dict(point) for point in self.points]
        for path in self.ranges:
            odd = [p[path] for p in made if isinstance(p.get(path), float) and p[path] != round(p[path])]
            if odd and needs_whole(path, odd[0]):
                for point in made:
                    point[path] = round(point[path])
        return Listed(tuple(made), self.ranges)

    def described(self) -> dict[str, Any]:
        """As plain data."""
        return {"settings": [dict(point) for point in self.points]}


@dataclass(frozen=True)
class Sampled:
    """Settings at points of the unit cube."""

    laws: Mapping[str, Law]
    unit: Floats  # [samples, laws], in (0, 1)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.laws)

    def __len__(self) -> int:
        return int(self.unit.shape[0])

    def point(self, number: int) -> dict[str, Any]:
        row = self.unit[number]
        return {path: law.value(float(u)) for u, (path, law) in zip(row, self.laws.items(), strict=True)}

    def fitted(self, needs_whole: Callable[[str, float], bool]) -> Sampled:
        laws = {
            path: replace(law, whole=law.whole or needs_whole(path, law.number(0.37)))
            for path, law in self.laws.items()
        }
        return Sampled(laws, self.unit)

    def described(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "sampled": {path: law.described() for path, law in self.laws.items()},
            "unit": self.unit.tolist(),
        }


@dataclass(frozen=True)
class Design:
    """Settings of a sweep: every combination of its parts, the last part changing fastest.

    Parameters
    ----------
    parts : tuple
        Made by `grid`, `zipped`, `listed` or `sampled`; ``a * b`` nests b in a.

    Examples
    --------
    >>> design = grid({"run.seed": [1, 2]}) * zipped({"a": [1, 2, 3], "b": [10, 20, 30]})
    >>> len(design), design.point(4)
    (6, {'run.seed': 2, 'a': 2, 'b': 20})
    """

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for part in self.parts:
            for path in part.paths:
                if path in seen:
                    raise SpecError(f"{path}: is varied twice; vary it once, with all its values")
                seen.add(path)
        if not self.parts or not len(self):
            raise SpecError("a sweep needs at least one setting; vary at least one path")

    @property
    def paths(self) -> tuple[str, ...]:
        """What is varied, in order."""
        return tuple(path for part in self.parts for path in part.paths)

    def __len__(self) -> int:
        return math.prod(len(part) for part in self.parts)

    def __mul__(self, other: Design) -> Design:
        return Design((*self.parts, *other.parts))

    def point(self, number: int) -> dict[str, Any]:
        """Overrides of setting `number`, from 0."""
        pieces = []
        for part in reversed(self.parts):
            number, own = divmod(number, len(part))
            pieces.append(part.point(own))
        return {path: value for piece in reversed(pieces) for path, value in piece.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.point(number) for number in range(len(self)))

    def fitted(self, needs_whole: Callable[[str, float], bool]) -> Design:
        """With computed values rounded where the scenario takes whole numbers only.

        Parameters
        ----------
        needs_whole : callable
            (path, value) -> whether the value is refused and its rounding is not.
        """
        return Design(tuple(part.fitted(needs_whole) for part in self.parts))


def grid(axes: Mapping[str, Any]) -> Design:
    """Every combination of the axes' values, the last axis changing fastest.

    Parameters
    ----------
    axes : mapping
        Path -> values, or a text such as "0.01:0.05:5" or "0.001:0.1:3:log" (from, to, how many), or
        a mapping with from, to, count and scale.

    Raises
    ------
    SpecError
    """
    from viralsim.experiment.axes import axis_values

    parts = []
    for path, given in axes.items():
        values, computed = axis_values(path, given)
        ranges = (path,) if computed else ()
        parts.append(Listed(tuple({path: plain_copy(value)} for value in values), ranges))
    return Design(tuple(parts))


def zipped(axes: Mapping[str, Any]) -> Design:
    """The axes' first values together, then their second, and so on.

    Raises
    ------
    SpecError
        If they do not have equally many.
    """
    from viralsim.experiment.axes import axis_values

    columns = {path: axis_values(path, given) for path, given in axes.items()}
    counts = {path: len(values) for path, (values, _) in columns.items()}
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{path} has {count}" for path, count in counts.items())
        raise SpecError(f"values that go together must be equally many; {found}")
    rows = zip(*(values for values, _ in columns.values()), strict=True)
    points = tuple(dict(zip(columns, map(plain_copy, row), strict=True)) for row in rows)
    return Design((Listed(points, tuple(path for path, (_, computed) in columns.items() if computed)),))


def listed(settings: Iterable[Mapping[str, Any]]) -> Design:
    """Settings as they are written: a list of overrides.

    Raises
    ------
    SpecError
        If an entry is no mapping of paths to values.
    """
    points = []
    for number, setting in enumerate(settings):
        if not isinstance(setting, Mapping):
            raise SpecError(
                f"settings.{number}: got {setting!r}; a mapping of dotted paths to values is allowed"
            )
        points.append({str(path): plain_copy(value) for path, value in setting.items()})
    return Design((Listed(tuple(points)),))


def sampled(axes: Mapping[str, Any], count: int, method: str = "sobol", seed: int = 0) -> Design:
    """Settings spread over ranges.

    Parameters
    ----------
    axes : mapping
        Path -> `Law`, a pair (low, high), a text "0.001:0.1" or "0.001:0.1:log", a mapping with low, high and scale, or
        an `Uncertain` number, whose law is taken.
    count : int
        Number of settings, at least 1. Sobol sequences are best balanced at powers of 2.
    method : {"random", "latin-hypercube", "sobol"}
    seed : int
        Of the design (not of the simulations).

    Raises
    ------
    SpecError

    Notes
    -----
    Sobol points with a keyed digital shift, Latin hypercubes by scipy.stats.qmc; random points are viralsim's own keyed
    uniforms.
    """
    from viralsim.experiment.axes import axis_law

    if isinstance(count, bool) or not hasattr(count, "__index__") or int(count) < 1:
        raise SpecError(f"samples: got {count!r}; a whole number of at least 1 is allowed")
    laws = {path: axis_law(path, given) for path, given in axes.items()}
    if not laws:
        raise SpecError("a sweep needs at least one setting; vary at least one path")
    return Design((Sampled(laws, unit_points(int(count), tuple(laws), method, seed)),))


def unit_points(count: int, paths: Sequence[str], method: str, seed: int) -> Floats:
    """Points of the unit cube (float64[count, paths], in (0, 1))."""
    if method not in METHODS:
        raise SpecError(f"design: got {method!r}; {allowed_names(method, METHODS)}")
    keys = [rng.derive(rng.derive(_ROOT, rng.check_seed(seed)), rng.text_key(path)) for path in paths]
    if method == "random":
        columns = [[rng.uniform(rng.derive(key, row)) for row in range(count)] for key in keys]
        return np.array(columns, np.float64).T
    if method == "latin-hypercube":
        generator = np.random.Generator(np.random.PCG64(rng.derive(_ROOT, rng.check_seed(seed))))
        points = qmc.LatinHypercube(len(keys), rng=generator).random(count)
        return np.asarray(np.clip(points, 1e-12, 1.0 - 1e-12), np.float64)
    return sobol_points(count, keys)


def sobol_points(count: int, keys: Sequence[int]) -> Floats:
    """Sobol points with a digital shift keyed per dimension (float64[count, keys])."""
    power = max(count - 1, 0).bit_length()
    plain = qmc.Sobol(len(keys), scramble=False, bits=_SOBOL_BITS).random_base2(power)[:count]
    digits = np.floor(plain * 2.0**_SOBOL_BITS + 0.5).astype(np.uint64)
    shift = np.array([key >> (64 - _SOBOL_BITS) for key in keys], np.uint64)
    return np.asarray(((digits ^ shift).astype(np.float64) + 0.5) * 2.0**-_SOBOL_BITS, np.float64)
