"""Plan of a sweep: scenario, design and run numbers, checked before anything runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viralsim.engine.effort import at_least_1
from viralsim.errors import ScenarioError, SpecError, StoreError
from viralsim.experiment.cells import BLOCK
from viralsim.experiment.designs import METHODS, Design, Listed, Sampled, grid, listed, sampled, zipped
from viralsim.experiment.store import Store
from viralsim.experiment.store.opening import check_versions
from viralsim.provenance import versions
from viralsim.rng import check_seed, entropy_seed
from viralsim.spec import Scenario
from viralsim.spec.problems import allowed_names
from viralsim.spec.resolving import uncertain_paths
from viralsim.spec.uncertain import Uncertain

__all__ = ["DESIGNS", "SweepPlan", "band_of", "make_design", "make_plan"]

DESIGNS = ("grid", "zip", "list", *METHODS)
_LOOKED_AT = 64  # values of an axis that are checked before anything runs
_MUST_AGREE = {
    "scenario_digest": "the scenario",
    "seed": "the seed",
    "fixed": "--fixed",
    "draws": "the draws",
}
_MAY_GROW = {"design": "what is varied", "replicates": "the replicates"}
_RECORDED: dict[str, type | tuple[type, ...]] = {
    "scenario": str, "scenario_digest": str, "fixed": bool, "paths": list, "settings": int, "design": str,
    "seed": (int, type(None)), "replicates": (int, type(None)), "draws": (int, type(None)), "versions": dict,
}  # fmt: skip


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep runs.

    Parameters
    ----------
    scenario : Scenario
    design : Design
    replicates, seed, draws : int or None
        For all settings; None: what each setting's scenario says.
    fixed : bool
    block : int
        Replicates of a cell at most.
    """

    scenario: Scenario
    design: Design
    replicates: int | None = None
    seed: int | None = None
    draws: int | None = None
    fixed: bool = False
    block: int = BLOCK

    @property
    def common_seed(self) -> int | None:
        """The seed of all settings; None before one is drawn, or if each setting has its own."""
        if self.seed is not None or "run.seed" in self.design.paths:
            return self.seed
        return self.scenario.run.seed

    def numbers_of(self, scenario: Scenario) -> tuple[int, int, int]:
        """Seed, replicates and draws of a setting."""
        run = scenario.run
        replicates = run.replicates if self.replicates is None else self.replicates
        draws = run.draws if self.draws is None else self.draws
        seed = self.seed if self.seed is not None else run.seed
        if seed is None:
            raise SpecError("seed: neither the sweep nor this setting has one")
        return seed, replicates, min(draws, replicates)

    def begin(self, store: Store, resume: bool | None) -> SweepPlan:
        """Take up what the store holds, or begin; with a seed from now on.

        Raises
        ------
        StoreError
            If it holds another sweep, or one of another version.
        """
        old = store.meta()
        going_on = "scenario_digest" in old
        if going_on:
            store.check_meta(_RECORDED)
        if going_on and resume is False:
            raise StoreError(_occupied(store, old))
        plan = self
        if self.common_seed is None and "run.seed" not in self.design.paths:
            plan = dataclasses.replace(self, seed=old["seed"] if going_on else entropy_seed())
        record = plan.record()
        if going_on:
            _check_same(store, old, record, resume)
        store.begin(record, same_design=old.get("design") == record["design"])
        return plan

    def record(self) -> dict[str, Any]:
        """What is recorded with the results."""
        return {
            "scenario": self.scenario.name,
            "scenario_digest": self.scenario.digest,
            "document": self.scenario.to_dict(absolute_paths=True),
            "seed": self.common_seed,
            "replicates": self.replicates,
            "draws": self.draws,
            "fixed": self.fixed,
            "paths": list(self.design.paths),
            "settings": len(self.design),
            "design": design_digest(self.design),
            "versions": versions(),
        }


def _occupied(store: Store, old: Mapping[str, Any]) -> str:
    done, failed = store.counts()
    return (
        f"{store.label}: holds a sweep already ({done + failed:,} of {old['settings']:,} settings done); go on with "
        "--resume (resume=True), or name another folder"
    )


def _check_same(store: Store, old: Mapping[str, Any], new: Mapping[str, Any], resume: bool | None) -> None:
    """Refuse to mix what must not be mixed."""
    check_versions(store.label, old["versions"], new["versions"])
    asked = _MUST_AGREE if resume else {**_MUST_AGREE, **_MAY_GROW}
    differing = [what for name, what in asked.items() if old.get(name) != new[name]]
    if differing:
        extend = (
            ""
            if resume or any(what in _MUST_AGREE.values() for what in differing)
            else "; resume=True extends it"
        )
        raise StoreError(
            f"{store.label}: holds another sweep, of {old['scenario']}; what differs: {', '.join(differing)}; name "
            f"another folder{extend}"
        )


