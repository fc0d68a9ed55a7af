"""The command line's manners: help, typos, bad files, exit codes, crashes; nothing here simulates."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest

from viralsim import __version__
from viralsim.cli.group import COMMANDS, START_PAGE, LazyGroup, root
from viralsim.cli.jobs import seconds_text
from viralsim.cli.shell import run_command
from viralsim.cli.suggest import did_you_mean

PROJECT = Path(__file__).resolve().parent.parent
HEAVY = ("numba", "numpy", "scipy", "matplotlib", "pydantic", "networkx", "rich", "ruamel")

FIVE_MISTAKES = """\
viralsim: 1
audience:
  size: -5
platforms:
  instagram: {preset: instagran}
items:
  - {id: film, share_prob: 1.5, stickyness: 0.3}
campaign:
  posts: [{item: flim, platform: instagram}]
"""


def run_in_process(*arguments: str) -> int:
    return run_command([str(argument) for argument in arguments])


def call(*arguments: str, cwd: Path, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **options.pop("env", {})}
    command = [sys.executable, "-m", "viralsim", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, env=environment, **options
    )


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ------------------------------------------------------------------------------------------ help and start


def test_help_names_three_commands_in_order_and_is_fast(tmp_path):
    call("--help", cwd=tmp_path)  # the first call may write byte code
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = call("--help", cwd=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stderr) == (0, "")
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    assert spent < 0.3
    steps = [
        done.stdout.index(f"  viralsim {word}") for word in ("demo", "new my-campaign", "run my-campaign")
    ]
    assert steps == sorted(steps)
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", done.stdout, re.M)


@pytest.mark.parametrize(
    "arguments", [["--help"], [], ["--version"], *([name, "--help"] for name in COMMANDS)]
)
def test_help_loads_nothing_heavy(arguments, tmp_path):
    code = (
        "import sys; from viralsim.cli.shell import run_command; "
        f"assert run_command({arguments!r}) == 0; "
        f"sys.exit(', '.join(name for name in {HEAVY!r} if name in sys.modules) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_alone_it_prints_a_start_page_of_ten_lines(capsys):
    assert run_in_process() == 0
    out, err = capsys.readouterr()
    assert out == START_PAGE + "\n"
    assert len(out.splitlines()) == 10
    assert err == ""


def test_version(capsys):
    assert run_in_process("--version") == 0
    assert capsys.readouterr().out == f"viralsim {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_documented(name):
    command = LazyGroup.get_command(root, click.Context(root), name)
    assert command.name == name
    assert command.help
    assert COMMANDS[name].endswith(".")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


# --------------------------------------------------------------------------------------------------- typos


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["rnu", "launch-video"], "'run'"),
        (["valdate", "x"], "'validate'"),
        (["run", "launch-video", "--replicate", "3"], "'--replicates'"),
        (["run", "launch-vidoe"], "'launch-video'"),
        (["validate", "lunch-video"], "'launch-video'"),
        (["run", "launch-video", "--set", "items.film.shareprob=0.1"], "'share_prob'"),
        (["run", "launch-video", "--set", "platforms.instagran.access=1"], "'instagram'"),
        (["run", "launch-video", "--variant", "evning"], "'evening'"),
        (["compare", "launch-video", "--metric", "raech"], "'reach'"),
        (["compare", "launch-video", "--also", "share"], "'shares'"),
        (["graph", "communites"], "'communities'"),
        (["graph", "power-law", "--set", "mean_folowers=3"], "'mean_followers'"),
        (["graph", "x.csv", "--format", "graphm"], "'graphml'"),
    ],
)
def test_a_typo_gets_did_you_mean(arguments, meant, capsys, tmp_path):
    assert run_in_process(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(rf"[Dd]id you mean {meant}\?", err), err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_in_place_of_a_command_says_how_to_run_it(capsys):
    assert run_in_process("launch-video") == 2
    assert "viralsim run launch-video" in capsys.readouterr().err
    assert run_in_process("my.yaml") == 2
    assert "viralsim run my.yaml" in capsys.readouterr().err


def test_nothing_near_suggests_nothing():
    assert did_you_mean("qqqq", COMMANDS) == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "launch-video", "--replicates", "0"],
        ["run", "launch-video", "--seed", "-1"],
        ["run", "launch-video", "--seed", str(2**63)],
        ["run", "launch-video", "--threads", "two"],
        ["run", "launch-video", "--set", "items.film.share_prob"],
        ["run", "launch-video", "--set", "items.film.share_prob=[1"],
        ["run", "launch-video", "--set", "items.film.share_prob=2"],
        ["run", "launch-video", "--out", "results.csv"],
        ["run"],
        ["run", "nowhere/such.yaml"],
        ["compare", "launch-video", "--worthwhile", "0"],
        ["compare", "launch-video", "no-such-one"],
        ["rerun", "run.json"],
        ["graph", "none.csv"],
        ["graph", "power-law", "--header"],
        ["graph", "block", "--out", "graph.csv"],
        ["new", "1-2-3"],
        ["show", "--full"],
    ],
)
def test_what_cannot_be_used_is_exit_2_without_a_traceback(arguments, capsys, tmp_path):
    assert run_in_process(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------ bad scenarios


@pytest.mark.parametrize("command", ["run", "validate", "show", "compare"])
def test_every_problem_of_a_scenario_with_its_place(command, capsys, tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(FIVE_MISTAKES)
    assert run_in_process(command, "bad.yaml") == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    expected = [
        (3, "audience.size"),
        (5, "platforms.instagram.preset"),
        (7, "items.0.share_prob"),
        (7, "items.0.stickyness"),
        (9, "campaign.posts.0.item"),
    ]
    for line, field in expected:
        assert any(re.match(rf"bad\.yaml:{line}:\d+: {re.escape(field)}: ", text) for text in lines), (
            line,
            field,
        )
    for near in ("'instagram'", "'stickiness'", "'film'"):
        assert f"did you mean {near}?" in err
    assert lines[-1] == "viralsim: 5 problems; nothing was run."
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


def test_problems_of_all_files_of_a_comparison_at_once(capsys, tmp_path):
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(FIVE_MISTAKES)
    assert run_in_process("compare", "one.yaml", "two.yaml") == 2
    err = capsys.readouterr().err
    assert "one.yaml:3:" in err
    assert "two.yaml:3:" in err


# --------------------------------------------------------------------------------------- what goes wrong


@pytest.fixture
def broken(monkeypatch):
    """`viralsim show` fails in a way nobody thought of."""

    def fail(*_, **__):
        raise KeyError("nobody thought of this")

    monkeypatch.setattr("viralsim.cli.scenarios.load", fail)
    monkeypatch.delenv("VIRALSIM_DEBUG", raising=False)


def test_the_unexpected_is_a_sentence_and_a_log(broken, capsys):
    assert run_in_process("show", "launch-video") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    log = Path(re.search(r"The details are in (\S+\.txt);", err)[1])
    try:
        text = log.read_text("utf-8")
        assert "Traceback" in text
        assert "nobody thought of this" in text
        assert __version__ in text
    finally:
        log.unlink()


def test_debugging_shows_the_traceback(broken, capsys, monkeypatch):
    monkeypatch.setenv("VIRALSIM_DEBUG", "1")
    assert run_in_process("show", "launch-video") == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_error_of_the_system_names_the_file(monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "results/results.csv")

    monkeypatch.setattr("viralsim.cli.scenarios.load", full)
    monkeypatch.delenv("VIRALSIM_DEBUG", raising=False)
    assert run_in_process("show", "launch-video") == 1
    assert capsys.readouterr().err == "viralsim: error: results/results.csv: No space left on device\n"


def test_interrupted_before_work_began(monkeypatch, capsys):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("viralsim.cli.scenarios.load", stop)
    assert run_in_process("show", "launch-video") == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_error(tmp_path):
    line = f"{sys.executable} -m viralsim show launch-video --full | head -n 1; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


# ----------------------------------------------------------------------------------------- show and new


def test_show_prints_the_file_itself(capsys):
    assert run_in_process("show", "launch-video") == 0
    assert capsys.readouterr().out == (PROJECT / "viralsim/scenarios/launch-video.yaml").read_text("utf-8")


def test_show_full_can_be_read_back_and_means_the_same(capsys, tmp_path):
    import viralsim as vs

    assert run_in_process("show", "launch-video", "--full") == 0
    text = capsys.readouterr().out
    assert "source: Socialinsider 2025" in text
    (tmp_path / "full.yaml").write_text(text)
    assert vs.load_scenario("full.yaml").digest == vs.load_scenario("launch-video").digest


def test_show_with_variant_and_settings(capsys, tmp_path):
    import viralsim as vs

    assert run_in_process("show", "launch-video", "--variant", "evening", "--set", "run.replicates=7") == 0
    (tmp_path / "changed.yaml").write_text(capsys.readouterr().out)
    changed = vs.load_scenario("changed.yaml")
    assert changed.run.replicates == 7
    assert changed.campaign.posts == vs.load_scenario("launch-video").variant("evening").campaign.posts


def test_show_alone_lists_every_stock_scenario(capsys):
    assert run_in_process("show") == 0
    out = capsys.readouterr().out
    for path in (PROJECT / "viralsim/scenarios").glob("*.yaml"):
        assert f"\n{path.stem} " in out


def test_new_writes_a_commented_scenario_once(capsys, tmp_path):
    import viralsim as vs

    assert run_in_process("new", "spring-sale") == 0
    out, err = capsys.readouterr()
    assert out == "spring-sale.yaml\n"
    assert "viralsim run spring-sale.yaml" in err
    text = (tmp_path / "spring-sale.yaml").read_text("utf-8")
    assert text.count("#") > 10
    assert vs.load_scenario("spring-sale.yaml").name == "spring-sale"
    (tmp_path / "spring-sale.yaml").write_text("mine")
    assert run_in_process("new", "spring-sale") == 2
    assert "is left as it is" in capsys.readouterr().err
    assert (tmp_path / "spring-sale.yaml").read_text() == "mine"


def test_new_takes_another_place(capsys, tmp_path):
    (tmp_path / "plans").mkdir()
    assert run_in_process("new", "--out", "plans/first.yaml", "--quiet") == 0
    assert capsys.readouterr() == ("plans/first.yaml\n", "")
    assert (tmp_path / "plans/first.yaml").is_file()
    assert run_in_process("new", "x", "--out", "nowhere/first.yaml") == 2
    assert "there is no folder nowhere" in capsys.readouterr().err


def test_times_as_people_say_them():
    shown = [seconds_text(s) for s in (0.2, 1.4, 99.0, 100.0, 599.0, 660.0, 7500.0)]
    assert shown == ["0 s", "1 s", "99 s", "1 min 40 s", "9 min 59 s", "11 min", "2 h 5 min"]
