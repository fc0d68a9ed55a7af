"""Chances that a try along an arc succeeds, as a user gives them: one number, one per arc, or "weighted"."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["WEIGHTED", "check_probability", "per_arc"]

WEIGHTED = "weighted"
"""Name of the weighted cascade: 1 / in-degree of the follower (Kempe, Kleinberg and Tardos 2003)."""


def check_probability(g: SocialGraph, probability: Any) -> float | str | NDArray[np.float64]:
    """The probability as a float, as float64[n_edges], or as "weighted".

    Parameters
    ----------
    g : SocialGraph
    probability : float, float array (n_edges,) in the order of ``g.indices``, or "weighted"

    Raises
    ------
    SpecError
        If it is none of these, or a number lies outside [0, 1].
    """
    if isinstance(probability, str):
        if probability != WEIGHTED:
            raise SpecError(
                f"probability: got {probability!r}; allowed are a number from 0 to 1, an array with one per arc, "
                f'and "{WEIGHTED}" (1 / in-degree)'
            )
        return WEIGHTED
    if isinstance(probability, Real) and not isinstance(probability, bool | np.bool_):
        single = float(probability)
        if not 0.0 <= single <= 1.0:
            raise SpecError(f"probability: got {probability!r}; allowed are numbers from 0 to 1")
        return single
    array: NDArray[Any] = np.asarray(probability)
    if array.shape != (g.n_edges,) or array.dtype.kind not in "fiu":
        raise SpecError(
            f"probability: found an array of shape {array.shape} of {array.dtype}; one number per arc is needed, "
            f"shape ({g.n_edges},), in the order of the graph's indices"
        )
    bad = ~((array >= 0) & (array <= 1))
    if bad.any():
        at = int(np.argmax(bad))
        raise SpecError(f"probability[{at}] is {array[at]}; allowed are numbers from 0 to 1")
    return np.ascontiguousarray(array, dtype=np.float64)


def per_arc(g: SocialGraph, probability: float | str | NDArray[np.float64]) -> NDArray[np.float64]:
    """One probability per arc, float64[n_edges], from what `check_probability` gives back."""
    if isinstance(probability, str):
        in_degree = np.bincount(g.indices, minlength=g.n_nodes)
        return np.asarray(1.0 / in_degree[g.indices], dtype=np.float64)
    if isinstance(probability, float):
        return np.full(g.n_edges, probability)
    return probability
