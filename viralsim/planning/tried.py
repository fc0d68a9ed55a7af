"""Steps of a plan that try something beside the scenario: other hours, better content, more money."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from viralsim.errors import SpecError
from viralsim.experiment.comparison import compare
from viralsim.experiment.pairs import Pair
from viralsim.metrics.rounding import format_interval, format_number
from viralsim.planning.steps import Row, Step
from viralsim.spec.uncertain import Uncertain

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble
    from viralsim.spec import Scenario

__all__ = ["Bench", "adjusting", "calendar", "content"]

SHIFTS_HOURS = (3, 6, 9, 12, 15, 18, 21)
NUDGE = 1.2  # what if a number were a fifth higher
LEVERS = ("stickiness", "share_prob", "friend_share_prob", "click_prob", "convert_multiplier")
_EFFECT_ROWS = 6


class Bench:
    """Runs what-ifs beside the scenario, always on the same worlds."""

    def __init__(self, scenario: Scenario, options: dict[str, Any], report: Callable[[str], None]) -> None:
        if scenario.goal is None:
            raise SpecError(
                "goal: this scenario has none, and a plan begins with one; write goal: {metric: reach, at_least: 3000} "
                "or use --set goal.metric=reach --set goal.at_least=3000"
            )
        self.scenario, self.options, self.report = scenario, options, report
        self.metric = scenario.goal.metric
        self.at_least = float(scenario.goal.at_least)
        self.base: Ensemble | None = None

    def what_if(self, changes: Sequence[tuple[str, dict[str, Any]]], what: str) -> list[Pair]:
        """Each change against the scenario as it is, in the goal's metric."""
        self.report(what)
        scenarios = [self.scenario, *(self.scenario.with_overrides(change) for _, change in changes)]
        labels = ["as it is", *(label for label, _ in changes)]
        found = compare(scenarios, metric=self.metric, labels=labels, **self.options)
        self.base = found.ensembles[0]
        return [found.pair("as it is", label) for label in labels[1:]]

    def gain(self, pair: Pair) -> Row:
        """What a change brings: difference, its interval, verdict."""
        se = (pair.high - pair.low) / 3.92
        return format_number(pair.difference, se), format_interval(pair.low, pair.high, se), pair.verdict


def calendar(bench: Bench) -> Step:
    posts = bench.scenario.campaign.posts
    end = float(bench.scenario.run.horizon)
    at = [float(post.at) for post in posts]
    shifts = [hours for hours in SHIFTS_HOURS if at and max(at) + hours < end]
    if not shifts:
        # the base run is needed by every other step
        bench.what_if([("the same again", {})], "running the scenario")
        return Step("Calendar", ("There is no post whose hour could be moved.",))
    changes = [
        (f"{hours} h later", {f"campaign.posts.{i}.at": f"{start + hours:g}h" for i, start in enumerate(at)})
        for hours in shifts
    ]
    pairs = bench.what_if(changes, "trying other hours")
    rows = tuple((pair.b, *bench.gain(pair)) for pair in pairs)
    best = max(pairs, key=lambda pair: pair.prob_mean_better)
    if best.verdict == "better":
        says = (f"Post {best.b}: it is better, by {bench.gain(best)[0]} ({bench.gain(best)[1]}).",)
    else:
        says = ("No other hour is surely better by a worthwhile amount (5 %): keep the calendar.",)
    numbers = {
        pair.b: {"difference": pair.difference, "low": pair.low, "high": pair.high, "verdict": pair.verdict}
        for pair in pairs
    }
    return Step("Content calendar", says, ("all posts", "gain", "95 % interval", "verdict"), rows, numbers)


