"""Settings of one scenario run one after the other in the same worlds: people, networks and coins shared."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from viralsim.engine.compiled import compile_draw
from viralsim.engine.ensemble import Ensemble
from viralsim.engine.expected import Expectations, expectations
from viralsim.engine.memory import check_memory, estimate
from viralsim.engine.runs import at_least_1, reporter, run_block
from viralsim.experiment.audiences import Audiences
from viralsim.rng import check_seed, entropy_seed
from viralsim.spec import Scenario

__all__ = ["SharedWorlds", "simulate_sharing"]

_SPARE = 0.5  # part of the memory a run leaves free that may hold people and networks of others


def simulate_sharing(
    scenario: Scenario,
    worlds: Audiences,
    replicates: int,
    draws: int,
    seed: int,
    threads: int | None = None,
    progress: bool | Callable[[int, int], None] = False,
    fixed: bool = False,
) -> Ensemble:
    """What `simulate` gives, with people and networks of a draw made once for all that agree in them.

    Parameters
    ----------
    scenario : Scenario
    worlds : Audiences
        Where they are kept from one scenario to the next, as far as memory allows.
    replicates, draws, seed, threads, progress, fixed
        As in `simulate`.

    Returns
    -------
    Ensemble
    """
    replicates = at_least_1("replicates", replicates, scenario.run.replicates)
    draws = min(at_least_1("draws", draws, scenario.run.draws), replicates)
    threads = at_least_1("threads", threads, os.cpu_count() or 1)
    graphs = worlds.graphs(scenario)
    need = estimate(scenario, graphs, replicates, threads, draws)
    if not need.fits:
        worlds.forget()
        check_memory(scenario, graphs, replicates, threads, draws)
    worlds.limit_bytes = min(worlds.limit_bytes, _SPARE * max(need.available_bytes - need.bytes, 0.0))
    report = reporter(progress)
    return run_block(scenario, seed, draws, 0, replicates, graphs, fixed, threads, worlds, report=report)


class SharedWorlds:
    """Run settings of a scenario with one seed, the same replicates and draws, each audience made once.

    Parameters
    ----------
    scenario : Scenario
    replicates, seed, draws : int, optional
        By default what the scenario says; a seed that nobody gives is drawn.
    threads : int, optional
    fixed : bool
    report : callable
        Called after each setting; may raise to end the work.
    """

    def __init__(
        self,
        scenario: Scenario,
        replicates: int | None = None,
        seed: int | None = None,
        draws: int | None = None,
        threads: int | None = None,
        fixed: bool = False,
        report: Callable[[], None] = lambda: None,
    ) -> None:
        run = scenario.run
        self.scenario = scenario
        self.replicates = at_least_1("replicates", replicates, run.replicates)
        self.draws = min(at_least_1("draws", draws, run.draws), self.replicates)
        self.threads = at_least_1("threads", threads, os.cpu_count() or 1)
        chosen = run.seed if seed is None else seed
        self.seed = entropy_seed() if chosen is None else check_seed(chosen)
        self.fixed, self.report = fixed, report
        self.audiences = Audiences()
        self.stop = threading.Event()
        self.runs = 0

    def ensemble(self, overrides: Mapping[str, Any]) -> Ensemble:
        """The ensemble of a setting: what `simulate` gives."""
        self.report()
        scenario = self.scenario.with_overrides(overrides) if overrides else self.scenario
        graphs = self.audiences.graphs(scenario)
        self.audiences.check_memory(scenario, graphs, self.replicates, self.threads)
        made = run_block(
            scenario, self.seed, self.draws, 0, self.replicates, graphs, self.fixed, self.threads, self.audiences,
            self.stop,
        )  # fmt: skip
        self.runs += 1
        return made

    def expected(self, overrides: Mapping[str, Any], most_draws: int) -> tuple[float, float]:
        """Expected reproduction number, pooled over draws, and mean growth rate, of the first draws of a setting."""
        self.report()
        scenario = self.scenario.with_overrides(overrides) if overrides else self.scenario
        graphs = self.audiences.graphs(scenario)
        found: list[Expectations] = []
        for draw in range(min(self.draws, most_draws)):
            compiled = compile_draw(scenario, self.seed, draw, graphs, self.fixed, maker=self.audiences)
            found.append(expectations(compiled))
        parents = sum(one.parents for one in found)
        caused = sum(one.parents * one.reproduction_number for one in found if one.parents > 0)
        growth = sum(one.growth_rate for one in found) / len(found)
        return (caused / parents if parents > 0 else math.nan), growth
