"""Orders in which people may be asked: by followers, degree discount, core number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from viralsim.kernels import centrality

__all__ = ["core_number", "degree_discount"]


def core_number(matrix: sparse.csr_array) -> NDArray[np.int64]:
    """Largest k such that a person is in the k-core of the graph taken undirected (int64[n]).

    Source: Seidman 1983; as a mark of good spreaders Kitsak et al. 2010.
    """
    both = sparse.csr_array(matrix + matrix.T)
    both.sum_duplicates()
    degree = np.diff(both.indptr).astype(np.int64)
    scratch = np.zeros(degree.size, np.int64)
    start = np.zeros(int(degree.max(initial=0)) + 2, np.int64)
    centrality.core_numbers(both.indptr, both.indices, degree, scratch, scratch.copy(), start)
    return degree


def degree_discount(
    indptr: NDArray[np.int64], followers: NDArray[np.int32], rank: NDArray[np.int64], prob: float, count: int
) -> NDArray[np.int64]:
    """The `count` people picked greedily by discounted number of followers, in order (int64[count]).

    Parameters
    ----------
    indptr, followers : int64[n + 1], int32[edges]
    rank : int64[n]
        Order of equal people.
    prob : float
        Chance that somebody's share makes one follower share, in [0, 1].

    Notes
    -----
    Chen, Wang and Yang 2009, "Efficient influence maximization in social networks", algorithm 4.
    """
    n = rank.size
    chosen = np.empty(min(count, n), np.int64)
    centrality.degree_discount(
        indptr, followers, rank, prob, np.empty(n, np.int64), np.empty(n), np.zeros(n, np.int64), chosen
    )
    return chosen
