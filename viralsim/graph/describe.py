"""What a graph looks like, in the numbers that decide how word of mouth travels on it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape
from typing import Any

import numpy as np

from ..kernels import csr, triangles
from .arrays import NO_TIE
from .social_graph import SocialGraph

__all__ = ["GraphSummary", "describe"]

_TRIANGLE_WORK_LIMIT = 6e8  # comparisons, about two seconds
_WEDGE_SAMPLES = 1_000_000  # standard error at most .0005
_DENSE_UP_TO = 64  # people up to whom a dense eigenvalue routine is used


@dataclass(frozen=True, slots=True)
class GraphSummary:
    """Figures of one graph; see `describe` for how each is defined."""

    n_nodes: int
    n_edges: int
    directed: bool
    mean_degree: float
    degree_p50: float
    degree_p90: float
    degree_p99: float
    degree_max: int
    average_clustering: float
    transitivity: float
    assortativity: float
    lambda1: float
    largest_component: float
    reciprocity: float
    mean_tie: float
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Figures by name, ready for JSON (notes as a list)."""
        figures = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**figures, "notes": list(self.notes)}

    def rows(self) -> list[tuple[str, str]]:
        """Label and rounded value of each figure, for a table."""
        degree = "followers per person" if self.directed else "ties per person"
        spread = (
            f"{self.degree_p50:.0f} / {self.degree_p90:.0f} / {self.degree_p99:.0f} / {self.degree_max:,}"
        )
        return [
            ("people", f"{self.n_nodes:,}"),
            (
                "arcs" if self.directed else "pairs",
                f"{self.n_edges if self.directed else self.n_edges // 2:,}",
            ),
            (f"mean {degree}", f"{self.mean_degree:.1f}"),
            ("median / 90 % / 99 % / most", spread),
            ("average clustering", f"{self.average_clustering:.3f}"),
            ("transitivity", f"{self.transitivity:.3f}"),
            ("degree assortativity", f"{self.assortativity:.3f}"),
            ("largest eigenvalue", f"{self.lambda1:.1f}"),
            ("in the largest component", f"{100 * self.largest_component:.1f} %"),
            ("reciprocated arcs", f"{100 * self.reciprocity:.1f} %"),
            ("mean tie", "not known" if np.isnan(self.mean_tie) else f"{self.mean_tie:.3f}"),
        ]

    def __str__(self) -> str:
        return "\n".join([*(f"{label:<28}{value}" for label, value in self.rows()), *self.notes])

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>{escape(label)}</td><td>{escape(value)}</td></tr>" for label, value in self.rows()
        )
        return f"<table>{body}</table>" + "".join(f"<p>{escape(note)}</p>" for note in self.notes)


def describe(graph: SocialGraph) -> GraphSummary:
    """Degrees, clustering, mixing, components and largest eigenvalue of a graph.

    Parameters
    ----------
    graph : SocialGraph

    Returns
    -------
    GraphSummary
        Degree is the number of followers; percentiles interpolate linearly. Clustering,
        transitivity, assortativity and components ignore direction. ``average_clustering`` counts
        people with fewer than two neighbours as 0. ``lambda1`` is the largest eigenvalue of the
        adjacency matrix: 1/lambda1 is roughly the probability at which a uniform independent cascade
        takes off. ``reciprocity`` is the part of arcs whose opposite exists. NaN: not defined.
        ``notes`` says what was sampled.

    Notes
    -----
    Same definitions as networkx (degree_assortativity_coefficient, average_clustering,
    transitivity). Above about 6e8 comparisons clustering is sampled (Schank and Wagner 2005).

    Examples
    --------
    >>> from viralsim.graph.generate import preferential
    >>> describe(preferential(200, 3)).mean_degree
    5.91
    """
    degrees = graph.follower_count
    n, m = graph.n_nodes, graph.n_edges
    indptr, indices = _undirected_rows(graph)
    clustering, transitivity, notes = _clustering(indptr, indices)
    quantiles = np.percentile(degrees, [50, 90, 99]) if n else np.full(3, np.nan)
    lambda1, eigen_notes = _largest_eigenvalue(graph)
    arcs = csr.reciprocated_count(graph.indptr, graph.indices) if graph.directed else m
    return GraphSummary(
        n_nodes=n,
        n_edges=m,
        directed=graph.directed,
        mean_degree=m / n if n else float("nan"),
        degree_p50=float(quantiles[0]),
        degree_p90=float(quantiles[1]),
        degree_p99=float(quantiles[2]),
        degree_max=int(degrees.max()) if n else 0,
        average_clustering=clustering,
        transitivity=transitivity,
        assortativity=_assortativity(indptr, indices),
        lambda1=lambda1,
        largest_component=int(triangles.component_sizes(indptr, indices).max()) / n if n else float("nan"),
        reciprocity=arcs / m if m else float("nan"),
        mean_tie=float(graph.tie.mean(dtype=np.float64)) if graph.tie is not None and m else float("nan"),
        notes=(*notes, *eigen_notes),
    )


