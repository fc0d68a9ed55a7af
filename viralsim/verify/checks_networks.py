"""Real social networks, measured again: degrees, clustering, assortativity, largest eigenvalue."""

from __future__ import annotations

import os
from pathlib import Path

from viralsim.verify.check import Check, Finding, NotComputedError, Setting, worst_of

__all__ = ["checks"]

SOURCE = "Leskovec and McAuley 2012; Rozemberczki, Allen and Sarkar 2019; Rozemberczki and Sarkar 2020"
VARIABLE = "VIRALSIM_DATA"

# Network -> name of its file and its `FIGURES`, to the digits published.
NETWORKS: dict[str, tuple[str, tuple[float, ...]]] = {
    "Facebook ego networks": (
        "facebook_combined.txt*",
        (4039, 88_234, 43.7, 25, 112, 200, 1045, 0.606, 0.519, 0.064, 162),
    ),
    "LastFM Asia": ("lastfm_asia_edges.csv*", (7624, 27_806, 7.3, 4, 16, 56, 216, 0.219, 0.179, 0.017, 38.6)),
    "Deezer Europe": ("deezer_*edges.csv*", (28_281, 92_752, 6.6, 4, 15, 38, 172, 0.141, 0.096, 0.104, 24.8)),
    "Facebook pages": (
        "musae_facebook_edges.csv*",
        (22_470, 170_823, 15.2, 7, 36, 114, 709, 0.360, 0.232, 0.085, 105),
    ),
    "GitHub developers": (
        "musae_git_edges.csv*",
        (37_700, 289_003, 15.3, 6, 30, 138, 9458, 0.168, 0.012, -0.075, 149),
    ),
    "Twitch, German": (
        "musae_DE_edges.csv*",
        (9498, 153_138, 32.2, 15, 64, 300, 4259, 0.201, 0.047, -0.115, 150),
    ),
}
FIGURES = (
    "people",
    "pairs",
    "mean_degree",
    "degree_p50",
    "degree_p90",
    "degree_p99",
    "degree_max",
    "average_clustering",
    "transitivity",
    "assortativity",
    "lambda1",
)
QUANTILES = dict.fromkeys(("degree_p50", "degree_p90", "degree_p99"), 0.5)
DIGITS = QUANTILES | {
    "mean_degree": 0.05,
    "average_clustering": 5e-4,
    "transitivity": 5e-4,
    "assortativity": 5e-4,
}


def checks(setting: Setting) -> list[Check]:
    """A check for each network: size, shape of degrees, clustering, assortativity, lambda1."""
    return [_network(name) for name in NETWORKS]


def _network(name: str) -> Check:
    pattern, values = NETWORKS[name]
    figures = dict(zip(FIGURES, values, strict=True))

    def find() -> Finding:
        from viralsim.graph.describe import describe
        from viralsim.graph.social_graph import SocialGraph

        found = describe(SocialGraph.read(_file(pattern), directed=False)).to_dict()
        found |= {"people": found["n_nodes"], "pairs": found["n_edges"] // 2}
        findings = [
            Finding(value, float(found[key]), 0.0, _allowed(key, value), "digits published", note=key)
            for key, value in figures.items()
        ]
        return worst_of(findings, note=f"the furthest of {len(findings)} figures")

    return Check(
        f"{name}: people, ties, degrees, clustering, assortativity, lambda1 as published", SOURCE, find
    )


def _allowed(key: str, value: float) -> float:
    """Half a unit of the last digit published, and a little for its rounding."""
    half = DIGITS.get(key, 0.0)
    if key == "lambda1":
        half = 0.5 if value >= 100 else 0.05
    return half * 1.001 + 1e-9


def _file(pattern: str) -> Path:
    """The network's file in the user's folder of data, or NotComputedError."""
    folder = os.environ.get(VARIABLE)
    if not folder or not Path(folder).is_dir():
        raise NotComputedError(
            f"needs real data: set {VARIABLE} to the folder that holds {pattern.rstrip('*')}"
        )
    found = sorted(Path(folder).rglob(pattern))
    if not found:
        raise NotComputedError(f"needs real data: no {pattern.rstrip('*')} in the folder {VARIABLE} names")
    return found[0]
