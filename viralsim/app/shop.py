"""What the app keeps while it runs: made audiences, long runs, uploads."""

from __future__ import annotations

import itertools
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from viralsim.app.gallery import FIRST, Recorded, record, sides_of, stale
from viralsim.app.jobs import Job, Jobs
from viralsim.app.kept import KeptRuns
from viralsim.app.live import ROUGH, Question, answer, seed_of
from viralsim.app.uploads import NETWORK_ENDINGS, network_scenario, plain_name, read_network, read_scenario
from viralsim.engine.compiled import draw_key
from viralsim.errors import SpecError, ViralsimError
from viralsim.experiment.audiences import Audiences
from viralsim.graph.describe import describe
from viralsim.graph.social_graph import SocialGraph
from viralsim.spec import Scenario, catalog, load_scenario
from viralsim.spec.resolving import resolve

__all__ = ["Kept", "Shop"]

_AUDIENCE_BYTES = 1.5e9
MOST_UPLOADS = 20
_ROWS = 8
_BETWEEN_RECORDINGS_SECONDS = 5.0  # so that whoever begins at once is not kept waiting


@dataclass(frozen=True, slots=True)
class Kept:
    """Something uploaded.

    Parameters
    ----------
    name : str
        By which it goes here.
    scenario : Scenario
    graph : SocialGraph or None
        Where an edge list was uploaded.
    rows : tuple of (str, str)
        What the network looks like: label and value.
    """

    name: str
    scenario: Scenario
    graph: SocialGraph | None
    rows: tuple[tuple[str, str], ...] = ()


class Shop:
    """One for a running app.

    Attributes
    ----------
    audiences : Audiences
        People and networks made before, shared by all pages.
    jobs : Jobs
    ready : threading.Event
        Set once the kernels are compiled.
    recorded : dict of str to Recorded
        The gallery's runs made here, for scenarios that changed since the shipped ones.
    folder : pathlib.Path
        Private folder of uploaded networks; file names in it are ours.
    finished : KeptRuns
        Long runs on disk, those of earlier times too.

    Parameters
    ----------
    keep : pathlib.Path, optional
        Folder for finished long runs; None: they end with the app.
    """

    def __init__(self, keep: Path | None = None) -> None:
        usual = Audiences().limit_bytes  # a part of what is free on this machine
        self.audiences = Audiences(min(_AUDIENCE_BYTES, usual))
        self.finished = KeptRuns(keep)
        self.own: dict[int, int] = {}  # a job of now -> its number on disk
        self.jobs = Jobs(self.audiences, self._keep_job)
        self.ready = threading.Event()
        self._closed = threading.Event()
        self.recorded: dict[str, Recorded] = {}
        self._place = tempfile.TemporaryDirectory(prefix="viralsim-app-")
        self.folder = Path(self._place.name)
        self._uploaded: dict[str, Kept] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._stock = {entry.name for entry in catalog()}

    def scenario(self, name: str) -> Scenario:
        """A stock scenario or one that was uploaded.

        Raises
        ------
        SpecError
            If there is none of that name; nothing is looked up in the file system.
        """
        if name in self._uploaded:
            return self._uploaded[name].scenario
        if name not in self._stock:
            raise SpecError(f"there is no scenario {name!r} here; the gallery lists all")
        return load_scenario(name)

    def network_of(self, name: str) -> tuple[SocialGraph, str]:
        """The network of a scenario's first platform (its first draw), and what it is.

        Raises
        ------
        SpecError, ScenarioError
            If there is no such scenario, or it cannot be made.
        """
        scenario = self.scenario(name)
        seed = seed_of(scenario)
        plain = resolve(scenario, seed, 0, fixed=True)
        audience = self.audiences(plain, draw_key(seed, 0), self.audiences.graphs(scenario))
        network, platform = audience.networks[0], next(iter(scenario.platforms))
        graph = SocialGraph.from_csr(network.indptr, network.followers)
        return graph, f"{scenario.title} on {platform}"

    def knows(self, name: str) -> bool:
        """Whether there is a scenario of that name here."""
        return name in self._stock or name in self._uploaded

    def is_stock(self, name: str) -> bool:
        """Whether a name is a stock scenario's."""
        return name in self._stock and name not in self._uploaded

    def take_scenario(self, raw: bytes, name: str) -> str:
        """Read and keep an uploaded scenario; returns the name it goes by here.

        Raises
        ------
        ScenarioError
            With every problem.
        """
        scenario = read_scenario(raw, name, self.folder)
        return self._keep(Kept(self._free_name(scenario.name), scenario, None))

    def take_network(self, raw: bytes, name: str) -> str:
        """Read and keep an uploaded edge list, with a scenario on it; returns the name it goes by here.

        Raises
        ------
        GraphError
            If it cannot be read.
        """
        with self._lock:
            number = next(self._numbers)
        ending = Path(plain_name(name, "network.csv")).suffix.lower()
        file = self.folder / f"network-{number}{ending if ending in NETWORK_ENDINGS else '.csv'}"
        graph = read_network(raw, name, file)
        known = self._free_name(f"network-{number}")
        rows = tuple(describe(graph).rows()[:_ROWS])
        return self._keep(Kept(known, network_scenario(graph, file, known), graph, rows))

    def _free_name(self, wanted: str) -> str:
        """A name that nothing here has."""
        name, number = wanted, 2
        while name in self._stock or name in self._uploaded:
            name, number = f"{wanted}-{number}", number + 1
        return name

    def _keep(self, kept: Kept) -> str:
        with self._lock:
            while len(self._uploaded) >= MOST_UPLOADS:
                del self._uploaded[next(iter(self._uploaded))]
            self._uploaded[kept.name] = kept
        return kept.name

    def kept(self) -> list[Kept]:
        """What was uploaded, newest first."""
        return list(reversed(self._uploaded.values()))

    def stock(self) -> list[str]:
        """Names of the stock scenarios."""
        return sorted(self._stock)

    def uploaded(self) -> list[str]:
        """Names of the uploaded scenarios."""
        return list(self._uploaded)

    def _keep_job(self, job: Job) -> str:
        """Put a finished job on disk; what came of it, in words."""
        try:
            self.own[job.number] = self.finished.keep(job).number
        except Exception as error:  # drawing or writing must never take the app with it
            known = isinstance(error, ViralsimError)
            return f"Here until the app ends; {error if known else f'not kept: {type(error).__name__}: {error}'}."
        return "Kept: it will be here when the app starts again."

    def close(self) -> None:
        """Stop all work and remove what was uploaded."""
        self._closed.set()
        self.jobs.close()
        self._place.cleanup()

    def warm_up(self) -> None:
        """Compile what a run needs, in the background; then record the gallery's runs that are out of date."""

        def work() -> None:
            scenario = load_scenario(FIRST)
            answer(Question(((scenario, {}),), scenario.run.seed or 0), ROUGH, self.audiences, True)
            self.ready.set()
            for old in stale(self.recorded):
                if self._closed.wait(_BETWEEN_RECORDINGS_SECONDS):
                    return
                sides = sides_of(old)
                asked = Question(tuple((side, {}) for side in sides.values()), seed_of(old))
                found = answer(asked, ROUGH, self.audiences, False, self._closed)
                if found.ensembles:
                    self.recorded[old.name] = record(dict(zip(sides, found.ensembles, strict=True)))

        threading.Thread(target=work, name="viralsim-warmup", daemon=True).start()
