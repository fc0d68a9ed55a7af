"""A comparison's sides as a file, as Python and as commands: each gives the same sides again."""

from __future__ import annotations

import contextlib
import io
import shlex

import pytest

import viralsim as vs
from viralsim.app.live import Size
from viralsim.app.sides import sides_command, sides_python, sides_scenario, sides_yaml
from viralsim.cli.shell import run_command
from viralsim.spec import catalog

STOCK = [entry.name for entry in catalog()]


def made(name, sides):
    base = vs.load_scenario(name)
    for variant, moved in sides:
        side = base.variant(variant) if variant else base
        yield side.with_overrides(moved) if moved else side


@pytest.mark.parametrize("name", STOCK)
def test_one_file_holds_every_side_of_a_stock_scenario(name, tmp_path):
    variants = ["", *vs.load_scenario(name).variant_names][-3:]
    for names in (variants, variants[::-1]):  # what only one of them says must go, whichever is first
        sides = list(made(name, [(variant, {}) for variant in names]))
        text = sides_yaml(sides)
        if text.startswith("# ---- A.yaml"):  # a variant cannot add a platform: a file each
            parts = [part.partition("----\n")[2] for part in text.split("# ---- ")[1:]]
        else:
            parts = [text]
        found = []
        for part in parts:
            file = tmp_path / "compare.yaml"
            file.write_text(part, "utf-8")
            again = vs.load_scenario(file)
            found += [again, *(again.variant(letter) for letter in again.variant_names if letter in "BC")]
        assert [one.digest for one in found] == [side.digest for side in sides]


def test_moved_numbers_are_in_the_file_too():
    moved = [
        ("", {"items.offer.stickiness": 0.5}),
        ("ask-regulars", {}),
        ("ask-regulars", {"items.offer.negative": 0.2}),
    ]
    sides = list(made("small-shop", moved))
    again = sides_scenario(sides)
    assert again.variant_names == ("B", "C")
    assert [s.digest for s in (again, again.variant("B"), again.variant("C"))] == [s.digest for s in sides]


def test_the_python_lines_give_the_comparison():
    sides = [("", {}), ("ask-regulars", {"items.offer.stickiness": 0.5})]
    text = sides_python("small-shop", sides, "reach", Size(8, 4), 3)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(text, {})  # our own text
    direct = vs.compare(
        list(made("small-shop", sides)), "reach", labels=["A", "B"], replicates=8, draws=4, seed=3
    )
    assert printed.getvalue().splitlines() == [pair.sentence() for pair in direct.pairs]


def test_the_commands_name_files_of_every_side(tmp_path, monkeypatch, capsys):
    sides = [("", {}), ("ask-regulars", {"items.offer.stickiness": 0.5})]
    lines = sides_command("small-shop", sides, "reach", Size(8, 4), 3).splitlines()
    assert lines[-1] == "viralsim compare A.yaml B.yaml --metric reach --replicates 8 --draws 4 --seed 3"
    monkeypatch.chdir(tmp_path)
    for line, side in zip(lines[:-1], made("small-shop", sides), strict=True):
        words = shlex.split(line)
        assert run_command(words[1 : words.index(">")]) == 0
        (tmp_path / words[-1]).write_text(capsys.readouterr().out, "utf-8")
        assert vs.load_scenario(tmp_path / words[-1]).digest == side.digest
