"""Random social graphs, each a pure function of its arguments and `seed`.

Million-person graphs take about a second: the kernels write compressed sparse rows directly and
their work grows with the edges, not with the pairs of people. Every generator draws from
`viralsim.kernels.draws`, so the same call gives the same graph on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import SpecError
from ..kernels import csr, generators
from ..kernels.draws import derive, level_of
from .social_graph import _MAX_NODES, _NO_TIE, SocialGraph, _narrow

if TYPE_CHECKING:
    from .communities import RESEMBLING, communities

__all__ = ["RESEMBLING", "block", "communities", "erdos_renyi", "power_law", "preferential", "small_world"]


def __getattr__(name: str) -> Any:
    """`communities` lives in its own file, which builds on this one: it is loaded when asked for."""
    if name in ("communities", "RESEMBLING"):
        from . import communities as module

        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# one purpose per generator, so that graphs of different kinds with one seed share no draws
_ERDOS_RENYI, _SMALL_WORLD, _PREFERENTIAL, _POWER_LAW, _BLOCK, _ERDOS_RENYI_DIRECTED = range(1, 7)


def erdos_renyi(n: int, mean_degree: float, directed: bool = False, seed: int = 0) -> SocialGraph:
    """G(n, p): every pair (directed: every ordered pair) is tied with probability mean_degree/(n-1).

    Parameters
    ----------
    n : int
        People, at least 1.
    mean_degree : float
        Expected followers of a person, 0 to n - 1.
    directed : bool
    seed : int
        0 to 2^64 - 1.

    Raises
    ------
    SpecError
        If an argument is out of range.

    Notes
    -----
    Source: Gilbert 1959; exact skip sampling of Batagelj and Brandes 2005.

    Examples
    --------
    >>> erdos_renyi(100, 4, seed=1).n_nodes
    100
    """
    n = _whole("n", n, 1, _MAX_NODES)
    mean_degree = _number("mean_degree", mean_degree, 0, n - 1, "at most n - 1, everyone else")
    key = _key(seed, _ERDOS_RENYI_DIRECTED if directed else _ERDOS_RENYI)
    if mean_degree == 0:
        return _from_rows(np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int32), directed)
    prob = mean_degree / (n - 1)
    level = level_of(prob)
    pairs = n * (n - 1) * (1.0 if directed else 0.5)

    def fill(src: NDArray[np.int32], dst: NDArray[np.int32]) -> int:
        if directed:
            return generators.skip_rectangle(key, level, 0, n, 0, n - 1, src, dst, 0)
        return generators.skip_triangle(key, level, 0, n, src, dst, 0)

    src, dst = _grow(fill, pairs * prob)
    if directed:
        return _from_rows(generators.rows_from_ordered(src, dst, n, True), dst, True)
    return _from_ordered_pairs(src, dst, n)


def small_world(n: int, mean_degree: int, rewire_prob: float, seed: int = 0) -> SocialGraph:
    """Watts and Strogatz' small world: a ring of neighbours, some ties moved to random people.

    Parameters
    ----------
    n : int
        People, at least 3.
    mean_degree : int
        Neighbours in the ring, half on each side: even, 2 to n - 1. The number of pairs is exactly
        n * mean_degree / 2.
    rewire_prob : float
        Probability that a tie's far end moves to a uniform person who is not yet a neighbour.
    seed : int

    Raises
    ------
    SpecError
        If an argument is out of range.

    Notes
    -----
    Source: Watts and Strogatz 1998, "Collective dynamics of small-world networks".

    Examples
    --------
    >>> small_world(20, 4, 0.1).n_edges
    80
    """
    n = _whole("n", n, 3, _MAX_NODES)
    mean_degree = _whole("mean_degree", mean_degree, 2, n - 1)
    if mean_degree % 2:
        raise SpecError(
            f"mean_degree is {mean_degree}: it must be even (half of it on each side of the ring)"
        )
    rewire_prob = _number("rewire_prob", rewire_prob, 0, 1, "a probability")
    half = mean_degree // 2
    targets, rewired = generators.small_world_targets(_key(seed, _SMALL_WORLD), n, half, rewire_prob)
    src = np.repeat(np.arange(n, dtype=np.int32), half)
    return _from_pairs(src, targets, n, (f"{rewired:,} of {targets.size:,} pairs were rewired.",))


def preferential(n: int, m: int, seed: int = 0) -> SocialGraph:
    """Preferential attachment: each newcomer ties to m people, in proportion to their ties (undirected).

    Parameters
    ----------
    n : int
        People, more than m.
    m : int
        Pairs each newcomer brings, at least 1. Starting from a star of m + 1 people there are
        exactly m * (n - m) pairs.
    seed : int

    Raises
    ------
    SpecError
        If an argument is out of range.

    Notes
    -----
    Source: Barabasi and Albert 1999, "Emergence of scaling in random networks".

    Examples
    --------
    >>> preferential(1000, 5, seed=0).n_edges
    9950
    """
    n = _whole("n", n, 2, _MAX_NODES)
    m = _whole("m", m, 1, n - 1)
    src, dst = generators.preferential_pairs(_key(seed, _PREFERENTIAL), n, m)
    return _from_ordered_pairs(src, dst, n)


def power_law(
    n: int,
    exponent: float = 2.3,
    min_followers: int | None = None,
    max_followers: int | None = None,
    mean_followers: float | None = None,
    seed: int = 0,
    threads: int = 1,
) -> SocialGraph:
    """Directed graph whose follower counts k have probability k^-exponent; followers are uniform.

    Parameters
    ----------
    n : int
        People, at least 2.
    exponent : float
        0 to 10; social networks lie near 2.3.
    min_followers, max_followers : int, optional
        Cut-offs of the law, both included; 10 (fewer if n is small) and 1,000,000 or n - 1.
    mean_followers : float, optional
        Solves the lower cut-off instead: the lowest count keeps a part of its probability, so that
        any mean between that of cut-off 1 and the upper cut-off is met exactly.
    seed : int
    threads : int
        Changes nothing but the time.

    Raises
    ------
    SpecError
        If an argument is out of range, the mean cannot be reached, or both it and the lower cut-off
        are given.

    Notes
    -----
    Source: the simulation of Goel, Anderson, Hofman and Watts 2016 (cut-offs 10 and 10^6).

    Examples
    --------
    >>> power_law(500, 2.3, min_followers=5, max_followers=100).directed
    True
    """
    n = _whole("n", n, 2, _MAX_NODES)
    exponent = _number("exponent", exponent, 0, 10, "the exponent of k^-exponent")
    high = _whole("max_followers", min(n - 1, 10**6) if max_followers is None else max_followers, 1, n - 1)
    if mean_followers is not None and min_followers is not None:
        raise SpecError(
            "min_followers and mean_followers are both given: the mean solves the lower cut-off; give one"
        )
    if mean_followers is None:
        low = _whole("min_followers", min(10, high) if min_followers is None else min_followers, 1, high)
        weights = generators.power_law_weights(low, high, exponent)
        notes = (f"Follower counts follow k^-{exponent:g} from {low:,} to {high:,}.",)
    else:
        low, weights = _solve_lower_cutoff(exponent, high, mean_followers)
        notes = (
            f"Follower counts follow k^-{exponent:g} from {low:,} ({weights[0]:.3g} of its weight) "
            f"to {high:,}, solved for a mean of {mean_followers:g}.",
        )
    key = _key(seed, _POWER_LAW)
    counts = generators.draw_counts(_subkey(key, 0), n, low, np.cumsum(weights))
    pointers = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(counts, out=pointers[1:])
    indices = np.empty(int(pointers[-1]), dtype=np.int32)
    _fill_rows(_subkey(key, 1), pointers, indices, _whole("threads", threads, 1, 4096))
    return _from_rows(pointers, indices, True, notes)


def block(
    sizes: Sequence[int], density: float | ArrayLike, inside: float | None = None, seed: int = 0
) -> SocialGraph:
    """Stochastic block model (undirected): the chance of a tie depends on the two people's blocks.

    Parameters
    ----------
    sizes : sequence of int
        People in each block; the first block holds the first positions, and so on.
    density : float or array (blocks, blocks)
        A symmetric matrix: probabilities of a tie. A number: the mean degree.
    inside : float, optional
        With a mean degree: the expected part of ties that stay inside a block, .8 if not given
        (assumption). Inside its block everyone has the same expected degree; all other pairs are
        equally likely.
    seed : int

    Raises
    ------
    SpecError
        If an argument is out of range, or the mean degree cannot be reached.

    Notes
    -----
    Source: Holland, Laskey and Leinhardt 1983, "Stochastic blockmodels: first steps".

    Examples
    --------
    >>> block([50, 50], [[0.2, 0.01], [0.01, 0.2]], seed=3).n_nodes
    100
    """
    counts = [_whole(f"sizes[{i}]", size, 1, _MAX_NODES) for i, size in enumerate(sizes)]
    if not counts or sum(counts) > _MAX_NODES:
        raise SpecError(
            f"sizes has {len(counts)} blocks, {sum(counts):,} people: 1 to {_MAX_NODES:,} people fit"
        )
    if np.ndim(density) == 0:
        probs = _block_probs(counts, density, 0.8 if inside is None else inside)
    elif inside is not None:
        raise SpecError("inside is only used with a mean degree: the matrix already says it; leave it out")
    else:
        probs = _checked_probs(density, len(counts))
    key = _key(seed, _BLOCK)
    starts = np.concatenate(([0], np.cumsum(counts)))
    sizes_array = np.array(counts, dtype=float)
    expected = (sizes_array @ probs @ sizes_array - sizes_array @ np.diag(probs)) / 2

    def fill(src: NDArray[np.int32], dst: NDArray[np.int32]) -> int:
        at = 0
        for a in range(len(counts)):
            for b in range(a + 1):
                level = level_of(probs[a, b])
                if level == 0 or at < 0:
                    continue
                own = _subkey(_subkey(key, a), b)
                if a == b:
                    at = generators.skip_triangle(own, level, starts[a], counts[a], src, dst, at)
                else:
                    at = generators.skip_rectangle(
                        own, level, starts[a], counts[a], starts[b], counts[b], src, dst, at
                    )
        return at

    src, dst = _grow(fill, float(expected))
    return _from_pairs(src, dst, int(starts[-1]))


def _fill_rows(key: np.uint64, pointers: NDArray[np.int64], indices: NDArray[np.int32], threads: int) -> None:
    """Uniform followers of every row, in parts of about equally many arcs over threads."""
    n, parts = pointers.size - 1, 8 * threads
    if threads == 1:
        generators.uniform_followers(key, pointers, indices, 0, n)
        return
    shares = indices.size * np.arange(1, parts) // parts
    bounds = [0, *np.searchsorted(pointers[:-1], shares).tolist(), n]
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(generators.uniform_followers, key, pointers, indices, first, end)
            for first, end in pairwise(bounds)
        ]
        for job in jobs:
            job.result()


# ---- helpers -----------------------------------------------------------------------------------


def _whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number in [low, high], or SpecError."""
    try:
        good = not isinstance(value, bool) and int(value) == value and low <= value <= high
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise SpecError(f"{name} is {value!r}: a whole number from {low:,} to {high:,} is allowed")
    return int(value)


