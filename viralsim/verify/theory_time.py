"""Laws of delays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["reshare_delay_cdf"]


def reshare_delay_cdf(hours: ArrayLike, constant_hours: float, theta: float) -> NDArray[np.float64]:
    """P(delay <= t): density constant up to `constant_hours`, then falling as t^-(1 + theta).

    Notes
    -----
    Zhao, Erdogdu, He, Rajaraman and Leskovec 2015 (SEISMIC), section 3.3: 300 s and theta = .2315 on
    Twitter. The constant part holds theta / (1 + theta).

    Examples
    --------
    >>> np.round(reshare_delay_cdf([40.6 / 60, 1, 24], 300 / 3600, 0.2315), 2).tolist()
    [0.5, 0.54, 0.78]
    """
    t = np.asarray(hours, dtype=np.float64)
    within = theta / (1.0 + theta)
    late = np.maximum(t, constant_hours) / constant_hours
    return np.where(t <= constant_hours, within * t / constant_hours, 1.0 - (1.0 - within) * late**-theta)
