"""The models of ``viralsim model``: options of each, how it is called, what its sentence says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.model_laws import DurationText, OffspringText
from viralsim.cli.suggest import Choice

if TYPE_CHECKING:
    from viralsim.models.results import ModelResult

__all__ = ["MODELS", "ModelEntry", "Setup"]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a model is run on.

    Parameters
    ----------
    graph : SocialGraph or None
        None is well mixed, or no population at all (branching).
    people : int
    seeds : int64[R, k] or None
    poisson_degree : float or None
        Mean degree, if the network is an Erdos-Renyi graph and each run has one random seed.
    tail : dict
        replicates, seed and threads.
    """

    graph: Any
    people: int
    seeds: Any
    poisson_degree: float | None
    tail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the command line.

    Parameters
    ----------
    name, says : str
        Name and one line.
    about : str
        Help text.
    options : tuple of click.Option
    run : callable (Setup, options) -> ModelResult
    theory : callable (Setup, options, ModelResult) -> Expectation or None
    figure : str
        "dots", "compartments", or the name of a curve.
    mixed : str
        "no", "possible" or "default": well mixed populations.
    seeding : str
        Default of ``--seeding``; "" for models without seeds.
    counts : str
        What its curve or size counts.
    replicates : int
        Runs by default.
    """

    name: str
    says: str
    about: str
    options: tuple[click.Option, ...]
    run: Callable[[Setup, dict[str, Any]], ModelResult]
    theory: Callable[[Setup, dict[str, Any], ModelResult], Any]
    figure: str = "dots"
    mixed: str = "no"
    seeding: str = "random"
    counts: str = "people reached"
    replicates: int = 400


PROB = click.FloatRange(0.0, 1.0)
NUMBER = click.FloatRange(0.0)
DURATION = "mean hours, or fixed:H, lognormal:MEDIAN,SIGMA, power-law:H,THETA"


def _option(*names: str, **settings: Any) -> click.Option:
    return click.Option(list(names), show_default=settings.get("default") is not None, **settings)


def _prob(default: float) -> click.Option:
    return _option(
        "--prob", "-p", type=PROB, default=default, help="Chance that a try at one follower succeeds."
    )


def _models() -> Any:
    from viralsim import models

    return models


def _expectations() -> Any:
    from viralsim.models import expectations

    return expectations


def _nothing(setup: Setup, options: dict[str, Any], result: ModelResult) -> None:
    return None


# ------------------------------------------------------------------------------------------- cascades


def _run_ic(setup: Setup, o: dict[str, Any]) -> ModelResult:
    return _models().independent_cascade(setup.graph, setup.seeds, o["prob"], **setup.tail)


def _run_wc(setup: Setup, o: dict[str, Any]) -> ModelResult:
    return _models().independent_cascade(setup.graph, setup.seeds, "weighted", **setup.tail)


def _run_lt(setup: Setup, o: dict[str, Any]) -> ModelResult:
    if "linear_threshold" not in dir(_models()):
        raise click.UsageError("the linear threshold model is not part of this version of viralsim")
    return _models().linear_threshold(setup.graph, setup.seeds, **setup.tail)


def _run_delays(setup: Setup, o: dict[str, Any]) -> ModelResult:
    return _models().temporal_cascade(
        setup.graph, setup.seeds, o["prob"], delay=o["delay"], horizon_hours=o["hours"], **setup.tail
    )


def _expect_ic(setup: Setup, o: dict[str, Any], result: ModelResult) -> Any:
    if setup.poisson_degree is None:
        return None
    return _expectations().expect_cascade(setup.poisson_degree, o["prob"], setup.people)


# ------------------------------------------------------------------------------------------ thresholds


def _threshold_run(kind: str) -> Callable[[Setup, dict[str, Any]], ModelResult]:
    """Runs the threshold model, of a `fraction` of neighbours or an `absolute` number of them."""

    def run(setup: Setup, o: dict[str, Any]) -> ModelResult:
        return _models().threshold(
            setup.graph,
            setup.seeds,
            **{kind: o["threshold"]},
            below_prob=o["below_prob"],
            parent=o["parent"],
            horizon_steps=o["steps"],
            **setup.tail,
        )

    return run


def _expect_watts(setup: Setup, o: dict[str, Any], result: ModelResult) -> Any:
    if setup.poisson_degree is None or o["below_prob"] or o["steps"] is not None:
        return None
    return _expectations().expect_watts(setup.poisson_degree, o["threshold"], setup.people)


_THRESHOLD_OPTIONS = (
    _option(
        "--below-prob",
        type=PROB,
        default=0.0,
        help="Chance per step of adopting below the threshold, once exposed.",
    ),
    _option(
        "--parent",
        type=Choice(("latest", "first", "random")),
        default="latest",
        help="Which adopter counts as the parent; changes depth, never size.",
    ),
    _option("--steps", type=click.IntRange(1), help="Steps at most. [default: until it is over]"),
)

# ------------------------------------------------------------------------------------------- epidemics


def _epidemic(name: str) -> Callable[[Setup, dict[str, Any]], ModelResult]:
    def run(setup: Setup, o: dict[str, Any]) -> ModelResult:
        extra = {key: o[key] for key in ("period", "latent") if key in o}
        n = setup.people if setup.graph is None else None
        model = getattr(_models(), name)
        return model(  # type: ignore[no-any-return]
            setup.graph,
            setup.seeds,
            transmission_per_hour=o["transmission"],
            n=n,
            horizon_hours=o["hours"],
            **extra,
            **setup.tail,
        )

    return run


def _expect_epidemic(setup: Setup, o: dict[str, Any], result: ModelResult) -> Any:
    if setup.graph is not None or o["hours"] is not None:
        return None
    from viralsim.models.durations import check_duration

    period = check_duration("period", o["period"])
    return _expectations().expect_epidemic(o["transmission"], period, setup.people, setup.seeds.shape[1])


def _transmission(default: float) -> click.Option:
    return _option(
        "--transmission",
        type=NUMBER,
        default=default,
        help="Transmissions per hour: over each arc of a network, in all if well mixed.",
    )


_PERIOD = _option(
    "--period", type=DurationText(), default="1", metavar="LAW", help=f"Infectious period: {DURATION}."
)
_LATENT = _option(
    "--latent", type=DurationText(), default="1", metavar="LAW", help=f"Latent period: {DURATION}."
)
_HOURS = _option(
    "--hours", type=click.FloatRange(0.0, min_open=True), help="End of time. [default: until it is over]"
)

# ------------------------------------------------------------------------------- adoption and branching


def _run_bass(setup: Setup, o: dict[str, Any]) -> ModelResult:
    n = setup.people if setup.graph is None else None
    time = "discrete" if o["discrete"] else "continuous"
    return _models().bass(
        setup.graph, o["innovation"], o["imitation"], n=n, time=time, horizon_hours=o["hours"], **setup.tail
    )


def _expect_bass(setup: Setup, o: dict[str, Any], result: ModelResult) -> Any:
    if setup.graph is not None or result.times_hours is None:
        return None
    return _expectations().expect_bass(
        o["innovation"], o["imitation"], setup.people, result.times_hours, o["discrete"]
    )


def _run_branching(setup: Setup, o: dict[str, Any]) -> ModelResult:
    return _models().branching(
        o["offspring"],
        roots=o["roots"],
        max_size=o["max_size"],
        delay=o["delay"],
        horizon_hours=o["hours"],
        **setup.tail,
    )


def _expect_branching(setup: Setup, o: dict[str, Any], result: ModelResult) -> Any:
    from viralsim.models.progeny import check_offspring

    if o["hours"] is not None:
        return None
    return _expectations().expect_branching(check_offspring(o["offspring"]), o["roots"])


_BRANCHING_OPTIONS = (
    _option(
        "--offspring",
        type=OffspringText(),
        default="0.9",
        metavar="LAW",
        help="Children of each: a mean (Poisson), probabilities 0.5,0.2,0.3, geometric:MEAN, "
        "negative-binomial:MEAN,DISPERSION, fixed:COUNT.",
    ),
    _option("--roots", type=click.IntRange(1), default=1, help="Individuals at the start."),
    _option("--max-size", type=click.IntRange(1), default=100_000, help="Stop a process at so many."),
    _option("--delay", type=DurationText(), metavar="LAW", help=f"Time to each child: {DURATION}."),
    _HOURS,
)

_ALL = (
    ModelEntry(
        "ic", "Independent cascade: one try at each follower.",
        "Each newly active person has one try at each follower (Kempe, Kleinberg and Tardos 2003).",
        (_prob(0.15),), _run_ic, _expect_ic,
    ),
    ModelEntry(
        "wc", "Weighted cascade: tries succeed with chance 1 / followed.",
        "Independent cascade in which a try at a person who follows k succeeds with chance 1 / k.",
        (), _run_wc, _nothing,
    ),
    ModelEntry(
        "lt", "Linear threshold: weights of active people followed against a random threshold.",
        "Linear threshold model with weights 1 / followed and uniform thresholds (Kempe, Kleinberg and Tardos 2003).",
        (), _run_lt, _nothing,
    ),
    ModelEntry(
        "delays", "Independent cascade in time, with delays on each passing on.",
        "Independent cascade with delays; by default those of reshares on Twitter (Zhao et al. 2015).",
        (_prob(0.15), _option("--delay", type=DurationText(), default="power-law:0.083333,0.2315", metavar="LAW",
                              help=f"Time to pass on: {DURATION}."), _HOURS),
        _run_delays, _nothing, "reached",
    ),
    ModelEntry(
        "watts", "Fractional threshold: adopt once a fraction of those followed have.",
        "A person adopts once a fraction of the people followed have (Watts 2002).",
        (_option("--threshold", type=PROB, default=0.18, help="Fraction of those followed."), *_THRESHOLD_OPTIONS),
        _threshold_run("fraction"), _expect_watts, counts="adopters",
    ),
    ModelEntry(
        "centola", "Absolute threshold: adopt once a number of those followed have.",
        "A person adopts once so many of the people followed have: complex contagion (Centola and Macy 2007). "
        "By default a person and all neighbours are the seeds.",
        (_option("--threshold", type=click.IntRange(1), default=2, help="Number of those followed."),
         *_THRESHOLD_OPTIONS),
        _threshold_run("absolute"), _nothing, seeding="neighbourhood", counts="adopters",
    ),
    ModelEntry(
        "si", "SI epidemic: infectious for ever.", "Who is infected stays infectious for ever.",
        (_transmission(0.3), _HOURS), _epidemic("si"), _nothing, "compartments", "possible",
    ),
    ModelEntry(
        "sis", "SIS epidemic: susceptible again after the infectious period.",
        "After the infectious period people are susceptible again; it can become endemic.",
        (_transmission(0.3), _PERIOD, _HOURS), _epidemic("sis"), _nothing, "compartments", "possible",
        replicates=40,
    ),
    ModelEntry(
        "sir", "SIR epidemic: removed after the infectious period.",
        "After the infectious period people are removed for good (Kermack and McKendrick 1927).",
        (_transmission(0.3), _PERIOD, _HOURS), _epidemic("sir"), _expect_epidemic, "compartments", "possible",
    ),
    ModelEntry(
        "seir", "SEIR epidemic: with a latent period before.",
        "Infected people are not infectious for a latent period, then infectious, then removed.",
        (_transmission(0.3), _PERIOD, _LATENT, _HOURS), _epidemic("seir"), _expect_epidemic, "compartments",
        "possible",
    ),
    ModelEntry(
        "bass", "Bass: adoption by oneself and by imitation.",
        "People adopt by themselves and because those whom they follow have (Bass 1969); well mixed unless a "
        "network is given.",
        (_option("--innovation", type=NUMBER, default=0.03, help="p: own adoption per unit of time."),
         _option("--imitation", type=NUMBER, default=0.38, help="q: imitation per unit of time."),
         _option("--discrete", is_flag=True, help="Everybody decides once per period."), _HOURS),
        _run_bass, _expect_bass, "adopters", "default", "", "adopters",
    ),
    ModelEntry(
        "branching", "Branching process: any law of offspring, nobody met twice.",
        "Every individual has an independent number of children (Galton-Watson).",
        _BRANCHING_OPTIONS, _run_branching, _expect_branching, mixed="none", seeding="", counts="individuals",
    ),
)  # fmt: skip

MODELS: dict[str, ModelEntry] = {entry.name: entry for entry in _ALL}
