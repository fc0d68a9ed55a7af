"""Columns as a data frame, where pandas is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from viralsim.errors import EngineError

__all__ = ["data_frame"]


def data_frame(columns: Mapping[str, Any]) -> Any:
    """Data frame (pandas) of columns of equal length, keyed by name.

    Raises
    ------
    EngineError
        If pandas is not installed; `to_columns` needs nothing.
    """
    try:
        import pandas  # type: ignore[import-untyped]
    except ImportError:
        raise EngineError(
            "to_frame needs the package pandas, which is not installed; install pandas, or use to_columns(),"
            " a dict of columns"
        ) from None
    return pandas.DataFrame(columns)
