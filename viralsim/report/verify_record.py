"""A verification as plain data, figures included, and back: its page can be drawn again without computing anything."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from viralsim.errors import StoreError
from viralsim.verify.check import Finding, Outcome, Plot
from viralsim.verify.running import Verification

__all__ = ["verification_from", "verification_record"]

_ARRAYS = ("line_x", "line_y", "x", "y", "se")
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def verification_record(found: Verification) -> dict[str, Any]:
    """What ``--json`` prints, and of each check what its page needs besides.

    Parameters
    ----------
    found : Verification

    Returns
    -------
    dict
        Plain data; numbers that are no numbers as the texts "nan", "inf" and "-inf" in ``finding``, else None.
    """
    record = _plain(found.to_dict(), lambda _: None)
    for entry, outcome in zip(record["checks"], found.outcomes, strict=True):
        entry["finding"] = (
            None if outcome.finding is None else _plain(dataclasses.asdict(outcome.finding), _name_of)
        )
    return record


def verification_from(record: Mapping[str, Any], where: str = "verify.json") -> Verification:
    """The verification that a record was made from.

    Raises
    ------
    StoreError
        If it is no such record, or written before figures were part of it.
    """
    try:
        outcomes = tuple(
            Outcome(
                entry["group"],
                entry["claim"],
                entry["source"],
                entry["verdict"],
                None if entry["finding"] is None else _finding(entry["finding"]),
                entry["reason"],
                entry["seconds"],
            )
            for entry in record["checks"]
        )
        return Verification(
            outcomes, record["mode"] == "full", record["seed"], record["seconds"], record["versions"],
            record["parameters"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"{where}: is no complete record of a verification ({type(error).__name__}: {error}); run viralsim verify "
            "with --out anew"
        ) from None


def _finding(data: Mapping[str, Any]) -> Finding:
    values = {name: _number(value) for name, value in data.items() if name != "plot"}
    return Finding(**values, plot=None if data["plot"] is None else _plot(data["plot"]))


def _plot(data: Mapping[str, Any]) -> Plot:
    values: dict[str, Any] = {name: value for name, value in data.items() if name not in _ARRAYS}
    for name in _ARRAYS:
        values[name] = np.array([_number(value) for value in data[name]], dtype=np.float64)
    if values["y_range"] is not None:
        low, high = values["y_range"]
        values["y_range"] = (float(low), float(high))
    return Plot(**values)


def _number(value: Any) -> Any:
    return _SPECIAL.get(value, value) if isinstance(value, str) else value


def _plain(value: Any, lacking: Callable[[float], str | None]) -> Any:
    """Plain data; `lacking` says what stands for a number that JSON lacks."""
    if isinstance(value, Mapping):
        return {key: _plain(part, lacking) for key, part in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(part, lacking) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    return lacking(value) if isinstance(value, float) and not math.isfinite(value) else value


def _name_of(number: float) -> str:
    """NaN and the infinities as texts."""
    return "nan" if math.isnan(number) else ("inf" if number > 0 else "-inf")
