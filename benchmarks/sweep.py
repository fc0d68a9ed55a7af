"""Speed of the sweep layer: overhead over bare simulation, per cell, and how memory grows with the number of cells.

    python benchmarks/sweep.py            # 200 settings; --settings 1000 for the whole of it

Two things are called the bare engine. `simulate` in a loop is what one would write without sweeps: people and networks
are made for each setting. The bare cells are the same cells as the sweep's, run one after the other on one thread with
people, networks and what follows from them shared, without design, store, summaries or export; the sweep does all of
that, and each further setting costs what a sweep of many takes longer than a sweep of one, which pays for people and
networks. All are warm. Times on one thread are processor time, so that other work on the machine hardly counts. What
was measured stands in docs/experiments.md.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import viralsim as vs
from viralsim.experiment.audiences import Audiences
from viralsim.experiment.cells import Cell, run_cell

PATH = "items.0.share_prob"


def main() -> None:
    """Print the table."""
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
    values = [0.0005 + 1e-6 * k for k in range(chosen.settings)]
    few = values[: max(chosen.settings // 4, 1)]
    with tempfile.TemporaryDirectory() as place:

        def swept(these: list[float], threads: int, name: str) -> tuple[float, float]:
            began, busy = time.perf_counter(), time.process_time()
            vs.sweep(
                scenario, {PATH: these}, out=Path(place) / name, threads=threads, seed=1,
                replicates=chosen.replicates, draws=chosen.draws,
            )  # fmt: skip
            return time.perf_counter() - began, time.process_time() - busy

        swept(few[:2], 1, "warm")
        audiences = Audiences()
        cells = [
            Cell("", 0, chosen.replicates, scenario.with_overrides({PATH: x}), 1, chosen.draws, False)
            for x in few
        ]
        run_cell(cells[0], audiences)
        bare = swept_one = single = float("inf")
        for turn in range(2):  # A B A B
            began = time.process_time()
            for cell in cells:
                outcome = run_cell(cell, audiences)
                assert outcome.error is None, outcome.error
            bare = min(bare, time.process_time() - began)
            swept_one = min(swept_one, swept(few, 1, f"one{turn}")[1])
            single = min(single, swept(few[:1], 1, f"single{turn}")[1])
        began = time.process_time()
        for x in few[:5]:
            vs.simulate(
                scenario.with_overrides({PATH: x}), chosen.replicates, 1, threads=1, draws=chosen.draws
            ).summary()
        alone = (time.process_time() - began) / min(len(few), 5)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        two, busy = swept(values, 2, "two")
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    count = len(few)
    print(
        f"{chosen.scenario}, {scenario.audience.size:,} people, {chosen.replicates} replicates, {chosen.draws} draws"
    )
    print(f"simulate in a loop      {1000 * alone:8.2f} ms per setting")
    print(f"bare engine, 1 thread   {1000 * bare / count:8.2f} ms per cell ({count} cells)")
    each, further = bare / count, (swept_one - single) / max(count - 1, 1)
    print(
        f"sweep, 1 thread         {1000 * further:8.2f} ms per further cell; the first {1000 * single:.0f} ms"
    )
    print(f"overhead                {1000 * (further - each):8.2f} ms per cell, {further / each - 1:.1%}")
    print(f"sweep, 2 threads        {two:8.2f} s for {len(values)} settings ({busy:.2f} s of processor time)")
    print(f"peak memory grew by     {more / 1024:8.1f} MB from {count} to {len(values)} settings")


if __name__ == "__main__":
    main()
