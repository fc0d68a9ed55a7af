"""A comparison's sides as one scenario file with variants, as Python, and as shell lines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from viralsim.app.live import Size
from viralsim.errors import ScenarioError
from viralsim.spec import Scenario

__all__ = ["LETTERS", "sides_command", "sides_python", "sides_scenario", "sides_yaml"]

LETTERS = "ABC"

Sides = Sequence[tuple[str, Mapping[str, Any]]]
"""Variant ("" for the scenario itself) and moved numbers of A, B and C."""


def sides_scenario(scenarios: Sequence[Scenario]) -> Scenario:
    """One scenario that holds the comparison: the first as it is, the others as its variants B and C.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The sides as they are run.

    Returns
    -------
    Scenario
        ``to_yaml()`` is the file; `viralsim compare` of it compares all sides.
    """
    base = _plain(scenarios[0])
    variants = {
        letter: _difference(base, _plain(side))
        for letter, side in zip(LETTERS[1:], scenarios[1:], strict=False)
    }
    return Scenario.from_dict({**base, "variants": variants}, scenarios[0].folder)


def sides_yaml(scenarios: Sequence[Scenario]) -> str:
    """The comparison as a file; as a file for each side where a variant cannot say it (one that adds a platform)."""
    try:
        return sides_scenario(scenarios).to_yaml()
    except ScenarioError:
        parts = zip(LETTERS, scenarios, strict=False)
        return "\n".join(f"# ---- {letter}.yaml ----\n{side.to_yaml()}" for letter, side in parts)


def _plain(scenario: Scenario) -> dict[str, Any]:
    """What is written, but for names and variants."""
    written = scenario.to_dict()
    return {key: value for key, value in written.items() if key != "variants"}


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What must be laid over `one` to get `other`: mappings key by key, all else whole, None where nothing is."""
    found: dict[str, Any] = {key: None for key in one if key not in other}
    for key, value in other.items():
        here = one.get(key)
        if here == value and key in one:
            continue
        both = isinstance(here, Mapping) and isinstance(value, Mapping)
        union = isinstance(value, Mapping) and ({"kind", "value"} & set(value) or not value)
        found[key] = _difference(here, value) if both and not union else value  # type: ignore[arg-type]
    return found


def sides_python(source: str, sides: Sides, metric: str, size: Size, seed: int) -> str:
    """The Python lines that give the same comparison.

    Examples
    --------
    >>> print(sides_python("small-shop", [("", {}), ("", {"items.offer.stickiness": 0.5})], "reach", Size(200, 20), 1))
    import viralsim as vs
    <BLANKLINE>
    scenario = vs.load_scenario('small-shop')
    a = scenario
    b = scenario.with_overrides({'items.offer.stickiness': 0.5})
    comparison = vs.compare([a, b], 'reach', labels=['A', 'B'], replicates=200, draws=20, seed=1)
    for pair in comparison.pairs:
        print(pair.sentence())
    """
    lines = ["import viralsim as vs", "", f"scenario = vs.load_scenario({source!r})"]
    letters = LETTERS[: len(sides)]
    for letter, (variant, moved) in zip(letters, sides, strict=True):
        made = "scenario" + (f".variant({variant!r})" if variant else "")
        if moved:
            made += f".with_overrides({dict(moved)!r})"
        lines.append(f"{letter.lower()} = {made}")
    names = ", ".join(letters.lower())
    lines += [
        f"comparison = vs.compare([{names}], {metric!r}, labels={list(letters)!r}, "
        f"replicates={size.replicates}, draws={size.draws}, seed={seed})",
        "for pair in comparison.pairs:",
        "    print(pair.sentence())",
    ]
    return "\n".join(lines)


def sides_command(source: str, sides: Sides, metric: str, size: Size, seed: int) -> str:
    """Shell lines that give the same comparison: a file of each side's settings, then `viralsim compare`."""
    lines, files = [], []
    for letter, (variant, moved) in zip(LETTERS, sides, strict=False):
        words = ["viralsim", "show", source] + (["--variant", variant] if variant else [])
        for path, value in moved.items():
            words += ["--set", f"{path}={value!r}"]
        files.append(f"{letter}.yaml")
        lines.append(f"{shlex.join(words)} > {letter}.yaml")
    last = ["viralsim", "compare", *files, "--metric", metric, "--replicates", str(size.replicates)]
    lines.append(shlex.join([*last, "--draws", str(size.draws), "--seed", str(seed)]))
    return "\n".join(lines)
