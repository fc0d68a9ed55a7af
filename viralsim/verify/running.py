"""Run groups of checks and gather what came of them."""

from __future__ import annotations

import dataclasses
import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from viralsim.errors import SpecError
from viralsim.provenance import versions
from viralsim.spec.problems import allowed_names
from viralsim.verify.check import AGREES, DISAGREES, NOT_COMPUTED, Check, Outcome, Setting, run_check
from viralsim.verify.groups import GROUPS, checked_value, setting_name

__all__ = ["Verification", "group_checks", "verify_groups"]


@dataclass(frozen=True, slots=True)
class Verification:
    """All outcomes of a verification.

    Parameters
    ----------
    outcomes : tuple of Outcome
    full : bool
    seed : int
    seconds : float
    versions : dict
    parameters : dict
        What the user changed.
    """

    outcomes: tuple[Outcome, ...]
    full: bool
    seed: int
    seconds: float
    versions: dict[str, str]
    parameters: dict[str, Any]

    def count(self, verdict: str) -> int:
        """Number of checks with a verdict."""
        return sum(outcome.verdict == verdict for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether nothing disagrees."""
        return self.count(DISAGREES) == 0

    def sentence(self) -> str:
        """The result in a sentence."""
        agree, against, missing = (self.count(v) for v in (AGREES, DISAGREES, NOT_COMPUTED))
        total = len(self.outcomes)
        text = f"{agree} of {total} checks agree with theory"
        if against:
            text += f", {against} disagree{'s' * (against == 1)}"
        if missing:
            text += f", {missing} could not be computed here"
        return text + "."

    def to_dict(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "passed": self.passed,
            "sentence": self.sentence(),
            "mode": "full" if self.full else "quick",
            "seed": self.seed,
            "seconds": round(self.seconds, 2),
            "versions": self.versions,
            "parameters": self.parameters,
            "agree": self.count(AGREES),
            "disagree": self.count(DISAGREES),
            "not_computed": self.count(NOT_COMPUTED),
            "checks": [outcome.to_dict() for outcome in self.outcomes],
        }


def group_checks(name: str, setting: Setting) -> list[Check]:
    """The checks of one group, with the parameters that are its own.

    Raises
    ------
    SpecError
        If there is no such group.
    """
    if name not in GROUPS:
        raise SpecError(f"group: there is no {name!r}; {allowed_names(name, GROUPS)}")
    group = GROUPS[name]
    own = {
        setting_name(parameter.name): checked_value(parameter, value)
        for parameter in group.parameters
        if (value := setting.values.get(setting_name(parameter.name))) is not None
    }
    module = importlib.import_module(f"viralsim.verify.{group.module}")
    return list(getattr(module, group.function)(dataclasses.replace(setting, values=own)))


def verify_groups(
    names: Sequence[str] = (),
    setting: Setting | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Verification:
    """Run every check of the groups named.

    Parameters
    ----------
    names : sequence of str
        Empty: all groups.
    setting : Setting, optional
    progress : callable, optional
        (checks done, all, what is checked now).

    Returns
    -------
    Verification

    Raises
    ------
    SpecError
        If there is no such group, or a parameter cannot be used.
    """
    used = setting or Setting()
    began = time.perf_counter()
    at = [0, 0]

    def report(where: str) -> None:
        if progress:
            progress(at[0], at[1], where)

    heard = dataclasses.replace(used, report=report)
    planned = [(name, check) for name in (names or tuple(GROUPS)) for check in group_checks(name, heard)]
    outcomes = []
    for done, (name, check) in enumerate(planned):
        at[:] = done, len(planned)
        if progress:
            progress(done, len(planned), check.claim)
        outcomes.append(run_check(name, check))
    if progress:
        progress(len(planned), len(planned), "")
    return Verification(
        tuple(outcomes),
        used.full,
        used.seed,
        time.perf_counter() - began,
        versions(),
        {key: value for key, value in used.values.items() if value is not None},
    )
