"""What is checked: the models, the engine and the measures, each by name, or why it cannot be had here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viralsim.graph.social_graph import SocialGraph
from viralsim.kernels import draws
from viralsim.verify.check import NotComputedError

__all__ = [
    "configuration_graph",
    "directed_graph",
    "engine",
    "model",
    "undirected_graph",
    "uniforms",
    "virality_of",
]


def model(name: str) -> Callable[..., Any]:
    """A classic model of `viralsim.models`.

    Raises
    ------
    NotComputedError
        If this version does not have it.
    """
    from viralsim import models

    try:
        return getattr(models, name)  # type: ignore[no-any-return]
    except (AttributeError, ImportError):
        raise NotComputedError(f"this version has no model {name!r}") from None


def engine(description: dict[str, Any], replicates: int, seed: int, threads: int, draws: int = 1) -> Any:
    """An ensemble of the eWOM engine for a scenario written as a dict, uncertain numbers at their values."""
    from viralsim.engine import simulate
    from viralsim.spec import Scenario

    scenario = Scenario.from_dict(description)
    return simulate(scenario, replicates=replicates, seed=seed, threads=threads, fixed=True, draws=draws)


def virality_of(parents: ArrayLike) -> float:
    """Structural virality as viralsim computes it."""
    from viralsim.metrics.trees import structural_virality

    return structural_virality(parents)


def undirected_graph(n: int, edges: Sequence[tuple[int, int]]) -> SocialGraph:
    """An undirected social graph."""
    pairs = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    return SocialGraph.from_edges(pairs[:, 0], pairs[:, 1], n=n, directed=False)


def directed_graph(n: int, arcs: Sequence[tuple[int, int]]) -> SocialGraph:
    """A directed social graph: (u, v) means that v follows u."""
    pairs = np.asarray(arcs, dtype=np.int64).reshape(-1, 2)
    return SocialGraph.from_edges(pairs[:, 0], pairs[:, 1], n=n, directed=True)


def uniforms(seed: int, purpose: int, count: int) -> NDArray[np.float64]:
    """Keyed uniform numbers in (0, 1), float64[count]."""
    out = np.empty(count, np.float64)
    key = np.uint64(draws.derive(np.uint64(seed), np.uint64(purpose)))
    draws.uniforms_of(key, np.arange(count, dtype=np.uint64), out)
    return out


def configuration_graph(degrees: ArrayLike, n: int, seed: int) -> SocialGraph:
    """An undirected random graph whose degrees follow a law.

    Parameters
    ----------
    degrees : float[k + 1]
        P(degree = k).
    n : int
    seed : int

    Notes
    -----
    Molloy and Reed 1995: ends of edges are paired at random; the few self-loops and repeats are dropped,
    which vanishes as 1 / n for degrees with a finite variance.
    """
    cumulative = np.cumsum(np.asarray(degrees, dtype=np.float64))
    degree = np.searchsorted(cumulative / cumulative[-1], uniforms(seed, 1, n))
    if degree.sum() % 2:
        degree[int(np.argmax(degree))] += 1
    ends = np.repeat(np.arange(n), degree)
    ends = ends[np.argsort(uniforms(seed, 2, ends.size), kind="stable")]
    pairs = ends.reshape(-1, 2)
    return SocialGraph.from_edges(pairs[:, 0], pairs[:, 1], n=n, directed=False)
