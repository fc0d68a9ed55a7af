"""Ensemble and Trace: questions asked of made-up tallies, and what is handed to people and machines."""

from __future__ import annotations

import builtins
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hand_tallies import TIMES, scenario, tallies_of_displays, tallies_of_reach

from viralsim.engine.ensemble import Ensemble
from viralsim.engine.trace import Trace
from viralsim.errors import EngineError, SpecError


def made(tallies=None, **changes) -> Ensemble:
    tallies = tallies_of_displays(11, replicates=40, draws=4) if tallies is None else tallies
    given = {"scenario": scenario(), "seed": 7, "provenance": {"viralsim": "0"}}
    return Ensemble(tallies, **{**given, **changes})


def trace_by_hand() -> Trace:
    """Film: 3 -> 5 -> 8 and 3 -> 6, with 5 copying to the other platform; teaser: 5 was asked and 9 followed."""
    rows = [  # person, parent, hour, platform, item, generation, asked, copy, polarity
        (3, -1, 1.0, 0, 0, 0, False, False, 1),
        (5, -1, 1.5, 0, 1, 0, True, False, 1),
        (5, 0, 2.0, 0, 0, 1, False, False, 1),
        (5, 2, 2.0, 1, 0, 1, False, True, 1),
        (6, 0, 2.5, 0, 0, 1, False, False, -1),
        (8, 3, 4.0, 1, 0, 2, False, False, 0),
        (9, 1, 4.5, 0, 1, 1, False, False, 1),
    ]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    keys = columns[0].astype(np.uint64) + np.uint64(100)
    return Trace(
        columns[0], keys, *columns[1:], platforms=("instagram", "facebook"), items=("film", "teaser")
    )


def test_columns_and_summary_agree():
    e = made()
    assert (e.replicates, e.draws, e.seed, e.digest, e.people) == (40, 4, 7, "00ff", 100.0)
    assert e["reach"].dtype == np.float64 and e["reach"].shape == (40,)
    summary = e.summary()
    assert tuple(summary) == e.metrics
    assert summary["reach"].mean == pytest.approx(e["reach"].mean())
    assert summary["reach"].unit == "people"
    assert summary["engagement_rate"].mean == pytest.approx(e["engagements"].sum() / e["impressions"].sum())
    assert summary["engagement_rate"].per == "impressions"
    assert "reach" in e and "revenue" not in e
    with pytest.raises(SpecError, match="did you mean 'reach'"):
        e["reachs"]
    with pytest.raises(SpecError, match="'revenue' is not defined by this scenario"):
        e["revenue"]


def test_zero_by_chance_and_zero_by_construction():
    summary = made(tallies_of_reach(np.full(100, 5), np.arange(100) % 10)).summary()
    assert "never happened in 100 replicates" in summary["likes"].note
    assert summary["impressions_paid"].note == "", "nothing was paid for"
    assert summary["reach"].note == ""


def test_curves_end_where_the_metrics_are():
    e = made()
    np.testing.assert_array_equal(e.times_hours, TIMES)
    for name in ("impressions", "impressions_owned", "impressions_paid", "impressions_earned", "shares"):
        np.testing.assert_array_equal(e.curve(name).sum(axis=1), e[name])
        np.testing.assert_array_equal(e.curve(name, cumulative=True)[:, -1], e[name])
    np.testing.assert_array_equal(e.curve("reach")[:, -1], e["reach"])
    np.testing.assert_array_equal(e.curve("reach", cumulative=False).sum(axis=1), e["reach"])
    assert (np.diff(e.curve("reach"), axis=1) >= 0).all()
    with pytest.raises(SpecError, match=r"no 'impressions_earn'.*did you mean 'impressions_earned'"):
        e.curve("impressions_earn")


def test_splits():
    e = made()
    np.testing.assert_array_equal(sum(e.by_segment("reach").values()), e["reach"])
    np.testing.assert_array_equal(sum(e.by_platform("shares").values()), e["shares"])
    np.testing.assert_array_equal(sum(e.by_item("likes").values()), e["likes"])
    assert (sum(e.by_platform("reach").values()) == e["reach_accounts"]).all()
    assert e.summary_by("segment", "reach")["young"].mean == pytest.approx(
        e.by_segment("reach")["young"].mean()
    )
    with pytest.raises(SpecError, match="cannot be split by item"):
        e.by_item("structural_virality")


def test_tracing_goes_to_the_engine():
    asked = []
    e = made(tracer=lambda replicate: asked.append(replicate) or trace_by_hand())
    assert len(e.trace(39)) == 7
    assert asked == [39]
    with pytest.raises(SpecError, match="no replicate 40; allowed are 0 to 39"):
        e.trace(40)
    with pytest.raises(EngineError, match="run the scenario again"):
        made().trace(0)


