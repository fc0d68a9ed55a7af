"""Very many cascades, each from one random person of a follower graph, straight into histograms."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.progress import bar
from viralsim.errors import SpecError
from viralsim.kernels import stream
from viralsim.kernels.draws import level_of
from viralsim.models.cascade_counts import CascadeCounts
from viralsim.models.results import ModelTrace, check_count, check_threads, model_key, ordered_trace
from viralsim.rng import derive

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["follower_cascades"]

METHOD = "level-points-1"
"""Version of the way draws are made: a result with the same method and seed has the same cascades."""

_CHUNK = (
    1 << 18
)  # cascades whose sums are added before those of others; results depend on it in the last digit
_BATCH = 512  # cascades followed together; changes nothing but the time
_ROOM = 1 << 14  # people of a batch; the cascades of one that outgrows it are run again one by one

Progress = Callable[[int, int], None]


def follower_cascades(
    g: SocialGraph,
    probability: float,
    cascades: int,
    seed: int | None = 0,
    threads: int | None = 1,
    popular: int = 100,
    progress: Progress | bool | None = None,
    method: str | None = None,
) -> CascadeCounts:
    """Cascades from one random person each, counted: a billion need no more memory than a thousand.

    Parameters
    ----------
    g : SocialGraph
    probability : float
        Chance that a follower adopts, per try; everyone who adopts has one try at each follower.
    cascades : int
    seed : int or None
        Everything random follows from it; 0 is a seed; None draws one and records it.
    threads : int or None
        Changes nothing but the time; None is one per processor.
    popular : int
        Cascades of at least this size (2 or more) have their structural virality counted.
    progress : callable (done, all) or bool, optional
        Called with cascades done, several times a second; (0, all) first and (all, all) last. It may raise to stop the
        work. True draws a bar on stderr.
    method : str, optional
        How draws are made; there is one way, "level-points-1".

    Returns
    -------
    CascadeCounts
        Histograms of size, depth and structural virality, with their means and standard errors.

    Raises
    ------
    SpecError
        If an argument cannot be used, or nobody is in the graph.

    Notes
    -----
    The simulation of Goel, Anderson, Hofman and Watts 2016, "The structural virality of online diffusion", section 5:
    independent cascade from one uniformly drawn person. Cascade number c is a function of (seed, c) alone, the same
    for any number of threads and cascades, and nested in the probability. Draws: docs/models/follower-cascades.md.

    Examples
    --------
    >>> import viralsim as vs
    >>> star = vs.SocialGraph.from_edges([0, 0, 0], [1, 2, 3])
    >>> counts = vs.models.follower_cascades(star, 1.0, cascades=1000)
    >>> counts.at_least(4) == counts.at_least(2)     # the hub reaches all three, a leaf nobody
    True
    """
    if method not in (None, METHOD):
        raise SpecError(f"method: got {method!r}; allowed is {METHOD!r}, or None for the same")
    p = _checked_probability(probability)
    cascades = check_count("cascades", cascades)
    popular = check_count("popular", popular, 2)
    thread_count = check_threads(threads)
    if g.n_nodes < 1:
        raise SpecError("g: the graph has nobody in it; a cascade starts from a person")
    used_seed, key = model_key("follower cascades", seed)
    job = _Job(
        _reach(g, p), np.uint64(derive(int(key), 0)), np.uint64(derive(int(key), 1)), cascades, popular
    )
    tally, sums = _run(job, thread_count, _listener(progress))
    return CascadeCounts(
        METHOD, used_seed, g.n_nodes, g.n_edges, p, cascades, popular,
        tally.size, tally.depth, tally.virality, tally.totals, sums, job.grow,
    )  # fmt: skip


def _listener(progress: Progress | bool | None) -> Progress | None:
    """Who is told how many cascades are done."""
    if not isinstance(progress, bool):
        return progress
    return bar("cascades") if progress else None


def _checked_probability(value: Any) -> float:
    """A probability as float, or SpecError."""
    good = isinstance(value, (Real, np.floating)) and not isinstance(value, bool | np.bool_)
    if not good or not 0.0 <= float(value) <= 1.0:
        raise SpecError(
            f"probability: got {value!r}; allowed are numbers from 0 to 1 (r new adopters per person are r / mean "
            "number of followers)"
        )
    return float(value)


def _reach(g: SocialGraph, probability: float) -> stream.Reach:
    """Graph and probability as the kernels want them."""
    person_key = np.zeros(0, np.uint64) if g.person_keys is None else g.person_keys
    level = np.float64(level_of(probability))
    return stream.Reach(g.indptr, g.indices, person_key, level, np.bool_(np.isinf(level)))


def _make_wave(batch: int, room: int) -> stream.Wave:
    """Scratch for `batch` cascades that reach `room` people (the first ones included)."""
    size = 1 << (2 * room - 1).bit_length()
    lists = [np.empty(room, np.int32) for _ in range(4)]
    tables = np.empty(room, np.int64), np.zeros(size, np.int32)
    arcs = np.empty(stream.ARCS, np.int64), np.empty(stream.ARCS, np.int32)
    counts = [np.zeros(batch, np.int64) for _ in range(3)]
    block = [np.empty(stream.BLOCK, kind) for kind in (np.uint64, np.float64, np.int32)]
    return stream.Wave(*lists, *tables, *arcs, *block, np.empty(batch, np.uint64), *counts)  # type: ignore[call-arg]


def _new_tally() -> stream.Tally:
    """Nothing counted yet."""
    sizes = stream.BINS, stream.BINS, stream.VIRALITY_BINS, stream.TOTALS
    tally = stream.Tally(*(np.zeros(size, np.int64) for size in sizes))
    return tally


@dataclass(frozen=True, slots=True)
class _Job:
    """One call: enough to run any of its cascades, any number of times."""

    reach: stream.Reach
    root_key: np.uint64
    luck_key: np.uint64
    cascades: int
    popular: int

    @property
    def people(self) -> int:
        """Number of people."""
        return int(self.reach.indptr.size) - 1

    def count(self, begin: int, end: int, scratch: _Scratch) -> NDArray[np.float64]:
        """Add cascades `begin` to `end` - 1 to the thread's tally; the sums of this chunk."""
        sums = np.zeros(stream.SUMS)
        at = begin
        while at < end:
            at = self._stream(at, end, scratch.wave, scratch.tally, sums)
            stop = min(at + _BATCH, end)
            while at < stop:  # that batch does not fit: its cascades one by one
                at = self._stream(at, stop, scratch.large(self.people), scratch.tally, sums)
                if at < stop:
                    scratch.grow(self.people)
        return sums

    def _stream(self, at: int, end: int, wave: stream.Wave, tally: stream.Tally, sums: Any) -> int:
        keys = self.root_key, self.luck_key
        return int(stream.run_stream(self.reach, *keys, at, end, self.popular, wave, tally, sums))

    def grow(self, number: int) -> ModelTrace:
        """One cascade with parents, in order of (generation, position)."""
        room, size = _ROOM, -1
        while size < 0:
            wave = _make_wave(1, room)
            size = int(stream.spread_batch(self.reach, self.root_key, self.luck_key, number, 1, wave))
            room = min(4 * room, max(room, self.people) + 1)
        parent = wave.parent[:size]
        generation = np.zeros(size, np.int32)
        for i in range(1, size):  # parents stand before their children
            generation[i] = generation[parent[i]] + 1
        return ordered_trace(wave.person[:size], parent, generation)


