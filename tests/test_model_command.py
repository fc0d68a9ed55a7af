"""``viralsim model``: every model runs, says a sentence and draws; every option changes what it says it changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import run, run_json

from viralsim.cli.model_command import command
from viralsim.cli.model_table import MODELS

SMALL = ("--people", 300, "--replicates", 20)
NETWORK = {
    "network": (("--network", "preferential"), ()),
    "mean_degree": (("--mean-degree", 5), ()),
    "rewire": (("--rewire", 0.9), ("--network", "small-world")),
    "people": (("--people", 350), ()),
    "replicates": (("--replicates", 25), ()),
    "seed": (("--seed", 3), ()),
    "seeds": (("--seeds", 4), ()),
    "seeding": (("--seeding", "most-followers"), ()),
    "well_mixed": (("--well-mixed",), ()),
}
TIMED = {"hours": (("--hours", 1.5), ()), "transmission": (("--transmission", 0.6), ())}
PERIOD = {"period": (("--period", "fixed:2"), ())}
THRESHOLDS = {
    "below_prob": (("--below-prob", 0.3), ()),
    "parent": (("--parent", "first"), ("--seeds", 60)),
    "steps": (("--steps", 1), ("--mean-degree", 3, "--seeds", 30, "--threshold", "{low}")),
}
OWN: dict[str, dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]]] = {
    "ic": {"prob": (("--prob", 0.3), ())},
    "wc": {},
    "lt": {},
    "delays": {
        "prob": (("--prob", 0.3), ()), "delay": (("--delay", "fixed:3"), ("--prob", 0.3)),
        "hours": (("--hours", 0.2), ()),
    },
    "watts": {"threshold": (("--threshold", 0.05), ()), **THRESHOLDS},
    "centola": {"threshold": (("--threshold", 1), ()), **THRESHOLDS},
    "si": TIMED,
    "sis": {**TIMED, **PERIOD, "replicates": (("--replicates", 25), ())},
    "sir": {**TIMED, **PERIOD},
    "seir": {**TIMED, **PERIOD, "latent": (("--latent", "fixed:0.1"), ("--hours", 2))},
    "bass": {  # is well mixed unless a network is given
        "innovation": (("--innovation", 0.3), ()), "imitation": (("--imitation", 2), ()),
        "discrete": (("--discrete",), ()),
        "hours": (("--hours", 3), ()),
    },
    "branching": {
        "offspring": (("--offspring", "fixed:1"), ("--max-size", 50)), "roots": (("--roots", 5), ()),
        "max_size": (("--max-size", 4), ()), "delay": (("--delay", "fixed:2"), ("--delay", 1, "--hours", 3)),
        "hours": (("--hours", 1), ("--delay", "1")),
    },
}  # fmt: skip
ABOUT_RESULTS = {"threads", "plot", "out", "force", "as_json", "quiet", "graph", "directed"}
LOW = {"watts": 0.1, "centola": 1}


def options_of(name: str) -> set[str]:
    """The names of a model's options."""
    return {parameter.name or "" for parameter in command.commands[name].params}


def changes_of(name: str) -> dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """For each option of a model: what to give, and what else to give with and without it."""
    table = {**{key: value for key, value in NETWORK.items() if key in options_of(name)}, **OWN[name]}
    if name == "bass":
        del table["well_mixed"]
    return {
        key: (given, tuple(LOW.get(name) if part == "{low}" else part for part in beside))
        for key, (given, beside) in table.items()
    }


def found(capsys: Any, name: str, *arguments: object) -> dict[str, Any]:
    """What came out, without what was put in."""
    small = SMALL if "people" in options_of(name) else SMALL[2:]
    whole = run_json(capsys, "model", name, *small, *arguments)
    return {
        key: whole[key]
        for key in whole
        if key not in ("settings", "replicates", "seed", "sentence", "network")
    }


def test_every_option_of_every_model_is_in_this_test():
    for name in MODELS:
        about = ABOUT_RESULTS | ({"well_mixed"} if name == "bass" else set())
        assert options_of(name) == set(changes_of(name)) | (options_of(name) & about), name


def test_bass_is_well_mixed_unless_a_network_is_given(capsys):
    assert found(capsys, "bass", "--well-mixed") == found(capsys, "bass")
    assert found(capsys, "bass", "--network", "erdos-renyi") != found(capsys, "bass")


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name in MODELS for option in changes_of(name)]
)
def test_every_option_changes_what_comes_out(capsys, name, option):
    given, beside = changes_of(name)[option]
    assert found(capsys, name, *beside) != found(capsys, name, *beside, *given)


@pytest.mark.parametrize("name", list(MODELS))
def test_a_model_says_a_sentence_and_gives_the_same_again(capsys, name):
    small = SMALL if "people" in options_of(name) else SMALL[2:]
    assert run("model", name, *small) == 0
    out = capsys.readouterr().out
    whole = run_json(capsys, "model", name, *small)
    assert out.splitlines()[0] == whole["sentence"].replace("\n", " ")
    assert whole["metrics"]["size"]["mean"] >= 1
    assert whole["replicates"] == 20
    assert run_json(capsys, "model", name, *small, "--threads", 3) == whole


@pytest.mark.parametrize("name", ["watts", "sis"])
def test_a_figure_and_a_folder_are_written_once(capsys, tmp_path, name):
    small = SMALL if "people" in options_of(name) else SMALL[2:]
    picture, folder = tmp_path / "x.svg", tmp_path / "results"
    arguments = ("model", name, *small, "--plot", picture, "--out", folder)
    assert run(*arguments) == 0
    assert picture.read_text("utf-8").lstrip().startswith("<?xml")
    assert json.loads((folder / "model.json").read_text("utf-8"))["model"] == name
    assert run(*arguments) == 2
    assert run(*arguments, "--force", "--quiet") == 0
    capsys.readouterr()


def test_a_network_from_a_file(capsys, tmp_path: Path):
    (tmp_path / "path.csv").write_text("0,1\n1,2\n2,3\n")
    arguments = ("model", "ic", "--graph", tmp_path / "path.csv", "--prob", 1, "--replicates", 200)
    both = run_json(capsys, *arguments, "--undirected")
    one_way = run_json(capsys, *arguments, "--directed")
    assert both["metrics"]["size"] == both["metrics"]["size"] | {"mean": 4.0, "se": 0.0}
    assert 2.0 < one_way["metrics"]["size"]["mean"] < 3.0, "uniform on 1 to 4 people ahead"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("wats",), "watts"),
        (("watts", "--threshold", 1.5), "threshold"),
        (("sir", "--period", "fixd:2"), "fixed"),
        (("ic", "--people", 10, "--seeds", 20), "seeds"),
    ],
)
def test_what_cannot_be_used_is_said(capsys, arguments, words):
    assert run("model", *arguments) == 2
    assert words in capsys.readouterr().err
