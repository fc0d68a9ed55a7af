"""Classic models on the same graphs, randomness and results as the full engine.

Cascades (`independent_cascade`, `linear_threshold`, `temporal_cascade` with delays), `threshold` (fractional and
absolute), epidemics (`si`, `sis`, `sir`, `seir`), adoption (`bass`) and `branching` processes. Functions load with
their module on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viralsim.models.adoption import bass
    from viralsim.models.cascade_counts import CascadeCounts
    from viralsim.models.cascades import independent_cascade
    from viralsim.models.delays import temporal_cascade
    from viralsim.models.epidemics import seir, si, sir, sis
    from viralsim.models.followers import follower_cascades
    from viralsim.models.linear import linear_threshold
    from viralsim.models.progeny import branching
    from viralsim.models.results import ModelResult, ModelSummary, ModelTrace
    from viralsim.models.thresholds import threshold

_HOME = {
    "CascadeCounts": "cascade_counts",
    "ModelResult": "results",
    "ModelSummary": "results",
    "ModelTrace": "results",
    "bass": "adoption",
    "branching": "progeny",
    "follower_cascades": "followers",
    "independent_cascade": "cascades",
    "linear_threshold": "linear",
    "seir": "epidemics",
    "si": "epidemics",
    "sir": "epidemics",
    "sis": "epidemics",
    "temporal_cascade": "delays",
    "threshold": "thresholds",
}

__all__ = [
    "CascadeCounts",
    "ModelResult",
    "ModelSummary",
    "ModelTrace",
    "bass",
    "branching",
    "follower_cascades",
    "independent_cascade",
    "linear_threshold",
    "seir",
    "si",
    "sir",
    "sis",
    "temporal_cascade",
    "threshold",
]


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
