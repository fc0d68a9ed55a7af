"""What all classic models share: the tail of their arguments, how replicates are dealt, the result."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from itertools import count
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.errors import SpecError
from viralsim.metrics.trees import structural_virality
from viralsim.rng import check_seed, derive, entropy_seed, text_key

__all__ = [
    "ModelResult",
    "ModelSummary",
    "ModelTrace",
    "check_count",
    "check_index",
    "check_seeds",
    "check_threads",
    "deal_blocks",
    "model_key",
    "ordered_trace",
    "seeds_text",
]


def model_key(name: str, seed: int | None) -> tuple[int, np.uint64]:
    """Seed in use and the key on which all draws of a model hang.

    Parameters
    ----------
    name : str
        Name of the model: different models never share a draw.
    seed : int or None
        None draws one from the operating system.

    Returns
    -------
    seed : int
    key : numpy.uint64
        Replicate r draws under ``derive(key, r)``.

    Raises
    ------
    SpecError
        If the seed is no whole number from 0 on.
    """
    checked = entropy_seed() if seed is None else check_seed(seed)
    return checked, np.uint64(derive(text_key(name), checked))


def check_count(name: str, value: Any, lowest: int = 1) -> int:
    """Whole number of at least `lowest` as int, or SpecError naming the argument."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < lowest:
        raise SpecError(f"{name}: got {value!r}; it must be a whole number of at least {lowest}")
    return int(value)


def check_index(what: str, index: Any, count: int) -> int:
    """Number of one of `count` things, from 0 on, as int; SpecError if there is none."""
    found = index.__index__() if hasattr(index, "__index__") else -1
    if not 0 <= found < count:
        raise SpecError(f"{what} {index!r} does not exist; this result has 0 to {count - 1}")
    return int(found)


def check_threads(threads: Any) -> int:
    """Number of threads: a whole number from 1 on; None means one per processor. SpecError otherwise."""
    return (os.cpu_count() or 1) if threads is None else check_count("threads", threads)


def seeds_text(rows: NDArray[np.int64]) -> str:
    """How many people start, one named twice counting once: "5", or "4 to 17" if replicates differ.

    Examples
    --------
    >>> seeds_text(np.array([[1, 2, 3], [4, 4, 5]]))
    '2 to 3'
    """
    ordered = np.sort(rows, axis=1)
    count = (np.diff(ordered, axis=1) != 0).sum(axis=1) + min(rows.shape[1], 1)
    fewest, most = int(count.min()), int(count.max())
    return str(most) if fewest == most else f"{fewest} to {most}"


def check_seeds(seeds: ArrayLike, n_nodes: int, replicates: int) -> NDArray[np.int64]:
    """Seeds as rows, one for all replicates or one for each.

    Parameters
    ----------
    seeds : integer array (k,) or (replicates, k)
        Positions of people; one named twice in a row counts once.
    n_nodes : int
    replicates : int

    Returns
    -------
    int64[1, k] or int64[replicates, k]

    Raises
    ------
    SpecError
        If they are not integers, the shape is another, or a position is out of range.
    """
    array: NDArray[Any] = np.asarray(seeds)
    if array.size == 0 and array.ndim == 1:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise SpecError(
            f"seeds: found {array.dtype}; positions of people are needed, whole numbers from 0 to {n_nodes - 1}"
        )
    if array.ndim == 1:
        array = array[None, :]
    elif array.ndim != 2 or array.shape[0] != replicates:
        raise SpecError(
            f"seeds: found shape {array.shape}; allowed are (k,), the same in each replicate, and "
            f"({replicates}, k), a row per replicate"
        )
    bad = (array < 0) | (array >= n_nodes)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise SpecError(
            f"seeds: position {array[row, column]} does not exist; the graph has {n_nodes:,} people, "
            f"positions 0 to {n_nodes - 1}"
        )
    return np.ascontiguousarray(array, dtype=np.int64)


