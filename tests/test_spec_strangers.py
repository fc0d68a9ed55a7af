"""What strangers do to the command line: never a traceback, an exit code that says whose fault it was, nothing left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from viralsim.cli.shell import run_command
from viralsim.spec.overrides import apply_overrides
from viralsim.spec.writing import to_yaml

PROJECT = Path(__file__).resolve().parent.parent
NETWORK = "platforms.one.network"
TINY = {
    "viralsim": 1,
    "name": "tiny",
    "audience": {"size": 300},
    "platforms": {
        "one": {
            "preset": "x", "network": {"kind": "erdos-renyi", "mean_degree": 8}, "brand_followers": {"count": 50},
        }
    },
    "items": [{"id": "film"}],
    "campaign": {"posts": [{"item": "film", "platform": "one"}]},
    "run": {"horizon": "1d", "step": "1h", "replicates": 3, "draws": 1, "seed": 1},
}  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with one good scenario, a file, a folder that is not empty, and links that lead nowhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRALSIM_DEBUG", raising=False)
    (tmp_path / "ok.yaml").write_text(to_yaml(TINY))
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").write_text("x")
    (tmp_path / "broken.yaml").symlink_to("nowhere")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "random.yaml").write_bytes(bytes(range(256)))
    return tmp_path


def said(arguments, capsys, code: int = 2) -> str:
    """Standard error of a command that ends with this code and prints nothing on standard output."""
    assert run_command([str(argument) for argument in arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err
    assert "unexpected error" not in err
    return err


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


BAD_FILES = [
    "missing.yaml", ".", "", "full", "broken.yaml", "loop.yaml", "random.yaml", "file", "file/x.yaml", "nowhere/x.yaml",
    "x" * 300, "~nobody-of-that-name/x.yaml", "/dev/null", "a\nb",
]  # fmt: skip


@pytest.mark.parametrize("command", ["run", "validate", "show", "compare"])
@pytest.mark.parametrize("file", BAD_FILES, ids=lambda file: repr(file)[:20])
def test_a_file_that_is_no_scenario(command, file, here, capsys):
    before = files(here)
    err = said([command, file], capsys)
    assert err.splitlines()[-1] == "viralsim: 1 problem; nothing was run."
    assert files(here) == before


BAD_OPTIONS = {
    "run": [
        ["--seed", "abc"], ["--seed", "1.0"], ["--seed", ""], ["--seed", str(2**64)], ["--seed"],
        ["--replicates", "1e3"],
        ["--replicates", "-3"], ["--draws", "0"], ["--threads", "-2"], ["--fixed=1"], ["--nope"], ["--metric", "reach"],
        ["--set", ""], ["--set", "="], ["--set", ".=1"], ["--set", "x=1"], ["--set", "items=null"],
        ["--set", "audience=3"],
        ["--set", "viralsim=2"], ["--set", "a.b.c.d=1"], ["--set", "run.horizon={"], ["--set", "run.seed=!!int 3x"],
        ["--set", "items.film.share_prob=!!python/object:os.system x"], ["--set", "items.film.share_prob.low=0.1"],
        ["--set", "audience.segments.0.fraction=.5"], ["--set", "items.film=null"], ["--variant", "x"],
        ["--variant", ""],
        ["--out", "file"], ["--out", "file/x"], ["--out", "full"], ["--out", "full/thing"], ["--out", "."],
        ["--out", ""],
        ["--out", "results.csv"], ["--out", "x" * 300], ["--out", "x" * 300 + ".html"],
        ["--out", "/dev/null"], ["--out", "/proc/x"], ["--out", "/proc/x.html"], ["--out", "loop.yaml"], ["--out"],
    ],
    "validate": [["--nope"], ["--variant", "x"], ["--set", "run.seed=x"], ["--out", "x"], ["--seed", "1"]],
    "show": [["--nope"], ["--variant", "x"], ["--set", "run.seed=x"], ["another"], ["--json"]],
    "compare": [
        [], ["ok.yaml", "--worthwhile", "0"], ["ok.yaml", "--worthwhile", "nan"], ["ok.yaml", "--metric", "x"],
        ["ok.yaml", "--metric", "roi"], ["missing.yaml"], ["."], ["ok.yaml", "--out", "file"],
        ["ok.yaml", "--also", ""],
        ["ok.yaml", "--set", "items.flim.id=3"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "options"),
    [(command, options) for command, several in BAD_OPTIONS.items() for options in several],
    ids=lambda value: value if isinstance(value, str) else " ".join(value)[:30],
)
def test_options_that_cannot_be_used(command, options, here, capsys):
    before = files(here)
    said([command, "ok.yaml", *options], capsys)
    assert files(here) == before


@pytest.mark.parametrize(
    "arguments",
    [
        [""], ["a b"], ["."], ["/"], ["1st"], ["x/y"], ["x", "y"], ["x" * 65], ["ok.yaml"], ["loop.yaml"],
        ["broken.yaml"],
        ["good", "--out", ""], ["good", "--out", "full"], ["good", "--out", "file/x"],
        ["good", "--out", "nowhere/x.yaml"],
        ["good", "--out", "x" * 300], ["good", "--out", "/proc/x.yaml"], ["good", "--nope"],
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)  # fmt: skip
def test_a_new_scenario_is_written_nowhere_else(arguments, here, capsys):
    before = files(here)
    said(["new", *arguments], capsys)
    assert files(here) == before


IMPOSSIBLE = {
    "platforms.one.network: mean_degree": {
        NETWORK: {"kind": "small-world", "mean_degree": 7, "rewire_prob": 0.1}
    },
    "platforms.one.network: m ": {NETWORK: {"kind": "preferential", "edges_per_newcomer": 400}},
    "platforms.one.network: min_followers": {
        NETWORK: {"kind": "power-law", "min_followers": 50, "max_followers": 20}
    },
    "platforms.one.network: exponent": {NETWORK: {"kind": "communities", "exponent": 1.5}},
    "platforms.one.network: mean_followers": {NETWORK: {"kind": "communities", "mean_followers": 900}},
    "platforms.one.network: only 0 people": {"platforms.one.access": 0},
    "platforms.one.brand_followers.count: 50 followers": {"platforms.one.access": 0.1},
    "platforms.one.reproduction_number: 50 cannot": {"platforms.one.reproduction_number": 50},
    "audience.taste.tie_correlation: 1 cannot": {"audience.taste": {"sigma": 1, "tie_correlation": 1}},
    "campaign: nothing is posted": {"campaign": {}},
    "campaign.seeding.0.pick: 400 people": {
        "campaign.seeding": [{"item": "film", "platform": "one", "pick": {"kind": "random", "count": 400}}]
    },
    "campaign.seeding.0.pick.people: 999": {
        "campaign.seeding": [
            {"item": "film", "platform": "one", "pick": {"kind": "listed", "people": [1, 999]}}
        ]
    },
}


@pytest.mark.parametrize("message", IMPOSSIBLE)
@pytest.mark.parametrize("command", ["validate", "run"])
def test_what_shows_only_when_people_are_made_is_located_too(command, message, here, capsys):
    """The line is that of the field, or of the nearest thing above it that is written."""
    text = to_yaml(apply_overrides(TINY, IMPOSSIBLE[message]))
    (here / "s.yaml").write_text(text)
    first, last = said([command, "s.yaml", "--quiet"], capsys).splitlines()
    assert last == "viralsim: 1 problem; nothing was run."
    name, line, column, rest = first.split(":", 3)
    assert name == "s.yaml"
    assert rest.strip().startswith(message)
    path = message.split(":")[0].split(".")
    shown = text.splitlines()[int(line) - 1]
    assert any(part in shown for part in path), shown
    assert 1 <= int(column) <= len(shown)


def test_a_problem_of_a_variant_or_an_override_has_no_line_of_the_file(here, capsys):
    err = said(["run", "ok.yaml", "--quiet", "--set", f"{NETWORK}.mean_degree=900"], capsys)
    assert err.startswith("platforms.one.network: mean_degree is 900")


BAD_NETWORKS = {
    "empty.csv": b"", "binary.csv": b"hello\0\1", "negative.csv": b"0,-1\n", "words.csv": b"a b c\n",
    "huge.csv": b"0,99999999999999999999999\n", "cut.gml": b"graph [ node [ id 0 ", "bad.graphml": b"<xml",
    "bad.mtx": b"%%MatrixMarket nope", "bad.npz": b"PK", "noending": b"0,1\n", "cut.csv.gz": b"\x1f\x8b\x08\0bad",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_NETWORKS)
def test_a_network_that_cannot_be_read_names_the_file(name, here, capsys):
    (here / name).write_bytes(BAD_NETWORKS[name])
    change = {"audience.size": None, NETWORK: {"kind": "file", "path": name}}
    (here / "s.yaml").write_text(to_yaml(apply_overrides(TINY, change)))
    for command in ("validate", "run"):
        assert name in said([command, "s.yaml", "--quiet"], capsys)


def test_a_run_from_another_folder_finds_the_network(here, capsys, monkeypatch):
    edges = "".join(f"{i},{(i + j) % 300}\n" for i in range(300) for j in (1, 2, 3, 4))
    (here / "full" / "ring.csv").write_text(edges)
    change = {"audience.size": None, NETWORK: {"kind": "file", "path": "ring.csv"}}
    (here / "full" / "s.yaml").write_text(to_yaml(apply_overrides(TINY, change)))
    for command in (["validate"], ["run"], ["run", "--dry-run"]):
        assert run_command([*command, "full/s.yaml", "--quiet"]) == 0
    capsys.readouterr()


@pytest.mark.skipif(os.name != "posix", reason="redirections are the shell's")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("show ok.yaml >&-", 0),
        ("show ok.yaml >/dev/full", 1),
        ("--help >/dev/full", 1),
        ("show missing.yaml 2>/dev/full", 2),
        ("show missing.yaml 2>&- >&-", 2),
        ("show $'\\xff\\xfe.yaml'", 2),
        ("show ok.yaml --set $'title=\\xff'", 2),
        ("validate - </dev/null", 2),
    ],
)
def test_closed_and_full_streams_and_broken_characters(line, code, here):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m viralsim {line}"], capture_output=True, text=True, timeout=60,
        env=environment,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert "unexpected" not in done.stderr
