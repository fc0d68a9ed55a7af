"""The groups of checks and what can be changed about each: plain data, so that help costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["GROUPS", "Group", "Parameter", "parameter_groups"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that can be changed about a group.

    Parameters
    ----------
    name : str
    kind : {"whole", "number", "choice"}
    default : str
        As people read it.
    low, high : float
    choices : tuple of str
    help : str
    """

    name: str
    kind: str
    default: str
    low: float = 0.0
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of checks.

    Parameters
    ----------
    title : str
        What is claimed, in a few words.
    module, function : str
        ``viralsim.verify.<module>.<function>(setting)`` lists the checks.
    parameters : tuple of Parameter
    """

    title: str
    module: str
    parameters: tuple[Parameter, ...] = ()
    function: str = "checks"


_PROB = "probability that a tie passes it on"
_PEOPLE = "number of people"
_OFFSPRING = ("poisson", "geometric", "binary", "fixed")
_PERIODS = ("exponential", "fixed", "lognormal")
_DEGREES = ("poisson", "regular", "power-law")


def _prob(default: str) -> Parameter:
    return Parameter("prob", "number", default, 0.0, 1.0, help=_PROB)


def _people(default: str, low: int = 2, high: float = 2e7) -> Parameter:
    return Parameter("people", "whole", default, low, high, help=_PEOPLE)


GROUPS: dict[str, Group] = {
    "graphs": Group(
        "Independent cascade on small graphs equals enumeration and closed forms",
        "checks_graphs",
        (_people("10", 3, 60), _prob("0.5")),
    ),
    "linear-threshold": Group(
        "Linear threshold on small graphs equals enumeration",
        "checks_linear",
        (_people("5", 2, 12),),
    ),
    "coupling": Group(
        "Scenarios compared share their luck, exactly",
        "checks_coupling",
        (Parameter("leaves", "whole", "9", 1, 1000, help="leaves of the star"), _prob("0.2")),
    ),
    "influence": Group(
        "Reverse reachable sets, greedy seeding and known spreads on the karate club",
        "checks_influence",
        (_people("10", 3, 60), _prob("0.1")),
    ),
    "trees": Group(
        "Structural virality of known trees",
        "checks_trees",
        (Parameter("depth", "whole", "1, 2, 3, 5, 10", 1, 14, help="depth of the binary tree"),),
    ),
    "money": Group("Earned media value is plain arithmetic", "checks_trees", function="money_checks"),
    "branching": Group(
        "Branching process: law of total progeny, extinction",
        "checks_branching",
        (
            Parameter(
                "reproduction",
                "number",
                "0.5, 0.9; 1.2, 1.5, 2",
                0.0,
                10.0,
                help="R, mean number of children",
            ),
            Parameter("law", "choice", "poisson", choices=_OFFSPRING, help="law of the number of children"),
            Parameter("roots", "whole", "1", 1, 1000, help="ancestors"),
        ),
    ),
    "time": Group(
        "Cascades in time: growth of the mean, delay laws",
        "checks_time",
        (
            Parameter(
                "reproduction", "number", "0.5, 0.8, 1", 0.0, 2.0, help="R, mean number of new sharers"
            ),
            Parameter("per-hour", "number", "0.4", 0.001, 1000.0, help="1 / mean delay"),
        ),
    ),
    "percolation": Group(
        "Large random graphs: chance and size of a large outbreak",
        "checks_percolation",
        (
            Parameter("degree", "number", "4 and 6", 0.1, 500.0, help="mean number of neighbours"),
            _prob("several"),
            Parameter("law", "choice", "poisson", choices=_DEGREES, help="law of the number of neighbours"),
            Parameter("exponent", "number", "2.5", 1.5, 10.0, help="of power-law degrees"),
            _people("50,000; full 100,000", 1000),
        ),
    ),
    "epidemic": Group(
        "SIR: final size, chance of an outbreak, whole law in a small crowd",
        "checks_epidemic",
        (
            Parameter("reproduction", "number", "1.5, 2, 3", 0.1, 20.0, help="R0"),
            Parameter("period", "choice", "all", choices=_PERIODS, help="law of the infectious period"),
            _people("50,000", 100),
        ),
    ),
    "watts": Group(
        "Fractional thresholds: window, chance and size of global cascades",
        "checks_thresholds",
        (
            Parameter("degree", "number", "1.5, 3, 5", 0.1, 100.0, help="mean number of neighbours"),
            Parameter("threshold", "number", "0.18", 0.01, 1.0, help="part of neighbours needed"),
            _people("20,000; full 100,000", 1000),
        ),
    ),
    "complex": Group(
        "Absolute thresholds: ring and torus spread or stop",
        "checks_thresholds",
        (Parameter("need", "whole", "1 to 5", 1, 20, help="adopted neighbours needed"),),
        "complex_checks",
    ),
    "bass": Group(
        "Bass: closed form, complete graph, circle, two people",
        "checks_bass",
        (
            Parameter("innovation", "number", "0.03", 1e-6, 10.0, help="p, adoption on one's own"),
            Parameter("imitation", "number", "0.38", 0.0, 100.0, help="q, adoption by imitation"),
            _people("20,000; full 100,000", 100),
        ),
    ),
    "talk": Group(
        "Talk of the network: strong and weak ties",
        "checks_talk",
        (
            Parameter("strong", "whole", "17", 1, 200, help="strong ties"),
            Parameter("weak", "whole", "17", 0, 200, help="weak ties"),
            Parameter("alpha", "number", "0.005", 1e-6, 1.0, help="adoption by advertising, per period"),
            Parameter("b-weak", "number", "0.01", 0.0, 1.0, help="effect of one weak tie, per period"),
            Parameter("b-strong", "number", "0.04", 0.0, 1.0, help="effect of one strong tie, per period"),
            _people("3,000", 100, 1e6),
        ),
    ),
    "published": Group(
        "What studies of real cascades found, from the model and from the stock scenario of an ordinary post",
        "checks_published",
        (Parameter("cascades", "number", "100,000; full 4 million", 1000, 1e12, help="number of cascades"),),
    ),
    "scale": Group(
        "Follower cascades at scale: most things do not spread",
        "checks_scale",
        (
            _people("200,000; full 1,000,000", 1000, 1e8),
            Parameter(
                "cascades", "number", "2 million; full 100 million", 100, 1e12, help="number of cascades"
            ),
            Parameter("exponent", "number", "2.3", 1.5, 5.0, help="of the follower counts"),
            Parameter("reproduction", "number", "0.5", 0.0, 0.95, help="r, mean adoptions caused"),
        ),
    ),
    "engine": Group(
        "The word-of-mouth engine with neutral mechanics equals theory; R as `validate` computes it",
        "checks_engine",
        (
            Parameter("reproduction", "number", "0.5; 1.5, 2", 0.01, 5.0, help="R"),
            _people("30,000", 1000, 1e6),
        ),
    ),
    "mechanics": Group(
        "Mechanics of the engine one at a time: exposure curves, hubs, presets, nesting, arithmetic of a post",
        "checks_mechanics",
    ),
    "networks": Group(
        "Real networks have the figures published about them (needs their files)", "checks_networks"
    ),
    "intervals": Group(
        "The 95 % interval of the mean covers the truth 95 times in 100",
        "checks_intervals",
        (Parameter("draws", "whole", "5, 10, 20, 40", 2, 200, help="draws of an ensemble"),),
    ),
}


def parameter_groups(names: Iterable[str] | None = None) -> dict[str, list[tuple[str, Parameter]]]:
    """Each parameter's name -> (group, parameter) of the groups that have it."""
    found: dict[str, list[tuple[str, Parameter]]] = {}
    for group in GROUPS if names is None else names:
        for parameter in GROUPS[group].parameters:
            found.setdefault(parameter.name, []).append((group, parameter))
    return found


def setting_name(parameter: str) -> str:
    """Name of a parameter in `Setting.values`: "b-weak" -> "b_weak"."""
    return parameter.replace("-", "_")


def checked_value(parameter: Parameter, value: Any) -> Any:
    """A parameter's value in range, or SpecError."""
    from viralsim.errors import SpecError

    if parameter.kind == "choice":
        if value not in parameter.choices:
            raise SpecError(f"{parameter.name}: got {value!r}; allowed are {', '.join(parameter.choices)}")
        return value
    if not parameter.low <= value <= parameter.high:
        raise SpecError(
            f"{parameter.name}: got {value:g}; allowed are numbers from {parameter.low:g} to {parameter.high:g}"
        )
    if parameter.kind == "whole":
        if value != int(value):
            raise SpecError(f"{parameter.name}: got {value:g}; it must be a whole number")
        return int(value)
    return float(value)
