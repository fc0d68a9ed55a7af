"""The talk of the network: strong and weak ties, agent by agent against the chain of personal networks."""

from __future__ import annotations

import numpy as np

from viralsim.verify.check import Check, Finding, Plot, Setting, sample_mean, worst_of
from viralsim.verify.simulators import uniforms
from viralsim.verify.theory_adoption import crossing_times, talk_adopted

__all__ = ["checks", "simulate_talk"]

TALK = "Goldenberg, Libai and Muller 2001"
Ties = tuple[int, int, float, float, float]
"""Strong and weak ties; alpha, effect of a weak and of a strong tie."""

LEVELS = (0.16, 0.5, 0.95)
PUBLISHED = (6.4, 9.55, 14.05)  # whole periods at the centre point of the study


def checks(setting: Setting) -> list[Check]:
    """Adoption curve of agents against theory; periods to 16, 50 and 95 %."""
    numbers: Ties = (
        setting.value("strong", 17),
        setting.value("weak", 17),
        setting.value("alpha", 0.005),
        setting.value("b_weak", 0.01),
        setting.value("b_strong", 0.04),
    )
    people = setting.value("people", 3000)
    found = [_curve(setting, numbers, people)]
    if not setting.values:
        found += [_published(setting, numbers, people, k) for k in range(3)]
    return found


def simulate_talk(
    strong: int, weak: int, alpha: float, b_weak: float, b_strong: float, people: int, seed: int, periods: int
) -> np.ndarray:
    """Adopted part by period of one agent run, float64[periods + 1].

    Notes
    -----
    Personal networks of strong + 1 people all tied to each other, the last one filled up; each person
    meets `weak` people picked at random in every period. Adoption with probability
    1 - (1-alpha)(1-b_w)^j (1-b_s)^m on what was adopted before the period.
    """
    network = np.arange(people) // (strong + 1)
    adopted = np.zeros(people, bool)
    curve = np.zeros(periods + 1)
    for period in range(periods):
        met = (uniforms(seed, 2 * period, people * weak) * people).astype(np.int64).reshape(people, weak)
        inside = np.bincount(network, weights=adopted)[network] - adopted
        stay = (1 - alpha) * (1 - b_weak) ** adopted[met].sum(axis=1) * (1 - b_strong) ** inside
        adopted |= uniforms(seed, 2 * period + 1, people) >= stay
        curve[period + 1] = adopted.mean()
    return curve


def _runs(setting: Setting, numbers: Ties, people: int, periods: int, runs: int) -> np.ndarray:
    base = setting.seed_for("talk")
    return np.array([simulate_talk(*numbers, people, base + run, periods) for run in range(runs)])


def _periods(numbers: Ties) -> int:
    line = talk_adopted(*numbers, periods=400)
    late = crossing_times(line, (0.97,))[0]
    return 400 if np.isnan(late) else int(late) + 3


def _curve(setting: Setting, numbers: Ties, people: int) -> Check:
    strong, weak, alpha, b_weak, b_strong = numbers
    claim = f"talk of the network, s = {strong}, w = {weak}, alpha = {alpha:g}: adopted part by period"

    def find() -> Finding:
        periods = _periods(numbers)
        line = talk_adopted(*numbers, periods=periods)
        curves = _runs(setting, numbers, people, periods, setting.effort(12, 100))
        at = np.arange(1, periods + 1)
        slack = 2.0 * (strong + 1) / people
        findings = [
            sample_mean(curves[:, k], float(line[k]), None, slack, "few personal networks in a finite crowd")
            for k in at
        ]
        plot = Plot(
            "The talk of the network",
            "period",
            "adopted part",
            np.arange(periods + 1.0),
            line,
            at.astype(np.float64),
            np.array([f.got for f in findings]),
            np.array([f.se for f in findings]),
            f"Strong ties (effect {b_strong:g}) work inside personal networks of {strong + 1}, weak ones "
            f"({b_weak:g}) between them. Advertising starts it, talk carries it.",
        )
        return worst_of(findings, plot)

    return Check(claim, f"{TALK}; chain of personal networks", find)


def _published(setting: Setting, numbers: Ties, people: int, which: int) -> Check:
    level, expected = LEVELS[which], PUBLISHED[which]
    claim = f"talk of the network, centre point: first period with {100 * level:.0f} % adopted"

    def find() -> Finding:
        curves = _runs(setting, numbers, people, _periods(numbers), setting.effort(12, 100))
        first = (curves >= level).argmax(axis=1)
        return sample_mean(first, expected, None, 1.0, "as published")

    return Check(claim, TALK, find)
