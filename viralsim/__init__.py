"""viralsim: how far content travels by word of mouth on a social graph, and how sure one can be.

Public names are loaded on first use, so that ``import viralsim`` costs next to nothing:

>>> import viralsim as vs
>>> scenario = vs.load_scenario("ordinary-post")
>>> ensemble = vs.simulate(scenario, replicates=40)
>>> 0 < ensemble.summary()["reach"].mean < ensemble.summary()["impressions"].mean
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from viralsim import errors, models, seeding
    from viralsim.engine import Ensemble, simulate
    from viralsim.errors import (
        EngineError,
        GraphError,
        ScenarioError,
        SpecError,
        StoreError,
        ViralsimError,
    )
    from viralsim.experiment.comparison import compare
    from viralsim.experiment.lift import true_lift
    from viralsim.experiment.sensitivities import sensitivity
    from viralsim.experiment.sweeps import sweep
    from viralsim.experiment.tipping import tipping_point
    from viralsim.graph import generate
    from viralsim.graph.social_graph import SocialGraph
    from viralsim.metrics.trees import structural_virality
    from viralsim.spec import Scenario, load_scenario

# Public name -> (module, attribute); attribute None means the module itself. No submodule of viralsim
# may bear the name of a public function: importing it would put the module in the function's place.
_PUBLIC: dict[str, tuple[str, str | None]] = {
    "EngineError": ("viralsim.errors", "EngineError"),
    "Ensemble": ("viralsim.engine", "Ensemble"),
    "GraphError": ("viralsim.errors", "GraphError"),
    "Scenario": ("viralsim.spec", "Scenario"),
    "ScenarioError": ("viralsim.errors", "ScenarioError"),
    "SocialGraph": ("viralsim.graph.social_graph", "SocialGraph"),
    "SpecError": ("viralsim.errors", "SpecError"),
    "StoreError": ("viralsim.errors", "StoreError"),
    "ViralsimError": ("viralsim.errors", "ViralsimError"),
    "compare": ("viralsim.experiment.comparison", "compare"),
    "errors": ("viralsim.errors", None),
    "generate": ("viralsim.graph.generate", None),
    "load_scenario": ("viralsim.spec", "load_scenario"),
    "models": ("viralsim.models", None),
    "seeding": ("viralsim.seeding", None),
    "sensitivity": ("viralsim.experiment.sensitivities", "sensitivity"),
    "simulate": ("viralsim.engine", "simulate"),
    "structural_virality": ("viralsim.metrics.trees", "structural_virality"),
    "sweep": ("viralsim.experiment.sweeps", "sweep"),
    "true_lift": ("viralsim.experiment.lift", "true_lift"),
    "tipping_point": ("viralsim.experiment.tipping", "tipping_point"),
}

__all__ = [
    "EngineError",
    "Ensemble",
    "GraphError",
    "Scenario",
    "ScenarioError",
    "SocialGraph",
    "SpecError",
    "StoreError",
    "ViralsimError",
    "__version__",
    "compare",
    "errors",
    "generate",
    "load_scenario",
    "models",
    "seeding",
    "sensitivity",
    "simulate",
    "structural_virality",
    "sweep",
    "tipping_point",
    "true_lift",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    try:
        module_name, attribute = _PUBLIC[name]
    except KeyError:
        raise AttributeError(f"module 'viralsim' has no attribute {name!r}") from None
    import importlib

    module = importlib.import_module(module_name)
    value = module if attribute is None else getattr(module, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not, so that completion shows them."""
    return sorted(__all__)
