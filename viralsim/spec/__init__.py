"""What is asked: scenario files, uncertain numbers, presets, overrides, digests.

Names are loaded on first use, so that helpers such as ``viralsim.spec.problems`` and ``metric_names``
cost nothing more than themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viralsim.spec.document import ScenarioDocument
    from viralsim.spec.loading import StockScenario, catalog, load_scenario, new_scenario, parse_setting
    from viralsim.spec.metric_names import METRIC_NAMES
    from viralsim.spec.presets import PRESETS
    from viralsim.spec.problems import nearest
    from viralsim.spec.resolving import Assumption, assumptions, resolve, uncertain_paths
    from viralsim.spec.scenario import Scenario
    from viralsim.spec.uncertain import Uncertain

_PUBLIC = {
    "Assumption": "resolving",
    "METRIC_NAMES": "metric_names",
    "PRESETS": "presets",
    "Scenario": "scenario",
    "ScenarioDocument": "document",
    "StockScenario": "loading",
    "Uncertain": "uncertain",
    "assumptions": "resolving",
    "catalog": "loading",
    "load_scenario": "loading",
    "nearest": "problems",
    "new_scenario": "loading",
    "parse_setting": "loading",
    "resolve": "resolving",
    "uncertain_paths": "resolving",
}

__all__ = [
    "METRIC_NAMES",
    "PRESETS",
    "Assumption",
    "Scenario",
    "ScenarioDocument",
    "StockScenario",
    "Uncertain",
    "assumptions",
    "catalog",
    "load_scenario",
    "nearest",
    "new_scenario",
    "parse_setting",
    "resolve",
    "uncertain_paths",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'viralsim.spec' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"viralsim.spec.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted(__all__)
