"""A comparison: scenarios run in shared worlds, and what can be said about each pair and about all of them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from viralsim.errors import SpecError
from viralsim.experiment.pairs import Pair, effect_interval_text, effect_text
from viralsim.experiment.ranking import Rank, rank, ranking_sentence
from viralsim.experiment.settling import Look
from viralsim.experiment.verdicts import ERROR, UNRESOLVED
from viralsim.metrics import registry
from viralsim.metrics.columns import Floats
from viralsim.metrics.rounding import format_times
from viralsim.spec.problems import allowed_names

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble

__all__ = ["Comparison"]

FEW_PAIRS = 3  # so many sentences can be read one after the other; more are better read in the table


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
    error : float
        Chance that any verdict is wrong (of those passed at the last look).
    looks : sequence of Look
        When verdicts were tried, if it was run until settled.
    """

    def __init__(
        self,
        ensembles: Sequence[Ensemble],
        labels: Sequence[str],
        metric: str,
        worthwhile: float,
        metrics: Sequence[str],
        pairs: Sequence[Pair],
        error: float = ERROR,
        looks: Sequence[Look] = (),
    ) -> None:
        self.ensembles = tuple(ensembles)
        self.labels = tuple(labels)
        self.metric = metric
        self.worthwhile = worthwhile
        self.metrics = tuple(metrics)
        self.pairs = tuple(pairs)
        self.error = error
        self.looks = tuple(looks)

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
        from viralsim.experiment.comparison import judged_pair

        name = metric or self.metric
        for found in self.pairs:
            if (found.a, found.b, found.metric) == (a, b, name):
                return found
        turned = [found for found in self.pairs if (found.a, found.b, found.metric) == (b, a, name)]
        confidence = turned[0].confidence if turned else 1.0 - self.error / max(len(self.pairs), 1)
        positions = self.labels.index(a), self.labels.index(b)
        return judged_pair(self, positions, name, confidence)

    @cached_property
    def scores(self) -> dict[str, Floats]:
        """Normal scores of the uncertain numbers in each draw."""
        from viralsim.experiment.comparison import draw_scores

        return draw_scores(self.ensembles)

    @cached_property
    def ranking(self) -> tuple[Rank, ...]:
        """The scenarios in order of the expected value of `metric`, each with its chance of being the best."""
        return rank(self.ensembles, self.labels, self.metric)

    def ranking_in(self, metric: str) -> tuple[Rank, ...]:
        """The same in another metric that all scenarios define."""
        return rank(self.ensembles, self.labels, metric)

    @property
    def settled(self) -> bool:
        """Whether every pair has a verdict in `metric`."""
        return all(pair.verdict != UNRESOLVED for pair in self.pairs if pair.metric == self.metric)

    def sentence(self) -> str:
        """The verdict in plain words: on the pair, or on the best against all others."""
        if len(self.labels) == 2:
            return self.pairs[0].sentence()
        first, *others = [place.label for place in self.ranking]
        against = [self.pair(other, first) for other in others]
        return ranking_sentence(self.ranking, against, registry.METRICS[self.metric].better)

    def sentences(self) -> list[str]:
        """The verdict, then a sentence on each pair where these are more than one and few enough to be read."""
        chosen = [pair.sentence() for pair in self.pairs if pair.metric == self.metric]
        return [self.sentence(), *(chosen if 1 < len(chosen) <= FEW_PAIRS else [])]

    def to_dict(self) -> dict[str, Any]:
        """The object that ``viralsim compare --json`` prints: the first scenario's as of `run`, and the rest.

        Returns
        -------
        dict
            All keys of `Ensemble.to_dict` for the first scenario; `scenarios`: the same object of each, with its
            `label`; `metric`, `worthwhile`, `verdict_sentence`, `settled`, `ranking`, `correction`, `looks` and
            `pairs`.
        """
        objects = [e.to_dict() for e in self.ensembles]
        return {
            **objects[0],
            "scenarios": [{"label": label, **o} for label, o in zip(self.labels, objects, strict=True)],
            "metric": self.metric,
            "worthwhile": self.worthwhile,
            "verdict_sentence": self.sentence(),
            "settled": self.settled,
            "ranking": [place.to_dict() for place in self.ranking],
            "correction": {"method": "Holm", "comparisons": len(self.pairs), "error": self.error},
            "looks": [look.to_dict() for look in self.looks],
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
