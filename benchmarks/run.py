"""Benchmarks against other people's packages: one command, one table.

    .venv/bin/python benchmarks/run.py                        everything; writes benchmarks/RESULTS.md
    .venv/bin/python benchmarks/run.py --only cascades        one module (see MODULES)
    .venv/bin/python benchmarks/run.py --only cascades.million --out -    one part, to the screen

What was measured is kept in benchmarks/results.json, part by part, each with its time and the machine's load, and
the table is written from there: a part measured again replaces its rows and leaves the others.

The peers get an environment of their own (benchmarks/.peers), made on first use, with the versions of
benchmarks/peers.txt and the very versions of numpy, numba and so on that this Python has. Ours and theirs
then run in one process of that environment, in turns.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import venv
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import gmtime, strftime
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
MODULES = ("cascades", "engine", "start", "goel", "epidemics", "sweeps")
STORE = HERE / "results.json"
INTRODUCTION = (
    "Made by `benchmarks/run.py` (see [README.md](README.md)). Times are per cascade unless said; ratio = the peer's",
    "time / ours, the median over rounds that alternate between the two; spread: the smallest and largest; compile",
    'time is not in them. Where the peer is "one random load", the ratio is the time of a unit of work in such loads.',
)
INSIDE = "VIRALSIM_BENCHMARK_INSIDE"


def needed() -> list[str]:
    """What the product needs, in the versions of this environment, so that both sides run on the same."""
    text = (PROJECT / "pyproject.toml").read_text("utf-8")
    block = re.search(r"^dependencies = \[(.*?)^\]", text, re.M | re.S)
    names = re.findall(r'"([A-Za-z0-9._-]+)', block.group(1)) if block else []
    pinned = []
    for name in [*names, "llvmlite"]:
        try:
            pinned.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            sys.exit(
                f"{name} is not installed here: run this with the project's own Python (.venv/bin/python)"
            )
    return pinned


def peers_python(folder: Path) -> Path:
    """Python of the peers' environment, which is made if it is not there or has other versions."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted = "\n".join([(HERE / "peers.txt").read_text("utf-8"), *needed()])
    stamp = folder / "installed.txt"
    if python.exists() and stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    print(f"making the peers' environment in {folder}", file=sys.stderr)
    venv.create(folder, with_pip=True, clear=True)
    quiet = ["-q", "--disable-pip-version-check"]
    command = [str(python), "-m", "pip", "install", *quiet, "-r", str(HERE / "peers.txt"), *needed()]
    subprocess.run(command, check=True)
    stamp.write_text(wanted, "utf-8")
    return python


def chosen(only: list[str]) -> dict[str, list[str]]:
    """Modules to run, and the parts of each (none: all)."""
    if not only:
        return {name: [] for name in MODULES if (HERE / f"{name}.py").exists()}
    found: dict[str, list[str]] = {}
    for text in only:
        name, _, part = text.partition(".")
        if name not in MODULES or not (HERE / f"{name}.py").exists():
            there = ", ".join(m for m in MODULES if (HERE / f"{m}.py").exists())
            sys.exit(f"--only {text}: there is no benchmark of that name; there are {there}")
        found.setdefault(name, []).extend([part] if part else [])
    return found


def parts_of(name: str) -> dict[str, Any]:
    """Parts of one module by name; a module without parts is one."""
    module = importlib.import_module(name)
    return dict(getattr(module, "PARTS", {"": module.rows}))


def measure(name: str, part: str, work: Any) -> list[dict[str, Any]]:
    """Rows of one part; what fails becomes a row that says so, and the exit code is 1."""
    label = f"{name}.{part}" if part else name
    print(f"{label} ...", file=sys.stderr, flush=True)
    try:
        return list(work())
    except Exception as problem:  # the other rows are still wanted
        return [{"workload": label, "note": f"FAILED: {type(problem).__name__}: {problem}"}]


def inside(only: list[str], out: str) -> int:
    """Measure in this process and write the table."""
    sys.path[:0] = [str(HERE), str(PROJECT)]
    import harness

    store: dict[str, Any] = {} if out == "-" or not STORE.exists() else json.loads(STORE.read_text("utf-8"))
    failed = False
    for name, wanted in chosen(only).items():
        known = parts_of(name)
        for part in wanted or known:
            if part not in known:
                sys.exit(
                    f"--only {name}.{part}: there is no such part; there are {', '.join(known) or 'none'}"
                )
            load = harness.load()
            rows = measure(name, part, known[part])
            failed |= any("FAILED" in str(row.get("note")) for row in rows)
            store[f"{name}.{part}"] = {
                "rows": rows,
                "when": strftime("%Y-%m-%d %H:%M", gmtime()),
                "load": f"{load} before, {harness.load()} after",
                "versions": harness.versions(),
                "machine": harness.machine(),
            }
            if out != "-":  # at once: a later part may take long
                STORE.write_text(json.dumps(store, indent=1) + "\n", "utf-8")
    text = page(store)
    print(text) if out == "-" else Path(out).write_text(text, "utf-8")
    return int(failed)


def page(store: dict[str, Any]) -> str:
    """Everything measured, as the text of RESULTS.md."""
    import harness

    lines = ["# Benchmarks", "", *INTRODUCTION]
    order = {name: at for at, name in enumerate(MODULES)}
    for key in sorted(store, key=lambda key: order.get(key.partition(".")[0], len(order))):
        part = store[key]
        lines += ["", f"## {key.rstrip('.')}", "", harness.table(part["rows"]), ""]
        lines.append(f"{part['when']} UTC; load of the last minute {part['load']}.")
    told = {(part["machine"], part["versions"]) for part in store.values()}
    lines += ["", "## Machine and versions", ""]
    lines += [f"- {machine}; {versions}" for machine, versions in sorted(told)]
    return "\n".join([*lines, ""])


def main() -> int:
    """Parse, make the environment, hand over to its Python."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="MODULE[.PART]", help="may be repeated"
    )
    parser.add_argument("--out", default=str(HERE / "RESULTS.md"), help="file for the table; - is the screen")
    parser.add_argument("--peers", default=str(HERE / ".peers"), help="folder of the peers' environment")
    given = parser.parse_args()
    if os.environ.get(INSIDE):
        return inside(given.only, given.out)
    chosen(given.only)
    python = peers_python(Path(given.peers))
    environment = {**os.environ, INSIDE: "1", "PYTHONPATH": os.pathsep.join([str(HERE), str(PROJECT)])}
    return subprocess.call([str(python), str(HERE / "run.py"), *sys.argv[1:]], env=environment)


if __name__ == "__main__":
    sys.exit(main())
