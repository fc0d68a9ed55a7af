"""Speed of the sweep layer: what it adds to a setting, a thousand settings, and how memory grows with their number.

    python benchmarks/sweeps.py           # 200 settings; --settings 1000 for the whole of it
    python benchmarks/run.py --only sweeps

Two things are called the bare engine. `simulate` in a loop is what one would write without sweeps: people and networks
are made for each setting. The bare cells are the same cells as the sweep's, run one after the other on one thread with
people, networks and what follows from them shared, without design, store, summaries or export; the sweep does all of
that, and each further setting costs what a sweep of many takes longer than a sweep of one, which pays for people and
networks. All are warm. Times of single settings are processor time of one thread, so that other work on the machine
hardly counts; that of all is wall clock.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import viralsim as vs
from viralsim.experiment.audiences import Audiences
from viralsim.experiment.cells import Cell, run_cell
from viralsim.spec import Scenario

__all__ = ["PARTS", "rows"]

PATH = "items.0.share_prob"
TURNS = 3


@dataclass(frozen=True)
class Work:
    """What is swept: `settings` values of a share probability."""

    scenario: Scenario
    settings: int
    replicates: int
    draws: int

    def values(self, count: int | None = None) -> list[float]:
        """The values, all different."""
        return [0.0005 + 1e-6 * k for k in range(count or self.settings)]

    def sweep(self, count: int, threads: int) -> tuple[float, float]:
        """Seconds that pass, and seconds of processor time, of a sweep into a folder."""
        with tempfile.TemporaryDirectory() as place:
            began, busy = time.perf_counter(), time.process_time()
            vs.sweep(
                self.scenario, {PATH: self.values(count)}, out=Path(place) / "sweep", threads=threads, seed=1,
                replicates=self.replicates, draws=self.draws,
            )  # fmt: skip
            return time.perf_counter() - began, time.process_time() - busy

    def cells(self, count: int) -> list[Cell]:
        """The cells of a sweep."""
        settings = [self.scenario.with_overrides({PATH: x}) for x in self.values(count)]
        return [Cell("", 0, self.replicates, one, 1, self.draws, False) for one in settings]


def setting_seconds(work: Work, count: int) -> tuple[float, float, float]:
    """Processor seconds of a setting: bare cell, each further one of a sweep (least of some turns), simulate."""
    work.sweep(2, 1)
    audiences, cells = Audiences(), work.cells(count)
    run_cell(cells[0], audiences)
    bare = many = single = float("inf")
    for _ in range(TURNS):  # A B A B
        began = time.process_time()
        for cell in cells:
            outcome = run_cell(cell, audiences)
            assert outcome.error is None, outcome.error
        bare = min(bare, time.process_time() - began)
        many = min(many, work.sweep(count, 1)[1])
        single = min(single, work.sweep(1, 1)[1])
    began = time.process_time()
    for x in work.values(3):
        changed = work.scenario.with_overrides({PATH: x})
        vs.simulate(changed, work.replicates, 1, threads=1, draws=work.draws).summary()
    alone = (time.process_time() - began) / 3
    return bare / count, (many - single) / (count - 1), alone


def _layer(draws: int, count: int) -> list[dict[str, Any]]:
    """What the layer adds to a setting."""
    import harness

    work = Work(vs.load_scenario("small-shop"), count, 100, draws)
    bare, further, alone = setting_seconds(work, count)
    label = f"small-shop (10,000 people), 100 replicates over {draws} draw{'s' * (draws > 1)}"
    return [
        {
            "workload": f"a setting of a sweep; {label}",
            "ours": harness.duration(further),
            "peer": f"simulate in a loop {harness.duration(alone)}",
            "ratio": round(alone / further, 1),
            "note": f"the layer adds {1000 * (further - bare):.1f} ms to a bare cell of {1000 * bare:.1f} ms "
            "(target: under 5 ms); processor time of one thread",
        }
    ]


def layer() -> list[dict[str, Any]]:
    """What the layer adds to a setting of one draw, and of twenty."""
    return [*_layer(1, 100), *_layer(20, 40)]


def _thousand(draws: int) -> list[dict[str, Any]]:
    """A thousand settings on two threads."""
    import harness

    work = Work(vs.load_scenario("small-shop"), 1000, 100, draws)
    work.sweep(3, 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work.sweep(50, 2)
    fifty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, busy = work.sweep(1000, 2)
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - fifty) / 1024
    over = f"{draws} draw{'s' * (draws > 1)}"
    return [
        {
            "workload": f"1,000 settings x 100 replicates over {over}, 10,000 people, 2 threads",
            "ours": harness.duration(wall),
            "peer": "target 60 s",
            "note": f"{busy:.0f} s of processor time; peak memory grew by {(fifty - before) / 1024:.0f} MB with the "
            f"first 50 settings and by {grew:.0f} MB with 950 more",
        }
    ]


PARTS = {"layer": layer, "thousand": lambda: _thousand(1), "thousand-20": lambda: _thousand(20)}


def rows() -> list[dict[str, Any]]:
    """All parts."""
    return [row for part in PARTS.values() for row in part()]


def main() -> None:
    """Print the numbers for a scenario of one's own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=int, default=200)
    parser.add_argument("--scenario", default="small-shop")
    parser.add_argument("--people", type=int, help="by default as many as the scenario has")
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--draws", type=int, default=1)
    chosen = parser.parse_args()
    scenario = vs.load_scenario(chosen.scenario)
    if chosen.people:
        scenario = scenario.with_overrides({"audience.size": chosen.people})
    work = Work(scenario, chosen.settings, chosen.replicates, chosen.draws)
    few = max(chosen.settings // 4, 2)
    bare, further, alone = setting_seconds(work, few)
    print(
        f"{chosen.scenario}, {scenario.audience.size:,} people, {chosen.replicates} replicates, {chosen.draws} draws"
    )
    print(f"simulate in a loop      {1000 * alone:8.2f} ms per setting")
    print(f"bare cells, 1 thread    {1000 * bare:8.2f} ms per cell ({few} cells)")
    print(f"sweep, 1 thread         {1000 * further:8.2f} ms per further cell")
    print(f"the layer adds          {1000 * (further - bare):8.2f} ms per cell, {further / bare - 1:.1%}")
    two, busy = work.sweep(chosen.settings, 2)
    print(
        f"sweep, 2 threads        {two:8.2f} s for {chosen.settings} settings ({busy:.2f} s of processor time)"
    )


if __name__ == "__main__":
    main()
