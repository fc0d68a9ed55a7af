"""Bass adoption: two people, small graphs, the circle, the complete graph, the closed form, discrete time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from viralsim.verify import simulators
from viralsim.verify.check import Check, Finding, Plot, Setting, sample_mean, worst_of
from viralsim.verify.theory_adoption import (
    bass_adopted,
    bass_circle,
    bass_complete,
    bass_discrete,
    bass_graph,
    bass_pair,
    bass_peak,
)

__all__ = ["checks"]

BASS = "Bass 1969, F(t) = (1-e^{-(p+q)t}) / (1+(q/p)e^{-(p+q)t})"


def checks(setting: Setting) -> list[Check]:
    """From two people to an endless crowd."""
    p, q = setting.value("innovation", 0.03), setting.value("imitation", 0.38)
    n = setting.value("people", setting.effort(20_000, 100_000))
    span = 5.0 * bass_peak(p, q)[0] or 5.0 / (p + q)
    triangle_tail = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4)]
    both = [*triangle_tail, *[(v, u) for u, v in triangle_tail]]
    at = f"p = {p:g}, q = {q:g}"
    return [
        _small(setting, f"two people, {at}", 2, [(0, 1), (1, 0)], p, q, span, bass_pair),
        _small(setting, f"triangle with a tail, {at}", 5, both, p, q, span, None),
        _small(
            setting,
            f"a one-way chain and a loop, {at}",
            4,
            [(0, 1), (1, 2), (2, 3), (3, 1)],
            p,
            q,
            span,
            None,
        ),
        _complete_exactly(setting, p, q, span),
        _circle(setting, p, q, span),
        _closed(setting, p, q, n, span),
        _discrete(setting, p, q, n, span),
        _peak(setting, p, q, n, span),
    ]


def _curve(
    setting: Setting, name: str, graph: Any, n: int | None, p: float, q: float, span: float, runs: int,
    time: str = "continuous",
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Times and adopters so far, [replicates, bins]."""
    bass = simulators.model("bass")
    result = bass(
        graph, p, q, runs, n=n, time=time, horizon_hours=span, bins=int(span) if time == "discrete" else 60,
        seed=setting.seed_for(name), threads=setting.threads,
    )  # fmt: skip
    return np.asarray(result.times_hours), result.curve("adopters")


def _small(
    setting: Setting,
    what: str,
    n: int,
    arcs: Sequence[tuple[int, int]],
    p: float,
    q: float,
    span: float,
    closed: Any,
) -> Check:
    claim = f"Bass, {what}: adopters over time"

    def find() -> Finding:
        graph = simulators.directed_graph(n, arcs)
        times, adopters = _curve(setting, claim, graph, None, p, q, span, setting.effort(20_000, 400_000))
        at = np.arange(5, times.size, 9)
        line = closed(p, q, times[at]) if closed else bass_graph(n, arcs, p, q, times[at])
        return worst_of([sample_mean(adopters[:, k] / n, float(y)) for k, y in zip(at, line, strict=True)])

    return Check(claim, "closed form" if closed else "Kolmogorov equations of all 2^n states", find)


def _complete_exactly(setting: Setting, p: float, q: float, span: float) -> Check:
    n = 50
    claim = f"Bass, complete graph of {n}, p = {p:g}, q = {q:g}: adopters over time"

    def find() -> Finding:
        times, adopters = _curve(setting, claim, None, n, p, q, span, setting.effort(10_000, 200_000))
        at = np.arange(5, times.size, 9)
        line = bass_complete(n, p, q, times[at])
        return worst_of([sample_mean(adopters[:, k] / n, float(y)) for k, y in zip(at, line, strict=True)])

    return Check(claim, "pure birth chain, exactly", find)


def _circle(setting: Setting, p: float, q: float, span: float) -> Check:
    n = 1000
    claim = f"Bass, one-sided circle, p = {p:g}, q = {q:g}: adopted part over time"

    def find() -> Finding:
        graph = simulators.directed_graph(n, [(v, (v + 1) % n) for v in range(n)])
        times, adopters = _curve(setting, claim, graph, None, p, q, span, setting.effort(400, 8000))
        at = np.arange(5, times.size, 6)
        line = bass_circle(p, q, times)
        findings = [sample_mean(adopters[:, k] / n, float(line[k])) for k in at]
        plot = _plot("Adoption on a circle: each watches one other", times, line, at, findings)
        return worst_of(findings, plot)

    return Check(claim, "Fibich and Gibori 2010", find)


def _closed(setting: Setting, p: float, q: float, n: int, span: float) -> Check:
    claim = f"Bass, complete graph of {n:,}, p = {p:g}, q = {q:g}: adopted part over time"

    def find() -> Finding:
        times, adopters = _curve(setting, claim, None, n, p, q, span, setting.effort(30, 300))
        at = np.arange(5, times.size, 6)
        line = bass_adopted(p, q, times)
        findings = [
            sample_mean(adopters[:, k] / n, float(line[k]), None, 0.01, "the curve is for an endless crowd")
            for k in at
        ]
        return worst_of(findings, _plot("Adoption if everybody sees everybody", times, line, at, findings))

    return Check(claim, BASS, find)


def _discrete(setting: Setting, p: float, q: float, n: int, span: float) -> Check:
    claim = f"Bass in discrete time, p = {p:g}, q = {q:g}: its own recursion, not the closed form"

    def find() -> Finding:
        periods = max(int(span), 5)
        times, adopters = _curve(
            setting, claim, None, n, min(p, 1.0), q, float(periods), setting.effort(30, 300), "discrete"
        )
        line = bass_discrete(p, q, periods)
        at = np.unique(np.linspace(0, times.size - 1, 8).astype(int))
        findings = [
            sample_mean(adopters[:, k] / n, float(line[round(times[k])]), None, 0.01, "for an endless crowd")
            for k in at
        ]
        return worst_of(findings)

    return Check(claim, "F + (p + qF)(1 - F)", find)


def _peak(setting: Setting, p: float, q: float, n: int, span: float) -> Check:
    when, share, _ = bass_peak(p, q)
    claim = f"Bass, p = {p:g}, q = {q:g}: part adopted at the peak, t* = {when:.4g}"

    def find() -> Finding:
        bass = simulators.model("bass")
        result = bass(
            None, p, q, setting.effort(30, 300), n=n, horizon_hours=max(when, 1e-9), bins=0,
            seed=setting.seed_for(claim), threads=setting.threads,
        )  # fmt: skip
        return sample_mean(np.asarray(result.size) / n, share, None, 0.01, "for an endless crowd")

    return Check(claim, "t* = log(q/p) / (p+q)", find)


def _plot(title: str, times: np.ndarray, line: np.ndarray, at: np.ndarray, findings: list[Finding]) -> Plot:
    return Plot(
        title,
        "time",
        "adopted part",
        times,
        line,
        times[at],
        np.array([f.got for f in findings]),
        np.array([f.se for f in findings]),
        "Imitation makes the S; the fewer people one sees, the slower it is.",
    )
