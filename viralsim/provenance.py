"""What a result was made with: versions, recorded in every result folder and every JSON output."""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib import metadata

from viralsim import __version__
from viralsim.rng import GENERATOR_VERSION

__all__ = ["KNOWN_NETWORKS", "KNOWN_PLAIN_TALLY", "KNOWN_TALLY", "RESULT_VERSIONS", "versions"]

# What small scenarios count and what small networks are with seed 0, as digests. Tests hold them, so they change
# exactly where results change: stores of unfinished studies are told apart by them (and `doctor` checks the first two).
KNOWN_TALLY = "e66e9d898b09bf6c"
KNOWN_PLAIN_TALLY = "03e83599f7fe9bff"  # of the engine of simple scenarios
KNOWN_NETWORKS = "4d4d1dbf5f8a64b0"
RESULT_VERSIONS = ("viralsim", "generator", "engine", "networks")
"""Versions that must agree for numbers to go together."""


def versions() -> dict[str, str]:
    """Versions of all that can change a number, without importing any of it.

    Returns
    -------
    dict of str to str
        Keys viralsim, generator, engine, networks, python, numpy, numba, scipy, machine; "absent" for a package
        that is not installed.

    Examples
    --------
    >>> versions()["generator"]
    '1'
    """
    return dict(_found())


@lru_cache(maxsize=1)
def _found() -> dict[str, str]:
    """The versions, looked up once: reading the packages' records takes milliseconds."""
    found = {
        "viralsim": __version__,
        "generator": str(GENERATOR_VERSION),
        "engine": f"{KNOWN_TALLY}-{KNOWN_PLAIN_TALLY}",
        "networks": KNOWN_NETWORKS,
        "python": platform.python_version(),
    }
    for package in ("numpy", "numba", "scipy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "absent"
    found["machine"] = platform.machine()
    return found
