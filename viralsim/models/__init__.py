"""Classic models on the same graphs, randomness and results as the full engine.

Functions load with their module on first use: independent_cascade, linear_threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viralsim.models.cascades import independent_cascade
    from viralsim.models.linear import linear_threshold
    from viralsim.models.results import ModelResult, ModelSummary, ModelTrace

_HOME = {
    "ModelResult": "results",
    "ModelSummary": "results",
    "ModelTrace": "results",
    "independent_cascade": "cascades",
    "linear_threshold": "linear",
}

__all__ = ["ModelResult", "ModelSummary", "ModelTrace", "independent_cascade", "linear_threshold"]


def __getattr__(name: str) -> Any:
    """Load a model on first use (PEP 562): importing one compiles nothing of the others."""
    if name not in _HOME:
        raise AttributeError(
            f"module 'viralsim.models' has no attribute {name!r}; it has {', '.join(__all__)}"
        )
    from importlib import import_module

    value = getattr(import_module(f"viralsim.models.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Names of the models."""
    return sorted(__all__)
