"""When it happened: the busiest hour, and the hour by which half were reached."""

from __future__ import annotations

import numpy as np

from viralsim.metrics.columns import Floats
from viralsim.metrics.views import View

__all__ = ["half_reach_hour", "peak_hour"]


def peak_hour(view: View) -> Floats:
    """Start of the hour with most impressions, hours from the start of the run; NaN without impressions.

    Bins of time shorter than an hour are added up by the hour they begin in; longer ones are compared by
    impressions per hour. The first of equals counts.
    """
    impressions = view.curve("impressions").astype(np.float64)
    ends = view.tallies.times_hours
    starts = np.concatenate(([0.0], ends[:-1]))
    if np.all(ends - starts < 1.0):
        hours, first = np.unique(np.floor(starts + 1e-9), return_index=True)
        per_hour = np.add.reduceat(impressions, first, axis=1)
    else:
        hours, per_hour = starts, impressions / (ends - starts)
    peak = hours[np.argmax(per_hour, axis=1)]
    return np.where(impressions.any(axis=1), peak, np.nan)


def half_reach_hour(view: View) -> Floats:
    """Hour by which half of all people finally reached had been reached; NaN if nobody was.

    Within a bin of time people are taken as reached evenly (assumption).
    """
    reached = np.cumsum(view.curve("reach"), axis=1, dtype=np.float64)
    ends = view.tallies.times_hours
    starts = np.concatenate(([0.0], ends[:-1]))
    half = 0.5 * reached[:, -1]
    bin_idx = np.argmax(reached >= half[:, None], axis=1)
    rows = np.arange(reached.shape[0])
    before = np.where(bin_idx > 0, reached[rows, np.maximum(bin_idx - 1, 0)], 0.0)
    inside = reached[rows, bin_idx] - before
    part = np.divide(half - before, inside, out=np.zeros_like(half), where=inside > 0)
    hours = starts[bin_idx] + part * (ends - starts)[bin_idx]
    return np.where(half > 0, hours, np.nan)
