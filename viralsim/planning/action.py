"""A plan of action: the practitioner's steps for a scenario with a goal, each worked out on the scenario itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from viralsim.planning.expected import audit, competitors, goals, groups, tracking
from viralsim.planning.past_posts import PastPost
from viralsim.planning.steps import Plan
from viralsim.planning.tried import Bench, adjusting, calendar, content
from viralsim.rng import entropy_seed

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["plan_of_action"]


def plan_of_action(
    scenario: Scenario,
    past: Sequence[PastPost] = (),
    replicates: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    fixed: bool = False,
    report: Callable[[str], None] = lambda what: None,
) -> Plan:
    """Walk the steps of a plan of action and answer each with numbers from the scenario.

    Parameters
    ----------
    scenario : Scenario
        With a goal.
    past : sequence of PastPost
        Posts of a campaign that runs, or ran, for the audit.
    replicates, draws, seed, threads, fixed
        As in `viralsim.simulate`; the same worlds for every what-if.
    report : callable
        Told what is being worked out.

    Returns
    -------
    Plan

    Raises
    ------
    SpecError
        If the scenario has no goal, or an argument cannot be used.

    Notes
    -----
    The steps are those practitioners teach: goals tied to business outcomes, target groups, competitors, audit of what
    runs, calendar, content, tracking, adjusting. What-ifs are paired on shared worlds (`viralsim.compare`), so small
    differences show; the number of what-ifs in a step is allowed for (Holm).
    """
    seed = scenario.run.seed if seed is None else seed
    options = {
        "replicates": replicates,
        "draws": draws,
        "seed": entropy_seed() if seed is None else seed,
        "threads": threads,
        "fixed": fixed,
    }
    bench = Bench(scenario, options, report)
    hours = calendar(bench)
    base = bench.base
    assert base is not None
    steps = (
        goals(base, bench.metric, bench.at_least),
        groups(base),
        competitors(base),
        audit(base, list(past)),
        hours,
        content(bench),
        tracking(base, bench.metric, bench.at_least),
        adjusting(bench),
    )
    return Plan(scenario.name, base.seed, base.replicates, base.draws, steps)
