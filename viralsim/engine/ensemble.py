"""Ensemble: all replicates of a scenario, and every question one can ask them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.central import Rerunner, central_replicates
from viralsim.engine.telling import ensemble_to_dict, notebook_page, sentence_of
from viralsim.engine.trace import Trace
from viralsim.errors import EngineError, SpecError
from viralsim.metrics import registry
from viralsim.metrics.attributes import Inequality, inequality, split_by_attribute
from viralsim.metrics.columns import Column, Floats
from viralsim.metrics.frames import data_frame
from viralsim.metrics.judgement import Viral, judge_viral
from viralsim.metrics.observed import Observed, observe
from viralsim.metrics.summaries import Summaries
from viralsim.metrics.tails import caution_of, may_reach_one, reproduction_bands
from viralsim.metrics.tallies import Tallies
from viralsim.metrics.uncertainty import Summary, summarise
from viralsim.metrics.variance import Split, split_variance
from viralsim.metrics.views import View, asked_curve

if TYPE_CHECKING:
    from viralsim.engine.compiled import Compiled
    from viralsim.graph.social_graph import SocialGraph

__all__ = ["Ensemble"]


class Ensemble:
    """All replicates of one scenario.

    Parameters
    ----------
    tallies : Tallies
        Raw counts.
    scenario : Scenario
        What was run.
    seed : int
    fixed : bool
        Whether every uncertain number was held at its value.
    provenance : mapping
        Versions (see `viralsim.provenance.versions`), as written into files.
    tracer : callable, optional
        replicate -> Trace: runs that replicate once more with recording on.
    rerunner : callable, optional
        ``rerunner(fixed=True, replicates=n)`` -> Ensemble, to tell audience from assumptions.
    graphs : mapping of platform name to SocialGraph, optional
        The networks that were read from files.
    first_draw : callable, optional
        The first draw with every uncertain number at its value, compiled.

    Examples
    --------
    >>> import viralsim as vs
    >>> ensemble = vs.simulate(vs.load_scenario("small-shop"), replicates=20)
    >>> ensemble["reach"].shape
    (20,)
    >>> ensemble.summary()["earned_multiplier"].low >= 1
    True
    """

    def __init__(
        self,
        tallies: Tallies,
        scenario: Any,
        seed: int,
        fixed: bool = False,
        provenance: Mapping[str, str] | None = None,
        tracer: Callable[[int], Trace] | None = None,
        rerunner: Rerunner | None = None,
        graphs: Mapping[str, SocialGraph] | None = None,
        first_draw: Callable[[], Compiled] | None = None,
    ) -> None:
        self.tallies = tallies
        self.scenario = scenario
        self.seed = seed
        self.fixed = fixed
        self.provenance: dict[str, str] = dict(provenance or {})
        self._tracer = tracer
        self._rerunner = rerunner
        self.graphs: dict[str, SocialGraph] = dict(graphs or {})
        self.first_draw = first_draw

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return int(self.tallies.draw.size)

    @property
    def draw(self) -> NDArray[np.int64]:
        """The draw each replicate lives in (int64[replicates])."""
        return self.tallies.draw

    @property
    def draws(self) -> int:
        """Number of draws the replicates are dealt over."""
        return int(np.unique(self.tallies.draw).size)

    @property
    def digest(self) -> str:
        """Digest of all in the scenario that changes results."""
        return str(self.scenario.digest)

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self.scenario.name)

    @property
    def people(self) -> float:
        """People in the audience (mean over draws, which agree unless a file says otherwise)."""
        return float(self.tallies.people_by_segment.sum(axis=1).mean())

    @property
    def times_hours(self) -> Floats:
        """End of each bin of the curves, hours from the start (float64[bins])."""
        return self.tallies.times_hours

    @property
    def generations(self) -> NDArray[np.int64]:
        """Sharing people by generation (int64[replicates, 64]; the last entry holds all later ones)."""
        return self.tallies.generations

    @property
    def tree_sizes(self) -> NDArray[np.int64]:
        """Share trees by floor(log2(size)) (int64[replicates, 40])."""
        return self.tallies.tree_sizes

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics this scenario defines."""
        return registry.defined_metrics(self.tallies)

    def column(self, name: str) -> Column:
        """A metric per replicate as numerator and denominator.

        Raises
        ------
        SpecError
            If there is no such metric, or the scenario does not define it.
        """
        return registry.column(self.tallies, name)

    def __getitem__(self, name: str) -> Floats:
        """A metric per replicate (float64[replicates]); NaN where it is not defined.

        Raises
        ------
        SpecError
            If there is no such metric, or the scenario does not define it.
        """
        return self.column(name).values

    def __contains__(self, name: object) -> bool:
        return name in self.metrics

    @cached_property
    def _summaries(self) -> dict[str, Summary]:
        view = View(self.tallies)
        return {name: self._summarised(registry.METRICS[name], view) for name in self.metrics}

    def _summarised(self, metric: registry.Metric, view: View) -> Summary:
        cut = self.tallies.cut_draws
        caution = caution_of(metric.name, self._rare_draws, cut, self.draws if cut else 0)
        column, ceiling = metric.column(view), metric.ceiling_in(view)
        summary = summarise(column, self.draw, metric.floor, ceiling, metric.by_chance, caution=caution)
        return dataclasses.replace(summary, unit=metric.unit, per=metric.per)

    @cached_property
    def _rare_draws(self) -> bool:
        """Whether draws with R >= 1, seen or not, may hold much of what hangs on sharing."""
        bands = reproduction_bands(self.scenario, self.fixed)
        return may_reach_one(registry.column(self.tallies, "reproduction_number"), self.draw, bands)

    def summary(self) -> Summaries:
        """Every defined metric with mean, standard error, 95 % interval of the mean and quantiles.

        Returns
        -------
        Summaries
            A dict of str to Summary, which notebooks show as a table. Attributes of a Summary: mean, se, low, high,
            p05, p50, p95, sd, defined, n, draws, note, unit, per.
        """
        return Summaries(self._summaries)

    def curve(self, name: str, cumulative: bool | None = None) -> NDArray[np.int64]:
        """Events over time.

        Parameters
        ----------
        name : str
            impressions, impressions_owned, impressions_paid, impressions_earned, shares, or reach; where something is
            sold or complaints are answered also purchases, purchases_baseline, mentions_positive, mentions_negative,
            answers, reviews_positive, reviews_negative, and reputation (float, from -1 to 1, at the end of each bin).
        cumulative : bool, optional
            Counts up to each of `times_hours` rather than within each bin. By default only reach is
            cumulative: people reached so far.

        Returns
        -------
        int64[replicates, bins]

        Raises
        ------
        SpecError
            If there is no such curve.
        """
        return asked_curve(self.tallies, name, cumulative)

    def by_segment(self, name: str) -> dict[str, Floats]:
        """A metric of each segment: name -> float64[replicates]. SpecError if it cannot be split so."""
        return self._split(name, "segment")

    def by_platform(self, name: str) -> dict[str, Floats]:
        """A metric on each platform: id -> float64[replicates]. SpecError if it cannot be split so."""
        return self._split(name, "platform")

    def by_item(self, name: str) -> dict[str, Floats]:
        """A metric of each item: id -> float64[replicates]. SpecError if it cannot be split so."""
        return self._split(name, "item")

    def by_attribute(self, name: str, attribute: str) -> dict[str, Floats]:
        """A metric of the people of each value of a segments' attribute: value -> float64[replicates].

        Raises
        ------
        SpecError
            If no segment has the attribute, or the metric cannot be split by segment.
        """
        split = split_by_attribute(self.tallies, name, self.attributes, attribute)
        return {value: column.values for value, column in split.items()}

    def observed(
        self, platform: str, hours: Sequence[float] = (1.0, 24.0, 168.0), digits: int | None = 3
    ) -> Observed:
        """What the platform itself would show: tracked shares only, its own accounts, at some hours, rounded.

        See `viralsim.metrics.observed.observe`; SpecError for an unknown platform or hour.
        """
        return observe(self.tallies, platform, hours, digits)

    @property
    def attributes(self) -> tuple[Mapping[str, Any], ...]:
        """Attributes of each segment, in the order of the segments."""
        return tuple(segment.attributes for segment in self.scenario.audience.segments)

    def inequality(self, attribute: str) -> Inequality:
        """Part of people reached by value of an attribute, who is left out, and how unequal that is.

        Raises
        ------
        SpecError
            If no segment has the attribute.
        """
        return inequality(self.tallies, self.attributes, attribute)

    def _split(self, name: str, kind: str) -> dict[str, Floats]:
        return {part: column.values for part, column in registry.split(self.tallies, name, kind).items()}

    def summary_by(self, kind: str, name: str) -> Summaries:
        """A metric of each part with its uncertainty.

        Parameters
        ----------
        kind : {"segment", "platform", "item"}
        name : str
            Of the metric.

        Returns
        -------
        dict of str to Summary

        Raises
        ------
        SpecError
            If the metric cannot be split that way.
        """
        metric = registry.find(self.tallies, name)
        parts = registry.split_views(self.tallies, name, kind)
        return Summaries((part, self._summarised(metric, view)) for part, view in parts.items())

    # ------------------------------------------------------------------------------- what it is made of

    def trace(self, replicate: int) -> Trace:
        """Run one replicate again, exactly, recording who shared and who caused it.

        Raises
        ------
        SpecError
            If there is no such replicate.
        EngineError
            If this ensemble was not made by the engine (a stored result).
        """
        if not 0 <= replicate < self.replicates:
            raise SpecError(
                f"trace: there is no replicate {replicate}; allowed are 0 to {self.replicates - 1}"
            )
        if self._tracer is None:
            raise EngineError(
                "trace: these results were loaded, not simulated; run the scenario again to trace it"
            )
        return self._tracer(replicate)

    @cached_property
    def _central(self) -> Ensemble | None:
        """The same draws' people and graphs with every uncertain number at its value."""
        if self.fixed:
            return self
        if self._rerunner is None or self.draws < 2:
            return None
        return self._rerunner(fixed=True, replicates=central_replicates(self.replicates, self.draws))

    def variance(self, name: str) -> Split:
        """What the spread of a metric is made of: luck, audience (people and graph), assumptions.

        The first call runs a second, small ensemble with every uncertain number held at its value.

        Returns
        -------
        Split
            Shares of the variance of one replicate, and a note where they are rough.

        Raises
        ------
        SpecError
            If the metric is not defined.
        """
        column = self.column(name)
        central = self._central
        if central is None:
            return split_variance(column, self.draw)
        return split_variance(column, self.draw, central.column(name), central.draw)

    @cached_property
    def viral(self) -> Viral:
        """Whether it went viral, judged on all replicates together, with the reason."""
        return judge_viral(self.tallies)

    def prob_at_least(self, name: str, value: float) -> float:
        """Chance that one run's metric is at least `value` (over the replicates where it is defined)."""
        values = self[name]
        values = values[~np.isnan(values)]
        return float(np.mean(values >= value)) if values.size else math.nan

    # -------------------------------------------------------------------------- for people and machines

    def sentence(self) -> str:
        """The result in one plain sentence, rounded to what is known."""
        return sentence_of(self)

    @property
    def title(self) -> str:
        """Title of the scenario, else its name."""
        return str(getattr(self.scenario, "title", None) or self.name)

    def __repr__(self) -> str:
        return (
            f"Ensemble({self.name!r}, {self.replicates} replicates over {self.draws} draws, seed {self.seed})"
        )

    def _repr_html_(self) -> str:
        """For notebooks: the sentence, the numbers to look at first, and all of them folded in."""
        return notebook_page(self)

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """replicate, draw and every defined metric, one array each."""
        columns: dict[str, NDArray[Any]] = {"replicate": np.arange(self.replicates), "draw": self.draw}
        columns.update((name, self[name]) for name in self.metrics)
        return columns

    def to_frame(self) -> Any:
        """Data frame (pandas), one row per replicate.

        Raises
        ------
        EngineError
            If pandas is not installed; `to_columns` needs nothing.
        """
        return data_frame(self.to_columns())

    def to_dict(self) -> dict[str, Any]:
        """The object that `viralsim run --json` prints; what is not defined is None (null).

        Returns
        -------
        dict
            scenario, digest, seed, replicates, draws, fixed, versions, viral, sentence, metrics: {name: {mean, se, low,
            high, p05, p50, p95, unit, ...}}.
        """
        return ensemble_to_dict(self)