def _number(name: str, value: Any, low: float, high: float, meaning: str) -> float:
    """A finite number in [low, high], or SpecError."""
    try:
        good = not isinstance(value, bool) and low <= float(value) <= high
    except (TypeError, ValueError):
        good = False
    if not good:
        raise SpecError(f"{name} is {value!r}: a number from {low:g} to {high:g} is allowed ({meaning})")
    return float(value)


def _key(seed: Any, purpose: int) -> np.uint64:
    """Root key of a generator's draws."""
    return _subkey(np.uint64(_whole("seed", seed, 0, 2**64 - 1)), purpose)


def _subkey(key: np.uint64, word: int) -> np.uint64:
    """`derive`, kept unsigned: a kernel called from Python hands back a plain integer."""
    return np.uint64(derive(key, word))


def _grow(
    fill: Callable[[NDArray[np.int32], NDArray[np.int32]], int], expected: float
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pairs of a kernel of unknown yield: room for the mean and six deviations, more if that is short."""
    room = expected + 6 * math.sqrt(expected) + 16
    while True:
        src, dst = np.empty(int(room), dtype=np.int32), np.empty(int(room), dtype=np.int32)
        found = fill(src, dst)
        if found >= 0:
            return src[:found], dst[:found].copy()
        room *= 1.5


def _from_rows(
    pointers: NDArray[np.int64], indices: NDArray[np.int32], directed: bool, notes: tuple[str, ...] = ()
) -> SocialGraph:
    """Graph of finished rows."""
    return SocialGraph(_narrow(pointers, indices.size), indices, directed=directed, notes=notes)


def _from_ordered_pairs(src: NDArray[np.int32], dst: NDArray[np.int32], n: int) -> SocialGraph:
    """Undirected graph of pairs with src > dst in lexicographic order.

    One counting pass is enough: everyone's earlier neighbours arrive in order with their own row,
    and all later neighbours arrive after that, in order.
    """
    pointers, indices, _ = csr.group_by(src, dst, _NO_TIE, n, True)
    return _from_rows(pointers, indices, False)


def _from_pairs(
    src: NDArray[np.int32], dst: NDArray[np.int32], n: int, notes: tuple[str, ...] = ()
) -> SocialGraph:
    """Undirected graph of distinct pairs in any order."""
    pointers, grouped, _ = csr.group_by(src, dst, _NO_TIE, n, True)
    pointers, indices, _ = csr.transpose(pointers, grouped, _NO_TIE, n)
    return _from_rows(pointers, indices, False, notes)


def _solve_lower_cutoff(exponent: float, high: int, mean: float) -> tuple[int, NDArray[np.float64]]:
    """Lowest count and the weights of low ... high (the first scaled) whose mean is the one asked for."""
    weights = generators.power_law_weights(1, high, exponent)
    above = np.cumsum(weights[::-1])[::-1]  # weight of k and more
    above_times = np.cumsum((weights * np.arange(1, high + 1))[::-1])[::-1]
    lowest = float(above_times[0] / above[0])
    mean = _number(
        "mean_followers",
        mean,
        lowest,
        high,
        f"lowest: exponent {exponent:g} with cut-offs 1 and {high:,}; highest: the upper cut-off; "
        f"change exponent or max_followers to move them",
    )
    if mean >= high:
        return high, np.ones(1)
    # means of the cut-offs 1, 2, ... ascend; the cut-off is the last whose mean is not above the target
    low = int(np.searchsorted(above_times / above, mean, side="right"))
    # part f of the lowest weight w: (f w low + S1) / (f w + S0) = mean
    part = (above_times[low] - mean * above[low]) / (weights[low - 1] * (mean - low))
    weights = weights[low - 1 :].copy()
    weights /= weights[0]
    weights[0] = min(1.0, max(0.0, float(part)))
    return low, weights


def _block_probs(sizes: list[int], mean_degree: Any, inside: Any) -> NDArray[np.float64]:
    """Matrix of tie probabilities from a mean degree and the part of ties inside blocks."""
    counts = np.array(sizes, dtype=float)
    n = counts.sum()
    mean_degree = _number("mean degree (density)", mean_degree, 0, max(n - 1, 0), "at most everyone else")
    inside = _number("inside", inside, 0, 1, "the part of ties inside blocks")
    if len(sizes) == 1:
        inside = 1.0
    outside_pairs = (n * n - (counts**2).sum()) / 2
    between = (1 - inside) * mean_degree * n / 2 / outside_pairs if outside_pairs else 0.0
    probs = np.full((len(sizes), len(sizes)), between)
    np.fill_diagonal(probs, inside * mean_degree / np.maximum(counts - 1, 1))
    if probs.max() > 1 or (inside * mean_degree > 0 and counts.min() < 2):
        raise SpecError(
            f"mean degree {mean_degree:g} with {inside:g} of ties inside blocks cannot be reached: a block "
            "of "
            f"{int(counts.min()):,} people has too few pairs; lower the mean degree or inside, or enlarge "
            "the block"
        )
    return probs


def _checked_probs(density: ArrayLike, blocks: int) -> NDArray[np.float64]:
    """The matrix of tie probabilities, or SpecError."""
    try:
        probs = np.array(density, dtype=float)
    except (TypeError, ValueError):
        probs = np.empty(0)
    if probs.shape != (blocks, blocks):
        raise SpecError(
            f"density has shape {probs.shape}: a number (the mean degree) or a matrix of shape "
            f"({blocks}, {blocks}), one row per block, is allowed"
        )
    if not ((probs >= 0) & (probs <= 1)).all():
        raise SpecError(
            f"density holds {probs.min():g} to {probs.max():g}: probabilities from 0 to 1 are allowed"
        )
    if not np.array_equal(probs, probs.T):
        raise SpecError(
            "density is not symmetric: ties are undirected, so density[a][b] must equal density[b][a]"
        )
    return probs
