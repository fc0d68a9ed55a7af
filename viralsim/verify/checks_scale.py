"""Follower cascades at scale: most things do not spread, on networks with a heavy tail."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from viralsim.verify.check import Check, Finding, NotComputedError, Plot, Setting, proportion, worst_of
from viralsim.verify.theory_followers import FollowerTheory, counts_theory, follower_counts, follower_theory

if TYPE_CHECKING:
    from viralsim.graph.social_graph import SocialGraph
    from viralsim.models.cascade_counts import CascadeCounts

__all__ = ["checks"]

GOEL = "Goel, Anderson, Hofman and Watts 2016; Otter 1949"
FRINGE = "Goel et al. 2016; Otter 1949; Aldous 1991 (subtrees)"
LEAST = 10
MET_TWICE = "people met twice in a finite crowd"
ROUNDING = (1e-12, "rounding of floating point")
POPULAR = 100
LEAST_EXPECTED = 10  # cascades, for a size to be looked at
LARGEST = 1023  # sizes up to this are counted one by one
ONE_DRAW = "the graph is one draw of follower counts (4 standard deviations over draws)"
# Relative standard deviation over draws of 25 million counts of the theory for them: alone, popular, virality
# (of popular cascades up to 1,023 people; docs/models/follower-cascades.md).
DRAW_SD = (0.00084, 0.0096, 0.0028)
_INTERPRETER_BYTES = 3e8


def checks(setting: Setting) -> list[Check]:
    """Alone, within one step, at least 100, mean size, virality: two settings of the model, each on one graph."""
    if setting.values:
        cases = [(setting.value("exponent", 2.3), setting.value("reproduction", 0.5))]
    else:
        cases = [(2.3, 0.5), (2.0, 0.2)]
    found: list[Check] = []
    for exponent, reproduction in cases:
        found += _case(_Case(setting, exponent, reproduction))
    return found


@dataclass(frozen=True, slots=True)
class _Case:
    """One setting of the model: its graph and cascades are made once, when first asked for."""

    setting: Setting
    exponent: float
    reproduction: float
    _cache: dict[str, Any] = field(default_factory=dict)

    @property
    def people(self) -> int:
        return int(self.setting.value("people", self.setting.effort(200_000, 1_000_000)))

    @property
    def cascades(self) -> int:
        return int(self.setting.value("cascades", self.setting.effort(2_000_000, 100_000_000)))

    @property
    def most(self) -> int:
        """Upper bound of follower counts: as published, a million, for the published 25 million people."""
        return min(10**6, max(self.people // 25, 2 * LEAST))

    @property
    def has_large(self) -> bool:
        """Whether somebody may have enough followers to reach `POPULAR` people at once, as the largest cascades do."""
        k, weight = follower_counts(self.exponent, LEAST, self.most)
        return self.reproduction * self.most >= POPULAR * float(k @ weight)

    @property
    def name(self) -> str:
        return f"{self.people:,} people, follower counts k^-{self.exponent:g}, r = {self.reproduction:g}"

    def counts(self) -> CascadeCounts:
        """The cascades."""
        self._run()
        return self._cache["counts"]  # type: ignore[no-any-return]

    def theory(self) -> FollowerTheory:
        """What is expected of them, from the follower counts that this graph has."""
        self._run()
        return self._cache["theory"]  # type: ignore[no-any-return]

    def _run(self) -> None:
        if "counts" in self._cache:
            return
        from viralsim.graph import generate
        from viralsim.models import follower_cascades

        _check_memory(self.people, self.exponent, self.most)
        seed = self.setting.seed_for(self.name)
        self.setting.tell(f"making {self.people:,} people and their followers")
        graph = generate.power_law(
            self.people,
            self.exponent,
            min_followers=LEAST,
            max_followers=self.most,
            seed=seed,
            threads=self.setting.threads,
        )
        beta = self.reproduction / (graph.n_edges / self.people)
        self._cache["theory"] = theory_of(graph, beta)
        self._cache["counts"] = follower_cascades(
            graph,
            beta,
            self.cascades,
            seed=seed,
            threads=self.setting.threads,
            popular=POPULAR,
            progress=_teller(self.setting),
        )


def _teller(setting: Setting) -> Callable[[int, int], None]:
    """How many cascades are done, and the seconds left."""
    began = time.monotonic()

    def tell(done: int, total: int) -> None:
        left = (time.monotonic() - began) * (total - done) / done if done else 0.0
        setting.tell(f"{done:,} of {total:,} cascades" + (f", about {left:.0f} s left" if left else ""))

    return tell


def theory_of(graph: SocialGraph, probability: float) -> FollowerTheory:
    """Law of sizes for the follower counts of a graph, as if its followers were drawn anew each time."""
    times = np.bincount(np.diff(graph.indptr))
    k = np.flatnonzero(times)
    return counts_theory(k.astype(np.float64), times[k] / graph.n_nodes, probability, LARGEST)


def _check_memory(people: int, exponent: float, most: int) -> None:
    """Refuse what would not fit."""
    from viralsim.engine.memory import available_bytes

    k, weight = follower_counts(exponent, LEAST, most)
    need = people * (4.0 * float(k @ weight) + 24.0) + _INTERPRETER_BYTES
    if need > available_bytes():
        raise NotComputedError(
            f"{people:,} people need about {need / 1e9:.1f} GB, {available_bytes() / 1e9:.1f} GB are available; "
            "use fewer --people"
        )


def _case(case: _Case) -> list[Check]:
    def alone() -> Finding:
        counts = case.counts()
        expected = float(case.theory().size_prob[1])
        return proportion(int(counts.size_counts[1]), counts.cascades, expected, *ROUNDING)

    def shallow() -> Finding:
        counts = case.counts()
        shallow = int(counts.depth_counts[:2].sum())
        return proportion(shallow, counts.cascades, case.theory().within_one, *ROUNDING)

    def popular() -> Finding:
        counts, expected = case.counts(), case.theory().at_least(POPULAR)
        return proportion(counts.popular_count, counts.cascades, expected, 0.02 * expected, MET_TWICE)

    def mean() -> Finding:
        got, se = case.counts().mean_size
        expected = case.theory().mean
        return Finding(expected, got, se, 0.01 * expected, MET_TWICE)

    def virality() -> Finding:
        got, se = case.counts().mean_virality_below
        if not math.isfinite(se):
            raise NotComputedError(f"fewer than two cascades reach {POPULAR}; use more --cascades")
        expected = case.theory().mean_virality(POPULAR)
        return Finding(expected, got, se, 0.01 * expected, MET_TWICE)

    what = case.name
    large = [
        Check(f"{what}: chance to reach {POPULAR}", GOEL, popular),
        Check(f"{what}: mean structural virality from {POPULAR} to {LARGEST}", FRINGE, virality),
    ]
    found = [
        Check(f"{what}: chance to stay alone", GOEL, alone),
        Check(f"{what}: chance to end within one step", GOEL, shallow),
        *(large if case.has_large else []),
        Check(f"{what}: mean size", "1 / (1 - r)", mean),
        Check(f"{what}: chance of at least k, k to 1000", GOEL, lambda: _tail(case)),
    ]
    return found + _published(case)


def _published(case: _Case) -> list[Check]:
    """At the published size: the law of follower counts itself, of which the graph is one draw."""
    if case.people < 25_000_000 or (case.exponent, case.reproduction) != (2.3, 0.5):
        return []

    def against(value: Callable[[FollowerTheory], float], got: float, sd: float) -> Finding:
        expected = value(follower_theory(case.exponent, case.reproduction, LEAST, case.most))
        se = math.sqrt(expected * (1.0 - expected) / case.cascades)
        return Finding(expected, got, se, 4.0 * sd * expected, ONE_DRAW)

    def alone() -> Finding:
        return against(lambda theory: float(theory.size_prob[1]), case.counts().size_prob(1), DRAW_SD[0])

    def popular() -> Finding:
        return against(lambda theory: theory.at_least(POPULAR), case.counts().at_least(POPULAR), DRAW_SD[1])

    def virality() -> Finding:
        got, se = case.counts().mean_virality
        return Finding(3.63, got, se, 4.0 * DRAW_SD[2] * 3.63, ONE_DRAW)

    what = f"{case.people:,} people, the published law of follower counts"
    return [
        Check(f"{what}: chance to stay alone (.7419)", GOEL, alone),
        Check(f"{what}: chance to reach {POPULAR} (6.70e-4)", GOEL, popular),
        Check(f"{what}: mean structural virality of popular cascades (3.63)", GOEL, virality),
    ]


def _tail(case: _Case) -> Finding:
    """The law of sizes on a log scale."""
    counts, theory = case.counts(), case.theory()
    total = counts.cascades
    n = np.arange(1, 1001)
    above = np.array([theory.at_least(int(k)) for k in n])
    points = np.array([2, 3, 5, 8, 13, 20, 32, 50, 70, 100, 150, 220, 320, 500, 700, 1000])
    points = points[above[points - 1] * total >= LEAST_EXPECTED]
    if not points.size:
        raise NotComputedError(f"fewer than {LEAST_EXPECTED} cascades reach anybody; use more --cascades")
    n, above = n[: points[-1]], above[: points[-1]]
    findings = []
    for k in points:
        hits, expected = int(counts.size_counts[k:].sum()), float(above[k - 1])
        findings.append(proportion(hits, total, expected, 0.02 * expected, MET_TWICE))
    plot = Plot(
        "Most things do not spread",
        "size of the cascade",
        "chance of at least this size",
        n.astype(np.float64),
        above,
        points.astype(np.float64),
        np.array([f.got for f in findings]),
        np.array([max(f.se, math.sqrt(f.got / total)) for f in findings]),
        f"{case.name}: {100 * theory.size_prob[1]:.3g} % of cascades are one person, {100 * theory.within_one:.3g} % "
        f"end within one step, one in {1 / above[-1]:,.0f} reaches {n[-1]}.",
        log_x=True,
        log_y=True,
    )
    return worst_of(findings, plot)
