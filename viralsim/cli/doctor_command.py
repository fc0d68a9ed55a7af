"""``viralsim doctor``: is the installation sound, and what could be better."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from importlib import metadata, util
from typing import Any

import click

from viralsim.cli.options import json_option
from viralsim.provenance import KNOWN_PLAIN_TALLY, KNOWN_TALLY

__all__ = ["command", "small_tally"]

# derive(key, word) of generator version 1; the first are the published outputs of SplitMix64 (Vigna).
KNOWN_DERIVED = {
    (0, 0): 0xE220A8397B1DCDAF,
    (0, 1): 0x6E789E6AA1B965F4,
    (0, 2): 0x06C45D188009454F,
}
EXTRAS = {
    "app": ("nicegui",),
    "cluster": ("distributed",),
    "data": ("duckdb",),
    "fit": ("optuna",),
    "graphs": ("networkit", "igraph"),
}
PACKAGES = (
    "numpy",
    "numba",
    "llvmlite",
    "scipy",
    "networkx",
    "matplotlib",
    "pydantic",
    "ruamel.yaml",
    "click",
    "rich",
)


@click.command("doctor")
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Check Python, packages, memory, compiled kernels and known answers; suggest what could be better.

    Exit code 1 if a check fails.
    """
    from viralsim.cli.render import print_json

    facts = {**_machine(), **_kernels(), "extras": _extras(), "checks": _checks()}
    facts["suggestions"] = _suggestions(facts)
    if as_json:
        print_json(facts)
    else:
        _print(facts)
    if any(check["result"] == "failed" for check in facts["checks"]):
        ctx.exit(1)


def _machine() -> dict[str, Any]:
    """Versions, processors, memory."""
    from viralsim.engine.memory import available_bytes
    from viralsim.provenance import versions

    found = dict(versions())
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return {
        "versions": found,
        "executable": sys.executable,
        "processors": os.cpu_count() or 1,
        "usable_processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "available_bytes": available_bytes(),
    }


def _kernels() -> dict[str, Any]:
    """Where compiled code is kept and whether it is there."""
    from viralsim.cli.plan import KERNELS
    from viralsim.kernels import cache_folder, cold_start

    folder = cache_folder("spread")
    return {
        "cache_folder": None if folder is None else str(folder.parent),
        "compiled": not cold_start(*KERNELS),
    }


def _extras() -> dict[str, bool]:
    """Which extras are installed, without importing them."""
    return {name: all(util.find_spec(module) for module in modules) for name, modules in EXTRAS.items()}


def _checks() -> list[dict[str, str]]:
    """The self-check: what must come out, does."""
    checks = [_checked("generator of random draws", _draws_are_right)]
    from viralsim.kernels import cold_start

    for kind, engine, known in (
        ("many-sided", "spread", KNOWN_TALLY),
        ("simple", "single", KNOWN_PLAIN_TALLY),
    ):
        name = f"a small {kind} scenario gives its known numbers"
        if cold_start(engine, "generators", "csr"):
            checks.append(
                {
                    "check": name,
                    "result": "skipped",
                    "detail": "its engine is not compiled yet: viralsim warmup",
                }
            )
        else:
            checks.append(_checked(name, partial(_tally_is_right, kind == "simple", known)))
    return checks


def _checked(name: str, check: Any) -> dict[str, str]:
    """Run a check; what it raises or returns is why it failed."""
    began = time.perf_counter()
    try:
        why = check()
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    result = "failed" if why else "good"
    return {"check": name, "result": result, "detail": why or f"{time.perf_counter() - began:.1f} s"}


def _draws_are_right() -> str:
    """Known answers of generator version 1, from the plain twin and the compiled kernel."""
    import numpy as np

    from viralsim import rng
    from viralsim.kernels import draws

    for (key, word), expected in KNOWN_DERIVED.items():
        twin, kernel = rng.derive(key, word), int(draws.derive(np.uint64(key), word)) & (2**64 - 1)
        if not twin == kernel == expected:
            return f"derive({key}, {word}) gives {twin} and {kernel}, not {expected}"
    return ""


def small_tally(simple: bool = False) -> str:
    """SHA-256 (first 16 digits) of what a small scenario counts with seed 0.

    It has many mechanics, or is a `simple` one: each has its own engine.
    """
    import hashlib

    import numpy as np

    from viralsim.cli.warmup_command import plain_scenario, tiny_scenario
    from viralsim.engine import simulate

    tallies = simulate(plain_scenario() if simple else tiny_scenario(), threads=1).tallies
    parts = (tallies.counts, tallies.curves, tallies.trees)
    return hashlib.sha256(b"".join(np.ascontiguousarray(p, np.int64).tobytes() for p in parts)).hexdigest()[
        :16
    ]


def _tally_is_right(simple: bool, known: str) -> str:
    """The same counts as on the machine of the developers."""
    found = small_tally(simple)
    return "" if found == known else f"counted {found}, not {known}: results differ from those released"


def _suggestions(facts: dict[str, Any]) -> list[str]:
    """What could be better, a sentence each."""
    found = []
    if facts["cache_folder"] is None:
        found.append("Compiled code cannot be kept: set VIRALSIM_CACHE_DIR to a writable folder.")
    elif not facts["compiled"]:
        found.append(
            "Not everything is compiled yet: viralsim warmup does it now, else the first command that needs it."
        )
    usable, all_ = facts["usable_processors"], facts["processors"]
    if usable and usable < all_:
        found.append(f"Only {usable} of {all_} processors may be used here: --threads {usable} is best.")
    if facts["available_bytes"] < 2e9:
        found.append("Less than 2 GB of memory are available: keep below about 100,000 people.")
    if not facts["extras"]["data"]:
        found.append("Parquet files need the extra 'data': pip install \"viralsim[data]\".")
    return found


def _print(facts: dict[str, Any]) -> None:
    from viralsim.cli.render import size_text

    versions, usable = facts["versions"], facts["usable_processors"]
    packages = ", ".join(f"{name} {versions[name]}" for name in PACKAGES)
    processors = f"{facts['processors']}" + (f" ({usable} usable)" if usable else "")
    state = "compiled" if facts["compiled"] else "not all compiled yet"
    lines = [
        ("viralsim", f"{versions['viralsim']}, generator {versions['generator']}"),
        ("python", f"{versions['python']} on {versions['machine']}: {facts['executable']}"),
        ("packages", packages),
        ("processors", processors),
        ("memory", f"{size_text(facts['available_bytes'])} available"),
        ("kernels", f"{state}; kept in {facts['cache_folder'] or 'no place: none is writable'}"),
        (
            "extras",
            ", ".join(f"{name} {'yes' if there else 'no'}" for name, there in facts["extras"].items()),
        ),
    ]
    for label, text in lines:
        click.echo(f"{label:<12}{text}")
    for check in facts["checks"]:
        click.echo(f"{'check':<12}{check['check']}: {check['result']} ({check['detail']})")
    for text in facts["suggestions"]:
        click.echo(f"{'suggestion':<12}{text}")
