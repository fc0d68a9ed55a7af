"""Compare scenarios in shared worlds: the same people, graphs, tastes and coins for all."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from viralsim.engine.effort import Effort, at_least_1, seed_of
from viralsim.errors import SpecError
from viralsim.experiment.compared import Comparison
from viralsim.experiment.pairs import Pair
from viralsim.experiment.settling import settle
from viralsim.experiment.verdicts import ERROR, Verdict, judge, judge_together
from viralsim.metrics import registry
from viralsim.metrics.columns import Floats
from viralsim.metrics.paired import Paired
from viralsim.metrics.paired import pair as paired_statistics
from viralsim.rng import derive, text_key, uniform
from viralsim.spec.uncertain import normal_quantile

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.spec import Scenario

__all__ = ["Comparison", "Pair", "compare", "compare_ensembles", "draw_scores", "judged_pair"]

ROOT = 0x76697261
PURPOSE_UNCERTAIN = 3


def compare(
    scenarios: Scenario | Sequence[Scenario],
    metric: str = "reach",
    replicates: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    worthwhile: float = 0.05,
    labels: Sequence[str] | None = None,
    metrics: Iterable[str] = (),
    progress: bool | Callable[[int, int], None] = False,
    fixed: bool = False,
    draws: int | None = None,
    until_settled: bool = False,
    most_replicates: int | None = None,
    keep: Callable[[Comparison], bool | None] | None = None,
) -> Comparison:
    """Run scenarios in shared worlds and say which is better, how surely, and what is in the way.

    Parameters
    ----------
    scenarios : Scenario or sequence of Scenario
        Two or more; a single one stands for itself and all its variants.
    metric : str
        What the verdict is about.
    replicates, seed, draws : int, optional
        For all; by default what the first scenario says.
    threads : int, optional
        Changes no result.
    worthwhile : float
        Smallest difference worth having, relative to the first of a pair; .05 = 5 %.
    labels : sequence of str, optional
        Names to show; by default those of the scenarios or variants.
    metrics : iterable of str
        Further metrics to report pairs of; those that a scenario does not define are an error. Verdicts are
        corrected for the number of all pairs in all metrics.
    progress : bool or callable
        Handed on to `simulate`.
    fixed : bool
        Hold every uncertain number at its value.
    until_settled : bool
        Double replicates and draws until every pair has a verdict in `metric`, or `most_replicates` is
        reached (a sequential rule whose error stays at 5 %: docs/comparison.md).
    most_replicates : int, optional
        Limit of `until_settled`; by default 16 times `replicates`.
    keep : callable, optional
        Gets what can be said so far, each time that is more: after a scenario, after a look. If it returns True
        after a look, that was the last.

    Returns
    -------
    Comparison

    Raises
    ------
    SpecError
        If there are fewer than two scenarios, a metric is unknown, or a number is out of range.

    Examples
    --------
    >>> import viralsim as vs
    >>> shop = vs.load_scenario("small-shop")
    >>> comparison = vs.compare([shop, shop.variant("ask-regulars")], metric="impressions", replicates=40)
    >>> comparison.verdict
    'better'
    """
    _check_worthwhile(worthwhile)
    chosen, names = _chosen(scenarios, labels)
    base = chosen[0].run
    effort = Effort(
        at_least_1("replicates", replicates, base.replicates),
        at_least_1("draws", draws, base.draws),
        seed_of(chosen[0], seed),
        at_least_1("threads", threads, os.cpu_count() or 1),
        fixed,
    )
    further = list(metrics)
    for scenario in chosen:
        _check_metrics(scenario, (metric, *further))
    worlds = _worlds()

    def look(size: Mapping[str, int], error: float, passed: Mapping[int, Verdict], looks: Any) -> Comparison:
        ensembles: list[Ensemble] = []
        now = replace(effort, **dict[str, Any](size))
        for scenario in chosen:
            _check_people(scenario, now, worlds)
        for scenario in chosen:
            ensembles.append(_simulate(scenario, now, worlds, progress))
            if keep is not None and not looks and 1 < len(ensembles) < len(chosen):
                keep(compare_ensembles(ensembles, metric, worthwhile, names[: len(ensembles)], further))
        return _judged(ensembles, names, metric, worthwhile, further, error, passed, looks)

    try:
        if not until_settled:
            return look({}, ERROR, {}, ())
        return settle(look, effort, most_replicates, keep)
    finally:
        worlds.forget()


def _check_metrics(scenario: Scenario, names: Iterable[str]) -> None:
    """Refuse what a run would not define before anything is run (the place where tests put a stand-in)."""
    from viralsim.engine.defined import check_metric

    for name in names:
        check_metric(scenario, name)


def _check_people(scenario: Scenario, effort: Effort, worlds: Any) -> None:
    """Refuse numbers of people that some draw does not have before anything is run (as `_check_metrics`)."""
    from viralsim.engine.shortages import check_run

    check_run(scenario, replace(effort, draws=min(effort.draws, effort.replicates)), worlds.graphs(scenario))


def _worlds() -> Any:
    """What makes people and networks once for all scenarios that agree in them."""
    from viralsim.experiment.audiences import Audiences

    return Audiences()


def _simulate(scenario: Scenario, effort: Effort, worlds: Any, progress: Any) -> Ensemble:
    """One scenario's ensemble (the place where tests put a stand-in)."""
    from viralsim.experiment.shared_worlds import simulate_sharing

    return simulate_sharing(scenario, worlds, effort, progress)


