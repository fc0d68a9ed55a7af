"""What the spread of a result is made of: luck, audience, assumptions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from viralsim.metrics.columns import Column, Floats, as_column, linearise

__all__ = ["Components", "Split", "components", "split_variance"]

ENOUGH_DRAWS = 10


@dataclass(frozen=True, slots=True)
class Components:
    """Variance of one replicate within draws and between draws (of draw expectations).

    Parameters
    ----------
    within : float
        Luck; NaN with one replicate per draw.
    between : float
        At least 0; NaN with one draw or one replicate per draw.
    p_value : float
        Of the F test that there is nothing between draws.
    """

    within: float
    between: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Split:
    """Variance of one replicate's value, as parts that add up to 1.

    Parameters
    ----------
    luck, audience, assumptions : float
        Shares: luck of the run; people and graph; numbers nobody knows. NaN where they cannot be told apart.
    variance : float
        The whole, in the square of the metric's unit.
    note : str
        What limits the split; "" if nothing does.
    """

    luck: float
    audience: float
    assumptions: float
    variance: float
    note: str = ""


def components(influence: Floats, draw: NDArray[np.int64]) -> Components:
    """Analysis of variance with one random factor, the draw; unequal draws allowed.

    Parameters
    ----------
    influence : float64[R]
        Deviations from the mean, or any values.
    draw : int64[R]

    Returns
    -------
    Components

    Notes
    -----
    Source: Searle, Casella and McCulloch 1992, Variance Components, section 3.6 (analysis-of-variance
    estimators): between = (MSB - MSW) / n0, n0 = (R - sum n^2 / R) / (D - 1), clipped at 0.
    """
    _, position = np.unique(draw, return_inverse=True)
    sizes = np.bincount(position).astype(np.float64)
    replicates, draws = float(sizes.sum()), sizes.size
    if replicates <= draws:
        return Components(math.nan, math.nan, math.nan)
    means = np.bincount(position, weights=influence) / sizes
    within = float(((influence - means[position]) ** 2).sum()) / (replicates - draws)
    if draws < 2:
        return Components(within, math.nan, math.nan)
    square_between = float((sizes * (means - influence.mean()) ** 2).sum()) / (draws - 1.0)
    n0 = (replicates - float((sizes**2).sum()) / replicates) / (draws - 1.0)
    if within > 0:
        p_value = float(special.fdtrc(draws - 1, replicates - draws, square_between / within))
    else:
        p_value = 0.0 if square_between > 0 else 1.0
    return Components(within, max((square_between - within) / n0, 0.0), p_value)


def split_variance(
    values: Column | ArrayLike,
    draw: NDArray[np.int64],
    central_values: Column | ArrayLike | None = None,
    central_draw: NDArray[np.int64] | None = None,
) -> Split:
    """Split the variance of one replicate into luck, audience and assumptions.

    Parameters
    ----------
    values : Column or array_like[R]
        The metric in the ensemble, uncertain numbers drawn.
    draw : int64[R]
    central_values : Column or array_like[Q], optional
        The metric in a second ensemble with the people and graphs of the same draws and every uncertain
        number at its value: its variance between draws is the audience's. None if it was not run.
    central_draw : int64[Q], optional

    Returns
    -------
    Split

    Notes
    -----
    Luck is the variance within draws; audience and assumptions together are the variance between draws
    corrected for luck. What the audience alone leaves of it is put down to assumptions (interactions
    of the two included: assumption of this split).
    """
    _, influence = linearise(as_column(values))
    main = components(influence, draw)
    draws = int(np.unique(draw).size)
    if math.isnan(main.within):
        return Split(math.nan, math.nan, math.nan, math.nan, "needs at least two replicates per draw")
    if math.isnan(main.between):
        return Split(1.0, 0.0, 0.0, main.within, "one draw: audience and assumptions are held fixed")
    total = main.within + main.between
    if total == 0:
        return Split(math.nan, math.nan, math.nan, 0.0, "no variance: every replicate gives the same")
    notes = []
    if draws < ENOUGH_DRAWS:
        notes.append(f"only {draws} draws: the shares are rough")
    elif main.p_value > 0.05:
        notes.append("what lies between draws cannot be told from luck")
    luck = main.within / total
    if central_values is None or central_draw is None:
        notes.append("audience and assumptions were not separated")
        return Split(luck, math.nan, math.nan, total, "; ".join(notes))
    _, central_influence = linearise(as_column(central_values))
    audience = components(central_influence, central_draw).between
    if math.isnan(audience):
        notes.append("audience and assumptions cannot be separated: too few central replicates")
        return Split(luck, math.nan, math.nan, total, "; ".join(notes))
    audience_share = min(audience, main.between) / total
    return Split(luck, audience_share, 1.0 - luck - audience_share, total, "; ".join(notes))
