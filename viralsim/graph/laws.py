"""What the generators' laws need before anything is drawn: cut-offs of a power law, tie probabilities of blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import SpecError
from ..kernels import generators
from .arguments import number

__all__ = ["block_probs", "checked_probs", "solve_lower_cutoff"]


def solve_lower_cutoff(exponent: float, high: int, mean: float) -> tuple[int, NDArray[np.float64]]:
    """Lowest count and the weights of low ... high (the first scaled) whose mean is the one asked for."""
    weights = generators.power_law_weights(1, high, exponent)
    above = np.cumsum(weights[::-1])[::-1]  # weight of k and more
    above_times = np.cumsum((weights * np.arange(1, high + 1))[::-1])[::-1]
    lowest = float(above_times[0] / above[0])
    mean = number(
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


def block_probs(sizes: list[int], mean_degree: Any, inside: Any) -> NDArray[np.float64]:
    """Matrix of tie probabilities from a mean degree and the part of ties inside blocks."""
    counts = np.array(sizes, dtype=float)
    n = counts.sum()
    mean_degree = number("mean degree (density)", mean_degree, 0, max(n - 1, 0), "at most everyone else")
    inside = number("inside", inside, 0, 1, "the part of ties inside blocks")
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


def checked_probs(density: ArrayLike, blocks: int) -> NDArray[np.float64]:
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
