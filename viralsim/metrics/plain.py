"""Results as plain data for JSON, which has no NaN and no infinity."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["finite"]


def finite(value: Any) -> Any:
    """The value with NaN and infinite numbers as None and tuples as lists, however deep.

    Examples
    --------
    >>> finite({"mean": 2.5, "interval": (float("nan"), float("inf"))})
    {'mean': 2.5, 'interval': [None, None]}
    """
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(part) for part in value]
    return value
