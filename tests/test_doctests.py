"""Every example in a docstring or a page of docs/ that is written as a Python session runs and prints what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import viralsim

ROOT = Path(__file__).resolve().parent.parent
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
MODULES = sorted(
    ["viralsim"]
    + [
        module.name
        for module in pkgutil.walk_packages(viralsim.__path__, "viralsim.")
        if not module.name.endswith("__main__")
    ]
)
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if ">>> " in path.read_text("utf-8")
)


def with_examples(name):
    source = Path(importlib.util.find_spec(name).origin).read_text("utf-8")
    return ">>> " in source


@pytest.mark.parametrize("name", [name for name in MODULES if with_examples(name)])
def test_examples_of_docstrings(name):
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module, optionflags=FLAGS)
    assert tried
    assert not failed


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_pages(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(
        str(ROOT / page), module_relative=False, optionflags=FLAGS, encoding="utf-8"
    )
    assert tried
    assert not failed