def test_variance_asks_once_for_the_central_ensemble():
    rng = np.random.default_rng(1)
    draw = np.arange(200) % 20
    people = rng.normal(0, 30, 20)
    numbers = rng.normal(0, 40, 20)
    reach = 1000 + (people + numbers)[draw] + rng.normal(0, 20, 200)
    central_reach = 1000 + people[draw[:100]] + rng.normal(0, 20, 100)
    calls = []

    def rerun(*, fixed: bool, replicates: int) -> Ensemble:
        calls.append((fixed, replicates))
        return made(tallies_of_reach(central_reach, draw[:100]), fixed=True)

    e = made(tallies_of_reach(reach, draw), rerunner=rerun)
    split = e.variance("reach")
    e.variance("impressions")
    assert calls == [(True, 100)]
    assert split.luck + split.audience + split.assumptions == pytest.approx(1.0)
    assert split.assumptions > split.luck
    fixed = made(tallies_of_reach(reach, draw), fixed=True).variance("reach")
    assert fixed.assumptions == pytest.approx(0.0, abs=1e-12), "nothing is assumed where numbers are held"
    assert math.isnan(made(tallies_of_reach(reach, draw)).variance("reach").assumptions)


def test_the_sentence_is_rounded_and_names_the_goal():
    reach = np.random.default_rng(2).poisson(50, 200)
    goal = SimpleNamespace(metric="reach", at_least=float(np.sort(reach)[150]))
    e = made(tallies_of_reach(reach, np.arange(200) % 20), scenario=scenario(title="A launch", goal=goal))
    sentence = e.sentence()
    assert sentence.startswith("A launch is expected to reach 49.9 of 100 people (49.0 to 50.8)")
    assert "nine times in ten" in sentence
    times = round(100 * e.prob_at_least("reach", goal.at_least))
    assert f"is met {times} times in 100" in sentence
    assert "it does not go viral" in sentence
    assert sentence.count(".") - sentence.count(".0") <= 4, "one sentence"


def test_json_object():
    e = made(tallies_of_displays(0, replicates=1, draws=1))
    text = json.dumps(e.to_dict(), allow_nan=False)
    found = json.loads(text)
    assert {"scenario", "digest", "seed", "replicates", "versions", "metrics"} <= set(found)
    assert (found["scenario"], found["digest"], found["seed"], found["replicates"]) == ("hand", "00ff", 7, 1)
    assert found["versions"] == {"viralsim": "0"}
    keys = {"mean", "se", "low", "high", "p05", "p50", "p95", "unit"}
    assert all(keys <= set(metric) for metric in found["metrics"].values())
    assert found["metrics"]["reach"]["se"] is None, "one replicate has no error"


def test_tables(monkeypatch):
    e = made()
    columns = e.to_columns()
    assert list(columns) == ["replicate", "draw", *e.metrics]
    np.testing.assert_array_equal(columns["reach"], e["reach"])
    pandas = pytest.importorskip("pandas")
    assert isinstance(e.to_frame(), pandas.DataFrame)
    assert e.to_frame().shape == (40, 2 + len(e.metrics))


def test_without_pandas_the_error_says_what_to_do(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(EngineError, match=r"pandas.*to_columns"):
        made().to_frame()


def test_html_is_inert():
    e = made(scenario=scenario(title="<script>alert(1)</script>"))
    page = e._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "earned multiplier" in page
    assert "40 replicates over 4 draws" in repr(e)


# ------------------------------------------------------------------------------------------------ trace


def test_share_trees_of_a_trace():
    trees = trace_by_hand().trees()
    assert [(t.item, t.size, t.depth, t.asked) for t in trees] == [
        ("film", 4, 2, False),
        ("teaser", 2, 1, True),
    ]
    film, teaser = trees
    assert film.rows.tolist() == [0, 2, 4, 5], "a copy is no further node"
    assert film.parents.tolist() == [-1, 0, 0, 1], "caused by the copy means caused by the person"
    assert (teaser.rows.tolist(), teaser.parents.tolist()) == ([1, 6], [-1, 0])


def test_structural_virality_of_a_trace():
    # film: distances 1, 1, 2, 2, 1, 3 over unordered pairs; teaser: 1
    assert trace_by_hand().structural_virality() == pytest.approx((10 + 1) / (6 + 1))
    nobody = Trace(*[np.zeros(0, np.int64)] * 10, platforms=("a",), items=("b",))
    assert math.isnan(nobody.structural_virality())
    assert nobody.trees() == ()


def test_trace_as_network_and_columns():
    trace = trace_by_hand()
    forest = trace.to_networkx()
    assert set(forest.edges) == {
        (("film", 3), ("film", 5)),
        (("film", 3), ("film", 6)),
        (("film", 5), ("film", 8)),
        (("teaser", 5), ("teaser", 9)),
    }
    assert forest.nodes["teaser", 5]["asked"]
    columns = trace.to_columns()
    assert columns["platform"].tolist()[3] == "facebook"
    assert columns["item"].tolist()[1] == "teaser"
    assert {column.shape for column in columns.values()} == {(7,)}
    assert "7 shares by 5 people in 2 share trees" in repr(trace)
    with pytest.raises(EngineError, match="different lengths"):
        Trace(np.zeros(2, np.int64), *[np.zeros(1, np.int64)] * 9, platforms=("a",), items=("b",))
