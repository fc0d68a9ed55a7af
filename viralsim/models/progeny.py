"""Branching processes with any law of offspring."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.kernels import branching as kernel
from viralsim.models.durations import Duration, DurationLaw, check_duration
from viralsim.models.results import ModelResult, check_count, check_threads, model_key
from viralsim.models.running import Grid, Job, check_horizon, check_number, make_tree, nice_grid

__all__ = ["OffspringLaw", "branching", "check_offspring"]

METHOD = "quantile-1"
"""Each individual's number of children is the law's quantile at one keyed uniform number."""

MOST_MEAN = 1000.0
_TAIL = Decimal("1e-17")
_ENOUGH = 100


@dataclass(frozen=True, slots=True, eq=False)
class OffspringLaw:
    """A law of offspring, checked and tabulated.

    Parameters
    ----------
    name : str
        For people to read.
    probabilities : float64[K]
        P(k children), k = 0, 1, ...
    cumulated : float64[K]
        P(at most k children), the last entry above 1.
    """

    name: str
    probabilities: NDArray[np.float64]
    cumulated: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Expected number of children, R."""
        return float(self.probabilities @ np.arange(self.probabilities.size))


def branching(
    offspring: float | ArrayLike | tuple[Any, ...],
    replicates: int,
    roots: int = 1,
    delay: Duration | None = None,
    horizon_hours: float | None = None,
    max_size: int = 1_000_000,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """Branching process (Galton-Watson): every individual has an independent number of children.

    Parameters
    ----------
    offspring : float, array or tuple
        Law of the number of children: a mean (Poisson), an array of probabilities of 0, 1, 2, ... children,
        ("poisson", mean), ("geometric", mean), ("negative-binomial", mean, dispersion) with variance mean +
        mean^2 / dispersion, or ("fixed", count).
    replicates : int
    roots : int
        Individuals at the start (the big seed of Watts and Peretti).
    delay : float or tuple, optional
        Law of the time from a parent's birth to each child's, as in `temporal_cascade`; None is without time.
    horizon_hours : float, optional
        Who is born after it is left out; needed with a delay if the mean is 1 or more.
    max_size : int
        A process is stopped when it would have more individuals; `censored` says which were.
    bins : int
        At most so many bins of time.
    seed : int or None
        Everything random follows from it; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.

    Returns
    -------
    ModelResult
        `size` (individuals in all, roots included), `depth` (last generation), trees, `censored`; with a delay the
        curves "born" (so far) and "newly_born". `n_nodes` is 0: there is no limit but `max_size`.

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Harris 1963, "The theory of branching processes". Poisson offspring of mean R < 1: total progeny has the Borel law
    P(N = n) = exp(-R n) (R n)^(n-1) / n!, mean 1 / (1 - R); extinction has the smallest root of x = G(x), G the
    generating function. With exponential delays of rate c, E N(t) = (1 - R exp(-c (1 - R) t)) / (1 - R). It is what
    a cascade in a very large, sparse audience looks like before it meets itself.

    Examples
    --------
    >>> import viralsim as vs
    >>> r = vs.models.branching(0.5, replicates=20_000)
    >>> s = r.summary()["size"]
    >>> bool(abs(s.mean - 2.0) < 4 * s.se)
    True
    """
    law = check_offspring(offspring)
    replicates = check_count("replicates", replicates)
    roots = check_count("roots", roots)
    cap = check_count("max_size", max_size)
    if cap < roots or cap > 2**31 - 2:
        raise SpecError(f"max_size: got {cap:,}; allowed are {roots:,} (the roots) to {2**31 - 2:,}")
    wait = DurationLaw("fixed", 0.0) if delay is None else check_duration("delay", delay)
    horizon, grid, bins = _check_end(horizon_hours, bins, delay is not None, law.mean)
    used_seed, key = model_key("branching", seed)
    head = (law.cumulated, wait.kernel, roots, horizon)
    nobody = np.zeros((1, 0), np.int64)
    scratch = partial(_scratch, cap)
    job = Job(kernel.run_branching, head, scratch, nobody, key, replicates, check_threads(threads), 1)
    if grid is None:
        end = job.end_hours(_ENOUGH) if bins else 1.0
        grid = nice_grid(end if end > 0.0 else 10.0 * max(wait.median_hours, 0.1), bins)
    outcome = job.run(grid)
    flows = outcome.flows[:, 0]
    settings = {"offspring": law.name, "roots": str(roots)}
    if delay is not None:
        settings["delay"] = str(wait)
    return ModelResult(
        "branching process",
        METHOD,
        used_seed,
        0,
        outcome.size,
        outcome.depth,
        settings,
        job.grow,
        lambda: outcome.virality.copy(),
        grid.times_hours if grid.bins else None,
        {"born": flows.cumsum(axis=1), "newly_born": flows} if grid.bins else {},
        "hours",
        outcome.stopped.astype(bool),
    )


def _check_end(
    horizon_hours: float | None, bins: int, timed: bool, mean: float
) -> tuple[float, Grid | None, int]:
    """Horizon, grid of times and bins of a process with or without delays; SpecError where it need not end."""
    if not timed and horizon_hours is not None:
        raise SpecError("horizon_hours: it means nothing without a delay; give delay=, or leave it out")
    horizon, grid, bins = check_horizon(horizon_hours, bins if timed else 0)
    if timed and grid is None and mean >= 1.0:
        raise SpecError(
            f"horizon_hours: needed, as the mean offspring is {mean:g} (1 or more) and growth need not end"
        )
    return horizon, grid, bins


def _scratch(cap: int) -> tuple[Any, ...]:
    return (make_tree(cap),)


def check_offspring(offspring: Any) -> OffspringLaw:
    """Law of offspring from what was given to `branching`, or SpecError."""
    if isinstance(offspring, OffspringLaw):
        return offspring
    if isinstance(offspring, Real) and not isinstance(offspring, bool):
        offspring = ("poisson", offspring)
    if isinstance(offspring, (tuple, list)) and offspring and isinstance(offspring[0], str):
        return _named(offspring[0], tuple(offspring[1:]))
    try:
        array: NDArray[Any] = np.asarray(offspring, dtype=np.float64)
    except (TypeError, ValueError):
        raise SpecError(f"offspring: got {offspring!r}; {_ALLOWED}") from None
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all() or (array < 0).any():
        raise SpecError(f"offspring: an array must hold the probabilities of 0, 1, ... children; {_ALLOWED}")
    total = math.fsum(array.tolist())
    if abs(total - 1.0) > 1e-9:
        raise SpecError(f"offspring: probabilities add up to {total:.12g}; they must add up to 1")
    return _tabulated(f"{array.size} probabilities", [Decimal(x) for x in array.tolist()])


_ALLOWED = (
    "allowed are a mean (Poisson), an array of probabilities, ('poisson', mean), ('geometric', mean), "
    "('negative-binomial', mean, dispersion) and ('fixed', count)"
)


def _named(kind: str, numbers: tuple[Any, ...]) -> OffspringLaw:
    """One of the named laws, its probabilities to more than double precision."""
    makers: dict[str, tuple[int, Callable[..., list[Decimal]]]] = {
        "poisson": (1, _poisson),
        "geometric": (1, lambda mean: _negative_binomial(mean, 1.0)),
        "negative-binomial": (2, _negative_binomial),
        "fixed": (1, _fixed),
    }
    if kind not in makers:
        near = difflib.get_close_matches(kind, makers, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise SpecError(f"offspring: no law is called {kind!r}; {hint}{_ALLOWED}")
    wanted, make = makers[kind]
    if len(numbers) != wanted:
        raise SpecError(f"offspring: {kind!r} needs {wanted} number(s), got {len(numbers)}; {_ALLOWED}")
    mean = check_number(
        "offspring: mean" if kind != "fixed" else "offspring: count", numbers[0], 0.0, MOST_MEAN
    )
    rest = [check_number("offspring: dispersion", x, 1e-3, 1e6) for x in numbers[1:]]
    with localcontext() as context:
        context.prec = 40
        probabilities = make(mean, *rest)
    return _tabulated(" ".join([kind, *(f"{float(x):g}" for x in numbers)]), probabilities)


def _fixed(count: float) -> list[Decimal]:
    whole = check_count("offspring: count", int(count) if float(count).is_integer() else count, 0)
    return [Decimal(0)] * whole + [Decimal(1)]


def _poisson(mean: float) -> list[Decimal]:
    rate = Decimal(mean)
    return _until_tail((-rate).exp(), lambda k: rate / k, mean)


def _negative_binomial(mean: float, dispersion: float) -> list[Decimal]:
    r, m = Decimal(dispersion), Decimal(mean)
    odds = m / (m + r)
    return _until_tail((r / (m + r)) ** r, lambda k: odds * (r + k - 1) / k, mean)


def _until_tail(first: Decimal, ratio: Callable[[int], Decimal], mean: float) -> list[Decimal]:
    """Probabilities from the first and the ratio of each to the one before, until almost nothing is left."""
    found, total = [first], first
    while total < 1 - _TAIL and len(found) < 2_000_000:
        found.append(found[-1] * ratio(len(found)))
        total += found[-1]
        if len(found) > mean and found[-1] < _TAIL / 1000:
            break
    return found


def _tabulated(name: str, probabilities: list[Decimal]) -> OffspringLaw:
    cumulated, total = np.empty(len(probabilities)), Decimal(0)
    for k, probability in enumerate(probabilities):
        total += probability
        cumulated[k] = float(total)
    cumulated[-1] = 2.0
    return OffspringLaw(name, np.array([float(x) for x in probabilities]), cumulated)
