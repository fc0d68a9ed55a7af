"""The experiments of the lessons: each runs the simulator and says what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from viralsim.app.charts import bars_chart, dot_ends, dots_chart, sizes_chart
from viralsim.experiment.comparison import Comparison, compare
from viralsim.graph import generate
from viralsim.graph.social_graph import SocialGraph
from viralsim.metrics.rounding import format_percent
from viralsim.models import independent_cascade, threshold
from viralsim.rng import derive, text_key, uniform
from viralsim.spec import load_scenario

__all__ = ["EXPERIMENTS", "Outcome", "outcome"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an experiment found.

    Parameters
    ----------
    value : float
        The number asked for; where a choice was asked for, what decides it.
    right : int
        Which choice it bears out, -1 where a number was asked for.
    said : str
        The finding, in a sentence with its numbers.
    charts : tuple of (str, str)
        Drawings and captions.
    """

    value: float
    right: int
    said: str
    charts: tuple[tuple[str, str], ...]


_TRIES = 4_000


def _rounded(value: float, unit: int = 1) -> str:
    """A count as people say it: to the next 1, 10, 100."""
    return f"{round(value / unit) * unit:,}"


def _first_sharers(tries: int, people: int) -> NDArray[np.int64]:
    """Who begins each try: somebody at random (keyed), one row for each."""
    key = text_key("viralsim app lesson first sharers")
    return np.array([[int(uniform(derive(key, i)) * people)] for i in range(tries)], np.int64)


def _most_posts_die() -> Outcome:
    mean_followers, r, count = 30.0, 0.2, 20_000
    people = 50_000
    graph = generate.power_law(people, 2.0, mean_followers=mean_followers, max_followers=people - 1, seed=1)
    result = independent_cascade(graph, _first_sharers(count, people), r / mean_followers, count, seed=1)
    sizes = result.size.astype(np.float64)
    alone = float((sizes == 1).mean())
    large = int((sizes >= 100).sum())
    said = (
        f"{format_percent(alone, 0.002)} of the 20,000 caused no further share. On average a cascade has "
        f"{sizes.mean():.2f} people; {large} in 20,000 have 100 or more, the largest {int(sizes.max()):,}."
    )
    caption = "How many of the 20,000 cascades end at which size. The first bar stands for a single person."
    return Outcome(100 * alone, -1, said, ((sizes_chart(sizes), caption),))


def _tipping_point() -> Outcome:
    ties, people = 10.0, 20_000
    graph = generate.erdos_renyi(people, ties, seed=1)
    rows, asked = [], 0.0
    for r in (0.3, 0.5, 0.7, 0.9, 1.0, 1.1, 1.3, 1.5):
        tries = _TRIES if r < 1 else _TRIES // 10
        sizes = independent_cascade(graph, _first_sharers(tries, people), r / ties, tries, seed=1).size
        mean = float(sizes.mean())
        rows.append((f"R = {r:g}", mean))
        asked = mean if r == 0.9 else asked
    text = dict(rows)
    said = (
        f"With R = 0.9 it was {asked:.1f} people on average (1/(1 - R) says 10). With R = 0.5 it was "
        f"{text['R = 0.5']:.1f}, with R = 1.1 {_rounded(text['R = 1.1'], 10)}, with R = 1.5 "
        f"{_rounded(text['R = 1.5'], 100)}."
    )
    chart = bars_chart(rows, "Mean number of people who share, by R", logarithmic=True)
    return Outcome(
        asked,
        -1,
        said,
        (
            (
                chart,
                "Mean number of people who share; 4,000 tries for each R below 1, 400 above. Equal steps are equal "
                "factors.",
            ),
        ),
    )


def _broadcast_or_viral() -> Outcome:
    graph = generate.communities(5_000, mean_followers=20, reciprocity=1.0, seed=1)
    result = independent_cascade(graph, np.array([0]), 0.045, 1_000, seed=1)
    large = result.size >= 200
    distance = float(result.structural_virality()[large].mean())
    size = float(np.median(result.size[large]))
    star = 2.0 * 999 / 1_000
    right = 0 if distance < 3 else 1 if distance <= 8 else 2
    said = (
        f"{int(large.sum())} of 1,000 cascades had 200 people or more ({size:,.0f} in the middle one); two of "
        f"their people are {distance:.1f} steps apart on average. In the broadcast it is {star:.2f}."
    )
    rows = [("broadcast", star), ("friend to friend", distance)]
    return Outcome(
        distance,
        right,
        said,
        (
            (
                bars_chart(rows, "Structural virality"),
                "Mean distance between two people of a share tree (structural virality).",
            ),
        ),
    )


@lru_cache(maxsize=2)
def _comparison(name: str, metric: str, replicates: int, draws: int) -> Comparison:
    return compare(load_scenario(name), metric=metric, replicates=replicates, draws=draws, seed=1)


def _hubs_or_many() -> Outcome:
    found = _comparison("influencers-or-many", "reach", 100, 10)
    means = [float(e["reach"].mean()) for e in found.ensembles]
    ends = dot_ends(found.ensembles, "reach")
    names = ("Eighty ordinary people", "Ten with many followers", "One star")
    charts = tuple(
        (
            dots_chart(e, "reach", ends, variant=i),
            f"{name}: what one run reaches, a dot for each chance in twenty.",
        )
        for i, (name, e) in enumerate(zip(names, found.ensembles, strict=True))
    )
    said = (
        f"Eighty ordinary people reach {_rounded(means[0], 10)} people, ten with many followers "
        f"{_rounded(means[1], 10)}, the star {_rounded(means[2], 10)}, for the same money."
    )
    return Outcome(max(means), int(np.argmax(means)), said, charts)


