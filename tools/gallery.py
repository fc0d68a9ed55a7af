"""Record the runs that the app's gallery shows: ``python tools/gallery.py`` after a stock scenario changes."""

from __future__ import annotations

from pathlib import Path

import viralsim as vs
from viralsim.app.gallery import record, recorded_text
from viralsim.spec import catalog

PLACE = Path(__file__).resolve().parent.parent / "viralsim" / "app" / "gallery.json"


def main() -> None:
    runs = {}
    for entry in catalog():
        scenario = vs.load_scenario(entry.name)
        runs[entry.name] = record(vs.simulate(scenario, replicates=200, draws=20, seed=1))
        print(entry.name, runs[entry.name].sentence)
    PLACE.write_text(recorded_text(runs), encoding="utf-8")


if __name__ == "__main__":
    main()
