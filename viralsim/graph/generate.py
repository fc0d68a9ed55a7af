"""Random social graphs, each a pure function of its arguments and `seed`.

Million-person graphs take about a second: the kernels write compressed sparse rows directly and
their work grows with the edges, not with the pairs of people. Every generator draws from
`viralsim.kernels.draws`, so the same call gives the same graph on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import SpecError
from ..kernels import generators
from ..kernels.draws import level_of
from .arguments import number, root_key, subkey, whole
from .arrays import MAX_NODES
from .assembling import fill_rows, from_ordered_pairs, from_pairs, from_rows, grow
from .communities import RESEMBLING, communities
from .laws import block_probs, checked_probs, solve_lower_cutoff
from .social_graph import SocialGraph

__all__ = ["RESEMBLING", "block", "communities", "erdos_renyi", "power_law", "preferential", "small_world"]

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
    n = whole("n", n, 1, MAX_NODES)
    mean_degree = number("mean_degree", mean_degree, 0, n - 1, "at most n - 1, everyone else")
    key = root_key(seed, _ERDOS_RENYI_DIRECTED if directed else _ERDOS_RENYI)
    if mean_degree == 0:
        return from_rows(np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int32), directed)
    prob = mean_degree / (n - 1)
    level = level_of(prob)
    pairs = n * (n - 1) * (1.0 if directed else 0.5)

    def fill(src: NDArray[np.int32], dst: NDArray[np.int32]) -> int:
        if directed:
            return generators.skip_rectangle(key, level, 0, n, 0, n - 1, src, dst, 0)
        return generators.skip_triangle(key, level, 0, n, src, dst, 0)

    src, dst = grow(fill, pairs * prob)
    if directed:
        return from_rows(generators.rows_from_ordered(src, dst, n, True), dst, True)
    return from_ordered_pairs(src, dst, n)


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
    n = whole("n", n, 3, MAX_NODES)
    mean_degree = whole("mean_degree", mean_degree, 2, n - 1)
    if mean_degree % 2:
        raise SpecError(
            f"mean_degree is {mean_degree}: it must be even (half of it on each side of the ring)"
        )
    rewire_prob = number("rewire_prob", rewire_prob, 0, 1, "a probability")
    half = mean_degree // 2
    targets, rewired = generators.small_world_targets(root_key(seed, _SMALL_WORLD), n, half, rewire_prob)
    src = np.repeat(np.arange(n, dtype=np.int32), half)
    return from_pairs(src, targets, n, (f"{rewired:,} of {targets.size:,} pairs were rewired.",))


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
    n = whole("n", n, 2, MAX_NODES)
    m = whole("m", m, 1, n - 1)
    src, dst = generators.preferential_pairs(root_key(seed, _PREFERENTIAL), n, m)
    return from_ordered_pairs(src, dst, n)


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
    n = whole("n", n, 2, MAX_NODES)
    exponent = number("exponent", exponent, 0, 10, "the exponent of k^-exponent")
    high = whole("max_followers", min(n - 1, 10**6) if max_followers is None else max_followers, 1, n - 1)
    if mean_followers is not None and min_followers is not None:
        raise SpecError(
            "min_followers and mean_followers are both given: the mean solves the lower cut-off; give one"
        )
    if mean_followers is None:
        low = whole("min_followers", min(10, high) if min_followers is None else min_followers, 1, high)
        weights = generators.power_law_weights(low, high, exponent)
        notes = (f"Follower counts follow k^-{exponent:g} from {low:,} to {high:,}.",)
    else:
        low, weights = solve_lower_cutoff(exponent, high, mean_followers)
        notes = (
            f"Follower counts follow k^-{exponent:g} from {low:,} ({weights[0]:.3g} of its weight) "
            f"to {high:,}, solved for a mean of {mean_followers:g}.",
        )
    key = root_key(seed, _POWER_LAW)
    counts = generators.draw_counts(subkey(key, 0), n, low, np.cumsum(weights))
    pointers = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(counts, out=pointers[1:])
    indices = np.empty(int(pointers[-1]), dtype=np.int32)
    fill_rows(subkey(key, 1), pointers, indices, whole("threads", threads, 1, 4096))
    return from_rows(pointers, indices, True, notes)


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
    counts = [whole(f"sizes[{i}]", size, 1, MAX_NODES) for i, size in enumerate(sizes)]
    if not counts or sum(counts) > MAX_NODES:
        raise SpecError(
            f"sizes has {len(counts)} blocks, {sum(counts):,} people: 1 to {MAX_NODES:,} people fit"
        )
    if np.ndim(density) == 0:
        probs = block_probs(counts, density, 0.8 if inside is None else inside)
    elif inside is not None:
        raise SpecError("inside is only used with a mean degree: the matrix already says it; leave it out")
    else:
        probs = checked_probs(density, len(counts))
    key = root_key(seed, _BLOCK)
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
                own = subkey(subkey(key, a), b)
                if a == b:
                    at = generators.skip_triangle(own, level, starts[a], counts[a], src, dst, at)
                else:
                    at = generators.skip_rectangle(
                        own, level, starts[a], counts[a], starts[b], counts[b], src, dst, at
                    )
        return at

    src, dst = grow(fill, float(expected))
    return from_pairs(src, dst, int(starts[-1]))
