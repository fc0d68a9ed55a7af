"""The scenario that a command line means: file or stock name, variant, settings."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["load", "load_all", "located", "source_name", "stock_names"]

Setting = tuple[str, Any]


def stock_names() -> list[str]:
    """Names of the stock scenarios, without reading them."""
    folder = resources.files("viralsim") / "scenarios"
    if not folder.is_dir():
        return []
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load(source: str, variant: str | None = None, settings: Sequence[Setting] = ()) -> Scenario:
    """Load one scenario.

    Parameters
    ----------
    source : str
        Path, ``-``, or the name of a stock scenario.
    variant : str, optional
        One of its variants in its place.
    settings : sequence of (path, value)
        Laid over it, last.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError, SpecError
        With every problem.
    """
    from viralsim.spec import load_scenario

    scenario = load_scenario(source)
    if variant is not None:
        scenario = scenario.variant(variant)
    return scenario.with_overrides(dict(settings)) if settings else scenario


def load_all(sources: Sequence[str], settings: Sequence[Setting] = ()) -> tuple[list[Scenario], list[str]]:
    """What a comparison is about: several scenarios, or one and all its variants.

    Returns
    -------
    scenarios : list of Scenario
    labels : list of str
        Names to show.

    Raises
    ------
    ScenarioError, SpecError
        Problems of all the files together.
    """
    from viralsim.errors import ScenarioError, SpecError
    from viralsim.spec import load_scenario

    loaded, problems = [], []
    for source in sources:
        try:
            loaded.append(load_scenario(source))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    labels = [scenario.name for scenario in loaded]
    if len(loaded) == 1:
        names = loaded[0].variant_names
        if not names:
            raise SpecError(
                f"{sources[0]} has no variants to compare with; name a second scenario, or add a section 'variants' "
                "(viralsim new writes an example)"
            )
        loaded += [loaded[0].variant(name) for name in names]
        labels += list(names)
    if settings:
        loaded = [scenario.with_overrides(dict(settings)) for scenario in loaded]
    return loaded, labels


@contextlib.contextmanager
def located(*scenarios: Scenario) -> Iterator[None]:
    """Say where in the scenario's file a problem stands that shows only when people and networks are made.

    Of several scenarios it cannot be told which one has it, unless they are one file and its variants.
    """
    from viralsim.errors import ScenarioError

    try:
        yield
    except ScenarioError as error:
        if len({scenario.source_path for scenario in scenarios}) > 1:
            raise
        raise ScenarioError([scenarios[0].located(problem) for problem in error.problems]) from error


def source_name(source: str) -> str:
    """The scenario as it is typed in a command again."""
    return (
        source if source and not set(source) & set(" '\"\\$`") else "'" + source.replace("'", "'\\''") + "'"
    )


def complete_scenarios(ctx: Any, param: Any, incomplete: str) -> list[str]:
    """Stock names for the shell's completion."""
    names = stock_names()
    return [name for name in names if name.startswith(incomplete)] or difflib.get_close_matches(
        incomplete, names, n=3
    )