def _check_worthwhile(worthwhile: float) -> None:
    if not 0.0 < worthwhile < 1.0:
        raise SpecError(
            f"worthwhile: got {worthwhile!r}; allowed is a part between 0 and 1, such as 0.05 for 5 %"
        )


def _chosen(
    scenarios: Scenario | Sequence[Scenario], labels: Sequence[str] | None
) -> tuple[list[Any], list[str]]:
    """The scenarios to run and what they are called."""
    listed: list[Any] = list(scenarios) if isinstance(scenarios, (list, tuple)) else [scenarios]
    names = [str(getattr(scenario, "name", "scenario")) for scenario in listed]
    if len(listed) == 1:
        variants = tuple(listed[0].variant_names)
        if not variants:
            raise SpecError(
                f"compare: got one scenario without variants ({names[0]}); allowed are two or more scenarios, or "
                "one whose file has a section 'variants'"
            )
        names += list(variants)
        listed += [listed[0].variant(name) for name in variants]
    if not listed:
        raise SpecError("compare: got no scenario; allowed are two or more, or one with variants")
    if labels is not None:
        names = [str(label) for label in labels]
        if len(names) != len(listed):
            raise SpecError(f"labels: got {len(names)} for {len(listed)} scenarios; allowed is one for each")
    return listed, _distinct(names)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names made different by a number where they repeat."""
    result: list[str] = []
    for name in names:
        candidate, number = name, 2
        while candidate in result:
            candidate, number = f"{name} ({number})", number + 1
        result.append(candidate)
    return result


def compare_ensembles(
    ensembles: Sequence[Ensemble],
    metric: str = "reach",
    worthwhile: float = 0.05,
    labels: Sequence[str] | None = None,
    metrics: Iterable[str] = (),
) -> Comparison:
    """Compare ensembles that were run in shared worlds.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        At least two, with the same seed, replicates and draws.
    metric, worthwhile, labels, metrics
        As in `compare`.

    Returns
    -------
    Comparison

    Raises
    ------
    SpecError
        If they do not share their worlds, or do not all define a metric.
    """
    return _judged(ensembles, labels, metric, worthwhile, metrics)


def _judged(
    ensembles: Sequence[Ensemble],
    labels: Sequence[str] | None,
    metric: str,
    worthwhile: float,
    metrics: Iterable[str],
    error: float = ERROR,
    passed: Mapping[int, Verdict] | None = None,
    looks: Sequence[Any] = (),
) -> Comparison:
    """The comparison of ensembles, at one look of several: with the error it may make, and what stands already."""
    names = _checked(ensembles, labels, metric, worthwhile)
    wanted = [metric, *(name for name in metrics if name != metric)]
    asked = [
        (name, positions) for name in wanted for positions in itertools.combinations(range(len(ensembles)), 2)
    ]
    scores = draw_scores(ensembles)
    found = [_paired(ensembles, positions, name) for name, positions in asked]
    better = [registry.METRICS[name].better for name, _ in asked]
    verdicts = judge_together(found, worthwhile, better, scores, error, passed)
    together = 1.0 - error / len(asked)
    pairs = [
        _pair(paired, name, [names[k] for k in positions], verdict, 1.0 - error, together)
        for (name, positions), paired, verdict in zip(asked, found, verdicts, strict=True)
    ]
    return Comparison(ensembles, names, metric, worthwhile, wanted[1:], pairs, error, looks)


def _checked(
    ensembles: Sequence[Ensemble], labels: Sequence[str] | None, metric: str, worthwhile: float
) -> list[str]:
    """The names of ensembles that can be compared; SpecError if they cannot."""
    _check_worthwhile(worthwhile)
    if len(ensembles) < 2:
        raise SpecError(f"compare: got {len(ensembles)} ensemble; allowed are two or more")
    names = _distinct([e.name for e in ensembles] if labels is None else list(labels))
    first = ensembles[0]
    for name, ensemble in zip(names, ensembles, strict=True):
        if ensemble.seed != first.seed or not np.array_equal(ensemble.draw, first.draw):
            raise SpecError(
                f"compare: {name!r} (seed {ensemble.seed}, {ensemble.replicates} replicates over {ensemble.draws} "
                f"draws) does not share its worlds with {names[0]!r} (seed {first.seed}, {first.replicates} over "
                f"{first.draws}); run both with one seed, the same replicates and draws"
            )
        registry.find(ensemble.tallies, metric)
    return names


def judged_pair(comparison: Comparison, positions: tuple[int, int], metric: str, confidence: float) -> Pair:
    """One pair of a comparison, by the scenarios' positions, judged at a confidence of its own."""
    better = registry.METRICS[metric].better
    paired = _paired(comparison.ensembles, positions, metric)
    verdict = judge(paired, comparison.worthwhile, better, comparison.scores, confidence)
    labels = [comparison.labels[k] for k in positions]
    together = 1.0 - comparison.error / max(len(comparison.pairs), 1)
    return _pair(paired, metric, labels, verdict, 1.0 - comparison.error, together)


