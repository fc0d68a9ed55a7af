"""Settings with which `communities` resembles real graphs, by name (how closely: docs/communities.md)."""

from __future__ import annotations

from typing import Any

__all__ = ["RESEMBLING"]

RESEMBLING: dict[str, dict[str, Any]] = {
    "lastfm-asia": {
        "n": 7624, "mean_followers": 7.3, "max_followers": 216, "exponent": 2.244,
        "circles": 0.749, "density": 0.77, "circle_size": 60, "community_size": 369.6,
        "mixing": 0.142, "degree_correlation": 0.623, "reciprocity": 1.0,
    },
    "deezer-europe": {
        "n": 28281, "mean_followers": 6.6, "max_followers": 172, "exponent": 2.497,
        "circles": 0.366, "density": 0.174, "circle_size": 60, "community_size": 91.9,
        "mixing": 0.109, "degree_correlation": 0.223, "reciprocity": 1.0,
    },
    "facebook-ego": {
        "n": 4039, "mean_followers": 43.7, "max_followers": 1045, "exponent": 2.05,
        "circles": 0.696, "density": 1.0, "circle_size": 60, "community_size": 38.7,
        "mixing": 0.076, "degree_correlation": 0.151, "reciprocity": 1.0,
    },
    "facebook-pages": {
        "n": 22470, "mean_followers": 15.2, "max_followers": 709, "exponent": 2.05,
        "circles": 0.87, "density": 0.829, "circle_size": 60, "community_size": 220.9,
        "mixing": 0.531, "degree_correlation": 0.343, "reciprocity": 1.0,
    },
    "github": {
        "n": 37700, "mean_followers": 15.3, "max_followers": 9458, "exponent": 2.261,
        "circles": 0.64, "density": 0.601, "circle_size": 60, "community_size": 1158.0,
        "mixing": 0.357, "degree_correlation": 0.308, "reciprocity": 1.0,
    },
    "twitch-de": {
        "n": 9498, "mean_followers": 32.2, "max_followers": 4259, "exponent": 2.228,
        "circles": 0.43, "density": 0.823, "circle_size": 60, "community_size": 59.0,
        "mixing": 0.409, "degree_correlation": 0.748, "reciprocity": 1.0,
    },
}  # fmt: skip
