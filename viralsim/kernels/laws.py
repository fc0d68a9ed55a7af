"""Laws of durations in hours: a number drawn from 64 bits, without libm, the same on every machine.

Every draw is the law's quantile at one uniform number, so a law with longer durations gives a longer duration for
the same bits (coupled by quantile).
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
from numba import njit

from viralsim.kernels.draws import exponential, log, uniform

FIXED, EXPONENTIAL, LOGNORMAL, POWER_LAW = 0, 1, 2, 3

# Wichura 1988, algorithm AS 241 (PPND16): numerators and denominators of three ranges, highest power first.
_MID_TOP = (
    2509.0809287301227,
    33430.57558358813,
    67265.7709270087,
    45921.95393154987,
    13731.69376550946,
    1971.5909503065513,
    133.14166789178438,
    3.3871328727963665,
)
_MID_LOW = (
    5226.495278852854,
    28729.085735721943,
    39307.89580009271,
    21213.794301586597,
    5394.196021424751,
    687.1870074920579,
    42.31333070160091,
    1.0,
)
_FAR_TOP = (
    0.0007745450142783414,
    0.022723844989269184,
    0.2417807251774506,
    1.2704582524523684,
    3.6478483247632045,
    5.769497221460691,
    4.630337846156546,
    1.4234371107496835,
)
_FAR_LOW = (
    1.0507500716444169e-09,
    0.0005475938084995345,
    0.015198666563616457,
    0.14810397642748008,
    0.6897673349851,
    1.6763848301838038,
    2.053191626637759,
    1.0,
)
_END_TOP = (
    2.0103343992922881e-07,
    2.7115555687434876e-05,
    0.0012426609473880784,
    0.026532189526576124,
    0.29656057182850487,
    1.7848265399172913,
    5.463784911164114,
    6.657904643501103,
)
_END_LOW = (
    2.0442631033899397e-15,
    1.421511758316446e-07,
    1.8463183175100548e-05,
    0.0007868691311456133,
    0.014875361290850615,
    0.1369298809227358,
    0.599832206555888,
    1.0,
)

_LOG_2_HIGH = 6.93147180369123816490e-01  # log 2 in two parts (Cody and Waite), the first with 32 bits
_LOG_2_LOW = 1.90821492927058770002e-10
_INVERSE_LOG_2 = 1.44269504088896338700e00
_INVERSE_FACTORIALS = tuple(1.0 / float(np.prod(np.arange(1.0, k + 1))) for k in range(13, -1, -1))


class Law(NamedTuple):
    """A law of durations, ready for the kernels."""

    kind: int  # FIXED, EXPONENTIAL, LOGNORMAL or POWER_LAW
    hours: float  # the value, the mean, the median, or the time up to which the density is constant
    shape: float  # 0, 0, sigma, or theta


@njit(cache=True, nogil=True)
def _polynomial(coefficients, x):
    """Value at x of a polynomial given by its coefficients, highest power first (Horner)."""
    value = 0.0
    for c in coefficients:
        value = value * x + c
    return value


@njit(cache=True, nogil=True)
def exp(x):
    """Exponential of a float64, + - * / only (relative error below 1e-15); 0 below -700 and inf above 700."""
    if x > 700.0:
        return np.inf
    if x < -700.0:
        return 0.0
    power = np.int64(x * _INVERSE_LOG_2 + (0.5 if x >= 0.0 else -0.5))
    r = (x - power * _LOG_2_HIGH) - power * _LOG_2_LOW
    scale = np.uint64((power + 1023) << 52).view(np.float64)
    return _polynomial(_INVERSE_FACTORIALS, r) * scale


@njit(cache=True, nogil=True)
def normal_quantile(u):
    """Quantile of the standard normal law at u in (0, 1) (Wichura 1988, AS 241, relative error 1e-15)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _polynomial(_MID_TOP, r) / _polynomial(_MID_LOW, r)
    r = sqrt(-log(u if q <= 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        z = _polynomial(_FAR_TOP, r) / _polynomial(_FAR_LOW, r)
    else:
        r -= 5.0
        z = _polynomial(_END_TOP, r) / _polynomial(_END_LOW, r)
    return -z if q < 0.0 else z


@njit(cache=True, nogil=True)
def draw_hours(law, bits):
    """A duration in hours (float64 >= 0) of a law, from a uint64 draw.

    Parameters
    ----------
    law : Law
        FIXED: `hours` always. EXPONENTIAL: mean `hours`. LOGNORMAL: ``hours * exp(shape * z)``. POWER_LAW: density
        constant up to `hours`, then falling as t^-(1 + shape), so that P(T > t) = (t / hours)^-shape / (1 + shape)
        beyond (Zhao et al. 2015, "SEISMIC", equation 4).
    bits : uint64
    """
    if law.kind == FIXED:
        return law.hours
    if law.kind == EXPONENTIAL:
        return law.hours * exponential(bits)
    u = uniform(bits)
    if law.kind == LOGNORMAL:
        return law.hours * exp(law.shape * normal_quantile(u))
    within = law.shape / (1.0 + law.shape)
    if u <= within:
        return law.hours * (u / within)
    return law.hours * exp(-log((1.0 - u) * (1.0 + law.shape)) / law.shape)
