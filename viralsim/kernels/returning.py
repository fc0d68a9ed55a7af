"""Two steps out and back: what a person's share brings back to that same person."""

from __future__ import annotations

from numba import njit

__all__ = ["out_and_back"]


@njit(cache=True, nogil=True)
def out_and_back(
    indptr_out, indices_out, shown_out, indptr_back, indices_back, shown_back, start, middle, out
):
    """Add to ``out[u]`` the sum over v of start[u] x shown_out(u, v) x middle[v] x shown_back(v, u).

    Parameters
    ----------
    indptr_out, indices_out, shown_out : int[n + 1], int32[edges], float32[edges]
        The way out, compressed rows.
    indptr_back, indices_back, shown_back : the same
        The way back; entries ascending within each row.
    start, middle : float64[n]
    out : float64[n]

    Notes
    -----
    The diagonal of diag(start) A diag(middle) B without making the product: for each arc, the returning
    arc is looked up by bisection.
    """
    for u in range(out.shape[0]):
        if start[u] == 0.0:
            continue
        total = 0.0
        for e in range(indptr_out[u], indptr_out[u + 1]):
            v = indices_out[e]
            if middle[v] == 0.0:
                continue
            low, high = indptr_back[v], indptr_back[v + 1]
            while low < high:
                half = (low + high) // 2
                if indices_back[half] < u:
                    low = half + 1
                else:
                    high = half
            if low < indptr_back[v + 1] and indices_back[low] == u:
                total += float(shown_out[e]) * middle[v] * float(shown_back[low])
        out[u] += start[u] * total
