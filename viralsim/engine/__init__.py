"""What happens: scenarios compiled to arrays, simulated, and returned as ensembles."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.engine.runs import simulate

__all__ = ["Ensemble", "simulate"]


def __getattr__(name: str) -> Any:
    """Load on first use: the arrays and the kernels are useful without the rest."""
    if name == "simulate":
        from viralsim.engine.runs import simulate

        return simulate
    if name == "Ensemble":
        from viralsim.engine.ensemble import Ensemble

        return Ensemble
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
