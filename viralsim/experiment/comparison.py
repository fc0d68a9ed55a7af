"""Compare scenarios in shared worlds: the same people, graphs, tastes and coins for all."""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from viralsim.errors import SpecError
from viralsim.experiment.pairs import Pair, effect_interval_text, effect_text
from viralsim.experiment.verdicts import judge
from viralsim.metrics import paired as paired_statistics
from viralsim.metrics import registry
from viralsim.metrics.columns import Floats
from viralsim.metrics.rounding import format_times
from viralsim.rng import check_seed, derive, entropy_seed, text_key, uniform
from viralsim.spec.problems import allowed_names
from viralsim.spec.uncertain import normal_quantile

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.spec import Scenario

__all__ = ["Comparison", "Pair", "compare", "compare_ensembles", "draw_scores"]

ROOT = 0x76697261
PURPOSE_UNCERTAIN = 3


class Comparison:
    """Scenarios run in shared worlds, and what can be said about each pair of them.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        Run with one seed, on the same draws and replicates.
    labels : sequence of str
    metric : str
        What the verdict is about.
    worthwhile : float
        Smallest difference worth having, relative to the first of a pair.
    metrics : sequence of str
        Further metrics to report.
    pairs : sequence of Pair
        All pairs (a before b) in `metric`, then in each of `metrics`.
    """

    def __init__(
        self,
        ensembles: Sequence[Ensemble],
        labels: Sequence[str],
        metric: str,
        worthwhile: float,
        metrics: Sequence[str],
        pairs: Sequence[Pair],
    ) -> None:
        self.ensembles = tuple(ensembles)
        self.labels = tuple(labels)
        self.metric = metric
        self.worthwhile = worthwhile
        self.metrics = tuple(metrics)
        self.pairs = tuple(pairs)

    def _only(self) -> Pair:
        if len(self.labels) != 2:
            raise SpecError(
                f"comparison: {len(self.labels)} scenarios were compared, so there is no single answer; use .pairs "
                f"or .pair(a, b) with two of: {', '.join(self.labels)}"
            )
        return self.pairs[0]

    @property
    def difference(self) -> float:
        """Expected value of the second minus that of the first (two scenarios only)."""
        return self._only().difference

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference (two scenarios only)."""
        return self._only().interval

    @property
    def ratio(self) -> float:
        """Expected value of the second over that of the first (two scenarios only)."""
        return self._only().ratio

    @property
    def prob_better(self) -> float:
        """Chance that one run of the second beats one run of the first (two scenarios only)."""
        return self._only().prob_better

    @property
    def prob_mean_better(self) -> float:
        """Confidence that the second's expected value is better (two scenarios only)."""
        return self._only().prob_mean_better

    @property
    def verdict(self) -> str:
        """better, worse, practically equal or unresolved: the second against the first (two scenarios only)."""
        return self._only().verdict

    @property
    def unresolved_because(self) -> str | None:
        """What stands in the way of a verdict (two scenarios only)."""
        return self._only().unresolved_because

    @property
    def replicates_needed(self) -> int | None:
        """About how many more replicates would settle it (two scenarios only)."""
        return self._only().replicates_needed

    def pair(self, a: str, b: str, metric: str | None = None) -> Pair:
        """The pair of that name, whichever came first: b against a.

        Raises
        ------
        SpecError
            If a scenario was not compared.
        """
        for label in (a, b):
            if label not in self.labels:
                raise SpecError(
                    f"comparison: there is no scenario {label!r}; {allowed_names(label, self.labels)}"
                )
        name = metric or self.metric
        for found in self.pairs:
            if (found.a, found.b, found.metric) == (a, b, name):
                return found
        positions = self.labels.index(a), self.labels.index(b)
        return _pair(self.ensembles, self.labels, positions, name, self.worthwhile, self._scores)

    @cached_property
    def _scores(self) -> dict[str, Floats]:
        return draw_scores(self.ensembles)

    def sentence(self) -> str:
        """The verdict in plain words; one sentence for each pair if there are more than two scenarios."""
        return " ".join(pair.sentence() for pair in self.pairs if pair.metric == self.metric)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``viralsim compare --json`` prints: the first scenario's as of `run`, and the rest.

        Returns
        -------
        dict
            All keys of `Ensemble.to_dict` for the first scenario; `scenarios`: the same object of each, with its
            `label`; `metric`, `worthwhile`, `verdict_sentence` and `pairs`.
        """
        objects = [e.to_dict() for e in self.ensembles]
        return {
            **objects[0],
            "scenarios": [{"label": label, **o} for label, o in zip(self.labels, objects, strict=True)],
            "metric": self.metric,
            "worthwhile": self.worthwhile,
            "verdict_sentence": self.sentence(),
            "pairs": [pair.to_dict() for pair in self.pairs],
        }

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.labels)}: {self.metric}; {len(self.pairs)} pairs)"

    def _repr_html_(self) -> str:
        """Sentences and a small table for notebooks."""
        head = "<th>metric</th><th>B</th><th>A</th><th>B / A</th><th>95 % interval</th><th>B wins</th><th>verdict</th>"
        rows = "".join(
            f"<tr><td>{html.escape(p.metric.replace('_', ' '))}</td><td>{html.escape(p.b)}</td>"
            f"<td>{html.escape(p.a)}</td><td>{effect_text(p)}</td><td>{effect_interval_text(p)}</td>"
            f"<td>{format_times(p.prob_better)}</td><td>{html.escape(p.verdict)}</td></tr>"
            for p in self.pairs
        )
        return (
            f"<p>{html.escape(self.sentence())}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


# ---------------------------------------------------------------------------------------------- running


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
        Further metrics to report pairs of; those that a scenario does not define are an error.
    progress : bool or callable
        Handed on to `simulate`.
    fixed : bool
        Hold every uncertain number at its value.

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
    if seed is None:
        seed = base.seed if base.seed is not None else entropy_seed()
    seed = check_seed(seed)
    options = {
        "replicates": base.replicates if replicates is None else replicates,
        "draws": base.draws if draws is None else draws,
        "seed": seed,
        "threads": threads,
        "progress": progress,
        "fixed": fixed,
    }
    ensembles = [_simulate(scenario, options) for scenario in chosen]
    return compare_ensembles(ensembles, metric, worthwhile, names, metrics)


def _simulate(scenario: Scenario, options: dict[str, Any]) -> Ensemble:
    """One scenario's ensemble (the place where tests put a stand-in)."""
    from viralsim.engine import simulate

    return simulate(scenario, **options)


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


