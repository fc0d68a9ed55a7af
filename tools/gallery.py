"""Record the runs that the app's gallery shows: ``python tools/gallery.py`` after a stock scenario changes."""

from __future__ import annotations

import sys
from pathlib import Path

from viralsim.app.gallery import record, recorded_text, sides_of, stale
from viralsim.app.gallery import recorded_runs as shipped
from viralsim.app.live import FULL, Question, answer
from viralsim.experiment.audiences import Audiences
from viralsim.spec import catalog, load_scenario

PLACE = Path(__file__).resolve().parent.parent / "viralsim" / "app" / "gallery.json"
SEED = 1


def main(arguments: list[str]) -> None:
    """All scenarios anew, those named, or those that are out of date (``--stale``)."""
    every = [entry.name for entry in catalog()]
    wanted = [s.name for s in stale({})] if arguments == ["--stale"] else arguments or every
    runs = {name: run for name, run in shipped().items() if name in every}
    audiences = Audiences()
    for name in wanted:
        sides = sides_of(load_scenario(name))
        found = answer(Question(tuple((side, {}) for side in sides.values()), SEED), FULL, audiences, False)
        if found.problem:
            raise SystemExit(f"{name}: {found.problem}")
        runs[name] = record(dict(zip(sides, found.ensembles, strict=True)))
        print(name, runs[name].sentence, flush=True)
    PLACE.write_text(recorded_text(runs), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
