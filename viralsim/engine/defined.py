"""Which metrics a scenario defines, told before anything is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from viralsim.engine.compiled import slots_of
from viralsim.engine.scratch import zero_tally
from viralsim.engine.tallying import make_tallies
from viralsim.errors import SpecError
from viralsim.metrics.registry import METRICS, defined_metrics
from viralsim.metrics.tallies import TREES, Tallies
from viralsim.metrics.views import View
from viralsim.spec.problems import allowed_names
from viralsim.spec.resolving import resolve

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["check_counted", "check_metric", "metrics_defined_by"]


def metrics_defined_by(scenario: Scenario) -> tuple[str, ...]:
    """Names of the metrics that a run of a scenario would define, in the order in which they are printed.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import viralsim as vs
    >>> "reach" in metrics_defined_by(vs.load_scenario("small-shop"))
    True
    """
    return defined_metrics(_tallies_of_nothing(scenario))


def check_metric(scenario: Scenario, name: str) -> None:
    """Refuse a metric that no run of the scenario would have, before any time is spent.

    Raises
    ------
    SpecError
        With the nearest name if there is none of that name, else with those that the scenario defines.
    """
    if name not in METRICS:
        raise SpecError(f"metric: there is no {name!r}; {allowed_names(name, METRICS)}")
    defined = metrics_defined_by(scenario)
    if name not in defined:
        raise SpecError(
            f"metric: {name!r} is not defined by {scenario.name} ({METRICS[name].meaning}); defined are: "
            f"{', '.join(defined)}"
        )


def check_counted(scenario: Scenario, name: str) -> None:
    """Refuse a metric that no run of the scenario would have, or that a single world may leave undefined.

    Raises
    ------
    SpecError
        As `check_metric`, or with an example of what is allowed.
    """
    check_metric(scenario, name)
    if METRICS[name].denominator is not None:
        raise SpecError(f"metric: {name!r} is a ratio; allowed is a count, such as impressions_earned")
    if np.isnan(METRICS[name].numerator(View(_tallies_of_nothing(scenario)))).any():
        raise SpecError(
            f"metric: {name!r} is not defined in every world (not where nothing happens); allowed is a count, such as "
            "impressions_earned"
        )


def _tallies_of_nothing(scenario: Scenario) -> Tallies:
    """What a run hands to the metrics, of one world in which nothing happens."""
    plain = resolve(scenario, 0, 0, fixed=True)
    slots, groups = slots_of(plain), len(plain.audience.segments)
    followers = [platform.brand_followers for platform in plain.platforms.values()]
    axes = len(plain.items), len(plain.platforms), len(slots), groups
    columns: dict[str, Any] = zero_tally(1, axes, n_bins=1, n_counted=1, n_deliveries=0)._asdict()
    columns["trees"][:, TREES.index("depth")] = -1
    if plain.buying is not None and plain.value.margin is not None:
        columns["without"] = np.zeros((1, 2, groups))
    facts = {
        "people": np.zeros(groups, np.int64),
        "excluded": np.zeros(groups, np.int64),
        "fans": np.array([0 if fans is None else fans.count for fans in followers]),
        "slots": slots,
        "times": np.ones(1),
        "repeat": 0.0,
        "damping": 0.0,
        "display_prices": np.zeros(0),
        "cut": False,
    }
    return make_tallies(plain, columns, {0: facts})
