"""The stock scenarios about influencers, big seeds and luck still teach what they say.

Paired within draws on shared luck, with the files' seeds; bounds are those a reader would take from the lesson's words.
"""

from __future__ import annotations

import functools

import numpy as np

import viralsim as vs
from viralsim.engine.ensemble import Ensemble

SIZE = {"nano-or-celebrity": (40, 4), "big-seed": (40, 4), "lucky-or-good": (200, 10)}


@functools.cache
def worlds(name: str) -> dict[str, Ensemble]:
    """The scenario and its variants in shared worlds, by label."""
    base = vs.load_scenario(name)
    chosen = [base, *(base.variant(variant) for variant in base.variant_names)]
    replicates, draws = SIZE[name]
    return {s.label: vs.simulate(s, replicates=replicates, draws=draws) for s in chosen}


def means(name: str, metric: str) -> dict[str, float]:
    """Expected value of a metric by variant."""
    return {label: ensemble.summary()[metric].mean for label, ensemble in worlds(name).items()}


def wins(b: Ensemble, a: Ensemble, metric: str) -> float:
    """Chance that one run of b has more than one run of a, each with its own luck, in the same draw."""
    found = []
    for draw in range(int(a.draw.max()) + 1):
        more = b[metric][b.draw == draw][:, None] - a[metric][a.draw == draw][None, :]
        own_luck = ~np.eye(more.shape[0], dtype=bool)
        found.append((np.sign(more[own_luck]) / 2 + 0.5).mean())
    return float(np.mean(found))


def test_nanos_engage_more_for_the_same_money_until_each_costs_work():
    engagements, shown = (means("nano-or-celebrity", m) for m in ("engagements", "impressions_paid"))
    assert 0.8 < shown["nanos"] / shown["nano-or-celebrity"] < 1.5, "as many displays"
    assert engagements["nanos"] > 1.5 * engagements["nano-or-celebrity"]
    assert engagements["nanos-who-cost-work"] < 1.2 * engagements["nano-or-celebrity"]
    earned = means("nano-or-celebrity", "impressions_earned")
    assert earned["nanos"] > 2 * earned["nano-or-celebrity"]
    for ensemble in worlds("nano-or-celebrity").values():
        assert (ensemble["cost"] <= 600 + 1e-9).all()
        assert (ensemble["cost"] > 500).all(), "spent but for what would not pay for another"


def test_a_thousand_seeds_bring_as_much_each_as_ten_and_no_lottery():
    found = worlds("big-seed")
    ten, thousand, contagious = (
        found[label]["sharers"] for label in ("big-seed", "a-thousand", "ten-and-contagious")
    )
    error = ten.std(ddof=1) / np.sqrt(ten.size) / 10
    assert abs(ten.mean() / 10 - thousand.mean() / 1000) < 4 * error + 0.1, "each about as much"
    assert 1.0 < thousand.mean() / 1000 < 0.58 / 0.42, "below the formula's, as the audience has an end"
    assert thousand.std() / thousand.mean() < 0.1 < 0.3 < ten.std() / ten.mean()
    assert contagious.mean() > 3 * ten.mean()
    assert thousand.mean() > 10 * contagious.mean()


def test_the_better_post_often_loses_and_seen_counts_make_hits():
    found, name = worlds("lucky-or-good"), "lucky-or-good"
    shares = means(name, "shares")
    assert 1.15 < shares["better"] / shares[name] < 1.6
    assert shares["seen-and-better"] > 2 * shares["seen"]
    again, unseen = (wins(found[label], found[name], "shares") for label in ("again", "better"))
    seen = wins(found["seen-and-better"], found["seen"], "shares")
    assert 0.4 < again < 0.6
    assert 0.53 < unseen < 0.7
    assert 0.53 < seen < 0.7
    spread = {label: e["shares"].std() / e["shares"].mean() for label, e in found.items()}
    assert spread["seen"] > spread[name], "success is more unequal"
    assert spread["seen-and-better"] > spread["better"]
