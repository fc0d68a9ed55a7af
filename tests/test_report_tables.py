"""Tables: every number of the ensemble, with every digit, and the same bytes on every run."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from hand_tallies import scenario, tallies_of_displays
from report_worlds import branching_ensemble

from viralsim.engine.ensemble import Ensemble
from viralsim.errors import StoreError
from viralsim.experiment import comparison as comparisons
from viralsim.report import tables


@pytest.fixture(scope="module")
def ensemble():
    return Ensemble(tallies_of_displays(3, replicates=12, draws=3), scenario(), 7)


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_results_hold_every_metric_of_every_part(ensemble):
    rows = tables.results_rows(ensemble)
    scopes = ["all", "segment:young", "segment:old", "platform:instagram", "platform:facebook"]
    scopes += ["item:film", "item:teaser"]
    assert list(dict.fromkeys(row["scope"] for row in rows)) == scopes
    assert tuple(rows[0]) == tables.RESULT_FIELDS
    whole = {row["metric"]: row for row in rows if row["scope"] == "all"}
    assert set(whole) == set(ensemble.metrics)
    summary = ensemble.summary()["reach"]
    for name in tables.RESULT_FIELDS[2:]:
        assert whole["reach"][name] == getattr(summary, name)
    young = next(r for r in rows if (r["scope"], r["metric"]) == ("segment:young", "reach"))
    assert young["mean"] == pytest.approx(ensemble.by_segment("reach")["young"].mean())
    by_item = {r["metric"] for r in rows if r["scope"] == "item:film"}
    assert "shares" in by_item and "structural_virality" not in by_item


def test_numbers_are_written_with_every_digit(ensemble, tmp_path):
    paths = tables.write_tables(ensemble, tmp_path / "deep" / "folder")
    assert [path.name for path in paths] == ["results.csv", "curves.csv", "replicates.csv"]
    rows = [row for row in read(paths[0]) if row["scope"] == "all"]
    for row in rows:
        summary = ensemble.summary()[row["metric"]]
        for name in ("mean", "se", "low", "high", "p05", "p50", "p95", "sd", "defined"):
            written, exact = float(row[name]), float(getattr(summary, name))
            assert written == exact or (math.isnan(written) and math.isnan(exact))
    replicates = read(paths[2])
    assert [int(row["replicate"]) for row in replicates] == list(range(12))
    assert [int(row["draw"]) for row in replicates] == ensemble.draw.tolist()
    for name in ensemble.metrics:
        np.testing.assert_array_equal([float(row[name]) for row in replicates], ensemble[name])


def test_curves_hold_mean_and_quantiles(ensemble, tmp_path):
    rows = read(tables.write_tables(ensemble, tmp_path)[1])
    for name in ("reach", "impressions_owned", "shares"):
        found = [row for row in rows if row["curve"] == name]
        assert [float(row["time_hours"]) for row in found] == ensemble.times_hours.tolist()
        curve = ensemble.curve(name)
        assert [float(row["mean"]) for row in found] == curve.mean(axis=0).tolist()
        assert [float(row["p95"]) for row in found] == np.quantile(curve, 0.95, axis=0).tolist()


def test_the_same_bytes_and_bare_line_feeds(ensemble, tmp_path):
    first = [path.read_bytes() for path in tables.write_tables(ensemble, tmp_path / "a")]
    again = Ensemble(tallies_of_displays(3, replicates=12, draws=3), scenario(), 7)
    assert first == [path.read_bytes() for path in tables.write_tables(again, tmp_path / "b")]
    assert all(b"\r" not in content and content.endswith(b"\n") for content in first)


def test_cells():
    given = [True, np.int64(7), 0.1, np.float64(2.0), float("nan"), float("inf"), None, "a,b"]
    assert [tables.cell(v) for v in given] == ["true", "7", "0.1", "2.0", "nan", "inf", "", "a,b"]
    text = tables.csv_text(["x", "y"], [(1, 'say "a,b"'), (2.5, "two\nlines")])
    assert text == 'x,y\n1,"say ""a,b"""\n2.5,"two\nlines"\n'


def test_a_comparison_has_one_table_of_pairs_and_the_scenario_first_in_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(comparisons, "_uncertain_paths", lambda scenario: [])
    runs = [branching_ensemble(8, 2, offspring=r, name=n) for r, n in ((0.2, "a"), (0.6, "b"), (0.7, "c"))]
    compared = comparisons.compare_ensembles(runs, metrics=["shares"])
    paths = {path.name: path for path in tables.write_comparison_tables(compared, tmp_path)}
    assert list(paths) == ["pairs.csv", "results.csv", "curves.csv", "replicates.csv"]
    pairs = read(paths["pairs.csv"])
    assert [(p["a"], p["b"], p["metric"]) for p in pairs[:3]] == [
        ("a", "b", "reach"),
        ("a", "c", "reach"),
        ("b", "c", "reach"),
    ]
    assert float(pairs[0]["difference"]) == compared.pairs[0].difference
    for name in ("results.csv", "curves.csv", "replicates.csv"):
        rows = read(paths[name])
        assert next(iter(rows[0])) == "scenario"
        assert list(dict.fromkeys(row["scenario"] for row in rows)) == ["a", "b", "c"]
    second = [float(row["reach"]) for row in read(paths["replicates.csv"]) if row["scenario"] == "b"]
    assert second == runs[1]["reach"].tolist()


def test_a_folder_that_cannot_be_made_is_a_clear_error(ensemble, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match=r"file.*cannot be made as a folder"):
        tables.write_tables(ensemble, tmp_path / "file" / "below")
    with pytest.raises(StoreError, match="cannot be made"):
        tables.make_folder(tmp_path / "file")