def design_digest(design: Design) -> str:
    """Digest of all settings, without making them."""
    digest = hashlib.sha256()
    for part in design.parts:
        if isinstance(part, Listed):
            digest.update(json.dumps([dict(point) for point in part.points], sort_keys=True).encode())
        elif isinstance(part, Sampled):
            digest.update(repr(sorted(part.laws.items())).encode() + part.unit.tobytes())
        digest.update(b"|")
    return digest.hexdigest()


# -------------------------------------------------------------------------------------------- making it


def make_plan(
    scenario: Scenario,
    vary: Any,
    *,
    design: str = "grid",
    samples: int | None = None,
    design_seed: int = 0,
    replicates: int | None = None,
    seed: int | None = None,
    draws: int | None = None,
    fixed: bool = False,
) -> SweepPlan:
    """Make and check a plan: the arguments are those of `sweep`.

    Raises
    ------
    ScenarioError, SpecError
    """
    if not isinstance(scenario, Scenario):
        raise SpecError(f"scenario: got {scenario!r}; load_scenario makes one from a file or a stock name")
    made = make_design(scenario, vary, design, samples, design_seed)
    given = {"run.replicates": replicates, "run.seed": seed, "run.draws": draws}
    for path, number in given.items():
        if number is not None and path in made.paths:
            name = path.partition(".")[2]
            raise SpecError(f"{path}: is varied and given for all ({name}={number}); leave one out")
    made = made.fitted(lambda path, value: needs_whole(scenario, path, value))
    check_design(scenario, made)
    if seed is not None:
        seed = check_seed(seed)
    return SweepPlan(
        scenario, made, _count("replicates", replicates), seed, _count("draws", draws), bool(fixed)
    )


def _count(name: str, value: Any) -> int | None:
    return None if value is None else at_least_1(name, value, 1)


def make_design(
    scenario: Scenario, vary: Any, design: str = "grid", samples: int | None = None, design_seed: int = 0
) -> Design:
    """The design that the arguments of `sweep` mean; SpecError if they mean none."""
    if isinstance(vary, Design):
        return vary
    if design not in DESIGNS:
        raise SpecError(f"design: got {design!r}; {allowed_names(design, DESIGNS)}")
    if isinstance(vary, Sequence) and not isinstance(vary, str):
        if design not in ("grid", "list"):
            raise SpecError(f"vary: a list of settings cannot be combined with the design {design!r}")
        return listed(vary)
    if not isinstance(vary, Mapping):
        raise SpecError(
            f"vary: got {vary!r}; a mapping of paths to values, or a list of settings, is allowed"
        )
    if design == "list":
        raise SpecError("vary: the design 'list' takes a list of mappings, one for each setting")
    if design in METHODS:
        if samples is None:
            raise SpecError(f"samples: the design {design!r} needs their number (--samples)")
        axes = {path: band_of(scenario, path) if given == "band" else given for path, given in vary.items()}
        return sampled(axes, samples, design, design_seed)
    if samples is not None:
        raise SpecError(f"samples: the design {design!r} takes none; choose one of {', '.join(METHODS)}")
    return zipped(vary) if design == "zip" else grid(vary)


def band_of(scenario: Scenario, path: str) -> Uncertain:
    """The uncertain number at a path, by id or position; SpecError if it has no band there."""
    known = uncertain_paths(scenario)
    parts = path.split(".")
    if (
        parts[0] == "items"
        and len(parts) > 1
        and parts[1].isdecimal()
        and int(parts[1]) < len(scenario.items)
    ):
        parts[1] = scenario.items[int(parts[1])].id
    found = known.get(".".join(parts))
    if found is None:
        raise SpecError(
            f"{path}: has no band in {scenario.name}; {allowed_names(path, known)}; or give a range"
        )
    return found


def needs_whole(scenario: Scenario, path: str, value: float) -> bool:
    """Whether a number is refused and its rounding is not."""
    return _problem(scenario, {path: value}) is not None and _problem(scenario, {path: round(value)}) is None


def _problem(scenario: Scenario, overrides: Mapping[str, Any]) -> SpecError | None:
    try:
        scenario.with_overrides(overrides)
    except SpecError as error:
        return error
    return None


def check_design(scenario: Scenario, design: Design) -> None:
    """Refuse an axis of which no value is allowed (a path that leads nowhere, a text for a number).

    Raises
    ------
    ScenarioError
        With the problem of each such axis.
    """
    first = design.point(0)
    problems = []
    for part in design.parts:
        found = None
        for point in _some(part):
            found = _problem(scenario, point)
            if found is None or _problem(scenario, {**first, **point}) is None:
                found = None
                break
        if found is not None:
            problems += found.problems if isinstance(found, ScenarioError) else [str(found)]
    if problems:
        raise ScenarioError(list(dict.fromkeys(problems)))


def _some(part: Any) -> Iterator[dict[str, Any]]:
    """Points of a part, not too many."""
    step = max(len(part) // _LOOKED_AT, 1)
    return (part.point(number) for number in range(0, len(part), step))
