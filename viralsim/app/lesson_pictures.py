"""What a stock scenario teaches, measured for its picture in the gallery: each lesson has its own kind of picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.ensemble import Ensemble
from viralsim.experiment.contagion import apparent_contagion
from viralsim.report.facts import origin_parts
from viralsim.report.quantile_dots import quantile_values
from viralsim.report.tree_layout import depths_of, radial_layout

__all__ = ["LESSONS", "Lesson", "lesson_of", "measured"]

_POINTS = 40
_TREE_PEOPLE = 180


@dataclass(frozen=True, slots=True)
class Lesson:
    """How a scenario's lesson is drawn.

    Parameters
    ----------
    kind : str
        ranges, ratios, strips, curves, stacks, slopes, sizes, tree, segments or band.
    metric : str
        What is measured; of "slopes" and "stacks" the first of `more`.
    sides : mapping of str to str
        Variant ("" for the scenario itself) -> its short name in the picture.
    more : mapping of str to str
        Further metrics -> short names.
    said : str
        What the picture shows, for those who hear it.
    until_hours : float
        Of "curves": what comes later is left out.
    """

    kind: str
    metric: str = "reach"
    sides: Mapping[str, str] = field(default_factory=lambda: {"": ""})
    more: Mapping[str, str] = field(default_factory=dict)
    said: str = "People reached"
    until_hours: float = float("inf")


LESSONS: dict[str, Lesson] = {
    "algorithm-halves-reach": Lesson(
        "curves", "impressions", {"": "as it was", "halved": "halved"}, said="Impressions a day"
    ),
    "answer-fast-or-slow": Lesson(
        "ranges", "conversions", {"": "at once", "hour-later": "an hour", "next-day": "next day", "silent": "never"},
        said="Purchases by how soon complaints are answered",
    ),
    "backlash": Lesson(
        "stacks", "shares", {"": "harmless", "provocative": "provocative"},
        {"positive_shares": "shares", "negative_shares": "negative shares"}, "Shares, positive and negative",
    ),
    "bad-news-spreads": Lesson("tree", "sharers", {"bad-news": ""}, said="A share tree, a dot for each person"),
    "best-hour": Lesson("curves", "reach", {"": "at night", "evening": "evening"}, said="People reached in two days",
                        until_hours=48.0),
    "competitor-launch": Lesson(
        "slopes", "impressions", {"": "alone", "launch": "with a rival"},
        {"impressions": "impressions", "noticed": "noticed", "share_of_voice": "voice"},
        "What changes when a competitor launches",
    ),
    "dark-social": Lesson(
        "stacks", "impressions_earned", {"": "as it is", "all-public": "all public"},
        {"impressions_reported": "reported", "impressions_dark": "private"}, "Earned impressions, reported and private",
    ),
    "for-you": Lesson("strips", "reach", {"": "for you", "followers-only": "followers only"},
                      said="People reached in single runs"),
    "influencers-or-many": Lesson(
        "ranges", "reach", {"": "eighty people", "influencers": "ten stars", "one-star": "one big star"},
        said="People reached for the same money",
    ),
    "launch-video": Lesson(
        "curves", "reach", {"": "posts", "five-asked": "five asked"}, said="People reached over time"
    ),
    "left-out": Lesson(
        "segments", "reach", {"": "one platform", "with-facebook": "two"}, said="Part of each group reached"
    ),
    "ordinary-post": Lesson("sizes", "sharers", said="Share trees by size"),
    "paid-or-seeding": Lesson(
        "stacks", "impressions", {"": "ads", "ten-people": "ten people", "half-the-ads": "half the ads"},
        {"impressions_owned": "owned", "impressions_paid": "paid", "impressions_earned": "earned"},
        "Impressions owned, paid and earned",
    ),
    "referral-programme": Lesson(
        "ranges", "conversions", {"": "none", "referral": "referral", "referral-without-trust": "without trust"},
        said="Purchases",
    ),
    "review-driven-sale": Lesson(
        "strips", "conversions",
        {"nobody-reviews": "no reviews", "": "a dozen", "fifty-good": "fifty good", "fifty-poor": "fifty poor"},
        said="Purchases in single runs",
    ),
    "same-post-twice": Lesson("strips", "reach", {"": "one", "again": "again", "renamed": "renamed"},
                              said="People reached in single runs"),
    "sticky-or-shareable": Lesson(
        "slopes", "shares", {"shareable": "shareable", "sticky": "sticky"},
        {"shares": "shares", "noticed": "notices", "clicks": "clicks"}, "What twice the stickiness changes",
    ),
    "tailored-or-one-message": Lesson(
        "segments", "clicks", {"": "one for all", "tailored": "tailored"}, said="Clicks by group",
    ),
    "two-platforms": Lesson(
        "stacks", "reach", {"": "one", "both": "two"}, {"reach": "people", "counted_twice": "counted twice"},
        "People, and accounts of people counted already",
    ),
    "nano-or-celebrity": Lesson(
        "ranges", "engagements", {"": "celebrity", "nanos": "many nanos", "nanos-who-cost-work": "and their work"},
        said="Engagements for the same money",
    ),
    "big-seed": Lesson(
        "strips", "sharers", {"": "ten", "ten-and-contagious": "ten, R = 0.9", "a-thousand": "a thousand"},
        said="People who share in single runs",
    ),
    "lucky-or-good": Lesson(
        "strips", "shares", {"": "unseen", "better": "and better", "seen": "seen", "seen-and-better": "seen, better"},
        said="Shares in single runs",
    ),
    "homophily-or-influence": Lesson(
        "ratios", "sharers",
        {"": "as it is", "influence-off": "no influence", "strangers-alike": "unlike friends", "neither": "neither"},
        said="How much more readily friends of sharers share",
    ),
}  # fmt: skip
"""By stock scenario; one that is not listed shows its curve, or its variants beside it."""


def lesson_of(name: str, variants: tuple[str, ...]) -> Lesson:
    """The lesson of a scenario, also of one that is new here."""
    if name in LESSONS:
        return LESSONS[name]
    if not variants:
        return Lesson("band")
    sides = {"": name.split("-or-")[0].replace("-", " ")} | {v: v.replace("-", " ") for v in variants[:3]}
    return Lesson("ranges", "reach", sides)


def measured(lesson: Lesson, ensembles: Mapping[str, Ensemble]) -> dict[str, Any]:
    """What the picture needs.

    Parameters
    ----------
    lesson : Lesson
    ensembles : mapping of str to Ensemble
        By variant, of all the lesson's sides.

    Returns
    -------
    dict
        kind, said, and rows or points in plain numbers.
    """
    found = {"kind": lesson.kind, "said": lesson.said}
    return found | _MEASURES[lesson.kind](lesson, {v: ensembles[v] for v in lesson.sides})


Sides = Mapping[str, Ensemble]


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _mean(ensemble: Ensemble, metric: str) -> float:
    """Mean of a metric, or of one that only a picture needs."""
    if metric == "positive_shares":
        return _mean(ensemble, "shares") - _mean(ensemble, "negative_shares")
    if metric == "impressions_reported":
        return _mean(ensemble, "impressions_earned") - _mean(ensemble, "impressions_dark")
    if metric == "counted_twice":
        return _mean(ensemble, "reach_accounts") - _mean(ensemble, "reach")
    if metric not in ensemble.metrics:  # nothing of the kind in this variant
        return 0.0
    values = ensemble[metric]
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def _ranges(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    rows = []
    for variant, ensemble in sides.items():
        low, middle, high = np.nanquantile(ensemble[lesson.metric], (0.05, 0.5, 0.95))
        rows.append([lesson.sides[variant], _short(low), _short(middle), _short(high)])
    return {"rows": rows}


def _ratios(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    """What comparing friends of sharers with others gives, in the same replicates."""
    rows = []
    for variant, ensemble in sides.items():
        found = apparent_contagion(
            ensemble.scenario, ensemble.replicates, ensemble.draws, ensemble.seed
        ).ratio
        rows.append([lesson.sides[variant], _short(found.low), _short(found.mean), _short(found.high)])
    return {"rows": rows}


def _strips(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    rows = [
        [lesson.sides[variant], [_short(v) for v in quantile_values(ensemble[lesson.metric], 20)]]
        for variant, ensemble in sides.items()
    ]
    return {"rows": rows}


def _curves(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    rows: list[tuple[str, list[float]]] = []
    end = 0.0
    for variant, ensemble in sides.items():
        end = min(float(ensemble.times_hours[-1]), lesson.until_hours)
        middle = _over_time(ensemble, lesson.metric, end)
        rows.append((lesson.sides[variant], [_short(v) for v in middle]))
    if lesson.metric != "reach":  # days after all is over say nothing
        most = max(max(row[1]) for row in rows)
        days = max(k + 1 for row in rows for k, v in enumerate(row[1]) if v > 0.1 * most)
        rows = [(name, values[:days]) for name, values in rows]
    return {"rows": [list(row) for row in rows], "end_hours": end}


def _over_time(ensemble: Ensemble, metric: str, end: float) -> NDArray[np.float64]:
    """Mean over replicates at even times: so far for reach, a day for all else."""
    mean = ensemble.curve(metric).astype(np.float64).mean(axis=0)
    times = np.concatenate(([0.0], ensemble.times_hours))
    if metric == "reach":
        return np.interp(np.linspace(0.0, end, _POINTS), times, np.concatenate(([0.0], mean)))
    total = np.concatenate(([0.0], np.cumsum(mean)))
    days = np.arange(0.0, end + 1e-9, 24.0)
    return np.diff(np.interp(days, times, total))


def _stacks(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    rows = [
        [lesson.sides[variant], [_short(_mean(ensemble, metric)) for metric in lesson.more]]
        for variant, ensemble in sides.items()
    ]
    return {"rows": rows, "names": list(lesson.more.values())}


def _slopes(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    one, other = list(sides.values())[:2]
    rows = []
    for metric, name in lesson.more.items():
        before = 1.0 if metric == "share_of_voice" and metric not in one.metrics else _mean(one, metric)
        rows.append([name, _short(_mean(other, metric) / before)])
    return {"rows": rows, "names": list(lesson.sides.values())}


def _sizes(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    counts = next(iter(sides.values())).tree_sizes.sum(axis=0)
    last = int(np.flatnonzero(counts).max(initial=0))
    return {"rows": [[2**k, int(counts[k])] for k in range(last + 1)]}


def _tree(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    """The share tree nearest to a size that can be seen, of the run whose largest tree is nearest to it."""
    ensemble = next(iter(sides.values()))
    trace = ensemble.trace(int(np.argmin(np.abs(ensemble["largest_cascade"] - _TREE_PEOPLE))))
    tree = min(trace.trees(), key=lambda tree: abs(tree.size - _TREE_PEOPLE))
    parents = tree.parents[:_TREE_PEOPLE]
    x, y = radial_layout(parents)
    deepest = max(int(depths_of(parents).max(initial=0)), 1)
    views = trace.polarity[tree.rows[: parents.size]]
    return {
        "x": [round(float(v), 3) for v in x / deepest],
        "y": [round(float(v), 3) for v in y / deepest],
        "parent": parents.tolist(),
        "negative": (views < 0).astype(int).tolist(),
    }


def _segments(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    rows = []
    for variant, ensemble in sides.items():
        people = ensemble.tallies.people_by_segment.mean(axis=0)
        split = ensemble.by_segment(lesson.metric)
        parts = [_short(float(split[name].mean()) / float(n)) for name, n in zip(split, people, strict=True)]
        rows.append([lesson.sides[variant], parts])
    return {"rows": rows, "names": [name.replace("-", " ") for name in ensemble.tallies.segments]}


def _band(lesson: Lesson, sides: Sides) -> dict[str, Any]:
    parts = [round(part, 4) for _, part, _ in origin_parts(next(iter(sides.values())))]
    return {"parts": parts}


_MEASURES: dict[str, Callable[[Lesson, Sides], dict[str, Any]]] = {
    "ranges": _ranges,
    "ratios": _ratios,
    "strips": _strips,
    "curves": _curves,
    "stacks": _stacks,
    "slopes": _slopes,
    "sizes": _sizes,
    "tree": _tree,
    "segments": _segments,
    "band": _band,
}
