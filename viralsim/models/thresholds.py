"""Threshold models: a person adopts once a fraction, or a number, of those followed have."""

from __future__ import annotations

import difflib
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.kernels import threshold as kernel
from viralsim.kernels.draws import level_of
from viralsim.models.results import ModelResult, check_count, check_seeds, check_threads, model_key
from viralsim.models.running import (
    Job,
    check_horizon,
    check_number,
    check_population,
    make_queue,
    make_tree,
    nice_grid,
    person_keys,
    sources_of,
)

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["threshold"]

METHOD = "synchronous-1"
"""How thresholds and waiting times are drawn."""

PARENTS = {"latest": kernel.LATEST, "first": kernel.FIRST, "random": kernel.RANDOM}
_MOST_ABSOLUTE = 2**31 - 1


def threshold(
    g: SocialGraph,
    seeds: ArrayLike,
    replicates: int,
    fraction: float | ArrayLike | tuple[Any, ...] | None = None,
    absolute: int | ArrayLike | tuple[Any, ...] | None = None,
    below_prob: float = 0.0,
    parent: str = "latest",
    horizon_steps: int | None = None,
    bins: int = 200,
    seed: int | None = 0,
    threads: int | None = 1,
) -> ModelResult:
    """Threshold model: a person adopts once enough of those whom the person follows have adopted.

    Parameters
    ----------
    g : SocialGraph
        On undirected graphs those followed are the neighbours.
    seeds : integer array (k,) or (replicates, k)
        Adopters in step 0.
    replicates : int
    fraction : float, float array (n_nodes,) or tuple
        Part of those followed that must have adopted, from 0 to 1 (at least one person in any case): of everybody, of
        each person, or drawn for each person and replicate from ("uniform", low, high) or ("discrete", values,
        probabilities). Of k people max(1, ceil(fraction k - 1e-12)) are needed.
    absolute : int, int array (n_nodes,) or tuple
        Number of those followed that must have adopted; the tuple ("discrete", values, probabilities). Exactly one of
        `fraction` and `absolute` is given.
    below_prob : float
        Probability in each step of adopting all the same, once one of those followed has and the threshold is not met.
    parent : str
        Which adopter counts as the one who passed it on: of those followed that adopted before, drawn among the
        "latest" (the step that met the need), among the "first", or among all ("random"). It changes depth and
        structural virality, never size.
    horizon_steps : int, optional
        Steps at most; None runs until nothing more can happen.
    bins : int
        At most so many bins of time (0: no curves).
    seed : int or None
        Everything random follows from it; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.

    Returns
    -------
    ModelResult
        `size` (adopters, seeds included), `depth`, trees, and the curves "adopters" and "new_adopters" by step
        (`time_unit` is "steps", `times_hours` holds steps).

    Raises
    ------
    SpecError
        If an argument cannot be used.

    Notes
    -----
    Watts 2002, "A simple model of global cascades on random networks" (fraction); Granovetter 1978; Centola and Macy
    2007, "Complex contagions and the weakness of long ties" (absolute); Eckles, Mossel, Rahimian and Sen 2024 (adoption
    below the threshold). Steps are synchronous: everybody reads the step before. More seeds or lower thresholds never
    lose an adopter in any replicate.

    Examples
    --------
    >>> import viralsim as vs
    >>> star = vs.SocialGraph.from_edges([0] * 5, [1, 2, 3, 4, 5], directed=False)
    >>> vs.models.threshold(star, [1], replicates=1, fraction=0.2).size      # 1 of 5 is enough
    array([6])
    >>> vs.models.threshold(star, [1], replicates=1, absolute=2).size
    array([1])
    """
    if g is None:
        raise SpecError("g: a graph is needed; the threshold model has no well mixed form")
    people = check_population(g, None)
    replicates = check_count("replicates", replicates)
    rows = check_seeds(seeds, people, replicates)
    law, told = _check_law(fraction, absolute, people)
    below = check_number("below_prob", below_prob, high=1.0)
    if parent not in PARENTS:
        raise SpecError(f"parent: got {parent!r}; allowed are {', '.join(map(repr, PARENTS))}")
    steps = None if horizon_steps is None else check_count("horizon_steps", horizon_steps)
    horizon, grid, bins = check_horizon(steps, bins, whole=True)
    used_seed, key = model_key("threshold", seed)
    graph = (g.indptr, g.indices, person_keys(g), *sources_of(g))
    head = (graph, law, (float(level_of(below)), PARENTS[parent]), horizon)
    tail = (rows, key, replicates, check_threads(threads), 1)
    job = Job(kernel.run_threshold, head, partial(_scratch, people), *tail)
    if grid is None:
        grid = nice_grid(max(1.0, job.end_hours(max(100, people // 20)) if bins else 1.0), bins, whole=True)
    outcome = job.run(grid)
    flows = outcome.flows[:, 0]
    settings = {**told, "seeds": str(rows.shape[1])}
    if below:
        settings["adopting below it"] = f"{below:g} per step"
    return ModelResult(
        "fractional threshold" if fraction is not None else "absolute threshold",
        METHOD,
        used_seed,
        people,
        outcome.size,
        outcome.depth,
        settings,
        job.grow,
        lambda: outcome.virality.copy(),
        grid.times_hours if grid.bins else None,
        {"adopters": flows.cumsum(axis=1), "new_adopters": flows} if grid.bins else {},
        "steps",
    )


def _scratch(n: int) -> tuple[Any, ...]:
    exposure = kernel.Exposure(np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32))
    return make_tree(n), make_queue(n), exposure


_KernelLaw = tuple[int, NDArray[np.float64], NDArray[np.float64], bool]


def _check_law(fraction: Any, absolute: Any, people: int) -> tuple[_KernelLaw, dict[str, str]]:
    """Thresholds as the kernel takes them, and as people read them."""
    if (fraction is None) == (absolute is None):
        raise SpecError(
            "give exactly one of fraction= (part of those followed) and absolute= (number of them)"
        )
    kind, name, value = (0, "fraction", fraction) if absolute is None else (1, "absolute", absolute)
    none = np.zeros(0, np.float64)
    if isinstance(value, (tuple, list)) and value and isinstance(value[0], str):
        values, cumulated, spread = _drawn(name, kind, tuple(value))
        return (kind, values, cumulated, spread), {name: " ".join(str(part) for part in value)}
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        return (kind, _checked(name, kind, [value]), none, False), {name: f"{value:g}"}
    values = _checked(name, kind, value)
    if values.size != people:
        raise SpecError(f"{name}: found {values.size} values; one per person is needed, {people:,}")
    return (kind, values, none, False), {name: "per person"}


def _checked(name: str, kind: int, given: Any) -> NDArray[np.float64]:
    """Thresholds as float64[k], or SpecError."""
    array: NDArray[Any] = np.asarray(given)
    if array.ndim != 1 or array.dtype.kind not in "fiu" or array.size == 0:
        raise SpecError(
            f"{name}: got {given!r}; allowed are one number, an array with one per person, and a law in a tuple"
        )
    values = np.ascontiguousarray(array, dtype=np.float64)
    low, high = (0.0, 1.0) if kind == 0 else (1.0, float(_MOST_ABSOLUTE))
    bad = ~((values >= low) & (values <= high)) | ((values != np.floor(values)) & (kind == 1))
    if bad.any():
        what = "numbers from 0 to 1" if kind == 0 else "whole numbers from 1 on"
        raise SpecError(f"{name}: found {array[int(np.argmax(bad))]}; allowed are {what}")
    return values


def _drawn(
    name: str, kind: int, law: tuple[Any, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """A law of thresholds: values, cumulated probabilities, whether uniform."""
    kinds = ("uniform", "discrete") if kind == 0 else ("discrete",)
    if law[0] not in kinds:
        near = difflib.get_close_matches(law[0], kinds, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise SpecError(f"{name}: no law is called {law[0]!r} here; {hint}allowed are {', '.join(kinds)}")
    if len(law) != 3:
        needs = "low and high" if law[0] == "uniform" else "values and probabilities"
        raise SpecError(f"{name}: {law[0]!r} needs {needs}; got {law!r}")
    if law[0] == "uniform":
        values = _checked(name, kind, [law[1], law[2]])
        if values[0] > values[1]:
            raise SpecError(f"{name}: ('uniform', {law[1]}, {law[2]}) has its low end above its high end")
        return values, np.zeros(0, np.float64), True
    values, probabilities = _checked(name, kind, law[1]), np.asarray(law[2], dtype=np.float64)
    if (
        probabilities.shape != values.shape
        or (probabilities < 0).any()
        or abs(probabilities.sum() - 1) > 1e-9
    ):
        raise SpecError(
            f"{name}: 'discrete' needs as many probabilities as values, adding up to 1; got {law!r}"
        )
    cumulated = probabilities.cumsum()
    cumulated[-1] = 2.0
    return values, cumulated, False
