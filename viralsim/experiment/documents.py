"""Experiment files: a sweep as YAML. Its sections are combined, the later ones changing fastest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from viralsim.errors import ScenarioError, SpecError
from viralsim.experiment.designs import Design, grid, listed, sampled, zipped
from viralsim.experiment.plans import band_of
from viralsim.spec import Scenario
from viralsim.spec.problems import allowed_names, shown

__all__ = ["VERSION_KEY", "Experiment", "read_experiment"]

VERSION_KEY = "viralsim_sweep"
KEYS = (
    VERSION_KEY, "scenario", "variant", "set", "vary", "together", "settings", "sample",
    "replicates", "draws", "seed", "fixed", "metric",
)  # fmt: skip
SAMPLE_KEYS = ("vary", "count", "method", "seed")


@dataclass(frozen=True, slots=True)
class Experiment:
    """What an experiment file says.

    Parameters
    ----------
    scenario : Scenario
    design : Design
    options : dict
        replicates, draws, seed, fixed, where they are written.
    metric : str or None
        What to show.
    """

    scenario: Scenario
    design: Design
    options: dict[str, Any]
    metric: str | None


def read_experiment(data: Any, load: Callable[[Any], Scenario], label: str) -> Experiment:
    """Read an experiment.

    Parameters
    ----------
    data : object
        The file's contents as plain data.
    load : callable
        Loads what stands under `scenario`: a path, a stock name, or a scenario itself.
    label : str
        What messages call the file.

    Raises
    ------
    ScenarioError
        With every problem, each ``label: key: what, allowed``.
    """
    if not isinstance(data, Mapping):
        raise ScenarioError(
            f"{label}: holds {shown(data)}; an experiment is a mapping, beginning with {VERSION_KEY}: 1"
        )
    problems = [
        f"{label}: unknown key {key!r}; {allowed_names(key, KEYS)}" for key in data if key not in KEYS
    ]
    if data.get(VERSION_KEY) != 1:
        problems.append(f"{label}: {VERSION_KEY}: got {shown(data.get(VERSION_KEY))}; allowed: 1")
    if "scenario" not in data:
        problems.append(f"{label}: scenario: is missing; name a file or a stock scenario")
    if problems:
        raise ScenarioError(problems)
    scenario = load(data["scenario"])
    try:
        if "variant" in data:
            scenario = scenario.variant(str(data["variant"]))
        if data.get("set"):
            scenario = scenario.with_overrides(_mapping(data["set"], "set"))
        design = _design(scenario, data)
    except ScenarioError as error:
        raise ScenarioError([f"{label}: {problem}" for problem in error.problems]) from None
    except SpecError as error:
        raise ScenarioError(f"{label}: {error}") from None
    options = {key: data[key] for key in ("replicates", "draws", "seed", "fixed") if key in data}
    if not isinstance(options.get("fixed", False), bool):
        raise ScenarioError(f"{label}: fixed: got {shown(options['fixed'])}; allowed: true, false")
    return Experiment(scenario, design, options, data.get("metric"))


def _design(scenario: Scenario, data: Mapping[str, Any]) -> Design:
    """The sections' designs, nested in the order of the file."""
    parts: list[Design] = []
    for key, value in data.items():
        if key == "vary":
            parts.append(grid(_mapping(value, key)))
        elif key == "together":
            groups = value if isinstance(value, list) else [value]
            parts += [zipped(_mapping(group, key)) for group in groups]
        elif key == "settings":
            if not isinstance(value, list):
                raise SpecError(
                    f"settings: got {shown(value)}; a list of mappings of paths to values is allowed"
                )
            parts.append(listed(value))
        elif key == "sample":
            parts.append(_sample(scenario, _mapping(value, key)))
    if not parts:
        raise SpecError("nothing is varied; write vary, together, settings or sample")
    design = parts[0]
    for part in parts[1:]:
        design = design * part
    return design


def _sample(scenario: Scenario, section: Mapping[str, Any]) -> Design:
    for key in section:
        if key not in SAMPLE_KEYS:
            raise SpecError(f"sample: unknown key {key!r}; {allowed_names(key, SAMPLE_KEYS)}")
    if "vary" not in section or "count" not in section:
        raise SpecError("sample: needs vary (path: low:high) and count")
    axes = {
        path: band_of(scenario, path) if given == "band" else given
        for path, given in _mapping(section["vary"], "sample.vary").items()
    }
    return sampled(axes, section["count"], str(section.get("method", "sobol")), section.get("seed", 0))


def _mapping(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not value:
        raise SpecError(f"{key}: got {shown(value)}; a mapping of dotted paths is allowed")
    return {str(path): part for path, part in value.items()}
