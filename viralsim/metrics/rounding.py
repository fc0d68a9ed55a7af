"""Numbers rounded to what is known: two significant digits of the error, no more."""

from __future__ import annotations

import math

__all__ = [
    "decimals_known",
    "format_interval",
    "format_number",
    "format_percent",
    "format_times",
]

_DIGITS = 4  # significant digits where no error is given


def decimals_known(value: float, se: float | None = None, error_digits: int = 1) -> int:
    """Decimal places worth printing; negative means rounding to tens, hundreds, ...

    Parameters
    ----------
    value : float
    se : float, optional
        Standard error, same unit. Without one (None, 0, NaN, infinite): four significant digits.
    error_digits : int
        Significant digits of the error that are kept.

    Returns
    -------
    int

    Examples
    --------
    >>> decimals_known(1234.5678, 12.3), decimals_known(0.01234, 0.00056)
    (-1, 4)
    """
    if se is not None and math.isfinite(se) and se > 0:
        return error_digits - 1 - math.floor(math.log10(se))
    if value == 0 or not math.isfinite(value) or value == math.floor(value):
        return 0
    return max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0)


def format_number(value: float, se: float | None = None) -> str:
    """Number for people: thousands separated, rounded to what the standard error leaves known.

    Examples
    --------
    >>> format_number(12345.678, 78.0), format_number(0.012345, 0.0004), format_number(float("nan"))
    ('12,350', '0.0123', 'undefined')
    """
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    decimals = decimals_known(value, se)
    rounded = round(value, decimals)
    return _plain(rounded, decimals)


def _plain(value: float, decimals: int) -> str:
    """Fixed number of decimals, thousands separated, no minus zero."""
    text = f"{value + 0.0:,.{max(decimals, 0)}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text


def format_interval(low: float, high: float, se: float | None = None) -> str:
    """Interval for people, both ends rounded alike: "1,100 to 1,390".

    Parameters
    ----------
    low, high : float
    se : float, optional
        Standard error of what lies between; by default a quarter of the width, but never so much that a
        lower end other than 0 would be rounded away.

    Examples
    --------
    >>> format_interval(492.0, 4641.0)
    '500 to 4,600'
    """
    if math.isnan(low) or math.isnan(high):
        return "no interval"
    if se is not None and math.isfinite(se) and se > 0:
        error = se
    else:
        error = min((high - low) / 4.0, abs(low) or math.inf)
    return f"{format_number(low, error)} to {format_number(high, error)}"


def format_percent(share: float, se: float | None = None) -> str:
    """Share as a percentage, at most two significant digits beyond what is known.

    Examples
    --------
    >>> format_percent(0.05432), format_percent(0.0001234), format_percent(0.5432, 0.03)
    ('5.4 %', '0.012 %', '54 %')
    """
    if math.isnan(share):
        return "undefined"
    percent = 100.0 * share
    if se is not None and se > 0:
        return f"{format_number(percent, 100.0 * se)} %"
    if percent == 0:
        return "0 %"
    decimals = max(1 - math.floor(math.log10(abs(percent))), 0)
    return f"{_plain(round(percent, decimals), decimals)} %"


def format_times(probability: float) -> str:
    """Probability as a natural frequency: "83 times in 100".

    Examples
    --------
    >>> format_times(0.834), format_times(0.9999), format_times(0.0), format_times(0.004)
    ('83 times in 100', 'more than 99 times in 100', 'never', 'less than once in 100')
    """
    if math.isnan(probability):
        return "an unknown number of times"
    if probability <= 0.0:
        return "never"
    if probability >= 1.0:
        return "every time"
    times = round(100.0 * probability)
    if times < 1:
        return "less than once in 100"
    if times > 99:
        return "more than 99 times in 100"
    return "once in 100" if times == 1 else f"{times} times in 100"
