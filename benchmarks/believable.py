"""Are the networks of `communities` believable? Generated graphs beside the real ones they resemble.

    .venv/bin/python benchmarks/believable.py                 both tables, to the screen
    .venv/bin/python benchmarks/believable.py --graphs 20     more generated graphs for each setting
    .venv/bin/python benchmarks/believable.py --speed         seconds to generate and read ten million arcs

The real graphs are read from ../shared/data, or the folder that VIRALSIM_DATA names. Of graphs without a file there
the published figures are used. The exit code is 1 if a figure lies outside its band.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

import viralsim as vs
from viralsim.graph.describe import GraphSummary, describe
from viralsim.graph.social_graph import SocialGraph

__all__ = ["FIGURES", "PROBABILITIES", "PUBLISHED", "figures", "reach"]

DATA = Path(os.environ.get("VIRALSIM_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FILES = {
    "lastfm-asia": "lastfm-asia/lastfm_asia_edges.csv.gz",
    "deezer-europe": "deezer-europe/deezer_gendered_edges.csv.gz",
}
FIGURES = {  # figure: (relative band, absolute band); 0 and 0: shown, not judged
    "mean_degree": (0.05, 0.0),
    "degree_p50": (0.0, 0.0),
    "degree_p90": (0.20, 0.0),
    "degree_p99": (0.20, 0.0),
    "degree_max": (0.0, 0.0),
    "average_clustering": (0.0, 0.03),
    "transitivity": (0.0, 0.0),
    "assortativity": (0.0, 0.0),
    "lambda1": (0.20, 0.0),
}
PUBLISHED = {  # in the order of FIGURES; "What real social graphs look like"
    "facebook-ego": (43.7, 25, 112, 200, 1045, 0.606, 0.519, 0.064, 162),
    "lastfm-asia": (7.3, 4, 16, 56, 216, 0.219, 0.179, 0.017, 38.6),
    "deezer-europe": (6.6, 4, 15, 38, 172, 0.141, 0.096, 0.104, 24.8),
    "facebook-pages": (15.2, 7, 36, 114, 709, 0.360, 0.232, 0.085, 105),
    "github": (15.3, 6, 30, 138, 9458, 0.168, 0.012, -0.075, 149),
    "twitch-de": (32.2, 15, 64, 300, 4259, 0.201, 0.047, -0.115, 150),
}
PROBABILITIES = (0.01, 0.02, 0.05, 0.1, 0.2)
SEEDS = 20  # people from whom a cascade starts, drawn anew in each replicate
REACH_BAND = 0.15


def figures(summary: GraphSummary) -> np.ndarray:
    """The figures of FIGURES, in its order (float64)."""
    return np.array([getattr(summary, name) for name in FIGURES], float)


def reach(graph: SocialGraph, replicates: int = 1000, seed: int = 0) -> np.ndarray:
    """Mean reach of an independent cascade from 20 random people, for each of PROBABILITIES (float64[5])."""
    rng = np.random.default_rng(seed)
    seeds = np.array([rng.choice(graph.n_nodes, SEEDS, replace=False) for _ in range(replicates)])
    run = vs.models.independent_cascade
    return np.array([run(graph, seeds, p, replicates, seed=seed).size.mean() for p in PROBABILITIES])


def real_graph(name: str) -> SocialGraph | None:
    """The real graph, or None where its file is absent."""
    path = DATA / FILES[name] if name in FILES else None
    return SocialGraph.read(path, directed=False) if path is not None and path.exists() else None


def within(name: str, real: float, found: float) -> str:
    """'yes', 'NO' or '' for a figure that is not judged."""
    relative, absolute = FIGURES[name]
    if not relative and not absolute:
        return ""
    return "yes" if abs(found - real) <= relative * abs(real) + absolute else "NO"


def table_of_figures(graphs: int) -> Iterator[str]:
    """Lines of the first table."""
    yield f"| graph | figure | real | generated: mean of {graphs} seeds | lowest to highest | in its band |"
    yield "|---|---|---|---|---|---|"
    for name, published in PUBLISHED.items():
        real = real_graph(name)
        target = np.array(published, float) if real is None else figures(describe(real))
        label = f"{name} ({'published' if real is None else 'from the file'})"
        settings = vs.generate.RESEMBLING[name]
        found = [
            figures(describe(vs.generate.communities(**settings, seed=seed))) for seed in range(1, graphs + 1)
        ]
        for k, figure in enumerate(FIGURES):
            values = np.array([row[k] for row in found])
            verdict = within(figure, float(target[k]), float(values.mean()))
            spread = f"{values.min():.4g} to {values.max():.4g}"
            yield f"| {label} | {figure} | {target[k]:.4g} | {values.mean():.4g} | {spread} | {verdict} |"


def table_of_reach(graphs: int, replicates: int) -> Iterator[str]:
    """Lines of the second table."""
    yield "| graph | p | real | generated | generated / real | lowest to highest | within 15 % |"
    yield "|---|---|---|---|---|---|---|"
    for name in FILES:
        real = real_graph(name)
        if real is None:
            yield f"| {name} | | its file is not under {DATA.name}; nothing to compare with | | | | |"
            continue
        target = reach(real, replicates)
        settings = vs.generate.RESEMBLING[name]
        found = np.array(
            [
                reach(vs.generate.communities(**settings, seed=seed), replicates, seed)
                for seed in range(1, graphs + 1)
            ]
        )
        for k, p in enumerate(PROBABILITIES):
            ratio = found[:, k] / target[k]
            yield (
                f"| {name} | {p:g} | {target[k]:,.1f} | {found[:, k].mean():,.1f} | {ratio.mean():.3f} "
                f"| {ratio.min():.3f} to {ratio.max():.3f} | {'yes' if abs(ratio.mean() - 1) <= REACH_BAND else 'NO'} |"
            )


# ---- speed ---------------------------------------------------------------------------------------

PEOPLE = 1_000_000


def makers() -> dict[str, Callable[[int, int], SocialGraph]]:
    """Generators of n people with about ten million arcs each, by name."""
    g = vs.generate
    return {
        "erdos_renyi": lambda n, seed: g.erdos_renyi(n, 10, seed=seed),
        "erdos_renyi, directed": lambda n, seed: g.erdos_renyi(n, 10, directed=True, seed=seed),
        "small_world": lambda n, seed: g.small_world(n, 10, 0.1, seed=seed),
        "preferential": lambda n, seed: g.preferential(n, 5, seed=seed),
        "power_law": lambda n, seed: g.power_law(n, 2.3, mean_followers=10, seed=seed),
        "block": lambda n, seed: g.block([n // 10] * 10, 10, seed=seed),
        "communities": lambda n, seed: g.communities(n, mean_followers=10, seed=seed),
        "communities, undirected": lambda n, seed: g.communities(
            n, mean_followers=10, reciprocity=1.0, seed=seed
        ),
        "communities, two segments": lambda n, seed: g.communities(
            n, mean_followers=10, homophily=0.5, segments=np.arange(n) % 2, seed=seed
        ),
    }


def table_of_speed() -> Iterator[str]:
    """Lines of the third table: one thread, compiled before."""
    yield "| what | people | arcs | seconds, one thread |"
    yield "|---|---|---|---|"
    for name, make in makers().items():
        make(2_000, 0)
        start = perf_counter()
        graph = make(PEOPLE, 1)
        seconds = perf_counter() - start
        yield f"| {name} | {graph.n_nodes:,} | {graph.n_edges:,} | {seconds:.2f} |"
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, PEOPLE, (10_000_000, 2))
    text = b"\n".join(b"%d %d" % (u, v) for u, v in pairs.tolist()) + b"\n"
    with tempfile.TemporaryDirectory() as folder:
        plain, packed = Path(folder, "edges.txt"), Path(folder, "edges.txt.gz")
        plain.write_bytes(text)
        packed.write_bytes(gzip.compress(text, 1))
        small = Path(folder, "small.txt")
        small.write_bytes(text[: text.index(b"\n", 100_000) + 1])
        for directed in (True, False):
            SocialGraph.read(small, directed=directed)
            for path in (plain, packed):
                start = perf_counter()
                graph = SocialGraph.read(path, directed=directed)
                seconds = perf_counter() - start
                what = f"read {path.name}, {len(pairs):,} lines, {'directed' if directed else 'undirected'}"
                yield f"| {what} | {graph.n_nodes:,} | {graph.n_edges:,} | {seconds:.2f} |"


def main() -> int:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--graphs", type=int, default=10, help="generated graphs for each setting (10)")
    parser.add_argument("--replicates", type=int, default=1000, help="cascades for each graph and p (1000)")
    parser.add_argument("--speed", action="store_true", help="the table of seconds instead")
    wanted = parser.parse_args()
    failed = False
    tables = (
        [table_of_speed()]
        if wanted.speed
        else [table_of_figures(wanted.graphs), table_of_reach(wanted.graphs, wanted.replicates)]
    )
    for table in tables:
        for line in table:
            print(line, flush=True)
            failed = failed or line.endswith("| NO |")
        print()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
