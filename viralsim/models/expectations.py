"""What theory expects of a classic model in the cases where there is a formula: for figures and sentences.

Each function returns an `Expectation` or None where no formula applies. `viralsim verify` has oracles of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viralsim.models.durations import DurationLaw
from viralsim.models.progeny import OffspringLaw

__all__ = [
    "Expectation",
    "expect_bass",
    "expect_branching",
    "expect_cascade",
    "expect_epidemic",
    "expect_watts",
]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What theory says.

    Parameters
    ----------
    text : str
        A sentence.
    values : dict of str to float
        The numbers in it, by name.
    size : float or None
        People reached in a large outbreak, to be marked on the figure.
    curve : tuple (str, float64[bins]) or None
        Name of a curve and its values at the ends of the bins.
    """

    text: str
    values: dict[str, float] = field(default_factory=dict)
    size: float | None = None
    curve: tuple[str, NDArray[np.float64]] | None = None


def _fixed_point(f: Callable[[float], float], start: float) -> float:
    """Limit of x, f(x), f(f(x)), ... for a monotone map of [0, 1] into itself, by iteration and bisection."""
    x = start
    for _ in range(100_000):
        new = f(x)
        if abs(new - x) < 1e-13:
            return new
        x = new
    return x


def _large_part(mean: float) -> float:
    """Largest root of S = 1 - exp(-mean S): the giant component, or the final size of an epidemic."""
    return _fixed_point(lambda s: -math.expm1(-mean * s), 1.0)


def expect_bass(p: float, q: float, n: int, times: NDArray[np.float64], discrete: bool) -> Expectation:
    """Bass 1969, well mixed: the closed form, or the recursion in periods."""
    if discrete:
        part, found = 0.0, []
        for _ in range(int(times[-1])):
            part += (p + q * part) * (1.0 - part)
            found.append(part)
        curve = np.array(found)[times.astype(int) - 1]
        text = "In theory F(t+1) = F(t) + (p + q F(t))(1 - F(t)), for very many people."
    elif p == 0.0:
        return Expectation("Without innovation (p = 0) there is no closed form from nothing.")
    else:
        decay = np.exp(-(p + q) * times)
        curve = (1.0 - decay) / (1.0 + q / p * decay)
        text = "In theory F(t) = (1 - exp(-(p+q)t)) / (1 + (q/p) exp(-(p+q)t)), for very many people."
    return Expectation(text, {}, None, ("adopters", n * curve))


def expect_epidemic(rate: float, period: DurationLaw, n: int, seeds: int) -> Expectation:
    """Well mixed SIR and SEIR: final size and probability of a large outbreak (Ludwig 1975; Ball 1986)."""
    reproduction = rate * period.mean_hours
    if reproduction <= 1.0:
        mean = seeds / (1.0 - reproduction) if reproduction < 1.0 else math.inf
        values = {"R0": reproduction, "mean_size": mean}
        most = f"{mean:,.2f} people on average" if math.isfinite(mean) else "only small outbreaks"
        return Expectation(f"In theory R0 = {reproduction:.3g}, no large outbreak: {most}.", values)
    part = _large_part(reproduction)
    values = {"R0": reproduction, "large_size": part * n}
    text = f"In theory R0 = {reproduction:.3g}, and a large outbreak reaches {100 * part:.1f} %"
    chance = None
    if period.kind == "exponential":
        chance = 1.0 - reproduction**-seeds
    elif period.kind == "fixed":
        chance = 1.0 - (1.0 - part) ** seeds
    if chance is not None:
        values["outbreak_prob"] = chance
        text += f"; there is one in {100 * chance:.1f} % of runs"
    return Expectation(text + ".", values, part * n)


def expect_branching(law: OffspringLaw, roots: int) -> Expectation:
    """Mean total progeny, or the probability of extinction (Harris 1963)."""
    mean = law.mean
    if mean < 1.0:
        total = roots / (1.0 - mean)
        return Expectation(
            f"In theory all die out, with {total:,.4g} individuals on average: {roots} / (1 - {mean:.4g}).",
            {"mean_offspring": mean, "mean_size": total, "extinction_prob": 1.0},
        )
    probabilities = law.probabilities

    def generating(x: float) -> float:
        return float(np.polynomial.polynomial.polyval(x, probabilities))

    extinct = _fixed_point(generating, 0.0) ** roots
    return Expectation(
        f"In theory {100 * extinct:.1f} % die out (the smallest root of x = G(x)); the others grow without end.",
        {"mean_offspring": mean, "extinction_prob": extinct},
    )


def expect_cascade(mean_degree: float, prob: float, n: int) -> Expectation:
    """Independent cascade with one seed on a Poisson random graph: bond percolation (Newman 2002)."""
    reproduction = mean_degree * prob
    if reproduction < 1.0:
        mean = 1.0 / (1.0 - reproduction)
        return Expectation(
            f"In theory R = {reproduction:.3g}, no large cascade: {mean:,.3g} people on average.",
            {"R": reproduction, "mean_size": mean},
        )
    part = _large_part(reproduction)
    return Expectation(
        f"In theory R = {reproduction:.3g}: a cascade is large in {100 * part:.1f} % of runs, and then reaches "
        f"{100 * part:.1f} % of all.",
        {"R": reproduction, "outbreak_prob": part, "large_size": part * n},
        part * n,
    )


def expect_watts(mean_degree: float, fraction: float, n: int) -> Expectation:
    """Watts 2002 on a Poisson random graph, one seed: the giant cluster of people whom one adopter convinces.

    H is the probability that an edge leads to no infinite cluster of such people; one seed of degree k triggers a
    global cascade with probability 1 - H^k, which then fills the giant component (Watts 2002, section 4).
    """
    z = mean_degree
    most = int(z + 12.0 * math.sqrt(z) + 40.0)
    degrees = np.arange(most)
    logs = degrees * math.log(z) - z - np.array([math.lgamma(k + 1.0) for k in degrees])
    chance = np.exp(logs)
    follows = chance * degrees / z
    vulnerable = np.maximum(1.0, np.ceil(fraction * degrees - 1e-12)) <= 1.0
    stuck = float(follows[~vulnerable].sum())

    def no_cluster(h: float) -> float:
        powers = h ** np.maximum(degrees - 1, 0)
        return stuck + float((follows * powers)[vulnerable].sum())

    h = _fixed_point(no_cluster, 0.0)
    trigger = 1.0 - float((chance * h**degrees).sum())
    # At the edge of the window convergence is slow and what is left is noise.
    gain = float((follows * (degrees - 1))[vulnerable].sum())
    if gain <= 1.0:
        return Expectation(
            f"In theory there are no global cascades: people whom one adopter convinces form no giant cluster "
            f"(each leads to {gain:.2f} others).",
            {"outbreak_prob": 0.0, "vulnerable_branching": gain},
        )
    part = _large_part(z)
    return Expectation(
        f"In theory a random person triggers a global cascade in {100 * trigger:.1f} % of runs, and then it reaches "
        f"{100 * part:.1f} % of all (the giant component).",
        {"outbreak_prob": trigger, "large_size": part * n, "vulnerable_branching": gain},
        part * n,
    )