def _paired(ensembles: Sequence[Ensemble], positions: tuple[int, int], metric: str) -> Paired:
    """Statistics of B against A in one metric."""
    a, b = (ensembles[position] for position in positions)
    return paired_statistics(a.column(metric), b.column(metric), a.draw)


def _pair(
    found: Paired, metric: str, labels: Sequence[str], verdict: Verdict, alone: float, together: float
) -> Pair:
    """B against A in one metric, with its intervals (each alone, and all together) and its verdict."""
    better = registry.METRICS[metric].better
    own, wide = found.limits(alone), found.limits(together)
    lower = better == "lower"
    return Pair(
        metric=metric,
        a=labels[0],
        b=labels[1],
        mean_a=found.mean_a,
        mean_b=found.mean_b,
        difference=found.difference,
        low=own.low,
        high=own.high,
        ratio=found.ratio,
        ratio_low=own.ratio_low,
        ratio_high=own.ratio_high,
        simultaneous_low=wide.low,
        simultaneous_high=wide.high,
        simultaneous_ratio_low=wide.ratio_low,
        simultaneous_ratio_high=wide.ratio_high,
        prob_better=1.0 - found.prob_higher if lower else found.prob_higher,
        prob_mean_better=1.0 - found.prob_mean_higher if lower else found.prob_mean_higher,
        verdict=verdict.verdict,
        unresolved_because=verdict.because,
        replicates_needed=verdict.needed.replicates if verdict.needed else None,
        draws_needed=verdict.needed.draws if verdict.needed else None,
        assumption_share=verdict.blame.share if verdict.blame else None,
        correlation=found.correlation,
        variance_reduction=found.variance_reduction,
        better=better,
        confidence=verdict.confidence,
        note="; ".join(found.notes),
    )


def draw_scores(ensembles: Sequence[Ensemble]) -> dict[str, Floats]:
    """Normal scores of every uncertain number of the scenarios, in each draw.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        Sharing their worlds.

    Returns
    -------
    dict of path to float64[D]
        Standard normal quantiles of the uniforms that pick the numbers (docs/model.md, section 8), in order of the
        draws; the number itself is a monotone function of it. Empty if numbers are held at their values.
    """
    first = ensembles[0]
    if first.fixed:
        return {}
    paths = sorted({path for e in ensembles for path in _uncertain_paths(e.scenario)})
    root = derive(derive(ROOT, first.seed), PURPOSE_UNCERTAIN)
    keys = [derive(root, int(d)) for d in np.unique(first.draw)]
    scores = {}
    for path in paths:
        scores[path] = np.array([normal_quantile(uniform(derive(key, text_key(path)))) for key in keys])
    return scores


def _uncertain_paths(scenario: Scenario) -> list[str]:
    """Paths of the numbers of a scenario that have a band (the place where tests put a stand-in)."""
    from viralsim.spec.resolving import uncertain_paths

    return list(uncertain_paths(scenario))
