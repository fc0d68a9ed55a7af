"""What is known of very many cascades: histograms of size, depth and structural virality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError
from viralsim.kernels import stream
from viralsim.models.results import ModelTrace, check_index

__all__ = ["CascadeCounts"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CascadeCounts:
    """Very many cascades, counted. Made by `follower_cascades`.

    Parameters
    ----------
    method : str
        How draws are made.
    seed : int
        The seed in use.
    n_nodes, n_edges : int
    probability : float
        Of a try.
    cascades : int
    popular : int
        Structural virality is counted of cascades of at least this size.
    size_counts, depth_counts : int64[bins]
        Cascades by size and by depth (the last generation); bin i holds values from ``bin_edges[i]`` to
        ``bin_edges[i + 1]`` - 1. Values below 1024 have a bin each, larger ones eight bins per doubling.
    virality_counts : int64[1025]
        Popular cascades by structural virality, bins of width 1/16; the last takes all from 64 on.
    totals, sums : arrays
        Exact totals and sums behind the means; see `viralsim.kernels.stream`.
    grow : callable
        See `trace`.
    """

    method: str
    seed: int
    n_nodes: int
    n_edges: int
    probability: float
    cascades: int
    popular: int
    size_counts: NDArray[np.int64]
    depth_counts: NDArray[np.int64]
    virality_counts: NDArray[np.int64]
    totals: NDArray[np.int64]
    sums: NDArray[np.float64]
    grow: Callable[[int], ModelTrace]

    def __post_init__(self) -> None:
        for array in (self.size_counts, self.depth_counts, self.virality_counts, self.totals, self.sums):
            array.flags.writeable = False

    @property
    def bin_edges(self) -> NDArray[np.int64]:
        """Lowest value of each bin of `size_counts` and `depth_counts`, and the end of the last: int64[bins + 1]."""
        powers = np.arange(stream.BINS - stream.EXACT + 1, dtype=np.int64)
        large = (8 + (powers & 7)) << (7 + (powers >> 3))
        return np.concatenate((np.arange(stream.EXACT, dtype=np.int64), large))

    # ---- size and depth --------------------------------------------------------------------------

    def at_least(self, size: int) -> float:
        """Part of the cascades that have at least that size.

        Raises
        ------
        SpecError
            If the size lies inside a bin (sizes up to 1024 never do).
        """
        return int(self.size_counts[self._edge(size) :].sum()) / self.cascades

    def within(self, depth: int) -> float:
        """Part of the cascades whose last generation is at most that one (0: nobody but the first person)."""
        return int(self.depth_counts[: self._edge(depth + 1)].sum()) / self.cascades

    def size_prob(self, size: int) -> float:
        """Part of the cascades that have exactly that size, at most 1023."""
        if not 0 <= size < stream.EXACT:
            raise SpecError(f"size: got {size!r}; sizes from 0 to {stream.EXACT - 1} are counted one by one")
        return int(self.size_counts[size]) / self.cascades

    def _edge(self, value: int) -> int:
        """Number of the bin that begins at a value."""
        edges = self.bin_edges
        at = int(np.searchsorted(edges, value))
        if at == edges.size or edges[at] != value:
            near = edges[max(at - 1, 0) : at + 1]
            raise SpecError(
                f"{value!r} lies inside a bin; from {stream.EXACT} on bins are eight per doubling, "
                f"here at {', '.join(str(int(edge)) for edge in near)}"
            )
        return at

    def _moments(self, counts: NDArray[np.int64], tail: int, tail_squares: float) -> tuple[float, float]:
        """Mean and its standard error."""
        values = np.arange(stream.EXACT, dtype=np.int64)
        small = counts[: stream.EXACT]
        total = int(small @ values) + int(tail)
        squares = float(small.astype(np.float64) @ (values.astype(np.float64) ** 2)) + float(tail_squares)
        return _mean_se(self.cascades, float(total), squares)

    @property
    def mean_size(self) -> tuple[float, float]:
        """Mean size and its standard error."""
        return self._moments(self.size_counts, self.totals[stream.SIZE_TAIL], self.sums[stream.SIZE2_TAIL])

    @property
    def mean_depth(self) -> tuple[float, float]:
        """Mean depth and its standard error."""
        return self._moments(self.depth_counts, self.totals[stream.DEPTH_TAIL], self.sums[stream.DEPTH2_TAIL])

    @property
    def largest(self) -> int:
        """Size of the largest cascade."""
        return int(self.totals[stream.LARGEST])

    @property
    def largest_number(self) -> int:
        """Number of the first cascade of that size; see `trace`."""
        return int(self.totals[stream.LARGEST_NUMBER])

    # ---- popular cascades ------------------------------------------------------------------------

    @property
    def popular_count(self) -> int:
        """Cascades of at least `popular` people."""
        return int(self.totals[stream.POPULAR])

    @property
    def mean_virality(self) -> tuple[float, float]:
        """Mean structural virality of popular cascades and its standard error; NaN if there are none."""
        s = self.sums
        return _mean_se(self.popular_count, s[stream.P_VIRALITY], s[stream.P_VIRALITY2])

    @property
    def mean_virality_below(self) -> tuple[float, float]:
        """As `mean_virality`, of popular cascades below 1024 people, whose theory can be computed exactly."""
        s = self.sums
        return _mean_se(int(s[stream.C_COUNT]), s[stream.C_VIRALITY], s[stream.C_VIRALITY2])

    @property
    def correlation(self) -> float:
        """Pearson's correlation of size and structural virality among popular cascades; NaN if undefined."""
        n, s = self.popular_count, self.sums
        if n < 2:
            return float("nan")
        cross = s[stream.P_CROSS] - s[stream.P_SIZE] * s[stream.P_VIRALITY] / n
        size = s[stream.P_SIZE2] - s[stream.P_SIZE] ** 2 / n
        virality = s[stream.P_VIRALITY2] - s[stream.P_VIRALITY] ** 2 / n
        return float(cross / sqrt(size * virality)) if size > 0 and virality > 0 else float("nan")

    # ---- out -------------------------------------------------------------------------------------

    def trace(self, number: int) -> ModelTrace:
        """Who got it from whom in one cascade, run again exactly.

        Raises
        ------
        SpecError
            If there is no such cascade.
        """
        return self.grow(check_index("cascade", number, self.cascades))

    def summary(self) -> dict[str, float]:
        """The figures of the paper by name."""
        size, size_se = self.mean_size
        virality, virality_se = self.mean_virality
        return {
            "cascades": float(self.cascades),
            "alone": self.size_prob(1),
            "within_one_step": self.within(1),
            "mean_size": size,
            "mean_size_se": size_se,
            "popular": self.popular_count / self.cascades,
            "popular_virality": virality,
            "popular_virality_se": virality_se,
            "popular_correlation": self.correlation,
            "largest": float(self.largest),
        }

    def to_rows(self) -> list[dict[str, Any]]:
        """Histograms as tidy rows: measure, low (of the bin), high (excluded), count; empty bins left out."""
        edges = self.bin_edges
        width = np.arange(stream.VIRALITY_BINS + 1) / 16.0
        width[-1] = np.inf
        parts = (("size", edges, self.size_counts), ("depth", edges, self.depth_counts))
        rows: list[dict[str, Any]] = []
        for name, bounds, counts in (*parts, ("structural_virality", width, self.virality_counts)):
            rows += [
                {
                    "measure": name,
                    "low": bounds[i].item(),
                    "high": bounds[i + 1].item(),
                    "count": int(counts[i]),
                }
                for i in np.flatnonzero(counts)
            ]
        return rows

    def _sentence(self) -> str:
        virality, _ = self.mean_virality
        size, size_se = self.mean_size
        text = (
            f"{self.cascades:,} cascades from one random person each, try {self.probability:.4g}: "
            f"{100 * self.size_prob(1):.3g} % stay alone, mean size {size:.4g} +- {size_se:.2g}, "
            f"{self.popular_count:,} reach {self.popular:,} people"
        )
        return text + (f" (mean structural virality {virality:.3g})" if self.popular_count else "")

    def __repr__(self) -> str:
        return f"<{self._sentence()}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{value:,.6g}</td></tr>" for name, value in self.summary().items()
        )
        return f"<p>{escape(self._sentence())}</p><table>{rows}</table>"


def _mean_se(n: int, total: float, squares: float) -> tuple[float, float]:
    """Mean of n values and its standard error; NaN where undefined."""
    if n < 1:
        return float("nan"), float("nan")
    mean = float(total) / n
    if n < 2:
        return mean, float("nan")
    variance = max(float(squares) - n * mean * mean, 0.0) / (n - 1)
    return mean, sqrt(variance / n)
