"""Every metric that a run can define: the function that computes it, its denominator, what is better.

Names, units and meanings stand in `viralsim.spec.metric_names`. A metric that a run does not define is absent, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from viralsim.errors import SpecError
from viralsim.metrics.columns import Column, Floats
from viralsim.metrics.earned_value import earned_media_value, has_prices_of_its_own
from viralsim.metrics.events import CLICKS, COMMENTS, ENGAGEMENTS, IMPRESSIONS, SHARES
from viralsim.metrics.hours import half_reach_hour, peak_hour
from viralsim.metrics.metric import Better, Measure, Metric
from viralsim.metrics.sales_metrics import sales_metrics
from viralsim.metrics.tallies import Tallies
from viralsim.metrics.views import View, part_names
from viralsim.spec.metric_names import METRIC_NAMES
from viralsim.spec.problems import allowed_names

__all__ = [
    "METRICS",
    "Better",
    "Metric",
    "column",
    "defined_metrics",
    "find",
    "split",
    "split_views",
]

_BY_CONTENT = ("platform", "item")

# ------------------------------------------------------------------------------------------- measures


def _count(*names: str) -> Measure:
    return lambda view: view.count(*names)


def _people(measure: str) -> Measure:
    return lambda view: view.people(measure)


def _counted(name: str, *events: str) -> Metric:
    """Metric that counts what people may or may not do."""
    return Metric(name, _count(*events), by_chance=True)


def _shares(name: str, measure: Measure, **more: Any) -> Metric:
    """Metric that counts shares, of which a person makes at most one per item and platform."""
    return Metric(name, measure, by_chance=True, most=View.most_shares, **more)


def _tree(name: str) -> Measure:
    return lambda view: view.tree(name)


def _followers(view: View) -> Floats:
    return view.followers()


def _excluded(view: View) -> Floats:
    return view.people_excluded()


def _last_generation(view: View) -> Floats:
    """Number of the last generation of sharing people, the first being 0; NaN if nobody shared."""
    depth = view.tree("depth")
    return np.where(depth < 0, np.nan, depth)


def _cost(view: View) -> Floats:
    return view.tallies.seed_cost.astype(np.float64) + view.paid_cost()


def _has(*mechanics: str) -> Callable[[Tallies], bool]:
    """Whether a run has one of the mechanics of `viralsim.metrics.tallies.Reaching`."""
    return lambda tallies: tallies.reaching is not None and not tallies.reaching.has.isdisjoint(mechanics)


def _extra(name: str) -> Measure:
    return lambda view: view.extra(name)


def _beyond_target(view: View) -> Floats:
    reaching = view.tallies.reaching
    return view.people_outside(reaching.targeted if reaching else ())


def _polarised(name: str) -> tuple[str, str]:
    return f"shares_{name}", f"comments_{name}"


def _net_mentions(view: View) -> Floats:
    return view.count(*_polarised("positive")) - view.count(*_polarised("negative"))


def _backlash(view: View) -> Floats:
    """1 where complaints outnumber positive mentions, else 0."""
    return (_net_mentions(view) < 0).astype(np.float64)


def _with_followers(tallies: Tallies) -> bool:
    return bool(tallies.brand_followers.sum() > 0)


def _with_negative(tallies: Tallies) -> bool:
    return tallies.has_negative


def _with_prices(tallies: Tallies) -> bool:
    return tallies.has_prices or (
        tallies.reaching is not None and not tallies.reaching.has.isdisjoint(("paid", "staff"))
    )


# ------------------------------------------------------------------------------------------- registry

_VOLUME = (
    Metric("impressions", _count(*IMPRESSIONS)),
    Metric("impressions_owned", _count("impressions_owned")),
    Metric("impressions_paid", _count("impressions_paid")),
    _counted("impressions_earned", "impressions_earned"),
    Metric(
        "impressions_discovery", _extra("impressions_discovery"), by_chance=True, defined=_has("discovery")
    ),
    Metric("impressions_dark", _extra("impressions_dark"), by_chance=True, defined=_has("private")),
    Metric(
        "impressions_by_engagement",
        _extra("impressions_by_engagement"),
        by_chance=True,
        defined=_has("engagement"),
    ),
    Metric("reach", _people("reached"), most=View.most_people),
    Metric("reach_accounts", lambda view: view.accounts_reached(), most=View.most_accounts),
    Metric("reach_earned_only", _people("reached_earned_only"), by_chance=True, most=View.most_people),
    Metric(
        "reach_beyond_target",
        _beyond_target,
        parts=(),
        by_chance=True,
        most=View.most_people,
        defined=lambda tallies: tallies.reaching is not None and any(tallies.reaching.targeted),
    ),
    Metric(
        "frequency", _count(*IMPRESSIONS), _people("reached"), "people reached", better="neither", floor=1.0
    ),
    _counted("noticed", "noticed"),
)

_ENGAGEMENT = (
    Metric("sharers", _people("sharers"), by_chance=True, most=View.most_people),
    _shares("shares", _count(*SHARES)),
    _shares("shares_private", _extra("shares_private"), defined=_has("private")),
    _counted("likes", "likes"),
    _counted("comments", *COMMENTS),
    _counted("clicks", *CLICKS),
    _counted("clicks_owned", "clicks_owned"),
    Metric("clicks_paid", _count("clicks_paid")),
    _counted("clicks_earned", "clicks_earned"),
    _counted("engagements", *ENGAGEMENTS),
    Metric("engagement_rate", _count(*ENGAGEMENTS), _count(*IMPRESSIONS), "impressions"),
    Metric("engagement_rate_per_reach", _count(*ENGAGEMENTS), _people("reached"), "people reached"),
    Metric(
        "engagement_rate_per_follower",
        _count(*ENGAGEMENTS),
        _followers,
        "the brand's followers",
        parts=_BY_CONTENT,
        defined=_with_followers,
    ),
    Metric("virality_rate", _count(*SHARES), _count(*IMPRESSIONS), "impressions"),
    Metric(
        "amplification_rate",
        _count(*SHARES),
        _followers,
        "the brand's followers",
        parts=_BY_CONTENT,
        defined=_with_followers,
    ),
)

_TREES = (
    Metric(
        "reproduction_number",
        lambda view: view.sharers_of_generations(1, 2),
        lambda view: view.sharers_of_generations(0, 1),
        "sharing people of generations 0 and 1",
        parts=(),
        by_chance=True,
    ),
    Metric(
        "reproduction_realised",
        lambda view: view.tree("nodes") - view.tree("trees"),
        _tree("nodes"),
        "sharing people",
        parts=(),
        ceiling=1.0,
    ),
    Metric("generations", _last_generation, parts=()),
    Metric(
        "structural_virality",
        _tree("distances"),
        _tree("pairs"),
        "ordered pairs of people within a share tree",
        parts=(),
    ),
    Metric(
        "structural_virality_broadcast",
        _tree("distances_broadcast"),
        _tree("pairs_broadcast"),
        "ordered pairs within the tree rooted at the brand",
        parts=(),
    ),
    Metric("largest_cascade", _tree("largest"), parts=(), most=View.most_people),
    Metric(
        "earned_multiplier",
        _count(*IMPRESSIONS),
        _count("impressions_owned", "impressions_paid"),
        "owned and paid impressions",
        floor=1.0,
    ),
)

_VALENCE = (
    _shares("negative_shares", _count("shares_negative"), better="lower", defined=_with_negative),
    Metric(
        "complaints", _count(*_polarised("negative")), better="lower", by_chance=True, defined=_with_negative
    ),
    Metric(
        "net_sentiment",
        _net_mentions,
        _count(*_polarised("positive"), *_polarised("negative")),
        "positive and negative mentions",
        floor=-1.0,
        ceiling=1.0,
        defined=_with_negative,
    ),
    Metric(
        "backlash", _backlash, better="lower", parts=(), ceiling=1.0, by_chance=True, defined=_with_negative
    ),
    Metric(
        "share_of_voice",
        _count(*SHARES, *COMMENTS),
        lambda view: view.count_of_all_brands(*SHARES, *COMMENTS),
        "mentions of all modelled brands",
        parts=("segment", "platform"),
        ceiling=1.0,
        defined=_has("rivals"),
    ),
    Metric(
        "share_of_impressions",
        _count(*IMPRESSIONS),
        lambda view: view.count_of_all_brands(*IMPRESSIONS),
        "impressions of all modelled brands",
        parts=("segment", "platform"),
        ceiling=1.0,
        defined=_has("rivals"),
    ),
)

_FOLLOWERS = (
    Metric("new_followers", _extra("new_followers"), by_chance=True, defined=_has("following")),
    Metric("unfollows", _extra("unfollows"), better="lower", by_chance=True, defined=_has("following")),
)

_MONEY_AND_TIME = (
    Metric("cost", _cost, better="lower", parts=(), defined=_with_prices),
    Metric(
        "seed_cost_per_1000",
        lambda view: 1000.0 * view.tallies.seed_cost,
        lambda view: view.shown_by_paid_people(),
        "paid impressions shown by people asked",
        better="lower",
        parts=(),
        defined=lambda tallies: tallies.has_prices,
    ),
    Metric("earned_media_value", earned_media_value, defined=has_prices_of_its_own),
    Metric("peak_hour", peak_hour, better="neither", parts=_BY_CONTENT),
    Metric("half_reach_hour", half_reach_hour, better="lower", parts=()),
    Metric("excluded_people", _excluded, better="lower", parts=("segment",), most=View.most_people),
)

_ENTRIES = {
    m.name: m
    for m in (
        *_VOLUME,
        *_ENGAGEMENT,
        *_TREES,
        *_VALENCE,
        *_FOLLOWERS,
        *sales_metrics(_cost, _with_prices),
        *_MONEY_AND_TIME,
    )
}

METRICS: dict[str, Metric] = {name: _ENTRIES[name] for name in METRIC_NAMES if name in _ENTRIES}
"""All metrics the tallies can define, by name, in the order they are printed."""


def defined_metrics(tallies: Tallies) -> tuple[str, ...]:
    """Names of the metrics that these tallies define, in registry order."""
    return tuple(name for name, metric in METRICS.items() if metric.defined(tallies))


def find(tallies: Tallies, name: str) -> Metric:
    """The metric of that name, if these tallies define it.

    Raises
    ------
    SpecError
        If there is no metric of that name, or this run does not define it.
    """
    names = defined_metrics(tallies)
    if name in names:
        return METRICS[name]
    if name in METRICS:
        raise SpecError(
            f"metric: {name!r} is not defined by this scenario ({METRICS[name].meaning}); defined are: "
            f"{', '.join(names)}"
        )
    raise SpecError(f"metric: there is no {name!r}; {allowed_names(name, names)}")


def column(tallies: Tallies, name: str) -> Column:
    """The metric of all of a run, per replicate.

    Raises
    ------
    SpecError
        If it is not defined.
    """
    return find(tallies, name).column(View(tallies))


def split(tallies: Tallies, name: str, kind: str) -> dict[str, Column]:
    """The metric of each segment, platform or item.

    Parameters
    ----------
    tallies : Tallies
    name : str
        Of the metric.
    kind : {"segment", "platform", "item"}

    Returns
    -------
    dict of str to Column
        By the name of the part. Events add up to the whole; distinct people do so over segments only.

    Raises
    ------
    SpecError
        If the metric is not defined or cannot be split that way.
    """
    metric = find(tallies, name)
    return {part: metric.column(view) for part, view in split_views(tallies, name, kind).items()}


def split_views(tallies: Tallies, name: str, kind: str) -> dict[str, View]:
    """The parts that `split` splits a metric into, by name; raises as it does."""
    metric = find(tallies, name)
    if kind not in metric.parts:
        possible = [n for n in defined_metrics(tallies) if kind in METRICS[n].parts]
        raise SpecError(f"metric: {name!r} cannot be split by {kind}; what can: {', '.join(possible)}")
    names = part_names(tallies, kind)
    return {part: View(tallies, kind, index) for index, part in enumerate(names)}