def _within(graph: SocialGraph, probability: float, runs: int, steps: int) -> float:
    """Mean number of people who share within some steps."""
    result = independent_cascade(graph, np.array([0]), probability, runs, seed=1)
    return float(np.mean([(result.trace(i).generation <= steps).sum() for i in range(runs)]))


def _weak_ties() -> Outcome:
    rows = []
    for moved in (0.0, 0.01, 0.03, 0.1):
        graph = generate.small_world(3_000, 10, moved, seed=1)
        rows.append((f"{100 * moved:g} % moved", _within(graph, 0.3, 60, 12)))
    ratio = rows[2][1] / rows[0][1]
    right = 0 if ratio < 1.5 else 1 if ratio < 3 else 2
    said = (
        f"{_rounded(rows[0][1])} people without long ties, {_rounded(rows[2][1])} with 3 in 100 moved: "
        f"{ratio:.1f} times as many."
    )
    return Outcome(
        ratio,
        right,
        said,
        (
            (
                bars_chart(rows, "People reached within 12 steps"),
                "People reached within 12 steps, by the part of ties moved far away.",
            ),
        ),
    )


def _simple_or_complex() -> Outcome:
    rows = []
    for moved in (0.0, 0.05, 0.1, 0.2, 0.3, 0.6):
        sizes = []
        for seed in range(20):
            graph = generate.small_world(3_000, 10, moved, seed=seed)
            begin = np.concatenate(([0], graph.followers(0)))
            sizes.append(threshold(graph, begin, 1, absolute=3).size[0])
        rows.append((f"{100 * moved:g} % moved", float(np.mean(sizes))))
    first, last = rows[0][1], rows[-1][1]
    right = 0 if last > 1.1 * first else 2 if last < 0.5 * first else 1
    said = (
        f"Without long ties {_rounded(first)} of 3,000 people adopt; with 30 in 100 ties moved "
        f"{_rounded(rows[4][1])}, with 60 in 100 {_rounded(last)}."
    )
    return Outcome(
        last / first,
        right,
        said,
        (
            (
                bars_chart(rows, "People who adopt"),
                "People who adopt in the end, mean of 20 networks, by the part of ties moved far away.",
            ),
        ),
    )


def _bad_news() -> Outcome:
    found = _comparison("backlash", "impressions_earned", 200, 20)
    base, provocative = found.ensembles
    ratio = float(found.ratio)
    negative = [float(e["negative_shares"].sum() / max(e["shares"].sum(), 1)) for e in (base, provocative)]
    right = 0 if ratio < 0.75 else 1 if ratio < 1.35 else 2
    said = (
        f"{ratio:.1f} times as many earned impressions. {format_percent(negative[1], 0.01)} of the shares are then "
        f"complaints; before it was {format_percent(negative[0], 0.01)}."
    )
    rows = [
        ("as it is", float(base["impressions_earned"].mean())),
        ("provocative", float(provocative["impressions_earned"].mean())),
    ]
    return Outcome(
        ratio,
        right,
        said,
        (
            (
                bars_chart(rows, "Earned impressions"),
                "Earned impressions per run, mean of 200 runs in the same worlds.",
            ),
        ),
    )


def _attribution() -> Outcome:
    fans, others = 1_000, 3_000
    graph = generate.block([fans, others], 20, 0.9, seed=1)
    people = fans + others
    key = text_key("viralsim app lesson purchases")
    chance = np.where(np.arange(people) < fans, 0.3, 0.05)
    buys = np.array([uniform(derive(key, person)) for person in range(people)]) < chance
    friends = np.zeros(people)
    np.add.at(friends, np.repeat(np.arange(people), np.diff(graph.indptr)), buys[graph.indices].astype(float))
    rows = []
    for low, high, name in (
        (0, 0, "no friend bought"),
        (1, 1, "one"),
        (2, 3, "two or three"),
        (4, people, "four or more"),
    ):
        chosen = (friends >= low) & (friends <= high)
        rows.append((name, 100 * float(buys[chosen].mean())))
    ratio = rows[-1][1] / rows[0][1]
    said = (
        f"Of those with four or more friends who bought, {rows[-1][1]:.0f} in 100 bought, of those with none "
        f"{rows[0][1]:.0f}: {ratio:.1f} times as many, and by construction nobody influenced anybody."
    )
    return Outcome(
        ratio,
        2,
        said,
        (
            (
                bars_chart(rows, "Part who buy, %"),
                "Of 100 people, how many buy, by the number of friends who bought.",
            ),
        ),
    )


EXPERIMENTS: dict[str, Callable[[], Outcome]] = {
    "why-most-posts-die": _most_posts_die,
    "the-tipping-point": _tipping_point,
    "broadcast-or-viral": _broadcast_or_viral,
    "hubs-or-many": _hubs_or_many,
    "weak-ties": _weak_ties,
    "simple-or-complex": _simple_or_complex,
    "bad-news": _bad_news,
    "what-attribution-gets-wrong": _attribution,
}


@lru_cache(maxsize=len(EXPERIMENTS))
def outcome(slug: str) -> Outcome:
    """Run a lesson's experiment; the same numbers every time."""
    return EXPERIMENTS[slug]()