class _Scratch:
    """Scratch and tally of one thread; the larger list is made when first needed."""

    __slots__ = ("_large", "tally", "wave")

    def __init__(self) -> None:
        self.wave = _make_wave(_BATCH, _ROOM)
        self.tally = _new_tally()
        self._large: stream.Wave | None = None

    def large(self, people: int) -> stream.Wave:
        """A list for single cascades, at first four times that of a batch."""
        return self.grow(people) if self._large is None else self._large

    def grow(self, people: int) -> stream.Wave:
        """Four times the last list for single cascades; more than all people are never needed."""
        room = (self.wave if self._large is None else self._large).person.size
        self._large = _make_wave(1, min(4 * room, max(room, people) + 1))
        return self._large


class _Ledger:
    """Which chunk is next, and the sums of those done, added in order of their numbers whoever is first."""

    def __init__(self, cascades: int, progress: Progress | None):
        self.cascades = cascades
        self.sums = np.zeros(stream.SUMS)
        self._progress = progress
        self._lock = threading.Lock()
        self._next = 0
        self._added = 0
        self._done = 0
        self._waiting: dict[int, NDArray[np.float64]] = {}
        self._stopped = False

    def take(self) -> tuple[int, int, int] | None:
        """Number, first cascade and end of a chunk nobody has; None if there is none."""
        with self._lock:
            begin = self._next * _CHUNK
            if self._stopped or begin >= self.cascades:
                return None
            self._next += 1
            return self._next - 1, begin, min(begin + _CHUNK, self.cascades)

    def give(self, number: int, count: int, sums: NDArray[np.float64]) -> None:
        """Hand in a chunk."""
        with self._lock:
            self._waiting[number] = sums
            while self._added in self._waiting:
                self.sums += self._waiting.pop(self._added)
                self._added += 1
            self._done += count
            self.report()

    def report(self) -> None:
        """Tell how many cascades are done; whoever listens may stop the work by raising."""
        if self._progress is not None:
            try:
                self._progress(self._done, self.cascades)
            except BaseException:
                self._stopped = True
                raise


def _run(job: _Job, threads: int, progress: Progress | None) -> tuple[stream.Tally, NDArray[np.float64]]:
    """All cascades in chunks over threads."""
    ledger = _Ledger(job.cascades, progress)
    ledger.report()

    def loop() -> stream.Tally:
        scratch = _Scratch()
        while chunk := ledger.take():
            number, begin, end = chunk
            ledger.give(number, end - begin, job.count(begin, end, scratch))
        return scratch.tally

    threads = min(threads, -(-job.cascades // _CHUNK))
    if threads == 1:
        return loop(), ledger.sums
    with ThreadPoolExecutor(threads) as pool:
        tallies = [done.result() for done in [pool.submit(loop) for _ in range(threads)]]
    return _merged(tallies), ledger.sums


def _merged(tallies: list[stream.Tally]) -> stream.Tally:
    """Counts of all threads together; of the largest cascades the first."""
    whole = _new_tally()
    for tally in tallies:
        for kept, added in zip(whole[:3], tally[:3], strict=True):
            kept += added
        whole.totals[: stream.LARGEST] += tally.totals[: stream.LARGEST]
    number, size = min(
        ((int(t.totals[stream.LARGEST_NUMBER]), int(t.totals[stream.LARGEST])) for t in tallies),
        key=lambda found: (-found[1], found[0]),
    )
    whole.totals[stream.LARGEST], whole.totals[stream.LARGEST_NUMBER] = size, number
    return whole