def content(bench: Bench) -> Step:
    changes: list[tuple[str, dict[str, Any]]] = []
    for item in bench.scenario.items:
        for lever in LEVERS:
            value = getattr(item, lever, None)
            if (
                value is None
                or float(value) <= 0
                or (lever == "convert_multiplier" and bench.scenario.document.buying is None)
            ):
                continue
            raised = float(value) * NUDGE
            most = math.inf if lever == "convert_multiplier" else 1.0
            label = f"{item.id}: {lever} {float(value):.3g} to {min(raised, most):.3g}"
            changes.append((label, {f"items.{item.id}.{lever}": _raised(value, most)}))
    if not changes:
        return Step(
            "Content",
            (
                "The items take all their numbers from the platforms: there is nothing of their own to improve.",
            ),
        )
    pairs = bench.what_if(changes, "trying better content")
    pairs = sorted(pairs, key=lambda pair: -abs(pair.difference))[:_EFFECT_ROWS]
    rows = tuple((pair.b, *bench.gain(pair)) for pair in pairs)
    best = pairs[0]
    says = (f"A fifth more pays most at {best.b.split(' ')[0]} {best.b.split(' ')[1]}: work on that first.",)
    if best.low <= 0 <= best.high:
        says = ("No single number of the content, a fifth higher, surely moves the goal.",)
    numbers = {pair.b: {"difference": pair.difference, "low": pair.low, "high": pair.high} for pair in pairs}
    return Step("Content", says, ("a fifth more of", "gain", "95 % interval", "verdict"), rows, numbers)


def _raised(value: float, most: float) -> Any:
    """A number a fifth higher, with its band if it has one."""
    if isinstance(value, Uncertain) and value.has_band:
        ends = {"value": float(value), "low": value.low, "high": value.high}
        return {name: min(end * NUDGE, most) for name, end in ends.items()}
    return min(float(value) * NUDGE, most)


def adjusting(bench: Bench) -> Step:
    scenario = bench.scenario
    changes: list[tuple[str, dict[str, Any]]] = []
    spent: dict[str, float] = {}
    for i, flight in enumerate(scenario.campaign.paid):
        label = f"a fifth more for flight {i} ({flight.item} on {flight.platform})"
        changes.append((label, {f"campaign.paid.{i}.budget": float(flight.budget) * NUDGE}))
        spent[label] = float(flight.budget) * (NUDGE - 1.0)
    for i, seeding in enumerate(scenario.campaign.seeding):
        count, budget = getattr(seeding.pick, "count", None), getattr(seeding.pick, "budget", None)
        if budget:
            label = f"a fifth more money for people asked (seeding {i})"
            changes.append((label, {f"campaign.seeding.{i}.pick.budget": float(budget) * NUDGE}))
            spent[label] = float(budget) * (NUDGE - 1.0)
        elif count and seeding.price_by_size.kind == "none":  # what one more costs by size only the run tells
            more = math.ceil(count * NUDGE)
            label = f"ask {more} people in place of {count} (seeding {i})"
            changes.append((label, {f"campaign.seeding.{i}.pick.count": more}))
            spent[label] = float(seeding.price) * (more - count)
    if not changes:
        says = (
            "Nothing is paid for and nobody is asked: the lever left is the content. Write a paid flight or seeding to "
            "see what money would do.",
        )
        return Step("Adjusting", says)
    pairs = bench.what_if(changes, "trying more money")
    rows, numbers = [], {}
    for pair in pairs:
        cost = spent[pair.b]
        each = pair.difference / cost if cost > 0 else None
        rows.append((pair.b, *bench.gain(pair), "free" if each is None else f"{each:.3g}"))
        numbers[pair.b] = {
            "difference": pair.difference,
            "low": pair.low,
            "high": pair.high,
            "spent": cost,
            "per_dollar": each,
        }
    best = max(
        pairs, key=lambda pair: pair.difference / spent[pair.b] if spent[pair.b] > 0 else pair.difference
    )
    says = (
        (f"The next dollar does most here: {best.b}.",)
        if best.low > 0
        else ("More money surely moves the goal nowhere.",)
    )
    heads = ("change", "gain", "95 % interval", "verdict", "gain per US$")
    return Step("Adjusting", says, heads, tuple(rows), numbers)
