"""Settings of one scenario run one after the other in the same worlds: people, networks and coins shared."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any

from viralsim.engine.compiled import compile_draw
from viralsim.engine.effort import Effort
from viralsim.engine.eligible import count_eligible
from viralsim.engine.ensemble import Ensemble
from viralsim.engine.expected import Expectations, expectations
from viralsim.engine.memory import check_memory, estimate
from viralsim.engine.runs import reporter, run_block
from viralsim.engine.shortages import most_wanted
from viralsim.experiment.audiences import Audiences
from viralsim.spec import Scenario

__all__ = ["SharedWorlds", "simulate_sharing"]

MOST_MADE = 15_000_000  # people and follower edges of all draws together: five seconds or so a setting
_SPARE = 0.5  # part of the memory a run leaves free that may hold people and networks of others


def simulate_sharing(
    scenario: Scenario,
    worlds: Audiences,
    effort: Effort,
    progress: bool | Callable[[int, int], None] = False,
) -> Ensemble:
    """What `simulate` gives, with people and networks of a draw made once for all that agree in them.

    Parameters
    ----------
    scenario : Scenario
    worlds : Audiences
        Where they are kept from one scenario to the next, as far as memory allows.
    effort : Effort
    progress : bool or callable
        As in `simulate`.

    Returns
    -------
    Ensemble
    """
    graphs = worlds.graphs(scenario)
    sizes = effort.replicates, effort.threads, effort.draws
    need = estimate(scenario, graphs, *sizes)
    if not need.fits:
        worlds.forget()
        check_memory(scenario, graphs, *sizes)
    worlds.limit_bytes = min(worlds.limit_bytes, _SPARE * max(need.available_bytes - need.bytes, 0.0))
    return run_block(scenario, effort, graphs, maker=worlds, report=reporter(progress))


class SharedWorlds:
    """Run settings of a scenario with one seed, the same replicates and draws, each audience made once.

    Parameters
    ----------
    scenario : Scenario
    effort : Effort
        Of each setting.
    report : callable
        Called after each setting; may raise to end the work.
    """

    def __init__(
        self,
        scenario: Scenario,
        effort: Effort,
        report: Callable[[], None] = lambda: None,
    ) -> None:
        self.scenario, self.effort, self.report = scenario, effort, report
        self.audiences = Audiences()
        self.stop = threading.Event()
        self.runs = 0

    def most_people(self, path: str) -> int | None:
        """How many people every draw has for a number of people to ask or of followers; None for other numbers."""
        found = count_eligible(self.scenario, self.effort, self.audiences.graphs(self.scenario), math.inf)
        return most_wanted(self.scenario, path, found)

    def most_affordable(self, path: str, present: float, last: float) -> float:
        """The largest value up to `last` whose worlds are quickly made, to two digits; `last` where all are.

        Quickly made are `MOST_MADE` people and follower edges in all draws, or twice those of the present value.
        """

        whole = isinstance(last, int)

        def made(value: float) -> float:
            scenario = self.scenario.with_overrides({path: round(value) if whole else value})
            need = estimate(
                scenario, self.audiences.graphs(scenario), self.effort.replicates, 1, self.effort.draws
            )
            return float(need.people + need.edges) * self.effort.draws

        most = max(MOST_MADE, 2.0 * made(present))
        if made(last) <= most:
            return last
        low, high = present, float(last)
        while high > 1.01 * low and (high - low > 1.0 or not whole):
            middle = float(round(math.sqrt(low * high))) if whole else math.sqrt(low * high)
            low, high = (middle, high) if made(middle) <= most else (low, middle)
        unit = 10.0 ** (math.floor(math.log10(low)) - 1)
        unit = max(unit, 1.0) if whole else unit
        return max(math.floor(low / unit + 1e-9) * unit, present)

    def ensemble(self, overrides: Mapping[str, Any]) -> Ensemble:
        """The ensemble of a setting: what `simulate` gives."""
        self.report()
        scenario = self.scenario.with_overrides(overrides) if overrides else self.scenario
        graphs = self.audiences.graphs(scenario)
        self.audiences.check_memory(scenario, graphs, self.effort)
        made = run_block(scenario, self.effort, graphs, maker=self.audiences, stop=self.stop)
        self.runs += 1
        return made

    def expected(self, overrides: Mapping[str, Any], most_draws: int) -> tuple[float, float]:
        """Expected reproduction number, pooled over draws, and mean growth rate, of the first draws of a setting."""
        self.report()
        scenario = self.scenario.with_overrides(overrides) if overrides else self.scenario
        graphs = self.audiences.graphs(scenario)
        found: list[Expectations] = []
        seed, fixed = self.effort.seed, self.effort.fixed
        for draw in range(min(self.effort.draws, most_draws)):
            compiled = compile_draw(scenario, seed, draw, graphs, fixed, maker=self.audiences)
            found.append(expectations(compiled))
        parents = sum(one.parents for one in found)
        caused = sum(one.parents * one.reproduction_number for one in found if one.parents > 0)
        growth = sum(one.growth_rate for one in found) / len(found)
        return (caused / parents if parents > 0 else math.nan), growth