# --------------------------------------------------------------------------------------------- judging


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
    wanted = [metric, *(name for name in metrics if name != metric)]
    scores = draw_scores(ensembles)
    pairs = [
        _pair(ensembles, names, positions, name, worthwhile, scores)
        for name in wanted
        for positions in itertools.combinations(range(len(ensembles)), 2)
    ]
    return Comparison(ensembles, names, metric, worthwhile, wanted[1:], pairs)


def _pair(
    ensembles: Sequence[Ensemble],
    labels: Sequence[str],
    positions: tuple[int, int],
    metric: str,
    worthwhile: float,
    scores: dict[str, Floats],
) -> Pair:
    """B against A in one metric."""
    a, b = (ensembles[position] for position in positions)
    better = registry.METRICS[metric].better if metric in registry.METRICS else "higher"
    found = paired_statistics.pair(a.column(metric), b.column(metric), a.draw)
    verdict = judge(found, worthwhile, better, scores)
    lower = better == "lower"
    return Pair(
        metric=metric,
        a=labels[positions[0]],
        b=labels[positions[1]],
        mean_a=found.mean_a,
        mean_b=found.mean_b,
        difference=found.difference,
        low=found.low,
        high=found.high,
        ratio=found.ratio,
        ratio_low=found.ratio_low,
        ratio_high=found.ratio_high,
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
