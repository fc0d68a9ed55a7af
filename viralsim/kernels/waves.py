"""The mean offspring of an even wave over a network: the sum that solving for R asks for again and again."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def wave_sums(indptr, followers, followed, rho):
    """Sums of the second generation of an even wave: who shares, and whom their sharing brings to share.

    Parameters
    ----------
    indptr : int32 or int64[n + 1]
    followers : int32[edges]
        Of u: ``followers[indptr[u]:indptr[u + 1]]``.
    followed : float64[n]
        How many each person follows.
    rho : float64[n]
        Chance in [0, 1] that a person, given that somebody they follow shared, is shown it and shares too.

    Returns
    -------
    total : float
        Sum over u of followed_u rho_u.
    caused : float
        Sum over u of followed_u rho_u times the sum of rho over u's followers; over `total` it is R.

    Notes
    -----
    Source: docs/model.md, section 7 (own derivation). One pass in one order, so that the sums are the same on every
    machine; a threaded dot product's last digits hang on the number of processors.
    """
    total, caused = 0.0, 0.0
    for u in range(followed.shape[0]):
        weight = followed[u] * rho[u]
        if weight == 0.0:
            continue
        total += weight
        brought = 0.0
        for e in range(indptr[u], indptr[u + 1]):
            brought += rho[followers[e]]
        caused += weight * brought
    return total, caused