def _undirected_rows(graph: SocialGraph) -> tuple[Any, Any]:
    """CSR of the graph with direction ignored."""
    if not graph.directed:
        return graph.indptr, graph.indices
    rows = csr.sources(graph.indptr, graph.n_edges)
    pointers, grouped, _ = csr.group_by(rows, graph.indices, NO_TIE, graph.n_nodes, True)
    pointers, columns, ties = csr.transpose(pointers, grouped, NO_TIE, graph.n_nodes)
    kept = csr.merge_repeats(pointers, columns, ties)
    return pointers, columns[:kept]


def _clustering(indptr: Any, indices: Any) -> tuple[float, float, list[str]]:
    """Average clustering, transitivity, and a note if they were sampled."""
    degrees = np.diff(indptr).astype(np.float64)
    wedges = degrees * (degrees - 1) / 2
    if not wedges.any():
        return 0.0 if degrees.size else float("nan"), float("nan"), []
    pointers, columns, work = triangles.orient_by_degree(indptr, indices)
    if work > _TRIANGLE_WORK_LIMIT:
        del pointers, columns
        average, transitivity = triangles.sample_closed_wedges(
            np.uint64(0), indptr, indices, np.cumsum(wedges), _WEDGE_SAMPLES
        )
        note = f"Clustering and transitivity were estimated from {_WEDGE_SAMPLES:,} sampled wedges (error about .001)."
        return average, transitivity, [note]
    counts = triangles.triangle_counts(pointers, columns)
    local = np.divide(counts, wedges, out=np.zeros_like(wedges), where=wedges > 0)
    return float(local.mean()), float(counts.sum() / wedges.sum()), []


def _assortativity(indptr: Any, indices: Any) -> float:
    """Pearson correlation of the two degrees over all arcs of an undirected graph; NaN if all are equal."""
    degrees = np.diff(indptr).astype(np.float64)
    m = degrees.sum()
    if not m:
        return float("nan")
    mean = (degrees**2).sum() / m
    variance = (degrees * (degrees - mean) ** 2).sum() / m
    if variance <= 1e-12 * mean**2:
        return float("nan")
    centred = degrees - mean
    return float((centred * triangles.neighbour_sums(indptr, indices, centred)).sum() / m / variance)


def _largest_eigenvalue(graph: SocialGraph) -> tuple[float, list[str]]:
    """Largest eigenvalue of the adjacency matrix (Perron root), and a note if it did not converge."""
    if graph.n_edges == 0:
        return 0.0, []
    matrix = graph.adjacency()
    if graph.directed:  # a cycle is needed for a positive root: keep the strongly connected parts
        matrix = _strong_part(matrix)
        if matrix.nnz == 0:
            return 0.0, []
    n = matrix.shape[0]
    if n <= _DENSE_UP_TO:
        return float(np.linalg.eigvals(matrix.toarray()).real.max()), []
    from scipy.sparse.linalg import ArpackError, eigs, eigsh

    start = np.asarray(matrix.sum(axis=1)).ravel() + 1.0
    tolerance = 1e-8 if matrix.nnz < 10**6 else 1e-4
    try:
        if graph.directed:
            values: Any = eigs(matrix, k=1, which="LR", v0=start, tol=tolerance, return_eigenvectors=False)
        else:
            values = eigsh(matrix, k=1, which="LA", v0=start, tol=tolerance, return_eigenvectors=False)
        return float(values.real.max()), []
    except ArpackError:  # no convergence: what plain power iteration of I + A gives
        vector = start / np.linalg.norm(start)
        for _ in range(200):
            vector = matrix @ vector + vector
            vector /= np.linalg.norm(vector)
        return float(vector @ (matrix @ vector)), [
            "The largest eigenvalue converged slowly and is approximate."
        ]


def _strong_part(matrix: Any) -> Any:
    """Rows and columns of people on a cycle, with the arcs inside their strongly connected part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(part)
    arcs = matrix.tocoo()
    rows, columns = arcs.coords
    inside = part[rows] == part[columns]
    place = np.cumsum(sizes[part] > 1) - 1
    count = int(place[-1]) + 1
    return coo_array(
        (arcs.data[inside], (place[rows[inside]], place[columns[inside]])), shape=(count, count)
    ).tocsr()
