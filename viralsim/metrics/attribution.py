"""What attribution rules claim: each purchase is credited to the channels of what its buyer noticed before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viralsim.metrics.columns import Floats

__all__ = ["RULES", "credit"]

RULES = ("last touch", "first touch", "linear", "shapley")
"""Rows of `credit`."""


def credit(
    person: NDArray[np.int64],
    channel: NDArray[np.int64],
    buyer: NDArray[np.int64],
    so_far: NDArray[np.int64],
    channels: int = 3,
) -> Floats:
    """Purchases credited to each channel by each rule.

    Parameters
    ----------
    person : int64[N]
        Who noticed each touch, in order of time.
    channel : int64[N]
        Of each touch, below `channels`.
    buyer : int64[P]
        Of each purchase.
    so_far : int64[P]
        Touches (of anybody) before each purchase.
    channels : int

    Returns
    -------
    float64[4, channels + 1]
        Row per rule of `RULES`; the last column holds purchases by people who had noticed nothing. Each row
        adds up to P.

    Notes
    -----
    *Last touch* and *first touch* give a purchase to the channel of the last and first touch of its path, *linear*
    to the touches of the path in equal parts. *Shapley* is the Shapley value of the game that marketers play with
    paths: a set of channels is worth the purchases whose paths it covers. Such a game is a sum of one
    unanimity game per purchase, so each purchase is split in equal parts between the distinct channels of its
    path (Shapley 1953; Zhao, Mahboobi and Bagheri 2018). All four look at buyers only, so none of them can
    know who would have bought anyway.

    Examples
    --------
    One buyer who noticed a post (channel 0), then two shares (channel 2):

    >>> import numpy as np
    >>> touches = np.array([7, 7, 7]), np.array([0, 2, 2])
    >>> credit(*touches, buyer=np.array([7]), so_far=np.array([3])).round(2).tolist()[:2]
    [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
    >>> credit(*touches, buyer=np.array([7]), so_far=np.array([3])).round(2).tolist()[2:]
    [[0.33, 0.0, 0.67, 0.0], [0.5, 0.0, 0.5, 0.0]]
    """
    purchases = buyer.size
    order = np.argsort(person, kind="stable")
    first = np.searchsorted(person[order], buyer, side="left")
    lengths = np.searchsorted(person[order], buyer, side="right") - first
    row = np.repeat(np.arange(purchases), lengths)
    touch = order[np.repeat(first - (np.cumsum(lengths) - lengths), lengths) + np.arange(row.size)]
    before = touch < so_far[row]
    row, touch = row[before], touch[before]
    seen = np.bincount(row * channels + channel[touch], minlength=purchases * channels)
    seen = seen.reshape(purchases, channels).astype(float)
    length = seen.sum(axis=1)
    touched = length > 0
    out = np.zeros((len(RULES), channels + 1))
    out[:, channels] = purchases - np.count_nonzero(touched)
    ends = np.cumsum(length[touched]).astype(np.int64)
    for rule, at in enumerate((ends - 1, ends - length[touched].astype(np.int64))):
        out[rule, :channels] = np.bincount(channel[touch[at]], minlength=channels)
    out[2, :channels] = (seen[touched] / length[touched, None]).sum(axis=0)
    distinct = seen[touched] > 0
    out[3, :channels] = (distinct / distinct.sum(axis=1, keepdims=True)).sum(axis=0)
    return out
