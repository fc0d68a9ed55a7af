"""Effort: how much of a scenario is run, by whom and on which luck; checked once, for every study alike."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viralsim.errors import SpecError
from viralsim.rng import check_seed, entropy_seed

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["Effort", "at_least_1", "seed_of"]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is run: what `simulate` and every study are told besides the scenario.

    Parameters
    ----------
    replicates : int
        Simulated worlds.
    draws : int
        Sets of people, graphs and uncertain numbers they are dealt over.
    seed : int
    threads : int
        Never changes a result.
    fixed : bool
        Hold every uncertain number at its value.
    """

    replicates: int
    draws: int
    seed: int
    threads: int = 1
    fixed: bool = False

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        replicates: int | None = None,
        draws: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        fixed: bool = False,
    ) -> Effort:
        """What is given, else what the scenario says; one thread per processor, at most one draw per replicate.

        Raises
        ------
        SpecError
            If a number is out of range.

        Examples
        --------
        >>> import viralsim as vs
        >>> effort = Effort.of(vs.load_scenario("small-shop"), replicates=4, draws=20, seed=0, threads=1)
        >>> effort.replicates, effort.draws, effort.seed
        (4, 4, 0)
        """
        run = scenario.run
        replicates = at_least_1("replicates", replicates, run.replicates)
        draws = min(at_least_1("draws", draws, run.draws), replicates)
        threads = at_least_1("threads", threads, os.cpu_count() or 1)
        return cls(replicates, draws, seed_of(scenario, seed), threads, fixed)


def at_least_1(name: str, value: Any, default: int) -> int:
    """A whole number >= 1 or the default; SpecError otherwise."""
    value = default if value is None else value
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < 1:
        raise SpecError(f"{name}: got {value!r}; a whole number of at least 1 is allowed")
    return int(value)


def seed_of(scenario: Scenario, seed: int | None) -> int:
    """The seed given, else the scenario's, else one drawn from the operating system; SpecError if out of range."""
    chosen = scenario.run.seed if seed is None else seed
    return entropy_seed() if chosen is None else check_seed(chosen)
