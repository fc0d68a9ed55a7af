"""The public names are pinned, load lazily, and no module can take a function's place."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import viralsim

PUBLIC = [
    "EngineError",
    "Ensemble",
    "GraphError",
    "Scenario",
    "ScenarioError",
    "SocialGraph",
    "SpecError",
    "StoreError",
    "ViralsimError",
    "__version__",
    "compare",
    "errors",
    "generate",
    "load_scenario",
    "models",
    "seeding",
    "sensitivity",
    "simulate",
    "structural_virality",
    "sweep",
    "tipping_point",
    "true_lift",
]
MODULES = {"errors", "generate", "models", "seeding"}
HEAVY = ("numba", "numpy", "matplotlib", "pydantic", "ruamel", "networkx", "scipy", "jinja2", "rich", "click")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_public_names_are_pinned():
    assert sorted(viralsim.__all__) == PUBLIC
    assert dir(viralsim) == PUBLIC
    assert sorted(viralsim._PUBLIC) == [name for name in PUBLIC if name != "__version__"]


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "__version__"])
def test_each_public_name_loads(name):
    module, _ = viralsim._PUBLIC[name]
    value = getattr(viralsim, name)
    assert (type(value).__name__ == "module") == (name in MODULES)
    assert value is getattr(viralsim, name)
    assert viralsim.__dict__[name] is value, "kept after the first use"
    if name in MODULES:
        assert value.__name__ == module


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        viralsim.simulat  # noqa: B018


def test_no_module_bears_a_public_functions_name():
    functions = set(PUBLIC) - MODULES - {"__version__"}
    found = {}
    for module in pkgutil.walk_packages(viralsim.__path__, "viralsim."):
        last = module.name.rpartition(".")[2]
        if last in functions:
            found[module.name] = last
    assert not found, f"importing these would hide the public functions of that name: {found}"


def test_import_loads_nothing_heavy_and_is_fast():
    code = (
        "import sys, time; before = set(sys.modules); start = time.process_time(); import viralsim; "
        "spent = time.process_time() - start; import json; "
        "print(json.dumps([spent, sorted(set(sys.modules) - before)]))"
    )
    spent, loaded = json.loads(run_python(code))
    heavy = {name.partition(".")[0] for name in loaded} & set(HEAVY)
    assert not heavy
    assert spent < 0.3


def test_versions_load_nothing_heavy():
    code = (
        "import sys; from viralsim.provenance import versions; v = versions(); "
        "print(sorted(v), any(m in sys.modules for m in ('numpy', 'numba', 'scipy')), 'absent' in v.values())"
    )
    names = "['engine', 'generator', 'machine', 'networks', 'numba', 'numpy', 'python', 'scipy', 'viralsim']"
    assert run_python(code).strip() == f"{names} False False"


def test_generator_version_is_one_number():
    from viralsim import rng
    from viralsim.kernels import draws

    assert rng.GENERATOR_VERSION == draws.GENERATOR_VERSION


def test_python_dash_m_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "viralsim", "--version"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert viralsim.__version__ in done.stdout
