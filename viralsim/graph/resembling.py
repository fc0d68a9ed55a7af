"""Settings with which `communities` resembles real graphs, by name (how closely: docs/communities.md)."""

from __future__ import annotations

from typing import Any

__all__ = ["RESEMBLING"]

RESEMBLING: dict[str, dict[str, Any]] = {
    "facebook-ego": {
        "n": 4039, "mean_followers": 43.69, "exponent": 4.07, "max_followers": 1045, "reciprocity": 1.0,
        "circles": 0.995, "density": 0.92, "circle_size": 71, "single_circle": 0.776, "largest_circle": 160,
        "community_size": 447.0, "mixing": 0.447, "degree_correlation": 0.924,
    },
    "lastfm-asia": {
        "n": 7624, "mean_followers": 7.294, "exponent": 3.685, "max_followers": 216, "reciprocity": 1.0,
        "circles": 0.733, "density": 0.885, "circle_size": 3, "single_circle": 0.57, "largest_circle": 50,
        "community_size": 1499.0, "mixing": 0.0182, "degree_correlation": 0.0357,
    },
    "deezer-europe": {
        "n": 28281, "mean_followers": 6.559, "exponent": 5.0, "max_followers": 172, "reciprocity": 1.0,
        "circles": 0.664, "density": 0.9, "circle_size": 3, "single_circle": 0.225, "largest_circle": 500,
        "community_size": 2661.0, "mixing": 0.237, "degree_correlation": 0.714,
    },
    "facebook-pages": {
        "n": 22470, "mean_followers": 15.205, "exponent": 3.363, "max_followers": 709, "reciprocity": 1.0,
        "circles": 0.862, "density": 0.819, "circle_size": 80, "single_circle": 0.52, "largest_circle": 205,
        "community_size": 4694.0, "mixing": 0.844, "degree_correlation": 0.03,
    },
    "github": {
        "n": 37700, "mean_followers": 15.332, "exponent": 2.676, "max_followers": 15000, "reciprocity": 1.0,
        "circles": 0.8225, "density": 0.459, "circle_size": 26, "single_circle": 0.1453, "largest_circle": 106,
        "community_size": 3673.0, "mixing": 0.154, "degree_correlation": 0.3,
    },
    "twitch-de": {
        "n": 9498, "mean_followers": 32.246, "exponent": 2.952, "max_followers": 7000, "reciprocity": 1.0,
        "circles": 0.684, "density": 0.2254, "circle_size": 24, "single_circle": 0.417, "largest_circle": 416,
        "community_size": 1411.0, "mixing": 0.115, "degree_correlation": 0.0209,
    },
}  # fmt: skip
