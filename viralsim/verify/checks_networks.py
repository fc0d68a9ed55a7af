"""Real social networks, measured again: degrees, clustering, assortativity, largest eigenvalue."""

from __future__ import annotations

import os
from pathlib import Path

from viralsim.verify.check import Check, Finding, NotComputedError, Setting, worst_of

__all__ = ["checks"]

SOURCE = "Leskovec and McAuley 2012; Rozemberczki, Allen and Sarkar 2019; Rozemberczki and Sarkar 2020"
VARIABLE = "VIRALSIM_DATA"

# Network -> name of its file and the figures published with it, each to the digits given.
NETWORKS: dict[str, tuple[str, dict[str, float]]] = {
    "Facebook ego networks": ("facebook_combined.txt*", {
        "people": 4039, "pairs": 88_234, "mean_degree": 43.7, "degree_p50": 25, "degree_p90": 112,
        "degree_p99": 200, "degree_max": 1045, "average_clustering": 0.606, "transitivity": 0.519, "assortativity": 0.064, "lambda1": 162}),
    "LastFM Asia": ("lastfm_asia_edges.csv*", {
        "people": 7624, "pairs": 27_806, "mean_degree": 7.3, "degree_p50": 4, "degree_p90": 16,
        "degree_p99": 56, "degree_max": 216, "average_clustering": 0.219, "transitivity": 0.179, "assortativity": 0.017, "lambda1": 38.6}),
    "Deezer Europe": ("deezer_*edges.csv*", {
        "people": 28_281, "pairs": 92_752, "mean_degree": 6.6, "degree_p50": 4, "degree_p90": 15,
        "degree_p99": 38, "degree_max": 172, "average_clustering": 0.141, "transitivity": 0.096, "assortativity": 0.104, "lambda1": 24.8}),
    "Facebook pages": ("musae_facebook_edges.csv*", {
        "people": 22_470, "pairs": 170_823, "mean_degree": 15.2, "degree_p50": 7, "degree_p90": 36,
        "degree_p99": 114, "degree_max": 709, "average_clustering": 0.360, "transitivity": 0.232, "assortativity": 0.085, "lambda1": 105}),
    "GitHub developers": ("musae_git_edges.csv*", {
        "people": 37_700, "pairs": 289_003, "mean_degree": 15.3, "degree_p50": 6, "degree_p90": 30,
        "degree_p99": 138, "degree_max": 9458, "average_clustering": 0.168, "transitivity": 0.012, "assortativity": -0.075, "lambda1": 149}),
    "Twitch, German": ("musae_DE_edges.csv*", {
        "people": 9498, "pairs": 153_138, "mean_degree": 32.2, "degree_p50": 15, "degree_p90": 64,
        "degree_p99": 300, "degree_max": 4259, "average_clustering": 0.201, "transitivity": 0.047, "assortativity": -0.115, "lambda1": 150}),
}  # fmt: skip
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
    pattern, figures = NETWORKS[name]

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
