"""The layers: who may import whom, where numba lives, and where files are opened."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "viralsim"

# From the bottom up: a layer imports itself and what stands before it. Parts of one row stand side by
# side and do not import each other. docs/decisions/layers.md
LAYERS: list[tuple[str, ...]] = [
    ("errors",),
    ("rng",),
    ("provenance",),
    ("kernels",),
    ("spec",),
    ("graph",),
    ("seeding",),
    ("metrics",),
    ("engine",),
    ("models",),
    ("experiment",),
    ("planning",),
    ("verify",),
    ("report",),
    ("app",),
    ("cli",),
]
RANK = {part: rank for rank, row in enumerate(LAYERS) for part in row}

# Where files may be opened (design: spec loading, graph readers, stores, page writers, doors).
OPENS_FILES = {
    "viralsim/kernels/__init__.py": "compiled kernels are kept there",
    "viralsim/spec": "scenario loading",
    "viralsim/graph": "graph readers",
    "viralsim/engine/memory": "asks the operating system how much memory is free",
    "viralsim/experiment/store": "the store",
    "viralsim/report": "pages, figures and tables",
    "viralsim/cli": "a door",
    "viralsim/app": "a door",
}
OPENING_METHODS = {
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "open",
    "tofile",
    "savefig",
    "to_csv",
}
NUMPY_OPENING = {
    "load",
    "save",
    "savez",
    "savez_compressed",
    "loadtxt",
    "savetxt",
    "genfromtxt",
    "fromfile",
    "memmap",
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "__pycache__")


def dotted(path: Path) -> str:
    parts = list(path.relative_to(PROJECT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, module: str, is_package: bool) -> list[tuple[int, str]]:
    """(line, absolute dotted name) of everything imported, inside functions and TYPE_CHECKING too."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*parts, base] if base else parts)
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return found


def layer_problems(source: str, module: str, is_package: bool = False) -> list[str]:
    """What a module's imports do against the layers."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1] == "__main__":
        return []  # the package's lazy names and `python -m viralsim` are above all layers
    own, problems = parts[1], []
    if own not in RANK:
        return [f"{module}: '{own}' has no place in LAYERS"]
    for line, name in imports_of(source, module, is_package):
        top, _, rest = name.partition(".")
        if top in ("numba", "llvmlite") and own != "kernels":
            problems.append(f"{module}:{line}: {top} is imported outside kernels/")
        if top != "viralsim":
            continue
        other = rest.partition(".")[0]
        if other == "__version__":
            continue
        if other not in RANK:
            problems.append(f"{module}:{line}: imports {name} through the package's front door")
        elif own == "kernels" and other != "kernels":
            problems.append(f"{module}:{line}: kernels import nothing of viralsim ({name})")
        elif other != own and RANK[other] >= RANK[own]:
            problems.append(f"{module}:{line}: {own} must not import {name}, which is above it or beside it")
    return problems


def opening_problems(source: str, relative: str) -> list[str]:
    """Where a module opens files though its place says it should not."""
    if any(relative == place or relative.startswith((place + "/", place + ".")) for place in OPENS_FILES):
        return []
    problems = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        bare = isinstance(function, ast.Name) and function.id == "open"
        method = isinstance(function, ast.Attribute) and function.attr in OPENING_METHODS
        array = (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id in ("np", "numpy")
            and function.attr in NUMPY_OPENING
        )
        if bare or method or array:
            problems.append(f"{relative}:{node.lineno}: opens a file ({ast.unparse(function)})")
    return problems


@pytest.mark.parametrize("path", modules(), ids=lambda path: dotted(path))
def test_module_keeps_to_its_layer(path):
    source, relative = path.read_text("utf-8"), path.relative_to(PROJECT).as_posix()
    problems = layer_problems(source, dotted(path), path.name == "__init__.py")
    problems += opening_problems(source, relative)
    assert not problems, "\n".join(problems)


def test_kernel_modules_are_found():
    assert {"viralsim", "viralsim.kernels.draws", "viralsim.errors"} <= {dotted(path) for path in modules()}


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("viralsim.spec.load", "from viralsim.engine import simulate", "spec must not import"),
        ("viralsim.spec.load", "def f():\n    import viralsim.graph", "spec must not import"),
        ("viralsim.spec.load", "from ..graph import readers", "spec must not import"),
        ("viralsim.graph.readers", "import numba", "numba is imported outside kernels/"),
        ("viralsim.kernels.spread", "from viralsim.errors import SpecError", "kernels import nothing"),
        ("viralsim.kernels.spread", "from viralsim.rng import derive", "kernels import nothing"),
        ("viralsim.app.server", "from viralsim.cli import jobs", "above it or beside it"),
        ("viralsim.engine.run", "from viralsim import simulate", "front door"),
        ("viralsim.newpart.x", "import os", "no place in LAYERS"),
        ("viralsim.engine.run", "from viralsim.kernels import spread\nfrom viralsim import rng, spec", None),
        ("viralsim.kernels.spread", "from numba import njit\nfrom viralsim.kernels.draws import log", None),
        ("viralsim.provenance", "from viralsim import __version__\nfrom viralsim.rng import derive", None),
    ],
)
def test_the_layer_check_sees(module, source, expected):
    problems = layer_problems(source, module)
    if expected is None:
        assert problems == []
    else:
        assert len(problems) == 1
        assert expected in problems[0]


@pytest.mark.parametrize(
    ("relative", "source", "count"),
    [
        ("viralsim/metrics/reach.py", "x = open('a')", 1),
        ("viralsim/metrics/reach.py", "Path('a').read_text()", 1),
        ("viralsim/engine/run.py", "np.load('a')", 1),
        ("viralsim/experiment/comparison.py", "Path('a').write_text('')", 1),
        ("viralsim/experiment/store.py", "open('a')", 0),
        ("viralsim/graph/readers.py", "np.loadtxt('a')", 0),
        ("viralsim/metrics/reach.py", "figure.load('a')", 0),
    ],
)
def test_the_file_check_sees(relative, source, count):
    assert len(opening_problems(source, relative)) == count
