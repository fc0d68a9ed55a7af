"""What a sensitivity study simulates: laws of the numbers, two samples of settings, and points of effect curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from viralsim import rng
from viralsim.engine.defined import check_metric
from viralsim.engine.effort import at_least_1, seed_of
from viralsim.errors import SpecError
from viralsim.experiment.axes import axis_law
from viralsim.experiment.cells import Cell
from viralsim.experiment.designs import Law, sobol_points
from viralsim.experiment.plans import band_of, needs_whole
from viralsim.metrics.columns import Floats
from viralsim.provenance import versions
from viralsim.spec import Scenario
from viralsim.spec.resolving import uncertain_paths

__all__ = [
    "CURVE_LEVELS", "CURVE_REPLICATES", "DRAWS", "REPLICATES", "ROOT", "SAMPLES", "SensitivityPlan", "Setting",
    "make_sensitivity_plan",
]  # fmt: skip

SAMPLES, REPLICATES, DRAWS = 128, 16, 8
CURVE_REPLICATES = 200
CURVE_LEVELS = (0.05, 0.275, 0.5, 0.725, 0.95)
ROOT = rng.text_key("viralsim.experiment.sensitivities")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting to be simulated.

    Parameters
    ----------
    number : int
        Its place; it stays when there are more samples.
    name : str
        ``curve PATH STEP`` or ``sample ROW WHICH``.
    overrides : dict of path to value
    first, count : int
        Replicates.
    """

    number: int
    name: str
    overrides: dict[str, Any]
    first: int
    count: int


@dataclass(frozen=True)
class SensitivityPlan:
    """What is to be simulated.

    Parameters
    ----------
    scenario : Scenario
    metric : str
    laws : dict of path to Law
    samples, replicates, draws, curve_replicates, seed : int
    seed_is_drawn : bool
        Whether nobody gave the seed.
    """

    scenario: Scenario
    metric: str
    laws: dict[str, Law]
    samples: int
    replicates: int
    draws: int
    curve_replicates: int
    seed: int
    seed_is_drawn: bool = False

    @property
    def settings(self) -> int:
        """Settings simulated: the Sobol samples, then the effect curves."""
        return self.samples * (len(self.laws) + 2) + self.curve_settings

    @property
    def curve_settings(self) -> int:
        """Points of the effect curves; the middle one is the same for all numbers whose middle is their value."""
        return len(self.laws) * len(CURVE_LEVELS)

    @cached_property
    def points(self) -> Floats:
        """The two samples side by side in the unit cube: float64[samples, 2 x numbers], keyed on paths."""
        root = rng.derive(ROOT, self.seed)
        keys = [
            rng.derive(rng.derive(root, which), rng.text_key(path)) for which in (0, 1) for path in self.laws
        ]
        return sobol_points(self.samples, keys)

    def list_settings(self) -> Iterator[Setting]:
        """Every setting, made one at a time: the effect curves, then the samples row by row."""
        number = 0
        for path, law in self.laws.items():
            for step, level in enumerate(CURVE_LEVELS):
                overrides = {path: law.value(level)}
                yield Setting(number, f"curve {path} {step}", overrides, 0, self.curve_replicates)
                number += 1
        count = len(self.laws)
        for row, u in enumerate(self.points):
            first = row * self.replicates
            for which in range(count + 2):
                levels = u[:count] if which != 1 else u[count:]
                if which > 1:
                    levels = levels.copy()
                    levels[which - 2] = u[count + which - 2]
                name = f"sample {row} {which}"
                yield Setting(number, name, self._values(levels), first, self.replicates)
                number += 1

    def _values(self, levels: Floats) -> dict[str, Any]:
        return {path: law.value(float(u)) for (path, law), u in zip(self.laws.items(), levels, strict=True)}

    def cell(self, setting: Setting) -> Cell:
        """What an executor runs for a setting; it is held against the scenario's platforms, as what is drawn is."""
        scenario = self.scenario.with_overrides(setting.overrides)
        return Cell(
            setting.name,
            setting.first,
            setting.count,
            scenario,
            self.seed,
            self.draws,
            True,
            self.scenario.platforms,
        )

    def record(self) -> dict[str, Any]:
        """What decides the numbers that a store keeps; the metric does not, as all are kept."""
        return {
            "scenario": self.scenario.name,
            "scenario_digest": self.scenario.digest,
            "document": self.scenario.to_dict(absolute_paths=True),
            "seed": self.seed,
            "samples": self.samples,
            "replicates": self.replicates,
            "draws": self.draws,
            "curve_replicates": self.curve_replicates,
            "laws": [[path, law.described()] for path, law in self.laws.items()],
            "settings": self.settings,
            "versions": versions(),
        }


def make_sensitivity_plan(
    scenario: Scenario,
    metric: str | None = None,
    vary: Mapping[str, Any] | Sequence[str] | None = None,
    *,
    samples: int = SAMPLES,
    replicates: int = REPLICATES,
    draws: int = DRAWS,
    curve_replicates: int = CURVE_REPLICATES,
    seed: int | None = None,
) -> SensitivityPlan:
    """Make and check a plan: see `sensitivity`."""
    metric = metric or (scenario.goal.metric if scenario.goal is not None else "reach")
    check_metric(scenario, metric)
    laws = _laws(scenario, vary)
    samples = at_least_1("samples", samples, SAMPLES)
    if samples < 2 or samples & (samples - 1):
        raise SpecError(f"samples: got {samples}; a power of 2 is allowed, such as 64, 128 or 256")
    draws = at_least_1("draws", draws, DRAWS)
    replicates = at_least_1("replicates", replicates, REPLICATES)
    if draws % 2 or replicates % draws:
        raise SpecError(
            f"replicates, draws: got {replicates} over {draws}; an even number of draws is allowed, and a multiple of "
            "it for the replicates: two halves are compared"
        )
    curve_replicates = max(at_least_1("curve_replicates", curve_replicates, CURVE_REPLICATES), draws)
    return SensitivityPlan(
        scenario,
        metric,
        laws,
        samples,
        replicates,
        draws,
        curve_replicates,
        seed_of(scenario, seed),
        seed_is_drawn=seed is None and scenario.run.seed is None,
    )


def _laws(scenario: Scenario, vary: Mapping[str, Any] | Sequence[str] | None) -> dict[str, Law]:
    """Law of each number that is varied."""
    if isinstance(vary, str):
        vary = [vary]
    if vary is None or not vary:
        known: Mapping[str, Any] = uncertain_paths(scenario)
        if not known:
            raise SpecError(
                f"{scenario.name}: no number has a band; write {{value, low, high}} in the scenario, or give ranges "
                "(vary, --vary PATH=LOW:HIGH)"
            )
    else:
        known = vary if isinstance(vary, Mapping) else dict.fromkeys(vary, "band")
    laws = {}
    for path, given in known.items():
        law = axis_law(path, band_of(scenario, path) if isinstance(given, str) and given == "band" else given)
        timed = law.band is not None and law.band.kind == "duration"
        whole = law.whole or (not timed and needs_whole(scenario, path, law.number(0.37)))
        laws[path] = Law(law.low, law.high, law.scale, law.band, whole)
        for level in (CURVE_LEVELS[0], CURVE_LEVELS[-1]):
            scenario.with_overrides({path: laws[path].value(level)})
    return laws