def deal_blocks(
    replicates: int,
    threads: int,
    work: Callable[[Any, int, int], None],
    scratch: Callable[[], Any],
    batch: int = 64,
) -> None:
    """Run replicates in blocks over threads; as draws are keyed, who runs what changes nothing.

    Parameters
    ----------
    replicates, threads : int
    work : callable (scratch, begin, end) -> None
        Runs replicates `begin` to `end` - 1 outside the interpreter lock.
    scratch : callable () -> object
        Makes the scratch of one thread.
    batch : int
        Blocks longer than this are rounded up to multiples of it.
    """
    block = -(-replicates // (threads * 4)) if threads > 1 else replicates
    if block > batch:
        block = -(-block // batch) * batch
    block = max(1, block)
    number = -(-replicates // block)
    next_block = count()

    def loop() -> None:
        own = scratch()
        while (k := next(next_block)) < number:
            work(own, k * block, min((k + 1) * block, replicates))

    if threads == 1 or number <= 1:
        loop()
        return
    with ThreadPoolExecutor(min(threads, number)) as pool:
        for done in [pool.submit(loop) for _ in range(min(threads, number))]:
            done.result()


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One measure over the replicates of a result.

    Parameters
    ----------
    mean, se : float
        Mean and its standard error, over the replicates where the measure is defined.
    low, high : float
        95 % interval of the mean, mean -+ 1.96 se.
    p05, p50, p95 : float
        Quantiles over replicates.
    defined : float
        Part of the replicates where the measure is defined.
    """

    mean: float
    se: float
    low: float
    high: float
    p05: float
    p50: float
    p95: float
    defined: float


def _summarise(values: NDArray[Any]) -> ModelSummary:
    """Summary of one value per replicate, NaN where undefined."""
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if known.size == 0:
        return ModelSummary(*[float("nan")] * 7, 0.0)  # type: ignore[call-arg]
    mean = float(known.mean())
    se = float(known.std(ddof=1)) / sqrt(known.size) if known.size > 1 else float("nan")
    p05, p50, p95 = (float(q) for q in np.quantile(known, (0.05, 0.5, 0.95)))
    return ModelSummary(mean, se, mean - 1.96 * se, mean + 1.96 * se, p05, p50, p95, known.size / len(values))


@dataclass(frozen=True, slots=True)
class ModelTrace:
    """Who got it from whom in one replicate.

    Parameters
    ----------
    persons : int64[size]
        Active people in order of (generation, position); parents stand before their children.
    parents : int64[size]
        Place in `persons` of who activated each, -1 for seeds.
    generation : int64[size]
        0 for seeds.
    hours : float64[size] or None
        When each became active; None for models without time.
    """

    persons: NDArray[np.int64]
    parents: NDArray[np.int64]
    generation: NDArray[np.int64]
    hours: NDArray[np.float64] | None = None

    def structural_virality(self) -> float:
        """Structural virality of this replicate's trees, pairs pooled; NaN if nobody but seeds is active."""
        return structural_virality(self.parents)


def ordered_trace(
    person: NDArray[np.int32], parent: NDArray[np.int32], generation: NDArray[np.int32]
) -> ModelTrace:
    """Trace in order of (generation, position) from one in the order of activation.

    Parameters
    ----------
    person, parent, generation : int32[size]
        Active people, the place of each one's parent among them (-1 for seeds), and generations.
    """
    size = person.size
    order = np.lexsort((person, generation))
    place = np.empty(size + 1, np.int64)
    place[order] = np.arange(size)
    place[size] = -1  # where parent -1 points to
    return ModelTrace(
        person[order].astype(np.int64), place[parent[order]], generation[order].astype(np.int64)
    )


_WRITTEN_OUT = {
    "susceptible": "S",
    "exposed": "E",
    "infectious": "I",
    "recovered": "R",
    "removed": "R",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ModelResult:
    """Outcome of a classic model: one entry per replicate.

    Parameters
    ----------
    model : str
        Name of the model, in words.
    method : str
        How coins are drawn. Two results share their luck (the same seed gives the same coins, nested in
        seeds and probabilities) if the model and the method are the same.
    seed : int
        The seed in use.
    n_nodes : int
    size : int64[replicates]
        People active at the end, seeds included.
    depth : int64[replicates]
        Largest generation; 0 if only seeds are active, -1 without seeds.
    settings : dict of str to str
        What was asked, for people to read.
    times_hours : float64[bins] or None
        End of each bin of time, in `time_unit`; None for models without time.
    curves : dict of str to int array [replicates, bins]
        See `curve`.
    time_unit : str
        What time is counted in: "hours", or "steps" and "periods" for models in discrete time.
    censored : bool[replicates] or None
        Where a replicate was stopped at a limit of size, so that its size is a lower bound; None for
        models without such a limit.
    """

    model: str
    method: str
    seed: int
    n_nodes: int
    size: NDArray[np.int64]
    depth: NDArray[np.int64]
    settings: dict[str, str]
    grow: Callable[[int], ModelTrace]
    virality: Callable[[], NDArray[np.float64]]
    times_hours: NDArray[np.float64] | None = None
    curves: dict[str, NDArray[Any]] = field(default_factory=dict)
    time_unit: str = "hours"
    censored: NDArray[np.bool_] | None = None
    _cache: dict[str, Any] = field(default_factory=dict)

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return int(self.size.size)

    def structural_virality(self) -> NDArray[np.float64]:
        """Structural virality of each replicate, float64[replicates]; NaN where no tree has two people.

        Several seeds are several trees: pairs are pooled over them. The replicates are run again with
        parents recorded (the same coins), once.
        """
        if "virality" not in self._cache:
            values = self.virality()
            values.flags.writeable = False
            self._cache["virality"] = values
        return self._cache["virality"]

    def trace(self, replicate: int) -> ModelTrace:
        """Who got it from whom in one replicate, run again exactly.

        Raises
        ------
        SpecError
            If there is no such replicate.
        """
        return self.grow(check_index("replicate", replicate, self.replicates))

    def curve(self, name: str) -> NDArray[Any]:
        """Numbers of people over time, [replicates, bins], each at the end of a bin (`times_hours`).

        Parameters
        ----------
        name : str
            One of the names in `curves`, such as "adopters" or "I"; the names of compartments may be
            written out ("infectious").

        Raises
        ------
        SpecError
            If the model has no time, or no curve of that name.
        """
        name = name if name in self.curves else _WRITTEN_OUT.get(str(name), name)
        if name not in self.curves:
            known = ", ".join(self.curves) or f"none: {self.model} was run without time"
            raise SpecError(f"curve {name!r} does not exist; this result has {known}")
        return self.curves[name]

    def summary(self) -> dict[str, ModelSummary]:
        """Mean, its interval and quantiles of size and depth (and structural virality once computed)."""
        values: dict[str, NDArray[Any]] = {"size": self.size, "depth": self.depth}
        if "virality" in self._cache:
            values["structural_virality"] = self._cache["virality"]
        return {name: _summarise(value) for name, value in values.items()}

    def _sentence(self) -> str:
        size = _summarise(self.size)
        told = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        people = f"of {self.n_nodes:,} people reached" if self.n_nodes else "individuals in all"
        return (
            f"{self.model} ({told}): {size.mean:,.2f} {people} on average "
            f"(half of {self.replicates:,} replicates at most {size.p50:,.0f}, one in twenty above {size.p95:,.0f})"
        )

    def __repr__(self) -> str:
        return f"<{self._sentence()}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th>"
            + "".join(f"<td>{v:,.3g}</td>" for v in (s.mean, s.low, s.high, s.p05, s.p50, s.p95))
            + "</tr>"
            for name, s in self.summary().items()
        )
        head = "".join(f"<th>{t}</th>" for t in ("", "mean", "low", "high", "p05", "p50", "p95"))
        return f"<p>{escape(self._sentence())}</p><table><tr>{head}</tr>{rows}</table>"
