"""Metrics that a scenario does not define are refused before anything is run, with the nearest name."""

from __future__ import annotations

import numpy as np
import pytest
from sweep_worlds import SHARE, small_scenario

import viralsim as vs
from viralsim.cli.scenarios import stock_names
from viralsim.cli.shell import run_command
from viralsim.engine import running
from viralsim.engine.defined import check_counted, check_metric, metrics_defined_by
from viralsim.metrics.registry import METRICS


@pytest.mark.parametrize("name", stock_names())
def test_what_a_run_defines_is_known_before_it(name):
    """Every stock scenario: between them they use every mechanic that defines a metric."""
    scenario = vs.load_scenario(name)
    ensemble = vs.simulate(scenario, replicates=1, draws=1, threads=1, fixed=True)
    assert metrics_defined_by(scenario) == ensemble.metrics


def test_prices_and_competitors_define_metrics():
    plain = small_scenario()
    priced = plain.with_overrides({"value": {"per_like": 0.3}})
    assert set(metrics_defined_by(priced)) - set(metrics_defined_by(plain)) == {"earned_media_value"}
    check_metric(priced, "earned_media_value")
    with pytest.raises(
        vs.SpecError, match=r"'earned_media_value' is not defined by small \(.*\); defined are"
    ):
        check_metric(plain, "earned_media_value")


@pytest.mark.parametrize("name", stock_names())
def test_what_single_worlds_may_leave_undefined_is_known_before(name):
    """In a world where posts are shown to nobody a count is 0, and other metrics are not defined."""
    scenario = vs.load_scenario(name)
    silent = scenario.with_overrides({f"platforms.{p}.organic_reach": 0.0 for p in scenario.platforms})
    made = vs.simulate(silent, replicates=1, draws=1, threads=1, fixed=True)
    for metric in made.metrics:
        if METRICS[metric].denominator is not None:
            with pytest.raises(vs.SpecError, match="is a ratio"):
                check_counted(silent, metric)
        elif np.isnan(made[metric]).any():
            with pytest.raises(vs.SpecError, match="not defined in every world"):
                check_counted(silent, metric)


def test_counts_are_defined_in_every_world():
    scenario = small_scenario()
    for metric in metrics_defined_by(scenario):
        if METRICS[metric].denominator is None and metric not in (
            "generations",
            "peak_hour",
            "half_reach_hour",
        ):
            check_counted(scenario, metric)
    with pytest.raises(vs.SpecError, match="'generations' is not defined in every world"):
        check_counted(scenario, "generations")


@pytest.fixture
def nothing_runs(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("something was run")

    monkeypatch.setattr(running.Running, "_draw", refuse)


SETS = ["--replicates", "4", "--quiet"]
COMMANDS = {
    "sensitivity": ["sensitivity", "small-shop", "--samples", "2"],
    "lift": ["lift", "paid-or-seeding", "--marginal", *SETS],
    "tipping": ["tipping", "small-shop", "--vary", "items.0.share_prob", "--at-least", "3", *SETS],
    "compare": ["compare", "small-shop", *SETS],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("metric", "said"),
    [("impresions", "'impressions'"), ("revenue", "is not defined by")],
    ids=["typo", "undefined"],
)
def test_commands_refuse_before_anything_is_run(command, metric, said, nothing_runs, capsys):
    assert run_command([*COMMANDS[command], "--metric", metric]) == 2
    told = capsys.readouterr().err
    assert said in told and (metric == "revenue" or "id you mean" in told)


def test_marginal_returns_refuse_what_single_worlds_leave_undefined(nothing_runs, capsys):
    assert run_command([*COMMANDS["lift"], "--metric", "half_reach_hour"]) == 2
    assert "'half_reach_hour' is not defined in every world" in capsys.readouterr().err


def test_studies_refuse_before_anything_is_run(nothing_runs):
    with pytest.raises(vs.SpecError, match="'roi' is not defined"):
        vs.sensitivity(small_scenario(), "roi", {SHARE: "band"})
    with pytest.raises(vs.SpecError, match="'roi' is not defined"):
        vs.compare([small_scenario(), small_scenario()], metrics=["roi"])
