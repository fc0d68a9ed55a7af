"""Steps of a plan that read the scenario's own runs: goals, groups, competitors, audit, tracking."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from viralsim.metrics.registry import METRICS
from viralsim.metrics.rounding import format_interval, format_number, format_percent
from viralsim.planning.past_posts import ACTIONS, PastPost, pooled, rate_of
from viralsim.planning.steps import Row, Step

if TYPE_CHECKING:
    from viralsim.engine.ensemble import Ensemble

__all__ = ["audit", "competitors", "goals", "groups", "tracking"]

CHECKS_HOURS = (1.0, 6.0, 24.0, 72.0, 168.0)


def goals(base: Ensemble, metric_wanted: str, at_least: float) -> Step:
    summary = base.summary()
    goal = summary[metric_wanted]
    chance = base.prob_at_least(metric_wanted, at_least)
    name = METRICS[metric_wanted].name.replace("_", " ")
    says = [
        f"The goal, {name} of at least {at_least:,g}, is met in {format_percent(chance)} of runs; expected: "
        f"{format_number(goal.mean, goal.se)} ({format_interval(goal.low, goal.high, goal.se)})."
    ]
    rows, numbers = (
        [],
        {"metric": metric_wanted, "at_least": at_least, "chance": chance, "mean": goal.mean},
    )
    for metric in (
        "conversions_incremental",
        "revenue",
        "cost",
        "roi",
        "earned_media_value",
        "earned_multiplier",
    ):
        if metric in summary:
            one = summary[metric]
            value = format_number(one.mean, one.se)
            rows.append((metric.replace("_", " "), value, format_interval(one.low, one.high, one.se)))
            numbers[metric] = one.mean
    if "roi" in summary:
        roi = summary["roi"]
        verdict = (
            "pays for itself"
            if roi.low > 0
            else "loses money"
            if roi.high < 0
            else "may or may not pay for itself"
        )
        says.append(f"As business: the campaign {verdict} (ROI against the same world without it).")
    else:
        says.append(
            "As business: nothing is sold in this scenario; with buying: and value: {margin: ...} the plan says "
            "what it earns."
        )
    return Step("Goals", tuple(says), ("per run", "expected", "95 % interval"), tuple(rows), numbers)


def groups(base: Ensemble) -> Step:
    people = base.tallies.people_by_segment.mean(axis=0)
    outside = base.tallies.excluded_by_segment.mean(axis=0)
    reach, sharers = base.by_segment("reach"), base.by_segment("sharers")
    rows, numbers = [], {}
    for k, name in enumerate(reach):
        count = float(people[k])
        part = float(reach[name].mean()) / count if count else math.nan
        excluded = float(outside[k]) / count if count else math.nan
        rows.append(
            (
                name,
                f"{count:,.0f}",
                format_percent(part),
                format_percent(excluded),
                f"{sharers[name].mean():.3g}",
            )
        )
        numbers[name] = {"people": count, "reached": part, "without_access": excluded}
    parts = {name: one["reached"] for name, one in numbers.items()}
    best, worst = max(parts, key=parts.__getitem__), min(parts, key=parts.__getitem__)
    says = [f"{best} is reached most ({format_percent(parts[best])})"]
    says[0] += (
        f", {worst} least ({format_percent(parts[worst])})." if best != worst else "; there is one segment."
    )
    shut = [name for name, one in numbers.items() if one["without_access"] > 0.2]
    if shut:
        says.append(
            f"More than a fifth of {', '.join(shut)} has no account on any platform in use: reach them elsewhere."
        )
    heads = ("segment", "people", "reached", "without access", "sharers per run")
    return Step("Target groups", tuple(says), heads, tuple(rows), numbers)


def competitors(base: Ensemble) -> Step:
    summary = base.summary()
    rows, numbers = [], {}
    for metric in ("share_of_voice", "share_of_impressions"):
        if metric in summary:
            one = summary[metric]
            interval = format_interval(one.low, one.high, one.se)
            rows.append((metric.replace("_", " "), format_number(one.mean, one.se), interval))
            numbers[metric] = one.mean
    if rows:
        says = ("Of what is said and shown about all modelled brands, this is the brand's part.",)
        return Step("Competitors", says, ("share", "expected", "95 % interval"), tuple(rows), numbers)
    says = (
        "No competitor is modelled: share of voice cannot be said, and attention is shared with background items only.",
    )
    return Step("Competitors", says)


def audit(base: Ensemble, past: list[PastPost]) -> Step:
    shown, engaged = base.by_item("impressions"), base.by_item("engagements")
    earned = base.by_item("impressions_earned")
    rows, numbers = [], {}
    for name, impressions in shown.items():
        total = float(impressions.sum())
        rate = float(engaged[name].sum()) / total if total else math.nan
        spread = float(earned[name].sum()) / total if total else math.nan
        rows.append(
            (name, f"{impressions.mean():,.0f}", format_percent(rate, 1e-4), format_percent(spread, 1e-4))
        )
        numbers[name] = {
            "impressions": float(impressions.mean()),
            "engagement_rate": rate,
            "earned_part": spread,
        }
    heads = ("item", "impressions per run", "engagement rate", "earned part")
    if not past:
        says = (
            "Expected of each item; give the posts so far with --past posts.csv to hold them against it.",
        )
        return Step("Audit", says, heads, tuple(rows), {"expected": numbers})
    holds, held_rows, held = _held(base, past)
    return Step(
        "Audit",
        (_best_and_worst(past), *holds),
        ("platform, action", "past posts", "95 % interval", "scenario"),
        tuple(held_rows),
        {"expected": numbers, "past": held},
    )


def _best_and_worst(past: list[PastPost]) -> str:
    """What worked and what failed."""

    def rate(post: PastPost) -> float:
        return post.engagements / max(post.impressions, 1)

    def named(post: PastPost) -> str:
        return f"{post.item} on {post.platform} (line {post.line}; {format_percent(rate(post), 1e-4)})"

    best, worst = max(past, key=rate), min(past, key=rate)
    return f"Of {len(past)} past posts {named(best)} had the best engagement rate, {named(worst)} the worst."


def _held(base: Ensemble, past: list[PastPost]) -> tuple[list[str], list[Row], list[dict[str, Any]]]:
    """Rates of past posts beside what the scenario's own runs give on each platform."""
    says: list[str] = []
    rows: list[Row] = []
    held: list[dict[str, Any]] = []
    shown = base.by_platform("impressions")
    for platform in shown:
        for action in ACTIONS:
            count, impressions = pooled(past, platform, action)
            if not impressions:
                continue
            rate = rate_of(count, impressions)
            total = float(shown[platform].sum())
            expects = float(base.by_platform(action)[platform].sum()) / total if total else math.nan
            interval = f"{format_percent(rate.low, 1e-5)} to {format_percent(rate.high, 1e-5)}"
            value, expected = format_percent(rate.value, 1e-5), format_percent(expects, 1e-5)
            rows.append((f"{platform}, {action}", value, interval, expected))
            numbers = {"rate": rate.value, "low": rate.low, "high": rate.high, "scenario": expects}
            held.append({"platform": platform, "action": action, **numbers})
            if not rate.low <= expects <= rate.high:
                way = "more" if expects > rate.high else "fewer"
                says.append(
                    f"The scenario expects {way} {action} per impression on {platform} than past posts had."
                )
    if not rows:
        says.append("None of the past posts is on a platform of this scenario.")
    return says or ["Past posts had the rates that the scenario expects."], rows, held


def tracking(base: Ensemble, metric_wanted: str, at_least: float) -> Step:
    """What should be seen by when, and what it says of the goal."""
    metric = "impressions"
    curve = base.curve(metric, cumulative=True)
    met = base[metric_wanted] >= at_least
    rows, numbers = [], {}
    for hours in CHECKS_HOURS:
        column = int(np.searchsorted(base.times_hours, hours))
        if column >= base.times_hours.size - 1:
            break
        seen = curve[:, column]
        low, middle, high = np.quantile(seen, (0.1, 0.5, 0.9))
        slow = seen <= np.quantile(seen, 0.25)
        chance = float(met[slow].mean()) if slow.any() else math.nan
        label = f"{base.times_hours[column]:.3g} h"
        rows.append((label, f"{middle:,.0f}", f"{low:,.0f} to {high:,.0f}", format_percent(chance, 0.01)))
        numbers[label] = {
            "median": float(middle),
            "p10": float(low),
            "p90": float(high),
            "chance_if_slow": chance,
        }
    says = (
        "Hold the platform's own counts against this: below the range something differs from the scenario.",
    )
    heads = ("after", "impressions", "8 of 10 runs", "goal met if in the lowest quarter")
    return Step("Tracking", says, heads, tuple(rows), numbers)
